/* Which halves of one mailbox may be paired. */
#ifndef SYNC_MATCH_GATHER_H
#define SYNC_MATCH_GATHER_H

#include "sync/match/meeting.h"

/** Collect all halves of the mailbox; UIDs only if there are files that they may be. @return false: meeting->run->err */
MUST_CHECK bool gather_halves(struct meeting *meeting);

#endif
