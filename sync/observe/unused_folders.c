/* See unused_folders.h. */
#include "sync/observe/unused_folders.h"

#include "sync/observe/exchanged.h"

#define TEXT_MAX (16 * 1024 * 1024)

bool
unused_folders_note(struct run *run, const char *folder)
{
    if (run->unused.max == 0)
        run->unused = buffer_new(TEXT_MAX);
    return buffer_add(&run->unused, folder, strlen(folder) + 1) || run_no_memory(run);
}

/* About one whose folder is gone the guard asks, and names where its mail stands: whoever gave his word for that is not asked again. */
static bool
gather(struct search *search)
{
    struct run *run = search->run;

    search->lost = calloc(run->count + 1, sizeof *search->lost);
    if (search->lost == NULL)
        return run_no_memory(run);
    for (size_t i = 0; i < run->count; i++)
        if (run->mailboxes[i].row.id != 0 && run->mailboxes[i].chosen && run->mailboxes[i].folder_here)
            search->lost[search->lost_count++].mailbox = &run->mailboxes[i];
    return true;
}

/* One that can't be listed holds nothing, as far as anybody knows. */
static void
look(struct search *search, const char *folder)
{
    (void)moved_names_count(search, folder);
    for (size_t i = 0; i < search->lost_count; i++)
        if (search->lost[i].count != 0)
            run_learn(search->run, search->lost[i].mailbox, CAUTION_STANDS_UNUSED);
}

bool
unused_folders_see(struct run *run)
{
    struct search search = {.run = run, .with_gone = true};
    bool ok = true;

    if (run->unused.len == 0)
        return true;
    ok = gather(&search) && moved_names_read(&search);
    for (size_t at = 0; ok && at < run->unused.len; at += strlen(run->unused.at + at) + 1)
        look(&search, run->unused.at + at);
    free(search.lost);
    moved_names_free(&search);
    buffer_free(&run->unused); /* once in a run */
    return ok;
}
