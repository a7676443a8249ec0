/* A run over one account on the real stores: state folder, lock, journal, Maildir, IMAP. */
#include "sync/account_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "store/base/clock.h"
#include "store/imap/imap.h"
#include "sync/after/after.h"
#include "sync/engine.h"
#include "sync/base/outcome.h"
#include "sync/base/state.h"
#include "sync/base/watched.h"

#define WAIT_NS 100000000 /* between two looks at a lock that another golub has: a tenth of a second */

#define STATUS_LOCKED 6 /* another golub was at work: this was no run */

#define QUOTA_EVERY_S 86400 /* how full the server is: so often also where it costs a turn to ask */

enum { LOCK_FOLDER, LOCK_FILE, LOCKS };

static void
drop_locks(int locks[static LOCKS])
{
    for (int i = 0; i < LOCKS; i++) {
        if (locks[i] >= 0)
            (void)close(locks[i]);
        locks[i] = -1;
    }
}

static bool
take_lock(const char *path, int flags, bool dry, int *lock, struct error *err)
{
    *lock = open(path, flags | O_CLOEXEC, 0600);
    if (*lock < 0 && dry && errno == ENOENT) /* never synced: nothing to collide with */
        return true;
    if (*lock < 0) {
        error_sys(err, errno, "open the lock %s", path);
        return false;
    }
    if (flock(*lock, LOCK_EX | LOCK_NB) == 0 || ((flags & O_DIRECTORY) != 0 && errno != EWOULDBLOCK))
        return true;
    error_state(err, ERROR_LOCKED, "another golub is at work on this account");
    error_hint(err, "Wait until it has finished; nothing was done here.");
    return false;
}

/*
 * 6 and a sentence where another golub is at work; the locks die with the process that holds them. The folder's counts: a file can be
 * removed while a run works. The file's is that of earlier versions, which may still be at work, and all there is where a file system
 * locks no folders.
 */
static bool
take_locks(const struct account *account, bool dry, int locks[static LOCKS], struct error *err)
{
    char path[4096];

    locks[LOCK_FOLDER] = locks[LOCK_FILE] = -1;
    if (!state_path(account, "lock", path, sizeof path, err))
        return false;
    if (take_lock(account->state, O_RDONLY | O_DIRECTORY, dry, &locks[LOCK_FOLDER], err) &&
        take_lock(path, (dry ? O_RDONLY : O_RDWR | O_CREAT) | O_NOFOLLOW, dry, &locks[LOCK_FILE], err)) {
        if (!dry)
            (void)futimens(locks[LOCK_FILE], NULL); /* the time of the last run, for status; nothing rests on it */
        return true;
    }
    drop_locks(locks);
    return false;
}

/*
 * A golub with another state folder may be at work in the tree. The run locks it when it opens it (store/maildir/tree.c); looked at here, it can be
 * waited for like one of the same state folder, and the run that it keeps away has not begun.
 */
static bool
tree_is_free(const struct account *account, const struct sync_options *options, struct error *err)
{
    const bool shared = account_is_pop(account) || (options->restore != NULL && options->dry_run);
    const int tree = shared ? -1 : open(account->maildir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool taken = tree >= 0 && flock(tree, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;

    if (tree >= 0) /* where it can't be opened, the run says why */
        (void)close(tree);
    if (!taken)
        return true;
    error_state(err, ERROR_LOCKED, "another golub is at work in the Maildir %s", account->maildir);
    error_hint(err, "Wait until it has finished; nothing was done here.");
    return false;
}

int
account_fail(const struct account *account, struct report *report, struct error *err)
{
    int status = error_status(err->kind);

    (void)text_print(err->account, sizeof err->account, "%s", account->name);
    report_error(report, err);
    report_result(report, account->name, status, &(struct report_counts){0}, 0, false);
    return status;
}

static int
run_on_stores(const struct account *account, const struct sync_options *options, struct journal *journal,
              struct report *report)
{
    const struct account_session *session = options->session;
    struct account_line line;
    struct account_tree tree;
    struct error err = {0};
    struct maildir *maildir = NULL;
    struct imap *imap = NULL;
    int status;

    if (!account_tree(account, options, &tree, &err))
        return account_fail(account, report, &err);
    account_line(account, options, report, &line);
    maildir = maildir_new(&tree.settings);
    imap = session != NULL ? session->imap : imap_new(&line.connection);
    if (maildir == NULL || imap == NULL) {
        error_set(&err, ERROR_LOCAL, "get memory");
        status = account_fail(account, report, &err);
    } else {
        uint64_t files, systems;

        imap_want_quota(imap, options->quota_due);
        if (session != NULL)
            session->begin(session->context);
        status = engine_run(account, options, imap_remote(imap), maildir_local(maildir), journal, report);
        if (session != NULL)
            session->end(session->context, journal);
        maildir_flushes(maildir, &files, &systems);
        report_note(report, account->name, "%llu fsync and %llu syncfs calls for mail", (unsigned long long)files,
                    (unsigned long long)systems);
    }
    if (session == NULL)
        imap_free(imap);
    maildir_free(maildir);
    return status;
}

static bool
is_stopped(const struct sync_options *options)
{
    return options->stopped != NULL && options->stopped(options->stopped_context);
}

static bool
take_all(const struct account *account, const struct sync_options *options, int locks[static LOCKS], struct error *err)
{
    if (!take_locks(account, options->dry_run, locks, err))
        return false;
    if (tree_is_free(account, options, err))
        return true;
    drop_locks(locks);
    return false;
}

/* So long the command waits for another golub; negative: as long as it takes. What runs beside a watcher waits for the end of that one's run. */
static double
patience(const struct account *account, const struct sync_options *options)
{
    if (options->wait_for_lock)
        return options->wait_s != 0 ? (double)options->wait_s : -1;
    return watched_now(account) ? (double)account->connection.timeout_s : 0;
}

/* Another golub's run ends some time, unless the user waits no longer. */
static bool
wait_for_locks(const struct account *account, const struct sync_options *options, int locks[static LOCKS],
               struct report *report, struct error *err)
{
    const double begin = clock_seconds();
    bool said = false;

    while (!take_all(account, options, locks, err)) {
        const double most = patience(account, options);

        if (err->kind != ERROR_LOCKED || (most >= 0 && clock_seconds() - begin >= most) || is_stopped(options))
            return false;
        if (!said)
            report_mailbox(report, account->name, "", "waiting",
                           "another golub is at work: waiting until it has finished");
        said = true;
        *err = (struct error){0};
        (void)nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
    }
    return true;
}

/* Did this run do all that is configured? */
static bool
was_whole(const struct sync_options *options)
{
    return !options->one_way && (options->mailboxes == NULL || options->mailboxes[0] == NULL) &&
           !options->skip_existing && options->adopt_list == NULL;
}

/* What adopts another program's state, puts mail back, or only looks, is no run that anybody waits for. */
static bool
is_recorded(const struct sync_options *options)
{
    return !options->dry_run && options->adopt == NULL && options->restore == NULL && options->altered == NULL &&
           options->keyword == NULL;
}

static void
hear(const struct account *account, const struct outcome *last, struct report *report)
{
    struct report_heard *lines = calloc(last->line_count + 1, sizeof *lines);

    for (size_t i = 0; lines != NULL && i < last->line_count; i++)
        lines[i] = (struct report_heard){last->lines[i].hash, last->lines[i].since};
    report_heard_before(report, account->name, lines, lines != NULL ? last->line_count : 0, (int64_t)time(NULL));
    free(lines);
}

/* For `status`, for monitors, and for the next run. */
static void
record(const struct account *account, const struct sync_options *options, struct outcome *outcome, int status,
       struct report *report)
{
    struct report_heard *lines = calloc(OUTCOME_LINES_MAX, sizeof *lines);
    struct report_said said;
    struct error err = {0};

    report_said(report, account->name, status, &said);
    outcome->attempt = (int64_t)time(NULL);
    outcome->status = status;
    outcome->interrupted = said.interrupted;
    (void)text_print(outcome->error, sizeof outcome->error, "%s", said.error);
    outcome->cause = said.cause;
    if ((status == 0 || status == 3) && !said.interrupted && was_whole(options))
        outcome->success = outcome->attempt;
    if (said.quota_told) {
        outcome->quota = said.quota;
        outcome->quota_seen = outcome->attempt;
    }
    outcome->line_count = lines != NULL ? report_heard_now(report, account->name, lines, OUTCOME_LINES_MAX) : 0;
    for (size_t i = 0; i < outcome->line_count; i++)
        outcome->lines[i] = (struct outcome_line){lines[i].hash, lines[i].since};
    free(lines);
    if (outcome_write(account, outcome, &err))
        return;
    (void)text_print(err.account, sizeof err.account, "%s", account->name);
    error_hint(&err, "The run itself is not affected; `golub status` does not know of it.");
    report_error(report, &err);
}

static int
run_locked(const struct account *account, const struct sync_options *options, account_run *run, struct report *report)
{
    struct error err = {0};
    struct journal *journal = NULL;
    char path[4096];
    int status;

    if (state_path(account, "journal.db", path, sizeof path, &err))
        journal = options->dry_run ? journal_open_copy(path, &err) : journal_open(path, &err);
    status = journal == NULL ? account_fail(account, report, &err) : run(account, options, journal, report);
    journal_close(journal);
    return status;
}

/* A time that lies ahead is of a clock that went back. */
static bool
is_over(int64_t since, int64_t seconds)
{
    const int64_t age = (int64_t)time(NULL) - since;

    return age < 0 || age >= seconds;
}

/* The run, and what is written down of it. */
static int
run_recorded(const struct account *account, const struct sync_options *options, account_run *run, struct report *report)
{
    struct outcome *outcome = calloc(1, sizeof *outcome);
    struct sync_options mine = *options;
    struct error err = {0};
    int status;

    if (outcome != NULL && !outcome_read(account, outcome, &err)) /* what can't be read is replaced */
        *outcome = (struct outcome){0};
    if (outcome != NULL)
        hear(account, outcome, report);
    mine.quota_due = outcome != NULL && is_over(outcome->quota_seen, QUOTA_EVERY_S);
    status = run_locked(account, &mine, run, report);
    if (outcome != NULL && is_recorded(options) && status != STATUS_LOCKED)
        record(account, options, outcome, status, report);
    free(outcome);
    return status;
}

int
account_with_journal(const struct account *account, const struct sync_options *options, account_run *run,
                     struct report *report)
{
    struct error err = {0};
    int locks[LOCKS], status;

    if ((!options->dry_run && !state_make(account, &err)) || !wait_for_locks(account, options, locks, report, &err))
        return account_fail(account, report, &err);
    status = run_recorded(account, options, run, report);
    drop_locks(locks);
    return status;
}

int
account_sync(const struct account *account, const struct sync_options *options, struct report *report)
{
    int status;

    if (options->adopt == NULL && options->altered == NULL)
        after_begin(account, options, report);
    status = account_with_journal(account, options, run_on_stores, report);
    if (options->session == NULL) /* a watcher does not wait for it */
        after_run(account, options, report);
    return status;
}
