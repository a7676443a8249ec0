/*
 * A folder of which a watcher was told each name that came or went since it was last looked at: these names are looked at, and the folder is not
 * listed, which of a million names takes seconds. That proves nothing of the others, so the folder counts as not listed, and wherever a name is
 * missing without another one in its place, here or in any other folder, it is listed after all (local.c).
 */
#ifndef SYNC_OBSERVE_NAMED_H
#define SYNC_OBSERVE_NAMED_H

#include "sync/run/run.h"

#define NAMED_MOST 200 /* names of one folder: with more it is listed */

struct named_scanner { /* the one name that a base has */
    bool (*file)(void *context, const char *base, const char *info);
    void *context;
};

/** The names that were told of this folder. @return how many; 0: none, it is to be listed */
size_t named_of(const struct run *run, const struct mailbox *mailbox, const struct sync_named **first);
/**
 * Tell each base once, with the name that stands now.
 * @param whole  [out] the folder must be listed: a base has no name any more, or two of them, or one that can't be looked at
 * @return false: the callback or the journal failed; run->err says so
 */
MUST_CHECK bool named_scan(struct run *run, const struct mailbox *mailbox, const struct named_scanner *to, bool *whole);

#endif
