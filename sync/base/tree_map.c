/* See tree_map.h. */
#include "sync/base/tree_map.h"

#include "store/journal/journal.h"

static bool
has_words(const struct names_mapped *entries)
{
    for (; entries != NULL && entries->right != NULL; entries++) {
        if (entries->use != 0)
            return true;
    }
    return false;
}

/* What its last run found out. */
static bool
learn(const struct account *account, const struct import_beside *beside, struct names_map *map, struct error *err)
{
    struct names_mapped *entries = NULL;
    struct journal *journal = NULL;
    char path[4096], *text = NULL;
    bool missing = true, ok = true;

    if (text_print(path, sizeof path, "%s/journal.db", beside->state))
        journal = journal_open_read(path, &missing, err);
    if (journal == NULL)
        return missing;
    ok = journal_get(journal, "map", &text, err);
    journal_close(journal);
    if (ok && text != NULL && !names_map_read(text, &entries)) {
        error_set(err, ERROR_LOCAL, "get memory");
        ok = false;
    }
    if (ok)
        names_map_begin(map, &account->policy, entries);
    free(entries);
    free(text);
    return ok;
}

bool
tree_map(const struct account *account, struct names_map *map, struct error *err)
{
    bool ok = true;

    names_map_begin(map, &account->policy, NULL);
    for (const struct import_beside *beside = account->import.beside;
         ok && has_words(account->policy.map) && beside != NULL && beside->account != NULL; beside++)
        ok = beside->imports || learn(account, beside, map, err);
    return ok;
}
