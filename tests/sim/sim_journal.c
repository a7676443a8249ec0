/* Journals of the simulator; see sim_journal.h. */
#include "tests/sim/sim_journal.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "tests/sim/sim_plans.h"

#define SPARE_MAX 4

static struct journal *spare[SPARE_MAX];
static size_t spares;
static void *empty; /* the image of a new one */
static size_t empty_size;
static bool looking;

void
sim_journal_prepare(void)
{
    if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK)
        abort();
    looking = true;
}

struct journal *
sim_journal_open(const void *image, size_t size, struct error *err)
{
    struct error ignored;
    struct journal *fresh;

    if (image == NULL && empty == NULL) {
        fresh = journal_open_memory(NULL, 0, err);
        if (fresh == NULL || !journal_image(fresh, &empty, &empty_size, err))
            abort();
        return fresh;
    }
    if (image == NULL) {
        image = empty;
        size = empty_size;
    }
    if (spares > 0) {
        fresh = spare[--spares];
        if (journal_become(fresh, image, size, &ignored))
            return fresh;
        journal_close(fresh);
    }
    return journal_open_memory(image, size, err);
}

void
sim_journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    journal_on_commit(journal, NULL, NULL);
    journal_rollback(journal);
    if (looking)
        sim_plans_look(journal);
    if (spares < SPARE_MAX)
        spare[spares++] = journal;
    else
        journal_close(journal);
}
