/* Which headers are kin: each line that counts for nothing, and what must not be taken for such a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/base/kin.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define BASE "From: a@x\r\nMessage-ID: <1@x>\r\nSubject: s\r\n"
#define R1 "Received: from a by b; Mon\r\n"
#define R2 "Received: from b\r\n\tby c; Tue\r\n"
#define R3 "received: from c by d\r\n"

/* Fed in pieces of this size; 0: whole. */
static struct kin
kin_of_pieces(const char *bytes, size_t len, size_t piece)
{
    struct kin_reader *reader = kin_new();
    struct kin kin;

    assert_non_null(reader);
    for (size_t at = 0; at < len;) {
        size_t some = piece == 0 || len - at < piece ? len - at : piece;

        assert_true(kin_add(reader, bytes + at, some));
        at += some;
    }
    assert_true(kin_finish(reader, &kin));
    kin_free(reader);
    return kin;
}

static struct kin
kin_of(const char *text)
{
    return kin_of_pieces(text, strlen(text), 0);
}

static bool
same(const char *a, const char *b)
{
    const struct kin left = kin_of(a), right = kin_of(b);

    assert_true(kin_same(&left, &right) == kin_same(&right, &left));
    return kin_same(&left, &right);
}

static const char *const lines[] = {
    /* that are known to be added, with the bytes they have on the wire */
    "X-TUID: abcdefghijkl\r\n",
    "X-OfflineIMAP: 1-2-3\r\n",
    "X-Keywords: $Label1\r\n",
    "X-Label: red\r\n",
    "Status: RO\r\n",
    "X-Status: A\r\n",
    "X-UID: 7\r\n",
    "X-IMAP: 1 2\r\n",
    "X-IMAPbase: 1 2\r\n",
    "X-Mozilla-Status: 0001\r\n",
    "X-Mozilla-Status2: 00000000\r\n",
    "X-Mozilla-Keys:    \r\n",
    "X-Evolution: 00000001-0000\r\n",
    "Content-Length: 120\r\n",
    "Lines: 3\r\n",
    "Return-Path: <a@x>\r\n",
    "Delivered-To: b@y\r\n",
    "X-Original-To: b@y\r\n",
    "Envelope-To: b@y\r\n",
    "X-UIDL: 00001\r\n",
    "X-getmail-retrieved-from-mailbox: INBOX\r\n",
    "X-getmail-filter-classifier: a\r\n b\r\n\tc\r\n",
};

static void
each_line_that_programs_add_counts_for_nothing_wherever_it_stands(void **state)
{
    char text[512];

    (void)state;
    for (size_t i = 0; i < LENGTH(lines); i++) {
        text_print(text, sizeof text, "%s" BASE "\r\n", lines[i]);
        assert_true(same(text, BASE "\r\n"));
        text_print(text, sizeof text, BASE "%s\r\n", lines[i]);
        assert_true(same(text, BASE "\r\n"));
        text_print(text, sizeof text, "From: a@x\r\n%sMessage-ID: <1@x>\r\nSubject: s\r\n\r\n", lines[i]);
        assert_true(same(text, BASE "\r\n"));
        const struct kin with = kin_of(text), without = kin_of(BASE "\r\n");
        assert_int_equal(kin_added(&with, &without), strlen(lines[i]));
        assert_int_equal(kin_added(&without, &with), 0);
    }
}

static void
names_have_no_case_and_may_be_followed_by_blanks(void **state)
{
    (void)state;
    assert_true(same("STATUS: O\r\n" BASE, BASE));
    assert_true(same("x-GETMAIL-x: O\r\n" BASE, BASE));
    assert_true(same("Status : O\r\n" BASE, BASE));
}

static void
a_line_that_only_looks_like_one_counts(void **state)
{
    static const char *const others[] = {
        "X-Statusx: 1\r\n",
        "Status\r\n",
        "X-Sta: 1\r\n",
        " Status: RO\r\n",
        "X-Spam-Status: Yes\r\n",
        "Line: 3\r\n",
        "X-getmail: 1\r\n",
        "X-Keywords\r\n",
        "Content-Type: text/plain\r\n",
        "Resent-Message-ID: <2@x>\r\n",
        "a-name-that-is-longer-than-every-name-that-is-known-and-looked-for-and-therefore-is-no-such-one: 1\r\n",
        ": 1\r\n",
        "\tx\r\n",
        "Bcc: me\r\n",
        "To: b\r\n",
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < LENGTH(others); i++) {
        text_print(text, sizeof text, BASE "%s\r\n", others[i]);
        assert_false(same(text, BASE "\r\n"));
    }
    assert_false(same("From: a@x\r\n\r\n", "From: a@y\r\n\r\n"));
    assert_false(same("A: 1\r\nB: 2\r\n\r\n", "B: 2\r\nA: 1\r\n\r\n"));
}

static void
line_ends_nul_and_a_missing_end_do_not_count_but_a_bare_cr_does(void **state)
{
    (void)state;
    assert_true(same("A: 1\r\nB: 2\r\n\r\nbody", "A: 1\nB: 2\n\nother body"));
    assert_true(same("A: 1\nX: 2\r\nB: 3\r\n\r\n", "A: 1\r\nX: 2\r\nB: 3\r\n\r\n"));
    assert_true(same("A: 1\r\r\n\r\n", "A: 1\r\n\r\n"));
    assert_true(same("A: 1\r\n", "A: 1\r\n\r\n"));
    assert_true(same("A: 1", "A: 1\r\n\r\n"));
    assert_true(same("", "\r\n"));
    assert_false(same("A: 1\r2\r\n\r\n", "A: 12\r\n\r\n"));
    const struct kin nul = kin_of_pieces("A: \0b\r\n", 7, 0), other = kin_of("A: \x80"
                                                                             "b\r\n");
    assert_true(kin_same(&nul, &other));
}

static void
received_lines_above_the_topmost_common_one_count_for_nothing(void **state)
{
    (void)state;
    assert_true(same(R3 R2 R1 BASE, R2 R1 BASE));
    assert_true(same(R3 R2 R1 BASE, R1 BASE));
    assert_true(same(R3 R1 BASE, R2 R1 BASE)); /* each got one of its own on top of it */
    assert_true(same(R1 BASE, R1 BASE) && same(BASE, BASE));
    const struct kin long_one = kin_of(R3 R2 R1 BASE), short_one = kin_of(R1 BASE);
    assert_int_equal(kin_added(&long_one, &short_one), strlen(R3 R2));
    assert_int_equal(kin_added(&short_one, &long_one), 0);
}

static void
other_received_lines_are_another_message(void **state)
{
    (void)state;
    assert_false(same(R1 BASE, R2 BASE));    /* none in common */
    assert_false(same(R1 BASE, BASE));       /* in doubt, not */
    assert_false(same(R2 R1 BASE, R2 BASE)); /* the oldest one is gone */
    assert_false(same(R3 R2 R1 BASE, R3 R1 BASE));
    assert_false(same("Received: from b\r\n\tby x; Tue\r\n" BASE, "Received: from b\r\n\tby c; Tue\r\n" BASE));
}

static void
of_very_many_received_lines_the_oldest_are_compared(void **state)
{
    char text[8192] = "", *to = text;

    (void)state;
    for (int i = 100; i > 0; i--) {
        text_print(to, 64, "Received: by host %d\r\n", i);
        to += strlen(to);
    }
    text_print(to, 256, "%s", BASE);
    const struct kin kin = kin_of(text);
    assert_int_equal(kin.count, KIN_RECEIVED);
    assert_true(same(text, text) && same(strchr(text, '\n') + 1, text));
}

static void
message_ids_are_compared_without_blanks_and_by_the_first_of_them(void **state)
{
    (void)state;
    const struct kin plain = kin_of("Message-ID: <1@x>\r\n\r\n"), folded = kin_of("message-id:\r\n  <1@x> \r\n\r\n");
    const struct kin two = kin_of("Message-ID: <1@x>\r\nMessage-ID: <2@x>\r\n\r\n");
    const struct kin other = kin_of("Message-ID: <2@x>\r\n\r\n"), empty = kin_of("Message-ID: \r\n\r\n"),
                     none = kin_of("");

    assert_true(kin_same_id(&plain, &folded) && kin_same_id(&plain, &two));
    assert_false(kin_same_id(&plain, &other));
    assert_false(empty.has_id || none.has_id || kin_same_id(&empty, &none));
    assert_false(kin_same(&plain, &two));
}

/* A header is one message's by its Message-ID, or by the date of a hop; what any program may write again names nothing. */
static void
a_message_id_or_a_dated_hop_names_a_message(void **state)
{
    static const char *const named[] = {
        "Message-ID: <1@x>\r\n\r\n",
        "Message-ID: 1\r\n\r\n",
        "Message-ID: <>\r\nMessage-ID: <1@x>\r\n\r\n",
        "Received: from a by b; Mon, 5 Jan 2026 10:00:00 +0100\r\n\r\n",
        "Received: from a by b;\r\n\tMon, 5 Jan 2026 10:00:00 +0100\r\n\r\n",
        "Received: from a;b by c; 5 Jan 2026\r\nReceived: from a\r\n\r\n",
    };
    static const char *const nameless[] = {
        "",
        "Subject: state\r\n\r\n",
        "Message-ID:\r\n\r\n",
        "Message-ID: <>\r\n\r\n",
        "Message-ID:\r\n < >\r\n\r\n",
        "Received: from a\r\n\r\n",
        "Received: from a4 by b5\r\nReceived: from b\r\n\tby c; today\r\n\r\n",
        "Received: from a; 5 by c;\r\n\r\n",
        "Subject: a; 5\r\nReceived: from a\r\nDate: b; 5\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(named); i++)
        assert_true(kin_of(named[i]).names);
    for (size_t i = 0; i < LENGTH(nameless); i++)
        assert_false(kin_of(nameless[i]).names || kin_of(nameless[i]).has_id);
}

static void
pieces_of_any_size_make_no_difference(void **state)
{
    static const char text[] =
        R3 "Status: RO\r\n" R2 R1 BASE "X-Label:\r\n a\r\n b\r\nX: \r y\r\r\n z\r\n\r\nbody: x\r\n";
    const struct kin whole = kin_of(text);

    (void)state;
    for (size_t piece = 1; piece < sizeof text; piece++) {
        const struct kin kin = kin_of_pieces(text, sizeof text - 1, piece);
        assert_memory_equal(&kin, &whole, sizeof kin);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_that_programs_add_counts_for_nothing_wherever_it_stands),
        cmocka_unit_test(names_have_no_case_and_may_be_followed_by_blanks),
        cmocka_unit_test(a_line_that_only_looks_like_one_counts),
        cmocka_unit_test(line_ends_nul_and_a_missing_end_do_not_count_but_a_bare_cr_does),
        cmocka_unit_test(received_lines_above_the_topmost_common_one_count_for_nothing),
        cmocka_unit_test(other_received_lines_are_another_message),
        cmocka_unit_test(of_very_many_received_lines_the_oldest_are_compared),
        cmocka_unit_test(message_ids_are_compared_without_blanks_and_by_the_first_of_them),
        cmocka_unit_test(a_message_id_or_a_dated_hop_names_a_message),
        cmocka_unit_test(pieces_of_any_size_make_no_difference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
