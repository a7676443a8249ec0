/*
 * See flight.h. Servers answer in the order of the commands, but one that dies may lose what it had not sent yet. So not only the first item
 * without an answer is suspected, but so many after it.
 */
#include "sync/run/flight.h"

#include "sync/run/attempts.h"
#include "sync/run/lookup.h"

#define MAILBOXES 32 /* that are suspected together */

bool
flight_is_broken(const struct watch *watch)
{
    struct run *run = watch->run;
    struct remote_info info;

    if (watch->failed || (run->err.kind != ERROR_NETWORK && run->err.kind != ERROR_SERVER))
        return false;
    run->attempts.server.ops->info(run->attempts.server.self, &info);
    return info.lost && !info.later;
}

bool
flight_said(struct watch *watch, bool ok)
{
    watch->failed = watch->failed || !ok;
    return ok;
}

/* ---- mailboxes and flags ---- */

static bool
on_selected(void *context, size_t index, const struct remote_selected *selected)
{
    struct watch *watch = context;

    return watch->observer->selected == NULL ||
           flight_said(watch, watch->observer->selected(watch->context, watch->index[index], selected));
}

static bool
on_vanished(void *context, size_t index, uint32_t first, uint32_t last)
{
    struct watch *watch = context;

    return watch->observer->vanished == NULL ||
           flight_said(watch, watch->observer->vanished(watch->context, watch->index[index], first, last));
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
    return flight_said(watch, watch->observer->message(watch->context, watch->index[index], message));
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
           flight_said(watch, watch->observer->done(watch->context, watch->index[index], outcome));
}

const struct remote_observer flight_observing = {on_selected, on_vanished, on_message, on_observed};

/* Nothing else was in flight. */
static void
note_exact(struct run *run, const struct mailbox *mailbox, enum attempt what, uint32_t uid)
{
    struct suspect *suspect = attempts_find(run, mailbox->row.id, what, uid);

    if (suspect != NULL)
        suspect->exact = true;
}

struct suspect *
flight_suspect_of(struct run *run, struct text wire, enum attempt what, uint32_t uid)
{
    const struct mailbox *mailbox = run->attempts.count != 0 ? lookup_wire(run, wire) : NULL;

    return mailbox != NULL ? attempts_find(run, mailbox->row.id, what, uid) : NULL;
}

void
flight_settle(struct run *run, struct text wire, enum attempt what, uint32_t uid, bool broke)
{
    struct suspect *suspect = flight_suspect_of(run, wire, what, uid);

    if (suspect != NULL)
        attempts_settle(run, suspect, broke);
}

void
flight_suspect_mailboxes(struct watch *watch, const struct remote_select *requests, size_t count)
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

/* ---- messages ---- */

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    struct watch *watch = context;

    watch->over = false;
    watch->at = AT_LINE;
    return flight_said(watch, watch->sink->begin(watch->context, watch->index[index], size));
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
    return flight_said(watch, watch->sink->data(watch->context, watch->index[index], bytes, len));
}

static bool
on_end(void *context, size_t index, uint32_t uid)
{
    struct watch *watch = context;

    note_came(watch, index, uid);
    return flight_said(watch, watch->sink->end(watch->context, watch->index[index], uid));
}

static bool
on_refused(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome)
{
    struct watch *watch = context;
    const size_t caller = watch->index[index];
    const struct remote_fetch *wanted = &watch->wanted[caller];

    if (!watch->bare && (wanted->headers || wanted->sizes) && !outcome->gone && !outcome->changed &&
        !outcome->throttled) {
        watch->refused[caller] = watch->split[caller] = true;
        return true;
    }
    note_came(watch, index, uid);
    return watch->sink->refused == NULL ||
           flight_said(watch, watch->sink->refused(watch->context, caller, uid, outcome));
}

static bool
on_fetched(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct watch *watch = context;

    return told_later(watch, index, outcome) ||
           flight_said(watch, watch->sink->done(watch->context, watch->index[index], outcome));
}

static bool
on_sized(void *context, size_t index, uint64_t size)
{
    struct watch *watch = context;

    return watch->sink->sized == NULL ||
           flight_said(watch, watch->sink->sized(watch->context, watch->index[index], size));
}

const struct remote_sink flight_reading = {on_begin, on_data, on_end, on_fetched, on_refused, on_sized};

void
flight_suspect_messages(struct watch *watch, const struct text *mailboxes, size_t count, enum attempt what)
{
    size_t found = 0;
    uint32_t uid = 0;

    for (size_t i = 0; i < count && found == 0; i++) {
        const struct mailbox *mailbox = watch->done[i] ? NULL : lookup_wire(watch->run, mailboxes[i]);

        for (size_t k = 0; mailbox != NULL && k < watch->counts[i] && found < FLIGHT_MESSAGES; k++) {
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

bool
flight_keyword(void *self, const struct remote_keyword *changes, size_t count, const struct remote_keyworder *to,
               void *context, struct error *err)
{
    const struct remote server = ((struct run *)self)->attempts.server;

    return server.ops->keyword(server.self, changes, count, to, context, err);
}
