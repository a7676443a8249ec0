/*
 * UIDs that were given again. A server that came back from a backup gives UIDs a second time, under the old UIDVALIDITY. A message of another
 * size or date is noticed by that when it is looked at; one of the same size and date is not, and it may never have come here.
 */
#ifndef SYNC_MATCH_GIVEN_AGAIN_H
#define SYNC_MATCH_GIVEN_AGAIN_H

#include "sync/run/run.h"

/**
 * Before messages are removed, moved or get \Deleted there: the header of each of them (of 1,024 in a mailbox; of more, of so many that lie evenly among them) is read, and the body of the last one in a mailbox whose
 * header is another one. If that is another message, nothing of this is done in its mailbox, which is paired anew (run->replan). A turn in passes that
 * do such a thing; the body costs one more, only then, and where it differs, too, a third: a server that makes bytes anew says nothing by them.
 * So is what given_again_doubt told of. Not inside a transaction.
 *
 * @param removals  before those; else before moves and \Deleted
 */
MUST_CHECK bool given_again_read(struct run *run, struct agenda *agenda, bool removals);
/** Does the header of its message tell whether it is still the row's, and is that to be asked in this run? */
bool given_again_tells(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message);
/** It was told in passing, by another header, of what was to be copied: it is no source, until the next given_again_read has judged it. */
MUST_CHECK bool given_again_doubt(struct run *run, int64_t id);
/** Is it such a one? */
bool given_again_doubts(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message);

#endif
