/* New files here whose message stood in another folder when that was listed, and does not any more. */
#ifndef SYNC_AGENDA_LEFT_SINCE_H
#define SYNC_AGENDA_LEFT_SINCE_H

#include "sync/agenda/agenda.h"

/**
 * Folders are not read at one instant: a file that was moved between two of them stands in both, and looks like a copy, which would be sent to the server.
 * So the other file is looked for once more. Where it has gone, its folder is read again before anything is sent; where that folder can't be read, or never
 * rests, the new file waits, and says so: for one that can't be read until the next run, which sees the move, and no longer. After agenda_moves, outside of a
 * transaction.
 */
MUST_CHECK bool agenda_left_since(struct run *run, struct agenda *agenda);

#endif
