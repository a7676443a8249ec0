/* See cut_off.h. */
#include "sync/base/cut_off.h"

#include <stdlib.h>
#include <string.h>

#define KEY "leftovers"

bool
cut_off_begin(struct cut_off *cut_off, struct journal *journal, struct error *err)
{
    char *text;

    *cut_off = (struct cut_off){.journal = journal};
    if (!journal_get(journal, KEY, &text, err))
        return false;
    cut_off->was = text != NULL && strcmp(text, "1") == 0;
    cut_off->due = cut_off->was || journal_was_cut_off(journal);
    free(text);
    return true;
}

void
cut_off_sweep(struct cut_off *cut_off, const struct local *local, const char *folder)
{
    if (!local->ops->sweep(local->self, folder))
        cut_off->young = true;
}

bool
cut_off_end(const struct cut_off *cut_off, struct error *err)
{
    if (!cut_off->due || cut_off->young == cut_off->was)
        return true;
    if (!journal_begin(cut_off->journal, err))
        return false;
    if (journal_set(cut_off->journal, KEY, cut_off->young ? "1" : "0", err) && journal_commit(cut_off->journal, err))
        return true;
    journal_rollback(cut_off->journal);
    return false;
}
