/* See drop_session.h. */
#include "tests/rig/drop_session.h"

#include <string.h>

#define NOWHERE SIZE_MAX

void
drop_session_show(struct drop_session *session, size_t index)
{
    session->index[session->listed++] = index;
}

static size_t
index_of(struct drop_session *session, uint32_t number)
{
    if (number >= 1 && number <= session->listed)
        return session->index[number - 1];
    session->server->wrong(session->self, "a message number of another session");
    return NOWHERE;
}

static bool
broke(struct drop_session *session, enum drop_fate fate, struct error *err)
{
    session->broken = true;
    return session->server->broke(session->self, fate == DROP_BREAKS_AFTER, err);
}

/* The caller has had enough. */
static bool
left(struct drop_session *session)
{
    session->broken = true;
    return false;
}

static bool
is_dead(const struct drop_session *session)
{
    return session->server->dead != NULL && session->server->dead(session->self);
}

/* Before each command but the first. */
static bool
is_ready(struct drop_session *session, enum drop_command command, struct error *err)
{
    if (is_dead(session))
        return broke(session, DROP_BREAKS_BEFORE, err);
    if (!session->open)
        session->server->wrong(session->self, "a command without a session");
    else if (session->broken && command == DROP_DELE)
        session->server->wrong(session->self, "a removal is asked for on a connection that lost track");
    if (session->broken || !session->open)
        return broke(session, DROP_BREAKS_BEFORE, err);
    return session->server->ready(session->self, command, err);
}

static bool
session_open(void *self, struct error *err)
{
    struct drop_session *session = self;

    if (is_dead(session))
        return broke(session, DROP_BREAKS_BEFORE, err);
    if (session->open)
        session->server->wrong(session->self, "a second session at the same time");
    session->open = session->broken = false;
    session->listed = 0;
    if (!session->server->ready(session->self, DROP_LOGIN, err))
        return false;
    const enum drop_fate fate = session->server->step(session->self, DROP_LOGIN);
    if (fate == DROP_BREAKS_BEFORE)
        return broke(session, fate, err);
    session->server->list(session->self);
    session->open = fate == DROP_GOES_ON;
    return session->open || broke(session, fate, err);
}

static void
session_info(void *self, struct maildrop_info *out)
{
    const struct drop_session *session = self;

    session->server->info(session->self, out);
}

static bool
session_stat(void *self, uint64_t *messages, uint64_t *bytes, struct error *err)
{
    struct drop_session *session = self;

    if (!is_ready(session, DROP_STAT, err))
        return false;
    const enum drop_fate fate = session->server->step(session->self, DROP_STAT);
    if (fate != DROP_GOES_ON)
        return broke(session, fate, err);
    session->server->stat(session->self, messages, bytes);
    return true;
}

/* Where the line breaks inside a list, some of its lines came. */
static uint32_t
lines_that_come(const struct drop_session *session, enum drop_fate fate)
{
    if (fate == DROP_BREAKS_BEFORE)
        return 0;
    if (fate == DROP_GOES_ON || session->server->lines == NULL)
        return session->listed;
    return session->server->lines(session->self);
}

static uint32_t
number_of(const struct drop_session *session, uint32_t line)
{
    return session->server->number != NULL ? session->server->number(session->self, line) : line + 1;
}

static bool
session_uidls(void *self, bool (*item)(void *context, uint32_t number, const char *uidl), void *context,
              bool *supported, struct error *err)
{
    struct drop_session *session = self;
    const struct drop_server *server = session->server;

    if (!is_ready(session, DROP_UIDL, err))
        return false;
    const enum drop_fate fate = server->step(session->self, DROP_UIDL);
    *supported = server->has_uidl(session->self);
    const uint32_t come = *supported ? lines_that_come(session, fate) : 0;
    for (uint32_t line = 0; line < come; line++) {
        const uint32_t number = number_of(session, line);
        const char *uidl = server->uidl(session->self, session->index[number - 1], line);
        if (uidl != NULL && !item(context, number, uidl))
            return left(session);
    }
    if (fate != DROP_GOES_ON)
        return broke(session, fate, err);
    if (server->told != NULL)
        server->told(session->self);
    return true;
}

static bool
session_sizes(void *self, bool (*item)(void *context, uint32_t number, uint64_t size), void *context, struct error *err)
{
    struct drop_session *session = self;

    if (!is_ready(session, DROP_LIST, err))
        return false;
    const enum drop_fate fate = session->server->step(session->self, DROP_LIST);
    const uint32_t come = lines_that_come(session, fate);
    for (uint32_t line = 0; line < come; line++) {
        const uint32_t number = number_of(session, line);
        if (!item(context, number, session->server->size(session->self, session->index[number - 1])))
            return left(session);
    }
    return fate == DROP_GOES_ON || broke(session, fate, err);
}

/* The next message of a command. */
static enum drop_fate
step(struct drop_session *session, enum drop_command command, size_t index, bool first)
{
    if (!first && session->server->between != NULL)
        session->server->between(session->self);
    if (index == NOWHERE)
        return DROP_BREAKS_BEFORE;
    const enum drop_fate fate = session->server->step(session->self, command);
    return fate != DROP_GOES_ON || session->server->fate == NULL ? fate
                                                                 : session->server->fate(session->self, command, index);
}

static bool
session_headers(void *self, const uint32_t *numbers, size_t count, const struct maildrop_taker *taker, bool *supported,
                struct error *err)
{
    struct drop_session *session = self;
    const struct drop_server *server = session->server;

    *supported = server->has_top(session->self);
    if (!is_ready(session, DROP_TOP, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const size_t index = index_of(session, numbers[i]);
        const enum drop_fate fate = step(session, DROP_TOP, index, i == 0);
        if (fate != DROP_GOES_ON)
            return broke(session, fate, err);
        if (!*supported)
            return true;
        const char *words = server->refuses(session->self, DROP_TOP, index);
        if ((words == NULL && !server->send_header(session->self, index, numbers[i], taker)) ||
            !taker->end(taker->context, numbers[i], words != NULL ? MAILDROP_REFUSED : MAILDROP_DONE,
                        words != NULL ? words : ""))
            return left(session);
    }
    return true;
}

static bool
retrieve_one(struct drop_session *session, uint32_t number, bool first, const struct maildrop_taker *taker,
             struct error *err)
{
    const struct drop_server *server = session->server;
    const size_t index = index_of(session, number);
    const enum drop_fate fate = step(session, DROP_RETR, index, first);

    if (fate == DROP_BREAKS_BEFORE)
        return broke(session, fate, err);
    const char *words = server->refuses(session->self, DROP_RETR, index);
    if (words == NULL && !server->send_body(session->self, index, number, fate != DROP_GOES_ON, taker))
        return left(session);
    if (fate != DROP_GOES_ON)
        return broke(session, fate, err);
    if (server->sent != NULL)
        server->sent(session->self, index, words != NULL);
    if (!taker->end(taker->context, number, words != NULL ? MAILDROP_REFUSED : MAILDROP_DONE,
                    words != NULL ? words : ""))
        return left(session);
    return !is_dead(session) || broke(session, DROP_BREAKS_AFTER, err);
}

/* With PIPELINING questions run ahead of answers. */
static bool
session_retrieve(void *self, const struct maildrop_taker *taker, struct error *err)
{
    struct drop_session *session = self;
    uint32_t flying[DROP_WINDOW_MAX], number;
    size_t count = 0;

    if (!is_ready(session, DROP_RETR, err))
        return false;
    for (bool first = true;; first = false) {
        for (number = 1; number != 0 && count < session->window;) {
            if (!taker->next(taker->context, &number)) {
                session->broken = session->broken || count > 0;
                return false;
            }
            if (number != 0)
                flying[count++] = number;
        }
        if (count == 0)
            return true;
        number = flying[0];
        memmove(flying, flying + 1, --count * sizeof *flying);
        if (!retrieve_one(session, number, first, taker, err))
            return false;
    }
}

static bool
session_remove(void *self, const uint32_t *numbers, size_t count,
               bool (*item)(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words),
               void *context, struct error *err)
{
    struct drop_session *session = self;
    const struct drop_server *server = session->server;

    if (!is_ready(session, DROP_DELE, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const size_t index = index_of(session, numbers[i]);
        const enum drop_fate fate = step(session, DROP_DELE, index, i == 0);
        if (fate != DROP_GOES_ON)
            return broke(session, fate, err);
        const char *words = server->refuses(session->self, DROP_DELE, index);
        if (words == NULL)
            server->mark(session->self, index);
        if (!item(context, numbers[i], words != NULL ? MAILDROP_REFUSED : MAILDROP_DONE, words != NULL ? words : ""))
            return left(session);
    }
    return true;
}

static bool
session_quit(void *self, struct error *err)
{
    struct drop_session *session = self;
    const struct drop_server *server = session->server;

    if (!is_ready(session, DROP_QUIT, err))
        return false;
    const char *words = server->refuses(session->self, DROP_QUIT, NOWHERE);
    const enum drop_fate fate = server->step(session->self, DROP_QUIT);
    if (fate != DROP_BREAKS_BEFORE)
        server->carry_out(session->self, words != NULL);
    if (fate != DROP_GOES_ON)
        return broke(session, fate, err);
    session->broken = true; /* nothing may follow */
    if (server->ended != NULL)
        server->ended(session->self, words != NULL);
    if (words == NULL)
        return true;
    error_set(err, ERROR_SERVER, "end the session");
    error_answer(err, text_of(words));
    return false;
}

static void
session_close(void *self)
{
    struct drop_session *session = self;

    session->server->closed(session->self);
    session->open = false;
}

const struct maildrop_ops drop_session_ops = {
    .open = session_open,
    .info = session_info,
    .stat = session_stat,
    .uidls = session_uidls,
    .sizes = session_sizes,
    .headers = session_headers,
    .retrieve = session_retrieve,
    .remove = session_remove,
    .quit = session_quit,
    .close = session_close,
};
