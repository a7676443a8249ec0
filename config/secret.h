/*
 * Passwords and tokens: what the user's password-command prints. The command runs at a login that comes more than five
 * minutes after it last ran, one command at a time over all accounts. What it printed is kept outside of swap and
 * of core files and wiped when it gets old or is refused. The refresh-command, which makes the next token a new one, runs with the same care.
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "store/base/limits.h"
#include "store/base/error.h"

#define SECRET_KEPT_MS (5 * 60 * 1000)
#define SECRET_LIMIT_MS (60 * 1000)

struct secret;

struct secret_settings {            /* strings are borrowed and outlive the secret */
    const char *command;            /* for /bin/sh -c; NULL: there is none, and asking is an error */
    const char *refresh;            /* the same, before `command` runs for a token that was refused; may be NULL */
    bool (*stopped)(void *context); /* true ends a running command; may be NULL */
    void *stopped_context;
    int64_t limit_ms;        /* a command's time; 0: SECRET_LIMIT_MS */
    int64_t (*now_ms)(void); /* how old is what is kept; NULL: the monotonic clock */
};

/** No password may reach a core file, this program's or that of a command it starts. Called once, first of all. */
void secret_harden(void);
/** Runs nothing yet. @return NULL: out of memory */
struct secret *secret_new(const struct secret_settings *settings);
/** Ask another one whether to stop; it is called all the time that the command, or that of another account, is waited for. */
void secret_stopped_by(struct secret *secret, bool (*stopped)(void *context), void *context);
/**
 * The secret; fits connection.secret, with the struct secret as context. Any thread may call it.
 * @param again  the last one was refused: run the command anew
 * @param text   [out] NUL-terminated, first line without its end; the caller wipes and frees it
 * @return false: ERROR_LOGIN (no command, it failed, took too long, printed nothing or too much) or ERROR_INTERRUPTED
 */
MUST_CHECK bool secret_get(void *secret, bool again, char **text, struct error *err);
/**
 * Run the refresh command and forget what it prints; without one it's done. Fits connection.refresh, as secret_get does connection.secret.
 * @return false: ERROR_LOGIN (it failed or took too long) or ERROR_INTERRUPTED
 */
MUST_CHECK bool secret_refresh(void *secret, struct error *err);
/** Wipe and free. NULL-safe. */
void secret_free(struct secret *secret);

#endif
