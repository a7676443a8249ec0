/* See age.h: pure arithmetic on seconds. */
#include "sync/base/age.h"

#include <inttypes.h>

#include "store/base/text.h"

#define CLOCK_MAX (INT64_MAX / 4) /* any clock and any sum of what is kept here fit */
#define SAVE_AFTER INT64_C(3600)  /* a row of the journal an hour is enough */
#define DAYS_MAX 1000000          /* more than the configuration allows */
#define NUMBERS 7                 /* of a state */

static int64_t
tame(int64_t clock)
{
    return clock < 0 ? 0 : clock > CLOCK_MAX ? CLOCK_MAX : clock;
}

static int64_t
larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct age
age_first(int64_t newest, int64_t clock)
{
    /* Not the clock of this run, which may be the wrong one, where there is a witness of an earlier time. */
    int64_t begin = newest != INT64_MIN ? tame(newest) : tame(clock);

    return (struct age){.counted = begin, .clock = begin};
}

struct age
age_at(const struct age *last, int64_t clock)
{
    struct age now = *last;
    int64_t gap;

    clock = tame(clock);
    gap = clock - last->clock;
    now.clock = clock;
    if (gap < 0) {
        now.reached = larger(last->reached, last->clock - last->rest);
        now.high = larger(last->high, last->clock);
        now.high_at = clock;
        now.rest = now.rest_at = 0;
        return now;
    }
    if (now.rest > 0 && clock - now.rest_at >= AGE_REST_AFTER) {
        now.counted = tame(now.counted + now.rest);
        now.rest = now.rest_at = 0;
    }
    now.counted = tame(now.counted + (gap < AGE_GAP_MAX ? gap : AGE_GAP_MAX));
    /* It is where it was; or it stays behind for so long that it was ahead before. */
    if (clock >= last->high || (gap <= AGE_GAP_MAX && clock - last->high_at >= AGE_REST_AFTER))
        now.high = now.high_at = 0;
    if (gap <= AGE_GAP_MAX)
        return now;
    now.rest += larger(clock - AGE_GAP_MAX - larger(last->clock, larger(last->reached, last->high)), 0);
    now.rest_at = now.rest > 0 ? clock : 0;
    return now;
}

int64_t
age_stamp(const struct age *age)
{
    return age->counted + age->rest + larger(age->high - age->clock, 0);
}

int64_t
age_bound(const struct age *age, int days)
{
    return age->counted - (days > DAYS_MAX ? DAYS_MAX : days) * AGE_DAY;
}

bool
age_is_worth_saving(const struct age *last, const struct age *now)
{
    return now->clock < last->clock || now->clock - last->clock >= SAVE_AFTER || now->rest != last->rest;
}

void
age_print(const struct age *age, char text[static AGE_TEXT_MAX])
{
    const int64_t numbers[] = {age->counted, age->clock, age->rest,   age->rest_at,
                               age->reached, age->high,  age->high_at};
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < NUMBERS; i++) {
        (void)text_print(text + used, AGE_TEXT_MAX - used, "%s%" PRId64, i == 0 ? "" : " ", numbers[i]);
        used += strlen(text + used);
    }
}

bool
age_parse(const char *text, struct age *age)
{
    uint64_t numbers[NUMBERS];

    for (int i = 0; i < NUMBERS; i++) {
        const char *end = strchr(text, i < NUMBERS - 1 ? ' ' : '\0');

        if (end == NULL || !text_number((struct text){text, (size_t)(end - text)}, (uint64_t)CLOCK_MAX, &numbers[i]))
            return false;
        text = end + 1;
    }
    *age = (struct age){.counted = (int64_t)numbers[0],
                        .clock = (int64_t)numbers[1],
                        .rest = (int64_t)numbers[2],
                        .rest_at = (int64_t)numbers[3],
                        .reached = (int64_t)numbers[4],
                        .high = (int64_t)numbers[5],
                        .high_at = (int64_t)numbers[6]};
    return true;
}
