/* Others act while golub is at work, at the one moment at which it could take what it sees for something else. */
#include "tests/sim/scenario.h"

static int calls;
static char base[LOCAL_BASE_MAX + 1]; /* of the file that it is about */

static void
given_its_name(int mailbox, int content)
{
    text_print(base, sizeof base, "%s", file_of(mailbox, content)->base);
}

/* What the journal has of a mailbox in the run under way. */
static struct journal_mailbox
mailbox_seen(int mailbox)
{
    struct journal_mailbox *list = NULL, seen = {0};
    struct error err = {0};
    size_t count = 0;

    assert_true(journal_mailboxes(sim.clients[0].journal, &list, &count, &err));
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, server_mailbox_name(mailbox)) == 0)
            seen = (struct journal_mailbox){.id = list[i].id, .uidnext = list[i].uidnext};
    journal_mailboxes_free(list, count);
    return seen;
}

/* ---- on the server ---- */

static void
move_there_behind_the_listing(struct world *world)
{
    uint32_t uid;

    if (calls > 0 || mailbox_seen(INBOX).uidnext != sim.server.boxes[INBOX].uidnext)
        return;
    calls++;
    assert_true(server_add(&sim.server, INBOX, 1, 0, 0, 1600000000, &uid));
    ledger_put(world, 1, INBOX);
    ledger_out(world, 1, WORK);
    server_expunge(&sim.server, WORK, 1);
}

static void
a_message_that_moves_from_a_mailbox_not_yet_listed_to_one_that_is_is_no_removal(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    given_mail_there(INBOX, 2);
    given_mail_there(WORK, 4);
    calls = 0;
    given_others_act(move_there_behind_the_listing);

    (void)when_golub_syncs_after(60);

    assert_int_equal(calls, 1);
    then_it_is_here(INBOX, 1, 1);
    then_it_is_here(WORK, 1, 0);
    assert_int_equal(here()->quarantined, 0);
    then_both_sides_agree();
}

static void
flag_the_victim(struct world *world)
{
    struct journal_op *ops = NULL;
    struct error err = {0};
    size_t count = 0;

    (void)world;
    assert_true(journal_ops(sim.clients[0].journal, &ops, &count, &err));
    free(ops);
    if (count == 0 || calls++ > 0)
        return;
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, 1), FLAG_FLAGGED, 0);
}

static void
a_message_that_is_flagged_right_before_its_removal_comes_back(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);
    calls = 0;
    given_others_act(flag_the_victim);

    (void)when_golub_syncs_after(60);

    assert_true(calls > 0);
    then_it_is_there(INBOX, 1, 1);
    then_both_sides_agree();
    assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
}

static void
a_removal_that_the_server_refuses_is_said_once_and_asked_for_in_the_next_run(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.uidplus = false;
    for (int i = 1; i < 5; i++)
        given_mail_there(INBOX, i);
    given_both_sides_agree();
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, 4), FLAG_DELETED, 0);
    when_the_user_removes(INBOX, 1);
    when_the_user_removes(INBOX, 2);
    sim.world.errors = 0;

    assert_int_equal(when_golub_syncs_after(60), 1);

    assert_int_equal(sim.world.errors, 1);
    then_it_is_there(INBOX, 1, 1);
    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_int_equal(sim.world.errors, 2);
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, 4), 0, 0);
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(INBOX, 2, 0);
}

static void
a_move_that_the_server_has_no_room_for_leaves_the_message_where_it_is(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    for (int i = 2; sim.server.boxes[INBOX].count < SIM_MESSAGES; i++)
        if (!content_get(i)->digests.has_nul)
            given_mail_there(INBOX, i);
    given_both_sides_agree();
    when_the_user_moves(1, WORK, INBOX);
    sim.world.errors = 0;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(WORK, 1, 1);
    assert_int_equal(sim.world.errors, 1);
    ledger_out(&sim.world, 2, INBOX);
    server_expunge(&sim.server, INBOX, 1);
    then_both_sides_agree();
    then_it_is_there(WORK, 1, 0);
    then_it_is_there(INBOX, 1, 1);
}

/* ---- what a server shows of a flag that it was sent ---- */

static void
flag_what_was_read(struct world *world)
{
    struct sim_message *message = &sim.server.boxes[INBOX].messages[0];

    (void)world;
    if ((message->flags & FLAG_SEEN) != 0 && calls++ == 0)
        server_set_flags(&sim.server, INBOX, message, message->flags | FLAG_FLAGGED, 0);
}

static void
what_another_client_changed_before_the_echo_comes_down(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    mua_set_flags(here(), file_of(INBOX, 1), FLAG_SEEN);
    calls = 0;
    given_others_act(flag_what_was_read);

    (void)when_golub_syncs_after(60);

    assert_true(calls > 0);
    then_both_sides_agree();
    assert_string_equal(file_of(INBOX, 1)->info, "c:2,FS");
}

static void
flag_another_behind_the_look(struct world *world)
{
    struct journal_message row;
    struct error err = {0};
    bool found = false;

    (void)world;
    assert_true(journal_message_by_uid(sim.clients[0].journal, mailbox_seen(INBOX).id, 1, &row, &found, &err));
    if (!found || (row.flags.lseen & FLAG_SEEN) == 0 || calls++ > 0)
        return;
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, 2), FLAG_FLAGGED, 0);
}

/* The look that follows asks behind what golub changed itself: nothing else may have been changed before that. */
static void
what_another_client_changed_between_the_look_and_ours_comes_down(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    mua_set_flags(here(), file_of(INBOX, 1), FLAG_SEEN);
    calls = 0;
    given_others_act(flag_another_behind_the_look);

    (void)when_golub_syncs_after(60);

    assert_true(calls > 0);
    assert_int_equal(server_message(&sim.server, INBOX, 1)->flags, FLAG_SEEN);
    then_both_sides_agree();
    assert_string_equal(file_of(INBOX, 2)->info, "c:2,F");
}

static void
flag_what_arrived(struct world *world)
{
    struct sim_mailbox *box = &sim.server.boxes[INBOX];

    (void)world;
    if (box->count > 0 && calls++ == 0)
        server_set_flags(&sim.server, INBOX, &box->messages[0], FLAG_FLAGGED, 0);
}

static void
what_another_client_changed_right_after_an_upload_comes_down(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    calls = 0;
    given_others_act(flag_what_arrived);

    (void)when_golub_syncs_after(60);

    assert_true(calls > 0);
    then_both_sides_agree();
    assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
}

static void
hold_no_flagged(struct world *world)
{
    (void)world;
    if (sim.server.connected)
        sim.server.boxes[INBOX].permanent = FLAG_ALL & ~(unsigned)FLAG_FLAGGED;
}

static void
a_flag_that_the_server_says_ok_to_and_does_not_hold_stays_here(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.condstore = sim.server.qresync = false; /* all flags are listed each time */
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    mua_set_flags(here(), file_of(INBOX, 1), FLAG_FLAGGED);
    given_others_act(hold_no_flagged);

    (void)when_golub_syncs_after(60);

    sim.server.boxes[INBOX].permanent = FLAG_ALL;
    for (int i = 0; i < 3; i++)
        assert_int_equal(when_golub_syncs_after(60), 0);
    assert_int_equal(sim.server.boxes[INBOX].messages[0].flags, 0);
    assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
}

/* ---- what the server will not have ---- */

static void
a_refused_file_is_asked_about_again_when_it_was_changed_in_its_place(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.refuses = 1; /* 10, 20 and so on */
    given_both_sides_agree();
    given_mail_here(INBOX, 10);
    assert_int_equal(when_golub_syncs_after(60), 1);
    const unsigned long asked = coverage.done[STEP_APPEND];

    assert_int_equal(when_golub_syncs_after(60), 1); /* the same again: not asked */

    assert_int_equal(coverage.done[STEP_APPEND], asked);
    mua_edit(here(), file_of(INBOX, 10), 20); /* refused again */
    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_int_equal(coverage.done[STEP_APPEND], asked + 1);
    mua_edit(here(), file_of(INBOX, 20), 12);
    ledger_put(&sim.world, 12, INBOX);
    here()->tree.files[0].original = 12; /* what was never on the server stands for nothing else */
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(INBOX, 12, 1);
    then_both_sides_agree();
}

/* ---- in the folders ---- */

static bool
has_intent(void)
{
    struct journal_op *ops = NULL;
    struct error err = {0};
    size_t count = 0;

    assert_true(journal_ops(sim.clients[0].journal, &ops, &count, &err));
    free(ops);
    return count > 0;
}

static bool
was_digested(int mailbox)
{
    struct journal_message message;
    struct error err = {0};
    bool found = false;

    for (int64_t id = 1; !found && id < 4; id++)
        assert_true(journal_message_by_base(sim.clients[0].journal, id, base, &message, &found, &err));
    return found && message.has_wire && maildir_sim_base(here(), mailbox, base) != NULL;
}

static void
read_what_is_being_sent(struct world *world)
{
    (void)world;
    if (has_intent() && calls++ == 0)
        mua_set_flags(here(), maildir_sim_base(here(), INBOX, base), FLAG_SEEN);
}

static void
read_what_is_to_be_sent(struct world *world)
{
    (void)world;
    if (was_digested(INBOX) && calls++ == 0)
        mua_set_flags(here(), maildir_sim_base(here(), INBOX, base), FLAG_SEEN);
}

static void
remove_what_is_being_sent(struct world *world)
{
    (void)world;
    if (has_intent() && calls++ == 0)
        when_the_user_removes(INBOX, 1);
}

static void
remove_what_is_to_be_sent(struct world *world)
{
    (void)world;
    if (was_digested(INBOX) && calls++ == 0)
        when_the_user_removes(INBOX, 1);
}

static void
a_file_that_is_read_or_removed_around_its_upload_ends_no_run(void **state)
{
    static void (*const others[])(struct world * world) = {read_what_is_to_be_sent, read_what_is_being_sent,
                                                           remove_what_is_to_be_sent, remove_what_is_being_sent};
    (void)state;
    for (uint64_t seed = 1; seed < 5; seed++)
        for (size_t i = 0; i < 4; i++) {
            given_empty_account(seed);
            given_both_sides_agree();
            given_mail_here(INBOX, 1);
            given_mail_here(INBOX, 2);
            given_its_name(INBOX, 1);
            calls = 0;
            given_others_act(others[i]);

            assert_int_equal(when_golub_syncs_after(60), 0);

            assert_true(calls > 0);
            then_it_is_there(INBOX, 2, 1);
            then_both_sides_agree();
            then_it_is_there(INBOX, 1, i < 2 ? 1 : 0);
            then_it_is_here(INBOX, 1, i < 2 ? 1 : 0);
            if (i < 2)
                assert_int_equal(server_message(&sim.server, INBOX, 1)->flags |
                                     server_message(&sim.server, INBOX, 2)->flags,
                                 FLAG_SEEN);
        }
}

/* Into INBOX, which is listed already, while Work is; and back when Work has been listed. */
static void
move_out_and_back(struct world *world)
{
    static const char *const inbox = "INBOX";
    struct journal_message message;
    struct error err = {0};
    bool listed = false;

    (void)world;
    for (int64_t mailbox = 1; !listed && mailbox < 4; mailbox++)
        assert_true(journal_message_by_base(sim.clients[0].journal, mailbox, inbox, &message, &listed, &err));
    if (!listed || ++calls == 2 || calls > 3)
        return;
    struct sim_file *file = maildir_sim_base(here(), calls == 1 ? WORK : INBOX, base);
    if (file == NULL)
        return;
    maildir_sim_touch(here(), file->mailbox);
    file->mailbox = calls == 1 ? INBOX : WORK;
    maildir_sim_touch(here(), file->mailbox);
}

static void
a_file_that_is_away_while_its_folder_is_listed_once_is_not_removed(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    given_its_name(WORK, 1);
    assert_non_null(maildir_sim_add(here(), INBOX, "INBOX", "n", 2, 1600000000)); /* seen: INBOX has been listed */
    ledger_put(&sim.world, 2, INBOX);
    given_mail_here(WORK, 4);
    calls = 0;
    given_others_act(move_out_and_back);

    (void)when_golub_syncs_after(60);

    assert_true(calls >= 3);
    then_it_is_there(WORK, 1, 1);
    then_it_is_here(WORK, 1, 1);
    then_both_sides_agree();
}

/* Into INBOX, once it is listed, and it stays there. */
static void
move_behind_the_listing(struct world *world)
{
    struct journal_message message;
    struct error err = {0};
    bool listed = false;

    (void)world;
    for (int64_t mailbox = 1; !listed && mailbox < 4; mailbox++)
        assert_true(journal_message_by_base(sim.clients[0].journal, mailbox, "INBOX", &message, &listed, &err));
    if (listed && calls++ == 0)
        when_the_user_moves(1, WORK, INBOX);
}

/* Removed and sent again it would have lost its keywords. */
static void
a_file_that_moves_from_a_folder_not_yet_listed_to_one_that_is_is_moved(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    server_set_flags(&sim.server, WORK, server_message(&sim.server, WORK, 1), 0, 1);
    given_both_sides_agree();
    assert_non_null(maildir_sim_add(here(), INBOX, "INBOX", "n", 2, 1600000000)); /* seen: INBOX has been listed */
    ledger_put(&sim.world, 2, INBOX);
    given_mail_here(WORK, 4);
    calls = 0;
    given_others_act(move_behind_the_listing);

    (void)when_golub_syncs_after(60);

    assert_true(calls > 0);
    then_both_sides_agree();
    then_it_is_there(WORK, 1, 0);
    then_it_is_there(INBOX, 1, 1);
    for (size_t i = 0; i < sim.server.boxes[INBOX].count; i++)
        if (sim.server.boxes[INBOX].messages[i].content == 1)
            assert_int_equal(sim.server.boxes[INBOX].messages[i].keys, 1);
}

/* There, not there, there, ... */
static void
come_and_go(struct world *world)
{
    (void)world;
    for (size_t i = 0; i < here()->tree.count; i++) {
        struct sim_file *file = &here()->tree.files[i];
        if (strcmp(file->base, base) == 0)
            file->mailbox = file->mailbox == WORK ? -1 : WORK;
    }
    maildir_sim_touch(here(), WORK);
}

static void
a_folder_that_never_stands_still_proves_no_removal(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 33; seed++) {
        /* And what the server lost meanwhile was here: it goes, and does not come back as new mail. */
        const bool removed = seed % 2 == 0;
        given_empty_account(seed);
        given_mail_there(WORK, 1);
        given_both_sides_agree();
        given_its_name(WORK, 1);
        maildir_sim_touch(here(), WORK);
        if (removed) {
            ledger_out(&sim.world, 1, WORK);
            server_expunge(&sim.server, WORK, 1);
        }
        given_others_act(come_and_go);

        (void)when_golub_syncs_after(60);

        then_it_is_there(WORK, 1, removed ? 0 : 1);
        struct sim_file *file = maildir_sim_base(here(), -1, base);
        if (file != NULL)
            file->mailbox = WORK;
        maildir_sim_touch(here(), WORK);
        then_both_sides_agree();
        then_it_is_there(WORK, 1, removed ? 0 : 1);
        then_it_is_here(WORK, 1, removed ? 0 : 1);
    }
}

static void
take_inbox_away(struct world *world)
{
    (void)world;
    if (sim.server.connected)
        here()->tree.folder[INBOX] = false;
}

static void
what_may_stand_in_a_folder_that_cannot_be_read_is_not_removed(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    when_the_user_moves(1, WORK, INBOX);
    given_others_act(take_inbox_away);

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(WORK, 1, 1);
    here()->tree.folder[INBOX] = true;
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    then_it_is_there(WORK, 1, 0);
}

/* A draft: the old version waits for the new one, wherever that was put. */
static void
an_old_version_stays_while_the_new_one_is_refused_elsewhere(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.refuses = 1; /* 10, 20 and so on */
    assert_true(mua_deliver(here(), INBOX, 1, FLAG_DRAFT, 1600000000));
    ledger_put(&sim.world, 1, INBOX);
    given_both_sides_agree();
    when_the_user_moves(1, INBOX, WORK);
    mua_edit(here(), file_of(WORK, 1), 20);
    ledger_put(&sim.world, 20, WORK);
    check_forget(&sim.clients[0]);

    for (int run = 0; run < 3; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(WORK, 20, 1);
    then_both_sides_agree();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_message_that_moves_from_a_mailbox_not_yet_listed_to_one_that_is_is_no_removal),
        SCENARIO(a_message_that_is_flagged_right_before_its_removal_comes_back),
        SCENARIO(a_removal_that_the_server_refuses_is_said_once_and_asked_for_in_the_next_run),
        SCENARIO(a_move_that_the_server_has_no_room_for_leaves_the_message_where_it_is),
        SCENARIO(what_another_client_changed_before_the_echo_comes_down),
        SCENARIO(what_another_client_changed_between_the_look_and_ours_comes_down),
        SCENARIO(what_another_client_changed_right_after_an_upload_comes_down),
        SCENARIO(a_flag_that_the_server_says_ok_to_and_does_not_hold_stays_here),
        SCENARIO(a_refused_file_is_asked_about_again_when_it_was_changed_in_its_place),
        SCENARIO(a_file_that_is_away_while_its_folder_is_listed_once_is_not_removed),
        SCENARIO(a_file_that_is_read_or_removed_around_its_upload_ends_no_run),
        SCENARIO(a_file_that_moves_from_a_folder_not_yet_listed_to_one_that_is_is_moved),
        SCENARIO(a_folder_that_never_stands_still_proves_no_removal),
        SCENARIO(what_may_stand_in_a_folder_that_cannot_be_read_is_not_removed),
        SCENARIO(an_old_version_stays_while_the_new_one_is_refused_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
