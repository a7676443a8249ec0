/* The counted time of an account, kept in its journal (meta `age`): beside age.h, which is pure. */
#ifndef SYNC_BASE_AGE_JOURNAL_H
#define SYNC_BASE_AGE_JOURNAL_H

#include "store/journal/journal.h"
#include "sync/base/age.h"

struct age_run { /* counted time in one run */
    struct age last, now;
    bool known; /* the journal had a state */
};

/** As for age_first. */
typedef bool age_newest(struct journal *journal, int64_t *newest, struct error *err);
/**
 * Once at the start of a run.
 * @param newest  called only where the journal has no state that can be read: it may look at all that is kept
 */
MUST_CHECK bool age_begin(struct journal *journal, age_newest *newest, int64_t clock, struct age_run *age,
                          struct error *err);
/** At the end of a run that succeeded; inside a transaction. Writes nothing that is not worth it. */
MUST_CHECK bool age_save(struct journal *journal, const struct age_run *age, struct error *err);
/** Would age_save write? */
bool age_is_due(const struct age_run *age);
/**
 * While nothing is kept nothing ages, and one row a day is enough: so that the first thing to be kept does not begin in a run whose clock
 * is wrong.
 */
bool age_is_stale(const struct age_run *age);

#endif
