/*
 * Once for the account: what vanished in one place and appeared in another is one move, not a removal and a new message. Files are
 * told by the digest of their bytes; UIDs by header, size and date, and by their bytes where that is not enough.
 */
#include "sync/agenda/agenda.h"
#include "sync/agenda/apart.h"
#include "sync/agenda/both_gone.h"
#include "sync/agenda/candidates.h"
#include "sync/agenda/crossed.h"
#include "sync/agenda/gone_folder.h"
#include "sync/agenda/gone_mailbox.h"
#include "sync/agenda/join_move.h"
#include "sync/agenda/kin_moves.h"
#include "sync/agenda/kin_moves_there.h"
#include "sync/agenda/moved_since.h"
#include "sync/match/moved_bodies.h"
#include "sync/match/probe.h"
#include "sync/match/renamed.h"
#include "sync/rows/drafts.h"
#include "sync/rows/missing.h"
#include "sync/rows/readings.h"
#include "sync/rows/twin.h"
#include "sync/rules/merge.h"
#include "sync/run/attempts.h"

/*
 * No other file of the account has, or had, these bytes but the two that are to be one. What is on the server alone, perhaps the place that
 * it moved to, is nothing that a file here can have come from.
 */
static bool
find_only(struct run *run, const struct pair_item *item, bool *only)
{
    size_t files;
    const bool ok = twin_count_files(run, item->digest, &files);

    *only = ok && files == 2;
    return ok;
}

/*
 * A header is no proof where several messages have it, where it is one that many may have, in \Drafts, where date or size is another, or where the message
 * would be where it was: nobody moves it there, who puts it there anew may have changed its body.
 * Items as sorted by pair_match or pair_sort.
 */
static bool
is_ambiguous(const struct candidates *c, const struct pair_item *like)
{
    const struct pair_item *other = pair_find(c->gone, c->gone_count, like);

    if (pair_count(c->gone, c->gone_count, like, false) != 1 || pair_count(c->fresh, c->fresh_count, like, false) != 1)
        return true;
    return other->date != like->date || other->claimed != like->claimed || !other->telling || !like->telling ||
           candidates_todo(c, other)->mailbox == candidates_todo(c, like)->mailbox;
}

/* It has the date that was sent with it, which identifies it as well as a name would. */
static bool
is_what_was_sent(const struct todo *from, const struct todo *to, const struct pair_item *sent,
                 const struct pair_item *fresh)
{
    return from->mailbox != to->mailbox && to->step.verb == PLAN_DOWNLOAD && sent->date == fresh->date;
}

/*
 * What was sent and not answered: where it moved on there it is from here on what vanished. *goes: it did, and the file may follow. As long as
 * the list of its own mailbox does not add up, and nobody knows whether it ever arrived, both wait.
 */
static bool
take_sent(struct run *run, struct todo *from, struct todo *to, const struct pair_item *sent,
          const struct pair_item *fresh, bool *goes)
{
    const struct mailbox *mailbox = &run->mailboxes[from->mailbox];

    *goes = false;
    if (!is_what_was_sent(from, to, sent, fresh))
        return true;
    if (mailbox->row.uneven != 0 && run_is_unseen(mailbox)) {
        from->dropped = to->dropped = true;
        return true;
    }
    if (!run->account->policy.pull.deletes)
        return agenda_sent_vanished(run, from);
    from->fresh = false;
    from->step.verb = PLAN_REMOVE_HERE;
    *goes = true;
    return true;
}

/*
 * Its file is in another folder, and its UID was gone. What followed its file, and moved on, is followed in its turn. Else: what came there again
 * in its own mailbox was moved to no other place, it follows its file; what came to another mailbox was, and nothing tells which place is meant.
 */
static bool
take_moved_here(struct run *run, struct todo *from, struct todo *to)
{
    bool went;

    if (!agenda_move_went_on(run, from, &went))
        return false;
    if (went)
        return true;
    if (from->mailbox == to->mailbox)
        return renamed_join(run, from, to, false);
    from->moved_there = to->id;
    return true;
}

static bool
take_pair(struct run *run, struct todo *from, struct todo *to, const struct pair_item *gone,
          const struct pair_item *fresh, bool up)
{
    const bool here = from->mailbox == to->mailbox;
    bool goes = true, only = false;

    /* The server was restored: a message that is missing under a new UIDVALIDITY is more likely lost than moved. */
    if (run->restored && run->mailboxes[from->mailbox].renumbered && from->unpaired && !here)
        return true;
    if (from->unanswered && !take_sent(run, from, to, gone, fresh, &goes))
        return false;
    if (!goes)
        return true;
    if (from->waits && !here)
        return agenda_wait_for_answer(run, to);
    if (from->moved_here != 0)
        return take_moved_here(run, from, to);
    if (from->step.verb == PLAN_FORGET && !from->waits) {
        if (here && !find_only(run, gone, &only))
            return false;
        if (!only) { /* nothing tells which of several equal messages it was */
            from->elsewhere = from->unpaired ? to->id : 0;
            return true;
        }
    }
    /* Paired with all others of its mailbox, and their flags, when that is open. */
    if (here && from->unpaired && !up) {
        from->dropped = to->dropped = true;
        return true;
    }
    return here ? renamed_join(run, from, to, up) : join_move(run, from, to, up);
}

static bool
take_pairs(struct run *run, struct candidates *c, enum role gone_role, bool by_header)
{
    size_t *match = calloc(c->fresh_count + 1, sizeof *match);
    bool *taken = calloc(c->gone_count + 1, sizeof *taken);
    bool ok = (match != NULL && taken != NULL) || run_no_memory(run);

    if (ok)
        pair_match(c->gone, c->gone_count, c->fresh, c->fresh_count, false, match, taken);
    for (size_t f = 0; ok && f < c->fresh_count; f++) {
        const struct pair_item *gone = match[f] != PAIR_NONE ? &c->gone[match[f]] : NULL;

        if (gone == NULL || (by_header && is_ambiguous(c, &c->fresh[f]))) /* their bodies could not be read */
            continue;
        ok = take_pair(run, candidates_todo(c, gone), candidates_todo(c, &c->fresh[f]), gone, &c->fresh[f],
                       gone_role != GONE_THERE);
    }
    free(match);
    free(taken);
    return ok;
}

/* Of one that vanished the size says nothing: perhaps another server counts now, or it never told one. */
static bool
has_unsized(const struct agenda *agenda)
{
    for (size_t i = 0; i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];

        if ((todo->unpaired || todo->size == 0) && candidates_is(todo, GONE_THERE))
            return true;
    }
    return false;
}

static bool
is_left_over(const struct todo *todo)
{
    return todo->unpaired && candidates_is(todo, GONE_THERE);
}

/*
 * The line broke when these headers were asked for: they are asked again when all else is done, and in the next run. Until then each may be any of
 * those whose mailbox was numbered anew: what can't be told from new mail is not sent, nor is the new mail fetched.
 */
static void
put_off_unknown(struct run *run, struct agenda *agenda, struct todo **index, const struct probe *probes, size_t count)
{
    bool unknown = false, left_over = false;

    for (size_t i = 0; i < agenda->count; i++)
        left_over = left_over || is_left_over(&agenda->todos[i]);
    for (size_t i = 0; left_over && i < count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[probes[i].mailbox];

        if (probes[i].got || !attempts_is_open(run, mailbox, ATTEMPT_HEADER, probes[i].uid))
            continue;
        candidates_find(index, agenda->count, probes[i].id)->dropped = unknown = true;
    }
    for (size_t i = 0; unknown && i < agenda->count; i++)
        agenda->todos[i].dropped |= is_left_over(&agenda->todos[i]);
}

/* Headers of new mail are read only where something of the same size vanished, or where nobody told the size of one of them. */
static bool
probe_fresh(struct run *run, struct agenda *agenda)
{
    struct arena arena = {0};
    struct journal_message *message = arena_array(&arena, 1, sizeof *message);
    struct probe *probes = arena_array(&arena, candidates_count(agenda, FRESH_THERE), sizeof *probes);
    struct todo **index = candidates_index(&arena, agenda);
    size_t n = 0;
    bool ok = run_has(run, &arena), all = has_unsized(agenda);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];
        int64_t *ids = NULL;
        size_t same = 0;
        bool wanted = all || todo->size == 0 || todo->sought;

        if (!candidates_is(todo, FRESH_THERE))
            continue;
        ok = run_load(run, todo->id, message) &&
             (message->has_header || wanted ||
              journal_ids_dirty_by_size(run->journal, message->size, &ids, &same, &run->err));
        wanted = wanted && !message->has_header;
        for (size_t k = 0; ok && !wanted && k < same; k++) {
            struct todo *other = ids[k] != todo->id ? candidates_find(index, agenda->count, ids[k]) : NULL;

            wanted = other != NULL && candidates_is(other, GONE_THERE);
        }
        free(ids);
        if (ok && wanted)
            probes[n++] = (struct probe){.mailbox = todo->mailbox, .uid = todo->uid, .id = todo->id};
    }
    if (ok && n != 0)
        ok = probe_remote(run, probes, n, true) && run_begin(run);
    for (size_t i = 0; ok && i < n; i++) {
        if (!probes[i].got)
            continue;
        ok = run_load(run, probes[i].id, message);
        message->has_header = true;
        message->facts |= probes[i].received || probes[i].message_id[0] != '\0' ? 0 : FACT_VAGUE;
        memcpy(message->header, probes[i].digests.header, DIGEST_SIZE);
        ok = ok && journal_message_save(run->journal, message, &run->err);
    }
    if (n != 0)
        ok = run_end(run, ok);
    if (ok)
        put_off_unknown(run, agenda, index, probes, n);
    arena_free(&arena);
    return ok;
}

/* What arrived and looks like what vanished, but not alone in that, or with another date: which of them it is, only the body tells. */
static bool
probe_ambiguous(struct run *run, struct agenda *agenda)
{
    struct candidates c;
    size_t n = 0;
    struct probe *probes = NULL;
    bool ok = candidates_gather(&c, run, agenda, GONE_THERE, FRESH_THERE, BY_HEADER);

    if (ok) {
        probes = calloc(c.fresh_count + 1, sizeof *probes);
        ok = probes != NULL || run_no_memory(run);
        pair_sort(c.gone, c.gone_count);
        pair_sort(c.fresh, c.fresh_count);
    }
    for (size_t f = 0; ok && f < c.fresh_count; f++) {
        const struct todo *todo = candidates_todo(&c, &c.fresh[f]);

        if (pair_count(c.gone, c.gone_count, &c.fresh[f], false) != 0 && !reading_given_up(run, todo->id) &&
            is_ambiguous(&c, &c.fresh[f]))
            probes[n++] =
                (struct probe){.mailbox = todo->mailbox, .uid = todo->uid, .id = todo->id, .size = c.fresh[f].claimed};
    }
    if (ok && n != 0)
        ok = moved_bodies_read(run, probes, n, c.gone, c.gone_count);
    free(probes);
    candidates_free(&c);
    return ok;
}

/* What arrived and can't be read may be any of those that vanished under its header: their files stay in this run. */
static bool
hold_unread(struct run *run, struct agenda *agenda)
{
    struct candidates c;
    bool ok = candidates_gather(&c, run, agenda, GONE_THERE, FRESH_THERE, BY_HEADER);

    if (ok)
        pair_sort(c.gone, c.gone_count);
    for (size_t f = 0; ok && f < c.fresh_count; f++) {
        const struct pair_item *at = pair_find(c.gone, c.gone_count, &c.fresh[f]);

        if (at == NULL || !reading_given_up(run, c.fresh[f].id))
            continue;
        candidates_todo(&c, &c.fresh[f])->dropped = true;
        for (size_t left = pair_count(c.gone, c.gone_count, &c.fresh[f], false); left > 0; left--, at++)
            candidates_todo(&c, at)->dropped = true;
    }
    candidates_free(&c);
    return ok;
}

static bool
pair_direction(struct run *run, struct agenda *agenda, enum role gone_role, enum role fresh_role, enum pair_by by)
{
    struct candidates c;
    bool ok;

    if (candidates_count(agenda, gone_role) == 0 || candidates_count(agenda, fresh_role) == 0)
        return true;
    ok = candidates_gather(&c, run, agenda, gone_role, fresh_role, by);
    if (ok && c.gone_count != 0 && c.fresh_count != 0) /* otherwise no header need be read */
        ok = take_pairs(run, &c, gone_role, by == BY_HEADER);
    candidates_free(&c);
    return ok;
}

static int
compare_items_by_base(const void *pa, const void *pb)
{
    return strcmp(((const struct pair_item *)pa)->base, ((const struct pair_item *)pb)->base);
}

/*
 * What vanished under the base name of a file that is new elsewhere, and has other bytes. NULL also where one of that name has the
 * same bytes: then the file is that one, moved, though the old one may not go in this run.
 */
static struct pair_item *
find_unlike(struct pair_item *gone, size_t count, const struct pair_item *fresh)
{
    struct pair_item *same = count != 0 ? bsearch(fresh, gone, count, sizeof *gone, compare_items_by_base) : NULL;

    if (same == NULL)
        return NULL;
    while (same > gone && compare_items_by_base(same - 1, fresh) == 0)
        same--;
    for (struct pair_item *at = same; at < gone + count && compare_items_by_base(at, fresh) == 0; at++) {
        if (memcmp(at->digest, fresh->digest, DIGEST_SIZE) == 0)
            return NULL;
    }
    return same;
}

/*
 * The bytes under a name that moved are not the message's any more: they are new mail where they are. A draft was edited and moved: its old
 * version goes once the new one is there. Anything else comes back where it was.
 */
static bool
take_edited(struct run *run, struct todo *gone, struct todo *fresh)
{
    const struct mailbox *from = &run->mailboxes[gone->mailbox];
    struct journal_message *old = calloc(1, sizeof *old);
    bool ok = (old != NULL || run_no_memory(run)) && run_begin(run) && run_load(run, gone->id, old);

    if (ok) {
        old->base[0] = old->info[0] = '\0';
        if (draft_is_replaced(from, old)) {
            old->facts = (old->facts & (FACT_ECHO | FACT_COPIED)) | FACT_GONE_HERE | FACT_REPLACED;
            old->refers_to = fresh->id;
            old->flags = merge_unchanged(old->flags, false);
        } else {
            old->flags = merge_without_file(old->flags);
            old->facts &= ~(unsigned)(FACT_GONE_HERE | FACT_ALTERED | FACTS_OF_LACK | FACT_ITS_BYTES | FACT_FETCHED);
            report_mailbox(run->report, run->account->name, run_called(from), "edited",
                           "a file that moved was changed: it is new mail where it is, and the message comes back");
        }
        gone->dropped = run->replan = true;
        ok = journal_message_save(run->journal, old, &run->err) && run_commit(run);
    }
    free(old);
    return ok;
}

/* A file under the base name of one that vanished, with other bytes: bit rot or an edit in a file that was moved. */
static bool
find_edited(struct run *run, struct agenda *agenda)
{
    struct candidates c;
    bool ok = candidates_gather(&c, run, agenda, GONE_HERE, FRESH_HERE, BY_WIRE);

    if (ok && c.gone_count > 1)
        qsort(c.gone, c.gone_count, sizeof *c.gone, compare_items_by_base);
    for (size_t f = 0; ok && f < c.fresh_count; f++) {
        struct pair_item *same = find_unlike(c.gone, c.gone_count, &c.fresh[f]);
        struct todo *from = same != NULL ? candidates_todo(&c, same) : NULL;
        struct todo *to = candidates_todo(&c, &c.fresh[f]);

        if (from != NULL && !from->dropped && from->partner == 0 && to->partner == 0)
            ok = take_edited(run, from, to);
    }
    candidates_free(&c);
    return ok;
}

bool
agenda_moves(struct run *run, struct agenda *agenda)
{
    bool left;

    /*
     * In one mailbox first: equal messages of which one lost its file and the other its UID (two moves that crossed, or another program's
     * pairs, crossed.h): what is left of both is one, and what is new beside that is in doubt another one; then a new name, and what
     * has other lines in a mailbox that was away. Then moves between mailboxes. Last, a file that got a new name while the server
     * lost the message: the removal goes on; or, where it lacks it for reasons of its own, the file waits for it (missing.c).
     * Before all that, what was sent and not answered finds its file again. What then is left of new files may have stood in a folder that is gone.
     */
    if (!moved_since(run, agenda) || !moved_before_commit(run, agenda))
        return false;
    if (candidates_count(agenda, WAITING) != 0 &&
        (!pair_direction(run, agenda, WAITING, FRESH_HERE, BY_WIRE_AND_MAILBOX) ||
         !pair_direction(run, agenda, WAITING, FRESH_HERE, BY_WIRE) || !agenda_drop_sources(run, agenda)))
        return false;
    if (!renamed_follow_names(run, agenda))
        return false;
    if (candidates_count(agenda, GONE_HERE) != 0 &&
        (!pair_direction(run, agenda, GONE_HERE, GONE_THERE, BY_WIRE_AND_MAILBOX) || !crossed(run, agenda) ||
         !pair_direction(run, agenda, GONE_HERE, FRESH_HERE, BY_WIRE_AND_MAILBOX) || !kin_back(run, agenda) ||
         !pair_direction(run, agenda, GONE_HERE, FRESH_HERE, BY_WIRE) || !kin_moves(run, agenda) ||
         !find_edited(run, agenda)))
        return false;
    if (!gone_folder_add(run, agenda, &left) || (left && !pair_direction(run, agenda, GONE_HERE, FRESH_HERE, BY_WIRE)))
        return false;
    agenda_drop_moved_out(agenda);
    if (!apart_follow(run, agenda))
        return false;
    if (candidates_count(agenda, GONE_BOTH) != 0 &&
        (!pair_direction(run, agenda, GONE_BOTH, FRESH_HERE, BY_WIRE_AND_MAILBOX) ||
         !pair_direction(run, agenda, GONE_BOTH, FRESH_HERE, BY_WIRE) || !both_gone(run, agenda)))
        return false;
    if (candidates_count(agenda, FRESH_THERE) == 0)
        return true;
    if (!gone_mailbox_add(run, agenda))
        return false;
    if (candidates_count(agenda, GONE_THERE) == 0)
        return true;
    const bool ok = kin_moves_there(run, agenda) && probe_fresh(run, agenda) && probe_ambiguous(run, agenda) &&
                    pair_direction(run, agenda, GONE_THERE, FRESH_THERE, BY_WIRE) && hold_unread(run, agenda) &&
                    pair_direction(run, agenda, GONE_THERE, FRESH_THERE, BY_HEADER);

    agenda_drop_moved_out(agenda);
    return ok;
}
