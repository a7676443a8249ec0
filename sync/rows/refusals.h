/*
 * What the server refused, and not for good. It is asked for again:
 *
 *   a message that was refused by itself           when a day is over
 *   for want of rights ([NOPERM])                  when a day is over
 *   since its mailbox may only be read             when a day is over, or a run selects it and it may be written to again
 *   because the server does no more of it now,     by the next run
 *   or has trouble ([UNAVAILABLE], [SERVERBUG]),
 *   or its mailbox is not there ([TRYCREATE])
 *   ([LIMIT], [OVERQUOTA], many in the same words)
 *
 * Of all that wait in one mailbox for one kind of work a single message is asked for then, the smallest of those that waited longest. Once that
 * went well the others follow in the same run; refused, it lets them wait as long as itself, and another one is asked for after that.
 */
#ifndef SYNC_ROWS_REFUSALS_H
#define SYNC_ROWS_REFUSALS_H

#include "sync/run/run.h"

/** What earlier runs wrote down. */
MUST_CHECK bool refusals_load(struct run *run);
/** Drop from a plan what waits, in this run or for a later one; of changes of flags the half that goes to the server. */
void refusals_drop(struct run *run, struct agenda *agenda);
/** Has an earlier run been refused this? */
bool refusal_is_known(const struct run *run, int64_t message, enum work work);
/** The next message by id, behind *id, of which refusal_is_known. @return false: there is none */
bool refusal_next(const struct run *run, enum work work, int64_t *id);
/** ... and is it the one that is asked for now, for all of its likes? */
bool refusal_is_probe(const struct run *run, const struct mailbox *mailbox, int64_t message, enum work work);
/** Is a message of this mailbox waiting for want of rights? */
bool refusal_denies(const struct run *run, const struct mailbox *mailbox, enum work work);
/** Write down that this was refused. @param alone  and nothing else was asked with it. In a transaction */
MUST_CHECK bool refusal_note(struct run *run, struct mailbox *mailbox, int64_t message, enum work work, bool alone,
                             const struct remote_outcome *outcome);
/** When it is tried again, in words. @param alone  as in refusal_note */
const char *refusal_hint(const struct remote_outcome *outcome, bool alone);
/** It went well. */
void refusal_end(struct run *run, struct mailbox *mailbox, int64_t message, enum work work);
/** Its file is another one: what was said of it counts no more, and says nothing of others. */
void refusal_forget(struct run *run, int64_t message, enum work work);
/** Say what was not asked for in this run because it waits, a line for each mailbox and kind of work. */
MUST_CHECK bool refusals_say(struct run *run);

#endif
