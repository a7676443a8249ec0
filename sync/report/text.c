/*
 * Text for people. Names and words of strangers are made printable on the way out, once more than needed rather
 * than once too little: a mailbox may be called anything.
 */
#include "sync/report/private.h"

#define LINE_MAX_BYTES 8192

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
    (void)text_print(text, sizeof text, "%s%s%s%s%s%s%s%s%s%s%s%s", done->dry ? words->would : words->done, number,
                     is_set(done->file) ? " " : "", is_set(done->file) ? done->file : "", is_set(done->add) ? " +" : "",
                     is_set(done->add) ? done->add : "", is_set(done->del) ? " -" : "",
                     is_set(done->del) ? done->del : "", is_set(done->detail) ? ": " : "",
                     is_set(done->detail) ? done->detail : "", is_set(done->why) ? ": " : "",
                     is_set(done->why) ? done->why : "");
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
