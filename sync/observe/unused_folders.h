/*
 * Folders that stand here and can't be used: `map` gives their name to another one, no mailbox can be called so, or a mailbox has two. What stands in one
 * was perhaps put there by whoever gave a folder that name, and is not removed on the server for that.
 */
#ifndef SYNC_OBSERVE_UNUSED_FOLDERS_H
#define SYNC_OBSERVE_UNUSED_FOLDERS_H

#include "sync/run/run.h"

/** One of them was told to the user. @param folder  is copied */
MUST_CHECK bool unused_folders_note(struct run *run, const char *folder);
/**
 * Before folders are looked into for what is missing: nothing of a mailbox that has its folder is removed there in this run if a file of it stands in one of
 * them. Reads nothing where there is none.
 */
MUST_CHECK bool unused_folders_see(struct run *run);

#endif
