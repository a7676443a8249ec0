/*
 * What the folders show. Names only: flags are in the names, and a name that is known is a message that is known. A name that is
 * missing counts as gone only when a second listing, made after all folders were read, misses it too: a mail reader that renames
 * between two reads of a directory makes a file invisible for a moment. After that every folder that changed meanwhile is read
 * again: what is missing in one may have been moved to another that was read before.
 */
#include "sync/base/id_set.h"
#include "sync/observe/named.h"
#include "sync/observe/observe.h"
#include "sync/observe/unmoved.h"
#include "sync/rows/copied.h"
#include "sync/rows/flushed.h"
#include "sync/rows/held.h"
#include "sync/rows/letters.h"
#include "sync/rows/missing.h"
#include "sync/rows/own_name.h"
#include "sync/rows/quarantined.h"
#include "sync/rows/uncommitted.h"
#include "sync/rules/merge.h"
#include "sync/run/attempts.h"
#include "sync/run/stamps.h"
#include "sync/run/situation.h"

struct look { /* one folder while it is being read */
    struct run *run;
    struct mailbox *mailbox;
    struct unmoved unmoved; /* names that say nothing new */
    size_t *room;           /* of all folders, for those */
    struct id_set seen;     /* rows whose file is in the listing under way, and was told by itself */
    struct id_set before;   /* the same of the first listing, while a second one is under way */
    bool looked, second;
    bool stable;                 /* the folder did not change during the last listing */
    bool bad;                    /* a name in it can't be used */
    bool missing;                /* the first listing lacked the file of a row */
    bool undecided;              /* a name disappeared while the folder changed: a new file may be that one, renamed */
    bool namesake;               /* two files have one base name */
    bool found;                  /* there is a file that no row knows */
    struct namesakes *namesakes; /* of all folders */
    struct id_set *returned;     /* likewise: rows of what had moved, and has its file again */
};

static bool
add_file(struct look *look, const char *base, const char *info)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok;

    if (message == NULL)
        return run_no_memory(look->run);
    message->mailbox = look->mailbox->row.id;
    (void)text_print(message->base, sizeof message->base, "%s", base);
    (void)text_print(message->info, sizeof message->info, "%s", info);
    message->flags.lseen = merge_of_name(info, 0);
    look->found = true;
    traces_of_name(base, &look->run->traces);
    ok = quarantined_recall(look->run, message) && journal_message_save(look->run->journal, message, &look->run->err) &&
         (id_set_add(&look->seen, message->id) || run_no_memory(look->run)) &&
         letters_found(look->run, look->mailbox, message, own_name_is_ours(base));
    free(message);
    return ok;
}

/*
 * The Maildir was put back: its names show flags of the past, and the server's are newer. What the server can't store is nobody's change,
 * and stays. Where an earlier run that was cut off has taken the past over, a flag that is set was set since: set wins, and none that is
 * missing was taken off.
 */
static void
take_past(const struct look *look, struct journal_message *message, const char *before)
{
    const struct run *run = look->run;
    unsigned permanent = look->mailbox->row.permanent, shown, shown_before;

    if (!run->maildir_older || look->mailbox->named ||
        (message->uid == 0 && (message->facts & FACT_GONE_THERE) == 0)) /* never there: its flags agreed with nothing */
        return;
    if ((message->facts & FACT_UNSHOWN) != 0)
        permanent &= message->flags.rseen;
    (void)local_info_flags(message->info, &shown);
    (void)local_info_flags(before, &shown_before);
    /* A name without flags is the one of before it had any, and keeps none. */
    message->flags.lseen &= shown | ~shown_before;
    message->flags = merge_past(message->flags, permanent, run->past_known);
}

/* The file was gone and is back: a change that went to a twin meanwhile (wanted.c) is still one here. */
static void
take_back(const struct look *look, struct journal_message *message)
{
    if (message->uid != 0 && (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_UNSHOWN)) == FACT_GONE_HERE)
        message->flags = merge_back(message->flags, look->mailbox->row.permanent);
}

/* The second listing shows the row's file under another info. */
static bool
note_namesake(struct run *run, struct namesakes *namesakes, const struct journal_message *message, const char *info)
{
    struct namesake *namesake;

    if (!array_grow(&namesakes->at, &namesakes->size, namesakes->count + 1, sizeof *namesakes->at))
        return run_no_memory(run);
    namesake = &namesakes->at[namesakes->count++];
    namesake->id = message->id;
    memcpy(namesake->first, message->info, sizeof namesake->first);
    (void)text_print(namesake->second, sizeof namesake->second, "%s", info);
    return true;
}

static bool
on_file(void *context, const char *base, const char *info)
{
    struct look *look = context;
    struct journal_message message, before;
    bool found;

    if (unmoved_see(&look->unmoved, base, info))
        return true;
    if (!journal_message_by_base(look->run->journal, look->mailbox->row.id, base, &message, &found, &look->run->err))
        return false;
    if (!found)
        return add_file(look, base, info);
    if (id_set_has(&look->seen, message.id) ||
        unmoved_is_seen(&look->unmoved, text_of(message.base), text_of(message.info))) {
        /* The second listing names everything again; within one listing a base comes once, or it has a namesake. */
        if (strcmp(message.info, info) == 0)
            return true;
        if (!look->second) {
            look->namesake = true;
            return note_namesake(look->run, look->namesakes, &message, info);
        }
    }
    unmoved_take(&look->unmoved, message.base, message.info);
    before = message;
    (void)text_print(message.info, sizeof message.info, "%s", info);
    unsigned shown = (before.facts & FACT_GONE_HERE) != 0 ? merge_of_name(info, message.flags.lseen)
                                                          : merge_of_rename(before.info, info, message.flags.lseen);
    if (strcmp(before.info, info) != 0 || (before.flags.lseen & FLAG_FORWARDED) != 0)
        shown |= letters_flags(look->mailbox, info, (before.flags.lseen & FLAG_FORWARDED) != 0 ? NULL : before.info);
    if ((before.facts & FACT_GONE_THERE) != 0)
        message.flags = merge_survivor(message.flags, shown, true);
    message.flags.lseen = shown;
    if (letters_lost_forwarded(look->run, look->mailbox, &before, &message))
        message.flags = merge_unsaid(message.flags, FLAG_FORWARDED);
    if (uncommitted_is(&before))
        uncommitted_found(&message);
    if ((message.facts & FACT_GONE_THERE) == 0) { /* else it is the rest of a move, or waits for its message */
        if ((message.facts & FACT_MOVED) != 0 && !(id_set_add(look->returned, message.id) || run_no_memory(look->run)))
            return false;
        message.facts &= ~(unsigned)(FACT_UNPAIRED | FACT_MOVED);
    }
    take_back(look, &message);
    message.facts &= ~(unsigned)(FACT_GONE_HERE | FACTS_OF_LACK);
    take_past(look, &message, before.info);
    flushed_doubt_flags(look->run, &message);
    if (!(id_set_add(&look->seen, message.id) || run_no_memory(look->run)) ||
        ((before.facts & FACT_GONE_HERE) != 0 && !held_end_word(look->run, look->mailbox, message.id)))
        return false;
    return memcmp(&before, &message, sizeof before) == 0 ||
           (journal_message_save(look->run->journal, &message, &look->run->err) &&
            letters_renamed(look->run, look->mailbox, &before, &message));
}

static bool
on_bad(void *context, const char *name, const char *why)
{
    struct look *look = context;

    char what[256];
    const bool first = attempts_file_unread(look->run, look->mailbox, CAUTION_ODD_NAME);

    look->bad = true;
    (void)text_print(what, sizeof what, "use file %s", name);
    run_complain(look->run, look->mailbox, what, why,
                 first ? "No removal goes to the server in this run; while it is in the way, none of this mailbox."
                       : "While it is in the way, no removal of this mailbox goes to the server.");
    return true;
}

static bool
say_unread(struct run *run, struct mailbox *mailbox, const struct error *err)
{
    char why[sizeof err->what + sizeof err->answer + 2];

    run_problem(run, mailbox, err);
    (void)text_print(why, sizeof why, "can't %s: %s", err->what, err->answer);
    return run_pending(run, mailbox, 0, PENDING_FAILED, "read", why, NULL);
}

static bool
read_folder(struct look *look)
{
    static const struct local_scanner scanner = {on_file, on_bad};
    struct run *run = look->run;
    struct mailbox *mailbox = look->mailbox;
    struct local_stamp stamp;
    struct error err = {0};

    look->looked = true;
    look->stable = false;
    if (look->unmoved.names == NULL && !unmoved_load(&look->unmoved, run, mailbox->row.id, look->room))
        return false;
    if (!traces_look(run, mailbox, true) || !lettering_open(run, mailbox, true))
        return false;
    if (!run->local.ops->scan(run->local.self, mailbox->row.folder, &scanner, look, &stamp, &look->stable, &err)) {
        if (run->err.kind != ERROR_NONE) /* our own callback: the journal failed */
            return false;
        /* Only a folder that was read has a stamp: with one, this is the first run that can't, whatever a run that was cut off has counted. */
        if (mailbox->row.stamp[0] != '\0')
            attempts_folder_read(run, mailbox);
        attempts_folder_unread(run, mailbox);
        mailbox->row.stamp[0] = '\0';
        return say_unread(run, mailbox, &err);
    }
    attempts_folder_read(run, mailbox);
    if (!look->stable)
        run_learn(run, mailbox, CAUTION_UNSTABLE_FOLDER);
    if (!run->dry)
        (void)run->local.ops->sweep(run->local.self, mailbox->row.folder); /* cut_off.h: what is too young waits */
    /* A name that can't be used keeps back removals in every run until it is gone, so the folder is read in every run. The same
     * for a name that two files have: what this run does not tell apart, the next one does. */
    (void)text_print(mailbox->row.stamp, sizeof mailbox->row.stamp, "%s",
                     look->stable && !stamp.racy && !look->bad && !look->namesake && !lettering_is_puzzled(mailbox)
                         ? stamp.text
                         : "");
    return stamps_seen(run, mailbox, &stamp, look->stable);
}

/*
 * Is everything as it was when the folder was last listed, but for the names that were told? One that is paired, or was never listed, or not well, is
 * listed.
 */
static bool
can_go_by_names(const struct look *look)
{
    const struct run *run = look->run;
    const struct mailbox *mailbox = look->mailbox;
    const struct sync_named *first;

    return run->options->named_count != 0 && !run->first && !run->pair_all && !run->maildir_older &&
           !mailbox->by_names && mailbox->row.state == MAILBOX_ACTIVE && mailbox->row.stamp[0] != '\0' &&
           named_of(run, mailbox, &first) != 0;
}

/*
 * The folder is told name by name. What of that is written down before it turns out that it must be listed is true all the same.
 * @param done  [out] false: it must be listed
 */
static bool
read_names(struct look *look, bool *done)
{
    const struct named_scanner scanner = {on_file, look};
    struct run *run = look->run;
    struct mailbox *mailbox = look->mailbox;
    struct local_stamp stamp;
    struct error err = {0};
    bool missing, whole;

    *done = false;
    mailbox->by_names = true; /* once in a run: what is told later belongs to the next one */
    if (!run->local.ops->stamp(run->local.self, mailbox->row.folder, &stamp, &missing, &err) || missing)
        return true;
    if (!lettering_open(run, mailbox, true))
        return false;
    if (!named_scan(run, mailbox, &scanner, &whole))
        return false;
    if (whole) {
        id_set_free(&look->seen);
        look->seen = (struct id_set){0};
        return true;
    }
    *done = look->looked = true;
    /* Times that no folder has: whoever knows no names lists it. */
    (void)text_print(mailbox->row.stamp, sizeof mailbox->row.stamp, "by names");
    return stamps_seen(run, mailbox, &stamp, false);
}

static bool
read_again(struct look *look)
{
    id_set_free(&look->before);
    look->before = look->seen;
    look->seen = (struct id_set){0};
    unmoved_again(&look->unmoved);
    look->second = true;
    return read_folder(look);
}

/* What rows of a mailbox were not in the listing. */
struct missing {
    const struct look *look;
    int64_t *ids; /* ... nor in the one before */
    size_t count, size;
    bool any, before; /* one was not; and was in the one before */
    bool no_memory;
};

static bool
is_in(const struct look *look, const struct journal_name *row, bool before)
{
    return id_set_has(before ? &look->before : &look->seen, row->id) ||
           (before ? unmoved_was_seen : unmoved_is_seen)(&look->unmoved, row->base, row->info);
}

static bool
stop_at_missing(void *context, const struct journal_name *row)
{
    struct missing *missing = context;

    missing->any = (row->facts & FACT_GONE_HERE) == 0 && !is_in(missing->look, row, false);
    return !missing->any;
}

/* Is a file of the journal missing in any folder that was listed in this run? */
static bool
find_missing(struct look *look, bool *missing)
{
    struct missing found = {.look = look};
    const struct unmoved *unmoved = &look->unmoved;

    *missing = false;
    if (run_learned(look->mailbox, CAUTION_UNREAD_FOLDER))
        return true;
    *missing = unmoved->seen < unmoved->count;
    if (*missing || !unmoved->others)
        return true;
    if (!journal_names(look->run->journal, look->mailbox->row.id, unmoved->count, stop_at_missing, &found,
                       &look->run->err) &&
        !found.any)
        return false;
    *missing = found.any;
    return true;
}

/* Nothing is missing: if the folder is read again, then since it changed meanwhile, and it is read anew. */
static void
forget(struct look *look)
{
    unmoved_free(&look->unmoved, look->room);
    id_set_free(&look->seen);
    id_set_free(&look->before);
}

/*
 * Read again every folder that changed since it was read, or since it was found unchanged: what is missing elsewhere
 * may be there now.
 */
static bool
read_changed(struct look *look)
{
    struct run *run = look->run;
    struct mailbox *mailbox = look->mailbox;
    struct local_stamp stamp;
    struct error err = {0};
    bool missing;

    if (!run->local.ops->stamp(run->local.self, mailbox->row.folder, &stamp, &missing, &err) || missing) {
        run_learn(run, mailbox, CAUTION_UNSTABLE_FOLDER); /* the next run says what is wrong with it */
        return true;
    }
    if (!stamp.racy && strcmp(stamp.text, mailbox->row.stamp) == 0)
        return true;
    if (!read_again(look) || !find_missing(look, &missing))
        return false;
    if (missing) { /* it was missing in one listing only */
        mailbox->row.stamp[0] = '\0';
        look->undecided = true;
    }
    forget(look);
    return true;
}

static bool
keep_missing(void *context, const struct journal_name *row)
{
    struct missing *missing = context;

    if ((row->facts & FACT_GONE_HERE) != 0 || is_in(missing->look, row, false))
        return true;
    if (is_in(missing->look, row, true)) { /* it disappeared between the two listings: the next look decides */
        missing->before = true;
        return true;
    }
    missing->no_memory = !array_grow(&missing->ids, &missing->size, missing->count + 1, sizeof *missing->ids);
    if (!missing->no_memory)
        missing->ids[missing->count++] = row->id;
    return !missing->no_memory;
}

static bool
take_missing(struct look *look, int64_t id)
{
    struct run *run = look->run;
    struct journal_message message;

    if (!run_load(run, id, &message))
        return false;
    if (run->pair_all || flushed_is_doubtful(run, message.id)) {
        /* Journal and Maildir are not of one run: what is missing here is fetched, not deleted there. */
        message.base[0] = message.info[0] = '\0';
        message.flags = merge_without_file(message.flags);
        message.facts = (message.facts & ~(unsigned)FACT_ALTERED) | FACT_AGAIN;
    } else {
        message.facts |= FACT_GONE_HERE;
        /* The mailbox is paired anew, or its folder was away: nothing that is missing in it counts as removed. */
        if (message.uid != 0 && look->mailbox->row.state == MAILBOX_REPAIR)
            message.facts |= FACT_UNPAIRED;
        if (!lettering_missing(run, look->mailbox, &message))
            return false;
    }
    return message.uid == 0 && message.base[0] == '\0' ? journal_message_delete(run->journal, message.id, &run->err)
                                                       : journal_message_save(run->journal, &message, &run->err);
}

static bool
sweep(struct look *look)
{
    struct run *run = look->run;
    struct missing missing = {.look = look};
    bool ok =
        journal_names(run->journal, look->mailbox->row.id, look->unmoved.count, keep_missing, &missing, &run->err) ||
        (missing.no_memory && run_no_memory(run));

    if (missing.before) {
        look->mailbox->row.stamp[0] = '\0';
        look->undecided = true;
    }
    for (size_t i = 0; ok && i < missing.count; i++)
        ok = take_missing(look, missing.ids[i]);
    free(missing.ids);
    return ok;
}

/*
 * An older Maildir: what an earlier run saw to be missing is fetched like all that is missing now, since the place to which it had moved may
 * be gone with the newer one. Not so where its removal waits for a word, or is under way.
 */
static bool
doubt_gone(struct run *run, const struct mailbox *mailbox)
{
    const unsigned otherwise = FACT_GONE_THERE | FACT_UNPAIRED | FACT_MOVED | FACT_REPLACED;
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = journal_message_ids(run->journal, mailbox->row.id, WHICH_DIRTY, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        bool waits = false;

        ok = run_load(run, ids[i], &message);
        if (!ok || message.uid == 0 || (message.facts & (FACT_GONE_HERE | otherwise)) != FACT_GONE_HERE)
            continue;
        ok = missing_waits(run, &message, PLAN_REMOVE_THERE, &waits);
        if (!ok || waits)
            continue;
        message.base[0] = message.info[0] = '\0';
        message.flags = merge_without_file(message.flags);
        message.facts = (message.facts & ~(unsigned)(FACT_GONE_HERE | FACT_ALTERED | FACTS_OF_LACK)) | FACT_AGAIN;
        ok = journal_message_save(run->journal, &message, &run->err);
    }
    free(ids);
    return ok;
}

/*
 * Folders that were not asked for, and those whose mailbox is not on the server (not yet, not any more), are read too: a file that
 * was moved there must not be taken for a deletion.
 */
static bool
can_be_read(const struct mailbox *mailbox)
{
    enum mailbox_state state = mailbox->row.state;

    return mailbox->chosen && mailbox->folder_here && mailbox->row.id != 0 &&
           (state == MAILBOX_ACTIVE || state == MAILBOX_REPAIR || state == MAILBOX_NEW_LOCAL ||
            state == MAILBOX_GONE_REMOTE);
}

static bool
read_all(struct run *run, struct look *looks, struct namesakes *namesakes, struct id_set *returned, size_t *room)
{
    bool any = false, ok = true, named = false;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct look *look = &looks[i];

        *look = (struct look){
            .run = run, .mailbox = &run->mailboxes[i], .namesakes = namesakes, .returned = returned, .room = room};
        look->mailbox->look_here = look->mailbox->look_here && can_be_read(look->mailbox) &&
                                   !run_learned(look->mailbox, CAUTION_UNREAD_FOLDER);
        if (!look->mailbox->look_here)
            continue;
        if (can_go_by_names(look) && (!read_names(look, &named) || named)) {
            ok = named;
            continue;
        }
        ok = read_folder(look) && find_missing(look, &look->missing);
        any = any || look->missing;
        if (!look->missing)
            forget(look);
        if (ok && run->maildir_older && !run_learned(look->mailbox, CAUTION_UNREAD_FOLDER))
            ok = doubt_gone(run, look->mailbox);
    }
    /* Only the first listing shows names of the past: later ones show what golub or others changed. */
    for (size_t i = 0; ok && i < run->count; i++)
        run->mailboxes[i].named =
            run->mailboxes[i].named || (looks[i].looked && !run_learned(&run->mailboxes[i], CAUTION_UNREAD_FOLDER));
    for (size_t i = 0; ok && any && i < run->count; i++) {
        if (looks[i].missing)
            ok = read_again(&looks[i]);
    }
    for (size_t i = 0; ok && any && i < run->count; i++) {
        if (!looks[i].missing && !run_learned(looks[i].mailbox, CAUTION_UNREAD_FOLDER) && can_be_read(looks[i].mailbox))
            ok = read_changed(&looks[i]);
    }
    ok = ok && (!any || survey_folders_again(run));
    /*
     * Write down what is missing here even if the server's side could not be seen, since the folder's stamp will say
     * that it was looked at. While a mailbox is paired nothing counts as a deletion, and a file that was overlooked is
     * paired again: then the listing need not be stable.
     */
    for (size_t i = 0; ok && any && i < run->count; i++) {
        if (!looks[i].missing || run_learned(looks[i].mailbox, CAUTION_UNREAD_FOLDER))
            continue;
        if (looks[i].stable || run->pair_all)
            ok = sweep(&looks[i]);
        else
            looks[i].undecided = true;
    }
    return ok;
}

/*
 * A run that was killed, or a mail reader, may have given these names a moment ago: on the disk before the journal knows them, or a power cut
 * would make each look like one that the user removed. A journal that is older than the Maildir knows names that a later run gave anew.
 */
static bool
flush_found(struct run *run, const struct look *looks)
{
    bool found = run->pair_all;

    for (size_t i = 0; i < run->count; i++)
        found = found || looks[i].found;
    return !found || run->dry || run->local.ops->flush(run->local.self, &run->err);
}

bool
observe_local(struct run *run, struct namesakes *namesakes)
{
    struct look *looks = calloc(run->count != 0 ? run->count : 1, sizeof *looks);
    struct id_set returned = {0};
    size_t room = UNMOVED_ROOM;
    bool ok = looks != NULL || run_no_memory(run);

    ok = ok && run_begin(run) && read_all(run, looks, namesakes, &returned, &room) && copied_returned(run, &returned);
    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (!looks[i].looked)
            continue;
        if (!lettering_settle(run, mailbox)) {
            ok = false;
            break;
        }
        /*
         * While everything is paired for the first time, a message whose file was overlooked would be fetched again,
         * and the file sent as another message.
         */
        mailbox->look_here =
            !run_learned(mailbox, CAUTION_UNREAD_FOLDER) &&
            (looks[i].undecided ||
             (!looks[i].stable && (run->first || run->pair_all || mailbox->row.state == MAILBOX_REPAIR)));
        ok = journal_mailbox_save(run->journal, &mailbox->row, &run->err);
        mailbox->proven = mailbox->proven || (looks[i].stable && !run_learned(mailbox, CAUTION_UNREAD_FOLDER));
    }
    ok = ok && situation_know_past(run) && flush_found(run, looks);
    ok = run_end(run, ok);
    for (size_t i = 0; looks != NULL && i < run->count; i++) {
        if (looks[i].room != NULL)
            forget(&looks[i]);
    }
    free(looks);
    id_set_free(&returned);
    return ok;
}
