/*
 * See given_again.h. It is the last UIDs that are given again: if any of a mailbox is one of them, its last one is. Only what was fetched is
 * judged, under the name that it got: what the row says of a file that was sent need not be what the server made of it.
 */
#include "sync/match/given_again.h"

#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/run/attempts.h"

#define HEADER_KEPT 16384 /* bytes of a file's header that are searched for its Message-ID */

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
was_fetched(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    char own[LOCAL_BASE_MAX + 1];

    if (message->uid == 0 || !message->has_header || !message->has_wire ||
        (message->facts & (FACT_BY_HEADER | FACT_FOREIGN | FACT_VAGUE | FACT_GONE_THERE)) != 0)
        return false;
    run_base_name(run, mailbox, message, 0, own);
    return strcmp(message->base, own) == 0;
}

static bool
can_tell(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    return message->uid != mailbox->unread_again && message->uid > mailbox->read_again &&
           !attempts_waits(run, mailbox, ATTEMPT_HEADER, message->uid) && was_fetched(run, mailbox, message);
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

static bool
is_equal(const struct journal_message *message, const struct probe *probe, bool header)
{
    return header ? memcmp(message->header, probe->digests.header, DIGEST_SIZE) == 0
                  : memcmp(message->wire, probe->digests.wire, DIGEST_SIZE) == 0;
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
        if (ok && !is_equal(message, probe, true))
            probes[others++] =
                (struct probe){.mailbox = probe->mailbox, .uid = probe->uid, .id = probe->id, .size = message->size};
        else
            mailbox->read_again = probe->uid;
    }
    *count = others;
    free(message);
    return ok;
}

/* The first of the mailbox that was fetched and has its file. Its UID is the last to be given again. */
static bool
find_witness(struct run *run, const struct mailbox *mailbox, uint32_t before, struct journal_message *witness,
             bool *found)
{
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_ids_by_uids(run->journal, mailbox->row.id, 1, before - 1, &ids, &count, &run->err);

    *found = false;
    for (size_t i = 0; ok && !*found && i < count; i++) {
        ok = run_load(run, ids[i], witness);
        *found = ok && (witness->facts & FACT_GONE_HERE) == 0 && was_fetched(run, mailbox, witness);
    }
    free(ids);
    return ok;
}

/* Has the server other bytes under the Message-ID of the file? Then it is the same message, made anew. */
static bool
was_made_anew(struct run *run, struct mailbox *mailbox, const struct journal_message *message,
              const struct probe *probe, bool headers, bool *anew)
{
    struct buffer header = buffer_new(HEADER_KEPT);
    char id[256];
    bool ok = true;

    *anew = false;
    if (probe->got && !is_equal(message, probe, headers)) {
        ok = read_header(run, mailbox, message->id, &header);
        probe_message_id((struct text){header.at, header.len}, id);
        *anew = ok && id[0] != '\0' && strcmp(id, probe->message_id) == 0;
    }
    buffer_free(&header);
    return ok;
}

/*
 * There are servers that make the bytes of a message when they are asked for them: two readings are not the same. Others made all of them anew
 * since they were fetched, or have headers that are not those of the bodies: so is the first one of the mailbox. Then other bytes are no other
 * message. Where the body can't be shown, that is asked of its header.
 */
static bool
doubt_bytes(struct run *run, struct probe *probe)
{
    struct mailbox *mailbox = &run->mailboxes[probe->mailbox];
    struct journal_message *witness = calloc(1, sizeof *witness);
    struct probe probes[2] = {{0}}, *again = &probes[0];
    const bool shown = probe->got;
    bool ok = witness != NULL || run_no_memory(run), found = false, anew = false;

    ok = ok && find_witness(run, mailbox, probe->uid, witness, &found);
    if (ok && found)
        *again++ =
            (struct probe){.mailbox = probe->mailbox, .uid = witness->uid, .id = witness->id, .size = witness->size};
    if (shown)
        *again++ = (struct probe){.mailbox = probe->mailbox, .uid = probe->uid, .id = probe->id, .size = probe->size};
    ok = ok && (again == probes || probe_remote(run, probes, (size_t)(again - probes), !shown));
    if (ok && found)
        ok = was_made_anew(run, mailbox, witness, &probes[0], !shown, &anew);
    if (shown) {
        probe->got = again[-1].got;
        anew = probe->got && (anew || memcmp(probe->digests.wire, again[-1].digests.wire, DIGEST_SIZE) != 0);
    }
    if (ok && anew)
        mailbox->read_again = probe->uid;
    free(witness);
    return ok;
}

/* Of those whose bodies differ, too, or can't be shown. */
static bool
doubt_all(struct run *run, struct probe *probes, size_t count)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, probes[i].id, message);
        if (ok && probes[i].got && is_equal(message, &probes[i], false))
            run->mailboxes[probes[i].mailbox].read_again = probes[i].uid;
        else if (ok)
            ok = doubt_bytes(run, &probes[i]);
    }
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
    bool ok = message != NULL || run_no_memory(run);

    if (ok && probe->got) {
        ok = run_load(run, probe->id, message);
        message->size++;
        ok = ok && journal_message_save(run->journal, message, &run->err);
        mailbox->stirred = mailbox->full = run->replan = true;
    }
    if (ok) /* what could not be read waits */
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
        ok = probe_remote(run, probes, count, false) && doubt_all(run, probes, count) && run_begin(run);
        for (size_t i = 0; ok && i < count; i++) {
            if (run->mailboxes[probes[i].mailbox].read_again != probes[i].uid)
                ok = take_other(run, agenda, removals, &probes[i]);
        }
        ok = run_end(run, ok);
    }
    free(probes);
    return ok;
}
