/*
 * Two state folders on one Maildir (cron without XDG_STATE_HOME, a second machine on a shared tree) would each take the
 * other's work for changes of the user. Times and paths don't tell which is which: a state folder that was moved is
 * still the same one, and one that was lost is replaced by another under the same path. So each has a random identity,
 * in its journal and in the mark.
 *
 *   mark says                        journal says            becomes
 *   nothing (an earlier version)     any                     this one's, where run and nonce agree
 *   the journal's own, or none       the same                fine
 *   another                          it took that one over   this one's
 *   another                          anything else           refused: exit 2
 *   another                          there is none           a first meeting, which takes the mark over (situation.c)
 */
#include "sync/run/identity.h"
#include "sync/run/place.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

bool
identity_random(struct run *run, char out[static 33])
{
    unsigned char bytes[16];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        error_sys(&run->err, errno, "get random bytes");
        return false;
    }
    text_hex(bytes, sizeof bytes, out);
    return true;
}

bool
identity_learn(struct run *run)
{
    char *known;
    bool fits;

    if (!journal_get(run->journal, "state", &known, &run->err))
        return false;
    fits = known != NULL && text_print(run->state, sizeof run->state, "%s", known);
    free(known);
    return fits || identity_random(run, run->state);
}

bool
identity_store(struct run *run)
{
    const struct local_mark *mark = &run->mark;

    return journal_set(run->journal, "state", run->state, &run->err) &&
           (!mark->present || mark->state[0] == '\0' || strcmp(mark->state, run->state) == 0 ||
            journal_set(run->journal, "state-before", mark->state, &run->err));
}

/* A state folder of an earlier version has none yet. */
static bool
store_first(struct run *run)
{
    char *known;

    if (!journal_get(run->journal, "state", &known, &run->err))
        return false;
    free(known);
    if (known != NULL || run->dry)
        return true;
    if (!run_begin(run))
        return false;
    return run_end(run, journal_set(run->journal, "state", run->state, &run->err));
}

static void
refuse(struct run *run)
{
    const struct local_mark *mark = &run->mark;
    time_t date = (time_t)mark->date;
    char when[32] = "?", text[sizeof mark->where + 64];
    struct tm parts;

    if (localtime_r(&date, &parts) != NULL)
        (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M", &parts);
    error_state(&run->err, ERROR_CONFIG, "the Maildir is kept by another state folder");
    (void)text_print(text, sizeof text, "%.400s, which changed mail here last on %s", mark->where, when);
    error_answer(&run->err, text_of(text));
    error_hint(&run->err,
               "Run golub with that one (its user, XDG_STATE_HOME or `state`); if it is gone, move the journal of this "
               "one away, with its -wal; the next run pairs both sides and deletes nothing: %s/journal.db",
               run->account->state);
}

bool
identity_check(struct run *run)
{
    const struct local_mark *mark = &run->mark;
    char *before;
    bool ours;

    if (mark->present && mark->state[0] != '\0' && strcmp(mark->state, run->state) != 0) {
        if (!journal_get(run->journal, "state-before", &before, &run->err))
            return false;
        ours = before != NULL && strcmp(before, mark->state) == 0;
        free(before);
        if (!ours) {
            refuse(run);
            return false;
        }
    }
    return store_first(run);
}

void
identity_sign(struct run *run)
{
    char host[256] = "";
    const char *folder = run->account->state;

    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    (void)text_print(run->mark.state, sizeof run->mark.state, "%s", run->state);
    (void)text_print(run->mark.where, sizeof run->mark.where, "%.700s on %s", folder != NULL ? folder : "?", host);
    run->mark.date = run->now;
}

bool
identity_adopt(struct run *run)
{
    if (run->dry || !run->mark.present || strcmp(run->mark.state, run->state) == 0)
        return true;
    identity_sign(run);
    if (!run->local.ops->write_mark(run->local.self, &run->mark, &run->err) || !run_begin(run))
        return false;
    return run_end(run, place_store_mark(run));
}
