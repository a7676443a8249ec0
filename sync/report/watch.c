/*
 * Watched accounts: many runs, one after the other, in front of one reader. What a run has nothing to add to is not said: a summary of nothing,
 * a line that the run before has said, a list of held removals that was shown.
 */
#include "sync/report/private.h"

void
report_watched(struct report *report, const char *account)
{
    struct report_account *a;

    report_lock(report);
    a = report_find(report, account);
    if (a != NULL)
        a->watched = true;
    report_unlock(report);
}

void
report_watch_begin(struct report_account *account)
{
    if (!account->watched)
        return;
    free(account->before);
    account->before_count = 0;
    account->before = calloc(account->said_count + 1, sizeof account->before[0]); /* without memory all is said again */
    for (size_t i = 0; account->before != NULL && i < account->said_count; i++)
        account->before[account->before_count++] = account->said[i].hash;
    account->fresh = false;
    memcpy(account->lists_before, account->lists, sizeof account->lists);
    account->list_count_before = account->list_count;
    account->list_count = 0;
}

bool
report_watch_knows(const struct report_account *account, uint64_t hash)
{
    for (size_t i = 0; i < account->before_count; i++)
        if (account->before[i] == hash)
            return true;
    return false;
}

bool
report_watch_knows_held(const struct report_account *account, const char *id)
{
    const uint64_t hash = text_hash(text_of(id));

    for (size_t i = 0; account->watched && i < account->list_count_before; i++)
        if (account->lists_before[i] == hash)
            return true;
    return false;
}

bool
report_watch_knows_list(struct report_account *account, const struct report_list *list)
{
    const uint64_t hash = text_hash(text_of(list->id));
    const bool known = report_watch_knows_held(account, list->id);

    if (!account->watched)
        return false;
    if (account->list_count < REPORT_LISTS)
        account->lists[account->list_count++] = hash;
    account->fresh = account->fresh || !known;
    return known;
}

bool
report_watch_counts(const struct report_account *account, const struct report_summary *summary)
{
    return !account->watched || account->fresh || summary->interrupted || report_acts(summary->counts) != 0 ||
           (summary->status != 0 && summary->status != account->status_before);
}

void
report_watch(struct report *report, const char *account, const struct report_watch *watch)
{
    const struct report_place place = {account, NULL};
    struct report_account *a;
    char words[sizeof a->watch_said];

    (void)text_print(words, sizeof words, "%d %s %s", watch->state, watch->by != NULL ? watch->by : "",
                     watch->why != NULL ? watch->why : "");
    report_lock(report);
    a = report_find(report, account);
    if (report->settings.json) {
        report_json_watch(report, account, watch);
    } else if (watch->text != NULL && !report->settings.quiet && (a == NULL || strcmp(a->watch_said, words) != 0)) {
        report_text_line(report, report->out, &place, watch->text);
        if (a != NULL)
            (void)text_print(a->watch_said, sizeof a->watch_said, "%s", words);
    }
    (void)fflush(report->out); /* it is read while the watcher goes on */
    report_unlock(report);
}
