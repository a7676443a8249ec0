/*
 * The prologue of a POP3 session, step by step:
 *
 *     connect ─► greeting ─► STLS, where TLS is not up ─► CAPA ─► login
 *
 * STLS is sent without asking for capabilities first, since a server without it says so: one turn less, and nothing
 * that was said before TLS is needed. The greeting's timestamp is from before TLS, too: APOP then is not for use.
 */
#include "store/pop/session.h"

#include "store/pop/auth.h"

static const struct login_words protocol = {.start_tls = "STLS", .scheme = "pop3s://"};

struct prologue {
    const struct connection *to;
    struct stream *stream;
    struct pop_driver *driver;
    mailpop3 *pop3;
    mailstream *mailstream;
    struct pop_capabilities can;
    bool asked; /* for capabilities */
    char greeting[512];
    int again_s;
};

int
pop_session_again(const char *code, int login_delay)
{
    if (text_is_nocase(text_of(code), "LOGIN-DELAY"))
        return login_delay > 0 ? login_delay : 1;
    return text_is_nocase(text_of(code), "IN-USE") ? 1 : 0;
}

/* What a call of libetpan came to, where it was not what we wanted. */
static bool
fail_libetpan(struct prologue *prologue, const char *step, struct error *err)
{
    struct pop_driver *driver = prologue->driver;

    if (driver->feed.err.kind != ERROR_NONE) {
        *err = driver->feed.err;
    } else if (driver->status != POP_ERR && feed_starved(&driver->feed)) {
        error_set(err, ERROR_LOCAL, "%s %s: out of memory", step, stream_name(prologue->stream));
    } else if (pop_is_busy(driver)) {
        pop_report_busy(driver, step, err);
        prologue->again_s = pop_session_again(driver->code, 0);
    } else {
        error_set(err, driver->status == POP_ERR ? ERROR_NETWORK : ERROR_SERVER, "%s %s", step,
                  stream_name(prologue->stream));
        error_answer(err, (struct text){driver->words.at, driver->words.len});
    }
    return false;
}

/* The text of the greeting without APOP's timestamp: there is the server's name. */
static void
keep_greeting(struct prologue *prologue)
{
    struct text words = {prologue->driver->words.at, prologue->driver->words.len};
    const char *timestamp = words.len == 0 ? NULL : memchr(words.at, '<', words.len);

    if (timestamp != NULL && prologue->driver->timestamp[0] != '\0')
        words.len = (size_t)(timestamp - words.at);
    while (words.len > 0 && words.at[words.len - 1] == ' ')
        words.len--;
    error_escape(prologue->greeting, sizeof prologue->greeting, words);
}

static bool
greet(struct prologue *prologue, struct error *err)
{
    prologue->stream = stream_open(prologue->to, err);
    if (prologue->stream == NULL)
        return false;
    prologue->driver = pop_driver_new(prologue->stream, prologue->to->wire_log);
    prologue->mailstream = prologue->driver == NULL ? NULL : feed_mailstream(&prologue->driver->feed);
    prologue->pop3 = prologue->mailstream == NULL ? NULL : mailpop3_new(0, NULL);
    if (prologue->pop3 == NULL)
        return login_no_memory(err);
    pop_driver_begin(prologue->driver, NULL);
    if (mailpop3_connect(prologue->pop3, prologue->mailstream) != MAILPOP3_NO_ERROR)
        return fail_libetpan(prologue, "read the greeting of", err);
    keep_greeting(prologue);
    return true;
}

static bool
ask_capabilities(struct prologue *prologue, struct error *err)
{
    prologue->asked = pop_driver_capa(prologue->driver, &prologue->can, prologue->to->disable, err);
    return prologue->asked;
}

static bool
start_tls(struct prologue *prologue, struct error *err)
{
    struct pop_driver *driver = prologue->driver;
    int result;

    pop_driver_begin(driver, NULL);
    result = mailpop3_stls(prologue->pop3);
    if (driver->feed.err.kind != ERROR_NONE || (driver->status != POP_OK && driver->status != POP_ERR))
        return fail_libetpan(prologue, "send STLS to", err);
    if (driver->status != POP_OK)
        return login_refuse_plain(prologue->stream, &protocol, (struct text){driver->words.at, driver->words.len}, err);
    if (result != MAILPOP3_NO_ERROR || dialogue_unread(&driver->talk).len > 0 || feed_has_unread(prologue->mailstream))
        return login_refuse_early(prologue->stream, &protocol, err);
    if (!stream_start_tls(prologue->stream, err))
        return false;
    prologue->asked = false;
    driver->timestamp[0] = '\0';
    return true;
}

static bool
secure(struct prologue *prologue, struct error *err)
{
    const enum login_tls want = login_wants_tls(prologue->to, prologue->stream);

    if (want == LOGIN_TLS_IF_OFFERED) {
        if (!ask_capabilities(prologue, err))
            return false;
        if (!prologue->can.stls)
            return true;
    }
    return want == LOGIN_AS_IT_IS || start_tls(prologue, err);
}

/* Bring the session to where a login may be sent: private where it must be, capabilities known. */
static bool
prepare(struct prologue *prologue, struct error *err)
{
    if (!greet(prologue, err) || !secure(prologue, err))
        return false;
    return prologue->asked || ask_capabilities(prologue, err);
}

static void
close_prologue(struct prologue *prologue)
{
    feed_close(prologue->mailstream);
    if (prologue->pop3 != NULL) {
        prologue->pop3->pop3_stream = NULL; /* or it would say QUIT */
        mailpop3_free(prologue->pop3);
    }
    pop_driver_free(prologue->driver);
    pop_capabilities_free(&prologue->can);
    stream_close(prologue->stream);
}

struct login { /* by one mechanism after the other */
    struct pop_auth auth;
    bool private;
};

static unsigned
choose(void *self, unsigned without, struct error *err)
{
    const struct login *login = self;

    return pop_auth_choose(&login->auth, login->private, without, err);
}

static enum auth_outcome
log_in_by(void *self, unsigned mechanism, const char *secret, struct error *err)
{
    struct login *login = self;

    login->auth.secret = secret;
    return pop_auth_log_in(&login->auth, mechanism, err);
}

static enum auth_outcome
log_in(struct prologue *prologue, char **secret, struct error *err)
{
    static const struct login_ways ways = {choose, log_in_by};
    struct login login = {
        .auth = {.driver = prologue->driver, .pop3 = prologue->pop3, .to = prologue->to, .can = &prologue->can},
        .private = stream_is_private(prologue->stream)};
    const enum auth_outcome outcome = login_by(&ways, &login, prologue->to, login.private, secret, err);

    if (outcome == AUTH_FAILED && pop_is_busy(prologue->driver))
        prologue->again_s = pop_is_locked(prologue->driver)
                                ? 1 /* perhaps said in words */
                                : pop_session_again(prologue->driver->code, prologue->can.login_delay);
    return outcome;
}

/* Hand the stream over. */
static struct pop_session *
finish(struct prologue *prologue, struct error *err)
{
    const struct text unread = dialogue_unread(&prologue->driver->talk);
    struct pop_session *session = calloc(1, sizeof *session);

    if (session == NULL)
        goto failed;
    session->can = pop_capabilities_new();
    if (unread.len > 0) {
        session->unread = malloc(unread.len);
        if (session->unread == NULL)
            goto failed;
        memcpy(session->unread, unread.at, unread.len);
        session->unread_len = unread.len;
    }
    session->can = prologue->can;
    prologue->can = pop_capabilities_new();
    memcpy(session->greeting, prologue->greeting, sizeof session->greeting);
    session->stream = prologue->stream;
    prologue->stream = NULL;
    return session;
failed:
    pop_session_close(session);
    (void)login_no_memory(err);
    return NULL;
}

/* Where TLS behind STLS did not come up with a ticket, it is begun once more, without. */
static bool
prepare_all(struct prologue *prologue, struct error *err)
{
    const struct prologue blank = {.to = prologue->to, .can = pop_capabilities_new()};

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
try(const struct connection *to, char **secret, struct pop_session **session, int *again_s, struct error *err)
{
    struct prologue prologue = {.to = to, .can = pop_capabilities_new()};
    enum auth_outcome outcome = AUTH_FAILED;

    if (prepare_all(&prologue, err))
        outcome = log_in(&prologue, secret, err);
    if (outcome == AUTH_ACCEPTED)
        *session = finish(&prologue, err);
    *again_s = prologue.again_s;
    close_prologue(&prologue);
    return outcome;
}

struct pop_session *
pop_session_open(const struct connection *to, int *again_s, struct error *err)
{
    struct pop_session *session = NULL;
    char *secret = NULL;

    /* The second try has a connection of its own: many servers hang up after a refusal, and a password command may have
     * kept the first one waiting for too long. */
    if (sasl_renew_secret(to, try(to, &secret, &session, again_s, err), &secret, err))
        (void)try(to, &secret, &session, again_s, err); /* without a session err says why */
    sasl_wipe_secret(&secret);
    return session;
}

void
pop_session_close(struct pop_session *session)
{
    if (session == NULL)
        return;
    stream_close(session->stream);
    pop_capabilities_free(&session->can);
    free(session->unread);
    free(session);
}
