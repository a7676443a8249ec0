/* What was sent without an answer and is carried out seconds later, after others have gone on. */
#include "tests/sim/scenario.h"

static const char *const all_but_work[] = {"*", "!Work", NULL}, *const all[] = {"*", NULL};

static void
given_a_late_command(enum step_kind kind)
{
    given_empty_account(1);
    sim.server.move = kind == STEP_MOVE;
    if (kind == STEP_APPEND)
        given_mail_here(WORK, 1);
    else
        given_mail_there(INBOX, 1);
    if (kind != STEP_APPEND) {
        given_both_sides_agree();
        when_the_user_moves(1, INBOX, WORK);
    }
    given_trouble_at(kind, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
}

/* Rows of a mailbox that is left out are forgotten; that a command may be under way there is not. */
static void
what_is_under_way_is_not_sent_again_although_its_mailbox_was_left_out(void **state)
{
    static const enum step_kind kinds[] = {STEP_APPEND, STEP_COPY, STEP_MOVE};

    (void)state;
    for (size_t kind = 0; kind < 3; kind++) {
        uint32_t uid;

        given_a_late_command(kinds[kind]);
        sim.patterns = all_but_work;
        sim.world.failed = false;
        given_trouble_at(STEP_READ, true, false);
        (void)when_golub_syncs_after(1);
        sim.patterns = all;

        assert_int_equal(when_golub_syncs_after(1), 1);

        then_it_is_there(WORK, 1, 0);
        assert_true(server_add(&sim.server, WORK, 1, 0, 0, 1600000000, &uid)); /* now it is carried out */
        if (kinds[kind] == STEP_MOVE)
            server_expunge(&sim.server, INBOX, 1);
        then_both_sides_agree();
        then_it_is_there(WORK, 1, 1);
        then_it_is_here(WORK, 1, 1);
        then_it_is_there(INBOX, 1, 0);
    }
}

/* What was never carried out goes up once that is certain. */
static void
what_was_lost_on_its_way_is_sent_although_its_mailbox_was_left_out(void **state)
{
    (void)state;
    given_a_late_command(STEP_APPEND);
    sim.patterns = all_but_work;
    (void)when_golub_syncs_after(1);
    sim.patterns = all;
    assert_int_equal(when_golub_syncs_after(1), 1);

    assert_int_equal(when_golub_syncs_after(30), 0);

    then_both_sides_agree();
    then_it_is_there(WORK, 1, 1);
    then_it_is_here(WORK, 1, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_is_under_way_is_not_sent_again_although_its_mailbox_was_left_out),
        SCENARIO(what_was_lost_on_its_way_is_sent_although_its_mailbox_was_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
