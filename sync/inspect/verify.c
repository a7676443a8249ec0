/*
 * The order of `golub verify`. It holds the run's lock, so that nobody but people and their programs changes anything meanwhile; the server is
 * asked with EXAMINE alone, and the journal is read in one transaction that is rolled back.
 */
#include "sync/inspect/verify.h"

#include "store/base/clock.h"
#include "sync/inspect/verify_private.h"
#include "sync/observe/observe.h"
#include "sync/run/avoided.h"
#include "sync/run/line.h"
#include "sync/run/release.h"
#include "sync/run/situation.h"

/* Without a journal there is nothing that either side could be compared with. *left_out: that is said, and all there is to do. */
static bool
check_known(struct verifying *verifying, bool *left_out)
{
    struct run *run = &verifying->run;
    char *account;

    *left_out = false;
    if (!journal_get(run->journal, "account", &account, &run->err))
        return false;
    if (account != NULL) {
        free(account);
        return true;
    }
    *left_out = verifying->how->all;
    if (*left_out) {
        report_line(run->report, run->account->name, "left-out", "never synced: there is nothing to compare with");
        return true;
    }
    error_state(&run->err, ERROR_CONFIG, "this account was never synced: there is no journal to compare with");
    error_hint(&run->err, "golub sync %s pairs both sides and removes nothing.", run->account->name);
    return false;
}

static bool
work(struct verifying *verifying)
{
    struct run *run = &verifying->run;

    return situation_check(run) && survey_load(run) && avoided_load(run) && survey_here(run) && line_open(run) &&
           survey_there(run) && run_begin(run) && verify_mailboxes(verifying) &&
           (!verifying->how->server || verify_bodies(verifying)) && verify_files(verifying) &&
           (run->options->mailboxes != NULL || verify_quarantine(verifying));
}

static int
conclude(struct verifying *verifying, bool ok)
{
    struct run *run = &verifying->run;

    if (!ok && run->err.kind != ERROR_INTERRUPTED) {
        (void)text_print(run->err.account, sizeof run->err.account, "%s", run->account->name);
        report_error(run->report, &run->err);
        return error_status(run->err.kind);
    }
    return !ok || run_stopped(run) || run->partial || verifying->sum.faults != 0 ? 1 : 0;
}

int
verify_account(const struct account *account, const struct sync_options *options, struct remote remote,
               struct local local, struct journal *journal, struct report *report)
{
    struct verifying verifying = {.run = {.account = account,
                                          .options = options,
                                          .remote = remote, /* nothing in flight is written down: it is read alone */
                                          .attempts = {.server = remote},
                                          .local = local,
                                          .journal = journal,
                                          .report = report,
                                          .dry = true},
                                  .how = options->verify};
    struct run *run = &verifying.run;
    const double began = clock_seconds();
    bool ok, left_out;
    int status;

    verifying.sum.read = verifying.how->bytes;
    verifying.sum.read_there = verifying.how->server;
    run->now = run_now(run);
    report_begin(report, account->name, true);
    ok = check_known(&verifying, &left_out) && (left_out || work(&verifying));
    status = conclude(&verifying, ok);
    journal_rollback(journal);
    run->remote.ops->info(run->remote.self, &run->info);
    report_alerts(report, account->name, run->info.alerts, &run->err);
    run->remote.ops->close(run->remote.self);
    run->local.ops->close(run->local.self);
    verifying.sum.seconds = clock_seconds() - began;
    verifying.sum.interrupted = run_stopped(run) || run->err.kind == ERROR_INTERRUPTED;
    if ((ok && !left_out) || verifying.sum.interrupted)
        report_verified(report, account->name, status, &verifying.sum);
    free(verifying.findings);
    id_set_free(&verifying.read);
    run_release(run);
    return status;
}
