/*
 * The halves of one mailbox: which headers prove by themselves which message it is, which sizes may be those of one, and what a row takes over
 * once it has found its UID. Which halves there are: gather.h. What a server says of a size excludes nobody: some count wrongly, and
 * believing them would store a message twice.
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
 * Only \Deleted is taken off unless the source is known to have been without it: if it stayed, the copy could be expunged.
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
