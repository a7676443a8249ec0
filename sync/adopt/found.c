/* What was found of a program, or why nothing of it is taken over: for those who look for it, and for all that follow. */
#include "sync/adopt/private.h"

const char *const adopt_names[ADOPT_PROGRAMS] = {"another program", "mbsync", "OfflineIMAP"};

void
adopt_leave(struct adopt_mailbox *mailbox, enum adopt_program program, const char *why)
{
    if (mailbox->why[0] != '\0' || mailbox->path != NULL)
        return;
    mailbox->program = program;
    (void)text_print(mailbox->why, sizeof mailbox->why, "%s", why);
}

void
adopt_note_unfit(struct adopt_mailbox *mailbox, enum adopt_program program, const char *path, const char *why)
{
    if (mailbox->unfit[0] != '\0' || mailbox->path != NULL || mailbox->why[0] != '\0')
        return;
    mailbox->program = program;
    (void)text_print(mailbox->unfit, sizeof mailbox->unfit, "%.120s is not its state: %s", path, why);
}

bool
adopt_says_something(const struct adopt_mailbox *mailbox)
{
    return mailbox->state.count != 0 || mailbox->state.max_pulled != 0;
}

bool
adopt_refuse_locked(struct run *run, enum adopt_program program, const char *path)
{
    error_state(&run->err, ERROR_LOCKED, "%s is at work: it holds %s", adopt_names[program], path);
    error_hint(&run->err, "Stop it first; nothing was done here.");
    return false;
}

bool
adopt_in_folder(const struct run *run, const struct mailbox *mailbox, const char *name, char path[static ADOPT_PATH])
{
    return text_print(path, ADOPT_PATH, "%s%s%s/%s", run->account->maildir, mailbox->row.folder[0] != '\0' ? "/" : "",
                      mailbox->row.folder, name);
}

/* mbsync's journal, and the state that was to take the place of the old one; a transaction of SQLite's. Only its own program can tell what of it counts. */
const char *
adopt_check_finished(enum adopt_program program, const char *path)
{
    static const struct {
        const char *endings[2], *why;
    } left[ADOPT_PROGRAMS] = {
        [ADOPT_MBSYNC] = {{".journal", ".new"},
                          "its last run was cut off, and left a .journal or .new: let it run once more"},
        [ADOPT_OFFLINEIMAP] = {{"-journal", "-wal"}, "its last run was cut off: let it run once more"},
    };
    char beside[ADOPT_PATH];

    for (size_t i = 0; i < 2 && left[program].why != NULL; i++) {
        if (!text_print(beside, sizeof beside, "%s%s", path, left[program].endings[i]) || foreign_file_exists(beside))
            return left[program].why;
    }
    return NULL;
}

bool
adopt_found(struct adopting *adopting, struct adopt_mailbox *mailbox, enum adopt_program program, const char *path,
            const char *lock, const struct foreign_print *print, struct foreign_state *state)
{
    char *kept = arena_array(&adopting->arena, strlen(path) + 1, 1),
         *kept_lock = arena_array(&adopting->arena, strlen(lock) + 1, 1);

    if (!run_has(adopting->run, &adopting->arena))
        return false;
    memcpy(kept, path, strlen(path) + 1);
    memcpy(kept_lock, lock, strlen(lock) + 1);
    if (mailbox->path != NULL) {
        mailbox->other = kept;
        foreign_state_free(state);
        return true;
    }
    mailbox->program = program;
    mailbox->why[0] = '\0';
    mailbox->path = kept;
    mailbox->lock = kept_lock;
    mailbox->print = *print;
    mailbox->state = *state;
    *state = (struct foreign_state){0};
    return true;
}
