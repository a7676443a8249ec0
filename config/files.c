/* See files.h. */
#include "config/files.h"

#include <errno.h>
#include <sys/stat.h>

#include "config/paths.h"

static bool
refuse(const char *path, const char *why, struct error *err)
{
    error_state(err, ERROR_CONFIG, "%.200s: %s", path, why);
    error_hint(err, "Name a file in cur/ or new/ of a folder of the account's Maildir.");
    return false;
}

static bool
no_memory(struct error *err)
{
    error_set(err, ERROR_LOCAL, "get memory");
    return false;
}

/* The folder that it stands in, without links, and its name. */
static bool
resolve(const char *path, char **folder, char **name, struct error *err)
{
    char *here = getcwd(NULL, 0), *absolute = NULL, *slash;
    struct stat st;
    bool ok = paths_expand(path, here != NULL ? here : "/", &absolute, err);

    free(here);
    if (!ok)
        return false;
    slash = strrchr(absolute, '/');
    ok = lstat(absolute, &st) == 0 ? S_ISREG(st.st_mode) || refuse(path, "no regular file", err)
                                   : refuse(path, strerror(errno), err);
    if (ok) {
        *name = strdup(slash + 1);
        slash[slash == absolute ? 1 : 0] = '\0';
        *folder = realpath(absolute, NULL);
        ok = (*name != NULL && *folder != NULL) || no_memory(err);
    }
    free(absolute);
    return ok;
}

/* "ROOT/FOLDER/cur" and "BASE:2,S" to FOLDER, BASE and "c:2,S". */
static bool
take_apart(const char *path, const char *root, char *folder, const char *name, struct local_file *file,
           struct error *err)
{
    const size_t root_len = strlen(root), len = strlen(folder);
    const char *suffix = strstr(name, ":2,"), *sub = len > 4 ? folder + len - 4 : "";
    const size_t base_len = suffix != NULL ? (size_t)(suffix - name) : strlen(name);
    char info[LOCAL_INFO_MAX + 1];

    if ((strcmp(sub, "/cur") != 0 && strcmp(sub, "/new") != 0) || len < root_len + 4 ||
        strncmp(folder, root, root_len) != 0 || folder[root_len] != '/')
        return refuse(path, "it stands in no folder of the Maildir", err);
    if (base_len == 0 || base_len > LOCAL_BASE_MAX ||
        !text_print(info, sizeof info, "%c%s", sub[1], suffix != NULL ? suffix : ""))
        return refuse(path, "no name of a message", err);
    folder[len - 4] = '\0';
    file->folder = strdup(len - 4 > root_len ? folder + root_len + 1 : "");
    file->base = strndup(name, base_len);
    file->info = strdup(info);
    return (file->folder != NULL && file->base != NULL && file->info != NULL) || no_memory(err);
}

bool
files_find(const char *const *paths, size_t count, const char *maildir, struct files *files, struct error *err)
{
    char *root = realpath(maildir, NULL);
    bool ok;

    *files = (struct files){.list = calloc(count + 1, sizeof *files->list)};
    ok = files->list != NULL || no_memory(err);
    if (ok && root == NULL) {
        error_sys(err, errno, "open the Maildir %s", maildir);
        err->kind = ERROR_CONFIG;
        ok = false;
    }
    for (size_t i = 0; ok && i < count; i++) {
        char *folder = NULL, *name = NULL;

        files->count++;
        ok = resolve(paths[i], &folder, &name, err) && take_apart(paths[i], root, folder, name, &files->list[i], err);
        free(folder);
        free(name);
    }
    free(root);
    return ok;
}

void
files_free(struct files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free((char *)files->list[i].folder);
        free((char *)files->list[i].base);
        free((char *)files->list[i].info);
    }
    free(files->list);
    *files = (struct files){0};
}
