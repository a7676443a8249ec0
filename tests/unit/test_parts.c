/* Which bodies are the same but for the folds of their parts' headers, and which are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/base/parts.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define TOP "Subject: x\r\nContent-Type: multipart/mixed;\r\n boundary=\"b b\"; x=1\r\n\r\n"
#define MIXED "Subject: x\r\nContent-Type: multipart/mixed;\r\n boundary=\"bb\"\r\n\r\n"
#define DIGEST "Content-Type: multipart/digest; boundary=bb\r\n\r\n"
#define PLAIN "Subject: x\r\n\r\n"

static bool
digest_of(const char *bytes, size_t piece, unsigned char digest[static DIGEST_SIZE])
{
    struct parts_reader *reader = parts_new();
    const size_t len = strlen(bytes);
    bool any;

    assert_non_null(reader);
    for (size_t at = 0; at < len; at += piece)
        assert_true(parts_add(reader, bytes + at, len - at < piece ? len - at : piece));
    assert_true(parts_finish(reader, digest, &any));
    parts_free(reader);
    return any;
}

static bool
same(const char *a, const char *b)
{
    unsigned char one[DIGEST_SIZE], other[DIGEST_SIZE], split[DIGEST_SIZE];

    const bool parts = digest_of(a, SIZE_MAX / 2, one), others = digest_of(b, SIZE_MAX / 2, other);

    for (size_t piece = 1; piece < 8; piece++) {
        (void)digest_of(a, piece, split);
        assert_memory_equal(one, split, DIGEST_SIZE);
    }
    return parts && others && memcmp(one, other, DIGEST_SIZE) == 0;
}

static void
folds_of_a_part_do_not_count(void **state)
{
    (void)state;
    assert_true(same(MIXED "--bb\r\nContent-Type: a/b; name=\"one two\"\r\n\r\nt\r\n--bb--\r\n",
                     "Content-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Type: \n a/b;\n name=\"one\n "
                     "two\"\n\nt\n--bb--\n"));
    assert_true(same(MIXED "--bb\r\nA: b\r\n\r\n--bb--\r\nt\r\n", MIXED "--bb\r\nA: b\r\n\r\n--bb--\r\n\r\nt\r\n"));
    assert_true(same(MIXED "--bb\r\nContent-Type: message/rfc822\r\n\r\nSubject: a b\r\n\r\nt\r\n--bb--\r\n",
                     MIXED "--bb\r\nContent-Type: message/rfc822\r\n\r\nSubject: a\r\n b\r\n\r\nt\r\n--bb--\r\n"));
    assert_true(same(
        MIXED "--bb\r\nContent-Type: multipart/x; boundary=c\r\n\r\n--c\r\nA: a b\r\n\r\nt\r\n--bb\r\nB: a b\r\n\r\n",
        MIXED "--bb\r\nContent-Type: multipart/x;\r\n boundary=c\r\n\r\n--c\r\nA: a\r\n b\r\n\r\nt\r\n--bb\r\nB: a\r\n "
              "b\r\n\r\n"));
}

static void
a_boundary_may_have_blanks(void **state)
{
    (void)state;
    assert_true(same(TOP "--b b\r\nA: t u\r\n\r\n", TOP "--b b\r\nA: t\r\n u\r\n\r\n"));
    assert_true(same(TOP "--b b\r\nA: t u\r\n\r\n",
                     "Content-Type: multipart/mixed; boundary=\"b\n b\"\n\n--b b\nA: t\n u\n\n"));
    assert_true(same(MIXED "--bb \t\r\nA: t u\r\n\r\n", MIXED "--bb \t\r\nA: t\r\n u\r\n\r\n"));
}

/* RFC 2046, 5.1.5 */
static void
a_part_of_a_digest_is_a_message_unless_it_says_otherwise(void **state)
{
    (void)state;
    assert_true(same(DIGEST "--bb\r\n\r\nSubject: a b\r\n\r\nt\r\n--bb\r\n\r\nSubject: c d\r\n\r\nu\r\n--bb--\r\n",
                     DIGEST
                     "--bb\r\n\r\nSubject: a\r\n b\r\n\r\nt\r\n--bb\r\n\r\nSubject: c\r\n d\r\n\r\nu\r\n--bb--\r\n"));
    assert_true(same(DIGEST "--bb\r\nX: x\r\n\r\nSubject: a b\r\n\r\nt\r\n",
                     DIGEST "--bb\r\nX: x\r\n\r\nSubject: a\r\n b\r\n\r\nt\r\n"));
}

static void
all_else_counts(void **state)
{
    static const char *const different[][2] = {
        {MIXED "--bb\r\nA: a\r\n\r\nt u\r\n", MIXED "--bb\r\nA: a\r\n\r\nt\r\n u\r\n"},
        {MIXED "--bb\r\nA: a\r\n\r\nX: t u\r\n", MIXED "--bb\r\nA: a\r\n\r\nX: t\r\n u\r\n"},
        {MIXED "A: t u\r\n--bb\r\n", MIXED "A: t\r\n u\r\n--bb\r\n"},
        {MIXED "--bb--\r\nA: t u\r\n", MIXED "--bb--\r\nA: t\r\n u\r\n"},
        {MIXED "--bbc\r\nA: t u\r\n", MIXED "--bbc\r\nA: t\r\n u\r\n"},
        {MIXED "x--bb\r\nA: t u\r\n", MIXED "x--bb\r\nA: t\r\n u\r\n"},
        {MIXED "--bb\r\nA: a\r\nB: b\r\n\r\n", MIXED "--bb\r\nA: aB: b\r\n\r\n"},
        {MIXED "--bb\r\nA: a\r\nB: b\r\n\r\n", MIXED "--bb\r\nA: a\r\n\r\nB: b\r\n\r\n"},
        {MIXED "--bb\r\nA: a\r\n\r\nt\r\n", MIXED "--bb\r\nA: c\r\n\r\nt\r\n"},
        {MIXED "--bb\r\nA a: a b\r\n\r\n", MIXED "--bb\r\nA a: a\r\n b\r\n\r\n"},
        {MIXED "--bb\r\n A: a b\r\n\r\n", MIXED "--bb\r\n A: a\r\n b\r\n\r\n"},
        {MIXED "--bb\r\nA: a\r\n\r\n\r\n", MIXED "--bb\r\nA: a\r\n\r\n"},
        {MIXED "--bb\r\nA: a\r\n\r\n--bb--\r\n\r\n", MIXED "--bb\r\nA: a\r\n\r\n--bb--\r\n\r\n\r\n"},
        {MIXED "--bb\r\nA: a b\r\n\r\n", MIXED "--bb\r\nA: ab\r\n\r\n"},
        {MIXED "--bb\r\nA: a b\r\n\r\n", MIXED "--bb\r\nA: a\r\n  b\r\n\r\n"},
        {MIXED "--bb\r\nA: a\r\n\r\nt\rt", MIXED "--bb\r\nA: a\r\n\r\ntt"},
        {MIXED "--bb\r\nContent-Type: message/rfc822x\r\n\r\nA: a b\r\n\r\n",
         MIXED "--bb\r\nContent-Type: message/rfc822x\r\n\r\nA: a\r\n b\r\n\r\n"},
        {PLAIN "--bb\r\nA: t u\r\n", PLAIN "--bb\r\nA: t\r\n u\r\n"},
        {TOP "--bb\r\nA: t u\r\n", TOP "--bb\r\nA: t\r\n u\r\n"},
        {DIGEST "--bb\r\nA: a\r\n\r\nB: b\r\n\r\nt u\r\n", DIGEST "--bb\r\nA: a\r\n\r\nB: b\r\n\r\nt\r\n u\r\n"},
        {DIGEST "--bb\r\nContent-Type: text/plain\r\n\r\nA: t u\r\n\r\n",
         DIGEST "--bb\r\nContent-Type: text/plain\r\n\r\nA: t\r\n u\r\n\r\n"},
        {MIXED "--bb\r\n\r\nA: t u\r\n\r\n", MIXED "--bb\r\n\r\nA: t\r\n u\r\n\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(different); i++)
        if (same(different[i][0], different[i][1]))
            fail_msg("pair %zu", i);
}

static void
a_body_without_parts_says_so(void **state)
{
    unsigned char digest[DIGEST_SIZE];

    (void)state;
    assert_false(digest_of(PLAIN "--bb\r\nA: a\r\n", 3, digest));
    assert_false(digest_of("A: a", 3, digest));
    assert_true(digest_of(MIXED "--bb\r\nA: a\r\n", 3, digest));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_of_a_part_do_not_count),
        cmocka_unit_test(a_boundary_may_have_blanks),
        cmocka_unit_test(a_part_of_a_digest_is_a_message_unless_it_says_otherwise),
        cmocka_unit_test(all_else_counts),
        cmocka_unit_test(a_body_without_parts_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
