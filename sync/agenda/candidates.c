/* See candidates.h. */
#include "sync/agenda/candidates.h"

#include "sync/rows/copied.h"
#include "sync/rows/drafts.h"
#include "sync/rows/held.h"
#include "sync/rows/moved_out.h"

/*
 * What vanished may be planned as a removal or, where the survivor is wanted, as one that comes back: both may have moved. So may what was sent,
 * not answered, and is not where it was sent to.
 */
bool
candidates_is(const struct todo *todo, enum role role)
{
    enum plan_verb verb = todo->step.verb;

    if (todo->dropped || todo->partner != 0)
        return false;
    switch (role) {
    case GONE_HERE:
        return (verb == PLAN_REMOVE_THERE && !todo->deleted) || (verb == PLAN_DOWNLOAD && !todo->fresh);
    case GONE_THERE:
        return (verb == PLAN_REMOVE_HERE && !todo->replaced) ||
               (verb == PLAN_UPLOAD && (!todo->fresh || todo->unanswered)) || todo->moved_here != 0;
    case GONE_BOTH:
        return verb == PLAN_FORGET && !todo->fresh;
    case WAITING:
        return todo->waits;
    case FRESH_HERE:
        return verb == PLAN_UPLOAD && todo->fresh;
    case FRESH_THERE:
        return verb == PLAN_DOWNLOAD && todo->fresh && !todo->again;
    }
    return false;
}

size_t
candidates_count(const struct agenda *agenda, enum role role)
{
    size_t n = 0;

    for (size_t i = 0; i < agenda->count; i++)
        n += candidates_is(&agenda->todos[i], role);
    return n;
}

/*
 * A folder that is a copy, or came out of a backup, lacks files that nobody moved: where its bytes are new elsewhere, that may be where they
 * were at another moment, or a copy of an equal one. What is missing in it is a removal, which is held, and stays one as long as it is. In
 * its own folder it may have come under another name, unless that is the new name of an equal one that stood there.
 */
static bool
is_doubted(struct run *run, const struct todo *todo, enum role role, bool *doubted)
{
    *doubted = false;
    return role != GONE_HERE || held_is_doubted(run, todo->mailbox, todo->id, doubted);
}

/* The flags as shown by the side that lost the one message and got the other. */
static unsigned
flags_of(const struct journal_message *message, enum role role, enum pair_by by)
{
    return role == FRESH_THERE || (role == GONE_THERE && by != BY_WIRE_AND_MAILBOX) ? message->flags.rseen
                                                                                    : message->flags.lseen;
}

/* What is left of a move went where it went. */
static bool
is_left_behind(const struct journal_message *message, enum role role)
{
    return role == GONE_THERE &&
           (message->facts & (FACT_MOVED | FACT_GONE_THERE | FACT_UNPAIRED)) == (FACT_MOVED | FACT_GONE_THERE);
}

/*
 * It was copied to a mailbox whose folder is gone since: what stands elsewhere here moved on from there (gone_folder.h). Taken for this one, the copy would
 * stay where it is for good, since nothing is removed in such a mailbox.
 */
static bool
is_copied_on(struct run *run, const struct journal_message *message, enum role role, bool *is)
{
    struct journal_message *copy = NULL;
    const struct mailbox *mailbox;
    bool ok, known;

    *is = false;
    if (role != GONE_HERE || (message->facts & FACT_MOVED) == 0)
        return true;
    copy = calloc(1, sizeof *copy);
    ok = (copy != NULL || run_no_memory(run)) && copied_to(run, message, copy, &known);
    mailbox = ok && known ? run_mailbox_by_id(run, copy->mailbox) : NULL;
    *is = mailbox != NULL && moved_out_is_gone(mailbox);
    free(copy);
    return ok;
}

/* Items of one role, keyed by wire digest (files that vanished and appeared) or by header, size and date (UIDs). */
static bool
gather(struct candidates *candidates, struct run *run, enum role role, enum pair_by by, struct pair_item **items,
       size_t *count)
{
    const struct agenda *agenda = candidates->agenda;
    struct journal_message message;
    size_t n = 0, max = candidates_count(agenda, role);
    char *bases = arena_array(&candidates->arena, max, LOCAL_BASE_MAX + 1);

    *items = arena_array(&candidates->arena, max, sizeof **items);
    if (!run_has(run, &candidates->arena))
        return false;
    for (size_t i = 0; i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];
        struct pair_item *item = &(*items)[n];
        char *base = bases + n * (LOCAL_BASE_MAX + 1);
        bool doubted, copied;

        if (!candidates_is(todo, role))
            continue;
        if (!is_doubted(run, todo, role, &doubted) || !run_load(run, todo->id, &message) ||
            !is_copied_on(run, &message, role, &copied))
            return false;
        if (((doubted || copied) && by == BY_WIRE) || is_left_behind(&message, role))
            continue;
        /* A UID whose body was read for want of a better proof is compared by that alone. */
        if (by == BY_HEADER ? !message.has_header || (role == FRESH_THERE && message.has_wire) : !message.has_wire)
            continue;
        memcpy(base, message.base, sizeof message.base);
        *item = (struct pair_item){
            .id = message.id,
            .mailbox = message.mailbox,
            .base = base,
            .date = message.date,
            .claimed = message.size,
            .flags = doubted ? ~0U : flags_of(&message, role, by), /* nothing shows all flags: any other comes first */
            .away = role == FRESH_HERE && !run->mailboxes[todo->mailbox].folder_here,
            .left = doubted || todo->moved_here != 0 || (message.facts & FACT_MOVED) != 0 ||
                    (todo->unanswered && !todo->arrived) ||
                    (todo->unpaired && run->mailboxes[todo->mailbox].row.behind != 0),
            .telling =
                (message.facts & FACT_VAGUE) == 0 && mailbox_drafts(&run->mailboxes[todo->mailbox]) == DRAFTS_NONE,
        };
        /* Sizes of the server are hints: neither digest needs them. */
        item->size = by == BY_WIRE_AND_MAILBOX ? (uint64_t)message.mailbox : 0;
        memcpy(item->digest, by == BY_HEADER ? message.header : message.wire, DIGEST_SIZE);
        n++;
    }
    *count = n;
    return true;
}

static int
compare_ids(const void *pa, const void *pb)
{
    const struct todo *const *a = pa, *const *b = pb;

    return (*a)->id == (*b)->id ? 0 : (*a)->id < (*b)->id ? -1 : 1;
}

struct todo **
candidates_index(struct arena *arena, struct agenda *agenda)
{
    struct todo **index = arena_array(arena, agenda->count, sizeof *index);

    if (index == NULL)
        return NULL;
    for (size_t i = 0; i < agenda->count; i++)
        index[i] = &agenda->todos[i];
    qsort(index, agenda->count, sizeof *index, compare_ids);
    return index;
}

struct todo *
candidates_find(struct todo **index, size_t count, int64_t id)
{
    struct todo key = {.id = id}, *pointer = &key;
    struct todo **found = bsearch(&pointer, index, count, sizeof *index, compare_ids);

    return found != NULL ? *found : NULL;
}

bool
candidates_gather(struct candidates *candidates, struct run *run, struct agenda *agenda, enum role gone,
                  enum role fresh, enum pair_by by)
{
    *candidates = (struct candidates){.agenda = agenda};
    candidates->index = candidates_index(&candidates->arena, agenda);
    return gather(candidates, run, gone, by, &candidates->gone, &candidates->gone_count) &&
           gather(candidates, run, fresh, by, &candidates->fresh, &candidates->fresh_count);
}

void
candidates_free(struct candidates *candidates)
{
    arena_free(&candidates->arena);
}

struct todo *
candidates_todo(const struct candidates *candidates, const struct pair_item *item)
{
    return candidates_find(candidates->index, candidates->agenda->count, item->id);
}
