/*
 * A mailbox whose listing and EXISTS do not agree: it is uneven. A server may count a message that it never shows (a phantom), or not count
 * one that it shows. What such a listing names is there; what it does not name is not proven to be gone, so that nothing is removed for it.
 */
#ifndef SYNC_OBSERVE_UNEVEN_H
#define SYNC_OBSERVE_UNEVEN_H

#include "sync/base/id_set.h"
#include "sync/run/run.h"

struct uneven_look { /* at everything, after the server said OK to all of it */
    uint32_t exists;
    uint64_t listed;           /* different messages */
    uint64_t known;            /* messages that have a UID here, listed or not */
    const struct id_set *seen; /* rows that were listed */
    const char *unread; /* what of the list could not be read; "" if all could: such a difference never becomes known */
    bool whole;         /* with sizes and dates: what no row knows was told, too */
};

/**
 * Is it to be looked at, and listed whole? Until the difference is known; then once a day, because what the server shows again of what it
 * counted all the time is told by no number. One that agrees, and was asked for its changes alone since it was listed whole, is listed whole a
 * day later (a large one later): a server may leave a change of flags out.
 */
bool uneven_is_due(const struct run *run, const struct journal_mailbox *row);
/** It was asked for its changes alone. */
void uneven_note_changes(const struct run *run, struct journal_mailbox *row);
/** Is this number of known messages what EXISTS lets expect, with the difference as it is known? */
bool uneven_adds_up(const struct journal_mailbox *row, uint64_t known, uint32_t exists);
/**
 * This look did not add up: learn the difference, say it where it is new. What is missing on both sides is out of view. Inside a transaction.
 * *known: it is how this mailbox is, and the cursors may advance.
 */
MUST_CHECK bool uneven_learn(struct run *run, struct mailbox *mailbox, const struct uneven_look *look, bool *known);
/**
 * Each look was disturbed by a removal: what it told is there, what it did not tell is not known. Said, like `why`; the next run looks again.
 */
void uneven_disturbed(struct run *run, struct mailbox *mailbox, const char *why);
/** A listing is about to add up: what both sides lack is gone for good, and its rows with it. Inside a transaction; before uneven_forget. */
MUST_CHECK bool uneven_end(struct run *run, const struct mailbox *mailbox);
/**
 * Before a look is judged: what was missing on both sides, and has its file again, is missing there alone, like any other that the list lacks.
 * Inside a transaction.
 */
MUST_CHECK bool uneven_take_back(struct run *run, struct mailbox *mailbox);
/**
 * What the list lacks turned out to be a message that it shows under another UID: the old UID is known no more, and waits no more to be judged.
 * Inside a transaction.
 */
MUST_CHECK bool uneven_met_again(struct run *run, struct mailbox *mailbox, int64_t id);
/** A listing added up, or what was known of the mailbox means nothing any more. */
void uneven_forget(struct journal_mailbox *row);
/**
 * Is a file without a UID perhaps a message that the server counts and does not show? At a first meeting, and after a run whose journal and
 * Maildir were not of one run, until the difference is known; after an attempt without an answer as long as the server has given a UID since of
 * which nobody knows what it is.
 * @param tried  that attempt; NULL: there was none
 */
MUST_CHECK bool uneven_may_hide(struct run *run, const struct mailbox *mailbox, const struct journal_op *tried,
                                bool *hides);
/** At the end of a run: what waits because of it is said. */
void uneven_say(struct run *run);

#endif
