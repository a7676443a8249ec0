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

/*
 * When mbsync wrote into one mailbox's folder last, and when its state of that mailbox was last asked; nanoseconds since 1970, 0: there is nothing, -1: not
 * known. Each folder has its own: a newer time of another one says nothing, and nothing says that clocks only go forward, so another time is a run.
 */
struct traces_times {
    int64_t folder, state;
};

struct traces_of { /* zeros at first */
    bool known, looked;
    struct traces_times before; /* as the runs before this one left them */
    struct traces_times now;
    struct traces_times written; /* as the journal has them */
};

struct run;
struct mailbox;
/** What was told by the runs before this one. Once a run before traces_say; it stays so. @return false: the journal failed */
MUST_CHECK bool traces_before(struct run *run);
/**
 * Look at a mailbox's folder.
 * @param again  its names are read next; else what was found then counts, for what mbsync has done since is not seen yet
 * @return false: the journal failed
 */
MUST_CHECK bool traces_look(struct run *run, struct mailbox *mailbox, bool again);
/** Did mbsync write into the folder since the last run that looked at it, as far as traces_look has seen? */
bool traces_are_new(const struct run *run, const struct mailbox *mailbox);
/** Was mbsync's state of the mailbox, that changed at this time, another one when it was last asked? It is asked now. */
bool traces_state_is_new(const struct run *run, struct mailbox *mailbox, int64_t changed);
/** Tell what is new since it was told before, and write that down. Inside a transaction. */
MUST_CHECK bool traces_say(struct run *run);

#endif
