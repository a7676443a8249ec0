/*
 * Bodies on the server, newest first. Each is digested as it comes and kept nowhere. One that differs is asked for once more: what a line or a
 * server garbled once is no damage. What a server keeps with other line ends (RFC 9051 lets it) is the message all the same.
 */
#include "sync/inspect/verify_private.h"

#define CHUNK 256 /* messages of one request: ascending inside, requests from the newest on */

struct bodies {
    struct verifying *verifying;
    const struct mailbox *mailbox;
    struct digest *digest;
    struct journal_message *row;
    uint32_t *uids; /* ascending */
    size_t count, size;
    uint32_t *differ; /* those whose body was another one */
    size_t differ_count, differ_size;
    bool again;       /* they are asked for once more */
    char answer[512]; /* of a request that was refused */
};

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    struct bodies *bodies = context;

    (void)index;
    (void)size;
    return digest_reset(bodies->digest, true) || run_no_memory(&bodies->verifying->run);
}

static bool
on_data(void *context, size_t index, const void *bytes, size_t len)
{
    struct bodies *bodies = context;

    (void)index;
    bodies->verifying->sum.bytes_there += len;
    return digest_add(bodies->digest, bytes, len) || run_no_memory(&bodies->verifying->run);
}

/* Only line ends differ from the file's here, or a NUL. */
static bool
is_rewritten(struct bodies *bodies, const struct digests *body)
{
    struct run *run = &bodies->verifying->run;
    const struct local_file file = run_file(bodies->mailbox, bodies->row);
    struct local_facts facts;
    struct error err = {0};
    bool missing = true;

    return verify_is_here(bodies->row) && run->local.ops->examine(run->local.self, &file, &facts, &missing, &err) &&
           !missing && memcmp(facts.digests.wire, bodies->row->wire, DIGEST_SIZE) == 0 &&
           memcmp(facts.digests.canonical, body->canonical, DIGEST_SIZE) == 0;
}

/* Of a message that is paired in other bytes the header of what the server has is known. */
static bool
is_same(const struct journal_message *row, const struct digests *body)
{
    if ((row->facts & FACT_FOREIGN) != 0)
        return !row->has_header || memcmp(row->header, body->header, DIGEST_SIZE) == 0;
    return memcmp(row->wire, body->wire, DIGEST_SIZE) == 0;
}

static bool
on_end(void *context, size_t index, uint32_t uid)
{
    struct bodies *bodies = context;
    struct run *run = &bodies->verifying->run;
    struct digests body;
    bool found;

    (void)index;
    if (!digest_finish(bodies->digest, &body))
        return run_no_memory(run);
    if (!journal_message_by_uid(run->journal, bodies->mailbox->row.id, uid, bodies->row, &found, &run->err))
        return false;
    bodies->verifying->sum.bodies += found && !bodies->again;
    if (!found || is_same(bodies->row, &body))
        return true;
    if (is_rewritten(bodies, &body)) {
        verify_say(bodies->verifying, bodies->mailbox, VERIFY_REWRITTEN, bodies->row, NULL);
        return true;
    }
    if (bodies->again) {
        verify_say(bodies->verifying, bodies->mailbox, VERIFY_BODY, bodies->row, NULL);
        return true;
    }
    if (!array_grow(&bodies->differ, &bodies->differ_size, bodies->differ_count + 1, sizeof *bodies->differ))
        return run_no_memory(run);
    bodies->differ[bodies->differ_count++] = uid;
    return true;
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct bodies *bodies = context;

    (void)index;
    if (!outcome->ok && !outcome->gone)
        (void)text_print(bodies->answer, sizeof bodies->answer, "bodies were not sent: %.400s", outcome->answer);
    return true;
}

static bool
fetch(struct bodies *bodies, const uint32_t *uids, size_t count)
{
    static const struct remote_sink sink = {.begin = on_begin, .data = on_data, .end = on_end, .done = on_done};
    struct run *run = &bodies->verifying->run;
    const size_t chunks = (count + CHUNK - 1) / CHUNK;
    struct remote_fetch *requests = calloc(chunks + 1, sizeof *requests);
    bool ok = requests != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < chunks; i++) {
        const size_t end = count - i * CHUNK, begin = end > CHUNK ? end - CHUNK : 0;

        requests[i] = (struct remote_fetch){.mailbox = text_of(bodies->mailbox->row.wire),
                                            .uidvalidity = bodies->mailbox->row.uidvalidity,
                                            .uids = uids + begin,
                                            .count = end - begin};
    }
    ok = ok && (chunks == 0 || run->remote.ops->fetch(run->remote.self, requests, chunks, &sink, bodies, &run->err));
    free(requests);
    return ok;
}

static bool
collect(struct bodies *bodies)
{
    struct run *run = &bodies->verifying->run;
    bool ok = journal_walk_begin(run->journal, bodies->mailbox->row.id, &run->err), found = false;

    bodies->count = bodies->differ_count = 0;
    while (ok) {
        ok = journal_walk_next(run->journal, bodies->row, &found, &run->err);
        if (!ok || !found)
            break;
        if (!verify_is_there(bodies->row) || !bodies->row->has_wire ||
            !verify_is_of_part(bodies->verifying, bodies->row->wire))
            continue;
        ok = array_grow(&bodies->uids, &bodies->size, bodies->count + 1, sizeof *bodies->uids) || run_no_memory(run);
        if (ok)
            bodies->uids[bodies->count++] = bodies->row->uid;
    }
    journal_walk_end(run->journal);
    return ok;
}

static int
compare_uids(const void *pa, const void *pb)
{
    const uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

    return a < b ? -1 : a > b;
}

static bool
read_mailbox(struct bodies *bodies)
{
    bodies->again = false;
    bodies->answer[0] = '\0';
    if (!collect(bodies) || !fetch(bodies, bodies->uids, bodies->count))
        return false;
    bodies->again = true;
    if (bodies->differ_count > 1)
        qsort(bodies->differ, bodies->differ_count, sizeof *bodies->differ, compare_uids);
    if (!fetch(bodies, bodies->differ, bodies->differ_count))
        return false;
    if (bodies->answer[0] != '\0')
        verify_say_many(bodies->verifying, bodies->mailbox, CLASS_BUSY, true, 0, bodies->answer);
    return true;
}

bool
verify_bodies(struct verifying *verifying)
{
    struct run *run = &verifying->run;
    struct bodies bodies = {.verifying = verifying, .digest = digest_new(), .row = malloc(sizeof *bodies.row)};
    bool ok = (bodies.digest != NULL && bodies.row != NULL) || run_no_memory(run);

    for (size_t i = 0; ok && i < run->count && !run_stopped(run); i++) {
        bodies.mailbox = &run->mailboxes[i];
        if (verify_is_compared(bodies.mailbox))
            ok = read_mailbox(&bodies);
    }
    digest_free(bodies.digest);
    free(bodies.row);
    free(bodies.uids);
    free(bodies.differ);
    return ok;
}
