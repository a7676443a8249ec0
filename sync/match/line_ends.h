/* A server that adds an empty line, or several, at the end of each message that it is given. */
#ifndef SYNC_MATCH_LINE_ENDS_H
#define SYNC_MATCH_LINE_ENDS_H

#include "sync/match/meeting.h"

/**
 * Of what is left: kin headers over bodies that differ by nothing but line ends at their end. One or two such pairs are messages of their own; three,
 * each another message, whose longer one is always the server's, say what that server does: then each is one message in other bytes. Inside a
 * transaction.
 */
MUST_CHECK bool line_ends_join(struct meeting *meeting);

#endif
