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
a_quota_is_known_as_far_as_it_makes_sense(void **state)
{
    static const struct row rows[] = {
        {"* QUOTAROOT INBOX \"User quota\"\r\n* QUOTA \"User quota\" (STORAGE 10 512 MESSAGE 3 1000)\r\n", 0,
         "roots 1\nquota 10240 of 524288, messages 3 of 1000\n"},
        {"* QUOTAROOT INBOX\r\n* QUOTAROOT {5}\r\nINBOX a {1}\r\nb \"\"\r\n", 0, "roots 0\nroots 3\n"},
        {"* QUOTAROOT INBOX (a)\r\n* 1 EXISTS\r\n", 0, "roots 0\nexists 1\n"},
        {"* QUOTA \"\" ()\r\n* QUOTA (storage 1 2)\r\n", 0, "quota ?, messages ?\nquota 1024 of 2048, messages ?\n"},
        {"* QUOTA User quota (STORAGE 1 2)\r\n", 0, "quota 1024 of 2048, messages ?\n"},
        {"* QUOTA \"\" (MAILBOX 1 2 X-NUM-FOLDERS 7 7 \"STORAGE\" 1 2 ANNOTATION-STORAGE 1 1)\r\n", 0,
         "quota 1024 of 2048, messages ?\n"},
        {"* QUOTA \"\" (STORAGE 5 0 MESSAGE 5 -1)\r\n", 0, "quota ?, messages ?\n"},
        {"* QUOTA \"\" (STORAGE 99999999999999999999 1 MESSAGE 1 18446744073709551615)\r\n", 0,
         "quota ?, messages ?\n"},
        {"* QUOTA \"\" (STORAGE 1 9223372036854775807 MESSAGE 9223372036854775807 1)\r\n", 0,
         "quota ?, messages 9223372036854775807 of 1\n"},
        {"* QUOTA \"\" (STORAGE 1 4 STORAGE 3 4 STORAGE 1 8)\r\n", 0, "quota 3072 of 4096, messages ?\n"},
        {"* QUOTA \"\" (STORAGE 1)\r\n* QUOTA \"\" (STORAGE)\r\n* QUOTA\r\n* QUOTA x\r\n* 1 EXISTS\r\n", 0,
         "quota ?, messages ?\nquota ?, messages ?\n" UNREADABLE("quota",
                                                                 "string expected") "quota ?, messages ?\nexists 1\n"},
        {"* QUOTA \"\" (STORAGE (1) \"2\" MESSAGE 1 2\r\n* QUOTA a (((STORAGE 1 2)))\r\n* QUOTA ) (\r\n* 1 EXISTS\r\n",
         0, "quota ?, messages 1 of 2\nquota ?, messages ?\n" UNREADABLE("quota", "string expected") "exists 1\n"},
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void
of_several_roots_the_fullest_counts(void **state)
{
    static const struct {
        bool rooted;
        uint64_t roots[2];
        size_t count;
        uint64_t used; /* of 100; 0: not known */
    } rows[] = {
        {true, {1, 2}, 2, 60},                    /* the third root is another mailbox's */
        {true, {1}, 1, 40},    {true, {0}, 0, 0}, /* no limit holds for INBOX */
        {false, {0}, 0, 90},                      /* QUOTA alone */
        {true, {77}, 1, 90},                      /* spelled in two ways */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct quotas quotas = {.rooted = rows[i].rooted, .roots = {.count = rows[i].count}};
        static const uint64_t used[] = {40, 60, 90};
        struct quota quota;

        for (size_t k = 0; k < rows[i].count; k++)
            quotas.roots.root[k] = rows[i].roots[k];
        for (size_t k = 0; k < 3; k++)
            quotas_add(&quotas, &(struct quota_answer){.root = k + 1, .amounts.bytes = {true, used[k], 100}});
        for (size_t k = 0; k < 100; k++) /* a server without an end */
            quotas_add(&quotas, &(struct quota_answer){.root = k + 1});

        quota = quotas_tightest(&quotas);

        assert_int_equal(quota.bytes.used, rows[i].used);
        assert_int_equal(quota.bytes.known, rows[i].used != 0);
    }
}

static void
a_quota_is_tight_from_ninety_percent_on(void **state)
{
    static const struct {
        struct quota_amount amount;
        unsigned percent;
        bool tight;
    } rows[] = {
        {{true, 0, 1}, 0, false},
        {{true, 899, 1000}, 89, false},
        {{true, 900, 1000}, 90, true},
        {{true, 999, 1000}, 99, true},
        {{true, 1500, 1000}, 150, true},
        {{true, INT64_MAX, 1}, 999999, true},
        {{true, INT64_MAX - 1, INT64_MAX}, 99, true},
    };
    const struct quota_amount unknown = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(quota_percent(&rows[i].amount), rows[i].percent);
        assert_int_equal(quota_is_tight(&rows[i].amount), rows[i].tight);
    }
    assert_false(quota_is_tight(&unknown));
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
    can = capability_parse("IMAP4rev1 QUOTA QUOTA=RES-STORAGE", NULL, NULL);
    assert_int_equal(can.bits, CAPABILITY_REV1 | CAPABILITY_QUOTA);
    can = capability_parse("IMAP4rev1 QUOTA QUOTA=RES-STORAGE", (const char *const[]){"quota", NULL}, NULL);
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
        cmocka_unit_test(a_quota_is_known_as_far_as_it_makes_sense),
        cmocka_unit_test(of_several_roots_the_fullest_counts),
        cmocka_unit_test(a_quota_is_tight_from_ninety_percent_on),
        cmocka_unit_test(a_capability_can_be_switched_off_whoever_implies_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
