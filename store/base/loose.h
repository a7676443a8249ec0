/*
 * Is this header that header, but for its folding and for what a program that fetches mail writes into it? getmail gives each line that is long
 * new folds, so that no line of it is what it was; it, mpop and fetchmail put a Received line of their own on top, also where there was none.
 * So blanks and line ends of a line do not count, nor do the lines that programs are known to add (store/base/kin.h), nor of the Received lines
 * any but the oldest one that is no fetching program's. It says less than kin, and nothing about bodies.
 *
 * Order of calls: loose_new, then for each message any number of loose_add (the header block, split anywhere) and one loose_finish.
 */
#ifndef STORE_BASE_LOOSE_H
#define STORE_BASE_LOOSE_H

#include "store/base/digest.h"

struct loose_reader;

/** @return NULL: out of memory, or OpenSSL failed */
struct loose_reader *loose_new(void);
/** Bytes of the header block, as on the wire or as in a file; what follows its empty line is ignored. @return false: OpenSSL failed */
MUST_CHECK bool loose_add(struct loose_reader *reader, const void *bytes, size_t len);
/** What was added since the last finish; the reader is ready for the next message. */
MUST_CHECK bool loose_finish(struct loose_reader *reader, unsigned char digest[static DIGEST_SIZE]);
/** NULL-safe. */
void loose_free(struct loose_reader *reader);

#endif
