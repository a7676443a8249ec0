/* `golub status`: from the journal, without connecting and without writing. */
#include <inttypes.h>
#include <sys/stat.h>

#include "sync/base/state.h"
#include "sync/inspect/status_private.h"

struct overview {
    const struct account *account;
    struct report *report;
    struct journal *journal;
    struct journal_mailbox *mailboxes;
    size_t count;
    struct error err;
};

static const char *
state_words(enum mailbox_state state)
{
    switch (state) {
    case MAILBOX_GONE_REMOTE:
        return ", gone on the server: what is here stays";
    case MAILBOX_GONE_LOCAL:
        return ", its folder is gone here: what is on the server stays";
    case MAILBOX_REPAIR:
        return ", to be paired anew";
    case MAILBOX_NEW_LOCAL:
        return ", not on the server yet";
    case MAILBOX_NEW_REMOTE:
        return ", no folder here yet";
    case MAILBOX_ACTIVE:
        break;
    }
    return "";
}

/* Its list and its count on the server do not agree. */
static const char *
uneven_words(const struct journal_mailbox *mailbox, char *to, size_t size)
{
    const uint64_t more = (uint64_t)(mailbox->excess < 0 ? -mailbox->excess : mailbox->excess);
    char waits[64] = "";

    to[0] = '\0';
    if (mailbox->uneven == 0)
        return to;
    if (mailbox->unjudged != 0)
        (void)text_print(waits, sizeof waits, ", %" PRIu32 " removal%s there wait%s for that", mailbox->unjudged,
                         mailbox->unjudged == 1 ? "" : "s", mailbox->unjudged == 1 ? "s" : "");
    if (mailbox->excess > 0)
        (void)text_print(to, size, ", the server counts %" PRIu64 " more that it does not list%s", more, waits);
    else
        (void)text_print(to, size, ", the server's list and its count do not agree%s", waits);
    return to;
}

static bool
show_mailboxes(struct overview *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct journal_mailbox *mailbox = &view->mailboxes[i];
        uint64_t here, there, waiting, unseen, foreign;
        char words[80] = "", bytes[80] = "", uneven[120];

        if (!journal_message_count(view->journal, mailbox->id, WHICH_WITH_BASE, &here, &view->err) ||
            !journal_message_count(view->journal, mailbox->id, WHICH_WITH_UID, &there, &view->err) ||
            !journal_message_count(view->journal, mailbox->id, WHICH_DIRTY, &waiting, &view->err) ||
            !journal_message_count(view->journal, mailbox->id, WHICH_OUT_OF_VIEW, &unseen, &view->err) ||
            !journal_message_count(view->journal, mailbox->id, WHICH_FOREIGN, &foreign, &view->err))
            return false;
        if (unseen != 0)
            (void)text_print(words, sizeof words, ", %" PRIu64 " that the server does not show", unseen);
        if (foreign != 0)
            (void)text_print(bytes, sizeof bytes, ", %" PRIu64 " paired in other bytes", foreign);
        report_line(view->report, view->account->name, "mailbox",
                    "%s: %" PRIu64 " here, %" PRIu64 " there, %" PRIu64 " waiting%s%s%s%s", mailbox->name, here, there,
                    waiting - unseen, bytes, words, uneven_words(mailbox, uneven, sizeof uneven),
                    state_words(mailbox->state));
    }
    return true;
}

static const char *
mailbox_name(const struct overview *view, int64_t id)
{
    for (size_t i = 0; i < view->count; i++) {
        if (view->mailboxes[i].id == id)
            return view->mailboxes[i].name;
    }
    return "?";
}

static bool
show_pending(struct overview *view)
{
    struct journal_pending *list;
    struct journal_message *message = calloc(1, sizeof *message);
    size_t count;
    bool ok = message != NULL;

    if (!ok)
        error_set(&view->err, ERROR_LOCAL, "get memory");
    ok = ok && journal_pendings(view->journal, &list, &count, &view->err);
    for (size_t i = 0; ok && i < count; i++) {
        const struct journal_pending *row = &list[i];
        bool found = false;
        char when[32];

        status_date(row->since, when, sizeof when);
        ok = row->message == 0 || journal_message_get(view->journal, row->message, message, &found, &view->err);
        if (!ok)
            break;
        if (found)
            report_line(view->report, view->account->name, row->kind == PENDING_HELD ? "held" : "pending",
                        "%s: %s%s%s UID %" PRIu32 " %s: %s (since %s)", mailbox_name(view, row->mailbox), row->detail,
                        row->hold[0] != '\0' ? " held as " : "", row->hold, message->uid, message->base, row->why,
                        when);
        else
            report_line(view->report, view->account->name, "pending", "%s: %s: %s (since %s)",
                        mailbox_name(view, row->mailbox), row->detail, row->why, when);
    }
    if (ok)
        free(list);
    free(message);
    return ok;
}

static bool
show_quarantine(struct overview *view)
{
    struct journal_quarantined *list;
    size_t count;
    uint64_t bytes = 0;

    if (!journal_quarantine_list(view->journal, INT64_MAX, &list, &count, &view->err))
        return false;
    for (size_t i = 0; i < count; i++)
        bytes += list[i].size;
    if (count != 0)
        report_line(view->report, view->account->name, "quarantine",
                    "%zu message%s (%" PRIu64 " bytes) kept in %s/quarantine, each for %d days", count,
                    count == 1 ? "" : "s", bytes, view->account->state, view->account->policy.quarantine_days);
    free(list);
    return true;
}

static void
show_last_run(struct overview *view)
{
    char path[4096], when[32];
    struct stat lock;

    if (!state_path(view->account, "lock", path, sizeof path, &view->err) || stat(path, &lock) != 0)
        return;
    status_date((int64_t)lock.st_mtim.tv_sec, when, sizeof when);
    report_line(view->report, view->account->name, "last", "last run: %s", when);
}

static bool
show_sync(struct overview *view)
{
    return journal_mailboxes(view->journal, &view->mailboxes, &view->count, &view->err) && show_mailboxes(view) &&
           show_pending(view) && show_quarantine(view);
}

int
account_status(const struct account *account, struct report *report)
{
    struct overview view = {.account = account, .report = report};
    char path[4096];
    bool missing = false, ok;

    if (!state_path(account, "journal.db", path, sizeof path, &view.err)) {
        report_error(report, &view.err);
        return 2;
    }
    view.journal = journal_open_read(path, &missing, &view.err);
    if (view.journal == NULL && missing) {
        report_line(report, account->name, "last", account_is_pop(account) ? "never imported" : "never synced");
        return 0;
    }
    if (view.journal != NULL)
        show_last_run(&view);
    ok = view.journal != NULL &&
         (account_is_pop(account) ? status_import(account, view.journal, report, &view.err) : show_sync(&view));
    if (!ok) {
        (void)text_print(view.err.account, sizeof view.err.account, "%s", account->name);
        report_error(report, &view.err);
    }
    journal_mailboxes_free(view.mailboxes, view.count);
    journal_close(view.journal);
    return ok ? 0 : 1;
}
