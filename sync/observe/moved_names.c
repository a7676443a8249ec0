/* Names of files that are looked for, by their hashes, and how many of them a folder holds. See exchanged.h. */
#include "sync/observe/exchanged.h"

#include "sync/rows/own_name.h"

#define UIDS_MAX                                                                                                       \
    1000000 /* so many names are made to be compared, of the newest: a second's work, once after a backup came back */

static int
compare_hashes(const void *pa, const void *pb)
{
    const uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

    return a < b ? -1 : a > b;
}

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
    if ((row->facts & FACT_GONE_HERE) != 0 && lost->mailbox->row.state != MAILBOX_GONE_LOCAL && !search->with_gone)
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

static void
see_stranger(struct search *search, const char *base)
{
    char letters[RUN_NAME_LETTERS + 1];

    search->strangers++;
    if (!search->run->maildir_older || !own_name_letters(base, letters))
        return;
    if (array_grow(&search->fetched, &search->fetched_size, search->fetched_count + 1, sizeof *search->fetched))
        search->fetched[search->fetched_count++] = text_hash(text_of(letters));
    else
        search->no_memory = true;
}

uint64_t
moved_names_removed(struct search *search, const struct lost *lost, const char *name)
{
    const struct journal_mailbox *row = &lost->mailbox->row;
    uint64_t count = 0;

    if (search->fetched_count == 0 || row->uidvalidity == 0 || lost->count >= 2 * search->strangers)
        return 0;
    qsort(search->fetched, search->fetched_count, sizeof *search->fetched, compare_hashes);
    for (uint32_t uid = row->uidnext, tried = 0; uid > 1 && tried < UIDS_MAX && count < search->fetched_count;
         tried++) {
        char letters[RUN_NAME_LETTERS + 1];
        uint64_t hash;

        run_name_letters(search->run, name, row->uidvalidity, --uid, letters);
        hash = text_hash(text_of(letters));
        count += bsearch(&hash, search->fetched, search->fetched_count, sizeof hash, compare_hashes) != NULL;
    }
    return count;
}

void
moved_names_see(struct search *search, const char *base)
{
    const struct name key = {.hash = text_hash(text_of(base))};
    const struct name *name = search->names_count == 0 ? NULL
                                                       : bsearch(&key, search->names, search->names_count,
                                                                 sizeof *search->names, compare_names);

    if (name == NULL)
        see_stranger(search, base);
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
    search->fetched_count = 0;
    return search->run->local.ops->scan(search->run->local.self, folder, &scanner, search, &stamp, &stable, &ignored);
}

void
moved_names_free(struct search *search)
{
    free(search->names);
    free(search->fetched);
}
