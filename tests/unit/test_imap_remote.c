/* The engine against a scripted server: what is asked, and what is made of the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/imap_remote_scene.h"

#define QUICK "ENABLE CONDSTORE QRESYNC LIST-STATUS LIST-EXTENDED SPECIAL-USE UIDPLUS MOVE LITERAL+ MULTIAPPEND"
#define ENABLE "C:g1 ENABLE QRESYNC CONDSTORE", "S:* ENABLED QRESYNC CONDSTORE", "S:g1 OK"

/* ---- survey ---- */

static void
nothing_changed_costs_one_turn(void **state)
{
    (void)state;
    struct script *script = given_script(
        QUICK " ID NAMESPACE",
        (const char *const[]){
            "C:g1 ENABLE QRESYNC CONDSTORE",
            "C:g2 NAMESPACE",
            "C:g3 ID (*)",
            "C:g4 LIST \"\" \"[*]\" RETURN (SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY "
            "HIGHESTMODSEQ))",
            "S:* ENABLED QRESYNC CONDSTORE",
            "S:g1 OK",
            "S:* NAMESPACE ((\"INBOX.\" \".\")) NIL ((\"Shared.\" \".\"))",
            "S:g2 OK",
            "S:* ID (\"name\" \"Fake\" \"version\" \"1\")",
            "S:g3 OK",
            "S:* LIST (\\HasNoChildren) \".\" inbox",
            "S:* STATUS INBOX (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 44)",
            "S:* LIST (\\Sent \\Subscribed) \".\" \"INBOX.S&AOk-nt\"",
            "S:* STATUS \"INBOX.S&AOk-nt\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8 HIGHESTMODSEQ 1 MAILBOXID (abc))",
            "S:* LIST (\\NonExistent) \".\" Shared (\"CHILDINFO\" (\"SUBSCRIBED\"))",
            "s:* LIST () NIL {5}\r\na\"b\\c",
            "S:",
            "S:* LIST () \".\" Bad&-&Name",
            "S:g4 OK done",
            "C:g5 LOGOUT",
            NULL});

    assert_true(survey(script));

    assert_told(script, "inbox '.' 0 3 next 9 v7 modseq 44\n"
                        "INBOX.S\xc3\xa9nt '.' 104 or INBOX.S\xc3\xa9nt 0 next 1 v8 modseq 1 id Mabc\n"
                        "Shared '.' 801\n"
                        "a\"b\\c '0' 0\n"
                        "undecoded Bad&-&Name '.' 0\n");
    struct remote_info info;
    script->remote.ops->info(script->remote.self, &info);
    assert_string_equal(info.server, "Fake 1");
    assert_string_equal(info.prefix, "INBOX.");
    assert_true(info.qresync && info.separator == '.');
    end_script(script);
}

static void
an_old_server_is_asked_in_two_turns(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 LIST \"\" \"[*]\"", "C:g2 LSUB \"\" \"[*]\"", "W:", "S:* LIST () \"/\" INBOX",
                                  "S:* LIST (\\Noselect) \"/\" a", "S:* LIST () \"/\" a/b", "S:g1 OK",
                                  "S:* LSUB () \"/\" a/b", "S:* LSUB () \"/\" gone", "S:g2 OK",
                                  "C:g3 STATUS \"INBOX\" (MESSAGES UIDNEXT UIDVALIDITY)",
                                  "C:g4 STATUS \"a/b\" (MESSAGES UIDNEXT UIDVALIDITY)", "S:g4 NO no", /* out of order */
                                  "S:* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)", "S:g3 OK", NULL});

    assert_true(survey(script));

    assert_told(script, "INBOX '/' 0 1 next 2 v3 modseq 0\na '/' 1\na/b '/' 4\n");
    end_script(script);
}

static void
a_list_with_options_that_fails_is_asked_plainly(void **state)
{
    (void)state;
    struct script *script = given_script(
        "LIST-STATUS", (const char *const[]){"C:g1 LIST * RETURN (*", "S:g1 BAD what", "C:g2 LIST \"\" \"[*]\"",
                                             "C:g3 LSUB *", "S:* LIST () \"/\" INBOX", "S:g2 OK", "S:g3 NO",
                                             "C:g4 STATUS \"INBOX\" *", "S:g4 OK", NULL});

    assert_true(survey(script));

    assert_told(script, "INBOX '/' 0\n");
    end_script(script);
}

/* The second STATUS of an earlier run ended the line, after a LIST with all of them. */
static void
what_ended_the_line_in_an_earlier_run_is_not_asked_for(void **state)
{
    (void)state;
    struct remote_info info;
    struct script *script = given_script_after(
        "1 3826002220", /* hash of "a" */
        "LIST-STATUS LIST-EXTENDED SPECIAL-USE",
        (const char *const[]){"C:g1 LIST \"\" \"[*]\" RETURN (SUBSCRIBED SPECIAL-USE)", "S:* LIST () \"/\" INBOX",
                              "S:* LIST () \"/\" a", "S:g1 OK", "C:g2 STATUS \"INBOX\" *",
                              "S:* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)", "S:g2 OK", NULL});

    assert_true(survey(script));

    script->remote.ops->info(script->remote.self, &info);
    assert_string_equal(info.avoided, "1 3826002220");
    end_script(script);
}

/* NAMESPACE all the same: without it new mailboxes would get other names here. */
static void
extensions_the_name_of_the_client_and_subscriptions_are_left_out_where_they_ended_the_line(void **state)
{
    (void)state;
    struct remote_info info;
    struct script *script = given_script_after(
        "28", "ENABLE CONDSTORE QRESYNC ID NAMESPACE",
        (const char *const[]){"C:g1 NAMESPACE", "C:g2 LIST \"\" \"[*]\"", "S:* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL",
                              "S:g1 OK", "S:* LIST () \"/\" INBOX", "S:g2 OK", "C:g3 STATUS \"INBOX\" *",
                              "S:* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)", "S:g3 OK", NULL});

    assert_true(survey(script));

    script->remote.ops->info(script->remote.self, &info);
    assert_string_equal(info.avoided, "28");
    assert_string_equal(info.prefix, "INBOX.");
    assert_false(info.qresync);
    end_script(script);
}

static void
a_list_without_inbox_is_told_as_it_is(void **state)
{
    (void)state;
    struct script *script =
        given_script("LIST-STATUS", (const char *const[]){"C:g1 LIST *", "S:* LIST () \"/\" a", "S:g1 OK", NULL});

    assert_true(survey(script));

    assert_non_null(strstr(script->told, "a '/' 0"));
    end_script(script);
}

/* A name of the longest literal that is kept: it is told like any other, and so are those beside it. */
static void
the_longest_name_of_a_list_stops_nobody(void **state)
{
    (void)state;
    struct script *script = given_script(
        "LIST-STATUS", (const char *const[]){"C:g1 LIST *", "S:* LIST () \"/\" INBOX", "s:* LIST () \"/\" {65536}\r\n",
                                             "N:65536:x", "S:", "S:* LIST () \"/\" a", "S:g1 OK", NULL});

    assert_true(survey(script));

    assert_non_null(strstr(script->told, "INBOX '/' 0\n"));
    assert_non_null(strstr(script->told, "xxx"));
    assert_non_null(strstr(script->told, "\na '/' 0\n"));
    end_script(script);
}

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

#define QUOTA_QUICK "ENABLE CONDSTORE LIST-STATUS LIST-EXTENDED QUOTA"

static void
assert_quota(struct script *script, bool has, uint64_t used)
{
    struct remote_info info;

    script->remote.ops->info(script->remote.self, &info);
    assert_true(info.tells_quota);
    assert_int_equal(info.has_quota, has);
    assert_int_equal(info.quota.bytes.known ? info.quota.bytes.used : 0, used);
}

static void
how_full_the_mailbox_is_is_asked_in_the_turn_of_the_list(void **state)
{
    (void)state;
    struct script *script = given_script(
        QUOTA_QUICK, (const char *const[]){"C:g1 ENABLE CONDSTORE", "C:g2 LIST *STATUS*", "C:g3 GETQUOTAROOT INBOX",
                                           "W:", "S:g1 OK", "S:* QUOTAROOT INBOX a", "S:* QUOTA b (STORAGE 9 10)",
                                           "S:* QUOTA a (STORAGE 2 10)", "S:g3 OK", "S:* LIST () \"/\" INBOX",
                                           "S:* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)", "S:g2 OK", NULL});

    assert_true(survey(script));

    assert_told(script, "INBOX '/' 0 0 next 1 v8 modseq 0\n");
    assert_quota(script, true, 2048);
    end_script(script);
}

static void
a_server_that_refuses_to_say_how_full_it_is_is_synchronised_all_the_same(void **state)
{
    static const struct {
        const char *answer;
        bool again; /* is it asked another time? */
    } rows[] = {{"S:g3 NO not today", true}, {"S:g3 BAD what?", false}, {"S:* BAD what?", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct script *script = given_script(
            QUOTA_QUICK, (const char *const[]){"C:g1 ENABLE CONDSTORE", "C:g2 LIST *STATUS*", "C:g3 GETQUOTAROOT INBOX",
                                               "S:g1 OK", "S:* LIST () \"/\" INBOX", "S:g2 OK",
                                               "S:* QUOTA a (STORAGE 2 10)", rows[i].answer, "C:g4 LIST *STATUS*",
                                               rows[i].again ? "C:g5 GETQUOTAROOT INBOX" : "S:* LIST () \"/\" INBOX",
                                               "S:* LIST () \"/\" INBOX", "S:g4 OK",
                                               rows[i].again ? "S:g5 OK" : "S:* 1 EXISTS", NULL});

        assert_true(survey(script));
        assert_quota(script, false, 0);
        assert_true(survey(script));
        assert_told(script, "INBOX '/' 0\nINBOX '/' 0\n");
        assert_quota(script, rows[i].again, 0);
        end_script(script);
    }
}

static void
a_server_that_ends_the_line_at_the_question_how_full_it_is_is_not_asked_again(void **state)
{
    (void)state;
    struct remote_info info;
    struct script *script = given_script(
        QUOTA_QUICK, (const char *const[]){"C:g1 ENABLE CONDSTORE", "C:g2 LIST *STATUS*", "C:g3 GETQUOTAROOT INBOX",
                                           "S:g1 OK", "S:* LIST () \"/\" INBOX", "S:g2 OK", "E:", NULL});

    assert_false(survey(script));

    script->remote.ops->info(script->remote.self, &info);
    assert_string_equal(info.avoided, "32");
    end_script(script);
    script = given_script_after(info.avoided, QUOTA_QUICK,
                                (const char *const[]){"C:g1 ENABLE CONDSTORE", "C:g2 LIST *STATUS*", "W:", "S:g1 OK",
                                                      "S:* LIST () \"/\" INBOX", "S:g2 OK", NULL});
    assert_true(survey(script));
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changed_costs_one_turn),
        cmocka_unit_test(an_old_server_is_asked_in_two_turns),
        cmocka_unit_test(how_full_the_mailbox_is_is_asked_in_the_turn_of_the_list),
        cmocka_unit_test(a_server_that_refuses_to_say_how_full_it_is_is_synchronised_all_the_same),
        cmocka_unit_test(a_server_that_ends_the_line_at_the_question_how_full_it_is_is_not_asked_again),
        cmocka_unit_test(a_list_with_options_that_fails_is_asked_plainly),
        cmocka_unit_test(what_ended_the_line_in_an_earlier_run_is_not_asked_for),
        cmocka_unit_test(extensions_the_name_of_the_client_and_subscriptions_are_left_out_where_they_ended_the_line),
        cmocka_unit_test(a_list_without_inbox_is_told_as_it_is),
        cmocka_unit_test(the_longest_name_of_a_list_stops_nobody),
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
