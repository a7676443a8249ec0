/*
 * Moving, copying and removing messages: what change.c (the order of things) and change_answers.c (what became of them)
 * share. Private to these two.
 */
#ifndef STORE_IMAP_CHANGE_H
#define STORE_IMAP_CHANGE_H

#include "store/base/digest.h"
#include "store/base/lines.h"
#include "store/imap/client.h"

#define JOB_MAX 1280       /* messages: their ranges fit a struct uid_set */
#define JOB_SET_BYTES 7000 /* a set of any of its UIDs fits a command line, beside a target's usual name */

struct item {
    bool came;        /* the message is there */
    bool allowed;     /* and may be changed */
    bool had_deleted; /* carried \Deleted before we came */
    bool present;     /* still there afterwards */
    bool marked;      /* our \Deleted may stand on it */
    bool unmarked;    /* its own was taken off for a move or copy, and is not known to stand again */
    bool refused;     /* its MODSEQ is above what UNCHANGEDSINCE said */
    bool has_flags, has_size, has_date, has_header;
    unsigned flags;
    uint32_t uid;     /* in the target */
    uint32_t came_as; /* ... that has another UIDVALIDITY than it should: job.came_to */
    uint64_t size, modseq;
    int64_t date;
    unsigned char header[DIGEST_SIZE]; /* where it is asked for */
};

struct job {
    size_t index, first, count;    /* changes[index].uids[first ...] */
    uint64_t modseq;               /* HIGHESTMODSEQ of the SELECT */
    bool selected, read;           /* begin went well */
    bool deleted, only_ours;       /* \Deleted was set; nobody else's is there */
    bool overtaken;                /* another client has given one of them other flags since */
    bool sent;                     /* the change itself was */
    bool expunged, proven;         /* answered OK: the change, the look afterwards */
    uint32_t proof_select;         /* number of the SELECT before that look */
    bool reselected, empty;        /* it found the same mailbox, with nothing in it */
    bool displaced;                /* ... or another one under its name */
    uint32_t given_below;          /* copy: the target's UIDNEXT after it; 0: not said */
    uint32_t came_to;              /* the target's UIDVALIDITY, where that is another one than it should be */
    bool unread;                   /* an answer about a message could not be read: what was not told is not gone */
    bool unable;                   /* UID EXPUNGE was refused for no reason: the server can't do it */
    bool unlooked;                 /* the look was answered BAD: the server can't be asked about what is gone */
    bool again;                    /* a second try, the plain way */
    bool took_off;                 /* move, copy: the STORE that takes \Deleted off is answered */
    bool takes_off;                /* a STORE that is to take \Deleted off is not answered OK yet */
    bool give_up;                  /* outcome holds for all that were allowed */
    struct remote_outcome outcome; /* of what was asked for, if it was refused */
    bool refused;
    struct item items[JOB_MAX];
};

struct changing {
    struct imap *imap;
    enum change_kind kind;
    const struct remote_change *changes;
    size_t count;
    const struct remote_changer *to;
    void *context;
    struct error *err;

    struct job jobs[2];
    struct job late;                /* a second try for those that UNCHANGEDSINCE refused; count 0: there is none */
    struct job *beginning, *ending; /* whose commands are in flight; either may be NULL */
    bool elsewhere;                 /* another mailbox was selected since the begin */
    struct selection selection;
    uint32_t listed, last_listed; /* messages of a listing, as observe.c counts them */
    struct digest *digest;        /* of a header; NULL: none is asked for */
    struct lines_grow grow;       /* that of a file is of its wire form, in which every LF has its CR */
    bool begun;                   /* one came in the answer that is being read */
    uint32_t keywords_uid;        /* whose keywords these are */
    char keywords[KEYWORDS_MAX + 1];
};

/** The UIDs of a job. */
static inline const uint32_t *
job_uids(const struct changing *changing, const struct job *job)
{
    return changing->changes[job->index].uids + job->first;
}
/** Operation callbacks: a header that is read again. */
bool change_header(void *self, uint32_t uid, struct text section, uint64_t size, bool *wanted);
bool change_header_data(void *self, const void *bytes, size_t len);
/** Operation callbacks: untagged and tagged answers to the job that begins and the job that ends. */
bool change_untagged(void *self, const struct response *response, const struct command *oldest);
bool change_answered(void *self, const struct command *command, const struct response *response);
/** Tell the caller what became of every message of a job. @return false: the caller says no */
bool change_report(struct changing *changing, const struct job *job);

#endif
