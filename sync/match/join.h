/* Two halves of a meeting become one row. */
#ifndef SYNC_MATCH_JOIN_H
#define SYNC_MATCH_JOIN_H

#include "sync/match/meeting.h"

/**
 * The file's row takes the UID, and what the server showed of it; both are paired from then on. Inside a transaction.
 *
 * @param facts  what the pair rests on: 0 the bytes of both; FACT_BY_HEADER its header alone; FACT_FOREIGN the two differ in bytes, and what is
 *               known of the file's body (half.kinship) is written down; both together: differ, and their bodies were not compared
 */
MUST_CHECK bool join_halves(struct meeting *meeting, struct half *file, struct half *uid, unsigned facts);

#endif
