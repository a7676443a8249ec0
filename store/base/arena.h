/*
 * Memory of a batch: arrays that are needed together are freed together, and whether all of them came is asked once. Each array is a piece
 * of memory of its own, so that a tool that watches memory sees where it ends.
 */
#ifndef STORE_BASE_ARENA_H
#define STORE_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_piece;

struct arena { /* {0} is an empty one */
    struct arena_piece *pieces;
    bool failed; /* some array did not come: out of memory */
};

/** An array of zeros, which may have no element. @return NULL: out of memory, as arena->failed says */
void *arena_array(struct arena *arena, size_t count, size_t each);
/** All of its arrays; it is empty afterwards. */
void arena_free(struct arena *arena);

#endif
