/*
 * Equal messages of one mailbox that another program pairs otherwise than golub. Of two that stand on both sides it has the file of the one with the
 * UID of the other: where somebody removes one of them, that program removes the file, or the UID, of its own pair. Then one row of golub's lost its
 * UID and the other its file, and what is left of both is one message: nobody removed, nor moved, two.
 */
#ifndef SYNC_AGENDA_CROSSED_H
#define SYNC_AGENDA_CROSSED_H

#include "sync/agenda/agenda.h"

/**
 * Of a plan, after files of equal bytes were paired within their mailboxes, and before any that moved to others are: the rest of that, where the bytes
 * are not equal, but the lines that programs write into a header (store/base/kin.h) are all that differs.
 */
MUST_CHECK bool crossed(struct run *run, struct agenda *agenda);

#endif
