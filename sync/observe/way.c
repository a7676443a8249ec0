/* See way.h. How the folder goes says sync/apply/clear_way.h. */
#include "sync/observe/way.h"

#include "sync/observe/undecided.h"
#include "sync/run/lookup.h"

/* What has its name now is another one: the server says what both are, or it has another UIDVALIDITY where that is never said. */
static bool
is_another(const struct journal_mailbox *row, const struct remote_listed *seen)
{
    if (row->objectid[0] == '\0' && seen->objectid[0] == '\0')
        return seen->has_status && seen->uidvalidity != row->uidvalidity;
    return row->objectid[0] != '\0' && strcmp(row->objectid, seen->objectid) != 0;
}

/* And the numbers of that one fit its own row, too. */
static bool
is_gone(const struct run *run, const struct mailbox *of, const struct remote_listed *seen, const struct mailbox *mover)
{
    const struct journal_mailbox *row = &of->row;

    return row->id != 0 && row->wire != NULL && text_is(seen->name, row->wire) && is_another(row, seen) &&
           undecided_fits(seen, mover) && !of->listed && !of->undecided && of->folder_here && row->goal == NULL &&
           row->goal_there == NULL &&
           (row->state == MAILBOX_ACTIVE || row->state == MAILBOX_REPAIR || row->state == MAILBOX_GONE_REMOTE) &&
           run->info.unlisted[0] == '\0' && !run->no_root;
}

struct beside {
    const struct run *run;
    const char *folder;
    bool any;
};

/* A directory in which a mailbox stands is no foreign one. */
static bool
see_beside(void *context, const char *name, bool directory)
{
    struct beside *beside = context;
    const bool holds = directory && lookup_is_above(beside->run, beside->folder, name);

    beside->any = beside->any || !holds;
    return holds;
}

static bool
see_file(void *context, const char *base, const char *info)
{
    (void)base;
    (void)info;
    *(bool *)context = true;
    return true;
}

static bool
see_bad(void *context, const char *name, const char *why)
{
    (void)name;
    (void)why;
    *(bool *)context = true;
    return true;
}

/* What can't be looked at is not empty. */
static bool
is_empty(struct run *run, const char *folder)
{
    static const struct local_scanner scanner = {see_file, see_bad};
    struct beside beside = {.run = run, .folder = folder};
    struct local_stamp stamp;
    struct error ignored = {0};
    bool missing, empty, stable, any = false;

    return run->local.ops->beside(run->local.self, folder, see_beside, &beside, &missing, &empty, &ignored) &&
           !missing && !beside.any &&
           run->local.ops->scan(run->local.self, folder, &scanner, &any, &stamp, &stable, &ignored) && stable && !any;
}

struct way
way_find(struct run *run, const struct remote_listed *seen, const struct mailbox *mover, const char *folder)
{
    struct mailbox *of = lookup_folder(run, folder);

    if (of == NULL || of == mover || !is_gone(run, of, seen, mover))
        return (struct way){0};
    return (struct way){of, is_empty(run, folder)};
}
