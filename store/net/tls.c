/*
 * TLS by OpenSSL: bytes without SIGPIPE, and what became of them. Who is trusted: trust.c. The session's key is never one that the server's
 * key alone could tell later (forward secrecy).
 */
#include "store/net/tls.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "store/net/openssl.h"
#include "store/net/resume.h"
#include "store/net/trust.h"

#define READ_AHEAD (32 * 1024)  /* two records: one read of the socket instead of two for each */
#define CIPHERS_MAX (16 * 1024) /* bytes of names: some hundred */

struct tls {
    struct trust trust;
    struct resume resume;
    SSL_CTX *context;
    SSL *ssl;
    BIO_METHOD *method;
    short read_events, write_events; /* what they wait for since their last STREAM_AGAIN */
    bool read_blocked;               /* the last read found no whole record */
    bool up;                         /* handshake done */
    bool broken;                     /* no close notify after a failure */
    bool ours;                       /* ... of the handshake, which this side ended: a signal, or no trust */
};

/* The socket under OpenSSL. Its own writes with write(2), which may raise SIGPIPE; a library's user may not want that
 * signal ignored for the whole process, so this one sends with MSG_NOSIGNAL. */
static int
bio_write(BIO *bio, const char *from, int len)
{
    const int fd = (int)(intptr_t)BIO_get_data(bio);
    ssize_t sent;

    BIO_clear_retry_flags(bio);
    do
        sent = send(fd, from, len > 0 ? (size_t)len : 0, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        BIO_set_retry_write(bio);
    return (int)sent;
}

static int
bio_read(BIO *bio, char *to, int size)
{
    const int fd = (int)(intptr_t)BIO_get_data(bio);
    ssize_t got;

    BIO_clear_retry_flags(bio);
    do
        got = recv(fd, to, size > 0 ? (size_t)size : 0, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        BIO_set_retry_read(bio);
    if (got == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return (int)got;
}

static long
bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return command == BIO_CTRL_FLUSH; /* nothing is kept back here */
}

static BIO *
new_bio(struct tls *tls, int fd)
{
    BIO *bio;

    tls->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    if (tls->method == NULL || BIO_meth_set_write(tls->method, bio_write) != 1 ||
        BIO_meth_set_read(tls->method, bio_read) != 1 || BIO_meth_set_ctrl(tls->method, bio_control) != 1)
        return NULL;
    bio = BIO_new(tls->method);
    if (bio == NULL)
        return NULL;
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_init(bio, 1);
    return bio;
}

/* A key with a passphrase would make OpenSSL ask on the terminal, in the middle of a timer's run. */
static int
no_passphrase(char *to, int size, int writing, void *context)
{
    (void)to;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static bool
load_client_certificate(struct tls *tls, struct error *err)
{
    const char *certificate = tls->trust.to->client_cert;
    const char *key = tls->trust.to->client_key != NULL ? tls->trust.to->client_key : certificate;

    if (certificate == NULL)
        return true;
    SSL_CTX_set_default_passwd_cb(tls->context, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(tls->context, certificate) != 1) {
        error_set(err, ERROR_CONFIG, "read the certificate in %s (tls-client-cert)", certificate);
    } else if (SSL_CTX_use_PrivateKey_file(tls->context, key, SSL_FILETYPE_PEM) != 1 ||
               SSL_CTX_check_private_key(tls->context) != 1) {
        error_set(err, ERROR_CONFIG, "read the private key in %s (tls-client-key)", key);
        error_hint(err, "The key must belong to tls-client-cert and have no passphrase.");
    } else {
        return true;
    }
    openssl_answer(err);
    return false;
}

/* Of what the system's policy allows: all of TLS 1.3, and of TLS 1.2 what agrees on a key for this session only. */
static bool
want_forward_secrecy(SSL_CTX *context)
{
    const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(context);
    struct buffer list = buffer_new(CIPHERS_MAX);
    bool done = true;

    for (int i = 0; done && i < sk_SSL_CIPHER_num(ciphers); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
        const int exchange = SSL_CIPHER_get_kx_nid(cipher);

        if (exchange == NID_kx_ecdhe || exchange == NID_kx_dhe)
            done = buffer_addf(&list, "%s%s", list.len > 0 ? ":" : "", SSL_CIPHER_get_name(cipher));
    }
    done = done && list.len > 0 && SSL_CTX_set_cipher_list(context, list.at) == 1;
    buffer_free(&list);
    return done;
}

static bool
make_context(struct tls *tls, struct error *err)
{
    tls->context = SSL_CTX_new(TLS_client_method());
    if (tls->context == NULL || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1 ||
        !want_forward_secrecy(tls->context)) {
        error_set(err, ERROR_NETWORK, "prepare TLS for %s", tls->trust.name);
        openssl_answer(err);
        return false;
    }
    (void)SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    resume_prepare(&tls->resume, &tls->trust, tls->context);
    SSL_CTX_set_default_read_buffer_len(tls->context, READ_AHEAD);
    SSL_CTX_set_read_ahead(tls->context, 1);
    return trust_load(&tls->trust, tls->context, err) && load_client_certificate(tls, err);
}

struct tls *
tls_new(const struct connection *to, const char *name, int fd, struct error *err)
{
    struct tls *tls = calloc(1, sizeof *tls);
    BIO *bio;

    if (tls == NULL) {
        error_set(err, ERROR_LOCAL, "prepare TLS for %s: out of memory", name);
        return NULL;
    }
    tls->trust = (struct trust){.to = to, .name = name};
    ERR_clear_error();
    if (!make_context(tls, err))
        goto failed;
    tls->ssl = SSL_new(tls->context);
    bio = tls->ssl == NULL ? NULL : new_bio(tls, fd);
    if (bio == NULL) {
        error_set(err, ERROR_NETWORK, "prepare TLS for %s", name);
        openssl_answer(err);
        goto failed;
    }
    SSL_set_bio(tls->ssl, bio, bio); /* owns it now */
    SSL_set_connect_state(tls->ssl);
    if (!trust_set_host(&tls->trust, tls->ssl, err))
        goto failed;
    resume_offer(&tls->resume, tls->ssl);
    return tls;
failed:
    tls_free(tls);
    return NULL;
}

/* What a call came to that did not succeed. */
static enum stream_result
judge(struct tls *tls, int returned, const char *what, short *events, struct error *err)
{
    const int number = errno;
    const int result = SSL_get_error(tls->ssl, returned);

    switch (result) {
    case SSL_ERROR_WANT_READ:
        *events = POLLIN;
        return STREAM_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        *events = POLLOUT;
        return STREAM_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return STREAM_END;
    }
    tls->broken = true;
    if (!tls->up && SSL_get_verify_result(tls->ssl) != X509_V_OK) {
        tls->ours = true;
        trust_report(&tls->trust, SSL_get_verify_result(tls->ssl), err);
        ERR_clear_error();
        return STREAM_FAILED;
    }
    error_set(err, ERROR_NETWORK, "%s %s", what, tls->trust.name);
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ||
        (result == SSL_ERROR_SYSCALL && ERR_peek_last_error() == 0 && number == 0)) {
        error_answer(err, TEXT("the connection was cut without TLS's goodbye"));
        ERR_clear_error();
    } else if (result == SSL_ERROR_SYSCALL && ERR_peek_last_error() == 0) {
        error_answer(err, text_of(strerror(number)));
    } else {
        openssl_answer(err);
    }
    return STREAM_FAILED;
}

enum stream_result
tls_handshake(struct tls *tls, struct error *err)
{
    short events = POLLIN;
    enum stream_result result;
    int returned;

    ERR_clear_error();
    errno = 0;
    returned = SSL_do_handshake(tls->ssl);
    if (returned == 1) {
        tls->up = true;
        tls->read_blocked = false; /* the greeting may have come along with the handshake and be here already */
        tls->read_events = POLLIN;
        tls->write_events = POLLOUT;
        return STREAM_DONE;
    }
    result = judge(tls, returned, "open TLS to", &events, err);
    tls->read_events = tls->write_events = events;
    tls->read_blocked = true;
    if (result == STREAM_END) {
        error_set(err, ERROR_NETWORK, "open TLS to %s", tls->trust.name);
        error_answer(err, TEXT("the server closed the connection"));
    } else if (result == STREAM_AGAIN) {
        return STREAM_AGAIN;
    } else if (strstr(err->answer, "handshake failure") != NULL) {
        error_hint(err, "The server may know neither TLS 1.3 nor TLS 1.2 with forward secrecy (ECDHE or DHE).");
    } else if (strstr(err->answer, "wrong version number") != NULL) {
        const bool imap = tls->trust.to->scheme == SCHEME_IMAP || tls->trust.to->scheme == SCHEME_IMAPS;

        error_hint(err, "The server does not speak TLS on this port: %s",
                   imap ? "imap:// (STARTTLS) is usually port 143, imaps:// 993"
                        : "pop3:// (STLS) is usually port 110, pop3s:// 995");
    }
    return STREAM_FAILED;
}

enum stream_result
tls_read(struct tls *tls, void *to, size_t size, size_t *moved, struct error *err)
{
    enum stream_result result;

    ERR_clear_error();
    errno = 0;
    const int returned = SSL_read_ex(tls->ssl, to, size, moved);

    tls->read_events = POLLIN;
    tls->read_blocked = returned != 1;
    if (returned == 1)
        return STREAM_DONE;
    *moved = 0;
    result = judge(tls, returned, "read from", &tls->read_events, err);
    return result;
}

enum stream_result
tls_write(struct tls *tls, const void *from, size_t len, size_t *moved, struct error *err)
{
    enum stream_result result;

    ERR_clear_error();
    errno = 0;
    const int returned = SSL_write_ex(tls->ssl, from, len, moved);

    tls->write_events = POLLOUT;
    if (returned == 1)
        return STREAM_DONE;
    *moved = 0;
    result = judge(tls, returned, "write to", &tls->write_events, err);
    if (result == STREAM_END) { /* the other side said goodbye: nobody reads this any more */
        error_set(err, ERROR_NETWORK, "write to %s", tls->trust.name);
        error_answer(err, TEXT("the server closed the connection"));
        return STREAM_FAILED;
    }
    return result;
}

short
tls_events(const struct tls *tls, unsigned want)
{
    return want == STREAM_WANT_READ ? tls->read_events : tls->write_events;
}

bool
tls_has_buffered(const struct tls *tls)
{
    /* After a read that found no whole record, what OpenSSL holds is the head of one: poll must wait for the rest. */
    return SSL_pending(tls->ssl) > 0 || (!tls->read_blocked && SSL_has_pending(tls->ssl));
}

bool
tls_showed_ticket(const struct tls *tls)
{
    return tls->resume.offered;
}

void
tls_was_stopped(struct tls *tls)
{
    tls->ours = true;
}

void
tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    resume_keep(&tls->resume, tls->ssl, tls->up || tls->ours, tls->up && !tls->broken);
    if (tls->ssl != NULL && tls->up && !tls->broken) {
        ERR_clear_error();
        (void)SSL_shutdown(tls->ssl); /* courtesy: whether it got out changes nothing for us */
    }
    ERR_clear_error();
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->context);
    BIO_meth_free(tls->method);
    free(tls);
}

/*
 * libetpan brings GnuTLS along, which would make itself ready in each program, before main, with 0.7 MB that nobody uses: all TLS is
 * OpenSSL's. This is what GNUTLS_SKIP_GLOBAL_INIT of gnutls.h stands for.
 */
__attribute__((visibility("default"))) int _gnutls_global_init_skip(void);

int
_gnutls_global_init_skip(void)
{
    return 1;
}
