/*
 * What the files of this room share: the journal's handle, a cache of prepared statements, and small helpers that bind
 * and read columns in order, so that each statement and the code that fills it stand side by side.
 */
#ifndef STORE_JOURNAL_INTERNAL_H
#define STORE_JOURNAL_INTERNAL_H

#include <sqlite3.h>

#include "store/base/maildrop.h"
#include "store/journal/pop.h"

/* What becomes of an account whose journal is moved away. It can't be asked which kind of account it was of. */
#define JOURNAL_ANEW                                                                                                   \
    "the next run pairs both sides again and deletes nothing; with deliver-command all that is on the POP server "     \
    "comes again, or nothing of it after golub import --skip-existing."

/*
 * Rows that are gone and that one of these may be, by one column of both. Each value is looked up once: a server may tell one size or name of all,
 * and as many rows times as many lines would be no end. `these` is a table that is called d.
 */
#define POP_LIKE(column, these, which)                                                                                 \
    "SELECT p.id FROM (SELECT DISTINCT d." column " FROM " these " WHERE " which ") d"                                 \
    " CROSS JOIN main.pop p ON p." column " = d." column " AND p.absent <> 0"
#define POP_LIKE_NAMED(these, which)                                                                                   \
    POP_LIKE("uidl", these, which)                                                                                     \
    " UNION " POP_LIKE("header", these, which) " UNION " POP_LIKE("kin", these, which)
/* ... by what was begun in doubt, it among them: of one name, header or kin. */
#define POP_LIKE_BEGUN(which) POP_LIKE_NAMED("main.pop d INDEXED BY pop_doubt", "d.facts & 256 <> 0 AND " which)

/* Rows that are there, whose name a doubtful line has, and that no such line is. */
#define LISTING_DOUBTFUL                                                                                               \
    "FROM main.pop WHERE uidl IN (SELECT uidl FROM temp.listing_doubt) AND absent = 0"                                 \
    " AND id NOT IN (SELECT row FROM temp.listing_doubt)"
/* ... but for names of which a line was left, or is still to be compared. */
#define LISTING_DOUBTFUL_REST                                                                                          \
    LISTING_DOUBTFUL " AND uidl NOT IN (SELECT uidl FROM temp.listing_doubt WHERE left = 1"                            \
                     " OR number IN (SELECT number FROM temp.listing_compare))"

/* One place in the cache each; the text of a statement stands where it is used. */
enum statement {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_META_GET,
    SQL_META_SET,
    SQL_META_ALL,
    SQL_MAILBOX_LIST,
    SQL_MAILBOX_INSERT,
    SQL_MAILBOX_UPDATE,
    SQL_MAILBOX_EXISTS,
    SQL_MAILBOX_UNNAME,
    SQL_MAILBOX_DELETE, /* and its steps */
    SQL_MAILBOX_DELETE_LAST = SQL_MAILBOX_DELETE + 5,
    SQL_MESSAGE_GET,
    SQL_MESSAGE_BY_UID,
    SQL_MESSAGE_BY_BASE,
    SQL_MESSAGE_WALK,
    SQL_MESSAGE_INSERT,
    SQL_MESSAGE_COMPARE,
    SQL_MESSAGE_UPDATE, /* one for each set of columns that a save may change */
    SQL_MESSAGE_UPDATE_LAST = SQL_MESSAGE_UPDATE + 15,
    SQL_MESSAGE_DELETE, /* and its steps */
    SQL_MESSAGE_DELETE_LAST = SQL_MESSAGE_DELETE + 4,
    SQL_MESSAGE_IDS, /* one for each enum journal_which, for a mailbox and for all */
    SQL_MESSAGE_IDS_LAST = SQL_MESSAGE_IDS + 2 * WHICH_SETS - 1,
    SQL_MESSAGE_COUNT, /* the same */
    SQL_MESSAGE_COUNT_LAST = SQL_MESSAGE_COUNT + 2 * WHICH_SETS - 1,
    SQL_MESSAGE_FRESH,
    SQL_MESSAGE_FRESH_SUMS,
    SQL_MESSAGE_FRESH_ANY,
    SQL_MESSAGE_MEASURES,
    SQL_MESSAGE_NAMES,
    SQL_MESSAGE_NAMES_AS_THEY_LIE,
    SQL_MESSAGE_UIDS,
    SQL_MESSAGE_REFERRING,
    SQL_MESSAGE_DATE,
    SQL_MESSAGE_DATES,
    SQL_MESSAGE_WIRE,
    SQL_MESSAGE_SIZE,
    SQL_MESSAGE_HIGHEST,
    SQL_MESSAGE_NTH_HIGHEST,
    SQL_MESSAGE_SINCE,
    SQL_MESSAGE_LAST_ID,
    SQL_OP_ADD,
    SQL_OP_SAVE,
    SQL_OP_EXISTS,
    SQL_OP_DELETE,
    SQL_OP_ANY,
    SQL_OP_OF,
    SQL_OP_SENT,
    SQL_OP_LIST,
    SQL_PRINT_SET,
    SQL_PRINT_CLEAR,
    SQL_PRINT_GET,
    SQL_PRINT_IDS,
    SQL_PENDING_SET,
    SQL_PENDING_CLEAR,
    SQL_PENDING_GET,
    SQL_PENDING_OLDEST,
    SQL_GMAIL_SET,
    SQL_GMAIL_GET,
    SQL_GMAIL_IDS,
    SQL_GMAIL_FORGET,
    SQL_GMAIL_SWEEP,
    SQL_PENDING_LIST,
    SQL_HOLD_ADD,
    SQL_HOLD_CLEAR,
    SQL_HOLD_OF,
    SQL_HOLD_IDS,
    SQL_SHOWN_SET,
    SQL_SHOWN_GET,
    SQL_QUARANTINE_ADD,
    SQL_QUARANTINE_DELETE,
    SQL_QUARANTINE_WITHDRAW,
    SQL_QUARANTINE_GET,
    SQL_QUARANTINE_OF,
    SQL_QUARANTINE_ALIKE,
    SQL_QUARANTINE_IDS,
    SQL_QUARANTINE_SUM,
    SQL_QUARANTINE_PUT_BACK,
    SQL_QUARANTINE_RETURN,
    SQL_QUARANTINE_RETURNED,
    SQL_QUARANTINE_NEWEST,
    SQL_PLACE_GET,
    SQL_PLACE_SAVE,
    SQL_UNFLUSHED_ADD,
    SQL_UNFLUSHED_IDS,
    SQL_UNFLUSHED_UNDELETED,
    SQL_UNFLUSHED_FLUSHED,
    SQL_UNFLUSHED_SEEN,
    SQL_QUARANTINE_CLAMP,
    SQL_KINSHIP_SAVE,
    SQL_KINSHIP_GET,
    SQL_FOREIGN_SAVE,
    SQL_FOREIGN_GET,
    SQL_KEYWORD_SAVE,
    SQL_KEYWORD_DELETE,
    SQL_KEYWORD_MOVE,
    SQL_KEYWORD_LIST,
    SQL_KEYWORD_OF,
    SQL_KEYWORD_SUMS,
    SQL_KEYWORD_SUMS_OF,
    SQL_KEYWORD_REWRITE,
    SQL_LETTERED_GET,
    SQL_LETTERED_SAVE,
    SQL_LETTER_MARK,
    SQL_LETTER_CLEAR,
    SQL_LETTER_CHANGE,
    SQL_LETTER_GET,
    SQL_LETTER_MESSAGES,
    SQL_LETTER_MAILBOXES,
    SQL_LETTER_SHOWN,
    SQL_LETTER_REWRITE,
    SQL_KNOWS_BASE,
    SQL_HAD_BASE,
    SQL_POP_INSERT,
    SQL_POP_UPDATE,
    SQL_POP_EXISTS,
    SQL_POP_DELETE,
    SQL_POP_GET,
    SQL_POP_BY_UIDL,
    SQL_POP_BY_UIDL_BODY,
    SQL_POP_BY_HEADER,
    SQL_POP_BY_KIN,
    SQL_POP_MISSED,
    SQL_POP_IDS,
    SQL_POP_IDS_ALL,
    SQL_POP_COUNT,
    SQL_POP_COUNT_LISTED,
    SQL_POP_COUNT_ALL,
    SQL_POP_COUNT_MISSED,
    SQL_POP_COUNT_EXACT,
    SQL_POP_COUNT_SIZED,
    SQL_POP_DUE,
    SQL_POP_HELD,
    SQL_POP_PARTS,
    SQL_POP_HAS_BASE,
    SQL_POP_END_WORDS,
    SQL_POP_FORGET,
    SQL_POP_CLAMP,
    SQL_POP_NEWEST,
    SQL_LISTING_ADD,
    SQL_LISTING_ADD_MANY,
    SQL_LISTING_NEW,
    SQL_LISTING_DOUBT,
    SQL_LISTING_GONE,
    SQL_LISTING_WENT,
    SQL_LISTING_UNSIZED,
    SQL_LISTING_BY_UIDL,
    SQL_LISTING_ROWS,
    SQL_LISTING_ALLOW_REMOVAL,
    SQL_LISTING_CAME,
    SQL_LISTING_COMPARE,
    SQL_LISTING_WANT,
    SQL_LISTING_COUNT_GONE,
    SQL_LISTING_COUNT_GONE_ALIKE,
    SQL_LISTING_COUNT_UNREAD,
    SQL_LISTING_UNREAD,
    SQL_LISTING_COUNT_UNSIZED,
    SQL_LISTING_TOP,
    SQL_LISTING_TOP_OF,
    SQL_LISTING_ALIKE,
    SQL_LISTING_ALIKE_UIDL,
    SQL_LISTING_ANOTHERS,
    SQL_LISTING_UNREAD_TWIN,
    SQL_LISTING_HAS_MOVED,
    SQL_LISTING_NAMES_AGAIN,
    SQL_LISTING_DOUBT_EQUAL,
    SQL_LISTING_COUNT_SIZED,
    SQL_LISTING_ABSENT_EQUAL,
    SQL_LISTING_LINES_SIZED,
    SQL_LISTING_DOUBT_SIZED,
    SQL_LISTING_DOUBT_NEW,
    SQL_LISTING_NOT_NEW,
    SQL_LISTING_COUNT_BACK,
    SQL_LISTING_TAKE_BACK,
    SQL_LISTING_READ,
    SQL_LISTING_COMPARE_FREED,
    SQL_LISTING_PAIR,
    SQL_LISTING_PAIRED,
    SQL_LISTING_HAS_ONCE,
    SQL_LISTING_TAKEN,
    SQL_LISTING_LEAVE,
    SQL_LISTING_ANY_BEGUN,
    SQL_LISTING_DOUBT_BEGUN,
    SQL_LISTING_KEEP_LIKE_BEGUN,
    SQL_LISTING_IS_COMPARED,
    SQL_LISTING_BY_KIN,
    SQL_LISTING_HAS_KIN,
    SQL_LISTING_GONE_LIKE,
    SQL_LISTING_LOOSE_LIKE,
    SQL_LISTING_BURY,
    SQL_LISTING_BURY_REST,
    SQL_LISTING_BURY_LEFT,
    SQL_LISTING_COUNT_OPEN,
    SQL_LISTING_PAGE, /* one for each enum journal_listing_which, ascending and descending */
    SQL_LISTING_PAGE_LAST = SQL_LISTING_PAGE + 15,
    SQL_LISTING_COUNT,
    SQL_LISTING_COUNT_LAST = SQL_LISTING_COUNT + 7,
    SQL_HERE_FOLDER,
    SQL_HERE_NAME,
    SQL_HERE_COUNT,
    SQL_HERE_MISSED,
    SQL_HERE_MISSED_THERE,
    SQL_HERE_MISSES,
    SQL_POP_ABSENT_NAMED,
    SQL_POP_UNFLUSHED,
    SQL_HERE_OTHER,
    SQL_HERE_ROW_FOLDERS,
    SQL_HERE_APPLY_MISSED,
    SQL_HERE_APPLY_OTHER,
    SQL_HERE_STRANGERS,
    SQL_HERE_NAMED,
    SQL_POP_FOLDERS,
    SQL_POP_FOLDER_SAVE,
    SQL_POP_FOLDER_DELETE,
    SQL_STATEMENTS
};

struct listing_lines { /* listing_lines.c; those that wait, one behind the other */
    char *at;          /* NULL: none */
    size_t used, last; /* bytes; where the last one begins */
    size_t waiting;
    bool uidls_fall; /* of those that wait one is below that before it */
    /* of all, also those that are in the table */
    uint64_t count;
    uint32_t last_number;
    bool numbers_fall; /* one is not above that before it */
};

struct merge; /* listing_merge.c */

struct journal {
    sqlite3 *db;
    char *path;                  /* for messages; "memory" where there is no file */
    struct temporary *temporary; /* of the writer */
    struct overlay *overlay;     /* of a dry run */
    bool durable;                /* on disk and ours to write: a clean close is recorded */
    bool reader;                 /* beside a run, perhaps: its errors are no reason to throw anything away */
    bool in_transaction;
    bool unclean; /* the database says that it was not closed cleanly */
    bool cut_off; /* ... as it was opened */
    bool broken;  /* damage or an I/O error was met: what is there must be checked before it is trusted again */
    int64_t changes_at_open, changes_at_begin, changes_own; /* own: rows of bookkeeping, which nobody asked for */
    bool (*hook)(void *context, bool after);
    void *hook_context;
    enum { LISTING_NONE, LISTING_FILLING, LISTING_JUDGED } listing;
    bool has_place; /* there is a place for temporary tables */
    bool reading;   /* a transaction is open that reads, and writes to temporary tables alone */
    struct listing_lines lines;
    struct merge *merge;   /* NULL: none is under way */
    struct recent *recent; /* NULL: none */
    sqlite3_stmt *walk;    /* journal_walk_begin; NULL: none is under way */
    bool no_ops;           /* it is known that there is no intent */
    sqlite3_stmt *statements[SQL_STATEMENTS];
};

/* journal.c */

/** A handle without a database. @return NULL: err says why */
struct journal *journal_new(const char *path, struct error *err);
/** Everything but the file's contents: no clean close is recorded. NULL-safe. */
void journal_free(struct journal *journal);
/** Tables of today in a database in memory, whatever it came with. */
MUST_CHECK bool journal_open_tables(struct journal *journal, struct error *err);
/** Rows that were changed up to now are nobody's changes. */
void journal_count_from_here(struct journal *journal);

/* shrink.c */

/**
 * Gives back to the disk what is free, if that is more than half of a file that is not small (SQLite's VACUUM: ids stay as they are). Nothing
 * may be open: no transaction, no statement. What fails leaves the file as it was.
 */
void journal_shrink(struct journal *journal);

/* recent.c */

/** A row that was read or written a moment ago. @param is_as_saved  [out] also what the table holds beside it follows from it */
MUST_CHECK bool recent_get(const struct journal *journal, int64_t id, struct journal_message *out, bool *is_as_saved);
/** The same by its UID, or, where uid is 0, by its base name; one of both. */
MUST_CHECK bool recent_find(const struct journal *journal, int64_t mailbox, uint32_t uid, const char *base,
                            struct journal_message *out);
/** What the table holds now. */
void recent_put(struct journal *journal, const struct journal_message *message, bool is_as_saved);
/** The row is gone, or is another one; and so are those that refer to it. */
void recent_forget(struct journal *journal, int64_t id);
void recent_forget_all(struct journal *journal);

/* sql.c */

/** ERROR_LOCAL: what was tried, SQLite's words, a hint that fits its code. */
void sql_error(struct journal *journal, struct error *err, const char *what);
/** ERROR_LOCAL for a row that no golub has written. */
void sql_damaged(struct journal *journal, struct error *err, const char *what);
/** Text without results, run once. */
MUST_CHECK bool sql_exec(struct journal *journal, const char *sql, const char *what, struct error *err);
/** The one integer that a text yields. */
MUST_CHECK bool sql_query(struct journal *journal, const char *sql, int64_t *value, const char *what,
                          struct error *err);
/** A statement from the cache, ready to be bound. @return NULL: err says why */
sqlite3_stmt *sql_prepare(struct journal *journal, enum statement which, const char *sql, struct error *err);
enum sql_outcome { SQL_ROW, SQL_DONE, SQL_FAILED };
/** One step. After SQL_DONE and SQL_FAILED the statement is reset and holds no bindings. */
enum sql_outcome sql_step(struct journal *journal, sqlite3_stmt *statement, const char *what, struct error *err);
/** A statement without rows, to its end. */
MUST_CHECK bool sql_run(struct journal *journal, sqlite3_stmt *statement, const char *what, struct error *err);
/** Leave a statement before its last row. */
void sql_end(sqlite3_stmt *statement);

struct sql_binder { /* binds ?1, ?2 ... in order; what is bound is borrowed until the statement is reset */
    sqlite3_stmt *statement;
    int at;
};
void bind_integer(struct sql_binder *to, int64_t value);
void bind_string(struct sql_binder *to, const char *value);           /* NULL: SQL's NULL */
void bind_digest(struct sql_binder *to, const unsigned char *digest); /* NULL: SQL's NULL */
void bind_bytes(struct sql_binder *to, const void *bytes, size_t len);

struct sql_reader { /* reads the columns in order and remembers whether one was not what it must be */
    sqlite3_stmt *statement;
    int at;
    bool damaged;
    bool no_memory; /* read_copy: nothing is wrong with the journal */
};
int64_t read_integer(struct sql_reader *from, int64_t least, int64_t most);
/** NULL becomes "". */
void read_string(struct sql_reader *from, char *to, size_t size);
/** @return the column is not NULL */
bool read_digest(struct sql_reader *from, unsigned char to[static DIGEST_SIZE]);
/** Bytes of any number up to size; NULL is none. @return how many */
size_t read_at_most(struct sql_reader *from, void *to, size_t size);
/** The column's bytes where they are; NULL is none. */
struct text read_text(struct sql_reader *from);
/** malloc'd; NULL for NULL, with no_memory set, or with damaged set where the text holds NUL. */
char *read_copy(struct sql_reader *from);

/** Fills in one row that was zeroed before; false: damaged. */
typedef bool sql_read(sqlite3_stmt *statement, void *row);
/** The one row, or none, of a bound statement; *out is written only if there is one and it is sound. */
MUST_CHECK bool sql_find(struct journal *journal, sqlite3_stmt *statement, sql_read *read, void *out, size_t size,
                         bool *found, const char *what, struct error *err);
/** All rows of a bound statement; the caller frees *rows, which is NULL if there are none. */
MUST_CHECK bool sql_list(struct journal *journal, sqlite3_stmt *statement, sql_read *read, size_t size, void **rows,
                         size_t *count, const char *what, struct error *err);
/** All first columns of a bound statement; the caller frees *ids. */
MUST_CHECK bool sql_ids(struct journal *journal, sqlite3_stmt *statement, int64_t **ids, size_t *count,
                        const char *what, struct error *err);
/** ERROR_LOCAL: the row that was to be changed is not there. */
void sql_no_row(struct journal *journal, struct error *err, const char *what);
/** After an UPDATE that may have found nothing to change: is the row there at all? A row that is not is an error. */
MUST_CHECK bool sql_exists(struct journal *journal, enum statement which, const char *sql, int64_t id, const char *what,
                           struct error *err);
/** 0 ... 2^63-1, or ERROR_LOCAL: SQLite's integers have a sign. */
MUST_CHECK bool sql_fits(uint64_t value, const char *what, struct error *err);
void sql_no_memory(struct error *err, const char *what);

/** The one number that a bound statement of an aggregate yields. */
MUST_CHECK bool sql_number(struct journal *journal, sqlite3_stmt *statement, int64_t most, int64_t *number,
                           const char *what, struct error *err);

/* listing_tables.c */

/** A place for temporary tables, before the first of them. */
MUST_CHECK bool listing_open_temporary(struct journal *journal, struct error *err);
/** The tables of a listing, with nothing in them. */
MUST_CHECK bool listing_make(struct journal *journal, struct error *err);
/** What was found of the lines is forgotten. */
MUST_CHECK bool listing_clear(struct journal *journal, struct error *err);
/** Statements on temporary tables: rows of these are nobody's changes. */
MUST_CHECK bool listing_run(struct journal *journal, sqlite3_stmt *statement, struct error *err);
MUST_CHECK bool listing_exec(struct journal *journal, const char *sql, struct error *err);
/** Before a row of a temporary table is written outside of a transaction. */
MUST_CHECK bool listing_batch(struct journal *journal, struct error *err);

/* listing_lines.c */

/** Those that wait are forgotten. */
void lines_free(struct listing_lines *lines);
MUST_CHECK bool lines_add(struct journal *journal, uint32_t number, struct text uidl, uint64_t size, struct error *err);
/** What waits goes into temp.listing. */
MUST_CHECK bool lines_to_table(struct journal *journal, struct error *err);
/** A line; the UIDL is valid during the call. A false ends it */
typedef bool lines_item(void *context, uint32_t number, struct text uidl, uint64_t size);
/** All of them in the order of UIDLs and numbers. @return false: also where a number stands twice (ERROR_SERVER) */
MUST_CHECK bool lines_by_uidl(struct journal *journal, lines_item *item, void *context, struct error *err);

/* listing_merge.c */

/**
 * A line was added. What is new, doubtful, gone, of no known size is noted in the tables for that, as it comes or by merge_end; not before that
 * is it known of all.
 */
MUST_CHECK bool merge_line(struct journal *journal, uint32_t number, struct text uidl, uint64_t size,
                           struct error *err);
/** There are no more. */
MUST_CHECK bool merge_end(struct journal *journal, struct error *err);
/** Nothing is read of the journal's rows any more: merge_end begins anew. */
MUST_CHECK bool merge_give_up(struct journal *journal, struct error *err);

/* listing.c */

/** Which of the listed are new, known, doubtful is decided, once. */
MUST_CHECK bool listing_judge(struct journal *journal, struct error *err);
/** The same, and the lines are in temp.listing: before a statement that looks there. */
MUST_CHECK bool listing_table(struct journal *journal, struct error *err);
/** A prepared statement, when the lines are judged and no transaction of temporary tables is under way. NULL: err says why */
sqlite3_stmt *listing_prepare(struct journal *journal, enum statement which, const char *sql, struct error *err);
/** The one number, not below 0, that such a statement yields to which nothing is bound. */
MUST_CHECK bool listing_number(struct journal *journal, enum statement which, const char *sql, int64_t *number,
                               struct error *err);
/** Run a statement about one line, whose number is its ?1. */
MUST_CHECK bool listing_of(struct journal *journal, enum statement which, const char *sql, uint32_t number,
                           struct error *err);
/** End the transaction of the temporary tables, if there is one: before any other is begun. */
MUST_CHECK bool listing_commit(struct journal *journal, struct error *err);

/* source.c */

/**
 * Open journal->db for reading and leave no trace: neither its file nor its folder is written to.
 * @param missing  [out] there is no file, or one without a byte: journal->db is NULL
 */
MUST_CHECK bool source_open(struct journal *journal, bool *missing, struct error *err);
/** Has the file all there is, with no log beside it, and nobody at work? Then it can be read as it stands. */
bool source_is_alone(const struct journal *journal);
/**
 * The same beside a run, which may begin, write and end meanwhile and is never kept waiting: what is read is of one moment.
 */
MUST_CHECK bool source_open_beside(struct journal *journal, bool *missing, struct error *err);
/** Close journal->db alone, before a statement was cached. NULL-safe. */
void source_close(struct journal *journal);
/** Replace journal->db by a copy of it in memory that can be written. */
MUST_CHECK bool source_to_memory(struct journal *journal, struct error *err);

#endif
