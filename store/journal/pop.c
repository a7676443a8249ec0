/* One row for each message of a POP maildrop that golub has to do with. */
#include "store/journal/pop.h"

#include <assert.h>

#include "store/journal/internal.h"

#define COLUMNS                                                                                                        \
    "uidl, state, size, listed, header, kin, message_id, received, body, base, folder, since, absent, missed, keep, "  \
    "word, facts, hold, why"
#define PLACES(folder)                                                                                                 \
    "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, coalesce(?11, " folder "), ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19"

static void
bind_row(struct sql_binder *to, const struct journal_pop *row)
{
    bind_string(to, row->uidl);
    bind_integer(to, row->state);
    bind_integer(to, (int64_t)row->size);
    bind_integer(to, (int64_t)row->listed);
    bind_digest(to, row->has_header ? row->header : NULL);
    bind_digest(to, row->has_kin ? row->kin : NULL);
    bind_digest(to, row->has_id ? row->message_id : NULL);
    bind_bytes(to, row->received, row->received_size);
    bind_digest(to, row->has_body ? row->body : NULL);
    bind_string(to, row->base);
    bind_string(to, row->folder);
    bind_integer(to, row->since);
    bind_integer(to, row->absent);
    bind_integer(to, row->missed);
    bind_integer(to, row->keep_days);
    bind_integer(to, row->word);
    bind_integer(to, row->facts);
    bind_string(to, row->hold);
    bind_string(to, row->why);
}

bool
journal_pop_save(struct journal *journal, struct journal_pop *row, struct error *err)
{
    static const char what[] = "save a POP message";
    static const char insert[] = "INSERT INTO pop (" COLUMNS ") VALUES (" PLACES("'?'") ")";
    static const char update[] = "UPDATE pop SET (" COLUMNS ") = (" PLACES("folder") ") WHERE id = ?20";
    bool fresh = row->id == 0;
    sqlite3_stmt *statement =
        fresh ? sql_prepare(journal, SQL_POP_INSERT, insert, err) : sql_prepare(journal, SQL_POP_UPDATE, update, err);
    struct sql_binder to = {.statement = statement};

    assert(journal->in_transaction && row->received_size <= sizeof row->received);
    if (statement == NULL || !sql_fits(row->size, what, err) || !sql_fits(row->listed, what, err))
        return false;
    bind_row(&to, row);
    if (!fresh)
        bind_integer(&to, row->id);
    if (!sql_run(journal, statement, what, err))
        return false;
    if (!fresh)
        return sql_exists(journal, SQL_POP_EXISTS, "SELECT 1 FROM pop WHERE id = ?1", row->id, what, err);
    row->id = sqlite3_last_insert_rowid(journal->db);
    return true;
}

bool
journal_pop_delete(struct journal *journal, int64_t id, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_DELETE, "DELETE FROM pop WHERE id = ?1", err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, id);
    return sql_run(journal, statement, "forget a POP message", err);
}

static bool
read_row(sqlite3_stmt *statement, void *to)
{
    struct journal_pop *row = to;
    struct sql_reader from = {.statement = statement};

    row->id = read_integer(&from, 1, INT64_MAX);
    read_string(&from, row->uidl, sizeof row->uidl);
    row->state = (enum journal_pop_state)read_integer(&from, POP_FETCHING, POP_REMOVING);
    row->size = (uint64_t)read_integer(&from, 0, INT64_MAX);
    row->listed = (uint64_t)read_integer(&from, 0, INT64_MAX);
    row->has_header = read_digest(&from, row->header);
    row->has_kin = read_digest(&from, row->kin);
    row->has_id = read_digest(&from, row->message_id);
    row->received_size = read_at_most(&from, row->received, sizeof row->received);
    row->has_body = read_digest(&from, row->body);
    read_string(&from, row->base, sizeof row->base);
    row->folder = NULL; /* a long name, of thousands of rows at once */
    from.at++;
    row->since = read_integer(&from, INT64_MIN, INT64_MAX);
    row->absent = read_integer(&from, INT64_MIN, INT64_MAX);
    row->missed = read_integer(&from, INT64_MIN, INT64_MAX);
    row->keep_days = (int)read_integer(&from, -1, INT32_MAX);
    row->word = (int)read_integer(&from, POP_NO_WORD, INT32_MAX);
    row->facts = (unsigned)read_integer(&from, 0, UINT32_MAX);
    read_string(&from, row->hold, sizeof row->hold);
    read_string(&from, row->why, sizeof row->why);
    return !from.damaged;
}

bool
journal_pop_get(struct journal *journal, int64_t id, struct journal_pop *out, bool *found, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_GET, "SELECT id, " COLUMNS " FROM pop WHERE id = ?1", err);

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, id);
    return sql_find(journal, statement, read_row, out, sizeof *out, found, "read a POP message", err);
}

bool
journal_pop_by_uidl(struct journal *journal, const char *uidl, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_POP_BY_UIDL, "SELECT id FROM pop WHERE uidl = ?1 ORDER BY absent <> 0, id", err);

    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, uidl);
    return sql_ids(journal, statement, ids, count, "find POP messages by UIDL", err);
}

/* One that has another body is none of these: where all have one name or header, they would be looked at for each. */
#define OF_BODY " AND (?2 IS NULL OR body IS NULL OR body IN (?2, ?3, ?4))"
#define OF_PAGE " AND id > ?5 ORDER BY id LIMIT ?6"

static void
bind_body(struct sql_binder *to, struct journal_pop_body body)
{
    bind_digest(to, body.came);
    bind_digest(to, body.wire);
    bind_digest(to, body.parts);
}

bool
journal_pop_by_uidl_and_body(struct journal *journal, const char *uidl, struct journal_pop_body body, int64_t **ids,
                             size_t *count, struct error *err)
{
    static const char sql[] = "SELECT id FROM pop WHERE uidl = ?1" OF_BODY " ORDER BY absent <> 0, id";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_BY_UIDL_BODY, sql, err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_string(&to, uidl);
    bind_body(&to, body);
    return sql_ids(journal, statement, ids, count, "find POP messages by UIDL", err);
}

static bool
absent_by(struct journal *journal, enum statement which, const char *sql, const unsigned char *digest,
          struct journal_pop_body body, struct journal_pop_page page, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, which, sql, err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_digest(&to, digest);
    bind_body(&to, body);
    bind_integer(&to, page.after);
    bind_integer(&to, page.most > INT64_MAX ? INT64_MAX : (int64_t)page.most);
    return sql_ids(journal, statement, ids, count, "find POP messages by header", err);
}

bool
journal_pop_absent_by_header(struct journal *journal, const unsigned char header[static DIGEST_SIZE],
                             struct journal_pop_body body, struct journal_pop_page page, int64_t **ids, size_t *count,
                             struct error *err)
{
    return absent_by(journal, SQL_POP_BY_HEADER, "SELECT id FROM pop WHERE header = ?1 AND absent <> 0" OF_BODY OF_PAGE,
                     header, body, page, ids, count, err);
}

bool
journal_pop_absent_by_kin(struct journal *journal, const unsigned char kin[static DIGEST_SIZE],
                          struct journal_pop_body body, struct journal_pop_page page, int64_t **ids, size_t *count,
                          struct error *err)
{
    return absent_by(journal, SQL_POP_BY_KIN, "SELECT id FROM pop WHERE kin = ?1 AND absent <> 0" OF_BODY OF_PAGE, kin,
                     body, page, ids, count, err);
}

bool
journal_pop_has_absent_named(struct journal *journal, const unsigned char message_id[static DIGEST_SIZE], uint64_t size,
                             bool *has, struct error *err)
{
    /* By the index of sizes: those of one size are few, and no index of Message-IDs is kept for this alone. */
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_POP_ABSENT_NAMED,
                    "SELECT EXISTS (SELECT 1 FROM main.pop INDEXED BY pop_absent_size WHERE absent <> 0 AND listed = ?2"
                    " AND message_id = ?1)",
                    err);
    struct sql_binder to = {.statement = statement};
    int64_t found;

    if (statement == NULL)
        return false;
    bind_digest(&to, message_id);
    bind_integer(&to, (int64_t)size);
    if (!sql_number(journal, statement, 1, &found, "look for a POP message that is gone", err))
        return false;
    *has = found != 0;
    return true;
}

bool
journal_pop_missed(struct journal *journal, int64_t **ids, size_t *count, struct error *err)
{
    static const char sql[] = "SELECT id FROM pop WHERE missed <> 0 AND state IN (2, 4) ORDER BY kin, id";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_MISSED, sql, err);

    static_assert(POP_STORED == 2 && POP_REMOVING == 4, "the statement holds these numbers");
    return statement != NULL &&
           sql_ids(journal, statement, ids, count, "find POP messages whose files are missed", err);
}

#define LISTED "absent = 0"

bool
journal_pop_ids(struct journal *journal, int state, int64_t **ids, size_t *count, struct error *err)
{
    static const char of_state[] = "SELECT id FROM pop WHERE state = ?1 AND " LISTED " ORDER BY id";
    sqlite3_stmt *statement =
        state == 0 ? sql_prepare(journal, SQL_POP_IDS_ALL, "SELECT id FROM pop WHERE " LISTED " ORDER BY id", err)
                   : sql_prepare(journal, SQL_POP_IDS, of_state, err);

    if (statement == NULL)
        return false;
    if (state != 0)
        bind_integer(&(struct sql_binder){.statement = statement}, state);
    return sql_ids(journal, statement, ids, count, "list POP messages", err);
}

/* @param state  -1: absent ones too, 0: any */
static bool
count_rows(struct journal *journal, enum statement which, const char *sql, int state, uint64_t *count,
           struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(journal, which, sql, err);
    int64_t number;

    if (statement == NULL)
        return false;
    if (state > 0)
        bind_integer(&(struct sql_binder){.statement = statement}, state);
    if (!sql_number(journal, statement, INT64_MAX, &number, "count POP messages", err))
        return false;
    *count = (uint64_t)number;
    return true;
}

bool
journal_pop_count(struct journal *journal, int state, uint64_t *count, struct error *err)
{
    if (state == 0)
        return count_rows(journal, SQL_POP_COUNT_LISTED, "SELECT count(*) FROM pop WHERE " LISTED, 0, count, err);
    return count_rows(journal, SQL_POP_COUNT, "SELECT count(*) FROM pop WHERE state = ?1 AND " LISTED, state, count,
                      err);
}

bool
journal_pop_count_all(struct journal *journal, uint64_t *count, struct error *err)
{
    return count_rows(journal, SQL_POP_COUNT_ALL, "SELECT count(*) FROM pop", -1, count, err);
}

bool
journal_pop_count_exact(struct journal *journal, uint64_t *exact, uint64_t *sized, struct error *err)
{
#define SIZED "SELECT count(*) FROM pop WHERE listed <> 0 AND state IN (2, 4) AND " LISTED
    return count_rows(journal, SQL_POP_COUNT_SIZED, SIZED, 0, sized, err) &&
           count_rows(journal, SQL_POP_COUNT_EXACT, SIZED " AND size = listed", 0, exact, err);
}

bool
journal_pop_count_missed(struct journal *journal, uint64_t *count, struct error *err)
{
    return count_rows(journal, SQL_POP_COUNT_MISSED,
                      "SELECT count(*) FROM pop WHERE missed <> 0 AND state IN (2, 4) AND " LISTED, 0, count, err);
}

bool
journal_pop_due(struct journal *journal, int days, int64_t now, int64_t **ids, size_t *count, struct error *err)
{
    static const char sql[] = "SELECT id FROM pop WHERE state IN (2, 4) AND since <= ?1 AND " LISTED " ORDER BY id";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_DUE, sql, err);

    static_assert(POP_STORED == 2 && POP_REMOVING == 4, "the statement holds these numbers");
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, now - (int64_t)days * 86400);
    return sql_ids(journal, statement, ids, count, "list POP messages that are due", err);
}

bool
journal_pop_held(struct journal *journal, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_POP_HELD, "SELECT id FROM pop WHERE hold <> '' ORDER BY id", err);

    return statement != NULL && sql_ids(journal, statement, ids, count, "list held removals", err);
}

static_assert((POP_SHORT | POP_CUT | POP_FEWER) == 19, "as the index pop_parts and the statement have it");

bool
journal_pop_parts(struct journal *journal, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement = sql_prepare(
        journal, SQL_POP_PARTS,
        "SELECT id FROM pop INDEXED BY pop_parts WHERE facts & 19 <> 0 AND state = ?1 AND " LISTED " ORDER BY id", err);
    struct sql_binder binder = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&binder, POP_STORED);
    return sql_ids(journal, statement, ids, count, "list parts of POP messages", err);
}

bool
journal_pop_has_base(struct journal *journal, const char *base, bool *has, struct error *err)
{
    sqlite3_stmt *statement =
        sql_prepare(journal, SQL_POP_HAS_BASE, "SELECT count(*) FROM pop WHERE base = ?1 AND base <> ''", err);
    int64_t number;

    if (statement == NULL)
        return false;
    bind_string(&(struct sql_binder){.statement = statement}, base);
    if (!sql_number(journal, statement, INT64_MAX, &number, "find a POP message by its file", err))
        return false;
    *has = number > 0;
    return true;
}

bool
journal_pop_doubt_begun(struct journal *journal, struct error *err)
{
    assert(journal->in_transaction);
    static_assert(POP_FETCHING == 1 && POP_DOUBT == 256, "the statement holds these numbers");
    return sql_exec(journal,
                    "UPDATE main.pop SET facts = facts | 256"
                    " WHERE state = 1 AND absent = 0 AND base = '' AND facts & 256 = 0;",
                    "doubt what was begun", err);
}

bool
journal_pop_unflushed(struct journal *journal, int64_t **ids, size_t *count, struct error *err)
{
    static const char sql[] = "SELECT id FROM pop WHERE state = 2 AND facts & 2048 <> 0 AND missed = 0 AND base <> ''"
                              " AND " LISTED " ORDER BY id";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_UNFLUSHED, sql, err);

    static_assert(POP_STORED == 2 && POP_UNFLUSHED == 2048, "the statement holds these numbers");
    return statement != NULL && sql_ids(journal, statement, ids, count, "list what may not be on the disk", err);
}

bool
journal_pop_flushed(struct journal *journal, struct error *err)
{
    assert(journal->in_transaction);
    static_assert(POP_UNFLUSHED == 2048, "the statement holds this number");
    return sql_exec(journal, "UPDATE main.pop SET facts = facts & ~2048 WHERE facts & 2048 <> 0;",
                    "note what is on the disk", err);
}

bool
journal_pop_doubt_left(struct journal *journal, struct error *err)
{
    assert(journal->in_transaction);
    static_assert(POP_FETCHING == 1 && POP_DOUBT == 256, "the statement holds these numbers");
    return sql_exec(journal,
                    "UPDATE main.pop SET facts = facts | 256"
                    " WHERE state = 1 AND absent = 0 AND base = '' AND facts & 256 = 0"
                    " AND uidl IN (SELECT uidl FROM temp.listing_doubt WHERE left = 1 AND row = 0);",
                    "doubt what was begun", err);
}

bool
journal_pop_end_words(struct journal *journal, int keep_days, struct error *err)
{
    static const char sql[] = "UPDATE pop SET word = -1 WHERE word <> -1 AND (?1 < 0 OR word < ?1)";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_END_WORDS, sql, err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, keep_days);
    return sql_run(journal, statement, "end words given for removals", err);
}

bool
journal_pop_forget_unread(struct journal *journal, struct error *err)
{
    static const char sql[] = "DELETE FROM pop WHERE absent <> 0 AND state = 3 AND header IS NULL AND kin IS NULL";

    static_assert(POP_HAD == 3, "the statement holds this number");
    assert(journal->in_transaction);
    return sql_exec(journal, sql, "forget what was recorded as had and never read", err);
}

bool
journal_pop_newest(struct journal *journal, int64_t *since, struct error *err)
{
    static const char sql[] = "SELECT coalesce(max(since), -1) FROM pop";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_NEWEST, sql, err);
    struct sql_reader from = {.statement = statement};

    if (statement == NULL)
        return false;
    if (sql_step(journal, statement, "date POP messages", err) != SQL_ROW)
        return false;
    *since = read_integer(&from, INT64_MIN, INT64_MAX);
    sql_end(statement);
    if (*since < 0)
        *since = INT64_MIN;
    return true;
}

bool
journal_pop_clamp(struct journal *journal, int64_t stamp, struct error *err)
{
    static const char sql[] =
        "UPDATE pop SET since = min(since, ?1), absent = min(absent, ?1), missed = min(missed, ?1)"
        " WHERE since > ?1 OR absent > ?1 OR missed > ?1";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_CLAMP, sql, err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, stamp);
    return sql_run(journal, statement, "count time of POP messages", err);
}

bool
journal_pop_forget(struct journal *journal, int64_t before, uint64_t *forgotten, struct error *err)
{
/* A line of the listing whose message nobody knows yet: it waits to be compared, or was left. */
#define OPEN "d.row = 0 AND (d.left = 1 OR d.number IN (SELECT number FROM temp.listing_compare))"
/* Rows that it may be: by its name, by its header; where that is not known by its size, if both are told. */
#define LIKE_OPEN POP_LIKE_NAMED("temp.listing_doubt d", OPEN)
/* ... or of which a part came: its header may not be all of it. */
#define LIKE_PART                                                                                                      \
    POP_LIKE("listed", "main.pop d INDEXED BY pop_parts", "d.facts & 19 <> 0 AND d.state = 2 AND d.absent = 0")
/* ... or a message whose header names nothing has its header and its size, and its name may have moved on to that one: only the bytes will tell. */
#define LIKE_NAMELESS                                                                                                  \
    "SELECT p.id FROM (SELECT DISTINCT d.header, d.listed FROM main.pop d WHERE d.facts & 512 <> 0 AND d.absent = 0"   \
    " AND d.state IN (2, 4)) d CROSS JOIN main.pop p ON p.header = d.header AND p.listed = d.listed AND p.absent <> 0"
#define UNREAD "(SELECT d.size FROM temp.listing_doubt d WHERE d.header IS NULL AND " OPEN ")"
    static const char sql[] = "DELETE FROM main.pop WHERE absent <> 0 AND absent < ?1 AND id NOT IN (" POP_LIKE_BEGUN(
        "d.absent = 0") ")"
                        " AND id NOT IN (" LIKE_OPEN ") AND id NOT IN (" LIKE_PART ") AND id NOT IN (" LIKE_NAMELESS
                        ") AND listed NOT IN " UNREAD " AND 0 NOT IN " UNREAD " AND NOT (listed = 0 AND EXISTS " UNREAD
                        ")";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_POP_FORGET, sql, err);

    static_assert(POP_DOUBT == 256 && POP_NAMELESS == 512 && (POP_SHORT | POP_CUT | POP_FEWER) == 19 &&
                      POP_STORED == 2 && POP_REMOVING == 4,
                  "the statement holds these numbers");
    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, before);
    if (!sql_run(journal, statement, "forget POP messages that are gone", err))
        return false;
    *forgotten = (uint64_t)sqlite3_changes64(journal->db);
    return true;
}
