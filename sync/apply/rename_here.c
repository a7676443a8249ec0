/* See rename_here.h. */
#include "sync/apply/rename_here.h"

#include "sync/rows/renaming.h"
#include "sync/rows/unfinished.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"
#include "sync/run/place.h"
#include "sync/run/situation.h"

enum step { STEP_ASIDE = 1, STEP_HOME }; /* `attempt` of the intent: to the temporary name, to the goal */

struct moving {
    struct run *run;
    struct mailbox **movers; /* by their goals: what is above comes first */
    size_t count, moves;
    bool progress;
};

static void
temporary_name(const struct run *run, const struct mailbox *mailbox, char folder[static LOCAL_FOLDER_MAX + 1])
{
    char name[ASIDE_NAME_SIZE];

    aside_name(mailbox->row.id, name);
    (void)text_print(folder, LOCAL_FOLDER_MAX + 1, "%s%s", run->account->policy.layout == LAYOUT_MAILDIRPP ? "" : ".",
                     name);
}

/* It is that of its row: one that is left out now has none any more, and one that is new here none yet. */
static bool
give_number(struct run *run, struct mailbox *mailbox)
{
    return mailbox->row.id != 0 ||
           (run_begin(run) && run_end(run, journal_mailbox_save(run->journal, &mailbox->row, &run->err)));
}

static bool
is_below(const char *folder, const char *above)
{
    const size_t length = strlen(above);

    return strncmp(folder, above, length) == 0 && folder[length] == '/';
}

static bool
is_taken(struct run *run, const char *folder, bool *taken)
{
    return run->local.ops->taken(run->local.self, folder, taken, &run->err);
}

static bool
is_mover(const struct mailbox *mailbox)
{
    return mailbox != NULL && mailbox->row.goal != NULL && !mailbox->stuck;
}

/* ---- the journal ---- */

/* Its folder is another one now. What was carried along and has no goal is to come back to where it was. */
static bool
set_folder(struct run *run, struct mailbox *mailbox, char *folder, bool carried)
{
    struct journal_mailbox *row = &mailbox->row;

    if (folder == NULL)
        return run_no_memory(run);
    if (row->goal != NULL && strcmp(row->goal, folder) == 0) {
        free(row->goal);
        row->goal = NULL;
        free(row->folder);
    } else if (carried && row->goal == NULL) {
        row->goal = row->folder;
    } else {
        free(row->folder);
    }
    row->folder = folder;
    return journal_mailbox_save(run->journal, row, &run->err);
}

/* The people's name that it had; of a run that was cut off the folder still has it. */
static const char *
old_name(const struct run *run, const struct mailbox *mailbox, const char *folder,
         char name[static LIMIT_MAILBOX_NAME + 1])
{
    struct error ignored = {0};

    if (mailbox->had_name != NULL)
        return mailbox->had_name;
    return names_map_name(&run->map, folder, run->account->policy.layout, name, &ignored) ? name : mailbox->row.name;
}

/* Of a run that was cut off: before it goes to a temporary name. */
static void
keep_name(const struct run *run, struct mailbox *mailbox)
{
    char name[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};

    if (mailbox->had_name == NULL && mailbox->row.goal != NULL && strcmp(mailbox->row.goal, mailbox->row.folder) != 0 &&
        names_map_name(&run->map, mailbox->row.folder, run->account->policy.layout, name, &ignored))
        mailbox->had_name = strdup(name); /* without it the line says less */
}

static void
say_renamed(struct run *run, struct mailbox *mailbox, const char *folder)
{
    char name[LIMIT_MAILBOX_NAME + 1];

    if (strcmp(old_name(run, mailbox, folder, name), mailbox->row.name) == 0) /* it only made way */
        return;
    run_did(run, mailbox, (struct report_done){.act = DID_RENAME_HERE, .left = old_name(run, mailbox, folder, name)});
}

/* The folder and all that is known below it. */
static bool
write_folders(struct run *run, const struct mailbox *moved, const char *from, const char *to)
{
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        const bool had_goal = mailbox->row.goal != NULL;
        char was[LOCAL_FOLDER_MAX + 1];

        if (mailbox->row.folder == NULL ||
            (strcmp(mailbox->row.folder, from) != 0 && !is_below(mailbox->row.folder, from)))
            continue;
        (void)text_print(was, sizeof was, "%s", mailbox->row.folder);
        keep_name(run, mailbox);
        ok = set_folder(run, mailbox, renaming_replace(was, strlen(from), to), mailbox != moved);
        if (ok && had_goal && mailbox->row.goal == NULL && mailbox->folder_here)
            say_renamed(run, mailbox, was);
    }
    lookup_forget(run);
    return ok;
}

/* ---- one step ---- */

/* Who says that it is to go there: `map`, or the name that its mailbox has on the server. */
static const char *
who_says(const struct run *run, const struct mailbox *mailbox)
{
    char here[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};

    return names_map_here(&run->map, mailbox->row.name, here, &ignored) && strcmp(here, mailbox->row.name) != 0
               ? "as `map` says"
               : "as on the server";
}

static bool
say_stuck(struct run *run, struct mailbox *mailbox, const char *why)
{
    char what[LIMIT_MAILBOX_NAME + 80], folder[LOCAL_FOLDER_MAX + 1];

    mailbox->stuck = true;
    error_escape(folder, sizeof folder, text_of(mailbox->row.goal));
    (void)text_print(what, sizeof what, "rename folder \"%s\" to \"%s\", %s", mailbox->row.folder, folder,
                     who_says(run, mailbox));
    run_complain(run, mailbox, what, why, "Move it away; until then this mailbox stays in sync where it is.");
    return run_begin(run) && run_end(run, run_pending(run, mailbox, 0, PENDING_MAILBOX, "rename-here", why, NULL));
}

static bool
is_moved_along(const struct mailbox *mailbox, const char *from)
{
    return mailbox->row.folder != NULL &&
           (strcmp(mailbox->row.folder, from) == 0 || is_below(mailbox->row.folder, from));
}

/* What is moved along and would come to a folder that is another row's, whether that is there or not; NULL: nothing. */
static struct mailbox *
find_clash(struct run *run, const char *from, const char *to)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        const struct mailbox *holder;
        char *folder;

        if (!is_moved_along(mailbox, from) ||
            (folder = renaming_replace(mailbox->row.folder, strlen(from), to)) == NULL)
            continue;
        holder = lookup_folder(run, folder);
        free(folder);
        if (holder != NULL && holder != mailbox && !is_moved_along(holder, from))
            return mailbox;
    }
    return NULL;
}

/* What the intent says is on the disk: the journal follows. */
static bool
finish(struct run *run, struct mailbox *mailbox, const struct journal_op *op, const char *to)
{
    char from[LOCAL_FOLDER_MAX + 1];

    (void)text_print(from, sizeof from, "%s", mailbox->row.folder);
    return run_begin(run) &&
           run_end(run, write_folders(run, mailbox, from, to) && journal_op_delete(run->journal, op->id, &run->err));
}

/* One that only makes way is to come back to where it is: that is known before it goes. */
static bool
save_goal(struct run *run, struct mailbox *mailbox, struct journal_op *op)
{
    if (mailbox->row.goal == NULL) {
        mailbox->row.goal = strdup(mailbox->row.folder);
        if (mailbox->row.goal == NULL)
            return run_no_memory(run);
    }
    if (!journal_mailbox_save(run->journal, &mailbox->row, &run->err))
        return false;
    op->mailbox = mailbox->row.id;
    return true;
}

/* It came back, or never went. */
static bool
is_home(struct run *run, struct mailbox *mailbox, bool *ok)
{
    if (strcmp(mailbox->row.goal, mailbox->row.folder) != 0)
        return false;
    free(mailbox->row.goal);
    mailbox->row.goal = NULL;
    *ok = run_begin(run) && run_end(run, journal_mailbox_save(run->journal, &mailbox->row, &run->err));
    return true;
}

static bool
move_one(struct moving *moving, struct mailbox *mailbox, enum step step)
{
    struct run *run = moving->run;
    struct journal_op op = {.kind = OP_RENAME_HERE, .attempt = (int)step, .since = run->now};
    char to[LOCAL_FOLDER_MAX + 1];
    struct error why = {0};
    bool taken, here = false;

    if (!give_number(run, mailbox))
        return false;
    if (step == STEP_ASIDE)
        temporary_name(run, mailbox, to);
    else
        (void)text_print(to, sizeof to, "%s", mailbox->row.goal);
    if (!situation_mark(run) || !run_begin(run) ||
        !run_end(run, situation_mark_commit(run) && save_goal(run, mailbox, &op) &&
                          journal_op_add(run->journal, &op, &run->err)))
        return false;
    if (run->local.ops->move_folder(run->local.self, mailbox->row.folder, to, &taken, &why)) {
        moving->progress = true;
        moving->moves++;
        return finish(run, mailbox, &op, to);
    }
    if (!is_taken(run, mailbox->row.folder, &here))
        return false;
    if (!here) { /* it went, and may not last: the next run tells */
        run->err = why;
        return false;
    }
    return unfinished_end(run, op.id) && say_stuck(run, mailbox, taken ? "something is there already" : why.answer);
}

static bool
is_aside(const struct run *run, const struct mailbox *mailbox)
{
    char aside[LOCAL_FOLDER_MAX + 1];

    temporary_name(run, mailbox, aside);
    return strcmp(mailbox->row.folder, aside) == 0;
}

/* One that stands below this folder and goes elsewhere. */
static struct mailbox *
find_leaving(const struct moving *moving, const char *folder)
{
    for (size_t i = 0; i < moving->count; i++)
        if (is_mover(moving->movers[i]) && is_below(moving->movers[i]->row.folder, folder) &&
            !is_below(moving->movers[i]->row.goal, folder))
            return moving->movers[i];
    return NULL;
}

/* Does its goal become free once another one has left it? */
static struct mailbox *
find_leaver(const struct moving *moving, const struct mailbox *mailbox)
{
    struct mailbox *holder = lookup_folder(moving->run, mailbox->row.goal);

    if (holder != NULL)
        return is_mover(holder) && holder != mailbox ? holder : NULL;
    return find_leaving(moving, mailbox->row.goal);
}

/* One that is to stand above its goal comes first: what is below would stand in its way. */
static struct mailbox *
find_above(const struct moving *moving, const struct mailbox *mailbox)
{
    for (size_t i = 0; i < moving->count; i++)
        if (is_mover(moving->movers[i]) && is_below(mailbox->row.goal, moving->movers[i]->row.goal))
            return moving->movers[i];
    return NULL;
}

/* It has no folder: then there is nothing to move, and its name makes way for whoever is to leave the one that it gets. */
static bool
name_only(struct moving *moving, struct mailbox *mailbox)
{
    struct run *run = moving->run;
    const struct mailbox *other = find_clash(run, mailbox->row.folder, mailbox->row.goal);
    char from[LOCAL_FOLDER_MAX + 1], to[LOCAL_FOLDER_MAX + 1]; /* its row gets others on the way */

    if (other != NULL && (other != mailbox || find_leaver(moving, mailbox) == NULL)) {
        mailbox->stuck = moving->progress = true;
        return true;
    }
    if (other != NULL && is_aside(run, mailbox))
        return true;
    if (!give_number(run, mailbox))
        return false;
    moving->progress = true;
    moving->moves++;
    (void)text_print(from, sizeof from, "%s", mailbox->row.folder);
    if (other != NULL)
        temporary_name(run, mailbox, to);
    else
        (void)text_print(to, sizeof to, "%s", mailbox->row.goal);
    return run_begin(run) && run_end(run, write_folders(run, mailbox, from, to));
}

static bool
make_way(struct moving *moving, struct mailbox *mailbox)
{
    return is_aside(moving->run, mailbox) || move_one(moving, mailbox, STEP_ASIDE);
}

/* The goal is a directory that is no mailbox: what stands below it makes way, and comes back once it is one. */
static bool
is_to_make_way(const struct mailbox *mailbox, const char *folder)
{
    return mailbox->row.folder != NULL && mailbox->folder_here && !mailbox->stuck &&
           is_below(mailbox->row.folder, folder);
}

static struct mailbox *
find_below(struct run *run, const char *folder)
{
    for (size_t i = 0; i < run->count; i++)
        if (is_to_make_way(&run->mailboxes[i], folder))
            return &run->mailboxes[i];
    return NULL;
}

/* Does something stand there that makes way for nobody? That is known before anything does, for it would stand aside for good. */
static bool
is_blocked(struct run *run, const char *folder, bool *blocked)
{
    const char **below = calloc(run->count + 1, sizeof *below);
    size_t count = 0;
    bool ok = (below != NULL || run_no_memory(run)) && is_taken(run, folder, blocked);

    for (size_t i = 0; ok && i < run->count; i++)
        if (is_to_make_way(&run->mailboxes[i], folder))
            below[count++] = run->mailboxes[i].row.folder;
    if (ok && *blocked)
        *blocked = !run->local.ops->only_above(run->local.self, folder, below, count);
    free(below);
    return ok;
}

/* Its folder is there, and nobody is to leave its goal first. */
static bool
go_home(struct moving *moving, struct mailbox *mailbox)
{
    struct run *run = moving->run;
    struct mailbox *other = find_clash(run, mailbox->row.folder, mailbox->row.goal);
    bool taken;

    if (other == mailbox)
        return say_stuck(run, mailbox, "another mailbox's folder is to be there");
    if (other != NULL)
        return make_way(moving, other);
    if (!is_taken(run, mailbox->row.goal, &taken))
        return false;
    if (!taken)
        return move_one(moving, mailbox, STEP_HOME);
    other = lookup_folder(run, mailbox->row.goal) == NULL ? find_below(run, mailbox->row.goal) : NULL;
    return other != NULL ? make_way(moving, other) : say_stuck(run, mailbox, "something is there already");
}

static bool
step(struct moving *moving, struct mailbox *mailbox)
{
    struct run *run = moving->run;
    bool here, blocked, ok = true;

    if (!is_mover(mailbox) || is_home(run, mailbox, &ok))
        return ok;
    if (!is_taken(run, mailbox->row.folder, &here))
        return false;
    if (!here)
        return name_only(moving, mailbox);
    if (is_below(mailbox->row.goal, mailbox->row.folder))
        return make_way(moving, mailbox);
    if (lookup_folder(run, mailbox->row.goal) == NULL) {
        if (!is_blocked(run, mailbox->row.goal, &blocked))
            return false;
        if (blocked)
            return say_stuck(run, mailbox, "something is there already");
    }
    if (find_leaver(moving, mailbox) != NULL || find_above(moving, mailbox) != NULL)
        return true;
    return go_home(moving, mailbox);
}

/* Nothing moves any more: those that are left wait for each other in a circle, or for one that can't move. */
static bool
break_circle(struct moving *moving)
{
    for (size_t i = 0; i < moving->count; i++) {
        struct mailbox *leaver = is_mover(moving->movers[i]) ? find_leaver(moving, moving->movers[i]) : NULL;

        if (leaver != NULL && !is_aside(moving->run, leaver))
            return move_one(moving, leaver, STEP_ASIDE);
    }
    return true;
}

static int
compare_goals(const void *pa, const void *pb)
{
    const struct mailbox *a = *(struct mailbox *const *)pa, *b = *(struct mailbox *const *)pb;

    return strcmp(a->row.goal, b->row.goal);
}

/* Those that have a goal now. What is above comes before what is below it, since its name is a beginning of that. */
static bool
gather(struct moving *moving)
{
    struct run *run = moving->run;

    free(moving->movers);
    moving->count = 0;
    moving->movers = calloc(run->count + 1, sizeof(struct mailbox *));
    if (moving->movers == NULL)
        return run_no_memory(run);
    for (size_t i = 0; i < run->count; i++)
        if (is_mover(&run->mailboxes[i]))
            moving->movers[moving->count++] = &run->mailboxes[i];
    if (moving->count > 1)
        qsort(moving->movers, moving->count, sizeof(struct mailbox *), compare_goals);
    return true;
}

static bool
move_all(struct run *run)
{
    struct moving moving = {.run = run, .progress = true};
    const size_t most =
        8 * run->count + 16; /* each goes aside and home once, and comes back where it was carried along */
    bool ok = true;

    while (ok && moving.progress && moving.moves < most && !run_stopped(run)) {
        moving.progress = false;
        ok = gather(&moving);
        for (size_t i = 0; ok && i < moving.count && !run_stopped(run); i++) {
            const bool stuck = moving.movers[i]->stuck;

            ok = step(&moving, moving.movers[i]);
            moving.progress = moving.progress || moving.movers[i]->stuck != stuck; /* who waited for it waits no more */
        }
        if (ok && !moving.progress && !run_stopped(run))
            ok = break_circle(&moving);
    }
    free(moving.movers);
    return ok;
}

/* ---- after a crash ---- */

static bool
doubt(struct run *run, struct mailbox *mailbox, const struct journal_op *op, const char *to)
{
    char both[2 * LOCAL_FOLDER_MAX + 32];

    (void)text_print(both, sizeof both, "\"%s\" and \"%s\" are both there", mailbox->row.folder, to);
    run_complain(run, mailbox, "tell which folder is this mailbox's after a run that was cut off while it renamed one",
                 both, "What is in them is compared; nothing counts as removed.");
    mailbox->row.state = MAILBOX_GONE_LOCAL; /* and back: what that means is known */
    return run_begin(run) && run_end(run, journal_mailbox_save(run->journal, &mailbox->row, &run->err) &&
                                              journal_op_delete(run->journal, op->id, &run->err));
}

static bool
recover(struct run *run, struct mailbox *mailbox, const struct journal_op *op)
{
    char to[LOCAL_FOLDER_MAX + 1];
    bool here, there, is = false, was = true, taken;

    if (mailbox == NULL || (op->attempt == STEP_HOME && mailbox->row.goal == NULL))
        return unfinished_end(run, op->id);
    if (op->attempt == STEP_HOME)
        (void)text_print(to, sizeof to, "%s", mailbox->row.goal);
    else
        temporary_name(run, mailbox, to);
    if (!is_taken(run, mailbox->row.folder, &here) || !is_taken(run, to, &there))
        return false;
    if (!there) /* planned again */
        return unfinished_end(run, op->id);
    if (!here)
        return (run->dry || run->local.ops->move_folder(run->local.self, mailbox->row.folder, to, &taken, &run->err)) &&
               finish(run, mailbox, op, to);
    /* Which of the two is the folder that was to move? A mail program may have made the other one since. */
    if (!place_is_of(run, mailbox, to, &is) || !place_is_of(run, mailbox, mailbox->row.folder, &was))
        return false;
    /* Nobody but golub gives the temporary name: what has it went there, unless the other one is as old as it was. */
    if (!was && (is || op->attempt == STEP_ASIDE))
        return (run->dry || run->local.ops->flush(run->local.self, &run->err)) && finish(run, mailbox, op, to);
    return was && !is ? unfinished_end(run, op->id) : doubt(run, mailbox, op, to);
}

static bool
recover_all(struct run *run)
{
    struct journal_op *ops = NULL;
    size_t count;
    bool ok = journal_ops(run->journal, &ops, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++)
        if (ops[i].kind == OP_RENAME_HERE)
            ok = recover(run, run_mailbox_by_id(run, ops[i].mailbox), &ops[i]);
    free(ops);
    return ok;
}

/* A dry run leaves the folders where they are, and goes on with them. One that has none has another name, as it would in a run. */
static bool
foresee(struct run *run)
{
    struct moving moving = {.run = run};
    bool here, ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (!is_mover(mailbox) || !mailbox->listed || is_home(run, mailbox, &ok))
            continue;
        ok = is_taken(run, mailbox->row.folder, &here) && (here || name_only(&moving, mailbox));
        if (ok && here)
            say_renamed(run, mailbox, mailbox->row.folder);
    }
    return ok;
}

bool
rename_here_recover(struct run *run)
{
    return run->no_root || recover_all(run);
}

bool
rename_here(struct run *run)
{
    if (run->no_root)
        return true;
    return run->dry ? foresee(run)
                    : move_all(run); /* what an earlier run began ends also where this one may rename nothing */
}
