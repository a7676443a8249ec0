/* Messages of one header, with a Message-ID, and one size that differ in their bodies: what is new here is not what is new there. */
#include "tests/sim/scenario.h"

enum { ONE = CONTENT_NAMED_ALIKE, OTHER = CONTENT_NAMED_ALIKE + 1 };

#define DATE 1600000000

static void
given_mail_there_at(int mailbox, int content, int64_t date)
{
    uint32_t uid;

    assert_true(server_add(&sim.server, mailbox, content, 0, 0, date, &uid));
    ledger_put(&sim.world, content, mailbox);
}

/* What INBOX was before: it has mail, is empty, or had some and is empty now. */
enum before { HAS_MAIL, IS_EMPTY, WAS_EMPTIED, BEFORES };

static void
given_an_inbox(enum before before)
{
    given_empty_account(1);
    if (before != IS_EMPTY)
        given_mail_there(INBOX, 1);
    given_both_sides_agree();
    if (before == WAS_EMPTIED) {
        when_the_user_removes(INBOX, 1);
        given_both_sides_agree();
    }
}

static void
then_both_are_on_both_sides(int mailbox)
{
    then_both_sides_agree();
    for (int content = ONE; content <= OTHER; content++) {
        then_it_is_there(mailbox, content, 1);
        then_it_is_here(mailbox, content, 1);
    }
}

static void
a_new_file_is_not_another_new_message_of_its_header(void **state)
{
    (void)state;
    for (int before = 0; before < BEFORES; before++) {
        for (int dates = 0; dates < 2; dates++) {
            given_an_inbox((enum before)before);
            given_mail_here(INBOX, ONE);
            given_mail_there_at(INBOX, OTHER, DATE + 500 * dates);
            const unsigned long bodies = sim.server.bodies;

            assert_int_equal(when_golub_syncs_after(60), 0);

            assert_int_equal(sim.server.bodies - bodies, 2); /* compared, and fetched */
            then_both_are_on_both_sides(INBOX);
            end_scenario(NULL);
        }
    }
}

static void
the_same_message_on_both_sides_costs_its_body_once(void **state)
{
    (void)state;
    for (int before = 0; before < BEFORES; before++) {
        for (int dates = 0; dates < 2; dates++) {
            given_an_inbox((enum before)before);
            given_mail_here(INBOX, ONE);
            given_mail_there_at(INBOX, ONE, DATE + 500 * dates);
            const unsigned long bodies = sim.server.bodies, sent = coverage.done[STEP_APPEND];

            assert_int_equal(when_golub_syncs_after(60), 0);

            assert_int_equal(sim.server.bodies - bodies, 1);
            assert_int_equal(coverage.done[STEP_APPEND], sent);
            then_both_sides_agree();
            then_it_is_there(INBOX, ONE, 1);
            then_it_is_here(INBOX, ONE, 1);
            end_scenario(NULL);
        }
    }
}

/* One of two there is the file, whichever came first. */
static void
a_new_file_is_one_of_two_new_messages_of_its_header(void **state)
{
    (void)state;
    for (int first = ONE; first <= OTHER; first++) {
        given_an_inbox(HAS_MAIL);
        given_mail_here(INBOX, ONE);
        given_mail_there(INBOX, first);
        given_mail_there(INBOX, first == ONE ? OTHER : ONE);
        ledger_out(&sim.world, ONE, INBOX); /* it was given to both sides */
        const unsigned long sent = coverage.done[STEP_APPEND];

        then_both_are_on_both_sides(INBOX);

        assert_int_equal(coverage.done[STEP_APPEND], sent);
        end_scenario(NULL);
    }
}

/* The file has lines of a mail reader besides, which its size explains. */
static void
a_new_file_that_a_reader_saved_is_not_another_new_message_of_its_header(void **state)
{
    (void)state;
    for (int dress = DRESS_MOVER; dress <= DRESS_READER; dress++) {
        given_an_inbox(HAS_MAIL);
        given_mail_here(INBOX, ONE);
        file_of(INBOX, ONE)->dress = dress;
        given_mail_there(INBOX, OTHER);

        then_both_are_on_both_sides(INBOX);
        end_scenario(NULL);
    }
}

/* Which of the two waits for the other one; or both come at once. */
enum comes { UID_FIRST, FILE_FIRST, BOTH_AT_ONCE, WAYS };

static void
given_the_first_of_them(enum comes way)
{
    if (way != FILE_FIRST)
        given_mail_there_at(INBOX, OTHER, DATE + 500);
    if (way != UID_FIRST)
        given_mail_here(INBOX, ONE);
}

static void
given_the_second_of_them(enum comes way)
{
    if (way == FILE_FIRST)
        given_mail_there_at(INBOX, OTHER, DATE + 500);
    if (way == UID_FIRST)
        given_mail_here(INBOX, ONE);
}

/* Wherever a run is cut off in which one of them came, or both: they are mail that is new in a mailbox that was known. */
static void
what_waits_since_a_run_that_was_cut_off_is_not_another_new_message_of_its_header(void **state)
{
    (void)state;
    for (int way = 0; way < WAYS; way++) {
        for (int before = 0; before < BEFORES; before++) {
            bool whole = false;

            for (int step = 1; !whole; step++) {
                given_an_inbox((enum before)before);
                given_the_first_of_them((enum comes)way);
                sim.world.crash_at = step;
                whole = when_golub_syncs_after(60) != -1;
                given_the_second_of_them((enum comes)way);

                then_both_are_on_both_sides(INBOX);
                end_scenario(NULL);
            }
        }
    }
}

/* Runs that go the other way alone keep one of them on its side. */
static void
what_was_kept_back_is_not_another_new_message_of_its_header(void **state)
{
    (void)state;
    for (int way = 0; way < BOTH_AT_ONCE; way++) {
        for (int before = 0; before < BEFORES; before++) {
            given_an_inbox((enum before)before);
            sim.clients[0].forced = way == UID_FIRST ? FORCED_PUSH : FORCED_PULL;
            given_the_first_of_them((enum comes)way);
            for (int i = 0; i < 2; i++)
                assert_int_equal(when_golub_syncs_after(60), 0);
            sim.clients[0].forced = FORCED_NOT;
            given_the_second_of_them((enum comes)way);

            then_both_are_on_both_sides(INBOX);
            end_scenario(NULL);
        }
    }
}

/* Where a mailbox is met as a whole its headers are enough: no body travels, in a run that is cut off neither. */
static void
a_first_meeting_needs_no_bodies(void **state)
{
    int cut = 0, step = 1;

    (void)state;
    for (;; step++) {
        given_empty_account(1);
        for (int content = 20; content < 26; content++) {
            given_mail_here(INBOX, content);
            given_mail_there_at(INBOX, content, DATE + 500);
            ledger_out(&sim.world, content, INBOX);
        }
        sim.world.crash_at = step;
        const bool whole = when_golub_syncs_after(60) != -1;
        for (int i = 0; i < 3; i++)
            assert_int_equal(when_golub_syncs_after(60), 0);

        assert_int_equal(sim.server.bodies, 0);
        if (whole)
            break;
        cut++;
    }
    assert_true(cut > 3);
    then_both_sides_agree();
}

/* ---- what golub sent, and was not answered ---- */

/* It may have been carried out or not, and another client's message may look like it. */
static void
what_was_sent_without_an_answer_is_read_and_not_sent_again(void **state)
{
    (void)state;
    for (int uidplus = 0; uidplus < 2; uidplus++) {
        given_an_inbox(HAS_MAIL);
        sim.server.uidplus = uidplus;
        given_mail_here(INBOX, ONE);
        given_trouble_at(STEP_APPEND, true, true);
        assert_int_equal(when_golub_syncs_after(60), 5);
        then_it_is_there(INBOX, ONE, 1);
        const unsigned long bodies = sim.server.bodies, sent = coverage.done[STEP_APPEND];

        then_both_sides_agree();

        assert_int_equal(sim.server.bodies, bodies + 1);
        assert_int_equal(coverage.done[STEP_APPEND], sent);
        then_it_is_there(INBOX, ONE, 1);
        end_scenario(NULL);
    }
}

/* Header, date and UID are proof enough: nobody else gave it the file's time after it was sent. */
static void
what_was_sent_to_a_server_that_tells_no_uid_is_found_without_its_body(void **state)
{
    (void)state;
    given_an_inbox(HAS_MAIL);
    sim.server.uidplus = false;
    given_mail_here(INBOX, ONE);
    const unsigned long bodies = sim.server.bodies, sent = coverage.done[STEP_APPEND];

    then_both_sides_agree();

    assert_int_equal(sim.server.bodies, bodies);
    assert_int_equal(coverage.done[STEP_APPEND], sent + 1);
    then_it_is_there(INBOX, ONE, 1);
}

/* It did not arrive, and another one of its header came, of another time. */
static void
what_was_sent_in_vain_is_not_another_new_message_of_its_header(void **state)
{
    (void)state;
    for (int later = -1; later < 2; later += 2) {
        given_an_inbox(HAS_MAIL);
        given_mail_here(INBOX, ONE);
        given_trouble_at(STEP_APPEND, true, false);
        assert_int_equal(when_golub_syncs_after(60), 5);
        given_mail_there_at(INBOX, OTHER, DATE + 500 * later);

        then_both_are_on_both_sides(INBOX);
        end_scenario(NULL);
    }
}

/* Nobody moves a message to where it is: who expunges one and brings another one of its header has changed its body. */
static void
what_came_in_the_place_of_a_message_of_its_header_is_read(void **state)
{
    (void)state;
    for (int content = ONE; content <= OTHER; content++) {
        given_empty_account(1);
        const uint32_t uid = given_mail_there(INBOX, ONE);
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        server_expunge(&sim.server, INBOX, uid);
        ledger_out(&sim.world, ONE, INBOX);
        given_mail_there(INBOX, content);

        then_both_sides_agree();

        then_it_is_here(INBOX, content, 1);
        then_it_is_here(INBOX, ONE, content == ONE);
        then_it_is_there(INBOX, content, 1);
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_new_file_is_not_another_new_message_of_its_header),
        SCENARIO(the_same_message_on_both_sides_costs_its_body_once),
        SCENARIO(a_new_file_is_one_of_two_new_messages_of_its_header),
        SCENARIO(a_new_file_that_a_reader_saved_is_not_another_new_message_of_its_header),
        SCENARIO(what_waits_since_a_run_that_was_cut_off_is_not_another_new_message_of_its_header),
        SCENARIO(what_was_kept_back_is_not_another_new_message_of_its_header),
        SCENARIO(a_first_meeting_needs_no_bodies),
        SCENARIO(what_was_sent_without_an_answer_is_read_and_not_sent_again),
        SCENARIO(what_was_sent_to_a_server_that_tells_no_uid_is_found_without_its_body),
        SCENARIO(what_was_sent_in_vain_is_not_another_new_message_of_its_header),
        SCENARIO(what_came_in_the_place_of_a_message_of_its_header_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
