/* Has another message of the account this header, to the last byte? Then what it says is true of both, and only a body tells them apart. */
#ifndef SYNC_MATCH_ALIKE_H
#define SYNC_MATCH_ALIKE_H

#include "sync/base/id_set.h"
#include "sync/run/run.h"

struct alike {
    const unsigned char *header; /* its digest, DIGEST_SIZE bytes of the caller's */
    uint64_t size;               /* there: of one whose header nobody read, the size says whether it may be that */
    bool any;                    /* [out] */
};

/**
 * All rows are gone through once, however many are asked for.
 *
 * @param but  rows that count for none of them
 * @return false: run->err
 */
MUST_CHECK bool alike_find(struct run *run, struct alike *at, size_t count, const struct id_set *but);

#endif
