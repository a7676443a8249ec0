/* Names that were given without a flush (fsync = false): whether they are on the disk is not certain. See sync/rows/flushed.c. */
#include "store/journal/internal.h"

#include <assert.h>

static const char what[] = "note what is not on the disk yet";

static bool
run_on(struct journal *journal, enum statement which, const char *sql, const char *boot, int64_t number,
       struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, which, sql, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_string(&to, boot);
    bind_integer(&to, number);
    return sql_run(journal, statement, what, err);
}

bool
journal_unflushed_add(struct journal *journal, int64_t message, const char *boot, bool undeleted, struct error *err)
{
    static const char sql[] =
        "INSERT INTO unflushed (message, boot, undeleted) VALUES (?2, ?1, ?3) ON CONFLICT (message)"
        " DO UPDATE SET boot = ?1, undeleted = undeleted OR ?3";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_UNFLUSHED_ADD, sql, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_string(&to, boot);
    bind_integer(&to, message);
    bind_integer(&to, undeleted);
    return sql_run(journal, statement, what, err);
}

bool
journal_unflushed_ids(struct journal *journal, const char *boot, bool same, int64_t **ids, size_t *count,
                      struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_UNFLUSHED_IDS,
                    "SELECT message FROM unflushed WHERE (boot = ?1 AND ?1 <> '') = ?2 ORDER BY message", err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_string(&to, boot);
    bind_integer(&to, same);
    return sql_ids(journal, statement, ids, count, what, err);
}

bool
journal_unflushed_undeleted(struct journal *journal, const char *boot, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_UNFLUSHED_UNDELETED,
                                          "SELECT message FROM unflushed"
                                          " WHERE NOT (boot = ?1 AND ?1 <> '') AND undeleted = 1 ORDER BY message",
                                          err);

    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, boot);
    return sql_ids(journal, statement, ids, count, what, err);
}

bool
journal_unflushed_flushed(struct journal *journal, const char *boot, struct error *err)
{
    /* And those of messages that are not there any more: nothing hangs on them. */
    return run_on(
        journal, SQL_UNFLUSHED_FLUSHED,
        "DELETE FROM unflushed WHERE (boot = ?1 AND ?1 <> '') = ?2 OR message NOT IN (SELECT id FROM message)", boot,
        true, err);
}

bool
journal_unflushed_seen(struct journal *journal, int64_t mailbox, const char *boot, struct error *err)
{
    return run_on(journal, SQL_UNFLUSHED_SEEN,
                  "DELETE FROM unflushed WHERE NOT (boot = ?1 AND ?1 <> '')"
                  " AND message IN (SELECT id FROM message WHERE mailbox = ?2)",
                  boot, mailbox, err);
}
