/* Sets of messages: what a plan walks through. Ids only, so that memory grows with 8 bytes a message. */
#include "store/journal/internal.h"

#include <assert.h>

#define WITH_UID "uid IS NOT NULL AND (facts & 1) = 0"                                           /* FACT_GONE_THERE */
#define WITH_BASE "base IS NOT NULL AND (facts & 2) = 0"                                         /* FACT_GONE_HERE */
#define MARKED WITH_UID " AND base IS NOT NULL AND (facts & 2) = 0 AND (rseen & lseen & 8) <> 0" /* FLAG_DELETED */
#define OUT_OF_VIEW "(facts & 0x80000) <> 0"
#define ALIAS WITH_BASE " AND twin IS NOT NULL"
#define DRAFT WITH_BASE " AND ((rseen | lseen) & 16) <> 0" /* FLAG_DRAFT, as the index says it */
static_assert(FACT_GONE_THERE == 1 && FACT_GONE_HERE == 2 && FLAG_DELETED == 8 && FLAG_DRAFT == 16 &&
                  FACT_OUT_OF_VIEW == 0x80000,
              "the statements hold these bits");

#define IN_ORDER " ORDER BY mailbox, uid, id"

static const char *const ids_sql[][2] = {
    [WHICH_ALL] = {"SELECT id FROM message WHERE mailbox = ?1" IN_ORDER, "SELECT id FROM message" IN_ORDER},
    [WHICH_DIRTY] = {"SELECT id FROM message WHERE mailbox = ?1 AND dirty = 1" IN_ORDER,
                     "SELECT id FROM message WHERE dirty = 1" IN_ORDER},
    [WHICH_WITH_UID] = {"SELECT id FROM message WHERE mailbox = ?1 AND " WITH_UID IN_ORDER,
                        "SELECT id FROM message WHERE " WITH_UID IN_ORDER},
    [WHICH_WITH_BASE] = {"SELECT id FROM message WHERE mailbox = ?1 AND " WITH_BASE IN_ORDER,
                         "SELECT id FROM message WHERE " WITH_BASE IN_ORDER},
    [WHICH_DELETED] = {"SELECT id FROM message WHERE mailbox = ?1 AND " MARKED IN_ORDER,
                       "SELECT id FROM message WHERE " MARKED IN_ORDER},
    [WHICH_OUT_OF_VIEW] = {"SELECT id FROM message WHERE mailbox = ?1 AND " OUT_OF_VIEW IN_ORDER,
                           "SELECT id FROM message WHERE " OUT_OF_VIEW IN_ORDER},
    [WHICH_ALIAS] = {"SELECT id FROM message WHERE mailbox = ?1 AND " ALIAS IN_ORDER,
                     "SELECT id FROM message WHERE " ALIAS IN_ORDER},
    [WHICH_DRAFT] = {"SELECT id FROM message WHERE mailbox = ?1 AND " DRAFT IN_ORDER,
                     "SELECT id FROM message WHERE " DRAFT IN_ORDER},
};

static const char *const count_sql[][2] = {
    [WHICH_ALL] = {"SELECT count(*) FROM message WHERE mailbox = ?1", "SELECT count(*) FROM message"},
    [WHICH_DIRTY] = {"SELECT count(*) FROM message WHERE mailbox = ?1 AND dirty = 1",
                     "SELECT count(*) FROM message WHERE dirty = 1"},
    [WHICH_WITH_UID] = {"SELECT count(*) FROM message WHERE mailbox = ?1 AND " WITH_UID,
                        "SELECT count(*) FROM message WHERE " WITH_UID},
    [WHICH_WITH_BASE] = {"SELECT count(*) FROM message WHERE mailbox = ?1 AND " WITH_BASE,
                         "SELECT count(*) FROM message WHERE " WITH_BASE},
    [WHICH_DELETED] = {"SELECT count(*) FROM message WHERE mailbox = ?1 AND " MARKED,
                       "SELECT count(*) FROM message WHERE " MARKED},
    [WHICH_OUT_OF_VIEW] = {"SELECT count(*) FROM message WHERE mailbox = ?1 AND " OUT_OF_VIEW,
                           "SELECT count(*) FROM message WHERE " OUT_OF_VIEW},
    [WHICH_ALIAS] = {"SELECT count(*) FROM message WHERE mailbox = ?1 AND " ALIAS,
                     "SELECT count(*) FROM message WHERE " ALIAS},
    [WHICH_DRAFT] = {"SELECT count(*) FROM message WHERE mailbox = ?1 AND " DRAFT,
                     "SELECT count(*) FROM message WHERE " DRAFT},
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

bool
journal_highest_uid(struct journal *journal, int64_t mailbox, uint32_t *uid, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_MESSAGE_HIGHEST, "SELECT max(uid) FROM message WHERE mailbox = ?1", err);
    int64_t number;

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, mailbox);
    if (!sql_number(journal, statement, UINT32_MAX, &number, "count messages", err))
        return false;
    *uid = (uint32_t)number;
    return true;
}

bool
journal_count_uids_from(struct journal *journal, int64_t mailbox, uint32_t uid, uint32_t *count, struct error *err)
{
    static const char sql[] = "SELECT count(*) FROM message WHERE mailbox = ?1 AND uid >= ?2"
                              " AND (base IS NOT NULL OR (facts & 1) = 0)"; /* FACT_GONE_THERE */
    sqlite3_stmt *statement = sql_prepare(journal, SQL_MESSAGE_SINCE, sql, err);
    struct sql_binder binder = {.statement = statement};
    int64_t number;

    if (statement == NULL)
        return false;
    bind_integer(&binder, mailbox);
    bind_integer(&binder, uid);
    if (!sql_number(journal, statement, UINT32_MAX, &number, "count messages", err))
        return false;
    *count = (uint32_t)number;
    return true;
}

bool
journal_highest_id(struct journal *journal, int64_t *id, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_MESSAGE_LAST_ID, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'message'", err);

    return statement != NULL && sql_number(journal, statement, INT64_MAX, id, "find the last message", err);
}
