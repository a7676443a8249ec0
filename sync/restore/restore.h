/*
 * `golub restore`: mail comes back out of the quarantine, where a run put what it removed here (sync/apply/remove.c). Nothing is connected to: what is
 * put back is new mail of its folder for the next sync, which pairs it with what the server has, or sends it.
 *
 *     lock ‖ the quarantine's file, into a draft; digest = its row's ‖ C{its fresh name} ‖ delivery ‖ C{put back}
 *
 * A file leaves the quarantine when its days are over, and at no other time. What a run that was cut off has delivered is found by its bytes.
 */
#ifndef SYNC_RESTORE_RESTORE_H
#define SYNC_RESTORE_RESTORE_H

#include "store/journal/journal.h"
#include "sync/base/account.h"
#include "sync/report/report.h"

struct restore_choice {  /* which messages, and what becomes of them */
    const char *mailbox; /* as people write it; NULL: of all */
    int64_t since;       /* when it was removed, seconds UTC; 0: at any time */
    uint64_t run;        /* which run removed it; 0: any */
    bool last_run;       /* ... the last one that is in the quarantine */
    const int64_t *ids;  /* these; id_count 0: all that fit */
    size_t id_count;
    bool put_back;      /* false: they are listed */
    bool dry;           /* it is said what would be put back, and nothing is written */
    const char *to;     /* into this mailbox; NULL: where each one came from */
    const char *to_dir; /* `local` is this folder, no account's tree; NULL: it is the account's */
};

/**
 * List, or put back. The lock is held.
 *
 * @param options  what the user said of the run; dry_run is about the journal, which may be a copy in memory
 * @param local    the tree that mail goes to; its quarantine is the account's. Opened and closed here
 * @return exit status: 0, 1 (some not), 2 (an ID or a mailbox that is not known, a tree that is not the account's)
 */
int restore_run(const struct account *account, const struct sync_options *options, const struct restore_choice *choice,
                struct local local, struct journal *journal, struct report *report);

#endif
