/* Compression of a line: both sides' bytes come whole, whatever pieces they come in; and what is none ends the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <zlib.h>

#include "store/net/deflate.h"

#define MAIL (300 * 1024)
#define WIRE (2 * 1024 * 1024)

static struct line { /* what one side wrote is what the other reads */
    unsigned char bytes[WIRE];
    size_t len, at;
    size_t most;   /* bytes that one call moves */
    unsigned busy; /* every so many calls nothing can be moved; 0: never */
    unsigned calls;
} line;

static enum stream_result
read_line(void *context, void *to, size_t size, size_t *moved, struct error *err)
{
    struct line *from = context;

    (void)err;
    *moved = 0;
    if (from->busy != 0 && ++from->calls % from->busy == 0)
        return STREAM_AGAIN;
    if (from->at == from->len)
        return STREAM_END;
    *moved = size < from->most ? size : from->most;
    if (*moved > from->len - from->at)
        *moved = from->len - from->at;
    memcpy(to, from->bytes + from->at, *moved);
    from->at += *moved;
    return STREAM_DONE;
}

static enum stream_result
write_line(void *context, const void *bytes, size_t len, size_t *moved, struct error *err)
{
    struct line *to = context;

    (void)err;
    *moved = 0;
    if (to->busy != 0 && ++to->calls % to->busy == 0)
        return STREAM_AGAIN;
    *moved = len < to->most ? len : to->most;
    assert_true(to->len + *moved <= WIRE);
    memcpy(to->bytes + to->len, bytes, *moved);
    to->len += *moved;
    return STREAM_DONE;
}

static struct deflate *
given_side(const void *early, size_t len)
{
    const struct deflate_line carrier = {read_line, write_line, &line, "the test"};
    struct deflate *packing = deflate_new(&carrier, early, len);

    assert_non_null(packing);
    return packing;
}

static unsigned char mail[MAIL], got[MAIL + 1];

static void
given_line(size_t most, unsigned busy)
{
    line = (struct line){.most = most, .busy = busy};
    for (size_t i = 0; i < MAIL; i++) /* some of it can't be made smaller */
        mail[i] = (unsigned char)(i < MAIL / 2 ? 'a' + i % 23 : (i * 2654435761u) >> 13);
}

static void
write_all(struct deflate *packing, size_t piece)
{
    struct error err = {0};

    for (size_t at = 0; at < MAIL;) {
        const size_t len = MAIL - at < piece ? MAIL - at : piece;
        size_t moved;

        switch (deflate_write(packing, mail + at, len, &moved, &err)) {
        case STREAM_DONE:
            assert_in_range(moved, 1, len);
            at += moved;
            break;
        case STREAM_AGAIN:
            assert_int_equal(moved, 0);
            break;
        default:
            fail_msg("%s: %s", err.what, err.answer);
        }
    }
}

static size_t
read_all(struct deflate *packing, size_t piece)
{
    struct error err = {0};
    size_t have = 0;

    for (;;) {
        const size_t room = sizeof got - have < piece ? sizeof got - have : piece;
        size_t moved;

        switch (deflate_read(packing, got + have, room, &moved, &err)) {
        case STREAM_DONE:
            assert_in_range(moved, 1, room);
            have += moved;
            break;
        case STREAM_AGAIN:
            break;
        case STREAM_END:
            return have;
        default:
            fail_msg("%s: %s", err.what, err.answer);
        }
    }
}

static void
what_one_side_writes_the_other_reads_in_whatever_pieces(void **state)
{
    static const struct {
        size_t most, write, read;
        unsigned busy;
    } pieces[] = {
        {65536, 65536, 65536, 0}, {1, 100000, 7, 0}, {1000, 1000, 65536, 3}, {7, 40000, 100, 2}, {65536, 3000, 1, 5}};

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        given_line(pieces[i].most, pieces[i].busy);
        struct deflate *writer = given_side(NULL, 0), *reader = given_side(NULL, 0);

        write_all(writer, pieces[i].write);
        assert_int_equal(read_all(reader, pieces[i].read), MAIL);
        assert_memory_equal(got, mail, MAIL);
        deflate_free(writer);
        deflate_free(reader);
    }
}

static void
all_that_was_written_can_be_read_before_more_is(void **state)
{
    struct error err = {0};
    size_t moved;

    (void)state;
    given_line(65536, 0);
    struct deflate *writer = given_side(NULL, 0), *reader = given_side(NULL, 0);
    assert_int_equal(deflate_write(writer, "g1 NOOP\r\n", 9, &moved, &err), STREAM_DONE);
    assert_int_equal(moved, 9);

    assert_int_equal(deflate_read(reader, got, sizeof got, &moved, &err), STREAM_DONE);

    assert_int_equal(moved, 9);
    assert_memory_equal(got, "g1 NOOP\r\n", 9);
    assert_false(deflate_has_buffered(reader));
    deflate_free(writer);
    deflate_free(reader);
}

static void
what_was_read_before_the_switch_comes_first(void **state)
{
    (void)state;
    given_line(65536, 0);
    struct deflate *writer = given_side(NULL, 0);
    write_all(writer, 65536);
    struct deflate *reader = given_side(line.bytes, 1000);
    line.at = 1000;

    assert_true(deflate_has_buffered(reader));
    assert_int_equal(read_all(reader, 4096), MAIL);
    assert_memory_equal(got, mail, MAIL);
    deflate_free(writer);
    deflate_free(reader);
}

static void
a_bomb_comes_in_pieces_of_the_readers_size(void **state)
{
    static unsigned char nothing[1024 * 1024];
    z_stream out = {0};
    struct error err = {0};
    uint64_t all = 0;
    size_t moved;

    (void)state;
    given_line(65536, 0);
    assert_int_equal(deflateInit2(&out, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    out.next_out = line.bytes;
    out.avail_out = WIRE;
    for (int i = 0; i < 200; i++) {
        out.next_in = nothing;
        out.avail_in = sizeof nothing;
        assert_int_equal(deflate(&out, i == 199 ? Z_SYNC_FLUSH : Z_NO_FLUSH), Z_OK);
    }
    line.len = WIRE - out.avail_out;
    (void)deflateEnd(&out); /* which says that it was not finished */
    struct deflate *reader = given_side(NULL, 0);

    while (deflate_read(reader, got, 1000, &moved, &err) == STREAM_DONE) {
        assert_in_range(moved, 1, 1000);
        all += moved;
    }

    assert_int_equal(all, 200 * sizeof nothing);
    assert_false(deflate_is_damaged(reader));
    deflate_free(reader);
}

static void
assert_damaged(const void *bytes, size_t len)
{
    struct error err = {0};
    enum stream_result result;
    size_t moved;

    given_line(65536, 0);
    memcpy(line.bytes, bytes, len);
    line.len = len;
    struct deflate *reader = given_side(NULL, 0);
    do
        result = deflate_read(reader, got, sizeof got, &moved, &err);
    while (result == STREAM_DONE);
    assert_int_equal(result, STREAM_FAILED);
    assert_true(deflate_is_damaged(reader));
    assert_int_equal(err.kind, ERROR_NETWORK);
    assert_non_null(strstr(err.what, "the test"));
    assert_non_null(strstr(err.answer, "not compressed as agreed"));
    deflate_free(reader);
}

static void
what_is_no_compressed_data_and_what_ends_it_are_said(void **state)
{
    static const unsigned char over[] = {0x03, 0x00}; /* a last block, empty */

    (void)state;
    assert_damaged("\x06garbage", 8); /* a block of no known type */
    assert_damaged(over, sizeof over);
}

static void
blocks_without_end_that_come_to_nothing_are_damage(void **state)
{
    static const unsigned char empty[] = {0x00, 0x00, 0x00, 0xff, 0xff};
    unsigned char many[sizeof empty * 1000];

    (void)state;
    for (size_t i = 0; i < sizeof many; i += sizeof empty)
        memcpy(many + i, empty, sizeof empty);
    assert_damaged(many, sizeof many);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_side_writes_the_other_reads_in_whatever_pieces),
        cmocka_unit_test(all_that_was_written_can_be_read_before_more_is),
        cmocka_unit_test(what_was_read_before_the_switch_comes_first),
        cmocka_unit_test(a_bomb_comes_in_pieces_of_the_readers_size),
        cmocka_unit_test(what_is_no_compressed_data_and_what_ends_it_are_said),
        cmocka_unit_test(blocks_without_end_that_come_to_nothing_are_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
