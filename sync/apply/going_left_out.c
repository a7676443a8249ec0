/*
 * See going.h. Here: the folder of a mailbox got a name that `mailboxes` leaves out. Whoever does that has his mail still, and perhaps does not know
 * that golub takes the mailbox for removed: what it held waits for his word. Base names tell: they are unique, and no rename changes them.
 */
#include "sync/apply/going.h"

struct search {
    struct run *run;
    const struct mailbox *mailbox;
    struct journal_message message;
    uint64_t found;
    bool failed;
};

static bool
see_file(void *context, const char *base, const char *info)
{
    struct search *search = context;
    struct run *run = search->run;
    bool found = false;

    (void)info;
    search->failed =
        !journal_message_by_base(run->journal, search->mailbox->row.id, base, &search->message, &found, &run->err);
    search->found += found;
    return !search->failed;
}

static bool
see_bad(void *context, const char *name, const char *why)
{
    (void)context;
    (void)name;
    (void)why;
    return true;
}

/* A folder that can't be listed tells nothing. */
static bool
look_into(struct search *search, const char *folder)
{
    static const struct local_scanner scanner = {see_file, see_bad};
    struct run *run = search->run;
    struct local_stamp stamp;
    struct error ignored = {0};
    bool stable;

    (void)run->local.ops->scan(run->local.self, folder, &scanner, search, &stamp, &stable, &ignored);
    return !search->failed;
}

bool
going_find_left_out(struct run *run, struct mailbox *mailbox)
{
    struct search *search = calloc(1, sizeof *search);
    uint64_t names = 0;
    bool ok = (search != NULL || run_no_memory(run)) &&
              journal_message_count(run->journal, mailbox->row.id, WHICH_WITH_BASE, &names, &run->err);

    if (ok)
        *search = (struct search){.run = run, .mailbox = mailbox};
    for (size_t i = 0; ok && names != 0 && i < run->count; i++)
        if (run->mailboxes[i].folder_here && !run->mailboxes[i].chosen)
            ok = look_into(search, run->mailboxes[i].row.folder);
    if (ok && names != 0 && 2 * search->found >= names)
        mailbox->going_doubted = mailbox->going_had = true;
    free(search);
    return ok;
}
