/* May this run touch anything? See situation.c. */
#ifndef SYNC_RUN_SITUATION_H
#define SYNC_RUN_SITUATION_H

#include "sync/run/run.h"

bool situation_check(struct run *run);     /* root, mark, meta: may this run touch anything? */
bool situation_know_past(struct run *run); /* all names of a restored Maildir were read; inside a transaction */
bool situation_mark(struct run *run);      /* write the mark, before the first commit of mail; inside no transaction */
bool situation_mark_commit(struct run *run); /* store the mark's numbers in the journal, inside that first commit */

#endif
