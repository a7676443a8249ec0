/* Messages that go up, against a scripted server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "imap_script.h"

static const char *const messages[] = {"one\r\n", "two22\r\n", "threes\r\n"};

static bool
appends_with(struct script *script, const char *keywords, size_t count)
{
    struct remote_append all[3];

    script->messages = messages;
    for (size_t i = 0; i < 3; i++)
        all[i] = (struct remote_append){.mailbox = TEXT("a"),
                                        .uidvalidity = 7,
                                        .uidnext = 10,
                                        .flags = i != 0             ? 0
                                                 : keywords != NULL ? FLAG_SEEN | FLAG_FORWARDED
                                                                    : FLAG_SEEN,
                                        .keywords = i == 0 ? keywords : "",
                                        .date = 1000000000,
                                        .size = strlen(messages[i])};
    return script->remote.ops->append(script->remote.self, all, count, &telling_appender, script, &script->err);
}

static bool
appends(struct script *script, size_t count)
{
    return appends_with(script, "bad{one good \xc3\xa9", count);
}

static void
messages_of_a_mailbox_go_up_together(void **state)
{
    (void)state;
    struct script *script = given_script(
        "LITERAL+ MULTIAPPEND UIDPLUS",
        (const char *const[]){"C:g1 APPEND \"a\" (\\Seen $Forwarded good) \"09-Sep-2001 01:46:40 +0000\" {5+}", "B:5",
                              "C: () \"09-Sep-2001 01:46:40 +0000\" {7+}", "B:7", "C: () \"*\" {8+}", "B:8",
                              "C:", "S:g1 OK [APPENDUID 7 10:11,15] stored", NULL});

    assert_true(appends(script, 3));

    assert_told(script, "appended 0 u10 ok\nappended 1 u11 ok\nappended 2 u15 ok\n");
    end_script(script);
}

static void
an_appenduid_that_cannot_be_true_is_not_believed(void **state)
{
    (void)state;
    static const char *const answers[] = {"S:g1 OK [APPENDUID 8 10:12]",    "S:g1 OK [APPENDUID 7 10:11]",
                                          "S:g1 OK [APPENDUID 7 12:10]",    "S:g1 OK [APPENDUID 7 9:11]",
                                          "S:g1 OK [APPENDUID 7 11,10,12]", "S:g1 OK"};

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct script *script =
            given_script("LITERAL+ MULTIAPPEND UIDPLUS", (const char *const[]){"C:g1 APPEND *", "B:5", "C:*", "B:7",
                                                                               "C:*", "B:8", "C:", answers[i], NULL});
        assert_true(appends(script, 3));
        assert_told(script, "appended 0 u0 ok\nappended 1 u0 ok\nappended 2 u0 ok\n");
        end_script(script);
    }
}

/* One size and date: an APPENDUID for both would not tell which of them is which. */
static void
messages_that_look_alike_go_up_in_commands_of_their_own(void **state)
{
    (void)state;
    struct script *script =
        given_script("LITERAL+ MULTIAPPEND UIDPLUS",
                     (const char *const[]){"C:g1 APPEND *", "B:5", "C:*", "B:7", "C:", "C:g2 APPEND *", "B:7",
                                           "C:", "S:g1 OK [APPENDUID 7 10:11]", "S:g2 OK [APPENDUID 7 12]", NULL});
    static const char *const alike[] = {"one\r\n", "two22\r\n", "three\r\n"};
    struct remote_append all[3];

    script->messages = alike;
    for (size_t i = 0; i < 3; i++)
        all[i] = (struct remote_append){.mailbox = TEXT("a"),
                                        .uidvalidity = 7,
                                        .uidnext = 10,
                                        .keywords = "",
                                        .date = 1000000000,
                                        .size = strlen(alike[i])};

    assert_true(script->remote.ops->append(script->remote.self, all, 3, &telling_appender, script, &script->err));

    assert_told(script, "appended 0 u10 ok\nappended 1 u11 ok\nappended 2 u12 ok\n");
    end_script(script);
}

static void
of_a_refused_group_two_messages_are_sent_by_themselves_and_then_the_rest(void **state)
{
    (void)state;
    struct script *script = given_script("LITERAL+ MULTIAPPEND", (const char *const[]){"C:g1 APPEND *",
                                                                                       "B:5",
                                                                                       "C:*",
                                                                                       "B:7",
                                                                                       "C:*",
                                                                                       "B:8",
                                                                                       "C:",
                                                                                       "S:g1 NO one of them",
                                                                                       "C:g2 STATUS \"a\" (UIDNEXT)",
                                                                                       "S:* STATUS a (UIDNEXT 10)",
                                                                                       "S:g2 OK",
                                                                                       "C:g3 APPEND *",
                                                                                       "B:5",
                                                                                       "C:",
                                                                                       "C:g4 APPEND *",
                                                                                       "B:7",
                                                                                       "C:",
                                                                                       "C:g5 APPEND *",
                                                                                       "B:8",
                                                                                       "C:",
                                                                                       "S:g3 OK",
                                                                                       "S:g4 NO [TOOBIG] much",
                                                                                       "S:g5 OK",
                                                                                       NULL});

    assert_true(appends(script, 3));

    assert_told(script, "appended 0 u0 ok\nappended 1 u0 no permanent: [TOOBIG] much\nappended 2 u0 ok\n");
    end_script(script);
}

/*
 * There are servers that give up an answer and store all the same: whoever looks finds it. The second group was answered before UIDNEXT is asked for:
 * it was refused, too, or stored behind the first one.
 */
static void
refused_groups_that_may_have_been_stored_are_not_sent_again(void **state)
{
    static const char *const different[] = {"one 1", "two 222", "one 3", "two 444"};

    (void)state;
    for (int stored = 0; stored < 2; stored++) {
        const char *const script_of[2][22] = {
            {"C:g1 APPEND *", "B:5", "C:*", "B:7", "C:", "C:g2 APPEND *", "B:5", "C:*", "B:7", "C:", "S:g1 NO too late",
             "S:g2 NO too late", "C:g3 STATUS \"a\" (UIDNEXT)", "C:g4 STATUS \"a\" (UIDNEXT)",
             "S:* STATUS a (UIDNEXT 14)", "S:g3 OK", "S:* STATUS a (UIDNEXT 14)", "S:g4 OK", NULL},
            {"C:g1 APPEND *", "B:5", "C:*", "B:7", "C:", "C:g2 APPEND *", "B:5", "C:*", "B:7", "C:", "S:g1 NO too late",
             "S:g2 OK [APPENDUID 7 12:13] stored", "C:g3 STATUS \"a\" (UIDNEXT)", "S:* STATUS a (UIDNEXT 14)",
             "S:g3 OK", NULL}};
        struct script *script = given_script("LITERAL+ MULTIAPPEND UIDPLUS", script_of[stored]);
        struct remote_append all[4];

        script->messages = different;
        for (size_t i = 0; i < 4; i++)
            all[i] = (struct remote_append){.mailbox = TEXT("a"),
                                            .uidvalidity = 7,
                                            .uidnext = 10,
                                            .keywords = "",
                                            .date = 1000000000,
                                            .size = strlen(different[i])};

        assert_true(script->remote.ops->append(script->remote.self, all, 4, &telling_appender, script, &script->err));

        assert_told(script, stored ? "appended 2 u12 ok\nappended 3 u13 ok\n"
                                     "appended 0 u0 no: too late\nappended 1 u0 no: too late\n"
                                   : "appended 2 u0 no: too late\nappended 3 u0 no: too late\n"
                                     "appended 0 u0 no: too late\nappended 1 u0 no: too late\n");
        end_script(script);
    }
}

/* Where UIDNEXT is not told, before or after, nobody knows: neither goes again, a group in halves or a message without its keywords. */
static void
what_may_have_been_stored_for_all_that_status_says_is_not_sent_again(void **state)
{
    static const char *const answers[][2] = {{"S:g2 NO not now", NULL},
                                             {"S:g2 BAD what", NULL},
                                             {"S:* STATUS a (MESSAGES 10)", "S:g2 OK"},
                                             {"S:* STATUS a (UIDNEXT 0)", "S:g2 OK"},
                                             {"S:* STATUS a (UIDNEXT 10)", "S:g2 OK"}};
    enum { WAYS = sizeof answers / sizeof answers[0] };

    (void)state;
    for (size_t i = 0; i < WAYS; i++)
        for (size_t count = 1; count <= 2; count++) {
            const char *const single[] = {
                "C:g1 APPEND \"a\" (good) *{5+}", "B:5",         "C:",          "S:g1 NO too late",
                "C:g2 STATUS \"a\" (UIDNEXT)",    answers[i][0], answers[i][1], NULL};
            const char *const group[] = {
                "C:g1 APPEND *", "B:5",         "C:*", "B:7", "C:", "S:g1 NO too late", "C:g2 STATUS \"a\" (UIDNEXT)",
                answers[i][0],   answers[i][1], NULL};
            struct script *script = given_script("LITERAL+ MULTIAPPEND UIDPLUS", count == 1 ? single : group);
            struct remote_append all[2];

            script->messages = messages;
            for (size_t k = 0; k < 2; k++)
                all[k] = (struct remote_append){.mailbox = TEXT("a"),
                                                .uidvalidity = 7,
                                                .uidnext = i + 1 == WAYS ? 0 : 10, /* the last: SELECT did not say it */
                                                .keywords = "good",
                                                .date = 1000000000,
                                                .size = strlen(messages[k])};

            assert_true(
                script->remote.ops->append(script->remote.self, all, count, &telling_appender, script, &script->err));

            assert_told(script, count == 1 ? "appended 0 u0 no: too late\n"
                                           : "appended 0 u0 no: too late\nappended 1 u0 no: too late\n");
            end_script(script);
        }
}

/* Passing trouble, whatever it sounds like: neither BAD nor "invalid" is a message's own fault. */
static void
two_messages_on_end_that_are_refused_in_the_same_words_end_the_uploads_of_their_mailbox(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 APPEND \"a\" *{5}", "S:g1 BAD Invalid state. 15",
                                               "C:g2 APPEND \"a\" *{7}", "S:g2 BAD Invalid state. 16", NULL});

    assert_true(appends_with(script, NULL, 3));

    assert_told(script, "appended 0 u0 no: Invalid state. 15\nappended 1 u0 no: Invalid state. 16\n"
                        "appended 2 u0 no throttled: Invalid state. 16\n");
    end_script(script);
}

/* Perhaps for the sake of its keywords. Not where the server says that something was stored all the same. */
static void
what_is_refused_by_itself_goes_once_more_without_keywords(void **state)
{
    static const char forwarded[] = "C:g1 APPEND \"a\" (\\Seen $Forwarded) *{5+}";
    static const char with[] = "C:g1 APPEND \"a\" (\\Seen $Forwarded good) *{5+}",
                      without[] = "C:g3 APPEND \"a\" (\\Seen) *{5+}";
    static const struct {
        const char *uidnext, *answer, *told;
    } ways[] = {{"S:* STATUS a (UIDNEXT 10)", "S:g3 OK [APPENDUID 7 10] stored", "appended 0 u10 ok\n"},
                {"S:* STATUS a (UIDNEXT 10)", "S:g3 NO another reason", "appended 0 u0 no: another reason\n"},
                {"S:* STATUS a (UIDNEXT 11)", NULL, "appended 0 u0 no: no such keyword\n"}};
    enum { WAYS = sizeof ways / sizeof ways[0] };

    (void)state;
    for (size_t k = 0; k < 2 * WAYS; k++) { /* the second time $Forwarded is all that it has */
        const size_t i = k % WAYS;
        const bool again = ways[i].answer != NULL;
        struct script *script =
            given_script("LITERAL+ MULTIAPPEND UIDPLUS",
                         (const char *const[]){k < WAYS ? with : forwarded, "B:5", "C:", "S:g1 NO no such keyword",
                                               "C:g2 STATUS \"a\" (UIDNEXT)", ways[i].uidnext, "S:g2 OK",
                                               again ? without : NULL, "B:5", "C:", ways[i].answer, NULL});

        assert_true(k < WAYS ? appends(script, 1) : appends_with(script, "", 1));

        assert_told(script, ways[i].told);
        end_script(script);
    }
}

/* No bytes before the server asks for them, and no others in the same command. */
static void
what_was_refused_before_is_sent_by_itself_when_the_server_asks_for_it(void **state)
{
    (void)state;
    struct script *script =
        given_script("LITERAL+ MULTIAPPEND",
                     (const char *const[]){"C:g1 APPEND \"a\" *{5}", "W:", "S:g1 NO [OVERQUOTA] full", NULL});
    script->messages = messages;
    const struct remote_append wanted[] = {
        {.mailbox = TEXT("a"), .keywords = "", .size = 5, .alone = true},
        {.mailbox = TEXT("a"), .keywords = "", .size = 7},
    };

    assert_true(script->remote.ops->append(script->remote.self, wanted, 2, &telling_appender, script, &script->err));

    assert_told(script, "appended 0 u0 no throttled quota: [OVERQUOTA] full\n"
                        "appended 1 u0 no throttled quota: [OVERQUOTA] full\n");
    end_script(script);
}

static void
full_sockets_on_both_sides_are_no_deadlock(void **state)
{
    enum { SIZE = 12000000 }; /* more than both sides' socket buffers hold */
    char *large = malloc(SIZE + 1);
    struct script *script = given_script(
        "LITERAL+", (const char *const[]){"N:200000:* OK [XFOO] so much to say before anything is read at all\r\n",
                                          "C:g1 APPEND *", "B:12000000", "C:", "S:g1 OK", NULL});
    struct remote_append message = {.mailbox = TEXT("a"), .keywords = "", .size = SIZE};

    (void)state;
    assert_non_null(large);
    memset(large, 'x', SIZE);
    large[SIZE] = '\0';
    script->messages = (const char *const[]){large};
    script->message_len = SIZE;
    assert_true(script->remote.ops->append(script->remote.self, &message, 1, &telling_appender, script, &script->err));

    assert_told(script, "appended 0 u0 ok\n");
    end_script(script);
    free(large);
}

static void
ok_to_a_message_that_was_not_sent_is_a_lie(void **state)
{
    (void)state;
    struct script *script = given_script("", (const char *const[]){"C:g1 APPEND \"a\" *{5}", "S:g1 OK stored", NULL});

    assert_false(appends(script, 1));

    assert_int_equal(script->err.kind, ERROR_SERVER);
    assert_told(script, "");
    end_script(script);
}

static void
over_quota_ends_the_uploads(void **state)
{
    (void)state;
    struct script *script =
        given_script("", (const char *const[]){"C:g1 APPEND \"a\" *{5}", "W:", "S:+", "B:5", "C:", "S:g1 OK",
                                               "C:g2 APPEND *{7}", "S:g2 NO [OVERQUOTA] full", "C:g* LOGOUT", NULL});

    assert_true(appends(script, 3));

    assert_non_null(strstr(script->told, "appended 0 u0 ok\nappended 1 u0 no throttled quota: [OVERQUOTA] full\n"
                                         "appended 2 u0 no throttled quota"));
    end_script(script);
}

static void
what_the_server_does_not_take_is_not_sent(void **state)
{
    (void)state;
    struct script *script =
        given_script("APPENDLIMIT=6 LITERAL+", (const char *const[]){"C:g1 APPEND *", "B:5", "C:", "S:g1 OK", NULL});

    assert_true(appends(script, 3));

    assert_non_null(strstr(script->told, "appended 1 u0 no permanent: larger than the 6 bytes"));
    end_script(script);
}

static void
a_message_that_changes_while_it_is_sent_is_never_completed(void **state)
{
    (void)state;
    struct script *script = given_script("LITERAL+", (const char *const[]){"C:g1 APPEND *", NULL});
    struct remote_append message = {.mailbox = TEXT("a"), .keywords = "", .size = 4};

    script->messages = messages; /* has five bytes */
    assert_false(script->remote.ops->append(script->remote.self, &message, 1, &telling_appender, script, &script->err));

    assert_int_equal(script->err.kind, ERROR_LOCAL);
    assert_told(script, "");
    (void)text_print(script->complaint, sizeof script->complaint, "the line has no end, as it should be");
    imap_free(script->imap);
    assert_int_equal(pthread_join(script->thread, NULL), 0);
    (void)close(script->listener);
    free(script);
}

#define CALL 18 /* messages of one call: more than go out before anything is known to be stored */

/* All of them in commands of their own. */
static bool
appends_a_call(struct script *script)
{
    static const char *alike[CALL];
    struct remote_append all[CALL];

    for (size_t i = 0; i < CALL; i++) {
        alike[i] = "one\r\n";
        all[i] = (struct remote_append){
            .mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 10, .keywords = "", .size = strlen(alike[i])};
    }
    script->messages = alike;
    return script->remote.ops->append(script->remote.self, all, CALL, &telling_appender, script, &script->err);
}

/* So a batch after the first one costs one turn, and not two. */
static void
where_the_last_batch_was_stored_the_next_one_goes_out_whole(void **state)
{
    const char *lines[1 + 4 * 3 * CALL] = {NULL};
    static char answers[2 * CALL][40];
    size_t at = 0;

    (void)state;
    for (size_t call = 0; call < 2; call++) {
        const size_t first = call == 0 ? CALL - 2 : CALL; /* 16 of the first call, then the rest */

        for (size_t i = 0; i < CALL; i++) {
            lines[at++] = "C:g* APPEND *";
            lines[at++] = "B:5";
            lines[at++] = "C:";
            if (i + 1 != first && i + 1 != CALL)
                continue;
            for (size_t k = i + 1 == first ? 0 : first; k <= i; k++) {
                char *const answer = answers[call * CALL + k];

                (void)text_print(answer, sizeof answers[0], "S:g%zu OK stored", 1 + call * CALL + k);
                lines[at++] = answer;
            }
        }
    }
    struct script *script = given_script("LITERAL+ MULTIAPPEND", lines);

    assert_true(appends_a_call(script));
    assert_true(appends_a_call(script));

    end_script(script);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_a_mailbox_go_up_together),
        cmocka_unit_test(an_appenduid_that_cannot_be_true_is_not_believed),
        cmocka_unit_test(messages_that_look_alike_go_up_in_commands_of_their_own),
        cmocka_unit_test(of_a_refused_group_two_messages_are_sent_by_themselves_and_then_the_rest),
        cmocka_unit_test(refused_groups_that_may_have_been_stored_are_not_sent_again),
        cmocka_unit_test(what_may_have_been_stored_for_all_that_status_says_is_not_sent_again),
        cmocka_unit_test(two_messages_on_end_that_are_refused_in_the_same_words_end_the_uploads_of_their_mailbox),
        cmocka_unit_test(what_is_refused_by_itself_goes_once_more_without_keywords),
        cmocka_unit_test(what_was_refused_before_is_sent_by_itself_when_the_server_asks_for_it),
        cmocka_unit_test(full_sockets_on_both_sides_are_no_deadlock),
        cmocka_unit_test(ok_to_a_message_that_was_not_sent_is_a_lie),
        cmocka_unit_test(over_quota_ends_the_uploads),
        cmocka_unit_test(what_the_server_does_not_take_is_not_sent),
        cmocka_unit_test(a_message_that_changes_while_it_is_sent_is_never_completed),
        cmocka_unit_test(where_the_last_batch_was_stored_the_next_one_goes_out_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
