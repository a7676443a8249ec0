/*
 * What `keep` says about mail that was stored in an earlier session.
 *
 * A row is due when it was stored long enough ago under the `keep` of today. If it is due under the `keep` in force when it was stored,
 * too, it goes; else `keep` was tightened since, and the removal is held until the user says so. A held row is released by its list; what
 * came to the list since is judged anew.
 *
 * Before it goes it is proven: TOP n 0 must give the header digest that was stored. Another one is another message under a UIDL that is
 * used again: the row is forgotten and the message is new mail. What is proven is marked in the listing; import_remove.c sends DELE to
 * what is marked and to nothing else.
 */
#include "sync/import_private.h"

#include <inttypes.h>

#define DAY 86400
#define NO_TOP "the server has no TOP"
#define NO_HEADER "its header has no end"

struct keeping {
    struct import *import;
    int64_t *due; /* ids, ascending */
    size_t due_count;
    int64_t *judged; /* ids of what is to be held */
    size_t judged_count, judged_size;
    struct journal_pop rows[LIMIT_BATCH]; /* to be proven; numbers beside them */
    uint32_t numbers[LIMIT_BATCH];
    size_t count, answered;
    bool has_top;
    uint64_t unproven; /* due, and there is no TOP */
};

static int
compare_ids(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static bool
is_due(const struct keeping *keeping, int64_t id)
{
    return keeping->due_count > 0 &&
           bsearch(&id, keeping->due, keeping->due_count, sizeof *keeping->due, compare_ids) != NULL;
}

/* ---- a loosened keep ---- */

/* What is not due any more is neither held nor about to be removed. */
static bool
let_stay(struct keeping *keeping, const int64_t *ids, size_t count)
{
    struct import *import = keeping->import;
    struct journal_pop row;
    bool ok = true, begun = false;

    for (size_t i = 0; ok && i < count; i++) {
        if (is_due(keeping, ids[i]))
            continue;
        if (!begun && !journal_begin(import->journal, &import->err))
            return false;
        begun = true;
        ok = import_load(import, ids[i], &row);
        row.hold[0] = row.why[0] = '\0';
        if (ok && row.state == POP_REMOVING)
            row.state = POP_STORED;
        ok = ok && journal_pop_save(import->journal, &row, &import->err);
    }
    return !begun || import_end(import, ok);
}

static bool
loosen(struct keeping *keeping)
{
    struct import *import = keeping->import;
    int64_t *ids;
    size_t count;
    bool ok;

    if (!journal_pop_held(import->journal, &ids, &count, &import->err))
        return false;
    ok = let_stay(keeping, ids, count);
    free(ids);
    if (!ok || !journal_pop_ids(import->journal, POP_REMOVING, &ids, &count, &import->err))
        return false;
    ok = let_stay(keeping, ids, count);
    free(ids);
    return ok;
}

/* ---- the guard ---- */

/* The user gave his word for this removal. */
static bool
is_released(const struct import *import, const struct journal_pop *row)
{
    const char *list = import->options->confirm_id;

    return import->options->confirm && row->hold[0] != '\0' && (list == NULL || strcmp(row->hold, list) == 0);
}

static bool
is_judged(const struct import *import, const struct journal_pop *row)
{
    const struct policy *policy = &import->account->policy;

    if (row->keep_days >= 0 && row->since <= import->now - (int64_t)row->keep_days * DAY)
        return false;
    return policy->guard && policy->max_delete < 100;
}

/* A short name for this list of removals: the same list has the same name. */
static bool
name_list(struct keeping *keeping, char id[static 16])
{
    unsigned char digest[DIGEST_SIZE];
    char text[16];

    if (!digest_bytes(keeping->judged, keeping->judged_count * sizeof *keeping->judged, digest))
        return import_no_memory(keeping->import);
    digest_base32(digest, 5, text);
    (void)text_print(id, 16, "%.8s", text);
    return true;
}

static bool
hold_one(struct import *import, int64_t id, const char *list)
{
    struct journal_pop row;

    if (!import_load(import, id, &row))
        return false;
    report_held(import->report, import->account->name,
                &(struct report_held){.mailbox = import_mailbox(import),
                                      .file = row.base[0] != '\0' ? row.base : row.uidl,
                                      .id = list,
                                      .reason = "keep"});
    if (strcmp(row.hold, list) == 0)
        return true;
    (void)text_print(row.hold, sizeof row.hold, "%s", list);
    return journal_pop_save(import->journal, &row, &import->err);
}

static bool
hold(struct keeping *keeping)
{
    struct import *import = keeping->import;
    uint64_t all;
    char id[16];
    bool ok = true;

    if (keeping->judged_count == 0)
        return true;
    if (!name_list(keeping, id) || !journal_pop_count(import->journal, 0, &all, &import->err) ||
        !journal_begin(import->journal, &import->err))
        return false;
    for (size_t i = 0; ok && i < keeping->judged_count; i++)
        ok = hold_one(import, keeping->judged[i], id);
    if (!import_end(import, ok))
        return false;
    import->held = true;
    import->counts.held = keeping->judged_count;
    report_guard(import->report, import->account->name,
                 &(struct report_list){.id = id,
                                       .reason = "keep",
                                       .where = "the server, by a shorter `keep`",
                                       .count = keeping->judged_count,
                                       .of = all});
    return true;
}

/* The word is written down before anything rests on it: it holds for a next run, too, should this one not get there. */
static bool
release(struct keeping *keeping)
{
    struct import *import = keeping->import;
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool ok;

    if (!import->options->confirm)
        return true;
    if (!journal_pop_held(import->journal, &ids, &count, &import->err))
        return false;
    ok = journal_begin(import->journal, &import->err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = import_load(import, ids[i], &row);
        if (!ok || !is_released(import, &row))
            continue;
        row.keep_days = import->account->import.keep_days;
        row.hold[0] = '\0';
        ok = journal_pop_save(import->journal, &row, &import->err);
    }
    free(ids);
    return import_end(import, ok);
}

/* ---- proof ---- */

static bool
remember_why(struct import *import, struct journal_pop *row, const char *why)
{
    if (strcmp(row->why, why) == 0)
        return true;
    (void)text_print(row->why, sizeof row->why, "%s", why);
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_pop_save(import->journal, row, &import->err));
}

/* The UIDL was used again: what it names now never was here. */
static bool
forget_reused(struct import *import, const struct journal_pop *row, uint32_t number)
{
    report_note(import->report, import->account->name, "UIDL %s names another message now: it is new mail", row->uidl);
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_pop_delete(import->journal, row->id, &import->err)) &&
           journal_listing_want(import->journal, number, &import->err);
}

static bool
on_proof(void *context, uint32_t number, enum maildrop_outcome outcome, const unsigned char *header, const char *words)
{
    struct keeping *keeping = context;
    struct import *import = keeping->import;
    struct journal_pop *row;

    while (keeping->answered < keeping->count && keeping->numbers[keeping->answered] != number)
        keeping->answered++;
    if (keeping->answered == keeping->count) /* not asked for */
        return true;
    row = &keeping->rows[keeping->answered++];
    if (outcome != MAILDROP_DONE) {
        import_refused(import, "read, before it is removed, the header of", number, row->uidl, words,
                       "it stays on the server and is tried again with the next run");
        return remember_why(import, row, words);
    }
    if (memcmp(row->header, header, DIGEST_SIZE) != 0)
        return forget_reused(import, row, number);
    return journal_listing_mark(import->journal, number, &import->err);
}

static bool
prove(struct keeping *keeping)
{
    struct import *import = keeping->import;
    const struct maildrop *maildrop = &import->maildrop;
    bool ok = true;

    keeping->answered = 0;
    if (keeping->count > 0 && keeping->has_top)
        ok = maildrop->ops->headers(maildrop->self, keeping->numbers, keeping->count, on_proof, keeping,
                                    &keeping->has_top, &import->err);
    if (!keeping->has_top)
        keeping->unproven += keeping->count;
    keeping->count = 0;
    return ok;
}

/* ---- one by one ---- */

static bool
decide(struct keeping *keeping, const struct journal_listed *listed)
{
    struct import *import = keeping->import;
    struct journal_pop *row = &keeping->rows[keeping->count];

    if (!is_due(keeping, listed->row))
        return true;
    if (!import_load(import, listed->row, row))
        return false;
    if (is_judged(import, row)) {
        if (!array_grow(&keeping->judged, &keeping->judged_size, keeping->judged_count + 1, sizeof *keeping->judged))
            return import_no_memory(import);
        keeping->judged[keeping->judged_count++] = row->id;
        return true;
    }
    if (!row->has_header) {
        import->counts.pending++;
        import->partial = true;
        return remember_why(import, row, NO_HEADER ": nothing proves that it is the message that was fetched");
    }
    keeping->numbers[keeping->count++] = listed->number;
    return keeping->count < LIMIT_BATCH || prove(keeping);
}

static bool
decide_all(struct keeping *keeping)
{
    struct import *import = keeping->import;
    struct journal_listed page[64];
    uint32_t after = 0;
    size_t count = 64;

    while (count == 64) {
        if (import_stopped(import))
            return import_interrupted(import);
        if (!journal_listing_page(import->journal, LISTED_KNOWN, false, after, page, 64, &count, &import->err))
            return false;
        for (size_t i = 0; i < count; i++) {
            after = page[i].number;
            if (!decide(keeping, &page[i]))
                return false;
        }
    }
    if (!prove(keeping) || !hold(keeping))
        return false;
    if (keeping->unproven == 0)
        return true;
    import->counts.pending += keeping->unproven;
    import->partial = true;
    import_say(import, "keep",
               "%" PRIu64 " message%s due to be removed from the server and stay%s there: " NO_TOP
               ", so nothing proves what "
               "they are",
               keeping->unproven, keeping->unproven == 1 ? " is" : "s are", keeping->unproven == 1 ? "s" : "");
    return true;
}

bool
import_keep(struct import *import)
{
    struct keeping *keeping = calloc(1, sizeof *keeping);
    int days = import->account->import.keep_days;
    bool ok = keeping != NULL || import_no_memory(import);

    if (!ok || !import->may_remove)
        goto out;
    keeping->import = import;
    keeping->has_top = import->info.top;
    ok = (days < 0 ||
          journal_pop_due(import->journal, days, import->now, &keeping->due, &keeping->due_count, &import->err)) &&
         loosen(keeping) && release(keeping);
    if (!ok)
        goto out;
    if (import->identity == BY_UIDL && keeping->due_count > 0)
        ok = decide_all(keeping);
    if (import->identity != BY_UIDL && days >= 0 && import->messages > 0)
        import_say(import, "keep", "the server has no UIDL: nothing is removed from it");
out:
    if (keeping != NULL) {
        free(keeping->due);
        free(keeping->judged);
    }
    free(keeping);
    return ok;
}
