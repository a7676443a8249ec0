/* See dated_again.h. */
#include "sync/match/dated_again.h"

#include "sync/match/unread.h"
#include "sync/rows/missing.h"
#include "sync/rows/readings.h"
#include "sync/rows/uncommitted.h"
#include "sync/rules/merge.h"

enum of { OF_LOST, OF_OTHERS, OF_THERE };

struct dated { /* a row that lost its UID, or a UID that may be its message */
    int64_t id, date;
    uint64_t size; /* 0: what the server says of sizes is not believed */
    uint32_t uid;
    bool other; /* it has a file, or its header says which message it is: it is looked for elsewhere */
    bool removal, has_header, names, told, taken, doubt;
    unsigned char header[DIGEST_SIZE];
};

struct dates {
    struct dated *at;
    size_t count;
};

struct again {
    struct run *run;
    uint32_t index;
    bool removals;
    struct arena arena;
    struct dates rows, there; /* both sorted: those of equal size and date stand together */
    struct journal_message *message, *now;
};

/* ---- who they are ---- */

static bool
is_lost(const struct again *again, const struct journal_message *message)
{
    const unsigned gone = FACT_UNPAIRED | FACT_GONE_HERE | FACT_GONE_THERE;

    if (message->base[0] != '\0' || (message->facts & gone) != gone)
        return false;
    return (message->facts & FACT_APART) != 0 ||
           (again->removals && (message->facts & FACT_ADOPTED) != 0 && !message->has_header);
}

/* The name that a run may have given a file says of no message that it was known. */
static bool
is_other(const struct again *again, const struct journal_message *message)
{
    const unsigned gone = FACT_UNPAIRED | FACT_GONE_THERE;

    return (message->facts & gone) == gone && !uncommitted_is(message) && !is_lost(again, message);
}

static bool
is_there(const struct again *again, const struct journal_message *message)
{
    (void)again;
    return (message->facts & (FACT_ADOPTED | FACT_APART | FACT_REPLACED | FACT_GONE_HERE | FACT_GONE_THERE)) == 0;
}

static int
compare_by(const struct dated *a, const struct dated *b)
{
    const int sizes = (a->size > b->size) - (a->size < b->size);

    return sizes != 0 ? sizes : (a->date > b->date) - (a->date < b->date);
}

/* Those with a header first; and of equal ones those that are looked for. */
static int
compare(const void *a, const void *b)
{
    const struct dated *one = a, *another = b;
    int differ = compare_by(one, another);

    if (differ == 0)
        differ = (int)another->has_header - (int)one->has_header;
    if (differ == 0 && one->has_header)
        differ = memcmp(one->header, another->header, DIGEST_SIZE);
    if (differ == 0)
        differ = (int)one->other - (int)another->other;
    return differ != 0 ? differ : (one->id > another->id) - (one->id < another->id);
}

static size_t
count_by(int compare_one(const struct dated *a, const struct dated *b), const struct dated *at, size_t count)
{
    size_t n = 0;

    while (n < count && compare_one(&at[0], &at[n]) == 0)
        n++;
    return n;
}

/* The first row of this size and date; NULL: there is none. */
static struct dated *
first_of(const struct dates *rows, const struct dated *one)
{
    size_t from = 0, to = rows->count;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;

        if (compare_by(&rows->at[middle], one) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from < rows->count && compare_by(&rows->at[from], one) == 0 ? &rows->at[from] : NULL;
}

static struct dated
describe(const struct again *again, const struct journal_message *message, enum of of)
{
    struct dated one = {.id = message->id,
                        .date = message->date,
                        .size = again->run->sizes_lie ? 0 : message->size,
                        .uid = message->uid,
                        .other = of == OF_OTHERS,
                        .removal = (message->facts & (FACT_APART | FACT_ADOPTED)) == FACT_ADOPTED,
                        .has_header = message->has_header,
                        .names = (message->facts & FACT_VAGUE) == 0};

    memcpy(one.header, message->header, DIGEST_SIZE);
    return one;
}

/* Of others and UIDs those that have size and date of one that is looked for. */
static bool
gather(struct again *again, enum journal_which which, enum of of, struct dates *to)
{
    static bool (*const is_one[])(const struct again *again, const struct journal_message *message) = {
        [OF_LOST] = is_lost, [OF_OTHERS] = is_other, [OF_THERE] = is_there};
    struct run *run = again->run;
    const struct dates lost = again->rows;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_message_ids(run->journal, run->mailboxes[again->index].row.id, which, &ids, &count, &run->err);
    struct dated *at = ok ? arena_array(&again->arena, to->count + count, sizeof *at) : NULL;

    ok = ok && run_has(run, &again->arena);
    if (ok && to->count > 0)
        memcpy(at, to->at, to->count * sizeof *at);
    if (ok)
        to->at = at;
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], again->message);
        if (!ok || again->message->date == 0 || !is_one[of](again, again->message))
            continue;
        at[to->count] = describe(again, again->message, of);
        if (of == OF_LOST || first_of(&lost, &at[to->count]) != NULL)
            to->count++;
    }
    free(ids);
    return ok;
}

static void
sort(struct dates *dates)
{
    if (dates->count > 1)
        qsort(dates->at, dates->count, sizeof *dates->at, compare);
}

static bool
gather_rows(struct again *again)
{
    struct dates *rows = &again->rows;

    if (!gather(again, WHICH_NOWHERE, OF_LOST, rows))
        return false;
    sort(rows);
    if (rows->count > 0) {
        struct dates others = {0};

        if (!gather(again, WHICH_NOWHERE, OF_OTHERS, &others) || !gather(again, WHICH_FILE_ALONE, OF_OTHERS, &others))
            return false;
        struct dated *all = arena_array(&again->arena, rows->count + others.count, sizeof *all);
        if (!run_has(again->run, &again->arena))
            return false;
        memcpy(all, rows->at, rows->count * sizeof *all);
        if (others.count > 0)
            memcpy(all + rows->count, others.at, others.count * sizeof *all);
        *rows = (struct dates){all, rows->count + others.count};
        sort(rows);
    }
    for (size_t i = 0, n; i < rows->count; i += n) {
        n = count_by(compare_by, &rows->at[i], rows->count - i);
        rows->at[i].told = rows->at[i].has_header; /* those stand first */
    }
    return true;
}

/* Where a header can say which is which. */
static bool
read_headers(struct again *again)
{
    struct unread *asked = arena_array(&again->arena, again->there.count, sizeof *asked);
    size_t n = 0;

    if (!run_has(again->run, &again->arena))
        return false;
    for (size_t i = 0; i < again->there.count; i++) {
        const struct dated *one = &again->there.at[i];

        if (!one->has_header && first_of(&again->rows, one)->told)
            asked[n++] = (struct unread){.id = one->id, .uid = one->uid, .size = one->size};
    }
    if (!unread_ask(again->run, again->index, asked, n))
        return false;
    for (size_t i = 0, a = 0; i < again->there.count && a < n; i++) {
        struct dated *one = &again->there.at[i];

        if (one->id != asked[a].id)
            continue;
        one->has_header = asked[a].got;
        one->names = asked[a].got && asked[a].kin.names;
        one->doubt = asked[a].doubt;
        memcpy(one->header, asked[a++].header, DIGEST_SIZE);
    }
    return true;
}

/* ---- which is which ---- */

/* The row has the UID that its message has now. */
static bool
join(struct again *again, struct dated *lost, struct dated *there)
{
    struct run *run = again->run;
    struct journal_message *gone = again->message, *now = again->now;
    bool goes_on = true;

    if (!run_load(run, lost->id, gone) || !run_load(run, there->id, now) ||
        (lost->removal && !missing_goes_on(run, gone, now->flags.rseen, &goes_on)))
        return false;
    lost->taken = true;
    if (!goes_on)
        return true;
    there->taken = true;
    gone->uid = now->uid;
    gone->flags.rseen = now->flags.rseen;
    merge_keywords(gone->keywords, now->keywords);
    gone->facts &= ~(unsigned)(FACT_UNPAIRED | FACT_GONE_THERE | FACT_OUT_OF_VIEW);
    if (!lost->removal)
        gone->facts &= ~(unsigned)FACT_GONE_HERE;
    if (now->has_header) {
        gone->has_header = true;
        gone->facts = (gone->facts & ~(unsigned)FACT_VAGUE) | (now->facts & FACT_VAGUE);
        memcpy(gone->header, now->header, DIGEST_SIZE);
    }
    return journal_message_delete(run->journal, now->id, &run->err) &&
           journal_message_save(run->journal, gone, &run->err);
}

static int
compare_headers(const struct dated *a, const struct dated *b)
{
    return !a->has_header || !b->has_header ? (int)b->has_header - (int)a->has_header
                                            : memcmp(a->header, b->header, DIGEST_SIZE);
}

/* Of one header: the others come first, and what is theirs is nobody else's. */
static bool
join_equal(struct again *again, struct dates rows, struct dates there)
{
    size_t lost = 0;
    bool ok = true;

    while (lost < rows.count && !rows.at[lost].other)
        lost++;
    const size_t others = rows.count - lost;
    const bool sure = rows.at[0].names || there.count <= rows.count;
    for (size_t i = 0; ok && sure && i < lost && i + others < there.count; i++)
        ok = join(again, &rows.at[i], &there.at[i]);
    for (size_t i = 0; others > 0 && i < there.count; i++)
        there.at[i].taken = true;
    return ok;
}

static bool
join_headers(struct again *again, struct dates rows, struct dates there)
{
    bool ok = true;

    for (size_t r = 0, t = 0; ok && r < rows.count && t < there.count;) {
        const int differ = compare_headers(&rows.at[r], &there.at[t]);
        const size_t n = count_by(compare_headers, &rows.at[r], rows.count - r);
        const size_t uids = count_by(compare_headers, &there.at[t], there.count - t);

        if (!rows.at[r].has_header || !there.at[t].has_header) /* those without one stand last */
            break;
        if (differ == 0)
            ok = join_equal(again, (struct dates){&rows.at[r], n}, (struct dates){&there.at[t], uids});
        r += differ <= 0 ? n : 0;
        t += differ >= 0 ? uids : 0;
    }
    return ok;
}

/* Rows without a header, where size and date leave nothing to choose. */
static bool
join_rest(struct again *again, struct dates rows, struct dates there)
{
    size_t lost = 0, uids = 0, removals = 0;
    bool others = false, unread = false, ok = true;

    for (size_t i = 0; i < rows.count; i++) {
        const struct dated *row = &rows.at[i];
        const bool one = !row->other && !row->has_header;

        others = others || row->other;
        if (row->other && !row->has_header)
            return true;
        lost += one;
        removals += one && row->removal;
    }
    for (size_t i = 0; i < there.count; i++) {
        uids += !there.at[i].taken;
        unread = unread || (!there.at[i].taken && !there.at[i].has_header);
    }
    if (rows.at[0].size == 0 || (others && unread) || (removals > 0 ? lost != 1 || uids != 1 : uids > lost))
        return true;
    for (size_t r = 0, t = 0; ok && r < rows.count && t < there.count;) {
        if (rows.at[r].other || rows.at[r].has_header)
            r++;
        else if (there.at[t].taken)
            t++;
        else
            ok = join(again, &rows.at[r++], &there.at[t++]);
    }
    return ok;
}

/* One that can't be read may be any that is still looked for: neither is fetched or forgotten in this run. */
static bool
hold(struct again *again, struct dates rows, struct dates there)
{
    struct run *run = again->run;
    bool any = false, ok = true;

    for (size_t i = 0; ok && i < rows.count; i++) {
        if (rows.at[i].other || rows.at[i].taken)
            continue;
        any = true;
        ok = reading_delay_file(run, rows.at[i].id);
    }
    for (size_t i = 0; ok && any && i < there.count; i++)
        ok = !there.at[i].doubt || unread_hold(run, &run->mailboxes[again->index], there.at[i].id,
                                               "the server does not show its header: whether it is what is to stay "
                                               "there alone is not known");
    if (any)
        reading_begin(run);
    return ok;
}

static bool
join_dated(struct again *again, struct dates rows, struct dates there)
{
    bool doubt = false;

    if (!join_headers(again, rows, there))
        return false;
    for (size_t i = 0; i < there.count; i++)
        doubt = doubt || (there.at[i].doubt && !there.at[i].taken);
    return doubt ? hold(again, rows, there) : join_rest(again, rows, there);
}

static bool
join_all(struct again *again)
{
    const struct dates *rows = &again->rows, *there = &again->there;
    bool ok = true;

    for (size_t r = 0, t = 0; ok && r < rows->count && t < there->count;) {
        const int differ = compare_by(&rows->at[r], &there->at[t]);
        const size_t n = count_by(compare_by, &rows->at[r], rows->count - r);
        const size_t uids = count_by(compare_by, &there->at[t], there->count - t);

        if (differ == 0)
            ok = join_dated(again, (struct dates){&rows->at[r], n}, (struct dates){&there->at[t], uids});
        r += differ <= 0 ? n : 0;
        t += differ >= 0 ? uids : 0;
    }
    return ok;
}

bool
dated_again_join(struct run *run, uint32_t index, bool removals)
{
    struct again again = {.run = run, .index = index, .removals = removals};
    bool ok;

    again.message = arena_array(&again.arena, 2, sizeof *again.message);
    if (!run_has(run, &again.arena))
        return false;
    again.now = again.message + 1;
    ok = gather_rows(&again);
    if (ok && again.rows.count > 0)
        ok = gather(&again, WHICH_UID_ALONE, OF_THERE, &again.there) && read_headers(&again);
    if (ok) {
        sort(&again.there);
        ok = join_all(&again);
    }
    arena_free(&again.arena);
    return ok;
}
