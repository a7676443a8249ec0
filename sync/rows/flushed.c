/*
 * fsync = false promises that mail may have to be fetched again after a power cut. It does not promise that the server loses what the cut took
 * here: the journal is always flushed, so a name that was lost would look like one that the user removed.
 *
 * So the journal notes each name that golub gave without a flush, and in which boot of the system. The next run of the same boot flushes
 * once, before it lists anything, and only if there is something to flush: then they are as certain as any. In a run of another boot, what is
 * missing of them was never delivered, and is fetched again. A system that does not tell its boots is taken for another one in each run.
 *
 * Where a name survived, its contents may not have: such a file is empty, holds NULs where blocks were never written, or ends with a page.
 * What looks like that and is not the message goes to the quarantine, and the message is fetched again. Other bytes are somebody's edit.
 */
#include "sync/base/ids.h"
#include "sync/rows/flushed.h"
#include "sync/rules/merge.h"

static bool
flush_this_boot(struct run *run)
{
    struct error err = {0};

    if (!run->local.ops->flush(run->local.self, &err)) { /* tried again by the next run; until then they stay noted */
        run_problem(run, NULL, &err);
        return true;
    }
    return run_end(run, run_begin(run) && journal_unflushed_flushed(run->journal, run->boot, &run->err));
}

static bool
look_into(struct run *run, int64_t id)
{
    struct journal_message message;
    struct mailbox *mailbox;
    bool found;

    if (!journal_message_get(run->journal, id, &message, &found, &run->err))
        return false;
    mailbox = found ? run_mailbox_by_id(run, message.mailbox) : NULL;
    if (mailbox != NULL)
        mailbox->look_here = true;
    return true;
}

bool
flushed_begin(struct run *run)
{
    int64_t *ids;
    size_t count;
    bool ok;

    if (run->no_root)
        return true;
    run->local.ops->boot(run->local.self, run->boot);
    if (!journal_unflushed_ids(run->journal, run->boot, true, &ids, &count, &run->err))
        return false;
    free(ids);
    ok = count == 0 || run->dry || flush_this_boot(run);
    ok = ok && journal_unflushed_ids(run->journal, run->boot, false, &run->doubtful, &run->doubtful_count, &run->err) &&
         journal_unflushed_undeleted(run->journal, run->boot, &run->undeleted, &run->undeleted_count, &run->err);
    for (size_t i = 0; ok && i < run->doubtful_count; i++)
        ok = look_into(run, run->doubtful[i]);
    return ok;
}

bool
flushed_note(struct run *run, struct mailbox *mailbox, int64_t message, bool undeleted)
{
    run_touch(run, mailbox);
    return run->account->fsync || journal_unflushed_add(run->journal, message, run->boot, undeleted, &run->err);
}

bool
flushed_is_doubtful(const struct run *run, int64_t message)
{
    return ids_have(run->doubtful, run->doubtful_count, message);
}

void
flushed_doubt_flags(const struct run *run, struct journal_message *message)
{
    if (flushed_is_doubtful(run, message->id))
        message->flags = merge_unflushed(message->flags, ids_have(run->undeleted, run->undeleted_count, message->id));
}
