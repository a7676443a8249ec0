/* Bodies and flags on the wire: what is asked again, halved, refused, cut off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/imap_remote_scene.h"

/* ---- fetch ---- */

static bool
fetch(struct script *script, const struct remote_fetch *wanted, size_t count)
{
    return script->remote.ops->fetch(script->remote.self, wanted, count, &telling_sink, script, &script->err);
}

static void
bodies_come_whatever_the_order_of_the_attributes(void **state)
{
    (void)state;
    static const uint32_t uids[] = {3, 4, 5, 6, 9};
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 3:6,9 (UID BODY.PEEK[[]])",
                                  SELECTED("g1", "9", "7", "10"), "s:* 1 FETCH (BODY[] {4}\r\nabcd UID 3)\r\n",
                                  "s:* 1 FETCH (UID 3 BODY[] {3}\r\nbad)\r\n", /* a second one */
                                  "S:* 2 FETCH (UID 4 BODY[] \"quo\\\"ted\")", "S:* 3 FETCH (UID 5 BODY[] NIL)",
                                  "s:* 8 FETCH (BODY[] {4}\r\nabcd UID 8)\r\n", /* nobody asked */
                                  "s:* 4 FETCH (UID 6 BODY[HEADER] {2}\r\nno BODY[]<0> {0}\r\n)\r\n",
                                  "S:* 9 FETCH (UID 9 FLAGS (\\Seen))", "S:g2 OK", NULL});
    struct remote_fetch wanted = {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 5};

    assert_true(fetch(script, &wanted, 1));

    assert_told(script,
                "begin 0 4\nend 0 u3\nbegin 0 7\nend 0 u4\nbegin 0 4\nend 0 u0\nbegin 0 0\nend 0 u6\ndone 0 ok\n");
    end_script(script);
}

/* Before the body, behind it, or not at all. */
static void
a_size_that_is_asked_for_is_told_with_its_body(void **state)
{
    (void)state;
    static const uint32_t uids[] = {3, 4, 5};
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 3:5 (UID RFC822.SIZE BODY.PEEK[[]])",
                                  SELECTED("g1", "3", "7", "10"), "S:* 1 FETCH (UID 3 RFC822.SIZE 7 BODY[] \"x\")",
                                  "S:* 2 FETCH (BODY[] \"y\" RFC822.SIZE 1 UID 4)",
                                  "S:* 3 FETCH (UID 5 RFC822.SIZE NIL BODY[] \"z\")", "S:g2 OK", NULL});
    struct remote_fetch wanted = {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 3, .sizes = true};

    assert_true(fetch(script, &wanted, 1));

    assert_told(script,
                "begin 0 1\nsize 0 7\nend 0 u3\nbegin 0 1\nsize 0 1\nend 0 u4\nbegin 0 1\nend 0 u5\ndone 0 ok\n");
    end_script(script);
}

static void
what_another_client_expunged_is_no_refusal(void **state)
{
    (void)state;
    static const uint32_t uids[] = {3, 4, 5};
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 3:5 *", SELECTED("g1", "3", "7", "10"),
                                  "S:* 1 FETCH (UID 3 BODY[] \"x\")", "S:* 3 FETCH (UID 5 BODY[] \"y\")",
                                  "S:g2 NO [EXPUNGEISSUED] Some of the requested messages no longer exist", NULL});
    struct remote_fetch wanted = {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 3};

    assert_true(fetch(script, &wanted, 1));

    assert_told(script, "begin 0 1\nend 0 u3\nbegin 0 1\nend 0 u5\ndone 0 ok\n");
    end_script(script);
}

static void
a_refused_fetch_is_halved_down_to_the_message_that_cannot_be_read(void **state)
{
    (void)state;
    static const uint32_t uids[] = {1, 2, 3, 4, 5};
    struct script *script = given_script("", (const char *const[]){"C:g1 SELECT \"a\"",
                                                                   "C:g2 UID FETCH 1:5 *",
                                                                   SELECTED("g1", "5", "7", "6"),
                                                                   "S:* 1 FETCH (UID 1 BODY[] \"one\")",
                                                                   "S:g2 NO [UNAVAILABLE] Server error",
                                                                   "C:g3 SELECT \"a\"",
                                                                   "C:g4 UID FETCH 2 *",
                                                                   "C:g5 UID FETCH 5 *",
                                                                   SELECTED("g3", "5", "7", "6"),
                                                                   "S:* 2 FETCH (UID 2 BODY[] \"two\")",
                                                                   "S:g4 OK",
                                                                   "S:* 5 FETCH (UID 5 BODY[] \"five\")",
                                                                   "S:g5 OK",
                                                                   "C:g6 SELECT \"a\"",
                                                                   "C:g7 UID FETCH 3 *",
                                                                   "C:g8 UID FETCH 4 *",
                                                                   SELECTED("g6", "5", "7", "6"),
                                                                   "S:g7 NO [UNAVAILABLE] Server error",
                                                                   "S:* 4 FETCH (UID 4 BODY[] \"four\")",
                                                                   "S:g8 OK",
                                                                   NULL});
    struct remote_fetch wanted = {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 5};

    assert_true(fetch(script, &wanted, 1));

    assert_told(script, "begin 0 3\nend 0 u1\nbegin 0 3\nend 0 u2\nbegin 0 4\nend 0 u5\n"
                        "refused 0 u3 no: [UNAVAILABLE] Server error\nbegin 0 4\nend 0 u4\n"
                        "done 0 no: [UNAVAILABLE] Server error\n");
    end_script(script);
}

/* Numbers and times in an answer are no other words. */
static void
nothing_more_is_asked_of_a_mailbox_where_two_messages_on_end_are_refused_in_the_same_words(void **state)
{
    (void)state;
    static const uint32_t uids[] = {1, 2, 3, 4, 5, 6};
    struct script *script = given_script("", (const char *const[]){"C:g1 SELECT \"a\"",
                                                                   "C:g2 UID FETCH 1:3 *",
                                                                   "C:g3 SELECT \"a\"",
                                                                   "C:g4 UID FETCH 4:6 *",
                                                                   "C:g5 SELECT \"b\"",
                                                                   "C:g6 UID FETCH 1 *",
                                                                   SELECTED("g1", "6", "7", "7"),
                                                                   "S:g2 NO later [1 07:00]",
                                                                   SELECTED("g3", "6", "7", "7"),
                                                                   "S:g4 NO later [2 07:01]",
                                                                   SELECTED("g5", "1", "7", "7"),
                                                                   "S:* 1 FETCH (UID 1 BODY[] \"one\")",
                                                                   "S:g6 OK",
                                                                   "C:g7 SELECT \"a\"",
                                                                   "C:g8 UID FETCH 1 *",
                                                                   "C:g9 SELECT \"a\"",
                                                                   "C:g10 UID FETCH 6 *",
                                                                   SELECTED("g7", "6", "7", "7"),
                                                                   "S:g8 NO later [3 07:02]",
                                                                   SELECTED("g9", "6", "7", "7"),
                                                                   "S:g10 NO later [4 07:03]",
                                                                   NULL});
    const struct remote_fetch wanted[] = {{.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 3},
                                          {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids + 3, .count = 3},
                                          {.mailbox = TEXT("b"), .uidvalidity = 7, .uids = uids, .count = 1}};

    assert_true(fetch(script, wanted, 3));

    assert_told(script, "begin 2 3\nend 2 u1\ndone 2 ok\nrefused 0 u1 no: later [3 07:02]\n"
                        "refused 1 u6 no: later [4 07:03]\ndone 0 no throttled: later [3 07:02]\n"
                        "done 1 no throttled: later [4 07:03]\n");
    end_script(script);
}

static void
a_code_that_says_enough_ends_the_bodies_of_its_mailbox_alone(void **state)
{
    (void)state;
    static const uint32_t uids[] = {1, 2, 3, 4, 5, 6};
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:6 *", "C:g3 SELECT \"b\"",
                                               "C:g4 UID FETCH 1 *", SELECTED("g1", "6", "7", "7"),
                                               "S:* 1 FETCH (UID 1 BODY[] \"one\")", "S:g2 NO [LIMIT] Rate limit hit",
                                               SELECTED("g3", "1", "7", "7"), "S:* 1 FETCH (UID 1 BODY[] \"one\")",
                                               "S:g4 OK", NULL});
    const struct remote_fetch wanted[] = {{.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 6},
                                          {.mailbox = TEXT("b"), .uidvalidity = 7, .uids = uids, .count = 1}};

    assert_true(fetch(script, wanted, 2));

    assert_told(script, "begin 0 3\nend 0 u1\ndone 0 no throttled: [LIMIT] Rate limit hit\n"
                        "begin 1 3\nend 1 u1\ndone 1 ok\n");
    end_script(script);
}

/* ---- store ---- */

static void
the_last_echo_counts_and_only_of_what_was_asked(void **state)
{
    (void)state;
    static const uint32_t uids[] = {1, 2, 3};
    struct script *script = given_script(
        "", (const char *const[]){
                "C:g1 SELECT \"a\"", "W:", SELECTED("g1", "3", "7", "5"), "C:g2 UID STORE 1:3 +FLAGS.SILENT (\\Seen)",
                "C:g3 UID STORE 1:3 +FLAGS.SILENT ($Forwarded)", "C:g4 UID STORE 1:3 -FLAGS.SILENT (\\Flagged)",
                "C:g5 UID FETCH 1:3 (UID FLAGS)", "S:* 1 FETCH (UID 1 FLAGS ())",
                "S:* 1 FETCH (UID 1 FLAGS (\\Seen x))", "S:g2 OK", "S:g3 NO no keywords here", "S:g4 OK",
                "S:* 7 FETCH (UID 7 FLAGS ())", "S:* 2 FETCH (UID 2 FLAGS (\\Seen))", "S:g5 OK", NULL});
    struct remote_store change = {.mailbox = TEXT("a"),
                                  .uidvalidity = 7,
                                  .uids = uids,
                                  .count = 3,
                                  .add = FLAG_SEEN | FLAG_FORWARDED,
                                  .del = FLAG_FLAGGED};

    assert_true(script->remote.ops->store(script->remote.self, &change, 1, &telling_observer, script, &script->err));

    assert_told(script, "message 0 u1 (S x)\nmessage 0 u2 (S)\ndone 0 ok\n");
    end_script(script);
}

static const uint32_t first_two[] = {1, 2};

static bool
store(struct script *script, const struct remote_store *changes, size_t count)
{
    return script->remote.ops->store(script->remote.self, changes, count, &telling_observer, script, &script->err);
}

static void
deleted_is_not_set_before_the_mailbox_is_known_to_be_the_one(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT \"a\"", "W:", SELECTED("g1", "2", "8", "3"), "C:g2 SELECT \"b\"",
                                  "W:", SELECTED("g2", "2", "9", "3"), "C:g3 UID STORE 1:2 +FLAGS.SILENT (\\Deleted)",
                                  "C:g4 UID FETCH 1:2 (UID FLAGS)", "C:g5 UID STORE 1 -FLAGS.SILENT (\\Seen)",
                                  "C:g6 UID FETCH 1 (UID FLAGS)", "C:g7 SELECT \"c\"", "S:g3 OK",
                                  "S:* 1 FETCH (UID 1 FLAGS (\\Deleted))", "S:g4 OK", "S:g5 OK",
                                  "S:* 1 FETCH (UID 1 FLAGS (\\Deleted \\Answered))", "S:g6 OK", "S:g7 NO gone", NULL});
    const struct remote_store changes[] = {
        {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = first_two, .count = 2, .add = FLAG_DELETED},
        {.mailbox = TEXT("b"), .uidvalidity = 9, .uids = first_two, .count = 2, .add = FLAG_DELETED},
        {.mailbox = TEXT("b"), .uidvalidity = 9, .uids = first_two, .count = 1, .del = FLAG_SEEN},
        {.mailbox = TEXT("c"), .uidvalidity = 9, .uids = first_two, .count = 2, .del = FLAG_DELETED},
    };

    assert_true(store(script, changes, 4));

    assert_told(script, "done 0 no changed: UIDVALIDITY changed from 7 to 8\nmessage 1 u1 (T)\ndone 1 ok\n"
                        "message 2 u1 (RT)\ndone 2 ok\ndone 3 no: gone\n");
    end_script(script);
}

static void
what_shows_a_later_change_early_is_its_echo_if_it_shows_that_change(void **state)
{
    (void)state;
    static const uint32_t first = 1, second = 2, third = 3;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT \"a\"", "W:", SELECTED("g1", "3", "7", "4"),
                                  "C:g2 UID STORE 1 +FLAGS.SILENT (\\Seen)", "C:g3 UID FETCH 1 (UID FLAGS)",
                                  "C:g4 UID STORE 2 +FLAGS.SILENT (\\Deleted)", "C:g5 UID FETCH 2 (UID FLAGS)",
                                  "C:g6 UID STORE 3 -FLAGS.SILENT (\\Seen)", "C:g7 UID FETCH 3 (UID FLAGS)",
                                  "S:* 1 FETCH (UID 1 FLAGS (\\Seen))", "S:* 2 FETCH (UID 2 FLAGS (\\Deleted))",
                                  "S:* 3 FETCH (UID 3 FLAGS (\\Seen))", "S:g2 OK", "S:g3 OK", "S:g4 OK", "S:g5 OK",
                                  "S:g6 OK", "S:g7 OK", NULL});
    const struct remote_store changes[] = {
        {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = &first, .count = 1, .add = FLAG_SEEN},
        {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = &second, .count = 1, .add = FLAG_DELETED},
        {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = &third, .count = 1, .del = FLAG_SEEN},
    };

    assert_true(store(script, changes, 3));

    assert_told(script, "message 1 u2 (T)\nmessage 0 u1 (S)\ndone 0 ok\ndone 1 ok\ndone 2 ok\n");
    end_script(script);
}

static void
an_echo_that_is_answered_bad_is_asked_for_all_messages_when_the_rest_is_done(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 SELECT \"a\"",
                                                                   "W:",
                                                                   SELECTED("g1", "2", "7", "4"),
                                                                   "C:g2 UID STORE 1:2 +FLAGS.SILENT (\\Deleted)",
                                                                   "C:g3 UID FETCH 1:2 (UID FLAGS)",
                                                                   "C:g4 SELECT \"b\"",
                                                                   "S:g2 OK",
                                                                   "S:g3 BAD Failed to parse message set",
                                                                   SELECTED("g4", "2", "9", "3"),
                                                                   "C:g5 UID STORE 1:2 *",
                                                                   "C:g6 UID FETCH 1:2 *",
                                                                   "W:",
                                                                   "S:g5 OK",
                                                                   "S:* 1 FETCH (UID 1 FLAGS (\\Deleted))",
                                                                   "S:g6 OK",
                                                                   "C:g7 SELECT \"a\"",
                                                                   "W:",
                                                                   SELECTED("g7", "2", "7", "4"),
                                                                   "C:g8 UID FETCH 1:* (UID FLAGS)",
                                                                   "W:",
                                                                   "S:* 1 FETCH (UID 2 FLAGS (\\Deleted))",
                                                                   "S:* 2 FETCH (UID 3 FLAGS ())",
                                                                   "S:g8 OK",
                                                                   NULL});
    const struct remote_store changes[] = {
        {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = first_two, .count = 2, .add = FLAG_DELETED},
        {.mailbox = TEXT("b"), .uidvalidity = 9, .uids = first_two, .count = 2, .add = FLAG_DELETED}};

    assert_true(store(script, changes, 2));

    assert_told(script, "message 1 u1 (T)\ndone 1 ok\nmessage 0 u2 (T)\ndone 0 ok\n");
    end_script(script);
}

static void
flags_of_several_mailboxes_ride_blind_only_behind_a_look_at_each_of_them(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 STATUS \"a\" (UIDVALIDITY)",
                                                                   "C:g2 STATUS \"b\" (UIDVALIDITY)",
                                                                   "C:g3 STATUS \"c\" (UIDVALIDITY)",
                                                                   "W:",
                                                                   "S:* STATUS a (UIDVALIDITY 7)",
                                                                   "S:g1 OK",
                                                                   "S:* STATUS b (UIDVALIDITY 8)",
                                                                   "S:g2 OK",
                                                                   "S:* STATUS c (UIDVALIDITY 7)",
                                                                   "S:g3 OK",
                                                                   "C:g4 SELECT \"a\"",
                                                                   "C:g5 UID STORE 1:2 +FLAGS.SILENT (\\Seen)",
                                                                   "C:g6 UID FETCH 1:2 (UID FLAGS)",
                                                                   "C:g7 SELECT \"c\"",
                                                                   "C:g8 UID STORE 1:2 +FLAGS.SILENT (\\Seen)",
                                                                   "C:g9 UID FETCH 1:2 (UID FLAGS)",
                                                                   "W:",
                                                                   SELECTED("g4", "2", "7", "3"),
                                                                   "S:g5 OK",
                                                                   "S:* 2 FETCH (UID 2 FLAGS (\\Seen))",
                                                                   "S:g6 OK",
                                                                   SELECTED("g7", "2", "7", "3"),
                                                                   "S:g8 OK",
                                                                   "S:g9 OK",
                                                                   "C:g10 SELECT \"b\"",
                                                                   "W:",
                                                                   SELECTED("g10", "2", "8", "3"),
                                                                   NULL});
    const struct remote_store changes[] = {
        {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = first_two, .count = 2, .add = FLAG_SEEN},
        {.mailbox = TEXT("a"), .uidvalidity = 7},
        {.mailbox = TEXT("b"), .uidvalidity = 7, .uids = first_two, .count = 2, .add = FLAG_SEEN},
        {.mailbox = TEXT("c"), .uidvalidity = 7, .uids = first_two, .count = 2, .add = FLAG_SEEN},
    };

    assert_true(store(script, changes, 4));

    assert_told(script, "done 1 ok\nmessage 0 u2 (S)\ndone 0 ok\ndone 3 ok\n"
                        "done 2 no changed: UIDVALIDITY changed from 7 to 8\n");
    end_script(script);
}

static void
a_server_that_can_not_be_asked_so_much_at_once_is_asked_again_for_flags(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 STATUS *",
                                                                   "C:g2 STATUS *",
                                                                   "S:* STATUS a (UIDVALIDITY 7)",
                                                                   "S:g1 OK",
                                                                   "S:* STATUS b (UIDVALIDITY 7)",
                                                                   "S:g2 OK",
                                                                   "C:g3 SELECT \"a\"",
                                                                   "C:g4 UID STORE *",
                                                                   "C:g5 UID FETCH *",
                                                                   "C:g6 SELECT \"b\"",
                                                                   "C:g7 UID STORE *",
                                                                   "C:g8 UID FETCH *",
                                                                   SELECTED("g3", "2", "7", "3"),
                                                                   "S:g4 OK",
                                                                   "S:g5 OK",
                                                                   "S:g6 BAD too fast",
                                                                   "S:g7 BAD",
                                                                   "S:g8 BAD",
                                                                   "C:g9 SELECT \"b\"",
                                                                   SELECTED("g9", "2", "7", "3"),
                                                                   "C:g10 UID STORE *",
                                                                   "W:",
                                                                   "S:g10 OK",
                                                                   "C:g11 UID FETCH *",
                                                                   "S:g11 OK",
                                                                   NULL});
    const struct remote_store changes[] = {
        {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = first_two, .count = 2, .add = FLAG_SEEN},
        {.mailbox = TEXT("b"), .uidvalidity = 7, .uids = first_two, .count = 2, .add = FLAG_SEEN},
    };

    assert_true(store(script, changes, 2));

    assert_told(script, "done 0 ok\ndone 1 ok\n");
    end_script(script);
}

/* ---- the connection ---- */

static void
goodbye_is_an_error_with_the_servers_words(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 LIST *", "S:* BYE closing \033[1m for tea", "E:", NULL});

    assert_false(survey(script));

    assert_int_equal(script->err.kind, ERROR_NETWORK);
    assert_string_equal(script->err.answer, "closing \\x1B[1m for tea");
    end_script(script);
}

static void
a_throttling_server_says_when_to_come_back(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 LIST *",
                                  "S:g1 BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds", NULL});

    assert_false(survey(script));

    assert_int_equal(script->err.kind, ERROR_SERVER);
    assert_string_equal(script->err.hint, "try again in 300 seconds");
    end_script(script);
}

static void
after_a_signal_what_is_in_flight_is_answered_and_nothing_new_is_sent(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 SELECT \"m0\"", "C:g2 UID FETCH *",
                                                                   "W:", SELECTED("g1", "0", "7", "1"), "S:g2 OK",
                                                                   "C:g[0-9] LOGOUT", NULL});
    struct remote_select mailboxes[2] = {{.mailbox = TEXT("m0")}, {.mailbox = TEXT("m1")}};

    assert_true(observe(script, mailboxes, 1));
    script->stopped = true;
    assert_false(observe(script, mailboxes + 1, 1));

    assert_int_equal(script->err.kind, ERROR_INTERRUPTED);
    assert_told(script, "selected 0 v7 next 1 exists 0 modseq 0 permanent DFPRST*\ndone 0 ok\n");
    end_script(script);
}

static void
a_caller_who_has_had_enough_is_not_told_more(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", SELECTED("g1", "1", "7", "2"),
                                               "S:* 1 FETCH (UID 1 FLAGS ())", "S:g2 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    script->stop_after = 1;
    assert_false(observe(script, &mailbox, 1));

    assert_string_equal(script->err.what, "the caller has had enough");
    assert_false(survey(script));
    assert_int_equal(script->err.kind, ERROR_NETWORK);
    end_script(script);
}

static void
a_name_can_never_become_a_second_command(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT {19}", "W:", "S:+", "B:19", "C:", "C:g2 UID FETCH *",
                                               "S:g1 NO no", "S:g2 BAD", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a\"\r\ng9 DELETE INBOX")};

    assert_true(observe(script, &mailbox, 1));

    assert_told(script, "done 0 no: no\n");
    end_script(script);
}

static void
a_literal_that_is_refused_is_not_sent(void **state)
{
    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT {3}", "S:g1 NO not that one", "C:g2 UID FETCH *", "S:g2 BAD", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a\tb")};

    assert_true(observe(script, &mailbox, 1));

    assert_told(script, "done 0 no: not that one\n");
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_come_whatever_the_order_of_the_attributes),
        cmocka_unit_test(a_size_that_is_asked_for_is_told_with_its_body),
        cmocka_unit_test(what_another_client_expunged_is_no_refusal),
        cmocka_unit_test(a_refused_fetch_is_halved_down_to_the_message_that_cannot_be_read),
        cmocka_unit_test(nothing_more_is_asked_of_a_mailbox_where_two_messages_on_end_are_refused_in_the_same_words),
        cmocka_unit_test(a_code_that_says_enough_ends_the_bodies_of_its_mailbox_alone),
        cmocka_unit_test(the_last_echo_counts_and_only_of_what_was_asked),
        cmocka_unit_test(deleted_is_not_set_before_the_mailbox_is_known_to_be_the_one),
        cmocka_unit_test(what_shows_a_later_change_early_is_its_echo_if_it_shows_that_change),
        cmocka_unit_test(an_echo_that_is_answered_bad_is_asked_for_all_messages_when_the_rest_is_done),
        cmocka_unit_test(flags_of_several_mailboxes_ride_blind_only_behind_a_look_at_each_of_them),
        cmocka_unit_test(a_server_that_can_not_be_asked_so_much_at_once_is_asked_again_for_flags),
        cmocka_unit_test(goodbye_is_an_error_with_the_servers_words),
        cmocka_unit_test(a_throttling_server_says_when_to_come_back),
        cmocka_unit_test(after_a_signal_what_is_in_flight_is_answered_and_nothing_new_is_sent),
        cmocka_unit_test(a_caller_who_has_had_enough_is_not_told_more),
        cmocka_unit_test(a_name_can_never_become_a_second_command),
        cmocka_unit_test(a_literal_that_is_refused_is_not_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
