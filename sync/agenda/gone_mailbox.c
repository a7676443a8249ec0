/*
 * See gone_mailbox.h. The mailbox itself tells nothing any more; that its message is the new one says what says it of any move (moves.c). What is not paired
 * stays as it is: what becomes of a folder whose mailbox is gone, is the user's policy.
 */
#include "sync/agenda/gone_mailbox.h"

#include "sync/agenda/agenda.h"
#include "sync/agenda/candidates.h"

/* What is in their folders: all of it may be compared with a million that is new, so each is read once, and found by bisection. */
struct kept {
    struct journal_measure measure;
    uint32_t mailbox; /* of the run */
};

/* Those of one size and date, of which the first says it for all. */
enum seen { UNSEEN, NONE, SOME };

struct gathering {
    struct run *run;
    struct agenda *agenda;
    struct kept *kept;
    size_t count, size;
    unsigned char *seen; /* enum seen */
    struct journal_message *message;
};

bool
gone_mailbox_is_left(const struct mailbox *mailbox)
{
    return mailbox->chosen && mailbox->row.id != 0 && mailbox->row.state == MAILBOX_GONE_REMOTE && !mailbox->listed &&
           mailbox->folder_here;
}

/* Its folder is here, and was read. Where the mailbox may only have another name that is found out first. */
static bool
is_gone(const struct mailbox *mailbox)
{
    return gone_mailbox_is_left(mailbox) && !mailbox->undecided && mailbox->going == GOING_NOT &&
           !mailbox_is_unsure(mailbox->cautions) && !run_learned(mailbox, CAUTION_UNREAD_FOLDER);
}

static int
compare_measures(const struct journal_measure *a, const struct journal_measure *b)
{
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return a->date == b->date ? 0 : a->date < b->date ? -1 : 1;
}

static int
compare_kept(const void *pa, const void *pb)
{
    const struct kept *a = pa, *b = pb;
    const int order = compare_measures(&a->measure, &b->measure);

    if (order != 0)
        return order;
    return a->measure.id == b->measure.id ? 0 : a->measure.id < b->measure.id ? -1 : 1;
}

static bool
read_mailbox(struct gathering *gathering, size_t mailbox)
{
    struct run *run = gathering->run;
    struct journal_measure *list;
    size_t count;
    bool ok;

    if (!journal_measures(run->journal, run->mailboxes[mailbox].row.id, &list, &count, &run->err))
        return false;
    ok = array_grow(&gathering->kept, &gathering->size, gathering->count + count, sizeof *gathering->kept) ||
         run_no_memory(run);
    for (size_t i = 0; ok && i < count; i++)
        gathering->kept[gathering->count++] = (struct kept){list[i], (uint32_t)mailbox};
    free(list);
    return ok;
}

/* By size, date and row. */
static bool
read_kept(struct gathering *gathering)
{
    struct run *run = gathering->run;
    bool ok = true;

    for (size_t m = 0; run->account->policy.pull.deletes && ok && m < run->count; m++)
        ok = !is_gone(&run->mailboxes[m]) || read_mailbox(gathering, m);
    if (ok && gathering->count > 1)
        qsort(gathering->kept, gathering->count, sizeof *gathering->kept, compare_kept);
    return ok;
}

/* The first of that size and date, or where it would be. */
static size_t
find_first(const struct gathering *gathering, const struct journal_measure *measure)
{
    size_t low = 0, high = gathering->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (compare_measures(&gathering->kept[middle].measure, measure) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_like(const struct gathering *gathering, size_t at, const struct journal_measure *measure)
{
    return at < gathering->count && compare_measures(&gathering->kept[at].measure, measure) == 0;
}

static bool
has_like(const void *context, const struct journal_measure *measure)
{
    return is_like(context, find_first(context, measure), measure);
}

bool
gone_mailbox_any_fresh(struct run *run, bool *any)
{
    struct gathering gathering = {.run = run};
    bool ok = read_kept(&gathering);

    *any = false;
    if (ok && gathering.count != 0)
        ok = journal_fresh_any(run->journal, has_like, &gathering, any, &run->err);
    free(gathering.kept);
    return ok;
}

static bool
may_have_moved(const struct journal_message *message)
{
    const unsigned otherwise = FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALTERED | FACT_ALIAS | FACT_REPLACED |
                               FACT_OUT_OF_VIEW | FACT_ADOPTED | FACT_APART | FACT_MOVED | FACT_UNPAIRED;

    return message->uid != 0 && message->base[0] != '\0' && message->has_header && (message->facts & otherwise) == 0;
}

static bool
add_source(struct gathering *gathering, const struct kept *kept, unsigned char *seen)
{
    struct run *run = gathering->run;
    const struct journal_message *source = gathering->message;

    if (!run_load(run, kept->measure.id, gathering->message))
        return false;
    if (!may_have_moved(source))
        return true;
    *seen = SOME;
    return agenda_add(run, gathering->agenda,
                      &(struct todo){.id = source->id,
                                     .mailbox = kept->mailbox,
                                     .uid = source->uid,
                                     .size = source->size,
                                     .step = {.verb = PLAN_REMOVE_HERE},
                                     .moved_out = true});
}

static bool
add_sources(struct gathering *gathering, size_t fresh)
{
    struct run *run = gathering->run;
    struct journal_measure measure;
    size_t first;
    bool ok = true;

    if (!run_load(run, gathering->agenda->todos[fresh].id, gathering->message))
        return false;
    measure = (struct journal_measure){.size = gathering->agenda->todos[fresh].size, .date = gathering->message->date};
    first = find_first(gathering, &measure);
    if (!is_like(gathering, first, &measure))
        return true;
    if (gathering->seen[first] == UNSEEN) {
        gathering->seen[first] = NONE;
        for (size_t i = first; ok && is_like(gathering, i, &measure); i++)
            ok = add_source(gathering, &gathering->kept[i], &gathering->seen[first]);
    }
    gathering->agenda->todos[fresh].sought = gathering->agenda->todos[fresh].sought || gathering->seen[first] == SOME;
    return ok;
}

bool
gone_mailbox_add(struct run *run, struct agenda *agenda)
{
    struct gathering gathering = {.run = run, .agenda = agenda};
    struct arena arena = {0};
    const size_t count = agenda->count;
    bool ok = read_kept(&gathering);

    if (ok && gathering.count != 0) {
        gathering.seen = arena_array(&arena, gathering.count, sizeof *gathering.seen);
        gathering.message = arena_array(&arena, 1, sizeof *gathering.message);
        ok = run_has(run, &arena);
        for (size_t i = 0; ok && i < count && !run_stopped(run); i++) {
            if (candidates_is(&agenda->todos[i], FRESH_THERE) && agenda->todos[i].size != 0)
                ok = add_sources(&gathering, i);
        }
    }
    if (ok && agenda->count != count)
        agenda_sort(agenda);
    arena_free(&arena);
    free(gathering.kept);
    return ok;
}
