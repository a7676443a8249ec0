/*
 * What files were when their bytes were last known: of those that were just sent, and of drafts, which are edited in place. Names say
 * nothing about that. A row goes with its message.
 */
#include "store/journal/internal.h"

#include <assert.h>

#define COLUMNS "message, size, seconds, nanoseconds, wire, since"

bool
journal_print_set(struct journal *journal, const struct journal_print *print, struct error *err)
{
    static const char what[] = "save the print of a file";
    static const char sql[] =
        "INSERT INTO print (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (message) DO UPDATE"
        " SET (size, seconds, nanoseconds, wire, since) = (?2, ?3, ?4, ?5, ?6)"
        " WHERE (size, seconds, nanoseconds, wire, since) IS NOT (?2, ?3, ?4, ?5, ?6)";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_PRINT_SET, sql, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL || !sql_fits(print->file.size, what, err) || !sql_fits(print->wire, what, err))
        return false;
    bind_integer(&to, print->message);
    bind_integer(&to, (int64_t)print->file.size);
    bind_integer(&to, print->file.seconds);
    bind_integer(&to, print->file.nanoseconds);
    bind_integer(&to, (int64_t)print->wire);
    bind_integer(&to, print->since);
    return sql_run(journal, statement, what, err);
}

bool
journal_print_clear(struct journal *journal, int64_t message, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_PRINT_CLEAR, "DELETE FROM print WHERE message = ?1", err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, message);
    return sql_run(journal, statement, "forget the print of a file", err);
}

static bool
read_print(sqlite3_stmt *statement, void *row)
{
    struct journal_print *print = row;
    struct sql_reader from = {.statement = statement};

    print->message = read_integer(&from, 1, INT64_MAX);
    print->file.size = (uint64_t)read_integer(&from, 0, INT64_MAX);
    print->file.seconds = read_integer(&from, INT64_MIN, INT64_MAX);
    print->file.nanoseconds = read_integer(&from, INT64_MIN, INT64_MAX);
    print->wire = (uint64_t)read_integer(&from, 0, INT64_MAX);
    print->since = read_integer(&from, INT64_MIN, INT64_MAX);
    return !from.damaged;
}

bool
journal_print_get(struct journal *journal, int64_t message, struct journal_print *out, bool *found, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_PRINT_GET, "SELECT " COLUMNS " FROM print WHERE message = ?1", err);

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, message);
    return sql_find(journal, statement, read_print, out, sizeof *out, found, "find the print of a file", err);
}

bool
journal_print_ids(struct journal *journal, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_PRINT_IDS, "SELECT message FROM print ORDER BY message", err);

    return statement != NULL && sql_ids(journal, statement, ids, count, "list the prints of files", err);
}
