/* What was delivered without a flush, and what a power cut took of it. */
#ifndef SYNC_IMPORT_FLUSH_H
#define SYNC_IMPORT_FLUSH_H

#include "sync/import/private.h"

/** Was there a power cut since mail was delivered without a flush? Before files are looked for. */
bool flush_begin(struct import *import);
/** They were: what the cut took is known, and will be fetched again. */
bool flush_looked(struct import *import);
/** Mail is about to be delivered. */
bool flush_note(struct import *import);
/** All of it is on the disk after this. */
bool flush_all(struct import *import);

#endif
