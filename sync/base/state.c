#include "sync/base/state.h"

#include <errno.h>
#include <sys/stat.h>

bool
state_path(const struct account *account, const char *file, char *path, size_t size, struct error *err)
{
    if (text_print(path, size, "%s/%s", account->state, file))
        return true;
    error_set(err, ERROR_CONFIG, "use the state folder %.200s: its path is too long", account->state);
    error_hint(err, "Choose a shorter `state`.");
    return false;
}

bool
state_lacks_quarantine(const struct account *account)
{
    char path[4096];
    struct error ignored = {0};
    struct stat there;

    return state_path(account, "quarantine", path, sizeof path, &ignored) && stat(path, &there) != 0 && errno == ENOENT;
}

bool
state_make(const struct account *account, struct error *err)
{
    char path[4096];

    if (!state_path(account, "", path, sizeof path, err))
        return false;
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            error_sys(err, errno, "make the state folder %s", path);
            error_hint(err, "Make it, or choose another `state`.");
            return false;
        }
        *slash = '/';
    }
    return true;
}
