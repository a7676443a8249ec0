/* The list that --adopt names. */
#ifndef SYNC_IMPORT_ADOPT_H
#define SYNC_IMPORT_ADOPT_H

#include "sync/import/private.h"

/** The list that --adopt names, if there is one, before anything is touched. */
bool import_adopt_read(struct import *import);
/** What it names is recorded as had; the rest is counted and said. */
bool import_adopt(struct import *import);
/** The server has no UIDL. @return false */
bool import_adopt_refuse_nameless(struct import *import);
void import_adopt_free(struct import *import);

#endif
