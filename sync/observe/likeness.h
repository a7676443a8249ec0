/*
 * Is a mailbox of the server one that the journal knows under another name? Told by its mail: renamed_mail.h says what that proves.
 */
#ifndef SYNC_OBSERVE_LIKENESS_H
#define SYNC_OBSERVE_LIKENESS_H

#include "sync/observe/renamed.h"

#define LIKENESS_SAMPLES 4 /* headers of each */

struct likeness_sample {
    uint32_t uid; /* 0: none */
    bool known;   /* the server's is known, so that another one is another message; else it is the file's */
    unsigned char header[DIGEST_SIZE];
};

struct likeness {
    struct mailbox *row;
    struct renamed_item *item;
    const struct renamed_item *namesake; /* has the row's old name; NULL: none has */
    bool left_out;                       /* the row can't have this name here */
    uint64_t all;                        /* messages of the row, where the old name is gone; else 0 */
    /* what the look finds out */
    bool wrong;   /* a message is another one, or they can't be compared */
    bool refused; /* ... for the server does not show them: why is in the row's `perhaps` */
    bool same;    /* a header is the one that is known: without `wrong` it is that mailbox */
    /* for likeness.c alone, while it looks */
    bool anew; /* it has another UIDVALIDITY */
    uint32_t uidvalidity;
    uint32_t left;                                    /* so many more it is to list */
    uint64_t found;                                   /* so many messages of the row are there */
    size_t known;                                     /* messages whose header is known from the server */
    size_t others;                                    /* ... from their file alone */
    struct likeness_sample samples[LIKENESS_SAMPLES]; /* the last ones of these */
    struct likeness_told *told;                       /* what it lists under another UIDVALIDITY */
    size_t told_count, told_size;
};

/** All of them are listed, in one turn; then some headers are read, in another one. likeness_free even if it fails. */
MUST_CHECK bool likeness_look(struct run *run, struct likeness *pairs, size_t count);
/** What likeness_look put into them; the array is the caller's. */
void likeness_free(struct likeness *pairs, size_t count);

#endif
