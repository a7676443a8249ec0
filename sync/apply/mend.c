/* Files whose contents a power cut took; see rows/flushed.c. */
#include "sync/apply/apply.h"

#include "store/journal/quarantine.h"
#include "sync/rows/quarantined.h"
#include "sync/rules/merge.h"
#include "sync/run/situation.h"

#include <inttypes.h>

#define NAME_BYTES 16 /* of the digest */
#define PAGE 4096     /* what a system writes back at once is a multiple of it */

static bool
is_damaged(const struct journal_message *message, const struct local_facts *facts)
{
    return memcmp(facts->digests.wire, message->wire, DIGEST_SIZE) != 0 &&
           (facts->digests.has_nul || facts->print.size % PAGE == 0);
}

/* Under this a run that comes after one that was cut off finds the name that the file has, or was to get. */
static void
origin_of(const struct journal_message *message, const struct digests *digests, char origin[static 128])
{
    char bytes[2 * NAME_BYTES + 1];

    text_hex(digests->wire, NAME_BYTES, bytes);
    (void)text_print(origin, 128, "%" PRId64 ".%s.cut", message->id, bytes);
}

/* Its place in the index comes first: a file without a row would stay for ever, and a row without a file is withdrawn. */
static bool
index_damaged(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
              const struct local_file *from, const struct digests *digests, char name[static 256])
{
    struct quarantined file = quarantined_file(message, name, "damaged by a power cut");
    struct journal_quarantined *known = calloc(1, sizeof *known);
    char origin[128];
    bool found = false, ok;

    origin_of(message, digests, origin);
    ok = (known != NULL || run_no_memory(run)) && journal_quarantine_of(run->journal, origin, known, &found, &run->err);
    if (found)
        (void)text_print(name, 256, "%s", known->name);
    else if (ok)
        quarantined_name_of(run, from, message->id, "cut", name);
    free(known);
    file.origin = origin;
    file.size = digests->size;
    file.wire = digests->wire;
    if (!ok || !situation_mark(run) || !run_begin(run))
        return false;
    return run_end(run, quarantined_add(run, mailbox, &file) && situation_mark_commit(run));
}

/* The row becomes what it would be if the power cut had taken the name, too. */
static bool
fetch_again(struct run *run, struct mailbox *mailbox, struct journal_message *message)
{
    message->base[0] = message->info[0] = '\0';
    message->flags = merge_without_file(message->flags);
    message->facts = (message->facts & ~(unsigned)FACT_ALTERED) | FACT_AGAIN;
    run_touch(run, mailbox);
    if (!run_begin(run))
        return false;
    return run_end(run, journal_message_save(run->journal, message, &run->err));
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
    if (!index_damaged(run, mailbox, message, &removal.file, &facts.digests, name) ||
        !run->local.ops->remove(run->local.self, &removal, 1, &run->err))
        return false;
    if (removal.ok)
        return fetch_again(run, mailbox, message);
    if (!removal.missing && !removal.altered)
        run_problem(run, mailbox, &removal.err);
    return run_begin(run) && run_end(run, quarantined_withdraw(run, name));
}

/* The server has it, and the row says with which bytes. */
static bool
is_known(const struct journal_message *message)
{
    return message->uid != 0 && message->base[0] != '\0' && message->has_wire &&
           (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_REPLACED | FACT_ALIAS)) == 0;
}

bool
apply_mend(struct run *run)
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
        /* A mailbox that this run leaves alone stays in doubt until another run mends it. */
        if (mailbox->proven && (run->dry || mailbox_is_open(mailbox)))
            ok = journal_unflushed_seen(run->journal, mailbox->row.id, run->boot, &run->err);
        mailbox->proven = false;
    }
    return run_end(run, ok);
}
