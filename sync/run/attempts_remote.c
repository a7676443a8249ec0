/*
 * See attempts_remote.h. Servers answer in the order of the commands, but one that dies may lose what it had not sent yet. So not only the first
 * item without an answer is suspected, but so many after it.
 */
#include "sync/run/attempts_remote.h"

#include <stdlib.h>

#include "sync/run/attempts.h"
#include "sync/run/lookup.h"

#define MAILBOXES 32 /* that are suspected together */
#define MESSAGES LIMIT_BATCH

struct watch { /* one call of the server: what is asked together, or one suspect alone */
    struct run *run;
    const struct remote_observer *observer;
    const struct remote_sink *sink;
    void *context;
    bool failed;         /* the caller's function said no: nothing is to be learned from that */
    const size_t *index; /* the caller's number of each request */
    bool *done;          /* of each request: it was answered whole */
    const uint32_t **uids;
    size_t *counts;
    bool **came; /* of each UID of each request: it came; NULL: mailboxes are asked */
    /* the caller's requests of which suspects are asked alone: their outcome is told after that */
    bool *split;
    struct remote_outcome *outcomes;
    /* a header that is read from the whole body */
    bool header_only, over;
    enum { IN_LINE, AT_LINE, AT_LINE_CR } at;
};

/* Did the server, or the way to it, end this call? */
static bool
is_broken(const struct watch *watch)
{
    struct run *run = watch->run;
    struct remote_info info;

    if (watch->failed || (run->err.kind != ERROR_NETWORK && run->err.kind != ERROR_SERVER))
        return false;
    run->attempts.server.ops->info(run->attempts.server.self, &info);
    return info.lost && !info.later;
}

static bool
said(struct watch *watch, bool ok)
{
    watch->failed = watch->failed || !ok;
    return ok;
}

/* ---- mailboxes and flags ---- */

static bool
on_selected(void *context, size_t index, const struct remote_selected *selected)
{
    struct watch *watch = context;

    return said(watch, watch->observer->selected(watch->context, watch->index[index], selected));
}

static bool
on_vanished(void *context, size_t index, uint32_t first, uint32_t last)
{
    struct watch *watch = context;

    return said(watch, watch->observer->vanished(watch->context, watch->index[index], first, last));
}

static void
note_came(struct watch *watch, size_t index, uint32_t uid)
{
    const uint32_t *uids;
    size_t low = 0;

    if (watch->came == NULL)
        return;
    uids = watch->uids[index];
    for (size_t high = watch->counts[index]; low < high;) {
        size_t middle = low + (high - low) / 2;

        if (uids[middle] < uid)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < watch->counts[index] && uids[low] == uid; low++)
        watch->came[index][low] = true;
}

static bool
on_message(void *context, size_t index, const struct remote_message *message)
{
    struct watch *watch = context;

    note_came(watch, index, message->uid);
    return said(watch, watch->observer->message(watch->context, watch->index[index], message));
}

/* The first answer that is no good counts. */
static bool
told_later(struct watch *watch, size_t index, const struct remote_outcome *outcome)
{
    const size_t caller = watch->index[index];

    watch->done[index] = true;
    if (watch->split == NULL || !watch->split[caller])
        return false;
    if (watch->outcomes[caller].ok)
        watch->outcomes[caller] = *outcome;
    return true;
}

static bool
on_observed(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct watch *watch = context;

    return told_later(watch, index, outcome) ||
           said(watch, watch->observer->done(watch->context, watch->index[index], outcome));
}

static const struct remote_observer observing = {on_selected, on_vanished, on_message, on_observed};

static bool
observe_some(struct watch *watch, const struct remote_select *requests, size_t count, struct error *err)
{
    const struct remote server = watch->run->attempts.server;

    return count == 0 || server.ops->observe(server.self, requests, count, &observing, watch, err);
}

/* Nothing else was in flight. */
static void
note_exact(struct run *run, const struct mailbox *mailbox, enum attempt what, uint32_t uid)
{
    struct suspect *suspect = attempts_find(run, mailbox->row.id, what, uid);

    if (suspect != NULL)
        suspect->exact = true;
}

static void
suspect_mailboxes(struct watch *watch, const struct remote_select *requests, size_t count)
{
    const struct mailbox *last = NULL;
    size_t found = 0;

    for (size_t i = 0; i < count && found < MAILBOXES; i++) {
        const struct mailbox *mailbox = watch->done[i] ? NULL : lookup_wire(watch->run, requests[i].mailbox);

        if (mailbox == NULL || mailbox->row.id == 0)
            continue;
        attempts_name(watch->run, mailbox);
        attempts_suspect(watch->run, mailbox, ATTEMPT_LOOK, 0);
        last = mailbox;
        found++;
    }
    if (found == 1)
        note_exact(watch->run, last, ATTEMPT_LOOK, 0);
}

static struct suspect *
suspect_of(struct run *run, struct text wire, enum attempt what, uint32_t uid)
{
    const struct mailbox *mailbox = run->attempts.count != 0 ? lookup_wire(run, wire) : NULL;

    return mailbox != NULL ? attempts_find(run, mailbox->row.id, what, uid) : NULL;
}

/* Those that are beyond suspicion together, then each of the others by itself. */
static bool
observe(void *self, const struct remote_select *mailboxes, size_t count, const struct remote_observer *to,
        void *context, struct error *err)
{
    struct run *run = self;
    struct arena arena = {0};
    struct remote_select *some = arena_array(&arena, count, sizeof *some);
    size_t *index = arena_array(&arena, count, sizeof *index);
    struct watch watch = {.run = run,
                          .observer = to,
                          .context = context,
                          .index = index,
                          .done = arena_array(&arena, count, sizeof *watch.done)};
    size_t n = 0;
    bool ok = run_has(run, &arena);

    for (size_t i = 0; ok && i < count; i++) {
        if (suspect_of(run, mailboxes[i].mailbox, ATTEMPT_LOOK, 0) != NULL)
            continue;
        some[n] = mailboxes[i];
        index[n++] = i;
    }
    if (ok) {
        ok = observe_some(&watch, some, n, err);
        if (!ok && is_broken(&watch))
            suspect_mailboxes(&watch, some, n);
    }
    for (size_t i = 0; ok && i < count; i++) {
        struct suspect *suspect = suspect_of(run, mailboxes[i].mailbox, ATTEMPT_LOOK, 0);

        if (suspect == NULL)
            continue;
        index[0] = i;
        ok = observe_some(&watch, &mailboxes[i], 1, err);
        suspect = suspect_of(run, mailboxes[i].mailbox, ATTEMPT_LOOK, 0); /* others may have gone meanwhile */
        if (suspect != NULL && (ok || is_broken(&watch)))
            attempts_settle(run, suspect, !ok);
    }
    arena_free(&arena);
    return ok;
}

/* ---- messages ---- */

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    struct watch *watch = context;

    watch->over = false;
    watch->at = AT_LINE;
    return said(watch, watch->sink->begin(watch->context, watch->index[index], size));
}

/* So many bytes are of the header, the empty line behind it included. */
static size_t
count_header(struct watch *watch, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !watch->over; i++) {
        if (bytes[i] == '\n' && watch->at != IN_LINE) {
            watch->over = true;
            return i + 1;
        }
        watch->at = bytes[i] == '\n' ? AT_LINE : bytes[i] == '\r' && watch->at == AT_LINE ? AT_LINE_CR : IN_LINE;
    }
    return len;
}

static bool
on_data(void *context, size_t index, const void *bytes, size_t len)
{
    struct watch *watch = context;

    if (watch->header_only && watch->over)
        return true;
    if (watch->header_only)
        len = count_header(watch, bytes, len);
    return said(watch, watch->sink->data(watch->context, watch->index[index], bytes, len));
}

static bool
on_end(void *context, size_t index, uint32_t uid)
{
    struct watch *watch = context;

    note_came(watch, index, uid);
    return said(watch, watch->sink->end(watch->context, watch->index[index], uid));
}

static bool
on_refused(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome)
{
    struct watch *watch = context;

    note_came(watch, index, uid);
    return watch->sink->refused == NULL ||
           said(watch, watch->sink->refused(watch->context, watch->index[index], uid, outcome));
}

static bool
on_fetched(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct watch *watch = context;

    return told_later(watch, index, outcome) ||
           said(watch, watch->sink->done(watch->context, watch->index[index], outcome));
}

/* The first message that did not come, and those behind it. */
static void
suspect_messages(struct watch *watch, const struct text *mailboxes, size_t count, enum attempt what)
{
    size_t found = 0;
    uint32_t uid = 0;

    for (size_t i = 0; i < count && found == 0; i++) {
        const struct mailbox *mailbox = watch->done[i] ? NULL : lookup_wire(watch->run, mailboxes[i]);

        for (size_t k = 0; mailbox != NULL && k < watch->counts[i] && found < MESSAGES; k++) {
            if (watch->came[i][k])
                continue;
            attempts_name(watch->run, mailbox);
            attempts_suspect(watch->run, mailbox, what, watch->uids[i][k]);
            uid = watch->uids[i][k];
            found++;
        }
        if (found == 1)
            note_exact(watch->run, mailbox, what, uid);
    }
}

struct request { /* of a fetch or a store: what both need of it */
    struct text mailbox;
    const uint32_t *uids;
    size_t count;
};

struct parts { /* the requests without their suspects; and these */
    struct arena arena;
    struct watch watch;
    size_t count, caller_count;
    size_t *index;
    struct text *mailboxes;
    uint32_t **uids;
    size_t *counts;
};

static bool
divide(struct parts *parts, struct run *run, const struct request *requests, size_t count, enum attempt what)
{
    struct watch *watch = &parts->watch;

    parts->caller_count = count;
    watch->run = run;
    watch->index = parts->index = arena_array(&parts->arena, count, sizeof *parts->index);
    watch->done = arena_array(&parts->arena, count, sizeof *watch->done);
    watch->split = arena_array(&parts->arena, count, sizeof *watch->split);
    watch->outcomes = arena_array(&parts->arena, count, sizeof *watch->outcomes);
    watch->came = arena_array(&parts->arena, count, sizeof(bool *));
    watch->counts = parts->counts = arena_array(&parts->arena, count, sizeof *parts->counts);
    parts->uids = arena_array(&parts->arena, count, sizeof(uint32_t *));
    watch->uids = (const uint32_t **)parts->uids;
    parts->mailboxes = arena_array(&parts->arena, count, sizeof *parts->mailboxes);
    for (size_t i = 0; i < count && !parts->arena.failed; i++) {
        const size_t n = parts->count;

        parts->uids[n] = arena_array(&parts->arena, requests[i].count, sizeof **parts->uids);
        watch->came[n] = arena_array(&parts->arena, requests[i].count, sizeof **watch->came);
        watch->outcomes[i].ok = true;
        for (size_t k = 0; k < requests[i].count && !parts->arena.failed; k++) {
            if (suspect_of(run, requests[i].mailbox, what, requests[i].uids[k]) != NULL)
                watch->split[i] = true;
            else
                parts->uids[n][parts->counts[n]++] = requests[i].uids[k];
        }
        if (requests[i].count != 0 && parts->counts[n] == 0)
            continue;
        parts->mailboxes[n] = requests[i].mailbox;
        parts->index[n] = i;
        parts->count++;
    }
    return run_has(run, &parts->arena);
}

/* One suspect alone. */
static void
isolate(struct parts *parts, size_t caller, struct text mailbox, uint32_t uid)
{
    struct watch *watch = &parts->watch;

    parts->index[0] = caller;
    parts->mailboxes[0] = mailbox;
    parts->counts[0] = 1;
    parts->uids[0] = arena_array(&parts->arena, 1, sizeof **parts->uids);
    watch->came[0] = arena_array(&parts->arena, 1, sizeof **watch->came);
    if (!parts->arena.failed)
        parts->uids[0][0] = uid;
}

/* After all of it: the outcomes that were put off. */
static bool
tell(struct parts *parts)
{
    struct watch *watch = &parts->watch;

    for (size_t i = 0; i < parts->caller_count; i++) {
        if (watch->split[i] &&
            !said(watch, watch->sink != NULL ? watch->sink->done(watch->context, i, &watch->outcomes[i])
                                             : watch->observer->done(watch->context, i, &watch->outcomes[i])))
            return false;
    }
    return true;
}

static bool
fetch_parts(struct parts *parts, const struct remote_fetch *wanted, bool whole, struct error *err)
{
    static const struct remote_sink reading = {on_begin, on_data, on_end, on_fetched, on_refused};
    const struct remote server = parts->watch.run->attempts.server;
    struct remote_fetch *requests = arena_array(&parts->arena, parts->count, sizeof *requests);

    if (!run_has(parts->watch.run, &parts->arena))
        return false;
    parts->watch.header_only = whole;
    for (size_t i = 0; i < parts->count; i++) {
        requests[i] = wanted[parts->index[i]];
        requests[i].headers = requests[i].headers && !whole;
        requests[i].uids = parts->uids[i];
        requests[i].count = parts->counts[i];
    }
    return parts->count == 0 || server.ops->fetch(server.self, requests, parts->count, &reading, &parts->watch, err);
}

/* What is beyond suspicion together, then each suspect alone; where a header ended the line, the body is read for it. */
static bool
fetch(void *self, const struct remote_fetch *wanted, size_t count, const struct remote_sink *to, void *context,
      struct error *err)
{
    struct run *run = self;
    const enum attempt what = count != 0 && wanted[0].headers ? ATTEMPT_HEADER : ATTEMPT_BODY;
    struct parts parts = {.watch = {.sink = to, .context = context}};
    struct request *requests = arena_array(&parts.arena, count, sizeof *requests);
    bool ok = run_has(run, &parts.arena);

    for (size_t i = 0; ok && i < count; i++)
        requests[i] = (struct request){wanted[i].mailbox, wanted[i].uids, wanted[i].count};
    ok = ok && divide(&parts, run, requests, count, what);
    if (ok) {
        ok = fetch_parts(&parts, wanted, false, err);
        if (!ok && is_broken(&parts.watch))
            suspect_messages(&parts.watch, parts.mailboxes, parts.count, what);
    }
    parts.count = 1;
    for (size_t i = 0; ok && i < count; i++) {
        for (size_t k = 0; ok && parts.watch.split[i] && k < wanted[i].count; k++) {
            struct suspect *suspect = suspect_of(run, wanted[i].mailbox, what, wanted[i].uids[k]);

            if (suspect == NULL)
                continue;
            isolate(&parts, i, wanted[i].mailbox, wanted[i].uids[k]);
            ok = fetch_parts(&parts, wanted, what == ATTEMPT_HEADER, err);
            suspect = suspect_of(run, wanted[i].mailbox, what, wanted[i].uids[k]);
            if (suspect != NULL && (ok || is_broken(&parts.watch)))
                attempts_settle(run, suspect, !ok);
        }
    }
    ok = ok && tell(&parts);
    arena_free(&parts.arena);
    return ok;
}

static bool
store_parts(struct parts *parts, const struct remote_store *changes, struct error *err)
{
    const struct remote server = parts->watch.run->attempts.server;
    struct remote_store *requests = arena_array(&parts->arena, parts->count, sizeof *requests);

    if (!run_has(parts->watch.run, &parts->arena))
        return false;
    for (size_t i = 0; i < parts->count; i++) {
        requests[i] = changes[parts->index[i]];
        requests[i].uids = parts->uids[i];
        requests[i].count = parts->counts[i];
    }
    return parts->count == 0 || server.ops->store(server.self, requests, parts->count, &observing, &parts->watch, err);
}

static bool
store(void *self, const struct remote_store *changes, size_t count, const struct remote_observer *to, void *context,
      struct error *err)
{
    struct run *run = self;
    struct parts parts = {.watch = {.observer = to, .context = context}};
    struct request *requests = arena_array(&parts.arena, count, sizeof *requests);
    bool ok = run_has(run, &parts.arena);

    for (size_t i = 0; ok && i < count; i++)
        requests[i] = (struct request){changes[i].mailbox, changes[i].uids, changes[i].count};
    ok = ok && divide(&parts, run, requests, count, ATTEMPT_STORE);
    if (ok) {
        ok = store_parts(&parts, changes, err);
        if (!ok && is_broken(&parts.watch))
            suspect_messages(&parts.watch, parts.mailboxes, parts.count, ATTEMPT_STORE);
    }
    parts.count = 1;
    for (size_t i = 0; ok && i < count; i++) {
        for (size_t k = 0; ok && parts.watch.split[i] && k < changes[i].count; k++) {
            struct suspect *suspect = suspect_of(run, changes[i].mailbox, ATTEMPT_STORE, changes[i].uids[k]);

            if (suspect == NULL)
                continue;
            isolate(&parts, i, changes[i].mailbox, changes[i].uids[k]);
            ok = store_parts(&parts, changes, err);
            suspect = suspect_of(run, changes[i].mailbox, ATTEMPT_STORE, changes[i].uids[k]);
            if (suspect != NULL && (ok || is_broken(&parts.watch)))
                attempts_settle(run, suspect, !ok);
        }
    }
    ok = ok && tell(&parts);
    arena_free(&parts.arena);
    return ok;
}

/* ---- the others as they are ---- */

static bool
open_watched(void *self, bool examine, struct error *err)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    return server.ops->open(server.self, examine, err);
}

static void
info_watched(void *self, struct remote_info *out)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    server.ops->info(server.self, out);
}

static bool
survey_watched(void *self, bool (*listed)(void *context, const struct remote_listed *mailbox), void *context,
               struct error *err)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    return server.ops->survey(server.self, listed, context, err);
}

static bool
append_watched(void *self, const struct remote_append *messages, size_t count, const struct remote_appender *from,
               void *context, struct error *err)
{
    struct run *run = self;
    const struct remote server = run->attempts.server;
    const bool ok = server.ops->append(server.self, messages, count, from, context, err);
    struct suspect *suspect = run->attempts.sending == 0 || count != 1
                                  ? NULL
                                  : suspect_of(run, messages[0].mailbox, ATTEMPT_SEND, (uint32_t)run->attempts.sending);

    if (suspect != NULL && (ok || is_broken(&(struct watch){.run = run})))
        attempts_settle(run, suspect, !ok);
    return ok;
}

static bool
move_watched(void *self, const struct remote_change *changes, size_t count, const struct remote_changer *to,
             void *context, struct error *err)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    return server.ops->move(server.self, changes, count, to, context, err);
}

static bool
copy_watched(void *self, const struct remote_change *changes, size_t count, const struct remote_changer *to,
             void *context, struct error *err)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    return server.ops->copy(server.self, changes, count, to, context, err);
}

struct removal { /* a request without its suspects, or one of these */
    struct watch watch;
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
    return said(&removal->watch,
                removal->to->done(removal->watch.context, removal->request, removal->items[item], uid, outcome));
}

static bool
remove_some(struct removal *removal, struct error *err)
{
    static const struct remote_changer changer = {on_verify, on_removed};
    const struct remote server = removal->watch.run->attempts.server;
    struct remote_change change = *removal->change;

    change.uids = removal->uids;
    change.count = removal->count;
    memset(removal->done, 0, removal->count * sizeof *removal->done);
    return removal->count == 0 || server.ops->remove(server.self, &change, 1, &changer, removal, err);
}

static void
suspect_removals(struct removal *removal)
{
    const struct mailbox *mailbox = lookup_wire(removal->watch.run, removal->change->mailbox);

    for (size_t i = 0, found = 0; mailbox != NULL && i < removal->count && found < MESSAGES; i++) {
        if (removal->done[i])
            continue;
        attempts_name(removal->watch.run, mailbox);
        attempts_suspect(removal->watch.run, mailbox, ATTEMPT_REMOVE, removal->uids[i]);
        found++;
    }
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
        if (suspect_of(run, change->mailbox, ATTEMPT_REMOVE, change->uids[k]) != NULL)
            continue;
        removal->items[removal->count] = k;
        removal->uids[removal->count++] = change->uids[k];
    }
    ok = remove_some(removal, err);
    if (!ok && is_broken(&removal->watch))
        suspect_removals(removal);
    for (size_t k = 0; ok && k < change->count; k++) {
        struct suspect *suspect = suspect_of(run, change->mailbox, ATTEMPT_REMOVE, change->uids[k]);

        if (suspect == NULL)
            continue;
        removal->items[0] = k;
        removal->uids[0] = change->uids[k];
        removal->count = 1;
        ok = remove_some(removal, err);
        suspect = suspect_of(run, change->mailbox, ATTEMPT_REMOVE, change->uids[k]);
        if (suspect != NULL && (ok || is_broken(&removal->watch)))
            attempts_settle(run, suspect, !ok);
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
    return said(&all->watch, all->to->done(all->watch.context, index, item, uid, outcome));
}

static bool
remove_together(struct run *run, const struct remote_change *changes, size_t count, const struct remote_changer *to,
                void *context, struct arena *arena, struct error *err)
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
    ok = server.ops->remove(server.self, changes, count, &changer, &all, err);
    if (ok || !is_broken(&all.watch))
        return ok;
    for (size_t i = 0, found = 0; i < count && found == 0; i++) {
        const struct mailbox *mailbox = lookup_wire(run, changes[i].mailbox);

        for (size_t k = 0; mailbox != NULL && k < changes[i].count && found < MESSAGES; k++) {
            if (all.done[i][k])
                continue;
            attempts_name(run, mailbox);
            attempts_suspect(run, mailbox, ATTEMPT_REMOVE, changes[i].uids[k]);
            found++;
        }
    }
    return false;
}

static bool
remove_watched(void *self, const struct remote_change *changes, size_t count, const struct remote_changer *to,
               void *context, struct error *err)
{
    struct run *run = self;
    struct arena arena = {0};
    bool any = false, ok = true;
    size_t most = 1;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < changes[i].count; k++)
            any = any || suspect_of(run, changes[i].mailbox, ATTEMPT_REMOVE, changes[i].uids[k]) != NULL;
        most = changes[i].count > most ? changes[i].count : most;
    }
    if (!any) {
        ok = remove_together(run, changes, count, to, context, &arena, err);
    } else {
        struct removal removal = {.watch = {.run = run, .context = context},
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

static bool
create_watched(void *self, const struct text *names, size_t count,
               bool (*done)(void *context, size_t index, struct text wire_name, const struct remote_outcome *outcome),
               void *context, struct error *err)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    return server.ops->create(server.self, names, count, done, context, err);
}

static void
close_watched(void *self)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    server.ops->close(server.self);
}

void
attempts_watch(struct run *run)
{
    static const struct remote_ops ops = {
        .open = open_watched,
        .info = info_watched,
        .survey = survey_watched,
        .observe = observe,
        .fetch = fetch,
        .store = store,
        .append = append_watched,
        .move = move_watched,
        .copy = copy_watched,
        .remove = remove_watched,
        .create = create_watched,
        .close = close_watched,
    };

    run->attempts.server = run->remote;
    run->remote = (struct remote){&ops, run};
}
