/* See trash_seen.h. */
#include "sync/apply/trash_seen.h"

#include "sync/match/probe.h"
#include "sync/rows/twin.h"
#include "sync/run/attempts.h"

static bool
on_selected(void *context, size_t index, const struct remote_selected *selected)
{
    struct trashing *trashing = context;

    (void)index;
    trashing->uidvalidity = selected->uidvalidity;
    trashing->uidnext = selected->uidnext;
    return true;
}

/* Where the answer named it, its date may be another one: not all servers keep that. */
bool
trash_may_be(const struct copied *copied, const struct seen *seen)
{
    return seen->uid >= copied->op.uidnext && seen->size == copied->size &&
           (seen->date == copied->date || seen->uid == copied->uid);
}

static bool
is_twin(const struct copied *copied, const struct seen *seen)
{
    return copied->twin != 0 && copied->twin == seen->uid;
}

static bool
is_candidate(const struct trashing *trashing, const struct seen *seen)
{
    for (size_t i = 0; i < trashing->copied_count; i++) {
        if (trash_may_be(&trashing->copied[i], seen) || is_twin(&trashing->copied[i], seen))
            return true;
    }
    return false;
}

static bool
on_message(void *context, size_t index, const struct remote_message *message)
{
    struct trashing *trashing = context;
    const struct seen seen = {.uid = message->uid, .size = message->size, .date = message->date};

    (void)index;
    if (!message->has_meta || !is_candidate(trashing, &seen))
        return true;
    trashing->memory = array_grow(&trashing->seen, &trashing->seen_size, trashing->seen_count + 1, sizeof(struct seen));
    if (!trashing->memory)
        return false;
    trashing->seen[trashing->seen_count++] = seen;
    return true;
}

static bool
on_listed(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct trashing *trashing = context;

    (void)index;
    trashing->outcome = *outcome;
    return true;
}

/* What stands there from this UID on and looks like one of the copies; UINT32_MAX: only its numbers are asked for. */
static bool
look(struct trashing *trashing, uint32_t from)
{
    static const struct remote_observer observer = {.selected = on_selected, .message = on_message, .done = on_listed};
    struct run *run = trashing->expunging.run;
    const struct remote server = run->attempts.server; /* what breaks here is no mailbox's listing */
    const struct remote_select request = {
        .mailbox = text_of(trashing->place->row.wire), .first = from, .last = UINT32_MAX};

    trashing->seen_count = 0;
    trashing->memory = true;
    trashing->outcome = (struct remote_outcome){0};
    return (server.ops->observe(server.self, &request, 1, &observer, trashing, &run->err) && trashing->memory) ||
           (!trashing->memory && run_no_memory(run));
}

/*
 * The numbers that it has: those of the list, if that told them, and nothing came there since by this run's doing. What did would seem to be a copy of the
 * next one.
 */
bool
trash_know_place(struct trashing *trashing, bool first)
{
    struct run *run = trashing->expunging.run;
    const struct mailbox *place = trashing->place;
    const bool told = place->has_status && place->uidvalidity != 0 && place->uidnext != 0;

    trashing->uidvalidity = place->uidvalidity;
    trashing->uidnext = place->uidnext;
    return (told && first && report_acts(&run->counts) == 0) || look(trashing, UINT32_MAX);
}

/* Of what is not proven, and of what proves nothing yet. `id` of a probe: what it is of. Sources are negative. */
static bool
read_headers(struct trashing *trashing)
{
    struct run *run = trashing->expunging.run;
    struct probe *probes = calloc(trashing->copied_count + trashing->seen_count + 1, sizeof *probes);
    bool ok = probes != NULL || run_no_memory(run);
    size_t count = 0;

    if (ok && trashing->place->row.uidvalidity == 0) /* it is not synced: nothing else asks it for anything */
        trashing->place->row.uidvalidity = trashing->uidvalidity;
    for (size_t i = 0; ok && i < trashing->copied_count; i++) {
        const struct todo *todo = trashing->copied[i].todo;

        if (!todo->in_trash)
            probes[count++] = (struct probe){.mailbox = todo->mailbox, .uid = todo->uid, .id = -1 - (int64_t)i};
    }
    if (count == 0) {
        free(probes);
        return ok;
    }
    for (size_t i = 0; ok && i < trashing->seen_count; i++) {
        if (!trashing->seen[i].taken)
            probes[count++] = (struct probe){.mailbox = (uint32_t)(trashing->place - run->mailboxes),
                                             .uid = trashing->seen[i].uid,
                                             .id = (int64_t)i};
    }
    if (ok)
        qsort(probes, count, sizeof *probes, probe_order);
    ok = ok && probe_remote(run, probes, count, true);
    for (size_t i = 0; ok && i < count; i++) {
        const bool source = probes[i].id < 0;
        const size_t at = (size_t)(source ? -1 - probes[i].id : probes[i].id);

        if (!probes[i].got)
            continue;
        memcpy(source ? trashing->copied[at].header : trashing->seen[at].header, probes[i].digests.header, DIGEST_SIZE);
        *(source ? &trashing->copied[at].has_header : &trashing->seen[at].has_header) = true;
    }
    free(probes);
    return ok;
}

static bool
is_same_header(const struct copied *copied, const struct seen *seen)
{
    return copied->has_header && seen->has_header && memcmp(seen->header, copied->header, DIGEST_SIZE) == 0;
}

/* Is it the one that the answer names, which no message was before the copy? */
static bool
is_named(const struct copied *copied, const struct seen *seen)
{
    return !copied->elsewhere && seen->uid == copied->uid && seen->date == copied->date;
}

/*
 * Another one may have the same header, size and second: where both were fetched, their bytes tell. *another: they are two. Of what was fetched in other
 * bytes than the server has, or was written on since, nothing is said.
 */
static bool
differs(struct trashing *trashing, const struct copied *copied, const struct seen *seen, bool *another)
{
    struct run *run = trashing->expunging.run;
    const struct mailbox *place = trashing->place;
    const unsigned doubt = FACT_FOREIGN | FACT_ALTERED;
    struct journal_message *source = &trashing->expunging.message, copy;
    bool known;

    *another = false;
    if (!place->chosen || place->row.uidvalidity != trashing->uidvalidity)
        return true;
    if (!journal_message_by_uid(run->journal, place->row.id, seen->uid, &copy, &known, &run->err) ||
        !run_load(run, copied->todo->id, source))
        return false;
    *another = known && copy.has_wire && source->has_wire && ((copy.facts | source->facts) & doubt) == 0 &&
               memcmp(copy.wire, source->wire, DIGEST_SIZE) != 0;
    return true;
}

static bool
proves(struct trashing *trashing, const struct copied *copied, const struct seen *seen, bool named, bool *proven)
{
    bool another;

    *proven = is_twin(copied, seen);
    if (*proven || copied->op.date != (int64_t)trashing->uidvalidity || !trash_may_be(copied, seen) ||
        !(named ? is_named(copied, seen) : is_same_header(copied, seen)))
        return true;
    if (!differs(trashing, copied, seen, &another))
        return false;
    *proven = !another;
    return true;
}

/* Each message there proves one copy: that it is named and of the same size and second, or of the same header; or has its bytes (find_twins). */
static bool
take_proofs(struct trashing *trashing, bool named)
{
    bool ok = true, proven;

    for (size_t i = 0; ok && i < trashing->copied_count; i++) {
        const struct copied *copied = &trashing->copied[i];

        for (size_t k = 0; ok && !copied->todo->in_trash && k < trashing->seen_count; k++) {
            struct seen *seen = &trashing->seen[k];

            if (seen->taken)
                continue;
            ok = proves(trashing, copied, seen, named, &proven);
            if (ok && proven)
                seen->taken = copied->todo->in_trash = true;
        }
    }
    return ok;
}

/*
 * An intent of another UIDVALIDITY has no number any more behind which its copy is. Where the \Trash is synced, it was paired anew by now, and what has
 * the very bytes is the copy, or as good as that: another one would be the second of that message there. *from: what is to be looked at
 */
static bool
find_twins(struct trashing *trashing, uint32_t *from)
{
    struct run *run = trashing->expunging.run;
    const struct mailbox *place = trashing->place;
    bool ok = true;

    for (size_t i = 0; ok && i < trashing->copied_count; i++) {
        struct copied *copied = &trashing->copied[i];

        copied->twin = 0;
        if (!place->chosen || place->row.uidvalidity != trashing->uidvalidity ||
            copied->op.date == (int64_t)trashing->uidvalidity)
            continue;
        ok = run_load(run, copied->todo->id, &trashing->expunging.message) &&
             twin_stays_in(run, &trashing->expunging.message, place, &copied->twin);
        if (copied->twin != 0 && copied->twin < *from)
            *from = copied->twin;
    }
    return ok;
}

/*
 * Those that the fewest messages may prove come first, since of equal ones each needs one of its own: what is known by its number, then what was copied
 * last, which nothing proves that stood there before.
 */
static int
compare_proofs(const void *pa, const void *pb)
{
    const struct copied *a = pa, *b = pb;

    if ((a->twin != 0) != (b->twin != 0))
        return a->twin != 0 ? -1 : 1;
    if (a->op.uidnext != b->op.uidnext)
        return a->op.uidnext > b->op.uidnext ? -1 : 1;
    return a->todo == b->todo ? 0 : a->todo < b->todo ? -1 : 1; /* as in the agenda */
}

/* Which of them does the \Trash show? They are `in_trash` then. */
bool
trash_prove(struct trashing *trashing)
{
    uint32_t from = UINT32_MAX;

    for (size_t i = 0; i < trashing->copied_count; i++)
        from = trashing->copied[i].op.uidnext < from ? trashing->copied[i].op.uidnext : from;
    if (trashing->copied_count == 0)
        return true;
    if (!find_twins(trashing, &from) || !look(trashing, from != 0 ? from : 1))
        return false;
    if (!trashing->outcome.ok || trashing->seen_count == 0)
        return true;
    qsort(trashing->copied, trashing->copied_count, sizeof *trashing->copied, compare_proofs);
    return take_proofs(trashing, true) && read_headers(trashing) && take_proofs(trashing, false);
}
