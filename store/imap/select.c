/* See client.h: which mailbox untagged data are about, and what SELECT said about it. */
#include "store/imap/client.h"

bool
select_send(struct imap *imap, size_t index, struct text mailbox, const char *parameters, struct error *err)
{
    struct queue *queue = &imap->queue;

    if (imap->select_sent && imap->can.bits & CAPABILITY_UNSELECT) {
        queue_begin(queue, COMMAND_UNSELECT, index, 0, 0);
        queue_print(queue, "UNSELECT");
        if (!queue_end(queue, err))
            return false;
    }
    imap->select_sent = true;
    queue_begin(queue, COMMAND_SELECT, index, 0, 0);
    queue_print(queue, imap->examine ? "EXAMINE " : "SELECT ");
    queue_name(queue, mailbox);
    queue_print(queue, "%s", parameters);
    return queue_end(queue, err);
}

bool
select_track(struct imap *imap, struct selection *selection)
{
    const struct command *oldest = queue_oldest(&imap->queue);

    if (oldest == NULL || oldest->kind != COMMAND_SELECT || oldest->number == selection->number)
        return false;
    *selection = (struct selection){.number = oldest->number, .index = oldest->index, .boundary = !imap->selected};
    return true;
}

void
permitted_take(struct permitted *permitted, const struct response *response)
{
    if (response->kind != RESPONSE_STATE || response->code != CODE_PERMANENTFLAGS)
        return;
    permitted->said = true;
    permitted->any = response->wildcard || response->fetch.flags_cut;
    memcpy(permitted->words, response->fetch.keywords, strlen(response->fetch.keywords) + 1);
}

bool
permitted_has(const struct permitted *permitted, struct text word)
{
    return !permitted->said || permitted->any || keywords_have(permitted->words, word);
}

/* What stood here before [CLOSED] was about the mailbox before. */
static void
start_over(struct selection *selection)
{
    *selection = (struct selection){.number = selection->number, .index = selection->index, .boundary = true};
}

static void
take_code(struct selection *selection, const struct response *response)
{
    switch (response->code) {
    case CODE_CLOSED:
        start_over(selection);
        break;
    case CODE_UIDVALIDITY:
        selection->boundary = true;
        selection->uidvalidity = (uint32_t)response->number;
        break;
    case CODE_UIDNEXT:
        selection->uidnext = (uint32_t)response->number;
        break;
    case CODE_HIGHESTMODSEQ:
        selection->modseq = response->number;
        break;
    case CODE_NOMODSEQ:
        selection->modseq = 0;
        break;
    case CODE_PERMANENTFLAGS:
        /* "(\\*)" alone allows keywords, and forgets the rest (go-imap): all may be stored, and the echo of a STORE decides. */
        selection->permanent_said = !response->wildcard || (response->flags & ~(unsigned)FLAG_FORWARDED) != 0;
        selection->permanent = response->flags;
        selection->wildcard = response->wildcard;
        break;
    case CODE_MAILBOXID:
        memcpy(selection->objectid, response->status.objectid, sizeof selection->objectid);
        break;
    case CODE_UIDNOTSTICKY:
        selection->not_sticky = true;
        break;
    case CODE_READ_ONLY:
        selection->read_only = true;
        break;
    case CODE_READ_WRITE:
        selection->read_only = false;
        break;
    default:
        break;
    }
}

void
select_untagged(const struct imap *imap, struct selection *selection, const struct response *response)
{
    const struct command *oldest = queue_oldest(&imap->queue);

    if (oldest == NULL || oldest->number < selection->number || selection->number == 0)
        return;
    if (oldest->number == selection->number) {
        if (response->kind == RESPONSE_EXISTS) {
            selection->exists = (uint32_t)response->number;
            selection->has_exists = true;
        } else if (response->kind == RESPONSE_STATE) {
            take_code(selection, response);
        }
    } else if (response->kind == RESPONSE_EXISTS && selection->uidnext == 0 && select_owns(imap, selection) &&
               response->number > selection->exists) {
        selection->exists = (uint32_t)response->number; /* which messages are the new ones can't be told: all count */
    }
}

/* What its answers say about which mailbox can't be told any more. */
static bool
out_of_step(struct imap *imap, const char *what)
{
    imap->one_at_a_time = true;
    return reader_malformed(&imap->queue.reader, what);
}

bool
select_answered(struct imap *imap, struct selection *selection, const struct command *command,
                const struct response *response)
{
    if (queue_oldest(&imap->queue)->number != command->number)
        return out_of_step(imap, "SELECT answered before what was asked earlier");
    if (command->kind == COMMAND_UNSELECT) {
        imap->selected = false;
        return true;
    }
    selection->answered = true;
    selection->boundary = true;
    selection->ok = response->state == STATE_OK;
    imap->selected = selection->ok;
    if (selection->ok && response->code != CODE_CLOSED)
        take_code(selection, response);
    return true;
}

bool
select_in_turn(struct imap *imap, const struct command *command)
{
    const struct queue *queue = &imap->queue;

    for (size_t i = 0; i < queue->flight_len; i++) {
        const struct command *earlier = &queue->flight[(queue->flight_head + i) % QUEUE_RING];
        if (earlier->number == command->number)
            break;
        if (earlier->kind == COMMAND_SELECT && !earlier->answered)
            return out_of_step(imap, "a command answered before the SELECT in front of it");
    }
    return true;
}

bool
select_owns(const struct imap *imap, const struct selection *selection)
{
    const struct command *oldest = queue_oldest(&imap->queue);

    if (oldest == NULL || selection->number == 0 || oldest->number < selection->number || oldest->kind < 0)
        return false;
    if (oldest->number == selection->number)
        return selection->boundary;
    return selection->ok && oldest->kind != COMMAND_UNSELECT && oldest->kind != COMMAND_SELECT;
}

bool
select_good(const struct imap *imap, const struct selection *selection, struct text mailbox, uint32_t uidvalidity,
            struct remote_outcome *out)
{
    if (selection->uidvalidity == 0) {
        client_outcome(out,
                       "the server gives this mailbox no UIDVALIDITY, so that no other run could tell its messages");
        return false;
    }
    if (uidvalidity != 0 && selection->uidvalidity != uidvalidity) {
        client_outcome(out, "UIDVALIDITY changed from %u to %u", uidvalidity, selection->uidvalidity);
        out->changed = true;
        return false;
    }
    if (opened_is_another(imap, mailbox, selection->objectid)) {
        client_outcome(out, "another mailbox has its name since the mailboxes were listed");
        out->changed = true;
        return false;
    }
    return true;
}
