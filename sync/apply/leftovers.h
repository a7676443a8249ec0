/* What a run could have done and did not do. */
#ifndef SYNC_APPLY_LEFTOVERS_H
#define SYNC_APPLY_LEFTOVERS_H

#include "sync/run/run.h"

#define LEFTOVERS_WHY 400 /* bytes of a reason */

/** Count it: then the run is partial, and its exit status says so. Removals that wait for a mailbox are written down with their reason. */
MUST_CHECK bool leftovers_count(struct run *run);
/**
 * May what was removed on the other side be removed on this one in this run?
 *
 * @param from  it stands in this mailbox; NULL: asked for the whole account
 * @param why   [out] if not: the reason in words for people, with the mailbox that it is about where it is one
 */
bool leftovers_removals_wait(const struct run *run, enum mailbox_side side, const struct mailbox *from,
                             char why[static LEFTOVERS_WHY]);

#endif
