/*
 * Where things are: the configuration file, the state folders, and paths as a user writes them. Every path handed
 * out is absolute and allocated; the caller frees it. Nothing is made here.
 */
#ifndef CONFIG_PATHS_H
#define CONFIG_PATHS_H

#include "store/base/error.h"

#define PATHS_MAX 4095 /* bytes without NUL: PATH_MAX of Linux */

/** $XDG_CONFIG_HOME/golub/golub.conf, or ~/.config/golub/golub.conf. @return false: no home directory; ERROR_CONFIG */
MUST_CHECK bool paths_config_file(char **path, struct error *err);
/** $XDG_STATE_HOME/golub/ACCOUNT, or ~/.local/state/golub/ACCOUNT. @return false: no home directory; ERROR_CONFIG */
MUST_CHECK bool paths_state(const char *account, char **path, struct error *err);
/** $XDG_STATE_HOME, or ~/.local/state. @return false: no home directory; ERROR_CONFIG */
MUST_CHECK bool paths_state_home(char **path, struct error *err);
/** The folder that a file stands in, real and absolute. @return false: no such folder; ERROR_CONFIG */
MUST_CHECK bool paths_folder_of(const char *file, char **folder, struct error *err);
/**
 * A path as written in the configuration: "~" and "~/x" are the home directory, a relative one is below `base`. Empty
 * levels, "." and a slash at the end go. "~name" is refused.
 */
MUST_CHECK bool paths_expand(const char *written, const char *base, char **path, struct error *err);
/** The same path with every symbolic link in the part that exists resolved; for comparing, not for use. */
MUST_CHECK bool paths_resolve(const char *path, char **resolved, struct error *err);
/** Equal, or one is below the other. Both resolved. */
bool paths_overlap(const char *a, const char *b);

#endif
