/* What a login is in every protocol: which mechanism is chosen, which bytes it sends, what it makes of a challenge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "store/net/sasl.h"

#define ALL 0xffffu

static bool
offers(const void *context, unsigned mechanism, const char *name)
{
    assert_string_equal(name, sasl_name(mechanism));
    return (*(const unsigned *)context & mechanism) != 0;
}

static unsigned
chosen(unsigned wanted, unsigned offered, bool private, unsigned without, struct error *err)
{
    const struct connection to = {.host = "h", .user = "ana", .auth = wanted};
    const struct sasl_offer offer = {.offers = offers, .context = &offered, .words = "some", .private = private};

    return sasl_choose(&to, &offer, without, err);
}

static void
the_strongest_is_chosen_and_never_one_that_must_be_named(void **state)
{
    static const struct {
        unsigned wanted, offered;
        bool private;
        unsigned chosen;
    } rows[] = {
        {AUTH_AUTO, ALL, true, AUTH_SCRAM_SHA_256},
        {AUTH_AUTO, ALL & ~AUTH_SCRAM_SHA_256, true, AUTH_PLAIN},
        {AUTH_AUTO, AUTH_LOGIN | AUTH_CRAM_MD5, true, AUTH_LOGIN},
        {AUTH_AUTO, AUTH_LOGIN | AUTH_PLAIN | AUTH_CRAM_MD5, false, AUTH_CRAM_MD5},
        {AUTH_AUTO, AUTH_XOAUTH2 | AUTH_OAUTHBEARER | AUTH_EXTERNAL | AUTH_APOP, true, 0},
        {AUTH_AUTO, AUTH_PLAIN | AUTH_LOGIN, false, 0},
        {AUTH_XOAUTH2, ALL, false, 0},
        {AUTH_APOP, ALL, false, AUTH_APOP},
        {AUTH_XOAUTH2 | AUTH_OAUTHBEARER, ALL, true, AUTH_OAUTHBEARER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = {.kind = ERROR_NONE};

        assert_int_equal(chosen(rows[i].wanted, rows[i].offered, rows[i].private, 0, &err), rows[i].chosen);

        assert_int_equal(err.kind, rows[i].chosen == 0 ? ERROR_LOGIN : ERROR_NONE);
    }
}

static void
what_proved_unusable_is_passed_over(void **state)
{
    struct error err;
    (void)state;

    assert_int_equal(chosen(AUTH_AUTO, ALL, true, AUTH_SCRAM_SHA_256, &err), AUTH_PLAIN);
}

static void
a_login_without_a_user_is_a_fault_of_the_configuration(void **state)
{
    const unsigned offered = AUTH_PLAIN | AUTH_EXTERNAL;
    const struct sasl_offer offer = {.offers = offers, .context = &offered, .words = "", .private = true};
    struct connection to = {.host = "h"};
    struct error err = {.kind = ERROR_NONE};
    (void)state;
    assert_int_equal(sasl_choose(&to, &offer, 0, &err), 0);
    assert_int_equal(err.kind, ERROR_CONFIG);
    to.auth = AUTH_EXTERNAL;

    assert_int_equal(sasl_choose(&to, &offer, 0, &err), AUTH_EXTERNAL);
}

/* Exchanges */

static void
assert_decodes(const char *base64, const char *bytes, size_t len)
{
    unsigned char decoded[512];
    const int got = EVP_DecodeBlock(decoded, (const unsigned char *)base64, (int)strlen(base64));

    assert_true(got >= (int)len && got < (int)len + 3);
    assert_memory_equal(decoded, bytes, len);
}

static void
each_mechanism_spells_its_message(void **state)
{
    static const struct {
        unsigned mechanism;
        const char *bytes;
        size_t len;
    } rows[] = {
#define ROW(mechanism, bytes) {mechanism, bytes, sizeof(bytes) - 1}
        ROW(AUTH_PLAIN, "\0a=n,a\0pw"),
        ROW(AUTH_XOAUTH2, "user=a=n,a\001auth=Bearer pw\001\001"),
        ROW(AUTH_OAUTHBEARER, "n,a=a=3Dn=2Ca,\001host=h\001port=993\001auth=Bearer pw\001\001"),
        ROW(AUTH_EXTERNAL, "a=n,a"),
    };
    const struct connection to = {.host = "h", .port = 993, .user = "a=n,a"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sasl sasl;
        assert_true(sasl_begin(&sasl, &to, rows[i].mechanism, "pw"));
        const size_t length = sasl_initial_length(&sasl);

        const char *initial = sasl_initial(&sasl);

        assert_int_equal(length, strlen(initial) + 1);
        assert_decodes(initial, rows[i].bytes, rows[i].len);
        sasl_end(&sasl);
    }
}

static void
login_gives_user_and_password_in_turn(void **state)
{
    const struct connection to = {.user = "ana"};
    struct sasl sasl;
    const char *answer;
    (void)state;
    assert_true(sasl_begin(&sasl, &to, AUTH_LOGIN, "pw"));

    assert_int_equal(sasl_initial_length(&sasl), 0);
    assert_true(sasl_answer(&sasl, TEXT("VXNlcm5hbWU6"), &answer));
    assert_string_equal(answer, "YW5h");
    assert_true(sasl_answer(&sasl, TEXT("UGFzc3dvcmQ6"), &answer));
    assert_string_equal(answer, "cHc=");

    sasl_end(&sasl);
}

static void
a_challenge_after_the_message_is_an_error_that_is_decoded_and_answered_once(void **state)
{
    static const struct {
        unsigned mechanism;
        const char *resign;
    } rows[] = {{AUTH_XOAUTH2, ""}, {AUTH_OAUTHBEARER, "AQ=="}, {AUTH_PLAIN, "*"}};
    const struct connection to = {.user = "ana"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sasl sasl;
        const char *answer;
        assert_true(sasl_begin(&sasl, &to, rows[i].mechanism, "pw"));
        assert_true(sasl_answer(&sasl, TEXT(""), &answer));

        assert_true(sasl_answer(&sasl, TEXT("eyJzIjoiNDAwIn0="), &answer));

        assert_string_equal(answer, rows[i].resign);
        assert_string_equal(sasl.details.at, "{\"s\":\"400\"}");
        assert_false(sasl_answer(&sasl, TEXT(""), &answer));
        sasl_end(&sasl);
    }
}

static void
a_challenge_that_is_no_base64_is_told_as_it_is(void **state)
{
    const struct connection to = {.user = "ana"};
    struct sasl sasl;
    const char *answer;
    (void)state;
    assert_true(sasl_begin(&sasl, &to, AUTH_XOAUTH2, "pw"));
    assert_true(sasl_answer(&sasl, TEXT(""), &answer));

    assert_true(sasl_answer(&sasl, TEXT("go away"), &answer));

    assert_string_equal(sasl.details.at, "go away");
    sasl_end(&sasl);
}

static void
an_initial_response_that_was_overlooked_is_given_again_once(void **state)
{
    const struct connection to = {.user = "ana"};
    struct sasl sasl;
    const char *answer;
    (void)state;
    assert_true(sasl_begin(&sasl, &to, AUTH_PLAIN, "pw"));
    const char *initial = sasl_initial(&sasl);

    assert_true(sasl_answer(&sasl, TEXT(""), &answer));
    assert_string_equal(answer, initial);
    assert_true(sasl_answer(&sasl, TEXT(""), &answer));

    assert_string_equal(answer, "*");
    sasl_end(&sasl);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strongest_is_chosen_and_never_one_that_must_be_named),
        cmocka_unit_test(what_proved_unusable_is_passed_over),
        cmocka_unit_test(a_login_without_a_user_is_a_fault_of_the_configuration),
        cmocka_unit_test(each_mechanism_spells_its_message),
        cmocka_unit_test(login_gives_user_and_password_in_turn),
        cmocka_unit_test(a_challenge_after_the_message_is_an_error_that_is_decoded_and_answered_once),
        cmocka_unit_test(a_challenge_that_is_no_base64_is_told_as_it_is),
        cmocka_unit_test(an_initial_response_that_was_overlooked_is_given_again_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
