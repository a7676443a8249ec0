/*
 * Mailboxes that have another name on the server now, where it never says what a mailbox is: told by their mail. UIDVALIDITY alone proves nothing (servers
 * take it from the clock, or have one for all), nor does an empty mailbox. So each pair of a row and a name is compared, in one turn for all of them:
 *
 *   its UIDVALIDITY is that of the row, and its UIDNEXT not lower;
 *   each UID below the row's UIDNEXT is one that the row knows, with its size and its date; at least one is there;
 *   no other candidate passes, and it passes for no other row.
 *
 * Size and date may be equal by chance: those of a mailbox with one message, of what a script or a migration stored within a second, of reports of one
 * length, or where a server tells the same date for all. So of each one that passes a few headers are read, in one more turn for all of them, and are what
 * the row knows of them: headers of two messages are not equal by chance. Where no header is known nothing is believed. What passes all this and is
 * still another mailbox has the same mail under the same UIDs, and it makes no difference.
 *
 * Where no candidate has these numbers, one with another UIDVALIDITY may be it, if the row's old name is gone and nobody has the new one, or if its folder was
 * renamed here and who had the new one had another UIDVALIDITY: with n messages, all of the row, it must hold each one's size and date under whatever UIDs,
 * and no more than 2n+10. Not one that `mailboxes` left out until now, under the name and with the numbers that were noted of it.
 *
 * Only a row that the list does not have under its name, or has there under another UIDVALIDITY, is looked for, and only among names that are new, or have
 * another UIDVALIDITY than they had: where nothing was renamed nothing is asked. So is one whose folder was renamed here: the server's name counts, and where it
 * is that of the folder nothing is left to be done. It may be what has its old name still, under another UIDVALIDITY (stayed_there); and where the name of its
 * folder is new there, and fits its numbers, it may have left its old name to one of the same UIDVALIDITY. Where the new name, or its folder, is another
 * mailbox's that keeps it, both are paired by content under the names that they have. A name that is left out, or can't have a folder, is compared where the row's
 * old name is another one's: the row is left alone then (elsewhere), also in later runs. Of more than a few rows
 * each is compared with names of its last level alone, where there are such: what stands below one that was renamed. A server that refuses to show a candidate, or
 * ended the line twice in a run when they were asked, is asked again in later runs, for a day.
 */
#ifndef SYNC_OBSERVE_RENAMED_MAIL_H
#define SYNC_OBSERVE_RENAMED_MAIL_H

#include "sync/observe/renamed.h"

/** After renamed_find. @param items  ordered by their names */
MUST_CHECK bool renamed_mail_find(struct run *run, struct renamed_item *items, size_t count);

#endif
