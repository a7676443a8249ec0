/*
 * System calls with what every caller would have to add: EINTR, short writes, names that are never followed and never
 * replaced. All of them leave errno for the caller, who knows what was tried.
 */
#ifndef STORE_MAILDIR_IO_H
#define STORE_MAILDIR_IO_H

#include <sys/stat.h>
#include <sys/types.h>

#include "store/base/text.h"

#define IO_BLOCK (64 * 1024) /* bytes moved at a time: the measured knee, more gains nothing on ext4 */

/** openat with O_CLOEXEC, O_NOFOLLOW and O_NONBLOCK (a FIFO under a message's name must not hang us). */
int io_open(int dir, const char *name, int flags, mode_t mode);
/** The folder that a path stands in, by whatever links. @return -1 with errno */
int io_open_parent(const char *path);
/** One read. @return bytes, 0 at the end, -1 */
ssize_t io_read(int fd, void *to, size_t size);
/** Exactly len bytes at a place. A file that ends before: false with EIO. */
MUST_CHECK bool io_read_at(int fd, void *to, size_t len, uint64_t at);
/** All of it. */
MUST_CHECK bool io_write(int fd, const void *bytes, size_t len);
MUST_CHECK bool io_write_at(int fd, const void *bytes, size_t len, uint64_t at);
/** Close if open (>= 0) and forget. What it says counts after writing only. */
bool io_close(int *fd);
/** Rename, never over an existing name: EEXIST. Link and unlink where the file system knows no such rename. */
MUST_CHECK bool io_move(int from_dir, const char *from, int to_dir, const char *to);
/** Write the rest of one file to another. */
MUST_CHECK bool io_copy(int from, int to);
/** Equal bytes from the start of both on? *same is set on success only. */
MUST_CHECK bool io_same(int a, int b, bool *same);
/** Is there anything under this name? */
bool io_exists(int dir, const char *name);
/** Is it the same file, unchanged in size and time of modification? */
bool io_unchanged(const struct stat *before, const struct stat *after);

/** Nanoseconds since 1970; 0 for what does not fit. */
int64_t io_nanoseconds(struct timespec time);
/** As fstatat, never through a link at the end. @param born  [out] birth time, nanoseconds since 1970; 0: not told. @return false with errno */
bool io_stat_born(int dir, const char *name, struct stat *st, int64_t *born);

#endif
