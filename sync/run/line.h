/*
 * The account's line to its server. Where it breaks (a goodbye, silence beyond the time limit, half an answer, one that can't be read) it is
 * opened again inside the run, and the engine goes on from what is in the journal, as the next run would: nothing that was in flight is taken
 * for done or for undone.
 *
 * How often says sync/base/reopen.h; a message that ended the line once more when it was asked for alone counts as something that was done.
 * A login that is refused ends the run, and so does a server that asks to come back later.
 */
#ifndef SYNC_RUN_LINE_H
#define SYNC_RUN_LINE_H

#include "sync/run/run.h"

/** Connect and log in for the first time. */
MUST_CHECK bool line_open(struct run *run);
/**
 * The run failed with run->err: if that is because the line broke, wait and open it again.
 * @return false: it did not break, or is not opened any more, or a signal came; run->err says what ends the run
 */
MUST_CHECK bool line_open_again(struct run *run);
/**
 * So many bytes of mail are about to be moved one way: the line is made ready for them (`expect` of remote.h).
 * @param most  [out] so many of them are to be moved by the next operation, because that tells how fast the line is; UINT64_MAX: any number
 */
MUST_CHECK bool line_expect(struct run *run, uint64_t bytes, uint64_t *most);

#endif
