/*
 * Changes of names: flags (the suffix), and moves into another folder (link there, unlink here later).
 * No name is ever replaced, and what a batch changed is durable before it returns.
 */
#include "store/maildir/ops.h"

#include <errno.h>
#include <fcntl.h>

#define NAME_SIZE (LOCAL_BASE_MAX + LOCAL_INFO_MAX + 1)

struct place { /* where a file is or shall be */
    struct folder *folder;
    enum sub sub;
    int dir;
    char name[NAME_SIZE];
};

static bool
find_place(struct maildir *maildir, const struct local_file *file, struct place *place, bool *gone, struct error *err)
{
    place->dir = folder_place(maildir, file, &place->folder, &place->sub, place->name, gone, err);
    return place->dir >= 0;
}

/* ---- flags ---- */

/* Two looks a name would be most of what a rename costs beside itself. */
static bool
find_once(struct maildir *maildir, const struct local_file *file, struct place *place, bool *gone, struct error *err)
{
    *gone = false;
    if (!folder_name(maildir, file, &place->folder, &place->sub, place->name, err))
        return false;
    place->dir = folder_sub_once(maildir, place->folder, place->sub, gone, err);
    return place->dir >= 0;
}

static void
rename_item(struct maildir *maildir, struct local_rename *item)
{
    const struct local_file target = {item->file.folder, item->file.base, item->to};
    struct place from, to;
    bool gone;

    item->err = (struct error){0};
    item->ok = item->missing = false;
    if (!find_once(maildir, &item->file, &from, &item->missing, &item->err) ||
        !find_once(maildir, &target, &to, &gone, &item->err))
        return;
    if (strcmp(item->file.info, item->to) == 0) {
        item->ok = io_exists(from.dir, from.name);
        errno = ENOENT;
    } else {
        item->ok = io_move(from.dir, from.name, to.dir, to.name);
    }
    if (!item->ok) {
        item->missing = errno == ENOENT;
        error_sys(&item->err, errno, "rename message %s to show its flags", from.name);
        return;
    }
    folder_touch(from.folder, from.sub);
    folder_touch(to.folder, to.sub);
}

bool
change_rename(void *local, struct local_rename *items, size_t count, struct error *err)
{
    struct maildir *maildir = local;
    bool done = true;

    maildir->calls++;
    for (size_t i = 0; i < count; i++) {
        items[i].ok = false;
        if (done) {
            rename_item(maildir, &items[i]);
            done = folder_flush_some(maildir, err);
        }
    }
    done = folder_flush(maildir, err) && done;
    for (size_t i = 0; !done && i < count; i++)
        items[i].ok = false;
    return done;
}

/* ---- moves ---- */

/* Where links are refused (another file system, a limit): the same bytes and date. @return 0 or errno */
static int
copy_file(struct maildir *maildir, const struct place *from, const struct place *to, int tmp)
{
    struct stat before, after;
    char name[64];
    int number = 0, out = -1, in = io_open(from->dir, from->name, O_RDONLY, 0);

    if (in < 0 || fstat(in, &before) != 0 || (out = maildir_make_temporary(maildir, tmp, name, sizeof name)) < 0) {
        number = errno;
        (void)io_close(&in);
        return number;
    }
    if (!io_copy(in, out) || fstat(in, &after) != 0) {
        number = errno;
    } else if (!io_unchanged(&before, &after)) {
        number = EBUSY;
    } else {
        const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, before.st_mtim};

        if (futimens(out, times) != 0 || !maildir_sync(maildir, out) || !io_close(&out) ||
            !io_move(tmp, name, to->dir, to->name))
            number = errno;
    }
    if (number != 0)
        (void)unlinkat(tmp, name, 0); /* reported by the caller; a leftover is swept */
    (void)io_close(&in);
    (void)io_close(&out);
    return number;
}

static bool
link_is_refused(int number)
{
    return number == EXDEV || number == EPERM || number == EMLINK || number == EOPNOTSUPP || number == ENOSYS;
}

/* @return 0 or errno */
static int
link_or_copy(struct maildir *maildir, const struct place *from, const struct place *to, int tmp)
{
    if (linkat(from->dir, from->name, to->dir, to->name, 0) == 0)
        return 0;
    return link_is_refused(errno) ? copy_file(maildir, from, to, tmp) : errno;
}

static void
link_item(struct maildir *maildir, struct local_move *item)
{
    int dirs[SUB_COUNT], number;
    struct place from, to;
    struct stat st;
    bool gone;

    item->err = (struct error){0};
    item->ok = item->missing = item->taken = false;
    if (!find_place(maildir, &item->from, &from, &item->missing, &item->err) ||
        !find_place(maildir, &item->to, &to, &gone, &item->err))
        return;
    for (enum sub sub = 0; sub < SUB_COUNT; sub++)
        if ((dirs[sub] = folder_sub(maildir, to.folder, sub, &gone, &item->err)) < 0)
            return;
    if (fstatat(from.dir, from.name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        number = errno;
    else if (!S_ISREG(st.st_mode))
        number = EINVAL; /* a symbolic link or a directory is not mail */
    else if (folder_base_taken(dirs[SUB_NEW], dirs[SUB_CUR], item->to.base))
        number = EEXIST;
    else
        number = link_or_copy(maildir, &from, &to, dirs[SUB_TMP]);
    item->ok = number == 0;
    item->missing = number == ENOENT;
    item->taken = number == EEXIST;
    if (item->ok)
        folder_touch(to.folder, to.sub);
    else
        error_sys(&item->err, number, "link message %s into folder \"%s\"", from.name, item->to.folder);
}

static bool
run_moves(struct maildir *maildir, struct local_move *items, size_t count,
          void (*run)(struct maildir *maildir, struct local_move *item), struct error *err)
{
    bool done = true;

    for (size_t i = 0; i < count; i++) {
        items[i].ok = false;
        if (done) {
            run(maildir, &items[i]);
            done = folder_flush_some(maildir, err);
        }
    }
    done = folder_flush(maildir, err) && done;
    for (size_t i = 0; !done && i < count; i++)
        items[i].ok = false;
    return done;
}

bool
change_link(void *local, struct local_move *items, size_t count, struct error *err)
{
    return run_moves(local, items, count, link_item, err);
}

/* Is the message safely under its new name: the same file, or another one with the same bytes? */
static bool
is_same_message(int source, const struct stat *source_st, const struct place *target)
{
    struct stat st;
    bool same = false;
    int fd = io_open(target->dir, target->name, O_RDONLY, 0);

    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == source_st->st_size) {
        if (st.st_dev == source_st->st_dev && st.st_ino == source_st->st_ino)
            same = st.st_nlink > 1; /* one link only: source and target are one name, and the last */
        else
            same = io_same(source, fd, &same) && same;
    }
    (void)io_close(&fd); /* only read */
    return same;
}

static void
unlink_item(struct maildir *maildir, struct local_move *item)
{
    struct place from, to;
    struct stat opened, now;
    bool gone;
    int fd;

    item->err = (struct error){0};
    item->ok = item->missing = item->taken = false;
    fd = maildir_open_message(maildir, &item->from, &item->missing, &opened, &item->err);
    if (fd < 0)
        return;
    if (find_place(maildir, &item->from, &from, &item->missing, &item->err) &&
        find_place(maildir, &item->to, &to, &gone, &item->err)) {
        if (!is_same_message(fd, &opened, &to))
            error_set(&item->err, ERROR_LOCAL, "remove message %s: it is not in folder \"%s\"", from.name,
                      item->to.folder);
        else if (fstatat(from.dir, from.name, &now, AT_SYMLINK_NOFOLLOW) != 0 || !io_unchanged(&opened, &now))
            error_set(&item->err, ERROR_LOCAL, "remove message %s: another program changed it", from.name);
        else if (unlinkat(from.dir, from.name, 0) != 0)
            error_sys(&item->err, errno, "remove message %s from folder \"%s\"", from.name, item->from.folder);
        else
            item->ok = true;
        if (item->ok)
            folder_touch(from.folder, from.sub);
    }
    (void)io_close(&fd); /* only read */
}

bool
change_unlink_moved(void *local, struct local_move *items, size_t count, struct error *err)
{
    return run_moves(local, items, count, unlink_item, err);
}
