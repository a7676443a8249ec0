/* See quota.h. */
#include "store/base/quota.h"

#define PERCENT_MAX 999999 /* beyond that the number says nothing more */

unsigned
quota_percent(const struct quota_amount *amount)
{
    const __uint128_t percent = (__uint128_t)amount->used * 100 / amount->limit;

    return percent < PERCENT_MAX ? (unsigned)percent : PERCENT_MAX;
}

bool
quota_is_tight(const struct quota_amount *amount)
{
    return amount->known && quota_percent(amount) >= QUOTA_NEARLY_FULL;
}

void
quota_take(struct quota_amount *to, const struct quota_amount *other)
{
    if (other->known && (!to->known || (__uint128_t)other->used * to->limit > (__uint128_t)to->used * other->limit))
        *to = *other;
}
