/* An import over one POP account on the real stores: POP3, and a Maildir or the user's command. */
#include "store/journal/pop.h"
#include "store/pop/pop.h"
#include "sync/account_private.h"
#include "sync/after/after.h"
#include "sync/base/state.h"
#include "sync/import/deliver_command.h"
#include "sync/import/import.h"

/* Journals of the other accounts of this tree, opened when somebody asks. */
struct neighbours {
    const struct account *account;
    struct journal **journals; /* NULL where there is none, or it can't be read now */
    size_t count;
    bool opened;
};

static bool
open_neighbours(struct neighbours *neighbours, struct error *err)
{
    const struct import_beside *list = neighbours->account->import.beside;

    while (list[neighbours->count].account != NULL)
        neighbours->count++;
    neighbours->journals = calloc(neighbours->count, sizeof *neighbours->journals);
    if (neighbours->journals == NULL) {
        error_set(err, ERROR_LOCAL, "get memory");
        return false;
    }
    for (size_t i = 0; i < neighbours->count; i++) {
        struct account theirs = {.state = list[i].state};
        char path[4096];
        bool missing;

        if (!state_path(&theirs, "journal.db", path, sizeof path, err))
            return false;
        neighbours->journals[i] = journal_open_read(path, &missing, err);
        if (neighbours->journals[i] == NULL && !missing)
            return false;
    }
    neighbours->opened = true;
    return true;
}

/* Is it there to be asked, and of this kind? */
static struct journal *
neighbour(const struct neighbours *neighbours, size_t i, bool imports)
{
    return neighbours->account->import.beside[i].imports == imports ? neighbours->journals[i] : NULL;
}

static bool
neighbours_know(void *self, const char *base, bool *known, struct error *err)
{
    struct neighbours *neighbours = self;

    *known = false;
    if (!neighbours->opened && !open_neighbours(neighbours, err))
        return false;
    for (size_t i = 0; !*known && i < neighbours->count; i++) {
        struct journal *journal = neighbour(neighbours, i, false);

        if (journal != NULL && !journal_knows_base(journal, base, known, err))
            return false;
    }
    return true;
}

static bool
neighbours_had(void *self, const char *base, int64_t before, bool *had, struct error *err)
{
    struct neighbours *neighbours = self;

    *had = false;
    if (!neighbours->opened && !open_neighbours(neighbours, err))
        return false;
    for (size_t i = 0; !*had && i < neighbours->count; i++) {
        struct journal *journal = neighbour(neighbours, i, false);

        if (journal != NULL && !journal_had_base(journal, base, before, had, err))
            return false;
    }
    return true;
}

static bool
neighbours_imported(void *self, const char *base, bool *imported, struct error *err)
{
    struct neighbours *neighbours = self;

    *imported = false;
    if (!neighbours->opened && !open_neighbours(neighbours, err))
        return false;
    for (size_t i = 0; !*imported && i < neighbours->count; i++) {
        struct journal *journal = neighbour(neighbours, i, true);

        if (journal != NULL && !journal_pop_has_base(journal, base, imported, err))
            return false;
    }
    return true;
}

static void
close_neighbours(struct neighbours *neighbours)
{
    for (size_t i = 0; neighbours->journals != NULL && i < neighbours->count; i++)
        journal_close(neighbours->journals[i]);
    free(neighbours->journals);
}

struct stores {
    struct account_line line;
    struct pop *pop;
    struct maildir *maildir;
    struct deliver_command *command;
};

static bool
make_stores(const struct account *account, const struct sync_options *options, struct report *report,
            struct stores *stores, struct error *err)
{
    struct account_tree tree;

    account_line(account, options, report, &stores->line);
    stores->pop = pop_new(&stores->line.connection);
    if (account->import.deliver_command != NULL) {
        stores->command =
            deliver_command_new(&(struct deliver_command_settings){.command = account->import.deliver_command,
                                                                   .folder = account->state,
                                                                   .stopped = options->stopped,
                                                                   .stopped_context = options->stopped_context});
    } else {
        /* Nothing is quarantined in an import; the folder's name keeps two accounts' temporary files in one tree apart. */
        if (!account_tree(account, options, &tree, err))
            return false;
        tree.settings.exclusive = false;
        tree.settings.undigested = true;
        stores->maildir = maildir_new(&tree.settings);
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
    struct stores stores = {0};
    struct neighbours neighbours = {.account = account};
    struct beside beside = {
        .knows = neighbours_know, .had = neighbours_had, .imported = neighbours_imported, .self = &neighbours};
    struct handover handover;
    struct error err = {0};
    int status;

    for (const struct import_beside *other = account->import.beside; other != NULL && other->account != NULL; other++)
        if (!other->imports && beside.account == NULL)
            beside.account = other->account;
    if (!make_stores(account, options, report, &stores, &err)) {
        status = account_fail(account, report, &err);
    } else if (stores.command != NULL) {
        handover = deliver_command_handover(stores.command);
        status =
            import_run(account, options, pop_maildrop(stores.pop), (struct local){0}, &handover, NULL, journal, report);
    } else {
        uint64_t files, systems;

        status = import_run(account, options, pop_maildrop(stores.pop), maildir_local(stores.maildir), NULL,
                            account->import.beside != NULL ? &beside : NULL, journal, report);
        close_neighbours(&neighbours);
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
    int status;

    after_begin(account, options, report);
    status = account_with_journal(account, options, run_on_stores, report);
    if (options->session == NULL) /* a watcher does not wait for it */
        after_run(account, options, report);
    return status;
}
