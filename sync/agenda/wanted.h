/* What one side lost and the other one changed in a way that says: I want it. See wanted.c. */
#ifndef SYNC_AGENDA_WANTED_H
#define SYNC_AGENDA_WANTED_H

#include "sync/agenda/agenda.h"

/** After the moves were found, before anything is done: which of those survivors come back, and which are somewhere else. */
MUST_CHECK bool agenda_wanted(struct run *run, struct agenda *agenda);
/** Say which messages were moved to one place here and to another on the server: they stay in both. */
void agenda_say_two_places(struct run *run, const struct agenda *agenda);

#endif
