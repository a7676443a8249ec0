/*
 * Folders that OfflineIMAP's nametrans gave each other's names: the mail of mailbox A is in the folder B, and that of B in A. Both names are there on
 * both sides, so that names tell nothing (run/shapes.h); but OfflineIMAP writes a message's UID there into its name here, and what has this UID in
 * the mailbox of the folder's name is another message. So is mbsync's mail in the wrong place where mailboxes changed names on the server since its last
 * run, or where Far and Near of its channels differ: its state has the UIDVALIDITY of another mailbox.
 */
#ifndef SYNC_ADOPT_SWAPPED_H
#define SYNC_ADOPT_SWAPPED_H

#include "sync/run/run.h"

/**
 * Both sides were observed, and nothing is paired yet. Where folders change places so, nothing of these mailboxes stays in the journal: once `map` says
 * so, or the folders have their names, they are met for the first time.
 * @return false: ERROR_CONFIG, with the map to write; or what was seen could not be read
 */
MUST_CHECK bool swapped_check(struct run *run);

#endif
