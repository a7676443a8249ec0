/*
 * What is on the server, as the journal's listing.
 *
 *   UIDL            each message has a name that lasts, more or less (import/match.c)
 *   no UIDL, TOP    the digest of its header block is its name: "=" and base32
 *   neither         its name is known when it was fetched: import/compare.c
 *
 * LIST's sizes say nothing about a message by themselves, but a UIDL with another size than before may be another message.
 */
#include "sync/import/adopt.h"
#include "sync/import/phases.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/suspects.h"

#include <inttypes.h>

#define LISTED_MAX UINT64_C(10000000) /* messages: more is no maildrop, and its list would fill the disk */

struct listing {
    struct import *import;
    uint64_t count;
    uint64_t unnamed; /* lines of UIDL that name nothing */
    uint64_t *told;   /* a bit for each number that had its line */
    size_t told_size;
    uint64_t *twice; /* ... and one more: nobody knows which is right; they are as if they had none */
    size_t twice_size;
    bool again;     /* the list is read once more, since a number stood in it twice */
    uint32_t first; /* number of the first of these; 0: it has none */
};

/* *had: it was there already. @return false: memory */
static bool
set_bit(uint64_t **bits, size_t *size, uint32_t number, bool *had)
{
    const size_t word = number / 64, before = *size;

    if (word >= *size) {
        if (!array_grow(bits, size, word + 1, sizeof **bits))
            return false;
        memset(*bits + before, 0, (*size - before) * sizeof **bits);
    }
    *had = ((*bits)[word] >> (number % 64) & 1) != 0;
    (*bits)[word] |= UINT64_C(1) << (number % 64);
    return true;
}

static bool
has_bit(const uint64_t *bits, size_t size, uint32_t number)
{
    return number / 64 < size && (bits[number / 64] >> (number % 64) & 1) != 0;
}

static void
forget_numbers(struct listing *listing)
{
    free(listing->told);
    free(listing->twice);
    listing->told = listing->twice = NULL;
    listing->told_size = listing->twice_size = 0;
}

static bool
refuse_length(struct import *import)
{
    error_set(&import->err, ERROR_SERVER, "read the list of messages: it has more than %" PRIu64 " lines", LISTED_MAX);
    error_hint(&import->err, "Nothing was done.");
    return false;
}

static bool
on_size(void *context, uint32_t number, uint64_t size)
{
    struct listing *listing = context;
    struct import *import = listing->import;
    bool had;

    if (listing->count + listing->unnamed == LISTED_MAX)
        return refuse_length(import);
    if (number > LISTED_MAX) { /* of no message that is listed */
        listing->unnamed++;
        return true;
    }
    if (!set_bit(&listing->told, &listing->told_size, number, &had))
        return import_no_memory(import);
    if (had) { /* two sizes: none is told */
        listing->unnamed++;
        import->sizes[number] = import->sizes[number] == size ? size : 0;
        return true;
    }
    listing->count++;
    if (number >= import->sizes_count) {
        const size_t before = import->sizes_count;

        if (!array_grow(&import->sizes, &import->sizes_count, (size_t)number + 1, sizeof *import->sizes))
            return import_no_memory(import);
        memset(import->sizes + before, 0, (import->sizes_count - before) * sizeof *import->sizes);
    }
    import->sizes[number] = size;
    import->sized = import->sized || size > 0;
    return true;
}

static bool
add_line(struct import *import, uint32_t number, const char *uidl)
{
    const uint64_t size = import_listed_size(import, number);

    suspects_listed(import, number, uidl, size);
    return journal_listing_add(import->journal, number, uidl, size, &import->err);
}

static bool
on_uidl(void *context, uint32_t number, const char *uidl)
{
    struct listing *listing = context;
    struct import *import = listing->import;

    bool had;

    if (listing->count + listing->unnamed == LISTED_MAX)
        return refuse_length(import);
    if (uidl[0] == '\0' || number > LISTED_MAX || has_bit(listing->twice, listing->twice_size, number)) {
        listing->first = listing->unnamed++ == 0 ? number : listing->first;
        return true;
    }
    if (!set_bit(&listing->told, &listing->told_size, number, &had))
        return import_no_memory(import);
    if (had && !listing->again)
        return set_bit(&listing->twice, &listing->twice_size, number, &had) || import_no_memory(import);
    listing->count++;
    return add_line(import, number, uidl);
}

static bool
on_header(void *context, uint32_t number, const struct seen *seen, const char *words)
{
    struct listing *listing = context;
    struct import *import = listing->import;
    char uidl[64] = "=";

    if (seen == NULL) {
        import_refused(import, "read the header of", number, "none", words, "It is tried again with the next run.");
        return true;
    }
    listing->count++;
    digest_base32(seen->header, DIGEST_SIZE, uidl + 1);
    return add_line(import, number, uidl);
}

/* Every number of the session; the first -ERR to TOP says whether there is a TOP at all. */
static bool
list_headers(struct import *import, struct listing *listing)
{
    uint32_t numbers[LIMIT_BATCH];
    uint64_t next = 1;

    if (import->messages > LISTED_MAX)
        return refuse_length(import);
    while (import->info.top && next <= import->messages) {
        size_t n = 0;

        if (import_stopped(import))
            return import_interrupted(import);
        for (; n < LIMIT_BATCH && next <= import->messages; next++) {
            suspects_listed(import, (uint32_t)next, NULL, import_listed_size(import, (uint32_t)next));
            numbers[n++] = (uint32_t)next;
        }
        if (!import_headers(import, numbers, n, on_header, listing))
            return false;
    }
    return true;
}

static bool
refuse_sudden_lack(struct import *import)
{
    error_set(&import->err, ERROR_SERVER, "list the messages: the server has no UIDL, which it had before");
    error_hint(
        &import->err,
        "Nothing was done; try again later. If it stays so, move the state folder away: then what is on the server "
        "is compared with the mail that is here, and what is here is not fetched again.");
    return false;
}

/* Rows of one kind of name are found again by their headers where the server has UIDLs now; the other way nobody knows for how long. */
static bool
choose_identity(struct import *import, bool supported)
{
    char *known;
    uint64_t rows;

    import->identity = supported ? BY_UIDL : BY_HEADER;
    if (supported)
        return true;
    if (!journal_get(import->journal, "identity", &known, &import->err))
        return false;
    bool by_uidl = known == NULL || strcmp(known, "uidl") == 0;
    free(known);
    if (!journal_pop_count(import->journal, 0, &rows, &import->err))
        return false;
    return rows == 0 || !by_uidl || refuse_sudden_lack(import);
}

/* A number that stands twice may be either message's: the list is read once more, without it. */
static bool
read_uidls(struct import *import, struct listing *listing, bool *supported)
{
    struct maildrop *maildrop = &import->maildrop;

    if (!journal_listing_begin(import->journal, &import->err) ||
        !maildrop->ops->uidls(maildrop->self, on_uidl, listing, supported, &import->err))
        return false;
    if (listing->twice == NULL)
        return true;
    free(listing->told);
    listing->told = NULL;
    listing->told_size = 0;
    listing->again = true;
    listing->count = listing->unnamed = 0;
    suspects_begin(import->suspects);
    return journal_listing_begin(import->journal, &import->err) &&
           maildrop->ops->uidls(maildrop->self, on_uidl, listing, supported, &import->err);
}

static bool
list_uidls(struct import *import, struct listing *listing)
{
    bool supported;

    if (!read_uidls(import, listing, &supported))
        return false;
    if (!supported && import->adopted != NULL)
        return import_adopt_refuse_nameless(import);
    if (!choose_identity(import, supported))
        return false;
    if (import->identity == BY_UIDL)
        return true;
    listing->count = 0;
    if (!journal_listing_begin(import->journal, &import->err) || !list_headers(import, listing))
        return false;
    if (!import->info.top)
        import->identity = BY_BODY;
    return true;
}

/* Messages that are there, and that nothing tells from others: they are left, and the run does not end as if all were here. */
static void
say_unnamed(struct import *import, const struct listing *sizes, const struct listing *uidls)
{
    struct error err = {0};

    if (import->identity != BY_UIDL || (sizes->count <= uidls->count && uidls->unnamed == 0))
        return;
    if (uidls->unnamed > 0 && uidls->first == 0)
        error_set(&err, ERROR_SERVER,
                  "fetch what a line of UIDL should name: it has no message number (%" PRIu64 " such)", uidls->unnamed);
    else if (uidls->unnamed > 0)
        error_set(&err, ERROR_SERVER,
                  "fetch message %" PRIu32 ": the UIDL that the server gives it is none (%" PRIu64 " such)",
                  uidls->first, uidls->unnamed);
    else
        error_set(&err, ERROR_SERVER, "fetch %" PRIu64 " of the messages that LIST has: UIDL does not name them",
                  sizes->count - uidls->count);
    error_hint(&err, "The others are fetched, and none counts as gone; the next run asks again.");
    import->counts.failed += uidls->unnamed > 0 ? uidls->unnamed : sizes->count - uidls->count;
    import_problem(import, &err);
}

static bool
read_lists(struct import *import, struct listing *sizes, struct listing *uidls)
{
    struct maildrop *maildrop = &import->maildrop;
    const bool ok = maildrop->ops->sizes(maildrop->self, on_size, sizes, &import->err) && list_uidls(import, uidls);

    forget_numbers(sizes);
    forget_numbers(uidls);
    return ok;
}

bool
import_list(struct import *import)
{
    struct listing sizes = {.import = import}, listing = {.import = import};
    struct maildrop *maildrop = &import->maildrop;
    uint64_t bytes;

    if (!maildrop->ops->stat(maildrop->self, &import->messages, &bytes, &import->err))
        return false;
    if (import->messages == 0) { /* some servers refuse to list nothing */
        import->complete = true;
        return journal_listing_begin(import->journal, &import->err);
    }
    if (!read_lists(import, &sizes, &listing))
        return false;
    import->complete =
        import->identity != BY_BODY && listing.count == import->messages && sizes.count == import->messages;
    say_unnamed(import, &sizes, &listing);
    if (!import->complete && import->identity == BY_UIDL)
        import_say(import, "list",
                   "STAT says %" PRIu64 " messages, UIDL lists %" PRIu64 ", LIST %" PRIu64
                   ": none counts as gone in this run",
                   import->messages, listing.count, sizes.count);
    return true;
}

/* Where nothing has a name the listing holds numbers alone. */
bool
import_list_numbers(struct import *import)
{
    char place[32];

    if (!journal_listing_begin(import->journal, &import->err))
        return false;
    for (uint64_t number = 1; number <= import->messages; number++) {
        (void)text_print(place, sizeof place, "#%" PRIu64, number);
        suspects_listed(import, (uint32_t)number, NULL, import_listed_size(import, (uint32_t)number));
        if (!journal_listing_add(import->journal, (uint32_t)number, place, import_listed_size(import, (uint32_t)number),
                                 &import->err))
            return false;
    }
    return true;
}

/* ---- --skip-existing ---- */
