/* `map` for `golub check`: what its words mean on this server, and whether a sync could follow it from the folders that are here. */
#ifndef SYNC_INSPECT_CHECK_MAP_H
#define SYNC_INSPECT_CHECK_MAP_H

#include "store/journal/journal.h"
#include "sync/inspect/check_mailboxes.h"
#include "sync/report/report.h"
#include "sync/rules/names_map.h"

struct check_map { /* zeros at first */
    struct names_map map;
    struct names_map before; /* by which the folders that are here were named */
    char *text;
    struct names_mapped *entries;
    struct journal_mailbox *rows;
    size_t count;
};

/** What the journal knows; where there is none, nothing. */
MUST_CHECK bool check_map_load(struct check_map *map, const struct account *account, struct error *err);
/** Once the server's mailboxes are known: what the words mean, and what has no folder by them. */
void check_map_say(struct check_map *map, const struct account *account, struct report *report,
                   const struct check_mailboxes *mailboxes);
/**
 * The mailbox of a folder: the one that the journal knows, else as its name is read.
 * @return false: it is none; said, where that is for `map`
 */
bool check_map_name(const struct check_map *map, const struct account *account, struct report *report,
                    const char *folder, char name[static LIMIT_MAILBOX_NAME + 1]);
/** What the next sync renames. @return false: it would end with ERROR_CONFIG, and why */
MUST_CHECK bool check_map_follow(const struct check_map *map, const struct account *account, struct report *report,
                                 const struct check_mailboxes *mailboxes, const struct local *local, struct error *err);
void check_map_free(struct check_map *map);

#endif
