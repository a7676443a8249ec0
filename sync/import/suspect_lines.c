/* Suspects beside the listing of a session: which lines are theirs, and what is not to be asked for now. See suspects.h. */
#include "sync/import/suspects.h"

#include <inttypes.h>

void
suspects_begin(struct suspects *suspects)
{
    suspects->line_count = 0;
    suspects->flying_first = suspects->flying_end = 0;
    suspects->listed = false;
    suspects->refused = 0;
}

/* Nothing is named there: the number counts, as long as the size is the same. */
static bool
is_line_of(const struct suspect *suspect, uint32_t number, const char *uidl, uint64_t size)
{
    if (suspect->breaks == 0)
        return false;
    if (suspect->uidl[0] == '\0')
        return suspect->number == number && suspect->size == size;
    return uidl != NULL && strcmp(suspect->uidl, uidl) == 0;
}

void
suspects_listed(struct import *import, uint32_t number, const char *uidl, uint64_t size)
{
    struct suspects *suspects = import->suspects;

    suspects->listed = true;
    for (size_t i = 0; i < suspects->count && suspects->line_count < SUSPECTS_MAX; i++) {
        struct suspect *suspect = &suspects->list[i];

        if (!is_line_of(suspect, number, uidl, size))
            continue;
        if (suspect->size != size && suspect->uidl[0] != '\0') { /* it changed, or it is another message of that name */
            suspects_forget(suspects, i);
            suspects->alone = suspects->alone == i ? SUSPECT_NONE : suspects->alone;
            continue;
        }
        suspect->number = number;
        suspects->lines[suspects->line_count++] = (struct suspect_line){number, i};
    }
}

/* Whose line it was when the list came. */
static size_t
find_listed(const struct suspects *suspects, uint32_t number)
{
    for (size_t i = 0; i < suspects->line_count; i++)
        if (suspects->lines[i].number == number)
            return suspects->lines[i].suspect;
    return SUSPECT_NONE;
}

size_t
suspects_find(const struct suspects *suspects, uint32_t number)
{
    const size_t index = find_listed(suspects, number);

    return index != SUSPECT_NONE && suspects->list[index].breaks > 0 ? index : SUSPECT_NONE;
}

void
suspects_forget(struct suspects *suspects, size_t index)
{
    suspects->list[index].breaks = 0;
    suspects->changed = true;
}

void
suspects_say_why(const struct suspect *suspect, char why[static SUSPECT_WHY])
{
    if (suspect->breaks == 1)
        (void)text_print(why, SUSPECT_WHY, "the connection broke at it: it is asked for again after all others");
    else
        (void)text_print(why, SUSPECT_WHY, "unreadable on the server (%" PRIu64 " bytes): %s", suspect->size,
                         suspect->words);
}

bool
suspects_hold_back(const struct import *import, uint32_t number, char why[static SUSPECT_WHY])
{
    const struct suspects *suspects = import->suspects;
    const size_t index = suspects_find(suspects, number);

    if (index == SUSPECT_NONE || index == suspects->alone ||
        (suspects->list[index].at_top && suspects->list[index].breaks == 1))
        return false;
    suspects_say_why(&suspects->list[index], why);
    return true;
}

/* Which message is which rests on headers: where RETR broke the line TOP may do, and where TOP did it is asked for once more. */
bool
suspects_hold_top(const struct import *import, uint32_t number, char why[static SUSPECT_WHY])
{
    const size_t index = suspects_find(import->suspects, number);

    return index != SUSPECT_NONE && import->suspects->list[index].at_top && suspects_hold_back(import, number, why);
}

bool
suspects_pass_over(const struct import *import, uint32_t number)
{
    const struct suspects *suspects = import->suspects;

    return suspects->alone != SUSPECT_NONE && (find_listed(suspects, number) == suspects->alone) != suspects->turn;
}

uint32_t
suspects_in_flight(const struct suspects *suspects)
{
    return suspects->flying_first < suspects->flying_end ? suspects->flying[suspects->flying_first % IMPORT_RING] : 0;
}
