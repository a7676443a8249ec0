/*
 * A folder with all below it gets another path: one rename, never over anything. Parents that are missing are made first; both parents are durable
 * before it returns, so that what the journal says afterwards is never more than what a power cut leaves. Directories that only held it, and are
 * empty now, go: a folder without cur/, new/ and tmp/ is no mailbox, and would stand in the way of one.
 */
#include "store/maildir/ops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

struct place { /* where a folder stands, or is to stand */
    int parent;
    char path[LOCAL_FOLDER_MAX + 1]; /* of the parent */
    const char *name;
};

static const char *
last_level(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* @param make  parents that are missing. @return false with errno */
static bool
find_place(struct maildir *maildir, const char *path, bool make, struct place *place)
{
    place->parent = -1;
    place->name = last_level(path);
    errno = EINVAL;
    if (!folder_name_plain(place->name) ||
        !text_copy((struct text){path, place->name == path ? 0 : (size_t)(place->name - path) - 1}, place->path,
                   sizeof place->path))
        return false;
    place->parent = make ? create_enter(maildir, place->path) : folder_walk(maildir, place->path);
    return place->parent >= 0;
}

static bool
is_there(const struct place *place)
{
    struct stat st;

    return fstatat(place->parent, place->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Is there nothing below it? */
static bool
is_empty(const struct place *place)
{
    int fd = io_open(place->parent, place->name, O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    bool empty = dir != NULL;

    while (empty && (entry = readdir(dir)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (dir != NULL)
        (void)closedir(dir);
    else
        (void)io_close(&fd); /* only read */
    return empty;
}

bool
move_folder_taken(void *local, const char *folder, bool *taken, struct error *err)
{
    struct place place;
    const bool there = find_place(local, folder, false, &place) && is_there(&place),
               known = there || folder_gone(errno);

    if (known)
        *taken = there && !is_empty(&place);
    else
        error_sys(err, errno, "look for folder \"%s\"", folder);
    (void)io_close(&place.parent); /* only looked at */
    return known;
}

/* Is it one of these, or does it lead to one? *is_one: it is */
static bool
is_known(const char *path, const char *const *folders, size_t count, bool *is_one)
{
    const size_t length = strlen(path);
    bool known = false;

    *is_one = false;
    for (size_t i = 0; i < count; i++) {
        *is_one = *is_one || strcmp(folders[i], path) == 0;
        known = known || *is_one || (strncmp(folders[i], path, length) == 0 && folders[i][length] == '/');
    }
    return known;
}

/* As deep as the folders' own paths go, and no deeper. */
bool
move_folder_only_above(void *local, const char *folder, const char *const *folders, size_t count)
{
    struct place place;
    int fd =
        find_place(local, folder, false, &place) ? io_open(place.parent, place.name, O_RDONLY | O_DIRECTORY, 0) : -1;
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    char path[LOCAL_FOLDER_MAX + 1];
    bool only = dir != NULL, is_one;

    while (only && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        only = text_print(path, sizeof path, "%s/%s", folder, entry->d_name) &&
               is_known(path, folders, count, &is_one) &&
               (is_one || move_folder_only_above(local, path, folders, count));
    }
    if (dir != NULL)
        (void)closedir(dir);
    else
        (void)io_close(&fd); /* only looked at */
    (void)io_close(&place.parent);
    return only;
}

/* An empty directory holds nobody's mail, and is no mailbox. */
static bool
rename_place(const struct place *from, const struct place *to)
{
    for (int i = 0; i < 2; i++) {
        if (renameat2(from->parent, from->name, to->parent, to->name, RENAME_NOREPLACE) == 0)
            return true;
        /* Where the file system can't be asked for that (NFS, FUSE): a directory takes the place of an empty one alone. */
        if ((errno == EINVAL || errno == ENOSYS) && renameat(from->parent, from->name, to->parent, to->name) == 0)
            return true;
        if (errno == ENOTEMPTY)
            errno = EEXIST;
        if (errno == ENOENT && is_there(to)) /* by a run that did not live to flush it */
            return true;
        if (errno != EEXIST)
            return false;
        if (unlinkat(to->parent, to->name, AT_REMOVEDIR) != 0)
            break;
    }
    errno = EEXIST;
    return false;
}

/* Upwards, as far as nothing else is in them. */
static void
remove_parents(struct maildir *maildir, struct place *place)
{
    struct place above;
    char path[LOCAL_FOLDER_MAX + 1];

    while (place->path[0] != '\0') {
        memcpy(path, place->path, sizeof path);
        (void)io_close(&place->parent); /* flushed */
        if (!find_place(maildir, path, false, &above) || unlinkat(above.parent, above.name, AT_REMOVEDIR) != 0) {
            (void)io_close(&above.parent); /* the next run may find it empty */
            return;
        }
        memcpy(place->path, above.path, sizeof place->path);
        place->parent = above.parent;
    }
}

bool
move_folder(void *local, const char *from, const char *to, bool *taken, struct error *err)
{
    struct maildir *maildir = local;
    struct place source = {.parent = -1}, target = {.parent = -1};
    bool done;

    *taken = false;
    folder_close_all(maildir, false); /* they are kept by their paths */
    done = find_place(maildir, to, true, &target);
    if (done && !find_place(maildir, from, false, &source))
        done = folder_gone(errno) && is_there(&target);
    else if (done)
        done = rename_place(&source, &target);
    *taken = !done && errno == EEXIST;
    done = done && maildir_sync(maildir, target.parent) && (source.parent < 0 || maildir_sync(maildir, source.parent));
    if (!done)
        error_sys(err, errno, "rename folder \"%s\" to \"%s\"", from, to);
    if (done && source.parent >= 0)
        remove_parents(maildir, &source);
    (void)io_close(&source.parent);
    (void)io_close(&target.parent);
    return done;
}
