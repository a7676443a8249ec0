/*
 * One message that was moved to one place here and to another on the server. Nothing tells which one is meant, and a move that is undone is
 * worse than a message too many: it is sent up from the one place and fetched from the other, and stands in both. That is said, so that
 * nobody wonders where the second one comes from.
 */
#include "sync/agenda/wanted.h"
#include "sync/match/probe.h"

struct two_places {
    struct run *run;
    struct agenda *agenda;
    struct arena arena;
    struct journal_message *old, *other;
    struct probe *probes; /* what is new on the server and of the right size */
    size_t count;
    uint64_t found;
    const char *from, *here, *there; /* names of the mailboxes of the first one */
};

static bool
is_gone_both(const struct todo *todo)
{
    return !todo->dropped && todo->partner == 0 && !todo->fresh && todo->step.verb == PLAN_FORGET;
}

static bool
is_new_there(const struct todo *todo)
{
    return !todo->dropped && todo->partner == 0 && todo->fresh && todo->step.verb == PLAN_DOWNLOAD;
}

/* The mailbox in which a new file has its bytes; NULL: none has. */
static bool
find_here(struct two_places *two, const struct mailbox **here)
{
    struct run *run = two->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = !two->old->has_wire || journal_ids_by_wire(run->journal, two->old->wire, &ids, &count, &run->err);

    *here = NULL;
    for (size_t i = 0; ok && *here == NULL && i < count; i++) {
        if (ids[i] == two->old->id)
            continue;
        ok = run_load(run, ids[i], two->other);
        if (ok && two->other->uid == 0 && two->other->base[0] != '\0' && two->other->mailbox != two->old->mailbox &&
            (two->other->facts & (FACT_GONE_HERE | FACT_ALTERED)) == 0)
            *here = run_mailbox_by_id(run, two->other->mailbox);
    }
    free(ids);
    return ok;
}

/* Headers of what is new on the server, where its size is that of a message that went to another place here. */
static bool
read_headers(struct two_places *two)
{
    struct run *run = two->run;
    struct agenda *agenda = two->agenda;

    two->probes = arena_array(&two->arena, agenda->count, sizeof *two->probes);
    if (!run_has(run, &two->arena))
        return false;
    for (size_t i = 0; i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];
        int64_t *ids = NULL;
        size_t same = 0;
        bool wanted = false;

        if (!is_new_there(todo))
            continue;
        if (!journal_ids_dirty_by_size(run->journal, todo->size, &ids, &same, &run->err))
            return false;
        for (size_t k = 0; k < same && !wanted; k++) {
            for (size_t j = 0; j < agenda->count && !wanted; j++)
                wanted = agenda->todos[j].id == ids[k] && is_gone_both(&agenda->todos[j]);
        }
        free(ids);
        if (wanted)
            two->probes[two->count++] = (struct probe){.mailbox = todo->mailbox, .uid = todo->uid, .id = todo->id};
    }
    return two->count == 0 || probe_remote(run, two->probes, two->count, true);
}

static bool
compare(struct two_places *two, const struct mailbox *here)
{
    struct run *run = two->run;

    for (size_t i = 0; i < two->count; i++) {
        struct probe *probe = &two->probes[i];
        const struct mailbox *there = &run->mailboxes[probe->mailbox];

        if (!probe->got || !two->old->has_header || there == here ||
            memcmp(probe->digests.header, two->old->header, DIGEST_SIZE) != 0)
            continue;
        if (!run_load(run, probe->id, two->other))
            return false;
        if (two->other->date != two->old->date)
            continue;
        probe->got = false; /* it is one of them, and no other */
        if (two->found++ == 0) {
            const struct mailbox *from = run_mailbox_by_id(run, two->old->mailbox);

            two->from = from != NULL ? from->row.name : "";
            two->here = here->row.name;
            two->there = there->row.name;
        }
        return true;
    }
    return true;
}

static void
say(const struct two_places *two)
{
    char text[3 * LIMIT_MAILBOX_NAME + 200];

    (void)text_print(text, sizeof text,
                     "%llu message%s moved to one place here and to another on the server (%s, %s): %s in both now",
                     (unsigned long long)two->found, two->found == 1 ? " was" : "s were", two->here, two->there,
                     two->found == 1 ? "it is" : "each is");
    report_mailbox(two->run->report, two->run->account->name, two->from, "two-places", text);
}

static bool
look_at_all(struct two_places *two)
{
    bool ok = true, read = false;

    for (size_t i = 0; ok && i < two->agenda->count; i++) {
        const struct mailbox *here = NULL;

        if (!is_gone_both(&two->agenda->todos[i]))
            continue;
        ok = run_load(two->run, two->agenda->todos[i].id, two->old) && find_here(two, &here);
        if (!ok || here == NULL)
            continue;
        ok = read || read_headers(two);
        read = true;
        ok = ok && compare(two, here);
    }
    if (ok && two->found != 0)
        say(two);
    return ok;
}

bool
agenda_say_two_places(struct run *run, struct agenda *agenda)
{
    struct two_places two = {.run = run, .agenda = agenda};
    bool any_gone = false, any_new = false, ok;

    two.old = arena_array(&two.arena, 1, sizeof *two.old);
    two.other = arena_array(&two.arena, 1, sizeof *two.other);
    ok = run_has(run, &two.arena);
    for (size_t i = 0; i < agenda->count; i++) {
        any_gone = any_gone || is_gone_both(&agenda->todos[i]);
        any_new = any_new || is_new_there(&agenda->todos[i]);
    }
    ok = ok && (!any_gone || !any_new || look_at_all(&two));
    arena_free(&two.arena);
    return ok;
}
