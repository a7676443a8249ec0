#include "config/trust.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "config/paths.h"

#define ENTRY_MAX (64 * 1024) /* bytes of one entry of the databases of users and groups */

/* Where each user has a group of his own, folders are made with a umask of 002. Root's group is nobody's own. */
static bool
is_own_group(gid_t gid)
{
    char *room = malloc(2 * (size_t)ENTRY_MAX);
    struct passwd user, *found_user = NULL;
    struct group group, *found_group = NULL;
    bool own = false;

    if (room != NULL && geteuid() != 0 && getpwuid_r(geteuid(), &user, room, ENTRY_MAX, &found_user) == 0 &&
        found_user != NULL && user.pw_gid == gid &&
        getgrgid_r(gid, &group, room + ENTRY_MAX, ENTRY_MAX, &found_group) == 0 && found_group != NULL) {
        own = strcmp(group.gr_name, user.pw_name) == 0;
        for (char **member = group.gr_mem; own && *member != NULL; member++)
            own = strcmp(*member, user.pw_name) == 0;
    }
    free(room);
    return own;
}

static bool
others_may_write(const struct stat *st)
{
    if (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0)
        return false;
    if ((st->st_mode & S_IWOTH) != 0)
        return true;
    return (st->st_mode & S_IWGRP) != 0 && !(S_ISDIR(st->st_mode) && is_own_group(st->st_gid));
}

static bool
owner_is_fine(const struct stat *st)
{
    return st->st_uid == geteuid() || st->st_uid == 0;
}

bool
trust_is_ours(const struct stat *st)
{
    return owner_is_fine(st) && !others_may_write(st);
}

static bool
check_folder(const char *path, struct error *err)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        if (errno == ENOENT)
            return true; /* golub makes it, for nobody else */
        error_sys(err, errno, "look at the folder %s", path);
        err->kind = ERROR_CONFIG;
        return false;
    }
    if (trust_is_ours(&st))
        return true;
    if (owner_is_fine(&st)) {
        error_state(err, ERROR_CONFIG, "%s: others may write this folder and replace what is in it", path);
        error_hint(err, "The configuration, or what golub remembers, stands below it. Keep others out: chmod go-w %s",
                   path);
    } else {
        error_state(err, ERROR_CONFIG, "%s: this folder belongs to another user, who may replace what is in it", path);
        error_hint(err,
                   "The configuration, or what golub remembers, stands below it: put that where you alone may write.");
    }
    return false;
}

bool
trust_folders(const char *folder, struct error *err)
{
    char path[PATHS_MAX + 1];
    size_t len = strlen(folder);

    if (!text_copy(text_of(folder), path, sizeof path)) {
        error_state(err, ERROR_CONFIG, "a path is longer than %d bytes", PATHS_MAX);
        return false;
    }
    while (len > 1) { /* from itself upwards; the root of the file system last */
        if (!check_folder(path, err))
            return false;
        while (len > 0 && path[len - 1] != '/')
            len--;
        len -= len > 1;
        path[len] = '\0';
    }
    return check_folder("/", err);
}
