/* May this run touch anything? See situation.c. */
#ifndef SYNC_RUN_SITUATION_H
#define SYNC_RUN_SITUATION_H

#include "sync/run/run.h"

bool situation_check(struct run *run); /* root, mark, meta: may this run touch anything? */
bool
situation_know_past(struct run *run); /* all names of a Maildir that was restored were read; inside a transaction */
bool situation_mark(struct run *run); /* before the first commit of mail; inside no transaction */
bool situation_mark_commit(struct run *run); /* inside that first commit */

#endif
