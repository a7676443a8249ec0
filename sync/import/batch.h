/* Messages between their row and their delivery, and a batch of them made durable. */
#ifndef SYNC_IMPORT_BATCH_H
#define SYNC_IMPORT_BATCH_H

#include "sync/import/private.h"

struct arrival { /* one message that is being fetched */
    struct journal_pop row;
    uint32_t number;
    bool repeated;             /* its UIDL is: never removed */
    bool refused;              /* the server did not give it, or not all of it, or it is too large */
    bool again;                /* it came, and could not be held: see import/step.c */
    bool fresh;                /* its base was chosen in this run */
    bool known;                /* a session before this one made its row */
    struct local_draft *draft; /* finished, waits for its batch */
};

/** Folder and file system are ready for mail; nothing was asked of the server yet. */
bool fetch_prepare(struct import *import);
/** Make these durable and commit: data, names, directory, rows. Those without draft are refused ones. Drafts are consumed. */
bool fetch_deliver(struct import *import, struct arrival *arrivals, size_t count);
/** Nothing of these is delivered: their drafts are dropped. */
void fetch_drop(struct import *import, struct arrival *arrivals, size_t count);
/** It is to be removed in this session, if it is due at once and proven to be what was asked for (import/came.c). */
bool fetch_mark(struct import *import, const struct arrival *arrival);
/** After the commit that stored it: told, and fetch_mark. */
bool fetch_announce(struct import *import, const struct arrival *arrival);
#define WHY_LEFT 64 /* bytes of it */
/** Named in each run, counted as kept back. @param why  for its row */
void fetch_leave(struct import *import, const struct journal_listed *listed, uint64_t size, char why[static WHY_LEFT]);
/** Bytes of it, as far as they are known, where that is more than max-size; else 0. */
bool fetch_too_large(struct import *import, const struct journal_listed *listed, uint64_t *size);
/** May more than `now` bytes of a message be written, of which `before` were allowed? *why: for people, where not. false: nobody could tell */
bool fetch_may_go_on(struct import *import, uint64_t before, uint64_t now, const char **why);

#endif
