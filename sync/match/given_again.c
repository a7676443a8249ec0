/*
 * See given_again.h. Each of them is judged (of more than HEADERS_MOST in a mailbox, so many of them): another message under one UID says nothing of those above it, which may have come since, or be again what
 * they were. Only that is judged of which the row knows the server's bytes: what was fetched, and what was sent and is listed with as many bytes.
 */
#include "sync/match/given_again.h"

#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/match/sent_bytes.h"
#include "sync/rows/own_name.h"
#include "sync/run/attempts.h"

#include <inttypes.h>

#define HEADER_KEPT 16384 /* bytes of a file's header that are searched for its Message-ID */
#define HEADERS_MOST 1024 /* headers of a mailbox; of more messages those of so many that lie evenly among them */

struct
    victim { /* a message there that is to be removed or moved, or to get \Deleted; or any flag, where its size was not listed */
    uint32_t mailbox, uid;
    int64_t id;
    uint64_t size;
};

enum verdict { SAYS_NOTHING, IS_OTHER, IS_UNREAD };

struct judging {
    struct run *run;
    struct agenda *agenda;
    bool removals;
    struct victim *victims; /* by mailbox and UID */
    size_t victim_count;
    bool *settled;   /* of each mailbox: it is paired anew, or its server says nothing by other bytes */
    bool *witnessed; /* ... and for a message that is not shown its first message was asked */
    struct probe *probes;
    size_t count;
    struct probe *bodies; /* of those whose headers are others */
    enum verdict *verdicts;
    size_t body_count;
    struct kinship *kinships; /* of them */
};

/* A listing with sizes shows by itself that a UID is another message by now: where none were asked for, an equal date says little. */
static unsigned
flags_that_tell(const struct mailbox *mailbox)
{
    return mailbox->sizeless ? FLAG_ALL : FLAG_DELETED;
}

/* Of which row would the message there be removed, moved or get such a flag? 0: of none. */
static int64_t
victim_of(const struct run *run, const struct todo *todo, bool removals)
{
    const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    const struct merge_step *flags = &todo->step.flags;

    if (todo->dropped || todo->step.kept_back || !todo_is_open(run, todo))
        return 0;
    if (todo->partner != 0)
        return removals || todo->step.verb != PLAN_UPLOAD ? 0 : todo->partner;
    if (removals)
        return todo->step.verb == PLAN_REMOVE_THERE ? todo->id : 0;
    if (todo->step.verb != PLAN_FLAGS)
        return 0;
    return (flags->there_add & flags_that_tell(mailbox)) != 0 || (mailbox->sizeless && flags->there_del != 0) ? todo->id
                                                                                                              : 0;
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

bool
given_again_tells(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    return !mailbox->made_anew && !id_set_has(&run->judged, message->id) &&
           !attempts_waits(run, mailbox, ATTEMPT_HEADER, message->uid) && has_its_bytes(run, mailbox, message);
}

bool
given_again_doubt(struct run *run, int64_t id)
{
    run->replan = true;
    return id_set_add(&run->doubted, id) || run_no_memory(run);
}

bool
given_again_doubts(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    return !mailbox->made_anew && id_set_has(&run->doubted, message->id);
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
add_victim(struct judging *judging, int64_t id, struct journal_message *message)
{
    struct run *run = judging->run;
    const struct mailbox *mailbox;

    if (!run_load(run, id, message))
        return false;
    mailbox = run_mailbox_by_id(run, message->mailbox);
    if (mailbox != NULL && mailbox_is_usable(mailbox) && given_again_tells(run, mailbox, message))
        judging->victims[judging->victim_count++] = (struct victim){
            .mailbox = (uint32_t)(mailbox - run->mailboxes), .uid = message->uid, .id = id, .size = message->size};
    return true;
}

/* What is to go, and what is in doubt. A row is named once. */
static bool
gather(struct judging *judging)
{
    struct run *run = judging->run;
    struct journal_message *message = calloc(1, sizeof *message);
    const int64_t highest = (int64_t)run->doubted.size * 8;
    bool ok = message != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < judging->agenda->count; i++) {
        const int64_t id = victim_of(run, &judging->agenda->todos[i], judging->removals);

        if (id != 0 && !id_set_has(&run->doubted, id))
            ok = add_victim(judging, id, message);
    }
    for (int64_t id = 1; ok && id < highest; id++) {
        bool found = false;

        if (id_set_has(&run->doubted, id))
            ok = journal_message_get(run->journal, id, message, &found, &run->err) &&
                 (!found || add_victim(judging, id, message));
    }
    free(message);
    if (ok && judging->victim_count != 0)
        qsort(judging->victims, judging->victim_count, sizeof *judging->victims, compare_victims);
    return ok;
}

static void
choose(struct judging *judging)
{
    for (size_t i = 0, begin = 0, end = 0; i < judging->victim_count; i++) {
        const struct victim *victim = &judging->victims[i];

        if (i == end)
            for (begin = i; end < judging->victim_count && judging->victims[end].mailbox == victim->mailbox;)
                end++;
        if (end - begin <= HEADERS_MOST ||
            (i - begin) * HEADERS_MOST / (end - begin) != (i - begin + 1) * HEADERS_MOST / (end - begin))
            judging->probes[judging->count++] =
                (struct probe){.mailbox = victim->mailbox, .uid = victim->uid, .id = victim->id, .size = victim->size};
    }
}

static bool
is_equal(const struct journal_message *message, const struct probe *probe, bool header)
{
    return header ? memcmp(message->header, probe->digests.header, DIGEST_SIZE) == 0
                  : memcmp(message->wire, probe->digests.wire, DIGEST_SIZE) == 0;
}

/* It is its row's message, or can't be shown: it is not asked for again in this run. */
static bool
note_judged(struct run *run, const struct probe *probe)
{
    if (probe->got)
        id_set_remove(&run->doubted, probe->id);
    return id_set_add(&run->judged, probe->id) || run_no_memory(run);
}

/* Those whose headers are not what they were. There are servers whose BODY[HEADER] is not the header of the body: that is what tells. */
static bool
keep_others(struct judging *judging)
{
    struct run *run = judging->run;
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);
    size_t others = 0;

    for (size_t i = 0; ok && i < judging->count; i++) {
        const struct probe *probe = &judging->probes[i];

        ok = !probe->got || run_load(run, probe->id, message);
        if (ok && probe->got && !is_equal(message, probe, true))
            judging->probes[others++] = (struct probe){.mailbox = probe->mailbox,
                                                       .uid = probe->uid,
                                                       .id = probe->id,
                                                       .size = message->size,
                                                       .digests = probe->digests};
        else if (ok)
            ok = note_judged(run, probe);
    }
    judging->count = others;
    free(message);
    return ok;
}

static int
compare_headers(const void *pa, const void *pb)
{
    return memcmp(((const struct probe *)pa)->digests.header, ((const struct probe *)pb)->digests.header, DIGEST_SIZE);
}

/* Which of these, of one mailbox, shows the header of this row? NULL: none. */
static const struct probe *
find_shown(const struct journal_message *message, const struct probe *probes, size_t count)
{
    struct probe key;

    if (!message->has_header || (message->facts & FACT_GONE_THERE) != 0)
        return NULL;
    memcpy(key.digests.header, message->header, DIGEST_SIZE);
    return bsearch(&key, probes, count, sizeof key, compare_headers);
}

/*
 * Of a mailbox whose headers are not what they were: where one is that of another row there, the numbers were given again:
 * a server that writes its messages anew gives none of them the header of another one.
 */
static bool
find_exchanged(struct judging *judging, const struct probe *others, size_t count)
{
    struct run *run = judging->run;
    const uint32_t mailbox = others->mailbox;
    struct journal_message *message = calloc(1, sizeof *message);
    struct probe *probes = calloc(count, sizeof *probes);
    int64_t *ids = NULL;
    size_t rows = 0;
    bool ok = (message != NULL && probes != NULL) || run_no_memory(run);

    ok =
        ok && journal_message_ids(run->journal, run->mailboxes[mailbox].row.id, WHICH_WITH_UID, &ids, &rows, &run->err);
    if (ok) {
        memcpy(probes, others, count * sizeof *probes);
        qsort(probes, count, sizeof *probes, compare_headers);
    }
    for (size_t i = 0; ok && !judging->settled[mailbox] && i < rows; i++) {
        const struct probe *shown;

        ok = run_load(run, ids[i], message);
        shown = ok ? find_shown(message, probes, count) : NULL;
        if (shown == NULL || shown->id == message->id)
            continue;
        judging->bodies[judging->body_count] = *shown;
        judging->verdicts[judging->body_count++] = IS_OTHER;
        judging->settled[mailbox] = true;
    }
    free(ids);
    free(probes);
    free(message);
    return ok;
}

static bool
find_all_exchanged(struct judging *judging)
{
    bool ok = true;

    for (size_t begin = 0, end; ok && begin < judging->count; begin = end) {
        for (end = begin; end < judging->count && judging->probes[end].mailbox == judging->probes[begin].mailbox;)
            end++;
        ok = find_exchanged(judging, &judging->probes[begin], end - begin);
    }
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
doubt_bytes(struct run *run, const struct journal_message *message, struct probe *probe, bool *made_anew)
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
    *made_anew = ok && anew;
    free(witness);
    return ok;
}

/* What was to be done with it waits for the next pass. */
static void
drop(struct judging *judging, int64_t id)
{
    for (size_t i = 0; i < judging->agenda->count; i++) {
        struct todo *todo = &judging->agenda->todos[i];

        todo->dropped |= victim_of(judging->run, todo, judging->removals) == id;
    }
}

/* What does a body tell that was asked for? */
static bool
doubt(struct judging *judging, struct probe *probe, enum verdict *verdict)
{
    struct run *run = judging->run;
    struct mailbox *mailbox = &run->mailboxes[probe->mailbox];
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run), rewritten = false;

    ok = ok && run_load(run, probe->id, message);
    const bool equal = ok && probe->got && is_equal(message, probe, false);

    if (ok && probe->got && !equal && !probe->cut)
        ok = sent_bytes_take(run, judging->agenda, message, probe, &rewritten);
    if (ok && equal) {
        ok = note_judged(run, probe);
    } else if (ok && rewritten) {
        ok = note_judged(run, probe);
        drop(judging, probe->id);
    } else if (ok) {
        if (probe->got || !judging->witnessed[probe->mailbox])
            ok = doubt_bytes(run, message, probe, &mailbox->made_anew);
        judging->witnessed[probe->mailbox] |= !probe->got;
        if (!mailbox->made_anew)
            *verdict = probe->got ? IS_OTHER : IS_UNREAD;
        judging->settled[probe->mailbox] = mailbox->made_anew || *verdict == IS_OTHER;
    }
    free(message);
    return ok;
}

/* The bodies of the last one in each mailbox, which most often tells; or where it did not, of all the others. */
static bool
read_bodies(struct judging *judging, bool last)
{
    struct run *run = judging->run;
    struct probe *bodies = &judging->bodies[judging->body_count];
    enum verdict *verdicts = &judging->verdicts[judging->body_count];
    size_t count = 0;
    bool ok;

    for (size_t i = 0; i < judging->count; i++) {
        const struct probe *probe = &judging->probes[i];

        if (last == (i + 1 == judging->count || probe[1].mailbox != probe->mailbox) &&
            !judging->settled[probe->mailbox]) {
            bodies[count] = *probe;
            bodies[count++].kinship = &judging->kinships[i];
        }
    }
    judging->body_count += count;
    ok = count == 0 || probe_remote(run, bodies, count, false);
    for (size_t i = count; ok && i-- > 0;)
        if (!judging->settled[bodies[i].mailbox])
            ok = doubt(judging, &bodies[i], &verdicts[i]);
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
        id_set_remove(&run->doubted, probe->id);
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
    bool waits = false;

    for (size_t i = 0; i < judging->agenda->count; i++) {
        struct todo *todo = &judging->agenda->todos[i];

        if (victim_of(run, todo, judging->removals) == probe->id)
            waits = todo->dropped = true;
    }
    run->partial = run->partial || waits;
    if (probe->refused || !waits) /* what was to be copied is sent */
        return;
    (void)text_print(what, sizeof what, "read the message of UID %" PRIu32 " before it is removed or moved",
                     probe->uid);
    run_complain(run, &run->mailboxes[probe->mailbox], what,
                 "its header there is another one than it was, and its body is not shown",
                 "It stays where it is; the next run tries again.");
}

/* What its server said in the end of a mailbox holds for all of it. */
static bool
conclude(struct judging *judging)
{
    struct run *run = judging->run;
    bool ok = run_begin(run);

    for (size_t i = judging->body_count; ok && i-- > 0;) {
        const struct probe *probe = &judging->bodies[i];

        if (judging->verdicts[i] == IS_OTHER)
            ok = take_other(judging, probe);
        else if (judging->verdicts[i] == IS_UNREAD && !run->mailboxes[probe->mailbox].made_anew)
            take_unread(judging, probe);
    }
    return run_end(run, ok);
}

static bool
judge(struct judging *judging)
{
    choose(judging);
    if (judging->count == 0)
        return true;
    if (!probe_remote(judging->run, judging->probes, judging->count, true) || !keep_others(judging))
        return false;
    judging->kinships = calloc(judging->count + 1, sizeof *judging->kinships);
    if (judging->kinships == NULL)
        return run_no_memory(judging->run);
    return judging->count == 0 || (find_all_exchanged(judging) && read_bodies(judging, true) &&
                                   read_bodies(judging, false) && conclude(judging));
}

bool
given_again_read(struct run *run, struct agenda *agenda, bool removals)
{
    struct judging judging = {.run = run, .agenda = agenda, .removals = removals};
    struct arena arena = {0};
    size_t most = 0;
    bool ok;

    for (size_t i = 0; i < agenda->count; i++)
        most += victim_of(run, &agenda->todos[i], removals) != 0;
    for (int64_t id = 1; id < (int64_t)run->doubted.size * 8; id++)
        most += id_set_has(&run->doubted, id);
    if (most == 0 || run->dry)
        return true;
    judging.victims = arena_array(&arena, most, sizeof *judging.victims);
    judging.settled = arena_array(&arena, run->count, sizeof *judging.settled);
    judging.witnessed = arena_array(&arena, run->count, sizeof *judging.witnessed);
    judging.probes = arena_array(&arena, most, sizeof *judging.probes);
    judging.bodies = arena_array(&arena, most, sizeof *judging.bodies);
    judging.verdicts = arena_array(&arena, most, sizeof *judging.verdicts);
    ok = run_has(run, &arena) && gather(&judging) && judge(&judging);
    free(judging.kinships);
    arena_free(&arena);
    return ok;
}
