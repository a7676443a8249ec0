/* Bodies of multi-line answers, in any pieces; and their lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/pop/multiline.h"
#include "tests/unit/forms.h"

#define ROOM 4096

struct row {
    const char *wire;
    size_t wire_len;
    const char *body;
    size_t body_len;
    size_t rest; /* bytes after the terminator; ROOM: it never comes */
};

#define ROW(wire, body, rest)                                                                                          \
    {                                                                                                                  \
        wire, sizeof(wire) - 1, body, sizeof(body) - 1, rest                                                           \
    }
#define NEVER ROOM

static const struct row rows[] = {
    ROW(".\r\n", "", 0),
    ROW("\r\n.\r\n", "\r\n", 0),
    ROW("a\r\n.\r\n", "a\r\n", 0),
    ROW("a\r\nb\r\n.\r\n+OK next", "a\r\nb\r\n", 8),
    ROW("..\r\n.\r\n", ".\r\n", 0),
    ROW("...\r\n.\r\n", "..\r\n", 0),
    ROW(".a\r\n.\r\n", ".a\r\n", 0), /* nobody doubled it */
    ROW("a\r\n..b.\r\n..\r\n.\r\n.\r\n", "a\r\n.b.\r\n.\r\n", 3),
    ROW("a.\r\n.\r\n", "a.\r\n", 0),
    ROW("a.b..c\r\n.\r\n", "a.b..c\r\n", 0),
    /* only CR LF ends a line */
    ROW("a\n.\n.\r\n.\r\n", "a\n.\n.\r\n", 0),
    ROW("a\r.\r.\r\n.\r\n", "a\r.\r.\r\n", 0),
    ROW("a\n.\r\n.\r\n", "a\n.\r\n", 0),
    ROW("\n.\r\nx", "\n.\r\nx", NEVER),
    ROW("\r.\r\nx", "\r.\r\nx", NEVER),
    ROW("a\r\n.\n.\r\n.\r\n", "a\r\n.\n.\r\n", 0),
    /* a dot, a CR, and then no LF */
    ROW(".\rx\r\n.\r\n", ".\rx\r\n", 0),
    ROW(".\r\r\n.\r\n", ".\r\r\n", 0),
    ROW(".\r.\r\n.\r\n", ".\r.\r\n", 0),
    ROW("a\r\n.\r\r\n.\r\n", "a\r\n.\r\r\n", 0),
    ROW("a\r\r\n.\r\n", "a\r\r\n", 0),
    ROW("a\r\n\r\n.\r\n", "a\r\n\r\n", 0),
    ROW("a\r\n.\rb\r\n..\r\n.\r\n", "a\r\n.\rb\r\n.\r\n", 0),
    /* bytes are bytes */
    ROW("nul\0here\0\r\n.\0\r\n.\r\n", "nul\0here\0\r\n.\0\r\n", 0),
    ROW("\xff\x80\xc3.\r\n.\r\n", "\xff\x80\xc3.\r\n", 0),
    /* not the end yet */
    ROW("no line end", "no line end", NEVER),
    ROW("no line end.", "no line end.", NEVER),
    ROW("a\r\n.", "a\r\n", NEVER),
    ROW("a\r\n.\r", "a\r\n", NEVER),
};
#define ROWS (sizeof rows / sizeof rows[0])

struct taken {
    char body[ROOM];
    size_t len;
    size_t wire; /* bytes taken */
    bool ended;
};

/* A piece of exactly its size, so that a sanitizer sees a read behind its end. */
static void
take_piece(struct multiline *body, const char *from, size_t len, struct taken *taken)
{
    char *piece = malloc(len);
    size_t at = 0;

    assert_non_null(piece);
    memcpy(piece, from, len);
    while (at < len && !multiline_ended(body)) {
        struct text run;
        const size_t moved = multiline_take(body, piece + at, len - at, &run);

        assert_true(moved + run.len > 0 && moved <= len - at);
        assert_true(taken->len + run.len <= ROOM);
        memcpy(taken->body + taken->len, run.at, run.len);
        taken->len += run.len;
        at += moved;
    }
    taken->wire += at;
    taken->ended = multiline_ended(body);
    free(piece);
}

static void
check(const struct row *row, const struct taken *taken)
{
    if (taken->len != row->body_len || memcmp(taken->body, row->body, row->body_len) != 0)
        fail_msg("row %zu: %zu bytes instead of %zu", (size_t)(row - rows), taken->len, row->body_len);
    assert_int_equal(taken->ended, row->rest != NEVER);
    assert_int_equal(taken->wire, row->rest != NEVER ? row->wire_len - row->rest : row->wire_len);
}

static void
bodies_come_out_as_they_are_when_they_come_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct taken taken = {.len = 0};
        struct multiline body;

        multiline_begin(&body, false);
        take_piece(&body, rows[i].wire, rows[i].wire_len, &taken);

        check(&rows[i], &taken);
    }
}

static void
bodies_come_out_as_they_are_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct taken taken = {.len = 0};
        struct multiline body;

        multiline_begin(&body, false);
        for (size_t at = 0; at < rows[i].wire_len && !multiline_ended(&body); at++)
            take_piece(&body, rows[i].wire + at, 1, &taken);

        check(&rows[i], &taken);
    }
}

static void
bodies_come_out_as_they_are_cut_at_every_two_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t one = 1; one < rows[i].wire_len; one++) {
            for (size_t two = one; two < rows[i].wire_len; two++) {
                struct taken taken = {.len = 0};
                struct multiline body;
                const size_t cuts[] = {0, one, two, rows[i].wire_len};

                multiline_begin(&body, false);
                for (int c = 0; c < 3; c++)
                    if (cuts[c + 1] > cuts[c] && !multiline_ended(&body))
                        take_piece(&body, rows[i].wire + cuts[c], cuts[c + 1] - cuts[c], &taken);

                check(&rows[i], &taken);
            }
        }
    }
}

static void
what_a_server_stuffs_comes_back_for_every_text_of_six_bytes(void **state)
{
    static const char bytes[] = ".\r\na";
    (void)state;
    for (unsigned text = 0; text < 4096; text++) {
        char plain[16], wire[64];
        size_t len = 0, wire_len = 0;
        struct taken taken = {.len = 0};
        struct multiline body;
        for (unsigned i = 0; i < 6; i++)
            plain[len++] = bytes[text >> (2 * i) & 3];
        plain[len++] = '\r';
        plain[len++] = '\n';
        for (size_t i = 0; i < len; i++) {
            if (plain[i] == '.' && (i == 0 || (i >= 2 && plain[i - 2] == '\r' && plain[i - 1] == '\n')))
                wire[wire_len++] = '.';
            wire[wire_len++] = plain[i];
        }
        memcpy(wire + wire_len, ".\r\n", 3);
        wire_len += 3;

        multiline_begin(&body, false);
        take_piece(&body, wire, wire_len / 2, &taken);
        take_piece(&body, wire + wire_len / 2, wire_len - wire_len / 2, &taken);

        assert_true(taken.ended && taken.wire == wire_len);
        assert_int_equal(taken.len, len);
        assert_memory_equal(taken.body, plain, len);
    }
}

static void
a_line_without_end_costs_no_memory(void **state)
{
    const unsigned blocks = 1600 / (unsigned)stride(20);
    static char block[65536];
    struct multiline body;
    uint64_t came = 0;
    (void)state;
    memset(block, '.', sizeof block);
    multiline_begin(&body, false);

    for (unsigned i = 0; i < blocks; i++) {
        for (size_t at = 0; at < sizeof block;) {
            struct text run;
            const size_t moved = multiline_take(&body, block + at, sizeof block - at, &run);

            /* never a copy: what comes out lies in what went in */
            assert_true(run.len == 0 || (run.at >= block && run.at + run.len <= block + sizeof block));
            at += moved;
            came += run.len;
        }
    }

    assert_int_equal(came, (uint64_t)blocks * sizeof block - 1); /* the first dot was there for the terminator's sake */
    assert_true(sizeof body <= 16);
}

/* Lists */

static void
lists_are_cut_into_lines_in_any_pieces(void **state)
{
    static const char list[] = "1 a\r\n2 b\n\r\n3\rc\r\n";
    (void)state;
    for (size_t size = 1; size < sizeof list; size++) {
        struct list_lines lines = {.len = 0};
        char all[64] = "";
        size_t len = 0;
        bool too_long = false;

        for (size_t at = 0; at < sizeof list - 1; at += size) {
            struct text run = {list + at, at + size < sizeof list ? size : sizeof list - 1 - at}, line;

            while (list_lines_next(&lines, &run, &line, &too_long)) {
                memcpy(all + len, line.at, line.len);
                len += line.len;
                all[len++] = '|';
            }
            assert_false(too_long);
        }

        assert_string_equal(all, "1 a|2 b||3\rc|");
    }
}

static void
a_line_of_a_list_that_is_long_is_cut_and_one_without_end_is_given_up(void **state)
{
    static char longest[MULTILINE_LINE_MAX + 3];
    struct list_lines lines = {.len = 0};
    struct text run, line;
    bool too_long;
    (void)state;
    memset(longest, 'x', MULTILINE_LINE_MAX);
    memcpy(longest + MULTILINE_LINE_MAX, "\r\n", 2);
    run = (struct text){longest, MULTILINE_LINE_MAX + 2};
    assert_true(list_lines_next(&lines, &run, &line, &too_long));
    assert_int_equal(line.len, MULTILINE_LINE_MAX);

    for (int i = 0; i < 3; i++) {
        run = (struct text){longest, MULTILINE_LINE_MAX / 2};
        assert_false(list_lines_next(&lines, &run, &line, &too_long));
        assert_false(too_long);
    }
    run = (struct text){"\r\n2 b\r\n", 7};
    assert_true(list_lines_next(&lines, &run, &line, &too_long));
    assert_int_equal(line.len, MULTILINE_LINE_MAX);
    assert_true(list_lines_next(&lines, &run, &line, &too_long));
    assert_int_equal(line.len, 3);

    for (size_t i = 0; i <= MULTILINE_PASSED_MAX / MULTILINE_LINE_MAX + 1; i++) {
        assert_false(too_long);
        run = (struct text){longest, MULTILINE_LINE_MAX};
        assert_false(list_lines_next(&lines, &run, &line, &too_long));
    }
    assert_true(too_long);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_come_out_as_they_are_when_they_come_whole),
        cmocka_unit_test(bodies_come_out_as_they_are_byte_by_byte),
        cmocka_unit_test(bodies_come_out_as_they_are_cut_at_every_two_places),
        cmocka_unit_test(what_a_server_stuffs_comes_back_for_every_text_of_six_bytes),
        cmocka_unit_test(a_line_without_end_costs_no_memory),
        cmocka_unit_test(lists_are_cut_into_lines_in_any_pieces),
        cmocka_unit_test(a_line_of_a_list_that_is_long_is_cut_and_one_without_end_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
