/* Servers that answer for so many messages at a time (RFC 9738), and tell them by UID alone (RFC 9586). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_script.h"

#define META " FLAGS () RFC822.SIZE 1 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")"
#define SELECT_OF(tag, exists, next)                                                                                   \
    "S:* " exists " EXISTS", "S:* OK [UIDVALIDITY 7] ok", "S:* OK [UIDNEXT " next "] ok", "S:" tag " OK"

static bool
observe(struct script *script, const struct remote_select *mailboxes, size_t count)
{
    return script->remote.ops->observe(script->remote.self, mailboxes, count, &telling_observer, script, &script->err);
}

static void
told_has(const struct script *script, const char *what)
{
    if (strstr(script->told, what) == NULL)
        fail_msg("\"%s\" was not told, but\n%s", what, script->told);
}

static void
what_the_server_cut_off_is_asked_for_below_it(void **state)
{
    (void)state;
    struct script *script =
        given_script("ENABLE UIDONLY MESSAGELIMIT=2", (const char *const[]){"C:g1 ENABLE UIDONLY",
                                                                            "S:* ENABLED UIDONLY",
                                                                            "S:g1 OK",
                                                                            "C:g2 SELECT \"a\"",
                                                                            "C:g3 UID FETCH 1:[*] *",
                                                                            SELECT_OF("g2", "5", "10"),
                                                                            "S:* 8 UIDFETCH (UID 8" META,
                                                                            "S:* 9 UIDFETCH (" META,
                                                                            "S:g3 OK [MESSAGELIMIT 2 8] partial",
                                                                            "C:g4 SELECT \"a\"",
                                                                            "C:g5 UID FETCH 1:7 *",
                                                                            SELECT_OF("g4", "6", "11"),
                                                                            "S:* 4 UIDFETCH (" META,
                                                                            "S:* 6 UIDFETCH (" META,
                                                                            "S:g5 OK [MESSAGELIMIT 2 4] partial",
                                                                            "C:g6 SELECT \"a\"",
                                                                            "C:g7 UID FETCH 1:3 *",
                                                                            SELECT_OF("g6", "6", "11"),
                                                                            "S:* 2 UIDFETCH (" META,
                                                                            "S:g7 OK",
                                                                            NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    assert_true(observe(script, &mailbox, 1));

    /* The first SELECT counts: what arrived since is for the next look. */
    told_has(script, "next 10 exists 5 ");
    told_has(script, "message 0 u8 () 1 @1\nmessage 0 u9 () 1 @1\nmessage 0 u4 () 1 @1\nmessage 0 u6 () 1 @1\n"
                     "message 0 u2 () 1 @1\ndone 0 ok\n");
    end_script(script);
}

static void
changes_that_were_cut_off_are_read_on_too(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){
                "C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:5 (UID FLAGS)", "C:g3 UID FETCH 6:[*] *",
                SELECT_OF("g1", "4", "9"), "S:* 2 FETCH (UID 4 FLAGS ())", "S:g2 OK [MESSAGELIMIT 1 4] partial",
                "S:* 4 FETCH (UID 8" META, "S:g3 OK [MESSAGELIMIT 1 8] partial", "C:g4 SELECT \"a\"",
                "C:g5 UID FETCH 1:3 (UID FLAGS)", "C:g6 UID FETCH 6:7 *", SELECT_OF("g4", "4", "9"),
                "S:* 1 FETCH (UID 2 FLAGS ())", "S:g5 OK", "S:* 3 FETCH (UID 7" META, "S:g6 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 6};

    assert_true(observe(script, &mailbox, 1));

    told_has(script, "message 0 u4 ()\nmessage 0 u8 () 1 @1\nmessage 0 u2 ()\nmessage 0 u7 () 1 @1\ndone 0 ok\n");
    end_script(script);
}

/* The lower ones were compared when they were the highest, so nothing more is asked, and nothing is out of view. */
static void
known_messages_are_compared_as_far_as_the_server_shows_them(void **state)
{
    static const char *const said[] = {"S:g4 OK [MESSAGELIMIT 1 5] partial", "S:g4 OK [MESSAGELIMIT 1] partial"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct script *script = given_script(
            "", (const char *const[]){
                    "C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:5 (UID FLAGS)", "C:g3 UID FETCH 6:[*] *",
                    "C:g4 UID FETCH 3:5 (UID INTERNALDATE RFC822.SIZE)", SELECT_OF("g1", "3", "6"),
                    "S:* 1 FETCH (UID 3 FLAGS ())", "S:* 2 FETCH (UID 5 FLAGS ())", "S:g2 OK", "S:g3 OK",
                    "S:* 2 FETCH (UID 5 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\" RFC822.SIZE 1)", said[i], NULL});
        struct remote_select mailbox = {
            .mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 6, .check_uid = 5, .check_from = 3};

        assert_true(observe(script, &mailbox, 1));

        told_has(script, "message 0 u3 ()\nmessage 0 u5 () 1 @1\ndone 0 ok\n");
        end_script(script);
    }
}

static void
a_server_that_does_not_get_on_shows_no_more(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:[*] *", SELECT_OF("g1", "3", "9"),
                                               "S:* 3 FETCH (UID 8" META, "S:g2 OK [MESSAGELIMIT 1] partial", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    assert_true(observe(script, &mailbox, 1));

    told_has(script, "message 0 u8 () 1 @1\ndone 0 ok, shows 1\n");
    end_script(script);
}

#define BODY(n, uid) "S:* " n " FETCH (UID " uid " BODY[] \"x\")"

static void
no_command_is_about_more_messages_than_the_server_takes_at_once(void **state)
{
    static const uint32_t uids[] = {1, 2, 3, 4, 5};
    (void)state;
    struct script *script = given_script(
        "MESSAGELIMIT=2",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2 *", "C:g3 UID FETCH 3:4 *", "C:g4 UID FETCH 5 *",
                              SELECT_OF("g1", "5", "9"), BODY("1", "1"), BODY("2", "2"), "S:g2 OK", BODY("3", "3"),
                              BODY("4", "4"), "S:g3 OK", BODY("5", "5"), "S:g4 OK", NULL});
    const struct remote_fetch wanted = {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 5};

    assert_true(script->remote.ops->fetch(script->remote.self, &wanted, 1, &telling_sink, script, &script->err));

    told_has(script, "done 0 ok\n");
    end_script(script);
}

static void
bodies_that_were_cut_off_are_asked_for_again(void **state)
{
    static const uint32_t uids[] = {1, 2, 3, 4, 5};
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:5 *", SELECT_OF("g1", "5", "9"),
                                               BODY("4", "4"), BODY("5", "5"), "S:g2 OK [MESSAGELIMIT 2 4] partial",
                                               "C:g3 SELECT \"a\"", "C:g4 UID FETCH 1:2 *", "C:g5 UID FETCH 3 *",
                                               SELECT_OF("g3", "5", "9"), BODY("1", "1"), BODY("2", "2"), "S:g4 OK",
                                               "S:g5 OK [MESSAGELIMIT 2 3] none of these", NULL});
    const struct remote_fetch wanted = {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 5};

    assert_true(script->remote.ops->fetch(script->remote.self, &wanted, 1, &telling_sink, script, &script->err));

    told_has(script, "done 0 ok\n"); /* what gives nothing is not asked for ever */
    end_script(script);
}

static void
uidonly_is_asked_for_only_where_there_is_a_limit(void **state)
{
    (void)state;
    struct script *script =
        given_script("ENABLE UIDONLY", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:[*] *",
                                                             SELECT_OF("g1", "0", "1"), "S:g2 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    assert_true(observe(script, &mailbox, 1));

    told_has(script, "done 0 ok\n");
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_server_cut_off_is_asked_for_below_it),
        cmocka_unit_test(changes_that_were_cut_off_are_read_on_too),
        cmocka_unit_test(known_messages_are_compared_as_far_as_the_server_shows_them),
        cmocka_unit_test(a_server_that_does_not_get_on_shows_no_more),
        cmocka_unit_test(no_command_is_about_more_messages_than_the_server_takes_at_once),
        cmocka_unit_test(bodies_that_were_cut_off_are_asked_for_again),
        cmocka_unit_test(uidonly_is_asked_for_only_where_there_is_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
