/*
 * Lines of a listing whose row a UIDL alone does not tell: what TOP showed of them, and which row they turned out to be. listing.c says which
 * lines are doubtful, listing_gone.c has the rows that they may be, the caller decides.
 */
#include "store/journal/pop.h"

#include <assert.h>

#include "store/journal/internal.h"

static const char what[] = "compare what the server lists";

#define DOUBT_NEW(which)                                                                                               \
    "INSERT OR IGNORE INTO temp.listing_doubt (number, uidl, size, repeated)"                                          \
    " SELECT l.number, l.uidl, l.size, 0 FROM temp.listing_new n CROSS JOIN temp.listing l ON l.number = "             \
    "n.number" which "; DELETE FROM temp.listing_new WHERE number IN (SELECT number FROM temp.listing_doubt);"

bool
journal_listing_probe(struct journal *journal, bool all, struct error *err)
{
    /* A size that is not told is any size. */
    static const char some[] =
        DOUBT_NEW(" WHERE l.size IN (SELECT listed FROM main.pop WHERE absent <> 0 AND listed <> 0)"
                  " OR (l.size = 0 AND EXISTS (SELECT 1 FROM main.pop WHERE absent <> 0))"
                  " OR EXISTS (SELECT 1 FROM main.pop WHERE absent <> 0 AND listed = 0 AND uidl <> '=file')");

    /* What was begun under a name and never stored may be what another row, which went, stands for: the name proves nothing. */
    static const char begun[] =
        "INSERT OR IGNORE INTO temp.listing_doubt (number, uidl, size, repeated) SELECT l.number, l.uidl, l.size, 0"
        " FROM main.pop p CROSS JOIN temp.listing l ON l.uidl = p.uidl WHERE p.state = 1 AND p.absent = 0"
        " AND NOT EXISTS (SELECT 1 FROM main.pop WHERE uidl = l.uidl AND absent = 0 AND state <> 1)";

    static_assert(POP_FETCHING == 1, "the statement holds this number");
    return listing_table(journal, err) && listing_exec(journal, all ? DOUBT_NEW("") : some, err) &&
           (!all || listing_exec(journal, begun, err));
}

/* ... of names that are known to be other messages' now. Where the list is not complete they are not absent for that. */
#define PARTED LISTING_DOUBTFUL_REST " AND state <> 1"

bool
journal_listing_compare_new(struct journal *journal, struct error *err)
{
    static const char sql[] =
        "INSERT OR IGNORE INTO temp.listing_compare (number) SELECT l.number"
        " FROM temp.listing_new n CROSS JOIN temp.listing l ON l.number = n.number"
        " WHERE l.number NOT IN (SELECT number FROM temp.listing_doubt) AND l.uidl NOT IN (SELECT uidl FROM main.pop)"
        " AND (l.size IN (SELECT listed FROM main.pop WHERE absent <> 0 UNION ALL SELECT listed " PARTED ")"
        " OR (l.size = 0 AND (EXISTS (SELECT 1 FROM main.pop WHERE absent <> 0) OR EXISTS (SELECT 1 " PARTED "))));"
        "INSERT OR IGNORE INTO temp.listing_doubt (number, uidl, size, repeated)"
        " SELECT number, uidl, size, 0 FROM temp.listing WHERE number IN (SELECT number FROM temp.listing_compare);"
        "DELETE FROM temp.listing_new WHERE number IN (SELECT number FROM temp.listing_compare)";

    return listing_table(journal, err) && listing_exec(journal, sql, err);
}

bool
journal_listing_compare_freed(struct journal *journal, int64_t now, struct error *err)
{
    static const char sql[] =
        "INSERT OR IGNORE INTO temp.listing_compare (number) SELECT number FROM temp.listing_doubt"
        " WHERE row = 0 AND repeated = 0 AND number IN (SELECT number FROM temp.listing_new)"
        " AND header IN (SELECT header FROM main.pop WHERE absent = ?1 AND absent <> 0 AND state IN (2, 4))";
    static const char rest[] = "DELETE FROM temp.listing_new WHERE number IN (SELECT number FROM temp.listing_compare)";
    sqlite3_stmt *statement = listing_prepare(journal, SQL_LISTING_COMPARE_FREED, sql, err);

    static_assert(POP_STORED == 2 && POP_REMOVING == 4, "the statement holds these numbers");
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, now);
    return listing_run(journal, statement, err) && listing_exec(journal, rest, err);
}

bool
journal_listing_compare_alike(struct journal *journal, struct error *err)
{
    /* A pass over the rows for each of these, and one over the lines: all may have one header. */
#define ALIKE                                                                                                          \
    " FROM main.pop WHERE header IN (SELECT header FROM temp.listing_doubt) AND absent = 0 AND state IN (2, 4)"        \
    " AND body IS NOT NULL AND uidl NOT IN (SELECT uidl FROM temp.listing_doubt)"
    static const char sql[] =
        "INSERT OR IGNORE INTO temp.listing_compare (number) SELECT number FROM temp.listing_doubt"
        " WHERE row = 0 AND repeated = 0 AND number IN (SELECT number FROM temp.listing_new)"
        " AND ((header, size) IN (SELECT header, listed" ALIKE ")"
        " OR header IN (SELECT header" ALIKE " AND listed = 0)"
        " OR (size = 0 AND header IN (SELECT header" ALIKE ")));"
        "DELETE FROM temp.listing_new WHERE number IN (SELECT number FROM temp.listing_compare)";

    static_assert(POP_STORED == 2 && POP_REMOVING == 4, "the statement holds these numbers");
    return listing_judge(journal, err) && listing_commit(journal, err) && listing_exec(journal, sql, err);
}

bool
journal_listing_doubt_begun(struct journal *journal, uint64_t max_size, struct error *err)
{
#define BEGUN                                                                                                          \
    "FROM main.pop INDEXED BY pop_doubt WHERE facts & 256 <> 0 AND absent = 0"                                         \
    " AND (?1 = 0 OR (listed <= ?1 AND size <= ?1))"
    static const char any[] = "SELECT EXISTS (SELECT 1 " BEGUN ")";
    static const char sql[] = "INSERT OR IGNORE INTO temp.listing_doubt (number, uidl, size, repeated)"
                              " SELECT number, uidl, size, 0 FROM temp.listing WHERE uidl IN (SELECT uidl " BEGUN ")";
    sqlite3_stmt *statement = listing_prepare(journal, SQL_LISTING_ANY_BEGUN, any, err);
    int64_t found;

    static_assert(POP_DOUBT == 256, "the statements hold this number");
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, (int64_t)max_size);
    if (!sql_number(journal, statement, 1, &found, what, err))
        return false;
    if (found == 0)
        return true;
    statement = listing_table(journal, err) ? listing_prepare(journal, SQL_LISTING_DOUBT_BEGUN, sql, err) : NULL;
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, (int64_t)max_size);
    return listing_run(journal, statement, err);
}

bool
journal_listing_doubt_all(struct journal *journal, struct error *err)
{
    static const char sql[] = "INSERT OR IGNORE INTO temp.listing_doubt (number, uidl, size, repeated)"
                              " SELECT number, uidl, size, 0 FROM temp.listing; DELETE FROM temp.listing_new;"
                              "DELETE FROM temp.listing_removable;";

    return listing_table(journal, err) && listing_exec(journal, sql, err);
}

bool
journal_listing_top(struct journal *journal, uint32_t number, const struct journal_pop *header, struct error *err)
{
    static const char sql[] =
        "UPDATE temp.listing_doubt SET (header, kin, message_id, received, nameless) = (?1, ?2, ?3, ?4, ?5)"
        " WHERE number = ?6";
    sqlite3_stmt *statement;
    struct sql_binder to;

    if (!listing_judge(journal, err) || !listing_batch(journal, err))
        return false;
    statement = sql_prepare(journal, SQL_LISTING_TOP, sql, err);
    if (statement == NULL)
        return false;
    to = (struct sql_binder){.statement = statement};
    bind_digest(&to, header->header);
    bind_digest(&to, header->kin);
    bind_digest(&to, header->has_id ? header->message_id : NULL);
    bind_bytes(&to, header->received, header->received_size);
    bind_integer(&to, (header->facts & POP_NAMELESS) != 0);
    bind_integer(&to, number);
    return listing_run(journal, statement, err);
}

static bool
read_top(sqlite3_stmt *statement, void *to)
{
    struct journal_pop *row = to;
    struct sql_reader from = {.statement = statement};

    row->has_header = read_digest(&from, row->header);
    row->has_kin = read_digest(&from, row->kin);
    row->has_id = read_digest(&from, row->message_id);
    row->received_size = read_at_most(&from, row->received, sizeof row->received);
    row->facts = read_integer(&from, 0, 1) == 1 ? POP_NAMELESS : 0;
    return !from.damaged;
}

bool
journal_listing_top_of(struct journal *journal, uint32_t number, struct journal_pop *header, bool *found,
                       struct error *err)
{
    static const char sql[] = "SELECT header, kin, message_id, received, nameless FROM temp.listing_doubt"
                              " WHERE number = ?1 AND header IS NOT NULL";
    sqlite3_stmt *statement = listing_prepare(journal, SQL_LISTING_TOP_OF, sql, err);

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, number);
    return sql_find(journal, statement, read_top, header, sizeof *header, found, what, err);
}

bool
journal_listing_count_kin(struct journal *journal, const unsigned char kin[static DIGEST_SIZE], uint64_t most,
                          uint64_t *count, struct error *err)
{
    sqlite3_stmt *statement = listing_prepare(
        journal, SQL_LISTING_BY_KIN,
        "SELECT count(*) FROM (SELECT 1 FROM temp.listing_doubt WHERE kin = ?1 AND row = 0 LIMIT ?2)", err);
    struct sql_binder to = {.statement = statement};
    int64_t number;

    if (statement == NULL)
        return false;
    bind_digest(&to, kin);
    bind_integer(&to, most > INT64_MAX ? INT64_MAX : (int64_t)most);
    if (!sql_number(journal, statement, INT64_MAX, &number, what, err))
        return false;
    *count = (uint64_t)number;
    return true;
}

bool
journal_listing_has_kin(struct journal *journal, const unsigned char header[static DIGEST_SIZE],
                        const unsigned char kin[static DIGEST_SIZE], bool *has, struct error *err)
{
    static const char sql[] =
        "SELECT EXISTS (SELECT 1 FROM temp.listing_doubt WHERE kin = ?2 AND header < ?1 AND row = 0)"
        " OR EXISTS (SELECT 1 FROM temp.listing_doubt WHERE kin = ?2 AND header > ?1 AND row = 0)";
    sqlite3_stmt *statement = listing_prepare(journal, SQL_LISTING_HAS_KIN, sql, err);
    struct sql_binder to = {.statement = statement};
    int64_t found;

    if (statement == NULL)
        return false;
    bind_digest(&to, header);
    bind_digest(&to, kin);
    if (!sql_number(journal, statement, 1, &found, what, err))
        return false;
    *has = found != 0;
    return true;
}

bool
journal_listing_alike(struct journal *journal, const char *uidl, const unsigned char header[static DIGEST_SIZE],
                      uint64_t size, uint64_t most, uint64_t *count, struct error *err)
{
    static const char any[] =
        "SELECT count(*) FROM (SELECT 1 FROM temp.listing_doubt WHERE header = ?1 AND size = ?2 AND row = 0"
        " AND left = 0 LIMIT ?3)";
    static const char same[] = "SELECT count(*) FROM (SELECT 1 FROM temp.listing_doubt WHERE header = ?1 AND row = 0"
                               " AND left = 0 AND uidl = ?2 LIMIT ?3)";
    sqlite3_stmt *statement = uidl == NULL ? listing_prepare(journal, SQL_LISTING_ALIKE, any, err)
                                           : listing_prepare(journal, SQL_LISTING_ALIKE_UIDL, same, err);
    struct sql_binder to = {.statement = statement};
    int64_t number;

    if (statement == NULL)
        return false;
    bind_digest(&to, header);
    if (uidl == NULL)
        bind_integer(&to, (int64_t)size);
    else
        bind_string(&to, uidl);
    bind_integer(&to, most > INT64_MAX ? INT64_MAX : (int64_t)most);
    if (!sql_number(journal, statement, INT64_MAX, &number, what, err))
        return false;
    *count = (uint64_t)number;
    return true;
}

bool
journal_listing_may_be_anothers(struct journal *journal, const unsigned char header[static DIGEST_SIZE], uint64_t size,
                                bool *may_be, struct error *err)
{
    static const char sql[] =
        "SELECT EXISTS (SELECT 1 FROM temp.listing_doubt WHERE header IS NULL AND +row = 0"
        " AND (size = ?2 OR size = 0 OR ?2 = 0))" /* + : most have no row, and few no header */
        " OR EXISTS (SELECT 1 FROM main.pop WHERE state = 1 AND absent = 0 AND (header IS NULL OR header = ?1)"
        " AND (listed = ?2 OR listed = 0 OR ?2 = 0) AND id NOT IN (SELECT row FROM temp.listing_doubt))";
    sqlite3_stmt *statement = listing_prepare(journal, SQL_LISTING_ANOTHERS, sql, err);
    struct sql_binder to = {.statement = statement};
    int64_t found;

    static_assert(POP_FETCHING == 1, "the statement holds this number");
    if (statement == NULL)
        return false;
    bind_digest(&to, header);
    bind_integer(&to, (int64_t)size);
    if (!sql_number(journal, statement, 1, &found, what, err))
        return false;
    *may_be = found != 0;
    return true;
}

#define MAY_BE_EQUAL(size)                                                                                             \
    "((header = ?1 AND (" size " = ?2 OR " size " = 0 OR ?2 = 0)) OR (header IS NULL AND " size " = ?2 AND ?2 <> 0))"

bool
journal_listing_has_unread_twin(struct journal *journal, const unsigned char header[static DIGEST_SIZE], uint64_t size,
                                bool *has, struct error *err)
{
    static const char sql[] =
        "SELECT EXISTS (SELECT 1 FROM temp.listing_doubt WHERE row = 0 AND left = 1 AND " MAY_BE_EQUAL(
            "size") ") OR EXISTS (SELECT 1 FROM main.pop INDEXED BY pop_doubt WHERE facts & 256 <> 0"
                    " AND state = 1 AND absent = 0 AND " MAY_BE_EQUAL("listed") ")";
    sqlite3_stmt *statement = listing_prepare(journal, SQL_LISTING_UNREAD_TWIN, sql, err);
    struct sql_binder to = {.statement = statement};
    int64_t found;

    static_assert(POP_FETCHING == 1 && POP_DOUBT == 256, "the statement holds these numbers");
    if (statement == NULL)
        return false;
    bind_digest(&to, header);
    bind_integer(&to, (int64_t)size);
    if (!sql_number(journal, statement, 1, &found, what, err))
        return false;
    *has = found != 0;
    return true;
}

bool
journal_listing_has_moved(struct journal *journal, bool *moved, struct error *err)
{
    /* One pass over the rows, and one over the lines. */
    static const char sql[] =
        "SELECT EXISTS (SELECT 1 FROM temp.listing_doubt d WHERE d.row = 0 AND d.repeated = 0"
        " AND d.message_id IS NOT NULL AND d.header IN (SELECT header FROM main.pop WHERE absent = 0 AND state <> 1"
        " AND uidl NOT IN (SELECT uidl FROM temp.listing_doubt) AND id NOT IN (SELECT id FROM temp.listing_gone))"
        " AND NOT EXISTS (SELECT 1 FROM main.pop o WHERE o.uidl = d.uidl AND o.facts & 256 <> 0 AND o.absent = 0"
        " AND o.header = d.header))";
    int64_t found;

    static_assert(POP_FETCHING == 1, "the statement holds this number");
    if (!listing_number(journal, SQL_LISTING_HAS_MOVED, sql, &found, err))
        return false;
    *moved = found != 0;
    return true;
}

static bool
forget_compare(struct journal *journal, uint32_t number, struct error *err)
{
    static const char sql[] = "DELETE FROM temp.listing_compare WHERE number = ?1";
    sqlite3_stmt *statement = sql_prepare(journal, SQL_LISTING_PAIRED, sql, err);

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, number);
    return listing_run(journal, statement, err);
}

bool
journal_listing_pair(struct journal *journal, uint32_t number, int64_t row, bool proven, struct error *err)
{
    sqlite3_stmt *statement =
        listing_prepare(journal, SQL_LISTING_PAIR,
                        "UPDATE temp.listing_doubt SET row = ?2, proven = ?3, left = 0 WHERE number = ?1", err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_integer(&to, number);
    bind_integer(&to, row);
    bind_integer(&to, proven);
    if (!listing_run(journal, statement, err))
        return false;
    return forget_compare(journal, number, err);
}

bool
journal_listing_is_taken(struct journal *journal, int64_t row, bool *taken, struct error *err)
{
    sqlite3_stmt *statement =
        listing_prepare(journal, SQL_LISTING_TAKEN, "SELECT count(*) FROM temp.listing_doubt WHERE row = ?1", err);
    int64_t number;

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, row);
    if (!sql_number(journal, statement, INT64_MAX, &number, what, err))
        return false;
    *taken = number > 0;
    return true;
}

bool
journal_listing_is_put_off(struct journal *journal, uint32_t number, bool *put_off, struct error *err)
{
    sqlite3_stmt *statement =
        listing_prepare(journal, SQL_LISTING_IS_COMPARED,
                        "SELECT (SELECT count(*) FROM temp.listing_compare WHERE number = ?1)"
                        " + (SELECT count(*) FROM temp.listing_doubt WHERE number = ?1 AND left = 1)",
                        err);
    int64_t found;

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, number);
    if (!sql_number(journal, statement, INT64_MAX, &found, what, err))
        return false;
    *put_off = found > 0;
    return true;
}

bool
journal_listing_count_open(struct journal *journal, uint64_t *count, struct error *err)
{
    static const char sql[] = "SELECT count(*) FROM temp.listing_doubt WHERE repeated = 0 AND"
                              " (left = 1 OR number IN (SELECT number FROM temp.listing_compare)) AND uidl NOT IN"
                              " (SELECT uidl FROM main.pop WHERE facts & 256 <> 0 AND absent = 0 AND state = 1)";
    int64_t number;

    if (!listing_number(journal, SQL_LISTING_COUNT_OPEN, sql, &number, err))
        return false;
    *count = (uint64_t)number;
    return true;
}

bool
journal_listing_leave(struct journal *journal, uint32_t number, struct error *err)
{
    sqlite3_stmt *statement =
        listing_prepare(journal, SQL_LISTING_LEAVE, "UPDATE temp.listing_doubt SET left = 1 WHERE number = ?1", err);

    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, number);
    return listing_run(journal, statement, err) && forget_compare(journal, number, err);
}
