/* SQLite without its repetition: errors with a hint, cached statements, columns bound and read in order. */
#include "store/journal/internal.h"
#include "store/journal/quarantine.h"

#include <assert.h>
#include <errno.h>
#include <sys/statvfs.h>

#define LITTLE (256 * 1024) /* bytes free, with which SQLite can't be sure of the files beside the journal */

/* Who only reads may have read beside a run that was at work: it throws nothing away. The next run looks through the file. */
static const char *
damaged_hint(const struct journal *journal)
{
    return journal->reader
               ? "Try again; if it stays so, the next sync or import looks through the journal and says what to do."
               : "Move the file away, with its -wal: " JOURNAL_ANEW;
}

static const char *
hint_for(const struct journal *journal, int code)
{
    switch (code) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* a statement that can't be prepared: a table or column of ours is not there */
    case SQLITE_SCHEMA:
        return damaged_hint(journal);
    case SQLITE_FULL:
        return "Make room on the file system that holds the state folder.";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "Another program has the journal open; try again when it is done.";
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
        return "Look at owner and permissions of the state folder and the files in it.";
    case SQLITE_IOERR: /* also where what it writes beside the file has no room, or a limit ends that: SQLite does not tell which */
        return "Make room on the disk that holds the state folder, look at the limit on the size of files (ulimit -f), "
               "and at the disk itself; it has to be a local one.";
    case SQLITE_PROTOCOL:
        return "Look at the disk that holds the state folder; it has to be a local one.";
    default:
        return "";
    }
}

/* SQLite says that there is no room only of the journal itself, and has one answer for all that befalls the files beside it. */
static bool
has_no_room(const struct journal *journal, int code)
{
    struct statvfs fs;

    return code == SQLITE_FULL ||
           (code == SQLITE_IOERR && statvfs(journal->path, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < LITTLE);
}

void
sql_error(struct journal *journal, struct error *err, const char *what)
{
    int code = journal->db != NULL ? sqlite3_errcode(journal->db) & 0xff : SQLITE_NOMEM;

    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_IOERR)
        journal->broken = true;
    error_set(err, ERROR_LOCAL, "%s in journal %s", what, journal->path);
    error_answer(err, text_of(journal->db != NULL ? sqlite3_errmsg(journal->db) : "out of memory"));
    err->number = has_no_room(journal, code) ? ENOSPC : 0;
    error_hint(err, "%s", hint_for(journal, code));
}

void
sql_damaged(struct journal *journal, struct error *err, const char *what)
{
    journal->broken = true;
    error_set(err, ERROR_LOCAL, "%s in journal %s", what, journal->path);
    error_answer(err, TEXT("a value there is not one that golub writes"));
    error_hint(err, "%s", damaged_hint(journal));
}

void
sql_no_row(struct journal *journal, struct error *err, const char *what)
{
    error_set(err, ERROR_LOCAL, "%s in journal %s", what, journal->path);
    error_answer(err, TEXT("there is no such row"));
}

void
sql_no_memory(struct error *err, const char *what)
{
    error_set(err, ERROR_LOCAL, "%s in the journal", what);
    error_answer(err, TEXT("out of memory"));
}

bool
sql_fits(uint64_t value, const char *what, struct error *err)
{
    if (value <= INT64_MAX)
        return true;
    error_set(err, ERROR_LOCAL, "%s in the journal", what);
    error_answer(err, TEXT("a number is above 2^63-1"));
    return false;
}

bool
sql_exec(struct journal *journal, const char *sql, const char *what, struct error *err)
{
    if (sqlite3_exec(journal->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    sql_error(journal, err, what);
    return false;
}

bool
sql_query(struct journal *journal, const char *sql, int64_t *value, const char *what, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool done = false;

    if (sqlite3_prepare_v2(journal->db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        *value = sqlite3_column_int64(statement, 0);
        done = true;
    } else {
        sql_error(journal, err, what);
    }
    sqlite3_finalize(statement);
    return done;
}

/*
 * What is read between two transactions is read in one of its own, which lasts until the next one that writes: SQLite would
 * lock the file and let it go again for each row. The journal has one writer, so nothing is older for it.
 */
static void
read_on(struct journal *journal, enum statement which)
{
    if (journal->db != NULL && !journal->in_transaction && !journal->reading && which != SQL_BEGIN &&
        sqlite3_get_autocommit(journal->db))
        journal->reading = sqlite3_exec(journal->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
}

sqlite3_stmt *
sql_prepare(struct journal *journal, enum statement which, const char *sql, struct error *err)
{
    sqlite3_stmt **cached = &journal->statements[which];

    read_on(journal, which);
    if (*cached == NULL &&
        sqlite3_prepare_v3(journal->db, sql, -1, SQLITE_PREPARE_PERSISTENT, cached, NULL) != SQLITE_OK) {
        sql_error(journal, err, "prepare a statement");
        *cached = NULL;
    }
    return *cached;
}

void
sql_end(sqlite3_stmt *statement)
{
    (void)sqlite3_reset(statement); /* repeats the error of the last step, which was reported there */
    (void)sqlite3_clear_bindings(statement);
}

enum sql_outcome
sql_step(struct journal *journal, sqlite3_stmt *statement, const char *what, struct error *err)
{
    int code = sqlite3_step(statement);

    if (code == SQLITE_ROW)
        return SQL_ROW;
    if (code != SQLITE_DONE)
        sql_error(journal, err, what);
    sql_end(statement);
    return code == SQLITE_DONE ? SQL_DONE : SQL_FAILED;
}

bool
sql_run(struct journal *journal, sqlite3_stmt *statement, const char *what, struct error *err)
{
    enum sql_outcome outcome = sql_step(journal, statement, what, err);

    assert(outcome != SQL_ROW);
    return outcome == SQL_DONE;
}

/* Binding allocates nothing: it fails only for a place that the statement does not have, which is our mistake. */
void
bind_integer(struct sql_binder *to, int64_t value)
{
    int code = sqlite3_bind_int64(to->statement, ++to->at, value);

    assert(code == SQLITE_OK);
}

void
bind_string(struct sql_binder *to, const char *value)
{
    int code = sqlite3_bind_text(to->statement, ++to->at, value, -1, SQLITE_STATIC);

    assert(code == SQLITE_OK);
}

void
bind_digest(struct sql_binder *to, const unsigned char *digest)
{
    int code = sqlite3_bind_blob(to->statement, ++to->at, digest, DIGEST_SIZE, SQLITE_STATIC);

    assert(code == SQLITE_OK);
}

void
bind_bytes(struct sql_binder *to, const void *bytes, size_t len)
{
    int code = len == 0 ? sqlite3_bind_zeroblob(to->statement, ++to->at, 0)
                        : sqlite3_bind_blob64(to->statement, ++to->at, bytes, len, SQLITE_STATIC);

    assert(code == SQLITE_OK);
}

int64_t
read_integer(struct sql_reader *from, int64_t least, int64_t most)
{
    int column = from->at++;
    int64_t value = sqlite3_column_int64(from->statement, column);

    if (value >= least && value <= most)
        return value;
    from->damaged = true;
    return least;
}

/* The column's bytes; false: NULL, or damaged. */
static bool
read_bytes(struct sql_reader *from, struct text *bytes)
{
    int column = from->at++;

    if (sqlite3_column_type(from->statement, column) == SQLITE_NULL)
        return false;
    bytes->at = (const char *)sqlite3_column_blob(from->statement, column);
    bytes->len = (size_t)sqlite3_column_bytes(from->statement, column);
    if (bytes->at == NULL) {
        bytes->at = "";
        bytes->len = 0; /* an empty value has no address; so has one that there was no memory for */
        if (sqlite3_errcode(sqlite3_db_handle(from->statement)) == SQLITE_NOMEM)
            from->damaged = true;
    }
    return !from->damaged;
}

void
read_string(struct sql_reader *from, char *to, size_t size)
{
    struct text bytes;

    to[0] = '\0';
    if (read_bytes(from, &bytes) && !text_copy(bytes, to, size))
        from->damaged = true;
}

bool
read_digest(struct sql_reader *from, unsigned char to[static DIGEST_SIZE])
{
    struct text bytes;

    memset(to, 0, DIGEST_SIZE);
    if (!read_bytes(from, &bytes))
        return false;
    if (bytes.len != DIGEST_SIZE) {
        from->damaged = true;
        return false;
    }
    memcpy(to, bytes.at, DIGEST_SIZE);
    return true;
}

size_t
read_at_most(struct sql_reader *from, void *to, size_t size)
{
    struct text bytes;

    memset(to, 0, size);
    if (!read_bytes(from, &bytes))
        return 0;
    if (bytes.len > size) {
        from->damaged = true;
        return 0;
    }
    memcpy(to, bytes.at, bytes.len);
    return bytes.len;
}

struct text
read_text(struct sql_reader *from)
{
    struct text bytes;

    return read_bytes(from, &bytes) ? bytes : (struct text){"", 0};
}

char *
read_copy(struct sql_reader *from)
{
    struct text bytes;
    char *copy;

    if (!read_bytes(from, &bytes))
        return NULL;
    copy = malloc(bytes.len + 1);
    from->no_memory = from->no_memory || copy == NULL;
    if (copy == NULL || text_copy(bytes, copy, bytes.len + 1))
        return copy;
    from->damaged = true;
    free(copy);
    return NULL;
}

bool
sql_find(struct journal *journal, sqlite3_stmt *statement, sql_read *read, void *out, size_t size, bool *found,
         const char *what, struct error *err)
{
    union { /* the largest row, so that out stays as it is if the row is damaged */
        struct journal_message message;
        struct journal_op op;
        struct journal_pending pending;
        struct journal_pop pop;
        struct journal_quarantined quarantined;
    } row;
    enum sql_outcome outcome = sql_step(journal, statement, what, err);

    assert(size <= sizeof row);
    if (outcome == SQL_DONE)
        *found = false;
    if (outcome != SQL_ROW)
        return outcome == SQL_DONE;
    memset(&row, 0, size);
    bool sound = read(statement, &row);
    sql_end(statement);
    if (!sound) {
        sql_damaged(journal, err, what);
        return false;
    }
    memcpy(out, &row, size);
    *found = true;
    return true;
}

bool
sql_list(struct journal *journal, sqlite3_stmt *statement, sql_read *read, size_t size, void **rows, size_t *count,
         const char *what, struct error *err)
{
    enum sql_outcome outcome;
    char *list = NULL;
    size_t have = 0, used = 0;

    while ((outcome = sql_step(journal, statement, what, err)) == SQL_ROW) {
        if (!array_grow(&list, &have, used + 1, size)) {
            sql_no_memory(err, what);
            goto failed;
        }
        memset(list + used * size, 0, size);
        if (!read(statement, list + used * size)) {
            sql_damaged(journal, err, what);
            goto failed;
        }
        used++;
    }
    if (outcome == SQL_FAILED)
        goto failed;
    *rows = list;
    *count = used;
    return true;
failed:
    sql_end(statement);
    free(list);
    return false;
}

static bool
read_id(sqlite3_stmt *statement, void *row)
{
    struct sql_reader from = {.statement = statement};
    int64_t id = read_integer(&from, 1, INT64_MAX);

    memcpy(row, &id, sizeof id);
    return !from.damaged;
}

bool
sql_ids(struct journal *journal, sqlite3_stmt *statement, int64_t **ids, size_t *count, const char *what,
        struct error *err)
{
    void *rows;

    if (!sql_list(journal, statement, read_id, sizeof **ids, &rows, count, what, err))
        return false;
    *ids = rows;
    return true;
}

bool
sql_number(struct journal *journal, sqlite3_stmt *statement, int64_t most, int64_t *number, const char *what,
           struct error *err)
{
    struct sql_reader from = {.statement = statement};

    if (sql_step(journal, statement, what, err) != SQL_ROW)
        return false; /* can't be SQL_DONE: an aggregate always has its row */
    int64_t value = read_integer(&from, 0, most);
    sql_end(statement);
    if (from.damaged) {
        sql_damaged(journal, err, what);
        return false;
    }
    *number = value;
    return true;
}

bool
sql_exists(struct journal *journal, enum statement which, const char *sql, int64_t id, const char *what,
           struct error *err)
{
    enum sql_outcome outcome;
    sqlite3_stmt *statement;

    if (sqlite3_changes64(journal->db) > 0)
        return true;
    statement = sql_prepare(journal, which, sql, err);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, id);
    outcome = sql_step(journal, statement, what, err);
    if (outcome == SQL_ROW)
        sql_end(statement);
    if (outcome == SQL_DONE)
        sql_no_row(journal, err, what);
    return outcome == SQL_ROW;
}
