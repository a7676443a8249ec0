/* `golub status`: from the journal, without connecting and without writing. */
#include <inttypes.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>

#include "sync/base/outcome.h"
#include "sync/base/state.h"
#include "sync/base/watched.h"
#include "sync/inspect/status_private.h"
#include "sync/rows/letters.h"
#include "sync/rules/keywords.h"
#include "sync/rules/mailbox.h"
#include "sync/rules/special.h"
#include "sync/run/aside.h"

#define WORDS_SIZE 512 /* of what else is said of a mailbox */

static bool
is_special(const struct status_view *view, const struct journal_mailbox *mailbox)
{
    const unsigned uses =
        special_uses(view->account->policy.special, mailbox->name, mailbox->attributes) | mailbox->attributes;

    return strcmp(mailbox->name, "INBOX") == 0 || (uses & ((unsigned)SPECIAL_ANY | REMOTE_SHARED)) != 0;
}

/* The words for it that goes, for it that stays by a key that the user can write, where its messages may go or not, and for it that stays in any case. */
static const char *
gone_words(const struct status_view *view, const struct journal_mailbox *mailbox, enum mailbox_side side)
{
    static const char *const words[2][4] = {
        [SIDE_HERE] =
            {"gone on the server since: its folder is to go",
             "gone on the server since: what is here stays (`pull = {..., \"mailbox-deletes\"}` would remove it)",
             "gone on the server since: what is here stays (`pull = {..., \"deletes\", \"mailbox-deletes\"}` "
             "would remove it)",
             "gone on the server since: what is here stays"},
        [SIDE_THERE] = {"its folder is gone here: it is to go on the server",
                        "its folder is gone here: what is on the server stays (`push = {..., \"mailbox-deletes\"}` "
                        "would delete it there)",
                        "its folder is gone here: what is on the server stays (`push = {..., \"deletes\", "
                        "\"mailbox-deletes\"}` would delete it there)",
                        "its folder is gone here: what is on the server stays"}};
    const struct policy *policy = &view->account->policy;
    const bool special = is_special(view, mailbox);

    if (mailbox_may_go(side, special, policy))
        return words[side][0];
    if (special)
        return words[side][3];
    return words[side][side == SIDE_HERE ? 1 + !policy->pull.deletes : 1 + !policy->push.deletes];
}

static const char *
state_words(const struct status_view *view, const struct journal_mailbox *mailbox)
{
    switch (mailbox->state) {
    case MAILBOX_GONE_REMOTE:
        return gone_words(view, mailbox, SIDE_HERE);
    case MAILBOX_GONE_LOCAL:
        return gone_words(view, mailbox, SIDE_THERE);
    case MAILBOX_REPAIR:
        return "to be paired anew";
    case MAILBOX_NEW_LOCAL:
        return "not on the server yet";
    case MAILBOX_NEW_REMOTE:
        return "no folder here yet";
    case MAILBOX_ACTIVE:
        break;
    }
    return "";
}

static void add_words(char to[static WORDS_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
add_words(char to[static WORDS_SIZE], const char *format, ...)
{
    const size_t used = strlen(to);
    va_list args;

    va_start(args, format);
    (void)text_print(to + used, WORDS_SIZE - used, "%s", used != 0 ? ", " : "");
    (void)vsnprintf(to + strlen(to), WORDS_SIZE - strlen(to), format, args); /* what is cut is cut */
    va_end(args);
}

/* Its list and its count on the server do not agree. */
static void
add_uneven(const struct journal_mailbox *mailbox, char to[static WORDS_SIZE])
{
    const uint64_t more = (uint64_t)(mailbox->excess < 0 ? -mailbox->excess : mailbox->excess);

    if (mailbox->uneven == 0)
        return;
    if (mailbox->excess > 0)
        add_words(to, "the server counts %" PRIu64 " more that it does not list", more);
    else
        add_words(to, "the server's list and its count do not agree");
    if (mailbox->unjudged != 0)
        add_words(to, "%" PRIu32 " removal%s there wait%s for that", mailbox->unjudged,
                  mailbox->unjudged == 1 ? "" : "s", mailbox->unjudged == 1 ? "s" : "");
}

/* What was said by golub keyword, and is not on the server. */
static void
add_keywords(const struct status_view *view, int64_t mailbox, char to[static WORDS_SIZE])
{
    uint64_t wait = 0, unkept = 0;

    for (size_t i = 0; i < view->keyword_count; i++) {
        if (view->keywords[i].mailbox != mailbox)
            continue;
        wait += keyword_waits(view->keywords[i].sides);
        unkept += view->keywords[i].unkept;
    }
    if (wait != 0)
        add_words(to, "%" PRIu64 " keyword%s to go up", wait, wait == 1 ? "" : "s");
    if (unkept != 0)
        add_words(to, "%" PRIu64 " keyword%s the server can't hold", unkept, unkept == 1 ? "" : "s");
}

struct unlettered { /* keywords of a mailbox that have no letter */
    const struct letters *letters;
    const struct policy *policy;
    char words[KEYWORDS_MAX + 1];
    size_t count;
};

static bool
add_unlettered(void *context, const char *keywords, uint64_t messages)
{
    struct unlettered *unlettered = context;

    (void)messages;
    for (const char *at = keywords; *at != '\0';) {
        const struct text word = {at, strcspn(at, " ")};

        at += word.len + (at[word.len] == ' ');
        if (keyword_is_legal(word) && letters_of_word(unlettered->letters, word) < 0 &&
            !letters_skip(unlettered->policy, word) && !keywords_have(unlettered->words, word))
            unlettered->count += keywords_add(unlettered->words, word);
    }
    return true;
}

/* All letters of its names are taken: which keywords have none. */
static bool
add_letters(struct status_view *view, int64_t mailbox, char to[static WORDS_SIZE])
{
    struct journal_lettered *row = calloc(1, sizeof *row);
    struct letters *letters = calloc(1, sizeof *letters);
    struct unlettered *unlettered = calloc(1, sizeof *unlettered);
    bool found = false, ok = row != NULL && letters != NULL && unlettered != NULL;

    if (!ok)
        error_set(&view->err, ERROR_LOCAL, "get memory");
    ok = ok && journal_lettered_get(view->journal, mailbox, row, &found, &view->err);
    if (ok && found) {
        letters_parse(text_of(row->letters), letters);
        unlettered->letters = letters;
        unlettered->policy = &view->account->policy;
        ok = letters->taken != (1u << LETTERS_COUNT) - 1 ||
             journal_keyword_sums(view->journal, mailbox, add_unlettered, unlettered, &view->err);
        if (ok && unlettered->count != 0)
            add_words(to, "%zu keyword%s %s no letter (%d are taken): %s", unlettered->count,
                      unlettered->count == 1 ? "" : "s", unlettered->count == 1 ? "has" : "have", LETTERS_COUNT,
                      unlettered->words);
    }
    free(row);
    free(letters);
    free(unlettered);
    return ok;
}

static uint64_t
count_held(const struct status_view *view, int64_t mailbox)
{
    uint64_t held = 0;

    for (size_t i = 0; i < view->pending_count; i++)
        held += view->pending[i].mailbox == mailbox && view->pending[i].kind == PENDING_HELD;
    return held;
}

/* It is gone on one side, and stays on the other. */
static bool
is_void(const struct status_view *view, const struct journal_mailbox *mailbox)
{
    const bool here = mailbox->state == MAILBOX_GONE_LOCAL, there = mailbox->state == MAILBOX_GONE_REMOTE;

    return (here || there) &&
           !mailbox_may_go(there ? SIDE_HERE : SIDE_THERE, is_special(view, mailbox), &view->account->policy);
}

static bool
count_mailbox(struct status_view *view, const struct journal_mailbox *mailbox, struct report_mailbox_row *row,
              char words[static WORDS_SIZE])
{
    const uint64_t held = count_held(view, mailbox->id);
    uint64_t waiting, unseen, foreign;

    if (!journal_message_count(view->journal, mailbox->id, WHICH_WITH_BASE, &row->here, &view->err) ||
        !journal_message_count(view->journal, mailbox->id, WHICH_WITH_UID, &row->there, &view->err) ||
        !journal_message_count(view->journal, mailbox->id, WHICH_DIRTY, &waiting, &view->err) ||
        !journal_message_count(view->journal, mailbox->id, WHICH_OUT_OF_VIEW, &unseen, &view->err) ||
        !journal_message_count(view->journal, mailbox->id, WHICH_FOREIGN, &foreign, &view->err))
        return false;
    /* What its folder is called since is the only name that it has. */
    row->mailbox = mailbox->state == MAILBOX_GONE_REMOTE && mailbox->goal_there != NULL
                       ? mailbox->goal_there
                       : aside_known(mailbox->name, mailbox->goal_there);
    row->held = is_void(view, mailbox) ? 0 : held;
    row->waiting = waiting > unseen + held ? waiting - unseen - held : 0;
    if (mailbox->state == MAILBOX_GONE_REMOTE) /* its rows are what it had */
        row->there = 0;
    else if (mailbox->state == MAILBOX_GONE_LOCAL)
        row->here = 0;
    row->words = words;
    if (foreign != 0)
        add_words(words, "%" PRIu64 " paired in other bytes", foreign);
    if (unseen != 0)
        add_words(words, "%" PRIu64 " that the server does not show", unseen);
    add_uneven(mailbox, words);
    add_keywords(view, mailbox->id, words);
    if (!add_letters(view, mailbox->id, words))
        return false;
    if (mailbox->state != MAILBOX_ACTIVE)
        add_words(words, "%s", state_words(view, mailbox));
    return true;
}

/* INBOX is what people look for first. */
static void
put_inbox_first(struct report_mailbox_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct report_mailbox_row row = rows[i];

        if (strcmp(row.mailbox, "INBOX") != 0)
            continue;
        memmove(&rows[1], &rows[0], i * sizeof rows[0]);
        rows[0] = row;
    }
}

static bool
show_mailboxes(struct status_view *view)
{
    struct report_mailbox_row *rows = calloc(view->count + 1, sizeof *rows);
    char(*words)[WORDS_SIZE] = calloc(view->count + 1, sizeof *words);
    bool ok = rows != NULL && words != NULL;

    if (!ok)
        error_set(&view->err, ERROR_LOCAL, "get memory");
    for (size_t i = 0; ok && i < view->count; i++)
        ok = count_mailbox(view, &view->mailboxes[i], &rows[i], words[i]);
    if (ok)
        put_inbox_first(rows, view->count);
    if (ok)
        report_mailbox_table(view->report, view->account->name, rows, view->count);
    free(rows);
    free(words);
    return ok;
}

/* In a mailbox that is gone on one side, and stays on the other, nothing counts as removed, and should it come back neither: no word is waited for. */
static void
forget_void(struct status_view *view)
{
    size_t kept = 0;

    for (size_t i = 0; i < view->pending_count; i++) {
        bool gone = false;

        for (size_t m = 0; m < view->count && view->pending[i].kind == PENDING_HELD && !gone; m++)
            gone = view->mailboxes[m].id == view->pending[i].mailbox && is_void(view, &view->mailboxes[m]);
        if (!gone)
            view->pending[kept++] = view->pending[i];
    }
    view->pending_count = kept;
}

static void
show_waiting(struct status_view *view, const struct journal_pending *row, const struct journal_message *message)
{
    const struct report_pending pending = {.mailbox = status_mailbox(view, row->mailbox),
                                           .work = row->detail,
                                           .uid = message != NULL ? message->uid : 0,
                                           .file = message != NULL ? message->base : NULL,
                                           .why = row->why,
                                           .since = row->since};
    char text[sizeof row->why + 2048], which[sizeof message->base + 32] = "", when[32];

    report_date(row->since, when, sizeof when);
    if (message != NULL)
        (void)text_print(which, sizeof which, " UID %" PRIu32 " %s", message->uid, message->base);
    (void)text_print(text, sizeof text, "%s: %s%s: %s (since %s)", pending.mailbox, row->detail, which, row->why, when);
    report_pending(view->report, view->account->name, &pending, text);
}

static bool
show_pending(struct status_view *view)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL;

    if (!ok)
        error_set(&view->err, ERROR_LOCAL, "get memory");
    for (size_t i = 0; ok && i < view->pending_count; i++) {
        const struct journal_pending *row = &view->pending[i];
        bool found = false;

        if (row->kind == PENDING_HELD)
            continue;
        ok = row->message == 0 || journal_message_get(view->journal, row->message, message, &found, &view->err);
        if (ok)
            show_waiting(view, row, found ? message : NULL);
    }
    free(message);
    return ok;
}

/* When the last run of an earlier version was, which did not write down how it ended. */
static int64_t
last_lock(struct status_view *view)
{
    char path[4096];
    struct stat lock;

    return state_path(view->account, "lock", path, sizeof path, &view->err) && stat(path, &lock) == 0
               ? (int64_t)lock.st_mtim.tv_sec
               : 0;
}

/* @return false: the last success is older than the user allows */
static bool
show_last(struct status_view *view, bool journal)
{
    struct outcome outcome;
    struct report_state state = {.now = (int64_t)time(NULL), .error = ""};
    char never[128], when[32];
    bool known = outcome_read(view->account, &outcome, &view->err);

    if (!known)
        report_error(view->report, &view->err);
    (void)text_print(never, sizeof never, "%s", account_is_pop(view->account) ? "never imported" : "never synced");
    if (journal && outcome.success == 0)
        (void)text_print(never, sizeof never, "no success was written down yet");
    if (journal && outcome.attempt == 0 && last_lock(view) != 0) {
        report_date(last_lock(view), when, sizeof when);
        (void)text_print(never, sizeof never, "last run %s, by a version that did not write down how it ended", when);
    }
    view->succeeded = outcome.success != 0;
    state.success = outcome.success;
    state.attempt = outcome.attempt;
    state.status = outcome.status;
    state.interrupted = outcome.interrupted;
    state.error = outcome.error;
    state.cause = outcome.cause;
    state.never = never;
    state.quota = outcome.quota;
    state.quota_seen = outcome.quota_seen;
    report_state(view->report, view->account->name, &state);
    return view->max_age == 0 || (state.success != 0 && state.now - state.success <= view->max_age);
}

/* Does a watcher keep it, and what tells that one of changes? */
static void
show_watched(struct status_view *view)
{
    struct watched watched;
    char since[32], changed[32];

    if (!watched_now(view->account) || !watched_read(view->account, &watched))
        return;
    report_date(watched.since, since, sizeof since);
    report_date(watched.changed, changed, sizeof changed);
    report_line(view->report, view->account->name, "watch", "watched since %s: %s (since %s)", since, watched.state,
                changed);
}

static bool
show_sync(struct status_view *view)
{
    if (!journal_mailboxes(view->journal, &view->mailboxes, &view->count, &view->err) ||
        !journal_pendings(view->journal, &view->pending, &view->pending_count, &view->err) ||
        !journal_keywords(view->journal, &view->keywords, &view->keyword_count, &view->err) || !show_mailboxes(view))
        return false;
    forget_void(view);
    return show_pending(view) && status_held(view) && status_quarantine(view);
}

static bool
show_journal(struct status_view *view)
{
    return account_is_pop(view->account) ? status_import(view->account, view->journal, view->report, &view->err)
                                         : show_sync(view);
}

int
account_status(const struct account *account, int64_t max_age, struct report *report)
{
    struct status_view view = {.account = account, .report = report, .max_age = max_age};
    char path[4096];
    bool missing = false, ok, young;

    if (!state_path(account, "journal.db", path, sizeof path, &view.err)) {
        report_error(report, &view.err);
        return 2;
    }
    view.journal = journal_open_read(path, &missing, &view.err);
    young = show_last(&view, view.journal != NULL);
    show_watched(&view);
    ok = view.journal != NULL ? show_journal(&view) : missing;
    if (missing && view.succeeded)
        report_line(report, account->name, "journal", "there is no journal in %s%s", account->state,
                    account_is_pop(account) ? "" : ": the next run pairs both sides again and deletes nothing");
    if (!ok) {
        (void)text_print(view.err.account, sizeof view.err.account, "%s", account->name);
        report_error(report, &view.err);
    }
    journal_mailboxes_free(view.mailboxes, view.count);
    free(view.pending);
    free(view.keywords);
    journal_close(view.journal);
    return !ok ? 2 : young ? 0 : 1;
}
