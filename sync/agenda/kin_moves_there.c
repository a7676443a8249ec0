/*
 * See kin_moves_there.h. What the server had under the old UID golub never saw: neither its header nor its date, only the copy here, which may have
 * lines more or less: the other program's, or a label that somebody edited since. So moves.c, which compares what both were on the server, can't tell.
 */
#include "sync/agenda/kin_moves_there.h"

#include "sync/agenda/candidates.h"
#include "sync/agenda/join_move.h"
#include "sync/match/alike.h"
#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/match/renamed.h"
#include "sync/rows/drafts.h"
#include "sync/rows/readings.h"

struct left { /* the file of a message that is gone there */
    struct todo *todo;
    uint64_t size;
    unsigned char header[DIGEST_SIZE]; /* of the file */
    struct kinship kinship;
    size_t kin; /* so many of the new ones are kin to it, of those that are looked at */
    bool vague; /* its header may be that of many messages: bodies are compared */
    bool taken;
};

struct kin_moves_there {
    struct run *run;
    struct agenda *agenda;
    struct arena arena;
    struct left *gone;
    size_t gone_count;
    struct probe *probes; /* of what is new there; id: its place in the agenda */
    bool *doubtful;       /* each: its header may be another message's that is known */
    size_t count;
    struct journal_message *message;
};

/* Kin have it in common (store/base/kin.h); else as they stand in the agenda. */
static int
compare_rest(const void *pa, const void *pb)
{
    const struct left *a = pa, *b = pb;
    const int order = memcmp(a->kinship.kin.rest, b->kinship.kin.rest, DIGEST_SIZE);

    return order != 0 ? order : a->todo < b->todo ? -1 : a->todo > b->todo;
}

static bool
gather_gone(struct kin_moves_there *moves)
{
    struct run *run = moves->run;
    bool ok = true, known;

    for (size_t i = 0; ok && i < moves->agenda->count; i++) {
        struct todo *todo = &moves->agenda->todos[i];
        struct left *gone = &moves->gone[moves->gone_count];

        if (!candidates_is(todo, GONE_THERE) || !mailbox_is_open(&run->mailboxes[todo->mailbox]))
            continue;
        ok = run_load(run, todo->id, moves->message);
        if (!ok || (moves->message->facts & FACT_ADOPTED) == 0)
            continue;
        *gone = (struct left){.todo = todo, .size = moves->message->size};
        memcpy(gone->header, moves->message->header, DIGEST_SIZE);
        ok = read_kinship(run, &run->mailboxes[todo->mailbox], moves->message, false, &gone->kinship, &known);
        gone->vague =
            ok && known && (!gone->kinship.kin.names || mailbox_drafts(&run->mailboxes[todo->mailbox]) != DRAFTS_NONE);
        moves->gone_count += ok && known;
    }
    if (moves->gone_count > 1)
        qsort(moves->gone, moves->gone_count, sizeof *moves->gone, compare_rest);
    return ok;
}

/* Those that may be kin to it: @return the first one. There may be thousands on both sides. */
static size_t
find_like(const struct kin_moves_there *moves, const struct probe *probe, size_t *end)
{
    const unsigned char *rest = probe->kinship->kin.rest;
    size_t first = 0, after = moves->gone_count;

    while (first < after) {
        const size_t middle = first + (after - first) / 2;

        if (memcmp(moves->gone[middle].kinship.kin.rest, rest, DIGEST_SIZE) < 0)
            first = middle + 1;
        else
            after = middle;
    }
    for (*end = first; *end < moves->gone_count && memcmp(moves->gone[*end].kinship.kin.rest, rest, DIGEST_SIZE) == 0;)
        ++*end;
    return first;
}

static bool
gather_fresh(struct kin_moves_there *moves)
{
    for (size_t i = 0; i < moves->agenda->count; i++) {
        const struct todo *todo = &moves->agenda->todos[i];
        bool like = false;

        if (!candidates_is(todo, FRESH_THERE) || reading_given_up(moves->run, todo->id))
            continue;
        for (size_t g = 0; !like && g < moves->gone_count; g++)
            like = moves->run->sizes_lie || meeting_is_plausible(moves->gone[g].size, todo->size);
        if (like)
            moves->probes[moves->count++] =
                (struct probe){.mailbox = todo->mailbox,
                               .uid = todo->uid,
                               .id = (int64_t)i,
                               .size = todo->size,
                               .unlikely = true,
                               .kinship = arena_array(&moves->arena, 1, sizeof(struct kinship))};
    }
    return run_has(moves->run, &moves->arena);
}

/*
 * Does a header say too little about these two? In the mailbox where the message was removed it does: what is new there with its header may be another
 * message as well as the same one, and that one's file would stand for it.
 */
static bool
is_vague(const struct kin_moves_there *moves, const struct left *gone, const struct probe *probe)
{
    return gone->vague || gone->todo->mailbox == probe->mailbox || moves->doubtful[probe - moves->probes] ||
           mailbox_drafts(&moves->run->mailboxes[probe->mailbox]) != DRAFTS_NONE;
}

static bool
has_kin_header(const struct kin_moves_there *moves, const struct left *gone, const struct probe *probe)
{
    return probe->got && probe->digests.whole_header && kin_same(&gone->kinship.kin, &probe->kinship->kin) &&
           (moves->run->sizes_lie ||
            kinship_explains(&gone->kinship, gone->size, probe->kinship, moves->agenda->todos[probe->id].size));
}

/* in_place: only those of one mailbox are looked at, else all that are left. */
static bool
is_kin(const struct kin_moves_there *moves, const struct left *gone, const struct probe *probe, bool in_place)
{
    const struct todo *fresh = &moves->agenda->todos[probe->id];

    if (gone->taken || fresh->dropped || (in_place && gone->todo->mailbox != fresh->mailbox) ||
        !has_kin_header(moves, gone, probe))
        return false;
    if (gone->kinship.has_body && probe->kinship->has_body)
        return memcmp(gone->kinship.body, probe->kinship->body, DIGEST_SIZE) == 0;
    return !is_vague(moves, gone, probe);
}

/*
 * The only one that is kin to it, and has no other kin itself. Of those whose bodies are equal, too, any is as good as the other: as many as there
 * are on both sides.
 */
static struct left *
find_only(struct kin_moves_there *moves, const struct probe *probe, bool in_place)
{
    struct left *only = NULL;
    size_t end;

    for (size_t g = find_like(moves, probe, &end); g < end; g++) {
        if (!is_kin(moves, &moves->gone[g], probe, in_place))
            continue;
        if (moves->gone[g].kinship.has_body && probe->kinship->has_body)
            return &moves->gone[g];
        if (only != NULL)
            return NULL;
        only = &moves->gone[g];
    }
    return only != NULL && only->kin == 1 ? only : NULL;
}

/* The only one that it may be; NULL: there is none, or several. */
static struct left *
find_likely(struct kin_moves_there *moves, const struct probe *probe)
{
    struct left *likely = NULL;
    size_t end;

    for (size_t g = find_like(moves, probe, &end); g < end; g++) {
        if (!has_kin_header(moves, &moves->gone[g], probe))
            continue;
        if (likely != NULL)
            return NULL;
        likely = &moves->gone[g];
    }
    return likely;
}

/* Has it the header of the file, or what that was before the other program wrote its line into the copy? *is: it has. */
static bool
check_image(struct kin_moves_there *moves, const struct left *gone, const struct probe *probe, bool *is)
{
    struct run *run = moves->run;
    struct kinship whole;
    bool known = false, ok = true;

    *is = memcmp(gone->header, probe->digests.header, DIGEST_SIZE) == 0;
    if (*is)
        return true;
    ok = run_load(run, gone->todo->id, moves->message) &&
         read_kinship(run, &run->mailboxes[gone->todo->mailbox], moves->message, true, &whole, &known);
    *is = ok && known && kinship_had_header(&whole, probe->digests.header);
    return ok;
}

/*
 * A header says which message it is where it is the file's own, and no other message that is known has it. Else it may be that of one which is alike and
 * was moved, labelled or copied there: its body is compared.
 */
static bool
judge_headers(struct kin_moves_there *moves)
{
    struct alike *alike = arena_array(&moves->arena, moves->count, sizeof *alike);
    size_t *of = arena_array(&moves->arena, moves->count, sizeof *of), count = 0;
    struct id_set these = {0};
    bool ok = run_has(moves->run, &moves->arena), image;

    for (size_t i = 0; ok && i < moves->count; i++) {
        const struct probe *probe = &moves->probes[i];
        const struct left *gone = find_likely(moves, probe);

        if (gone == NULL || is_vague(moves, gone, probe))
            continue;
        ok = check_image(moves, gone, probe, &image);
        moves->doubtful[i] = !image;
        if (!ok || !image)
            continue;
        of[count] = i;
        alike[count++] = (struct alike){.header = probe->digests.header, .size = moves->agenda->todos[probe->id].size};
        ok = (id_set_add(&these, gone->todo->id) && id_set_add(&these, moves->agenda->todos[probe->id].id)) ||
             run_no_memory(moves->run);
    }
    ok = ok && (count == 0 || alike_find(moves->run, alike, count, &these));
    for (size_t i = 0; ok && i < count; i++)
        moves->doubtful[of[i]] = alike[i].any;
    id_set_free(&these);
    return ok;
}

/* Is its body to be compared: where a header says too little, or several fit? Then the files' bodies are read here. */
static bool
want_body(struct kin_moves_there *moves, const struct probe *probe, bool *wanted)
{
    struct run *run = moves->run;
    size_t fit = 0, end;
    const size_t first = find_like(moves, probe, &end);
    bool ok = true, known;

    *wanted = false;
    for (size_t g = first; g < end; g++)
        fit += has_kin_header(moves, &moves->gone[g], probe);
    for (size_t g = first; ok && fit != 0 && g < end; g++) {
        struct left *gone = &moves->gone[g];

        if (!has_kin_header(moves, gone, probe) || (fit == 1 && gone->kin == 1 && !is_vague(moves, gone, probe)))
            continue;
        *wanted = true;
        if (!gone->kinship.has_body)
            ok = run_load(run, gone->todo->id, moves->message) &&
                 read_kinship(run, &run->mailboxes[gone->todo->mailbox], moves->message, true, &gone->kinship, &known);
    }
    return ok;
}

static bool
read_bodies(struct kin_moves_there *moves)
{
    struct run *run = moves->run;
    struct probe *bodies = arena_array(&moves->arena, moves->count, sizeof *bodies);
    size_t *of = arena_array(&moves->arena, moves->count, sizeof *of), count = 0;
    bool ok = run_has(run, &moves->arena), wanted;

    for (size_t g = 0; g < moves->gone_count; g++)
        moves->gone[g].kin = 0;
    for (size_t i = 0; ok && i < moves->count; i++)
        for (size_t end, g = find_like(moves, &moves->probes[i], &end); g < end; g++)
            moves->gone[g].kin += has_kin_header(moves, &moves->gone[g], &moves->probes[i]);
    for (size_t i = 0; ok && i < moves->count; i++) {
        ok = want_body(moves, &moves->probes[i], &wanted);
        if (!ok || !wanted)
            continue;
        of[count] = i;
        bodies[count] = moves->probes[i];
        bodies[count++].kinship = arena_array(&moves->arena, 1, sizeof(struct kinship));
    }
    ok = ok && run_has(run, &moves->arena) && (count == 0 || probe_remote(run, bodies, count, false));
    for (size_t i = 0; ok && i < count; i++) {
        if (bodies[i].got)
            *moves->probes[of[i]].kinship = *bodies[i].kinship;
    }
    return ok;
}

/* What the server has of it is known from here on; where that is not the file's, it is the message in other bytes. */
static bool
learn(struct kin_moves_there *moves, const struct left *gone, const struct probe *probe)
{
    struct run *run = moves->run;
    struct journal_message *message = moves->message;
    struct kinship whole;
    bool known = false, ok = run_load(run, gone->todo->id, message);
    const bool same = ok && message->has_header && moves->agenda->todos[probe->id].size == message->size &&
                      memcmp(message->header, probe->digests.header, DIGEST_SIZE) == 0;

    ok = ok && (same || read_kinship(run, &run->mailboxes[gone->todo->mailbox], message, true, &whole, &known));
    if (!ok || (!same && !known) || !run_begin(run))
        return ok;
    message->facts |= FACT_BY_HEADER | (same ? 0 : FACT_FOREIGN);
    message->has_header = true;
    memcpy(message->header, probe->digests.header, DIGEST_SIZE);
    return run_end(run, (same || journal_foreign_save(run->journal, message->id, whole.body, &run->err)) &&
                            journal_message_save(run->journal, message, &run->err));
}

/* What came back where it was, as another laptop sends it that has lines of its own program in it, is that before it is what moved elsewhere. */
static bool
take_all(struct kin_moves_there *moves, bool in_place)
{
    bool ok = true;

    for (size_t g = 0; g < moves->gone_count; g++)
        moves->gone[g].kin = 0;
    for (size_t i = 0; i < moves->count; i++)
        for (size_t end, g = find_like(moves, &moves->probes[i], &end); g < end; g++)
            moves->gone[g].kin += is_kin(moves, &moves->gone[g], &moves->probes[i], in_place);
    for (size_t i = 0; ok && i < moves->count; i++) {
        struct todo *to = &moves->agenda->todos[moves->probes[i].id];
        struct left *gone = find_only(moves, &moves->probes[i], in_place);

        if (gone == NULL)
            continue;
        gone->taken = true;
        ok = learn(moves, gone, &moves->probes[i]) &&
             (gone->todo->mailbox == to->mailbox ? renamed_join(moves->run, gone->todo, to, false)
                                                 : join_move(moves->run, gone->todo, to, false));
    }
    return ok;
}

bool
kin_moves_there(struct run *run, struct agenda *agenda)
{
    struct kin_moves_there moves = {.run = run, .agenda = agenda};
    bool ok;

    moves.gone = arena_array(&moves.arena, candidates_count(agenda, GONE_THERE), sizeof *moves.gone);
    moves.probes = arena_array(&moves.arena, candidates_count(agenda, FRESH_THERE), sizeof *moves.probes);
    moves.doubtful = arena_array(&moves.arena, candidates_count(agenda, FRESH_THERE), sizeof *moves.doubtful);
    moves.message = arena_array(&moves.arena, 1, sizeof *moves.message);
    ok = run_has(run, &moves.arena) && gather_gone(&moves) && (moves.gone_count == 0 || gather_fresh(&moves));
    ok = ok && (moves.count == 0 || (probe_remote(run, moves.probes, moves.count, true) && judge_headers(&moves) &&
                                     read_bodies(&moves) && take_all(&moves, true) && take_all(&moves, false)));
    arena_free(&moves.arena);
    return ok;
}
