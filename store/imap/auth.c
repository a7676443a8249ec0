/*
 * Mechanisms and their exchanges; see auth.h. SASL in IMAP is RFC 9051 section 6.2.2 and RFC 4959. What is the same in every
 * protocol is in store/net/sasl.c, the exchanges that libetpan has no functions for are in exchange.c.
 */
#include "store/imap/auth.h"

#include "store/imap/exchange.h"

#define LINE_SECRET 1000 /* a longer name or password goes as a literal, whatever the server's limit for lines */

/* Choosing */

struct offer { /* of a server */
    const char *capabilities;
    const char *const *disable;
};

static bool
is_offered(const void *context, unsigned mechanism, const char *name)
{
    const struct offer *offer = context;
    char capability[64];

    if (mechanism == AUTH_LOGIN && !driver_offers(offer->capabilities, NULL, "LOGINDISABLED"))
        return true; /* the command, which needs no capability */
    (void)text_print(capability, sizeof capability, "AUTH=%s", name);
    return mechanism != AUTH_APOP && driver_offers(offer->capabilities, offer->disable, capability);
}

/* What concerns a login, for an error. */
static void
list_offered(const char *capabilities, struct buffer *offered)
{
    const char *at = capabilities;
    bool fits = true;

    while (*at != '\0' && fits) {
        const size_t len = strcspn(at, " ");

        if ((len > 5 && text_is_nocase((struct text){at, 5}, "AUTH=")) ||
            text_is_nocase((struct text){at, len}, "LOGINDISABLED"))
            fits = (offered->len == 0 || buffer_add(offered, " ", 1)) && buffer_add(offered, at, len);
        at += len + strspn(at + len, " ");
    }
}

unsigned
auth_choose(const struct connection *to, const char *capabilities, bool private, unsigned without, struct error *err)
{
    const struct offer context = {capabilities, to->disable};
    struct buffer offered = buffer_new(400);
    struct sasl_offer offer = {.offers = is_offered, .context = &context, .private = private};
    unsigned mechanism;

    list_offered(capabilities, &offered);
    offer.words = offered.len > 0 ? offered.at : "";
    mechanism = sasl_choose(to, &offer, without, err);
    buffer_free(&offered);
    return mechanism;
}

/* The server's verdict */

/* A refusal that is not about the credentials: the same ones will do later. */
static bool
is_about_the_server(const struct driver *driver)
{
    /* The last three are POP's: some servers have one login for both. */
    static const char *const codes[] = {"UNAVAILABLE", "INUSE",  "LIMIT",       "SERVERBUG",
                                        "OVERQUOTA",   "IN-USE", "LOGIN-DELAY", "SYS/TEMP"};
    /* Of servers that give no code for it: Gmail, Exchange, Yahoo, those that lock an mbox. */
    static const char *const words[] = {"too many simultaneous connections", "too many connections",
                                        "server unavailable", "exceeded command or bandwidth limits",
                                        "mailbox is locked"};
    const struct text said = {driver->words.at, driver->words.len};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (text_is_nocase(text_of(driver->code), codes[i]))
            return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_has_nocase(said, words[i]))
            return true;
    return false;
}

/* A refusal that is not about the credentials either, and that somebody must see to: who asks, and in what way, is known and right. */
static bool
is_about_the_account(const struct driver *driver)
{
    static const char *const codes[] = {"AUTHORIZATIONFAILED", "CONTACTADMIN", "PRIVACYREQUIRED", "NOPERM"};
    static const char *const words[] = {"not enabled for imap", "imap access is disabled",
                                        "yet to enable imap"}; /* Gmail, its domains, Zoho */
    const struct text said = {driver->words.at, driver->words.len};
    bool is = false;

    for (size_t i = 0; !is && i < sizeof codes / sizeof codes[0]; i++)
        is = text_is_nocase(text_of(driver->code), codes[i]);
    for (size_t i = 0; !is && i < sizeof words / sizeof words[0]; i++)
        is = text_has_nocase(said, words[i]);
    return is;
}

static void
set_hint(const struct auth *auth, unsigned mechanism, const struct buffer *details, struct error *err)
{
    const struct driver *driver = auth->driver;
    const struct text code = text_of(driver->code), words = {driver->words.at, driver->words.len};

    if (refusal_explain(auth->to->host, words, details, err))
        return;

    if (text_is_nocase(code, "PRIVACYREQUIRED"))
        error_hint(err, "The server wants TLS first: imaps://, or imap:// with `tls` at \"yes\".");
    else if (text_is_nocase(code, "EXPIRED"))
        error_hint(err, "The password or token has expired: set or get a new one.");
    else if (text_is_nocase(code, "CONTACTADMIN"))
        error_hint(err, "The server asks you to contact its administrator.");
    else
        sasl_hint_refused(mechanism, err);
}

/* @param details  JSON of a token mechanism, may be empty */
static enum auth_outcome
judge(const struct auth *auth, unsigned mechanism, const struct buffer *details, struct error *err)
{
    const struct driver *driver = auth->driver;
    const bool busy = driver->status != STATUS_OK && is_about_the_server(driver);

    if (driver->status == STATUS_OK)
        return AUTH_ACCEPTED;
    error_set(err, busy ? ERROR_NETWORK : ERROR_LOGIN, "log in to %s as %s (%s)", stream_name(driver->talk.stream),
              auth->to->user != NULL ? auth->to->user : "nobody", sasl_name(mechanism));
    login_answer(&driver->words, details, err);
    err->not_password = busy || is_about_the_account(driver);
    if (busy)
        error_hint(err, "The server can't take us right now: try again later, with fewer connections if it says so.");
    else
        set_hint(auth, mechanism, details, err);
    return driver->status == STATUS_NO && !busy ? AUTH_REFUSED : AUTH_FAILED;
}

static enum auth_outcome
wrong_answer(const struct auth *auth, unsigned mechanism, struct error *err)
{
    const struct buffer *words = &auth->driver->words;

    error_set(err, ERROR_SERVER, "log in to %s (%s): the server's answer belongs to no question",
              stream_name(auth->driver->talk.stream), sasl_name(mechanism));
    error_answer(err, (struct text){words->at, words->len});
    return AUTH_FAILED;
}

/* libetpan's exchanges */

static enum auth_outcome
judge_libetpan(const struct auth *auth, unsigned mechanism, int result, struct error *err)
{
    struct driver *driver = auth->driver;

    if (driver->feed.err.kind != ERROR_NONE) {
        *err = driver->feed.err;
        return AUTH_FAILED;
    }
    if (result != MAILIMAP_NO_ERROR &&
        feed_starved(&driver->feed)) { /* a refusal, too, may be that of a proof that is none */
        (void)login_no_memory(err);
        return AUTH_FAILED;
    }
    if (driver->status == STATUS_OK && result != MAILIMAP_NO_ERROR)
        return wrong_answer(auth, mechanism, err); /* another tag, or an OK in the middle */
    if (driver->status != STATUS_NONE)
        return judge(auth, mechanism, NULL, err);
    return login_misunderstood(&driver->talk, mechanism, err);
}

static enum auth_outcome
sasl_by_libetpan(const struct auth *auth, unsigned mechanism, struct error *err)
{
    const struct connection *to = auth->to;
    struct driver *driver = auth->driver;
    const uint64_t sent = driver->talk.sent;
    char shown[64];
    int result;

    (void)text_print(shown, sizeof shown, "AUTHENTICATE %s", sasl_name(mechanism));
    driver_begin(driver, shown);
    /* KNOWN: libetpan and libsasl2 free their copies of the password without wiping them; right would be a hook for it. */
    result = mailimap_authenticate(auth->imap, sasl_name(mechanism), to->host != NULL ? to->host : "localhost", NULL,
                                   NULL, "", to->user, auth->secret, NULL);
    if (driver->talk.sent == sent && driver->feed.err.kind == ERROR_NONE && !feed_starved(&driver->feed)) {
        sasl_report_missing(stream_name(driver->talk.stream), mechanism, err);
        return AUTH_UNUSABLE;
    }
    return login_check_proof(&driver->talk, mechanism, driver->proofs, judge_libetpan(auth, mechanism, result, err),
                             err);
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

/* Offered, or part of revision 2 and not switched off (RFC 9051 appendix E). */
static bool
implied(const struct auth *auth, bool rev2, const char *name)
{
    return driver_offers(rev2 ? name : auth->capabilities, auth->to->disable, name);
}

static struct exchange
exchange_of(const struct auth *auth, unsigned mechanism)
{
    const char *const *disable = auth->to->disable;
    const bool rev2 = driver_offers(auth->capabilities, disable, "IMAP4rev2"); /* has taken in the two extensions */

    return (struct exchange){.driver = auth->driver,
                             .to = auth->to,
                             .secret = auth->secret,
                             .mechanism = mechanism,
                             .sasl_ir = implied(auth, rev2, "SASL-IR"),
                             .literal_plus = driver_offers(auth->capabilities, disable, "LITERAL+"),
                             .literal_minus = implied(auth, rev2, "LITERAL-")};
}

static enum auth_outcome
login_by_literal(const struct auth *auth, unsigned mechanism, struct error *err)
{
    struct exchange exchange = exchange_of(auth, mechanism);

    return exchange_login(&exchange, err) ? judge(auth, mechanism, NULL, err) : AUTH_FAILED;
}

static enum auth_outcome
login(const struct auth *auth, unsigned mechanism, struct error *err)
{
    int result;

    if (needs_literal(auth->to->user) || needs_literal(auth->secret))
        return login_by_literal(auth, mechanism, err);
    driver_begin(auth->driver, "LOGIN <secret>");
    result = mailimap_login(auth->imap, auth->to->user, auth->secret);
    return judge_libetpan(auth, mechanism, result, err);
}

static enum auth_outcome
sasl_by_ourselves(const struct auth *auth, unsigned mechanism, struct error *err)
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
    enum auth_outcome outcome;

    auth->driver->talk.hide[0] = auth->secret;
    if (mechanism == AUTH_SCRAM_SHA_256 || mechanism == AUTH_CRAM_MD5)
        outcome = sasl_by_libetpan(auth, mechanism, err);
    else if (mechanism == AUTH_LOGIN && !driver_offers(auth->capabilities, NULL, "LOGINDISABLED"))
        outcome = login(auth, mechanism, err);
    else
        outcome = sasl_by_ourselves(auth, mechanism, err);
    auth->driver->talk.hide[0] = NULL;
    return outcome;
}
