/*
 * Which files of an import are here: names of folders, in a temporary table, against the base names of the rows. A folder that did not move
 * since the last look is not among them, and its rows are taken to be where they were.
 */
#include "store/journal/pop.h"

#include <assert.h>

#include "store/journal/internal.h"

static const char what[] = "compare the names here with the journal";

bool
journal_here_begin(struct journal *journal, struct error *err)
{
    static const char sql[] =
        "CREATE TEMP TABLE IF NOT EXISTS here (id INTEGER PRIMARY KEY, base TEXT NOT NULL, folder TEXT NOT NULL,"
        " info TEXT NOT NULL, UNIQUE (base, folder));"
        "CREATE TEMP TABLE IF NOT EXISTS here_folder (name TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;"
        "DELETE FROM temp.here; DELETE FROM temp.here_folder;";

    assert(!journal->in_transaction);
    return listing_commit(journal, err) && listing_open_temporary(journal, err) && listing_exec(journal, sql, err);
}

bool
journal_here_folder(struct journal *journal, const char *folder, struct error *err)
{
    sqlite3_stmt *statement;

    if (!listing_batch(journal, err))
        return false;
    statement = sql_prepare(journal, SQL_HERE_FOLDER, "INSERT OR IGNORE INTO temp.here_folder (name) VALUES (?1)", err);
    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, folder);
    return listing_run(journal, statement, err);
}

bool
journal_here_name(struct journal *journal, const char *folder, const char *base, const char *info, struct error *err)
{
    sqlite3_stmt *statement;
    struct sql_binder to;

    if (!listing_batch(journal, err))
        return false;
    statement = sql_prepare(journal, SQL_HERE_NAME,
                            "INSERT OR IGNORE INTO temp.here (base, folder, info) VALUES (?1, ?2, ?3)", err);
    if (statement == NULL)
        return false;
    to = (struct sql_binder){.statement = statement};
    bind_string(&to, base);
    bind_string(&to, folder);
    bind_string(&to, info);
    return listing_run(journal, statement, err);
}

/* Rows whose file matters: what is to be removed from the server one day rests on it. */
#define WATCHED "p.state IN (2, 4) AND p.absent = 0 AND p.base <> ''"
/* As in the index that is kept of them. */
#define AT_HAND "p.missed = 0 AND p.base <> '' AND p.state IN (2, 4)"
#define MISSED                                                                                                         \
    AT_HAND " AND p.folder IN (SELECT '?' UNION ALL SELECT name FROM temp.here_folder)"                                \
            " AND NOT EXISTS (SELECT 1 FROM temp.here h WHERE h.base = p.base)"
/* From the names to the rows: where nothing was listed none is looked at. */
#define FOUND                                                                                                          \
    "FROM temp.here h CROSS JOIN main.pop p ON p.base = h.base AND p.base <> ''"                                       \
    " WHERE p.state IN (2, 4) AND (p.missed <> 0 OR (p.folder <> h.folder AND"                                         \
    " NOT EXISTS (SELECT 1 FROM temp.here o WHERE o.base = p.base AND o.folder = p.folder)))"

static bool
count_one(struct journal *journal, enum statement which, const char *sql, uint64_t *count, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, which, sql, err);
    int64_t number;

    if (statement == NULL || !sql_number(journal, statement, INT64_MAX, &number, what, err))
        return false;
    *count = (uint64_t)number;
    return true;
}

bool
journal_here_count(struct journal *journal, uint64_t *missed, uint64_t *other, struct error *err)
{
    static_assert(POP_STORED == 2 && POP_REMOVING == 4, "the statements hold these numbers");
    return listing_commit(journal, err) &&
           count_one(journal, SQL_HERE_MISSED, "SELECT count(*) FROM main.pop p WHERE " MISSED, missed, err) &&
           count_one(journal, SQL_HERE_OTHER, "SELECT count(*) " FOUND, other, err);
}

bool
journal_here_count_there(struct journal *journal, uint64_t *here, uint64_t *missed, struct error *err)
{
    return listing_commit(journal, err) &&
           count_one(journal, SQL_HERE_COUNT, "SELECT count(*) FROM main.pop p WHERE p.missed = 0 AND " WATCHED, here,
                     err) &&
           count_one(journal, SQL_HERE_MISSED_THERE, "SELECT count(*) FROM main.pop p WHERE p.absent = 0 AND " MISSED,
                     missed, err);
}

bool
journal_here_misses(struct journal *journal, int64_t id, bool *missed, struct error *err)
{
    static const char sql[] = "SELECT EXISTS (SELECT 1 FROM main.pop p WHERE p.id = ?1 AND " MISSED ")";
    sqlite3_stmt *statement;
    int64_t found;

    if (!listing_commit(journal, err))
        return false;
    statement = sql_prepare(journal, SQL_HERE_MISSES, sql, err);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, id);
    if (!sql_number(journal, statement, 1, &found, what, err))
        return false;
    *missed = found != 0;
    return true;
}

bool
journal_here_fetch_missed(struct journal *journal, struct error *err)
{
    static const char sql[] = "UPDATE main.pop AS p SET state = 1, facts = facts | 1024"
                              " WHERE p.facts & 2048 <> 0 AND " MISSED;

    /* Absent ones, too: what a list lacked may be listed again. What golub itself removed was flushed before. */
    static_assert(POP_FETCHING == 1 && POP_LOST == 1024 && POP_UNFLUSHED == 2048, "the statement holds these numbers");
    assert(journal->in_transaction);
    return sql_exec(journal, sql, what, err);
}

bool
journal_here_apply(struct journal *journal, int64_t now, bool mass, struct error *err)
{
    static const char missed[] = "UPDATE main.pop AS p SET missed = ?1, facts = facts | ?2 WHERE " MISSED;
    /* What was found is collected first: SQLite would walk all rows for each name. */
    static const char found[] = "WITH f (id, folder) AS MATERIALIZED (SELECT p.id, h.folder " FOUND ")"
                                " UPDATE main.pop SET missed = 0, facts = facts & ~4, folder = f.folder"
                                " FROM f WHERE pop.id = f.id";
    sqlite3_stmt *statement;
    struct sql_binder to;

    static_assert(POP_MASS == 4, "the statement holds this number");
    assert(journal->in_transaction);
    statement = sql_prepare(journal, SQL_HERE_APPLY_MISSED, missed, err);
    if (statement == NULL)
        return false;
    to = (struct sql_binder){.statement = statement};
    bind_integer(&to, now);
    bind_integer(&to, mass ? POP_MASS : 0);
    if (!sql_run(journal, statement, what, err))
        return false;
    statement = sql_prepare(journal, SQL_HERE_APPLY_OTHER, found, err);
    return statement != NULL && sql_run(journal, statement, what, err);
}

static void
read_file(sqlite3_stmt *statement, struct journal_here_file *out, bool *damaged)
{
    struct sql_reader from = {.statement = statement};

    out->id = read_integer(&from, 1, INT64_MAX);
    read_string(&from, out->folder, sizeof out->folder);
    read_string(&from, out->base, sizeof out->base);
    read_string(&from, out->info, sizeof out->info);
    *damaged = from.damaged;
}

/* At most `size` rows of the statement, which was bound. */
static bool
read_files(struct journal *journal, sqlite3_stmt *statement, struct journal_here_file *page, size_t size, size_t *count,
           struct error *err)
{
    enum sql_outcome outcome = SQL_DONE;
    bool damaged = false;

    *count = 0;
    while (*count < size && !damaged && (outcome = sql_step(journal, statement, what, err)) == SQL_ROW)
        read_file(statement, &page[(*count)++], &damaged);
    sql_end(statement);
    if (damaged)
        sql_damaged(journal, err, what);
    return !damaged && outcome != SQL_FAILED;
}

bool
journal_here_strangers(struct journal *journal, int64_t after, struct journal_here_file *page, size_t size,
                       size_t *count, struct error *err)
{
    static const char sql[] =
        "SELECT h.id, h.folder, h.base, h.info FROM temp.here h WHERE h.id > ?1 AND NOT EXISTS"
        " (SELECT 1 FROM main.pop p WHERE p.base = h.base AND p.base <> '') ORDER BY h.id LIMIT ?2";
    sqlite3_stmt *statement;
    struct sql_binder to;

    *count = 0;
    if (!listing_commit(journal, err))
        return false;
    statement = sql_prepare(journal, SQL_HERE_STRANGERS, sql, err);
    if (statement == NULL)
        return false;
    to = (struct sql_binder){.statement = statement};
    bind_integer(&to, after);
    bind_integer(&to, (int64_t)size);
    return read_files(journal, statement, page, size, count, err);
}

bool
journal_here_named(struct journal *journal, const char *base, int64_t after, struct journal_here_file *file,
                   bool *found, struct error *err)
{
    static const char sql[] =
        "SELECT id, folder, base, info FROM temp.here WHERE base = ?1 AND id > ?2 ORDER BY id LIMIT 1";
    sqlite3_stmt *statement;
    struct sql_binder to;
    size_t count;
    bool ok;

    *found = false;
    if (!listing_commit(journal, err))
        return false;
    statement = sql_prepare(journal, SQL_HERE_NAMED, sql, err);
    if (statement == NULL)
        return false;
    to = (struct sql_binder){.statement = statement};
    bind_string(&to, base);
    bind_integer(&to, after);
    ok = read_files(journal, statement, file, 1, &count, err);
    *found = ok && count > 0;
    return ok;
}

/* ---- folders ---- */

static bool
read_folder(sqlite3_stmt *statement, void *to)
{
    struct journal_pop_folder *folder = to;
    struct sql_reader from = {.statement = statement};

    read_string(&from, folder->name, sizeof folder->name);
    read_string(&from, folder->stamp, sizeof folder->stamp);
    folder->born = read_integer(&from, INT64_MIN, INT64_MAX);
    return !from.damaged;
}

bool
journal_pop_row_folders(struct journal *journal, struct journal_pop_folder **list, size_t *count, struct error *err)
{
    /* From each name to the next one: DISTINCT would go through all rows. "" is a name, too. */
    static const char sql[] =
        "WITH RECURSIVE place (name) AS (SELECT min(p.folder) FROM main.pop p WHERE " AT_HAND
        " UNION ALL SELECT (SELECT min(p.folder) FROM main.pop p WHERE p.folder > place.name AND " AT_HAND ")"
        " FROM place WHERE name IS NOT NULL)"
        " SELECT name, '', 0 FROM place WHERE name <> '?'";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_HERE_ROW_FOLDERS, sql, err);
    void *rows;

    if (statement == NULL ||
        !sql_list(journal, statement, read_folder, sizeof **list, &rows, count, "list folders of an import", err))
        return false;
    *list = rows;
    return true;
}

bool
journal_pop_folders(struct journal *journal, struct journal_pop_folder **list, size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_POP_FOLDERS, "SELECT name, stamp, born FROM pop_folder ORDER BY name", err);
    void *rows;

    if (statement == NULL ||
        !sql_list(journal, statement, read_folder, sizeof **list, &rows, count, "list folders of an import", err))
        return false;
    *list = rows;
    return true;
}

bool
journal_pop_folder_save(struct journal *journal, const struct journal_pop_folder *folder, struct error *err)
{
    static const char sql[] = "INSERT INTO pop_folder (name, stamp, born) VALUES (?1, ?2, ?3)"
                              " ON CONFLICT DO UPDATE SET stamp = ?2, born = ?3 WHERE stamp <> ?2 OR born <> ?3";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_FOLDER_SAVE, sql, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_string(&to, folder->name);
    bind_string(&to, folder->stamp);
    bind_integer(&to, folder->born);
    return sql_run(journal, statement, "save a folder of an import", err);
}

bool
journal_pop_folder_delete(struct journal *journal, const char *name, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_POP_FOLDER_DELETE, "DELETE FROM pop_folder WHERE name = ?1", err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, name);
    return sql_run(journal, statement, "forget a folder of an import", err);
}
