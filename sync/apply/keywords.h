/*
 * Keywords that the user set or took off (golub keyword), to the server:
 *
 *     C{wish} by the command ‖ SELECT; size and date of each message as its row has them ‖ UID STORE ±FLAGS.SILENT (one keyword) ‖
 *     FETCH of what the server then shows ‖ C{what it showed; the wish is over}
 *
 * No intent: a STORE can be sent again. What ends a wish is that the server shows it, never an OK. A wish belongs to a file: where that went
 * elsewhere meanwhile it is found by its bytes, and a UID that is another message's by now gets nothing.
 */
#ifndef SYNC_APPLY_KEYWORDS_H
#define SYNC_APPLY_KEYWORDS_H

#include "sync/run/run.h"

/** Send what is due. In a dry run it is said. */
MUST_CHECK bool apply_keywords_there(struct run *run);
/** At the end of the run: one that is still to be sent is not in sync. */
void keywords_end(struct run *run);

#endif
