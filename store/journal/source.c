/*
 * Reading a journal and leaving no trace.
 *
 * Who holds the run's lock (source_open) is alone with the file: SQLite itself would make -wal and -shm beside a database in WAL mode, so
 *
 *     no -wal, or an empty one of nobody   open as immutable: no lock, no other file
 *     -wal and -shm                        a run was killed: open for reading, with its locks
 *     -wal alone, or -shm unusable         copy both to a private folder, recover there, keep the result in memory
 *
 * Who reads beside a run (source_open_beside) must never take that file for unchanging: a run may begin and end meanwhile, and what it
 * moves from its -wal into the file would be read half old, half new. Nor may it ever stand in a run's way, as it would with SQLite's locks
 * where it is stopped while it opens or closes:
 *
 *     nobody at work                       copy the file to a private folder; if it moved meanwhile, start again
 *     -wal and -shm                        open for reading, and one read transaction
 *     -wal alone                           copy both, as above; if they moved meanwhile, start again
 */
#include "store/journal/internal.h"

#include "store/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BESIDE_TRIES 50 /* of opening beside a run that is about to close */
#define BESIDE_WAIT_US 20000
#define SCRATCH_MAX 4096 /* bytes of a path below $TMPDIR */

/* Size of path + suffix, -1 if there is no such regular file. */
static int64_t
file_size(const char *path, const char *suffix)
{
    char name[SCRATCH_MAX];
    struct stat st;

    if (!text_print(name, sizeof name, "%s%s", path, suffix) || stat(name, &st) != 0 || !S_ISREG(st.st_mode))
        return -1;
    return st.st_size;
}

/* Can the tables be read at all? Opening alone reads nothing. */
static bool
is_readable(sqlite3 *db)
{
    return sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) == SQLITE_OK;
}

void
source_close(struct journal *journal)
{
    (void)sqlite3_close(journal->db); /* no statement is left that could keep it open, and nothing was written */
    journal->db = NULL;
}

static bool
open_shared(struct journal *journal)
{
    int code = sqlite3_open_v2(journal->path, &journal->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

    if (code == SQLITE_OK) {
        (void)sqlite3_busy_timeout(journal->db, 5000);
        (void)sqlite3_db_config(journal->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        if (is_readable(journal->db))
            return true;
    }
    source_close(journal);
    return false;
}

static bool
open_immutable(struct journal *journal, const char *path, struct error *err)
{
    struct buffer uri = buffer_new(4 * SCRATCH_MAX);
    bool built = buffer_adds(&uri, "file:"), done = false;

    for (const char *at = path; built && *at != '\0'; at++)
        built = buffer_addf(&uri, strchr("?#%", *at) != NULL ? "%%%02X" : "%c", (unsigned char)*at);
    if (!built || !buffer_adds(&uri, "?immutable=1")) {
        sql_no_memory(err, "open");
        goto out;
    }
    if (sqlite3_open_v2(uri.at, &journal->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL) !=
            SQLITE_OK ||
        !is_readable(journal->db)) {
        sql_error(journal, err, "read the tables");
        goto out;
    }
    done = true;
out:
    buffer_free(&uri);
    return done;
}

static bool
copy_bytes(int from, int to)
{
    char bytes[32768];
    ssize_t got;

    while ((got = read(from, bytes, sizeof bytes)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        for (ssize_t at = 0; at < got;) {
            ssize_t put = write(to, bytes + at, (size_t)(got - at));

            if (put < 0 && errno != EINTR)
                return false;
            at += put > 0 ? put : 0;
        }
    }
    return true;
}

static bool
copy_file(const char *path, const char *suffix, const char *folder, struct error *err)
{
    char source[SCRATCH_MAX], target[SCRATCH_MAX];
    int from = -1, to = -1;
    bool done = false;

    if (!text_print(source, sizeof source, "%s%s", path, suffix) ||
        !text_print(target, sizeof target, "%s/copy%s", folder, suffix)) {
        error_sys(err, ENAMETOOLONG, "copy journal %s", path);
        return false;
    }
    from = open(source, O_RDONLY | O_CLOEXEC);
    to = from < 0 ? -1 : open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    done = to >= 0 && copy_bytes(from, to);
    if (!done)
        error_sys(err, errno, "copy journal file %s to %s", source, target);
    if (from >= 0)
        (void)close(from); /* only read */
    if (to >= 0 && close(to) != 0 && done) {
        error_sys(err, errno, "copy journal file %s to %s", source, target);
        done = false;
    }
    return done;
}

static void
remove_scratch(const char *folder)
{
    static const char *const names[] = {"copy", "copy-wal", "copy-shm", "copy-journal"};
    char name[SCRATCH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_print(name, sizeof name, "%s/%s", folder, names[i]))
            (void)unlink(name); /* most of them are not there */
    (void)rmdir(folder);        /* private and temporary: what can't be removed is the system's to clean */
}

static bool
make_scratch(char *folder, size_t size, struct error *err)
{
    const char *temporary = getenv("TMPDIR");

    if (temporary == NULL || temporary[0] != '/')
        temporary = "/tmp";
    if (text_print(folder, size, "%s/golub-XXXXXX", temporary) && mkdtemp(folder) != NULL)
        return true;
    error_sys(err, errno, "make a temporary folder in %s", temporary);
    return false;
}

static bool
open_copy(struct journal *journal, struct error *err)
{
    char folder[SCRATCH_MAX - 32], name[SCRATCH_MAX];
    bool done = false;

    if (!make_scratch(folder, sizeof folder, err))
        return false;
    if (!copy_file(journal->path, "", folder, err) || !copy_file(journal->path, "-wal", folder, err))
        goto out;
    text_print(name, sizeof name, "%s/copy", folder);
    if (sqlite3_open_v2(name, &journal->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        !is_readable(journal->db)) {
        sql_error(journal, err, "read the tables");
        goto out;
    }
    done = source_to_memory(journal, err);
out:
    if (!done)
        source_close(journal);
    remove_scratch(folder);
    return done;
}

bool
source_to_memory(struct journal *journal, struct error *err)
{
    sqlite3 *memory = NULL;
    sqlite3_backup *backup;
    int code;

    if (sqlite3_open_v2(":memory:", &memory, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        (void)sqlite3_close(memory);
        sql_no_memory(err, "copy into memory");
        return false;
    }
    backup = sqlite3_backup_init(memory, "main", journal->db, "main");
    if (backup != NULL)
        do
            code = sqlite3_backup_step(backup, -1);
        while (code == SQLITE_BUSY || code == SQLITE_LOCKED);
    code = sqlite3_backup_finish(backup);
    if (backup == NULL || code != SQLITE_OK) {
        struct journal failed = {.db = memory, .path = journal->path};

        sql_error(&failed, err, "copy into memory");
        (void)sqlite3_close(memory);
        return false;
    }
    source_close(journal);
    journal->db = memory;
    return true;
}

bool
source_is_alone(const struct journal *journal)
{
    return file_size(journal->path, "") > 0 && file_size(journal->path, "-wal") < 0 &&
           file_size(journal->path, "-journal") < 0;
}

bool
source_open(struct journal *journal, bool *missing, struct error *err)
{
    struct stat st;
    int64_t wal;

    *missing = false;
    if (stat(journal->path, &st) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            *missing = true;
            return true;
        }
        error_sys(err, errno, "open journal %s", journal->path);
        return false;
    }
    if (!S_ISREG(st.st_mode)) {
        error_set(err, ERROR_LOCAL, "open journal %s", journal->path);
        error_answer(err, TEXT("not a regular file"));
        return false;
    }
    if (st.st_size == 0) { /* made by a run that was killed right then */
        *missing = true;
        return true;
    }
    wal = file_size(journal->path, "-wal");
    if (wal >= 0 && file_size(journal->path, "-shm") >= 0 && open_shared(journal))
        return true;
    return wal > 0 ? open_copy(journal, err) : open_immutable(journal, journal->path, err);
}

/* ---- beside a run ---- */

struct moment { /* what tells that somebody was at work on the file */
    bool there, wal, shm;
    ino_t inode;
    off_t size, wal_size;
    struct timespec changed, wal_changed;
};

static struct moment
look_at_files(const struct journal *journal)
{
    struct moment now = {0};
    char name[SCRATCH_MAX];
    struct stat st;

    if (stat(journal->path, &st) == 0) {
        now.there = true;
        now.inode = st.st_ino;
        now.size = st.st_size;
        now.changed = st.st_mtim;
    }
    if (text_print(name, sizeof name, "%s-wal", journal->path) && stat(name, &st) == 0) {
        now.wal = true;
        now.wal_size = st.st_size;
        now.wal_changed = st.st_mtim;
    }
    now.shm = file_size(journal->path, "-shm") >= 0;
    return now;
}

static bool
is_same_moment(const struct moment *a, const struct moment *b)
{
    return a->there == b->there && a->wal == b->wal && a->shm == b->shm && a->inode == b->inode && a->size == b->size &&
           a->wal_size == b->wal_size && clock_same(a->changed, b->changed) &&
           clock_same(a->wal_changed, b->wal_changed);
}

/* Of the file alone. Its name goes at once; what is open stays. */
static bool
open_copy_at_rest(struct journal *journal, struct error *err)
{
    char folder[SCRATCH_MAX - 32], name[SCRATCH_MAX];
    bool done = false;

    if (!make_scratch(folder, sizeof folder, err))
        return false;
    text_print(name, sizeof name, "%s/copy", folder);
    done = copy_file(journal->path, "", folder, err) && open_immutable(journal, name, err);
    remove_scratch(folder);
    return done;
}

static bool
open_transaction(struct journal *journal, struct error *err)
{
    if (!open_shared(journal)) {
        error_set(err, ERROR_LOCAL, "read the tables in journal %s", journal->path);
        error_answer(err, TEXT("it is being opened or closed"));
        error_hint(err, "Try again.");
        return false;
    }
    if (sqlite3_exec(journal->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK && is_readable(journal->db))
        return true;
    sql_error(journal, err, "read the tables");
    source_close(journal);
    return false;
}

/* *moved: somebody was at work meanwhile, so that it may go otherwise the next time. */
static bool
open_once(struct journal *journal, bool *moved, bool *missing, struct error *err)
{
    struct moment now = look_at_files(journal), after;
    bool done, shared = now.wal && now.shm;

    *moved = false;
    *missing = !now.there || now.size == 0; /* without a byte: made by a run that was killed right then */
    if (*missing)
        return true;
    if (shared)
        done = open_transaction(journal, err);
    else
        done = now.wal && now.wal_size > 0 ? open_copy(journal, err) : open_copy_at_rest(journal, err);
    after = look_at_files(journal);
    *moved = !is_same_moment(&now, &after);
    if (done && (shared || !*moved))
        return true;
    if (done)
        source_close(journal);
    return false;
}

bool
source_open_beside(struct journal *journal, bool *missing, struct error *err)
{
    struct stat st;
    bool moved;

    journal->reader = true;
    if (stat(journal->path, &st) != 0) {
        *missing = errno == ENOENT || errno == ENOTDIR;
        if (!*missing)
            error_sys(err, errno, "open journal %s", journal->path);
        return *missing;
    }
    if (!S_ISREG(st.st_mode)) {
        error_set(err, ERROR_LOCAL, "open journal %s", journal->path);
        error_answer(err, TEXT("not a regular file"));
        return false;
    }
    for (int i = 0; i < BESIDE_TRIES; i++) {
        if (open_once(journal, &moved, missing, err))
            return true;
        if (!moved) /* what is wrong stays wrong */
            return false;
        (void)usleep(BESIDE_WAIT_US);
    }
    error_set(err, ERROR_LOCAL, "read journal %s", journal->path);
    error_answer(err, TEXT("runs that follow each other at once change it all the time"));
    error_hint(err, "Try again.");
    return false;
}
