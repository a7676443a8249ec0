/*
 * Two files of one base name in one folder: a mail reader copied within the folder, or was cut off between link and unlink.
 * They are noted while the folders are listed and told apart after that was committed.
 */
#ifndef SYNC_APPLY_NAMESAKES_H
#define SYNC_APPLY_NAMESAKES_H

#include "sync/observe/observe.h"

/** Tell apart what was noted. No transaction is under way. */
MUST_CHECK bool namesakes_split(struct run *run, const struct namesakes *twins);

#endif
