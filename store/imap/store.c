/*
 * Changes of flags, for many mailboxes at once, each followed by a FETCH that shows what became of them: a plain OK
 * proves nothing (servers say it for messages that are gone and for flags that they do not keep).
 * $Forwarded travels alone: servers without keywords refuse the whole command for its sake, and the echo tells.
 */
#include "store/imap/client.h"

#include "store/imap/seqset.h"

#define CHUNK LIMIT_BATCH
#define STEPS 5 /* of a chunk: +FLAGS, +FLAGS $Forwarded, -FLAGS, -FLAGS $Forwarded, FETCH */

struct echo { /* what the server shows of one message; the last thing that it said */
    bool came;
    unsigned flags;
    char *keywords; /* NULL: none */
};

struct storing {
    struct imap *imap;
    const struct remote_store *changes;
    size_t count;
    const struct remote_observer *to;
    void *context;
    struct error *err;

    size_t at, first; /* request, UID in it */
    unsigned step;
    bool select_queued, serial_pass;
    bool *refused; /* requests whose SELECT was answered BAD: asked again, one command at a time */

    struct selection selection;
    bool ignore, bad;
    size_t left;         /* echoes not answered yet */
    struct echo *echoes; /* one for each UID of the request */
    size_t echoes_len, echoes_size;
    struct remote_outcome outcome;
};

static unsigned
step_flags(const struct remote_store *change, unsigned step)
{
    unsigned flags = step < 2 ? change->add : change->del;

    return step % 2 == 0 ? flags & FLAG_ALL & ~(unsigned)FLAG_FORWARDED : flags & (unsigned)FLAG_FORWARDED;
}

static void
print_flags(struct queue *queue, unsigned flags)
{
    const char *blank = "";

    for (unsigned bit = 1; bit <= FLAG_ALL; bit <<= 1) {
        if (!(flags & bit))
            continue;
        queue_print(queue, "%s%s", blank, flag_to_imap(bit));
        blank = " ";
    }
}

static bool
send_step(struct storing *storing, const struct remote_store *change, size_t count, unsigned step)
{
    struct queue *queue = &storing->imap->queue;
    const uint32_t *uids = change->uids + storing->first;
    int kind = step == STEPS - 1 ? COMMAND_PROOF : step % 2 == 0 ? COMMAND_STORE : COMMAND_STORE_KEYWORD;

    queue_begin(queue, kind, storing->at, storing->first, count);
    queue_print(queue, step == STEPS - 1 ? "UID FETCH " : "UID STORE ");
    queue_set(queue, uids, count);
    if (step == STEPS - 1) {
        queue_print(queue, " (UID FLAGS)");
    } else {
        queue_print(queue, " %cFLAGS.SILENT (", step < 2 ? '+' : '-');
        print_flags(queue, step_flags(change, step));
        queue_print(queue, ")");
    }
    return queue_end(queue, storing->err);
}

static bool
next(void *self, bool *more)
{
    struct storing *storing = self;

    for (; storing->at < storing->count; storing->at++, storing->first = 0, storing->select_queued = false) {
        const struct remote_store *change = &storing->changes[storing->at];
        if (storing->serial_pass && !storing->refused[storing->at])
            continue;
        while (storing->first < change->count) {
            size_t count = change->count - storing->first < CHUNK ? change->count - storing->first : CHUNK;
            if (!storing->select_queued) {
                storing->select_queued = true;
                return select_send(storing->imap, storing->at, change->mailbox, "", storing->err);
            }
            while (storing->step < STEPS - 1 && step_flags(change, storing->step) == 0)
                storing->step++;
            if (storing->step < STEPS)
                return send_step(storing, change, count, storing->step++);
            storing->step = 0;
            storing->first += count;
        }
    }
    *more = false;
    return true;
}

static bool
out_of_memory(const struct storing *storing)
{
    error_set(storing->err, ERROR_LOCAL, "change flags: out of memory");
    return false;
}

static void
drop_echoes(struct storing *storing)
{
    for (size_t i = 0; i < storing->echoes_len; i++)
        free(storing->echoes[i].keywords);
    storing->echoes_len = 0;
}

static bool
track(struct storing *storing)
{
    if (!select_track(storing->imap, &storing->selection))
        return true;
    size_t count = storing->changes[storing->selection.index].count;
    storing->ignore = storing->bad = false;
    storing->left = (count + CHUNK - 1) / CHUNK;
    storing->outcome = (struct remote_outcome){.ok = true};
    drop_echoes(storing);
    if (!array_grow(&storing->echoes, &storing->echoes_size, count, sizeof *storing->echoes))
        return out_of_memory(storing);
    memset(storing->echoes, 0, count * sizeof *storing->echoes);
    storing->echoes_len = count;
    return true;
}

/*
 * The echo is not told on as it comes: Dovecot was seen to send it before it says OK to the STOREs, so there is no
 * telling whether a FETCH shows what was before or after them. The last one shows what is.
 */
static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct storing *storing = self;
    const struct fetched *fetched = &response->fetch;
    size_t at;

    if (!track(storing))
        return false;
    select_untagged(storing->imap, &storing->selection, response);
    if (response->kind != RESPONSE_FETCH || oldest == NULL || storing->ignore || !fetched->has_flags ||
        (oldest->kind != COMMAND_STORE && oldest->kind != COMMAND_STORE_KEYWORD && oldest->kind != COMMAND_PROOF))
        return true;
    const struct remote_store *change = &storing->changes[oldest->index];
    if (!seqset_find(change->uids, change->count, fetched->uid, &at))
        return true;
    struct echo *echo = &storing->echoes[at];
    echo->came = true;
    echo->flags = fetched->flags;
    free(echo->keywords);
    echo->keywords = fetched->keywords[0] != '\0' ? strdup(fetched->keywords) : NULL;
    return echo->keywords != NULL || fetched->keywords[0] == '\0' || out_of_memory(storing);
}

static bool
tell_echoes(struct storing *storing, size_t index)
{
    for (size_t i = 0; i < storing->echoes_len; i++) {
        const struct echo *echo = &storing->echoes[i];
        struct remote_message message = {.uid = storing->changes[index].uids[i],
                                         .has_flags = true,
                                         .flags = echo->flags,
                                         .keywords = echo->keywords != NULL ? echo->keywords : ""};
        if (echo->came && !storing->to->message(storing->context, index, &message))
            return false;
    }
    return true;
}

static bool
take_select(struct storing *storing, const struct command *command, const struct response *response)
{
    struct selection *selection = &storing->selection;

    if (!select_answered(storing->imap, selection, command, response))
        return false;
    if (command->kind == COMMAND_UNSELECT)
        return true;
    if (!selection->ok) {
        storing->ignore = true;
        storing->bad = response->state == STATE_BAD;
        client_refused(response, &storing->outcome);
    } else if (!select_good(selection, storing->changes[command->index].uidvalidity, &storing->outcome)) {
        storing->ignore = true;
    } else if (selection->read_only) {
        storing->ignore = true;
        client_outcome(&storing->outcome, "the mailbox is read-only");
        storing->outcome.permanent = true;
    }
    return true;
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct storing *storing = self;

    if (!track(storing))
        return false;
    switch (command->kind) {
    case COMMAND_UNSELECT:
    case COMMAND_SELECT:
        return take_select(storing, command, response);
    case COMMAND_STORE_KEYWORD:
        return select_in_turn(storing->imap, command);
    default:
        break;
    }
    if (!select_in_turn(storing->imap, command))
        return false;
    if (!storing->ignore && storing->outcome.ok && response->state != STATE_OK)
        client_refused(response, &storing->outcome);
    if (command->kind != COMMAND_PROOF || --storing->left > 0)
        return true;
    if (storing->bad && !storing->serial_pass) {
        storing->refused[command->index] = true;
        return true;
    }
    if (storing->outcome.ok && !tell_echoes(storing, command->index))
        return false;
    return storing->to->done(storing->context, command->index, &storing->outcome);
}

static bool
run_passes(struct storing *storing)
{
    const struct operation operation = {
        .self = storing, .next = next, .untagged = take_untagged, .answered = take_answer};
    const struct remote_outcome nothing = {.ok = true};
    struct queue *queue = &storing->imap->queue;
    bool some = false;

    for (size_t i = 0; i < storing->count; i++)
        if (storing->changes[i].count == 0 && !storing->to->done(storing->context, i, &nothing))
            return false;
    if (!queue_run(queue, &operation, storing->err))
        return false;
    for (size_t i = 0; i < storing->count; i++)
        some |= storing->refused[i];
    if (!some)
        return true;
    storing->serial_pass = queue->serial = true;
    storing->at = storing->first = storing->step = 0;
    storing->select_queued = false;
    return queue_run(queue, &operation, storing->err);
}

bool
imap_store(struct imap *imap, const struct remote_store *changes, size_t count, const struct remote_observer *to,
           void *context, struct error *err)
{
    struct storing storing = {
        .imap = imap, .changes = changes, .count = count, .to = to, .context = context, .err = err};

    if (count == 0)
        return true;
    storing.refused = calloc(count, sizeof *storing.refused);
    if (storing.refused == NULL)
        return out_of_memory(&storing);
    bool ok = run_passes(&storing);
    drop_echoes(&storing);
    free(storing.echoes);
    free(storing.refused);
    return ok;
}
