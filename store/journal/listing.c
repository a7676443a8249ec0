/*
 * What a POP session's UIDL showed, beside the journal's rows, in SQLite's temporary tables.
 *
 * The listing and the rows are each read once in the order of UIDLs and merged like two sorted lists: that yields at once what is new,
 * what is repeated and what is gone, and where nothing is any of these nothing is written. With 20,000 lines and as many rows it
 * takes half the time of two anti-joins in SQL, which look up every UIDL in an index.
 *
 *     listing    u1 u2    u4 u5 u5       new u4, repeated u5 u5
 *     rows       u1 u2 u3                gone u3
 *
 * Lines are added inside one transaction that touches temporary tables alone, so it takes no lock on the journal and flushes nothing;
 * it ends before the journal begins one of its own.
 */
#include "store/journal/internal.h"

#include <assert.h>

#define TEMP_CACHE_KIB "512" /* what is more goes to a file */
#define MAIN_CACHE_KIB "512" /* rows are written once, one after the other */

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

static bool
open_batch(struct journal *journal, struct error *err)
{
    if (journal->in_transaction || journal->listing_batch)
        return true;
    journal->listing_batch = sql_exec(journal, "BEGIN", what_filling, err);
    return journal->listing_batch;
}

static bool
run_own(struct journal *journal, sqlite3_stmt *statement, const char *what, struct error *err)
{
    int64_t before = sqlite3_total_changes64(journal->db);
    bool done = sql_run(journal, statement, what, err);

    own_changes(journal, before);
    return done;
}

static bool
exec_own(struct journal *journal, const char *sql, const char *what, struct error *err)
{
    int64_t before = sqlite3_total_changes64(journal->db);
    bool done = sql_exec(journal, sql, what, err);

    own_changes(journal, before);
    return done;
}

bool
journal_listing_begin(struct journal *journal, struct error *err)
{
    static const char make[] =
        "PRAGMA temp_store = FILE; PRAGMA temp.cache_size = -" TEMP_CACHE_KIB
        "; PRAGMA main.cache_size = -" MAIN_CACHE_KIB ";"
        "CREATE TEMP TABLE listing (number INTEGER PRIMARY KEY, uidl TEXT NOT NULL, size INTEGER NOT NULL);"
        "CREATE TEMP TABLE listing_new (number INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE listing_repeated (number INTEGER PRIMARY KEY, uidl TEXT NOT NULL, header BLOB,"
        " row INTEGER NOT NULL);"
        "CREATE TEMP TABLE listing_gone (id INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE listing_marked (number INTEGER PRIMARY KEY);";
    static const char clear[] =
        "DELETE FROM temp.listing; DELETE FROM temp.listing_new; DELETE FROM temp.listing_repeated;"
        "DELETE FROM temp.listing_gone; DELETE FROM temp.listing_marked;";
    bool first = journal->listing == LISTING_NONE;

    assert(!journal->in_transaction);
    if (!listing_settle(journal, err) || !exec_own(journal, first ? make : clear, what_filling, err))
        return false;
    journal->listing = LISTING_FILLING;
    journal->fill = (struct listing_fill){.count = 0};
    return true;
}

/* What was decided is decided anew. */
static bool
reopen(struct journal *journal, struct error *err)
{
    static const char clear[] = "DELETE FROM temp.listing_new; DELETE FROM temp.listing_repeated;"
                                "DELETE FROM temp.listing_gone; DELETE FROM temp.listing_marked;";

    if (journal->listing == LISTING_JUDGED && !exec_own(journal, clear, what_filling, err))
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
#define LINE "(?, ?, 0)"
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
    }
    if (!run_own(journal, statement, what_filling, err))
        return false;
    return (size_t)sqlite3_changes64(journal->db) == count || listed_twice(err);
}

/* What waits goes into the table. */
static bool
add_waiting(struct journal *journal, struct error *err)
{
    struct listing_fill *fill = &journal->fill;
    size_t count = fill->count, step = count == LISTING_TOGETHER ? count : 1;
    bool ok = count == 0 || open_batch(journal, err);

    fill->count = 0;
    for (size_t i = 0; ok && i < count; i += step)
        ok = add_lines(journal, &fill->waiting[i], step, err);
    return ok;
}

bool
journal_listing_add(struct journal *journal, uint32_t number, const char *uidl, struct error *err)
{
    struct listing_fill *fill = &journal->fill;
    struct listing_line *line = &fill->waiting[fill->count];

    assert(journal->listing != LISTING_NONE);
    if (!reopen(journal, err))
        return false;
    line->number = number;
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

bool
journal_listing_size(struct journal *journal, uint32_t number, uint64_t size, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_LISTING_SIZE, "UPDATE temp.listing SET size = ?2 WHERE number = ?1", err);
    struct sql_binder to = {.statement = statement};

    assert(journal->listing != LISTING_NONE);
    if (statement == NULL || !sql_fits(size, what_filling, err) || !add_waiting(journal, err) ||
        !open_batch(journal, err))
        return false;
    bind_integer(&to, number);
    bind_integer(&to, (int64_t)size);
    return run_own(journal, statement, what_filling, err);
}

/* ---- the merge ---- */

struct side { /* one of the two sorted lists, at its next element */
    sqlite3_stmt *statement;
    bool ended;
    struct text uidl; /* valid until the next step */
    int64_t id;       /* number, or id of the row */
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

static bool
note(struct merge *merge, enum statement which, const char *sql, int64_t id, const char *uidl)
{
    sqlite3_stmt *statement = sql_prepare(merge->journal, which, sql, merge->err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&to, id);
    if (uidl != NULL)
        bind_string(&to, uidl);
    return run_own(merge->journal, statement, what_judging, merge->err);
}

static bool
note_new(struct merge *merge, int64_t number)
{
    return note(merge, SQL_LISTING_NEW, "INSERT OR IGNORE INTO temp.listing_new (number) VALUES (?1)", number, NULL);
}

static bool
note_repeated(struct merge *merge, int64_t number, const char *uidl)
{
    static const char sql[] = "INSERT INTO temp.listing_repeated (number, uidl, row) VALUES (?1, ?2, 0)";

    return note(merge, SQL_LISTING_REPEATED, sql, number, uidl);
}

/* All lines of one UIDL, of which there are that many rows. */
static bool
judge_listed(struct merge *merge, const char *uidl, size_t rows)
{
    struct text same = text_of(uidl);
    int64_t first = merge->listed.id;
    bool ok = next(merge, &merge->listed), alone = ok && !is_at(&merge->listed, same);

    if (!ok)
        return false;
    if (alone && rows == 1)
        return true;
    if (alone && rows == 0)
        return note_new(merge, first);
    ok = note_repeated(merge, first, uidl);
    while (ok && is_at(&merge->listed, same))
        ok = note_repeated(merge, merge->listed.id, uidl) && next(merge, &merge->listed);
    return ok;
}

static bool
judge_uidl(struct merge *merge)
{
    struct side *listed = &merge->listed, *row = &merge->rows;
    char uidl[128];
    bool is_listed = !listed->ended && (row->ended || compare(listed->uidl, row->uidl) <= 0);
    size_t rows = 0;

    if (!text_copy(is_listed ? listed->uidl : row->uidl, uidl, sizeof uidl)) {
        sql_damaged(merge->journal, merge->err, what_judging);
        return false;
    }
    for (; is_at(row, text_of(uidl)); rows++) {
        if (!is_listed &&
            !note(merge, SQL_LISTING_GONE, "INSERT INTO temp.listing_gone (id) VALUES (?1)", row->id, NULL))
            return false;
        if (!next(merge, row))
            return false;
    }
    return !is_listed || judge_listed(merge, uidl, rows);
}

static bool
judge(struct journal *journal, struct error *err)
{
    struct merge merge = {.journal = journal, .err = err};
    bool ok;

    assert(journal->listing != LISTING_NONE);
    if (journal->listing == LISTING_JUDGED)
        return true;
    if (!add_waiting(journal, err) || !open_batch(journal, err))
        return false;
    /* Servers that count their UIDLs up list them in their order: nothing is left to be sorted. */
    merge.listed.statement =
        journal->fill.shuffled
            ? sql_prepare(journal, SQL_LISTING_BY_UIDL, "SELECT uidl, number FROM temp.listing ORDER BY uidl, number",
                          err)
            : sql_prepare(journal, SQL_LISTING_BY_NUMBER, "SELECT uidl, number FROM temp.listing ORDER BY number", err);
    if (merge.listed.statement == NULL)
        return false;
    merge.rows.statement =
        sql_prepare(journal, SQL_LISTING_ROWS, "SELECT uidl, id FROM main.pop ORDER BY uidl, id", err);
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

#define SELECT_LISTED                                                                                                  \
    "SELECT l.number, l.uidl, l.size, coalesce(r.row, (SELECT id FROM main.pop WHERE uidl = l.uidl), 0),"              \
    " r.number IS NOT NULL "
#define IS_REPEATED "LEFT JOIN temp.listing_repeated r ON r.number = l.number "
#define ALL_OF "FROM temp.listing l " IS_REPEATED
#define ONLY_OF(table) "FROM temp." table " o CROSS JOIN temp.listing l ON l.number = o.number " IS_REPEATED
#define KNOWN "r.number IS NULL AND l.number NOT IN (SELECT number FROM temp.listing_new) "
#define UP(column) column " > ?1 ORDER BY " column " LIMIT ?2"
#define DOWN(column) column " < ?1 ORDER BY " column " DESC LIMIT ?2"

static const char *const page_sql[][2] = {
    [LISTED_ALL] = {SELECT_LISTED ALL_OF "WHERE " UP("l.number"), SELECT_LISTED ALL_OF "WHERE " DOWN("l.number")},
    [LISTED_NEW] = {SELECT_LISTED ONLY_OF("listing_new") "WHERE " UP("o.number"),
                    SELECT_LISTED ONLY_OF("listing_new") "WHERE " DOWN("o.number")},
    [LISTED_REPEATED] = {SELECT_LISTED ONLY_OF("listing_repeated") "WHERE " UP("o.number"),
                         SELECT_LISTED ONLY_OF("listing_repeated") "WHERE " DOWN("o.number")},
    [LISTED_KNOWN] = {SELECT_LISTED ALL_OF "WHERE " KNOWN "AND " UP("l.number"),
                      SELECT_LISTED ALL_OF "WHERE " KNOWN "AND " DOWN("l.number")},
    [LISTED_MARKED] = {SELECT_LISTED ONLY_OF("listing_marked") "WHERE " UP("o.number"),
                       SELECT_LISTED ONLY_OF("listing_marked") "WHERE " DOWN("o.number")},
};

static const char *const count_sql[] = {
    [LISTED_ALL] = "SELECT count(*) FROM temp.listing",
    [LISTED_NEW] = "SELECT count(*) FROM temp.listing_new",
    [LISTED_REPEATED] = "SELECT count(*) FROM temp.listing_repeated",
    [LISTED_KNOWN] = "SELECT count(*) " ALL_OF "WHERE " KNOWN,
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

    if (!judge(journal, err) || !listing_settle(journal, err))
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

bool
journal_listing_count(struct journal *journal, enum journal_listing_which which, uint64_t *count, struct error *err)
{
    sqlite3_stmt *statement;
    int64_t number;

    if (!judge(journal, err))
        return false;
    statement = sql_prepare(journal, SQL_LISTING_COUNT + (enum statement)which, count_sql[which], err);
    if (statement == NULL || !sql_number(journal, statement, INT64_MAX, &number, what_judging, err))
        return false;
    *count = (uint64_t)number;
    return true;
}

bool
journal_listing_want(struct journal *journal, uint32_t number, struct error *err)
{
    struct merge merge = {.journal = journal, .err = err};

    return judge(journal, err) && note_new(&merge, number);
}

bool
journal_listing_want_fetching(struct journal *journal, struct error *err)
{
    static const char sql[] = "INSERT OR IGNORE INTO temp.listing_new (number) SELECT l.number FROM temp.listing l"
                              " WHERE EXISTS (SELECT 1 FROM main.pop WHERE uidl = l.uidl AND state = 1)"
                              " AND l.number NOT IN (SELECT number FROM temp.listing_repeated)";

    static_assert(POP_FETCHING == 1, "the statement holds this number");
    return judge(journal, err) && exec_own(journal, sql, what_judging, err);
}

bool
journal_listing_mark(struct journal *journal, uint32_t number, struct error *err)
{
    struct merge merge = {.journal = journal, .err = err};

    return judge(journal, err) && note(&merge, SQL_LISTING_MARK,
                                       "INSERT OR IGNORE INTO temp.listing_marked (number) VALUES (?1)", number, NULL);
}

/* ---- repeated UIDLs ---- */

bool
journal_listing_header(struct journal *journal, uint32_t number, const unsigned char *header, struct error *err)
{
    sqlite3_stmt *statement;
    struct sql_binder to;

    if (!judge(journal, err))
        return false;
    statement =
        sql_prepare(journal, SQL_LISTING_HEADER, "UPDATE temp.listing_repeated SET header = ?2 WHERE number = ?1", err);
    if (statement == NULL)
        return false;
    to = (struct sql_binder){.statement = statement};
    bind_integer(&to, number);
    bind_digest(&to, header);
    return run_own(journal, statement, what_judging, err);
}

#define REPEATED "(SELECT uidl FROM temp.listing_repeated)"
#define UNPAIRED "id NOT IN (SELECT row FROM temp.listing_repeated) AND id NOT IN (SELECT id FROM temp.listing_gone)"
/* The k-th line beside the k-th row of each group. */
#define PAIR(group, lines, rows, same)                                                                                 \
    "UPDATE temp.listing_repeated SET row = pair.id FROM (SELECT l.number, p.id FROM"                                  \
    " (SELECT number, " group ", row_number() OVER (PARTITION BY " group " ORDER BY number) AS k"                      \
    "  FROM temp.listing_repeated WHERE row = 0 AND " lines ") AS l JOIN"                                              \
    " (SELECT id, " group ", row_number() OVER (PARTITION BY " group " ORDER BY id) AS k"                              \
    "  FROM main.pop WHERE uidl IN " REPEATED " AND " UNPAIRED " AND " rows ") AS p"                                   \
    " ON p.uidl = l.uidl AND p.k = l.k" same ") AS pair WHERE listing_repeated.number = pair.number;"
#define DROP(rows)                                                                                                     \
    "INSERT OR IGNORE INTO temp.listing_gone (id) SELECT id FROM main.pop"                                             \
    " WHERE uidl IN " REPEATED " AND " UNPAIRED " AND " rows ";"
#define PAIR_HEADERS PAIR("uidl, header", "header IS NOT NULL", "header IS NOT NULL", " AND p.header = l.header")
#define PAIR_REST PAIR("uidl", "header IS NOT NULL", "header IS NULL", "")
#define PAIR_UIDLS PAIR("uidl", "1", "1", "")

/* A row for each line that has none. */
static bool
make_rows(struct journal *journal, bool by_header, int64_t now, struct error *err)
{
    static const char sql[] = "INSERT INTO main.pop (uidl, state, size, header, base, since, keep, hold, why)"
                              " SELECT uidl, 1, 0, header, '', ?1, -1, '', '' FROM temp.listing_repeated"
                              " WHERE row = 0 AND (header IS NOT NULL OR NOT ?2) ORDER BY number";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_LISTING_MAKE_ROWS, sql, err);
    struct sql_binder to = {.statement = statement};

    static_assert(POP_FETCHING == 1, "the statement holds this number");
    if (statement == NULL)
        return false;
    bind_integer(&to, now);
    bind_integer(&to, by_header);
    return sql_run(journal, statement, what_judging, err);
}

bool
journal_listing_pair(struct journal *journal, bool by_header, int64_t now, struct error *err)
{
    static const char known[2][4096] = {
        PAIR_UIDLS DROP("1"),
        PAIR_HEADERS PAIR_REST DROP("uidl NOT IN (SELECT uidl FROM temp.listing_repeated WHERE header IS NULL)")};
    static const char made[2][4096] = {PAIR_UIDLS, PAIR_HEADERS};
    static const char want[] =
        "INSERT OR IGNORE INTO temp.listing_new (number) SELECT number FROM temp.listing_repeated"
        " WHERE row IN (SELECT id FROM main.pop WHERE state = 1)";

    assert(journal->in_transaction);
    return judge(journal, err) && exec_own(journal, known[by_header], what_judging, err) &&
           make_rows(journal, by_header, now, err) && exec_own(journal, made[by_header], what_judging, err) &&
           exec_own(journal, want, what_judging, err);
}

bool
journal_listing_forget(struct journal *journal, uint64_t *forgotten, struct error *err)
{
    static const char sql[] = "DELETE FROM main.pop WHERE id IN (SELECT id FROM temp.listing_gone)";
    int64_t before;

    assert(journal->in_transaction);
    if (!judge(journal, err))
        return false;
    before = sqlite3_total_changes64(journal->db);
    if (!sql_exec(journal, sql, "forget POP messages that are gone", err))
        return false;
    *forgotten = (uint64_t)(sqlite3_total_changes64(journal->db) - before);
    return true;
}
