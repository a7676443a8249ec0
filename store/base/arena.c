/* See arena.h. */
#include "store/base/arena.h"

#include <stdint.h>
#include <stdlib.h>

struct arena_piece {
    struct arena_piece *next;
    max_align_t bytes[];
};

void *
arena_array(struct arena *arena, size_t count, size_t each)
{
    struct arena_piece *piece = NULL;
    size_t size;

    if (!__builtin_mul_overflow(count, each, &size) && size <= SIZE_MAX - sizeof *piece)
        piece = calloc(1, sizeof *piece + size);
    if (piece == NULL) {
        arena->failed = true;
        return NULL;
    }
    piece->next = arena->pieces;
    arena->pieces = piece;
    return piece->bytes;
}

void
arena_free(struct arena *arena)
{
    while (arena->pieces != NULL) {
        struct arena_piece *piece = arena->pieces;

        arena->pieces = piece->next;
        free(piece);
    }
    arena->failed = false;
}
