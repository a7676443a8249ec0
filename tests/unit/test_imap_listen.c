/* Listening between runs (store/imap/listen) by IDLE and NOTIFY, on a scripted server, and a session that is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_listen_scene.h"

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
                                           "C:g3 NOTIFY SET STATUS (selected (MessageNew MessageExpunge)) (personal *",
                                           "S:g3 BAD no", "C:g4 IDLE", "S:+", "C:DONE", "S:g4 OK", "C:g5 UNSELECT",
                                           "S:g5 OK", "C:g6 EXAMINE \"INBOX\"", EXAMINED("g6", "5", "7", "11"),
                                           "C:g7 IDLE", "S:+", "C:DONE", "S:g7 OK", NULL});

    assert_true(listen_to(script, "INBOX", true, "idle"));
    assert_true(imap_listen_end(script->imap, &script->err));
    assert_true(listen_to(script, "INBOX", true, "idle"));
    assert_true(imap_listen_end(script->imap, &script->err));

    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_of_the_idle_mailbox_is_told),
        cmocka_unit_test(a_run_on_a_kept_session_asks_for_no_login_and_leaves_the_mailbox_first),
        cmocka_unit_test(notify_tells_of_every_mailbox_and_is_over_before_a_run_asks),
        cmocka_unit_test(a_refused_notify_is_tried_without_flags_and_then_given_up_for_good),
    };

    use_all_of_script();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
