/*
 * Files that moved here, and the journal does not know that they ever were where they came from.
 *
 * A journal that is older than the Maildir: what is missing is fetched again, since nothing is removed until both are of one run, and a file
 * that moved would be in both places. Where the bytes of a known message that is missing, and is on the server where it was, are new in another
 * folder, it waits as one that vanished here: the next run sees the move.
 *
 * A run that was killed between a delivery and its commit: the file has its name, and no row has it. Where it has been moved before the next
 * run, the name says which message of another mailbox it was fetched for; its body, which is read for that, proves it.
 */
#ifndef SYNC_AGENDA_MOVED_SINCE_H
#define SYNC_AGENDA_MOVED_SINCE_H

#include "sync/agenda/agenda.h"

/** Of a plan, before anything in it is paired: those that moved are neither fetched nor sent in this run. */
MUST_CHECK bool moved_since(struct run *run, struct agenda *agenda);
/** Of a plan, after that: what was delivered without a commit and moved vanished here, for the next plan. */
MUST_CHECK bool moved_before_commit(struct run *run, struct agenda *agenda);

#endif
