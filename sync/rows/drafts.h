/*
 * Where drafts are: messages that are saved again and again under one name, and of which two versions may differ in nothing that a
 * header shows. A server says it with \Drafts, or the user with `special`; where neither does, the name is a hint that is good enough for
 * being careful.
 */
#ifndef SYNC_ROWS_DRAFTS_H
#define SYNC_ROWS_DRAFTS_H

#include "sync/run/run.h"

enum drafts {
    DRAFTS_NONE,
    DRAFTS_BY_NAME, /* its last level has a usual name of a drafts folder */
    DRAFTS_SAID,    /* the user or the server says so */
};

/** Does it hold drafts, and who says so? */
enum drafts mailbox_drafts(const struct mailbox *mailbox);
/** Is its file looked at in each run? */
bool draft_is_watched(const struct mailbox *mailbox, const struct journal_message *message);
/** Does what was saved under its name replace it on the server? In a folder known by its name alone only if it carries \Draft. */
bool draft_is_replaced(const struct mailbox *mailbox, const struct journal_message *message);

#endif
