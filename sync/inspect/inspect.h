/* What can be said of an account without a run: what its journal knows, what its server can do. */
#ifndef SYNC_INSPECT_INSPECT_H
#define SYNC_INSPECT_INSPECT_H

#include "sync/base/account.h"
#include "sync/report/report.h"

/**
 * From the state folder, without connecting.
 * @param max_age  seconds: a last success that is older, or none, is exit status 1; 0: any will do
 * @return exit status: 0, 1 (too old), 2 (journal unreadable)
 */
int account_status(const struct account *account, int64_t max_age, struct report *report);

/** Log in, say what the server can do and what golub makes of it, namespaces, special use, the Maildir's file system. */
int account_check(const struct account *account, const struct sync_options *options, struct report *report);
/** Connect, log in, and go: is there a server, and does it let this user in? Nothing is said. @return false: err is as of a run */
MUST_CHECK bool account_reach(const struct account *account, struct error *err);

#endif
