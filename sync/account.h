/* A run over one account on the real stores; see base/account.h for what an account is. */
#ifndef SYNC_ACCOUNT_H
#define SYNC_ACCOUNT_H

#include "sync/base/account.h"
#include "sync/report/report.h"

/**
 * Synchronise an account: lock, journal, phases, summary. Blocks; belongs to one thread.
 * --pull and --push have already been cut into account->policy by the caller.
 * @return the account's exit status (CONTRACT: 0 1 2 3 4 5 6); all there is to say went to the report
 */
int account_sync(const struct account *account, const struct sync_options *options, struct report *report);

/**
 * Compare both sides of an IMAP account with the journal and with each other (sync/inspect/verify.h), under the lock of a run. Changes nothing.
 * @return the account's exit status: 0 equal, 1 not, 2, 4, 5, 6
 */
int account_verify(const struct account *account, const struct sync_options *options, struct report *report);

/**
 * Import from a POP account, one way: lock, journal, fetch, deliver, remove what `keep` says. Blocks; belongs to one thread.
 * @return the account's exit status, as account_sync
 */
int account_import(const struct account *account, const struct sync_options *options, struct report *report);

struct watcher { /* what a watcher of several accounts asks of, and tells, each of them */
    int wake; /* a descriptor that can be read when `asked` or `stopped` has a new answer; emptied by the account; -1: none */
    int turn_ms; /* each loop turns at least so often; 0: as seldom as it likes */
    /** The account watches what is here, if there is anything. Once; where it could not begin, never. */
    void (*ready)(void *context);
    /** Did somebody ask for a run? Told once. */
    bool (*asked)(void *context);
    /** The account's loop has turned. */
    void (*turned)(void *context);
    /** 0, or the exit status of what only a person can mend and never was well. @return true: end with it */
    bool (*stands)(void *context, int status);
    /** How the account is watched, in words, whenever that changes. */
    void (*said)(void *context, const char *words);
    void *context;
};
/**
 * Watch an account until options->stopped, which must be given: it is synchronised, or imported from, when there is a reason (sync/watch/watch.h).
 * Blocks; belongs to one thread.
 * @return 0 when it was stopped; 6: another golub watches it; else what `stands` ended it with, or 1 2 where it could not begin
 */
int account_watch(const struct account *account, const struct sync_options *options, const struct watcher *watcher,
                  struct report *report);

/**
 * List what is in the account's quarantine, or put it back, as options->restore says: lock, journal, Maildir; nothing is connected to.
 * @return the account's exit status: 0, 1 (some not), 2 (unknown ID or mailbox, no journal), 6
 */
int account_restore(const struct account *account, const struct sync_options *options, struct report *report);

struct keyword_choice;
/**
 * Show or list keywords, or write down what the user says about them, as the choice says (sync/keyword/keyword.h). Nothing is connected to.
 * @return the account's exit status: 0, 2 (a file or mailbox that is not known, no journal), 6
 */
int account_keyword(const struct account *account, const struct sync_options *options,
                    const struct keyword_choice *choice, struct report *report);

#endif
