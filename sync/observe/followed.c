/* See followed.h. */
#include "sync/observe/followed.h"

#include "sync/observe/exchanged.h"
#include "sync/run/lookup.h"
#include "sync/run/situation.h"

struct goer { /* a row whose goal is the folder of another one of these */
    struct mailbox *row;
    size_t holder;        /* ... of this one */
    uint64_t home, there; /* so many of its names are in its folder, and at its goal */
    bool is_goal;         /* another one of these is to have its folder */
    bool unread;          /* its folder can't be listed */
    bool out, judged;
    bool given;
};

struct circles {
    struct run *run;
    struct goer *at;
    size_t count;
};

static size_t
find_goer(const struct circles *circles, const struct mailbox *row)
{
    for (size_t i = 0; row != NULL && i < circles->count; i++)
        if (circles->at[i].row == row && !circles->at[i].out)
            return i;
    return SIZE_MAX;
}

static bool
gather(struct circles *circles)
{
    struct run *run = circles->run;

    circles->at = calloc(run->count + 1, sizeof *circles->at);
    if (circles->at == NULL)
        return run_no_memory(run);
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *row = &run->mailboxes[i];

        if (row->row.id != 0 && row->folder_here && row->row.goal != NULL && lookup_folder(run, row->row.goal) != row)
            circles->at[circles->count++].row = row;
    }
    return true;
}

/* What is left is circles: each has the folder of one of these as its goal, and no two the same. @return whether there is any */
static bool
close_circles(struct circles *circles)
{
    size_t left = circles->count;

    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < circles->count; i++)
            circles->at[i].is_goal = false;
        for (size_t i = 0; i < circles->count; i++) {
            struct goer *goer = &circles->at[i];

            if (goer->out)
                continue;
            goer->holder = find_goer(circles, lookup_folder(circles->run, goer->row->row.goal));
            if (goer->holder == SIZE_MAX || circles->at[goer->holder].is_goal) {
                goer->out = again = true;
                left--;
            } else {
                circles->at[goer->holder].is_goal = true;
            }
        }
    }
    return left != 0;
}

static bool
count_names(struct circles *circles)
{
    struct search search = {.run = circles->run, .lost = calloc(circles->count, sizeof(struct lost))};
    bool ok = search.lost != NULL || run_no_memory(circles->run);

    search.lost_count = circles->count;
    for (size_t i = 0; ok && i < circles->count; i++)
        search.lost[i].mailbox = circles->at[i].row;
    ok = ok && moved_names_read(&search);
    for (size_t f = 0; ok && f < circles->count; f++) {
        if (circles->at[f].out)
            continue;
        circles->at[f].unread = !moved_names_count(&search, circles->at[f].row->row.folder);
        for (size_t i = 0; i < circles->count; i++) {
            if (i == f)
                circles->at[i].home = search.lost[i].count;
            else if (!circles->at[i].out && circles->at[i].holder == f)
                circles->at[i].there = search.lost[i].count;
        }
    }
    free(search.lost);
    moved_names_free(&search);
    return ok;
}

/* The whole circle or nothing. What has no files any more, or never had one, stands wherever the others leave it. */
static void
judge(struct circles *circles, size_t first)
{
    bool any = false, all = true;
    size_t i = first;

    do {
        struct goer *goer = &circles->at[i];

        goer->judged = true;
        any = any || goer->there != 0;
        all = all && !goer->unread && (goer->home == 0 || 3 * goer->there >= 2 * (goer->home + goer->there));
        i = goer->holder;
    } while (i != first);
    do {
        circles->at[i].given = any && all;
        i = circles->at[i].holder;
    } while (i != first);
}

static bool
give(struct circles *circles)
{
    struct run *run = circles->run;
    bool any = false, ok = true;

    for (size_t i = 0; i < circles->count; i++)
        any = any || circles->at[i].given;
    if (!any)
        return true;
    if (!situation_begin(run))
        return false;
    for (size_t i = 0; ok && i < circles->count; i++)
        ok = !circles->at[i].given || journal_mailbox_unname(run->journal, circles->at[i].row->row.id, &run->err);
    for (size_t i = 0; ok && i < circles->count; i++) {
        struct journal_mailbox *row = &circles->at[i].row->row;

        if (!circles->at[i].given)
            continue;
        free(row->folder);
        row->folder = row->goal;
        row->goal = NULL;
        ok = journal_mailbox_save(run->journal, row, &run->err);
    }
    lookup_forget(run);
    return run_end(run, ok);
}

bool
followed_find(struct run *run)
{
    struct circles circles = {.run = run};
    bool ok = run->no_root || gather(&circles);

    if (ok && close_circles(&circles)) {
        ok = count_names(&circles);
        for (size_t i = 0; ok && i < circles.count; i++)
            if (!circles.at[i].out && !circles.at[i].judged)
                judge(&circles, i);
        ok = ok && give(&circles);
    }
    free(circles.at);
    return ok;
}
