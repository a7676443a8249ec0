/* Names that a mailbox has on the server for a moment: while it is deleted (sync/apply/going.h), or changes places (sync/apply/rename_there.h). */
#ifndef SYNC_RUN_ASIDE_H
#define SYNC_RUN_ASIDE_H

#include "store/base/remote.h"

#define ASIDE_DELETED "golub-delete-"
#define ASIDE_RENAMED "golub-rename-"

/** It has it, and is empty: another golub is at it, or was cut off. With mail in it it is a mailbox like any other. */
static inline bool
aside_is_deleted(const struct remote_listed *seen)
{
    const char *at = seen->name.at + seen->name.len;

    while (at > seen->name.at && at[-1] != seen->separator)
        at--;
    return seen->has_status && seen->messages == 0 &&
           (size_t)(seen->name.at + seen->name.len - at) > sizeof ASIDE_DELETED - 1 &&
           memcmp(at, ASIDE_DELETED, sizeof ASIDE_DELETED - 1) == 0;
}

/** It has it, or stands below one that does: perhaps another golub is at it. */
static inline bool
aside_is_renamed(const struct remote_listed *seen)
{
    static const size_t length = sizeof ASIDE_RENAMED - 1;

    for (size_t at = 0; at + length < seen->name.len; at++)
        if ((at == 0 || seen->name.at[at - 1] == seen->separator) &&
            memcmp(seen->name.at + at, ASIDE_RENAMED, length) == 0)
            return true;
    return false;
}

#endif
