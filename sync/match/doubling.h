/* Would a mailbox that is paired for the first time, or anew, be doubled? */
#ifndef SYNC_MATCH_DOUBLING_H
#define SYNC_MATCH_DOUBLING_H

#include "sync/match/meeting.h"

/**
 * After all pairs were found: count what would go both up and down under one Message-ID. Where that is more than ten and more than a tenth of the
 * smaller side, mailbox->doubled says so, and mailbox->examples shows three. Inside a transaction.
 */
MUST_CHECK bool doubling_judge(struct meeting *meeting);

#endif
