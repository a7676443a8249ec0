/* See renamed_apart.h. */
#include "sync/apply/renamed_apart.h"

#include "sync/rows/renaming.h"
#include "sync/run/lookup.h"

static bool
find_path(struct run *run, const struct mailbox *mailbox, char folder[static LOCAL_FOLDER_MAX + 1])
{
    struct error ignored = {0};

    return names_map_folder(&run->map, mailbox->row.name, run->account->policy.layout, folder, &ignored) &&
           lookup_folder(run, folder) == NULL;
}

/* One that is gone on the server, and whose folder was renamed here, has the name in the journal alone. */
static bool
gives_way(struct run *run, const struct mailbox *holder)
{
    return holder == NULL ||
           (!holder->listed && holder->row.state == MAILBOX_GONE_REMOTE && holder->row.goal_there != NULL &&
            run->info.unlisted[0] == '\0' && lookup_name(run, holder->row.goal_there) == NULL);
}

bool
renamed_apart_may_be(struct run *run, const struct mailbox *mailbox)
{
    char folder[LOCAL_FOLDER_MAX + 1];

    return mailbox->folder_here && gives_way(run, lookup_name(run, mailbox->row.goal_there)) &&
           find_path(run, mailbox, folder);
}

/* What stands below its old name is there under that, and keeps it. */
static bool
give_way(struct run *run, const char *name)
{
    struct mailbox *holder = lookup_name(run, name);

    return holder == NULL || renaming_as_folder(run, holder);
}

static void
say(struct run *run, const struct mailbox *mailbox)
{
    char text[LIMIT_MAILBOX_NAME + 160];

    (void)text_print(
        text, sizeof text,
        "its folder is called \"%s\" now, which on the server stands above others and is no mailbox: it is "
        "made one, and what was in this one moves there",
        mailbox->row.goal_there);
    report_mailbox(run->report, run->account->name, run_called(mailbox), "renamed-apart", text);
}

/* The folder and the name that it got go to the new one; the old one has none. */
static bool
part(struct run *run, size_t index, const char *path)
{
    struct mailbox *made = run_mailbox_add(run), *mailbox = &run->mailboxes[index];
    char *folder = strdup(path);

    if (made == NULL || folder == NULL) {
        free(folder);
        return run_no_memory(run);
    }
    made->row.name = mailbox->row.goal_there;
    made->row.folder = mailbox->row.folder;
    made->row.state = MAILBOX_NEW_LOCAL;
    made->chosen = made->folder_here = made->look_here = true;
    made->asked = mailbox->asked;
    made->stamp = mailbox->stamp;
    mailbox->row.goal_there = NULL;
    mailbox->row.folder = folder;
    mailbox->row.stamp[0] = '\0';
    mailbox->row.state = MAILBOX_GONE_LOCAL;
    mailbox->row.behind = mailbox->row.behind != 0 ? mailbox->row.behind : run->seen_id;
    mailbox->folder_here = mailbox->look_here = mailbox->look_there = mailbox->apart = false;
    run->fell_behind = true;
    lookup_forget(run);
    return run_begin(run) && run_end(run, journal_mailbox_save(run->journal, &mailbox->row, &run->err) &&
                                              journal_mailbox_save(run->journal, &made->row, &run->err));
}

bool
renamed_apart(struct run *run)
{
    const size_t count = run->count;
    char folder[LOCAL_FOLDER_MAX + 1];
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (!mailbox->apart || !find_path(run, mailbox, folder))
            continue;
        if (!gives_way(run, lookup_name(run, mailbox->row.goal_there)))
            continue;
        say(run, mailbox);
        ok = give_way(run, mailbox->row.goal_there) && part(run, i, folder);
    }
    return ok;
}
