/* A server that lies, floods or talks nonsense: an error with its words, or the harmless reading; never more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/resource.h>

#include <cmocka.h>

#include "imap_script.h"

#define SELECTED(tag, exists, v, next)                                                                                 \
    "S:* " exists " EXISTS", "S:* OK [UIDVALIDITY " v "]", "S:* OK [UIDNEXT " next "]", "S:" tag " OK [READ-WRITE]"

static void
assert_refused(const char *answer, enum error_kind kind)
{
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", answer, "E:", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    assert_false(
        script->remote.ops->observe(script->remote.self, &mailbox, 1, &telling_observer, script, &script->err));
    assert_int_equal(script->err.kind, kind);
    assert_told(script, "");
    end_script(script);
}

static void
nonsense_ends_the_connection(void **state)
{
    (void)state;
    assert_refused("N:3000000:(", ERROR_SERVER);
    assert_refused("s:* 1 FETCH (BODYSTRUCTURE ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((",
                   ERROR_NETWORK);
    assert_refused("N:3000000:x", ERROR_SERVER);
    assert_refused("s:* 1 FETCH (UID 1 BODY[] {1}\r\nabc)\r\n", ERROR_SERVER);
    assert_refused("S:g7 OK never asked", ERROR_SERVER);
    assert_refused("S:g2 OK before SELECT is fine, but then: \r\ng2 OK again", ERROR_SERVER);
    assert_refused("S:G1 OK", ERROR_SERVER);
    assert_refused("S:1 OK", ERROR_SERVER);
    assert_refused("s:* 1 FETCH (UID 1 BODY[] {4294967299}\r\nabc", ERROR_NETWORK);
    assert_refused("s:", ERROR_NETWORK);
    assert_refused("S:* BYE", ERROR_NETWORK);
}

static void
select_answered_out_of_turn_is_nonsense(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", "C:g3 SELECT *",
                                                                   "C:g4 UID FETCH *", "S:g3 OK", "E:", NULL});
    struct remote_select mailboxes[] = {{.mailbox = TEXT("a")}, {.mailbox = TEXT("b")}};

    assert_false(
        script->remote.ops->observe(script->remote.self, mailboxes, 2, &telling_observer, script, &script->err));

    assert_int_equal(script->err.kind, ERROR_SERVER);
    end_script(script);
}

static void
ok_without_the_literal_delivers_nothing(void **state)
{
    static const uint32_t uids[] = {1};

    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", SELECTED("g1", "1", "7", "2"),
                                               "S:g2 OK done", NULL});
    struct remote_fetch wanted = {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 1};

    assert_true(script->remote.ops->fetch(script->remote.self, &wanted, 1, &telling_sink, script, &script->err));

    assert_told(script, "done 0 ok\n");
    end_script(script);
}

static void
ranges_of_any_size_are_told_as_ranges(void **state)
{
    (void)state;
    struct script *script =
        given_script("CONDSTORE QRESYNC ENABLE",
                     (const char *const[]){
                         "C:g1 ENABLE *", "S:* ENABLED QRESYNC", "S:g1 OK", "C:g2 SELECT *", "C:g3 UID FETCH *",
                         "S:* 1 EXISTS", "S:* OK [UIDVALIDITY 7]", "S:* OK [UIDNEXT 5]", "S:* OK [HIGHESTMODSEQ 9]",
                         "S:* VANISHED (EARLIER) 1:4294967295,4294967295:1", "S:g2 OK", "S:g3 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 5, .modseq = 8};

    assert_true(script->remote.ops->observe(script->remote.self, &mailbox, 1, &telling_observer, script, &script->err));

    assert_told(script, "selected 0 v7 next 5 exists 1 modseq 9 permanent DFPRST* delta\n"
                        "vanished 0 1-4294967295\nvanished 0 1-4294967295\ndone 0 ok\n");
    end_script(script);
}

static void
data_before_any_uidvalidity_are_not_believed(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", "S:* 1 EXISTS",
                                                                   "S:* 1 FETCH (UID 1 FLAGS ())", "S:g1 OK",
                                                                   "S:* 1 FETCH (UID 1 FLAGS ())", "S:g2 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    assert_true(script->remote.ops->observe(script->remote.self, &mailbox, 1, &telling_observer, script, &script->err));

    assert_told(
        script,
        "done 0 no: the server gives this mailbox no UIDVALIDITY, so that no other run could tell its messages\n");
    end_script(script);
}

static void
a_body_that_nobody_asked_for_goes_nowhere(void **state)
{
    static const uint32_t uids[] = {1};

    (void)state;
    struct script *script = given_script(
        "", (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", "s:* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n",
                                  SELECTED("g1", "1", "8", "2"), "s:* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n", "S:g2 OK",
                                  NULL});
    struct remote_fetch wanted = {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 1};

    assert_true(script->remote.ops->fetch(script->remote.self, &wanted, 1, &telling_sink, script, &script->err));

    assert_told(script, "done 0 no changed: UIDVALIDITY changed from 7 to 8\n");
    end_script(script);
}

static void
a_flood_of_data_costs_no_memory(void **state)
{
    struct rusage before, after;

    (void)state;
    struct script *script = given_script(
        "",
        (const char *const[]){"C:g1 SELECT *", "C:g2 UID FETCH *", SELECTED("g1", "1", "7", "2"),
                              "N:400000:* OK [XFOO bar] something that nobody wants to know\r\n",
                              "N:200000:* 1 FETCH (FLAGS (\\Seen))\r\n",
                              "S:* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 1 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")",
                              "S:g2 OK", NULL});
    struct remote_select mailbox = {.mailbox = TEXT("a")};

    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    assert_true(script->remote.ops->observe(script->remote.self, &mailbox, 1, &telling_observer, script, &script->err));
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);

    assert_true(after.ru_maxrss - before.ru_maxrss < 4096); /* KiB */
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nonsense_ends_the_connection),
        cmocka_unit_test(select_answered_out_of_turn_is_nonsense),
        cmocka_unit_test(ok_without_the_literal_delivers_nothing),
        cmocka_unit_test(ranges_of_any_size_are_told_as_ranges),
        cmocka_unit_test(data_before_any_uidvalidity_are_not_believed),
        cmocka_unit_test(a_body_that_nobody_asked_for_goes_nowhere),
        cmocka_unit_test(a_flood_of_data_costs_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
