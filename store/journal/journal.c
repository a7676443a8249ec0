/*
 * The journal as a whole: open and close, transactions, meta. The tables have a file each.
 *
 * meta's key `clean` is 1 while no run is half-way: the first transaction that changes a row makes it 0, in the same
 * commit, and a close makes it 1 again. A run that changes nothing writes nothing. Where it is 0
 * when the journal is opened, the last run was killed, and quick_check looks through the file before it is believed.
 */
#include "store/journal/internal.h"
#include "store/journal/overlay.h"
#include "store/journal/schema.h"
#include "store/journal/temporary.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define CACHE_KIB "1152" /* what falls out is in the kernel's cache: 16 MiB were no faster with 40,000 messages */
#define BUSY_MS 5000     /* `status` may read while a run is at work, and a checkpoint has to wait for it */

void
journal_free(struct journal *journal)
{
    if (journal == NULL)
        return;
    for (size_t i = 0; i < SQL_STATEMENTS; i++)
        (void)sqlite3_finalize(journal->statements[i]); /* repeats an error that was reported */
    if (journal->db != NULL) {
        int code = sqlite3_close(journal->db);

        assert(code != SQLITE_BUSY); /* a statement outside the cache was not finalized */
    }
    temporary_free(journal->temporary);
    overlay_free(journal->overlay);
    lines_free(&journal->lines);
    free(journal->merge);
    free(journal->recent);
    free(journal->path);
    free(journal);
}

struct journal *
journal_new(const char *path, struct error *err)
{
    struct journal *journal = calloc(1, sizeof *journal);

    if (journal != NULL) {
        journal->path = strdup(path);
        journal->temporary = temporary_new(path);
    }
    if (journal == NULL || journal->path == NULL || journal->temporary == NULL) {
        journal_free(journal);
        sql_no_memory(err, "open");
        return NULL;
    }
    return journal;
}

/* A database is somebody's input: nothing in its schema may call a function of ours or get at its own tables. */
static bool
configure(struct journal *journal, struct error *err)
{
    (void)sqlite3_extended_result_codes(journal->db, 1);
    (void)sqlite3_busy_timeout(journal->db, BUSY_MS);
    (void)sqlite3_db_config(journal->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return sql_exec(journal, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON",
                    "configure", err);
}

void
journal_count_from_here(struct journal *journal)
{
    journal->changes_at_open = sqlite3_total_changes64(journal->db);
    journal->changes_own = 0;
}

static bool
make_folder(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder;
    bool done;

    if (slash == NULL || slash == path)
        return true;
    folder = strndup(path, (size_t)(slash - path));
    if (folder == NULL) {
        sql_no_memory(err, "make the folder of");
        return false;
    }
    done = mkdir(folder, 0700) == 0 || errno == EEXIST;
    if (!done)
        error_sys(err, errno, "make state folder %s", folder);
    free(folder);
    return done;
}

/* SQLite gives -wal and -shm the database's own mode, so it must be right before SQLite sees it. */
static bool
make_file(const char *path, bool *made, struct error *err)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool done = false;

    *made = fd >= 0;
    if (fd < 0 && errno == EEXIST)
        fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        error_sys(err, errno, "open journal %s", path);
        error_hint(err, "Look at owner and permissions of the state folder and the files in it.");
    } else if (!S_ISREG(st.st_mode)) {
        error_set(err, ERROR_LOCAL, "open journal %s", path);
        error_answer(err, TEXT("not a regular file"));
    } else if ((st.st_mode & 077) != 0 && fchmod(fd, 0600) != 0) {
        error_sys(err, errno, "take journal %s out of others' reach", path);
    } else {
        done = true;
    }
    if (fd >= 0)
        (void)close(fd); /* nothing was written */
    return done;
}

static bool
check_quickly(struct journal *journal, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    const char *words;
    bool sound = false;

    if (sqlite3_prepare_v2(journal->db, "PRAGMA quick_check(1)", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        sql_error(journal, err, "look for damage");
        goto out;
    }
    words = (const char *)sqlite3_column_text(statement, 0);
    sound = words != NULL && strcmp(words, "ok") == 0;
    if (!sound) {
        sql_damaged(journal, err, "look for damage");
        error_answer(err, text_of(words));
    }
out:
    sqlite3_finalize(statement);
    return sound;
}

static bool
check_after_crash(struct journal *journal, struct error *err)
{
    int64_t clean;

    if (!sql_query(journal, "SELECT count(*) FROM meta WHERE k = 'clean' AND v = '1'", &clean, "look for damage", err))
        return false;
    journal->unclean = journal->cut_off = clean == 0;
    return clean != 0 || check_quickly(journal, err);
}

static bool
use_wal(struct journal *journal, struct error *err)
{
    static const char what[] = "turn on write-ahead logging";
    int64_t synchronous;
    sqlite3_stmt *statement = NULL;
    bool wal;

    if (sqlite3_prepare_v2(journal->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        sql_error(journal, err, what);
        sqlite3_finalize(statement);
        return false;
    }
    wal = strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    sqlite3_finalize(statement);
    if (!wal) {
        error_set(err, ERROR_LOCAL, "%s in journal %s", what, journal->path);
        error_answer(err, TEXT("the file system can't do it"));
        error_hint(err, "Put the state folder on a local disk.");
        return false;
    }
    return sql_exec(journal, "PRAGMA synchronous = FULL; PRAGMA cache_size = -" CACHE_KIB, what, err) &&
           sql_query(journal, "PRAGMA synchronous", &synchronous, what, err) && synchronous == 2;
}

/* Whose is it, which version, is it sound? Asked of a reader that leaves no trace: what is refused stays as it was. */
static bool
probe(struct journal *journal, int *version, struct error *err)
{
    bool missing, good;

    *version = 0;
    if (!source_open(journal, &missing, err))
        return false;
    if (missing)
        return true;
    good = configure(journal, err) && schema_version(journal, JOURNAL_SCHEMA, version, err) &&
           (*version == 0 || check_after_crash(journal, err));
    source_close(journal);
    return good;
}

static bool
open_durable(struct journal *journal, struct error *err)
{
    int version;

    if (!probe(journal, &version, err))
        return false;
    if (sqlite3_open_v2(journal->path, &journal->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        temporary_vfs(journal->temporary)) != SQLITE_OK) {
        sql_error(journal, err, "open the database");
        return false;
    }
    if (!configure(journal, err) || !use_wal(journal, err) ||
        !schema_migrate(journal, schema_steps, version, JOURNAL_SCHEMA, err))
        return false;
    if (version == 0 && !sql_exec(journal, "INSERT INTO meta (k, v) VALUES ('clean', '1')", "open", err))
        return false;
    journal->durable = true;
    journal_count_from_here(journal);
    return true;
}

static void
remove_file(const char *path, const char *suffix)
{
    struct buffer name = buffer_new(SIZE_MAX / 2);

    if (buffer_addf(&name, "%s%s", path, suffix))
        (void)unlink(name.at); /* made a moment ago, empty or half made */
    buffer_free(&name);
}

struct journal *
journal_open(const char *path, struct error *err)
{
    struct journal *journal = journal_new(path, err);
    bool made = false;

    if (journal == NULL)
        return NULL;
    if (make_folder(path, err) && make_file(path, &made, err) && open_durable(journal, err))
        return journal;
    journal_free(journal);
    if (made) {
        remove_file(path, "-wal");
        remove_file(path, "-shm");
        remove_file(path, "");
    }
    return NULL;
}

bool
journal_open_tables(struct journal *journal, struct error *err)
{
    int version;

    if (!configure(journal, err) || !schema_version(journal, JOURNAL_SCHEMA, &version, err) ||
        !schema_migrate(journal, schema_steps, version, JOURNAL_SCHEMA, err))
        return false;
    journal_count_from_here(journal);
    return true;
}

/* What is written goes aside; all else is read from the file, which nobody changes while the run's lock is held. */
static bool
open_overlaid(struct journal *journal, struct error *err)
{
    journal->overlay = overlay_new();
    if (journal->overlay == NULL) {
        sql_no_memory(err, "open");
        return false;
    }
    if (sqlite3_open_v2(journal->path, &journal->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        overlay_vfs(journal->overlay)) != SQLITE_OK) {
        sql_error(journal, err, "open the database");
        return false;
    }
    return sql_exec(journal, "PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = -" CACHE_KIB, "open the database",
                    err);
}

struct journal *
journal_open_copy(const char *path, struct error *err)
{
    struct journal *journal = journal_new(path, err);
    bool missing, done = false;

    if (journal == NULL)
        goto out;
    if (source_is_alone(journal)) {
        done = open_overlaid(journal, err) && journal_open_tables(journal, err);
        goto out;
    }
    if (!source_open(journal, &missing, err))
        goto out;
    if (missing &&
        sqlite3_open_v2(":memory:", &journal->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        sql_error(journal, err, "open");
        goto out;
    }
    if (!missing && !source_to_memory(journal, err))
        goto out;
    done = journal_open_tables(journal, err);
out:
    if (!done) {
        journal_free(journal);
        journal = NULL;
    }
    return journal;
}

struct journal *
journal_open_read(const char *path, bool *missing, struct error *err)
{
    struct journal *journal = journal_new(path, err);
    int version = 0;
    bool done = false;

    *missing = false;
    if (journal == NULL || !source_open_beside(journal, missing, err) || *missing)
        goto out;
    if (!configure(journal, err) || !schema_version(journal, JOURNAL_SCHEMA, &version, err))
        goto out;
    /* An older one is brought up to date in memory only: reading has to leave it as it is. */
    if (version < JOURNAL_SCHEMA && (!source_to_memory(journal, err) || !journal_open_tables(journal, err)))
        goto out;
    journal_count_from_here(journal);
    done = true;
out:
    if (!done) {
        journal_free(journal);
        journal = NULL;
    }
    return journal;
}

bool
journal_was_cut_off(const struct journal *journal)
{
    return journal->cut_off;
}

void
journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    struct error ignored; /* temporary tables go with the connection */

    journal_rollback(journal);
    if (!listing_commit(journal, &ignored))
        journal->broken = true;
    /* If this fails the next run looks for damage once more than it had to. */
    if (journal->durable && journal->unclean && !journal->broken &&
        sqlite3_exec(journal->db, "REPLACE INTO meta (k, v) VALUES ('clean', '1')", NULL, NULL, NULL) == SQLITE_OK)
        journal_shrink(journal);
    journal_free(journal);
}

static bool
run_statement(struct journal *journal, enum statement which, const char *sql, const char *what, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, which, sql, err);

    return statement != NULL && sql_run(journal, statement, what, err);
}

bool
journal_begin(struct journal *journal, struct error *err)
{
    assert(!journal->in_transaction);
    if (!listing_commit(journal, err) ||
        !run_statement(journal, SQL_BEGIN, "BEGIN IMMEDIATE", "begin a transaction", err))
        return false;
    journal->in_transaction = true;
    journal->changes_at_begin = sqlite3_total_changes64(journal->db);
    return true;
}

/* Nothing was changed: then nothing is written, either. */
static bool
note_unclean(struct journal *journal, struct error *err)
{
    if (!journal->durable || journal->unclean || sqlite3_total_changes64(journal->db) == journal->changes_at_begin)
        return true;
    if (!sql_exec(journal, "REPLACE INTO meta (k, v) VALUES ('clean', '0')", "commit", err))
        return false;
    journal->changes_own++;
    return true;
}

static bool
hook_allows(struct journal *journal, bool after, struct error *err)
{
    if (journal->hook == NULL || journal->hook(journal->hook_context, after))
        return true;
    error_set(err, ERROR_LOCAL, "commit to journal %s", journal->path);
    error_answer(err, text_of(after ? "stopped after the commit" : "stopped before the commit"));
    return false;
}

bool
journal_commit(struct journal *journal, struct error *err)
{
    bool changed;

    assert(journal->in_transaction);
    changed = sqlite3_total_changes64(journal->db) != journal->changes_at_begin;
    if (!hook_allows(journal, false, err) || !note_unclean(journal, err) ||
        !run_statement(journal, SQL_COMMIT, "COMMIT", "commit", err)) {
        journal_rollback(journal);
        return false;
    }
    journal->in_transaction = false;
    if (changed)
        journal->unclean = true;
    return hook_allows(journal, true, err);
}

void
journal_rollback(struct journal *journal)
{
    recent_forget_all(journal);
    journal->no_ops = false;
    if (!journal->in_transaction)
        return;
    journal->in_transaction = false;
    if (!sqlite3_get_autocommit(journal->db)) /* SQLite has rolled back by itself after some errors */
        (void)sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL); /* what is left is undone by the next open */
}

int64_t
journal_changes(struct journal *journal)
{
    return sqlite3_total_changes64(journal->db) - journal->changes_at_open - journal->changes_own;
}

bool
journal_get(struct journal *journal, const char *key, char **value, struct error *err)
{
    static const char what[] = "read a setting";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_META_GET, "SELECT v FROM meta WHERE k = ?1", err);
    struct sql_reader from = {.statement = statement};
    enum sql_outcome outcome;

    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, key);
    outcome = sql_step(journal, statement, what, err);
    if (outcome == SQL_DONE)
        *value = NULL;
    if (outcome != SQL_ROW)
        return outcome == SQL_DONE;
    char *copy = read_copy(&from);
    sql_end(statement);
    if (copy == NULL && from.no_memory)
        sql_no_memory(err, what);
    else if (copy == NULL)
        sql_damaged(journal, err, what);
    else
        *value = copy;
    return copy != NULL;
}

bool
journal_get_all(struct journal *journal, const char *beginning,
                bool (*each)(void *context, struct text rest, struct text value), void *context, struct error *err)
{
    static const char what[] = "read settings of one kind";
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_META_ALL,
        "SELECT substr(k, length(?1) + 1), v FROM meta WHERE k >= ?1 AND k < ?2 AND v <> '' ORDER BY k", err);
    struct sql_binder to = {.statement = statement};
    char end[64];
    enum sql_outcome outcome;

    assert(beginning[0] != '\0' && strlen(beginning) < sizeof end);
    if (statement == NULL)
        return false;
    (void)text_print(end, sizeof end, "%s", beginning);
    end[strlen(end) - 1]++;
    bind_string(&to, beginning);
    bind_string(&to, end);
    while ((outcome = sql_step(journal, statement, what, err)) == SQL_ROW) {
        struct sql_reader from = {.statement = statement};
        const struct text rest = read_text(&from), value = read_text(&from);

        if (from.damaged)
            sql_damaged(journal, err, what);
        if (from.damaged || !each(context, rest, value)) {
            sql_end(statement);
            return false;
        }
    }
    return outcome == SQL_DONE;
}

bool
journal_set(struct journal *journal, const char *key, const char *value, struct error *err)
{
    static const char sql[] = "INSERT INTO meta (k, v) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = ?2"
                              " WHERE v <> ?2";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_META_SET, sql, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_string(&to, key);
    bind_string(&to, value);
    return sql_run(journal, statement, "write a setting", err);
}
