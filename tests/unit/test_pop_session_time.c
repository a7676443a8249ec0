/* How long a POP3 session waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/pop_session_scene.h"

static void
an_answer_in_drops_is_not_waited_for_without_end(void **state)
{
    static const char *const script[] = {"s:+OK ", "DRIP", "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);
    const time_t before = time(NULL);
    fixture->to.timeout_s = 1;

    assert_fails(fixture, ERROR_NETWORK);

    assert_in_range(time(NULL) - before, 4, 8);
    assert_has(fixture->err.answer, "too slowly");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_answer_in_drops_is_not_waited_for_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
