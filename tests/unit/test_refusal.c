/* What a server says of a token that it does not take, and what the user is told of it. */
#include "store/net/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/base/limits.h"

static bool
explain(const char *host, const char *words, const char *details, struct error *err)
{
    struct buffer json = buffer_new(LIMIT_PROLOGUE);
    bool known;

    error_set(err, ERROR_LOGIN, "log in");
    error_hint(err, "the usual one");
    if (details != NULL)
        assert_true(buffer_adds(&json, details));
    known = refusal_explain(host, text_of(words), details != NULL ? &json : NULL, err);
    buffer_free(&json);
    return known;
}

static void
each_cause_has_a_word_and_a_sentence(void **state)
{
    static const struct {
        const char *host, *words, *details, *code, *hint;
    } rows[] = {
        {"outlook.office365.com", "AUTHENTICATE failed.",
         "{\"error\":\"x\",\"error_description\":\"AADSTS65001: The user\"}", "AADSTS65001", "consent"},
        {"127.0.0.1", "proxy: AADSTS65006: invalid", NULL, "AADSTS65006", "IMAP.AccessAsUser.All"},
        {"127.0.0.1", "proxy: aadsts700016 not found", NULL, "AADSTS700016", "client id"},
        {"127.0.0.1", "proxy: {'error': 'invalid_grant', 'error_description': 'AADSTS50020: no'}", NULL, "AADSTS50020",
         "tenant"},
        {"127.0.0.1", "proxy: {'error': 'invalid_grant', 'error_description': 'Token has been expired or revoked.'}",
         NULL, "invalid_grant", "every 7 days"},
        {"imap.gmail.com", "no", "{\"error\":\"invalid_grant\"}", "invalid_grant", "Testing"},
        {"outlook.office365.com", "no", "{\"error\":\"invalid_grant\"}", "invalid_grant", "new password"},
        {"imap.gmail.com", "Invalid credentials (Failure)",
         "{\"status\":\"400\",\"schemes\":\"Bearer\",\"scope\":\"https://mail.google.com/\"}", "invalid_token",
         "Testing"},
        {"h", "no", "{\"status\":\"403\",\"schemes\":\"bearer\"}", "insufficient_scope", "scopes"},
        {"h", "no", "{\"status\":\"insufficient_scope\"}", "insufficient_scope", "scopes"},
        {"h", "User is authenticated but not connected.", NULL, "not_connected", "IMAP may be off"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = {0};

        if (!explain(rows[i].host, rows[i].words, rows[i].details, &err))
            fail_msg("row %zu", i);
        assert_string_equal(err.code, rows[i].code);
        if (strstr(err.hint, rows[i].hint) == NULL)
            fail_msg("row %zu: %s", i, err.hint);
        assert_null(strstr(err.hint, "...")); /* whole */
        assert_int_equal(err.kind, ERROR_LOGIN);
    }
}

static void
an_old_token_of_anybody_has_a_word_alone(void **state)
{
    static const char *const rows[] = {"{\"status\":\"401\",\"schemes\":\"bearer\",\"scope\":\"mail\"}",
                                       "{\"status\":401}",
                                       "{\"status\":\"invalid_token\",\"openid-configuration\":\"x\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = {0};

        assert_false(explain("h", "Authentication failed.", rows[i], &err));
        assert_string_equal(err.code, "invalid_token");
        assert_string_equal(err.hint, "the usual one");
    }
}

static void
anything_else_is_left_as_it_is(void **state)
{
    static const char *const rows[] = {NULL,
                                       "",
                                       "{",
                                       "[]",
                                       "[[[[[[[[[[[[[[[[[[[[[[",
                                       "null",
                                       "{\"status\":[]}",
                                       "\"s\"",
                                       "{}{}",
                                       "\xff",
                                       "{\"status\":null}",
                                       "{\"status\":{\"status\":\"401\"}}",
                                       "{\"status\":\"500\"}",
                                       "{\"error\":7}"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = {0};

        if (explain("h", "no", rows[i], &err) || err.code != NULL)
            fail_msg("row %zu: %s", i, err.hint);
        assert_string_equal(err.hint, "the usual one");
    }
}

/* As much as the line may bring, nested as deep as that goes. */
static void
the_largest_challenge_is_harmless(void **state)
{
    struct buffer json = buffer_new(LIMIT_PROLOGUE);
    char *words = malloc(LIMIT_PROLOGUE);
    struct error err = {0};

    (void)state;
    assert_non_null(words);
    memset(words, 'x', LIMIT_PROLOGUE);
    while (json.len < LIMIT_PROLOGUE)
        assert_true(buffer_adds(&json, "["));
    error_set(&err, ERROR_LOGIN, "log in");

    assert_false(refusal_explain("h", (struct text){words, LIMIT_PROLOGUE}, &json, &err));

    assert_null(err.code);
    buffer_free(&json);
    free(words);
}

static void
nothing_that_the_server_says_gets_into_the_sentence(void **state)
{
    struct error err = {0};

    (void)state;
    assert_true(explain("h", "\033[2J invalid_grant \033]0;x\007", "{\"error\":\"\\u001b[31m\"}", &err));

    assert_null(strchr(err.hint, '\033'));
    assert_string_equal(err.code, "invalid_grant");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cause_has_a_word_and_a_sentence),
        cmocka_unit_test(an_old_token_of_anybody_has_a_word_alone),
        cmocka_unit_test(anything_else_is_left_as_it_is),
        cmocka_unit_test(the_largest_challenge_is_harmless),
        cmocka_unit_test(nothing_that_the_server_says_gets_into_the_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
