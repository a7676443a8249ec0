/*
 * SQLite knows one folder for temporary files a process (sqlite3_temp_directory), and several accounts are at work at once. But it asks its
 * VFS for a temporary file by opening no name at all: so this VFS is a copy of the usual one that gives a name to what has none. A file
 * without a name is unlinked by the usual one as soon as it is open, so nothing of it stays behind whatever ends golub.
 */
#include "store/journal/temporary.h"

#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

#include "store/base/text.h"

#define STATEMENT_KEPT (2 * 1024 * 1024) /* bytes */

struct temporary {
    sqlite3_vfs vfs; /* first: SQLite hands it back */
    sqlite3_vfs *usual;
    char name[64];
    char *file; /* of every temporary file: none keeps it */
};

static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    const struct temporary *temporary = (const struct temporary *)vfs;

    if (name == NULL) {
        name = temporary->file;
        (void)unlink(name); /* a process of this number died between two calls; one that is open has no name any more */
    }
    return temporary->usual->xOpen(temporary->usual, name, file, flags, out);
}

/* "…/sqlite-1234-55d0c0.tmp": nobody else's. With two NULs: SQLite looks for parameters behind a name. */
static char *
name_beside(const char *path, const struct temporary *temporary)
{
    const char *slash = strrchr(path, '/');
    const int folder = slash != NULL ? (int)(slash - path) + 1 : 0;
    const size_t size = (size_t)folder + 64;
    char *name = calloc(size, 1);

    if (name != NULL)
        (void)text_print(name, size - 1, "%.*ssqlite-%d-%zx.tmp", folder, path, (int)getpid(), (size_t)temporary);
    return name;
}

/*
 * What pages were before a statement is kept until it ends. One that changes more than this spills them to a file, and SQLite goes on with that file
 * for all statements that follow in the transaction: two writes for each page that they change. Its own limit is 64 KiB.
 */
static void
keep_in_memory(void)
{
    /* Refused where SQLite is in use already: then it's slower. Its own account of memory, which nobody reads, takes a lock for each piece. */
    (void)sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, STATEMENT_KEPT);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

struct temporary *
temporary_new(const char *path)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const int prepared = pthread_once(&once, keep_in_memory);
    sqlite3_vfs *usual = prepared == 0 && sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find(NULL) : NULL;
    struct temporary *temporary = usual == NULL ? NULL : calloc(1, sizeof *temporary);

    if (temporary == NULL)
        return NULL;
    temporary->vfs =
        *usual; /* its functions take a copy of it as they take it: they use nothing but pAppData and the sizes */
    temporary->vfs.xOpen = open_file;
    temporary->vfs.zName = temporary->name;
    temporary->vfs.pNext = NULL;
    temporary->usual = usual;
    (void)text_print(temporary->name, sizeof temporary->name, "golub-%p", (void *)temporary);
    temporary->file = name_beside(path, temporary);
    if (temporary->file != NULL && sqlite3_vfs_register(&temporary->vfs, 0) == SQLITE_OK)
        return temporary;
    free(temporary->file);
    free(temporary);
    return NULL;
}

const char *
temporary_vfs(const struct temporary *temporary)
{
    return temporary != NULL ? temporary->name : NULL;
}

void
temporary_free(struct temporary *temporary)
{
    if (temporary == NULL)
        return;
    (void)sqlite3_vfs_unregister(&temporary->vfs);
    free(temporary->file);
    free(temporary);
}
