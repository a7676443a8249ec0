/*
 * Folders that somebody renamed here. What tells is the names of the files in them: they are made to be unique, and stay over a file's life. A
 * folder that is gone, and a new one that holds at least two thirds of its files' names, of those that no other folder holds, are one; where several
 * would fit nothing is believed. Where file systems tell when a directory was made, one that is as old as the lost one and holds any of its names is it,
 * and one without files is told by that alone. No mark stands inside a folder: who copies one would copy that, too.
 *
 * The row gets the folder that is there now, and the name that its mailbox is to get on the server (goal_there; apply/rename_there.h). From then on it
 * is in sync in its new place, whatever becomes of that. Where the server has another name for it, too, that one counts (renamed.h).
 */
#ifndef SYNC_OBSERVE_MOVED_FOLDERS_H
#define SYNC_OBSERVE_MOVED_FOLDERS_H

#include "sync/run/run.h"

/** After the folders were listed. Places in the array of mailboxes are others after this. Nothing is written by a run that has no move_folders. */
MUST_CHECK bool moved_folders_see(struct run *run);
/**
 * After the server's list. Folders that changed places among themselves, none of which has a new name: what is in them would else be moved message by
 * message, or copied where `push` lacks "deletes", or be new mail of another mailbox where one is gone there. Outside a transaction.
 */
MUST_CHECK bool moved_folders_see_exchanged(struct run *run);
/** Once it is known what `map` means: a folder that has its mailbox's own name by it needs no other one on the server. Outside a transaction. */
MUST_CHECK bool moved_folders_map(struct run *run);

#endif
