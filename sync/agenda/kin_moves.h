/* Files that a mail reader moved or rewrote with lines of its own: neomutt's save writes Content-Length and Lines, a label edit X-Label. */
#ifndef SYNC_AGENDA_KIN_MOVES_H
#define SYNC_AGENDA_KIN_MOVES_H

#include "sync/agenda/agenda.h"

/**
 * Of a plan, after files were paired by their bytes: what vanished here, and is on the server still, is compared with what is new here as
 * sync/match/related.h says. The server's message moves as it is; both sides keep their bytes.
 */
MUST_CHECK bool kin_moves(struct run *run, struct agenda *agenda);

#endif
