/*
 * See kin_moves.h. The file that vanished can't be read any more. Where the new one without such lines has its bytes, that is proof. Else the
 * server's header stands for it, and its body: a header alone would take a message that was edited for one that moved.
 */
#include "sync/agenda/kin_moves.h"

#include "sync/agenda/candidates.h"
#include "sync/agenda/join_move.h"
#include "sync/base/keyword_note.h"
#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/match/renamed.h"
#include "sync/rows/foreign.h"
#include "sync/rows/held.h"
#include "sync/rows/readings.h"

#define ADDED_MAX 4096 /* bytes of lines that the message had already, and that count for nothing, either */

struct moved { /* one that vanished, or one that is new */
    struct todo *todo;
    uint64_t size;
    struct kinship kinship;
    bool known, wanted, taken, has_wire;
    bool stays; /* its folder is a copy, or came out of a backup: what it lacks moved to no other one */
    unsigned char wire[DIGEST_SIZE]; /* of the file */
};

struct kin_moves {
    struct run *run;
    struct agenda *agenda;
    struct arena arena;
    struct moved *gone, *fresh;
    size_t gone_count, fresh_count;
    struct probe *probes;
    struct journal_message *message;
    bool in_place; /* nothing moves: what a mailbox that was away lacks is compared with what is new in it */
};

static bool
read_fresh(struct kin_moves *moves, struct moved *fresh)
{
    struct run *run = moves->run;

    if (!run_load(run, fresh->todo->id, moves->message))
        return false;
    memcpy(fresh->wire, moves->message->wire, DIGEST_SIZE);
    return !moves->message->has_wire || read_kinship(run, &run->mailboxes[fresh->todo->mailbox], moves->message, true,
                                                     &fresh->kinship, &fresh->known);
}

/*
 * May the one be the other with such lines? Of a file that golub never saw, since another program's state alone knows it, the size is that of the
 * copy there. A server that counts inexactly excludes nobody by it.
 */
static bool
may_be(const struct kin_moves *moves, const struct moved *gone, const struct moved *fresh)
{
    const uint64_t rest = fresh->size > fresh->kinship.kin.added ? fresh->size - fresh->kinship.kin.added : 0;

    return moves->run->sizes_lie ? meeting_is_plausible(gone->size, fresh->size)
                                 : gone->size >= rest && gone->size - rest <= ADDED_MAX;
}

/* Is this a half that may be joined in its own mailbox, of which nothing counts as removed? */
static bool
is_back(const struct todo *todo, enum role role)
{
    return role == FRESH_HERE || todo->unpaired;
}

static void
gather_role(struct kin_moves *moves, enum role role, struct moved *at, size_t *count)
{
    struct run *run = moves->run;

    for (size_t i = 0; i < moves->agenda->count; i++) {
        struct todo *todo = &moves->agenda->todos[i];

        if (!candidates_is(todo, role) || (role == GONE_HERE && todo->uid == 0) ||
            !mailbox_is_open(&run->mailboxes[todo->mailbox]) || todo->unanswered ||
            (moves->in_place && !is_back(todo, role)))
            continue;
        at[(*count)++] = (struct moved){.todo = todo, .size = todo->size};
    }
}

static bool
recall(struct kin_moves *moves, struct moved *gone)
{
    bool doubted;

    /* What is left of a move went where it went. */
    if (!held_is_doubted(moves->run, gone->todo->mailbox, gone->todo->id, &doubted) ||
        !run_load(moves->run, gone->todo->id, moves->message))
        return false;
    gone->stays = doubted;
    gone->taken = (moves->message->facts & FACT_MOVED) != 0;
    gone->has_wire = moves->message->has_wire && (moves->message->facts & FACT_ALTERED) == 0;
    memcpy(gone->wire, moves->message->wire, DIGEST_SIZE);
    return true;
}

static bool
may_meet(const struct kin_moves *moves, const struct moved *gone, const struct moved *fresh)
{
    return !moves->in_place || gone->todo->mailbox == fresh->todo->mailbox;
}

/* Who of those that vanished may be one of the new files? */
static size_t
choose(struct kin_moves *moves)
{
    size_t n = 0;

    for (size_t g = 0; g < moves->gone_count; g++) {
        struct moved *gone = &moves->gone[g];

        for (size_t f = 0; !gone->wanted && !gone->taken && f < moves->fresh_count; f++)
            gone->wanted = moves->fresh[f].known && !moves->fresh[f].taken && may_meet(moves, gone, &moves->fresh[f]) &&
                           may_be(moves, gone, &moves->fresh[f]);
        n += gone->wanted;
    }
    return n;
}

/* Headers, or bodies, of those that are wanted; also what comes shorter than the server said: it equals the file's, or not. */
static bool
probe_gone(struct kin_moves *moves, bool headers)
{
    size_t n = 0;
    bool ok;

    for (size_t g = 0; g < moves->gone_count; g++) {
        struct moved *gone = &moves->gone[g];

        if (gone->wanted && !gone->taken && !reading_given_up(moves->run, gone->todo->id))
            moves->probes[n++] = (struct probe){.mailbox = gone->todo->mailbox,
                                                .uid = gone->todo->uid,
                                                .id = (int64_t)g,
                                                .size = gone->size,
                                                .kinship = &gone->kinship};
    }
    ok = n == 0 || probe_remote(moves->run, moves->probes, n, headers);
    for (size_t i = 0; ok && i < n; i++) {
        struct moved *gone = &moves->gone[moves->probes[i].id];

        gone->known = moves->probes[i].got;
    }
    return ok;
}

/* Of equal bytes it was decided already what they are. */
static bool
is_kin(const struct moved *gone, const struct moved *fresh)
{
    return gone->known && fresh->known && !gone->taken && !fresh->taken &&
           !(gone->has_wire && memcmp(gone->wire, fresh->wire, DIGEST_SIZE) == 0) &&
           kin_same(&gone->kinship.kin, &fresh->kinship.kin);
}

/* What is known of the one that vanished goes along to where its file is now, in other bytes. */
static bool
note_moved(struct run *run, const struct moved *gone, const struct moved *fresh)
{
    struct journal_message *from = calloc(2, sizeof *from), *to = from + 1;
    const bool ok = (from != NULL || run_no_memory(run)) && run_begin(run) &&
                    run_end(run, foreign_note(run, gone->todo->id, fresh->todo->id, fresh->kinship.body) &&
                                     run_load(run, gone->todo->id, from) && run_load(run, fresh->todo->id, to) &&
                                     keyword_carry(run->journal, from, to, &run->err));

    free(from);
    return ok;
}

static bool
take(struct kin_moves *moves, struct moved *gone, struct moved *fresh)
{
    struct run *run = moves->run;
    const bool here = gone->todo->mailbox == fresh->todo->mailbox;

    gone->taken = fresh->taken = true;
    if (here)
        return run_begin(run) && run_end(run, foreign_note(run, gone->todo->id, gone->todo->id, fresh->kinship.body) &&
                                                  renamed_take(run, gone->todo, fresh->todo, true));
    return note_moved(run, gone, fresh) && join_move(run, gone->todo, fresh->todo, true);
}

/* *any: the bodies of some are to be compared. */
static void
choose_kin(struct kin_moves *moves, bool *any)
{
    for (size_t g = 0; g < moves->gone_count; g++) {
        struct moved *gone = &moves->gone[g];

        gone->wanted = false;
        for (size_t f = 0; !gone->wanted && f < moves->fresh_count; f++)
            gone->wanted = may_meet(moves, gone, &moves->fresh[f]) && is_kin(gone, &moves->fresh[f]);
        *any = *any || gone->wanted;
    }
}

/* In the same mailbox first: that is the least of all changes. What a copied folder lacks comes last there. */
static bool
is_turn(const struct moved *gone, const struct moved *fresh, int round)
{
    if (gone->todo->mailbox == fresh->todo->mailbox)
        return round == (gone->stays ? 1 : 0);
    return round == 2 && !gone->stays;
}

static bool
join(struct kin_moves *moves, bool is_one(struct kin_moves *moves, const struct moved *gone, const struct moved *fresh))
{
    bool ok = true;

    for (int round = 0; ok && round < (moves->in_place ? 2 : 3); round++) {
        for (size_t f = 0; ok && f < moves->fresh_count; f++) {
            struct moved *fresh = &moves->fresh[f];

            for (size_t g = 0; ok && !fresh->taken && g < moves->gone_count; g++) {
                struct moved *gone = &moves->gone[g];

                if (!gone->taken && is_turn(gone, fresh, round) && is_one(moves, gone, fresh))
                    ok = take(moves, gone, fresh);
            }
        }
    }
    return ok;
}

static bool
has_plain_bytes(struct kin_moves *moves, const struct moved *gone, const struct moved *fresh)
{
    (void)moves;
    return fresh->known && fresh->kinship.kin.added != 0 && gone->has_wire && kinship_was(&fresh->kinship, gone->wire);
}

static bool
has_same_body(struct kin_moves *moves, const struct moved *gone, const struct moved *fresh)
{
    (void)moves;
    return is_kin(gone, fresh) && gone->kinship.has_body &&
           memcmp(gone->kinship.body, fresh->kinship.body, DIGEST_SIZE) == 0;
}

/* Those that the file here can't prove: headers of all that may be one, then bodies of those whose headers are kin. */
static bool
ask_server(struct kin_moves *moves)
{
    bool any = false;

    if (choose(moves) == 0)
        return true;
    if (!probe_gone(moves, true))
        return false;
    choose_kin(moves, &any);
    return !any || (probe_gone(moves, false) && join(moves, has_same_body));
}

/* New files of mailboxes that lack nothing are not read for it. */
static bool
drop_apart(struct kin_moves *moves)
{
    bool *lacks = arena_array(&moves->arena, moves->run->count, sizeof *lacks);
    size_t left = 0;

    if (!run_has(moves->run, &moves->arena))
        return false;
    for (size_t g = 0; g < moves->gone_count; g++)
        lacks[moves->gone[g].todo->mailbox] = true;
    for (size_t f = 0; f < moves->fresh_count; f++) {
        if (lacks[moves->fresh[f].todo->mailbox])
            moves->fresh[left++] = moves->fresh[f];
    }
    moves->fresh_count = left;
    return true;
}

static bool
find_kin(struct run *run, struct agenda *agenda, bool in_place)
{
    struct kin_moves moves = {.run = run, .agenda = agenda, .in_place = in_place};
    const size_t gone = candidates_count(agenda, GONE_HERE), fresh = candidates_count(agenda, FRESH_HERE);
    bool ok;

    if (gone == 0 || fresh == 0)
        return true;
    moves.gone = arena_array(&moves.arena, gone, sizeof *moves.gone);
    moves.fresh = arena_array(&moves.arena, fresh, sizeof *moves.fresh);
    moves.probes = arena_array(&moves.arena, gone, sizeof *moves.probes);
    moves.message = arena_array(&moves.arena, 1, sizeof *moves.message);
    ok = run_has(run, &moves.arena);
    if (ok) {
        gather_role(&moves, FRESH_HERE, moves.fresh, &moves.fresh_count);
        gather_role(&moves, GONE_HERE, moves.gone, &moves.gone_count);
        ok = !in_place || drop_apart(&moves);
    }
    for (size_t g = 0; ok && moves.fresh_count != 0 && g < moves.gone_count; g++)
        ok = recall(&moves, &moves.gone[g]);
    for (size_t f = 0; ok && moves.gone_count != 0 && f < moves.fresh_count; f++)
        ok = read_fresh(&moves, &moves.fresh[f]);
    ok = ok && join(&moves, has_plain_bytes) && ask_server(&moves);
    arena_free(&moves.arena);
    return ok;
}

bool
kin_back(struct run *run, struct agenda *agenda)
{
    return find_kin(run, agenda, true);
}

bool
kin_moves(struct run *run, struct agenda *agenda)
{
    return find_kin(run, agenda, false);
}
