/*
 * What becomes of a mailbox, every row of the table: each state that the journal may have, or a mailbox that it does not know; there, here,
 * both, neither; chosen or not; in a Maildir of this run or in one that was restored. Then what a run may do, for each caution, all pairs of
 * them, and every mailbox in every state.
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

/* ---- cautions ---- */

struct effect { /* of one caution */
    enum caution caution;
    bool stops_here, stops_there,
        stops_all;    /* removals; stops_all: also a move that follows what was seen everywhere */
    bool stops_in_it; /* removals on the server out of the mailbox that it is about, beside those above */
    bool unsure, refused;
};

static const struct effect effects[] = {
    {CAUTION_FIRST_MEETING, true, true, true, false, false, false},
    {CAUTION_TWO_RUNS, true, true, true, false, false, false},
    {CAUTION_UNFETCHED, true, true, true, false, false, false},
    {CAUTION_READ_ONLY, true, true, true, false, false, true},
    {CAUTION_ODD_NAME, false, true, false, true, false, false},
    {CAUTION_UNREAD_FOLDER, false, true, false, false, true, false},
    {CAUTION_UNSTABLE_FOLDER, false, true, false, false, false, false},
    {CAUTION_UNREAD_FILE, false, true, false, true, false, false},
    {CAUTION_UNREAD_FILES, true, true, false, false, true, false},
    {CAUTION_MADE_HERE, false, true, false, false, false, false},
    {CAUTION_MADE_THERE, true, false, false, false, false, false},
    {CAUTION_REPAIRED, true, false, false, true, false, false},
    {CAUTION_UNLISTED, true, false, false, false, true, false},
    {CAUTION_UNREAD_MESSAGE, true, false, false, false, false, false},
    {CAUTION_RENUMBERED, false, true, false, false, true, false},
    {CAUTION_NOT_MADE, false, false, false, false, false, true},
    {CAUTION_REMOVAL_REFUSED, false, false, false, true, false, false},
    {CAUTION_UNEVEN, true, false, false, true, false, false},
    {CAUTION_LATE, true, false, false, false, true, false},
    {CAUTION_UNREADABLE, true, false, false, false, true, false},
    {CAUTION_STAYS_UNREADABLE, false, false, false, false, true, false},
    {CAUTION_CROWDED, false, false, false, true, false, false},
};

static bool
allowed(enum mailbox_side side, unsigned of_run, unsigned of_mailbox)
{
    const char *why = "untouched";
    const bool is = removals_allowed(side, of_run, of_mailbox, &why);

    assert_int_equal(is, removals_allowed(side, of_run, of_mailbox, NULL));
    assert_int_equal(is, why == NULL);
    if (!is)
        assert_true(why[0] != '\0');
    return is;
}

static void
each_caution_stops_the_removals_of_its_sides_and_no_others(void **state)
{
    (void)state;

    assert_int_equal(effects[LENGTH(effects) - 1].caution, 1 << (LENGTH(effects) - 1)); /* all are in the list */
    for (size_t i = 0; i < LENGTH(effects); i++) {
        const struct effect *effect = &effects[i];

        assert_int_equal(effect->caution, 1 << i);
        assert_int_equal(allowed(SIDE_HERE, effect->caution, effect->caution), !effect->stops_here);
        assert_int_equal(allowed(SIDE_THERE, effect->caution, 0), !effect->stops_there);
        assert_int_equal(allowed(SIDE_THERE, 0, effect->caution), !effect->stops_in_it);
        assert_int_equal(allowed(SIDE_THERE, effect->caution, effect->caution),
                         !effect->stops_there && !effect->stops_in_it);
    }
}

static void
where_nothing_was_learned_all_may_be_removed_and_followed(void **state)
{
    (void)state;

    for (enum mailbox_side side = SIDE_HERE; side <= SIDE_THERE; side++) {
        assert_true(allowed(side, 0, 0));
        assert_true(moves_allowed(side, 0, false));
        assert_true(moves_allowed(side, 0, true));
        assert_true(absence_is_proven(side, 0));
    }
}

/* What is learned later never allows what was forbidden before, and two cautions forbid what each of them does. */
static void
cautions_add_up(void **state)
{
    (void)state;

    for (size_t i = 0; i < LENGTH(effects); i++) {
        for (size_t k = 0; k < LENGTH(effects); k++) {
            const unsigned one = effects[i].caution, other = effects[k].caution;

            for (enum mailbox_side side = SIDE_HERE; side <= SIDE_THERE; side++) {
                assert_int_equal(allowed(side, one | other, 0), allowed(side, one, 0) && allowed(side, other, 0));
                assert_int_equal(allowed(side, one, one | other), allowed(side, one, one) && allowed(side, one, other));
                for (int seen = 0; seen < 2; seen++)
                    assert_int_equal(moves_allowed(side, one | other, seen != 0),
                                     moves_allowed(side, one, seen != 0) && moves_allowed(side, other, seen != 0));
            }
        }
    }
}

static void
a_file_may_follow_where_every_mailbox_was_seen_unless_nothing_at_all_may_go(void **state)
{
    (void)state;

    for (size_t i = 0; i < LENGTH(effects); i++) {
        const unsigned caution = effects[i].caution;

        assert_int_equal(moves_allowed(SIDE_HERE, caution, true), !effects[i].stops_all);
        assert_int_equal(moves_allowed(SIDE_HERE, caution, false), allowed(SIDE_HERE, caution, 0));
        assert_int_equal(moves_allowed(SIDE_THERE, caution, true), allowed(SIDE_THERE, caution, 0));
        assert_int_equal(moves_allowed(SIDE_THERE, caution, false), allowed(SIDE_THERE, caution, 0));
    }
}

static void
what_a_side_lacks_proves_nothing_where_a_part_of_it_was_not_seen(void **state)
{
    (void)state;

    for (size_t i = 0; i < LENGTH(effects); i++) {
        const struct effect *effect = &effects[i];

        assert_int_equal(absence_is_proven(SIDE_HERE, effect->caution), !effect->stops_there || effect->stops_all);
        assert_int_equal(absence_is_proven(SIDE_THERE, effect->caution), !effect->stops_here || effect->stops_all);
    }
}

/* ---- one mailbox in a run ---- */

static struct mailbox_now
usual(enum mailbox_state state)
{
    return (struct mailbox_now){.state = state, .chosen = true, .asked = true, .there = true, .current = true};
}

static void
something_is_done_only_in_a_mailbox_that_is_on_both_sides_chosen_asked_for_and_known(void **state)
{
    (void)state;

    for (size_t i = 0; i < LENGTH(states); i++) {
        const bool both = states[i] == MAILBOX_ACTIVE || states[i] == MAILBOX_REPAIR;

        for (unsigned n = 0; n < 4; n++) {
            struct mailbox_now now = usual(states[i]);

            now.chosen = n & 1;
            now.asked = n & 2;
            assert_int_equal(mailbox_use(&now), !both || !now.chosen ? MAILBOX_CLOSED
                                                : now.asked          ? MAILBOX_OPEN
                                                                     : MAILBOX_NOT_ASKED);
            for (size_t k = 0; k < LENGTH(effects); k++) {
                struct mailbox_now careful = now;

                careful.cautions = effects[k].caution;
                assert_int_equal(mailbox_use(&careful),
                                 effects[k].unsure || effects[k].refused ? MAILBOX_CLOSED : mailbox_use(&now));
            }
        }
    }
}

static void
what_could_not_be_observed_is_unsure_and_what_could_not_be_made_or_written_is_refused(void **state)
{
    (void)state;

    assert_false(mailbox_is_unsure(0));
    assert_false(mailbox_is_refused(0));
    for (size_t i = 0; i < LENGTH(effects); i++) {
        assert_int_equal(mailbox_is_unsure(effects[i].caution), effects[i].unsure);
        assert_int_equal(mailbox_is_refused(effects[i].caution), effects[i].refused);
    }
}

static void
a_mailbox_on_the_server_is_unseen_until_it_is_known_as_of_this_run(void **state)
{
    (void)state;

    for (size_t i = 0; i < LENGTH(states); i++) {
        for (unsigned n = 0; n < 16; n++) {
            const struct mailbox_now now = {.state = states[i],
                                            .chosen = n & 1,
                                            .asked = true,
                                            .there = n & 2,
                                            .current = n & 4,
                                            .has_news = n & 8};
            struct mailbox_now careful = now;
            bool unseen = states[i] == MAILBOX_GONE_LOCAL ? now.has_news : !now.current;

            assert_int_equal(mailbox_is_unseen(&now), now.chosen && now.there && unseen);
            for (size_t k = 0; k < LENGTH(effects); k++) {
                careful.cautions = effects[k].caution;
                unseen = states[i] == MAILBOX_GONE_LOCAL ? now.has_news : !now.current || effects[k].unsure;
                assert_int_equal(mailbox_is_unseen(&careful), now.chosen && now.there && unseen);
            }
        }
    }
}

static void
a_mailbox_is_made_where_it_is_missing_if_it_is_new_and_the_policy_asks_for_it(void **state)
{
    (void)state;

    for (size_t i = 0; i < LENGTH(states); i++) {
        for (unsigned n = 0; n < 16; n++) {
            const struct policy policy = {.pull.mailboxes = n & 1, .push.mailboxes = n & 2};
            const bool here = states[i] == MAILBOX_NEW_REMOTE, there = states[i] == MAILBOX_NEW_LOCAL;
            struct mailbox_now now = usual(states[i]);

            now.chosen = n & 4;
            now.asked = n & 8;
            assert_int_equal(mailbox_is_kept_back(SIDE_HERE, states[i], &policy), here && !policy.pull.mailboxes);
            assert_int_equal(mailbox_is_kept_back(SIDE_THERE, states[i], &policy), there && !policy.push.mailboxes);
            assert_int_equal(mailbox_may_be_made(SIDE_HERE, &now, &policy),
                             here && now.chosen && now.asked && policy.pull.mailboxes);
            assert_int_equal(mailbox_may_be_made(SIDE_THERE, &now, &policy),
                             there && now.chosen && now.asked && policy.push.mailboxes);
            now.wanted = true; /* a person wants what was there to be there again */
            assert_int_equal(mailbox_may_be_made(SIDE_HERE, &now, &policy),
                             here && now.chosen && now.asked && policy.pull.mailboxes);
            assert_int_equal(mailbox_may_be_made(SIDE_THERE, &now, &policy),
                             (there || states[i] == MAILBOX_GONE_REMOTE) && now.chosen && now.asked &&
                                 policy.push.mailboxes);
            now.cautions = CAUTION_NOT_MADE; /* asked for once, and said */
            assert_false(mailbox_may_be_made(SIDE_HERE, &now, &policy));
            assert_false(mailbox_may_be_made(SIDE_THERE, &now, &policy));
        }
    }
}

static void
a_list_without_inbox_is_believed_only_where_there_never_was_one(void **state)
{
    (void)state;
    assert_true(mailbox_list_is_believed(&(struct list_sight){.inbox = true}));
    assert_true(mailbox_list_is_believed(&(struct list_sight){.any = true}));
    assert_false(mailbox_list_is_believed(&(struct list_sight){.any = false}));
    assert_true(mailbox_list_is_believed(&(struct list_sight){.any = true, .known = true, .again = true}));
    assert_false(mailbox_list_is_believed(&(struct list_sight){.any = true, .known = true}));
    assert_false(
        mailbox_list_is_believed(&(struct list_sight){.any = true, .known = true, .again = true, .had_inbox = true}));
    assert_true(mailbox_list_is_believed(&(struct list_sight){.known = true, .had_inbox = true, .cut = true}));
}

static void
a_mailbox_that_a_cut_list_does_not_name_stays_what_it_is(void **state)
{
    struct mailbox_sight sight = sight_of(MAILBOX_ACTIVE, true, HERE);

    (void)state;
    sight.cut = true;
    check_next(&sight, TURN_NONE, MAILBOX_ACTIVE, false);
    assert_true(mailbox_next(&sight).ask);
    sight.was = MAILBOX_REPAIR;
    check_next(&sight, TURN_NONE, MAILBOX_REPAIR, false);
    assert_true(mailbox_next(&sight).ask);
    sight.there = true;
    assert_false(mailbox_next(&sight).ask);
    sight.there = false;
    sight.was = MAILBOX_GONE_REMOTE;
    check_next(&sight, TURN_GONE, MAILBOX_GONE_REMOTE, false);
    sight.was = MAILBOX_NEW_LOCAL;
    check_next(&sight, TURN_NONE, MAILBOX_NEW_LOCAL, false);
    sight = sight_of(MAILBOX_ACTIVE, true, NOWHERE);
    sight.cut = true;
    check_next(&sight, TURN_GONE, MAILBOX_GONE_LOCAL, false);
    sight.was = MAILBOX_GONE_LOCAL;
    check_next(&sight, TURN_GONE, MAILBOX_GONE_LOCAL, false);
    sight.was = MAILBOX_GONE_REMOTE;
    check_next(&sight, TURN_OVER, MAILBOX_GONE_REMOTE, true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_without_inbox_is_believed_only_where_there_never_was_one),
        cmocka_unit_test(a_mailbox_that_a_cut_list_does_not_name_stays_what_it_is),
        cmocka_unit_test(each_state_becomes_what_the_table_says),
        cmocka_unit_test(a_mailbox_that_the_journal_does_not_know_is_new_where_it_is_and_met_where_it_is_on_both_sides),
        cmocka_unit_test(a_mailbox_that_a_restored_maildir_lacks_is_made_again_and_not_gone),
        cmocka_unit_test(a_restored_maildir_changes_nothing_about_a_mailbox_that_it_has),
        cmocka_unit_test(what_the_patterns_do_not_choose_is_forgotten_once_wherever_it_is),
        cmocka_unit_test(rows_of_a_mailbox_that_was_not_on_both_sides_never_count_as_removals),
        cmocka_unit_test(what_was_decided_once_stays_as_long_as_nothing_else_is_seen),
        cmocka_unit_test(each_caution_stops_the_removals_of_its_sides_and_no_others),
        cmocka_unit_test(where_nothing_was_learned_all_may_be_removed_and_followed),
        cmocka_unit_test(cautions_add_up),
        cmocka_unit_test(a_file_may_follow_where_every_mailbox_was_seen_unless_nothing_at_all_may_go),
        cmocka_unit_test(what_a_side_lacks_proves_nothing_where_a_part_of_it_was_not_seen),
        cmocka_unit_test(something_is_done_only_in_a_mailbox_that_is_on_both_sides_chosen_asked_for_and_known),
        cmocka_unit_test(what_could_not_be_observed_is_unsure_and_what_could_not_be_made_or_written_is_refused),
        cmocka_unit_test(a_mailbox_on_the_server_is_unseen_until_it_is_known_as_of_this_run),
        cmocka_unit_test(a_mailbox_is_made_where_it_is_missing_if_it_is_new_and_the_policy_asks_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
