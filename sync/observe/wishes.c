/* See wishes.h. */
#include "sync/observe/wishes.h"

#include "sync/observe/items.h"
#include "sync/rows/renaming.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"
#include "sync/run/uses.h"

/* The one that has this name on the server now, and did not have it here. */
static const struct mailbox *
find_newly_called(const struct run *run, const struct renamed_item *items, size_t count, const char *name)
{
    char called[LIMIT_MAILBOX_NAME + 1];

    for (size_t i = 0; i < count; i++)
        if (items[i].row != NULL && items_name(run, items[i].seen, false, called) && strcmp(called, name) == 0)
            return items[i].row;
    return NULL;
}

/* Somebody made one there that is called so, and is to come here. */
static bool
is_made_there(struct run *run, const struct renamed_item *items, size_t count, const char *name)
{
    char called[LIMIT_MAILBOX_NAME + 1];

    for (size_t i = 0; i < count; i++)
        if (items[i].row == NULL && !items[i].waits && !items[i].passing &&
            items_name(run, items[i].seen, false, called) && strcmp(called, name) == 0)
            return lookup_wire(run, items[i].seen->name) == NULL && uses_choose(run, name, items[i].seen->attributes);
    return false;
}

/* Has another mailbox the name that this folder got, and is to stand there? */
static bool
is_anothers(struct run *run, const struct renamed_item *items, size_t count, const struct mailbox *mailbox)
{
    const char *name = mailbox->row.goal_there;
    const struct mailbox *other = find_newly_called(run, items, count, name);

    if (other != NULL || is_made_there(run, items, count, name))
        return other != mailbox;
    other = lookup_name(run, name);
    /* One that is to move here, after an earlier list or since its own wish was given up. One that has no folder waits for this one: nothing is in its way. */
    return other != NULL && other != mailbox && other->listed && other->row.goal != NULL &&
           items_of(items, count, other) == NULL;
}

static bool
give_up(struct run *run, struct mailbox *mailbox)
{
    struct journal_mailbox *row = &mailbox->row;
    char folder[LOCAL_FOLDER_MAX + 1], text[LIMIT_MAILBOX_NAME + 120];
    struct error ignored = {0};

    if (!names_map_folder(&run->map, row->name, run->account->policy.layout, folder, &ignored))
        return true;
    (void)text_print(text, sizeof text,
                     "its folder was renamed to \"%s\" here, and another mailbox has that name on the server: it gets "
                     "its name back",
                     row->goal_there);
    report_mailbox(run->report, run->account->name, row->name, "name-taken", text);
    free(row->goal_there);
    row->goal_there = NULL;
    free(row->goal);
    row->goal = strcmp(row->folder, folder) != 0 ? strdup(folder) : NULL;
    if (row->goal == NULL && strcmp(row->folder, folder) != 0)
        return run_no_memory(run);
    return journal_mailbox_save(run->journal, row, &run->err);
}

static bool
settle(struct run *run, const struct renamed_item *items, size_t count)
{
    bool ok = true;

    for (bool again = true; ok && again;) {
        again = false;
        for (size_t i = 0; ok && i < run->count; i++) {
            struct mailbox *mailbox = &run->mailboxes[i];

            if (mailbox->row.id == 0 || mailbox->row.goal_there == NULL || !mailbox->listed ||
                items_of(items, count, mailbox) != NULL || !is_anothers(run, items, count, mailbox))
                continue;
            ok = give_up(run, mailbox);
            again = ok && mailbox->row.goal_there == NULL;
        }
    }
    return ok;
}

/* Does another mailbox keep this name on the server, or get it there? */
static bool
is_held(struct run *run, const struct renamed_item *items, size_t count, const char *name)
{
    const struct mailbox *other = lookup_name(run, name);

    return find_newly_called(run, items, count, name) != NULL || is_made_there(run, items, count, name) ||
           (other != NULL && other->listed && items_of(items, count, other) == NULL);
}

/* The folder is to stand where the name is that its mailbox is to get there. */
static bool
follow_wish(struct run *run, struct journal_mailbox *row)
{
    char folder[LOCAL_FOLDER_MAX + 1];
    struct error ignored = {0};

    if (row->goal_there == NULL || row->goal != NULL ||
        !names_map_folder(&run->map, row->goal_there, run->account->policy.layout, folder, &ignored) ||
        strcmp(row->folder, folder) == 0)
        return true;
    row->goal = strdup(folder);
    return row->goal == NULL ? run_no_memory(run) : journal_mailbox_save(run->journal, row, &run->err);
}

/*
 * Out of a backup of before it was to get another name there, and it has one for a while: where it can still get the other one its folder goes there, and what stands
 * below it. Else it gets back the name of its folder (apply/rename_there.c).
 */
static bool
settle_aside(struct run *run, const struct renamed_item *items, size_t count)
{
    bool ok = true;

    for (size_t i = 0; run->maildir_older && ok && i < run->count; i++) {
        const struct journal_mailbox *row = &run->mailboxes[i].row;

        if (!aside_is_of(row->id, row->name) || row->goal_there == NULL || row->goal != NULL ||
            is_held(run, items, count, row->goal_there))
            continue;
        for (size_t k = 0; ok && k < run->count; k++)
            if (run->mailboxes[k].folder_here && renaming_is_at(run->mailboxes[k].row.name, row->name))
                ok = follow_wish(run, &run->mailboxes[k].row);
    }
    return ok;
}

bool
wishes_settle(struct run *run, const struct renamed_item *items, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < run->count; i++)
        any = any || run->mailboxes[i].row.goal_there != NULL;
    if (!any || run->move_folders == NULL || !run->account->policy.pull.mailboxes)
        return true;
    return run_begin(run) && run_end(run, settle(run, items, count) && settle_aside(run, items, count));
}
