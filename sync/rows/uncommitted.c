/* See uncommitted.h. */
#include "sync/rows/uncommitted.h"

#include "sync/rules/merge.h"

/* A run that was cut off later has seen it, and took it for new mail as yet. */
static bool
take_seen(struct run *run, struct journal_message *file, const struct journal_message *gone)
{
    if (file->uid != 0 || file->facts != 0)
        return true;
    file->flags.rseen = gone->flags.rseen;
    merge_keywords(file->keywords, gone->keywords);
    file->facts = FACT_GONE_THERE | FACT_UNPAIRED;
    uncommitted_found(file);
    return journal_message_save(run->journal, file, &run->err);
}

/* What is known of the message's bytes is not known of the file's. */
static bool
keep_name(struct run *run, struct journal_message *message, const char *base)
{
    (void)text_print(message->base, sizeof message->base, "%s", base);
    message->uid = 0;
    message->has_wire = message->has_header = false;
    message->facts = FACT_GONE_HERE | FACT_GONE_THERE | FACT_UNPAIRED;
    return journal_message_save(run->journal, message, &run->err);
}

bool
uncommitted_lose_uid(struct run *run, struct journal_message *message)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, message->mailbox);
    struct journal_message *file = calloc(1, sizeof *file);
    char base[LOCAL_BASE_MAX + 1];
    bool found = true, ok = file != NULL || run_no_memory(run);

    if (ok && mailbox != NULL) {
        run_base_name(run, mailbox, message, 0, base);
        ok = journal_message_by_base(run->journal, message->mailbox, base, file, &found, &run->err);
    }
    if (ok && !found)
        ok = keep_name(run, message, base);
    else if (ok)
        ok = (mailbox == NULL || take_seen(run, file, message)) &&
             journal_message_delete(run->journal, message->id, &run->err);
    free(file);
    return ok;
}

void
uncommitted_found(struct journal_message *message)
{
    message->flags = merge_met(message->flags);
    message->facts |= FACT_FETCHED;
}
