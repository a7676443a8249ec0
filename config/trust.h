/*
 * Whose files these are. The configuration holds commands that golub runs, and the state folder holds what it believes about mail: where
 * another user may write one of them, or put another in its place by way of a folder above it, golub does nothing.
 */
#ifndef CONFIG_TRUST_H
#define CONFIG_TRUST_H

#include <sys/stat.h>

#include "store/base/error.h"

/**
 * Is it the user's or root's, and may nobody else write it? A folder with the sticky bit (/tmp) is fine: others may add names there and not
 * replace ours. So is a folder that the user's own group may write: the group that has the user's name and nobody else in it.
 */
bool trust_is_ours(const struct stat *st);
/** The folder and all above it as far as they exist; absolute. @return false: ERROR_CONFIG names the one that is not trusted */
MUST_CHECK bool trust_folders(const char *folder, struct error *err);

#endif
