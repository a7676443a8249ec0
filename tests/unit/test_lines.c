/*
 * Line ends, wire <-> file: every row is fed whole, byte by byte and cut at every place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/base/lines.h"

struct row {
    const char *name;
    struct text wire;
    size_t taken;     /* of wire, before the byte that can't be shrunk */
    struct text file; /* what was written for them */
    bool held;        /* a CR is held back at the end */
};

static const struct row rows[] = {
    {"nothing", TEXT(""), 0, TEXT(""), false},
    {"one line", TEXT("a\r\n"), 3, TEXT("a\n"), false},
    {"empty lines", TEXT("\r\n\r\n\r\n"), 6, TEXT("\n\n\n"), false},
    {"header and body", TEXT("A: b\r\n\r\nbody\r\n"), 14, TEXT("A: b\n\nbody\n"), false},
    {"no end at the end", TEXT("a\r\nb"), 4, TEXT("a\nb"), false},
    {"NUL and 8-bit bytes", TEXT("a\0b\xff\xc3\xa9\r\n\x80"), 9, TEXT("a\0b\xff\xc3\xa9\n\x80"), false},
    {"a lone LF at the start", TEXT("\na\r\n"), 0, TEXT(""), false},
    {"a lone LF inside", TEXT("ab\ncd\r\n"), 2, TEXT("ab"), false},
    {"a lone LF after a good line", TEXT("a\r\nb\nc"), 4, TEXT("a\nb"), false},
    {"LF twice after a CR", TEXT("a\r\n\n"), 3, TEXT("a\n"), false},
    {"a lone CR inside", TEXT("a\rb\r\n"), 2, TEXT("a"), true},
    {"CR CR LF", TEXT("a\r\r\n"), 2, TEXT("a"), true},
    {"a CR at the very end", TEXT("a\r\nb\r"), 5, TEXT("a\nb"), true},
    {"a lone CR at the start", TEXT("\rx"), 1, TEXT(""), true},
    {"CR and NUL", TEXT("\r\0"), 1, TEXT(""), true},
};
#define ROWS (sizeof rows / sizeof rows[0])

/* Feed pieces until one is not taken whole. */
static size_t
shrink_in_pieces(struct lines_shrink *state, struct text wire, size_t first, size_t each, char *out, size_t *out_len)
{
    size_t at = 0;

    *out_len = 0;
    while (at < wire.len) {
        size_t piece = at == 0 && first > 0 ? first : each, put, taken;

        if (piece > wire.len - at)
            piece = wire.len - at;
        taken = lines_shrink(state, wire.at + at, piece, out + *out_len, &put);
        *out_len += put;
        at += taken;
        if (taken < piece)
            break;
    }
    return at;
}

static void
check_row(const struct row *row, size_t first, size_t each)
{
    struct lines_shrink state = {0};
    char out[64];
    size_t len, taken = shrink_in_pieces(&state, row->wire, first, each, out, &len);

    if (taken != row->taken || len != row->file.len || memcmp(out, row->file.at, len) != 0 || state.cr != row->held)
        fail_msg("%s, cut at %zu, pieces of %zu: took %zu, wrote %zu", row->name, first, each, taken, len);
}

static void
a_stream_is_shrunk_up_to_the_first_byte_that_would_not_come_back(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < ROWS; i++)
        for (size_t cut = 0; cut <= rows[i].wire.len; cut++) {
            check_row(&rows[i], cut, 64);
            check_row(&rows[i], cut, 1);
        }
}

static size_t
grow_in_pieces(struct text file, size_t first, size_t each, size_t room, char *out)
{
    struct lines_grow state = {0};
    size_t at = 0, len = 0;

    while (at < file.len) {
        size_t piece = at < first ? first - at : each, put;

        if (piece > file.len - at)
            piece = file.len - at;
        at += lines_grow(&state, file.at + at, piece, out + len, room, &put);
        len += put;
    }
    return len;
}

static void
what_was_shrunk_grows_back_to_the_same_bytes(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < ROWS; i++) {
        struct text wire = {rows[i].wire.at, rows[i].taken - (rows[i].held ? 1 : 0)};

        for (size_t cut = 0; cut <= rows[i].file.len; cut++)
            for (size_t room = 2; room < 6; room++) {
                char out[64];
                size_t len = grow_in_pieces(rows[i].file, cut, 1 + cut % 3, room, out);

                if (len != wire.len || memcmp(out, wire.at, len) != 0)
                    fail_msg("%s, cut at %zu, room for %zu", rows[i].name, cut, room);
            }
    }
}

static void
only_a_lone_LF_changes_when_a_message_grows(void **unused)
{
    static const struct text pairs[][2] = {
        {TEXT("a\nb"), TEXT("a\r\nb")},         {TEXT("a\r\nb\n"), TEXT("a\r\nb\r\n")},
        {TEXT("\n\n"), TEXT("\r\n\r\n")},       {TEXT("a\r\r\nb"), TEXT("a\r\r\nb")},
        {TEXT("\r\n\n"), TEXT("\r\n\r\n")},     {TEXT("a\rb\r"), TEXT("a\rb\r")},
        {TEXT("\0\n\xff"), TEXT("\0\r\n\xff")}, {TEXT(""), TEXT("")},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        for (size_t cut = 0; cut <= pairs[i][0].len; cut++)
            for (size_t room = 2; room < 9; room++) {
                char out[64];
                size_t len = grow_in_pieces(pairs[i][0], cut, 1 + cut % 2, room, out);

                assert_int_equal(len, pairs[i][1].len);
                assert_memory_equal(out, pairs[i][1].at, len);
            }
}

static bool
is_reversible(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\r' && (i + 1 == len || bytes[i + 1] != '\n'))
            return false;
        if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r'))
            return false;
    }
    return true;
}

static void
every_short_stream_is_shrunk_whole_exactly_where_it_comes_back(void **unused)
{
    static const char alphabet[] = {'a', '\r', '\n', '\0'};
    enum { LENGTH = 7, COUNT = 1 << (2 * LENGTH) };

    (void)unused;
    for (unsigned seed = 0; seed < COUNT; seed++)
        for (size_t len = 0; len <= LENGTH; len += LENGTH - len > 2 ? 3 : 1) {
            struct lines_shrink state = {0};
            char wire[LENGTH], out[LENGTH], back[2 * LENGTH];
            size_t put, taken, grown;

            for (size_t i = 0; i < len; i++)
                wire[i] = alphabet[seed >> (2 * i) & 3];
            taken = lines_shrink(&state, wire, len, out, &put);
            if ((taken == len && !state.cr) != is_reversible(wire, len))
                fail_msg("stream %u of length %zu", seed, len);
            grown = grow_in_pieces((struct text){out, put}, 0, LENGTH, 2 * LENGTH, back);
            assert_int_equal(grown, taken - (state.cr ? 1 : 0));
            assert_memory_equal(back, wire, grown);
            assert_int_equal(state.ends, grown - put);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_shrunk_up_to_the_first_byte_that_would_not_come_back),
        cmocka_unit_test(what_was_shrunk_grows_back_to_the_same_bytes),
        cmocka_unit_test(only_a_lone_LF_changes_when_a_message_grows),
        cmocka_unit_test(every_short_stream_is_shrunk_whole_exactly_where_it_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
