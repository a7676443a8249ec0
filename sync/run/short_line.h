/*
 * A line that ends when so many bytes have come, whatever was asked for: a firewall, a proxy or a tunnel does that, and no mailbox. Two mailboxes
 * that were asked alone and broke it at the same place tell: then neither is unreadable, the others are still asked, and the run ends
 * with exit status 5 and a sentence about the line.
 *
 * Mailboxes alone: a message that is too long for the line comes no more often if the run says so, and is asked for once a day as it is.
 */
#ifndef SYNC_RUN_SHORT_LINE_H
#define SYNC_RUN_SHORT_LINE_H

#include "sync/run/run.h"

/** A suspect is asked alone now. */
void short_line_begin(struct run *run);
/** The line broke at this mailbox, or NULL: did another one break it at the same place? Before it is settled. */
void short_line_judge(struct run *run, struct suspect *suspect);
/** The run is over: what is the line's fault is not written down of mailboxes. @return ok, or false: run->err names the line */
MUST_CHECK bool short_line_end(struct run *run, bool ok);

#endif
