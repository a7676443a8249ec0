/* Inside of `golub check`: what its two forms share. */
#ifndef SYNC_INSPECT_CHECK_PRIVATE_H
#define SYNC_INSPECT_CHECK_PRIVATE_H

#include "store/base/local.h"
#include "store/imap/imap.h"
#include "sync/inspect/check_mailboxes.h"
#include "sync/inspect/inspect.h"
#include "sync/report/report.h"
#include "sync/run/shapes.h"

/** One line about a capability: offered or not, and what golub does then. */
void check_say(struct report *report, const char *account, const char *capability, bool offered, const char *with,
               const char *without);
/** Which flags INBOX keeps. */
void check_flags(const struct account *account, struct report *report, const struct imap_flags *flags);
/** Which mailbox the server names for which use. */
void check_special(const struct account *account, struct report *report, const struct check_mailboxes *mailboxes);
/** Who files sent mail: the server itself, or the mail reader in a folder here. */
void check_sent(const struct account *account, struct report *report, const struct remote_info *info,
                const struct check_mailboxes *mailboxes);
/** All that the server said, as fields. */
/** Where what is deleted here goes, if it is not expunged. */
void check_trash(const struct account *account, struct report *report, const struct remote_info *info,
                 const struct check_mailboxes *mailboxes);
void check_server_facts(const struct account *account, struct report *report, const struct remote_info *info,
                        const struct imap_flags *flags, const struct check_mailboxes *mailboxes);
/** Log in to a POP server and say what it can do. @return false: err says why it could not be done */
MUST_CHECK bool check_import(const struct account *account, struct report *report, struct error *err);
/** Where a POP account's mail goes, beside the file system. @param local  open; ops NULL where the root is not there */
MUST_CHECK bool check_deliver_to(const struct account *account, struct report *report, const struct local *local,
                                 struct error *err);
/** Will the next sync be the account's first? A POP account's never is: it meets no tree. */
MUST_CHECK bool check_is_first(const struct account *account, bool *first, struct error *err);
/** Whose tree it is, and whether a sync could use it. @param shapes  with the server's mailboxes; NULL: a sync does not ask for the shape */
MUST_CHECK bool check_tree(const struct account *account, struct report *report, const struct local *local, bool first,
                           struct shapes *shapes, struct error *err);

#endif
