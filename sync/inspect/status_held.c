/*
 * What is held, so that a person can judge it: for people one line a mailbox with up to three examples, then the words that answer it; each item by itself
 * with --verbose and in JSON.
 */
#include <inttypes.h>

#include "sync/inspect/status_private.h"
#include "sync/rules/plan.h"

#define EXAMPLES 3 /* of each mailbox: so many are written down (sync/agenda/shown.c) */

struct group { /* what one mailbox holds on one list, in one direction */
    const struct journal_pending *first;
    uint64_t count;
    char examples[EXAMPLES][512];
    size_t example_count;
};

static bool
is_addition(const struct journal_pending *row)
{
    return strcmp(row->detail, plan_verb_word(PLAN_REMOVE_HERE)) != 0 &&
           strcmp(row->detail, plan_verb_word(PLAN_REMOVE_THERE)) != 0;
}

static bool
is_here(const struct journal_pending *row)
{
    return strcmp(row->detail, plan_verb_word(PLAN_REMOVE_HERE)) == 0 ||
           strcmp(row->detail, plan_verb_word(PLAN_DOWNLOAD)) == 0;
}

static bool
belongs(const struct group *group, const struct journal_pending *row)
{
    return group->first != NULL && group->first->mailbox == row->mailbox &&
           strcmp(group->first->hold, row->hold) == 0 && strcmp(group->first->detail, row->detail) == 0;
}

static void
write_group(const struct status_view *view, const struct group *group)
{
    const struct journal_pending *first = group->first;
    char when[32];

    if (first == NULL)
        return;
    report_date(first->since, when, sizeof when);
    report_line(view->report, view->account->name, "held", "%s: %" PRIu64 " %s%s %s %s held as %s since %s: %s",
                status_mailbox(view, first->mailbox), group->count, is_addition(first) ? "addition" : "removal",
                group->count == 1 ? "" : "s", is_here(first) ? "here" : "on the server",
                group->count == 1 ? "is" : "are", first->hold, when, first->why);
    for (size_t i = 0; i < group->example_count; i++)
        report_line(view->report, view->account->name, "held", "  such as: %s", group->examples[i]);
}

static void
add_example(struct group *group, const struct journal_shown *shown)
{
    char *to = group->examples[group->example_count];
    const char *const fields[] = {shown->from, shown->date, shown->subject};

    if (shown->from[0] == '\0' && shown->date[0] == '\0' && shown->subject[0] == '\0')
        return;
    to[0] = '\0';
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const size_t used = strlen(to);

        if (fields[i][0] != '\0')
            (void)text_print(to + used, sizeof group->examples[0] - used, "%s%s", used != 0 ? ", " : "", fields[i]);
    }
    group->example_count++;
}

/* Each answer once, however many mailboxes the list is of. */
static void
write_answers(const struct status_view *view, const struct journal_pending *first)
{
    const char *const kind = is_addition(first) ? "additions" : "deletes";

    report_line(view->report, view->account->name, "held", "  to %s: golub sync --confirm-%s=%s %s",
                is_addition(first) ? "add them" : "remove them", kind, first->hold, view->account->name);
    report_line(view->report, view->account->name, "held", "  to %s: golub sync --reject-%s=%s %s",
                is_addition(first) ? "leave both sides as they are" : "keep them", kind, first->hold,
                view->account->name);
}

static bool
has_answer(const struct journal_pending *list, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (list[i].kind == PENDING_HELD && strcmp(list[i].hold, list[at].hold) == 0)
            return true;
    }
    return false;
}

static bool
show_item(struct status_view *view, const struct journal_pending *row, const struct journal_shown *shown)
{
    struct journal_message *message = calloc(1, sizeof *message);
    struct report_held held = {.mailbox = status_mailbox(view, row->mailbox),
                               .here = is_here(row),
                               .addition = is_addition(row),
                               .id = row->hold,
                               .from = shown->from,
                               .date = shown->date,
                               .subject = shown->subject};
    bool found = false, ok = message != NULL;

    if (!ok)
        error_set(&view->err, ERROR_LOCAL, "get memory");
    ok = ok && journal_message_get(view->journal, row->message, message, &found, &view->err);
    if (ok && found) {
        held.uid = message->uid;
        held.file = message->base;
        report_held(view->report, view->account->name, &held);
    }
    free(message);
    return ok;
}

bool
status_held(struct status_view *view)
{
    const bool each = report_tells_each(view->report);
    struct group group = {0};

    for (size_t i = 0; i < view->pending_count; i++) {
        const struct journal_pending *row = &view->pending[i];
        struct journal_shown shown = {0};
        bool known;

        if (row->kind != PENDING_HELD)
            continue;
        if (!belongs(&group, row)) {
            write_group(view, &group);
            group = (struct group){.first = row};
        }
        group.count++;
        if (!each && group.count > EXAMPLES)
            continue;
        if (!journal_shown_get(view->journal, row->message, &shown, &known, &view->err) ||
            (each && !show_item(view, row, &shown)))
            return false;
        if (known && group.example_count < EXAMPLES)
            add_example(&group, &shown);
    }
    write_group(view, &group);
    for (size_t i = 0; i < view->pending_count; i++) {
        if (view->pending[i].kind == PENDING_HELD && !has_answer(view->pending, i))
            write_answers(view, &view->pending[i]);
    }
    return true;
}
