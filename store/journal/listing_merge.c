/*
 * The lines of a listing and the journal's rows, merged like two sorted lists: that yields at once what is new, what is doubtful and what
 * is gone, and where nothing is any of these nothing is written.
 *
 *     lines      u1 u2    u4 u5 u5       new u4, doubtful u5 u5
 *     rows       u1 u2 u3                gone u3
 *
 * Doubtful is a line whose UIDL stands more than once, and one that names no row or several that were listed before, or one of another
 * size: a UIDL alone does not say which message it is (listing_doubt.c).
 *
 * Servers that count their UIDLs up list them in their order: as long as they do, each line is merged as it comes, while the server writes the
 * next ones. Else, and where the journal wants a transaction meanwhile, all lines are merged behind the last of them.
 */
#include <assert.h>

#include "store/journal/internal.h"

static const char what[] = "compare what the server lists";

struct merge {
    struct journal *journal;
    sqlite3_stmt *rows; /* at the next one: */
    bool ended;
    struct text uidl; /* valid until the next step */
    int64_t id;
    uint64_t listed;
    bool absent;
    bool again; /* absent, and it was listed again after an earlier removal */
    struct {    /* the UIDL of the lines that came last */
        char uidl[MAILDROP_UIDL_MAX + 1];
        size_t lines;
        uint32_t number; /* of the first of them */
        uint64_t size;
        size_t rows, there; /* there: those that are not absent */
        int64_t id;         /* of the last of these */
        uint64_t listed;
    } name;
    bool noted;
    struct error *err; /* of the call */
};

static bool
next_row(struct merge *merge)
{
    enum sql_outcome outcome = sql_step(merge->journal, merge->rows, what, merge->err);

    merge->ended = outcome != SQL_ROW;
    if (outcome != SQL_ROW)
        return outcome == SQL_DONE;
    merge->uidl.at = (const char *)sqlite3_column_text(merge->rows, 0);
    merge->uidl.len = (size_t)sqlite3_column_bytes(merge->rows, 0);
    merge->id = sqlite3_column_int64(merge->rows, 1);
    merge->listed = (uint64_t)sqlite3_column_int64(merge->rows, 2);
    merge->absent = sqlite3_column_int64(merge->rows, 3) != 0;
    merge->again = merge->absent && (sqlite3_column_int64(merge->rows, 4) & POP_AGAIN) != 0;
    if (merge->uidl.at == NULL)
        sql_no_memory(merge->err, what);
    return merge->uidl.at != NULL;
}

/* ---- what is found ---- */

/* NULL: err says why */
static sqlite3_stmt *
prepare(struct merge *merge, enum statement which, const char *sql)
{
    merge->noted = true;
    return listing_batch(merge->journal, merge->err) ? sql_prepare(merge->journal, which, sql, merge->err) : NULL;
}

static bool
note_new(struct merge *merge)
{
    sqlite3_stmt *statement =
        prepare(merge, SQL_LISTING_NEW, "INSERT OR IGNORE INTO temp.listing_new (number) VALUES (?1)");

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, merge->name.number);
    return listing_run(merge->journal, statement, merge->err);
}

static bool
note_gone(struct merge *merge)
{
    sqlite3_stmt *statement = prepare(merge, SQL_LISTING_GONE, "INSERT INTO temp.listing_gone (id) VALUES (?1)");

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, merge->id);
    return listing_run(merge->journal, statement, merge->err);
}

/* It went this time: should it come once more, that is news. */
static bool
note_went(struct merge *merge)
{
    sqlite3_stmt *statement = prepare(merge, SQL_LISTING_WENT, "INSERT INTO temp.listing_went (id) VALUES (?1)");

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, merge->id);
    return listing_run(merge->journal, statement, merge->err);
}

static bool
note_size(struct merge *merge)
{
    static const char sql[] = "INSERT OR IGNORE INTO temp.listing_unsized (id, size) VALUES (?1, ?2)";
    sqlite3_stmt *statement = prepare(merge, SQL_LISTING_UNSIZED, sql);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&to, merge->name.id);
    bind_integer(&to, (int64_t)merge->name.size);
    return listing_run(merge->journal, statement, merge->err);
}

static bool
note_doubt(struct merge *merge, uint32_t number, uint64_t size, bool repeated)
{
    static const char sql[] =
        "INSERT OR IGNORE INTO temp.listing_doubt (number, uidl, size, repeated) VALUES (?1, ?2, ?3, ?4)";
    sqlite3_stmt *statement = prepare(merge, SQL_LISTING_DOUBT, sql);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&to, number);
    bind_string(&to, merge->name.uidl);
    bind_integer(&to, (int64_t)size);
    bind_integer(&to, repeated);
    return listing_run(merge->journal, statement, merge->err);
}

/* ---- one UIDL after the other ---- */

/* Rows of UIDLs below this one, of which no line came: they are gone. */
static bool
pass_rows(struct merge *merge, const struct text *uidl)
{
    while (!merge->ended && (uidl == NULL || text_order(merge->uidl, *uidl) < 0))
        if ((!merge->absent && !note_gone(merge)) || (merge->again && !note_went(merge)) || !next_row(merge))
            return false;
    return true;
}

static bool
begin_name(struct merge *merge, uint32_t number, struct text uidl, uint64_t size)
{
    if (!pass_rows(merge, &uidl))
        return false;
    merge->name.lines = 1;
    merge->name.number = number;
    merge->name.size = size;
    merge->name.rows = merge->name.there = 0;
    if (!text_copy(uidl, merge->name.uidl, sizeof merge->name.uidl)) {
        sql_damaged(merge->journal, merge->err, what);
        return false;
    }
    for (; !merge->ended && text_order(merge->uidl, uidl) == 0; merge->name.rows++) {
        if (!merge->absent) {
            merge->name.there++;
            merge->name.id = merge->id;
            merge->name.listed = merge->listed;
        }
        if (!next_row(merge))
            return false;
    }
    return true;
}

/* Its line stands alone; of more than one each is noted as it comes. */
static bool
end_name(struct merge *merge)
{
    const uint64_t size = merge->name.size, listed = merge->name.listed;

    if (merge->name.lines != 1)
        return true;
    if (merge->name.rows == 0)
        return note_new(merge);
    if (merge->name.there == 1 && listed == 0 && size != 0)
        return note_size(merge);
    return (merge->name.there == 1 && (listed == size || size == 0)) ||
           note_doubt(merge, merge->name.number, size, false);
}

static bool
take(void *context, uint32_t number, struct text uidl, uint64_t size)
{
    struct merge *merge = context;

    if (merge->name.lines == 0 || !text_is(uidl, merge->name.uidl))
        return end_name(merge) && begin_name(merge, number, uidl, size);
    if (merge->name.lines++ == 1 && !note_doubt(merge, merge->name.number, merge->name.size, true))
        return false;
    return note_doubt(merge, number, size, true);
}

/* ---- from the first line to the last ---- */

static bool
begin(struct journal *journal, struct error *err)
{
    static const char sql[] = "SELECT uidl, id, listed, absent, facts FROM main.pop ORDER BY uidl";
    sqlite3_stmt *rows = sql_prepare(journal, SQL_LISTING_ROWS, sql, err);
    struct merge *merge = rows != NULL ? calloc(1, sizeof *merge) : NULL;

    assert(journal->merge == NULL);
    if (rows == NULL)
        return false;
    if (merge == NULL) {
        sql_no_memory(err, what);
        return false;
    }
    *merge = (struct merge){.journal = journal, .rows = rows, .err = err};
    journal->merge = merge;
    return next_row(merge);
}

static void
end(struct journal *journal)
{
    sql_end(journal->merge->rows);
    free(journal->merge);
    journal->merge = NULL;
}

bool
merge_line(struct journal *journal, uint32_t number, struct text uidl, uint64_t size, struct error *err)
{
    struct merge *merge;

    if (journal->lines.count == 1 && !begin(journal, err))
        return false;
    merge = journal->merge;
    if (merge == NULL) /* given up */
        return true;
    if (merge->name.lines > 0 && text_order(uidl, text_of(merge->name.uidl)) < 0)
        return merge_give_up(journal, err);
    merge->err = err;
    return take(merge, number, uidl, size);
}

bool
merge_give_up(struct journal *journal, struct error *err)
{
    bool noted = journal->merge != NULL && journal->merge->noted;

    if (journal->merge != NULL)
        end(journal);
    return !noted || listing_clear(journal, err);
}

bool
merge_end(struct journal *journal, struct error *err)
{
    bool ok = true;

    if (journal->merge == NULL)
        ok = begin(journal, err) && lines_by_uidl(journal, take, journal->merge, err);
    else if (journal->lines.numbers_fall)
        ok = lines_to_table(journal, err); /* a number that stands twice is found there */
    if (ok) {
        journal->merge->err = err;
        ok = end_name(journal->merge) && pass_rows(journal->merge, NULL);
    }
    if (journal->merge != NULL)
        end(journal);
    return ok;
}
