/*
 * See refusal.h. What is looked for are the codes of the two providers that demand tokens, and RFC 6749's and 7628's words. Most come from the
 * provider's token server and reach us only by way of a proxy that logs in for us, which puts them into the words of its NO; so all that
 * was said is searched, not one field alone.
 */
#include "store/net/refusal.h"

#include <jansson.h>

#include "store/base/limits.h"

#define SAID_MAX (2 * LIMIT_PROLOGUE) /* bytes that are searched */

static const struct cause {
    const char *sign; /* in what was said, case ignored */
    const char *code;
    const char *hint;
} causes[] = {
    /* Microsoft's own, the most telling first */
    {"AADSTS65001", "AADSTS65001",
     "Nobody has allowed this client to read this account's mail: log in again in the browser and consent; where it "
     "says \"Need admin approval\", the organisation's administrator must."},
    {"AADSTS65006", "AADSTS65006",
     "The client asks for a permission that it is not registered for: add IMAP.AccessAsUser.All (POP.AccessAsUser.All "
     "for POP) to its registration, then log in again in the browser."},
    {"AADSTS700016", "AADSTS700016",
     "The organisation does not know this client: check client id and tenant in the program behind password-command, "
     "or ask the organisation's administrator to admit it."},
    {"AADSTS50020", "AADSTS50020",
     "This user does not belong to the tenant that the program behind password-command names: put \"common\" or the "
     "user's own tenant into its two addresses, then log in again."},
    /* the words of RFC 6749 5.2, 6750 3.1 and 7628 3.2.2 */
    {"invalid_grant", REFUSAL_GRANT,
     "The refresh token has expired or was taken back, as by a new password: log in again in the browser with the "
     "program behind password-command."},
    {"insufficient_scope", REFUSAL_SCOPE,
     "The token is for something else than this mail: look at the scopes in the program behind password-command, see "
     "golub-oauth(7), then log in again in the browser."},
};
static const char google_grant[] = "Google takes this refresh token no more: log in again in the browser. If that "
                                   "happens every 7 days, the client is in "
                                   "status Testing: set it to In production.";
static const char google_token[] = "Google did not take the token: get a new token with the program behind "
                                   "password-command. If that fails every 7 days, "
                                   "its client is in status Testing: set it to In production.";
static const char not_connected[] = "The login was taken, but the mailbox can't be opened: IMAP may be off for it, "
                                    "`user` may not be the one that the token "
                                    "is for, or the token lacks IMAP.AccessAsUser.All.";

/* The fields that say something, one after the other. What is no JSON is searched as it is. */
static bool
add_details(struct buffer *said, const struct buffer *details, json_t *object)
{
    static const char *const fields[] = {"error", "error_description", "status", "scope", "schemes"};
    bool done = true;

    if (!json_is_object(object))
        return buffer_adds(said, " ") && buffer_add(said, details->at, details->len);
    for (size_t i = 0; done && i < sizeof fields / sizeof fields[0]; i++) {
        const char *value = json_string_value(json_object_get(object, fields[i]));

        done = value == NULL || (buffer_adds(said, " ") && buffer_adds(said, value));
    }
    return done;
}

static bool
is_google(const char *host, struct text said)
{
    /* The last are the words of its token server, where a proxy stands between. */
    return (host != NULL &&
            (text_has_nocase(text_of(host), "gmail.com") || text_has_nocase(text_of(host), "google"))) ||
           text_has_nocase(said, "mail.google.com") || text_has_nocase(said, "Token has been expired or revoked");
}

static bool
is_status(json_t *object, const char *const *values)
{
    json_t *status = json_object_get(object, "status"); /* NULL of anything but an object */
    const char *word = json_string_value(status);

    for (size_t i = 0; values[i] != NULL; i++)
        if ((word != NULL && strcmp(word, values[i]) == 0) ||
            (json_is_integer(status) && json_integer_value(status) == strtol(values[i], NULL, 10)))
            return true;
    return false;
}

static const struct cause *
find_cause(struct text said, json_t *object)
{
    static const char *const scope[] = {"403", NULL};
    const size_t count = sizeof causes / sizeof causes[0];

    for (size_t i = 0; i < count; i++)
        if (text_has_nocase(said, causes[i].sign))
            return &causes[i];
    return is_status(object, scope) ? &causes[count - 1] : NULL;
}

static bool
explain(const char *host, struct text said, json_t *object, struct error *err)
{
    static const char *const old[] = {"400", "401", "invalid_token", "invalid_request", NULL};
    const struct cause *cause = find_cause(said, object);

    if (cause != NULL) {
        const bool google = strcmp(cause->code, REFUSAL_GRANT) == 0 && is_google(host, said);

        err->code = cause->code;
        error_hint(err, "%s", google ? google_grant : cause->hint);
        return true;
    }
    if (refusal_not_connected(said, err))
        return true;
    if (!is_status(object, old) && !text_has_nocase(said, REFUSAL_TOKEN))
        return false;
    err->code = REFUSAL_TOKEN;
    if (is_google(host, said))
        error_hint(err, "%s", google_token);
    return is_google(host, said);
}

bool
refusal_explain(const char *host, struct text words, const struct buffer *details, struct error *err)
{
    struct buffer said = buffer_new(SAID_MAX);
    json_t *object = NULL;
    bool done, known = false;

    done = buffer_add(&said, words.at, words.len);
    if (details != NULL && details->len > 0) {
        object = json_loadb(details->at, details->len, 0, NULL); /* NULL: it is none */
        done = done && add_details(&said, details, object);
    }
    if (done) /* without memory, or room, the error is poorer by a sentence */
        known = explain(host, (struct text){said.at, said.len}, object, err);
    json_decref(object);
    buffer_free(&said);
    return known;
}

bool
refusal_not_connected(struct text words, struct error *err)
{
    if (!text_has_nocase(words, "authenticated but not connected"))
        return false;
    err->code = REFUSAL_NOT_CONNECTED;
    error_hint(err, "%s", not_connected);
    return true;
}
