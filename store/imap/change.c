/*
 * What can't be taken back: messages moved, copied or removed. Such a command is sent only after SELECT said OK with the
 * expected UIDVALIDITY and every victim was read again and found to be what was meant; and what became of it is looked up
 * afterwards: OK alone proves nothing.
 *
 * A job is up to 256 messages of one mailbox:
 *     begin   SELECT, FETCH of the victims           (rides with the end of the job before)
 *     mark    removal with change numbers: STORE (UNCHANGEDSINCE ...) \Deleted, waited for: what was changed meanwhile stays
 *     end     MOVE | COPY | [STORE,] UID EXPUNGE, then SELECT and a FETCH that must find nothing any more
 * The SELECT in the end is there because Dovecot carries out a FETCH that is sent right behind an EXPUNGE or MOVE before it
 * lets go of the messages: it would still show them.
 * A server without UIDPLUS can only expunge everything that carries \Deleted: there the marks are listed in between, and
 * taken off again if somebody else's are among them.
 */
#include "store/imap/client.h"

#include "store/imap/seqset.h"

#define JOB_MAX LIMIT_BATCH

struct item {
    bool came;     /* the message is there */
    bool allowed;  /* and may be changed */
    bool had_mark; /* carried \Deleted before we came */
    bool present;  /* still there afterwards */
    bool has_flags, has_size, has_date;
    unsigned flags;
    uint32_t uid; /* in the target */
    uint64_t size;
    int64_t date;
};

struct job {
    size_t index, first, count; /* changes[index].uids[first ...] */
    uint64_t modseq;            /* HIGHESTMODSEQ of the SELECT */
    bool selected, read;        /* begin went well */
    bool marked, only_ours;     /* \Deleted was set; nobody else's is there */
    bool sent;                  /* the change itself was */
    bool expunged, proven;      /* answered OK: the change, the look afterwards */
    uint32_t proof_select;      /* number of the SELECT before that look */
    bool reselected;            /* it found the same mailbox */
    bool again;                 /* a second try, the plain way */
    bool give_up;               /* outcome holds for all that were allowed */
    struct remote_outcome outcome; /* of what was asked for, if it was refused */
    bool refused;
    struct item items[JOB_MAX];
};

struct changing {
    struct imap *imap;
    enum change_kind kind;
    const struct remote_change *changes;
    size_t count;
    const struct remote_changer *to;
    void *context;
    struct error *err;

    struct job jobs[2];
    struct job *beginning, *ending; /* whose commands are in flight; either may be NULL */
    struct selection selection;
    uint32_t listed, last_listed; /* messages of a listing, as observe.c counts them */
    uint32_t keywords_uid; /* whose keywords these are */
    char keywords[KEYWORDS_MAX + 1];
};

static const uint32_t *
job_uids(const struct changing *changing, const struct job *job)
{
    return changing->changes[job->index].uids + job->first;
}

static struct item *
find_item(struct changing *changing, struct job *job, uint32_t uid)
{
    size_t at;

    if (job == NULL || !seqset_find(job_uids(changing, job), job->count, uid, &at))
        return NULL;
    return &job->items[at];
}

/* ---- commands ---- */

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
    job->selected = job->read = job->marked = job->sent = job->reselected = job->expunged = job->proven = job->refused = job->give_up = false;
    job->only_ours = true;
    job->modseq = job->proof_select = 0;
    if (!select_send(imap, job->index, changing->changes[job->index].mailbox, parameters, changing->err))
        return false;
    queue_begin(queue, COMMAND_REREAD, job->index, job->first, job->count);
    queue_print(queue, "UID FETCH ");
    queue_set(queue, job_uids(changing, job), job->count);
    queue_print(queue, " (UID FLAGS INTERNALDATE RFC822.SIZE)");
    return queue_end(queue, changing->err);
}

static bool
send_mark(struct changing *changing, struct job *job)
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

/* The change itself, and the look afterwards. */
static bool
send_end(struct changing *changing, struct job *job)
{
    job->sent = true;
    switch (changing->kind) {
    case CHANGE_MOVE:
        return send_for(changing, job, COMMAND_MOVE, "UID MOVE", "") && send_proof(changing, job);
    case CHANGE_COPY:
        return send_for(changing, job, COMMAND_COPY, "UID COPY", "");
    default:
        return (job->marked || send_mark(changing, job)) &&
               send_for(changing, job, COMMAND_EXPUNGE, "UID EXPUNGE", "") && send_proof(changing, job);
    }
}

/* ---- answers ---- */

/* Enough is known about a message: is it the one? Asked again if it turns out to have changed in the meantime. */
static bool
verify(struct changing *changing, struct job *job, struct item *item, uint32_t uid)
{
    struct remote_message now = {.uid = uid,
                                 .has_flags = true,
                                 .flags = item->flags,
                                 .keywords = changing->keywords,
                                 .has_meta = true,
                                 .size = item->size,
                                 .date = item->date};
    bool first = !item->came;

    item->came = true;
    if (job->again && !item->had_mark)
        now.flags &= ~(unsigned)FLAG_DELETED; /* that one is ours, from the first try */
    else
        item->had_mark |= (item->flags & FLAG_DELETED) != 0;
    size_t at = (size_t)(item - job->items);
    bool allowed = changing->to->verify(changing->context, job->index, job->first + at, &now);
    item->allowed = allowed && (first || item->allowed);
    return true;
}

static bool
take_reread(struct changing *changing, const struct fetched *fetched)
{
    struct job *job = changing->beginning;
    struct item *item = find_item(changing, job, fetched->uid);

    if (item == NULL || !job->selected)
        return true;
    if (fetched->has_size) {
        item->size = fetched->size;
        item->has_size = true;
    }
    if (fetched->has_date) {
        item->date = fetched->date;
        item->has_date = true;
    }
    if (fetched->has_flags) {
        item->flags = fetched->flags;
        item->has_flags = true;
        changing->keywords_uid = fetched->uid;
        memcpy(changing->keywords, fetched->keywords, strlen(fetched->keywords) + 1);
    }
    if (!item->has_flags || !item->has_size || !item->has_date || changing->keywords_uid != fetched->uid)
        return true;
    return verify(changing, job, item, fetched->uid);
}

/* Where the messages went, as far as it is believable. */
static void
take_copyuid(struct changing *changing, const struct response *response)
{
    struct job *job = changing->ending;
    uint64_t size = uid_set_size(&response->from);

    if (job == NULL || response->number == 0 ||
        response->number != changing->changes[job->index].target_uidvalidity || size > JOB_MAX ||
        size != uid_set_size(&response->to))
        return;
    for (size_t i = 0; i < size; i++) {
        struct item *item = find_item(changing, job, uid_set_nth(&response->from, i));
        if (item != NULL && item->allowed)
            item->uid = uid_set_nth(&response->to, i);
    }
}

/* Flags of everything in the mailbox: whose \Deleted is there? */
static void
take_listing(struct changing *changing, const struct fetched *fetched)
{
    struct item *item = find_item(changing, changing->ending, fetched->uid);

    if (fetched->has_flags && fetched->uid > changing->last_listed) {
        changing->last_listed = fetched->uid;
        changing->listed++;
    }
    if (fetched->has_flags && fetched->flags & FLAG_DELETED && (item == NULL || !item->allowed))
        changing->ending->only_ours = false;
}

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct changing *changing = self;
    struct item *item;

    (void)select_track(changing->imap, &changing->selection);
    select_untagged(changing->imap, &changing->selection, response);
    if (oldest == NULL)
        return true;
    if (response->kind == RESPONSE_STATE && response->code == CODE_COPYUID &&
        (oldest->kind == COMMAND_MOVE || oldest->kind == COMMAND_COPY))
        take_copyuid(changing, response);
    if (response->kind != RESPONSE_FETCH || response->fetch.uid == 0)
        return true;
    switch (oldest->kind) {
    case COMMAND_REREAD: return take_reread(changing, &response->fetch);
    case COMMAND_LISTING: take_listing(changing, &response->fetch); return true;
    case COMMAND_PROOF:
        if ((item = find_item(changing, changing->ending, response->fetch.uid)) != NULL)
            item->present = true;
        return true;
    default: return true;
    }
}

static bool
take_select(struct changing *changing, const struct command *command, const struct response *response)
{
    struct selection *selection = &changing->selection;
    struct job *job = changing->beginning;

    (void)select_track(changing->imap, selection);
    if (!select_answered(changing->imap, selection, command, response))
        return false;
    if (command->kind == COMMAND_UNSELECT)
        return true;
    if (changing->ending != NULL && command->number == changing->ending->proof_select) {
        uint32_t uidvalidity = changing->changes[changing->ending->index].uidvalidity;
        changing->ending->reselected = selection->ok && selection->uidvalidity == uidvalidity;
        return true;
    }
    if (!selection->ok) {
        client_refused(response, &job->outcome);
        if (response->state == STATE_BAD)
            changing->imap->queue.serial = true;
        return true;
    }
    if (!select_good(selection, changing->changes[job->index].uidvalidity, &job->outcome))
        return true;
    if (selection->read_only && changing->kind != CHANGE_COPY) {
        client_outcome(&job->outcome, "the mailbox is read-only");
        job->outcome.permanent = true;
        return true;
    }
    job->selected = true;
    job->modseq = selection->modseq;
    return true;
}

/* The STORE of \Deleted: what the server found changed meanwhile keeps out of it. */
static void
take_mark(struct changing *changing, struct job *job, const struct response *response)
{
    if (response->code == CODE_MODIFIED) {
        for (size_t i = 0; i < job->count; i++)
            if (uid_set_has(&response->from, job_uids(changing, job)[i]))
                job->items[i].allowed = false;
        job->marked = true;
    } else if (response->state == STATE_OK) {
        job->marked = true;
    } else {
        job->refused = true;
        client_refused(response, &job->outcome);
    }
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct changing *changing = self;
    struct job *job = changing->ending;
    bool ok = response->state == STATE_OK;

    switch (command->kind) {
    case COMMAND_UNSELECT:
    case COMMAND_SELECT: return take_select(changing, command, response);
    case COMMAND_REREAD:
        changing->beginning->read = ok;
        if (!ok && changing->beginning->selected)
            client_refused(response, &changing->beginning->outcome);
        return true;
    case COMMAND_STORE: take_mark(changing, job, response); return true;
    case COMMAND_LISTING:
    case COMMAND_PROOF:
        if (command->kind == COMMAND_PROOF)
            job->proven = ok && job->reselected;
        else
            job->only_ours &= ok && changing->listed >= changing->selection.exists;
        return true;
    default: break;
    }
    job->expunged = ok; /* or moved, or copied */
    if (response->code == CODE_COPYUID)
        take_copyuid(changing, response);
    if (!ok && !job->refused) {
        job->refused = true;
        client_refused(response, &job->outcome);
    }
    return true;
}

static bool
run(struct changing *changing)
{
    const struct operation operation = {.self = changing, .untagged = take_untagged, .answered = take_answer};

    return queue_run(&changing->imap->queue, &operation, changing->err);
}

/* ---- the result ---- */

/* What became of one message that was allowed to be changed. */
static void
judge(const struct changing *changing, const struct job *job, const struct item *item, struct remote_outcome *out)
{
    if (job->refused || job->give_up)
        *out = job->outcome;
    else
        client_outcome(out, "the server says OK, but the message is still there");
    if (out->gone) { /* [TRYCREATE]: it is the target that is gone, not the message */
        out->gone = false;
        out->changed = true;
    }
    if (changing->kind == CHANGE_COPY) {
        out->ok = job->expunged;
        return;
    }
    if (job->proven && item->present)
        return;
    bool moved = changing->kind == CHANGE_MOVE && item->uid != 0;
    out->ok = job->proven ? job->expunged || moved : moved && job->expunged;
    /* It may be done, and nobody says so. */
    out->doubtful = !out->ok && job->sent;
}

static bool
any_uid(const struct job *job)
{
    for (size_t i = 0; i < job->count; i++)
        if (job->items[i].uid != 0)
            return true;
    return false;
}

static bool
report(struct changing *changing, const struct job *job)
{
    bool mapped = changing->kind == CHANGE_COPY && any_uid(job);

    for (size_t i = 0; i < job->count; i++) {
        const struct item *item = &job->items[i];
        struct remote_outcome outcome;
        if (!job->selected || !job->read) {
            outcome = job->outcome;
        } else if (!item->came) {
            client_outcome(&outcome, "the message is not there any more");
            outcome.gone = !item->has_flags && !item->has_size && !item->has_date;
            outcome.changed = !outcome.gone; /* told about in a form that can't be judged */
        } else if (!item->allowed) {
            client_outcome(&outcome, "the message was changed by somebody else");
            outcome.changed = true;
        } else {
            judge(changing, job, item, &outcome);
            if (outcome.ok && mapped && item->uid == 0) { /* the server says what it copied: not this one */
                client_outcome(&outcome, "the message is not there any more");
                outcome.gone = true;
            }
        }
        if (outcome.ok)
            outcome = (struct remote_outcome){.ok = true};
        if (!changing->to->done(changing->context, job->index, job->first + i, outcome.ok ? item->uid : 0, &outcome))
            return false;
    }
    return true;
}

/* ---- the flow ---- */

static bool
has_allowed(const struct changing *changing, const struct job *job)
{
    uint32_t uids[JOB_MAX];

    return job->selected && job->read && allowed_uids(changing, job, uids) > 0;
}

/* Take our \Deleted off again, where it was not there before. Best effort: the next run looks at it anyway. */
static bool
take_marks_off(struct changing *changing, struct job *job)
{
    bool allowed[JOB_MAX], any = false, ok = true;

    for (size_t i = 0; i < job->count; i++) {
        allowed[i] = job->items[i].allowed;
        job->items[i].allowed = allowed[i] && !job->items[i].had_mark;
        any |= job->items[i].allowed;
    }
    if (any) {
        bool refused = job->refused;
        ok = send_for(changing, job, COMMAND_STORE, "UID STORE", " -FLAGS.SILENT (\\Deleted)") && run(changing);
        job->refused = refused;
    }
    for (size_t i = 0; i < job->count; i++)
        job->items[i].allowed = allowed[i];
    return ok;
}

/* Without UIDPLUS. The job's mailbox is selected, nothing is in flight. */
static bool
remove_plainly(struct changing *changing, struct job *job)
{
    struct queue *queue = &changing->imap->queue;

    changing->ending = job;
    changing->listed = changing->last_listed = 0;
    if (!send_mark(changing, job) || !run(changing))
        return false;
    if (!job->marked || !has_allowed(changing, job))
        return true;
    queue_begin(queue, COMMAND_LISTING, job->index, 0, 0);
    queue_print(queue, "UID FETCH 1:* (UID FLAGS)");
    if (!queue_end(queue, changing->err) || !run(changing))
        return false;
    if (!job->only_ours) {
        if (!take_marks_off(changing, job))
            return false;
        job->give_up = true;
        client_outcome(&job->outcome, "other messages of this mailbox are marked \\Deleted, too, and this server can only "
                                      "expunge all of them at once");
        return true;
    }
    job->sent = true;
    queue_begin(queue, COMMAND_EXPUNGE, job->index, 0, 0);
    queue_print(queue, "EXPUNGE");
    return queue_end(queue, changing->err) && send_proof(changing, job) && run(changing);
}

/* UIDPLUS is offered, but UID EXPUNGE was refused: from now on the plain way, for this job, too. */
static bool
try_again(struct changing *changing, struct job *job)
{
    bool marks[JOB_MAX];

    for (size_t i = 0; i < job->count; i++)
        marks[i] = job->items[i].had_mark || !job->items[i].allowed;
    changing->imap->can.bits &= ~(unsigned)CAPABILITY_UIDPLUS;
    changing->ending = NULL;
    changing->beginning = job;
    job->again = true;
    if (!send_begin(changing, job))
        return false;
    for (size_t i = 0; i < job->count; i++)
        job->items[i].had_mark = marks[i];
    if (!run(changing))
        return false;
    changing->beginning = NULL;
    return !has_allowed(changing, job) || remove_plainly(changing, job);
}

/* All of a job's commands are answered. */
static bool
finish(struct changing *changing, struct job *job)
{
    bool refused_expunge = changing->kind == CHANGE_REMOVE && job->marked && job->refused && !job->expunged &&
                           changing->imap->can.bits & CAPABILITY_UIDPLUS && has_allowed(changing, job);

    if (refused_expunge && !try_again(changing, job))
        return false;
    return report(changing, job);
}

/* Between begin and end: what must be waited for before the end may be sent. @return true, *ready: there is an end to send */
static bool
prepare(struct changing *changing, struct job *job, bool *ready)
{
    *ready = has_allowed(changing, job);
    if (!*ready || changing->kind != CHANGE_REMOVE)
        return true;
    if (!(changing->imap->can.bits & CAPABILITY_UIDPLUS)) {
        *ready = false;
        return remove_plainly(changing, job);
    }
    if (!client_condstore(changing->imap) || job->modseq == 0)
        return true;
    changing->ending = job;
    if (!send_mark(changing, job) || !run(changing))
        return false;
    *ready = job->marked && has_allowed(changing, job);
    return true;
}

/* The next up to 256 messages. */
static bool
next_job(const struct changing *changing, size_t *index, size_t *first, struct job *job)
{
    while (*index < changing->count && *first >= changing->changes[*index].count) {
        ++*index;
        *first = 0;
    }
    if (*index == changing->count)
        return false;
    size_t rest = changing->changes[*index].count - *first;
    job->index = *index;
    job->first = *first;
    job->count = rest < JOB_MAX ? rest : JOB_MAX;
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
    if ((ending != NULL && !send_end(changing, ending)) || (beginning != NULL && !send_begin(changing, beginning)) ||
        !run(changing) || (ending != NULL && !finish(changing, ending)))
        return false;
    changing->ending = NULL;
    changing->beginning = beginning;
    /* The begin has to be repeated if it was refused because it came too fast, or if another mailbox is selected now
     * because the job before had to be tried a second time. */
    bool too_fast = !serial && imap->queue.serial && beginning != NULL && !beginning->selected;
    bool elsewhere = uidplus && !(imap->can.bits & CAPABILITY_UIDPLUS) && ending != NULL;
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
    bool ok = run_jobs(changing);
    free(changing);
    return ok;
}
