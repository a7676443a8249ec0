/*
 * How an account's last runs ended, for `golub status` and for monitors: a small file of the state folder, beside the journal, because a run that
 * found nothing to do writes nothing into the journal, and one that could not log in never opened a mailbox.
 */
#ifndef SYNC_BASE_OUTCOME_H
#define SYNC_BASE_OUTCOME_H

#include "store/base/error.h"
#include "store/base/quota.h"
#include "sync/base/account.h"

#define OUTCOME_ERROR_SIZE 512 /* with NUL */
#define OUTCOME_LINES_MAX 1000

struct outcome {
    int64_t
        success; /* a run of the whole account, as it is configured, ended with 0 or 3; seconds since 1970-01-01 UTC, 0: never */
    int64_t attempt; /* any run ended */
    int status;      /* its exit status */
    bool interrupted;
    char error[OUTCOME_ERROR_SIZE]; /* what it said, UTF-8; "": nothing */
    struct error cause;             /* the same in its parts; kind ERROR_NONE: nothing */
    struct outcome_line {           /* each line that it said on standard error */
        uint64_t hash;
        int64_t since; /* when a run said it last where a person could read it */
    } lines[OUTCOME_LINES_MAX];
    size_t line_count;
    struct quota quota; /* what the server told of its room last */
    int64_t quota_seen; /* when; 0: never */
};

/**
 * What is written down. @param outcome  [out] zeros where no run of this version ended yet, or nobody can read what is there
 * @return false: there is a file and it can't be read; err says why
 */
MUST_CHECK bool outcome_read(const struct account *account, struct outcome *outcome, struct error *err);
/**
 * Replace the file, by rename and without fsync: after a power cut the older one may be there, or none, and nothing rests on either.
 * @return false: it could not be written; the older one stays
 */
MUST_CHECK bool outcome_write(const struct account *account, const struct outcome *outcome, struct error *err);

#endif
