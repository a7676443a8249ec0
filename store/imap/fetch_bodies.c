/*
 * Bodies or headers of many mailboxes, streamed to a sink in the order of the answers. UIDs are asked in commands of at most 256, or as many as
 * the server announces (MESSAGELIMIT); what one cuts off all the same is asked for again. Some servers refuse a whole command for the sake of one
 * message that they can't read: what was not delivered then is asked again in halves, down to the one. Others refuse all of it, for now: so before
 * the halves two messages are asked for by themselves. Where two on end are refused in the same words, or the server says by a code that it is
 * enough, nothing more is asked of that mailbox. [UNAVAILABLE] and [SERVERBUG] are no such code: servers say them of one message that they can't
 * read, too.
 */
#include "store/imap/client.h"

#include "store/base/arena.h"
#include "store/imap/seqset.h"

#define CHUNK LIMIT_BATCH

struct piece { /* one command: wanted[index].uids[first ... first+count-1] */
    size_t index, first, count;
};

struct place {        /* a mailbox; neighbouring requests share it */
    bool probed;      /* two of its messages were asked for by themselves */
    bool over;        /* nothing more is asked of it */
    unsigned refused; /* messages refused by themselves, in the same words, since one came */
    struct remote_outcome why;
};

struct request { /* the state of wanted[i] */
    size_t place;
    size_t due;  /* commands of this pass that are not answered yet */
    size_t left; /* pieces that wait for a later pass */
    bool failed;
    struct remote_outcome why; /* the first thing that failed */
};

struct fetching {
    struct imap *imap;
    const struct remote_fetch *wanted;
    size_t count;
    const struct remote_sink *to;
    void *context;
    struct error *err;

    struct arena arena;
    struct place *places;
    struct request *requests;

    size_t chunk; /* UIDs in one command */
    /* what is asked: in the first pass everything, then what the last one left, or two messages of it */
    bool first_pass;
    struct piece *pieces;
    size_t pieces_len, pieces_size;
    size_t at, first; /* request and UID in it, or piece */
    bool select_queued;
    size_t queued_for; /* request whose SELECT was queued last */

    /* what is being answered */
    struct selection selection;
    bool ignore;              /* not selected, or not the one we mean */
    unsigned char *delivered; /* a bit for each UID of this request */
    size_t delivered_size;
    bool begun;          /* the sink has begun a literal in this answer */
    struct piece *again; /* for a later pass */
    size_t again_len, again_size;
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
    queue_print(queue, wanted->headers ? " (UID BODY.PEEK[HEADER])"
                       : wanted->sizes ? " (UID RFC822.SIZE BODY.PEEK[])"
                                       : " (UID BODY.PEEK[])");
    return queue_end(queue, fetching->err);
}

static struct place *
place_of(const struct fetching *fetching, size_t index)
{
    return &fetching->places[fetching->requests[index].place];
}

static void
note_failure(struct fetching *fetching, size_t index, const struct remote_outcome *outcome)
{
    struct request *request = &fetching->requests[index];

    if (!request->failed)
        request->why = *outcome;
    request->failed = true;
}

/* Tell that a request is done, if it is. */
static bool
finish_request(struct fetching *fetching, size_t index)
{
    const struct remote_outcome good = {.ok = true};
    struct request *request = &fetching->requests[index];

    if (request->due != 0 || request->left != 0)
        return true;
    request->why.throttled = request->why.throttled || place_of(fetching, index)->over;
    return fetching->to->done(fetching->context, index, request->failed ? &request->why : &good);
}

/* So many commands of a request are not sent after all: its mailbox is over. */
static bool
leave_out(struct fetching *fetching, size_t index, size_t commands)
{
    note_failure(fetching, index, &place_of(fetching, index)->why);
    fetching->requests[index].due -= commands;
    return finish_request(fetching, index);
}

/* Of the first pass: past what is asked already, and past mailboxes that are over. */
static bool
skip(struct fetching *fetching)
{
    while (fetching->at < fetching->count) {
        const size_t count = fetching->wanted[fetching->at].count, rest = count - fetching->first;

        if (rest != 0 && !place_of(fetching, fetching->at)->over)
            return true;
        if (rest != 0 && !leave_out(fetching, fetching->at, (rest + fetching->chunk - 1) / fetching->chunk))
            return false;
        fetching->at++;
        fetching->first = 0;
    }
    return true;
}

static bool
skip_pieces(struct fetching *fetching)
{
    while (fetching->at < fetching->pieces_len && place_of(fetching, fetching->pieces[fetching->at].index)->over)
        if (!leave_out(fetching, fetching->pieces[fetching->at++].index, 1))
            return false;
    return true;
}

/* The next command's piece, or none. */
static bool
next_piece(const struct fetching *fetching, struct piece *out)
{
    if (!fetching->first_pass) {
        if (fetching->at == fetching->pieces_len)
            return false;
        *out = fetching->pieces[fetching->at];
        return true;
    }
    if (fetching->at == fetching->count)
        return false;
    size_t rest = fetching->wanted[fetching->at].count - fetching->first;
    *out = (struct piece){fetching->at, fetching->first, rest < fetching->chunk ? rest : fetching->chunk};
    return true;
}

static bool
next(void *self, bool *more)
{
    struct fetching *fetching = self;
    struct piece piece;

    if (!(fetching->first_pass ? skip(fetching) : skip_pieces(fetching)))
        return false;
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

/* A request begins to be answered: which UIDs is it to deliver? */
static bool
track(struct fetching *fetching)
{
    if (!select_track(fetching->imap, &fetching->selection))
        return true;
    size_t index = fetching->selection.index, count = fetching->wanted[index].count;
    fetching->ignore = fetching->begun = false;
    if (!array_grow(&fetching->delivered, &fetching->delivered_size, count / 8 + 1, 1))
        return out_of_memory(fetching);
    memset(fetching->delivered, fetching->first_pass ? 0 : 0xff, count / 8 + 1);
    for (size_t i = 0; i < fetching->pieces_len && !fetching->first_pass; i++) {
        const struct piece *piece = &fetching->pieces[i];
        if (piece->index != index)
            continue;
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
    uint32_t uid = response->kind != RESPONSE_UNREADABLE ? response->fetch.uid : 0;
    size_t at;

    (void)oldest;
    if (!track(fetching))
        return false;
    select_untagged(fetching->imap, &fetching->selection, response);
    if ((response->kind != RESPONSE_FETCH && response->kind != RESPONSE_UNREADABLE) || !fetching->begun)
        return true;
    fetching->begun = false;
    /* Whose body it was is known only now where the UID came behind it. 0: nobody's, to be forgotten. */
    if (uid != 0 && is_wanted(fetching, uid, &at)) {
        note_delivered(fetching, at, true);
        place_of(fetching, fetching->selection.index)->refused = 0;
        if (response->fetch.has_size && fetching->to->sized != NULL &&
            !fetching->to->sized(fetching->context, fetching->selection.index, response->fetch.size))
            return false;
    } else {
        uid = 0;
    }
    return fetching->to->end(fetching->context, fetching->selection.index, uid);
}

static bool
add_piece(struct fetching *fetching, size_t index, size_t first, size_t count)
{
    if (!array_grow(&fetching->again, &fetching->again_size, fetching->again_len + 1, sizeof *fetching->again))
        return out_of_memory(fetching);
    fetching->again[fetching->again_len++] = (struct piece){index, first, count};
    fetching->requests[index].left++;
    return true;
}

/* Each run of what a refused command did not deliver, in two halves. */
static bool
halve(struct fetching *fetching, const struct command *command)
{
    const size_t end = command->first + command->count, index = command->index;

    for (size_t i = command->first; i < end;) {
        size_t stop = i;
        while (stop < end && !was_delivered(fetching, stop))
            stop++;
        size_t half = (stop - i + 1) / 2;
        if (stop > i && !add_piece(fetching, index, i, half))
            return false;
        if (stop > i + half && !add_piece(fetching, index, i + half, stop - i - half))
            return false;
        i = stop + 1;
    }
    return true;
}

/* The server stopped before the end. Of the rest as much is asked again as it gave, if it gave anything. */
static bool
go_on(struct fetching *fetching, const struct command *command)
{
    const size_t end = command->first + command->count;
    size_t given = 0;

    for (size_t i = command->first; i < end; i++)
        given += was_delivered(fetching, i);
    place_of(fetching, command->index)->probed |= given != 0; /* it refuses nothing */
    for (size_t i = command->first, stop; given != 0 && i < end; i = stop) {
        for (stop = i; stop < end && stop - i < given && !was_delivered(fetching, stop);)
            stop++;
        if (stop > i && !add_piece(fetching, command->index, i, stop - i))
            return false;
        stop += stop == i;
    }
    return true;
}

/* One message was refused by itself. The second one on end that is refused in the same words is the last of its mailbox. */
static bool
refuse_one(struct fetching *fetching, const struct command *command, const struct remote_outcome *outcome)
{
    struct place *place = place_of(fetching, command->index);
    size_t at = command->first;

    while (was_delivered(fetching, at))
        at++;
    place->refused =
        place->refused != 0 && client_same_words(place->why.answer, outcome->answer) ? place->refused + 1 : 1;
    if (!place->over)
        place->why = *outcome;
    place->over = place->over || place->refused >= 2;
    place->why.throttled = place->over;
    note_failure(fetching, command->index, outcome);
    return fetching->to->refused == NULL ||
           fetching->to->refused(fetching->context, command->index, fetching->wanted[command->index].uids[at], outcome);
}

static bool
take_refusal(struct fetching *fetching, const struct command *command, const struct response *response)
{
    struct place *place = place_of(fetching, command->index);
    struct remote_outcome outcome;
    size_t missing = 0;

    client_refused(response, &outcome);
    for (size_t i = command->first; i < command->first + command->count; i++)
        missing += !was_delivered(fetching, i);
    if (missing == 0)
        return true;
    if (outcome.throttled && !place->over) {
        place->over = true;
        place->why = outcome;
    }
    /* Gone, and nothing is wrong: what came did, and what did not is looked for in the next look. */
    if (response->code == CODE_EXPUNGEISSUED && (missing == 1 || missing < command->count))
        return true;
    if (place->over && (outcome.throttled || missing > 1)) {
        note_failure(fetching, command->index, &place->why);
        return true;
    }
    return missing == 1 ? refuse_one(fetching, command, &outcome) : halve(fetching, command);
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
    if (selection->ok && select_good(fetching->imap, selection, wanted->mailbox, wanted->uidvalidity, &outcome))
        return true;
    fetching->ignore = true;
    if (!selection->ok && response->state == STATE_BAD && !fetching->imap->queue.serial) {
        fetching->imap->queue.serial = true; /* the server can't be asked so much at once: again, one at a time */
        for (size_t first = 0; first < wanted->count; first += fetching->chunk)
            if (!add_piece(fetching, command->index, first,
                           wanted->count - first < fetching->chunk ? wanted->count - first : fetching->chunk))
                return false;
        return true;
    }
    if (!selection->ok)
        client_refused(response, &outcome);
    if (outcome.throttled && !place_of(fetching, command->index)->over) {
        place_of(fetching, command->index)->over = true;
        place_of(fetching, command->index)->why = outcome;
    }
    note_failure(fetching, command->index, &outcome);
    return true;
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
    if (!fetching->ignore && response->state != STATE_OK && !take_refusal(fetching, command, response))
        return false;
    if (!fetching->ignore && response->state == STATE_OK && response->code == CODE_MESSAGELIMIT &&
        !go_on(fetching, command))
        return false;
    fetching->requests[command->index].due--;
    return finish_request(fetching, command->index);
}

/* ---- the passes ---- */

static int
compare_pieces(const void *pa, const void *pb)
{
    const struct piece *a = pa, *b = pb;

    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    return a->first == b->first ? 0 : a->first < b->first ? -1 : 1;
}

/* What a pass left of mailboxes that are over is given up. */
static bool
drop_over(struct fetching *fetching)
{
    size_t kept = 0;

    for (size_t i = 0; i < fetching->again_len; i++) {
        const struct piece piece = fetching->again[i];

        if (!place_of(fetching, piece.index)->over) {
            fetching->again[kept++] = piece;
            continue;
        }
        fetching->requests[piece.index].left--;
        if (!leave_out(fetching, piece.index, 0))
            return false;
    }
    fetching->again_len = kept;
    return true;
}

static void
ask_piece(struct fetching *fetching, struct piece piece)
{
    fetching->pieces[fetching->pieces_len++] = piece;
    fetching->requests[piece.index].due++;
}

/* again[begin ... end-1] are those of one mailbox: its first and its last message by themselves, the others wait. */
static void
probe(struct fetching *fetching, size_t begin, size_t end)
{
    struct piece *first = &fetching->again[begin], *last = &fetching->again[end - 1];

    place_of(fetching, first->index)->probed = true;
    ask_piece(fetching, (struct piece){first->index, first->first, 1});
    first->first++;
    first->count--;
    last->count--;
    ask_piece(fetching, (struct piece){last->index, last->first + last->count, 1});
}

/* Choose what the next pass asks for. */
static bool
choose(struct fetching *fetching)
{
    size_t kept = 0, end;

    qsort(fetching->again, fetching->again_len, sizeof *fetching->again, compare_pieces);
    fetching->pieces_len = 0;
    if (!array_grow(&fetching->pieces, &fetching->pieces_size, 2 * fetching->again_len, sizeof *fetching->pieces))
        return out_of_memory(fetching);
    for (size_t i = 0; i < fetching->again_len; i = end) {
        const struct place *place = place_of(fetching, fetching->again[i].index);
        size_t messages = 0;

        for (end = i; end < fetching->again_len && place_of(fetching, fetching->again[end].index) == place; end++)
            messages += fetching->again[end].count;
        const bool probes = !place->probed && messages > 2;
        if (probes)
            probe(fetching, i, end);
        for (size_t k = i; k < end; k++) {
            const struct piece piece = fetching->again[k];

            if (probes && piece.count != 0) {
                fetching->again[kept++] = piece;
                continue;
            }
            fetching->requests[piece.index].left--;
            if (piece.count != 0)
                ask_piece(fetching, piece);
        }
    }
    fetching->again_len = kept;
    return true;
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

    for (size_t i = 0; i < fetching->count; i++)
        if (fetching->wanted[i].count == 0 && !finish_request(fetching, i))
            return false;
    for (fetching->first_pass = true;; fetching->first_pass = false) {
        fetching->at = fetching->first = 0;
        fetching->select_queued = false;
        if (!queue_run(&fetching->imap->queue, &operation, fetching->err) || !drop_over(fetching))
            return false;
        if (fetching->again_len == 0)
            return true;
        if (!choose(fetching))
            return false;
    }
}

static bool
begin_requests(struct fetching *fetching)
{
    const size_t count = fetching->count;
    size_t places = 0;

    fetching->places = arena_array(&fetching->arena, count, sizeof *fetching->places);
    fetching->requests = arena_array(&fetching->arena, count, sizeof *fetching->requests);
    if (fetching->arena.failed)
        return out_of_memory(fetching);
    for (size_t i = 0; i < count; i++) {
        const struct text *name = &fetching->wanted[i].mailbox,
                          *last = i != 0 ? &fetching->wanted[i - 1].mailbox : NULL;

        places += last == NULL || last->len != name->len || memcmp(last->at, name->at, name->len) != 0;
        fetching->requests[i] = (struct request){
            .place = places - 1, .due = (fetching->wanted[i].count + fetching->chunk - 1) / fetching->chunk};
    }
    return true;
}

bool
imap_fetch(struct imap *imap, const struct remote_fetch *wanted, size_t count, const struct remote_sink *to,
           void *context, struct error *err)
{
    struct fetching fetching = {.imap = imap,
                                .wanted = wanted,
                                .count = count,
                                .to = to,
                                .context = context,
                                .err = err,
                                .chunk = client_at_once(imap, CHUNK)};
    bool ok = begin_requests(&fetching) && run_passes(&fetching);

    arena_free(&fetching.arena);
    free(fetching.pieces);
    free(fetching.again);
    free(fetching.delivered);
    return ok;
}
