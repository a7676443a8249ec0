/* Another client gives the name of a mailbox to another one while golub sends something to it, or moves something out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_script.h"

#define SELECTED(tag, exists, v)                                                                                       \
    "S:* " exists " EXISTS", "S:* OK [UIDVALIDITY " v "]", "S:* OK [UIDNEXT 100]", "S:" tag " OK [READ-WRITE]"

static const uint32_t uid = 1;
static const struct remote_change move_to_t = {
    .mailbox = TEXT("a"), .uidvalidity = 7, .uids = &uid, .count = 1, .target = TEXT("t"), .target_uidvalidity = 8};

/* @param copyuid  what MOVE says; @param v  the UIDVALIDITY that the mailbox of the source's name has behind it */
static struct script *
after_a_move(const char *copyuid, const char *v)
{
    char said[80], uidvalidity[80];
    struct script *script;

    assert_true(text_print(said, sizeof said, "S:* OK [COPYUID %s] moved", copyuid));
    assert_true(text_print(uidvalidity, sizeof uidvalidity, "S:* OK [UIDVALIDITY %s]", v));
    script = given_script(
        "UIDPLUS MOVE",
        (const char *const[]){"C:g1 SELECT \"a\"", "C:g2 UID FETCH 1 *", SELECTED("g1", "3", "7"),
                              "S:* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"01-Jan-1970 00:00:09 +0000\" RFC822.SIZE 5)",
                              "S:g2 OK", "C:g3 UID MOVE 1 \"t\"", "C:g4 SELECT \"a\"", "C:g5 UID FETCH 1 *", said,
                              "S:g3 OK", "S:* 2 EXISTS", uidvalidity, "S:g4 OK [READ-WRITE]", "S:g5 OK", NULL});
    assert_true(script->remote.ops->move(script->remote.self, &move_to_t, 1, &telling_changer, script, &script->err));
    return script;
}

static void
a_move_into_another_mailbox_of_that_name_is_told_with_its_uidvalidity(void **state)
{
    struct script *script = after_a_move("9 1 3", "7");

    (void)state;
    assert_told(script, "verify 0.0 u1 () 5\ndone 0.0 u0 ok 9:3\n");
    end_script(script);
}

/* Dovecot says OK and COPYUID where it fails because its mailbox has another name since it was selected. */
static void
another_mailbox_of_its_name_does_not_prove_that_a_message_has_gone(void **state)
{
    struct script *script = after_a_move("8 1 3", "6");

    (void)state;
    assert_non_null(strstr(script->told, "done 0.0 u0 no doubtful"));
    end_script(script);
    script = after_a_move("8 1 3", "7");
    assert_non_null(strstr(script->told, "done 0.0 u3 ok"));
    end_script(script);
}

static uint32_t came_to, came_as[2];

static bool
note_appended(void *context, size_t index, uint32_t stored, const struct remote_outcome *outcome)
{
    (void)context;
    assert_true(outcome->ok);
    assert_int_equal(stored, 0);
    came_to = outcome->came_to;
    came_as[index] = outcome->came_as;
    return true;
}

static void
an_append_into_another_mailbox_of_that_name_is_told_with_its_uidvalidity(void **state)
{
    static const char *const answers[] = {"S:g1 OK [APPENDUID 8 10:11]", "S:g1 OK [APPENDUID 8 11:10]",
                                          "S:g1 OK [APPENDUID 8 10]", "S:g1 OK [APPENDUID 7 1:2]"};
    const struct remote_appender appender = {give_bytes, give_again, note_appended};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct script *script =
            given_script("LITERAL+ MULTIAPPEND UIDPLUS",
                         (const char *const[]){"C:g1 APPEND *", "B:5", "C:*", "B:7", "C:", answers[i], NULL});
        const struct remote_append both[] = {{.mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 10, .size = 5},
                                             {.mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 10, .size = 7}};
        const char *const bodies[] = {"one\r\n", "two22\r\n"};

        script->messages = bodies;
        came_to = came_as[0] = came_as[1] = 0;
        assert_true(script->remote.ops->append(script->remote.self, both, 2, &appender, script, &script->err));
        assert_int_equal(came_to, i == 0 ? 8 : 0);
        assert_int_equal(came_as[0], i == 0 ? 10 : 0);
        assert_int_equal(came_as[1], i == 0 ? 11 : 0);
        end_script(script);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_move_into_another_mailbox_of_that_name_is_told_with_its_uidvalidity),
        cmocka_unit_test(another_mailbox_of_its_name_does_not_prove_that_a_message_has_gone),
        cmocka_unit_test(an_append_into_another_mailbox_of_that_name_is_told_with_its_uidvalidity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
