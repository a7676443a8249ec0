/*
 * Another program's state said that a message was removed here, and that waits for a word: golub never had its file. Then the mailbox there is
 * numbered anew.
 */
#include "tests/sim/scenario.h"

/* It arrives at a moment of its own. */
static void
given_mail_of_another_day_there(int content)
{
    struct sim_mailbox *box = &sim.server.boxes[INBOX];

    given_mail_there(INBOX, content);
    box->messages[box->count - 1].date += content;
}

static int64_t
mailbox_row(void)
{
    struct journal_mailbox *rows = NULL;
    struct error err = {0};
    size_t count = 0;
    int64_t mailbox = 0;

    assert_true(journal_mailboxes(sim.clients[0].journal, &rows, &count, &err));
    for (size_t i = 0; i < count; i++)
        mailbox = strcmp(rows[i].name, "INBOX") == 0 ? rows[i].id : mailbox;
    journal_mailboxes_free(rows, count);
    return mailbox;
}

/* The row is of the message that came last. */
static void
given_a_row_of_the_last_one_there(int content, struct journal_message *message)
{
    const struct sim_mailbox *box = &sim.server.boxes[INBOX];
    const struct sim_message *there = &box->messages[box->count - 1];
    struct error err = {0};

    message->mailbox = mailbox_row();
    message->uid = there->uid;
    message->size = content_get(content)->len;
    message->date = there->date;
    assert_true(journal_begin(sim.clients[0].journal, &err) &&
                journal_message_save(sim.clients[0].journal, message, &err) &&
                journal_commit(sim.clients[0].journal, &err));
}

/* As `golub adopt` writes it down. */
static void
given_a_message_that_the_state_knows(int content, unsigned facts)
{
    struct journal_message message = {.facts = FACT_ADOPTED | facts};

    if ((facts & FACT_APART) != 0)
        given_mail_of_another_day_there(content);
    else
        (void)given_mail_there(INBOX, content);
    given_a_row_of_the_last_one_there(content, &message);
    ledger_out(&sim.world, content, INBOX);
}

static void
given_two_messages_on_both_sides(void)
{
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
}

static void
given_a_removal_that_waits(int content)
{
    given_two_messages_on_both_sides();
    given_a_message_that_the_state_knows(content, FACT_GONE_HERE);
    sim.clients[0].confirm = false;
    assert_int_equal(when_golub_syncs_after(60), 3);
    then_it_is_here(INBOX, content, 0);
}

static int
when_golub_syncs_without_a_word(void)
{
    sim.clients[0].confirm = false;
    return when_golub_syncs_after(60);
}

static void
then_it_goes_with_a_word(int content)
{
    assert_int_equal(when_golub_syncs_without_a_word(), 3);
    then_it_is_here(INBOX, content, 0);
    then_it_is_there(INBOX, content, 1);
    sim.clients[0].confirm = true;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(INBOX, content, 0);
    then_it_is_there(INBOX, content, 0);
    assert_int_equal(here()->quarantined, 1);
    then_both_sides_agree();
}

static void
it_waits_under_other_numbers_wherever_the_power_fails(void **state)
{
    int step = 0, status;

    (void)state;
    do {
        given_a_removal_that_waits(4);
        for (int i = 0; i < 2; i++) {
            server_reset_uidvalidity(&sim.server, INBOX);
            sim.world.crash_at = i == 0 ? ++step : 0;
            status = when_golub_syncs_without_a_word();
            assert_true(status == 3 || (i == 0 && status == -1));
            then_it_is_here(INBOX, 4, 0);
            if (i == 0 && status == 3)
                step = 0;
        }
        then_it_goes_with_a_word(4);
    } while (step != 0);
}

/* It may be the one that can't be read. */
static void
it_waits_where_the_server_does_not_show_its_header(void **state)
{
    (void)state;
    given_a_removal_that_waits(4);
    server_reset_uidvalidity(&sim.server, INBOX);
    sim.server.never_shown = 4 + 1;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(when_golub_syncs_without_a_word(), 1);
        then_it_is_here(INBOX, 4, 0);
    }
    sim.server.never_shown = 0;

    then_it_goes_with_a_word(4);
}

/* Another client removed it, too. */
static void
it_ends_where_the_message_is_gone(void **state)
{
    (void)state;
    given_a_removal_that_waits(4);
    server_expunge(&sim.server, INBOX, sim.server.boxes[INBOX].messages[2].uid);
    server_reset_uidvalidity(&sim.server, INBOX);
    given_mail_there(INBOX, 5);

    assert_int_equal(when_golub_syncs_without_a_word(), 0);

    then_it_is_here(INBOX, 5, 1);
    then_both_sides_agree();
}

/* Which of them was removed nobody knows: in doubt both are wanted. */
static void
it_ends_where_its_header_names_no_message_and_two_have_it(void **state)
{
    int content = 3;

    (void)state;
    while (!content_is_nameless(content))
        content++;
    given_a_removal_that_waits(content);
    given_mail_there(INBOX, content);
    ledger_put(&sim.world, content, INBOX);
    server_reset_uidvalidity(&sim.server, INBOX);

    assert_int_equal(when_golub_syncs_without_a_word(), 0);

    then_it_is_here(INBOX, content, 2);
    then_it_is_there(INBOX, content, 2);
    then_both_sides_agree();
}

/* Its header could never be read before, and its size and date are those of one message. */
static void
it_waits_though_its_header_was_never_read(void **state)
{
    (void)state;
    given_two_messages_on_both_sides();
    given_a_message_that_the_state_knows(4, FACT_GONE_HERE);
    sim.server.never_shown = 4 + 1;
    (void)when_golub_syncs_without_a_word();
    then_it_is_here(INBOX, 4, 0);
    server_reset_uidvalidity(&sim.server, INBOX);
    sim.server.never_shown = 0;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(when_golub_syncs_without_a_word(), 3);
        then_it_is_here(INBOX, 4, 0);
    }

    then_it_goes_with_a_word(4);
}

/* What that program let go, or was not to carry, stays where it is. */
static void
what_is_apart_stays_apart_under_other_numbers_wherever_the_power_fails(void **state)
{
    int step = 0, status;

    (void)state;
    do {
        given_two_messages_on_both_sides();
        given_a_message_that_the_state_knows(4, FACT_APART);
        given_a_message_that_the_state_knows(5, FACT_APART);
        assert_int_equal(when_golub_syncs_after(60), 0);
        for (int i = 0; i < 2; i++) {
            server_reset_uidvalidity(&sim.server, INBOX);
            sim.world.crash_at = i == 0 ? ++step : 0;
            status = when_golub_syncs_after(60);
            assert_true(status == 0 || (i == 0 && status == -1));
            if (i == 0 && status == 0)
                step = 0;
        }
        given_mail_of_another_day_there(6);
        for (int i = 0; i < 2; i++)
            assert_int_equal(when_golub_syncs_after(60), 0);
        for (int content = 1; content <= 6; content++) {
            if (content == 3)
                continue;
            then_it_is_here(INBOX, content, content != 4 && content != 5);
            then_it_is_there(INBOX, content, 1);
        }
    } while (step != 0);
}

/* One of them is another message: in doubt both are wanted. */
static void
what_is_apart_and_may_be_either_of_two_comes(void **state)
{
    (void)state;
    given_two_messages_on_both_sides();
    given_a_message_that_the_state_knows(4, FACT_APART);
    assert_int_equal(when_golub_syncs_after(60), 0);
    server_reset_uidvalidity(&sim.server, INBOX);
    given_mail_of_another_day_there(4);
    ledger_put(&sim.world, 4, INBOX);

    for (int i = 0; i < 2; i++)
        assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 4, 2);
    then_both_sides_agree();
}

/* Another client removed it: nothing is left to be kept apart. */
static void
what_is_apart_and_gone_is_forgotten(void **state)
{
    (void)state;
    given_two_messages_on_both_sides();
    given_a_message_that_the_state_knows(4, FACT_APART);
    assert_int_equal(when_golub_syncs_after(60), 0);
    server_expunge(&sim.server, INBOX, sim.server.boxes[INBOX].messages[2].uid);
    server_reset_uidvalidity(&sim.server, INBOX);
    given_mail_of_another_day_there(5);
    for (int i = 0; i < 2; i++)
        assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(INBOX, 5, 1);
    then_both_sides_agree();
}

/* Mail that came in one second, each message as long as the others. */
static void
given_a_message_of_that_second_that_is_apart(int content, bool has_header)
{
    struct journal_message message = {.facts = FACT_APART, .has_header = has_header};

    (void)given_mail_there(INBOX, content);
    memcpy(message.header, content_get(content)->digests.header, DIGEST_SIZE);
    given_a_row_of_the_last_one_there(content, &message);
    ledger_out(&sim.world, content, INBOX);
}

static void
when_somebody_removes_there(int content)
{
    const struct sim_mailbox *box = &sim.server.boxes[INBOX];

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == content) {
            server_expunge(&sim.server, INBOX, box->messages[i].uid);
            return;
        }
    fail_msg("message %d is not there", content);
}

static void
given_a_message_that_is_apart_beside_one_of_its_size_and_second(bool has_header)
{
    given_empty_account(1);
    given_mail_there(INBOX, 4);
    given_both_sides_agree();
    given_a_message_of_that_second_that_is_apart(5, has_header);
    assert_int_equal(when_golub_syncs_after(60), 0);
}

static void
then_one_is_on_both_sides_and_one_is_apart(void)
{
    for (int i = 0; i < 2; i++)
        assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(INBOX, 4, 1);
    then_it_is_there(INBOX, 4, 1);
    then_it_is_here(INBOX, 5, 0);
    then_it_is_there(INBOX, 5, 1);
}

static void
what_is_apart_is_told_from_what_has_its_size_and_second(void **state)
{
    (void)state;
    for (int has_header = 0; has_header <= 1; has_header++) {
        given_a_message_that_is_apart_beside_one_of_its_size_and_second(has_header);
        server_reset_uidvalidity(&sim.server, INBOX);

        then_one_is_on_both_sides_and_one_is_apart();
    }
}

/* What is left of its size and second is known here, by its file: it is not apart in its place, nor sent once more. */
static void
what_is_apart_and_gone_is_not_taken_for_what_has_its_size_and_second(void **state)
{
    (void)state;
    for (int has_header = 0; has_header <= 1; has_header++) {
        given_a_message_that_is_apart_beside_one_of_its_size_and_second(has_header);
        when_somebody_removes_there(5);
        server_reset_uidvalidity(&sim.server, INBOX);

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_there(INBOX, 4, 1);
        then_both_sides_agree();
    }
}

static void
a_removal_that_waits_is_not_apart_in_place_of_what_has_its_size_and_second(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_of_another_day_there(1);
    given_both_sides_agree();
    given_a_message_that_the_state_knows(4, FACT_GONE_HERE);
    given_a_message_of_that_second_that_is_apart(5, false);
    assert_int_equal(when_golub_syncs_without_a_word(), 3);
    when_somebody_removes_there(5);
    server_reset_uidvalidity(&sim.server, INBOX);

    then_it_goes_with_a_word(4);
}

static void
new_mail_of_the_size_and_second_of_what_was_apart_comes(void **state)
{
    (void)state;
    given_two_messages_on_both_sides();
    given_a_message_of_that_second_that_is_apart(5, true);
    assert_int_equal(when_golub_syncs_after(60), 0);
    when_somebody_removes_there(5);
    server_reset_uidvalidity(&sim.server, INBOX);
    given_mail_there(INBOX, 6);

    for (int i = 0; i < 2; i++)
        assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 6, 1);
    then_both_sides_agree();
}

/* As many are there as were apart, and one of them is new. */
static void
of_what_was_apart_in_one_second_each_is_told_by_its_header(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    given_a_message_of_that_second_that_is_apart(4, true);
    given_a_message_of_that_second_that_is_apart(5, true);
    assert_int_equal(when_golub_syncs_after(60), 0);
    when_somebody_removes_there(4);
    server_reset_uidvalidity(&sim.server, INBOX);
    given_mail_there(INBOX, 6);

    for (int i = 0; i < 2; i++)
        assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 5, 0);
    then_it_is_here(INBOX, 6, 1);
}

/* It may be what is apart, or not: it waits. */
static void
what_is_apart_waits_where_the_server_does_not_show_its_header(void **state)
{
    (void)state;
    given_a_message_that_is_apart_beside_one_of_its_size_and_second(true);
    server_reset_uidvalidity(&sim.server, INBOX);
    sim.server.never_shown = 5 + 1;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(when_golub_syncs_after(60), 1);
        then_it_is_here(INBOX, 5, 0);
    }
    sim.server.never_shown = 0;

    then_one_is_on_both_sides_and_one_is_apart();
}

/* ---- another client saves its message anew ---- */

static void
when_another_client_saves_it_anew(int content, enum dress dress)
{
    struct sim_mailbox *box = &sim.server.boxes[INBOX];
    uint32_t uid = 0;

    assert_true(server_add(&sim.server, INBOX, content, 0, 0, 1600001000, &uid));
    server_message(&sim.server, INBOX, uid)->dress = (int)dress;
    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == content && box->messages[i].uid != uid) {
            server_expunge(&sim.server, INBOX, box->messages[i].uid);
            return;
        }
}

/* The state said that it was gone there, and it is shown again: what somebody does with it later is nothing that the state said. */
static void
what_was_gone_there_and_is_shown_again_is_a_message_as_any_other(void **state)
{
    struct journal_message message = {0};
    struct error err = {0};
    bool found = false;

    (void)state;
    given_two_messages_on_both_sides();
    struct sim_message *there = &sim.server.boxes[INBOX].messages[1];
    assert_true(journal_message_by_base(sim.clients[0].journal, mailbox_row(), file_of(INBOX, 2)->base, &message,
                                        &found, &err) &&
                found);
    message.facts |= FACT_ADOPTED | FACT_GONE_THERE;
    assert_true(journal_begin(sim.clients[0].journal, &err) &&
                journal_message_save(sim.clients[0].journal, &message, &err) &&
                journal_commit(sim.clients[0].journal, &err));
    sim.clients[0].confirm = false;
    assert_int_equal(when_golub_syncs_after(60), 3);
    server_set_flags(&sim.server, INBOX, there, FLAG_FLAGGED, 0);
    assert_int_equal(when_golub_syncs_after(60), 0);

    when_somebody_removes_there(2);
    ledger_out(&sim.world, 2, INBOX);

    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(INBOX, 2, 0);
    then_both_sides_agree();
}

/* Golub had its file, and the state says that its message was removed there; a message with its header is another one, whose body has to be told. */
static void
a_message_with_the_header_of_one_that_was_gone_there_comes(void **state)
{
    const int content = CONTENT_NAMED_ALIKE;
    struct journal_message message = {0};
    struct error err = {0};
    bool found = false;
    uint32_t uid = 0;

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, content);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    assert_true(journal_message_by_base(sim.clients[0].journal, mailbox_row(), file_of(INBOX, content)->base, &message,
                                        &found, &err) &&
                found);
    message.facts |= FACT_ADOPTED;
    assert_true(journal_begin(sim.clients[0].journal, &err) &&
                journal_message_save(sim.clients[0].journal, &message, &err) &&
                journal_commit(sim.clients[0].journal, &err));
    when_somebody_removes_there(content);
    assert_int_equal(when_golub_syncs_without_a_word(), 3);

    assert_true(server_add(&sim.server, INBOX, content + 1, 0, 0, 1600009999, &uid));
    ledger_put(&sim.world, content + 1, INBOX);
    assert_int_equal(when_golub_syncs_without_a_word(), 3);

    then_it_is_here(INBOX, content + 1, 1);
    then_it_is_here(INBOX, content, 1);
}

/* With the lines of a mail reader, of a server, or as it was; whichever way the server says that the old one is gone. */
static void
given_its_message_was_saved_anew(int how)
{
    static const enum dress dresses[] = {DRESS_READER, DRESS_PLAIN, DRESS_SERVER};

    given_a_removal_that_waits(4);
    sim.server.qresync = sim.server.condstore = how % 2 == 0;
    when_another_client_saves_it_anew(4, dresses[how / 2]);
}

static void
it_waits_on_where_another_client_saves_its_message_anew_wherever_the_power_fails(void **state)
{
    int step, status;

    (void)state;
    for (int how = 0; how < 6; how++) {
        step = 0;
        do {
            given_its_message_was_saved_anew(how);
            sim.world.crash_at = ++step;
            status = when_golub_syncs_without_a_word();
            sim.world.crash_at = 0;
            assert_true(status == 3 || status == -1);
            then_it_is_here(INBOX, 4, 0);
            then_it_goes_with_a_word(4);
        } while (status == -1);
    }
}

static void
it_goes_with_a_word_where_another_client_saved_its_message_anew_wherever_the_power_fails(void **state)
{
    int step, status;

    (void)state;
    for (int how = 0; how < 6; how++) {
        step = 0;
        do {
            given_its_message_was_saved_anew(how);
            sim.clients[0].confirm = true;
            sim.world.crash_at = ++step;
            status = when_golub_syncs_after(60);
            sim.world.crash_at = 0;
            then_both_sides_agree();
            then_it_is_here(INBOX, 4, 0);
            then_it_is_there(INBOX, 4, 0);
            assert_int_equal(here()->quarantined, 1);
        } while (status == -1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(it_waits_under_other_numbers_wherever_the_power_fails),
        SCENARIO(it_waits_where_the_server_does_not_show_its_header),
        SCENARIO(it_waits_on_where_another_client_saves_its_message_anew_wherever_the_power_fails),
        SCENARIO(it_goes_with_a_word_where_another_client_saved_its_message_anew_wherever_the_power_fails),
        SCENARIO(a_message_with_the_header_of_one_that_was_gone_there_comes),
        SCENARIO(it_ends_where_the_message_is_gone),
        SCENARIO(it_ends_where_its_header_names_no_message_and_two_have_it),
        SCENARIO(it_waits_though_its_header_was_never_read),
        SCENARIO(what_was_gone_there_and_is_shown_again_is_a_message_as_any_other),
        SCENARIO(what_is_apart_stays_apart_under_other_numbers_wherever_the_power_fails),
        SCENARIO(what_is_apart_and_may_be_either_of_two_comes),
        SCENARIO(what_is_apart_and_gone_is_forgotten),
        SCENARIO(what_is_apart_is_told_from_what_has_its_size_and_second),
        SCENARIO(what_is_apart_and_gone_is_not_taken_for_what_has_its_size_and_second),
        SCENARIO(a_removal_that_waits_is_not_apart_in_place_of_what_has_its_size_and_second),
        SCENARIO(new_mail_of_the_size_and_second_of_what_was_apart_comes),
        SCENARIO(of_what_was_apart_in_one_second_each_is_told_by_its_header),
        SCENARIO(what_is_apart_waits_where_the_server_does_not_show_its_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
