/*
 * Paths as people write them, made absolute. The XDG base directories are believed only if they are absolute, as their
 * specification says: <https://specifications.freedesktop.org/basedir-spec/latest/>.
 */
#include "config/paths.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>

#define PASSWD_MAX 16384 /* bytes of one entry of the user database */

static bool
no_memory(struct error *err)
{
    error_set(err, ERROR_LOCAL, "read the configuration");
    error_answer(err, TEXT("out of memory"));
    return false;
}

/* Join two parts with a slash; the result is the caller's. */
static bool
join_path(const char *folder, const char *rest, char **path, struct error *err)
{
    struct buffer buffer = buffer_new(PATHS_MAX + 1);

    if (strlen(folder) + 1 + strlen(rest) > PATHS_MAX) {
        error_state(err, ERROR_CONFIG, "a path is longer than %d bytes: %.60s...", PATHS_MAX, rest);
        return false;
    }
    if (!buffer_addf(&buffer, "%s/%s", folder, rest))
        return no_memory(err);
    *path = buffer.at;
    return true;
}

/* The home directory: $HOME, or what the user database says. */
static bool
find_home(char home[static PATHS_MAX + 1], struct error *err)
{
    const char *variable = getenv("HOME");
    char room[PASSWD_MAX];
    struct passwd entry, *found = NULL;

    if (variable != NULL && variable[0] == '/' && text_copy(text_of(variable), home, PATHS_MAX + 1))
        return true;
    if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found != NULL && found->pw_dir[0] == '/' &&
        text_copy(text_of(found->pw_dir), home, PATHS_MAX + 1))
        return true;
    error_state(err, ERROR_CONFIG, "the home directory is not known");
    error_hint(err, "Set HOME, or name the configuration file with --config.");
    return false;
}

/* A base directory of the XDG specification, or its default below the home directory. */
static bool
find_base(const char *variable, const char *below_home, char **base, struct error *err)
{
    const char *value = getenv(variable);
    char home[PATHS_MAX + 1];

    if (value != NULL && value[0] == '/') {
        *base = strdup(value);
        return *base != NULL || no_memory(err);
    }
    return find_home(home, err) && join_path(home, below_home, base, err);
}

static bool
below_base(const char *variable, const char *below_home, const char *rest, char **path, struct error *err)
{
    char *base, *joined;
    bool done;

    if (!find_base(variable, below_home, &base, err))
        return false;
    done = join_path(base, rest, &joined, err);
    free(base);
    if (!done)
        return false;
    done = paths_expand(joined, "/", path, err);
    free(joined);
    return done;
}

bool
paths_config_file(char **path, struct error *err)
{
    return below_base("XDG_CONFIG_HOME", ".config", "golub/golub.conf", path, err);
}

bool
paths_state(const char *account, char **path, struct error *err)
{
    char rest[128]; /* an account has at most 63 bytes */

    if (!text_print(rest, sizeof rest, "golub/%s", account)) {
        error_state(err, ERROR_CONFIG, "the account's name is too long");
        return false;
    }
    return below_base("XDG_STATE_HOME", ".local/state", rest, path, err);
}

bool
paths_state_home(char **path, struct error *err)
{
    return find_base("XDG_STATE_HOME", ".local/state", path, err);
}

bool
paths_folder_of(const char *file, char **folder, struct error *err)
{
    const char *slash = strrchr(file, '/');
    char name[PATHS_MAX + 1] = ".";

    if (slash != NULL &&
        !text_copy((struct text){file, slash == file ? 1 : (size_t)(slash - file)}, name, sizeof name)) {
        error_state(err, ERROR_CONFIG, "the path of the configuration file is longer than %d bytes", PATHS_MAX);
        return false;
    }
    *folder = realpath(name, NULL);
    if (*folder == NULL) {
        error_sys(err, errno, "find the folder %s", name);
        err->kind = ERROR_CONFIG;
        return false;
    }
    return true;
}

/* Without empty levels, "." and a slash at the end. ".." stays: with symbolic links only the system knows what it
 * means. */
static void
tidy_path(char *path)
{
    char *to = path;

    for (const char *from = path; *from != '\0';) {
        size_t len;

        while (*from == '/')
            from++;
        len = strcspn(from, "/");
        if (len > 0 && !(len == 1 && from[0] == '.')) {
            *to++ = '/';
            memmove(to, from, len);
            to += len;
        }
        from += len;
    }
    if (to == path)
        *to++ = '/';
    *to = '\0';
}

bool
paths_expand(const char *written, const char *base, char **path, struct error *err)
{
    char home[PATHS_MAX + 1];
    bool done;

    if (written[0] == '\0') {
        error_state(err, ERROR_CONFIG, "a path is empty");
        return false;
    }
    if (written[0] == '~' && written[1] != '\0' && written[1] != '/') {
        error_state(err, ERROR_CONFIG, "only ~ and ~/ are understood: %s", written);
        error_hint(err, "Write the path out, or put ./ in front if the name begins with a tilde.");
        return false;
    }
    if (written[0] == '~')
        done = find_home(home, err) && join_path(home, written + 1, path, err);
    else if (written[0] == '/')
        done = join_path("", written + 1, path, err);
    else
        done = join_path(base, written, path, err);
    if (done)
        tidy_path(*path);
    return done;
}

/* Take "x/.." out. Only for a path without symbolic links. */
static void
fold_parents(char *path)
{
    char *to = path;

    for (const char *from = path; *from != '\0';) {
        size_t len = strcspn(from + 1, "/") + 1; /* with its slash in front */

        if (len == 3 && strncmp(from, "/..", 3) == 0) {
            while (to > path && *--to != '/')
                ;
        } else {
            memmove(to, from, len);
            to += len;
        }
        from += len;
    }
    if (to == path)
        *to++ = '/';
    *to = '\0';
}

bool
paths_resolve(const char *path, char **resolved, struct error *err)
{
    char *head = strdup(path), *real = NULL;
    size_t cut = strlen(path);
    bool done = false;

    if (head == NULL)
        return no_memory(err);
    /* From the whole path upwards, until something exists; the root always does. */
    while ((real = realpath(head, NULL)) == NULL && cut > 0) {
        while (cut > 0 && path[cut - 1] != '/')
            cut--;
        if (cut > 0)
            cut--;
        memcpy(head, cut > 0 ? path : "/", cut > 0 ? cut : 1);
        head[cut > 0 ? cut : 1] = '\0';
    }
    if (real == NULL) {
        error_sys(err, errno, "resolve the path %s", path);
        err->kind = ERROR_CONFIG;
    } else {
        const char *rest = path + cut + (path[cut] == '/');

        done = join_path(strcmp(real, "/") == 0 ? "" : real, rest, resolved, err);
        if (done) { /* what does not exist yet can't be a link */
            tidy_path(*resolved);
            fold_parents(*resolved);
        }
    }
    free(real);
    free(head);
    return done;
}

bool
paths_overlap(const char *a, const char *b)
{
    size_t len_a = strlen(a), len_b = strlen(b);
    size_t len = len_a < len_b ? len_a : len_b;
    const char *longer = len_a < len_b ? b : a;

    if (strncmp(a, b, len) != 0)
        return false;
    return longer[len] == '\0' || longer[len] == '/' ||
           len == 1; /* len 1: one of them is the root of the file system */
}
