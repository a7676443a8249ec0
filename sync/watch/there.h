/*
 * The server's side of a watched account: the session that stays over runs and listens between them, and where the server can't tell of all
 * mailboxes at once, further connections that idle on one mailbox each. What is told goes to the caller; nothing is ever applied.
 */
#ifndef SYNC_WATCH_THERE_H
#define SYNC_WATCH_THERE_H

#include <poll.h>

#include "store/imap/imap.h"
#include "store/journal/journal.h"
#include "sync/base/account.h"
#include "sync/watch/known.h"

#define THERE_MOST 4 /* connections of an account */

enum there_by { THERE_POLL, THERE_IDLE, THERE_NOTIFY_FLAGLESS, THERE_NOTIFY };

struct there;

/** Does not connect. @param connection  borrowed @return NULL: out of memory */
struct there *there_new(const struct account *account, const struct connection *connection,
                        void (*told)(void *context, const struct known_told *told), void *context);
void there_free(struct there *there); /* NULL-safe */
/** The session of the runs. */
struct imap *there_session(struct there *there);
/** A run ended: which mailboxes are listened to. @return false: out of memory */
MUST_CHECK bool there_choose(struct there *there, const struct journal_mailbox *list, size_t count);
/**
 * Listen, until there_pause; what changed since the run is told at once. @return false: the line of the session broke. Where one of the others does
 * not open, its mailbox is asked for by polls, and there_due says when it is tried again
 */
MUST_CHECK bool there_listen(struct there *there, struct error *err);
/** When one of the further lines is opened again that broke, or was not let in, by clock_ms; INT64_MAX: none is. */
int64_t there_due(const struct there *there);
/** Open those whose time has come; what changed meanwhile is told. */
void there_open_due(struct there *there);
/** What tells of changes now. */
enum there_by there_tells(const struct there *there);
/** How many mailboxes are idled on; *first: the name of the first, UTF-8. */
size_t there_idles(const struct there *there, const char **first);
/** NOTIFY is believed no more: it announced and told nothing. */
void there_distrust(struct there *there);
/** Is there a session, and does it listen? */
bool there_listens(const struct there *there);
/** Descriptors to wait for. @return how many */
size_t there_poll(const struct there *there, struct pollfd fds[static THERE_MOST]);
/** Is something to be read that poll would not tell? */
bool there_has_unread(const struct there *there);
/** Read what came. @return false: the line of the session is lost, err says why */
MUST_CHECK bool there_read(struct there *there, struct error *err);
/** A sign of life from each server. @param limit_ms  so long is waited for it; 0: the connection's time limit. @return false: as there_read */
MUST_CHECK bool there_refresh(struct there *there, int limit_ms, struct error *err);
/** The session listens no more and is ready for a run; what came until then is told. A line that is broken is closed, and the run opens another one. */
void there_pause(struct there *there);
/** Close all. @param goodbye  false: the network is gone */
void there_drop(struct there *there, bool goodbye);

#endif
