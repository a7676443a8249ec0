/* Files whose bytes change: drafts that are saved again, what is written on while it is sent. */

#include "tests/sim/scenario.h"
#include "store/journal/quarantine.h"

static int calls, edits;

static const struct sim_message *
message_there(int mailbox, int content)
{
    const struct sim_mailbox *box = &sim.server.boxes[mailbox];
    const struct sim_message *found = NULL;

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == content) {
            assert_null(found);
            found = &box->messages[i];
        }
    assert_non_null(found);
    return found;
}

static void
given_flags_there(int mailbox, int content, unsigned flags)
{
    server_set_flags(&sim.server, mailbox, server_message(&sim.server, mailbox, message_there(mailbox, content)->uid),
                     flags, 0);
}

/* ---- files that are edited in their place ---- */

/* What stands here under that name becomes another message; at `seconds` from now by its time. */
static void
when_the_user_edits(int mailbox, int content, int into, int seconds)
{
    ledger_out(&sim.world, content, mailbox);
    mua_edit(here(), file_of(mailbox, content), into);
    file_of(mailbox, into)->date += seconds;
    ledger_put(&sim.world, into, mailbox);
}

static void
given_a_draft(uint64_t seed)
{
    given_empty_account(seed);
    given_mail_there(INBOX, 5);
    assert_true(mua_deliver(here(), INBOX, 1, FLAG_DRAFT | FLAG_SEEN, 1600000000));
    ledger_put(&sim.world, 1, INBOX);
    given_both_sides_agree();
    sim.world.now += 3600;
}

static bool
is_kept(int content)
{
    for (size_t i = 0; i < here()->quarantined; i++)
        if (here()->quarantine[i].content == content)
            return true;
    return false;
}

static void
then_the_new_version_is_there(int content, int into)
{
    then_it_is_there(INBOX, content, 0);
    then_it_is_there(INBOX, into, 1);
    then_it_is_here(INBOX, into, 1);
    then_it_is_here(INBOX, content, 0);
    assert_true(is_kept(content));
}

static void
a_draft_that_was_saved_again_replaces_the_one_there_and_is_no_removal(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        given_a_draft(1);
        sim.server.uidplus = plain == 0;
        when_the_user_edits(INBOX, 1, 20, 0);

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_the_new_version_is_there(1, 20);
        assert_int_equal(message_there(INBOX, 20)->flags, FLAG_DRAFT | FLAG_SEEN);
        then_both_sides_agree();
        when_the_user_edits(INBOX, 20, 21, 0); /* and again */
        assert_int_equal(when_golub_syncs_after(60), 0);
        then_the_new_version_is_there(20, 21);
        then_both_sides_agree();
    }
}

static void
an_untouched_draft_costs_no_row(void **state)
{
    (void)state;
    given_a_draft(1);
    file_of(INBOX, 1)->date += 100; /* touched: the same bytes */
    assert_int_equal(when_golub_syncs_after(60), 0);
    const int64_t rows = journal_changes(sim.clients[0].journal);

    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_int_equal(journal_changes(sim.clients[0].journal), rows);
    then_it_is_there(INBOX, 1, 1);
}

/* Neither version is lost, none is there twice, and the old one goes only when the new one is there. */
static void
a_draft_is_replaced_once_whenever_the_power_fails_or_the_line_breaks(void **state)
{
    int cuts = 0;
    (void)state;
    for (long step = 1; step < 40; step++)
        for (int kind = 0; kind < 8; kind++) {
            given_a_draft((uint64_t)step);
            sim.server.uidplus = kind % 4 < 2;
            when_the_user_edits(INBOX, 1, 20, 0);
            sim.world.crash_after = sim.world.lose_after = kind % 2 == 1;
            if (kind < 4)
                sim.world.crash_at = step;
            else
                sim.world.lose_at = step;
            cuts += when_golub_syncs_after(60) != 0;
            assert_true(server_multiplicity(&sim.server, INBOX, 1) + server_multiplicity(&sim.server, INBOX, 20) > 0);
            assert_true(server_multiplicity(&sim.server, INBOX, 1) > 0 || is_kept(1));

            then_both_sides_agree();

            then_the_new_version_is_there(1, 20);
        }
    assert_true(cuts > 60);
}

static void
a_draft_that_was_edited_here_and_deleted_there_goes_up(void **state)
{
    (void)state;
    given_a_draft(1);
    when_the_user_edits(INBOX, 1, 20, 0);
    server_expunge(&sim.server, INBOX, message_there(INBOX, 1)->uid);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(INBOX, 20, 1);
    then_it_is_here(INBOX, 20, 1);
    then_both_sides_agree();
}

static void
a_draft_that_was_edited_on_both_sides_stays_in_both_versions(void **state)
{
    (void)state;
    given_a_draft(1);
    when_the_user_edits(INBOX, 1, 20, 0);
    server_expunge(&sim.server, INBOX, message_there(INBOX, 1)->uid);
    given_mail_there(INBOX, 21);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_both_sides_agree();
    for (int version = 20; version < 22; version++) {
        then_it_is_there(INBOX, version, 1);
        then_it_is_here(INBOX, version, 1);
    }
}

static void
a_flag_that_the_old_version_got_meanwhile_goes_along(void **state)
{
    (void)state;
    given_a_draft(1);
    when_the_user_edits(INBOX, 1, 20, 0);
    given_flags_there(INBOX, 1, FLAG_DRAFT | FLAG_SEEN | FLAG_FLAGGED);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_the_new_version_is_there(1, 20);
    then_both_sides_agree();
    assert_string_equal(file_of(INBOX, 20)->info, "c:2,DFS");
    assert_int_equal(message_there(INBOX, 20)->flags, FLAG_DRAFT | FLAG_SEEN | FLAG_FLAGGED);
}

static void
an_old_version_that_is_flagged_before_it_goes_stays_beside_the_new_one(void **state)
{
    (void)state;
    given_a_draft(1);
    when_the_user_edits(INBOX, 1, 20, 0);
    given_trouble_at(STEP_DELETED, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    given_flags_there(INBOX, 1, FLAG_DRAFT | FLAG_SEEN | FLAG_FLAGGED);
    ledger_put(&sim.world, 1, INBOX);

    then_both_sides_agree();

    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
    then_it_is_there(INBOX, 20, 1);
}

static void
a_draft_that_was_edited_and_removed_before_it_went_up_is_removed(void **state)
{
    (void)state;
    given_a_draft(1);
    when_the_user_edits(INBOX, 1, 20, 0);
    given_trouble_at(STEP_APPEND, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    when_the_user_removes(INBOX, 20);

    then_both_sides_agree();

    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(INBOX, 20, 0);
}

/* The other mailbox is out of sight from there on: rows that know one side only get new numbers. */
static void
an_old_version_stays_in_a_run_for_one_mailbox_that_can_not_send_the_new_one(void **state)
{
    static const char *const inbox[] = {"INBOX", NULL};

    (void)state;
    given_a_draft(1);
    when_the_user_edits(INBOX, 1, 21, 0);
    sim.server.quota = 1;
    assert_int_equal(when_golub_syncs_after(60), 1);
    given_mail_there(WORK, 3);
    sim.only = inbox;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(INBOX, 1, 1);
    sim.only = NULL;
    sim.server.quota = 0;
    then_both_sides_agree();
    then_the_new_version_is_there(1, 21);
}

static void
an_old_version_stays_while_the_new_one_is_refused(void **state)
{
    (void)state;
    given_a_draft(1);
    sim.server.refuses = 1; /* 10, 20 and so on */
    when_the_user_edits(INBOX, 1, 20, 0);

    for (int i = 0; i < 3; i++)
        assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 0);
    when_the_user_edits(INBOX, 20, 21, 0);
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_the_new_version_is_there(1, 21);
    then_both_sides_agree();
}

/* A server that went back gives a UID again. */
static void
an_old_version_is_kept_although_another_had_its_uid_before(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 5);
    given_both_sides_agree();
    sim.backup = sim.server;
    for (int version = 1; version < 3; version++) {
        assert_true(mua_deliver(here(), INBOX, version, FLAG_DRAFT, 1600000000));
        ledger_put(&sim.world, version, INBOX);
        given_both_sides_agree();
        when_the_user_edits(INBOX, version, 20 + version, 0);
        assert_int_equal(when_golub_syncs_after(60), 0);
        assert_true(is_kept(version));
        when_the_user_removes(INBOX, 20 + version);
        given_both_sides_agree();
        given_server_as_in_backup();
        given_both_sides_agree();
    }
}

static uint32_t
uid_of(int content)
{
    const struct sim_mailbox *box = &sim.server.boxes[INBOX];

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == content)
            return box->messages[i].uid;
    return 0;
}

/* Right before its bytes are fetched: the quarantine's index has it already. */
static void
remove_the_old_version(struct world *world)
{
    struct error err = {0};
    int64_t newest = 0;

    assert_true(journal_quarantine_newest(sim.clients[0].journal, &newest, &err));
    if (newest == INT64_MIN || uid_of(1) == 0)
        return;
    ledger_out(world, 1, INBOX);
    server_expunge(&sim.server, INBOX, uid_of(1));
}

static void
an_old_version_that_others_remove_at_that_moment_is_no_problem(void **state)
{
    (void)state;
    given_a_draft(1);
    when_the_user_edits(INBOX, 1, 20, 0);
    given_others_act(remove_the_old_version);

    assert_int_equal(when_golub_syncs_after(60), 0);

    sim.world.interfere = 0;
    assert_int_equal(sim.world.errors, 0);
    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(INBOX, 20, 1);
    then_both_sides_agree();
}

static void
many_drafts_that_were_saved_again_are_not_held(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int i = 100; i < 130; i++)
        if (!content_get(i)->digests.has_nul && !content_get(i + 50)->digests.has_nul) {
            assert_true(mua_deliver(here(), INBOX, i, FLAG_DRAFT, 1600000000));
            ledger_put(&sim.world, i, INBOX);
        }
    given_both_sides_agree();
    for (int i = 100; i < 130; i++)
        if (!content_get(i)->digests.has_nul && !content_get(i + 50)->digests.has_nul)
            when_the_user_edits(INBOX, i, i + 50, 0);

    assert_int_equal(when_golub_syncs_after(3600), 0);

    then_it_is_there(INBOX, 101, 0);
    then_both_sides_agree();
}

static void
a_draft_that_was_edited_and_moved_is_a_move(void **state)
{
    (void)state;
    for (long step = 0; step < 30; step++) {
        given_a_draft(1);
        when_the_user_edits(INBOX, 1, 20, 0);
        when_the_user_moves(20, INBOX, WORK);
        sim.world.crash_at = step;
        (void)when_golub_syncs_after(60);

        then_both_sides_agree();

        then_it_is_there(WORK, 20, 1);
        then_it_is_there(INBOX, 1, 0);
        then_it_is_here(INBOX, 1, 0);
        assert_true(is_kept(1));
    }
}

/* At one of the moments at which others act, while the file has one name. */
static void
edit_at_that_moment(struct world *world)
{
    (void)world;
    if (calls-- != 0 || maildir_sim_multiplicity(here(), INBOX, 1, false) != 1 ||
        maildir_sim_multiplicity(here(), WORK, 1, false) != 0)
        return;
    when_the_user_edits(INBOX, 1, 20, 0);
    edits++;
}

/* Also between the look at its bytes and the link, which takes it to where it is no draft any more. */
static void
a_draft_that_is_saved_again_at_any_moment_of_its_move_is_sent(void **state)
{
    (void)state;
    edits = 0;
    for (int moment = 0; moment < 60; moment++) {
        uint32_t uid = 0;

        given_a_draft(1);
        const struct sim_message old = *message_there(INBOX, 1);
        server_expunge(&sim.server, INBOX, old.uid);
        ledger_out(&sim.world, 1, INBOX);
        assert_true(server_add(&sim.server, WORK, 1, old.flags & ~(unsigned)FLAG_DRAFT, 0, old.date, &uid));
        ledger_put(&sim.world, 1, WORK);
        calls = moment;
        given_others_act(edit_at_that_moment);
        const int before = edits;

        (void)when_golub_syncs_after(60);

        sim.world.interfere = 0;
        if (edits == before)
            continue;
        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(60);
        const int there = server_multiplicity(&sim.server, INBOX, 20) + server_multiplicity(&sim.server, WORK, 20);
        const int altered = maildir_sim_multiplicity(here(), INBOX, 20, false);
        if (there != 1 && altered != 1)
            fail_msg("moment %d: the edit is there %d times", moment, there);
    }
    assert_true(edits > 5);
}

static void
another_file_that_was_edited_and_moved_is_new_mail_and_the_message_comes_back(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    when_the_user_edits(INBOX, 1, 20, 0);
    when_the_user_moves(20, INBOX, WORK);
    ledger_put(&sim.world, 1, INBOX);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(WORK, 20, 1);
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
    then_both_sides_agree();
}

static void
a_file_that_was_written_on_after_it_was_sent_is_replaced(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    assert_int_equal(when_golub_syncs_after(60), 0);
    when_the_user_edits(INBOX, 1, 20, 9); /* nine seconds later */

    assert_int_equal(when_golub_syncs_after(3600), 0);

    then_the_new_version_is_there(1, 20);
    then_both_sides_agree();
}

/* Runs that follow each other within the time that a file may need do not end the comparison. */
static void
a_file_that_is_written_on_after_several_quick_runs_is_replaced(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(when_golub_syncs_after(1), 0);
    when_the_user_edits(INBOX, 1, 20, 0);

    assert_int_equal(when_golub_syncs_after(1), 0);

    then_the_new_version_is_there(1, 20);
    then_both_sides_agree();
}

static void
a_file_that_moves_while_it_is_written_is_replaced_where_it_is(void **state)
{
    (void)state;
    for (int server = 0; server < 4; server++) { /* with and without MOVE, with and without UIDPLUS */
        given_empty_account(1);
        sim.server.move = server % 2 != 0;
        sim.server.uidplus = server < 2;
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        given_mail_here(INBOX, 1);
        assert_int_equal(when_golub_syncs_after(1), 0);
        when_the_user_moves(1, INBOX, WORK);
        assert_int_equal(when_golub_syncs_after(1), 0);
        assert_int_equal(when_golub_syncs_after(1), 0);
        when_the_user_edits(WORK, 1, 20, 0);

        assert_int_equal(when_golub_syncs_after(1), 0);

        then_it_is_there(WORK, 20, 1);
        then_it_is_there(WORK, 1, 0);
        then_both_sides_agree();
    }
}

static void
edit_what_was_sent(struct world *world)
{
    struct sim_mailbox *box = &sim.server.boxes[INBOX];

    (void)world;
    if (box->count > 0 && calls++ == 0)
        when_the_user_edits(INBOX, 1, 20, 0);
}

static void
a_file_that_is_written_on_while_it_is_sent_is_replaced_in_the_same_run(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    calls = 0;
    given_others_act(edit_what_was_sent);

    (void)when_golub_syncs_after(60);

    assert_true(calls > 0);
    then_it_is_there(INBOX, 20, 1);
    then_it_is_there(INBOX, 1, 0);
    then_both_sides_agree();
}

static void
a_file_that_was_edited_later_is_altered_and_its_message_stays_as_it_was(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    assert_int_equal(when_golub_syncs_after(60), 0);
    when_the_user_edits(INBOX, 1, 20, 11); /* eleven seconds later */

    assert_int_equal(when_golub_syncs_after(3600), 1);

    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_there(INBOX, 1, 1);
    then_it_is_there(INBOX, 20, 0);
    mua_edit(here(), file_of(INBOX, 20), 1); /* put right again */
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_both_sides_agree();
}

static void
a_restored_draft_of_the_past_replaces_nothing(void **state)
{
    static struct sim_tree then;
    (void)state;
    given_a_draft(1);
    then = here()->tree;
    when_the_user_edits(INBOX, 1, 20, 0);
    given_both_sides_agree();
    then_the_new_version_is_there(1, 20);
    then.files[0].original = then.files[0].content;
    then.files[1].original = then.files[1].content;
    maildir_sim_restore(here(), &then);
    for (size_t i = 0; i < here()->tree.count; i++)
        here()->tree.files[i].original = here()->tree.files[i].content;
    check_forget(&sim.clients[0]);
    ledger_put(&sim.world, 1, INBOX);
    ledger_put(&sim.world, 20, INBOX);

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_is_there(INBOX, 20, 1);
    then_it_is_here(INBOX, 20, 1);
    then_it_is_here(INBOX, 1, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_draft_that_was_saved_again_replaces_the_one_there_and_is_no_removal),
        SCENARIO(an_untouched_draft_costs_no_row),
        SCENARIO(a_draft_is_replaced_once_whenever_the_power_fails_or_the_line_breaks),
        SCENARIO(a_draft_that_was_edited_here_and_deleted_there_goes_up),
        SCENARIO(a_draft_that_was_edited_on_both_sides_stays_in_both_versions),
        SCENARIO(a_flag_that_the_old_version_got_meanwhile_goes_along),
        SCENARIO(an_old_version_that_is_flagged_before_it_goes_stays_beside_the_new_one),
        SCENARIO(a_draft_that_was_edited_and_removed_before_it_went_up_is_removed),
        SCENARIO(an_old_version_stays_while_the_new_one_is_refused),
        SCENARIO(an_old_version_stays_in_a_run_for_one_mailbox_that_can_not_send_the_new_one),
        SCENARIO(an_old_version_is_kept_although_another_had_its_uid_before),
        SCENARIO(an_old_version_that_others_remove_at_that_moment_is_no_problem),
        SCENARIO(many_drafts_that_were_saved_again_are_not_held),
        SCENARIO(a_draft_that_was_edited_and_moved_is_a_move),
        SCENARIO(a_draft_that_is_saved_again_at_any_moment_of_its_move_is_sent),
        SCENARIO(another_file_that_was_edited_and_moved_is_new_mail_and_the_message_comes_back),
        SCENARIO(a_file_that_was_written_on_after_it_was_sent_is_replaced),
        SCENARIO(a_file_that_is_written_on_after_several_quick_runs_is_replaced),
        SCENARIO(a_file_that_moves_while_it_is_written_is_replaced_where_it_is),
        SCENARIO(a_file_that_is_written_on_while_it_is_sent_is_replaced_in_the_same_run),
        SCENARIO(a_file_that_was_edited_later_is_altered_and_its_message_stays_as_it_was),
        SCENARIO(a_restored_draft_of_the_past_replaces_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
