/*
 * A folder that holds no mail goes, without ever removing anything that is not known: directories go by rmdir alone, and files only by name.
 *
 *   tmp/, new/, cur/, each only if it is empty | known files | the directory | its parent is durable
 *
 * tmp/ goes first, since nobody delivers without it. Where new/ or cur/ is not empty, what went is made again: a folder that holds a message stays a
 * folder. A run that is cut off in between leaves less than a folder, and the next call goes on from there.
 */
#include "store/maildir/ops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

/* Files that mail servers and programs that keep a tree leave beside cur/: they say nothing that is not about its mail. */
static bool
is_known(const char *name)
{
    static const char *const whole[] = {".uidvalidity",         ".isyncuidmap.db",  "maildirfolder",
                                        "maildirsize",          ".mbsyncstate",     ".mbsyncstate.new",
                                        ".mbsyncstate.journal", ".mbsyncstate.lock"};

    static const char *const beginnings[] = {
        "dovecot.index",       "dovecot.list.index", "dovecot.mailbox.log", "dovecot-uidlist", "dovecot-keywords",
        "dovecot-uidvalidity", "courierimapuiddb",   "courierimapkeywords", "courierimapacl",  "courierimapsubscribed"};

    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (strcmp(name, whole[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

static bool
is_sub(const char *name)
{
    return strcmp(name, "tmp") == 0 || strcmp(name, "new") == 0 || strcmp(name, "cur") == 0;
}

/* ---- what else stands there ---- */

struct besides {
    bool (*entry)(void *context, const char *name, bool directory);
    void *context;
    const char *sub; /* that is being listed; NULL: the folder itself */
    bool any;
};

static bool
tell(void *self, const char *name, unsigned char type)
{
    struct besides *besides = self;
    char whole[512];

    besides->any = true;
    if (besides->sub == NULL && ((is_sub(name) && type == DT_DIR) || (is_known(name) && type == DT_REG)))
        return true;
    /* In new/ and cur/ what is a regular file and has no dot before its name is mail, or is said to be none. */
    if (besides->sub != NULL && strcmp(besides->sub, "tmp") != 0 && type == DT_REG && name[0] != '.')
        return true;
    (void)text_print(whole, sizeof whole, "%s%s%s", besides->sub != NULL ? besides->sub : "",
                     besides->sub != NULL ? "/" : "", name);
    return besides->entry(besides->context, whole, type == DT_DIR && besides->sub == NULL);
}

static bool
tell_all(int fd, struct besides *besides)
{
    bool stopped, listed = list_directory(fd, tell, besides, &stopped);

    for (enum sub sub = 0; listed && !stopped && sub < SUB_COUNT; sub++) {
        int at = io_open(fd, folder_sub_name(sub), O_RDONLY | O_DIRECTORY, 0);

        besides->sub = folder_sub_name(sub);
        listed = at >= 0 ? list_directory(at, tell, besides, &stopped) : folder_gone(errno);
        (void)io_close(&at); /* only read */
    }
    return listed;
}

bool
remove_folder_beside(void *local, const char *folder, bool (*entry)(void *context, const char *name, bool directory),
                     void *context, bool *missing, bool *empty, struct error *err)
{
    struct besides besides = {.entry = entry, .context = context};
    int fd = folder_walk(local, folder);
    bool done;

    *missing = fd < 0 && errno == ENOENT; /* a link, or a file, in its place is what a person put there */
    *empty = true;
    if (*missing)
        return true;
    done = fd >= 0 && tell_all(fd, &besides);
    if (!done)
        error_sys(err, errno, "look into folder \"%s\"", folder);
    *empty = !besides.any;
    (void)io_close(&fd); /* only read */
    return done;
}

/* ---- it goes ---- */

/* tmp/ before the others. @return false with errno; *holds: one of them is not empty, and all three stand again */
static bool
remove_subs(int fd, bool *holds)
{
    static const enum sub order[SUB_COUNT] = {SUB_TMP, SUB_NEW, SUB_CUR};

    *holds = false;
    for (size_t i = 0; i < SUB_COUNT; i++) {
        const char *name = folder_sub_name(order[i]);

        if (unlinkat(fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
            continue;
        const int why = errno;
        *holds = why == ENOTEMPTY || why == EEXIST;
        while (i-- > 0)
            if (mkdirat(fd, folder_sub_name(order[i]), MODE_FOLDER) != 0 && errno != EEXIST)
                return false;
        errno = why;
        return *holds;
    }
    return true;
}

static bool
remove_known(void *self, const char *name, unsigned char type)
{
    const int fd = *(const int *)self;

    if (type == DT_REG && is_known(name))
        (void)unlinkat(fd, name, 0); /* one that stays keeps the directory */
    return true;
}

static const char *
last_level(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool
remove_directory(struct maildir *maildir, const char *folder, int fd)
{
    const char *name = last_level(folder);
    char above[LOCAL_FOLDER_MAX + 1];
    int parent;
    bool stopped, done = list_directory(fd, remove_known, &fd, &stopped) && maildir_sync(maildir, fd);

    if (!done ||
        !text_copy((struct text){folder, name == folder ? 0 : (size_t)(name - folder) - 1}, above, sizeof above))
        return false;
    parent = folder_walk(maildir, above);
    done = parent >= 0 &&
           (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST) &&
           maildir_sync(maildir, parent);
    (void)io_close(&parent); /* flushed */
    return done;
}

bool
remove_folder(void *local, const char *folder, bool *holds, struct error *err)
{
    struct maildir *maildir = local;
    bool done;
    int fd;

    *holds = false;
    folder_close_all(maildir, false); /* they are kept by their paths */
    fd = folder_name_plain(last_level(folder)) ? folder_walk(maildir, folder) : -1;
    if (fd < 0 && folder_gone(errno)) {
        *holds = errno != ENOENT;
        return true;
    }
    done = fd >= 0 && remove_subs(fd, holds) && (*holds || remove_directory(maildir, folder, fd));
    if (!done)
        error_sys(err, errno, "remove folder \"%s\"", folder);
    (void)io_close(&fd); /* flushed */
    return done;
}
