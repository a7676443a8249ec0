/* See refusals.h. */
#include "sync/rows/refusals.h"

#include "sync/base/ids.h"

#include <inttypes.h>

#define DAY_S (23 * 3600) /* a job that runs once a day is not always on the minute */
#define HOUR_S (59 * 60)
#define NEXT_RUN 1
#define LARGE (64 * 1024) /* bytes: of less every run may ask whether there is room */

static const struct {
    enum work work;
    const char *detail; /* in `pending` */
    const char *one, *many;
} kinds[] = {
    {WORK_FETCH, "download", "fetch the message of UID %" PRIu32, "fetch %zu messages"},
    {WORK_APPEND, "upload", "store a new message on the server", "store %zu new messages on the server"},
    {WORK_STORE, "flags", "change the flags of UID %" PRIu32 " on the server",
     "change the flags of %zu messages on the server"},
    {WORK_MOVE, "move", "move a message on the server", "move %zu messages on the server"},
    {WORK_REMOVE, "remove-there", "remove UID %" PRIu32 " on the server", "remove %zu messages on the server"},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

struct refusal { /* by message */
    int64_t message, mailbox;
    enum work work;
    int64_t since, not_before;
    bool denied;
    bool read_only; /* ... since its mailbox may only be read */
    bool chosen;    /* it is asked for in this pass, for all of its likes */
    bool refused;   /* in this run: not again in it */
    bool over;      /* it went well */
};

static struct refusal *
find(const struct run *run, int64_t message)
{
    return run->refusals_count == 0
               ? NULL
               : bsearch(&message, run->refusals, run->refusals_count, sizeof *run->refusals, ids_compare);
}

static struct refusal *
find_work(const struct run *run, int64_t message, enum work work)
{
    struct refusal *refusal = find(run, message);

    return refusal != NULL && refusal->work == work && !refusal->over ? refusal : NULL;
}

/* The place of a message, which is made where there is none. */
static struct refusal *
place_of(struct run *run, int64_t message)
{
    struct refusal *known = find(run, message);
    size_t at = run->refusals_count;

    if (known != NULL)
        return known;
    if (!array_grow(&run->refusals, &run->refusals_size, at + 1, sizeof *run->refusals)) {
        (void)run_no_memory(run);
        return NULL;
    }
    for (; at > 0 && run->refusals[at - 1].message > message; at--)
        run->refusals[at] = run->refusals[at - 1];
    run->refusals_count++;
    run->refusals[at] = (struct refusal){.message = message};
    return &run->refusals[at];
}

bool
refusals_load(struct run *run)
{
    struct journal_pending *list;
    size_t count;
    bool ok = true;

    if (!journal_pendings(run->journal, &list, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        const struct journal_pending *row = &list[i];
        size_t kind = 0;

        while (kind < KINDS && strcmp(kinds[kind].detail, row->detail) != 0)
            kind++;
        if (row->not_before == 0 || row->message == 0 || kind == KINDS)
            continue;
        struct refusal *refusal = place_of(run, row->message);
        ok = refusal != NULL;
        if (ok)
            *refusal = (struct refusal){.message = row->message,
                                        .mailbox = row->mailbox,
                                        .work = kinds[kind].work,
                                        .since = row->since,
                                        .not_before = row->not_before,
                                        .denied = row->kind == PENDING_MAILBOX,
                                        .read_only = strcmp(row->why, REMOTE_READ_ONLY) == 0};
    }
    free(list);
    return ok;
}

bool
refusal_next(const struct run *run, enum work work, int64_t *id)
{
    for (size_t i = 0; i < run->refusals_count; i++) {
        const struct refusal *refusal = &run->refusals[i];

        if (refusal->message <= *id || refusal->work != work || refusal->over)
            continue;
        *id = refusal->message;
        return true;
    }
    return false;
}

bool
refusal_is_known(const struct run *run, int64_t message, enum work work)
{
    return find_work(run, message, work) != NULL;
}

bool
refusal_is_probe(const struct run *run, const struct mailbox *mailbox, int64_t message, enum work work)
{
    return refusal_is_known(run, message, work) && (mailbox->released & work) == 0;
}

bool
refusal_denies(const struct run *run, const struct mailbox *mailbox, enum work work)
{
    for (size_t i = 0; i < run->refusals_count; i++) {
        const struct refusal *refusal = &run->refusals[i];

        if (refusal->mailbox == mailbox->row.id && refusal->work == work && refusal->denied && !refusal->over)
            return true;
    }
    return false;
}

/* ---- the plan ---- */

static unsigned
work_of(const struct todo *todo)
{
    const struct merge_step *flags = &todo->step.flags;

    if (todo->dropped)
        return 0;
    if (todo->partner != 0)
        return todo->fresh && todo->step.verb == PLAN_UPLOAD ? WORK_MOVE : 0;
    switch (todo->step.verb) {
    case PLAN_DOWNLOAD:
        return WORK_FETCH;
    case PLAN_UPLOAD:
        return WORK_APPEND;
    case PLAN_FLAGS:
        return (flags->there_add | flags->there_del) != 0 ? WORK_STORE : 0;
    case PLAN_REMOVE_THERE:
        return WORK_REMOVE;
    default:
        return 0;
    }
}

static void
drop(struct todo *todo)
{
    if (todo->step.verb == PLAN_FLAGS)
        todo->step.flags.there_add = todo->step.flags.there_del = 0;
    else
        todo->dropped = true;
}

/* A time more than a day ahead was written by a clock that was wrong. Where its mailbox may be written to again there is nothing to wait for. */
static bool
is_due(const struct run *run, const struct mailbox *mailbox, const struct refusal *refusal)
{
    return !refusal->refused && (refusal->not_before <= run->now || refusal->not_before - run->now > 2 * DAY_S ||
                                 (refusal->read_only && mailbox->writable));
}

/* Which one is asked for: of those that are due the one that waited longest, and of these the smallest. */
static void
choose(struct run *run, struct mailbox *mailbox, enum work work, const struct todo *todos, size_t count)
{
    struct refusal *best = NULL;
    uint64_t size = 0;

    for (size_t i = 0; i < count; i++) {
        struct refusal *refusal = work_of(&todos[i]) == work ? find_work(run, todos[i].id, work) : NULL;

        if (refusal == NULL)
            continue;
        refusal->mailbox = mailbox->row.id;
        refusal->chosen = !refusal->refused && (mailbox->released & work) != 0;
        if (!is_due(run, mailbox, refusal) || (mailbox->released & work) != 0)
            continue;
        if (best != NULL && (best->not_before < refusal->not_before ||
                             (best->not_before == refusal->not_before && size <= todos[i].size)))
            continue;
        best = refusal;
        size = todos[i].size;
    }
    if (best != NULL && (mailbox->probed & work) == 0)
        best->chosen = true;
}

void
refusals_drop(struct run *run, struct agenda *agenda)
{
    size_t end;

    for (size_t begin = 0; begin < agenda->count; begin = end) {
        struct mailbox *mailbox = &run->mailboxes[agenda->todos[begin].mailbox];

        for (end = begin; end < agenda->count && agenda->todos[end].mailbox == agenda->todos[begin].mailbox; end++)
            continue;
        for (size_t kind = 0; run->refusals_count != 0 && kind < KINDS; kind++)
            choose(run, mailbox, kinds[kind].work, &agenda->todos[begin], end - begin);
        for (size_t i = begin; i < end; i++) {
            struct todo *todo = &agenda->todos[i];
            const unsigned work = work_of(todo);
            const struct refusal *refusal = work != 0 ? find_work(run, todo->id, (enum work)work) : NULL;

            /* What can't be fetched any more has its say in down.c: something may be missing here for it. */
            if ((mailbox->over & work & ~(unsigned)WORK_FETCH) != 0 || (refusal != NULL && !refusal->chosen))
                drop(todo);
        }
    }
}

/* ---- answers ---- */

static bool
is_soon(const struct remote_outcome *outcome, bool alone)
{
    return !outcome->denied && (outcome->throttled || outcome->passing || outcome->gone || !alone);
}

const char *
refusal_hint(const struct remote_outcome *outcome, bool alone)
{
    return is_soon(outcome, alone) ? "The next run tries again." : "It is tried again within a day.";
}

/*
 * Where it is known that it may be asked for again at once, the next run asks for another one, so that one that is damaged keeps no other. Room
 * is another matter: what the smallest does not find no other will. It is asked for by the next run; a large one, of which a server may take the
 * bytes before it refuses, less often the longer there is no room.
 */
static int64_t
next_time(const struct run *run, const struct refusal *refusal, bool alone, const struct remote_outcome *outcome,
          bool large)
{
    if (large) {
        const int64_t wait = (run->now - refusal->since) / 4;

        return run->now + (wait < 0 ? 0 : wait < HOUR_S ? wait : HOUR_S);
    }
    if (is_soon(outcome, alone))
        return refusal->chosen && !outcome->over_quota ? run->now : NEXT_RUN;
    return run->now + DAY_S + (refusal->chosen ? 1 : 0);
}

static bool
is_large(struct run *run, int64_t id, bool *large)
{
    struct journal_message *message = calloc(1, sizeof *message);
    const bool ok = (message != NULL || run_no_memory(run)) && run_load(run, id, message);

    *large = ok && message->size > LARGE;
    free(message);
    return ok;
}

static bool
save(struct run *run, const struct refusal *refusal, const char *why)
{
    struct journal_pending row = {.mailbox = refusal->mailbox,
                                  .message = refusal->message,
                                  .kind = refusal->denied ? PENDING_MAILBOX : PENDING_FAILED,
                                  .since = refusal->since,
                                  .not_before = refusal->not_before};

    for (size_t kind = 0; kind < KINDS; kind++)
        if (kinds[kind].work == refusal->work)
            (void)text_print(row.detail, sizeof row.detail, "%s", kinds[kind].detail);
    (void)text_print(row.why, sizeof row.why, "%s", why);
    return journal_pending_set(run->journal, &row, &run->err);
}

/* The others of its mailbox wait, too, now that the one that was asked for them all was refused. @param sooner  seconds */
static bool
put_off_likes(struct run *run, const struct refusal *asked, int64_t sooner)
{
    struct journal_pending row;
    bool ok = true, found;

    for (size_t i = 0; ok && i < run->refusals_count; i++) {
        struct refusal *like = &run->refusals[i];

        if (like == asked || like->mailbox != asked->mailbox || like->work != asked->work || like->refused ||
            like->over || like->not_before > run->now || like->not_before == NEXT_RUN)
            continue;
        like->not_before = asked->not_before - sooner;
        ok = journal_pending_get(run->journal, like->mailbox, like->message, &row, &found, &run->err);
        if (ok && found) {
            row.not_before = like->not_before;
            ok = journal_pending_set(run->journal, &row, &run->err);
        }
    }
    return ok;
}

bool
refusal_note(struct run *run, struct mailbox *mailbox, int64_t message, enum work work, bool alone,
             const struct remote_outcome *outcome)
{
    struct refusal *refusal = place_of(run, message);
    bool known, was_chosen, large = false;

    if (refusal == NULL || (outcome->over_quota && !is_large(run, message, &large)))
        return false;
    known = refusal->work == work && !refusal->over && !refusal->refused;
    was_chosen = known && refusal->chosen && (mailbox->released & work) == 0;
    if (!known)
        *refusal = (struct refusal){.message = message, .work = work, .since = run->now};
    refusal->mailbox = mailbox->row.id;
    refusal->denied = outcome->denied && (work == WORK_STORE || work == WORK_REMOVE);
    refusal->read_only = strcmp(outcome->answer, REMOTE_READ_ONLY) == 0;
    refusal->not_before = next_time(run, refusal, alone, outcome, large);
    refusal->refused = true;
    mailbox->probed |= was_chosen ? work : 0;
    mailbox->complained |= work;
    return save(run, refusal, outcome->answer) &&
           (!was_chosen || (!large && refusal->not_before <= run->now) || put_off_likes(run, refusal, large ? 0 : 1));
}

void
refusal_end(struct run *run, struct mailbox *mailbox, int64_t message, enum work work)
{
    struct refusal *refusal = find_work(run, message, work);

    if (refusal == NULL)
        return;
    refusal->over = true;
    mailbox->released |= work;
}

void
refusal_forget(struct run *run, int64_t message, enum work work)
{
    struct refusal *refusal = find_work(run, message, work);

    if (refusal != NULL)
        refusal->over = true;
}

/* ---- what is said ---- */

static bool
is_wanted(const struct journal_message *message, enum work work)
{
    if (work == WORK_FETCH)
        return (message->facts & FACT_GONE_THERE) == 0 && message->base[0] == '\0';
    return (work != WORK_APPEND && work != WORK_MOVE) ||
           ((message->facts & FACT_GONE_HERE) == 0 && message->base[0] != '\0');
}

/*
 * Those of one mailbox and kind that were not asked for, counted; *uid and *why: of the first, and the server's words about it; *soon: one of them
 * is asked for within the hour.
 */
static bool
count_waiting(struct run *run, const struct mailbox *mailbox, enum work work, size_t *waiting, uint32_t *uid,
              char why[512], bool *soon, struct journal_message *message)
{
    struct journal_pending row;
    bool ok = true, found;

    *waiting = 0;
    *soon = false;
    for (size_t i = 0; ok && i < run->refusals_count; i++) {
        const struct refusal *refusal = &run->refusals[i];

        if (refusal->mailbox != mailbox->row.id || refusal->work != work || refusal->refused || refusal->over ||
            refusal->denied)
            continue;
        ok = journal_message_get(run->journal, refusal->message, message, &found, &run->err);
        if (!ok || !found || journal_message_is_clean(message) || !is_wanted(message, work))
            continue;
        ok = journal_pending_get(run->journal, mailbox->row.id, refusal->message, &row, &found, &run->err);
        if (!ok || !found)
            continue;
        *soon |= refusal->not_before <= run->now + HOUR_S;
        if ((*waiting)++ != 0)
            continue;
        *uid = message->uid;
        (void)text_print(why, 512, "%s", row.why);
    }
    return ok;
}

/* What is refused for good is named by each run, too, and so is what an earlier attempt keeps from being sent. */
static bool
say_others(struct run *run, struct journal_message *message)
{
    struct journal_pending *list;
    size_t count;
    bool ok = true, found;

    if (!journal_pendings(run->journal, &list, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        const bool settles = list[i].kind == PENDING_SETTLE;
        struct mailbox *mailbox = run_mailbox_by_id(run, list[i].mailbox);
        char what[160];

        if (!(settles ? run->partial : list[i].kind == PENDING_REFUSED) || mailbox == NULL ||
            !mailbox_is_open(mailbox) || (mailbox->complained & WORK_APPEND) != 0)
            continue;
        ok = journal_message_get(run->journal, list[i].message, message, &found, &run->err);
        if (!ok || !found || journal_message_is_clean(message) ||
            (!settles && ((message->facts & FACT_REFUSED) == 0 || !is_wanted(message, WORK_APPEND))))
            continue;
        mailbox->complained |= WORK_APPEND;
        (void)text_print(what, sizeof what, "store message %.120s on the server", message->base);
        run_complain(run, mailbox, what, list[i].why,
                     settles ? "A later run looks for it there."
                             : "It stays here; golub tries again when the file changes.");
    }
    free(list);
    return ok;
}

bool
refusals_say(struct run *run)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);

    for (size_t i = 0; ok && run->refusals_count != 0 && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        for (size_t kind = 0; ok && mailbox_is_open(mailbox) && kind < KINDS; kind++) {
            char what[128], why[512];
            uint32_t uid = 0;
            size_t waiting;
            bool soon;

            ok = count_waiting(run, mailbox, kinds[kind].work, &waiting, &uid, why, &soon, message);
            if (!ok || waiting == 0 || (mailbox->complained & kinds[kind].work) != 0)
                continue;
            if (waiting == 1)
                (void)text_print(what, sizeof what, kinds[kind].one, uid);
            else
                (void)text_print(what, sizeof what, kinds[kind].many, waiting);
            run_complain(run, mailbox, what, why,
                         soon ? "The server said so before; it is asked again within the hour."
                              : "The server said so before; it is asked again within a day.");
        }
    }
    ok = ok && say_others(run, message);
    free(message);
    return ok;
}
