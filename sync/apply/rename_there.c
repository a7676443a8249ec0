/* See rename_there.h. */
#include "sync/apply/rename_there.h"

#include "sync/apply/rename_kept.h"
#include "sync/apply/rename_last.h"
#include "sync/apply/renamed_apart.h"
#include "sync/rows/renaming.h"
#include "sync/rows/unfinished.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"
#include "sync/run/situation.h"

#include <strings.h>

enum step {
    STEP_ASIDE = 1,
    STEP_HOME,
    STEP_BACK
}; /* `attempt` of the intent: to the temporary name, to the goal, to the name that it gave up */

struct renaming {
    struct run *run;
    struct mailbox **movers; /* by their goals: what is above comes first */
    size_t count, steps;
    bool progress;
};

struct answer {
    char *wire;
    struct remote_outcome outcome;
    bool no_memory;
};

static bool
is_aside(const struct mailbox *mailbox)
{
    return aside_is_of(mailbox->row.id, mailbox->row.name);
}

/* ---- one step ---- */

static bool
see_renamed(void *context, struct text wire, const struct remote_outcome *outcome)
{
    struct answer *answer = context;

    answer->outcome = *outcome;
    answer->wire = strndup(wire.at, wire.len);
    answer->no_memory = answer->wire == NULL;
    return true;
}

/*
 * What its UIDVALIDITY is to be afterwards; 0: whatever it is, since some servers give another one with each name. What they answer to the RENAME, and both
 * names looked at, tell then; of one that an earlier run sent only the name that this account alone gives. The mailbox is paired anew.
 */
static uint32_t
number_of(const struct mailbox *mailbox, const char *to, bool carried_out)
{
    if (mailbox->row.objectid[0] == '\0' && (!carried_out || is_aside(mailbox) || aside_is_of(mailbox->row.id, to)))
        return 0;
    return mailbox->has_status ? mailbox->uidvalidity : mailbox->row.uidvalidity;
}

/* @param from  its bytes on the server; those of the row, or, where that has its new name already, the old ones */
static bool
ask(struct run *run, const struct mailbox *mailbox, const char *from, const char *to, bool carried_out,
    struct answer *answer)
{
    char utf8[LIMIT_MAILBOX_NAME + 1];
    struct remote_rename what = {.from = text_of(from),
                                 .separator = mailbox->row.separator,
                                 .uidvalidity = number_of(mailbox, to, carried_out),
                                 .objectid = mailbox->row.objectid,
                                 .carried_out = carried_out};

    *answer = (struct answer){0};
    if (!names_to_server(to, mailbox->row.separator, utf8, &run->err))
        return false;
    what.to = text_of(utf8);
    return run->remote.ops->rename(run->remote.self, &what, see_renamed, answer, &run->err) &&
           (!answer->no_memory || run_no_memory(run));
}

static void
say_renamed(struct run *run, struct mailbox *mailbox)
{
    if (mailbox->had_name != NULL && mailbox->row.goal_there == NULL &&
        strcmp(mailbox->had_name, mailbox->row.name) != 0)
        run_did(run, mailbox, (struct report_done){.act = DID_RENAME_THERE, .left = mailbox->had_name});
}

/* Names that people knew before any step. */
static void
keep_names(struct run *run, const char *from)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->had_name == NULL && renaming_is_at(mailbox->row.name, from))
            mailbox->had_name = strdup(run_called(mailbox)); /* without it no line is said */
    }
}

static bool
is_free(struct run *run, const struct mailbox *mailbox, const char *to)
{
    bool free;

    renaming_find_kept(run, mailbox, to);
    free = renaming_is_free(run, mailbox, to);
    renaming_forget_kept(run);
    return free;
}

/* In a transaction. */
static bool
rename_rows(struct run *run, struct mailbox *mailbox, const char *to, struct text wire)
{
    bool ok;

    renaming_find_kept(run, mailbox, to);
    ok = renaming_done(run, mailbox, to, wire);
    renaming_forget_kept(run);
    return ok;
}

/* Under another UIDVALIDITY it is looked at again, and so is all that went along. */
static void
look_again(struct run *run, const struct mailbox *mailbox, uint32_t uidvalidity)
{
    const bool same = uidvalidity == (mailbox->has_status ? mailbox->uidvalidity : mailbox->row.uidvalidity);

    for (size_t i = 0; uidvalidity != 0 && !same && i < run->count; i++) {
        struct mailbox *item = &run->mailboxes[i];

        if (!item->listed || !renaming_is_at(item->row.name, mailbox->row.name))
            continue;
        item->has_status = item->current = false;
        item->look_there = true;
    }
}

/* It has that name on the server. Those below it that were to get theirs by that have them, too. */
static bool
finish(struct run *run, struct mailbox *mailbox, int64_t op, const char *to, const struct answer *answer)
{
    bool *due = calloc(run->count + 1, sizeof *due);
    bool ok = due != NULL || run_no_memory(run);

    if (ok)
        keep_names(run, mailbox->row.name);
    for (size_t i = 0; ok && i < run->count; i++)
        due[i] = run->mailboxes[i].row.goal_there != NULL;
    ok = ok && run_begin(run) &&
         run_end(run, rename_rows(run, mailbox, to, text_of(answer->wire)) &&
                          journal_op_delete(run->journal, op, &run->err));
    if (ok)
        look_again(run, mailbox, answer->outcome.came_to);
    for (size_t i = 0; ok && i < run->count; i++)
        if (due[i])
            say_renamed(run, &run->mailboxes[i]);
    free(due);
    return ok;
}

/* Neither name is that mailbox's: the next list tells what became of it. */
static bool
doubt(struct run *run, struct mailbox *mailbox, const char *words)
{
    mailbox->stuck = true;
    run_learn(run, mailbox, CAUTION_UNLISTED);
    run_complain(run, mailbox, "find this mailbox on the server after it was renamed", words,
                 "It is left alone; the next run looks again.");
    return true;
}

/* It was asked for again: the day until the next time begins now. */
static bool
forget_refusal(struct run *run, const struct mailbox *mailbox)
{
    return run_begin(run) && run_end(run, journal_pending_clear(run->journal, mailbox->row.id, 0, &run->err));
}

static bool rename_one(struct renaming *renaming, struct mailbox *mailbox, enum step step);

/* An earlier run gave it its temporary name. In a Maildir of before that its folder has the name that it gave up. */
static bool
name_as_folder(struct run *run, struct mailbox *mailbox)
{
    char name[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};

    if (!names_map_name(&run->map, mailbox->row.folder, run->account->policy.layout, name, &ignored))
        return true;
    mailbox->left_name = strdup(name);
    return mailbox->left_name != NULL || run_no_memory(run);
}

/* It stays as it is, and under a name that people know: the temporary one others see, too. */
static bool
let_be(struct renaming *renaming, struct mailbox *mailbox, enum journal_pending_kind kind, const char *why)
{
    struct run *run = renaming->run;

    if (is_aside(mailbox) && mailbox->left_name == NULL && !name_as_folder(run, mailbox))
        return false;
    if (is_aside(mailbox) && mailbox->left_name != NULL && is_free(run, mailbox, mailbox->left_name) &&
        !rename_one(renaming, mailbox, STEP_BACK))
        return false;
    return mailbox->stuck || mailbox->row.goal_there == NULL || rename_keep_back(run, mailbox, kind, why);
}

/* It stands below `name` there, and nothing stands between the two. */
static bool
is_next_below(const struct run *run, const struct mailbox *mailbox, const char *name)
{
    if (!mailbox->listed || !renaming_is_below(mailbox->row.name, name))
        return false;
    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *above = &run->mailboxes[i];

        if (above->listed && renaming_is_below(above->row.name, name) &&
            renaming_is_below(mailbox->row.name, above->row.name))
            return false;
    }
    return true;
}

/*
 * Its goal is no mailbox there, and stands above others: some servers give such a name only once nothing stands below it. So all of that has another name for a
 * while. @param lifted  false: nothing has, or something must not
 */
static bool
lift_below(struct renaming *renaming, const struct mailbox *mailbox, bool *lifted)
{
    struct run *run = renaming->run;
    char name[LIMIT_MAILBOX_NAME + 1], why[LIMIT_MAILBOX_NAME + 100];
    bool ok = true;

    *lifted = false;
    (void)text_print(name, sizeof name, "%s", mailbox->row.goal_there);
    for (size_t i = 0; i < run->count; i++)
        if (is_next_below(run, &run->mailboxes[i], name) &&
            (run->mailboxes[i].stuck || run->mailboxes[i].row.wire == NULL || !run->mailboxes[i].folder_here ||
             rename_find_forbidden(run, &run->mailboxes[i], why) != NULL))
            return true;
    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *below = &run->mailboxes[i];

        if (!is_next_below(run, below, name))
            continue;
        if (below->row.goal_there == NULL) {
            below->row.goal_there = strdup(below->row.name);
            if (below->row.goal_there == NULL)
                return run_no_memory(run);
        }
        ok = rename_one(renaming, below, STEP_ASIDE);
        *lifted = true;
        i = (size_t)-1; /* rows have other names */
        if (ok && below->stuck)
            break;
    }
    return ok;
}

static bool
refused(struct renaming *renaming, struct mailbox *mailbox, int64_t op, enum step step,
        const struct remote_outcome *outcome)
{
    const bool parent = lookup_is_parent_only(renaming->run, mailbox->row.goal_there);
    char words[600];
    bool lifted = false;

    if (outcome->doubtful)
        return doubt(renaming->run, mailbox, outcome->answer);
    if (!unfinished_end(renaming->run, op))
        return false;
    if (step == STEP_BACK)
        return true;
    /* To a server that tells no case apart the two are one name. */
    if (step == STEP_HOME && !is_aside(mailbox) && strcasecmp(mailbox->row.goal_there, mailbox->row.name) == 0)
        return rename_one(renaming, mailbox, STEP_ASIDE);
    if (step == STEP_HOME && parent && !lift_below(renaming, mailbox, &lifted))
        return false;
    if (lifted)
        return rename_one(renaming, mailbox, STEP_HOME);
    (void)text_print(words, sizeof words, "%sthe server says: %s",
                     parent ? "there that name only stands above others, and is no mailbox; " : "", outcome->answer);
    return forget_refusal(renaming->run, mailbox) && let_be(renaming, mailbox, PENDING_FAILED, words);
}

/* @param name  [out] what it is to be called */
static void
name_step(const struct mailbox *mailbox, enum step step, char *name, size_t size)
{
    char aside[ASIDE_NAME_SIZE];

    aside_name(mailbox->row.id, aside);
    (void)text_print(name, size, "%s",
                     step == STEP_ASIDE  ? aside
                     : step == STEP_HOME ? mailbox->row.goal_there
                                         : mailbox->left_name);
}

/* Where it may have to go back to. */
static bool
leave_name(struct run *run, struct mailbox *mailbox)
{
    free(mailbox->left_name);
    mailbox->left_name = strdup(mailbox->row.name);
    return mailbox->left_name != NULL || run_no_memory(run);
}

static bool
rename_one(struct renaming *renaming, struct mailbox *mailbox, enum step step)
{
    struct run *run = renaming->run;
    struct journal_op op = {.kind = OP_RENAME_THERE,
                            .mailbox = mailbox->row.id,
                            .attempt = (int)step,
                            .uidvalidity = mailbox->row.uidvalidity,
                            .since = run->now};
    struct answer answer;
    bool ok;

    name_step(mailbox, step, op.name, sizeof op.name);
    if ((step == STEP_ASIDE && !leave_name(run, mailbox)) || !situation_begin(run) ||
        !run_end(run, journal_op_add(run->journal, &op, &run->err)))
        return false;
    ok = ask(run, mailbox, mailbox->row.wire, op.name, false, &answer);
    if (ok && answer.outcome.ok) {
        renaming->progress = true;
        renaming->steps++;
        ok = finish(run, mailbox, op.id, op.name, &answer);
    } else if (ok) {
        renaming->progress = true; /* who waited for it waits no more */
        ok = refused(renaming, mailbox, op.id, step, &answer.outcome);
    }
    free(answer.wire);
    return ok;
}

/* ---- in which order ---- */

/* Another one has the name that it is to get; NULL: none has. */
static struct mailbox *
find_holder(const struct renaming *renaming, const struct mailbox *mailbox)
{
    struct mailbox *holder = lookup_name(renaming->run, mailbox->row.goal_there);

    return holder == mailbox ? NULL : holder;
}

/* One that is to stand above its goal comes first. */
static bool
waits_for_above(const struct renaming *renaming, const struct mailbox *mailbox)
{
    for (size_t i = 0; i < renaming->count; i++)
        if (renaming_is_due(renaming->movers[i]) &&
            renaming_is_below(mailbox->row.goal_there, renaming->movers[i]->row.goal_there))
            return true;
    return false;
}

/* Does the server have a mailbox below this name? */
static bool
is_any_below(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->mailboxes[i].listed && renaming_is_below(run->mailboxes[i].row.name, name))
            return true;
    return false;
}

/*
 * A mailbox that is gone on the server, and whose folder was renamed here, has its old name in the journal alone: where another one is to get that on the
 * server, it is called as its folder is, or, as long as one that is to go has that name, by a name of its own. It has no bytes on the server.
 */
static bool
make_way(struct run *run, struct mailbox *holder)
{
    char goal[LIMIT_MAILBOX_NAME + 1];

    if (holder == NULL || holder->listed || holder->row.state != MAILBOX_GONE_REMOTE ||
        holder->row.goal_there == NULL || run->info.unlisted[0] != '\0' ||
        !text_copy(text_of(holder->row.goal_there), goal, sizeof goal))
        return true;
    if (is_any_below(run, holder->row.name)) /* they are there under that name, and nothing renames them */
        return true;
    if (!is_free(run, holder, goal)) {
        if (is_aside(holder))
            return true;
        aside_name(holder->row.id, goal);
    }
    return run_begin(run) && run_end(run, rename_rows(run, holder, goal, TEXT("")));
}

static bool
step(struct renaming *renaming, struct mailbox *mailbox)
{
    struct mailbox *holder;

    if (!renaming_is_due(mailbox))
        return true;
    if (renaming_is_below(mailbox->row.goal_there, mailbox->row.name))
        return is_aside(mailbox) || rename_one(renaming, mailbox, STEP_ASIDE);
    holder = find_holder(renaming, mailbox);
    if (holder != NULL && (renaming_is_due(holder) || waits_for_above(renaming, mailbox)))
        return true;
    if (waits_for_above(renaming, mailbox))
        return true;
    if (!make_way(renaming->run, holder))
        return false;
    if (is_free(renaming->run, mailbox, mailbox->row.goal_there))
        return rename_one(renaming, mailbox, STEP_HOME);
    renaming->progress = true;
    return let_be(renaming, mailbox, PENDING_MAILBOX,
                  rename_last_waits(renaming->run, mailbox) ? "what stands below it, and is to be deleted, goes first"
                  : holder != NULL && !holder->listed ? "the mailbox that had that name was not listed by the server"
                                                      : "another mailbox has that name");
}

/* Those that are left wait for each other in a circle, or for one that can't be renamed. */
static bool
break_circle(struct renaming *renaming)
{
    for (size_t i = 0; i < renaming->count; i++) {
        struct mailbox *holder =
            renaming_is_due(renaming->movers[i]) ? find_holder(renaming, renaming->movers[i]) : NULL;

        if (holder != NULL && renaming_is_due(holder) && !is_aside(holder))
            return rename_one(renaming, holder, STEP_ASIDE);
    }
    return true;
}

static int
compare_goals(const void *pa, const void *pb)
{
    const struct mailbox *a = *(struct mailbox *const *)pa, *b = *(struct mailbox *const *)pb;

    return strcmp(a->row.goal_there, b->row.goal_there);
}

static bool
gather(struct renaming *renaming)
{
    struct run *run = renaming->run;

    free(renaming->movers);
    renaming->count = 0;
    renaming->movers = calloc(run->count + 1, sizeof(struct mailbox *));
    if (renaming->movers == NULL)
        return run_no_memory(run);
    for (size_t i = 0; i < run->count; i++)
        if (renaming_is_due(&run->mailboxes[i]))
            renaming->movers[renaming->count++] = &run->mailboxes[i];
    if (renaming->count > 1)
        qsort(renaming->movers, renaming->count, sizeof(struct mailbox *), compare_goals);
    return true;
}

static bool
rename_all(struct run *run)
{
    struct renaming renaming = {.run = run, .progress = true};
    const size_t most = 4 * run->count + 16; /* each goes aside and home once, and comes back where it went along */
    bool ok = true;

    while (ok && renaming.progress && renaming.steps < most && !run_stopped(run)) {
        renaming.progress = false;
        ok = gather(&renaming);
        for (size_t i = 0; ok && i < renaming.count && !run_stopped(run); i++) {
            struct mailbox *mailbox = renaming.movers[i];

            ok = !renaming_is_due(mailbox) || (rename_may(run, mailbox) && step(&renaming, mailbox));
            renaming.progress = renaming.progress || mailbox->stuck; /* who waited for it waits no more */
        }
        if (ok && !renaming.progress && !run_stopped(run))
            ok = break_circle(&renaming);
    }
    free(renaming.movers);
    return ok;
}

/* Those that are gone on the server, and gave their names up for a while. */
static bool
name_gone(struct run *run)
{
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++)
        ok = !is_aside(&run->mailboxes[i]) || make_way(run, &run->mailboxes[i]);
    return ok;
}

/* ---- what was not answered ---- */

static bool
settle(struct run *run, const struct journal_op *op)
{
    struct mailbox *mailbox = run_mailbox_by_id(run, op->mailbox);
    struct answer answer = {0};
    bool ok, has_it;

    if (mailbox != NULL && mailbox->undecided)
        return true;
    /* Not under its old name any more, nor under that one (took_name.h): somebody else did something to it. */
    if (mailbox == NULL || mailbox->row.wire == NULL || !mailbox->listed)
        return (mailbox != NULL && run->info.unlisted[0] != '\0') || unfinished_end(run, op->id);
    has_it = strcmp(mailbox->row.name, op->name) == 0;
    if (has_it && mailbox->had_wire == NULL)
        return unfinished_end(run, op->id);
    ok = ask(run, mailbox, has_it ? mailbox->had_wire : mailbox->row.wire, op->name, true, &answer);
    if (ok && has_it)
        ok = unfinished_end(run, op->id);
    else if (ok && answer.outcome.ok && !is_free(run, mailbox, op->name))
        ok = doubt(run, mailbox, "the server's list had another mailbox of that name");
    else if (ok && answer.outcome.ok)
        ok = finish(run, mailbox, op->id, op->name, &answer);
    else if (ok)
        ok = answer.outcome.doubtful ? doubt(run, mailbox, answer.outcome.answer) : unfinished_end(run, op->id);
    free(answer.wire);
    return ok;
}

static bool
settle_all(struct run *run)
{
    struct journal_op *ops = NULL;
    size_t count;
    bool ok = journal_ops(run->journal, &ops, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++)
        if (ops[i].kind == OP_RENAME_THERE)
            ok = settle(run, &ops[i]);
    free(ops);
    return ok;
}

/* A dry run leaves the names as they are, and goes on with them. */
static bool
foresee(struct run *run)
{
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i], renamed;

        if (!renaming_is_due(mailbox))
            continue;
        ok = rename_may(run, mailbox);
        renamed = *mailbox;
        renamed.row.name = mailbox->row.goal_there;
        if (ok && !mailbox->stuck && strcmp(run_called(mailbox), renamed.row.name) != 0)
            run_did(run, &renamed, (struct report_done){.act = DID_RENAME_THERE, .left = run_called(mailbox)});
    }
    return ok;
}

/* What is known beforehand keeps them back now, and those that are parted are. */
static bool
put_off(struct run *run)
{
    struct renaming renaming = {.run = run};
    bool ok = gather(&renaming);

    for (size_t i = 0; ok && i < renaming.count; i++)
        ok = rename_may(run, renaming.movers[i]);
    free(renaming.movers);
    return ok && rename_last_wait(run) && renamed_apart(run);
}

bool
rename_there(struct run *run)
{
    if (run->dry)
        return foresee(run);
    if (!settle_all(run))
        return false;
    return rename_last_is_due(run) ? put_off(run) : rename_all(run) && name_gone(run) && renamed_apart(run);
}

bool
rename_there_last(struct run *run)
{
    if (!rename_last_judge(run) || !rename_all(run) || !name_gone(run) || !renamed_apart(run))
        return false;
    run->renames_last = false;
    return true;
}

bool
rename_there_settle(struct run *run)
{
    return settle_all(run);
}
