/* Words of verify: a difference, and the line that ends an account. */
#include <inttypes.h>

#include "sync/report/private.h"

#define LINE_MAX_BYTES 4096

static void
print_found(const struct report_found *found, char *to, size_t size)
{
    char count[48] = "", uid[32] = "";

    if (found->count != 0)
        (void)text_print(count, sizeof count, ", %" PRIu64 " message%s", found->count, found->count == 1 ? "" : "s");
    if (found->uid != 0)
        (void)text_print(uid, sizeof uid, " UID %" PRIu32, found->uid);
    (void)text_print(to, size, "%s%s%s%s%s: %s", report_class_word(found->class), count, uid,
                     found->file != NULL && found->file[0] != '\0' ? " " : "", found->file != NULL ? found->file : "",
                     found->text);
}

/* ", 3 waiting" */
static bool
add_count(struct buffer *line, uint64_t count, const char *words)
{
    return count == 0 || buffer_addf(line, ", %" PRIu64 " %s", count, words);
}

static void
print_verified(const struct report_verified *v, char *to, size_t size)
{
    struct buffer line = buffer_new(size - 1);
    bool whole = v->faults == 0
                     ? buffer_adds(&line, v->interrupted ? "interrupted; equal so far" : "equal")
                     : buffer_addf(&line, "%s%" PRIu64 " difference%s", v->interrupted ? "interrupted; " : "",
                                   v->faults, v->faults == 1 ? "" : "s");

    whole = whole && buffer_addf(&line, ": %" PRIu64 " mailbox%s, %" PRIu64 " messages here, %" PRIu64 " there",
                                 v->mailboxes, v->mailboxes == 1 ? "" : "es", v->here, v->there);
    if (v->read)
        whole = whole && buffer_addf(&line, ", %" PRIu64 " files read (%.1f MB)", v->files, (double)v->bytes / 1e6);
    if (v->read_there)
        whole = whole &&
                buffer_addf(&line, ", %" PRIu64 " bodies fetched (%.1f MB)", v->bodies, (double)v->bytes_there / 1e6);
    whole = whole && add_count(&line, v->found[CLASS_WAITING], "waiting") &&
            add_count(&line, v->found[CLASS_EXTRA_THERE], "new on the server") &&
            add_count(&line, v->found[CLASS_FOREIGN], "paired in other bytes") &&
            add_count(&line, v->found[CLASS_REWRITTEN], "rewritten by the server") &&
            add_count(&line, v->kept, "in the quarantine") && buffer_addf(&line, " (%.1f s)", v->seconds);
    (void)text_print(to, size, "%s%s", line.at != NULL ? line.at : "", whole ? "" : "...");
    buffer_free(&line);
}

void
report_found(struct report *report, const char *account, const struct report_found *found)
{
    const struct report_place place = {account, found->mailbox};
    const bool quiet = report->settings.quiet && !found->fault;
    FILE *to = report->settings.quiet ? report->err : report->out;
    char text[LINE_MAX_BYTES];

    if (quiet || (found->single && !report->settings.json && report->settings.verbose == 0) ||
        (found->sum && (report->settings.json || report->settings.verbose > 0)))
        return;
    report_lock(report);
    if (report->settings.json) {
        report_json_found(report, account, found);
    } else {
        print_found(found, text, sizeof text);
        report_text_line(report, to, &place, text);
    }
    report_unlock(report);
}

void
report_verified(struct report *report, const char *account, int status, const struct report_verified *verified)
{
    const struct report_place place = {account, NULL};
    struct report_account *a;
    char text[LINE_MAX_BYTES];

    report_lock(report);
    a = report_find(report, account);
    if (a != NULL)
        a->ended = true;
    if (report->settings.json) {
        report_json_verified(report, account, status, verified);
    } else if (!report->settings.quiet) {
        print_verified(verified, text, sizeof text);
        report_text_line(report, report->out, &place, text);
    }
    report_unlock(report);
}
