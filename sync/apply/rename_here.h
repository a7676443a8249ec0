/*
 * Folders of mailboxes that have another name on the server now: each row with a goal gets its folder moved there, with all below it. Its messages'
 * rows stay what they are, so nothing is fetched, and nothing counts as gone.
 *
 *   mark | C{intent} | parents durable | rename, never over anything | both parents durable | C{folder of it and of all below, intent gone}
 *
 * A folder that stands where another one is to go, and goes elsewhere itself, makes way first; of a circle one goes to a temporary name, and so does
 * what is to stand below its own old name. What is carried along in its parent and was to stay gets its own place for a goal, and comes back.
 * What stands in the way and is no mailbox's that moves is left alone: both names are said, and the next run tries again.
 *
 * After a crash the intent tells: where one of the two is there the move is finished or done anew; where both are, the one with the folder's time of
 * birth is it, or the one with the temporary name, or else everything in it is paired anew and nothing of it counts as removed.
 */
#ifndef SYNC_APPLY_RENAME_HERE_H
#define SYNC_APPLY_RENAME_HERE_H

#include "sync/run/run.h"

/** Before the folders are listed: what a run that was cut off had begun. */
MUST_CHECK bool rename_here_recover(struct run *run);
/** Once the server has said which mailbox is which. A dry run says what it would do. */
MUST_CHECK bool rename_here(struct run *run);

#endif
