/* A mailbox that is renamed there, against a scripted server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_script.h"

static const struct remote_rename a_to_b = {
    .from = {"A", 1}, .to = {"B", 1}, .separator = '/', .uidvalidity = 7, .objectid = ""};

static bool
tell_renamed(void *context, struct text wire, const struct remote_outcome *outcome)
{
    return tell(context, "renamed %.*s%s%s%s%s", (int)wire.len, wire.at, outcome->ok ? " ok" : " no",
                outcome->doubtful ? " doubtful" : "", outcome->answer[0] != '\0' ? ": " : "", outcome->answer) &&
           (outcome->came_to == 0 || tell(context, " with UIDVALIDITY %u", outcome->came_to)) && tell(context, "\n");
}

static void
assert_renamed(const char *const *dialogue, const struct remote_rename *what, const char *told)
{
    struct script *script = given_script("", dialogue);

    assert_true(script->remote.ops->rename(script->remote.self, what, tell_renamed, script, &script->err));

    assert_told(script, told);
    end_script(script);
}

static void
it_counts_as_renamed_when_it_is_there_under_the_new_name_alone(void **state)
{
    (void)state;
    assert_renamed((const char *const[]){"C:g1 LSUB \"\" \"A\"", "C:g2 LSUB \"\" \"A/[*]\"", "C:g3 RENAME \"A\" \"B\"",
                                         "C:g4 LIST \"\" \"A\"", "C:g5 LIST \"\" \"B\"",
                                         "C:g6 STATUS \"B\" (UIDVALIDITY)", "S:g1 OK", "S:g2 OK", "S:g3 OK", "S:g4 OK",
                                         "S:* LIST () \"/\" B", "S:g5 OK", "S:* STATUS B (UIDVALIDITY 7)", "S:g6 OK",
                                         NULL},
                   &a_to_b, "renamed B ok\n");
}

static void
subscriptions_follow_those_below_it_too_and_no_others(void **state)
{
    (void)state;
    assert_renamed((const char *const[]){"C:g1 LSUB *",
                                         "C:g2 LSUB *",
                                         "C:g3 RENAME *",
                                         "C:g4 LIST *",
                                         "C:g5 LIST *",
                                         "C:g6 STATUS *",
                                         "S:* LSUB () \"/\" A",
                                         "S:g1 OK",
                                         "S:* LSUB () \"/\" A/Kid",
                                         "S:* LSUB () \"/\" Apple",
                                         "S:g2 OK",
                                         "S:g3 OK",
                                         "S:* LIST (\\Noselect) \"/\" A",
                                         "S:g4 OK",
                                         "S:* LIST () \"/\" B",
                                         "S:g5 OK",
                                         "S:* STATUS B (UIDVALIDITY 7)",
                                         "S:g6 OK",
                                         "C:g7 SUBSCRIBE \"B\"",
                                         "C:g8 UNSUBSCRIBE \"A\"",
                                         "C:g9 SUBSCRIBE \"B/Kid\"",
                                         "C:g10 UNSUBSCRIBE \"A/Kid\"",
                                         "S:g7 OK",
                                         "S:g8 OK",
                                         "S:g9 NO",
                                         "S:g10 OK",
                                         NULL},
                   &a_to_b, "renamed B ok\n");
}

static void
a_refusal_is_told_in_the_servers_words(void **state)
{
    (void)state;
    assert_renamed((const char *const[]){"C:g1 LSUB *", "C:g2 LSUB *", "C:g3 RENAME *", "C:g4 LIST *", "C:g5 LIST *",
                                         "C:g6 STATUS *", "S:g1 OK", "S:g2 OK", "S:g3 NO [CANNOT] never",
                                         "S:* LIST () \"/\" A", "S:g4 OK", "S:g5 OK", "S:g6 NO", NULL},
                   &a_to_b, "renamed B no: [CANNOT] never\n");
}

static void
an_ok_is_no_proof(void **state)
{
    (void)state;
    assert_renamed((const char *const[]){"C:g1 LSUB *", "C:g2 LSUB *", "C:g3 RENAME *", "C:g4 LIST *", "C:g5 LIST *",
                                         "C:g6 STATUS *", "S:g1 OK", "S:g2 OK", "S:g3 OK", "S:g4 OK",
                                         "S:* LIST () \"/\" B", "S:g5 OK", "S:* STATUS B (UIDVALIDITY 8)", "S:g6 OK",
                                         NULL},
                   &a_to_b, "renamed B no doubtful: the server says OK, but does not do it\n");
}

static void
a_name_that_nobody_else_gives_is_proof_whatever_its_uidvalidity(void **state)
{
    struct remote_rename what = a_to_b;

    (void)state;
    what.uidvalidity = 0;
    assert_renamed((const char *const[]){"C:g1 LSUB *", "C:g2 LSUB *", "C:g3 RENAME *", "C:g4 LIST *", "C:g5 LIST *",
                                         "C:g6 STATUS *", "S:g1 OK", "S:g2 OK", "S:g3 OK", "S:g4 OK",
                                         "S:* LIST () \"/\" B", "S:g5 OK", "S:* STATUS B (UIDVALIDITY 8)", "S:g6 OK",
                                         NULL},
                   &what, "renamed B ok with UIDVALIDITY 8\n");
}

static void
what_was_refused_is_not_proven_by_a_name_that_is_there(void **state)
{
    struct remote_rename what = a_to_b;

    (void)state;
    what.uidvalidity = 0;
    assert_renamed((const char *const[]){"C:g1 LSUB *", "C:g2 LSUB *", "C:g3 RENAME *", "C:g4 LIST *", "C:g5 LIST *",
                                         "C:g6 STATUS *", "S:g1 OK", "S:g2 OK", "S:g3 NO [NONEXISTENT] none", "S:g4 OK",
                                         "S:* LIST () \"/\" B", "S:g5 OK", "S:* STATUS B (UIDVALIDITY 8)", "S:g6 OK",
                                         NULL},
                   &what, "renamed B no doubtful: [NONEXISTENT] none\n");
}

static void
what_was_carried_out_is_only_looked_at(void **state)
{
    struct remote_rename what = a_to_b;

    (void)state;
    what.carried_out = true;
    assert_renamed((const char *const[]){"C:g1 LSUB *", "C:g2 LSUB *", "C:g3 LIST \"\" \"A\"", "C:g4 LIST \"\" \"B\"",
                                         "C:g5 STATUS *", "S:g1 OK", "S:g2 OK", "S:g3 OK", "S:* LIST () \"/\" B",
                                         "S:g4 OK", "S:* STATUS B (UIDVALIDITY 7)", "S:g5 OK", NULL},
                   &what, "renamed B ok\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_counts_as_renamed_when_it_is_there_under_the_new_name_alone),
        cmocka_unit_test(subscriptions_follow_those_below_it_too_and_no_others),
        cmocka_unit_test(a_refusal_is_told_in_the_servers_words),
        cmocka_unit_test(an_ok_is_no_proof),
        cmocka_unit_test(a_name_that_nobody_else_gives_is_proof_whatever_its_uidvalidity),
        cmocka_unit_test(what_was_refused_is_not_proven_by_a_name_that_is_there),
        cmocka_unit_test(what_was_carried_out_is_only_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
