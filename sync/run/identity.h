/* One Maildir, one state folder: a random identity stands in the journal and in the mark, and both must say the same. */
#ifndef SYNC_RUN_IDENTITY_H
#define SYNC_RUN_IDENTITY_H

#include "sync/run/run.h"

/** run->state: as the journal has it, or a new one that is not stored yet. */
MUST_CHECK bool identity_learn(struct run *run);
/** Inside a transaction. A journal that takes a mark over remembers whose it was: a crash, or a backup, may bring that mark back. */
MUST_CHECK bool identity_store(struct run *run);
/**
 * Is the mark that was read this state folder's, or that of one that it took over, or an earlier version's?
 * @return false: another's, and run->err says whose and what to do; or the journal failed
 */
MUST_CHECK bool identity_check(struct run *run);
/** Put this state folder's identity into the mark that is written next. */
void identity_sign(struct run *run);
/** The mark is this run's own but for the state folder in it: written again with the same numbers. Not in a dry run. */
MUST_CHECK bool identity_adopt(struct run *run);
/** 128 random bits as hex. */
MUST_CHECK bool identity_random(struct run *run, char out[static 33]);

#endif
