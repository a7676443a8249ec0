/* See fresh.h. */
#include "sync/agenda/fresh.h"

#include "sync/agenda/gone_mailbox.h"
#include "sync/rows/refusals.h"
#include "sync/run/uses.h"

#define PIECE 4096 /* messages: 0.6 MB; a round of downloads */
#define ALL_UIDS (UINT64_C(1) << 32)

bool
fresh_is(const struct journal_message *message)
{
    return message->uid != 0 && message->base[0] == '\0' && message->facts == 0 && message->refers_to == 0;
}

/* Is there an addition that waits for the user's word, or is to wait? */
static bool
is_any_held(struct run *run, bool *held)
{
    int64_t *ids;
    size_t count;

    *held = run->additions_count != 0;
    for (size_t m = 0; m < run->count; m++)
        *held = *held || run->mailboxes[m].doubled != 0;
    if (*held)
        return true;
    if (!journal_hold_ids(run->journal, HOLD_ADDITIONS, NULL, &ids, &count, &run->err))
        return false;
    *held = count != 0;
    free(ids);
    return true;
}

bool
fresh_stands_apart(struct run *run, const struct agenda *agenda, bool *apart)
{
    bool held, moved;

    *apart = false;
    if (run->altering != NULL)
        return true;
    for (size_t i = 0; i < agenda->count; i++) {
        if (agenda->todos[i].step.verb != PLAN_FLAGS)
            return true;
    }
    if (!is_any_held(run, &held) || !gone_mailbox_any_fresh(run, &moved))
        return false;
    *apart = !held && !moved;
    return true;
}

/* They are walked from the end: those whose turn comes first stand last. */
static int
compare_mailboxes(const void *pa, const void *pb)
{
    const struct fresh_of *a = pa, *b = pb;

    if (a->turn != b->turn)
        return a->turn > b->turn ? -1 : 1;
    return a->mailbox == b->mailbox ? 0 : a->mailbox < b->mailbox ? -1 : 1;
}

bool
fresh_begin(struct run *run, uint64_t cap, struct fresh_walk *walk)
{
    struct journal_fresh_sum *sums;
    size_t count;

    *walk = (struct fresh_walk){.below = ALL_UIDS};
    if (!journal_fresh_sums(run->journal, cap, &sums, &count, &run->err))
        return false;
    walk->at = calloc(count + 1, sizeof *walk->at);
    for (size_t i = 0; walk->at != NULL && i < count; i++) {
        struct mailbox *mailbox = run_mailbox_by_id(run, sums[i].mailbox);

        if (mailbox != NULL && mailbox->chosen && !agenda_is_closed(mailbox))
            walk->at[walk->count++] =
                (struct fresh_of){(uint32_t)(mailbox - run->mailboxes), uses_turn(mailbox), sums[i]};
    }
    free(sums);
    if (walk->count > 1)
        qsort(walk->at, walk->count, sizeof *walk->at, compare_mailboxes);
    walk->left = walk->count;
    return walk->at != NULL || run_no_memory(run);
}

/* What was refused before is in the agenda. */
static bool
plan_all(struct run *run, struct agenda *piece, const struct journal_fresh *list, size_t count)
{
    bool ok = run_begin(run);

    for (size_t i = 0; ok && i < count; i++)
        ok = refusal_is_known(run, list[i].id, WORK_FETCH) || agenda_plan(run, piece, list[i].id);
    return run_end(run, ok);
}

static bool
plan_some(struct run *run, struct fresh_walk *walk, size_t most, struct agenda *piece)
{
    const struct mailbox *mailbox = &run->mailboxes[walk->at[walk->left - 1].mailbox];
    struct journal_fresh *list;
    size_t count;
    bool ok;

    if (!journal_fresh(run->journal, mailbox->row.id, walk->below, most, &list, &count, &run->err))
        return false;
    ok = count == 0 || plan_all(run, piece, list, count);
    walk->below = count < most ? ALL_UIDS : list[count - 1].uid;
    walk->left -= count < most;
    free(list);
    return ok;
}

bool
fresh_next(struct run *run, struct fresh_walk *walk, struct agenda *piece)
{
    const size_t most = run->options->piece != 0 ? run->options->piece : PIECE;
    bool ok = true;

    piece->count = 0;
    while (ok && piece->count < most && walk->left != 0)
        ok = plan_some(run, walk, most - piece->count, piece);
    if (ok)
        agenda_sort(piece);
    return ok;
}

void
fresh_end(struct fresh_walk *walk)
{
    free(walk->at);
}

/* From the end: the first mailbox of the run comes first. */
static int
compare_places(const void *pa, const void *pb)
{
    const struct fresh_of *a = pa, *b = pb;

    return a->mailbox == b->mailbox ? 0 : a->mailbox > b->mailbox ? -1 : 1;
}

bool
fresh_each(struct run *run, const struct agenda *agenda, bool (*take)(void *context, struct agenda *piece),
           void *context)
{
    struct fresh_walk walk = {0};
    struct agenda piece = {0};
    bool ok = true;

    if (!agenda->fresh_apart)
        return true;
    ok = fresh_begin(run, 0, &walk);
    if (ok && walk.count > 1)
        qsort(walk.at, walk.count, sizeof *walk.at, compare_places);
    do
        ok = ok && fresh_next(run, &walk, &piece) && take(context, &piece);
    while (ok && piece.count != 0);
    agenda_free(&piece);
    fresh_end(&walk);
    return ok;
}
