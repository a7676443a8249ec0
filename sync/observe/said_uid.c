/* See said_uid.h. */
#include "sync/observe/said_uid.h"

#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"

static void
take_echo(struct journal_message *message, const struct said_uid *seen, bool has_flags)
{
    if (seen->size != 0 && seen->size != message->size) /* the server wrote into it */
        message->facts &= ~(unsigned)FACT_ITS_BYTES;
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
    /* What changed is told of with its flags alone. The size comes behind, and need not be that of what was sent. */
    const struct said_uid shown = {message->id, meta ? seen->size : 0, meta ? seen->date : message->date, seen->flags};

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
    sent->facts &= ~(unsigned)FACT_ITS_BYTES;
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

static int64_t
target_of(const struct journal_op *op)
{
    return op->target != 0 ? op->target : op->message;
}

static int
compare_targets(const void *pa, const void *pb)
{
    const int64_t a = target_of(pa), b = target_of(pb);

    return a == b ? 0 : a < b ? -1 : 1;
}

bool
said_ops_load(struct run *run, struct said_ops *ops)
{
    size_t kept = 0;

    *ops = (struct said_ops){0};
    if (!journal_ops(run->journal, &ops->list, &ops->count, &run->err))
        return false;
    for (size_t i = 0; i < ops->count; i++) {
        if (unfinished_is_sending(&ops->list[i]) && !unfinished_is_sent(&ops->list[i]))
            ops->list[kept++] = ops->list[i];
    }
    ops->count = kept;
    if (kept > 1)
        qsort(ops->list, kept, sizeof *ops->list, compare_targets);
    return true;
}

void
said_ops_free(struct said_ops *ops)
{
    free(ops->list);
    *ops = (struct said_ops){0};
}

struct journal_op *
said_op_of(const struct said_ops *ops, int64_t message)
{
    const struct journal_op like = {.message = message};
    struct journal_op *op =
        ops->count != 0 ? bsearch(&like, ops->list, ops->count, sizeof *ops->list, compare_targets) : NULL;

    return op != NULL && op->id != 0 ? op : NULL;
}

/* So many bytes of it were sent? Once its intent has ended, what is recorded of its file tells. */
static bool
was_sent_whole(struct run *run, const struct journal_op *op, const struct journal_message *message, uint64_t size,
               bool *whole)
{
    struct journal_print print;
    bool recorded;

    *whole = op != NULL && op->size == size;
    if (op != NULL)
        return true;
    if (!journal_print_get(run->journal, message->id, &print, &recorded, &run->err))
        return false;
    *whole = recorded && print.wire == size;
    return true;
}

bool
said_uid_size(struct run *run, const struct said_ops *ops, struct journal_message *message, uint64_t size)
{
    const struct journal_op *op = said_op_of(ops, message->id);
    bool whole = true;

    if ((op != NULL || (message->facts & FACT_FETCHED) == 0) && !was_sent_whole(run, op, message, size, &whole))
        return false;
    if (!whole)
        message->facts &= ~(unsigned)FACT_ITS_BYTES;
    message->size = size;
    return true;
}

bool
said_op_end(struct run *run, struct said_ops *ops, int64_t message)
{
    struct journal_op *op = said_op_of(ops, message);
    const int64_t id = op != NULL ? op->id : 0;

    if (op == NULL)
        return true;
    op->id = 0;
    return journal_op_delete(run->journal, id, &run->err);
}

bool
said_uid_lose(struct run *run, struct said_ops *ops, struct journal_message *message)
{
    struct journal_op *op = said_op_of(ops, message->id);

    message->uid = 0;
    message->facts &=
        ~(unsigned)(FACT_ECHO | FACT_COPIED | FACT_BY_HEADER | FACT_GONE_THERE | FACT_ITS_BYTES | FACT_FETCHED);
    message->flags = merge_new(message->flags, true);
    if (op != NULL)
        op->id = 0; /* it stays, for a row without a UID */
    return journal_message_save(run->journal, message, &run->err);
}

bool
said_uid_never_given(struct run *run, struct said_ops *ops, int64_t mailbox, uint32_t uidnext,
                     const struct id_set *seen, bool *ahead, bool *lied)
{
    struct journal_message *message = ops->count != 0 ? calloc(1, sizeof *message) : NULL;
    bool ok = ops->count == 0 || message != NULL || run_no_memory(run), found, lost = false;
    uint32_t highest;

    for (size_t i = 0; ok && i < ops->count; i++) {
        const struct journal_op *op = &ops->list[i];

        if (op->id == 0 || op->since < run->now || id_set_has(seen, target_of(op)))
            continue;
        ok = journal_message_get(run->journal, target_of(op), message, &found, &run->err);
        if (!ok || !found || message->mailbox != mailbox || uidnext == 0 || message->uid < uidnext)
            continue;
        lost = true;
        ok = said_uid_lose(run, ops, message);
    }
    free(message);
    *lied = *lied || lost;
    if (!ok || !lost || !*ahead)
        return ok;
    ok = journal_highest_uid(run->journal, mailbox, &highest, &run->err);
    *ahead = ok && highest >= uidnext;
    return ok;
}

bool
said_uid_claim(struct run *run, const struct said_ops *ops, struct said_uids *claims,
               const struct journal_message *message, const struct remote_message *seen)
{
    const struct journal_op *op = said_op_of(ops, message->id);

    if (op == NULL)
        return true;
    if (!array_grow(&claims->list, &claims->size, claims->count + 1, sizeof *claims->list))
        return run_no_memory(run);
    claims->list[claims->count++] = (struct said_uid){message->id, seen->has_meta ? seen->size : op->size,
                                                      seen->has_meta ? seen->date : op->date, message->flags.rseen};
    return true;
}

/* What was sent looks so. */
struct look {
    int64_t date;
    uint64_t size;
};

static int
compare_looks(const void *pa, const void *pb)
{
    const struct look *a = pa, *b = pb;

    if (a->date != b->date)
        return a->date < b->date ? -1 : 1;
    return a->size == b->size ? 0 : a->size < b->size ? -1 : 1;
}

static bool
was_sent(const struct look *looks, size_t count, int64_t date, uint64_t size)
{
    const struct look like = {date, size};

    return bsearch(&like, looks, count, sizeof *looks, compare_looks) != NULL;
}

/* Does a UID that nobody was said to have, from this one on, look like what was sent? */
static bool
find_unclaimed(struct run *run, int64_t mailbox, uint32_t from, const struct look *looks, size_t count, bool *found)
{
    struct journal_message *message = calloc(1, sizeof *message);
    int64_t *ids = NULL;
    size_t ids_count = 0;
    bool ok = (message != NULL || run_no_memory(run)) &&
              journal_ids_by_uids(run->journal, mailbox, from, UINT32_MAX, &ids, &ids_count, &run->err);

    for (size_t i = 0; ok && !*found && i < ids_count; i++) {
        ok = run_load(run, ids[i], message);
        *found = ok && message->base[0] == '\0' && (message->facts & FACT_GONE_THERE) == 0 &&
                 was_sent(looks, count, message->date, message->size);
    }
    free(ids);
    free(message);
    return ok;
}

/* The row has no UID any more, and a message that is only on the server stands for the one that it had. */
static bool
disown(struct run *run, struct said_ops *ops, const struct said_uid *claim)
{
    struct journal_message *messages = calloc(2, sizeof *messages), *sent = messages, *fresh = messages + 1;
    bool ok = (messages != NULL || run_no_memory(run)) && run_load(run, claim->id, sent);

    if (ok) {
        *fresh = (struct journal_message){.mailbox = sent->mailbox,
                                          .uid = sent->uid,
                                          .size = claim->size,
                                          .date = claim->date,
                                          .flags.rseen = claim->flags};
        merge_keywords(fresh->keywords, sent->keywords);
        ok = said_uid_lose(run, ops, sent) && journal_message_save(run->journal, fresh, &run->err);
    }
    free(messages);
    return ok;
}

/* One that was lost after it was shown is nobody's any more. */
static void
drop_lost(const struct said_ops *ops, struct said_uids *claims)
{
    size_t left = 0;

    for (size_t i = 0; i < claims->count; i++) {
        if (said_op_of(ops, claims->list[i].id) != NULL)
            claims->list[left++] = claims->list[i];
    }
    claims->count = left;
}

bool
said_uid_judge(struct run *run, struct said_ops *ops, struct said_uids *claims, int64_t mailbox, bool lied)
{
    struct look *looks = calloc(claims->count + 1, sizeof *looks);
    uint32_t from = UINT32_MAX;
    bool ok = looks != NULL || run_no_memory(run);

    drop_lost(ops, claims);
    for (size_t i = 0; ok && i < claims->count; i++) {
        const struct journal_op *op = said_op_of(ops, claims->list[i].id);

        looks[i] = (struct look){op->date, op->size};
        from = op->uidnext < from ? op->uidnext : from;
    }
    if (ok && claims->count > 1)
        qsort(looks, claims->count, sizeof *looks, compare_looks);
    for (size_t i = 0; ok && !lied && i < claims->count; i++) {
        const struct said_uid *claim = &claims->list[i];

        lied =
            claim->size != said_op_of(ops, claim->id)->size && was_sent(looks, claims->count, claim->date, claim->size);
    }
    if (ok && !lied && claims->count != 0)
        ok = find_unclaimed(run, mailbox, from, looks, claims->count, &lied);
    for (size_t i = 0; ok && i < claims->count; i++) {
        if (said_op_of(ops, claims->list[i].id) != NULL) /* what was shown twice is claimed twice */
            ok = lied ? disown(run, ops, &claims->list[i]) : said_op_end(run, ops, claims->list[i].id);
    }
    claims->count = 0;
    free(looks);
    return ok;
}
