/* Small things that every phase of a run needs. */
#include "sync/run/aside.h"
#include "sync/run/lookup.h"
#include "sync/run/stamps.h"

#include <assert.h>
#include <inttypes.h>

int64_t
run_now(const struct run *run)
{
    return run->options->now != NULL ? run->options->now(run->options->now_context) : (int64_t)time(NULL);
}

/* What is written during a run has a time that lies behind its start. */
bool
run_within(const struct run *run, int64_t since, int64_t seconds)
{
    return since <= run_now(run) && run->now - since < seconds;
}

bool
run_stopped(const struct run *run)
{
    return run->options->stopped != NULL && run->options->stopped(run->options->stopped_context);
}

const char *
run_called(const struct mailbox *mailbox)
{
    return aside_known(mailbox->row.name, mailbox->row.goal_there);
}

void
run_problem(struct run *run, const struct mailbox *mailbox, const struct error *err)
{
    struct error copy = *err;

    if (err->kind == ERROR_INTERRUPTED) /* that is said once, in the summary */
        return;
    (void)text_print(copy.account, sizeof copy.account, "%s", run->account->name);
    if (mailbox != NULL)
        (void)text_print(copy.mailbox, sizeof copy.mailbox, "%s", run_called(mailbox));
    if (mailbox != NULL && copy.hint[0] == '\0' && error_no_rights(err))
        error_hint(&copy, RIGHTS_HINT);
    run->partial = run->complained = true;
    report_error(run->report, &copy);
}

void
run_problem_here(struct run *run, struct mailbox *mailbox, const struct error *err)
{
    run->partial = run->complained = true;
    const bool all = error_no_rights(err) || error_no_folder(err); /* each message of the mailbox would say it */

    if (all && mailbox->said_rights)
        return;
    mailbox->said_rights = mailbox->said_rights || all;
    run_problem(run, mailbox, err);
}

void
run_problem_of(struct run *run, const struct mailbox *mailbox, const char *base, const struct error *err)
{
    struct error copy = *err;

    if (strstr(err->what, base) == NULL)
        (void)text_print(copy.what, sizeof copy.what, "%.200s: %.250s", err->what, base);
    run_problem(run, mailbox, &copy);
}

void
run_complain(struct run *run, const struct mailbox *mailbox, const char *what, const char *answer, const char *hint)
{
    struct error err = {0};

    error_set(&err, ERROR_SERVER, "%s", what);
    (void)text_print(err.answer, sizeof err.answer, "%s", answer);
    if (hint != NULL)
        error_hint(&err, "%s", hint);
    run_problem(run, mailbox, &err);
}

void
run_did(struct run *run, const struct mailbox *mailbox, struct report_done done)
{
    done.mailbox = run_called(mailbox);
    done.dry = run->dry;
    report_done(run->report, run->account->name, &run->counts, &done);
}

bool
run_pending(struct run *run, const struct mailbox *mailbox, int64_t message, enum journal_pending_kind kind,
            const char *detail, const char *why, const char *hold)
{
    struct journal_pending known,
        row = {.mailbox = mailbox->row.id, .message = message, .kind = kind, .since = run->now};
    bool found, ahead;

    (void)text_print(row.detail, sizeof row.detail, "%s", detail);
    (void)text_print(row.why, sizeof row.why, "%s", why);
    (void)text_print(row.hold, sizeof row.hold, "%s", hold != NULL ? hold : "");
    if (!journal_pending_get(run->journal, row.mailbox, message, &known, &found, &run->err))
        return false;
    ahead = found && known.since > run_now(run); /* a clock was wrong: what waits for a day begins that now */
    if (found && !ahead && known.kind == kind && known.not_before == 0 && strcmp(known.detail, row.detail) == 0 &&
        strcmp(known.why, row.why) == 0 && strcmp(known.hold, row.hold) == 0)
        return true;
    return (!ahead || journal_pending_clear(run->journal, row.mailbox, message, &run->err)) &&
           journal_pending_set(run->journal, &row, &run->err);
}

struct mailbox *
run_mailbox_by_id(struct run *run, int64_t id)
{
    return lookup_id(run, id);
}

void
run_learn(struct run *run, struct mailbox *mailbox, enum caution caution)
{
    run->cautions |= caution;
    if (mailbox != NULL)
        mailbox->cautions |= caution;
}

bool
run_learned(const struct mailbox *mailbox, enum caution caution)
{
    return (mailbox->cautions & caution) != 0;
}

struct mailbox_now
run_mailbox_now(const struct mailbox *mailbox)
{
    return (struct mailbox_now){
        .state = mailbox->going != GOING_NOT ? MAILBOX_ACTIVE : mailbox->row.state,
        .cautions = mailbox->cautions,
        .chosen = mailbox->chosen,
        .asked = mailbox->asked,
        .there = mailbox->listed,
        .moved_out = mailbox->moved_out,
        .wanted = mailbox->wanted_there,
        .current = mailbox->current,
        .has_news = mailbox->has_status &&
                    (mailbox->uidvalidity != mailbox->row.uidvalidity || mailbox->uidnext > mailbox->row.uidnext),
    };
}

bool
run_is_unseen(const struct mailbox *mailbox)
{
    const struct mailbox_now now = run_mailbox_now(mailbox);

    return mailbox_is_unseen(&now);
}

const struct mailbox *
run_unseen(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run_is_unseen(&run->mailboxes[i]) && !run_learned(&run->mailboxes[i], CAUTION_STAYS_UNREADABLE))
            return &run->mailboxes[i];
    }
    return NULL;
}

void
run_look_everywhere(struct run *run)
{
    run->look_everywhere = run->replan = true;
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        const bool gone = mailbox->row.state == MAILBOX_GONE_LOCAL && mailbox->going == GOING_NOT;

        if (!run_is_unseen(mailbox) || (gone ? run->dry : mailbox->asked))
            continue;
        mailbox->moved_out = mailbox->moved_out || gone;
        mailbox->look_there = true;
    }
}

struct mailbox *
run_mailbox_add(struct run *run)
{
    if (run->count >= LIMIT_MAILBOXES ||
        !array_grow(&run->mailboxes, &run->size, run->count + 1, sizeof *run->mailboxes)) {
        (void)run_no_memory(run);
        return NULL;
    }
    run->mailboxes[run->count] = (struct mailbox){.row = {.permanent = FLAG_ALL}};
    return &run->mailboxes[run->count++];
}

bool
mailbox_is_usable(const struct mailbox *mailbox)
{
    const struct mailbox_now now = run_mailbox_now(mailbox);

    return mailbox_use(&now) != MAILBOX_CLOSED;
}

bool
mailbox_is_open(const struct mailbox *mailbox)
{
    const struct mailbox_now now = run_mailbox_now(mailbox);

    return mailbox_use(&now) == MAILBOX_OPEN;
}

bool
todo_is_open(const struct run *run, const struct todo *todo)
{
    const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

    return todo->gift ? mailbox_is_usable(mailbox) : mailbox_is_open(mailbox);
}

bool
run_begin(struct run *run)
{
    return journal_begin(run->journal, &run->err);
}

bool
run_commit(struct run *run)
{
    if (!run->touched || stamps_note(run))
        return journal_commit(run->journal, &run->err);
    journal_rollback(run->journal);
    return false;
}

bool
run_end(struct run *run, bool ok)
{
    if (ok)
        return run_commit(run);
    journal_rollback(run->journal);
    return false;
}

bool
run_end_answered(struct run *run, bool ok, bool answered, const struct error *why)
{
    ok = run_end(run, ok) && answered;
    if (!answered)
        run->err = *why;
    return ok;
}

void
run_touch(struct run *run, struct mailbox *mailbox)
{
    mailbox->touched = run->touched = true;
}

void
run_name_letters(const struct run *run, const char *mailbox, uint32_t uidvalidity, uint32_t uid,
                 char name[static RUN_NAME_LETTERS + 1])
{
    char text[LIMIT_MAILBOX_NAME + 1024];
    unsigned char digest[DIGEST_SIZE];
    const struct connection *to = &run->account->connection;

    /* Host, user, mailbox, UIDVALIDITY and UID: the same message gets the same name in every run, and nothing else does. */
    if (!text_print(text, sizeof text, "%s\n%s\n%s\n%" PRIu32 "\n%" PRIu32, to->host != NULL ? to->host : "",
                    to->user != NULL ? to->user : "", mailbox, uidvalidity, uid) ||
        !digest_bytes(text, strlen(text), digest))
        memset(digest, 0, sizeof digest);
    digest_base32(digest, 16, name);
}

void
run_base_name(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message, int attempt,
              char base[static LOCAL_BASE_MAX + 1])
{
    char name[RUN_NAME_LETTERS + 1];
    int64_t date = message->date >= 0 && message->date <= INT64_C(9999999999) ? message->date : 0;

    run_name_letters(run, mailbox->row.name, mailbox->row.uidvalidity, message->uid, name);
    if (attempt == 0)
        (void)text_print(base, LOCAL_BASE_MAX + 1, "%010" PRId64 ".%s.golub", date, name);
    else
        (void)text_print(base, LOCAL_BASE_MAX + 1, "%010" PRId64 ".%s_%d.golub", date, name, attempt);
}

struct local_file
run_file(const struct mailbox *mailbox, const struct journal_message *message)
{
    return (struct local_file){.folder = mailbox->row.folder, .base = message->base, .info = message->info};
}

bool
run_load(struct run *run, int64_t id, struct journal_message *out)
{
    bool found;

    if (!journal_message_get(run->journal, id, out, &found, &run->err))
        return false;
    if (!found)
        error_set(&run->err, ERROR_LOCAL, "read row %" PRId64 " of the journal, which was there a moment ago", id);
    return found;
}

void
run_tell_progress(const struct run *run, const struct mailbox *mailbox, uint64_t arriving)
{
    const struct report_amount amount = {.done = run->done,
                                         .total = run->total,
                                         .bytes = run->counts.bytes_down + run->counts.bytes_up + arriving,
                                         .total_bytes = run->total_bytes};

    report_progress(run->report, run->account->name, mailbox->row.name, &amount);
}
