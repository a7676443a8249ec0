/* Whom TLS trusts: names, authorities, pins, client certificates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/stream_scene.h"

static void
assert_opens(const struct connection *to, const char *greeting)
{
    struct error err = {0};
    struct stream *stream = stream_open(to, &err);

    if (stream == NULL)
        fail_msg("%s: %s", err.what, err.answer);
    assert_reads(stream, greeting);
    stream_close(stream);
}

static const char *const greet_by_tls[] = {"TLS", "S:* OK hello", NULL};

/* Trust */

static void
a_certificate_that_the_ca_file_holds_and_that_names_the_host_is_trusted(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = own.file;

    assert_opens(&to, "* OK hello\r\n");

    end_server(server);
    drop_certificate(&own);
}

static void
an_address_in_figures_is_found_in_the_certificate(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:mail.example,IP:127.0.0.1", -DAY, DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "127.0.0.1", SCHEME_IMAPS);
    to.ca_file = own.file;

    assert_opens(&to, "* OK hello\r\n");

    end_server(server);
    drop_certificate(&own);
}

static void
a_certificate_for_another_host_is_refused_and_its_names_are_told(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:other.example,IP:192.0.2.7", -DAY, DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = own.file;

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.answer, "ostname mismatch");
    assert_has(err.answer, "other.example, 192.0.2.7");
    assert_null(strstr(err.hint, own.pin));
    end_server(server);
    drop_certificate(&own);
}

static void
an_expired_certificate_is_refused(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -3 * DAY, -DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = own.file;

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.what, "verify the certificate of localhost:");
    assert_has(err.answer, "certificate has expired: it is for 20");
    assert_has(err.answer, "this machine's clock says 20");
    assert_null(strstr(err.hint, own.pin));
    end_server(server);
    drop_certificate(&own);
}

static void
a_self_signed_certificate_is_refused_and_its_pin_is_told(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.answer, "self-signed");
    assert_has(err.hint, own.pin);
    end_server(server);
    drop_certificate(&own);
}

static void
a_pin_alone_suffices(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:other.example", -3 * DAY, -DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    const char *const pins[] = {"00", own.pin, NULL};
    to.fingerprints = pins;

    assert_opens(&to, "* OK hello\r\n");

    end_server(server);
    drop_certificate(&own);
}

static void
a_pin_that_does_not_match_refuses_what_the_ca_vouches_for_and_tells_the_one_seen(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    const char *const pins[] = {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", NULL};
    to.fingerprints = pins;
    to.ca_file = own.file;

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.answer, own.pin);
    assert_has(err.hint, own.pin);
    end_server(server);
    drop_certificate(&own);
}

static void
tls_before_1_2_is_refused(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = start_server(&own, greet_by_tls);
    SSL_CTX_set_min_proto_version(server->context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(server->context, TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(server->context, "ALL:@SECLEVEL=0");
    run(server);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = own.file;

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.what, "open TLS to localhost:");
    end_server(server);
    drop_certificate(&own);
}

static int
accept_any_client(int verified, X509_STORE_CTX *store)
{
    (void)verified;
    (void)store;
    return 1;
}

static void
a_client_certificate_is_shown_to_the_server(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = start_server(&own, greet_by_tls);
    SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any_client);
    run(server);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = to.client_cert = own.file;
    to.client_key = own.key;

    assert_opens(&to, "* OK hello\r\n");

    end_server(server);
    drop_certificate(&own);
}

static void
a_server_that_does_not_speak_tls_is_told_from_one_that_is_not_trusted(void **state)
{
    static const char *const script[] = {"S:* OK this is plain text, long enough for a record", "HANG", NULL};
    (void)state;
    struct fake_server *server = given_server(NULL, script);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.what, "open TLS to");
    assert_has(err.hint, "does not speak TLS");
    end_server(server);
}

static void
a_pem_file_that_cannot_be_read_is_an_error_of_the_configuration(void **state)
{
    static const char *const script[] = {"HANG", NULL};
    (void)state;
    struct fake_server *server = given_server(NULL, script);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = "/nonexistent/ca.pem";

    struct error err = assert_refused(&to, ERROR_CONFIG);

    assert_has(err.what, "/nonexistent/ca.pem");
    assert_string_equal(err.answer, "No such file or directory");
    end_server(server);
}

static void
tls_through_a_tunnel_needs_a_name_or_a_pin(void **state)
{
    struct connection to = through("cat");
    (void)state;
    to.scheme = SCHEME_IMAPS;
    to.tls = TLS_REQUIRED;

    struct error err = assert_refused(&to, ERROR_CONFIG);

    assert_has(err.what, "no host name");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_that_the_ca_file_holds_and_that_names_the_host_is_trusted),
        cmocka_unit_test(an_address_in_figures_is_found_in_the_certificate),
        cmocka_unit_test(a_certificate_for_another_host_is_refused_and_its_names_are_told),
        cmocka_unit_test(an_expired_certificate_is_refused),
        cmocka_unit_test(a_self_signed_certificate_is_refused_and_its_pin_is_told),
        cmocka_unit_test(a_pin_alone_suffices),
        cmocka_unit_test(a_pin_that_does_not_match_refuses_what_the_ca_vouches_for_and_tells_the_one_seen),
        cmocka_unit_test(tls_before_1_2_is_refused),
        cmocka_unit_test(a_client_certificate_is_shown_to_the_server),
        cmocka_unit_test(a_server_that_does_not_speak_tls_is_told_from_one_that_is_not_trusted),
        cmocka_unit_test(a_pem_file_that_cannot_be_read_is_an_error_of_the_configuration),
        cmocka_unit_test(tls_through_a_tunnel_needs_a_name_or_a_pin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
