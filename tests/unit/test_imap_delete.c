/* A mailbox that is deleted there, against a scripted server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_script.h"

static const struct remote_delete a = {
    .name = {"A", 1}, .aside = {"aside", 5}, .separator = '/', .uidvalidity = 7, .uidnext = 4, .objectid = ""};

#define LOOK                                                                                                           \
    "C:g1 LIST \"\" \"A\"", "C:g2 LIST \"\" \"aside\"", "C:g3 STATUS \"A\" (MESSAGES UIDNEXT UIDVALIDITY)",            \
        "C:g4 LIST \"\" \"A/%\"", "C:g5 LSUB \"\" \"A\""
#define EMPTY                                                                                                          \
    "S:* LIST () \"/\" A", "S:g1 OK", "S:g2 OK", "S:* STATUS A (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)", "S:g3 OK",       \
        "S:g4 OK", "S:* LSUB () \"/\" A", "S:g5 OK"
#define RENAME                                                                                                         \
    "C:g6 RENAME \"A\" \"aside\"", "C:g7 LIST \"\" \"A\"", "C:g8 LIST \"\" \"aside\"", "C:g9 STATUS \"aside\" *",      \
        "S:g6 OK", "S:g7 OK", "S:* LIST () \"/\" aside", "S:g8 OK"

static void
assert_outcome(const char *const *dialogue, const struct remote_delete *what, const char *told)
{
    struct script *script = given_script("", dialogue);
    struct remote_outcome outcome;

    assert_true(script->remote.ops->delete (script->remote.self, what, &outcome, &script->err));

    tell(script, "%s%s%s%s%s\n", outcome.ok ? "ok" : "no", outcome.changed ? " changed" : "",
         outcome.doubtful ? " doubtful" : "", outcome.answer[0] != '\0' ? ": " : "", outcome.answer);
    assert_told(script, told);
    end_script(script);
}

static void
it_is_looked_at_under_a_name_that_no_mail_can_come_to_before_it_goes(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK,
                                         EMPTY,
                                         RENAME,
                                         "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)",
                                         "S:g9 OK",
                                         "C:g10 DELETE \"aside\"",
                                         "C:g11 LIST *",
                                         "C:g12 LIST *",
                                         "C:g13 STATUS *",
                                         "S:g10 OK",
                                         "S:g11 OK",
                                         "S:g12 OK",
                                         "S:g13 NO",
                                         "C:g14 UNSUBSCRIBE \"A\"",
                                         "C:g15 LIST *",
                                         "C:g16 LIST *",
                                         "C:g17 STATUS *",
                                         "S:g14 OK",
                                         "S:g15 OK",
                                         "S:g16 OK",
                                         "S:g17 NO",
                                         NULL},
                   &a, "ok\n");
}

static void
a_list_that_is_refused_proves_nothing(void **state)
{
    (void)state;
    assert_outcome(
        (const char *const[]){LOOK, "S:g1 NO [UNAVAILABLE] later", "S:g2 OK", "S:g3 NO", "S:g4 OK", "S:g5 OK", NULL},
        &a, "no: the server does not list it now\n");
    assert_outcome((const char *const[]){LOOK, EMPTY, RENAME, "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)",
                                         "S:g9 OK", "C:g10 DELETE \"aside\"", "C:g11 LIST *", "C:g12 LIST *",
                                         "C:g13 STATUS *", "S:g10 OK", "S:g11 OK", "S:g12 NO [UNAVAILABLE] later",
                                         "S:g13 NO", NULL},
                   &a, "no: the server does not list it now\n");
}

static void
what_came_meanwhile_gives_it_its_name_back(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK, EMPTY, RENAME, "S:* STATUS aside (MESSAGES 1 UIDNEXT 5 UIDVALIDITY 7)",
                                         "S:g9 OK", "C:g10 RENAME \"aside\" \"A\"", "C:g11 LIST *", "C:g12 LIST *",
                                         "C:g13 STATUS *", "S:g10 OK", "S:* LIST () \"/\" A", "S:g11 OK", "S:g12 OK",
                                         "S:g13 NO", NULL},
                   &a, "no changed: mail came to it\n");
}

static void
one_that_cannot_have_its_name_back_is_in_doubt(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK, EMPTY, RENAME, "S:* STATUS aside (MESSAGES 1 UIDNEXT 5 UIDVALIDITY 7)",
                                         "S:g9 OK", "C:g10 RENAME \"aside\" \"A\"", "C:g11 LIST *", "C:g12 LIST *",
                                         "C:g13 STATUS *", "S:g10 NO [ALREADYEXISTS] there is one",
                                         "S:* LIST () \"/\" A", "S:g11 OK", "S:* LIST () \"/\" aside", "S:g12 OK",
                                         "S:* STATUS aside (MESSAGES 1 UIDNEXT 5 UIDVALIDITY 7)", "S:g13 OK", NULL},
                   &a, "no changed doubtful: mail came to it\n");
}

static void
nothing_is_asked_of_one_that_has_mail_or_another_below_it(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK, "S:* LIST () \"/\" A", "S:g1 OK", "S:g2 OK",
                                         "S:* STATUS A (MESSAGES 1 UIDNEXT 4 UIDVALIDITY 7)", "S:g3 OK", "S:g4 OK",
                                         "S:g5 OK", NULL},
                   &a, "no changed: there is mail in it\n");
    assert_outcome((const char *const[]){LOOK, "S:* LIST () \"/\" A", "S:g1 OK", "S:g2 OK",
                                         "S:* STATUS A (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)", "S:g3 OK",
                                         "S:* LIST () \"/\" A/Kid", "S:g4 OK", "S:g5 OK", NULL},
                   &a, "no: other mailboxes stand below it\n");
    assert_outcome((const char *const[]){LOOK, "S:* LIST () \"/\" A", "S:g1 OK", "S:g2 OK",
                                         "S:* STATUS A (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 8)", "S:g3 OK", "S:g4 OK",
                                         "S:g5 OK", NULL},
                   &a, "no changed: it is another mailbox\n");
}

static void
a_rename_that_is_refused_leaves_it(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK, EMPTY, "C:g6 RENAME *", "C:g7 LIST *", "C:g8 LIST *", "C:g9 STATUS *",
                                         "S:g6 NO [CANNOT] never", "S:* LIST () \"/\" A", "S:g7 OK", "S:g8 OK",
                                         "S:g9 NO", NULL},
                   &a, "no: [CANNOT] never\n");
}

static void
what_was_begun_is_ended_and_what_is_to_be_kept_gets_its_name_back(void **state)
{
    struct remote_delete begun = a;

    (void)state;
    begun.begun = true;
    assert_outcome((const char *const[]){"C:g1 LIST *",
                                         "C:g2 LIST *",
                                         "C:g3 STATUS \"A\" *",
                                         "C:g4 STATUS \"aside\" *",
                                         "C:g5 LIST *",
                                         "C:g6 LSUB *",
                                         "S:g1 OK",
                                         "S:* LIST () \"/\" aside",
                                         "S:g2 OK",
                                         "S:g3 NO",
                                         "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)",
                                         "S:g4 OK",
                                         "S:g5 OK",
                                         "S:g6 OK",
                                         "C:g7 DELETE \"aside\"",
                                         "C:g8 LIST *",
                                         "C:g9 LIST *",
                                         "C:g10 STATUS *",
                                         "S:g7 OK",
                                         "S:g8 OK",
                                         "S:g9 OK",
                                         "S:g10 NO",
                                         NULL},
                   &begun, "ok\n");
    begun.undo = true;
    assert_outcome((const char *const[]){"C:g1 LIST *",
                                         "C:g2 LIST *",
                                         "C:g3 STATUS *",
                                         "C:g4 STATUS *",
                                         "C:g5 LIST *",
                                         "C:g6 LSUB *",
                                         "S:g1 OK",
                                         "S:* LIST () \"/\" aside",
                                         "S:g2 OK",
                                         "S:g3 NO",
                                         "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)",
                                         "S:g4 OK",
                                         "S:g5 OK",
                                         "S:g6 OK",
                                         "C:g7 RENAME \"aside\" \"A\"",
                                         "C:g8 LIST *",
                                         "C:g9 LIST *",
                                         "C:g10 STATUS *",
                                         "S:g7 OK",
                                         "S:* LIST () \"/\" A",
                                         "S:g8 OK",
                                         "S:g9 OK",
                                         "S:g10 NO",
                                         NULL},
                   &begun, "no changed: its folder is here again\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_looked_at_under_a_name_that_no_mail_can_come_to_before_it_goes),
        cmocka_unit_test(a_list_that_is_refused_proves_nothing),
        cmocka_unit_test(what_came_meanwhile_gives_it_its_name_back),
        cmocka_unit_test(one_that_cannot_have_its_name_back_is_in_doubt),
        cmocka_unit_test(nothing_is_asked_of_one_that_has_mail_or_another_below_it),
        cmocka_unit_test(a_rename_that_is_refused_leaves_it),
        cmocka_unit_test(what_was_begun_is_ended_and_what_is_to_be_kept_gets_its_name_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
