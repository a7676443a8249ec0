/* See overlay.h. SQLite's pager reads and writes whole pages, but for the header of the first one, which it also reads in parts. */
#include "store/journal/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/text.h"
#include "store/journal/spill.h"

/* In the header of a database (sqlite.org/fileformat2.html). */
enum {
    HEADER_PAGE_SIZE = 16,
    HEADER_VERSIONS = 18, /* of who may write and read: 2 with write-ahead logging, which needs more files than one */
    HEADER_PART = 20
};

struct overlay {
    sqlite3_vfs vfs; /* first: SQLite hands it back */
    sqlite3_vfs *usual;
    char name[64];
};

struct overlaid {
    sqlite3_file file; /* first: SQLite hands it back */
    int fd;
    sqlite3_int64 below; /* bytes of the file that are still believed */
    sqlite3_int64 size;
    size_t page;      /* bytes of one */
    uint32_t *places; /* of each page that was written: its place in `written`, from 1 on; 0: as in the file */
    size_t count;     /* of `places` */
    uint32_t used;    /* places */
    struct spill written;
};

struct spilled {       /* SQLite's own journal, with which it takes a transaction back */
    sqlite3_file file; /* first: SQLite hands it back */
    struct spill spill;
};

static int
close_file(sqlite3_file *file)
{
    struct overlaid *overlaid = (struct overlaid *)file;

    free(overlaid->places);
    spill_free(&overlaid->written);
    (void)close(overlaid->fd); /* only read */
    return SQLITE_OK;
}

static uint32_t
place_of(const struct overlaid *overlaid, size_t number)
{
    return number < overlaid->count ? overlaid->places[number] : 0;
}

static uint64_t
offset_of(const struct overlaid *overlaid, uint32_t place)
{
    return (uint64_t)(place - 1) * overlaid->page;
}

/* Bytes of the file itself, zeros behind its end. */
static bool
read_below(const struct overlaid *overlaid, unsigned char *to, size_t len, sqlite3_int64 at)
{
    size_t have = 0;

    while (have < len && at + (sqlite3_int64)have < overlaid->below) {
        const sqlite3_int64 left = overlaid->below - at - (sqlite3_int64)have;
        const size_t wanted = (sqlite3_int64)(len - have) < left ? len - have : (size_t)left;
        ssize_t got = pread(overlaid->fd, to + have, wanted, (off_t)(at + (sqlite3_int64)have));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    memset(to + have, 0, len - have);
    for (int i = HEADER_VERSIONS; i < HEADER_VERSIONS + 2; i++)
        if (at <= i && i < at + (sqlite3_int64)len)
            to[i - at] = 1;
    return true;
}

static int
read_file(sqlite3_file *file, void *to, int len, sqlite3_int64 at)
{
    const struct overlaid *overlaid = (const struct overlaid *)file;
    const size_t number = (size_t)at / overlaid->page, inside = (size_t)at % overlaid->page;

    if (inside + (size_t)len > overlaid->page)
        return SQLITE_IOERR_READ; /* nobody reads across pages */
    const uint32_t place = place_of(overlaid, number);
    const bool done = place != 0 ? spill_read(&overlaid->written, to, (size_t)len, offset_of(overlaid, place) + inside)
                                 : read_below(overlaid, to, (size_t)len, at);
    if (!done)
        return SQLITE_IOERR_READ;
    return at + len > overlaid->size ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static bool
grow(struct overlaid *overlaid, size_t count)
{
    const size_t more = count + count / 2 + 64;
    uint32_t *places;

    if (count <= overlaid->count)
        return true;
    places = realloc(overlaid->places, more * sizeof *places);
    if (places == NULL)
        return false;
    memset(places + overlaid->count, 0, (more - overlaid->count) * sizeof *places);
    overlaid->places = places;
    overlaid->count = more;
    return true;
}

/* What the file has of the page goes to a place of its own, where the rest of it is then written over. */
static bool
give_place(struct overlaid *overlaid, size_t number)
{
    unsigned char *page = malloc(overlaid->page);
    const bool done = page != NULL && overlaid->used < UINT32_MAX &&
                      read_below(overlaid, page, overlaid->page, (sqlite3_int64)(number * overlaid->page)) &&
                      spill_write(&overlaid->written, page, overlaid->page, offset_of(overlaid, overlaid->used + 1));

    free(page);
    if (done)
        overlaid->places[number] = ++overlaid->used;
    return done;
}

static int
write_file(sqlite3_file *file, const void *from, int len, sqlite3_int64 at)
{
    struct overlaid *overlaid = (struct overlaid *)file;
    const size_t number = (size_t)at / overlaid->page, inside = (size_t)at % overlaid->page;

    if (inside + (size_t)len > overlaid->page)
        return SQLITE_IOERR_WRITE;
    if (!grow(overlaid, number + 1))
        return SQLITE_IOERR_NOMEM;
    if (overlaid->places[number] == 0 && !give_place(overlaid, number))
        return SQLITE_IOERR_WRITE;
    if (!spill_write(&overlaid->written, from, (size_t)len, offset_of(overlaid, overlaid->places[number]) + inside))
        return SQLITE_FULL;
    if (at + len > overlaid->size)
        overlaid->size = at + len;
    return SQLITE_OK;
}

static int
truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    struct overlaid *overlaid = (struct overlaid *)file;

    for (size_t i = (size_t)size / overlaid->page; i < overlaid->count; i++)
        overlaid->places[i] = 0; /* the place itself is lost: databases seldom get shorter */
    overlaid->size = size;
    overlaid->below = size < overlaid->below ? size : overlaid->below;
    return SQLITE_OK;
}

static int
sync_file(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return SQLITE_OK;
}

static int
size_of_file(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = ((struct overlaid *)file)->size;
    return SQLITE_OK;
}

/* Nobody else sees it. */
static int
lock_file(sqlite3_file *file, int level)
{
    (void)file;
    (void)level;
    return SQLITE_OK;
}

static int
is_reserved(sqlite3_file *file, int *out)
{
    (void)file;
    *out = 0;
    return SQLITE_OK;
}

static int
control(sqlite3_file *file, int what, void *context)
{
    (void)file;
    (void)what;
    (void)context;
    return SQLITE_NOTFOUND;
}

static int
sector_size(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int
characteristics(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static const sqlite3_io_methods methods = {.iVersion = 1,
                                           .xClose = close_file,
                                           .xRead = read_file,
                                           .xWrite = write_file,
                                           .xTruncate = truncate_file,
                                           .xSync = sync_file,
                                           .xFileSize = size_of_file,
                                           .xLock = lock_file,
                                           .xUnlock = lock_file,
                                           .xCheckReservedLock = is_reserved,
                                           .xFileControl = control,
                                           .xSectorSize = sector_size,
                                           .xDeviceCharacteristics = characteristics};

/* ---- SQLite's own journal ---- */

static int
close_spilled(sqlite3_file *file)
{
    spill_free(&((struct spilled *)file)->spill);
    return SQLITE_OK;
}

static int
read_spilled(sqlite3_file *file, void *to, int len, sqlite3_int64 at)
{
    const struct spill *spill = &((struct spilled *)file)->spill;

    if (!spill_read(spill, to, (size_t)len, (uint64_t)at))
        return SQLITE_IOERR_READ;
    return (uint64_t)at + (uint64_t)len > spill->size ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int
write_spilled(sqlite3_file *file, const void *from, int len, sqlite3_int64 at)
{
    return spill_write(&((struct spilled *)file)->spill, from, (size_t)len, (uint64_t)at) ? SQLITE_OK : SQLITE_FULL;
}

static int
truncate_spilled(sqlite3_file *file, sqlite3_int64 size)
{
    spill_cut(&((struct spilled *)file)->spill, (uint64_t)size);
    return SQLITE_OK;
}

static int
size_of_spilled(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)((struct spilled *)file)->spill.size;
    return SQLITE_OK;
}

static const sqlite3_io_methods spilled_methods = {.iVersion = 1,
                                                   .xClose = close_spilled,
                                                   .xRead = read_spilled,
                                                   .xWrite = write_spilled,
                                                   .xTruncate = truncate_spilled,
                                                   .xSync = sync_file,
                                                   .xFileSize = size_of_spilled,
                                                   .xLock = lock_file,
                                                   .xUnlock = lock_file,
                                                   .xCheckReservedLock = is_reserved,
                                                   .xFileControl = control,
                                                   .xSectorSize = sector_size,
                                                   .xDeviceCharacteristics = characteristics};

/* Of what is asked for by a name there is the database alone. */
static int
is_there(sqlite3_vfs *vfs, const char *name, int how, int *out)
{
    const struct overlay *overlay = (const struct overlay *)vfs;
    const size_t len = strlen(name), tail = sizeof "-journal" - 1;

    if (len < tail || strcmp(name + len - tail, "-journal") != 0)
        return overlay->usual->xAccess(overlay->usual, name, how, out);
    *out = 0;
    return SQLITE_OK;
}

static int
delete_file(sqlite3_vfs *vfs, const char *name, int flush)
{
    (void)vfs;
    (void)name;
    (void)flush;
    return SQLITE_OK;
}

/* The database itself, and its journal; temporary files are the usual ones. */
static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    const struct overlay *overlay = (const struct overlay *)vfs;
    struct overlaid *overlaid = (struct overlaid *)file;
    unsigned char header[HEADER_PART];
    struct stat st;
    int fd;

    if ((flags & SQLITE_OPEN_MAIN_JOURNAL) != 0) {
        *(struct spilled *)file = (struct spilled){.file = {&spilled_methods}};
        if (out != NULL)
            *out = flags;
        return SQLITE_OK;
    }
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0)
        return overlay->usual->xOpen(overlay->usual, name, file, flags, out);
    file->pMethods = NULL;
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return SQLITE_CANTOPEN;
    if (fstat(fd, &st) != 0 || pread(fd, header, sizeof header, 0) != (ssize_t)sizeof header) {
        (void)close(fd); /* only read */
        return SQLITE_NOTADB;
    }
    *overlaid = (struct overlaid){.file = {&methods}, .fd = fd, .below = st.st_size, .size = st.st_size};
    overlaid->page = (size_t)header[HEADER_PAGE_SIZE] << 8 | header[HEADER_PAGE_SIZE + 1];
    if (overlaid->page < 512 || (overlaid->page & (overlaid->page - 1)) != 0)
        overlaid->page = 65536; /* written as 1; of what is no database SQLite itself says so */
    if (out != NULL)
        *out = flags;
    return SQLITE_OK;
}

struct overlay *
overlay_new(void)
{
    sqlite3_vfs *usual = sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find(NULL) : NULL;
    struct overlay *overlay = usual == NULL ? NULL : calloc(1, sizeof *overlay);

    if (overlay == NULL)
        return NULL;
    overlay->vfs = *usual; /* as temporary.c does */
    overlay->vfs.xOpen = open_file;
    overlay->vfs.xAccess = is_there;
    overlay->vfs.xDelete = delete_file;
    overlay->vfs.zName = overlay->name;
    overlay->vfs.pNext = NULL;
    if (overlay->vfs.szOsFile < (int)sizeof(struct overlaid))
        overlay->vfs.szOsFile = (int)sizeof(struct overlaid);
    overlay->usual = usual;
    (void)text_print(overlay->name, sizeof overlay->name, "golub-overlay-%p", (void *)overlay);
    if (sqlite3_vfs_register(&overlay->vfs, 0) == SQLITE_OK)
        return overlay;
    free(overlay);
    return NULL;
}

const char *
overlay_vfs(const struct overlay *overlay)
{
    return overlay->name;
}

void
overlay_free(struct overlay *overlay)
{
    if (overlay == NULL)
        return;
    (void)sqlite3_vfs_unregister(&overlay->vfs);
    free(overlay);
}
