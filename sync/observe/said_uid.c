/* See said_uid.h. */
#include "sync/observe/said_uid.h"

#include "sync/rules/merge.h"

static void
take_echo(struct journal_message *message, const struct said_uid *seen, bool has_flags)
{
    message->size = seen->size;
    message->date = seen->date;
    if (has_flags) {
        message->flags = merge_append_seen(message->flags, seen->flags);
        message->facts &= ~(unsigned)FACT_ECHO;
    }
}

bool
said_uid_echo(struct run *run, struct said_uids *said, struct journal_message *message,
              const struct remote_message *seen)
{
    const bool meta = seen->has_meta;
    const struct said_uid shown = {message->id, meta ? seen->size : message->size, meta ? seen->date : message->date,
                                   seen->flags};

    if (shown.date == message->date) {
        take_echo(message, &shown, seen->has_flags);
        return true;
    }
    if (!seen->has_flags) /* they come, too */
        return true;
    if (!array_grow(&said->list, &said->size, said->count + 1, sizeof *said->list))
        return run_no_memory(run);
    said->list[said->count++] = shown;
    return true;
}

/* A message that has no file, with the size and date that were sent. */
static bool
find_sent(struct run *run, const struct journal_message *sent, struct journal_message *found, bool *is_found)
{
    int64_t *ids;
    size_t count;
    bool ok = journal_ids_by_date(run->journal, sent->mailbox, sent->date, &ids, &count, &run->err);

    *is_found = false;
    if (!ok)
        return false;
    for (size_t i = 0; ok && !*is_found && i < count; i++) {
        ok = run_load(run, ids[i], found);
        *is_found = ok && found->base[0] == '\0' && found->size == sent->size && found->facts == 0;
    }
    free(ids);
    return ok;
}

/* The UID that the APPENDUID named becomes a message that is only on the server; the row takes the other UID. */
static bool
exchange(struct run *run, struct journal_message *sent, struct journal_message *other, const struct said_uid *shown)
{
    const struct said_uid seen = {other->id, other->size, other->date, other->flags.rseen};
    struct journal_message fresh = {.mailbox = sent->mailbox,
                                    .uid = sent->uid,
                                    .size = shown->size,
                                    .date = shown->date,
                                    .flags.rseen = shown->flags};

    merge_keywords(fresh.keywords, sent->keywords);
    merge_keywords(sent->keywords, other->keywords);
    sent->uid = other->uid;
    sent->flags.rseen = other->flags.rseen;
    take_echo(sent, &seen, true);
    return journal_message_delete(run->journal, other->id, &run->err) &&
           journal_message_save(run->journal, sent, &run->err) && journal_message_save(run->journal, &fresh, &run->err);
}

bool
said_uid_resolve(struct run *run, struct said_uids *said)
{
    struct journal_message *messages = calloc(2, sizeof *messages), *sent = messages, *other = messages + 1;
    bool ok = messages != NULL || run_no_memory(run), found = false;

    for (size_t i = 0; ok && i < said->count; i++) {
        const struct said_uid *shown = &said->list[i];

        ok = run_load(run, shown->id, sent);
        if (!ok || (sent->facts & (FACT_ECHO | FACT_GONE_THERE)) != FACT_ECHO)
            continue;
        ok = find_sent(run, sent, other, &found);
        /* In any case its body is read before anything destructive rests on it. */
        sent->facts |= FACT_BY_HEADER;
        if (!found)
            take_echo(sent, shown, true);
        ok = ok && (found ? exchange(run, sent, other, shown) : journal_message_save(run->journal, sent, &run->err));
    }
    said->count = 0;
    free(messages);
    return ok;
}
