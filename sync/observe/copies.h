/*
 * The first sight of copies that golub had made on the server. Mailboxes are answered in no certain order, and what a copy's \Deleted means is told
 * by its source: that is decided after all of them. Until then the copy counts as one that came with it.
 */
#ifndef SYNC_OBSERVE_COPIES_H
#define SYNC_OBSERVE_COPIES_H

#include "sync/base/id_set.h"
#include "sync/run/run.h"

struct copies {
    struct journal_op *list; /* COPYs whose copy was shown with \Deleted; by `target` */
    size_t count, size;
    struct id_set looked; /* mailboxes that were listed */
};

/** This row's UID is shown: if that is a copy's first sight, its flags become the bases. `op`: its intent, NULL if it is not known. */
MUST_CHECK bool copies_see(struct run *run, struct copies *copies, const struct journal_op *op,
                           struct journal_message *message, const struct remote_message *seen);
/** A mailbox was listed. */
MUST_CHECK bool copies_looked(struct run *run, struct copies *copies, const struct mailbox *mailbox);
/** All that can be were listed. `copies` is empty after it. */
MUST_CHECK bool copies_settle(struct run *run, struct copies *copies, bool ok);

#endif
