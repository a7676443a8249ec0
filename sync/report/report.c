/*
 * The one door to the terminal. Every public function takes the lock, decides whether the event is to be shown at
 * all, and hands it to the form that was chosen: people's text (report/text.c, report/summary.c) or JSON lines
 * (report/json.c). Errors go to standard error in both forms; JSON has them as events, too.
 */
#include "sync/report/private.h"

#include <errno.h>
#include <stdarg.h>

#include "store/base/clock.h"

#define TEXT_MAX 4096        /* bytes of one formatted line */
#define PLAIN_AFTER_MS 60000 /* a run that takes no minute has no plain line about how far it is */
#define PLAIN_EACH_MS 30000
#define SAID_MAX 1000 /* lines of one run that are compared */

struct report *
report_new(const struct report_settings *settings)
{
    struct report *report = calloc(1, sizeof *report);

    if (report == NULL)
        return NULL;
    report->settings = *settings;
    report->out = settings->out != NULL ? settings->out : stdout;
    report->err = settings->err != NULL ? settings->err : stderr;
    if (report->settings.now_ms == NULL)
        report->settings.now_ms = clock_ms;
    report->live_shown_ms = -PLAIN_EACH_MS;
    pthread_mutex_init(&report->lock, NULL);
    return report;
}

static void
forget_errors(struct report_account *account)
{
    account->said_count = 0;
    for (int i = 0; i < REPORT_STATUSES; i++) {
        free(account->first[i]);
        account->first[i] = NULL;
    }
}

void
report_free(struct report *report)
{
    if (report == NULL)
        return;
    report_text_clear(report);
    (void)fflush(report->out); /* there is nobody left to tell */
    for (size_t i = 0; i < report->account_count; i++) {
        forget_errors(report->accounts[i]);
        report_would_free(report->accounts[i]);
        free(report->accounts[i]->said);
        free(report->accounts[i]->heard);
        free(report->accounts[i]);
    }
    free(report->accounts);
    pthread_mutex_destroy(&report->lock);
    free(report);
}

/* The memory of one account, made when it is first heard of. NULL: out of memory; the event is then shown without
 * it. */
static struct report_account *
find_account(struct report *report, const char *name)
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

static void
lock(struct report *report)
{
    pthread_mutex_lock(&report->lock);
}

static void
unlock(struct report *report)
{
    pthread_mutex_unlock(&report->lock);
}

void
report_begin(struct report *report, const char *account, bool dry)
{
    struct report_account *a;

    lock(report);
    a = find_account(report, account);
    if (a != NULL) {
        a->dry = dry;
        a->ended = a->measuring = a->interrupted = false;
        a->begun_ms = report->settings.now_ms();
        forget_errors(a);
        report_would_free(a);
    }
    unlock(report);
}

void
report_quarantine(struct report *report, const char *account, int days)
{
    struct report_account *a;

    lock(report);
    a = find_account(report, account);
    if (a != NULL)
        a->quarantine_days = days;
    unlock(report);
}

void
report_import(struct report *report, const char *account)
{
    struct report_account *a;

    lock(report);
    a = find_account(report, account);
    if (a != NULL)
        a->import = true;
    unlock(report);
}

/* A new stretch begins where the numbers are not the continuation of the last ones. */
static void
measure(struct report_account *a, const struct report_amount *now, int64_t now_ms)
{
    if (!a->measuring || now->total != a->last.total || now->done < a->last.done || now->bytes < a->last.bytes) {
        a->measuring = true;
        a->start_ms = now_ms;
        a->start_done = now->done;
        a->start_bytes = now->bytes;
    }
    a->last = *now;
}

static bool
has_live_line(const struct report *report)
{
    return report->settings.terminal && !report->settings.plain;
}

static void
show_progress(struct report *report, struct report_account *a, const char *mailbox, int64_t now)
{
    const bool live = has_live_line(report);
    char line[1024];

    if (report->settings.json) {
        if (now - a->shown_ms < REPORT_UPDATE_MS)
            return;
        a->shown_ms = now;
        report_json_progress(report, a, mailbox);
        return;
    }
    if (!live && (now - a->begun_ms < PLAIN_AFTER_MS || now - report->live_shown_ms < PLAIN_EACH_MS))
        return;
    if (live && now - report->live_shown_ms < REPORT_UPDATE_MS)
        return;
    report->live_shown_ms = now;
    if (live) {
        report_text_live(report, a, mailbox, now);
        return;
    }
    report_live_words(a, mailbox, now, line, sizeof line);
    report_text_line(report, report->out, &(struct report_place){0}, line);
    (void)fflush(report->out); /* it is read while the run goes on */
}

void
report_progress(struct report *report, const char *account, const char *mailbox, const struct report_amount *amount)
{
    struct report_account *a;
    int64_t now;

    if (report->settings.quiet)
        return; /* settings never change: no lock needed, and this is called for every message */
    lock(report);
    a = find_account(report, account);
    if (a != NULL) {
        now = report->settings.now_ms();
        measure(a, amount, now);
        show_progress(report, a, mailbox, now);
    }
    unlock(report);
}

void
report_mailbox(struct report *report, const char *account, const char *mailbox, const char *event, const char *text)
{
    const struct report_place place = {account, mailbox};

    if (report->settings.quiet)
        return;
    lock(report);
    if (report->settings.json)
        report_json_mailbox(report, &place, event, text);
    else
        report_text_line(report, report->out, &place, text);
    unlock(report);
}

void
report_message(struct report *report, const char *account, const struct report_done *done)
{
    struct report_account *a;
    struct report_would *would = NULL;

    if (report->settings.quiet)
        return;
    lock(report);
    a = find_account(report, account);
    if (done->dry && report->settings.verbose == 0 && a != NULL)
        would = report_would_of(a, done->mailbox);
    if (would != NULL) {
        report_count(&would->counts, done);
    } else if (report->settings.json) {
        report_json_message(report, account, done);
    } else if (done->dry || report->settings.verbose > 0) {
        report_text_message(report, account, done);
    }
    unlock(report);
}

#define HEARD_FOR INT64_C(86400) /* seconds: what was said a day ago is said again */

/* FNV-1a */
static uint64_t
hash_of(const struct error *err)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    char line[TEXT_MAX];

    error_line(err, line, sizeof line);
    for (const char *at = line; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    return hash;
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
    struct report_account *a = err->account[0] != '\0' ? find_account(report, err->account) : NULL;
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
    *wanted = is_wanted(report, a, err, hash, &since);
    if (a->said_count < SAID_MAX && array_grow(&a->said, &a->said_size, a->said_count + 1, sizeof a->said[0]))
        a->said[a->said_count++] = (struct report_heard){hash, since};
    return true;
}

void
report_heard_before(struct report *report, const char *account, const struct report_heard *lines, size_t count,
                    int64_t now)
{
    struct report_account *a;

    lock(report);
    a = find_account(report, account);
    if (a != NULL) {
        free(a->heard);
        a->now = now;
        a->heard_count = 0;
        a->heard = calloc(count + 1, sizeof *lines); /* without memory all is said */
        if (a->heard != NULL && count != 0)
            memcpy(a->heard, lines, count * sizeof *lines);
        a->heard_count = a->heard != NULL ? count : 0;
    }
    unlock(report);
}

size_t
report_heard_now(struct report *report, const char *account, struct report_heard *lines, size_t most)
{
    const struct report_account *a;
    size_t count = 0;

    lock(report);
    a = find_account(report, account);
    if (a != NULL) {
        count = a->said_count < most ? a->said_count : most;
        if (count != 0)
            memcpy(lines, a->said, count * sizeof *lines);
    }
    unlock(report);
    return count;
}

/* Without the account, which the reader knows, and without the hint. What does not fit into memory is not remembered. */
static void
remember(struct report *report, const struct error *err)
{
    struct report_account *a = err->account[0] != '\0' ? find_account(report, err->account) : NULL;
    const int status = error_status(err->kind);
    struct error brief = *err;
    char line[TEXT_MAX];

    if (a == NULL)
        return;
    brief.account[0] = brief.hint[0] = '\0';
    error_line(&brief, line, sizeof line);
    if (a->first[0] == NULL)
        a->first[0] = strdup(line);
    if (status > 0 && status < REPORT_STATUSES && a->first[status] == NULL)
        a->first[status] = strdup(line);
}

void
report_said(struct report *report, const char *account, int status, struct report_said *said)
{
    const struct report_account *a;
    const char *words = NULL;

    *said = (struct report_said){0};
    lock(report);
    a = find_account(report, account);
    if (a != NULL) {
        said->interrupted = a->interrupted;
        words = status > 0 && status < REPORT_STATUSES ? a->first[status] : NULL;
        if (words == NULL && status != 0)
            words = a->first[0];
    }
    error_escape(said->error, sizeof said->error,
                 text_of(words)); /* escaped already: only cut between two characters */
    unlock(report);
}

void
report_error(struct report *report, const struct error *err)
{
    bool wanted;

    lock(report);
    if (is_new(report, err, &wanted)) {
        remember(report, err);
        if (report->settings.json)
            report_json_error(report, err);
        if (wanted)
            report_text_error(report, err);
    }
    unlock(report);
}

void
report_step(struct report *report, const char *account, const char *command)
{
    lock(report);
    if (report->settings.json)
        report_json_line(report, account, "step", command);
    report_text_step(report, command);
    unlock(report);
}

bool
report_has_error(struct report *report, const char *account)
{
    const struct report_account *a;
    bool has;

    lock(report);
    a = find_account(report, account);
    has = a != NULL && a->said_count != 0;
    unlock(report);
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

void
report_note(struct report *report, const char *account, const char *format, ...)
{
    const struct report_place place = {account, NULL};
    char text[TEXT_MAX];
    va_list args;

    if (report->settings.verbose == 0 || report->settings.quiet)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* a cut note still is one */
    va_end(args);
    lock(report);
    if (report->settings.json)
        report_json_line(report, account, "note", text);
    else
        report_text_line(report, report->out, &place, text);
    unlock(report);
}

void
report_reason(struct report *report, const char *account, const char *text)
{
    const struct report_place place = {account, NULL};

    if (report->settings.verbose == 0 || report->settings.quiet || report->settings.json)
        return;
    lock(report);
    report_text_line(report, report->out, &place, text);
    unlock(report);
}

bool
report_tells_each(const struct report *report)
{
    return report->settings.json || report->settings.verbose > 0; /* settings never change: no lock needed */
}

void
report_held(struct report *report, const char *account, const struct report_held *held)
{
    struct report_account *a;

    lock(report);
    a = find_account(report, account);
    if (report->settings.json)
        report_json_held(report, account, held);
    else if (!report->settings.quiet && (report->settings.verbose > 0 || (a != NULL && a->dry)))
        report_text_held(report, account, held);
    unlock(report);
}

void
report_guard(struct report *report, const char *account, const struct report_list *list)
{
    struct report_account unknown = {0};
    const struct report_account *a;

    lock(report);
    a = find_account(report, account);
    if (a == NULL) {
        (void)text_print(unknown.name, sizeof unknown.name, "%s", account);
        a = &unknown;
    }
    if (report->settings.json)
        report_json_guard(report, account, list);
    else
        report_text_guard(report, a, list);
    unlock(report);
}

void
report_result(struct report *report, const char *account, int status, const struct report_counts *counts,
              double seconds, bool interrupted)
{
    const struct report_place place = {account, NULL};
    struct report_summary summary = {
        .status = status,
        .counts = counts,
        .seconds = seconds,
        .interrupted = interrupted,
        .policy = report->settings.verbose > 0,
    };
    struct report_account *a;
    char text[TEXT_MAX];

    lock(report);
    a = find_account(report, account);
    if (a != NULL) {
        summary.dry = a->dry;
        summary.quarantine_days = a->quarantine_days;
        summary.import = a->import;
        a->ended = a->ran = true;
        a->status = status;
        a->interrupted = interrupted;
    }
    if (a != NULL && report->settings.json)
        report_json_would(report, a);
    else if (a != NULL)
        report_text_would(report, a);
    if (report->settings.json) {
        report_json_result(report, account, &summary);
    } else if (!report->settings.quiet) {
        report_summary(&summary, text, sizeof text);
        report_text_line(report, report->out, &place, text);
    }
    unlock(report);
}

void
report_account_end(struct report *report, const char *account, int status)
{
    struct report_account *a;

    lock(report);
    a = find_account(report, account);
    if (report->settings.json && (a == NULL || !a->ended))
        report_json_status(report, account, status);
    if (a != NULL) {
        a->ended = true;
        a->status = status;
    }
    unlock(report);
}

bool
report_written(struct report *report)
{
    struct error err = {0};
    bool written;

    lock(report);
    errno = 0;
    written = fflush(report->out) == 0 && ferror(report->out) == 0;
    if (!written && !report->said_unwritten) {
        report->said_unwritten = true;
        error_sys(&err, errno, "write standard output");
        if (errno == 0) /* an earlier write failed, and this one had nothing to do */
            err.answer[0] = '\0';
        error_hint(&err, "The run itself is not affected: the exit status and `golub status` say what was done.");
        report_text_error(report, &err);
    }
    unlock(report);
    return written;
}

void
report_exit(struct report *report, int status, int signal)
{
    lock(report);
    report_text_clear(report);
    if (report->settings.json)
        report_json_exit(report, status, signal);
    else if (!report->settings.quiet)
        report_text_accounts(report);
    unlock(report);
}

void
report_line(struct report *report, const char *account, const char *key, const char *format, ...)
{
    const struct report_place place = {account, NULL};
    char text[TEXT_MAX];
    va_list args;

    if (report->settings.quiet)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lock(report);
    if (report->settings.json)
        report_json_line(report, account, key, text);
    else
        report_text_line(report, report->out, &place, text);
    unlock(report);
}
