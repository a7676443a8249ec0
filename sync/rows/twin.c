/* See twin.h. */
#include "sync/rows/twin.h"

#include "sync/rows/copied.h"
#include "sync/rules/merge.h"

/*
 * The difference is known, and changes were told since the last list: as many as are counted beside what is known were not listed in it, so it
 * lacked nothing that is known.
 */
static bool
lacked_nothing(const struct mailbox *mailbox)
{
    const struct journal_mailbox *row = &mailbox->row;

    return row->uneven == UNEVEN_KNOWN && row->hidden != 0 && (int64_t)row->hidden == row->excess;
}

/*
 * Has this run seen it there? Where the server's list and its count do not agree, what the list lacks may be gone, and something may stand there
 * that no list names: but what the last list of this run named is there, whatever else is.
 */
static bool
is_seen(const struct mailbox *mailbox, const struct journal_message *message)
{
    if (mailbox->row.uneven == 0)
        return !run_is_unseen(mailbox);
    if (!mailbox->weighed)
        return !run_is_unseen(mailbox) && !mailbox->look_there && lacked_nothing(mailbox);
    return !mailbox->look_there && !mailbox_is_unsure(mailbox->cautions) &&
           (!mailbox->unlisted || (mailbox->lacked.bits != NULL && !id_set_has(&mailbox->lacked, message->id)));
}

/* On both sides, as far as the journal knows. */
static bool
is_whole(const struct journal_message *twin)
{
    return twin->uid != 0 && twin->base[0] != '\0' &&
           (twin->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALTERED)) == 0;
}

enum wanted {
    STAYING,       /* on both sides, and nothing takes it away */
    WITH_ITS_FILE, /* ... in another mailbox, with the file of the message */
    OUT_OF_SIGHT   /* in another mailbox that this run could not see */
};

static bool
is_staying(struct run *run, const struct journal_message *twin)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, twin->mailbox);
    const bool deleted = run->account->policy.expunge && merge_one_shows(twin->flags, FLAG_DELETED);

    return mailbox != NULL && mailbox->row.state == MAILBOX_ACTIVE && is_seen(mailbox, twin) &&
           !run_learned(mailbox, CAUTION_UNREAD_FOLDER) && is_whole(twin) && !deleted;
}

static bool
has_its_file(struct run *run, const struct journal_message *message, const struct journal_message *twin)
{
    return message->base[0] != '\0' && twin->mailbox != message->mailbox && strcmp(twin->base, message->base) == 0 &&
           is_staying(run, twin);
}

static bool
is_out_of_sight(struct run *run, const struct journal_message *message, const struct journal_message *twin)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, twin->mailbox);

    return mailbox != NULL && mailbox != run_mailbox_by_id(run, message->mailbox) && mailbox->chosen &&
           run_is_unseen(mailbox) && !run_learned(mailbox, CAUTION_STAYS_UNREADABLE) && is_whole(twin);
}

static bool
is_wanted(struct run *run, const struct journal_message *message, const struct journal_message *twin,
          enum wanted wanted)
{
    switch (wanted) {
    case STAYING:
        return is_staying(run, twin);
    case WITH_ITS_FILE:
        return has_its_file(run, message, twin);
    case OUT_OF_SIGHT:
        break;
    }
    return is_out_of_sight(run, message, twin);
}

static bool
find_twin(struct run *run, const struct journal_message *message, enum wanted wanted, bool *found)
{
    struct journal_message other;
    int64_t *ids;
    size_t count;
    bool ok = true;

    *found = false;
    if (!message->has_wire)
        return true;
    if (!journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && !*found && i < count; i++) {
        if (ids[i] == message->id)
            continue;
        ok = run_load(run, ids[i], &other);
        *found = ok && is_wanted(run, message, &other, wanted);
    }
    free(ids);
    return ok;
}

bool
twin_stays(struct run *run, const struct journal_message *message, bool *stays)
{
    return find_twin(run, message, STAYING, stays);
}

bool
twin_stays_in(struct run *run, const struct journal_message *message, const struct mailbox *mailbox, uint32_t *uid)
{
    struct journal_message other;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = !message->has_wire || journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err);

    *uid = 0;
    for (size_t i = 0; ok && *uid == 0 && i < count; i++) {
        ok = run_load(run, ids[i], &other);
        if (ok && other.id != message->id && other.mailbox == mailbox->row.id && is_staying(run, &other))
            *uid = other.uid;
    }
    free(ids);
    return ok;
}

/* Where did what is left of a move go, by the journal? *found false: it does not say. */
static bool
find_copy(struct run *run, const struct journal_message *message, enum wanted wanted, bool *found)
{
    struct journal_message *copy = NULL;
    bool known = false, ok = true;

    *found = false;
    if ((message->facts & FACT_MOVED) == 0 || message->refers_to == 0)
        return true;
    copy = calloc(1, sizeof *copy);
    ok = (copy != NULL || run_no_memory(run)) && copied_to(run, message, copy, &known);
    *found = ok && known && ((wanted == STAYING && copied_is_trashed(copy)) || is_wanted(run, message, copy, wanted));
    free(copy);
    return ok;
}

bool
twin_of_moved(struct run *run, const struct journal_message *message, bool *stays)
{
    *stays = copied_is_trashed(message);
    if (*stays)
        return true;
    return find_copy(run, message, STAYING, stays) && (*stays || twin_stays(run, message, stays));
}

bool
twin_has_file(struct run *run, const struct journal_message *message, bool *has)
{
    return find_twin(run, message, WITH_ITS_FILE, has);
}

bool
twin_is_unseen(struct run *run, const struct journal_message *message, bool *unseen)
{
    return find_copy(run, message, OUT_OF_SIGHT, unseen) && (*unseen || find_twin(run, message, OUT_OF_SIGHT, unseen));
}

bool
twin_of_lost_move(struct run *run, const struct journal_message *message, const struct mailbox *place, bool *stays)
{
    *stays = false;
    return place == NULL || place->row.state != MAILBOX_GONE_LOCAL || twin_stays(run, message, stays);
}

/* One that the server never had, and that is gone, was moved on or thrown away: nothing of it is left that could be taken for another. */
static bool
counts(const struct journal_message *message)
{
    const bool never_sent =
        message->uid == 0 && (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALIAS)) == FACT_GONE_HERE;

    return (message->facts & FACT_REPLACED) != 0 || (message->base[0] != '\0' && !never_sent);
}

bool
twin_count_files(struct run *run, const unsigned char wire[static DIGEST_SIZE], size_t *files)
{
    struct journal_message message;
    int64_t *ids = NULL;
    size_t count = 0;
    bool found, ok = journal_ids_by_wire(run->journal, wire, &ids, &count, &run->err);

    *files = 0;
    for (size_t i = 0; ok && i < count; i++) {
        ok = journal_message_get(run->journal, ids[i], &message, &found, &run->err);
        *files += ok && found && counts(&message);
    }
    free(ids);
    return ok;
}
