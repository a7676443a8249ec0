/* IMAP or POP: all answers over all servers. */
#include "config/init/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/init/block.h"

static void
the_answers_decide(void **state)
{
    static const struct {
        struct use use;
        bool pop;
        const char *keep; /* of POP */
    } rows[] = {
        {{true, false, USE_NOT_ASKED, USE_NOT_ASKED, USE_NOT_ASKED}, false, NULL},
        {{true, true, USE_YES, USE_NOT_ASKED, USE_NOT_ASKED}, false, NULL},
        {{true, true, USE_NO, USE_YES, USE_NOT_ASKED}, false, NULL},
        {{true, true, USE_NO, USE_UNKNOWN, USE_NOT_ASKED}, false, NULL},
        {{true, true, USE_NO, USE_NO, USE_YES}, true, "30d"},
        {{true, true, USE_NO, USE_NO, USE_NO}, true, "forever"},
        {{false, true, USE_NOT_ASKED, USE_YES, USE_NOT_ASKED}, true, "forever"},
        {{false, true, USE_NOT_ASKED, USE_UNKNOWN, USE_NOT_ASKED}, true, "forever"},
        {{false, true, USE_NOT_ASKED, USE_NO, USE_YES}, true, "30d"},
        {{false, true, USE_NOT_ASKED, USE_NO, USE_NO}, true, "forever"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(use_next(&rows[i].use), USE_DECIDED);
        assert_int_equal(use_is_pop(&rows[i].use), rows[i].pop);
        if (rows[i].pop)
            assert_string_equal(use_keep(&rows[i].use), rows[i].keep);
    }
}

static void
backup_is_asked_before_mail_may_go_from_the_server(void **state)
{
    (void)state;
    for (int bits = 1; bits < 4; bits++) {
        for (int n = 0; n < 64; n++) {
            const struct use use = {(bits & 1) != 0, (bits & 2) != 0, n % 4, n / 4 % 4, n / 16};
            const bool goes =
                use_next(&use) == USE_DECIDED && use_is_pop(&use) && strcmp(use_keep(&use), "forever") != 0;

            assert_string_not_equal(use_keep(&use), "no");
            assert_true(!goes || use.backed_up == USE_YES);
        }
    }
}

static void
values_are_quoted_for_the_parser(void **state)
{
    char *text = block_text(&(struct block){.name = "a", .password_command = "echo \"$x\\\""});

    (void)state;
    assert_string_equal(text, "account \"a\" {\n    password-command = \"echo \\\"\\$x\\\\\\\"\"\n}\n");
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answers_decide),
        cmocka_unit_test(backup_is_asked_before_mail_may_go_from_the_server),
        cmocka_unit_test(values_are_quoted_for_the_parser),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
