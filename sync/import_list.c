/*
 * What is on the server, as the journal's listing, and what the journal knows of it.
 *
 *   UIDL            each message has a name that lasts
 *   no UIDL, TOP    the digest of its header block is its name: "=" and base32
 *   neither         its name is known when it was fetched: import_blind.c
 *
 * A name that stands more than once, in the list or in the journal, is told apart by header digest, as often as both sides have it. Rows
 * whose name a complete list no longer has are forgotten: a UIDL that is used again is then new mail.
 */
#include "sync/import_private.h"

#include <inttypes.h>

#define LISTED_MAX UINT64_C(10000000) /* messages: more is no maildrop, and its list would fill the disk */

/* ---- the list ---- */

struct listing {
    struct import *import;
    uint64_t count;
};

static bool
refuse_length(struct import *import)
{
    error_set(&import->err, ERROR_SERVER, "read the list of messages: it has more than %" PRIu64 " lines", LISTED_MAX);
    error_hint(&import->err, "nothing was done");
    return false;
}

static bool
on_uidl(void *context, uint32_t number, const char *uidl)
{
    struct listing *listing = context;

    if (++listing->count > LISTED_MAX)
        return refuse_length(listing->import);
    return journal_listing_add(listing->import->journal, number, uidl, &listing->import->err);
}

static bool
on_header(void *context, uint32_t number, enum maildrop_outcome outcome, const unsigned char *header, const char *words)
{
    struct listing *listing = context;
    struct import *import = listing->import;
    char uidl[64] = "=";

    if (outcome != MAILDROP_DONE) {
        import_refused(import, "read the header of", number, "none", words, "it is tried again with the next run");
        return true;
    }
    listing->count++;
    digest_base32(header, DIGEST_SIZE, uidl + 1);
    return journal_listing_add(import->journal, number, uidl, &import->err);
}

/* Every number of the session; the first -ERR to TOP says whether there is a TOP at all. */
static bool
list_headers(struct import *import, struct listing *listing, bool *supported)
{
    uint32_t numbers[LIMIT_BATCH];
    uint64_t next = 1;

    *supported = import->info.top || import->messages == 0;
    if (import->messages > LISTED_MAX)
        return refuse_length(import);
    while (*supported && next <= import->messages) {
        size_t n = 0;

        if (import_stopped(import))
            return import_interrupted(import);
        while (n < LIMIT_BATCH && next <= import->messages)
            numbers[n++] = (uint32_t)next++;
        if (!import->maildrop.ops->headers(import->maildrop.self, numbers, n, on_header, listing, supported,
                                           &import->err))
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
        "nothing was done, since all its mail would come once more; try again later. If it stays so, move the state "
        "folder away and run golub import --skip-existing");
    return false;
}

/* Names of one kind are never compared with those of the other: all would be new. */
static bool
choose_identity(struct import *import, bool supported)
{
    char *known;
    uint64_t rows;

    if (!journal_get(import->journal, "identity", &known, &import->err))
        return false;
    if (!journal_pop_count(import->journal, 0, &rows, &import->err)) {
        free(known);
        return false;
    }
    bool by_uidl = rows == 0 || known == NULL || strcmp(known, "uidl") == 0;
    free(known);
    if (!supported && rows > 0 && by_uidl)
        return refuse_sudden_lack(import);
    import->identity = supported && by_uidl ? BY_UIDL : BY_HEADER;
    return true;
}

static bool
list(struct import *import)
{
    struct listing listing = {.import = import};
    struct maildrop *maildrop = &import->maildrop;
    uint64_t bytes;
    bool supported;

    if (!maildrop->ops->stat(maildrop->self, &import->messages, &bytes, &import->err) ||
        !journal_listing_begin(import->journal, &import->err) ||
        !maildrop->ops->uidls(maildrop->self, on_uidl, &listing, &supported, &import->err) ||
        !choose_identity(import, supported))
        return false;
    if (import->identity != BY_UIDL) {
        listing.count = 0;
        if (!journal_listing_begin(import->journal, &import->err) || !list_headers(import, &listing, &supported))
            return false;
        if (!supported)
            import->identity = BY_BODY;
    }
    import->complete = listing.count == import->messages;
    if (!import->complete && import->identity == BY_UIDL)
        report_note(import->report, import->account->name,
                    "STAT says %" PRIu64 " messages, UIDL lists %" PRIu64 ": nothing is forgotten in this run",
                    import->messages, listing.count);
    return true;
}

/* ---- repeated names ---- */

static bool
on_repeated(void *context, uint32_t number, enum maildrop_outcome outcome, const unsigned char *header,
            const char *words)
{
    struct import *import = context;

    if (outcome == MAILDROP_DONE)
        return journal_listing_header(import->journal, number, header, &import->err);
    import_refused(import, "read the header of", number, "repeated", words, "it is tried again with the next run");
    return true;
}

static bool
read_repeated(struct import *import, bool *supported)
{
    struct journal_listed page[LIMIT_BATCH];
    uint32_t numbers[LIMIT_BATCH], after = 0;
    size_t count = LIMIT_BATCH;

    *supported = import->info.top;
    while (*supported && count == LIMIT_BATCH) {
        if (import_stopped(import))
            return import_interrupted(import);
        if (!journal_listing_page(import->journal, LISTED_REPEATED, false, after, page, LIMIT_BATCH, &count,
                                  &import->err))
            return false;
        for (size_t i = 0; i < count; i++)
            after = numbers[i] = page[i].number;
        if (count > 0 && !import->maildrop.ops->headers(import->maildrop.self, numbers, count, on_repeated, import,
                                                        supported, &import->err))
            return false;
    }
    return true;
}

/* *repeated: some are to be told apart. *by_header: their headers are known now; else the header is the name, or there is no TOP. */
static bool
look_at_repeated(struct import *import, bool *repeated, bool *by_header)
{
    uint64_t count;

    if (!journal_listing_count(import->journal, LISTED_REPEATED, &count, &import->err))
        return false;
    *repeated = count > 0;
    *by_header = *repeated && import->identity == BY_UIDL;
    if (*by_header && !read_repeated(import, by_header))
        return false;
    if (*repeated && import->identity == BY_UIDL)
        report_note(import->report, import->account->name,
                    "%" PRIu64 " messages have a UIDL that is repeated: they are not removed%s", count,
                    *by_header ? "" : ", and counted, since the server has no TOP");
    return true;
}

/* ---- the journal beside it ---- */

/* In one commit: no row is there without the kind of its name. */
static bool
settle(struct import *import, bool repeated, bool by_header)
{
    const char *identity = import->identity == BY_UIDL ? "uidl" : "header";
    uint64_t forgotten = 0;
    bool ok;

    if (!journal_begin(import->journal, &import->err))
        return false;
    ok = (import->messages == 0 || journal_set(import->journal, "identity", identity, &import->err)) &&
         (!repeated || journal_listing_pair(import->journal, by_header, import->now, &import->err)) &&
         (!import->complete || journal_listing_forget(import->journal, &forgotten, &import->err));
    if (!import_end(import, ok))
        return false;
    if (forgotten > 0)
        report_note(import->report, import->account->name,
                    "%" PRIu64 " messages are gone from the server and forgotten", forgotten);
    return true;
}

bool
import_list(struct import *import)
{
    bool repeated, by_header;
    uint64_t begun;

    if (!list(import))
        return false;
    if (import->identity == BY_BODY) {
        import->complete = false; /* until all were fetched */
        return settle(import, false, false);
    }
    return look_at_repeated(import, &repeated, &by_header) && settle(import, repeated, by_header) &&
           journal_pop_count(import->journal, POP_FETCHING, &begun, &import->err) &&
           (begun == 0 || journal_listing_want_fetching(import->journal, &import->err));
}

/* ---- --skip-existing ---- */

static bool
record_had(struct import *import, const struct journal_listed *listed)
{
    struct journal_pop row;

    if (listed->row != 0 && !import_load(import, listed->row, &row))
        return false;
    if (listed->row == 0)
        import_new_row(import, listed->uidl, &row);
    row.state = POP_HAD;
    row.since = import->now;
    row.base[0] = row.why[0] = '\0';
    import->counts.had++;
    return journal_pop_save(import->journal, &row, &import->err);
}

bool
import_skip(struct import *import)
{
    struct journal_listed page[LIMIT_BATCH];
    size_t count = LIMIT_BATCH;
    uint32_t after = 0;

    if (import->identity == BY_BODY)
        return import_fetch_blind(import);
    while (count == LIMIT_BATCH && !import_stopped(import)) {
        bool ok;

        if (!journal_listing_page(import->journal, LISTED_NEW, false, after, page, LIMIT_BATCH, &count, &import->err))
            return false;
        if (count == 0)
            break;
        ok = journal_begin(import->journal, &import->err);
        if (!ok)
            return false;
        for (size_t i = 0; ok && i < count; i++)
            ok = record_had(import, &page[i]);
        if (!import_end(import, ok))
            return false;
        after = page[count - 1].number;
    }
    return true;
}
