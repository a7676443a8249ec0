/* Digests of messages that are on the server only: read, digested, forgotten. Nothing is written anywhere. */
#include "store/base/lines.h"
#include "sync/run.h"

#define PROBE_HEADER_KEPT 16384 /* bytes of a header that are searched for its Message-ID */

struct probing {
    struct run *run;
    struct probe *probes;
    const size_t *first; /* index of each request's first probe */
    const struct remote_fetch *requests;
    struct digest *digest;
    struct lines_grow grow; /* a file's digests are of its wire form, in which every LF has its CR */
    struct buffer header;
};

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    struct probing *probing = context;

    (void)index;
    (void)size;
    buffer_clear(&probing->header);
    probing->grow = (struct lines_grow){0};
    if (digest_reset(probing->digest))
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
    if (!buffer_add(&probing->header, bytes, len < room ? len : room))
        return run_no_memory(probing->run);
    for (size_t at = 0; at < len;) {
        size_t out, taken = lines_grow(&probing->grow, (const char *)bytes + at, len - at, wire, sizeof wire, &out);

        if (!digest_add(probing->digest, wire, out)) {
            error_set(&probing->run->err, ERROR_LOCAL, "compute a digest");
            return false;
        }
        at += taken;
    }
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

static bool
on_end(void *context, size_t index, uint32_t uid)
{
    struct probing *probing = context;
    const struct remote_fetch *request = &probing->requests[index];
    struct digests digests;

    if (!digest_finish(probing->digest, &digests)) {
        error_set(&probing->run->err, ERROR_LOCAL, "compute a digest");
        return false;
    }
    for (size_t i = 0; i < request->count; i++) {
        struct probe *probe = &probing->probes[probing->first[index] + i];

        if (probe->uid != uid)
            continue;
        probe->got = true;
        probe->digests = digests;
        probe_message_id((struct text){probing->header.at, probing->header.len}, probe->message_id);
        probe->received = has_received((struct text){probing->header.at, probing->header.len});
    }
    return true;
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct probing *probing = context;

    struct run *run = probing->run;
    struct mailbox *mailbox = &run->mailboxes[probing->probes[probing->first[index]].mailbox];

    bool doubt = false;

    for (size_t i = 0; i < probing->requests[index].count; i++) {
        const struct probe *probe = &probing->probes[probing->first[index] + i];

        doubt = doubt || (!probe->got && !probe->unlikely);
    }
    if (outcome->ok || outcome->gone || !doubt)
        return true;
    /* What could not be compared is neither sent nor fetched: it may be the same. */
    mailbox->unsure = run->no_removals_here = run->no_removals_there = true;
    run_complain(run, mailbox, "read messages for pairing", outcome->answer, "the next run tries again");
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
probe_remote(struct run *run, struct probe *probes, size_t count, bool headers)
{
    static const struct remote_sink sink = {on_begin, on_data, on_end, on_done};
    struct probing probing = {.run = run, .probes = probes, .header = buffer_new(PROBE_HEADER_KEPT + 1)};
    struct remote_fetch *requests = calloc(count + 1, sizeof *requests);
    uint32_t *uids = calloc(count + 1, sizeof *uids);
    size_t *first = calloc(count + 1, sizeof *first);
    size_t n = 0;
    bool ok = (requests != NULL && uids != NULL && first != NULL) || run_no_memory(run);

    probing.digest = digest_new();
    ok = ok && (probing.digest != NULL || run_no_memory(run));
    for (size_t i = 0; ok && i < count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[probes[i].mailbox];

        uids[i] = probes[i].uid;
        if (i == 0 || probes[i].mailbox != probes[i - 1].mailbox) {
            first[n] = i;
            requests[n++] = (struct remote_fetch){.mailbox = text_of(mailbox->row.wire),
                                                  .uidvalidity = mailbox->row.uidvalidity,
                                                  .uids = &uids[i],
                                                  .headers = headers};
        }
        requests[n - 1].count++;
    }
    probing.requests = requests;
    probing.first = first;
    if (ok && n != 0)
        ok = run->remote.ops->fetch(run->remote.self, requests, n, &sink, &probing, &run->err);
    digest_free(probing.digest);
    buffer_free(&probing.header);
    free(requests);
    free(uids);
    free(first);
    return ok;
}
