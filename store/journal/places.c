/* What tells whether a folder is still the one that golub left: a row for each mailbox that has a folder. It goes with its mailbox. */
#include "store/journal/internal.h"

#include <assert.h>

static bool
read_place(sqlite3_stmt *statement, void *to)
{
    struct journal_place *place = to;
    struct sql_reader from = {.statement = statement};

    place->mailbox = read_integer(&from, 1, INT64_MAX);
    read_string(&from, place->born, sizeof place->born);
    place->changes = (int)read_integer(&from, 0, 2);
    place->cur_changed = read_integer(&from, INT64_MIN, INT64_MAX);
    place->new_changed = read_integer(&from, INT64_MIN, INT64_MAX);
    place->doubted = read_integer(&from, 0, 1) != 0;
    return !from.damaged;
}

bool
journal_place_get(struct journal *journal, int64_t mailbox, struct journal_place *out, bool *found, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_PLACE_GET,
        "SELECT mailbox, born, changes, cur_changed, new_changed, doubted FROM place WHERE mailbox = ?1", err);

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, mailbox);
    return sql_find(journal, statement, read_place, out, sizeof *out, found, "look up a folder", err);
}

bool
journal_place_save(struct journal *journal, const struct journal_place *place, struct error *err)
{
    /* Saving what is there already changes no row. */
    static const char sql[] =
        "INSERT INTO place (mailbox, born, changes, cur_changed, new_changed, doubted) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT (mailbox) DO UPDATE SET (born, changes, cur_changed, new_changed, doubted) = (?2, ?3, ?4, ?5, ?6)"
        " WHERE (born, changes, cur_changed, new_changed, doubted) IS NOT (?2, ?3, ?4, ?5, ?6)";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_PLACE_SAVE, sql, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&to, place->mailbox);
    bind_string(&to, place->born);
    bind_integer(&to, place->changes);
    bind_integer(&to, place->cur_changed);
    bind_integer(&to, place->new_changed);
    bind_integer(&to, place->doubted);
    return sql_run(journal, statement, "save what tells a folder", err);
}
