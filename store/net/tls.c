/*
 * TLS by OpenSSL: who is trusted, how a failure is told, and bytes without SIGPIPE.
 *
 * Trust is one of two. With pins (SHA-256 of the certificate's public key) the pin alone decides: no CA, no name, no date,
 * since whoever pins knows better, and a certificate that does not match a pin is refused even if a CA vouches for it.
 * Without pins: the CAs of the system or of ca_file, and the host name or IP address: a name of the certificate's list (SAN), whole or with
 * one `*` for its first label, never its subject (RFC 9525 §6.3). Both are decided inside the handshake, before a client certificate or a
 * byte of the protocol is sent. The session's key is never one that the server's key alone could tell later (forward secrecy).
 *
 * Reading the system's CA bundle takes 52 ms (140 certificates, OpenSSL 3.0), more than many a whole sync; a directory of
 * hashed names costs nothing until it is asked. So the bundle is read only where there is no such directory.
 */
#include "store/net/tls.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "store/base/digest.h"

#define READ_AHEAD (32 * 1024) /* two records: one read of the socket instead of two for each */
#define PIN_SIZE (2 * DIGEST_SIZE + 1)
#define CIPHERS_MAX (16 * 1024) /* bytes of names: some hundred */

struct tls {
    const struct connection *to;
    const char *name; /* for errors; the stream's */
    SSL_CTX *context;
    SSL *ssl;
    BIO_METHOD *method;
    short read_events, write_events; /* what they wait for since their last STREAM_AGAIN */
    bool read_blocked;               /* the last read found no whole record */
    bool up;                         /* handshake done */
    bool broken;                     /* no close notify after a failure */
    char seen_pin[PIN_SIZE];         /* of the certificate that was shown; "" none yet */
    char seen_names[256];            /* its DNS names and addresses */
    char seen_dates[64];             /* from when to when the one that was refused counts */
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

/* OpenSSL's own words for what it has just refused; the system's, where a system call is at the bottom of it. */
static void
answer_openssl(struct error *err)
{
    char number[32];
    const char *reason = NULL;

    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
        if (reason == NULL) {
            (void)text_print(number, sizeof number, "OpenSSL error %lx", code);
            reason = number;
        }
        if (ERR_SYSTEM_ERROR(code))
            break;
    }
    error_answer(err, text_of(reason));
    ERR_clear_error();
}

/* The pin of a certificate: SHA-256 of its SubjectPublicKeyInfo in DER, as RFC 7469 has it, in hex. */
static bool
make_pin(const X509 *certificate, char pin[static PIN_SIZE])
{
    unsigned char digest[DIGEST_SIZE];
    unsigned char *der = NULL;
    const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool made;

    if (len <= 0)
        return false;
    made = digest_bytes(der, (size_t)len, digest);
    OPENSSL_free(der);
    if (made)
        text_hex(digest, DIGEST_SIZE, pin);
    return made;
}

static void
add_name(struct tls *tls, const char *name, int len)
{
    const size_t used = strlen(tls->seen_names);

    (void)text_print(tls->seen_names + used, sizeof tls->seen_names - used, "%s%.*s", used > 0 ? ", " : "", len, name);
}

/* For the error of a wrong host: whose certificate it is. Cut where they are many. */
static void
note_names(struct tls *tls, const X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    char address[INET6_ADDRSTRLEN];

    tls->seen_names[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) { /* -1 for NULL */
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_STRING *string = name->d.ia5;

        if (name->type == GEN_DNS) {
            add_name(tls, (const char *)ASN1_STRING_get0_data(string), ASN1_STRING_length(string));
        } else if (name->type == GEN_IPADD) {
            const int len = ASN1_STRING_length(string);
            const int family = len == 4 ? AF_INET : AF_INET6;

            if ((len == 4 || len == 16) &&
                inet_ntop(family, ASN1_STRING_get0_data(string), address, sizeof address) != NULL)
                add_name(tls, address, (int)strlen(address));
        }
    }
    GENERAL_NAMES_free(names);
}

/* "2026-01-31 23:59" */
static void
add_date(char *to, size_t size, const struct tm *when)
{
    const size_t used = strlen(to);

    if (strftime(to + used, size - used, "%Y-%m-%d %H:%M", when) == 0)
        to[used] = '\0';
}

/* For the error of a wrong date, of whichever certificate of the chain it is. */
static void
note_dates(struct tls *tls, const X509 *certificate)
{
    struct tm from, until;

    tls->seen_dates[0] = '\0';
    if (certificate == NULL || ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &from) != 1 ||
        ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until) != 1)
        return;
    add_date(tls->seen_dates, sizeof tls->seen_dates, &from);
    (void)text_print(tls->seen_dates + strlen(tls->seen_dates), sizeof tls->seen_dates - strlen(tls->seen_dates),
                     " to ");
    add_date(tls->seen_dates, sizeof tls->seen_dates, &until);
}

/*
 * A certificate that is refused for its issuer may also have a wrong date or name: that is told, since no fingerprint mends it. X509_V_OK: it
 * has neither.
 */
static int
find_worse(const struct tls *tls, X509 *certificate)
{
    const char *host = tls->to->host;
    const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        return X509_V_ERR_CERT_NOT_YET_VALID;
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        return X509_V_ERR_CERT_HAS_EXPIRED;
    if (host != NULL && X509_check_host(certificate, host, 0, flags, NULL) != 1 &&
        X509_check_ip_asc(certificate, host, 0) != 1)
        return X509_V_ERR_HOSTNAME_MISMATCH;
    return X509_V_OK;
}

/* OpenSSL asks this instead of its own verification. @return 1: trusted */
static int
verify(X509_STORE_CTX *store, void *argument)
{
    struct tls *tls = argument;
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    int worse;

    if (certificate == NULL || !make_pin(certificate, tls->seen_pin)) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
        return 0;
    }
    note_names(tls, certificate);
    if (tls->to->fingerprints == NULL || tls->to->fingerprints[0] == NULL) {
        const bool trusted = X509_verify_cert(store) == 1;

        if (trusted)
            return 1;
        note_dates(tls, X509_STORE_CTX_get_current_cert(store));
        worse = find_worse(tls, certificate);
        if (worse != X509_V_OK) {
            note_dates(tls, certificate);
            X509_STORE_CTX_set_error(store, worse);
        }
        return 0;
    }
    for (const char *const *pin = tls->to->fingerprints; *pin != NULL; pin++) {
        if (text_is_nocase(text_of(tls->seen_pin), *pin)) {
            X509_STORE_CTX_set_error(store, X509_V_OK);
            return 1;
        }
    }
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

/* Is there a directory of certificates under hashed names, "5ad8a5d6.0"? */
static bool
has_hashed_certificates(const char *path)
{
    DIR *directory = opendir(path);
    bool found = false;

    for (struct dirent *entry; !found && directory != NULL && (entry = readdir(directory)) != NULL;) {
        const char *name = entry->d_name;
        size_t digits = 0;

        while (isxdigit((unsigned char)name[digits]))
            digits++;
        found = digits == 8 && name[8] == '.' && isdigit((unsigned char)name[9]);
    }
    if (directory != NULL)
        (void)closedir(directory);
    return found;
}

static bool
load_trust(struct tls *tls, struct error *err)
{
    const char *file = tls->to->ca_file;
    const char *path = getenv(X509_get_default_cert_dir_env());

    if (tls->to->fingerprints != NULL && tls->to->fingerprints[0] != NULL)
        return true; /* nobody else is asked */
    if (file != NULL) {
        if (SSL_CTX_load_verify_locations(tls->context, file, NULL) != 1) {
            error_set(err, ERROR_CONFIG, "read the certificates in %s (tls-ca-file)", file);
            answer_openssl(err);
            return false;
        }
        /* Whoever names a file trusts each certificate in it: an intermediate or the server's own is enough. */
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(tls->context), X509_V_FLAG_PARTIAL_CHAIN);
        return true;
    }
    if (path == NULL)
        path = X509_get_default_cert_dir();
    if (getenv(X509_get_default_cert_file_env()) == NULL && has_hashed_certificates(path)) {
        if (SSL_CTX_set_default_verify_dir(tls->context) == 1)
            return true;
    } else if (SSL_CTX_set_default_verify_paths(tls->context) == 1) {
        return true;
    }
    error_set(err, ERROR_NETWORK, "read the system's CA certificates");
    answer_openssl(err);
    return false;
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
    const char *certificate = tls->to->client_cert;
    const char *key = tls->to->client_key != NULL ? tls->to->client_key : certificate;

    if (certificate == NULL)
        return true;
    SSL_CTX_set_default_passwd_cb(tls->context, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(tls->context, certificate) != 1) {
        error_set(err, ERROR_CONFIG, "read the certificate in %s (tls-client-cert)", certificate);
    } else if (SSL_CTX_use_PrivateKey_file(tls->context, key, SSL_FILETYPE_PEM) != 1 ||
               SSL_CTX_check_private_key(tls->context) != 1) {
        error_set(err, ERROR_CONFIG, "read the private key in %s (tls-client-key)", key);
        error_hint(err, "the key must belong to tls-client-cert and have no passphrase");
    } else {
        return true;
    }
    answer_openssl(err);
    return false;
}

/* Whom the certificate must name: an address in figures by IP SAN, all else by DNS SAN, with SNI. */
static bool
set_host(struct tls *tls, struct error *err)
{
    const char *host = tls->to->host;
    unsigned char address[sizeof(struct in6_addr)];
    bool done;

    if (host == NULL) {
        if (tls->to->fingerprints != NULL && tls->to->fingerprints[0] != NULL)
            return true;
        error_set(err, ERROR_CONFIG, "no host name to check the server's certificate against");
        error_hint(err, "name the host in `server`, or give its tls-fingerprint");
        return false;
    }
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        done = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), host) == 1;
    else
        done = SSL_set1_host(tls->ssl, host) == 1 && SSL_set_tlsext_host_name(tls->ssl, host) == 1;
    SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!done) {
        error_set(err, ERROR_CONFIG, "use \"%s\" as the name of a TLS server", host);
        answer_openssl(err);
    }
    return done;
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
        error_set(err, ERROR_NETWORK, "prepare TLS for %s", tls->name);
        answer_openssl(err);
        return false;
    }
    (void)SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    (void)SSL_CTX_set_session_cache_mode(tls->context,
                                         SSL_SESS_CACHE_OFF); /* a context lives as long as a connection */
    SSL_CTX_set_default_read_buffer_len(tls->context, READ_AHEAD);
    SSL_CTX_set_read_ahead(tls->context, 1);
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(tls->context, verify, tls);
    return load_trust(tls, err) && load_client_certificate(tls, err);
}

struct tls *
tls_new(const struct connection *to, const char *name, int fd, struct error *err)
{
    struct tls *tls = calloc(1, sizeof *tls);
    BIO *bio;

    if (tls == NULL) {
        error_set(err, ERROR_NETWORK, "prepare TLS for %s: out of memory", name);
        return NULL;
    }
    tls->to = to;
    tls->name = name;
    ERR_clear_error();
    if (!make_context(tls, err))
        goto failed;
    tls->ssl = SSL_new(tls->context);
    bio = tls->ssl == NULL ? NULL : new_bio(tls, fd);
    if (bio == NULL) {
        error_set(err, ERROR_NETWORK, "prepare TLS for %s", name);
        answer_openssl(err);
        goto failed;
    }
    SSL_set_bio(tls->ssl, bio, bio); /* owns it now */
    SSL_set_connect_state(tls->ssl);
    if (!set_host(tls, err))
        goto failed;
    return tls;
failed:
    tls_free(tls);
    return NULL;
}

/* Who sits between us and the server shows a fingerprint too: it is worth nothing before it was compared. */
static void
hint_pin(const struct tls *tls, const char *when, struct error *err)
{
    error_hint(err, "if %s (compare it with the provider's own words first): tls-fingerprint = \"%s\"", when,
               tls->seen_pin);
}

static void
report_wrong_date(const struct tls *tls, long result, struct error *err)
{
    char words[256], now[32] = "";
    const time_t clock = time(NULL);
    struct tm parts;

    if (gmtime_r(&clock, &parts) != NULL)
        add_date(now, sizeof now, &parts);
    (void)text_print(words, sizeof words, "%s: it is for %s, and this machine's clock says %s (UTC)",
                     X509_verify_cert_error_string(result), tls->seen_dates, now);
    error_answer(err, text_of(words));
    error_hint(err, "set this machine's clock right; if it is right, the provider has to renew the certificate");
}

static void
report_wrong_name(const struct tls *tls, long result, struct error *err)
{
    char words[512];

    (void)text_print(words, sizeof words, "%s: %s%s", X509_verify_cert_error_string(result),
                     tls->seen_names[0] != '\0' ? "it is for " : "it names no host", tls->seen_names);
    error_answer(err, text_of(words));
    error_hint(err,
               "write in `server` the name that the provider gives; if it is that, this is not the provider's server");
}

static void
report_untrusted(const struct tls *tls, long result, struct error *err)
{
    char words[512];

    error_set(err, ERROR_NETWORK, "verify the certificate of %s", tls->name);
    switch (result) {
    case X509_V_ERR_APPLICATION_VERIFICATION:
        (void)text_print(words, sizeof words, "its public key has the fingerprint %s, which is not in tls-fingerprint",
                         tls->seen_pin);
        error_answer(err, text_of(words));
        hint_pin(tls, "the server's key was changed on purpose", err);
        return;
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
        report_wrong_date(tls, result, err);
        return;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        report_wrong_name(tls, result, err);
        return;
    default:
        error_answer(err, text_of(X509_verify_cert_error_string(result)));
        hint_pin(tls, "tls-ca-file can't name its CA and this is the key's fingerprint", err);
    }
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
        report_untrusted(tls, SSL_get_verify_result(tls->ssl), err);
        ERR_clear_error();
        return STREAM_FAILED;
    }
    error_set(err, ERROR_NETWORK, "%s %s", what, tls->name);
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ||
        (result == SSL_ERROR_SYSCALL && ERR_peek_last_error() == 0 && number == 0)) {
        error_answer(err, TEXT("the connection was cut without TLS's goodbye"));
        ERR_clear_error();
    } else if (result == SSL_ERROR_SYSCALL && ERR_peek_last_error() == 0) {
        error_answer(err, text_of(strerror(number)));
    } else {
        answer_openssl(err);
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
        error_set(err, ERROR_NETWORK, "open TLS to %s", tls->name);
        error_answer(err, TEXT("the server closed the connection"));
    } else if (result == STREAM_AGAIN) {
        return STREAM_AGAIN;
    } else if (strstr(err->answer, "handshake failure") != NULL) {
        error_hint(err, "the server may know neither TLS 1.3 nor TLS 1.2 with forward secrecy (ECDHE or DHE)");
    } else if (strstr(err->answer, "wrong version number") != NULL) {
        const bool imap = tls->to->scheme == SCHEME_IMAP || tls->to->scheme == SCHEME_IMAPS;

        error_hint(err, "the server does not speak TLS on this port: %s",
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
        error_set(err, ERROR_NETWORK, "write to %s", tls->name);
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
tls_has_pending(const struct tls *tls)
{
    /* After a read that found no whole record, what OpenSSL holds is the head of one: poll must wait for the rest. */
    return SSL_pending(tls->ssl) > 0 || (!tls->read_blocked && SSL_has_pending(tls->ssl));
}

void
tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
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
