/* See trashing.h. */
#include "sync/base/trashing.h"

bool
trashing_is_on(const struct account *account, const struct remote_info *info)
{
    const enum delete_policy delete = account->policy.delete;

    return delete == DELETE_TRASH || (delete == DELETE_AUTO && info->labels);
}
