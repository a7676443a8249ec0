/* What can't be taken back, against a scripted server: move and copy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_change_scene.h"
#include "store/base/digest.h"

static bool
move_them(struct script *script, size_t count, bool undelete)
{
    struct remote_change change = {.mailbox = TEXT("a"),
                                   .uidvalidity = 7,
                                   .uids = uids,
                                   .count = count,
                                   .target = TEXT("b"),
                                   .target_uidvalidity = 8,
                                   .undelete = undelete};

    return script->remote.ops->move(script->remote.self, &change, 1, &telling_changer, script, &script->err);
}

static bool
moves(struct script *script, size_t count)
{
    return move_them(script, count, false);
}

static void
a_move_is_mapped_by_copyuid_in_any_order(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS MOVE",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:3 *", SELECTED("g1", "3", "7", "0"),
                              REREAD("1", "1", ""), REREAD("2", "2", ""), REREAD("3", "3", ""), "S:g2 OK",
                              "C:g3 UID MOVE 1:3 \"b\"", "C:g4 SELECT \"a\"", "C:g5 UID FETCH 1:3 (UID FLAGS)",
                              "S:* OK [COPYUID 8 3,1:2 50,60:61] moved", "S:* 1 EXPUNGE", "S:* 1 EXPUNGE",
                              "S:* 1 EXPUNGE", "S:g3 OK", SELECTED("g4", "0", "7", "0"), "S:g5 OK", NULL});

    assert_true(moves(script, 3));

    assert_non_null(strstr(script->told, "done 0.0 u60 ok\ndone 0.1 u61 ok\ndone 0.2 u50 ok\n"));
    end_script(script);
}

static void
a_copyuid_of_another_mailbox_is_not_believed(void **state)
{
    (void)state;
    struct script *script =
        given_script("UIDPLUS MOVE",
                     (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                                           REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID MOVE 1 \"b\"",
                                           "C:g4 SELECT \"a\"", "C:g5 UID FETCH 1 *", "S:g3 OK [COPYUID 9 1 50] moved",
                                           SELECTED("g4", "0", "7", "0"), "S:g5 OK", NULL});

    assert_true(moves(script, 1));

    assert_non_null(strstr(script->told, "done 0.0 u0 ok 9:50\n"));
    end_script(script);
}

static void
a_move_whose_target_is_missing_leaves_the_message_and_says_plan_anew(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS MOVE",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1:2 *", SELECTED("g1", "3", "7", "0"),
                              REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID MOVE 1 \"b\"", "C:g4 SELECT \"a\"",
                              "C:g5 UID FETCH 1 *", "S:g3 NO [TRYCREATE] no b", SELECTED("g4", "1", "7", "0"),
                              "S:* 1 FETCH (UID 1 FLAGS ())", "S:g5 OK", NULL});

    assert_true(moves(script, 2));

    assert_told(script, "verify 0.0 u1 () 5\ndone 0.0 u0 no gone changed: [TRYCREATE] no b\n"
                        "done 0.1 u0 no gone: the message is not there any more\n");
    end_script(script);
}

static void
a_refused_move_of_a_message_that_is_gone_afterwards_is_in_doubt(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS MOVE", (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                                              REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID MOVE *", "C:g4 SELECT \"a\"",
                                              "C:g5 UID FETCH 1 *", "S:g3 NO half done", SELECTED("g4", "0", "7", "0"),
                                              "S:g5 OK", NULL});

    assert_true(moves(script, 1));

    assert_non_null(strstr(script->told, "done 0.0 u0 no doubtful: half done\n"));
    end_script(script);
}

/* OK is no proof of a move: what stands there still carries the mark again that it had, or it is one that nobody removed. */
static void
what_a_move_leaves_in_its_place_is_marked_again(void **state)
{
    (void)state;
    struct script *script =
        given_script("UIDPLUS MOVE", (const char *const[]){"C:g1 SELECT \"a\"",
                                                           "C:g2 UID FETCH 1:3 *",
                                                           SELECTED("g1", "3", "7", "0"),
                                                           REREAD("1", "1", "\\Deleted"),
                                                           REREAD("2", "2", "\\Deleted"),
                                                           REREAD("3", "3", ""),
                                                           "S:g2 OK",
                                                           "C:g3 UID STORE 1:3 -FLAGS.SILENT (\\Deleted)",
                                                           "C:g4 UID MOVE 1:3 \"b\"",
                                                           "C:g5 SELECT \"a\"",
                                                           "C:g6 UID FETCH 1:3 (UID FLAGS)",
                                                           "S:g3 OK",
                                                           "S:* OK [COPYUID 8 1 50] moved",
                                                           "S:* 1 EXPUNGE",
                                                           "S:g4 OK",
                                                           SELECTED("g5", "2", "7", "0"),
                                                           "S:* 1 FETCH (UID 2 FLAGS ())",
                                                           "S:* 2 FETCH (UID 3 FLAGS ())",
                                                           "S:g6 OK",
                                                           "C:g7 SELECT \"a\"",
                                                           SELECTED("g7", "2", "7", "0"),
                                                           "C:g8 UID STORE 2 +FLAGS.SILENT (\\Deleted)",
                                                           "S:g8 OK",
                                                           NULL});

    assert_true(move_them(script, 3, true));

    assert_non_null(strstr(script->told, "done 0.0 u50 ok\ndone 0.1 u0 no: the server says OK, but the message is "
                                         "still there\ndone 0.2 u0 no: the server says OK"));
    assert_null(strstr(script->told, "unmarked"));
    end_script(script);
}

/* Refused, and so is the mark that it had: whoever looks next must not take that for somebody's wish. */
static void
a_mark_that_can_not_be_set_again_is_told(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS MOVE",
        (const char *const[]){
            "C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"), REREAD("1", "1", "\\Deleted"),
            "S:g2 OK", "C:g3 UID STORE 1 -FLAGS.SILENT (\\Deleted)", "C:g4 UID MOVE 1 \"b\"", "C:g5 SELECT \"a\"",
            "C:g6 UID FETCH 1 (UID FLAGS)", "S:g3 OK", "S:g4 NO [UNAVAILABLE] later", SELECTED("g5", "3", "7", "0"),
            "S:* 1 FETCH (UID 1 FLAGS ())", "S:g6 OK", "C:g7 SELECT \"a\"", SELECTED("g7", "3", "7", "0"),
            "C:g8 UID STORE 1 +FLAGS.SILENT (\\Deleted)", "S:g8 NO [UNAVAILABLE] later", NULL});

    assert_true(move_them(script, 1, true));

    assert_non_null(strstr(script->told, "later, unmarked\n"));
    end_script(script);
}

/* The mark may not be taken off, and the server can't move at all: it is the move that says so. */
static void
a_refused_mark_hides_no_refused_move(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS MOVE",
        (const char *const[]){
            "C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"), REREAD("1", "1", "\\Deleted"),
            "S:g2 OK", "C:g3 UID STORE 1 -FLAGS.SILENT (\\Deleted)", "C:g4 UID MOVE 1 \"b\"", "C:g5 SELECT \"a\"",
            "C:g6 UID FETCH 1 (UID FLAGS)", "S:g3 NO [NOPERM] no right", "S:g4 BAD unknown",
            SELECTED("g5", "3", "7", "0"), "S:* 1 FETCH (UID 1 FLAGS (\\Deleted))", "S:g6 OK", "C:g7 SELECT \"a\"",
            SELECTED("g7", "3", "7", "0"), "C:g8 UID STORE 1 +FLAGS.SILENT (\\Deleted)", "S:g8 OK", NULL});
    struct remote_info info;

    assert_true(move_them(script, 1, true));

    assert_non_null(strstr(script->told, "done 0.0 u0 no changed: unknown"));
    script->remote.ops->info(script->remote.self, &info);
    assert_false(info.move);
    end_script(script);
}

static void
a_move_that_is_offered_and_refused_without_a_reason_is_planned_anew_without_it(void **state)
{
    static const char *const answers[] = {"S:g3 NO MOVE extension not supported", "S:g3 BAD [CLIENTBUG] unknown"};

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct script *script =
            given_script("UIDPLUS MOVE",
                         (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                                               REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID MOVE *", "C:g4 SELECT \"a\"",
                                               "C:g5 UID FETCH 1 *", answers[i], SELECTED("g4", "3", "7", "0"),
                                               "S:* 1 FETCH (UID 1 FLAGS ())", "S:g5 OK", NULL});
        struct remote_info info;

        script->remote.ops->info(script->remote.self, &info);
        assert_true(info.move);
        assert_true(moves(script, 1));

        assert_non_null(strstr(script->told, "done 0.0 u0 no changed: "));
        script->remote.ops->info(script->remote.self, &info);
        assert_false(info.move);
        end_script(script);
    }
}

static void
a_copy_that_the_target_does_not_know_is_not_believed(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                              REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID COPY 1 \"t\"", "C:g4 STATUS \"t\" (UIDNEXT)",
                              "S:g3 OK [COPYUID 8 1 99] copied", "S:* STATUS t (UIDNEXT 71)", "S:g4 OK", NULL});
    const struct remote_change change = {
        .mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 1, .target = TEXT("t"), .target_uidvalidity = 8};

    assert_true(script->remote.ops->copy(script->remote.self, &change, 1, &telling_changer, script, &script->err));

    assert_told(script, "verify 0.0 u1 () 5\ndone 0.0 u0 ok\n");
    end_script(script);
}

/* The mailbox of that name is another one by now: where the copy is, the caller may look for himself. */
static void
a_copy_into_another_mailbox_of_that_name_is_told_with_its_uidvalidity(void **state)
{
    (void)state;
    struct script *script = given_script(
        "UIDPLUS",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7", "0"),
                              REREAD("1", "1", ""), "S:g2 OK", "C:g3 UID COPY 1 \"t\"", "C:g4 STATUS \"t\" (UIDNEXT)",
                              "S:g3 OK [COPYUID 9 1 3] copied", "S:* STATUS t (UIDNEXT 4)", "S:g4 OK", NULL});
    const struct remote_change change = {
        .mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = 1, .target = TEXT("t"), .target_uidvalidity = 8};

    assert_true(script->remote.ops->copy(script->remote.self, &change, 1, &telling_changer, script, &script->err));

    assert_told(script, "verify 0.0 u1 () 5\ndone 0.0 u0 ok 9:3\n");
    end_script(script);
}

#define HEADED(n, after) "S:* " n " FETCH (FLAGS () INTERNALDATE \"01-Jan-1970 00:00:09 +0000\" RFC822.SIZE 5" after

/* Its digest is of its lines as on the wire, whatever the server's line ends are, and of the message whose UID stands in the answer. */
static void
a_copy_is_verified_with_the_header_where_it_is_asked_for(void **state)
{
    char told[400], first[10];
    unsigned char digest[DIGEST_SIZE];

    (void)state;
    struct script *script = given_script(
        "UIDPLUS", (const char *const[]){"C:g1 SELECT \"a\"",
                                         "C:g2 UID FETCH 1:3 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[[]HEADER])",
                                         SELECTED("g1", "3", "7", "0"), HEADED("1", " UID 1 BODY[HEADER] {8}"),
                                         "S:A: b", "S:", "S:)", HEADED("2", " BODY[HEADER] {6}"), "s:A: b\n\n",
                                         "S: UID 2)", HEADED("3", " UID 3)"), "S:g2 OK", "C:g3 UID COPY 1:2 \"t\"",
                                         "C:g4 STATUS \"t\" (UIDNEXT)", "S:g3 OK [COPYUID 8 1:2 70:71] copied",
                                         "S:* STATUS t (UIDNEXT 72)", "S:g4 OK", NULL});
    const struct remote_change change = {.mailbox = TEXT("a"),
                                         .uidvalidity = 7,
                                         .uids = uids,
                                         .count = 3,
                                         .target = TEXT("t"),
                                         .target_uidvalidity = 8,
                                         .headers = true};

    assert_true(script->remote.ops->copy(script->remote.self, &change, 1, &telling_changer, script, &script->err));

    assert_true(digest_bytes("A: b\r\n\r\n", 8, digest));
    assert_true(text_print(first, sizeof first, "%02x%02x", digest[0], digest[1]));
    assert_true(text_print(told, sizeof told,
                           "verify 0.0 u1 () 5 %s\nverify 0.1 u2 () 5 %s\ndone 0.0 u70 ok\ndone 0.1 u71 ok\n"
                           "done 0.2 u0 no changed: the message is not there any more\n",
                           first, first));
    assert_told(script, told);
    end_script(script);
}

static void
the_end_of_one_mailbox_rides_with_the_begin_of_the_next(void **state)
{
    (void)state;
    struct script *script = given_script("UIDPLUS", (const char *const[]){"C:g1 SELECT \"a\"",
                                                                          "C:g2 UID FETCH 1 *",
                                                                          SELECTED("g1", "3", "7", "0"),
                                                                          REREAD("1", "1", ""),
                                                                          "S:g2 OK",
                                                                          "C:g3 UID COPY 1 \"t\"",
                                                                          "C:g4 STATUS \"t\" (UIDNEXT)",
                                                                          "C:g5 SELECT \"b\"",
                                                                          "C:g6 UID FETCH 2 *",
                                                                          "W:",
                                                                          "S:g3 OK [COPYUID 8 1 70] copied",
                                                                          "S:* STATUS t (UIDNEXT 71)",
                                                                          "S:g4 OK",
                                                                          SELECTED("g5", "3", "7", "0"),
                                                                          REREAD("2", "2", ""),
                                                                          "S:g6 OK",
                                                                          "C:g7 UID COPY 2 \"t\"",
                                                                          "C:g8 STATUS *",
                                                                          "S:g7 OK [COPYUID 8  ] nothing",
                                                                          "S:g8 NO not now",
                                                                          NULL});
    struct remote_change changes[] = {{.mailbox = TEXT("a"),
                                       .uidvalidity = 7,
                                       .uids = uids,
                                       .count = 1,
                                       .target = TEXT("t"),
                                       .target_uidvalidity = 8},
                                      {.mailbox = TEXT("b"),
                                       .uidvalidity = 7,
                                       .uids = uids + 1,
                                       .count = 1,
                                       .target = TEXT("t"),
                                       .target_uidvalidity = 8}};

    assert_true(script->remote.ops->copy(script->remote.self, changes, 2, &telling_changer, script, &script->err));

    assert_told(script, "verify 0.0 u1 () 5\nverify 1.0 u2 () 5\ndone 0.0 u70 ok\ndone 1.0 u0 ok\n");
    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_move_is_mapped_by_copyuid_in_any_order),
        cmocka_unit_test(a_copyuid_of_another_mailbox_is_not_believed),
        cmocka_unit_test(a_move_whose_target_is_missing_leaves_the_message_and_says_plan_anew),
        cmocka_unit_test(a_refused_move_of_a_message_that_is_gone_afterwards_is_in_doubt),
        cmocka_unit_test(what_a_move_leaves_in_its_place_is_marked_again),
        cmocka_unit_test(a_mark_that_can_not_be_set_again_is_told),
        cmocka_unit_test(a_refused_mark_hides_no_refused_move),
        cmocka_unit_test(a_move_that_is_offered_and_refused_without_a_reason_is_planned_anew_without_it),
        cmocka_unit_test(a_copy_that_the_target_does_not_know_is_not_believed),
        cmocka_unit_test(a_copy_into_another_mailbox_of_that_name_is_told_with_its_uidvalidity),
        cmocka_unit_test(a_copy_is_verified_with_the_header_where_it_is_asked_for),
        cmocka_unit_test(the_end_of_one_mailbox_rides_with_the_begin_of_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
