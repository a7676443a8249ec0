/* See attempts_remote.h. */
#include "sync/run/attempts_remote.h"

#include <stdlib.h>

#include "sync/run/attempts.h"
#include "sync/run/attempts_bare.h"
#include "sync/run/flight.h"
#include "sync/run/flight_remove.h"
#include "sync/run/lookup.h"
#include "sync/run/short_line.h"

static bool
observe_some(struct watch *watch, const struct remote_select *requests, size_t count, struct error *err)
{
    const struct remote server = watch->run->attempts.server;

    return count == 0 || server.ops->observe(server.self, requests, count, &flight_observing, watch, err);
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
        if (flight_suspect_of(run, mailboxes[i].mailbox, ATTEMPT_LOOK, 0) != NULL)
            continue;
        some[n] = mailboxes[i];
        index[n++] = i;
    }
    if (ok) {
        ok = observe_some(&watch, some, n, err);
        if (!ok && flight_is_broken(&watch))
            flight_suspect_mailboxes(&watch, some, n);
    }
    for (size_t i = 0; ok && i < count; i++) {
        if (flight_suspect_of(run, mailboxes[i].mailbox, ATTEMPT_LOOK, 0) == NULL)
            continue;
        index[0] = i;
        short_line_begin(run);
        ok = observe_some(&watch, &mailboxes[i], 1, err);
        if (!ok && flight_is_broken(&watch))
            short_line_judge(run, flight_suspect_of(run, mailboxes[i].mailbox, ATTEMPT_LOOK, 0));
        if ((ok || flight_is_broken(&watch)) && !attempts_settle_bare(run, lookup_wire(run, mailboxes[i].mailbox), !ok))
            flight_settle(run, mailboxes[i].mailbox, ATTEMPT_LOOK, 0, !ok);
    }
    arena_free(&arena);
    return ok;
}

/* ---- messages ---- */

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
            if (flight_suspect_of(run, requests[i].mailbox, what, requests[i].uids[k]) != NULL)
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
            !flight_said(watch, watch->sink != NULL ? watch->sink->done(watch->context, i, &watch->outcomes[i])
                                                    : watch->observer->done(watch->context, i, &watch->outcomes[i])))
            return false;
    }
    return true;
}

static bool
fetch_parts(struct parts *parts, const struct remote_fetch *wanted, bool bare, struct error *err)
{
    const struct remote server = parts->watch.run->attempts.server;
    struct remote_fetch *requests = arena_array(&parts->arena, parts->count, sizeof *requests);

    if (!run_has(parts->watch.run, &parts->arena))
        return false;
    parts->watch.bare = bare;
    parts->watch.header_only = bare && parts->count != 0 && wanted[parts->index[0]].headers;
    for (size_t i = 0; i < parts->count; i++) {
        requests[i] = wanted[parts->index[i]];
        requests[i].headers = requests[i].headers && !bare;
        requests[i].sizes = requests[i].sizes && !bare;
        requests[i].uids = parts->uids[i];
        requests[i].count = parts->counts[i];
    }
    return parts->count == 0 ||
           server.ops->fetch(server.self, requests, parts->count, &flight_reading, &parts->watch, err);
}

/*
 * Some servers refuse the header of a message whose body they have: without it nobody knows whether the message is a file here. Or its size. So
 * all that did not come with them is asked for again, the body alone. What is said of that counts.
 */
static bool
fetch_bare(struct parts *parts, const struct remote_fetch *wanted, enum attempt what, struct error *err)
{
    struct watch *watch = &parts->watch;
    size_t n = 0;

    for (size_t i = 0; i < parts->count; i++) {
        const size_t caller = parts->index[i];
        size_t left = 0;

        for (size_t k = 0; watch->refused[caller] && k < parts->counts[i]; k++) {
            if (!watch->came[i][k])
                parts->uids[i][left++] = parts->uids[i][k];
        }
        if (left == 0)
            continue;
        memset(watch->came[i], 0, left * sizeof *watch->came[i]);
        watch->outcomes[caller] = (struct remote_outcome){.ok = true};
        watch->came[n] = watch->came[i];
        watch->done[n] = false;
        parts->uids[n] = parts->uids[i];
        parts->counts[n] = left;
        parts->mailboxes[n] = parts->mailboxes[i];
        parts->index[n++] = caller;
    }
    parts->count = n;
    if (fetch_parts(parts, wanted, true, err))
        return true;
    if (flight_is_broken(watch))
        flight_suspect_messages(watch, parts->mailboxes, parts->count, what);
    return false;
}

/* What is beyond suspicion together, then each suspect alone; that by its body, whose header or size may be what ended the line. */
static bool
fetch(void *self, const struct remote_fetch *wanted, size_t count, const struct remote_sink *to, void *context,
      struct error *err)
{
    struct run *run = self;
    const enum attempt what = count != 0 && wanted[0].headers ? ATTEMPT_HEADER : ATTEMPT_BODY;
    struct parts parts = {.watch = {.sink = to, .context = context, .wanted = wanted}};
    struct request *requests = arena_array(&parts.arena, count, sizeof *requests);
    bool ok = run_has(run, &parts.arena);

    for (size_t i = 0; ok && i < count; i++)
        requests[i] = (struct request){wanted[i].mailbox, wanted[i].uids, wanted[i].count};
    parts.watch.refused = arena_array(&parts.arena, count, sizeof *parts.watch.refused);
    ok = ok && divide(&parts, run, requests, count, what);
    if (ok) {
        ok = fetch_parts(&parts, wanted, false, err);
        if (!ok && flight_is_broken(&parts.watch))
            flight_suspect_messages(&parts.watch, parts.mailboxes, parts.count, what);
    }
    ok = ok && fetch_bare(&parts, wanted, what, err);
    parts.count = 1;
    for (size_t i = 0; ok && i < count; i++) {
        for (size_t k = 0; ok && parts.watch.split[i] && k < wanted[i].count; k++) {
            if (flight_suspect_of(run, wanted[i].mailbox, what, wanted[i].uids[k]) == NULL)
                continue;
            isolate(&parts, i, wanted[i].mailbox, wanted[i].uids[k]);
            ok = fetch_parts(&parts, wanted, true, err);
            if (ok || flight_is_broken(&parts.watch))
                flight_settle(run, wanted[i].mailbox, what, wanted[i].uids[k], !ok);
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
    return parts->count == 0 ||
           server.ops->store(server.self, requests, parts->count, &flight_observing, &parts->watch, err);
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
        if (!ok && flight_is_broken(&parts.watch))
            flight_suspect_messages(&parts.watch, parts.mailboxes, parts.count, ATTEMPT_STORE);
    }
    parts.count = 1;
    for (size_t i = 0; ok && i < count; i++) {
        for (size_t k = 0; ok && parts.watch.split[i] && k < changes[i].count; k++) {
            if (flight_suspect_of(run, changes[i].mailbox, ATTEMPT_STORE, changes[i].uids[k]) == NULL)
                continue;
            isolate(&parts, i, changes[i].mailbox, changes[i].uids[k]);
            ok = store_parts(&parts, changes, err);
            if (ok || flight_is_broken(&parts.watch))
                flight_settle(run, changes[i].mailbox, ATTEMPT_STORE, changes[i].uids[k], !ok);
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

static void
know_watched(void *self, const struct remote_known *known, size_t count)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    if (server.ops->know != NULL)
        server.ops->know(server.self, known, count);
}

static bool
append_watched(void *self, const struct remote_append *messages, size_t count, const struct remote_appender *from,
               void *context, struct error *err)
{
    struct run *run = self;
    const struct remote server = run->attempts.server;
    const bool ok = server.ops->append(server.self, messages, count, from, context, err);
    struct suspect *suspect =
        run->attempts.sending == 0 || count != 1
            ? NULL
            : flight_suspect_of(run, messages[0].mailbox, ATTEMPT_SEND, (uint32_t)run->attempts.sending);

    if (suspect != NULL && (ok || flight_is_broken(&(struct watch){.run = run})))
        attempts_settle(run, suspect, !ok);
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

static bool
rename_watched(void *self, const struct remote_rename *what,
               bool (*done)(void *context, struct text wire_name, const struct remote_outcome *outcome), void *context,
               struct error *err)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    return server.ops->rename(server.self, what, done, context, err);
}

static bool
delete_watched(void *self, const struct remote_delete *what, struct remote_outcome *outcome, struct error *err)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    return server.ops->delete (server.self, what, outcome, err);
}

static bool
expect_watched(void *self, uint64_t bytes, uint64_t *first, struct error *err)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    *first = 0;
    return server.ops->expect == NULL || server.ops->expect(server.self, bytes, first, err);
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
        .know = know_watched,
        .observe = observe,
        .fetch = fetch,
        .store = store,
        .keyword = flight_keyword,
        .append = append_watched,
        .move = flight_move,
        .copy = flight_copy,
        .remove = flight_remove,
        .create = create_watched,
        .rename = rename_watched,
        .delete = delete_watched,
        .expect = expect_watched,
        .close = close_watched,
    };

    run->attempts.server = run->remote;
    run->remote = (struct remote){&ops, run};
}
