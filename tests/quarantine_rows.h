/* For tests: the index of a quarantine as one array. */
#ifndef TESTS_QUARANTINE_ROWS_H
#define TESTS_QUARANTINE_ROWS_H

#include "store/journal/quarantine.h"

/** The rows with counted < before, the oldest first; the caller frees. NULL: there are none, or the journal failed. */
static inline struct journal_quarantined *
quarantine_rows(struct journal *journal, int64_t before, size_t *count)
{
    struct journal_quarantined *rows = NULL;
    struct error err = {0};
    int64_t *ids = NULL;
    bool found = true;

    *count = 0;
    if (!journal_quarantine_ids(journal, before, &ids, count, &err))
        return NULL;
    if (*count != 0 && (rows = calloc(*count, sizeof *rows)) == NULL)
        abort();
    for (size_t i = 0; i < *count; i++) {
        if (!journal_quarantine_get(journal, ids[i], &rows[i], &found, &err) || !found)
            abort();
    }
    free(ids);
    return rows;
}

#endif
