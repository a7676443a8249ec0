/* The state folder of an account: journal, lock, quarantine. */
#ifndef SYNC_BASE_STATE_H
#define SYNC_BASE_STATE_H

#include "sync/base/account.h"

#define STATE_NO_QUARANTINE /* a format: the state folder */                                                           \
    "the folder %s/quarantine is not there: is the disk that it is on mounted?"

/** Path of a file in the state folder. @return false: too long; err is ERROR_CONFIG */
MUST_CHECK bool state_path(const struct account *account, const char *file, char *path, size_t size, struct error *err);
/** The quarantine's folder is not there, whatever the journal says is in it: a disk that is not mounted. */
bool state_lacks_quarantine(const struct account *account);
/** Make the folder and its parents, 0700. */
MUST_CHECK bool state_make(const struct account *account, struct error *err);

#endif
