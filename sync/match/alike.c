/* See alike.h. */
#include "sync/match/alike.h"

struct asked {
    struct alike **by_header, **by_size; /* the same ones, each in its order */
    size_t count;
};

static int
compare_headers(const void *a, const void *b)
{
    return memcmp((*(struct alike *const *)a)->header, (*(struct alike *const *)b)->header, DIGEST_SIZE);
}

static int
compare_sizes(const void *a, const void *b)
{
    const uint64_t one = (*(struct alike *const *)a)->size, other = (*(struct alike *const *)b)->size;

    return (one > other) - (one < other);
}

/* All that are equal to the key have this one beside them. */
static void
note(struct alike **at, size_t count, const struct alike *key, int compare(const void *a, const void *b))
{
    struct alike **found = bsearch(&key, at, count, sizeof(struct alike *), compare);

    if (found == NULL)
        return;
    while (found > at && compare(found - 1, &key) == 0)
        found--;
    for (; found < at + count && compare(found, &key) == 0; found++)
        (*found)->any = true;
}

static void
compare_row(const struct asked *asked, const struct journal_message *message)
{
    const struct alike key = {.header = message->header, .size = message->size};

    if (message->has_header)
        note(asked->by_header, asked->count, &key, compare_headers);
    else if (message->base[0] != '\0') /* else it is new there, too, and read when it matters */
        note(asked->by_size, asked->count, &key, compare_sizes);
}

bool
alike_find(struct run *run, struct alike *at, size_t count, const struct id_set *but)
{
    struct arena arena = {0};
    struct asked asked = {.by_header = arena_array(&arena, count, sizeof(struct alike *)),
                          .by_size = arena_array(&arena, count, sizeof(struct alike *)),
                          .count = count};
    struct journal_message *message = arena_array(&arena, 1, sizeof *message);
    int64_t *ids = NULL;
    size_t rows = 0;
    bool ok = run_has(run, &arena);

    for (size_t i = 0; ok && i < count; i++) {
        at[i].any = false;
        asked.by_header[i] = asked.by_size[i] = &at[i];
    }
    if (ok && count > 1) {
        qsort(asked.by_header, count, sizeof(struct alike *), compare_headers);
        qsort(asked.by_size, count, sizeof(struct alike *), compare_sizes);
    }
    ok = ok && (count == 0 || journal_message_ids(run->journal, 0, WHICH_ALL, &ids, &rows, &run->err));
    for (size_t i = 0; ok && i < rows; i++) {
        if (id_set_has(but, ids[i]))
            continue;
        ok = run_load(run, ids[i], message);
        if (ok)
            compare_row(&asked, message);
    }
    free(ids);
    arena_free(&arena);
    return ok;
}
