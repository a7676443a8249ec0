/* `golub verify` over one account on the real stores, none of which it changes. */
#include "store/imap/imap.h"
#include "sync/account_private.h"
#include "sync/inspect/verify.h"

static int
verify_on_stores(const struct account *account, const struct sync_options *options, struct journal *journal,
                 struct report *report)
{
    struct account_line line;
    struct account_tree tree;
    struct error err = {0};
    struct maildir *maildir = NULL;
    struct imap *imap = NULL;
    int status;

    if (!account_tree(account, options, &tree, &err))
        return account_fail(account, report, &err);
    account_line(account, options, report, &line);
    maildir = maildir_new(&tree.settings);
    imap = imap_new(&line.connection);
    if (maildir == NULL || imap == NULL) {
        error_set(&err, ERROR_LOCAL, "get memory");
        status = account_fail(account, report, &err);
    } else {
        status = verify_account(account, options, imap_remote(imap), maildir_local(maildir), journal, report);
    }
    imap_free(imap);
    maildir_free(maildir);
    return status;
}

int
account_verify(const struct account *account, const struct sync_options *options, struct report *report)
{
    struct sync_options dry = *options;

    dry.dry_run = true;
    return account_with_journal(account, &dry, verify_on_stores, report);
}
