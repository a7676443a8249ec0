/*
 * Moves in the Maildir: announce, link, commit, then unlink. So the message is in one of the folders at every moment,
 * and its second name is known to the journal before it exists (linked.h). The bytes are read before that, and must be
 * the message's.
 */
#include "sync/agenda/gone_mailbox.h"
#include "sync/apply/apply.h"
#include "sync/apply/linked.h"
#include "sync/base/keyword_note.h"
#include "sync/match/in_place.h"
#include "sync/match/meeting.h"
#include "sync/observe/observe.h"
#include "sync/rows/copied.h"
#include "sync/rows/flushed.h"
#include "sync/rows/foreign.h"
#include "sync/rows/letters.h"
#include "sync/rules/merge.h"
#include "sync/run/lookup.h"
#include "sync/run/situation.h"

#define MOVE_BATCH 256

struct moving {
    struct run *run;
    struct todo **todos;
    struct journal_message *from, *to; /* MOVE_BATCH each */
    struct local_move *items;
    int64_t intents[MOVE_BATCH];
    size_t count;
};

static bool
announce(struct moving *moving, size_t count)
{
    struct run *run = moving->run;
    bool ok = situation_mark(run) && run_begin(run);

    for (size_t i = 0; ok && i < count; i++)
        ok = linked_announce(run, &moving->from[i], &moving->to[i], &moving->intents[i]);
    return run_end(run, ok && situation_mark_commit(run));
}

static bool
record_linked(struct moving *moving, size_t i)
{
    struct run *run = moving->run;
    struct journal_message *from = &moving->from[i], *to = &moving->to[i];
    struct mailbox *mailbox = &run->mailboxes[moving->todos[i]->mailbox];
    const struct mailbox *left = lookup_id(run, from->mailbox);

    /* The new row takes over what the file shows and both bases: changes of flags on either side are merged from there on. */
    to->facts &= ~(unsigned)(FACT_BY_HEADER | FACT_VAGUE);
    if (!to->has_wire) /* its body was not read */
        to->facts |= FACT_BY_HEADER;
    to->has_wire = to->has_header = true;
    memcpy(to->wire, from->wire, DIGEST_SIZE);
    memcpy(to->header, from->header, DIGEST_SIZE);
    if (!foreign_carry(run, from, to))
        return false;
    to->flags = merge_moved_here(to->flags, from->flags);
    meeting_level_shown(to, mailbox->row.permanent);
    to->facts &= ~(unsigned)FACT_GONE_HERE;
    to->facts |= from->facts & FACT_FETCHED;
    /*
     * If this run is cut off before the unlink, the file under its old name is the rest of a move, which the next run
     * removes.
     */
    if ((from->facts & FACT_UNPAIRED) != 0) {
        from->facts = (from->facts & ~(unsigned)FACT_UNPAIRED) | FACT_MOVED;
        from->flags = merge_agree(from->flags, FLAG_ALL);
        if (!journal_message_save(run->journal, from, &run->err))
            return false;
    }
    moving->todos[i]->dropped = true;
    run_did(run, mailbox,
            (struct report_done){
                .act = DID_MOVE_HERE, .uid = to->uid, .file = to->base, .left = left != NULL ? left->row.name : NULL});
    /* Also what a letter of the old name said in this very run, after the new UID was seen: that row is older than the wish (keywords.c). */
    return journal_message_save(run->journal, to, &run->err) && keyword_carry(run->journal, from, to, &run->err) &&
           letters_met(run, to) && /* not all of its letters may have come along */
           copied_on(run, from->id, to->id) && edited_carry(run, from->id, to->id);
}

static bool
finish_batch(struct moving *moving)
{
    struct run *run = moving->run;
    size_t count = moving->count, linked = 0;
    bool ok;

    moving->count = 0;
    if (count == 0)
        return true;
    ok = announce(moving, count) && run->local.ops->link(run->local.self, moving->items, count, &run->err) &&
         run_begin(run);
    if (!ok)
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        struct mailbox *from = run_mailbox_by_id(run, moving->from[i].mailbox);

        const bool kept = moving->items[i].ok && from != NULL && gone_mailbox_is_left(from);

        ok = kept ? linked_keep(run, &moving->from[i], &moving->to[i], moving->intents[i])
                  : journal_op_delete(run->journal, moving->intents[i], &run->err);
        if (moving->items[i].missing && from != NULL)
            from->look_here = true;
        if (moving->items[i].taken) /* a file that is not known yet has that name */
            run->mailboxes[moving->todos[i]->mailbox].look_here = true;
        if (moving->items[i].ok) {
            ok = ok && flushed_note(run, &run->mailboxes[moving->todos[i]->mailbox], moving->to[i].id, false) &&
                 record_linked(moving, i);
            moving->items[linked] = moving->items[i];
            moving->intents[linked] = kept ? moving->intents[i] : 0;
            moving->from[linked] = moving->from[i];
            moving->to[linked] = moving->to[i];
            moving->items[linked].from =
                (struct local_file){moving->items[i].from.folder, moving->from[linked].base, moving->from[linked].info};
            moving->items[linked].to =
                (struct local_file){moving->items[i].to.folder, moving->to[linked].base, moving->to[linked].info};
            linked++;
        } else if (!moving->items[i].missing && !moving->items[i].taken) {
            run_problem_here(run, &run->mailboxes[moving->todos[i]->mailbox], &moving->items[i].err);
        }
    }
    if (!run_end(run, ok))
        return false;
    if (linked == 0)
        return true;
    if (!run->local.ops->unlink_moved(run->local.self, moving->items, linked, &run->err) || !run_begin(run))
        return false;
    for (size_t i = 0; ok && i < linked; i++) {
        if (moving->items[i].ok)
            ok = (moving->intents[i] == 0 || journal_op_delete(run->journal, moving->intents[i], &run->err)) &&
                 journal_message_delete(run->journal, moving->from[i].id, &run->err);
    }
    return run_end(run, ok);
}

/* Letters that mean something in one folder only are translated, or stay behind. */
static bool
carry_info(struct run *run, const struct local_file *from, const char *folder, char info[static LOCAL_INFO_MAX + 1])
{
    static const char none[26] = {0};

    if (run->local.ops->carry != NULL)
        return run->local.ops->carry(run->local.self, from, folder, info, &run->err);
    local_info_carried(from->info, none, info);
    return true;
}

/*
 * The message went to another mailbox there, and its file was changed here: it is not the message any more. It stays where it is, altered,
 * and the message is fetched to its new place.
 */
static bool
leave_altered(struct run *run, struct mailbox *source, struct journal_message *from)
{
    from->facts |= FACT_ALTERED;
    run->replan = true;
    run_complain(
        run, source, "move a message that was moved on the server", from->base,
        "Its file is not what it was: it stays, and the message comes to where it went. Give the file another name "
        "to send it as new mail, or remove it.");
    if (!run_begin(run))
        return false;
    return run_end(run, journal_message_save(run->journal, from, &run->err));
}

/* The file is read before it moves: whatever it is now would be taken for the message from there on. */
static bool
check_intact(struct run *run, struct mailbox *source, struct journal_message *from, bool *intact)
{
    struct local_file file = run_file(source, from);
    struct local_facts facts;
    struct error err = {0};
    bool missing = false;

    *intact = false;
    if (!run->local.ops->examine(run->local.self, &file, &facts, &missing, &err)) {
        if (err.kind != ERROR_INTERRUPTED)
            run_problem(run, source, &err);
        run->partial = true;
        return true;
    }
    if (missing) {
        source->look_here = true;
        return true;
    }
    *intact = !from->has_wire || memcmp(facts.digests.wire, from->wire, DIGEST_SIZE) == 0;
    return *intact || (in_place_take(run, source, from, intact) && (*intact || leave_altered(run, source, from)));
}

static bool
add_move(struct moving *moving, struct todo *todo)
{
    struct run *run = moving->run;
    size_t i = moving->count;
    struct journal_message *from = &moving->from[i], *to = &moving->to[i], *other;
    struct mailbox *source, *target = &run->mailboxes[todo->mailbox];
    bool found = true, intact, ok;

    if (!run_load(run, todo->partner, from) || !run_load(run, todo->id, to))
        return false;
    source = run_mailbox_by_id(run, from->mailbox);
    /* Where every mailbox was seen, what appeared is what vanished, also while one of them is paired anew. */
    if (source == NULL || (!mailbox_is_open(source) && !gone_mailbox_is_left(source)) ||
        !moves_allowed(SIDE_HERE, run->cautions, run_unseen(run) == NULL)) {
        run->partial = true;
        todo->dropped = true;
        return true;
    }
    if (!check_intact(run, source, from, &intact))
        return false;
    if (!intact) {
        todo->dropped = true;
        return true;
    }
    other = calloc(1, sizeof *other);
    ok = other != NULL || run_no_memory(run);
    for (int attempt = 0; ok && found && attempt < 1000; attempt++) {
        run_base_name(run, target, to, attempt, to->base);
        ok = journal_message_by_base(run->journal, target->row.id, to->base, other, &found, &run->err);
    }
    free(other);
    moving->todos[i] = todo;
    moving->items[i] =
        (struct local_move){.from = run_file(source, from), .to = {target->row.folder, to->base, to->info}};
    moving->count++;
    return ok && carry_info(run, &moving->items[i].from, target->row.folder, to->info);
}

bool
apply_moves_here(struct run *run, struct agenda *agenda)
{
    struct arena arena = {0};
    struct moving moving = {.run = run,
                            .todos = arena_array(&arena, agenda_room(agenda, MOVE_BATCH), sizeof *moving.todos),
                            .from = arena_array(&arena, agenda_room(agenda, MOVE_BATCH), sizeof *moving.from),
                            .to = arena_array(&arena, agenda_room(agenda, MOVE_BATCH), sizeof *moving.to),
                            .items = arena_array(&arena, agenda_room(agenda, MOVE_BATCH), sizeof *moving.items)};
    bool ok = run_has(run, &arena);

    for (size_t i = 0; ok && i < agenda->count && !run_stopped(run); i++) {
        struct todo *todo = &agenda->todos[i];

        if (todo->dropped || todo->partner == 0 || !todo->fresh || todo->step.verb != PLAN_DOWNLOAD ||
            !mailbox_is_open(&run->mailboxes[todo->mailbox]))
            continue;
        ok = add_move(&moving, todo);
        if (ok && moving.count == MOVE_BATCH)
            ok = finish_batch(&moving);
    }
    ok = ok && finish_batch(&moving);
    arena_free(&arena);
    return ok;
}
