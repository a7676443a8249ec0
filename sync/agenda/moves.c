/*
 * Once for the account: what vanished in one place and appeared in another is one move, not a removal and a new message. Files are
 * told by the digest of their bytes; UIDs by header, size and date, and by their bytes where that is not enough.
 */
#include "sync/agenda/agenda.h"
#include "sync/agenda/moved_since.h"
#include "sync/match/moved_bodies.h"
#include "sync/match/probe.h"
#include "sync/match/renamed.h"
#include "sync/rows/drafts.h"
#include "sync/rows/held.h"
#include "sync/rows/missing.h"
#include "sync/rows/readings.h"

enum role {
    GONE_HERE,
    FRESH_HERE,
    GONE_THERE,
    FRESH_THERE,
    GONE_BOTH,
    WAITING,
};
enum pair_by { BY_WIRE, BY_WIRE_AND_MAILBOX, BY_HEADER };

/*
 * What vanished may be planned as a removal or, where the survivor is wanted, as one that comes back: both may have moved. So may what was sent,
 * not answered, and is not where it was sent to.
 */
static bool
has_role(const struct todo *todo, enum role role)
{
    enum plan_verb verb = todo->step.verb;

    if (todo->dropped || todo->partner != 0)
        return false;
    switch (role) {
    case GONE_HERE:
        return (verb == PLAN_REMOVE_THERE && !todo->marked) || (verb == PLAN_DOWNLOAD && !todo->fresh);
    case GONE_THERE:
        return verb == PLAN_REMOVE_HERE || (verb == PLAN_UPLOAD && (!todo->fresh || todo->unanswered));
    case GONE_BOTH:
        return verb == PLAN_FORGET && !todo->fresh;
    case WAITING:
        return todo->waits;
    case FRESH_HERE:
        return verb == PLAN_UPLOAD && todo->fresh;
    case FRESH_THERE:
        return verb == PLAN_DOWNLOAD && todo->fresh && !todo->again;
    }
    return false;
}

static size_t
count_role(const struct agenda *agenda, enum role role)
{
    size_t n = 0;

    for (size_t i = 0; i < agenda->count; i++)
        n += has_role(&agenda->todos[i], role);
    return n;
}

/*
 * A folder that is a copy, or came out of a backup, lacks files that nobody moved: where its bytes are new elsewhere, that may be where they
 * were at another moment, or a copy of an equal one. What is missing in it is a removal, which is held, and stays one as long as it is. In
 * its own folder it may have come under another name, unless that is the new name of an equal one that stood there.
 */
static bool
is_doubted(struct run *run, const struct todo *todo, enum role role, bool *doubted)
{
    *doubted = false;
    return role != GONE_HERE || held_is_doubted(run, todo->mailbox, todo->id, doubted);
}

/* As the side shows it that lost one and got the other. */
static unsigned
flags_of(const struct journal_message *message, enum role role, enum pair_by by)
{
    return role == FRESH_THERE || (role == GONE_THERE && by != BY_WIRE_AND_MAILBOX) ? message->rseen : message->lseen;
}

/* What is left of a move went where it went. */
static bool
is_left_behind(const struct journal_message *message, enum role role)
{
    return role == GONE_THERE &&
           (message->facts & (FACT_MOVED | FACT_GONE_THERE | FACT_UNPAIRED)) == (FACT_MOVED | FACT_GONE_THERE);
}

/* Items of one role, keyed by wire digest (files that vanished and appeared) or by header, size and date (UIDs). */
static bool
gather(struct run *run, struct agenda *agenda, enum role role, enum pair_by by, struct pair_item **items, char **bases,
       size_t *count)
{
    struct journal_message message;
    size_t n = 0, max = count_role(agenda, role);

    *count = 0;
    *items = calloc(max + 1, sizeof **items);
    *bases = calloc(max + 1, LOCAL_BASE_MAX + 1);
    if (*items == NULL || *bases == NULL)
        return run_no_memory(run);
    for (size_t i = 0; i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];
        struct pair_item *item = &(*items)[n];
        char *base = *bases + n * (LOCAL_BASE_MAX + 1);
        bool doubted;

        if (!has_role(todo, role))
            continue;
        if (!is_doubted(run, todo, role, &doubted) || !run_load(run, todo->id, &message))
            return false;
        if ((doubted && by == BY_WIRE) || is_left_behind(&message, role))
            continue;
        /* A UID whose body was read for want of a better proof is compared by that alone. */
        if (by == BY_HEADER ? !message.has_header || (role == FRESH_THERE && message.has_wire) : !message.has_wire)
            continue;
        memcpy(base, message.base, sizeof message.base);
        *item = (struct pair_item){
            .id = message.id,
            .mailbox = message.mailbox,
            .base = base,
            .date = message.date,
            .claimed = message.size,
            .flags = doubted ? ~0U : flags_of(&message, role, by), /* whatever it showed, any other comes first */
            .left = doubted || (message.facts & FACT_MOVED) != 0 || (todo->unanswered && !todo->arrived) ||
                    (todo->unpaired && run->mailboxes[todo->mailbox].row.behind != 0),
            .telling =
                (message.facts & FACT_VAGUE) == 0 && mailbox_drafts(&run->mailboxes[todo->mailbox]) == DRAFTS_NONE,
        };
        /* Sizes of the server are hints: neither digest needs them. */
        item->size = by == BY_WIRE_AND_MAILBOX ? (uint64_t)message.mailbox : 0;
        memcpy(item->digest, by == BY_HEADER ? message.header : message.wire, DIGEST_SIZE);
        n++;
    }
    *count = n;
    return true;
}

static int
compare_ids(const void *pa, const void *pb)
{
    const struct todo *const *a = pa, *const *b = pb;

    return (*a)->id == (*b)->id ? 0 : (*a)->id < (*b)->id ? -1 : 1;
}

/* Todos by id, for accounts in which thousands moved at once. */
static struct todo **
index_todos(struct run *run, struct agenda *agenda)
{
    struct todo **index = calloc(agenda->count + 1, sizeof *index);

    if (index == NULL) {
        (void)run_no_memory(run);
        return NULL;
    }
    for (size_t i = 0; i < agenda->count; i++)
        index[i] = &agenda->todos[i];
    qsort(index, agenda->count, sizeof *index, compare_ids);
    return index;
}

static struct todo *
look_up(struct todo **index, size_t count, int64_t id)
{
    struct todo key = {.id = id}, *pointer = &key;
    struct todo **found = bsearch(&pointer, index, count, sizeof *index, compare_ids);

    return found != NULL ? *found : NULL;
}

/*
 * No other file of the account has, or had, these bytes but the two that are to be one. What is on the server alone, perhaps the place that
 * it moved to, is nothing that a file here can have come from.
 */
static bool
is_only(struct run *run, const struct pair_item *item)
{
    struct journal_message message;
    int64_t *ids = NULL;
    size_t count = 0, files = 0;
    struct error ignored;
    bool known = journal_ids_by_wire(run->journal, item->digest, &ids, &count, &ignored), found;

    for (size_t i = 0; known && i < count; i++) {
        known = journal_message_get(run->journal, ids[i], &message, &found, &ignored);
        files += known && found && (message.base[0] != '\0' || (message.facts & FACT_REPLACED) != 0);
    }
    free(ids);
    return known && files == 2;
}

/*
 * A header is no proof where several messages have it, where it is one that many may have, in \Drafts, or where date or size is another.
 * Items as sorted by pair_match or pair_sort.
 */
static bool
is_ambiguous(const struct pair_item *gone, size_t gone_count, const struct pair_item *fresh, size_t fresh_count,
             const struct pair_item *like)
{
    const struct pair_item *other = pair_find(gone, gone_count, like);

    return pair_count(gone, gone_count, like, false) != 1 || pair_count(fresh, fresh_count, like, false) != 1 ||
           other->date != like->date || other->claimed != like->claimed || !other->telling || !like->telling;
}

/* The new place can't be filled yet: the old one waits for it. */
static bool
wait_for_place(struct run *run, struct todo *from, struct todo *to)
{
    const struct mailbox *mailbox = &run->mailboxes[to->mailbox];
    bool made = mailbox->row.state != MAILBOX_NEW_LOCAL || run->account->policy.push.mailboxes;
    bool closed = made && !mailbox_is_open(mailbox) && (agenda_is_closed(mailbox) || !to->step.kept_back);

    from->dropped = to->dropped = true;
    return run_begin(run) &&
           run_pending(run, &run->mailboxes[from->mailbox], from->id, closed ? PENDING_MAILBOX : PENDING_POLICY,
                       plan_verb_word(from->step.verb),
                       !closed                     ? "it moved, and the configuration keeps its new place back"
                       : agenda_is_closed(mailbox) ? "it moved to a mailbox that can't be used on the server now"
                                                   : "it moved to a mailbox that this run leaves alone",
                       NULL) &&
           run_commit(run);
}

/* Where it is now is known, and policy does not let its old place follow: an ordinary removal that is kept back. */
static bool
settle_kept_back(struct run *run, struct todo *gone)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = (message != NULL || run_no_memory(run)) && run_begin(run) && run_load(run, gone->id, message);

    if (ok) {
        message->facts &= ~(unsigned)FACT_UNPAIRED;
        gone->dropped = run->replan = true;
        ok = journal_message_save(run->journal, message, &run->err) && run_commit(run);
    }
    free(message);
    return ok;
}

/* The date that was sent is as good as a name. */
static bool
is_what_was_sent(const struct todo *from, const struct todo *to, const struct pair_item *sent,
                 const struct pair_item *fresh)
{
    return from->mailbox != to->mailbox && to->step.verb == PLAN_DOWNLOAD && sent->date == fresh->date;
}

/* What was sent and not answered: where it moved on there it is from here on what vanished. *goes: it did, and the file may follow. */
static bool
take_sent(struct run *run, struct todo *from, const struct todo *to, const struct pair_item *sent,
          const struct pair_item *fresh, bool *goes)
{
    *goes = false;
    if (!is_what_was_sent(from, to, sent, fresh))
        return true;
    if (!run->account->policy.pull.deletes)
        return agenda_settle_sent(run, from);
    from->fresh = false;
    from->step.verb = PLAN_REMOVE_HERE;
    *goes = true;
    return true;
}

/* Vanished in one mailbox and new in another: both are planned as one move, unless something keeps one of them. */
static bool
join_move(struct run *run, struct todo *from, struct todo *to, bool up)
{
    const struct mailbox *place = &run->mailboxes[to->mailbox];

    if (!(up ? run->account->policy.push.deletes : run->account->policy.pull.deletes)) { /* the old one may not go */
        from->elsewhere = to->id;
        return !from->unpaired || settle_kept_back(run, from);
    }
    to->partner = from->id;
    from->partner = to->id;
    if (to->step.kept_back || agenda_is_closed(place) || (from->unanswered && !mailbox_is_open(place)))
        return wait_for_place(run, from, to);
    return true;
}

static bool
take_pair(struct run *run, struct todo *from, struct todo *to, const struct pair_item *gone,
          const struct pair_item *fresh, bool up)
{
    const bool here = from->mailbox == to->mailbox;
    bool goes = true;

    /* Other mailboxes came out of a backup: what is missing under a new UIDVALIDITY is rather lost than moved, and what is there was back. */
    if (run->restored && run->mailboxes[from->mailbox].renumbered && from->unpaired && !here)
        return true;
    if (from->unanswered && !take_sent(run, from, to, gone, fresh, &goes))
        return false;
    if (!goes)
        return true;
    if (from->waits && !here)
        return agenda_wait_for_answer(run, to);
    /* Which of several equal ones it was can't be told. */
    if (from->step.verb == PLAN_FORGET && !from->waits && (!here || !is_only(run, gone))) {
        from->elsewhere = from->unpaired ? to->id : 0;
        return true;
    }
    /* Paired with all others of its mailbox, and their flags, when that is open. */
    if (here && from->unpaired && !up) {
        from->dropped = to->dropped = true;
        return true;
    }
    return here ? renamed_join(run, from, to, up) : join_move(run, from, to, up);
}

static bool
take_pairs(struct run *run, struct agenda *agenda, struct pair_item *gone, size_t gone_count, struct pair_item *fresh,
           size_t fresh_count, enum role gone_role, bool by_header)
{
    size_t *match = calloc(fresh_count + 1, sizeof *match);
    bool *taken = calloc(gone_count + 1, sizeof *taken);
    struct todo **index = index_todos(run, agenda);
    bool ok = match != NULL && taken != NULL && index != NULL;

    if (ok)
        pair_match(gone, gone_count, fresh, fresh_count, false, match, taken);
    for (size_t f = 0; ok && f < fresh_count; f++) {
        if (match[f] == PAIR_NONE)
            continue;
        if (by_header &&
            is_ambiguous(gone, gone_count, fresh, fresh_count, &fresh[f])) /* their bodies could not be read */
            continue;
        ok = take_pair(run, look_up(index, agenda->count, gone[match[f]].id),
                       look_up(index, agenda->count, fresh[f].id), &gone[match[f]], &fresh[f], gone_role != GONE_THERE);
    }
    free(match);
    free(taken);
    free(index);
    return ok;
}

static bool
has_unpaired(const struct agenda *agenda)
{
    for (size_t i = 0; i < agenda->count; i++) {
        if (agenda->todos[i].unpaired && has_role(&agenda->todos[i], GONE_THERE))
            return true;
    }
    return false;
}

/*
 * Headers of new mail are read only where something of the same size vanished; all of them where rows lost their UIDs, since perhaps
 * another server counts now.
 */
static bool
probe_fresh(struct run *run, struct agenda *agenda)
{
    struct journal_message *message = calloc(1, sizeof *message);
    struct probe *probes = calloc(count_role(agenda, FRESH_THERE) + 1, sizeof *probes);
    struct todo **index = index_todos(run, agenda);
    size_t n = 0;
    bool ok = (message != NULL && probes != NULL && index != NULL) || run_no_memory(run), all = has_unpaired(agenda);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];
        int64_t *ids = NULL;
        size_t same = 0;
        bool wanted = all;

        if (!has_role(todo, FRESH_THERE))
            continue;
        ok = run_load(run, todo->id, message) &&
             (message->has_header || all ||
              journal_ids_dirty_by_size(run->journal, message->size, &ids, &same, &run->err));
        wanted = wanted && !message->has_header;
        for (size_t k = 0; ok && !wanted && k < same; k++) {
            struct todo *other = ids[k] != todo->id ? look_up(index, agenda->count, ids[k]) : NULL;

            wanted = other != NULL && has_role(other, GONE_THERE);
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
    free(index);
    free(message);
    free(probes);
    return ok;
}

/* What arrived and looks like what vanished, but not alone in that, or with another date: which of them it is, only the body tells. */
static bool
probe_ambiguous(struct run *run, struct agenda *agenda)
{
    struct pair_item *gone = NULL, *fresh = NULL;
    char *gone_bases = NULL, *fresh_bases = NULL;
    size_t gone_count = 0, fresh_count = 0, n = 0;
    struct todo **index = index_todos(run, agenda);
    struct probe *probes = NULL;
    bool ok = index != NULL && gather(run, agenda, GONE_THERE, BY_HEADER, &gone, &gone_bases, &gone_count) &&
              gather(run, agenda, FRESH_THERE, BY_HEADER, &fresh, &fresh_bases, &fresh_count);

    if (ok) {
        probes = calloc(fresh_count + 1, sizeof *probes);
        ok = probes != NULL || run_no_memory(run);
        pair_sort(gone, gone_count);
        pair_sort(fresh, fresh_count);
    }
    for (size_t f = 0; ok && f < fresh_count; f++) {
        const struct todo *todo = look_up(index, agenda->count, fresh[f].id);

        if (pair_count(gone, gone_count, &fresh[f], false) != 0 && !reading_given_up(run, todo->id) &&
            is_ambiguous(gone, gone_count, fresh, fresh_count, &fresh[f]))
            probes[n++] =
                (struct probe){.mailbox = todo->mailbox, .uid = todo->uid, .id = todo->id, .size = fresh[f].claimed};
    }
    if (ok && n != 0)
        ok = moved_bodies_read(run, probes, n, gone, gone_count);
    free(probes);
    free(gone);
    free(fresh);
    free(gone_bases);
    free(fresh_bases);
    free(index);
    return ok;
}

/* What arrived and can't be read may be any of those that vanished under its header: their files stay in this run. */
static bool
hold_unread(struct run *run, struct agenda *agenda)
{
    struct pair_item *gone = NULL, *fresh = NULL;
    char *gone_bases = NULL, *fresh_bases = NULL;
    size_t gone_count = 0, fresh_count = 0;
    struct todo **index = index_todos(run, agenda);
    bool ok = index != NULL && gather(run, agenda, GONE_THERE, BY_HEADER, &gone, &gone_bases, &gone_count) &&
              gather(run, agenda, FRESH_THERE, BY_HEADER, &fresh, &fresh_bases, &fresh_count);

    if (ok)
        pair_sort(gone, gone_count);
    for (size_t f = 0; ok && f < fresh_count; f++) {
        const struct pair_item *at = pair_find(gone, gone_count, &fresh[f]);

        if (at == NULL || !reading_given_up(run, fresh[f].id))
            continue;
        look_up(index, agenda->count, fresh[f].id)->dropped = true;
        for (size_t left = pair_count(gone, gone_count, &fresh[f], false); left > 0; left--, at++)
            look_up(index, agenda->count, at->id)->dropped = true;
    }
    free(gone);
    free(fresh);
    free(gone_bases);
    free(fresh_bases);
    free(index);
    return ok;
}

static bool
pair_direction(struct run *run, struct agenda *agenda, enum role gone_role, enum role fresh_role, enum pair_by by)
{
    struct pair_item *gone = NULL, *fresh = NULL;
    char *gone_bases = NULL, *fresh_bases = NULL;
    size_t gone_count = 0, fresh_count = 0;
    bool ok;

    if (count_role(agenda, gone_role) == 0 || count_role(agenda, fresh_role) == 0)
        return true;
    ok = gather(run, agenda, gone_role, by, &gone, &gone_bases, &gone_count) &&
         gather(run, agenda, fresh_role, by, &fresh, &fresh_bases, &fresh_count);
    if (ok && gone_count != 0 && fresh_count != 0) /* else there is nothing to match */
        ok = take_pairs(run, agenda, gone, gone_count, fresh, fresh_count, gone_role, by == BY_HEADER);
    free(gone);
    free(fresh);
    free(gone_bases);
    free(fresh_bases);
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
            old->twin = fresh->id;
            old->rbase = old->rseen;
        } else {
            old->lbase = old->lseen = 0;
            old->facts &= ~(unsigned)(FACT_GONE_HERE | FACT_ALTERED | FACT_LACKED);
            report_mailbox(run->report, run->account->name, from->row.name, "edited",
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
    struct pair_item *gone = NULL, *fresh = NULL;
    char *gone_bases = NULL, *fresh_bases = NULL;
    size_t gone_count = 0, fresh_count = 0;
    struct todo **index = index_todos(run, agenda);
    bool ok = index != NULL && gather(run, agenda, GONE_HERE, BY_WIRE, &gone, &gone_bases, &gone_count) &&
              gather(run, agenda, FRESH_HERE, BY_WIRE, &fresh, &fresh_bases, &fresh_count);

    if (ok && gone_count > 1)
        qsort(gone, gone_count, sizeof *gone, compare_items_by_base);
    for (size_t f = 0; ok && f < fresh_count; f++) {
        struct pair_item *same = find_unlike(gone, gone_count, &fresh[f]);
        struct todo *from = same != NULL ? look_up(index, agenda->count, same->id) : NULL;
        struct todo *to = look_up(index, agenda->count, fresh[f].id);

        if (from != NULL && !from->dropped && from->partner == 0 && to->partner == 0)
            ok = take_edited(run, from, to);
    }
    free(gone);
    free(fresh);
    free(gone_bases);
    free(fresh_bases);
    free(index);
    return ok;
}

bool
agenda_moves(struct run *run, struct agenda *agenda)
{
    /*
     * In one mailbox first: a new name; then equal messages of which one lost its file and the other its UID (two moves that
     * crossed): what is left of both is one. Then moves between mailboxes. Last, a file that got a new name while the server
     * lost the message: the removal goes on; or, where it lacks it for reasons of its own, the file waits for it (missing.c).
     * Before all that, what was sent and not answered finds its file again.
     */
    if (!moved_since(run, agenda) || !moved_before_commit(run, agenda))
        return false;
    if (count_role(agenda, WAITING) != 0 &&
        (!pair_direction(run, agenda, WAITING, FRESH_HERE, BY_WIRE_AND_MAILBOX) ||
         !pair_direction(run, agenda, WAITING, FRESH_HERE, BY_WIRE) || !agenda_hold_sources(run, agenda)))
        return false;
    if (!renamed_follow_names(run, agenda))
        return false;
    if (count_role(agenda, GONE_HERE) != 0 &&
        (!pair_direction(run, agenda, GONE_HERE, FRESH_HERE, BY_WIRE_AND_MAILBOX) ||
         !pair_direction(run, agenda, GONE_HERE, GONE_THERE, BY_WIRE_AND_MAILBOX) ||
         !pair_direction(run, agenda, GONE_HERE, FRESH_HERE, BY_WIRE) || !find_edited(run, agenda)))
        return false;
    if (count_role(agenda, GONE_BOTH) != 0 &&
        (!pair_direction(run, agenda, GONE_BOTH, FRESH_HERE, BY_WIRE_AND_MAILBOX) ||
         !pair_direction(run, agenda, GONE_BOTH, FRESH_HERE, BY_WIRE)))
        return false;
    if (count_role(agenda, GONE_THERE) == 0 || count_role(agenda, FRESH_THERE) == 0)
        return true;
    return probe_fresh(run, agenda) && probe_ambiguous(run, agenda) &&
           pair_direction(run, agenda, GONE_THERE, FRESH_THERE, BY_WIRE) && hold_unread(run, agenda) &&
           pair_direction(run, agenda, GONE_THERE, FRESH_THERE, BY_HEADER);
}
