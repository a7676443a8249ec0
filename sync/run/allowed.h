/*
 * The configuration let no removal go to a side, and lets them go now. What was kept back until then, perhaps for years, is no removal that
 * anybody decides about today: it is held, however little it is, until somebody says so. --pull and --push of one run are no such change. The same
 * holds for mailboxes that go as a whole. A mailbox that stays unreadable meanwhile is remembered: what it kept back is held when it can be read.
 */
#ifndef SYNC_RUN_ALLOWED_H
#define SYNC_RUN_ALLOWED_H

#include "sync/run/run.h"

/** Before anything is planned: what the last runs had, and what is new (run->newly_allowed). What is forbidden from now on is written down. */
MUST_CHECK bool allowed_begin(struct run *run);
/** Is a removal in this mailbox that goes to that side one that was not let go until now? */
bool allowed_newly(const struct run *run, const struct mailbox *mailbox, enum mailbox_side side);
/** The same of the mailbox as a whole. */
bool allowed_newly_whole(const struct run *run, const struct mailbox *mailbox, enum mailbox_side side);
/** A run that did all that is configured: what was new has been held. */
MUST_CHECK bool allowed_end(struct run *run);

#endif
