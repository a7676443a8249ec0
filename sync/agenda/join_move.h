/* Two things to do become one move. */
#ifndef SYNC_AGENDA_JOIN_MOVE_H
#define SYNC_AGENDA_JOIN_MOVE_H

#include "sync/run/run.h"

/**
 * Vanished in one mailbox and new in another: both are planned as one move, unless something keeps one of them, or what vanished is wanted here and
 * stands in the \Trash.
 *
 * @param up  the file moved; else the UID
 */
MUST_CHECK bool join_move(struct run *run, struct todo *from, struct todo *to, bool up);

#endif
