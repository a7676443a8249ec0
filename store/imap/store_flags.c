/*
 * Changes of flags, for many mailboxes at once, each followed by a FETCH that shows what became of them: a plain OK
 * proves nothing (servers say it for messages that are gone and for flags that they do not keep).
 * $Forwarded travels alone: servers without keywords refuse the whole command for its sake, and the echo tells.
 *
 * A mailbox that another client deleted and made again since it was looked at has other messages under the same UIDs. So
 * a visit (the changes of one mailbox) waits for its SELECT, which says which mailbox it is:
 *     SELECT a | STOREs and FETCH in a, SELECT b | STOREs and FETCH in b
 * Where several mailboxes are to be visited, those without \Deleted, whose loss of a message nobody could take back, ride
 * blind behind their SELECTs, all in one turn, but only right after a STATUS of each of them:
 *     STATUS a, STATUS b | SELECT a, STOREs and FETCH, SELECT b, STOREs and FETCH
 * Where a visit is one change of many messages, and there are change numbers, its STOREs answer for themselves and no FETCH follows:
 *     SELECT a | STOREs (UNCHANGEDSINCE what it said) in a
 * Where one of the messages does not show by its answer that it was changed, all of that change is done the way above.
 * A server that answers BAD to the FETCH (GNU mailutils, where one of its UIDs is gone) is asked for 1:* when all else is done.
 */
#include "store/imap/client.h"

#include "store/imap/seqset.h"

#define CHUNK LIMIT_BATCH
#define STEPS 5 /* of a chunk: +FLAGS, +FLAGS $Forwarded, -FLAGS, -FLAGS $Forwarded, FETCH */
#define MANY 64 /* with fewer, a second answer for each costs less than the turn where one does not show its change */

struct echo { /* what the server shows of one message; the last thing that it said */
    bool came;
    unsigned flags;
    char *keywords; /* NULL: none */
    uint64_t modseq;
};

#define NONE SIZE_MAX

enum way {
    WAY_WAIT,  /* its SELECT is waited for */
    WAY_LOOK,  /* may ride blind, if a look at its mailbox allows it */
    WAY_BLIND, /* may */
    WAY_ONCE,  /* its STOREs answer for themselves */
    WAY_ALL,   /* stored; its FETCH was answered BAD, and 1:* is asked for */
    WAY_DONE   /* told */
};

struct storing {
    struct imap *imap;
    const struct remote_store *changes;
    size_t count;
    const struct remote_observer *to;
    void *context;
    struct error *err;
    size_t chunk;        /* UIDs in one command */
    unsigned char *ways; /* enum way, one for each change */

    /* what is asked: the changes that go `way`, from `at` on, before `stop`; then the SELECT of the next visit */
    enum way way;
    size_t at, stop, first; /* first: UID in it */
    unsigned step;
    bool select_due;
    size_t select_after; /* or NONE */
    uint64_t since;      /* WAY_ONCE: HIGHESTMODSEQ of its SELECT */
    bool never_once;     /* it did not do once */

    struct selection selection;
    bool ignore, bad;            /* of the visit: nothing of it counts; its SELECT was answered BAD */
    struct remote_outcome visit; /* why */
    size_t current;              /* change whose answers come */
    size_t left;                 /* echoes of it not answered yet */
    bool unlooked;               /* one of them was answered BAD; WAY_ONCE: a STORE did not do all of it */
    struct echo *echoes;         /* one for each UID of it */
    size_t echoes_len, echoes_size;
    struct remote_outcome outcome;
};

/* The end of the visit that begins here. */
static size_t
visit_end(const struct storing *storing, size_t begin)
{
    struct text mailbox = storing->changes[begin].mailbox;
    size_t end = begin + 1;

    while (end < storing->count && storing->changes[end].mailbox.len == mailbox.len &&
           memcmp(storing->changes[end].mailbox.at, mailbox.at, mailbox.len) == 0)
        end++;
    return end;
}

/* The next change that goes this way, or NONE. */
static size_t
find_way(const struct storing *storing, size_t from, enum way way)
{
    while (from < storing->count && storing->ways[from] != way)
        from++;
    return from < storing->count ? from : NONE;
}

static void
set_way(struct storing *storing, size_t begin, size_t end, enum way way)
{
    for (size_t i = begin; i < end; i++)
        if (storing->ways[i] != WAY_DONE)
            storing->ways[i] = (unsigned char)way;
}

static unsigned
step_flags(const struct remote_store *change, unsigned step)
{
    unsigned flags = step < 2 ? change->add : change->del;

    return step % 2 == 0 ? flags & FLAG_ALL & ~(unsigned)FLAG_FORWARDED : flags & (unsigned)FLAG_FORWARDED;
}

/* Is the visit one change, by one STORE for each chunk, and of so many messages that a FETCH behind them is saved? */
static bool
may_go_once(const struct storing *storing, size_t begin, size_t end)
{
    const struct remote_store *change = &storing->changes[begin];

    return !storing->never_once && !storing->ignore && client_condstore(storing->imap) &&
           storing->selection.modseq != 0 && end == begin + 1 && change->count >= MANY &&
           (change->add == 0) != (change->del == 0) && ((change->add | change->del) & (unsigned)FLAG_FORWARDED) == 0;
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
    if (storing->way == WAY_ALL)
        queue_print(queue, "1:*");
    else
        queue_set(queue, uids, count);
    if (step == STEPS - 1) {
        queue_print(queue, " (UID FLAGS)");
    } else {
        if (storing->way == WAY_ONCE)
            queue_print(queue, " (UNCHANGEDSINCE %llu)", (unsigned long long)storing->since);
        queue_print(queue, " %cFLAGS%s (", step < 2 ? '+' : '-', storing->way == WAY_ONCE ? "" : ".SILENT");
        print_flags(queue, step_flags(change, step));
        queue_print(queue, ")");
    }
    return queue_end(queue, storing->err);
}

/* To the next change; behind the last one of a visit that of another mailbox. */
static void
go_on(struct storing *storing)
{
    if (visit_end(storing, storing->at) == storing->at + 1)
        storing->select_due = storing->way == WAY_BLIND;
    storing->at++;
    storing->first = 0;
}

static bool
next(void *self, bool *more)
{
    struct storing *storing = self;
    size_t select = storing->select_after;

    for (; storing->at < storing->stop; go_on(storing)) {
        const struct remote_store *change = &storing->changes[storing->at];
        if (storing->ways[storing->at] != storing->way)
            continue;
        if (storing->select_due) {
            storing->select_due = false;
            return select_send(storing->imap, storing->at, change->mailbox, "", storing->err);
        }
        while (storing->first < change->count) {
            size_t count = change->count - storing->first;
            count = count < storing->chunk ? count : storing->chunk;
            while (storing->step < STEPS - 1 && (storing->way == WAY_ALL || step_flags(change, storing->step) == 0))
                storing->step++;
            if (storing->step < (storing->way == WAY_ONCE ? STEPS - 1 : STEPS))
                return send_step(storing, change, count, storing->step++);
            storing->step = 0;
            storing->first += count;
        }
    }
    storing->select_after = NONE;
    if (select != NONE)
        return select_send(storing->imap, select, storing->changes[select].mailbox, "", storing->err);
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

/* Look at what is being answered now: a visit begins, or a change in it. */
static bool
track(struct storing *storing)
{
    const struct command *oldest = queue_oldest(&storing->imap->queue);
    size_t count;

    if (select_track(storing->imap, &storing->selection)) {
        storing->ignore = storing->bad = false;
        storing->visit = (struct remote_outcome){.ok = true};
        storing->current = NONE;
    }
    if (oldest == NULL || oldest->index == storing->current ||
        (oldest->kind != COMMAND_STORE && oldest->kind != COMMAND_STORE_KEYWORD && oldest->kind != COMMAND_PROOF))
        return true;
    storing->current = oldest->index;
    count = storing->changes[oldest->index].count;
    storing->left = (count + storing->chunk - 1) / storing->chunk;
    storing->unlooked = false;
    storing->outcome = storing->visit;
    drop_echoes(storing);
    if (!array_grow(&storing->echoes, &storing->echoes_size, count, sizeof *storing->echoes))
        return out_of_memory(storing);
    memset(storing->echoes, 0, count * sizeof *storing->echoes);
    storing->echoes_len = count;
    return true;
}

/*
 * Of several changes in one mailbox Dovecot may show what a later one did before it has said OK to the first, and not again. What shows
 * that change carried out is its echo; anything else may be from before it.
 */
static bool
take_early(struct storing *storing, const struct fetched *fetched, size_t current)
{
    const struct remote_message message = {
        .uid = fetched->uid, .has_flags = true, .flags = fetched->flags, .keywords = fetched->keywords};
    size_t at;

    for (size_t i = current + 1; i < visit_end(storing, current); i++) {
        const struct remote_store *change = &storing->changes[i];

        if (storing->ways[i] == storing->way && (fetched->flags & change->add) == change->add &&
            (fetched->flags & change->del) == 0 && seqset_find(change->uids, change->count, fetched->uid, &at))
            return storing->to->message(storing->context, i, &message);
    }
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
    const bool unread = response->kind == RESPONSE_UNREADABLE && response->about == RESPONSE_FETCH;
    if ((response->kind != RESPONSE_FETCH && !unread) || oldest == NULL || storing->ignore ||
        (!unread && !fetched->has_flags) ||
        (oldest->kind != COMMAND_STORE && oldest->kind != COMMAND_STORE_KEYWORD && oldest->kind != COMMAND_PROOF))
        return true;
    const struct remote_store *change = &storing->changes[oldest->index];
    if (!seqset_find(change->uids, change->count, fetched->uid, &at))
        return unread || take_early(storing, fetched, oldest->index);
    struct echo *echo = &storing->echoes[at];
    echo->came = !unread; /* what was told before is old, and what is told now can't be read */
    if (unread)
        return true;
    echo->flags = fetched->flags;
    echo->modseq = fetched->modseq;
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
        client_refused(response, &storing->visit);
    } else if (!select_good(storing->imap, selection, storing->changes[command->index].mailbox,
                            storing->changes[command->index].uidvalidity, &storing->visit)) {
        storing->ignore = true;
    } else if (selection->read_only) {
        storing->ignore = true;
        client_outcome(&storing->visit, REMOTE_READ_ONLY);
        storing->visit.denied = true;
    }
    return true;
}

/*
 * A change number is that of one STORE, or of what somebody else did (RFC 7162 section 3.1). No message of this change showed it when the mailbox was last
 * known, and UNCHANGEDSINCE let none pass that was changed since: each STORE took a number. So where each chunk shows the
 * number next to that of the chunk before, from the SELECT's on, nobody else changed anything in between.
 */
static void
say_what_is_ours(struct storing *storing)
{
    uint64_t number = storing->since;

    for (size_t i = 0; i < storing->echoes_len; i++) {
        number += i % storing->chunk == 0;
        if (storing->echoes[i].modseq != number)
            return;
    }
    storing->outcome.ours_after = storing->since;
    storing->outcome.ours_to = number;
}

/* Does each message show that it was changed? If not, all of it is done anew, with a FETCH that says what became of it. */
static bool
end_once(struct storing *storing, size_t index)
{
    const struct remote_store *change = &storing->changes[index];
    bool all = storing->outcome.ok && !storing->unlooked;

    for (size_t i = 0; all && i < storing->echoes_len; i++) {
        const struct echo *echo = &storing->echoes[i];

        all = echo->came && (echo->flags & change->add) == change->add && (echo->flags & change->del) == 0;
    }
    storing->ways[index] = all ? WAY_DONE : WAY_WAIT;
    if (!all) {
        storing->never_once = true;
        return true;
    }
    say_what_is_ours(storing);
    return tell_echoes(storing, index) && storing->to->done(storing->context, index, &storing->outcome);
}

/* All that belongs to this change is answered. */
static bool
end_change(struct storing *storing, size_t index)
{
    if (storing->bad && storing->way == WAY_BLIND) { /* the server can't be asked so much at once: again, waiting */
        storing->ways[index] = WAY_WAIT;
        storing->imap->queue.serial = true;
        return true;
    }
    if (storing->unlooked && storing->outcome.ok) {
        storing->ways[index] = WAY_ALL;
        return true;
    }
    storing->ways[index] = WAY_DONE;
    if (storing->outcome.ok && !tell_echoes(storing, index))
        return false;
    return storing->to->done(storing->context, index, &storing->outcome);
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
    if (storing->way == WAY_ONCE) {
        storing->unlooked = storing->unlooked || response->state != STATE_OK || response->code == CODE_MODIFIED;
        return --storing->left > 0 || end_once(storing, command->index);
    }
    if (command->kind == COMMAND_PROOF && response->state == STATE_BAD && storing->way != WAY_ALL)
        storing->unlooked = true;
    else if (storing->outcome.ok && response->state != STATE_OK)
        client_refused(response, &storing->outcome);
    return command->kind != COMMAND_PROOF || --storing->left > 0 || end_change(storing, command->index);
}

static bool
ask(struct storing *storing, enum way way, size_t begin, size_t end, size_t select_after)
{
    const struct operation operation = {
        .self = storing, .next = next, .untagged = take_untagged, .answered = take_answer};

    storing->way = way;
    storing->at = begin;
    storing->stop = end;
    storing->first = storing->step = 0;
    storing->select_due = way == WAY_BLIND;
    storing->select_after = select_after;
    return queue_run(&storing->imap->queue, &operation, storing->err);
}

/* ---- which way ---- */

/* STATUS of a mailbox that is to be visited: is it still the one we mean? */
static bool
take_status(void *self, const struct response *response, const struct command *oldest)
{
    struct storing *storing = self;
    struct text name = {response->name.at, response->name.len};

    if (response->kind != RESPONSE_STATUS || oldest == NULL || oldest->kind != COMMAND_STATUS)
        return true;
    const struct remote_store *change = &storing->changes[oldest->index];
    bool inbox = text_is_nocase(change->mailbox, "INBOX") && text_is_nocase(name, "INBOX");
    bool same = inbox || (name.len == change->mailbox.len && memcmp(name.at, change->mailbox.at, name.len) == 0);
    /* Anything else than a plain yes, and its SELECT is waited for. */
    if (same && response->status.has_uidvalidity && response->status.uidvalidity == change->uidvalidity)
        set_way(storing, oldest->index, visit_end(storing, oldest->index), WAY_BLIND);
    return true;
}

static bool
take_status_answer(void *self, const struct command *command, const struct response *response)
{
    (void)self;
    (void)command;
    (void)response;
    return true;
}

static bool
next_status(void *self, bool *more)
{
    struct storing *storing = self;
    struct queue *queue = &storing->imap->queue;
    size_t begin = find_way(storing, storing->at, WAY_LOOK);

    if (begin == NONE) {
        *more = false;
        return true;
    }
    storing->at = visit_end(storing, begin);
    set_way(storing, begin, storing->at, WAY_WAIT);
    queue_begin(queue, COMMAND_STATUS, begin, 0, 0);
    queue_print(queue, "STATUS ");
    queue_name(queue, storing->changes[begin].mailbox);
    queue_print(queue, " (UIDVALIDITY)");
    return queue_end(queue, storing->err);
}

/* Changes of no message are told at once, visits with \Deleted wait, and where there is only one, nothing is gained by a look. */
static bool
choose_ways(struct storing *storing)
{
    const struct operation look = {
        .self = storing, .next = next_status, .untagged = take_status, .answered = take_status_answer};
    const struct remote_outcome nothing = {.ok = true};
    size_t visits = 0;

    for (size_t begin = 0, end; begin < storing->count; begin = end) {
        bool grave = false, some = false;

        end = visit_end(storing, begin);
        for (size_t i = begin; i < end; i++) {
            const struct remote_store *change = &storing->changes[i];
            some |= change->count > 0;
            grave |= change->count > 0 && ((change->add | change->del) & (unsigned)FLAG_DELETED) != 0;
            if (change->count > 0)
                continue;
            storing->ways[i] = WAY_DONE;
            if (!storing->to->done(storing->context, i, &nothing))
                return false;
        }
        set_way(storing, begin, end, grave ? WAY_WAIT : WAY_LOOK);
        visits += some && !grave;
    }
    if (visits < 2)
        set_way(storing, 0, storing->count, WAY_WAIT);
    storing->at = 0;
    return visits < 2 || queue_run(&storing->imap->queue, &look, storing->err);
}

/* ---- the flow ---- */

/* The visit's mailbox could not be selected, or is another one. */
static bool
tell_visit(struct storing *storing, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        if (storing->ways[i] == WAY_DONE)
            continue;
        storing->ways[i] = WAY_DONE;
        if (!storing->to->done(storing->context, i, &storing->visit))
            return false;
    }
    return true;
}

/* The SELECT of a visit rides with the commands of the one before. @param way  WAY_WAIT or WAY_ALL */
static bool
visit_all(struct storing *storing, enum way way)
{
    size_t visit = find_way(storing, 0, way);

    if (visit != NONE && !ask(storing, way, 0, 0, visit))
        return false;
    while (visit != NONE) {
        size_t end = visit_end(storing, visit), after = find_way(storing, end, way);

        if (storing->bad && !storing->imap->queue.serial) {
            storing->imap->queue.serial = true;
            if (!ask(storing, way, 0, 0, visit))
                return false;
        }
        if (storing->ignore && !tell_visit(storing, visit, end))
            return false;
        const bool once = way == WAY_WAIT && may_go_once(storing, visit, end);
        if (once)
            storing->ways[visit] = WAY_ONCE;
        storing->since = storing->selection.modseq;
        if (!ask(storing, once ? WAY_ONCE : way, storing->ignore ? end : visit, end, after))
            return false;
        visit = after;
    }
    return true;
}

bool
imap_store(struct imap *imap, const struct remote_store *changes, size_t count, const struct remote_observer *to,
           void *context, struct error *err)
{
    struct storing storing = {.imap = imap,
                              .changes = changes,
                              .count = count,
                              .to = to,
                              .context = context,
                              .err = err,
                              .chunk = client_at_once(imap, CHUNK),
                              .current = NONE};
    bool ok;

    if (count == 0)
        return true;
    storing.ways = calloc(count, sizeof *storing.ways);
    if (storing.ways == NULL)
        return out_of_memory(&storing);
    ok = choose_ways(&storing) &&
         (find_way(&storing, 0, WAY_BLIND) == NONE || ask(&storing, WAY_BLIND, 0, count, NONE)) &&
         visit_all(&storing, WAY_WAIT) && (!storing.never_once || visit_all(&storing, WAY_WAIT));
    storing.chunk = SIZE_MAX / 2; /* all of a change's UIDs are in 1:* */
    ok = ok && visit_all(&storing, WAY_ALL);
    drop_echoes(&storing);
    free(storing.echoes);
    free(storing.ways);
    return ok;
}
