/* See passing.h. */
#include "sync/observe/passing.h"

#include "sync/observe/items.h"
#include "sync/observe/undecided.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"

#include <inttypes.h>

#define KEY "passing" /* numbers of the names that the list has, each with the time when it was first seen */
#define DAYS 64       /* names; more are mailboxes like any other */

struct days {
    struct {
        uint64_t number;
        int64_t since;
    } of[DAYS];
    size_t count;
    char *text; /* as the journal has it */
};

/* ---- its day ---- */

static bool
load(struct run *run, struct days *days)
{
    const char *at;
    uint64_t number, since;

    if (!journal_get(run->journal, KEY, &days->text, &run->err))
        return false;
    at = days->text != NULL ? days->text : "";
    while (days->count < DAYS && text_take_number(&at, &number) && text_take_number(&at, &since)) {
        days->of[days->count].number = number;
        days->of[days->count++].since = (int64_t)since;
    }
    return true;
}

static bool
save(struct run *run, const struct days *days, const char *before)
{
    char text[DAYS * 42 + 1] = "";
    size_t length = 0;

    for (size_t i = 0; i < days->count; i++) {
        (void)text_print(text + length, sizeof text - length, "%s%" PRIu64 " %" PRId64, i != 0 ? " " : "",
                         days->of[i].number, days->of[i].since);
        length += strlen(text + length);
    }
    if (run->dry || strcmp(text, before != NULL ? before : "") == 0)
        return true;
    return run_begin(run) && run_end(run, journal_set(run->journal, KEY, text, &run->err));
}

/* A clock that goes back begins the day anew. */
static int64_t
since_of(const struct days *days, uint64_t number, int64_t now)
{
    for (size_t i = 0; i < days->count; i++)
        if (days->of[i].number == number && days->of[i].since <= now)
            return days->of[i].since;
    return now;
}

/* It is in the list of this run. What stands below one has its number, too. *over: its day is */
static void
note(const struct run *run, const struct days *had, struct days *now, uint64_t number, bool *over)
{
    const int64_t since = since_of(had, number, run->now);
    size_t at = 0;

    while (at < now->count && now->of[at].number != number)
        at++;
    *over = at == DAYS || !run_within(run, since, AGE_DAY);
    if (at != now->count || at == DAYS)
        return;
    now->of[at].number = number;
    now->of[at].since = since;
    now->count++;
}

/* ---- which ones ---- */

/* One that this account gave itself is known by it: took_name.h. */
static void
find(struct run *run, struct renamed_item *items, size_t count, const struct days *had, struct days *now)
{
    uint64_t number;
    bool over;

    for (size_t i = 0; i < count; i++) {
        struct renamed_item *item = &items[i];

        if (item->row != NULL || item->waits || item->seen->objectid[0] != '\0' || !aside_number(item->seen, &number) ||
            lookup_wire(run, item->seen->name) != NULL)
            continue;
        note(run, had, now, number, &over);
        item->waits = item->passing = !over;
        if (item->passing)
            run_learn(run, NULL, CAUTION_MADE_THERE);
    }
}

/* ---- what they may be ---- */

static bool
is_in_sync(const struct mailbox *row)
{
    return row->row.wire != NULL && row->folder_here && row->chosen &&
           (row->row.state == MAILBOX_ACTIVE || row->row.state == MAILBOX_REPAIR);
}

static void
leave(struct mailbox *row, const struct remote_listed *seen)
{
    row->undecided = row->passing = true;
    error_escape(row->perhaps, sizeof row->perhaps, seen->name);
}

/* It has this row's numbers. Is the row's old name that of another one now, which nobody followed? */
static bool
is_away(const struct run *run, const struct renamed_item *item, const struct renamed_item *namesake,
        const struct mailbox *row)
{
    return row->row.utf8 == run->info.utf8 && namesake != NULL && namesake != item && namesake->row == NULL &&
           namesake->seen->has_status && namesake->seen->uidvalidity != row->row.uidvalidity;
}

/* What has the name that one of them had is another row's in turn, perhaps: neither is paired with the other. */
static bool
pass_on(struct run *run, struct renamed_item *items, size_t count, const struct renamed_item *item)
{
    bool any = false;

    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *row = &run->mailboxes[i];
        struct renamed_item *namesake;

        if (row->undecided || !is_in_sync(row) || !undecided_fits(item->seen, row) ||
            items_of(items, count, row) != NULL)
            continue;
        namesake = items_named(items, count, row->row.wire);
        if (namesake == NULL ? aside_is_renamed(item->seen) : !is_away(run, item, namesake, row)) /* passing_keep */
            continue;
        leave(row, item->seen);
        if (namesake != NULL)
            namesake->waits = namesake->passing = true;
        any = true;
    }
    return any;
}

bool
passing_find(struct run *run, struct renamed_item *items, size_t count)
{
    struct days had = {0}, now = {0};
    bool ok = load(run, &had);

    if (ok)
        find(run, items, count, &had, &now);
    ok = ok && save(run, &now, had.text);
    for (bool again = ok; again;) {
        again = false;
        for (size_t i = 0; i < count; i++)
            again = (items[i].passing && pass_on(run, items, count, &items[i])) || again;
    }
    free(had.text);
    return ok;
}

/* @param fits  only those whose numbers fit. @return whether there is any */
static bool
keep(struct run *run, const struct remote_listed *seen, bool fits)
{
    bool any = false;

    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *row = &run->mailboxes[i];

        if (row->listed || !is_in_sync(row) || (fits && seen->has_status && !undecided_fits(seen, row)))
            continue;
        any = true;
        if (!row->undecided)
            leave(row, seen);
    }
    return any;
}

/* Some servers give other numbers with each name: where none fits it may be any. */
void
passing_keep(struct run *run, const struct remote_listed *seen)
{
    if (aside_is_renamed(seen) && !keep(run, seen, true))
        (void)keep(run, seen, false);
}
