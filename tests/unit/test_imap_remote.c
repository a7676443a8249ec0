/* The engine against a scripted server: what is asked, and what is made of the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/imap_remote_scene.h"

#define QUICK "ENABLE CONDSTORE QRESYNC LIST-STATUS LIST-EXTENDED SPECIAL-USE UIDPLUS MOVE LITERAL+ MULTIAPPEND"
#define ENABLE "C:g1 ENABLE QRESYNC CONDSTORE", "S:* ENABLED QRESYNC CONDSTORE", "S:g1 OK"

/* ---- observe ---- */

static void
a_delta_is_told_mailbox_by_mailbox(void **state)
{
    (void)state;
    struct script *script = given_script(
        QUICK,
        (const char *const[]){
            ENABLE, "C:g2 SELECT \"INBOX\" (QRESYNC (7 40 1:8))",
            "C:g3 UID FETCH 9:[*] (UID FLAGS INTERNALDATE RFC822.SIZE)",
            "C:g4 UID FETCH 4:8 (UID INTERNALDATE RFC822.SIZE)", "C:g5 SELECT \"b\" (QRESYNC (8 50 1:1))",
            "C:g6 UID FETCH 2:*", "S:* FLAGS (\\Seen)", "S:* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] x",
            "S:* 5 EXISTS", "S:* OK [UIDVALIDITY 7] x", "S:* OK [UIDNEXT 11] x", "S:* OK [HIGHESTMODSEQ 44] x",
            "S:* VANISHED (EARLIER) 1:3,5", "S:* 1 FETCH (UID 4 FLAGS (\\Seen Work) MODSEQ (42))",
            "S:g2 OK [READ-WRITE]",
            "S:* 4 FETCH (RFC822.SIZE 100 UID 9 INTERNALDATE \" 9-Sep-2001 01:46:40 +0000\" XUNKNOWN (a (b \"c)\")) "
            "FLAGS ())",
            "S:* 5 FETCH (UID 10 FLAGS ($Forwarded))",
            "S:* 5 FETCH (UID 10 RFC822.SIZE 5 INTERNALDATE \"09-Sep-2001 03:46:40 +0200\")", "S:* 6 EXISTS",
            "S:* 6 FETCH (UID 11 FLAGS (\\Recent) RFC822.SIZE 1 INTERNALDATE \"09-Sep-2001 03:46:40 +0200\")",
            "S:g3 OK", "S:* 3 FETCH (UID 8 INTERNALDATE \"09-Sep-2001 01:46:39 +0000\" RFC822.SIZE 8)", "S:g4 OK",
            /* still about the first one, and no business of the second: */
            "S:* 1 FETCH (UID 4 FLAGS (\\Flagged))", "S:* VANISHED 4", "S:* OK [CLOSED] now", "S:* 1 EXISTS",
            "S:* OK [UIDVALIDITY 8] x", "S:* OK [UIDNEXT 3] x", "S:* OK [HIGHESTMODSEQ 51] x", "S:* VANISHED 1",
            "S:g5 OK [READ-WRITE]",
            "S:* 1 FETCH (UID 2 FLAGS () RFC822.SIZE 2 INTERNALDATE \"01-Jan-1970 00:00:00 +0000\")", "S:g6 OK", NULL});
    struct remote_select mailboxes[] = {
        {.mailbox = TEXT("INBOX"), .uidvalidity = 7, .uidnext = 9, .modseq = 40, .check_uid = 8, .check_from = 4},
        {.mailbox = TEXT("b"), .uidvalidity = 8, .uidnext = 2, .modseq = 50}};

    assert_true(observe(script, mailboxes, 2));

    assert_told(script, "selected 0 v7 next 11 exists 5 modseq 44 permanent PST* delta\n"
                        "vanished 0 1-3\nvanished 0 5-5\n"
                        "message 0 u4 (S Work)\nmessage 0 u9 () 100 @1000000000\nmessage 0 u10 (P) 5 @1000000000\n"
                        "message 0 u8 8 @999999999\ndone 0 ok\n"
                        "selected 1 v8 next 3 exists 1 modseq 51 permanent DFPRST* delta\n"
                        "vanished 1 1-1\nmessage 1 u2 () 2 @0\ndone 1 ok\n");
    end_script(script);
}

static void
another_uidvalidity_is_said_and_its_data_are_not(void **state)
{
    (void)state;
    struct script *script = given_script(QUICK, (const char *const[]){ENABLE, "C:g2 SELECT *", "C:g3 UID FETCH *",
                                                                      SELECTED("g2", "2", "77", "5"),
                                                                      "S:* 1 FETCH (UID 1 FLAGS ())", "S:g3 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("INBOX"), .uidvalidity = 7, .uidnext = 9, .modseq = 40};

    assert_true(observe(script, &mailbox, 1));

    assert_told(script, "selected 0 v77 next 5 exists 2 modseq 0 permanent DFPRST*\n"
                        "done 0 no changed: UIDVALIDITY changed from 7 to 77\n");
    end_script(script);
}

static void
a_listing_is_told_also_where_it_lacks_something(void **state)
{
    (void)state;
    struct script *script = given_script(
        "",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2 (UID FLAGS)",
                              "C:g3 UID FETCH 3:[*] (UID FLAGS INTERNALDATE RFC822.SIZE)", "C:g4 SELECT \"b\"",
                              "C:g5 UID FETCH 1:[*] *", SELECTED("g1", "3", "7", "4"), "S:* 1 FETCH (FLAGS () UID 1)",
                              "S:* 1 FETCH (FLAGS (\\Seen) UID 1)", /* somebody read it meanwhile */
                              "S:* 2 FETCH (FLAGS () UID 2)", "S:g2 OK",
                              "S:* 3 FETCH (UID 3 FLAGS () RFC822.SIZE 1 INTERNALDATE \"nonsense\")", "S:g3 OK",
                              SELECTED("g4", "2", "7", "4"),
                              "S:* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 1 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")",
                              "S:g5 OK", NULL});
    struct remote_select mailboxes[] = {{.mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 3}, {.mailbox = TEXT("b")}};

    assert_true(observe(script, mailboxes, 2));

    assert_told(script, "selected 0 v7 next 4 exists 3 modseq 0 permanent DFPRST*\n"
                        "message 0 u1 (S)\nmessage 0 u2 ()\nmessage 0 u3 () 1 @0\ndone 0 ok\n"
                        "selected 1 v7 next 4 exists 2 modseq 0 permanent DFPRST*\n"
                        "message 1 u1 () 1 @1\ndone 1 ok\n");
    end_script(script);
}

static void
a_uid_that_is_listed_as_two_messages_is_not_believed(void **state)
{
    (void)state;
    struct script *script = given_script(
        "",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:[*] *", SELECTED("g1", "2", "7", "4"),
                              "S:* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 1 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")",
                              "S:* 2 FETCH (UID 1 FLAGS () RFC822.SIZE 1 INTERNALDATE \"01-Jan-1970 00:00:02 +0000\")",
                              "S:g2 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    assert_true(observe(script, &mailbox, 1));

    assert_non_null(strstr(script->told, "done 0 no changed: one UID is listed as two messages\n"));
    end_script(script);
}

static void
what_a_select_tells_of_messages_before_its_uidvalidity_is_not_needed(void **state)
{
    (void)state;
    struct script *script = given_script(
        "",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:[*] *", "S:* 1 FETCH (UID 1 FLAGS (\\Seen))",
                              SELECTED("g1", "1", "7", "4"),
                              "S:* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 1 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")",
                              "S:g2 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    assert_true(observe(script, &mailbox, 1));

    assert_non_null(strstr(script->told, "message 0 u1 () 1 @1\ndone 0 ok\n"));
    end_script(script);
}

/* UID 3 is known, and this UIDNEXT lags behind; UID 4 came meanwhile. */
static void
a_known_uid_is_told_whatever_uidnext_says(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){
                "C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2 (UID FLAGS)",
                "C:g3 UID FETCH 3:[*] (UID FLAGS INTERNALDATE RFC822.SIZE)", "C:g4 UID FETCH 3 *",
                SELECTED("g1", "2", "7", "3"), "S:* 1 FETCH (FLAGS () UID 1)", "S:g2 OK",
                "S:* 2 FETCH (UID 3 FLAGS () RFC822.SIZE 1 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")",
                "S:* 3 FETCH (UID 4 FLAGS () RFC822.SIZE 1 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")", "S:g3 OK",
                "S:* 2 FETCH (UID 3 RFC822.SIZE 1 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")", "S:g4 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 3, .check_uid = 3};

    assert_true(observe(script, &mailbox, 1));

    assert_told(script, "selected 0 v7 next 3 exists 2 modseq 0 permanent DFPRST*\n"
                        "message 0 u1 ()\nmessage 0 u3 () 1 @1\ndone 0 ok\n");
    end_script(script);
}

static void
a_server_that_lists_in_no_order_is_asked_in_another_way(void **state)
{
    (void)state;
    struct script *script = given_script(
        "",
        (const char *const[]){
            "C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2 (UID FLAGS)", "C:g3 UID FETCH 3:[*] *",
            SELECTED("g1", "2", "7", "3"), "S:* 2 FETCH (UID 2 FLAGS ())", "S:* 1 FETCH (UID 1 FLAGS ())", "S:g2 OK",
            "S:g3 OK", "C:g4 SELECT \"a\"", "C:g5 UID FETCH 1:2 (UID FLAGS INTERNALDATE)", "C:g6 UID FETCH 3:[*] *",
            SELECTED("g4", "2", "7", "3"), "S:* 2 FETCH (UID 2 FLAGS () INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")",
            "S:* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")", "S:g5 OK",
            "S:* 2 FETCH (UID 2 FLAGS () INTERNALDATE \"01-Jan-1970 00:00:01 +0000\" RFC822.SIZE 3)", "S:g6 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 3};

    assert_true(observe(script, &mailbox, 1));
    assert_non_null(strstr(script->told, "done 0 ok\n"));
    script->told_len = 0;
    assert_true(observe(script, &mailbox, 1));

    assert_non_null(strstr(script->told, "done 0 ok\n"));
    end_script(script);
}

static void
names_are_utf8_where_that_was_enabled(void **state)
{
    (void)state;
    struct script *script = given_script(
        "ENABLE UTF8=ACCEPT LIST-STATUS",
        (const char *const[]){"C:g1 ENABLE UTF8=ACCEPT", "C:g2 LIST *", "S:* ENABLED UTF8=ACCEPT", "S:g1 OK",
                              "S:* LIST () \"/\" INBOX", "S:* LIST () \"/\" \"\xc3\xa9\"", "S:* LIST () \"/\" \"\xff\"",
                              "S:g2 OK", "C:g3 SELECT \"\xc3\xa9\"", "C:g4 UID FETCH *", "S:g3 NO", "S:g4 BAD", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("\xc3\xa9")};

    assert_true(survey(script));
    assert_told(script, "INBOX '/' 0\n\xc3\xa9 '/' 0 or &AOk-\nundecoded \\xFF '/' 0\n");
    assert_true(observe(script, &mailbox, 1));
    end_script(script);
}

static void
an_expunge_during_a_listing_asks_for_another_one(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", SELECTED("g1", "1", "7", "4"),
                                               "S:* 1 EXPUNGE", "S:g2 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    assert_true(observe(script, &mailbox, 1));

    assert_told(script, "selected 0 v7 next 4 exists 1 modseq 0 permanent DFPRST*\n"
                        "done 0 no changed: messages were removed while they were being listed\n");
    end_script(script);
}

static void
a_server_that_cannot_be_asked_much_at_once_is_asked_one_by_one(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 SELECT \"a\"",
                                                                   "C:g2 UID FETCH *",
                                                                   "C:g3 SELECT \"b\"",
                                                                   "C:g4 UID FETCH *",
                                                                   "S:g1 BAD too fast",
                                                                   "S:g2 BAD too fast",
                                                                   "S:g3 BAD too fast",
                                                                   "S:g4 BAD too fast",
                                                                   "C:g5 SELECT \"a\"",
                                                                   "W:",
                                                                   SELECTED("g5", "0", "7", "1"),
                                                                   "C:g6 UID FETCH *",
                                                                   "W:",
                                                                   "S:g6 NO nothing here",
                                                                   "C:g7 SELECT \"b\"",
                                                                   "W:",
                                                                   "S:g7 NO [NONEXISTENT] no such",
                                                                   "C:g8 UID FETCH *",
                                                                   "S:g8 BAD",
                                                                   NULL});
    struct remote_select mailboxes[] = {{.mailbox = TEXT("a")}, {.mailbox = TEXT("b")}};

    assert_true(observe(script, mailboxes, 2));

    assert_told(script, "selected 0 v7 next 1 exists 0 modseq 0 permanent DFPRST*\ndone 0 ok\n"
                        "done 1 no gone: [NONEXISTENT] no such\n");
    end_script(script);
}

static void
permanentflags_of_a_star_alone_say_nothing_about_the_system_flags(void **state)
{
    (void)state;
    static const char *const said[] = {"S:* OK [PERMANENTFLAGS (\\*)] x", "S:* OK [PERMANENTFLAGS (\\* $Forwarded)] x",
                                       "S:* OK [PERMANENTFLAGS ()] x", "S:* OK [PERMANENTFLAGS ($Forwarded)] x"};
    static const char *const stored[] = {"DFPRST*", "DFPRST*", "", "P"};

    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct script *script = given_script("", (const char *const[]){"C:g1 SELECT \"a\"", said[i], "C:g2 UID FETCH *",
                                                                       SELECTED("g1", "0", "7", "1"), "S:g2 OK", NULL});
        struct remote_select mailbox = {.mailbox = TEXT("a")};
        char wanted[128];

        assert_true(observe(script, &mailbox, 1));

        (void)text_print(wanted, sizeof wanted, "exists 0 modseq 0 permanent %s\n", stored[i]);
        assert_non_null(strstr(script->told, wanted));
        end_script(script);
    }
}

static void
a_refusal_that_overtakes_the_select_waits_for_its_turn(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH *", "C:g3 SELECT \"b\"", "C:g4 UID FETCH *",
                                  "S:g4 BAD busy", "S:g2 BAD busy", "S:g3 BAD busy", SELECTED("g1", "1", "7", "2"),
                                  "C:g5 SELECT \"b\"", "W:", SELECTED("g5", "0", "8", "1"), "C:g6 UID FETCH *",
                                  "S:g6 OK", NULL});
    struct remote_select mailboxes[] = {{.mailbox = TEXT("a")}, {.mailbox = TEXT("b")}};

    assert_true(observe(script, mailboxes, 2));

    assert_told(script, "selected 0 v7 next 2 exists 1 modseq 0 permanent DFPRST*\ndone 0 no changed: busy\n"
                        "selected 1 v8 next 1 exists 0 modseq 0 permanent DFPRST*\ndone 1 ok\n");
    end_script(script);
}

static void
unselect_stands_between_where_it_is_offered(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UNSELECT", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH *", "C:g3 UNSELECT", "C:g4 SELECT \"b\"",
                                          "C:g5 UID FETCH *", SELECTED("g1", "0", "7", "1"), "S:g2 OK", "S:* 1 EXISTS",
                                          "S:g3 OK", SELECTED("g4", "0", "7", "1"), "S:g5 OK", NULL});
    struct remote_select mailboxes[] = {{.mailbox = TEXT("a")}, {.mailbox = TEXT("b")}};

    assert_true(observe(script, mailboxes, 2));

    assert_told(script, "selected 0 v7 next 1 exists 0 modseq 0 permanent DFPRST*\ndone 0 ok\n"
                        "selected 1 v7 next 1 exists 0 modseq 0 permanent DFPRST*\ndone 1 ok\n");
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delta_is_told_mailbox_by_mailbox),
        cmocka_unit_test(another_uidvalidity_is_said_and_its_data_are_not),
        cmocka_unit_test(a_listing_is_told_also_where_it_lacks_something),
        cmocka_unit_test(a_uid_that_is_listed_as_two_messages_is_not_believed),
        cmocka_unit_test(what_a_select_tells_of_messages_before_its_uidvalidity_is_not_needed),
        cmocka_unit_test(a_known_uid_is_told_whatever_uidnext_says),
        cmocka_unit_test(a_server_that_lists_in_no_order_is_asked_in_another_way),
        cmocka_unit_test(names_are_utf8_where_that_was_enabled),
        cmocka_unit_test(an_expunge_during_a_listing_asks_for_another_one),
        cmocka_unit_test(a_server_that_cannot_be_asked_much_at_once_is_asked_one_by_one),
        cmocka_unit_test(a_refusal_that_overtakes_the_select_waits_for_its_turn),
        cmocka_unit_test(unselect_stands_between_where_it_is_offered),
        cmocka_unit_test(permanentflags_of_a_star_alone_say_nothing_about_the_system_flags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
