/* What a run over an account needs before its stores are opened, whatever the protocol: state folder, lock, journal. */
#ifndef SYNC_ACCOUNT_PRIVATE_H
#define SYNC_ACCOUNT_PRIVATE_H

#include "store/journal/journal.h"
#include "sync/account.h"
#include "sync/restore/restore.h"

/** Report an error that ended the run before it began, and its result. @return exit status: 6 locked, 2 configuration, else 1 */
int account_fail(const struct account *account, struct report *report, struct error *err);

/** A run over open stores. @return exit status */
typedef int account_run(const struct account *account, const struct sync_options *options, struct journal *journal,
                        struct report *report);
/** State folder, lock, journal (in a dry run a copy), the run, and all of it closed again. @return exit status */
int account_with_journal(const struct account *account, const struct sync_options *options, account_run *run,
                         struct report *report);

#endif
