/*
 * See let_go.h. A row of the state tells: one with ~ was let go; one without is of a file that the user removed since mbsync's last run, for mbsync
 * would have removed its message, too. What was let go long ago has no row any more, but the header has the highest of its UIDs. A file that mbsync had not
 * given a UID when it was seen last is in no row that could be found: where mbsync lets messages go at all, it is in doubt, and so is everything where
 * its state is not found, or not to be believed.
 *
 *     state                        the file's UID here         its UID there           then
 *     lets nothing go              any                         any                     removed
 *     lets messages go             in a row with ~             any                     let go
 *                                  in a row without            any                     removed
 *                                  in no row                   in a row with ~         let go
 *                                                              in a row without        removed
 *                                                              up to MaxExpiredFarUid  let go
 *                                                              beyond                  in doubt
 *                                  none                        in a row with ~         let go
 *                                                              else                    in doubt
 *     none that is to be believed  any                         any                     in doubt
 *
 * In doubt, too, is a file that mbsync sent up under another UID once more, where that copy is gone: perhaps it was removed there, and mbsync then took
 * the file away. What is in doubt is held if mbsync was at work since the folder was looked at last; else it was removed like any other.
 */
#include "sync/adopt/let_go.h"

#include "store/foreign/mbsync.h"
#include "sync/adopt/decide.h"
#include "sync/adopt/private.h"
#include "sync/adopt/sent_again.h"
#include "sync/rows/missing.h"
#include "sync/rules/merge.h"

#define STATE_KEY "mbsync's state" /* of meta: where the user said that it is */

struct lost { /* a file that is missing, and whose message is there */
    int64_t id;
    uint32_t mailbox; /* index */
    uint32_t far, near;
    bool again;      /* mbsync sent its file up once more (sent_again.h) */
    bool only_doubt; /* other rows rest on this one: it stays a row with a file */
    bool uncopied;   /* ... and that copy is gone */
};

struct letting {
    struct run *run;
    struct adopting adopting;
    struct lost *lost; /* by mailbox */
    size_t count, size;
    struct journal_message *message;
};

/* ---- what is missing ---- */

static bool
add_lost(struct letting *letting)
{
    const unsigned otherwise =
        FACT_GONE_THERE | FACT_UNPAIRED | FACT_MOVED | FACT_REPLACED | FACT_ALIAS | FACT_APART | FACT_LACKED;
    struct run *run = letting->run;
    const struct journal_message *message = letting->message;
    const struct mailbox *mailbox = run_mailbox_by_id(run, message->mailbox);
    int64_t *ids = NULL;
    size_t count = 0;
    bool waits = false, there = true;

    if (mailbox == NULL || !mailbox->chosen || message->uid == 0 || message->base[0] == '\0' ||
        (message->facts & (FACT_GONE_HERE | otherwise)) != FACT_GONE_HERE)
        return true;
    if (!missing_waits(run, message, PLAN_REMOVE_THERE, &waits))
        return false;
    if (waits)
        return true;
    if (!journal_ids_referring(run->journal, message->id, &ids, &count, &run->err))
        return false;
    free(ids);
    if ((message->facts & FACT_SENT_AGAIN) != 0 && !sent_again_is_there(run, message, &there))
        return false;
    if (!array_grow(&letting->lost, &letting->size, letting->count + 1, sizeof *letting->lost))
        return run_no_memory(run);
    letting->lost[letting->count++] = (struct lost){.id = message->id,
                                                    .mailbox = (uint32_t)(mailbox - run->mailboxes),
                                                    .far = message->uid,
                                                    .near = mbsync_uid_of_name(message->base),
                                                    .again = (message->facts & FACT_SENT_AGAIN) != 0,
                                                    .only_doubt = count != 0,
                                                    .uncopied = !there};
    return true;
}

static int
compare_lost(const void *pa, const void *pb)
{
    const struct lost *a = pa, *b = pb;

    return (a->mailbox > b->mailbox) - (a->mailbox < b->mailbox);
}

static bool
find_lost(struct letting *letting)
{
    struct run *run = letting->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_message_ids(run->journal, 0, WHICH_GONE, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++)
        ok = run_load(run, ids[i], letting->message) && add_lost(letting);
    free(ids);
    if (ok && letting->count > 1)
        qsort(letting->lost, letting->count, sizeof *letting->lost, compare_lost);
    return ok;
}

/* ---- when was mbsync at work? ---- */

/*
 * Since this folder was looked at last, or its state was last asked; one that is at work has perhaps not written anything yet. Without its state only what
 * it wrote into any folder tells of a run.
 */
static bool
find_out(struct letting *letting, uint32_t index, bool *worked)
{
    struct run *run = letting->run;
    struct mailbox *mailbox = &run->mailboxes[index];
    const struct adopt_mailbox *from = &letting->adopting.mailboxes[index];
    const int64_t changed = from->print.seconds * INT64_C(1000000000) + from->print.nanoseconds;

    if (!traces_look(run, mailbox, false))
        return false;
    *worked = from->busy || traces_are_new(run, mailbox);
    if (from->path != NULL && traces_state_is_new(run, mailbox, changed))
        *worked = true;
    for (size_t i = 0; from->path == NULL && !*worked && i < run->count; i++)
        *worked = traces_are_new(run, &run->mailboxes[i]);
    return true;
}

/* ---- what becomes of it ---- */

static bool
note_taken(struct letting *letting, const struct lost *lost)
{
    struct run *run = letting->run;

    if (!run_load(run, lost->id, letting->message))
        return false;
    letting->message->facts |= FACT_LACKED | FACT_TAKEN;
    return journal_message_save(run->journal, letting->message, &run->err);
}

/* As golub adopt leaves it: its message stays there, and has no file. */
static bool
leave_there(struct letting *letting, const struct lost *lost)
{
    struct run *run = letting->run;
    struct journal_message *message = letting->message;

    if (!run_load(run, lost->id, message))
        return false;
    message->base[0] = message->info[0] = '\0';
    message->flags = merge_without_file(message->flags);
    message->facts &= ~(unsigned)(FACT_GONE_HERE | FACT_ALTERED | FACT_FETCHED | FACT_AGAIN | FACT_ECHO);
    if ((message->facts & (FACT_FOREIGN | FACT_BY_HEADER)) != 0)
        message->has_wire = false; /* it was of the file */
    message->facts &= ~(unsigned)(FACT_FOREIGN | FACT_BY_HEADER);
    message->facts |= FACT_APART | FACT_ADOPTED;
    return journal_message_save(run->journal, message, &run->err) &&
           run_pending(run, &run->mailboxes[lost->mailbox], message->id, PENDING_POLICY, plan_verb_word(PLAN_DOWNLOAD),
                       "mbsync let it go (MaxMessages, or long ago): it stays on the server alone", NULL);
}

static void
say(struct run *run, const struct mailbox *mailbox, size_t count)
{
    char text[160];

    (void)text_print(text, sizeof text, "mbsync let %zu message%s go here (MaxMessages): %s on the server alone", count,
                     count == 1 ? "" : "s", count == 1 ? "it stays" : "they stay");
    report_mailbox(run->report, run->account->name, run_called(mailbox), "let-go", text);
}

/* Those of one mailbox, up to `end`. */
static bool
judge(struct letting *letting, size_t begin, size_t end)
{
    struct run *run = letting->run;
    const uint32_t index = letting->lost[begin].mailbox;
    const struct adopt_mailbox *from = &letting->adopting.mailboxes[index];
    struct decide_rows rows;
    const bool believed =
        !from->busy && from->path != NULL && from->other == NULL && foreign_file_stands(from->path, &from->print);
    bool worked, ok;
    size_t let_go = 0;

    if (believed && !decide_rows(&from->state, &letting->adopting.arena, &rows))
        return run_has(run, &letting->adopting.arena);
    ok = find_out(letting, index, &worked);
    for (size_t i = begin; ok && i < end; i++) {
        const struct lost *lost = &letting->lost[i];
        const enum decide_gone why =
            believed && !lost->uncopied ? decide_gone(&rows, lost->far, lost->near, lost->again) : DECIDE_UNSURE;

        if (why == DECIDE_TAKEN && !lost->only_doubt) {
            let_go++;
            ok = leave_there(letting, lost);
        } else if (why == DECIDE_TAKEN || (why == DECIDE_UNSURE && worked)) {
            ok = note_taken(letting, lost);
        }
    }
    if (let_go != 0)
        say(run, &run->mailboxes[index], let_go);
    return ok;
}

static bool
judge_all(struct letting *letting)
{
    bool ok = true;

    for (size_t i = 0, end; ok && i < letting->count; i = end) {
        for (end = i + 1; end < letting->count && letting->lost[end].mailbox == letting->lost[i].mailbox; end++)
            ;
        ok = judge(letting, i, end);
    }
    return ok;
}

/* ---- its states ---- */

bool
let_go_remember(struct run *run, const char *path)
{
    return path == NULL || journal_set(run->journal, STATE_KEY, path, &run->err);
}

static bool
find_states(struct letting *letting)
{
    struct run *run = letting->run;
    struct adopting *adopting = &letting->adopting;
    char *path = NULL;
    bool ok;

    adopting->count = run->count;
    adopting->mailboxes = arena_array(&adopting->arena, run->count, sizeof *adopting->mailboxes);
    if (!run_has(run, &adopting->arena) || !journal_get(run->journal, STATE_KEY, &path, &run->err))
        return false;
    for (size_t i = 0; i < letting->count; i++)
        adopting->mailboxes[letting->lost[i].mailbox].wanted = true;
    adopting->options = &(struct adopt_options){.state = path != NULL && foreign_file_exists(path) ? path : NULL};
    ok = adopt_find_mbsync(adopting);
    adopting->options = NULL;
    free(path);
    return ok;
}

bool
let_go_note(struct run *run)
{
    struct letting letting = {.run = run, .adopting = {.run = run, .asking = true}};
    bool ok = traces_before(run);

    if (ok && (run->traces.mbsync != 0 || run->traces_before.mbsync != 0)) {
        letting.message = arena_array(&letting.adopting.arena, 1, sizeof *letting.message);
        ok = run_has(run, &letting.adopting.arena) && find_lost(&letting) &&
             (letting.count == 0 || find_states(&letting));
    }
    if (ok && (letting.count != 0 || run->traces.mbsync != 0 || run->traces.offlineimap != 0))
        ok = run_begin(run) && run_end(run, judge_all(&letting) && traces_say(run));
    for (size_t i = 0; letting.adopting.mailboxes != NULL && i < letting.adopting.count; i++)
        foreign_state_free(&letting.adopting.mailboxes[i].state);
    free(letting.lost);
    arena_free(&letting.adopting.arena);
    return ok;
}
