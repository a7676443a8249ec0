/* Reports, as a program sends them each day: mail of one header, told apart by its bodies alone. Included after cmocka.h. */
#ifndef TESTS_UNIT_IMPORT_REPORTS_H
#define TESTS_UNIT_IMPORT_REPORTS_H

#include <stdint.h>
#include <unistd.h>

#include "tests/unit/import_scene.h"

#define HEADER "Subject: report\r\nMessage-ID: <fixed@x>\r\n\r\n"

static inline struct dropped *
given_report(struct scene *sc, const char *uidl, const char *body)
{
    char text[200];

    text_print(text, sizeof text, HEADER "%s\r\n", body);
    return given_mail_as(sc, uidl, text, strlen(text));
}

static inline void
given_other_names(struct scene *sc)
{
    static int serial;

    for (size_t i = 0; i < sc->drop.count; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "n%d", ++serial);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

#endif
