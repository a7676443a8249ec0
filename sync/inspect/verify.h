/* `golub verify`: are the server, the Maildir and the journal equal? What is not is named, with what would mend it; nothing is changed. */
#ifndef SYNC_INSPECT_VERIFY_H
#define SYNC_INSPECT_VERIFY_H

#include "store/base/local.h"
#include "store/base/remote.h"
#include "store/journal/journal.h"
#include "sync/base/account.h"
#include "sync/report/report.h"

/**
 * @param options  dry_run, with `verify`
 * @param journal  of journal_open_copy
 * @return exit status: 0 equal, or explained by the journal; 1 not; 2 (never synced, a name that is not known), 4, 5
 */
int verify_account(const struct account *account, const struct sync_options *options, struct remote remote,
                   struct local local, struct journal *journal, struct report *report);

#endif
