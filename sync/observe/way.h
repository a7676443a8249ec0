/*
 * Where a mailbox that was renamed on the server is to stand here: the folder of the one that had the name before, and is gone. If nothing is in it,
 * it makes way (sync/apply/clear_way.h).
 */
#ifndef SYNC_OBSERVE_WAY_H
#define SYNC_OBSERVE_WAY_H

#include "sync/run/run.h"

struct way {
    struct mailbox *of; /* that had the name, and is gone; NULL: there is none here */
    bool free;          /* neither mail nor anything foreign is in its folder */
};

/** @param seen  what has the name now, which is `mover`; folder: where it is to stand */
struct way way_find(struct run *run, const struct remote_listed *seen, const struct mailbox *mover, const char *folder);

#endif
