/* See passing.h. */
#include "sync/observe/passing.h"

#include "sync/observe/undecided.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"

#include <inttypes.h>

#define KEY "passing" /* since when there is one; "": there is none */
#define DAY 86400

/* This account gave that name: an earlier run was cut off before it knew so. */
static bool
is_at_it(struct run *run, const struct remote_listed *seen, bool *own)
{
    const struct text level = aside_level(seen);
    struct journal_op *ops = NULL;
    char name[ASIDE_NAME_SIZE];
    size_t count = 0;

    if (!journal_ops(run->journal, &ops, &count, &run->err))
        return false;
    for (size_t i = 0; i < count; i++) {
        aside_name(ops[i].mailbox, name);
        *own = *own || (ops[i].kind == OP_RENAME_THERE && text_is(level, name));
    }
    free(ops);
    return true;
}

static bool
read_since(struct run *run, bool *known, int64_t *since)
{
    char *text;
    uint64_t number = 0;

    if (!journal_get(run->journal, KEY, &text, &run->err))
        return false;
    *known = text != NULL && text_number(text_of(text), INT64_MAX, &number);
    *since = *known ? (int64_t)number : run->now;
    free(text);
    return true;
}

bool
passing_is(struct run *run, const struct remote_listed *seen, bool *any, bool *passing)
{
    bool own = false, known;
    int64_t since;

    *passing = false;
    if (!aside_is_renamed(seen) || seen->objectid[0] != '\0' || lookup_wire(run, seen->name) != NULL)
        return true;
    if (!is_at_it(run, seen, &own) || !read_since(run, &known, &since))
        return false;
    *any = true;
    *passing = !own && run->now - since < DAY;
    if (*passing)
        run_learn(run, NULL, CAUTION_MADE_THERE);
    return true;
}

void
passing_keep(struct run *run, const struct remote_listed *seen)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *row = &run->mailboxes[i];

        if (row->listed || row->undecided || row->row.wire == NULL || !row->folder_here || !row->chosen ||
            (row->row.state != MAILBOX_ACTIVE && row->row.state != MAILBOX_REPAIR) ||
            (seen->has_status && !undecided_fits(seen, row)))
            continue;
        row->undecided = row->passing = true;
        error_escape(row->perhaps, sizeof row->perhaps, seen->name);
    }
}

bool
passing_end(struct run *run, bool any)
{
    char text[24] = "";
    bool known;
    int64_t since;

    if (run->dry || !read_since(run, &known, &since))
        return run->dry;
    if (any == known && since <= run->now) /* a clock that goes back begins the day anew */
        return true;
    if (any)
        (void)text_print(text, sizeof text, "%" PRId64, run->now);
    return run_begin(run) && run_end(run, journal_set(run->journal, KEY, text, &run->err));
}
