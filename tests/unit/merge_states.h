/*
 * All states of two flags, and laws about what becomes of them. Two are enough, since every function of sync/rules/merge.h answers for each
 * flag by itself (test_merge). What is to be done is asked of merge_plan, so a law says what happens to mail, not which bits move. Included
 * after cmocka.h.
 */
#ifndef TESTS_UNIT_MERGE_STATES_H
#define TESTS_UNIT_MERGE_STATES_H

#include "store/base/local.h"
#include "sync/rules/merge.h"

#define BOTH ((unsigned)(FLAG_FLAGGED | FLAG_DELETED))

/* The lowest two bits of `n` as flags. */
static inline unsigned
pair_number(unsigned n)
{
    return (n & 1 ? FLAG_FLAGGED : 0u) | (n & 2 ? FLAG_DELETED : 0u);
}

/* All states of two flags, and all values of two masks beside them: for (struct sweep s = {0}; sweep_next(&s);) */
struct sweep {
    unsigned count;
    struct flag_sides f;
    unsigned mask, shown;
};

static inline bool
sweep_next(struct sweep *s)
{
    const unsigned n = s->count++;

    s->f = (struct flag_sides){pair_number(n), pair_number(n >> 2), pair_number(n >> 4), pair_number(n >> 6)};
    s->mask = pair_number(n >> 8);
    s->shown = pair_number(n >> 10);
    return n < 1u << 12;
}

static inline void
print_sides(struct flag_sides f)
{
    char letters[4][7];

    flags_to_letters(f.rbase, letters[0]);
    flags_to_letters(f.rseen, letters[1]);
    flags_to_letters(f.lbase, letters[2]);
    flags_to_letters(f.lseen, letters[3]);
    print_error("there \"%s\" -> \"%s\", here \"%s\" -> \"%s\"\n", letters[0], letters[1], letters[2], letters[3]);
}

#define LAW(before, after, holds)                                                                                      \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            print_sides(before);                                                                                       \
            print_sides(after);                                                                                        \
            fail_msg("%s", #holds);                                                                                    \
        }                                                                                                              \
    } while (0)

static inline unsigned
sent_by(struct merge_step step)
{
    return step.there_add | step.there_del;
}

static inline unsigned
renamed_by(struct merge_step step)
{
    return step.here_add | step.here_del;
}

static inline unsigned
cleared_by(struct merge_step step)
{
    return step.there_del | step.here_del;
}

static inline bool
is_same(struct flag_sides a, struct flag_sides b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static inline struct flag_sides
only(struct flag_sides f, unsigned bit)
{
    return (struct flag_sides){f.rbase & bit, f.lbase & bit, f.rseen & bit, f.lseen & bit};
}

#endif
