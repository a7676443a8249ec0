/* What can't be taken back, against a scripted server: append, move, copy, remove, create. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_script.h"

#define SELECTED(tag, exists, v, modseq)                                                                               \
    "S:* " exists " EXISTS", "S:* OK [UIDVALIDITY " v "]", "S:* OK [UIDNEXT 100]",                                     \
        "S:* OK [HIGHESTMODSEQ " modseq "]", "S:" tag " OK [READ-WRITE]"
#define REREAD(n, u, flags)                                                                                            \
    "S:* " n " FETCH (UID " u " FLAGS (" flags ") INTERNALDATE \"01-Jan-1970 00:00:09 +0000\" RFC822.SIZE 5)"

static const uint32_t uids[] = {1, 2, 3};

static bool
removes(struct script *script, size_t count)
{
    struct remote_change change = {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = count};

    return script->remote.ops->remove(script->remote.self, &change, 1, &telling_changer, script, &script->err);
}

static bool
moves(struct script *script, size_t count)
{
    struct remote_change change = {.mailbox = TEXT("a"),
                                   .uidvalidity = 7,
                                   .uids = uids,
                                   .count = count,
                                   .target = TEXT("b"),
                                   .target_uidvalidity = 8};

    return script->remote.ops->move(script->remote.self, &change, 1, &telling_changer, script, &script->err);
}

/* ---- remove ---- */

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

static void
only_what_was_verified_is_removed_and_the_proof_is_looked_up(void **state)
{
    (void)state;
    struct script *script =
        given_script("UIDPLUS CONDSTORE",
                     (const char *const[]){
                         "C:g1 SELECT \"a\" (CONDSTORE)", "C:g2 UID FETCH 1:3 (UID FLAGS INTERNALDATE RFC822.SIZE)",
                         "W:", SELECTED("g1", "3", "7", "55"), REREAD("1", "1", ""), REREAD("3", "3", "\\Seen"),
                         REREAD("2", "2", "\\Flagged"), "S:g2 OK",
                         "C:g3 UID STORE 1,3 (UNCHANGEDSINCE 55) +FLAGS.SILENT (\\Deleted)",
                         "W:", "S:* 1 FETCH (UID 1 MODSEQ (56))", "S:g3 OK [MODIFIED 3] somebody was faster",
                         "C:g4 UID EXPUNGE 1", "C:g5 SELECT \"a\"", "C:g6 UID FETCH 1 (UID FLAGS)",
                         /* what is shown before the mailbox was selected again is no proof of anything */
                         "S:* 1 FETCH (UID 1 FLAGS (\\Deleted))", "S:* 1 EXPUNGE", "S:g4 OK",
                         SELECTED("g5", "2", "7", "57"), "S:g6 OK", NULL});

    script->refuse = 2;
    assert_true(removes(script, 3));

    assert_told(script, "verify 0.0 u1 () 5\nverify 0.2 u3 (S) 5\nverify 0.1 u2 (F) 5\n"
                        "done 0.0 u0 ok\ndone 0.1 u0 no changed: the message was changed by somebody else\n"
                        "done 0.2 u0 no changed: the message was changed by somebody else\n");
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
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                                               REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID STORE *", "S:g3 OK",
                                               "C:g4 UID FETCH 1:[*] *", "S:* 1 FETCH (UID 1 FLAGS (\\Deleted))",
                                               "S:g4 OK", "C:g5 UID STORE 1 -FLAGS*", "S:g5 OK", "C:g6 LOGOUT", NULL});

    assert_true(removes(script, 1));
    end_script(script);
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

/* ---- move and copy ---- */

static void
a_move_is_mapped_by_copyuid_in_any_order(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS MOVE",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:3 *", SELECTED("g1", "3", "7", "0"),
                              REREAD("1", "1", ""), REREAD("2", "2", ""), REREAD("3", "3", ""), "S:g2 OK",
                              "C:g3 UID MOVE 1:3 \"b\"", "C:g4 SELECT \"a\"", "C:g5 UID FETCH 1:3 (UID FLAGS)",
                              "S:* OK [COPYUID 8 3,1:2 50,60:61] moved", "S:* 1 EXPUNGE", "S:* 1 EXPUNGE",
                              "S:* 1 EXPUNGE", "S:g3 OK", SELECTED("g4", "0", "7", "0"), "S:g5 OK", NULL});

    assert_true(moves(script, 3));

    assert_non_null(strstr(script->told, "done 0.0 u60 ok\ndone 0.1 u61 ok\ndone 0.2 u50 ok\n"));
    end_script(script);
}

static void
a_copyuid_of_another_mailbox_is_not_believed(void **state)
{
    (void)state;
    struct script *script =
        given_script("UIDPLUS MOVE",
                     (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                                           REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID MOVE 1 \"b\"",
                                           "C:g4 SELECT \"a\"", "C:g5 UID FETCH 1 *", "S:g3 OK [COPYUID 9 1 50] moved",
                                           SELECTED("g4", "0", "7", "0"), "S:g5 OK", NULL});

    assert_true(moves(script, 1));

    assert_non_null(strstr(script->told, "done 0.0 u0 ok\n"));
    end_script(script);
}

static void
a_move_whose_target_is_missing_leaves_the_message_and_says_plan_anew(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS MOVE",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2 *", SELECTED("g1", "3", "7", "0"),
                              REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID MOVE 1 \"b\"", "C:g4 SELECT \"a\"",
                              "C:g5 UID FETCH 1 *", "S:g3 NO [TRYCREATE] no b", SELECTED("g4", "1", "7", "0"),
                              "S:* 1 FETCH (UID 1 FLAGS ())", "S:g5 OK", NULL});

    assert_true(moves(script, 2));

    assert_told(script, "verify 0.0 u1 () 5\ndone 0.0 u0 no gone changed: [TRYCREATE] no b\n"
                        "done 0.1 u0 no gone: the message is not there any more\n");
    end_script(script);
}

static void
a_refused_move_of_a_message_that_is_gone_afterwards_is_in_doubt(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS MOVE", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                                              REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID MOVE *", "C:g4 SELECT \"a\"",
                                              "C:g5 UID FETCH 1 *", "S:g3 NO half done", SELECTED("g4", "0", "7", "0"),
                                              "S:g5 OK", NULL});

    assert_true(moves(script, 1));

    assert_non_null(strstr(script->told, "done 0.0 u0 no doubtful: half done\n"));
    end_script(script);
}

static void
a_move_that_is_offered_and_refused_without_a_reason_is_planned_anew_without_it(void **state)
{
    static const char *const answers[] = {"S:g3 NO MOVE extension not supported", "S:g3 BAD [CLIENTBUG] unknown"};

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct script *script =
            given_script("UIDPLUS MOVE",
                         (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                                               REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID MOVE *", "C:g4 SELECT \"a\"",
                                               "C:g5 UID FETCH 1 *", answers[i], SELECTED("g4", "3", "7", "0"),
                                               "S:* 1 FETCH (UID 1 FLAGS ())", "S:g5 OK", NULL});
        struct remote_info info;

        script->remote.ops->info(script->remote.self, &info);
        assert_true(info.move);
        assert_true(moves(script, 1));

        assert_non_null(strstr(script->told, "done 0.0 u0 no changed: "));
        script->remote.ops->info(script->remote.self, &info);
        assert_false(info.move);
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

static void
a_copy_that_the_target_does_not_know_is_not_believed(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                              REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID COPY 1 \"t\"", "C:g4 STATUS \"t\" (UIDNEXT)",
                              "S:g3 OK [COPYUID 8 1 99] copied", "S:* STATUS t (UIDNEXT 71)", "S:g4 OK", NULL});
    const struct remote_change change = {
        .mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 1, .target = TEXT("t"), .target_uidvalidity = 8};

    assert_true(script->remote.ops->copy(script->remote.self, &change, 1, &telling_changer, script, &script->err));

    assert_told(script, "verify 0.0 u1 () 5\ndone 0.0 u0 ok\n");
    end_script(script);
}

static void
the_end_of_one_mailbox_rides_with_the_begin_of_the_next(void **state)
{
    (void)state;
    struct script *script = given_script("UIDPLUS", (const char *const[]){"C:g1 SELECT \"a\"",
                                                                          "C:g2 UID FETCH 1 *",
                                                                          SELECTED("g1", "3", "7", "0"),
                                                                          REREAD("1", "1", ""),
                                                                          "S:g2 OK",
                                                                          "C:g3 UID COPY 1 \"t\"",
                                                                          "C:g4 STATUS \"t\" (UIDNEXT)",
                                                                          "C:g5 SELECT \"b\"",
                                                                          "C:g6 UID FETCH 2 *",
                                                                          "W:",
                                                                          "S:g3 OK [COPYUID 8 1 70] copied",
                                                                          "S:* STATUS t (UIDNEXT 71)",
                                                                          "S:g4 OK",
                                                                          SELECTED("g5", "3", "7", "0"),
                                                                          REREAD("2", "2", ""),
                                                                          "S:g6 OK",
                                                                          "C:g7 UID COPY 2 \"t\"",
                                                                          "C:g8 STATUS *",
                                                                          "S:g7 OK [COPYUID 8  ] nothing",
                                                                          "S:g8 NO not now",
                                                                          NULL});
    struct remote_change changes[] = {{.mailbox = TEXT("a"),
                                       .uidvalidity = 7,
                                       .uids = uids,
                                       .count = 1,
                                       .target = TEXT("t"),
                                       .target_uidvalidity = 8},
                                      {.mailbox = TEXT("b"),
                                       .uidvalidity = 7,
                                       .uids = uids + 1,
                                       .count = 1,
                                       .target = TEXT("t"),
                                       .target_uidvalidity = 8}};

    assert_true(script->remote.ops->copy(script->remote.self, changes, 2, &telling_changer, script, &script->err));

    assert_told(script, "verify 0.0 u1 () 5\nverify 1.0 u2 () 5\ndone 0.0 u70 ok\ndone 1.0 u0 ok\n");
    end_script(script);
}

/* ---- append ---- */

static const char *const messages[] = {"one\r\n", "two22\r\n", "threes\r\n"};

static bool
appends(struct script *script, size_t count)
{
    struct remote_append all[3];

    script->messages = messages;
    for (size_t i = 0; i < 3; i++)
        all[i] = (struct remote_append){.mailbox = TEXT("a"),
                                        .uidvalidity = 7,
                                        .uidnext = 10,
                                        .flags = i == 0 ? FLAG_SEEN | FLAG_FORWARDED : 0,
                                        .keywords = i == 0 ? "bad{one good \xc3\xa9" : "",
                                        .date = 1000000000,
                                        .size = strlen(messages[i])};
    return script->remote.ops->append(script->remote.self, all, count, &telling_appender, script, &script->err);
}

static void
messages_of_a_mailbox_go_up_together(void **state)
{
    (void)state;
    struct script *script = given_script(
        "LITERAL+ MULTIAPPEND UIDPLUS",
        (const char *const[]){"C:g1 APPEND \"a\" (\\Seen $Forwarded good) \"09-Sep-2001 01:46:40 +0000\" {5+}", "B:5",
                              "C: () \"09-Sep-2001 01:46:40 +0000\" {7+}", "B:7", "C: () \"*\" {8+}", "B:8",
                              "C:", "S:g1 OK [APPENDUID 7 10:11,15] stored", NULL});

    assert_true(appends(script, 3));

    assert_told(script, "appended 0 u10 ok\nappended 1 u11 ok\nappended 2 u15 ok\n");
    end_script(script);
}

static void
an_appenduid_that_cannot_be_true_is_not_believed(void **state)
{
    (void)state;
    static const char *const answers[] = {"S:g1 OK [APPENDUID 8 10:12]",    "S:g1 OK [APPENDUID 7 10:11]",
                                          "S:g1 OK [APPENDUID 7 12:10]",    "S:g1 OK [APPENDUID 7 9:11]",
                                          "S:g1 OK [APPENDUID 7 11,10,12]", "S:g1 OK"};

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct script *script =
            given_script("LITERAL+ MULTIAPPEND UIDPLUS", (const char *const[]){"C:g1 APPEND *", "B:5", "C:*", "B:7",
                                                                               "C:*", "B:8", "C:", answers[i], NULL});
        assert_true(appends(script, 3));
        assert_told(script, "appended 0 u0 ok\nappended 1 u0 ok\nappended 2 u0 ok\n");
        end_script(script);
    }
}

/* One size and date: an APPENDUID for both would not tell which of them is which. */
static void
messages_that_look_alike_go_up_in_commands_of_their_own(void **state)
{
    (void)state;
    struct script *script =
        given_script("LITERAL+ MULTIAPPEND UIDPLUS",
                     (const char *const[]){"C:g1 APPEND *", "B:5", "C:*", "B:7", "C:", "C:g2 APPEND *", "B:7",
                                           "C:", "S:g1 OK [APPENDUID 7 10:11]", "S:g2 OK [APPENDUID 7 12]", NULL});
    static const char *const alike[] = {"one\r\n", "two22\r\n", "three\r\n"};
    struct remote_append all[3];

    script->messages = alike;
    for (size_t i = 0; i < 3; i++)
        all[i] = (struct remote_append){.mailbox = TEXT("a"),
                                        .uidvalidity = 7,
                                        .uidnext = 10,
                                        .keywords = "",
                                        .date = 1000000000,
                                        .size = strlen(alike[i])};

    assert_true(script->remote.ops->append(script->remote.self, all, 3, &telling_appender, script, &script->err));

    assert_told(script, "appended 0 u10 ok\nappended 1 u11 ok\nappended 2 u12 ok\n");
    end_script(script);
}

static void
of_a_refused_group_two_messages_are_sent_by_themselves_and_then_the_rest(void **state)
{
    (void)state;
    struct script *script = given_script("LITERAL+ MULTIAPPEND", (const char *const[]){"C:g1 APPEND *",
                                                                                       "B:5",
                                                                                       "C:*",
                                                                                       "B:7",
                                                                                       "C:*",
                                                                                       "B:8",
                                                                                       "C:",
                                                                                       "S:g1 NO one of them",
                                                                                       "C:g2 STATUS \"a\" (UIDNEXT)",
                                                                                       "S:* STATUS a (UIDNEXT 10)",
                                                                                       "S:g2 OK",
                                                                                       "C:g3 APPEND *",
                                                                                       "B:5",
                                                                                       "C:",
                                                                                       "C:g4 APPEND *",
                                                                                       "B:7",
                                                                                       "C:",
                                                                                       "C:g5 APPEND *",
                                                                                       "B:8",
                                                                                       "C:",
                                                                                       "S:g3 OK",
                                                                                       "S:g4 NO [TOOBIG] much",
                                                                                       "S:g5 OK",
                                                                                       NULL});

    assert_true(appends(script, 3));

    assert_told(script, "appended 0 u0 ok\nappended 1 u0 no permanent: [TOOBIG] much\nappended 2 u0 ok\n");
    end_script(script);
}

/*
 * There are servers that give up an answer and store all the same: whoever looks finds it. The second group was answered before UIDNEXT is asked for:
 * it was refused, too, or stored behind the first one.
 */
static void
refused_groups_that_may_have_been_stored_are_not_sent_again(void **state)
{
    static const char *const different[] = {"one 1", "two 222", "one 3", "two 444"};

    (void)state;
    for (int stored = 0; stored < 2; stored++) {
        const char *const script_of[2][22] = {
            {"C:g1 APPEND *", "B:5", "C:*", "B:7", "C:", "C:g2 APPEND *", "B:5", "C:*", "B:7", "C:", "S:g1 NO too late",
             "S:g2 NO too late", "C:g3 STATUS \"a\" (UIDNEXT)", "C:g4 STATUS \"a\" (UIDNEXT)",
             "S:* STATUS a (UIDNEXT 14)", "S:g3 OK", "S:* STATUS a (UIDNEXT 14)", "S:g4 OK", NULL},
            {"C:g1 APPEND *", "B:5", "C:*", "B:7", "C:", "C:g2 APPEND *", "B:5", "C:*", "B:7", "C:", "S:g1 NO too late",
             "S:g2 OK [APPENDUID 7 12:13] stored", "C:g3 STATUS \"a\" (UIDNEXT)", "S:* STATUS a (UIDNEXT 14)",
             "S:g3 OK", NULL}};
        struct script *script = given_script("LITERAL+ MULTIAPPEND UIDPLUS", script_of[stored]);
        struct remote_append all[4];

        script->messages = different;
        for (size_t i = 0; i < 4; i++)
            all[i] = (struct remote_append){.mailbox = TEXT("a"),
                                            .uidvalidity = 7,
                                            .uidnext = 10,
                                            .keywords = "",
                                            .date = 1000000000,
                                            .size = strlen(different[i])};

        assert_true(script->remote.ops->append(script->remote.self, all, 4, &telling_appender, script, &script->err));

        assert_told(script, stored ? "appended 2 u12 ok\nappended 3 u13 ok\n"
                                     "appended 0 u0 no: too late\nappended 1 u0 no: too late\n"
                                   : "appended 2 u0 no: too late\nappended 3 u0 no: too late\n"
                                     "appended 0 u0 no: too late\nappended 1 u0 no: too late\n");
        end_script(script);
    }
}

/* Passing trouble, whatever it sounds like: neither BAD nor "invalid" is a message's own fault. */
static void
two_messages_on_end_that_are_refused_in_the_same_words_end_the_uploads_of_their_mailbox(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 APPEND \"a\" *{5}", "S:g1 BAD Invalid state. 15",
                                               "C:g2 APPEND \"a\" *{7}", "S:g2 BAD Invalid state. 16", NULL});

    assert_true(appends(script, 3));

    assert_told(script, "appended 0 u0 no: Invalid state. 15\nappended 1 u0 no: Invalid state. 16\n"
                        "appended 2 u0 no throttled: Invalid state. 16\n");
    end_script(script);
}

/* No bytes before the server asks for them, and no others in the same command. */
static void
what_was_refused_before_is_sent_by_itself_when_the_server_asks_for_it(void **state)
{
    (void)state;
    struct script *script =
        given_script("LITERAL+ MULTIAPPEND",
                     (const char *const[]){"C:g1 APPEND \"a\" *{5}", "W:", "S:g1 NO [OVERQUOTA] full", NULL});
    script->messages = messages;
    const struct remote_append wanted[] = {
        {.mailbox = TEXT("a"), .keywords = "", .size = 5, .alone = true},
        {.mailbox = TEXT("a"), .keywords = "", .size = 7},
    };

    assert_true(script->remote.ops->append(script->remote.self, wanted, 2, &telling_appender, script, &script->err));

    assert_told(script, "appended 0 u0 no throttled quota: [OVERQUOTA] full\n"
                        "appended 1 u0 no throttled quota: [OVERQUOTA] full\n");
    end_script(script);
}

static void
full_sockets_on_both_sides_are_no_deadlock(void **state)
{
    enum { SIZE = 12000000 }; /* more than both sides' socket buffers hold */
    char *large = malloc(SIZE + 1);
    struct script *script = given_script(
        "LITERAL+", (const char *const[]){"N:200000:* OK [XFOO] so much to say before anything is read at all\r\n",
                                          "C:g1 APPEND *", "B:12000000", "C:", "S:g1 OK", NULL});
    struct remote_append message = {.mailbox = TEXT("a"), .keywords = "", .size = SIZE};

    (void)state;
    assert_non_null(large);
    memset(large, 'x', SIZE);
    large[SIZE] = '\0';
    script->messages = (const char *const[]){large};
    script->message_len = SIZE;
    assert_true(script->remote.ops->append(script->remote.self, &message, 1, &telling_appender, script, &script->err));

    assert_told(script, "appended 0 u0 ok\n");
    end_script(script);
    free(large);
}

static void
ok_to_a_message_that_was_not_sent_is_a_lie(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 APPEND \"a\" *{5}", "S:g1 OK stored", NULL});

    assert_false(appends(script, 1));

    assert_int_equal(script->err.kind, ERROR_SERVER);
    assert_told(script, "");
    end_script(script);
}

static void
over_quota_ends_the_uploads(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 APPEND \"a\" *{5}", "W:", "S:+", "B:5", "C:", "S:g1 OK",
                                               "C:g2 APPEND *{7}", "S:g2 NO [OVERQUOTA] full", "C:g* LOGOUT", NULL});

    assert_true(appends(script, 3));

    assert_non_null(strstr(script->told, "appended 0 u0 ok\nappended 1 u0 no throttled quota: [OVERQUOTA] full\n"
                                         "appended 2 u0 no throttled quota"));
    end_script(script);
}

static void
what_the_server_does_not_take_is_not_sent(void **state)
{
    (void)state;
    struct script *script =
        given_script("APPENDLIMIT=6 LITERAL+", (const char *const[]){"C:g1 APPEND *", "B:5", "C:", "S:g1 OK", NULL});

    assert_true(appends(script, 3));

    assert_non_null(strstr(script->told, "appended 1 u0 no permanent: larger than the 6 bytes"));
    end_script(script);
}

static void
a_message_that_changes_while_it_is_sent_is_never_completed(void **state)
{
    (void)state;
    struct script *script = given_script("LITERAL+", (const char *const[]){"C:g1 APPEND *", NULL});
    struct remote_append message = {.mailbox = TEXT("a"), .keywords = "", .size = 4};

    script->messages = messages; /* has five bytes */
    assert_false(script->remote.ops->append(script->remote.self, &message, 1, &telling_appender, script, &script->err));

    assert_int_equal(script->err.kind, ERROR_LOCAL);
    assert_told(script, "");
    (void)text_print(script->complaint, sizeof script->complaint, "the line has no end, as it should be");
    imap_free(script->imap);
    assert_int_equal(pthread_join(script->thread, NULL), 0);
    (void)close(script->listener);
    free(script);
}

/* ---- create ---- */

static void
a_mailbox_counts_as_made_when_it_is_listed(void **state)
{
    (void)state;
    struct script *script =
        given_script("NAMESPACE", (const char *const[]){"C:g1 NAMESPACE",
                                                        "S:* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL",
                                                        "S:g1 OK",
                                                        "C:g2 CREATE \"INBOX.S&AOk-nt\"",
                                                        "C:g3 SUBSCRIBE *",
                                                        "C:g4 LIST \"\" \"INBOX.S&AOk-nt\"",
                                                        "C:g5 CREATE \"INBOX.old\"",
                                                        "C:g6 SUBSCRIBE *",
                                                        "C:g7 LIST *",
                                                        "C:g8 CREATE \"INBOX.no\"",
                                                        "C:g9 SUBSCRIBE *",
                                                        "C:g10 LIST *",
                                                        "S:g2 OK",
                                                        "S:g3 OK",
                                                        "S:* LIST () \".\" INBOX.S&AOk-nt",
                                                        "S:g4 OK",
                                                        "S:g5 NO already there",
                                                        "S:g6 OK",
                                                        "S:* LIST () \".\" INBOX.old",
                                                        "S:g7 OK",
                                                        "S:g8 NO [CANNOT] never",
                                                        "S:g9 NO",
                                                        "S:g10 OK",
                                                        NULL});
    const struct text names[] = {TEXT("S\xc3\xa9nt"), TEXT("old"), TEXT("no"), TEXT("evil\r\ng9 DELETE INBOX")};

    assert_true(script->remote.ops->create(script->remote.self, names, 4, tell_created, script, &script->err));

    assert_told(script, "created 0 INBOX.S&AOk-nt ok\ncreated 1 INBOX.old ok\n"
                        "created 2 INBOX.no no: [CANNOT] never\n"
                        "created 3 evil\r\ng9 DELETE INBOX no permanent: no name for a mailbox\n");
    end_script(script);
}

static void
a_name_that_the_server_puts_into_another_normal_form_is_recognised(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 CREATE \"Cafe&AwE-\"", "C:g2 SUBSCRIBE *", "C:g3 LIST *",
                                               "C:g4 CREATE \"e&AwE-\"", "C:g5 SUBSCRIBE *", "C:g6 LIST *", "S:g1 OK",
                                               "S:g2 OK", "S:* LIST () \"/\" INBOX", "S:* LIST () \"/\" C&AOE-f&AOk-",
                                               "S:* LIST () \"/\" Caf&AOk-", "S:g3 OK", "S:g4 OK", "S:g5 OK",
                                               "S:* LIST () \"/\" &AOk-", "S:* LIST () \"/\" &AOg-", "S:g6 OK", NULL});
    const struct text names[] = {TEXT("Cafe\xcc\x81"), TEXT("e\xcc\x81")};

    assert_true(script->remote.ops->create(script->remote.self, names, 2, tell_created, script, &script->err));

    assert_told(script, "created 0 Caf&AOk- ok\n"
                        "created 1 e&AwE- no: the server says OK, but does not list the mailbox\n");
    end_script(script);
}

static void
a_name_that_is_listed_in_its_other_normal_form_alone_is_looked_for_among_all(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 CREATE \"Cafe&AwE-\"", "C:g2 SUBSCRIBE *", "C:g3 LIST \"\" \"Cafe&AwE-\"",
                                  "S:g1 OK", "S:g2 OK", "S:g3 OK", "C:g4 LIST \"\" \"[*]\"", "S:* LIST () \"/\" INBOX",
                                  "S:* LIST () \"/\" Caf&AOk-", "S:g4 OK", NULL});
    const struct text name = TEXT("Cafe\xcc\x81");

    assert_true(script->remote.ops->create(script->remote.self, &name, 1, tell_created, script, &script->err));

    assert_told(script, "created 0 Caf&AOk- ok\n");
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_the_server_puts_into_another_normal_form_is_recognised),
        cmocka_unit_test(a_name_that_is_listed_in_its_other_normal_form_alone_is_looked_for_among_all),
        cmocka_unit_test(nothing_is_removed_where_uids_do_not_last),
        cmocka_unit_test(only_what_was_verified_is_removed_and_the_proof_is_looked_up),
        cmocka_unit_test(nothing_destructive_is_sent_to_another_uidvalidity),
        cmocka_unit_test(a_message_that_is_still_there_was_not_removed),
        cmocka_unit_test(without_uidplus_other_deleted_messages_stop_the_expunge),
        cmocka_unit_test(without_uidplus_an_incomplete_listing_stops_the_expunge),
        cmocka_unit_test(uid_expunge_that_is_offered_and_refused_falls_back_to_the_plain_way),
        cmocka_unit_test(a_move_is_mapped_by_copyuid_in_any_order),
        cmocka_unit_test(a_copyuid_of_another_mailbox_is_not_believed),
        cmocka_unit_test(a_move_whose_target_is_missing_leaves_the_message_and_says_plan_anew),
        cmocka_unit_test(a_move_that_is_offered_and_refused_without_a_reason_is_planned_anew_without_it),
        cmocka_unit_test(a_look_afterwards_that_is_answered_bad_is_taken_at_all_messages),
        cmocka_unit_test(a_look_afterwards_at_an_empty_mailbox_may_be_answered_bad),
        cmocka_unit_test(a_refused_move_of_a_message_that_is_gone_afterwards_is_in_doubt),
        cmocka_unit_test(the_end_of_one_mailbox_rides_with_the_begin_of_the_next),
        cmocka_unit_test(a_copy_that_the_target_does_not_know_is_not_believed),
        cmocka_unit_test(messages_of_a_mailbox_go_up_together),
        cmocka_unit_test(an_appenduid_that_cannot_be_true_is_not_believed),
        cmocka_unit_test(messages_that_look_alike_go_up_in_commands_of_their_own),
        cmocka_unit_test(of_a_refused_group_two_messages_are_sent_by_themselves_and_then_the_rest),
        cmocka_unit_test(refused_groups_that_may_have_been_stored_are_not_sent_again),
        cmocka_unit_test(two_messages_on_end_that_are_refused_in_the_same_words_end_the_uploads_of_their_mailbox),
        cmocka_unit_test(what_was_refused_before_is_sent_by_itself_when_the_server_asks_for_it),
        cmocka_unit_test(full_sockets_on_both_sides_are_no_deadlock),
        cmocka_unit_test(ok_to_a_message_that_was_not_sent_is_a_lie),
        cmocka_unit_test(over_quota_ends_the_uploads),
        cmocka_unit_test(what_the_server_does_not_take_is_not_sent),
        cmocka_unit_test(a_message_that_changes_while_it_is_sent_is_never_completed),
        cmocka_unit_test(a_mailbox_counts_as_made_when_it_is_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
