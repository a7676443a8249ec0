/* See altered.h. */
#include "sync/apply/altered.h"

#include "sync/rows/quarantined.h"
#include "sync/rules/merge.h"
#include "sync/run/lookup.h"
#include "sync/run/situation.h"

struct altering {
    size_t count;
    struct altered {
        int64_t message;
        bool taken; /* its file is in the quarantine, and the server's version is due */
    } files[];
};

static bool
refuse(struct run *run, const struct local_file *file)
{
    error_state(&run->err, ERROR_CONFIG, "no message that golub knows: %.200s", file->base);
    error_hint(&run->err, "`golub status %s` lists the files that were altered; nothing was touched.",
               run->account->name);
    return false;
}

bool
altered_find(struct run *run)
{
    const size_t count = run->options->altered_count;
    struct journal_message *message = calloc(1, sizeof *message);
    struct altering *found = calloc(1, sizeof *found + count * sizeof found->files[0]);
    bool ok = (found != NULL && message != NULL) || run_no_memory(run);

    for (size_t i = 0; ok && i < count; i++) {
        const struct local_file *file = &run->options->altered[i];
        const struct mailbox *mailbox = lookup_folder(run, file->folder);
        bool is_known = false;

        ok = mailbox == NULL ||
             journal_message_by_base(run->journal, mailbox->row.id, file->base, message, &is_known, &run->err);
        if (ok && (!is_known || (message->facts & FACT_GONE_HERE) != 0))
            ok = refuse(run, file);
        if (ok)
            found->files[found->count++].message = message->id;
    }
    free(message);
    if (ok)
        run->altering = found;
    else
        free(found);
    return ok;
}

/* Nothing came of it. Inside a transaction. */
static bool
end_intent(struct run *run, const struct journal_op *op)
{
    return journal_op_delete(run->journal, op->id, &run->err) &&
           (op->kind != OP_REMOVE_LOCAL || quarantined_withdraw(run, op->name));
}

/* With its place in the index, which what is left of a run that is cut off can't be asked for: its bytes are in no row. */
static bool
write_intent(struct run *run, const struct mailbox *mailbox, struct journal_message *message,
             const struct local_file *from, const struct digests *digests, struct journal_op *op)
{
    char name[256] = "";
    struct quarantined file = quarantined_file(message, name, "altered here; the server's version was asked for");
    bool found, ok;

    if (!situation_mark(run) || !run_begin(run))
        return false;
    ok = journal_op_of(run->journal, message->id, op, &found, &run->err) && (!found || end_intent(run, op));
    quarantined_name_of(run, from, message->id, "altered", name);
    file.size = digests->size;
    file.wire = digests->wire;
    *op = (struct journal_op){.kind = OP_REMOVE_LOCAL,
                              .mailbox = message->mailbox,
                              .message = message->id,
                              .size = digests->size,
                              .since = run->now};
    (void)text_print(op->name, sizeof op->name, "%s", name);
    message->facts |= FACT_ALTERED; /* so the intent is known for what it is */
    return run_end(run, ok && journal_op_add(run->journal, op, &run->err) && quarantined_add(run, mailbox, &file) &&
                            journal_message_save(run->journal, message, &run->err) && situation_mark_commit(run));
}

/* The row becomes what it would be without the file. What its bytes were says nothing about those that come. */
static bool
ask_again(struct run *run, struct mailbox *mailbox, struct journal_message *message, const struct journal_op *op)
{
    message->base[0] = message->info[0] = '\0';
    message->flags = merge_without_file(message->flags);
    message->facts = (message->facts & ~(unsigned)FACT_ALTERED) | FACT_AGAIN;
    run_touch(run, mailbox);
    if (!run_begin(run))
        return false;
    return run_end(run, journal_op_delete(run->journal, op->id, &run->err) &&
                            journal_message_save(run->journal, message, &run->err) &&
                            journal_print_clear(run->journal, message->id, &run->err));
}

static void
complain(struct run *run, const struct mailbox *mailbox, const struct journal_message *message, const char *why,
         const char *hint)
{
    run_complain(run, mailbox, "bring the server's version of an altered file back", why, hint);
    report_note(run->report, run->account->name, "%s stays as it is", message->base);
}

static void
say_where(struct run *run, const struct mailbox *mailbox, const struct journal_message *message, const char *name)
{
    char text[sizeof message->base + 512];

    (void)text_print(text, sizeof text, "%s went to the quarantine as %s", message->base, name);
    report_mailbox(run->report, run->account->name, run_called(mailbox), "restore", text);
}

static bool
take(struct run *run, struct altered *file, struct journal_message *message)
{
    struct mailbox *mailbox = run_mailbox_by_id(run, message->mailbox);
    struct local_facts facts;
    struct journal_op op;
    struct local_removal removal = {
        .file = run_file(mailbox, message), .quarantine = op.name, .wire = facts.digests.wire};
    struct error err = {0};
    bool missing = false;

    if (!run->local.ops->examine(run->local.self, &removal.file, &facts, &missing, &err)) {
        run_problem_of(run, mailbox, message->base, &err);
        return true;
    }
    if (missing) {
        complain(run, mailbox, message, "another program has renamed or removed it", "Give its name as it is now.");
        return true;
    }
    if (message->has_wire && memcmp(facts.digests.wire, message->wire, DIGEST_SIZE) == 0) {
        report_mailbox(run->report, run->account->name, run_called(mailbox), "restore",
                       "a file that was named is not altered: it is what the server has");
        return true;
    }
    if (run->dry) {
        run_did(run, mailbox,
                (struct report_done){
                    .act = DID_DOWNLOAD, .uid = message->uid, .file = message->base, .why = "altered here"});
        return true;
    }
    if (!write_intent(run, mailbox, message, &removal.file, &facts.digests, &op) ||
        !run->local.ops->remove(run->local.self, &removal, 1, &run->err))
        return false;
    if (!removal.ok) {
        run_problem(run, mailbox, &removal.err);
        return run_begin(run) && run_end(run, end_intent(run, &op));
    }
    file->taken = true;
    say_where(run, mailbox, message, op.name);
    return ask_again(run, mailbox, message, &op);
}

/* A file whose message the server has not, or that can't be fetched now, stays: it may be all there is. */
static const char *
why_not(struct run *run, const struct journal_message *message)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, message->mailbox);

    if (message->base[0] == '\0' || (message->facts & FACT_GONE_HERE) != 0)
        return "another program has renamed or removed it";
    if (message->uid == 0 || (message->facts & (FACT_GONE_THERE | FACT_ALIAS)) != 0)
        return "the server does not have its message";
    if (mailbox == NULL || !mailbox_is_open(mailbox))
        return "its mailbox can't be read in this run";
    return NULL;
}

bool
altered_take(struct run *run)
{
    struct altering *altering = run->altering;
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run), found;

    for (size_t i = 0; ok && i < altering->count && !run_stopped(run); i++) {
        struct altered *file = &altering->files[i];
        const char *why;

        if (file->taken) /* on a line that broke */
            continue;
        ok = journal_message_get(run->journal, file->message, message, &found, &run->err);
        if (!ok)
            break;
        why = found ? why_not(run, message) : "its message is gone on the server";
        if (why != NULL)
            complain(run, found ? run_mailbox_by_id(run, message->mailbox) : NULL, message, why,
                     "The file stays as it is.");
        else
            ok = take(run, file, message);
    }
    free(message);
    return ok;
}

void
altered_keep_only(const struct run *run, struct agenda *agenda)
{
    const struct altering *altering = run->altering;

    for (size_t i = 0; i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];
        bool due = false;

        for (size_t k = 0; k < altering->count; k++)
            due = due || (altering->files[k].taken && altering->files[k].message == todo->id);
        todo->dropped = todo->dropped || !due;
    }
}

bool
altered_say(struct run *run)
{
    const struct altering *altering = run->altering;
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run), found;

    for (size_t i = 0; ok && i < altering->count; i++) {
        if (!altering->files[i].taken)
            continue;
        ok = journal_message_get(run->journal, altering->files[i].message, message, &found, &run->err);
        if (ok && (!found || message->base[0] == '\0'))
            run_complain(run, found ? run_mailbox_by_id(run, message->mailbox) : NULL,
                         "bring the server's version of an altered file back", "it did not come",
                         "The altered file is in the quarantine; the next sync fetches the message.");
    }
    free(message);
    return ok;
}

void
altered_free(struct altering *altering)
{
    free(altering);
}
