/* See login.h. */
#include "store/net/login.h"

enum login_tls
login_wants_tls(const struct connection *to, const struct stream *stream)
{
    const bool has_pins = to->fingerprints != NULL && to->fingerprints[0] != NULL;

    if (to->tls == TLS_NONE || stream_is_secure(stream))
        return LOGIN_AS_IT_IS;
    if (to->tunnel == NULL)
        return LOGIN_START_TLS;
    /* Without a name and a pin there is nothing to check its certificate against. */
    return to->host == NULL && !has_pins ? LOGIN_AS_IT_IS : LOGIN_TLS_IF_OFFERED;
}

bool
login_refuse_plain(const struct stream *stream, const struct login_words *words, struct text answer, struct error *err)
{
    error_set(err, ERROR_NETWORK, "secure the connection to %s with %s", stream_name(stream), words->start_tls);
    error_answer(err, answer);
    error_hint(err, "Use %s if the server has it. Somebody on the way may have removed %s: nothing secret was sent.",
               words->scheme, words->start_tls);
    return false;
}

bool
login_refuse_early(const struct stream *stream, const struct login_words *words, struct error *err)
{
    error_set(err, ERROR_NETWORK, "secure the connection to %s with %s", stream_name(stream), words->start_tls);
    error_answer(err, TEXT("something was sent along with the answer, before TLS"));
    error_hint(err, "Somebody on the way may have put it there: nothing secret was sent.");
    return false;
}

bool
login_refuse_greeting(const struct stream *stream, const char *protocol, struct text line, struct error *err)
{
    static const struct {
        const char *begins, *hint;
    } known[] = {
        {"HTTP/", "A web server answered: this network may want you to log in with a browser first (hotel, train), or "
                  "the port is wrong."},
        {"<", "A web page came: this network may want you to log in with a browser first (hotel, train), or the port "
              "is wrong."},
        {"+OK", "A POP server answered: write pop3s:// or pop3://, or another port."},
        {"-ERR", "A POP server answered: write pop3s:// or pop3://, or another port."},
        {"* ", "An IMAP server answered: write imaps:// or imap://, or another port."},
        {"220", "A server for sending mail answered (SMTP): the port is wrong."},
        {"", "Look at `server`: is it the right host, and the right port?"},
    };
    size_t i = 0;

    while (line.len < strlen(known[i].begins) || memcmp(line.at, known[i].begins, strlen(known[i].begins)) != 0)
        i++; /* the last one fits everything */
    error_set(err, ERROR_NETWORK, "connect to %s: this is not the greeting of %s server", stream_name(stream),
              protocol);
    error_answer(err, line);
    error_hint(err, "%s", known[i].hint);
    return false;
}

/*
 * A server may offer SCRAM and know no such secret of this account. Where the choice was ours and nobody on the way can read the line, a
 * password that was refused so is sent once by the next mechanism. What says less than a refusal leaves the first one as it was.
 */
static enum auth_outcome
try_plain(const struct login_ways *ways, void *self, unsigned without, const char *secret, struct error *err)
{
    struct error second = {0};
    const unsigned mechanism = ways->choose(self, without, &second);
    enum auth_outcome outcome;

    if (mechanism != AUTH_PLAIN && mechanism != AUTH_LOGIN)
        return AUTH_REFUSED;
    outcome = ways->log_in(self, mechanism, secret, &second);
    if (outcome == AUTH_ACCEPTED || outcome == AUTH_REFUSED)
        *err = second;
    return outcome == AUTH_ACCEPTED ? outcome : AUTH_REFUSED;
}

static enum auth_outcome
refused_by(unsigned mechanism)
{
    return sasl_is_token(mechanism) ? AUTH_TOKEN_REFUSED : AUTH_REFUSED;
}

enum auth_outcome
login_by(const struct login_ways *ways, void *self, const struct connection *to, bool private, char **secret,
         struct error *err)
{
    enum auth_outcome outcome = AUTH_UNUSABLE;
    struct error unusable;

    for (unsigned without = 0; outcome == AUTH_UNUSABLE;) {
        const unsigned mechanism = ways->choose(self, without, err);
        const bool secretive = mechanism != 0 && sasl_needs_secret(mechanism);

        if (mechanism == 0 || (secretive && *secret == NULL && !sasl_ask_secret(to, false, secret, err)) ||
            !sasl_check(to, secretive ? *secret : NULL, err)) {
            if (without != 0 && mechanism == 0)
                *err = unusable; /* what stood in the way of the better one */
            return AUTH_FAILED;
        }
        outcome = ways->log_in(self, mechanism, secretive ? *secret : NULL, err);
        without |= mechanism;
        unusable = *err;
        if (outcome == AUTH_REFUSED && mechanism == AUTH_SCRAM_SHA_256 && to->auth == AUTH_AUTO && private)
            outcome = try_plain(ways, self, without, *secret, err);
        else if (outcome == AUTH_REFUSED)
            outcome = refused_by(mechanism);
    }
    return outcome;
}

void
login_answer(const struct buffer *words, const struct buffer *details, struct error *err)
{
    struct buffer said = buffer_new(4 * LIMIT_PROLOGUE);

    if (buffer_add(&said, words->at, words->len) && details != NULL && details->len > 0) {
        if (!buffer_adds(&said, " ") || !buffer_add(&said, details->at, details->len))
            buffer_clear(&said);
    }
    error_answer(err, (struct text){said.at, said.len});
    buffer_free(&said);
}

enum auth_outcome
login_misunderstood(const struct dialogue *talk, unsigned mechanism, struct error *err)
{
    error_set(err, ERROR_LOGIN, "log in to %s (%s): the server's challenge was not understood or its proof was wrong",
              stream_name(talk->stream), sasl_name(mechanism));
    return AUTH_FAILED;
}

enum auth_outcome
login_check_proof(const struct dialogue *talk, unsigned mechanism, unsigned challenges, enum auth_outcome outcome,
                  struct error *err)
{
    if (outcome != AUTH_ACCEPTED || mechanism != AUTH_SCRAM_SHA_256 || challenges >= 2)
        return outcome;
    error_set(err, ERROR_LOGIN, "log in to %s (%s): the server did not prove that it knows the password",
              stream_name(talk->stream), sasl_name(mechanism));
    return AUTH_FAILED;
}

bool
login_no_memory(struct error *err)
{
    error_set(err, ERROR_LOCAL, "log in: out of memory");
    return false;
}
