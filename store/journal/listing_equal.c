/*
 * Lines that have their row by their name alone, or by a header, and of which another line's bytes say that the names moved on, or that there is
 * a copy: they are read, too. listing_doubt.c has the other lines in doubt.
 */
#include "store/journal/pop.h"

#include <assert.h>

#include "store/journal/internal.h"

static const char what[] = "compare what the server lists";

/* Rows of these bytes whose line may be another message's: it was not fetched in this session, nor is it decided of it. */
#define LINE_OF_EQUAL                                                                                                  \
    "p.absent = 0 AND p.state IN (2, 4) AND p.header = ?1 AND p.body IN (?2, ?3)"                                      \
    " AND l.number NOT IN (SELECT number FROM temp.listing_new)"
#define INTO_DOUBT "INSERT INTO temp.listing_doubt (number, uidl, size, repeated) SELECT l.number, l.uidl, l.size, 0"
#define NOT_IN_DOUBT " AND l.number NOT IN (SELECT number FROM temp.listing_doubt)"

static sqlite3_stmt *
prepare(struct journal *journal, enum statement which, const char *sql, const struct journal_pop *message,
        const unsigned char wire[static DIGEST_SIZE], struct error *err)
{
    sqlite3_stmt *statement = listing_table(journal, err) ? sql_prepare(journal, which, sql, err) : NULL;
    struct sql_binder to = {.statement = statement};

    static_assert(POP_STORED == 2 && POP_REMOVING == 4, "the statements hold these numbers");
    if (statement == NULL)
        return NULL;
    bind_digest(&to, message->header);
    bind_digest(&to, message->body);
    bind_digest(&to, wire);
    return statement;
}

/* The same, and its kin. */
static sqlite3_stmt *
prepare_kin(struct journal *journal, enum statement which, const char *sql, const struct journal_pop *message,
            const unsigned char wire[static DIGEST_SIZE], struct error *err)
{
    sqlite3_stmt *statement = prepare(journal, which, sql, message, wire, err);
    struct sql_binder to = {.statement = statement, .at = 3};

    if (statement != NULL)
        bind_digest(&to, message->has_kin ? message->kin : NULL);
    return statement;
}

/* Lines are looked for by their names: of few lists only, so none pays for it before. */
static bool
index_names(struct journal *journal, struct error *err)
{
    return listing_exec(journal, "CREATE INDEX IF NOT EXISTS temp.listing_uidl ON listing (uidl)", err);
}

/* What is doubtful since now is read and compared. */
static bool
compare_doubted(struct journal *journal, struct error *err)
{
    static const char sql[] = "INSERT INTO temp.listing_compare (number) SELECT number FROM temp.listing_doubt"
                              " WHERE header IS NULL AND row = 0 AND left = 0 AND repeated = 0"
                              " AND number NOT IN (SELECT number FROM temp.listing_compare);"
                              "DELETE FROM temp.listing_removable WHERE number IN"
                              " (SELECT number FROM temp.listing_compare)";

    return listing_exec(journal, sql, err) && journal_listing_loosen(journal, err);
}

/* Those that have their row by that header, or one that is kin of it, and were not read: they have it no more. */
static bool
take_back(struct journal *journal, const struct journal_pop *message, const unsigned char wire[static DIGEST_SIZE],
          uint64_t most, bool *any, struct error *err)
{
#define BY_HEADER                                                                                                      \
    " FROM temp.listing_doubt d CROSS JOIN main.pop p ON p.id = d.row WHERE (d.header = ?1 OR d.kin = ?4)"             \
    " AND d.repeated = 0 AND d.read = 0 AND p.absent = 0 AND p.state IN (2, 4) AND p.body IN (?2, ?3)"                 \
    " AND d.number NOT IN (SELECT number FROM temp.listing_new)"
    static const char number[] = "SELECT count(*)" BY_HEADER;
    static const char compare[] = "INSERT OR IGNORE INTO temp.listing_compare (number) SELECT d.number" BY_HEADER;
    static const char back[] = "UPDATE temp.listing_doubt SET row = 0, proven = 0"
                               " WHERE row <> 0 AND number IN (SELECT number FROM temp.listing_compare)";
    sqlite3_stmt *statement = prepare_kin(journal, SQL_LISTING_COUNT_BACK, number, message, wire, err);
    int64_t count;

    if (statement == NULL || !sql_number(journal, statement, INT64_MAX, &count, what, err))
        return false;
    *any = count > 0 && (uint64_t)count <= most;
    if (!*any)
        return true;
    statement = prepare_kin(journal, SQL_LISTING_TAKE_BACK, compare, message, wire, err);
    return statement != NULL && listing_run(journal, statement, err) && listing_exec(journal, back, err);
}

bool
journal_listing_doubt_equal(struct journal *journal, const struct journal_pop *message,
                            const unsigned char wire[static DIGEST_SIZE], uint64_t most, bool *any, struct error *err)
{
    static const char sql[] = INTO_DOUBT " FROM main.pop p CROSS JOIN temp.listing l ON l.uidl = p.uidl"
                                         " WHERE " LINE_OF_EQUAL NOT_IN_DOUBT;
    sqlite3_stmt *statement;
    bool named;

    if (!listing_table(journal, err) || !index_names(journal, err))
        return false;
    statement = prepare(journal, SQL_LISTING_DOUBT_EQUAL, sql, message, wire, err);
    if (statement == NULL || !listing_run(journal, statement, err))
        return false;
    named = sqlite3_changes(journal->db) > 0;
    if (!take_back(journal, message, wire, most, any, err))
        return false;
    *any = *any || named;
    return !*any || compare_doubted(journal, err);
}

bool
journal_listing_note_read(struct journal *journal, uint32_t line, struct error *err)
{
    static const char sql[] = "UPDATE temp.listing_doubt SET read = 1 WHERE number = ?1";

    return listing_of(journal, SQL_LISTING_READ, sql, line, err);
}

bool
journal_listing_names_again(struct journal *journal, bool *again, struct error *err)
{
    static const char sql[] =
        "SELECT EXISTS (SELECT 1 FROM temp.listing_doubt d CROSS JOIN main.pop p ON p.uidl = d.uidl"
        " WHERE p.id <> d.row)";
    sqlite3_stmt *statement =
        listing_table(journal, err) ? sql_prepare(journal, SQL_LISTING_NAMES_AGAIN, sql, err) : NULL;
    int64_t found;

    if (statement == NULL || !sql_number(journal, statement, 1, &found, what, err))
        return false;
    *again = found != 0;
    return true;
}

static bool
compare_new(struct journal *journal, uint32_t number, struct error *err)
{
    static const char doubt[] = "INSERT OR IGNORE INTO temp.listing_doubt (number, uidl, size, repeated)"
                                " SELECT number, uidl, size, 0 FROM temp.listing WHERE number = ?1";
    static const char sql[] = "DELETE FROM temp.listing_new WHERE number = ?1";

    return listing_of(journal, SQL_LISTING_DOUBT_NEW, doubt, number, err) &&
           listing_of(journal, SQL_LISTING_NOT_NEW, sql, number, err) &&
           journal_listing_pair(journal, number, 0, false, err) && journal_listing_compare(journal, number, err);
}

bool
journal_listing_note_sized(struct journal *journal, struct error *err)
{
    /* Those that are fetched after this are none of them: they are known. */
    static const char sql[] =
        "DELETE FROM temp.listing_sized; INSERT INTO temp.listing_sized (id, body) SELECT p.id, p.body FROM"
        " (SELECT DISTINCT l.size FROM temp.listing_new n CROSS JOIN temp.listing l ON l.number = n.number"
        "  WHERE l.size <> 0) s CROSS JOIN main.pop p ON p.listed = s.size"
        " WHERE p.absent = 0 AND p.state IN (2, 4) AND p.body IS NOT NULL";

    static_assert(POP_STORED == 2 && POP_REMOVING == 4, "the statement holds these numbers");
    return listing_table(journal, err) && listing_exec(journal, sql, err);
}

/* How many rows have these bytes? Of more than that nobody asks. */
static bool
count_sized(struct journal *journal, const struct journal_pop *message, const unsigned char wire[static DIGEST_SIZE],
            uint64_t most, int64_t *count, struct error *err)
{
    static const char sql[] =
        "SELECT count(*) FROM (SELECT 1 FROM temp.listing_sized WHERE ?1 IS NOT NULL AND body IN (?2, ?3) LIMIT ?4)";
    sqlite3_stmt *statement = prepare(journal, SQL_LISTING_COUNT_SIZED, sql, message, wire, err);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 4, (int64_t)most + 1);
    return sql_number(journal, statement, INT64_MAX, count, what, err);
}

/* Lines of such rows that are in doubt by this, or were already. */
static bool
doubt_sized(struct journal *journal, const struct journal_pop *message, const unsigned char wire[static DIGEST_SIZE],
            bool *any, struct error *err)
{
#define SIZED                                                                                                          \
    " FROM temp.listing_sized e CROSS JOIN main.pop p ON p.id = e.id CROSS JOIN temp.listing l ON l.uidl = p.uidl"     \
    " WHERE e.body IN (?2, ?3) AND p.listed = ?4 AND " LINE_OF_EQUAL
    /* Of one that can't be read now its name alone says whose it is, and that may have moved on. */
    static const char number[] =
        "SELECT count(*)" SIZED " AND (l.number NOT IN (SELECT number FROM temp.listing_doubt"
        " WHERE left = 0 OR row <> 0) OR l.number IN (SELECT number FROM temp.listing_compare))";
    static const char doubt[] = INTO_DOUBT SIZED NOT_IN_DOUBT;
    sqlite3_stmt *statement;
    int64_t count;

    if (!index_names(journal, err))
        return false;
    statement = prepare(journal, SQL_LISTING_LINES_SIZED, number, message, wire, err);
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 4, (int64_t)message->listed);
    if (!sql_number(journal, statement, INT64_MAX, &count, what, err))
        return false;
    *any = count > 0;
    if (!*any)
        return true;
    statement = prepare(journal, SQL_LISTING_DOUBT_SIZED, doubt, message, wire, err);
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 4, (int64_t)message->listed);
    return listing_run(journal, statement, err);
}

/* It may be one that is absent, under another name and with another size. */
static bool
has_absent(struct journal *journal, const struct journal_pop *message, const unsigned char wire[static DIGEST_SIZE],
           int64_t since, bool *any, struct error *err)
{
    /* What golub removed in that very moment was still listed. */
    static const char sql[] = "SELECT EXISTS (SELECT 1 FROM main.pop WHERE absent <> 0 AND header = ?1"
                              " AND body IN (?2, ?3) AND state IN (2, 4) AND absent < ?4 + (state = 2))";
    sqlite3_stmt *statement = prepare(journal, SQL_LISTING_ABSENT_EQUAL, sql, message, wire, err);
    int64_t found;

    static_assert(POP_STORED == 2 && POP_REMOVING == 4, "the statement holds these numbers");
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 4, since);
    if (!sql_number(journal, statement, 1, &found, what, err))
        return false;
    *any = found != 0;
    return true;
}

bool
journal_listing_doubt_sized(struct journal *journal, uint32_t line, const struct journal_pop *message,
                            const unsigned char wire[static DIGEST_SIZE], int64_t since, uint64_t most, bool *any,
                            struct error *err)
{
    int64_t count;
    bool named = false, absent = false;

    if (!has_absent(journal, message, wire, since, &absent, err) ||
        !count_sized(journal, message, wire, most, &count, err))
        return false;
    if (count > 0 && (uint64_t)count <= most && !doubt_sized(journal, message, wire, &named, err))
        return false;
    if (!take_back(journal, message, wire, most, any, err))
        return false;
    *any = *any || named || absent;
    return !*any || (compare_new(journal, line, err) && compare_doubted(journal, err));
}

bool
journal_listing_doubt_lacked(struct journal *journal, struct error *err)
{
    assert(journal->in_transaction);
    static_assert(POP_FETCHING == 1 && POP_DOUBT == 256, "the statement holds these numbers");
    return sql_exec(journal,
                    "UPDATE main.pop SET facts = facts | 256 WHERE state = 1 AND absent = 0 AND facts & 256 = 0"
                    " AND uidl NOT IN (SELECT uidl FROM temp.listing);",
                    "doubt what was begun", err);
}
