/* Listening between runs (store/imap/listen) by IDLE and NOTIFY, on a scripted server, and a session that is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_listen_scene.h"

#include "store/imap/client.h"

static void
count_told(void *context, const struct listen_told *told)
{
    (void)told;
    ++*(size_t *)context;
}

static void
a_change_of_the_idle_mailbox_is_told(void **state)
{
    (void)state;
    struct script *script = given_script(
        "IDLE UNSELECT", (const char *const[]){"C:g1 EXAMINE \"INBOX\"", EXAMINED("g1", "5", "7", "11"), "C:g2 IDLE",
                                               "S:+ idling", "S:* 6 EXISTS", "C:DONE", "S:g2 OK", NULL});

    assert_true(listen_to(script, "INBOX", false, "idle"));
    assert_true(hear(script, "changed", 1));
    assert_true(imap_listen_end(script->imap, &script->err));

    assert_told(script, "told \"INBOX\" messages 5 next 11 v7\n"
                        "told \"INBOX\" messages 6 changed\n");
    end_script(script);
}

#define NOTIFY_TAIL                                                                                                    \
    "(MessageNew MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge FlagChange MailboxName))"

static void
notify_tells_of_every_mailbox_and_is_over_before_a_run_asks(void **state)
{
    (void)state;
    struct script *script = given_script(
        "IDLE NOTIFY CONDSTORE UNSELECT",
        (const char *const[]){"C:g1 EXAMINE \"INBOX\"", "C:g2 NOTIFY SET STATUS (selected " NOTIFY_TAIL,
                              EXAMINED("g1", "5", "7", "11"),
                              "S:* STATUS Work (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 8 HIGHESTMODSEQ 20)", "S:g2 OK",
                              "C:g3 IDLE", "S:+", "S:* STATUS Work (MESSAGES 4 UIDNEXT 5 UIDVALIDITY 8)",
                              "S:* STATUS Work (HIGHESTMODSEQ 22)", "S:* LIST () \"/\" New", "C:DONE",
                              "C:g4 NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))",
                              "S:* STATUS Work (MESSAGES 5 UIDNEXT 6 UIDVALIDITY 8)", "S:g3 OK", "S:g4 OK", NULL});

    assert_true(listen_to(script, "INBOX", true, "notify"));
    assert_true(hear(script, "changed", 1));
    assert_true(imap_listen_end(script->imap, &script->err));

    assert_told(script, "told \"INBOX\" messages 5 next 11 v7\n"
                        "told \"Work\" messages 3 next 4 v8 modseq 20\n"
                        "told \"Work\" messages 4 next 5 v8\n"
                        "told \"Work\" modseq 22\n"
                        "told \"New\" changed\n"
                        "told \"Work\" messages 5 next 6 v8\n");
    end_script(script);
}

static void
a_refused_notify_is_tried_without_flags_and_then_given_up_for_good(void **state)
{
    (void)state;
    struct script *script =
        given_script("IDLE NOTIFY UNSELECT",
                     (const char *const[]){"C:g1 EXAMINE \"INBOX\"", "C:g2 NOTIFY SET STATUS (*FlagChange*",
                                           EXAMINED("g1", "5", "7", "11"), "S:g2 NO [BADEVENT (MessageNew)] no flags",
                                           "C:g3 NOTIFY SET STATUS (selected (MessageNew MessageExpunge FlagChange)) "
                                           "(personal (MessageNew MessageExpunge MailboxName))",
                                           "S:g3 BAD no", "C:g4 IDLE", "S:+", "C:DONE", "S:g4 OK", "C:g5 UNSELECT",
                                           "C:g6 EXAMINE \"INBOX\"", "S:g5 OK", EXAMINED("g6", "5", "7", "11"),
                                           "C:g7 IDLE", "S:+", "C:DONE", "S:g7 OK", NULL});

    assert_true(listen_to(script, "INBOX", true, "idle"));
    assert_true(imap_listen_end(script->imap, &script->err));
    assert_true(listen_to(script, "INBOX", true, "idle"));
    assert_true(imap_listen_end(script->imap, &script->err));

    end_script(script);
}

static void
what_comes_before_the_plus_is_told(void **state)
{
    (void)state;
    struct script *script = given_idle((const char *const[]){IDLING("g1", "g2"), "S:* 6 EXISTS", "S:+ now", "C:DONE",
                                                             "S:* 2 EXPUNGE", "S:g2 OK", NULL});

    assert_true(hear(script, "changed", 1));
    assert_true(imap_listen_end(script->imap, &script->err));

    assert_told(script, EXAMINE_TOLD "told \"INBOX\" messages 6 changed\ntold \"INBOX\" changed\n");
    end_script(script);
}

static void
a_number_that_was_said_before_is_no_change(void **state)
{
    (void)state;
    struct script *script = given_idle((const char *const[]){
        IDLING("g1", "g2"), "S:+", "S:* 5 EXISTS", "S:* OK Still here", "S:* 0 RECENT", "S:* FLAGS (\\Seen a)",
        "S:* 6 EXISTS", "S:* 6 EXISTS", "S:* 2 FETCH (FLAGS (\\Seen))", "S:* 6 EXISTS", NULL});

    assert_true(hear(script, "messages 6", 3));

    /* Behind a change it may be another message that makes the number. */
    assert_told(script, EXAMINE_TOLD "told \"INBOX\" messages 5\ntold \"INBOX\" messages 6 changed\n"
                                     "told \"INBOX\" messages 6\ntold \"INBOX\" changed\n"
                                     "told \"INBOX\" messages 6 changed\n");
    end_script(script);
}

static void
half_an_answer_keeps_nobody_waiting(void **state)
{
    (void)state;
    static const struct {
        const char *half, *rest, *told;
    } answers[] = {
        {"s:+\r\n\r\n* 6 EX", "S:ISTS", "told \"INBOX\" messages 6 changed\n"},
        {"s:+\r\n* STATUS {4}\r\nWo", "S:rk (MESSAGES 1)", "told \"Work\" messages 1\n"},
        {"s:+\r\n* STATUS {4+}\r\nWork", "S: (MESSAGES 1)", "told \"Work\" messages 1\n"},
    };

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct script *script = given_idle(
            (const char *const[]){IDLING("g1", "g2"), answers[i].half, "C:DONE", answers[i].rest, "S:g2 OK", NULL});
        struct pollfd fd = {.fd = imap_listen_descriptor(script->imap), .events = POLLIN};
        const int64_t since = clock_ms();
        enum listen_by by;

        for (int k = 0; k < 5; k++) {
            assert_int_equal(poll(&fd, 1, k == 0 ? SOON_MS : 20) < 0, false);
            assert_true(imap_listen_read(script->imap, &by, &script->err));
        }
        assert_false(imap_listen_has_unread(script->imap));
        assert_true(clock_ms() - since < SOON_MS);
        assert_told(script, EXAMINE_TOLD);

        assert_true(imap_listen_end(script->imap, &script->err));
        assert_string_equal(script->told + strlen(EXAMINE_TOLD), answers[i].told);
        end_script(script);
    }
}

static void
a_name_as_a_literal_is_waited_for_without_waiting(void **state)
{
    (void)state;
    struct script *script =
        given_idle((const char *const[]){IDLING("g1", "g2"), "S:+", "s:* LIST () \"/\" {6}\r\na\r", "W:", "s:\nb",
                                         "W:", "S:cd ({2}\r\nxy)", "S:* 7 EXISTS", NULL});

    assert_true(hear(script, "messages 7", 1));

    assert_non_null(strstr(script->told, "told \"a\\x0D\\x0Abcd\" changed\n"));
    end_script(script);
}

static void
an_idle_that_the_server_ends_is_begun_again_at_the_next_refresh(void **state)
{
    (void)state;
    struct script *script =
        given_idle((const char *const[]){IDLING("g1", "g2"), "S:+", "S:g2 OK long enough", "C:g3 NOOP", "S:* 6 EXISTS",
                                         "S:g3 OK", "C:g4 IDLE", "S:+", "C:DONE", "S:g4 OK", NULL});
    enum listen_by by;

    assert_true(hear_by(script, "nothing"));
    assert_true(imap_listen_refresh(script->imap, &by, 0, &script->err));
    assert_string_equal(by_name(by), "idle");
    assert_non_null(strstr(script->told, "messages 6 changed"));
    assert_true(imap_listen_end(script->imap, &script->err));

    end_script(script);
}

static void
a_refused_idle_is_not_begun_again(void **state)
{
    (void)state;
    static const char *const refusals[] = {"S:g2 NO not now", "S:g2 BAD what?", "S:g2 OK never"};

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const bool ok = i == 2; /* ended before it began: as an IDLE that the server ended */
        struct script *script = given_idle((const char *const[]){IDLING("g1", "g2"), refusals[i], "C:g3 NOOP",
                                                                 "S:g3 OK", ok ? "C:g4 IDLE" : "C:g4 NOOP",
                                                                 "S:+ or not", ok ? "C:DONE" : "W:", "S:g4 OK", NULL});
        enum listen_by by;

        assert_true(hear_by(script, "nothing"));
        assert_true(imap_listen_refresh(script->imap, &by, 0, &script->err));
        assert_string_equal(by_name(by), ok ? "idle" : "nothing");
        assert_true(imap_listen_end(script->imap, &script->err));

        end_script(script);
    }
}

static void
a_refused_idle_is_not_asked_for_again_on_that_line(void **state)
{
    (void)state;
    struct script *script = given_idle((const char *const[]){
        IDLING("g1", "g2"), "S:g2 BAD what?", "C:g3 NOOP", "S:g3 OK", "C:g4 UNSELECT", "C:g5 EXAMINE *", "S:g4 OK",
        EXAMINED("g5", "5", "7", "11"), "C:g6 NOOP", "S:g6 OK", NULL});

    assert_true(hear_by(script, "nothing"));
    assert_true(imap_listen_end(script->imap, &script->err));
    assert_true(listen_to(script, "INBOX", false, "nothing"));
    assert_true(imap_listen_end(script->imap, &script->err));

    end_script(script);
}

static void
an_idle_that_ends_with_a_no_after_it_began_is_asked_for_again(void **state)
{
    (void)state;
    struct script *script = given_idle((const char *const[]){
        IDLING("g1", "g2"), "S:+", "S:g2 NO half an hour is over", "C:g3 NOOP", "S:g3 OK", "C:g4 UNSELECT",
        "C:g5 EXAMINE *", "S:g4 OK", EXAMINED("g5", "5", "7", "11"), "C:g6 IDLE", "S:+", "C:DONE", "S:g6 OK", NULL});

    assert_true(hear_by(script, "nothing"));
    assert_true(imap_listen_end(script->imap, &script->err));
    assert_true(listen_to(script, "INBOX", false, "idle"));
    assert_true(imap_listen_end(script->imap, &script->err));

    end_script(script);
}

static void
a_done_that_crosses_the_end_by_the_server_is_forgiven(void **state)
{
    (void)state;
    struct script *script = given_idle((const char *const[]){IDLING("g1", "g2"), "S:+", "C:DONE",
                                                             "S:g2 OK ended anyway", "S:DONE BAD Unknown command",
                                                             "C:g3 UNSELECT", "C:g4 NOOP", "S:g3 OK", "S:g4 OK", NULL});

    assert_true(imap_listen_end(script->imap, &script->err));
    assert_true(imap_listen_end(script->imap, &script->err));

    end_script(script);
}

static void
an_untagged_bad_to_idle_costs_no_line(void **state)
{
    (void)state;
    struct script *script =
        given_idle((const char *const[]){IDLING("g1", "g2"), "S:* BAD what is IDLE?", "C:g3 UNSELECT", "S:g3 OK",
                                         "C:g4 LIST*", "C:g5 LSUB*", "S:g4 OK", "S:g5 OK", NULL});

    assert_true(imap_listen_end(script->imap, &script->err));
    imap_keep(script->imap, true);
    assert_true(open_again(script));
    if (!survey(script))
        print_message("%s %s\n", script->err.what, script->complaint);
    end_script(script);
}

static void
a_goodbye_and_a_closed_line_are_found(void **state)
{
    (void)state;
    static const char *const ends[] = {"S:* BYE going down", "E:", "S:a answer to nothing"};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct script *script = given_idle((const char *const[]){IDLING("g1", "g2"), "S:+", ends[i], NULL});
        enum listen_by by;

        assert_false(hear(script, "changed", 1));
        assert_false(imap_is_open(script->imap));
        assert_int_equal(imap_listen_descriptor(script->imap), -1);
        assert_false(imap_listen_has_unread(script->imap));
        assert_false(imap_listen_read(script->imap, &by, &script->err));
        assert_false(imap_listen_refresh(script->imap, &by, 0, &script->err));
        assert_false(imap_listen_end(script->imap, &script->err));

        imap_drop(script->imap, true);
        end_script(script);
    }
}

static void
what_cannot_be_read_is_a_reason_to_look_and_no_more(void **state)
{
    (void)state;
    struct script *script =
        given_idle((const char *const[]){IDLING("g1", "g2"), "S:+", "S:* 99999999999999999999 EXISTS", "S:* STATUS",
                                         "S:* STATUS x (UIDNEXT 99999999999)", "S:* STATUS y (UNSEEN 1)", "S:* LIST",
                                         "S:* 1 FETCH (UID 0 FLAGS ())", "S:* XYZ (((", "S:* 8 EXISTS", NULL});

    assert_true(hear(script, "messages 8", 1));

    assert_true(imap_is_open(script->imap));
    assert_non_null(strstr(script->told, "told \"\" changed\n"));
    assert_non_null(strstr(script->told, "told \"y\" changed\n"));
    end_script(script);
}

static void
an_alert_is_kept_until_it_was_shown(void **state)
{
    (void)state;
    struct script *script = given_idle(
        (const char *const[]){IDLING("g1", "g2"), "S:+", "S:* OK [ALERT] the disk is full", "S:* 6 EXISTS", NULL});
    struct remote_info info;

    assert_true(hear(script, "changed", 1));
    script->remote.ops->info(script->remote.self, &info);
    assert_string_equal(info.alerts, "[ALERT] the disk is full\n");

    imap_forget_alerts(script->imap);
    script->remote.ops->info(script->remote.self, &info);
    assert_string_equal(info.alerts, "");
    end_script(script);
}

static void
many_answers_are_all_told_and_one_call_takes_some_of_them(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    struct script *script = given_script(
        "IDLE NOTIFY",
        (const char *const[]){"C:g1 NOTIFY *", "S:g1 OK", "C:g2 IDLE", "S:+",
                              "N:100000:* STATUS \"Box\" (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 8 X-SIZE 12)\r\n",
                              "S:* STATUS last (MESSAGES 1)", NULL});
    size_t count = 0;
    const struct listening how = {.notify = true, .told = count_told, .context = &count};
    enum listen_by by;

    assert_true(imap_listen(script->imap, &how, &by, &script->err));
    while (count < MANY + 1) {
        struct pollfd fd = {.fd = imap_listen_descriptor(script->imap), .events = POLLIN};
        const size_t before = count;
        if (!imap_listen_has_unread(script->imap))
            assert_int_equal(poll(&fd, 1, SOON_MS), 1);
        assert_true(imap_listen_read(script->imap, &by, &script->err));
        assert_true(count - before < MANY);
    }
    assert_int_equal(count, MANY + 1);
    end_script(script);
}

static void
a_refresh_ends_idle_and_begins_it_again(void **state)
{
    (void)state;
    struct script *script = given_idle((const char *const[]){IDLING("g1", "g2"), "S:+", "C:DONE", "S:* 1 EXPUNGE",
                                                             "S:g2 OK", "C:g3 IDLE", "S:+", "C:DONE", "S:g3 OK", NULL});
    enum listen_by by;

    assert_true(imap_listen_refresh(script->imap, &by, 5000, &script->err));
    assert_string_equal(by_name(by), "idle");
    assert_true(imap_listen_end(script->imap, &script->err));

    assert_told(script, EXAMINE_TOLD "told \"INBOX\" changed\n");
    end_script(script);
}

static void
a_refresh_waits_no_longer_than_it_may(void **state)
{
    (void)state;
    static const char *const instead[] = {"W:", "N:20000000:* OK Still here\r\n"}; /* silence, and no end of talk */

    for (size_t i = 0; i < 2; i++) {
        struct script *script =
            given_idle((const char *const[]){IDLING("g1", "g2"), "S:+", "C:DONE", instead[i], NULL});
        const int64_t since = clock_ms();
        enum listen_by by;

        assert_false(imap_listen_refresh(script->imap, &by, 200, &script->err));
        assert_int_equal(script->err.kind, ERROR_NETWORK);
        assert_true(clock_ms() - since < SOON_MS);
        assert_false(imap_is_open(script->imap));

        imap_drop(script->imap, false);
        end_script(script);
    }
}

static void
without_idle_and_notify_nothing_tells_and_noop_proves_the_line(void **state)
{
    (void)state;
    struct script *script =
        given_script("UNSELECT", (const char *const[]){"C:g1 NOOP", "S:g1 OK", "C:g2 NOOP", "S:g2 OK", NULL});
    enum listen_by by;

    assert_true(listen_to(script, "INBOX", true, "nothing"));
    assert_true(imap_listen_read(script->imap, &by, &script->err));
    assert_true(imap_listen_refresh(script->imap, &by, 0, &script->err));
    assert_true(imap_listen_end(script->imap, &script->err));

    assert_told(script, "");
    end_script(script);
}

static void
a_mailbox_that_cannot_be_examined_is_not_idled_on(void **state)
{
    (void)state;
    struct script *script =
        given_script("IDLE", (const char *const[]){"C:g1 EXAMINE \"gone\"", "S:g1 NO [NONEXISTENT] no", "C:g2 NOOP",
                                                   "S:g2 OK", NULL});

    assert_true(listen_to(script, "gone", false, "nothing"));
    assert_true(imap_listen_end(script->imap, &script->err));

    assert_told(script, "");
    end_script(script);
}

static void
a_name_with_a_line_end_makes_no_second_line(void **state)
{
    (void)state;
    struct script *script = given_script(
        "IDLE", (const char *const[]){"C:g1 EXAMINE {14}", "S:+ go on", "B:14", "C:", "S:g1 NO such name", NULL});

    assert_true(listen_to(script, "a\r\ng9 DELETE b", false, "nothing"));

    end_script(script);
}

static void
an_overflow_ends_notify_and_idle_takes_its_place(void **state)
{
    (void)state;
    struct script *script = given_script(
        "IDLE NOTIFY UNSELECT",
        (const char *const[]){"C:g1 EXAMINE *", "C:g2 NOTIFY SET STATUS *", EXAMINED("g1", "5", "7", "11"), "S:g2 OK",
                              "C:g3 IDLE", "S:+", "S:* OK [NOTIFICATIONOVERFLOW] too much", "C:DONE",
                              "C:g4 NOTIFY SET (selected-delayed *", "S:g3 OK", "S:g4 OK", "C:g5 UNSELECT",
                              "C:g6 EXAMINE *", "S:g5 OK", EXAMINED("g6", "5", "7", "11"), "C:g7 IDLE", NULL});

    assert_true(listen_to(script, "INBOX", true,
                          "notify without flags")); /* no CONDSTORE: flags of other mailboxes are not told */
    assert_true(hear_by(script, "nothing"));
    assert_non_null(strstr(script->told, "told \"\" changed overflow\n"));
    assert_true(imap_listen_end(script->imap, &script->err));
    assert_true(listen_to(script, "INBOX", false, "idle"));

    end_script(script);
}

static void
a_notify_that_cannot_be_ended_ends_the_line(void **state)
{
    (void)state;
    struct script *script = given_script(
        "NOTIFY", (const char *const[]){"C:g1 NOTIFY SET STATUS *", "S:g1 OK", "C:g2 NOTIFY SET (*", "S:g2 NO", NULL});

    assert_true(listen_to(script, NULL, true, "notify without flags"));
    assert_false(imap_listen_end(script->imap, &script->err));

    assert_false(imap_is_open(script->imap));
    end_script(script);
}

static void
a_server_that_is_asked_one_thing_at_a_time_listens_too(void **state)
{
    (void)state;
    struct script *script =
        given_script("IDLE NOTIFY", (const char *const[]){"C:g1 EXAMINE *", "W:", EXAMINED("g1", "5", "7", "11"),
                                                          "C:g2 NOTIFY *", "S:g2 OK", "C:g3 IDLE", "S:+", "C:DONE",
                                                          "W:", "S:g3 OK", "C:g4 NOTIFY *", "S:g4 OK", NULL});

    script->imap->queue.serial = true;
    assert_true(listen_to(script, "INBOX", true, "notify without flags"));
    assert_true(imap_listen_end(script->imap, &script->err));

    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_of_the_idle_mailbox_is_told),
        cmocka_unit_test(notify_tells_of_every_mailbox_and_is_over_before_a_run_asks),
        cmocka_unit_test(a_refused_notify_is_tried_without_flags_and_then_given_up_for_good),
        cmocka_unit_test(what_comes_before_the_plus_is_told),
        cmocka_unit_test(a_number_that_was_said_before_is_no_change),
        cmocka_unit_test(half_an_answer_keeps_nobody_waiting),
        cmocka_unit_test(a_name_as_a_literal_is_waited_for_without_waiting),
        cmocka_unit_test(an_idle_that_the_server_ends_is_begun_again_at_the_next_refresh),
        cmocka_unit_test(a_refused_idle_is_not_begun_again),
        cmocka_unit_test(a_refused_idle_is_not_asked_for_again_on_that_line),
        cmocka_unit_test(an_idle_that_ends_with_a_no_after_it_began_is_asked_for_again),
        cmocka_unit_test(a_done_that_crosses_the_end_by_the_server_is_forgiven),
        cmocka_unit_test(an_untagged_bad_to_idle_costs_no_line),
        cmocka_unit_test(a_goodbye_and_a_closed_line_are_found),
        cmocka_unit_test(what_cannot_be_read_is_a_reason_to_look_and_no_more),
        cmocka_unit_test(an_alert_is_kept_until_it_was_shown),
        cmocka_unit_test(many_answers_are_all_told_and_one_call_takes_some_of_them),
        cmocka_unit_test(a_refresh_ends_idle_and_begins_it_again),
        cmocka_unit_test(a_refresh_waits_no_longer_than_it_may),
        cmocka_unit_test(without_idle_and_notify_nothing_tells_and_noop_proves_the_line),
        cmocka_unit_test(a_mailbox_that_cannot_be_examined_is_not_idled_on),
        cmocka_unit_test(a_name_with_a_line_end_makes_no_second_line),
        cmocka_unit_test(an_overflow_ends_notify_and_idle_takes_its_place),
        cmocka_unit_test(a_notify_that_cannot_be_ended_ends_the_line),
        cmocka_unit_test(a_server_that_is_asked_one_thing_at_a_time_listens_too),
    };

    use_all_of_script();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
