/* System calls with EINTR and short transfers handled once for the whole room. */
#include "store/maildir/io.h"

#include <errno.h>
#include <fcntl.h>

int
io_open(int dir, const char *name, int flags, mode_t mode)
{
    int fd;

    do
        fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int
io_open_parent(const char *path)
{
    char parent[4096];
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    if (!text_print(parent, sizeof parent, "%.*s", len == 0 ? 1 : (int)len, len == 0 ? "." : path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

ssize_t
io_read(int fd, void *to, size_t size)
{
    ssize_t got;

    do
        got = read(fd, to, size);
    while (got < 0 && errno == EINTR);
    return got;
}

bool
io_read_at(int fd, void *to, size_t len, uint64_t at)
{
    char *next = to;

    while (len > 0) {
        ssize_t got = pread(fd, next, len, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EIO;
        if (got <= 0)
            return false;
        next += got;
        at += (uint64_t)got;
        len -= (size_t)got;
    }
    return true;
}

bool
io_write(int fd, const void *bytes, size_t len)
{
    const char *next = bytes;

    while (len > 0) {
        ssize_t put = write(fd, next, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        next += put;
        len -= (size_t)put;
    }
    return true;
}

bool
io_write_at(int fd, const void *bytes, size_t len, uint64_t at)
{
    const char *next = bytes;

    while (len > 0) {
        ssize_t put = pwrite(fd, next, len, (off_t)at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        next += put;
        at += (uint64_t)put;
        len -= (size_t)put;
    }
    return true;
}

bool
io_close(int *fd)
{
    int closing = *fd;

    *fd = -1;
    /* Linux releases the descriptor in any case: after EINTR there is nothing to try again. */
    return closing < 0 || close(closing) == 0 || errno == EINTR;
}

bool
io_move(int from_dir, const char *from, int to_dir, const char *to)
{
    if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
        return false;
    /* A crash between the two leaves two names of one file, never none: the next scan sees both (see namesakes.h). */
    return linkat(from_dir, from, to_dir, to, 0) == 0 && unlinkat(from_dir, from, 0) == 0;
}

bool
io_copy(int from, int to)
{
    char *block = malloc(IO_BLOCK);
    ssize_t got = -1;

    if (block == NULL)
        return false;
    while ((got = io_read(from, block, IO_BLOCK)) > 0)
        if (!io_write(to, block, (size_t)got)) {
            got = -1;
            break;
        }
    free(block);
    return got == 0;
}

/* Fill the block unless the file ends before. */
static ssize_t
read_block(int fd, char *block, uint64_t at)
{
    size_t have = 0;

    while (have < IO_BLOCK) {
        ssize_t got = pread(fd, block + have, IO_BLOCK - have, (off_t)(at + have));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

bool
io_same(int a, int b, bool *same)
{
    char *block = malloc(2 * (size_t)IO_BLOCK);
    ssize_t one = 0, other = 0;
    bool equal = true;

    if (block == NULL)
        return false;
    for (uint64_t at = 0; equal; at += (uint64_t)one) {
        one = read_block(a, block, at);
        other = read_block(b, block + IO_BLOCK, at);
        if (one < 0 || other < 0)
            break;
        equal = one == other && memcmp(block, block + IO_BLOCK, (size_t)one) == 0;
        if (one < IO_BLOCK)
            break;
    }
    free(block);
    if (one >= 0 && other >= 0)
        *same = equal;
    return one >= 0 && other >= 0;
}

bool
io_exists(int dir, const char *name)
{
    struct stat st;

    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool
io_unchanged(const struct stat *before, const struct stat *after)
{
    return before->st_dev == after->st_dev && before->st_ino == after->st_ino && before->st_size == after->st_size &&
           before->st_mtim.tv_sec == after->st_mtim.tv_sec && before->st_mtim.tv_nsec == after->st_mtim.tv_nsec;
}

bool
io_stat_born(int dir, const char *name, struct stat *st, int64_t *born)
{
    struct statx more;

    /* glibc falls back to fstatat where the kernel has no statx: then no birth is told. */
    if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &more) != 0)
        return false;
    *st = (struct stat){.st_mode = more.stx_mode,
                        .st_size = (off_t)more.stx_size,
                        .st_mtim = {.tv_sec = more.stx_mtime.tv_sec, .tv_nsec = more.stx_mtime.tv_nsec},
                        .st_ctim = {.tv_sec = more.stx_ctime.tv_sec, .tv_nsec = more.stx_ctime.tv_nsec}};
    *born = (more.stx_mask & STATX_BTIME) == 0
                ? 0
                : io_nanoseconds((struct timespec){.tv_sec = more.stx_btime.tv_sec, .tv_nsec = more.stx_btime.tv_nsec});
    return true;
}

int64_t
io_nanoseconds(struct timespec time)
{
    int64_t result;

    if (__builtin_mul_overflow((int64_t)time.tv_sec, INT64_C(1000000000), &result) ||
        __builtin_add_overflow(result, (int64_t)time.tv_nsec, &result))
        return 0; /* beyond the year 2262: no time that is compared with another */
    return result;
}
