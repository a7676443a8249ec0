/*
 * The connection, opened again where it broke while bodies were read. As in a sync (sync/run/line.h), but that nothing is written down: what breaks
 * it is for the next sync to learn.
 */
#include "sync/inspect/verify_private.h"

#include "store/base/clock.h"

#define SLICE_MS 50 /* a signal ends the waiting so soon */

static bool
is_broken(struct run *run)
{
    struct remote_info info;

    if (run->err.kind != ERROR_NETWORK && run->err.kind != ERROR_SERVER)
        return false;
    run->remote.ops->info(run->remote.self, &info);
    return info.lost && !info.later;
}

bool
verify_line_open_again(struct verifying *verifying, struct reopening *reopening, bool came)
{
    struct run *run = &verifying->run;
    int64_t until;
    unsigned wait;

    if (came)
        reopening_went_on(reopening);
    while (is_broken(run) && !run_stopped(run)) {
        wait = reopening_wait(reopening);
        if (wait == 0) {
            run->err.kind = ERROR_NETWORK; /* whatever it was that came: it is the line that ends the run */
            return false;
        }
        report_note(run->report, run->account->name, "the line to the server broke (%s%s%s): it is opened again",
                    run->err.what, run->err.answer[0] != '\0' ? ": " : "", run->err.answer);
        for (until = clock_ms() + (int64_t)wait * 1000; !run_stopped(run) && clock_ms() < until;)
            (void)nanosleep(&(struct timespec){.tv_nsec = SLICE_MS * 1000000L}, NULL);
        if (run_stopped(run))
            break;
        run->err = (struct error){0};
        if (run->remote.ops->open(run->remote.self, true, &run->err))
            return true;
    }
    if (run_stopped(run))
        error_set(&run->err, ERROR_INTERRUPTED, "go on: a signal asked to stop");
    return false;
}
