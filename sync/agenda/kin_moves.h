/* Files that a mail reader moved or rewrote with lines of its own: neomutt's save writes Content-Length and Lines, a label edit X-Label. */
#ifndef SYNC_AGENDA_KIN_MOVES_H
#define SYNC_AGENDA_KIN_MOVES_H

#include "sync/agenda/agenda.h"

/**
 * Of a plan, after files were paired by their bytes: what vanished here, and is on the server still, is compared with what is new here as
 * sync/match/related.h says. The server's message moves as it is; both sides keep their bytes.
 */
MUST_CHECK bool kin_moves(struct run *run, struct agenda *agenda);
/**
 * The same before moves between mailboxes are told, and inside of each mailbox that was away alone: its message would come again beside the file
 * that was moved out of it with other lines, and back.
 */
MUST_CHECK bool kin_back(struct run *run, struct agenda *agenda);

#endif
