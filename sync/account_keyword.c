/* `golub keyword` on the account's journal. What only shows something reads beside a run. */
#include "sync/account_private.h"
#include "sync/base/state.h"
#include "sync/keyword/keyword.h"

static int
run_on_journal(const struct account *account, const struct sync_options *options, struct journal *journal,
               struct report *report)
{
    return keyword_run(account, options->keyword, journal, report);
}

static int
fail(const struct account *account, struct report *report, struct error *err)
{
    (void)text_print(err->account, sizeof err->account, "%s", account->name);
    report_error(report, err);
    return error_status(err->kind);
}

int
account_keyword(const struct account *account, const struct sync_options *options, const struct keyword_choice *choice,
                struct report *report)
{
    struct sync_options how = *options;
    struct error err = {0};
    struct journal *journal;
    bool missing = false;
    char path[4096];
    int status;

    if ((choice->word_count != 0 || choice->write) && account->policy.keywords == KEYWORDS_OFF) {
        error_state(&err, ERROR_CONFIG, "keywords = \"off\": none of this account goes to the server");
        error_hint(&err, "Leave the key out, or write keywords = \"journal\".");
        return fail(account, report, &err);
    }
    if (!state_path(account, "journal.db", path, sizeof path, &err))
        return fail(account, report, &err);
    journal = journal_open_read(path, &missing, &err);
    if (missing) {
        error_state(&err, ERROR_CONFIG, "there is no journal: this account was not synced here yet");
        error_hint(&err, "golub sync %s", account->name);
    }
    if (journal == NULL)
        return fail(account, report, &err);
    if (choice->word_count == 0 && !choice->write) {
        status = keyword_run(account, choice, journal, report);
        journal_close(journal);
        return status;
    }
    journal_close(journal);
    how.keyword = choice;
    return account_with_journal(account, &how, run_on_journal, report);
}
