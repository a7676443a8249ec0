/*
 * See filed_twin.h. One of the two golub fetched, the other one it sent; both are of the last hour, and what says that they are one message is what would say it
 * under `sent = "server"`. Nothing is joined: that is what the user said, or what nobody told of this server. Only rows of this run are looked at, so that each
 * is named once.
 */
#include "sync/agenda/filed_twin.h"

#include "sync/agenda/filed_before.h"
#include "sync/base/filing.h"
#include "sync/match/read.h"
#include "sync/rows/missing.h"
#include "sync/run/uses.h"

#define RECENT_S (FILING_APART_S + FILING_WAIT_S)

struct twins {
    struct run *run;
    struct mailbox *place;
    const int64_t *ids; /* of the last hour */
    size_t count;
    struct journal_message row, other;
    struct kinship kinship, kin;
};

static bool
is_on_both_sides(const struct journal_message *message)
{
    return message->uid != 0 && message->base[0] != '\0' &&
           (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALIAS | FACT_FOREIGN | FACT_ALTERED)) == 0;
}

static bool
is_fetched(const struct journal_message *message)
{
    return (message->facts & FACT_FETCHED) != 0;
}

/* Of two that are of this run the one that was fetched tells. */
static bool
may_be_twin(const struct twins *twins)
{
    const struct journal_message *row = &twins->row, *other = &twins->other;
    const bool apart = row->date > other->date + FILING_APART_S || other->date > row->date + FILING_APART_S;

    return other->id != row->id && is_on_both_sides(other) && is_fetched(row) != is_fetched(other) && !apart &&
           (other->id <= missing_first_id(twins->run) || is_fetched(row));
}

static void
say(const struct twins *twins)
{
    const struct journal_message *fetched = is_fetched(&twins->row) ? &twins->row : &twins->other;
    char text[2 * LOCAL_BASE_MAX + 200];

    (void)text_print(text, sizeof text,
                     "a message stands twice: the server seems to file sent mail itself (%s), and the mail reader "
                     "saved it, too (%s). "
                     "`sent = \"server\"` makes one of the next ones",
                     fetched->base, (fetched == &twins->row ? &twins->other : &twins->row)->base);
    report_mailbox(twins->run->report, twins->run->account->name, twins->place->row.name, "sent-twice", text);
}

static bool
look_at(struct twins *twins, int64_t id)
{
    struct run *run = twins->run;
    bool got, twin = false;

    if (id <= missing_first_id(run))
        return true;
    if (!run_load(run, id, &twins->row))
        return false;
    if (!is_on_both_sides(&twins->row))
        return true;
    if (!read_kinship(run, twins->place, &twins->row, true, &twins->kinship, &got))
        return false;
    for (size_t i = 0; got && !twin && i < twins->count; i++) {
        bool read = false;

        if (!run_load(run, twins->ids[i], &twins->other))
            return false;
        if (may_be_twin(twins) && !read_kinship(run, twins->place, &twins->other, true, &twins->kin, &read))
            return false;
        twin = read && filed_is_same(&twins->kinship, &twins->kin);
    }
    if (twin)
        say(twins);
    return true;
}

bool
filed_twins(struct run *run)
{
    enum special_source source;
    struct mailbox *place = filing_is_servers(run->account, &run->info) ? NULL : uses_find(run, REMOTE_SENT, &source);
    struct twins *twins;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok;

    if (place == NULL || !special_is_certain(source) || !mailbox_is_open(place) || run->first)
        return true;
    ok = journal_ids_by_dates(run->journal, place->row.id, run->now - RECENT_S, run->now + RECENT_S, &ids, &count,
                              &run->err);
    twins = ok && count > 1 && ids[count - 1] > missing_first_id(run) ? calloc(1, sizeof *twins) : NULL;
    if (twins != NULL) {
        twins->run = run;
        twins->place = place;
        twins->ids = ids;
        twins->count = count;
        for (size_t i = 0; ok && i < count; i++)
            ok = look_at(twins, ids[i]);
    }
    free(twins);
    free(ids);
    return ok;
}
