/* Differences that were seen and wait: why, since when, and what would have to be done. */
#include "store/journal/internal.h"

#include <assert.h>

#define COLUMNS "mailbox, message, kind, detail, why, since, hold, not_before"

static bool
read_pending(sqlite3_stmt *statement, void *row)
{
    struct journal_pending *pending = row;
    struct sql_reader from = {.statement = statement};

    pending->mailbox = read_integer(&from, 0, INT64_MAX);
    pending->message = read_integer(&from, 0, INT64_MAX);
    pending->kind = (enum journal_pending_kind)read_integer(&from, PENDING_POLICY, PENDING_MAILBOX);
    read_string(&from, pending->detail, sizeof pending->detail);
    read_string(&from, pending->why, sizeof pending->why);
    pending->since = read_integer(&from, INT64_MIN, INT64_MAX);
    read_string(&from, pending->hold, sizeof pending->hold);
    pending->not_before = read_integer(&from, 0, INT64_MAX);
    return !from.damaged;
}

bool
journal_pending_set(struct journal *journal, const struct journal_pending *pending, struct error *err)
{
    static const char sql[] = "INSERT INTO pending (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                              " ON CONFLICT (mailbox, message) DO UPDATE SET"
                              " since = iif((kind, detail) IS (excluded.kind, excluded.detail), since, excluded.since),"
                              " (kind, detail, why, hold, not_before) ="
                              " (excluded.kind, excluded.detail, excluded.why, excluded.hold, excluded.not_before)"
                              " WHERE (kind, detail, why, hold, not_before) IS NOT"
                              " (excluded.kind, excluded.detail, excluded.why, excluded.hold, excluded.not_before)";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_PENDING_SET, sql, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&to, pending->mailbox);
    bind_integer(&to, pending->message);
    bind_integer(&to, pending->kind);
    bind_string(&to, pending->detail);
    bind_string(&to, pending->why);
    bind_integer(&to, pending->since);
    bind_string(&to, pending->hold);
    bind_integer(&to, pending->not_before);
    return sql_run(journal, statement, "save what is pending", err);
}

bool
journal_pending_clear(struct journal *journal, int64_t mailbox, int64_t message, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_PENDING_CLEAR, "DELETE FROM pending WHERE mailbox = ?1 AND message = ?2", err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&to, mailbox);
    bind_integer(&to, message);
    return sql_run(journal, statement, "clear what was pending", err);
}

bool
journal_pending_get(struct journal *journal, int64_t mailbox, int64_t message, struct journal_pending *out, bool *found,
                    struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_PENDING_GET,
                                          "SELECT " COLUMNS " FROM pending WHERE mailbox = ?1 AND message = ?2", err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&to, mailbox);
    bind_integer(&to, message);
    return sql_find(journal, statement, read_pending, out, sizeof *out, found, "find what is pending", err);
}

static bool
read_since(sqlite3_stmt *statement, void *row)
{
    struct sql_reader from = {.statement = statement};

    *(int64_t *)row = read_integer(&from, INT64_MIN, INT64_MAX);
    return !from.damaged;
}

bool
journal_pending_oldest(struct journal *journal, const char *detail, int64_t after, int64_t *since, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_PENDING_OLDEST,
                    "SELECT since FROM pending WHERE detail = ?1 AND since > ?2 ORDER BY since LIMIT 1", err);
    struct sql_binder to = {.statement = statement};
    bool found;

    *since = INT64_MAX;
    if (statement == NULL)
        return false;
    bind_string(&to, detail);
    bind_integer(&to, after);
    return sql_find(journal, statement, read_since, since, sizeof *since, &found, "find what is pending", err);
}

bool
journal_pendings(struct journal *journal, struct journal_pending **list, size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_PENDING_LIST, "SELECT " COLUMNS " FROM pending ORDER BY mailbox, message", err);
    void *rows;

    if (statement == NULL ||
        !sql_list(journal, statement, read_pending, sizeof **list, &rows, count, "list what is pending", err))
        return false;
    *list = rows;
    return true;
}
