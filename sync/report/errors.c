/*
 * Errors and warnings: on standard error in both forms of output, as events in JSON, too; each line once in an account's run. What a run said is
 * remembered for `status`, and by the next run for cron (-qq).
 */
#include "sync/report/private.h"

#define TEXT_MAX 4096            /* bytes of one formatted line */
#define SAID_MAX 1000            /* lines of one run that are compared */
#define HEARD_FOR INT64_C(86400) /* seconds: what was said a day ago is said again */

static uint64_t
hash_of(const struct error *err)
{
    char line[TEXT_MAX];

    error_line(err, line, sizeof line);
    return text_hash(text_of(line));
}

/* With -qq: does somebody have to see this? What passes by itself does not count, and what was said lately is known. *since: when it is said */
static bool
is_wanted(const struct report *report, const struct report_account *a, const struct error *err, uint64_t hash,
          int64_t *since)
{
    *since = a->now;
    if (!report->settings.cron)
        return true;
    if (err->kind == ERROR_NETWORK || err->kind == ERROR_LOCKED)
        return false;
    for (size_t i = 0; i < a->heard_count && error_status(err->kind) == 1; i++) {
        const int64_t age = a->now - a->heard[i].since;

        if (a->heard[i].hash != hash || age < 0 || age >= HEARD_FOR)
            continue;
        *since = a->heard[i].since;
        return false;
    }
    return true;
}

/*
 * Remember the line. @return false: it was said in this run. What can't be remembered, or is beyond SAID_MAX, is said.
 * *wanted: people are to see it
 */
static bool
is_new(struct report *report, const struct error *err, bool *wanted)
{
    struct report_account *a = err->account[0] != '\0' ? report_find(report, err->account) : NULL;
    uint64_t hash;
    int64_t since;

    *wanted = true;
    if (a == NULL)
        return true;
    hash = hash_of(err);
    for (size_t i = 0; i < a->said_count; i++) {
        if (a->said[i].hash == hash)
            return false;
    }
    *wanted = is_wanted(report, a, err, hash, &since) && !report_watch_knows(a, hash);
    a->fresh = a->fresh || *wanted;
    if (a->said_count < SAID_MAX && array_grow(&a->said, &a->said_size, a->said_count + 1, sizeof a->said[0]))
        a->said[a->said_count++] = (struct report_heard){hash, since};
    return true;
}

void
report_heard_before(struct report *report, const char *account, const struct report_heard *lines, size_t count,
                    int64_t now)
{
    struct report_account *a;

    report_lock(report);
    a = report_find(report, account);
    if (a != NULL) {
        free(a->heard);
        a->now = now;
        a->heard_count = 0;
        a->heard = calloc(count + 1, sizeof *lines); /* without memory all is said */
        if (a->heard != NULL && count != 0)
            memcpy(a->heard, lines, count * sizeof *lines);
        a->heard_count = a->heard != NULL ? count : 0;
    }
    report_unlock(report);
}

size_t
report_heard_now(struct report *report, const char *account, struct report_heard *lines, size_t most)
{
    const struct report_account *a;
    size_t count = 0;

    report_lock(report);
    a = report_find(report, account);
    if (a != NULL) {
        count = a->said_count < most ? a->said_count : most;
        if (count != 0)
            memcpy(lines, a->said, count * sizeof *lines);
    }
    report_unlock(report);
    return count;
}

static void
keep_first(struct error **to, const struct error *err)
{
    if (*to != NULL || (*to = malloc(sizeof *err)) == NULL) /* what does not fit into memory is not remembered */
        return;
    **to = *err;
}

static void
remember(struct report *report, const struct error *err)
{
    struct report_account *a = err->account[0] != '\0' ? report_find(report, err->account) : NULL;
    const int status = error_status(err->kind);

    if (a == NULL)
        return;
    keep_first(&a->first[0], err);
    if (status > 0 && status < REPORT_STATUSES)
        keep_first(&a->first[status], err);
}

void
report_said(struct report *report, const char *account, int status, struct report_said *said)
{
    const struct report_account *a;
    const struct error *cause = NULL;
    char line[TEXT_MAX] = "";

    *said = (struct report_said){0};
    report_lock(report);
    a = report_find(report, account);
    if (a != NULL) {
        said->interrupted = a->interrupted;
        said->quota_told = a->quota_told;
        said->quota = a->quota;
        said->acts = a->acts;
        said->came = a->came;
        cause = status > 0 && status < REPORT_STATUSES ? a->first[status] : NULL;
        if (cause == NULL && status != 0)
            cause = a->first[0];
    }
    if (cause != NULL) {
        said->cause = *cause;
        said->cause.account[0] = said->cause.hint[0] =
            '\0'; /* the reader knows the one, and the other was for the moment */
        error_line(&said->cause, line, sizeof line);
    }
    error_escape(said->error, sizeof said->error, text_of(line)); /* escaped already: only cut between two characters */
    report_unlock(report);
}

/* Has the run before of a watched account said it? */
static bool
is_known(struct report *report, const struct error *err)
{
    const struct report_account *a = err->account[0] != '\0' ? report_find(report, err->account) : NULL;

    return a != NULL && report_watch_knows(a, hash_of(err));
}

void
report_error(struct report *report, const struct error *err)
{
    bool wanted;

    report_lock(report);
    if (is_new(report, err, &wanted)) {
        remember(report, err);
        if (report->settings.json && !is_known(report, err))
            report_json_error(report, err);
        if (wanted)
            report_text_error(report, err);
    }
    report_unlock(report);
}

void
report_warning(struct report *report, const struct error *err)
{
    bool wanted;

    if (is_new(report, err, &wanted) && wanted)
        report_text_error(report, err);
}

void
report_step(struct report *report, const char *account, const char *command)
{
    report_lock(report);
    if (report->settings.json)
        report_json_line(report, account, "step", command);
    report_text_step(report, command);
    report_unlock(report);
}

bool
report_has_error(struct report *report, const char *account)
{
    const struct report_account *a;
    bool has;

    report_lock(report);
    a = report_find(report, account);
    has = a != NULL && a->said_count != 0;
    report_unlock(report);
    return has;
}

void
report_alerts(struct report *report, const char *account, const char *lines, const struct error *err)
{
    for (const char *at = lines != NULL ? lines : ""; *at != '\0';) {
        struct error alert = {0};
        const size_t len = strcspn(at, "\n");

        error_state(&alert, ERROR_SERVER, "the server says");
        (void)text_print(alert.account, sizeof alert.account, "%s", account);
        (void)text_print(alert.answer, sizeof alert.answer, "%.*s", (int)len, at);
        if (err->kind == ERROR_NONE || strstr(err->answer, alert.answer) == NULL)
            report_error(report, &alert);
        at += len;
        at += *at == '\n';
    }
}
