/* Answers of a server as bytes, however they are cut, and what is made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_answers.h"
#include "store/imap/fetch_parser.h"

#define ROWS(rows) assert_rows(rows, sizeof rows / sizeof rows[0])
#define MALFORMED(what) "!understand the server's answer (" what ")\n"

static void
states_and_codes_are_understood(void **state)
{
    static const struct row rows[] = {
        {"g1 OK done\r\n", 0, "g1 OK code 0 0 said <done>\n"},
        {"g1 OK\r\n", 0, "g1 OK code 0 0 said <>\n"},
        {"g1 no [TryCreate] none\r\n", 0, "g1 NO code 14 0 said <[TryCreate] none>\n"},
        {"g1 BAD  what?\n", 0, "g1 BAD code 0 0 said <what?>\n"},
        {"* OK [UIDVALIDITY 4294967295]\r\n", 0, "* OK code 2 4294967295 said <[UIDVALIDITY 4294967295]>\n"},
        {"* OK [HIGHESTMODSEQ 9223372036854775807] x\r\n", 0,
         "* OK code 4 9223372036854775807 said <[HIGHESTMODSEQ 9223372036854775807] x>\n"},
        {"* OK [HIGHESTMODSEQ 9223372036854775808] x\r\n", 0,
         "* OK code 1 0 said <[HIGHESTMODSEQ 9223372036854775808] x>\n"},
        {"* OK [NOMODSEQ] x\r\n", 0, "* OK code 5 0 said <[NOMODSEQ] x>\n"},
        {"* OK [PERMANENTFLAGS (\\Seen \\* $Forwarded)] x\r\n", 0,
         "* OK code 6 0 33* said <[PERMANENTFLAGS (\\Seen \\* $Forwarded)] x>\n"},
        {"* OK [UIDVALIDITY 0x7] x\r\n", 0, "* OK code 1 0 said <[UIDVALIDITY 0x7] x>\n"},
        {"* OK [XODD (a \"b]\" {] x\r\n", 0, "* OK code 1 0 said <[XODD (a \"b]\" {] x>\n"},
        {"* OK [no code at all\r\n", 0, "* OK code 1 0 said <[no code at all>\n"},
        {"g2 OK [APPENDUID 7 1:3,9] x\r\n", 0, "g2 OK code 10 7 1-3 9-9 said <[APPENDUID 7 1:3,9] x>\n"},
        {"g2 OK [COPYUID 7 3,1:2 8:10] x\r\n", 0, "g2 OK code 11 7 3-3 1-2 8-10 said <[COPYUID 7 3,1:2 8:10] x>\n"},
        {"g2 OK [COPYUID 7 3:1 8:10] x\r\n", 0, "g2 OK code 11 7 unusable 8-10 said <[COPYUID 7 3:1 8:10] x>\n"},
        {"g2 OK [COPYUID 7 8:10] x\r\n", 0, "g2 OK code 1 0 said <[COPYUID 7 8:10] x>\n"},
        {"g2 OK [COPYUID x y z] x\r\n", 0, "g2 OK code 1 0 said <[COPYUID x y z] x>\n"},
        {"g2 OK [COPYUID] x\r\n", 0, "g2 OK code 1 0 said <[COPYUID] x>\n"},
        {"g2 OK [APPENDUID 7] x\r\n", 0, "g2 OK code 1 0 said <[APPENDUID 7] x>\n"},
        {"g2 OK [APPENDUID 99999999999 1] x\r\n", 0, "g2 OK code 1 0 said <[APPENDUID 99999999999 1] x>\n"},
        {"g2 OK [APPENDUID 7 1 more] x\r\n", 0, "g2 OK code 1 0 said <[APPENDUID 7 1 more] x>\n"},
        {"g2 OK [MODIFIED seven] x\r\n", 0, "g2 OK code 12 0 unusable said <[MODIFIED seven] x>\n"},
        {"g2 OK [MODIFIED 7,9] x\r\n", 0, "g2 OK code 12 0 7-7 9-9 said <[MODIFIED 7,9] x>\n"},
        {"g2 OK [CAPABILITY A B=C] x\r\n", 0, "g2 OK code 13 0 <A B=C> said <[CAPABILITY A B=C] x>\n"},
        {"* BYE tea {5}\r\n* 1 EXISTS\r\n", 0, "* BYE code 0 0 said <tea {5}>\nexists 1\n"},
        {"g1 PREAUTH x\r\n", 0, MALFORMED("OK, NO or BAD expected")},
        {"a-tag-that-is-too-long-for-us OK\r\n", 0, MALFORMED("neither *, + nor a tag")},
        {"(x\r\n", 0, MALFORMED("neither *, + nor a tag")},
    };

    (void)state;
    ROWS(rows);
}

static void
small_data_are_understood(void **state)
{
    static const struct row rows[] = {
        {"+\r\n+ go on\r\n\r\n* 3 EXISTS\r\n", 0, "+\n+\nexists 3\n"},
        {"* 4294967295 EXPUNGE\r\n", 0, "expunge 4294967295\n"},
        {"* 4294967301 EXISTS\r\n* 4294967301 EXPUNGE\r\n", 0, UNREADABLE("exists", "number too large") "expunge 0\n"},
        {"* FLAGS (\\Seen {odd %x)\r\n", 0, "flags 1\n"},
        {"* CAPABILITY IMAP4rev1 X \r\n", 0, "capability <IMAP4rev1 X>\n"},
        {"* ENABLED\r\n", 0, "enabled <>\n"},
        {"* VANISHED (EARLIER) 1:3,5,4294967295\r\n", 0,
         "gone earlier 1-3 gone earlier 5-5 gone earlier 4294967295-4294967295 \n"},
        {"* VANISHED 9:3\r\n", 0, "gone 3-9 \n"},
        {"* VANISHED 1:4294967296\r\n", 0, UNREADABLE("vanished", "number too large")},
        {"* VANISHED 0:3\r\n", 0, UNREADABLE("vanished", "zero in a set")},
        {"* VANISHED 1:*\r\n", 0, UNREADABLE("vanished", "number expected")},
        {"* VANISHED (LATER) 1\r\n", 0, UNREADABLE("vanished", "VANISHED (EARLIER) expected")},
        {"* SEARCH 1 2 3\r\n* 1 RECENT\r\n* XFOO (\"a)\" {3}\r\n)\r\n) b\r\n* 7 EXISTS\r\n", 0,
         "skipped\nskipped\nskipped\nexists 7\n"},
        {"* XODD {x} a{3}b \"open\r\n* 7 EXISTS\r\n", 0, "skipped\nexists 7\n"},
        {"* XODD {99999999999999999999}\r\n", 0, MALFORMED("number too large")},
    };

    (void)state;
    ROWS(rows);
}

static struct text
repeated(const char *head, const char *piece, size_t count, const char *tail)
{
    size_t len = strlen(piece), at = strlen(head);
    char *bytes = malloc(at + len * count + strlen(tail) + 1);

    assert_non_null(bytes);
    memcpy(bytes, head, at);
    for (size_t i = 0; i < count; i++, at += len)
        memcpy(bytes + at, piece, len);
    memcpy(bytes + at, tail, strlen(tail) + 1);
    return (struct text){bytes, at + strlen(tail)};
}

static void
assert_long(const char *head, const char *piece, size_t count, const char *tail, const char *expected)
{
    static struct account account;
    struct text all = repeated(head, piece, count, tail);

    read_answers((struct bytes){all.at, all.len, 0, 4096}, &account);
    assert_string_equal(account.text, expected);
    free((void *)(uintptr_t)all.at);
}

static void
what_never_ends_is_ended(void **state)
{
    (void)state;
    assert_long("* 1 FETCH (BODYSTRUCTURE ", "(", 3000000, "\r\n", UNREADABLE("fetch", "nested too deep"));
    assert_long("* 1 FETCH (XFOO ", "x", 3000000, ")\r\n", "fetch 1 u0\n");
    assert_long("* 1 FETCH (", "x", 3000000, " 1)\r\n", MALFORMED("a text without an end"));
    assert_long("* OK ", "x", 3000000, "\r\n", MALFORMED("a text without an end"));
    assert_long("* OK [", "x", 3000000, "]\r\n", MALFORMED("a text without an end"));
    assert_long("* OK [XFOO ", "x", 3000000, "]\r\n", MALFORMED("a text without an end"));
    assert_long("* LIST () \"/\" \"", "x", 3000000, "\"\r\n", MALFORMED("a text without an end"));
    assert_long("* CAPABILITY", " x", 3000000, "\r\n", MALFORMED("a list of words without an end"));
    assert_long("", "x", 3000000, "\r\n", MALFORMED("a text without an end"));
    assert_long("* LIST () \"/\" {70000}\r\n", "x", 70000, "\r\n", MALFORMED("literal too large for a name"));
    assert_long("* XFOO ", "(", 3000000, "\r\n* 1 EXISTS\r\n", "skipped\nexists 1\n");
}

static void
a_set_of_any_size_is_read_in_constant_memory(void **state)
{
    static struct account account;
    struct text all = repeated("* VANISHED 1", ",3,5", 500000, "\r\n* 1 EXISTS\r\n");

    (void)state;
    read_answers((struct bytes){all.at, all.len, 0, 65536}, &account);
    assert_memory_equal(account.text, "gone 1-1 gone 3-3 gone 5-5 ", 27);
    free((void *)(uintptr_t)all.at);
}

static void
a_set_that_is_too_long_for_a_code_is_not_used(void **state)
{
    static struct account account;
    struct text all = repeated("g1 OK [MODIFIED 1", ",3", 1300, "] x\r\n");

    (void)state;
    read_answers((struct bytes){all.at, all.len, 0, 4096}, &account);
    assert_memory_equal(account.text, "g1 OK code 12 0 unusable ", 25);
    free((void *)(uintptr_t)all.at);
}

/* A line that breaks in the middle of an answer, and would give the rest of it if it were asked once more. */
static bool
break_once(void *context, void *to, size_t size, size_t *got, struct error *err)
{
    static const char *const pieces[] = {"(UID 1 ", NULL, "FLAGS ())\r\n"};
    int *asked = context;
    const char *piece = pieces[(*asked)++];

    if (piece == NULL) {
        error_set(err, ERROR_NETWORK, "read the server's answer");
        return false;
    }
    *got = strlen(piece);
    assert_true(*got <= size);
    memcpy(to, piece, *got);
    return true;
}

static void
a_line_that_broke_is_not_asked_again(void **state)
{
    int asked = 0;
    struct error err = {0};
    struct reader reader;
    struct fetched fetched = {0};

    (void)state;
    assert_true(reader_init(&reader, (struct reader_source){break_once, &asked}));
    reader.err = &err;
    reader_begin(&reader);

    assert_false(fetch_read(&reader, NULL, &fetched));
    assert_int_equal(reader_peek(&reader), -1);

    assert_int_equal(asked, 2);
    assert_int_equal(err.kind, ERROR_NETWORK);
    reader_free(&reader);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_and_codes_are_understood),
        cmocka_unit_test(small_data_are_understood),
        cmocka_unit_test(what_never_ends_is_ended),
        cmocka_unit_test(a_set_of_any_size_is_read_in_constant_memory),
        cmocka_unit_test(a_set_that_is_too_long_for_a_code_is_not_used),
        cmocka_unit_test(a_line_that_broke_is_not_asked_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
