/* Names that a mailbox has on the server for a moment: while it is deleted (sync/apply/going.h), or changes places (sync/apply/rename_there.h). */
#ifndef SYNC_RUN_ASIDE_H
#define SYNC_RUN_ASIDE_H

#include "store/base/remote.h"

#include <inttypes.h>

#define ASIDE_DELETED "golub-delete-"
#define ASIDE_RENAMED "golub-rename-"
#define ASIDE_NAME_SIZE 40

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

/** That of a mailbox while it changes places, as people would call it. @param id  of its row */
static inline void
aside_name(int64_t id, char name[static ASIDE_NAME_SIZE])
{
    (void)text_print(name, ASIDE_NAME_SIZE, ASIDE_RENAMED "%" PRId64, id);
}

/** Is that the name of this row's mailbox while it changes places? */
static inline bool
aside_is_of(int64_t id, const char *name)
{
    char aside[ASIDE_NAME_SIZE];

    aside_name(id, aside);
    return strcmp(name, aside) == 0;
}

/** Is it such a name, of whichever row, or one below it? As people would call it. */
static inline bool
aside_is_at(const char *name)
{
    static const size_t length = sizeof ASIDE_RENAMED - 1;
    const size_t digits = strncmp(name, ASIDE_RENAMED, length) == 0 ? strspn(name + length, "0123456789") : 0;

    return digits != 0 && (name[length + digits] == '\0' || name[length + digits] == '/');
}

/** The name that people know of what is called so on the server. @param goal_there  that it is to get there, as its folder has it here; NULL: none */
static inline const char *
aside_known(const char *name, const char *goal_there)
{
    return goal_there != NULL && aside_is_at(name) ? goal_there : name;
}

/** It has such a name, or stands below one that does: perhaps another golub is at it. @param number  [out] of that name */
static inline bool
aside_number(const struct remote_listed *seen, uint64_t *number)
{
    static const size_t length = sizeof ASIDE_RENAMED - 1;
    const struct text name = seen->name;

    for (size_t at = 0; at + length < name.len; at++) {
        struct text digits = {name.at + at + length, 0};

        if ((at != 0 && name.at[at - 1] != seen->separator) || memcmp(name.at + at, ASIDE_RENAMED, length) != 0)
            continue;
        while (at + length + digits.len < name.len && digits.at[digits.len] != seen->separator)
            digits.len++;
        if (text_number(digits, INT64_MAX, number))
            return true;
    }
    return false;
}

static inline bool
aside_is_renamed(const struct remote_listed *seen)
{
    uint64_t number;

    return aside_number(seen, &number);
}

#endif
