/*
 * Two different messages are never kin: of any header, each change of one line that is not known to be added makes another message, and none
 * of a line that is known to be added does. Nor are they alike, where the change is one of Message-ID, date, sender or subject.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "sync/match/kinship.h"
#include "tests/unit/forms.h"
#include "tests/unit/headers.h"

#define LINES 60
#define LINE_MAX_BYTES 2048

struct header { /* its lines, each with its continuation */
    struct text line[LINES];
    size_t count;
};

static struct header
split(const char *text)
{
    struct header header = {.count = 0};

    while (*text != '\0') {
        const char *end = text;

        do
            end = strstr(end, "\r\n") + 2;
        while (*end == ' ' || *end == '\t');
        assert_true(header.count < LINES);
        header.line[header.count++] = (struct text){text, (size_t)(end - text)};
        text = end;
    }
    return header;
}

static bool
has_name(struct text line, const char *name)
{
    const size_t len = strlen(name);

    return line.len > len && strncasecmp(line.at, name, len) == 0 && line.at[len] == ':';
}

static bool
is_added(struct text line)
{
    return kin_is_added(line.at, (size_t)((const char *)memchr(line.at, ':', line.len) - line.at));
}

static size_t
count_received(const struct header *header, size_t before)
{
    size_t count = 0;

    for (size_t i = 0; i < before; i++)
        count += has_name(header->line[i], "Received");
    return count;
}

/* What another program writes on top of it: nothing above the topmost line that two headers share makes two messages of them. */
static bool
is_free_hop(const struct header *header, size_t line)
{
    return has_name(header->line[line], "Received") && count_received(header, line) == 0 &&
           count_received(header, header->count) > 1;
}

static struct kinship
kinship_of(const struct header *header)
{
    struct kinship_reader *reader = kinship_new();
    struct kinship kinship = {0};

    assert_non_null(reader);
    assert_true(kinship_begin(reader, false));
    for (size_t i = 0; i < header->count; i++)
        assert_true(kinship_add(reader, header->line[i].at, header->line[i].len));
    assert_true(kinship_add(reader, "\r\n", 2) && kinship_finish(reader, &kinship));
    kinship_free(reader);
    return kinship;
}

static bool
is_kin(const struct header *one, const struct header *other)
{
    const struct kinship a = kinship_of(one), b = kinship_of(other);
    const bool kin = kin_same(&a.kin, &b.kin);

    assert_true(kin == kin_same(&b.kin, &a.kin));
    return kin;
}

static bool
is_alike(const struct header *one, const struct header *other)
{
    const struct kinship a = kinship_of(one), b = kinship_of(other);

    return a.has_alike && b.has_alike && memcmp(a.alike, b.alike, DIGEST_SIZE) == 0;
}

/* The header without a line, or with another one in its place; text holds it. */
static struct header
changed(const struct header *header, size_t line, struct text by)
{
    struct header other = *header;

    other.line[line] = by;
    if (by.len == 0) {
        memmove(other.line + line, other.line + line + 1, (other.count - line - 1) * sizeof other.line[0]);
        other.count--;
    }
    return other;
}

static struct header
with(const struct header *header, size_t at, struct text line)
{
    struct header other = *header;

    assert_true(other.count < LINES);
    memmove(other.line + at + 1, other.line + at, (other.count - at) * sizeof other.line[0]);
    other.line[at] = line;
    other.count++;
    return other;
}

/* ---- the properties ---- */

static void
headers_of_two_messages_are_neither_kin_nor_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < HEADERS; i++) {
        const struct header one = split(headers[i]);

        assert_true(is_kin(&one, &one));
        for (size_t k = 0; k < HEADERS; k++) {
            const struct header other = split(headers[k]);

            assert_true(i == k || (!is_kin(&one, &other) && !is_alike(&one, &other)));
        }
    }
}

/* Each byte of a line, and each line as a whole: lost, twice, in another place. */
static void
a_line_that_is_changed_lost_doubled_or_moved_is_another_message(void **state)
{
    char text[LINE_MAX_BYTES];

    (void)state;
    for (size_t i = 0; i < HEADERS; i++) {
        const struct header header = split(headers[i]);

        for (size_t n = 0; n < header.count; n++) {
            const struct text line = header.line[n];
            struct header other;

            if (is_added(line) || is_free_hop(&header, n))
                continue;
            other = changed(&header, n, (struct text){NULL, 0});
            assert_false(is_kin(&header, &other));
            other = with(&header, n, line);
            assert_false(is_kin(&header, &other));
            for (size_t at = 0; at < line.len; at += (size_t)stride(17)) {
                if (strchr("\r\n:", line.at[at]) != NULL)
                    continue;
                memcpy(text, line.at, line.len);
                text[at] = text[at] == 'q' ? 'z' : 'q';
                other = changed(&header, n, (struct text){text, line.len});
                assert_false(is_kin(&header, &other));
            }
            /* in the place of its successor, where that is another line that counts by its place */
            if (n + 1 == header.count || is_added(header.line[n + 1]) ||
                has_name(line, "Received") != has_name(header.line[n + 1], "Received"))
                continue;
            other = changed(&header, n, header.line[n + 1]);
            other.line[n + 1] = line;
            assert_false(is_kin(&header, &other));
        }
    }
}

static void
a_line_that_no_program_is_known_to_add_makes_another_message_wherever_it_stands(void **state)
{
    static const char *const lines[] = {"X-Spam-Status: Yes\r\n",    "Cc: ana@example.org\r\n",
                                        "X-Tuids: abcdefghijkl\r\n", "Resent-Date: Fri, 27 Nov 2026 17:09:58 +0100\r\n",
                                        "Statuses: RO\r\n",          "X-Mozilla-Draft-Info: internal/draft\r\n",
                                        "Content-Language: en\r\n"};
    (void)state;
    for (size_t i = 0; i < HEADERS; i++) {
        const struct header header = split(headers[i]);

        for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++) {
            for (size_t at = 0; at <= header.count; at += (size_t)stride(5)) {
                const struct header other = with(&header, at, text_of(lines[k]));

                assert_false(is_kin(&header, &other));
            }
        }
    }
}

static void
lines_that_programs_add_may_come_go_and_change(void **state)
{
    static const char *const lines[] = {
        "X-TUID: abcdefghijkl\r\n",        "Status: RO\r\n", "X-Keywords:\r\n  $label1\r\n",
        "Delivered-To: b@example.net\r\n", "Lines: 7\r\n",   "X-getmail-filter-classifier: a\r\n b\r\n"};
    (void)state;
    for (size_t i = 0; i < HEADERS; i++) {
        const struct header header = split(headers[i]);

        for (size_t n = 0; n < header.count; n++) {
            const struct header other = changed(&header, n, (struct text){NULL, 0});

            assert_true(!is_added(header.line[n]) || is_kin(&header, &other));
        }
        for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++) {
            for (size_t at = 0; at <= header.count; at += (size_t)stride(5)) {
                const struct header other = with(&header, at, text_of(lines[k]));
                const struct kinship a = kinship_of(&header), b = kinship_of(&other);

                assert_true(is_kin(&header, &other));
                assert_int_equal(kin_added(&b.kin, &a.kin) - kin_added(&a.kin, &b.kin), strlen(lines[k]));
            }
        }
    }
}

static void
another_message_id_date_sender_or_subject_is_not_alike(void **state)
{
    static const char *const others[] = {"Message-ID: <other@x>\r\n", "Date: Fri, 27 Nov 2026 17:09:57 +0100\r\n",
                                         "From: eve@example.org\r\n", "Subject: other\r\n"};
    (void)state;
    for (size_t i = 0; i < HEADERS; i++) {
        const struct header header = split(headers[i]);

        for (size_t n = 0; n < header.count; n++) {
            for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
                const struct text line = text_of(others[k]);
                char name[20];

                text_print(name, sizeof name, "%.*s", (int)(strchr(others[k], ':') - others[k]), others[k]);
                if (has_name(header.line[n], name)) {
                    const struct header other = changed(&header, n, line);

                    assert_false(is_alike(&header, &other));
                    assert_false(is_kin(&header, &other));
                }
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_of_two_messages_are_neither_kin_nor_alike),
        cmocka_unit_test(a_line_that_is_changed_lost_doubled_or_moved_is_another_message),
        cmocka_unit_test(a_line_that_no_program_is_known_to_add_makes_another_message_wherever_it_stands),
        cmocka_unit_test(lines_that_programs_add_may_come_go_and_change),
        cmocka_unit_test(another_message_id_date_sender_or_subject_is_not_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
