/*
 * Names that go round on the server are given one by one, and the first mailbox has a name of this account's own meanwhile. Where a run dies in the
 * midst, and a Maildir of before is put back, those that have their new names wait here for folders in which others stand, and the one between two names
 * waits for a name that nobody gives up any more. Nobody wants the new names now: each gets back the one that its folder has.
 */
#ifndef SYNC_OBSERVE_TURNED_BACK_H
#define SYNC_OBSERVE_TURNED_BACK_H

#include "sync/run/run.h"

/** After the names of the list are known, before folders move and once it is known whose they are. In the journal, too; not in a dry run. In no transaction. */
MUST_CHECK bool turned_back_find(struct run *run);

#endif
