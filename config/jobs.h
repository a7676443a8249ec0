/* The commands, one file each, and what they share: which accounts, the secrets, the one exit status. */
#ifndef CONFIG_JOBS_H
#define CONFIG_JOBS_H

#include "config/options.h"
#include "config/secret.h"
#include "config/settings.h"

struct job {                /* one account of a command */
    struct account account; /* as configured, changed by the options */
    struct secret *secret;
    char *home, *state_home; /* where other programs have their states; NULL: not known */
    const char **mailboxes;  /* NULL at the end; NULL: all */
    size_t mailbox_count;
    const struct options *options;
    size_t descriptors; /* how many files its run may have open */
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
/** Run every job on a thread, one after the other or all at once, as far as descriptors reach. @return the exit status of them all */
int jobs_run(struct jobs *jobs, int (*run)(struct job *job), bool at_once);
/** Put the POP accounts before the others, each in the order they had. @return how many they are */
size_t jobs_pop_first(struct jobs *jobs);
/** A list of held removals belongs to one account. @return false: ERROR_CONFIG, it was named beside several */
MUST_CHECK bool jobs_check_id(const struct jobs *jobs, const struct options *options, const char *command,
                              struct error *err);
/** What the command line says about a run over this account. */
struct sync_options job_options(const struct job *job);
/** Import from the job's account, which is a POP one. @return its exit status */
int job_import(struct job *job);
/** NULL-safe, also for a half-filled list. */
void jobs_free(struct jobs *jobs);
/** Of two exit statuses the one that counts: the first of 2, 4, 5, 1, 3, 6, 0. */
int jobs_worse(int a, int b);

/** Each command reports everything itself. @return the exit status */
int cmd_sync(struct settings *settings, const struct options *options, struct report *report);
int cmd_import(struct settings *settings, const struct options *options, struct report *report);
int cmd_status(struct settings *settings, const struct options *options, struct report *report);
int cmd_check(struct settings *settings, const struct options *options, struct report *report);
int cmd_verify(struct settings *settings, const struct options *options, struct report *report);
int cmd_adopt(struct settings *settings, const struct options *options, struct report *report);
int cmd_watch(struct settings *settings, const struct options *options, struct report *report);
int cmd_keyword(struct settings *settings, const struct options *options, struct report *report);
int cmd_restore(struct settings *settings, const struct options *options, struct report *report);
/** golub init: it makes what the others read. */
int cmd_init(const struct options *options, struct report *report);

#endif
