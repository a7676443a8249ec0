/* Which file is which message of the server. */
#ifndef SYNC_MATCH_MATCH_H
#define SYNC_MATCH_MATCH_H

#include "sync/run/run.h"

/**
 * Digests of new files, pairs inside each mailbox; but where its folder is to be read again: a new file there may be a known one's new name. (A dry
 * run looks once, and pairs them.)
 */
bool identify(struct run *run);

#endif
