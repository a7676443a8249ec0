/* Two reports of one header and one size, and names that change on the server. Included after cmocka.h. */
#ifndef TESTS_UNIT_IMPORT_TWO_REPORTS_H
#define TESTS_UNIT_IMPORT_TWO_REPORTS_H

#include <stdint.h>

#include "tests/unit/import_scene.h"

/* Two reports of one header and one size. */
static const char report_one[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit goes on\r\n";

static const char report_two[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit failed.\r\n";

static inline struct dropped *
given_report(struct scene *sc, const char *uidl, const char *bytes)
{
    return given_mail_as(sc, uidl, bytes, strlen(bytes));
}

static inline void
rename_there(struct dropped *mail, const char *uidl)
{
    text_print(mail->uidl, sizeof mail->uidl, "%s", uidl);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

#endif
