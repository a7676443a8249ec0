/*
 * How far a run is: on a terminal one line that is drawn over, elsewhere a plain line now and then.
 *     work/INBOX: 4,000 of 20,000, 61 of 308 MB, 2.1 MB/s, 1:58 left
 * Bytes tell the time that is left: after 2,960 small messages come 40 large ones. A narrow terminal gets less, never half of something: first the
 * speed goes, then the megabytes, then the time, and a long name loses its middle.
 */
#include "sync/report/private.h"

#include <sys/ioctl.h>

#include "store/base/columns.h"

#define COLUMNS_USUAL 80
#define COLUMNS_MAX 100 /* a window that is made narrower leaves the rest of a longer line behind */
#define COLUMNS_PLENTY 200
#define NAME_COLUMNS 12 /* of a name as much must fit as tells one from the other */
#define MEGABYTE 1e6
#define SOON 360000 /* seconds, a hundred hours: beyond that it is no estimate */

void
report_text_clear(struct report *report)
{
    if (!report->live)
        return;
    fputs("\r\033[K", report->out);
    (void)fflush(report->out);
    report->live = false;
}

static size_t
count_columns(const struct report *report)
{
    struct winsize size;
    size_t columns = COLUMNS_USUAL;

    if (ioctl(fileno(report->out), TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        columns = size.ws_col;
    return (columns < COLUMNS_MAX ? columns : COLUMNS_MAX) - 1; /* the last column would wrap on some terminals */
}

static void
put_messages(const struct report_account *a, char *to, size_t size)
{
    char done[REPORT_NUMBER_SIZE], total[REPORT_NUMBER_SIZE];

    report_number(a->last.done, done);
    report_number(a->last.total, total);
    if (a->last.total > 0)
        (void)text_print(to, size, "%s of %s", done, total);
    else
        (void)text_print(to, size, "%s message%s", done, a->last.done == 1 ? "" : "s");
}

static void
put_megabytes(const struct report_account *a, char *to, size_t size)
{
    const double bytes = (double)a->last.bytes / MEGABYTE, total = (double)a->last.total_bytes / MEGABYTE;
    const int digits = (a->last.total_bytes > 0 ? total : bytes) < 10 ? 1 : 0;

    if (a->last.total_bytes > 0)
        (void)text_print(to, size, ", %.*f of %.*f MB", digits, bytes < total ? bytes : total, digits, total);
    else
        (void)text_print(to, size, ", %.*f MB", digits, bytes);
}

static void
put_speed(const struct report_account *a, int64_t now_ms, char *to, size_t size)
{
    const double seconds = (double)(now_ms - a->start_ms) / 1000.0;

    to[0] = '\0';
    if (seconds > 0 && a->last.bytes > a->start_bytes)
        (void)text_print(to, size, ", %.1f MB/s", (double)(a->last.bytes - a->start_bytes) / seconds / MEGABYTE);
}

/* From what came since the stretch began and what is still to come, the same measure for both. */
static double
estimate(uint64_t came, uint64_t rest, double seconds)
{
    return came > 0 ? (double)rest * seconds / (double)came : SOON;
}

static void
put_left(const struct report_account *a, int64_t now_ms, char *to, size_t size)
{
    const struct report_amount *last = &a->last;
    const double seconds = (double)(now_ms - a->start_ms) / 1000.0;
    double left;

    to[0] = '\0';
    if (seconds <= 0 || last->total <= last->done)
        return;
    if (last->total_bytes > 0)
        left = last->total_bytes > last->bytes
                   ? estimate(last->bytes - a->start_bytes, last->total_bytes - last->bytes, seconds)
                   : SOON; /* the sizes were wrong */
    else
        left = estimate(last->done - a->start_done, last->total - last->done, seconds);
    if (left < SOON)
        (void)text_print(to, size, ", %u:%02u left", (unsigned)left / 60, (unsigned)left % 60);
}

/* As much of it as has room beside a name. */
static void
put_amount(const struct report_account *a, int64_t now_ms, size_t columns, char *to, size_t size)
{
    char messages[2 * REPORT_NUMBER_SIZE + 8], megabytes[64], speed[32], left[32];
    const char *const parts[][3] = {{megabytes, speed, left}, {megabytes, "", left}, {"", "", left}, {"", "", ""}};

    put_messages(a, messages, sizeof messages);
    put_megabytes(a, megabytes, sizeof megabytes);
    put_speed(a, now_ms, speed, sizeof speed);
    put_left(a, now_ms, left, sizeof left);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        (void)text_print(to, size, "%s%s%s%s", messages, parts[i][0], parts[i][1], parts[i][2]);
        if (columns_of(to) + 2 + NAME_COLUMNS <= columns)
            return;
    }
}

static void
put_line(const struct report_account *a, const char *mailbox, int64_t now_ms, size_t columns, char *to, size_t size)
{
    char amount[256], name[512], safe[1024], shortened[512] = "";
    size_t rest;

    put_amount(a, now_ms, columns, amount, sizeof amount);
    (void)text_print(name, sizeof name, "%s%s%s", a->name, mailbox != NULL && mailbox[0] != '\0' ? "/" : "",
                     mailbox != NULL ? mailbox : "");
    error_escape(safe, sizeof safe, text_of(name));
    rest = columns_of(amount) + 2 < columns ? columns - columns_of(amount) - 2 : 0;
    columns_shorten(safe, rest, shortened, sizeof shortened);
    (void)text_print(to, size, "%s%s%s", shortened, shortened[0] != '\0' ? ": " : "", amount);
}

void
report_text_live(struct report *report, const struct report_account *a, const char *mailbox, int64_t now_ms)
{
    char line[1024];

    put_line(a, mailbox, now_ms, count_columns(report), line, sizeof line);
    fprintf(report->out, "\r%s\033[K", line);
    (void)fflush(report->out);
    report->live = true;
}

void
report_live_words(const struct report_account *a, const char *mailbox, int64_t now_ms, char *to, size_t size)
{
    put_line(a, mailbox, now_ms, COLUMNS_PLENTY, to, size);
}
