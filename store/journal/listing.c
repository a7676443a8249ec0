/*
 * What a POP session's UIDL and LIST showed, beside the journal's rows, in SQLite's temporary tables.
 *
 * The listing and the rows are each read once in the order of UIDLs and merged like two sorted lists: that yields at once what is new,
 * what is doubtful and what is gone, and where nothing is any of these nothing is written. With 20,000 lines and as many rows it
 * takes half the time of two anti-joins in SQL, which look up every UIDL in an index.
 *
 *     listing    u1 u2    u4 u5 u5       new u4, doubtful u5 u5
 *     rows       u1 u2 u3                gone u3
 *
 * Doubtful is a line whose UIDL stands more than once, and one that names no row or several that were listed before, or one of another
 * size: a UIDL alone does not say which message it is (listing_doubt.c).
 *
 * Lines are added inside one transaction that touches temporary tables alone, so it takes no lock on the journal and flushes nothing;
 * it ends before the journal begins one of its own.
 */
#include "store/journal/pop.h"

#include <assert.h>

#include "store/journal/internal.h"

#define TEMP_CACHE_KIB "384" /* what is more goes to a file */
#define MAIN_CACHE_KIB "384" /* rows are written once, one after the other */

static const char what_filling[] = "write down what the server lists";
static const char what_judging[] = "compare what the server lists";

/* Rows of temporary tables are nobody's changes. */
static void
own_changes(struct journal *journal, int64_t before)
{
    int64_t made = sqlite3_total_changes64(journal->db) - before;

    journal->changes_own += made;
    if (journal->in_transaction)
        journal->changes_at_begin += made;
}

bool
listing_settle(struct journal *journal, struct error *err)
{
    if (!journal->listing_batch)
        return true;
    journal->listing_batch = false;
    return sql_exec(journal, "COMMIT", what_filling, err);
}

bool
listing_batch(struct journal *journal, struct error *err)
{
    if (journal->in_transaction || journal->listing_batch)
        return true;
    journal->listing_batch = sql_exec(journal, "BEGIN", what_filling, err);
    return journal->listing_batch;
}

bool
listing_run(struct journal *journal, sqlite3_stmt *statement, struct error *err)
{
    int64_t before = sqlite3_total_changes64(journal->db);
    bool done = sql_run(journal, statement, what_judging, err);

    own_changes(journal, before);
    return done;
}

bool
listing_exec(struct journal *journal, const char *sql, struct error *err)
{
    int64_t before = sqlite3_total_changes64(journal->db);
    bool done = sql_exec(journal, sql, what_judging, err);

    own_changes(journal, before);
    return done;
}

#define CLEAR_JUDGED                                                                                                   \
    "DELETE FROM temp.listing_new; DELETE FROM temp.listing_doubt; DELETE FROM temp.listing_gone;"                     \
    "DELETE FROM temp.listing_unsized; DELETE FROM temp.listing_compare; DELETE FROM temp.listing_proven;"             \
    "DELETE FROM temp.listing_marked; DELETE FROM temp.listing_loose;"

/* Once: another place for temporary tables forgets those that are there. */
bool
listing_open_temporary(struct journal *journal, struct error *err)
{
    static const char sql[] = "PRAGMA temp_store = FILE; PRAGMA temp.cache_size = -" TEMP_CACHE_KIB
                              "; PRAGMA main.cache_size = -" MAIN_CACHE_KIB;

    if (journal->has_place)
        return true;
    journal->has_place = sql_exec(journal, sql, what_filling, err);
    return journal->has_place;
}

bool
journal_listing_begin(struct journal *journal, struct error *err)
{
    static const char make[] =
        "CREATE TEMP TABLE listing (number INTEGER PRIMARY KEY, uidl TEXT NOT NULL, size INTEGER NOT NULL);"
        "CREATE TEMP TABLE listing_new (number INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE listing_doubt (number INTEGER PRIMARY KEY, uidl TEXT NOT NULL, size INTEGER NOT NULL,"
        " repeated INTEGER NOT NULL, row INTEGER NOT NULL DEFAULT 0, proven INTEGER NOT NULL DEFAULT 0,"
        " left INTEGER NOT NULL DEFAULT 0, header BLOB, kin BLOB, message_id BLOB, received BLOB,"
        " nameless INTEGER NOT NULL DEFAULT 0);"
        "CREATE INDEX temp.listing_doubt_row ON listing_doubt (row);"
        "CREATE INDEX temp.listing_doubt_uidl ON listing_doubt (uidl);"
        "CREATE INDEX temp.listing_doubt_header ON listing_doubt (header);"
        "CREATE INDEX temp.listing_doubt_kin ON listing_doubt (kin);"
        "CREATE TEMP TABLE listing_gone (id INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE listing_loose (id INTEGER PRIMARY KEY, header BLOB, kin BLOB);"
        "CREATE INDEX temp.listing_loose_header ON listing_loose (header);"
        "CREATE INDEX temp.listing_loose_kin ON listing_loose (kin);"
        "CREATE TEMP TABLE listing_unsized (id INTEGER PRIMARY KEY, size INTEGER NOT NULL);"
        "CREATE TEMP TABLE listing_compare (number INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE listing_proven (number INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE listing_marked (number INTEGER PRIMARY KEY);";
    bool first = journal->listing == LISTING_NONE;

    assert(!journal->in_transaction);
    if (!listing_settle(journal, err) || !listing_open_temporary(journal, err) ||
        !listing_exec(journal, first ? make : "DELETE FROM temp.listing;" CLEAR_JUDGED, err))
        return false;
    journal->listing = LISTING_FILLING;
    journal->fill = (struct listing_fill){.count = 0};
    return true;
}

/* What was decided is decided anew. */
static bool
reopen(struct journal *journal, struct error *err)
{
    if (journal->listing == LISTING_JUDGED && !listing_exec(journal, CLEAR_JUDGED, err))
        return false;
    journal->listing = LISTING_FILLING;
    return true;
}

static bool
listed_twice(struct error *err)
{
    error_set(err, ERROR_SERVER, "read the list of messages: a number is listed twice");
    error_hint(err, "nothing was done; run golub again, and tell whoever runs the server if it stays");
    return false;
}

#define ADD "INSERT OR IGNORE INTO temp.listing (number, uidl, size) VALUES "
#define LINE "(?, ?, ?)"
#define LINES_4 LINE ", " LINE ", " LINE ", " LINE

/* That many of the lines that wait, one or all. */
static bool
add_lines(struct journal *journal, const struct listing_line *lines, size_t count, struct error *err)
{
    static const char many[] = ADD LINES_4 ", " LINES_4 ", " LINES_4 ", " LINES_4;
    sqlite3_stmt *statement = count == 1 ? sql_prepare(journal, SQL_LISTING_ADD, ADD LINE, err)
                                         : sql_prepare(journal, SQL_LISTING_ADD_MANY, many, err);
    struct sql_binder to = {.statement = statement};

    static_assert(LISTING_TOGETHER == 16, "the statement holds as many");
    assert(count == 1 || count == LISTING_TOGETHER);
    if (statement == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        bind_integer(&to, lines[i].number);
        bind_string(&to, lines[i].uidl);
        bind_integer(&to, (int64_t)lines[i].size);
    }
    if (!listing_run(journal, statement, err))
        return false;
    return (size_t)sqlite3_changes64(journal->db) == count || listed_twice(err);
}

/* What waits goes into the table. */
static bool
add_waiting(struct journal *journal, struct error *err)
{
    struct listing_fill *fill = &journal->fill;
    size_t count = fill->count, step = count == LISTING_TOGETHER ? count : 1;
    bool ok = count == 0 || listing_batch(journal, err);

    fill->count = 0;
    for (size_t i = 0; ok && i < count; i += step)
        ok = add_lines(journal, &fill->waiting[i], step, err);
    return ok;
}

bool
journal_listing_add(struct journal *journal, uint32_t number, const char *uidl, uint64_t size, struct error *err)
{
    struct listing_fill *fill = &journal->fill;
    struct listing_line *line = &fill->waiting[fill->count];

    assert(journal->listing != LISTING_NONE);
    if (!sql_fits(size, what_filling, err) || !reopen(journal, err))
        return false;
    line->number = number;
    line->size = size;
    if (!text_copy(text_of(uidl), line->uidl, sizeof line->uidl)) {
        error_set(err, ERROR_SERVER, "read the list of messages: message %lu has a UIDL of more than %d characters",
                  (unsigned long)number, MAILDROP_UIDL_MAX);
        return false;
    }
    if (number <= fill->last.number || strcmp(line->uidl, fill->last.uidl) < 0)
        fill->shuffled = true;
    fill->last = *line;
    return ++fill->count < LISTING_TOGETHER || add_waiting(journal, err);
}

/* ---- the merge ---- */

struct side { /* one of the two sorted lists, at its next element */
    sqlite3_stmt *statement;
    bool ended;
    struct text uidl; /* valid until the next step */
    int64_t id;       /* number, or id of the row */
    uint64_t size;
    bool absent;
};

struct merge {
    struct journal *journal;
    struct side listed, rows;
    struct error *err;
};

static bool
next(struct merge *merge, struct side *side)
{
    enum sql_outcome outcome = sql_step(merge->journal, side->statement, what_judging, merge->err);

    side->ended = outcome != SQL_ROW;
    if (outcome == SQL_ROW) {
        side->uidl.at = (const char *)sqlite3_column_text(side->statement, 0);
        side->uidl.len = (size_t)sqlite3_column_bytes(side->statement, 0);
        side->id = sqlite3_column_int64(side->statement, 1);
        side->size = (uint64_t)sqlite3_column_int64(side->statement, 2);
        side->absent = side == &merge->rows && sqlite3_column_int64(side->statement, 3) != 0;
    }
    if (outcome == SQL_ROW && side->uidl.at == NULL) {
        sql_no_memory(merge->err, what_judging);
        return false;
    }
    return outcome != SQL_FAILED;
}

/* As SQLite's own collation does it. */
static int
compare(struct text a, struct text b)
{
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool
is_at(const struct side *side, struct text uidl)
{
    return !side->ended && compare(side->uidl, uidl) == 0;
}

/* One row of a temporary table: up to two numbers. */
static bool
note(struct merge *merge, enum statement which, const char *sql, int64_t id, int64_t second)
{
    sqlite3_stmt *statement = sql_prepare(merge->journal, which, sql, merge->err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&to, id);
    if (sqlite3_bind_parameter_count(statement) > 1)
        bind_integer(&to, second);
    return listing_run(merge->journal, statement, merge->err);
}

static bool
note_new(struct merge *merge, int64_t number)
{
    return note(merge, SQL_LISTING_NEW, "INSERT OR IGNORE INTO temp.listing_new (number) VALUES (?1)", number, 0);
}

static bool
note_doubt(struct merge *merge, int64_t number, bool repeated)
{
    static const char sql[] = "INSERT OR IGNORE INTO temp.listing_doubt (number, uidl, size, repeated)"
                              " SELECT number, uidl, size, ?2 FROM temp.listing WHERE number = ?1";

    return note(merge, SQL_LISTING_DOUBT, sql, number, repeated);
}

struct group {           /* of the rows of one UIDL */
    size_t rows, listed; /* listed: those that are not absent */
    int64_t id;          /* of the last of these */
    uint64_t size;
};

/* All lines of one UIDL. */
static bool
judge_listed(struct merge *merge, const char *uidl, const struct group *group)
{
    static const char unsized[] = "INSERT OR IGNORE INTO temp.listing_unsized (id, size) VALUES (?1, ?2)";
    struct text same = text_of(uidl);
    int64_t first = merge->listed.id;
    uint64_t size = merge->listed.size;
    bool ok = next(merge, &merge->listed), alone = ok && !is_at(&merge->listed, same);

    if (!ok)
        return false;
    if (alone && group->rows == 0)
        return note_new(merge, first);
    if (alone && group->listed == 1 && group->size == 0 && size != 0)
        return note(merge, SQL_LISTING_UNSIZED, unsized, group->id, (int64_t)size);
    if (alone && group->listed == 1 && (group->size == size || group->size == 0 || size == 0))
        return true;
    ok = note_doubt(merge, first, !alone);
    while (ok && is_at(&merge->listed, same))
        ok = note_doubt(merge, merge->listed.id, true) && next(merge, &merge->listed);
    return ok;
}

static bool
judge_uidl(struct merge *merge)
{
    struct side *listed = &merge->listed, *row = &merge->rows;
    char uidl[128];
    bool is_listed = !listed->ended && (row->ended || compare(listed->uidl, row->uidl) <= 0);
    struct group group = {0};

    if (!text_copy(is_listed ? listed->uidl : row->uidl, uidl, sizeof uidl)) {
        sql_damaged(merge->journal, merge->err, what_judging);
        return false;
    }
    for (; is_at(row, text_of(uidl)); group.rows++) {
        if (!row->absent) {
            group.listed++;
            group.id = row->id;
            group.size = row->size;
        }
        if (!is_listed && !row->absent &&
            !note(merge, SQL_LISTING_GONE, "INSERT INTO temp.listing_gone (id) VALUES (?1)", row->id, 0))
            return false;
        if (!next(merge, row))
            return false;
    }
    return !is_listed || judge_listed(merge, uidl, &group);
}

bool
listing_judge(struct journal *journal, struct error *err)
{
    struct merge merge = {.journal = journal, .err = err};
    bool ok;

    assert(journal->listing != LISTING_NONE);
    if (journal->listing == LISTING_JUDGED)
        return true;
    if (!add_waiting(journal, err) || !listing_batch(journal, err))
        return false;
    /* Servers that count their UIDLs up list them in their order: nothing is left to be sorted. */
    merge.listed.statement = journal->fill.shuffled
                                 ? sql_prepare(journal, SQL_LISTING_BY_UIDL,
                                               "SELECT uidl, number, size FROM temp.listing ORDER BY uidl, number", err)
                                 : sql_prepare(journal, SQL_LISTING_BY_NUMBER,
                                               "SELECT uidl, number, size FROM temp.listing ORDER BY number", err);
    if (merge.listed.statement == NULL)
        return false;
    merge.rows.statement =
        sql_prepare(journal, SQL_LISTING_ROWS, "SELECT uidl, id, listed, absent FROM main.pop ORDER BY uidl", err);
    if (merge.rows.statement == NULL)
        return false;
    ok = next(&merge, &merge.listed) && next(&merge, &merge.rows);
    while (ok && !(merge.listed.ended && merge.rows.ended))
        ok = judge_uidl(&merge);
    sql_end(merge.listed.statement);
    sql_end(merge.rows.statement);
    ok = ok && listing_settle(journal, err); /* it read the journal: no lock on it stays behind */
    if (ok)
        journal->listing = LISTING_JUDGED;
    return ok;
}

/* ---- questions ---- */

/* A doubtful one that turned out to be new gets its row when it is fetched. */
#define SELECT_ROW(row)                                                                                                \
    "SELECT l.number, l.uidl, l.size, " row ", coalesce(d.repeated, 0),"                                               \
    " coalesce(d.proven, 0) OR l.number IN (SELECT number FROM temp.listing_proven) "
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
    [LISTED_MARKED] = {SELECT_LISTED ONLY_OF("listing_marked") "WHERE " UP("o.number"),
                       SELECT_LISTED ONLY_OF("listing_marked") "WHERE " DOWN("o.number")},
};

static const char *const count_sql[] = {
    [LISTED_ALL] = "SELECT count(*) FROM temp.listing",
    [LISTED_NEW] = "SELECT count(*) FROM temp.listing_new",
    [LISTED_DOUBT] = "SELECT count(*) FROM temp.listing_doubt",
    [LISTED_UNREAD] = "SELECT count(*) FROM temp.listing_doubt WHERE header IS NULL",
    [LISTED_COMPARE] = "SELECT count(*) FROM temp.listing_compare",
    [LISTED_KNOWN] = "SELECT (SELECT count(*) FROM temp.listing) - count(*) FROM (" NOT_KNOWN ")",
    [LISTED_MARKED] = "SELECT count(*) FROM temp.listing_marked",
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
journal_listing_page(struct journal *journal, enum journal_listing_which which, bool descending, uint32_t after,
                     struct journal_listed *page, size_t size, size_t *count, struct error *err)
{
    sqlite3_stmt *statement;
    struct sql_binder to;
    enum sql_outcome outcome = SQL_DONE;
    size_t used = 0;
    bool damaged = false;

    if (!listing_judge(journal, err) || !listing_settle(journal, err))
        return false;
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
    return listing_exec(journal, "CREATE INDEX IF NOT EXISTS temp.listing_uidl ON listing (uidl)", err);
}

bool
journal_listing_has_once(struct journal *journal, const char *uidl, bool *once, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    int64_t lines;

    if (listing_judge(journal, err) && listing_settle(journal, err) && index_names(journal, err))
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
    if (!listing_judge(journal, err) || !listing_settle(journal, err))
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
journal_listing_count(struct journal *journal, enum journal_listing_which which, uint64_t *count, struct error *err)
{
    sqlite3_stmt *statement;
    int64_t number;

    if (!listing_judge(journal, err))
        return false;
    statement = sql_prepare(journal, SQL_LISTING_COUNT + (enum statement)which, count_sql[which], err);
    if (statement == NULL || !sql_number(journal, statement, INT64_MAX, &number, what_judging, err))
        return false;
    *count = (uint64_t)number;
    return true;
}

static bool
note_number(struct journal *journal, enum statement which, const char *sql, uint32_t number, struct error *err)
{
    struct merge merge = {.journal = journal, .err = err};

    return listing_judge(journal, err) && note(&merge, which, sql, number, 0);
}

bool
journal_listing_want(struct journal *journal, uint32_t number, struct error *err)
{
    return note_number(journal, SQL_LISTING_WANT, "INSERT OR IGNORE INTO temp.listing_new (number) VALUES (?1)", number,
                       err);
}

bool
journal_listing_want_fetching(struct journal *journal, struct error *err)
{
    static const char sql[] = "INSERT OR IGNORE INTO temp.listing_new (number) SELECT l.number FROM temp.listing l"
                              " WHERE EXISTS (SELECT 1 FROM main.pop WHERE uidl = l.uidl AND absent = 0 AND state = 1)"
                              " AND l.number NOT IN (SELECT number FROM temp.listing_doubt);"
                              "INSERT OR IGNORE INTO temp.listing_new (number) SELECT number FROM temp.listing_doubt"
                              " WHERE row IN (SELECT id FROM main.pop WHERE state = 1)";

    static_assert(POP_FETCHING == 1, "the statement holds this number");
    return listing_judge(journal, err) && listing_exec(journal, sql, err);
}

bool
journal_listing_compare(struct journal *journal, uint32_t number, struct error *err)
{
    return note_number(journal, SQL_LISTING_COMPARE, "INSERT OR IGNORE INTO temp.listing_compare (number) VALUES (?1)",
                       number, err);
}

bool
journal_listing_mark(struct journal *journal, uint32_t number, struct error *err)
{
    return note_number(journal, SQL_LISTING_MARK, "INSERT OR IGNORE INTO temp.listing_marked (number) VALUES (?1)",
                       number, err);
}

bool
journal_listing_prove(struct journal *journal, uint32_t number, struct error *err)
{
    return note_number(journal, SQL_LISTING_PROVE, "INSERT OR IGNORE INTO temp.listing_proven (number) VALUES (?1)",
                       number, err);
}
