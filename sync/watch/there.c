/* See there.h. */
#include "sync/watch/there.h"

#include "store/base/clock.h"
#include "store/imap/listen.h"
#include "sync/rules/names.h"
#include "sync/rules/special.h"

#define AGAIN_FIRST_MS 2000   /* the pause of a further line that broke, which doubles ... */
#define AGAIN_CLOSED_MS 60000 /* ... of one that could not be opened, which may take its time, ... */
#define AGAIN_LAST_MS 3600000 /* ... up to this */
#define STOOD_MS 60000        /* who listened for so long begins anew */

struct line {
    struct imap *imap;
    char *wire, *name; /* the mailbox that it idles on; NULL: none */
    enum listen_by by;
    bool listens;
    int64_t since;                /* it listens since then */
    int64_t pause_ms, not_before; /* of a further line: it is not opened again before */
};

struct there {
    const struct account *account;
    const struct connection *connection;
    void (*told)(void *context, const struct known_told *told);
    void *context;
    struct line lines[THERE_MOST]; /* the first one is the session's */
    size_t count;
    bool distrusted;
};

static void
on_told(void *context, const struct listen_told *told)
{
    struct there *there = context;
    const struct known_told out = {.mailbox = told->mailbox,
                                   .has_messages = told->has_messages,
                                   .numbers = {told->has_uidvalidity ? told->uidvalidity : 0,
                                               told->has_uidnext ? told->uidnext : 0, told->messages,
                                               told->has_modseq ? told->modseq : 0},
                                   .changed = told->changed};

    if (told->overflow)
        there->distrusted = true;
    there->told(there->context, &out);
}

struct there *
there_new(const struct account *account, const struct connection *connection,
          void (*told)(void *context, const struct known_told *told), void *context)
{
    struct there *there = calloc(1, sizeof *there);

    if (there == NULL)
        return NULL;
    there->account = account;
    there->connection = connection;
    there->told = told;
    there->context = context;
    there->lines[0].imap = imap_new(connection);
    there->count = 1;
    if (there->lines[0].imap == NULL) {
        free(there);
        return NULL;
    }
    imap_keep(there->lines[0].imap, true);
    return there;
}

static void
forget_pause(struct line *line)
{
    line->pause_ms = line->not_before = 0;
}

static void
forget_mailbox(struct line *line)
{
    free(line->wire);
    free(line->name);
    line->wire = line->name = NULL;
}

void
there_free(struct there *there)
{
    if (there == NULL)
        return;
    for (size_t i = 0; i < THERE_MOST; i++) {
        if (there->lines[i].imap != NULL)
            imap_drop(there->lines[i].imap, true);
        imap_free(there->lines[i].imap);
        forget_mailbox(&there->lines[i]);
    }
    free(there);
}

struct imap *
there_session(struct there *there)
{
    return there->lines[0].imap;
}

static bool
is_mailbox(const struct journal_mailbox *row)
{
    return row->wire != NULL && (row->attributes & REMOTE_NOSELECT) == 0;
}

static bool
take_mailbox(struct there *there, const struct journal_mailbox *row, size_t *at)
{
    struct line *line = &there->lines[*at];

    (*at)++;
    if (line->wire != NULL && strcmp(line->wire, row->wire) == 0)
        return true;
    if (*at > 1 && line->imap != NULL) { /* it idles on another one */
        imap_drop(line->imap, true);
        if (line->listens)
            forget_pause(line);
        line->listens = false;
    }
    forget_mailbox(line);
    line->wire = strdup(row->wire);
    line->name = strdup(row->name);
    if (*at > 1 && line->imap == NULL)
        line->imap = imap_new(there->connection);
    return line->wire != NULL && line->name != NULL && line->imap != NULL;
}

bool
there_choose(struct there *there, const struct journal_mailbox *list, size_t count)
{
    const char *const *patterns = there->account->watch.patterns;
    const struct special_named *named = there->account->policy.special;
    struct special_table table = {0};
    const size_t most =
        there->account->watch.connections < THERE_MOST ? (size_t)there->account->watch.connections : THERE_MOST;
    size_t at = 0;

    for (size_t i = 0; i < count; i++)
        if (is_mailbox(&list[i]) && names_ask_the_server(patterns))
            special_meet(&table, named, list[i].name, list[i].attributes, i);
    for (int inbox = 1; inbox >= 0; inbox--) { /* INBOX is what people wait for */
        for (size_t i = 0; i < count && at < most; i++) {
            if ((strcmp(list[i].name, "INBOX") == 0) != (inbox == 1) || !is_mailbox(&list[i]) ||
                !names_chosen(patterns, list[i].name, special_guessed(&table, named, list[i].name, list[i].attributes)))
                continue;
            if (!take_mailbox(there, &list[i], &at))
                return false;
        }
    }
    for (size_t i = at; i < THERE_MOST; i++) {
        struct line *line = &there->lines[i];

        if (i > 0 && line->imap != NULL)
            imap_drop(line->imap, true);
        line->listens = line->listens && i == 0;
        forget_mailbox(line);
    }
    there->count = at > 0 ? at : 1;
    return true;
}

static bool
listen_on(struct there *there, struct line *line, bool notify, struct error *err)
{
    const struct listening how = {.mailbox = line->wire, .notify = notify, .told = on_told, .context = there};

    line->listens = imap_is_open(line->imap) && imap_listen(line->imap, &how, &line->by, err);
    return line->listens;
}

/* The mailbox of a further line is polled until that is opened again. A server that does not want so many is asked less and less. */
static void
put_off(struct line *line)
{
    const int64_t now = clock_ms(), least = line->listens ? AGAIN_FIRST_MS : AGAIN_CLOSED_MS;

    if (line->listens && now - line->since >= STOOD_MS)
        forget_pause(line);
    line->pause_ms = line->pause_ms * 2 < least ? least : line->pause_ms * 2;
    if (line->pause_ms > AGAIN_LAST_MS)
        line->pause_ms = AGAIN_LAST_MS;
    line->not_before = now + line->pause_ms;
    imap_drop(line->imap, !line->listens);
    line->listens = false;
}

/* A connection beside the session's. */
static void
listen_beside(struct there *there, struct line *line)
{
    struct remote remote = imap_remote(line->imap);
    struct error ignored = {0};

    line->listens = remote.ops->open(remote.self, true, &ignored) && listen_on(there, line, false, &ignored) &&
                    line->by == LISTEN_IDLE;
    line->since = clock_ms();
    if (!line->listens)
        put_off(line);
}

/* Is it one of those that idle beside the session, and does not? */
static bool
is_missing(const struct there *there, size_t at)
{
    return at > 0 && at < there->count && there->lines[0].listens && there->lines[0].by == LISTEN_IDLE &&
           !there->lines[at].listens;
}

int64_t
there_due(const struct there *there)
{
    int64_t due = INT64_MAX;

    for (size_t i = 1; i < there->count; i++)
        if (is_missing(there, i) && there->lines[i].not_before < due)
            due = there->lines[i].not_before;
    return due;
}

void
there_open_due(struct there *there)
{
    for (size_t i = 1; i < there->count; i++)
        if (is_missing(there, i) && there->lines[i].not_before <= clock_ms())
            listen_beside(there, &there->lines[i]);
}

bool
there_listen(struct there *there, struct error *err)
{
    struct line *session = &there->lines[0];

    if (!imap_is_open(session->imap)) {
        error_set(err, ERROR_NETWORK, "wait for changes");
        error_answer(err, TEXT("the server closed the connection"));
        return false;
    }
    if (!listen_on(there, session, !there->distrusted, err)) {
        there_drop(there, true);
        return false;
    }
    there_open_due(there);
    return true;
}

enum there_by
there_tells(const struct there *there)
{
    static const enum there_by tells[] = {[LISTEN_NOTHING] = THERE_POLL,
                                          [LISTEN_IDLE] = THERE_IDLE,
                                          [LISTEN_NOTIFY] = THERE_NOTIFY,
                                          [LISTEN_NOTIFY_FLAGLESS] = THERE_NOTIFY_FLAGLESS};
    const struct line *session = &there->lines[0];

    return session->listens ? tells[session->by] : THERE_POLL;
}

size_t
there_idles(const struct there *there, const char **first)
{
    size_t count = 0;

    *first = "";
    for (size_t i = 0; i < there->count; i++) {
        const struct line *line = &there->lines[i];

        if (!line->listens || line->by != LISTEN_IDLE || line->name == NULL)
            continue;
        if (count++ == 0)
            *first = line->name;
    }
    return count;
}

void
there_distrust(struct there *there)
{
    there->distrusted = true;
}

bool
there_listens(const struct there *there)
{
    return there->lines[0].listens;
}

size_t
there_poll(const struct there *there, struct pollfd fds[static THERE_MOST])
{
    size_t count = 0;

    for (size_t i = 0; i < there->count; i++)
        if (there->lines[i].listens)
            fds[count++] = (struct pollfd){.fd = imap_listen_descriptor(there->lines[i].imap), .events = POLLIN};
    return count;
}

bool
there_has_unread(const struct there *there)
{
    for (size_t i = 0; i < there->count; i++)
        if (there->lines[i].listens && imap_listen_has_unread(there->lines[i].imap))
            return true;
    return false;
}

/* @return false: it was the session's */
static bool
lose(struct there *there, size_t at)
{
    if (at == 0)
        there_drop(there, false);
    else
        put_off(&there->lines[at]);
    return at != 0;
}

bool
there_read(struct there *there, struct error *err)
{
    for (size_t i = 0; i < there->count; i++) {
        struct line *line = &there->lines[i];

        if (line->listens && !imap_listen_read(line->imap, &line->by, err) && !lose(there, i))
            return false;
    }
    return true;
}

bool
there_refresh(struct there *there, int limit_ms, struct error *err)
{
    for (size_t i = 0; i < there->count; i++) {
        struct line *line = &there->lines[i];

        if (line->listens && !imap_listen_refresh(line->imap, &line->by, limit_ms, err) && !lose(there, i))
            return false;
    }
    return true;
}

void
there_pause(struct there *there)
{
    struct line *session = &there->lines[0];
    struct error ignored = {0};

    if (session->listens && !imap_listen_end(session->imap, &ignored))
        (void)lose(there, 0);
    session->listens = false;
}

void
there_drop(struct there *there, bool goodbye)
{
    for (size_t i = 0; i < THERE_MOST; i++) {
        struct line *line = &there->lines[i];

        if (line->imap != NULL)
            imap_drop(line->imap, goodbye);
        line->listens = false;
        forget_pause(line);
    }
}
