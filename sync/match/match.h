/* Which file is which message of the server. */
#ifndef SYNC_MATCH_MATCH_H
#define SYNC_MATCH_MATCH_H

#include "sync/run/run.h"

bool identify(struct run *run); /* digests of new files, pairs inside each mailbox */

#endif
