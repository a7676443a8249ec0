/* What goes along with a message to another place: flags, and the keywords that a COPY takes along and an APPEND in its place would leave behind. */
#ifndef SYNC_ROWS_CARRIED_H
#define SYNC_ROWS_CARRIED_H

#include "sync/run/run.h"

/** The file's row takes the UID that its message has in the new place: flags of a move, or of a copy, which has others until it is seen. */
void carried_flags(const struct journal_message *source, struct journal_message *target, bool move);
/**
 * A file is about to be sent that no UID stood for: where it is a copy of a message, or was one that is gone, it brings the keywords of that. Saves nothing.
 * @param source  the row that it was to be a copy of; 0: none is known
 */
MUST_CHECK bool carried_keywords(struct run *run, struct journal_message *message, int64_t source);
/** A file is about to be a copy of this message there, or it itself in another place: it brings its keywords, also if it is sent in the end. @return it changed */
bool carried_take(struct journal_message *message, const struct journal_message *source);

#endif
