/* Files that the user names on the command line, as the Maildir knows them. */
#ifndef CONFIG_FILES_H
#define CONFIG_FILES_H

#include "store/base/local.h"

struct files {
    struct local_file *list; /* its strings are the list's */
    size_t count;
};

/**
 * Which message's file each path is, by whatever links it leads there.
 *
 * @param paths    absolute, or relative to where golub was called
 * @param maildir  the root of the tree, absolute
 * @param files    [out] files_free is needed all the same
 * @return false: ERROR_CONFIG, one is not there, or in no folder of the tree
 */
MUST_CHECK bool files_find(const char *const *paths, size_t count, const char *maildir, struct files *files,
                           struct error *err);
void files_free(struct files *files);

#endif
