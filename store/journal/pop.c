/* One row for each message of a POP maildrop that golub has to do with. */
#include "store/journal/internal.h"

#include <assert.h>

#define COLUMNS "uidl, state, size, header, base, since, keep, hold, why"

static void
bind_row(struct sql_binder *to, const struct journal_pop *row)
{
    bind_string(to, row->uidl);
    bind_integer(to, row->state);
    bind_integer(to, (int64_t)row->size);
    bind_digest(to, row->has_header ? row->header : NULL);
    bind_string(to, row->base);
    bind_integer(to, row->since);
    bind_integer(to, row->keep_days);
    bind_string(to, row->hold);
    bind_string(to, row->why);
}

bool
journal_pop_save(struct journal *journal, struct journal_pop *row, struct error *err)
{
    static const char what[] = "save a POP message";
    static const char insert[] = "INSERT INTO pop (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    static const char update[] = "UPDATE pop SET (" COLUMNS ") = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) WHERE id = ?10";
    bool fresh = row->id == 0;
    sqlite3_stmt *statement =
        fresh ? sql_prepare(journal, SQL_POP_INSERT, insert, err) : sql_prepare(journal, SQL_POP_UPDATE, update, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL || !sql_fits(row->size, what, err))
        return false;
    bind_row(&to, row);
    if (!fresh)
        bind_integer(&to, row->id);
    if (!sql_run(journal, statement, what, err))
        return false;
    if (!fresh)
        return sql_exists(journal, SQL_POP_EXISTS, "SELECT 1 FROM pop WHERE id = ?1", row->id, what, err);
    row->id = sqlite3_last_insert_rowid(journal->db);
    return true;
}

bool
journal_pop_delete(struct journal *journal, int64_t id, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_DELETE, "DELETE FROM pop WHERE id = ?1", err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, id);
    return sql_run(journal, statement, "forget a POP message", err);
}

static bool
read_row(sqlite3_stmt *statement, void *to)
{
    struct journal_pop *row = to;
    struct sql_reader from = {.statement = statement};

    row->id = read_integer(&from, 1, INT64_MAX);
    read_string(&from, row->uidl, sizeof row->uidl);
    row->state = (enum journal_pop_state)read_integer(&from, POP_FETCHING, POP_REMOVING);
    row->size = (uint64_t)read_integer(&from, 0, INT64_MAX);
    row->has_header = read_digest(&from, row->header);
    read_string(&from, row->base, sizeof row->base);
    row->since = read_integer(&from, INT64_MIN, INT64_MAX);
    row->keep_days = (int)read_integer(&from, -1, INT32_MAX);
    read_string(&from, row->hold, sizeof row->hold);
    read_string(&from, row->why, sizeof row->why);
    return !from.damaged;
}

bool
journal_pop_get(struct journal *journal, int64_t id, struct journal_pop *out, bool *found, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_GET, "SELECT id, " COLUMNS " FROM pop WHERE id = ?1", err);

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, id);
    return sql_find(journal, statement, read_row, out, sizeof *out, found, "read a POP message", err);
}

bool
journal_pop_by_uidl(struct journal *journal, const char *uidl, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_POP_BY_UIDL, "SELECT id FROM pop WHERE uidl = ?1 ORDER BY id", err);

    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, uidl);
    return sql_ids(journal, statement, ids, count, "find POP messages by UIDL", err);
}

bool
journal_pop_ids(struct journal *journal, int state, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        state == 0 ? sql_prepare(journal, SQL_POP_IDS_ALL, "SELECT id FROM pop ORDER BY id", err)
                   : sql_prepare(journal, SQL_POP_IDS, "SELECT id FROM pop WHERE state = ?1 ORDER BY id", err);

    if (statement == NULL)
        return false;
    if (state != 0)
        bind_integer(&(struct sql_binder){.statement = statement}, state);
    return sql_ids(journal, statement, ids, count, "list POP messages", err);
}

bool
journal_pop_count(struct journal *journal, int state, uint64_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        state == 0 ? sql_prepare(journal, SQL_POP_COUNT_ALL, "SELECT count(*) FROM pop", err)
                   : sql_prepare(journal, SQL_POP_COUNT, "SELECT count(*) FROM pop WHERE state = ?1", err);
    int64_t number;

    if (statement == NULL)
        return false;
    if (state != 0)
        bind_integer(&(struct sql_binder){.statement = statement}, state);
    if (!sql_number(journal, statement, INT64_MAX, &number, "count POP messages", err))
        return false;
    *count = (uint64_t)number;
    return true;
}

bool
journal_pop_due(struct journal *journal, int days, int64_t now, int64_t **ids, size_t *count, struct error *err)
{
    static const char sql[] = "SELECT id FROM pop WHERE state IN (2, 4) AND since <= ?1 ORDER BY id";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_DUE, sql, err);

    static_assert(POP_STORED == 2 && POP_REMOVING == 4, "the statement holds these numbers");
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, now - (int64_t)days * 86400);
    return sql_ids(journal, statement, ids, count, "list POP messages that are due", err);
}

bool
journal_pop_held(struct journal *journal, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_POP_HELD, "SELECT id FROM pop WHERE hold <> '' ORDER BY id", err);

    return statement != NULL && sql_ids(journal, statement, ids, count, "list held removals", err);
}
