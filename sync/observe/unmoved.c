/* See unmoved.h. A table with open places, four of five of which are taken at most. */
#include "sync/observe/unmoved.h"

#include "sync/rows/flushed.h"
#include "sync/rules/merge.h"

#include <sys/mman.h>
#include <sys/random.h>

/* What is known of a name, below the bits of its hash. */
#define SEEN 1u
#define BEFORE 2u
#define TAKEN 4u
#define BITS (SEEN | BEFORE | TAKEN)

#define LARGE_PAGE ((size_t)2 << 20)

struct loading {
    struct unmoved *unmoved;
    const struct run *run;
    size_t most;
};

/* Never 0, which is an open place. */
static uint64_t
hash_of(const struct unmoved *unmoved, struct text base, struct text info)
{
    char name[LOCAL_BASE_MAX + 1 + LOCAL_INFO_MAX];
    uint64_t hash;

    if (base.len > LOCAL_BASE_MAX || info.len > LOCAL_INFO_MAX) /* no file has such a name */
        return (uint64_t)BITS + 1;
    memcpy(name, base.at, base.len);
    name[base.len] = '\0';
    memcpy(name + base.len + 1, info.at, info.len);
    hash = keyed_hash(&unmoved->keyed, name, base.len + 1 + info.len) & ~(uint64_t)BITS;
    return hash != 0 ? hash : (uint64_t)BITS + 1;
}

/* Where a hash is, or the open place where it would be. */
static uint64_t *
place_of(const struct unmoved *unmoved, uint64_t hash)
{
    size_t at = (size_t)(((unsigned __int128)hash * unmoved->places) >> 64);

    while (unmoved->names[at] != 0 && (unmoved->names[at] & ~(uint64_t)BITS) != hash)
        at = at + 1 < unmoved->places ? at + 1 : 0;
    return &unmoved->names[at];
}

static bool
has(const struct unmoved *unmoved, struct text base, struct text info, unsigned bit)
{
    return unmoved->names != NULL && (*place_of(unmoved, hash_of(unmoved, base, info)) & bit) != 0;
}

/* Would the name that the row knows change nothing in the row? What on_file (local.c) does then. */
static bool
says_nothing(const struct run *run, const struct journal_name *row)
{
    const unsigned once = FACT_GONE_HERE | FACT_LACKED | FACT_UNPAIRED | FACT_MOVED;
    char info[LOCAL_INFO_MAX + 1];

    return (row->facts & once) == 0 && text_copy(row->info, info, sizeof info) &&
           merge_of_rename(info, info, row->lseen) == row->lseen && !flushed_is_doubtful(run, row->id);
}

static bool
add(void *context, const struct journal_name *row)
{
    struct loading *loading = context;
    struct unmoved *unmoved = loading->unmoved;
    uint64_t hash, *place;

    if ((row->facts & FACT_GONE_HERE) != 0)
        return true;
    if (unmoved->kept == loading->most || !says_nothing(loading->run, row)) {
        unmoved->others = true;
        return true;
    }
    hash = hash_of(unmoved, row->base, row->info);
    place = place_of(unmoved, hash);
    if (*place != 0) { /* another row's: neither of them is told by it */
        unmoved->others = true;
        unmoved->count -= (*place & TAKEN) == 0;
        *place |= TAKEN;
        return true;
    }
    *place = hash;
    unmoved->kept++;
    unmoved->count++;
    return true;
}

/* Open places. Each look goes to another page of a large table: most of its time is that of finding the page, if pages are small. */
static uint64_t *
make_places(size_t count)
{
    const size_t size = (count * sizeof(uint64_t) + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    uint64_t *places;

    if (count * sizeof *places < LARGE_PAGE)
        return calloc(count, sizeof *places);
    places = aligned_alloc(LARGE_PAGE, size);
    if (places == NULL)
        return NULL;
    (void)madvise(places, size, MADV_HUGEPAGE); /* where there are none it is slower */
    memset(places, 0, size);
    return places;
}

bool
unmoved_load(struct unmoved *unmoved, struct run *run, int64_t mailbox, size_t *room)
{
    struct loading loading = {unmoved, run, 0};
    uint64_t rows;

    *unmoved = (struct unmoved){.others = true};
    if (run->maildir_older) /* each name may show the past */
        return true;
    if (!journal_message_count(run->journal, mailbox, WHICH_ALL, &rows, &run->err))
        return false;
    loading.most = rows < *room ? (size_t)rows : *room;
    unmoved->places = loading.most + loading.most / 4 + 1;
    unmoved->names = make_places(unmoved->places);
    if (unmoved->names == NULL)
        return run_no_memory(run);
    if (getrandom(&unmoved->keyed, sizeof unmoved->keyed, 0) != (ssize_t)sizeof unmoved->keyed)
        loading.most = 0; /* nothing is told by a hash that can be foreseen */
    unmoved->others = false;
    if (!journal_names(run->journal, mailbox, rows, add, &loading, &run->err))
        return false;
    *room -= unmoved->kept;
    return true;
}

void
unmoved_again(struct unmoved *unmoved)
{
    for (size_t i = 0; unmoved->names != NULL && i < unmoved->places; i++)
        unmoved->names[i] =
            (unmoved->names[i] & ~(uint64_t)(SEEN | BEFORE)) | ((unmoved->names[i] & SEEN) != 0 ? BEFORE : 0);
    unmoved->seen = 0;
    unmoved->others = unmoved->others || unmoved->taken;
    unmoved->taken = false;
}

bool
unmoved_see(struct unmoved *unmoved, const char *base, const char *info)
{
    uint64_t *place;

    if (unmoved->names == NULL)
        return false;
    place = place_of(unmoved, hash_of(unmoved, text_of(base), text_of(info)));
    if (*place == 0 || (*place & TAKEN) != 0)
        return false;
    unmoved->seen += (*place & SEEN) == 0;
    *place |= SEEN;
    return true;
}

bool
unmoved_is_seen(const struct unmoved *unmoved, struct text base, struct text info)
{
    return has(unmoved, base, info, SEEN);
}

bool
unmoved_was_seen(const struct unmoved *unmoved, struct text base, struct text info)
{
    return has(unmoved, base, info, BEFORE);
}

void
unmoved_take(struct unmoved *unmoved, const char *base, const char *info)
{
    uint64_t *place;

    unmoved->taken = true;
    if (unmoved->names == NULL)
        return;
    place = place_of(unmoved, hash_of(unmoved, text_of(base), text_of(info)));
    if (*place == 0 || (*place & TAKEN) != 0)
        return;
    unmoved->count--;
    unmoved->seen -= (*place & SEEN) != 0;
    *place = (*place & ~(uint64_t)SEEN) | TAKEN;
}

void
unmoved_free(struct unmoved *unmoved, size_t *room)
{
    free(unmoved->names);
    *room += unmoved->kept;
    *unmoved = (struct unmoved){0};
}
