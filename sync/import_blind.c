/*
 * A server with neither UIDL nor TOP: what a message is shows when it was fetched, so each is fetched in each run, digested, and dropped if
 * the journal has as many of that header digest already. Nothing is removed there.
 *
 * The name of a row, "=" and the digest, is not known before the bytes are here; so rows are committed as FETCHING after RETR and before
 * delivery, which serves as well: a file of that base name is the message.
 */
#include "sync/import_private.h"

#include <inttypes.h>

struct blind {
    struct import *import;
    struct arrival batch[LIMIT_BATCH];
    size_t count;
    uint64_t batch_bytes;
    uint32_t wanted[LIMIT_BATCH]; /* of a page; asked: so many were named */
    size_t wanted_count, asked;
    unsigned char *seen; /* one bit a row id: its message is on the server */
    size_t seen_size;
    struct local_draft *draft;
    bool begun;
    uint64_t bytes;
    struct header_digest header;
    bool all; /* every message was looked at */
};

/* ---- rows whose message was seen ---- */

static bool
note_seen(struct blind *blind, int64_t id)
{
    size_t before = blind->seen_size;

    if (!array_grow(&blind->seen, &blind->seen_size, (size_t)(id / 8) + 1, 1))
        return import_no_memory(blind->import);
    if (blind->seen_size > before)
        memset(blind->seen + before, 0, blind->seen_size - before);
    blind->seen[id / 8] |= (unsigned char)(1u << (id % 8));
    return true;
}

static bool
is_seen(const struct blind *blind, int64_t id)
{
    return (size_t)(id / 8) < blind->seen_size && (blind->seen[id / 8] & (1u << (id % 8))) != 0;
}

/* A row of this name whose message was not seen yet; id 0: none. */
static bool
find_row(struct blind *blind, const char *uidl, struct journal_pop *row)
{
    struct import *import = blind->import;
    int64_t *ids;
    size_t count, i = 0;
    bool ok = true;

    row->id = 0;
    if (!journal_pop_by_uidl(import->journal, uidl, &ids, &count, &import->err))
        return false;
    while (i < count && is_seen(blind, ids[i]))
        i++;
    if (i < count)
        ok = import_load(import, ids[i], row) && note_seen(blind, ids[i]);
    free(ids);
    return ok;
}

/* ---- delivery ---- */

static bool
save_rows(struct blind *blind)
{
    struct import *import = blind->import;
    bool ok = true;

    if (!journal_begin(import->journal, &import->err))
        return false;
    for (size_t i = 0; ok && i < blind->count; i++)
        ok = journal_pop_save(import->journal, &blind->batch[i].row, &import->err) &&
             note_seen(blind, blind->batch[i].row.id);
    return import_end(import, ok);
}

static bool
flush(struct blind *blind)
{
    size_t count = blind->count;

    if (count == 0)
        return true;
    blind->batch_bytes = 0;
    if (!save_rows(blind)) {
        fetch_drop(blind->import, blind->batch, count);
        blind->count = 0;
        return false;
    }
    blind->count = 0;
    return blind->import->handover != NULL || fetch_deliver(blind->import, blind->batch, count);
}

static void
abandon(struct blind *blind)
{
    struct import *import = blind->import;

    if (blind->draft != NULL)
        import->local.ops->draft_drop(import->local.self, blind->draft);
    if (blind->begun && import->handover != NULL)
        import->handover->drop(import->handover->self);
    blind->draft = NULL;
    blind->begun = false;
}

static bool
keep_draft(struct blind *blind, struct arrival *arrival)
{
    struct import *import = blind->import;

    arrival->fresh = arrival->row.base[0] == '\0';
    if (arrival->fresh && !import_choose_base(import, &arrival->row))
        return false;
    if (!import->local.ops->draft_finish(import->local.self, blind->draft, &arrival->digests, &import->err))
        return false;
    arrival->draft = blind->draft;
    blind->draft = NULL;
    blind->begun = false;
    blind->batch_bytes += blind->bytes;
    blind->count++;
    return (blind->count < LIMIT_BATCH && blind->batch_bytes < LIMIT_BATCH_BYTES) || flush(blind);
}

/* Its row is made first: the next run knows the name. */
static bool
hand(struct blind *blind, struct arrival *arrival)
{
    blind->count = 1;
    return flush(blind) && hand_over(blind->import, arrival);
}

/* A message that is not here. */
static bool
take(struct blind *blind, const char *uidl, const struct journal_pop *known, const unsigned char *header)
{
    struct import *import = blind->import;
    struct arrival *arrival = &blind->batch[blind->count];
    uint64_t most = import->account->import.max_messages;

    if (most != 0 && import->counts.down_new + blind->count >= most) {
        import->counts.kept_by_policy++;
        blind->all = false;
        return true;
    }
    *arrival = (struct arrival){.number = 0};
    if (known->id != 0)
        arrival->row = *known;
    else
        import_new_row(import, uidl, &arrival->row);
    arrival->row.why[0] = '\0';
    arrival->row.size = blind->bytes;
    arrival->row.has_header = true;
    memcpy(arrival->row.header, header, DIGEST_SIZE);
    if (import->options->skip_existing) {
        arrival->row.state = POP_HAD;
        import->counts.had++;
        blind->count = 1;
        bool ok = save_rows(blind);
        blind->count = 0;
        return ok;
    }
    return import->handover != NULL ? hand(blind, arrival) : keep_draft(blind, arrival);
}

/* ---- messages as they come ---- */

static bool
begin_message(struct blind *blind)
{
    struct import *import = blind->import;

    if (blind->begun)
        return true;
    blind->begun = true;
    blind->bytes = 0;
    if (!header_begin(&blind->header))
        return import_no_memory(import);
    if (import->options->skip_existing)
        return true;
    if (import->handover != NULL)
        return import->handover->begin(import->handover->self, &import->err);
    return import->local.ops->draft_begin(import->local.self, import->folder, &blind->draft, &import->err);
}

static bool
on_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    struct blind *blind = context;
    struct import *import = blind->import;

    (void)number;
    if (!begin_message(blind))
        return false;
    blind->bytes += len;
    if (!header_add(&blind->header, bytes, len))
        return import_no_memory(import);
    if (import->options->skip_existing)
        return true;
    if (import->handover != NULL)
        return import->handover->write(import->handover->self, bytes, len, &import->err);
    return import->local.ops->draft_write(import->local.self, blind->draft, bytes, len, &import->err);
}

static bool
on_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    struct blind *blind = context;
    struct import *import = blind->import;
    struct journal_pop row;
    unsigned char header[DIGEST_SIZE];
    char uidl[64] = "=";
    bool whole, ok;

    if (outcome != MAILDROP_DONE) {
        abandon(blind);
        blind->all = false;
        import_refused(import, "fetch", number, "none", words, "the others are fetched; the next run tries it again");
        return true;
    }
    if (!begin_message(blind))
        return false;
    if (!header_finish(&blind->header, header, &whole))
        return import_no_memory(import);
    digest_base32(header, DIGEST_SIZE, uidl + 1);
    ok = find_row(blind, uidl, &row) && ((row.id != 0 && row.state != POP_FETCHING) || take(blind, uidl, &row, header));
    abandon(blind);
    import->done++;
    report_progress(import->report, import->account->name, import_mailbox(import), import->done, import->total,
                    import->counts.bytes_down);
    if (ok && import_stopped(import))
        return import_interrupted(import);
    return ok;
}

/* ---- all of it ---- */

static bool
on_size(void *context, uint32_t number, uint64_t size)
{
    struct blind *blind = context;
    struct import *import = blind->import;
    char place[32]; /* a listing has a name for each; these are not compared with anything */

    import->total++;
    (void)text_print(place, sizeof place, "#%" PRIu32, number);
    return journal_listing_add(import->journal, number, place, &import->err) &&
           journal_listing_size(import->journal, number, size, &import->err);
}

static bool
on_next(void *context, uint32_t *number)
{
    struct blind *blind = context;

    *number = blind->asked < blind->wanted_count ? blind->wanted[blind->asked++] : 0;
    return true;
}

static bool
fetch_page(struct blind *blind, const struct journal_listed *page, size_t count)
{
    struct import *import = blind->import;
    const struct maildrop_taker taker = {.context = blind, .next = on_next, .bytes = on_bytes, .end = on_end};
    struct error why;
    bool ok;

    blind->wanted_count = blind->asked = 0;

    for (size_t i = 0; i < count; i++) {
        if (fetch_too_large(import, &page[i])) {
            blind->all = false;
            fetch_leave(import, &page[i]);
        } else {
            blind->wanted[blind->wanted_count++] = page[i].number;
        }
    }
    if (blind->wanted_count == 0)
        return true;
    ok = import->maildrop.ops->retrieve(import->maildrop.self, &taker, &import->err);
    why = import->err;
    abandon(blind);
    import->err = (struct error){0};
    if (!flush(blind) && ok)
        return false;
    if (!ok)
        import->err = why;
    return ok;
}

static bool
fetch_pages(struct blind *blind)
{
    struct import *import = blind->import;
    /* Always the oldest first: equal headers are told apart by their order alone, which must be that of the rows. */
    const bool descending = false;
    struct journal_listed page[LIMIT_BATCH];
    size_t count = LIMIT_BATCH;
    uint32_t after = 0;

    while (count == LIMIT_BATCH) {
        if (import_stopped(import))
            return import_interrupted(import);
        if (!journal_listing_page(import->journal, LISTED_ALL, descending, after, page, LIMIT_BATCH, &count,
                                  &import->err))
            return false;
        if (count > 0 && !fetch_page(blind, page, count))
            return false;
        if (count > 0)
            after = page[count - 1].number;
    }
    return true;
}

/* All were looked at: rows that none of them has are forgotten. */
static bool
forget_unseen(struct blind *blind)
{
    struct import *import = blind->import;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (!blind->all || !journal_pop_ids(import->journal, 0, &ids, &count, &import->err))
        return !blind->all;
    if (!journal_begin(import->journal, &import->err)) {
        free(ids);
        return false;
    }
    for (size_t i = 0; ok && i < count; i++)
        ok = is_seen(blind, ids[i]) || journal_pop_delete(import->journal, ids[i], &import->err);
    free(ids);
    return import_end(import, ok);
}

bool
import_fetch_blind(struct import *import)
{
    struct blind *blind;
    bool ok;

    if (import->messages == 0 || !import->may_fetch)
        return true;
    if (import->dry) {
        import_say(import, "fetch",
                   "the server has neither UIDL nor TOP: its %" PRIu64
                   " messages would be fetched and compared, and the "
                   "new ones kept",
                   import->messages);
        return true;
    }
    blind = calloc(1, sizeof *blind);
    if (blind == NULL)
        return import_no_memory(import);
    blind->import = import;
    blind->all = true;
    ok = journal_listing_begin(import->journal, &import->err) &&
         import->maildrop.ops->sizes(import->maildrop.self, on_size, blind, &import->err) &&
         (import->options->skip_existing || fetch_prepare(import)) && fetch_pages(blind) && forget_unseen(blind);
    digest_free(blind->header.digest);
    free(blind->seen);
    free(blind);
    return ok;
}
