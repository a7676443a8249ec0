/* Is the file here what came? */
#ifndef SYNC_IMPORT_INTACT_H
#define SYNC_IMPORT_INTACT_H

#include "sync/import/private.h"

/** Is what a later session would remove from the server still here as it came? What is not is named. */
bool import_is_intact(struct import *import, struct journal_pop *row, bool *intact);
/** Is its file here, by the names that were listed last, and not what came? */
MUST_CHECK bool import_is_damaged(struct import *import, const struct journal_pop *row, bool *damaged);

#endif
