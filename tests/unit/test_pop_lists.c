/* What store/pop reads before it fetches: CAPA, STAT, UIDL and LIST, asked ahead or one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/pop_scene.h"

static bool
on_size(void *context, uint32_t number, uint64_t size)
{
    char line[128];

    text_print(line, sizeof line, "%u=%llu;", (unsigned)number, (unsigned long long)size);
    return tell(context, line, strlen(line));
}

/* Turns */

static void
capa_stat_and_uidl_leave_together_where_pipelining_is_offered(void **state)
{
    static const char *const script[] = {PIPELINED, BYE, NULL};
    struct fixture *fixture = given(state, script);
    struct maildrop_info info;
    uint64_t messages, bytes;
    bool supported;

    assert_true(fixture->drop.ops->stat(fixture->drop.self, &messages, &bytes, &fixture->err));
    assert_true(uidls(fixture, &supported));
    fixture->drop.ops->info(fixture->drop.self, &info);
    assert_true(quit(fixture));

    assert_true(messages == 3 && bytes == 300 && supported);
    assert_string_equal(fixture->told, "1=a;2=b;3=c;");
    assert_true(info.pipelining && info.uidl && info.top && !info.secure && info.bytes_down > 100);
    assert_string_equal(info.server, "Fake");
    assert_string_equal(info.capabilities, "USER\nUIDL\nTOP\nPIPELINING\nIMPLEMENTATION Fake");
    end(fixture);
}

static void
what_was_asked_ahead_and_not_wanted_is_read_over(void **state)
{
    static const char *const script[] = {PIPELINED, BYE, NULL};
    static const char *const nothing[] = {PIPELINED, BYE, NULL};
    struct fixture *fixture = given(state, script);
    assert_true(fixture->drop.ops->sizes(fixture->drop.self, on_size, fixture, &fixture->err));
    assert_string_equal(fixture->told, "1=10;2=99999999999;");
    assert_true(quit(fixture));
    end(fixture);
    fixture = given(state, nothing);

    assert_true(quit(fixture));

    end(fixture);
}

static void
without_pipelining_each_command_waits_for_its_answer(void **state)
{
    static const char *const script[] = {SERIAL,
                                         "C:UIDL",
                                         "s:+OK\r\n1 a\r\n.\r\n",
                                         "C:STAT",
                                         "S:+OK 1 1 extra",
                                         "C:RETR 1",
                                         "S:+OK",
                                         "S:a",
                                         "S:.",
                                         "C:RETR 2",
                                         "S:-ERR gone",
                                         BYE,
                                         NULL};
    struct fixture *fixture = given(state, script);
    uint64_t messages, bytes;
    bool supported;

    assert_true(uidls(fixture, &supported));
    assert_true(fixture->drop.ops->stat(fixture->drop.self, &messages, &bytes, &fixture->err));
    assert_true(retrieve(fixture, 2));
    assert_true(quit(fixture));

    assert_string_equal(fixture->told, "1=a;a\r\n<1 done><2 refused: gone>");
    end(fixture);
}

static void
pipelining_can_be_disabled(void **state)
{
    static const char *const disable[] = {"PIPELINING", NULL};
    static const char *const script[] = {"S:+OK hi", LIST_OF(FULL), LOGIN, LIST_OF(FULL), BYE, NULL};
    struct fixture *fixture = given_closed(state, script);
    fixture->to.disable = disable;
    given_anew(fixture);

    assert_true(quit(fixture));

    end(fixture);
}

/* Lists */

static void
a_server_without_uidl_says_so(void **state)
{
    static const char *const script[] = {OLD, "C:UIDL", "S:-ERR unknown", BYE, NULL};
    static const char *const busy[] = {OLD, "C:UIDL", "S:-ERR [SYS/TEMP] disk", BYE, NULL};
    static const char *const named[] = {SERIAL, "C:UIDL", "S:-ERR not now", BYE, NULL};
    struct fixture *fixture = given(state, script);
    bool supported = true;
    assert_true(uidls(fixture, &supported));
    assert_false(supported);
    assert_true(quit(fixture));
    end(fixture);
    fixture = given(state, busy);
    assert_false(uidls(fixture, &supported));
    assert_int_equal(fixture->err.kind, ERROR_SERVER);
    assert_true(quit(fixture));
    end(fixture);
    fixture = given(state, named);

    assert_false(uidls(fixture, &supported)); /* or all mail would be new */

    assert_string_equal(fixture->err.answer, "not now");
    assert_true(quit(fixture));
    end(fixture);
}

/* No message is known by it: the others have names. */
static void
a_line_of_uidl_without_a_number_is_told_as_number_0(void **state)
{
    static const char *const bad[] = {"0 a", "4294967296 a", "-1 a", "x a", "", "1a a", "99999999999999999999 a"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[100];
        const char *const script[] = {OLD, "C:UIDL", "s:+OK\r\n1 fine\r\n", line, "S:2 fine", "S:.", BYE, NULL};
        bool supported;
        text_print(line, sizeof line, "S:%s", bad[i]);
        struct fixture *fixture = given(state, script);

        assert_true(uidls(fixture, &supported));

        assert_string_equal(fixture->told, "1=fine;0=;2=fine;");
        assert_true(quit(fixture));
        end(fixture);
    }
}

static void
a_line_of_uidl_that_does_not_end_ends_the_session(void **state)
{
    static char line[600 * 1000];
    static const char *const script[] = {OLD, "C:UIDL", "s:+OK\r\n1 fine\r\n", line, line, line, "HANG", NULL};
    struct fixture *fixture = given(state, script);
    bool supported;

    memset(line, '1', sizeof line - 1);
    memcpy(line, "s:", 2);
    assert_false(uidls(fixture, &supported));

    assert_int_equal(fixture->err.kind, ERROR_SERVER);
    assert_given_up(fixture);
    end(fixture);
}

static bool
take_size(void *context, uint32_t number, uint64_t size)
{
    struct fixture *fixture = context;
    size_t len = strlen(fixture->told);

    (void)snprintf(fixture->told + len, sizeof fixture->told - len, "%lu=%llu;", (unsigned long)number,
                   (unsigned long long)size);
    return true;
}

/* Sizes are hints: one that makes no sense was not told, and a line that names no message says nothing of one. */
static void
a_line_of_list_that_makes_no_sense_tells_no_size(void **state)
{
    static const char *const bad[] = {"5 -1", "5", "5 ", "5 99999999999999999999", "5 many"};
    static const char *const none[] = {"0 9", "4294967296 9", "x y", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0] + sizeof none / sizeof none[0]; i++) {
        const bool named = i < sizeof bad / sizeof bad[0];
        char line[100];
        const char *const script[] = {OLD, "C:LIST", "s:+OK\r\n1 7\r\n", line, "S:2 8 octets", "S:.", BYE, NULL};
        text_print(line, sizeof line, "S:%s", named ? bad[i] : none[i - sizeof bad / sizeof bad[0]]);
        struct fixture *fixture = given(state, script);

        assert_true(fixture->drop.ops->sizes(fixture->drop.self, take_size, fixture, &fixture->err));

        assert_string_equal(fixture->told, named ? "1=7;5=0;2=8;" : "1=7;2=8;");
        assert_true(quit(fixture));
        end(fixture);
    }
}

/* Its bytes are a name all the same, in a form that no UIDL of RFC 1939 has: equal ones are equal, and others are others. */
static void
a_uidl_that_rfc_1939_does_not_allow_names_its_message(void **state)
{
    static const char *const odd[] = {
        "5 caf\xc3\xa9",
        "5 a b",
        "5 a c",
        "5 a\x7f",
        "5 \x01",
        "5 a\t\x02",
        "5 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", /* 71 */
        "5 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
    };
    char names[sizeof odd / sizeof odd[0]][100];

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        for (int round = 0; round < 2; round++) {
            char line[200], told[200];
            const char *const script[] = {OLD, "C:UIDL", "s:+OK\r\n1 fine\r\n", line, "S:2 too", "S:.", BYE, NULL};
            bool supported;
            text_print(line, sizeof line, "S:%s", odd[i]);
            struct fixture *fixture = given(state, script);

            assert_true(uidls(fixture, &supported));

            assert_int_equal(sscanf(fixture->told, "1=fine;5=(%99[^;];2=too;", told), 1);
            assert_true(strlen(told) < MAILDROP_UIDL_MAX && strstr(told, " bytes) ") != NULL);
            if (round == 0)
                text_print(names[i], sizeof names[i], "%s", told);
            assert_string_equal(told, names[i]);
            assert_true(quit(fixture));
            end(fixture);
        }
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(names[i], names[k]);
}

/* RFC 2449 section 4 allows lines of 512 bytes: what is longer has the name of its beginning, and spoils no other line. */
static void
a_line_of_uidl_that_is_too_long_spoils_no_other(void **state)
{
    static char line[100 * 1000];
    static const char *const script[] = {OLD, "C:UIDL", "s:+OK\r\n1 fine\r\n", line, "s:\r\n2 too\r\n", "S:.",
                                         BYE, NULL};
    struct fixture *fixture = given(state, script);
    bool supported;

    memset(line, 'x', sizeof line - 1);
    memcpy(line, "s:5 ", 4);
    assert_true(uidls(fixture, &supported));

    assert_non_null(strstr(fixture->told, "1=fine;5=(4094 bytes) "));
    assert_non_null(strstr(fixture->told, ";2=too;"));
    assert_true(quit(fixture));
    end(fixture);
}

/* Lines that end in LF alone, the last one, too: nobody waits for a CR until the time limit. */
static void
a_list_that_ends_in_lf_alone_ends(void **state)
{
    static const char *const script[] = {OLD, "C:UIDL", "s:+OK\n1 a\n2 .b\n", "s:.\n", BYE, NULL};
    struct fixture *fixture = given(state, script);
    bool supported;

    assert_true(uidls(fixture, &supported));

    assert_string_equal(fixture->told, "1=a;2=.b;");
    assert_true(quit(fixture));
    end(fixture);
}

/* It is that message's trouble: the others have names. */
static void
a_uidl_that_is_none_is_told_as_an_empty_one(void **state)
{
    static const char *const bad[] = {"5", "5 ", " 5\t"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[200];
        const char *const script[] = {OLD, "C:UIDL", "s:+OK\r\n1 fine\r\n", line, "S:2 too", "S:.", BYE, NULL};
        bool supported;
        text_print(line, sizeof line, "S:%s", bad[i]);
        struct fixture *fixture = given(state, script);

        assert_true(uidls(fixture, &supported));

        assert_string_equal(fixture->told, "1=fine;5=;2=too;");
        assert_true(quit(fixture));
        end(fixture);
    }
}

static void
a_uidl_may_have_70_characters_and_repeat(void **state)
{
#define SEVENTY "!~34567890123456789012345678901234567890123456789012345678901234567890"
    static const char *const script[] = {OLD, "C:UIDL", "s:+OK\r\n4294967295 " SEVENTY "\r\n1 a \r\n1 a\r\n.\r\n", BYE,
                                         NULL};
    struct fixture *fixture = given(state, script);
    bool supported;

    assert_true(uidls(fixture, &supported));

    assert_string_equal(fixture->told, "4294967295=" SEVENTY ";1=a;1=a;");
    assert_true(quit(fixture));
    end(fixture);
}

static void
a_stat_without_a_number_ends_the_session(void **state)
{
    static const char *const script[] = {OLD, "C:STAT", "S:+OK many", "HANG", NULL};
    struct fixture *fixture = given(state, script);
    uint64_t messages, bytes;

    assert_false(fixture->drop.ops->stat(fixture->drop.self, &messages, &bytes, &fixture->err));

    assert_int_equal(fixture->err.kind, ERROR_SERVER);
    assert_given_up(fixture);
    end(fixture);
}

static void
a_list_without_end_ends_the_session(void **state)
{
    static const char *const script[] = {"S:+OK hi", LIST_OF("s:USER\r\n"), LOGIN, "C:CAPA", "S:+OK", "RAIN", NULL};
    struct fixture *fixture = given_closed(state, script);

    assert_false(fixture->drop.ops->open(fixture->drop.self, &fixture->err));

    assert_int_equal(fixture->err.kind, ERROR_SERVER);
    assert_has(fixture->err.what, "without end");
    end(fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capa_stat_and_uidl_leave_together_where_pipelining_is_offered),
        cmocka_unit_test(what_was_asked_ahead_and_not_wanted_is_read_over),
        cmocka_unit_test(without_pipelining_each_command_waits_for_its_answer),
        cmocka_unit_test(pipelining_can_be_disabled),
        cmocka_unit_test(a_server_without_uidl_says_so),
        cmocka_unit_test(a_line_of_uidl_without_a_number_is_told_as_number_0),
        cmocka_unit_test(a_line_of_uidl_that_does_not_end_ends_the_session),
        cmocka_unit_test(a_line_of_list_that_makes_no_sense_tells_no_size),
        cmocka_unit_test(a_uidl_that_is_none_is_told_as_an_empty_one),
        cmocka_unit_test(a_uidl_that_rfc_1939_does_not_allow_names_its_message),
        cmocka_unit_test(a_line_of_uidl_that_is_too_long_spoils_no_other),
        cmocka_unit_test(a_list_that_ends_in_lf_alone_ends),
        cmocka_unit_test(a_uidl_may_have_70_characters_and_repeat),
        cmocka_unit_test(a_stat_without_a_number_ends_the_session),
        cmocka_unit_test(a_list_without_end_ends_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
