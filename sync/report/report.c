/*
 * The one door to the terminal. Every public function takes the lock, decides whether the event is to be shown at
 * all, and hands it to the form that was chosen: people's text (report/text.c, report/summary.c) or JSON lines
 * (report/json.c). Errors go to standard error in both forms; JSON has them as events, too.
 */
#include "store/base/limits.h"
#include "sync/report/private.h"

#include <errno.h>
#include <stdarg.h>

#include "store/base/clock.h"

#define TEXT_MAX 4096        /* bytes of one formatted line */
#define PLAIN_AFTER_MS 60000 /* a run that takes no minute has no plain line about how far it is */
#define PLAIN_EACH_MS 30000

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

void
report_free(struct report *report)
{
    if (report == NULL)
        return;
    report_text_clear(report);
    (void)fflush(report->out); /* there is nobody left to tell */
    for (size_t i = 0; i < report->account_count; i++) {
        report_forget_errors(report->accounts[i]);
        report_would_free(report->accounts[i]);
        report_changes_free(report->accounts[i]->changes);
        free(report->accounts[i]->said);
        free(report->accounts[i]->heard);
        free(report->accounts[i]->before);
        free(report->accounts[i]);
    }
    free(report->accounts);
    pthread_mutex_destroy(&report->lock);
    free(report);
}

void
report_begin(struct report *report, const char *account, bool dry)
{
    struct report_account *a;

    report_lock(report);
    a = report_find(report, account);
    if (a != NULL) {
        a->dry = dry;
        a->ended = a->measuring = a->interrupted = a->quota_told = false;
        a->begun_ms = report->settings.now_ms();
        report_watch_begin(a);
        report_forget_errors(a);
        report_would_free(a);
    }
    report_unlock(report);
}

void
report_quarantine(struct report *report, const char *account, int days)
{
    struct report_account *a;

    report_lock(report);
    a = report_find(report, account);
    if (a != NULL)
        a->quarantine_days = days;
    report_unlock(report);
}

void
report_import(struct report *report, const char *account)
{
    struct report_account *a;

    report_lock(report);
    a = report_find(report, account);
    if (a != NULL)
        a->import = true;
    report_unlock(report);
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
    report_lock(report);
    a = report_find(report, account);
    if (a != NULL) {
        now = report->settings.now_ms();
        measure(a, amount, now);
        show_progress(report, a, mailbox, now);
    }
    report_unlock(report);
}

void
report_mailbox(struct report *report, const char *account, const char *mailbox, const char *event, const char *text)
{
    const struct report_place place = {account, mailbox};

    if (report->settings.quiet)
        return;
    report_lock(report);
    if (report->settings.json)
        report_json_mailbox(report, &place, event, text);
    else
        report_text_line(report, report->out, &place, text);
    report_unlock(report);
}

void
report_renamed(struct report *report, const char *account, const struct report_done *done)
{
    const struct act_words *words = report_act_words(done->act);
    const struct report_place place = {account, done->left};
    struct report_account *a;
    char text[LIMIT_MAILBOX_NAME + 64];

    (void)text_print(text, sizeof text, "%s %s", done->dry ? words->would : words->done, done->mailbox);
    report_lock(report);
    a = report_find(report, account);
    if (a != NULL && a->changes != NULL)
        report_changes_add(a, done);
    if (!report->settings.quiet && report->settings.json)
        report_json_renamed(report, account, done, text);
    else if (!report->settings.quiet)
        report_text_line(report, report->out, &place, text);
    report_unlock(report);
}

void
report_message(struct report *report, const char *account, const struct report_done *done)
{
    struct report_account *a;
    struct report_would *would = NULL;

    report_lock(report);
    a = report_find(report, account);
    if (a != NULL && a->changes != NULL)
        report_changes_add(a, done);
    if (report->settings.quiet)
        goto out;
    if (done->dry && report->settings.verbose == 0 && a != NULL)
        would = report_would_of(a, done->mailbox);
    if (would != NULL) {
        report_count(&would->counts, done);
    } else if (report->settings.json) {
        report_json_message(report, account, done);
    } else if (done->dry || report->settings.verbose > 0) {
        report_text_message(report, account, done);
    }
out:
    report_unlock(report);
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
    report_lock(report);
    if (report->settings.json)
        report_json_line(report, account, "note", text);
    else
        report_text_line(report, report->out, &place, text);
    report_unlock(report);
}

void
report_reason(struct report *report, const char *account, const char *text)
{
    const struct report_place place = {account, NULL};

    if (report->settings.verbose == 0 || report->settings.quiet || report->settings.json)
        return;
    report_lock(report);
    report_text_line(report, report->out, &place, text);
    report_unlock(report);
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
    bool dry;

    report_lock(report);
    a = report_find(report, account);
    dry = a != NULL && a->dry;
    if (a != NULL && report_watch_knows_held(a, held->id))
        ;
    else if (report->settings.json)
        report_json_held(report, account, held);
    else if (!report->settings.quiet && (report->settings.verbose > 0 || (dry && !report_would_hold(a, held))))
        report_text_held(report, account, held);
    report_unlock(report);
}

void
report_guard(struct report *report, const char *account, const struct report_list *list)
{
    struct report_account unknown = {0};
    struct report_account *a;

    report_lock(report);
    a = report_find(report, account);
    if (a == NULL) {
        (void)text_print(unknown.name, sizeof unknown.name, "%s", account);
        a = &unknown;
    }
    if (report_watch_knows_list(a, list))
        ;
    else if (report->settings.json)
        report_json_guard(report, account, list);
    else
        report_text_guard(report, a, list);
    report_unlock(report);
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

    report_lock(report);
    a = report_find(report, account);
    if (a != NULL) {
        summary.dry = a->dry;
        summary.quarantine_days = a->quarantine_days;
        summary.import = a->import;
        summary.quota = a->quota_told ? &a->quota : NULL;
        a->ended = a->ran = true;
        a->status = status;
        a->interrupted = interrupted;
    }
    if (a != NULL && report->settings.json)
        report_json_would(report, a);
    else if (a != NULL)
        report_text_would(report, a);
    if (a != NULL) {
        a->acts = report_acts(counts);
        a->came = counts->done[DID_DOWNLOAD] + counts->done[DID_FLAGS_HERE] + counts->done[DID_KEYWORDS_HERE] +
                  counts->done[DID_MOVE_HERE] + counts->done[DID_REMOVE_HERE] + counts->done[DID_CREATE_HERE] +
                  counts->done[DID_RENAME_HERE];
    }
    if (a != NULL && !report_watch_counts(a, &summary)) {
        ;
    } else if (report->settings.json) {
        report_json_result(report, account, &summary);
    } else if (!report->settings.quiet) {
        report_summary(&summary, text, sizeof text);
        report_text_line(report, report->out, &place, text);
    }
    if (report->settings.quiet && summary.quota != NULL)
        report_quota_alone(report, account, summary.quota);
    if (a != NULL) {
        a->status_before = status;
        if (a->watched)
            (void)fflush(report->out); /* it is read while the watcher goes on */
    }
    report_unlock(report);
}

void
report_account_end(struct report *report, const char *account, int status)
{
    struct report_account *a;

    report_lock(report);
    a = report_find(report, account);
    if (report->settings.json && (a == NULL || !a->ended))
        report_json_status(report, account, status);
    if (a != NULL) {
        a->ended = true;
        a->status = status;
    }
    report_unlock(report);
}

bool
report_written(struct report *report)
{
    struct error err = {0};
    bool written;

    report_lock(report);
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
    report_unlock(report);
    return written;
}

void
report_exit(struct report *report, int status, int signal)
{
    report_lock(report);
    report_text_clear(report);
    if (report->settings.json)
        report_json_exit(report, status, signal);
    else if (!report->settings.quiet)
        report_text_accounts(report);
    report_unlock(report);
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
    report_lock(report);
    if (report->settings.json)
        report_json_line(report, account, key, text);
    else
        report_text_line(report, report->out, &place, text);
    report_unlock(report);
}
