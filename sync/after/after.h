/*
 * after-sync: the command that the user wants run when something changed on this side. `/bin/sh -c COMMAND` is told by its environment what it was:
 * GOLUB_ACCOUNT, GOLUB_MAILBOXES (one a line) and GOLUB_CHANGES (path of a file with a line of JSON a message; "": it could not be written).
 * What it prints goes to golub's standard error. Its failure is said and changes no exit status.
 *
 * Order of calls: after_begin, the run under its lock, the lock released, after_run. A watcher does so with each of its runs.
 */
#ifndef SYNC_AFTER_AFTER_H
#define SYNC_AFTER_AFTER_H

#include "sync/base/account.h"
#include "sync/report/report.h"

#define AFTER_LIMIT_MS 600000 /* the command is ended after so long */

/** What the account's runs change here is written down from now on, if it has such a command; not in a dry run. */
void after_begin(const struct account *account, const struct sync_options *options, struct report *report);
/**
 * Run the command, if the account has one and something changed here since the last call. Blocks until it has ended, ten minutes at most, and
 * before that until that of another golub for this account has. The run lock must not be held: the command may take its time.
 * A signal (options->stopped) ends it; where it came before, nothing is run.
 */
void after_run(const struct account *account, const struct sync_options *options, struct report *report);

#endif
