/* Which mailboxes keep their names there, though their folders were renamed here, and why: what rename_there.h says of what may not go up. */
#ifndef SYNC_APPLY_RENAME_KEPT_H
#define SYNC_APPLY_RENAME_KEPT_H

#include "sync/run/run.h"

/**
 * It stays in sync as it is, under its name there, in this run (`stuck`). People are told, and unless the policy says so it counts as not done.
 *
 * @param why  for people; begins in small letters
 */
MUST_CHECK bool rename_keep_back(struct run *run, struct mailbox *mailbox, enum journal_pending_kind kind,
                                 const char *why);
/** Something at or below it that must not be renamed; NULL: nothing is. */
const char *rename_find_forbidden(const struct run *run, const struct mailbox *mailbox,
                                  char why[static LIMIT_MAILBOX_NAME + 100]);
/** Does anything keep it back that is known beforehand? Then that is said, and the mailbox stuck. @return false: the run must end */
MUST_CHECK bool rename_may(struct run *run, struct mailbox *mailbox);

#endif
