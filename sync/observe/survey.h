/*
 * What the files of the survey share: survey.c (states, what moved), survey_list.c (which mailbox is which of the server's list).
 * Private to these.
 */
#ifndef SYNC_OBSERVE_SURVEY_H
#define SYNC_OBSERVE_SURVEY_H

#include "sync/run/run.h"

/** A mailbox that the journal did not know. @return NULL: out of memory, err filled in */
struct mailbox *survey_add(struct run *run, const char *name, const char *folder, enum mailbox_state state);
/** LIST, and which mailbox of the journal each of it is; names, encoding and status go to the mailbox. */
MUST_CHECK bool survey_list(struct run *run);
/** A later list: it was not in survey_list's, and `mailboxes` chooses it. @param name [out] as people call it */
bool survey_is_grown(struct run *run, const struct remote_listed *seen, char name[static LIMIT_MAILBOX_NAME + 1]);

#endif
