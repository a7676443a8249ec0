/*
 * What golub removes from a folder goes here first: one flat directory, whose index is the caller's.
 *
 * On the same file system the file is renamed; else it is copied, and its source goes only after the copy and its name
 * are durable. A file whose bytes are not the ones that were to be removed stays where it is.
 */
#include "store/maildir/ops.h"

#include <errno.h>
#include <fcntl.h>

#define CHUNK 256          /* removals between two flushes */
#define COPYING ".copying" /* one at a time, and golub runs once an account: one name serves */

struct taken { /* what is known of one removal between its two halves */
    int dir;
    struct folder *folder;
    enum sub sub;
    bool copied;
    struct stat st;
    char name[LOCAL_BASE_MAX + LOCAL_INFO_MAX + 1];
};

static bool
name_valid(const char *name)
{
    return folder_name_plain(name) && name[0] != '.';
}

/* Make the directory durable in its parent, too: else a power cut takes all that was moved into it. */
static bool
make_directory(struct maildir *maildir)
{
    const char *path = maildir->settings.quarantine, *slash = strrchr(path, '/');
    char parent[4096];
    bool done;
    int fd;

    if (mkdir(path, MODE_FOLDER) != 0)
        return errno == EEXIST;
    if (!text_print(parent, sizeof parent, "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
                    slash == NULL ? "." : path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    done = fd >= 0 && maildir_sync(maildir, fd);
    (void)io_close(&fd);
    return done;
}

static bool
open_quarantine(struct maildir *maildir, bool make, struct error *err)
{
    const char *path = maildir->settings.quarantine;

    if (maildir->quarantine >= 0)
        return true;
    if (make && !make_directory(maildir)) {
        error_sys(err, errno, "make the quarantine %s", path);
        return false;
    }
    maildir->quarantine = io_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (maildir->quarantine < 0)
        error_sys(err, errno, "open the quarantine %s", path);
    return maildir->quarantine >= 0;
}

bool
quarantine_flush(void *local, struct error *err)
{
    struct maildir *maildir = local;

    if (!maildir->quarantine_dirty)
        return true;
    maildir->quarantine_dirty = false;
    if (maildir_sync(maildir, maildir->quarantine))
        return true;
    error_sys(err, errno, "make the quarantine %s durable", maildir->settings.quarantine);
    (void)io_close(&maildir->quarantine); /* this descriptor would not report the loss again */
    return false;
}

/* @return 0 or errno */
static int
copy_in(struct maildir *maildir, int fd, const struct stat *st, const char *name)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};
    struct stat after;
    int out, number = 0;

    if (unlinkat(maildir->quarantine, COPYING, 0) != 0 && errno != ENOENT)
        return errno;
    out = io_open(maildir->quarantine, COPYING, O_WRONLY | O_CREAT | O_EXCL, MODE_FILE);
    if (out < 0 || lseek(fd, 0, SEEK_SET) < 0 || !io_copy(fd, out) || fstat(fd, &after) != 0)
        number = errno;
    else if (!io_unchanged(st, &after))
        number = EBUSY;
    else if (futimens(out, times) != 0 || !maildir_sync(maildir, out) || !io_close(&out) ||
             !io_move(maildir->quarantine, COPYING, maildir->quarantine, name))
        number = errno;
    (void)io_close(&out);
    if (number != 0)
        (void)unlinkat(maildir->quarantine, COPYING, 0); /* the next copy does it again */
    return number;
}

/* A run that was cut between copy and unlink left the same message under this very name. */
static bool
is_here_already(struct maildir *maildir, int fd, const char *name)
{
    int there = io_open(maildir->quarantine, name, O_RDONLY, 0);
    bool same = false;

    if (there < 0)
        return false;
    same = io_same(fd, there, &same) && same && maildir_sync(maildir, there);
    (void)io_close(&there);
    return same;
}

/* Rename, and see that it was the file that was looked at. @return 0 or errno; ESTALE: another one, back in place */
static int
rename_in(struct maildir *maildir, const struct taken *taken, const char *name)
{
    struct stat now;

    if (!io_move(taken->dir, taken->name, maildir->quarantine, name))
        return errno;
    if (fstatat(maildir->quarantine, name, &now, AT_SYMLINK_NOFOLLOW) == 0 && io_unchanged(&taken->st, &now))
        return 0;
    /* If it can't go back, because the name is taken again, it is safe here: kept in doubt, named by the error. */
    return io_move(maildir->quarantine, name, taken->dir, taken->name) ? ESTALE : EEXIST;
}

/* Are these the bytes that were to be removed? */
static bool
check_bytes(struct maildir *maildir, struct local_removal *item, int fd)
{
    struct digests digests;

    if (item->wire == NULL)
        return true;
    if (!read_digests(maildir, fd, false, &digests, &item->err))
        return false;
    item->altered = memcmp(digests.wire, item->wire, DIGEST_SIZE) != 0;
    if (item->altered)
        error_set(&item->err, ERROR_LOCAL, "remove message %s: its contents were changed", item->file.base);
    return !item->altered;
}

static void
take_item(struct maildir *maildir, struct local_removal *item, struct taken *taken)
{
    int fd, number;

    if (!name_valid(item->quarantine)) {
        error_set(&item->err, ERROR_LOCAL, "remove message %s: no such name in the quarantine", item->file.base);
        return;
    }
    fd = maildir_open_message(maildir, &item->file, &item->missing, &taken->st, &item->err);
    if (fd < 0)
        return;
    taken->dir =
        folder_place(maildir, &item->file, &taken->folder, &taken->sub, taken->name, &item->missing, &item->err);
    if (taken->dir >= 0 && check_bytes(maildir, item, fd)) {
        number = rename_in(maildir, taken, item->quarantine);
        if (number == EXDEV) {
            number = copy_in(maildir, fd, &taken->st, item->quarantine);
            taken->copied = number == 0;
        }
        if (number == EEXIST && is_here_already(maildir, fd, item->quarantine)) {
            taken->copied = true;
            number = 0;
        }
        item->ok = number == 0;
        item->missing = number == ENOENT;
        item->altered = number == ESTALE || number == EBUSY;
        if (item->ok) {
            maildir->quarantine_dirty = true;
            folder_touch(taken->folder, taken->sub);
        } else {
            error_sys(&item->err, number, "move message %s to the quarantine", taken->name);
        }
    }
    (void)io_close(&fd); /* only read */
}

/* The second half of a copy: the quarantine holds it for good, the source may go. */
static void
unlink_source(struct maildir *maildir, struct local_removal *item, struct taken *taken)
{
    struct stat now;

    taken->dir =
        folder_place(maildir, &item->file, &taken->folder, &taken->sub, taken->name, &item->missing, &item->err);
    item->ok = taken->dir >= 0 && fstatat(taken->dir, taken->name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
               io_unchanged(&taken->st, &now) && unlinkat(taken->dir, taken->name, 0) == 0;
    if (item->ok)
        folder_touch(taken->folder, taken->sub);
    else if (taken->dir >= 0)
        error_set(&item->err, ERROR_LOCAL, "remove message %s: another program changed it; a copy is in the quarantine",
                  taken->name);
}

static bool
remove_chunk(struct maildir *maildir, struct local_removal *items, size_t count, struct taken *taken, struct error *err)
{
    bool done = true;

    memset(taken, 0, count * sizeof *taken);
    for (size_t i = 0; i < count && done; i++) {
        take_item(maildir, &items[i], &taken[i]);
        if (maildir->folder_count > 2 * FOLDERS_KEPT)
            done = quarantine_flush(maildir, err) && folder_flush(maildir, err);
    }
    done = done && quarantine_flush(maildir, err);
    for (size_t i = 0; i < count && done; i++)
        if (taken[i].copied) {
            unlink_source(maildir, &items[i], &taken[i]);
            done = folder_flush_some(maildir, err);
        }
    /* Never the loss of the old names before the new ones are safe. */
    return done && folder_flush(maildir, err);
}

bool
quarantine_remove(void *local, struct local_removal *items, size_t count, struct error *err)
{
    struct maildir *maildir = local;
    struct taken *taken = calloc(CHUNK, sizeof *taken);
    bool done = taken != NULL;

    if (!done)
        error_sys(err, ENOMEM, "move messages to the quarantine");
    for (size_t i = 0; i < count; i++) {
        items[i].ok = items[i].missing = items[i].altered = false;
        items[i].err = (struct error){0};
    }
    for (size_t at = 0; done && at < count; at += CHUNK)
        done = open_quarantine(maildir, true, err) &&
               remove_chunk(maildir, items + at, count - at < CHUNK ? count - at : CHUNK, taken, err);
    free(taken);
    for (size_t i = 0; !done && i < count; i++)
        items[i].ok = false;
    return done;
}

/* @return 0 or errno */
static int
move_draft(struct maildir *maildir, struct local_draft *draft, int tmp, const char *name, int64_t date)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = date}};
    struct stat st;
    int number;

    if (futimens(draft->fd, times) != 0 || !maildir_sync(maildir, draft->fd) || fstat(draft->fd, &st) != 0)
        return errno;
    if (io_move(tmp, draft->name, maildir->quarantine, name)) {
        draft->name[0] = '\0'; /* nothing is left in tmp/ */
        return 0;
    }
    number = errno;
    return number == EXDEV ? copy_in(maildir, draft->fd, &st, name) : number;
}

bool
quarantine_keep(void *local, struct local_draft *draft, const char *name, int64_t date, struct error *err)
{
    struct maildir *maildir = local;
    bool gone, done = false;
    int tmp, number;

    if (!name_valid(name)) {
        error_set(err, ERROR_LOCAL, "keep a message: no such name in the quarantine");
        goto out;
    }
    if (!open_quarantine(maildir, true, err))
        goto out;
    tmp = folder_sub(maildir, draft->folder, SUB_TMP, &gone, err);
    if (tmp < 0)
        goto out;
    number = move_draft(maildir, draft, tmp, name, date);
    if (number != 0) {
        error_sys(err, number, "keep message %s in the quarantine", name);
        goto out;
    }
    maildir->quarantine_dirty = true;
    done = quarantine_flush(maildir, err);
out:
    draft_drop(maildir, draft);
    return done;
}

bool
quarantine_space(void *local, uint64_t *bytes, struct error *err)
{
    struct maildir *maildir = local;

    return open_quarantine(maildir, true, err) &&
           filesystem_room(maildir->quarantine, maildir->settings.quarantine, bytes, err);
}

bool
quarantine_has(void *local, const char *name)
{
    struct maildir *maildir = local;
    struct error ignored;
    struct stat st;

    return name_valid(name) && open_quarantine(maildir, false, &ignored) &&
           fstatat(maildir->quarantine, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* @return -1: err says why, also with *missing */
static int
open_file(struct maildir *maildir, const char *name, bool *missing, struct stat *st, struct error *err)
{
    int fd;

    *missing = false;
    if (!name_valid(name)) {
        error_set(err, ERROR_LOCAL, "open %.80s of the quarantine: no such name", name);
        return -1;
    }
    if (!open_quarantine(maildir, false, err)) {
        *missing = err->number == ENOENT;
        return -1;
    }
    fd = io_open(maildir->quarantine, name, O_RDONLY, 0);
    if (fd < 0) {
        *missing = errno == ENOENT;
        error_sys(err, errno, "open %s of the quarantine", name);
        return -1;
    }
    if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
        return fd;
    error_set(err, ERROR_LOCAL, "open %s of the quarantine: not a regular file", name);
    (void)io_close(&fd);
    return -1;
}

bool
quarantine_open(void *local, const char *name, void **handle, struct local_print *print, bool *missing,
                struct error *err)
{
    struct stat st = {0};

    if (!read_take(open_file(local, name, missing, &st, err), &st, handle, missing, err))
        return false;
    *print = read_print(&st);
    return true;
}

bool
quarantine_drop(void *local, const char *name, struct error *err)
{
    struct maildir *maildir = local;

    if (!name_valid(name)) {
        error_set(err, ERROR_LOCAL, "remove %.80s from the quarantine: no such name", name);
        return false;
    }
    if (maildir->quarantine < 0 && access(maildir->settings.quarantine, F_OK) != 0 && errno == ENOENT)
        return true;
    if (!open_quarantine(maildir, false, err))
        return false;
    if (unlinkat(maildir->quarantine, name, 0) == 0) {
        maildir->quarantine_dirty = true;
        return true;
    }
    if (errno == ENOENT)
        return true;
    error_sys(err, errno, "remove %s from the quarantine", name);
    return false;
}

void
quarantine_close(struct maildir *maildir)
{
    struct error ignored;

    if (maildir->quarantine >= 0)
        (void)quarantine_flush(maildir, &ignored); /* only drops that no row was deleted for are left to flush by now */
    (void)io_close(&maildir->quarantine);
}
