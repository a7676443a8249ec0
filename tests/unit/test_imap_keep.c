/* A session that is kept over runs (imap_keep), on a scripted server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_listen_scene.h"

static void
a_run_on_a_kept_session_asks_for_no_login_and_leaves_the_mailbox_first(void **state)
{
    (void)state;
    struct script *script = given_script("IDLE UNSELECT", (const char *const[]){"C:g1 LIST*",
                                                                                "C:g2 LSUB*",
                                                                                "S:g1 OK",
                                                                                "S:g2 OK", /* a run */
                                                                                "C:g3 EXAMINE \"INBOX\"",
                                                                                EXAMINED("g3", "5", "7", "11"),
                                                                                "C:g4 IDLE",
                                                                                "S:+ idling",
                                                                                "C:DONE",
                                                                                "W:",
                                                                                "S:g4 OK", /* the next one */
                                                                                "C:g5 UNSELECT",
                                                                                "C:g6 LIST*",
                                                                                "C:g7 LSUB*",
                                                                                "S:g5 OK",
                                                                                "S:* LIST () \"/\" INBOX",
                                                                                "S:g6 OK",
                                                                                "S:g7 OK",
                                                                                "C:g8 STATUS*",
                                                                                "S:g8 OK",
                                                                                NULL});
    imap_keep(script->imap, true);
    if (!survey(script))
        fail_msg("%s: %s", script->err.what, script->err.answer);
    script->remote.ops->close(script->remote.self);
    assert_true(imap_is_open(script->imap));

    assert_true(listen_to(script, "INBOX", false, "idle"));
    assert_true(imap_listen_end(script->imap, &script->err));
    assert_true(open_again(script));
    if (!survey(script))
        fail_msg("%s: %s %s", script->err.what, script->err.answer, script->complaint);

    assert_non_null(strstr(script->told, "INBOX '/' 0"));
    end_script(script);
}

static void
without_unselect_an_examined_mailbox_is_closed_and_no_other(void **state)
{
    (void)state;
    struct script *script = given_script(
        "IDLE",
        (const char *const[]){IDLING("g1", "g2"), "S:+", "C:DONE", "S:g2 OK", "C:g3 CLOSE", "C:g4 LIST*", "C:g5 LSUB*",
                              "S:g3 OK", "S:g4 OK", "S:g5 OK",
                              /* a server that takes EXAMINE for SELECT: CLOSE would remove messages there */
                              "C:g6 EXAMINE *", "S:* 5 EXISTS", "S:* OK [UIDVALIDITY 7]", "S:g6 OK [READ-WRITE]",
                              "C:g7 IDLE", "S:+", "C:DONE", "S:g7 OK", RUN("g8", "g9"), NULL});

    imap_keep(script->imap, true);
    for (int i = 0; i < 2; i++) {
        assert_true(listen_to(script, "INBOX", false, "idle"));
        assert_true(imap_listen_end(script->imap, &script->err));
        assert_true(open_again(script));
        assert_true(survey(script));
    }
    end_script(script);
}

static void
a_mailbox_that_a_run_selected_is_never_closed(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT \"b\"", "C:g2 UID FETCH*", "S:* 0 EXISTS",
                                               "S:* OK [UIDVALIDITY 7]", "S:* OK [UIDNEXT 1]", "S:g1 OK [READ-WRITE]",
                                               "S:g2 OK", "C:g3 NOOP", "S:g3 OK", RUN("g4", "g5"), NULL});
    const struct remote_select mailbox = {.mailbox = TEXT("b")};

    imap_keep(script->imap, true);
    assert_true(script->remote.ops->observe(script->remote.self, &mailbox, 1, &telling_observer, script, &script->err));
    script->remote.ops->close(script->remote.self);
    assert_true(listen_to(script, "INBOX", true, "nothing"));
    assert_true(imap_listen_end(script->imap, &script->err));
    assert_true(open_again(script));
    assert_true(survey(script));

    end_script(script);
}

static void
a_kept_line_that_died_lets_no_question_be_blamed(void **state)
{
    (void)state;
    struct script *script =
        given_script("LIST-STATUS", (const char *const[]){"C:g1 LIST*", "S:g1 OK", "C:g2 LIST*", "E:", NULL});
    struct remote_info info;

    imap_keep(script->imap, true);
    assert_true(survey(script));
    assert_true(open_again(script));
    assert_false(survey(script));

    script->remote.ops->info(script->remote.self, &info);
    assert_true(info.lost);
    assert_string_equal(info.avoided, "");
    end_script(script);
}

static void
a_session_is_not_kept_after_a_signal_nor_in_the_middle_of_idle(void **state)
{
    (void)state;
    struct script *script =
        given_idle((const char *const[]){IDLING("g1", "g2"), "S:+", "S:* 6 EXISTS", "C:DONE", "C:g3 LOGOUT", NULL});

    imap_keep(script->imap, true);
    assert_true(hear(script, "changed", 1));
    script->remote.ops->close(script->remote.self);
    assert_false(imap_is_open(script->imap));
    end_script(script);

    script = given_script("", (const char *const[]){RUN("g1", "g2"), "C:g5 LOGOUT", NULL});
    imap_keep(script->imap, true);
    assert_true(survey(script));
    script->stopped = true;
    assert_false(survey(script));
    script->remote.ops->close(script->remote.self);
    assert_false(imap_is_open(script->imap));
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_on_a_kept_session_asks_for_no_login_and_leaves_the_mailbox_first),
        cmocka_unit_test(without_unselect_an_examined_mailbox_is_closed_and_no_other),
        cmocka_unit_test(a_mailbox_that_a_run_selected_is_never_closed),
        cmocka_unit_test(a_kept_line_that_died_lets_no_question_be_blamed),
        cmocka_unit_test(a_session_is_not_kept_after_a_signal_nor_in_the_middle_of_idle),
    };

    use_all_of_script();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
