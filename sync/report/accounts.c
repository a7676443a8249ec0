/* What is remembered of each account, and the lock that all of it is behind. */
#include "sync/report/private.h"

/* The memory of one account, made when it is first heard of. NULL: out of memory; the event is then shown without
 * it. */
struct report_account *
report_find(struct report *report, const char *name)
{
    struct report_account *account;

    for (size_t i = 0; i < report->account_count; i++) {
        if (strcmp(report->accounts[i]->name, name) == 0)
            return report->accounts[i];
    }
    if (!array_grow(&report->accounts, &report->account_size, report->account_count + 1, sizeof report->accounts[0]))
        return NULL;
    account = calloc(1, sizeof *account);
    if (account == NULL)
        return NULL;
    (void)text_print(account->name, sizeof account->name, "%s", name);
    account->begun_ms = report->settings.now_ms();
    account->shown_ms = account->begun_ms - REPORT_UPDATE_MS;
    report->accounts[report->account_count++] = account;
    return account;
}

void
report_forget_errors(struct report_account *account)
{
    account->said_count = 0;
    for (int i = 0; i < REPORT_STATUSES; i++) {
        free(account->first[i]);
        account->first[i] = NULL;
    }
}

void
report_lock(struct report *report)
{
    pthread_mutex_lock(&report->lock);
}

void
report_unlock(struct report *report)
{
    pthread_mutex_unlock(&report->lock);
}
