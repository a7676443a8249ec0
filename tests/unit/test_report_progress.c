/* The live line of a terminal, and what stands in its place where none can be drawn over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/report_scene.h"

static void
names_of_strangers_do_not_reach_the_terminal_raw(void **state)
{
    struct paper *p = given_report((struct report_settings){.verbose = 1, .terminal = true});

    (void)state;
    now = 0;
    report_mailbox(p->report, "work", "a\033]0;x\007\xc2\x9b", "made-here", "made\nhere");
    progress(p->report, "work", "b\033[2J\n", 1, 2, 3);

    assert_written(p,
                   "work/a\\x1B]0;x\\x07\\xC2\\x9B: made\\x0Ahere\n\rwork/b\\x1B[2J\\x0A: 1 of 2, 0.0 MB\033[K"
                   "\r\033[K",
                   "");
}

static void
the_live_line_is_drawn_over_and_taken_away(void **state)
{
    struct paper *p = given_report((struct report_settings){.terminal = true});

    (void)state;
    now = 0;
    progress(p->report, "w", "I", 0, 4, 0);
    now = 2000;
    progress(p->report, "w", "I", 1, 4, 3000000);
    report_line(p->report, "w", "k", "hello");

    assert_written(p,
                   "\rw/I: 0 of 4, 0.0 MB\033[K"
                   "\rw/I: 1 of 4, 3.0 MB, 1.5 MB/s, 0:06 left\033[K"
                   "\r\033[Kw: hello\n",
                   "");
}

static void
a_shorter_live_line_leaves_no_rest_of_the_longer_one(void **state)
{
    struct paper *p = given_report((struct report_settings){.terminal = true});

    (void)state;
    now = 0;
    progress(p->report, "w", "Long", 5, 0, 0);
    now = 100;
    progress(p->report, "w", "I", 6, 0, 0);

    assert_written(p, "\rw/Long: 5 messages, 0.0 MB\033[K\rw/I: 6 messages, 0.0 MB\033[K\r\033[K", "");
}

static void
a_live_line_is_never_wider_than_the_terminal(void **state)
{
    struct paper *p = given_report((struct report_settings){.terminal = true});
    char name[300];

    (void)state;
    now = 0;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memcpy(name + 75, "\xc3\xa9", 2); /* the cut would fall into this letter */
    progress(p->report, "work", name, 1, 2, 3);

    report_free(p->report);
    assert_int_equal(fclose(p->out), 0);
    assert_int_equal(fclose(p->err), 0);
    assert_true(strcspn(p->out_text + 1, "\r\033") <= 79);
    free(p->out_text);
    free(p->err_text);
}

/* Small messages come first: how many there are says nothing about the time. */
static void
bytes_tell_the_time_that_is_left(void **state)
{
    struct paper *p = given_report((struct report_settings){.terminal = true});
    struct report_amount amount = {.total = 3000, .total_bytes = 308000000};

    (void)state;
    now = 0;
    report_progress(p->report, "work", "INBOX", &amount);
    now = 10000;
    amount.done = 2960;
    amount.bytes = 61600000;
    report_progress(p->report, "work", "INBOX", &amount);

    assert_written(p,
                   "\rwork/INBOX: 0 of 3,000, 0 of 308 MB\033[K"
                   "\rwork/INBOX: 2,960 of 3,000, 62 of 308 MB, 6.2 MB/s, 0:40 left\033[K"
                   "\r\033[K",
                   "");
}

/* A run of less than a minute says nothing; then a line each half minute. */
static void
where_no_line_can_be_drawn_over_a_plain_one_comes_now_and_then(void **state)
{
    static const struct report_settings ways[] = {{0}, {.terminal = true, .plain = true}};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct paper *p = given_report(ways[i]);

        now = 1000;
        report_begin(p->report, "w", false);
        for (now = 1000; now < 125000; now += 1000)
            report_progress(p->report, "w", "I", &(struct report_amount){.done = (uint64_t)now / 1000, .total = 500});

        assert_written(p,
                       "w/I: 61 of 500, 0.0 MB, 7:19 left\nw/I: 91 of 500, 0.0 MB, 6:49 left\n"
                       "w/I: 121 of 500, 0.0 MB, 6:19 left\n",
                       "");
    }
}

static void
progress_is_shown_ten_times_a_second_at_most(void **state)
{
    for (int json = 0; json < 2; json++) {
        struct paper *p = given_report((struct report_settings){.terminal = true, .json = json != 0});
        size_t shown = 0;

        (void)state;
        now = 0;
        for (uint64_t i = 0; i < 1000; i++, now++)
            progress(p->report, "w", "I", i, 1000, i * 1000);
        assert_int_equal(fflush(p->out), 0);
        for (const char *at = p->out_text; (at = strstr(at, json != 0 ? "progress" : " of ")) != NULL; at++)
            shown++;

        assert_int_equal(shown, 10);
        assert_written(p, NULL, NULL);
    }
}

static void
without_a_terminal_there_is_no_live_line(void **state)
{
    struct paper *p = given_report(plain);

    (void)state;
    progress(p->report, "w", "I", 1, 2, 3);

    assert_written(p, "", "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_strangers_do_not_reach_the_terminal_raw),
        cmocka_unit_test(the_live_line_is_drawn_over_and_taken_away),
        cmocka_unit_test(a_shorter_live_line_leaves_no_rest_of_the_longer_one),
        cmocka_unit_test(a_live_line_is_never_wider_than_the_terminal),
        cmocka_unit_test(bytes_tell_the_time_that_is_left),
        cmocka_unit_test(where_no_line_can_be_drawn_over_a_plain_one_comes_now_and_then),
        cmocka_unit_test(progress_is_shown_ten_times_a_second_at_most),
        cmocka_unit_test(without_a_terminal_there_is_no_live_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
