/* What says that two messages are one although their bytes differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sync/match/kinship.h"

#define FROM "From: Ana <ana@x>\r\n"
#define DATE "Date: Fri, 27 Nov 2026 17:00:00 +0100\r\n"
#define ID "Message-ID: <1@x>\r\n"
#define SUBJECT "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
#define HEADER FROM DATE ID SUBJECT

static struct kinship
kinship_of_pieces(const char *message, bool body, size_t piece)
{
    struct kinship_reader *reader = kinship_new();
    const size_t len = strlen(message);
    struct kinship kinship;

    assert_non_null(reader);
    assert_true(kinship_begin(reader, true) && kinship_add(reader, "X: what a cut message left", 20));
    assert_true(kinship_begin(reader, body));
    for (size_t at = 0; at < len; at += piece)
        assert_true(kinship_add(reader, message + at, len - at < piece ? len - at : piece));
    assert_true(kinship_finish(reader, &kinship));
    kinship_free(reader);
    return kinship;
}

static struct kinship
kinship_of(const char *message)
{
    return kinship_of_pieces(message, true, 1000);
}

static bool
is_same_body(const char *one, const char *other)
{
    const struct kinship a = kinship_of(one), b = kinship_of(other);

    return a.has_body && b.has_body && memcmp(a.body, b.body, DIGEST_SIZE) == 0;
}

static bool
is_alike(const char *one, const char *other)
{
    const struct kinship a = kinship_of(one), b = kinship_of(other);

    return a.has_alike && b.has_alike && memcmp(a.alike, b.alike, DIGEST_SIZE) == 0;
}

static void
bytes_that_a_server_writes_for_others_count_for_nothing(void **state)
{
    (void)state;
    assert_true(is_alike(FROM DATE ID "Subject: Gr\xc3\xbc\xc3\x9f"
                                      "e 1\r\n\r\n",
                         FROM DATE ID "Subject: GrXXXXe 1\r\n\r\n"));
    assert_true(is_alike(FROM DATE ID "Subject: Gr\xfc\xdf"
                                      "e 1\r\n\r\n",
                         FROM DATE ID "Subject: Gr??e 1\r\n\r\n"));
    assert_true(
        is_alike(FROM DATE ID "Subject: =?utf-8?q?Gr=C3=BC?=\r\n\r\n", FROM DATE ID "Subject: Gr\xc3\xbc\r\n\r\n"));
    assert_false(is_alike(FROM DATE ID "Subject: GrXXe 1\r\n\r\n", FROM DATE ID "Subject: GrXXe 2\r\n\r\n"));
    assert_false(
        is_alike(FROM DATE "Message-ID: <X1@x>\r\n" SUBJECT "\r\n", FROM DATE "Message-ID: <1@x>\r\n" SUBJECT "\r\n"));
}

static bool
explains(const char *one, const char *other)
{
    const struct kinship a = kinship_of(one), b = kinship_of(other);

    return kin_same(&a.kin, &b.kin) && kinship_explains(&a, strlen(one), &b, strlen(other));
}

static void
the_body_is_what_follows_the_empty_line(void **state)
{
    (void)state;
    assert_true(is_same_body(HEADER "\r\nbody\r\n", "Status: RO\r\n" HEADER "\r\nbody\r\n"));
    assert_false(is_same_body(HEADER "\r\nbody\r\n", HEADER "\r\nbody\r\n\r\n"));
    assert_true(is_same_body("\r\nbody\r\n", HEADER "\r\nbody\r\n"));
    assert_false(is_same_body(HEADER "\r\nbody\r\n", HEADER "\r\nbodies\r\n"));
    assert_false(is_same_body(HEADER "\r\nStatus: RO\r\n", HEADER "\r\nStatus: R\r\n"));
    assert_true(is_same_body(HEADER, HEADER "\r\n"));
    assert_false(kinship_of_pieces(HEADER "\r\nbody\r\n", false, 1000).has_body);
}

static int
ends_more(const char *one, const char *other)
{
    const struct kinship a = kinship_of(one), b = kinship_of(other);
    int more;

    kinship_count_ends(&a, b.body, &more);
    return more;
}

static void
line_ends_at_the_end_are_counted_and_nothing_else(void **state)
{
    static const char many[] = HEADER "\r\nbody\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";

    (void)state;
    assert_int_equal(ends_more(HEADER "\r\nbody\r\n", HEADER "\r\nbody\r\n\r\n"), 1);
    assert_int_equal(ends_more(HEADER "\r\nbody\r\n", HEADER "\r\nbody\r\n\r\n\r\n\r\n"), 3);
    assert_int_equal(ends_more(HEADER "\r\nbody\r\n\r\n", HEADER "\r\nbody"), -2);
    assert_int_equal(ends_more(HEADER "\r\nbody", HEADER "\r\nbody\r\n"), 1);
    assert_int_equal(ends_more(HEADER "\r\n", HEADER "\r\n\r\n\r\n"), 2);
    assert_int_equal(ends_more(HEADER "\r\nbody\r\n", HEADER "\r\nbody\r\n"), 0);
    assert_int_equal(ends_more(HEADER "\r\nbody\r\n", HEADER "\r\nbodies\r\n\r\n"), 0);
    assert_int_equal(ends_more(HEADER "\r\nbody\r\n", HEADER "\r\nbody\r\n\r"), 0);
    assert_int_equal(ends_more(HEADER "\r\nbody\r\n", HEADER "\r\nbody\r\r\n"), 0);
    assert_int_equal(ends_more(HEADER "\r\none\r\ntwo\r\n", HEADER "\r\none\r\n\r\ntwo\r\n"), 0);
    assert_int_equal(ends_more(HEADER "\r\nbody\r\n", HEADER "\r\n\r\nbody\r\n"), 0);
    assert_int_equal(ends_more(many, HEADER "\r\nbody\r\n"), 0); /* more than are told apart */
}

static bool
is_written_alike(const char *one, const char *other)
{
    const struct kinship a = kinship_of(one), b = kinship_of(other);

    return a.has_written && b.has_written && memcmp(a.written, b.written, DIGEST_SIZE) == 0;
}

static void
another_id_leaves_what_is_written_alike(void **state)
{
    (void)state;
    assert_true(is_written_alike(HEADER "To: ben@x\r\n\r\n",
                                 FROM DATE "Message-ID: <9@server>\r\nTo:\r\n ben@x\r\n" SUBJECT "\r\n"));
    assert_true(is_written_alike(HEADER "\r\n", FROM DATE SUBJECT "\r\n"));
    assert_false(is_written_alike(HEADER "To: ben@x\r\n\r\n", HEADER "To: cyd@x\r\n\r\n"));
    assert_false(is_written_alike(HEADER "Cc: ben@x\r\n\r\n", HEADER "\r\n"));
    assert_false(is_written_alike(HEADER "\r\n", FROM "Date: Fri, 27 Nov 2026 17:00:01 +0100\r\n" ID SUBJECT "\r\n"));
    assert_false(is_written_alike(FROM ID SUBJECT "\r\n", FROM ID SUBJECT "\r\n"));
    assert_false(is_written_alike(DATE ID SUBJECT "\r\n", DATE ID SUBJECT "\r\n"));
}

static void
pieces_of_any_size_make_no_difference(void **state)
{
    static const char message[] = "Received: from a by b; Mon\r\n" HEADER "X-UID: 1\r\n\r\n\r\nbody\r\n\r\nend";
    const struct kinship whole = kinship_of(message);

    (void)state;
    for (size_t piece = 1; piece < 20; piece++) {
        const struct kinship kinship = kinship_of_pieces(message, true, piece);

        assert_true(kin_same(&kinship.kin, &whole.kin) && kinship.kin.added == whole.kin.added);
        assert_memory_equal(kinship.body, whole.body, DIGEST_SIZE);
        assert_memory_equal(kinship.alike, whole.alike, DIGEST_SIZE);
    }
}

static void
a_server_that_rewrites_a_header_leaves_the_message_alike(void **state)
{
    static const char *const rewritten[] = {
        FROM DATE ID "Subject: Gr\xC3\xBC\xC3\x9F"
                     "e\r\n",
        FROM DATE ID "Subject: =?iso-8859-1?B?R3L832U=?=\r\n",
        FROM "Date: Fri, 27 Nov 2026 16:00:00 +0000\r\n" ID SUBJECT,
        "from:\r\n Ana\r\n\t<ana@x>\r\n" DATE ID SUBJECT,
        "X-New: line\r\n" SUBJECT ID DATE FROM,
    };

    (void)state;
    for (size_t i = 0; i < sizeof rewritten / sizeof rewritten[0]; i++) {
        assert_true(is_alike(HEADER, rewritten[i]));
    }
}

static void
another_id_date_sender_or_subject_is_another_message(void **state)
{
    static const char *const others[] = {
        FROM DATE "Message-ID: <2@x>\r\n" SUBJECT,
        FROM "Date: Fri, 27 Nov 2026 17:00:01 +0100\r\n" ID SUBJECT,
        "From: Bea <ana@x>\r\n" DATE ID SUBJECT,
        FROM DATE ID "Subject: another\r\n",
        FROM DATE ID,
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(is_alike(HEADER, others[i]));
    }
}

static void
what_has_no_id_date_or_sender_is_like_nothing(void **state)
{
    static const char *const lacking[] = {FROM DATE SUBJECT, FROM ID SUBJECT, DATE ID SUBJECT,
                                          FROM DATE "Message-ID: <>\r\n" SUBJECT,
                                          FROM "Date: yesterday\r\n" ID SUBJECT};

    (void)state;
    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++) {
        assert_false(is_alike(lacking[i], lacking[i]));
    }
    assert_true(is_alike(FROM DATE ID, FROM DATE ID)); /* many have no subject */
}

static void
sizes_are_explained_by_the_lines_that_count_for_nothing(void **state)
{
    static const char plain[] = HEADER "\r\nbody\r\n", tuid[] = HEADER "X-TUID: abcdefghijkl\r\n\r\nbody\r\n",
                      read[] = "Status: RO\r\n" HEADER "\r\nbody\r\n",
                      longer[] = HEADER "X-TUID: abcdefghijkl\r\n\r\nbody!\r\n";

    (void)state;
    assert_true(explains(plain, tuid));
    assert_true(explains(tuid, plain));
    assert_true(explains(tuid, read));
    assert_false(explains(plain, longer));
    assert_false(explains(tuid, longer));
}

static bool
was(const char *now, const char *before)
{
    const struct kinship kinship = kinship_of(now);
    unsigned char wire[DIGEST_SIZE];

    assert_true(digest_bytes(before, strlen(before), wire));
    return kinship_was(&kinship, wire);
}

static void
a_message_was_what_it_is_without_lines_of_programs_or_of_readers_alone(void **state)
{
    static const char *const added[] = {"X-TUID: abcdefghijkl\r\n", "Return-Path: <a@x>\r\n", "Delivered-To: b@x\r\n"};
    static const char *const saved[] = {"Lines: 1\r\n", "Content-Length: 3\r\n", "X-Label: work,\r\n home\r\n"};
    char now[1000], before[1000];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            (void)snprintf(now, sizeof now, "%s%s%s\r\na\r\n", added[i], HEADER, saved[k]);
            (void)snprintf(before, sizeof before, "%s%s\r\na\r\n", added[i], HEADER);
            assert_true(was(now, before)); /* what came with it stays */
            assert_true(was(now, HEADER "\r\na\r\n"));
            (void)snprintf(now, sizeof now, "X-TUID: abcdefghijkl\r\nX-getmail-x: y\r\n%s%s%s\r\na\r\n", added[i],
                           HEADER, saved[k]);
            (void)snprintf(before, sizeof before, "X-getmail-x: y\r\n%s%s\r\na\r\n", i == 0 ? "" : added[i], HEADER);
            assert_true(was(now, before)); /* what another program wrote goes, what the delivery wrote stays */
            (void)snprintf(before, sizeof before, "%s%s\r\na\r\n", HEADER, saved[k]);
            assert_false(was(now, before));
            assert_false(was(now, HEADER "\r\nb\r\n"));
            (void)snprintf(now, sizeof now, "X-TUID: abcdefghijkl\r\nReturn-Path: <c@x>\r\n%s%s\r\na\r\n", HEADER,
                           saved[k]);
            (void)snprintf(before, sizeof before, "Return-Path: <c@x>\r\n%s%s\r\na\r\n", HEADER, saved[k]);
            assert_true(was(now, before)); /* a copy of a message that a reader had saved */
        }
    }
}

static void
a_header_says_whether_a_mail_reader_wrote_into_it(void **state)
{
    (void)state;
    assert_true(kinship_of(HEADER "Lines: 1\r\n\r\na\r\n").is_saved);
    assert_true(kinship_of("status: RO\r\n" HEADER "\r\na\r\n").is_saved);
    assert_false(kinship_of("Return-Path: <a@x>\r\nX-TUID: abcdefghijkl\r\n" HEADER "\r\na\r\n").is_saved);
    assert_false(kinship_of(HEADER "X-A: b\r\n Lines: 1\r\n\r\na\r\n").is_saved); /* that line goes on */
    assert_false(kinship_of(HEADER "\r\nLines: 1\r\n").is_saved);                 /* that is its body */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_says_whether_a_mail_reader_wrote_into_it),
        cmocka_unit_test(a_message_was_what_it_is_without_lines_of_programs_or_of_readers_alone),
        cmocka_unit_test(bytes_that_a_server_writes_for_others_count_for_nothing),
        cmocka_unit_test(the_body_is_what_follows_the_empty_line),
        cmocka_unit_test(line_ends_at_the_end_are_counted_and_nothing_else),
        cmocka_unit_test(another_id_leaves_what_is_written_alike),
        cmocka_unit_test(pieces_of_any_size_make_no_difference),
        cmocka_unit_test(a_server_that_rewrites_a_header_leaves_the_message_alike),
        cmocka_unit_test(another_id_date_sender_or_subject_is_another_message),
        cmocka_unit_test(what_has_no_id_date_or_sender_is_like_nothing),
        cmocka_unit_test(sizes_are_explained_by_the_lines_that_count_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
