/*
 * Folders that another program named: mbsync and OfflineIMAP write modified UTF-7, keep the namespace's prefix and escape nothing; INBOX is
 * what their users wrote. Such a folder is that mailbox's where the server has the mailbox and golub has no folder of it yet; it is not
 * renamed, so that the other program finds it, too. Without this it would be a mailbox by itself, and be made on the server. One whose
 * mailbox is not on the server any more is made there by the name that it had.
 */
#include "sync/observe/survey.h"
#include "sync/observe/unused_folders.h"
#include "sync/rules/names_spelled.h"
#include "sync/run/lookup.h"

bool
survey_note_odd(struct run *run, const char *folder)
{
    if (run->odd.max == 0)
        run->odd = buffer_new(16 * 1024 * 1024);
    return buffer_add(&run->odd, folder, strlen(folder) + 1) || run_no_memory(run);
}

/* The name of a folder that can't be one of golub's; taken: it begins with this. */
#define TAKEN '/'

static char *
find_odd(struct run *run, const char *folder)
{
    for (size_t at = 0; at < run->odd.len; at += strlen(run->odd.at + at) + 1) {
        char capital[LOCAL_FOLDER_MAX + 1];

        names_inbox_capital(run->odd.at + at, capital);
        if (strcmp(capital, folder) == 0 || strcmp(run->odd.at + at, folder) == 0)
            return run->odd.at + at;
    }
    return NULL;
}

/* A folder that is here and would become a mailbox of its own. */
static bool
is_free(const struct mailbox *mailbox)
{
    return mailbox != NULL && mailbox->row.id == 0 && mailbox->folder_here && !mailbox->listed;
}

static bool
take(struct run *run, struct mailbox *mailbox, const char *folder)
{
    char text[LOCAL_FOLDER_MAX + 64];
    char *copy = strdup(folder);

    if (copy == NULL)
        return run_no_memory(run);
    free(mailbox->row.folder);
    mailbox->row.folder = copy;
    mailbox->folder_here = true;
    (void)text_print(text, sizeof text, "its folder is %s, as another program named it", folder);
    report_mailbox(run->report, run->account->name, run_called(mailbox), "taken-over", text);
    return true;
}

struct mailbox *
survey_add(struct run *run, const char *name, const char *folder, enum mailbox_state state)
{
    struct mailbox *mailbox = run_mailbox_add(run);

    if (mailbox == NULL)
        return NULL;
    mailbox->row.state = state;
    mailbox->row.name = strdup(name);
    mailbox->row.folder = strdup(folder);
    if (mailbox->row.name == NULL || mailbox->row.folder == NULL) {
        (void)run_no_memory(run);
        return NULL;
    }
    return mailbox;
}

void
survey_drop(struct run *run, struct mailbox *mailbox)
{
    const size_t index = (size_t)(mailbox - run->mailboxes);

    run_mailbox_free(mailbox);
    memmove(mailbox, mailbox + 1, (run->count - index - 1) * sizeof *mailbox);
    run->mailboxes[--run->count] = (struct mailbox){0};
    lookup_forget(run);
}

bool
survey_name(struct run *run, struct mailbox *mailbox, const char *name, bool quiet, bool *taken)
{
    const struct mailbox *other = lookup_name(run, name);
    char *copy;

    *taken = other != NULL;
    if (other != NULL) {
        if (!quiet)
            run_complain(run, other, "use a second folder for this mailbox", mailbox->row.folder,
                         "What is in it is not synced: rename it, and it is a mailbox of its own, or remove it.");
        return true;
    }
    copy = strdup(name);
    if (copy == NULL)
        return run_no_memory(run);
    free(mailbox->row.name);
    mailbox->row.name = copy;
    lookup_forget(run);
    return true;
}

/* @return whether it was that folder; *ok false: out of memory */
static bool
take_if_here(struct run *run, struct mailbox *mailbox, const char *folder, bool *ok)
{
    struct mailbox *other = lookup_folder(run, folder);
    char *odd;

    if (is_free(other) && other != mailbox) {
        *ok = take(run, mailbox, folder);
        survey_drop(run, other);
        return true;
    }
    odd = other == NULL || other == mailbox ? find_odd(run, folder) : NULL;
    if (odd == NULL)
        return false;
    *ok = take(run, mailbox, odd);
    odd[0] = TAKEN;
    lookup_forget(run);
    return true;
}

bool
survey_may_take_over(const struct run *run)
{
    bool any = run->odd.len != 0;

    for (size_t i = 0; !any && i < run->count; i++)
        any = is_free(&run->mailboxes[i]);
    return any;
}

bool
survey_take_over(struct run *run, const struct remote_listed *seen)
{
    static const enum names_shape shapes[][2] = {[LAYOUT_VERBATIM] = {SHAPE_VERBATIM, SHAPES},
                                                 [LAYOUT_MAILDIRPP] = {SHAPE_PLUSPLUS, SHAPE_DOUBLE_DOT},
                                                 [LAYOUT_FLAT] = {SHAPE_FLAT, SHAPES}};
    const struct names_there there = {.name = seen->name,
                                      .other = seen->other,
                                      .separator = seen->separator,
                                      .prefix = (seen->attributes & REMOTE_SHARED) != 0 ? "" : run->info.prefix};
    struct mailbox *mailbox = lookup_wire(run, seen->name);
    char path[LOCAL_FOLDER_MAX + 1], folder[LOCAL_FOLDER_MAX + 1];
    bool ok = true;

    if (mailbox == NULL || mailbox->row.id != 0 || mailbox->folder_here)
        return true;
    for (unsigned which = 0; which < NAMES_SPELLINGS; which++) {
        for (size_t i = 0; i < 2 && names_spelled(&there, which, path); i++) {
            const enum names_shape shape = shapes[run->account->policy.layout][i];

            if (names_spelled_folder(path, shape, folder) && take_if_here(run, mailbox, folder, &ok))
                return ok;
        }
    }
    return true;
}

/* Did another program name it? Before the first run golub named none. */
static bool
is_anothers(const struct run *run, const char *folder)
{
    struct traces traces = {0};

    traces_of_folder(&run->local, folder, &traces);
    return run->first || traces.mbsync != 0;
}

bool
survey_read_names(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        char name[LIMIT_MAILBOX_NAME + 1];
        bool taken;

        if (!is_free(mailbox) || !names_meant(mailbox->row.folder, run->account->policy.layout, name) ||
            !is_anothers(run, mailbox->row.folder))
            continue;
        if (!survey_name(run, mailbox, name, false, &taken))
            return false;
        if (!taken)
            continue;
        survey_drop(run, mailbox);
        i--;
    }
    return true;
}

bool
survey_say_odd(struct run *run)
{
    bool ok = true;

    for (size_t at = 0; ok && at < run->odd.len; at += strlen(run->odd.at + at) + 1) {
        const char *folder = run->odd.at + at;
        char name[LIMIT_MAILBOX_NAME + 1], capital[LOCAL_FOLDER_MAX + 1];
        struct error err = {0};

        names_inbox_capital(folder, capital);
        if (folder[0] == TAKEN || names_from_folder(folder, run->account->policy.layout, name, &err))
            continue;
        if (strcmp(capital, folder) != 0 && lookup_folder(run, capital) != NULL) {
            error_set(&err, ERROR_LOCAL, "use folder \"%s\" beside \"%s\": INBOX in any case is one mailbox", folder,
                      capital);
            error_hint(&err, "Put the mail of both into one, and remove the other.");
        }
        run_problem(run, NULL, &err);
        ok = unused_folders_note(run, folder);
    }
    return ok;
}
