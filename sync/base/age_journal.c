#include "sync/base/age_journal.h"

#define KEY "age"

bool
age_begin(struct journal *journal, age_newest *newest, int64_t clock, struct age_run *age, struct error *err)
{
    int64_t kept;
    char *text;

    if (!journal_get(journal, KEY, &text, err))
        return false;
    age->known = text != NULL && age_parse(text, &age->last);
    free(text);
    if (!age->known && !newest(journal, &kept, err))
        return false;
    if (!age->known)
        age->last = age_first(kept, clock);
    age->now = age_at(&age->last, clock);
    return true;
}

bool
age_is_due(const struct age_run *age)
{
    return !age->known || age_is_worth_saving(&age->last, &age->now);
}

bool
age_is_stale(const struct age_run *age)
{
    return !age->known || age->now.clock < age->last.clock || age->now.clock - age->last.clock >= AGE_DAY;
}

bool
age_save(struct journal *journal, const struct age_run *age, struct error *err)
{
    char text[AGE_TEXT_MAX];

    if (!age_is_due(age))
        return true;
    age_print(&age->now, text);
    return journal_set(journal, KEY, text, err);
}
