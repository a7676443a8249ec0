/*
 * The engine's words go into the history; names that hold chance stay out of its hash. Replaces sync/report/report.c in this
 * program.
 */
#include "tests/sim/sim_server.h"

#include <stdarg.h>

#include "sync/report/private.h"

struct report *report_of(struct world *world);

struct report *
report_of(struct world *world)
{
    return (struct report *)(void *)world;
}

static struct world *
world_of(struct report *report)
{
    return (struct world *)(void *)report;
}

struct report *
report_new(const struct report_settings *settings)
{
    (void)settings;
    abort(); /* the engine is given one */
}

void
report_free(struct report *report)
{
    (void)report;
}

void
report_begin(struct report *report, const char *account, bool dry)
{
    (void)account, (void)dry;
    world_of(report)->complaints = 0;
}

void
report_import(struct report *report, const char *account)
{
    (void)account;
    world_of(report)->complaints = 0;
}

void
report_progress(struct report *report, const char *account, const char *mailbox, const struct report_amount *amount)
{
    (void)report, (void)account, (void)mailbox, (void)amount;
}

void
report_mailbox(struct report *report, const char *account, const char *mailbox, const char *event, const char *text)
{
    (void)account;
    world_of(report)->repairs += strcmp(event, "repair") == 0;
    world_of(report)->words++;
    world_of(report)->said_again |= text != NULL && strstr(text, "listed again after removal") != NULL;
    say(world_of(report), "      says: %s: %s: %s", mailbox == NULL ? "" : mailbox, event, text == NULL ? "" : text);
}

void
report_renamed(struct report *report, const char *account, const struct report_done *done)
{
    (void)account;
    say_aside(world_of(report), "%s %s to %s", report_act_words(done->act)->word, done->left, done->mailbox);
}

void
report_message(struct report *report, const char *account, const struct report_done *done)
{
    (void)account;
    say_aside(world_of(report), "%s %s UID %u %s %s", report_act_words(done->act)->word, done->mailbox, done->uid,
              done->file == NULL ? "" : done->file, done->detail == NULL ? "" : done->detail);
}

/* "rename this mailbox to "B" on the server": the folder of mailbox A stands at B, and is to go back. */
static void
note_back(struct sim_advice *advice, const struct error *err)
{
    const char *to = strstr(err->what, " to \"");
    int a = -1, b = -1;

    if (strstr(err->hint, "rename the folder back") == NULL || to == NULL)
        return;
    to += strlen(" to \"");
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        const char *name = server_mailbox_name(m);
        if (strcmp(err->mailbox, name) == 0)
            a = m;
        if (strncmp(to, name, strlen(name)) == 0 && to[strlen(name)] == '"')
            b = m;
    }
    if (a >= 0 && b >= 0)
        advice->back[a] = b + 1;
}

static void
note_advice(struct world *world, const struct error *err)
{
    static const char put[] = "Put what is only in that folder into \"";
    struct sim_advice *advice = &world->advice[world->client];

    advice->names |= strstr(err->hint, "Give that folder another name") != NULL ||
                     strstr(err->hint, "the name that its mailbox has on the server") != NULL;
    if (world->server != NULL)
        note_back(advice, err);
    for (int m = 0; world->server != NULL && m < SIM_MAILBOXES; m++)
        if (strncmp(err->hint, put, strlen(put)) == 0 && strcmp(err->mailbox, server_mailbox_name(m)) == 0)
            text_print(advice->into[m], sizeof advice->into[m], "%.*s", (int)strcspn(err->hint + strlen(put), "\""),
                       err->hint + strlen(put));
}

void
report_error(struct report *report, const struct error *err)
{
    char line[1500];

    /* But for what the status says. */
    world_of(report)->errors +=
        strstr(err->what, "not all could be done") == NULL && strstr(err->what, "remove-here of ") == NULL;
    world_of(report)->words++;
    world_of(report)->complaints++;
    if (world_of(report)->on_error != NULL)
        world_of(report)->on_error(world_of(report), err->mailbox, err->what);
    error_line(err, line, sizeof line);
    note_advice(world_of(report), err);
    say_aside(world_of(report), "error: %s", line);
}

void
report_step(struct report *report, const char *account, const char *command)
{
    (void)account;
    say_aside(world_of(report), "step: %s", command);
}

void
report_alerts(struct report *report, const char *account, const char *lines, const struct error *err)
{
    (void)report;
    (void)account;
    (void)lines;
    (void)err;
}

bool
report_has_error(struct report *report, const char *account)
{
    (void)account;
    return world_of(report)->complaints != 0;
}

void
report_note(struct report *report, const char *account, const char *format, ...)
{
    char line[1000];
    va_list args;

    (void)account;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    say_aside(world_of(report), "note: %s", line);
}

void
report_reason(struct report *report, const char *account, const char *text)
{
    (void)account;
    say_aside(world_of(report), "because: %s", text);
}

void
report_held(struct report *report, const char *account, const struct report_held *held)
{
    struct world *world = world_of(report);

    (void)account;
    if (world->on_held != NULL) /* what is shown for a word */
        world->on_held(world, held->mailbox, held->uid, held->file, held->addition);
    say_aside(world, "held: %s UID %u %s", held->mailbox, held->uid, held->file);
}

void
report_guard(struct report *report, const char *account, const struct report_list *list)
{
    struct world *world = world_of(report);

    (void)account;
    world->held++;
    if (world->on_list != NULL)
        world->on_list(world, list->id);
    say(world, "      says: %llu of %llu removals %s are held (%s)", (unsigned long long)list->count,
        (unsigned long long)list->of, list->where, list->reason);
}

void
report_quota(struct report *report, const char *account, const struct quota *quota)
{
    (void)report, (void)account, (void)quota;
}

void
report_result(struct report *report, const char *account, int status, const struct report_counts *counts,
              double seconds, bool interrupted)
{
    (void)account, (void)counts, (void)seconds;
    say(world_of(report), "      result %d%s", status, interrupted ? " interrupted" : "");
}

void
report_exit(struct report *report, int status, int signal)
{
    (void)report, (void)status, (void)signal;
}

void
report_line(struct report *report, const char *account, const char *key, const char *format, ...)
{
    (void)report, (void)account, (void)key, (void)format;
}
