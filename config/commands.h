/* The commands, one file each, and what they share: which accounts, the secrets, the one exit status. */
#ifndef CONFIG_COMMANDS_H
#define CONFIG_COMMANDS_H

#include "config/options.h"
#include "config/secret.h"
#include "config/settings.h"

struct job {                /* one account of a command */
    struct account account; /* as configured, changed by the options */
    struct secret *secret;
    const char **mailboxes; /* NULL at the end; NULL: all */
    size_t mailbox_count;
    const struct options *options;
    struct report *report;
    int status; /* [out] */
};

struct jobs {
    struct job *list;
    size_t count;
};

/**
 * The accounts that were named, each once, in the configuration's order; all of them if none was named.
 * @return false: ERROR_CONFIG, an account is not known; or no memory. jobs_free is needed all the same
 */
MUST_CHECK bool jobs_choose(struct settings *settings, const struct options *options, struct report *report,
                            struct jobs *jobs, struct error *err);
/** Run every job on a thread of its own, all at once or one after the other. @return the exit status of them all */
int jobs_run(struct jobs *jobs, int (*run)(struct job *job), bool at_once);
/** NULL-safe, also for a half-filled list. */
void jobs_free(struct jobs *jobs);
/** Of two exit statuses the one that counts: the first of 2, 4, 5, 1, 3, 6, 0. */
int jobs_worse(int a, int b);

/** Each command reports everything itself. @return the exit status */
int cmd_sync(struct settings *settings, const struct options *options, struct report *report);
int cmd_status(struct settings *settings, const struct options *options, struct report *report);
int cmd_check(struct settings *settings, const struct options *options, struct report *report);

#endif
