/* What a list of the server has, one by one, and looking for one of them: by its name there, by the row that takes it, by what people call it here. */
#ifndef SYNC_OBSERVE_ITEMS_H
#define SYNC_OBSERVE_ITEMS_H

#include "sync/run/run.h"

struct renamed_item { /* one of the list */
    const struct remote_listed *seen;
    struct mailbox *row; /* [out] of which it is the new name; NULL: none */
    bool reborn;         /* [out] ... and its old name is another one's now */
    bool
        same; /* [out] ... which it has here already, while another one has the name that the row knew of the server's */
    bool waits;   /* [out] it is perhaps a row's new name, which only another list tells: left alone in this run */
    bool passing; /* [out] ... for another golub gave it, or what had its name, another name for a moment: passing.h */
};

/** What people call it here, if it can be called anything. @param uncut  with the prefix of the namespace */
bool items_name(const struct run *run, const struct remote_listed *seen, bool uncut,
                char name[static LIMIT_MAILBOX_NAME + 1]);
/** The one that has this name on the server, as the server spells it. A search in halves: it is asked for each row. @param wire  NULL: none has it */
struct renamed_item *items_named(const struct renamed_item *items, size_t count, const char *wire);
/** The one whose name the row takes. */
struct renamed_item *items_of(const struct renamed_item *items, size_t count, const struct mailbox *row);
/** The first one that people call so. @param name  NULL: none */
struct renamed_item *items_called(const struct run *run, const struct renamed_item *items, size_t count,
                                  const char *name);

#endif
