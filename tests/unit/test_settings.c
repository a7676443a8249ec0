/* The configuration file: what each key becomes, and for everything that is wrong the message with its line. */
#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings_scratch.h"

#include "config/settings_text.h"

static void
four_lines_are_enough(void **state)
{
    struct settings *settings = load(*state, "account \"work\" {\n"
                                             "    server           = \"imaps://imap.example.org\"\n"
                                             "    user             = \"ana@example.org\"\n"
                                             "    password-command = \"secret-tool lookup account work\"\n"
                                             "    maildir          = \"~/Mail/work\"\n"
                                             "}\n");
    const struct configured *c = &settings->accounts[0];
    const struct connection *to = &c->account.connection;
    const struct policy *policy = &c->account.policy;

    assert_int_equal(settings->count, 1);
    assert_int_equal(c->line, 1);
    assert_string_equal(c->account.name, "work");
    assert_int_equal(to->scheme, SCHEME_IMAPS);
    assert_string_equal(to->host, "imap.example.org");
    assert_int_equal(to->port, 993);
    assert_string_equal(to->user, "ana@example.org");
    assert_int_equal(to->auth, AUTH_AUTO);
    assert_int_equal(to->tls, TLS_REQUIRED);
    assert_int_equal(to->timeout_s, 60);
    assert_null(to->fingerprints);
    assert_null(to->disable);
    assert_null(to->tunnel);
    assert_string_equal(c->password_command, "secret-tool lookup account work");
    assert_string_equal(c->account.maildir, "/home/ana/Mail/work");
    assert_string_equal(c->account.state, "/state/golub/work");
    assert_true(c->account.fsync);
    assert_null(c->account.after_sync);
    assert_null(c->refresh_command);
    assert_true(policy->pull.new_mail && policy->pull.flags && policy->pull.deletes && policy->pull.mailboxes);
    assert_true(policy->push.new_mail && policy->push.flags && policy->push.deletes && policy->push.mailboxes);
    assert_true(policy->guard);
    assert_int_equal(policy->max_delete, 25);
    assert_int_equal(policy->quarantine_days, 30);
    assert_int_equal(policy->quarantine_size, 0);
    assert_false(policy->expunge);
    assert_int_equal(policy->keywords, KEYWORDS_AUTO);
    assert_int_equal(policy->keyword_removals, REMOVALS_AUTO);
    assert_strings(policy->keywords_skip, "$HasAttachment|$HasNoAttachment");
    assert_int_equal(policy->layout, LAYOUT_VERBATIM);
    assert_strings(policy->patterns, "*");
    settings_free(settings);
}

static void
every_key_arrives(void **state)
{
    const struct scratch *s = *state;
    struct settings *settings;
    char expected[128];

    given_pem(s, "ca.pem");
    given_pem(s, "c.pem");
    given_pem(s, "k.pem");
    setenv("HOME", s->root, 1);
    settings = load(
        s,
        "account \"w\" {\n server = \"IMAP://[::1]:1143\"\n user = \"u\"\n password-command = \"p\"\n refresh-command "
        "= "
        "\"r\"\n maildir = \"Mail\"\n"
        " auth = {\"plain\", \"scram-sha-256\"}\n tls = \"none\"\n allow-plaintext = yes\n tls-ca-file = \"ca.pem\"\n"
        " tls-client-cert = \"~/c.pem\"\n tls-client-key = \"k.pem\"\n"
        " tls-fingerprint = "
        "\"AA:aa:AA:aa:AA:aa:AA:aa:AA:aa:AA:aa:AA:aa:AA:aa:AA:aa:AA:aa:AA:aa:AA:aa:AA:aa:AA:aa:AA:aa:AA:aa\"\n"
        " tunnel = \"ssh x\"\n timeout = 86400\n connections = 4\n watch = {\"INBOX\", \"Work/*\"}\n poll = 60\n "
        "disable = {\"QRESYNC\", \"AUTH=PLAIN\"}\n layout = "
        "\"maildir++\"\n"
        " mailboxes = {\"*\", \"!Junk\"}\n pull = {\"new\"}\n push = {}\n expunge = true\n keywords = \"off\"\n "
        "keyword-removals = \"yes\"\n keywords-skip = {\"$label*\"}\n "
        "max-delete = \"40%\"\n"
        " quarantine-days = 0\n quarantine-size = \"2G\"\n state = \"st\"\n fsync = false\n after-sync = "
        "\"a\tb\"\n}\n");
    const struct configured *c = &settings->accounts[0];
    const struct connection *to = &c->account.connection;

    assert_int_equal(to->scheme, SCHEME_IMAP);
    assert_string_equal(to->host, "::1");
    assert_int_equal(to->port, 1143);
    assert_int_equal(to->auth, AUTH_PLAIN | AUTH_SCRAM_SHA_256);
    assert_int_equal(to->tls, TLS_NONE);
    assert_true(to->allow_plaintext);
    assert_true(text_print(expected, sizeof expected, "%s/ca.pem", s->root));
    assert_string_equal(to->ca_file, expected);
    assert_true(text_print(expected, sizeof expected, "%s/c.pem", s->root));
    assert_string_equal(to->client_cert, expected);
    assert_true(text_print(expected, sizeof expected, "%s/k.pem", s->root));
    assert_string_equal(to->client_key, expected);
    assert_strings(to->fingerprints, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_string_equal(to->tunnel, "ssh x");
    assert_int_equal(to->timeout_s, 86400);
    assert_int_equal(c->account.watch.connections, 4);
    assert_strings(c->account.watch.patterns, "INBOX|Work/*");
    assert_int_equal(c->account.watch.poll_s, 60);
    assert_strings(to->disable, "QRESYNC|AUTH=PLAIN");
    assert_int_equal(c->account.policy.layout, LAYOUT_MAILDIRPP);
    assert_strings(c->account.policy.patterns, "*|!Junk");
    assert_true(c->account.policy.pull.new_mail);
    assert_false(c->account.policy.pull.flags || c->account.policy.pull.deletes || c->account.policy.pull.mailboxes);
    assert_false(c->account.policy.push.new_mail || c->account.policy.push.flags || c->account.policy.push.deletes ||
                 c->account.policy.push.mailboxes);
    assert_true(c->account.policy.expunge);
    assert_int_equal(c->account.policy.keywords, KEYWORDS_OFF);
    assert_int_equal(c->account.policy.keyword_removals, REMOVALS_YES);
    assert_strings(c->account.policy.keywords_skip, "$label*");
    assert_int_equal(c->account.policy.max_delete, 40);
    assert_int_equal(c->account.policy.quarantine_days, 0);
    assert_int_equal(c->account.policy.quarantine_size, INT64_C(2) << 30);
    assert_true(text_print(expected, sizeof expected, "%s/st", s->root));
    assert_string_equal(c->account.state, expected);
    assert_false(c->account.fsync);
    assert_string_equal(c->refresh_command, "r");
    assert_string_equal(c->account.after_sync, "a\tb"); /* the shell's business */
    settings_free(settings);
}

static void
defaults_give_keys_to_every_account_wherever_they_stand(void **state)
{
    struct settings *settings =
        load(*state, "account \"a\" { server = \"imap://a.example\" maildir = \"/a\" timeout = 5 push = {} }\n"
                     "defaults {\n user = \"ana\"\n password-command = \"p\"\n timeout = 90\n max-delete = \"off\"\n "
                     "push = {\"flags\"}\n}\n"
                     "account \"b\" { server = \"imap://b.example:144\" maildir = \"/b\" max-delete = \"3%\" }\n");
    const struct account *a = &settings->accounts[0].account, *b = &settings->accounts[1].account;

    assert_int_equal(settings->count, 2);
    assert_string_equal(a->connection.user, "ana");
    assert_int_equal(a->connection.timeout_s, 5);
    assert_int_equal(a->connection.port, 143);
    assert_false(a->policy.guard);
    assert_false(a->policy.push.flags);
    assert_string_equal(b->connection.user, "ana");
    assert_int_equal(b->connection.timeout_s, 90);
    assert_int_equal(b->connection.port, 144);
    assert_true(b->policy.guard);
    assert_int_equal(b->policy.max_delete, 3);
    assert_true(b->policy.push.flags);
    assert_false(b->policy.push.new_mail);
    assert_ptr_equal(settings_find(settings, "b"), &settings->accounts[1]);
    assert_null(settings_find(settings, "c"));
    settings_free(settings);
}

static void
a_server_is_a_scheme_and_a_host(void **state)
{
    static const struct {
        const char *server, *host;
        int port;
    } good[] = {
        {"imaps://h.example", "h.example", 993},      {"imap://h.example:993", "h.example", 993},
        {"imaps://H.EXAMPLE:1", "h.example", 1},      {"imaps://127.0.0.1:65535", "127.0.0.1", 65535},
        {"imap://[2001:db8::1]", "2001:db8::1", 143}, {"imaps://[fe80::1%eth0]:9", "fe80::1%eth0", 9},
        {"pop3s://h.example", "h.example", 995},      {"POP3://h.example", "h.example", 110},
        {"pop3s://h.example:110", "h.example", 110},
    };
    static const struct {
        const char *server, *why;
    } bad[] = {
        {"h.example", "does not begin with imaps://, imap://, pop3s:// or pop3://"},
        {"pop://h.example", "does not begin with imaps://, imap://, pop3s:// or pop3://"},
        {"imaps:h.example", "does not begin with imaps://, imap://, pop3s:// or pop3://"},
        {"imaps://", "this is not the name of a host"},
        {"imaps://h example", "this is not the name of a host"},
        {"imaps://-h", "this is not the name of a host"},
        {"imaps://h/", "this is not the name of a host"},
        {"imaps://ana@h.example", "a user does not belong into it"},
        {"imaps://2001:db8::1", "this is not the name of a host"},
        {"imaps://[2001:db8::1", "what stands in [ ] is not an IPv6 address"},
        {"imaps://[h.example]", "what stands in [ ] is not an IPv6 address"},
        {"imaps://[::1]x", "what follows the host is not :PORT"},
        {"imaps://h:0", "what follows the host is not :PORT"},
        {"imaps://h:65536", "what follows the host is not :PORT"},
        {"imaps://h:", "what follows the host is not :PORT"},
        {"imaps://h:99x", "what follows the host is not :PORT"},
    };
    char text[512], what[256];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct settings *settings;

        assert_true(text_print(text, sizeof text,
                               "account \"a\" { user = u password-command = p maildir = \"/m\" server = \"%s\" }",
                               good[i].server));
        settings = load(*state, text);
        assert_string_equal(settings->accounts[0].account.connection.host, good[i].host);
        assert_int_equal(settings->accounts[0].account.connection.port, good[i].port);
        settings_free(settings);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_true(text_print(text, sizeof text,
                               "account \"a\" { user = u password-command = p maildir = \"/m\"\n server = \"%s\" }",
                               bad[i].server));
        assert_true(text_print(what, sizeof what, ":2: account \"a\": server: %s", bad[i].why));
        assert_refused(*state, text, what, NULL);
    }
}

static void
what_is_wrong_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *lines, *what, *hint;
    } rows[] = {
        {"maildr = \"x\"", ":5: account \"work\": unknown key: maildr",
         "Is maildir meant? golub.conf(5) lists the keys."},
        {"\n\nsubscriptions = \"auto\"", ":7: account \"work\": unknown key: subscriptions",
         "golub.conf(5) lists the keys."},
        {"keywords = \"dovecot\"", ":5: account \"work\": keywords: \"dovecot\" is not one of its words",
         "One of: auto, letters, journal, off"},
        {"keyword-removals = true", ":5: account \"work\": keyword-removals: \"true\" is not one of its words",
         "One of: auto, yes, no"},
        {"keywords-skip = {\"two words\"}",
         ":5: account \"work\": keywords-skip: \"two words\" is no keyword, nor a pattern of some",
         "For example keywords-skip = {\"NonJunk\", \"$label*\"}."},
        {"archive = {}", ":5: account \"work\": unknown key: archive", NULL},
        {"timeout = 0", ":5: account \"work\": timeout: \"0\" is not a whole number from 1 to 86400", ""},
        {"timeout = 86401", ":5: account \"work\": timeout: \"86401\" is not a whole number from 1 to 86400", ""},
        {"timeout = soon", ":5: account \"work\": timeout: \"soon\" is not a whole number from 1 to 86400", ""},
        {"timeout = \"\"", ":5: account \"work\": timeout: \"\" is not a whole number from 1 to 86400", ""},
        {"timeout = 1.5", ":5: account \"work\": timeout: \"1.5\" is not a whole number from 1 to 86400", ""},
        {"poll = 59", ":5: account \"work\": poll: \"59\" is not a whole number from 60 to 86400", ""},
        {"connections = 5", ":5: account \"work\": connections: \"5\" is not a whole number from 1 to 4", ""},
        {"connections = 0", ":5: account \"work\": connections: \"0\" is not a whole number from 1 to 4", ""},
        {"quarantine-size = \"much\"", ":5: account \"work\": quarantine-size: \"much\" is not a size",
         "For example quarantine-size = \"2G\"; k, M and G stand for 1024 bytes, 1024 k and 1024 M."},
        {"quarantine-days = -1", ":5: account \"work\": quarantine-days: \"-1\" is not a whole number from 0 to 36500",
         ""},
        {"expunge = maybe", ":5: account \"work\": expunge: \"maybe\" is not one of its words",
         "One of: true, yes, on, false, no, off"},
        {"tls = \"no\"", ":5: account \"work\": tls: \"no\" is not one of its words", "One of: yes, none"},
        {"layout = \"fs\"", ":5: account \"work\": layout: \"fs\" is not one of its words",
         "One of: verbatim, maildir++, flat"},
        {"auth = {\"plain\", \"md5\"}", ":5: account \"work\": auth: \"md5\" is not one of its words", NULL},
        {"auth = {}", ":1: account \"work\": auth: an empty list leaves no way to log in", NULL},
        {"pull = {\"new\",\n \"mailbox-removals\"}",
         ":5: account \"work\": pull: \"mailbox-removals\" is not one of its words",
         "One of: new, flags, deletes, mailboxes, mailbox-deletes"},
        {"push = {\"new\",\n \"mailbox-deletes\"}",
         ":5: account \"work\": push: \"mailbox-deletes\" means nothing without \"deletes\"",
         "A mailbox goes only once what it held is removed."},
        {"max-delete = 25", ":5: account \"work\": max-delete: \"25\" is neither a percentage nor \"off\"",
         "For example max-delete = \"25%\"."},
        {"max-delete = \"101%\"", ":5: account \"work\": max-delete: \"101%\" is neither a percentage nor \"off\"",
         NULL},
        {"max-delete = \"%\"", ":5: account \"work\": max-delete: \"%\" is neither a percentage nor \"off\"", NULL},
        {"mailboxes = {}", ":1: account \"work\": mailboxes: an empty list leaves nothing to synchronise", NULL},
        {"tls-fingerprint = \"abc\"", ":5: account \"work\": tls-fingerprint: \"abc\" is not 64 hex digits", NULL},
        {"disable = {\"A B\"}", ":5: account \"work\": disable: \"A B\" is not the name of a capability", NULL},
        {"state = \"~ana/x\"", ":5: account \"work\": state: only ~ and ~/ are understood: ~ana/x", NULL},
        {"state = \"\"", ":5: account \"work\": state: is empty", NULL},
        {"tunnel = \"${GOLUB_NOT_SET}\"", ":5: account \"work\": tunnel: is empty",
         "${X} inside quotes is the environment's X: is it set?"},
        {"tls-ca-file = \"/none/ca.pem\"", ":5: account \"work\": tls-ca-file: /none/ca.pem: No such file or directory",
         NULL},
        {"tls-client-key = \"/dev/null\"",
         ":5: account \"work\": tls-client-key: means nothing without tls-client-cert", NULL},
        {"tls = \"none\"", ":5: account \"work\": tls: \"none\" contradicts a server that begins with imaps://", NULL},
        {"user = \"bob\"", ":5: account \"work\": user: given twice", NULL},
        {"pull = {\"new\" \"flags\"}", ":5: account \"work\": unexpected token 'flags'",
         "Write key = \"value\", lists as {\"a\", \"b\"}; see golub.conf(5)."},
        {"pull += ", ":6: account \"work\": unexpected token '}'", NULL},
        {"timeout 60", ":5: account \"work\": missing equal sign after option 'timeout'", NULL},
        {"defaults { }", ":5: account \"work\": unknown key: defaults", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_key_refused(*state, rows[i].lines, rows[i].what, rows[i].hint);
}

static void
what_is_missing_or_contradicts_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text, *what, *hint;
    } rows[] = {
        {"", ":1: no account in it", "golub.conf(5) shows the four lines that an account needs."},
        {"# nothing\n\n", ":1: no account in it", NULL},
        {"\naccount \"a\" {\n" COMPLETE "\n}", ":2: account \"a\": maildir is missing", "Add maildir = \"~/Mail/a\"."},
        {"\n\naccount \"a\" {\n" LOGIN " maildir = \"/m\"\n}", ":3: account \"a\": server is missing", NULL},
        {"account \"a\" {\n server = \"imaps://h\" maildir = \"/m\" password-command = p\n}",
         ":1: account \"a\": user is missing", NULL},
        {"account \"a\" {\n server = \"imaps://h\" maildir = \"/m\" user = u\n}",
         ":1: account \"a\": password-command is missing", NULL},
        {"account \"a\" {\n}", ":2: account \"a\": server is missing", NULL},
        {"account { }", ":1: missing title for section 'account'", NULL},
        {"account \"\" {" COMPLETE "maildir = \"/m\" }", ":1: account \"\": an account needs a name", NULL},
        {"account \"../x\" {" COMPLETE "maildir = \"/m\" }",
         ":1: account \"../x\": an account's name can't begin with a dot, a dash or a tilde", NULL},
        {"account \"a/b\" {" COMPLETE "maildir = \"/m\" }",
         ":1: account \"a/b\": an account's name can't hold a slash or a control character: it becomes a folder's name",
         NULL},
        {"account \"a\" {" COMPLETE "maildir = \"/m\" }\naccount \"a\" { }", ":2: a second account of the same name",
         "Each account needs a name of its own."},
        {"account \"a\" {" COMPLETE "maildir = \"/m\" }\naccount \"b\" {" COMPLETE "\nmaildir = \"/m/\" }",
         ":3: account \"b\": maildir: equal to that of account \"a\" (line 1), or one inside the other", NULL},
        {"account \"a\" {" COMPLETE "maildir = \"/m/b\" }\naccount \"b\" {" COMPLETE "\nmaildir = \"/m\" }",
         ":3: account \"b\": maildir: equal to that of account \"a\" (line 1), or one inside the other", NULL},
        {"account \"a\" {" COMPLETE "maildir = \"/m/a\" }\naccount \"b\" {" COMPLETE
         "maildir = \"/m/b\"\n\nstate = \"/state/golub/a\" }",
         ":4: account \"b\": state: the same folder as that of account \"a\" (line 1)", NULL},
        {"account \"a\" {" LOGIN "maildir = \"/m\" server = \"imap://h.example\"\ntls = \"none\" }",
         ":2: account \"a\": tls: \"none\" would send mail and password readable to all on the way to h.example", NULL},
        {"defaults {\n timeout = 0\n}\naccount \"a\" {" COMPLETE "maildir = \"/m\" timeout = 1 }",
         ":2: timeout: \"0\" is not a whole number from 1 to 86400", NULL},
        {"defaults {\n} defaults {\n}\naccount \"a\" {" COMPLETE "maildir = \"/m\" }",
         ":3: a second block of defaults; one is allowed", NULL},
        {"\nserver = \"x\"", ":2: unknown key: server",
         "It belongs into account \"NAME\" { ... } or defaults { ... }."},
        {"\ninclude(\"x\")", ":2: unknown key: include",
         "Here only account \"NAME\" { ... } and defaults { ... } may stand."},
        {"account \"a\" {" COMPLETE "maildir = \"/m\" }\naccount|user = \"x\"",
         ":2: a key stands outside of an account", NULL},
        {"account \"a\" {\n user = \"u\n\n", ":4: account \"a\": premature end of file", NULL},
        {"\naccount \"a\" {" COMPLETE "maildir = \"/m\"\n pull = {\"new\"} state = \"}\"\n\n",
         ":2: the brace that opens here is never closed", NULL},
        {"account \"a\" {" COMPLETE "maildir = \"/m\" }\n}", ":2: unexpected closing brace", NULL},
        {"account \"a\" {" COMPLETE
         "maildir = \"/m\"\n tunnel = \"x\" }\naccount \"b\" { tunnel = \"y\" maildir = \"/n\"\n tls = \"yes\" }",
         ":4: account \"b\": tls: TLS inside a tunnel needs server or tls-fingerprint to know the certificate", NULL},
        {"account \"a\" { server = \"imaps://h\" maildir = \"/m\" password-command = p\n user = \"a\\nb\" }",
         ":2: account \"a\": user: holds a control character", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(*state, rows[i].text, rows[i].what, rows[i].hint);
}

static void
a_login_that_needs_no_secret_needs_no_command(void **state)
{
    struct settings *settings = load(
        *state,
        "account \"a\" { maildir = \"/a\" tunnel = \"ssh h imapd\" }\n"
        "account \"b\" { maildir = \"/b\" server = \"imaps://h\" auth = {\"external\"} }\n"
        "account \"c\" { maildir = \"/c\" server = \"imap://localhost\" tls = \"none\"" LOGIN "}\n"
        "account \"d\" { maildir = \"/d\" server = \"imap://127.1.2.3\" tls = \"none\"" LOGIN "}\n"
        "account \"e\" { maildir = \"/e\" server = \"imap://h\" tls = \"none\" allow-plaintext = true" LOGIN "}\n");

    assert_null(settings->accounts[0].account.connection.host);
    assert_int_equal(settings->accounts[0].account.connection.tls, TLS_NONE);
    assert_null(settings->accounts[0].account.connection.user);
    assert_int_equal(settings->accounts[1].account.connection.auth, AUTH_EXTERNAL);
    assert_int_equal(settings->accounts[1].account.connection.tls, TLS_REQUIRED);
    assert_int_equal(settings->count, 5);
    settings_free(settings);
}

static void
comments_may_stand_anywhere_and_keep_the_line_numbers(void **state)
{
    struct settings *settings =
        load(*state, "# it's a \"comment\" {\n/* one\n * two \" */ // it's three\naccount \"a\" { # here\n" COMPLETE
                     "maildir = \"/m#x\" mailboxes = {\"*\", # all\n \"!a/b\", /* but\n */ \"!#c\" // not\n }\n}\n");

    assert_int_equal(settings->accounts[0].line, 4);
    assert_string_equal(settings->accounts[0].account.maildir, "/m#x");
    assert_strings(settings->accounts[0].account.policy.patterns, "*|!a/b|!#c");
    settings_free(settings);

    assert_refused(*state, "/* one\n\n*/ # two\naccount \"a\" {\n # three\n foo = 1\n}",
                   ":6: account \"a\": unknown key: foo", NULL);
}

static void
only_comments_are_blanked(void **state)
{
    static const struct {
        const char *text, *blanked;
    } rows[] = {
        {"a = \"x # y\" # z", "a = \"x # y\"    "},
        {"a = \"x \\\" # y\" # z", "a = \"x \\\" # y\"    "},
        {"a = 'x \\' # y' # z", "a = 'x \\' # y'    "},
        {"a = \"${X:-\"#\"}\" # z", "a = \"${X:-\"#\"}\"    "},
        {"a = imaps://h # z", "a = imaps://h    "},
        {"// x\nb", "    \nb"},
        {"//x\nb", "//x\nb"}, /* a word to libconfuse: it will say so */
        {"/// x\nb", "     \nb"},
        {"a/*b*/c", "a/*b*/c"}, /* inside a word there is no comment */
        {"a /*b*/c", "a      c"},
        {"/* x\n y", "    \n  "},
        {"a = \"unclosed # y", "a = \"unclosed # y"},
        {"a = \"x\\", "a = \"x\\"},
        {"#", " "},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];

        assert_true(text_copy(text_of(rows[i].text), text, sizeof text));
        settings_text_blank_comments(text);
        assert_string_equal(text, rows[i].blanked);
    }
}

static void
the_rules_of_libconfuse_hold_inside_quotes(void **state)
{
    struct settings *settings;

    setenv("GOLUB_TEST", "it's", 1);
    settings =
        load(*state,
             account_with(
                 "tunnel = \"a \\\\ \\\" $HOME ${GOLUB_TEST} ${GOLUB_NOT_SET:-none}\" state = '/x${GOLUB_TEST}\\n'"));
    assert_string_equal(settings->accounts[0].account.connection.tunnel, "a \\ \" $HOME it's none");
    assert_string_equal(settings->accounts[0].account.state, "/x${GOLUB_TEST}\\n");
    settings_free(settings);
}

static void
a_file_that_is_not_there_or_no_text_is_refused(void **state)
{
    struct scratch *s = *state;
    struct error err = {0};
    FILE *file;

    assert_null(settings_load(s->file, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_string_equal(err.answer, "No such file or directory");

    assert_null(settings_load(s->root, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);

    file = fopen(s->file, "w");
    assert_non_null(file);
    assert_int_equal(fwrite("a\0b", 1, 3, file), 3);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(s->file, 0600), 0);
    assert_null(settings_load(s->file, &err));
    assert_non_null(strstr(err.what, "holds a NUL byte"));
}

static void
links_do_not_hide_that_two_roots_are_one(void **state)
{
    struct scratch *s = *state;
    struct error err = {0};
    char path[128], text[1024];

    assert_true(text_print(path, sizeof path, "%s/real", s->root));
    assert_int_equal(mkdir(path, 0700), 0);
    assert_true(text_print(path, sizeof path, "%s/link", s->root));
    assert_int_equal(symlink("real", path), 0);
    assert_true(text_print(text, sizeof text, "%s",
                           "account \"a\" {" COMPLETE "maildir = \"real/x\" }\naccount \"b\" {" COMPLETE
                           "maildir = \"link/x/y\" }"));
    given_file(s, text);

    assert_null(settings_load(s->file, &err));

    assert_non_null(strstr(err.what, ":2: account \"b\": maildir: equal to that of account \"a\""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(four_lines_are_enough),
        T(every_key_arrives),
        T(defaults_give_keys_to_every_account_wherever_they_stand),
        T(a_server_is_a_scheme_and_a_host),
        T(what_is_wrong_is_refused_with_its_line),
        T(what_is_missing_or_contradicts_is_refused_with_its_line),
        T(a_login_that_needs_no_secret_needs_no_command),
        T(comments_may_stand_anywhere_and_keep_the_line_numbers),
        T(only_comments_are_blanked),
        T(the_rules_of_libconfuse_hold_inside_quotes),
        T(a_file_that_is_not_there_or_no_text_is_refused),
        T(links_do_not_hide_that_two_roots_are_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
