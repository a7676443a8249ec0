/*
 * What changed in many mailboxes, all asked at once: QRESYNC's delta, CONDSTORE's, or a listing of everything. Each
 * mailbox is SELECT and one to three UID FETCH, pipelined; nothing of a mailbox is kept but one message, the one whose
 * answers are being put together.
 *
 * A delta is what the server says it is; a listing is counted: as many different messages as EXISTS, or it was not
 * complete.
 */
#include "store/imap/client.h"

#define META "UID FLAGS INTERNALDATE RFC822.SIZE"

enum mode {
    MODE_FULL,      /* every message with flags, size and date */
    MODE_PLAIN,     /* every message with flags, new ones with size and date */
    MODE_CONDSTORE, /* flags that changed, new ones */
    MODE_QRESYNC    /* the same, and what vanished */
};

struct observing {
    struct imap *imap;
    const struct remote_select *mailboxes;
    size_t count;
    const struct remote_observer *to;
    void *context;
    struct error *err;

    /* what is asked */
    size_t at;              /* mailbox */
    unsigned step;          /* 0: its SELECT, then its FETCHes */
    bool first_pass;        /* asks all of them */
    bool *again;            /* mailboxes that a later pass asks */
    bool *refused;          /* mailboxes whose commands were answered BAD before anything was told about them */
    bool last_pass, helped; /* helped: a mailbox of this pass could be selected */
    bool
        no_order; /* the server lists in none: to be remembered at the end, commands in flight rely on what was known */

    /* what is being answered */
    struct selection selection;
    bool told;     /* observer->selected was called */
    bool ignore;   /* another UIDVALIDITY: its data are of no use */
    bool bad;      /* refused with BAD */
    unsigned left; /* FETCHes not answered yet */
    struct remote_outcome outcome;
    struct remote_message message; /* being put together; uid 0: none */
    char keywords[KEYWORDS_MAX + 1];
    uint32_t last[2], counted; /* highest UID of known and of new messages so far; different ones so far */
    bool disordered;
};

static enum mode
mode_of(const struct observing *observing, const struct remote_select *mailbox)
{
    const struct imap *imap = observing->imap;

    if (mailbox->full || mailbox->uidvalidity == 0 || mailbox->uidnext <= 1)
        return MODE_FULL;
    if (mailbox->modseq == 0 || !client_condstore(imap))
        return MODE_PLAIN;
    return client_qresync(imap) ? MODE_QRESYNC : MODE_CONDSTORE;
}

static bool
is_listing(const struct observing *observing, size_t index)
{
    return mode_of(observing, &observing->mailboxes[index]) <= MODE_PLAIN;
}

/* The mailbox's n-th FETCH, counted from 0. @return false: it has fewer */
static bool
fetch_command(const struct observing *observing, const struct remote_select *mailbox, unsigned n, char *to, size_t size)
{
    enum mode mode = mode_of(observing, mailbox);

    if (mode == MODE_FULL)
        return n == 0 && text_print(to, size, "UID FETCH 1:* (" META ")");
    if (mode != MODE_QRESYNC && n-- == 0) {
        if (mode == MODE_PLAIN)
            return text_print(to, size, "UID FETCH 1:%u (UID FLAGS%s)", mailbox->uidnext - 1,
                              observing->imap->disordered ? " INTERNALDATE" : "");
        return text_print(to, size, "UID FETCH 1:%u (UID FLAGS) (CHANGEDSINCE %llu)", mailbox->uidnext - 1,
                          (unsigned long long)mailbox->modseq);
    }
    if (n == 0)
        return text_print(to, size, "UID FETCH %u:* (" META ")", mailbox->uidnext);
    return n == 1 && mailbox->check_uid != 0 &&
           text_print(to, size, "UID FETCH %u (UID INTERNALDATE RFC822.SIZE)", mailbox->check_uid);
}

static bool
send_select(struct observing *observing, const struct remote_select *mailbox)
{
    struct imap *imap = observing->imap;
    char parameters[80] = "";

    if (mode_of(observing, mailbox) == MODE_QRESYNC)
        (void)text_print(parameters, sizeof parameters, " (QRESYNC (%u %llu))", mailbox->uidvalidity,
                         (unsigned long long)mailbox->modseq);
    else if (client_condstore(imap) && !client_qresync(imap))
        (void)text_print(parameters, sizeof parameters, " (CONDSTORE)");
    return select_send(imap, observing->at, mailbox->mailbox, parameters, observing->err);
}

static bool
next(void *self, bool *more)
{
    struct observing *observing = self;
    struct queue *queue = &observing->imap->queue;
    char line[128];

    while (observing->at < observing->count) {
        const struct remote_select *mailbox = &observing->mailboxes[observing->at];
        if (observing->first_pass || observing->again[observing->at]) {
            if (observing->step++ == 0)
                return send_select(observing, mailbox);
            if (fetch_command(observing, mailbox, observing->step - 2, line, sizeof line)) {
                queue_begin(queue, COMMAND_FETCH, observing->at, 0, 0);
                queue_print(queue, "%s", line);
                return queue_end(queue, observing->err);
            }
        }
        observing->step = 0;
        observing->at++;
    }
    *more = false;
    return true;
}

/* ---- answers ---- */

static void
track(struct observing *observing)
{
    char line[128];

    if (!select_track(observing->imap, &observing->selection))
        return;
    observing->told = observing->ignore = observing->bad = observing->disordered = false;
    observing->outcome = (struct remote_outcome){.ok = true};
    observing->message.uid = 0;
    observing->last[0] = observing->last[1] = observing->counted = 0;
    observing->left = 0;
    while (
        fetch_command(observing, &observing->mailboxes[observing->selection.index], observing->left, line, sizeof line))
        observing->left++;
}

/* Say what was selected, before the first thing is said about what is in it. */
static bool
tell_selected(struct observing *observing)
{
    const struct selection *selection = &observing->selection;
    const struct remote_select *mailbox = &observing->mailboxes[selection->index];
    bool writable_known = selection->permanent_said && !observing->imap->examine;
    struct remote_selected out = {
        .uidvalidity = selection->uidvalidity,
        .uidnext = selection->uidnext,
        .exists = selection->exists,
        .modseq = selection->modseq,
        /* EXAMINE says "()" on several servers, which tells nothing about SELECT. */
        .permanent = writable_known ? selection->permanent : FLAG_ALL,
        .keywords = !writable_known || selection->wildcard,
        .read_only = selection->read_only && !observing->imap->examine,
        .delta = !is_listing(observing, selection->index),
    };

    if (observing->told)
        return true;
    observing->told = true;
    if (writable_known && selection->wildcard)
        out.permanent |= FLAG_FORWARDED;
    if (!select_good(selection, mailbox->uidvalidity, &observing->outcome)) {
        observing->ignore = true;
        if (selection->uidvalidity == 0)
            return true;
        out.delta = false;
    }
    return observing->to->selected(observing->context, selection->index, &out);
}

static bool
flush_message(struct observing *observing)
{
    struct remote_message message = observing->message;

    observing->message.uid = 0;
    if (message.uid == 0)
        return true;
    message.has_meta = message.has_meta && message.size != UINT64_MAX;
    if (!message.has_flags && !message.has_meta)
        return true;
    message.keywords = observing->keywords;
    return observing->to->message(observing->context, observing->selection.index, &message);
}

/*
 * Count a message of a listing once. Servers list in ascending order, so a UID that is not higher than the last one
 * was there before: somebody's change of flags, told in between. A server that lists in no order is asked for
 * INTERNALDATE, too, which nobody tells unasked, and what has that is counted.
 */
static void
count_message(struct observing *observing, const struct fetched *fetched)
{
    const struct remote_select *mailbox = &observing->mailboxes[observing->selection.index];
    bool known = fetched->uid < mailbox->uidnext;
    bool full = mode_of(observing, mailbox) == MODE_FULL;

    if (!fetched->has_flags || (!full && known && fetched->has_size)) /* 9:* gives 8 where 8 is the last */
        return;
    if (observing->imap->disordered) {
        if (fetched->has_date)
            observing->counted++;
    } else if (fetched->uid > observing->last[!known]) {
        observing->last[!known] = fetched->uid;
        observing->counted++;
    } else {
        observing->disordered = true;
    }
}

static bool
take_message(struct observing *observing, const struct fetched *fetched)
{
    const struct selection *selection = &observing->selection;
    struct remote_message *message = &observing->message;

    /* Without a UID it is somebody's change, told by number; a UID from UIDNEXT on came after this SELECT, unless it is known: then it is
     * UIDNEXT that lags behind. Both are for the next time. */
    if (fetched->uid == 0 || (selection->uidnext != 0 && fetched->uid >= selection->uidnext &&
                              fetched->uid > observing->mailboxes[selection->index].check_uid))
        return true;
    if (is_listing(observing, selection->index))
        count_message(observing, fetched);
    if (message->uid != fetched->uid) {
        if (!flush_message(observing))
            return false;
        *message = (struct remote_message){.uid = fetched->uid, .size = UINT64_MAX};
        observing->keywords[0] = '\0';
    }
    if (fetched->has_flags) {
        message->has_flags = true;
        message->flags = fetched->flags;
        memcpy(observing->keywords, fetched->keywords, strlen(fetched->keywords) + 1);
    }
    if (fetched->has_size)
        message->size = fetched->size;
    if (fetched->has_date) {
        message->has_meta = true;
        message->date = fetched->date;
    }
    return true;
}

static void
say_changed(struct observing *observing, const char *what)
{
    if (!observing->outcome.ok)
        return;
    client_outcome(&observing->outcome, "%s", what);
    observing->outcome.changed = true;
}

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct observing *observing = self;

    (void)oldest;
    track(observing);
    select_untagged(observing->imap, &observing->selection, response);
    if ((response->kind != RESPONSE_FETCH && response->kind != RESPONSE_EXPUNGE) ||
        !select_owns(observing->imap, &observing->selection))
        return true;
    if (!tell_selected(observing))
        return false;
    if (observing->ignore)
        return true;
    if (response->kind == RESPONSE_FETCH)
        return take_message(observing, &response->fetch);
    say_changed(observing, "messages were removed while they were being listed");
    return true;
}

static bool
take_vanished(void *self, bool earlier, uint32_t first, uint32_t last)
{
    struct observing *observing = self;

    (void)earlier;
    track(observing);
    if (!select_owns(observing->imap, &observing->selection))
        return true;
    if (!tell_selected(observing))
        return false;
    if (observing->ignore)
        return true;
    if (is_listing(observing, observing->selection.index)) {
        say_changed(observing, "messages were removed while they were being listed");
        return true;
    }
    /* The message whose answers are being put together was told before this: keep that order. */
    return flush_message(observing) &&
           observing->to->vanished(observing->context, observing->selection.index, first, last);
}

static bool
finish_mailbox(struct observing *observing)
{
    const struct selection *selection = &observing->selection;
    struct remote_outcome *outcome = &observing->outcome;
    size_t index = selection->index;

    if (!flush_message(observing))
        return false;
    if (outcome->ok && is_listing(observing, index) && observing->counted != selection->exists) {
        client_outcome(outcome, "listing incomplete: %u of %u messages", observing->counted, selection->exists);
        outcome->changed = observing->disordered;
        observing->no_order |= observing->disordered;
    }
    /* Without HIGHESTMODSEQ the mailbox keeps no change numbers: a delta is no delta. An empty one may have none. */
    if (outcome->ok && !is_listing(observing, index) && selection->modseq == 0 && selection->exists > 0)
        say_changed(observing, "the mailbox does not support change numbers any more");
    if (observing->bad && !observing->told && !observing->last_pass) {
        observing->refused[index] = true;
        return true;
    }
    return observing->to->done(observing->context, index, outcome);
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct observing *observing = self;
    struct selection *selection = &observing->selection;

    track(observing);
    if (command->kind == COMMAND_UNSELECT || command->kind == COMMAND_SELECT) {
        if (!select_answered(observing->imap, selection, command, response))
            return false;
        if (command->kind == COMMAND_UNSELECT)
            return true;
        if (selection->ok) {
            observing->helped = true;
            return tell_selected(observing);
        }
        client_refused(response, &observing->outcome);
        observing->bad = response->state == STATE_BAD;
        observing->ignore = true;
        return true;
    }
    if (!select_in_turn(observing->imap, command))
        return false;
    if (selection->ok && !observing->ignore && response->state != STATE_OK && selection->exists > 0 &&
        observing->outcome.ok) {
        client_refused(response, &observing->outcome);
        observing->outcome.changed = response->state == STATE_BAD; /* asked again, one command at a time */
        observing->imap->queue.serial |= response->state == STATE_BAD;
    }
    if (observing->outcome.ok && response->code == CODE_MESSAGELIMIT)
        client_outcome(&observing->outcome, "listing incomplete: the server shows only some of the messages");
    return --observing->left > 0 || finish_mailbox(observing);
}

/* One pass over the mailboxes. *some: there are refused ones that another way of asking may get. */
static bool
run_pass(struct observing *observing, bool *some)
{
    const struct operation operation = {
        .self = observing,
        .next = next,
        .untagged = take_untagged,
        .answered = take_answer,
        .sink = {.vanished = take_vanished, .context = observing},
    };

    observing->at = observing->step = 0;
    observing->helped = false;
    if (!queue_run(&observing->imap->queue, &operation, observing->err))
        return false;
    *some = false;
    for (size_t i = 0; i < observing->count; i++)
        *some |= observing->refused[i];
    return true;
}

/* The next pass asks what this one was refused. */
static bool
turn_over(struct observing *observing)
{
    free(observing->again);
    observing->again = observing->refused;
    observing->refused = calloc(observing->count, sizeof *observing->refused);
    if (observing->refused != NULL)
        return true;
    error_set(observing->err, ERROR_LOCAL, "look at the mailboxes: out of memory");
    return false;
}

bool
imap_observe(struct imap *imap, const struct remote_select *mailboxes, size_t count, const struct remote_observer *to,
             void *context, struct error *err)
{
    struct observing observing = {
        .imap = imap, .mailboxes = mailboxes, .count = count, .to = to, .context = context, .err = err};
    bool serial = imap->queue.serial, ok, some;

    if (count == 0)
        return true;
    observing.first_pass = true;
    ok = turn_over(&observing) && run_pass(&observing, &some);
    observing.first_pass = false;
    /* What was answered BAD is asked again one command at a time, and then without the parameters of SELECT. If neither
     * helps, neither was the reason. */
    if (ok && some) {
        imap->queue.serial = true;
        ok = turn_over(&observing) && run_pass(&observing, &some);
        imap->queue.serial = serial || observing.helped;
    }
    if (ok && some) {
        bool plain = imap->plain_select;
        imap->plain_select = observing.last_pass = true;
        ok = turn_over(&observing) && run_pass(&observing, &some);
        imap->plain_select = plain || observing.helped;
    }
    imap->disordered |= observing.no_order;
    free(observing.refused);
    free(observing.again);
    return ok;
}
