/*
 * See given_again.h. It is the last UIDs that are given again: if any of a mailbox is one of them, its last one is. Only that is judged of which
 * the row knows the server's bytes: what was fetched, and what was sent and is listed with as many bytes.
 */
#include "sync/match/given_again.h"

#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/rows/own_name.h"
#include "sync/run/attempts.h"

#include <inttypes.h>

#define HEADER_KEPT 16384 /* bytes of a file's header that are searched for its Message-ID */
#define MORE_READ 256     /* so many headers more are read in a mailbox whose last message does not tell */

struct victim { /* a message there that is to be removed or moved, or to get \Deleted */
    uint32_t mailbox, uid;
    int64_t id;
    uint64_t size;
};

struct judging {
    struct run *run;
    struct agenda *agenda;
    bool removals;
    struct victim *victims; /* by mailbox and UID */
    size_t victim_count;
    bool *waits;     /* of each mailbox: a message can't be told from another one */
    bool *witnessed; /* ... and for such a one its first message was asked */
    struct probe *probes;
    size_t count;
};

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

/*
 * Rows of an earlier version lack the fact: there the name that a download gives says it. Where no size is told, nobody knows what the server
 * made of what was sent.
 */
static bool
has_its_bytes(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    const unsigned otherwise = FACT_BY_HEADER | FACT_FOREIGN | FACT_VAGUE | FACT_ECHO | FACT_GONE_THERE;

    return message->uid != 0 && message->has_header && message->has_wire && (message->facts & otherwise) == 0 &&
           (((message->facts & FACT_ITS_BYTES) != 0 && (message->size != 0 || (message->facts & FACT_FETCHED) != 0)) ||
            own_name_has(run, mailbox, message));
}

static bool
can_tell(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    return message->uid != mailbox->unread_again && message->uid > mailbox->read_again &&
           !attempts_waits(run, mailbox, ATTEMPT_HEADER, message->uid) && has_its_bytes(run, mailbox, message);
}

static int
compare_victims(const void *a, const void *b)
{
    const struct victim *x = a, *y = b;

    if (x->mailbox != y->mailbox)
        return x->mailbox < y->mailbox ? -1 : 1;
    return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static bool
gather(struct judging *judging)
{
    struct run *run = judging->run;
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < judging->agenda->count; i++) {
        const int64_t id = victim_of(run, &judging->agenda->todos[i], judging->removals);
        struct mailbox *mailbox = NULL;

        if (id == 0)
            continue;
        ok = run_load(run, id, message);
        if (ok)
            mailbox = run_mailbox_by_id(run, message->mailbox);
        if (mailbox != NULL && mailbox_is_open(mailbox) && can_tell(run, mailbox, message))
            judging->victims[judging->victim_count++] = (struct victim){
                .mailbox = (uint32_t)(mailbox - run->mailboxes), .uid = message->uid, .id = id, .size = message->size};
    }
    free(message);
    if (ok && judging->victim_count != 0)
        qsort(judging->victims, judging->victim_count, sizeof *judging->victims, compare_victims);
    return ok;
}

/* Of each mailbox the last one; or, where that could not be told, those below it. */
static bool
choose(struct judging *judging, bool more)
{
    const size_t most = more ? judging->victim_count : judging->run->count;

    free(judging->probes);
    judging->probes = calloc(most + 1, sizeof *judging->probes);
    judging->count = 0;
    if (judging->probes == NULL)
        return run_no_memory(judging->run);
    for (size_t i = 0, end = 0; i < judging->victim_count; i++) {
        const struct victim *victim = &judging->victims[i];

        if (i == end)
            while (end < judging->victim_count && judging->victims[end].mailbox == victim->mailbox)
                end++;
        if (more ? judging->waits[victim->mailbox] && i + 1 != end && end - i <= MORE_READ + 1 : i + 1 == end)
            judging->probes[judging->count++] =
                (struct probe){.mailbox = victim->mailbox, .uid = victim->uid, .id = victim->id, .size = victim->size};
    }
    return true;
}

static bool
is_equal(const struct journal_message *message, const struct probe *probe, bool header)
{
    return header ? memcmp(message->header, probe->digests.header, DIGEST_SIZE) == 0
                  : memcmp(message->wire, probe->digests.wire, DIGEST_SIZE) == 0;
}

/*
 * Those whose headers are not what they were, above the last one whose header is. There are servers whose BODY[HEADER] is not the header of the
 * body: that is what tells.
 */
static bool
keep_others(struct judging *judging)
{
    struct run *run = judging->run;
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);
    size_t others = 0;

    for (size_t i = 0; ok && i < judging->count; i++) {
        const struct probe *probe = &judging->probes[i];
        struct mailbox *mailbox = &run->mailboxes[probe->mailbox];

        if (!probe->got) { /* what can't be shown is not asked for again in this run */
            mailbox->unread_again = probe->uid;
            continue;
        }
        ok = run_load(run, probe->id, message);
        if (ok && !is_equal(message, probe, true)) {
            judging->probes[others++] =
                (struct probe){.mailbox = probe->mailbox, .uid = probe->uid, .id = probe->id, .size = message->size};
        } else {
            mailbox->read_again = probe->uid;
            while (others > 0 && judging->probes[others - 1].mailbox == probe->mailbox)
                others--;
        }
    }
    judging->count = others;
    free(message);
    return ok;
}

/*
 * The first of the mailbox whose bytes there are known and that has its file: its UID is the last to be given again. A server may write into what
 * it is sent and nothing else, so for such a one another one of these tells, where there is one.
 */
static bool
find_witness(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
             struct journal_message *witness, bool *found)
{
    const bool fetched = own_name_has(run, mailbox, message);
    int64_t *ids = NULL, first = 0;
    size_t count = 0;
    bool alike = false,
         ok = journal_ids_by_uids(run->journal, mailbox->row.id, 1, message->uid - 1, &ids, &count, &run->err);

    for (size_t i = 0; ok && !alike && i < count; i++) {
        ok = run_load(run, ids[i], witness);
        if (!ok || (witness->facts & FACT_GONE_HERE) != 0 || !has_its_bytes(run, mailbox, witness))
            continue;
        alike = own_name_has(run, mailbox, witness) == fetched;
        first = alike || first == 0 ? ids[i] : first;
    }
    free(ids);
    *found = ok && first != 0;
    return *found ? run_load(run, first, witness) : ok;
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
doubt_bytes(struct run *run, const struct journal_message *message, struct probe *probe)
{
    struct mailbox *mailbox = &run->mailboxes[probe->mailbox];
    struct journal_message *witness = calloc(1, sizeof *witness);
    struct probe probes[2] = {{0}}, *again = &probes[0];
    const bool shown = probe->got;
    bool ok = witness != NULL || run_no_memory(run), found = false, anew = false;

    ok = ok && find_witness(run, mailbox, message, witness, &found);
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

/* Of those whose bodies differ, too, or can't be shown. What one tells holds for those below it. */
static bool
doubt_all(struct judging *judging)
{
    struct run *run = judging->run;
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);

    for (size_t i = judging->count; ok && i-- > 0;) {
        struct probe *probe = &judging->probes[i];
        struct mailbox *mailbox = &run->mailboxes[probe->mailbox];

        if (probe->uid <= mailbox->read_again || (!probe->got && judging->witnessed[probe->mailbox]))
            continue;
        ok = run_load(run, probe->id, message);
        judging->witnessed[probe->mailbox] |= !probe->got;
        if (ok && probe->got && is_equal(message, probe, false))
            mailbox->read_again = probe->uid;
        else if (ok)
            ok = doubt_bytes(run, message, probe);
    }
    free(message);
    return ok;
}

/* Nothing is done in its mailbox now. What the row says is not of this UID: with the look that follows the mailbox is paired anew. */
static bool
take_other(struct judging *judging, const struct probe *probe)
{
    struct run *run = judging->run;
    struct mailbox *mailbox = &run->mailboxes[probe->mailbox];
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);

    ok = ok && run_load(run, probe->id, message);
    if (ok) {
        message->size++;
        ok = journal_message_save(run->journal, message, &run->err);
        mailbox->other = probe->uid;
        mailbox->stirred = mailbox->full = run->replan = true;
    }
    for (size_t i = 0; ok && i < judging->agenda->count; i++) {
        struct todo *todo = &judging->agenda->todos[i];
        const int64_t id = victim_of(run, todo, judging->removals);

        if (id == 0)
            continue;
        ok = run_load(run, id, message);
        todo->dropped |= ok && message->mailbox == mailbox->row.id;
    }
    free(message);
    return ok;
}

/* What could not be read waits. */
static void
take_unread(struct judging *judging, const struct probe *probe)
{
    struct run *run = judging->run;
    char what[80];

    run->partial = judging->waits[probe->mailbox] = true;
    for (size_t i = 0; i < judging->agenda->count; i++) {
        struct todo *todo = &judging->agenda->todos[i];

        todo->dropped |= victim_of(run, todo, judging->removals) == probe->id;
    }
    if (probe->refused)
        return;
    (void)text_print(what, sizeof what, "read the message of UID %" PRIu32 " before it is removed or moved",
                     probe->uid);
    run_complain(run, &run->mailboxes[probe->mailbox], what,
                 "its header there is another one than it was, and its body is not shown",
                 "It stays where it is; the next run tries again.");
}

static bool
judge(struct judging *judging)
{
    struct run *run = judging->run;
    bool ok = judging->count == 0 || (probe_remote(run, judging->probes, judging->count, true) && keep_others(judging));

    if (!ok || judging->count == 0)
        return ok;
    ok = probe_remote(run, judging->probes, judging->count, false) && doubt_all(judging) && run_begin(run);
    for (size_t i = judging->count; ok && i-- > 0;) {
        const struct probe *probe = &judging->probes[i];

        if (probe->uid <= run->mailboxes[probe->mailbox].read_again)
            continue;
        if (probe->got)
            ok = take_other(judging, probe);
        else
            take_unread(judging, probe);
    }
    return run_end(run, ok);
}

bool
given_again_read(struct run *run, struct agenda *agenda, bool removals)
{
    struct judging judging = {.run = run, .agenda = agenda, .removals = removals};
    struct arena arena = {0};
    size_t most = 0;
    bool any = false, ok;

    for (size_t i = 0; i < agenda->count; i++)
        most += victim_of(run, &agenda->todos[i], removals) != 0;
    if (most == 0 || run->dry)
        return true;
    judging.victims = arena_array(&arena, most, sizeof *judging.victims);
    judging.waits = arena_array(&arena, run->count, sizeof *judging.waits);
    judging.witnessed = arena_array(&arena, run->count, sizeof *judging.witnessed);
    ok = run_has(run, &arena) && gather(&judging) && choose(&judging, false) && judge(&judging);
    for (size_t i = 0; ok && i < run->count; i++)
        any = any || judging.waits[i];
    ok = ok && (!any || (choose(&judging, true) && judge(&judging)));
    free(judging.probes);
    arena_free(&arena);
    return ok;
}
