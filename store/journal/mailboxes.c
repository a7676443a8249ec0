/* Rows of mailboxes. */
#include "store/journal/internal.h"

#include <assert.h>

#define COLUMNS                                                                                                        \
    "name, wire, folder, separator, attributes, state, uidvalidity, uidnext, messages, modseq, permanent, stamp, "     \
    "utf8, view, short_count, short_share, short_bytes, behind, had, missing, missing_since, past, "                   \
    "uneven, excess, hidden, weighed, unjudged, objectid, goal, goal_there"
#define VALUES                                                                                                         \
    "?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, "           \
    "?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31"

static bool
read_mailbox(sqlite3_stmt *statement, struct journal_mailbox *mailbox, bool *no_memory)
{
    struct sql_reader from = {.statement = statement};

    mailbox->id = read_integer(&from, 1, INT64_MAX);
    mailbox->name = read_copy(&from);
    mailbox->wire = read_copy(&from);
    mailbox->folder = read_copy(&from);
    mailbox->separator = (char)read_integer(&from, 0, 255);
    mailbox->attributes = (unsigned)read_integer(&from, 0, UINT32_MAX);
    mailbox->state = (enum mailbox_state)read_integer(&from, MAILBOX_ACTIVE, MAILBOX_NEW_REMOTE);
    mailbox->uidvalidity = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    mailbox->uidnext = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    mailbox->messages = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    mailbox->modseq = (uint64_t)read_integer(&from, 0, INT64_MAX);
    mailbox->permanent = (unsigned)read_integer(&from, 0, UINT32_MAX);
    read_string(&from, mailbox->stamp, sizeof mailbox->stamp);
    mailbox->utf8 = read_integer(&from, 0, 1) != 0;
    mailbox->view = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    mailbox->short_count = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    mailbox->short_share = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    mailbox->short_bytes = (uint64_t)read_integer(&from, 0, INT64_MAX);
    mailbox->behind = read_integer(&from, 0, INT64_MAX);
    mailbox->had = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    mailbox->missing = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    mailbox->missing_since = read_integer(&from, INT64_MIN, INT64_MAX);
    mailbox->past = read_integer(&from, 0, INT64_MAX);
    mailbox->uneven = (unsigned)read_integer(&from, 0, UNEVEN_KNOWN);
    mailbox->excess = read_integer(&from, -(int64_t)UINT32_MAX, UINT32_MAX);
    mailbox->hidden = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    mailbox->weighed = read_integer(&from, INT64_MIN, INT64_MAX);
    mailbox->unjudged = (uint32_t)read_integer(&from, 0, UINT32_MAX);
    read_string(&from, mailbox->objectid, sizeof mailbox->objectid);
    mailbox->goal = read_copy(&from);
    mailbox->goal_there = read_copy(&from);
    *no_memory = from.no_memory;
    return !from.damaged && !from.no_memory && mailbox->name != NULL && mailbox->folder != NULL;
}

bool
journal_mailboxes(struct journal *journal, struct journal_mailbox **list, size_t *count, struct error *err)
{
    static const char what[] = "list mailboxes";
    struct journal_mailbox *rows = NULL;
    size_t have = 0, used = 0;
    enum sql_outcome outcome;
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_MAILBOX_LIST, "SELECT id, " COLUMNS " FROM mailbox ORDER BY name", err);

    if (statement == NULL)
        return false;
    while ((outcome = sql_step(journal, statement, what, err)) == SQL_ROW) {
        if (!array_grow(&rows, &have, used + 1, sizeof *rows)) {
            sql_no_memory(err, what);
            goto failed;
        }
        memset(&rows[used], 0, sizeof rows[used]);
        bool no_memory;
        if (!read_mailbox(statement, &rows[used++], &no_memory)) {
            if (no_memory)
                sql_no_memory(err, what);
            else
                sql_damaged(journal, err, what);
            goto failed;
        }
    }
    if (outcome == SQL_FAILED)
        goto failed;
    *list = rows;
    *count = used;
    return true;
failed:
    sql_end(statement);
    journal_mailboxes_free(rows, used);
    return false;
}

void
journal_mailboxes_free(struct journal_mailbox *list, size_t count)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        free(list[i].name);
        free(list[i].wire);
        free(list[i].folder);
        free(list[i].goal);
        free(list[i].goal_there);
    }
    free(list);
}

static void
bind_mailbox(sqlite3_stmt *statement, const struct journal_mailbox *mailbox)
{
    struct sql_binder to = {.statement = statement};

    bind_integer(&to, mailbox->id);
    bind_string(&to, mailbox->name);
    bind_string(&to, mailbox->wire);
    bind_string(&to, mailbox->folder);
    bind_integer(&to, (unsigned char)mailbox->separator);
    bind_integer(&to, mailbox->attributes);
    bind_integer(&to, mailbox->state);
    bind_integer(&to, mailbox->uidvalidity);
    bind_integer(&to, mailbox->uidnext);
    bind_integer(&to, mailbox->messages);
    bind_integer(&to, (int64_t)mailbox->modseq);
    bind_integer(&to, mailbox->permanent);
    bind_string(&to, mailbox->stamp);
    bind_integer(&to, mailbox->utf8);
    bind_integer(&to, mailbox->view);
    bind_integer(&to, mailbox->short_count);
    bind_integer(&to, mailbox->short_share);
    bind_integer(&to, (int64_t)mailbox->short_bytes);
    bind_integer(&to, mailbox->behind);
    bind_integer(&to, mailbox->had);
    bind_integer(&to, mailbox->missing);
    bind_integer(&to, mailbox->missing_since);
    bind_integer(&to, mailbox->past);
    bind_integer(&to, mailbox->uneven);
    bind_integer(&to, mailbox->excess);
    bind_integer(&to, mailbox->hidden);
    bind_integer(&to, mailbox->weighed);
    bind_integer(&to, mailbox->unjudged);
    bind_string(&to, mailbox->objectid);
    bind_string(&to, mailbox->goal);
    bind_string(&to, mailbox->goal_there);
}

bool
journal_mailbox_save(struct journal *journal, struct journal_mailbox *mailbox, struct error *err)
{
    static const char what[] = "save a mailbox";
    static const char insert[] = "INSERT INTO mailbox (id, " COLUMNS ") VALUES (nullif(?1, 0), " VALUES ")";
    /* Saving what is there already changes no row, so a run without news writes nothing. */
    static const char update[] = "UPDATE mailbox SET (" COLUMNS ") = (" VALUES ")"
                                 " WHERE id = ?1 AND (" COLUMNS ") IS NOT (" VALUES ")";
    bool fresh = mailbox->id == 0;
    sqlite3_stmt *statement;

    assert(journal->in_transaction);
    if (!sql_fits(mailbox->modseq, what, err))
        return false;
    statement = fresh ? sql_prepare(journal, SQL_MAILBOX_INSERT, insert, err)
                      : sql_prepare(journal, SQL_MAILBOX_UPDATE, update, err);
    if (statement == NULL)
        return false;
    bind_mailbox(statement, mailbox);
    if (!sql_run(journal, statement, what, err))
        return false;
    if (!fresh)
        return sql_exists(journal, SQL_MAILBOX_EXISTS, "SELECT 1 FROM mailbox WHERE id = ?1", mailbox->id, what, err);
    mailbox->id = sqlite3_last_insert_rowid(journal->db);
    return true;
}

bool
journal_mailbox_unname(struct journal *journal, int64_t mailbox, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_MAILBOX_UNNAME,
                                          "UPDATE mailbox SET name = '/' || id, folder = '/' || id WHERE id = ?1", err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, mailbox);
    return sql_run(journal, statement, "take a mailbox's name", err);
}

bool
journal_mailbox_delete(struct journal *journal, int64_t mailbox, struct error *err)
{
    static const char *const steps[] = {
        "DELETE FROM pending WHERE mailbox = ?1",
        ("DELETE FROM op WHERE target IN (SELECT id FROM message WHERE mailbox = ?1) OR (target = 0 AND (mailbox = ?1"
         " OR message IN (SELECT id FROM message WHERE mailbox = ?1)))"),
        /* A copy or move to another mailbox may still be under way there. */
        ("UPDATE op SET message = 0, mailbox = (SELECT mailbox FROM message WHERE id = op.target)"
         " WHERE mailbox = ?1 OR message IN (SELECT id FROM message WHERE mailbox = ?1)"),
        "UPDATE message SET twin = NULL, dirty = 1 WHERE twin IN (SELECT id FROM message WHERE mailbox = ?1)",
        "DELETE FROM message WHERE mailbox = ?1",
        "DELETE FROM mailbox WHERE id = ?1",
    };

    assert(journal->in_transaction);
    recent_forget_all(journal);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        sqlite3_stmt *statement = sql_prepare(journal, SQL_MAILBOX_DELETE + (enum statement)i, steps[i], err);

        if (statement == NULL)
            return false;
        bind_integer(&(struct sql_binder){.statement = statement}, mailbox);
        if (!sql_run(journal, statement, "delete a mailbox", err))
            return false;
    }
    return true;
}
