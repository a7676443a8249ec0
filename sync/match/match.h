/* Which file is which message of the server. */
#ifndef SYNC_MATCH_MATCH_H
#define SYNC_MATCH_MATCH_H

#include "sync/run/run.h"

/**
 * Digests of new files, pairs inside each mailbox.
 *
 * @param all  also where the folder is to be read again: a new file there may be one that is known, under another name
 */
bool identify(struct run *run, bool all);

#endif
