/* See passes.h. */
#include "sync/passes.h"

#include "sync/adopt/let_go.h"
#include "sync/adopt/sent_again.h"
#include "sync/adopt/swapped.h"
#include "sync/agenda/agenda.h"
#include "sync/agenda/doubled.h"
#include "sync/agenda/drafts_gone.h"
#include "sync/agenda/filed.h"
#include "sync/agenda/hold.h"
#include "sync/agenda/late.h"
#include "sync/agenda/left_since.h"
#include "sync/agenda/nowhere.h"
#include "sync/agenda/placeholders.h"
#include "sync/agenda/unpaired.h"
#include "sync/agenda/unread_files.h"
#include "sync/agenda/wanted.h"
#include "sync/apply/apply.h"
#include "sync/apply/copied_from.h"
#include "sync/apply/going.h"
#include "sync/apply/keywords.h"
#include "sync/apply/letters.h"
#include "sync/apply/namesakes.h"
#include "sync/apply/recover.h"
#include "sync/match/given_again.h"
#include "sync/match/match.h"
#include "sync/match/proof.h"
#include "sync/observe/measure.h"
#include "sync/observe/observe.h"
#include "sync/observe/uneven.h"
#include "sync/observe/unused_folders.h"
#include "sync/rows/astray.h"
#include "sync/rows/letters_new.h"
#include "sync/rows/readings.h"
#include "sync/rows/refusals.h"
#include "sync/run/attempts.h"

#define ROUNDS_MAX 2  /* a file that changed while it was sent is sent again; after that by the next run */
#define LOOKS_MAX 3   /* repeated looks, while another client moves messages between them */
#define READS_MAX 3   /* repeated looks here, while names change */
#define RETAKES_MAX 2 /* repeated looks, where a listed message is gone when it is fetched; it may never be shown */
#define PASSES_MAX 6  /* a moved message with changed flags needs three */
#define RENAMES_MAX 4 /* plans in a pass: a new name here, a new UID there, and what they uncover */

/*
 * What this run changed on the server is observed again, so that flags are known as the server shows them, and cursors
 * are true.
 */
void
passes_look_at_stirred(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->stirred)
            mailbox->look_there = true;
        mailbox->stirred = false;
    }
}

bool
passes_look_due(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->mailboxes[i].look_there || run->mailboxes[i].look_here)
            return true;
    }
    return false;
}

/*
 * The server was restored from a backup. A mailbox may have grown since, so that its UIDNEXT and HIGHESTMODSEQ are
 * above our cursors again although messages are missing: a list of changes would not show that. So every mailbox is
 * listed whole. Mailboxes that this run leaves alone are listed whole by the next run that looks at them.
 * So it is where a mailbox has a message again that had gone.
 */
static bool
observe_past(struct run *run)
{
    if (run->no_deltas || (!run->went_back && (!run->shifted || run->listed_whole)))
        return true;
    run->no_deltas = run->went_back;
    run->listed_whole = true;
    for (size_t i = 0; i < run->count; i++)
        run->mailboxes[i].full = run->mailboxes[i].look_there =
            mailbox_is_open(&run->mailboxes[i]) && run->mailboxes[i].listed;
    return observe_remote(run);
}

/* Folders are read; then two files of one name are told apart, and damaged contents mended. */
static bool
observe_here(struct run *run)
{
    struct namesakes namesakes = {0};
    bool ok = observe_local(run, &namesakes) && let_go_note(run) && namesakes_split(run, &namesakes) && apply_mend(run);

    free(namesakes.at);
    return ok;
}

bool
passes_observe(struct run *run)
{
    run->vanished = false;
    if (!observe_remote(run) || !observe_past(run) || !measure(run) || !unused_folders_see(run) || !observe_here(run))
        return false;
    /*
     * Mailboxes can't be read at one instant: a message that another client moved between two reads looks deleted. So
     * if something vanished, the mailboxes are listed once more, which also finds a mailbox that was made meanwhile.
     */
    for (int i = 0; run->vanished && i < LOOKS_MAX; i++) {
        run->vanished = false;
        if (!survey_again(run) || !observe_remote(run) || !measure(run))
            return false;
    }
    return true;
}

static bool
apply(struct run *run, struct agenda *agenda)
{
    if (!apply_agreed(run, agenda) || !apply_downloads(run, agenda) || !apply_uploads(run, agenda))
        return false;
    if (run_stopped(run))
        return true;
    if (!apply_flags_there(run, agenda) || !apply_flags_here(run, agenda))
        return false;
    if (run_stopped(run))
        return true;
    /* What an APPEND does not bring is believed again; names are made right once both sides have what was said. */
    return apply_moves_there(run, agenda) && apply_moves_here(run, agenda) && letters_new_take(run) &&
           apply_keywords_there(run) && apply_letters(run);
}

/*
 * Look and pair until every new file has been read. A file that a mail reader renamed between the listing and the
 * reading was not read, and may be the very message that would be fetched. Where a name disappeared between two listings a new file may be that
 * one: paired before that is known it would stand for another message, and its own would seem to be removed. A folder that does not rest is
 * paired by the next run.
 */
static bool
look_and_identify(struct run *run)
{
    for (int i = 0; i < READS_MAX; i++) {
        bool again = false;

        if ((passes_look_due(run) && !passes_observe(run)) || !identify(run))
            return false;
        for (size_t k = 0; k < run->count; k++)
            again = again || run->mailboxes[k].look_here;
        if (!again)
            return true;
    }
    for (size_t k = 0; k < run->count; k++) {
        struct mailbox *mailbox = &run->mailboxes[k];

        if (!mailbox->look_here)
            continue;
        mailbox->look_here = false;
        run_learn(run, mailbox, CAUTION_UNREAD_FILES);
        run_complain(run, mailbox, "read the new files of this folder", "they change faster than they can be read",
                     "The next run tries again.");
    }
    return true;
}

/* Did another client move what this run has just looked at, and is it to be looked at again? A dry run looks once. */
static bool
will_be_retaken(const struct run *run)
{
    return run->overtaken && run->retaken < RETAKES_MAX && !run->dry;
}

/* What is in no list may be under way from one to the other: where that is seen, nothing is said to be nowhere. */
static bool
plan_missing(struct run *run, struct agenda *agenda)
{
    if (will_be_retaken(run))
        return true;
    if (!agenda_placeholders(run, agenda) || !agenda_late(run, agenda) || !agenda_unread_files(run, agenda) ||
        !agenda_left_since(run, agenda) || !nowhere_prove(run, agenda))
        return false;
    return will_be_retaken(run) || (agenda_unpaired(run, agenda) && agenda_doubled(run, agenda) &&
                                    agenda_filed(run, agenda) && agenda_wanted(run, agenda));
}

/*
 * A row that took over the file or UID of another row is planned anew before anything is done: it may now be one half
 * of a move, whose other half would otherwise be fetched or sent.
 */
bool
passes_plan(struct run *run, struct agenda *agenda)
{
    bool ok = sent_again_note(run);

    run->replan = true;
    for (int i = 0; ok && run->replan && i < RENAMES_MAX; i++) {
        run->replan = false;
        agenda_free(agenda);
        ok = agenda_make(run, agenda);
        if (ok)
            reading_drop_unpaired(run, agenda);
        ok = ok && agenda_moves(run, agenda) && plan_missing(run, agenda) &&
             (will_be_retaken(run) || agenda_drafts_gone(run, agenda));
    }
    if (ok && will_be_retaken(run))
        return true;
    ok = ok && proof_read(run, agenda, false) && given_again_read(run, agenda, false);
    if (ok) {
        reading_drop_files(run, agenda);
        refusals_drop(run, agenda);
    }
    if (ok)
        agenda_say_two_places(run, agenda);
    return ok;
}

/* Then nothing is done on the ground of what was seen before; it is looked at again. */
static bool
is_overtaken(struct run *run)
{
    bool overtaken = will_be_retaken(run);

    run->overtaken = false;
    run->retaken += overtaken;
    return overtaken;
}

/* One plan and its execution. *more: another pass may find more to do. */
static bool
pass(struct run *run, bool *more)
{
    struct agenda agenda = {0};
    uint64_t before;
    bool again, ok;

    *more = run->proven = false;
    if (!look_and_identify(run))
        return false;
    if (run_stopped(
            run)) /* perhaps in the middle of reading new files: what is not read yet would be fetched a second time */
        return true;
    again = is_overtaken(run);
    if (!again && !going_look(run, &again))
        return false;
    ok = again || (letters_new_take(run) && passes_plan(run, &agenda));
    ok = ok && (again || going_judge(run, &agenda, &again));
    again = again || is_overtaken(run);
    before = report_acts(&run->counts);
    ok = ok && (again || apply(run, &agenda));
    if (ok && (report_acts(&run->counts) != before ||
               again)) { /* adds, changes and moves first: removals are planned on what they left */
        *more = true;
    } else if (ok && !run_stopped(run)) {
        ok = agenda_guard(run, &agenda) && proof_read(run, &agenda, true) && given_again_read(run, &agenda, true);
        again = ok && is_overtaken(run);
        ok = ok && (again || (apply_removals_here(run, &agenda) && apply_removals_there(run, &agenda)));
        *more = report_acts(&run->counts) != before || again;
    }
    agenda_free(&agenda);
    passes_look_at_stirred(run);
    *more = *more || run->replan || passes_look_due(run);
    run->replan = false;
    return ok;
}

bool
passes_foresee(struct run *run)
{
    struct agenda agenda = {0};
    bool edited, again = false;
    bool ok = astray_find(run) && passes_observe(run) && (!attempts_begin_last(run) || passes_observe(run)) &&
              swapped_check(run) && recover_intents(run) && hold_reject(run) && observe_refused(run) &&
              observe_edited(run, true, &edited);

    ok = ok && identify(run) && going_look(run, &again) && letters_new_take(run) && passes_plan(run, &agenda) &&
         going_judge(run, &agenda, &again) && agenda_foresee(run, &agenda) && copied_foresee(run, &agenda) &&
         agenda_guard(run, &agenda) && agenda_print(run, &agenda) && going_foresee(run, &agenda) &&
         apply_keywords_there(run);
    uneven_say(run);
    agenda_free(&agenda);
    return ok;
}

/* Passes, until there is nothing left to do. */
bool
passes_do_all(struct run *run)
{
    bool more = true;

    for (int round = 0; more && round < ROUNDS_MAX && !run_stopped(run); round++) {
        for (int i = 0; more && i < PASSES_MAX && !run_stopped(run); i++) {
            if (!pass(run, &more))
                return false;
        }
        if ((passes_look_due(run) && !passes_observe(run)) ||
            !observe_edited(run, false, &more)) /* what was written while it was sent */
            return false;
    }
    return !passes_look_due(run) || passes_observe(run);
}
