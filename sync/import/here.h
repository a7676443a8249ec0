/* The files that are here, by their names. */
#ifndef SYNC_IMPORT_HERE_H
#define SYNC_IMPORT_HERE_H

#include "sync/import/private.h"

/** A file of a folder. @return false: no more */
typedef bool import_file_item(void *context, const char *base, const char *info);
/** The names in a folder; those that golub did not give and can't handle are passed over. */
MUST_CHECK bool import_scan(struct import *import, const char *folder, import_file_item *item, void *context,
                            struct local_stamp *stamp, bool *stable);
/** List the names of all folders once more, for journal_here_named; nothing is concluded from them. */
bool import_here_names(struct import *import);
/** Look once more which files are here, before the first DELE; import->may_remove is false where another tree or folder stands there now. */
bool import_look_again(struct import *import);
/** Write down, in the caller's transaction, how the folders looked: a run that follows need not list those that did not move. */
bool import_here_save(struct import *import);
/** A file is not where its folder's stamp says that it is: the next run lists every folder, and misses what is not there. */
void import_here_doubt(struct import *import);
void import_here_free(struct import *import);

#endif
