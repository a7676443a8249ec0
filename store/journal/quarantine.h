/* The index of the quarantine folder: which file in it was which message, and what it was removed for. */
#ifndef STORE_JOURNAL_QUARANTINE_H
#define STORE_JOURNAL_QUARANTINE_H

#include "store/journal/journal.h"

#define JOURNAL_REMOVED_THERE "deleted on the server"
struct journal_quarantined {
    int64_t id;                           /* of add: 0; what people call it by */
    char name[256];                       /* in the quarantine folder */
    char mailbox[LIMIT_MAILBOX_NAME + 1]; /* what it was called then */
    int64_t mailbox_id;                   /* 0: not known (any more) */
    char base[LOCAL_BASE_MAX + 1];        /* where it stood; "": it was in no folder */
    char info[LOCAL_INFO_MAX + 1];
    uint32_t uid;
    char why[128];   /* JOURNAL_REMOVED_THERE, or other words */
    int64_t since;   /* by the clock, for people */
    int64_t counted; /* in time that counts (sync/base/age.h): what its days are counted from; 0: as `since` */
    uint64_t size;
    uint64_t run; /* which run put it there; 0: one of a version that did not count them */
    bool has_wire;
    unsigned char wire[DIGEST_SIZE]; /* of the file's bytes */
    bool has_details;                /* flags and date are known; else `info` and the file's time tell */
    unsigned flags;                  /* FLAG_* */
    int64_t date;                    /* INTERNALDATE */
    char keywords[KEYWORDS_MAX + 1]; /* as the server last showed them */
    char origin[128]; /* what it was fetched for, where a later run looks for it by that; "": for nothing */
    int64_t put_back; /* when `golub restore` did, seconds UTC; 0: it did not */
};
struct journal_quarantine_sum {
    uint64_t count, bytes;
    int64_t oldest; /* by the clock; 0: nothing is there */
};
/** Insert, or update all but the id where a file of that name is known. */
MUST_CHECK bool journal_quarantine_add(struct journal *journal, const struct journal_quarantined *row,
                                       struct error *err);
MUST_CHECK bool journal_quarantine_delete(struct journal *journal, int64_t id, struct error *err);
/** The row of this name, if there is one. Inside a transaction. */
MUST_CHECK bool journal_quarantine_withdraw(struct journal *journal, const char *name, struct error *err);
MUST_CHECK bool journal_quarantine_get(struct journal *journal, int64_t id, struct journal_quarantined *out,
                                       bool *found, struct error *err);
/** The newest one that was removed since it was gone on the server, of this size and date, whose bytes are known; its id, 0: there is none. */
MUST_CHECK bool journal_quarantine_alike(struct journal *journal, uint64_t size, int64_t date, int64_t *id,
                                         struct error *err);
/** The newest one that was fetched for this. */
MUST_CHECK bool journal_quarantine_of(struct journal *journal, const char *origin, struct journal_quarantined *out,
                                      bool *found, struct error *err);
/** Ids of the rows with counted < before (INT64_MAX: all), the oldest first; the caller frees. */
MUST_CHECK bool journal_quarantine_ids(struct journal *journal, int64_t before, int64_t **ids, size_t *count,
                                       struct error *err);
MUST_CHECK bool journal_quarantine_sum(struct journal *journal, struct journal_quarantine_sum *sum, struct error *err);
/** It is about to be put back under this base name. Inside a transaction. */
MUST_CHECK bool journal_quarantine_return(struct journal *journal, int64_t id, const char *base, struct error *err);
/** The row whose file was last put back under this base name. */
MUST_CHECK bool journal_quarantine_returned(struct journal *journal, const char *base, struct journal_quarantined *out,
                                            bool *found, struct error *err);
/** It stands in a folder again. */
MUST_CHECK bool journal_quarantine_put_back(struct journal *journal, int64_t id, int64_t when, struct error *err);
/** The latest `counted`; INT64_MIN: nothing is there. */
MUST_CHECK bool journal_quarantine_newest(struct journal *journal, int64_t *newest, struct error *err);
/** No row may have come later than this: those that have take it; in a transaction. */
MUST_CHECK bool journal_quarantine_clamp(struct journal *journal, int64_t latest, struct error *err);

#endif
