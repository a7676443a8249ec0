/* Removals that need a word. */
#ifndef SYNC_IMPORT_HELD_H
#define SYNC_IMPORT_HELD_H

#include "sync/import/private.h"

/** Does its removal need a word that nobody gave, since `keep` was longer when it was stored? */
bool held_by_keep(const struct import *import, const struct journal_pop *row);
/** ... since its file went missing together with too many others? */
bool held_by_number(const struct import *import, const struct journal_pop *row);
/** Did the user say no to its removal? */
bool held_was_rejected(const struct import *import, const struct journal_pop *row);
/** What the user rejected: before anything is listed. */
bool held_reject(struct import *import);
/** What the user released, before anything else is decided. */
bool held_release(struct import *import);
/** Put these on a list. */
bool held_hold(struct import *import, const int64_t *ids, size_t count);

#endif
