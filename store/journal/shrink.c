/* A journal that held much more once than it holds now gives the room back to the disk. */
#include "store/journal/internal.h"

#define LEAST_BYTES (1024 * 1024) /* below that there is nothing to gain */

static bool
pages(struct journal *journal, const char *pragma, int64_t *count)
{
    struct error ignored;

    return sql_query(journal, pragma, count, "measure", &ignored);
}

static bool
is_mostly_free(struct journal *journal)
{
    int64_t all, free, size;

    return pages(journal, "PRAGMA page_count", &all) && pages(journal, "PRAGMA freelist_count", &free) &&
           pages(journal, "PRAGMA page_size", &size) && all >= LEAST_BYTES / size && free > all / 2;
}

void
journal_shrink(struct journal *journal)
{
    if (!is_mostly_free(journal))
        return;
    /* One transaction, whatever ends the program meanwhile. Where the disk has no room for it a later run tries again. */
    (void)sqlite3_exec(journal->db, "VACUUM", NULL, NULL, NULL);
}
