#include "config/init/write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/paths.h"

bool
write_folder(const char *path, struct error *err)
{
    char part[PATHS_MAX + 1];

    for (const char *at = path; at != NULL;) {
        at = strchr(at + 1, '/');
        if (!text_copy((struct text){path, at != NULL ? (size_t)(at - path) : strlen(path)}, part, sizeof part)) {
            error_state(err, ERROR_CONFIG, "a path is longer than %d bytes", PATHS_MAX);
            return false;
        }
        if (mkdir(part, 0700) != 0 && errno != EEXIST && (errno != EROFS || access(part, F_OK) != 0)) {
            error_sys(err, errno, "make the folder %s", part);
            err->kind = ERROR_CONFIG;
            return false;
        }
    }
    return true;
}

static bool
fail(struct error *err, const char *what, const char *path)
{
    error_sys(err, errno, "%s %s", what, path);
    err->kind = ERROR_CONFIG;
    return false;
}

/* Where it really is: what a link leads to. One that leads nowhere is refused. */
static bool
find_real(const char *path, char real[static PATHS_MAX + 1], struct error *err)
{
    char *found = realpath(path, NULL);
    struct stat st;
    bool done;

    if (found == NULL && (errno != ENOENT || lstat(path, &st) == 0))
        return fail(err, "follow", path);
    done = text_copy(text_of(found != NULL ? found : path), real, PATHS_MAX + 1);
    free(found);
    if (!done)
        error_state(err, ERROR_CONFIG, "a path is longer than %d bytes", PATHS_MAX);
    return done;
}

static bool
folder_of(const char *file, char folder[static PATHS_MAX + 1], struct error *err)
{
    const char *slash = strrchr(file, '/');

    if (text_copy(slash == NULL ? TEXT(".") : (struct text){file, slash == file ? 1 : (size_t)(slash - file)}, folder,
                  PATHS_MAX + 1))
        return true;
    error_state(err, ERROR_CONFIG, "a path is longer than %d bytes", PATHS_MAX);
    return false;
}

bool
write_may(const char *path, struct error *err)
{
    char real[PATHS_MAX + 1], folder[PATHS_MAX + 1];
    struct stat st;

    if (!find_real(path, real, err) || !folder_of(real, folder, err))
        return false;
    if (stat(real, &st) == 0 && (!S_ISREG(st.st_mode) || (st.st_mode & S_IWUSR) == 0 || access(real, W_OK) != 0)) {
        error_state(err, ERROR_CONFIG, "%s: this file may not be written", path);
        error_hint(err, "`golub init -n` prints the block, for you to put where it belongs.");
        return false;
    }
    if (access(folder, W_OK) != 0 && errno != ENOENT)
        return fail(err, "write to the folder", folder);
    return true;
}

int
write_lock(const char *path, struct error *err)
{
    char real[PATHS_MAX + 1], folder[PATHS_MAX + 1];
    int fd;

    if (!find_real(path, real, err) || !folder_of(real, folder, err) || !write_folder(folder, err))
        return -1;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        (void)fail(err, "open the folder", folder);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (errno == EWOULDBLOCK)
        error_state(err, ERROR_CONFIG, "another golub init is writing %s: nothing was written", path);
    else
        (void)fail(err, "lock the folder", folder);
    close(fd);
    return -1;
}

static bool
write_all(int fd, struct text content)
{
    while (content.len > 0) {
        const ssize_t put = write(fd, content.at, content.len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        content.at += put;
        content.len -= (size_t)put;
    }
    return fsync(fd) == 0;
}

static bool
flush_folder(const char *folder)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool done = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return done;
}

/* The old file gets a second name, in place of an older one's. */
static bool
keep_old(const char *real, const char *ending, struct error *err)
{
    char name[PATHS_MAX + 64];

    (void)text_print(name, sizeof name, "%s%s", real, ending); /* it fits */
    if (access(real, F_OK) != 0)
        return true;
    if (unlink(name) != 0 && errno != ENOENT)
        return fail(err, "replace", name);
    return link(real, name) == 0 || fail(err, "keep the old file as", name);
}

/* The name of a file that isn't whole yet. An account's name can't begin so (settings_check.c). */
static void
name_temporary(const char *folder, char name[static PATHS_MAX + 64])
{
    (void)text_print(name, PATHS_MAX + 64, "%s/" WRITE_LEFT "%d.new", folder, (int)getpid()); /* it fits */
}

/* With a name from the beginning, and a lock that says that somebody is at it. */
static int
open_named(const char *temporary)
{
    int fd;

    (void)unlink(temporary); /* of one that was killed, and had our number */
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)flock(fd, LOCK_EX | LOCK_NB); /* where there are no locks, the number of the process must do */
    return fd;
}

/* Without a name, so that nothing stays of a run that is killed. @return -1: not on this file system, or the name can't be given later */
static int
open_nameless(const char *folder)
{
    int fd = -1;

#ifdef O_TMPFILE
    if (access("/proc/self/fd", X_OK) == 0)
        fd = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
#endif
    return fd;
}

static bool
give_name(int fd, const char *name)
{
    char at[64];

    (void)text_print(at, sizeof at, "/proc/self/fd/%d", fd); /* it fits */
    return linkat(AT_FDCWD, at, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
}

/* The file is whole: it gets its place. @param nameless  it has no name yet, and needs one only where another file gives way to it */
static bool
put_in_place(int fd, bool nameless, const char *temporary, const char *real, const char *backup, struct error *err)
{
    if (nameless && give_name(fd, real))
        return true;
    if (nameless) {
        (void)unlink(temporary);
        if (!give_name(fd, temporary))
            return fail(err, "write", temporary);
    }
    return (backup == NULL || keep_old(real, backup, err)) &&
           (rename(temporary, real) == 0 || fail(err, "replace", real));
}

bool
write_file(const char *path, struct text content, const char *backup, struct error *err)
{
    char real[PATHS_MAX + 1], folder[PATHS_MAX + 1], temporary[PATHS_MAX + 64];
    bool nameless, done;
    int fd;

    if (!find_real(path, real, err) || !folder_of(real, folder, err) || !write_folder(folder, err))
        return false;
    name_temporary(folder, temporary);
    fd = open_nameless(folder);
    nameless = fd >= 0;
    if (!nameless)
        fd = open_named(temporary);
    if (fd < 0)
        return fail(err, "write", temporary);
    done = write_all(fd, content) || fail(err, "write", real);
    done = done && put_in_place(fd, nameless, temporary, real, backup, err);
    if (close(fd) != 0 && done)
        done = fail(err, "write", real);
    if (!done)
        (void)unlink(temporary);
    return done && (flush_folder(folder) || fail(err, "make durable what is in", folder));
}

/* .golub-init-PID or .golub-init-PID.new, of a process that is none any more */
static bool
is_of_the_dead(const char *name)
{
    const size_t start = sizeof WRITE_LEFT - 1;
    uint64_t pid;
    size_t digits;

    if (strncmp(name, WRITE_LEFT, start) != 0)
        return false;
    digits = strspn(name + start, "0123456789");
    if (!text_number((struct text){name + start, digits}, INT_MAX, &pid) || pid == 0)
        return false;
    if (name[start + digits] != '\0' && strcmp(name + start + digits, ".new") != 0)
        return false;
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* Only a file of ours that nobody holds: its writer may live where process numbers are others. */
static bool
remove_left(int folder, const char *name)
{
    const int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    bool removed;

    if (fd < 0)
        return false;
    removed = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
              flock(fd, LOCK_EX | LOCK_NB) == 0 && unlinkat(folder, name, 0) == 0;
    close(fd);
    return removed;
}

unsigned
write_tidy(const char *folder)
{
    DIR *open = opendir(folder);
    unsigned removed = 0;

    if (open == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(open)) != NULL;)
        removed += is_of_the_dead(entry->d_name) && remove_left(dirfd(open), entry->d_name);
    (void)closedir(open);
    return removed;
}

bool
write_folder_of(const char *path, char folder[static PATHS_MAX + 1], struct error *err)
{
    char real[PATHS_MAX + 1];

    return find_real(path, real, err) && folder_of(real, folder, err);
}
