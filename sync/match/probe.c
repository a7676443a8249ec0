/* Digests of messages that are on the server only: read, digested, forgotten. Nothing is written anywhere. */
#include "store/base/lines.h"
#include "sync/match/probe.h"
#include "sync/rows/readings.h"
#include "sync/run/attempts.h"

#include <inttypes.h>

#define PROBE_HEADER_KEPT 16384 /* bytes of a header that are searched for its Message-ID */

struct probing {
    struct run *run;
    struct probe **probes;    /* those that are asked for */
    struct reading *readings; /* one for each of them */
    size_t count;
    size_t *first; /* index of each request's first probe */
    struct remote_fetch *requests;
    uint32_t *uids;
    bool headers, again;
    uint64_t literal; /* bytes of it that came */
    uint64_t told;    /* what the server says of its size with it, or READING_UNTOLD */
    struct digest *digest;
    struct kinship_reader *kinship; /* NULL: of none it is wanted */
    struct lines_grow grow;         /* a file's digests are of its wire form, in which every LF has its CR */
    struct buffer header;
};

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    struct probing *probing = context;

    (void)index;
    (void)size;
    probing->literal = 0;
    probing->told = READING_UNTOLD;
    buffer_clear(&probing->header);
    probing->grow = (struct lines_grow){0};
    if (digest_reset(probing->digest, !probing->headers) && /* a body may be what became of a file that was sent */
        (probing->kinship == NULL || kinship_begin(probing->kinship, !probing->headers)))
        return true;
    error_set(&probing->run->err, ERROR_LOCAL, "compute a digest");
    return false;
}

static bool
on_data(void *context, size_t index, const void *bytes, size_t len)
{
    struct probing *probing = context;
    size_t room = PROBE_HEADER_KEPT - probing->header.len;
    char wire[16384];

    (void)index;
    probing->literal += len;
    if (!buffer_add(&probing->header, bytes, len < room ? len : room))
        return run_no_memory(probing->run);
    for (size_t at = 0; at < len;) {
        size_t out, taken = lines_grow(&probing->grow, (const char *)bytes + at, len - at, wire, sizeof wire, &out);

        if (!digest_add(probing->digest, wire, out) ||
            (probing->kinship != NULL && !kinship_add(probing->kinship, wire, out))) {
            error_set(&probing->run->err, ERROR_LOCAL, "compute a digest");
            return false;
        }
        at += taken;
    }
    return true;
}

static bool
on_sized(void *context, size_t index, uint64_t size)
{
    struct probing *probing = context;

    (void)index;
    probing->told = size;
    return true;
}

/* A line that only a server on the way adds: no two messages have the same. */
static bool
has_received(struct text header)
{
    static const char name[] = "received:";

    for (size_t at = 0; at < header.len;) {
        const char *line = header.at + at, *end = memchr(line, '\n', header.len - at);
        size_t len = end != NULL ? (size_t)(end - line) : header.len - at;

        if (len <= 1)
            return false; /* the empty line: end of the header */
        if (len > sizeof name && strncasecmp(line, name, sizeof name - 1) == 0)
            return true;
        at += len + 1;
    }
    return false;
}

/* Is it to be believed? *cut: as far as it goes. A header that comes short has no empty line at its end, which says so. */
static bool
take(struct probing *probing, size_t at, const struct digests *digests, bool *cut)
{
    const struct probe *probe = probing->probes[at];

    *cut = false;
    return probing->headers ||
           reading_take(&probing->readings[at], &probing->run->mailboxes[probe->mailbox],
                        probe->size != 0 ? probe->size : probing->told, probing->literal, digests, probing->again, cut);
}

/* The first place in the request, which is ascending, that this UID may have. */
static size_t
find_uid(const struct remote_fetch *request, uint32_t uid)
{
    size_t low = 0;

    for (size_t high = request->count; low < high;) {
        size_t middle = low + (high - low) / 2;

        if (request->uids[middle] < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
on_end(void *context, size_t index, uint32_t uid)
{
    struct probing *probing = context;
    const struct remote_fetch *request = &probing->requests[index];
    struct digests digests;
    struct kinship kinship = {0};

    if (!digest_finish(probing->digest, &digests) ||
        (probing->kinship != NULL && !kinship_finish(probing->kinship, &kinship))) {
        error_set(&probing->run->err, ERROR_LOCAL, "compute a digest");
        return false;
    }
    for (size_t i = find_uid(request, uid); i < request->count && request->uids[i] == uid; i++) {
        struct probe *probe = probing->probes[probing->first[index] + i];

        probe->answered = true;
        if (!take(probing, probing->first[index] + i, &digests, &probe->cut))
            continue;
        probe->got = true;
        probe->doubt = false;
        probe->digests = digests;
        if (probe->room != NULL)
            probe->kinship = probe->room(probe->room_context, &digests);
        if (probe->kinship != NULL)
            *probe->kinship = kinship;
        if (probe->header != NULL && !buffer_add(probe->header, probing->header.at, probing->header.len))
            return run_no_memory(probing->run);
        probe_message_id((struct text){probing->header.at, probing->header.len}, probe->message_id);
        probe->received = has_received((struct text){probing->header.at, probing->header.len});
    }
    return true;
}

/* Where more than one is asked for, nobody knows which one it was. */
static void
complain(struct probing *probing, size_t index, const char *answer)
{
    const struct remote_fetch *request = &probing->requests[index];
    struct probe **probes = &probing->probes[probing->first[index]];
    char what[64] = "read messages for pairing";

    if (request->count == 1)
        (void)text_print(what, sizeof what, "read the message of UID %" PRIu32 " for pairing", request->uids[0]);
    for (size_t i = 0; i < request->count; i++)
        probes[i]->refused = probes[i]->doubt;
    run_complain(probing->run, &probing->run->mailboxes[probes[0]->mailbox], what, answer, "The next run tries again.");
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct probing *probing = context;

    struct run *run = probing->run;
    struct mailbox *mailbox = &run->mailboxes[probing->probes[probing->first[index]]->mailbox];
    bool doubt = false;

    for (size_t i = 0; i < probing->requests[index].count; i++) {
        const struct probe *probe = probing->probes[probing->first[index] + i];

        probing->readings[probing->first[index] + i].failed = !outcome->ok;
        probing->probes[probing->first[index] + i]->doubt =
            !outcome->ok && !outcome->gone && !probe->got && !probe->unlikely;
        doubt = doubt || (!probe->got && !probe->unlikely);
    }
    if (outcome->throttled)
        mailbox->over |= WORK_FETCH;
    if (outcome->ok || outcome->gone || !doubt)
        return true;
    /* What may be it is neither sent nor fetched (identify.c), and what vanished here may have gone where it is. Other mail goes on. */
    attempts_unread(run, mailbox, CAUTION_UNREAD_MESSAGE);
    if (outcome->changed) /* its UIDs are others now: nothing is known of it */
        run_learn(run, mailbox, CAUTION_RENUMBERED);
    complain(probing, index, outcome->answer);
    return true;
}

void
probe_message_id(struct text header, char out[static 256])
{
    static const char name[] = "message-id:";
    size_t at = 0;

    out[0] = '\0';
    while (at < header.len) {
        const char *line = header.at + at;
        const char *end = memchr(line, '\n', header.len - at);
        size_t len = end != NULL ? (size_t)(end - line) : header.len - at;

        if (len <= 1)
            return; /* the empty line: end of the header */
        if (len > sizeof name && strncasecmp(line, name, sizeof name - 1) == 0) {
            struct text value = {line + sizeof name - 1, len - (sizeof name - 1)};

            while (value.len > 0 && (value.at[0] == ' ' || value.at[0] == '\t'))
                value.at++, value.len--;
            while (value.len > 0 && strchr("\r\n \t", value.at[value.len - 1]) != NULL)
                value.len--;
            if (!text_copy(value, out, 256))
                out[0] = '\0';
            return;
        }
        at += len + 1;
    }
}

bool
probe_id_digest(struct run *run, const char *message_id, bool *has, unsigned char out[static DIGEST_SIZE])
{
    *has = message_id[0] != '\0';
    memset(out, 0, DIGEST_SIZE);
    if (!*has || digest_bytes(message_id, strlen(message_id), out))
        return true;
    error_set(&run->err, ERROR_LOCAL, "compute a digest");
    return false;
}

static void
make_requests(struct probing *probing, size_t *count)
{
    struct remote_fetch *request = NULL;
    bool sizes;

    *count = 0;
    for (size_t i = 0; i < probing->count; i++) {
        const struct probe *probe = probing->probes[i];
        const struct mailbox *mailbox = &probing->run->mailboxes[probe->mailbox];

        sizes = !probing->headers && reading_asks_size(&probing->readings[i], probe->size);
        probing->uids[i] = probe->uid;
        if (i == 0 || probe->mailbox != probing->probes[i - 1]->mailbox || request->sizes != sizes) {
            probing->first[*count] = i;
            request = &probing->requests[(*count)++];
            *request = (struct remote_fetch){.mailbox = text_of(mailbox->row.wire),
                                             .uidvalidity = mailbox->row.uidvalidity,
                                             .uids = &probing->uids[i],
                                             .headers = probing->headers,
                                             .sizes = sizes};
        }
        request->count++;
    }
}

static bool
ask(struct probing *probing)
{
    static const struct remote_sink sink = {on_begin, on_data, on_end, on_done, NULL, on_sized};
    struct run *run = probing->run;
    size_t count;

    make_requests(probing, &count);
    return count == 0 || run->remote.ops->fetch(run->remote.self, probing->requests, count, &sink, probing, &run->err);
}

/* What did not come, or not whole, is asked for once more. What the server refused was reported already. */
static void
keep_doubtful(struct probing *probing)
{
    size_t left = 0;

    for (size_t i = 0; i < probing->count; i++) {
        if (probing->probes[i]->got || probing->readings[i].failed)
            continue;
        probing->probes[i]->doubt = true;
        probing->readings[left] = probing->readings[i];
        probing->probes[left++] = probing->probes[i];
    }
    probing->count = left;
}

/*
 * A message that was listed a moment ago and is not there now has perhaps moved to a mailbox that this run has looked
 * at already.
 */
static void
note_overtaken(const struct probing *probing)
{
    struct run *run = probing->run;

    for (size_t i = 0; i < probing->count; i++) {
        const struct probe *probe = probing->probes[i];
        struct mailbox *mailbox = &run->mailboxes[probe->mailbox];

        /* It was listed again and is still not shown: the server never shows this message. */
        if (probe->answered || probe->unlikely || probe->uid <= mailbox->overtaken)
            continue;
        mailbox->overtaken = probe->uid;
        mailbox->look_there = run->overtaken = true;
    }
}

/* A reader where one of them wants to know it. */
static bool
begin_kinships(struct probing *probing, const struct probe *probes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (probes[i].kinship == NULL && probes[i].room == NULL)
            continue;
        probing->kinship = kinship_new();
        return probing->kinship != NULL || run_no_memory(probing->run);
    }
    return true;
}

int
probe_order(const void *left, const void *right)
{
    const struct probe *a = left, *b = right;

    return a->mailbox != b->mailbox ? (a->mailbox < b->mailbox ? -1 : 1) : (a->uid > b->uid) - (a->uid < b->uid);
}

bool
probe_remote(struct run *run, struct probe *probes, size_t count, bool headers)
{
    struct arena arena = {0};
    struct probing probing = {.run = run,
                              .probes = arena_array(&arena, count, sizeof *probing.probes),
                              .readings = arena_array(&arena, count, sizeof *probing.readings),
                              .first = arena_array(&arena, count, sizeof *probing.first),
                              .requests = arena_array(&arena, count, sizeof *probing.requests),
                              .uids = arena_array(&arena, count, sizeof *probing.uids),
                              .headers = headers,
                              .digest = digest_new(),
                              .header = buffer_new(PROBE_HEADER_KEPT + 1)};
    bool ok = run_has(run, &arena) && (probing.digest != NULL || run_no_memory(run));

    ok = ok && begin_kinships(&probing, probes, count);
    for (size_t i = 0; ok && i < count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[probes[i].mailbox];

        if ((mailbox->over & WORK_FETCH) == 0 &&
            !attempts_waits(run, mailbox, headers ? ATTEMPT_HEADER : ATTEMPT_BODY, probes[i].uid))
            probing.probes[probing.count++] = &probes[i];
        else /* its mailbox shows nothing more in this run, or it comes last, or ends the line */
            probes[i].doubt = !probes[i].got && !probes[i].unlikely;
    }
    ok = ok && ask(&probing);
    if (ok) {
        keep_doubtful(&probing);
        probing.again = true;
        ok = ask(&probing);
        keep_doubtful(&probing);
        note_overtaken(&probing);
    }
    digest_free(probing.digest);
    kinship_free(probing.kinship);
    buffer_free(&probing.header);
    arena_free(&arena);
    return ok;
}
