/* The index of the quarantine folder. It outlives the messages' own rows. */
#include "store/journal/internal.h"
#include "store/journal/quarantine.h"

#include <assert.h>

/* What a file is; its id comes before, and what became of it behind. */
#define KEPT                                                                                                           \
    "name, mailbox, base, info, uid, why, since, counted, size, run, wire, flags, keywords, date, origin, mailbox_id"

/* NULL where it is not known. */
static void
bind_detail(struct sql_binder *to, bool known, int64_t value)
{
    if (known)
        bind_integer(to, value);
    else
        bind_string(to, NULL);
}

bool
journal_quarantine_add(struct journal *journal, const struct journal_quarantined *row, struct error *err)
{
    static const char what[] = "add to the quarantine";
    static const char sql[] = /* again after a crash: the same file, the same row */
        "INSERT INTO quarantine (" KEPT ", put_back) VALUES"
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
        " ON CONFLICT (name) DO UPDATE SET (mailbox, base, info, uid, why, since, counted, size, run, wire, flags, "
        "keywords, date,"
        " origin, mailbox_id, put_back) = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_QUARANTINE_ADD, sql, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL || !sql_fits(row->size, what, err) || !sql_fits(row->run, what, err))
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
    bind_integer(&to, (int64_t)row->run);
    bind_digest(&to, row->has_wire ? row->wire : NULL);
    bind_detail(&to, row->has_details, row->flags);
    bind_string(&to, row->keywords);
    bind_detail(&to, row->has_details, row->date);
    bind_string(&to, row->origin[0] != '\0' ? row->origin : NULL);
    bind_detail(&to, row->mailbox_id != 0, row->mailbox_id);
    bind_integer(&to, row->put_back);
    return sql_run(journal, statement, what, err);
}

bool
journal_quarantine_delete(struct journal *journal, int64_t id, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_QUARANTINE_DELETE, "DELETE FROM quarantine WHERE id = ?1", err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, id);
    return sql_run(journal, statement, "delete from the quarantine", err);
}

bool
journal_quarantine_withdraw(struct journal *journal, const char *name, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_QUARANTINE_WITHDRAW, "DELETE FROM quarantine WHERE name = ?1", err);

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

    row->id = read_integer(&from, 1, INT64_MAX);
    read_string(&from, row->name, sizeof row->name);
    read_string(&from, row->mailbox, sizeof row->mailbox);
    read_string(&from, row->base, sizeof row->base);
    read_string(&from, row->info, sizeof row->info);
    row->uid = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    read_string(&from, row->why, sizeof row->why);
    row->since = read_integer(&from, INT64_MIN, INT64_MAX);
    row->counted = read_integer(&from, INT64_MIN, INT64_MAX);
    row->size = (uint64_t)read_integer(&from, 0, INT64_MAX);
    row->run = (uint64_t)read_integer(&from, 0, INT64_MAX);
    row->has_wire = read_digest(&from, row->wire);
    row->has_details = sqlite3_column_type(statement, from.at) != SQLITE_NULL;
    row->flags = row->has_details ? (unsigned)read_integer(&from, 0, UINT32_MAX) : 0;
    from.at += !row->has_details;
    read_string(&from, row->keywords, sizeof row->keywords);
    row->date = row->has_details ? read_integer(&from, INT64_MIN, INT64_MAX) : 0;
    from.at += !row->has_details;
    read_string(&from, row->origin, sizeof row->origin);
    row->mailbox_id =
        sqlite3_column_type(statement, from.at) != SQLITE_NULL ? read_integer(&from, 1, INT64_MAX) : (from.at++, 0);
    row->put_back = read_integer(&from, INT64_MIN, INT64_MAX);
    return !from.damaged;
}

bool
journal_quarantine_get(struct journal *journal, int64_t id, struct journal_quarantined *out, bool *found,
                       struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_QUARANTINE_GET, "SELECT id, " KEPT ", put_back FROM quarantine WHERE id = ?1", err);

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, id);
    return sql_find(journal, statement, read_quarantined, out, sizeof *out, found, "read a row of the quarantine", err);
}

bool
journal_quarantine_alike(struct journal *journal, uint64_t size, int64_t date, int64_t *id, struct error *err)
{
    static const char what[] = "look for a message in the quarantine";
    static const char sql[] =
        "SELECT coalesce(max(id), 0) FROM quarantine WHERE size = ?1 AND date = ?2 AND why = '" JOURNAL_REMOVED_THERE
        "' AND wire IS NOT NULL";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_QUARANTINE_ALIKE, sql, err);
    struct sql_binder to = {.statement = statement};
    struct sql_reader from = {.statement = statement};

    if (statement == NULL || !sql_fits(size, what, err))
        return false;
    bind_integer(&to, (int64_t)size);
    bind_integer(&to, date);
    if (sql_step(journal, statement, what, err) != SQL_ROW) /* an aggregate always has one */
        return false;
    *id = read_integer(&from, 0, INT64_MAX);
    sql_end(statement);
    return true;
}

bool
journal_quarantine_of(struct journal *journal, const char *origin, struct journal_quarantined *out, bool *found,
                      struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_QUARANTINE_OF,
                    "SELECT id, " KEPT ", put_back FROM quarantine WHERE origin = ?1 ORDER BY id DESC LIMIT 1", err);

    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, origin);
    return sql_find(journal, statement, read_quarantined, out, sizeof *out, found, "look into the quarantine", err);
}

bool
journal_quarantine_ids(struct journal *journal, int64_t before, int64_t **ids, size_t *count, struct error *err)
{
    static const char sql[] = "SELECT id FROM quarantine WHERE counted < ?1 OR ?1 = 9223372036854775807"
                              " ORDER BY counted, id";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_QUARANTINE_IDS, sql, err);

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, before);
    return sql_ids(journal, statement, ids, count, "list the quarantine", err);
}

bool
journal_quarantine_sum(struct journal *journal, struct journal_quarantine_sum *sum, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_QUARANTINE_SUM,
                    "SELECT count(*), coalesce(sum(size), 0), coalesce(min(since), 0) FROM quarantine", err);
    struct sql_reader from = {.statement = statement};

    if (statement == NULL)
        return false;
    if (sql_step(journal, statement, "count the quarantine", err) != SQL_ROW) /* an aggregate always has one */
        return false;
    sum->count = (uint64_t)read_integer(&from, 0, INT64_MAX);
    sum->bytes = (uint64_t)read_integer(&from, 0, INT64_MAX);
    sum->oldest = read_integer(&from, INT64_MIN, INT64_MAX);
    sql_end(statement);
    return true;
}

bool
journal_quarantine_return(struct journal *journal, int64_t id, const char *base, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_QUARANTINE_RETURN, "UPDATE quarantine SET returned = ?2 WHERE id = ?1", err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&to, id);
    bind_string(&to, base);
    return sql_run(journal, statement, "note what is put back", err);
}

bool
journal_quarantine_returned(struct journal *journal, const char *base, struct journal_quarantined *out, bool *found,
                            struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_QUARANTINE_RETURNED,
                    "SELECT id, " KEPT ", put_back FROM quarantine WHERE returned = ?1 LIMIT 1", err);

    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, base);
    return sql_find(journal, statement, read_quarantined, out, sizeof *out, found, "look into the quarantine", err);
}

bool
journal_quarantine_put_back(struct journal *journal, int64_t id, int64_t when, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_QUARANTINE_PUT_BACK, "UPDATE quarantine SET put_back = ?2 WHERE id = ?1", err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&to, id);
    bind_integer(&to, when);
    return sql_run(journal, statement, "note what was put back", err);
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
