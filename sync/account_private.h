/* What a run over an account needs, whatever the protocol: state folder, lock, journal, and how its stores are opened. */
#ifndef SYNC_ACCOUNT_PRIVATE_H
#define SYNC_ACCOUNT_PRIVATE_H

#include "store/journal/journal.h"
#include "store/maildir/maildir.h"
#include "store/net/connection.h"
#include "sync/account.h"
#include "sync/restore/restore.h"

/** Report an error that ended the run before it began, and its result. @return exit status: 6 locked, 2 configuration, else 1 */
int account_fail(const struct account *account, struct report *report, struct error *err);

struct imap;
struct account_session { /* golub watch: what stays over runs */
    struct imap *imap;   /* the connection */
    /** The run has its locks and is about to begin. */
    void (*begin)(void *context);
    /** It has ended; its journal is still open. */
    void (*end)(void *context, struct journal *journal);
    void *context;
};

/** A run over open stores. @return exit status */
typedef int account_run(const struct account *account, const struct sync_options *options, struct journal *journal,
                        struct report *report);
/** State folder, lock, journal (in a dry run a copy), the run, and all of it closed again. @return exit status */
int account_with_journal(const struct account *account, const struct sync_options *options, account_run *run,
                         struct report *report);

struct account_tree {
    char quarantine[4096];
    struct maildir_settings settings; /* names point into this struct and the account */
};
/** The account's Maildir and quarantine, for a caller that is alone in the tree; whoever wants it otherwise changes the settings. */
MUST_CHECK bool account_tree(const struct account *account, const struct sync_options *options,
                             struct account_tree *tree, struct error *err);

struct account_line { /* not to be moved while a store has its connection */
    const struct account *account;
    struct report *report;
    struct connection connection;
    char tls_session[4096];
};
/** The account's connection; what it says while it waits is reported, and TLS is taken up where the last run left it. */
void account_line(const struct account *account, const struct sync_options *options, struct report *report,
                  struct account_line *line);

#endif
