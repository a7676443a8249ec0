/*
 * The root and the folders below it: how the root stands, and which folders are mailboxes. New ones: create.c.
 */
#include "store/maildir/ops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#define FOLDERS_MAX 200000 /* in one tree; more is a loop of bind mounts or an attack */

/* ---- the root ---- */

static bool
is_mail(void *context, const char *name, unsigned char type)
{
    (void)context;
    (void)type;
    /* A freshly made file system, and our own mark, are no sign of mail. */
    return strncmp(name, ".golub", 6) == 0 || strcmp(name, "lost+found") == 0;
}

static bool
parent_exists(const char *path)
{
    int fd = io_open_parent(path);
    bool exists = fd >= 0 || !folder_gone(errno);

    (void)io_close(&fd); /* only looked at */
    return exists;
}

static bool
sync_parent(struct maildir *maildir, const char *path)
{
    int fd = io_open_parent(path);
    bool done = fd >= 0 && maildir_sync(maildir, fd);

    (void)io_close(&fd); /* flushed */
    return done;
}

/* The root was chosen by the user: unlike all below it, it may be reached through symbolic links. */
static bool
open_root(struct maildir *maildir, bool make, enum local_root *root, struct error *err)
{
    const char *path = maildir->settings.root;

    maildir->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (maildir->root >= 0)
        return true;
    if (errno != ENOENT) {
        error_sys(err, errno, "open the Maildir %s", path);
        return false;
    }
    if (!make) {
        *root = parent_exists(path) ? ROOT_MISSING : ROOT_PARENT_MISSING;
        return true;
    }
    if (mkdir(path, MODE_FOLDER) != 0 && errno == ENOENT) {
        *root = ROOT_PARENT_MISSING;
        return true;
    }
    /* A mkdir that failed for another reason makes this fail, too, and errno says why. */
    maildir->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (maildir->root >= 0 && sync_parent(maildir, path))
        return true;
    error_sys(err, errno, "make the Maildir %s", path);
    (void)io_close(&maildir->root);
    return false;
}

/*
 * Two golubs with two state folders, or on two machines, must not work on one tree at once. Nobody can remove a folder that holds mail
 * from under its lock, as one could a file. A file system that locks no folders is no reason to stop: `check` says so.
 */
static bool
lock_root(struct maildir *maildir, struct error *err)
{
    if (flock(maildir->root, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return true;
    error_set(err, ERROR_LOCKED, "open the Maildir %s: another golub is at work in it", maildir->settings.root);
    error_hint(err, "Wait until it has finished; nothing was done here.");
    (void)io_close(&maildir->root);
    return false;
}

bool
tree_open(void *local, bool make, enum local_root *root, struct error *err)
{
    struct maildir *maildir = local;
    struct stat st;
    bool stopped;

    if (maildir->root < 0) {
        if (!open_root(maildir, make, root, err))
            return false;
        if (maildir->root < 0)
            return true;
        if (maildir->settings.exclusive && !lock_root(maildir, err))
            return false;
    }
    clock_gettime(CLOCK_REALTIME, &maildir->opened);
    if (fstat(maildir->root, &st) != 0 || !list_directory(maildir->root, is_mail, NULL, &stopped)) {
        error_sys(err, errno, "look at the Maildir %s", maildir->settings.root);
        (void)io_close(&maildir->root);
        return false;
    }
    *root = stopped ? ROOT_PRESENT : ROOT_EMPTY;
    maildir->root_dev = st.st_dev;
    filesystem_learn(maildir);
    if (maildir->sync_fd < 0 && maildir->syncfs_serves) {
        maildir->sync_fd = io_open(maildir->root, ".", O_RDONLY | O_DIRECTORY, 0);
        maildir->sync_age++;
    }
    return true;
}

bool
tree_stands(void *local)
{
    const struct maildir *maildir = local;
    struct stat held, named;

    return fstat(maildir->root, &held) == 0 && stat(maildir->settings.root, &named) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

void
tree_birth(void *local, const char *folder, int64_t *birth)
{
    const struct maildir *maildir = local;
    int fd = maildir->root < 0 ? -1 : folder_walk(maildir, folder != NULL ? folder : "");
    struct stat st;

    if (fd < 0 || !io_stat_born(fd, "", &st, birth))
        *birth = 0;
    (void)io_close(&fd); /* only looked at */
}

/* ---- which folders are mailboxes ---- */

struct walk { /* folders still to be looked into, as paths one after the other */
    struct maildir *maildir;
    struct buffer paths;
    const char *path; /* the one being listed */
    size_t count;
    bool any; /* of whatever layout */
    bool all; /* ... and in hidden ones, too */
    bool full, no_memory;
    bool (*enter)(void *context, const char *path,
                  int fd); /* may be NULL: for each directory before it is looked into */
    void *enter_context;
};

bool
tree_is_mailbox(int fd)
{
    struct stat st;

    for (enum sub sub = 0; sub < SUB_COUNT; sub++)
        if (fstatat(fd, folder_sub_name(sub), &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode))
            return false;
    return true;
}

static bool
is_sub(const char *name)
{
    for (enum sub sub = 0; sub < SUB_COUNT; sub++)
        if (strcmp(name, folder_sub_name(sub)) == 0)
            return true;
    return false;
}

/* Maildir++ and flat have children in the root only. */
static bool
layout_has_children(const struct maildir_settings *settings, const char *path)
{
    return path[0] == '\0' || (!settings->plusplus && !settings->flat);
}

static bool
is_child_name(const struct maildir_settings *settings, const char *name)
{
    return (name[0] == '.') == settings->plusplus;
}

bool
tree_is_part(const struct maildir *maildir, const char *path, const char *name)
{
    return is_sub(name) || (layout_has_children(&maildir->settings, path) && is_child_name(&maildir->settings, name));
}

static bool
note_child(void *context, const char *name, unsigned char type)
{
    struct walk *walk = context;
    char path[LOCAL_FOLDER_MAX + 1];

    if (type != DT_DIR || is_sub(name) || (!walk->any && !is_child_name(&walk->maildir->settings, name)))
        return true;
    if (!folder_join(walk->path, name, path, sizeof path))
        return true; /* deeper than any name golub gives */
    walk->full = ++walk->count > FOLDERS_MAX;
    walk->no_memory = !walk->full && !buffer_add(&walk->paths, path, strlen(path) + 1);
    return !walk->full && !walk->no_memory;
}

/* What other programs keep in hidden folders of the root (indices, snapshots of the whole tree) is no part of the mail. */
static bool
has_children(const struct walk *walk, bool mailbox)
{
    if (walk->any && walk->path[0] != '\0')
        return walk->all || walk->path[0] != '.' || mailbox;
    return layout_has_children(&walk->maildir->settings, walk->path);
}

/* Report the folder if it is a mailbox, and note its children. */
static bool
visit(struct walk *walk, bool (*folder)(void *context, const char *folder), void *context, struct error *err)
{
    const bool top = walk->path[0] == '\0';
    int fd = folder_walk(walk->maildir, walk->path);
    bool mailbox, listed = true, stopped;

    if (fd < 0) {
        /* Another program's, or the file system's own, which is nobody's business; or who watches has others to watch. */
        if (!top && (walk->any || folder_gone(errno) || strcmp(walk->path, "lost+found") == 0 ||
                     (walk->enter != NULL && errno == EACCES)))
            return true;
        /* It may be a mailbox: whoever asks for its times is told what is wrong with it, and goes on with the others. */
        if (!top && errno == EACCES)
            return folder(context, walk->path);
        error_sys(err, errno, "look into folder \"%s\"", walk->path);
        return false;
    }
    if (walk->enter != NULL && !walk->enter(walk->enter_context, walk->path, fd)) {
        (void)io_close(&fd); /* only read */
        return false;
    }
    mailbox = (walk->any || walk->maildir->settings.plusplus || !top) && tree_is_mailbox(fd);
    if (has_children(walk, mailbox))
        listed = list_directory(fd, note_child, walk, &stopped);
    if (!listed)
        error_sys(err, errno, "look into folder \"%s\"", walk->path);
    else if (walk->full)
        error_set(err, ERROR_LOCAL, "find the folders in %s: more than %d", walk->maildir->settings.root, FOLDERS_MAX);
    else if (walk->no_memory)
        error_sys(err, ENOMEM, "find the folders in %s", walk->maildir->settings.root);
    (void)io_close(&fd); /* only read */
    return listed && !walk->full && !walk->no_memory && (!mailbox || folder(context, walk->path));
}

static bool
go_round(struct walk *walk, bool (*folder)(void *context, const char *folder), void *context, struct error *err)
{
    char path[LOCAL_FOLDER_MAX + 1];
    bool done;

    walk->paths = buffer_new(64 * 1024 * 1024);
    walk->path = "";
    done = visit(walk, folder, context, err);
    for (size_t at = 0; done && at < walk->paths.len; at += strlen(path) + 1) {
        text_print(path, sizeof path, "%s", walk->paths.at + at); /* the buffer may move while children are added */
        walk->path = path;
        done = visit(walk, folder, context, err);
    }
    buffer_free(&walk->paths);
    return done;
}

bool
tree_folders(void *local, bool (*folder)(void *context, const char *folder), void *context, struct error *err)
{
    struct walk walk = {.maildir = local};

    return go_round(&walk, folder, context, err);
}

static bool
pass(void *context, const char *folder)
{
    (void)context;
    (void)folder;
    return true;
}

bool
tree_directories(void *local, bool (*enter)(void *context, const char *path, int fd), void *context, struct error *err)
{
    struct walk walk = {.maildir = local, .enter = enter, .enter_context = context};

    return go_round(&walk, pass, NULL, err);
}

bool
tree_everywhere(void *local, bool (*enter)(void *context, const char *path, int fd), void *context, struct error *err)
{
    struct walk walk = {.maildir = local, .any = true, .all = true, .enter = enter, .enter_context = context};

    return go_round(&walk, pass, NULL, err);
}

bool
tree_all_folders(void *local, bool (*folder)(void *context, const char *folder), void *context, struct error *err)
{
    struct walk walk = {.maildir = local, .any = true};
    struct error why = {0};

    if (go_round(&walk, folder, context, &why) || walk.full)
        return true;
    if (why.kind != ERROR_NONE) /* else the callback has filled it in */
        *err = why;
    return false;
}

void
tree_traces(void *local, const char *folder, struct local_traces *traces)
{
    static const char *const names[] = {".mbsyncstate", ".uidvalidity", ".isyncuidmap.db"};
    const struct maildir *maildir = local;
    bool *const found[] = {&traces->state, &traces->validity, &traces->map};
    int fd = maildir->root < 0 ? -1 : folder_walk(maildir, folder);
    struct stat st;

    *traces = (struct local_traces){0};
    for (size_t i = 0; fd >= 0 && i < sizeof names / sizeof names[0]; i++) {
        int64_t changed;

        *found[i] = fstatat(fd, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
        changed = *found[i] ? io_nanoseconds(st.st_mtim) : 0;
        if (changed > traces->changed)
            traces->changed = changed;
    }
    (void)io_close(&fd); /* only looked at */
}
