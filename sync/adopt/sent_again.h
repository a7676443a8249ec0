/*
 * mbsync takes what golub brought here for new, and sends it up: the message is there twice then, under two UIDs. Brought here as new mail, the copy
 * would be sent up in turn, and so on for ever.
 */
#ifndef SYNC_ADOPT_SENT_AGAIN_H
#define SYNC_ADOPT_SENT_AGAIN_H

#include "sync/run/run.h"

/**
 * New messages that mbsync sent up of files which are paired already are set apart: they stay on the server alone (FACT_SENT_AGAIN of the file's row, and
 * sent_again_is_there). Where the file's own message was removed there, and the copy was not, the copy is its message from now on. After
 * pairing, before anything is planned; outside a transaction.
 */
MUST_CHECK bool sent_again_note(struct run *run);
/** Is a copy that was set apart of this row's file still there? */
MUST_CHECK bool sent_again_is_there(struct run *run, const struct journal_message *message, bool *is);

#endif
