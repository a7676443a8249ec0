/*
 * A scripted server on the loopback, in a thread of the test, and certificates made on the spot. A script is a list of
 * lines, NULL at the end:
 *
 *     "S:* OK hello"    send it, with a line end
 *     "s:half a li"     send it as it is
 *     "C:1 LOGIN *"     read a line; it must be this one ('*' at the end: begin so)
 *     "TLS"             accept TLS
 *     "REKEY"           forget what tickets were made with
 *     "CORK"            keep back what does not fill a segment: what follows leaves together
 *     "FLOOD"           send 'x' without end, until nobody listens
 *     "RAIN"            send short lines without end, until nobody listens
 *     "DRIP"            send 'x' three times a second, for half a minute or until nobody listens
 *     "SCRAM"           answer the client's first message of SCRAM, which is the last line read
 *     "DEEP"            send an untagged answer with 100,000 parentheses
 *     "BULK"            send BULK_SIZE bytes, then read as many
 *     "CUT"             close without TLS's goodbye
 *     "NEXT"            close, accept another connection
 *     "HANG"            say nothing until the client is gone
 *
 * Included by each test program that needs it; everything is static.
 */
#ifndef TESTS_UNIT_FAKE_SERVER_H
#define TESTS_UNIT_FAKE_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "store/base/digest.h"
#include "store/net/connection.h"

#define BULK_SIZE (3u * 1024 * 1024) /* more than any socket buffer takes in */
#define LINE_SIZE (128 * 1024)

struct fake_server {
    const char *const *script;
    int listener;
    uint16_t port;
    int fd;
    SSL *ssl;
    SSL_CTX *context;
    pthread_t thread;
    char complaint[1024]; /* what was not as the script has it; "" all well */
    char line[LINE_SIZE]; /* the last one read */
    int lines;            /* read from the client, over all connections */
    int connections;
    int resumed; /* TLS was taken up again, in so many of them */
};

struct certificate {
    char folder[64];
    char file[96], key[96];
    char pin[65];
};

/* Certificates */

static void
make_pin_of(EVP_PKEY *key, char pin[65])
{
    unsigned char *der = NULL, digest[DIGEST_SIZE];
    const int len = i2d_PUBKEY(key, &der);

    assert_true(len > 0 && digest_bytes(der, (size_t)len, digest));
    for (int i = 0; i < DIGEST_SIZE; i++)
        text_print(pin + 2 * i, 3, "%02x", digest[i]);
    OPENSSL_free(der);
}

/* Self-signed, so it is its own CA. @param names "DNS:localhost,IP:127.0.0.1" */
__attribute__((unused)) static void
given_certificate(struct certificate *made, const char *names, long from_s, long until_s)
{
    const char *temporary = getenv("TMPDIR");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    X509_NAME *name = X509_get_subject_name(x509);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    FILE *file;

    text_print(made->folder, sizeof made->folder, "%s/golub-test-XXXXXX", temporary != NULL ? temporary : "/tmp");
    assert_non_null(mkdtemp(made->folder));
    text_print(made->file, sizeof made->file, "%s/cert.pem", made->folder);
    text_print(made->key, sizeof made->key, "%s/key.pem", made->folder);
    assert_non_null(key);
    make_pin_of(key, made->pin);
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), from_s);
    X509_gmtime_adj(X509_getm_notAfter(x509), until_s);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_set_pubkey(x509, key);
    assert_non_null(extension);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    file = fopen(made->file, "w");
    assert_true(file != NULL && PEM_write_X509(file, x509) == 1 && fclose(file) == 0);
    file = fopen(made->key, "w");
    assert_true(file != NULL && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(file) == 0);
    X509_free(x509);
    EVP_PKEY_free(key);
}

__attribute__((unused)) static void
drop_certificate(struct certificate *made)
{
    (void)unlink(made->file);
    (void)unlink(made->key);
    (void)rmdir(made->folder);
}

/* The server's thread: it must not assert, so it complains. */

static void
complain(struct fake_server *server, const char *what, const char *about)
{
    if (server->complaint[0] == '\0')
        text_print(server->complaint, sizeof server->complaint, "%s: %.900s", what, about);
}

static bool
server_send(struct fake_server *server, const char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        const ssize_t sent = server->ssl != NULL ? SSL_write(server->ssl, bytes + done, (int)(len - done))
                                                 : send(server->fd, bytes + done, len - done, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        done += (size_t)sent;
    }
    return true;
}

static ssize_t
server_receive(struct fake_server *server, char *to, size_t size)
{
    return server->ssl != NULL ? SSL_read(server->ssl, to, (int)size) : recv(server->fd, to, size, 0);
}

static void
expect_line(struct fake_server *server, const char *expected)
{
    const size_t len = strlen(expected);
    const bool prefix = len > 0 && expected[len - 1] == '*';
    size_t have = 0;

    for (;;) {
        if (have + 1 >= sizeof server->line || server_receive(server, server->line + have, 1) != 1) {
            complain(server, "no line came, but this was expected", expected);
            return;
        }
        if (server->line[have++] == '\n')
            break;
    }
    while (have > 0 && (server->line[have - 1] == '\n' || server->line[have - 1] == '\r'))
        have--;
    server->line[have] = '\0';
    server->lines++;
    if (prefix ? strncmp(server->line, expected, len - 1) != 0 : strcmp(server->line, expected) != 0)
        complain(server, expected, server->line);
}

static void
accept_tls(struct fake_server *server)
{
    server->ssl = SSL_new(server->context);
    SSL_set_fd(server->ssl, server->fd);
    if (SSL_accept(server->ssl) != 1) {
        SSL_free(server->ssl); /* often just what the test is about: the client's error tells */
        server->ssl = NULL;
        (void)shutdown(server->fd, SHUT_RDWR);
    } else if (SSL_session_reused(server->ssl) == 1) {
        server->resumed++;
    }
    ERR_clear_error();
}

static void
forget_ticket_keys(struct fake_server *server)
{
    unsigned char keys[80] = {1};

    if (SSL_CTX_set_tlsext_ticket_keys(server->context, keys, sizeof keys) != 1)
        complain(server, "other ticket keys", "none");
}

static void
hang_up(struct fake_server *server, bool goodbye)
{
    if (server->ssl != NULL) {
        if (goodbye)
            (void)SSL_shutdown(server->ssl);
        SSL_free(server->ssl);
        server->ssl = NULL;
        ERR_clear_error();
    }
    if (server->fd >= 0)
        (void)close(server->fd);
    server->fd = -1;
}

static bool
accept_client(struct fake_server *server)
{
    const int on = 1;

    server->fd = accept(server->listener, NULL, NULL);
    /* A line and its end are sent by themselves: without this the second waits for the client to acknowledge the first. */
    if (server->fd >= 0)
        (void)setsockopt(server->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    server->connections += server->fd >= 0;
    return server->fd >= 0;
}

static void
send_repeated(struct fake_server *server, char byte, size_t count)
{
    char block[4096];

    memset(block, byte, sizeof block);
    for (size_t left = count; left > 0;) {
        const size_t len = left < sizeof block ? left : sizeof block;

        if (!server_send(server, block, len))
            return;
        left -= len;
    }
}

static void
receive_bulk(struct fake_server *server)
{
    static _Thread_local char block[65536];
    size_t have = 0;

    while (have < BULK_SIZE) {
        const ssize_t got = server_receive(server, block, sizeof block);

        if (got <= 0) {
            complain(server, "bulk", "the client closed early");
            return;
        }
        have += (size_t)got;
    }
}

static void
send_rain(struct fake_server *server)
{
    static const char line[] = "X-RAIN falls\r\n";
    char block[4096 / (sizeof line - 1) * (sizeof line - 1)];

    for (size_t at = 0; at < sizeof block; at += sizeof line - 1)
        memcpy(block + at, line, sizeof line - 1);
    for (size_t left = (size_t)1 << 30; left >= sizeof block; left -= sizeof block)
        if (!server_send(server, block, sizeof block))
            return;
}

static void
send_drops(struct fake_server *server)
{
    for (int i = 0; i < 90 && server_send(server, "x", 1); i++)
        (void)usleep(333333);
}

/* "+ " and the base64 of "r=<the client's nonce>x,s=c2FsdA==,i=4096" */
static void
send_scram(struct fake_server *server)
{
    unsigned char plain[400] = "", coded[600];
    char first[500], challenge[900];
    const int len = (int)strlen(server->line) / 4 * 4;
    const char *nonce;

    if (len > 500 || EVP_DecodeBlock(plain, (const unsigned char *)server->line, len) < 0 ||
        (nonce = strstr((const char *)plain, ",r=")) == NULL) {
        complain(server, "no first message of SCRAM", server->line);
        return;
    }
    text_print(first, sizeof first, "%sx,s=c2FsdA==,i=4096", nonce + 1);
    (void)EVP_EncodeBlock(coded, (const unsigned char *)first, (int)strlen(first));
    text_print(challenge, sizeof challenge, "+ %s\r\n", (const char *)coded);
    (void)server_send(server, challenge, strlen(challenge));
}

/* @return false: nobody came */
static bool
play(struct fake_server *server, const char *step)
{
    char byte;

    if (strncmp(step, "S:", 2) == 0) {
        (void)(server_send(server, step + 2, strlen(step + 2)) && server_send(server, "\r\n", 2));
    } else if (strncmp(step, "s:", 2) == 0) {
        (void)server_send(server, step + 2, strlen(step + 2));
    } else if (strncmp(step, "C:", 2) == 0) {
        expect_line(server, step + 2);
    } else if (strcmp(step, "REKEY") == 0) {
        forget_ticket_keys(server);
    } else if (strcmp(step, "TLS") == 0) {
        accept_tls(server);
    } else if (strcmp(step, "CORK") == 0) {
        const int on = 1;

        (void)setsockopt(server->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    } else if (strcmp(step, "FLOOD") == 0) {
        send_repeated(server, 'x', (size_t)1 << 30);
    } else if (strcmp(step, "RAIN") == 0) {
        send_rain(server);
    } else if (strcmp(step, "DRIP") == 0) {
        send_drops(server);
    } else if (strcmp(step, "SCRAM") == 0) {
        send_scram(server);
    } else if (strcmp(step, "DEEP") == 0) {
        (void)server_send(server, "* 1 FETCH (BODYSTRUCTURE ", 25);
        send_repeated(server, '(', 100000);
        (void)server_send(server, "\r\n", 2);
    } else if (strcmp(step, "BULK") == 0) {
        send_repeated(server, 'b', BULK_SIZE);
        receive_bulk(server);
    } else if (strcmp(step, "CUT") == 0) {
        hang_up(server, false);
    } else if (strcmp(step, "NEXT") == 0) {
        hang_up(server, true);
        return accept_client(server);
    } else if (strcmp(step, "HANG") == 0) {
        while (server->fd >= 0 && server_receive(server, &byte, 1) == 1)
            continue;
    } else {
        complain(server, "unknown step", step);
    }
    return true;
}

static void *
run_server(void *argument)
{
    struct fake_server *server = argument;
    sigset_t pipe_signal;

    sigemptyset(&pipe_signal); /* OpenSSL's own socket code may raise it, here in the server only */
    sigaddset(&pipe_signal, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    if (accept_client(server)) {
        for (const char *const *step = server->script; *step != NULL; step++) {
            if (!play(server, *step)) {
                complain(server, "nobody came for", step[1] != NULL ? step[1] : "the rest");
                break;
            }
        }
    }
    hang_up(server, true);
    OPENSSL_thread_stop();
    return NULL;
}

/* The test's side */

static struct fake_server *
start_server(const struct certificate *certificate, const char *const *script)
{
    struct fake_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    assert_non_null(server);
    server->script = script;
    server->fd = -1;
    if (certificate != NULL) {
        server->context = SSL_CTX_new(TLS_server_method());
        assert_int_equal(SSL_CTX_use_certificate_file(server->context, certificate->file, SSL_FILETYPE_PEM), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey_file(server->context, certificate->key, SSL_FILETYPE_PEM), 1);
    }
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, 4), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    return server;
}

static void
run(struct fake_server *server)
{
    assert_int_equal(pthread_create(&server->thread, NULL, run_server, server), 0);
}

__attribute__((unused)) static struct fake_server *
given_server(const struct certificate *certificate, const char *const *script)
{
    struct fake_server *server = start_server(certificate, script);

    run(server);
    return server;
}

/* The client is done: the whole script must have been played as it stands. @return in how many connections TLS was taken up again */
static int
end_server(struct fake_server *server)
{
    int resumed;

    (void)shutdown(server->listener, SHUT_RDWR); /* wakes an accept that nobody came to */
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    (void)close(server->listener);
    SSL_CTX_free(server->context);
    assert_string_equal(server->complaint, "");
    resumed = server->resumed;
    free(server);
    return resumed;
}

static void
assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

#endif
