/*
 * See resume.h. Only sessions of TLS 1.3 are kept: their keys are agreed on anew each time (psk_dhe_ke), so neither the file nor the server's
 * ticket key tells what was said before; those of TLS 1.2 would.
 *
 * The file: what the trust rested on, a digest of the rest, when the certificate was verified, the session in DER. Without a session it says when
 * a handshake broke that began with a ticket. A file that was cut, or that two wrote at the same time, has another digest and counts as none. No early data is sent: a command must not be one that somebody can play again.
 */
#include "store/net/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include <openssl/err.h>

#define SESSION_MAX (64 * 1024)    /* bytes: a certificate, a ticket and some keys */
#define AGE_MAX_S (24 * 3600L)     /* then the certificate is looked at again, whatever lifetime the server gives */
#define REFUSED_S (30 * AGE_MAX_S) /* so long no ticket is shown where one may have ended the line */

struct kept { /* the head of the file */
    unsigned char trusted[DIGEST_SIZE];
    unsigned char rest[DIGEST_SIZE]; /* of all that follows */
    int64_t verified;                /* seconds UTC; without a session: when the handshake broke */
};
#define REST_AT offsetof(struct kept, verified)

/* OpenSSL gives each ticket as it comes, behind the handshake. @return 1: it is ours now */
static int
take_ticket(SSL *ssl, SSL_SESSION *session)
{
    struct resume *resume = SSL_get_app_data(ssl);

    if (resume == NULL || SSL_SESSION_get_protocol_version(session) != TLS1_3_VERSION ||
        SSL_SESSION_is_resumable(session) != 1)
        return 0;
    SSL_SESSION_free(resume->ticket);
    resume->ticket = session;
    return 1;
}

void
resume_prepare(struct resume *resume, const struct trust *trust, SSL_CTX *context)
{
    *resume = (struct resume){.trust = trust, .began = (int64_t)time(NULL)};
    resume->able = trust->to->tls_session != NULL && trust_digest(trust, resume->trusted);
    if (!resume->able) {
        (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        return;
    }
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, take_ticket);
}

/* The whole file, which is removed. @return bytes; 0: there is none, or it is no file of ours */
static size_t
take_file(const char *path, unsigned char *bytes, size_t size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t got;

    if (fd < 0)
        return 0;
    (void)unlink(path);
    do
        got = read(fd, bytes, size);
    while (got < 0 && errno == EINTR);
    (void)close(fd);
    return got > 0 ? (size_t)got : 0;
}

/* May it be shown to this server? Its certificate was trusted then; it must be still, for what it says itself. */
static bool
is_fit(const struct resume *resume, const SSL_SESSION *session, int64_t verified)
{
    const int64_t age = (int64_t)time(NULL) - verified;
    const X509 *certificate = SSL_SESSION_get0_peer((SSL_SESSION *)session);

    return SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION && SSL_SESSION_is_resumable(session) == 1 &&
           age >= 0 && age < AGE_MAX_S && certificate != NULL && trust_holds(resume->trust, certificate);
}

/* The head of a file of ours, written under this very trust. */
static bool
read_head(const struct resume *resume, const unsigned char *bytes, size_t len, struct kept *head)
{
    unsigned char digest[DIGEST_SIZE];

    if (len < sizeof *head)
        return false;
    memcpy(head, bytes, sizeof *head);
    return digest_bytes(bytes + REST_AT, len - REST_AT, digest) && memcmp(digest, head->rest, DIGEST_SIZE) == 0 &&
           memcmp(resume->trusted, head->trusted, DIGEST_SIZE) == 0;
}

static SSL_SESSION *
read_session(struct resume *resume, const unsigned char *bytes, size_t len, const struct kept *head)
{
    const unsigned char *der = bytes + sizeof *head;
    SSL_SESSION *session = d2i_SSL_SESSION(NULL, &der, (long)(len - sizeof *head));

    if (session != NULL && is_fit(resume, session, head->verified)) {
        resume->shown = head->verified;
        return session;
    }
    SSL_SESSION_free(session);
    return NULL;
}

/* Did a handshake break lately that began with a ticket? */
static bool
was_refused(const struct kept *head, size_t len)
{
    const int64_t age = (int64_t)time(NULL) - head->verified;

    return len == sizeof *head && age >= 0 && age < REFUSED_S;
}

/*
 * What could not be written is no loss: the next handshake is a whole one. Always a new file: one that is there, from a backup or put there by
 * somebody, may have another mode or another name as well.
 */
static void
write_file(const char *path, const unsigned char *bytes, size_t len)
{
    int fd;

    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    if (write(fd, bytes, len) != (ssize_t)len)
        (void)unlink(path);
    (void)close(fd);
}

/* @return the session of the file */
static SSL_SESSION *
take_session(struct resume *resume, unsigned char *bytes)
{
    const char *path = resume->trust->to->tls_session;
    const size_t len = take_file(path, bytes, SESSION_MAX);
    struct kept head;

    if (!read_head(resume, bytes, len, &head))
        return NULL;
    if (was_refused(&head, len)) {
        write_file(path, bytes, len);
        resume->able = false;
        return NULL;
    }
    return read_session(resume, bytes, len, &head);
}

void
resume_offer(struct resume *resume, SSL *ssl)
{
    unsigned char *bytes = resume->able ? malloc(SESSION_MAX) : NULL;
    SSL_SESSION *session;

    if (bytes == NULL)
        return;
    session = take_session(resume, bytes);
    if (resume->able)
        SSL_set_app_data(ssl, resume);
    resume->offered = session != NULL && SSL_set_session(ssl, session) == 1;
    SSL_SESSION_free(session);
    OPENSSL_cleanse(bytes, SESSION_MAX);
    free(bytes);
    ERR_clear_error();
}

/* @param session  NULL: a handshake broke */
static void
write_down(const struct resume *resume, SSL_SESSION *session, int64_t verified)
{
    const int der_len = session == NULL ? 0 : i2d_SSL_SESSION(session, NULL);
    struct kept head = {.verified = verified};
    const size_t len = sizeof head + (size_t)(der_len > 0 ? der_len : 0);
    unsigned char *bytes = (session == NULL || der_len > 0) && len <= SESSION_MAX ? malloc(len) : NULL;
    unsigned char *to = bytes == NULL ? NULL : bytes + sizeof head;

    if (bytes == NULL)
        return;
    memcpy(head.trusted, resume->trusted, DIGEST_SIZE);
    memcpy(bytes, &head, sizeof head);
    if ((session == NULL || i2d_SSL_SESSION(session, &to) == der_len) &&
        digest_bytes(bytes + REST_AT, len - REST_AT, head.rest)) {
        memcpy(bytes, &head, sizeof head);
        write_file(resume->trust->to->tls_session, bytes, len);
    }
    OPENSSL_cleanse(bytes, len);
    free(bytes);
}

void
resume_keep(struct resume *resume, const SSL *ssl, bool up, bool worked)
{
    if (resume->offered && !up)
        write_down(resume, NULL, resume->began);
    else if (resume->ticket != NULL && worked)
        write_down(resume, resume->ticket, SSL_session_reused(ssl) == 1 ? resume->shown : resume->began);
    SSL_SESSION_free(resume->ticket);
    resume->ticket = NULL;
}
