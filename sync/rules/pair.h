/*
 * Which of the messages that vanished is which of those that appeared. Pure: counted as multisets, so k equal ones on one side
 * and m on the other make min(k, m) pairs, and the answer does not depend on the order of the input.
 */
#ifndef SYNC_RULES_PAIR_H
#define SYNC_RULES_PAIR_H

#include "store/base/digest.h"

struct pair_item {
    int64_t id;       /* the row; orders equal candidates */
    int64_t mailbox;  /* a candidate in the same mailbox is preferred: that is a rename, the least of all changes */
    const char *base; /* base name, "" if none: an equal one is preferred next */
    uint64_t size;
    int64_t date;     /* compared only if by_date */
    uint64_t claimed; /* size as the server told it: never compared here */
    unsigned flags;   /* of equal ones those that show the same flags are paired first */
    bool away;    /* nobody can see it stand there: of several `fresh` ones it is taken last, whatever it is called */
    bool left;    /* it may have left before, replaced by another: of equal ones it is taken last */
    bool telling; /* the header in `digest` may prove which message it is */
    unsigned char digest[DIGEST_SIZE];
};

#define PAIR_NONE SIZE_MAX

/**
 * Match each `fresh` item to one `gone` item of equal size and digest (and date).
 *
 * @param gone   sorted in place
 * @param fresh  sorted in place
 * @param match  [out] for each fresh item (in its new order) the index of its partner in `gone` (in its new order) or PAIR_NONE
 * @param taken  scratch: gone_count bools
 */
void pair_match(struct pair_item *gone, size_t gone_count, struct pair_item *fresh, size_t fresh_count, bool by_date,
                size_t *match, bool *taken);

/** How many items have this item's size and digest (and date); items as sorted by pair_match or pair_sort. */
size_t pair_count(const struct pair_item *items, size_t count, const struct pair_item *like, bool by_date);
void pair_sort(struct pair_item *items, size_t count);
/** One that has this item's size and digest, whatever its date; NULL: none. Items as sorted by pair_match or pair_sort. */
const struct pair_item *pair_find(const struct pair_item *items, size_t count, const struct pair_item *like);

#endif
