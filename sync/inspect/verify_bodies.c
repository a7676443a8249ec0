/*
 * Bodies on the server, newest first. Each is digested as it comes and kept nowhere. One that differs, or does not come, is asked for once more:
 * what a line or a server garbled once is no damage. What did not come then either was not compared, and that is said, unless the server does not
 * list it any more. Where the connection breaks, the message that was due is asked for last, and alone: some servers close it at one that
 * they can't read. What a server keeps with other line ends (RFC 9051 lets it) is the message all the same.
 */
#include "sync/inspect/verify_private.h"

#define UNLISTED "it can't be listed either"
#define CHUNK 256 /* messages of one request: ascending inside, requests from the newest on */

struct asked {
    uint32_t uid;
    bool came;   /* its body, in this or the other try, or the server's word that it can't be had */
    bool differ; /* the body that came was another one */
    bool listed; /* it did not come, and is there */
    bool broke;  /* the connection broke when it was due: it is asked for alone */
};

struct bodies {
    struct verifying *verifying;
    const struct mailbox *mailbox;
    struct digest *digest;
    struct journal_message *row;
    struct asked *asked; /* ascending */
    size_t count, size;
    uint32_t *uids; /* of a request */
    size_t uids_count, uids_size;
    struct reopening reopening;
    bool progress; /* something came, or is known, since the connection broke */
    bool again;    /* it is asked for once more */
    bool gone;     /* the whole mailbox, or its numbers are others now */
    bool sure;     /* what is listed is told by `listed` */
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

static int
compare_asked(const void *pa, const void *pb)
{
    const struct asked *a = pa, *b = pb;

    return a->uid < b->uid ? -1 : a->uid > b->uid;
}

/* @return NULL: it was not asked for */
static struct asked *
find_asked(const struct bodies *bodies, uint32_t uid)
{
    const struct asked key = {.uid = uid};

    return bodies->count == 0 ? NULL : bsearch(&key, bodies->asked, bodies->count, sizeof key, compare_asked);
}

/* The row as it stands in the journal, which nobody writes to meanwhile. */
static bool
load(struct bodies *bodies, uint32_t uid, bool *found)
{
    struct run *run = &bodies->verifying->run;

    return journal_message_by_uid(run->journal, bodies->mailbox->row.id, uid, bodies->row, found, &run->err);
}

static bool
on_end(void *context, size_t index, uint32_t uid)
{
    struct bodies *bodies = context;
    struct asked *asked = find_asked(bodies, uid);
    struct digests body;
    bool found;

    (void)index;
    if (!digest_finish(bodies->digest, &body))
        return run_no_memory(&bodies->verifying->run);
    if (asked == NULL)
        return true;
    if (!load(bodies, uid, &found))
        return false;
    bodies->verifying->sum.bodies += !asked->came;
    asked->came = bodies->progress = true;
    asked->differ = false;
    if (!found || is_same(bodies->row, &body))
        return true;
    if (is_rewritten(bodies, &body))
        verify_say(bodies->verifying, bodies->mailbox, VERIFY_REWRITTEN, bodies->row, NULL);
    else if (bodies->again)
        verify_say(bodies->verifying, bodies->mailbox, VERIFY_BODY, bodies->row, NULL);
    else
        asked->differ = true;
    return true;
}

static bool
say_unsent(struct bodies *bodies, struct asked *asked, const char *answer)
{
    char why[600];
    bool found;

    if (!load(bodies, asked->uid, &found))
        return false;
    (void)text_print(why, sizeof why, "the server does not send its body: %.500s", answer);
    asked->came = true;
    asked->differ = false;
    verify_say(bodies->verifying, bodies->mailbox, VERIFY_UNSENT, bodies->row, answer[0] != '\0' ? why : NULL);
    return true;
}

static bool
on_refused(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome)
{
    struct bodies *bodies = context;
    struct asked *asked = find_asked(bodies, uid);

    (void)index;
    return !bodies->again || asked == NULL || asked->came || outcome->gone ||
           say_unsent(bodies, asked, outcome->answer);
}

/* What is true of all that did not come is found out by the listing. */
static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    (void)context;
    (void)index;
    (void)outcome;
    return true;
}

static bool
is_due(const struct bodies *bodies, const struct asked *asked)
{
    return !asked->came || (asked->differ && bodies->again);
}

/* Those that are asked for in this try go to uids. */
static void
choose(struct bodies *bodies)
{
    bodies->uids_count = 0;
    for (size_t i = 0; i < bodies->count; i++)
        if (is_due(bodies, &bodies->asked[i]) && !bodies->asked[i].broke)
            bodies->uids[bodies->uids_count++] = bodies->asked[i].uid;
}

static bool
fetch_chosen(struct bodies *bodies)
{
    static const struct remote_sink sink = {
        .begin = on_begin, .data = on_data, .end = on_end, .done = on_done, .refused = on_refused};
    struct run *run = &bodies->verifying->run;
    const size_t count = bodies->uids_count, chunks = (count + CHUNK - 1) / CHUNK;
    struct remote_fetch *requests = calloc(chunks + 1, sizeof *requests);
    bool ok = requests != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < chunks; i++) {
        const size_t end = count - i * CHUNK, begin = end > CHUNK ? end - CHUNK : 0;

        requests[i] = (struct remote_fetch){.mailbox = text_of(bodies->mailbox->row.wire),
                                            .uidvalidity = bodies->mailbox->row.uidvalidity,
                                            .uids = bodies->uids + begin,
                                            .count = end - begin};
    }
    ok = ok && (chunks == 0 || run->remote.ops->fetch(run->remote.self, requests, chunks, &sink, bodies, &run->err));
    free(requests);
    return ok;
}

/* The connection broke: which one was due? The first of what was asked for, in that order, that did not come. */
static void
suspect(struct bodies *bodies)
{
    for (size_t end = bodies->uids_count; end != 0; end = end > CHUNK ? end - CHUNK : 0)
        for (size_t i = end > CHUNK ? end - CHUNK : 0; i < end; i++) {
            struct asked *asked = find_asked(bodies, bodies->uids[i]);

            if (is_due(bodies, asked)) {
                asked->broke = true;
                return;
            }
        }
}

static bool
open_again(struct bodies *bodies)
{
    const bool progress = bodies->progress;

    bodies->progress = false;
    return verify_line_open_again(bodies->verifying, &bodies->reopening, progress);
}

/* ... by itself. Where the connection breaks again it is this one that the server can't send. */
static bool
fetch_alone(struct bodies *bodies, struct asked *asked)
{
    bodies->uids[0] = asked->uid;
    bodies->uids_count = 1;
    if (fetch_chosen(bodies))
        return true;
    bodies->progress = true;
    if (!open_again(bodies))
        return false;
    return say_unsent(bodies, asked, "it closes the connection instead");
}

static bool
fetch(struct bodies *bodies)
{
    for (;;) {
        choose(bodies);
        if (fetch_chosen(bodies))
            break;
        suspect(bodies);
        if (!open_again(bodies))
            return false;
    }
    for (size_t i = 0; i < bodies->count && !run_stopped(&bodies->verifying->run); i++)
        if (bodies->asked[i].broke && is_due(bodies, &bodies->asked[i]) && !fetch_alone(bodies, &bodies->asked[i]))
            return false;
    return true;
}

/* ---- is what did not come still there? ---- */

static bool
see_selected(void *context, size_t index, const struct remote_selected *selected)
{
    struct bodies *bodies = context;

    (void)index;
    bodies->gone = selected->uidvalidity != bodies->mailbox->row.uidvalidity;
    return true;
}

static bool
see_listed(void *context, size_t index, const struct remote_message *now)
{
    struct bodies *bodies = context;
    struct asked *asked = find_asked(bodies, now->uid);

    (void)index;
    if (asked != NULL)
        asked->listed = true;
    return true;
}

static bool
see_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct bodies *bodies = context;

    (void)index;
    bodies->gone = bodies->gone || (!outcome->ok && outcome->gone);
    bodies->sure = outcome->ok;
    return true;
}

static bool
say_missing(struct bodies *bodies)
{
    static const struct remote_observer observer = {.selected = see_selected, .message = see_listed, .done = see_done};
    const struct remote_select request = {
        .mailbox = text_of(bodies->mailbox->row.wire), .uidvalidity = bodies->mailbox->row.uidvalidity, .full = true};
    struct run *run = &bodies->verifying->run;
    bool ok = true;

    choose(bodies);
    if (bodies->uids_count == 0)
        return true;
    bodies->gone = bodies->sure = false;
    ok = run->remote.ops->observe(run->remote.self, &request, 1, &observer, bodies, &run->err);
    for (size_t i = 0; ok && !bodies->gone && i < bodies->count; i++)
        if (!bodies->asked[i].came && (bodies->asked[i].listed || !bodies->sure))
            ok = say_unsent(bodies, &bodies->asked[i], bodies->asked[i].listed ? "" : UNLISTED);
    return ok;
}

static bool
collect(struct bodies *bodies)
{
    struct run *run = &bodies->verifying->run;
    bool ok = journal_walk_begin(run->journal, bodies->mailbox->row.id, &run->err), found = false;

    bodies->count = 0;
    while (ok) {
        ok = journal_walk_next(run->journal, bodies->row, &found, &run->err);
        if (!ok || !found)
            break;
        if (!verify_is_there(bodies->row) || !bodies->row->has_wire ||
            !verify_is_of_part(bodies->verifying, bodies->row->wire))
            continue;
        ok = (array_grow(&bodies->asked, &bodies->size, bodies->count + 1, sizeof *bodies->asked) &&
              array_grow(&bodies->uids, &bodies->uids_size, bodies->count + 1, sizeof *bodies->uids)) ||
             run_no_memory(run);
        if (ok)
            bodies->asked[bodies->count++] = (struct asked){.uid = bodies->row->uid};
    }
    journal_walk_end(run->journal);
    return ok;
}

static bool
read_mailbox(struct bodies *bodies)
{
    bodies->again = false;
    if (!collect(bodies) || !fetch(bodies))
        return false;
    bodies->again = true;
    return run_stopped(&bodies->verifying->run) || (fetch(bodies) && say_missing(bodies));
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
    free(bodies.asked);
    free(bodies.uids);
    return ok;
}
