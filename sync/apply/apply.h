/* The only room that changes mail, on the server and in the Maildir: it carries out what the agenda says. */
#ifndef SYNC_APPLY_APPLY_H
#define SYNC_APPLY_APPLY_H

#include "sync/run/run.h"

/** Mailboxes and folders that one side lacks are made there, as far as the configuration lets them. A dry run says which. */
MUST_CHECK bool mailboxes_create(struct run *run);

/*
 * What a pass does, in this order (engine.c). Each takes what is its own of the agenda and is not dropped, and begins transactions of its own: call none in
 * one. What can't be done of one message is written down as pending, or dropped, and the rest goes on. @return false: the run ends, run->err says why
 */
/** Both sides have what was not agreed on yet: nothing but rows are written. */
MUST_CHECK bool apply_agreed(struct run *run, struct agenda *agenda);
/** What is new there is fetched. */
MUST_CHECK bool apply_downloads(struct run *run, struct agenda *agenda);
/** What is new here goes up, by a copy on the server where that has its bytes. */
MUST_CHECK bool apply_uploads(struct run *run, struct agenda *agenda);
/** Flags go up. What the server answers becomes the base, and its mailbox is looked at again. */
MUST_CHECK bool apply_flags_there(struct run *run, struct agenda *agenda);
/** Flags come down: files get other names. */
MUST_CHECK bool apply_flags_here(struct run *run, struct agenda *agenda);
/** What moved here moves there. */
MUST_CHECK bool apply_moves_there(struct run *run, struct agenda *agenda);
/** What moved there moves here. */
MUST_CHECK bool apply_moves_here(struct run *run, struct agenda *agenda);
/** What was removed there goes into the quarantine. After all adds and moves, and the guard. */
MUST_CHECK bool apply_removals_here(struct run *run, struct agenda *agenda);
/** The bytes of what was replaced there are in the quarantine, or its removal is dropped. */
MUST_CHECK bool apply_keep_there(struct run *run, struct agenda *agenda);
/** What was removed here is removed there, or moved to the \Trash. After all adds and moves, and the guard. */
MUST_CHECK bool apply_removals_there(struct run *run, struct agenda *agenda);

/* ---- the end of a run in which all was done ---- */
/** Pending rows whose reason is gone are forgotten. */
MUST_CHECK bool close_pending(struct run *run);
/** Files that were in the quarantine for all their days go for good. */
MUST_CHECK bool close_quarantine(struct run *run);
/** What Gmail called messages that are gone is forgotten. */
MUST_CHECK bool close_gmail(struct run *run);
/** The run is partial, and nobody has said why: a line for each mailbox in which something waits. */
void close_say_why(struct run *run);

/** Uploads whose bytes the server has in some mailbox: UID COPY. Those it could not copy stay in the agenda as uploads. */
MUST_CHECK bool apply_copies_there(struct run *run, struct agenda *agenda);
/**
 * Folders that were listed whole (mailbox->proven): files whose contents a power cut took go to the quarantine, and are fetched again; after
 * that nothing there is in doubt any more. In no transaction.
 */
MUST_CHECK bool apply_mend(struct run *run);

#endif
