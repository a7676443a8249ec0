/* What of a header's fields stays the same when a server rewrites how they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/message/header.h"

static const char *
field(const char *header, const char *name)
{
    static char copy[512];
    struct text value;

    if (!header_find(text_of(header), name, &value))
        return NULL;
    assert_true(text_copy(value, copy, sizeof copy));
    return copy;
}

static const char *
decoded(const char *value)
{
    static char copy[512];
    struct buffer out = buffer_new(500);

    assert_true(header_decode(text_of(value), &out));
    assert_true(text_copy((struct text){out.len != 0 ? out.at : "", out.len}, copy, sizeof copy));
    buffer_free(&out);
    return copy;
}

static int64_t
instant(const char *value)
{
    int64_t seconds = -1;

    assert_true(header_date(text_of(value), &seconds));
    return seconds;
}

static void
a_field_is_found_by_its_name_with_its_continuation_lines(void **state)
{
    static const char header[] = "From: a@x\r\nsubject : one\r\n two\r\nX: y\r\n\r\nSubject: of the body\r\n";

    (void)state;
    assert_string_equal(field(header, "From"), " a@x\r\n");
    assert_string_equal(field(header, "Subject"), " one\r\n two\r\n");
    assert_null(field(header, "Sub"));
    assert_null(field(header, "Date"));
    assert_string_equal(field("From: a@x\nSubject:\n", "subject"), "\n");
    assert_null(field("From: a@x\n\nSubject: b\n", "subject"));
    assert_string_equal(field("Subject: no end", "subject"), " no end");
    assert_null(field("", "subject"));
}

static void
folding_and_blanks_do_not_count(void **state)
{
    (void)state;
    assert_string_equal(decoded(" one\r\n\ttwo   three \r\n"), "one two three");
    assert_string_equal(decoded("   \r\n"), "");
}

static void
encoded_words_are_what_they_stand_for(void **state)
{
    (void)state;
    assert_string_equal(decoded("=?utf-8?Q?Gr=C3=BC=C3=9Fe?="), "Grüße");
    assert_string_equal(decoded("=?ISO-8859-1?B?R3L832U=?="), "Grüße");
    assert_string_equal(decoded("=?utf-8?Q?Gr=C3=BC?=\r\n =?utf-8?Q?=C3=9Fe?= an alle"), "Grüße an alle");
    assert_string_equal(decoded("=?broken"), "=?broken");
}

static void
bytes_that_nobody_named_are_utf8_or_windows_1252(void **state)
{
    (void)state;
    assert_string_equal(decoded("Grüße"), "Grüße");
    assert_string_equal(decoded("Gr\xFC\xDF"
                                "e"),
                        "Grüße");
}

static void
a_date_is_an_instant_whatever_its_zone(void **state)
{
    int64_t seconds;

    (void)state;
    assert_int_equal(instant(" Fri, 27 Nov 2026 17:00:00 +0100\r\n"), instant("27 Nov 2026 16:00:00 GMT"));
    assert_int_equal(instant("Fri, 27 Nov 2026 10:30:00 -0530"), instant("Fri, 27 Nov 2026 16:00:00 +0000 (UTC)"));
    assert_int_equal(instant("Thu, 1 Jan 1970 00:00:01 +0000"), 1);
    assert_false(header_date(TEXT(" yesterday\r\n"), &seconds));
    assert_false(header_date(TEXT(""), &seconds));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_found_by_its_name_with_its_continuation_lines),
        cmocka_unit_test(folding_and_blanks_do_not_count),
        cmocka_unit_test(encoded_words_are_what_they_stand_for),
        cmocka_unit_test(bytes_that_nobody_named_are_utf8_or_windows_1252),
        cmocka_unit_test(a_date_is_an_instant_whatever_its_zone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
