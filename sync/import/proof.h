/* Is the message on the server the one that is here? */
#ifndef SYNC_IMPORT_PROOF_H
#define SYNC_IMPORT_PROOF_H

#include "sync/import/private.h"

struct arrival;
struct seen;

/** Is it so little that the answer must have been cut? Nothing told: no. */
bool is_far_short(uint64_t bytes, uint64_t listed);
/** Did so many bytes make the whole message? @return false: it is to be read once more; its row says so and why */
bool fetch_is_whole(struct import *import, struct arrival *arrival, uint64_t bytes);
/** Did it come with fewer bytes than LIST says, and other bytes since? Then two of three readings that are equal prove nothing. */
bool proof_is_doubted(const struct journal_pop *row);
/**
 * Without TOP: does nothing but the bytes that a number gave say that they are its message's, and the sizes that they are another's? They came in
 * another number than LIST says of it, and in the very one that it says of another, on a server whose sizes are right as often as not.
 */
MUST_CHECK bool proof_is_anothers(struct import *import, const struct journal_pop *row, uint32_t number,
                                  bool *anothers);
/** Did the server give bytes without end when it was read before its removal? Then it is not read again. */
bool proof_has_no_end(const struct journal_pop *row);
/** Did less come than LIST says, no body, and now more of a header that is not the very same: what came is the beginning of that? */
bool proof_is_beginning(const struct journal_pop *row, const struct seen *seen);
/** Is such a shortfall this server's way of counting? */
MUST_CHECK bool proof_is_usual(struct import *import, uint64_t size, uint64_t listed, bool *usual);
/** Its bytes came a second time: they are all there is, however many LIST says. */
MUST_CHECK bool proof_is_all(struct import *import, struct journal_pop *row);
/** Read the body again of messages whose header is right and does not prove the body (import/proof.c); what is the same may be removed. */
bool proof_bodies(struct import *import, const uint32_t *numbers, struct journal_pop *rows, size_t count);

#endif
