/*
 * An IMAP server as a struct remote (store/base/remote.h). What that header leaves open:
 * - open queues ENABLE, NAMESPACE and ID and waits for none of them; the first operation takes them along. So info()
 *   knows server, prefix and separator after the first survey, not before;
 * - observe may tell one UID in several messages, each with what the server said in one go; the last flags count.
 *   selected comes once and before all data; it does not come where SELECT was refused or the server gave no
 *   UIDVALIDITY. uidnext 0: the server did not say. outcome.changed asks for another observe, with `full`;
 * - fetch: an `end` with UID 0 says that what was begun belongs to no message that was asked for;
 * - store tells the echo of a request in ascending order right before its `done`, and never calls selected;
 * - create gives back the name itself where it is none that can be sent;
 * - after the first stop signal what is in flight has five seconds to be answered; nothing new is sent.
 * After a false of any operation the connection may be given up: later operations then say ERROR_NETWORK until it is
 * opened again.
 */
#ifndef STORE_IMAP_IMAP_H
#define STORE_IMAP_IMAP_H

#include "store/base/remote.h"
#include "store/net/connection.h"

struct imap;

/** Does not connect; `to` is borrowed for the life of the imap. @return NULL: out of memory */
struct imap *imap_new(const struct connection *to);
/** Surveys shall tell how many bytes each mailbox has, where the server knows (RFC 8438). They cost it more; a sync has no use for it. */
void imap_want_sizes(struct imap *imap);
/** Shall surveys ask how full INBOX is also where that costs a turn? */
void imap_want_quota(struct imap *imap, bool due);
struct imap_flags { /* of INBOX */
    bool selected;  /* it could be opened; else `answer` says why not */
    bool read_only; /* it may only be read */
    bool told;      /* the server says which flags it keeps */
    unsigned held;  /* FLAG_*; all of them where it does not say */
    bool keywords;  /* any */
    char answer[512];
};
/**
 * Open INBOX as a sync does and see which flags it keeps (PERMANENTFLAGS), also where `open` was to examine. For `golub check`; changes nothing.
 * @return false: the connection broke, err says why
 */
MUST_CHECK bool imap_permanent(struct imap *imap, struct imap_flags *out, struct error *err);
/**
 * The session stays when remote.close is called, and the next remote.open takes it again where it still stands: no login for a run. It does not
 * stay where the line broke, a signal came, or an answer is still due that a run waited for. Whether the server is still there is
 * not asked: imap_listen_end (listen.h) right before the run finds out. For `golub watch`.
 */
void imap_keep(struct imap *imap, bool keep);
/** Close for good, whatever was kept. @param goodbye  false: no LOGOUT, the network is gone (after sleep) */
void imap_drop(struct imap *imap, bool goodbye);
/** There is a session, and it did not break so far as anybody has noticed. */
bool imap_is_open(const struct imap *imap);
/** What the server wanted people to read (remote_info.alerts) was shown: a later run need not show it again. */
void imap_forget_alerts(struct imap *imap);
/** The table of functions, with itself. */
struct remote imap_remote(struct imap *imap);
/** Closes if open, also what was kept. NULL-safe. */
void imap_free(struct imap *imap);

#endif
