/*
 * Who may be whom: the halves of one mailbox, and which of its UIDs are worth a look. Sizes are known on both sides and cost nothing;
 * what they leave is read by identify.c.
 */
#include "sync/meeting.h"

#define WIDE_COUNT 64 /* so few new UIDs that reading a header too many costs less than believing a wrong size */

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

static bool
add_file_half(struct meeting *meeting, const struct journal_message *message)
{
    struct half *half;
    struct journal_op op;
    bool found;

    if (!journal_op_of(meeting->run->journal, message->id, &op, &found, &meeting->run->err))
        return false;
    if (!found &&
        (message->facts & FACT_GONE_HERE) != 0) /* else what it was sent from is gone, and not what came of it */
        return true;
    half = meeting_add(meeting->run, &meeting->files);
    if (half == NULL)
        return false;
    half->id = message->id;
    half->size = message->size;
    half->date = message->date;
    half->alias = (message->facts & FACT_ALIAS) != 0;
    memcpy(half->header, message->header, DIGEST_SIZE);
    memcpy(half->wire, message->wire, DIGEST_SIZE);
    memcpy(half->base, message->base, sizeof half->base);
    if (found && (op.kind == OP_UPLOAD || op.kind == OP_COPY || op.kind == OP_MOVE)) {
        half->intent = true;
        half->intent_uidnext = op.uidnext;
        half->intent_date = op.date;
        memcpy(half->canonical, op.canonical, DIGEST_SIZE);
    }
    return true;
}

static bool
add_uid_half(struct meeting *meeting, const struct journal_message *message)
{
    struct half *half = meeting_add(meeting->run, &meeting->uids);

    if (half == NULL)
        return false;
    half->id = message->id;
    half->uid = message->uid;
    half->size = message->size;
    half->date = message->date;
    half->has_header = message->has_header;
    memcpy(half->header, message->header, DIGEST_SIZE);
    run_base_name(meeting->run, meeting->mailbox, message, 0, half->base);
    return true;
}

/* Where a server takes equal messages for one, several files stand for one UID; another UID with those bytes is what one of them is. */
static bool
gather_aliases(struct meeting *meeting)
{
    struct run *run = meeting->run;
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (!journal_message_ids(run->journal, meeting->mailbox->row.id, WHICH_ALIAS, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        if (ok && message.has_wire && (message.facts & FACT_ALTERED) == 0)
            ok = add_file_half(meeting, &message);
    }
    free(ids);
    return ok;
}

/* On the server only, and no old version that is about to go. */
static bool
is_uid_half(const struct journal_message *message)
{
    return message->uid != 0 && message->base[0] == '\0' && (message->facts & (FACT_GONE_THERE | FACT_REPLACED)) == 0;
}

bool
meeting_gather(struct meeting *meeting)
{
    struct run *run = meeting->run;
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true, fresh = false;

    if (!journal_message_ids(run->journal, meeting->mailbox->row.id, WHICH_DIRTY, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        if (ok && message.uid == 0 && message.base[0] != '\0' && message.has_wire &&
            (message.facts & (FACT_ALIAS | FACT_ALTERED)) == 0)
            ok = add_file_half(meeting, &message);
        fresh = fresh || is_uid_half(&message);
    }
    if (ok && fresh)
        ok = gather_aliases(meeting);
    /* Where there is no file to be paired, a first sync of a million messages needs no memory for them. */
    for (size_t i = 0; ok && meeting->files.count != 0 && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        if (ok && is_uid_half(&message))
            ok = add_uid_half(meeting, &message);
    }
    free(ids);
    return ok;
}

static bool
is_plausible(uint64_t a, uint64_t b)
{
    uint64_t differ = a > b ? a - b : b - a, slack = (a > b ? a : b) / 32;

    return differ <= (slack > 4096 ? slack : 4096);
}

static int
compare_sizes(const void *pa, const void *pb)
{
    uint64_t a = ((const struct half *)pa)->size, b = ((const struct half *)pb)->size;

    return a == b ? 0 : a < b ? -1 : 1;
}

/* Is there a file of size low ... high? Files are sorted by size. */
static bool
has_size(const struct halves *files, uint64_t low, uint64_t high)
{
    size_t first = 0, end = files->count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (files->at[middle].size < low)
            first = middle + 1;
        else
            end = middle;
    }
    return first < files->count && files->at[first].size <= high;
}

bool
meeting_has_intent(const struct halves *files, const struct half *uid)
{
    for (size_t f = 0; f < files->count; f++) {
        const struct half *file = &files->at[f];

        if (file->intent && uid->uid >= file->intent_uidnext && is_plausible(file->size, uid->size))
            return true;
    }
    return false;
}

static int
compare_bases(const void *pa, const void *pb)
{
    return strcmp((*(struct half *const *)pa)->base, (*(struct half *const *)pb)->base);
}

/* Files under the very name that a UID's download gets: our own, from before a crash, whatever size the server claims. */
static bool
choose_named(struct meeting *meeting)
{
    struct halves *files = &meeting->files;
    struct half **by_base = calloc(files->count + 1, sizeof(struct half *));

    if (by_base == NULL)
        return run_no_memory(meeting->run);
    for (size_t f = 0; f < files->count; f++)
        by_base[f] = &files->at[f];
    qsort(by_base, files->count, sizeof *by_base, compare_bases);
    for (size_t u = 0; u < meeting->uids.count; u++) {
        struct half *uid = &meeting->uids.at[u];

        if (!uid->wanted)
            uid->wanted = bsearch(&uid, by_base, files->count, sizeof *by_base, compare_bases) != NULL;
    }
    free(by_base);
    return true;
}

/* Which UIDs may be one of the files? Sizes are known on both sides; servers that count sizes wrongly get a wider net where a
 * wrong answer would store a message twice: at a first meeting, after a repair, and where an APPEND was not confirmed. */
static void
choose_candidates(struct meeting *meeting)
{
    struct halves *files = &meeting->files;
    bool wide = meeting->uids.count <= WIDE_COUNT || meeting->run->sizes_lie || meeting->run->pair_all ||
                meeting->mailbox->row.state == MAILBOX_REPAIR || meeting->mailbox->row.messages == meeting->uids.count;
    bool intents = false;

    qsort(files->at, files->count, sizeof *files->at, compare_sizes);
    for (size_t f = 0; !intents && f < files->count; f++)
        intents = files->at[f].intent;
    for (size_t u = 0; u < meeting->uids.count; u++) {
        struct half *uid = &meeting->uids.at[u];
        uint64_t slack = wide ? (uid->size / 32 > 4096 ? uid->size / 32 : 4096) : 0;

        uid->wanted = has_size(files, uid->size > slack ? uid->size - slack : 0, uid->size + slack) ||
                      (intents && meeting_has_intent(files, uid));
    }
}

bool
meeting_choose(struct meeting *meeting, bool *wanted)
{
    choose_candidates(meeting);
    if (!choose_named(meeting))
        return false;
    for (size_t u = 0; !*wanted && u < meeting->uids.count; u++)
        *wanted = meeting->uids.at[u].wanted;
    return true;
}
