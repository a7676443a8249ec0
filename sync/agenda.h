/* What there is to do in a run; see run.h for the calls that the engine makes. Here is what the parts of it share. */
#ifndef SYNC_AGENDA_H
#define SYNC_AGENDA_H

#include "sync/run.h"

/** The planner's view of a row. */
struct plan_message agenda_input(const struct mailbox *mailbox, const struct journal_message *message);
/** One more thing to do; agenda_sort after the last one. */
MUST_CHECK bool agenda_add(struct run *run, struct agenda *agenda, const struct todo *todo);
/** By mailbox, UID and row. */
void agenda_sort(struct agenda *agenda);
/** Nothing is done in it in this run, asked for or not. */
bool agenda_is_closed(const struct mailbox *mailbox);

#endif
