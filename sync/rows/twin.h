/* The same message, whole, in another place: nothing is lost by removing this one. */
#ifndef SYNC_ROWS_TWIN_H
#define SYNC_ROWS_TWIN_H

#include "sync/run/run.h"

/**
 * Is there another message with these bytes that is on both sides in this run, and not about to be removed itself (by `expunge`, or because one
 * side lost it)?
 */
MUST_CHECK bool twin_stays(struct run *run, const struct journal_message *message, bool *stays);
/** Likewise, of this mailbox alone. @param uid  [out] the UID of one; 0: there is none */
MUST_CHECK bool twin_stays_in(struct run *run, const struct journal_message *message, const struct mailbox *mailbox,
                              uint32_t *uid);
/**
 * What is left of a move (FACT_MOVED): does its message stand where it went, also in other bytes, or did it go into the Trash from there; or does another
 * one with these bytes stay?
 */
MUST_CHECK bool twin_of_moved(struct run *run, const struct journal_message *message, bool *stays);
/** The same in another mailbox, and its file has the name that the file of this one had: that one moved, whatever is known of the move. */
MUST_CHECK bool twin_has_file(struct run *run, const struct journal_message *message, bool *has);
/** Is there perhaps one in a mailbox that was not looked at in this run, or does what is left of a move wait for its message there? */
MUST_CHECK bool twin_is_unseen(struct run *run, const struct journal_message *message, bool *unseen);
/** As twin_stays, and this one moved to a folder that is gone here since, so that nothing more comes of the move. @param place  where it moved to */
MUST_CHECK bool twin_of_lost_move(struct run *run, const struct journal_message *message, const struct mailbox *place,
                                  bool *stays);

/**
 * How many files have these bytes, or had them and are gone? What is on the server alone counts for nothing, nor does a new file that is gone before
 * it was sent.
 */
MUST_CHECK bool twin_count_files(struct run *run, const unsigned char wire[static DIGEST_SIZE], size_t *files);

#endif
