/*
 * Mechanisms and their exchanges; see auth.h. SASL in IMAP is RFC 9051 section 6.2.2 and RFC 4959, OAUTHBEARER is RFC 7628,
 * XOAUTH2 is Google's page of that name. The bytes of our own exchanges are made in exchange.c.
 */
#include "store/imap/auth.h"

#include <assert.h>

#include "store/imap/exchange.h"

#define LINE_SECRET 1000 /* a longer name or password goes as a literal, whatever the server's limit for lines */

static const struct mechanism {
    unsigned bit;
    const char *name;
    const char *capability;
    bool automatic;
    bool readable; /* the secret itself is sent */
} mechanisms[] = {
    /* the strongest first; where the line can be read by others, CRAM-MD5 comes before what is sent readably */
    {AUTH_EXTERNAL, "EXTERNAL", "AUTH=EXTERNAL", false, false},
    {AUTH_SCRAM_SHA_256, "SCRAM-SHA-256", "AUTH=SCRAM-SHA-256", true, false},
    {AUTH_OAUTHBEARER, "OAUTHBEARER", "AUTH=OAUTHBEARER", false, true},
    {AUTH_XOAUTH2, "XOAUTH2", "AUTH=XOAUTH2", false, true},
    {AUTH_PLAIN, "PLAIN", "AUTH=PLAIN", true, true},
    {AUTH_LOGIN, "LOGIN", "AUTH=LOGIN", true, true},
    {AUTH_CRAM_MD5, "CRAM-MD5", "AUTH=CRAM-MD5", true, false},
};
#define MECHANISMS (sizeof mechanisms / sizeof mechanisms[0])

/* Choosing */

static bool
is_offered(const struct connection *to, const char *capabilities, const struct mechanism *mechanism)
{
    if (mechanism->bit == AUTH_LOGIN && !driver_offers(capabilities, NULL, "LOGINDISABLED"))
        return true; /* the command, which needs no capability */
    return driver_offers(capabilities, to->disable, mechanism->capability);
}

static void
report_none(const struct connection *to, const char *capabilities, bool readable, struct error *err)
{
    struct buffer offered = buffer_new(400);
    const char *at = capabilities;
    bool fits = true;

    while (*at != '\0' && fits) {
        const size_t len = strcspn(at, " ");

        if ((len > 5 && text_is_nocase((struct text){at, 5}, "AUTH=")) ||
            text_is_nocase((struct text){at, len}, "LOGINDISABLED"))
            fits = (offered.len == 0 || buffer_add(&offered, " ", 1)) && buffer_add(&offered, at, len);
        at += len + strspn(at + len, " ");
    }
    error_set(err, ERROR_LOGIN, "log in to %s: no way to log in that both sides know and may use",
              to->host != NULL ? to->host : "the tunnel");
    error_answer(err, text_of(offered.len > 0 ? offered.at : "the server offers none"));
    if (!readable)
        error_hint(err, "without TLS only scram-sha-256 and cram-md5 are used, unless allow-plaintext = true");
    else if (to->auth == AUTH_AUTO && strstr(capabilities, "OAUTH") != NULL)
        error_hint(err,
                   "auth = {\"xoauth2\"} or {\"oauthbearer\"}, with a password-command that prints an access token");
    else
        error_hint(err, "see `auth` in the configuration");
    buffer_free(&offered);
}

unsigned
auth_choose(const struct connection *to, const char *capabilities, bool private, unsigned without, struct error *err)
{
    const bool readable = private || to->allow_plaintext;
    const struct mechanism *best = NULL;

    for (size_t i = 0; i < MECHANISMS; i++) {
        const struct mechanism *one = &mechanisms[i];
        const bool wanted = to->auth == AUTH_AUTO ? one->automatic : (to->auth & one->bit) != 0;

        if (!wanted || (without & one->bit) != 0 || (one->readable && !readable) || !is_offered(to, capabilities, one))
            continue;
        if (best == NULL || (!private && best->readable && !one->readable))
            best = one;
    }
    if (best == NULL) {
        report_none(to, capabilities, readable, err);
        return 0;
    }
    if (best->bit != AUTH_EXTERNAL && (to->user == NULL || to->user[0] == '\0')) {
        error_set(err, ERROR_CONFIG, "log in to %s: no `user` is configured",
                  to->host != NULL ? to->host : "the tunnel");
        return 0;
    }
    return best->bit;
}

bool
auth_needs_secret(unsigned mechanism)
{
    return mechanism != AUTH_EXTERNAL;
}

bool
auth_check(const struct connection *to, const char *secret, struct error *err)
{
    const char *host = to->host != NULL ? to->host : "the tunnel";

    if (to->user != NULL && strpbrk(to->user, "\r\n") != NULL) {
        error_set(err, ERROR_CONFIG, "log in to %s: `user` holds a line end", host);
        return false;
    }
    if (secret == NULL)
        return true;
    if (secret[0] == '\0')
        error_set(err, ERROR_LOGIN, "log in to %s: the password is empty", host);
    else if (strpbrk(secret, "\r\n") != NULL)
        error_set(err, ERROR_LOGIN, "log in to %s: the password holds a line end", host);
    else if (strlen(secret) > LIMIT_SECRET)
        error_set(err, ERROR_LOGIN, "log in to %s: the password has more than %d bytes", host, LIMIT_SECRET);
    else
        return true;
    error_hint(err, "look at what password-command prints");
    return false;
}

/* The server's verdict */

static const struct mechanism *
find(unsigned bit)
{
    for (size_t i = 0; i < MECHANISMS; i++)
        if (mechanisms[i].bit == bit)
            return &mechanisms[i];
    return NULL;
}

static bool
contains_nocase(const struct buffer *text, const char *part)
{
    const size_t len = strlen(part);

    for (size_t i = 0; i + len <= text->len; i++)
        if (text_is_nocase((struct text){text->at + i, len}, part))
            return true;
    return false;
}

/* A NO that is not about the credentials: the same ones will do later. */
static bool
is_about_the_server(const struct driver *driver)
{
    static const char *const codes[] = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (text_is_nocase(text_of(driver->code), codes[i]))
            return true;
    /* Gmail, which gives no code for it: "[ALERT] Too many simultaneous connections. (Failure)" */
    return contains_nocase(&driver->words, "too many simultaneous connections");
}

static void
set_hint(const struct driver *driver, unsigned mechanism, struct error *err)
{
    const struct text code = text_of(driver->code);

    if (text_is_nocase(code, "PRIVACYREQUIRED"))
        error_hint(err, "the server wants TLS first: imaps://, or imap:// with `tls` at \"yes\"");
    else if (text_is_nocase(code, "EXPIRED"))
        error_hint(err, "the password or token has expired: set or get a new one");
    else if (text_is_nocase(code, "CONTACTADMIN"))
        error_hint(err, "the server asks you to contact its administrator");
    else if (mechanism == AUTH_XOAUTH2 || mechanism == AUTH_OAUTHBEARER)
        error_hint(err, "log in again with the program behind password-command, so that it gets a new token");
    else if (mechanism == AUTH_SCRAM_SHA_256 || mechanism == AUTH_CRAM_MD5)
        error_hint(err,
                   "check `user` and what password-command prints; if the server offers this mechanism without having "
                   "its kind of password, name another one in `auth`");
    else if (mechanism == AUTH_EXTERNAL)
        error_hint(err, "check tls-client-cert and `user`");
    else
        error_hint(err, "check `user` and what password-command prints; some providers want an app password");
}

/* @param details  JSON of a token mechanism, may be empty */
static enum auth_outcome
judge(const struct auth *auth, const struct mechanism *mechanism, const struct buffer *details, struct error *err)
{
    const struct driver *driver = auth->driver;
    struct buffer said = buffer_new(4 * LIMIT_PROLOGUE);
    const bool busy = driver->status == STATUS_NO && is_about_the_server(driver);

    if (driver->status == STATUS_OK)
        return AUTH_ACCEPTED;
    error_set(err, busy ? ERROR_NETWORK : ERROR_LOGIN, "log in to %s as %s (%s)", stream_name(driver->stream),
              auth->to->user != NULL ? auth->to->user : "nobody", mechanism->name);
    if (buffer_add(&said, driver->words.at, driver->words.len) && details != NULL && details->len > 0) {
        if (!buffer_adds(&said, " ") || !buffer_add(&said, details->at, details->len))
            buffer_clear(&said);
    }
    error_answer(err, (struct text){said.at, said.len});
    buffer_free(&said);
    if (busy)
        error_hint(err, "the server can't take us right now: try again later, with fewer connections if it says so");
    else
        set_hint(driver, mechanism->bit, err);
    return driver->status == STATUS_NO && !busy ? AUTH_REFUSED : AUTH_FAILED;
}

static enum auth_outcome
wrong_answer(const struct auth *auth, const struct mechanism *mechanism, struct error *err)
{
    const struct buffer *words = &auth->driver->words;

    error_set(err, ERROR_SERVER, "log in to %s (%s): the server's answer belongs to no question",
              stream_name(auth->driver->stream), mechanism->name);
    error_answer(err, (struct text){words->at, words->len});
    return AUTH_FAILED;
}

/* libetpan's exchanges */

static enum auth_outcome
judge_libetpan(const struct auth *auth, const struct mechanism *mechanism, int result, struct error *err)
{
    const struct driver *driver = auth->driver;

    if (driver->err.kind != ERROR_NONE) {
        *err = driver->err;
        return AUTH_FAILED;
    }
    if (driver->status == STATUS_OK && result != MAILIMAP_NO_ERROR)
        return wrong_answer(auth, mechanism, err); /* another tag, or an OK in the middle */
    if (driver->status != STATUS_NONE)
        return judge(auth, mechanism, NULL, err);
    error_set(err, ERROR_LOGIN, "log in to %s (%s): the server's challenge was not understood or its proof was wrong",
              stream_name(driver->stream), mechanism->name);
    return AUTH_FAILED;
}

static enum auth_outcome
sasl_by_libetpan(const struct auth *auth, const struct mechanism *mechanism, struct error *err)
{
    const struct connection *to = auth->to;
    struct driver *driver = auth->driver;
    const uint64_t sent = driver->sent;
    char shown[64];
    enum auth_outcome outcome;
    int result;

    (void)text_print(shown, sizeof shown, "AUTHENTICATE %s", mechanism->name);
    driver_begin(driver, shown);
    /* KNOWN: libetpan and libsasl2 free their copies of the password without wiping them; right would be a hook for it. */
    result = mailimap_authenticate(auth->imap, mechanism->name, to->host != NULL ? to->host : "localhost", NULL, NULL,
                                   "", to->user, auth->secret, NULL);
    if (driver->sent == sent && driver->err.kind == ERROR_NONE) {
        error_set(err, ERROR_LOGIN, "log in to %s: libsasl2 on this machine does not know %s",
                  stream_name(driver->stream), mechanism->name);
        error_hint(err, "its plug-ins are a package of their own, libsasl2-modules on Debian");
        return AUTH_UNUSABLE;
    }
    outcome = judge_libetpan(auth, mechanism, result, err);
    /* SCRAM is over only when the server, too, has proved that it knows the password: salt and proof are two challenges.
     * libetpan would take an OK before. */
    if (outcome == AUTH_ACCEPTED && mechanism->bit == AUTH_SCRAM_SHA_256 && driver->proofs < 2) {
        error_set(err, ERROR_LOGIN, "log in to %s (%s): the server did not prove that it knows the password",
                  stream_name(driver->stream), mechanism->name);
        outcome = AUTH_FAILED;
    }
    return outcome;
}

/* LOGIN */

/* libetpan quotes what is no atom, bytes above 127 included, which RFC 9051 allows in a literal only. */
static bool
needs_literal(const char *string)
{
    for (const char *at = string; *at != '\0'; at++)
        if ((unsigned char)*at >= 0x7f || (unsigned char)*at < 0x20)
            return true;
    return strlen(string) > LINE_SECRET;
}

static struct exchange
exchange_of(const struct auth *auth, const struct mechanism *mechanism)
{
    const char *const *disable = auth->to->disable;

    return (struct exchange){.driver = auth->driver,
                             .to = auth->to,
                             .secret = auth->secret,
                             .mechanism = mechanism->bit,
                             .name = mechanism->name,
                             .sasl_ir = driver_offers(auth->capabilities, disable, "SASL-IR"),
                             .literal_plus = driver_offers(auth->capabilities, disable, "LITERAL+"),
                             .literal_minus = driver_offers(auth->capabilities, disable, "LITERAL-")};
}

static enum auth_outcome
login_by_literal(const struct auth *auth, const struct mechanism *mechanism, struct error *err)
{
    struct exchange exchange = exchange_of(auth, mechanism);

    return exchange_login(&exchange, err) ? judge(auth, mechanism, NULL, err) : AUTH_FAILED;
}

static enum auth_outcome
login(const struct auth *auth, const struct mechanism *mechanism, struct error *err)
{
    int result;

    if (needs_literal(auth->to->user) || needs_literal(auth->secret))
        return login_by_literal(auth, mechanism, err);
    driver_begin(auth->driver, "LOGIN <secret>");
    result = mailimap_login(auth->imap, auth->to->user, auth->secret);
    return judge_libetpan(auth, mechanism, result, err);
}

static enum auth_outcome
sasl_by_ourselves(const struct auth *auth, const struct mechanism *mechanism, struct error *err)
{
    struct exchange exchange = exchange_of(auth, mechanism);
    enum auth_outcome outcome = AUTH_FAILED;

    if (exchange_sasl(&exchange, err))
        outcome = judge(auth, mechanism, &exchange.details, err);
    buffer_free(&exchange.details);
    return outcome;
}

enum auth_outcome
auth_log_in(const struct auth *auth, unsigned mechanism, struct error *err)
{
    const struct mechanism *found = find(mechanism);
    enum auth_outcome outcome;

    assert(found != NULL);
    auth->driver->hide[0] = auth->secret;
    if (mechanism == AUTH_SCRAM_SHA_256 || mechanism == AUTH_CRAM_MD5)
        outcome = sasl_by_libetpan(auth, found, err);
    else if (mechanism == AUTH_LOGIN && !driver_offers(auth->capabilities, NULL, "LOGINDISABLED"))
        outcome = login(auth, found, err);
    else
        outcome = sasl_by_ourselves(auth, found, err);
    auth->driver->hide[0] = NULL;
    return outcome;
}
