/*
 * Trust is one of two. With pins (SHA-256 of the certificate's public key) the pin alone decides: no CA, no name, no date,
 * since whoever pins knows better, and a certificate that does not match a pin is refused even if a CA vouches for it.
 * Without pins: the CAs of the system or of ca_file, and the host name or IP address: a name of the certificate's list (SAN), whole or with
 * one `*` for its first label, never its subject (RFC 9525 §6.3). Both are decided inside the handshake, before a client certificate or a
 * byte of the protocol is sent.
 *
 * Reading the system's CA bundle takes 52 ms (140 certificates, OpenSSL 3.0), more than many a whole sync; a directory of
 * hashed names costs nothing until it is asked. So the bundle is read only where there is no such directory.
 */
#include "store/net/trust.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <sys/stat.h>

#include <openssl/x509v3.h>

#include "store/net/openssl.h"

#define DIGESTED_MAX (64 * 1024) /* bytes: some paths, and a pin has 64 */

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
add_name(struct trust *trust, const char *name, int len)
{
    const size_t used = strlen(trust->seen_names);

    (void)text_print(trust->seen_names + used, sizeof trust->seen_names - used, "%s%.*s", used > 0 ? ", " : "", len,
                     name);
}

/* For the error of a wrong host: whose certificate it is. Cut where they are many. */
static void
note_names(struct trust *trust, const X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    char address[INET6_ADDRSTRLEN];

    trust->seen_names[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) { /* -1 for NULL */
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_STRING *string = name->d.ia5;

        if (name->type == GEN_DNS) {
            add_name(trust, (const char *)ASN1_STRING_get0_data(string), ASN1_STRING_length(string));
        } else if (name->type == GEN_IPADD) {
            const int len = ASN1_STRING_length(string);
            const int family = len == 4 ? AF_INET : AF_INET6;

            if ((len == 4 || len == 16) &&
                inet_ntop(family, ASN1_STRING_get0_data(string), address, sizeof address) != NULL)
                add_name(trust, address, (int)strlen(address));
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
note_dates(struct trust *trust, const X509 *certificate)
{
    struct tm from, until;

    trust->seen_dates[0] = '\0';
    if (certificate == NULL || ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &from) != 1 ||
        ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until) != 1)
        return;
    add_date(trust->seen_dates, sizeof trust->seen_dates, &from);
    (void)text_print(trust->seen_dates + strlen(trust->seen_dates),
                     sizeof trust->seen_dates - strlen(trust->seen_dates), " to ");
    add_date(trust->seen_dates, sizeof trust->seen_dates, &until);
}

/*
 * A certificate that is refused for its issuer may also have a wrong date or name: that is told, since no fingerprint mends it. X509_V_OK: it
 * has neither.
 */
static int
find_worse(const struct trust *trust, const X509 *certificate)
{
    const char *host = trust->to->host;
    const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        return X509_V_ERR_CERT_NOT_YET_VALID;
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        return X509_V_ERR_CERT_HAS_EXPIRED;
    if (host != NULL && X509_check_host((X509 *)certificate, host, 0, flags, NULL) != 1 &&
        X509_check_ip_asc((X509 *)certificate, host, 0) != 1)
        return X509_V_ERR_HOSTNAME_MISMATCH;
    return X509_V_OK;
}

static bool
has_pins(const struct trust *trust)
{
    return trust->to->fingerprints != NULL && trust->to->fingerprints[0] != NULL;
}

static bool
is_pinned(const struct trust *trust, const char *seen)
{
    for (const char *const *pin = trust->to->fingerprints; *pin != NULL; pin++) {
        if (text_is_nocase(text_of(seen), *pin))
            return true;
    }
    return false;
}

bool
trust_holds(const struct trust *trust, const X509 *certificate)
{
    char pin[PIN_SIZE];

    if (has_pins(trust))
        return make_pin(certificate, pin) && is_pinned(trust, pin);
    return find_worse(trust, certificate) == X509_V_OK;
}

/* OpenSSL asks this instead of its own verification. @return 1: trusted */
static int
verify(X509_STORE_CTX *store, void *argument)
{
    struct trust *trust = argument;
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    int worse;

    if (certificate == NULL || !make_pin(certificate, trust->seen_pin)) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
        return 0;
    }
    note_names(trust, certificate);
    if (!has_pins(trust)) {
        const bool trusted = X509_verify_cert(store) == 1;

        if (trusted)
            return 1;
        note_dates(trust, X509_STORE_CTX_get_current_cert(store));
        worse = find_worse(trust, certificate);
        if (worse != X509_V_OK) {
            note_dates(trust, certificate);
            X509_STORE_CTX_set_error(store, worse);
        }
        return 0;
    }
    if (is_pinned(trust, trust->seen_pin)) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
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

bool
trust_load(struct trust *trust, SSL_CTX *context, struct error *err)
{
    const char *file = trust->to->ca_file;
    const char *path = getenv(X509_get_default_cert_dir_env());

    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(context, verify, trust);
    if (has_pins(trust))
        return true; /* nobody else is asked */
    if (file != NULL) {
        if (SSL_CTX_load_verify_locations(context, file, NULL) != 1) {
            error_set(err, ERROR_CONFIG, "read the certificates in %s (tls-ca-file)", file);
            openssl_answer(err);
            return false;
        }
        /* Whoever names a file trusts each certificate in it: an intermediate or the server's own is enough. */
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
        return true;
    }
    if (path == NULL)
        path = X509_get_default_cert_dir();
    if (getenv(X509_get_default_cert_file_env()) == NULL && has_hashed_certificates(path)) {
        if (SSL_CTX_set_default_verify_dir(context) == 1)
            return true;
    } else if (SSL_CTX_set_default_verify_paths(context) == 1) {
        return true;
    }
    error_set(err, ERROR_NETWORK, "read the system's CA certificates");
    openssl_answer(err);
    return false;
}

static bool
add_file(struct buffer *to, const char *path)
{
    struct stat there = {0};

    if (path == NULL)
        return buffer_adds(to, "-\n");
    (void)stat(path, &there); /* one that is not there has no time and no size */
    /* The time of its inode too: other bytes may come under the old time and size. */
    return buffer_addf(to, "%s %llu %lld.%09ld %lld.%09ld %lld\n", path, (unsigned long long)there.st_ino,
                       (long long)there.st_mtim.tv_sec, there.st_mtim.tv_nsec, (long long)there.st_ctim.tv_sec,
                       there.st_ctim.tv_nsec, (long long)there.st_size);
}

/* The places where trust_load finds the system's. */
static bool
add_system(struct buffer *to)
{
    const char *path = getenv(X509_get_default_cert_dir_env()), *file = getenv(X509_get_default_cert_file_env());

    return add_file(to, path != NULL ? path : X509_get_default_cert_dir()) &&
           add_file(to, file != NULL ? file : X509_get_default_cert_file());
}

bool
trust_digest(const struct trust *trust, unsigned char out[static DIGEST_SIZE])
{
    const struct connection *to = trust->to;
    struct buffer all = buffer_new(DIGESTED_MAX);
    bool done = buffer_addf(&all, "%s:%u %d\n%s\n", to->host != NULL ? to->host : "-", (unsigned)to->port,
                            (int)to->scheme, to->tunnel != NULL ? to->tunnel : "-");

    for (size_t i = 0; done && has_pins(trust) && to->fingerprints[i] != NULL; i++)
        done = buffer_addf(&all, "%s\n", to->fingerprints[i]);
    done = done && (to->ca_file != NULL ? add_file(&all, to->ca_file) : add_system(&all)) &&
           add_file(&all, to->client_cert) && add_file(&all, to->client_key) && digest_bytes(all.at, all.len, out);
    buffer_free(&all);
    return done;
}

/* Whom the certificate must name: an address in figures by IP SAN, all else by DNS SAN, with SNI. */
bool
trust_set_host(const struct trust *trust, SSL *ssl, struct error *err)
{
    const char *host = trust->to->host;
    unsigned char address[sizeof(struct in6_addr)];
    bool done;

    if (host == NULL) {
        if (has_pins(trust))
            return true;
        error_state(err, ERROR_CONFIG, "no host name to check the server's certificate against");
        error_hint(err, "Name the host in `server`, or give its tls-fingerprint.");
        return false;
    }
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        done = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    else
        done = SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!done) {
        error_set(err, ERROR_CONFIG, "use \"%s\" as the name of a TLS server", host);
        openssl_answer(err);
    }
    return done;
}

/* Who sits between us and the server shows a fingerprint too: it is worth nothing before it was compared. */
static void
hint_pin(const struct trust *trust, const char *when, struct error *err)
{
    error_hint(err, "If %s (compare it with the provider's own words first): tls-fingerprint = \"%s\"", when,
               trust->seen_pin);
}

static void
report_wrong_date(const struct trust *trust, long result, struct error *err)
{
    char words[256], now[32] = "";
    const time_t clock = time(NULL);
    struct tm parts;

    if (gmtime_r(&clock, &parts) != NULL)
        add_date(now, sizeof now, &parts);
    (void)text_print(words, sizeof words, "%s: it is for %s, and this machine's clock says %s (UTC)",
                     X509_verify_cert_error_string(result), trust->seen_dates, now);
    error_answer(err, text_of(words));
    error_hint(err, "Set this machine's clock right; if it is right, the provider has to renew the certificate.");
}

static void
report_wrong_name(const struct trust *trust, long result, struct error *err)
{
    char words[512];

    (void)text_print(words, sizeof words, "%s: %s%s", X509_verify_cert_error_string(result),
                     trust->seen_names[0] != '\0' ? "it is for " : "it names no host", trust->seen_names);
    error_answer(err, text_of(words));
    error_hint(err,
               "Write in `server` the name that the provider gives; if it is that, this is not the provider's server.");
}

void
trust_report(const struct trust *trust, long result, struct error *err)
{
    char words[512];

    error_set(err, ERROR_NETWORK, "verify the certificate of %s", trust->name);
    switch (result) {
    case X509_V_ERR_APPLICATION_VERIFICATION:
        (void)text_print(words, sizeof words, "its public key has the fingerprint %s, which is not in tls-fingerprint",
                         trust->seen_pin);
        error_answer(err, text_of(words));
        hint_pin(trust, "the server's key was changed on purpose", err);
        return;
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
        report_wrong_date(trust, result, err);
        return;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        report_wrong_name(trust, result, err);
        return;
    default:
        error_answer(err, text_of(X509_verify_cert_error_string(result)));
        hint_pin(trust, "tls-ca-file can't name its CA and this is the key's fingerprint", err);
    }
}
