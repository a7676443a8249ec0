/* Journals of the simulator; see sim_journal.h. */
#include "tests/sim/sim_journal.h"

#include <sqlite3.h>
#include <stdlib.h>

#define SPARE_MAX 4

static struct journal *spare[SPARE_MAX];
static size_t spares;

void
sim_journal_prepare(void)
{
    if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK)
        abort();
}

struct journal *
sim_journal_open(const void *image, size_t size, struct error *err)
{
    return image == NULL && spares > 0 ? spare[--spares] : journal_open_memory(image, size, err);
}

void
sim_journal_close(struct journal *journal)
{
    struct error ignored;

    if (journal == NULL)
        return;
    journal_on_commit(journal, NULL, NULL);
    if (spares < SPARE_MAX && journal_empty(journal, &ignored))
        spare[spares++] = journal;
    else
        journal_close(journal);
}
