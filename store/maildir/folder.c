/*
 * From a folder's path to directories that are surely its own.
 *
 * A descriptor outlives the name it was opened under: listing a directory that somebody has removed shows nothing, and
 * "nothing" would look like every message deleted. So a cached descriptor is used only after its path still leads to
 * the same device and inode (one fstatat, about a microsecond).
 */
#include "store/maildir/folder.h"

#include <errno.h>
#include <fcntl.h>

#define DIRECTORIES_FOR_SYNCFS 4 /* the first fsync of some brings most of the others to the disk */

static const char *const sub_names[SUB_COUNT] = {"tmp", "new", "cur"};

bool
folder_name_plain(const char *name)
{
    return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

bool
folder_gone(int number)
{
    return number == ENOENT || number == ENOTDIR || number == ELOOP;
}

const char *
folder_sub_name(enum sub sub)
{
    return sub_names[sub];
}

bool
folder_join(const char *path, const char *name, char *to, size_t size)
{
    return text_print(to, size, "%s%s%s", path, path[0] != '\0' ? "/" : "", name);
}

static int
open_directory(int dir, const char *name)
{
    return io_open(dir, name, O_RDONLY | O_DIRECTORY, 0);
}

int
folder_walk(const struct maildir *maildir, const char *path)
{
    char level[LOCAL_FOLDER_MAX + 1];
    int fd = open_directory(maildir->root, ".");

    while (fd >= 0 && *path != '\0') {
        size_t len = strcspn(path, "/");
        int below = -1, number = EINVAL;

        if (text_copy((struct text){path, len}, level, sizeof level) && folder_name_plain(level)) {
            below = open_directory(fd, level);
            number = errno;
        }
        (void)io_close(&fd); /* only read */
        errno = number;
        fd = below;
        path += len;
        if (*path == '/' && *++path == '\0' && fd >= 0) {
            (void)io_close(&fd);
            errno = EINVAL;
        }
    }
    return fd;
}

static void
close_directories(struct folder *folder)
{
    for (int sub = 0; sub < SUB_COUNT; sub++)
        (void)io_close(&folder->sub[sub].fd); /* only read and flushed */
}

static void
free_folder(struct maildir *maildir, struct folder *folder)
{
    close_directories(folder);
    free(folder->path);
    free(folder);
    maildir->folder_count--;
}

static bool
is_unflushed(const struct folder *folder)
{
    return folder->sub[SUB_NEW].dirty || folder->sub[SUB_CUR].dirty;
}

/*
 * Close the folders that were not used for longest. The first two stay: a caller may hold both ends of a move. Where drafts are the folder
 * itself stays, and its directories are opened again when they are named.
 */
static void
trim_folders(struct maildir *maildir)
{
    size_t seen = 0;

    for (struct folder **at = &maildir->folders; *at != NULL;) {
        struct folder *folder = *at;

        if (++seen <= maildir->folders_kept || is_unflushed(folder)) {
            at = &folder->next;
            continue;
        }
        if (folder->drafts > 0) {
            close_directories(folder);
            at = &folder->next;
            continue;
        }
        *at = folder->next;
        free_folder(maildir, folder);
    }
}

struct folder *
folder_get(struct maildir *maildir, const char *path, struct error *err)
{
    struct folder *folder;

    for (struct folder **at = &maildir->folders; *at != NULL; at = &(*at)->next)
        if (strcmp((*at)->path, path) == 0) {
            folder = *at;
            *at = folder->next;
            folder->next = maildir->folders;
            maildir->folders = folder;
            return folder;
        }
    folder = calloc(1, sizeof *folder);
    if (folder == NULL || (folder->path = strdup(path)) == NULL) {
        free(folder);
        error_sys(err, ENOMEM, "open folder %s", path);
        return NULL;
    }
    for (int sub = 0; sub < SUB_COUNT; sub++)
        folder->sub[sub].fd = -1;
    folder->next = maildir->folders;
    maildir->folders = folder;
    if (++maildir->folder_count > maildir->folders_kept)
        trim_folders(maildir);
    return folder;
}

static bool
still_there(const struct maildir *maildir, const struct folder *folder, enum sub sub, struct stat *st)
{
    const struct directory *directory = &folder->sub[sub];
    char path[LOCAL_FOLDER_MAX + 8];

    return directory->fd >= 0 && folder_join(folder->path, sub_names[sub], path, sizeof path) &&
           fstatat(maildir->root, path, st, AT_SYMLINK_NOFOLLOW) == 0 && st->st_dev == directory->dev &&
           st->st_ino == directory->ino;
}

bool
maildir_sync(struct maildir *maildir, int fd)
{
    int result;

    if (!maildir->settings.fsync)
        return true;
    maildir->flushes_file++;
    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

bool
maildir_sync_all(struct maildir *maildir)
{
    int number;

    if (!maildir->settings.fsync)
        return true;
    if (!ahead_wait(maildir))
        return false; /* what was written before it began is lost, too */
    maildir->flushes_system++;
    if (syncfs(maildir->sync_fd) == 0)
        return true;
    number = errno;
    ahead_renew(maildir);
    errno = number;
    return false;
}

void
folder_touch(struct folder *folder, enum sub sub)
{
    folder->sub[sub].dirty = true;
}

static bool
flush_directory(struct maildir *maildir, struct folder *folder, enum sub sub, struct error *err)
{
    struct directory *directory = &folder->sub[sub];

    if (!directory->dirty)
        return true;
    directory->dirty = false;
    if (maildir_sync(maildir, directory->fd))
        return true;
    error_sys(err, errno, "make changes in %s/ of folder \"%s\" durable", sub_names[sub], folder->path);
    /* A second fsync of this descriptor would say "fine" without anything having reached the disk. */
    (void)io_close(&directory->fd);
    return false;
}

/* @return -1 with errno */
static int
open_sub(const struct maildir *maildir, const char *path, enum sub sub)
{
    int parent = folder_walk(maildir, path), fd = -1, number = errno;

    if (parent >= 0) {
        fd = open_directory(parent, sub_names[sub]);
        number = errno;
    }
    (void)io_close(&parent);
    errno = number;
    return fd;
}

int
folder_stat_sub(struct maildir *maildir, struct folder *folder, enum sub sub, struct stat *st, bool *gone,
                struct error *err)
{
    struct directory *directory = &folder->sub[sub];
    int fd;

    *gone = false;
    if (still_there(maildir, folder, sub, st))
        return directory->fd;
    /* Replaced under us: what we changed in it is promised all the same, wherever it is now; if not, of the whole batch. */
    if (!flush_directory(maildir, folder, sub, err)) {
        maildir->lost = true;
        return -1;
    }
    (void)io_close(&directory->fd);
    fd = open_sub(maildir, folder->path, sub);
    if (fd < 0 && folder_make_room(maildir))
        fd = open_sub(maildir, folder->path, sub);
    if (fd < 0 || fstat(fd, st) != 0) {
        *gone = folder_gone(errno);
        error_sys(err, errno, "open %s/ of folder \"%s\"", sub_names[sub], folder->path);
        (void)io_close(&fd);
        return -1;
    }
    folder->told = folder->told && st->st_dev == directory->dev && st->st_ino == directory->ino;
    *directory = (struct directory){.fd = fd, .dev = st->st_dev, .ino = st->st_ino};
    return fd;
}

int
folder_sub(struct maildir *maildir, struct folder *folder, enum sub sub, bool *gone, struct error *err)
{
    struct stat st;

    return folder_stat_sub(maildir, folder, sub, &st, gone, err);
}

void
folder_told(struct folder *folder, struct timespec new_changed, struct timespec cur_changed)
{
    folder->told = true;
    folder->told_new = new_changed;
    folder->told_cur = cur_changed;
}

int
folder_sub_once(struct maildir *maildir, struct folder *folder, enum sub sub, bool *gone, struct error *err)
{
    struct directory *directory = &folder->sub[sub];
    int fd = directory->fd;

    *gone = false;
    if (fd >= 0 && directory->call == maildir->calls)
        return fd;
    fd = folder_sub(maildir, folder, sub, gone, err);
    directory->call = maildir->calls;
    return fd;
}

bool
folder_name(struct maildir *maildir, const struct local_file *file, struct folder **folder, enum sub *sub,
            char name[static LOCAL_BASE_MAX + LOCAL_INFO_MAX + 1], struct error *err)
{
    if ((file->info[0] != 'n' && file->info[0] != 'c') ||
        !text_print(name, LOCAL_BASE_MAX + LOCAL_INFO_MAX + 1, "%s%s", file->base, file->info + 1) ||
        !folder_name_plain(name)) {
        error_set(err, ERROR_LOCAL, "find message %.80s: this is no file name", file->base);
        return false;
    }
    *folder = folder_get(maildir, file->folder, err);
    *sub = file->info[0] == 'n' ? SUB_NEW : SUB_CUR;
    return *folder != NULL;
}

int
folder_place(struct maildir *maildir, const struct local_file *file, struct folder **folder, enum sub *sub,
             char name[static LOCAL_BASE_MAX + LOCAL_INFO_MAX + 1], bool *gone, struct error *err)
{
    *gone = false;
    return folder_name(maildir, file, folder, sub, name, err) ? folder_sub(maildir, *folder, *sub, gone, err) : -1;
}

/* Are so many touched that one syncfs is less work, and would it reach them all? */
static bool
one_flush_serves(const struct maildir *maildir)
{
    size_t dirty = 0;

    for (const struct folder *folder = maildir->folders; folder != NULL; folder = folder->next)
        for (enum sub sub = SUB_NEW; sub <= SUB_CUR; sub++) {
            dirty += folder->sub[sub].dirty;
            if (folder->sub[sub].dirty && folder->sub[sub].dev != maildir->root_dev)
                return false;
        }
    return maildir->syncfs_serves && maildir->sync_fd >= 0 && dirty >= DIRECTORIES_FOR_SYNCFS;
}

static bool
flush_together(struct maildir *maildir, struct error *err)
{
    const bool done = maildir_sync_all(maildir);

    if (!done)
        error_sys(err, errno, "make changes in several folders durable");
    for (struct folder *folder = maildir->folders; folder != NULL; folder = folder->next)
        for (enum sub sub = SUB_NEW; sub <= SUB_CUR; sub++) {
            if (!done && folder->sub[sub].dirty)
                (void)io_close(&folder->sub[sub].fd);
            folder->sub[sub].dirty = false;
        }
    trim_folders(maildir);
    return done;
}

/* New entries reach the disk before removed ones do: cur/, where names go, first; or all at once. */
bool
folder_flush(struct maildir *maildir, struct error *err)
{
    bool done = !maildir->lost;

    if (maildir->lost)
        error_set(err, ERROR_LOCAL, "make changes in a folder that was replaced meanwhile durable");
    maildir->lost = false;
    if (one_flush_serves(maildir))
        return flush_together(maildir, err) && done;
    for (struct folder *folder = maildir->folders; folder != NULL; folder = folder->next) {
        done = flush_directory(maildir, folder, SUB_CUR, err) && done;
        done = flush_directory(maildir, folder, SUB_NEW, err) && done;
    }
    trim_folders(maildir);
    return done;
}

static size_t
count_unflushed(const struct maildir *maildir)
{
    size_t count = 0;

    for (const struct folder *folder = maildir->folders; folder != NULL; folder = folder->next)
        count += is_unflushed(folder);
    return count;
}

/* Those that wait with drafts of the next batch are closed, and no reason to flush each one that got a name alone. */
bool
folder_flush_some(struct maildir *maildir, struct error *err)
{
    return maildir->folder_count <= maildir->folders_kept || count_unflushed(maildir) <= maildir->folders_kept ||
           folder_flush(maildir, err);
}

bool
folder_make_room(struct maildir *maildir)
{
    int number = errno;

    if (number != EMFILE && number != ENFILE)
        return false;
    maildir->folders_kept = 2;
    trim_folders(maildir);
    errno = number;
    return true;
}

void
folder_close_all(struct maildir *maildir, bool even_with_drafts)
{
    for (struct folder **at = &maildir->folders; *at != NULL;) {
        struct folder *folder = *at;

        if (folder->drafts > 0 && !even_with_drafts) {
            at = &folder->next;
            continue;
        }
        *at = folder->next;
        free_folder(maildir, folder);
    }
}

bool
folder_base_taken(int new_dir, int cur_dir, const char *base)
{
    static const char *const suffixes[] = {"", ":2,", ":2,S", ":2,RS", ":2,FS"};
    char name[LOCAL_BASE_MAX + 8];

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (text_print(name, sizeof name, "%s%s", base, suffixes[i]) &&
            (io_exists(cur_dir, name) || (i < 2 && io_exists(new_dir, name))))
            return true;
    return false;
}

/* With which names of this run begin. */
static void
name_run(const struct maildir *maildir, char to[static 64])
{
    text_print(to, 64, "golub-%s-%llx%05lx-", maildir->tag, (unsigned long long)maildir->opened.tv_sec,
               (unsigned long)maildir->opened.tv_nsec / 1000);
}

static bool
is_of_this_run(const struct maildir *maildir, const char *name)
{
    char ours[64];

    name_run(maildir, ours);
    return strncmp(name, ours, strlen(ours)) == 0;
}

static void
name_temporary(struct maildir *maildir, char *to, size_t size)
{
    char ours[64];

    name_run(maildir, ours);
    text_print(to, size, "%s%llx", ours, (unsigned long long)++maildir->names);
}

int
maildir_make_temporary(struct maildir *maildir, int dir, char *name, size_t size)
{
    int fd;

    do {
        name_temporary(maildir, name, size);
        fd = io_open(dir, name, O_RDWR | O_CREAT | O_EXCL, MODE_FILE);
    } while (fd < 0 && errno == EEXIST);
    return fd;
}

bool
maildir_is_leftover(const struct maildir *maildir, int dir, const char *name, bool *young)
{
    char ours[TAG_LENGTH + 8];
    struct stat st;

    *young = false;
    text_print(ours, sizeof ours, "golub-%s-", maildir->tag);
    if (strncmp(name, ours, strlen(ours)) != 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    /* ctime, since a draft that is being delivered already carries the message's date as its mtime. */
    *young = S_ISREG(st.st_mode) && st.st_ctim.tv_sec + 1 >= maildir->opened.tv_sec && !is_of_this_run(maildir, name);
    return S_ISREG(st.st_mode) && !*young && st.st_ctim.tv_sec + 1 < maildir->opened.tv_sec;
}

static int
open_quietly(struct maildir *maildir, int dir, const char *name)
{
    int fd = io_open(dir, name, O_RDONLY | (maildir->atime ? 0 : O_NOATIME), 0);

    if (fd < 0 && errno == EPERM && !maildir->atime) {
        maildir->atime = true;
        fd = io_open(dir, name, O_RDONLY, 0);
    }
    return fd;
}

int
maildir_open_message(struct maildir *maildir, const struct local_file *file, bool *missing, struct stat *st,
                     struct error *err)
{
    char name[LOCAL_BASE_MAX + LOCAL_INFO_MAX + 1];
    struct folder *folder;
    enum sub sub;
    int fd, dir = folder_place(maildir, file, &folder, &sub, name, missing, err);

    if (dir < 0)
        return -1;
    fd = open_quietly(maildir, dir, name);
    if (fd < 0) {
        *missing = errno == ENOENT;
        error_sys(err, errno, "open message %s", name);
        return -1;
    }
    if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
        return fd;
    error_set(err, ERROR_LOCAL, "open message %s: not a regular file", name);
    (void)io_close(&fd);
    return -1;
}
