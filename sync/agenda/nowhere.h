/* What is to be sent because no mailbox has it any more: is that so, or is it under way between two of them? */
#ifndef SYNC_AGENDA_NOWHERE_H
#define SYNC_AGENDA_NOWHERE_H

#include "sync/run/run.h"

/**
 * After the moves were found. Where something rests on it, the server is asked whether the lists of all mailboxes hold at one moment; where they do
 * not, run->overtaken: nothing is nowhere then.
 */
MUST_CHECK bool nowhere_prove(struct run *run, const struct agenda *agenda);

#endif
