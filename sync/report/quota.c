/*
 * How full the server's mailbox is.
 *     work: quota: 412 of 1,024 MB used on the server, 40 %
 *     work: quota: 953 of 1,024 MB used on the server, 93 %: nearly full, and a full mailbox refuses mail
 */
#include "sync/report/private.h"

#define MEGABYTE 1e6
#define WORDS_SIZE 256

static void
put_bytes(const struct quota_amount *bytes, char *to, size_t size)
{
    const double limit = (double)bytes->limit / MEGABYTE, used = (double)bytes->used / MEGABYTE;
    char whole_used[REPORT_NUMBER_SIZE], whole_limit[REPORT_NUMBER_SIZE];

    if (limit < 10) {
        (void)text_print(to, size, "%.1f of %.1f MB", used, limit);
        return;
    }
    report_number((uint64_t)(used + 0.5), whole_used);
    report_number((uint64_t)(limit + 0.5), whole_limit);
    (void)text_print(to, size, "%s of %s MB", whole_used, whole_limit);
}

static void
put_messages(const struct quota_amount *messages, char *to, size_t size)
{
    char used[REPORT_NUMBER_SIZE], limit[REPORT_NUMBER_SIZE];

    report_number(messages->used, used);
    report_number(messages->limit, limit);
    (void)text_print(to, size, "%s of %s messages", used, limit);
}

static bool
is_full(const struct quota_amount *amount)
{
    return amount->known && quota_percent(amount) >= 100;
}

static const char *
warning_of(const struct quota *quota)
{
    if (is_full(&quota->bytes) || is_full(&quota->messages))
        return "full: it refuses mail";
    if (quota_is_tight(&quota->bytes) || quota_is_tight(&quota->messages))
        return "nearly full, and a full mailbox refuses mail";
    return NULL;
}

static bool
quota_words(const struct quota *quota, char to[static WORDS_SIZE])
{
    char amount[128];

    to[0] = '\0';
    if (quota->bytes.known) {
        put_bytes(&quota->bytes, amount, sizeof amount);
        (void)text_print(to, WORDS_SIZE, "%s used on the server, %u %%", amount, quota_percent(&quota->bytes));
    }
    if (quota->messages.known) {
        put_messages(&quota->messages, amount, sizeof amount);
        (void)text_print(to + strlen(to), WORDS_SIZE - strlen(to), "%s%s, %u %%", quota->bytes.known ? "; " : "",
                         amount, quota_percent(&quota->messages));
    }
    return to[0] != '\0';
}

bool
report_quota_words(const struct quota *quota, const char *when, char *to, size_t size)
{
    const char *warning = warning_of(quota);
    char words[WORDS_SIZE];

    if (!quota_words(quota, words))
        return false;
    (void)text_print(to, size, "quota: %s%s%s%s", words, when, warning != NULL ? ": " : "",
                     warning != NULL ? warning : "");
    return true;
}

bool
report_quota_warning(const struct quota *quota, char *to, size_t size)
{
    const char *warning = warning_of(quota);
    char words[WORDS_SIZE];

    if (warning == NULL || !quota_words(quota, words))
        return false;
    (void)text_print(to, size, "the mailbox on the server is %s (%s)", warning, words);
    return true;
}

/* For those who see no summary. Without the numbers: with -qq the same line is said once a day. */
void
report_quota_alone(struct report *report, const char *account, const struct quota *quota)
{
    const char *warning = warning_of(quota);
    struct error err = {0};

    if (warning == NULL)
        return;
    error_state(&err, ERROR_SERVER, "the mailbox on the server is %s", warning);
    (void)text_print(err.account, sizeof err.account, "%s", account);
    error_hint(&err, "`golub status %s` says how full it is.", account);
    report_warning(report, &err);
}

void
report_quota(struct report *report, const char *account, const struct quota *quota)
{
    struct report_account *a;

    report_lock(report);
    a = report_find(report, account);
    if (a != NULL) {
        a->quota_told = true;
        a->quota = *quota;
    }
    report_unlock(report);
}
