/* Names of files that are looked for, by their hashes, and how many of them a folder holds. See exchanged.h. */
#include "sync/observe/exchanged.h"

static int
compare_names(const void *pa, const void *pb)
{
    const uint64_t a = ((const struct name *)pa)->hash, b = ((const struct name *)pb)->hash;

    return a < b ? -1 : a > b;
}

static bool
see_row(void *context, const struct journal_name *row)
{
    struct search *search = context;
    struct lost *lost = &search->lost[search->at];

    /* Of one that was gone before nothing is known any more but what it held. */
    if ((row->facts & FACT_GONE_HERE) != 0 && lost->mailbox->row.state != MAILBOX_GONE_LOCAL)
        return true;
    if (!array_grow(&search->names, &search->names_size, search->names_count + 1, sizeof *search->names))
        return run_no_memory(search->run);
    search->names[search->names_count++] = (struct name){text_hash(row->base), search->at};
    lost->names++;
    return true;
}

bool
moved_names_read(struct search *search)
{
    struct run *run = search->run;

    for (search->at = 0; search->at < search->lost_count; search->at++) {
        const struct journal_mailbox *row = &search->lost[search->at].mailbox->row;

        if (!journal_names(run->journal, row->id, row->messages, see_row, search, &run->err))
            return false;
    }
    if (search->names_count > 1)
        qsort(search->names, search->names_count, sizeof *search->names, compare_names);
    return true;
}

void
moved_names_see(struct search *search, const char *base)
{
    const struct name key = {.hash = text_hash(text_of(base))};
    const struct name *name = search->names_count == 0 ? NULL
                                                       : bsearch(&key, search->names, search->names_count,
                                                                 sizeof *search->names, compare_names);

    search->strangers += name == NULL;
    while (name != NULL && name > search->names && name[-1].hash == key.hash)
        name--;
    for (; name != NULL && name < search->names + search->names_count && name->hash == key.hash; name++)
        search->lost[name->lost].count++;
}

static bool
see_file(void *context, const char *base, const char *info)
{
    (void)info;
    moved_names_see(context, base);
    return true;
}

bool
moved_names_count(struct search *search, const char *folder)
{
    const struct local_scanner scanner = {.file = see_file};
    struct local_stamp stamp;
    struct error ignored = {0};
    bool stable;

    for (size_t i = 0; i < search->lost_count; i++)
        search->lost[i].count = 0;
    search->strangers = 0;
    return search->run->local.ops->scan(search->run->local.self, folder, &scanner, search, &stamp, &stable, &ignored);
}
