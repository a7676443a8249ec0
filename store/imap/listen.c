/*
 * See listen.h. On the wire:
 *
 *     EXAMINE "INBOX"        its EXISTS, UIDNEXT, UIDVALIDITY, HIGHESTMODSEQ are told
 *     NOTIFY SET STATUS ...  a STATUS of every other mailbox is told
 *     IDLE                   once both are answered: some servers tell by NOTIFY only while it idles
 *     ... whatever comes is told ...
 *     DONE                   and in the same turn, after a NOTIFY:
 *     NOTIFY SET (selected-delayed ...)   no STATUS or LIST of other mailboxes may come in between a run's answers
 *     UNSELECT (or CLOSE)    sent along with the first question of the run
 */
#include "store/imap/listen.h"

#include "store/base/clock.h"
#include "store/imap/client.h"

/* Message events of the selected mailbox as servers tell them without NOTIFY: EXPUNGE only where a command allows it. */
#define AS_USUAL "NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))"
#define NOTIFY_ALL                                                                                                     \
    "NOTIFY SET STATUS (selected (MessageNew MessageExpunge FlagChange)) "                                             \
    "(personal (MessageNew MessageExpunge FlagChange MailboxName))"
#define NOTIFY_FLAGLESS                                                                                                \
    "NOTIFY SET STATUS (selected (MessageNew MessageExpunge FlagChange)) "                                             \
    "(personal (MessageNew MessageExpunge MailboxName))"

struct question { /* one run of the queue */
    struct imap *imap;
    struct selection selection; /* of EXAMINE */
    bool notify_ok;
};

static enum listen_by
what_tells(const struct imap *imap)
{
    const struct listener *listener = &imap->listener;

    if (listener->overflowed)
        return LISTEN_NOTHING;
    if (listener->notify_set)
        return listener->notify == NOTIFY_AS_OFFERED && imap->can.bits & CAPABILITY_CONDSTORE ? LISTEN_NOTIFY
                                                                                              : LISTEN_NOTIFY_FLAGLESS;
    return imap->queue.idle != 0 && listener->examined ? LISTEN_IDLE : LISTEN_NOTHING;
}

/* ---- telling ---- */

static void
tell(const struct imap *imap, const struct listen_told *told)
{
    const struct listener *listener = &imap->listener;

    if (listener->told != NULL)
        listener->told(listener->context, told);
}

static struct text
mailbox_of(const struct imap *imap)
{
    const struct listener *listener = &imap->listener;

    return listener->examined ? (struct text){listener->mailbox.at, listener->mailbox.len} : (struct text){"", 0};
}

static void
tell_changed(struct imap *imap)
{
    tell(imap, &(struct listen_told){.mailbox = mailbox_of(imap), .changed = true});
    imap->listener.has_exists = false;
}

static void
tell_exists(struct imap *imap, uint32_t exists)
{
    struct listener *listener = &imap->listener;

    tell(imap, &(struct listen_told){.mailbox = mailbox_of(imap),
                                     .has_messages = true,
                                     .messages = exists,
                                     .changed = !listener->has_exists || listener->exists != exists});
    listener->has_exists = true;
    listener->exists = exists;
}

static void
take_examined(struct imap *imap, const struct selection *selection)
{
    struct listener *listener = &imap->listener;

    listener->examined = true;
    listener->read_only = selection->read_only;
    listener->has_exists = selection->has_exists;
    listener->exists = selection->exists;
    if (!selection->has_exists && selection->uidnext == 0 && selection->uidvalidity == 0 && selection->modseq == 0)
        return; /* nothing to compare */
    tell(imap, &(struct listen_told){.mailbox = mailbox_of(imap),
                                     .has_messages = selection->has_exists,
                                     .has_uidnext = selection->uidnext != 0,
                                     .has_uidvalidity = selection->uidvalidity != 0,
                                     .has_modseq = selection->modseq != 0,
                                     .messages = selection->exists,
                                     .uidnext = selection->uidnext,
                                     .uidvalidity = selection->uidvalidity,
                                     .modseq = selection->modseq});
}

static void
tell_status(struct imap *imap, const struct response *response)
{
    const struct status_answer *status = &response->status;
    struct listen_told told = {.mailbox = {response->name.at, response->name.len},
                               .has_messages = status->has_messages,
                               .has_uidnext = status->has_uidnext,
                               .has_uidvalidity = status->has_uidvalidity,
                               .has_modseq = status->has_modseq,
                               .messages = status->messages,
                               .uidnext = status->uidnext,
                               .uidvalidity = status->uidvalidity,
                               .modseq = status->modseq};

    told.changed = !told.has_messages && !told.has_uidnext && !told.has_uidvalidity && !told.has_modseq;
    tell(imap, &told);
}

static void
tell_overflow(struct imap *imap)
{
    imap->listener.overflowed = true;
    tell(imap, &(struct listen_told){.changed = true, .overflow = true});
}

/* ---- answers ---- */

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct question *question = self;
    struct imap *imap = question->imap;

    (void)select_track(imap, &question->selection);
    if (oldest != NULL &&
        (oldest->kind == COMMAND_SELECT || oldest->kind == COMMAND_UNSELECT || oldest->kind == COMMAND_LEAVE)) {
        select_untagged(imap, &question->selection, response);
        return true; /* told when EXAMINE has succeeded */
    }
    switch (response->kind) {
    case RESPONSE_EXISTS:
        tell_exists(imap, (uint32_t)response->number);
        break;
    case RESPONSE_EXPUNGE:
    case RESPONSE_FETCH:
    case RESPONSE_VANISHED:
        tell_changed(imap);
        break;
    case RESPONSE_STATUS:
        tell_status(imap, response);
        break;
    case RESPONSE_LIST:
        tell(imap, &(struct listen_told){.mailbox = response->list.name, .changed = true});
        break;
    case RESPONSE_STATE:
        if (response->code == CODE_NOTIFICATIONOVERFLOW)
            tell_overflow(imap);
        break;
    case RESPONSE_UNREADABLE:
        tell(imap, &(struct listen_told){.changed = true});
        break;
    default:
        break;
    }
    return true;
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct question *question = self;
    struct imap *imap = question->imap;

    switch (command->kind) {
    case COMMAND_UNSELECT:
    case COMMAND_SELECT:
        if (!select_answered(imap, &question->selection, command, response))
            return false;
        if (command->kind == COMMAND_SELECT && imap->selected)
            take_examined(imap, &question->selection);
        break;
    case COMMAND_NOTIFY:
        question->notify_ok = response->state == STATE_OK;
        break;
    case COMMAND_IDLE:
        imap->listener.idle_refused = response->state != STATE_OK && !imap->queue.idles;
        break;
    default:
        break;
    }
    return true;
}

static struct operation
operation_of(struct question *question)
{
    return (struct operation){.self = question, .untagged = take_untagged, .answered = take_answer};
}

static bool
ask(struct question *question, struct error *err)
{
    const struct operation operation = operation_of(question);

    return queue_run(&question->imap->queue, &operation, err);
}

/* ---- questions ---- */

static bool
can_idle(const struct imap *imap)
{
    return imap->can.bits & CAPABILITY_IDLE && !imap->listener.idle_refused &&
           (imap->listener.examined || imap->listener.notify_set);
}

/* Sent, and its "+" not waited for. */
static bool
idle(struct imap *imap, struct error *err)
{
    if (!can_idle(imap))
        return true;
    if (!queue_idle(&imap->queue, COMMAND_IDLE, err))
        return false;
    queue_flush_once(&imap->queue);
    return true; /* a line that broke at it is found at the next read */
}

static bool
examine(struct imap *imap, struct error *err)
{
    const struct listener *listener = &imap->listener;
    const bool before = imap->examine;

    imap->examine = true;
    const bool ok = select_send(imap, 0, (struct text){listener->mailbox.at, listener->mailbox.len}, "", err);
    imap->examine = before;
    return ok;
}

/* The first question has EXAMINE and NOTIFY; while NOTIFY is refused there is one more with less in it. */
static bool
begin(struct imap *imap, bool notify, struct error *err)
{
    struct listener *listener = &imap->listener;
    struct question question = {.imap = imap};

    if (listener->mailbox.len > 0 && !examine(imap, err))
        return false;
    for (; notify && listener->notify != NOTIFY_REFUSED; listener->notify++) {
        if (!queue_line(&imap->queue, COMMAND_NOTIFY,
                        listener->notify == NOTIFY_AS_OFFERED ? NOTIFY_ALL : NOTIFY_FLAGLESS, err) ||
            !ask(&question, err))
            return false;
        listener->notify_set = question.notify_ok;
        if (question.notify_ok)
            return true;
    }
    return imap->queue.unanswered == 0 || ask(&question, err);
}

static bool
is_open(const struct imap *imap, struct error *err)
{
    if (imap_is_open(imap))
        return true;
    error_set(err, ERROR_NETWORK, "listen to the server: not connected");
    return false;
}

bool
imap_listen(struct imap *imap, const struct listening *how, enum listen_by *by, struct error *err)
{
    struct listener *listener = &imap->listener;
    const bool notify = how->notify && imap->can.bits & CAPABILITY_NOTIFY;

    if (!is_open(imap, err))
        return false;
    if ((imap->queue.idle != 0 || listener->notify_set) && !imap_listen_end(imap, err))
        return false;
    listener->told = how->told;
    listener->context = how->context;
    listener->overflowed = listener->has_exists = listener->examined = false;
    buffer_clear(&listener->mailbox);
    /* How names are sent hangs on the answer to ENABLE. */
    if (imap->can.bits & CAPABILITY_ENABLE && !imap->enable_answered && !client_drain(imap, err))
        return false;
    *by = LISTEN_NOTHING;
    /* A proxy that answers out of its memory has nothing to tell, and would take EXAMINE for the SELECT that a run asks for. */
    if (imap->session->proxied || (!notify && !(imap->can.bits & CAPABILITY_IDLE)))
        return true;
    if (how->mailbox != NULL && !buffer_adds(&listener->mailbox, how->mailbox)) {
        error_set(err, ERROR_LOCAL, "listen to the server: out of memory");
        return false;
    }
    if (!begin(imap, notify, err) || !idle(imap, err))
        return false;
    *by = what_tells(imap);
    return true;
}

int
imap_listen_descriptor(const struct imap *imap)
{
    return imap_is_open(imap) ? stream_descriptor(imap->session->stream) : -1;
}

bool
imap_listen_has_unread(const struct imap *imap)
{
    return imap_is_open(imap) && queue_has_unread(&imap->queue);
}

bool
imap_listen_read(struct imap *imap, enum listen_by *by, struct error *err)
{
    struct question question = {.imap = imap};
    const struct operation operation = operation_of(&question);

    if (!is_open(imap, err) || !queue_poll(&imap->queue, &operation, err))
        return false;
    *by = what_tells(imap);
    return true;
}

/* DONE, or a question in its place; answered when this returns. */
static bool
wake(struct imap *imap, const char *also, struct question *question, struct error *err)
{
    struct queue *queue = &imap->queue;
    const bool idles = queue->idle != 0;

    *question = (struct question){.imap = imap};
    if (!queue_done(queue, err) || (also != NULL && !queue_line(&imap->queue, COMMAND_NOTIFY, also, err)) ||
        (!idles && also == NULL && !queue_line(&imap->queue, COMMAND_NOOP, "NOOP", err)))
        return false;
    return ask(question, err);
}

bool
imap_listen_refresh(struct imap *imap, enum listen_by *by, int limit_ms, struct error *err)
{
    struct question question;
    bool ok;

    if (!is_open(imap, err))
        return false;
    imap->queue.deadline = limit_ms > 0 ? clock_ms() + limit_ms : 0;
    ok = wake(imap, NULL, &question, err) && idle(imap, err);
    imap->queue.deadline = 0;
    if (ok)
        *by = what_tells(imap);
    return ok;
}

/*
 * What was examined is left. CLOSE would remove messages from a mailbox that was selected: it is sent only after an EXAMINE that the server
 * says was one. Without it the next SELECT leaves the mailbox, too.
 */
static bool
leave(struct imap *imap, struct error *err)
{
    struct listener *listener = &imap->listener;
    const bool examined = listener->examined, unselect = imap->can.bits & CAPABILITY_UNSELECT;

    listener->examined = false;
    if (!examined || (!unselect && !listener->read_only))
        return true;
    imap->select_sent = false;
    return queue_line(&imap->queue, COMMAND_LEAVE, unselect ? "UNSELECT" : "CLOSE", err);
}

bool
imap_listen_end(struct imap *imap, struct error *err)
{
    struct listener *listener = &imap->listener;
    const bool notified = listener->notify_set;
    struct question question;

    if (!is_open(imap, err) || !wake(imap, notified ? AS_USUAL : NULL, &question, err))
        return false;
    listener->notify_set = false;
    if (notified && !question.notify_ok) {
        listener->notify = NOTIFY_REFUSED;
        imap->queue.broken = true;
        error_set(err, ERROR_SERVER, "end NOTIFY: the server refuses, and would go on between other answers");
        return false;
    }
    return leave(imap, err);
}
