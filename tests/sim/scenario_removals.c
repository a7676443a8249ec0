/* What must hold back a removal, at the one moment at which it alone does. */
#include "tests/quarantine_rows.h"
#include "store/journal/quarantine.h"
#include "tests/sim/scenario.h"

static int calls;

/* Its mailbox was restored or renumbered behind our back: the same UID, the same size, another message. */
static void
give_the_victim_another_date(struct world *world)
{
    struct journal_op *ops = NULL;
    struct error err = {0};
    size_t count = 0;
    struct sim_message *message = server_message(&sim.server, INBOX, 1);

    (void)world;
    assert_true(journal_ops(sim.clients[0].journal, &ops, &count, &err));
    free(ops);
    if (count == 0 || calls++ > 0)
        return;
    assert_non_null(message);
    message->date += 86400;
}

static void
a_message_with_another_date_under_the_uid_is_not_removed(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);
    ledger_put(&sim.world, 1, INBOX); /* the other message, which nobody removed */
    calls = 0;
    given_others_act(give_the_victim_another_date);

    (void)when_golub_syncs_after(60);

    assert_true(calls > 0);
    then_it_is_there(INBOX, 1, 1);
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
}

/* One that vanished in one mailbox may be the one that can't be fetched from the other: a date differs, and its header does not come. */
static void
what_could_not_be_fetched_holds_every_removal_of_its_run(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, 1);
    given_mail_there(WORK, 3);
    sim.server.withheld = 3 + 1;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(INBOX, 1, 1);
    assert_int_equal(here()->quarantined, 0);
    sim.server.withheld = 0;
    then_both_sides_agree();
    then_it_is_here(INBOX, 1, 0);
    then_it_is_here(WORK, 3, 1);
}

static void
what_may_have_moved_to_a_mailbox_that_cannot_be_read_is_not_removed(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, 1);
    given_mail_there(WORK, 1);
    sim.server.unreadable = 1u << WORK;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(INBOX, 1, 1);
    assert_int_equal(here()->quarantined, 0);
    sim.server.unreadable = 0;
    then_both_sides_agree();
    then_it_is_here(INBOX, 1, 0);
    then_it_is_here(WORK, 1, 1);
    assert_int_equal(here()->quarantined, 0);
}

/* Its own mailbox has the numbers that it had. It is not forgotten because another one has new ones; and what was flagged since stays. */
static void
a_removal_is_carried_although_another_mailbox_is_numbered_anew(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    for (int i = 2; i < 5; i++)
        given_mail_there(WORK, i);
    given_both_sides_agree();
    server_reset_uidvalidity(&sim.server, INBOX);
    when_the_user_removes(WORK, 2);
    when_the_user_removes(WORK, 3);
    ledger_put(&sim.world, 3, WORK);
    server_set_flags(&sim.server, WORK, &sim.server.boxes[WORK].messages[1], FLAG_FLAGGED, 0);

    for (int i = 0; i < 2; i++)
        (void)when_golub_syncs_after(60);

    then_it_is_there(WORK, 2, 0);
    then_it_is_here(WORK, 2, 0);
    then_it_is_there(WORK, 3, 1);
    then_it_is_here(WORK, 3, 1);
    then_it_is_here(INBOX, 1, 1);
    then_both_sides_agree();
}

/* Two runs that began at one backup have the same number: their nonces say that this Maildir is not of this journal. */
static void
what_another_run_of_the_same_number_did_not_have_is_no_removal(void **state)
{
    static struct sim_tree before, first;
    void *image = NULL;
    size_t size = 0;
    struct error err = {0};

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    before = here()->tree;
    assert_true(journal_image(sim.clients[0].journal, &image, &size, &err));
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    first = here()->tree;
    run_open_journal(&sim, 0, image, size);
    free(image);
    maildir_sim_restore(here(), &before);
    check_forget(&sim.clients[0]);
    given_mail_there(INBOX, 3);
    given_both_sides_agree();
    maildir_sim_restore(here(), &first);
    check_forget(&sim.clients[0]);

    (void)when_golub_syncs_after(60);

    then_it_is_there(INBOX, 3, 1);
    then_it_is_here(INBOX, 3, 1);
    then_both_sides_agree();
}

/* Without UID EXPUNGE nothing else may carry \Deleted. Whoever let the removals go is not asked for another word. */
static void
what_was_let_go_and_refused_waits_for_no_other_word(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.uidplus = sim.server.move = false;
    for (int i = 0; i < 12; i++)
        given_mail_there(INBOX, 20 + i);
    given_mail_there(INBOX, 2);
    server_set_flags(&sim.server, INBOX, &sim.server.boxes[INBOX].messages[12], FLAG_DELETED, 0);
    given_both_sides_agree();
    maildir_sim_reborn(here()); /* so they are held, whatever their number */
    for (int i = 0; i < 3; i++)
        when_the_user_removes(INBOX, 20 + i);
    sim.clients[0].confirm = false;
    assert_int_equal(when_golub_syncs_after(60), 3);
    sim.clients[0].confirm = true;
    assert_int_equal(when_golub_syncs_after(60), 1);

    for (int i = 0; i < 3; i++) {
        sim.clients[0].confirm = false;
        assert_int_equal(when_golub_syncs_after(60), 1);
    }

    then_it_is_there(INBOX, 20, 1);
    when_the_user_removes(INBOX, 25); /* of what comes since it is asked as ever */
    server_set_flags(&sim.server, INBOX, &sim.server.boxes[INBOX].messages[12], 0, 0);
    maildir_sim_reborn(here());
    sim.clients[0].confirm = false;
    assert_int_equal(when_golub_syncs_after(60), 3);
    for (int i = 0; i < 3; i++)
        then_it_is_there(INBOX, 20 + i, 0);
    then_it_is_there(INBOX, 25, 1);
}

static struct sim_file let_go_file;

static void
given_what_was_let_go_and_refused(void)
{
    given_empty_account(1);
    sim.server.uidplus = sim.server.move = false;
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_mail_there(INBOX, 3);
    server_set_flags(&sim.server, INBOX, &sim.server.boxes[INBOX].messages[2], FLAG_DELETED, 0);
    given_both_sides_agree();
    let_go_file = *file_of(INBOX, 1);
    maildir_sim_reborn(here());
    when_the_user_removes(INBOX, 1);
    sim.clients[0].confirm = false;
    assert_int_equal(when_golub_syncs_after(60), 3);
    sim.clients[0].confirm = true;
    assert_int_equal(when_golub_syncs_after(60), 1);
}

/* Its file came back meanwhile: the word is not for its next removal. */
static void
what_was_let_go_and_refused_and_came_back_is_held_once_more(void **state)
{
    (void)state;
    given_what_was_let_go_and_refused();
    assert_non_null(maildir_sim_add(here(), INBOX, let_go_file.base, let_go_file.info, 1, let_go_file.date));
    ledger_put(&sim.world, 1, INBOX);
    sim.clients[0].confirm = false;
    assert_int_equal(when_golub_syncs_after(60), 0);
    maildir_sim_reborn(here());
    when_the_user_removes(INBOX, 1);
    server_set_flags(&sim.server, INBOX, &sim.server.boxes[INBOX].messages[2], 0, 0);

    for (int i = 0; i < 2; i++) {
        sim.clients[0].confirm = false;
        assert_int_equal(when_golub_syncs_after(60), 3);
    }

    then_it_is_there(INBOX, 1, 1);
}

static bool
is_known_to_be_gone(void)
{
    const struct sim_file *file = file_of(INBOX, 1);
    struct journal_mailbox *rows = NULL;
    struct journal_message message;
    struct error err = {0};
    size_t count = 0;
    bool found = false;

    assert_true(journal_mailboxes(sim.clients[0].journal, &rows, &count, &err));
    for (size_t i = 0; i < count && !found; i++)
        assert_true(journal_message_by_base(sim.clients[0].journal, rows[i].id, file->base, &message, &found, &err));
    journal_mailboxes_free(rows, count);
    assert_true(found);
    return (message.facts & FACT_GONE_HERE) != 0;
}

/* ... also where the run that saw it come back died right after. */
static void
a_word_ends_when_the_file_is_seen_again_whenever_the_power_fails(void **state)
{
    bool dies = true;
    int seen = 0;

    (void)state;
    for (long step = 1; dies; step++) {
        given_what_was_let_go_and_refused();
        assert_non_null(maildir_sim_add(here(), INBOX, let_go_file.base, let_go_file.info, 1, let_go_file.date));
        ledger_put(&sim.world, 1, INBOX);
        sim.clients[0].confirm = false;
        sim.world.crash_at = step;
        dies = when_golub_syncs_after(60) == -1;
        sim.clients[0].confirm = false;
        if (is_known_to_be_gone())
            continue;
        seen++;
        when_the_user_removes(INBOX, 1);
        maildir_sim_reborn(here());
        server_set_flags(&sim.server, INBOX, &sim.server.boxes[INBOX].messages[2], 0, 0);

        assert_int_equal(when_golub_syncs_after(60), 3);

        then_it_is_there(INBOX, 1, 1);
    }
    assert_true(seen > 1);
}

/* What was let go bears a name among the lists that no word releases. */
static void
the_name_of_what_was_let_go_is_no_list(void **state)
{
    (void)state;
    given_what_was_let_go_and_refused();
    (void)text_print(sim.clients[0].list[0], sizeof sim.clients[0].list[0], "released");
    sim.clients[0].forced = FORCED_LIST;
    sim.refusals = true;

    assert_int_equal(when_golub_syncs_after(60), 2);

    sim.clients[0].forced = FORCED_NOT;
    then_it_is_there(INBOX, 1, 1);
}

static void
given_it_is_gone_there(int content)
{
    for (size_t i = 0; i < sim.server.boxes[INBOX].count; i++)
        if (sim.server.boxes[INBOX].messages[i].content == content) {
            ledger_out(&sim.world, content, INBOX);
            server_expunge(&sim.server, INBOX, sim.server.boxes[INBOX].messages[i].uid);
            return;
        }
    fail_msg("#%d is not there", content);
}

/* Their removal waited for a word when the provider renumbered the mailbox and filled it again with others: of how many would that be a share? */
static void
what_is_nowhere_any_more_makes_no_removal_a_small_one(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int i = 0; i < 120; i++)
        given_mail_there(INBOX, 200 + i - i % 2 * 100); /* of no number that is like its neighbour's */
    given_both_sides_agree();
    for (int i = 0; i < 40; i++)
        when_the_user_removes(INBOX, 200 + i - i % 2 * 100);
    sim.clients[0].confirm = false;
    assert_int_equal(when_golub_syncs_after(60), 3);
    for (int i = 0; i < 85; i++)
        given_it_is_gone_there(200 + i - i % 2 * 100);
    server_reset_uidvalidity(&sim.server, INBOX);
    check_forget(&sim.clients[0]);
    sim.clients[0].confirm = false;
    (void)when_golub_syncs_after(60);
    for (int i = 85; i < 110; i++)
        when_the_user_removes(INBOX, 200 + i - i % 2 * 100);
    sim.clients[0].confirm = false;

    (void)when_golub_syncs_after(60);

    assert_int_equal(sim.server.boxes[INBOX].count, 35);
}

/* ---- what is known of it afterwards, for whoever wants it back ---- */

static void
what_is_removed_here_is_known_with_its_bytes_its_flags_and_its_date(void **state)
{
    (void)state;
    for (int cut = 0; cut < 2; cut++) { /* the power fails, and the next run writes it down */
        struct journal_quarantined *rows;
        size_t count;
        given_empty_account(1);
        const uint32_t uid = given_mail_there(INBOX, 1);
        server_message(&sim.server, INBOX, uid)->flags = FLAG_SEEN | FLAG_FLAGGED;
        given_both_sides_agree();
        ledger_out(&sim.world, 1, INBOX);
        server_expunge(&sim.server, INBOX, uid);
        if (cut) {
            given_trouble_at(STEP_QUARANTINE, false, true);
            assert_int_equal(when_golub_syncs_after(60), -1);
        }

        then_both_sides_agree();

        rows = quarantine_rows(sim.clients[0].journal, INT64_MAX, &count);
        assert_int_equal(count, 1);
        assert_true(rows[0].has_wire && rows[0].has_details && rows[0].run > 0);
        assert_memory_equal(rows[0].wire, content_get(1)->digests.wire, DIGEST_SIZE);
        assert_int_equal(rows[0].flags, FLAG_SEEN | FLAG_FLAGGED);
        assert_int_equal(rows[0].date, 1600000000);
        assert_string_equal(rows[0].mailbox, "INBOX");
        free(rows);
    }
}

/* "2023-11-15_subject_letters": the day first, so that `ls` sorts by it. */
static void
when_a_word_is_given(int word)
{
    sim.clients[0].forced = word;
    sim.clients[0].confirm = word == FORCED_NOT;
}

/* The configuration kept removals back, and lets them go: a mailbox that can't be read holds up its own alone, and those until it can. */
static void
what_was_kept_back_is_held_once_although_a_mailbox_stays_unreadable(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.configured = true;
    for (int content = 20; content < 26; content++)
        given_mail_there(content < 23 ? INBOX : WORK, content);
    given_both_sides_agree();
    when_a_word_is_given(FORCED_KEEP);
    when_the_user_removes(INBOX, 20);
    when_the_user_removes(WORK, 23);
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(INBOX, 20, 1);
    given_mail_there(WORK, 26);
    sim.server.unreadable = 1u << WORK;
    sim.server.rude = true;
    when_a_word_is_given(FORCED_SILENCE);
    for (int i = 0; i < 3; i++) {
        assert_int_not_equal(when_golub_syncs_after(60), 0);
        then_it_is_there(INBOX, 20, 1);
    }

    when_the_user_removes(INBOX, 21);
    (void)when_golub_syncs_after(60);

    then_it_is_there(INBOX, 20, 1);
    then_it_is_there(INBOX, 21, 0); /* one like any other */
    sim.server.unreadable = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(when_golub_syncs_after(90000), 3);
        then_it_is_there(WORK, 23, 1);
    }
    when_the_user_removes(WORK, 24);
    (void)when_golub_syncs_after(60);
    then_it_is_there(WORK, 24, 0);
    when_a_word_is_given(FORCED_NOT);
    (void)when_golub_syncs_after(60);
    then_it_is_there(INBOX, 20, 0);
    then_it_is_there(WORK, 23, 0);
    then_both_sides_agree();
}

static void
names_in_the_quarantine_begin_with_the_day_and_no_two_are_the_same(void **state)
{
    struct journal_quarantined *rows;
    size_t count;
    (void)state;
    given_empty_account(1);
    const uint32_t one = given_mail_there(INBOX, 1), two = given_mail_there(INBOX, 2);
    given_mail_there(INBOX, 3);
    given_both_sides_agree();
    ledger_out(&sim.world, 1, INBOX);
    ledger_out(&sim.world, 2, INBOX);
    server_expunge(&sim.server, INBOX, one);
    server_expunge(&sim.server, INBOX, two);

    then_both_sides_agree();

    rows = quarantine_rows(sim.clients[0].journal, INT64_MAX, &count);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(rows[i].name, "2023-11-1", 9);
        assert_true(rows[i].name[10] == '_' && strlen(rows[i].name) <= 140);
    }
    assert_string_not_equal(rows[0].name, rows[1].name);
    free(rows);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_message_with_another_date_under_the_uid_is_not_removed),
        SCENARIO(a_removal_is_carried_although_another_mailbox_is_numbered_anew),
        SCENARIO(what_another_run_of_the_same_number_did_not_have_is_no_removal),
        SCENARIO(what_could_not_be_fetched_holds_every_removal_of_its_run),
        SCENARIO(what_may_have_moved_to_a_mailbox_that_cannot_be_read_is_not_removed),
        SCENARIO(what_was_let_go_and_refused_waits_for_no_other_word),
        SCENARIO(what_was_let_go_and_refused_and_came_back_is_held_once_more),
        SCENARIO(a_word_ends_when_the_file_is_seen_again_whenever_the_power_fails),
        SCENARIO(the_name_of_what_was_let_go_is_no_list),
        SCENARIO(what_is_nowhere_any_more_makes_no_removal_a_small_one),
        SCENARIO(what_is_removed_here_is_known_with_its_bytes_its_flags_and_its_date),
        SCENARIO(what_was_kept_back_is_held_once_although_a_mailbox_stays_unreadable),
        SCENARIO(names_in_the_quarantine_begin_with_the_day_and_no_two_are_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
