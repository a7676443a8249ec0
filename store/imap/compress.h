/*
 * COMPRESS=DEFLATE (RFC 4978): when it is asked for. The command must stand alone, so it costs a turn, and the processors of both sides: it is
 * worth that on a line that is slower than they are, and where much is still to come. How slow the line is shows in what is moved first.
 */
#ifndef STORE_IMAP_COMPRESS_H
#define STORE_IMAP_COMPRESS_H

#include "store/imap/client.h"

/** A line begins, logged in, its capabilities are known: where the configuration says so it is compressed from here on. */
MUST_CHECK bool compress_open(struct imap *imap, struct error *err);
/** The answer to the command; during a run of the queue. @return false: imap->queue.err is filled in */
MUST_CHECK bool compress_answered(struct imap *imap, const struct response *response);
/** The line is given up: was it for its compression? Then the next one, of a later run too, goes without. */
void compress_end(struct imap *imap);
/** `expect` of remote.h. */
bool imap_expect(void *remote, uint64_t bytes, uint64_t *first, struct error *err);

#endif
