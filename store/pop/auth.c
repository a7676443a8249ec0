/*
 * Mechanisms and their exchanges in POP3; see auth.h. What is the same in every protocol is in store/net/sasl.c. Rests
 * on RFC 1939 section 7 (USER, PASS, APOP), RFC 5034 (AUTH), RFC 3206 (AUTH and SYS codes).
 */
#include "store/pop/auth.h"

#include <openssl/evp.h>

#define COMMAND_MAX 255   /* octets of a command, CR LF included (RFC 2449 section 4) */
#define NAME_MAX_SASL 200 /* of a user: libetpan's answer to a challenge has 512 bytes at most */

/* Choosing */

/* A server that names neither USER nor any mechanism can only mean USER, which CAPA came to after it. */
static bool
offers_user(const struct pop_auth *auth)
{
    return (auth->can->user || !auth->can->sasl_named) && !pop_is_disabled(auth->to->disable, "USER");
}

static bool
offers_sasl(const struct pop_auth *auth, const char *name)
{
    char capability[64];

    (void)text_print(capability, sizeof capability, "AUTH=%s", name);
    return pop_has_word(auth->can->sasl, name) && !pop_is_disabled(auth->to->disable, capability);
}

static bool
is_offered(const void *context, unsigned mechanism, const char *name)
{
    const struct pop_auth *auth = context;

    if (mechanism == AUTH_APOP)
        return auth->driver->timestamp[0] != '\0' && !pop_is_disabled(auth->to->disable, "APOP");
    return (mechanism == AUTH_LOGIN && offers_user(auth)) || offers_sasl(auth, name);
}

unsigned
pop_auth_choose(const struct pop_auth *auth, bool private, unsigned without, struct error *err)
{
    struct sasl_offer offer = {.offers = is_offered, .context = auth, .private = private};
    char words[600];

    (void)text_print(words, sizeof words, "%s%s%s%s%s", offers_user(auth) ? "USER " : "",
                     auth->driver->timestamp[0] != '\0' ? "APOP " : "", auth->can->sasl_named ? "SASL" : "",
                     auth->can->sasl[0] != '\0' ? " " : "", auth->can->sasl);
    offer.words = words;
    return sasl_choose(auth->to, &offer, without, err);
}

/* The server's verdict */

static bool
says_one_of(const struct pop_driver *driver, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_has_nocase((struct text){driver->words.at, driver->words.len}, words[i]))
            return true;
    return false;
}

bool
pop_is_locked(const struct pop_driver *driver)
{
    /* Servers from before RESP-CODES; the first are the words of RFC 1939's own example, the second qpopper's. */
    static const char *const words[] = {"maildrop already locked", "lock busy",         "mailbox in use",
                                        "maildrop in use",         "mailbox is locked", "maildrop is locked",
                                        "mailbox locked",          "maildrop locked",   "mailbox is busy"};

    if (pop_code_is_known(driver->code))
        return text_is_nocase(text_of(driver->code), "IN-USE");
    return says_one_of(driver, words, sizeof words / sizeof words[0]);
}

bool
pop_is_busy(const struct pop_driver *driver)
{
    /* Exchange's, Gmail's, and what proxies say while the server behind them is away. */
    static const char *const words[] = {"too many connections",  "too many simultaneous connections",
                                        "too many concurrent",   "command or bandwidth limits",
                                        "exceeded bandwidth",    "server unavailable",
                                        "service unavailable",   "temporarily unavailable",
                                        "service not available", "server busy",
                                        "server is busy",        "server too busy",
                                        "temporary failure",     "temporary authentication failure"};

    if (pop_code_is_known(driver->code))
        return pop_code_is_busy(driver->code);
    return pop_is_locked(driver) || says_one_of(driver, words, sizeof words / sizeof words[0]);
}

void
pop_report_busy(const struct pop_driver *driver, const char *what, struct error *err)
{
    const struct text code = text_of(driver->code);

    error_set(err, ERROR_NETWORK, "%s %s", what, stream_name(driver->talk.stream));
    error_answer(err, (struct text){driver->words.at, driver->words.len});
    err->not_password = true;
    if (text_is_nocase(code, "LOGIN-DELAY"))
        error_hint(err, "The server wants more time between two logins: run golub less often.");
    else if (text_is_nocase(code, "SYS/TEMP"))
        error_hint(err, "The server has a fault that should pass: try again later.");
    else if (text_is_nocase(code, "SYS/PERM"))
        error_hint(err, "the server has a fault that its administrator must look at");
    else if (pop_is_locked(driver))
        error_hint(err, "another program reads this mailbox: try again when it is done");
    else
        error_hint(err, "the server can't take us right now, and that is no wrong password: try again later");
}

/* @param details  JSON of a token mechanism, may be NULL */
static enum auth_outcome
judge(const struct pop_auth *auth, unsigned mechanism, const struct buffer *details, struct error *err)
{
    static const char *const closed[] = {"not enabled for pop", "pop access is disabled"}; /* Gmail, its domains */
    const struct pop_driver *driver = auth->driver;
    char what[512];

    if (driver->status == POP_OK)
        return AUTH_ACCEPTED;
    (void)text_print(what, sizeof what, "log in as %s (%s) to", auth->to->user != NULL ? auth->to->user : "nobody",
                     sasl_name(mechanism));
    if (pop_is_busy(driver)) {
        pop_report_busy(driver, what, err);
        return AUTH_FAILED;
    }
    error_set(err, ERROR_LOGIN, "%s %s", what, stream_name(driver->talk.stream));
    login_answer(&driver->words, details, err);
    err->not_password = says_one_of(driver, closed, sizeof closed / sizeof closed[0]) ||
                        text_is_nocase(text_of(driver->code), "AUTHORIZATIONFAILED");
    if (!refusal_explain(auth->to->host, (struct text){driver->words.at, driver->words.len}, details, err))
        sasl_hint_refused(mechanism, err);
    return AUTH_REFUSED;
}

/* libetpan's exchanges */

/* A status where a challenge has no place. */
static enum auth_outcome
judge_status(const struct pop_auth *auth, unsigned mechanism, struct error *err)
{
    const struct pop_driver *driver = auth->driver;

    if (driver->status != POP_CONTINUE)
        return judge(auth, mechanism, NULL, err);
    (void)dialogue_nonsense(&driver->talk, "a challenge where none has a place", TEXT("+"), err);
    return AUTH_FAILED;
}

static enum auth_outcome
judge_libetpan(const struct pop_auth *auth, unsigned mechanism, int result, struct error *err)
{
    struct pop_driver *driver = auth->driver;

    if (driver->feed.err.kind != ERROR_NONE) {
        *err = driver->feed.err;
        return AUTH_FAILED;
    }
    if (result != MAILPOP3_NO_ERROR &&
        feed_starved(&driver->feed)) { /* a refusal, too, may be that of a proof that is none */
        (void)login_no_memory(err);
        return AUTH_FAILED;
    }
    if (driver->status == POP_ERR || (driver->status == POP_OK && result == MAILPOP3_NO_ERROR))
        return judge(auth, mechanism, NULL, err);
    return login_misunderstood(&driver->talk, mechanism, err);
}

static enum auth_outcome
sasl_by_libetpan(const struct pop_auth *auth, unsigned mechanism, struct error *err)
{
    const struct connection *to = auth->to;
    struct pop_driver *driver = auth->driver;
    const uint64_t sent = driver->talk.sent;
    char shown[64];
    int result;

    if (strlen(to->user) > NAME_MAX_SASL) {
        error_set(err, ERROR_LOGIN, "log in to %s: `user` is too long for %s", stream_name(driver->talk.stream),
                  sasl_name(mechanism));
        return AUTH_UNUSABLE;
    }
    (void)text_print(shown, sizeof shown, "AUTH %s", sasl_name(mechanism));
    pop_driver_begin(driver, shown);
    result = mailpop3_auth(auth->pop3, sasl_name(mechanism), to->host != NULL ? to->host : "localhost", NULL, NULL, "",
                           to->user, auth->secret, NULL);
    if (driver->talk.sent == sent && driver->feed.err.kind == ERROR_NONE && !feed_starved(&driver->feed)) {
        sasl_report_missing(stream_name(driver->talk.stream), mechanism, err);
        return AUTH_UNUSABLE;
    }
    return login_check_proof(&driver->talk, mechanism, driver->proofs, judge_libetpan(auth, mechanism, result, err),
                             err);
}

/* USER and PASS */

/* One of the two. libetpan cuts what does not fit into its array, line end and all: that we send ourselves. */
static enum auth_outcome
send_word(const struct pop_auth *auth, bool is_user, struct error *err)
{
    struct pop_driver *driver = auth->driver;
    const char *word = is_user ? auth->to->user : auth->secret;
    int result;

    pop_driver_begin(driver, is_user ? NULL : "PASS <secret>");
    if (strlen(word) <= POP_LIBETPAN_MAX) {
        result = is_user ? mailpop3_user(auth->pop3, word) : mailpop3_pass(auth->pop3, word);
        return judge_libetpan(auth, AUTH_LOGIN, result, err);
    }
    if (!dialogue_send_line(&driver->talk, is_user ? "USER" : "PASS", word, err) || !pop_driver_line(driver, err))
        return AUTH_FAILED;
    return judge_status(auth, AUTH_LOGIN, err);
}

static enum auth_outcome
login(const struct pop_auth *auth, struct error *err)
{
    const enum auth_outcome outcome = send_word(auth, true, err);

    return outcome == AUTH_ACCEPTED ? send_word(auth, false, err) : outcome;
}

/* Our own exchanges */

/* Not by libetpan 1.9.4: its own MD5 takes unsigned long for 32 bits, and its digests are wrong where that has 64. */
static bool
digest_timestamp(const char *timestamp, const char *secret, char hex[33])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    const bool done = context != NULL && EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1 &&
                      EVP_DigestUpdate(context, timestamp, strlen(timestamp)) == 1 &&
                      EVP_DigestUpdate(context, secret, strlen(secret)) == 1 &&
                      EVP_DigestFinal_ex(context, digest, NULL) == 1;

    if (done)
        text_hex(digest, 16, hex);
    EVP_MD_CTX_free(context);
    return done;
}

static enum auth_outcome
apop(const struct pop_auth *auth, struct error *err)
{
    struct pop_driver *driver = auth->driver;
    struct sasl_secret command;
    char digest[33];
    bool answered;

    if (!digest_timestamp(driver->timestamp, auth->secret, digest)) {
        error_set(err, ERROR_LOGIN, "log in to %s: OpenSSL on this machine has no MD5, which APOP needs",
                  stream_name(driver->talk.stream));
        return AUTH_UNUSABLE;
    }
    if (!sasl_secret_new(&command, strlen(auth->to->user) + 8)) {
        (void)login_no_memory(err);
        return AUTH_FAILED;
    }
    sasl_secret_adds(&command, "APOP ");
    sasl_secret_adds(&command, auth->to->user);
    pop_driver_begin(driver, "APOP <secret>");
    answered = dialogue_send_line(&driver->talk, command.at, digest, err) && pop_driver_line(driver, err);
    sasl_secret_free(&command);
    return answered ? judge_status(auth, AUTH_APOP, err) : AUTH_FAILED;
}

static bool
send_command(const struct pop_auth *auth, unsigned mechanism, struct sasl *sasl, struct error *err)
{
    const size_t length = sasl_initial_length(sasl);
    char command[64], shown[64];
    bool initial;

    (void)text_print(command, sizeof command, "AUTH %s", sasl_name(mechanism));
    initial = length > 0 && mechanism != AUTH_XOAUTH2 && strlen(command) + length + 2 <= COMMAND_MAX;
    (void)text_print(shown, sizeof shown, "%s%s", command, initial ? " <secret>" : "");
    pop_driver_begin(auth->driver, shown);
    return dialogue_send_line(&auth->driver->talk, command, initial ? sasl_initial(sasl) : "", err);
}

static bool
converse(const struct pop_auth *auth, unsigned mechanism, struct sasl *sasl, struct error *err)
{
    struct pop_driver *driver = auth->driver;
    const char *answer;

    if (!send_command(auth, mechanism, sasl, err))
        return false;
    for (;;) {
        if (!pop_driver_line(driver, err))
            return false;
        if (driver->status != POP_CONTINUE)
            return true;
        if (!sasl_answer(sasl, (struct text){driver->challenge.at, driver->challenge.len}, &answer)) {
            error_set(err, ERROR_NETWORK, "log in to %s (%s): the server asks without end",
                      stream_name(driver->talk.stream), sasl_name(mechanism));
            return false;
        }
        if (!dialogue_send_line(&driver->talk, "", answer, err))
            return false;
    }
}

static enum auth_outcome
sasl_by_ourselves(const struct pop_auth *auth, unsigned mechanism, struct error *err)
{
    enum auth_outcome outcome = AUTH_FAILED;
    struct dialogue *talk = &auth->driver->talk;
    struct sasl sasl;

    if (!sasl_begin(&sasl, auth->to, mechanism, auth->secret)) {
        (void)login_no_memory(err);
    } else {
        talk->hide[1] = sasl.answers[0].at;
        talk->hide[2] = sasl.answers[1].at;
        if (converse(auth, mechanism, &sasl, err)) {
            dialogue_hide_in(talk, &sasl.details);
            outcome = judge(auth, mechanism, &sasl.details, err);
        }
        talk->hide[1] = talk->hide[2] = NULL;
    }
    sasl_end(&sasl);
    return outcome;
}

enum auth_outcome
pop_auth_log_in(const struct pop_auth *auth, unsigned mechanism, struct error *err)
{
    struct dialogue *talk = &auth->driver->talk;
    enum auth_outcome outcome;

    talk->hide[0] = auth->secret;
    if (mechanism == AUTH_SCRAM_SHA_256 || mechanism == AUTH_CRAM_MD5)
        outcome = sasl_by_libetpan(auth, mechanism, err);
    else if (mechanism == AUTH_APOP)
        outcome = apop(auth, err);
    else if (mechanism == AUTH_LOGIN && offers_user(auth))
        outcome = login(auth, err);
    else
        outcome = sasl_by_ourselves(auth, mechanism, err);
    talk->hide[0] = NULL;
    return outcome;
}
