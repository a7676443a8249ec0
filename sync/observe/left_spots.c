/* Folders that may be those of mailboxes that were left out, and the ages of those of known ones. See left_folders.h. */
#include "sync/observe/left_folders.h"

struct spot *
left_add_spot(struct looking *looking, struct mailbox *mailbox, const char *folder, const struct local_stamp *stamp)
{
    struct spot *spot;

    if (!array_grow(&looking->spots, &looking->spots_size, looking->spots_count + 1, sizeof *looking->spots)) {
        (void)run_no_memory(looking->run);
        return NULL;
    }
    spot = &looking->spots[looking->spots_count++];
    *spot = (struct spot){.mailbox = mailbox, .folder = folder};
    (void)text_print(spot->born, sizeof spot->born, "%s", stamp->born);
    return spot;
}

bool
left_is_its_path(const struct left_note *note, const struct spot *spot)
{
    if (note->folder[0] != '\0')
        return strcmp(note->folder, spot->folder) == 0;
    return spot->mailbox != NULL && strcmp(note->name, spot->mailbox->row.name) == 0;
}

static int
compare_births(const void *pa, const void *pb)
{
    const uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

    return a < b ? -1 : a > b;
}

bool
left_births_load(struct looking *looking)
{
    struct run *run = looking->run;
    struct journal_place place;
    bool known, ok = true;

    looking->births = calloc(run->count + 1, sizeof *looking->births);
    if (looking->births == NULL)
        return run_no_memory(run);
    for (size_t i = 0; ok && i < run->count; i++) {
        if (run->mailboxes[i].row.id == 0)
            continue;
        ok = journal_place_get(run->journal, run->mailboxes[i].row.id, &place, &known, &run->err);
        if (ok && known && place.born[0] != '\0')
            looking->births[looking->births_count++] = text_hash(text_of(place.born));
    }
    qsort(looking->births, looking->births_count, sizeof *looking->births, compare_births);
    return ok;
}

unsigned
left_births_count(const struct looking *looking, const char *born)
{
    const uint64_t hash = text_hash(text_of(born)), *const first = looking->births,
                   *const end = first + looking->births_count;
    const uint64_t *found =
        first == end ? NULL : bsearch(&hash, first, looking->births_count, sizeof hash, compare_births);

    if (found == NULL)
        return 0;
    return (found > first && found[-1] == hash) || (found + 1 < end && found[1] == hash) ? 2 : 1;
}
