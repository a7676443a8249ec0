/* See file.h. */
#include "store/foreign/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "store/foreign/state.h"

static struct foreign_print
print_of(const struct stat *now)
{
    return (struct foreign_print){.device = (uint64_t)now->st_dev,
                                  .inode = (uint64_t)now->st_ino,
                                  .size = (uint64_t)now->st_size,
                                  .seconds = (int64_t)now->st_ctim.tv_sec,
                                  .nanoseconds = (int64_t)now->st_ctim.tv_nsec};
}

static bool
is_same(const struct foreign_print *a, const struct foreign_print *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size && a->seconds == b->seconds &&
           a->nanoseconds == b->nanoseconds;
}

/* A name of somebody else's may be a pipe or a device: it is neither waited for nor taken as a terminal. */
static int
open_regular(const char *path, struct stat *found)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return -1;
    if (fstat(fd, found) == 0 && S_ISREG(found->st_mode))
        return fd;
    (void)close(fd);
    errno = EINVAL;
    return -1;
}

static bool
read_bytes(int fd, struct buffer *bytes, struct error *err)
{
    char block[65536];

    for (;;) {
        const ssize_t got = read(fd, block, sizeof block);

        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            error_sys(err, errno, "read what another program left");
            return false;
        }
        if (!buffer_add(bytes, block, (size_t)got))
            return foreign_refuse(err, "it is larger than any that is read");
    }
}

bool
foreign_file_read(const char *path, struct buffer *bytes, struct foreign_print *print, bool *missing, struct error *err)
{
    struct stat before, after;
    struct foreign_print first, last;
    const int fd = open_regular(path, &before);
    bool ok;

    *missing = false;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        *missing = true;
        return true;
    }
    if (fd < 0) {
        error_sys(err, errno, "read %s", path);
        return false;
    }
    ok = read_bytes(fd, bytes, err);
    if (ok && fstat(fd, &after) != 0) {
        error_sys(err, errno, "read %s", path);
        ok = false;
    }
    (void)close(fd); /* was only read */
    if (!ok)
        return false;
    first = print_of(&before);
    last = print_of(&after);
    if (!is_same(&first, &last) || bytes->len != last.size)
        return foreign_refuse(err, "it changed while it was read");
    if (print != NULL)
        *print = last;
    return true;
}

bool
foreign_file_stands(const char *path, const struct foreign_print *print)
{
    struct stat now;
    struct foreign_print found;

    if (stat(path, &now) != 0)
        return false;
    found = print_of(&now);
    return is_same(&found, print);
}

bool
foreign_file_exists(const char *path)
{
    struct stat found;

    return lstat(path, &found) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

bool
foreign_file_is_locked(const char *path)
{
    struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat found;
    const int fd = open_regular(path, &found);
    bool locked;

    if (fd < 0)
        return false;
    locked = fcntl(fd, F_GETLK, &wanted) == 0 && wanted.l_type != F_UNLCK;
    /* flock can only be asked by taking it: shared, and given back at once. */
    locked = locked || (flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK);
    (void)close(fd);
    return locked;
}
