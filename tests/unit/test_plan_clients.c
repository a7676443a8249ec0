/*
 * One message, a server and two clients of golub, each with its own journal. Every state that users and runs can
 * bring about is visited, in every interleaving: set or clear one of two flags, delete, on the server or in either
 * folder; a run of either client. From each state two rounds of runs must bring all three together, and nobody may
 * lose or double the message.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WORLD_MAX 4u /* one message, what it was before, and room to see it doubled */
#include "tests/unit/plan_world.h"
#include "tests/unit/forms.h"

#define STATES_MAX (1u << 18)
#define TABLE_SIZE (STATES_MAX * 2)
#define PLACES 3u      /* the server and two folders */
#define ACTS_EACH 3u   /* toggle one flag, toggle the other, delete */
#define NAME_GONE 200u /* a UID or base name that is nobody's any more */

static const struct policy everything = {
    .pull = {true, true, true, true, false}, .push = {true, true, true, true, false}, .guard = true, .max_delete = 25};

struct state { /* all bytes; unused ones are zero */
    struct world world;
    /* what users did since all three were last the same, to say how it may end */
    uint8_t agreed, set, cleared, deleted;
};

struct search {
    struct state *states;
    uint32_t (*next)[WORLD_CLIENTS]; /* of each state, the one that a run of this client leads to */
    uint32_t *table;                 /* number of the state + 1 */
    uint32_t count;
    unsigned flags[2];
    struct policy policy;
};

/* ---- the same state is known again, whatever numbers UIDs and files have ---- */

static void
sort_mails(struct mail mails[static WORLD_MAX])
{
    for (size_t i = 0; i < WORLD_MAX; i++) {
        for (size_t k = i + 1; k < WORLD_MAX; k++) {
            if (mails[k].name != 0 && (mails[i].name == 0 || mails[k].name < mails[i].name)) {
                struct mail other = mails[i];

                mails[i] = mails[k];
                mails[k] = other;
            }
        }
    }
}

static uint8_t
new_name(const struct mail mails[static WORLD_MAX], uint8_t name)
{
    for (size_t i = 0; i < WORLD_MAX && name != 0; i++) {
        if (mails[i].name == name)
            return (uint8_t)(i + 1);
    }
    return name == 0 ? 0 : NAME_GONE;
}

static uint8_t
renumber(struct mail mails[static WORLD_MAX])
{
    uint8_t n = 0;

    while (n < WORLD_MAX && mails[n].name != 0) {
        mails[n].name = (uint8_t)(n + 1);
        n++;
    }
    return (uint8_t)(n + 1);
}

static void
normalize(struct world *world)
{
    sort_mails(world->server);
    for (size_t c = 0; c < WORLD_CLIENTS; c++) {
        struct client *client = &world->clients[c];
        struct row sorted[WORLD_MAX] = {{0}};
        size_t n = 0;

        sort_mails(client->files);
        for (size_t i = 0; i < WORLD_MAX; i++) {
            struct row row = client->rows[i];
            size_t at = n;

            if (row.uid == 0 && row.base == 0)
                continue;
            row.uid = new_name(world->server, row.uid);
            row.base = new_name(client->files, row.base);
            for (; at > 0 && memcmp(&sorted[at - 1], &row, sizeof row) > 0; at--)
                sorted[at] = sorted[at - 1];
            sorted[at] = row;
            n++;
        }
        memcpy(client->rows, sorted, sizeof sorted);
        client->next_base = renumber(client->files);
    }
    world->next_uid = renumber(world->server);
}

static uint64_t
hash(const struct state *state)
{
    const unsigned char *bytes = (const unsigned char *)state;
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < sizeof *state; i++)
        h = (h ^ bytes[i]) * UINT64_C(1099511628211);
    return h ^ h >> 29;
}

/* ---- where everybody stands ---- */

static struct mail *
place(struct world *world, unsigned n)
{
    return n == 0 ? world->server : world->clients[n - 1].files;
}

static bool
is_together(struct world *world)
{
    return mail_agrees(world->server, world->clients[0].files, world->holds) &&
           mail_agrees(world->server, world->clients[1].files, world->holds);
}

/* Nobody has anything left to say: from here on a new chapter begins. */
static void
close_chapter(struct state *state)
{
    struct world *world = &state->world, next = *world;

    if (world->server[0].name == 0 || !is_together(world))
        return;
    for (unsigned c = 0; c < WORLD_CLIENTS; c++)
        world_sync(&next, c, &everything);
    normalize(&next);
    if (!is_same_world(&next, world))
        return;
    state->agreed = world->server[0].flags;
    state->set = state->cleared = state->deleted = 0;
}

static uint32_t
find_or_add(struct search *search, struct state *state)
{
    size_t at;

    normalize(&state->world);
    close_chapter(state);
    for (at = hash(state) % TABLE_SIZE; search->table[at] != 0; at = (at + 1) % TABLE_SIZE) {
        if (memcmp(&search->states[search->table[at] - 1], state, sizeof *state) == 0)
            return search->table[at] - 1;
    }
    if (search->count == STATES_MAX)
        fail_msg("more than %u states", STATES_MAX);
    search->states[search->count] = *state;
    search->table[at] = search->count + 1;
    return search->count++;
}

/* ---- laws ---- */

static void
fail_state(const struct state *from, const struct world *end, const char *law)
{
    print_error("since all were the same with flags %02x: set %02x, cleared %02x, %s\nfrom:\n", from->agreed, from->set,
                from->cleared, from->deleted ? "deleted somewhere" : "not deleted");
    print_world(&from->world);
    print_error("to:\n");
    print_world(end);
    fail_msg("broken: %s", law);
}

static const char *
broken_flags(const struct state *from, const struct world *end)
{
    unsigned shown = end->server[0].flags;

    if ((from->set & ~from->cleared & ~shown) != 0)
        return "a flag that was set and never cleared ends set";
    if ((from->cleared & ~from->set & shown) != 0)
        return "a flag that was cleared and never set ends cleared";
    if (((from->agreed ^ shown) & ~(from->set | from->cleared)) != 0)
        return "a flag that nobody touched stays";
    return NULL;
}

static const char *
broken_end(const struct search *search, const struct state *from, struct world *end)
{
    bool wanted = (from->set & FLAG_FLAGGED) != 0 || (from->cleared & FLAG_DELETED) != 0;
    size_t left = mail_count(end->server, 0, 0);

    if (!is_together(end))
        return "after two rounds all three have the same";
    if (search->policy.expunge)
        return left != 0 && (end->server[0].flags & FLAG_DELETED) != 0
                   ? "with expunge nothing stays that carries \\Deleted"
                   : NULL;
    if (from->deleted && !wanted && left != 0)
        return "a deletion is carried to all, unless somebody flagged or undeleted the message";
    if (!from->deleted && left != 1)
        return "what nobody deleted is nowhere lost";
    return !from->deleted && end->holds == FLAG_ALL ? broken_flags(from, end) : NULL;
}

/* Two rounds of runs, the other client first or last; then one more round. */
static void
check_from(const struct search *search, uint32_t number, unsigned first)
{
    const struct state *from = &search->states[number];
    uint32_t end = number, after;
    const char *law;

    for (unsigned i = 0; i < 2 * WORLD_CLIENTS; i++)
        end = search->next[end][(first + i) % WORLD_CLIENTS];
    after = search->next[search->next[end][first]][1 - first];
    law = broken_end(search, from, &search->states[end].world);
    if (law == NULL && !is_same_world(&search->states[end].world, &search->states[after].world))
        law = "a third round changes nothing";
    for (unsigned n = 0; n < PLACES; n++) {
        if (mail_count(place(&search->states[number].world, n), 0, 0) > 1)
            law = "nobody ever has the message twice";
    }
    if (law != NULL)
        fail_state(from, &search->states[end].world, law);
}

/* ---- what can happen ---- */

static bool
act(const struct search *search, struct state *state, unsigned n)
{
    struct mail *mail = place(&state->world, n / ACTS_EACH);
    unsigned flag = n % ACTS_EACH < 2 ? search->flags[n % ACTS_EACH] : 0;

    if (mail[0].name == 0)
        return false;
    if (flag == 0) {
        mail_remove(&mail[0]);
        state->deleted = 1;
        return true;
    }
    if (n < ACTS_EACH && (flag & ~state->world.holds) != 0)
        return false;
    mail[0].flags ^= (uint8_t)flag;
    if ((mail[0].flags & flag) != 0)
        state->set |= (uint8_t)flag;
    else
        state->cleared |= (uint8_t)flag;
    return true;
}

static void
explore(struct search *search)
{
    for (uint32_t i = 0; i < search->count; i++) {
        for (unsigned n = 0; n < PLACES * ACTS_EACH; n++) {
            struct state next = search->states[i];

            if (act(search, &next, n))
                (void)find_or_add(search, &next);
        }
        for (unsigned c = 0; c < WORLD_CLIENTS; c++) {
            struct state next = search->states[i];

            world_sync(&next.world, c, &search->policy);
            search->next[i][c] = find_or_add(search, &next);
        }
    }
    for (uint32_t i = 0; i < search->count; i++) {
        check_from(search, i, 0);
        check_from(search, i, 1);
    }
}

/*
 * The message is new in some of these places, with other flags in each; where it is in several, somebody else
 * copied it there.
 */
static void
add_beginnings(struct search *search, uint8_t holds, uint8_t permanent)
{
    for (unsigned places = 1; places < 1u << PLACES; places++) {
        for (unsigned flags = 0; flags < 4; flags++) {
            struct state state = {.world = {.permanent = permanent, .holds = holds}};

            for (unsigned n = 0; n < PLACES; n++) {
                unsigned shown = ((flags + n) & 1 ? search->flags[0] : 0) | ((flags + n) & 2 ? search->flags[1] : 0);

                if ((places >> n & 1) != 0)
                    (void)mail_add(place(&state.world, n), 0, 0, 1, n == 0 ? shown & holds : shown);
            }
            /* What they agree on is anybody's guess, until all have agreed. */
            state.set = state.cleared = (uint8_t)(search->flags[0] | search->flags[1]);
            (void)find_or_add(search, &state);
        }
    }
}

static void
search_all(unsigned first, unsigned second, uint8_t holds, uint8_t permanent, bool expunge)
{
    struct search search = {.states = calloc(STATES_MAX, sizeof *search.states),
                            .next = calloc(STATES_MAX, sizeof *search.next),
                            .table = calloc(TABLE_SIZE, sizeof *search.table),
                            .flags = {first, second},
                            .policy = everything};

    assert_true(search.states != NULL && search.next != NULL && search.table != NULL);
    search.policy.expunge = expunge;
    add_beginnings(&search, holds, permanent);
    explore(&search);
    print_message("%u states\n", search.count);
    free(search.states);
    free(search.next);
    free(search.table);
}

static void
seen_and_flagged_converge_from_every_state(void **state)
{
    (void)state;

    search_all(FLAG_SEEN, FLAG_FLAGGED, FLAG_ALL, FLAG_ALL, false);
}

static void
flagged_and_deleted_converge_from_every_state(void **state)
{
    (void)state;

    search_all(FLAG_FLAGGED, FLAG_DELETED, FLAG_ALL, FLAG_ALL, false);
}

static void
a_server_that_can_not_hold_a_flag_converges(void **state)
{
    (void)state;

    search_all(FLAG_SEEN, FLAG_FLAGGED, FLAG_ALL & ~FLAG_FLAGGED, FLAG_ALL & ~FLAG_FLAGGED, false);
}

static void
a_server_that_forgets_a_flag_it_promised_to_hold_converges(void **state)
{
    (void)state;

    search_all(FLAG_SEEN, FLAG_FLAGGED, FLAG_ALL & ~FLAG_FLAGGED, FLAG_ALL, false);
}

static void
with_expunge_what_is_marked_goes_everywhere(void **state)
{
    (void)state;

    search_all(FLAG_FLAGGED, FLAG_DELETED, FLAG_ALL, FLAG_ALL, true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seen_and_flagged_converge_from_every_state),
        cmocka_unit_test(flagged_and_deleted_converge_from_every_state),
        cmocka_unit_test(a_server_that_can_not_hold_a_flag_converges),
        cmocka_unit_test(a_server_that_forgets_a_flag_it_promised_to_hold_converges),
        cmocka_unit_test(with_expunge_what_is_marked_goes_everywhere),
    };

    if (stride(2) > 1)
        cmocka_set_skip_filter("*_converge_from_every_state"); /* the two that have the most states */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
