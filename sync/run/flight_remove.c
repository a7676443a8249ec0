/* See flight_remove.h. */
#include "sync/run/flight_remove.h"

#include "sync/run/attempts.h"
#include "sync/run/flight.h"
#include "sync/run/lookup.h"

typedef bool ask_function(void *server, const struct remote_change *changes, size_t count,
                          const struct remote_changer *to, void *context, struct error *err);

/* The first of these that were not answered. @return how many */
static size_t
suspect_removals(struct run *run, const struct remote_change *change, const bool *done)
{
    const struct mailbox *mailbox = lookup_wire(run, change->mailbox);
    size_t found = 0;

    for (size_t i = 0; mailbox != NULL && i < change->count && found < FLIGHT_MESSAGES; i++) {
        if (done[i])
            continue;
        attempts_name(run, mailbox);
        attempts_suspect(run, mailbox, ATTEMPT_REMOVE, change->uids[i]);
        found++;
    }
    return found;
}

struct removal { /* a request without its suspects, or one of these */
    struct watch watch;
    ask_function *ask;
    const struct remote_changer *to;
    const struct remote_change *change;
    size_t request;
    uint32_t *uids;
    size_t *items; /* the caller's numbers of them */
    bool *done;
    size_t count;
};

static bool
on_verify(void *context, size_t index, size_t item, const struct remote_message *now)
{
    struct removal *removal = context;

    (void)index;
    return removal->to->verify == NULL ||
           removal->to->verify(removal->watch.context, removal->request, removal->items[item], now);
}

static bool
on_removed(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    struct removal *removal = context;

    (void)index;
    removal->done[item] = true;
    return flight_said(&removal->watch,
                       removal->to->done(removal->watch.context, removal->request, removal->items[item], uid, outcome));
}

/* @param suspects  what is not answered is suspected */
static bool
remove_some(struct removal *removal, bool suspects, struct error *err)
{
    static const struct remote_changer changer = {on_verify, on_removed};
    const struct remote server = removal->watch.run->attempts.server;
    struct remote_change change = *removal->change;
    bool ok;

    change.uids = removal->uids;
    change.count = removal->count;
    if (change.count == 0)
        return true;
    memset(removal->done, 0, removal->count * sizeof *removal->done);
    ok = removal->ask(server.self, &change, 1, &changer, removal, err);
    if (!ok && suspects && flight_is_broken(&removal->watch))
        (void)suspect_removals(removal->watch.run, &change, removal->done);
    return ok;
}

/* One request after the other where there are suspects, so that one mailbox keeps back nothing of the others. */
static bool
remove_alone(struct removal *removal, struct error *err)
{
    struct run *run = removal->watch.run;
    const struct remote_change *change = removal->change;
    bool ok;

    removal->count = 0;
    for (size_t k = 0; k < change->count; k++) {
        if (flight_suspect_of(run, change->mailbox, ATTEMPT_REMOVE, change->uids[k]) != NULL)
            continue;
        removal->items[removal->count] = k;
        removal->uids[removal->count++] = change->uids[k];
    }
    ok = remove_some(removal, true, err);
    for (size_t k = 0; ok && k < change->count; k++) {
        if (flight_suspect_of(run, change->mailbox, ATTEMPT_REMOVE, change->uids[k]) == NULL)
            continue;
        removal->items[0] = k;
        removal->uids[0] = change->uids[k];
        removal->count = 1;
        ok = remove_some(removal, false, err);
        if (ok || flight_is_broken(&removal->watch))
            flight_settle(run, change->mailbox, ATTEMPT_REMOVE, change->uids[k], !ok);
    }
    return ok;
}

struct watched_removals {
    struct watch watch;
    const struct remote_changer *to;
    bool **done;
};

static bool
on_verify_any(void *context, size_t index, size_t item, const struct remote_message *now)
{
    struct watched_removals *all = context;

    return all->to->verify == NULL || all->to->verify(all->watch.context, index, item, now);
}

static bool
on_removed_any(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    struct watched_removals *all = context;

    all->done[index][item] = true;
    return flight_said(&all->watch, all->to->done(all->watch.context, index, item, uid, outcome));
}

static bool
remove_together(struct run *run, ask_function *ask, const struct remote_change *changes, size_t count,
                const struct remote_changer *to, void *context, struct arena *arena, struct error *err)
{
    static const struct remote_changer changer = {on_verify_any, on_removed_any};
    const struct remote server = run->attempts.server;
    struct watched_removals all = {
        .watch = {.run = run, .context = context}, .to = to, .done = arena_array(arena, count, sizeof(bool *))};
    bool ok = run_has(run, arena);

    for (size_t i = 0; ok && i < count; i++)
        all.done[i] = arena_array(arena, changes[i].count, sizeof **all.done);
    ok = ok && run_has(run, arena);
    if (!ok)
        return false;
    ok = ask(server.self, changes, count, &changer, &all, err);
    if (ok || !flight_is_broken(&all.watch))
        return ok;
    for (size_t i = 0, found = 0; i < count && found == 0; i++)
        found = suspect_removals(run, &changes[i], all.done[i]);
    return false;
}

static bool
ask_all(struct run *run, ask_function *ask, const struct remote_change *changes, size_t count,
        const struct remote_changer *to, void *context, struct error *err)
{
    struct arena arena = {0};
    bool any = false, ok = true;
    size_t most = 1;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < changes[i].count; k++)
            any = any || flight_suspect_of(run, changes[i].mailbox, ATTEMPT_REMOVE, changes[i].uids[k]) != NULL;
        most = changes[i].count > most ? changes[i].count : most;
    }
    if (!any) {
        ok = remove_together(run, ask, changes, count, to, context, &arena, err);
    } else {
        struct removal removal = {.watch = {.run = run, .context = context},
                                  .ask = ask,
                                  .to = to,
                                  .uids = arena_array(&arena, most, sizeof *removal.uids),
                                  .items = arena_array(&arena, most, sizeof *removal.items),
                                  .done = arena_array(&arena, most, sizeof *removal.done)};

        ok = run_has(run, &arena);
        for (size_t i = 0; ok && i < count; i++) {
            removal.change = &changes[i];
            removal.request = i;
            ok = remove_alone(&removal, err);
        }
    }
    arena_free(&arena);
    return ok;
}

bool
flight_remove(void *self, const struct remote_change *changes, size_t count, const struct remote_changer *to,
              void *context, struct error *err)
{
    struct run *run = self;

    return ask_all(run, run->attempts.server.ops->remove, changes, count, to, context, err);
}

/* All requests of one call are removals, or none is. */
static bool
are_removals(const struct remote_change *changes, size_t count)
{
    return count != 0 && changes[0].undelete;
}

bool
flight_move(void *self, const struct remote_change *changes, size_t count, const struct remote_changer *to,
            void *context, struct error *err)
{
    struct run *run = self;
    const struct remote server = run->attempts.server;

    return are_removals(changes, count) ? ask_all(run, server.ops->move, changes, count, to, context, err)
                                        : server.ops->move(server.self, changes, count, to, context, err);
}

bool
flight_copy(void *self, const struct remote_change *changes, size_t count, const struct remote_changer *to,
            void *context, struct error *err)
{
    struct run *run = self;
    const struct remote server = run->attempts.server;

    return are_removals(changes, count) ? ask_all(run, server.ops->copy, changes, count, to, context, err)
                                        : server.ops->copy(server.self, changes, count, to, context, err);
}
