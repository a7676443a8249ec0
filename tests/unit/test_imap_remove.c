/* What can't be taken back, against a scripted server: remove. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_change_scene.h"
#include "store/base/digest.h"

static bool
removes(struct script *script, size_t count)
{
    struct remote_change change = {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = count};

    return script->remote.ops->remove(script->remote.self, &change, 1, &telling_changer, script, &script->err);
}

static void
nothing_is_removed_where_uids_do_not_last(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2 *",
                                         "S:* NO [UIDNOTSTICKY] no UIDs here", SELECTED("g1", "3", "7", "55"),
                                         REREAD("1", "1", ""), REREAD("2", "2", ""), "S:g2 OK", "C:g3 LOGOUT", NULL});

    assert_true(removes(script, 2));

    assert_non_null(strstr(script->told, "its UIDs do not last"));
    end_script(script);
}

/* The STORE keeps \Deleted from what was changed since it was read, and UID EXPUNGE leaves what does not carry it. */
static void
only_what_was_verified_is_removed_and_the_proof_is_looked_up(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS CONDSTORE",
        (const char *const[]){
            "C:g1 SELECT \"a\" (CONDSTORE)", "C:g2 UID FETCH 1:3 (UID FLAGS INTERNALDATE RFC822.SIZE)",
            "W:", SELECTED("g1", "3", "7", "55"), REREAD("1", "1", ""), REREAD("3", "3", "\\Seen"),
            REREAD("2", "2", "\\Flagged"), "S:g2 OK",
            "C:g3 UID STORE 1,3 (UNCHANGEDSINCE 55) +FLAGS.SILENT (\\Deleted)", "C:g4 UID EXPUNGE 1,3",
            "C:g5 SELECT \"a\"", "C:g6 UID FETCH 1,3 (UID FLAGS)", "S:* 1 FETCH (UID 1 MODSEQ (56))",
            "S:g3 OK [MODIFIED 3] somebody was faster",
            /* what is shown before the mailbox was selected again is no proof of anything */
            "S:* 1 FETCH (UID 1 FLAGS (\\Deleted))", "S:* 1 EXPUNGE", "S:g4 OK", SELECTED("g5", "2", "7", "57"),
            "S:* 2 FETCH (UID 3 FLAGS (\\Seen \\Flagged))", "S:g6 OK",
            /* its number is not above the mailbox's: somebody was */
            "C:g7 SELECT \"a\"", "C:g8 UID FETCH 3 (UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ)",
            SELECTED("g7", "2", "7", "57"),
            "S:* 2 FETCH (UID 3 FLAGS (\\Seen) INTERNALDATE \"01-Jan-1970 00:00:09 +0000\" RFC822.SIZE 5 MODSEQ (57))",
            "S:g8 OK", NULL});

    script->refuse = 2;
    assert_true(removes(script, 3));

    assert_told(script, "verify 0.0 u1 () 5\nverify 0.2 u3 (S) 5\nverify 0.1 u2 (F) 5\nverify 0.2 u3 (S) 5\n"
                        "done 0.0 u0 ok\ndone 0.1 u0 no changed: the message was changed by somebody else\n"
                        "done 0.2 u0 no changed: the message was changed by somebody else\n");
    end_script(script);
}

/* UID EXPUNGE would take it although the STORE left it alone. */
static void
what_carries_deleted_already_is_expunged_only_once_it_is_known_not_to_be_changed(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS CONDSTORE", (const char *const[]){"C:g1 SELECT \"a\" (CONDSTORE)",
                                                   "C:g2 UID FETCH 1:2 (UID FLAGS INTERNALDATE RFC822.SIZE)",
                                                   SELECTED("g1", "3", "7", "55"),
                                                   REREAD("1", "1", ""),
                                                   REREAD("2", "2", "\\Deleted"),
                                                   "S:g2 OK",
                                                   "C:g3 UID STORE 1:2 (UNCHANGEDSINCE 55) +FLAGS.SILENT (\\Deleted)",
                                                   "W:",
                                                   "S:g3 OK [MODIFIED 2] faster",
                                                   "C:g4 UID EXPUNGE 1",
                                                   "C:g5 SELECT \"a\"",
                                                   "C:g6 UID FETCH 1 (UID FLAGS)",
                                                   "S:* 1 EXPUNGE",
                                                   "S:g4 OK",
                                                   SELECTED("g5", "2", "7", "57"),
                                                   "S:g6 OK",
                                                   "C:g7 SELECT \"a\"",
                                                   "C:g8 UID FETCH 2 (UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ)",
                                                   SELECTED("g7", "2", "7", "57"),
                                                   REREAD("1", "2", "\\Deleted"),
                                                   "S:g8 OK",
                                                   NULL});

    assert_true(removes(script, 2));

    assert_told(script, "verify 0.0 u1 () 5\nverify 0.1 u2 (T) 5\nverify 0.1 u2 (T) 5\ndone 0.0 u0 ok\n"
                        "done 0.1 u0 no changed: the message was changed by somebody else\n");
    end_script(script);
}

/* Then nothing of ours carries it, and nothing is expunged. */
static void
a_refused_store_of_deleted_removes_nothing(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS CONDSTORE",
        (const char *const[]){"C:g1 SELECT \"a\" (CONDSTORE)", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "55"),
                              REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID STORE 1 *", "C:g4 UID EXPUNGE 1",
                              "C:g5 SELECT \"a\"", "C:g6 UID FETCH 1 (UID FLAGS)", "S:g3 NO not now", "S:g4 OK",
                              SELECTED("g5", "3", "7", "55"), "S:* 1 FETCH (UID 1 FLAGS ())", "S:g6 OK", NULL});

    assert_true(removes(script, 1));

    assert_told(script, "verify 0.0 u1 () 5\ndone 0.0 u0 no: not now\n");
    end_script(script);
}

static void
nothing_destructive_is_sent_to_another_uidvalidity(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2 *", SELECTED("g1", "3", "77", "55"),
                                         REREAD("1", "1", ""), "S:g2 OK", "C:g3 LOGOUT", NULL});

    assert_true(removes(script, 2));

    assert_told(script, "done 0.0 u0 no changed: UIDVALIDITY changed from 7 to 77\n"
                        "done 0.1 u0 no changed: UIDVALIDITY changed from 7 to 77\n");
    end_script(script);
}

static void
a_message_that_is_still_there_was_not_removed(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                              REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID STORE 1 +FLAGS.SILENT (\\Deleted)",
                              "C:g4 UID EXPUNGE 1", "C:g5 SELECT \"a\"", "C:g6 UID FETCH 1 *", "S:g3 OK", "S:g4 OK",
                              SELECTED("g5", "3", "7", "0"), "S:* 1 FETCH (UID 1 FLAGS ())", "S:g6 OK", NULL});

    assert_true(removes(script, 1));

    assert_told(script, "verify 0.0 u1 () 5\ndone 0.0 u0 no: the server says OK, but the message is still there\n");
    end_script(script);
}

static void
without_uidplus_other_deleted_messages_stop_the_expunge(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){
                "C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2 *", SELECTED("g1", "3", "7", "0"), REREAD("1", "1", ""),
                REREAD("2", "2", "\\Deleted"), "S:g2 OK", "C:g3 UID STORE 1:2 +FLAGS.SILENT (\\Deleted)",
                "W:", "S:g3 OK", "C:g4 UID FETCH 1:[*] (UID FLAGS)", "W:", "S:* 1 FETCH (UID 1 FLAGS (\\Deleted))",
                "S:* 2 FETCH (UID 2 FLAGS (\\Deleted))", "S:* 3 FETCH (UID 3 FLAGS (\\Deleted))", "S:g4 OK",
                "C:g5 UID STORE 1 -FLAGS.SILENT (\\Deleted)", "S:g5 OK", "C:g6 LOGOUT", NULL});

    assert_true(removes(script, 2));

    assert_non_null(strstr(script->told, "done 0.0 u0 no: other messages of this mailbox carry"));
    end_script(script);
}

static void
without_uidplus_an_incomplete_listing_stops_the_expunge(void **state)
{
    static const char *const answers[] = {"S:g5 OK", "S:g5 NO not now"};

    (void)state;
    for (int refused = 0; refused < 2; refused++) {
        struct script *script = given_script(
            "", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                                      REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID STORE *", "S:g3 OK",
                                      "C:g4 UID FETCH 1:[*] *", "S:* 1 FETCH (UID 1 FLAGS (\\Deleted))", "S:g4 OK",
                                      "C:g5 UID STORE 1 -FLAGS*", answers[refused], "C:g6 LOGOUT", NULL});

        assert_true(removes(script, 1));

        assert_int_equal(strstr(script->told, ", marked\n") != NULL, refused);
        end_script(script);
    }
}

static void
uid_expunge_that_is_offered_and_refused_falls_back_to_the_plain_way(void **state)
{
    (void)state;
    struct script *script =
        given_script("UIDPLUS", (const char *const[]){"C:g1 SELECT \"a\"",
                                                      "C:g2 UID FETCH 1 *",
                                                      SELECTED("g1", "1", "7", "0"),
                                                      REREAD("1", "1", "\\Seen"),
                                                      "S:g2 OK",
                                                      "C:g3 UID STORE 1 +FLAGS*",
                                                      "C:g4 UID EXPUNGE 1",
                                                      "C:g5 SELECT *",
                                                      "C:g6 UID FETCH 1 *",
                                                      "S:g3 OK",
                                                      "S:g4 BAD no",
                                                      SELECTED("g5", "1", "7", "0"),
                                                      "S:* 1 FETCH (UID 1 FLAGS (\\Seen \\Deleted))",
                                                      "S:g6 OK",
                                                      "C:g7 SELECT *",
                                                      "C:g8 UID FETCH 1 *",
                                                      SELECTED("g7", "1", "7", "0"),
                                                      REREAD("1", "1", "\\Seen \\Deleted"),
                                                      "S:g8 OK",
                                                      "C:g9 UID STORE 1 +FLAGS*",
                                                      "S:g9 OK",
                                                      "C:g10 UID FETCH 1:[*] *",
                                                      "S:* 1 FETCH (UID 1 FLAGS (\\Seen \\Deleted))",
                                                      "S:g10 OK",
                                                      "C:g11 EXPUNGE",
                                                      "C:g12 SELECT *",
                                                      "C:g13 UID FETCH 1 *",
                                                      "S:* 1 EXPUNGE",
                                                      "S:g11 OK",
                                                      SELECTED("g12", "0", "7", "0"),
                                                      "S:g13 OK",
                                                      NULL});

    assert_true(removes(script, 1));

    /* The \Deleted of the first try is ours: verify does not see it. */
    assert_told(script, "verify 0.0 u1 (S) 5\nverify 0.0 u1 (S) 5\ndone 0.0 u0 ok\n");
    end_script(script);
}

/* A reason that holds for this mailbox, or for now, says nothing about the command: the next one is emptied as ever. */
static void
uid_expunge_that_is_refused_for_a_reason_is_sent_in_the_next_mailbox(void **state)
{
    static const char *const refusals[][2] = {
        {"S:g4 NO [NOPERM] no right", "done 0.0 u0 no denied: [NOPERM] no right, marked\n"},
        {"S:g4 NO [INUSE] busy", "done 0.0 u0 no throttled: [INUSE] busy, marked\n"}};
    const struct remote_change changes[] = {{.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 1},
                                            {.mailbox = TEXT("b"), .uidvalidity = 7, .uids = uids + 1, .count = 1}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct script *script = given_script("UIDPLUS", (const char *const[]){"C:g1 SELECT \"a\"",
                                                                              "C:g2 UID FETCH 1 *",
                                                                              SELECTED("g1", "1", "7", "0"),
                                                                              REREAD("1", "1", ""),
                                                                              "S:g2 OK",
                                                                              "C:g3 UID STORE 1 +FLAGS*",
                                                                              "C:g4 UID EXPUNGE 1",
                                                                              "C:g5 SELECT \"a\"",
                                                                              "C:g6 UID FETCH 1 *",
                                                                              "C:g7 SELECT \"b\"",
                                                                              "C:g8 UID FETCH 2 *",
                                                                              "S:g3 OK",
                                                                              refusals[i][0],
                                                                              SELECTED("g5", "1", "7", "0"),
                                                                              "S:* 1 FETCH (UID 1 FLAGS (\\Deleted))",
                                                                              "S:g6 OK",
                                                                              SELECTED("g7", "1", "7", "0"),
                                                                              REREAD("1", "2", ""),
                                                                              "S:g8 OK",
                                                                              "C:g9 UID STORE 2 +FLAGS*",
                                                                              "C:g10 UID EXPUNGE 2",
                                                                              "C:g11 SELECT \"b\"",
                                                                              "C:g12 UID FETCH 2 *",
                                                                              "S:g9 OK",
                                                                              "S:* 1 EXPUNGE",
                                                                              "S:g10 OK",
                                                                              SELECTED("g11", "0", "7", "0"),
                                                                              "S:g12 OK",
                                                                              NULL});

        assert_true(
            script->remote.ops->remove(script->remote.self, changes, 2, &telling_changer, script, &script->err));

        assert_non_null(strstr(script->told, refusals[i][1]));
        assert_non_null(strstr(script->told, "done 1.0 u0 ok\n"));
        end_script(script);
    }
}

static void
a_look_afterwards_that_is_answered_bad_is_taken_at_all_messages(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS", (const char *const[]){
                       "C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"), REREAD("1", "1", ""),
                       "S:g2 OK", "C:g3 UID STORE 1 *", "C:g4 UID EXPUNGE 1", "C:g5 SELECT \"a\"", "C:g6 UID FETCH 1 *",
                       "S:g3 OK", "S:g4 OK", SELECTED("g5", "2", "7", "0"), "S:g6 BAD Failed to parse message set",
                       "C:g7 SELECT \"a\"", "C:g8 UID FETCH 1:[*] (UID FLAGS)", SELECTED("g7", "2", "7", "0"),
                       "S:* 1 FETCH (UID 2 FLAGS ())", "S:g8 OK", NULL});

    assert_true(removes(script, 1));

    assert_non_null(strstr(script->told, "done 0.0 u0 ok\n"));
    end_script(script);
}

static void
a_look_afterwards_at_an_empty_mailbox_may_be_answered_bad(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "1", "7", "0"),
                                  REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID STORE 1 *", "S:g3 OK",
                                  "C:g4 UID FETCH 1:[*] *", "S:* 1 FETCH (UID 1 FLAGS (\\Deleted))", "S:g4 OK",
                                  "C:g5 EXPUNGE", "C:g6 SELECT \"a\"", "C:g7 UID FETCH 1 *", "S:* 1 EXPUNGE", "S:g5 OK",
                                  SELECTED("g6", "0", "7", "0"), "S:g7 BAD Failed to parse message set", NULL});

    assert_true(removes(script, 1));

    assert_non_null(strstr(script->told, "done 0.0 u0 ok\n"));
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_removed_where_uids_do_not_last),
        cmocka_unit_test(only_what_was_verified_is_removed_and_the_proof_is_looked_up),
        cmocka_unit_test(what_carries_deleted_already_is_expunged_only_once_it_is_known_not_to_be_changed),
        cmocka_unit_test(a_refused_store_of_deleted_removes_nothing),
        cmocka_unit_test(nothing_destructive_is_sent_to_another_uidvalidity),
        cmocka_unit_test(a_message_that_is_still_there_was_not_removed),
        cmocka_unit_test(without_uidplus_other_deleted_messages_stop_the_expunge),
        cmocka_unit_test(without_uidplus_an_incomplete_listing_stops_the_expunge),
        cmocka_unit_test(uid_expunge_that_is_offered_and_refused_falls_back_to_the_plain_way),
        cmocka_unit_test(uid_expunge_that_is_refused_for_a_reason_is_sent_in_the_next_mailbox),
        cmocka_unit_test(a_look_afterwards_that_is_answered_bad_is_taken_at_all_messages),
        cmocka_unit_test(a_look_afterwards_at_an_empty_mailbox_may_be_answered_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
