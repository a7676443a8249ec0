/*
 * New folders. Each appears whole or not at all: made under another name with all that belongs into it, flushed, renamed,
 * flushed. Many at once share their flushes, level by level from the root on, since a folder may be the parent of the next:
 *
 *     make all of a level | flush | rename all | flush
 *
 * Where one syncfs serves, that is two calls a level; else one fsync for each new folder and one for each of their parents.
 */
#include "store/maildir/ops.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>

#define FOLDERS_FOR_SYNCFS 16 /* as with messages: fewer are flushed one by one */

enum stage { STAGE_FAILED, STAGE_THERE, STAGE_MADE }; /* made: under its temporary name */

struct creating {
    struct maildir *maildir;
    struct local_folder *items;
    size_t *order; /* by depth and parent, so that one descriptor of a parent serves all its children */
    size_t count;
    enum stage *stages;
    bool together;                   /* one syncfs is to flush them */
    int parent;                      /* -1: none */
    char path[LOCAL_FOLDER_MAX + 1]; /* of the parent */
    bool dirty;                      /* the parent's entries changed and no syncfs comes */
};

/* "Work/2024" is "2024" in "Work". */
static size_t
parent_len(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? (size_t)(slash - path) : 0;
}

static const char *
last_level(const char *path)
{
    size_t len = parent_len(path);

    return len != 0 ? path + len + 1 : path;
}

static size_t
depth_of(const char *path)
{
    size_t depth = 0;

    for (; *path != '\0'; path++)
        depth += *path == '/';
    return depth;
}

static int
compare_places(const void *pa, const void *pb, void *context)
{
    const struct local_folder *items = context;
    const char *a = items[*(const size_t *)pa].folder, *b = items[*(const size_t *)pb].folder;
    size_t depth_a = depth_of(a), depth_b = depth_of(b);

    if (depth_a != depth_b)
        return depth_a < depth_b ? -1 : 1;
    return strcmp(a, b);
}

/* ---- one folder ---- */

static bool
make_subs(struct maildir *maildir, int fd, bool plusplus_child, bool flush)
{
    /* cur/ last: a reader that takes a folder with cur/ for a mailbox finds the others. */
    for (enum sub sub = 0; sub < SUB_COUNT; sub++)
        if (mkdirat(fd, folder_sub_name(sub), MODE_FOLDER) != 0 && errno != EEXIST)
            return false;
    if (plusplus_child) { /* says "not the root" to delivery agents that look for their quota above */
        int file = io_open(fd, "maildirfolder", O_WRONLY | O_CREAT, MODE_FILE);

        if (file < 0 || (flush && !maildir_sync(maildir, file)) || !io_close(&file)) {
            (void)io_close(&file);
            return false;
        }
    }
    return !flush || maildir_sync(maildir, fd);
}

/* Under a name that this layout takes for no folder. */
static void
temporary_name(const struct maildir *maildir, size_t number, char *to, size_t size)
{
    (void)text_print(to, size, "%sgolub-new-%s-%zu", maildir->settings.plusplus ? "" : ".", maildir->tag, number);
}

/* Only empty directories go. */
static void
clear_temporary(int parent, const char *name)
{
    int fd = io_open(parent, name, O_RDONLY | O_DIRECTORY, 0);

    if (fd < 0)
        return;
    for (enum sub sub = 0; sub < SUB_COUNT; sub++)
        (void)unlinkat(fd, folder_sub_name(sub), AT_REMOVEDIR); /* if any stays, mkdir says so next */
    (void)unlinkat(fd, "maildirfolder", 0);
    (void)io_close(&fd);
    (void)unlinkat(parent, name, AT_REMOVEDIR);
}

static bool
clear_if_ours(void *context, const char *name, unsigned char type)
{
    const struct creating *creating = context;
    char ours[64];

    (void)type;
    (void)text_print(ours, sizeof ours, "%sgolub-new-%s", creating->maildir->settings.plusplus ? "" : ".",
                     creating->maildir->tag);
    if (strncmp(name, ours, strlen(ours)) == 0)
        clear_temporary(creating->parent, name);
    return true;
}

static bool
level_valid(const struct maildir *maildir, const char *level)
{
    for (enum sub sub = 0; sub < SUB_COUNT; sub++)
        if (strcmp(level, folder_sub_name(sub)) == 0)
            return false;
    return folder_name_plain(level) && (level[0] == '.') == maildir->settings.plusplus;
}

/* ---- parents ---- */

static bool
is_other_name(void *context, const char *name, unsigned char type)
{
    (void)type;
    return strcmp(name, context) != 0;
}

/*
 * Did the file system open a folder of another name? It may ignore the case of letters, or their normal form. Then all that is made below would be
 * in that folder. Only what could be told apart so is looked for among the names: there may be thousands of them.
 */
static bool
is_anothers(int parent, const char *level, int fd)
{
    char other[LOCAL_FOLDER_MAX + 1];
    struct stat is, st;
    bool plain = true, stopped = true;

    (void)text_print(other, sizeof other, "%s", level);
    for (char *c = other; *c != '\0'; c++) {
        plain = plain && (unsigned char)*c < 0x80;
        if (isalpha((unsigned char)*c))
            *c ^= 0x20;
    }
    if (plain && (fstatat(parent, other, &st, AT_SYMLINK_NOFOLLOW) != 0 || fstat(fd, &is) != 0 ||
                  st.st_dev != is.st_dev || st.st_ino != is.st_ino))
        return false;
    (void)text_print(other, sizeof other, "%s", level);
    return list_directory(parent, is_other_name, other, &stopped) && !stopped;
}

/*
 * Down the path; levels that are missing become plain directories. @return descriptor, or -1 with errno: EEXIST where another name stands for a
 * level
 */
int
create_enter(struct maildir *maildir, const char *path)
{
    int fd = io_open(maildir->root, ".", O_RDONLY | O_DIRECTORY, 0);

    while (fd >= 0 && *path != '\0') {
        size_t len = strcspn(path, "/");
        char level[LOCAL_FOLDER_MAX + 1];
        int below = -1, number = EINVAL;

        if (!maildir->settings.plusplus && !maildir->settings.flat &&
            text_copy((struct text){path, len}, level, sizeof level) && level_valid(maildir, level)) {
            below = io_open(fd, level, O_RDONLY | O_DIRECTORY, 0);
            if (below < 0 && errno == ENOENT && mkdirat(fd, level, MODE_FOLDER) == 0 && maildir_sync(maildir, fd))
                below = io_open(fd, level, O_RDONLY | O_DIRECTORY, 0);
            number = errno;
            if (below >= 0 && is_anothers(fd, level, below)) {
                (void)io_close(&below);
                number = EEXIST;
            }
        }
        (void)io_close(&fd); /* flushed where it was changed */
        errno = number;
        fd = below;
        path += len + (path[len] == '/');
    }
    return fd;
}

static bool
leave_parent(struct creating *creating, struct error *err)
{
    bool done = !creating->dirty || maildir_sync(creating->maildir, creating->parent);

    if (!done)
        error_sys(err, errno, "make new folders in \"%s\" durable", creating->path);
    creating->dirty = false;
    (void)io_close(&creating->parent);
    return done;
}

static void
refuse_parent(struct local_folder *item)
{
    const int number = errno;

    error_sys(&item->err, number, "make folder \"%s\"", item->folder);
    if (number != EEXIST)
        return;
    error_answer(&item->err, TEXT("the file system takes the name of a folder above it for that of another one"));
    error_hint(&item->err, "Rename one of the two mailboxes, or leave one out with `mailboxes`.");
}

/* *found false: this folder can't be made (its error says so); false: what was made before is not safe. */
static bool
reach_parent(struct creating *creating, struct local_folder *item, bool first_time, bool *found, struct error *err)
{
    char path[LOCAL_FOLDER_MAX + 1];
    bool stopped;

    *found = strstr(item->folder, "//") == NULL &&
             text_copy((struct text){item->folder, parent_len(item->folder)}, path, sizeof path);
    if (*found && creating->parent >= 0 && strcmp(creating->path, path) == 0)
        return true;
    if (!leave_parent(creating, err))
        return false;
    errno = EINVAL;
    if (*found) {
        memcpy(creating->path, path, strlen(path) + 1);
        creating->parent = create_enter(creating->maildir, path);
    }
    *found = *found && creating->parent >= 0;
    if (!*found)
        refuse_parent(item);
    else if (first_time && !list_directory(creating->parent, clear_if_ours, creating, &stopped))
        errno = 0; /* of what a run that died left mkdir says that it is in the way */
    return true;
}

/* ---- a level ---- */

/* Something of that name is there: completed, if it lacks one of the three. @return 0 or errno */
static int
complete(struct maildir *maildir, int fd)
{
    int number = 0;

    if (!tree_is_mailbox(fd)) {
        errno = 0;
        if (!make_subs(maildir, fd, maildir->settings.plusplus, true))
            number = errno;
        else if (!tree_is_mailbox(fd)) /* something else, a link perhaps, carries the name of one of the three */
            number = ENOTDIR;
    }
    return number;
}

/* @return 0 or errno */
static int
make_temporary(struct creating *creating, size_t number)
{
    struct maildir *maildir = creating->maildir;
    char name[64];
    struct stat st;
    bool flush;
    int fd, failed = 0;

    temporary_name(maildir, number, name, sizeof name);
    if (mkdirat(creating->parent, name, MODE_FOLDER) != 0)
        return errno;
    fd = io_open(creating->parent, name, O_RDONLY | O_DIRECTORY, 0);
    flush = !creating->together || fd < 0 || fstat(fd, &st) != 0 || st.st_dev != maildir->root_dev;
    if (fd < 0 || !make_subs(maildir, fd, maildir->settings.plusplus, flush)) {
        failed = errno;
        clear_temporary(creating->parent, name);
    }
    (void)io_close(&fd);
    return failed;
}

static void
make_one(struct creating *creating, size_t index)
{
    struct local_folder *item = &creating->items[index];
    const char *name = last_level(item->folder);
    int fd, number = EINVAL;

    if (level_valid(creating->maildir, name)) {
        fd = io_open(creating->parent, name, O_RDONLY | O_DIRECTORY, 0);
        if (fd >= 0) {
            number = complete(creating->maildir, fd);
            creating->stages[index] = number == 0 ? STAGE_THERE : STAGE_FAILED;
        } else if (errno == ENOENT) {
            number = make_temporary(creating, index);
            creating->stages[index] = number == 0 ? STAGE_MADE : STAGE_FAILED;
        } else {
            number = errno;
        }
        (void)io_close(&fd);
    }
    if (number != 0)
        error_sys(&item->err, number, "make folder \"%s\"", item->folder);
}

static void
name_one(struct creating *creating, size_t index)
{
    struct local_folder *item = &creating->items[index];
    const char *name = last_level(item->folder);
    char temporary[64];
    struct stat st;
    int number = 0;

    temporary_name(creating->maildir, index, temporary, sizeof temporary);
    if (renameat2(creating->parent, temporary, creating->parent, name, RENAME_NOREPLACE) != 0)
        number = errno;
    /* rename puts a directory only over an empty one: nothing can be lost by it. */
    if ((number == EINVAL || number == ENOSYS) && renameat(creating->parent, temporary, creating->parent, name) == 0)
        number = 0;
    if (number != 0) {
        clear_temporary(creating->parent, temporary);
        /* Somebody was faster. Among many it may be another of them, where the file system ignores case or normal form. */
        if (number == EEXIST && creating->count == 1) {
            int fd = io_open(creating->parent, name, O_RDONLY | O_DIRECTORY, 0);

            number = fd < 0 ? errno : complete(creating->maildir, fd);
            (void)io_close(&fd);
        }
    }
    creating->stages[index] = number == 0 ? STAGE_THERE : STAGE_FAILED;
    if (number != 0)
        error_sys(&item->err, number, "make folder \"%s\"", item->folder);
    else if (!creating->together || fstat(creating->parent, &st) != 0 || st.st_dev != creating->maildir->root_dev)
        creating->dirty = true;
}

/* Each folder of a level that is at this stage, with its parent at hand. */
static bool
each(struct creating *creating, size_t from, size_t to, bool name, struct error *err)
{
    for (size_t i = from; i < to; i++) {
        size_t index = creating->order[i];
        bool found;

        if (name && creating->stages[index] != STAGE_MADE)
            continue;
        if (!reach_parent(creating, &creating->items[index], !name, &found, err))
            return false;
        if (!found)
            creating->stages[index] = STAGE_FAILED;
        else if (name)
            name_one(creating, index);
        else
            make_one(creating, index);
    }
    return leave_parent(creating, err);
}

static bool
flush_level(struct creating *creating, struct error *err)
{
    if (!creating->together || maildir_sync_all(creating->maildir))
        return true;
    error_sys(err, errno, "make new folders durable");
    return false;
}

static bool
make_level(struct creating *creating, size_t from, size_t to, struct error *err)
{
    creating->together =
        creating->maildir->syncfs_serves && creating->maildir->sync_fd >= 0 && to - from >= FOLDERS_FOR_SYNCFS;
    return each(creating, from, to, false, err) && flush_level(creating, err) && each(creating, from, to, true, err) &&
           flush_level(creating, err);
}

/* maildir++ alone: INBOX is the root itself. */
static void
make_root(struct creating *creating, struct local_folder *item, enum stage *stage)
{
    struct maildir *maildir = creating->maildir;

    if (!maildir->settings.plusplus)
        errno = EINVAL;
    else if (tree_is_mailbox(maildir->root) || make_subs(maildir, maildir->root, false, true))
        *stage = STAGE_THERE;
    if (*stage != STAGE_THERE)
        error_sys(&item->err, errno, "make folder \"%s\"", item->folder);
}

bool
create_folders(void *local, struct local_folder *items, size_t count, struct error *err)
{
    struct creating creating = {.maildir = local, .items = items, .parent = -1};
    bool done = true;

    creating.order = calloc(count + 1, sizeof *creating.order);
    creating.stages = calloc(count + 1, sizeof *creating.stages);
    if (creating.order == NULL || creating.stages == NULL) {
        error_sys(err, ENOMEM, "make folders");
        done = false;
    }
    for (size_t i = 0; done && i < count; i++) {
        items[i].ok = false;
        items[i].err = (struct error){0};
        if (items[i].folder[0] == '\0')
            make_root(&creating, &items[i], &creating.stages[i]);
        else
            creating.order[creating.count++] = i;
    }
    if (done && creating.count > 1)
        qsort_r(creating.order, creating.count, sizeof *creating.order, compare_places, items);
    for (size_t from = 0, to; done && from < creating.count; from = to) {
        for (to = from + 1; to < creating.count; to++)
            if (depth_of(items[creating.order[to]].folder) != depth_of(items[creating.order[from]].folder))
                break;
        done = make_level(&creating, from, to, err);
    }
    for (size_t i = 0; done && i < count; i++)
        items[i].ok = creating.stages[i] == STAGE_THERE;
    (void)io_close(&creating.parent); /* of a level that failed */
    free(creating.order);
    free(creating.stages);
    return done;
}

bool
create_folder(void *local, const char *folder, struct error *err)
{
    struct local_folder item = {.folder = folder};

    if (!create_folders(local, &item, 1, err))
        return false;
    if (!item.ok)
        *err = item.err;
    return item.ok;
}
