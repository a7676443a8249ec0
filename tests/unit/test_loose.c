/* Which headers are the same but for folds and what a fetching program wrote, and which are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/base/loose.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define BASE "From: a@x\r\nMessage-ID: <1@x>\r\nSubject: one two three\r\n"
#define R1 "Received: from a by b; Mon\r\n"
#define R2 "Received: from b\r\n\tby c; Tue\r\n"
#define MPOP "Received: from pop.x (pop.x [127.0.0.1])\n\tby vm (mpop-1.4.18) with POP3\n\tfor <a>; Wed\n"
#define GETMAIL                                                                                                        \
    "Return-Path: <unknown>\nDelivered-To: unknown\nReceived: from pop.x (pop.x:110) by here with POP3 getmail6\n  "   \
    "msgid:1; Wed\n"
#define FETCHMAIL                                                                                                      \
    "Received: from pop.x [127.0.0.1]\n\tby vm with POP3 (fetchmail-6.4.37)\n\tfor <a> (single-drop); Wed\n"

static void
digest_of(const char *bytes, size_t len, size_t piece, unsigned char digest[static DIGEST_SIZE])
{
    struct loose_reader *reader = loose_new();

    assert_non_null(reader);
    for (size_t at = 0; at < len; at += piece)
        assert_true(loose_add(reader, bytes + at, len - at < piece ? len - at : piece));
    assert_true(loose_finish(reader, digest));
    loose_free(reader);
}

static bool
same(const char *a, const char *b)
{
    unsigned char one[DIGEST_SIZE], other[DIGEST_SIZE];

    digest_of(a, strlen(a), strlen(a) + 1, one);
    digest_of(b, strlen(b), strlen(b) + 1, other);
    return memcmp(one, other, DIGEST_SIZE) == 0;
}

static void
folds_and_blanks_do_not_count(void **state)
{
    (void)state;
    assert_true(same(BASE "\r\n", "From: a@x\nMessage-ID: <1@x>\nSubject: one\n two\n\tthree\n\n"));
    assert_true(same(BASE "\r\n", "From:a@x\nMessage-ID:\n <1@x>\nSubject:  one  two three \nStatus: RO\n\nbody: x\n"));
    assert_true(same(R1 BASE, "Received: from a\n by b; Mon\n" BASE));
}

static void
what_fetching_programs_write_does_not_count(void **state)
{
    static const char *const written[] = {MPOP, GETMAIL, FETCHMAIL, MPOP FETCHMAIL};

    (void)state;
    for (size_t i = 0; i < LENGTH(written); i++) {
        char plain[1024], routed[1024];

        snprintf(plain, sizeof plain, "%s%s\r\n", written[i], BASE);
        snprintf(routed, sizeof routed, "%s%s%s\r\n", written[i], R2 R1, BASE);
        assert_true(same(BASE "\r\n", plain));
        assert_true(same(R2 R1 BASE "\r\n", routed));
    }
}

static void
another_line_or_another_way_is_another_message(void **state)
{
    static const char *const others[] = {
        R1 "From: a@x\r\nMessage-ID: <1@x>\r\nSubject: one two four\r\n",
        R1 "From: a@x\r\nMessage-ID: <1@x>\r\n",
        R1 BASE "List-Id: <l>\r\n",
        R1 "From: a@x\r\nMessage-ID: <1@x>Subject: one two three\r\n",
        R1 "From: a@x\r\nSubject: one two three\r\nMessage-ID: <1@x>\r\n",
        R2 BASE,
        BASE,
        "Received: from a by b with POP; Mon\r\n" BASE,
        "Subject: with POP3\r\n" R1 BASE,
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(others); i++)
        assert_false(same(R1 BASE, others[i]));
}

static void
pieces_of_any_size_make_no_difference(void **state)
{
    static const char text[] = GETMAIL R2 R1 BASE "X:\r\n a\r\n b\r\nlong" /* no end */;
    unsigned char whole[DIGEST_SIZE], pieces[DIGEST_SIZE];

    (void)state;
    digest_of(text, sizeof text - 1, sizeof text, whole);
    for (size_t piece = 1; piece < sizeof text; piece++) {
        digest_of(text, sizeof text - 1, piece, pieces);
        assert_memory_equal(pieces, whole, DIGEST_SIZE);
    }
}

static void
a_reader_is_ready_for_the_next_message(void **state)
{
    struct loose_reader *reader = loose_new();
    unsigned char first[DIGEST_SIZE], second[DIGEST_SIZE];

    (void)state;
    assert_non_null(reader);
    assert_true(loose_add(reader, MPOP R1 BASE "\r\n", sizeof MPOP R1 BASE "\r\n" - 1));
    assert_true(loose_finish(reader, first));
    assert_true(loose_add(reader, R1 BASE, sizeof R1 BASE - 1));
    assert_true(loose_finish(reader, second));
    assert_memory_equal(first, second, DIGEST_SIZE);
    loose_free(reader);
    loose_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_and_blanks_do_not_count),
        cmocka_unit_test(what_fetching_programs_write_does_not_count),
        cmocka_unit_test(another_line_or_another_way_is_another_message),
        cmocka_unit_test(pieces_of_any_size_make_no_difference),
        cmocka_unit_test(a_reader_is_ready_for_the_next_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
