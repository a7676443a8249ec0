/*
 * Between runs: being told of changes by IDLE (RFC 2177, RFC 9051 section 6.3.13) and NOTIFY (RFC 5465). What is told proves nothing and is
 * never applied: it is a reason to look. Numbers of messages in it are not used.
 *
 * Order of calls, on an imap whose session is kept (imap_keep), after a run:
 *     imap_listen, any number of imap_listen_read and imap_listen_refresh, imap_listen_end; then the next run's remote.open
 * While it listens the session is for nothing else. After a false the line is lost: imap_drop. Nothing here ends a line because the server says
 * nothing for long: who listens calls imap_listen_refresh every few minutes.
 */
#ifndef STORE_IMAP_LISTEN_H
#define STORE_IMAP_LISTEN_H

#include "store/base/error.h"

struct imap;

enum listen_by {
    LISTEN_NOTHING,         /* nothing will be told: only asking helps */
    LISTEN_IDLE,            /* changes of the one mailbox */
    LISTEN_NOTIFY,          /* changes of all mailboxes */
    LISTEN_NOTIFY_FLAGLESS, /* ... but flags only of the one mailbox, if IDLE could be had for it */
};

struct listen_told {     /* one thing that the server said; only a reason to look */
    struct text mailbox; /* wire bytes; of the selected mailbox, too; .len 0: not known which */
    bool has_messages, has_uidnext, has_uidvalidity,
        has_modseq; /* what was said as a number, to be compared with what is known */
    uint32_t messages, uidnext, uidvalidity;
    uint64_t modseq;
    bool
        changed; /* a message came, went or was flagged, or mailboxes were made, renamed or deleted: nothing to compare. EXISTS with the
                      number that it said before is no change: some servers say it again and again */
    bool overflow; /* NOTIFICATIONOVERFLOW: nothing more is told. End, and listen without NOTIFY */
};

struct listening {
    const char *mailbox; /* wire name to EXAMINE, and to idle on; NULL: none. Copied */
    bool notify;         /* may be tried, where it is offered */
    /** Called from within imap_listen, _read, _refresh and _end. May be NULL. It must not call any of them. */
    void (*told)(void *context, const struct listen_told *told);
    void *context;
};

/**
 * Begin: EXAMINE the mailbox, NOTIFY SET STATUS where it is offered and allowed, then IDLE where that is offered; its "+" is not waited for.
 * One turn; two or three where NOTIFY is refused. What EXAMINE and NOTIFY answer is told, so that a change since the run is seen by
 * comparing. A refused NOTIFY is tried again without flags, then not at all, and this is remembered for the life of the imap. A refused
 * EXAMINE tells nothing: the next run finds out.
 * @param by  [out] what will tell, set on success
 * @return false: the line broke
 */
MUST_CHECK bool imap_listen(struct imap *imap, const struct listening *how, enum listen_by *by, struct error *err);
/** The descriptor to poll for reading; -1: not connected. */
int imap_listen_descriptor(const struct imap *imap);
/** Is something here already that poll would not tell of? Then imap_listen_read is due at once. */
bool imap_listen_has_unread(const struct imap *imap);
/**
 * Read what there is, without waiting, and tell it. A server that never stops talking is left off after a megabyte.
 * @param by  [out] may have become less: IDLE was refused or ended by the server, NOTIFY is over
 * @return false: BYE, closed, or nonsense: the line is lost
 */
MUST_CHECK bool imap_listen_read(struct imap *imap, enum listen_by *by, struct error *err);
/**
 * DONE and IDLE again, or NOOP where it does not idle: so that everybody on the way sees a living line, and we know of one. An IDLE that the
 * server had ended is begun again.
 * @param limit_ms  for the whole answer; 0: as every other, the connection's limit without progress
 */
MUST_CHECK bool imap_listen_refresh(struct imap *imap, enum listen_by *by, int limit_ms, struct error *err);
/**
 * Make the session ready for a run: DONE (or NOOP) is answered, so the line is known to live, what came before is told, and no more
 * will be: where NOTIFY was set it is set to what IMAP does by itself (in the same turn). The mailbox is left by what the run asks first.
 * Does nothing but this turn where it does not listen.
 * @return false: the line is lost
 */
MUST_CHECK bool imap_listen_end(struct imap *imap, struct error *err);

#endif
