/*
 * Files whose bytes may change under their name, which no directory tells: what was sent is looked at once more at the end of its run, in the
 * next one, and in all that begin within SETTLE_S; drafts in each run (the newest WATCHED_MAX of a folder). One stat each, and nothing is read
 * where size and time are what they were.
 *
 *   a draft                         was saved again: the new version goes up, the old one goes after that
 *   sent, while it was written      the server has a beginning of it, or it changed until SETTLE_S after: the same
 *   deleted there meanwhile         goes up as new mail
 *   anything else                   altered: said, neither sent nor a deletion
 *
 * What replaces and what is replaced become two rows: the file's row is one of a new file, the old version's row (FACT_REPLACED) has the UID
 * and waits for the other (agenda.c). So a run that is cut off anywhere goes on with what every upload and every removal does.
 */
#include "store/journal/keywords.h"
#include "sync/base/ids.h"
#include "sync/observe/beginning.h"
#include "sync/observe/observe.h"
#include "sync/rows/alias.h"
#include "sync/rows/copied.h"
#include "sync/rows/drafts.h"
#include "sync/rules/merge.h"

#define WATCHED_MAX 2000 /* drafts of a folder that are looked at */
#define SETTLE_S 10      /* seconds after it was sent in which a change says that it was not finished */

struct looking {
    struct run *run;
    int64_t *ids;
    size_t count, size;
    bool first; /* the first look of this run: what was sent, was sent by an earlier run */
    bool changed;
};

/* ---- which ---- */

static bool
add_ids(struct looking *looking, const int64_t *ids, size_t count)
{
    if (!array_grow(&looking->ids, &looking->size, looking->count + count, sizeof *looking->ids))
        return run_no_memory(looking->run);
    for (size_t i = 0; i < count; i++)
        looking->ids[looking->count++] = ids[i];
    return true;
}

static bool
can_be_looked_at(const struct mailbox *mailbox)
{
    return mailbox_is_open(mailbox) && mailbox->row.id != 0 && mailbox->folder_here &&
           !run_learned(mailbox, CAUTION_UNREAD_FOLDER);
}

static bool
gather(struct looking *looking)
{
    struct run *run = looking->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_print_ids(run->journal, &ids, &count, &run->err) && add_ids(looking, ids, count);

    free(ids);
    for (size_t i = 0; ok && i < run->count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[i];
        enum journal_which which = mailbox_drafts(mailbox) != DRAFTS_NONE ? WHICH_WITH_BASE : WHICH_DRAFT;
        size_t skip;

        if (!can_be_looked_at(mailbox))
            continue;
        ids = NULL;
        ok = journal_message_ids(run->journal, mailbox->row.id, which, &ids, &count, &run->err);
        skip = ok && count > WATCHED_MAX ? count - WATCHED_MAX : 0; /* they are in the order of their UIDs */
        ok = ok && add_ids(looking, ids + skip, count - skip);
        free(ids);
    }
    if (ok && looking->count > 1)
        qsort(looking->ids, looking->count, sizeof *looking->ids, ids_compare);
    return ok;
}

/* ---- what became of one ---- */

/* What the file is now, and what the journal says of it. */
struct look {
    struct run *run;
    struct mailbox *mailbox;
    struct journal_message *message;
    struct journal_print print; /* as recorded */
    bool recorded;
    struct local_facts facts; /* now */
};

static bool
record(const struct look *look, int64_t since)
{
    const struct journal_print print = {.message = look->message->id,
                                        .file = look->facts.print,
                                        .wire = look->recorded ? look->print.wire : look->facts.digests.size,
                                        .since = since};

    return journal_print_set(look->run->journal, &print, &look->run->err);
}

/* It was sent, and how large it is there no listing has told yet: said_uid.h will ask how many bytes were sent. */
static bool
is_unmeasured(const struct journal_message *message)
{
    return message->size == 0 && (message->facts & (FACT_ITS_BYTES | FACT_FETCHED)) == FACT_ITS_BYTES;
}

static bool
record_long_ago(const struct look *look)
{
    struct journal_print print = look->print;

    print.since = 0;
    return journal_print_set(look->run->journal, &print, &look->run->err);
}

/* The server has a beginning of what stands here: it was sent before it was written to its end. */
static bool
is_beginning(const struct look *look)
{
    const struct local_file file = run_file(look->mailbox, look->message);

    return beginning_matches(look->run, &file, look->facts.digests.size,
                             &(struct beginning){.size = look->print.wire, .wire = look->message->wire});
}

static bool
was_unfinished(const struct look *look)
{
    const struct local_print *was = &look->print.file, *now = &look->facts.print;
    bool later = now->seconds > was->seconds || (now->seconds == was->seconds && now->nanoseconds >= was->nanoseconds);

    if (!look->recorded || look->print.since == 0)
        return false;
    return (later && now->seconds <= look->print.since + SETTLE_S) || is_beginning(look);
}

/* The file's row becomes one of a new file. What the server added to the flags meanwhile goes along. */
static void
make_new(const struct look *look, struct journal_message *message)
{
    message->uid = 0;
    message->refers_to = 0;
    message->facts = 0;
    message->flags = merge_edited(message->flags);
    message->size = look->facts.digests.size;
    message->date = look->facts.date;
    message->has_wire = message->has_header = true;
    memcpy(message->wire, look->facts.digests.wire, DIGEST_SIZE);
    memcpy(message->header, look->facts.digests.header, DIGEST_SIZE);
}

/*
 * Two rows: a new file, and what it replaces on the server. Where another file is that message, too, it stays. What that version had replaced, or had moved
 * from, and is still to go, goes for that version: the new one may never go up.
 */
static bool
replace(const struct look *look)
{
    struct run *run = look->run;
    struct journal_message *message = look->message, *old = calloc(1, sizeof *old);
    bool ok = old != NULL || run_no_memory(run), gone = (message->facts & FACT_GONE_THERE) != 0, stays = false;

    if (ok) {
        *old = *message;
        make_new(look, message);
        ok = (gone ? alias_lose_uid(run, old) : alias_hand_over(run, old, message, &stays)) &&
             journal_keyword_rewrite(run->journal, old, message->wire, &run->err) &&
             journal_message_save(run->journal, message, &run->err) &&
             journal_print_clear(run->journal, message->id, &run->err) &&
             journal_pending_clear(run->journal, message->mailbox, message->id, &run->err);
    }
    if (ok && gone) {
        report_mailbox(run->report, run->account->name, run_called(look->mailbox), "edited",
                       "a message that was changed here was removed or replaced on the server: both versions stay");
    } else if (ok && !stays) {
        old->id = 0;
        old->base[0] = old->info[0] = '\0';
        old->refers_to = message->id;
        old->facts = (old->facts & (FACT_ECHO | FACT_COPIED)) | FACT_GONE_HERE | FACT_REPLACED;
        old->flags = merge_unchanged(old->flags, false);
        ok = journal_message_save(run->journal, old, &run->err) && copied_on(run, message->id, old->id);
    }
    free(old);
    return ok;
}

/* One side was restored and shows the past, so nothing tells which version is newer: both stay. */
static bool
part(const struct look *look)
{
    struct run *run = look->run;
    struct journal_message *message = look->message, *file = calloc(1, sizeof *file);
    bool ok = file != NULL || run_no_memory(run);

    if (ok) {
        *file = *message;
        file->id = 0;
        file->keywords[0] = '\0';
        make_new(look, file);
        file->flags = merge_new(file->flags, true);
        message->base[0] = message->info[0] = '\0';
        message->flags = merge_without_file(message->flags);
        message->facts &= ~(unsigned)(FACT_ALTERED | FACT_ITS_BYTES | FACT_FETCHED);
        ok = journal_message_save(run->journal, message, &run->err) &&
             journal_print_clear(run->journal, message->id, &run->err) &&
             journal_message_save(run->journal, file, &run->err);
    }
    free(file);
    return ok;
}

static bool
alter(const struct look *look)
{
    static const char gone[] =
        "Its bytes were changed: they are not sent, and the server does not have the message any "
        "more. Under another name the file is sent as new mail.";
    struct run *run = look->run;
    char hint[256];

    if ((look->message->facts & FACT_GONE_THERE) != 0)
        (void)text_print(hint, sizeof hint, "%s", gone);
    else
        (void)text_print(
            hint, sizeof hint,
            "Its bytes were changed: they are not sent. `golub restore %s --altered FILE`, with the path of that "
            "file, brings the message back.",
            run->account->name);
    if ((look->message->facts & FACT_ALTERED) == 0)
        run_complain(run, look->mailbox, "compare a file with what was sent of it", look->message->base, hint);
    look->message->facts |= FACT_ALTERED;
    return journal_message_save(run->journal, look->message, &run->err) && record(look, 0);
}

/* The file was read: are its bytes still those of the message? */
static bool
judge(struct looking *looking, struct look *look)
{
    struct run *run = look->run;
    struct journal_message *message = look->message;

    if (memcmp(look->facts.digests.wire, message->wire, DIGEST_SIZE) == 0) {
        if ((message->facts & FACT_ALTERED) != 0) { /* the bytes are the message's again: it is not altered any more */
            message->facts &= ~(unsigned)FACT_ALTERED;
            looking->changed = true;
            if (!journal_message_save(run->journal, message, &run->err))
                return false;
        }
        return record(look, look->recorded ? look->print.since : 0);
    }
    looking->changed = true;
    if (run->pair_all || run->maildir_older)
        return part(look);
    return draft_is_replaced(look->mailbox, message) || was_unfinished(look) ? replace(look) : alter(look);
}

static bool
is_as_recorded(const struct look *look, const struct local_print *now)
{
    const struct local_print *was = &look->print.file;

    return look->recorded && was->size == now->size && was->seconds == now->seconds &&
           was->nanoseconds == now->nanoseconds;
}

static bool
look_at_file(struct looking *looking, struct look *look)
{
    struct run *run = look->run;
    struct local_file file = run_file(look->mailbox, look->message);
    bool watched = draft_is_watched(look->mailbox, look->message), missing = false;
    struct local_print now;
    struct error err = {0};

    if (!run->local.ops->look(run->local.self, &file, &now, &missing, &err)) {
        run_problem_of(run, look->mailbox, look->message->base, &err);
        return true;
    }
    if (missing) /* it was renamed: the listing of its folder tells that */
        return true;
    if (is_as_recorded(look, &now)) {
        /* What an earlier run sent has been looked at in its run and in this one, and was not sent just now. */
        if (watched || (look->message->facts & FACT_ALTERED) != 0 || !looking->first ||
            run_now(run) <= look->print.since + SETTLE_S)
            return true;
        return is_unmeasured(look->message) ? record_long_ago(look)
                                            : journal_print_clear(run->journal, look->message->id, &run->err);
    }
    if (!run->local.ops->examine(run->local.self, &file, &look->facts, &missing, &err)) {
        run_problem_of(run, look->mailbox, look->message->base, &err);
        return true;
    }
    if (!missing)
        return judge(looking, look);
    look->mailbox->look_here = true;
    return true;
}

static bool
look_at_row(struct looking *looking, int64_t id, struct journal_message *message)
{
    struct run *run = looking->run;
    struct look look = {.run = run, .message = message};
    struct journal_op op;
    bool found, waits;

    if (!journal_message_get(run->journal, id, message, &found, &run->err))
        return false;
    look.mailbox = found ? run_mailbox_by_id(run, message->mailbox) : NULL;
    if (look.mailbox == NULL || !can_be_looked_at(look.mailbox))
        return true;
    if (!journal_op_of(run->journal, id, &op, &waits, &run->err) ||
        !journal_print_get(run->journal, id, &look.print, &look.recorded, &run->err))
        return false;
    if (waits) /* its intent is dealt with first */
        return true;
    if (message->uid == 0) /* it will be read whole before it is sent */
        return !look.recorded || journal_print_clear(run->journal, id, &run->err);
    if (message->base[0] == '\0' || !message->has_wire || (message->facts & (FACT_GONE_HERE | FACT_ALIAS)) != 0)
        return true;
    return look_at_file(looking, &look);
}

bool
observe_edited(struct run *run, bool first, bool *changed)
{
    struct looking looking = {.run = run, .first = first};
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = (message != NULL || run_no_memory(run)) && gather(&looking) && run_begin(run);

    for (size_t i = 0; ok && i < looking.count && !run_stopped(run); i++) {
        if (i == 0 || looking.ids[i] != looking.ids[i - 1])
            ok = look_at_row(&looking, looking.ids[i], message);
        if (ok && i % 1024 == 1023)
            ok = run_commit(run) && run_begin(run);
    }
    ok = run_end(run, ok);
    *changed = looking.changed;
    free(looking.ids);
    free(message);
    return ok;
}

bool
edited_carry(struct run *run, int64_t from, int64_t to)
{
    struct journal_print print;
    bool found;

    if (!journal_print_get(run->journal, from, &print, &found, &run->err))
        return false;
    print.message = to;
    print.since = run_now(run);
    return !found || journal_print_set(run->journal, &print, &run->err);
}
