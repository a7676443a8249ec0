/*
 * The temporary tables that a listing, and the names of files beside it (here.c), stand in: made, emptied, written. A transaction around such
 * writes touches temporary tables alone, so it takes no lock on the journal and flushes nothing; it ends before the journal begins one of
 * its own (listing_commit).
 */
#include "store/journal/internal.h"

#define TEMP_CACHE_KIB "384" /* what is more goes to a file */
#define MAIN_CACHE_KIB "384" /* rows are written once, one after the other */

static const char what_filling[] = "write down what the server lists";
static const char what_judging[] = "compare what the server lists";

/* Rows of temporary tables are nobody's changes. */
static void
own_changes(struct journal *journal, int64_t before)
{
    int64_t made = sqlite3_total_changes64(journal->db) - before;

    journal->changes_own += made;
    if (journal->in_transaction)
        journal->changes_at_begin += made;
}

bool
listing_batch(struct journal *journal, struct error *err)
{
    if (journal->in_transaction || journal->reading)
        return true;
    journal->reading = sql_exec(journal, "BEGIN", what_filling, err);
    return journal->reading;
}

bool
listing_run(struct journal *journal, sqlite3_stmt *statement, struct error *err)
{
    int64_t before = sqlite3_total_changes64(journal->db);
    bool done = sql_run(journal, statement, what_judging, err);

    own_changes(journal, before);
    return done;
}

bool
listing_exec(struct journal *journal, const char *sql, struct error *err)
{
    int64_t before = sqlite3_total_changes64(journal->db);
    bool done = sql_exec(journal, sql, what_judging, err);

    own_changes(journal, before);
    return done;
}

#define CLEAR_JUDGED                                                                                                   \
    "DELETE FROM temp.listing_new; DELETE FROM temp.listing_doubt; DELETE FROM temp.listing_gone;"                     \
    "DELETE FROM temp.listing_unsized; DELETE FROM temp.listing_compare;"                                              \
    "DELETE FROM temp.listing_removable; DELETE FROM temp.listing_loose; DELETE FROM temp.listing_went;"               \
    "DELETE FROM temp.listing_sized;"

bool
listing_clear(struct journal *journal, struct error *err)
{
    return listing_exec(journal, CLEAR_JUDGED, err);
}

/* Once: another place for temporary tables forgets those that are there. */
bool
listing_open_temporary(struct journal *journal, struct error *err)
{
    static const char sql[] = "PRAGMA temp_store = FILE; PRAGMA temp.cache_size = -" TEMP_CACHE_KIB
                              "; PRAGMA main.cache_size = -" MAIN_CACHE_KIB;

    if (journal->has_place)
        return true;
    journal->has_place = sql_exec(journal, sql, what_filling, err);
    return journal->has_place;
}

bool
listing_make(struct journal *journal, struct error *err)
{
    static const char make[] =
        "CREATE TEMP TABLE listing (number INTEGER PRIMARY KEY, uidl TEXT NOT NULL, size INTEGER NOT NULL);"
        "CREATE TEMP TABLE listing_new (number INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE listing_doubt (number INTEGER PRIMARY KEY, uidl TEXT NOT NULL, size INTEGER NOT NULL,"
        " repeated INTEGER NOT NULL, row INTEGER NOT NULL DEFAULT 0, proven INTEGER NOT NULL DEFAULT 0,"
        " left INTEGER NOT NULL DEFAULT 0, read INTEGER NOT NULL DEFAULT 0, header BLOB, kin BLOB, message_id BLOB, "
        "received BLOB,"
        " nameless INTEGER NOT NULL DEFAULT 0);"
        "CREATE INDEX temp.listing_doubt_row ON listing_doubt (row);"
        "CREATE INDEX temp.listing_doubt_uidl ON listing_doubt (uidl);"
        "CREATE INDEX temp.listing_doubt_header ON listing_doubt (header);"
        "CREATE INDEX temp.listing_doubt_kin ON listing_doubt (kin, row, header);"
        "CREATE TEMP TABLE listing_gone (id INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE listing_went (id INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE listing_loose (id INTEGER PRIMARY KEY, header BLOB, kin BLOB);"
        "CREATE INDEX temp.listing_loose_header ON listing_loose (header);"
        "CREATE INDEX temp.listing_loose_kin ON listing_loose (kin);"
        "CREATE TEMP TABLE listing_sized (id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
        "CREATE INDEX temp.listing_sized_body ON listing_sized (body);"
        "CREATE TEMP TABLE listing_unsized (id INTEGER PRIMARY KEY, size INTEGER NOT NULL);"
        "CREATE TEMP TABLE listing_compare (number INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE listing_removable (number INTEGER PRIMARY KEY, came INTEGER NOT NULL);";

    if (!listing_open_temporary(journal, err))
        return false;
    if (journal->listing == LISTING_NONE)
        return listing_exec(journal, make, err);
    return listing_exec(journal, "DROP INDEX IF EXISTS temp.listing_uidl; DELETE FROM temp.listing", err) &&
           listing_clear(journal, err);
}
