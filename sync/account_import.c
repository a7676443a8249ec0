/* An import over one POP account on the real stores: POP3, and a Maildir or the user's command. */
#include "store/maildir/maildir.h"
#include "store/pop/pop.h"
#include "sync/account_private.h"
#include "sync/deliver_command.h"
#include "sync/import.h"
#include "sync/state.h"

struct stores {
    const struct account *account;
    struct report *report;
    struct connection connection; /* the account's, and who hears what is waited for */
    struct pop *pop;
    struct maildir *maildir;
    struct deliver_command *command;
};

static void
on_said(void *context, const char *words)
{
    const struct stores *stores = context;

    report_mailbox(stores->report, stores->account->name, "", "waiting", words);
}

static bool
make_stores(const struct account *account, const struct sync_options *options, struct stores *stores, struct error *err)
{
    char quarantine[4096];

    stores->connection = account->connection;
    stores->connection.said = on_said;
    stores->connection.said_context = stores;
    stores->pop = pop_new(&stores->connection);
    if (account->import.deliver_command != NULL) {
        stores->command =
            deliver_command_new(&(struct deliver_command_settings){.command = account->import.deliver_command,
                                                                   .folder = account->state,
                                                                   .stopped = options->stopped,
                                                                   .stopped_context = options->stopped_context});
    } else {
        /* Nothing is quarantined in an import; the folder's name keeps two accounts' temporary files in one tree apart. */
        if (!state_path(account, "quarantine", quarantine, sizeof quarantine, err))
            return false;
        stores->maildir = maildir_new(&(struct maildir_settings){.root = account->maildir,
                                                                 .quarantine = quarantine,
                                                                 .plusplus = account->policy.layout == LAYOUT_MAILDIRPP,
                                                                 .fsync = account->fsync,
                                                                 .undigested = true,
                                                                 .stopped = options->stopped,
                                                                 .stopped_context = options->stopped_context});
    }
    if (stores->pop != NULL && (stores->maildir != NULL || stores->command != NULL))
        return true;
    error_set(err, ERROR_LOCAL, "get memory");
    return false;
}

static int
run_on_stores(const struct account *account, const struct sync_options *options, struct journal *journal,
              struct report *report)
{
    struct stores stores = {.account = account, .report = report};
    struct handover handover;
    struct error err = {0};
    int status;

    if (!make_stores(account, options, &stores, &err)) {
        status = account_fail(account, report, &err);
    } else if (stores.command != NULL) {
        handover = deliver_command_handover(stores.command);
        status = import_run(account, options, pop_maildrop(stores.pop), (struct local){0}, &handover, journal, report);
    } else {
        uint64_t files, systems;

        status = import_run(account, options, pop_maildrop(stores.pop), maildir_local(stores.maildir), NULL, journal,
                            report);
        maildir_flushes(stores.maildir, &files, &systems);
        report_note(report, account->name, "%llu fsync and %llu syncfs calls for mail", (unsigned long long)files,
                    (unsigned long long)systems);
    }
    pop_free(stores.pop);
    maildir_free(stores.maildir);
    deliver_command_free(stores.command);
    return status;
}

int
account_import(const struct account *account, const struct sync_options *options, struct report *report)
{
    return account_with_journal(account, options, run_on_stores, report);
}
