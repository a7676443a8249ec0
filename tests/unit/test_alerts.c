/* What the server wants people to read: which codes, each line once, and never more than there is room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/imap/alerts.h"

static void
each_alert_is_kept_once_and_escaped(void **state)
{
    struct buffer alerts = buffer_new(ALERTS_MAX);

    (void)state;
    alerts_note(&alerts, TEXT("[ALERT] mind the step"));
    alerts_note(&alerts, TEXT("[alert] mind\nthe step"));
    alerts_note(&alerts, TEXT("[WEBALERT https://example.org/] read"));
    alerts_note(&alerts, TEXT("[ALERT] mind the step"));
    alerts_note(&alerts, TEXT("[ALERTING] nobody"));
    alerts_note(&alerts, TEXT("no [ALERT]"));
    alerts_note(NULL, TEXT("[ALERT] nobody wants to know"));

    assert_string_equal(alerts.at, "[ALERT] mind the step\n[alert] mind\\x0Athe step\n"
                                   "[WEBALERT https://example.org/] read\n");
    buffer_free(&alerts);
}

static void
a_flood_of_alerts_is_cut_between_two(void **state)
{
    struct buffer alerts = buffer_new(ALERTS_MAX);
    char text[64];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        (void)text_print(text, sizeof text, "[ALERT] number %d", i);
        alerts_note(&alerts, text_of(text));
    }

    assert_true(alerts.len <= ALERTS_MAX && alerts.at[alerts.len - 1] == '\n');
    buffer_free(&alerts);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_alert_is_kept_once_and_escaped),
        cmocka_unit_test(a_flood_of_alerts_is_cut_between_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
