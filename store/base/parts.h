/*
 * Is this body that body, but for how the headers of its parts are folded? getmail gives each header line that is long new folds, those inside a
 * multipart body and of an attached message, too. So the line ends before a continuation and the blanks that a value begins with do not count,
 * nor does an empty line right behind the last boundary of a body, where getmail writes one. Each other byte does, those of texts and of
 * attachments all; of a line end CR LF is LF, for a file may have either.
 *
 * Where parts begin say the boundaries of Content-Type, from the message's own header on. What is deeper or longer than the limits here is text.
 *
 * Order of calls: parts_new, then for each message any number of parts_add (the whole message, split anywhere) and one parts_finish.
 */
#ifndef STORE_BASE_PARTS_H
#define STORE_BASE_PARTS_H

#include "store/base/digest.h"

struct parts_reader;

/** @return NULL: out of memory, or OpenSSL failed */
struct parts_reader *parts_new(void);
/** Bytes of the message, as on the wire or as in a file. @return false: OpenSSL failed */
MUST_CHECK bool parts_add(struct parts_reader *reader, const void *bytes, size_t len);
/**
 * What was added since the last finish; the reader is ready for the next message.
 *
 * @param digest [out] of the body; it is never that of the bytes alone
 * @param any    [out] false: no part has a header, and the digest is none of the body
 */
MUST_CHECK bool parts_finish(struct parts_reader *reader, unsigned char digest[static DIGEST_SIZE], bool *any);
/** NULL-safe. */
void parts_free(struct parts_reader *reader);

#endif
