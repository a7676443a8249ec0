/*
 * Files of other programs, which may be at work: read as a whole, and looked at again before what they say is written down. Nothing is opened for
 * writing, and no lock is taken that would keep the other program out for longer than the question takes.
 */
#ifndef STORE_FOREIGN_FILE_H
#define STORE_FOREIGN_FILE_H

#include "store/base/error.h"

struct foreign_print { /* what tells that a file is still the one that was read */
    uint64_t device, inode, size;
    int64_t seconds, nanoseconds; /* of its last change, names and rights included */
};

/**
 * All of a regular file.
 *
 * @param bytes   [out] appended to an empty buffer with the caller's maximum; the caller frees it
 * @param print   [out] for foreign_file_stands; NULL: not wanted
 * @param missing [out] it is not there (and true is returned)
 * @return false: it can't be read, is no regular file, is too large, or changed meanwhile: err says so
 */
MUST_CHECK bool foreign_file_read(const char *path, struct buffer *bytes, struct foreign_print *print, bool *missing,
                                  struct error *err);
/** Is it still what was read? */
bool foreign_file_stands(const char *path, const struct foreign_print *print);
/** Is something of that name there, whatever it is? What can't be looked at counts as there. */
bool foreign_file_exists(const char *path);
/** Does a program hold a lock on it, of either kind (fcntl, flock)? What is not there is not locked. */
bool foreign_file_is_locked(const char *path);

#endif
