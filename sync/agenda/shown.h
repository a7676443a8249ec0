/* What held messages are, for the person who is to judge them: From, Date and Subject of the first few of each mailbox. */
#ifndef SYNC_AGENDA_SHOWN_H
#define SYNC_AGENDA_SHOWN_H

#include "sync/run/run.h"

/**
 * At the end of a run: write down what the first held messages of each mailbox are, as far as it is not known, and the headers of those that another
 * program's state says were removed here: under a new UIDVALIDITY nothing else says which they are. Of a file that is read here, of
 * a message that only the server has in one turn a mailbox. What can't be read is left out: nothing rests on it.
 * @return false: the journal failed; err says why
 */
MUST_CHECK bool shown_note(struct run *run);

#endif
