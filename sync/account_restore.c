/* `golub restore` on the real stores: the quarantine of the account, and its Maildir or a folder that the user names. */
#include <errno.h>

#include "sync/account_private.h"
#include "sync/base/state.h"

static int
run_on_stores(const struct account *account, const struct sync_options *options, struct journal *journal,
              struct report *report)
{
    const struct restore_choice *choice = options->restore;
    struct account_tree tree;
    struct error err = {0};
    struct maildir *maildir;
    int status;

    if (!account_tree(account, options, &tree, &err))
        return account_fail(account, report, &err);
    if (choice->to_dir != NULL) { /* one plain Maildir, in which others may be at work */
        tree.settings.root = choice->to_dir;
        tree.settings.plusplus = true;
        tree.settings.flat = tree.settings.exclusive = false;
    }
    maildir = maildir_new(&tree.settings);
    if (maildir == NULL) {
        error_set(&err, ERROR_LOCAL, "get memory");
        return account_fail(account, report, &err);
    }
    status = restore_run(account, options, choice, maildir_local(maildir), journal, report);
    maildir_free(maildir);
    return status;
}

int
account_restore(const struct account *account, const struct sync_options *options, struct report *report)
{
    struct sync_options how = *options;
    struct error err = {0};
    char path[4096];

    if (!state_path(account, "journal.db", path, sizeof path, &err))
        return account_fail(account, report, &err);
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        error_state(&err, ERROR_CONFIG,
                    "there is no journal: this account was not synced here yet, or its journal is gone");
        error_hint(&err, "Files that are in %s/quarantine all the same can be copied from there by hand.",
                   account->state);
        return account_fail(account, report, &err);
    }
    /* A list, and what goes to a folder of the user's, write nothing that is golub's. */
    how.dry_run = !options->restore->put_back || options->restore->dry || options->restore->to_dir != NULL;
    return account_with_journal(account, &how, run_on_stores, report);
}
