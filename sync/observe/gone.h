/*
 * What a mailbox does not show any more: is it gone, lost with a backup, out of the server's view, or was it never there? For remote.c alone, which
 * asks the server.
 */
#ifndef SYNC_OBSERVE_GONE_H
#define SYNC_OBSERVE_GONE_H

#include "sync/base/id_set.h"
#include "sync/observe/copies.h"
#include "sync/observe/said_uid.h"
#include "sync/observe/told.h"
#include "sync/observe/view.h"
#include "sync/run/run.h"

struct sight { /* one mailbox while it is being listed */
    struct mailbox *mailbox;
    struct remote_select request;
    struct remote_selected selected;
    bool other;      /* it is another mailbox than the one that was listed under that name */
    bool started;    /* the server has said which mailbox is selected */
    bool again_full; /* what came can't be trusted to be complete */
    bool complete;
    struct id_set seen; /* rows that were listed, for listings of everything */
    uint32_t listed;    /* how many different messages were listed */
    struct view view;   /* what a listing of everything has shown: see view.h */
    uint64_t slid;      /* messages below the cursor's UIDNEXT that no row knows */
    struct said_uids said, claims;
    struct told_flags told;
    bool lied;     /* a UID that it said of what was sent was wrong */
    bool partial;  /* the server says that it listed only a part: what is not in it is not proven to be gone */
    char why[200]; /* the last look at it was refused, so that it is listed again: the server's words */
    bool last;     /* it is not asked for again in this run */
    uint32_t
        same; /* the highest UID that was known and is the message that it was: the server went not back beyond it */
    uint32_t proven; /* ... of what was known before this run, whether anything is in doubt or not */
    uint32_t shown;  /* the highest UID that was known and is there, perhaps as another message */
    uint32_t top;    /* the highest UID that was told of, known or not */
    bool ahead;      /* UIDNEXT is not above the highest known UID, which no listing has shown yet */
};

struct observation {
    struct run *run;
    struct sight *sights;
    struct said_ops said; /* what was sent, and not shown yet */
    struct copies *copies;
};

/** It is shown with a size and a date that are those of its row. */
void gone_note_same(const struct run *run, struct sight *sight, const struct journal_message *message,
                    const struct remote_message *seen);
/** The look is complete: what it lacked is judged by what it showed. */
void gone_looked(struct sight *sight);
/** The server says that this row's UID is gone, or a listing that is complete lacks it. */
MUST_CHECK bool gone_set(struct observation *observation, struct sight *sight, int64_t id);
/** A listing of everything is complete: what it did not name is gone, or out of the server's view. */
MUST_CHECK bool gone_sweep(struct observation *observation, struct sight *sight);

#endif
