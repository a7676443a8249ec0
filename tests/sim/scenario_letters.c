/*
 * Letters in file names that mean keywords, where the file, its folder or the folder's table is another one by the next run: no message gets a keyword
 * that nobody said of it, and none stays without the letter of one that it has.
 */
#include "tests/sim/scenario_letters.h"

/* ---- folders that change places ---- */

static void
their_files_keep_their_keywords(void **state)
{
    (void)state;
    given_letters();
    for (int i = JUNK; i <= TODO; i++) {
        given_line(WORK, i, i + 1);
        given_line(OLD, i, (i + 1) % 3 + 1);
    }
    for (int i = 1; i <= 6; i++)
        given_mail_with(i % 2 ? WORK : OLD, i, (unsigned)i);
    given_both_sides_agree();
    then_its_name_is(WORK, 1, "c:2,Sa");
    then_its_name_is(OLD, 2, "c:2,Sc");

    when_work_and_old_change_places();
    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    for (int i = 1; i <= 6; i++)
        then_it_has(i % 2 ? OLD : WORK, i, (unsigned)i);
}

/* Equal messages in both: a row takes over a file whose name shows the same letter, which means another keyword. What else was in them was put back. */
static void
an_equal_message_gets_its_own_letters(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, SOON, A);
    given_line(WORK, TODO, B);
    given_line(OLD, SOON, B);
    given_line(OLD, TODO, A);
    given_mail_with(WORK, 1, bit(SOON));
    given_mail_with(OLD, 1, bit(TODO));
    given_mail_with(WORK, 2, 0);
    given_mail_with(OLD, 3, 0);
    given_both_sides_agree();

    when_work_and_old_change_places();
    here()->born[WORK] = here()->born[OLD] = 0;
    when_the_user_moves(2, OLD, WORK);
    when_the_user_moves(3, WORK, OLD);
    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_has(WORK, 1, bit(SOON));
    then_its_name_is(WORK, 1, "c:2,Sb");
    then_it_has(OLD, 1, bit(TODO));
    then_its_name_is(OLD, 1, "c:2,Sb");
}

/* It stood in the name, and golub knew no line for it. */
static void
a_letter_without_a_line_is_given_none_by_the_other_folder(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, SOON, A);
    given_line(OLD, JUNK, B);
    given_mail_with(WORK, 1, bit(SOON));
    given_mail_with(OLD, 2, bit(JUNK));
    given_both_sides_agree();
    given_name(file_of(WORK, 1), "c:2,Sab");
    given_both_sides_agree();

    when_work_and_old_change_places();
    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_has(OLD, 1, bit(SOON));
    then_it_has(WORK, 2, bit(JUNK));
}

/* ---- files that moved ---- */

/* Each of the two may have been this file, and what its letter means differs. The other one is gone on both sides. */
static void
one_of_two_equal_messages_brings_no_keyword_of_the_other(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, SOON, B);
    given_line(OLD, TODO, B);
    given_line(INBOX, JUNK, B);
    given_mail_with(WORK, 1, bit(SOON));
    given_mail_with(OLD, 1, bit(TODO));
    given_both_sides_agree();
    when_the_user_removes(WORK, 1);
    server_expunge(&sim.server, WORK, message_of(WORK, 1)->uid);
    ledger_out(&sim.world, 1, OLD);
    assert_true(mua_move(here(), file_of(OLD, 1), INBOX, true));
    ledger_put(&sim.world, 1, INBOX);

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_has(INBOX, 1, bit(TODO));
}

/* A reader cut one of them off in the new folder. */
static void
what_is_left_of_letters_in_another_folder_is_believed_for_nothing(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, TODO, A);
    given_line(WORK, SOON, B);
    given_line(INBOX, JUNK, A);
    given_mail_with(WORK, 1, bit(TODO) | bit(SOON));
    given_both_sides_agree();
    when_the_user_moves(1, WORK, INBOX);
    given_name(file_of(INBOX, 1), "c:2,FSa");

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_has(INBOX, 1, bit(TODO) | bit(SOON));
}

/* No Dovecot serves either, which might be about to write a line for it. */
static void
a_letter_that_has_no_line_in_the_old_folder_was_set_in_the_new_one(void **state)
{
    (void)state;
    given_letters();
    given_line(INBOX, TODO, A);
    given_mail_with(WORK, 1, 0);
    given_mail_with(INBOX, 2, bit(TODO));
    given_both_sides_agree();
    when_the_user_moves(1, WORK, INBOX);
    given_name(file_of(INBOX, 1), "c:2,Sa");
    sim.world.ledger[1].key_set |= bit(TODO);

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_has(INBOX, 1, bit(TODO));
    then_its_name_is(INBOX, 1, "c:2,Sa");
}

/* It was set before the file was moved, or since. */
static void
a_file_of_a_folder_that_is_away_brings_no_foreign_keyword(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, TODO, A);
    given_line(INBOX, JUNK, A);
    given_mail_with(WORK, 1, 0);
    given_both_sides_agree();
    given_name(file_of(WORK, 1), "c:2,Sa");
    when_the_user_moves(1, WORK, INBOX);
    here()->tree.folder[WORK] = false;

    (void)when_golub_syncs_after(60);
    (void)when_golub_syncs_after(60);

    then_it_has(INBOX, 1, 0);
}

/* ... so that it is what a program that knows letters could have written, but for one. */
static void
letters_that_were_cut_off_are_no_translation(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, SOON, A);
    given_line(WORK, TODO, B);
    given_line(WORK, FORWARDED, C);
    given_line(INBOX, SOON, B);
    given_line(INBOX, JUNK, C);
    given_mail_with(WORK, 1, bit(SOON) | bit(TODO));
    given_both_sides_agree();
    given_name(file_of(WORK, 1), "c:2,PSabc");
    given_both_sides_agree();
    when_the_user_moves(1, WORK, INBOX);
    given_name(file_of(INBOX, 1), "c:2,PSbc");

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_has(INBOX, 1, bit(SOON) | bit(TODO));
}

static void
a_copy_that_lost_a_letter_brings_no_foreign_keyword(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, TODO, A);
    given_line(WORK, SOON, B);
    given_line(INBOX, JUNK, B);
    given_mail_with(WORK, 1, bit(TODO) | bit(SOON));
    given_both_sides_agree();
    assert_true(mua_copy(here(), file_of(WORK, 1), INBOX));
    ledger_put(&sim.world, 1, INBOX);
    given_name(file_of(INBOX, 1), "c:2,Sb");

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_has(INBOX, 1, bit(TODO) | bit(SOON));
}

/* Its row took over a copy beside it, which has another name, since all was paired anew: where the file came from is its name's word alone. */
static void
a_file_whose_copy_stays_in_its_place_brings_no_foreign_keyword(void **state)
{
    struct sim_file *file;

    (void)state;
    given_letters();
    given_line(WORK, SOON, A);
    given_line(INBOX, JUNK, A);
    given_mail_with(WORK, 1, bit(SOON));
    given_both_sides_agree();
    file = file_of(WORK, 1);
    assert_true(mua_copy(here(), file, WORK));
    ledger_put(&sim.world, 1, WORK);
    file = &here()->tree.files[here()->tree.count - 1];
    given_name(file, "c:2,S");
    file = &here()->tree.files[0];
    assert_string_equal(file->info, "c:2,Sa");
    assert_true(mua_move(here(), file, INBOX, false));
    ledger_put(&sim.world, 1, INBOX);
    server_reset_uidvalidity(&sim.server, WORK);

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_has(INBOX, 1, bit(SOON));
    then_it_has(WORK, 1, bit(SOON));
}

/* ... nor where it was given its letter after the last look, and another name where it went: it may be the row's file, or the copy may be. */
static void
a_file_with_another_name_whose_copy_stays_in_its_place_brings_no_foreign_keyword(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, SOON, A);
    given_line(INBOX, JUNK, A);
    given_mail_with(WORK, 1, 0);
    given_both_sides_agree();
    assert_true(mua_copy(here(), file_of(WORK, 1), WORK));
    ledger_put(&sim.world, 1, WORK);
    given_name(&here()->tree.files[0], "c:2,Sa");
    assert_true(mua_move(here(), &here()->tree.files[0], INBOX, true));
    ledger_put(&sim.world, 1, INBOX);
    given_mail_there(WORK, 2);

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_has(INBOX, 1, 0);
    then_it_has(WORK, 1, 0);
}

/* The journal is older than the Maildir: what is missing in the folder is fetched again, and what its name was is not known any more. */
static void
a_file_whose_message_is_fetched_again_brings_no_foreign_keyword(void **state)
{
    void *image = NULL;
    size_t size = 0;
    struct error err = {0};

    (void)state;
    given_letters();
    given_line(WORK, SOON, A);
    given_line(INBOX, JUNK, A);
    given_mail_with(WORK, 1, bit(SOON));
    given_both_sides_agree();
    assert_true(journal_image(sim.clients[0].journal, &image, &size, &err));
    given_mail_with(OLD, 2, 0);
    given_both_sides_agree();
    run_open_journal(&sim, 0, image, size);
    free(image);
    check_forget(&sim.clients[0]);
    when_the_user_moves(1, WORK, INBOX);

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_has(INBOX, 1, bit(SOON));
}

/* A Dovecot moved it to a folder whose table golub has never read, and set another keyword there. */
static void
what_a_table_that_cant_be_read_means_waits(void **state)
{
    (void)state;
    given_letters();
    here()->dovecot = true;
    for (int i = JUNK; i <= TODO; i++)
        given_line(WORK, i, i + 1);
    given_mail_with(WORK, 1, bit(SOON));
    given_both_sides_agree();
    given_line(INBOX, TODO, A);
    given_line(INBOX, SOON, B);
    given_line(INBOX, JUNK, C);
    when_the_user_moves(1, WORK, INBOX);
    given_name(file_of(INBOX, 1), "c:2,Sbc");
    sim.world.ledger[1].key_set = bit(JUNK);
    here()->shut = 1u << INBOX;
    (void)when_golub_syncs_after(60);
    then_it_has(INBOX, 1, bit(SOON));
    here()->shut = 0;

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_has(INBOX, 1, bit(SOON) | bit(JUNK));
}

/* One of another folder, and one that was set since, of which the table will tell: the first one is known now, and means nothing here. */
static void
a_letter_of_another_folder_goes_from_the_name_although_another_one_waits(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, TODO, A);
    given_line(INBOX, SOON, C);
    given_mail_with(WORK, 1, bit(TODO));
    given_mail_with(INBOX, 2, bit(SOON));
    given_both_sides_agree();
    given_line(INBOX, JUNK, B);
    when_the_user_moves(1, WORK, INBOX);
    given_name(file_of(INBOX, 1), "c:2,Sab");
    here()->shut = 1u << INBOX;
    (void)when_golub_syncs_after(60);
    here()->shut = 0;

    (void)when_golub_syncs_after(60);

    then_it_has(INBOX, 1, bit(TODO));
    assert_int_equal(letters_of_info(file_of(INBOX, 1)->info) & letter_bit(0), 0);
    given_both_sides_agree();
    assert_int_equal(letters_of_info(file_of(INBOX, 1)->info) & letter_bit(0), 0);
}

/* ---- names that are to show what they can ---- */

/* It is new, the server has no room for it, and it is given another id meanwhile. */
/* Its folder has a reader that takes letters off, so its name waits for another one; meanwhile it gets one keyword more. */
static void
a_letter_of_another_folder_goes_from_a_name_that_waited_and_is_due_once_more(void **state)
{
    enum { FLAG_HERE, FLAG_THERE, KEYWORD_THERE, WAYS }; /* why it gets another name */

    (void)state;
    for (int again = 0; again < 2; again++)
        for (int way = 0; way < WAYS; way++) {
            given_letters();
            given_line(WORK, TODO, A);
            given_line(INBOX, JUNK, B);
            given_line(INBOX, SOON, C);
            given_mail_with(WORK, 1, bit(TODO));
            given_mail_with(INBOX, 2, bit(JUNK) | bit(SOON));
            given_both_sides_agree();
            given_name(file_of(INBOX, 2), "c:2,FS");
            given_both_sides_agree();
            when_the_user_moves(1, WORK, INBOX);
            given_both_sides_agree();
            then_its_name_is(INBOX, 1, "c:2,Sa");

            if (again)
                server_set_flags(&sim.server, INBOX, message_of(INBOX, 1), FLAG_SEEN, bit(TODO) | bit(SOON));
            given_both_sides_agree();
            if (way != FLAG_THERE) /* long after that reader was last seen at it */
                assert_int_equal(when_golub_syncs_after(40 * 86400), 0);
            const unsigned flags = FLAG_SEEN | (way == FLAG_THERE ? FLAG_FLAGGED : 0u),
                           keys = bit(TODO) | (again ? bit(SOON) : 0) | (way == KEYWORD_THERE ? bit(JUNK) : 0);

            if (way == FLAG_HERE)
                given_name(file_of(INBOX, 1), "c:2,FSa");
            else
                server_set_flags(&sim.server, INBOX, message_of(INBOX, 1), flags, keys);

            given_both_sides_agree();
            then_both_sides_agree();
            then_it_has(INBOX, 1, keys);
            assert_null(strchr(file_of(INBOX, 1)->info, 'a'));
            end_scenario(NULL);
        }
}

static void
a_name_is_due_also_while_a_mailbox_is_out_of_sight(void **state)
{
    struct sim_file *file;

    (void)state;
    given_letters();
    given_line(WORK, TODO, A);
    given_mail_with(INBOX, 1, bit(TODO));
    given_mail_with(OLD, 2, 0);
    given_both_sides_agree();
    assert_true(mua_copy(here(), file_of(INBOX, 1), WORK));
    ledger_put(&sim.world, 1, WORK);
    file = file_of(WORK, 1);
    given_name(file, "n");
    sim.server.quota = 2;
    (void)when_golub_syncs_after(60);
    given_name(file, "c:2,FS");
    server_expunge(&sim.server, INBOX, message_of(INBOX, 1)->uid); /* so that it is sent */
    ledger_out(&sim.world, 1, INBOX);
    server_set_flags(&sim.server, OLD, message_of(OLD, 2), FLAG_ANSWERED, 0);
    sim.server.unreadable = 1u << OLD;
    (void)when_golub_syncs_after(60);
    sim.server.unreadable = 0;
    sim.server.quota = 0;

    (void)when_golub_syncs_after(86400);

    then_both_sides_agree();
    then_it_has(WORK, 1, bit(TODO));
    assert_int_equal(letters_of_info(file_of(WORK, 1)->info), 1);
}

/* A mail reader died while it renamed. Whichever of the two names stays, it shows the letter. */
static void
a_file_with_two_names_shows_its_letters_under_the_one_that_stays(void **state)
{
    (void)state;
    for (int way = 0; way < 32; way++) {
        struct sim_file *file;
        char base[LOCAL_BASE_MAX + 1];

        given_letters();
        sim.world.rng = rng_for((uint64_t)way, 0); /* in which order they are listed */
        given_line(WORK, SOON, A);
        given_mail_with(WORK, 1, bit(SOON));
        given_mail_with(WORK, 2, 0);
        given_both_sides_agree();
        file = file_of(WORK, 1);
        (void)snprintf(base, sizeof base, "%s", file->base);
        if (way % 2 != 0) /* it is listed first */
            given_name(file, "c:2,RS");
        assert_non_null(maildir_sim_add(here(), WORK, base,
                                        way % 2 != 0  ? "c:2,Sa"
                                        : way / 2 % 2 ? "c:2,S"
                                                      : "c:2,RS",
                                        1, 1600000000));
        ledger_put(&sim.world, 1, WORK);
        ledger_out(&sim.world, 1, WORK);
        if (way / 4 % 2 != 0)
            given_trouble_at(STEP_QUARANTINE, false, true);

        (void)when_golub_syncs_after(60);

        then_both_sides_agree();
        then_it_has(WORK, 1, bit(SOON));
        /* Where it was killed the next run may not tell it from one that a mail reader cut off; then it waits for another name. */
        assert_true(way / 4 % 2 != 0 || letters_of_info(file_of(WORK, 1)->info) == 1);
        end_scenario(NULL);
    }
}

/* The server can't keep it. The file is missing, is fetched again, and golub dies before it has written that down. */
static void
what_was_said_of_a_file_is_in_the_name_that_a_killed_run_gave_it_again(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, JUNK, A);
    given_mail_with(WORK, 1, 0);
    given_mail_with(WORK, 2, 0);
    given_both_sides_agree();
    sim.server.boxes[WORK].keywords = false;
    assert_true(event_say_keyword(&sim, 0, file_of(WORK, 1), bit(JUNK), true));
    (void)when_golub_syncs_after(60);
    then_its_name_is(WORK, 1, "c:2,Sa");
    given_the_folder_is_away(WORK);
    (void)when_golub_syncs_after(60);
    maildir_sim_drop(here(), file_of(SIM_MAILBOXES, 1));
    when_the_folder_is_back(WORK);
    given_trouble_at(STEP_DELIVER, false, true);
    assert_int_equal(when_golub_syncs_after(60), -1);

    then_both_sides_agree();

    then_it_is_here(WORK, 1, 1);
    then_its_name_is(WORK, 1, "c:2,Sa");
}

/* It got its letter there, and another one here, as a Dovecot moves it. Then the table here was written anew, so that this letter means what it means there by now. */
static void
a_letter_that_came_before_its_table_was_written_anew_says_nothing_although_it_means_the_same_elsewhere(void **state)
{
    (void)state;
    given_letters();
    here()->dovecot = true;
    given_line(INBOX, TODO, A);
    given_line(WORK, JUNK, A);
    given_line(WORK, TODO, B);
    given_mail_with(INBOX, 1, 0);
    given_mail_with(WORK, 2, 0);
    given_both_sides_agree();
    given_name(file_of(INBOX, 1), "c:2,Sa");
    sim.world.ledger[1].key_set |= bit(TODO);
    when_the_user_moves(1, INBOX, WORK);
    then_its_name_is(WORK, 1, "c:2,Sb");
    given_line(INBOX, JUNK, B);
    given_line(WORK, JUNK, B);
    given_line(WORK, TODO, A);
    here()->tree.tables[WORK].renumbered = bit(JUNK) | bit(TODO);
    maildir_sim_touch(here(), INBOX);
    maildir_sim_touch(here(), WORK);
    check_forget(&sim.clients[0]);

    then_both_sides_agree();

    then_it_has(WORK, 1, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(their_files_keep_their_keywords),
        SCENARIO(an_equal_message_gets_its_own_letters),
        SCENARIO(a_letter_without_a_line_is_given_none_by_the_other_folder),
        SCENARIO(one_of_two_equal_messages_brings_no_keyword_of_the_other),
        SCENARIO(what_is_left_of_letters_in_another_folder_is_believed_for_nothing),
        SCENARIO(a_letter_that_has_no_line_in_the_old_folder_was_set_in_the_new_one),
        SCENARIO(a_file_of_a_folder_that_is_away_brings_no_foreign_keyword),
        SCENARIO(letters_that_were_cut_off_are_no_translation),
        SCENARIO(a_copy_that_lost_a_letter_brings_no_foreign_keyword),
        SCENARIO(a_file_whose_copy_stays_in_its_place_brings_no_foreign_keyword),
        SCENARIO(a_file_with_another_name_whose_copy_stays_in_its_place_brings_no_foreign_keyword),
        SCENARIO(a_file_whose_message_is_fetched_again_brings_no_foreign_keyword),
        SCENARIO(what_a_table_that_cant_be_read_means_waits),
        SCENARIO(a_letter_of_another_folder_goes_from_the_name_although_another_one_waits),
        SCENARIO(a_letter_of_another_folder_goes_from_a_name_that_waited_and_is_due_once_more),
        SCENARIO(a_name_is_due_also_while_a_mailbox_is_out_of_sight),
        SCENARIO(a_file_with_two_names_shows_its_letters_under_the_one_that_stays),
        SCENARIO(what_was_said_of_a_file_is_in_the_name_that_a_killed_run_gave_it_again),
        SCENARIO(
            a_letter_that_came_before_its_table_was_written_anew_says_nothing_although_it_means_the_same_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
