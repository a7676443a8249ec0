/*
 * What `keep` says about mail that was stored in an earlier session.
 *
 * A row is due when it was stored long enough ago under the `keep` of today. If it is due under the `keep` in force when it was stored,
 * too, it goes; else `keep` was tightened since, and the removal is held until the user says so (import/held.c). Days are counted ones.
 *
 * Its file is here, or it was missed for so long that the user has surely removed it: until then it waits. What its message is on the
 * server is proven: TOP n 0 must give a header that is kin of the stored one, and where the row rests on less than its bytes they are read
 * again (import/proof.c). Another one is another message under a UIDL that is used again: the row is absent, the message new mail. What is
 * proven may be removed (LISTED_REMOVABLE); import/remove.c sends DELE for that and for nothing else.
 */
#include "sync/base/ids.h"
#include "sync/import/beside.h"
#include "sync/import/held.h"
#include "sync/import/intact.h"
#include "sync/import/phases.h"
#include "sync/import/proof.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/step.h"
#include "sync/import/verdict.h"

#include <assert.h>
#include <inttypes.h>

struct keeping {
    struct import *import;
    int64_t *due; /* ids, ascending */
    size_t due_count;
    int64_t *judged; /* ids of what is to be held */
    size_t judged_count, judged_size;
    struct journal_pop rows[LIMIT_BATCH]; /* to be proven; lines beside them */
    struct journal_listed lines[LIMIT_BATCH];
    uint32_t numbers[LIMIT_BATCH];
    size_t count, answered;
    struct journal_pop bodies[LIMIT_BATCH]; /* whose body must be read, too */
    uint32_t body_numbers[LIMIT_BATCH];
    size_t body_count;
    uint64_t unproven;           /* due, there is no TOP, and what came of it is not known */
    uint64_t whole, whole_bytes; /* read whole in this session */
    uint64_t later;              /* to be read whole, and too much for one session */
    uint64_t waiting;            /* due, and missed here not long enough */
    uint64_t unseen;             /* due, and in a Maildir that the configuration does not have any more */
    uint64_t repeated;           /* due, and another one has its UIDL */
    uint64_t twins;              /* due, and one that may be equal could not be read yet */
    uint64_t doubtful;           /* due, and perhaps not here, or not whole */
    bool reused;                 /* a UIDL means another message than its row */
    bool anew;                   /* so all were decided anew */
    struct id_set behind;        /* to be read whole, and an earlier reading was in vain: behind all others ... */
    bool last;                   /* ... it is their turn */
};

static bool
is_due(const struct keeping *keeping, int64_t id)
{
    return ids_have(keeping->due, keeping->due_count, id);
}

/* ---- proof ---- */

/* What max-size keeps from being fetched is not read, either, unless as much was fetched under a larger one. */
static bool
is_too_large(const struct import *import, const struct journal_pop *row, uint64_t listed)
{
    const uint64_t most = import->account->import.max_size;

    return most != 0 && listed > most && row->size <= most;
}

static bool
refuse_to_read(struct import *import, struct journal_pop *row, uint32_t number, uint64_t listed)
{
    char why[sizeof row->why];

    (void)text_print(why, sizeof why, "larger than max-size: %" PRIu64 " bytes", listed);
    row->facts &= ~(unsigned)POP_UNSURE; /* nobody knows yet */
    import_refused(import, "read, before it is removed,", number, row->uidl, why,
                   "It stays on the server; a larger max-size lets it be read.");
    return import_remember_why(import, row, why);
}

/*
 * As much as a batch is read whole in one session: where LIST tells no sizes any more, or the server has no TOP, all that is due would be, at once.
 * What costs nothing else costs nobody his mail.
 */
static bool
is_for_later(struct keeping *keeping, const struct journal_pop *row)
{
    const uint64_t bytes = row->size; /* LIST may say anything */

    if (keeping->whole > 0 &&
        (keeping->whole == LIMIT_BATCH || keeping->whole_bytes + bytes > (uint64_t)LIMIT_BATCH_BYTES)) {
        keeping->later++;
        return true;
    }
    return false;
}

static bool
read_body(struct keeping *keeping, struct journal_pop *row, uint32_t number)
{
    const uint64_t listed = import_listed_size(keeping->import, number);

    if (is_too_large(keeping->import, row, listed))
        return refuse_to_read(keeping->import, row, number, listed);
    assert(keeping->body_count < LIMIT_BATCH);
    keeping->whole++;
    keeping->whole_bytes += row->size;
    keeping->bodies[keeping->body_count] = *row;
    keeping->body_numbers[keeping->body_count++] = number;
    return true;
}

/*
 * Whatever its header is: it rests on less than its bytes; or LIST told a size of it and does so no more, and another message of that very header
 * may have its name by now.
 */
static bool
rests_on_less(const struct import *import, const struct journal_pop *row, uint32_t number)
{
    const bool untold = row->listed != 0 && row->has_body && import_listed_size(import, number) == 0;

    return (row->facts & (POP_CONFIRM | POP_FEWER | POP_CUT)) != 0 || untold;
}

static bool
needs_body(const struct import *import, const struct journal_pop *row, uint32_t number)
{
    return rests_on_less(import, row, number) ||
           (((row->facts & POP_NAMELESS) != 0 || (!import->info.top && import->may_fetch)) && row->has_body);
}

/* @param seen  its header; one that names nothing may be that of many messages: the body says which one it is */
static bool
take_proven(struct keeping *keeping, struct journal_pop *row, const struct seen *seen, uint32_t number)
{
    const bool named = seen->kin.names || !row->has_body;
    const bool enough = !rests_on_less(keeping->import, row, number) && named;
    bool intact;

    if (!enough && is_for_later(keeping, row))
        return true;
    if (!import_is_intact(keeping->import, row, &intact))
        return false;
    if (!intact)
        return true;
    if (enough)
        return journal_listing_allow_removal(keeping->import->journal, number, &keeping->import->err);
    return read_body(keeping, row, number);
}

/* Its bytes may not be all of it, or not its bytes: it is not removed, and named for as long as it would have to be. */
static bool
stays_there(struct keeping *keeping, struct journal_pop *row)
{
    struct import *import = keeping->import;

    import_left_undone(import, "mail that is due stays on the server: nothing proves that all of it is here");
    import->counts.pending++;
    keeping->doubtful++;
    if ((row->facts & POP_UNSURE) != 0 || proof_is_doubted(row)) /* its row says why */
        return true;
    return import_remember_why(import, row,
                               row->facts & POP_CUT
                                   ? "the server's answer to it did not end where it should, twice: it stays there"
                                   : "fewer bytes came than the server lists, twice: it stays there");
}

/* A server that answered once with another header answers as it should: the next run removes it, as any that is due. */
static bool
end_doubt(struct keeping *keeping, struct journal_pop *row, const struct seen *seen)
{
    row->facts &= ~(unsigned)POP_UNSURE;
    row->why[0] = '\0';
    (void)import_learn_header(row, seen);
    return import_save(keeping->import, row);
}

static bool
on_proof(void *context, uint32_t number, const struct seen *seen, const char *words)
{
    struct keeping *keeping = context;
    struct import *import = keeping->import;
    const struct journal_listed *line;
    struct journal_pop *row;

    while (keeping->answered < keeping->count && keeping->numbers[keeping->answered] != number)
        keeping->answered++;
    if (keeping->answered == keeping->count) /* not asked for */
        return true;
    line = &keeping->lines[keeping->answered];
    row = &keeping->rows[keeping->answered++];
    if (seen == NULL) {
        import_refused(import, "read, before it is removed, the header of", number, row->uidl, words,
                       "It stays on the server and is tried again with the next run.");
        return import_remember_why(import, row, words);
    }
    switch (import_verdict(row, seen, line->size)) {
    case VERDICT_SAME:
        if ((row->facts & POP_UNSURE) != 0)
            return end_doubt(keeping, row, seen);
        /* Once it is removed it is known again by its very header. */
        return (!import_learn_header(row, seen) || import_save(import, row)) && take_proven(keeping, row, seen, number);
    case VERDICT_ANOTHER: /* of all names at once, before any row is parted from its message */
        keeping->reused = true;
        return !keeping->anew || import_bury_reused(import, row, number, seen);
    case VERDICT_UNPROVEN:
        break;
    }
    if ((row->facts & POP_UNSURE) != 0) /* still */
        return stays_there(keeping, row);
    if (import_body_tells(row, seen)) {
        if (is_for_later(keeping, row))
            return true;
        row->facts |= POP_UNSURE; /* not saved: its bytes decide */
        return read_body(keeping, row, number);
    }
    import_note_unsure(import, row);
    import_name_unsure(import, number, row);
    return import_save(import, row);
}

/* There is no TOP: all of it is read. */
static bool
read_whole(struct keeping *keeping, struct journal_pop *row, uint32_t number)
{
    bool intact, anothers;

    if (!row->has_body || !keeping->import->may_fetch) {
        keeping->unproven++;
        return true;
    }
    if (is_for_later(keeping, row))
        return true;
    if (!import_is_intact(keeping->import, row, &intact))
        return false;
    if (!intact)
        return true;
    if (!proof_is_anothers(keeping->import, row, number, &anothers))
        return false;
    if (anothers) { /* for good: the other one may be gone by the next run */
        row->facts |= POP_UNSURE;
        (void)text_print(row->why, sizeof row->why,
                         "as many bytes came as the server lists of another message: it stays there");
        return import_save(keeping->import, row) && stays_there(keeping, row);
    }
    return read_body(keeping, row, number);
}

static bool
prove(struct keeping *keeping)
{
    struct import *import = keeping->import;
    bool ok;

    keeping->answered = 0;
    ok = import_top(import, keeping->numbers, keeping->count, on_proof, keeping);
    for (size_t i = 0; ok && !import->info.top && i < keeping->count; i++)
        ok = read_whole(keeping, &keeping->rows[i], keeping->numbers[i]);
    keeping->count = 0;
    ok = ok && proof_bodies(import, keeping->body_numbers, keeping->bodies, keeping->body_count);
    keeping->body_count = 0;
    return ok;
}

/* ---- one by one ---- */

static bool
judge(struct keeping *keeping, const struct journal_pop *row)
{
    if (!array_grow(&keeping->judged, &keeping->judged_size, keeping->judged_count + 1, sizeof *keeping->judged))
        return import_no_memory(keeping->import);
    keeping->judged[keeping->judged_count++] = row->id;
    return true;
}

/* Its file is missed here, and not for as long as it takes to tell a removal from an accident. */
static bool
must_wait(const struct import *import, const struct journal_pop *row)
{
    const int days = import->account->policy.quarantine_days;

    return row->missed != 0 && days > 0 && row->missed >= age_bound(&import->age.now, days);
}

/* The rule that held it is gone, or does not ask yet. */
static bool
end_hold(struct import *import, struct journal_pop *row)
{
    if (row->hold[0] == '\0')
        return true;
    row->hold[0] = '\0';
    return import_save(import, row);
}

/* Whatever becomes of it in this run: no word is awaited for longer than a rule asks for it. */
static bool
end_needless_hold(struct import *import, struct journal_pop *row)
{
    const bool asked = held_by_keep(import, row) || held_by_number(import, row);

    return (asked && !held_was_rejected(import, row)) || end_hold(import, row);
}

/* While another has its name it is not removed; what is held stays on a list, though. */
static bool
decide_repeated(struct keeping *keeping, struct journal_pop *row)
{
    struct import *import = keeping->import;

    if (row->hold[0] != '\0')
        return judge(keeping, row);
    keeping->repeated++;
    return import_remember_why(import, row, "the server gives several messages this UIDL: none of them is removed");
}

/* By its header in this session already (import/match.c). */
static bool
take_matched(struct keeping *keeping, struct journal_pop *row, uint32_t number)
{
    struct import *import = keeping->import;
    struct journal_pop header;
    struct seen seen;
    bool found;

    if (!journal_listing_top_of(import->journal, number, &header, &found, &import->err))
        return false;
    seen_of_row(found ? &header : row, &seen);
    /* Each of those whose header is asked for may turn out to need its body, too. */
    return take_proven(keeping, row, &seen, number) &&
           (keeping->count + keeping->body_count < LIMIT_BATCH || prove(keeping));
}

/* What could not be proven in an earlier run comes behind all others: it would fill each session, and none of those would have its turn. */
static bool
may_be_read(struct keeping *keeping, struct journal_pop *row, const struct journal_listed *listed, bool *may)
{
    struct import *import = keeping->import;

    *may = false;
    if (is_too_large(import, row, listed->size))
        return refuse_to_read(import, row, listed->number, listed->size);
    if (row->why[0] != '\0' && !keeping->last)
        return id_set_add(&keeping->behind, row->id) || import_no_memory(import);
    *may = !is_for_later(keeping, row);
    return true;
}

/* What is doubted (proof_is_doubted) is so still after another reading like the first: one a day is enough. */
static bool
is_for_today(struct import *import, const struct journal_pop *row, bool *today)
{
    *today = true;
    return !proof_is_doubted(row) || import_parts_are_due(import, today);
}

/* The row is loaded already. */
static bool
ask_for_header(struct keeping *keeping, const struct journal_listed *listed)
{
    keeping->lines[keeping->count] = *listed;
    keeping->numbers[keeping->count++] = listed->number;
    return keeping->count + keeping->body_count < LIMIT_BATCH || prove(keeping);
}

static bool
decide(struct keeping *keeping, const struct journal_listed *listed)
{
    struct import *import = keeping->import;
    struct journal_pop *row = &keeping->rows[keeping->count];
    bool twin = false, allowed, today, read = true;

    if (!import->may_remove || !is_due(keeping, listed->row) || id_set_has(&import->compared, listed->row))
        return true;
    if (keeping->last && !id_set_has(&keeping->behind, listed->row))
        return true;
    if (!import_load(import, listed->row, row))
        return false;
    if (!end_needless_hold(import, row))
        return false;
    if (held_was_rejected(import, row))
        return true;
    if (listed->repeated)
        return decide_repeated(keeping, row);
    if (!beside_allows(import, row, &allowed) || !is_for_today(import, row, &today))
        return false;
    if (!allowed)
        return true;
    if ((row->facts & POP_SHORT) != 0 || !today ||
        ((row->facts & POP_UNSURE) != 0 && (!import->info.top || proof_has_no_end(row))))
        return stays_there(keeping, row);
    if ((row->facts & POP_UNSURE) != 0)
        return ask_for_header(keeping, listed);
    if (held_by_keep(import, row))
        return judge(keeping, row);
    if (import->handover != NULL && row->base[0] != '\0') { /* it went into a Maildir, where nobody looks now */
        keeping->unseen++;
        return end_hold(import, row);
    }
    if (must_wait(import, row)) {
        keeping->waiting++;
        return end_hold(import, row);
    }
    if (held_by_number(import, row))
        return judge(keeping, row);
    /* Of two that are equal the one may have come under the other's name: while that is not read, its twin is the only copy there. */
    if (row->has_header &&
        !journal_listing_has_unread_twin(import->journal, row->header, row->listed, &twin, &import->err))
        return false;
    if (twin) {
        keeping->twins++;
        return true;
    }
    if (needs_body(import, row, listed->number) && !may_be_read(keeping, row, listed, &read))
        return false;
    if (!read)
        return true;
    if (listed->proven)
        return take_matched(keeping, row, listed->number);
    return ask_for_header(keeping, listed);
}

static void
say_what_waits(const struct keeping *keeping)
{
    struct import *import = keeping->import;
    uint64_t count = keeping->unproven;

    if (keeping->waiting > 0)
        report_note(import->report, import->account->name,
                    "%" PRIu64
                    " messages are due to be removed from the server and wait: their files were missed here for "
                    "less than %d days",
                    keeping->waiting, import->account->policy.quarantine_days);
    if (keeping->later > 0)
        report_note(import->report, import->account->name,
                    "%" PRIu64
                    " messages are due to be removed from the server: they are read whole before that, by the next "
                    "runs",
                    keeping->later);
    if (keeping->unseen > 0)
        import_say(import, "keep",
                   "%" PRIu64
                   " message%s due to be removed from the server and stay%s there: delivered into a Maildir, "
                   "where with deliver-command nobody looks",
                   keeping->unseen, keeping->unseen == 1 ? " is" : "s are", keeping->unseen == 1 ? "s" : "");
    if (keeping->twins > 0)
        report_note(import->report, import->account->name,
                    "%" PRIu64
                    " messages are due to be removed from the server and wait until others there that may be "
                    "equal to them can be read",
                    keeping->twins);
    if (keeping->repeated > 0)
        import_say(import, "keep",
                   "%" PRIu64 " message%s due to be removed from the server and stay%s there: the server gives several "
                   "messages one UIDL",
                   keeping->repeated, keeping->repeated == 1 ? " is" : "s are", keeping->repeated == 1 ? "s" : "");
    if (keeping->doubtful > 0)
        import_say(import, "keep",
                   "%" PRIu64 " message%s due to be removed from the server and stay%s there: nothing proves that "
                   "all of %s is here. `golub status` says why",
                   keeping->doubtful, keeping->doubtful == 1 ? " is" : "s are", keeping->doubtful == 1 ? "s" : "",
                   keeping->doubtful == 1 ? "it" : "each of them");
    if (count == 0)
        return;
    import->counts.pending += count;
    import_left_undone(import, "the server has no TOP: mail that is due stays there");
    import_say(import, "keep",
               "%" PRIu64
               " message%s due to be removed from the server and stay%s there: the server has no TOP, so nothing "
               "proves what they are",
               count, count == 1 ? " is" : "s are", count == 1 ? "s" : "");
}

static bool
look_at_lines(struct keeping *keeping)
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
    return prove(keeping);
}

static bool
look_at_all(struct keeping *keeping)
{
    id_set_free(&keeping->behind);
    keeping->last = false;
    if (!look_at_lines(keeping))
        return false;
    keeping->last = true;
    return keeping->behind.size == 0 || look_at_lines(keeping);
}

static bool
decide_all(struct keeping *keeping)
{
    struct import *import = keeping->import;

    if (!look_at_all(keeping))
        return false;
    if (keeping->reused) { /* names that moved on: with all headers it shows whose they are now */
        keeping->anew = true;
        keeping->judged_count = 0;
        keeping->unproven = keeping->waiting = keeping->unseen = keeping->later = 0;
        keeping->repeated = keeping->twins = keeping->doubtful = 0;
        keeping->whole = keeping->whole_bytes = 0;
        if (!import_match_anew(import) || !look_at_all(keeping))
            return false;
    }
    if (!import->may_remove) /* an account beside stands in the way of all of them */
        return true;
    if (!held_hold(import, keeping->judged, keeping->judged_count))
        return false;
    say_what_waits(keeping);
    return true;
}

bool
import_keep(struct import *import)
{
    struct keeping *keeping;
    int days = import->account->import.keep_days;
    bool ok;

    if (!import_learn_headers(import))
        return false;
    if (!import->may_remove)
        return true;
    keeping = calloc(1, sizeof *keeping);
    if (keeping == NULL)
        return import_no_memory(import);
    keeping->import = import;
    ok = (days < 0 || journal_pop_due(import->journal, days, days == 0 ? INT64_MAX : import->age.now.counted,
                                      &keeping->due, &keeping->due_count, &import->err)) &&
         import_loosen(import, keeping->due, keeping->due_count) && held_release(import);
    if (ok && import->identity == BY_UIDL && keeping->due_count > 0)
        ok = decide_all(keeping);
    if (ok && import->identity != BY_UIDL && days >= 0 && import->messages > 0)
        import_say(import, "keep", "the server has no UIDL: nothing is removed from it");
    free(keeping->due);
    free(keeping->judged);
    id_set_free(&keeping->behind);
    free(keeping);
    return ok;
}
