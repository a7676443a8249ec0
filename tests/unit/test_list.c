/* Answers about mailboxes, and capabilities. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_answers.h"
#include "store/imap/capability.h"

#define MALFORMED(what) "!understand the server's answer (" what ")\n"

static void
names_come_as_words_quoted_or_literals(void **state)
{
    static const struct row rows[] = {
        {"* LIST (\\Noselect \\Sent \\XOdd) \"/\" a/b\r\n", 0, "list 101 '/' <a/b>\n"},
        {"* LIST () NIL \"a \\\"b\\\\\"\r\n", 0, "list 0 '0' <a \"b\\>\n"},
        {"* LIST () \"\\\\\" {4}\r\na\r\nb\r\n", 0, "list 0 '\\' <a\r\nb>\n"},
        {"* LIST () \"/\" NIL\r\n", 0, UNREADABLE("list", "a name expected")}, /* who has one of that name quotes it */
        {"* LIST () \"/\" \"\"\r\n", 0, "list 0 '/' <>\n"},
        {"* LIST (\\Subscribed \\NonExistent) \"/\" \"x\" (\"CHILDINFO\" (\"SUBSCRIBED\") OLDNAME (\"y)\"))\r\n", 0,
         "list 5 '/' <x>\n"},
        {"* LIST (\\Trash) \"/\" [Gmail]/Papierkorb\r\n", 0, "list 200 '/' <[Gmail]/Papierkorb>\n"},
        {"* LIST () \"/\" ~home\r\n", 0, "list 0 '/' <~home>\n"},
        {"* LIST () \"/\" ~{2}\r\n~a\r\n", 0, "list 0 '/' <~a>\n"},
        {"* LSUB () \".\" x \r\n", 0, "lsub 0 '.' <x>\n"},
        {"* LIST () \"//\" x\r\n", 0, "list 0 '/' <x>\n"},
        {"* LIST \"/\" x\r\n", 0, "list 0 '/' <x>\n"},
        {"* LIST () \"/\"\r\n", 0, UNREADABLE("list", "string expected")},
        {"* LIST () \"/\" \"x\r\n", 0, UNREADABLE("list", "a quoted string over a line end")},
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void
a_name_that_is_not_quoted_goes_on_behind_its_blanks(void **state)
{
    static const struct row rows[] = {
        {"* LIST () \"/\" Two  Words\r\n", 0, "list 0 '/' <Two  Words>\n"},
        {"* LIST () \"\\\\\" Da\tOggetto\t\r\n", 0, "list 0 '\\' <Da\tOggetto\t>\n"},
        {"* LIST () \"/\" Letters (old)\r\n", 0, "list 0 '/' <Letters (old)>\n"},
        {"* LIST () \"/\" a)b (c) d \r\n", 0, "list 0 '/' <a)b (c) d>\n"},
        {"* LIST () \"/\" Two Words (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n", 0, "list 0 '/' <Two Words>\n"},
        {"* LIST () \"/\" x ()\r\n", 0, "list 0 '/' <x>\n"},
        {"* LIST () \"/\" x (OLDNAME ({1}\r\ny))\r\n", 0, MALFORMED("a literal where none belongs")},
        {"* STATUS Two  Words (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)\r\n", 0, "status <Two  Words> 1110 1 2 3 0\n"},
        {"* STATUS Two (old) (MESSAGES 1)\r\n* 1 EXISTS\r\n", 0, UNREADABLE("status", "value expected") "exists 1\n"},
        {"* STATUS Two Words\r\n", 0, UNREADABLE("status", "'(' expected")},
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void
a_status_is_known_as_far_as_it_was_told(void **state)
{
    static const struct row rows[] = {
        {"* STATUS a (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3 HIGHESTMODSEQ 4)\r\n", 0, "status <a> 1111 1 2 3 4\n"},
        {"* STATUS \"a b\" (UIDVALIDITY 0 UIDNEXT 0 MAILBOXID (x) X {2}\r\n)) MESSAGES 5 )\r\n", 0,
         "status <a b> 1000 5 0 0 0\n"},
        {"* STATUS a ()\r\n", 0, "status <a> 0000 0 0 0 0\n"},
        {"* STATUS a (MESSAGES 4294967296 UIDNEXT 2)\r\n", 0, "status <a> 0100 0 2 0 0\n"},
        {"* STATUS a (MESSAGES -1 UIDNEXT many UIDVALIDITY \"3\")\r\n", 0, "status <a> 0000 0 0 0 0\n"},
        {"* STATUS a (MESSAGES 1 HIGHESTMODSEQ NIL UIDNEXT 2)\r\n", 0, "status <a> 1100 1 2 0 0\n"},
        {"* STATUS a (MESSAGES 1\r\n", 0, UNREADABLE("status", "status item expected")},
        {"* STATUS a (UIDNEXT)\r\n", 0, "status <a> 0000 0 0 0 0\n"},
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void
namespaces_and_id_are_kept_as_far_as_they_matter(void **state)
{
    static const struct row rows[] = {
        {"* NAMESPACE ((\"INBOX.\" \".\")(\"x/\" \"/\")) ((\"~\" \"/\")) ((\"#s/\" \"/\" \"X\" (\"y\")) (\"#t/\" "
         "NIL))\r\n",
         0, "namespace 1 <INBOX.> '.' others 3\n"},
        {"* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n", 0, "namespace 1 <> '/' others 0\n"},
        {"* NAMESPACE NIL NIL NIL\r\n", 0, "namespace 0 <> '0' others 0\n"},
        {"* NAMESPACE\r\n", 0, "namespace 0 <> '0' others 0\n"},
        {"* NAMESPACE (\"\" \"/\") NIL NIL\r\n", 0, UNREADABLE("namespace", "'(' expected")},
        {"* ID (\"name\" \"Do\033ve\" \"os\" NIL \"version\" \"2\")\r\n", 0, "id <Do\\x1Bve 2>\n"},
        {"* ID NIL\r\n", 0, "id <>\n"},
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void
a_capability_can_be_switched_off_whoever_implies_it(void **state)
{
    static const char *const off[] = {"condstore", "Move", NULL};
    static const char *const no_qresync[] = {"QRESYNC", NULL};
    struct capabilities can;

    (void)state;
    can = capability_parse("IMAP4rev1 QRESYNC ENABLE move UIDPLUS APPENDLIMIT=35651584", NULL, "imap.example.org");
    assert_int_equal(can.bits, CAPABILITY_REV1 | CAPABILITY_QRESYNC | CAPABILITY_CONDSTORE | CAPABILITY_ENABLE |
                                   CAPABILITY_MOVE | CAPABILITY_UIDPLUS);
    assert_int_equal(can.append_limit, 35651584);
    can = capability_parse("IMAP4rev1 QRESYNC ENABLE MOVE UIDPLUS", off, NULL);
    assert_int_equal(can.bits, CAPABILITY_REV1 | CAPABILITY_ENABLE | CAPABILITY_UIDPLUS);
    can = capability_parse("IMAP4rev1 QRESYNC CONDSTORE ENABLE", no_qresync, NULL);
    assert_int_equal(can.bits, CAPABILITY_REV1 | CAPABILITY_CONDSTORE | CAPABILITY_ENABLE);
    can = capability_parse("IMAP4rev1 QRESYNC", NULL, "p05-imap.mail.me.com");
    assert_int_equal(can.bits & (CAPABILITY_QRESYNC | CAPABILITY_CONDSTORE), CAPABILITY_CONDSTORE);
    can = capability_parse("IMAP4rev1 XCONDSTORE CONDSTORE2", NULL, NULL);
    assert_int_equal(can.bits, CAPABILITY_REV1);
    can = capability_parse(NULL, NULL, NULL);
    assert_int_equal(can.bits, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_as_words_quoted_or_literals),
        cmocka_unit_test(a_name_that_is_not_quoted_goes_on_behind_its_blanks),
        cmocka_unit_test(a_status_is_known_as_far_as_it_was_told),
        cmocka_unit_test(namespaces_and_id_are_kept_as_far_as_they_matter),
        cmocka_unit_test(a_capability_can_be_switched_off_whoever_implies_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
