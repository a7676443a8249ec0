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
#include "sync/rows/flushed.h"
#include "sync/base/ids.h"
#include "sync/run/situation.h"

#include <inttypes.h>

#define PAGE 4096 /* what a system writes back at once is a multiple of it */

static bool
flush_this_boot(struct run *run)
{
    struct error err = {0};

    if (!run->local.ops->flush(run->local.self, &err)) { /* tried again by the next run; until then they stay noted */
        run_problem(run, NULL, &err);
        return true;
    }
    if (run_begin(run) && journal_unflushed_flushed(run->journal, run->boot, &run->err))
        return run_commit(run);
    journal_rollback(run->journal);
    return false;
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
    unsigned old;

    if (!flushed_is_doubtful(run, message->id))
        return;
    old = message->lbase & ~message->lseen;
    if (ids_have(run->undeleted, run->undeleted_count, message->id))
        old |= message->lseen & ~message->lbase & FLAG_DELETED;
    /* As if both sides had last agreed on what the old name shows: the server's change comes down again. */
    message->lbase = (message->lbase & ~old) | (message->lseen & old);
    message->rbase = (message->rbase & ~old) | (message->lseen & old);
}

/* ---- contents that a power cut took ---- */

static bool
is_damaged(const struct journal_message *message, const struct local_facts *facts)
{
    return memcmp(facts->digests.wire, message->wire, DIGEST_SIZE) != 0 &&
           (facts->digests.has_nul || facts->print.size % PAGE == 0);
}

/* Its place in the index comes first: a row without a file says nothing wrong, a file without a row would stay for ever. */
static bool
index_damaged(struct run *run, const struct mailbox *mailbox, const struct journal_message *message, uint64_t size,
              char name[static 256])
{
    struct journal_quarantined row = run_quarantined(run, message->uid, size);

    (void)text_print(row.name, sizeof row.name, "%" PRId64 ".cut.%" PRId64, run->now, message->id);
    (void)text_print(row.mailbox, sizeof row.mailbox, "%s", mailbox->row.name);
    (void)text_print(row.base, sizeof row.base, "%s", message->base);
    (void)text_print(row.info, sizeof row.info, "%s", message->info);
    (void)text_print(row.why, sizeof row.why, "damaged by a power cut");
    (void)text_print(name, sizeof row.name, "%s", row.name);
    if (!situation_mark(run) || !run_begin(run))
        return false;
    if (journal_quarantine_add(run->journal, &row, &run->err) && situation_mark_commit(run))
        return run_commit(run);
    journal_rollback(run->journal);
    return false;
}

/* As if its name had been lost, too. */
static bool
fetch_again(struct run *run, struct mailbox *mailbox, struct journal_message *message)
{
    message->base[0] = message->info[0] = '\0';
    message->lbase = message->lseen = 0;
    message->facts = (message->facts & ~(unsigned)FACT_ALTERED) | FACT_AGAIN;
    run_touch(run, mailbox);
    if (!run_begin(run))
        return false;
    if (journal_message_save(run->journal, message, &run->err))
        return run_commit(run);
    journal_rollback(run->journal);
    return false;
}

static bool
mend(struct run *run, struct mailbox *mailbox, struct journal_message *message)
{
    struct local_facts facts;
    char name[256];
    struct local_removal removal = {.file = run_file(mailbox, message), .quarantine = name, .wire = facts.digests.wire};
    struct error err = {0};
    bool missing = false;

    if (!run->local.ops->examine(run->local.self, &removal.file, &facts, &missing, &err)) {
        run_problem_of(run, mailbox, message->base, &err);
        return true;
    }
    if (missing || !is_damaged(message, &facts))
        return true;
    if (!index_damaged(run, mailbox, message, facts.digests.size, name) ||
        !run->local.ops->remove(run->local.self, &removal, 1, &run->err))
        return false;
    if (removal.ok)
        return fetch_again(run, mailbox, message);
    if (!removal.missing && !removal.altered)
        run_problem(run, mailbox, &removal.err);
    return true;
}

/* The server has it, and the row says with which bytes. */
static bool
is_known(const struct journal_message *message)
{
    return message->uid != 0 && message->base[0] != '\0' && message->has_wire &&
           (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_REPLACED | FACT_ALIAS)) == 0;
}

bool
flushed_mend(struct run *run)
{
    struct journal_message message;
    struct mailbox *mailbox;
    bool ok = true, found;

    for (size_t i = 0; ok && !run->dry && i < run->doubtful_count; i++) {
        ok = journal_message_get(run->journal, run->doubtful[i], &message, &found, &run->err);
        mailbox = ok && found ? run_mailbox_by_id(run, message.mailbox) : NULL;
        if (mailbox != NULL && mailbox->proven && mailbox_is_open(mailbox) && is_known(&message))
            ok = mend(run, mailbox, &message);
    }
    if (!ok || run->doubtful_count == 0)
        return ok;
    ok = run_begin(run);
    for (size_t i = 0; ok && i < run->count; i++) {
        mailbox = &run->mailboxes[i];
        /* One that this run leaves alone is in doubt until another run may mend it. */
        if (mailbox->proven && (run->dry || mailbox_is_open(mailbox)))
            ok = journal_unflushed_seen(run->journal, mailbox->row.id, run->boot, &run->err);
        mailbox->proven = false;
    }
    if (ok)
        return run_commit(run);
    journal_rollback(run->journal);
    return false;
}
