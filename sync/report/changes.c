/*
 * What came to this side in a run, for the command that the user wants run afterwards: a file with a line a message, and the mailboxes.
 * There is no file before something changed: a run that changes nothing writes nothing.
 */
#include "sync/report/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#define PREFIX "changes-"
#define MAILBOXES_MAX (64 * 1024) /* bytes: a variable of the environment takes 128 KiB at most */

struct changes {
    char *folder;
    struct report_changed now;
    struct error err; /* why there is no file, or only a part of one; kind ERROR_NONE: there is */
    struct buffer mailboxes;
    char **names;
    size_t count, size;
};

static bool
comes_here(const struct report_done *done)
{
    return !done->dry && (done->act == DID_DOWNLOAD || done->act == DID_FLAGS_HERE || done->act == DID_KEYWORDS_HERE ||
                          done->act == DID_MOVE_HERE || done->act == DID_REMOVE_HERE || done->act == DID_RENAME_HERE);
}

static void
clear(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        free(changes->names[i]);
    changes->count = 0;
    buffer_free(&changes->mailboxes);
    changes->mailboxes = buffer_new(MAILBOXES_MAX);
    changes->now = (struct report_changed){0};
    changes->err = (struct error){0};
}

void
report_changed_drop(struct report_changed *changed)
{
    if (changed->file != NULL)
        (void)unlink(changed->file);
    if (changed->locked != NULL)
        (void)fclose(changed->locked); /* nobody reads it any more */
    free(changed->file);
    free(changed->mailboxes);
    *changed = (struct report_changed){0};
}

void
report_changes_free(struct changes *changes)
{
    if (changes == NULL)
        return;
    report_changed_drop(&changes->now);
    clear(changes);
    buffer_free(&changes->mailboxes);
    free(changes->names);
    free(changes->folder);
    free(changes);
}

/* What is locked belongs to a golub that is there: its command is at work. Only one has the account's run lock, and makes such files. */
static void
remove_leftovers(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int fd;

        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
            continue;
        fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
        if (fd >= 0)
            (void)close(fd); /* only locked */
    }
    if (dir != NULL)
        (void)closedir(dir);
}

static void
fail(struct changes *changes, int number)
{
    if (changes->err.kind == ERROR_NONE)
        error_sys(&changes->err, number, "write down what changed, for after-sync");
}

static void
make_file(struct changes *changes)
{
    const size_t size = strlen(changes->folder) + 32;
    char *name = malloc(size);
    int fd = -1;

    remove_leftovers(changes->folder);
    if (name != NULL) {
        (void)text_print(name, size, "%s/%sXXXXXX", changes->folder, PREFIX);
        fd = mkostemp(name, O_CLOEXEC); /* 0600 */
    }
    if (fd < 0) {
        fail(changes, name != NULL ? errno : ENOMEM);
        free(name);
        return;
    }
    changes->now.file = name;
    (void)flock(fd,
                LOCK_EX | LOCK_NB); /* where it can't be locked a leftover may be removed too early, by a later run */
    changes->now.locked = fdopen(fd, "w");
    if (changes->now.locked != NULL)
        return;
    fail(changes, errno);
    (void)close(fd); /* empty */
}

/* Each once. Those of one mailbox come together, most of the time. */
static void
add_mailbox(struct changes *changes, const char *mailbox)
{
    char line[4 * 1024];
    char *name;

    if (mailbox == NULL || mailbox[0] == '\0')
        return;
    for (size_t i = changes->count; i-- > 0;)
        if (strcmp(changes->names[i], mailbox) == 0)
            return;
    if (!array_grow(&changes->names, &changes->size, changes->count + 1, sizeof changes->names[0]) ||
        (name = strdup(mailbox)) == NULL)
        return fail(changes, ENOMEM);
    changes->names[changes->count++] = name;
    error_escape(line, sizeof line, text_of(mailbox));
    if (!buffer_addf(&changes->mailboxes, "%s%s", changes->mailboxes.len > 0 ? "\n" : "", line))
        return; /* it does not fit: it is in the file alone */
}

void
report_changes_add(struct report_account *account, const struct report_done *done)
{
    struct changes *changes = account->changes;

    if (!comes_here(done))
        return;
    if (!changes->now.any)
        make_file(changes);
    changes->now.any = true;
    add_mailbox(changes, done->mailbox);
    add_mailbox(changes, done->left);
    errno = ENOMEM;
    if (changes->now.locked != NULL && !report_json_put_message(changes->now.locked, account->name, done))
        fail(changes, errno);
}

void
report_changes(struct report *report, const char *account, const char *folder)
{
    struct changes *changes = folder != NULL ? calloc(1, sizeof *changes) : NULL;
    struct report_account *a;

    if (changes != NULL) {
        changes->mailboxes = buffer_new(MAILBOXES_MAX);
        changes->folder = strdup(folder);
        if (changes->folder == NULL) {
            report_changes_free(changes);
            changes = NULL;
        }
    }
    report_lock(report);
    a = report_find(report, account);
    if (a != NULL && (a->changes == NULL ||
                      folder == NULL)) { /* what nobody has taken yet stays: a watcher's command is still at work */
        struct changes *const old = a->changes;

        a->changes = changes;
        changes = old;
    }
    report_unlock(report);
    report_changes_free(changes);
}

bool
report_changes_take(struct report *report, const char *account, struct report_changed *changed, struct error *err)
{
    struct report_account *a;
    bool whole = true;

    *changed = (struct report_changed){0};
    report_lock(report);
    a = report_find(report, account);
    if (a != NULL && a->changes != NULL && a->changes->now.any) {
        struct changes *changes = a->changes;

        if (changes->now.locked != NULL && fflush(changes->now.locked) != 0)
            fail(changes, errno);
        *changed = changes->now;
        changed->mailboxes = strdup(changes->mailboxes.at != NULL ? changes->mailboxes.at : "");
        if (changed->mailboxes == NULL)
            fail(changes, ENOMEM);
        whole = changes->err.kind == ERROR_NONE;
        if (!whole)
            *err = changes->err;
        clear(changes);
    }
    report_unlock(report);
    if (!whole && changed->file != NULL) { /* half a list would be taken for all */
        (void)unlink(changed->file);
        free(changed->file);
        changed->file = NULL;
    }
    return whole;
}
