/* See items.h. */
#include "sync/observe/items.h"

bool
items_name(const struct run *run, const struct remote_listed *seen, bool uncut,
           char name[static LIMIT_MAILBOX_NAME + 1])
{
    struct error ignored = {0};

    return names_from_server(seen->utf8.at != NULL ? seen->utf8 : seen->name, seen->separator,
                             uncut || (seen->attributes & REMOTE_SHARED) != 0 ? "" : run->info.prefix, name, &ignored);
}

static int
compare_names(const void *key, const void *item)
{
    return text_order(*(const struct text *)key, ((const struct renamed_item *)item)->seen->name);
}

struct renamed_item *
items_named(const struct renamed_item *items, size_t count, const char *wire)
{
    const struct text name = text_of(wire);
    struct renamed_item *found =
        wire == NULL || count == 0 ? NULL : bsearch(&name, items, count, sizeof *items, compare_names);

    while (found != NULL && found != items && text_same(found[-1].seen->name, name))
        found--; /* a list may have a name twice: of these it is the first one, whatever way the search came */
    return found;
}

struct renamed_item *
items_of(const struct renamed_item *items, size_t count, const struct mailbox *row)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].row == row)
            return (struct renamed_item *)&items[i];
    return NULL;
}

struct renamed_item *
items_called(const struct run *run, const struct renamed_item *items, size_t count, const char *name)
{
    char called[LIMIT_MAILBOX_NAME + 1];

    for (size_t i = 0; name != NULL && i < count; i++)
        if (items_name(run, items[i].seen, false, called) && strcmp(called, name) == 0)
            return (struct renamed_item *)&items[i];
    return NULL;
}
