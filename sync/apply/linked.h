/*
 * A move here has a moment in which its file stands in both folders and only the old one is in the journal. Where the run ends there, and
 * another client moves the message on before the next one, the second name would be a file that nobody knows: new mail. So it is
 * announced before it is made, and the next run takes back what it finds of it before it looks at anything. Then, too, a second file of one name
 * (namesakes.h) that a run which was cut off has put into the quarantine gets its row in the index: what is looked at may end the row that it was
 * a second file of.
 */
#ifndef SYNC_APPLY_LINKED_H
#define SYNC_APPLY_LINKED_H

#include "sync/run/run.h"

/** `from`'s file is about to get this second name, for the row `to`; inside a transaction. @param intent  [out] what linked_keep asks for */
MUST_CHECK bool linked_announce(struct run *run, const struct journal_message *from, const struct journal_message *to,
                                int64_t *intent);
/**
 * The row `to` has the second name from here on, and nothing but this intent says that the first one is to go: its mailbox is gone on the server, and no
 * listing will miss the message. Inside the transaction that writes `to`.
 */
MUST_CHECK bool linked_keep(struct run *run, const struct journal_message *from, const struct journal_message *to,
                            int64_t intent);
/** Is this an intent about a second name or a second file, which linked_settle ends? */
bool linked_is(const struct journal_op *op);
/**
 * Before anything is looked at: second names of runs that were cut off go, where the first one is there with the same bytes; whatever flags
 * a mail reader gave to either of them since. First names go where the intent was kept. Second files that are in the quarantine are in its index after this.
 */
MUST_CHECK bool linked_settle(struct run *run);

#endif
