/* Answers about one mailbox or message that can't be read: that one is not known, all others are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_script.h"
#include "store/base/clock.h"

#define SELECTED(tag, exists, v, modseq)                                                                               \
    "S:* " exists " EXISTS", "S:* OK [UIDVALIDITY " v "]", "S:* OK [UIDNEXT 100]",                                     \
        "S:* OK [HIGHESTMODSEQ " modseq "]", "S:" tag " OK [READ-WRITE]"
#define META(n, u) "S:* " n " FETCH (UID " u " FLAGS () INTERNALDATE \"01-Jan-1970 00:00:09 +0000\" RFC822.SIZE 5)"
#define GARBLED(n) "S:* " n " FETCH (UID 0 FLAGS ())"

static const uint32_t uids[] = {1, 2};

static void
a_line_of_a_listing_that_cannot_be_read_is_one_message_less(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", "C:g3 SELECT *", "C:g4 UID FETCH *",
                                               SELECTED("g1", "2", "7", "0"), META("1", "1"), GARBLED("2"), "S:g2 OK",
                                               SELECTED("g3", "1", "8", "0"), META("1", "1"), "S:g4 OK", NULL});
    struct remote_select mailboxes[] = {{.mailbox = TEXT("a")}, {.mailbox = TEXT("b")}};

    assert_true(
        script->remote.ops->observe(script->remote.self, mailboxes, 2, &telling_observer, script, &script->err));

    assert_non_null(strstr(script->told, "done 0 ok: can't understand the server's "
                                         "answer (not a UID): * 2 FETCH (UID 0"));
    assert_non_null(strstr(script->told, "done 1 ok\n"));
    end_script(script);
}

static void
what_cannot_be_read_before_the_uidvalidity_takes_nothing_from_a_mailbox(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", "S:* FLAGS (a (b)", "S:* 99999999999 EXISTS",
                                  SELECTED("g1", "1", "7", "0"), META("1", "1"), "S:g2 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    assert_true(script->remote.ops->observe(script->remote.self, &mailbox, 1, &telling_observer, script, &script->err));

    assert_non_null(strstr(script->told, "done 0 ok\n"));
    end_script(script);
}

static void
a_change_that_cannot_be_read_makes_a_delta_none(void **state)
{
    (void)state;
    struct script *script = given_script(
        "CONDSTORE", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", "C:g3 UID FETCH *",
                                           SELECTED("g1", "2", "7", "9"), GARBLED("2"), "S:g2 OK", "S:g3 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 100, .modseq = 8};

    assert_true(script->remote.ops->observe(script->remote.self, &mailbox, 1, &telling_observer, script, &script->err));

    assert_non_null(strstr(script->told, "done 0 no changed: can't understand the server's answer (not a UID)"));
    end_script(script);
}

static bool
removes(struct script *script)
{
    struct remote_change change = {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 2};

    return script->remote.ops->remove(script->remote.self, &change, 1, &telling_changer, script, &script->err);
}

static void
what_could_not_be_read_is_not_proven_to_be_gone(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2 *", SELECTED("g1", "3", "7", "0"),
                                         META("1", "1"), META("2", "2"), "S:g2 OK", "C:g3 UID STORE 1:2 *",
                                         "C:g4 UID EXPUNGE 1:2", "C:g5 SELECT \"a\"", "C:g6 UID FETCH 1:2 *", "S:g3 OK",
                                         "S:g4 OK", SELECTED("g5", "2", "7", "0"), GARBLED("1"), "S:g6 OK", NULL});

    assert_true(removes(script));

    assert_non_null(strstr(script->told, "done 0.0 u0 no doubtful: "));
    assert_non_null(strstr(script->told, "done 0.1 u0 no doubtful: "));
    end_script(script);
}

static void
what_could_not_be_read_before_a_removal_is_not_gone_either(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2 *", SELECTED("g1", "3", "7", "0"),
                                         GARBLED("1"), GARBLED("2"), "S:g2 OK", "C:g3 LOGOUT", NULL});

    assert_true(removes(script));

    assert_told(script, "done 0.0 u0 no changed: the message is not there any more\n"
                        "done 0.1 u0 no changed: the message is not there any more\n");
    end_script(script);
}

static bool
note_listed(void *context, const struct remote_listed *mailbox)
{
    char *told = context;
    size_t len = strlen(told);

    (void)text_print(told + len, 200 - len, "<%.*s>%s ", (int)mailbox->name.len, mailbox->name.at,
                     mailbox->has_status ? " status" : "");
    return true;
}

static void
a_mailbox_of_which_the_status_cannot_be_read_is_listed_without(void **state)
{
    char told[200] = "";
    struct remote_info info;

    (void)state;
    struct script *script = given_script(
        "LIST-STATUS",
        (const char *const[]){"C:g1 LIST *", "S:* LIST () \"/\" INBOX",
                              "S:* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)", "S:* LIST () \"/\" Two Words",
                              "S:* LIST () \"/\" Three", "S:* STATUS Two Words (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)",
                              "S:* STATUS Three (MESSAGES 1 UIDNEXT 2 UIDVALIDITY NIL)", "S:g1 OK", NULL});

    assert_true(script->remote.ops->survey(script->remote.self, note_listed, told, &script->err));

    assert_string_equal(told, "<INBOX> status <Two Words> status <Three> ");
    script->remote.ops->info(script->remote.self, &info);
    assert_string_equal(info.unlisted, "");
    end_script(script);
}

static void
a_list_with_a_line_that_cannot_be_read_says_so(void **state)
{
    char told[200] = "";
    struct remote_info info;

    (void)state;
    struct script *script = given_script("LIST-STATUS", (const char *const[]){"C:g1 LIST *", "S:* LIST () \"/\" INBOX",
                                                                              "S:* LIST (\\HasNo", "S:g1 OK", NULL});

    assert_true(script->remote.ops->survey(script->remote.self, note_listed, told, &script->err));

    assert_string_equal(told, "<INBOX> ");
    script->remote.ops->info(script->remote.self, &info);
    assert_non_null(strstr(info.unlisted, "* LIST ("));
    end_script(script);
}

static void
a_name_with_a_line_end_is_none(void **state)
{
    char told[200] = "";
    struct remote_info info;

    (void)state;
    struct script *script =
        given_script("LIST-STATUS", (const char *const[]){"C:g1 LIST *", "S:* LIST () \"/\" INBOX",
                                                          "s:* LIST () \"/\" {28}\r\nTwo\r\n* LIST () \"/\" Three\r\nx",
                                                          "S:", "S:g1 OK", NULL});

    assert_true(script->remote.ops->survey(script->remote.self, note_listed, told, &script->err));

    assert_string_equal(told, "<INBOX> ");
    script->remote.ops->info(script->remote.self, &info);
    assert_non_null(strstr(info.unlisted, "a name with a line end in it: Two"));
    end_script(script);
}

static void
what_is_told_before_the_mailbox_is_named_is_for_nobody(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", "S:* 1 FETCH (UID 1 FLAGS ())",
                                               SELECTED("g1", "1", "7", "0"), META("1", "1"), "S:g2 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    assert_true(script->remote.ops->observe(script->remote.self, &mailbox, 1, &telling_observer, script, &script->err));

    assert_non_null(strstr(script->told, "done 0 ok\n"));
    end_script(script);
}

static void
a_change_that_is_told_before_the_mailbox_is_named_makes_a_delta_none(void **state)
{
    (void)state;
    struct script *script =
        given_script("CONDSTORE", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", "C:g3 UID FETCH *",
                                                        "S:* 1 FETCH (UID 1 FLAGS ())", SELECTED("g1", "2", "7", "9"),
                                                        "S:g2 OK", "S:g3 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 100, .modseq = 8};

    assert_true(script->remote.ops->observe(script->remote.self, &mailbox, 1, &telling_observer, script, &script->err));

    assert_non_null(strstr(script->told, "done 0 no changed: "));
    end_script(script);
}

static void
a_bad_without_a_tag_before_another_select_is_cleared_up_on_the_next_line(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", "C:g3 SELECT *", "C:g4 UID FETCH *",
                                  SELECTED("g1", "1", "7", "0"), META("1", "1"), "S:* BAD I can't parse that",
                                  SELECTED("g3", "1", "8", "0"), META("1", "1"), "S:g4 OK", NULL});
    struct remote_select mailboxes[] = {{.mailbox = TEXT("a")}, {.mailbox = TEXT("b")}};
    const int64_t begin = clock_ms();

    assert_false(
        script->remote.ops->observe(script->remote.self, mailboxes, 2, &telling_observer, script, &script->err));

    /* The SELECT behind it was answered first: only the next line can tell what is whose. */
    assert_non_null(strstr(script->err.what, "answered before"));
    assert_true(clock_ms() - begin < 9000);
    end_script(script);
}

static void
a_bad_without_a_tag_to_the_only_question_is_its_answer(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", SELECTED("g1", "1", "7", "0"),
                                               "S:* BAD I can't parse that", "C:g3 LOGOUT", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};
    const int64_t begin = clock_ms();

    assert_true(script->remote.ops->observe(script->remote.self, &mailbox, 1, &telling_observer, script, &script->err));

    assert_non_null(strstr(script->told, "done 0 no changed: I can't parse that\n"));
    assert_true(clock_ms() - begin < 9000); /* the time limit is ten seconds */
    end_script(script);
}

static void
a_bad_without_a_tag_to_a_select_is_its_answer_though_what_follows_is_refused_with_a_tag(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", "S:* BAD I can't parse that",
                                  "S:g2 BAD no mailbox is selected", "C:g3 SELECT *", SELECTED("g3", "1", "7", "0"),
                                  "C:g4 UID FETCH *", META("1", "1"), "S:g4 OK", "C:g5 LOGOUT", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};
    const int64_t begin = clock_ms();

    assert_true(script->remote.ops->observe(script->remote.self, &mailbox, 1, &telling_observer, script, &script->err));

    assert_non_null(strstr(script->told, "done 0 ok"));
    assert_true(clock_ms() - begin < 9000);
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_a_listing_that_cannot_be_read_is_one_message_less),
        cmocka_unit_test(what_cannot_be_read_before_the_uidvalidity_takes_nothing_from_a_mailbox),
        cmocka_unit_test(a_change_that_cannot_be_read_makes_a_delta_none),
        cmocka_unit_test(what_could_not_be_read_is_not_proven_to_be_gone),
        cmocka_unit_test(what_could_not_be_read_before_a_removal_is_not_gone_either),
        cmocka_unit_test(a_mailbox_of_which_the_status_cannot_be_read_is_listed_without),
        cmocka_unit_test(a_name_with_a_line_end_is_none),
        cmocka_unit_test(what_is_told_before_the_mailbox_is_named_is_for_nobody),
        cmocka_unit_test(a_change_that_is_told_before_the_mailbox_is_named_makes_a_delta_none),
        cmocka_unit_test(a_bad_without_a_tag_before_another_select_is_cleared_up_on_the_next_line),
        cmocka_unit_test(a_bad_without_a_tag_to_the_only_question_is_its_answer),
        cmocka_unit_test(a_bad_without_a_tag_to_a_select_is_its_answer_though_what_follows_is_refused_with_a_tag),
        cmocka_unit_test(a_list_with_a_line_that_cannot_be_read_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
