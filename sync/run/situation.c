/*
 * May this run touch anything? The root, the mark in it and the journal's memory of the account must fit together; where they
 * don't, either the user has to say what is meant (exit 2), or everything is paired by content first and nothing is removed.
 *
 *   mark = journal, nonce equal     fine
 *   mark announced by the journal   fine: that run died between the mark and its first commit, like any other crash; or the next one did, before its own mark
 *   mark behind the journal         the Maildir is older (restored): what it lacks is downloaded, not deleted
 *   anything else                   the journal is older: pair first
 *
 * The announcement is what keeps a crash from being taken for a restored journal: pairing would bring back what the user deleted
 * here and make copies of what he moved.
 */
#include "sync/run/identity.h"
#include "sync/run/place.h"
#include "sync/run/situation.h"

#include <inttypes.h>

static bool
refuse(struct run *run, const char *what, const char *hint)
{
    error_state(&run->err, ERROR_CONFIG, "%s", what);
    error_hint(&run->err, "%s", hint);
    return false;
}

static bool
check_known(struct run *run, const char *key, const char *now, const char *what)
{
    char *known;
    bool same;
    char text[200];

    if (!journal_get(run->journal, key, &known, &run->err))
        return false;
    same = known == NULL || strcmp(known, now) == 0;
    free(known);
    if (same)
        return true;
    (void)text_print(text, sizeof text, "sync account %s: its %s is not what it was", run->account->name, what);
    return refuse(run, text,
                  "Put the old value back; or, to start anew with another server or folder, move the state folder and "
                  "the file .golub "
                  "in the Maildir away: the next run then pairs both sides and deletes nothing.");
}

static bool
remember(struct run *run)
{
    const char *layout = names_layout(run->account->policy.layout);
    char number[32];

    (void)text_print(number, sizeof number, "%" PRIu64, run->mark.run);
    /* A lost journal's successor takes over where the mark stands. */
    return run_begin(run) &&
           (!run->mark.present || (journal_set(run->journal, "run", number, &run->err) &&
                                   journal_set(run->journal, "nonce", run->mark.nonce, &run->err))) &&
           journal_set(run->journal, "account", run->mark.account, &run->err) && identity_store(run) &&
           journal_set(run->journal, "server", run->mark.server, &run->err) &&
           journal_set(run->journal, "root", run->account->maildir, &run->err) &&
           journal_set(run->journal, "layout", layout, &run->err) && run_commit(run);
}

/* What a mark says of its run, as the journal keeps it before the mark is written. */
static void
print_announcement(const struct local_mark *mark, char out[static 80])
{
    (void)text_print(out, 80, "%" PRIu64 " %.32s", mark->run, mark->nonce);
}

/* One of those that wait for their first commit: each in a line. */
static bool
is_announced(struct run *run, bool *known)
{
    char *announced, now[80], *line, *rest;

    if (!journal_get(run->journal, "announced", &announced, &run->err))
        return false;
    print_announcement(&run->mark, now);
    *known = false;
    for (line = announced; line != NULL && !*known; line = rest) {
        rest = strchr(line, '\n');
        if (rest != NULL)
            *rest++ = '\0';
        *known = strcmp(line, now) == 0;
    }
    free(announced);
    return true;
}

#define NO_NONCE "pairing" /* no mark has it */

/*
 * Until everything is paired, no mark shall fit the journal, not even that of its last run: if this run is cut off, and
 * the user puts back a tree of that moment, it lacks what this run has fetched, and that must not count as removed.
 */
static bool
doubt_marks(struct run *run)
{
    if (run->dry)
        return true;
    return run_begin(run) && journal_set(run->journal, "nonce", NO_NONCE, &run->err) &&
           journal_set(run->journal, "announced", "", &run->err) && run_commit(run);
}

/*
 * Names of a Maildir that was put back show the past once: what the journal has taken over of them, and differs in a later run, somebody
 * changed since. So it is written down of which tree they were read, until all is paired.
 */
static bool
recall_past(struct run *run)
{
    char *read, now[80];

    if (!run->maildir_older)
        return true;
    if (!journal_get(run->journal, "past", &read, &run->err))
        return false;
    print_announcement(&run->mark, now);
    run->past_known = read != NULL && strcmp(read, now) == 0;
    free(read);
    return true;
}

bool
situation_know_past(struct run *run)
{
    char text[80];

    if (!run->maildir_older || run->past_known || run->mark_written)
        return true;
    for (size_t i = 0; i < run->count; i++) {
        if (run_learned(&run->mailboxes[i], CAUTION_UNREAD_FOLDER))
            return true;
    }
    print_announcement(&run->mark, text);
    return journal_set(run->journal, "past", text, &run->err);
}

static bool
check_mark(struct run *run, const char *account)
{
    char *text = NULL, *nonce = NULL;
    uint64_t number = 0;
    bool known, last, ok = false;

    if (!journal_get(run->journal, "run", &text, &run->err) || !journal_get(run->journal, "nonce", &nonce, &run->err))
        goto out;
    if (text != NULL && !text_number(text_of(text), INT64_MAX, &number)) {
        error_set(&run->err, ERROR_LOCAL, "read the run number in the journal");
        error_hint(&run->err,
                   "Move the journal away, with its -wal; the next run pairs both sides and deletes nothing: "
                   "%s/journal.db",
                   run->account->state);
        goto out;
    }
    if (!run->mark.present) {
        /* A journal that never changed mail here wrote no mark either. */
        ok = (text == NULL ||
              refuse(run,
                     "the Maildir has no mark .golub, but the journal knows mail in it: another folder is in its place",
                     "Mount or move the right folder back; to adopt this one, move the state folder away.")) &&
             identity_check(run);
        goto out;
    }
    if (strcmp(run->mark.account, account) != 0) {
        (void)refuse(run, "the mark .golub in the Maildir is another account's",
                     "Each account needs a Maildir of its own.");
        goto out;
    }
    if (!identity_check(run) || !is_announced(run, &known))
        goto out;
    ok = true;
    last = text != NULL && nonce != NULL && run->mark.run == number && strcmp(run->mark.nonce, nonce) == 0;
    if (known || last) {
        run->mark_awaited = !last;
        ok = (!last || place_check_mark(run)) && identity_adopt(run);
        goto out;
    }
    run->pair_all = true;
    run_learn(run, NULL, CAUTION_TWO_RUNS);
    run->maildir_older =
        run->mark.run < number || (run->mark.run == number && nonce != NULL && strcmp(nonce, NO_NONCE) == 0);
    report_mailbox(run->report, run->account->name, "", "pairing",
                   run->maildir_older
                       ? "the Maildir is older than the journal: what it lacks is fetched again, nothing is deleted"
                       : "the journal is older than the Maildir, or a run was cut off: both sides are paired first, "
                         "nothing is deleted");
    ok = recall_past(run) && doubt_marks(run);
out:
    free(text);
    free(nonce);
    return ok;
}

static bool
check_first(struct run *run, const char *server, enum local_root root)
{
    if (root == ROOT_PRESENT && run->mark.present && strcmp(run->mark.server, server) != 0)
        return refuse(run, "the mark .golub in the Maildir is that of another server or user",
                      "Choose another maildir; or remove .golub if this mail really is to go to this account.");
    run->first = true;
    run_learn(run, NULL, CAUTION_FIRST_MEETING);
    if (!run->mark.present && !identity_random(run, run->mark.account))
        return false;
    (void)text_print(run->mark.server, sizeof run->mark.server, "%s", server);
    if (run->mark.present)
        report_mailbox(run->report, run->account->name, "", "journal-lost", SITUATION_JOURNAL_LOST);
    return true;
}

bool
situation_meet(struct run *run)
{
    if (!run->first || run->dry || run->met)
        return true;
    run->met = remember(run) && identity_adopt(run);
    return run->met;
}

/* A journal that wrote no mark never changed mail: nothing rests on what it knows. */
static bool
is_virgin(struct run *run, bool *virgin)
{
    char *number;

    if (!journal_get(run->journal, "run", &number, &run->err))
        return false;
    *virgin = number == NULL;
    free(number);
    return true;
}

bool
situation_check(struct run *run)
{
    char server[ACCOUNT_SERVER_SIZE];
    char *account = NULL, *sizes = NULL;
    bool virgin;
    enum local_root root;
    bool ok = false;

    if (!(account_server(run->account, server) || run_no_memory(run)) ||
        !journal_get(run->journal, "account", &account, &run->err) ||
        !journal_get(run->journal, "sizes", &sizes, &run->err) || !is_virgin(run, &virgin) || !identity_learn(run))
        goto out;
    run->sizes_lie = sizes != NULL;
    if (account != NULL && (!check_known(run, "server", server, "host name or user") ||
                            !check_known(run, "root", run->account->maildir, "maildir") ||
                            !check_known(run, "layout", names_layout(run->account->policy.layout), "layout")))
        goto out;
    if (account == NULL && !run->local.ops->holds_names(run->local.self, !run->dry, &run->err))
        goto out;
    if (!run->local.ops->open(run->local.self, account == NULL && !run->dry, &root, &run->err))
        goto out;
    if (root == ROOT_PARENT_MISSING) {
        (void)refuse(run, "the folder that the Maildir should stand in does not exist",
                     "Make that folder, or correct `maildir`.");
        goto out;
    }
    if (account != NULL && (root == ROOT_MISSING || root == ROOT_EMPTY)) {
        if (!virgin || root == ROOT_MISSING) { /* else the first run was cut off before it changed anything */
            (void)refuse(run, "the Maildir of a known account is missing or empty: nothing was touched",
                         "Mount or move it back; to fetch everything anew, move the state folder away.");
            goto out;
        }
    }
    run->no_root = root == ROOT_MISSING;
    if (!run->no_root && !run->local.ops->read_mark(run->local.self, &run->mark, &run->err))
        goto out;
    /* Restored from before its first mark: another journal has been here since, and is taken over like a lost one. */
    if (account == NULL || (virgin && run->mark.present && strcmp(run->mark.account, account) != 0)) {
        ok = check_first(run, server, root);
        goto out;
    }
    if (!check_mark(run, account))
        goto out;
    (void)text_print(run->mark.account, sizeof run->mark.account, "%s", account);
    (void)text_print(run->mark.server, sizeof run->mark.server, "%s", server);
    ok = true;
out:
    free(account);
    free(sizes);
    return ok;
}

/* @param before  the mark that stands in the Maildir, if its run died before its first commit: it stands there until the new one is written */
static bool
announce(struct run *run, const char *before)
{
    char mark[80], text[200];

    print_announcement(&run->mark, mark);
    (void)text_print(text, sizeof text, "%s%s%s", mark, run->mark_awaited ? "\n" : "", run->mark_awaited ? before : "");
    if (run->pair_all && !run->paired) /* a run that dies while it pairs is followed by one that pairs */
        text[0] = '\0';
    if (!run_begin(run))
        return false;
    return run_end(run, journal_set(run->journal, "announced", text, &run->err));
}

bool
situation_mark(struct run *run)
{
    char *text, before[80];
    uint64_t number = 0;

    /* A Maildir that was restored keeps its old mark until all of it is paired: a run that is cut off before is repeated. */
    if (run->dry || run->mark_written || (run->maildir_older && !run->paired))
        return true;
    if (!journal_get(run->journal, "run", &text, &run->err))
        return false;
    if (text != NULL && !text_number(text_of(text), INT64_MAX - 1, &number))
        number = 0;
    free(text);
    print_announcement(&run->mark, before);
    run->mark.run = (number > run->mark.run ? number : run->mark.run) + 1;
    run->mark.present = true;
    identity_sign(run);
    run->mark_written = identity_random(run, run->mark.nonce) && announce(run, before) &&
                        run->local.ops->write_mark(run->local.self, &run->mark, &run->err);
    return run->mark_written;
}

bool
situation_mark_commit(struct run *run)
{
    char number[32], mark[80];

    if (run->mark_committed || !run->mark_written || (run->pair_all && !run->paired))
        return true;
    (void)text_print(number, sizeof number, "%" PRIu64, run->mark.run);
    print_announcement(&run->mark, mark);
    if (!journal_set(run->journal, "run", number, &run->err) ||
        !journal_set(run->journal, "nonce", run->mark.nonce, &run->err) || !place_store_mark(run) ||
        (run->mark_awaited && !journal_set(run->journal, "announced", mark, &run->err)) ||
        (run->maildir_older && !journal_set(run->journal, "past", "", &run->err)))
        return false;
    run->mark_committed = true;
    return true;
}

bool
situation_begin(struct run *run)
{
    return situation_mark(run) && run_begin(run) && (situation_mark_commit(run) || run_end(run, false));
}
