/*
 * Which mailboxes are on which side, and which of them changed since the last run. One LIST with STATUS and one stat of
 * each folder answer that; a mailbox where neither side moved is done here: no SELECT, no directory read. What that
 * makes of a mailbox: sync/rules/mailbox.c.
 */
#include "sync/observe/closed.h"
#include "sync/observe/gone_news.h"
#include "sync/observe/left_out.h"
#include "sync/observe/mapped.h"
#include "sync/observe/moved_folders.h"
#include "sync/observe/observe.h"
#include "sync/observe/renamed.h"
#include "sync/observe/survey.h"
#include "sync/observe/turned_back.h"
#include "sync/observe/uneven.h"
#include "sync/observe/unused_folders.h"
#include "sync/rows/flushed.h"
#include "sync/rows/missing.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/mailbox.h"
#include "sync/run/aside.h"
#include "sync/run/attempts.h"
#include "sync/run/attempts_bare.h"
#include "sync/run/lookup.h"
#include "sync/run/place.h"
#include "sync/run/shapes.h"
#include "sync/run/situation.h"
#include "sync/run/uses.h"

static bool
see_folder(void *context, const char *folder)
{
    struct run *run = context;
    char here[LIMIT_MAILBOX_NAME + 1], name[LIMIT_MAILBOX_NAME + 1];
    struct error err = {0};
    struct mailbox *mailbox = lookup_folder(run, folder);
    bool stands;

    if (mailbox == NULL) {
        if (!names_from_folder(folder, run->account->policy.layout, here, &err))
            return survey_note_odd(run, folder); /* only the server's list tells whether it is a mailbox */
        if (!names_map_there(&run->map, here, name, &err)) {
            if (!left_out_stands(run, folder, &stands))
                return false;
            if (stands || mapped_is_changed(run)) /* what is in the way of another map is said, or moves out of it */
                return true;
            run_problem(run, NULL, &err);
            return unused_folders_note(run, folder);
        }
        mailbox = lookup_name(run, name);
        if (mailbox != NULL) { /* moved_folders.h */
            free(mailbox->second);
            mailbox->second = strdup(folder);
            return mailbox->second != NULL || run_no_memory(run);
        }
        if (closed_is_strange(run, name, folder))
            return true;
        mailbox = survey_add(run, name, folder, MAILBOX_NEW_LOCAL);
        if (mailbox == NULL)
            return false;
    }
    mailbox->folder_here = true;
    return true;
}

static bool
is_asked(const struct run *run, const char *name, const char *name_to_be)
{
    const char *const *asked = run->options->mailboxes;

    if (asked == NULL || asked[0] == NULL)
        return true;
    for (; *asked != NULL; asked++) {
        if (strcmp(*asked, name) == 0 || (name_to_be != NULL && strcmp(*asked, name_to_be) == 0) ||
            (strcasecmp(*asked, "INBOX") == 0 && strcmp(name, "INBOX") == 0))
            return true;
    }
    return false;
}

/* As its folder is called that was renamed here, too. */
static const struct mailbox *
find_asked(struct run *run, const char *name)
{
    const struct mailbox *mailbox = lookup_name(run, strcasecmp(name, "INBOX") == 0 ? "INBOX" : name);

    for (size_t i = 0; mailbox == NULL && i < run->count; i++)
        if (run->mailboxes[i].row.goal_there != NULL && strcmp(run->mailboxes[i].row.goal_there, name) == 0)
            mailbox = &run->mailboxes[i];
    return mailbox;
}

/* Every name on the command line must be a mailbox, and one that the configuration chooses. */
static bool
check_asked(struct run *run, bool listed)
{
    const char *const *asked = run->options->mailboxes;

    for (; asked != NULL && *asked != NULL; asked++) {
        const struct mailbox *mailbox = find_asked(run, *asked);

        if (mailbox != NULL && !mailbox->chosen && (listed || !names_ask_the_server(run->account->policy.patterns))) {
            error_set(&run->err, ERROR_CONFIG, "use mailbox %s: `mailboxes` does not choose it", *asked);
            error_hint(&run->err, "Name it in `mailboxes` of account %s.", run->account->name);
            return false;
        }
        if (mailbox != NULL || strcasecmp(*asked, "INBOX") == 0)
            continue;
        error_set(&run->err, ERROR_CONFIG, "find mailbox %s", *asked);
        error_hint(&run->err, "`golub status %s` lists the mailboxes.", run->account->name);
        return false;
    }
    return true;
}

static void
note_asked(struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        run->mailboxes[i].asked = is_asked(run, run->mailboxes[i].row.name, run->mailboxes[i].row.goal_there);
}

/* Nothing was seen of it yet: neither cursors nor the folder's times. */
static void
forget_cursors(struct journal_mailbox *row)
{
    row->uidvalidity = row->uidnext = row->messages = 0;
    row->modseq = 0;
    row->stamp[0] = '\0';
    uneven_forget(row);
}

static void
say_gone(struct run *run, struct mailbox *mailbox, enum mailbox_state state)
{
    const bool there = state == MAILBOX_GONE_REMOTE,
               goes = mailbox_may_go(there ? SIDE_HERE : SIDE_THERE, uses_is_special(mailbox), &run->account->policy);

    if (mailbox->row.state != state)
        report_mailbox(
            run->report, run->account->name,
            there && mailbox->row.goal_there != NULL ? mailbox->row.goal_there : mailbox->row.name,
            there ? "gone-there" : "gone-here",
            there  ? (goes ? "it is gone on the server: the next run that misses it there, too, removes its folder"
                           : "it is gone on the server; what is here stays")
            : goes ? "its folder is gone here: the mailbox is to go on the server, too"
                   : "its folder is gone here; what is on the server stays");
    if (mailbox->row.behind == 0) {
        mailbox->row.behind = run->seen_id;
        run->fell_behind = true;
    }
}

/*
 * `mailboxes` does not choose it (any more; perhaps somebody unsubscribed it): it is left alone on both sides, and its
 * rows are deleted. Old rows would count as what both sides last agreed on when it is chosen again, and all that
 * changed meanwhile as removals.
 */
static void
say_left_out(struct run *run, const struct mailbox *mailbox)
{
    const bool apart = mailbox->listed && special_is_apart(mailbox->uses, run->labels);

    report_mailbox(
        run->report, run->account->name, run_called(mailbox), "left-out",
        apart ? "what it holds stands in other mailboxes, too, and `mailboxes` chooses it only by its name or by "
                "`special:...` now: what is here stays, and is left alone"
              : "`mailboxes` does not choose it any more: it is left alone, and paired anew should it come back");
}

/*
 * Gone there in this run as in the one before, and all that it had has left its folder here (it was renamed on both sides, perhaps, and nobody says what it is
 * called now): what came into that since, or into another one that was made in its place, is the mail of a mailbox that is new.
 */
static bool
see_new(struct run *run, struct mailbox *mailbox, struct mailbox_next *next)
{
    const bool gone = next->turn == TURN_GONE && next->state == MAILBOX_GONE_REMOTE &&
                      mailbox->row.state == MAILBOX_GONE_REMOTE && !run->pair_all && !run->maildir_older &&
                      run->info.unlisted[0] == '\0';
    const bool named = mailbox->undecided || mailbox->elsewhere || mailbox->fits_one || mailbox->name_waits ||
                       mailbox->row.goal != NULL || mailbox->row.goal_there != NULL;
    bool left = false;

    if (!gone || named || run->move_folders == NULL)
        return true;
    if (!missing_all_left(run, mailbox, &left))
        return false;
    if (left)
        *next = (struct mailbox_next){TURN_MADE_AGAIN, MAILBOX_NEW_LOCAL, true, false};
    return true;
}

/* What was seen of it decides what it is from now on. *keep false: nothing is left of the mailbox. */
static bool
decide_state(struct run *run, struct mailbox *mailbox, bool *keep)
{
    const struct mailbox_sight sight = {.was = mailbox->row.state,
                                        .known = mailbox->row.id != 0,
                                        .there = mailbox->listed,
                                        .here = mailbox->folder_here,
                                        .chosen = mailbox->chosen,
                                        .restored = run->maildir_older,
                                        .cut = run->info.unlisted[0] != '\0'};
    struct mailbox_next next = mailbox_next(&sight);

    if (!see_new(run, mailbox, &next))
        return false;
    *keep = next.turn != TURN_OVER;
    if (next.turn == TURN_LEFT_OUT && !left_out_note(run, mailbox))
        return false;
    if (next.turn == TURN_MET && !left_out_forget(run, mailbox))
        return false;
    if (next.forget && !unfinished_forget(run, mailbox))
        return false;
    if (next.turn == TURN_GONE)
        say_gone(run, mailbox, next.state);
    else if (next.turn == TURN_LEFT_OUT)
        say_left_out(run, mailbox);
    mailbox->row.state = next.state;
    if (next.ask && mailbox->row.wire != NULL)
        mailbox->listed = mailbox->by_name = true;
    else if (sight.cut && !sight.there && mailbox->chosen && mailbox->row.id != 0)
        attempts_refused(run, mailbox); /* nobody can look into it */
    if (next.turn == TURN_MET || next.turn == TURN_MADE_AGAIN || next.turn == TURN_LEFT_OUT)
        forget_cursors(&mailbox->row);
    if (next.turn != TURN_BACK)
        return true;
    report_mailbox(run->report, run->account->name, run_called(mailbox), "back",
                   "it is there again on both sides: paired by content, nothing in it counts as removed");
    mailbox->row.stamp[0] = '\0';
    return missing_return(run, mailbox);
}

static bool
any_chosen(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->mailboxes[i].chosen)
            return true;
    }
    return false;
}

/* One whose folder is to get another name gets that first, in this run: nobody would know of its folder any more. */
static bool
is_to_be_left_out(const struct mailbox *mailbox)
{
    return !mailbox->chosen && mailbox->row.goal == NULL;
}

/*
 * Before the server is asked: a run that does not reach it has left them out all the same. Where nothing is chosen that is no wish, but a
 * mistake, or the list says more (check_chosen).
 */
static bool
leave_out_all(struct run *run)
{
    bool any = false, keep, ok = true;

    for (size_t i = 0; i < run->count; i++)
        any = any || (is_to_be_left_out(&run->mailboxes[i]) && run->mailboxes[i].row.id != 0);
    if (!any || !any_chosen(run))
        return true;
    if (!run_begin(run))
        return false;
    for (size_t i = 0; ok && i < run->count; i++)
        ok = !is_to_be_left_out(&run->mailboxes[i]) || decide_state(run, &run->mailboxes[i], &keep);
    return run_end(run, ok);
}

bool
survey_load(struct run *run)
{
    struct journal_mailbox *list;
    size_t count;

    if (!journal_mailboxes(run->journal, &list, &count, &run->err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct mailbox *mailbox = run_mailbox_add(run);

        if (mailbox == NULL) {
            journal_mailboxes_free(list, count);
            return false;
        }
        /* The run takes over the strings; the list keeps an empty row. */
        mailbox->row = list[i];
        mailbox->known_uidvalidity = mailbox->row.uidvalidity;
        list[i] = (struct journal_mailbox){0};
    }
    journal_mailboxes_free(list, count);
    return mapped_load(run);
}

bool
survey_here(struct run *run)
{
    const bool known = run->count != 0;

    if (!run->no_root &&
        (!run->local.ops->folders(run->local.self, see_folder, run, &run->err) || !renamed_see_folders(run)))
        return false;
    if (!run->no_root)
        closed_see(run);
    if (!run->no_root && !moved_folders_see(run))
        return false;
    note_asked(run);
    uses_note(run, false);
    /* On the very first run only the server knows the mailboxes: this is checked again after LIST. */
    return !known || check_asked(run, false);
}

bool
survey_known(struct run *run)
{
    return survey_here(run) && leave_out_all(run);
}

static bool
save_mailbox(struct run *run, struct mailbox *mailbox)
{
    return journal_mailbox_save(run->journal, &mailbox->row, &run->err);
}

/* Say once, when its first row is made, that it is spelled aside. */
static void
say_aside(struct run *run, const struct mailbox *mailbox)
{
    char wire[160], text[400];

    if (!mailbox->listed || mailbox->row.id != 0 || !names_is_aside(mailbox->row.name))
        return;
    error_escape(wire, sizeof wire, text_of(mailbox->row.wire));
    (void)text_print(text, sizeof text,
                     "this is mailbox \"%s\" of the server: another one has that name here, where the prefix is cut",
                     wire);
    report_mailbox(run->report, run->account->name, run_called(mailbox), "aside", text);
}

static bool
decide_states(struct run *run)
{
    size_t kept = 0;

    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        struct journal_mailbox before = mailbox->row;
        bool keep = true;

        if (!decide_state(run, mailbox, &keep))
            return false;
        if (!keep) {
            run_mailbox_free(mailbox);
            continue;
        }
        if (mailbox->chosen)
            say_aside(run, mailbox);
        if (mailbox->chosen &&
            (mailbox->row.id == 0 || mailbox->spelled || memcmp(&before, &mailbox->row, sizeof before) != 0) &&
            !save_mailbox(run, mailbox))
            return false;
        if (&run->mailboxes[kept++] == mailbox)
            continue;
        run->mailboxes[kept - 1] = *mailbox;
        *mailbox = (struct mailbox){0}; /* the strings have one owner, also if this ends half-way */
    }
    run->count = kept;
    lookup_forget(run);
    return true;
}

static bool
moved_there(const struct run *run, const struct mailbox *mailbox)
{
    const struct journal_mailbox *row = &mailbox->row;

    struct search search;

    if (run->pair_all || row->state == MAILBOX_REPAIR || row->past || uneven_is_due(run, row) || !mailbox->has_status)
        return true;
    if (attempts_search(run, mailbox, &search) && search.open)
        return true;
    if (row->uidvalidity != mailbox->uidvalidity || row->uidnext != mailbox->uidnext ||
        row->messages != mailbox->messages)
        return true;
    if (mailbox->modseq == 0) /* without HIGHESTMODSEQ nothing tells whether flags changed */
        return mailbox->messages != 0;
    return row->modseq != mailbox->modseq;
}

bool
survey_check_highest(struct run *run, struct mailbox *mailbox, bool *above)
{
    const struct journal_mailbox *row = &mailbox->row;
    uint32_t highest;

    *above = mailbox->given_back = false;
    if (!mailbox->has_status || mailbox->uidnext == 0)
        return true;
    if (!journal_highest_uid(run->journal, row->id, &highest, &run->err))
        return false;
    *above = highest >= mailbox->uidnext;
    mailbox->given_back = row->uidvalidity == mailbox->uidvalidity && (*above || row->uidnext > mailbox->uidnext);
    return true;
}

/* One stat of folder, cur/ and new/. One that can't be looked at is read: that says what is wrong with it, and it waits by itself. */
static void
look_at_folder(struct run *run, struct mailbox *mailbox)
{
    struct error ignored = {0};
    bool missing;

    if (!mailbox->folder_here) /* a dry run makes none */
        return;
    if (!run->local.ops->stamp(run->local.self, mailbox->row.folder, &mailbox->stamp, &missing, &ignored)) {
        mailbox->stamp = (struct local_stamp){0};
        missing = true;
    }
    mailbox->look_here = missing || run->pair_all || mailbox->row.state == MAILBOX_REPAIR ||
                         mailbox->row.stamp[0] == '\0' || mailbox->stamp.racy ||
                         strcmp(mailbox->row.stamp, mailbox->stamp.text) != 0;
}

bool
survey_look_at_intents(struct run *run)
{
    struct journal_op *ops;
    size_t count;

    if (!journal_ops(run->journal, &ops, &count, &run->err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct mailbox *mailbox = unfinished_is_sent(&ops[i]) ? lookup_wire(run, text_of(ops[i].name))
                                                              : run_mailbox_by_id(run, ops[i].mailbox);
        struct journal_message message;
        bool found = false;

        if (mailbox != NULL)
            mailbox->look_there = mailbox->look_here = true;
        if (ops[i].target != 0 && !journal_message_get(run->journal, ops[i].target, &message, &found, &run->err)) {
            free(ops);
            return false;
        }
        mailbox = found ? run_mailbox_by_id(run, message.mailbox) : NULL;
        if (mailbox != NULL)
            mailbox->look_there = mailbox->look_here = true;
    }
    free(ops);
    return true;
}

/* A mailbox that `special` names and that is nowhere: it may be misspelt. */
static void
say_unused(struct run *run)
{
    const struct special_named *named = run->account->policy.special;
    char text[LIMIT_MAILBOX_NAME + 128];

    for (; named != NULL && named->name != NULL; named++) {
        const struct mailbox *mailbox = lookup_name(run, named->name);

        if (mailbox != NULL && (mailbox->listed || mailbox->row.state == MAILBOX_NEW_LOCAL))
            continue;
        (void)text_print(text, sizeof text,
                         "`special` names %s for %s, and there is no such mailbox: mend the name, or make it",
                         named->name, special_word(named->use));
        report_mailbox(run->report, run->account->name, NULL, "special", text);
    }
}

/* Patterns that choose nothing are refused before anything is left out because of them; one that fits nothing is said. */
static bool
check_chosen(struct run *run)
{
    if (run->count != 0 && !any_chosen(run)) {
        names_none_chosen(&run->err);
        return false;
    }
    for (const char *const *at = run->account->policy.patterns; *at != NULL; at++) {
        bool fits = (*at)[0] == '!'; /* what is to be left out need not be there */
        char text[LIMIT_MAILBOX_NAME + 256];

        for (size_t i = 0; !fits && i < run->count; i++)
            fits = uses_fit(run, &run->mailboxes[i], *at);
        if (fits)
            continue;
        (void)text_print(
            text, sizeof text,
            "the pattern \"%s\" of `mailboxes` fits no mailbox: `golub check %s` lists those that there are", *at,
            run->account->name);
        report_mailbox(run->report, run->account->name, NULL, "pattern", text);
    }
    say_unused(run);
    return true;
}

/* A line of the list could not be read: whose may it be? */
static void
say_cut(struct run *run)
{
    const struct mailbox *first = NULL;
    size_t others = 0;
    char text[80] = "It is asked for by its name.";

    if (run->info.unlisted[0] == '\0')
        return;
    for (size_t i = 0; i < run->count; i++) {
        if (!run->mailboxes[i].by_name)
            continue;
        others += first != NULL;
        first = first != NULL ? first : &run->mailboxes[i];
    }
    if (others != 0)
        (void)text_print(text, sizeof text, "It is asked for by its name, and so %s %zu other%s.",
                         others == 1 ? "is" : "are", others, others == 1 ? "" : "s");
    run_complain(run, first, "read the server's list of mailboxes", run->info.unlisted,
                 first != NULL ? text : "What that line names is left alone.");
}

bool
survey_there(struct run *run)
{
    if (!survey_list(run))
        return false;
    note_asked(run);
    uses_note(run, true);
    return check_chosen(run) && check_asked(run, true);
}

bool
survey_remote(struct run *run)
{
    bool goals;

    if (!survey_there(run) || !moved_folders_see_exchanged(run) || !turned_back_find(run) ||
        !journal_highest_id(run->journal, &run->first_id, &run->err) || !missing_begin(run))
        return false;
    if (run->shapes != NULL && !shapes_check(run->shapes, run->account, &run->local, &run->err))
        return false;
    if (!survey_say_odd(run))
        return false;
    if (!situation_meet(run) || !run_begin(run) || !left_out_see(run, &goals) || !decide_states(run) ||
        !run_commit(run) || (goals && !run->move_folders(run)))
        return false;
    say_cut(run);
    if (!gone_news_say(run))
        return false;
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        bool above;

        if (!mailbox->chosen)
            continue;
        if (mailbox->row.state == MAILBOX_ACTIVE || mailbox->row.state == MAILBOX_REPAIR) {
            run->counts.mailboxes += mailbox->asked;
            if (!survey_check_highest(run, mailbox, &above))
                return false;
            mailbox->look_there = above || moved_there(run, mailbox);
            mailbox->current = !mailbox->look_there;
        }
        look_at_folder(run, mailbox);
    }
    return place_survey(run) && flushed_begin(run) && survey_look_at_intents(run);
}
