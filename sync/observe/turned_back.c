/* See turned_back.h. */
#include "sync/observe/turned_back.h"

#include "sync/run/aside.h"
#include "sync/run/lookup.h"

struct turning { /* who has the name of whose folder, from the one between two names on */
    struct run *run;
    struct mailbox **at;
    size_t count;
};

static bool
name_of_folder(const struct run *run, const struct mailbox *mailbox, char name[static LIMIT_MAILBOX_NAME + 1])
{
    struct error ignored = {0};

    return mailbox->folder_here &&
           names_map_name(&run->map, mailbox->row.folder, run->account->policy.layout, name, &ignored);
}

/* It has its name on the server, and its folder has it, too: it goes nowhere. */
static bool
stays(struct run *run, const struct mailbox *mailbox)
{
    char name[LIMIT_MAILBOX_NAME + 1];

    return mailbox != NULL && mailbox->listed && mailbox->row.goal == NULL && mailbox->row.goal_there == NULL &&
           name_of_folder(run, mailbox, name) && strcmp(name, mailbox->row.name) == 0;
}

static bool
is_between(struct run *run, const struct mailbox *mailbox)
{
    return aside_is_of(mailbox->row.id, mailbox->row.name) && mailbox->row.goal_there != NULL && mailbox->listed &&
           mailbox->row.goal == NULL && stays(run, lookup_name(run, mailbox->row.goal_there));
}

/* Each of them waits for the folder of the one before. @return whether the last one's folder has a name that is free */
static bool
follow(struct turning *turning, struct mailbox *first)
{
    struct run *run = turning->run;
    struct mailbox *holder = first;
    char name[LIMIT_MAILBOX_NAME + 1];

    for (turning->count = 0; holder != NULL && turning->count <= run->count;) {
        const struct mailbox *before = holder;

        turning->at[turning->count++] = holder;
        if (!name_of_folder(run, holder, name))
            return false;
        holder = lookup_name(run, name);
        if (holder != NULL && (!holder->listed || holder->row.goal_there != NULL || holder->row.goal == NULL ||
                               lookup_folder(run, holder->row.goal) != before))
            return false;
    }
    return holder == NULL;
}

static bool
turn_back(struct run *run, struct mailbox *mailbox)
{
    struct journal_mailbox *row = &mailbox->row;
    char name[LIMIT_MAILBOX_NAME + 1];

    if (!name_of_folder(run, mailbox, name))
        return true;
    free(row->goal);
    free(row->goal_there);
    row->goal = NULL;
    row->goal_there = strdup(name);
    return row->goal_there != NULL ? journal_mailbox_save(run->journal, row, &run->err) : run_no_memory(run);
}

bool
turned_back_find(struct run *run)
{
    struct turning turning = {.run = run, .at = calloc(run->count + 2, sizeof *turning.at)};
    bool ok = turning.at != NULL || run_no_memory(run);

    for (size_t i = 0; ok && run->move_folders != NULL && i < run->count; i++) {
        if (!is_between(run, &run->mailboxes[i]) || !follow(&turning, &run->mailboxes[i]))
            continue;
        ok = run_begin(run);
        for (size_t k = 0; ok && k < turning.count; k++)
            ok = turn_back(run, turning.at[k]);
        ok = run_end(run, ok);
    }
    free(turning.at);
    return ok;
}
