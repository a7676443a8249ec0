/* What a login is in every mail protocol; see sasl.h. */
#include "store/net/sasl.h"

#include <assert.h>
#include <ctype.h>

#include <openssl/evp.h>
#include <sys/mman.h>

#include "store/base/limits.h"
#include "store/net/refusal.h"

static const struct mechanism {
    unsigned bit;
    const char *name;
    bool automatic;
    bool readable; /* the secret itself is sent */
} mechanisms[] = {
    /* the strongest first; where the line can be read by others, CRAM-MD5 comes before what is sent readably */
    {AUTH_EXTERNAL, "EXTERNAL", false, false},
    {AUTH_SCRAM_SHA_256, "SCRAM-SHA-256", true, false},
    {AUTH_OAUTHBEARER, "OAUTHBEARER", false, true},
    {AUTH_XOAUTH2, "XOAUTH2", false, true},
    {AUTH_PLAIN, "PLAIN", true, true},
    {AUTH_LOGIN, "LOGIN", true, true},
    {AUTH_CRAM_MD5, "CRAM-MD5", true, false},
    {AUTH_APOP, "APOP", false, false},
};
#define MECHANISMS (sizeof mechanisms / sizeof mechanisms[0])
#define PLUGINS ((size_t)16 << 20) /* room that the plug-ins of libsasl2 take, with all that they load */

/* Memory */

bool
sasl_secret_new(struct sasl_secret *secret, size_t size)
{
    *secret = (struct sasl_secret){.at = malloc(size + 1), .size = size};
    if (secret->at != NULL)
        secret->at[0] = '\0';
    return secret->at != NULL;
}

static void
add_secret(struct sasl_secret *secret, const void *bytes, size_t len)
{
    const size_t fits = len <= secret->size - secret->len ? len : 0;

    memcpy(secret->at + secret->len, bytes, fits);
    secret->len += fits;
    secret->at[secret->len] = '\0';
}

void
sasl_secret_adds(struct sasl_secret *secret, const char *string)
{
    add_secret(secret, string, strlen(string));
}

void
sasl_secret_free(struct sasl_secret *secret)
{
    if (secret->at != NULL)
        explicit_bzero(secret->at, secret->size + 1);
    free(secret->at);
    *secret = (struct sasl_secret){0};
}

static bool
sasl_secret_base64(const struct sasl_secret *from, struct sasl_secret *to)
{
    if (!sasl_secret_new(to, (from->len + 2) / 3 * 4 + 1))
        return false;
    to->len = (size_t)EVP_EncodeBlock((unsigned char *)to->at, (const unsigned char *)from->at, (int)from->len);
    return true;
}

/* Choosing */

static const char *
place_of(const struct connection *to)
{
    return to->host != NULL ? to->host : "the tunnel";
}

static void
report_none(const struct connection *to, const struct sasl_offer *offer, bool readable, struct error *err)
{
    error_set(err, ERROR_LOGIN, "log in to %s: no way to log in that both sides know and may use", place_of(to));
    error_answer(err, text_of(offer->words[0] != '\0' ? offer->words : "the server offers none"));
    if (!readable)
        error_hint(err, "Without TLS only scram-sha-256 and cram-md5 are used, unless allow-plaintext = true.");
    else if (to->auth == AUTH_AUTO && strstr(offer->words, "OAUTH") != NULL)
        error_hint(
            err, "Say auth = {\"xoauth2\"} or {\"oauthbearer\"}, with a password-command that prints an access token.");
    else
        error_hint(err, "See `auth` in the configuration.");
}

unsigned
sasl_choose(const struct connection *to, const struct sasl_offer *offer, unsigned without, struct error *err)
{
    const bool readable = offer->private || to->allow_plaintext;
    const struct mechanism *best = NULL;

    for (size_t i = 0; i < MECHANISMS; i++) {
        const struct mechanism *one = &mechanisms[i];
        const bool wanted = to->auth == AUTH_AUTO ? one->automatic : (to->auth & one->bit) != 0;

        if (!wanted || (without & one->bit) != 0 || (one->readable && !readable) ||
            !offer->offers(offer->context, one->bit, one->name))
            continue;
        if (best == NULL || (!offer->private && best->readable && !one->readable))
            best = one;
    }
    if (best == NULL) {
        report_none(to, offer, readable, err);
        return 0;
    }
    if (best->bit != AUTH_EXTERNAL && (to->user == NULL || to->user[0] == '\0')) {
        error_set(err, ERROR_CONFIG, "log in to %s: no `user` is configured", place_of(to));
        return 0;
    }
    return best->bit;
}

const char *
sasl_name(unsigned mechanism)
{
    for (size_t i = 0; i < MECHANISMS; i++)
        if (mechanisms[i].bit == mechanism)
            return mechanisms[i].name;
    assert(false); /* not one bit of enum auth_mechanism */
    return "";
}

bool
sasl_is_token(unsigned mechanism)
{
    return mechanism == AUTH_XOAUTH2 || mechanism == AUTH_OAUTHBEARER;
}

bool
sasl_needs_secret(unsigned mechanism)
{
    return mechanism != AUTH_EXTERNAL;
}

bool
sasl_check(const struct connection *to, const char *secret, struct error *err)
{
    const char *place = place_of(to);

    if (to->user != NULL && strpbrk(to->user, "\r\n") != NULL) {
        error_set(err, ERROR_CONFIG, "log in to %s: `user` holds a line end", place);
        return false;
    }
    if (secret == NULL)
        return true;
    if (secret[0] == '\0')
        error_set(err, ERROR_LOGIN, "log in to %s: the password is empty", place);
    else if (strpbrk(secret, "\r\n") != NULL)
        error_set(err, ERROR_LOGIN, "log in to %s: the password holds a line end", place);
    else if (strlen(secret) > LIMIT_SECRET)
        error_set(err, ERROR_LOGIN, "log in to %s: the password has more than %d bytes", place, LIMIT_SECRET);
    else
        return true;
    error_hint(err, "Look at what password-command prints.");
    return false;
}

void
sasl_hint_refused(unsigned mechanism, struct error *err)
{
    if (sasl_is_token(mechanism))
        error_hint(err, "Log in again with the program behind password-command, so that it gets a new token.");
    else if (mechanism == AUTH_SCRAM_SHA_256 || mechanism == AUTH_CRAM_MD5 || mechanism == AUTH_APOP)
        error_hint(err,
                   "Check `user` and what password-command prints; if the server offers this mechanism without having "
                   "its kind of password, name another one in `auth`.");
    else if (mechanism == AUTH_EXTERNAL)
        error_hint(err, "Check tls-client-cert and `user`.");
    else
        error_hint(err, "Check `user` and what password-command prints; some providers want an app password.");
}

/* Is there no room for the plug-ins and what they bring along? libsasl2 leaves out in silence what it could not load. */
static bool
is_cramped(void)
{
    void *room = mmap(NULL, PLUGINS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return room == MAP_FAILED || munmap(room, PLUGINS) != 0;
}

void
sasl_report_missing(const char *server, unsigned mechanism, struct error *err)
{
    if (is_cramped()) {
        error_set(err, ERROR_LOCAL, "log in to %s: out of memory", server);
        return;
    }
    error_set(err, ERROR_LOGIN, "log in to %s: libsasl2 on this machine does not know %s", server,
              sasl_name(mechanism));
    error_hint(err, "Its plug-ins are a package of their own, libsasl2-modules on Debian.");
}

/* Secrets */

void
sasl_wipe_secret(char **secret)
{
    if (*secret != NULL)
        explicit_bzero(*secret, strlen(*secret));
    free(*secret);
    *secret = NULL;
}

bool
sasl_ask_secret(const struct connection *to, bool again, char **secret, struct error *err)
{
    char *answer = NULL;

    if (to->secret == NULL) {
        error_set(err, ERROR_LOGIN, "log in to %s: no password-command is configured", place_of(to));
        return false;
    }
    if (!to->secret(to->secret_context, again, &answer, err))
        return false;
    assert(answer != NULL);
    *secret = answer;
    return true;
}

/* Where the login goes on nothing else will tell of it. */
static void
say_not_refreshed(const struct connection *to, const struct error *failed, const char *rest)
{
    char words[640];

    (void)text_print(words, sizeof words, "the refresh command failed: %s%s", failed->answer, rest);
    if (to->said != NULL)
        to->said(to->said_context, words);
}

/*
 * Its words stand beside the server's: the refresh command is what the user has to look at, unless the server has told what is wrong and
 * no new token would mend it.
 */
static void
hint_not_refreshed(const struct connection *to, const struct error *failed, struct error *err)
{
    if (failed->kind == ERROR_INTERRUPTED)
        return;
    if (err->code != NULL && strcmp(err->code, REFUSAL_TOKEN) != 0)
        say_not_refreshed(to, failed, "");
    else
        error_hint(err, "The refresh command failed: %s. %s", failed->answer, failed->hint);
}

bool
sasl_renew_secret(const struct connection *to, enum auth_outcome outcome, char **secret, struct error *err)
{
    struct error refresh = {.kind = ERROR_NONE}, failed = {.kind = ERROR_NONE};
    char *fresh = NULL;
    bool differs;

    if ((outcome != AUTH_REFUSED && outcome != AUTH_TOKEN_REFUSED) || *secret == NULL)
        return false; /* no secret was used, or another one is no help */
    if (outcome == AUTH_TOKEN_REFUSED && to->refresh != NULL && !to->refresh(to->secret_context, &refresh))
        hint_not_refreshed(to, &refresh, err);
    if (refresh.kind == ERROR_INTERRUPTED || !sasl_ask_secret(to, true, &fresh, &failed)) {
        if (refresh.kind == ERROR_INTERRUPTED || failed.kind == ERROR_INTERRUPTED)
            *err = failed.kind == ERROR_INTERRUPTED ? failed : refresh;
        return false; /* the server's words say more than those of the command */
    }
    differs = strcmp(*secret, fresh) != 0;
    if (differs && refresh.kind != ERROR_NONE)
        say_not_refreshed(to, &refresh, "; trying what password-command prints now");
    sasl_wipe_secret(secret);
    *secret = fresh;
    return differs;
}

/* Exchanges */

bool
sasl_is_base64(struct text challenge)
{
    size_t letters = challenge.len;

    while (letters > 0 && challenge.len - letters < 2 && challenge.at[letters - 1] == '=')
        letters--;
    for (size_t i = 0; i < letters; i++)
        if (!isalnum((unsigned char)challenge.at[i]) && challenge.at[i] != '+' && challenge.at[i] != '/')
            return false;
    return challenge.len > 0 && challenge.len % 4 == 0;
}

/* "=" and "," have a meaning in a GS2 header (RFC 5801 section 4). */
static void
add_gs2_name(struct sasl_secret *to, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == ',')
            sasl_secret_adds(to, "=2C");
        else if (*name == '=')
            sasl_secret_adds(to, "=3D");
        else
            add_secret(to, name, 1);
    }
}

static bool
make_response(const struct connection *to, unsigned mechanism, const char *secret, struct sasl_secret *plain)
{
    const char *user = to->user != NULL ? to->user : "", *host = to->host != NULL ? to->host : "";
    char port[32];

    if (secret == NULL)
        secret = ""; /* EXTERNAL has none */
    if (!sasl_secret_new(plain, 3 * strlen(user) + strlen(host) + strlen(secret) + 100))
        return false;
    switch (mechanism) {
    case AUTH_PLAIN:
        add_secret(plain, "", 1);
        sasl_secret_adds(plain, user);
        add_secret(plain, "", 1);
        sasl_secret_adds(plain, secret);
        break;
    case AUTH_XOAUTH2:
        sasl_secret_adds(plain, "user=");
        sasl_secret_adds(plain, user);
        sasl_secret_adds(plain, "\001auth=Bearer ");
        sasl_secret_adds(plain, secret);
        sasl_secret_adds(plain, "\001\001");
        break;
    case AUTH_OAUTHBEARER:
        sasl_secret_adds(plain, "n,a=");
        add_gs2_name(plain, user);
        sasl_secret_adds(plain, ",\001host=");
        sasl_secret_adds(plain, host);
        (void)text_print(port, sizeof port, "\001port=%u\001auth=Bearer ", (unsigned)to->port);
        sasl_secret_adds(plain, port);
        sasl_secret_adds(plain, secret);
        sasl_secret_adds(plain, "\001\001");
        break;
    default: /* EXTERNAL, and LOGIN's first */
        sasl_secret_adds(plain, user);
        break;
    }
    return true;
}

static bool
add_answer(struct sasl *sasl, const struct sasl_secret *plain)
{
    if (!sasl_secret_base64(plain, &sasl->answers[sasl->count]))
        return false;
    sasl->count++;
    return true;
}

bool
sasl_begin(struct sasl *sasl, const struct connection *to, unsigned mechanism, const char *secret)
{
    struct sasl_secret plain;
    bool done;

    *sasl = (struct sasl){.details = buffer_new(LIMIT_PROLOGUE)};
    sasl->resign = mechanism == AUTH_XOAUTH2 ? "" : mechanism == AUTH_OAUTHBEARER ? "AQ==" : "*";
    done = make_response(to, mechanism, secret, &plain) && add_answer(sasl, &plain);
    sasl_secret_free(&plain);
    if (done && mechanism == AUTH_LOGIN) {
        done = sasl_secret_new(&plain, strlen(secret));
        if (done) {
            sasl_secret_adds(&plain, secret);
            done = add_answer(sasl, &plain);
        }
        sasl_secret_free(&plain);
    }
    return done;
}

size_t
sasl_initial_length(const struct sasl *sasl)
{
    if (sasl->count != 1)
        return 0;
    return sasl->answers[0].len > 0 ? sasl->answers[0].len + 1 : 2;
}

const char *
sasl_initial(struct sasl *sasl)
{
    assert(sasl->count == 1 && sasl->given == 0);
    sasl->initial = true;
    sasl->given = 1;
    return sasl->answers[0].len > 0 ? sasl->answers[0].at : "=";
}

/*
 * What the server says is wrong with a token comes as a challenge, JSON in base64. Kept as it is where it is not that.
 */
static void
note_details(struct buffer *details, struct text challenge)
{
    const size_t len = challenge.len;
    unsigned char *decoded = malloc(len + 4);
    int got;

    buffer_clear(details);
    if (decoded == NULL)
        return; /* only the words of an error are poorer */
    got = len % 4 != 0 || len == 0 || len > LIMIT_PROLOGUE
              ? -1
              : EVP_DecodeBlock(decoded, (const unsigned char *)challenge.at, (int)len);
    for (size_t i = len; got > 0 && i > len - 2 && challenge.at[i - 1] == '='; i--)
        got--; /* EVP_DecodeBlock counts the padding as NUL bytes */
    if (!(got > 0 ? buffer_add(details, decoded, (size_t)got) : buffer_add(details, challenge.at, len)))
        buffer_clear(details);
    free(decoded);
}

bool
sasl_answer(struct sasl *sasl, struct text challenge, const char **answer)
{
    if (sasl->given < sasl->count) {
        *answer = sasl->answers[sasl->given++].at;
        return true;
    }
    if (sasl->initial && !sasl->repeated && challenge.len == 0) {
        sasl->repeated = true; /* a server that offers initial responses and overlooks this one */
        *answer = sasl->answers[0].at;
        return true;
    }
    if (sasl->resigned)
        return false;
    sasl->resigned = true;
    note_details(&sasl->details, challenge);
    *answer = sasl->resign;
    return true;
}

void
sasl_end(struct sasl *sasl)
{
    sasl_secret_free(&sasl->answers[0]);
    sasl_secret_free(&sasl->answers[1]);
    buffer_free(&sasl->details);
}
