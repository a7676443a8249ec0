/* FETCH answers: attributes in any order, bodies of any form, dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_answers.h"

#define MALFORMED(what) "!understand the server's answer (" what ")\n"

static void
attributes_come_in_any_order_and_unknown_ones_are_skipped(void **state)
{
    static const struct row rows[] = {
        {"* 5 FETCH (UID 9 FLAGS (\\Seen \\Recent Work $forwarded))\r\n", 0, "fetch 5 u9 flags(PS|Work)\n"},
        {"* 5 fetch (flags () uid 9 modseq (77))\r\n", 0, "fetch 5 u9 flags(|) modseq 77\n"},
        {"* 5 FETCH (RFC822.SIZE 9223372036854775807 INTERNALDATE \" 1-Jan-1970 01:00:00 +0100\" UID 1)\r\n", 0,
         "fetch 5 u1 size 9223372036854775807 date 0\n"},
        {"* 5 FETCH (INTERNALDATE NIL)\r\n", 0, "fetch 5 u0 date 0\n"},
        {"* 5 FETCH (X-GM-LABELS (\"\\\\Inbox\" \\Sent \"a b\") ENVELOPE (NIL \"a\\\"b\" ((NIL)) {3}\r\n()) ) UID "
         "2)\r\n",
         0, "fetch 5 u2\n"},
        {"* 5 FETCH (BODY[HEADER.FIELDS (\"X ]\" To)]<0> {2}\r\nab EMAILID (x) UID 3 )\r\n", 0, "fetch 5 u3\n"},
        {"* 5 FETCH ()\r\n", 0, "fetch 5 u0\n"},
        {"* 5 FETCH (UID 99999999999)\r\n", 0, UNREADABLE("fetch", "not a UID")},
        {"* 5 FETCH (UID 0)\r\n", 0, UNREADABLE("fetch", "not a UID")},
        {"* 5 FETCH (UID 1 UID 2)\r\n", 0, UNREADABLE("fetch", "not a UID")},
        {"* 5 FETCH (UID 1x)\r\n", 0, UNREADABLE("fetch", "not a UID")},
        {"* 5 FETCH (UID 7\r\n", 0, UNREADABLE("fetch", "attribute expected")},
        {"* 5 FETCH UID 7\r\n", 0, UNREADABLE("fetch", "'(' expected")},
        {"* 5 FETCH (FLAGS (\\Seen)\r\n* 1 EXISTS\r\n", 0, UNREADABLE("fetch", "attribute expected") "exists 1\n"},
        {"* 5 FETCH (FLAGS (a{b (c %d) UID 4)\r\n", 0, "fetch 5 u4 flags(|%d (c a{b)\n"},
        {"* 4294967301 FETCH (UID 1)\r\n", 0, "fetch 0 u1\n"},
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void
what_is_wrong_in_one_attribute_spoils_that_one_only(void **state)
{
    static const struct row rows[] = {
        {"* 5 FETCH (UID 9 RFC822.SIZE 99999999999999999999 FLAGS (\\Seen))\r\n", 0, "fetch 5 u9 flags(S|)\n"},
        {"* 5 FETCH (UID 9 RFC822.SIZE NIL MODSEQ (-1) FLAGS ())\r\n", 0, "fetch 5 u9 flags(|)\n"},
        {"* 5 FETCH (RFC822.SIZE (1) MODSEQ NIL UID 9)\r\n", 0, "fetch 5 u9\n"},
        {"* 5 FETCH (FLAGS (\\Seen a)b c)d)e \\Flagged) UID 9)\r\n", 0, "fetch 5 u9 flags(FS|)\n"},
        {"* 5 FETCH (FLAGS (\\Seen a)b) UID 9)\r\n", 0, "fetch 5 u9 flags(S|)\n"},
        {"* 5 FETCH (FLAGS (\\Seen a)) UID 9)\r\n", 0, "fetch 5 u9 flags(S|a)\n"},
        {"* 5 FETCH (UID 9 FLAGS (\\Seen a))) \r\n", 0, "fetch 5 u9 flags(S|a)\n"},
        {"* 5 FETCH (UID 9 FLAGS (\\Seen)) \r\n", 0, "fetch 5 u9 flags(S|)\n"},
        {"* 5 FETCH (FLAGS (a) \\Deleted) UID 9)\r\n* 1 EXISTS\r\n", 0,
         UNREADABLE("fetch", "value expected") "exists 1\n"},
        /* Had the size of a literal been a lie, this would be the server's word. */
        {"* 5 FETCH (BODY[] {1}\r\nabc UID 9)\r\n* 1 EXISTS\r\n", 0, "body u0 [] 1:a" MALFORMED("value expected")},
        {"* 5 FETCH (UID 0 BODY[] {1}\r\nabc)\r\n* 1 EXISTS\r\n", 0, MALFORMED("not a UID")},
        {"* 5 FETCH (UID 0 BODY[] \"a\")\r\n* 1 EXISTS\r\n", 0, UNREADABLE("fetch", "not a UID") "exists 1\n"},
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void
bodies_come_as_literal_quoted_or_not_at_all(void **state)
{
    static const struct row rows[] = {
        {"* 1 FETCH (BODY[] {13}\r\n)\r\n* 1 EXISTS UID 7)\r\n", 0, "body u0 [] 13:)\r\n* 1 EXISTSfetch 1 u7\n"},
        {"* 1 FETCH (UID 7 BODY[] {4}\r\n\r\n)\r FLAGS ())\r\n", 0, "body u7 [] 4:\r\n)\rfetch 1 u7 flags(|)\n"},
        {"* 1 FETCH (UID 7 BODY[HEADER] ~{2+}\r\nab)\r\n", 0, "body u7 [HEADER] 2:abfetch 1 u7\n"},
        {"* 1 FETCH (UID 7 BODY[] \"a\\\"b\\\\\")\r\n", 0, "body u7 [] 4:a\"b\\fetch 1 u7\n"},
        {"* 1 FETCH (UID 7 BODY[] \"\" BODY[]<0> NIL)\r\n", 0, "body u7 [] 0:fetch 1 u7\n"},
        {"* 1 FETCH (UID 7 BODY[] {99999999999999999999}\r\n", 0, MALFORMED("number too large")},
        {"* 1 FETCH (UID 7 BODY[] {1099511627777}\r\n", 0, MALFORMED("number too large")},
        {"* 1 FETCH (UID 7 BODY[] {4294967299}\r\nabc", 0, "body u7 [] 4294967299:abc"},
        {"* 1 FETCH (UID 7 BODY[] {-1}\r\n", 0, MALFORMED("number expected")},
        {"* 1 FETCH (UID 7 BODY[] {3} abc)\r\n", 0, MALFORMED("end of line expected")},
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void
dates_are_instants(void **state)
{
    static const struct {
        const char *text;
        int64_t expected;
    } good[] = {
        {"01-Jan-1970 00:00:00 +0000", 0},
        {" 1-Jan-1970 00:00:00 +0000", 0},
        {"1-jan-1970 00:00:00 +0000", 0},
        {"09-Sep-2001 01:46:40 +0000", 1000000000},
        {"08-Sep-2001 18:46:40 -0700", 1000000000},
        {"29-Feb-2000 23:59:60 +0000", 951868800},
        {"31-Dec-1969 23:59:59 +0000", -1},
        {"01-Jan-0001 00:00:00 +0000", -62135596800},
        {"31-Dec-9999 23:59:59 +0000", 253402300799},
    };
    static const char *const bad[] = {"",
                                      "01-Jan-1970",
                                      "00-Jan-1970 00:00:00 +0000",
                                      "32-Jan-1970 00:00:00 +0000",
                                      "01-Foo-1970 00:00:00 +0000",
                                      "01-Jan-1970 24:00:00 +0000",
                                      "01-Jan-1970 00:60:00 +0000",
                                      "01-Jan-1970 00:00:00 0000",
                                      "01-Jan-1970 00:00:00 +000",
                                      "01-Jan-1970 00:00:00 +0000 ",
                                      "01-Jan-70 00:00:00 +0000"};
    int64_t out;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(fetch_date(text_of(good[i].text), &out));
        assert_int_equal(out, good[i].expected);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(fetch_date(text_of(bad[i]), &out));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_come_in_any_order_and_unknown_ones_are_skipped),
        cmocka_unit_test(what_is_wrong_in_one_attribute_spoils_that_one_only),
        cmocka_unit_test(bodies_come_as_literal_quoted_or_not_at_all),
        cmocka_unit_test(dates_are_instants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
