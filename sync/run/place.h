/* Is the tree the one that golub left, or a copy of it, or one out of a backup? See place.c. */
#ifndef SYNC_RUN_PLACE_H
#define SYNC_RUN_PLACE_H

#include "sync/run/run.h"

/** The mark was read and is that of the last run of this journal: is its file the one that golub wrote? */
MUST_CHECK bool place_check_mark(struct run *run);
/** The mark was written: what its file is known by from now on. Inside the transaction that stores its numbers. */
MUST_CHECK bool place_store_mark(struct run *run);
/**
 * After the survey has looked at the folders (mailbox->stamp): which of them are not the ones that golub left? Those
 * are listed.
 */
MUST_CHECK bool place_survey(struct run *run);
/** *is: the folder was born when that of the mailbox was, as far as the journal and the file system tell. So it is that one, wherever it stands. */
MUST_CHECK bool place_is_of(struct run *run, const struct mailbox *mailbox, const char *folder, bool *is);
/** At the end of a run that succeeded: what was to be held is held. */
MUST_CHECK bool place_close(struct run *run);
/** Birth times of this journal's root or mark changed in two runs on end: they say nothing on this file system. */
MUST_CHECK bool place_is_restless(struct journal *journal, bool *restless, struct error *err);

#endif
