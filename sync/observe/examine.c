/* Digests of files that are new here, by which they are compared with messages. */
#include "sync/observe/observe.h"

#include "store/journal/keywords.h"
#include "sync/run/attempts.h"
#include "sync/run/run.h"

/* @param first  it was readable, or not there, in the run before */
static void
say_hint(struct error *err, bool first)
{
    const char *todo = error_no_rights(err) ? "Give it back its rights (chmod u+r, or chown). " : "";

    if (err->hint[0] == '\0')
        error_hint(err, "%s%s", todo,
                   first ? "No removal goes to the server in this run; while it is so, none of this mailbox."
                         : "While it is so, no removal of this mailbox goes to the server.");
}

static bool
examine_file(struct run *run, struct mailbox *mailbox, struct journal_message *message)
{
    struct local_file file = run_file(mailbox, message);
    struct local_facts facts;
    struct error err = {0};
    bool missing = false;

    if (!run->local.ops->examine(run->local.self, &file, &facts, &missing, &err)) {
        if (err.kind == ERROR_INTERRUPTED) /* the next run reads it */
            return true;
        say_hint(&err, attempts_file_unread(run, mailbox, CAUTION_UNREAD_FILE));
        run_problem_of(run, mailbox, message->base, &err);
        return run_pending(run, mailbox, message->id, PENDING_UNREADABLE, "upload",
                           err.answer[0] != '\0' ? err.answer : err.what, NULL);
    }
    if (missing) { /* renamed or removed since the listing: the next look finds out */
        mailbox->look_here = true;
        return true;
    }
    message->size = facts.digests.size;
    message->date = facts.date;
    message->has_wire = message->has_header = true;
    if (facts.digests.placeholder)
        message->facts |= FACT_PLACEHOLDER;
    /* What the server refused in other bytes may have keywords. */
    if (!journal_keyword_rewrite(run->journal, message, facts.digests.wire, &run->err))
        return false;
    memcpy(message->wire, facts.digests.wire, DIGEST_SIZE);
    memcpy(message->header, facts.digests.header, DIGEST_SIZE);
    return journal_message_save(run->journal, message, &run->err);
}

bool
examine_new_files(struct run *run)
{
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (!journal_message_ids(run->journal, 0, WHICH_UNREAD, &ids, &count, &run->err))
        return false;
    ok = run_begin(run);
    for (size_t i = 0; ok && i < count && !run_stopped(run); i++) {
        struct mailbox *mailbox;

        ok = run_load(run, ids[i], &message);
        mailbox = ok ? run_mailbox_by_id(run, message.mailbox) : NULL;
        /* Folders that were not asked for are examined too: what appeared there may be what vanished elsewhere. */
        if (mailbox != NULL && mailbox->chosen && !run_learned(mailbox, CAUTION_UNREAD_FOLDER) && mailbox->folder_here)
            ok = examine_file(run, mailbox, &message);
        if (ok && i % 1024 == 1023)
            ok = run_commit(run) && run_begin(run);
    }
    free(ids);
    return run_end(run, ok);
}
