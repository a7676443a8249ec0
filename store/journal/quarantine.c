/* The index of the quarantine folder. It outlives the messages' own rows. */
#include "store/journal/internal.h"

#include <assert.h>

#define COLUMNS "name, mailbox, base, info, uid, why, since, counted, size"

bool
journal_quarantine_add(struct journal *journal, const struct journal_quarantined *row, struct error *err)
{
    static const char what[] = "add to the quarantine";
    static const char sql[] = /* again after a crash: the same file, the same row */
        "INSERT INTO quarantine (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (name) DO UPDATE"
        " SET (mailbox, base, info, uid, why, since, counted, size) = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_QUARANTINE_ADD, sql, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL || !sql_fits(row->size, what, err))
        return false;
    bind_string(&to, row->name);
    bind_string(&to, row->mailbox);
    bind_string(&to, row->base);
    bind_string(&to, row->info);
    bind_integer(&to, row->uid);
    bind_string(&to, row->why);
    bind_integer(&to, row->since);
    bind_integer(&to, row->counted != 0 ? row->counted : row->since);
    bind_integer(&to, (int64_t)row->size);
    return sql_run(journal, statement, what, err);
}

bool
journal_quarantine_delete(struct journal *journal, const char *name, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_QUARANTINE_DELETE, "DELETE FROM quarantine WHERE name = ?1", err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, name);
    return sql_run(journal, statement, "delete from the quarantine", err);
}

static bool
read_quarantined(sqlite3_stmt *statement, void *to)
{
    struct journal_quarantined *row = to;
    struct sql_reader from = {.statement = statement};

    read_string(&from, row->name, sizeof row->name);
    read_string(&from, row->mailbox, sizeof row->mailbox);
    read_string(&from, row->base, sizeof row->base);
    read_string(&from, row->info, sizeof row->info);
    row->uid = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    read_string(&from, row->why, sizeof row->why);
    row->since = read_integer(&from, INT64_MIN, INT64_MAX);
    row->counted = read_integer(&from, INT64_MIN, INT64_MAX);
    row->size = (uint64_t)read_integer(&from, 0, INT64_MAX);
    return !from.damaged;
}

bool
journal_quarantine_list(struct journal *journal, int64_t before, struct journal_quarantined **list, size_t *count,
                        struct error *err)
{
    static const char sql[] = "SELECT " COLUMNS " FROM quarantine WHERE counted < ?1 OR ?1 = 9223372036854775807"
                              " ORDER BY counted, name";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_QUARANTINE_LIST, sql, err);
    void *rows;

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, before);
    if (!sql_list(journal, statement, read_quarantined, sizeof **list, &rows, count, "list the quarantine", err))
        return false;
    *list = rows;
    return true;
}

bool
journal_quarantine_newest(struct journal *journal, int64_t *newest, struct error *err)
{
    static const char what[] = "look for the newest file of the quarantine";
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_QUARANTINE_NEWEST, "SELECT coalesce(max(counted), -9223372036854775807 - 1) FROM quarantine", err);
    struct sql_reader from = {.statement = statement};

    if (statement == NULL)
        return false;
    if (sql_step(journal, statement, what, err) != SQL_ROW) /* an aggregate always has one */
        return false;
    *newest = read_integer(&from, INT64_MIN, INT64_MAX);
    sql_end(statement);
    return true;
}

bool
journal_quarantine_clamp(struct journal *journal, int64_t latest, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_QUARANTINE_CLAMP, "UPDATE quarantine SET counted = ?1 WHERE counted > ?1", err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, latest);
    return sql_run(journal, statement, "date the quarantine", err);
}

bool
journal_knows_base(struct journal *journal, const char *base, bool *known, struct error *err)
{
    static const char sql[] = "SELECT (SELECT count(*) FROM message WHERE base = ?1)"
                              " + (SELECT count(*) FROM quarantine WHERE base = ?1)";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_KNOWS_BASE, sql, err);
    int64_t number;

    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, base);
    if (!sql_number(journal, statement, INT64_MAX, &number, "find a file's name", err))
        return false;
    *known = number > 0;
    return true;
}

bool
journal_had_base(struct journal *journal, const char *base, int64_t before, bool *had, struct error *err)
{
    static const char sql[] = "SELECT count(*) FROM message WHERE base = ?1 AND uid IS NOT NULL AND date < ?2";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_HAD_BASE, sql, err);
    struct sql_binder to = {.statement = statement};
    int64_t number;

    if (statement == NULL)
        return false;
    bind_string(&to, base);
    bind_integer(&to, before);
    if (!sql_number(journal, statement, INT64_MAX, &number, "find a file's name", err))
        return false;
    *had = number > 0;
    return true;
}
