/* See parts.h. A file is read once, however many bodies it may begin with. */
#include "sync/match/parts.h"

#include "sync/rows/drafts.h"

struct bodies { /* ascending: by header, size and digest */
    struct half **at;
    size_t count;
};

struct comparing { /* one file with bodies that are shorter */
    struct run *run;
    void *handle;
    struct digest *digest;
    uint64_t passed;
    struct half **pending; /* its first bytes are theirs; is there text behind them? */
    size_t count;
};

/* ---- bodies ---- */

static int
compare_sizes(const struct half *a, const struct half *b)
{
    const int size = (a->body_size > b->body_size) - (a->body_size < b->body_size);

    return size != 0 ? size : memcmp(a->wire, b->wire, DIGEST_SIZE);
}

/* Those whose header has no end stand first: they may be of any file. */
static int
compare_headers(const struct half *a, const struct half *b)
{
    if (a->open_header || b->open_header)
        return (int)b->open_header - (int)a->open_header;
    return memcmp(a->header, b->header, DIGEST_SIZE);
}

static int
compare_bodies(const void *pa, const void *pb)
{
    const struct half *a = *(struct half *const *)pa, *b = *(struct half *const *)pb;
    const int header = compare_headers(a, b);

    return header != 0 ? header : compare_sizes(a, b);
}

static bool
gather(struct meeting *meeting, struct bodies *bodies)
{
    const bool drafts = mailbox_drafts(meeting->mailbox) != DRAFTS_NONE;

    bodies->at = calloc(meeting->uids.count + 1, sizeof(struct half *));
    if (bodies->at == NULL)
        return run_no_memory(meeting->run);
    for (size_t u = 0; u < meeting->uids.count; u++) {
        struct half *uid = &meeting->uids.at[u];

        if (!uid->paired && uid->body_size != 0 && (!drafts || uid->cut))
            bodies->at[bodies->count++] = uid;
    }
    if (bodies->count > 1)
        qsort(bodies->at, bodies->count, sizeof *bodies->at, compare_bodies);
    return true;
}

/* The first one that does not stand before these. */
static size_t
find_first(const struct bodies *bodies, const struct half *than)
{
    size_t low = 0;

    for (size_t high = bodies->count; low < high;) {
        const size_t middle = low + (high - low) / 2;

        if (compare_headers(bodies->at[middle], than) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Those with this header, or with any: from `first` on. */
static struct bodies
bodies_like(const struct bodies *bodies, const struct half *like)
{
    struct bodies some = {bodies->at + find_first(bodies, like), 0};

    while (some.at + some.count < bodies->at + bodies->count && compare_headers(some.at[some.count], like) == 0)
        some.count++;
    return some;
}

/* ---- a file ---- */

static void
settle(struct comparing *comparing)
{
    for (size_t i = 0; i < comparing->count; i++)
        comparing->pending[i]->part = comparing->pending[i]->doubt = true;
    comparing->count = 0;
}

/* Two whole messages may differ only in empty lines at their ends: neither is a part of the other. */
static bool
has_text(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != '\r' && bytes[i] != '\n')
            return true;
    }
    return false;
}

/* @return false: it can't be read so far, and begins with no more of them */
static bool
pass_to(struct comparing *comparing, uint64_t end)
{
    struct error ignored = {0};
    char bytes[16384];

    while (comparing->passed < end) {
        const uint64_t left = end - comparing->passed;
        size_t got = 0;

        if (!comparing->run->local.ops->read(comparing->run->local.self, comparing->handle, bytes,
                                             left < sizeof bytes ? (size_t)left : sizeof bytes, &got, &ignored) ||
            got == 0 || !digest_add(comparing->digest, bytes, got))
            return false;
        comparing->passed += got;
        if (comparing->count != 0 && has_text(bytes, got))
            settle(comparing);
    }
    return true;
}

static void
compare_all(struct comparing *comparing, const struct bodies *bodies, uint64_t file_size)
{
    unsigned char wire[DIGEST_SIZE];

    for (size_t i = 0; i < bodies->count && bodies->at[i]->body_size < file_size;) {
        const uint64_t size = bodies->at[i]->body_size;

        if (!pass_to(comparing, size) || !digest_so_far(comparing->digest, wire))
            return;
        for (; i < bodies->count && bodies->at[i]->body_size == size; i++) {
            if (memcmp(bodies->at[i]->wire, wire, DIGEST_SIZE) == 0)
                comparing->pending[comparing->count++] = bodies->at[i];
        }
    }
    if (comparing->count != 0)
        (void)pass_to(comparing, file_size);
}

static bool
compare_file(struct meeting *meeting, const struct half *file, const struct bodies *bodies)
{
    struct run *run = meeting->run;
    struct comparing comparing = {.run = run};
    struct local_file name = {meeting->mailbox->row.folder, file->base, ""};
    struct journal_message message;
    struct error ignored = {0};
    bool missing, ok;

    if (bodies->count == 0 || bodies->at[0]->body_size >= file->size)
        return true;
    if (!run_load(run, file->id, &message))
        return false;
    name.info = message.info;
    comparing.digest = digest_new();
    comparing.pending = calloc(bodies->count, sizeof(struct half *));
    ok = (comparing.digest != NULL && comparing.pending != NULL) || run_no_memory(run);
    if (ok && digest_reset(comparing.digest, false) &&
        run->local.ops->read_open(run->local.self, &name, &comparing.handle, &missing, &ignored) &&
        comparing.handle != NULL)
        compare_all(&comparing, bodies, file->size);
    if (comparing.handle != NULL)
        run->local.ops->read_close(run->local.self, comparing.handle);
    free(comparing.pending);
    digest_free(comparing.digest);
    return ok;
}

bool
parts_find(struct meeting *meeting)
{
    const struct half any = {.open_header = true};
    struct bodies bodies = {0}, like;
    bool ok = gather(meeting, &bodies);

    for (size_t f = 0; ok && bodies.count != 0 && f < meeting->files.count; f++) {
        const struct half *file = &meeting->files.at[f];

        if (file->paired)
            continue;
        like = bodies_like(&bodies, &any);
        ok = compare_file(meeting, file, &like);
        like = bodies_like(&bodies, file);
        ok = ok && compare_file(meeting, file, &like);
    }
    free(bodies.at);
    return ok;
}
