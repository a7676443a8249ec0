/* Between two runs the file of a message left its place here and its UID went there: what was meant is told by what came instead. */
#include "tests/sim/scenario_away.h"

static void
given_three_messages(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    for (int content = 1; content <= 3; content++)
        given_mail_there(INBOX, content);
    given_both_sides_agree();
}

static void
when_another_client_removes(int mailbox, int content)
{
    ledger_out(&sim.world, content, mailbox);
    server_expunge(&sim.server, mailbox, message_of(mailbox, content)->uid);
}

/* It was lost there, and another laptop brought it back: it has a new UID where it was. */
static void
when_another_laptop_brings_it_back(int mailbox, int content)
{
    const struct sim_message was = *message_of(mailbox, content);
    uint32_t uid;

    when_another_client_removes(mailbox, content);
    assert_true(server_add(&sim.server, mailbox, content, was.flags, was.keys, was.date, &uid));
    ledger_put(&sim.world, content, mailbox);
}

static size_t
kept_times(int content, enum dress dress)
{
    size_t times = 0;

    for (size_t i = 0; i < here()->quarantined; i++)
        times += here()->quarantine[i].content == content && here()->quarantine[i].dress == (int)dress;
    return times;
}

static void
then_it_is_in(int content, int inbox, int work, int old)
{
    then_it_is_there(INBOX, content, inbox);
    then_it_is_here(INBOX, content, inbox);
    then_it_is_there(WORK, content, work);
    then_it_is_here(WORK, content, work);
    then_it_is_there(OLD, content, old);
    then_it_is_here(OLD, content, old);
}

/* ---- written anew here, moved there ---- */

static void
a_label_here_does_not_undo_a_move_there(void **state)
{
    (void)state;
    for (int restart = 0; restart < 2; restart++) {
        given_three_messages();
        sim.server.uidplus = sim.server.move = !restart;
        server_set_flags(&sim.server, INBOX, message_of(INBOX, 1), FLAG_ANSWERED, 1);
        given_both_sides_agree();
        when_the_user_saves(1, INBOX, INBOX, DRESS_READER);
        mua_set_flags(here(), file_of(INBOX, 1), FLAG_FLAGGED | FLAG_ANSWERED);
        when_another_client_moves(1, INBOX, WORK);
        const unsigned long before = coverage.done[STEP_APPEND] + coverage.done[STEP_DELIVER];

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_in(1, 0, 1, 0);
        assert_int_equal(file_of(WORK, 1)->dress, DRESS_READER);
        assert_string_equal(file_of(WORK, 1)->info, "c:2,FR");
        assert_int_equal(message_of(WORK, 1)->dress, DRESS_PLAIN);
        assert_int_equal(message_of(WORK, 1)->flags, FLAG_FLAGGED | FLAG_ANSWERED);
        assert_int_equal(message_of(WORK, 1)->keys, 1);
        assert_int_equal(coverage.done[STEP_APPEND] + coverage.done[STEP_DELIVER], before);
        then_both_sides_agree();
    }
}

/* It came from here, so that the server's answers alone say what stands there. */
static void
a_label_on_what_was_sent_does_not_undo_a_move_there(void **state)
{
    (void)state;
    for (int uidplus = 0; uidplus < 2; uidplus++) {
        given_three_messages();
        sim.server.uidplus = uidplus;
        given_mail_here(INBOX, 4);
        given_both_sides_agree();
        when_the_user_saves(4, INBOX, INBOX, DRESS_READER);
        when_another_client_moves(4, INBOX, WORK);

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_in(4, 0, 1, 0);
        assert_int_equal(file_of(WORK, 4)->dress, DRESS_READER);
        then_both_sides_agree();
    }
}

/* It had a label, and gets another one, or loses it: only what came there in its new place says that it is the same message. */
static void
another_label_here_does_not_undo_a_move_there(void **state)
{
    static const enum dress labels[] = {DRESS_PLAIN, DRESS_MOVER, DRESS_SERVER};

    (void)state;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        given_three_messages();
        when_the_user_saves(1, INBOX, INBOX, DRESS_READER);
        given_both_sides_agree();
        when_the_user_saves(1, INBOX, INBOX, labels[i]);
        when_another_client_moves(1, INBOX, WORK);
        given_mail_here(INBOX, 4); /* new, and no larger or smaller by much */
        const unsigned long before = coverage.done[STEP_APPEND] + coverage.done[STEP_DELIVER];

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_in(1, 0, 1, 0);
        assert_int_equal(file_of(WORK, 1)->dress, labels[i]);
        assert_int_equal(coverage.done[STEP_APPEND] + coverage.done[STEP_DELIVER], before + 1);
        then_both_sides_agree();
    }
}

/* Another message with that header, under which there are several. */
static void
what_has_a_header_that_names_nothing_is_not_what_moved_there(void **state)
{
    (void)state;
    given_three_messages();
    given_mail_there(INBOX, 35);
    given_both_sides_agree();
    when_the_user_saves(35, INBOX, INBOX, DRESS_READER);
    given_both_sides_agree();
    when_another_client_moves(35, INBOX, WORK);
    when_the_user_removes(INBOX, 35);
    given_mail_here(INBOX, 34);

    then_both_sides_agree();

    then_it_is_in(34, 1, 0, 0);
    then_it_is_in(35, 0, 1, 0);
}

/* The power fails, or the line breaks, at each step of the run; then the user may save it once more. */
static void
a_label_does_not_undo_a_move_after_a_run_that_died(void **state)
{
    static const enum step_kind kinds[] = {STEP_COMMIT, STEP_READ, STEP_LINK, STEP_UNLINK, STEP_MARK};

    (void)state;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        for (int how = 0; how < 8; how++) {
            for (int nth = 1; nth <= 10; nth++) {
                given_three_messages();
                when_the_user_saves(1, INBOX, INBOX, DRESS_READER);
                when_another_client_moves(1, INBOX, WORK);
                given_trouble_at(kinds[kind], (how & 1) != 0, (how & 2) != 0);
                sim.world.aim_left = nth;
                (void)when_golub_syncs_after(60);
                sim.world.aim_left = 0;
                if ((how & 4) != 0 && maildir_sim_multiplicity(here(), INBOX, 1, false) == 1 &&
                    maildir_sim_multiplicity(here(), WORK, 1, false) == 0)
                    when_the_user_saves(1, INBOX, INBOX, DRESS_READER);

                then_both_sides_agree();

                then_it_is_in(1, 0, 1, 0);
            }
        }
    }
}

static void
a_message_that_got_a_label_here_and_was_removed_there_goes(void **state)
{
    (void)state;
    given_three_messages();
    when_the_user_saves(1, INBOX, INBOX, DRESS_READER);
    when_another_client_removes(INBOX, 1);
    ledger_out(&sim.world, 1, INBOX);

    then_both_sides_agree();

    then_it_is_in(1, 0, 0, 0);
    assert_int_equal(kept_times(1, DRESS_READER), 1);
}

/* Which of two equal ones it was nobody can tell: what was saved may be a copy of the one that stays. */
static void
of_two_equal_messages_none_is_what_was_saved(void **state)
{
    (void)state;
    given_three_messages();
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    for (size_t i = 0; i < here()->tree.count; i++)
        if (here()->tree.files[i].content == 1) { /* one of them */
            assert_true(mua_move(here(), &here()->tree.files[i], INBOX, true));
            here()->tree.files[i].dress = DRESS_READER;
            break;
        }
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, message_of(INBOX, 1)->uid);

    then_both_sides_agree();

    then_it_is_here(INBOX, 1, 2);
}

/* ---- moved here, and there again where it was ---- */

static void
what_came_again_where_it_was_moved_to_no_other_place(void **state)
{
    (void)state;
    for (int how = 0; how < 16; how++) {
        given_three_messages();
        sim.server.uidplus = (how & 1) == 0;
        sim.server.move = (how & 2) == 0;
        if ((how & 4) != 0)
            sim.server.condstore = sim.server.qresync = false;
        when_another_laptop_brings_it_back(INBOX, 1);
        if ((how & 8) != 0)
            when_the_user_saves(1, INBOX, WORK, DRESS_READER);
        else
            when_the_user_moves(1, INBOX, WORK);
        mua_set_flags(here(), file_of(WORK, 1), FLAG_ANSWERED);

        (void)when_golub_syncs_after(60);
        (void)when_golub_syncs_after(60);

        then_it_is_in(1, 0, 1, 0);
        assert_int_equal(message_of(WORK, 1)->flags, FLAG_ANSWERED);
        then_both_sides_agree();
    }
}

/* The power fails, or the line breaks, at each step of that run. */
static void
what_came_again_is_moved_by_the_run_after_one_that_died(void **state)
{
    static const enum step_kind kinds[] = {STEP_COMMIT,  STEP_MOVE, STEP_COPY,  STEP_DELETED,
                                           STEP_EXPUNGE, STEP_READ, STEP_STORE, STEP_MARK};

    (void)state;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        for (int how = 0; how < 32; how++) {
            for (int nth = 1; nth <= 10; nth++) {
                given_three_messages();
                sim.server.uidplus = (how & 1) == 0;
                sim.server.move = (how & 2) == 0;
                when_another_laptop_brings_it_back(INBOX, 1);
                when_the_user_saves(1, INBOX, WORK, (how & 16) != 0 ? DRESS_READER : DRESS_PLAIN);
                given_trouble_at(kinds[kind], (how & 4) != 0, (how & 8) != 0);
                sim.world.aim_left = nth;

                (void)when_golub_syncs_after(60);
                sim.world.aim_left = 0;
                then_both_sides_agree();

                then_it_is_in(1, 0, 1, 0);
            }
        }
    }
}

/* ... and meanwhile the user moved it on, or took it back. */
static void
what_came_again_goes_where_it_is_when_its_run_has_died(void **state)
{
    (void)state;
    for (int to = INBOX; to <= OLD; to += OLD) {
        for (int nth = 1; nth <= 12; nth++) {
            given_three_messages();
            when_another_laptop_brings_it_back(INBOX, 1);
            when_the_user_moves(1, INBOX, WORK);
            given_trouble_at(STEP_COMMIT, false, true);
            sim.world.aim_left = nth;
            (void)when_golub_syncs_after(60);
            sim.world.aim_left = 0;
            when_the_user_moves(1, WORK, to);

            then_both_sides_agree();
            then_it_is_in(1, to == INBOX, 0, to == OLD);
        }
    }
}

/* What moves to another mailbox there while it moves here is in both, as before. */
static void
what_moved_to_two_places_is_in_both(void **state)
{
    (void)state;
    for (int saved = 0; saved < 2; saved++) {
        given_three_messages();
        when_another_client_moves(1, INBOX, OLD);
        when_the_user_saves(1, INBOX, WORK, saved ? DRESS_READER : DRESS_PLAIN);
        sim.world.words = 0;

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_in(1, 0, 1, 1);
        assert_int_equal(sim.world.words, 1);
        then_both_sides_agree();
    }
}

/* Removed here, and brought back there: nobody moved it. It comes down. */
static void
what_was_removed_here_and_brought_back_there_comes_down(void **state)
{
    (void)state;
    given_three_messages();
    when_another_laptop_brings_it_back(INBOX, 1);
    when_the_user_removes(INBOX, 1);

    then_both_sides_agree();

    then_it_is_in(1, 1, 0, 0);
}

/* The one that stays was copied on the server; the one that went here was removed there. */
static void
a_copy_that_somebody_made_there_is_not_what_came_again(void **state)
{
    (void)state;
    for (int reader = 0; reader < 2; reader++) {
        given_three_messages();
        given_mail_there(OLD, 1);
        given_both_sides_agree();
        when_another_client_removes(INBOX, 1);
        assert_true(action_transfer_there(&sim, OLD, message_of(OLD, 1), INBOX, false));
        when_the_user_saves(1, INBOX, WORK, reader ? DRESS_READER : DRESS_PLAIN);

        then_both_sides_agree();

        then_it_is_in(1, 1, 1, 1);
    }
}

static void
what_came_again_stays_where_nothing_may_be_removed(void **state)
{
    (void)state;
    for (int forced = 0; forced < 3; forced++) {
        given_three_messages();
        when_another_laptop_brings_it_back(INBOX, 1);
        when_the_user_moves(1, INBOX, WORK);
        sim.clients[0].forced = forced == 0 ? FORCED_KEEP : forced == 1 ? FORCED_PULL : FORCED_PUSH;

        (void)when_golub_syncs_after(60);
        sim.clients[0].forced = FORCED_NOT;

        then_it_is_here(WORK, 1, 1);
        then_both_sides_agree();
        then_it_is_in(1, 0, 1, 0);
    }
}

/* It may have been in the folder that is away, too: nothing is removed there for it. */
static void
a_new_name_of_what_the_server_lost_takes_nothing_out_of_a_folder_that_is_away(void **state)
{
    (void)state;
    given_empty_account(1);
    const uint32_t uid = given_mail_there(INBOX, 1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    given_the_folder_is_away(WORK);
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_true(mua_move(here(), file_of(INBOX, 1), INBOX, true));
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, uid);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    then_it_is_there(WORK, 1, 1);
    when_the_folder_is_back(WORK);
    then_both_sides_agree();
    then_it_is_here(WORK, 1, 1);
    then_it_is_here(INBOX, 1, 1);
}

/* A file that kept its name came out of the folder that is away, whatever else both sides lost. */
static void
what_came_out_of_a_folder_that_is_away_under_its_name_is_moved(void **state)
{
    (void)state;
    given_empty_account(1);
    const uint32_t uid = given_mail_there(INBOX, 1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);
    server_expunge(&sim.server, INBOX, uid);
    when_the_user_moves(1, WORK, INBOX);
    given_the_folder_is_away(WORK);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    then_it_is_there(WORK, 1, 0);
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_label_here_does_not_undo_a_move_there),
        SCENARIO(a_label_on_what_was_sent_does_not_undo_a_move_there),
        SCENARIO(another_label_here_does_not_undo_a_move_there),
        SCENARIO(what_has_a_header_that_names_nothing_is_not_what_moved_there),
        SCENARIO(a_label_does_not_undo_a_move_after_a_run_that_died),
        SCENARIO(a_message_that_got_a_label_here_and_was_removed_there_goes),
        SCENARIO(of_two_equal_messages_none_is_what_was_saved),
        SCENARIO(what_came_again_where_it_was_moved_to_no_other_place),
        SCENARIO(what_came_again_is_moved_by_the_run_after_one_that_died),
        SCENARIO(what_came_again_goes_where_it_is_when_its_run_has_died),
        SCENARIO(what_moved_to_two_places_is_in_both),
        SCENARIO(what_was_removed_here_and_brought_back_there_comes_down),
        SCENARIO(a_copy_that_somebody_made_there_is_not_what_came_again),
        SCENARIO(what_came_again_stays_where_nothing_may_be_removed),
        SCENARIO(a_new_name_of_what_the_server_lost_takes_nothing_out_of_a_folder_that_is_away),
        SCENARIO(what_came_out_of_a_folder_that_is_away_under_its_name_is_moved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
