/*
 * Headers that nobody has seen: of messages that were recorded as had, so that another message under such a UIDL is found out, and such a message under
 * another UIDL. In each run, a batch of them: when all UIDLs change it is too late.
 */
#include "sync/import/phases.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"

struct learning {
    struct import *import;
    const struct journal_listed *page;
    size_t count;
};

static bool
on_learned(void *context, uint32_t number, const struct seen *seen, const char *words)
{
    struct learning *learning = context;
    struct import *import = learning->import;
    struct journal_pop row;
    size_t i = 0;

    (void)words; /* tried again another day */
    while (i < learning->count && learning->page[i].number != number)
        i++;
    if (seen == NULL || i == learning->count)
        return true;
    if (!import_load(import, learning->page[i].row, &row))
        return false;
    seen_header_to_row(seen, &row);
    return import_save(import, &row);
}

bool
import_learn_headers(struct import *import)
{
    struct journal_listed page[LIMIT_BATCH];
    uint32_t numbers[LIMIT_BATCH];
    struct learning learning = {.import = import, .page = page};
    bool again;

    if (!import->info.top || import->identity != BY_UIDL || import->dry)
        return true;
    /* Where one name means another message than before, so may those of which nothing but name and size is known. */
    if (!journal_listing_names_again(import->journal, &again, &import->err))
        return false;
    if (again || import->reused)
        return true;
    if (!journal_listing_unread(import->journal, page, LIMIT_BATCH, &learning.count, &import->err))
        return false;
    for (size_t i = 0; i < learning.count; i++)
        numbers[i] = page[i].number;
    return import_top(import, numbers, learning.count, on_learned, &learning);
}
