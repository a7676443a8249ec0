/* Commands that the user named: their environment, and how long they are waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/base/child.h"
#include "store/base/clock.h"
#include "store/base/text.h"

/* What a command prints, started with these variables. */
static const char *
printed(const char *command, const char *const *more)
{
    static char text[4096];
    ssize_t got = 0, some;
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(child_start(command, CHILD_NOTHING, ends[1], more, &pid), 0);
    close(ends[1]);
    while ((some = read(ends[0], text + got, sizeof text - 1 - (size_t)got)) > 0)
        got += some;
    close(ends[0]);
    text[got] = '\0';
    waitpid(pid, NULL, 0);
    return text;
}

static bool stop;

static bool
is_stopped(void *context)
{
    (void)context;
    return stop;
}

static enum child_end
waited(const char *command, struct child_patience patience, int *status)
{
    pid_t pid;

    assert_int_equal(child_start(command, CHILD_NOTHING, STDERR_FILENO, NULL, &pid), 0);
    patience.stopped = is_stopped;
    return child_wait(pid, &patience, status);
}

static void
a_variable_is_added_or_stands_for_that_of_golub(void **state)
{
    (void)state;
    setenv("GOLUB_TEST_A", "of golub", 1);
    setenv("GOLUB_TEST_AB", "another", 1);

    assert_string_equal(printed("echo $GOLUB_TEST_A, $GOLUB_TEST_AB, $GOLUB_TEST_C", NULL), "of golub, another,\n");
    assert_string_equal(printed("echo $GOLUB_TEST_A, $GOLUB_TEST_AB, \"$GOLUB_TEST_C\"; env | grep -c GOLUB_TEST_A=",
                                (const char *const[]){"GOLUB_TEST_A=of the caller", "GOLUB_TEST_C=two\nlines", NULL}),
                        "of the caller, another, two\nlines\n1\n");
    assert_string_equal(getenv("GOLUB_TEST_A"), "of golub");
}

static void
a_variable_that_is_too_long_is_an_error_and_no_command(void **state)
{
    char *longest = calloc(1, 200000);
    pid_t pid;
    (void)state;

    memset(longest, 'x', 199999);
    longest[1] = '=';
    assert_int_equal(child_start("true", CHILD_NOTHING, STDERR_FILENO, (const char *const[]){longest, NULL}, &pid),
                     E2BIG);
    free(longest);
}

static void
a_command_that_ends_by_itself_has_its_status(void **state)
{
    int status;
    (void)state;

    assert_int_equal(waited("exit 7", (struct child_patience){.limit_ms = 10000, .ask = SIGTERM}, &status),
                     CHILD_ENDED);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    assert_int_equal(waited("kill -9 $$", (struct child_patience){0}, &status), CHILD_ENDED);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == 9);
}

static void
one_that_takes_too_long_is_asked_and_then_killed_with_all_that_it_started(void **state)
{
    const struct child_patience patience = {.limit_ms = 200, .grace_ms = 300, .ask = SIGTERM};
    int64_t began = clock_ms();
    int status;
    (void)state;

    assert_int_equal(waited("sleep 20", patience, &status), CHILD_LATE);
    assert_true(clock_ms() - began < 5000);
    began = clock_ms();
    assert_int_equal(waited("trap '' TERM; sleep 20 & wait; sleep 20", patience, &status), CHILD_LATE);
    assert_true(clock_ms() - began >= 500 && clock_ms() - began < 5000);
}

static void
after_a_signal_it_may_end_in_its_grace_where_it_is_not_asked(void **state)
{
    int status;
    (void)state;
    stop = true;

    assert_int_equal(waited("sleep 0.3; exit 5", (struct child_patience){.grace_ms = 5000}, &status), CHILD_ENDED);
    assert_int_equal(WEXITSTATUS(status), 5);
    assert_int_equal(waited("sleep 20", (struct child_patience){.grace_ms = 200}, &status), CHILD_STOPPED);
    assert_int_equal(waited("sleep 20", (struct child_patience){.grace_ms = 5000, .ask = SIGTERM}, &status),
                     CHILD_STOPPED);
    stop = false;
}

static void
one_that_is_ended_by_a_signal_when_golub_is_has_not_failed(void **state)
{
    int status;
    (void)state;
    stop = true;

    assert_int_equal(waited("kill $$", (struct child_patience){.grace_ms = 5000}, &status), CHILD_STOPPED);
    assert_int_equal(waited("sh -c 'kill $$'; exit $?", (struct child_patience){.grace_ms = 5000}, &status),
                     CHILD_STOPPED);
    stop = false;
    assert_int_equal(waited("kill $$", (struct child_patience){.grace_ms = 5000}, &status), CHILD_ENDED);
}

static void
what_became_of_it_is_not_known_where_children_are_not_waited_for(void **state)
{
    int status;
    (void)state;
    signal(SIGCHLD, SIG_IGN);

    assert_int_equal(waited("exit 0", (struct child_patience){0}, &status), CHILD_LOST);
    assert_int_equal(errno, ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_is_added_or_stands_for_that_of_golub),
        cmocka_unit_test(a_variable_that_is_too_long_is_an_error_and_no_command),
        cmocka_unit_test(a_command_that_ends_by_itself_has_its_status),
        cmocka_unit_test(one_that_takes_too_long_is_asked_and_then_killed_with_all_that_it_started),
        cmocka_unit_test(after_a_signal_it_may_end_in_its_grace_where_it_is_not_asked),
        cmocka_unit_test(one_that_is_ended_by_a_signal_when_golub_is_has_not_failed),
        cmocka_unit_test(what_became_of_it_is_not_known_where_children_are_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
