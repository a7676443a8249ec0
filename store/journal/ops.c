/* Intents: what is about to be asked of the server, or done to a file, that can't be repeated without looking first. */
#include "store/journal/internal.h"

#include <assert.h>

#define COLUMNS                                                                                                        \
    "kind, mailbox, message, target, uidvalidity, uidnext, canonical, size, date, attempt, since, name, seen"
#define VALUES "?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14"

static bool
read_op(sqlite3_stmt *statement, void *row)
{
    struct journal_op *op = row;
    struct sql_reader from = {.statement = statement};

    op->id = read_integer(&from, 1, INT64_MAX);
    op->kind = (enum journal_op_kind)read_integer(&from, OP_UPLOAD, OP_DELETE_THERE);
    op->mailbox = read_integer(&from, 0, INT64_MAX);
    op->message = read_integer(&from, 0, INT64_MAX);
    op->target = read_integer(&from, 0, INT64_MAX);
    op->uidvalidity = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    op->uidnext = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    if (!read_digest(&from, op->canonical))
        from.damaged = true;
    op->size = (uint64_t)read_integer(&from, 0, INT64_MAX);
    op->date = read_integer(&from, INT64_MIN, INT64_MAX);
    op->attempt = (int)read_integer(&from, INT32_MIN, INT32_MAX);
    op->since = read_integer(&from, INT64_MIN, INT64_MAX);
    read_string(&from, op->name, sizeof op->name);
    op->seen = read_integer(&from, INT64_MIN, INT64_MAX);
    return !from.damaged;
}

static void
bind_op(sqlite3_stmt *statement, const struct journal_op *op)
{
    struct sql_binder to = {.statement = statement};

    bind_integer(&to, op->id);
    bind_integer(&to, op->kind);
    bind_integer(&to, op->mailbox);
    bind_integer(&to, op->message);
    bind_integer(&to, op->target);
    bind_integer(&to, op->uidvalidity);
    bind_integer(&to, op->uidnext);
    bind_digest(&to, op->canonical);
    bind_integer(&to, (int64_t)op->size);
    bind_integer(&to, op->date);
    bind_integer(&to, op->attempt);
    bind_integer(&to, op->since);
    bind_string(&to, op->name);
    bind_integer(&to, op->seen);
}

bool
journal_op_add(struct journal *journal, struct journal_op *op, struct error *err)
{
    static const char what[] = "add an intent";
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_OP_ADD, "INSERT INTO op (id, " COLUMNS ") VALUES (nullif(?1, 0), " VALUES ")", err);

    assert(journal->in_transaction);
    op->id = 0;
    journal->no_ops = false;
    if (statement == NULL || !sql_fits(op->size, what, err))
        return false;
    bind_op(statement, op);
    if (!sql_run(journal, statement, what, err))
        return false;
    op->id = sqlite3_last_insert_rowid(journal->db);
    return true;
}

bool
journal_op_save(struct journal *journal, const struct journal_op *op, struct error *err)
{
    static const char what[] = "save an intent";
    static const char update[] = "UPDATE op SET (" COLUMNS ") = (" VALUES ")"
                                 " WHERE id = ?1 AND (" COLUMNS ") IS NOT (" VALUES ")";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_OP_SAVE, update, err);

    assert(journal->in_transaction);
    if (statement == NULL || !sql_fits(op->size, what, err))
        return false;
    bind_op(statement, op);
    return sql_run(journal, statement, what, err) &&
           sql_exists(journal, SQL_OP_EXISTS, "SELECT 1 FROM op WHERE id = ?1", op->id, what, err);
}

bool
journal_op_delete(struct journal *journal, int64_t id, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_OP_DELETE, "DELETE FROM op WHERE id = ?1", err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, id);
    return sql_run(journal, statement, "delete an intent", err);
}

/* Most runs have none, and would ask for that of each message. */
static bool
are_none(struct journal *journal, struct error *err)
{
    sqlite3_stmt *statement;
    int64_t some;

    if (journal->no_ops)
        return true;
    statement = sql_prepare(journal, SQL_OP_ANY, "SELECT EXISTS (SELECT 1 FROM op)", err);
    journal->no_ops = statement != NULL && sql_number(journal, statement, 1, &some, "find an intent", err) && some == 0;
    return journal->no_ops;
}

bool
journal_op_of(struct journal *journal, int64_t message, struct journal_op *out, bool *found, struct error *err)
{
    /*
     * The first of both kinds, each the first of an index. Asked for in one and in order they would be sorted, and a sort begins with a table of
     * its own. Found by `message`: most intents have no target, and each would be looked at. That is what the sign is for.
     */
    static const char sql[] = "SELECT id, " COLUMNS " FROM op WHERE ?1 <> 0 AND id = min("
                              "ifnull((SELECT min(id) FROM op WHERE target = ?1), 9223372036854775807),"
                              " ifnull((SELECT min(id) FROM op WHERE message = ?1 AND +target = 0),"
                              " 9223372036854775807))";
    sqlite3_stmt *statement;

    *found = false;
    if (are_none(journal, err))
        return true;
    statement = sql_prepare(journal, SQL_OP_OF, sql, err);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, message);
    return sql_find(journal, statement, read_op, out, sizeof *out, found, "find an intent", err);
}

bool
journal_op_sent(struct journal *journal, const char *name, const unsigned char wire[static DIGEST_SIZE],
                struct journal_op *out, bool *found, struct error *err)
{
#define SENT "message = 0 AND +target = 0 AND kind = 1 AND canonical = ?1 AND name = ?2"
    static const char sql[] =
        "SELECT id, " COLUMNS " FROM op AS last WHERE " SENT /* without a sort, as above */
        " AND NOT EXISTS (SELECT 1 FROM op WHERE " SENT " AND (since, id) > (last.since, last.id))";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_OP_SENT, sql, err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_digest(&to, wire);
    bind_string(&to, name);
    return sql_find(journal, statement, read_op, out, sizeof *out, found, "find what was sent", err);
}

bool
journal_ops(struct journal *journal, struct journal_op **ops, size_t *count, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_OP_LIST, "SELECT id, " COLUMNS " FROM op ORDER BY id", err);
    void *rows;

    if (statement == NULL || !sql_list(journal, statement, read_op, sizeof **ops, &rows, count, "list intents", err))
        return false;
    *ops = rows;
    return true;
}
