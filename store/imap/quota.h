/*
 * What a server says to GETQUOTAROOT (RFC 9208): the roots that a mailbox is below, and of each root how much of which resource is used. It is
 * never worth more than a line for people, so whatever makes no sense in such an answer is skipped.
 */
#ifndef STORE_IMAP_QUOTA_H
#define STORE_IMAP_QUOTA_H

#include "store/base/quota.h"
#include "store/imap/reader.h"

#define QUOTA_ROOTS_MAX 16 /* that are told apart; of more nothing is known */

struct quota_roots { /* an answer QUOTAROOT */
    size_t count;
    uint64_t root[QUOTA_ROOTS_MAX]; /* hashes of their names, which may be anything */
};

struct quota_answer { /* an answer QUOTA */
    uint64_t root;
    struct quota amounts;
};

/** Read what follows "* QUOTAROOT ", up to the line end. */
MUST_CHECK bool quota_read_roots(struct reader *reader, struct quota_roots *out);
/** Read what follows "* QUOTA ". */
MUST_CHECK bool quota_read(struct reader *reader, struct quota_answer *out);

struct quotas {  /* what came of them; zeros at first */
    bool rooted; /* a QUOTAROOT came */
    struct quota_roots roots;
    size_t count;
    struct quota_answer answers[QUOTA_ROOTS_MAX];
};

void quotas_add(struct quotas *quotas, const struct quota_answer *answer);
/**
 * What holds for the mailbox: the tightest of the roots that QUOTAROOT named. Where there was no QUOTAROOT, or it names none that a QUOTA was
 * about, all that came are believed: there are servers that leave it out, or spell the names in two ways.
 */
struct quota quotas_tightest(const struct quotas *quotas);

#endif
