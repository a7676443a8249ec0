/* See likeness.h. */
#include "sync/observe/likeness.h"

#include "store/base/lines.h"

/* Messages: of a larger one under another UIDVALIDITY nothing is believed, since all of it is held in memory. */
#define ANEW_MAX 200000

struct likeness_told {
    uint64_t size;
    int64_t date, id; /* id: of a row */
    uint32_t uid;
};

struct looking {
    struct run *run;
    struct likeness *pairs;
    size_t count;
};

static bool
knows_header(const struct journal_message *message)
{
    return (message->facts & FACT_ALTERED) == 0 &&
           (message->facts & (FACT_ITS_BYTES | FACT_BY_HEADER | FACT_FOREIGN)) != 0;
}

/* The last ones, and rather such of which the server's header is known. @param sure  it can be no other message */
static void
note_sample(struct likeness *pair, const struct journal_message *message, uint32_t uid, bool sure)
{
    const bool known = sure && knows_header(message);
    size_t at;

    if (!message->has_header || (!known && pair->known >= LIKENESS_SAMPLES))
        return;
    at = known ? pair->known++ % LIKENESS_SAMPLES
               : LIKENESS_SAMPLES - 1 - pair->others++ % (LIKENESS_SAMPLES - pair->known);
    pair->samples[at] = (struct likeness_sample){.uid = uid, .known = known};
    memcpy(pair->samples[at].header, message->header, DIGEST_SIZE);
}

/* ---- under another UIDVALIDITY: whether all of it is there, whatever the UIDs ---- */

static int
compare_told(const void *pa, const void *pb)
{
    const struct likeness_told *a = pa, *b = pb;

    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    if (a->date != b->date)
        return a->date < b->date ? -1 : 1;
    return a->uid < b->uid ? -1 : a->uid > b->uid;
}

static bool
is_alike(const struct likeness_told *a, const struct likeness_told *b)
{
    return a->size == b->size && a->date == b->date;
}

/* The row's, as the listing has the others: in the order of their sizes and dates. */
static bool
load_rows(struct run *run, struct likeness *pair, struct likeness_told **rows, size_t *count)
{
    struct journal_message message;
    int64_t *ids = NULL;
    bool ok = journal_message_ids(run->journal, pair->row->row.id, WHICH_WITH_UID, &ids, count, &run->err);

    *rows = ok ? calloc(*count + 1, sizeof **rows) : NULL;
    ok = ok && (*rows != NULL || run_no_memory(run));
    for (size_t i = 0; ok && i < *count; i++) {
        ok = run_load(run, ids[i], &message);
        (*rows)[i] =
            (struct likeness_told){.size = message.size, .date = message.date, .uid = message.uid, .id = ids[i]};
        pair->wrong = pair->wrong || message.size == 0 || message.date == 0;
    }
    free(ids);
    if (ok && *count > 1)
        qsort(*rows, *count, sizeof **rows, compare_told);
    return ok;
}

/* Each message of the row is one of the mailbox: the first one of equal ones is the first one there, most likely. */
static bool
compare_all(struct run *run, struct likeness *pair)
{
    struct likeness_told *rows = NULL;
    struct journal_message message;
    size_t count = 0, at = 0;
    bool ok = load_rows(run, pair, &rows, &count);

    if (pair->told_count > 1)
        qsort(pair->told, pair->told_count, sizeof *pair->told, compare_told);
    for (size_t i = 0; ok && i < count && !pair->wrong; i++, at++) {
        bool sure;

        while (at < pair->told_count && !is_alike(&pair->told[at], &rows[i]) &&
               compare_told(&pair->told[at], &rows[i]) < 0)
            at++;
        pair->wrong = at == pair->told_count || !is_alike(&pair->told[at], &rows[i]);
        if (pair->wrong || (i % (count / 16 + 1) != 0 && i + 1 < count))
            continue;
        sure = (i == 0 || !is_alike(&rows[i - 1], &rows[i])) && (i + 1 == count || !is_alike(&rows[i + 1], &rows[i])) &&
               (at + 1 == pair->told_count || !is_alike(&pair->told[at + 1], &rows[i]));
        ok = run_load(run, rows[i].id, &message);
        if (ok)
            note_sample(pair, &message, pair->told[at].uid, sure);
    }
    pair->wrong = pair->wrong || count == 0;
    free(rows);
    free(pair->told); /* there may be many pairs */
    pair->told = NULL;
    pair->told_count = pair->told_size = 0;
    return ok;
}

/* ---- their mail ---- */

static bool
see_selected(void *context, size_t index, const struct remote_selected *selected)
{
    struct likeness *pair = &((struct looking *)context)->pairs[index];

    const struct remote_listed *seen = pair->item->seen;

    pair->uidvalidity = selected->uidvalidity;
    pair->anew = selected->uidvalidity != pair->row->row.uidvalidity;
    pair->wrong = selected->not_sticky ||
                  (pair->anew && (pair->all == 0 || selected->exists < pair->all || selected->exists > ANEW_MAX)) ||
                  (seen->has_status ? selected->uidvalidity != seen->uidvalidity
                                    : !pair->anew && selected->uidnext < pair->row->row.uidnext);
    pair->left = selected->exists;
    return true;
}

static bool
note_told(struct run *run, struct likeness *pair, const struct remote_message *seen)
{
    if (!array_grow(&pair->told, &pair->told_size, pair->told_count + 1, sizeof *pair->told))
        return run_no_memory(run);
    pair->told[pair->told_count++] = (struct likeness_told){.size = seen->size, .date = seen->date, .uid = seen->uid};
    return true;
}

/* What is new in it came since. What nobody can measure is no evidence. */
static bool
see_message(void *context, size_t index, const struct remote_message *seen)
{
    struct looking *looking = context;
    struct likeness *pair = &looking->pairs[index];
    struct run *run = looking->run;
    struct journal_message message;
    bool found, same;

    if (!seen->has_meta) /* somebody's change of flags, told in between */
        return true;
    pair->left -= pair->left != 0;
    if (pair->wrong)
        return true;
    if (pair->anew)
        return note_told(run, pair, seen);
    if (!journal_message_by_uid(run->journal, pair->row->row.id, seen->uid, &message, &found, &run->err))
        return false;
    same = found && seen->size != 0 && seen->date != 0 && message.size == seen->size && message.date == seen->date;
    pair->wrong = !same && seen->uid < pair->row->row.uidnext;
    pair->found += same;
    if (same)
        note_sample(pair, &message, seen->uid, true);
    return true;
}

static bool
see_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct likeness *pair = &((struct looking *)context)->pairs[index];

    pair->refused = !outcome->ok && !outcome->gone && !pair->wrong;
    pair->wrong = pair->wrong || !outcome->ok || pair->left != 0 || (!pair->anew && pair->found == 0);
    if (pair->refused)
        (void)text_print(pair->row->perhaps, sizeof pair->row->perhaps, "%s", outcome->answer);
    return pair->wrong || !pair->anew || compare_all(((struct looking *)context)->run, pair);
}

/* Nobody suspects the mailbox, or a message, of what ends the line: it is asked for twice, and no more in this run. */
static struct remote
server_of(const struct run *run)
{
    return run->attempts.server.ops != NULL ? run->attempts.server : run->remote;
}

static bool
list_all(struct looking *looking)
{
    static const struct remote_observer observer = {.selected = see_selected, .message = see_message, .done = see_done};
    const struct remote server = server_of(looking->run);
    struct remote_select *requests = calloc(looking->count + 1, sizeof *requests);
    bool ok = requests != NULL || run_no_memory(looking->run);

    for (size_t i = 0; ok && i < looking->count; i++)
        requests[i] =
            (struct remote_select){.mailbox = looking->pairs[i].item->seen->name, .first = 1, .last = UINT32_MAX};
    ok = ok && server.ops->observe(server.self, requests, looking->count, &observer, looking, &looking->run->err);
    free(requests);
    return ok;
}

/* ---- some of their headers ---- */

struct headers {
    struct looking *looking;
    struct likeness **pairs; /* of each request */
    struct digest *digest;
    struct lines_grow grow;
};

static bool
no_digest(struct headers *headers)
{
    error_set(&headers->looking->run->err, ERROR_LOCAL, "compute a digest");
    return false;
}

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    struct headers *headers = context;

    (void)index;
    (void)size;
    headers->grow = (struct lines_grow){0};
    return digest_reset(headers->digest, false) || no_digest(headers);
}

static bool
on_data(void *context, size_t index, const void *bytes, size_t len)
{
    struct headers *headers = context;
    char wire[16384];

    (void)index;
    for (size_t at = 0; at < len;) {
        size_t out, taken = lines_grow(&headers->grow, (const char *)bytes + at, len - at, wire, sizeof wire, &out);

        if (!digest_add(headers->digest, wire, out))
            return no_digest(headers);
        at += taken;
    }
    return true;
}

/* One that no empty line ends says nothing: Courier cuts its last byte. */
static bool
on_end(void *context, size_t index, uint32_t uid)
{
    struct headers *headers = context;
    struct likeness *pair = headers->pairs[index];
    struct digests digests;

    if (!digest_finish(headers->digest, &digests))
        return no_digest(headers);
    for (size_t i = 0; i < LIKENESS_SAMPLES; i++) {
        const struct likeness_sample *sample = &pair->samples[i];
        bool same;

        if (sample->uid != uid || !digests.whole_header)
            continue;
        same = memcmp(sample->header, digests.header, DIGEST_SIZE) == 0;
        pair->same = pair->same || same;
        pair->wrong = pair->wrong || (!same && sample->known);
    }
    return true;
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct likeness *pair = ((struct headers *)context)->pairs[index];

    pair->refused = !outcome->ok && !outcome->gone && !outcome->changed && !pair->wrong && !pair->same;
    if (pair->refused)
        (void)text_print(pair->row->perhaps, sizeof pair->row->perhaps, "%s", outcome->answer);
    return true;
}

static int
compare_samples(const void *pa, const void *pb)
{
    const uint32_t a = ((const struct likeness_sample *)pa)->uid, b = ((const struct likeness_sample *)pb)->uid;

    return a < b ? -1 : a > b;
}

/* Those that were listed last: in a listing that is in order the newest ones. */
static bool
ask_headers(struct looking *looking)
{
    static const struct remote_sink sink = {on_begin, on_data, on_end, on_done, NULL, NULL};
    const struct remote server = server_of(looking->run);
    struct headers headers = {
        .looking = looking, .digest = digest_new(), .pairs = calloc(looking->count + 1, sizeof(struct likeness *))};
    struct remote_fetch *requests = calloc(looking->count + 1, sizeof *requests);
    uint32_t(*uids)[LIKENESS_SAMPLES] = calloc(looking->count + 1, sizeof *uids);
    size_t count = 0;
    bool ok = (headers.digest != NULL && headers.pairs != NULL && requests != NULL && uids != NULL) ||
              run_no_memory(looking->run);

    for (size_t i = 0; ok && i < looking->count; i++) {
        struct likeness *pair = &looking->pairs[i];
        size_t some = 0;

        qsort(pair->samples, LIKENESS_SAMPLES, sizeof pair->samples[0], compare_samples);
        for (size_t k = 0; !pair->wrong && k < LIKENESS_SAMPLES; k++)
            if (pair->samples[k].uid != 0)
                uids[count][some++] = pair->samples[k].uid;
        if (some == 0)
            continue;
        headers.pairs[count] = pair;
        requests[count] = (struct remote_fetch){.mailbox = pair->item->seen->name,
                                                .uidvalidity = pair->uidvalidity,
                                                .uids = uids[count],
                                                .count = some,
                                                .headers = true};
        count++;
    }
    ok = ok && (count == 0 || server.ops->fetch(server.self, requests, count, &sink, &headers, &looking->run->err));
    digest_free(headers.digest);
    free(headers.pairs);
    free(requests);
    free(uids);
    return ok;
}

bool
likeness_look(struct run *run, struct likeness *pairs, size_t count)
{
    struct looking looking = {.run = run, .pairs = pairs, .count = count};

    return list_all(&looking) && ask_headers(&looking);
}

void
likeness_free(struct likeness *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(pairs[i].told);
}
