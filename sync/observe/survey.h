/*
 * What the files of the survey share: survey.c (states, what moved), survey_again.c (what moved since), survey_list.c (which mailbox is which of the
 * server's list), taken_over.c (which folder is which).
 * Private to these.
 */
#ifndef SYNC_OBSERVE_SURVEY_H
#define SYNC_OBSERVE_SURVEY_H

#include "sync/run/run.h"

/** A mailbox that the journal did not know. @return NULL: out of memory, err filled in */
struct mailbox *survey_add(struct run *run, const char *name, const char *folder, enum mailbox_state state);
/** LIST, and which mailbox of the journal each of it is; names, encoding and status go to the mailbox. */
MUST_CHECK bool survey_list(struct run *run);
/** A folder that is no mailbox after all leaves the run. */
void survey_drop(struct run *run, struct mailbox *mailbox);
/**
 * A folder that the journal does not know is the mailbox of this name, unless another one is.
 * @param quiet  that is not said
 * @param taken  [out] another one is: nothing was done
 * @return false: out of memory
 */
MUST_CHECK bool survey_name(struct run *run, struct mailbox *mailbox, const char *name, bool quiet, bool *taken);
/** A later list: it was not in survey_list's, and `mailboxes` chooses it. @param name [out] as people call it */
bool survey_is_grown(struct run *run, const struct remote_listed *seen, char name[static LIMIT_MAILBOX_NAME + 1]);

/**
 * A known UID is not below UIDNEXT: the server went back to a time when its cursor was what ours is, or its UIDNEXT lags behind. Of a server
 * whose SELECT says no UIDNEXT (Courier) STATUS is all there is to know of it: remote.c.
 * @param above  [out] there is one
 */
MUST_CHECK bool survey_check_highest(struct run *run, struct mailbox *mailbox, bool *above);
/** A mailbox with an intent of an earlier run is observed before anything else is done in it. */
MUST_CHECK bool survey_look_at_intents(struct run *run);

/* ---- taken_over.c: folders that another program named ---- */
/** A folder that no mailbox of golub's is called by. */
MUST_CHECK bool survey_note_odd(struct run *run, const char *folder);
/** Is there any such folder, or one that would become a new mailbox? */
bool survey_may_take_over(const struct run *run);
/** A mailbox of the list that has no folder yet: is one of those here, or of those that would become new mailboxes, its own? */
MUST_CHECK bool survey_take_over(struct run *run, const struct remote_listed *seen);
/** Those that no mailbox of the list has for its own, and would become new ones: they get the names that the other program meant. */
MUST_CHECK bool survey_read_names(struct run *run);
/** What is left of the odd ones is said. */
MUST_CHECK bool survey_say_odd(struct run *run);

#endif
