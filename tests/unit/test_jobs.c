/*
 * Which accounts a command runs, in which order, and with what. The runs over one account are played here: each writes down
 * what it was given.
 */
#include "config/jobs.h"
#include "sync/account.h"
#include "sync/inspect/inspect.h"
#include "sync/report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings_scratch.h"

#define PATIENCE_S 20 /* for another thread, on a machine that is busy */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char log[1024]; /* a word for each run, in the order of their beginnings */
    unsigned imports_begun, imports_ended;
    unsigned together;        /* an import waits until so many have begun */
    bool import_after_sync;   /* one had not ended when a sync began */
    bool kept_on_server;      /* what the last import was given of --pull */
    struct sync_options last; /* options of the last run */
    int status[8];            /* by the last letter of the account's name */
} played;

static int
begin(const char *word, const struct account *account, const struct sync_options *options)
{
    size_t len = strlen(played.log);

    (void)text_print(played.log + len, sizeof played.log - len, "%s%s:%s", len > 0 ? " " : "", word, account->name);
    if (options != NULL)
        played.last = *options;
    return played.status[account->name[strlen(account->name) - 1] - '0'];
}

int
account_import(const struct account *account, const struct sync_options *options, struct report *report)
{
    struct timespec until;
    int status;

    (void)report;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&played.lock);
    status = begin("import", account, options);
    played.kept_on_server = !account->policy.push.deletes;
    played.imports_begun++;
    pthread_cond_broadcast(&played.changed);
    while (played.imports_begun < played.together)
        if (pthread_cond_timedwait(&played.changed, &played.lock, &until) != 0)
            break;
    played.imports_ended++;
    pthread_mutex_unlock(&played.lock);
    return status;
}

int
account_sync(const struct account *account, const struct sync_options *options, struct report *report)
{
    int status;

    (void)report;
    pthread_mutex_lock(&played.lock);
    status = begin("sync", account, options);
    played.import_after_sync = played.import_after_sync || played.imports_ended < 2;
    pthread_mutex_unlock(&played.lock);
    return status;
}

int
account_status(const struct account *account, int64_t max_age, struct report *report)
{
    (void)max_age;
    (void)report;
    return begin("status", account, NULL);
}

int
account_check(const struct account *account, const struct sync_options *options, struct report *report)
{
    (void)report;
    return begin("check", account, options);
}

#define MIXED                                                                                                          \
    "account \"i1\" {" COMPLETE "maildir = \"/m/1\" }\n"                                                               \
    "account \"p2\" { keep = \"no\" maildir = \"/m/1\" server = \"pop3s://p\"" LOGIN "}\n"                             \
    "account \"i3\" {" COMPLETE "maildir = \"/m/3\" }\n"                                                               \
    "account \"p4\" { maildir = \"/m/1\" server = \"pop3s://q\"" LOGIN "}\n"

struct outcome { /* of a command */
    int status;
    char out[1024], err[1024];
};

/* Run a command line over a configuration. */
static struct outcome
run(const struct scratch *s, const char *text, const char *line)
{
    static int (*const commands[])(struct settings *, const struct options *, struct report *) = {
        [COMMAND_SYNC] = cmd_sync,
        [COMMAND_IMPORT] = cmd_import,
        [COMMAND_STATUS] = cmd_status,
        [COMMAND_CHECK] = cmd_check,
    };
    static struct outcome outcome;
    struct settings *settings = load(s, text);
    struct report_settings to = {0};
    struct options options;
    struct error err = {0};
    struct report *report;
    char words[256], *argv[12] = {(char *)"golub"}, *save = NULL;
    int argc = 1;

    assert_true(text_copy(text_of(line), words, sizeof words));
    for (char *word = strtok_r(words, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    assert_true(options_parse(argc, argv, &options, &err));
    outcome = (struct outcome){0};
    to.json = options.json;
    to.verbose = options.verbose;
    to.out = fmemopen(outcome.out, sizeof outcome.out, "w");
    to.err = fmemopen(outcome.err, sizeof outcome.err, "w");
    assert_true(to.out != NULL && to.err != NULL);
    report = report_new(&to);
    assert_non_null(report);
    outcome.status = commands[options.command](settings, &options, report);
    report_free(report);
    assert_int_equal(fclose(to.out), 0);
    assert_int_equal(fclose(to.err), 0);
    options_free(&options);
    settings_free(settings);
    return outcome;
}

static int
make_scene(void **state)
{
    memset(&played, 0, sizeof played);
    pthread_mutex_init(&played.lock, NULL);
    pthread_cond_init(&played.changed, NULL);
    return make_scratch(state);
}

/* What ran at once may have begun in either order. */
static void
assert_ran(const char *one, const char *other)
{
    if (strcmp(played.log, one) != 0)
        assert_string_equal(played.log, other);
}

static void
a_sync_imports_first_and_all_at_once(void **state)
{
    struct outcome o;

    played.together = 2;
    o = run(*state, MIXED, "sync i1 p2 p4");

    assert_int_equal(o.status, 0);
    assert_ran("import:p2 import:p4 sync:i1", "import:p4 import:p2 sync:i1");
    assert_int_equal(played.imports_begun, 2);
    assert_false(played.import_after_sync);
}

static void
without_a_name_every_account_is_synchronised(void **state)
{
    struct outcome o = run(*state, MIXED, "");

    assert_int_equal(o.status, 0);
    assert_int_equal(played.imports_ended, 2);
    assert_non_null(strstr(played.log, "sync:i1"));
    assert_non_null(strstr(played.log, "sync:i3"));
    assert_false(played.import_after_sync);
    assert_false(played.kept_on_server);
}

static void
a_failed_import_does_not_stop_the_sync_and_counts(void **state)
{
    struct outcome o;

    played.status[2] = 5;
    played.status[1] = 3;
    o = run(*state, MIXED, "sync p2 p4 i1");

    assert_int_equal(o.status, 5);
    assert_non_null(strstr(played.log, " sync:i1"));
}

static void
an_import_leaves_the_other_accounts_alone(void **state)
{
    struct outcome o;

    played.together = 2;
    o = run(*state, MIXED, "import --skip-existing --dry-run");

    assert_int_equal(o.status, 0);
    assert_ran("import:p2 import:p4", "import:p4 import:p2");
    assert_true(played.last.skip_existing && played.last.dry_run);
    assert_false(played.last.confirm);
    assert_false(played.kept_on_server);
}

static void
an_import_of_what_is_no_pop_account_is_refused_before_anything_runs(void **state)
{
    static const char *const lines[] = {"import i1", "import p2 i1"};

    for (size_t i = 0; i < 2; i++) {
        struct outcome o = run(*state, MIXED, lines[i]);

        assert_int_equal(o.status, 2);
        assert_string_equal(o.err,
                            "golub: account \"i1\" is not a POP one. An import pulls from POP servers alone. Both "
                            "ways: golub sync i1\n");
        assert_string_equal(played.log, "");
    }
}

static void
an_import_without_any_pop_account_says_how_one_looks(void **state)
{
    struct outcome o = run(*state, "account \"i1\" {" COMPLETE "maildir = \"/m\" }", "import");

    assert_int_equal(o.status, 2);
    assert_non_null(strstr(o.err, "there is no POP account in /tmp/"));
    assert_non_null(strstr(o.err, "One begins with server = \"pop3s://HOST\"; golub.conf(5) shows it."));
    assert_string_equal(played.log, "");
}

static void
an_unknown_account_is_refused_before_anything_runs(void **state)
{
    struct outcome o = run(*state, MIXED, "import p2 p9");

    assert_int_equal(o.status, 2);
    assert_string_equal(played.log, "");
}

static void
a_mailbox_of_a_pop_account_is_refused_before_anything_runs(void **state)
{
    struct outcome o = run(*state, MIXED, "sync i1/INBOX p2/INBOX");

    assert_int_equal(o.status, 2);
    assert_string_equal(o.err,
                        "golub: a POP account has no mailboxes to choose from: p2/INBOX. Name the account alone: "
                        "golub sync p2\n");
    assert_string_equal(played.log, "");
}

static void
a_list_of_held_removals_belongs_to_one_account(void **state)
{
    struct outcome o = run(*state, MIXED, "import --confirm-deletes=k3x");

    assert_int_equal(o.status, 2);
    assert_string_equal(
        o.err, "golub: the list k3x belongs to one account. Name it: golub import --confirm-deletes=k3x ACCOUNT\n");

    o = run(*state, MIXED, "import --confirm-deletes=k3x p2");

    assert_int_equal(o.status, 0);
    assert_string_equal(played.log, "import:p2");
    assert_true(played.last.confirm);
}

static void
push_leaves_pop_accounts_out(void **state)
{
    struct outcome o = run(*state, MIXED, "sync --push p4 i1");

    assert_int_equal(o.status, 0);
    assert_string_equal(played.log, "sync:i1");
    assert_string_equal(o.out, "p4: not imported: with --push nothing comes down\n"); /* it was asked for by name */

    o = run(*state, MIXED, "sync --push");
    assert_string_equal(o.out, "");

    o = run(*state, MIXED, "sync --push --verbose");
    assert_string_equal(o.out, "p2: not imported: with --push nothing comes down\n"
                               "p4: not imported: with --push nothing comes down\n");

    o = run(*state, MIXED, "sync --push --json p4");
    assert_string_equal(
        o.out,
        "{\"v\":1,\"event\":\"message\",\"account\":\"p4\",\"key\":\"note\",\"text\":\"not imported: with --push "
        "nothing comes down\"}\n{\"v\":1,\"event\":\"result\",\"account\":\"p4\",\"status\":0}\n");
    assert_int_equal(played.imports_begun, 0);
}

static void
pull_removes_nothing_on_a_pop_server(void **state)
{
    struct outcome o = run(*state, MIXED, "sync --pull p2");

    assert_int_equal(o.status, 0);
    assert_string_equal(played.log, "import:p2");
    assert_true(played.kept_on_server);
}

static void
status_and_check_take_every_account_in_the_order_of_the_file(void **state)
{
    struct outcome o = run(*state, MIXED, "status");

    assert_int_equal(o.status, 0);
    assert_string_equal(played.log, "status:i1 status:p2 status:i3 status:p4");

    played.log[0] = '\0';
    o = run(*state, MIXED, "check");
    assert_string_equal(played.log, "check:i1 check:p2 check:i3 check:p4");
}

#define S(test) cmocka_unit_test_setup_teardown(test, make_scene, remove_scratch)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        S(a_sync_imports_first_and_all_at_once),
        S(without_a_name_every_account_is_synchronised),
        S(a_failed_import_does_not_stop_the_sync_and_counts),
        S(an_import_leaves_the_other_accounts_alone),
        S(an_import_of_what_is_no_pop_account_is_refused_before_anything_runs),
        S(an_import_without_any_pop_account_says_how_one_looks),
        S(an_unknown_account_is_refused_before_anything_runs),
        S(a_mailbox_of_a_pop_account_is_refused_before_anything_runs),
        S(a_list_of_held_removals_belongs_to_one_account),
        S(push_leaves_pop_accounts_out),
        S(pull_removes_nothing_on_a_pop_server),
        S(status_and_check_take_every_account_in_the_order_of_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
