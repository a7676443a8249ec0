/* POP accounts in the configuration: what each key becomes, where mail goes, and what is refused beside what. */
#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings_scratch.h"

#define POP LOGIN " server = \"pop3s://p\" "

static void
four_lines_are_enough_for_a_pop_account(void **state)
{
    struct settings *settings = load(*state, "account \"old\" {\n"
                                             "    server           = \"pop3s://pop.example.org\"\n"
                                             "    user             = \"ana@example.org\"\n"
                                             "    password-command = \"secret-tool lookup account old\"\n"
                                             "    maildir          = \"~/Mail/old\"\n"
                                             "}\n");
    const struct account *a = &settings->accounts[0].account;

    assert_true(account_is_pop(a));
    assert_int_equal(a->connection.scheme, SCHEME_POP3S);
    assert_int_equal(a->connection.port, 995);
    assert_int_equal(a->connection.tls, TLS_REQUIRED);
    assert_int_equal(a->connection.auth, AUTH_AUTO);
    assert_string_equal(a->maildir, "/home/ana/Mail/old");
    assert_string_equal(a->state, "/state/golub/old");
    assert_int_equal(a->import.keep_days, KEEP_FOREVER);
    assert_string_equal(a->import.deliver_to, "INBOX");
    assert_null(a->import.deliver_command);
    assert_int_equal(a->import.max_size, 0);
    assert_int_equal(a->import.max_messages, 0);
    assert_int_equal(a->import.order, ORDER_NEWEST);
    assert_true(a->policy.guard && a->policy.push.deletes);
    settings_free(settings);
}

static void
every_key_of_a_pop_account_arrives(void **state)
{
    struct settings *settings = load(
        *state,
        "account \"p\" {" LOGIN "server = \"pop3://h.example:1110\" maildir = \"/m\" auth = {\"apop\", \"login\"}\n"
        " keep = \"30d\" deliver-to = \"Lists/Old mail\" max-size = \"10M\" max-messages = 500 order = \"oldest\"\n"
        " layout = \"maildir++\" max-delete = \"off\" fsync = false after-sync = \"notmuch new\" timeout = 5 state = "
        "\"/st\" }");
    const struct account *a = &settings->accounts[0].account;

    assert_int_equal(a->connection.scheme, SCHEME_POP3);
    assert_int_equal(a->connection.port, 1110);
    assert_int_equal(a->connection.auth, AUTH_APOP | AUTH_LOGIN);
    assert_int_equal(a->import.keep_days, 30);
    assert_string_equal(a->import.deliver_to, "Lists/Old mail");
    assert_int_equal(a->import.max_size, 10 << 20);
    assert_int_equal(a->import.max_messages, 500);
    assert_int_equal(a->import.order, ORDER_OLDEST);
    assert_int_equal(a->policy.layout, LAYOUT_MAILDIRPP);
    assert_false(a->policy.guard || a->fsync);
    assert_string_equal(a->after_sync, "notmuch new");
    settings_free(settings);
}

static void
keep_is_a_word_or_a_number_of_days(void **state)
{
    static const struct {
        const char *value;
        int days;
    } good[] = {{"forever", KEEP_FOREVER}, {"no", 0}, {"1d", 1}, {"30d", 30}, {"36500d", 36500}};
    static const char *const bad[] = {"yes", "0d", "30", "d", "30 d", "-1d", "36501d", "30days", "Forever", "1.5d"};
    char lines[64], what[160];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct settings *settings;

        assert_true(text_print(lines, sizeof lines, "server = \"pop3s://p\" keep = \"%s\"", good[i].value));
        assert_true(text_print(what, sizeof what, "account \"a\" {" LOGIN "maildir = \"/m\" %s }", lines));
        settings = load(*state, what);
        assert_int_equal(settings->accounts[0].account.import.keep_days, good[i].days);
        settings_free(settings);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[160];

        assert_true(text_print(text, sizeof text, "account \"a\" {" POP "maildir = \"/m\"\nkeep = \"%s\" }", bad[i]));
        assert_true(text_print(what, sizeof what,
                               ":2: account \"a\": keep: \"%s\" is not \"forever\", \"no\" or a number of days",
                               bad[i]));
        assert_refused(*state, text, what,
                       "For example keep = \"30d\", 1 to 36500 days; \"no\" removes mail as soon as it is here.");
    }
}

static void
max_size_is_a_number_of_bytes_with_or_without_a_unit(void **state)
{
    static const struct {
        const char *value;
        uint64_t bytes;
    } good[] = {
        {"1", 1},          {"500k", 500 << 10},       {"500K", 500 << 10}, {"10M", 10 << 20},
        {"10m", 10 << 20}, {"1G", UINT64_C(1) << 30}, {"123456", 123456},  {"8589934591G", (uint64_t)8589934591 << 30},
    };
    static const char *const bad[] = {"0",    "0k", "k",  "10T",         "10MB",
                                      "1.5M", "-1", " 1", "8589934592G", "9223372036854775808"};
    char text[160], what[160];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct settings *settings;

        assert_true(
            text_print(text, sizeof text, "account \"a\" {" POP "maildir = \"/m\" max-size = \"%s\" }", good[i].value));
        settings = load(*state, text);
        assert_true(settings->accounts[0].account.import.max_size == good[i].bytes);
        settings_free(settings);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_true(
            text_print(text, sizeof text, "account \"a\" {" POP "maildir = \"/m\"\nmax-size = \"%s\" }", bad[i]));
        assert_true(text_print(what, sizeof what, ":2: account \"a\": max-size: \"%s\" is not a size", bad[i]));
        assert_refused(*state, text, what, NULL);
    }
}

/* A POP account that is complete, with these lines in it from line 2 on. */
static const char *
pop_with(const char *lines)
{
    static char text[2048];

    assert_true(text_print(text, sizeof text, "account \"p\" {" POP "maildir = \"/m\"\n%s\n}\n", lines));
    return text;
}

static void
what_is_wrong_in_a_pop_account_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *lines, *what, *hint;
    } rows[] = {
        {"order = \"best\"", ":2: account \"p\": order: \"best\" is not one of its words", "One of: newest, oldest"},
        {"max-messages = 0", ":2: account \"p\": max-messages: \"0\" is not a whole number from 1 to 4294967295", ""},
        {"max-messages = all", ":2: account \"p\": max-messages: \"all\" is not a whole number from 1 to 4294967295",
         ""},
        {"deliver-command = \"\"", ":2: account \"p\": deliver-command: is empty", NULL},
        {"deliver-to = \"Old\"\ndeliver-command = \"mda\"",
         ":3: account \"p\": deliver-command: stands beside deliver-to; mail goes one way or the other",
         "Keep deliver-to for a folder of the Maildir, or deliver-command for a command."},
        {"deliver-to = \"a//b\"", ":2: account \"p\": deliver-to: \"a//b\" can't be the name of a mailbox", NULL},
        {"deliver-to = \"/a\"", ":2: account \"p\": deliver-to: \"/a\" can't be the name of a mailbox", NULL},
        {"deliver-to = \"a/\"", ":2: account \"p\": deliver-to: \"a/\" can't be the name of a mailbox", NULL},
        {"deliver-to = \"../b\"", ":2: account \"p\": deliver-to: \"../b\" can't be the name of a mailbox", NULL},
        {"deliver-to = \"a%00\"", ":2: account \"p\": deliver-to: \"a%00\" can't be the name of a mailbox", NULL},
        {"deliver-to = \"\"", ":2: account \"p\": deliver-to: is empty", NULL},
        {"deliver-to = \"a\\tb\"", ":2: account \"p\": deliver-to: holds a control character", NULL},
        {"deliver-to = \"100%25\"", ":2: account \"p\": deliver-to: \"100%25\" is not how this name is written",
         "Write \"100%\"."},
        {"connections = 2", ":2: account \"p\": connections: is a key of IMAP accounts, and this is a POP one",
         "Take it out. In defaults { ... } it may stand, for the IMAP accounts."},
        {"mailboxes = {\"*\"}", ":2: account \"p\": mailboxes: is a key of IMAP accounts, and this is a POP one", NULL},
        {"pull = {\"new\"}", ":2: account \"p\": pull: is a key of IMAP accounts, and this is a POP one", NULL},
        {"push = {}", ":1: account \"p\": push: is a key of IMAP accounts, and this is a POP one", NULL},
        {"expunge = false", ":2: account \"p\": expunge: is a key of IMAP accounts, and this is a POP one", NULL},
        {"\nexpunge = true", ":3: account \"p\": expunge: is a key of IMAP accounts, and this is a POP one", NULL},
        {"tls = \"none\"", ":2: account \"p\": tls: \"none\" contradicts a server that begins with pop3s://",
         "Write pop3:// if the connection shall be plain text."},
        {"keap = \"no\"", ":2: account \"p\": unknown key: keap", "Is keep meant? golub.conf(5) lists the keys."},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(*state, pop_with(rows[i].lines), rows[i].what, rows[i].hint);
}

static void
keys_of_pop_in_an_imap_account_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *lines, *what, *hint;
    } rows[] = {
        {"keep = \"30d\"", ":5: account \"work\": keep: is a key of POP accounts, and this is an IMAP one",
         "Take it out. In defaults { ... } it may stand, for the POP accounts."},
        {"deliver-to = \"x\"", ":5: account \"work\": deliver-to: is a key of POP accounts, and this is an IMAP one",
         NULL},
        {"deliver-command = \"x\"",
         ":5: account \"work\": deliver-command: is a key of POP accounts, and this is an IMAP one", NULL},
        {"max-size = 1", ":5: account \"work\": max-size: is a key of POP accounts, and this is an IMAP one", NULL},
        {"max-messages = 1", ":5: account \"work\": max-messages: is a key of POP accounts, and this is an IMAP one",
         NULL},
        {"order = newest", ":5: account \"work\": order: is a key of POP accounts, and this is an IMAP one", NULL},
        {"auth = {\"plain\", \"apop\"}",
         ":5: account \"work\": auth: \"apop\" is a way to log in to POP servers, and account \"work\" is an IMAP one",
         "Take it out, or leave auth out to let golub choose."},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_key_refused(*state, rows[i].lines, rows[i].what, rows[i].hint);
    assert_refused(*state, "account \"t\" { tunnel = \"x\" maildir = \"/m\"\nkeep = \"no\" }",
                   ":2: account \"t\": keep: is a key of POP accounts, and this is an IMAP one",
                   "Without server a tunnel speaks IMAP; add server = \"pop3://HOST\" if this one speaks POP.");
}

static void
defaults_may_hold_keys_of_both_kinds(void **state)
{
    struct settings *settings =
        load(*state, "defaults {" LOGIN " keep = \"7d\" max-size = \"1k\" push = {} pull = {\"new\"} expunge = true\n"
                     " mailboxes = {\"A\"} connections = 2 quarantine-days = 1 auth = {\"apop\", \"plain\"} }\n"
                     "account \"i\" { server = \"imaps://h\" maildir = \"/i\" }\n"
                     "account \"p\" { server = \"pop3s://h\" maildir = \"/p\" }\n");
    const struct account *i = &settings->accounts[0].account, *p = &settings->accounts[1].account;

    assert_false(i->policy.push.new_mail);
    assert_int_equal(i->policy.quarantine_days, 1);
    assert_int_equal(i->connection.auth, AUTH_PLAIN);
    assert_int_equal(p->connection.auth, AUTH_PLAIN | AUTH_APOP);
    assert_int_equal(p->import.keep_days, 7);
    assert_int_equal(p->import.max_size, 1024);
    assert_true(p->policy.push.deletes); /* push = {} was said of the others */
    settings_free(settings);

    assert_refused(
        *state, "defaults {" LOGIN "\nauth = {\"apop\"} }\naccount \"i\" { server = \"imaps://h\" maildir = \"/i\" }",
        ":2: auth: \"apop\" is a way to log in to POP servers, and account \"i\" is an IMAP one", NULL);
}

static void
the_name_of_a_folder_is_taken_as_golub_shows_it(void **state)
{
    static const struct {
        const char *value, *name;
    } rows[] = {
        {"inbox", "INBOX"},     {"Inbox/Pop", "INBOX/Pop"}, {"a.b/c", "a.b/c"}, {"a%2Fb", "a%2Fb"},
        {"aux ", "aux "},       {"con.", "con."},           {"a:b?", "a:b?"},   {"P\xc3\xb6st", "P\xc3\xb6st"},
        {"inboxes", "inboxes"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int plusplus = 0; plusplus < 2; plusplus++) {
            char lines[160];
            struct settings *settings;

            assert_true(text_print(lines, sizeof lines, "deliver-to = \"%s\" %s", rows[i].value,
                                   plusplus != 0 ? "layout = \"maildir++\"" : ""));
            settings = load(*state, pop_with(lines));
            assert_string_equal(settings->accounts[0].account.import.deliver_to, rows[i].name);
            settings_free(settings);
        }
}

static void
a_command_takes_the_place_of_the_maildir(void **state)
{
    struct settings *settings = load(*state, "defaults { deliver-to = \"Pop\" }\n"
                                             "account \"a\" {" POP "deliver-command = \"maildrop -d ana\" }\n"
                                             "account \"b\" {" POP "deliver-command = \"procmail\" maildir = \"/m\" }\n"
                                             "account \"c\" {" POP "maildir = \"/m\" }\n");

    assert_string_equal(settings->accounts[0].account.import.deliver_command, "maildrop -d ana");
    assert_null(settings->accounts[0].account.maildir);
    assert_null(settings->accounts[1].account.maildir);
    assert_string_equal(settings->accounts[2].account.maildir, "/m");
    assert_string_equal(settings->accounts[2].account.import.deliver_to, "Pop");
    settings_free(settings);

    settings = load(*state, "defaults { deliver-command = \"mda\" }\n"
                            "account \"a\" {" POP "maildir = \"/m\" deliver-to = \"Pop\" }\n");
    assert_null(settings->accounts[0].account.import.deliver_command);
    assert_string_equal(settings->accounts[0].account.maildir, "/m");
    settings_free(settings);

    assert_refused(*state, "\naccount \"p\" {" POP "}", ":2: account \"p\": maildir is missing",
                   "Add maildir = \"~/Mail/p\".");
    assert_refused(*state, "account \"i\" {" COMPLETE "}\n", ":1: account \"i\": maildir is missing", NULL);
}

static void
pop_accounts_may_deliver_into_one_tree_of_whatever_account(void **state)
{
    struct settings *settings =
        load(*state, "account \"work\" {" COMPLETE "maildir = \"/m/work\" }\n"
                     "account \"p1\" {" POP "maildir = \"/m/work\" }\n"
                     "account \"p2\" {" POP "maildir = \"/m/work\" deliver-to = \"Post\" }\n"
                     "account \"p3\" {" POP "maildir = \"/m\" deliver-to = \"work/Old\" }\n"
                     "account \"p4\" {" POP "maildir = \"/m/work/Sub\" }\n"
                     "account \"p5\" {" POP "maildir = \"/m\" layout = \"maildir++\" deliver-to = \"Old\" }\n"
                     "account \"p6\" {" POP "deliver-command = \"mda\" layout = \"maildir++\" }\n");

    assert_int_equal(settings->count, 7);
    settings_free(settings);
}

static void
a_state_folder_is_never_shared(void **state)
{
    assert_refused(*state,
                   "account \"work\" {" COMPLETE "maildir = \"/m\" }\naccount \"p\" {" POP "maildir = \"/m\"\n"
                   "state = \"/state/golub/work\" }",
                   ":3: account \"p\": state: the same folder as that of account \"work\" (line 1)", NULL);
    assert_refused(*state,
                   "account \"q\" {" POP "deliver-command = \"x\" }\naccount \"p\" {" POP "deliver-command = \"x\"\n"
                   "state = \"/state/golub/q\" }",
                   ":3: account \"p\": state: the same folder as that of account \"q\" (line 1)", NULL);
}

static void
two_accounts_of_one_mailbox_are_refused_where_they_would_undo_each_other(void **state)
{
#define OF(host, keys) "{ user = \"ana\" password-command = \"x\" maildir = \"/m\"\nserver = \"" host "\" " keys " }"
    static const char circle[] =
        ":4: account \"p\": keep: the POP account \"p\" would remove from the server what the IMAP account \"work\" "
        "(with account \"work\", line 1) keeps the same there and here";

    assert_refused(
        *state, "account \"a\" " OF("pop3s://pop.example.org", "") "\naccount \"b\" " OF("pop3s://pop.example.org", ""),
        ":3: account \"b\": deliver-to: the same folder, host and user as those of account \"a\" (line 1)",
        "Each message would come twice. One of the two accounts is enough.");
    assert_refused(*state,
                   "account \"work\" " OF("imaps://imap.example.org",
                                          "") "\naccount \"p\" " OF("pop3s://pop.example.org", "keep = \"30d\""),
                   circle, NULL);
    settings_free(load(*state, "account \"work\" " OF("imaps://imap.example.org",
                                                      "") "\naccount \"p\" " OF("pop3s://pop.example.org", "")));
    settings_free(load(*state, "account \"work\" " OF("imaps://imap.example.net", "") "\naccount \"p\" " OF(
                                   "pop3s://pop.example.org", "keep = \"no\"")));
#undef OF
}

static void
another_layout_than_that_of_the_tree_is_refused_with_both_lines(void **state)
{
    static const char hint[] = "Give both the same layout, or let account \"p\" deliver into a tree of its own.";

    assert_refused(*state,
                   "account \"work\" {" COMPLETE "maildir = \"/m\" }\naccount \"p\" {" POP
                   "maildir = \"/m\"\nlayout = \"maildir++\" }",
                   ":3: account \"p\": layout: is not that of account \"work\" (line 1), into whose tree it delivers",
                   hint);
    assert_refused(*state,
                   "account \"p\" {" POP "maildir = \"/m\" }\naccount \"work\" {" COMPLETE
                   "maildir = \"/m\"\nlayout = \"maildir++\" }",
                   ":3: account \"work\": layout: is not that of account \"p\" (line 1), which delivers into this tree",
                   hint);
    assert_refused(*state,
                   "account \"work\" {" COMPLETE "maildir = \"/m/work\" layout = \"maildir++\" }\naccount \"p\" {" POP
                   "maildir = \"/m\"\ndeliver-to = \"work/A\" }",
                   ":2: account \"p\": layout: is not that of account \"work\" (line 1), into whose tree it delivers",
                   hint);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(four_lines_are_enough_for_a_pop_account),
        T(every_key_of_a_pop_account_arrives),
        T(keep_is_a_word_or_a_number_of_days),
        T(max_size_is_a_number_of_bytes_with_or_without_a_unit),
        T(what_is_wrong_in_a_pop_account_is_refused_with_its_line),
        T(keys_of_pop_in_an_imap_account_are_refused_with_their_line),
        T(defaults_may_hold_keys_of_both_kinds),
        T(the_name_of_a_folder_is_taken_as_golub_shows_it),
        T(a_command_takes_the_place_of_the_maildir),
        T(pop_accounts_may_deliver_into_one_tree_of_whatever_account),
        T(a_state_folder_is_never_shared),
        T(two_accounts_of_one_mailbox_are_refused_where_they_would_undo_each_other),
        T(another_layout_than_that_of_the_tree_is_refused_with_both_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
