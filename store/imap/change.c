/*
 * What can't be taken back: messages moved, copied or removed. Such a command is sent only after SELECT said OK with
 * the expected UIDVALIDITY and every victim was read again and found to be what was meant; and what became of it is
 * looked up afterwards: OK alone proves nothing.
 *
 * A job is up to JOB_MAX messages of one mailbox, and as many as fit a command line one by one:
 *     begin   SELECT, FETCH of the victims           (rides with the end of the job before)
 *     flag    removal of what carries \Deleted already, with change numbers: STORE (UNCHANGEDSINCE n) \Deleted, waited for
 *     end     MOVE | COPY | [STORE,] UID EXPUNGE, then SELECT and a FETCH that must find nothing any more
 * What was changed since the begin does not get \Deleted by that STORE, and what does not carry it is left by UID EXPUNGE: the two go out
 * together, and nobody can change a message between them. Only what carries it already would go all the same.
 * The SELECT in the end is there because Dovecot carries out a FETCH that is sent right behind an EXPUNGE or MOVE
 * before it lets go of the messages: it would still show them. A server that answers BAD where UIDs are gone (GNU mailutils) is asked
 * for 1:* instead.
 * MOVE that is offered and refused without a reason is not sent again: the caller goes on with COPY and a removal.
 * What that STORE refuses is read once more, with its number: where that is above the mailbox's own, which no right server says, it is tried with it.
 * A server without UIDPLUS can only expunge everything that carries \Deleted: there the messages that carry it are listed in between,
 * and it is taken off again if others are among them, or one of them has got other flags since: these are looked at first.
 */
#include "store/imap/change.h"

/* The UIDs of a job that may be changed. @return how many */
static size_t
allowed_uids(const struct changing *changing, const struct job *job, uint32_t uids[static JOB_MAX])
{
    size_t len = 0;

    for (size_t i = 0; i < job->count; i++)
        if (job->items[i].allowed)
            uids[len++] = job_uids(changing, job)[i];
    return len;
}

/* "words set tail" for the UIDs of a job that may be changed. */
static bool
send_for(struct changing *changing, const struct job *job, int kind, const char *words, const char *tail)
{
    struct queue *queue = &changing->imap->queue;
    uint32_t uids[JOB_MAX];
    size_t len = allowed_uids(changing, job, uids);

    queue_begin(queue, kind, job->index, job->first, job->count);
    queue_print(queue, "%s ", words);
    queue_set(queue, uids, len);
    if (kind == COMMAND_MOVE || kind == COMMAND_COPY) {
        queue_print(queue, " ");
        queue_name(queue, changing->changes[job->index].target);
    }
    queue_print(queue, "%s", tail);
    return queue_end(queue, changing->err);
}

static bool
send_begin(struct changing *changing, struct job *job)
{
    struct imap *imap = changing->imap;
    struct queue *queue = &imap->queue;
    const char *parameters = client_condstore(imap) && !client_qresync(imap) ? " (CONDSTORE)" : "";

    memset(job->items, 0, sizeof job->items);
    job->selected = job->read = job->deleted = job->sent = job->reselected = job->expunged = job->proven =
        job->refused = job->give_up = job->empty = job->unlooked = job->unable = job->overtaken = job->displaced =
            job->took_off = false;
    job->only_ours = true;
    job->modseq = job->proof_select = 0;
    if (!select_send(imap, job->index, changing->changes[job->index].mailbox, parameters, changing->err))
        return false;
    queue_begin(queue, COMMAND_REREAD, job->index, job->first, job->count);
    queue_print(queue, "UID FETCH ");
    queue_set(queue, job_uids(changing, job), job->count);
    queue_print(queue, changing->changes[job->index].headers ? " (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])"
                                                             : " (UID FLAGS INTERNALDATE RFC822.SIZE)");
    return queue_end(queue, changing->err);
}

static bool
send_deleted(struct changing *changing, struct job *job)
{
    char tail[80] = " +FLAGS.SILENT (\\Deleted)";

    if (client_condstore(changing->imap) && job->modseq > 0)
        (void)text_print(tail, sizeof tail, " (UNCHANGEDSINCE %llu) +FLAGS.SILENT (\\Deleted)",
                         (unsigned long long)job->modseq);
    return send_for(changing, job, COMMAND_STORE, "UID STORE", tail);
}

static bool
send_proof(struct changing *changing, struct job *job)
{
    if (!select_send(changing->imap, job->index, changing->changes[job->index].mailbox, "", changing->err))
        return false;
    job->proof_select = changing->imap->queue.last_number;
    return send_for(changing, job, COMMAND_PROOF, "UID FETCH", " (UID FLAGS)");
}

/* COPYUID may name what never was: the removal of the message may rest on its copy. */
static bool
send_status(struct changing *changing, struct job *job)
{
    struct queue *queue = &changing->imap->queue;

    job->given_below = 0;
    queue_begin(queue, COMMAND_STATUS, job->index, job->first, job->count);
    queue_print(queue, "STATUS ");
    queue_name(queue, changing->changes[job->index].target);
    queue_print(queue, " (UIDNEXT)");
    return queue_end(queue, changing->err);
}

/* Does one that may be removed carry \Deleted, and not by us? */
static bool
any_had_deleted(const struct job *job)
{
    for (size_t i = 0; i < job->count; i++)
        if (job->items[i].allowed && job->items[i].had_deleted)
            return true;
    return false;
}

static bool
send_off(struct changing *changing, struct job *job)
{
    return send_for(changing, job, COMMAND_STORE, "UID STORE", " -FLAGS.SILENT (\\Deleted)");
}

/* It carried \Deleted, and stays where it is: of a copy always, of a move where that was refused, or the look afterwards shows it although the server said OK. */
static bool
stays_marked(const struct job *job, const struct item *item)
{
    return item->allowed && item->had_deleted && (!job->expunged || (job->proven && item->present));
}

static bool
any_stays_marked(const struct job *job)
{
    for (size_t i = 0; i < job->count; i++)
        if (stays_marked(job, &job->items[i]))
            return true;
    return false;
}

static bool
send_on(struct changing *changing, struct job *job)
{
    bool allowed[JOB_MAX], ok;

    for (size_t i = 0; i < job->count; i++) {
        allowed[i] = job->items[i].allowed;
        job->items[i].allowed = stays_marked(job, &job->items[i]);
    }
    ok = send_for(changing, job, COMMAND_STORE, "UID STORE", " +FLAGS.SILENT (\\Deleted)");
    for (size_t i = 0; i < job->count; i++)
        job->items[i].allowed = allowed[i];
    return ok;
}

/* The change itself, and the look afterwards. */
static bool
send_end(struct changing *changing, struct job *job)
{
    const bool off = changing->changes[job->index].undelete && any_had_deleted(job);

    job->sent = true;
    switch (changing->kind) {
    case CHANGE_MOVE:
        return (!off || send_off(changing, job)) && send_for(changing, job, COMMAND_MOVE, "UID MOVE", "") &&
               send_proof(changing, job);
    case CHANGE_COPY:
        return (!off || send_off(changing, job)) && send_for(changing, job, COMMAND_COPY, "UID COPY", "") &&
               (!off || send_on(changing, job)) && send_status(changing, job);
    default:
        return (job->deleted || send_deleted(changing, job)) &&
               send_for(changing, job, COMMAND_EXPUNGE, "UID EXPUNGE", "") && send_proof(changing, job);
    }
}

static bool
run(struct changing *changing)
{
    const struct operation operation = {.self = changing,
                                        .untagged = change_untagged,
                                        .answered = change_answered,
                                        .sink = {change_header, change_header_data, NULL, changing}};

    return queue_run(&changing->imap->queue, &operation, changing->err);
}

/* ---- the flow ---- */

/* The look afterwards once more, in a form that every server understands. */
static bool
look_at_all(struct changing *changing, struct job *job)
{
    struct queue *queue = &changing->imap->queue;

    if (!job->unlooked || !job->reselected || job->proven)
        return true;
    changing->ending = job;
    changing->beginning = NULL;
    changing->elsewhere = true;
    if (!select_send(changing->imap, job->index, changing->changes[job->index].mailbox, "", changing->err))
        return false;
    job->proof_select = queue->last_number;
    job->reselected = false;
    queue_begin(queue, COMMAND_PROOF, job->index, job->first, job->count);
    queue_print(queue, "UID FETCH 1:* (UID FLAGS)");
    return queue_end(queue, changing->err) && run(changing);
}

static bool
has_allowed(const struct changing *changing, const struct job *job)
{
    uint32_t uids[JOB_MAX];

    return job->selected && job->read && allowed_uids(changing, job, uids) > 0;
}

/* Take our \Deleted off again, where it was not there before. Best effort: the next run looks at it anyway. */
static bool
take_deleted_off(struct changing *changing, struct job *job)
{
    bool allowed[JOB_MAX] = {0}, any = false, ok = true;

    for (size_t i = 0; i < job->count; i++) {
        allowed[i] = job->items[i].allowed;
        job->items[i].allowed = allowed[i] && !job->items[i].had_deleted;
        any |= job->items[i].allowed;
    }
    job->takes_off = any;
    if (any)
        ok = send_off(changing, job) && run(changing);
    for (size_t i = 0; i < job->count; i++) {
        job->items[i].marked &= job->takes_off || !job->items[i].allowed;
        job->items[i].allowed = allowed[i];
    }
    job->takes_off = false;
    return ok;
}

/* Without UIDPLUS. The job's mailbox is selected, nothing is in flight. */
static bool
remove_plainly(struct changing *changing, struct job *job)
{
    struct queue *queue = &changing->imap->queue;

    changing->ending = job;
    changing->listed = changing->last_listed = 0;
    if (!send_deleted(changing, job) || !run(changing))
        return false;
    if (!job->deleted || !has_allowed(changing, job))
        return true;
    queue_begin(queue, COMMAND_LISTING, job->index, 0, 0);
    queue_print(queue, "UID FETCH 1:* (UID FLAGS)");
    if (!queue_end(queue, changing->err) || !run(changing))
        return false;
    if (!job->only_ours || job->overtaken) {
        if (!take_deleted_off(changing, job))
            return false;
        job->give_up = true;
        if (job->overtaken) { /* planned anew, at once */
            client_outcome(&job->outcome, "messages were changed by somebody else");
            job->outcome.changed = true;
            return true;
        }
        client_outcome(&job->outcome, "other messages of this mailbox carry \\Deleted, too, and this server can only "
                                      "expunge all of them at once");
        job->outcome.crowded = true;
        return true;
    }
    job->sent = true;
    queue_begin(queue, COMMAND_EXPUNGE, job->index, 0, 0);
    queue_print(queue, "EXPUNGE");
    return queue_end(queue, changing->err) && send_proof(changing, job) && run(changing) && look_at_all(changing, job);
}

/* UIDPLUS is offered, but UID EXPUNGE was refused for no reason that holds for this mailbox alone: from now on the plain way, for this job, too. */
static bool
try_again(struct changing *changing, struct job *job)
{
    bool had[JOB_MAX] = {0}, marked[JOB_MAX] = {0};

    for (size_t i = 0; i < job->count; i++) {
        had[i] = job->items[i].had_deleted || !job->items[i].allowed;
        marked[i] = job->items[i].marked;
    }
    changing->imap->can.bits &= ~(unsigned)CAPABILITY_UIDPLUS;
    changing->ending = NULL;
    changing->beginning = job;
    job->again = true;
    if (!send_begin(changing, job))
        return false;
    for (size_t i = 0; i < job->count; i++) {
        job->items[i].had_deleted = had[i];
        job->items[i].marked = marked[i];
    }
    if (!run(changing))
        return false;
    changing->beginning = NULL;
    return !has_allowed(changing, job) || remove_plainly(changing, job);
}

/* ---- numbers of messages above the mailbox's own ---- */

/* Read those again that UNCHANGEDSINCE refused, with their numbers. They are allowed where they are what was meant, and above the mailbox's. */
static bool
begin_late(struct changing *changing, const struct job *job)
{
    struct job *late = &changing->late;
    struct queue *queue = &changing->imap->queue;
    uint32_t uids[JOB_MAX];
    size_t len = 0;

    *late = (struct job){.index = job->index, .first = job->first, .count = job->count, .only_ours = true};
    for (size_t i = 0; i < job->count; i++)
        if (job->items[i].refused)
            uids[len++] = job_uids(changing, job)[i];
    changing->beginning = late;
    changing->ending = NULL;
    changing->elsewhere = true;
    if (!select_send(changing->imap, job->index, changing->changes[job->index].mailbox, "", changing->err))
        return false;
    queue_begin(queue, COMMAND_REREAD, job->index, job->first, job->count);
    queue_print(queue, "UID FETCH ");
    queue_set(queue, uids, len);
    queue_print(queue, " (UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ%s)",
                changing->changes[job->index].headers ? " BODY.PEEK[HEADER]" : "");
    if (!queue_end(queue, changing->err) || !run(changing))
        return false;
    for (size_t i = 0; i < job->count; i++)
        late->items[i].allowed &= job->items[i].refused && late->modseq != 0 && late->items[i].modseq > late->modseq;
    return true;
}

/* \Deleted, each with its own number; and a look behind it: such a server may give a change a number below that. */
static bool
store_late(struct changing *changing)
{
    struct job *late = &changing->late;
    struct queue *queue = &changing->imap->queue;
    bool tried[JOB_MAX];

    changing->ending = late;
    late->again = true;
    for (size_t i = 0; i < late->count; i++) {
        if (!late->items[i].allowed)
            continue;
        queue_begin(queue, COMMAND_STORE, late->index, late->first + i, 1);
        queue_print(queue, "UID STORE %u (UNCHANGEDSINCE %llu) +FLAGS.SILENT (\\Deleted)", job_uids(changing, late)[i],
                    (unsigned long long)late->items[i].modseq);
        if (!queue_end(queue, changing->err))
            return false;
    }
    for (size_t i = 0; i < late->count; i++)
        tried[i] = late->items[i].allowed;
    if (!send_for(changing, late, COMMAND_REREAD, "UID FETCH",
                  changing->changes[late->index].headers ? " (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])"
                                                         : " (UID FLAGS INTERNALDATE RFC822.SIZE)") ||
        !run(changing))
        return false;
    for (size_t i = 0; i < late->count; i++) {
        const struct item *item = &late->items[i];

        if (!tried[i] || item->allowed || item->refused || item->had_deleted)
            continue;
        late->takes_off = true;
        queue_begin(queue, COMMAND_STORE, late->index, late->first + i, 1);
        queue_print(queue, "UID STORE %u -FLAGS.SILENT (\\Deleted)", job_uids(changing, late)[i]);
        if (!queue_end(queue, changing->err) || !run(changing))
            return false;
        late->items[i].marked &= late->takes_off;
    }
    return true;
}

/*
 * A server whose HIGHESTMODSEQ went back, and not the numbers of its messages, would refuse them for ever. Nothing of the job is in flight.
 * On any other a message that was changed since has a number that is not above the new SELECT's.
 */
static bool
try_late(struct changing *changing, const struct job *job)
{
    struct job *late = &changing->late;
    bool any = false;

    for (size_t i = 0; i < job->count; i++)
        any |= job->items[i].refused;
    if (!any || !(changing->imap->can.bits & CAPABILITY_UIDPLUS))
        return true;
    if (!begin_late(changing, job))
        return false;
    if (has_allowed(changing, late)) {
        if (!store_late(changing))
            return false;
        changing->beginning = NULL;
        late->sent = true;
        if (has_allowed(changing, late) && (!send_for(changing, late, COMMAND_EXPUNGE, "UID EXPUNGE", "") ||
                                            !send_proof(changing, late) || !run(changing)))
            return false;
    }
    changing->beginning = changing->ending = NULL;
    return true;
}

/* What became of it, after all that could be done. */
static bool
report(struct changing *changing, const struct job *job)
{
    bool ok = try_late(changing, job) && change_report(changing, job);

    changing->late.count = 0;
    return ok;
}

/* A move that did not move it has taken \Deleted off. Best effort: without it the message is one that nobody removes, and would be fetched again. */
static bool
mark_again(struct changing *changing, struct job *job)
{
    if (changing->kind != CHANGE_MOVE || !job->sent || !changing->changes[job->index].undelete ||
        !any_stays_marked(job))
        return true;
    const bool reselected = job->reselected;
    bool ok;

    changing->ending = job;
    changing->beginning = NULL;
    changing->elsewhere = true; /* the next job's mailbox may be selected by now */
    if (!select_send(changing->imap, job->index, changing->changes[job->index].mailbox, "", changing->err))
        return false;
    job->proof_select = changing->imap->queue.last_number;
    job->reselected = false;
    ok = run(changing) && (!job->reselected || (send_on(changing, job) && run(changing)));
    job->reselected = reselected;
    return ok;
}

/* All of a job's commands are answered. */
static bool
finish(struct changing *changing, struct job *job)
{
    bool refused_expunge = changing->kind == CHANGE_REMOVE && job->deleted && job->unable && !job->expunged &&
                           changing->imap->can.bits & CAPABILITY_UIDPLUS && has_allowed(changing, job);

    if (refused_expunge ? !try_again(changing, job) : !look_at_all(changing, job))
        return false;
    return mark_again(changing, job) && report(changing, job);
}

/* Between begin and end: what must be waited for before the end may be sent. *ready: there is an end to send. */
static bool
prepare(struct changing *changing, struct job *job, bool *ready)
{
    *ready = has_allowed(changing, job);
    if (changing->kind == CHANGE_MOVE && !(changing->imap->can.bits & CAPABILITY_MOVE)) { /* as this turn found out */
        *ready = false;
        job->give_up = true;
        client_outcome(&job->outcome, "the server offers MOVE and can't do it");
        job->outcome.changed = true;
    }
    if (!*ready || changing->kind != CHANGE_REMOVE)
        return true;
    if (!(changing->imap->can.bits & CAPABILITY_UIDPLUS)) {
        *ready = false;
        return remove_plainly(changing, job);
    }
    if (!client_condstore(changing->imap) || job->modseq == 0 || !any_had_deleted(job))
        return true;
    changing->ending = job;
    if (!send_deleted(changing, job) || !run(changing))
        return false;
    *ready = job->deleted && has_allowed(changing, job);
    return true;
}

/* For a set there is what the words around it leave of a line: of a target's name each byte may be a quoted one. */
static size_t
room_for_set(const struct remote_change *change)
{
    const size_t words = 200, name = 2 * change->target.len; /* which is shorter than 3000 (LIMIT_MAILBOX_NAME) */
    const size_t room = LIMIT_COMMAND_LINE - words > name ? LIMIT_COMMAND_LINE - words - name : words;

    return room < JOB_SET_BYTES ? room : JOB_SET_BYTES;
}

/* Of so many UIDs any set fits a command line: some of them may turn out not to be changed. */
static size_t
most_of_a_job(const struct changing *changing, const struct remote_change *change)
{
    size_t width = 2, most; /* a digit, and a comma */

    for (uint32_t left = change->uids[change->count - 1]; left >= 10; left /= 10)
        width++;
    most = room_for_set(change) / width;
    return client_at_once(changing->imap, most < JOB_MAX ? most : JOB_MAX);
}

/* The next messages, as many as a job may have. */
static bool
next_job(const struct changing *changing, size_t *index, size_t *first, struct job *job)
{
    while (*index < changing->count && *first >= changing->changes[*index].count) {
        ++*index;
        *first = 0;
    }
    if (*index == changing->count)
        return false;
    const struct remote_change *change = &changing->changes[*index];
    size_t rest = change->count - *first, most = most_of_a_job(changing, change);
    job->index = *index;
    job->first = *first;
    job->count = rest < most ? rest : most;
    job->again = false;
    *first += job->count;
    return true;
}

/* The end of one job and the begin of the next, in one turn; either may be NULL. */
static bool
run_turn(struct changing *changing, struct job *ending, struct job *beginning)
{
    struct imap *imap = changing->imap;
    bool serial = imap->queue.serial, uidplus = imap->can.bits & CAPABILITY_UIDPLUS;

    changing->ending = ending;
    changing->beginning = beginning;
    changing->elsewhere = false;
    if ((ending != NULL && !send_end(changing, ending)) || (beginning != NULL && !send_begin(changing, beginning)) ||
        !run(changing) || (ending != NULL && !finish(changing, ending)))
        return false;
    changing->ending = NULL;
    changing->beginning = beginning;
    /* The begin has to be repeated if it was refused because it came too fast, or if another mailbox is selected now
     * because the job before had to be tried a second time. */
    bool too_fast = !serial && imap->queue.serial && beginning != NULL && !beginning->selected;
    bool elsewhere = changing->elsewhere || (uidplus && !(imap->can.bits & CAPABILITY_UIDPLUS) && ending != NULL);
    if (beginning != NULL && (too_fast || elsewhere) && (!send_begin(changing, beginning) || !run(changing)))
        return false;
    changing->beginning = NULL;
    return true;
}

static bool
run_jobs(struct changing *changing)
{
    struct job *ending = NULL, *beginning = &changing->jobs[0];
    size_t index = 0, first = 0;
    bool ready;

    for (;;) {
        bool more = next_job(changing, &index, &first, beginning);
        if (!more && ending == NULL)
            return true;
        if (!run_turn(changing, ending, more ? beginning : NULL))
            return false;
        ending = NULL;
        if (!more)
            continue;
        if (!prepare(changing, beginning, &ready))
            return false;
        if (ready) {
            ending = beginning;
            beginning = beginning == &changing->jobs[0] ? &changing->jobs[1] : &changing->jobs[0];
        } else if (!report(changing, beginning)) {
            return false;
        }
    }
}

/* Is a header asked for in any of them? */
static bool
begin_digest(struct changing *changing)
{
    for (size_t i = 0; i < changing->count && changing->digest == NULL; i++) {
        if (!changing->changes[i].headers)
            continue;
        changing->digest = digest_new();
        if (changing->digest == NULL) {
            error_set(changing->err, ERROR_LOCAL, "compute a digest");
            return false;
        }
    }
    return true;
}

bool
imap_change(struct imap *imap, enum change_kind kind, const struct remote_change *changes, size_t count,
            const struct remote_changer *to, void *context, struct error *err)
{
    struct changing *changing = calloc(1, sizeof *changing);

    if (changing == NULL) {
        error_set(err, ERROR_LOCAL, "change messages on the server: out of memory");
        return false;
    }
    *changing = (struct changing){
        .imap = imap, .kind = kind, .changes = changes, .count = count, .to = to, .context = context, .err = err};
    bool ok = begin_digest(changing) && run_jobs(changing);
    digest_free(changing->digest);
    free(changing);
    return ok;
}
