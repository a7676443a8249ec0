/*
 * Size and date of messages in a mailbox that is listed by UID and flags alone (attempts_bare.h). All that was not asked for yet is asked for at once.
 * Where that ends the line, or is refused, the first message that did not come is asked for by itself, and where that is not the one, since the server
 * lost answers that it had given, the rest is halved until it is found. Each line that breaks so tells something: where the search stands is
 * written down. A run spends a few of them; the next one goes on.
 */
#ifndef SYNC_OBSERVE_MEASURE_H
#define SYNC_OBSERVE_MEASURE_H

#include "sync/run/run.h"

/** @return false: the line broke, or something else ends the run: run->err */
MUST_CHECK bool measure(struct run *run);

#endif
