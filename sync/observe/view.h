/*
 * Some servers show only the newest messages of a mailbox (a view). What such a server leaves out is not gone. A view
 * can't be told from a mailbox that lost as many old messages as new ones came; so in doubt a file stays until the
 * number of messages leaves the limit.
 */
#ifndef SYNC_OBSERVE_VIEW_H
#define SYNC_OBSERVE_VIEW_H

#include "sync/run/run.h"

struct view { /* a complete listing */
    uint32_t exists;
    uint64_t arrived;  /* messages from the cursor on */
    uint64_t ours;     /* those of them that were sent, or moved there */
    uint64_t vanished; /* rows that it did not name */
    uint64_t slid;     /* unknown messages below the cursor */
    uint32_t lowest;   /* UID that it named; 0: none */
    bool uneven;       /* the look before it did not add up: what of all that is new or missing since is not known */
};

/**
 * Learn from the listing whether it is cut, before any missing message is judged. A message below the cursor that no
 * row knows was there before, and was not shown.
 */
void view_learn(struct run *run, struct mailbox *mailbox, const struct view *view);
/** Some of what arrived may be what was sent without an answer that told its UID. */
MUST_CHECK bool view_count_sent(struct run *run, const struct mailbox *mailbox, struct view *view);
/** Does the view end above the missing messages, all of which are below what it shows? */
bool view_is_cut(const struct run *run, const struct mailbox *mailbox, const struct view *view);
/** Is an answer about changes alone of no use? What slid into a view, or out of it, is no change. */
bool view_hides_changes(const struct run *run, const struct mailbox *mailbox);
/** At the first listing of a mailbox, or of new UIDs: says that it is cut where that is known, and notes where it may be. */
void view_begin(struct run *run, struct mailbox *mailbox, const struct view *view);
/** The server shows only so many messages of this mailbox: report that once. */
void view_set(struct run *run, struct mailbox *mailbox, uint32_t exists);
/** The row is out of view: that proves nothing. In a transaction, like what follows. */
MUST_CHECK bool view_leave_out(struct run *run, struct journal_message *message);
/**
 * A view was noticed just now. What the looks before it lacked below its lowest UID, and nobody has carried out yet, is out of it, too: the
 * look in which the mailbox grew up to that number could not know it.
 */
MUST_CHECK bool view_recall(struct run *run, struct mailbox *mailbox, uint32_t lowest);
/**
 * After all mailboxes were listed: a mailbox that grew up to a number at which another one is known to be cut is cut
 * there, too.
 */
MUST_CHECK bool view_recall_limit(struct run *run, struct mailbox *mailbox, const struct view *view);
/**
 * Rows that are out of view, but above the lowest UID that a whole listing named, are gone: the view reaches below them
 * now.
 */
MUST_CHECK bool view_reaches(struct run *run, struct mailbox *mailbox, uint32_t lowest);
/**
 * The mailbox shows another number: what was kept out of account is judged like any that is missing; what is out of view since its UIDs
 * were given anew is looked for, and comes again. Not so where that number may be a larger limit: the user can choose it at some providers.
 */
MUST_CHECK bool view_end(struct run *run, struct mailbox *mailbox, const struct view *view);
/**
 * A file for which no UID was found: if it had one before UIDs were given anew, or, where a mailbox that may be cut is met for the first
 * time, has a name that golub gave, it may be where nobody can see it. Then it is out of view: neither sent up nor taken for one that moved.
 */
MUST_CHECK bool view_spare(struct run *run, struct mailbox *mailbox, int64_t id);
/** Is what the server lacks perhaps only out of view? */
bool view_may_hide(const struct mailbox *mailbox);

#endif
