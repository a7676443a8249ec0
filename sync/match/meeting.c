/*
 * Which halves of one mailbox may be paired, and which headers prove by themselves which message it is. What a server
 * says of a size excludes nobody: some count wrongly, and believing them would store a message twice.
 */
#include "sync/match/meeting.h"

#include "sync/base/ids.h"
#include "sync/rows/copied.h"
#include "sync/rows/drafts.h"
#include "sync/rows/own_name.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"

struct half *
meeting_add(struct run *run, struct halves *halves)
{
    if (!array_grow(&halves->at, &halves->size, halves->count + 1, sizeof *halves->at)) {
        (void)run_no_memory(run);
        return NULL;
    }
    halves->at[halves->count] = (struct half){0};
    return &halves->at[halves->count++];
}

/*
 * Which of several equal files gets the UID: first the one that had a UID, then one that never had one, then an alias,
 * then one that is to be removed here, then one whose bytes were changed (it only was that message), last one that the user removed. So in doubt
 * a message stays.
 */
static int
rank_of(unsigned facts)
{
    if ((facts & FACT_GONE_HERE) != 0)
        return 5;
    if ((facts & FACT_ALTERED) != 0)
        return 4;
    if ((facts & FACT_UNPAIRED) != 0)
        return 0;
    return (facts & FACT_GONE_THERE) != 0 ? 3 : (facts & FACT_ALIAS) != 0 ? 2 : 1;
}

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

/* Most names are short. */
static bool
keep_name(struct meeting *meeting, struct half *half, const char *name)
{
    const size_t size = strlen(name) + 1;
    char *kept = arena_array(&meeting->arena, size, 1);

    if (kept != NULL)
        memcpy(kept, name, size);
    half->base = kept;
    return run_has(meeting->run, &meeting->arena);
}

bool
meeting_know_file(struct meeting *meeting, struct half *half, const struct journal_message *message)
{
    half->id = message->id;
    half->size = message->size;
    half->date = message->date;
    half->alias = (message->facts & FACT_ALIAS) != 0;
    half->apart = (message->facts & FACT_APART) != 0;
    half->placeholder = (message->facts & FACT_PLACEHOLDER) != 0;
    half->unpaired = (message->facts & FACT_UNPAIRED) != 0;
    half->dated = (message->facts & (FACT_UNPAIRED | FACT_GONE_THERE | FACT_AGAIN)) != 0;
    half->flags = half->dated ? message->flags.rseen : message->flags.lseen & meeting->mailbox->row.permanent;
    half->rank = rank_of(message->facts);
    half->gone = (message->facts & FACT_GONE_HERE) != 0;
    half->foreign = (message->facts & FACT_FOREIGN) != 0;
    memcpy(half->header, message->header, DIGEST_SIZE);
    memcpy(half->wire, message->wire, DIGEST_SIZE);
    return keep_name(meeting, half, message->base);
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
    if (!found && !yields(meeting->run, message, &yielded))
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

bool
meeting_is_its_name(const struct meeting *meeting, const struct half *uid, const char *base)
{
    struct journal_message *message = own_name_is_ours(base) ? calloc(1, sizeof *message) : NULL;
    char own[LOCAL_BASE_MAX + 1];

    if (message == NULL) /* or no memory: then its body tells */
        return false;
    message->uid = uid->uid;
    message->date = uid->date;
    run_base_name(meeting->run, meeting->mailbox, message, 0, own);
    free(message);
    return strcmp(own, base) == 0;
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
    return true;
}

/* Where a server takes equal messages for one, several files stand for one UID; another UID with those bytes is what one of them is. */
static bool
is_alias_half(const struct journal_message *message)
{
    return message->has_wire && (message->facts & (FACT_ALTERED | FACT_MOVED | FACT_REPLACED)) == 0;
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
meeting_gather(struct meeting *meeting)
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

static bool
all_wait(const struct halves *halves, const int64_t *held, size_t count)
{
    for (size_t i = 0; i < halves->count; i++) {
        if (!halves->at[i].apart && !ids_have(held, count, halves->at[i].id))
            return false;
    }
    return true;
}

bool
meeting_is_due(const struct meeting *meeting, bool *due)
{
    struct run *run = meeting->run;
    int64_t *held = NULL;
    size_t count = 0;
    bool ok = journal_hold_ids(run->journal, HOLD_ADDITIONS, NULL, &held, &count, &run->err);

    *due = ok && !(all_wait(&meeting->files, held, count) && all_wait(&meeting->uids, held, count));
    free(held);
    return ok;
}

/*
 * Its removal there was begun under another UID, and our \Deleted may still be on it. Where its file is here after all, nobody wants that flag:
 * the bases say that both sides had shown it, so that it counts as taken off here.
 *
 * @return whether the removal goes on
 */
static bool
goes_on_removing(struct journal_message *message)
{
    if ((message->facts & FACT_GONE_HERE) != 0)
        return true;
    message->flags = merge_undelete(message->flags);
    return false;
}

/*
 * A copy comes with the flags of its source, which nobody set on the copy: they are the base of both sides. A flag that
 * the source did not have was set since. Whether it had one that was never agreed on, or both were given it since, nobody knows: set wins.
 * Only \\Deleted is taken off unless the source is known to have been without it: if it stayed, the copy could be expunged.
 */
static bool
take_flags_of_source(struct run *run, const struct journal_op *op, struct journal_message *copy)
{
    struct journal_message *source = calloc(1, sizeof *source);
    bool found = false, unmarked = false, ok = source != NULL || run_no_memory(run);

    ok = ok && (op->message == 0 || journal_message_get(run->journal, op->message, source, &found, &run->err));
    if (ok && !found)
        source->flags.rseen = FLAG_ALL;
    else if (ok)
        source->flags = merge_agreed(source->flags);
    if (ok)
        copy->flags = merge_copy_seen(merge_copied(copy->flags, source->flags), copy->flags.rseen);
    free(source);
    /* When it was carried out nobody knows, but not after its settle time. */
    if (ok && unfinished_is_settled(op, run->looked))
        ok = copied_unmarked(run, op, false, &unmarked);
    if (unmarked)
        copy->flags = merge_copy_marked(copy->flags);
    return ok;
}

bool
meeting_take_intent(struct run *run, struct journal_message *message)
{
    struct journal_op op;
    bool found;

    if (!journal_op_of(run->journal, message->id, &op, &found, &run->err))
        return false;
    if (!found || (op.kind == OP_REMOVE_REMOTE && goes_on_removing(message)))
        return true;
    if ((op.kind == OP_COPY && !take_flags_of_source(run, &op, message)) ||
        (op.kind == OP_MOVE && !copied_found(run, &op, message->id)))
        return false;
    return journal_op_delete(run->journal, op.id, &run->err);
}

void
meeting_level_shown(struct journal_message *message, unsigned shown)
{
    if ((message->facts & FACT_UNSHOWN) == 0)
        message->flags = merge_level(message->flags, shown);
}

bool
meeting_is_plausible(uint64_t a, uint64_t b)
{
    uint64_t differ = a > b ? a - b : b - a, slack = (a > b ? a : b) / 32;

    return differ <= (slack > 4096 ? slack : 4096);
}

bool
meeting_is_copy_size(uint64_t a, uint64_t b)
{
    const uint64_t differ = a > b ? a - b : b - a;

    return differ == 0 || differ == MEETING_COPY_LINE;
}

bool
meeting_fits(const struct meeting *meeting, const struct half *uid)
{
    for (size_t f = 0; f < meeting->files.count; f++) {
        if (!meeting->files.at[f].paired && meeting_is_plausible(meeting->files.at[f].size, uid->size))
            return true;
    }
    return false;
}

bool
meeting_has_intent(const struct halves *files, const struct half *uid)
{
    for (size_t f = 0; f < files->count; f++) {
        const struct half *file = &files->at[f];

        if (file->intent && uid->uid >= file->intent_uidnext && uid->date == file->intent_date)
            return true;
    }
    return false;
}

static int
compare_ids(const void *pa, const void *pb)
{
    return memcmp((*(struct half *const *)pa)->message_id, (*(struct half *const *)pb)->message_id, DIGEST_SIZE);
}

bool
meeting_judge_headers(struct meeting *meeting)
{
    struct halves *uids = &meeting->uids;
    struct half **by_id = calloc(uids->count + 1, sizeof(struct half *));
    bool drafts = mailbox_drafts(meeting->mailbox) != DRAFTS_NONE;

    if (by_id == NULL)
        return run_no_memory(meeting->run);
    for (size_t u = 0; u < uids->count; u++)
        by_id[u] = &uids->at[u];
    if (uids->count > 1)
        qsort(by_id, uids->count, sizeof *by_id, compare_ids);
    for (size_t u = 0; u < uids->count; u++) {
        struct half *uid = by_id[u];
        /* Of a header that an earlier run read only its digest is kept, and whether it was vague. */
        bool alone = !uid->has_message_id || ((u == 0 || compare_ids(&by_id[u - 1], &uid) != 0) &&
                                              (u + 1 == uids->count || compare_ids(&by_id[u + 1], &uid) != 0));

        uid->telling = !drafts && uid->has_header && !uid->vague && (uid->received || alone);
    }
    free(by_id);
    return true;
}

/* ---- flags that went with the UIDs ---- */

/* Is there another UID with the header of this file? It may be the one that was its own, and lost its flags. */
static bool
has_equal_uid(const struct meeting *meeting, const struct half *file)
{
    for (size_t u = 0; u < meeting->uids.count; u++) {
        const struct half *uid = &meeting->uids.at[u];

        if (!uid->paired && uid->has_header && memcmp(uid->header, file->header, DIGEST_SIZE) == 0)
            return true;
    }
    return false;
}

/*
 * A restored or migrated mailbox comes without its flags: what is set here is set there again. One message that shows flags all the same
 * (it arrived since, or somebody flagged it again) is no sign of the contrary; as many as have lost theirs are, but for those of which an equal
 * one stands there beside them.
 */
bool
meeting_keep_flags(struct meeting *meeting)
{
    struct run *run = meeting->run;
    struct journal_message message;
    size_t lost = 0, kept = 0;

    for (size_t f = 0; f < meeting->files.count; f++) {
        const struct half *file = &meeting->files.at[f];

        if (!file->paired || !file->unpaired)
            continue;
        if (!run_load(run, file->id, &message))
            return false;
        lost += merge_kept(message.flags) < 0;
        kept += merge_kept(message.flags) > 0 && !has_equal_uid(meeting, file);
    }
    for (size_t f = 0; lost > kept && f < meeting->files.count; f++) {
        const struct half *file = &meeting->files.at[f];

        if (!file->paired || !file->unpaired)
            continue;
        if (!run_load(run, file->id, &message))
            return false;
        if (merge_kept(message.flags) >= 0)
            continue;
        message.flags = merge_unknown(message.flags);
        if (!journal_message_save(run->journal, &message, &run->err))
            return false;
    }
    return true;
}
