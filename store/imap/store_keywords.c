/*
 * Keywords set and taken off, for many mailboxes at once. A UID may be another message's than it was when the user spoke of it: the mailbox was made
 * anew, or its server came back from a backup and gave the UID a second time. So each message is read again before anything is sent about it, and what
 * came of it is looked up afterwards, since an OK proves nothing:
 *     SELECT a, FETCHes (size, date) | STOREs and FETCHes (flags) in a, SELECT b, FETCHes | STOREs ...
 * A server may refuse a whole command for the sake of one keyword (Exchange: BAD), so a STORE has one. What PERMANENTFLAGS leave out is never
 * sent: it would be ignored, or kept for this session only.
 */
#include "store/imap/client.h"

#include "store/imap/seqset.h"

#define BADS_MAX 2 /* a server that says BAD more often may end the line */

struct item {
    bool came, allowed;
    bool has_flags, has_size, has_date;
    bool cut;   /* more keywords than `keywords` has room for */
    bool after; /* `flags` and `keywords` are what was shown after the change */
    unsigned flags;
    uint64_t size;
    int64_t date;
    char *keywords; /* NULL: none */
};

struct visit { /* the changes of one mailbox */
    size_t begin, end;
    bool open;                 /* selected, and the one we mean */
    struct remote_outcome why; /* not */
};

struct keying {
    struct imap *imap;
    const struct remote_keyword *changes;
    size_t count;
    const struct remote_keyworder *to;
    void *context;
    struct error *err;
    size_t chunk;

    struct item **items; /* of each change while its mailbox is visited */
    struct remote_outcome *outcomes;
    struct visit ending, beginning; /* whose commands are in flight; begin == end: none */
    struct selection selection;
    struct permitted permitted;
    unsigned bads;

    enum { STEP_STORE, STEP_PROOF, STEP_SELECT, STEP_REREAD, STEP_END } step;
    size_t at, first;
};

static bool
out_of_memory(const struct keying *keying)
{
    error_set(keying->err, ERROR_LOCAL, "change keywords: out of memory");
    return false;
}

static bool
is_none(const struct visit *visit)
{
    return visit->begin == visit->end;
}

static bool
same_mailbox(const struct remote_keyword *a, const struct remote_keyword *b)
{
    return a->mailbox.len == b->mailbox.len && memcmp(a->mailbox.at, b->mailbox.at, a->mailbox.len) == 0;
}

/* ---- what is sent ---- */

/* Those of the change's next chunk that may be changed. *first is behind the chunk then. */
static size_t
next_allowed(const struct keying *keying, size_t change, size_t *first, uint32_t *uids)
{
    const struct remote_keyword *wanted = &keying->changes[change];
    size_t len = 0;

    while (*first < wanted->count && len < keying->chunk) {
        if (keying->items[change][*first].allowed)
            uids[len++] = wanted->uids[*first];
        ++*first;
    }
    return len;
}

static bool
send_store(struct keying *keying, const uint32_t *uids, size_t count)
{
    struct queue *queue = &keying->imap->queue;
    const struct remote_keyword *change = &keying->changes[keying->at];

    queue_begin(queue, COMMAND_STORE_KEYWORD, keying->at, 0, count);
    queue_print(queue, "UID STORE ");
    queue_set(queue, uids, count);
    queue_print(queue, " %cFLAGS.SILENT (%.*s)", change->add ? '+' : '-', (int)change->word.len, change->word.at);
    return queue_end(queue, keying->err);
}

static bool
send_fetch(struct keying *keying, int kind, const uint32_t *uids, size_t count)
{
    struct queue *queue = &keying->imap->queue;

    queue_begin(queue, kind, keying->at, 0, count);
    queue_print(queue, "UID FETCH ");
    queue_set(queue, uids, count);
    queue_print(queue, kind == COMMAND_PROOF ? " (UID FLAGS)" : " (UID FLAGS INTERNALDATE RFC822.SIZE)");
    return queue_end(queue, keying->err);
}

/* One command about a chunk of a change. *sent: there was one. */
static bool
send_chunk(struct keying *keying, bool *sent)
{
    const struct remote_keyword *change = &keying->changes[keying->at];
    uint32_t uids[LIMIT_BATCH];
    size_t count, first = keying->first;

    *sent = true;
    if (keying->step == STEP_REREAD) {
        count = change->count - first < keying->chunk ? change->count - first : keying->chunk;
        keying->first += count;
        return send_fetch(keying, COMMAND_REREAD, change->uids + first, count);
    }
    count = next_allowed(keying, keying->at, &keying->first, uids);
    *sent = count != 0;
    if (count == 0)
        return true;
    return keying->step == STEP_STORE ? send_store(keying, uids, count)
                                      : send_fetch(keying, COMMAND_PROOF, uids, count);
}

static void
enter(struct keying *keying, int step)
{
    keying->step = step;
    keying->at = step < STEP_SELECT ? keying->ending.begin : keying->beginning.begin;
    keying->first = 0;
}

static bool
next(void *self, bool *more)
{
    struct keying *keying = self;
    bool sent = false;

    while (!sent && keying->step != STEP_END) {
        const struct visit *visit = keying->step < STEP_SELECT ? &keying->ending : &keying->beginning;

        if (keying->step == STEP_SELECT && !is_none(visit)) {
            enter(keying, STEP_REREAD);
            return select_send(keying->imap, visit->begin, keying->changes[visit->begin].mailbox, "", keying->err);
        }
        if (keying->step == STEP_SELECT || keying->at == visit->end) {
            enter(keying, (int)keying->step + 1);
            continue;
        }
        if (keying->first >= keying->changes[keying->at].count || keying->outcomes[keying->at].unkept ||
            (keying->step == STEP_STORE && keying->bads >= BADS_MAX)) {
            keying->at++;
            keying->first = 0;
            continue;
        }
        if (!send_chunk(keying, &sent))
            return false;
    }
    *more = sent;
    return true;
}

/* ---- what is answered ---- */

static bool
set_flags(const struct keying *keying, struct item *item, const struct fetched *fetched)
{
    free(item->keywords);
    item->flags = fetched->flags;
    item->cut = fetched->flags_cut;
    item->keywords = fetched->keywords[0] != '\0' ? strdup(fetched->keywords) : NULL;
    return item->keywords != NULL || fetched->keywords[0] == '\0' || out_of_memory(keying);
}

static struct remote_message
message_of(const struct item *item, uint32_t uid)
{
    return (struct remote_message){.uid = uid,
                                   .has_flags = true,
                                   .flags = item->flags,
                                   .keywords = item->keywords != NULL ? item->keywords : "",
                                   .cut = item->cut,
                                   .has_meta = true,
                                   .size = item->size,
                                   .date = item->date};
}

static bool
take_reread(struct keying *keying, size_t change, size_t at, const struct fetched *fetched)
{
    struct item *item = &keying->items[change][at];

    item->size = fetched->has_size ? fetched->size : item->size;
    item->date = fetched->has_date ? fetched->date : item->date;
    item->has_size |= fetched->has_size;
    item->has_date |= fetched->has_date;
    if (fetched->has_flags) {
        item->has_flags = true;
        if (!set_flags(keying, item, fetched))
            return false;
    }
    if (!item->has_flags || !item->has_size || !item->has_date)
        return true;
    const struct remote_message now = message_of(item, fetched->uid);
    const bool first = !item->came;

    item->came = true;
    item->allowed = keying->to->verify(keying->context, change, at, &now) && (first || item->allowed);
    return true;
}

/*
 * Dovecot was seen to show flags before it says OK to what changed them, and not again: what was shown last is what is there, whichever of the
 * visit's commands it came with.
 */
static bool
take_shown(struct keying *keying, const struct fetched *fetched)
{
    for (size_t i = keying->ending.begin; i < keying->ending.end; i++) {
        size_t at;

        if (keying->items[i] == NULL ||
            !seqset_find(keying->changes[i].uids, keying->changes[i].count, fetched->uid, &at))
            continue;
        struct item *item = &keying->items[i][at];

        item->after = true;
        if (!set_flags(keying, item, fetched))
            return false;
    }
    return true;
}

static void
track(struct keying *keying)
{
    if (select_track(keying->imap, &keying->selection))
        keying->permitted = (struct permitted){0};
}

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct keying *keying = self;
    size_t at;

    track(keying);
    select_untagged(keying->imap, &keying->selection, response);
    permitted_take(&keying->permitted, response);
    if (response->kind != RESPONSE_FETCH || response->fetch.uid == 0 || oldest == NULL)
        return true;
    if (oldest->kind == COMMAND_REREAD && keying->beginning.open) {
        for (size_t i = keying->beginning.begin; i < keying->beginning.end; i++)
            if (seqset_find(keying->changes[i].uids, keying->changes[i].count, response->fetch.uid, &at) &&
                !take_reread(keying, i, at, &response->fetch))
                return false;
        return true;
    }
    if ((oldest->kind == COMMAND_STORE_KEYWORD || oldest->kind == COMMAND_PROOF) && response->fetch.has_flags)
        return take_shown(keying, &response->fetch);
    return true;
}

/* Of each change: does this mailbox keep its keyword? */
static void
sort_out(struct keying *keying, const struct visit *visit)
{
    for (size_t i = visit->begin; i < visit->end; i++) {
        if (permitted_has(&keying->permitted, keying->changes[i].word))
            continue;
        client_outcome(&keying->outcomes[i], "this mailbox does not keep it (PERMANENTFLAGS)");
        keying->outcomes[i].unkept = true;
    }
}

static bool
take_select(struct keying *keying, const struct command *command, const struct response *response)
{
    struct selection *selection = &keying->selection;
    struct visit *visit = &keying->beginning;

    if (!select_answered(keying->imap, selection, command, response))
        return false;
    if (command->kind == COMMAND_UNSELECT)
        return true;
    permitted_take(&keying->permitted, response);
    visit->why = (struct remote_outcome){.ok = true};
    visit->open = false;
    if (!selection->ok) {
        if (response->state == STATE_BAD)
            keying->imap->queue.serial = true;
        client_refused(response, &visit->why);
    } else if (!select_good(keying->imap, selection, keying->changes[command->index].mailbox,
                            keying->changes[command->index].uidvalidity, &visit->why)) {
        return true;
    } else if (selection->not_sticky || selection->read_only) {
        client_outcome(&visit->why, "%s",
                       selection->read_only ? REMOTE_READ_ONLY : "its UIDs do not last ([UIDNOTSTICKY])");
        visit->why.denied = true;
    } else {
        visit->open = true;
        sort_out(keying, visit);
    }
    return true;
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct keying *keying = self;

    track(keying);
    if (command->kind == COMMAND_SELECT || command->kind == COMMAND_UNSELECT)
        return take_select(keying, command, response);
    if (!select_in_turn(keying->imap, command))
        return false;
    if (response->state == STATE_OK || command->kind == COMMAND_PROOF) /* what it did not show is not known */
        return true;
    if (command->kind == COMMAND_STORE_KEYWORD)
        keying->bads += response->state == STATE_BAD;
    else if (!keying->beginning.open)
        return true;
    if (keying->outcomes[command->index].ok)
        client_refused(response, &keying->outcomes[command->index]);
    return true;
}

/* ---- the flow ---- */

static void
drop_items(struct keying *keying, size_t change)
{
    for (size_t i = 0; keying->items[change] != NULL && i < keying->changes[change].count; i++)
        free(keying->items[change][i].keywords);
    free(keying->items[change]);
    keying->items[change] = NULL;
}

static bool
tell_change(struct keying *keying, const struct visit *visit, size_t change)
{
    const struct remote_keyword *wanted = &keying->changes[change];
    struct remote_outcome *outcome = &keying->outcomes[change];
    bool allowed = false;

    if (!visit->open) {
        *outcome = visit->why;
        return keying->to->done(keying->context, change, outcome);
    }
    for (size_t i = 0; i < wanted->count && !outcome->unkept; i++) {
        const struct item *item = &keying->items[change][i];
        const struct remote_message now = message_of(item, wanted->uids[i]);

        allowed |= item->allowed;
        if (item->allowed && item->after && !keying->to->shown(keying->context, change, i, &now))
            return false;
    }
    if (outcome->ok && !allowed) {
        client_outcome(outcome, "none of these messages is what it was");
        outcome->changed = true;
    } else if (outcome->ok && keying->bads >= BADS_MAX) { /* perhaps it was not even sent */
        client_outcome(outcome, "it answered BAD to other keywords");
        outcome->throttled = true;
    }
    return keying->to->done(keying->context, change, outcome);
}

static bool
tell_visit(struct keying *keying, const struct visit *visit)
{
    bool ok = true;

    for (size_t i = visit->begin; i < visit->end; i++) {
        ok = ok && tell_change(keying, visit, i);
        drop_items(keying, i);
    }
    return ok;
}

static bool
begin_visit(struct keying *keying, size_t from)
{
    struct visit *visit = &keying->beginning;

    *visit = (struct visit){.begin = from, .end = from};
    while (visit->end < keying->count && same_mailbox(&keying->changes[from], &keying->changes[visit->end])) {
        const size_t i = visit->end++;

        drop_items(keying, i);
        keying->outcomes[i] = (struct remote_outcome){.ok = true};
        keying->items[i] = calloc(keying->changes[i].count + 1, sizeof **keying->items);
        if (keying->items[i] == NULL)
            return out_of_memory(keying);
    }
    return true;
}

/* The end of one visit and the begin of the next, in one turn. */
static bool
run_turn(struct keying *keying)
{
    const struct operation operation = {
        .self = keying, .next = next, .untagged = take_untagged, .answered = take_answer};
    const bool serial = keying->imap->queue.serial;

    enter(keying, STEP_STORE);
    if (!queue_run(&keying->imap->queue, &operation, keying->err) || !tell_visit(keying, &keying->ending))
        return false;
    keying->ending = (struct visit){0};
    if (serial || !keying->imap->queue.serial || is_none(&keying->beginning) || keying->beginning.open)
        return true;
    /* It was refused because it came too fast. */
    if (!begin_visit(keying, keying->beginning.begin))
        return false;
    enter(keying, STEP_SELECT);
    return queue_run(&keying->imap->queue, &operation, keying->err);
}

static bool
visit_all(struct keying *keying)
{
    size_t from = 0;

    while (from < keying->count || !is_none(&keying->ending)) {
        if (!begin_visit(keying, from) || !run_turn(keying))
            return false;
        from = keying->beginning.end;
        if (keying->beginning.open)
            keying->ending = keying->beginning;
        else if (!tell_visit(keying, &keying->beginning))
            return false;
        keying->beginning = (struct visit){.begin = from, .end = from};
    }
    return true;
}

bool
imap_keyword(struct imap *imap, const struct remote_keyword *changes, size_t count, const struct remote_keyworder *to,
             void *context, struct error *err)
{
    struct keying *keying = calloc(1, sizeof *keying);
    bool ok = keying != NULL;

    if (!ok) {
        error_set(err, ERROR_LOCAL, "change keywords: out of memory");
        return false;
    }
    *keying = (struct keying){.imap = imap,
                              .changes = changes,
                              .count = count,
                              .to = to,
                              .context = context,
                              .err = err,
                              .chunk = client_at_once(imap, LIMIT_BATCH),
                              .items = calloc(count + 1, sizeof *keying->items),
                              .outcomes = calloc(count + 1, sizeof *keying->outcomes)};
    ok = (keying->items != NULL && keying->outcomes != NULL) || out_of_memory(keying);
    ok = ok && visit_all(keying);
    for (size_t i = 0; keying->items != NULL && i < count; i++)
        drop_items(keying, i);
    free(keying->items);
    free(keying->outcomes);
    free(keying);
    return ok;
}
