/*
 * The phases of a run, in order. Read this first.
 *
 *   situation   may this run touch anything? root, mark, journal
 *   survey      one LIST, one stat a folder: who moved?
 *   observe     what moved is written into the journal as seen, with its cursor; a second look where something vanished
 *   identify    the same message on both sides becomes one row
 *   plan        pure: what is to be done about each row; what moved; what the guard holds
 *   add         downloads and uploads, all mailboxes
 *   change      flags both ways
 *   move        both ways, without the bytes
 *   remove      last of all
 *   rename      mailboxes there that may be numbered anew by that; then all of it once more
 *   close       reasons that are over go, old mail leaves the quarantine
 *
 * Since everything seen is in the journal, a pass that changed something is followed by another look and another plan, until
 * nothing is left that this run can do.
 */
#include "store/base/clock.h"
#include "store/journal/quarantine.h"
#include "sync/adopt/adopt.h"
#include "sync/adopt/swapped.h"
#include "sync/agenda/additions.h"
#include "sync/agenda/agenda.h"
#include "sync/agenda/filed_twin.h"
#include "sync/agenda/fresh.h"
#include "sync/agenda/hold.h"
#include "sync/agenda/shown.h"
#include "sync/apply/altered.h"
#include "sync/apply/apply.h"
#include "sync/apply/clear_way.h"
#include "sync/apply/going.h"
#include "sync/apply/keywords.h"
#include "sync/apply/leftovers.h"
#include "sync/apply/linked.h"
#include "sync/apply/made_again.h"
#include "sync/apply/recover.h"
#include "sync/apply/rename_here.h"
#include "sync/apply/rename_there.h"
#include "sync/base/cut_off.h"
#include "sync/engine.h"
#include "sync/match/match.h"
#include "sync/observe/observe.h"
#include "sync/observe/uneven.h"
#include "sync/passes.h"
#include "sync/rows/astray.h"
#include "sync/rows/missing.h"
#include "sync/rows/readings.h"
#include "sync/rows/refusals.h"
#include "sync/run/allowed.h"
#include "sync/run/attempts.h"
#include "sync/run/attempts_remote.h"
#include "sync/run/avoided.h"
#include "sync/run/line.h"
#include "sync/run/place.h"
#include "sync/run/release.h"
#include "sync/run/shapes.h"
#include "sync/run/short_line.h"
#include "sync/run/situation.h"

/*
 * Everything was paired: from here on mark and journal are of the same run again. A folder that could not be read may
 * lack messages that the journal knows. Then this is not done, so that the next run pairs once more and takes none of
 * them for a deletion.
 */
static bool
finish_pairing(struct run *run)
{
    if (!run->pair_all)
        return true;
    for (size_t i = 0; i < run->count; i++) {
        if (run_learned(&run->mailboxes[i], CAUTION_UNREAD_FOLDER))
            return true;
    }
    run->paired = true;
    return situation_mark(run); /* close_mark commits it */
}

static bool
count_time(struct run *run)
{
    return age_begin(run->journal, journal_quarantine_newest, run->now, &run->age, &run->err);
}

/* Which mailboxes there are, and what is due in them: on the first line, and on each one after it. */
static bool
survey(struct run *run)
{
    const bool again = run->surveyed;

    if (!going_recover_there(run))
        return false;
    run->surveyed = run->surveyed || (survey_remote(run) && attempts_judge(run) && going_begin(run));
    run->made = run->made || (run->surveyed && rename_there(run) && made_again_find(run) && mailboxes_create(run));
    if (!run->made || !again)
        return run->made;
    passes_look_at_stirred(run);
    return rename_there_settle(run) && survey_on_new_line(run);
}

/* What earlier runs left, and what was in flight when the line broke. */
static bool
begin_work(struct run *run)
{
    bool changed;

    if ((!run->begun && !astray_find(run)) || !passes_observe(run) || !swapped_check(run) ||
        (!run->begun && !missing_fall_behind(run)) || !recover_intents(run) || !hold_reject(run))
        return false;
    run->begun = run->begun || (observe_refused(run) && observe_edited(run, true, &changed));
    return run->begun;
}

/* Those that get other names there when all else is done: what may be another one under them is looked at, and paired. */
static bool
rename_last(struct run *run)
{
    if (!run->renames_last || run_stopped(run))
        return true;
    return rename_there_last(run) && mailboxes_create(run) && (!passes_look_due(run) || passes_do_all(run));
}

/* All that is done on a line. Where it breaks, this begins anew on the next one. What broke it comes last, and alone. */
static bool
work_on_line(struct run *run)
{
    run->total = run->done; /* what was planned on another line is planned anew */
    run->total_bytes = run->counts.bytes_down + run->counts.bytes_up;
    if (!survey(run))
        return false;
    if (run->dry)
        return passes_foresee(run);
    if (!begin_work(run) || !passes_do_all(run))
        return false;
    if ((!run_stopped(run) && attempts_begin_last(run) && !passes_do_all(run)) || !rename_last(run))
        return false;
    uneven_say(run);
    keywords_end(run);
    if (!run_stopped(run))
        attempts_over(run);
    if (!going_finish(run))
        return false;
    return run_stopped(run) || (attempts_write(run) && finish_pairing(run) && reading_say(run) && filed_twins(run) &&
                                leftovers_count(run) && refusals_say(run) && close_pending(run) && shown_note(run) &&
                                place_close(run) && close_gmail(run) && close_quarantine(run) && allowed_end(run));
}

/* What is kept back is noted as it is planned, and that is all. */
static bool
is_planned(void *context, struct agenda *piece)
{
    (void)context;
    (void)piece;
    return true;
}

/*
 * golub adopt: both sides are observed, another program's state is taken over, and what it leaves is compared. What is to be removed is held, and
 * listed. Nothing else is done: that is the next sync's.
 */
static bool
adopt_on_line(struct run *run, struct adopting **adopting)
{
    const bool again = run->surveyed;
    struct agenda agenda = {0};
    bool ok;

    run->surveyed = again || (survey_remote(run) && attempts_judge(run));
    ok = run->surveyed && (!again || survey_on_new_line(run)) && (*adopting != NULL || adopt_find(run, adopting)) &&
         passes_observe(run) && swapped_check(run) && examine_new_files(run) && adopt_take(run, *adopting);
    if (ok && run_stopped(run))
        return true;
    ok = ok && identify(run) && passes_plan(run, &agenda) && fresh_each(run, &agenda, is_planned, run) &&
         agenda_guard(run, &agenda) && adopt_say(run, *adopting);
    uneven_say(run);
    agenda_free(&agenda);
    return ok && (run->dry || (attempts_write(run) && close_pending(run) && shown_note(run) && place_close(run)));
}

static bool
adopt(struct run *run)
{
    struct adopting *adopting = NULL;
    bool ok;

    do
        ok = adopt_on_line(run, &adopting);
    while (!ok && line_open_again(run));
    adopt_free(adopting);
    return short_line_end(run, ok);
}

/* golub restore --altered: both sides are observed, and the messages whose files were changed under their names are fetched again; all else is the next sync's. */
static bool
altered_on_line(struct run *run)
{
    const bool again = run->surveyed;
    struct agenda agenda = {0};
    bool ok;

    run->surveyed = again || (survey_remote(run) && attempts_judge(run));
    ok = run->surveyed && (!again || survey_on_new_line(run)) && passes_observe(run) && altered_take(run);
    if (ok && !run->dry && !run_stopped(run)) {
        ok = agenda_make(run, &agenda);
        altered_keep_only(run, &agenda);
        ok = ok && apply_downloads(run, &agenda);
    }
    agenda_free(&agenda);
    run->counts.mailboxes = 0; /* whether they are in sync is not known */
    return ok && (run->dry || (attempts_write(run) && place_close(run) && altered_say(run)));
}

/* What a run that was cut off left in tmp/. */
static bool
sweep(struct run *run)
{
    struct cut_off cut_off;

    if (run->dry)
        return true;
    if (!cut_off_begin(&cut_off, run->journal, &run->err))
        return false;
    for (size_t i = 0; cut_off.due && i < run->count; i++)
        if (run->mailboxes[i].row.folder[0] != '\0')
            cut_off_sweep(&cut_off, &run->local, run->mailboxes[i].row.folder);
    return cut_off_end(&cut_off, &run->err);
}

static bool
work(struct run *run)
{
    bool ok;

    if (!hold_release(run) || !additions_take_word(run) || !count_time(run) || !refusals_load(run) ||
        !situation_check(run) || !survey_load(run) || !attempts_load(run) || !avoided_load(run) ||
        !allowed_begin(run) || !linked_settle(run) || !rename_here_recover(run) || !going_recover_here(run) ||
        !survey_known(run) || !sweep(run) || (run->options->altered != NULL && !altered_find(run)))
        return false;
    if (!line_open(run))
        return false;
    if (run->options->adopt != NULL)
        return adopt(run);
    do
        ok = run->altering != NULL ? altered_on_line(run) : work_on_line(run);
    while (!ok && line_open_again(run));
    return short_line_end(run, ok);
}

/*
 * Commit the mark's nonce, even if the run failed: a mark without that commit would make the next run pair everything.
 */
static void
close_mark(struct run *run)
{
    struct error ignored = run->err;

    journal_rollback(run->journal); /* roll back what failed half-way */
    if (run->mark_written && !run->mark_committed && run_begin(run)) {
        if (!situation_mark_commit(run) || !run_commit(run))
            journal_rollback(run->journal);
    }
    run->err = ignored;
}

/* Show what the server wants people to read ([ALERT]), whatever became of the run. It is no error of golub's. */
static void
show_alert(struct run *run)
{
    run->remote.ops->info(run->remote.self, &run->info);
    report_alerts(run->report, run->account->name, run->info.alerts, &run->err);
}

static int
conclude(struct run *run, bool ok)
{
    if (!ok || run_stopped(run))
        run->counts.to_come = run->put_off + (run->total > run->done ? run->total - run->done : 0);
    if (!ok && run->err.kind != ERROR_INTERRUPTED) {
        (void)text_print(run->err.account, sizeof run->err.account, "%s", run->account->name);
        report_error(run->report, &run->err);
        if (run->err.kind == ERROR_CONFIG)
            shapes_say(run->shapes, run->report, run->account->name);
        return error_status(run->err.kind);
    }
    if (run->partial && ok && !run_stopped(run) && !report_has_error(run->report, run->account->name))
        close_say_why(run);
    if (run->partial || !ok)
        return 1;
    return run->held ? 3 : 0;
}

int
engine_run(const struct account *account, const struct sync_options *options, struct remote remote, struct local local,
           struct journal *journal, struct report *report)
{
    struct run run = {.account = account,
                      .options = options,
                      .remote = remote,
                      .local = local,
                      .journal = journal,
                      .report = report,
                      .dry = options->dry_run,
                      .move_folders = rename_here,
                      .clear_way = clear_way};
    const double begin = clock_seconds();
    bool ok;
    int status;

    run.now = run_now(&run);
    report_begin(report, account->name, run.dry);
    attempts_watch(&run);
    ok = work(&run);
    close_mark(&run);
    attempts_say(&run);
    status = conclude(&run, ok);
    show_alert(&run);
    run.remote.ops->close(run.remote.self);
    run.local.ops->close(run.local.self);
    report_result(report, account->name, status, &run.counts, clock_seconds() - begin,
                  run_stopped(&run) || run.err.kind == ERROR_INTERRUPTED);
    altered_free(run.altering);
    run_release(&run);
    return status;
}
