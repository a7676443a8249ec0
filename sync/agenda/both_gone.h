/* Messages that left their place on both sides between two runs: which of the files that are new here is theirs? */
#ifndef SYNC_AGENDA_BOTH_GONE_H
#define SYNC_AGENDA_BOTH_GONE_H

#include "sync/agenda/agenda.h"

/**
 * Of a plan, after files were paired by their bytes. Where such a message has its file in the same folder again, with other lines of a mail reader, its
 * row takes that, as one with equal bytes: what became of its UID becomes of it. Where its file is new in another folder, with such lines or without,
 * its todo says so (moved_here), for moves.c to find out whether its UID moved, too.
 */
MUST_CHECK bool both_gone(struct run *run, struct agenda *agenda);

#endif
