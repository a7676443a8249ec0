/*
 * The prologue of an IMAP session, step by step:
 *
 *     connect ─► greeting ─► STARTTLS, where TLS is not up ─► capabilities, where they are not known ─► login
 *                   └─ PREAUTH: nothing more to do
 *
 * Turns count: the greeting's own list of capabilities saves one, but it is believed only where nobody could have written
 * it into the line (TLS from the start, a tunnel, or plain text by the user's own wish); what came before STARTTLS is
 * forgotten after it. STARTTLS is sent without asking for capabilities first, since a server without it says so.
 */
#include "store/imap/session.h"

#include "store/imap/auth.h"

static const struct login_words protocol = {.start_tls = "STARTTLS", .scheme = "imaps://"};

struct prologue {
    const struct connection *to;
    struct buffer *alerts;
    struct stream *stream;
    struct driver *driver;
    mailimap *imap;
    mailstream *mailstream;
    char greeting[512];
    bool logged_in; /* PREAUTH */
    bool proxied;
};

/* What a call of libetpan came to, where it was not what we wanted. */
static bool
fail_libetpan(const struct prologue *prologue, const char *step, int result, struct error *err)
{
    struct driver *driver = prologue->driver;

    if (driver->feed.err.kind != ERROR_NONE) {
        *err = driver->feed.err;
        return false;
    }
    if (result == MAILIMAP_ERROR_MEMORY || feed_starved(&driver->feed)) {
        error_set(err, ERROR_LOCAL, "%s %s: out of memory", step, stream_name(prologue->stream));
        return false;
    }
    error_set(err, ERROR_SERVER, "%s %s", step, stream_name(prologue->stream));
    error_answer(err, (struct text){driver->words.at, driver->words.len});
    return false;
}

/* The text of the greeting without its code: there is the server's name, often with its version. */
static void
keep_greeting(struct prologue *prologue)
{
    struct text words = {prologue->driver->words.at, prologue->driver->words.len};
    const char *end = words.len == 0 || words.at[0] != '[' ? NULL : memchr(words.at, ']', words.len);

    if (end != NULL) {
        words.len -= (size_t)(end - words.at) + 1;
        words.at = end + 1;
    }
    while (words.len > 0 && words.at[0] == ' ') {
        words.at++;
        words.len--;
    }
    error_escape(prologue->greeting, sizeof prologue->greeting, words);
}

static bool
greet(struct prologue *prologue, struct error *err)
{
    int result;

    prologue->stream = stream_open(prologue->to, err);
    if (prologue->stream == NULL)
        return false;
    prologue->driver = driver_new(prologue->stream, prologue->to->wire_log);
    prologue->mailstream = prologue->driver == NULL ? NULL : driver_mailstream(prologue->driver);
    prologue->imap = prologue->mailstream == NULL ? NULL : mailimap_new(0, NULL);
    if (prologue->imap == NULL)
        return login_no_memory(err);
    prologue->driver->alerts = prologue->alerts;
    driver_begin(prologue->driver, NULL);
    result = mailimap_connect(prologue->imap, prologue->mailstream);
    if (result != MAILIMAP_NO_ERROR_AUTHENTICATED && result != MAILIMAP_NO_ERROR_NON_AUTHENTICATED)
        return fail_libetpan(prologue, "read the greeting of", result, err);
    keep_greeting(prologue);
    prologue->logged_in = result == MAILIMAP_NO_ERROR_AUTHENTICATED;
    return true;
}

static const char *
capabilities_of(const struct prologue *prologue)
{
    return prologue->driver->capabilities.len > 0 ? prologue->driver->capabilities.at : "";
}

static bool
ask_capabilities(struct prologue *prologue, struct error *err)
{
    struct mailimap_capability_data *list = NULL;
    int result;

    driver_begin(prologue->driver, NULL);
    result = mailimap_capability(prologue->imap, &list);
    if (list != NULL)
        mailimap_capability_data_free(list); /* the driver keeps the real one */
    if (result != MAILIMAP_NO_ERROR)
        return fail_libetpan(prologue, "ask for the capabilities of", result, err);
    if (prologue->driver->capabilities.len == 0) {
        error_set(err, ERROR_SERVER, "ask for the capabilities of %s", stream_name(prologue->stream));
        error_answer(err, TEXT("it names none"));
        return false;
    }
    return true;
}

static bool
start_tls(struct prologue *prologue, struct error *err)
{
    struct driver *driver = prologue->driver;
    int result;

    if (driver->capabilities.len > 0 && !driver_offers(capabilities_of(prologue), NULL, "STARTTLS"))
        return login_refuse_plain(prologue->stream, &protocol, TEXT("the server does not offer it"), err);
    driver_begin(driver, NULL);
    result = mailimap_starttls(prologue->imap);
    if (driver->feed.err.kind != ERROR_NONE || driver->status == STATUS_NONE)
        return fail_libetpan(prologue, "send STARTTLS to", result, err);
    if (driver->status != STATUS_OK)
        return login_refuse_plain(prologue->stream, &protocol, (struct text){driver->words.at, driver->words.len}, err);
    if (result != MAILIMAP_NO_ERROR || driver_unread(driver).len > 0 || feed_has_unread(prologue->mailstream))
        return login_refuse_early(prologue->stream, &protocol, err);
    if (!stream_start_tls(prologue->stream, err))
        return false;
    buffer_clear(&driver->capabilities);
    return true;
}

static bool
secure(struct prologue *prologue, struct error *err)
{
    const enum login_tls want = login_wants_tls(prologue->to, prologue->stream);

    if (want == LOGIN_TLS_IF_OFFERED) {
        if (prologue->driver->capabilities.len == 0 && !ask_capabilities(prologue, err))
            return false;
        if (!driver_offers(capabilities_of(prologue), prologue->to->disable, "STARTTLS"))
            return true;
    }
    return want == LOGIN_AS_IT_IS || start_tls(prologue, err);
}

/* Bring the session to where a login may be sent: private where it must be, capabilities known. */
static bool
prepare(struct prologue *prologue, struct error *err)
{
    const struct connection *to = prologue->to;

    if (!greet(prologue, err))
        return false;
    if (prologue->logged_in) {
        if (stream_is_secure(prologue->stream) || to->tunnel != NULL)
            return true;
        /* PREAUTH leaves no room for STARTTLS, so this is also what an attacker would say. */
        return login_refuse_plain(prologue->stream, &protocol, TEXT("the server says PREAUTH before TLS"), err);
    }
    if (!secure(prologue, err) || (prologue->driver->capabilities.len == 0 && !ask_capabilities(prologue, err)))
        return false;
    prologue->proxied = driver_offers(capabilities_of(prologue), to->disable, "XIMAPPROXY");
    return true;
}

static void
close_prologue(struct prologue *prologue)
{
    feed_close(prologue->mailstream);
    if (prologue->imap != NULL) {
        prologue->imap->imap_stream = NULL; /* or it would say LOGOUT */
        mailimap_free(prologue->imap);
    }
    driver_free(prologue->driver);
    stream_close(prologue->stream);
}

struct login { /* by one mechanism after the other */
    struct auth auth;
    bool private;
};

static unsigned
choose(void *self, unsigned without, struct error *err)
{
    const struct login *login = self;

    return auth_choose(login->auth.to, login->auth.capabilities, login->private, without, err);
}

static enum auth_outcome
log_in_by(void *self, unsigned mechanism, const char *secret, struct error *err)
{
    struct login *login = self;

    login->auth.secret = secret;
    buffer_clear(&login->auth.driver->capabilities); /* what is there afterwards came with the answer */
    return auth_log_in(&login->auth, mechanism, err);
}

static enum auth_outcome
log_in(struct prologue *prologue, char **secret, struct error *err)
{
    static const struct login_ways ways = {choose, log_in_by};
    char *list = strdup(capabilities_of(prologue));
    struct login login = {
        .auth = {.driver = prologue->driver, .imap = prologue->imap, .to = prologue->to, .capabilities = list},
        .private = stream_is_private(prologue->stream)};
    enum auth_outcome outcome = AUTH_FAILED;

    if (list != NULL)
        outcome = login_by(&ways, &login, prologue->to, login.private, secret, err);
    else
        (void)login_no_memory(err);
    free(list);
    return outcome;
}

/* Hand the stream over. */
static struct session *
finish(struct prologue *prologue, struct error *err)
{
    const struct text unread = driver_unread(prologue->driver);
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        goto failed;
    if (unread.len > 0) {
        session->unread = malloc(unread.len);
        if (session->unread == NULL)
            goto failed;
        memcpy(session->unread, unread.at, unread.len);
        session->unread_len = unread.len;
    }
    if (prologue->driver->capabilities.len > 0) {
        session->capabilities = strdup(prologue->driver->capabilities.at);
        if (session->capabilities == NULL)
            goto failed;
    }
    memcpy(session->greeting, prologue->greeting, sizeof session->greeting);
    session->proxied = prologue->proxied;
    session->stream = prologue->stream;
    prologue->stream = NULL;
    return session;
failed:
    session_close(session);
    (void)login_no_memory(err);
    return NULL;
}

/* Where TLS behind STARTTLS did not come up with a ticket, it is begun once more, without. */
static bool
prepare_all(struct prologue *prologue, struct error *err)
{
    const struct prologue blank = {.to = prologue->to, .alerts = prologue->alerts};

    if (prepare(prologue, err))
        return true;
    if (err->kind == ERROR_INTERRUPTED || prologue->stream == NULL || !stream_lost_by_ticket(prologue->stream))
        return false;
    close_prologue(prologue);
    *prologue = blank;
    *err = (struct error){0};
    return prepare(prologue, err);
}

/* One connection, one try. */
static enum auth_outcome
try(const struct connection *to, struct buffer *alerts, char **secret, struct session **session, struct error *err)
{
    struct prologue prologue = {.to = to, .alerts = alerts};
    enum auth_outcome outcome = AUTH_FAILED;

    if (prepare_all(&prologue, err))
        outcome = prologue.logged_in ? AUTH_ACCEPTED : log_in(&prologue, secret, err);
    if (outcome == AUTH_ACCEPTED)
        *session = finish(&prologue, err);
    close_prologue(&prologue);
    return outcome;
}

struct session *
session_open(const struct connection *to, struct buffer *alerts, struct error *err)
{
    struct session *session = NULL;
    char *secret = NULL;

    /* The second try has a connection of its own: many servers hang up after a refusal, and a password command may have
     * kept the first one waiting for too long. */
    if (sasl_renew_secret(to, try(to, alerts, &secret, &session, err), &secret, err))
        (void)try(to, alerts, &secret, &session, err); /* without a session err says why */
    sasl_wipe_secret(&secret);
    return session;
}

void
session_close(struct session *session)
{
    if (session == NULL)
        return;
    stream_close(session->stream);
    free(session->capabilities);
    free(session->unread);
    free(session);
}
