/* See inspect.h: the connection of `golub check`, and nothing of what it says. */
#include "store/imap/imap.h"
#include "store/pop/pop.h"
#include "sync/inspect/inspect.h"

static bool
no_memory(struct error *err)
{
    error_set(err, ERROR_LOCAL, "get memory");
    return false;
}

static bool
reach_pop(const struct account *account, struct error *err)
{
    struct pop *pop = pop_new(&account->connection);
    struct error ignored = {0};
    struct maildrop maildrop;
    bool ok;

    if (pop == NULL)
        return no_memory(err);
    maildrop = pop_maildrop(pop);
    ok = maildrop.ops->open(maildrop.self, err);
    if (ok)
        (void)maildrop.ops->quit(maildrop.self, &ignored); /* nothing was marked */
    pop_free(pop);
    return ok;
}

bool
account_reach(const struct account *account, struct error *err)
{
    struct imap *imap;
    struct remote remote;
    bool ok;

    if (account_is_pop(account))
        return reach_pop(account, err);
    imap = imap_new(&account->connection);
    if (imap == NULL)
        return no_memory(err);
    remote = imap_remote(imap);
    ok = remote.ops->open(remote.self, true, err);
    imap_free(imap);
    return ok;
}
