/* The guard against doubling: what a first meeting, or a new pairing, would add to both sides waits for the user's word. */
#ifndef SYNC_AGENDA_DOUBLED_H
#define SYNC_AGENDA_DOUBLED_H

#include "sync/run/run.h"

/**
 * In a mailbox that would be doubled (mailbox->doubled) everything that is new on either side is held as one list; what an earlier run held so is
 * held again. Where the user gave his word it goes both ways, or is set apart.
 */
MUST_CHECK bool agenda_doubled(struct run *run, struct agenda *agenda);

#endif
