/* The command line: one command, its options before or after it, and names. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "store/base/error.h"

enum command {
    COMMAND_SYNC,
    COMMAND_IMPORT,
    COMMAND_STATUS,
    COMMAND_CHECK,
    COMMAND_ADOPT,
    COMMAND_RESTORE,
    COMMAND_VERIFY,
    COMMAND_WATCH,
    COMMAND_KEYWORD,
    COMMAND_INIT
};

enum init_option { /* what golub init may be told beforehand, each a question less */
                   INIT_ACCOUNT,
                   INIT_MAILDIR,
                   INIT_PROTOCOL,
                   INIT_SERVER,
                   INIT_USER,
                   INIT_PASSWORD_COMMAND,
                   INIT_KEEP,
                   INIT_INTO,
                   INIT_SECRET,
                   INIT_TLS_CA_FILE,
                   INIT_TLS_FINGERPRINT,
                   INIT_VALUES, /* those above have a value */
                   INIT_EXPLAIN = INIT_VALUES,
                   INIT_YES,
                   INIT_OPTIONS
};

struct options { /* strings are borrowed from argv */
    enum command command;
    bool help, version;
    const char *help_of; /* of one command; NULL: of all */
    const char *config;  /* NULL: the usual place */
    const char *unknown; /* the first word, where it is no command; it may be an account's name */
    bool dry_run, json, pull, push, confirm, skip_existing;
    bool reject;            /* --reject-deletes */
    const char *deletes_id; /* of --confirm-deletes or --reject-deletes; NULL: no =ID */
    bool confirm_additions, reject_additions;
    const char *additions_id;     /* of the one that was given; NULL: no =ID */
    const char *adopt, *adopt_as; /* import --adopt and --adopt-as; NULL: not given */
    const char *from, *state;     /* of adopt; NULL: not given */
    bool bytes, server;           /* of verify */
    uint64_t part, parts;         /* --part N/M; parts 0: not given */
    const char *part_text;        /* ... as written; NULL: not given */
    int verbose;
    int quiet;                 /* 2: also nothing that no person has to do anything about */
    const char *max_age_given; /* status --max-age; NULL: not given */
    const char *jobs_given;    /* --jobs; NULL: not given */
    size_t jobs;               /* accounts at once; 0: not given */
    bool wait;                 /* --wait */
    const char *wait_given;    /* =TIME, or NULL */
    int64_t wait_s;            /* ... in seconds; 0: without a limit */
    bool no_progress;
    int64_t max_age;                       /* ... in seconds; 0: not given */
    bool all, altered;                     /* of restore */
    bool write;                            /* of keyword */
    const char *init[INIT_VALUES];         /* of init; NULL: not given */
    bool explain, yes;                     /* ... */
    const char *since, *run, *to, *to_dir; /* ... as written; NULL: not given */
    const char **rest; /* ... its words behind the account: IDs, or files; of keyword: files and keywords */
    size_t rest_count;
    const char **names; /* ACCOUNT or ACCOUNT/MAILBOX, as written */
    size_t name_count;
    const char **words; /* what is allocated: the names and what stood before them */
};

/**
 * Read the command line. With help or version nothing behind them is looked at.
 * @return false: ERROR_CONFIG with what is wrong and what to write instead; options_free is needed all the same
 */
MUST_CHECK bool options_parse(int argc, char **argv, struct options *options, struct error *err);
/** Free what options_parse allocated. NULL-safe. */
void options_free(struct options *options);
/** The text of --help, or with a command's word what concerns that command. */
void options_print_help(const char *command, FILE *to);

#endif
