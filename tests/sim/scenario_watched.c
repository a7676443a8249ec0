/*
 * A watcher tells the engine which names came and went in a folder: then they are looked at, and the folder is not listed, as long as each of them
 * stands for a file that is there under one name.
 */
#include "tests/sim/scenario.h"

/* Is what the journal has of the folder's times that of a listing, or of names that were told? */
static bool
was_listed(int mailbox)
{
    struct journal_mailbox *list;
    struct error err = {0};
    size_t count;
    bool listed = false;

    assert_true(journal_mailboxes(sim.clients[0].journal, &list, &count, &err));
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].folder, maildir_sim_folder(here(), mailbox)) == 0)
            listed = strcmp(list[i].stamp, "by names") != 0;
    journal_mailboxes_free(list, count);
    return listed;
}

static void
given_a_watcher(uint64_t seed)
{
    given_empty_account(seed);
    sim.world.kinds |= KIND_BIT(KIND_WATCHED);
    for (int content = 1; content <= 4; content++)
        given_mail_there(content % 2 == 0 ? INBOX : WORK, content);
    given_both_sides_agree();
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_int_equal(when_golub_syncs_after(60), 0); /* what the runs before did was told, too */
}

static void
a_flag_is_carried_without_a_listing_and_so_is_what_is_new(void **state)
{
    (void)state;
    given_a_watcher(1);
    mua_set_flags(here(), file_of(INBOX, 2), FLAG_SEEN | FLAG_FLAGGED);
    given_mail_here(INBOX, 7);
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_false(was_listed(INBOX));
    assert_true(was_listed(WORK));
    then_it_is_there(INBOX, 7, 1);
    then_both_sides_agree();
}

static void
a_file_that_is_gone_is_looked_for_in_a_listing(void **state)
{
    (void)state;
    given_a_watcher(2);
    when_the_user_removes(INBOX, 2);
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_true(was_listed(INBOX));
    then_it_is_there(INBOX, 2, 0);
    then_both_sides_agree();
}

static void
a_file_that_moved_is_a_move(void **state)
{
    (void)state;
    given_a_watcher(3);
    when_the_user_moves(2, INBOX, WORK);
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_true(was_listed(INBOX));
    then_it_is_there(INBOX, 2, 0);
    then_it_is_there(WORK, 2, 1);
    then_both_sides_agree();
}

static void
a_file_that_came_and_went_has_the_folder_listed(void **state)
{
    (void)state;
    given_a_watcher(4);
    given_mail_here(INBOX, 7);
    maildir_sim_drop(here(), file_of(INBOX, 7));
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_true(was_listed(INBOX));
}

static void
a_folder_that_was_not_listed_is_listed_by_whoever_knows_no_names(void **state)
{
    (void)state;
    given_a_watcher(6);
    mua_set_flags(here(), file_of(INBOX, 2), FLAG_SEEN);
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_false(was_listed(INBOX));
    sim.world.kinds &= ~KIND_BIT(KIND_WATCHED);
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_true(was_listed(INBOX));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_flag_is_carried_without_a_listing_and_so_is_what_is_new),
        SCENARIO(a_file_that_is_gone_is_looked_for_in_a_listing),
        SCENARIO(a_file_that_moved_is_a_move),
        SCENARIO(a_file_that_came_and_went_has_the_folder_listed),
        SCENARIO(a_folder_that_was_not_listed_is_listed_by_whoever_knows_no_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
