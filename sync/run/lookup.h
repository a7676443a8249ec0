/*
 * The run's mailboxes by what names them, without looking at each: an account may have a hundred thousand. The tables are made when somebody
 * asks, and hold places in the array. Whoever moves mailboxes about in it says so.
 */
#ifndef SYNC_RUN_LOOKUP_H
#define SYNC_RUN_LOOKUP_H

#include "sync/run/run.h"

/** As people call it; NULL: none. The folder is its path below the root. */
struct mailbox *lookup_name(struct run *run, const char *name);
struct mailbox *lookup_folder(struct run *run, const char *folder);
/** By its row; NULL also for 0. */
struct mailbox *lookup_id(struct run *run, int64_t id);
/** By the bytes of LIST. */
struct mailbox *lookup_wire(struct run *run, struct text wire);
/** The same; of several the one that the list has. One that is gone there keeps its row for a while, also where another one has its name now. */
struct mailbox *lookup_listed(struct run *run, struct text wire);
/** Every mailbox that had this UIDVALIDITY when the run began: *at is 0 before the first call. NULL: no more */
struct mailbox *lookup_next_of(struct run *run, uint32_t uidvalidity, size_t *at);
/** Is the directory `name` in this folder a mailbox's, or does one stand below it? Looks at each. */
bool lookup_is_above(const struct run *run, const char *folder, const char *name);
/** Mailboxes changed their places in the array, or are gone from it. */
void lookup_forget(struct run *run);
void lookup_free(struct run *run);
/** Is there a name there, of no mailbox, that stands above some (\Noselect)? As people call it. */
bool lookup_is_parent_only(const struct run *run, const char *name);

#endif
