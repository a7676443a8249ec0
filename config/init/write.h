/* Files of the configuration, written so that a crash leaves the old one or the new one. */
#ifndef CONFIG_INIT_WRITE_H
#define CONFIG_INIT_WRITE_H

#include "config/paths.h"
#include "store/base/error.h"

/* How the names of files begin that are there for a moment only; behind it the number of the process. */
#define WRITE_LEFT ".golub-init-"

/** Make a folder, and those above it that are missing, for nobody else. */
MUST_CHECK bool write_folder(const char *path, struct error *err);
/**
 * Put a file of mode 0600 there, durably, in the place of one that may be there; a symbolic link stays one. Its folder is made.
 * @param backup  the old one stays beside it under its name with this behind; NULL: it does not
 * @return false: the old one is as it was, or the new one stands and its folder could not be flushed
 */
MUST_CHECK bool write_file(const char *path, struct text content, const char *backup, struct error *err);
/**
 * Keep other golubs from writing a file's folder, which is made if it is missing: between a look at the file and its replacement.
 * @return what close() ends it with; -1: in err, another one is at it
 */
MUST_CHECK int write_lock(const char *path, struct error *err);
/** Where a file really stands, or will: the folder of what a link leads to. @return false: ERROR_CONFIG */
MUST_CHECK bool write_folder_of(const char *path, char folder[static PATHS_MAX + 1], struct error *err);
/** Remove from a folder what runs left there that were killed. @return how many files */
unsigned write_tidy(const char *folder);
/** May the file, or one of that name, be written at all? @return false: ERROR_CONFIG */
MUST_CHECK bool write_may(const char *path, struct error *err);

#endif
