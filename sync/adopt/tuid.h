/* The line that mbsync writes into each copy that it makes: "X-TUID: " and twelve letters, as the last of the header. */
#ifndef SYNC_ADOPT_TUID_H
#define SYNC_ADOPT_TUID_H

#include "store/base/digest.h"

#define TUID_HEADER_MAX (256 * 1024) /* bytes of a header that are looked at */

/**
 * The header that the copy was made of.
 *
 * @param header  bytes of the block in wire form, with its empty line; what follows it is not looked at
 * @param digest  [out] of the block without the line, as struct digests.header
 * @return false: it has no such line or several, does not end, or OpenSSL failed
 */
bool tuid_header_without(struct text header, unsigned char digest[static DIGEST_SIZE]);

#endif
