/*
 * What is known of a message by its bytes, while they stream by, as the server sends them or as a file gives them: digests of the header
 * block and of what follows it, and the header's kin. TOP gives the first of these, RETR all of them.
 *
 * A draft's own digests are of what the file gives back, which differs where a line ends in a bare LF.
 */
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"

/* See digest.c: what is digested here is named, not guarded. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#define HEADER_MAX (UINT64_C(1) << 20)   /* bytes of lines that programs add to a header: more is none */
#define PASSED_MAX (UINT64_C(256) << 20) /* bytes of a message that nobody takes, until the line is given up */

struct bytes_reading {
    SHA256_CTX header, body;
    SHA256_CTX wire; /* of the body with a CR before each LF; while none lacks one `body` is that */
    bool bare;       /* one did */
    bool was_cr;     /* the body's last byte so far */
    struct kin_reader *kin;
    struct loose_reader *loose;
    struct parts_reader *parts;
    uint64_t size, header_size;
    bool done; /* the header's empty line came */
    enum { AT_START, AT_CR, INSIDE } line;
};

struct bytes_reading *
bytes_new(void)
{
    struct bytes_reading *reading = calloc(1, sizeof *reading);

    if (reading == NULL)
        return NULL;
    reading->kin = kin_new();
    reading->loose = loose_new();
    reading->parts = parts_new();
    if (reading->kin != NULL && reading->loose != NULL && reading->parts != NULL && bytes_begin(reading))
        return reading;
    bytes_free(reading);
    return NULL;
}

void
bytes_free(struct bytes_reading *reading)
{
    if (reading == NULL)
        return;
    kin_free(reading->kin);
    loose_free(reading->loose);
    parts_free(reading->parts);
    free(reading);
}

bool
bytes_begin(struct bytes_reading *reading)
{
    unsigned char unused[DIGEST_SIZE];
    struct kin half;
    bool any;

    reading->size = reading->header_size = 0;
    reading->done = false;
    reading->line = AT_START;
    reading->bare = reading->was_cr = false;
    return kin_finish(reading->kin, &half) && loose_finish(reading->loose, unused) &&
           parts_finish(reading->parts, unused, &any) && SHA256_Init(&reading->header) == 1 &&
           SHA256_Init(&reading->body) == 1;
}

/* How many of these bytes belong to the header. */
static size_t
header_part(struct bytes_reading *reading, const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len && !reading->done) {
        if (reading->line == INSIDE) {
            const char *lf = memchr(bytes + i, '\n', len - i);

            if (lf == NULL)
                return len;
            i = (size_t)(lf - bytes) + 1;
            reading->line = AT_START;
            continue;
        }
        reading->done = bytes[i] == '\n';
        reading->line = bytes[i] == '\r' && reading->line == AT_START ? AT_CR : INSIDE;
        i++;
    }
    return i;
}

/* The next LF that has no CR before it. @return len: there is none */
static size_t
next_bare(const struct bytes_reading *reading, const char *at, size_t from, size_t len)
{
    while (from < len) {
        const char *lf = memchr(at + from, '\n', len - from);

        if (lf == NULL)
            return len;
        from = (size_t)(lf - at);
        if (from > 0 ? at[from - 1] != '\r' : !reading->was_cr)
            return from;
        from++;
    }
    return len;
}

/* A file gives a message back with a CR before each LF, whatever the server sent. */
static bool
add_wire(struct bytes_reading *reading, const char *at, size_t len)
{
    size_t done = 0, bare = next_bare(reading, at, 0, len);

    if (!reading->bare && bare < len) {
        reading->wire = reading->body;
        reading->bare = true;
    }
    while (reading->bare && bare < len) {
        if (SHA256_Update(&reading->wire, at + done, bare - done) != 1 || SHA256_Update(&reading->wire, "\r", 1) != 1)
            return false;
        done = bare;
        bare = next_bare(reading, at, bare + 1, len);
    }
    return !reading->bare || SHA256_Update(&reading->wire, at + done, len - done) == 1;
}

static bool
add_body(struct bytes_reading *reading, const char *at, size_t len)
{
    if (len == 0)
        return true;
    if (!add_wire(reading, at, len) || SHA256_Update(&reading->body, at, len) != 1)
        return false;
    reading->was_cr = at[len - 1] == '\r';
    return true;
}

bool
bytes_add(struct bytes_reading *reading, const void *bytes, size_t len)
{
    const char *at = bytes;
    size_t header = reading->done ? 0 : header_part(reading, at, len);

    reading->size += len;
    reading->header_size += header;
    if (header > 0 && (SHA256_Update(&reading->header, at, header) != 1 || !kin_add(reading->kin, at, header) ||
                       !loose_add(reading->loose, at, header)))
        return false;
    if (!parts_add(reading->parts, bytes, len))
        return false;
    return add_body(reading, at + header, len - header);
}

bool
bytes_has_header(const struct bytes_reading *reading)
{
    return reading->done;
}

bool
bytes_are_more(const struct bytes_reading *reading, const struct journal_pop *row)
{
    return reading->size - reading->header_size > row->size ||
           (!reading->done && reading->size > row->size + HEADER_MAX);
}

bool
bytes_end(struct bytes_reading *reading, struct seen *out)
{
    if (!reading->bare)
        reading->wire = reading->body;
    out->size = reading->size;
    out->ended = reading->done;
    return SHA256_Final(out->header, &reading->header) == 1 && SHA256_Final(out->body, &reading->body) == 1 &&
           SHA256_Final(out->wire, &reading->wire) == 1 && kin_finish(reading->kin, &out->kin) &&
           loose_finish(reading->loose, out->loose) && parts_finish(reading->parts, out->parts, &out->has_parts);
}

/* ---- files ---- */

bool
bytes_of_file(struct import *import, struct bytes_reading *reading, const struct local_file *file, bool all,
              struct seen *seen, bool *missing)
{
    char bytes[16384];
    void *handle;
    size_t got = 1;
    bool ok;

    if (!import->local.ops->read_open(import->local.self, file, &handle, missing, &import->err))
        return false;
    if (*missing)
        return true;
    ok = bytes_begin(reading) || import_no_memory(import);
    while (ok && got > 0 && (all || !bytes_has_header(reading))) {
        ok = import->local.ops->read(import->local.self, handle, bytes, sizeof bytes, &got, &import->err) &&
             (bytes_add(reading, bytes, got) || import_no_memory(import));
        if (ok && import_stopped(import))
            ok = import_interrupted(import);
    }
    import->local.ops->read_close(import->local.self, handle);
    return ok && (bytes_end(reading, seen) || import_no_memory(import));
}

/* ---- what nobody wants ---- */

bool
import_pass_over(struct import *import, uint64_t bytes)
{
    if (import_stopped(import))
        return import_interrupted(import);
    if (bytes < PASSED_MAX)
        return true;
    error_set(&import->err, ERROR_SERVER, "read a message that is larger than the server says: it does not end");
    error_hint(&import->err, "The others are fetched with the next run.");
    return false;
}

/* ---- TOP ---- */

struct topping {
    struct import *import;
    struct bytes_reading *reading;
    import_top_item *item;
    void *context;
};

static bool
on_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    struct topping *topping = context;

    (void)number;
    /* A server that sends the body, too, may send much of it. */
    if (import_stopped(topping->import))
        return import_interrupted(topping->import);
    return bytes_has_header(topping->reading) || bytes_add(topping->reading, bytes, len) ||
           import_no_memory(topping->import);
}

static bool
on_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    struct topping *topping = context;
    struct seen seen;
    bool none;

    if (!bytes_end(topping->reading, &seen) || !bytes_begin(topping->reading))
        return import_no_memory(topping->import);
    /* No header has nothing, not even the empty line, unless the message has: as good as refused. */
    none = outcome == MAILDROP_DONE && seen.size == 0 && import_listed_size(topping->import, number) > 0;
    return topping->item(topping->context, number, outcome == MAILDROP_DONE && !none ? &seen : NULL,
                         none ? "not one byte of its header came" : words);
}

bool
import_top(struct import *import, const uint32_t *numbers, size_t count, import_top_item *item, void *context)
{
    struct topping topping = {.import = import, .reading = bytes_new(), .item = item, .context = context};
    const struct maildrop_taker taker = {.context = &topping, .bytes = on_bytes, .end = on_end};
    bool ok = topping.reading != NULL || import_no_memory(import);

    if (ok && import->info.top && count > 0)
        ok = import->maildrop.ops->headers(import->maildrop.self, numbers, count, &taker, &import->info.top,
                                           &import->err);
    bytes_free(topping.reading);
    return ok;
}

/* ---- headers of what has no TOP of its own ---- */

struct reading_whole {
    struct import *import;
    struct bytes_reading *reading;
    import_top_item *item;
    void *context;
    uint32_t refused[LIMIT_BATCH];
    unsigned char shown[LIMIT_BATCH][DIGEST_SIZE]; /* by TOP; 0 throughout: refused */
    size_t count, asked, at;
};

/* It has its empty line, or there is no more of the message: else its end may be missing, and it is another one's, or nobody's. */
static bool
is_whole_header(const struct import *import, uint32_t number, const struct seen *seen)
{
    return seen->ended || seen->size >= import_listed_size(import, number);
}

/* Words of a refused TOP, unless it may be read whole. */
static bool
on_top_or_not(void *context, uint32_t number, const struct seen *seen, const char *words)
{
    struct reading_whole *whole = context;
    const struct import *import = whole->import;
    const uint64_t most = import->account->import.max_size;

    if ((seen != NULL && is_whole_header(import, number, seen)) || whole->count == LIMIT_BATCH || !import->may_fetch ||
        (most != 0 && import_listed_size(import, number) > most))
        return whole->item(whole->context, number, seen, words);
    memset(whole->shown[whole->count], 0, DIGEST_SIZE);
    if (seen != NULL)
        memcpy(whole->shown[whole->count], seen->header, DIGEST_SIZE);
    whole->refused[whole->count++] = number;
    return true;
}

static bool
on_whole_next(void *context, uint32_t *number)
{
    struct reading_whole *whole = context;

    *number = whole->asked < whole->count ? whole->refused[whole->asked++] : 0;
    return true;
}

static bool
on_whole_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    struct reading_whole *whole = context;

    (void)number;
    if (import_stopped(whole->import))
        return import_interrupted(whole->import);
    return bytes_has_header(whole->reading) || bytes_add(whole->reading, bytes, len) || import_no_memory(whole->import);
}

static bool
on_whole_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    struct reading_whole *whole = context;
    struct import *import = whole->import;
    const unsigned char *shown = whole->shown[whole->at++];
    struct seen seen;
    bool cut;

    if (!bytes_end(whole->reading, &seen) || !bytes_begin(whole->reading))
        return import_no_memory(import);
    /* That was all, and the header did not end: more is missing than the empty line. What TOP shows, too, is all there is, and LIST lies. */
    cut = outcome == MAILDROP_DONE && !seen.ended && seen.size + 2 < import_listed_size(import, number) &&
          memcmp(shown, seen.header, DIGEST_SIZE) != 0;
    import->read_whole += outcome == MAILDROP_DONE;
    return whole->item(whole->context, number, outcome == MAILDROP_DONE && !cut ? &seen : NULL,
                       cut ? "its header did not come whole" : words);
}

bool
import_headers(struct import *import, const uint32_t *numbers, size_t count, import_top_item *item, void *context)
{
    struct reading_whole whole = {.import = import, .reading = bytes_new(), .item = item, .context = context};
    const struct maildrop_taker taker = {
        .context = &whole, .next = on_whole_next, .bytes = on_whole_bytes, .end = on_whole_end};
    bool ok = whole.reading != NULL || import_no_memory(import);

    assert(count <= LIMIT_BATCH);
    ok = ok && import_top(import, numbers, count, on_top_or_not, &whole);
    if (ok && import->info.top && whole.count > 0)
        ok = import->maildrop.ops->retrieve(import->maildrop.self, &taker, &import->err);
    bytes_free(whole.reading);
    return ok;
}

bool
import_top_all(struct import *import, enum journal_listing_which which, import_top_item *item, void *context)
{
    struct journal_listed page[LIMIT_BATCH];
    uint32_t numbers[LIMIT_BATCH], after = 0;
    size_t count = LIMIT_BATCH;

    while (import->info.top && count == LIMIT_BATCH) {
        if (import_stopped(import))
            return import_interrupted(import);
        if (!journal_listing_page(import->journal, which, false, after, page, LIMIT_BATCH, &count, &import->err))
            return false;
        for (size_t i = 0; i < count; i++)
            after = numbers[i] = page[i].number;
        if (!import_headers(import, numbers, count, item, context))
            return false;
    }
    return true;
}
