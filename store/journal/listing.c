/*
 * What a POP session's UIDL and LIST showed, beside the journal's rows: the lines (listing_lines.c), which of them are new and doubtful
 * (listing_merge.c), in SQLite's temporary tables (listing_tables.c). Where nothing is new, doubtful or gone nothing is written there, either.
 */
#include "store/journal/pop.h"

#include <assert.h>

#include "store/journal/internal.h"

static const char what_filling[] = "write down what the server lists";
static const char what_judging[] = "compare what the server lists";

bool
listing_commit(struct journal *journal, struct error *err)
{
    if (!merge_give_up(journal, err))
        return false;
    if (!journal->reading)
        return true;
    journal->reading = false;
    if (sqlite3_get_autocommit(journal->db)) /* SQLite has rolled back by itself after some errors */
        return true;
    return sql_exec(journal, "COMMIT", what_filling, err);
}

bool
journal_listing_begin(struct journal *journal, struct error *err)
{
    assert(!journal->in_transaction);
    if (!listing_commit(journal, err) || !listing_make(journal, err))
        return false;
    journal->listing = LISTING_FILLING;
    lines_free(&journal->lines);
    return true;
}

/* What was decided is decided anew. */
static bool
reopen(struct journal *journal, struct error *err)
{
    if (journal->listing == LISTING_JUDGED && !listing_clear(journal, err))
        return false;
    journal->listing = LISTING_FILLING;
    return true;
}

bool
journal_listing_add(struct journal *journal, uint32_t number, const char *uidl, uint64_t size, struct error *err)
{
    const struct text name = text_of(uidl);

    assert(journal->listing != LISTING_NONE);
    if (!sql_fits(size, what_filling, err) || !reopen(journal, err))
        return false;
    if (name.len <= MAILDROP_UIDL_MAX)
        return lines_add(journal, number, name, size, err) && merge_line(journal, number, name, size, err);
    error_set(err, ERROR_SERVER, "read the list of messages: message %lu has a UIDL of more than %d characters",
              (unsigned long)number, MAILDROP_UIDL_MAX);
    return false;
}

bool
listing_judge(struct journal *journal, struct error *err)
{
    assert(journal->listing != LISTING_NONE);
    if (journal->listing == LISTING_JUDGED)
        return true;
    if (!merge_end(journal, err) || !listing_commit(journal, err)) /* no lock on the journal stays behind */
        return false;
    journal->listing = LISTING_JUDGED;
    return true;
}

bool
listing_table(struct journal *journal, struct error *err)
{
    return listing_judge(journal, err) && lines_to_table(journal, err) && listing_commit(journal, err);
}

sqlite3_stmt *
listing_prepare(struct journal *journal, enum statement which, const char *sql, struct error *err)
{
    return listing_judge(journal, err) && listing_commit(journal, err) ? sql_prepare(journal, which, sql, err) : NULL;
}

bool
listing_number(struct journal *journal, enum statement which, const char *sql, int64_t *number, struct error *err)
{
    sqlite3_stmt *statement = listing_prepare(journal, which, sql, err);

    return statement != NULL && sql_number(journal, statement, INT64_MAX, number, what_judging, err);
}

/* ---- questions ---- */

/* A doubtful one that turned out to be new gets its row when it is fetched. */
#define SELECT_ROW(row)                                                                                                \
    "SELECT l.number, l.uidl, l.size, " row ", coalesce(d.repeated, 0),"                                               \
    " coalesce(d.proven, 0) "
#define SELECT_LISTED                                                                                                  \
    SELECT_ROW("coalesce(nullif(d.row, 0), CASE WHEN d.repeated IS NOT 1 THEN"                                         \
               " (SELECT id FROM main.pop WHERE uidl = l.uidl AND absent = 0 ORDER BY id DESC LIMIT 1) END, 0)")
#define SELECT_DOUBT SELECT_ROW("d.row")
#define IN_DOUBT "LEFT JOIN temp.listing_doubt d ON d.number = l.number "
#define ALL_OF "FROM temp.listing l " IN_DOUBT
#define ONLY_OF(table) "FROM temp." table " o CROSS JOIN temp.listing l ON l.number = o.number " IN_DOUBT
#define KNOWN                                                                                                          \
    "(d.number IS NULL OR d.row <> 0) AND l.number NOT IN (SELECT number FROM temp.listing_new) "                      \
    "AND l.number NOT IN (SELECT number FROM temp.listing_compare) "
/* The same the other way round: as few as there are of them, or none. */
#define NOT_KNOWN                                                                                                      \
    "SELECT number FROM temp.listing_doubt WHERE row = 0 UNION SELECT number FROM temp.listing_new"                    \
    " UNION SELECT number FROM temp.listing_compare"
#define UP(column) column " > ?1 ORDER BY " column " LIMIT ?2"
#define DOWN(column) column " < ?1 ORDER BY " column " DESC LIMIT ?2"

static const char *const page_sql[][2] = {
    [LISTED_ALL] = {SELECT_LISTED ALL_OF "WHERE " UP("l.number"), SELECT_LISTED ALL_OF "WHERE " DOWN("l.number")},
    [LISTED_NEW] = {SELECT_LISTED ONLY_OF("listing_new") "WHERE " UP("o.number"),
                    SELECT_LISTED ONLY_OF("listing_new") "WHERE " DOWN("o.number")},
    [LISTED_DOUBT] = {SELECT_DOUBT ONLY_OF("listing_doubt") "WHERE " UP("o.number"),
                      SELECT_DOUBT ONLY_OF("listing_doubt") "WHERE " DOWN("o.number")},
    [LISTED_UNREAD] = {SELECT_DOUBT ONLY_OF("listing_doubt") "WHERE o.header IS NULL AND " UP("o.number"),
                       SELECT_DOUBT ONLY_OF("listing_doubt") "WHERE o.header IS NULL AND " DOWN("o.number")},
    [LISTED_COMPARE] = {SELECT_LISTED ONLY_OF("listing_compare") "WHERE " UP("o.number"),
                        SELECT_LISTED ONLY_OF("listing_compare") "WHERE " DOWN("o.number")},
    [LISTED_KNOWN] = {SELECT_LISTED ALL_OF "WHERE " KNOWN "AND " UP("l.number"),
                      SELECT_LISTED ALL_OF "WHERE " KNOWN "AND " DOWN("l.number")},
    [LISTED_CAME] = {SELECT_LISTED ONLY_OF("listing_removable") "WHERE o.came = 1 AND " UP("o.number"),
                     SELECT_LISTED ONLY_OF("listing_removable") "WHERE o.came = 1 AND " DOWN("o.number")},
    [LISTED_REMOVABLE] = {SELECT_LISTED ONLY_OF("listing_removable") "WHERE o.came = 0 AND " UP("o.number"),
                          SELECT_LISTED ONLY_OF("listing_removable") "WHERE o.came = 0 AND " DOWN("o.number")},
};

static const char *const count_sql[] = {
    [LISTED_NEW] = "SELECT count(*) FROM temp.listing_new",
    [LISTED_DOUBT] = "SELECT count(*) FROM temp.listing_doubt",
    [LISTED_UNREAD] = "SELECT count(*) FROM temp.listing_doubt WHERE header IS NULL",
    [LISTED_COMPARE] = "SELECT count(*) FROM temp.listing_compare",
    [LISTED_KNOWN] = "SELECT count(*) FROM (" NOT_KNOWN ")", /* of all lines without these */
    [LISTED_CAME] = "SELECT count(*) FROM temp.listing_removable WHERE came = 1",
    [LISTED_REMOVABLE] = "SELECT count(*) FROM temp.listing_removable WHERE came = 0",
};

static void
read_listed(sqlite3_stmt *statement, struct journal_listed *out, bool *damaged)
{
    struct sql_reader from = {.statement = statement};

    *out = (struct journal_listed){.number = (uint32_t)read_integer(&from, 0, UINT32_MAX)};
    read_string(&from, out->uidl, sizeof out->uidl);
    out->size = (uint64_t)read_integer(&from, 0, INT64_MAX);
    out->row = read_integer(&from, 0, INT64_MAX);
    out->repeated = read_integer(&from, 0, 1) == 1;
    out->proven = read_integer(&from, 0, 1) == 1;
    *damaged = from.damaged;
}

bool
journal_listing_count(struct journal *journal, enum journal_listing_which which, uint64_t *count, struct error *err)
{
    sqlite3_stmt *statement;
    int64_t number;

    if (!listing_judge(journal, err))
        return false;
    *count = journal->lines.count;
    if (which == LISTED_ALL)
        return true;
    statement = sql_prepare(journal, SQL_LISTING_COUNT + (enum statement)which, count_sql[which], err);
    if (statement == NULL || !sql_number(journal, statement, INT64_MAX, &number, what_judging, err))
        return false;
    *count = which == LISTED_KNOWN ? *count - (uint64_t)number : (uint64_t)number;
    return true;
}

/* Into the table with the lines only where one of them is to be shown. */
static bool
find_any(struct journal *journal, enum journal_listing_which which, bool *any, struct error *err)
{
    uint64_t count = journal->lines.count;

    if (which != LISTED_ALL && which != LISTED_KNOWN && !journal_listing_count(journal, which, &count, err))
        return false;
    *any = count > 0;
    return count == 0 || listing_table(journal, err);
}

bool
journal_listing_page(struct journal *journal, enum journal_listing_which which, bool descending, uint32_t after,
                     struct journal_listed *page, size_t size, size_t *count, struct error *err)
{
    sqlite3_stmt *statement;
    struct sql_binder to;
    enum sql_outcome outcome = SQL_DONE;
    size_t used = 0;
    bool damaged = false, any;

    *count = 0;
    if (!listing_judge(journal, err) || !listing_commit(journal, err) || !find_any(journal, which, &any, err))
        return false;
    if (!any)
        return true;
    statement = sql_prepare(journal, SQL_LISTING_PAGE + (enum statement)(2 * (unsigned)which + descending),
                            page_sql[which][descending], err);
    if (statement == NULL)
        return false;
    to = (struct sql_binder){.statement = statement};
    bind_integer(&to, descending && after == 0 ? INT64_MAX : after);
    bind_integer(&to, (int64_t)size);
    while (used < size && !damaged && (outcome = sql_step(journal, statement, what_judging, err)) == SQL_ROW)
        read_listed(statement, &page[used++], &damaged);
    sql_end(statement);
    if (damaged)
        sql_damaged(journal, err, what_judging);
    *count = used;
    return !damaged && outcome != SQL_FAILED;
}

/* Few runs ask by a name. */
static bool
index_names(struct journal *journal, struct error *err)
{
    return listing_table(journal, err) &&
           listing_exec(journal, "CREATE INDEX IF NOT EXISTS temp.listing_uidl ON listing (uidl)", err);
}

bool
journal_listing_has_once(struct journal *journal, const char *uidl, bool *once, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    int64_t lines;

    if (index_names(journal, err))
        statement =
            sql_prepare(journal, SQL_LISTING_HAS_ONCE, "SELECT count(*) FROM temp.listing WHERE uidl = ?1", err);
    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, uidl);
    if (!sql_number(journal, statement, INT64_MAX, &lines, what_judging, err))
        return false;
    *once = lines == 1;
    return true;
}

bool
journal_listing_unread(struct journal *journal, struct journal_listed *page, size_t size, size_t *count,
                       struct error *err)
{
    static const char some[] = "SELECT count(*) FROM main.pop WHERE header IS NULL AND kin IS NULL AND absent = 0";
    static const char sql[] = SELECT_LISTED
        "FROM main.pop p CROSS JOIN temp.listing l ON l.uidl = p.uidl " IN_DOUBT
        "WHERE p.header IS NULL AND p.kin IS NULL AND p.absent = 0 AND p.state <> 1 AND " KNOWN "LIMIT ?1";
    sqlite3_stmt *statement = NULL;
    enum sql_outcome outcome = SQL_DONE;
    int64_t unread = 0;
    bool damaged = false;

    static_assert(POP_FETCHING == 1, "the statement holds this number");
    *count = 0;
    if (!listing_judge(journal, err) || !listing_commit(journal, err))
        return false;
    statement = sql_prepare(journal, SQL_LISTING_COUNT_UNREAD, some, err);
    if (statement == NULL || !sql_number(journal, statement, INT64_MAX, &unread, what_judging, err))
        return false;
    if (unread == 0)
        return true;
    if (!index_names(journal, err))
        return false;
    statement = sql_prepare(journal, SQL_LISTING_UNREAD, sql, err);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, (int64_t)size);
    while (*count < size && !damaged && (outcome = sql_step(journal, statement, what_judging, err)) == SQL_ROW)
        read_listed(statement, &page[(*count)++], &damaged);
    sql_end(statement);
    if (damaged)
        sql_damaged(journal, err, what_judging);
    return !damaged && outcome != SQL_FAILED;
}

bool
listing_of(struct journal *journal, enum statement which, const char *sql, uint32_t number, struct error *err)
{
    sqlite3_stmt *statement = listing_judge(journal, err) ? sql_prepare(journal, which, sql, err) : NULL;

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, number);
    return listing_run(journal, statement, err);
}

bool
journal_listing_want(struct journal *journal, uint32_t number, struct error *err)
{
    return listing_of(journal, SQL_LISTING_WANT, "INSERT OR IGNORE INTO temp.listing_new (number) VALUES (?1)", number,
                      err);
}

bool
journal_listing_want_fetching(struct journal *journal, struct error *err)
{
    /* The sign: each line is looked for by its name, and not among all that are being fetched. */
    static const char sql[] = "INSERT OR IGNORE INTO temp.listing_new (number) SELECT l.number FROM temp.listing l"
                              " WHERE EXISTS (SELECT 1 FROM main.pop WHERE uidl = l.uidl AND absent = 0 AND +state = 1)"
                              " AND l.number NOT IN (SELECT number FROM temp.listing_doubt);"
                              "INSERT OR IGNORE INTO temp.listing_new (number) SELECT number FROM temp.listing_doubt"
                              " WHERE row IN (SELECT id FROM main.pop WHERE state = 1)";

    static_assert(POP_FETCHING == 1, "the statement holds this number");
    return listing_table(journal, err) && listing_exec(journal, sql, err);
}

bool
journal_listing_compare(struct journal *journal, uint32_t number, struct error *err)
{
    return listing_of(journal, SQL_LISTING_COMPARE, "INSERT OR IGNORE INTO temp.listing_compare (number) VALUES (?1)",
                      number, err);
}

bool
journal_listing_allow_removal(struct journal *journal, uint32_t number, struct error *err)
{
    return listing_of(journal, SQL_LISTING_ALLOW_REMOVAL,
                      "INSERT OR REPLACE INTO temp.listing_removable (number, came) VALUES (?1, 0)", number, err);
}

bool
journal_listing_came(struct journal *journal, uint32_t number, struct error *err)
{
    return listing_of(journal, SQL_LISTING_CAME,
                      "INSERT OR IGNORE INTO temp.listing_removable (number, came) VALUES (?1, 1)", number, err);
}

bool
journal_listing_has_sizes(struct journal *journal, bool *any, struct error *err)
{
    int64_t number;

    if (!listing_number(journal, SQL_LISTING_COUNT_UNSIZED, "SELECT count(*) FROM temp.listing_unsized", &number, err))
        return false;
    *any = number > 0;
    return true;
}

bool
journal_listing_learn_sizes(struct journal *journal, struct error *err)
{
    assert(journal->in_transaction);
    /* STORED, and more than came: POP_FEWER (sync/import/verdict.c does the same for what is doubtful). */
    return sql_exec(
               journal,
               "UPDATE main.pop SET listed = u.size, facts = CASE WHEN pop.listed = 0 AND state = 2 AND facts & 1 = 0"
               " AND pop.size < u.size THEN facts | 16 ELSE facts END FROM temp.listing_unsized u"
               " WHERE pop.id = u.id;",
               what_judging, err) &&
           listing_exec(journal, "DELETE FROM temp.listing_unsized", err);
}
