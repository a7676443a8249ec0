#include "sync/rules/guard.h"

static bool
is_over_share(const struct guard_count *count, const struct policy *policy)
{
    /* 64-bit: 100 times the largest mailbox still fits. */
    return count->removals * 100 > (uint64_t)policy->max_delete * count->messages;
}

bool
guard_holds_mailbox(const struct guard_count *count, const struct policy *policy)
{
    if (!policy->guard || count->removals == 0)
        return false;
    if (count->removals > GUARD_MAILBOX_MIN && is_over_share(count, policy))
        return true;
    return count->messages >= GUARD_EMPTIED_MIN && count->removals >= count->messages && !count->may_be_empty &&
           policy->max_delete < 100;
}

bool
guard_holds_account(const struct guard_count *count, const struct policy *policy)
{
    return policy->guard && count->removals > GUARD_ACCOUNT_MIN && is_over_share(count, policy);
}
