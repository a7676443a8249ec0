/*
 * Mailboxes that are on one side only are made on the other: folders here, all together, made durable and then written
 * down in one commit; mailboxes there, some at a time.
 */
#include "sync/apply/apply.h"
#include "sync/apply/made_again.h"
#include "sync/apply/rename_last.h"
#include "sync/run/run.h"
#include "sync/run/situation.h"

#define NAMES_MAX 64 /* mailboxes in one request to the server */

static void
set_made(struct run *run, struct mailbox *mailbox)
{
    run_did(run, mailbox, (struct report_done){.act = DID_CREATE_HERE});
    run->counts.mailboxes++;
    mailbox->row.state = MAILBOX_ACTIVE;
    mailbox->folder_here = true;
    mailbox->look_there = true;
    mailbox->look_here = !run->dry && mailbox->row.id != 0; /* rows of an earlier time are looked for */
}

/* Not listed, and yet there: the file system takes another name for this one (case, normal form). */
static bool
check_name(struct run *run, struct mailbox *mailbox)
{
    struct local_stamp stamp;
    bool missing = true;

    if (!run->local.ops->stamp(run->local.self, mailbox->row.folder, &stamp, &missing, &run->err))
        return false;
    if (missing)
        return true;
    run_learn(run, mailbox, CAUTION_NOT_MADE);
    run_complain(run, mailbox, "make a folder for this mailbox",
                 "the file system takes its name for that of a folder that is there, which differs in case or in the "
                 "form of a letter",
                 "Rename one of the two mailboxes, or leave one out with `mailboxes`.");
    return true;
}

static bool
is_to_be_made(struct run *run, const struct mailbox *mailbox, enum mailbox_side side)
{
    const struct mailbox_now now = run_mailbox_now(mailbox);

    return mailbox_may_be_made(side, &now, &run->account->policy) &&
           !(side == SIDE_THERE && rename_last_makes_later(run, mailbox));
}

/* All of them made, made durable, and then in one commit: each by itself would be four flushes a mailbox. */
static bool
make_folders(struct run *run, struct local_folder *items, struct mailbox **mailboxes, size_t count)
{
    bool ok;

    if (count == 0)
        return true;
    ok = run->dry || (situation_mark(run) && run->local.ops->create_all(run->local.self, items, count, &run->err));
    ok = ok && run_begin(run) && situation_mark_commit(run);
    for (size_t i = 0; ok && i < count; i++) {
        if (run->dry || items[i].ok) {
            set_made(run, mailboxes[i]);
            ok = journal_mailbox_save(run->journal, &mailboxes[i]->row, &run->err);
        } else {
            ok = check_name(run, mailboxes[i]); /* perhaps that of another one that was made just now */
            if (ok && !run_learned(mailboxes[i], CAUTION_NOT_MADE))
                run_problem(run, mailboxes[i], &items[i].err);
            run_learn(run, mailboxes[i], CAUTION_NOT_MADE);
        }
    }
    return run_end(run, ok);
}

static bool
create_here(struct run *run)
{
    struct local_folder *items = calloc(run->count + 1, sizeof *items);
    struct mailbox **mailboxes = calloc(run->count + 1, sizeof(struct mailbox *));
    size_t count = 0;
    bool ok = (items != NULL && mailboxes != NULL) || run_no_memory(run);

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (is_to_be_made(run, mailbox, SIDE_HERE) && !run->dry)
            ok = check_name(run, mailbox);
        if (!ok || !is_to_be_made(run, mailbox, SIDE_HERE))
            continue;
        items[count].folder = mailbox->row.folder;
        mailboxes[count++] = mailbox;
    }
    ok = ok && make_folders(run, items, mailboxes, count);
    free(items);
    free(mailboxes);
    return ok;
}

struct creation {
    struct run *run;
    const size_t *which;
};

/* A server that normalises names (NFC) may have found one that is there. */
static bool
is_anothers(const struct run *run, const struct mailbox *mailbox, struct text wire)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *other = &run->mailboxes[i];

        if (other != mailbox && other->row.wire != NULL && text_is(wire, other->row.wire))
            return true;
    }
    return false;
}

static bool
set_made_there(struct run *run, struct mailbox *mailbox)
{
    const bool again = mailbox->row.state == MAILBOX_GONE_REMOTE;

    mailbox->row.state = MAILBOX_ACTIVE;
    mailbox->listed = mailbox->look_there = !run->dry;
    mailbox->look_here = true;
    run_did(run, mailbox, (struct report_done){.act = DID_CREATE_THERE});
    run->counts.mailboxes++;
    return !again || made_again_return(run, mailbox);
}

static bool
see_created(void *context, size_t index, struct text wire, const struct remote_outcome *outcome)
{
    struct creation *creation = context;
    struct run *run = creation->run;
    struct mailbox *mailbox = &run->mailboxes[creation->which[index]];

    mailbox->unanswered = false;
    if (!outcome->ok || is_anothers(run, mailbox, wire)) {
        const char *why = outcome->ok ? "the server takes its name for that of another one" : outcome->answer;

        run_learn(run, mailbox, CAUTION_NOT_MADE);
        run_complain(run, mailbox, "make this mailbox on the server", why,
                     "Rename the folder to a name that the server takes; its mail stays here meanwhile.");
        return run_pending(run, mailbox, 0, PENDING_MAILBOX, "create-there", why, NULL);
    }
    free(mailbox->row.wire);
    mailbox->row.wire = strndup(wire.at, wire.len);
    if (mailbox->row.wire == NULL)
        return run_no_memory(run);
    mailbox->row.utf8 = run->info.utf8;
    mailbox->row.separator = run->info.separator;
    return set_made_there(run, mailbox) && journal_mailbox_save(run->journal, &mailbox->row, &run->err) &&
           journal_pending_clear(run->journal, mailbox->row.id, 0, &run->err);
}

/* The line ended at it when nothing else was asked. */
static bool
give_up(struct run *run, struct mailbox *mailbox, const struct error *why)
{
    char words[sizeof why->what + sizeof why->answer];

    run->attempts.settled = true;
    run_learn(run, mailbox, CAUTION_NOT_MADE);
    (void)text_print(words, sizeof words, "the server ends the line: %s",
                     why->answer[0] != '\0' ? why->answer : why->what);
    run_complain(run, mailbox, "make this mailbox on the server", words,
                 "Everything else is done; the next run tries again.");
    return run_pending(run, mailbox, 0, PENDING_MAILBOX, "create-there", words, NULL);
}

/* What was made before the connection broke is written down. */
static bool
ask_for(struct run *run, const struct text *names, size_t count, struct creation *creation)
{
    struct mailbox *first;
    struct error why;
    bool answered, again, ok = true;

    if (count == 0)
        return true;
    first = &run->mailboxes[creation->which[0]];
    again = count == 1 && first->unanswered;
    for (size_t i = 0; i < count; i++)
        run->mailboxes[creation->which[i]].unanswered = true;
    if (!situation_begin(run)) /* in a Maildir of before its folder was made it is not one whose folder was removed */
        return false;
    answered = run->remote.ops->create(run->remote.self, names, count, see_created, creation, &run->err);
    why = run->err;
    if (!answered && again && first->unanswered && (why.kind == ERROR_NETWORK || why.kind == ERROR_SERVER))
        ok = give_up(run, first, &why);
    return run_end_answered(run, ok, answered, &why);
}

/* What ended the line perhaps is asked for alone: `most` is 1 then. */
static bool
create_there(struct run *run, struct text *names, size_t *which, char *texts, size_t most)
{
    struct creation creation = {.run = run, .which = which};
    size_t count = 0;
    char separator = run->info.separator != 0 ? run->info.separator : '/';

    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        char *utf8 = texts + count * (LIMIT_MAILBOX_NAME + 1);
        struct error err = {0};

        if (!is_to_be_made(run, mailbox, SIDE_THERE) || mailbox->unanswered != (most == 1))
            continue;
        if (run->dry) {
            if (!run_begin(run) || !run_end(run, set_made_there(run, mailbox)))
                return false;
            continue;
        }
        if (!names_to_server(mailbox->row.name, separator, utf8, &err)) {
            run_learn(run, mailbox, CAUTION_NOT_MADE);
            run_problem(run, mailbox, &err);
            continue;
        }
        names[count] = text_of(utf8);
        which[count++] = i;
        if (count == most) {
            if (!ask_for(run, names, count, &creation))
                return false;
            count = 0;
        }
    }
    return ask_for(run, names, count, &creation);
}

bool
mailboxes_create(struct run *run)
{
    struct text names[NAMES_MAX];
    size_t which[NAMES_MAX];
    char *texts = malloc((size_t)NAMES_MAX * (LIMIT_MAILBOX_NAME + 1));
    bool ok = texts != NULL || run_no_memory(run);

    ok = ok && create_here(run) && create_there(run, names, which, texts, NAMES_MAX) &&
         create_there(run, names, which, texts, 1);
    free(texts);
    return ok;
}
