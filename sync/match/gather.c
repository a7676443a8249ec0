/* Rows of files that look for a UID, and of UIDs that look for a file. */
#include "sync/match/gather.h"

/* A file without a UID; an altered one only if it had a UID which means nothing any more. */
static bool
is_file_half(const struct journal_message *message)
{
    if (message->uid != 0 || message->base[0] == '\0' || !message->has_wire || (message->facts & FACT_ALIAS) != 0)
        return false;
    if ((message->facts & (FACT_MOVED | FACT_GONE_THERE | FACT_UNPAIRED)) == (FACT_MOVED | FACT_GONE_THERE))
        return false; /* its copy stands elsewhere already: only the removal of a move is left to do */
    return (message->facts & FACT_ALTERED) == 0 || (message->facts & FACT_GONE_THERE) != 0;
}

/* Has a file, and the server lost it in another mailbox than this one: a UID that is new here with its bytes is where it went. */
static bool
may_have_moved_here(const struct journal_message *gone, const struct journal_message *other)
{
    return other->mailbox != gone->mailbox && other->base[0] != '\0' &&
           (other->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_MOVED | FACT_UNPAIRED)) == FACT_GONE_THERE;
}

/*
 * What is removed here and can't be carried out there, since its UID is not valid any more, takes no UID that an equal message moved to: the
 * removal would be that one's, which nobody removed.
 */
static bool
yields(struct run *run, const struct journal_message *gone, bool *yielded)
{
    struct journal_message *other;
    int64_t *ids;
    size_t count;
    bool ok;

    *yielded = false;
    if ((gone->facts & FACT_GONE_HERE) == 0)
        return true;
    if (!journal_ids_by_wire(run->journal, gone->wire, &ids, &count, &run->err))
        return false;
    other = calloc(1, sizeof *other);
    ok = other != NULL || run_no_memory(run);
    for (size_t i = 0; ok && !*yielded && i < count; i++) {
        ok = run_load(run, ids[i], other);
        *yielded = ok && may_have_moved_here(gone, other);
    }
    free(other);
    free(ids);
    return ok;
}

static bool
add_file_half(struct meeting *meeting, const struct journal_message *message)
{
    struct half *half;
    struct journal_op op;
    bool found, yielded = false;

    if (!journal_op_of(meeting->run->journal, message->id, &op, &found, &meeting->run->err))
        return false;
    /*
     * Otherwise it is the source of the move or copy that is gone, not the new message; or the row had a UID, and its
     * message is found again.
     */
    if (!found && (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE)) == FACT_GONE_HERE)
        return true;
    /* Nor does a new file that was sent, or copied, without an answer. */
    if ((!found || op.kind == OP_UPLOAD || op.kind == OP_COPY) && !yields(meeting->run, message, &yielded))
        return false;
    if (yielded)
        return true;
    half = meeting_add(meeting->run, &meeting->files);
    if (half == NULL || !meeting_know_file(meeting, half, message))
        return false;
    half->fresh = message->facts == 0 && !found;
    if (found && (op.kind == OP_UPLOAD || op.kind == OP_COPY || op.kind == OP_MOVE)) {
        half->intent = true;
        half->intent_uidnext = op.uidnext;
        half->intent_date = op.date;
        half->renumbered = op.uidvalidity != meeting->mailbox->row.uidvalidity;
        half->accepted = op.kind == OP_UPLOAD && op.attempt > 0;
        half->has_canonical = op.kind == OP_UPLOAD;
        memcpy(half->canonical, op.canonical, DIGEST_SIZE);
    }
    return true;
}

/*
 * What a list that does not add up lacks is not proven to be there; nor is, where changes alone were told, what was fetched once and is to be fetched
 * again. Paired with a file that is not the one which was fetched of it, that file would count as removed there once the list adds up, though
 * nobody removed it.
 */
static bool
is_perhaps_gone(const struct meeting *meeting, const struct journal_message *message, const struct half *uid)
{
    const struct mailbox *mailbox = meeting->mailbox;
    const bool all_told = mailbox->row.uneven == 0 || (mailbox->weighed && !mailbox->unlisted);
    bool gone = !all_told && (mailbox->lacked.bits != NULL ? id_set_has(&mailbox->lacked, message->id)
                                                           : (message->facts & FACT_AGAIN) != 0);

    for (size_t f = 0; gone && f < meeting->files.count; f++)
        gone = !meeting_is_its_name(meeting, uid, meeting->files.at[f].base);
    return gone;
}

static bool
add_uid_half(struct meeting *meeting, const struct journal_message *message)
{
    struct half *half = meeting_add(meeting->run, &meeting->uids);

    if (half == NULL)
        return false;
    half->id = message->id;
    half->uid = message->uid;
    half->flags = message->flags.rseen;
    half->size = message->size;
    half->date = message->date;
    half->has_header = message->has_header;
    half->apart = (message->facts & FACT_APART) != 0;
    half->adopted = (message->facts & FACT_ADOPTED) != 0;
    /* Of a row whose body was here once the body is compared, unless the pair rested on its header alone. */
    half->vague = message->has_wire || (message->facts & FACT_VAGUE) != 0;
    half->got_body = message->has_wire && (message->facts & FACT_BY_HEADER) == 0;
    memcpy(half->wire, message->wire, DIGEST_SIZE);
    half->wanted = true;
    memcpy(half->header, message->header, DIGEST_SIZE);
    half->base = "";
    if (is_perhaps_gone(meeting, message, half))
        meeting->uids.count--;
    return true;
}

/* Where a server takes equal messages for one, several files stand for one UID; another UID with those bytes is what one of them is. */
static bool
is_alias_half(const struct journal_message *message)
{
    const unsigned facts = FACT_ALIAS | FACT_ALTERED | FACT_MOVED | FACT_REPLACED;

    return message->has_wire && (message->facts & facts) == FACT_ALIAS;
}

/* On the server only, and no old version that is about to go. */
static bool
is_uid_half(const struct journal_message *message)
{
    return message->uid != 0 && message->base[0] == '\0' && (message->facts & (FACT_GONE_THERE | FACT_REPLACED)) == 0 &&
           (message->facts & (FACT_GONE_HERE | FACT_ADOPTED)) != (FACT_GONE_HERE | FACT_ADOPTED); /* kin_moves.c */
}

static bool
gather(struct meeting *meeting, enum journal_which which, bool is_half(const struct journal_message *message),
       bool add(struct meeting *meeting, const struct journal_message *message))
{
    struct run *run = meeting->run;
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (!journal_message_ids(run->journal, meeting->mailbox->row.id, which, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        if (ok && is_half(&message))
            ok = add(meeting, &message);
    }
    free(ids);
    return ok;
}

/*
 * Files of messages that the server's list lacks, where it does not add up: they may be gone, or not. What stands there under a UID that nobody
 * knows is the same message, if it has the same bytes: fetched beside the first file it would be here twice.
 */
static bool
gather_lacked(struct meeting *meeting)
{
    const unsigned otherwise = ~(unsigned)(FACT_BY_HEADER | FACT_VAGUE | FACT_UNSHOWN | FACT_ECHO | FACT_COPIED |
                                           FACT_FOREIGN | FACT_ITS_BYTES | FACT_FETCHED);
    struct run *run = meeting->run;
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (meeting->mailbox->lacked.bits == NULL)
        return true;
    if (!journal_message_ids(run->journal, meeting->mailbox->row.id, WHICH_WITH_UID, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        const size_t before = meeting->files.count;

        if (!id_set_has(&meeting->mailbox->lacked, ids[i]))
            continue;
        ok = run_load(run, ids[i], &message);
        if (!ok || message.base[0] == '\0' || !message.has_wire || (message.facts & otherwise) != 0)
            continue;
        ok = add_file_half(meeting, &message);
        if (meeting->files.count == before)
            continue;
        meeting->files.at[before].lacked = meeting->files.at[before].dated = true;
        meeting->files.at[before].flags = message.flags.rseen;
    }
    free(ids);
    return ok;
}

static bool
is_hidden_half(const struct meeting *meeting, const struct journal_message *message)
{
    return message->mailbox == meeting->mailbox->row.id && message->uid != 0 && message->base[0] != '\0' &&
           message->has_wire &&
           (message->facts & (FACT_OUT_OF_VIEW | FACT_GONE_HERE | FACT_ALTERED | FACT_ALIAS)) == FACT_OUT_OF_VIEW;
}

/* Rows that are out of the server's view and have the size of one that is new. */
static bool
add_hidden_of_size(struct meeting *meeting, uint64_t size)
{
    struct run *run = meeting->run;
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (!journal_ids_dirty_by_size(run->journal, size, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        const size_t before = meeting->files.count;

        ok = run_load(run, ids[i], &message);
        if (!ok || !is_hidden_half(meeting, &message))
            continue;
        ok = add_file_half(meeting, &message);
        if (meeting->files.count != before)
            meeting->files.at[before].lacked = meeting->files.at[before].dated = true;
    }
    free(ids);
    return ok;
}

static int
compare_sizes(const void *pa, const void *pb)
{
    const uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

    return a == b ? 0 : a < b ? -1 : 1;
}

/* Of what is new, each size that the server told; in order, 0 for one that it did not tell. `sizes` has room for `count`. */
static bool
list_new_sizes(struct meeting *meeting, const int64_t *ids, uint64_t *sizes, size_t count)
{
    struct journal_message message;

    for (size_t i = 0; i < count; i++) {
        if (!run_load(meeting->run, ids[i], &message))
            return false;
        sizes[i] = message.size;
    }
    if (count > 1)
        qsort(sizes, count, sizeof *sizes, compare_sizes);
    return true;
}

/*
 * The same where a view ends above them: what is new with the same bytes is taken for it, and should the old one come into view again, that is
 * the one to be fetched. There may be very many beyond a view: only those of the same size are looked at, each once.
 */
static bool
gather_hidden(struct meeting *meeting)
{
    struct run *run = meeting->run;
    const int64_t mailbox = meeting->mailbox->row.id;
    uint64_t *sizes, hidden;
    int64_t *ids;
    size_t count;
    bool ok;

    if (meeting->mailbox->row.view == 0)
        return true;
    if (!journal_message_count(run->journal, mailbox, WHICH_OUT_OF_VIEW, &hidden, &run->err))
        return false;
    if (hidden == 0)
        return true;
    if (!journal_message_ids(run->journal, mailbox, WHICH_UID_ALONE, &ids, &count, &run->err))
        return false;
    sizes = calloc(count + 1, sizeof *sizes);
    ok = (sizes != NULL || run_no_memory(run)) && list_new_sizes(meeting, ids, sizes, count);
    for (size_t i = 0; ok && i < count; i++)
        ok = sizes[i] == 0 || (i > 0 && sizes[i] == sizes[i - 1]) || add_hidden_of_size(meeting, sizes[i]);
    free(sizes);
    free(ids);
    return ok;
}

/*
 * What another program let go may be many times what is here: only those are compared that have a file's size, or one that differs by the line that
 * this program writes.
 */
static bool
leave_unlike(struct meeting *meeting)
{
    uint64_t *sizes = arena_array(&meeting->arena, meeting->files.count, sizeof *sizes);
    size_t left = 0, count = 0;

    if (!run_has(meeting->run, &meeting->arena))
        return false;
    for (size_t f = 0; f < meeting->files.count; f++) {
        if (!meeting->files.at[f].apart)
            sizes[count++] = meeting->files.at[f].size;
    }
    if (count > 1)
        qsort(sizes, count, sizeof *sizes, compare_sizes);
    for (size_t u = 0; u < meeting->uids.count; u++) {
        const struct half *uid = &meeting->uids.at[u];
        const uint64_t like[] = {uid->size, uid->size + MEETING_COPY_LINE,
                                 uid->size > MEETING_COPY_LINE ? uid->size - MEETING_COPY_LINE : 0};
        bool any = !uid->adopted;

        for (size_t k = 0; !any && count != 0 && k < sizeof like / sizeof like[0]; k++)
            any = bsearch(&like[k], sizes, count, sizeof *sizes, compare_sizes) != NULL;
        if (any)
            meeting->uids.at[left++] = *uid;
    }
    meeting->uids.count = left;
    return true;
}

bool
gather_halves(struct meeting *meeting)
{
    struct run *run = meeting->run;
    uint64_t fresh;

    if (!gather(meeting, WHICH_FILE_ALONE, is_file_half, add_file_half) ||
        !journal_message_count(run->journal, meeting->mailbox->row.id, WHICH_UID_ALONE, &fresh, &run->err))
        return false;
    if (fresh != 0 && (!gather(meeting, WHICH_ALIAS, is_alias_half, add_file_half) || !gather_lacked(meeting) ||
                       !gather_hidden(meeting)))
        return false;
    /* Where there is no file to be paired, a first sync of a million messages needs no memory for them, and reads none of their rows. */
    if (fresh == 0 || meeting->files.count == 0)
        return true;
    if (!gather(meeting, WHICH_UID_ALONE, is_uid_half, add_uid_half))
        return false;
    return leave_unlike(meeting);
}
