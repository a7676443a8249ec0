/*
 * See held_again.h. Each step works on what the step before left over:
 *
 *   kin headers and the same body      as multisets
 *   the very header, size and date     where the mailbox was numbered anew and the body was not read: as multisets; where the header names no message,
 *                                      only if no other one has all that
 *   the same Message-ID, size and date the same: one on each side alone
 *
 * A header says nothing of a body that a client changed into one of the same length. So without the body nothing is found where the old UID went and
 * another one came, nor in \Drafts; a mailbox that is numbered anew has the messages that it had.
 *
 * What is found so waits as before: it is a removal that the user has to confirm, and its bytes go to the quarantine first. What is not found is
 * not there, or is new mail.
 */
#include "sync/match/held_again.h"

#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/match/unread.h"
#include "sync/rows/drafts.h"
#include "sync/rows/missing.h"
#include "sync/rows/readings.h"
#include "sync/rules/merge.h"

#define FEW 1000 /* with more of them some has about any size */

enum by { BY_BODY, BY_DATE, BY_ID, BY_ALL };

struct one { /* a removal, or a UID that may be its message */
    int64_t id, date;
    uint64_t size; /* 0: what the server says of sizes is not believed */
    uint32_t uid;
    bool has_header, names, taken, doubt;
    bool kin_known;
    bool has_body; /* of what is lost: then that alone tells */
    unsigned char header[DIGEST_SIZE], body[DIGEST_SIZE];
    struct kin kin;
};

struct again {
    struct meeting *meeting;
    struct one *lost, *there;
    size_t lost_count, there_count;
    struct journal_message *message;
};

/* ---- who they are ---- */

static bool
is_lost(const struct journal_message *message)
{
    const unsigned facts = FACT_ADOPTED | FACT_UNPAIRED | FACT_GONE_HERE | FACT_GONE_THERE;

    return (message->facts & facts) == facts && message->has_header;
}

static bool
is_there(const struct journal_message *message)
{
    return (message->facts & (FACT_ADOPTED | FACT_APART | FACT_REPLACED | FACT_GONE_HERE | FACT_GONE_THERE)) == 0;
}

static bool
recall(struct again *again, struct one *one)
{
    struct run *run = again->meeting->run;
    struct journal_kinship known;

    if (!journal_kinship_get(run->journal, one->id, &known, &one->kin_known, &run->err))
        return false;
    if (one->kin_known) {
        one->kin = known.kin;
        one->names = known.kin.names;
        one->has_body = known.has_body;
        memcpy(one->body, known.body, DIGEST_SIZE);
    }
    return true;
}

static bool
gather(struct again *again, enum journal_which which, bool is_one(const struct journal_message *message),
       struct one **at, size_t *n)
{
    struct run *run = again->meeting->run;
    struct journal_message *message = again->message;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_message_ids(run->journal, again->meeting->mailbox->row.id, which, &ids, &count, &run->err);

    *at = ok ? arena_array(&again->meeting->arena, count, sizeof **at) : NULL;
    ok = ok && run_has(run, &again->meeting->arena);
    for (size_t i = 0; ok && i < count; i++) {
        struct one *one = &(*at)[*n];

        ok = run_load(run, ids[i], message);
        if (!ok || !is_one(message))
            continue;
        *one = (struct one){.id = ids[i],
                            .date = message->date,
                            .size = run->sizes_lie ? 0 : message->size,
                            .uid = message->uid,
                            .has_header = message->has_header,
                            .names = (message->facts & FACT_VAGUE) == 0};
        memcpy(one->header, message->header, DIGEST_SIZE);
        ok = !one->has_header || recall(again, one);
        (*n)++;
    }
    free(ids);
    return ok;
}

/* ---- headers of those that nobody read ---- */

static bool
may_be_one(const struct again *again, const struct one *there)
{
    bool may = there->size == 0 || again->lost_count > FEW;

    for (size_t i = 0; !may && i < again->lost_count; i++)
        may = meeting_is_plausible(again->lost[i].size, there->size);
    return may;
}

static bool
read_headers(struct again *again)
{
    struct meeting *meeting = again->meeting;
    struct run *run = meeting->run;
    struct unread *asked = arena_array(&meeting->arena, again->there_count, sizeof *asked);
    size_t count = 0;

    if (!run_has(run, &meeting->arena))
        return false;
    for (size_t i = 0; i < again->there_count; i++) {
        const struct one *one = &again->there[i];

        if (!one->has_header && may_be_one(again, one))
            asked[count++] = (struct unread){.id = one->id, .uid = one->uid, .size = one->size};
    }
    if (!unread_ask(run, meeting->index, asked, count))
        return false;
    for (size_t i = 0, a = 0; i < again->there_count && a < count; i++) {
        struct one *one = &again->there[i];

        if (one->id != asked[a].id)
            continue;
        one->doubt = asked[a].doubt;
        one->has_header = one->kin_known = asked[a].got;
        one->kin = asked[a].kin;
        one->names = one->kin.names;
        memcpy(one->header, asked[a++].header, DIGEST_SIZE);
    }
    return true;
}

/* ---- bodies ---- */

/* Do the sizes say that they differ by nothing but lines that count for nothing? */
static bool
is_explained(const struct one *lost, const struct one *there)
{
    const struct kinship one = {.kin = lost->kin}, other = {.kin = there->kin};

    return lost->size == 0 || there->size == 0 || kinship_explains(&one, lost->size, &other, there->size);
}

static bool
wants_body(const struct again *again, const struct one *there)
{
    bool wants = false;

    for (size_t i = 0; !wants && there->kin_known && !there->has_body && i < again->lost_count; i++)
        wants = again->lost[i].has_body && kin_same(&again->lost[i].kin, &there->kin) &&
                is_explained(&again->lost[i], there);
    return wants;
}

static bool
read_bodies(struct again *again)
{
    struct meeting *meeting = again->meeting;
    struct run *run = meeting->run;
    struct probe *probes = arena_array(&meeting->arena, again->there_count, sizeof *probes);
    size_t count = 0;
    bool ok = run_has(run, &meeting->arena);

    for (size_t i = 0; ok && i < again->there_count; i++) {
        struct one *one = &again->there[i];

        if (!wants_body(again, one))
            continue;
        one->doubt = reading_given_up(run, one->id);
        if (!one->doubt)
            probes[count++] = (struct probe){.mailbox = meeting->index,
                                             .uid = one->uid,
                                             .id = (int64_t)i,
                                             .size = one->size,
                                             .kinship = arena_array(&meeting->arena, 1, sizeof(struct kinship))};
    }
    ok = ok && run_has(run, &meeting->arena) && (count == 0 || probe_remote(run, probes, count, false));
    for (size_t i = 0; ok && i < count; i++) {
        struct one *one = &again->there[probes[i].id];

        one->doubt = probes[i].doubt;
        one->has_body = probes[i].got && !probes[i].cut;
        memcpy(one->body, probes[i].kinship->body, DIGEST_SIZE);
        ok = !one->has_body || read_keep(run, one->id, probes[i].kinship, false);
    }
    return ok;
}

/* ---- which is which ---- */

static int
compare_by(enum by by, const struct one *a, const struct one *b)
{
    int differ;

    if (by == BY_BODY && memcmp(a->body, b->body, DIGEST_SIZE) != 0)
        return memcmp(a->body, b->body, DIGEST_SIZE);
    if (by == BY_BODY)
        return memcmp(a->kin.rest, b->kin.rest, DIGEST_SIZE);
    if (by == BY_ID)
        return memcmp(a->kin.id, b->kin.id, DIGEST_SIZE);
    differ = memcmp(a->header, b->header, DIGEST_SIZE);
    if (differ == 0)
        differ = (a->size > b->size) - (a->size < b->size);
    return differ != 0 ? differ : (a->date > b->date) - (a->date < b->date);
}

/* Does it say anything by this? Those that do not stand last. */
static bool
has_key(enum by by, const struct one *one)
{
    if (one->taken || !one->has_header)
        return false;
    if (by == BY_BODY)
        return one->has_body && one->kin_known;
    if (one->uid == 0 && one->has_body)
        return false;
    return by == BY_DATE || (one->names && one->kin_known && one->kin.has_id);
}

static int
compare_ones(enum by by, const struct one *a, const struct one *b)
{
    const int differ = (int)has_key(by, b) - (int)has_key(by, a);

    if (differ != 0)
        return differ;
    if (has_key(by, a)) {
        const int key = compare_by(by, a, b);

        if (key != 0)
            return key;
    }
    return (a->id > b->id) - (a->id < b->id);
}

static int
compare_bodies(const void *a, const void *b)
{
    return compare_ones(BY_BODY, a, b);
}

static int
compare_dates(const void *a, const void *b)
{
    return compare_ones(BY_DATE, a, b);
}

static int
compare_message_ids(const void *a, const void *b)
{
    return compare_ones(BY_ID, a, b);
}

/* The removal waits under the UID that its message has now. */
static bool
join(struct again *again, struct one *lost, struct one *there)
{
    struct run *run = again->meeting->run;
    struct journal_message *gone = calloc(2, sizeof *gone), *now = gone + 1;
    bool goes_on = false, ok = gone != NULL || run_no_memory(run);

    ok = ok && run_load(run, lost->id, gone) && run_load(run, there->id, now) &&
         missing_goes_on(run, gone, now->flags.rseen, &goes_on);
    lost->taken = true;
    if (ok && goes_on) {
        there->taken = true;
        gone->uid = now->uid;
        gone->size = now->size;
        gone->date = now->date;
        gone->flags.rseen = now->flags.rseen;
        merge_keywords(gone->keywords, now->keywords);
        gone->facts &= ~(unsigned)(FACT_UNPAIRED | FACT_GONE_THERE | FACT_OUT_OF_VIEW | FACT_VAGUE);
        gone->facts |= there->names ? 0 : FACT_VAGUE;
        memcpy(gone->header, there->header, DIGEST_SIZE);
        ok = journal_message_delete(run->journal, now->id, &run->err) &&
             journal_message_save(run->journal, gone, &run->err);
    }
    free(gone);
    return ok;
}

/* Of those that are equal by this: is it sure enough which one is meant? */
static bool
is_sure(enum by by, const struct one *lost, size_t lost_count, const struct one *there, size_t there_count)
{
    const bool alone = lost_count == 1 && there_count == 1;

    switch (by) {
    case BY_BODY:
        return kin_same(&lost->kin, &there->kin) && (lost->names || there_count <= lost_count);
    case BY_DATE:
        return lost->names || there_count <= lost_count;
    case BY_ID:
        return alone && lost->size == there->size && lost->date == there->date;
    case BY_ALL:
        break;
    }
    return false;
}

static size_t
count_equal(enum by by, const struct one *at, size_t count)
{
    size_t n = 0;

    while (n < count && has_key(by, &at[n]) && compare_by(by, &at[0], &at[n]) == 0)
        n++;
    return n;
}

static bool
join_by(struct again *again, enum by by)
{
    static int (*const compare[])(const void *, const void *) = {
        [BY_BODY] = compare_bodies, [BY_DATE] = compare_dates, [BY_ID] = compare_message_ids};
    bool ok = true;
    size_t l = 0, t = 0;

    qsort(again->lost, again->lost_count, sizeof *again->lost, compare[by]);
    qsort(again->there, again->there_count, sizeof *again->there, compare[by]);
    while (ok && l < again->lost_count && t < again->there_count) {
        struct one *lost = &again->lost[l], *there = &again->there[t];
        const size_t lost_count = count_equal(by, lost, again->lost_count - l);
        const size_t there_count = count_equal(by, there, again->there_count - t);
        int differ;

        if (lost_count == 0 || there_count == 0) /* those that say nothing stand last */
            break;
        differ = compare_by(by, lost, there);
        if (differ == 0 && is_sure(by, lost, lost_count, there, there_count))
            for (size_t i = 0; ok && i < lost_count && i < there_count; i++)
                ok = join(again, &lost[i], &there[i]);
        l += differ <= 0 ? lost_count : 0;
        t += differ >= 0 ? there_count : 0;
    }
    return ok;
}

/* One that can't be read may be what is still looked for: neither is fetched or forgotten in this run. */
static bool
hold_doubtful(struct again *again)
{
    struct run *run = again->meeting->run;
    bool any = false;

    for (size_t i = 0; i < again->there_count; i++) {
        const struct one *one = &again->there[i];

        if (!one->doubt)
            continue;
        any = true;
        if (!unread_hold(run, again->meeting->mailbox, one->id,
                         "the server does not show it: whether it was removed here is not known"))
            return false;
    }
    for (size_t i = 0; any && i < again->lost_count; i++) {
        if (!again->lost[i].taken && !reading_delay_file(run, again->lost[i].id))
            return false;
    }
    if (any)
        reading_begin(run);
    return true;
}

bool
held_again_join(struct meeting *meeting)
{
    struct run *run = meeting->run;
    struct again again = {.meeting = meeting, .message = arena_array(&meeting->arena, 1, sizeof *again.message)};
    const bool told = meeting->mailbox->row.state == MAILBOX_REPAIR && mailbox_drafts(meeting->mailbox) == DRAFTS_NONE;
    bool ok = run_has(run, &meeting->arena) && gather(&again, WHICH_NOWHERE, is_lost, &again.lost, &again.lost_count);

    if (!ok || again.lost_count == 0)
        return ok;
    ok = gather(&again, WHICH_UID_ALONE, is_there, &again.there, &again.there_count);
    if (!ok || again.there_count == 0)
        return ok;
    ok = read_headers(&again) && read_bodies(&again);
    for (enum by by = BY_BODY; ok && by < (told ? BY_ALL : BY_DATE); by++)
        ok = join_by(&again, by);
    return ok && hold_doubtful(&again);
}
