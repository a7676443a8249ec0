/*
 * What `golub restore` says: the quarantine as a table, and what was put back.
 *     work:    ID  removed           run  mailbox  from          subject             size  why
 *     work:    12  2026-11-28 09:12   41  INBOX    Ana Example   Quarterly report  4.1 kB  deleted on the server
 */
#include "sync/report/private.h"

#include <inttypes.h>

#include "store/base/columns.h"

#define LINE_SIZE 2048
#define MAILBOX_COLUMNS 16
#define FROM_COLUMNS 20
#define SUBJECT_COLUMNS 32

/* "4.1 kB", "12 MB": MB are 10^6 bytes. */
static void
print_size(uint64_t bytes, char to[static 32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double number = (double)bytes;
    size_t unit = 0;

    while (number >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        number /= 1000;
        unit++;
    }
    (void)text_print(to, 32, unit == 0 || number >= 9.95 ? "%.0f %s" : "%.1f %s", number, units[unit]);
}

/* So many columns wide, filled up with blanks. */
static void
add_cell(const char *text, size_t columns, char *line, size_t size)
{
    const size_t used = strlen(line);
    char safe[1024], cell[256];
    size_t width;

    error_escape(safe, sizeof safe, text_of(text));
    columns_shorten(safe, columns, cell, sizeof cell);
    width = columns_of(cell);
    (void)text_print(line + used, size - used, "%s%*s  ", cell, width < columns ? (int)(columns - width) : 0, "");
}

/* Of "Ana Example <ana@example.org>" the name. */
static void
print_sender(const char *from, char *to, size_t size)
{
    const char *address = strstr(from, " <");

    (void)text_print(to, size, "%.*s", address != NULL && address != from ? (int)(address - from) : (int)strlen(from),
                     from);
}

static void
write_line(struct report *report, const char *account, const char *line)
{
    report_text_line(report, report->out, &(struct report_place){account, NULL}, line);
}

void
report_kept_head(struct report *report, const char *account)
{
    char line[LINE_SIZE];

    if (report->settings.quiet || report->settings.json)
        return;
    (void)text_print(line, sizeof line, "%5s  %-16s  %4s  %-*s  %-*s  %-*s  %7s  why", "ID", "removed", "run",
                     MAILBOX_COLUMNS, "mailbox", FROM_COLUMNS, "from", SUBJECT_COLUMNS, "subject", "size");
    report_lock(report);
    write_line(report, account, line);
    report_unlock(report);
}

static void
write_row(struct report *report, const char *account, const struct report_kept *kept)
{
    char line[LINE_SIZE], when[32], run[32] = "-", sender[512], bytes[32], back[64] = "";

    report_date(kept->removed, when, sizeof when);
    if (kept->run != 0)
        (void)text_print(run, sizeof run, "%" PRIu64, kept->run);
    print_sender(kept->from, sender, sizeof sender);
    print_size(kept->size, bytes);
    if (kept->put_back != 0) {
        char date[32];

        report_date(kept->put_back, date, sizeof date);
        (void)text_print(back, sizeof back, "; put back %s", date);
    }
    (void)text_print(line, sizeof line, "%5" PRIi64 "  %-16s  %4s  ", kept->id, when, run);
    add_cell(kept->mailbox, MAILBOX_COLUMNS, line, sizeof line);
    add_cell(sender, FROM_COLUMNS, line, sizeof line);
    add_cell(kept->subject, SUBJECT_COLUMNS, line, sizeof line);
    (void)text_print(line + strlen(line), sizeof line - strlen(line), "%7s  %s%s", bytes, kept->why, back);
    write_line(report, account, line);
}

void
report_kept_end(struct report *report, const char *account, const struct report_kept_sum *sum)
{
    char line[LINE_SIZE], size[32];

    if (report->settings.quiet || report->settings.json)
        return;
    print_size(sum->bytes, size);
    if (sum->all == 0)
        (void)text_print(line, sizeof line, "the quarantine is empty (%.1500s/quarantine)", sum->state);
    else if (sum->count == 0)
        (void)text_print(line, sizeof line,
                         "nothing of that is among the %" PRIu64 " message%s in the quarantine (%.1500s/quarantine)",
                         sum->all, sum->all == 1 ? "" : "s", sum->state);
    else
        (void)text_print(line, sizeof line,
                         "%" PRIu64 " message%s, %s, kept %d days each. To put back: golub restore %s ID..., or "
                         "golub restore %s/MAILBOX --all",
                         sum->count, sum->count == 1 ? "" : "s", size, sum->days, account, account);
    report_lock(report);
    write_line(report, account, line);
    report_unlock(report);
}

static void
write_outcome(struct report *report, const char *account, const struct report_kept *kept)
{
    char line[LINE_SIZE], subject[512], sender[512];

    if (kept->outcome != OUTCOME_PUT_BACK && kept->outcome != OUTCOME_BACK_ALREADY) /* the error says it */
        return;
    error_escape(subject, 256, text_of(kept->subject[0] != '\0' ? kept->subject : "(no subject)"));
    print_sender(kept->from, sender, sizeof sender);
    (void)text_print(line, sizeof line, "%" PRIi64 ": \"%s\"%s%.80s %s %s", kept->id, subject,
                     sender[0] != '\0' ? " from " : "", sender,
                     kept->outcome == OUTCOME_BACK_ALREADY ? "is back already in"
                     : kept->dry                           ? "would be put back into"
                                                           : "is put back into",
                     kept->to);
    write_line(report, account, line);
}

void
report_kept(struct report *report, const char *account, const struct report_kept *kept)
{
    if (report->settings.quiet)
        return;
    report_lock(report);
    if (report->settings.json)
        report_json_kept(report, account, kept);
    else if (kept->outcome == OUTCOME_NONE)
        write_row(report, account, kept);
    else
        write_outcome(report, account, kept);
    report_unlock(report);
}

void
report_restored(struct report *report, const char *account, const struct report_restored *restored)
{
    const uint64_t goes = restored->put_back - restored->staying;
    char line[LINE_SIZE], size[32], already[64] = "", failed[64] = "", next[256] = "";

    if (report->settings.quiet || report->settings.json)
        return;
    print_size(restored->bytes, size);
    if (restored->back_already != 0)
        (void)text_print(already, sizeof already, ", %" PRIu64 " %s back already", restored->back_already,
                         restored->back_already == 1 ? "is" : "are");
    if (restored->failed != 0)
        (void)text_print(failed, sizeof failed, ", %" PRIu64 " could not be", restored->failed);
    if (restored->to_dir != NULL)
        (void)text_print(next, sizeof next, " into %.200s", restored->to_dir);
    else if (goes != 0 && !restored->dry && restored->staying != 0)
        (void)text_print(next, sizeof next, "; the next `golub sync %.100s` takes %" PRIu64 " of them to the server",
                         account, goes);
    else if (goes != 0 && !restored->dry)
        (void)text_print(next, sizeof next, "; the next `golub sync %.100s` takes %s to the server", account,
                         goes == 1 ? "it" : "them");
    (void)text_print(line, sizeof line, "%s%" PRIu64 " message%s%s%s%s %sput back%s%s%s%s",
                     restored->interrupted ? "interrupted: " : "", restored->put_back,
                     restored->put_back == 1 ? "" : "s", restored->put_back != 0 ? " (" : "",
                     restored->put_back != 0 ? size : "", restored->put_back != 0 ? ")" : "",
                     restored->dry ? "would be " : "", already, failed, next,
                     restored->dry ? " (dry run: nothing was changed)" : "");
    report_lock(report);
    write_line(report, account, line);
    report_unlock(report);
}
