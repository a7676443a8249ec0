/*
 * Sets of UIDs as commands carry them: ascending, runs as ranges, never longer than a command line may be (RFC 7162
 * section 4 says about 8000 bytes; some servers answer BAD to a descending set).
 */
#ifndef STORE_IMAP_SEQSET_H
#define STORE_IMAP_SEQSET_H

#include "store/base/text.h"

/**
 * Append as many UIDs as fit into `max` bytes, from the first on.
 * @param uids  ascending, each once
 * @return how many were written; 0 only if count is 0 or the buffer refused
 */
size_t seqset_add(struct buffer *to, const uint32_t *uids, size_t count, size_t max);
/** Is the UID among these (ascending)? @param at [out] where; may be NULL */
bool seqset_find(const uint32_t *uids, size_t count, uint32_t uid, size_t *at);

#endif
