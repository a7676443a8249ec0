/*
 * An import run from its beginning to its end. Read this first; import/private.h says where the rest stands.
 *
 * Nothing that is on the server is touched before what the journal knew of it is durable here; what is to be removed is sent DELE last and
 * is gone with QUIT alone. A session that breaks before has removed nothing.
 */
#include "sync/import/adopt.h"
#include "sync/import/beside.h"
#include "sync/import/flush.h"
#include "sync/import/held.h"
#include "sync/import/here.h"
#include "sync/import/phases.h"
#include "sync/import/run.h"
#include "sync/base/cut_off.h"
#include "sync/import/suspects.h"

#include <inttypes.h>

#include "store/base/clock.h"

#define REFUSALS_SAID 20 /* of a kind, one by one */

static void
say_refusals(struct import *import)
{
    for (size_t i = 0; i < REFUSAL_KINDS; i++) {
        const struct refusals *refusals = &import->refusals[i];
        struct error err = {0};

        if (refusals->count <= REFUSALS_SAID)
            continue;
        error_set(&err, ERROR_SERVER, "%s %" PRIu64 " more messages", refusals->what, refusals->count - REFUSALS_SAID);
        error_answer(&err, text_of(refusals->words));
        error_hint(&err, "That was said about the last one; the next run tries them again.");
        import_problem(import, &err);
    }
}

/* What max-messages leaves on the server has no row; `status` tells of it. */
static bool
note_left(struct import *import)
{
    char *known, now[32];
    bool same;

    (void)text_print(now, sizeof now, "%" PRIu64, import->counts.kept_by_policy);
    if (!journal_get(import->journal, "left", &known, &import->err))
        return false;
    same = strcmp(known != NULL ? known : "0", now) == 0;
    free(known);
    if (same)
        return true;
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_set(import->journal, "left", now, &import->err));
}

/* A server that removes mail before `keep` is over: said once, until either changes. */
static bool
say_expiry(struct import *import)
{
    const int expire = import->info.expire_days, keep = import->account->import.keep_days;
    char *known, now[32];
    bool same;

    if (!account_expires_before(expire, keep))
        return true;
    (void)text_print(now, sizeof now, "%d %d", expire, keep);
    if (!journal_get(import->journal, "expiry", &known, &import->err))
        return false;
    same = known != NULL && strcmp(known, now) == 0;
    free(known);
    if (same)
        return true;
    import_say(import, "expire",
               "the server itself removes mail %d day%s after it was there or read (EXPIRE), before `keep` is over",
               expire, expire == 1 ? "" : "s");
    if (import->dry)
        return true;
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_set(import->journal, "expiry", now, &import->err));
}

/*
 * At the end of a run that came to its end: time goes on for what is kept, and what was met is not met again. Stamps that lie ahead, after a
 * clock that jumped and came back, are brought back.
 */
static bool
count_time(struct import *import)
{
    struct journal *journal = import->journal;
    char stamp[32], later[32];
    uint64_t rows = 0;
    bool due;

    if (import->dry)
        return true;
    /* An empty maildrop is met by nothing: what comes into it later may be here already. */
    if (import->unmet || (import->first && import->messages == 0))
        return true;
    due = age_is_due(&import->age);
    if (due && !journal_pop_count_all(journal, &rows, &import->err))
        return false;
    due = due && rows > 0;
    if (!due && !import->first && !import->folders.moved && !import->widen && import->later_left == import->later_known)
        return true;
    (void)text_print(stamp, sizeof stamp, "%" PRId64, import_stamp(import));
    (void)text_print(later, sizeof later, "%" PRId64, import->later);
    if (!journal_begin(journal, &import->err))
        return false;
    return import_end(import, journal_set(journal, "met", "1", &import->err) &&
                                  (!import->widen || journal_set(journal, "wide", stamp, &import->err)) &&
                                  (import->later_left == import->later_known ||
                                   journal_set(journal, "later", import->later_left ? later : "", &import->err)) &&
                                  (!import->folders.moved || import_here_save(import)) &&
                                  (!due || (journal_pop_clamp(journal, import_stamp(import), &import->err) &&
                                            age_save(journal, &import->age, &import->err))));
}

/* Nothing more is fetched in this session. */
static bool
finish(struct import *import)
{
    import->fetched = true;
    return note_left(import) && import_came(import) && import_remove(import) && count_time(import);
}

/* What a run that was cut off left in tmp/. */
static bool
sweep(struct import *import)
{
    struct cut_off cut_off;

    if (import->dry || import->no_root)
        return true;
    if (!cut_off_begin(&cut_off, import->journal, &import->err))
        return false;
    if (cut_off.due)
        cut_off_sweep(&cut_off, &import->local, import->folder);
    return cut_off_end(&cut_off, &import->err);
}

static bool
work(struct import *import)
{
    if (!import_situation(import) || !import_recover(import) || !sweep(import) || !flush_begin(import) ||
        !import_here(import) || !flush_looked(import))
        return false;
    if (!import->maildrop.ops->open(import->maildrop.self, &import->err))
        return false;
    import->maildrop.ops->info(import->maildrop.self, &import->info);
    if (!say_expiry(import))
        return false;
    if (import->adopted != NULL)
        return import_list(import) && import_meet(import) && import_adopt(import) && count_time(import);
    if (!import_list(import) || !import_same_maildrop(import) || !import_beside(import) || !import_meet(import) ||
        !import_match(import))
        return false;
    if (import->options->skip_existing)
        return import_skip(import) && note_left(import) && import_remove(import) && count_time(import);
    /* What is known only by its bytes is known before it is judged; what turns out to be another message is compared behind the new ones. */
    return (import->identity == BY_BODY || (import_compare(import) && import_compare_new(import))) &&
           import_keep(import) && import_compare_freed(import) && import_fetch(import) && import_parts(import) &&
           import_compare_rest(import) && finish(import);
}

/* Right behind the last message came what is no answer: the line that seemed to end it may have been one of its own. */
static void
note_lost_track(struct import *import)
{
    struct error why = import->err;
    struct journal_pop row;

    import->maildrop.ops->info(import->maildrop.self, &import->info);
    if (!import->info.lost_track || import->last_row == 0)
        return;
    import->err = (struct error){0};
    if (import_load(import, import->last_row, &row) && (row.facts & POP_SHORT) == 0) {
        row.facts |= (row.facts & POP_CUT) != 0 ? POP_SHORT : POP_CUT; /* twice: it is not read once more */
        (void)text_print(row.why, sizeof row.why,
                         "the server's answer to it did not end where it should: its end may be missing here");
        if (import_save(import, &row))
            import_refused(import, "be certain of the end of", import->last_number, row.uidl, row.why,
                           "It stays on the server.");
    }
    import->err = why;
}

static int
conclude(struct import *import, bool ok)
{
    if ((!ok || import_stopped(import)) && import->total > import->done)
        import->counts.to_come = import->total - import->done;
    if (!ok && import->err.kind != ERROR_INTERRUPTED) {
        if (import->err.kind == ERROR_LOCAL && import->err.hint[0] == '\0')
            error_hint(&import->err, "Put that right and run golub again; what is not here is still on the server.");
        (void)text_print(import->err.account, sizeof import->err.account, "%s", import->account->name);
        report_error(import->report, &import->err);
        return error_status(import->err.kind);
    }
    if (import->partial && ok && !import_stopped(import) && !report_has_error(import->report, import->account->name)) {
        struct error err = {0};

        error_state(&err, ERROR_SERVER, "not all could be done in this run%s%s", import->undone != NULL ? ": " : "",
                    import->undone != NULL ? import->undone : "");
        error_hint(&err, "The next run goes on; `golub status %s` lists what waits.", import->account->name);
        import_problem(import, &err);
    }
    if (import->partial || !ok)
        return 1;
    return import->held ? 3 : 0;
}

/* From the first look to QUIT. */
static bool
run_session(struct import *import)
{
    bool ok = work(import);

    journal_rollback(import->journal); /* of what failed half-way */
    note_lost_track(import);
    import->maildrop.ops->close(import->maildrop.self);
    if (import->handover == NULL)
        import->local.ops->close(import->local.self);
    import_here_free(import);
    return ok;
}

/* Another session: nothing of the last one is true of it but what was done, and that something was not. */
static void
begin_anew(struct import *import, const struct import *fresh)
{
    struct import last = *import;

    free(last.sizes);
    free(last.refused);
    id_set_free(&last.compared);
    *import = *fresh;
    import->may_remove = import->may_remove && last.may_remove; /* what was said of this run holds for all of it */
    import->partial = last.partial;
    import->undone = last.undone;
    import->released = last.released;
    memcpy(import->counts.done, last.counts.done, sizeof import->counts.done);
    import->counts.had = last.counts.had;
    import->counts.bytes_down = last.counts.bytes_down;
    import->counts.bytes_up = last.counts.bytes_up;
}

/* Session after session, as long as the line breaks and is opened again, or a suspect is left that was not asked for. */
static bool
run_sessions(struct import *import)
{
    bool ok;

    if (!import_adopt_read(import) || !import_confirmed(import) || !held_reject(import) || !suspects_open(import))
        return false;
    import->maildrop = suspects_maildrop(import->suspects);
    const struct import fresh = *import;
    do {
        begin_anew(import, &fresh);
        ok = run_session(import);
    } while (suspects_go_on(import, &ok));
    suspects_name(import);
    return ok;
}

int
import_run(const struct account *account, const struct sync_options *options, struct maildrop maildrop,
           struct local local, struct handover *handover, struct beside *beside, struct journal *journal,
           struct report *report)
{
    struct import import = {.account = account,
                            .options = options,
                            .maildrop = maildrop,
                            .local = local,
                            .handover = handover,
                            .beside = beside,
                            .journal = journal,
                            .report = report,
                            .dry = options->dry_run,
                            .may_fetch = account->policy.pull.new_mail,
                            .may_remove = account->policy.push.deletes};
    const double begin = clock_seconds();
    bool ok;
    int status;

    import.now = import_now(&import);
    report_import(report, account->name);
    report_begin(report, account->name, import.dry);
    ok = run_sessions(&import);
    say_refusals(&import);
    suspects_close(&import);
    import_adopt_free(&import);
    free(import.sizes);
    free(import.refused);
    id_set_free(&import.compared);
    status = conclude(&import, ok);
    report_result(report, account->name, status, &import.counts, clock_seconds() - begin,
                  import_stopped(&import) || import.err.kind == ERROR_INTERRUPTED);
    return status;
}
