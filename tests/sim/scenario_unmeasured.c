/* A message whose size and date the server can't find out (Dovecot, a damaged file that its cache does not know) keeps back itself alone. */
#include "tests/sim/scenario.h"

enum { BAD = 20 };

static void
given_mail_of(uint64_t seed, bool rude)
{
    given_empty_account(seed);
    given_mail_there(INBOX, 1);
    for (int content = 2; content < 8; content++)
        given_mail_there(WORK, content);
    given_both_sides_agree();
    sim.server.rude = rude;
}

static void
given_mail(bool rude)
{
    given_mail_of(1, rude);
}

/* So many messages wait because the server can't read them. */
static size_t
unreadable(uint32_t *uid)
{
    struct journal_pending *list;
    struct journal_message message;
    struct error err = {0};
    size_t count, found = 0;
    bool known;

    assert_true(journal_pendings(sim.clients[0].journal, &list, &count, &err));
    for (size_t i = 0; i < count; i++) {
        if (list[i].kind != PENDING_UNREADABLE)
            continue;
        assert_true(list[i].message != 0);
        assert_true(journal_message_get(sim.clients[0].journal, list[i].message, &message, &known, &err));
        if (message.uid == 0) /* a file that waits for it: it may be the same */
            continue;
        *uid = message.uid;
        found++;
    }
    free(list);
    return found;
}

/* As the journal has it of this message of Work. */
static int64_t
date_of_row(uint32_t uid)
{
    struct journal_mailbox *list;
    struct journal_message message;
    struct error err = {0};
    size_t count;
    bool found = false;

    assert_true(journal_mailboxes(sim.clients[0].journal, &list, &count, &err));
    for (size_t i = 0; i < count && !found; i++) {
        if (strcmp(list[i].name, "Work") == 0)
            assert_true(journal_message_by_uid(sim.clients[0].journal, list[i].id, uid, &message, &found, &err));
    }
    journal_mailboxes_free(list, count);
    return found ? message.date : -1;
}

static void
given_something_to_do(void)
{
    given_mail_there(INBOX, 30);
    given_mail_there(WORK, 31);
    when_the_user_removes(WORK, 3);
    ledger_out(&sim.world, 4, WORK);
    server_expunge(&sim.server, WORK, 3);
    when_the_user_moves(5, WORK, INBOX);
    server_set_flags(&sim.server, WORK, &sim.server.boxes[WORK].messages[0], FLAG_FLAGGED, 0);
}

static void
then_it_was_done(void)
{
    then_it_is_here(INBOX, 30, 1);
    then_it_is_here(WORK, 31, 1);
    then_it_is_there(WORK, 3, 0);
    then_it_is_here(WORK, 4, 0);
    then_it_is_there(INBOX, 5, 1);
    then_it_is_there(WORK, 5, 0);
    assert_string_equal(file_of(WORK, 2)->info, "c:2,F");
}

static void
when_a_new_one_can_not_be_read(bool rude)
{
    uint32_t uid = 0;

    given_mail(rude);
    const uint32_t bad = given_mail_there(WORK, BAD);
    given_something_to_do();
    sim.server.unmeasured = BAD + 1;

    for (int run = 0; run < 4; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_was_done();
    then_it_is_here(WORK, BAD, 0);
    assert_int_equal(unreadable(&uid), 1);
    assert_int_equal(uid, bad);
    given_mail_here(WORK, 32); /* it came after that one was known: it is another */
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_there(WORK, 32, 1);
    sim.server.unmeasured = 0;
    assert_int_equal(when_golub_syncs_after(2 * 86400), 0);
    then_both_sides_agree();
    then_it_is_here(WORK, BAD, 1);
    assert_int_equal(unreadable(&uid), 0);
}

static void
a_new_message_that_ends_the_line_is_found_and_stops_itself_alone(void **state)
{
    (void)state;
    when_a_new_one_can_not_be_read(true);
}

static void
a_new_message_that_is_refused_is_found_and_stops_itself_alone(void **state)
{
    (void)state;
    when_a_new_one_can_not_be_read(false);
}

static void
a_known_message_that_ends_the_line_is_found_and_stops_itself_alone(void **state)
{
    uint32_t uid = 0;

    (void)state;
    given_mail(true);
    sim.server.unmeasured = 7 + 1;
    given_something_to_do();

    for (int run = 0; run < 3; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_was_done();
    then_it_is_here(WORK, 7, 1);
    assert_int_equal(unreadable(&uid), 1);
    assert_int_equal(uid, 6);
    given_mail_there(WORK, 33);
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(WORK, 33, 1);
    sim.server.unmeasured = 0;
    assert_int_equal(when_golub_syncs_after(2 * 86400), 0);
    then_both_sides_agree();
    assert_int_equal(unreadable(&uid), 0);
}

/* A file that may be that message, at a first meeting: sent, it would be there twice. */
static void
a_file_that_may_be_it_is_not_sent(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 2);
    given_mail_there(WORK, BAD);
    given_mail_here(WORK, BAD);
    sim.server.rude = true;
    sim.server.unmeasured = BAD + 1;

    for (int run = 0; run < 4; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(WORK, BAD, 1);
    sim.server.unmeasured = 0;
    assert_int_equal(when_golub_syncs_after(2 * 86400), 0);
    then_both_sides_agree();
    then_it_is_there(WORK, BAD, 1);
    then_it_is_here(WORK, BAD, 1);
}

/* Where the search stood says nothing under another UIDVALIDITY: each message comes with its date. */
static void
under_another_uidvalidity_it_is_found_anew(void **state)
{
    uint32_t uid = 0;

    (void)state;
    given_mail(true);
    given_mail_there(WORK, 8);
    given_mail_there(WORK, BAD);
    sim.server.unmeasured = BAD + 1;
    for (int run = 0; run < 3; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);
    server_reset_uidvalidity(&sim.server, WORK);
    given_mail_there(WORK, 40);

    for (int run = 0; run < 4; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(WORK, 8, 1);
    then_it_is_here(WORK, 40, 1);
    assert_int_equal(unreadable(&uid), 1);
    sim.server.unmeasured = 0;
    assert_int_equal(when_golub_syncs_after(2 * 86400), 0);
    then_both_sides_agree();
}

/* A server that lists in no order, or loses what it had said: it is halved. The search may take more than one run. */
static void
where_answers_say_nothing_it_is_found_by_halving(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        uint32_t uid = 0;

        given_mail_of(seed, true);
        sim.server.reorders = true;
        for (int content = 40; content < 52; content++)
            given_mail_there(WORK, content);
        const uint32_t bad = given_mail_there(WORK, BAD);
        given_mail_there(WORK, 52);
        sim.server.unmeasured = BAD + 1;

        for (int run = 0; run < 4; run++)
            assert_int_equal(when_golub_syncs_after(60), 1);

        for (int content = 40; content < 53; content++)
            then_it_is_here(WORK, content, 1);
        assert_int_equal(unreadable(&uid), 1);
        assert_int_equal(uid, bad);
        sim.server.unmeasured = 0;
        assert_int_equal(when_golub_syncs_after(2 * 86400), 0);
        then_both_sides_agree();
        for (size_t i = 0; i < sim.server.boxes[WORK].count; i++) /* each by its own date: none was passed over */
            assert_true(date_of_row(sim.server.boxes[WORK].messages[i].uid) == sim.server.boxes[WORK].messages[i].date);
    }
}

/* Found in the second run, since the line ends without a word; asked for in the next one, then once a day. */
static void
it_is_asked_for_once_a_day(void **state)
{
    (void)state;
    given_mail(true);
    given_mail_there(WORK, BAD);
    sim.server.unmeasured = BAD + 1;
    for (int run = 0; run < 3; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);
    sim.server.unmeasured = 0;

    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(WORK, BAD, 0);

    assert_int_equal(when_golub_syncs_after(2 * 86400), 0);
    then_it_is_here(WORK, BAD, 1);
}

/*
 * A server that was set back gives its last UIDs again. A listing by UID and flags alone does not show that, so size and date are compared behind it:
 * the new ones come, what the server lost goes up again, and the one that can't be read is named as before.
 */
static void
a_uid_that_is_given_again_beside_it_is_another_message(void **state)
{
    static struct server then;
    uint32_t uid = 0;

    (void)state;
    given_mail(true);
    sim.server.unmeasured = 2 + 1;
    given_mail_there(WORK, 8);
    for (int run = 0; run < 3; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);
    then = sim.server;
    given_mail_there(WORK, 40);
    given_mail_there(WORK, 42);
    assert_int_equal(when_golub_syncs_after(60), 1);
    server_restore(&sim.server, &then);
    for (int content = 50; content < 53; content++) {
        assert_true(server_add(&sim.server, WORK, content, 0, 0, 1600000000 + content, &uid));
        ledger_put(&sim.world, content, WORK);
    }

    for (int run = 0; run < 3; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(WORK, 40, 1);
    then_it_is_here(WORK, 42, 1);
    for (int content = 50; content < 53; content++)
        then_it_is_here(WORK, content, 1);
    assert_int_equal(unreadable(&uid), 1);
    assert_int_equal(uid, 1);
    sim.server.unmeasured = 0;
    assert_int_equal(when_golub_syncs_after(2 * 86400), 0);
    then_both_sides_agree();
}

/* One of those that are compared can't be read since then: it is found like any other. */
static void
one_that_is_damaged_beside_another_is_found(void **state)
{
    uint32_t uid = 0;

    (void)state;
    given_mail(true);
    sim.server.unmeasured = 2 + 1;
    given_mail_there(WORK, 8);
    for (int run = 0; run < 3; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);
    sim.server.unmeasured = 6 + 1;
    given_mail_there(WORK, 40);

    for (int run = 0; run < 3; run++)
        assert_int_equal(when_golub_syncs_after(run == 0 ? 2 * 86400 : 60), 1);

    then_it_is_here(WORK, 40, 1);
    assert_int_equal(unreadable(&uid), 1);
    assert_int_equal(uid, 5);
}

/* Another client's message of the same size and date gets the UID that it had. */
static void
given_its_uid_is_given_to(const struct server *then, int content, int other)
{
    const struct sim_message *sent = NULL;
    uint32_t uid;

    for (size_t i = 0; i < sim.server.boxes[WORK].count; i++)
        if (sim.server.boxes[WORK].messages[i].content == content)
            sent = &sim.server.boxes[WORK].messages[i];
    assert_non_null(sent);
    const struct sim_message was = *sent;
    server_restore(&sim.server, then);
    assert_true(server_add(&sim.server, WORK, other, 0, 0, was.date, &uid));
    ledger_put(&sim.world, other, WORK);
    assert_int_equal(uid, was.uid);
    assert_int_equal(server_size(&sim.server, server_message(&sim.server, WORK, uid)), server_size(&sim.server, &was));
}

/*
 * What was sent into such a mailbox gets its size behind its flags, in the same run or days later: that the server has the bytes that were sent is
 * known all the same, so that another message under its UID is found out.
 */
static void
what_was_sent_beside_it_is_known_by_its_bytes(void **state)
{
    static struct server then;

    (void)state;
    for (int late = 0; late < 2; late++) {
        given_mail_of(1, true);
        sim.server.condstore = sim.server.qresync = false;
        sim.server.unmeasured = 7 + 1;
        for (int run = 0; run < 3; run++)
            assert_int_equal(when_golub_syncs_after(60), 1);
        then = sim.server;
        given_mail_here(WORK, 40);
        sim.server.unmeasured = late ? 40 + 1 : 7 + 1;
        for (int run = 0; run < 4; run++)
            (void)when_golub_syncs_after(60);
        sim.server.unmeasured = late ? 0 : 7 + 1;
        for (int run = 0; late && run < 2; run++)
            (void)when_golub_syncs_after(2 * 86400);
        given_its_uid_is_given_to(&then, 40, 44);
        when_the_user_removes(WORK, 40);

        for (int run = 0; run < 3; run++)
            (void)when_golub_syncs_after(2 * 86400);

        then_it_is_there(WORK, 44, 1);
        then_it_is_here(WORK, 44, 1);
        sim.server.unmeasured = 0;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_new_message_that_ends_the_line_is_found_and_stops_itself_alone),
        SCENARIO(a_new_message_that_is_refused_is_found_and_stops_itself_alone),
        SCENARIO(a_known_message_that_ends_the_line_is_found_and_stops_itself_alone),
        SCENARIO(a_file_that_may_be_it_is_not_sent),
        SCENARIO(under_another_uidvalidity_it_is_found_anew),
        SCENARIO(where_answers_say_nothing_it_is_found_by_halving),
        SCENARIO(it_is_asked_for_once_a_day),
        SCENARIO(a_uid_that_is_given_again_beside_it_is_another_message),
        SCENARIO(one_that_is_damaged_beside_another_is_found),
        SCENARIO(what_was_sent_beside_it_is_known_by_its_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
