/*
 * The lines of a listing. They wait in memory, as many as fit into LINES_SIZE; the table temp.listing gets them when there are more, or when a
 * statement wants to look a line up. Where nothing is new no statement does, and no table is written.
 */
#include <assert.h>

#include "store/journal/internal.h"

static const char what[] = "write down what the server lists";

#define LINES_SIZE ((size_t)1024 * 1024) /* some 25,000 lines */
#define TOGETHER 16                      /* lines inserted by one statement: a third of the time of one by one */

struct listing_line {
    uint64_t size;
    uint32_t number;
    uint32_t len; /* of the UIDL, behind which stands a NUL */
    char uidl[];
};

/* What the line takes in memory: the next one begins where a line may begin. */
static size_t
space_of(size_t len)
{
    const size_t each = _Alignof(struct listing_line);

    return (sizeof(struct listing_line) + len + 1 + each - 1) / each * each;
}

static struct listing_line *
line_at(const struct listing_lines *lines, size_t place)
{
    return (void *)(lines->at + place);
}

void
lines_free(struct listing_lines *lines)
{
    free(lines->at);
    *lines = (struct listing_lines){.at = NULL};
}

static int
compare_lines(const struct listing_line *a, const struct listing_line *b)
{
    int order = text_order((struct text){a->uidl, a->len}, (struct text){b->uidl, b->len});

    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

/* ---- into memory ---- */

bool
lines_add(struct journal *journal, uint32_t number, struct text uidl, uint64_t size, struct error *err)
{
    struct listing_lines *lines = &journal->lines;
    const size_t space = space_of(uidl.len);
    struct listing_line *line;

    if (lines->used + space > LINES_SIZE && !lines_to_table(journal, err))
        return false;
    if (lines->at == NULL && (lines->at = malloc(LINES_SIZE)) == NULL) {
        sql_no_memory(err, what);
        return false;
    }
    line = line_at(lines, lines->used);
    line->size = size;
    line->number = number;
    line->len = (uint32_t)uidl.len;
    memcpy(line->uidl, uidl.at, uidl.len);
    line->uidl[uidl.len] = '\0';
    lines->numbers_fall = lines->numbers_fall || number <= lines->last_number;
    lines->uidls_fall = lines->uidls_fall || (lines->used > 0 && compare_lines(line, line_at(lines, lines->last)) < 0);
    lines->last_number = number;
    lines->last = lines->used;
    lines->used += space;
    lines->waiting++;
    lines->count++;
    return true;
}

/* ---- into the table ---- */

static bool
listed_twice(struct error *err)
{
    error_set(err, ERROR_SERVER, "read the list of messages: a number is listed twice");
    error_hint(err, "Nothing was done; run golub again, and tell whoever runs the server if it stays.");
    return false;
}

#define ADD "INSERT OR IGNORE INTO temp.listing (number, uidl, size) VALUES "
#define LINE "(?, ?, ?)"
#define LINES_4 LINE ", " LINE ", " LINE ", " LINE

/* One or TOGETHER, from this place on, which is moved behind them. */
static bool
insert(struct journal *journal, size_t *place, size_t count, struct error *err)
{
    static const char many[] = ADD LINES_4 ", " LINES_4 ", " LINES_4 ", " LINES_4;
    sqlite3_stmt *statement = count == 1 ? sql_prepare(journal, SQL_LISTING_ADD, ADD LINE, err)
                                         : sql_prepare(journal, SQL_LISTING_ADD_MANY, many, err);
    struct sql_binder to = {.statement = statement};

    static_assert(TOGETHER == 16, "the statement holds as many");
    assert(count == 1 || count == TOGETHER);
    if (statement == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct listing_line *line = line_at(&journal->lines, *place);

        bind_integer(&to, line->number);
        bind_string(&to, line->uidl);
        bind_integer(&to, (int64_t)line->size);
        *place += space_of(line->len);
    }
    if (!listing_run(journal, statement, err))
        return false;
    return (size_t)sqlite3_changes64(journal->db) == count || listed_twice(err);
}

bool
lines_to_table(struct journal *journal, struct error *err)
{
    struct listing_lines *lines = &journal->lines;
    size_t left = lines->waiting, place = 0;
    bool ok = left == 0 || listing_batch(journal, err);

    while (ok && left > 0) {
        const size_t count = left >= TOGETHER ? TOGETHER : 1;

        ok = insert(journal, &place, count, err);
        left -= count;
    }
    free(lines->at);
    *lines = (struct listing_lines){
        .count = lines->count, .last_number = lines->last_number, .numbers_fall = lines->numbers_fall};
    return ok;
}

/* ---- in the order of their UIDLs ---- */

static int
compare_places(const void *a, const void *b)
{
    return compare_lines(*(const struct listing_line *const *)a, *(const struct listing_line *const *)b);
}

static bool
give(const struct listing_line *line, lines_item *item, void *context)
{
    return item(context, line->number, (struct text){line->uidl, line->len}, line->size);
}

static bool
give_as_they_stand(const struct listing_lines *lines, lines_item *item, void *context)
{
    for (size_t place = 0; place < lines->used; place += space_of(line_at(lines, place)->len))
        if (!give(line_at(lines, place), item, context))
            return false;
    return true;
}

static bool
give_sorted(const struct listing_lines *lines, lines_item *item, void *context, struct error *err)
{
    const struct listing_line **sorted = malloc(lines->waiting * sizeof *sorted);
    size_t count = 0;
    bool ok = true;

    if (sorted == NULL) {
        sql_no_memory(err, what);
        return false;
    }
    for (size_t place = 0; place < lines->used; place += space_of(sorted[count++]->len))
        sorted[count] = line_at(lines, place);
    qsort(sorted, count, sizeof *sorted, compare_places);
    for (size_t i = 0; ok && i < count; i++)
        ok = give(sorted[i], item, context);
    free(sorted);
    return ok;
}

static bool
give_from_table(struct journal *journal, lines_item *item, void *context, struct error *err)
{
    static const char sql[] = "SELECT uidl, number, size FROM temp.listing ORDER BY uidl, number";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_LISTING_BY_UIDL, sql, err);
    enum sql_outcome outcome = SQL_FAILED;
    bool ok = statement != NULL;

    while (ok && (outcome = sql_step(journal, statement, what, err)) == SQL_ROW) {
        struct text uidl = {.at = (const char *)sqlite3_column_text(statement, 0)};

        uidl.len = (size_t)sqlite3_column_bytes(statement, 0);
        if (uidl.at == NULL)
            sql_no_memory(err, what);
        ok = uidl.at != NULL && item(context, (uint32_t)sqlite3_column_int64(statement, 1), uidl,
                                     (uint64_t)sqlite3_column_int64(statement, 2));
    }
    if (!ok)
        sql_end(statement);
    return ok && outcome == SQL_DONE;
}

bool
lines_by_uidl(struct journal *journal, lines_item *item, void *context, struct error *err)
{
    struct listing_lines *lines = &journal->lines;

    /* A number that stands twice is found there. */
    if (lines->waiting < lines->count || lines->numbers_fall)
        return lines_to_table(journal, err) && give_from_table(journal, item, context, err);
    return lines->uidls_fall ? give_sorted(lines, item, context, err) : give_as_they_stand(lines, item, context);
}
