/*
 * What `golub status` says of an account: how its last runs ended, and a table of its mailboxes.
 *     work: last success 3 days ago (2026-11-25 04:00); last run failed 5 minutes ago (2026-11-28 05:00, exit 4): login refused
 *     work: mailbox          here   there  waiting  held
 *     work: INBOX           1,204   1,204        0     0
 */
#include "sync/report/private.h"

#include <inttypes.h>
#include <time.h>

#include "store/base/columns.h"

#define LINE_SIZE 2048
#define NAME_COLUMNS_MAX 40 /* a longer name pushes its numbers aside: it is never cut, since people search for it */

/* "3 days ago (2026-11-25 04:00)". A clock that went back makes it later than now. */
static void
add_when(int64_t when, int64_t now, const char *more, char *to, size_t size)
{
    static const struct {
        int64_t seconds;
        const char *one;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    const size_t used = strlen(to);
    char date[32];
    size_t i = 0;
    int64_t count;

    report_date(when, date, sizeof date);
    if (now < when) {
        (void)text_print(to + used, size - used, "at %s by a clock that was ahead of this one%s", date, more);
        return;
    }
    while (units[i].seconds > 1 && now - when < 2 * units[i].seconds)
        i++;
    count = (now - when) / units[i].seconds;
    (void)text_print(to + used, size - used, "%" PRIi64 " %s%s ago (%s%s)", count, units[i].one, count == 1 ? "" : "s",
                     date, more);
}

/* What an exit status says where no error was said. */
static const char *
status_words(int status)
{
    switch (status) {
    case 0:
        return "of a part of it";
    case 1:
        return "some of it was not done";
    case 2:
        return "the configuration, or the situation, did not allow it";
    case 3:
        return "something is held and waits for a word";
    case 4:
        return "login refused";
    case 5:
        return "no connection";
    default:
        return "another golub was at work";
    }
}

static void
add_last(const struct report_state *state, char *to, size_t size)
{
    const char *verb = state->interrupted                         ? "was interrupted "
                       : state->status == 0 || state->status == 3 ? ""
                                                                  : "failed ";
    char exit[32] = "";

    if (state->status != 0)
        (void)text_print(exit, sizeof exit, ", exit %d", state->status);
    (void)text_print(to + strlen(to), size - strlen(to), "; last run %s", verb);
    add_when(state->attempt, state->now, exit, to, size);
    (void)text_print(to + strlen(to), size - strlen(to), ": %s",
                     state->error[0] != '\0' ? state->error : status_words(state->status));
}

static void
write_text(struct report *report, const struct report_place *place, const struct report_state *state)
{
    char line[LINE_SIZE] = "", quota[LINE_SIZE];

    if (state->success != 0) {
        (void)text_print(line, sizeof line, "last success ");
        add_when(state->success, state->now, "", line, sizeof line);
    } else {
        (void)text_print(line, sizeof line, "%s", state->never);
    }
    if (state->attempt != 0 && (state->attempt != state->success || state->status != 0))
        add_last(state, line, sizeof line);
    report_text_line(report, report->out, place, line);
    (void)text_print(line, sizeof line, " (seen ");
    add_when(state->quota_seen, state->now, "", line, sizeof line);
    (void)text_print(line + strlen(line), sizeof line - strlen(line), ")");
    if (report_quota_words(&state->quota, line, quota, sizeof quota))
        report_text_line(report, report->out, place, quota);
}

void
report_state(struct report *report, const char *account, const struct report_state *state)
{
    const struct report_place place = {account, NULL};

    if (report->settings.quiet)
        return;
    pthread_mutex_lock(&report->lock);
    if (report->settings.json)
        report_json_state(report, account, state);
    else
        write_text(report, &place, state);
    pthread_mutex_unlock(&report->lock);
}

void
report_drop(struct report *report, const char *account, const struct report_drop *drop)
{
    if (report->settings.quiet || !report->settings.json)
        return;
    report_lock(report);
    report_json_drop(report, account, drop);
    report_unlock(report);
}

void
report_quarantined(struct report *report, const char *account, const struct report_quarantined *quarantined)
{
    if (report->settings.quiet || !report->settings.json)
        return;
    report_lock(report);
    report_json_quarantined(report, account, quarantined);
    report_unlock(report);
}

struct widths {
    int name, here, there, waiting, held; /* columns */
};

static void
widen(int *width, const char *text)
{
    const int columns = (int)columns_of(text);

    if (columns > *width)
        *width = columns;
}

static void
widen_number(int *width, uint64_t number)
{
    char text[REPORT_NUMBER_SIZE];

    report_number(number, text);
    widen(width, text);
}

static void
write_row(struct report *report, const char *account, const struct widths *widths, const struct report_mailbox_row *row)
{
    const struct report_place place = {account, NULL};
    char here[REPORT_NUMBER_SIZE], there[REPORT_NUMBER_SIZE], waiting[REPORT_NUMBER_SIZE], held[REPORT_NUMBER_SIZE];
    const int columns = (int)columns_of(row->mailbox);
    char line[LINE_SIZE];

    report_number(row->here, here);
    report_number(row->there, there);
    report_number(row->waiting, waiting);
    report_number(row->held, held);
    (void)text_print(line, sizeof line, "%s%*s  %*s  %*s  %*s  %*s%s%s", row->mailbox,
                     columns < widths->name ? widths->name - columns : 0, "", widths->here, here, widths->there, there,
                     widths->waiting, waiting, widths->held, held, row->words[0] != '\0' ? "  " : "", row->words);
    report_text_line(report, report->out, &place, line);
}

static void
write_table(struct report *report, const char *account, const struct report_mailbox_row *rows, size_t count)
{
    const struct report_place place = {account, NULL};
    struct widths widths = {7, 4, 5, 7, 4}; /* as wide as what stands above */
    struct report_mailbox_row total = {.mailbox = "total", .words = ""};
    char line[LINE_SIZE];

    for (size_t i = 0; i < count; i++) {
        widen(&widths.name, rows[i].mailbox);
        total.here += rows[i].here;
        total.there += rows[i].there;
        total.waiting += rows[i].waiting;
        total.held += rows[i].held;
    }
    widths.name = widths.name < NAME_COLUMNS_MAX ? widths.name : NAME_COLUMNS_MAX;
    widen_number(&widths.here, total.here);
    widen_number(&widths.there, total.there);
    widen_number(&widths.waiting, total.waiting);
    widen_number(&widths.held, total.held);
    (void)text_print(line, sizeof line, "%-*s  %*s  %*s  %*s  %*s", widths.name, "mailbox", widths.here, "here",
                     widths.there, "there", widths.waiting, "waiting", widths.held, "held");
    report_text_line(report, report->out, &place, line);
    for (size_t i = 0; i < count; i++)
        write_row(report, account, &widths, &rows[i]);
    if (count > 1)
        write_row(report, account, &widths, &total);
}

void
report_mailbox_table(struct report *report, const char *account, const struct report_mailbox_row *rows, size_t count)
{
    if (report->settings.quiet || count == 0)
        return;
    pthread_mutex_lock(&report->lock);
    if (report->settings.json)
        report_json_mailbox_rows(report, account, rows, count);
    else
        write_table(report, account, rows, count);
    pthread_mutex_unlock(&report->lock);
}

/* ---- the end of a command over several accounts ---- */

#define NAMED_MAX 5 /* accounts that are named for each way to end */

static void
add_accounts(const struct report *report, int status, const char *words, char *to, size_t size)
{
    size_t count = 0, used;
    char names[NAMED_MAX * 66 + 8] = "";

    for (size_t i = 0; i < report->account_count; i++) {
        const struct report_account *account = report->accounts[i];

        if (!account->ran || account->status != status)
            continue;
        used = strlen(names);
        if (status != 0 && count < NAMED_MAX)
            (void)text_print(names + used, sizeof names - used, "%s%s", used != 0 ? ", " : "", account->name);
        else if (status != 0 && count == NAMED_MAX)
            (void)text_print(names + used, sizeof names - used, " ...");
        count++;
    }
    if (count == 0)
        return;
    used = strlen(to);
    (void)text_print(to + used, size - used, "%s%zu %s%s%s%s", used != 0 ? ", " : "", count, words,
                     names[0] != '\0' ? " (" : "", names, names[0] != '\0' ? ")" : "");
}

void
report_text_accounts(struct report *report)
{
    static const struct {
        int status;
        const char *words;
    } ways[] = {{0, "in sync"},       {1, "not done whole"},       {3, "held back"},
                {4, "login refused"}, {5, "without a connection"}, {6, "busy"},
                {2, "refused"}};
    const struct report_place nowhere = {NULL, NULL};
    char line[LINE_SIZE], ends[LINE_SIZE - 64] = "";
    size_t count = 0;

    for (size_t i = 0; i < report->account_count; i++)
        count += report->accounts[i]->ran;
    if (count < 2)
        return;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        add_accounts(report, ways[i].status, ways[i].words, ends, sizeof ends);
    (void)text_print(line, sizeof line, "%zu accounts: %s", count, ends);
    report_text_line(report, report->out, &nowhere, line);
}
