/* The one second try after a refusal: what runs before it, for which kind of secret, how often, and what is told. */
#include "store/net/sasl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct scene {
    char order[8];             /* r: the refresh ran, a: the secret was asked for */
    enum error_kind fails;     /* how the refresh ends; ERROR_NONE: well */
    enum error_kind ask_fails; /* the same of the password command */
    const char *next;
    char said[640];
    struct connection to;
    struct error err;
    char *secret;
};

static void
note(struct scene *scene, char what)
{
    const size_t len = strlen(scene->order);

    assert_true(len + 1 < sizeof scene->order);
    scene->order[len] = what;
    scene->order[len + 1] = '\0';
}

static bool
refresh(void *context, struct error *err)
{
    struct scene *scene = context;

    note(scene, 'r');
    if (scene->fails == ERROR_NONE)
        return true;
    error_set(err, scene->fails, "run the refresh command");
    error_answer(err, TEXT("it ended with status 3"));
    error_hint(err, "Run it by hand.");
    return false;
}

static bool
give(void *context, bool again, char **secret, struct error *err)
{
    struct scene *scene = context;

    assert_true(again);
    note(scene, 'a');
    if (scene->ask_fails != ERROR_NONE) {
        error_set(err, scene->ask_fails, "run the password command");
        return false;
    }
    *secret = strdup(scene->next);
    return *secret != NULL;
}

static void
hear(void *context, const char *words)
{
    struct scene *scene = context;

    (void)text_print(scene->said, sizeof scene->said, "%s", words);
}

static void
begin(struct scene *scene)
{
    scene->to = (struct connection){
        .secret = give, .refresh = refresh, .secret_context = scene, .said = hear, .said_context = scene};
    scene->secret = strdup("stale");
    assert_non_null(scene->secret);
    error_set(&scene->err, ERROR_LOGIN, "log in to h as ana (XOAUTH2)");
    error_answer(&scene->err, TEXT("no"));
    error_hint(&scene->err, "Log in again.");
}

static void
a_refused_token_is_refreshed_once_before_it_is_asked_for_again(void **state)
{
    struct scene scene = {.next = "fresh"};

    (void)state;
    begin(&scene);

    assert_true(sasl_renew_secret(&scene.to, AUTH_TOKEN_REFUSED, &scene.secret, &scene.err));

    assert_string_equal(scene.order, "ra");
    assert_string_equal(scene.secret, "fresh");
    assert_string_equal(scene.said, "");
    sasl_wipe_secret(&scene.secret);
}

static void
a_password_is_never_refreshed(void **state)
{
    struct scene scene = {.next = "fresh"};

    (void)state;
    begin(&scene);

    assert_true(sasl_renew_secret(&scene.to, AUTH_REFUSED, &scene.secret, &scene.err));

    assert_string_equal(scene.order, "a");
    sasl_wipe_secret(&scene.secret);
}

static void
what_was_not_refused_runs_nothing(void **state)
{
    static const enum auth_outcome outcomes[] = {AUTH_ACCEPTED, AUTH_UNUSABLE, AUTH_FAILED};

    (void)state;
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        struct scene scene = {.next = "fresh"};

        begin(&scene);
        assert_false(sasl_renew_secret(&scene.to, outcomes[i], &scene.secret, &scene.err));
        assert_string_equal(scene.order, "");
        sasl_wipe_secret(&scene.secret);
    }
}

static void
the_same_token_again_is_no_second_try(void **state)
{
    struct scene scene = {.next = "stale"};

    (void)state;
    begin(&scene);

    assert_false(sasl_renew_secret(&scene.to, AUTH_TOKEN_REFUSED, &scene.secret, &scene.err));

    assert_string_equal(scene.order, "ra");
    assert_string_equal(scene.err.hint, "Log in again.");
    sasl_wipe_secret(&scene.secret);
}

static void
a_refresh_that_fails_stands_beside_the_servers_words(void **state)
{
    struct scene scene = {.next = "stale", .fails = ERROR_LOGIN};

    (void)state;
    begin(&scene);

    assert_false(sasl_renew_secret(&scene.to, AUTH_TOKEN_REFUSED, &scene.secret, &scene.err));

    assert_string_equal(scene.order, "ra");
    assert_int_equal(scene.err.kind, ERROR_LOGIN);
    assert_string_equal(scene.err.answer, "no");
    assert_string_equal(scene.err.hint, "The refresh command failed: it ended with status 3. Run it by hand.");
    sasl_wipe_secret(&scene.secret);
}

static void
a_refresh_that_fails_hides_no_cause_that_the_server_named(void **state)
{
    struct scene scene = {.next = "stale", .fails = ERROR_LOGIN};

    (void)state;
    begin(&scene);
    scene.err.code = "AADSTS65001";

    assert_false(sasl_renew_secret(&scene.to, AUTH_TOKEN_REFUSED, &scene.secret, &scene.err));

    assert_string_equal(scene.err.hint, "Log in again.");
    assert_string_equal(scene.said, "the refresh command failed: it ended with status 3");
    sasl_wipe_secret(&scene.secret);
}

static void
a_refresh_that_fails_is_said_where_the_login_goes_on(void **state)
{
    struct scene scene = {.next = "fresh", .fails = ERROR_LOGIN};

    (void)state;
    begin(&scene);

    assert_true(sasl_renew_secret(&scene.to, AUTH_TOKEN_REFUSED, &scene.secret, &scene.err));

    assert_string_equal(scene.said,
                        "the refresh command failed: it ended with status 3; trying what password-command prints now");
    sasl_wipe_secret(&scene.secret);
}

static void
a_signal_ends_it_wherever_it_comes(void **state)
{
    struct scene early = {.fails = ERROR_INTERRUPTED}, late = {.ask_fails = ERROR_INTERRUPTED};

    (void)state;
    begin(&early);
    assert_false(sasl_renew_secret(&early.to, AUTH_TOKEN_REFUSED, &early.secret, &early.err));
    assert_string_equal(early.order, "r");
    assert_int_equal(early.err.kind, ERROR_INTERRUPTED);

    begin(&late);
    assert_false(sasl_renew_secret(&late.to, AUTH_TOKEN_REFUSED, &late.secret, &late.err));
    assert_string_equal(late.order, "ra");
    assert_int_equal(late.err.kind, ERROR_INTERRUPTED);
    sasl_wipe_secret(&early.secret);
    sasl_wipe_secret(&late.secret);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_token_is_refreshed_once_before_it_is_asked_for_again),
        cmocka_unit_test(a_password_is_never_refreshed),
        cmocka_unit_test(what_was_not_refused_runs_nothing),
        cmocka_unit_test(the_same_token_again_is_no_second_try),
        cmocka_unit_test(a_refresh_that_fails_stands_beside_the_servers_words),
        cmocka_unit_test(a_refresh_that_fails_hides_no_cause_that_the_server_named),
        cmocka_unit_test(a_refresh_that_fails_is_said_where_the_login_goes_on),
        cmocka_unit_test(a_signal_ends_it_wherever_it_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
