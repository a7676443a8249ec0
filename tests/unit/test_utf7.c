/* Mailbox names in modified UTF-7, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/base/utf8.h"
#include "store/base/utf7.h"

static void
every_canonical_name_goes_both_ways(void **state)
{
    static const struct {
        const char *wire, *utf8;
    } rows[] = {
        {"", ""},
        {"INBOX", "INBOX"},
        {"a&-b&-&-", "a&b&&"},
        {"Entw&APw-rfe", "Entw\xc3\xbcrfe"},
        {"~peter/mail/&U,BTFw-/&ZeVnLIqe-",
         "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
        {"&2D3eAA-", "\xf0\x9f\x98\x80"},
        {"&AAo-", "\n"},
        {"&AOkA6Q-&-", "\xc3\xa9\xc3\xa9&"},
        {"&AOkA6QDp-x", "\xc3\xa9\xc3\xa9\xc3\xa9x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer to = buffer_new(100);
        assert_true(utf7_decode(text_of(rows[i].wire), &to));
        assert_string_equal(to.at != NULL ? to.at : "", rows[i].utf8);
        buffer_clear(&to);
        assert_true(utf7_encode(text_of(rows[i].utf8), &to));
        assert_string_equal(to.at != NULL ? to.at : "", rows[i].wire);
        buffer_free(&to);
    }
}

static void
what_is_not_canonical_does_not_decode(void **state)
{
    static const char *const rows[] = {
        "&",     "a&",       "&AOk",  "&AOk-&AOk-", "&AGE-", "&AOl-", "&AO-",      "&A-", "&AOkA-", "&2D0-",
        "&3gA-", "&2D0AYQ-", "&A/k-", "\xc3\xa9",   "a\tb",  "a\x7f", "&AOk\xff-", "& -", "&AOk=-",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer to = buffer_new(100);
        assert_true(buffer_adds(&to, "before"));
        if (utf7_decode(text_of(rows[i]), &to))
            fail_msg("\"%s\" decoded", rows[i]);
        assert_string_equal(to.at, "before");
        buffer_free(&to);
    }
}

static void
what_is_not_utf8_does_not_encode(void **state)
{
    static const char *const rows[] = {"\xff",
                                       "\xc3",
                                       "\xc3(",
                                       "\xc0\xaf",
                                       "\xe0\x80\xaf",
                                       "\xed\xa0\x80",
                                       "\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xf4\x90\x80\x80",
                                       "a\xe6\x97"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer to = buffer_new(100);
        assert_false(utf7_encode(text_of(rows[i]), &to));
        assert_false(utf8_valid(text_of(rows[i])));
        assert_int_equal(to.len, 0);
        buffer_free(&to);
    }
}

static void
every_code_point_survives(void **state)
{
    (void)state;
    for (uint32_t point = 1; point <= 0x10ffff; point += point < 0x3000 ? 1 : 251) {
        char utf8[8];
        size_t len;
        if (point >= 0xd800 && point < 0xe000)
            continue;
        if (point < 0x80)
            len = (size_t)snprintf(utf8, sizeof utf8, "%c", (int)point);
        else if (point < 0x800)
            len = (size_t)snprintf(utf8, sizeof utf8, "%c%c", (int)(0xc0 | point >> 6), (int)(0x80 | (point & 0x3f)));
        else if (point < 0x10000)
            len = (size_t)snprintf(utf8, sizeof utf8, "%c%c%c", (int)(0xe0 | point >> 12),
                                   (int)(0x80 | (point >> 6 & 0x3f)), (int)(0x80 | (point & 0x3f)));
        else
            len = (size_t)snprintf(utf8, sizeof utf8, "%c%c%c%c", (int)(0xf0 | point >> 18),
                                   (int)(0x80 | (point >> 12 & 0x3f)), (int)(0x80 | (point >> 6 & 0x3f)),
                                   (int)(0x80 | (point & 0x3f)));
        struct buffer wire = buffer_new(100), back = buffer_new(100);
        assert_true(utf7_encode((struct text){utf8, len}, &wire));
        assert_true(utf7_decode((struct text){wire.at, wire.len}, &back));
        assert_int_equal(back.len, len);
        assert_memory_equal(back.at, utf8, len);
        buffer_free(&wire);
        buffer_free(&back);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_canonical_name_goes_both_ways),
        cmocka_unit_test(what_is_not_canonical_does_not_decode),
        cmocka_unit_test(what_is_not_utf8_does_not_encode),
        cmocka_unit_test(every_code_point_survives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
