/*
 * Lists of what is held, as people were shown them. A message stays on every list that it was ever on while it waits, so that an ID which
 * somebody read yesterday still means the same items after a longer list was made. Triggers take a message off its lists when what
 * it waited with is over (schema.c); nothing here does.
 */
#include "store/journal/internal.h"

#include <assert.h>

#define COLUMNS "message, list, kind, reason, since"

static bool
read_hold(sqlite3_stmt *statement, void *row)
{
    struct journal_hold *hold = row;
    struct sql_reader from = {.statement = statement};

    hold->message = read_integer(&from, 1, INT64_MAX);
    read_string(&from, hold->list, sizeof hold->list);
    hold->kind = (enum journal_hold_kind)read_integer(&from, HOLD_REMOVALS, HOLD_ADDITIONS);
    read_string(&from, hold->reason, sizeof hold->reason);
    hold->since = read_integer(&from, INT64_MIN, INT64_MAX);
    return !from.damaged;
}

bool
journal_hold_add(struct journal *journal, const struct journal_hold *hold, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_HOLD_ADD, "INSERT OR IGNORE INTO held (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)", err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&to, hold->message);
    bind_string(&to, hold->list);
    bind_integer(&to, hold->kind);
    bind_string(&to, hold->reason);
    bind_integer(&to, hold->since);
    return sql_run(journal, statement, "write down what is held", err);
}

bool
journal_hold_clear(struct journal *journal, int64_t message, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_HOLD_CLEAR, "DELETE FROM held WHERE message = ?1", err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, message);
    return sql_run(journal, statement, "take a message off its lists", err);
}

bool
journal_holds_of(struct journal *journal, int64_t message, struct journal_hold **list, size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_HOLD_OF, "SELECT " COLUMNS " FROM held WHERE message = ?1 ORDER BY since, list", err);
    void *rows;

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, message);
    if (!sql_list(journal, statement, read_hold, sizeof **list, &rows, count, "find the lists of a message", err))
        return false;
    *list = rows;
    return true;
}

bool
journal_hold_ids(struct journal *journal, enum journal_hold_kind kind, const char *list, int64_t **ids, size_t *count,
                 struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_HOLD_IDS,
        "SELECT DISTINCT message FROM held WHERE kind = ?1 AND (?2 IS NULL OR list = ?2) ORDER BY message", err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&to, kind);
    bind_string(&to, list);
    return sql_ids(journal, statement, ids, count, "find what is held", err);
}

bool
journal_shown_set(struct journal *journal, const struct journal_shown *shown, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_SHOWN_SET,
                    "INSERT OR REPLACE INTO shown (message, sender, date, subject) VALUES (?1, ?2, ?3, ?4)", err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&to, shown->message);
    bind_string(&to, shown->from);
    bind_string(&to, shown->date);
    bind_string(&to, shown->subject);
    return sql_run(journal, statement, "write down what a held message is", err);
}

static bool
read_shown(sqlite3_stmt *statement, void *row)
{
    struct journal_shown *shown = row;
    struct sql_reader from = {.statement = statement};

    shown->message = read_integer(&from, 1, INT64_MAX);
    read_string(&from, shown->from, sizeof shown->from);
    read_string(&from, shown->date, sizeof shown->date);
    read_string(&from, shown->subject, sizeof shown->subject);
    return !from.damaged;
}

bool
journal_shown_get(struct journal *journal, int64_t message, struct journal_shown *shown, bool *found, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_SHOWN_GET, "SELECT message, sender, date, subject FROM shown WHERE message = ?1", err);
    struct journal_shown *rows;
    size_t count;
    void *list;

    *found = false;
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, message);
    if (!sql_list(journal, statement, read_shown, sizeof *shown, &list, &count, "find what a held message is", err))
        return false;
    rows = list;
    *found = count != 0;
    if (count != 0)
        *shown = rows[0];
    free(list);
    return true;
}
