/*
 * What becomes of a mailbox, every row of the table: each state that the journal may have, or a mailbox that it does not know; there, here,
 * both, neither; chosen or not; in a Maildir of this run or in one that was restored.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/rules/mailbox.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

enum where { NOWHERE, THERE, HERE, BOTH };

static const enum mailbox_state states[] = {MAILBOX_ACTIVE, MAILBOX_GONE_REMOTE, MAILBOX_GONE_LOCAL,
                                            MAILBOX_REPAIR, MAILBOX_NEW_LOCAL,   MAILBOX_NEW_REMOTE};

static struct mailbox_sight
sight_of(enum mailbox_state was, bool known, enum where where)
{
    return (struct mailbox_sight){.was = was,
                                  .known = known,
                                  .there = where == THERE || where == BOTH,
                                  .here = where == HERE || where == BOTH,
                                  .chosen = true};
}

static void
check_next(const struct mailbox_sight *sight, enum mailbox_turn turn, enum mailbox_state state, bool forget)
{
    const struct mailbox_next next = mailbox_next(sight);

    if (next.turn != turn || next.state != state || next.forget != forget)
        fail_msg("was %d%s, %sthere, %shere: turn %d to state %d%s, not turn %d to state %d%s", (int)sight->was,
                 sight->known ? "" : " (not known)", sight->there ? "" : "not ", sight->here ? "" : "not ",
                 (int)next.turn, (int)next.state, next.forget ? ", forgotten" : "", (int)turn, (int)state,
                 forget ? ", forgotten" : "");
}

struct row { /* of the table, for a mailbox that the journal knows */
    enum mailbox_state was;
    enum where where;
    enum mailbox_turn turn;
    enum mailbox_state state;
    bool forget;
};

static const struct row table[] = {
    {MAILBOX_ACTIVE, BOTH, TURN_NONE, MAILBOX_ACTIVE, false},
    {MAILBOX_ACTIVE, THERE, TURN_GONE, MAILBOX_GONE_LOCAL, false},
    {MAILBOX_ACTIVE, HERE, TURN_GONE, MAILBOX_GONE_REMOTE, false},
    {MAILBOX_ACTIVE, NOWHERE, TURN_OVER, MAILBOX_ACTIVE, true},
    {MAILBOX_REPAIR, BOTH, TURN_NONE, MAILBOX_REPAIR, false},
    {MAILBOX_REPAIR, THERE, TURN_GONE, MAILBOX_GONE_LOCAL, false},
    {MAILBOX_REPAIR, HERE, TURN_GONE, MAILBOX_GONE_REMOTE, false},
    {MAILBOX_REPAIR, NOWHERE, TURN_OVER, MAILBOX_REPAIR, true},
    {MAILBOX_GONE_REMOTE, BOTH, TURN_BACK, MAILBOX_REPAIR, false},
    {MAILBOX_GONE_REMOTE, THERE, TURN_GONE, MAILBOX_GONE_LOCAL, false},
    {MAILBOX_GONE_REMOTE, HERE, TURN_GONE, MAILBOX_GONE_REMOTE, false},
    {MAILBOX_GONE_REMOTE, NOWHERE, TURN_OVER, MAILBOX_GONE_REMOTE, true},
    {MAILBOX_GONE_LOCAL, BOTH, TURN_BACK, MAILBOX_REPAIR, false},
    {MAILBOX_GONE_LOCAL, THERE, TURN_GONE, MAILBOX_GONE_LOCAL, false},
    {MAILBOX_GONE_LOCAL, HERE, TURN_GONE, MAILBOX_GONE_REMOTE, false},
    {MAILBOX_GONE_LOCAL, NOWHERE, TURN_OVER, MAILBOX_GONE_LOCAL, true},
    {MAILBOX_NEW_LOCAL, BOTH, TURN_MET, MAILBOX_ACTIVE, true},
    {MAILBOX_NEW_LOCAL, THERE, TURN_GONE, MAILBOX_GONE_LOCAL, false},
    {MAILBOX_NEW_LOCAL, HERE, TURN_NONE, MAILBOX_NEW_LOCAL, false},
    {MAILBOX_NEW_LOCAL, NOWHERE, TURN_OVER, MAILBOX_NEW_LOCAL, true},
    {MAILBOX_NEW_REMOTE, BOTH, TURN_MET, MAILBOX_ACTIVE, true},
    {MAILBOX_NEW_REMOTE, THERE, TURN_NONE, MAILBOX_NEW_REMOTE, false},
    {MAILBOX_NEW_REMOTE, HERE, TURN_GONE, MAILBOX_GONE_REMOTE, false},
    {MAILBOX_NEW_REMOTE, NOWHERE, TURN_OVER, MAILBOX_NEW_REMOTE, true},
};

static void
each_state_becomes_what_the_table_says(void **state)
{
    (void)state;

    assert_int_equal(LENGTH(table), LENGTH(states) * 4);
    for (size_t i = 0; i < LENGTH(table); i++) {
        const struct mailbox_sight sight = sight_of(table[i].was, true, table[i].where);

        check_next(&sight, table[i].turn, table[i].state, table[i].forget);
    }
}

static void
a_mailbox_that_the_journal_does_not_know_is_new_where_it_is_and_met_where_it_is_on_both_sides(void **state)
{
    (void)state;

    for (enum where where = THERE; where <= BOTH; where++) {
        const enum mailbox_state met = where == THERE ? MAILBOX_NEW_REMOTE : MAILBOX_NEW_LOCAL;
        const struct mailbox_sight sight = sight_of(met, false, where);

        check_next(&sight, where == BOTH ? TURN_MET : TURN_NONE, where == BOTH ? MAILBOX_ACTIVE : met, false);
    }
    check_next(&(struct mailbox_sight){.was = MAILBOX_NEW_LOCAL, .chosen = true}, TURN_OVER, MAILBOX_NEW_LOCAL, false);
}

static void
a_mailbox_that_a_restored_maildir_lacks_is_made_again_and_not_gone(void **state)
{
    (void)state;

    for (size_t i = 0; i < LENGTH(states); i++) {
        struct mailbox_sight sight = sight_of(states[i], true, THERE);

        sight.restored = true;
        check_next(&sight, TURN_MADE_AGAIN, MAILBOX_NEW_REMOTE,
                   states[i] != MAILBOX_NEW_LOCAL && states[i] != MAILBOX_NEW_REMOTE);
    }
}

static void
a_restored_maildir_changes_nothing_about_a_mailbox_that_it_has(void **state)
{
    (void)state;

    for (size_t i = 0; i < LENGTH(table); i++) {
        struct mailbox_sight sight = sight_of(table[i].was, true, table[i].where);

        sight.restored = true;
        if (table[i].where != THERE)
            check_next(&sight, table[i].turn, table[i].state, table[i].forget);
    }
}

static void
what_the_patterns_do_not_choose_is_forgotten_once_wherever_it_is(void **state)
{
    (void)state;

    for (size_t i = 0; i < LENGTH(table); i++) {
        struct mailbox_sight sight = sight_of(table[i].was, true, table[i].where);

        sight.chosen = false;
        check_next(&sight, TURN_LEFT_OUT, sight.here ? MAILBOX_NEW_LOCAL : MAILBOX_NEW_REMOTE, true);
        sight.known = false;
        check_next(&sight, TURN_NONE, sight.was, false);
    }
}

/* Whatever was, and whatever is seen: the law behind the table. */
static void
rows_of_a_mailbox_that_was_not_on_both_sides_never_count_as_removals(void **state)
{
    (void)state;

    for (size_t i = 0; i < LENGTH(table); i++) {
        const struct mailbox_sight sight = sight_of(table[i].was, true, table[i].where);
        const struct mailbox_next next = mailbox_next(&sight);
        const bool was_whole = sight.was == MAILBOX_ACTIVE;

        if (next.state == MAILBOX_ACTIVE && next.turn != TURN_OVER)
            assert_true(was_whole || next.forget);
    }
}

static void
what_was_decided_once_stays_as_long_as_nothing_else_is_seen(void **state)
{
    (void)state;

    for (size_t i = 0; i < LENGTH(table); i++) {
        struct mailbox_sight sight = sight_of(table[i].was, true, table[i].where);
        const struct mailbox_next first = mailbox_next(&sight);

        if (first.turn == TURN_OVER)
            continue;
        sight.was = first.state;
        const struct mailbox_next second = mailbox_next(&sight);
        assert_int_equal(second.state, first.state);
        assert_false(second.forget);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_becomes_what_the_table_says),
        cmocka_unit_test(a_mailbox_that_the_journal_does_not_know_is_new_where_it_is_and_met_where_it_is_on_both_sides),
        cmocka_unit_test(a_mailbox_that_a_restored_maildir_lacks_is_made_again_and_not_gone),
        cmocka_unit_test(a_restored_maildir_changes_nothing_about_a_mailbox_that_it_has),
        cmocka_unit_test(what_the_patterns_do_not_choose_is_forgotten_once_wherever_it_is),
        cmocka_unit_test(rows_of_a_mailbox_that_was_not_on_both_sides_never_count_as_removals),
        cmocka_unit_test(what_was_decided_once_stays_as_long_as_nothing_else_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
