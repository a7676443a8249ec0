/* One account: what the user said about it, and what he asks of a run. */
#ifndef SYNC_BASE_ACCOUNT_H
#define SYNC_BASE_ACCOUNT_H

#include "store/base/local.h"
#include "store/net/connection.h"
#include "sync/rules/policy.h"

struct watch_settings {
    const char *const *
        patterns; /* `watch`: mailboxes that are idled on where the server can't tell of all at once; NULL at the end */
    int poll_s;   /* `poll`: how often everything is asked */
    int connections; /* so many at once, at most */
};

struct account { /* owned by config; strings live as long as it does */
    const char *name;
    struct connection connection;
    struct policy policy;
    struct import_policy import; /* POP accounts */
    const char *maildir;         /* absolute; NULL: a POP account with a deliver-command */
    const char *state;           /* absolute: journal, lock, quarantine */
    bool fsync;
    const char *after_sync; /* a command that is run when something changed here (sync/after/after.h); NULL: none */
    struct watch_settings watch; /* golub watch */
};

struct adopt_options { /* golub adopt */
    const char *from;  /* "mbsync" or "offlineimap"; NULL: told by what is there */
    const char *state; /* a file or folder that the user names, absolute; NULL: the usual places */
};

/*
 * A name that appeared in a folder, or went from it, since the run before began: what a watcher was told. Where all names of a folder that moved
 * are told, and each stands for a file that is there under one name, the folder is not listed. It counts as not listed then.
 */
struct sync_named {
    const char *folder; /* as in local.h */
    const char *base, *info;
};

struct restore_choice;
struct keyword_choice;
struct account_session;
struct verify_options {   /* golub verify */
    bool bytes, server;   /* --bytes: files are read, too; --server: bodies on the server */
    bool all;             /* no account was named: one that was never synced is left out */
    uint64_t part, parts; /* --part N/M: of what is read the N-th of M parts; parts 0: all of it */
};

struct sync_options {
    bool dry_run;
    bool wait_for_lock;     /* --wait */
    int64_t wait_s;         /* ... at most so many seconds; 0: without a limit */
    bool one_way;           /* --pull or --push, which the policy has taken in: not all that is configured was done */
    bool confirm;           /* --confirm-deletes */
    bool reject;            /* --reject-deletes; never both */
    const char *deletes_id; /* =ID of it, or NULL */
    bool confirm_additions, reject_additions; /* at most one of them */
    const char *additions_id;                 /* =ID of it, or NULL */
    const struct keyword_choice *keyword;     /* golub keyword; NULL: another command */
    const char *const *mailboxes;             /* names on the command line, NULL at the end; NULL or empty: all */
    bool (*stopped)(void *context);           /* a signal came: no new command. May be NULL */
    void *stopped_context;
    bool quota_due;                /* how full the server is was not seen for a day: it may cost a turn */
    int64_t (*now)(void *context); /* seconds UTC; NULL: the system's clock */
    void *now_context;
    size_t descriptors; /* how many files this run may have open (store/base/descriptors.h); 0: as many as it likes */
    size_t piece;       /* of new mail, so much is planned at once; 0: as many as that rightly is */
    void (*wait)(void *context, int seconds); /* before a line that broke is opened again; NULL: sleep */
    void *wait_context;
    bool skip_existing;     /* import: record what is on the server as had, fetch nothing */
    const char *adopt_list; /* import: likewise what is named in this file of another program's; NULL: there is none */
    const char *adopt_as;   /* ... of that program (uidls_kind_of); NULL: told by its content */
    const struct adopt_options *adopt; /* golub adopt; NULL: another command */
    const char *home;                 /* the user's home, where other programs have their states; NULL: none is known */
    const char *state_home;           /* $XDG_STATE_HOME or what stands for it; NULL: likewise */
    const struct local_file *altered; /* golub restore --altered: files of the Maildir; NULL: another command */
    size_t altered_count;
    const struct restore_choice *restore; /* golub restore (sync/restore/restore.h); NULL: another command */
    const struct verify_options *verify;  /* golub verify; NULL: another command */
    const struct sync_named
        *named; /* golub watch: by folder and base; what moved in a folder of which nothing is told is listed */
    size_t named_count;
    const struct account_session *session; /* golub watch: the connection that stays over runs; NULL: another command */
};

/** A POP account: import, not sync. */
static inline bool
account_is_pop(const struct account *account)
{
    return account->connection.scheme == SCHEME_POP3 || account->connection.scheme == SCHEME_POP3S;
}

#define ACCOUNT_SERVER_SIZE 65 /* with NUL */
/**
 * What an account's server is known by in its journal. Scheme and port may change, the host name and the user make the account.
 * @return false: out of memory
 */
MUST_CHECK bool account_server(const struct account *account, char name[static ACCOUNT_SERVER_SIZE]);

/** Does the server itself remove mail before `keep` is over? @param expire_days  of EXPIRE; -1: it does not, or does not say so */
static inline bool
account_expires_before(int expire_days, int keep_days)
{
    return expire_days >= 0 && (keep_days < 0 || expire_days < keep_days);
}

#endif
