/*
 * What the user said in golub.conf: an array of accounts, checked as far as that is possible without a connection and
 * without looking into a Maildir. Nothing is made or changed by reading it.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "sync/base/account.h"

struct configured {               /* one account of the file */
    struct account account;       /* secret and stop callbacks are left for the caller */
    const char *password_command; /* NULL: none */
    const char *refresh_command;  /* NULL: none */
    const char *file;             /* where it stands */
    unsigned line;                /* of the file, where the account begins */
};

struct settings {                /* strings belong to it and live as long as it does */
    char *file;                  /* golub.conf, as named */
    struct configured *accounts; /* in the file's order, those of accounts.d behind them; at least one */
    size_t count, size;
    void **owned; /* every string and list */
    size_t owned_count, owned_size;
};

/**
 * Read and check the configuration. libconfuse keeps static state: one thread at a time.
 * @param file  this one alone; NULL: the usual place, and then each accounts.d/NAME.conf beside it in the order of their names
 * @return NULL: ERROR_CONFIG; what begins with FILE:LINE where a line can be named
 */
struct settings *settings_load(const char *file, struct error *err);
/**
 * The same of text that is not in the file yet. Who may write the file is not looked at.
 * @param file  it is taken to stand in this one, as in settings_load; a relative path is relative to its folder
 * @param text  of that file alone
 * @param beside  accounts.d is read, too
 * @return NULL: as settings_load; no account at all is fine
 */
struct settings *settings_of_text(const char *file, const char *text, bool beside, struct error *err);
/** NULL-safe. */
void settings_free(struct settings *settings);
/** The account of that name, or NULL. */
struct configured *settings_find(struct settings *settings, const char *name);
/** Why no account can be called this, as a sentence; NULL: one can. */
const char *settings_name_fault(const char *name);

#endif
