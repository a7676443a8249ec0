/*
 * See given_again.h. It is the last UIDs that are given again: if any of a mailbox is one of them, its last one is. Only what was fetched is
 * judged, under the name that it got: what the row says of a file that was sent need not be what the server made of it.
 */
#include "sync/match/given_again.h"

#include "sync/match/probe.h"
#include "sync/run/attempts.h"

/* Of which row would the message there be removed, moved or get \Deleted? 0: of none. */
static int64_t
victim_of(const struct run *run, const struct todo *todo, bool removals)
{
    if (todo->dropped || todo->step.kept_back || !mailbox_is_open(&run->mailboxes[todo->mailbox]))
        return 0;
    if (todo->partner != 0)
        return removals || todo->step.verb != PLAN_UPLOAD ? 0 : todo->partner;
    if (removals)
        return todo->step.verb == PLAN_REMOVE_THERE ? todo->id : 0;
    return todo->step.verb == PLAN_FLAGS && (todo->step.flags.there_add & FLAG_DELETED) != 0 ? todo->id : 0;
}

static bool
can_tell(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    char own[LOCAL_BASE_MAX + 1];

    if (message->uid == 0 || message->uid == mailbox->unread_again || message->uid <= mailbox->read_again ||
        !message->has_header || !message->has_wire ||
        (message->facts & (FACT_BY_HEADER | FACT_FOREIGN | FACT_VAGUE | FACT_GONE_THERE)) != 0 ||
        attempts_waits(run, mailbox, ATTEMPT_HEADER, message->uid))
        return false;
    run_base_name(run, mailbox, message, 0, own);
    return strcmp(message->base, own) == 0;
}

/* The last one of each mailbox, in the order of the mailboxes. `probes` has room for one of each. */
static bool
gather(struct run *run, const struct agenda *agenda, bool removals, struct probe *probes, size_t *count)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        const int64_t id = victim_of(run, &agenda->todos[i], removals);
        struct mailbox *mailbox = NULL;

        if (id == 0)
            continue;
        ok = run_load(run, id, message);
        if (ok)
            mailbox = run_mailbox_by_id(run, message->mailbox);
        if (mailbox == NULL || !mailbox_is_open(mailbox) || !can_tell(run, mailbox, message))
            continue;
        struct probe *last = &probes[mailbox - run->mailboxes];
        if (last->uid < message->uid)
            *last = (struct probe){
                .mailbox = (uint32_t)(mailbox - run->mailboxes), .uid = message->uid, .id = id, .size = message->size};
    }
    free(message);
    *count = 0;
    for (size_t i = 0; ok && i < run->count; i++)
        if (probes[i].uid != 0)
            probes[(*count)++] = probes[i];
    return ok;
}

/* Those whose headers are not what they were. There are servers whose BODY[HEADER] is not the header of the body: that is what tells. */
static bool
keep_others(struct run *run, struct probe *probes, size_t *count)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);
    size_t others = 0;

    for (size_t i = 0; ok && i < *count; i++) {
        const struct probe *probe = &probes[i];
        struct mailbox *mailbox = &run->mailboxes[probe->mailbox];

        if (!probe->got) { /* what can't be shown is not asked for again in this run */
            mailbox->unread_again = probe->uid;
            continue;
        }
        ok = run_load(run, probe->id, message);
        if (ok && memcmp(message->header, probe->digests.header, DIGEST_SIZE) != 0)
            probes[others++] =
                (struct probe){.mailbox = probe->mailbox, .uid = probe->uid, .id = probe->id, .size = message->size};
        else
            mailbox->read_again = probe->uid;
    }
    *count = others;
    free(message);
    return ok;
}

static bool
drop_all_of(struct run *run, struct agenda *agenda, uint32_t mailbox, bool removals, struct journal_message *message)
{
    bool ok = true;

    for (size_t i = 0; ok && i < agenda->count; i++) {
        const int64_t id = victim_of(run, &agenda->todos[i], removals);

        if (id == 0)
            continue;
        ok = run_load(run, id, message);
        agenda->todos[i].dropped |= ok && message->mailbox == run->mailboxes[mailbox].row.id;
    }
    return ok;
}

/* Nothing is done in its mailbox now. What the row says is not of this UID: the look that follows finds that out, and pairs the mailbox anew. */
static bool
take_other(struct run *run, struct agenda *agenda, bool removals, const struct probe *probe)
{
    struct mailbox *mailbox = &run->mailboxes[probe->mailbox];
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = (message != NULL || run_no_memory(run)) && run_load(run, probe->id, message);

    if (ok && probe->got && memcmp(message->wire, probe->digests.wire, DIGEST_SIZE) == 0) {
        mailbox->read_again = probe->uid;
    } else if (ok && probe->got) {
        message->size++;
        ok = journal_message_save(run->journal, message, &run->err);
        mailbox->stirred = mailbox->full = run->replan = true;
    }
    if (ok && mailbox->read_again != probe->uid) /* what could not be read waits */
        ok = drop_all_of(run, agenda, probe->mailbox, removals, message);
    free(message);
    return ok;
}

bool
given_again_read(struct run *run, struct agenda *agenda, bool removals)
{
    struct probe *probes;
    size_t count = 0;
    bool any = false, ok;

    for (size_t i = 0; !any && i < agenda->count; i++)
        any = victim_of(run, &agenda->todos[i], removals) != 0;
    if (!any || run->dry)
        return true;
    probes = calloc(run->count, sizeof *probes);
    ok = (probes != NULL || run_no_memory(run)) && gather(run, agenda, removals, probes, &count);
    ok = ok && (count == 0 || (probe_remote(run, probes, count, true) && keep_others(run, probes, &count)));
    if (ok && count != 0) {
        ok = probe_remote(run, probes, count, false) && run_begin(run);
        for (size_t i = 0; ok && i < count; i++)
            ok = take_other(run, agenda, removals, &probes[i]);
        ok = run_end(run, ok);
    }
    free(probes);
    return ok;
}
