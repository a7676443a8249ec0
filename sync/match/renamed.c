/* See renamed.h. What a new name means where nothing is to be paired, moves.c finds out, together with moves to other folders. */
#include "sync/match/renamed.h"

#include "sync/match/join.h"
#include "sync/observe/view.h"
#include "sync/rows/copied.h"
#include "sync/rows/held.h"
#include "sync/rows/letters.h"
#include "sync/rows/missing.h"
#include "sync/rows/uncommitted.h"
#include "sync/rules/merge.h"

#include <limits.h>

/*
 * The row whose file is gone has the file of the other one from here on: its name, what that shows, its bytes. Saves nothing.
 *
 * @param permanent  flags that the server can store
 */
static void
take_file(struct journal_message *old, const struct journal_message *file, unsigned permanent)
{
    struct flag_sides shown = old->flags;

    shown.lseen = merge_of_name(file->info, shown.lseen);
    old->flags = letters_of_file(shown, old, file);
    memcpy(old->base, file->base, sizeof old->base);
    memcpy(old->info, file->info, sizeof old->info);
    if ((old->facts & (FACT_REPLACED | FACT_MOVED)) != 0) /* its bytes stand here again: nothing replaces it any more */
        old->refers_to = 0;
    old->facts &= ~(unsigned)(FACT_GONE_HERE | FACTS_OF_LACK | FACT_ALTERED | FACT_MOVED | FACT_REPLACED | FACT_VAGUE);
    if ((old->facts & FACT_GONE_THERE) == 0)
        old->facts &= ~(unsigned)(FACT_UNPAIRED | ((old->facts & FACT_APART) != 0 ? 0 : FACT_ADOPTED));
    if (!file->has_wire || memcmp(old->wire, file->wire, DIGEST_SIZE) != 0)
        old->facts &= ~(unsigned)FACT_ITS_BYTES;
    old->has_wire = file->has_wire;
    memcpy(old->wire, file->wire, DIGEST_SIZE);
    if ((file->facts & FACT_GONE_THERE) != 0)
        old->flags = merge_met(old->flags);
    else if ((old->facts & FACT_UNSHOWN) == 0)
        old->flags = merge_back(old->flags, permanent);
}

static bool
rename_row(struct run *run, struct todo *gone, struct todo *fresh, bool up, struct journal_message *old,
           struct journal_message *new)
{
    const unsigned permanent = run->mailboxes[gone->mailbox].row.permanent;
    bool removed, ok = missing_waits(run, old, PLAN_REMOVE_THERE, &removed) &&
                       (!up || (letters_inherit(run, old, new) && copied_back(run, old))) &&
                       journal_message_delete(run->journal, new->id, &run->err);

    if (ok && up) {
        take_file(old, new, permanent);
    } else if (ok) {
        old->uid = new->uid;
        old->size = new->size;
        old->date = new->date;
        old->flags.rseen = new->flags.rseen;
        old->flags = merge_level(old->flags, FLAG_ALL);
        old->facts &= ~(unsigned)(FACT_GONE_THERE | FACT_BY_HEADER | FACT_ADOPTED | FACT_ITS_BYTES | FACT_REMOVED);
        if ((old->facts & FACT_GONE_HERE) == 0 || removed) /* else its file comes again */
            old->facts &= ~(unsigned)FACT_UNPAIRED;
        old->facts |= new->has_wire ? 0 : FACT_BY_HEADER;
        merge_keywords(old->keywords, new->keywords);
    }
    gone->dropped = fresh->dropped = true;
    run->replan = true;
    return ok && journal_message_save(run->journal, old, &run->err);
}

bool
renamed_take(struct run *run, struct todo *gone, struct todo *fresh, bool up)
{
    struct journal_message *old = calloc(2, sizeof *old), *new = old + 1;
    bool ok = (old != NULL || run_no_memory(run)) && run_load(run, gone->id, old) && run_load(run, fresh->id, new) &&
              rename_row(run, gone, fresh, up, old, new);

    free(old);
    return ok;
}

bool
renamed_join(struct run *run, struct todo *gone, struct todo *fresh, bool up)
{
    return run_begin(run) && run_end(run, renamed_take(run, gone, fresh, up));
}

/*
 * Is this a message of both sides, or one that was sent and not answered, of which only the file is gone? Or one whose UID is not valid any more:
 * the server did not lose it.
 */
static bool
lost_its_file(struct run *run, const struct journal_message *message, const struct journal_message *file, bool *lost)
{
    const bool unpaired = (message->facts & FACT_UNPAIRED) != 0;
    const unsigned facts = message->facts & ~(unsigned)(unpaired ? FACT_GONE_THERE : 0);
    struct journal_op op;

    *lost = message->mailbox == file->mailbox && message->base[0] != '\0' &&
            (facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_MOVED | FACT_REPLACED)) == FACT_GONE_HERE;
    return !*lost || unpaired || message->uid != 0 || journal_op_of(run->journal, message->id, &op, lost, &run->err);
}

/* Did a download of one of the UIDs leave this file behind? Then it belongs to that UID. */
static bool
is_download(const struct meeting *meeting, const struct half *file)
{
    for (size_t u = 0; u < meeting->uids.count; u++) {
        if (meeting_is_its_name(meeting, &meeting->uids.at[u], file->base))
            return true;
    }
    return false;
}

/*
 * Of equal rows the one that showed the same flags is preferred; a row whose file a copied folder never had comes last.
 */
static bool
rank_lost(const struct meeting *meeting, const struct journal_message *lost, const struct journal_message *file,
          int *rank)
{
    bool doubted;

    if (!held_is_doubted(meeting->run, meeting->index, lost->id, &doubted))
        return false;
    *rank = 2 * doubted + (lost->flags.lseen != file->flags.lseen);
    return true;
}

static bool
find_lost(const struct meeting *meeting, const struct journal_message *file, struct journal_message *lost, bool *found)
{
    struct run *run = meeting->run;
    int64_t *ids = NULL, best = 0;
    size_t count = 0;
    int rank, best_rank = INT_MAX;
    bool ok = journal_ids_by_wire(run->journal, file->wire, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        bool is = false;

        ok = run_load(run, ids[i], lost) && lost_its_file(run, lost, file, &is);
        if (!ok || !is)
            continue;
        ok = rank_lost(meeting, lost, file, &rank);
        if (ok && rank < best_rank) {
            best = ids[i];
            best_rank = rank;
        }
    }
    free(ids);
    *found = ok && best != 0;
    return *found ? run_load(run, best, lost) : ok;
}

/*
 * The new file is that of the row from here on. One without a UID is a half of the meeting; where it is none yet (it left its UID to an equal
 * message), it is in the new file's place.
 */
static bool
settle_half(struct meeting *meeting, struct half *fresh, const struct journal_message *lost)
{
    fresh->paired = true;
    if (lost->uid != 0)
        return true;
    for (size_t f = 0; f < meeting->files.count; f++) {
        struct half *half = &meeting->files.at[f];

        if (half->id != lost->id)
            continue;
        return meeting_know_file(meeting, half, lost);
    }
    fresh->paired = fresh->fresh = false;
    return meeting_know_file(meeting, fresh, lost);
}

bool
renamed_join_files(struct meeting *meeting)
{
    struct run *run = meeting->run;
    struct journal_message *file = calloc(2, sizeof *file), *lost = file + 1;
    bool ok = file != NULL || run_no_memory(run);

    for (size_t f = 0; ok && f < meeting->files.count; f++) {
        struct half *half = &meeting->files.at[f];
        bool found = false;

        if (half->intent || half->alias || half->lacked)
            continue;
        ok = run_load(run, half->id, file);
        if (!ok ||
            (file->facts & ~(unsigned)FACT_PLACEHOLDER) != 0) /* it is more than a file that was not here before */
            continue;
        ok = find_lost(meeting, file, lost, &found);
        if (!ok || !found || is_download(meeting, half))
            continue;
        ok = letters_inherit(run, lost, file);
        if (!ok)
            break;
        take_file(lost, file, meeting->mailbox->row.permanent);
        ok = settle_half(meeting, half, lost) && journal_message_delete(run->journal, file->id, &run->err) &&
             journal_message_save(run->journal, lost, &run->err);
    }
    free(file);
    return ok;
}

/* Rows of this mailbox that lost their file, to be looked through for each file that is kin of a UID: they are few, or there is none. */
static bool
gather_lost(struct meeting *meeting, const struct journal_message *file, struct journal_message *lost)
{
    struct run *run = meeting->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_message_ids(run->journal, meeting->mailbox->row.id, WHICH_DIRTY, &ids, &count, &run->err);

    meeting->lost = arena_array(&meeting->arena, count + 1, sizeof *meeting->lost);
    ok = ok && run_has(run, &meeting->arena);
    for (size_t i = 0; ok && i < count; i++) {
        bool is = false;

        ok = run_load(run, ids[i], lost) && lost_its_file(run, lost, file, &is) &&
             (!is || held_is_doubted(run, meeting->index, lost->id, &meeting->lost[meeting->lost_count].doubted));
        if (!ok || !is || lost->uid == 0 || !lost->has_header)
            continue;
        meeting->lost[meeting->lost_count].id = lost->id;
        meeting->lost[meeting->lost_count].size = lost->size;
        if (lost->has_wire)
            memcpy(meeting->lost[meeting->lost_count].wire, lost->wire, DIGEST_SIZE);
        memcpy(meeting->lost[meeting->lost_count++].header, lost->header, DIGEST_SIZE);
    }
    free(ids);
    return ok;
}

/*
 * The file is, without its lines, what stood here; or it is the UID's message, and that is the row's: by its bytes, or where headers suffice by
 * its header and size.
 */
static bool
is_new_name(const struct lost *lost, const struct half *file, const struct half *uid, unsigned facts)
{
    if (kinship_was(file->kinship, lost->wire))
        return true;
    if ((facts & FACT_BY_HEADER) == 0)
        return uid->got_body && memcmp(lost->wire, uid->wire, DIGEST_SIZE) == 0;
    return lost->size == uid->size && memcmp(lost->header, uid->header, DIGEST_SIZE) == 0;
}

static bool
take_kin(struct meeting *meeting, struct half *half, struct journal_message *file, struct journal_message *lost,
         unsigned facts)
{
    struct run *run = meeting->run;

    if (!letters_inherit(run, lost, file))
        return false;
    take_file(lost, file, meeting->mailbox->row.permanent);
    lost->facts = (lost->facts & ~(unsigned)FACT_BY_HEADER) | facts;
    half->paired = true;
    return journal_foreign_save(run->journal, lost->id, half->kinship->has_body ? half->kinship->body : NULL,
                                &run->err) &&
           journal_message_delete(run->journal, file->id, &run->err) &&
           journal_message_save(run->journal, lost, &run->err);
}

/* The file is kin of what this UID has. *taken: there is a row whose file it was, and it is settled */
static bool
join_kin(struct meeting *meeting, struct half *half, const struct half *uid, unsigned facts, bool *taken)
{
    struct run *run = meeting->run;
    struct journal_message *file = calloc(2, sizeof *file), *lost = file + 1;
    bool ok = (file != NULL || run_no_memory(run)) && run_load(run, half->id, file);

    *taken = false;
    if (ok && half->fresh && file->facts == 0) {
        ok = meeting->lost != NULL || gather_lost(meeting, file, lost);
        for (size_t i = 0; ok && !*taken && i < 2 * meeting->lost_count; i++) {
            struct lost *one = &meeting->lost[i % meeting->lost_count];

            /* Twice over: what a copied folder lacks comes last. */
            if (one->taken || one->doubted != (i >= meeting->lost_count) || !is_new_name(one, half, uid, facts))
                continue;
            one->taken = *taken = true;
            ok = run_load(run, one->id, lost) && take_kin(meeting, half, file, lost, facts);
        }
    }
    free(file);
    return ok;
}

/* A mail reader that writes lines of its own gives the file another name: then it is what it was, and what the server has beside that is a copy. */
bool
renamed_join_related(struct meeting *meeting, struct half *file, struct half *uid, unsigned facts)
{
    bool taken;

    if (!join_kin(meeting, file, uid, facts, &taken))
        return false;
    return taken || join_halves(meeting, file, uid, facts);
}

/*
 * The file that bears the name, and has the date and size, that the download of a message had; NULL: there is none. The date is the file's
 * mtime, which an edit in its place changes.
 */
static struct half *
find_download(struct meeting *meeting, const struct journal_message *message)
{
    const struct run *run = meeting->run;
    char own[LOCAL_BASE_MAX + 1];

    run_base_name(run, meeting->mailbox, message, 0, own);
    for (size_t f = 0; f < meeting->files.count; f++) {
        struct half *file = &meeting->files.at[f];

        if (!file->paired && !file->intent && !file->alias && !file->unpaired && file->date == message->date &&
            (file->size == message->size || run->sizes_lie) && strcmp(file->base, own) == 0)
            return file;
    }
    return NULL;
}

static bool
take_download(struct run *run, struct half *half, const struct journal_message *gone)
{
    struct journal_message *file = calloc(1, sizeof *file);
    bool ok = (file != NULL || run_no_memory(run)) && run_load(run, half->id, file);

    if (ok) {
        file->uid = gone->uid;
        file->date = gone->date;
        file->flags.rseen = gone->flags.rseen;
        file->flags = merge_met(file->flags);
        merge_keywords(file->keywords, gone->keywords);
        file->facts |= FACT_GONE_THERE;
        half->paired = true;
    }
    ok = ok && journal_message_delete(run->journal, gone->id, &run->err) &&
         journal_message_save(run->journal, file, &run->err);
    free(file);
    return ok;
}

bool
renamed_cut_off(struct meeting *meeting, bool take, bool *any)
{
    struct run *run = meeting->run;
    struct journal_message *gone = calloc(1, sizeof *gone);
    struct half *file;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = gone != NULL || run_no_memory(run);

    /* Where the listing may be cut, or the Maildir is an older one, a UID that is missing proves nothing. */
    if (ok && meeting->files.count != 0 && !run->first && !run->maildir_older && !view_may_hide(meeting->mailbox))
        ok = journal_message_ids(run->journal, meeting->mailbox->row.id, WHICH_UID_LEFT, &ids, &count, &run->err);
    for (size_t i = 0; ok && i < count && (take || !*any); i++) {
        ok = run_load(run, ids[i], gone);
        if (!ok || (gone->facts & FACT_GONE_THERE) == 0 || !uncommitted_may_be(gone))
            continue;
        file = find_download(meeting, gone);
        *any = *any || file != NULL;
        ok = file == NULL || !take || take_download(run, file, gone);
    }
    free(ids);
    free(gone);
    return ok;
}

/* A row of this mailbox that is out of view and lost a file of these bytes; 0: none. */
static bool
find_out_of_view(struct run *run, const struct journal_message *file, int64_t *lost)
{
    const unsigned sought = FACT_OUT_OF_VIEW | FACT_GONE_HERE;
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    *lost = 0;
    if (!journal_ids_by_wire(run->journal, file->wire, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && *lost == 0 && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        if (ok && message.mailbox == file->mailbox && (message.facts & sought) == sought)
            *lost = message.id;
    }
    free(ids);
    return ok;
}

bool
renamed_follow_names(struct run *run, struct agenda *agenda)
{
    bool ok = true;

    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *fresh = &agenda->todos[i], gone = {.mailbox = fresh->mailbox};
        struct journal_message file;

        if (run->mailboxes[fresh->mailbox].row.view == 0 || fresh->step.verb != PLAN_UPLOAD || !fresh->fresh ||
            fresh->dropped || fresh->partner != 0 || fresh->unanswered)
            continue;
        ok = run_load(run, fresh->id, &file) && find_out_of_view(run, &file, &gone.id) &&
             (gone.id == 0 || renamed_join(run, &gone, fresh, true));
    }
    return ok;
}
