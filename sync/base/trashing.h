/* What becomes of a message there whose file was removed here: expunged, or moved to the \Trash? */
#ifndef SYNC_BASE_TRASHING_H
#define SYNC_BASE_TRASHING_H

#include "store/base/remote.h"
#include "sync/base/account.h"

/**
 * Does what is removed here go to the \Trash? As the user says; else at Gmail, where one message stands in several mailboxes, and to expunge it from
 * one takes off a label.
 */
bool trashing_is_on(const struct account *account, const struct remote_info *info);

#endif
