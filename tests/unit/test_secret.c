/* The password command: what counts of its output, when it runs again, and how it is given up. */
#include "config/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

static int64_t now; /* of the tests' clock, milliseconds */

static int64_t
tell_now(void)
{
    return now;
}

static bool
always(void *context)
{
    (void)context;
    return true;
}

/* A process that was killed and waits to be collected does not run any more. */
static bool
is_running(int pid)
{
    char path[64], line[256] = "", *state;
    FILE *stat;

    assert_true(text_print(path, sizeof path, "/proc/%d/stat", pid));
    stat = fopen(path, "r");
    if (stat == NULL)
        return false;
    (void)!fgets(line, sizeof line, stat);
    fclose(stat);
    state = strrchr(line, ')');
    return state != NULL && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}

static struct secret *
given_command(const char *command)
{
    const struct secret_settings settings = {.command = command, .now_ms = tell_now};
    struct secret *secret = secret_new(&settings);

    assert_non_null(secret);
    return secret;
}

static void
assert_secret(struct secret *secret, bool again, const char *expected)
{
    struct error err = {0};
    char *text = NULL;

    if (!secret_get(secret, again, &text, &err))
        fail_msg("%s: %s", err.what, err.answer);
    assert_string_equal(text, expected);
    free(text);
}

static void
assert_failure(const char *command, const char *answer)
{
    struct secret *secret = given_command(command);
    struct error err = {0};
    char *text = NULL;

    assert_false(secret_get(secret, false, &text, &err));

    assert_int_equal(err.kind, ERROR_LOGIN);
    assert_string_equal(err.what, "run the password command");
    assert_string_equal(err.answer, answer);
    assert_null(text);
    secret_free(secret);
}

static void
the_first_line_is_the_secret(void **state)
{
    static const struct {
        const char *command, *secret;
    } rows[] = {
        {"echo sesam", "sesam"},
        {"printf sesam", "sesam"},
        {"printf 'a b \\nuser: ana\\n'", "a b "},
        {"printf 'sesam\\r\\n'", "sesam"},
        {"printf '\\303\\251\\n'", "\xc3\xa9"},
        {"echo sesam; yes | head -c 300000", "sesam"}, /* more than a pipe holds: it must be read to its end */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct secret *secret = given_command(rows[i].command);

        assert_secret(secret, false, rows[i].secret);
        secret_free(secret);
    }
}

static void
a_token_may_be_long(void **state)
{
    struct secret *secret = given_command("head -c 65536 /dev/zero | tr '\\0' t");
    struct error err = {0};
    char *text = NULL;

    (void)state;
    assert_true(secret_get(secret, false, &text, &err));
    assert_int_equal(strlen(text), LIMIT_SECRET);
    free(text);
    secret_free(secret);

    assert_failure("head -c 65538 /dev/zero | tr '\\0' t", "its first line is longer than 65536 bytes");
}

static void
a_command_that_fails_says_how(void **state)
{
    (void)state;
    assert_failure(NULL, "the configuration has none");
    assert_failure("exit 3", "it ended with status 3");
    assert_failure("echo sesam; exit 1", "it ended with status 1");
    assert_failure("kill -9 $$", "it was ended by signal 9");
    assert_failure("true", "it printed nothing, or an empty first line");
    assert_failure("echo; echo sesam", "it printed nothing, or an empty first line");
    assert_failure("printf 'a\\0b\\n'", "its first line holds a NUL byte");
    assert_failure("kill -TTIN $$", "it was stopped because it wanted to use the terminal");
}

static void
a_command_that_takes_too_long_is_ended_with_all_it_started(void **state)
{
    char folder[] = "/tmp/golub-secret-XXXXXX", command[128], file[64];
    struct secret_settings settings = {.command = command, .limit_ms = 300};
    struct secret *secret = secret_new(&settings);
    struct error err = {0};
    char *text = NULL;
    FILE *pids;
    int pid = 0;

    (void)state;
    assert_non_null(secret);
    assert_non_null(mkdtemp(folder));
    assert_true(text_print(file, sizeof file, "%s/pid", folder));
    assert_true(text_print(command, sizeof command, "sleep 1000 & echo $! > %s; wait", file));

    assert_false(secret_get(secret, false, &text, &err));

    assert_int_equal(err.kind, ERROR_LOGIN);
    assert_string_equal(err.answer, "it did not end within 1 seconds");
    pids = fopen(file, "r");
    assert_non_null(pids);
    assert_int_equal(fscanf(pids, "%d", &pid), 1);
    fclose(pids);
    for (int i = 0; i < 100 && is_running(pid); i++) /* the system takes a moment to collect it */
        usleep(10000);
    assert_false(is_running(pid));
    secret_free(secret);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void
a_helper_that_stays_behind_is_not_waited_for(void **state)
{
    struct secret *secret = given_command("sleep 5 & echo sesam");

    (void)state;
    alarm(4); /* the test program is ended if it waits for the sleeper */
    assert_secret(secret, false, "sesam");
    alarm(0);
    secret_free(secret);
}

static void
a_signal_ends_the_wait(void **state)
{
    const struct secret_settings settings = {.command = "sleep 1000", .stopped = always};
    struct secret *secret = secret_new(&settings);
    struct error err = {0};
    char *text = NULL;

    (void)state;
    assert_non_null(secret);
    assert_false(secret_get(secret, false, &text, &err));
    assert_int_equal(err.kind, ERROR_INTERRUPTED);
    secret_free(secret);
}

static void
the_command_runs_again_only_when_the_secret_is_old_or_refused(void **state)
{
    char folder[] = "/tmp/golub-secret-XXXXXX", command[128], file[64];
    struct secret *secret;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_true(text_print(file, sizeof file, "%s/n", folder));
    assert_true(
        text_print(command, sizeof command, "echo x >> %s; wc -l < %s | tr -d ' '", file, file)); /* how often it ran */
    now = 1000;
    secret = given_command(command);

    assert_secret(secret, false, "1");
    now += SECRET_KEPT_MS;
    assert_secret(secret, false, "1");
    now += 1;
    assert_secret(secret, false, "2");
    assert_secret(secret, true, "3");
    assert_secret(secret, false, "3");

    secret_free(secret);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void *
ask_once(void *context)
{
    struct error err = {0};
    char *text = NULL;

    if (!secret_get(context, false, &text, &err))
        return NULL;
    return text;
}

static void
two_accounts_never_ask_at_the_same_time(void **state)
{
    enum { THREADS = 4 };
    char folder[] = "/tmp/golub-secret-XXXXXX", command[160];
    struct secret *secrets[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    assert_non_null(mkdtemp(folder));
    /* A second one at the same time finds the folder taken and fails. */
    assert_true(text_print(command, sizeof command, "mkdir %s/busy && sleep 0.05 && rmdir %s/busy && echo sesam",
                           folder, folder));

    for (size_t i = 0; i < THREADS; i++) {
        secrets[i] = given_command(command);
        assert_int_equal(pthread_create(&threads[i], NULL, ask_once, secrets[i]), 0);
    }

    for (size_t i = 0; i < THREADS; i++) {
        void *text;

        assert_int_equal(pthread_join(threads[i], &text), 0);
        assert_non_null(text);
        assert_string_equal(text, "sesam");
        free(text);
        secret_free(secrets[i]);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void
the_command_has_nothing_to_read_and_a_group_of_its_own(void **state)
{
    struct secret *secret =
        given_command("cat; set -- $(cut -d ' ' -f 5 /proc/$$/stat); [ \"$1\" = $$ ] && echo alone");

    (void)state;
    assert_secret(secret, false, "alone");
    secret_free(secret);
}

static void
the_command_has_the_usual_signals(void **state)
{
    /* the two bits alone: who started the test may have left others */
    struct secret *secret =
        given_command("echo $((0x$(sed -n 's/^SigIgn:[[:space:]]*//p' /proc/$$/status) & 0x1001000))");

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    assert_secret(secret, false, "0");
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)signal(SIGPIPE, SIG_DFL);
    secret_free(secret);
}

static void
assert_refresh_fails(const char *command, const char *answer)
{
    const struct secret_settings settings = {.command = "echo sesam", .refresh = command, .limit_ms = 300};
    struct secret *secret = secret_new(&settings);
    struct error err = {0};

    assert_non_null(secret);
    assert_false(secret_refresh(secret, &err));

    assert_int_equal(err.kind, ERROR_LOGIN);
    assert_string_equal(err.what, "run the refresh command");
    assert_string_equal(err.answer, answer);
    secret_free(secret);
}

static void
a_refresh_that_fails_says_how(void **state)
{
    (void)state;
    assert_refresh_fails("exit 3", "it ended with status 3");
    assert_refresh_fails("kill -9 $$", "it was ended by signal 9");
    assert_refresh_fails("kill -TTIN $$", "it was stopped because it wanted to use the terminal");
    assert_refresh_fails("sleep 1000", "it did not end within 1 seconds");
}

/* More than a pipe holds, a first line beyond what a secret may be, NUL bytes, or none at all. */
static void
what_a_refresh_prints_is_nobodys(void **state)
{
    static const char *const commands[] = {"true", "echo sesame2", "head -c 300000 /dev/zero", "yes | head -c 300000"};

    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const struct secret_settings settings = {.command = "echo sesam", .refresh = commands[i], .now_ms = tell_now};
        struct secret *secret = secret_new(&settings);
        struct error err = {0};

        assert_non_null(secret);
        if (!secret_refresh(secret, &err))
            fail_msg("%s: %s", commands[i], err.answer);
        assert_secret(secret, false, "sesam");
        secret_free(secret);
    }
}

static void
a_refresh_is_ended_by_a_signal_and_without_a_command_it_is_done(void **state)
{
    const struct secret_settings settings = {.refresh = "sleep 1000", .stopped = always};
    struct secret *secret = secret_new(&settings);
    struct secret *none = given_command("echo sesam");
    struct error err = {0};

    (void)state;
    assert_non_null(secret);
    assert_false(secret_refresh(secret, &err));
    assert_int_equal(err.kind, ERROR_INTERRUPTED);
    assert_true(secret_refresh(none, &err));
    secret_free(secret);
    secret_free(none);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_is_the_secret),
        cmocka_unit_test(a_token_may_be_long),
        cmocka_unit_test(a_command_that_fails_says_how),
        cmocka_unit_test(a_command_that_takes_too_long_is_ended_with_all_it_started),
        cmocka_unit_test(a_helper_that_stays_behind_is_not_waited_for),
        cmocka_unit_test(a_signal_ends_the_wait),
        cmocka_unit_test(the_command_runs_again_only_when_the_secret_is_old_or_refused),
        cmocka_unit_test(two_accounts_never_ask_at_the_same_time),
        cmocka_unit_test(the_command_has_nothing_to_read_and_a_group_of_its_own),
        cmocka_unit_test(the_command_has_the_usual_signals),
        cmocka_unit_test(a_refresh_that_fails_says_how),
        cmocka_unit_test(what_a_refresh_prints_is_nobodys),
        cmocka_unit_test(a_refresh_is_ended_by_a_signal_and_without_a_command_it_is_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
