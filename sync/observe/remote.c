/*
 * What the server shows, written into the journal together with the cursor that says how far that is: a difference that was seen
 * stays as a dirty row until it is carried out, so nothing is ever asked for twice and nothing seen is lost.
 *
 * A mailbox is asked for its changes (QRESYNC, CONDSTORE) or for everything. Afterwards the rows that are there must be as many
 * as the server says; if they are not, everything is asked for, once. A UIDVALIDITY that changed, a UIDNEXT that went back, a
 * known UID that is another message: the mailbox is unpaired and paired again by content (repair.h), and nothing is removed.
 */
#include "sync/base/id_set.h"
#include "sync/observe/gone.h"
#include "sync/observe/keywords_there.h"
#include "sync/observe/observe.h"
#include "sync/observe/renamed_there.h"
#include "sync/observe/repair.h"
#include "sync/observe/said_uid.h"
#include "sync/observe/told.h"
#include "sync/observe/uneven.h"
#include "sync/observe/view.h"
#include "sync/rows/listed.h"
#include "sync/rows/missing.h"
#include "sync/rules/merge.h"
#include "sync/run/attempts.h"
#include "sync/run/attempts_bare.h"
#include "sync/run/lookup.h"

#include <inttypes.h>

#define LOOKS 3    /* at one mailbox: the first one may be at its changes alone */
#define CHECKED 16 /* known messages that are compared with each look: a twin may stand where the last one stood */

static bool
note_seen(struct run *run, struct sight *sight, int64_t id)
{
    sight->listed += !id_set_has(&sight->seen, id);
    return id_set_add(&sight->seen, id) || run_no_memory(run);
}

static bool
on_selected(void *context, size_t index, const struct remote_selected *selected)
{
    struct observation *observation = context;
    struct run *run = observation->run;
    struct sight *sight = &observation->sights[index];
    struct journal_mailbox *row = &sight->mailbox->row;

    sight->selected = *selected;
    sight->started = true;
    if (selected->not_sticky && !sight->mailbox->said_sticky)
        report_mailbox(
            run->report, run->account->name, row->name, "uids",
            "its UIDs do not last (UIDNOTSTICKY): messages are found again by content, and none is removed there");
    sight->mailbox->said_sticky |= selected->not_sticky;
    sight->other = renamed_there_since(run, sight->mailbox, selected);
    if (sight->other)
        return true;
    if (row->uidvalidity != 0 && selected->uidvalidity != row->uidvalidity) {
        /*
         * UIDVALIDITY only grows (RFC 9051 section 2.3.1.1): a smaller one comes out of a backup, and so may the other
         * mailboxes.
         */
        return repair_begin(run, sight,
                            selected->uidvalidity < row->uidvalidity &&
                                !renamed_there_was(run, sight->mailbox, selected->uidvalidity),
                            "its UIDVALIDITY changed: both sides are paired again by content, nothing is deleted");
    }
    if (!repair_is_ahead(run, sight, &observation->said, &sight->ahead))
        return false;
    if (selected->uidnext != 0 && selected->uidnext < row->uidnext)
        return repair_begin(run, sight, true, REPAIR_WENT_BACK);
    if (row->modseq != 0 && selected->modseq != 0 && selected->modseq < told_to(sight->mailbox))
        return repair_doubt(run, sight);
    /*
     * Another mailbox showed that the server went back, and its sizes can't be trusted. A date alone does not prove
     * that a UID is still the same message.
     */
    if (run->no_deltas && run->sizes_lie && row->uidvalidity != 0 && !run_learned(sight->mailbox, CAUTION_REPAIRED))
        return repair_begin(run, sight, true, REPAIR_WENT_BACK);
    if (!keywords_there_selected(run, sight->mailbox, selected))
        return false;
    sight->mailbox->writable = !selected->read_only && !run->dry; /* EXAMINE does not tell */
    row->uidvalidity = selected->uidvalidity;
    row->permanent = selected->permanent;
    return true;
}

static bool
on_vanished(void *context, size_t index, uint32_t first, uint32_t last)
{
    struct observation *observation = context;
    struct run *run = observation->run;
    struct sight *sight = &observation->sights[index];
    int64_t *ids;
    size_t count;

    if (sight->other || sight->again_full)
        return true;
    if (!journal_ids_by_uids(run->journal, sight->mailbox->row.id, first, last, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!gone_set(observation, sight, ids[i])) {
            free(ids);
            return false;
        }
    }
    free(ids);
    return true;
}

static bool
note_gmail(struct run *run, const struct sight *sight, const struct remote_message *seen)
{
    return seen->gmail == 0 ||
           journal_gmail_set(run->journal, sight->mailbox->row.id, seen->uid, seen->gmail, &run->err);
}

static bool
add_unknown(struct run *run, struct sight *sight, const struct remote_message *seen)
{
    struct journal_message *message;
    bool ok;

    sight->slid += seen->uid < sight->mailbox->row.uidnext;
    (void)keywords_there_cut(run, sight->mailbox, seen);
    if (sight->request.bare)
        attempts_search_from(run, sight->mailbox, seen->uid);
    if (!seen->has_flags || (!seen->has_meta && !sight->request.full)) {
        /*
         * New mail comes with size and date; where it does not, a listing of everything takes it as it is: passed over,
         * it might stand for one that is gone, and the count would be right. An unknown UID below the cursor means that
         * rows are missing in the journal: everything is listed.
         */
        if (seen->has_flags || seen->uid < sight->request.uidnext || sight->request.uidnext == 0)
            sight->again_full = true;
        return true;
    }
    message = calloc(1, sizeof *message);
    if (message == NULL)
        return run_no_memory(run);
    message->mailbox = sight->mailbox->row.id;
    message->uid = seen->uid;
    message->size = seen->size;
    message->date = seen->date;
    message->flags.rseen = seen->flags;
    merge_keywords(message->keywords, seen->keywords);
    ok = journal_message_save(run->journal, message, &run->err) && note_seen(run, sight, message->id) &&
         note_gmail(run, sight, seen);
    free(message);
    return ok;
}

/* @param first  it was brought there, and is seen for the first time */
static bool
take_flags(struct run *run, struct journal_message *message, const struct remote_message *seen, bool first)
{
    if ((message->facts & FACT_GONE_HERE) != 0)
        message->flags = merge_survivor(message->flags, seen->flags, false);
    message->flags.rseen = seen->flags;
    return keywords_there_take(run, message, seen->keywords, first);
}

static void
note_uid(struct sight *sight, const struct remote_message *seen)
{
    sight->ahead = sight->ahead && seen->uid != sight->request.check_uid;
    sight->top = seen->uid > sight->top ? seen->uid : sight->top;
    if (seen->has_flags) {
        sight->view.arrived += seen->uid >= sight->mailbox->row.uidnext;
        if (sight->view.lowest == 0 || seen->uid < sight->view.lowest)
            sight->view.lowest = seen->uid;
    }
}

/*
 * Is it the message of its row? That which was sent need not have the size that the server says: some count wrongly. *other: it is not, and what is to be
 * done about that is done.
 */
static bool
compare(struct observation *observation, struct sight *sight, const struct journal_op *op,
        struct journal_message *message, const struct remote_message *seen, bool *other)
{
    struct run *run = observation->run;

    *other = false;
    if ((message->facts & FACT_ECHO) != 0) {
        if (sight->request.sizeless)
            message->size = 0;
        if (sight->request.bare)
            attempts_search_from(run, sight->mailbox, seen->uid);
        return said_uid_echo(run, &sight->said, message, seen);
    }
    if (!seen->has_meta)
        return true;
    if (remote_is_other(seen, message->size, message->date) && op != NULL) {
        sight->lied = *other = true;
        return said_uid_lose(run, &observation->said, message) && add_unknown(run, sight, seen);
    }
    if (!remote_is_other(seen, message->size, message->date)) {
        gone_note_same(run, sight, message, seen);
    } else if (!listed_anew(message, seen)) {
        *other = true;
        return repair_begin(run, sight, true, REPAIR_IS_ANOTHER);
    }
    if (message->size == 0 && seen->size != 0 && !said_uid_size(run, &observation->said, message, seen->size))
        return false;
    message->date = seen->date != 0 ? seen->date : message->date;
    return true;
}

/* It is the other mailbox's. What was sent under this name came to that one, and is not sent again: it is found there by its content. */
static bool
came_to_other(struct observation *observation, const struct journal_op *op, struct journal_message *message)
{
    struct run *run = observation->run;

    if (op == NULL && (message->facts & (FACT_ECHO | FACT_COPIED)) == 0)
        return true;
    return said_op_end(run, &observation->said, message->id) && missing_lost_uid(run, message);
}

static bool
on_message(void *context, size_t index, const struct remote_message *told)
{
    struct observation *observation = context;
    struct run *run = observation->run;
    struct sight *sight = &observation->sights[index];
    struct journal_message message, before;
    struct remote_message shown = *told;
    const struct remote_message *const seen = &shown;
    bool found, other;

    if (!sight->started || sight->again_full)
        return true;
    if (sight->selected.uidnext != 0 && seen->uid >= sight->selected.uidnext && seen->uid > sight->request.check_uid)
        return true; /* it arrived after the SELECT: the next look shows it */
    note_uid(sight, seen);
    if (!journal_message_by_uid(run->journal, sight->mailbox->row.id, seen->uid, &message, &found, &run->err))
        return false;
    const struct journal_op *const op = found ? said_op_of(&observation->said, message.id) : NULL;

    if (sight->other)
        return !found || came_to_other(observation, op, &message);
    if (!found)
        return add_unknown(run, sight, seen);
    if (!note_gmail(run, sight, seen))
        return false;
    if (seen->has_flags && (message.facts & FACT_ECHO) == 0 && message.id <= sight->mailbox->row.past &&
        message.uid > sight->shown)
        sight->shown = message.uid;
    before = message;
    if (keywords_there_cut(run, sight->mailbox, seen))
        shown.keywords = before.keywords;
    const bool first = op != NULL || (message.facts & (FACT_ECHO | FACT_COPIED)) != 0;

    if (!told_note(run, &sight->told, &before, seen, first))
        return false;
    if (seen->uid == sight->mailbox->other) {
        sight->mailbox->other = 0;
        return repair_begin(run, sight, true, REPAIR_IS_ANOTHER);
    }
    /* Has a file, and was never listed: it was sent, or moved there. */
    sight->view.ours += seen->has_flags && message.base[0] != '\0' && seen->uid >= sight->mailbox->row.uidnext;
    if (!copies_see(run, observation->copies, op, &message, seen))
        return false;
    if (!compare(observation, sight, op, &message, seen, &other))
        return false;
    if (other)
        return true;
    if (seen->has_flags && !take_flags(run, &message, seen, first))
        return false;
    missing_is_shown(&message);
    if (!note_seen(run, sight, message.id) || !said_uid_claim(run, &observation->said, &sight->claims, &message, seen))
        return false;
    return memcmp(&before, &message, sizeof before) == 0 || journal_message_save(run->journal, &message, &run->err);
}

static void
say_slid(struct run *run, const struct sight *sight)
{
    char text[120];

    if (sight->slid == 0)
        return;
    (void)text_print(text, sizeof text, "%" PRIu64 " older message%s came into the server's view", sight->slid,
                     sight->slid == 1 ? "" : "s");
    report_mailbox(run->report, run->account->name, run_called(sight->mailbox), "view", text);
}

/* A list that can't be believed is no refusal: what it may lack keeps removals waiting. */
static void
refuse_listing(struct run *run, struct sight *sight, bool believed, const char *answer)
{
    sight->again_full = false;
    if (believed || run_learned(sight->mailbox, CAUTION_REPAIRED))
        attempts_refused(run, sight->mailbox);
    else
        run_learn(run, sight->mailbox, CAUTION_UNLISTED);
    run_complain(run, sight->mailbox, "list the messages of this mailbox", answer,
                 sight->mailbox->undecided
                     ? "The next run asks again which mailbox is which. Where it has another name "
                       "there: rename its folder here as well."
                     : "The next run tries again.");
}

/*
 * Are the rows as many as the server counts? If not, everything is listed; where that does not add up either, it is
 * known as uneven. *settled: the cursors may advance.
 */
static bool
weigh(struct run *run, struct sight *sight, bool whole, const char *unread, bool *settled)
{
    struct journal_mailbox *row = &sight->mailbox->row;
    struct uneven_look look = {.exists = sight->selected.exists,
                               .listed = sight->listed,
                               .seen = &sight->seen,
                               .unread = unread,
                               .whole = sight->request.full};

    *settled = true;
    if (!journal_message_count(run->journal, row->id, WHICH_WITH_UID, &look.known, &run->err))
        return false;
    if (whole && !sight->selected.delta) {
        if (!uneven_end(run, sight->mailbox))
            return false;
        uneven_forget(row);
    }
    if (!whole &&
        (sight->request.full || (row->uneven == UNEVEN_KNOWN && uneven_adds_up(row, look.known, look.exists))))
        return uneven_learn(run, sight->mailbox, &look, settled);
    if (whole && uneven_adds_up(row, look.known, look.exists))
        return true;
    sight->again_full = true;
    if (sight->request.full)
        refuse_listing(run, sight, false, "the listing and the server's count do not agree");
    return true;
}

/*
 * The cursors stay. Where the journal does not know all that the Maildir was, a file without a row may be what is not listed, now and in the
 * next runs: it is as at a first meeting (uneven_may_hide).
 */
static void
see_a_part(struct run *run, struct sight *sight)
{
    struct journal_mailbox *row = &sight->mailbox->row;

    sight->mailbox->look_there = false;
    sight->mailbox->current = row->hidden == 0;
    told_end(run, sight->mailbox, &sight->told);
    if (run->pair_all && row->hidden != 0)
        row->uidnext = 0;
}

static void
see_all(struct run *run, struct sight *sight)
{
    struct journal_mailbox *row = &sight->mailbox->row;

    if (sight->selected.delta && sight->selected.modseq != row->modseq)
        uneven_note_changes(run, row);
    if (sight->request.bare) /* of a server that went back any UID may be another message */
        sight->mailbox->unchecked = row->past != 0 || run->went_back || run->no_deltas ? 1 : sight->request.check_from;
    row->uidnext = sight->selected.uidnext;
    row->modseq = sight->selected.modseq;
    sight->mailbox->ours_to = 0;
    row->messages = sight->selected.exists;
    row->permanent = sight->selected.permanent;
    row->past = sight->mailbox->unlisted ? row->past : 0; /* what the server lost is known only from a whole listing */
    sight->mailbox->look_there = false;
    sight->mailbox->current = true;
    told_end(run, sight->mailbox, &sight->told);
}

/* It is complete: what it showed holds, and the cursors may advance. */
static bool
take_listing(struct observation *observation, struct sight *sight)
{
    struct run *run = observation->run;
    const struct journal_mailbox *row = &sight->mailbox->row;

    if (sight->selected.uidnext == 0) { /* a server that does not say: after the highest that it showed */
        uint32_t highest;

        if (!journal_highest_uid(run->journal, row->id, &highest, &run->err))
            return false;
        sight->selected.uidnext = highest < UINT32_MAX ? highest + 1 : highest;
    }
    if (!said_uid_resolve(run, &sight->said) || !copies_looked(run, observation->copies, sight->mailbox))
        return false;
    say_slid(run, sight);
    /* Where no view explains it, the server was perhaps set back: a message that had gone is there again. */
    if (sight->slid != 0 && row->view == 0 && row->state != MAILBOX_REPAIR &&
        !run_learned(sight->mailbox, CAUTION_REPAIRED))
        run->shifted = true;
    gone_looked(sight);
    see_all(run, sight);
    attempts_listed(run, sight->mailbox);
    return true;
}

/* Names changed hands, and the answer to an APPEND would not tell that these did: nothing is done in them in this run. */
static void
doubt_alike(struct run *run, uint32_t uidvalidity)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->mailboxes[i].row.id != 0 && run->mailboxes[i].row.uidvalidity == uidvalidity)
            run_learn(run, &run->mailboxes[i], CAUTION_UNLISTED);
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct observation *observation = context;
    struct run *run = observation->run;
    struct sight *sight = &observation->sights[index];
    struct journal_mailbox *row = &sight->mailbox->row;
    bool whole, settled = false;

    if (sight->other) {
        doubt_alike(run, sight->selected.uidvalidity);
        refuse_listing(run, sight, false, "another mailbox has its name since the mailboxes were listed");
        return told_take_back(run, &sight->told);
    }
    if (!outcome->ok || !sight->started) {
        if (outcome->disturbed && sight->last && sight->started && !sight->again_full) {
            uneven_disturbed(run, sight->mailbox, outcome->answer);
            see_a_part(run, sight);
            return journal_mailbox_save(run->journal, row, &run->err);
        }
        sight->again_full = sight->again_full || outcome->changed ||
                            (!outcome->gone && sight->started && attempts_ask_less(run, sight->mailbox, sight->last));
        if (!sight->again_full)
            refuse_listing(run, sight, true, outcome->answer);
        (void)text_print(sight->why, sizeof sight->why, "%s", outcome->answer);
        return sight->again_full || told_take_back(run, &sight->told);
    }
    if (!sight->again_full && !said_uid_never_given(run, &observation->said, row->id, sight->selected.uidnext,
                                                    &sight->seen, &sight->ahead, &sight->lied))
        return false;
    if ((sight->ahead || repair_is_given_back(sight)) && !sight->again_full)
        return repair_begin(run, sight, true, REPAIR_WENT_BACK);
    if (outcome->shown != 0) {
        sight->selected.exists = outcome->shown;
        sight->partial = true;
        view_set(run, sight->mailbox, outcome->shown);
    }
    /* What an incomplete listing did not name is not gone, and in a view it may never be named again. */
    whole = sight->again_full || sight->selected.delta || sight->listed == sight->selected.exists;
    if (!sight->again_full && sight->shown > sight->same && !run_learned(sight->mailbox, CAUTION_REPAIRED))
        return repair_begin(run, sight, true, REPAIR_WENT_BACK);
    if (!sight->again_full && !uneven_take_back(run, sight->mailbox))
        return false;
    if (!sight->again_full && !sight->selected.delta && whole && !gone_sweep(observation, sight))
        return false;
    if (!sight->again_full &&
        (!weigh(run, sight, whole, outcome->answer, &settled) ||
         (!sight->again_full && !said_uid_judge(run, &observation->said, &sight->claims, row->id, sight->lied))))
        return false;
    sight->complete = settled && !sight->again_full && !mailbox_is_unsure(sight->mailbox->cautions);
    if (sight->complete) {
        if (!take_listing(observation, sight))
            return false;
    } else if (!sight->again_full && !settled) {
        see_a_part(run, sight);
    }
    return journal_mailbox_save(run->journal, row, &run->err);
}

static bool
fill_request(struct run *run, struct sight *sight, bool full)
{
    struct mailbox *mailbox = sight->mailbox;
    const struct journal_mailbox *row = &mailbox->row;

    id_set_free(&mailbox->lacked);
    const bool bare = attempts_bare(run, mailbox);

    mailbox->sizeless = mailbox->sizeless || bare || attempts_sizeless(run, mailbox);
    full = full || mailbox->sizeless;
    sight->request = (struct remote_select){
        .mailbox = text_of(row->wire),
        .uidvalidity = row->uidvalidity,
        .uidnext = full ? 0 : row->uidnext,
        .modseq = full ? 0 : told_to(mailbox),
        .full = full || row->uidnext == 0,
        .bare = bare,
        .sizeless = mailbox->sizeless,
    };
    return journal_highest_uid(run->journal, row->id, &sight->request.check_uid, &run->err) &&
           journal_nth_highest_uid(run->journal, row->id, CHECKED, &sight->request.check_from, &run->err);
}

/* Mailboxes are answered in no certain order, so this is decided after all of them. */
static bool
recall_limits(struct run *run, const struct sight *sights, size_t count)
{
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++)
        ok = !sights[i].complete || view_recall_limit(run, sights[i].mailbox, &sights[i].view);
    return ok;
}

static bool
ask(struct run *run, struct sight *sights, size_t count, struct copies *copies)
{
    static const struct remote_observer observer = {on_selected, on_vanished, on_message, on_done};
    struct observation observation = {.run = run, .sights = sights, .copies = copies};
    struct remote_select *requests = calloc(count, sizeof *requests);
    bool ok = requests != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < count; i++)
        requests[i] = sights[i].request;
    /*
     * One transaction: if the connection breaks, what was seen is committed, and the cursors stay as they were. But for flags of what no size has
     * told yet: they are told of again.
     */
    if (ok && run_begin(run)) {
        const bool answered =
            said_ops_load(run, &observation.said) &&
            run->remote.ops->observe(run->remote.self, requests, count, &observer, &observation, &run->err);
        const struct error why = run->err;

        ok = recall_limits(run, sights, count) && (!run->went_back || run->no_deltas || missing_doubt_past(run));
        for (size_t i = 0; ok && !answered && i < count; i++)
            ok = told_take_back(run, &sights[i].told);
        ok = run_end_answered(run, ok, answered, &why);
    } else {
        ok = false;
    }
    said_ops_free(&observation.said);
    free(requests);
    return ok;
}

bool
observe_remote(struct run *run)
{
    struct sight *sights = calloc(run->count != 0 ? run->count : 1, sizeof *sights);
    struct copies copies = {0};
    size_t count = 0;
    bool ok = sights != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        mailbox->look_there = mailbox->look_there && mailbox->listed &&
                              (run->look_everywhere ? mailbox_is_usable(mailbox) : mailbox_is_open(mailbox));
        if (!mailbox->look_there)
            continue;
        if (attempts_waits(run, mailbox, ATTEMPT_LOOK, 0)) {
            attempts_leave_out(run, mailbox);
            mailbox->look_there = false;
            continue;
        }
        run->proven = false;
        sights[count].mailbox = mailbox;
        /* What waits to be judged may be what is new: only a whole list tells what it lacks. */
        ok = fill_request(run, &sights[count++],
                          run->pair_all || mailbox->row.state == MAILBOX_REPAIR || mailbox->row.past || mailbox->full ||
                              uneven_is_due(run, &mailbox->row) || mailbox->row.unjudged != 0 ||
                              view_hides_changes(run, mailbox));
    }
    for (int round = 0; ok && count != 0 && round < LOOKS; round++) {
        size_t left = 0;

        for (size_t i = 0; i < count; i++)
            sights[i].last = round == LOOKS - 1;
        ok = ask(run, sights, count, &copies);
        for (size_t i = 0; i < count; i++) {
            struct sight before = sights[i];

            id_set_free(&sights[i].seen);
            sights[i].told = (struct told_flags){0};
            free(sights[i].said.list);
            free(sights[i].claims.list);
            sights[i].said = sights[i].claims = (struct said_uids){0};
            if (!before.again_full || !ok) {
                told_free(&before.told);
                continue;
            }
            sights[left] = (struct sight){.mailbox = before.mailbox, .told = before.told};
            memcpy(sights[left].why, before.why, sizeof before.why);
            ok = fill_request(run, &sights[left++], true);
        }
        for (size_t i = left; i < count; i++)
            sights[i] = (struct sight){0};
        count = left;
    }
    for (size_t i = 0; sights != NULL && i < count; i++)
        told_free(&sights[i].told);
    for (size_t i = 0; sights != NULL && ok && i < count; i++)
        refuse_listing(run, &sights[i], true,
                       sights[i].why[0] != '\0' ? sights[i].why : "it changes faster than it can be listed");
    free(sights);
    return copies_settle(run, &copies, ok);
}
