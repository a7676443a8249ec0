/* Sets of messages: what a plan walks through. Ids only, so that memory grows with 8 bytes a message. */
#include "store/journal/internal.h"

#include <assert.h>

#define DIRTY "dirty = 1"
#define WITH_UID "uid IS NOT NULL AND (facts & 1) = 0"   /* FACT_GONE_THERE */
#define WITH_BASE "base IS NOT NULL AND (facts & 2) = 0" /* FACT_GONE_HERE */
#define PRESENT "((" WITH_UID ") OR (" WITH_BASE "))"
#define DELETED                                                                                                        \
    WITH_UID                                                                                                           \
    " AND base IS NOT NULL AND (facts & 2) = 0 AND (rseen & lseen & 8) <> 0" /* FLAG_DELETED, as the index says it */
#define OUT_OF_VIEW "(facts & 0x80000) <> 0"
#define FOREIGN WITH_UID " AND base IS NOT NULL AND (facts & 2) = 0 AND (facts & 0x400000) <> 0"
#define ALIAS WITH_BASE " AND twin IS NOT NULL"
#define DRAFT WITH_BASE " AND ((rseen | lseen) & 16) <> 0" /* FLAG_DRAFT, as the index says it */
#define UNREAD DIRTY " AND " WITH_BASE " AND wire IS NULL"
#define FILE_ALONE DIRTY " AND uid IS NULL AND base IS NOT NULL"
#define UID_ALONE DIRTY " AND base IS NULL AND (facts & 0x40000) = 0 AND " WITH_UID /* FACT_REPLACED */
#define NOWHERE DIRTY " AND uid IS NULL AND base IS NULL"
#define UID_LEFT DIRTY " AND base IS NULL AND uid IS NOT NULL AND (facts & 1) <> 0"
#define GONE DIRTY " AND uid IS NOT NULL AND base IS NOT NULL AND (facts & 3) <> 0"
/* Those that are new there: as a first sync has them by the million. Walked by the index of what is dirty, in its order. */
#define FRESH "uid IS NOT NULL AND base IS NULL AND facts = 0 AND twin IS NULL"
#define BUT_FRESH DIRTY " AND NOT (" FRESH ")"
static_assert(FACT_GONE_THERE == 1 && FACT_GONE_HERE == 2 && FLAG_DELETED == 8 && FLAG_DRAFT == 16 &&
                  FACT_OUT_OF_VIEW == 0x80000 && FACT_REPLACED == 0x40000 && FACT_FOREIGN == 0x400000,
              "the statements hold these bits");

#define IN_ORDER " ORDER BY mailbox, uid, id"
#define IDS(set)                                                                                                       \
    {                                                                                                                  \
        "SELECT id FROM message WHERE mailbox = ?1 AND " set IN_ORDER, "SELECT id FROM message WHERE " set IN_ORDER    \
    }
#define DIRTY_IDS(set)                                                                                                 \
    {                                                                                                                  \
        "SELECT id FROM message INDEXED BY message_dirty WHERE mailbox = ?1 AND " set IN_ORDER,                        \
            "SELECT id FROM message INDEXED BY message_dirty WHERE " set IN_ORDER                                      \
    }
#define COUNT(set)                                                                                                     \
    {                                                                                                                  \
        "SELECT count(*) FROM message WHERE mailbox = ?1 AND " set, "SELECT count(*) FROM message WHERE " set          \
    }

/*
 * There are hardly any drafts in a mailbox of a million messages, and the order would have SQLite walk all of its UIDs. So their own index is
 * named.
 */
#define DRAFTS(what) "SELECT " what " FROM message INDEXED BY message_draft WHERE "
#define DRAFT_IDS                                                                                                      \
    {                                                                                                                  \
        DRAFTS("id") "mailbox = ?1 AND " DRAFT IN_ORDER, DRAFTS("id") DRAFT IN_ORDER                                   \
    }
#define DRAFT_COUNT                                                                                                    \
    {                                                                                                                  \
        DRAFTS("count(*)") "mailbox = ?1 AND " DRAFT, DRAFTS("count(*)") DRAFT                                         \
    }
/* ... and those that carry \Deleted on both sides, which `expunge` asks for in each run. */
#define WITH_DELETED(what) "SELECT " what " FROM message INDEXED BY message_deleted WHERE "
#define DELETED_IDS                                                                                                    \
    {                                                                                                                  \
        WITH_DELETED("id") "mailbox = ?1 AND " DELETED IN_ORDER, WITH_DELETED("id") DELETED IN_ORDER                   \
    }
#define DELETED_COUNT                                                                                                  \
    {                                                                                                                  \
        WITH_DELETED("count(*)") "mailbox = ?1 AND " DELETED, WITH_DELETED("count(*)") DELETED                         \
    }
/* Without an order SQLite takes the index of all files for what is dirty and has one. */
#define DIRTY_COUNT(set)                                                                                               \
    {                                                                                                                  \
        "SELECT count(*) FROM message INDEXED BY message_dirty WHERE mailbox = ?1 AND " set,                           \
            "SELECT count(*) FROM message INDEXED BY message_dirty WHERE " set                                         \
    }
/* ... and hardly any aliases. */
#define ALIASES(what) "SELECT " what " FROM message INDEXED BY message_twin WHERE "
#define ALIAS_IDS                                                                                                      \
    {                                                                                                                  \
        ALIASES("id") "mailbox = ?1 AND " ALIAS IN_ORDER, ALIASES("id") ALIAS IN_ORDER                                 \
    }
#define ALIAS_COUNT                                                                                                    \
    {                                                                                                                  \
        ALIASES("count(*)") "mailbox = ?1 AND " ALIAS, ALIASES("count(*)") ALIAS                                       \
    }

/*
 * Asked after each change in a mailbox. `facts` is in no index, and reading each row for it takes ten times as long. A row with one of these facts
 * is never clean: what is known of the index alone, without those that are dirty and gone.
 */
#define COUNT_BUT_GONE(known, bit)                                                                                     \
    {                                                                                                                  \
        "SELECT (SELECT count(*) FROM message WHERE mailbox = ?1 AND " known ")"                                       \
        " - (SELECT count(*) FROM message INDEXED BY message_dirty WHERE mailbox = ?1 AND " DIRTY " AND " known        \
        " AND (facts & " bit ") <> 0)",                                                                                \
            "SELECT (SELECT count(*) FROM message WHERE " known ")"                                                    \
            " - (SELECT count(*) FROM message INDEXED BY message_dirty WHERE " DIRTY " AND " known                     \
            " AND (facts & " bit ") <> 0)"                                                                             \
    }

static const char *const ids_sql[WHICH_SETS][2] = {
    [WHICH_ALL] = {"SELECT id FROM message WHERE mailbox = ?1" IN_ORDER, "SELECT id FROM message" IN_ORDER},
    [WHICH_DIRTY] = IDS(DIRTY),
    [WHICH_WITH_UID] = IDS(WITH_UID),
    [WHICH_WITH_BASE] = IDS(WITH_BASE),
    [WHICH_PRESENT] = IDS(PRESENT),
    [WHICH_DELETED] = DELETED_IDS,
    [WHICH_OUT_OF_VIEW] = IDS(OUT_OF_VIEW),
    [WHICH_FOREIGN] = IDS(FOREIGN),
    [WHICH_ALIAS] = ALIAS_IDS,
    [WHICH_DRAFT] = DRAFT_IDS,
    [WHICH_UNREAD] = IDS(UNREAD),
    [WHICH_FILE_ALONE] = IDS(FILE_ALONE),
    [WHICH_UID_ALONE] = IDS(UID_ALONE),
    [WHICH_UID_LEFT] = IDS(UID_LEFT),
    [WHICH_GONE] = DIRTY_IDS(GONE),
    [WHICH_FRESH] = DIRTY_IDS(DIRTY " AND " FRESH),
    [WHICH_BUT_FRESH] = DIRTY_IDS(BUT_FRESH),
    [WHICH_NOWHERE] = IDS(NOWHERE),
};

static const char *const count_sql[WHICH_SETS][2] = {
    [WHICH_ALL] = {"SELECT count(*) FROM message WHERE mailbox = ?1", "SELECT count(*) FROM message"},
    [WHICH_DIRTY] = DIRTY_COUNT(DIRTY),
    [WHICH_WITH_UID] = COUNT_BUT_GONE("uid IS NOT NULL", "1"),
    [WHICH_WITH_BASE] = COUNT_BUT_GONE("base IS NOT NULL", "2"),
    [WHICH_PRESENT] = COUNT(PRESENT),
    [WHICH_DELETED] = DELETED_COUNT,
    [WHICH_OUT_OF_VIEW] = COUNT(OUT_OF_VIEW),
    [WHICH_FOREIGN] = COUNT(FOREIGN),
    [WHICH_ALIAS] = ALIAS_COUNT,
    [WHICH_DRAFT] = DRAFT_COUNT,
    [WHICH_UNREAD] = DIRTY_COUNT(UNREAD),
    [WHICH_FILE_ALONE] = DIRTY_COUNT(FILE_ALONE),
    [WHICH_UID_ALONE] = DIRTY_COUNT(UID_ALONE),
    [WHICH_UID_LEFT] = DIRTY_COUNT(UID_LEFT),
    [WHICH_GONE] = DIRTY_COUNT(GONE),
    [WHICH_FRESH] = DIRTY_COUNT(DIRTY " AND " FRESH),
    [WHICH_BUT_FRESH] = DIRTY_COUNT(BUT_FRESH),
    [WHICH_NOWHERE] = DIRTY_COUNT(NOWHERE),
};

static sqlite3_stmt *
prepare_set(struct journal *journal, enum statement first, const char *const sql[][2], int64_t mailbox,
            enum journal_which which, struct error *err)
{
    size_t all = mailbox == 0;
    sqlite3_stmt *statement = sql_prepare(journal, first + (enum statement)(2 * which + all), sql[which][all], err);

    if (statement != NULL && !all)
        bind_integer(&(struct sql_binder){.statement = statement}, mailbox);
    return statement;
}

bool
journal_message_ids(struct journal *journal, int64_t mailbox, enum journal_which which, int64_t **ids, size_t *count,
                    struct error *err)
{
    sqlite3_stmt *statement = prepare_set(journal, SQL_MESSAGE_IDS, ids_sql, mailbox, which, err);

    return statement != NULL && sql_ids(journal, statement, ids, count, "list messages", err);
}

bool
journal_message_ids_kept(struct journal *journal, int64_t mailbox, enum journal_which which,
                         bool (*keep)(const void *context, int64_t id), const void *context, int64_t **ids,
                         size_t *count, struct error *err)
{
    static const char what[] = "list messages";
    sqlite3_stmt *statement = prepare_set(journal, SQL_MESSAGE_IDS, ids_sql, mailbox, which, err);
    enum sql_outcome outcome;
    int64_t *list = NULL;
    size_t size = 0, used = 0;
    bool ok = statement != NULL;

    while (ok && (outcome = sql_step(journal, statement, what, err)) != SQL_DONE) {
        struct sql_reader from = {.statement = statement};
        const int64_t id = outcome == SQL_ROW ? read_integer(&from, 1, INT64_MAX) : 0;

        ok = outcome == SQL_ROW && !from.damaged;
        if (from.damaged)
            sql_damaged(journal, err, what);
        if (!ok || !keep(context, id))
            continue;
        ok = array_grow(&list, &size, used + 1, sizeof *list);
        if (ok)
            list[used++] = id;
        else
            sql_no_memory(err, what);
    }
    if (!ok) {
        if (statement != NULL)
            sql_end(statement);
        free(list);
        return false;
    }
    *ids = list;
    *count = used;
    return true;
}

static bool
read_fresh(sqlite3_stmt *statement, void *row)
{
    struct sql_reader from = {.statement = statement};
    struct journal_fresh fresh = {.id = read_integer(&from, 1, INT64_MAX)};

    fresh.uid = (uint32_t)read_integer(&from, 1, UINT32_MAX);
    memcpy(row, &fresh, sizeof fresh);
    return !from.damaged;
}

bool
journal_fresh(struct journal *journal, int64_t mailbox, uint64_t below, size_t most, struct journal_fresh **list,
              size_t *count, struct error *err)
{
    static const char sql[] = "SELECT id, uid FROM message INDEXED BY message_dirty"
                              " WHERE mailbox = ?1 AND uid < ?2 AND " DIRTY " AND " FRESH " ORDER BY uid DESC LIMIT ?3";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_MESSAGE_FRESH, sql, err);
    struct sql_binder to = {.statement = statement};
    void *rows;

    if (statement == NULL)
        return false;
    bind_integer(&to, mailbox);
    bind_integer(&to, (int64_t)below);
    bind_integer(&to, (int64_t)most);
    if (!sql_list(journal, statement, read_fresh, sizeof **list, &rows, count, "list new messages", err))
        return false;
    *list = rows;
    return true;
}

static bool
read_fresh_sum(sqlite3_stmt *statement, void *row)
{
    struct sql_reader from = {.statement = statement};
    struct journal_fresh_sum sum = {.mailbox = read_integer(&from, 1, INT64_MAX)};

    sum.messages = (uint64_t)read_integer(&from, 0, INT64_MAX);
    sum.bytes = (uint64_t)read_integer(&from, 0, INT64_MAX);
    sum.capped = (uint64_t)read_integer(&from, 0, INT64_MAX);
    memcpy(row, &sum, sizeof sum);
    return !from.damaged;
}

/* total() is a float: what servers say of sizes may be more than an integer holds. Beyond one the cast is INT64_MAX. */
bool
journal_fresh_sums(struct journal *journal, uint64_t cap, struct journal_fresh_sum **list, size_t *count,
                   struct error *err)
{
    static const char sql[] =
        "SELECT mailbox, count(*), CAST(total(size) AS INTEGER), CAST(total(min(size, ?1)) AS INTEGER)"
        " FROM message INDEXED BY message_dirty WHERE " DIRTY " AND " FRESH " GROUP BY mailbox ORDER BY mailbox";
    static const char what[] = "count new messages";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_MESSAGE_FRESH_SUMS, sql, err);
    void *rows;

    if (statement == NULL || !sql_fits(cap, what, err))
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, (int64_t)cap);
    if (!sql_list(journal, statement, read_fresh_sum, sizeof **list, &rows, count, what, err))
        return false;
    *list = rows;
    return true;
}

static bool
read_measure(sqlite3_stmt *statement, void *row)
{
    struct sql_reader from = {.statement = statement};
    struct journal_measure measure = {.id = read_integer(&from, 1, INT64_MAX)};

    measure.size = (uint64_t)read_integer(&from, 0, INT64_MAX);
    measure.date = read_integer(&from, INT64_MIN, INT64_MAX);
    memcpy(row, &measure, sizeof measure);
    return !from.damaged;
}

bool
journal_measures(struct journal *journal, int64_t mailbox, struct journal_measure **list, size_t *count,
                 struct error *err)
{
    static const char sql[] = "SELECT id, size, date FROM message"
                              " WHERE mailbox = ?1 AND uid IS NOT NULL AND base IS NOT NULL AND size > 0 AND date <> 0";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_MESSAGE_MEASURES, sql, err);
    void *rows;

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, mailbox);
    if (!sql_list(journal, statement, read_measure, sizeof **list, &rows, count, "list messages by size", err))
        return false;
    *list = rows;
    return true;
}

bool
journal_fresh_any(struct journal *journal, bool (*is)(const void *context, const struct journal_measure *measure),
                  const void *context, bool *any, struct error *err)
{
    static const char sql[] = "SELECT id, size, date FROM message INDEXED BY message_dirty WHERE " DIRTY " AND " FRESH;
    static const char what[] = "look for new messages";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_MESSAGE_FRESH_ANY, sql, err);
    enum sql_outcome outcome = SQL_ROW;
    bool ok = statement != NULL;

    *any = false;
    while (ok && !*any && (outcome = sql_step(journal, statement, what, err)) == SQL_ROW) {
        struct journal_measure measure;

        ok = read_measure(statement, &measure);
        if (!ok)
            sql_damaged(journal, err, what);
        *any = ok && is(context, &measure);
    }
    if (statement != NULL && outcome == SQL_ROW)
        sql_end(statement);
    return ok && (*any || outcome == SQL_DONE);
}

#define NAMES(where)                                                                                                   \
    "SELECT id, base, info, lseen, facts FROM message " where " WHERE mailbox = ?1 AND base IS NOT NULL"

/*
 * By the index each row is looked for, which costs twice as much as to read it; but where more than half of all rows are of other mailboxes, it is
 * less.
 */
static sqlite3_stmt *
prepare_names(struct journal *journal, int64_t mailbox, uint64_t rows, struct error *err)
{
    int64_t highest;
    sqlite3_stmt *statement;

    if (!journal_highest_id(journal, &highest, err))
        return NULL;
    statement = rows < (uint64_t)highest / 2
                    ? sql_prepare(journal, SQL_MESSAGE_NAMES, NAMES("INDEXED BY message_uid"), err)
                    : sql_prepare(journal, SQL_MESSAGE_NAMES_AS_THEY_LIE, NAMES("NOT INDEXED"), err);
    if (statement != NULL)
        bind_integer(&(struct sql_binder){.statement = statement}, mailbox);
    return statement;
}

bool
journal_names(struct journal *journal, int64_t mailbox, uint64_t rows,
              bool (*each)(void *context, const struct journal_name *name), void *context, struct error *err)
{
    static const char what[] = "go through the names of files";
    sqlite3_stmt *statement = prepare_names(journal, mailbox, rows, err);
    enum sql_outcome outcome;

    if (statement == NULL)
        return false;
    while ((outcome = sql_step(journal, statement, what, err)) == SQL_ROW) {
        struct sql_reader from = {.statement = statement};
        struct journal_name name = {.id = read_integer(&from, 1, INT64_MAX)};

        name.base = read_text(&from);
        name.info = read_text(&from);
        name.lseen = (unsigned)read_integer(&from, 0, UINT32_MAX);
        name.facts = (unsigned)read_integer(&from, 0, UINT32_MAX);
        if (from.damaged)
            sql_damaged(journal, err, what);
        if (from.damaged || !each(context, &name)) {
            sql_end(statement);
            return false;
        }
    }
    return outcome == SQL_DONE;
}

bool
journal_ids_by_uids(struct journal *journal, int64_t mailbox, uint32_t first, uint32_t last, int64_t **ids,
                    size_t *count, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_MESSAGE_UIDS,
        "SELECT id FROM message WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 AND " WITH_UID " ORDER BY uid", err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&to, mailbox);
    bind_integer(&to, first);
    bind_integer(&to, last);
    return sql_ids(journal, statement, ids, count, "find messages by UID", err);
}

bool
journal_ids_by_date(struct journal *journal, int64_t mailbox, int64_t date, int64_t **ids, size_t *count,
                    struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_MESSAGE_DATE,
                    "SELECT id FROM message WHERE mailbox = ?1 AND " WITH_UID
                    " AND (date = ?2 OR (?2 = 0 AND date NOT BETWEEN 0 AND 9999999999)) ORDER BY id",
                    err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&to, mailbox);
    bind_integer(&to, date);
    return sql_ids(journal, statement, ids, count, "find messages by date", err);
}

bool
journal_ids_by_dates(struct journal *journal, int64_t mailbox, int64_t first, int64_t last, int64_t **ids,
                     size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_MESSAGE_DATES,
                    "SELECT id FROM message WHERE mailbox = ?1 AND date BETWEEN ?2 AND ?3 ORDER BY id", err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&to, mailbox);
    bind_integer(&to, first);
    bind_integer(&to, last);
    return sql_ids(journal, statement, ids, count, "find messages by dates", err);
}

bool
journal_ids_referring(struct journal *journal, int64_t row, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_MESSAGE_REFERRING, "SELECT id FROM message WHERE twin = ?1 ORDER BY id", err);

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, row);
    return sql_ids(journal, statement, ids, count, "find aliases", err);
}

bool
journal_ids_by_wire(struct journal *journal, const unsigned char wire[static DIGEST_SIZE], int64_t **ids, size_t *count,
                    struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_MESSAGE_WIRE, "SELECT id FROM message WHERE wire = ?1 ORDER BY id", err);

    if (statement == NULL)
        return false;
    bind_digest(&(struct sql_binder){.statement = statement}, wire);
    return sql_ids(journal, statement, ids, count, "find messages by digest", err);
}

bool
journal_ids_dirty_by_size(struct journal *journal, uint64_t size, int64_t **ids, size_t *count, struct error *err)
{
    static const char what[] = "find messages by size";
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_MESSAGE_SIZE, "SELECT id FROM message WHERE size = ?1 AND dirty = 1 ORDER BY id", err);

    if (statement == NULL || !sql_fits(size, what, err))
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, (int64_t)size);
    return sql_ids(journal, statement, ids, count, what, err);
}

bool
journal_message_count(struct journal *journal, int64_t mailbox, enum journal_which which, uint64_t *count,
                      struct error *err)
{
    sqlite3_stmt *statement = prepare_set(journal, SQL_MESSAGE_COUNT, count_sql, mailbox, which, err);
    int64_t number;

    if (statement == NULL || !sql_number(journal, statement, INT64_MAX, &number, "count messages", err))
        return false;
    *count = (uint64_t)number;
    return true;
}

/* What a statement about a mailbox finds: a UID, or how many. @param second  its other number; NULL: there is none */
static bool
number_of(struct journal *journal, sqlite3_stmt *statement, int64_t mailbox, const uint32_t *second, uint32_t *out,
          struct error *err)
{
    struct sql_binder binder = {.statement = statement};
    int64_t number;

    if (statement == NULL)
        return false;
    bind_integer(&binder, mailbox);
    if (second != NULL)
        bind_integer(&binder, *second);
    if (!sql_number(journal, statement, UINT32_MAX, &number, "count messages", err))
        return false;
    *out = (uint32_t)number;
    return true;
}

bool
journal_highest_uid(struct journal *journal, int64_t mailbox, uint32_t *uid, struct error *err)
{
    return number_of(journal,
                     sql_prepare(journal, SQL_MESSAGE_HIGHEST, "SELECT max(uid) FROM message WHERE mailbox = ?1", err),
                     mailbox, NULL, uid, err);
}

bool
journal_nth_highest_uid(struct journal *journal, int64_t mailbox, unsigned n, uint32_t *uid, struct error *err)
{
    static const char sql[] = "SELECT min(uid) FROM (SELECT uid FROM message WHERE mailbox = ?1 AND uid IS NOT NULL"
                              " ORDER BY uid DESC LIMIT ?2)";

    return number_of(journal, sql_prepare(journal, SQL_MESSAGE_NTH_HIGHEST, sql, err), mailbox, &n, uid, err);
}

bool
journal_count_uids_from(struct journal *journal, int64_t mailbox, uint32_t uid, uint32_t *count, struct error *err)
{
    static const char sql[] = "SELECT count(*) FROM message WHERE mailbox = ?1 AND uid >= ?2"
                              " AND (base IS NOT NULL OR (facts & 1) = 0)"; /* FACT_GONE_THERE */

    return number_of(journal, sql_prepare(journal, SQL_MESSAGE_SINCE, sql, err), mailbox, &uid, count, err);
}

bool
journal_highest_id(struct journal *journal, int64_t *id, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_MESSAGE_LAST_ID, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'message'", err);

    return statement != NULL && sql_number(journal, statement, INT64_MAX, id, "find the last message", err);
}
