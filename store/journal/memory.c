/*
 * Journals in memory, for tests: SQLite's "memdb" is a file that lives there. What it holds is what was committed, while
 * :memory: would show the open transaction too: without spilling, no page of that gets there before the commit.
 *
 * A new connection reads the schema and prepares each statement anew, which takes longer than many a run of a simulator.
 * So a journal can become another one: the bytes below its connection are exchanged, and the pages that it remembers
 * are told to be old by SQLite's own counter of changes.
 */
#include "store/journal/internal.h"
#include "store/journal/schema.h"

/* In the header of a database (sqlite.org/fileformat2.html). */
enum {
    HEADER_PAGE_SIZE = 16,
    HEADER_VERSIONS = 18, /* of who may write and read: 2 with write-ahead logging */
    HEADER_CHANGES = 24,
    HEADER_COOKIE = 40, /* a prepared statement is of one schema */
    HEADER_VALID_FOR = 92,
    HEADER_SIZE = 100
};

static sqlite3_file *
file_of(struct journal *journal)
{
    sqlite3_file *file = NULL;

    return sqlite3_file_control(journal->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK ? file : NULL;
}

static bool
open_with(struct journal *journal, const void *image, size_t size, struct error *err)
{
    unsigned char *bytes;

    if (sqlite3_open_v2("journal", &journal->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        "memdb") != SQLITE_OK) {
        sql_error(journal, err, "open");
        return false;
    }
    if (image == NULL)
        return true;
    bytes = sqlite3_malloc64(size);
    if (bytes == NULL) {
        sql_no_memory(err, "open");
        return false;
    }
    memcpy(bytes, image, size);
    if (sqlite3_deserialize(journal->db, "main", bytes, (sqlite3_int64)size, (sqlite3_int64)size,
                            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) == SQLITE_OK)
        return true;
    sql_error(journal, err, "open");
    return false;
}

struct journal *
journal_open_memory(const void *image, size_t size, struct error *err)
{
    struct journal *journal = journal_new("memory", err);

    if (journal == NULL)
        return NULL;
    /* Nobody else can see it, so its lock need not be given back: that spares a look at the file before each statement. */
    if (open_with(journal, image, size, err) &&
        sql_exec(journal, "PRAGMA cache_spill = OFF; PRAGMA page_size = 1024; PRAGMA locking_mode = EXCLUSIVE", "open",
                 err) &&
        journal_open_tables(journal, err))
        return journal;
    journal_free(journal);
    return NULL;
}

/* Of the same schema, and as large a page? */
static bool
is_alike(sqlite3_file *file, const unsigned char *image, size_t size)
{
    unsigned char header[HEADER_SIZE];

    return size >= sizeof header && file->pMethods->xRead(file, header, sizeof header, 0) == SQLITE_OK &&
           memcmp(header + HEADER_COOKIE, image + HEADER_COOKIE, 4) == 0 &&
           memcmp(header + HEADER_PAGE_SIZE, image + HEADER_PAGE_SIZE, 2) == 0;
}

static bool
exchange(sqlite3_file *file, const unsigned char *image, size_t size)
{
    static uint32_t loaded; /* far from each other, since each commit adds one to it */
    unsigned char changes[4];

    loaded += 1U << 20;
    for (int i = 0; i < 4; i++)
        changes[i] = (unsigned char)(loaded >> (24 - 8 * i));
    return file->pMethods->xWrite(file, image, (int)size, 0) == SQLITE_OK &&
           file->pMethods->xTruncate(file, (sqlite3_int64)size) == SQLITE_OK &&
           file->pMethods->xWrite(file, changes, sizeof changes, HEADER_CHANGES) == SQLITE_OK &&
           file->pMethods->xWrite(file, changes, sizeof changes, HEADER_VALID_FOR) == SQLITE_OK;
}

bool
journal_become(struct journal *journal, const void *image, size_t size, struct error *err)
{
    static const char what[] = "become another one";
    sqlite3_file *file = file_of(journal);
    bool done;

    journal_rollback(journal);
    journal->hook = NULL;
    if (file == NULL || !is_alike(file, image, size) || !listing_commit(journal, err))
        return false;
    /* The lock is given back by the next statement that reads, and taken again by the one after that. */
    done = sql_exec(journal, "PRAGMA locking_mode = NORMAL; SELECT 1 FROM meta", what, err) &&
           exchange(file, image, size) && sql_exec(journal, "PRAGMA locking_mode = EXCLUSIVE", what, err);
    journal->unclean = journal->cut_off = journal->broken = false;
    journal_count_from_here(journal);
    return done;
}

bool
journal_image(struct journal *journal, void **image, size_t *size, struct error *err)
{
    sqlite3_int64 length = 0;
    const unsigned char *bytes = sqlite3_serialize(journal->db, "main", &length, SQLITE_SERIALIZE_NOCOPY);
    unsigned char *copy = bytes != NULL ? malloc((size_t)length) : NULL;

    if (copy == NULL) {
        sql_no_memory(err, "copy");
        return false;
    }
    memcpy(copy, bytes, (size_t)length);
    /* An image has no -wal, and memory could not be opened with one. */
    if (length >= HEADER_SIZE)
        copy[HEADER_VERSIONS] = copy[HEADER_VERSIONS + 1] = 1;
    *image = copy;
    *size = (size_t)length;
    return true;
}

void
journal_on_commit(struct journal *journal, bool (*hook)(void *context, bool after), void *context)
{
    journal->hook = hook;
    journal->hook_context = context;
}
