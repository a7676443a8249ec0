/*
 * `delete = "trash"`: what is removed here goes into the server's \Trash, and not for good. By UID MOVE; without that by UID COPY, and what stands in
 * the \Trash provably is removed like any other.
 */
#ifndef SYNC_APPLY_TRASH_H
#define SYNC_APPLY_TRASH_H

#include "sync/run/run.h"

struct
    trash_room { /* of the \Trash, as far as copies in it showed: each is made room for again by the removal that follows */
    bool left;              /* there is something to do */
    uint64_t most;          /* bytes at once */
    uint64_t had, had_none; /* ... for which there was room, or none */
};

/** Which mailbox it is. NULL: nobody says so for certain */
struct mailbox *trash_place(struct run *run);
/** Which removals go there (todo->trashed); those that can't, since nobody says which mailbox it is, wait and say so. Outside a transaction. */
MUST_CHECK bool trash_judge(struct run *run, struct agenda *agenda);
/**
 * Move them; or copy them, and what is proven to be there is the caller's to remove (todo->in_trash). Outside a transaction.
 * @param room  [in, out] for the next call, after those removals: there may be room for some where there was none for all
 */
MUST_CHECK bool trash_carry(struct run *run, struct agenda *agenda, struct trash_room *room);

#endif
