/* See keywords.h. */
#include "store/journal/keywords.h"

#include <assert.h>

#include "store/journal/internal.h"

#define COLUMNS                                                                                                        \
    "mailbox, base, word, wire, message, newest, rbase, lbase, lseen, unshown, unkept, since, not_before, why"

static void
bind_key(struct sql_binder *to, const struct journal_keyword *row)
{
    bind_integer(to, row->mailbox);
    bind_string(to, row->base);
    bind_string(to, row->word);
}

bool
journal_keyword_save(struct journal *journal, const struct journal_keyword *row, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_KEYWORD_SAVE,
                                          "INSERT OR REPLACE INTO keyword (" COLUMNS ")"
                                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                                          err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_key(&to, row);
    bind_digest(&to, row->wire);
    bind_integer(&to, row->message);
    bind_integer(&to, row->newest);
    bind_integer(&to, row->sides.rbase);
    bind_integer(&to, row->sides.lbase);
    bind_integer(&to, row->sides.lseen);
    bind_integer(&to, row->unshown);
    bind_integer(&to, row->unkept);
    bind_integer(&to, row->since);
    bind_integer(&to, row->not_before);
    bind_string(&to, row->why);
    return sql_run(journal, statement, "save a keyword", err);
}

bool
journal_keyword_delete(struct journal *journal, const struct journal_keyword *row, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_KEYWORD_DELETE,
                                          "DELETE FROM keyword WHERE mailbox = ?1 AND base = ?2 AND word = ?3", err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_key(&to, row);
    return sql_run(journal, statement, "forget a keyword", err);
}

bool
journal_keyword_move(struct journal *journal, struct journal_keyword *row, const struct journal_message *to_message,
                     struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_KEYWORD_MOVE,
                    "UPDATE OR REPLACE keyword SET mailbox = ?4, base = ?5, message = ?6, newest = ?7, wire = ?8"
                    " WHERE mailbox = ?1 AND base = ?2 AND word = ?3",
                    err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL || !journal_highest_id(journal, &row->newest, err))
        return false;
    bind_key(&to, row);
    bind_integer(&to, to_message->mailbox);
    bind_string(&to, to_message->base);
    bind_integer(&to, to_message->id);
    bind_integer(&to, row->newest);
    bind_digest(&to, to_message->wire);
    if (!sql_run(journal, statement, "note where a file's keywords went", err))
        return false;
    row->mailbox = to_message->mailbox;
    row->message = to_message->id;
    memcpy(row->wire, to_message->wire, DIGEST_SIZE);
    (void)text_print(row->base, sizeof row->base, "%s", to_message->base);
    return true;
}

bool
journal_keyword_rewrite(struct journal *journal, const struct journal_message *before,
                        const unsigned char wire[static DIGEST_SIZE], struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_KEYWORD_REWRITE,
        "UPDATE keyword SET wire = ?4 WHERE mailbox = ?1 AND base = ?2 AND (wire = ?3 OR message = ?5)", err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&to, before->mailbox);
    bind_string(&to, before->base);
    bind_digest(&to, before->wire);
    bind_digest(&to, wire);
    bind_integer(&to, before->id);
    return sql_run(journal, statement, "note whose keywords they are", err);
}

static bool
read_keyword(sqlite3_stmt *statement, void *to)
{
    struct journal_keyword *row = to;
    struct sql_reader from = {.statement = statement};
    bool whole;

    row->mailbox = read_integer(&from, 1, INT64_MAX);
    read_string(&from, row->base, sizeof row->base);
    read_string(&from, row->word, sizeof row->word);
    whole = read_digest(&from, row->wire);
    row->message = read_integer(&from, 0, INT64_MAX);
    row->newest = read_integer(&from, 0, INT64_MAX);
    row->sides.rbase = (unsigned)read_integer(&from, 0, KEYWORD_BIT);
    row->sides.lbase = (unsigned)read_integer(&from, 0, KEYWORD_BIT);
    row->sides.lseen = (unsigned)read_integer(&from, 0, KEYWORD_BIT);
    row->unshown = read_integer(&from, 0, 1) != 0;
    row->unkept = read_integer(&from, 0, 1) != 0;
    row->since = read_integer(&from, INT64_MIN, INT64_MAX);
    row->not_before = read_integer(&from, 0, INT64_MAX);
    read_string(&from, row->why, sizeof row->why);
    return whole && !from.damaged && keyword_is_legal(text_of(row->word));
}

static bool
list(struct journal *journal, sqlite3_stmt *statement, struct journal_keyword **rows, size_t *count, struct error *err)
{
    void *all = NULL;

    *rows = NULL;
    if (!sql_list(journal, statement, read_keyword, sizeof **rows, &all, count, "list keywords that differ", err))
        return false;
    *rows = all;
    return true;
}

bool
journal_keywords(struct journal *journal, struct journal_keyword **rows, size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_KEYWORD_LIST, "SELECT " COLUMNS " FROM keyword ORDER BY mailbox, base, word", err);

    return statement != NULL && list(journal, statement, rows, count, err);
}

bool
journal_keywords_of(struct journal *journal, int64_t mailbox, const char *base, struct journal_keyword **rows,
                    size_t *count, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_KEYWORD_OF, "SELECT " COLUMNS " FROM keyword WHERE mailbox = ?1 AND base = ?2 ORDER BY word", err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&to, mailbox);
    bind_string(&to, base);
    return list(journal, statement, rows, count, err);
}

bool
journal_keyword_sums(struct journal *journal, int64_t mailbox,
                     bool (*each)(void *context, const char *keywords, uint64_t messages), void *context,
                     struct error *err)
{
    static const char what[] = "count keywords";
    sqlite3_stmt *statement =
        mailbox == 0 ? sql_prepare(journal, SQL_KEYWORD_SUMS,
                                   "SELECT keywords, count(*) FROM message WHERE keywords <> '' AND uid IS NOT NULL"
                                   " AND (facts & 1) = 0 AND ?1 = 0 GROUP BY keywords",
                                   err)
                     : sql_prepare(journal, SQL_KEYWORD_SUMS_OF,
                                   "SELECT keywords, count(*) FROM message WHERE mailbox = ?1 AND uid IS NOT NULL"
                                   " AND keywords <> '' AND (facts & 1) = 0 GROUP BY keywords",
                                   err);
    char keywords[KEYWORDS_MAX + 1];
    enum sql_outcome outcome;

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, mailbox);
    while ((outcome = sql_step(journal, statement, what, err)) == SQL_ROW) {
        struct sql_reader from = {.statement = statement};

        read_string(&from, keywords, sizeof keywords);
        const uint64_t messages = (uint64_t)read_integer(&from, 0, INT64_MAX);

        if (!from.damaged && each(context, keywords, messages))
            continue;
        if (from.damaged)
            sql_damaged(journal, err, what);
        sql_end(statement);
        return false;
    }
    return outcome == SQL_DONE;
}
