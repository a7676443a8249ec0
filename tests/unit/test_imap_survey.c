/* A survey against a scripted server: what is asked, and what is made of the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/imap_remote_scene.h"

#define QUICK "ENABLE CONDSTORE QRESYNC LIST-STATUS LIST-EXTENDED SPECIAL-USE UIDPLUS MOVE LITERAL+ MULTIAPPEND"

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

/* "old" is gone, and "new" is asked for once the list has told it. A name in the other spelling is none of this session. */
static void
what_is_known_of_an_old_server_is_asked_in_the_turn_of_the_list(void **state)
{
    static const struct remote_known known[] = {
        {{"INBOX", 5}, false, ""}, {{"old", 3}, false, ""}, {{"R\303\251", 3}, true, ""}};
    static const char *const steps[] = {"C:g1 LIST *",
                                        "C:g2 LSUB *",
                                        "C:g3 STATUS \"INBOX\" *",
                                        "C:g4 STATUS \"old\" *",
                                        "W:",
                                        "S:* LIST () \"/\" INBOX",
                                        "S:* LIST () \"/\" new",
                                        "S:g1 OK",
                                        "S:g2 OK",
                                        "S:* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)",
                                        "S:g3 OK",
                                        "S:g4 BAD no such mailbox",
                                        "C:g5 STATUS \"new\" *",
                                        "W:",
                                        "S:* STATUS new (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 4)",
                                        "S:g5 OK",
                                        "C:g6 LIST *",
                                        "C:g7 LSUB *",
                                        "W:",
                                        "S:* LIST () \"/\" INBOX",
                                        "S:g6 OK",
                                        "S:g7 OK",
                                        "C:g8 STATUS \"INBOX\" *",
                                        "S:g8 OK",
                                        NULL};
    struct script *script = given_script("", steps);

    (void)state;
    script->remote.ops->know(script->remote.self, known, 3);
    assert_true(survey(script));
    assert_true(survey(script)); /* it was told of that survey alone */

    assert_told(script, "INBOX '/' 0 1 next 2 v3 modseq 0\nnew '/' 0 0 next 1 v4 modseq 0\nINBOX '/' 0\n");
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
        cmocka_unit_test(what_is_known_of_an_old_server_is_asked_in_the_turn_of_the_list),
        cmocka_unit_test(a_list_with_options_that_fails_is_asked_plainly),
        cmocka_unit_test(what_ended_the_line_in_an_earlier_run_is_not_asked_for),
        cmocka_unit_test(extensions_the_name_of_the_client_and_subscriptions_are_left_out_where_they_ended_the_line),
        cmocka_unit_test(a_list_without_inbox_is_told_as_it_is),
        cmocka_unit_test(the_longest_name_of_a_list_stops_nobody),
        cmocka_unit_test(how_full_the_mailbox_is_is_asked_in_the_turn_of_the_list),
        cmocka_unit_test(a_server_that_refuses_to_say_how_full_it_is_is_synchronised_all_the_same),
        cmocka_unit_test(a_server_that_ends_the_line_at_the_question_how_full_it_is_is_not_asked_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
