/*
 * Text for people. Names and words of strangers are made printable on the way out, once more than needed rather
 * than once too little: a mailbox may be called anything.
 *
 * The live line is the only thing that is drawn over: with a carriage return and blanks, which every terminal
 * understands.
 */
#include "sync/report/private.h"

#include <sys/ioctl.h>

#define LINE_MAX_BYTES 8192
#define COLUMNS_USUAL 80
#define MEGABYTE 1e6

void
report_text_clear(struct report *report)
{
    if (report->live_len == 0)
        return;
    fprintf(report->out, "\r%*s\r", (int)report->live_len, "");
    (void)fflush(report->out);
    report->live_len = 0;
}

static bool
is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void
print_line(struct report *report, FILE *to, const char *text)
{
    char safe[LINE_MAX_BYTES];

    report_text_clear(report);
    error_escape(safe, sizeof safe, text_of(text));
    fprintf(to, "%s\n", safe);
    if (report->settings.terminal || to == report->err)
        (void)fflush(to);
}

void
report_text_line(struct report *report, FILE *to, const struct report_place *place, const char *text)
{
    char line[LINE_MAX_BYTES];

    (void)text_print(line, sizeof line, "%s%s%s%s%s", is_set(place->account) ? place->account : "",
                     is_set(place->mailbox) ? "/" : "", is_set(place->mailbox) ? place->mailbox : "",
                     is_set(place->account) ? ": " : "", text);
    print_line(report, to, line);
}

void
report_text_error(struct report *report, const struct error *err)
{
    char said[LINE_MAX_BYTES / 2], line[LINE_MAX_BYTES];

    error_line(err, said, sizeof said);
    (void)text_print(line, sizeof line, "golub: %s", said);
    print_line(report, report->err, line);
}

void
report_text_step(struct report *report, const char *command)
{
    char line[LINE_MAX_BYTES];

    (void)text_print(line, sizeof line, "  %s", command);
    print_line(report, report->err, line);
}

void
report_text_message(struct report *report, const char *account, const struct report_done *done)
{
    const struct report_place place = {account, done->mailbox};
    const struct act_words *words = report_act_words(done->act);
    char text[LINE_MAX_BYTES / 2], number[32] = "";

    if (done->uid != 0)
        (void)text_print(number, sizeof number, " UID %lu", (unsigned long)done->uid);
    (void)text_print(text, sizeof text, "%s%s%s%s%s%s%s%s", done->dry ? words->would : words->done, number,
                     is_set(done->file) ? " " : "", is_set(done->file) ? done->file : "",
                     is_set(done->detail) ? ": " : "", is_set(done->detail) ? done->detail : "",
                     is_set(done->why) ? ": " : "", is_set(done->why) ? done->why : "");
    report_text_line(report, report->out, &place, text);
}

void
report_text_held(struct report *report, const char *account, const struct report_held *held)
{
    const struct report_place place = {account, held->mailbox};
    char text[LINE_MAX_BYTES / 2], number[32] = "";

    if (held->uid != 0)
        (void)text_print(number, sizeof number, " UID %lu", (unsigned long)held->uid);
    (void)text_print(text, sizeof text, "held (%s): %s %s of%s%s%s%s%s", is_set(held->id) ? held->id : "-",
                     held->addition ? "addition" : "removal", held->here ? "here" : "on the server", number,
                     is_set(held->file) ? " " : "", is_set(held->file) ? held->file : "",
                     is_set(held->subject) ? ": " : "", is_set(held->subject) ? held->subject : "");
    report_text_line(report, report->out, &place, text);
}

void
report_text_guard(struct report *report, const struct report_account *account, const struct report_list *list)
{
    const struct report_place place = {account->name, NULL};
    FILE *to = report->settings.quiet ? report->err : report->out; /* that it waits for a word must not be lost */
    char text[LINE_MAX_BYTES / 2];

    (void)text_print(text, sizeof text, "%llu %s%s out of %llu messages %s held (%s%s%s)%s",
                     (unsigned long long)list->count, list->additions ? "addition" : "removal",
                     list->count == 1 ? "" : "s", (unsigned long long)list->of,
                     account->dry       ? "would be"
                     : list->count == 1 ? "is"
                                        : "are",
                     list->where, is_set(list->note) ? ": " : "", is_set(list->note) ? list->note : "",
                     account->dry ? "" : "; the rest was done.");
    report_text_line(report, to, &place, text);
    for (size_t i = 0; i < list->example_count; i++) {
        (void)text_print(text, sizeof text, "  such as: %s", list->examples[i]);
        print_line(report, to, text);
    }
    if (account->dry) /* there is no list yet that could be looked at or released */
        return;
    (void)text_print(text, sizeof text, "  to see them:    golub status %s", account->name);
    print_line(report, to, text);
    if (list->both) {
        (void)text_print(text, sizeof text,
                         "  to add them on both sides all the same: golub sync --confirm-additions=%s %s", list->id,
                         account->name);
        print_line(report, to, text);
        (void)text_print(text, sizeof text, "  to leave both sides as they are: golub sync --reject-additions=%s %s",
                         list->id, account->name);
        print_line(report, to, text);
        return;
    }
    if (list->additions) {
        (void)text_print(text, sizeof text, "  to send them:   golub sync --confirm-additions=%s %s", list->id,
                         account->name);
        print_line(report, to, text);
        (void)text_print(text, sizeof text, "  to keep them here alone: golub sync --reject-additions=%s %s", list->id,
                         account->name);
        print_line(report, to, text);
        return;
    }
    (void)text_print(text, sizeof text, "  to remove them: golub %s --confirm-deletes=%s %s",
                     account->import ? "import" : "sync", list->id, account->name);
    print_line(report, to, text);
    (void)text_print(text, sizeof text, "  to keep them:   golub %s --reject-deletes=%s %s",
                     account->import ? "import" : "sync", list->id, account->name);
    print_line(report, to, text);
}

static size_t
count_columns(const struct report *report)
{
    struct winsize size;

    if (ioctl(fileno(report->out), TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        return size.ws_col - 1u; /* the last column would wrap on some terminals */
    return COLUMNS_USUAL - 1;
}

/* Cut to the terminal's width; a UTF-8 character takes at least as many bytes as columns, so the line may only get
 * too short. */
static size_t
cut_to_width(char *line, size_t columns)
{
    size_t len = strlen(line);

    if (len > columns) {
        len = columns;
        while (len > 0 && ((unsigned char)line[len] & 0xc0) == 0x80)
            len--;
        line[len] = '\0';
    }
    return len;
}

static void
add_speed(char *to, size_t size, const struct report_account *a, int64_t now_ms)
{
    double seconds = (double)(now_ms - a->start_ms) / 1000.0;
    double left;
    uint64_t done = a->last_done - a->start_done;

    to[0] = '\0';
    if (seconds <= 0 || done == 0)
        return;
    (void)text_print(to, size, ", %.1f MB/s", (double)(a->last_bytes - a->start_bytes) / seconds / MEGABYTE);
    if (a->last_total > a->last_done) {
        size_t used = strlen(to);

        left = (double)(a->last_total - a->last_done) * seconds / (double)done;
        if (left < 360000) /* a hundred hours: beyond that it is no estimate */
            (void)text_print(to + used, size - used, ", %u:%02u left", (unsigned)left / 60, (unsigned)left % 60);
    }
}

void
report_text_live(struct report *report, const struct report_account *a, const char *mailbox, int64_t now_ms)
{
    char line[512], safe[1024], speed[64], total[32] = "";
    size_t len, old = report->live_len;

    add_speed(speed, sizeof speed, a, now_ms);
    if (a->last_total > 0)
        (void)text_print(total, sizeof total, "/%llu", (unsigned long long)a->last_total);
    (void)text_print(line, sizeof line, "%s%s%s: %llu%s messages, %.1f MB%s", a->name, is_set(mailbox) ? "/" : "",
                     is_set(mailbox) ? mailbox : "", (unsigned long long)a->last_done, total,
                     (double)a->last_bytes / MEGABYTE, speed);
    error_escape(safe, sizeof safe, text_of(line));
    len = cut_to_width(safe, count_columns(report));
    fprintf(report->out, "\r%s%*s", safe, old > len ? (int)(old - len) : 0, "");
    (void)fflush(report->out);
    report->live_len = old > len ? old : len;
}
