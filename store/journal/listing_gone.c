/*
 * Rows that the journal knows and no line may be: those that a listing lacks, and those whose name is another message's by now. Which of them a
 * line turns out to be, and what becomes of the others. listing_doubt.c has the lines.
 */
#include "store/journal/pop.h"

#include <assert.h>

#include "store/journal/internal.h"

static const char what[] = "compare what the server lists";

bool
journal_listing_gone(struct journal *journal, uint64_t *count, struct error *err)
{
    int64_t number;

    if (!listing_number(journal, SQL_LISTING_COUNT_GONE, "SELECT count(*) FROM temp.listing_gone", &number, err))
        return false;
    *count = (uint64_t)number;
    return true;
}

bool
journal_listing_count_gone_alike(struct journal *journal, uint64_t *count, struct error *err)
{
    static const char sql[] =
        "SELECT count(*) FROM temp.listing_doubt"
        " WHERE kin IN (SELECT kin FROM main.pop WHERE id IN (SELECT id FROM temp.listing_gone))"
        " OR header IN (SELECT header FROM main.pop WHERE id IN (SELECT id FROM temp.listing_gone))";
    int64_t number;

    if (!listing_number(journal, SQL_LISTING_COUNT_GONE_ALIKE, sql, &number, err))
        return false;
    *count = (uint64_t)number;
    return true;
}

/* Of the rows whose ids this statement yields, those of a header or a kin. */
static bool
find_like(struct journal *journal, enum statement which, const char *sql,
          const unsigned char header[static DIGEST_SIZE], const unsigned char kin[static DIGEST_SIZE],
          struct journal_pop_body body, int64_t **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement = listing_prepare(journal, which, sql, err);
    struct sql_binder to = {.statement = statement};

    if (statement == NULL)
        return false;
    bind_digest(&to, header);
    bind_digest(&to, kin);
    bind_digest(&to, body.came);
    bind_digest(&to, body.wire);
    bind_digest(&to, body.parts);
    return sql_ids(journal, statement, ids, count, what, err);
}

#define OF_BODY " AND (?3 IS NULL OR body IS NULL OR body IN (?3, ?4, ?5))"

bool
journal_listing_gone_like(struct journal *journal, const unsigned char header[static DIGEST_SIZE],
                          const unsigned char kin[static DIGEST_SIZE], struct journal_pop_body body, int64_t **ids,
                          size_t *count, struct error *err)
{
    static const char sql[] = "SELECT id FROM main.pop WHERE id IN (SELECT id FROM temp.listing_gone)"
                              " AND (header = ?1 OR kin = ?2)" OF_BODY " ORDER BY id";

    return find_like(journal, SQL_LISTING_GONE_LIKE, sql, header, kin, body, ids, count, err);
}

bool
journal_listing_loosen(struct journal *journal, struct error *err)
{
    static const char sql[] = "DELETE FROM temp.listing_loose;"
                              "INSERT OR IGNORE INTO temp.listing_loose (id, header, kin) SELECT p.id, p.header, p.kin"
                              " FROM temp.listing_doubt d CROSS JOIN main.pop p ON p.uidl = d.uidl"
                              " WHERE d.repeated = 0 AND p.absent = 0 AND p.state <> 1 AND p.facts & 256 = 0"
                              " AND p.id NOT IN (SELECT row FROM temp.listing_doubt)";

    static_assert(POP_FETCHING == 1 && POP_DOUBT == 256, "the statement holds these numbers");
    return listing_judge(journal, err) && listing_commit(journal, err) && listing_exec(journal, sql, err);
}

bool
journal_listing_loose_like(struct journal *journal, const unsigned char header[static DIGEST_SIZE],
                           const unsigned char kin[static DIGEST_SIZE], struct journal_pop_body body, int64_t **ids,
                           size_t *count, struct error *err)
{
    static const char sql[] = "SELECT p.id FROM temp.listing_loose l CROSS JOIN main.pop p ON p.id = l.id"
                              " WHERE (l.header = ?1 OR l.kin = ?2)" OF_BODY " ORDER BY p.id";

    return find_like(journal, SQL_LISTING_LOOSE_LIKE, sql, header, kin, body, ids, count, err);
}

static bool
bury(struct journal *journal, enum statement which, const char *sql, int64_t now, struct error *err)
{
    sqlite3_stmt *statement = listing_prepare(journal, which, sql, err);

    assert(journal->in_transaction);
    if (statement == NULL)
        return false;
    bind_integer(&(struct sql_binder){.statement = statement}, now);
    return sql_run(journal, statement, what, err);
}

bool
journal_listing_bury(struct journal *journal, int64_t now, struct error *err)
{
    static const char absent[] =
        "UPDATE main.pop SET absent = ?1 WHERE id IN (SELECT id FROM temp.listing_gone) AND state <> 1";
    static const char rest[] =
        "DELETE FROM temp.listing_gone WHERE id NOT IN (SELECT id FROM main.pop WHERE state = 1)";
    static const char bit[] = "UPDATE main.pop SET facts = facts & ~128 WHERE id IN (SELECT id FROM temp.listing_went)";

    static_assert(POP_FETCHING == 1 && POP_AGAIN == 128, "the statements hold these numbers");
    return bury(journal, SQL_LISTING_BURY, absent, now, err) && sql_exec(journal, bit, what, err) &&
           listing_exec(journal, rest, err);
}

bool
journal_listing_forget_begun(struct journal *journal, int64_t now, struct error *err)
{
    static const char begun[] = "DELETE FROM main.pop WHERE id IN (SELECT id FROM temp.listing_gone) AND state = 1";
    static const char like[] = "UPDATE main.pop SET absent = ?1 WHERE absent <> 0 AND absent < ?1 AND id IN"
                               " (" POP_LIKE_BEGUN("d.id IN (SELECT id FROM temp.listing_gone) AND d.state = 1") ")";

    static_assert(POP_FETCHING == 1, "the statements hold this number");
    /* A moment ago: it is none of those that went missing in this very run (import_match.c). */
    return bury(journal, SQL_LISTING_KEEP_LIKE_BEGUN, like, now - 1, err) && sql_exec(journal, begun, what, err) &&
           listing_exec(journal, "DELETE FROM temp.listing_gone", err);
}

static const char absent_rest[] =
    "UPDATE main.pop SET absent = ?1 WHERE state <> 1 AND id IN (SELECT id " LISTING_DOUBTFUL_REST ")";

bool
journal_listing_bury_reused(struct journal *journal, bool left, int64_t now, struct error *err)
{
    static const char all[] =
        "UPDATE main.pop SET absent = ?1 WHERE state <> 1 AND id IN (SELECT id " LISTING_DOUBTFUL ")";

    return left ? bury(journal, SQL_LISTING_BURY_LEFT, all, now, err)
                : bury(journal, SQL_LISTING_BURY_REST, absent_rest, now, err);
}

bool
journal_listing_bury_rest(struct journal *journal, int64_t now, struct error *err)
{
    /* A message that is new under its UIDL may take over the row that was begun for it, so such a row has a line. */
    static const char begun[] = "DELETE FROM main.pop WHERE state = 1 AND id IN (SELECT id " LISTING_DOUBTFUL_REST ")";
    /* It was made since its line might be another row's message, and it is. */
    static const char double_rest[] =
        "DELETE FROM main.pop WHERE facts & 256 <> 0 AND id NOT IN (SELECT row FROM temp.listing_doubt) AND EXISTS"
        " (SELECT 1 FROM temp.listing_doubt d WHERE d.uidl = pop.uidl AND d.row <> 0 AND (d.header = pop.header OR "
        "d.kin = pop.kin))";

    return sql_exec(journal, double_rest, what, err) && bury(journal, SQL_LISTING_BURY_REST, absent_rest, now, err) &&
           sql_exec(journal, begun, what, err);
}
