/* The same message, whole, in another place: nothing is lost by removing this one. */
#ifndef SYNC_ROWS_TWIN_H
#define SYNC_ROWS_TWIN_H

#include "sync/run/run.h"

/**
 * Is there another message with these bytes that is on both sides in this run, and not about to be removed itself (by `expunge`, or because one
 * side lost it)?
 */
MUST_CHECK bool twin_stays(struct run *run, const struct journal_message *message, bool *stays);
/** The same, and this one moved to a folder that is gone here since, so that nothing more comes of the move. @param place  where it moved to */
MUST_CHECK bool twin_of_lost_move(struct run *run, const struct journal_message *message, const struct mailbox *place,
                                  bool *stays);

#endif
