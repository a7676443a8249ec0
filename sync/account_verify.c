/* `golub verify` over one account on the real stores, none of which it changes. */
#include "store/imap/imap.h"
#include "store/maildir/maildir.h"
#include "sync/account_private.h"
#include "sync/base/state.h"
#include "sync/inspect/verify.h"

static int
verify_on_stores(const struct account *account, const struct sync_options *options, struct journal *journal,
                 struct report *report)
{
    char quarantine[4096];
    struct error err = {0};
    struct maildir *maildir = NULL;
    struct imap *imap = NULL;
    int status;

    if (!state_path(account, "quarantine", quarantine, sizeof quarantine, &err))
        return account_fail(account, report, &err);
    maildir = maildir_new(&(struct maildir_settings){.root = account->maildir,
                                                     .quarantine = quarantine,
                                                     .plusplus = account->policy.layout == LAYOUT_MAILDIRPP,
                                                     .flat = account->policy.layout == LAYOUT_FLAT,
                                                     .exclusive = true,
                                                     .descriptors = options->descriptors,
                                                     .stopped = options->stopped,
                                                     .stopped_context = options->stopped_context});
    imap = imap_new(&account->connection);
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
