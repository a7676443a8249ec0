/*
 * What the server says about messages that are being moved, copied or removed, and what is made of it in the end. See
 * change.h; the order of the commands is change.c's.
 */
#include "store/imap/change.h"

#include "store/imap/seqset.h"

static struct item *
find_item(struct changing *changing, struct job *job, uint32_t uid)
{
    size_t at;

    if (job == NULL || !seqset_find(job_uids(changing, job), job->count, uid, &at))
        return NULL;
    return &job->items[at];
}

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
                                 .date = item->date,
                                 .header = item->has_header ? item->header : NULL};
    bool first = !item->came;

    item->came = true;
    if (job->again && !item->had_deleted)
        now.flags &= ~(unsigned)FLAG_DELETED; /* that one is ours, from the first try */
    else
        item->had_deleted |= (item->flags & FLAG_DELETED) != 0;
    size_t at = (size_t)(item - job->items);
    bool allowed = changing->to->verify(changing->context, job->index, job->first + at, &now);
    item->allowed = allowed && (first || item->allowed);
    return true;
}

bool
change_header(void *self, uint32_t uid, struct text section, uint64_t size, bool *wanted)
{
    struct changing *changing = self;

    (void)uid;
    (void)size;
    *wanted = changing->digest != NULL && !changing->begun && text_is_nocase(section, "HEADER");
    if (!*wanted)
        return true;
    changing->begun = true;
    changing->grow = (struct lines_grow){0};
    if (digest_reset(changing->digest, false))
        return true;
    error_set(changing->err, ERROR_LOCAL, "compute a digest");
    return false;
}

bool
change_header_data(void *self, const void *bytes, size_t len)
{
    struct changing *changing = self;
    char wire[16384];

    for (size_t at = 0; at < len;) {
        size_t out, taken = lines_grow(&changing->grow, (const char *)bytes + at, len - at, wire, sizeof wire, &out);

        if (!digest_add(changing->digest, wire, out)) {
            error_set(changing->err, ERROR_LOCAL, "compute a digest");
            return false;
        }
        at += taken;
    }
    return true;
}

/* The answer that it stood in is over. */
static bool
take_header(struct changing *changing, struct item *item)
{
    struct digests digests;

    changing->begun = false;
    if (!digest_finish(changing->digest, &digests)) {
        error_set(changing->err, ERROR_LOCAL, "compute a digest");
        return false;
    }
    memcpy(item->header, digests.header, DIGEST_SIZE);
    item->has_header = true;
    return true;
}

static bool
take_reread(struct changing *changing, const struct fetched *fetched)
{
    struct job *job = changing->beginning;
    struct item *item = find_item(changing, job, fetched->uid);

    if (item == NULL || !job->selected)
        return true;
    if (changing->begun && !take_header(changing, item))
        return false;
    if (fetched->has_size) {
        item->size = fetched->size;
        item->has_size = true;
    }
    if (fetched->has_date) {
        item->date = fetched->date;
        item->has_date = true;
    }
    if (fetched->modseq != 0)
        item->modseq = fetched->modseq;
    if (fetched->has_flags) {
        item->flags = fetched->flags;
        item->has_flags = true;
        changing->keywords_uid = fetched->uid;
        memcpy(changing->keywords, fetched->keywords, strlen(fetched->keywords) + 1);
    }
    if (!item->has_flags || !item->has_size || !item->has_date || changing->keywords_uid != fetched->uid ||
        (changing->changes[job->index].headers && !item->has_header))
        return true;
    return verify(changing, job, item, fetched->uid);
}

/* Where the messages went, as far as it is believable. */
static void
take_copyuid(struct changing *changing, const struct response *response)
{
    struct job *job = changing->ending;
    uint64_t size = uid_set_size(&response->from);

    if (job == NULL || response->number == 0 || size > JOB_MAX || size != uid_set_size(&response->to))
        return;
    const bool other = response->number != changing->changes[job->index].target_uidvalidity;

    if (other)
        job->came_to = (uint32_t)response->number;
    for (size_t i = 0; i < size; i++) {
        struct item *item = find_item(changing, job, uid_set_nth(&response->from, i));
        if (item != NULL && item->allowed)
            *(other ? &item->came_as : &item->uid) = uid_set_nth(&response->to, i);
    }
}

/* Flags of everything in the mailbox: whose \Deleted is there? And are they what they were? Where they are not, somebody may want the message. */
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
    if (item != NULL && item->allowed && fetched->has_flags && ((fetched->flags ^ item->flags) & ~FLAG_DELETED) != 0)
        changing->ending->overtaken = true;
}

/* It may have been about any of them. */
static void
take_unreadable(struct changing *changing, const struct response *response, const struct command *oldest)
{
    struct job *job = oldest->kind == COMMAND_REREAD ? changing->beginning : changing->ending;

    if (job == NULL || response->about != RESPONSE_FETCH ||
        (oldest->kind != COMMAND_REREAD && oldest->kind != COMMAND_LISTING && oldest->kind != COMMAND_PROOF))
        return;
    job->unread = true;
    job->only_ours &= oldest->kind != COMMAND_LISTING;
}

static bool
take_untagged(struct changing *changing, const struct response *response, const struct command *oldest)
{
    struct item *item;

    (void)select_track(changing->imap, &changing->selection);
    select_untagged(changing->imap, &changing->selection, response);
    if (oldest == NULL)
        return true;
    if (response->kind == RESPONSE_STATE && response->code == CODE_COPYUID &&
        (oldest->kind == COMMAND_MOVE || oldest->kind == COMMAND_COPY))
        take_copyuid(changing, response);
    if (response->kind == RESPONSE_STATUS && oldest->kind == COMMAND_STATUS && changing->ending != NULL)
        changing->ending->given_below = response->status.has_uidnext ? response->status.uidnext : 0;
    if (response->kind == RESPONSE_UNREADABLE)
        take_unreadable(changing, response, oldest);
    if (response->kind != RESPONSE_FETCH || response->fetch.uid == 0)
        return true;
    switch (oldest->kind) {
    case COMMAND_REREAD:
        return take_reread(changing, &response->fetch);
    case COMMAND_LISTING:
        take_listing(changing, &response->fetch);
        return true;
    case COMMAND_PROOF:
        if ((item = find_item(changing, changing->ending, response->fetch.uid)) == NULL)
            return true;
        item->present = true;
        item->marked &= !response->fetch.has_flags || (response->fetch.flags & FLAG_DELETED) != 0;
        return true;
    default:
        return true;
    }
}

bool
change_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct changing *changing = self;
    bool ok = take_untagged(changing, response, oldest);

    changing->begun = false; /* what was not taken was nobody's */
    return ok;
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
        const struct remote_change *change = &changing->changes[changing->ending->index];
        changing->ending->reselected = selection->ok && selection->uidvalidity == change->uidvalidity &&
                                       !opened_is_another(changing->imap, change->mailbox, selection->objectid);
        changing->ending->displaced = selection->ok && selection->uidvalidity != 0 && !changing->ending->reselected;
        changing->ending->empty = selection->has_exists && selection->exists == 0;
        return true;
    }
    if (!selection->ok) {
        client_refused(response, &job->outcome);
        if (response->state == STATE_BAD)
            changing->imap->queue.serial = true;
        return true;
    }
    if (!select_good(changing->imap, selection, changing->changes[job->index].mailbox,
                     changing->changes[job->index].uidvalidity, &job->outcome))
        return true;
    if (selection->not_sticky && changing->kind != CHANGE_COPY) {
        client_outcome(&job->outcome, "its UIDs do not last ([UIDNOTSTICKY])");
        job->outcome.denied = true;
        return true;
    }
    if (selection->read_only && changing->kind != CHANGE_COPY) {
        client_outcome(&job->outcome, REMOTE_READ_ONLY);
        job->outcome.denied = true;
        return true;
    }
    job->selected = true;
    job->modseq = selection->modseq;
    return true;
}

/* The STORE of \Deleted: what the server found changed meanwhile keeps out of it. */
static void
take_deleted(struct changing *changing, struct job *job, const struct response *response)
{
    if (job->takes_off) {
        job->takes_off = response->state != STATE_OK;
        return;
    }
    if (response->code == CODE_MODIFIED) {
        for (size_t i = 0; i < job->count; i++)
            if (job->items[i].allowed && uid_set_has(&response->from, job_uids(changing, job)[i])) {
                job->items[i].allowed = false;
                job->items[i].refused = true;
            }
        job->deleted = true;
    } else if (response->state == STATE_OK) {
        job->deleted = true;
    } else {
        job->refused = true;
        client_refused(response, &job->outcome);
    }
    /* What is refused for another reason than rights may have been done for some of them. */
    for (size_t i = 0; i < job->count; i++)
        job->items[i].marked |=
            job->items[i].allowed && !job->items[i].had_deleted && (job->deleted || !job->outcome.denied);
}

/* Of a move or copy: \Deleted is off, or is set again. */
static void
take_unmarked(struct job *job, bool ok)
{
    for (size_t i = 0; ok && i < job->count; i++)
        job->items[i].unmarked = !job->took_off && job->items[i].allowed && job->items[i].had_deleted;
    job->took_off = true;
}

/* A command that the server offers, and refuses for no reason that it gives: it can't do it at all. */
static bool
is_unable(const struct response *response, const struct remote_outcome *outcome)
{
    return response->state == STATE_BAD || (response->code == CODE_NONE && !outcome->gone);
}

bool
change_answered(void *self, const struct command *command, const struct response *response)
{
    struct changing *changing = self;
    struct job *job = changing->ending;
    bool ok = response->state == STATE_OK;

    if (command->kind == COMMAND_UNSELECT || command->kind == COMMAND_SELECT)
        return take_select(changing, command, response);
    if (!select_in_turn(changing->imap, command))
        return false;
    switch (command->kind) {
    case COMMAND_REREAD:
        changing->beginning->read = ok;
        if (!ok && changing->beginning->selected)
            client_refused(response, &changing->beginning->outcome);
        return true;
    case COMMAND_STORE:
        /* Of what goes to the Trash \Deleted is to stay behind: what becomes of it its MOVE or COPY says. */
        if (changing->kind == CHANGE_REMOVE)
            take_deleted(changing, job, response);
        else
            take_unmarked(job, ok);
        return true;
    case COMMAND_STATUS:
        return true;
    case COMMAND_LISTING:
        job->only_ours &= ok && changing->listed >= changing->selection.exists;
        return true;
    case COMMAND_PROOF:
        job->unlooked = response->state == STATE_BAD;
        job->proven = job->reselected && !job->unread && (ok || (job->unlooked && job->empty));
        return true;
    default:
        break;
    }
    job->expunged = ok; /* or moved, or copied */
    if (response->code == CODE_COPYUID)
        take_copyuid(changing, response);
    if (!ok && !job->refused) {
        job->refused = true;
        client_refused(response, &job->outcome);
        if (command->kind == COMMAND_MOVE && is_unable(response, &job->outcome)) {
            changing->imap->can.bits &= ~(unsigned)CAPABILITY_MOVE;
            job->outcome.changed = true;
        }
        job->unable = command->kind == COMMAND_EXPUNGE && is_unable(response, &job->outcome);
    }
    return true;
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
    out->changed = out->changed || out->gone; /* [TRYCREATE]: it is the target that is gone, not the message */
    if (changing->kind == CHANGE_COPY) {
        out->ok = job->expunged;
        return;
    }
    if (job->proven && item->present) {
        out->kept = job->expunged && changing->kind == CHANGE_REMOVE;
        return;
    }
    bool moved = changing->kind == CHANGE_MOVE && item->uid != 0;
    /* Where another mailbox has the name by now, the message may stand in its own as before, whatever COPYUID says. */
    out->ok = job->proven ? job->expunged || moved : moved && job->expunged && !job->displaced;
    /* It may be done, and nobody says so. */
    out->doubtful = !out->ok && job->sent;
    out->changed = out->changed && !out->doubtful;
    out->gone = out->gone && !out->doubtful;
}

static bool
any_uid(const struct job *job)
{
    for (size_t i = 0; i < job->count; i++)
        if (job->items[i].uid != 0 || job->items[i].came_as != 0)
            return true;
    return false;
}

/* Not where the target itself says that it gave no such UID: then what was copied is looked for by its content. */
static bool
was_given(const struct job *job, uint32_t uid)
{
    return job->given_below == 0 || uid < job->given_below;
}

bool
change_report(struct changing *changing, const struct job *job)
{
    const struct job *late = &changing->late;
    bool mapped = changing->kind == CHANGE_COPY && any_uid(job);

    for (size_t i = 0; i < job->count; i++) {
        const struct item *item = &job->items[i];
        struct remote_outcome outcome;
        if (!job->selected || !job->read) {
            outcome = job->outcome;
        } else if (!item->came) {
            client_outcome(&outcome, "the message is not there any more");
            outcome.gone = !job->unread && !item->has_flags && !item->has_size && !item->has_date;
            outcome.changed = !outcome.gone; /* told about in a form that can't be judged */
        } else if (late->count != 0 && late->items[i].allowed) {
            judge(changing, late, &late->items[i], &outcome);
        } else if (!item->allowed) {
            client_outcome(&outcome, "the message was changed by somebody else");
            outcome.changed = true;
        } else {
            judge(changing, job, item, &outcome);
            if (outcome.ok && mapped && item->uid == 0 &&
                item->came_as == 0) { /* the server says what it copied: not this one */
                client_outcome(&outcome, "the message is not there any more");
                outcome.gone = true;
            }
        }
        outcome.marked = item->marked || (late->count != 0 && late->items[i].marked);
        if (outcome.ok)
            outcome = (struct remote_outcome){
                .ok = true, .came_to = item->came_as != 0 ? job->came_to : 0, .came_as = item->came_as};
        outcome.unmarked = item->unmarked;
        if (!changing->to->done(changing->context, job->index, job->first + i,
                                outcome.ok && was_given(job, item->uid) ? item->uid : 0, &outcome))
            return false;
    }
    return true;
}
