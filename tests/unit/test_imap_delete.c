/* A mailbox that is deleted there, against a scripted server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_script.h"

static const struct remote_delete a = {
    .name = {"A", 1}, .aside = {"aside", 5}, .separator = '/', .uidvalidity = 7, .uidnext = 4, .objectid = ""};

/* The first look, what it shows of one that may go, and the RENAME. */
#define LOOK                                                                                                           \
    "C:g1 LIST \"\" \"A\"", "C:g2 LIST \"\" \"aside\"", "C:g3 STATUS \"A\" (MESSAGES UIDNEXT UIDVALIDITY)",            \
        "C:g4 LIST \"\" \"A/%\"", "C:g5 LSUB \"\" \"A\""
#define EMPTY                                                                                                          \
    "S:* LIST () \"/\" A", "S:g1 OK", "S:g2 OK", "S:* STATUS A (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)", "S:g3 OK",       \
        "S:g4 OK", "S:* LSUB () \"/\" A", "S:g5 OK"
#define RENAME                                                                                                         \
    "C:g6 RENAME \"A\" \"aside\"", "C:g7 LIST \"\" \"A\"", "C:g8 LIST \"\" \"aside\"", "C:g9 STATUS \"aside\" *",      \
        "C:g10 LIST \"\" \"aside/%\"", "S:g6 OK", "S:g7 OK", "S:* LIST () \"/\" aside", "S:g8 OK"
#define EMPTY_ASIDE "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)"
#define STILL_EMPTY EMPTY_ASIDE, "S:g9 OK", "S:g10 OK"
#define DELETE                                                                                                         \
    "C:g11 STATUS \"aside\" *", "C:g12 DELETE \"aside\"", "C:g13 LIST \"\" \"A\"", "C:g14 LIST \"\" \"aside\"",        \
        "C:g15 STATUS \"aside\" *", "C:g16 LIST \"\" \"aside/%\""
#define BACK                                                                                                           \
    "C:g11 RENAME \"aside\" \"A\"", "C:g12 LIST \"\" \"A\"", "C:g13 LIST \"\" \"aside\"", "C:g14 STATUS \"aside\" *",  \
        "C:g15 LIST \"\" \"aside/%\""
#define IS_BACK "S:g11 OK", "S:* LIST () \"/\" A", "S:g12 OK", "S:g13 OK", "S:g14 NO", "S:g15 OK"
/* One that a run which was cut off had begun. */
#define BEGUN                                                                                                          \
    "C:g1 LIST \"\" \"A\"", "C:g2 LIST \"\" \"aside\"", "C:g3 STATUS \"A\" *", "C:g4 STATUS \"aside\" *",              \
        "C:g5 LIST \"\" \"aside/%\"", "C:g6 LIST \"\" \"A/%\"", "C:g7 LSUB \"\" \"A\""
#define BEGUN_EMPTY                                                                                                    \
    "S:g1 OK", "S:* LIST () \"/\" aside", "S:g2 OK", "S:g3 NO",                                                        \
        "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)", "S:g4 OK", "S:g5 OK", "S:g6 OK", "S:g7 OK"
#define BEGUN_BACK                                                                                                     \
    "C:g8 RENAME \"aside\" \"A\"", "C:g9 LIST \"\" \"A\"", "C:g10 LIST \"\" \"aside\"", "C:g11 STATUS \"aside\" *",    \
        "C:g12 LIST \"\" \"aside/%\""

static void
assert_outcome_at(const char *capabilities, const char *const *dialogue, const struct remote_delete *what,
                  const char *told)
{
    struct script *script = given_script(capabilities, dialogue);
    struct remote_outcome outcome;

    assert_true(script->remote.ops->delete (script->remote.self, what, &outcome, &script->err));

    tell(script, "%s%s%s%s%s%s%s\n", outcome.ok ? "ok" : "no", outcome.changed ? " changed" : "",
         outcome.passing ? " passing" : "", outcome.doubtful ? " doubtful" : "",
         outcome.left_below ? " left below" : "", outcome.answer[0] != '\0' ? ": " : "", outcome.answer);
    assert_told(script, told);
    end_script(script);
}

static void
assert_outcome(const char *const *dialogue, const struct remote_delete *what, const char *told)
{
    assert_outcome_at("UNSELECT", dialogue, what, told);
}

static void
what_is_selected_is_left_first(void **state)
{
    (void)state;
    assert_outcome_at("",
                      (const char *const[]){"C:g1 EXAMINE \"INBOX\"", "C:g2 LIST \"\" \"A\"", "C:g3 LIST *",
                                            "C:g4 STATUS *", "C:g5 LIST *", "C:g6 LSUB *", "S:* 3 EXISTS",
                                            "S:g1 OK [READ-ONLY]", "S:g2 OK", "S:g3 OK", "S:g4 NO", "S:g5 OK",
                                            "S:g6 OK", NULL},
                      &a, "ok\n");
}

static void
it_is_looked_at_under_a_name_that_no_mail_can_come_to_before_it_goes(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK,
                                         EMPTY,
                                         RENAME,
                                         STILL_EMPTY,
                                         DELETE,
                                         "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)",
                                         "S:g11 OK",
                                         "S:g12 OK",
                                         "S:g13 OK",
                                         "S:g14 OK",
                                         "S:g15 NO",
                                         "S:g16 OK",
                                         "C:g17 UNSUBSCRIBE \"A\"",
                                         "C:g18 LIST *",
                                         "C:g19 LIST *",
                                         "C:g20 STATUS *",
                                         "C:g21 LIST *",
                                         "S:g17 OK",
                                         "S:g18 OK",
                                         "S:g19 OK",
                                         "S:g20 NO",
                                         "S:g21 OK",
                                         NULL},
                   &a, "ok\n");
}

static void
a_list_that_is_refused_proves_nothing(void **state)
{
    (void)state;
    assert_outcome(
        (const char *const[]){LOOK, "S:g1 NO [UNAVAILABLE] later", "S:g2 OK", "S:g3 NO", "S:g4 OK", "S:g5 OK", NULL},
        &a, "no passing: the server does not list it now\n");
    assert_outcome((const char *const[]){LOOK, EMPTY, RENAME, STILL_EMPTY, DELETE, "S:g11 OK", "S:g12 OK", "S:g13 OK",
                                         "S:g14 NO [UNAVAILABLE] later", "S:g15 NO", "S:g16 OK", NULL},
                   &a, "no passing: the server does not list it now\n");
}

static void
what_came_meanwhile_gives_it_its_name_back(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK, EMPTY, RENAME, "S:* STATUS aside (MESSAGES 1 UIDNEXT 5 UIDVALIDITY 7)",
                                         "S:g9 OK", "S:g10 OK", BACK, IS_BACK, NULL},
                   &a, "no changed: mail came to it\n");
}

static void
what_came_in_the_moment_of_its_delete_is_said(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK, EMPTY, RENAME, STILL_EMPTY, DELETE,
                                         "S:* STATUS aside (MESSAGES 1 UIDNEXT 5 UIDVALIDITY 7)", "S:g11 OK",
                                         "S:g12 OK", "S:* LIST () \"/\" A", "S:g13 OK", "S:g14 OK", "S:g15 NO",
                                         "S:g16 OK", NULL},
                   &a, "ok: it went with the mailbox\n");
}

static void
one_that_the_server_does_not_delete_has_its_name_back_and_is_as_it_was(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK,
                                         EMPTY,
                                         RENAME,
                                         STILL_EMPTY,
                                         DELETE,
                                         EMPTY_ASIDE,
                                         "S:g11 OK",
                                         "S:g12 NO [CANNOT] never",
                                         "S:g13 OK",
                                         "S:* LIST () \"/\" aside",
                                         "S:g14 OK",
                                         EMPTY_ASIDE,
                                         "S:g15 OK",
                                         "S:g16 OK",
                                         "C:g17 RENAME \"aside\" \"A\"",
                                         "C:g18 LIST *",
                                         "C:g19 LIST *",
                                         "C:g20 STATUS *",
                                         "C:g21 LIST *",
                                         "S:g17 OK",
                                         "S:* LIST () \"/\" A",
                                         "S:g18 OK",
                                         "S:g19 OK",
                                         "S:g20 NO",
                                         "S:g21 OK",
                                         NULL},
                   &a, "no: [CANNOT] never\n");
}

/* RENAME takes along what stands below: what another client made there since the first look. */
static void
what_was_made_below_it_meanwhile_has_its_name_back_with_it(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK, EMPTY, RENAME, "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)",
                                         "S:g9 OK", "S:* LIST () \"/\" aside/Kid", "S:g10 OK", BACK, IS_BACK, NULL},
                   &a, "no changed: another client made a mailbox below it\n");
}

static void
what_was_made_below_it_goes_back_by_itself_where_its_name_is_taken(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK,
                                         EMPTY,
                                         RENAME,
                                         "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)",
                                         "S:g9 OK",
                                         "S:* LIST () \"/\" aside/Kid",
                                         "S:* LIST (\\Noselect) \"/\" aside/Group",
                                         "S:g10 OK",
                                         BACK,
                                         "S:g11 NO [ALREADYEXISTS] there is one",
                                         "S:* LIST () \"/\" A",
                                         "S:g12 OK",
                                         "S:* LIST () \"/\" aside",
                                         "S:g13 OK",
                                         "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)",
                                         "S:g14 OK",
                                         "S:* LIST () \"/\" aside/Kid",
                                         "S:* LIST (\\Noselect) \"/\" aside/Group",
                                         "S:g15 OK",
                                         "C:g16 RENAME \"aside/Kid\" \"A/Kid\"",
                                         "C:g17 RENAME \"aside/Group\" \"A/Group\"",
                                         "C:g18 LIST *",
                                         "C:g19 LIST *",
                                         "C:g20 STATUS *",
                                         "C:g21 LIST *",
                                         "S:g16 OK",
                                         "S:g17 OK",
                                         "S:* LIST () \"/\" A",
                                         "S:g18 OK",
                                         "S:* LIST () \"/\" aside",
                                         "S:g19 OK",
                                         "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)",
                                         "S:g20 OK",
                                         "S:g21 OK",
                                         "C:g22 STATUS *",
                                         "C:g23 DELETE \"aside\"",
                                         "C:g24 LIST *",
                                         "C:g25 LIST *",
                                         "C:g26 STATUS *",
                                         "C:g27 LIST *",
                                         "S:g22 OK",
                                         "S:g23 OK",
                                         "S:* LIST () \"/\" A",
                                         "S:g24 OK",
                                         "S:g25 OK",
                                         "S:g26 NO",
                                         "S:g27 OK",
                                         NULL},
                   &a, "ok\n");
}

/* It was deleted, and made a mere level, by the one below it: RENAME moves that, too. */
static void
what_stands_below_a_mere_level_has_its_name_back(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK,
                                         EMPTY,
                                         "C:g6 RENAME *",
                                         "C:g7 LIST *",
                                         "C:g8 LIST *",
                                         "C:g9 STATUS *",
                                         "C:g10 LIST *",
                                         "S:g6 OK",
                                         "S:g7 OK",
                                         "S:* LIST (\\Noselect) \"/\" aside",
                                         "S:g8 OK",
                                         "S:g9 NO",
                                         "S:* LIST () \"/\" aside/Kid",
                                         "S:g10 OK",
                                         BACK,
                                         "S:g11 OK",
                                         "S:* LIST (\\Noselect) \"/\" A",
                                         "S:g12 OK",
                                         "S:g13 OK",
                                         "S:g14 NO",
                                         "S:g15 OK",
                                         NULL},
                   &a, "no changed: another client made a mailbox below it\n");
}

static void
what_was_made_below_it_before_its_delete_has_its_name_back(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK,
                                         EMPTY,
                                         RENAME,
                                         STILL_EMPTY,
                                         DELETE,
                                         "S:g11 OK",
                                         "S:g12 OK",
                                         "S:g13 OK",
                                         "S:* LIST (\\Noselect) \"/\" aside",
                                         "S:g14 OK",
                                         "S:g15 NO",
                                         "S:* LIST () \"/\" aside/Kid",
                                         "S:g16 OK",
                                         "C:g17 RENAME \"aside/Kid\" \"A/Kid\"",
                                         "C:g18 LIST *",
                                         "C:g19 LIST *",
                                         "C:g20 STATUS *",
                                         "C:g21 LIST *",
                                         "S:g17 OK",
                                         "S:* LIST () \"/\" A",
                                         "S:g18 OK",
                                         "S:g19 OK",
                                         "S:g20 NO",
                                         "S:g21 OK",
                                         NULL},
                   &a, "ok\n");
}

static void
one_that_cannot_have_its_name_back_is_in_doubt(void **state)
{
    (void)state;
    assert_outcome((const char *const[]){LOOK, EMPTY, RENAME, "S:* STATUS aside (MESSAGES 1 UIDNEXT 5 UIDVALIDITY 7)",
                                         "S:g9 OK", "S:g10 OK", BACK, "S:g11 NO [ALREADYEXISTS] there is one",
                                         "S:* LIST () \"/\" A", "S:g12 OK", "S:* LIST () \"/\" aside", "S:g13 OK",
                                         "S:* STATUS aside (MESSAGES 1 UIDNEXT 5 UIDVALIDITY 7)", "S:g14 OK",
                                         "S:g15 OK", NULL},
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
                                         "C:g10 LIST *", "S:g6 NO [CANNOT] never", "S:* LIST () \"/\" A", "S:g7 OK",
                                         "S:g8 OK", "S:g9 NO", "S:g10 OK", NULL},
                   &a, "no: [CANNOT] never\n");
}

static struct remote_delete
begun_one(bool undo)
{
    struct remote_delete begun = a;

    begun.begun = true;
    begun.undo = undo;
    return begun;
}

static void
what_was_begun_is_ended(void **state)
{
    const struct remote_delete begun = begun_one(false);

    (void)state;
    assert_outcome((const char *const[]){BEGUN, BEGUN_EMPTY, "C:g8 STATUS \"aside\" *", "C:g9 DELETE \"aside\"",
                                         "C:g10 LIST *", "C:g11 LIST *", "C:g12 STATUS *", "C:g13 LIST *", "S:g8 OK",
                                         "S:g9 OK", "S:g10 OK", "S:g11 OK", "S:g12 NO", "S:g13 OK", NULL},
                   &begun, "ok\n");
}

static void
what_was_begun_goes_back_with_what_stands_below_it_now(void **state)
{
    const struct remote_delete begun = begun_one(false);

    (void)state;
    assert_outcome((const char *const[]){BEGUN, "S:g1 OK", "S:* LIST () \"/\" aside", "S:g2 OK", "S:g3 NO",
                                         "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)", "S:g4 OK",
                                         "S:* LIST () \"/\" aside/Kid", "S:g5 OK", "S:g6 OK", "S:g7 OK", BEGUN_BACK,
                                         "S:g8 OK", "S:* LIST () \"/\" A", "S:g9 OK", "S:g10 OK", "S:g11 NO",
                                         "S:g12 OK", NULL},
                   &begun, "no changed: another client made a mailbox below it\n");
}

static void
what_is_to_be_kept_gets_its_name_back(void **state)
{
    const struct remote_delete begun = begun_one(true);

    (void)state;
    assert_outcome((const char *const[]){BEGUN, BEGUN_EMPTY, BEGUN_BACK, "S:g8 OK", "S:* LIST () \"/\" A", "S:g9 OK",
                                         "S:g10 OK", "S:g11 NO", "S:g12 OK", NULL},
                   &begun, "no changed: its folder is here again\n");
}

static void
what_is_to_be_kept_and_is_empty_goes_where_its_name_is_taken(void **state)
{
    const struct remote_delete begun = begun_one(true);

    (void)state;
    assert_outcome((const char *const[]){BEGUN,
                                         "S:* LIST () \"/\" A",
                                         "S:g1 OK",
                                         "S:* LIST () \"/\" aside",
                                         "S:g2 OK",
                                         "S:* STATUS A (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 8)",
                                         "S:g3 OK",
                                         "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)",
                                         "S:g4 OK",
                                         "S:g5 OK",
                                         "S:g6 OK",
                                         "S:g7 OK",
                                         BEGUN_BACK,
                                         "S:g8 NO [ALREADYEXISTS] there is one",
                                         "S:* LIST () \"/\" A",
                                         "S:g9 OK",
                                         "S:* LIST () \"/\" aside",
                                         "S:g10 OK",
                                         "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)",
                                         "S:g11 OK",
                                         "S:g12 OK",
                                         "C:g13 STATUS *",
                                         "C:g14 DELETE \"aside\"",
                                         "C:g15 LIST *",
                                         "C:g16 LIST *",
                                         "C:g17 STATUS *",
                                         "C:g18 LIST *",
                                         "S:g13 OK",
                                         "S:g14 OK",
                                         "S:* LIST () \"/\" A",
                                         "S:g15 OK",
                                         "S:g16 OK",
                                         "S:g17 NO",
                                         "S:g18 OK",
                                         NULL},
                   &begun, "ok\n");
}

static void
one_that_the_server_gives_no_name_back_is_tried_again(void **state)
{
    const struct remote_delete begun = begun_one(true);

    (void)state;
    assert_outcome((const char *const[]){BEGUN, BEGUN_EMPTY, BEGUN_BACK, "S:g8 NO [INUSE] not now", "S:g9 OK",
                                         "S:* LIST () \"/\" aside", "S:g10 OK",
                                         "S:* STATUS aside (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)", "S:g11 OK",
                                         "S:g12 OK", NULL},
                   &begun, "no changed passing: [INUSE] not now\n");
}

static void
what_is_to_be_kept_and_holds_mail_stays_where_its_name_is_taken(void **state)
{
    const struct remote_delete begun = begun_one(true);

    (void)state;
    assert_outcome((const char *const[]){BEGUN,
                                         "S:* LIST () \"/\" A",
                                         "S:g1 OK",
                                         "S:* LIST () \"/\" aside",
                                         "S:g2 OK",
                                         "S:* STATUS A (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 8)",
                                         "S:g3 OK",
                                         "S:* STATUS aside (MESSAGES 1 UIDNEXT 5 UIDVALIDITY 7)",
                                         "S:g4 OK",
                                         "S:g5 OK",
                                         "S:g6 OK",
                                         "S:g7 OK",
                                         BEGUN_BACK,
                                         "S:g8 NO [ALREADYEXISTS] there is one",
                                         "S:* LIST () \"/\" A",
                                         "S:g9 OK",
                                         "S:* LIST () \"/\" aside",
                                         "S:g10 OK",
                                         "S:* STATUS aside (MESSAGES 1 UIDNEXT 5 UIDVALIDITY 7)",
                                         "S:g11 OK",
                                         "S:g12 OK",
                                         NULL},
                   &begun, "no changed doubtful: its folder is here again\n");
}

/* It went, and golub died before it knew so: only what came below it has that name. */
#define BEGUN_LEVEL                                                                                                    \
    "S:* LIST (\\Noselect) \"/\" aside", "S:g2 OK", "S:g3 NO", "S:g4 NO", "S:* LIST () \"/\" aside/Kid", "S:g5 OK",    \
        "S:g6 OK", "S:g7 OK", BEGUN_BACK
#define KID_BACK                                                                                                       \
    "C:g13 RENAME \"aside/Kid\" \"A/Kid\"", "C:g14 LIST *", "C:g15 LIST *", "C:g16 STATUS *", "C:g17 LIST *"
#define LEVEL_STAYS "S:* LIST (\\Noselect) \"/\" aside"

static void
one_of_which_only_what_came_below_it_is_left_is_gone(void **state)
{
    const struct remote_delete begun = begun_one(false);

    (void)state;
    assert_outcome((const char *const[]){BEGUN, "S:g1 OK", BEGUN_LEVEL, "S:g8 NO [NONEXISTENT] no", "S:g9 OK",
                                         LEVEL_STAYS, "S:g10 OK", "S:g11 NO", "S:* LIST () \"/\" aside/Kid", "S:g12 OK",
                                         KID_BACK, "S:g13 OK", "S:* LIST (\\Noselect) \"/\" A", "S:g14 OK", "S:g15 OK",
                                         "S:g16 NO", "S:g17 OK", NULL},
                   &begun, "ok\n");
}

static void
and_another_has_its_name_and_that_of_what_came_below_it(void **state)
{
    const struct remote_delete begun = begun_one(false);

    (void)state;
    assert_outcome((const char *const[]){BEGUN,
                                         "S:* LIST () \"/\" A",
                                         "S:g1 OK",
                                         BEGUN_LEVEL,
                                         "S:g8 NO [ALREADYEXISTS] no",
                                         "S:* LIST () \"/\" A",
                                         "S:g9 OK",
                                         LEVEL_STAYS,
                                         "S:g10 OK",
                                         "S:g11 NO",
                                         "S:* LIST () \"/\" aside/Kid",
                                         "S:g12 OK",
                                         KID_BACK,
                                         "S:g13 NO [ALREADYEXISTS] no",
                                         "S:* LIST () \"/\" A",
                                         "S:g14 OK",
                                         LEVEL_STAYS,
                                         "S:g15 OK",
                                         "S:g16 NO",
                                         "S:* LIST () \"/\" aside/Kid",
                                         "S:g17 OK",
                                         NULL},
                   &begun, "no changed left below\n"); /* no number of A is told: it may be the one that was meant */
}

static void
one_that_went_and_whose_name_another_has_is_gone(void **state)
{
    const struct remote_delete begun = begun_one(false);

    (void)state;
    assert_outcome((const char *const[]){BEGUN, "S:* LIST () \"/\" A", "S:g1 OK", "S:g2 OK",
                                         "S:* STATUS A (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)", "S:g3 OK", "S:g4 NO",
                                         "S:g5 OK", "S:g6 OK", "S:g7 OK", NULL},
                   &begun, "ok\n");
    assert_outcome((const char *const[]){BEGUN, "S:* LIST () \"/\" A", "S:g1 OK", "S:g2 OK",
                                         "S:* STATUS A (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 7)", "S:g3 OK", "S:g4 NO",
                                         "S:g5 OK", "S:g6 OK", "S:g7 OK", NULL},
                   &begun, "no changed\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_selected_is_left_first),
        cmocka_unit_test(it_is_looked_at_under_a_name_that_no_mail_can_come_to_before_it_goes),
        cmocka_unit_test(a_list_that_is_refused_proves_nothing),
        cmocka_unit_test(what_came_meanwhile_gives_it_its_name_back),
        cmocka_unit_test(what_came_in_the_moment_of_its_delete_is_said),
        cmocka_unit_test(what_was_made_below_it_meanwhile_has_its_name_back_with_it),
        cmocka_unit_test(what_was_made_below_it_goes_back_by_itself_where_its_name_is_taken),
        cmocka_unit_test(what_stands_below_a_mere_level_has_its_name_back),
        cmocka_unit_test(what_was_made_below_it_before_its_delete_has_its_name_back),
        cmocka_unit_test(one_that_cannot_have_its_name_back_is_in_doubt),
        cmocka_unit_test(nothing_is_asked_of_one_that_has_mail_or_another_below_it),
        cmocka_unit_test(a_rename_that_is_refused_leaves_it),
        cmocka_unit_test(one_that_the_server_does_not_delete_has_its_name_back_and_is_as_it_was),
        cmocka_unit_test(what_was_begun_is_ended),
        cmocka_unit_test(what_was_begun_goes_back_with_what_stands_below_it_now),
        cmocka_unit_test(one_of_which_only_what_came_below_it_is_left_is_gone),
        cmocka_unit_test(and_another_has_its_name_and_that_of_what_came_below_it),
        cmocka_unit_test(one_that_went_and_whose_name_another_has_is_gone),
        cmocka_unit_test(what_is_to_be_kept_gets_its_name_back),
        cmocka_unit_test(what_is_to_be_kept_and_is_empty_goes_where_its_name_is_taken),
        cmocka_unit_test(one_that_the_server_gives_no_name_back_is_tried_again),
        cmocka_unit_test(what_is_to_be_kept_and_holds_mail_stays_where_its_name_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
