/*
 * Our own exchanges; see exchange.h. Memory that holds a secret is allocated once in its full size, so that no realloc
 * leaves a copy behind, and wiped before it is freed.
 */
#include "store/imap/exchange.h"

#include <openssl/evp.h>

#define TAG "L1" /* of our own commands: libetpan's are bare numbers */

/* A piece of memory with a secret in it. */
struct secret {
    char *at; /* NUL-terminated */
    size_t len, size;
};

static bool
secret_new(struct secret *secret, size_t size)
{
    *secret = (struct secret){.at = malloc(size + 1), .size = size};
    if (secret->at != NULL)
        secret->at[0] = '\0';
    return secret->at != NULL;
}

static void
secret_add(struct secret *secret, const void *bytes, size_t len)
{
    const size_t fits = len <= secret->size - secret->len ? len : 0; /* callers have counted */

    memcpy(secret->at + secret->len, bytes, fits);
    secret->len += fits;
    secret->at[secret->len] = '\0';
}

static void
secret_adds(struct secret *secret, const char *string)
{
    secret_add(secret, string, strlen(string));
}

static void
secret_free(struct secret *secret)
{
    if (secret->at != NULL)
        explicit_bzero(secret->at, secret->size + 1);
    free(secret->at);
    *secret = (struct secret){0};
}

static bool
secret_base64(const struct secret *from, struct secret *to)
{
    if (!secret_new(to, (from->len + 2) / 3 * 4 + 1))
        return false;
    to->len = (size_t)EVP_EncodeBlock((unsigned char *)to->at, (const unsigned char *)from->at, (int)from->len);
    return true;
}

static bool
fail_memory(struct error *err)
{
    error_set(err, ERROR_LOCAL, "log in: out of memory");
    return false;
}

/* A tagged answer that is not to our command is nonsense. */
static bool
is_ours(const struct exchange *exchange, struct error *err)
{
    const struct driver *driver = exchange->driver;

    if (text_is(text_of(driver->tag), TAG))
        return true;
    error_set(err, ERROR_SERVER, "log in to %s (%s): the server's answer belongs to no question",
              stream_name(driver->stream), exchange->name);
    error_answer(err, (struct text){driver->words.at, driver->words.len});
    return false;
}

/* Both words as literals, in one turn where LITERAL+ or LITERAL- (up to 4096 bytes, RFC 7888) allow it. */
bool
exchange_login(struct exchange *exchange, struct error *err)
{
    const char *words[2] = {exchange->to->user, exchange->secret};
    const size_t lens[2] = {strlen(words[0]), strlen(words[1])};
    const bool at_once = exchange->literal_plus || (exchange->literal_minus && lens[0] <= 4096 && lens[1] <= 4096);
    struct driver *driver = exchange->driver;
    struct secret line;
    size_t ends[3], sent = 0; /* of the pieces between which the server is waited for */
    enum driver_line_kind kind = LINE_OTHER;
    bool answered = false;
    char count[32];

    if (!secret_new(&line, lens[0] + lens[1] + 100))
        return fail_memory(err);
    secret_adds(&line, TAG " LOGIN ");
    for (int i = 0; i < 2; i++) {
        (void)text_print(count, sizeof count, "%s{%zu%s}\r\n", i > 0 ? " " : "", lens[i], at_once ? "+" : "");
        secret_adds(&line, count);
        ends[i] = line.len;
        secret_adds(&line, words[i]);
    }
    secret_adds(&line, "\r\n");
    ends[2] = line.len;
    driver_begin(driver, "LOGIN <secret>");
    for (int piece = at_once ? 2 : 0; kind != LINE_TAGGED;) {
        if (sent < ends[piece] && !driver_send(driver, (struct text){line.at + sent, ends[piece] - sent}, err))
            goto out;
        sent = ends[piece];
        if (!driver_line(driver, &kind, err))
            goto out;
        piece += kind == LINE_CONTINUE && piece < 2;
    }
    answered = is_ours(exchange, err);
out:
    secret_free(&line);
    return answered;
}

/* Our own SASL exchanges */

struct state {                /* of a running AUTHENTICATE */
    struct secret answers[2]; /* base64; the first may go with the command */
    unsigned count;
    const char *resign; /* answer to a challenge that can only be an error, so that the tagged answer comes */
    unsigned given;     /* answers */
    bool initial;       /* the first went with the command */
    bool repeated;      /* and was given again */
    bool resigned;
};

/* "=" and "," have a meaning in a GS2 header (RFC 5801 section 4). */
static void
add_gs2_name(struct secret *to, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == ',')
            secret_adds(to, "=2C");
        else if (*name == '=')
            secret_adds(to, "=3D");
        else
            secret_add(to, name, 1);
    }
}

static bool
make_response(const struct connection *to, unsigned mechanism, const char *secret, struct secret *plain)
{
    const char *user = to->user != NULL ? to->user : "", *host = to->host != NULL ? to->host : "";
    char port[32];

    if (!secret_new(plain, 3 * strlen(user) + strlen(host) + (secret != NULL ? strlen(secret) : 0) + 100))
        return false;
    switch (mechanism) {
    case AUTH_PLAIN:
        secret_add(plain, "", 1);
        secret_adds(plain, user);
        secret_add(plain, "", 1);
        secret_adds(plain, secret);
        break;
    case AUTH_XOAUTH2:
        secret_adds(plain, "user=");
        secret_adds(plain, user);
        secret_adds(plain, "\001auth=Bearer ");
        secret_adds(plain, secret);
        secret_adds(plain, "\001\001");
        break;
    case AUTH_OAUTHBEARER:
        secret_adds(plain, "n,a=");
        add_gs2_name(plain, user);
        secret_adds(plain, ",\001host=");
        secret_adds(plain, host);
        (void)text_print(port, sizeof port, "\001port=%u\001auth=Bearer ", (unsigned)to->port);
        secret_adds(plain, port);
        secret_adds(plain, secret);
        secret_adds(plain, "\001\001");
        break;
    default: /* EXTERNAL, and LOGIN's first */
        secret_adds(plain, user);
        break;
    }
    return true;
}

static bool
add_answer(struct state *state, const struct secret *plain)
{
    if (!secret_base64(plain, &state->answers[state->count]))
        return false;
    state->count++;
    return true;
}

static bool
prepare(const struct exchange *exchange, struct state *state)
{
    const unsigned bit = exchange->mechanism;
    struct secret plain;
    bool done;

    state->resign = bit == AUTH_XOAUTH2 ? "\r\n" : bit == AUTH_OAUTHBEARER ? "AQ==\r\n" : "*\r\n";
    done = make_response(exchange->to, bit, exchange->secret, &plain) && add_answer(state, &plain);
    secret_free(&plain);
    if (done && bit == AUTH_LOGIN) {
        done = secret_new(&plain, strlen(exchange->secret));
        if (done) {
            secret_adds(&plain, exchange->secret);
            done = add_answer(state, &plain);
        }
        secret_free(&plain);
    }
    return done;
}

/* "L1 AUTHENTICATE PLAIN AGFuYQBwdw==" or without its last word. */
static bool
send_command(const struct exchange *exchange, struct state *state, struct error *err)
{
    const struct secret *first = &state->answers[0];
    struct secret line;
    char shown[64];
    bool sent;

    /* A line beyond what servers take as a command may still be taken as an answer. */
    state->initial = state->count == 1 && exchange->sasl_ir && first->len + 64 <= LIMIT_COMMAND_LINE;
    if (!secret_new(&line, first->len + 64))
        return fail_memory(err);
    secret_adds(&line, TAG " AUTHENTICATE ");
    secret_adds(&line, exchange->name);
    if (state->initial) {
        secret_adds(&line, " ");
        secret_adds(&line, first->len > 0 ? first->at : "="); /* "=" is the empty one */
        state->given = 1;
    }
    secret_adds(&line, "\r\n");
    (void)text_print(shown, sizeof shown, "AUTHENTICATE %s%s", exchange->name, state->initial ? " <secret>" : "");
    driver_begin(exchange->driver, shown);
    sent = driver_send(exchange->driver, (struct text){line.at, line.len}, err);
    secret_free(&line);
    return sent;
}

static bool
send_answer(struct driver *driver, const struct secret *answer, struct error *err)
{
    struct secret line;
    bool sent;

    if (!secret_new(&line, answer->len + 2))
        return fail_memory(err);
    secret_adds(&line, answer->at);
    secret_adds(&line, "\r\n");
    sent = driver_send(driver, (struct text){line.at, line.len}, err);
    secret_free(&line);
    return sent;
}

/* What the server says is wrong with a token comes as a challenge, JSON in base64. Kept as it is where it is not that. */
static void
note_details(struct buffer *details, const struct buffer *challenge)
{
    const size_t len = challenge->len;
    unsigned char *decoded = malloc(len + 4);
    int got;

    buffer_clear(details);
    if (decoded == NULL)
        return; /* only the words of an error are poorer */
    got = len % 4 != 0 || len == 0 ? -1 : EVP_DecodeBlock(decoded, (const unsigned char *)challenge->at, (int)len);
    for (size_t i = len; got > 0 && i > len - 2 && challenge->at[i - 1] == '='; i--)
        got--; /* EVP_DecodeBlock counts the padding as NUL bytes */
    if (!(got > 0 ? buffer_add(details, decoded, (size_t)got) : buffer_add(details, challenge->at, len)))
        buffer_clear(details);
    free(decoded);
}

static bool
answer_challenge(struct exchange *exchange, struct state *state, struct error *err)
{
    struct driver *driver = exchange->driver;

    if (state->given < state->count)
        return send_answer(driver, &state->answers[state->given++], err);
    if (state->initial && !state->repeated && driver->challenge.len == 0) {
        state->repeated = true; /* a server that offers SASL-IR and overlooks the initial response */
        return send_answer(driver, &state->answers[0], err);
    }
    if (state->resigned) {
        error_set(err, ERROR_SERVER, "log in to %s (%s): the server asks without end", stream_name(driver->stream),
                  exchange->name);
        return false;
    }
    state->resigned = true;
    note_details(&exchange->details, &driver->challenge);
    return driver_send(driver, text_of(state->resign), err);
}

static bool
converse(struct exchange *exchange, struct state *state, struct error *err)
{
    enum driver_line_kind kind;

    if (!send_command(exchange, state, err))
        return false;
    for (;;) {
        if (!driver_line(exchange->driver, &kind, err))
            return false;
        if (kind == LINE_TAGGED)
            return is_ours(exchange, err);
        if (kind == LINE_CONTINUE && !answer_challenge(exchange, state, err))
            return false;
    }
}

bool
exchange_sasl(struct exchange *exchange, struct error *err)
{
    struct state state = {.count = 0};
    struct driver *driver = exchange->driver;
    bool answered;

    exchange->details = buffer_new(LIMIT_PROLOGUE);
    if (prepare(exchange, &state)) {
        driver->hide[1] = state.answers[0].at;
        driver->hide[2] = state.answers[1].at;
        answered = converse(exchange, &state, err);
        driver->hide[1] = driver->hide[2] = NULL;
    } else {
        answered = fail_memory(err);
    }
    secret_free(&state.answers[0]);
    secret_free(&state.answers[1]);
    return answered;
}
