/* See dated_again.h. */
#include "sync/match/dated_again.h"

#include "sync/rows/missing.h"
#include "sync/rules/merge.h"

struct dated {
    int64_t id, date;
    uint64_t size;
    bool removal;
};

struct again {
    struct run *run;
    int64_t mailbox;
    bool removals;
    struct journal_message *message, *now;
};

static bool
is_lost(const struct again *again, const struct journal_message *message)
{
    const unsigned gone = FACT_UNPAIRED | FACT_GONE_HERE | FACT_GONE_THERE;

    if ((message->facts & gone) != gone)
        return false;
    return (message->facts & FACT_APART) != 0 ||
           (again->removals && (message->facts & FACT_ADOPTED) != 0 && !message->has_header);
}

static bool
is_there(const struct again *again, const struct journal_message *message)
{
    (void)again;
    return (message->facts & (FACT_ADOPTED | FACT_APART | FACT_REPLACED | FACT_GONE_HERE | FACT_GONE_THERE)) == 0;
}

static bool
gather(struct again *again, enum journal_which which,
       bool is_one(const struct again *again, const struct journal_message *message), struct dated **at, size_t *n)
{
    struct run *run = again->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_message_ids(run->journal, again->mailbox, which, &ids, &count, &run->err);

    *n = 0;
    *at = ok && count > 0 ? calloc(count, sizeof **at) : NULL;
    if (ok && count > 0 && *at == NULL)
        ok = run_no_memory(run);
    for (size_t i = 0; ok && i < count; i++) {
        const struct journal_message *message = again->message;

        ok = run_load(run, ids[i], again->message);
        if (ok && message->date != 0 && is_one(again, message))
            (*at)[(*n)++] = (struct dated){ids[i], message->date, message->size,
                                           (message->facts & (FACT_APART | FACT_ADOPTED)) == FACT_ADOPTED};
    }
    free(ids);
    return ok;
}

static int
compare_by(const struct dated *a, const struct dated *b)
{
    const int sizes = (a->size > b->size) - (a->size < b->size);

    return sizes != 0 ? sizes : (a->date > b->date) - (a->date < b->date);
}

static int
compare(const void *a, const void *b)
{
    const struct dated *one = a, *other = b;
    const int differ = compare_by(one, other);

    return differ != 0 ? differ : (one->id > other->id) - (one->id < other->id);
}

static size_t
count_equal(const struct dated *at, size_t count, size_t *removals)
{
    size_t n = 0;

    *removals = 0;
    for (; n < count && compare_by(&at[0], &at[n]) == 0; n++)
        *removals += at[n].removal;
    return n;
}

/* The row has the UID that its message has now. */
static bool
join(struct again *again, const struct dated *lost, const struct dated *there)
{
    struct run *run = again->run;
    struct journal_message *gone = again->message, *now = again->now;
    bool goes_on = true;

    if (!run_load(run, lost->id, gone) || !run_load(run, there->id, now) ||
        (lost->removal && !missing_goes_on(run, gone, now->flags.rseen, &goes_on)))
        return false;
    if (!goes_on)
        return true;
    gone->uid = now->uid;
    gone->flags.rseen = now->flags.rseen;
    merge_keywords(gone->keywords, now->keywords);
    gone->facts &= ~(unsigned)(FACT_UNPAIRED | FACT_GONE_THERE | FACT_OUT_OF_VIEW);
    if (!lost->removal)
        gone->facts &= ~(unsigned)FACT_GONE_HERE;
    if (now->has_header) {
        gone->has_header = true;
        gone->facts = (gone->facts & ~(unsigned)FACT_VAGUE) | (now->facts & FACT_VAGUE);
        memcpy(gone->header, now->header, DIGEST_SIZE);
    }
    return journal_message_delete(run->journal, now->id, &run->err) &&
           journal_message_save(run->journal, gone, &run->err);
}

static bool
join_all(struct again *again, struct dated *lost, size_t lost_count, struct dated *there, size_t there_count)
{
    bool ok = true;
    size_t l = 0, t = 0;

    if (lost_count > 0)
        qsort(lost, lost_count, sizeof *lost, compare);
    if (there_count > 0)
        qsort(there, there_count, sizeof *there, compare);
    while (ok && l < lost_count && t < there_count) {
        const int differ = compare_by(&lost[l], &there[t]);
        size_t removals, unused;
        const size_t rows = count_equal(&lost[l], lost_count - l, &removals);
        const size_t uids = count_equal(&there[t], there_count - t, &unused);

        if (differ == 0 && (removals > 0 ? rows == 1 && uids == 1 : uids <= rows))
            for (size_t i = 0; ok && i < uids; i++)
                ok = join(again, &lost[l + i], &there[t + i]);
        l += differ <= 0 ? rows : 0;
        t += differ >= 0 ? uids : 0;
    }
    return ok;
}

bool
dated_again_join(struct run *run, const struct mailbox *mailbox, bool removals)
{
    struct again again = {.run = run, .mailbox = mailbox->row.id, .removals = removals};
    struct dated *lost = NULL, *there = NULL;
    size_t lost_count = 0, there_count = 0;
    bool ok;

    if (run->sizes_lie)
        return true;
    again.message = calloc(2, sizeof *again.message);
    if (again.message == NULL)
        return run_no_memory(run);
    again.now = again.message + 1;
    ok = gather(&again, WHICH_NOWHERE, is_lost, &lost, &lost_count);
    if (ok && lost_count > 0)
        ok = gather(&again, WHICH_UID_ALONE, is_there, &there, &there_count) &&
             join_all(&again, lost, lost_count, there, there_count);
    free(lost);
    free(there);
    free(again.message);
    return ok;
}
