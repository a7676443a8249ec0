/* The server's list. What the journal knows of its mailboxes helps to ask for it. */
#ifndef SYNC_OBSERVE_SURVEY_ASK_H
#define SYNC_OBSERVE_SURVEY_ASK_H

#include "sync/run/run.h"

/** @param listed  told of each mailbox; as remote_ops.survey. Outside a transaction. @return false: run->err is filled in */
MUST_CHECK bool survey_ask(struct run *run, bool (*listed)(void *context, const struct remote_listed *mailbox),
                           void *context);

#endif
