/* The journal of a run that was cut off is put back after others have gone on, and after somebody moved a file. */
#include "tests/sim/scenario.h"

enum { KNOWN = 7, NEW = 20 };

/* A little of everything that a run has to do. */
static void
given_work_to_do(void)
{
    given_empty_account(1);
    for (int i = 1; i <= 12; i++)
        given_mail_there(i % 2 == 0 ? WORK : INBOX, i);
    given_both_sides_agree();
    given_mail_there(INBOX, NEW);
    given_mail_here(WORK, 23);
    when_the_user_moves(1, INBOX, WORK);
    when_the_user_removes(INBOX, 3);
    mua_set_flags(here(), file_of(INBOX, 5), FLAG_FLAGGED);
}

/* Does the journal take the Maildir for that of its last run? Else both sides are paired anew, and nothing is removed. */
static bool
trusts_the_maildir(void)
{
    const char *nonce = here()->tree.mark.nonce;
    char *announced = NULL, *last = NULL;
    struct error err = {0};
    bool trusts;

    assert_true(journal_get(sim.clients[0].journal, "announced", &announced, &err));
    assert_true(journal_get(sim.clients[0].journal, "nonce", &last, &err));
    trusts = (announced != NULL && strstr(announced, nonce) != NULL) || (last != NULL && strcmp(last, nonce) == 0);
    free(announced);
    free(last);
    return trusts;
}

/* Nowhere more than once; but what the journal has never heard of is new mail in both places. */
static void
then_nothing_is_doubled_or_lost(int moved, bool trusted)
{
    for (int content = 1; content <= 23; content++) {
        int inbox = server_multiplicity(&sim.server, INBOX, content);
        int work = server_multiplicity(&sim.server, WORK, content);

        then_it_is_here(INBOX, content, inbox);
        then_it_is_here(WORK, content, work);
        assert_in_range(inbox, 0, 1);
        assert_in_range(work, 0, 1);
        if (content == moved)
            assert_int_equal(work, 1);
        if (trusted || content != NEW)
            assert_in_range(inbox + work, 0, 1);
    }
}

/* @return whether the run was cut off there */
static bool
put_back_after_a_death_at(int step, bool after, int moved)
{
    struct error err = {0};
    void *image;
    size_t size;
    bool died, trusted;

    given_work_to_do();
    sim.world.crash_at = step;
    sim.world.crash_after = after;
    died = when_golub_syncs_after(60) == -1;
    assert_true(journal_image(sim.clients[0].journal, &image, &size, &err));
    (void)when_golub_syncs_after(60);
    when_the_user_moves(moved, INBOX, WORK);
    run_open_journal(&sim, 0, image, size);
    free(image);
    check_forget(&sim.clients[0]);
    trusted = trusts_the_maildir();
    for (int i = 0; i < 4; i++)
        (void)when_golub_syncs_after(60);
    then_nothing_is_doubled_or_lost(moved, trusted);
    then_both_sides_agree();
    return died;
}

static void
a_journal_set_back_to_a_killed_run_doubles_nothing(void **state)
{
    static const int moved[] = {KNOWN, NEW};

    (void)state;
    for (int m = 0; m < 2; m++) {
        bool died = true;

        for (int step = 1; died; step++) {
            assert_in_range(step, 1, 100);
            died = put_back_after_a_death_at(step, false, moved[m]) && put_back_after_a_death_at(step, true, moved[m]);
        }
    }
}

/* A server that went back has two mailboxes under each other's names: what is missing under the one name is here under the other. */
static void
a_copy_is_not_where_a_message_of_another_mailbox_has_moved(void **state)
{
    static struct sim_mailbox other;
    struct sim_file *copied = NULL;
    struct error err = {0};
    void *image;
    size_t size;

    (void)state;
    given_empty_account(1);
    server_create(&sim.server, OLD);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    sim.server.wrong_sizes = true; /* of message 4: then all mailboxes are paired anew */
    given_mail_there(INBOX, 4);
    given_mail_there(WORK, 2);
    given_mail_there(OLD, 1);
    given_mail_there(OLD, 1);
    given_both_sides_agree();
    assert_true(journal_image(sim.clients[0].journal, &image, &size, &err));
    mua_set_flags(here(), file_of(WORK, 2), FLAG_SEEN);
    given_both_sides_agree();
    for (size_t i = 0; i < here()->tree.count; i++) /* one of two */
        copied = here()->tree.files[i].content == 1 ? &here()->tree.files[i] : copied;
    assert_true(mua_copy(here(), copied, INBOX));
    ledger_put(&sim.world, 1, INBOX);
    other = sim.server.boxes[WORK];
    sim.server.boxes[WORK] = sim.server.boxes[OLD];
    sim.server.boxes[OLD] = other;
    sim.server.boxes[WORK].uidvalidity = 77;
    sim.server.boxes[OLD].uidvalidity = 78;
    for (int content = 1; content < 3; content++)
        for (int m = WORK; m <= OLD; m++)
            for (int i = 0; i < 2; i++) {
                ledger_out(&sim.world, content, m);
                ledger_put(&sim.world, content, m);
            }
    run_open_journal(&sim, 0, image, size);
    free(image);
    check_forget(&sim.clients[0]);

    then_both_sides_agree();

    then_it_is_there(INBOX, 1, 1);
    then_it_is_there(WORK, 1, 2);
}

/* The journal tells what the file showed once; it was fetched anew, then found elsewhere: nothing was agreed on. */
static void
flags_of_what_moved_since_an_older_journal_are_merged(void **state)
{
    struct error err = {0};
    void *image;
    size_t size;

    (void)state;
    given_empty_account(1);
    const uint32_t uid = given_mail_there(WORK, 1);
    given_mail_there(WORK, 2);
    server_set_flags(&sim.server, WORK, server_message(&sim.server, WORK, uid), FLAG_FLAGGED | FLAG_ANSWERED, 0);
    given_both_sides_agree();
    assert_true(journal_image(sim.clients[0].journal, &image, &size, &err));
    mua_set_flags(here(), file_of(WORK, 2), FLAG_SEEN);
    given_both_sides_agree();
    when_the_user_moves(1, WORK, INBOX);
    mua_set_flags(here(), file_of(INBOX, 1), FLAG_SEEN);
    run_open_journal(&sim, 0, image, size);
    free(image);
    check_forget(&sim.clients[0]);

    then_both_sides_agree();

    assert_string_equal(file_of(INBOX, 1)->info, "c:2,FRS");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_journal_set_back_to_a_killed_run_doubles_nothing),
        SCENARIO(a_copy_is_not_where_a_message_of_another_mailbox_has_moved),
        SCENARIO(flags_of_what_moved_since_an_older_journal_are_merged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
