/* Mailbox names: server <-> people <-> folder, what is told apart, and what patterns choose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/base/remote.h"
#include "sync/rules/names.h"
#include "tests/unit/forms.h"

static struct error err;

static const char *
from_server(struct text name, char separator, const char *prefix)
{
    static char people[LIMIT_MAILBOX_NAME + 1];

    return names_from_server(name, separator, prefix, people, &err) ? people : "(refused)";
}

static const char *
to_server(const char *name, char separator)
{
    static char wire[LIMIT_MAILBOX_NAME + 1];

    return names_to_server(name, separator, wire, &err) ? wire : "(refused)";
}

static const char *
to_folder(const char *name, enum layout layout)
{
    static char folder[LOCAL_FOLDER_MAX + 1];

    return names_to_folder(name, layout, folder, &err) ? folder : "(refused)";
}

static const char *
from_folder(const char *folder, enum layout layout)
{
    static char name[LIMIT_MAILBOX_NAME + 1];

    return names_from_folder(folder, layout, name, &err) ? name : "(refused)";
}

static void
a_servers_name_becomes_a_name_for_people(void **state)
{
    static const struct {
        struct text server;
        char separator;
        const char *prefix, *people;
    } rows[] = {
        {TEXT("INBOX"), '/', "", "INBOX"},
        {TEXT("inBox"), '.', "INBOX.", "INBOX"},
        {TEXT("inbox/Work"), '/', "", "INBOX/Work"},
        {TEXT("Inboxes"), '/', "", "Inboxes"},
        {TEXT("A.B.C"), '.', "", "A/B/C"},
        {TEXT("A/B.C"), '.', "", "A%2FB/C"},
        {TEXT("A/B"), 0, "", "A%2FB"},
        {TEXT("A|B"), '|', "", "A/B"},
        {TEXT("A\\B"), '\\', "", "A/B"},
        {TEXT("100%"), '/', "", "100%"},
        {TEXT("a%2Fb"), '/', "", "a%252Fb"},
        {TEXT("a%2fb"), '/', "", "a%2fb"},
        {TEXT("caf\xc3\xa9"), '/', "", "caf\xc3\xa9"},
        {TEXT("caf\xe9"), '/', "", "caf%E9"},
        {TEXT("\xed\xa0\x80"), '/', "", "%ED%A0%80"},
        {TEXT("\xc0\xaf"), '/', "", "%C0%AF"},
        {TEXT("INBOX.Sent"), '.', "INBOX.", "Sent"},
        {TEXT("Inbox.Sent"), '.', "INBOX.", "Sent"},
        {TEXT("INBOX.INBOX.Sent"), '.', "INBOX.", "INBOX/Sent"},
        {TEXT("INBOX.INBOX"), '.', "INBOX.", "INBOX/INBOX"},
        {TEXT("INBOX.inbox"), '.', "INBOX.", "INBOX/inbox"},
        {TEXT("INBOXES.x"), '.', "INBOX.", "INBOXES/x"},
        {TEXT("Mail/x"), '/', "Mail/", "x"},
        {TEXT("mail/x"), '/', "Mail/", "mail/x"},
        {TEXT("Mail"), '/', "Mail/", "Mail"},
        {TEXT("Mail/x"), '/', "Mail", "x"},
        {TEXT("Mailing"), '/', "Mail", "Mailing"},
        {TEXT("a\tb\nc"), '/', "", "a\tb\nc"},
        {TEXT(""), '/', "", "(refused)"},
        {TEXT("/a"), '/', "", "(refused)"},
        {TEXT("a/"), '/', "", "(refused)"},
        {TEXT("a//b"), '/', "", "(refused)"},
        {TEXT("a/../b"), '/', "", "(refused)"},
        {TEXT("."), '/', "", "(refused)"},
        {TEXT(".."), '.', "", "(refused)"},
        {TEXT("a\0b"), '/', "", "(refused)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(from_server(rows[i].server, rows[i].separator, rows[i].prefix), rows[i].people);
}

static void
a_refused_server_name_is_the_servers_fault_and_is_shown_escaped(void **state)
{
    (void)state;
    err = (struct error){0};
    assert_string_equal(from_server(TEXT("a\r\n//b"), '/', ""), "(refused)");
    assert_int_equal(err.kind, ERROR_SERVER);
    assert_non_null(strstr(err.what, "//b"));
    assert_null(strchr(err.what, '\r'));
    assert_null(strchr(err.what, '\n'));
}

static void
a_name_for_people_becomes_a_servers_name(void **state)
{
    (void)state;
    assert_string_equal(to_server("A/B", '.'), "A.B");
    assert_string_equal(to_server("A%2FB/C", '.'), "A/B.C");
    assert_string_equal(to_server("A%2FB", '/'), "(refused)"); /* the level holds the separator */
    assert_string_equal(to_server("A.B", '.'), "(refused)");
    assert_string_equal(to_server("A/B", 0), "(refused)");
    assert_string_equal(to_server("A", 0), "A");
    assert_string_equal(to_server("100%", '/'), "100%");
    assert_string_equal(to_server("a%252Fb", '/'), "a%2Fb");
    assert_string_equal(to_server("a%00b", '/'), "(refused)");
    assert_string_equal(to_server("a/%2E%2E/b", '/'), "(refused)");
}

static const char *
flat_of(const char *plusplus)
{
    return plusplus[0] == '\0' ? "INBOX" : plusplus + 1;
}

static void
a_folder_is_named_by_the_rules(void **state)
{
    static const struct {
        const char *people, *verbatim, *plusplus;
    } rows[] = {
        {"INBOX", "INBOX", ""},
        {"INBOX/Work", "INBOX/Work", ".INBOX.Work"},
        {"Work/2024", "Work/2024", ".Work.2024"},
        {"a.b", "a.b", ".a%2Eb"},
        {".a", "%2Ea", ".%2Ea"},
        {"a.", "a%2E", ".a%2E"},
        {"a..", "a.%2E", ".a%2E%2E"},
        {"~a~", "%7Ea~", ".%7Ea~"},
        {"a ", "a%20", ".a%20"},
        {" a b", " a b", ". a b"},
        {" ", "%20", ".%20"},
        {"100%", "100%25", ".100%25"},
        {"a%2Fb", "a%2Fb", ".a%2Fb"},
        {"a%252Fb", "a%252Fb", ".a%252Fb"},
        {"cur", "%63ur", ".%63ur"},
        {"x/new", "x/%6Eew", ".x.%6Eew"},
        {"tmp/y", "%74mp/y", ".%74mp.y"},
        {"current", "current", ".current"},
        {"Cur", "Cur", ".Cur"},
        {"a\tb\x7f", "a%09b%7F", ".a%09b%7F"},
        {"caf\xc3\xa9", "caf\xc3\xa9", ".caf\xc3\xa9"},
        {"caf%E9", "caf%E9", ".caf%E9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(to_folder(rows[i].people, LAYOUT_VERBATIM), rows[i].verbatim);
        assert_string_equal(to_folder(rows[i].people, LAYOUT_MAILDIRPP), rows[i].plusplus);
        assert_string_equal(from_folder(rows[i].verbatim, LAYOUT_VERBATIM), rows[i].people);
        assert_string_equal(from_folder(rows[i].plusplus, LAYOUT_MAILDIRPP), rows[i].people);
        /* flat: the same without the dot that maildir++ begins with, and INBOX has a folder of its own */
        assert_string_equal(to_folder(rows[i].people, LAYOUT_FLAT), flat_of(rows[i].plusplus));
        assert_string_equal(from_folder(flat_of(rows[i].plusplus), LAYOUT_FLAT), rows[i].people);
    }
}

static void
a_folder_that_golub_would_not_have_named_so_is_refused(void **state)
{
    static const char *const verbatim[] = {"",   "a%b",  "100%",  "a%2fb",  "a%41",    ".hidden", "a ",  "a.",
                                           "~a", "cur",  "a/new", "Inbox",  "inbox/x", "a//b",    "/a",  "a/",
                                           "..", "a/..", "%2E",   "%2E%2E", "a\xff",   "a%00b",   "a\tb"};
    static const char *const plusplus[] = {".",      "a",        "..",   ".a.",  "..a",   ".a..b",
                                           ".INBOX", ".inbox.x", ".cur", ".a/b", ".a b ", ".a%2fb"};
    static const char *const flat[] = {"",        ".",     "..",  ".a",   "a.",   "a..b",  "Inbox",
                                       "inbox.x", "a.cur", "a/b", ".a.b", "a b ", "a%2fb", "a.~b"};

    (void)state;
    for (size_t i = 0; i < sizeof verbatim / sizeof verbatim[0]; i++) {
        err = (struct error){0};
        assert_string_equal(from_folder(verbatim[i], LAYOUT_VERBATIM), "(refused)");
        assert_int_equal(err.kind, ERROR_LOCAL);
        assert_string_not_equal(err.hint, "");
    }
    for (size_t i = 0; i < sizeof plusplus / sizeof plusplus[0]; i++)
        assert_string_equal(from_folder(plusplus[i], LAYOUT_MAILDIRPP), "(refused)");
    for (size_t i = 0; i < sizeof flat / sizeof flat[0]; i++)
        assert_string_equal(from_folder(flat[i], LAYOUT_FLAT), "(refused)");
}

static void
a_level_over_255_bytes_is_refused_and_one_of_255_is_not(void **state)
{
    char name[LIMIT_MAILBOX_NAME + 1];

    (void)state;
    memset(name, 'x', 256);
    name[255] = '\0';
    assert_string_equal(to_folder(name, LAYOUT_VERBATIM), name);
    assert_string_equal(to_folder(name, LAYOUT_MAILDIRPP), "(refused)"); /* the dot is the 256th */
    assert_string_equal(to_folder(name, LAYOUT_FLAT), name);
    name[254] = '\0';
    assert_string_equal(to_folder(name, LAYOUT_MAILDIRPP) + 1, name);
    memset(name, 'x', 256);
    name[256] = '\0';
    assert_string_equal(to_folder(name, LAYOUT_VERBATIM), "(refused)");
    memset(name, '%', 86); /* 258 bytes once escaped */
    name[86] = '\0';
    assert_string_equal(to_folder(name, LAYOUT_VERBATIM), "(refused)");
    memset(name, 'x', LIMIT_MAILBOX_NAME);
    for (size_t i = 200; i < LIMIT_MAILBOX_NAME; i += 200)
        name[i] = '/';
    name[LIMIT_MAILBOX_NAME] = '\0';
    assert_string_equal(to_folder(name, LAYOUT_VERBATIM), name);
    assert_string_equal(to_folder(name, LAYOUT_MAILDIRPP), "(refused)");
    assert_string_equal(to_folder(name, LAYOUT_FLAT), "(refused)");
}

static void
a_name_of_the_greatest_length_is_taken_and_a_longer_one_refused(void **state)
{
    char name[LIMIT_MAILBOX_NAME + 2];

    (void)state;
    memset(name, 'x', sizeof name);
    name[LIMIT_MAILBOX_NAME] = '\0';
    assert_string_equal(from_server((struct text){name, LIMIT_MAILBOX_NAME}, '/', ""), name);
    assert_string_equal(to_server(name, '/'), name);
    name[LIMIT_MAILBOX_NAME] = 'x';
    assert_string_equal(from_server((struct text){name, LIMIT_MAILBOX_NAME + 1}, '/', ""), "(refused)");
    memset(name, '\xff', 400);
    assert_string_equal(from_server((struct text){name, 400}, '/', ""), "(refused)"); /* 1200 bytes as %FF */
}

/* ---- a second mailbox whose name is in use ---- */

static const char *
aside(const char *whole)
{
    static char name[LIMIT_MAILBOX_NAME + 1];

    return names_aside(whole, name) ? name : "(none)";
}

static void
a_name_in_use_is_spelled_aside(void **state)
{
    static const struct {
        const char *whole, *aside, *verbatim, *plusplus;
    } rows[] = {
        {"A", "%41", "%41", ".%41"},
        {"Archive/2024", "%41rchive/2024", "%41rchive/2024", ".%41rchive.2024"},
        {"INBOX/A", "%49NBOX/A", "%49NBOX/A", ".%49NBOX.A"},
        {"\xc3\xa9t\xc3\xa9", "%C3%A9t\xc3\xa9", "%C3%A9t\xc3\xa9", ".%C3%A9t\xc3\xa9"},
        {".a", ".%61", "%2E%61", ".%2E%61"},
        {"cur/x", "c%75r/x", "%63%75r/x", ".%63%75r.x"},
        {"%2541", "%25%341", "%25%341", ".%25%341"},
        {"%A", "%%41", "%25%41", ".%25%41"},
        {"A%2FB", "%41%2FB", "%41%2FB", ".%41%2FB"},
        {"a.b", "%61.b", "%61.b", ".%61%2Eb"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(aside(rows[i].whole), rows[i].aside);
        assert_true(names_is_aside(rows[i].aside));
        assert_false(names_is_aside(rows[i].whole));
        assert_string_equal(to_folder(rows[i].aside, LAYOUT_VERBATIM), rows[i].verbatim);
        assert_string_equal(to_folder(rows[i].aside, LAYOUT_MAILDIRPP), rows[i].plusplus);
        assert_string_equal(from_folder(rows[i].verbatim, LAYOUT_VERBATIM), rows[i].aside);
        assert_string_equal(from_folder(rows[i].plusplus, LAYOUT_MAILDIRPP), rows[i].aside);
        assert_string_equal(to_folder(rows[i].aside, LAYOUT_FLAT), flat_of(rows[i].plusplus));
        assert_string_equal(from_folder(flat_of(rows[i].plusplus), LAYOUT_FLAT), rows[i].aside);
        assert_string_equal(to_server(rows[i].aside, '.'),
                            "(refused)"); /* below the prefix it would be the other one */
    }
    assert_string_equal(aside("INBOX"), "(none)");
    assert_string_equal(aside("%2F"), "(none)");
    assert_string_equal(aside("."), "(none)");
}

/* ---- every legal name comes back as itself ---- */

/* Spelled aside it has another name and another folder, both come back, and both are those of no other mailbox. */
static void
check_aside(const char *people, const char *folder, enum layout layout)
{
    char name[LIMIT_MAILBOX_NAME + 1], there[LOCAL_FOLDER_MAX + 1], back[LIMIT_MAILBOX_NAME + 1];

    assert_false(names_is_aside(people));
    if (!names_aside(people, name) || !names_to_folder(name, layout, there, &err))
        return;
    if (!names_is_aside(name) || strcmp(name, people) == 0 || strcmp(there, folder) == 0)
        fail_msg("%s and %s are one", people, name);
    if (!names_from_folder(there, layout, back, &err) || strcmp(name, back) != 0)
        fail_msg("%s -> %s does not come back", name, there);
}

static void
check_round_trip(struct text server, char separator)
{
    static const enum layout layouts[] = {LAYOUT_VERBATIM, LAYOUT_MAILDIRPP, LAYOUT_FLAT};
    char people[LIMIT_MAILBOX_NAME + 1], wire[LIMIT_MAILBOX_NAME + 1], folder[LOCAL_FOLDER_MAX + 1];

    if (!names_from_server(server, separator, "", people, &err))
        return;
    assert_true(names_to_server(people, separator, wire, &err));
    if (strncmp(people, "INBOX", 5) != 0) { /* in any case it is one mailbox */
        assert_int_equal(strlen(wire), server.len);
        assert_memory_equal(wire, server.at, server.len);
    }
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        char back[LIMIT_MAILBOX_NAME + 1];

        if (!names_to_folder(people, layouts[i], folder, &err))
            continue;
        if (!names_from_folder(folder, layouts[i], back, &err) || strcmp(people, back) != 0)
            fail_msg("%s -> %s does not come back", people, folder);
        check_aside(people, folder, layouts[i]);
        assert_true(layouts[i] != LAYOUT_MAILDIRPP ? folder[0] != '.'
                                                   : folder[0] == '.' || strcmp(people, "INBOX") == 0);
        assert_true(layouts[i] != LAYOUT_FLAT || strchr(folder, '/') == NULL);
        assert_null(strstr(folder, "/."));
    }
}

static void
every_short_name_comes_back_as_itself(void **state)
{
    static const char alphabet[] = {'a', '.', '/', '%', '2', 'F', ' ', '~', '\x01', '\xc3', '\xa9', 'E'};
    enum { LETTERS = sizeof alphabet, LENGTH = 5 };
    static const char separators[] = {'/', '.', 0};
    const size_t step = (size_t)stride(11);
    size_t count = 1;

    (void)state;
    for (size_t len = 1; len <= LENGTH; len++) {
        count *= LETTERS;
        for (size_t seed = 0; seed < count; seed += (len == LENGTH ? 7 : 1) * step) {
            char name[LENGTH];
            size_t rest = seed;

            for (size_t i = 0; i < len; i++, rest /= LETTERS)
                name[i] = alphabet[rest % LETTERS];
            for (size_t i = 0; i < sizeof separators; i++)
                check_round_trip((struct text){name, len}, separators[i]);
        }
    }
}

static uint64_t
next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void
random_names_come_back_as_themselves(void **state)
{
    static const char *const pieces[] = {"cur",
                                         "new",
                                         "tmp",
                                         "INBOX",
                                         "inbox",
                                         ".",
                                         "..",
                                         "/",
                                         "//",
                                         "%",
                                         "%2F",
                                         "%25",
                                         "~",
                                         " ",
                                         "a",
                                         "B",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x93\xab",
                                         "\xff",
                                         "\x7f",
                                         "\n",
                                         "\\",
                                         "|",
                                         "&",
                                         "golub"};
    uint64_t seed = 20240229;

    (void)state;
    for (int round = 0; round < 100000; round += stride(10)) {
        char name[128];
        size_t len = 0;

        for (uint64_t count = 1 + next_random(&seed) % 8; count > 0; count--) {
            const char *piece = pieces[next_random(&seed) % (sizeof pieces / sizeof pieces[0])];

            memcpy(name + len, piece, strlen(piece));
            len += strlen(piece);
        }
        check_round_trip((struct text){name, len}, "/.|"[next_random(&seed) % 4]);
    }
}

static void
two_names_never_share_a_folder(void **state)
{
    static const char *const names[] = {"a/b", "a%2Fb", "a%252Fb", "a%25252Fb", "a.b",
                                        "a%",  "a%25",  "a%2525",  ".a",        "%2Ea"};
    enum { COUNT = sizeof names / sizeof names[0] };

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < i; k++) {
            char one[LIMIT_MAILBOX_NAME + 1], other[LIMIT_MAILBOX_NAME + 1];
            char folder[LOCAL_FOLDER_MAX + 1];

            /* As server names, with '.' as separator, so that '/' is a letter. */
            if (!names_from_server(text_of(names[i]), '|', "", one, &err) ||
                !names_from_server(text_of(names[k]), '|', "", other, &err))
                fail();
            assert_string_not_equal(one, other);
            assert_true(names_to_folder(one, LAYOUT_VERBATIM, folder, &err));
            assert_string_not_equal(folder, to_folder(other, LAYOUT_VERBATIM));
            assert_true(names_to_folder(one, LAYOUT_MAILDIRPP, folder, &err));
            assert_string_not_equal(folder, to_folder(other, LAYOUT_MAILDIRPP));
            assert_true(names_to_folder(one, LAYOUT_FLAT, folder, &err));
            assert_string_not_equal(folder, to_folder(other, LAYOUT_FLAT));
        }
}

/* ---- patterns ---- */

#define CHOSEN(name, attributes, ...) names_chosen((const char *const[]){__VA_ARGS__, NULL}, name, attributes)

static void
the_last_pattern_that_matches_decides(void **state)
{
    (void)state;
    assert_true(CHOSEN("a", 0, "*"));
    assert_false(CHOSEN("a", 0, "b"));
    assert_false(CHOSEN("a", 0, "*", "!a"));
    assert_true(CHOSEN("a", 0, "*", "!a", "a"));
    assert_true(CHOSEN("b", 0, "!a"));
    assert_false(CHOSEN("a", 0, "!a"));
    assert_false(CHOSEN("b", 0, "!a", "c"));
    assert_true(CHOSEN("Lists/golub", 0, "!Lists/*", "Lists/golub", "*", "!Lists/o*"));
}

static void
wildcards_match_as_in_IMAP(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool chosen;
    } rows[] = {
        {"*", "a/b/c", true},
        {"%", "a", true},
        {"%", "a/b", false},
        {"%/%", "a/b", true},
        {"%/%", "a/b/c", false},
        {"a*", "a", true},
        {"a*", "a/b", true},
        {"a/*", "a", false},
        {"*b", "a/b", true},
        {"*b", "a/bc", false},
        {"a%b", "axxb", true},
        {"a%b", "ax/b", false},
        {"*a%c*", "xxa/abbc/d", true},
        {"*%/b", "a/c/b", true},
        {"%a/%b", "xa/yb", true},
        {"%a/%b", "xaa/b", true},
        {"%aab", "aaaab", true},
        {"*aab*", "aaaabaa", true},
        {"a", "A", false},
        {"inbox", "INBOX", true},
        {"inbox/*", "INBOX/x", true},
        {"inboxes", "INBOXES", false},
        {"INBOX*", "INBOX/x", true},
        {"INBOX", "INBOX/x", false},
        {"caf\u00e9", "caf\u00e9", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (CHOSEN(rows[i].name, 0, rows[i].pattern) != rows[i].chosen)
            fail_msg("%s against %s", rows[i].pattern, rows[i].name);
}

static void
a_pattern_made_to_be_slow_is_matched_at_once(void **state)
{
    char pattern[LIMIT_MAILBOX_NAME + 1], name[LIMIT_MAILBOX_NAME + 1];

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        pattern[i] = i % 2 ? 'a' : i % 4 ? '*' : '%';
        name[i] = 'a';
    }
    pattern[1000] = 'b';
    pattern[1001] = name[1000] = '\0';
    assert_false(CHOSEN(name, 0, pattern));
}

static void
special_uses_and_subscriptions_choose_by_what_the_server_says(void **state)
{
    (void)state;
    assert_false(CHOSEN("Spam", REMOTE_JUNK, "*", "!special:junk"));
    assert_true(CHOSEN("Spam", 0, "*", "!special:junk"));
    assert_true(CHOSEN("x", REMOTE_SENT, "special:sent", "special:drafts"));
    assert_true(CHOSEN("x", REMOTE_SUBSCRIBED, "subscribed"));
    assert_false(CHOSEN("x", REMOTE_SENT, "subscribed"));
}

static void
others_mailboxes_are_chosen_only_by_name(void **state)
{
    (void)state;
    assert_false(CHOSEN("Shared/x", REMOTE_SHARED, "*"));
    assert_false(CHOSEN("Shared/x", REMOTE_SHARED, "%/x"));
    assert_false(CHOSEN("Shared/x", REMOTE_SHARED, "!y"));
    assert_false(CHOSEN("Shared/x", REMOTE_SHARED | REMOTE_SUBSCRIBED, "subscribed"));
    assert_true(CHOSEN("Shared/x", REMOTE_SHARED, "*", "Shared/*"));
    assert_false(CHOSEN("Shared/x", REMOTE_SHARED, "Shared/*", "!Shared/x"));
}

static void
what_stands_in_others_too_is_chosen_only_by_its_name_or_use(void **state)
{
    const unsigned all = REMOTE_ALL | REMOTE_SUBSCRIBED | NAMES_APART;

    (void)state;
    assert_false(CHOSEN("All Mail", all, "*"));
    assert_false(CHOSEN("All Mail", all, "%"));
    assert_false(CHOSEN("All Mail", all, "A*"));
    assert_false(CHOSEN("All Mail", all, "!x"));
    assert_false(CHOSEN("All Mail", all, "subscribed"));
    assert_true(CHOSEN("All Mail", all, "All Mail"));
    assert_true(CHOSEN("All Mail", all, "*", "special:all"));
    assert_false(CHOSEN("All Mail", all, "special:all", "!A*"));
    assert_false(CHOSEN("All Mail", all, "All Mail", "!special:all"));
    assert_false(CHOSEN("All Mail", all, "special:flagged"));
}

static void
a_pattern_that_can_mean_nothing_is_refused(void **state)
{
    static const char *const bad[] = {"", "!", "special:", "special:xyz", "!special:inbox", "/a", "a/", "a//b"};
    static const char *const good[] = {"*",          "!a",    "special:junk", "!special:Trash",
                                       "subscribed", "a b/%", "Sp\u00e9cial"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err = (struct error){0};
        assert_false(names_pattern_valid(bad[i], &err));
        assert_int_equal(err.kind, ERROR_CONFIG);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(names_pattern_valid(good[i], &err));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_servers_name_becomes_a_name_for_people),
        cmocka_unit_test(a_refused_server_name_is_the_servers_fault_and_is_shown_escaped),
        cmocka_unit_test(a_name_for_people_becomes_a_servers_name),
        cmocka_unit_test(a_folder_is_named_by_the_rules),
        cmocka_unit_test(a_folder_that_golub_would_not_have_named_so_is_refused),
        cmocka_unit_test(a_level_over_255_bytes_is_refused_and_one_of_255_is_not),
        cmocka_unit_test(a_name_of_the_greatest_length_is_taken_and_a_longer_one_refused),
        cmocka_unit_test(a_name_in_use_is_spelled_aside),
        cmocka_unit_test(every_short_name_comes_back_as_itself),
        cmocka_unit_test(random_names_come_back_as_themselves),
        cmocka_unit_test(two_names_never_share_a_folder),
        cmocka_unit_test(the_last_pattern_that_matches_decides),
        cmocka_unit_test(wildcards_match_as_in_IMAP),
        cmocka_unit_test(a_pattern_made_to_be_slow_is_matched_at_once),
        cmocka_unit_test(special_uses_and_subscriptions_choose_by_what_the_server_says),
        cmocka_unit_test(others_mailboxes_are_chosen_only_by_name),
        cmocka_unit_test(what_stands_in_others_too_is_chosen_only_by_its_name_or_use),
        cmocka_unit_test(a_pattern_that_can_mean_nothing_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
