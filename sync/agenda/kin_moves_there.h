/* Messages that moved on the server between another program's last run and golub's first. */
#ifndef SYNC_AGENDA_KIN_MOVES_THERE_H
#define SYNC_AGENDA_KIN_MOVES_THERE_H

#include "sync/run/run.h"

/**
 * A file whose message that program knew under a UID that is gone (FACT_ADOPTED), and a UID that is new elsewhere: they are one where their headers are
 * kin, no other is, and the sizes say that nothing else differs. Bodies are read where the header may be that of many messages, or several are kin.
 */
MUST_CHECK bool kin_moves_there(struct run *run, struct agenda *agenda);

#endif
