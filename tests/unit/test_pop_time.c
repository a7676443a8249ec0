/* How long store/pop waits: for silence, for a signal, for a mailbox in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/pop_scene.h"

static void
silence_ends_with_the_time_limit(void **state)
{
    static const char *const script[] = {OLD, "C:RETR 1", "HANG", NULL};
    struct fixture *fixture = given_closed(state, script);
    fixture->to.timeout_s = 1;
    given_anew(fixture);

    assert_false(retrieve(fixture, 1));

    assert_int_equal(fixture->err.kind, ERROR_NETWORK);
    assert_given_up(fixture);
    end(fixture);
}

static bool
on_slow_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    struct fixture *fixture = context;

    (void)number;
    (void)bytes;
    (void)len;
    fixture->stop = true;
    usleep(1000); /* slower than the server, so that there is always something to read */
    return true;
}

static void
a_signal_is_heard_where_bytes_never_pause(void **state)
{
    static const char *const script[] = {PIPELINED, "C:RETR 1", "S:+OK", "FLOOD", NULL};
    struct fixture *fixture = given(state, script);
    const time_t before = time(NULL);

    assert_false(retrieve_into(fixture, 1, on_slow_bytes));

    assert_int_equal(fixture->err.kind, ERROR_INTERRUPTED);
    assert_in_range(time(NULL) - before, 4, 8);
    fixture->stop = false;
    assert_given_up(fixture);
    end(fixture);
}

static void
a_mailbox_in_use_is_tried_again_after_a_wait_that_is_said(void **state)
{
    static const char *const script[] = {"S:+OK hi",   LIST_OF("s:USER\r\n"),
                                         "C:USER ana", "S:+OK",
                                         "C:PASS pw",  "S:-ERR [IN-USE] locked",
                                         "NEXT",       OLD,
                                         BYE,          NULL};
    static const char *const after[] = {
        "S:+OK hi", LIST_OF("s:USER\r\n"), LOGIN, "C:CAPA", "S:-ERR [IN-USE] locked", "NEXT", OLD, BYE, NULL};
    struct fixture *fixture = given(state, script);
    assert_int_equal(fixture->said, 1);
    assert_true(quit(fixture));
    end(fixture);
    fixture = given(state, after);

    assert_int_equal(fixture->said, 1);
    assert_true(quit(fixture));

    end(fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_ends_with_the_time_limit),
        cmocka_unit_test(a_signal_is_heard_where_bytes_never_pause),
        cmocka_unit_test(a_mailbox_in_use_is_tried_again_after_a_wait_that_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
