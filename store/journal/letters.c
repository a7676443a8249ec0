/* See letters.h. */
#include "store/journal/letters.h"

#include <assert.h>

#include "store/journal/internal.h"

/* In a name's info: behind ":2,", before a comma; what stands behind one is looked at by the caller. */
static void
print_glob(unsigned letters, char to[static 64])
{
    size_t len = 0;

    memcpy(to, "?:2,*[", 6); /* in cur/, or in new/ */
    len = 6;
    for (unsigned i = 0; i < LETTERS_COUNT; i++)
        if ((letters & 1u << i) != 0)
            to[len++] = (char)('a' + i);
    memcpy(to + len, "]*", 3);
}

bool
journal_lettered_get(struct journal *journal, int64_t mailbox, struct journal_lettered *out, bool *found,
                     struct error *err)
{
    static const char what[] = "find what letters mean";
    struct sql_reader from;
    enum sql_outcome outcome;
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_LETTERED_GET, "SELECT mailbox, used, stripped, letters FROM lettered WHERE mailbox = ?1", err);

    *found = false;
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, mailbox);
    outcome = sql_step(journal, statement, what, err);
    if (outcome != SQL_ROW)
        return outcome == SQL_DONE;
    from = (struct sql_reader){.statement = statement};
    out->mailbox = read_integer(&from, 1, INT64_MAX);
    out->used = read_integer(&from, 0, 1) != 0;
    out->stripped = read_integer(&from, 0, INT64_MAX);
    read_string(&from, out->letters, sizeof out->letters);
    sql_end(statement);
    *found = !from.damaged;
    if (from.damaged)
        sql_damaged(journal, err, what);
    return !from.damaged;
}

bool
journal_lettered_save(struct journal *journal, const struct journal_lettered *row, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_LETTERED_SAVE,
                    "INSERT INTO lettered (mailbox, used, stripped, letters) VALUES (?1, ?2, ?3, ?4)"
                    " ON CONFLICT (mailbox) DO UPDATE SET (used, stripped, letters) = (?2, ?3, ?4)"
                    " WHERE (used, stripped, letters) IS NOT (?2, ?3, ?4)",
                    err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&to, row->mailbox);
    bind_integer(&to, row->used);
    bind_integer(&to, row->stripped);
    bind_string(&to, row->letters);
    return sql_run(journal, statement, "save what letters mean", err);
}

static void
bind_key(struct sql_binder *to, enum journal_letter kind, int64_t mailbox)
{
    bind_integer(to, kind);
    bind_integer(to, mailbox);
}

bool
journal_letter_mark(struct journal *journal, enum journal_letter kind, const struct journal_message *message,
                    const char *info, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_LETTER_MARK,
                    "INSERT INTO letter (kind, mailbox, message, info) VALUES (?1, ?2, ?3, ?4)"
                    " ON CONFLICT (kind, mailbox, message) DO UPDATE SET info = ?4 WHERE ?4 <> '' AND info IS NOT ?4",
                    err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_key(&to, kind, message->mailbox);
    bind_integer(&to, message->id);
    bind_string(&to, info != NULL ? info : "");
    return sql_run(journal, statement, "note the letters of a name", err);
}

bool
journal_letter_clear(struct journal *journal, enum journal_letter kind, int64_t mailbox, int64_t message,
                     struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_LETTER_CLEAR,
                                          "DELETE FROM letter WHERE kind = ?1 AND mailbox = ?2 AND message = ?3", err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_key(&to, kind, mailbox);
    bind_integer(&to, message);
    return sql_run(journal, statement, "note the letters of a name", err);
}

/* Where both are noted what came last counts; a note without an info takes none away. */
static bool
change_kind(struct journal *journal, enum journal_letter from, enum journal_letter to, int64_t mailbox, int64_t message,
            struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_LETTER_CHANGE,
        "UPDATE OR REPLACE letter SET kind = ?4, info = CASE info WHEN '' THEN ifnull((SELECT info FROM letter"
        " WHERE kind = ?4 AND mailbox = ?2 AND message = ?3), '') ELSE info END"
        " WHERE kind = ?1 AND mailbox = ?2 AND message = ?3",
        err);
    struct sql_binder binder = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_key(&binder, from, mailbox);
    bind_integer(&binder, message);
    bind_integer(&binder, to);
    return sql_run(journal, statement, "note the letters of a name", err);
}

bool
journal_letter_wait(struct journal *journal, int64_t mailbox, int64_t message, struct error *err)
{
    return change_kind(journal, LETTER_DUE, LETTER_WAITS, mailbox, message, err);
}

bool
journal_letter_again(struct journal *journal, int64_t mailbox, int64_t message, struct error *err)
{
    return change_kind(journal, LETTER_WAITS, LETTER_DUE, mailbox, message, err);
}

static bool
read_info(sqlite3_stmt *statement, void *to)
{
    struct sql_reader from = {.statement = statement};

    read_string(&from, to, LOCAL_INFO_MAX + 1);
    return !from.damaged;
}

bool
journal_letter_get(struct journal *journal, enum journal_letter kind, int64_t mailbox, int64_t message,
                   char info[static LOCAL_INFO_MAX + 1], bool *found, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_LETTER_GET, "SELECT info FROM letter WHERE kind = ?1 AND mailbox = ?2 AND message = ?3", err);
    struct sql_binder to = {.statement = statement};

    *found = false;
    if (statement == NULL)
        return false;
    bind_key(&to, kind, mailbox);
    bind_integer(&to, message);
    return sql_find(journal, statement, read_info, info, LOCAL_INFO_MAX + 1, found, "look up the letters of a name",
                    err);
}

bool
journal_letter_messages(struct journal *journal, enum journal_letter kind, int64_t mailbox, int64_t **ids,
                        size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_LETTER_MESSAGES,
                    "SELECT message FROM letter WHERE kind = ?1 AND mailbox = ?2 AND EXISTS"
                    " (SELECT 1 FROM message m WHERE m.id = message AND m.mailbox = ?2) ORDER BY message",
                    err);
    struct sql_binder to = {.statement = statement};

    *ids = NULL;
    *count = 0;
    if (statement == NULL)
        return false;
    bind_key(&to, kind, mailbox);
    return sql_ids(journal, statement, ids, count, "list the letters of names", err);
}

bool
journal_letter_mailboxes(struct journal *journal, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_LETTER_MAILBOXES,
                    "SELECT m.id FROM mailbox m LEFT JOIN lettered l ON l.mailbox = m.id WHERE l.used IS NOT 0 AND"
                    " (EXISTS (SELECT 1 FROM letter WHERE kind = 1 AND mailbox = m.id)"
                    " OR EXISTS (SELECT 1 FROM letter WHERE kind = 2 AND mailbox = m.id)) ORDER BY m.id",
                    err);

    *ids = NULL;
    *count = 0;
    return statement != NULL && sql_ids(journal, statement, ids, count, "list the letters of names", err);
}

bool
journal_letter_shown(struct journal *journal, int64_t mailbox, unsigned letters, int64_t **ids, size_t *count,
                     struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_LETTER_SHOWN,
                    "SELECT id FROM message WHERE mailbox = ?1 AND info GLOB ?2 AND (facts & 2) = 0 ORDER BY id", err);
    struct sql_binder to = {.statement = statement};
    char glob[64];

    *ids = NULL;
    *count = 0;
    if (statement == NULL)
        return false;
    print_glob(letters, glob);
    bind_integer(&to, mailbox);
    bind_string(&to, glob);
    return sql_ids(journal, statement, ids, count, "list the letters of names", err);
}

bool
journal_letter_rewrite(struct journal *journal, int64_t mailbox, uint64_t *count, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_LETTER_REWRITE,
        "INSERT OR IGNORE INTO letter (kind, mailbox, message) SELECT 1, mailbox, id FROM message"
        " WHERE mailbox = ?1 AND keywords <> '' AND base IS NOT NULL AND info GLOB 'c:2,*' AND (facts & 2) = 0",
        err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, mailbox);
    if (!sql_run(journal, statement, "note the letters of names", err))
        return false;
    *count = (uint64_t)sqlite3_changes(journal->db);
    return true;
}
