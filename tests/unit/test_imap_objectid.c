/* Which mailbox it is, whatever it is called: MAILBOXID and X-GUID ride in the survey, and a server that bends them costs nothing but them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/imap_remote_scene.h"

#define LISTS "LIST-STATUS"
#define NUMBERS "MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8"

static void
assert_avoided(struct script *script, const char *expected)
{
    struct remote_info info;

    script->remote.ops->info(script->remote.self, &info);
    assert_string_equal(info.avoided, expected);
}

static void
what_is_offered_is_asked_in_the_turn_of_the_list(void **state)
{
    (void)state;
    struct script *script = given_script(
        LISTS " OBJECTID",
        (const char *const[]){"C:g1 LIST * STATUS (MESSAGES UIDNEXT UIDVALIDITY MAILBOXID))", "S:* LIST () \"/\" INBOX",
                              "S:* STATUS INBOX (" NUMBERS " MAILBOXID (F2212ea87-6097))", "S:g1 OK", NULL});

    assert_true(survey(script));

    assert_told(script, "INBOX '/' 0 0 next 1 v8 modseq 0 id MF2212ea87-6097\n");
    assert_avoided(script, "");
    end_script(script);
}

/* NIL, an empty list, two of them, the item twice, something else, another kind, one that is no word; a long one as a digest. */
static void
what_is_no_such_value_is_none_and_hides_nothing_else(void **state)
{
    (void)state;
    struct script *script = given_script(
        LISTS " OBJECTID", (const char *const[]){"C:g1 LIST *",
                                                 "S:* LIST () \"/\" a",
                                                 "S:* STATUS a (MAILBOXID NIL " NUMBERS ")",
                                                 "S:* LIST () \"/\" b",
                                                 "S:* STATUS b (MAILBOXID () " NUMBERS ")",
                                                 "S:* LIST () \"/\" c",
                                                 "S:* STATUS c (MAILBOXID (x y) " NUMBERS ")",
                                                 "S:* LIST () \"/\" d",
                                                 "S:* STATUS d (MAILBOXID (x) MAILBOXID (y) " NUMBERS ")",
                                                 "S:* LIST () \"/\" e",
                                                 "S:* STATUS e (MAILBOXID ((x)) " NUMBERS ")",
                                                 "S:* LIST () \"/\" f",
                                                 "S:* STATUS f (MAILBOXID (x) X-GUID y MAILBOXID (x) " NUMBERS ")",
                                                 "S:* LIST () \"/\" g",
                                                 "S:* STATUS g (X-GUID \"one two\" " NUMBERS ")",
                                                 "S:* LIST () \"/\" h",
                                                 "s:* STATUS h (" NUMBERS " MAILBOXID (",
                                                 "N:200:x",
                                                 "S:))",
                                                 "S:g1 OK",
                                                 NULL});

    assert_true(survey(script));

    assert_told(script, "a '/' 0 0 next 1 v8 modseq 0\n"
                        "b '/' 0 0 next 1 v8 modseq 0\n"
                        "c '/' 0 0 next 1 v8 modseq 0\n"
                        "d '/' 0 0 next 1 v8 modseq 0\n"
                        "e '/' 0 0 next 1 v8 modseq 0\n"
                        "f '/' 0 0 next 1 v8 modseq 0 id Mx\n"
                        "g '/' 0 0 next 1 v8 modseq 0\n"
                        "h '/' 0 0 next 1 v8 modseq 0 id M"
                        "aa20c23e3201834050679e1d88941b9a6fed0557c9a705cb2c315e2e63fd486d\n");
    end_script(script);
}

static void
a_list_that_is_refused_for_it_is_asked_without_it_and_with_all_else(void **state)
{
    (void)state;
    struct script *script = given_script(
        LISTS " OBJECTID",
        (const char *const[]){"C:g1 LIST * STATUS (MESSAGES UIDNEXT UIDVALIDITY MAILBOXID))",
                              "S:g1 BAD Unknown status item", "C:g2 LIST * STATUS (MESSAGES UIDNEXT UIDVALIDITY))",
                              "S:* LIST () \"/\" INBOX", "S:* STATUS INBOX (" NUMBERS ")", "S:g2 OK",
                              "C:g3 LIST * STATUS (MESSAGES UIDNEXT UIDVALIDITY))", "S:* LIST () \"/\" INBOX",
                              "S:* STATUS INBOX (" NUMBERS ")", "S:g3 OK", NULL});

    assert_true(survey(script));
    assert_true(survey(script));

    assert_told(script, "INBOX '/' 0 0 next 1 v8 modseq 0\nINBOX '/' 0 0 next 1 v8 modseq 0\n");
    assert_avoided(script, "128");
    end_script(script);
}

static void
a_status_that_is_refused_for_it_is_asked_without_it(void **state)
{
    (void)state;
    struct script *script = given_script(
        "OBJECTID",
        (const char *const[]){"C:g1 LIST \"\" \"[*]\"", "C:g2 LSUB *", "S:* LIST () \"/\" INBOX", "S:* LIST () \"/\" a",
                              "S:g1 OK", "S:g2 OK", "C:g3 STATUS \"INBOX\" (MESSAGES UIDNEXT UIDVALIDITY MAILBOXID)",
                              "C:g4 STATUS \"a\" (MESSAGES UIDNEXT UIDVALIDITY MAILBOXID)", "S:g3 BAD what",
                              "S:g4 BAD what", "C:g5 STATUS \"INBOX\" (MESSAGES UIDNEXT UIDVALIDITY)",
                              "C:g6 STATUS \"a\" (MESSAGES UIDNEXT UIDVALIDITY)", "S:* STATUS INBOX (" NUMBERS ")",
                              "S:g5 OK", "S:g6 NO", NULL});

    assert_true(survey(script));

    assert_told(script, "INBOX '/' 0 0 next 1 v8 modseq 0\na '/' 0\n");
    assert_avoided(script, "128");
    end_script(script);
}

static void
where_the_line_ends_at_it_that_alone_is_not_asked_for_again(void **state)
{
    (void)state;
    struct script *script =
        given_script(LISTS " OBJECTID",
                     (const char *const[]){"C:g1 LIST * STATUS (MESSAGES UIDNEXT UIDVALIDITY MAILBOXID))", "E:", NULL});

    assert_false(survey(script));

    assert_avoided(script, "128");
    end_script(script);
}

/* Its greeting does not say so: one turn more, once. */
static void
a_server_whose_id_is_dovecot_is_asked_for_x_guid(void **state)
{
    (void)state;
    struct script *script = given_script(
        LISTS " ID",
        (const char *const[]){"C:g1 ID *", "C:g2 LIST * STATUS (MESSAGES UIDNEXT UIDVALIDITY))",
                              "S:* ID (\"name\" \"Dovecot\")", "S:g1 OK", "S:* LIST () \"/\" INBOX",
                              "S:* STATUS INBOX (" NUMBERS ")", "S:* LIST () \"/\" a", "S:* STATUS a (" NUMBERS ")",
                              "S:g2 OK", "C:g3 LIST * STATUS (X-GUID))", "S:* LIST () \"/\" INBOX",
                              "S:* STATUS INBOX (X-GUID 1f9c0b2d)", "S:* LIST () \"/\" a", "S:g3 OK",
                              "C:g4 LIST * STATUS (MESSAGES UIDNEXT UIDVALIDITY X-GUID))", "S:* LIST () \"/\" INBOX",
                              "S:* STATUS INBOX (" NUMBERS " X-GUID 1f9c0b2d)", "S:g4 OK", NULL});

    assert_true(survey(script));
    assert_true(survey(script));

    assert_told(script, "INBOX '/' 0 0 next 1 v8 modseq 0 id G1f9c0b2d\na '/' 0 0 next 1 v8 modseq 0\n"
                        "INBOX '/' 0 0 next 1 v8 modseq 0 id G1f9c0b2d\n");
    assert_avoided(script, "");
    end_script(script);
}

static void
where_an_earlier_run_was_told_it_is_asked_at_once(void **state)
{
    (void)state;
    struct script *script = given_script(
        LISTS " ID", (const char *const[]){"C:g1 ID *", "C:g2 LIST * STATUS (MESSAGES UIDNEXT UIDVALIDITY X-GUID))",
                                           "S:* ID (\"name\" \"Dovecot\")", "S:g1 OK", "S:* LIST () \"/\" INBOX",
                                           "S:* STATUS INBOX (" NUMBERS " X-GUID 1f)", "S:g2 OK", NULL});

    script->remote.ops->expect_guid(script->remote.self);
    assert_true(survey(script));

    assert_told(script, "INBOX '/' 0 0 next 1 v8 modseq 0 id G1f\n");
    end_script(script);
}

/* ... but knows no X-GUID: what the first list said stands. */
static void
a_refusal_of_x_guid_changes_nothing(void **state)
{
    (void)state;
    struct script *script = given_script(
        LISTS " ID", (const char *const[]){"C:g1 ID *", "C:g2 LIST *", "S:* ID (\"name\" \"Dovecot\")", "S:g1 OK",
                                           "S:* LIST () \"/\" INBOX", "S:* STATUS INBOX (" NUMBERS ")", "S:g2 OK",
                                           "C:g3 LIST * STATUS (X-GUID))", "S:g3 BAD no", "C:g4 LIST * UIDVALIDITY))",
                                           "S:* LIST () \"/\" INBOX", "S:g4 OK", NULL});

    assert_true(survey(script));
    assert_true(survey(script));

    assert_told(script, "INBOX '/' 0 0 next 1 v8 modseq 0\nINBOX '/' 0\n");
    assert_avoided(script, "128");
    end_script(script);
}

#define CYRUS "G:Cyrus IMAP 3.6.1 server ready"
#define BOTH                                                                                                           \
    "C:g1 LIST * STATUS (MESSAGES UIDNEXT UIDVALIDITY))",                                                              \
        "C:g2 LIST \"\" \"[*]\" RETURN (STATUS (UIDVALIDITY MAILBOXID))"

/* It tells freed memory beside the numbers, and what is so beside UIDVALIDITY alone. */
static void
cyrus_is_asked_for_it_by_a_second_list_in_the_same_turn(void **state)
{
    (void)state;
    struct script *script = given_script(
        LISTS " OBJECTID",
        (const char *const[]){CYRUS, BOTH, "S:* LIST () \"/\" INBOX", "S:* STATUS INBOX (" NUMBERS ")",
                              "S:* LIST () \"/\" a", "S:* STATUS a (" NUMBERS ")", "S:* LIST (\\Noselect) \"/\" b",
                              "S:g1 OK", "S:* LIST () \"/\" INBOX", "S:* STATUS INBOX (UIDVALIDITY 8 MAILBOXID (x))",
                              "S:* LIST () \"/\" a", "S:* STATUS a (UIDVALIDITY 8 MAILBOXID (y))", "S:g2 OK", NULL});

    assert_true(survey(script));

    assert_told(script, "INBOX '/' 0 0 next 1 v8 modseq 0 id Mx\na '/' 0 0 next 1 v8 modseq 0 id My\nb '/' 1\n");
    assert_avoided(script, "");
    end_script(script);
}

/* "a" is renamed to "b" between the two: what "b" is would be told of no numbers, or of another one's. */
static void
two_lists_that_are_not_of_one_moment_are_asked_for_again(void **state)
{
    (void)state;
    struct script *script =
        given_script(LISTS " OBJECTID",
                     (const char *const[]){CYRUS, BOTH, "S:* LIST () \"/\" a", "S:* STATUS a (" NUMBERS ")", "S:g1 OK",
                                           "S:* LIST () \"/\" b", "S:* STATUS b (UIDVALIDITY 8 MAILBOXID (x))",
                                           "S:g2 OK", "C:g3 LIST * STATUS (MESSAGES UIDNEXT UIDVALIDITY))",
                                           "C:g4 LIST * (STATUS (UIDVALIDITY MAILBOXID))", "S:* LIST () \"/\" b",
                                           "S:* STATUS b (" NUMBERS ")", "S:g3 OK", "S:* LIST () \"/\" b",
                                           "S:* STATUS b (UIDVALIDITY 8 MAILBOXID (x))", "S:g4 OK", NULL});

    assert_true(survey(script));

    assert_told(script, "b '/' 0 0 next 1 v8 modseq 0 id Mx\n");
    end_script(script);
}

/* ... and where it always is another one it is not known what it is. */
static void
a_mailbox_with_two_uidvalidities_is_not_known_by_either(void **state)
{
    (void)state;
    struct script *script =
        given_script(LISTS " OBJECTID",
                     (const char *const[]){CYRUS, BOTH, "S:* LIST () \"/\" a", "S:* STATUS a (" NUMBERS ")", "S:g1 OK",
                                           "S:* LIST () \"/\" a", "S:* STATUS a (UIDVALIDITY 9 MAILBOXID (x))",
                                           "S:g2 OK", "C:g3 LIST *", "C:g4 LIST *", "S:* LIST () \"/\" a",
                                           "S:* STATUS a (" NUMBERS ")", "S:g3 OK", "S:* LIST () \"/\" a",
                                           "S:* STATUS a (UIDVALIDITY 9 MAILBOXID (x))", "S:g4 OK", NULL});

    assert_true(survey(script));

    assert_told(script, "a '/' 0 0 next 1 v8 modseq 0\n");
    end_script(script);
}

static void
a_second_list_that_is_refused_is_not_sent_again(void **state)
{
    (void)state;
    struct script *script =
        given_script(LISTS " OBJECTID",
                     (const char *const[]){CYRUS, BOTH, "S:* LIST () \"/\" a", "S:* STATUS a (" NUMBERS ")", "S:g1 OK",
                                           "S:g2 BAD what", "C:g3 LIST * STATUS (MESSAGES UIDNEXT UIDVALIDITY))",
                                           "W:", "S:* LIST () \"/\" a", "S:* STATUS a (" NUMBERS ")", "S:g3 OK", NULL});

    assert_true(survey(script));
    assert_true(survey(script));

    assert_told(script, "a '/' 0 0 next 1 v8 modseq 0\na '/' 0 0 next 1 v8 modseq 0\n");
    assert_avoided(script, "128");
    end_script(script);
}

/* It never was asked for it: what it says no to is the list. */
static void
a_list_of_numbers_that_is_refused_is_no_word_about_the_second_one(void **state)
{
    (void)state;
    struct script *script = given_script(
        LISTS " OBJECTID", (const char *const[]){CYRUS, BOTH, "S:g1 NO System I/O error", "S:g2 NO System I/O error",
                                                 "C:g3 LIST *", "C:g4 LSUB *", "S:* LIST () \"/\" a", "S:g3 OK",
                                                 "S:g4 OK", "C:g5 STATUS \"a\" *", "S:g5 OK", NULL});

    assert_true(survey(script));

    assert_told(script, "a '/' 0\n");
    assert_avoided(script, "");
    end_script(script);
}

static void
where_the_line_ends_at_the_second_list_that_alone_is_not_asked_for_again(void **state)
{
    (void)state;
    struct script *script = given_script(
        LISTS " OBJECTID", (const char *const[]){CYRUS, BOTH, "S:* LIST () \"/\" a", "S:g1 OK", "E:", NULL});

    assert_false(survey(script));

    assert_avoided(script, "128");
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_offered_is_asked_in_the_turn_of_the_list),
        cmocka_unit_test(what_is_no_such_value_is_none_and_hides_nothing_else),
        cmocka_unit_test(a_list_that_is_refused_for_it_is_asked_without_it_and_with_all_else),
        cmocka_unit_test(a_status_that_is_refused_for_it_is_asked_without_it),
        cmocka_unit_test(where_the_line_ends_at_it_that_alone_is_not_asked_for_again),
        cmocka_unit_test(a_server_whose_id_is_dovecot_is_asked_for_x_guid),
        cmocka_unit_test(where_an_earlier_run_was_told_it_is_asked_at_once),
        cmocka_unit_test(a_refusal_of_x_guid_changes_nothing),
        cmocka_unit_test(cyrus_is_asked_for_it_by_a_second_list_in_the_same_turn),
        cmocka_unit_test(two_lists_that_are_not_of_one_moment_are_asked_for_again),
        cmocka_unit_test(a_mailbox_with_two_uidvalidities_is_not_known_by_either),
        cmocka_unit_test(a_second_list_that_is_refused_is_not_sent_again),
        cmocka_unit_test(a_list_of_numbers_that_is_refused_is_no_word_about_the_second_one),
        cmocka_unit_test(where_the_line_ends_at_the_second_list_that_alone_is_not_asked_for_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
