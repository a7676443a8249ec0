/* X-GM-MSGID of UIDs: beside the rows, since a UID goes from one row to another when they are found to be one message. */
#include "store/journal/internal.h"

#include <assert.h>

bool
journal_gmail_set(struct journal *journal, int64_t mailbox, uint32_t uid, uint64_t msgid, struct error *err)
{
    static const char sql[] = "INSERT INTO gmail (mailbox, uid, msgid) VALUES (?1, ?2, ?3)"
                              " ON CONFLICT (mailbox, uid) DO UPDATE SET msgid = excluded.msgid"
                              " WHERE msgid <> excluded.msgid";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_GMAIL_SET, sql, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&to, mailbox);
    bind_integer(&to, uid);
    bind_integer(&to, (int64_t)msgid);
    return sql_run(journal, statement, "save what Gmail calls a message", err);
}

static bool
read_msgid(sqlite3_stmt *statement, void *row)
{
    struct sql_reader from = {.statement = statement};

    *(uint64_t *)row = (uint64_t)read_integer(&from, 1, INT64_MAX);
    return !from.damaged;
}

bool
journal_gmail_get(struct journal *journal, int64_t mailbox, uint32_t uid, uint64_t *msgid, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_GMAIL_GET, "SELECT msgid FROM gmail WHERE mailbox = ?1 AND uid = ?2", err);
    struct sql_binder to = {.statement = statement};
    bool found;

    *msgid = 0;
    if (statement == NULL)
        return false;
    bind_integer(&to, mailbox);
    bind_integer(&to, uid);
    return sql_find(journal, statement, read_msgid, msgid, sizeof *msgid, &found, "find what Gmail calls a message",
                    err);
}

static bool
read_id(sqlite3_stmt *statement, void *row)
{
    struct sql_reader from = {.statement = statement};

    *(int64_t *)row = read_integer(&from, 1, INT64_MAX);
    return !from.damaged;
}

bool
journal_gmail_ids(struct journal *journal, uint64_t msgid, int64_t **ids, size_t *count, struct error *err)
{
    static const char sql[] = "SELECT m.id FROM gmail g CROSS JOIN message m ON m.mailbox = g.mailbox AND m.uid = g.uid"
                              " WHERE g.msgid = ?1 ORDER BY m.id";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_GMAIL_IDS, sql, err);
    void *rows;

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, (int64_t)msgid);
    if (!sql_list(journal, statement, read_id, sizeof **ids, &rows, count, "find the mailboxes of a message", err))
        return false;
    *ids = rows;
    return true;
}

bool
journal_gmail_forget(struct journal *journal, int64_t mailbox, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_GMAIL_FORGET, "DELETE FROM gmail WHERE mailbox = ?1", err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, mailbox);
    return sql_run(journal, statement, "forget what Gmail calls messages", err);
}

bool
journal_gmail_sweep(struct journal *journal, struct error *err)
{
    static const char sql[] = "DELETE FROM gmail WHERE NOT EXISTS"
                              " (SELECT 1 FROM message m WHERE m.mailbox = gmail.mailbox AND m.uid = gmail.uid)";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_GMAIL_SWEEP, sql, err);

    assert(journal->in_transaction);
    return statement != NULL && sql_run(journal, statement, "forget what Gmail calls messages", err);
}
