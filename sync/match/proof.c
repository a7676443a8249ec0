/*
 * A header that names one message alone is enough to pair by (identify.c, moves.c), and then no body travels. It is not enough to remove
 * by: two copies of one sent message may differ in their bodies alone, and the one here need not be the one there. So a pair that rests
 * on its header (FACT_BY_HEADER) is proven once, when \Deleted or a removal is to go to the server.
 * So is one that the bytes of what is to be removed have in another place here: the file may have moved, and be on the server nowhere else.
 */
#include "sync/match/probe.h"
#include "sync/match/proof.h"
#include "sync/match/read.h"
#include "sync/rows/copied.h"
#include "sync/rows/foreign.h"
#include "sync/rules/merge.h"

static bool
is_destructive(const struct run *run, const struct todo *todo, bool removals)
{
    if (todo->dropped || todo->partner != 0 || todo->step.kept_back || !mailbox_is_open(&run->mailboxes[todo->mailbox]))
        return false;
    return removals ? todo->step.verb == PLAN_REMOVE_THERE
                    : todo->step.verb == PLAN_FLAGS && (todo->step.flags.there_add & FLAG_DELETED) != 0;
}

/* Two messages: the UID becomes one that is only there, the file one that is only here. Inside a transaction. */
static bool
come_apart(struct run *run, struct journal_message *message, const struct probe *probe)
{
    struct journal_message *there = calloc(1, sizeof *there);
    bool ok = there != NULL || run_no_memory(run);

    if (ok) {
        *there = *message;
        there->id = 0;
        there->base[0] = there->info[0] = '\0';
        there->flags = merge_new(there->flags, false);
        there->facts = 0;
        memcpy(there->wire, probe->digests.wire,
               DIGEST_SIZE); /* so that they are not paired by that header again, nor as kin */
        message->uid = 0;
        message->flags = merge_new(message->flags, true);
        if ((message->facts & FACT_FOREIGN) != 0) /* what it knows is of the server's copy: its file is read again */
            message->has_wire = message->has_header = false;
        message->facts &= ~(unsigned)(FACT_FOREIGN | FACT_ITS_BYTES | FACT_FETCHED);
        ok = (message->facts & FACT_GONE_HERE) != 0 ? journal_message_delete(run->journal, message->id, &run->err)
                                                    : journal_message_save(run->journal, message, &run->err);
    }
    ok = ok && journal_message_save(run->journal, there, &run->err) && read_keep(run, there->id, probe->kinship, false);
    free(there);
    return ok;
}

/* Of a pair whose bytes differ the bodies must be equal. */
static bool
compare(struct run *run, const struct journal_message *message, const struct probe *probe, bool *same)
{
    bool known;

    *same = memcmp(message->wire, probe->digests.wire, DIGEST_SIZE) == 0;
    return *same || (message->facts & FACT_FOREIGN) == 0 ||
           foreign_check(run, message, probe->kinship->body, same, &known);
}

/* *proven: it is known now whether they are one. What is missing of a body that is cut short may be what would make it equal. */
static bool
take_answer(struct run *run, const struct probe *probe, bool *proven, bool *apart)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = (message != NULL || run_no_memory(run)) && run_load(run, probe->id, message), same = false;

    if (ok && (message->facts & FACT_BY_HEADER) == 0) { /* just now: two of the same bytes are to be removed */
        *proven = true;
        *apart = message->uid != probe->uid;
        free(message);
        return true;
    }
    ok = ok && compare(run, message, probe, &same);
    *proven = ok && (!probe->cut || same);
    if (*proven) {
        message->facts &= ~(unsigned)FACT_BY_HEADER;
        *apart = !same;
        ok = *apart ? come_apart(run, message, probe) : journal_message_save(run->journal, message, &run->err);
    }
    free(message);
    return ok;
}

/* Those of the agenda that are not proven, in its order: by mailbox and UID. */
static bool
gather(struct run *run, struct agenda *agenda, bool removals, struct probe *probes, struct todo **todos, size_t *count)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);

    *count = 0;
    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (!is_destructive(run, todo, removals))
            continue;
        ok = run_load(run, todo->id, message);
        if (!ok || (message->facts & FACT_BY_HEADER) == 0)
            continue;
        todos[*count] = todo;
        probes[(*count)++] =
            (struct probe){.mailbox = todo->mailbox, .uid = todo->uid, .id = todo->id, .size = message->size};
    }
    free(message);
    return ok;
}

static bool
read_all(struct run *run, struct probe *probes, struct todo **todos, size_t count)
{
    struct arena arena = {0};
    struct kinship *kinships = arena_array(&arena, count, sizeof *kinships);
    bool ok = run_has(run, &arena);

    for (size_t i = 0; ok && i < count; i++)
        probes[i].kinship = &kinships[i];
    ok = ok && probe_remote(run, probes, count, false) && run_begin(run);
    for (size_t i = 0; ok && i < count; i++) {
        bool proven = false, apart = false;

        if (probes[i].got)
            ok = take_answer(run, &probes[i], &proven, &apart);
        todos[i]->dropped = todos[i]->dropped || !proven || apart; /* what could not be read waits */
        run->replan = run->replan || apart;
    }
    arena_free(&arena);
    return run_end(run, ok);
}

/* ---- where the same bytes are here ---- */

struct place {
    struct probe probe;
    struct todo *todo; /* rests on it */
};

struct places {
    struct place *at;
    size_t count, size;
};

static int
compare_places(const void *pa, const void *pb)
{
    return probe_order(&((const struct place *)pa)->probe, &((const struct place *)pb)->probe);
}

static bool
is_place(const struct mailbox *mailbox, const struct journal_message *message)
{
    const unsigned gone = FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALIAS;

    return mailbox != NULL && mailbox_is_open(mailbox) && (message->facts & FACT_BY_HEADER) != 0 &&
           (message->facts & gone) == 0 && message->uid != 0 && message->base[0] != '\0';
}

/* The source of a copy of ours is as good as its copy, unless a header alone says that this is the copy: an OK to COPY names none. */
static bool
is_moved_surely(struct run *run, const struct journal_message *source, bool *surely)
{
    struct journal_message *copy = NULL;
    bool known = false, ok = true;

    *surely = (source->facts & FACT_MOVED) != 0;
    if (*surely && source->refers_to != 0) {
        copy = calloc(1, sizeof *copy);
        ok = (copy != NULL || run_no_memory(run)) && copied_to(run, source, copy, &known);
        *surely = ok && (!known || (copy->facts & FACT_BY_HEADER) == 0);
    }
    free(copy);
    return ok;
}

static bool
add_places(struct run *run, struct todo *todo, struct places *places, struct journal_message *message)
{
    int64_t *ids = NULL;
    size_t count = 0;
    bool surely = false, ok = run_load(run, todo->id, message) && is_moved_surely(run, message, &surely);

    if (ok && message->has_wire && !surely)
        ok = journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err);
    for (size_t i = 0; ok && i < count; i++) {
        const struct mailbox *mailbox;

        if (ids[i] == todo->id)
            continue;
        ok = run_load(run, ids[i], message);
        mailbox = ok ? run_mailbox_by_id(run, message->mailbox) : NULL;
        if (!is_place(mailbox, message))
            continue;
        ok = array_grow(&places->at, &places->size, places->count + 1, sizeof *places->at) || run_no_memory(run);
        if (ok)
            places->at[places->count++] = (struct place){.probe = {.mailbox = (uint32_t)(mailbox - run->mailboxes),
                                                                   .uid = message->uid,
                                                                   .id = ids[i],
                                                                   .size = message->size},
                                                         .todo = todo};
    }
    free(ids);
    return ok;
}

static bool
read_places(struct run *run, const struct places *places)
{
    struct arena arena = {0};
    struct probe *probes = arena_array(&arena, places->count, sizeof *probes);
    struct todo **todos = arena_array(&arena, places->count, sizeof(struct todo *));
    bool ok = run_has(run, &arena);

    if (ok)
        qsort(places->at, places->count, sizeof *places->at, compare_places);
    for (size_t i = 0; ok && i < places->count; i++) {
        probes[i] = places->at[i].probe;
        todos[i] = places->at[i].todo;
    }
    ok = ok && read_all(run, probes, todos, places->count);
    arena_free(&arena);
    return ok;
}

static bool
prove_places(struct run *run, struct agenda *agenda)
{
    struct places places = {0};
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        if (is_destructive(run, &agenda->todos[i], true))
            ok = add_places(run, &agenda->todos[i], &places, message);
    }
    if (ok && places.count != 0)
        ok = read_places(run, &places);
    free(places.at);
    free(message);
    return ok;
}

bool
proof_read(struct run *run, struct agenda *agenda, bool removals)
{
    struct probe *probes;
    struct todo **todos;
    size_t count = 0, most = 0;
    bool ok;

    for (size_t i = 0; i < agenda->count; i++)
        most += is_destructive(run, &agenda->todos[i], removals);
    if (most == 0)
        return true;
    probes = calloc(most, sizeof *probes);
    todos = calloc(most, sizeof(struct todo *));
    ok = (probes != NULL && todos != NULL) || run_no_memory(run);
    ok = ok && gather(run, agenda, removals, probes, todos, &count);
    if (ok && count != 0)
        ok = read_all(run, probes, todos, count);
    free(probes);
    free(todos);
    return ok && (!removals || prove_places(run, agenda));
}
