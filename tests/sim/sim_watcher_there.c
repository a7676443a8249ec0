/* The session of a watcher, sync/watch/there.h, on the simulated server: what is told of changes there, and when. */
#include "tests/sim/sim_watcher_there.h"

#include "store/imap/imap.h"
#include "sync/watch/pace.h"

struct there {
    const struct server *server;
    enum there_by tells; /* what this server offers */
    void (*told)(void *context, const struct known_told *told);
    void *context;
    bool listens, distrusted;
    bool has[SIM_MAILBOXES];
    struct known_numbers last[SIM_MAILBOXES];
};

static struct there it; /* one at a time */

void
watcher_there_begin(const struct server *server, enum there_by tells)
{
    it = (struct there){.server = server, .tells = tells};
}

bool
watcher_there_told_all(void)
{
    return it.tells == THERE_NOTIFY && !it.distrusted;
}

struct there *
there_new(const struct account *account, const struct connection *connection,
          void (*told)(void *context, const struct known_told *told), void *context)
{
    (void)account, (void)connection;
    it = (struct there){.server = it.server, .tells = it.tells, .told = told, .context = context};
    return &it;
}

void
there_free(struct there *there)
{
    (void)there;
}

struct imap *
there_session(struct there *there)
{
    (void)there;
    return NULL;
}

void
imap_forget_alerts(struct imap *imap)
{
    (void)imap;
}

bool
there_choose(struct there *there, const struct journal_mailbox *list, size_t count)
{
    (void)there, (void)list, (void)count;
    return true;
}

/* @param all  as EXAMINE and NOTIFY SET STATUS answer; else what moved */
static void
tell(struct there *there, bool all)
{
    const struct server *server = there->server;

    for (int m = 0; m < SIM_MAILBOXES; m++) {
        const struct sim_mailbox *box = &server->boxes[m];
        const struct known_numbers now = {box->uidvalidity, server_uidnext(box, server->status_lags),
                                          server_exists(server, m), server->condstore ? box->modseq : 0};
        const bool inbox = m == 0, moved = memcmp(&now, &there->last[m], sizeof now) != 0;
        struct known_told told = {.has_messages = true, .numbers = now};
        char wire[200];

        if (there->tells == THERE_POLL || there->distrusted || (there->tells == THERE_IDLE && !inbox))
            continue;
        server_wire_name(server, m, wire, sizeof wire);
        told.mailbox = text_of(wire);
        told.changed = !all && (inbox || box->exists != there->has[m]);
        if (box->exists != there->has[m] || (box->exists && (all || moved)))
            there->told(there->context, &told);
        there->has[m] = box->exists;
        there->last[m] = now;
    }
}

bool
there_listen(struct there *there, struct error *err)
{
    (void)err;
    there->listens = true;
    tell(there, true);
    return true;
}

int64_t
there_due(const struct there *there)
{
    (void)there;
    return PACE_NEVER;
}

void
there_open_due(struct there *there)
{
    (void)there;
}

enum there_by
there_tells(const struct there *there)
{
    return !there->listens || there->distrusted ? THERE_POLL : there->tells;
}

void
there_distrust(struct there *there)
{
    there->distrusted = true;
}

bool
there_listens(const struct there *there)
{
    return there->listens;
}

size_t
there_poll(const struct there *there, struct pollfd fds[static THERE_MOST])
{
    (void)there, (void)fds;
    return 0;
}

bool
there_has_unread(const struct there *there)
{
    (void)there;
    return false;
}

bool
there_read(struct there *there, struct error *err)
{
    (void)err;
    tell(there, false);
    return true;
}

bool
there_refresh(struct there *there, int limit_ms, struct error *err)
{
    (void)limit_ms;
    return there_read(there, err);
}

void
there_pause(struct there *there)
{
    if (there->listens)
        tell(there, false);
    there->listens = false;
}

void
there_drop(struct there *there, bool goodbye)
{
    (void)goodbye;
    there->listens = false;
}
