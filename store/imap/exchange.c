/* Our own exchanges; see exchange.h. What is said in them is made in store/net/sasl.c. */
#include "store/imap/exchange.h"

#include "store/net/login.h"

#define TAG "L1" /* of our own commands: libetpan's are bare numbers */

/* A tagged answer that is not to our command is nonsense. */
static bool
is_ours(const struct exchange *exchange, struct error *err)
{
    const struct driver *driver = exchange->driver;

    if (text_is(text_of(driver->tag), TAG))
        return true;
    error_set(err, ERROR_SERVER, "log in to %s (%s): the server's answer belongs to no question",
              stream_name(driver->talk.stream), sasl_name(exchange->mechanism));
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
    struct sasl_secret line;
    size_t ends[3], sent = 0; /* of the pieces between which the server is waited for */
    enum driver_line_kind kind = LINE_OTHER;
    bool answered = false;
    char count[32];

    if (!sasl_secret_new(&line, lens[0] + lens[1] + 100))
        return login_no_memory(err);
    sasl_secret_adds(&line, TAG " LOGIN ");
    for (int i = 0; i < 2; i++) {
        (void)text_print(count, sizeof count, "%s{%zu%s}\r\n", i > 0 ? " " : "", lens[i], at_once ? "+" : "");
        sasl_secret_adds(&line, count);
        ends[i] = line.len;
        sasl_secret_adds(&line, words[i]);
    }
    sasl_secret_adds(&line, "\r\n");
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
    sasl_secret_free(&line);
    return answered;
}

/* Our own SASL exchanges */

/* "L1 AUTHENTICATE PLAIN AGFuYQBwdw==" or without its last word. */
static bool
send_command(const struct exchange *exchange, struct sasl *sasl, struct error *err)
{
    const size_t length = sasl_initial_length(sasl);
    /* A line beyond what servers take as a command may still be taken as an answer. */
    const bool initial = length > 0 && exchange->sasl_ir && length + 64 <= LIMIT_COMMAND_LINE;
    char command[64], shown[64];

    (void)text_print(command, sizeof command, TAG " AUTHENTICATE %s", sasl_name(exchange->mechanism));
    (void)text_print(shown, sizeof shown, "AUTHENTICATE %s%s", sasl_name(exchange->mechanism),
                     initial ? " <secret>" : "");
    driver_begin(exchange->driver, shown);
    return driver_send_line(exchange->driver, command, initial ? sasl_initial(sasl) : "", err);
}

static bool
answer_challenge(struct exchange *exchange, struct sasl *sasl, struct error *err)
{
    struct driver *driver = exchange->driver;
    const char *answer;

    if (sasl_answer(sasl, (struct text){driver->challenge.at, driver->challenge.len}, &answer))
        return driver_send_line(driver, "", answer, err);
    error_set(err, ERROR_NETWORK, "log in to %s (%s): the server asks without end", stream_name(driver->talk.stream),
              sasl_name(exchange->mechanism));
    return false;
}

static bool
converse(struct exchange *exchange, struct sasl *sasl, struct error *err)
{
    enum driver_line_kind kind;

    if (!send_command(exchange, sasl, err))
        return false;
    for (;;) {
        if (!driver_line(exchange->driver, &kind, err))
            return false;
        if (kind == LINE_TAGGED)
            return is_ours(exchange, err);
        if (kind == LINE_CONTINUE && !answer_challenge(exchange, sasl, err))
            return false;
    }
}

bool
exchange_sasl(struct exchange *exchange, struct error *err)
{
    struct driver *driver = exchange->driver;
    struct sasl sasl;
    bool answered;

    if (sasl_begin(&sasl, exchange->to, exchange->mechanism, exchange->secret)) {
        driver->talk.hide[1] = sasl.answers[0].at;
        driver->talk.hide[2] = sasl.answers[1].at;
        answered = converse(exchange, &sasl, err);
        dialogue_hide_in(&driver->talk, &sasl.details);
        driver->talk.hide[1] = driver->talk.hide[2] = NULL;
    } else {
        answered = login_no_memory(err);
    }
    exchange->details = sasl.details;
    sasl.details = buffer_new(0);
    sasl_end(&sasl);
    return answered;
}
