/*
 * Gmail shows one message in several mailboxes, its labels. To expunge it from one of them takes that label off; to move it into the \Trash takes it
 * out of all. What is expunged from its last label goes from \All as well, where the user of Gmail has set that; to move it to \All takes the label off, too, and
 * never does that.
 */
#ifndef SYNC_APPLY_LABELS_H
#define SYNC_APPLY_LABELS_H

#include "sync/base/id_set.h"
#include "sync/run/run.h"

struct labels {
    struct run *run;
    struct id_set going; /* rows that are removed there in this pass */
    struct id_set last;  /* ... and of each message that is left nowhere else the one that takes it to the \Trash */
    struct mailbox *all; /* \All, if what leaves its last label can be moved there */
    int64_t taken_by;    /* another one that takes it to the \Trash, and this label along; 0: it keeps a label */
    bool unseen;         /* only a mailbox that was not looked at in this run might still have it */
    bool asks;           /* what Gmail calls it is asked for first: the next look tells */
    struct journal_message row, other;
};

/** What this pass removes there. labels_free is allowed in any case. */
MUST_CHECK bool labels_begin(struct labels *labels, struct run *run, const struct agenda *agenda);
/**
 * Is to remove this one only to take off a label? So it is while its message stands in another mailbox that is synced, is neither \Trash nor
 * \Junk, and is not to lose it in this pass as well; the first one of those that lose it decides, with what is left after all of them. Never
 * of one in \All, where to expunge does nothing. labels->asks, labels->unseen: that is not known yet.
 */
MUST_CHECK bool labels_only_one(struct labels *labels, const struct todo *todo, bool *only);
/** Can a label be taken off by a MOVE to \All, synced or not, whatever else is known of its message? */
bool labels_can_archive(struct run *run);
/** Takes the labels off of todo->archived, by a MOVE to \All. Outside a transaction. */
MUST_CHECK bool labels_carry(struct run *run, struct agenda *agenda);
/** What another one was to take to the \Trash (todo->taken_by) went along, and is looked at again; or it waits, and says so. Likewise. */
MUST_CHECK bool labels_after_trash(struct run *run, struct agenda *agenda);
/** Its sets. */
void labels_free(struct labels *labels);

#endif
