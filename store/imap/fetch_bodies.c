/*
 * Bodies or headers of many mailboxes, streamed to a sink in the order of the answers. UIDs are asked in commands of
 * at most 256. Some servers refuse a whole command for the sake of one message that they can't read: what was not
 * delivered then is asked again in halves, down to the one.
 */
#include "store/imap/client.h"

#include "store/imap/seqset.h"

#define CHUNK LIMIT_BATCH

struct piece { /* one command: wanted[index].uids[first ... first+count-1] */
    size_t index, first, count;
};

struct failure {
    size_t index;
    struct remote_outcome outcome;
};

struct fetching {
    struct imap *imap;
    const struct remote_fetch *wanted;
    size_t count;
    const struct remote_sink *to;
    void *context;
    struct error *err;

    /* what is asked: in the first pass everything, then the pieces of the last one that failed */
    bool first_pass;
    struct piece *pieces;
    size_t pieces_len, pieces_size;
    size_t at, first; /* request and UID in it, or piece */
    bool select_queued;
    size_t queued_for; /* request whose SELECT was queued last */

    /* what is being answered */
    struct selection selection;
    bool ignore;              /* not selected, or not the one we mean */
    size_t left;              /* commands of this request not answered yet */
    unsigned char *delivered; /* a bit for each UID of this request */
    size_t delivered_size;
    bool begun;          /* the sink has begun a literal in this answer */
    struct piece *again; /* for the next pass */
    size_t again_len, again_size;
    bool has_again;           /* this request has some of them */
    struct failure *failures; /* of requests that are not done yet */
    size_t failures_len, failures_size;
};

static bool
out_of_memory(const struct fetching *fetching)
{
    error_set(fetching->err, ERROR_LOCAL, "fetch messages: out of memory");
    return false;
}

/* ---- asking ---- */

static bool
send_fetch(struct fetching *fetching, const struct piece *piece)
{
    struct queue *queue = &fetching->imap->queue;
    const struct remote_fetch *wanted = &fetching->wanted[piece->index];

    queue_begin(queue, COMMAND_FETCH, piece->index, piece->first, piece->count);
    queue_print(queue, "UID FETCH ");
    queue_set(queue, wanted->uids + piece->first, piece->count);
    queue_print(queue, wanted->headers ? " (UID BODY.PEEK[HEADER])" : " (UID BODY.PEEK[])");
    return queue_end(queue, fetching->err);
}

/* The next command's piece, or none. */
static bool
next_piece(struct fetching *fetching, struct piece *out)
{
    if (!fetching->first_pass) {
        if (fetching->at == fetching->pieces_len)
            return false;
        *out = fetching->pieces[fetching->at];
        return true;
    }
    while (fetching->at < fetching->count && fetching->first >= fetching->wanted[fetching->at].count) {
        fetching->at++;
        fetching->first = 0;
    }
    if (fetching->at == fetching->count)
        return false;
    size_t rest = fetching->wanted[fetching->at].count - fetching->first;
    *out = (struct piece){fetching->at, fetching->first, rest < CHUNK ? rest : CHUNK};
    return true;
}

static bool
next(void *self, bool *more)
{
    struct fetching *fetching = self;
    struct piece piece;

    if (!next_piece(fetching, &piece)) {
        *more = false;
        return true;
    }
    if (!fetching->select_queued || fetching->queued_for != piece.index) {
        fetching->select_queued = true;
        fetching->queued_for = piece.index;
        return select_send(fetching->imap, piece.index, fetching->wanted[piece.index].mailbox, "", fetching->err);
    }
    if (fetching->first_pass)
        fetching->first += piece.count;
    else
        fetching->at++;
    return send_fetch(fetching, &piece);
}

/* ---- answers ---- */

static bool
was_delivered(const struct fetching *fetching, size_t at)
{
    return fetching->delivered[at / 8] >> (at % 8) & 1;
}

static void
note_delivered(struct fetching *fetching, size_t at, bool delivered)
{
    unsigned char bit = (unsigned char)(1u << (at % 8));

    if (delivered)
        fetching->delivered[at / 8] |= bit;
    else
        fetching->delivered[at / 8] &= (unsigned char)~bit;
}

/* A request begins to be answered: how many commands it has, and which UIDs they are to deliver. */
static bool
track(struct fetching *fetching)
{
    if (!select_track(fetching->imap, &fetching->selection))
        return true;
    size_t index = fetching->selection.index, count = fetching->wanted[index].count;
    fetching->ignore = fetching->begun = fetching->has_again = false;
    if (!array_grow(&fetching->delivered, &fetching->delivered_size, count / 8 + 1, 1))
        return out_of_memory(fetching);
    memset(fetching->delivered, fetching->first_pass ? 0 : 0xff, count / 8 + 1);
    fetching->left = fetching->first_pass ? (count + CHUNK - 1) / CHUNK : 0;
    for (size_t i = 0; i < fetching->pieces_len && !fetching->first_pass; i++) {
        const struct piece *piece = &fetching->pieces[i];
        if (piece->index != index)
            continue;
        fetching->left++;
        for (size_t at = piece->first; at < piece->first + piece->count; at++)
            note_delivered(fetching, at, false);
    }
    return true;
}

/* Is it a UID that this request still waits for? */
static bool
is_wanted(const struct fetching *fetching, uint32_t uid, size_t *at)
{
    const struct remote_fetch *wanted = &fetching->wanted[fetching->selection.index];

    return seqset_find(wanted->uids, wanted->count, uid, at) && !was_delivered(fetching, *at);
}

static bool
take_body(void *self, uint32_t uid, struct text section, uint64_t size, bool *wanted)
{
    struct fetching *fetching = self;
    size_t at;

    *wanted = false;
    if (!track(fetching))
        return false;
    if (!select_owns(fetching->imap, &fetching->selection) || !fetching->selection.ok || fetching->ignore ||
        fetching->begun)
        return true;
    bool headers = fetching->wanted[fetching->selection.index].headers;
    if (!text_is_nocase(section, headers ? "HEADER" : "") || (uid != 0 && !is_wanted(fetching, uid, &at)))
        return true;
    *wanted = fetching->begun = true;
    return fetching->to->begin(fetching->context, fetching->selection.index, size);
}

static bool
take_data(void *self, const void *bytes, size_t len)
{
    struct fetching *fetching = self;

    return fetching->to->data(fetching->context, fetching->selection.index, bytes, len);
}

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct fetching *fetching = self;
    uint32_t uid = response->fetch.uid;
    size_t at;

    (void)oldest;
    if (!track(fetching))
        return false;
    select_untagged(fetching->imap, &fetching->selection, response);
    if (response->kind != RESPONSE_FETCH || !fetching->begun)
        return true;
    fetching->begun = false;
    /* Whose body it was is known only now where the UID came behind it. 0: nobody's, to be forgotten. */
    if (uid != 0 && is_wanted(fetching, uid, &at))
        note_delivered(fetching, at, true);
    else
        uid = 0;
    return fetching->to->end(fetching->context, fetching->selection.index, uid);
}

static bool
add_piece(struct fetching *fetching, size_t first, size_t count)
{
    fetching->has_again = true;
    if (!array_grow(&fetching->again, &fetching->again_size, fetching->again_len + 1, sizeof *fetching->again))
        return out_of_memory(fetching);
    fetching->again[fetching->again_len++] = (struct piece){fetching->selection.index, first, count};
    return true;
}

static struct remote_outcome *
failure_of(struct fetching *fetching, size_t index)
{
    for (size_t i = 0; i < fetching->failures_len; i++)
        if (fetching->failures[i].index == index)
            return &fetching->failures[i].outcome;
    return NULL;
}

static bool
add_failure(struct fetching *fetching, const struct remote_outcome *outcome)
{
    size_t index = fetching->selection.index;

    if (failure_of(fetching, index) != NULL)
        return true;
    if (!array_grow(&fetching->failures, &fetching->failures_size, fetching->failures_len + 1,
                    sizeof *fetching->failures))
        return out_of_memory(fetching);
    fetching->failures[fetching->failures_len++] = (struct failure){index, *outcome};
    return true;
}

/* A command was refused: ask again for what it did not deliver, each run of it in two halves. */
static bool
halve(struct fetching *fetching, const struct command *command, const struct response *response)
{
    struct remote_outcome outcome;
    size_t end = command->first + command->count, missing = 0;

    client_refused(response, &outcome);
    for (size_t i = command->first; i < end; i++)
        missing += !was_delivered(fetching, i);
    if (missing == 0)
        return true;
    if (missing == 1 || outcome.over_quota)
        return add_failure(fetching, &outcome);
    for (size_t i = command->first; i < end;) {
        size_t stop = i;
        while (stop < end && !was_delivered(fetching, stop))
            stop++;
        size_t half = (stop - i + 1) / 2;
        if (stop > i && !add_piece(fetching, i, half))
            return false;
        if (stop > i + half && !add_piece(fetching, i + half, stop - i - half))
            return false;
        i = stop + 1;
    }
    return true;
}

static bool
finish_request(struct fetching *fetching)
{
    size_t index = fetching->selection.index;
    struct remote_outcome good = {.ok = true}, *failure = failure_of(fetching, index);

    if (fetching->has_again)
        return true;
    bool ok = fetching->to->done(fetching->context, index, failure != NULL ? failure : &good);
    if (failure != NULL) {
        struct failure *last = &fetching->failures[--fetching->failures_len];
        struct failure *hole = &fetching->failures[0];
        while (&hole->outcome != failure)
            hole++;
        if (hole != last)
            *hole = *last;
    }
    return ok;
}

static bool
take_select(struct fetching *fetching, const struct command *command, const struct response *response)
{
    struct selection *selection = &fetching->selection;
    const struct remote_fetch *wanted = &fetching->wanted[command->index];
    struct remote_outcome outcome;

    if (!select_answered(fetching->imap, selection, command, response))
        return false;
    if (command->kind == COMMAND_UNSELECT)
        return true;
    if (selection->ok && select_good(selection, wanted->uidvalidity, &outcome))
        return true;
    fetching->ignore = true;
    if (!selection->ok && response->state == STATE_BAD && !fetching->imap->queue.serial) {
        fetching->imap->queue.serial = true; /* the server can't be asked so much at once: again, one at a time */
        for (size_t first = 0; first < wanted->count; first += CHUNK)
            if (!add_piece(fetching, first, wanted->count - first < CHUNK ? wanted->count - first : CHUNK))
                return false;
        return true;
    }
    if (!selection->ok)
        client_refused(response, &outcome);
    return add_failure(fetching, &outcome);
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct fetching *fetching = self;

    if (!track(fetching))
        return false;
    if (command->kind != COMMAND_FETCH)
        return take_select(fetching, command, response);
    if (!select_in_turn(fetching->imap, command))
        return false;
    if (!fetching->ignore && response->state != STATE_OK && !halve(fetching, command, response))
        return false;
    return --fetching->left > 0 || finish_request(fetching);
}

static bool
run_passes(struct fetching *fetching)
{
    const struct operation operation = {
        .self = fetching,
        .next = next,
        .untagged = take_untagged,
        .answered = take_answer,
        .sink = {.body = take_body, .data = take_data, .context = fetching},
    };
    struct remote_outcome nothing = {.ok = true};

    for (size_t i = 0; i < fetching->count; i++)
        if (fetching->wanted[i].count == 0 && !fetching->to->done(fetching->context, i, &nothing))
            return false;
    for (fetching->first_pass = true;; fetching->first_pass = false) {
        fetching->at = fetching->first = 0;
        fetching->select_queued = false;
        if (!queue_run(&fetching->imap->queue, &operation, fetching->err))
            return false;
        if (fetching->again_len == 0)
            return true;
        free(fetching->pieces);
        fetching->pieces = fetching->again;
        fetching->pieces_len = fetching->again_len;
        fetching->again = NULL;
        fetching->again_len = fetching->again_size = 0;
    }
}

bool
imap_fetch(struct imap *imap, const struct remote_fetch *wanted, size_t count, const struct remote_sink *to,
           void *context, struct error *err)
{
    struct fetching fetching = {
        .imap = imap, .wanted = wanted, .count = count, .to = to, .context = context, .err = err};
    bool ok = run_passes(&fetching);

    free(fetching.pieces);
    free(fetching.again);
    free(fetching.delivered);
    free(fetching.failures);
    return ok;
}
