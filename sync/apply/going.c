/* See going.h. Here: which mailboxes are to go, and what keeps one; going_end.c: how it goes. */
#include "sync/apply/going.h"

#include "sync/observe/closed.h"
#include "sync/observe/observe.h"
#include "sync/rows/flushed.h"
#include "sync/rows/missing.h"
#include "sync/run/allowed.h"
#include "sync/run/lookup.h"
#include "sync/run/situation.h"
#include "sync/run/uses.h"

#include <errno.h>

#define UNSURE_HERE                                                                                                    \
    ((unsigned)CAUTION_ODD_NAME | CAUTION_UNREAD_FOLDER | CAUTION_UNSTABLE_FOLDER | CAUTION_UNREAD_FILE |              \
     CAUTION_UNREAD_FILES | CAUTION_READ_ONLY)

/* ---- which ones ---- */

static bool
may_go(const struct run *run, const struct mailbox *mailbox, enum mailbox_side side)
{
    return mailbox->row.id != 0 && (mailbox->row.wire != NULL || side == SIDE_HERE) && mailbox->chosen &&
           mailbox->asked && !mailbox->by_name && !mailbox->stuck && !mailbox->name_waits && !mailbox->undecided &&
           !mailbox->elsewhere && !mailbox->fits_one && mailbox->row.goal == NULL &&
           (mailbox->row.goal_there == NULL || side == SIDE_HERE) &&
           mailbox_may_go(side, uses_is_special(mailbox), &run->account->policy);
}

static enum going
find_goal(const struct run *run, const struct mailbox *mailbox)
{
    if (mailbox->row.state == MAILBOX_GONE_LOCAL && mailbox->listed && !mailbox->folder_here &&
        may_go(run, mailbox, SIDE_THERE))
        return GOING_THERE;
    if (mailbox->row.state == MAILBOX_GONE_REMOTE && !mailbox->listed && mailbox->folder_here &&
        run->info.unlisted[0] == '\0' && may_go(run, mailbox, SIDE_HERE))
        return GOING_HERE;
    return GOING_NOT;
}

static void
recall_one(struct mailbox *mailbox, const char *detail)
{
    static const char *const words[] = {[GOING_HERE] = GOING_WAITS_HERE, [GOING_THERE] = GOING_WAITS_THERE};

    for (enum going goal = GOING_HERE; goal <= GOING_THERE; goal++) {
        const size_t length = strlen(words[goal]);

        if (strncmp(detail, words[goal], length) == 0) {
            mailbox->going_waits = goal;
            mailbox->going_kept_back = strcmp(detail + length, GOING_KEPT_BACK) == 0;
        }
    }
}

/* What waited for this before, in whichever run. */
static bool
recall_waiting(struct run *run)
{
    struct journal_pending *list;
    size_t count;

    if (!journal_pendings(run->journal, &list, &count, &run->err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct mailbox *mailbox = list[i].message == 0 ? run_mailbox_by_id(run, list[i].mailbox) : NULL;

        if (mailbox != NULL)
            recall_one(mailbox, list[i].detail);
    }
    free(list);
    return true;
}

/* Its numbers are what they were: then nothing is to be read there. */
static void
look_there_perhaps(struct mailbox *mailbox)
{
    const struct journal_mailbox *row = &mailbox->row;

    mailbox->current = mailbox->has_status && row->uidvalidity == mailbox->uidvalidity &&
                       row->uidnext == mailbox->uidnext && row->messages == mailbox->messages &&
                       (mailbox->modseq != 0 ? row->modseq == mailbox->modseq : mailbox->messages == 0);
    mailbox->look_there = !mailbox->current;
}

/* In a transaction. */
static bool
begin_one(struct run *run, struct mailbox *mailbox)
{
    const enum going goal = find_goal(run, mailbox);

    if (goal != mailbox->going_waits && mailbox->going_waits != GOING_NOT &&
        !journal_pending_clear(run->journal, mailbox->row.id, 0, &run->err))
        return false;
    mailbox->going_kept_back =
        goal != GOING_NOT && ((goal == mailbox->going_waits && mailbox->going_kept_back) ||
                              allowed_newly_whole(run, mailbox, goal == GOING_HERE ? SIDE_HERE : SIDE_THERE));
    if (goal == GOING_HERE && mailbox->going_waits != GOING_HERE)
        return run_pending(run, mailbox, 0, PENDING_MAILBOX, going_waits_word(mailbox),
                           "it is gone on the server: the next run that misses it there, too, removes its folder",
                           NULL);
    mailbox->going = goal;
    if (goal == GOING_THERE)
        look_there_perhaps(mailbox);
    return true;
}

/* Of several mailboxes nothing is left there but INBOX: perhaps what they lie on is away. */
static void
doubt_all(struct run *run)
{
    size_t gone = 0, left = 0;

    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[i];

        gone += mailbox->row.state == MAILBOX_GONE_REMOTE;
        left += mailbox->listed && strcmp(mailbox->row.name, "INBOX") != 0;
    }
    for (size_t i = 0; gone > 1 && left == 0 && i < run->count; i++)
        run->mailboxes[i].going_doubted = run->mailboxes[i].going == GOING_HERE;
}

bool
going_begin(struct run *run)
{
    bool ok;

    if (run->no_root || run->first || run->pair_all || run->maildir_older)
        return true;
    ok = recall_waiting(run) && run_begin(run);
    for (size_t i = 0; ok && i < run->count; i++)
        ok = begin_one(run, &run->mailboxes[i]);
    doubt_all(run);
    return run_end(run, ok);
}

/* ---- its folder is gone here ---- */

struct beside {
    struct run *run;
    const struct mailbox *mailbox;
    char foreign[GOING_WHY];
};

/* A directory in which a mailbox stands is no foreign one. */
static bool
see_beside(void *context, const char *name, bool directory)
{
    struct beside *beside = context;
    const bool holds = directory && lookup_is_above(beside->run, beside->mailbox->row.folder, name);

    if (!holds)
        (void)text_print(beside->foreign, sizeof beside->foreign, "\"%s\" stands in its folder", name);
    return holds;
}

/* What can't be looked at keeps its own mailbox, and no other one. */
static void
say_unseen(struct run *run, struct mailbox *mailbox, const struct error *err, char why[static GOING_WHY])
{
    if (err->number == ENOTDIR || err->number == ELOOP) { /* moved away by somebody who reads it there */
        (void)text_print(why, GOING_WHY,
                         "a symbolic link, which is not followed, or a file stands in place of its folder: remove "
                         "that, too, if it is meant to go");
        return;
    }
    run_problem_here(run, mailbox, err);
    (void)text_print(why, GOING_WHY, "%.200s: %.90s", err->what, err->answer);
}

/* An empty directory at its path, or in place of what it stood in, is perhaps one on which something is to be mounted. */
static void
find_empty(struct run *run, struct mailbox *mailbox, char why[static GOING_WHY])
{
    struct beside beside = {.run = run, .mailbox = mailbox};
    struct error err = {0};
    char path[LOCAL_FOLDER_MAX + 1];
    bool missing = true, empty = false;

    (void)text_print(path, sizeof path, "%s", mailbox->row.folder);
    while (missing) {
        char *slash;

        if (!run->local.ops->beside(run->local.self, path, see_beside, &beside, &missing, &empty, &err)) {
            say_unseen(run, mailbox, &err, why);
            return;
        }
        slash = strrchr(path, '/');
        if (!missing || slash == NULL)
            break;
        *slash = '\0';
    }
    if (!missing && empty)
        (void)text_print(why, GOING_WHY, "folder \"%.200s\" is there, and empty: remove it, too, if it is meant to go",
                         path);
}

/* The second look at it here. *why: what keeps it; "": nothing does */
static void
check_missing(struct run *run, struct mailbox *mailbox, char why[static GOING_WHY])
{
    struct local_stamp stamp;
    struct error err = {0};
    bool missing = true;

    if (closed_is(run, mailbox->row.folder, &err)) {
        (void)text_print(why, GOING_WHY, "its folder can't be looked for: %.200s", err.answer);
        return;
    }
    if (!run->local.ops->stamp(run->local.self, mailbox->row.folder, &stamp, &missing, &err))
        say_unseen(run, mailbox, &err, why);
    else if (!missing)
        (void)text_print(why, GOING_WHY, "its folder is here again");
    else
        find_empty(run, mailbox, why);
}

/* Why nobody can have removed this message of the server; NULL: somebody can. */
static const char *
find_unremoved(const struct run *run, const struct journal_message *message)
{
    if (message->uid == 0 || (message->facts & (FACT_GONE_THERE | FACT_GONE_HERE | FACT_REPLACED)) != 0)
        return NULL;
    if (flushed_is_doubtful(run, message->id))
        return "a power cut may have taken its folder";
    return message->base[0] == '\0' ? "there is mail in it on the server that was never here" : NULL;
}

/* @param mark  what has a file that is gone is written down; else only looked at. In a transaction */
static bool
walk_there(struct run *run, const struct mailbox *mailbox, bool mark, const char **unremoved, bool *hidden)
{
    struct journal_message *message = calloc(1, sizeof *message);
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = (message != NULL || run_no_memory(run)) &&
              journal_message_ids(run->journal, mailbox->row.id, WHICH_ALL, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], message);
        if (!ok)
            break;
        *unremoved = *unremoved != NULL ? *unremoved : find_unremoved(run, message);
        *hidden = *hidden || (message->facts & FACT_OUT_OF_VIEW) != 0;
        if (!mark || message->base[0] == '\0' || (message->facts & FACT_GONE_HERE) != 0)
            continue;
        message->facts |= FACT_GONE_HERE;
        ok = journal_message_save(run->journal, message, &run->err);
    }
    free(ids);
    free(message);
    return ok;
}

/* As if its folder had been made again, and was empty. */
static bool
foresee_back(struct run *run, struct mailbox *mailbox)
{
    const char *why = NULL;

    mailbox->going = GOING_NOT;
    mailbox->row.state = MAILBOX_REPAIR;
    mailbox->folder_here = true;
    run_did(run, mailbox, (struct report_done){.act = DID_CREATE_HERE});
    return run_begin(run) &&
           run_end(run, walk_there(run, mailbox, true, &why, &(bool){false}) && missing_return(run, mailbox) &&
                            journal_mailbox_save(run->journal, &mailbox->row, &run->err));
}

/* It was away, and is back: nothing that is gone of its messages counts as removed. */
static bool
bring_back(struct run *run, struct mailbox *mailbox, const char *why, bool *again)
{
    char text[GOING_WHY + 80];
    struct error err = {0};

    if (!run->account->policy.pull.mailboxes || !run->account->policy.pull.new_mail)
        return going_keep(run, mailbox, why);
    (void)text_print(text, sizeof text, "%s: nothing in it is removed, and its folder is made again", why);
    report_mailbox(run->report, run->account->name, run_called(mailbox), "back", text);
    if (run->dry)
        return foresee_back(run, mailbox);
    if (!situation_mark(run))
        return false;
    if (!run->local.ops->create(run->local.self, mailbox->row.folder, &err)) {
        run_problem(run, mailbox, &err);
        return going_keep(run, mailbox, why);
    }
    mailbox->going = GOING_NOT;
    mailbox->row.state = MAILBOX_REPAIR;
    mailbox->row.stamp[0] = '\0';
    mailbox->folder_here = mailbox->look_there = mailbox->look_here = *again = true;
    run_did(run, mailbox, (struct report_done){.act = DID_CREATE_HERE});
    return run_begin(run) && run_end(run, situation_mark_commit(run) && missing_return(run, mailbox) &&
                                              journal_pending_clear(run->journal, mailbox->row.id, 0, &run->err) &&
                                              journal_mailbox_save(run->journal, &mailbox->row, &run->err));
}

static bool
look_there(struct run *run, struct mailbox *mailbox, bool *again)
{
    const struct journal_mailbox *row = &mailbox->row;
    const char *unremoved = NULL;
    bool hidden = row->view != 0 || row->uneven != 0 || row->hidden != 0 || row->unjudged != 0;
    char why[GOING_WHY] = "";

    if (row->state == MAILBOX_REPAIR)
        return bring_back(run, mailbox, "it is not what it was on the server", again);
    if (!mailbox->current)
        return going_keep(run, mailbox, "what it holds on the server is not known");
    check_missing(run, mailbox, why);
    if (why[0] != '\0')
        return going_keep(run, mailbox, why);
    /* One that was renamed while folders were listed may have been under neither name. */
    if (!survey_folders_again(run) || !walk_there(run, mailbox, false, &unremoved, &hidden))
        return false;
    if ((run->cautions & CAUTION_MADE_HERE) != 0)
        return going_keep(run, mailbox, "a folder was made meanwhile, which may be it");
    if (unremoved != NULL)
        return bring_back(run, mailbox, unremoved, again);
    return !hidden || going_keep(run, mailbox, "the server does not show all that it holds");
}

/* ---- it is gone on the server ---- */

struct asking {
    bool there;
    struct remote_outcome outcome;
};

static bool
see_selected(void *context, size_t index, const struct remote_selected *selected)
{
    struct asking *asking = context;

    (void)index;
    (void)selected;
    asking->there = true;
    return true;
}

static bool
see_message(void *context, size_t index, const struct remote_message *message)
{
    (void)context;
    (void)index;
    return message->uid != 0;
}

static bool
see_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct asking *asking = context;

    (void)index;
    asking->outcome = *outcome;
    return true;
}

/* No name, or one that is another mailbox's now. */
static bool
has_lost_its_name(struct run *run, const struct mailbox *mailbox)
{
    const struct mailbox *other = mailbox->row.wire != NULL ? lookup_listed(run, text_of(mailbox->row.wire)) : NULL;

    return mailbox->row.wire == NULL || (other != NULL && other != mailbox && other->listed && !other->undecided);
}

/* By its name: a list may leave out what the rights to see are gone for. `why` is written where it is there, or nobody says that it is not. */
static bool
ask_by_name(struct run *run, const struct mailbox *mailbox, char why[static GOING_WHY])
{
    static const struct remote_observer observer = {.selected = see_selected, .message = see_message, .done = see_done};
    const struct remote_select request = {.mailbox = text_of(mailbox->row.wire), .first = 1, .last = 1};
    struct asking asking = {0};

    if (!run->remote.ops->observe(run->remote.self, &request, 1, &observer, &asking, &run->err))
        return false;
    if (asking.there || asking.outcome.ok)
        (void)text_print(why, GOING_WHY, "the server does not list it, and has it all the same");
    else if (!asking.outcome.gone)
        (void)text_print(why, GOING_WHY, "the server does not say that it is gone: %.200s", asking.outcome.answer);
    return true;
}

static bool
is_any_new(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->mailboxes[i].going == GOING_HERE && !run->mailboxes[i].going_proven)
            return true;
    return false;
}

/* A list of this run that lacks others, too, or names it, says that lists are not to be relied on now. */
static const char *
find_doubt(const struct run *run, const struct mailbox *mailbox)
{
    struct remote_info info;

    run->remote.ops->info(run->remote.self, &info);
    if (mailbox->elsewhere)
        return "what it holds has another name on the server, which `mailboxes` leaves out, or which no folder here "
               "can have";
    if (mailbox->named_again)
        return "the server lists it again";
    if (info.unlisted[0] != '\0')
        return "the server's list could not be read";
    for (size_t i = 0; i < run->count; i++)
        if (run->mailboxes[i].listed && run->mailboxes[i].chosen && !run->mailboxes[i].by_name &&
            !run->mailboxes[i].named_again)
            return "others are missing in the server's list, too";
    return NULL;
}

/* One more list, and then each of them by its name, unless that is another one's: that is proof enough. *again: that list shows news. */
static bool
prove(struct run *run, bool *again)
{
    bool ok;

    run->seeks_elsewhere = is_any_new(run);
    ok = !run->seeks_elsewhere || survey_again(run);
    run->seeks_elsewhere = false;
    for (size_t i = 0; ok && is_any_new(run) && i < run->count; i++)
        *again = *again || run->mailboxes[i].look_there;
    for (size_t i = 0; ok && is_any_new(run) && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        const char *doubt = mailbox->going == GOING_HERE && !mailbox->going_proven ? find_doubt(run, mailbox) : NULL;
        char why[GOING_WHY] = "";

        if (mailbox->going != GOING_HERE || mailbox->going_proven)
            continue;
        ok = doubt != NULL || has_lost_its_name(run, mailbox) || ask_by_name(run, mailbox, why);
        if (ok && (doubt != NULL || why[0] != '\0'))
            ok = going_keep(run, mailbox, doubt != NULL ? doubt : why);
        mailbox->going_proven = true;
    }
    return ok;
}

/* Its bytes, read once, before it counts as gone: a folder goes with what the server had, or not at all. */
static bool
is_altered(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    const struct local_file file = run_file(mailbox, message);
    struct local_facts facts;
    struct error ignored = {0};
    bool missing = true;

    return !run->local.ops->examine(run->local.self, &file, &facts, &missing, &ignored) || missing ||
           (message->has_wire && memcmp(facts.digests.wire, message->wire, DIGEST_SIZE) != 0);
}

/* What keeps a folder because of this row; NULL: nothing does. */
static const char *
find_reason(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    const unsigned gone = FACT_GONE_HERE | FACT_GONE_THERE;

    if (message->base[0] == '\0' || (message->facts & gone) != 0 || (message->facts & FACT_ALIAS) != 0)
        return NULL;
    if ((message->facts & FACT_ALTERED) != 0 || is_altered(run, mailbox, message))
        return "a file in its folder was altered, or can't be read";
    return message->uid == 0 ? "there is mail in its folder that was never on the server" : NULL;
}

static bool
lose(struct run *run, struct journal_message *message)
{
    if (message->uid == 0 || (message->facts & FACT_GONE_THERE) != 0)
        return true;
    if (message->base[0] == '\0')
        return journal_message_delete(run->journal, message->id, &run->err);
    message->facts |= FACT_GONE_THERE;
    message->facts &= ~(unsigned)(FACT_ECHO | FACT_UNPAIRED | FACT_REMOVED);
    return journal_message_save(run->journal, message, &run->err);
}

static bool
walk_here(struct run *run, struct mailbox *mailbox, bool mark, const char **why)
{
    struct journal_message *message = calloc(1, sizeof *message);
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = (message != NULL || run_no_memory(run)) &&
              journal_message_ids(run->journal, mailbox->row.id, WHICH_ALL, &ids, &count, &run->err);

    mailbox->going_had = mailbox->going_had || count != 0;
    for (size_t i = 0; ok && i < count; i++) {
        bool found;

        ok = journal_message_get(run->journal, ids[i], message, &found, &run->err);
        if (!ok || !found)
            continue;
        if (!mark && *why == NULL)
            *why = find_reason(run, mailbox, message);
        ok = !mark || lose(run, message);
    }
    free(ids);
    free(message);
    return ok;
}

static void
find_foreign(struct run *run, struct mailbox *mailbox, char why[static GOING_WHY])
{
    struct beside beside = {.run = run, .mailbox = mailbox};
    struct error err = {0};
    bool missing, empty;

    if (run->local.ops->beside(run->local.self, mailbox->row.folder, see_beside, &beside, &missing, &empty, &err))
        (void)text_print(why, GOING_WHY, "%s", beside.foreign);
    else
        say_unseen(run, mailbox, &err, why);
}

static bool
look_here(struct run *run, struct mailbox *mailbox)
{
    char foreign[GOING_WHY] = "";
    const char *why = NULL;

    if ((mailbox->cautions & UNSURE_HERE) != 0 || mailbox->look_here)
        return going_keep(run, mailbox, "its folder could not be read as a whole");
    find_foreign(run, mailbox, foreign);
    if (foreign[0] != '\0')
        return going_keep_folder(run, mailbox, foreign);
    if (!walk_here(run, mailbox, false, &why))
        return false;
    if (why != NULL)
        return going_keep_folder(run, mailbox, why);
    return run_begin(run) && run_end(run, walk_here(run, mailbox, true, &why));
}

bool
going_look(struct run *run, bool *again)
{
    const char *ignored = NULL;
    bool ok = prove(run, again);

    for (size_t i = 0; ok && !*again && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->going == GOING_THERE)
            ok = look_there(run, mailbox, again);
        else if (mailbox->going == GOING_HERE)
            ok = look_here(run, mailbox);
    }
    ok = ok && (*again || going_find_standing(run));
    for (size_t i = 0; ok && !*again && i < run->count; i++)
        if (run->mailboxes[i].going == GOING_THERE)
            ok = run_begin(run) && run_end(run, walk_there(run, &run->mailboxes[i], true, &ignored, &(bool){false}));
    return ok;
}

bool
going_judge(struct run *run, const struct agenda *agenda, bool *again)
{
    bool ok = true;

    for (size_t i = 0; ok && i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];
        struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

        if (mailbox->going == GOING_NOT || todo->dropped || todo->partner != 0)
            continue;
        if (mailbox->going == GOING_THERE && todo->step.verb == PLAN_DOWNLOAD)
            ok = bring_back(run, mailbox, "a message in it is wanted on the server", again);
        else if (mailbox->going == GOING_HERE && todo->step.verb == PLAN_UPLOAD)
            ok = going_keep(run, mailbox, "a message in its folder is wanted");
    }
    return ok;
}
