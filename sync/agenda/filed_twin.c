/*
 * See filed_twin.h. One of the two golub fetched, the other one it sent; both are of the last hour, and what says that they are one message is what would say it
 * under `sent = "server"`. Nothing is joined: that is what the user said, or what nobody told of this server. Only rows of this run are compared with all others,
 * so that none is named twice. It is a hint, and some are named by nobody: of whose row an earlier run knows already, since it could not be sent then; what the
 * account's first run found; what can't be read now, or came more than an hour after the other.
 */
#include "sync/agenda/filed_twin.h"

#include "sync/agenda/filed_before.h"
#include "sync/base/filing.h"
#include "sync/match/read.h"
#include "sync/rows/missing.h"
#include "sync/run/uses.h"

#define RECENT_S (FILING_APART_S + FILING_WAIT_S)

struct one { /* a message of the last hour that is on both sides */
    int64_t id, date;
    bool fetched;
    bool read, got;          /* its file was read, or could not be */
    struct kinship *kinship; /* once it was */
};

struct twins {
    struct run *run;
    struct mailbox *place;
    struct one *all;
    size_t count;
    struct journal_message row;
};

static bool
is_on_both_sides(const struct journal_message *message)
{
    return message->uid != 0 && message->base[0] != '\0' &&
           (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALIAS | FACT_FOREIGN | FACT_ALTERED)) == 0;
}

/* Of two that are of this run the one that was fetched tells. */
static bool
may_be_twin(const struct twins *twins, const struct one *one, const struct one *other)
{
    const bool apart = one->date > other->date + FILING_APART_S || other->date > one->date + FILING_APART_S;

    return one->fetched != other->fetched && !apart && (other->id <= missing_first_id(twins->run) || one->fetched);
}

static bool
say(struct twins *twins, const struct one *one, const struct one *other)
{
    struct run *run = twins->run;
    char fetched[LOCAL_BASE_MAX + 1], text[2 * LOCAL_BASE_MAX + 200];

    if (!run_load(run, one->fetched ? one->id : other->id, &twins->row))
        return false;
    (void)text_print(fetched, sizeof fetched, "%s", twins->row.base);
    if (!run_load(run, one->fetched ? other->id : one->id, &twins->row))
        return false;
    (void)text_print(text, sizeof text,
                     "a message stands twice: the server seems to file sent mail itself (%s), and the mail reader "
                     "saved it, too (%s). With `sent = \"server\"` later ones stand there once",
                     fetched, twins->row.base);
    report_mailbox(run->report, run->account->name, run_called(twins->place), "sent-twice", text);
    return true;
}

/* Once for each. */
static bool
read_one(struct twins *twins, struct one *one)
{
    if (one->read)
        return true;
    one->read = true;
    one->kinship = calloc(1, sizeof *one->kinship);
    return (one->kinship != NULL || run_no_memory(twins->run)) && run_load(twins->run, one->id, &twins->row) &&
           read_kinship(twins->run, twins->place, &twins->row, true, one->kinship, &one->got);
}

static bool
look_at(struct twins *twins, struct one *one)
{
    bool twin = false;

    for (size_t i = 0; !twin && i < twins->count && !run_stopped(twins->run); i++) {
        struct one *other = &twins->all[i];

        if (!may_be_twin(twins, one, other))
            continue;
        if (!read_one(twins, one) || (one->got && !read_one(twins, other)))
            return false;
        if (!one->got)
            break;
        twin = other->got && filed_is_same(one->kinship, other->kinship);
        if (twin && !say(twins, one, other))
            return false;
    }
    return true;
}

/* *both: some were fetched and some sent. */
static bool
load(struct twins *twins, const int64_t *ids, size_t count, bool *both)
{
    size_t fetched = 0;

    twins->all = calloc(count + 1, sizeof *twins->all);
    if (twins->all == NULL)
        return run_no_memory(twins->run);
    for (size_t i = 0; i < count; i++) {
        const struct journal_message *row = &twins->row;

        if (!run_load(twins->run, ids[i], &twins->row))
            return false;
        if (!is_on_both_sides(row))
            continue;
        twins->all[twins->count] =
            (struct one){.id = row->id, .date = row->date, .fetched = (row->facts & FACT_FETCHED) != 0};
        fetched += twins->all[twins->count++].fetched;
    }
    *both = fetched != 0 && fetched != twins->count;
    return true;
}

static bool
look_at_all(struct twins *twins)
{
    struct run *run = twins->run;
    size_t count = 0;
    int64_t *ids = NULL;
    bool both = false, ok = journal_ids_by_dates(run->journal, twins->place->row.id, run->now - RECENT_S,
                                                 run->now + RECENT_S, &ids, &count, &run->err);

    if (ok && count > 1 && ids[count - 1] > missing_first_id(run))
        ok = load(twins, ids, count, &both);
    for (size_t i = 0; ok && both && i < twins->count && !run_stopped(run); i++)
        ok = twins->all[i].id <= missing_first_id(run) || look_at(twins, &twins->all[i]);
    for (size_t i = 0; i < twins->count; i++)
        free(twins->all[i].kinship);
    free(twins->all);
    free(ids);
    return ok;
}

bool
filed_twins(struct run *run)
{
    enum special_source source;
    struct mailbox *place = filing_is_servers(run->account, &run->info) ? NULL : uses_find(run, REMOTE_SENT, &source);
    struct twins *twins;
    int64_t highest;
    bool ok;

    if (place == NULL || !special_is_certain(source) || !mailbox_is_open(place) || run->first)
        return true;
    if (!journal_highest_id(run->journal, &highest, &run->err))
        return false;
    if (highest <= missing_first_id(run)) /* most runs: no row is looked at */
        return true;
    twins = calloc(1, sizeof *twins);
    if (twins == NULL)
        return run_no_memory(run);
    twins->run = run;
    twins->place = place;
    ok = look_at_all(twins);
    free(twins);
    return ok;
}
