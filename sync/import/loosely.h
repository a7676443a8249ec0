/*
 * Headers of lines that no row knows of, as import/meeting.c meets them: which of them is a file's whose header a fetching program folded anew
 * or put a Received line on, so that it is kin of none? Where several are like it and are not the same header, none is.
 */
#ifndef SYNC_IMPORT_LOOSELY_H
#define SYNC_IMPORT_LOOSELY_H

#include "sync/import/private.h"
#include "sync/import/seen.h"

struct loosely;

/** @return NULL: out of memory */
struct loosely *loosely_new(void);
/** NULL-safe. */
void loosely_free(struct loosely *loosely);
/** A line's header, as TOP showed it; journal_listing_top has it, too. */
MUST_CHECK bool loosely_add(struct import *import, struct loosely *loosely, uint32_t number, const struct seen *seen);
/**
 * The header of the lines that a file is of although it is not kin of them.
 *
 * @param header [out] what journal_listing_top_of says of it
 * @param found  [out] false: of none, or of nobody knows which
 */
MUST_CHECK bool loosely_find(struct import *import, struct loosely *loosely, const struct seen *seen,
                             struct journal_pop *header, bool *found);

#endif
