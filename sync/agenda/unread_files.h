/* Files here that can't be read, and may be what is missing elsewhere. */
#ifndef SYNC_AGENDA_UNREAD_FILES_H
#define SYNC_AGENDA_UNREAD_FILES_H

#include "sync/agenda/agenda.h"

/**
 * What vanished here and may be such a file, by its base name or its size, waits for as long as that can't be read: its message is neither removed on
 * the server, where it may be the only copy that anybody can read, nor fetched once more. After agenda_moves, outside of a transaction.
 */
MUST_CHECK bool agenda_unread_files(struct run *run, struct agenda *agenda);

#endif
