/*
 * Which mailbox has which name, as this run was told: by its first list, or where that does not say it by the run before; and by the answer to SELECT
 * that was observed since (RFC 8474 MAILBOXID).
 * Between two commands another client may give a name to another mailbox, and where both have one UIDVALIDITY nothing else tells that what is
 * changed next stands in that one.
 */
#ifndef STORE_IMAP_OPENED_H
#define STORE_IMAP_OPENED_H

#include "store/base/remote.h"

struct imap;

/** A list says which one the mailbox of this name is: what was told before stays, for all that is known of the name is known of that one. @param objectid  as below */
void opened_told(struct imap *imap, struct text name, const char *objectid);
/** SELECT says it, and who observes it judges that. @param objectid  as in remote_listed; "": not told, and not kept. Without memory nothing is kept. */
void opened_is(struct imap *imap, struct text name, const char *objectid);
/** Does SELECT of this name say another mailbox that this session was told of? @param objectid  likewise; "": it does not say, and false */
bool opened_is_another(const struct imap *imap, struct text name, const char *objectid);
/** This name, and what stands below it, is golub's to give: nothing is known of whose it is. */
void opened_changes(struct imap *imap, struct text name, char separator);
/** After that: the first name was given up for the second one, which belongs to what had the first; so it is with what stands below. Without memory nothing is kept. */
void opened_renamed(struct imap *imap, struct text from, struct text to, char separator);
/** A run ends: nothing is known of any name. A line that is opened again in the same run forgets nothing. */
void opened_forget(struct imap *imap);

#endif
