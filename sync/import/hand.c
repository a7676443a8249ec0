/*
 * A message goes to the user's command instead of into a folder. What the command does can't be undone or looked up, so a run that dies
 * between its end and the commit hands the message over again: at least once. Each message is committed by itself.
 */
#include "sync/import/batch.h"
#include "sync/import/hand.h"
#include "sync/import/run.h"

#include <inttypes.h>

#define STATUS_LATER 75    /* EX_TEMPFAIL of sysexits.h */
#define STATUS_NOT_RUN 126 /* of a shell: found, but it can't be run; 127: not found */
#define STATUS_NOT_FOUND 127
#define NOT_RUN_MOST                                                                                                   \
    3 /* one may be a script's own; after so many in a row the rest of the mail is not fetched for nothing */

static void
say_failed(struct import *import, const struct arrival *arrival, int status, const struct error *why)
{
    struct error err = *why;

    if (status < 0) {
        (void)text_print(err.what, sizeof err.what, "hand message %" PRIu32 " (UIDL %s) to the deliver-command",
                         arrival->number, arrival->row.uidl);
    } else {
        error_set(&err, ERROR_LOCAL,
                  "hand message %" PRIu32 " (UIDL %s) to the deliver-command: it ended with status %d", arrival->number,
                  arrival->row.uidl, status);
        error_hint(&err, status == STATUS_LATER ? "Kept for later: the next run tries again."
                                                : "It stays on the server and is tried again with the next run.");
    }
    import->counts.failed += status != STATUS_LATER;
    import->counts.pending += status == STATUS_LATER;
    import_problem_of(import, "hand to the deliver-command", &err);
}

static bool
give_up(struct import *import, int status)
{
    error_set(&import->err, ERROR_LOCAL,
              "hand mail to the deliver-command: %u times in a row it ended with status %d: %s", NOT_RUN_MOST, status,
              status == STATUS_NOT_FOUND ? "no such command" : "it can't be run");
    error_hint(&import->err,
               "Correct deliver-command in the configuration; all that was not handed over stays on the server.");
    return false;
}

bool
hand_over(struct import *import, struct arrival *arrival)
{
    struct error err = {0};
    struct journal_pop *row = &arrival->row;
    int status = -1;

    if (!import->handover->run(import->handover->self, &status, &err) && status >= 0)
        status = -1;
    if (status == -1 && err.kind == ERROR_INTERRUPTED)
        return import_interrupted(import);
    import->not_run = status == STATUS_NOT_RUN || status == STATUS_NOT_FOUND ? import->not_run + 1 : 0;
    if (status == 0) {
        row->base[0] = '\0';
        return import_set_stored(import, row) && import_save(import, row) && fetch_announce(import, arrival);
    }
    say_failed(import, arrival, status, &err);
    row->state = POP_FETCHING;
    if (status == STATUS_LATER)
        (void)text_print(row->why, sizeof row->why, "the deliver-command wants it later (status %d)", STATUS_LATER);
    else if (status >= 0)
        (void)text_print(row->why, sizeof row->why, "the deliver-command ended with status %d", status);
    else
        (void)text_print(row->why, sizeof row->why, "the deliver-command failed: %s", err.answer);
    return import_save(import, row) && (import->not_run < NOT_RUN_MOST || give_up(import, status));
}
