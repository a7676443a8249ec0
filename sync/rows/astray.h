/*
 * What was stored in another mailbox than it was sent to. Between the list of a run and its APPEND, COPY or MOVE another client may have given the name
 * to another mailbox: the server's OK says so by the UIDVALIDITY and the UID of the message. The intent keeps both, and the wire name that was sent; its
 * settle time does not end, so that nothing is sent again. The next run, whose list tells which mailbox that is, makes of it what it would be had the user
 * put the file there and moved it to where it is since: its content proves it there, and one MOVE on the server brings it to where it belongs. Where that mailbox
 * is not synced here, since its folder is gone or `pull` makes none, it waits a day for that to change, or for somebody to move it, and is sent again then.
 */
#ifndef SYNC_ROWS_ASTRAY_H
#define SYNC_ROWS_ASTRAY_H

#include "sync/run/run.h"

/** What was sent to this mailbox was answered OK. The intent is changed where the answer names another one, and saved by the caller. */
void astray_note(struct run *run, const struct mailbox *to, const struct remote_outcome *outcome,
                 struct journal_op *op);
/** Once a run, between its lists and its looks: whatever went astray in earlier runs is looked for where it stands. */
MUST_CHECK bool astray_find(struct run *run);
/** Why what went astray waits, in words. */
void astray_say(struct run *run, const struct journal_op *op, char *to, size_t size);

#endif
