/* Looking for one among the items of a list: by its name there, by the row that takes it, by what people call it here. */
#ifndef SYNC_OBSERVE_ITEMS_H
#define SYNC_OBSERVE_ITEMS_H

#include "sync/observe/renamed.h"

/** The one that has this name on the server, as the server spells it. A search in halves: it is asked for each row. @param wire  NULL: none has it */
struct renamed_item *items_named(const struct renamed_item *items, size_t count, const char *wire);
/** The one whose name the row takes. */
struct renamed_item *items_of(const struct renamed_item *items, size_t count, const struct mailbox *row);
/** The first one that people call so. @param name  NULL: none */
struct renamed_item *items_called(const struct run *run, const struct renamed_item *items, size_t count,
                                  const char *name);

#endif
