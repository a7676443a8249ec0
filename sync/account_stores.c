/* The real stores of an account, as every command that opens them wants them. */
#include "sync/account_private.h"
#include "sync/base/state.h"

bool
account_tree(const struct account *account, const struct sync_options *options, struct account_tree *tree,
             struct error *err)
{
    if (!state_path(account, "quarantine", tree->quarantine, sizeof tree->quarantine, err))
        return false;
    tree->settings = (struct maildir_settings){.root = account->maildir,
                                               .quarantine = tree->quarantine,
                                               .plusplus = account->policy.layout == LAYOUT_MAILDIRPP,
                                               .flat = account->policy.layout == LAYOUT_FLAT,
                                               .fsync = account->fsync,
                                               .exclusive = true,
                                               .descriptors = options->descriptors,
                                               .stopped = options->stopped,
                                               .stopped_context = options->stopped_context};
    return true;
}

static void
on_said(void *context, const char *words)
{
    const struct account_line *line = context;

    report_mailbox(line->report, line->account->name, "", "waiting", words);
}

void
account_line(const struct account *account, const struct sync_options *options, struct report *report,
             struct account_line *line)
{
    struct error ignored = {0};

    *line = (struct account_line){.account = account, .report = report, .connection = account->connection};
    line->connection.said = on_said;
    line->connection.said_context = line;
    if (!options->dry_run && state_path(account, "tls-session", line->tls_session, sizeof line->tls_session, &ignored))
        line->connection.tls_session = line->tls_session;
}
