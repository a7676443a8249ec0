/* The command line: what is understood, what is refused, and with which words. */
#include "config/options.h"
#include "config/options_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WORDS_MAX 12

/* Parse words that are split at blanks; argv[0] is added. */
static bool
parse(const char *line, struct options *options, struct error *err)
{
    static char text[512];
    char *argv[WORDS_MAX + 2] = {(char *)"golub"};
    char *save = NULL;
    int argc = 1;

    assert_true(text_copy(text_of(line), text, sizeof text));
    for (char *word = strtok_r(text, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        assert_true(argc <= WORDS_MAX);
        argv[argc++] = word;
    }
    *err = (struct error){0};
    return options_parse(argc, argv, options, err);
}

static void
assert_refused(const char *line, const char *what, const char *hint)
{
    struct options options;
    struct error err;

    assert_false(parse(line, &options, &err));

    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_string_equal(err.what, what);
    assert_string_equal(err.hint, hint);
    options_free(&options);
}

static void
sync_of_every_account_is_the_default(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    assert_true(parse("", &options, &err));

    assert_int_equal(options.command, COMMAND_SYNC);
    assert_int_equal(options.name_count, 0);
    assert_null(options.config);
    options_free(&options);
}

static void
options_may_stand_before_and_after_the_command(void **state)
{
    static const char *const lines[] = {
        "-n -c f --json sync a b/INBOX",
        "sync a b/INBOX -n -c f --json",
        "-n sync a --json b/INBOX --config=f",
        "--json -nc f sync -- a b/INBOX",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct options options;
        struct error err;

        assert_true(parse(lines[i], &options, &err));
        assert_int_equal(options.command, COMMAND_SYNC);
        assert_true(options.dry_run && options.json);
        assert_string_equal(options.config, "f");
        assert_int_equal(options.name_count, 2);
        assert_string_equal(options.names[0], "a");
        assert_string_equal(options.names[1], "b/INBOX");
        options_free(&options);
    }
}

static void
an_environment_that_asks_for_strict_order_changes_nothing(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    setenv("POSIXLY_CORRECT", "1", 1);
    assert_true(parse("sync a -n", &options, &err));
    unsetenv("POSIXLY_CORRECT");

    assert_true(options.dry_run);
    assert_int_equal(options.name_count, 1);
    options_free(&options);
}

static void
every_command_is_known(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    assert_true(parse("status work", &options, &err));
    assert_int_equal(options.command, COMMAND_STATUS);
    options_free(&options);
    assert_true(parse("check -q", &options, &err));
    assert_int_equal(options.command, COMMAND_CHECK);
    assert_true(options.quiet);
    options_free(&options);
}

static void
verbose_is_counted(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    assert_true(parse("-v check --verbose", &options, &err));
    assert_int_equal(options.verbose, 2);
    options_free(&options);
}

static void
held_additions_are_confirmed_or_rejected(void **state)
{
    struct options options;
    struct error err = {0};

    (void)state;
    assert_true(parse("--confirm-additions sync work", &options, &err));
    assert_true(options.confirm_additions && !options.reject_additions);
    assert_null(options.additions_id);
    options_free(&options);
    assert_true(parse("sync work --reject-additions=k3x", &options, &err));
    assert_true(options.reject_additions && !options.confirm_additions);
    assert_string_equal(options.additions_id, "k3x");
    options_free(&options);
    assert_refused("sync --confirm-additions --reject-additions",
                   "--confirm-additions and --reject-additions contradict each other",
                   "The one sends what is held, the other keeps it here alone.");
    assert_refused("sync --reject-additions=", "--reject-additions= needs the ID of a list", "golub status shows it.");
    assert_refused("import --confirm-additions", "--confirm-additions belongs to golub sync",
                   "An import goes one way by itself.");
}

static void
held_removals_are_confirmed_with_or_without_an_id(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    assert_true(parse("--confirm-deletes sync work", &options, &err));
    assert_true(options.confirm);
    assert_null(options.deletes_id);
    assert_int_equal(options.name_count, 1);
    options_free(&options);

    assert_true(parse("sync work --confirm-deletes=k3x", &options, &err));
    assert_true(options.confirm);
    assert_string_equal(options.deletes_id, "k3x");
    options_free(&options);
}

static void
help_wins_over_what_follows(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    assert_true(parse("-h --bogus", &options, &err));
    assert_true(options.help);
    options_free(&options);
    assert_true(parse("--version", &options, &err));
    assert_true(options.version);
    options_free(&options);
}

static void
what_is_not_understood_is_refused_with_a_hint(void **state)
{
    static const char list[] = "golub --help lists the options.";

    (void)state;
    assert_refused("work", "unknown command: work", "To synchronise an account of that name: golub sync work");
    assert_refused("fetch", "unknown command: fetch", "To synchronise an account of that name: golub sync fetch");
    assert_refused("-nz", "unknown option: -z", list);
    assert_refused("sync -c", "option --config needs the name of a file", list);
    assert_refused("--json=1", "this option takes no value: --json=1", list);
    assert_refused("--pull --push", "--pull and --push together leave nothing to do",
                   "Without either of them golub goes both ways.");
    assert_refused("-q -v", "--quiet and --verbose contradict each other", "");
    assert_refused("sync --confirm-deletes=", "--confirm-deletes= needs the ID of a list", "golub status shows it.");
    assert_refused("status --dry-run",
                   "--dry-run belongs to golub sync, golub import, golub adopt, golub restore and golub init", "");
    assert_refused("check --pull", "--pull belongs to golub sync", "");
    assert_refused("status --confirm-deletes", "--confirm-deletes belongs to golub sync and golub import", "");
    assert_refused("sync work/", "not a name: \"work/\"", "Write ACCOUNT or ACCOUNT/MAILBOX.");
    assert_refused("sync /INBOX", "not a name: \"/INBOX\"", "Write ACCOUNT or ACCOUNT/MAILBOX.");
    assert_refused("status work/INBOX",
                   "only golub sync, golub restore, golub verify and golub keyword take a mailbox: work/INBOX",
                   "Name the account alone: work");
}

static void
an_import_takes_the_options_that_go_one_way(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    assert_true(parse("import -n --json pop --confirm-deletes=k3x", &options, &err));
    assert_int_equal(options.command, COMMAND_IMPORT);
    assert_true(options.dry_run && options.json && options.confirm);
    assert_false(options.skip_existing);
    assert_string_equal(options.deletes_id, "k3x");
    assert_int_equal(options.name_count, 1);
    assert_string_equal(options.names[0], "pop");
    options_free(&options);

    assert_true(parse("adopt -n a --from mbsync --state s", &options, &err));
    assert_int_equal(options.command, COMMAND_ADOPT);
    assert_string_equal(options.from, "mbsync");
    assert_string_equal(options.state, "s");
    options_free(&options);

    assert_true(parse("import pop --adopt list --adopt-as getmail", &options, &err));
    assert_string_equal(options.adopt, "list");
    assert_string_equal(options.adopt_as, "getmail");
    options_free(&options);

    assert_true(parse("--skip-existing import --dry-run", &options, &err));
    assert_true(options.skip_existing && options.dry_run);
    options_free(&options);
}

static void
options_of_another_command_are_refused(void **state)
{
    static const char one_way[] = "An import goes one way by itself.";

    (void)state;
    assert_refused("import --pull", "--pull belongs to golub sync", one_way);
    assert_refused("import --push pop", "--push belongs to golub sync", one_way);
    assert_refused("sync --skip-existing", "--skip-existing belongs to golub import", "");
    assert_refused("--skip-existing", "--skip-existing belongs to golub import", "");
    assert_refused("status --skip-existing", "--skip-existing belongs to golub import", "");
    assert_refused("import --skip-existing --confirm-deletes",
                   "--skip-existing and --confirm-deletes contradict each other",
                   "The first only records what is there; run the two one after the other.");
    assert_refused("sync --adopt f pop", "--adopt belongs to golub import", "");
    assert_refused("import --adopt f --skip-existing pop", "--adopt and --skip-existing contradict each other",
                   "The first only records what the file names; run the two one after the other.");
    assert_refused("import --adopt f --confirm-deletes pop", "--adopt and --confirm-deletes contradict each other",
                   "The first only records what the file names; run the two one after the other.");
    assert_refused("import --adopt f", "a list of another program's belongs to one account",
                   "Name it: golub import ACCOUNT --adopt FILE");
    assert_refused("import --adopt f a b", "a list of another program's belongs to one account",
                   "Name it: golub import ACCOUNT --adopt FILE");
    assert_refused("import --adopt-as mpop a", "--adopt-as says what the file of --adopt is",
                   "golub import ACCOUNT --adopt FILE --adopt-as mpop");
    assert_refused("import a --adopt f --adopt-as pine", "no program that golub knows: --adopt-as pine",
                   "It is getmail, mpop or fetchmail.");
    assert_refused("import a --adopt", "option --adopt needs the name of a file", "golub --help lists the options.");
    assert_refused("adopt", "adopt takes one account", "Name it: golub adopt ACCOUNT");
    assert_refused("adopt a b", "adopt takes one account", "Name it: golub adopt ACCOUNT");
    assert_refused("adopt a/INBOX", "adopt takes an account with all its mailboxes: a/INBOX", "golub adopt a");
    assert_refused("adopt a --from pine", "no program that golub knows: --from pine", "It is mbsync or offlineimap.");
    assert_refused("adopt a --from", "option --from needs a program", "golub --help lists the options.");
    assert_refused("sync --state f a", "--state belongs to golub adopt", "");
    assert_refused("adopt a --pull", "--pull belongs to golub sync", "");
    assert_refused("import pop/INBOX",
                   "only golub sync, golub restore, golub verify and golub keyword take a mailbox: pop/INBOX",
                   "Name the account alone: pop");
}

static void
restore_takes_an_account_and_what_is_meant_of_it(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    assert_true(parse("restore work/INBOX --since 3d --run last", &options, &err));
    assert_int_equal(options.command, COMMAND_RESTORE);
    assert_true(options.name_count == 1 && options.rest_count == 0 && !options.all);
    assert_string_equal(options.since, "3d");
    assert_string_equal(options.run, "last");
    options_free(&options);
    assert_true(parse("restore work 12 7 --to Work --dry-run", &options, &err));
    assert_true(options.name_count == 1 && options.rest_count == 2 && options.dry_run);
    assert_string_equal(options.names[0], "work");
    assert_string_equal(options.rest[1], "7");
    assert_string_equal(options.to, "Work");
    options_free(&options);
}

static void
restore_takes_files_that_were_altered(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    assert_true(parse("restore work --altered a/b c", &options, &err));
    assert_true(options.altered && options.name_count == 1 && options.rest_count == 2);
    options_free(&options);
}

static void
what_restore_can_not_mean_is_refused(void **state)
{
    (void)state;
    assert_refused("restore", "restore takes one account", "Name it: golub restore ACCOUNT");
    assert_refused("restore work INBOX", "not an ID: INBOX", "IDs are numbers; `golub restore work` lists them.");
    assert_refused("restore work 0", "not an ID: 0", "IDs are numbers; `golub restore work` lists them.");
    assert_refused("restore work 1 --all", "--all and IDs contradict each other", "Give the one or the other.");
    assert_refused("restore work 1 --since 3d",
                   "IDs say which messages are meant: --since and --run go with --all or with the list",
                   "Leave them out.");
    assert_refused("restore work 1 --to A --to-dir B", "--to and --to-dir contradict each other",
                   "Give the one or the other.");
    assert_refused("restore work --to A", "--to and --to-dir put messages back: say which",
                   "Give their IDs, or --all.");
    assert_refused("restore work --since soon", "--since takes a time or a date: soon is none",
                   "A number with s, m, h, d or w behind it, such as 3d; or a day, such as 2026-11-28.");
    assert_refused("restore work --run -1", "--run takes last, or the number of a run: -1 is none",
                   "`golub restore work` shows the numbers.");
    assert_refused("restore work --altered", "--altered takes files",
                   "golub restore ACCOUNT --altered FILE...; `golub status` lists those that were altered.");
    assert_refused("restore work --altered f --all", "--altered takes files and nothing else",
                   "golub restore ACCOUNT --altered FILE...");
    assert_refused("sync work --all", "--all belongs to golub restore", "");
    assert_refused("restore work --at 2026-11-01", "unknown option: --at", "golub --help lists the options.");
}

static void
a_moment_is_a_time_ago_or_a_day(void **state)
{
    static const char *const wrong[] = {"", "3", "2026-1-1", "2026-13-01", "2026-02-30", "2026-11-28x", "yesterday"};
    int64_t moment = 7;
    struct tm day = {.tm_year = 126, .tm_mon = 10, .tm_mday = 28, .tm_isdst = -1};

    (void)state;
    assert_true(options_since("3d", 1000000, &moment));
    assert_int_equal(moment, 1000000 - 3 * 86400);
    assert_true(options_since("2026-11-28", 0, &moment));
    assert_int_equal(moment, mktime(&day));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(options_since(wrong[i], 1000000, &moment));
}

/* What the help on a command says. Static. */
static const char *
help_on(const char *command)
{
    static char text[8192];
    FILE *file = fmemopen(text, sizeof text, "w");

    assert_non_null(file);
    options_print_help(command, file);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void
help_on_a_command_has_its_options_and_those_of_all_and_no_others(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    assert_true(parse("help import", &options, &err));
    assert_true(options.help);
    assert_string_equal(options.help_of, "import");
    options_free(&options);
    assert_non_null(strstr(help_on("import"), "usage: golub import [ACCOUNT]"));
    assert_non_null(strstr(help_on("import"), "--skip-existing"));
    assert_non_null(strstr(help_on("import"), "--confirm-deletes"));
    assert_non_null(strstr(help_on("import"), "--verbose"));
    assert_null(strstr(help_on("import"), "golub check"));
    assert_null(strstr(help_on("import"), "--push"));
    assert_null(strstr(help_on("import"), "--from"));
    assert_non_null(strstr(help_on("sync"), "usage: golub [sync]"));
    assert_non_null(strstr(help_on(NULL), "golub check"));
    assert_true(parse("help", &options, &err) && options.help && options.help_of == NULL);
    options_free(&options);
    assert_refused("help nosuch", "no help on: nosuch",
                   "golub help knows: sync, import, status, check, adopt, restore, verify, watch, keyword, init");
    assert_refused("help sync work", "no help on: work",
                   "golub help knows: sync, import, status, check, adopt, restore, verify, watch, keyword, init");
}

static void
keyword_takes_files_and_words_or_a_list(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    assert_true(parse("keyword -c f --json ./a +later -b ./list -n +-x", &options, &err));
    assert_int_equal(options.command, COMMAND_KEYWORD);
    assert_true(options.json && !options.dry_run);
    assert_int_equal(options.name_count, 0);
    assert_int_equal(options.rest_count, 6);
    assert_string_equal(options.rest[4], "-n");
    options_free(&options);
    assert_true(parse("keyword list work/INBOX --json", &options, &err));
    assert_true(options.json && options.name_count == 1 && options.rest_count == 0);
    assert_string_equal(options.names[0], "work/INBOX");
    options_free(&options);

    assert_true(parse("keyword --write work/INBOX", &options, &err));
    assert_true(options.write && options.name_count == 1 && options.rest_count == 0);
    options_free(&options);
    assert_true(parse("keyword --write", &options, &err));
    assert_true(options.write && options.name_count == 0 && options.rest_count == 0);
    options_free(&options);
    assert_refused("status --write", "--write belongs to golub keyword", "");

    assert_refused("keyword", "golub keyword needs a file, or the word list",
                   "golub keyword list [ACCOUNT[/MAILBOX]]..., or golub keyword FILE... [+WORD|-WORD]...");
    assert_refused("keyword a --json", "behind the first file there are no options: --json",
                   "Options go before it; every -WORD behind it is a keyword that is taken off.");
    assert_refused("keyword a +$Forwarded", "$Forwarded is a flag, no keyword",
                   "Flags are letters of the file's name: your mail reader sets them.");
    assert_refused("keyword a +x*", "no keyword that a server could have: +x*",
                   "ASCII letters, digits and signs, no blank and none of ( ) { ] % * \" \\, at most 250.");
    assert_refused("keyword --pull a +x", "--pull belongs to golub sync", "");
}

static void
verify_takes_mailboxes_and_a_part(void **state)
{
    struct options options;
    struct error err;

    (void)state;
    assert_true(parse("verify work/INBOX --server --part 2/30", &options, &err));

    assert_int_equal(options.command, COMMAND_VERIFY);
    assert_string_equal(options.names[0], "work/INBOX");
    assert_true(options.server && options.bytes);
    assert_int_equal(options.part, 2);
    assert_int_equal(options.parts, 30);
    options_free(&options);

    for (const char *const *bad =
             (const char *const[]){"0/3", "4/3", "1/0", "1", "/3", "1/", "a/b", "-1/3", "1/3/3", NULL};
         *bad; bad++) {
        char line[64], what[64];

        (void)text_print(line, sizeof line, "verify --bytes --part %s", *bad);
        (void)text_print(what, sizeof what, "no part: --part %s", *bad);
        assert_refused(line, what, "Write --part N/M with 1 <= N <= M, such as 1/30.");
    }
    assert_refused("verify --part 1/3", "--part says of what is read which part", "golub verify --bytes --part 1/3");
    assert_refused("sync --bytes", "--bytes belongs to golub verify", "");
    assert_refused("verify --pull", "--pull belongs to golub sync", "");
}

/* A value for init, none for verify, wherever they stand. */
static void
server_takes_what_its_command_says(void **state)
{
    static const struct {
        const char *line;
        enum command command;
        const char *server;
    } rows[] = {
        {"init --server imaps://h a@b", COMMAND_INIT, "imaps://h"},
        {"--server imaps://h init a@b", COMMAND_INIT, "imaps://h"},
        {"--server=imaps://h init a@b", COMMAND_INIT, "imaps://h"},
        {"--account x -c f --server h init a@b", COMMAND_INIT, "h"},
        {"--account verify --server sync.h init a@b", COMMAND_INIT, "sync.h"},
        {"--server init init a@b", COMMAND_INIT, "init"},
        {"verify --server init", COMMAND_VERIFY, NULL},
        {"--server verify init", COMMAND_VERIFY, NULL},
        {"--part 1/2 --server verify", COMMAND_VERIFY, NULL},
    };
    struct options options;
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(parse(rows[i].line, &options, &err));
        assert_int_equal(options.command, rows[i].command);
        assert_int_equal(options.server, rows[i].server == NULL);
        assert_int_equal(options.name_count, 1 - (strstr(rows[i].line, "1/2") != NULL));
        if (rows[i].server != NULL)
            assert_string_equal(options.init[INIT_SERVER], rows[i].server);
        options_free(&options);
    }
    assert_refused("--server init", "option --server needs a server, such as imaps://imap.example.org",
                   "golub init --server SERVER");
    assert_refused("--server init a@b", "option --server needs a server, such as imaps://imap.example.org",
                   "golub init --server SERVER");
    assert_refused("init a@b --server", "option --server needs a server, such as imaps://imap.example.org",
                   "golub --help lists the options.");
    assert_refused("--server imaps://h", "unknown command: imaps://h",
                   "To set up an account of that server: golub init --server imaps://h");
    assert_refused("verify --server=imaps://h", "this option takes no value: --server=imaps://h",
                   "For golub init it does, for golub verify it does not.");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restore_takes_an_account_and_what_is_meant_of_it),
        cmocka_unit_test(restore_takes_files_that_were_altered),
        cmocka_unit_test(what_restore_can_not_mean_is_refused),
        cmocka_unit_test(a_moment_is_a_time_ago_or_a_day),
        cmocka_unit_test(sync_of_every_account_is_the_default),
        cmocka_unit_test(options_may_stand_before_and_after_the_command),
        cmocka_unit_test(an_environment_that_asks_for_strict_order_changes_nothing),
        cmocka_unit_test(every_command_is_known),
        cmocka_unit_test(verbose_is_counted),
        cmocka_unit_test(held_additions_are_confirmed_or_rejected),
        cmocka_unit_test(held_removals_are_confirmed_with_or_without_an_id),
        cmocka_unit_test(help_wins_over_what_follows),
        cmocka_unit_test(what_is_not_understood_is_refused_with_a_hint),
        cmocka_unit_test(an_import_takes_the_options_that_go_one_way),
        cmocka_unit_test(options_of_another_command_are_refused),
        cmocka_unit_test(help_on_a_command_has_its_options_and_those_of_all_and_no_others),
        cmocka_unit_test(keyword_takes_files_and_words_or_a_list),
        cmocka_unit_test(verify_takes_mailboxes_and_a_part),
        cmocka_unit_test(server_takes_what_its_command_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
