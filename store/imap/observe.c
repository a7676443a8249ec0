/*
 * What changed in many mailboxes, all asked at once: QRESYNC's delta, CONDSTORE's, or a listing of everything. Each mailbox is SELECT and one
 * to three UID FETCH, pipelined; nothing of it is kept but one message, the one whose answers are being put together.
 * Whether a listing names all that EXISTS counts is for the caller to judge; here is counted whether it is in order, and where it stops.
 */
#include "store/imap/client.h"
#include "store/imap/observe_command.h"

#define PARTS_MAX 1000 /* answers that a server may cut one listing into */

/*
 * A listing that the server cut ([MESSAGELIMIT n uid], RFC 9738): it begins with the newest and says the lowest UID that it came to. The
 * rest is asked for in a pass of its own; what the first SELECT said, and how many were counted, holds for all of it.
 */
struct part {
    uint32_t below[OBSERVE_FETCHES]; /* its n-th FETCH goes on below this UID; 0: it is through */
    bool more;
    struct selection selection;
    uint32_t counted, dated;
    bool disordered;
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
    struct part *parts;     /* of each mailbox */
    bool going_on;          /* this pass asks for what was cut off */
    unsigned rounds;        /* such passes so far */
    bool *again;            /* mailboxes that a later pass asks */
    bool *refused;          /* mailboxes whose commands were answered BAD before anything was told about them */
    bool last_pass, helped; /* helped: a mailbox of this pass could be selected */
    bool no_order; /* the server lists in none: remembered at the end, commands in flight rely on what was known */

    /* what is being answered */
    struct selection selection;
    struct permitted permitted;
    bool told;     /* observer->selected was called */
    bool ignore;   /* another UIDVALIDITY: its data are of no use */
    bool bad;      /* refused with BAD */
    unsigned left; /* FETCHes not answered yet */
    struct remote_outcome outcome;
    struct remote_message message; /* being put together; uid 0: none */
    char keywords[KEYWORDS_MAX + 1];
    uint32_t last[2];        /* highest UID of known and of new messages so far */
    uint32_t counted, dated; /* different ones so far; those with a date */
    bool disordered;
    bool limited;     /* the server shows no more than was counted */
    char unread[256]; /* an answer about a message could not be read: what was wrong with it; "" if none */
};

static bool
is_listing(const struct observing *observing, size_t index)
{
    return observe_is_listing(observing->imap, &observing->mailboxes[index]);
}

/* The n-th FETCH of this pass. *nth: which one of the mailbox's that is */
static bool
fetch_command(const struct observing *observing, size_t index, unsigned n, unsigned *nth, char *to, size_t size)
{
    const struct part *part = &observing->parts[index];
    char last[16] = "*";

    *nth = n;
    if (observing->going_on) {
        for (*nth = 0; *nth < OBSERVE_FETCHES; ++*nth)
            if (part->below[*nth] != 0 && n-- == 0)
                break;
        if (*nth == OBSERVE_FETCHES)
            return false;
        (void)text_print(last, sizeof last, "%u", part->below[*nth] - 1);
    }
    return observe_command(observing->imap, &observing->mailboxes[index], *nth, last, to, size);
}

static bool
send_select(struct observing *observing, const struct remote_select *mailbox)
{
    struct imap *imap = observing->imap;
    char parameters[80] = "";

    /* Of what came since, the FETCH that follows tells more: what changed is asked below the cursor alone, or each new message came twice. */
    if (observe_mode(observing->imap, mailbox) == OBSERVE_QRESYNC && !observing->going_on)
        (void)text_print(parameters, sizeof parameters, " (QRESYNC (%u %llu 1:%u))", mailbox->uidvalidity,
                         (unsigned long long)mailbox->modseq, mailbox->uidnext - 1);
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
    unsigned nth;

    while (observing->at < observing->count) {
        const struct remote_select *mailbox = &observing->mailboxes[observing->at];
        if (observing->first_pass || observing->again[observing->at]) {
            if (observing->step++ == 0)
                return send_select(observing, mailbox);
            if (fetch_command(observing, observing->at, observing->step - 2, &nth, line, sizeof line)) {
                queue_begin(queue, COMMAND_FETCH, observing->at, nth, 0);
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
    unsigned nth;

    if (!select_track(observing->imap, &observing->selection))
        return;
    observing->permitted = (struct permitted){0};
    observing->told = observing->ignore = observing->bad = observing->disordered = observing->limited = false;
    observing->unread[0] = '\0';
    observing->outcome = (struct remote_outcome){.ok = true};
    observing->message.uid = 0;
    observing->last[0] = observing->last[1] = observing->counted = observing->dated = 0;
    observing->left = 0;
    while (fetch_command(observing, observing->selection.index, observing->left, &nth, line, sizeof line))
        observing->left++;
}

/* Say what was selected, before the first thing is said about what is in it. */
static bool
tell_selected(struct observing *observing)
{
    const struct selection *selection = &observing->selection;
    const struct remote_select *mailbox = &observing->mailboxes[selection->index];
    bool writable_known = selection->permanent_said && !selection->read_only && !observing->imap->examine;
    struct remote_selected out = {
        .uidvalidity = selection->uidvalidity,
        .uidnext = selection->uidnext,
        .exists = selection->exists,
        .modseq = selection->modseq,
        /* EXAMINE says "()" on several servers, and so does SELECT while the account may only read it: that tells nothing of what it can hold. */
        .permanent = writable_known ? selection->permanent : FLAG_ALL,
        .keywords = !writable_known || observing->permitted.any,
        .permitted = observing->permitted.words,
        .read_only = selection->read_only && !observing->imap->examine,
        .not_sticky = selection->not_sticky,
        .objectid = selection->objectid,
        .delta = !is_listing(observing, selection->index),
    };

    if (observing->told)
        return true;
    observing->told = true;
    if (observing->going_on) { /* told before: what the first SELECT said holds for all parts */
        const struct part *part = &observing->parts[selection->index];

        observing->counted = part->counted;
        observing->dated = part->dated;
        observing->ignore = !select_good(observing->imap, selection, mailbox->mailbox, part->selection.uidvalidity,
                                         &observing->outcome);
        return true;
    }
    if (writable_known && selection->wildcard)
        out.permanent |= FLAG_FORWARDED;
    opened_is(observing->imap, mailbox->mailbox, selection->objectid); /* the observer judges that */
    if (!select_good(observing->imap, selection, mailbox->mailbox, mailbox->uidvalidity, &observing->outcome)) {
        observing->ignore = true;
        if (selection->uidvalidity == 0)
            return true;
        out.delta = false;
    }
    return observing->to->selected == NULL || observing->to->selected(observing->context, selection->index, &out);
}

static bool
flush_message(struct observing *observing)
{
    struct remote_message message = observing->message;
    const bool sizeless = observing->mailboxes[observing->selection.index].sizeless;

    observing->message.uid = 0;
    if (message.uid == 0)
        return true;
    message.has_meta = message.has_meta && (message.size != UINT64_MAX || (sizeless && message.has_flags));
    message.size = message.size != UINT64_MAX ? message.size : 0;
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
    bool full = observe_mode(observing->imap, mailbox) == OBSERVE_FULL;

    if (!fetched->has_flags || (!full && known && fetched->has_size)) /* 9:* gives 8 where 8 is the last */
        return;
    observing->dated += fetched->has_date;
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

static void
say_changed(struct observing *observing, const char *what)
{
    if (!observing->outcome.ok)
        return;
    client_outcome(&observing->outcome, "%s", what);
    observing->outcome.changed = true;
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
    if ((fetched->has_size && message->size != UINT64_MAX && message->size != fetched->size) ||
        (fetched->has_date && message->has_meta && message->date != fetched->date))
        say_changed(observing, "one UID is listed as two messages");
    if (fetched->has_flags) {
        message->has_flags = true;
        message->flags = fetched->flags;
        message->cut = fetched->flags_cut;
        memcpy(observing->keywords, fetched->keywords, strlen(fetched->keywords) + 1);
    }
    if (fetched->gmail != 0)
        message->gmail = fetched->gmail;
    if (fetched->has_size)
        message->size = fetched->size;
    if (fetched->has_date) {
        message->has_meta = true;
        message->date = fetched->date;
    }
    /* All that was asked for, in one answer: told before the line may break at the next one. */
    return observing->mailboxes[selection->index].first == 0 || !message->has_meta || message->size == UINT64_MAX ||
           flush_message(observing);
}

static void
say_disturbed(struct observing *observing, const char *what)
{
    const bool first = observing->outcome.ok;
    say_changed(observing, what);
    observing->outcome.disturbed |= first;
}

/* A listing is counted, so what it lacks shows. Changes are not: then everything is listed. */
static void
take_unreadable(struct observing *observing, const struct response *response)
{
    (void)text_print(observing->unread, sizeof observing->unread, "can't %.100s: %.140s", response->why.what,
                     response->why.answer);
    if (!is_listing(observing, observing->selection.index) || response->about == RESPONSE_VANISHED)
        say_disturbed(observing, observing->unread);
}

/* Told by a SELECT that has not said its UIDVALIDITY yet. A listing tells it again; a change would be lost. */
static bool
take_early(struct observing *observing, bool removal)
{
    if (observing->told || observing->selection.uidvalidity != 0 || observing->selection.answered)
        return false;
    if (removal || !is_listing(observing, observing->selection.index))
        say_disturbed(observing, "messages were told of before the UIDVALIDITY");
    return true;
}

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct observing *observing = self;

    (void)oldest;
    track(observing);
    select_untagged(observing->imap, &observing->selection, response);
    permitted_take(&observing->permitted, response);
    const bool unread = response->kind == RESPONSE_UNREADABLE &&
                        (response->about == RESPONSE_FETCH || response->about == RESPONSE_VANISHED);
    if ((response->kind != RESPONSE_FETCH && response->kind != RESPONSE_EXPUNGE && !unread) ||
        !select_owns(observing->imap, &observing->selection) ||
        take_early(observing, response->kind == RESPONSE_EXPUNGE))
        return true;
    if (!tell_selected(observing))
        return false;
    if (observing->ignore)
        return true;
    if (response->kind == RESPONSE_FETCH)
        return take_message(observing, &response->fetch);
    if (unread)
        take_unreadable(observing, response);
    else
        say_disturbed(observing, "messages were removed while they were being listed");
    return true;
}

static bool
take_vanished(void *self, bool earlier, uint32_t first, uint32_t last)
{
    struct observing *observing = self;

    (void)earlier;
    track(observing);
    if (!select_owns(observing->imap, &observing->selection) || take_early(observing, true))
        return true;
    if (!tell_selected(observing))
        return false;
    if (observing->ignore)
        return true;
    if (is_listing(observing, observing->selection.index)) {
        say_disturbed(observing, "messages were removed while they were being listed");
        return true;
    }
    /* The message whose answers are being put together was told before this: keep that order. */
    return flush_message(observing) &&
           (observing->to->vanished == NULL ||
            observing->to->vanished(observing->context, observing->selection.index, first, last));
}

/* Something of the listing is still to come: remembered for the next pass. */
static bool
is_cut(struct observing *observing)
{
    struct part *part = &observing->parts[observing->selection.index];

    part->more = false;
    for (unsigned n = 0; n < OBSERVE_FETCHES; n++)
        part->more = part->more || (part->below[n] != 0 && observing->outcome.ok);
    observing->disordered = observing->disordered || part->disordered;
    part->disordered = observing->disordered;
    part->counted = observing->counted;
    part->dated = observing->dated;
    if (!observing->going_on)
        part->selection = observing->selection;
    return part->more;
}

/*
 * The server came as far as this UID. Without one, or where it does not get on, it shows no more: then its newest messages are all there
 * is to see. Of changes that is not enough.
 */
static void
take_limit(struct observing *observing, unsigned nth, uint64_t lowest)
{
    size_t index = observing->selection.index;
    const struct remote_select *mailbox = &observing->mailboxes[index];
    struct part *part = &observing->parts[index];
    bool listing = is_listing(observing, index), full = observe_mode(observing->imap, mailbox) == OBSERVE_FULL;
    uint32_t first =
        full || (nth == 0 && observe_mode(observing->imap, mailbox) != OBSERVE_QRESYNC) ? 1 : mailbox->uidnext;

    if (observe_is_check(observing->imap, mailbox, nth)) /* what it shows of the known ones is enough */
        return;
    if (lowest != 0 && (part->below[nth] == 0 || lowest < part->below[nth]) && observing->rounds < PARTS_MAX) {
        part->below[nth] = lowest > first ? (uint32_t)lowest : 0;
        return;
    }
    part->below[nth] = 0;
    if (listing)
        observing->limited = true;
    else
        say_changed(observing, "the server shows only some of the changes");
}

static bool
finish_mailbox(struct observing *observing)
{
    struct selection *selection = &observing->selection;
    struct remote_outcome *outcome = &observing->outcome;
    size_t index = selection->index;

    if (!flush_message(observing))
        return false;
    if (is_cut(observing))
        return true;
    if (observing->going_on)
        selection->exists = observing->parts[index].selection.exists;
    if (observing->disordered && observe_mode(observing->imap, &observing->mailboxes[index]) == OBSERVE_FULL)
        observing->counted = observing->dated;
    if (outcome->ok && observing->limited && observing->counted < selection->exists)
        outcome->shown = selection->exists = observing->counted;
    if (outcome->ok && is_listing(observing, index) && observing->unread[0] != '\0')
        (void)text_print(outcome->answer, sizeof outcome->answer, "%s", observing->unread);
    if (outcome->ok && is_listing(observing, index) && observing->counted != selection->exists)
        observing->no_order |= observing->disordered;
    /* Without HIGHESTMODSEQ the mailbox keeps no change numbers: a delta is no delta. An empty one may have none. */
    if (outcome->ok && !is_listing(observing, index) && selection->modseq == 0 && selection->exists > 0 &&
        observing->mailboxes[index].first == 0)
        say_changed(observing, "the mailbox does not support change numbers any more");
    if (observing->bad && !observing->told && !observing->last_pass && !observing->going_on) {
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
        permitted_take(&observing->permitted, response);
        if (selection->ok) {
            observing->helped = true;
            if (!tell_selected(observing))
                return false;
            if (response->code == CODE_MESSAGELIMIT && !is_listing(observing, selection->index))
                say_changed(observing, "the server shows only some of the changes");
            return true;
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
        observing->outcome.changed |= response->state == STATE_BAD; /* asked again, one command at a time */
        observing->imap->queue.serial |= response->state == STATE_BAD;
    }
    if (response->code != CODE_MESSAGELIMIT) /* this FETCH is through */
        observing->parts[selection->index].below[command->first] = 0;
    if (observing->outcome.ok && response->code == CODE_MESSAGELIMIT)
        take_limit(observing, (unsigned)command->first, response->number);
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

static bool
no_memory(struct observing *observing)
{
    error_set(observing->err, ERROR_LOCAL, "look at the mailboxes: out of memory");
    return false;
}

/* The next pass asks what this one was refused. */
static bool
turn_over(struct observing *observing)
{
    free(observing->again);
    observing->again = observing->refused;
    observing->refused = calloc(observing->count, sizeof *observing->refused);
    return observing->refused != NULL || no_memory(observing);
}

/* Read on below where the server stopped, until it stops no more. */
static bool
go_on(struct observing *observing)
{
    bool ok = true, any = true, ignored;

    observing->going_on = true;
    while (ok && any) {
        any = false;
        for (size_t i = 0; i < observing->count; i++)
            any = any || observing->parts[i].more;
        ok = !any || turn_over(observing);
        for (size_t i = 0; ok && any && i < observing->count; i++)
            observing->again[i] = observing->parts[i].more;
        observing->rounds++;
        ok = ok && (!any || run_pass(observing, &ignored));
    }
    return ok;
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
    observing.parts = calloc(count, sizeof *observing.parts);
    ok = (observing.parts != NULL || no_memory(&observing)) && turn_over(&observing) && run_pass(&observing, &some);
    observing.first_pass = false;
    /* What was answered BAD: one command at a time, then without SELECT's parameters. If neither helps, neither was the reason. */
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
    ok = ok && go_on(&observing);
    imap->disordered |= observing.no_order;
    free(observing.parts);
    free(observing.refused);
    free(observing.again);
    return ok;
}
