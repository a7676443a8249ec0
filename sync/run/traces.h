/*
 * Traces of another program that keeps the tree: mbsync's files beside the mail, OfflineIMAP's names. Two programs that keep one tree take
 * each other's work for that of the user. Said once for each account until newer traces show that the other one is still at work.
 */
#ifndef SYNC_RUN_TRACES_H
#define SYNC_RUN_TRACES_H

#include "store/base/local.h"
#include "sync/report/report.h"

struct traces {
    int64_t mbsync;      /* when its files changed last, nanoseconds since 1970; 0: there are none */
    int64_t offlineimap; /* when it delivered last, by its names' own clock, seconds; 0: there are none */
};

/** Those in one folder, beside its mail. */
void traces_of_folder(const struct local *local, const char *folder, struct traces *traces);
/** That of a file's name. */
void traces_of_name(const char *base, struct traces *traces);
/** One sentence for each program of which there are any. */
void traces_tell(const struct traces *traces, struct report *report, const char *account);

struct run;
/** What was told by the runs before this one. Once a run before traces_say; it stays so. @return false: the journal failed */
MUST_CHECK bool traces_before(struct run *run);
/** Tell what is newer than what was told before, and write that down. Inside a transaction. */
MUST_CHECK bool traces_say(struct run *run);

#endif
