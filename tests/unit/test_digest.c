/* Digests of a message while it streams by: the same however it is split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/base/digest.h"

static struct digests
digests_of(struct text message, size_t piece)
{
    struct digest *digest = digest_new();
    struct digests out;

    assert_non_null(digest);
    for (size_t at = 0; at < message.len; at += piece)
        assert_true(digest_add(digest, message.at + at, message.len - at < piece ? message.len - at : piece));
    assert_true(digest_finish(digest, &out));
    digest_free(digest);
    return out;
}

static void
assert_sha256(const unsigned char got[DIGEST_SIZE], struct text of)
{
    unsigned char want[DIGEST_SIZE];

    assert_true(digest_bytes(of.at, of.len, want));
    assert_memory_equal(got, want, DIGEST_SIZE);
}

static const struct {
    struct text message, header, canonical;
    bool has_nul;
} rows[] = {
    {TEXT(""), TEXT(""), TEXT(""), false},
    {TEXT("A: b\r\n\r\nbody\r\n"), TEXT("A: b\r\n\r\n"), TEXT("A: b\n\nbody"), false},
    {TEXT("A: b\r\n\r\n"), TEXT("A: b\r\n\r\n"), TEXT("A: b"), false},
    {TEXT("A: b\r\n"), TEXT("A: b\r\n"), TEXT("A: b"), false}, /* no empty line: all is header */
    {TEXT("A: b"), TEXT("A: b"), TEXT("A: b"), false},
    {TEXT("\r\nbody"), TEXT("\r\n"), TEXT("\nbody"), false}, /* no header at all */
    {TEXT("A: b\n\nbody\n"), TEXT("A: b\n\n"), TEXT("A: b\n\nbody"), false},
    {TEXT("A: b\n\r\nbody"), TEXT("A: b\n\r\n"), TEXT("A: b\n\nbody"), false},
    {TEXT("A: b\r\n\rx\r\n\r\ny"), TEXT("A: b\r\n\rx\r\n\r\n"), TEXT("A: b\n\rx\n\ny"), false},
    {TEXT("A: b\r\n\r\r\n\r\ny"), TEXT("A: b\r\n\r\r\n\r\n"), TEXT("A: b\n\n\ny"), false},
    {TEXT("a\r\r\r\nb\rc\r\r"), TEXT("a\r\r\r\nb\rc\r\r"), TEXT("a\nb\rc\r\r"), false},
    {TEXT("a\r\n\r\n\r\n\r\n"), TEXT("a\r\n\r\n"), TEXT("a"), false},
    {TEXT("a\r\n\r"), TEXT("a\r\n\r"), TEXT("a\n\r"), false}, /* a last CR is no line end */
    {TEXT("\r\n\r\n"), TEXT("\r\n"), TEXT(""), false},
    {TEXT("a\0b\r\n\0\r\n"), TEXT("a\0b\r\n\0\r\n"),
     TEXT("a\x80"
          "b\n\x80"),
     true},
    {TEXT("\0"), TEXT("\0"), TEXT("\x80"), true},
    {TEXT("8-bit \xe4\xff\r\n"), TEXT("8-bit \xe4\xff\r\n"), TEXT("8-bit \xe4\xff"), false},
};

static void
digests_are_the_same_however_a_message_is_split(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t piece = 1; piece <= rows[i].message.len + 1; piece++) {
            struct digests got = digests_of(rows[i].message, piece);

            assert_int_equal(got.size, rows[i].message.len);
            assert_int_equal(got.has_nul, rows[i].has_nul);
            assert_sha256(got.wire, rows[i].message);
            assert_sha256(got.header, rows[i].header);
            assert_sha256(got.canonical, rows[i].canonical);
        }
}

static void
every_way_to_cut_a_message_in_two_gives_the_same(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t cut = 0; cut <= rows[i].message.len; cut++) {
            struct digest *digest = digest_new();
            struct digests got;
            assert_non_null(digest);

            assert_true(digest_add(digest, rows[i].message.at, cut));
            assert_true(digest_add(digest, rows[i].message.at + cut, rows[i].message.len - cut));
            assert_true(digest_finish(digest, &got));

            assert_sha256(got.header, rows[i].header);
            assert_sha256(got.canonical, rows[i].canonical);
            digest_free(digest);
        }
}

static void
a_rewritten_message_is_found_by_its_canonical_digest(void **state)
{
    struct digests sent = digests_of(TEXT("A: b\r\n\r\na\r\r\nb\0c\r\nend"), 100);
    struct digests kept = digests_of(TEXT("A: b\r\n\r\na\r\nb\x80"
                                          "c\r\nend\r\n\r\n"),
                                     100);
    struct digests other = digests_of(TEXT("A: b\r\n\r\na\r\nb\x80"
                                           "c\r\n\r\nend"),
                                      100);
    (void)state;

    assert_memory_equal(sent.canonical, kept.canonical, DIGEST_SIZE);
    assert_memory_not_equal(sent.wire, kept.wire, DIGEST_SIZE);
    assert_memory_not_equal(sent.canonical, other.canonical, DIGEST_SIZE);
}

static void
messages_larger_than_any_buffer_are_digested_whole(void **state)
{
    size_t len = 300000, plain = 0;
    char *message = malloc(len), *canonical = malloc(len);
    (void)state;
    assert_non_null(message);
    assert_non_null(canonical);
    for (size_t i = 0; i < len; i++)
        message[i] = i % 71 == 69 ? '\r' : i % 71 == 70 ? '\n' : (char)('a' + i % 26);
    message[len - 1] = 'x';
    for (size_t i = 0; i < len; i++)
        if (message[i] != '\r')
            canonical[plain++] = message[i];

    struct digests at_once = digests_of((struct text){message, len}, len);
    struct digests in_pieces = digests_of((struct text){message, len}, 4095);

    assert_memory_equal(&at_once.wire, &in_pieces.wire, DIGEST_SIZE);
    assert_sha256(at_once.canonical, (struct text){canonical, plain});
    assert_memory_equal(&at_once.canonical, &in_pieces.canonical, DIGEST_SIZE);
    free(message);
    free(canonical);
}

static void
a_digest_starts_over_after_a_reset(void **state)
{
    struct digest *digest = digest_new();
    struct digests got;
    (void)state;
    assert_non_null(digest);

    assert_true(digest_add(digest, "A\0\r\n\r\nb\r", 8));
    assert_true(digest_reset(digest, true));
    assert_true(digest_add(digest, "x", 1));
    assert_true(digest_finish(digest, &got));
    assert_true(digest_reset(digest, true));
    assert_int_equal(got.size, 1);
    assert_false(got.has_nul);
    assert_sha256(got.header, TEXT("x"));
    assert_sha256(got.canonical, TEXT("x"));
    assert_true(digest_finish(digest, &got));

    assert_int_equal(got.size, 0);
    assert_sha256(got.wire, TEXT(""));
    digest_free(digest);
    digest_free(NULL);
}

static void
all_else_is_the_same_where_no_canonical_digest_is_wanted(void **state)
{
    struct digest *digest = digest_new();
    struct digests want, got;
    (void)state;
    assert_non_null(digest);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t piece = 1; piece <= rows[i].message.len + 1; piece++) {
            want = digests_of(rows[i].message, piece);
            memset(want.canonical, 0, DIGEST_SIZE);
            assert_true(digest_reset(digest, false));
            for (size_t at = 0; at < rows[i].message.len; at += piece)
                assert_true(digest_add(digest, rows[i].message.at + at,
                                       rows[i].message.len - at < piece ? rows[i].message.len - at : piece));
            assert_true(digest_finish(digest, &got));

            assert_memory_equal(&got, &want, sizeof got);
        }
    digest_free(digest);
}

static void
the_digest_is_sha_256(void **state)
{
    static const unsigned char abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                        0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                        0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    unsigned char got[DIGEST_SIZE];
    (void)state;

    assert_true(digest_bytes("abc", 3, got));
    assert_memory_equal(got, abc, DIGEST_SIZE);
}

static void
base32_is_the_lower_case_of_the_rfc(void **state)
{
    static const struct { /* RFC 4648 section 10 */
        struct text from;
        const char *to;
    } vectors[] = {{TEXT(""), ""},
                   {TEXT("f"), "my"},
                   {TEXT("fo"), "mzxq"},
                   {TEXT("foo"), "mzxw6"},
                   {TEXT("foob"), "mzxw6yq"},
                   {TEXT("fooba"), "mzxw6ytb"},
                   {TEXT("foobar"), "mzxw6ytboi"},
                   {TEXT("\xff\xff"), "777q"}};
    (void)state;

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        size_t len = (8 * vectors[i].from.len + 4) / 5;
        char *out = malloc(len + 1);
        assert_non_null(out);

        digest_base32((const unsigned char *)vectors[i].from.at, vectors[i].from.len, out);

        assert_string_equal(out, vectors[i].to);
        assert_int_equal(strlen(out), len);
        free(out);
    }
}

static void
a_header_is_whole_only_with_its_empty_line(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 8; piece++) {
        assert_true(digests_of((struct text)TEXT("A: b\r\n\r\n"), piece).whole_header);
        assert_true(digests_of((struct text)TEXT("A: b\r\n\r\nbody"), piece).whole_header);
        assert_true(digests_of((struct text)TEXT("\r\n"), piece).whole_header);
        assert_false(digests_of((struct text)TEXT("A: b\r\n"), piece).whole_header);
        assert_false(digests_of((struct text)TEXT("A: b\r"), piece).whole_header);
        assert_false(digests_of((struct text)TEXT(""), piece).whole_header);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_whole_only_with_its_empty_line),
        cmocka_unit_test(digests_are_the_same_however_a_message_is_split),
        cmocka_unit_test(every_way_to_cut_a_message_in_two_gives_the_same),
        cmocka_unit_test(a_rewritten_message_is_found_by_its_canonical_digest),
        cmocka_unit_test(messages_larger_than_any_buffer_are_digested_whole),
        cmocka_unit_test(a_digest_starts_over_after_a_reset),
        cmocka_unit_test(all_else_is_the_same_where_no_canonical_digest_is_wanted),
        cmocka_unit_test(the_digest_is_sha_256),
        cmocka_unit_test(base32_is_the_lower_case_of_the_rfc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
