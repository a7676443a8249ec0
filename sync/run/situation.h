/* May this run touch anything? See situation.c. */
#ifndef SYNC_RUN_SITUATION_H
#define SYNC_RUN_SITUATION_H

#include "sync/run/run.h"

bool situation_check(struct run *run);     /* root, mark, meta: may this run touch anything? */
bool situation_know_past(struct run *run); /* all names of a restored Maildir were read; inside a transaction */
bool situation_mark(struct run *run);      /* write the mark, before the first commit of mail; inside no transaction */
bool situation_mark_commit(struct run *run); /* store the mark's numbers in the journal, inside that first commit */
/**
 * Both of these, around the beginning of a transaction: for what changes which folder or name a mailbox has, or what both sides agree on. A Maildir of before
 * it would be read as the wish to undo it.
 */
MUST_CHECK bool situation_begin(struct run *run);

/** What is said where the mark is in the root and the journal that wrote it is gone. */
#define SITUATION_JOURNAL_LOST "the journal was lost; what was deleted meanwhile comes back"
/**
 * At a first meeting, once nothing stands in its way (the server's list has come, and fits the tree): the journal takes the account, its root and
 * layout over. Until then it knows nothing, so that the configuration may still change.
 */
MUST_CHECK bool situation_meet(struct run *run);

#endif
