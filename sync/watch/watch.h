/*
 * golub watch, one account: it waits for changes on either side and runs when there is a reason. What is told is never applied: a run is the
 * only thing that changes mail, and it looks for itself (sync/engine.h). So a server that tells nothing, too much or lies costs time alone.
 *
 *   pace     when the next run is due, and why
 *   known    what the last run left, to tell news from echoes
 *   there    the session, and what the server tells on it
 *   here     the folders, and what the system tells of them
 *   machine  whether it slept, or changed its network
 */
#ifndef SYNC_WATCH_WATCH_H
#define SYNC_WATCH_WATCH_H

#include "store/imap/imap.h"
#include "store/journal/journal.h"
#include "store/maildir/maildir.h"
#include "sync/base/account.h"
#include "sync/report/report.h"

struct watch;

struct watch_task { /* what the loop is given; all of it is borrowed */
    const struct account *account;
    struct report *report;
    const struct connection *connection; /* for the session; NULL: a POP account, which is polled alone */
    const struct maildir_settings *tree; /* NULL: likewise */
    /**
     * One run, whole, under the account's lock. It calls watch_began when it has the lock and watch_ended before it closes the journal.
     * @return its exit status
     */
    int (*run)(void *context, struct watch *watch, struct imap *session);
    /** It watches what is here, and is about to begin with the first run. */
    void (*ready)(void *context);
    /** Did a signal come that asks for a run? Told once. */
    bool (*asked)(void *context);
    /** True: end. */
    bool (*stopped)(void *context);
    /** The loop has turned: it lives. */
    void (*turned)(void *context);
    /** How the account stands: 0, or the exit status of what only a person can mend, if it was never well. @return true: end with it */
    bool (*stands)(void *context, int status);
    /** In words, whenever it changes: how the account is watched. May be NULL. */
    void (*said)(void *context, const char *words);
    void *context;
    int wake; /* a descriptor that can be read when one of the questions above has a new answer; it is emptied by the loop */
    int turn_ms; /* it turns at least so often; 0: as seldom as it likes */
};

/** Runs until it is stopped. @return the exit status */
int watch_account(const struct watch_task *task);
/** For the run that is about to begin: the names that are told to have come and gone here. @param named  [out] borrowed for the run */
void watch_names(const struct watch *watch, const struct sync_named **named, size_t *count);
/** The run that is under way has its lock: the session stops listening. */
void watch_began(struct watch *watch);
/** ... and has ended: what it left is learned. */
void watch_ended(struct watch *watch, struct journal *journal);

#endif
