/* See line.h. */
#include "sync/run/line.h"

#include "store/base/clock.h"
#include "sync/run/attempts.h"
#include "sync/run/avoided.h"

#define SLICE_MS 50 /* a signal ends the waiting so soon */

static bool
open_line(struct run *run)
{
    if (!run->remote.ops->open(run->remote.self, run->dry, &run->err))
        return false;
    run->looked = run_now(run);
    return true;
}

bool
line_open(struct run *run)
{
    return open_line(run);
}

/* Is it the line that ended the run? What a store or a callback says of this machine is not. */
static bool
is_broken(struct run *run)
{
    struct remote_info info;

    if (run->err.kind != ERROR_NETWORK && run->err.kind != ERROR_SERVER)
        return false;
    run->remote.ops->info(run->remote.self, &info);
    return info.lost && !info.later;
}

/* @return false: a signal came */
static bool
wait_for(struct run *run, int seconds)
{
    const int64_t until = clock_ms() + (int64_t)seconds * 1000;

    if (run->options->wait != NULL)
        run->options->wait(run->options->wait_context, seconds);
    else
        while (!run_stopped(run) && clock_ms() < until)
            (void)nanosleep(&(struct timespec){.tv_nsec = SLICE_MS * 1000000L}, NULL);
    if (!run_stopped(run))
        return true;
    error_set(&run->err, ERROR_INTERRUPTED, "go on: a signal asked to stop");
    return false;
}

/* Count this break. @return reopening_wait's */
static unsigned
count_break(struct run *run)
{
    struct line *line = &run->line;
    const uint64_t acts = report_acts(&run->counts);

    if (acts != line->acts || run->attempts.settled)
        reopening_went_on(&line->reopening);
    run->attempts.settled = false;
    line->acts = acts;
    return reopening_wait(&line->reopening);
}

static bool
open_again(struct run *run)
{
    journal_rollback(run->journal); /* what failed half-way */
    avoided_write(run);
    while (is_broken(run)) {
        unsigned wait;

        if (run_stopped(run))
            return false;
        wait = count_break(run);
        if (wait == 0) {
            run->err.kind = ERROR_NETWORK; /* whatever it was that came: it is the line that ends the run */
            return false;
        }
        report_note(run->report, run->account->name, "the line to the server broke (%s%s%s%s%s): it is opened again",
                    run->err.mailbox, run->err.mailbox[0] != '\0' ? ": " : "", run->err.what,
                    run->err.answer[0] != '\0' ? ": " : "", run->err.answer);
        if (!wait_for(run, (int)wait))
            return false;
        run->err = (struct error){0};
        if (open_line(run)) /* it was the suspect, and not the server that went away */
            return attempts_write(run);
    }
    return false;
}

bool
line_open_again(struct run *run)
{
    if (open_again(run))
        return true;
    attempts_forgive(run);
    return false;
}

bool
line_expect(struct run *run, uint64_t bytes, uint64_t *most)
{
    uint64_t first = 0;

    *most = UINT64_MAX;
    if (!run->remote.ops->expect(run->remote.self, bytes, &first, &run->err))
        return false;
    if (first != 0)
        *most = first;
    return true;
}
