/*
 * One account: what the user said about it, and a run over it.
 */
#ifndef SYNC_ACCOUNT_H
#define SYNC_ACCOUNT_H

#include "store/base/local.h"
#include "store/base/remote.h"
#include "store/net/connection.h"
#include "sync/rules/policy.h"
#include "sync/report/report.h"

struct account { /* owned by config; strings live as long as it does */
    const char *name;
    struct connection connection;
    struct policy policy;
    struct import_policy import; /* POP accounts */
    const char *maildir;         /* absolute; NULL: a POP account with a deliver-command */
    const char *state;           /* absolute: journal, lock, quarantine */
    bool fsync;
};

struct sync_options {
    bool dry_run;
    bool confirm;                             /* --confirm-deletes */
    const char *confirm_id;                   /* =ID, or NULL */
    bool confirm_additions, reject_additions; /* at most one of them */
    const char *additions_id;                 /* =ID of it, or NULL */
    const char *const *mailboxes;             /* names on the command line, NULL at the end; NULL or empty: all */
    bool (*stopped)(void *context);           /* a signal came: no new command. May be NULL */
    void *stopped_context;
    int64_t (*now)(void *context); /* seconds UTC; NULL: the system's clock */
    void *now_context;
    bool skip_existing; /* import: record what is on the server as had, fetch nothing */
};

/** A POP account: import, not sync. */
static inline bool
account_is_pop(const struct account *account)
{
    return account->connection.scheme == SCHEME_POP3 || account->connection.scheme == SCHEME_POP3S;
}

/**
 * Synchronise an account: lock, journal, phases, summary. Blocks; belongs to one thread.
 * --pull and --push have already been cut into account->policy by the caller.
 * @return the account's exit status (CONTRACT: 0 1 2 3 4 5 6); all there is to say went to the report
 */
int account_sync(const struct account *account, const struct sync_options *options, struct report *report);
/**
 * Import from a POP account, one way: lock, journal, fetch, deliver, remove what `keep` says. Blocks; belongs to one thread.
 * @return the account's exit status, as account_sync
 */
int account_import(const struct account *account, const struct sync_options *options, struct report *report);
/** From the journal, without connecting. @return exit status: 0, 1 (journal unreadable), 2 (unknown mailbox) */
int account_status(const struct account *account, struct report *report);
/** Log in, say what the server can do and what golub makes of it, namespaces, special use, the Maildir's file system. */
int account_check(const struct account *account, const struct sync_options *options, struct report *report);

#endif
