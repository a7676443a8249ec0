/* See there.h. */
#include "sync/watch/there.h"

#include "store/imap/listen.h"
#include "sync/rules/names.h"

struct line {
    struct imap *imap;
    char *wire, *name; /* the mailbox that it idles on; NULL: none */
    enum listen_by by;
    bool listens;
};

struct there {
    const struct account *account;
    const struct connection *connection;
    void (*told)(void *context, const struct known_told *told);
    void *context;
    struct line lines[THERE_MOST]; /* the first one is the session's */
    size_t count;
    bool distrusted;
    bool opened; /* the further lines are tried once a session, not after each run */
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
    const size_t most =
        there->account->watch.connections < THERE_MOST ? (size_t)there->account->watch.connections : THERE_MOST;
    size_t at = 0;

    for (int inbox = 1; inbox >= 0; inbox--) { /* INBOX is what people wait for */
        for (size_t i = 0; i < count && at < most; i++) {
            if ((strcmp(list[i].name, "INBOX") == 0) != (inbox == 1) || !is_mailbox(&list[i]) ||
                !names_chosen(patterns, list[i].name, list[i].attributes))
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

/* A connection beside the session's. Where the server does not want so many, one is enough. */
static void
listen_beside(struct there *there, struct line *line)
{
    struct remote remote = imap_remote(line->imap);
    struct error ignored = {0};

    if (line->listens)
        return;
    if (remote.ops->open(remote.self, true, &ignored) && listen_on(there, line, false, &ignored) &&
        line->by == LISTEN_IDLE)
        return;
    line->listens = false;
    imap_drop(line->imap, true);
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
    for (size_t i = 1; i < there->count && !there->opened && session->by == LISTEN_IDLE; i++)
        listen_beside(there, &there->lines[i]);
    there->opened = true;
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

/* A further line broke: its mailbox is polled, until a new session opens it again. */
static bool
lose(struct there *there, size_t at)
{
    struct line *line = &there->lines[at];

    line->listens = false;
    imap_drop(line->imap, false);
    if (at != 0)
        return true;
    there_drop(there, false);
    return false;
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
    }
    there->opened = false;
}
