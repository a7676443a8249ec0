/* See renaming.h. */
#include "sync/rows/renaming.h"

#include "sync/rows/unfinished.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"

bool
renaming_is_at(const char *name, const char *above)
{
    const size_t length = strlen(above);

    return strncmp(name, above, length) == 0 && (name[length] == '\0' || name[length] == '/');
}

bool
renaming_is_below(const char *name, const char *above)
{
    return renaming_is_at(name, above) && strcmp(name, above) != 0;
}

bool
renaming_is_due(const struct mailbox *mailbox)
{
    return mailbox->row.goal_there != NULL && mailbox->row.goal == NULL && mailbox->row.wire != NULL &&
           mailbox->listed && mailbox->chosen && mailbox->asked && !mailbox->stuck && !mailbox->name_waits &&
           !mailbox->undecided && mailbox->row.state != MAILBOX_GONE_REMOTE;
}

static const char *
last_level(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash != NULL ? slash + 1 : name;
}

bool
renaming_is_last_same(const char *a, const char *b)
{
    return strcmp(last_level(a), last_level(b)) == 0;
}

char *
renaming_replace(const char *name, size_t length, const char *by)
{
    const size_t size = strlen(by) + strlen(name + length) + 1;
    char *whole = malloc(size);

    if (whole != NULL)
        (void)text_print(whole, size, "%s%s", by, name + length);
    return whole;
}

bool
renaming_as_folder(struct run *run, struct mailbox *mailbox)
{
    struct journal_mailbox *row = &mailbox->row;

    free(row->name);
    free(row->wire);
    row->name = row->goal_there;
    row->goal_there = row->wire = NULL;
    lookup_forget(run);
    return run->move_folders == NULL ||
           (run_begin(run) && run_end(run, journal_mailbox_save(run->journal, row, &run->err)));
}

bool
renaming_is_nowhere(const struct run *run, const struct mailbox *mailbox)
{
    return !mailbox->listed && !mailbox->folder_here && run->info.unlisted[0] == '\0';
}

/* It is the one that is renamed, or goes along. */
static bool
goes_along(const struct mailbox *mailbox, const char *from)
{
    return !mailbox->keeps_name && renaming_is_at(mailbox->row.name, from);
}

/* The other mailbox that has the name that this one would get. */
static struct mailbox *
find_holder(struct run *run, const struct mailbox *mailbox, const char *from, const char *to)
{
    char *name = renaming_replace(mailbox->row.name, strlen(from), to);
    struct mailbox *holder = name != NULL ? lookup_name(run, name) : NULL;

    free(name);
    return holder != NULL && goes_along(holder, from) ? NULL : holder;
}

bool
renaming_is_free(struct run *run, const struct mailbox *mailbox, const char *to)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *holder;

        if (!goes_along(&run->mailboxes[i], mailbox->row.name))
            continue;
        holder = find_holder(run, &run->mailboxes[i], mailbox->row.name, to);
        if (holder != NULL && !renaming_is_nowhere(run, holder))
            return false;
    }
    return true;
}

void
renaming_find_kept(struct run *run, const struct mailbox *mailbox, const char *to)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *below = &run->mailboxes[i];
        const struct mailbox *holder;

        if (below == mailbox || below->listed || !renaming_is_at(below->row.name, mailbox->row.name))
            continue;
        holder = find_holder(run, below, mailbox->row.name, to);
        below->keeps_name = holder != NULL && !renaming_is_nowhere(run, holder);
    }
}

void
renaming_forget_kept(struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        run->mailboxes[i].keeps_name = false;
}

/* A row that is nowhere makes way. Its place in the array stays, under a name that no mailbox has. */
static bool
forget(struct run *run, struct mailbox *holder)
{
    if (holder->row.id != 0 && !unfinished_forget(run, holder))
        return false;
    holder->chosen = false;
    holder->row.name[0] = '/';
    holder->row.name[1] = '\0';
    lookup_forget(run);
    return true;
}

/* A folder that is not there has the path that its name asks for, if that is free. */
static bool
place_anew(struct run *run, struct mailbox *mailbox)
{
    char folder[LOCAL_FOLDER_MAX + 1];
    struct error ignored = {0};
    char *copy;

    if (mailbox->folder_here ||
        !names_map_folder(&run->map, mailbox->row.name, run->account->policy.layout, folder, &ignored) ||
        lookup_folder(run, folder) != NULL)
        return true;
    copy = strdup(folder);
    if (copy == NULL)
        return run_no_memory(run);
    free(mailbox->row.folder);
    mailbox->row.folder = copy;
    lookup_forget(run);
    return true;
}

/* Where does the folder of its name stand? "": it can't have one */
static void
find_place(const struct run *run, const struct journal_mailbox *row, char folder[static LOCAL_FOLDER_MAX + 1])
{
    struct error ignored = {0};

    if (!names_map_folder(&run->map, row->name, run->account->policy.layout, folder, &ignored))
        folder[0] = '\0';
}

static void
forget_goal_there(struct journal_mailbox *row)
{
    free(row->goal_there);
    row->goal_there = NULL;
}

/* Is its folder to get the name that its mailbox had until now? */
static bool
is_to_follow(const struct run *run, const struct journal_mailbox *row, const char *old)
{
    char folder[LOCAL_FOLDER_MAX + 1];
    struct error ignored = {0};

    return row->goal != NULL && names_map_folder(&run->map, old, run->account->policy.layout, folder, &ignored) &&
           strcmp(row->goal, folder) == 0;
}

/*
 * A Maildir out of a backup shows the past, and what its folders are called is nobody's wish: they follow. That is known before it is known what became of a
 * RENAME without an answer.
 *
 * @param old  the name that it had until now
 */
static bool
follow_there(struct run *run, struct journal_mailbox *row, const char *old)
{
    char folder[LOCAL_FOLDER_MAX + 1];

    find_place(run, row, folder);
    if (folder[0] == '\0')
        return true;
    if (is_to_follow(run, row, old)) {
        free(row->goal);
        row->goal = NULL;
    }
    if (row->goal != NULL)
        return true;
    if (row->goal_there != NULL && strcmp(row->folder, folder) != 0)
        return true; /* a renamed folder that is in the backup */
    forget_goal_there(row);
    row->goal = strcmp(row->folder, folder) != 0 ? strdup(folder) : NULL;
    return row->goal != NULL || strcmp(row->folder, folder) == 0 || run_no_memory(run);
}

/*
 * Where nothing says what is to become of a folder that is elsewhere than its name says, somebody wants the name that it has: it did not go along, or the run that
 * renamed its mailbox died before the answer, and it was renamed back since.
 */
static bool
name_anew(struct run *run, struct mailbox *mailbox, char *name)
{
    struct journal_mailbox *row = &mailbox->row;
    char *old = row->name, folder[LOCAL_FOLDER_MAX + 1];
    bool ok = true;

    if (name == NULL)
        return run_no_memory(run);
    row->name = name;
    if (row->goal_there != NULL && strcmp(row->goal_there, name) == 0)
        forget_goal_there(row);
    find_place(run, row, folder);
    if (run->maildir_older && mailbox->folder_here && !aside_is_at(name)) {
        ok = follow_there(run, row, old);
    } else if (row->goal_there == NULL && row->goal == NULL && mailbox->folder_here &&
               strcmp(row->folder, folder) != 0) {
        row->goal_there = old;
        old = NULL;
    }
    free(old);
    lookup_forget(run);
    return ok && place_anew(run, mailbox);
}

/* Levels end where the separator stands in the bytes, too. */
static bool
spell_anew(struct run *run, struct mailbox *mailbox, struct text from, struct text to)
{
    struct journal_mailbox *row = &mailbox->row;
    const size_t length = row->wire != NULL ? strlen(row->wire) : 0;
    char *wire;

    if (to.len == 0) {
        free(row->wire);
        row->wire = NULL;
        return true;
    }
    if (from.len == 0 || length < from.len || memcmp(row->wire, from.at, from.len) != 0)
        return true;
    wire = malloc(to.len + length - from.len + 1);
    if (wire == NULL)
        return run_no_memory(run);
    memcpy(wire, to.at, to.len);
    memcpy(wire + to.len, row->wire + from.len, length - from.len + 1);
    free(row->wire);
    row->wire = wire;
    return true;
}

/* All that go along give their names up first: one of them may get that of another one. */
static bool
unname(struct run *run, const char *from, const char *to)
{
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i], *holder;

        if (!goes_along(mailbox, from))
            continue;
        holder = find_holder(run, mailbox, from, to);
        ok = (holder == NULL || forget(run, holder)) &&
             (mailbox->row.id == 0 || journal_mailbox_unname(run->journal, mailbox->row.id, &run->err));
    }
    return ok;
}

bool
renaming_done(struct run *run, struct mailbox *mailbox, const char *to, struct text wire)
{
    char *from = strdup(mailbox->row.name), *old = strdup(mailbox->row.wire != NULL ? mailbox->row.wire : "");
    bool ok = (from != NULL && old != NULL) || run_no_memory(run);

    ok = ok && unname(run, from, to);
    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *item = &run->mailboxes[i];

        if (!goes_along(item, from))
            continue;
        ok = name_anew(run, item, renaming_replace(item->row.name, strlen(from), to)) &&
             spell_anew(run, item, text_of(old), wire) &&
             (item->row.id == 0 || journal_mailbox_save(run->journal, &item->row, &run->err));
    }
    free(from);
    free(old);
    lookup_forget(run);
    return ok;
}
