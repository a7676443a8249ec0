/*
 * A row that knew a message on both sides and now lacks one of them usually means that somebody removed it there. Not so when
 * UIDVALIDITY changed, when its folder or mailbox was away, or when the server went back in time: then the row is *unpaired*
 * (FACT_UNPAIRED), and its digests and bases are what is left to find the message by.
 *
 *   facts                            uid   means
 *   UNPAIRED | GONE_THERE            0     the file is here; where the message is on the server is not known
 *   UNPAIRED | GONE_THERE|GONE_HERE  0     the same, and the file is gone: if that waited to be carried out there (held, or kept
 *                                          back), or was begun and has left our \Deleted on it, it waits again where the message is found;
 *                                          else it comes again
 *   ADOPTED beside these             0     ... and golub never had the file: another program's state said that it was removed here, which
 *                                          waits. The message is found by its body, if that was read; else only after a new UIDVALIDITY, by
 *                                          its header with size and date (held_again.c), or by these alone (dated_again.c)
 *   APART beside these               0     ... and it was set apart: it stays on the server alone, and is found by its size and date,
 *                                          and its header where that is known
 *                                    0     ... without digests: only the name that a run may have given its file before it died
 *                                          (uncommitted.h), until the folder was looked at
 *   UNPAIRED | GONE_HERE             n     the message is there; its file went while this mailbox was paired, or was away
 *   GONE_THERE                       0     removed on the server before all this; that waits for a word or for the policy
 *
 * Who resolves them, in this order; each step takes what the one before left over:
 *
 *   1. identify.c   the same content in the same mailbox: the row gets its UID back, with its bases. Where the server shows only so
 *                   many messages of the mailbox, what is left may be among the others and stays as it is (view.c)
 *   2. moves.c      the same content, new in any other mailbox: a move
 *   3. unpaired.c   only when every mailbox was seen as it is now:
 *      moved before     another mailbox got these bytes while this one could not be seen (rows above `behind`): a move that has
 *                       happened; the rest of it follows as a removal
 *      still filling    after a new UIDVALIDITY more than 10, and more than max-delete, of those that had a UID are missing: the
 *                       provider is perhaps not done. They wait for an hour without a change, and then for the user's word. Fewer in
 *                       other mailboxes wait that long, too, and then go up
 *      else             it comes again: sent up, or fetched. A file that was moved meanwhile waits like one that stayed
 *
 * Nothing of an unpaired row is sent, fetched or removed before step 3 made an ordinary row of it.
 */
#include "sync/rows/missing.h"

#include "sync/rows/uncommitted.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"

#define UNPAIRED_THERE ((unsigned)(FACT_UNPAIRED | FACT_GONE_THERE))

/* ---- how rows become unpaired ---- */

/* @param asked  also if the server was asked for it, and refused it, or ended the line */
static bool
find_pending(struct run *run, const struct journal_message *message, enum plan_verb verb, bool asked, bool *waits)
{
    struct journal_pending pending;
    bool found;

    *waits = false;
    if (!journal_pending_get(run->journal, message->mailbox, message->id, &pending, &found, &run->err))
        return false;
    *waits = found && strcmp(pending.detail, plan_verb_word(verb)) == 0 &&
             (pending.kind == PENDING_HELD || pending.kind == PENDING_POLICY ||
              (asked && (pending.kind == PENDING_FAILED || pending.kind == PENDING_UNREADABLE ||
                         pending.kind == PENDING_MAILBOX)));
    return true;
}

static bool
is_pending(struct run *run, const struct journal_message *message, enum plan_verb verb, bool *waits)
{
    return find_pending(run, message, verb, false, waits);
}

bool
missing_waits(struct run *run, const struct journal_message *message, enum plan_verb verb, bool *waits)
{
    struct journal_op op;
    bool found;

    if (!find_pending(run, message, verb, verb == PLAN_REMOVE_THERE, waits))
        return false;
    if (*waits || verb != PLAN_REMOVE_THERE)
        return true;
    *waits = (message->facts & FACT_MOVED) != 0; /* the second half of a move */
    if (*waits)
        return true;
    if (!journal_op_of(run->journal, message->id, &op, &found, &run->err))
        return false;
    *waits = found && op.kind == OP_REMOVE_REMOTE;
    return true;
}

bool
missing_goes_on(struct run *run, struct journal_message *message, unsigned shown, bool *goes)
{
    struct journal_op op;
    bool found;

    if (!find_pending(run, message, PLAN_REMOVE_THERE, true, goes))
        return false;
    if (*goes || (message->facts & FACT_MOVED) != 0)
        return *goes = true;
    if (!journal_op_of(run->journal, message->id, &op, &found, &run->err))
        return false;
    if (found && unfinished_unmarks(&op)) { /* that it shows no \Deleted any more is what golub did */
        message->flags = merge_unsaid(message->flags, FLAG_DELETED & ~shown);
        return *goes = true;
    }
    *goes = found && op.kind == OP_REMOVE_REMOTE && merge_is_own_deleted(message->flags, shown);
    return !found || op.kind != OP_REMOVE_REMOTE || *goes || journal_op_delete(run->journal, op.id, &run->err);
}

static bool
lose_uid(struct run *run, struct journal_message *message, unsigned becomes)
{
    if ((message->facts & FACT_ALIAS) != 0) /* nothing stands for it any more (sync/agenda/filed_before.c) */
        message->facts &= ~(unsigned)FACT_REPLACED;
    message->uid = 0;
    message->refers_to = 0;
    message->facts &= ~(unsigned)(FACT_ECHO | FACT_ALIAS | FACT_ITS_BYTES | FACT_REMOVED | UNPAIRED_THERE);
    if ((becomes & FACT_UNPAIRED) == 0)
        message->facts &= ~(unsigned)FACT_FETCHED;
    message->facts |= becomes;
    return journal_message_save(run->journal, message, &run->err);
}

bool
missing_lost_uid(struct run *run, struct journal_message *message)
{
    struct journal_message *alias;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok;

    if (uncommitted_may_be(message))
        return uncommitted_lose_uid(run, message);
    if (message->base[0] == '\0')
        return journal_message_delete(run->journal, message->id, &run->err);
    alias = calloc(1, sizeof *alias);
    ok = (alias != NULL || run_no_memory(run)) &&
         journal_ids_referring(run->journal, message->id, &ids, &count, &run->err) &&
         lose_uid(run, message, UNPAIRED_THERE);

    for (size_t i = 0; ok && i < count; i++)
        ok = run_load(run, ids[i], alias) &&
             ((alias->facts & FACT_MOVED) != 0 || (alias->facts & (FACT_ALIAS | FACT_REPLACED)) == 0 ||
              lose_uid(run, alias, UNPAIRED_THERE)); /* else it has its own UID */
    free(ids);
    free(alias);
    return ok;
}

/* The row goes, and its intent with it: what a run that was cut off put into the quarantine for it is written into its index before that. */
static bool
forget_row(struct run *run, const struct journal_message *message)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, message->mailbox);
    struct journal_op op;
    bool found, done;

    if (!journal_op_of(run->journal, message->id, &op, &found, &run->err))
        return false;
    if (found && op.kind == OP_REMOVE_LOCAL && op.target == 0 && mailbox != NULL &&
        !unfinished_index(run, mailbox, &op, message, &done))
        return false;
    return journal_message_delete(run->journal, message->id, &run->err);
}

/* It stays on the server alone, under whatever UID. */
static bool
is_apart_there(const struct journal_message *message)
{
    return message->base[0] == '\0' && (message->facts & FACT_APART) != 0 &&
           (message->facts & UNPAIRED_THERE) != FACT_GONE_THERE;
}

bool
missing_perhaps_anew(struct run *run, struct journal_message *message, bool *perhaps)
{
    struct journal_op op;
    bool begun;

    *perhaps = missing_is_adopted(message) && message->base[0] == '\0';
    if (!*perhaps)
        return true;
    if (!journal_op_of(run->journal, message->id, &op, &begun, &run->err))
        return false;
    *perhaps = !begun;
    return begun || lose_uid(run, message, UNPAIRED_THERE);
}

/*
 * *waits: it was removed on one side, and that is carried out on the other one whatever its UID is by then.
 */
static bool
goes_all_the_same(struct run *run, const struct journal_message *message, bool past, bool *waits)
{
    const bool gone = (message->facts & FACT_GONE_HERE) != 0;
    const bool removed = (message->facts & UNPAIRED_THERE) == FACT_GONE_THERE;

    *waits = false;
    /* A removal that was only begun, and whose message is there again: the server was restored. */
    if ((removed || gone) &&
        !(past ? is_pending : missing_waits)(run, message, removed ? PLAN_REMOVE_HERE : PLAN_REMOVE_THERE, waits))
        return false;
    /* A message that is out of the server's view is not shown under its new UID either: that proves nothing. */
    *waits = *waits || (removed && (message->facts & FACT_OUT_OF_VIEW) != 0);
    /* What is left of a move here that was cut off: its message stands where it went, and is looked for by that row. */
    *waits = *waits || (removed && !past && (message->facts & FACT_MOVED) != 0);
    return true;
}

/*
 * *counts: it had a UID, and its file is here. Where the server shows the past, what it lacks is what it lost: no row stays for it to be
 * found elsewhere, and the file goes up again.
 */
static bool
unpair_row(struct run *run, struct journal_message *message, bool past, bool *counts)
{
    bool known = message->uid != 0 || (message->facts & (FACT_ALIAS | FACT_GONE_THERE)) != 0;
    bool gone = (message->facts & FACT_GONE_HERE) != 0, waits;
    bool removed = (message->facts & UNPAIRED_THERE) == FACT_GONE_THERE;

    *counts = false;
    if (!known) /* a file that was never there */
        return true;
    /* Where the other file's UID is found, that is its own, too. */
    if ((message->facts & FACT_ALIAS) != 0 && message->refers_to != 0)
        return true;
    if (!past && uncommitted_may_be(message))
        return uncommitted_lose_uid(run, message);
    if (!goes_all_the_same(run, message, past, &waits))
        return false;
    if (is_apart_there(message))
        return lose_uid(run, message, UNPAIRED_THERE | FACT_GONE_HERE);
    if ((message->base[0] == '\0' && !(waits && missing_is_adopted(message))) || (removed && gone) ||
        (gone && past && !waits))
        return forget_row(run, message); /* what the server has is looked at anew */
    *counts = !gone && !(removed && waits);
    if (removed && waits)
        return lose_uid(run, message, FACT_GONE_THERE);
    return lose_uid(run, message, past && !gone ? FACT_AGAIN : UNPAIRED_THERE);
}

bool
missing_unpair(struct run *run, struct mailbox *mailbox, bool past)
{
    struct journal_message message;
    int64_t *ids;
    size_t count;
    uint32_t had = 0;
    bool ok = true;

    if (!journal_message_ids(run->journal, mailbox->row.id, WHICH_ALL, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        bool counts = false;

        ok = run_load(run, ids[i], &message) && unpair_row(run, &message, past, &counts);
        had += counts;
    }
    free(ids);
    if (!past) {
        if (mailbox->row.behind == 0)
            mailbox->row.behind = run->seen_id;
        mailbox->row.had = had;
        mailbox->row.missing = 0;
        mailbox->row.missing_since = 0;
    }
    return ok;
}

/* It is gone on one side alone, and was on both. */
static bool
is_removed_on_one_side(const struct journal_message *message)
{
    const unsigned gone = message->facts & (FACT_GONE_HERE | FACT_GONE_THERE);

    return (gone == FACT_GONE_THERE || (gone == FACT_GONE_HERE && message->uid != 0)) && message->base[0] != '\0' &&
           (message->facts & (FACT_UNPAIRED | FACT_ALIAS)) == 0;
}

bool
missing_unpair_forgets(struct run *run, const struct mailbox *mailbox, bool *forgets)
{
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    *forgets = false;
    if (!journal_message_ids(run->journal, mailbox->row.id, WHICH_DIRTY, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && !*forgets && i < count; i++) {
        bool waits = true;

        ok = run_load(run, ids[i], &message) &&
             (!is_removed_on_one_side(&message) || goes_all_the_same(run, &message, false, &waits));
        *forgets = ok && !waits;
    }
    free(ids);
    return ok;
}

static bool
return_row(struct run *run, struct journal_message *message)
{
    unsigned gone = message->facts & (FACT_GONE_HERE | FACT_GONE_THERE);

    if (gone == 0 || (message->facts & FACT_UNPAIRED) != 0)
        return true;
    if (uncommitted_may_be(message))
        return uncommitted_lose_uid(run, message);
    if (gone == (FACT_GONE_HERE | FACT_GONE_THERE) || message->base[0] == '\0')
        return forget_row(run, message);
    message->refers_to = (message->facts & FACT_MOVED) != 0 ? 0 : message->refers_to;
    message->facts &= ~(unsigned)(FACT_MOVED | FACT_OUT_OF_VIEW); /* whether it is still out of view, view_spare says */
    if (gone == FACT_GONE_THERE)
        return missing_lost_uid(run, message);
    if (message->uid == 0) /* a file that was never there */
        return true;
    message->facts |= FACT_UNPAIRED;
    return journal_message_save(run->journal, message, &run->err);
}

bool
missing_is_no_removal(struct run *run, struct journal_message *message)
{
    if (message->base[0] != '\0' || (message->facts & FACT_ADOPTED) == 0)
        return return_row(run, message);
    if (message->uid == 0) /* under its new UID it is new here */
        return forget_row(run, message);
    message->facts &= ~(unsigned)(FACT_ADOPTED | FACT_GONE_HERE); /* golub never had its file: it is new here */
    return journal_message_save(run->journal, message, &run->err);
}

static bool
is_gone_here(const struct journal_message *message)
{
    return message->base[0] == '\0' || (message->facts & FACT_GONE_HERE) != 0;
}

/* *is: a file that is here, was never there, and is no other mailbox's that was moved here: the bytes are its own. */
static bool
is_new_here(struct run *run, const struct journal_message *message, bool *is)
{
    const unsigned known =
        FACT_GONE_THERE | FACT_UNPAIRED | FACT_APART | FACT_ALIAS | FACT_ADOPTED | FACT_ALTERED | FACT_PLACEHOLDER;
    int64_t *ids = NULL;
    size_t count = 0;

    *is = message->uid == 0 && (message->facts & known) == 0 && message->has_wire;
    if (!*is)
        return true;
    if (!journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err))
        return false;
    *is = count == 1;
    free(ids);
    return true;
}

bool
missing_all_left(struct run *run, const struct mailbox *mailbox, bool *left)
{
    struct journal_message message;
    int64_t *ids;
    size_t count, gone = 0;
    const int64_t id = mailbox->row.id;
    bool ok = true;

    *left = true;
    if (!journal_message_ids(run->journal, id, WHICH_ALL, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && *left && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        if (ok && is_gone_here(&message))
            gone++;
        else
            ok = ok && is_new_here(run, &message, left);
    }
    free(ids);
    *left = ok && *left && gone != 0 && gone != count;
    return ok;
}

bool
missing_return(struct run *run, struct mailbox *mailbox)
{
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (!journal_message_ids(run->journal, mailbox->row.id, WHICH_DIRTY, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        bool found;

        ok = journal_message_get(run->journal, ids[i], &message, &found, &run->err);
        if (ok && found)
            ok = return_row(run, &message);
    }
    free(ids);
    return ok;
}

/* What waits for a word of the user was already known to be gone before this. */
static bool
past_row(struct run *run, int64_t id, uint32_t same)
{
    struct journal_message message;
    bool waits;

    if (!run_load(run, id, &message))
        return false;
    if ((message.facts & (FACT_GONE_HERE | FACT_GONE_THERE)) != FACT_GONE_THERE || message.uid == 0 ||
        (message.facts & FACT_REMOVED) != 0 || (message.uid < same && (message.facts & FACT_OUT_OF_VIEW) == 0))
        return true;
    message.facts &= ~(unsigned)FACT_OUT_OF_VIEW;
    return missing_waits(run, &message, PLAN_REMOVE_HERE, &waits) && (waits || missing_lost_uid(run, &message));
}

bool
missing_past(struct run *run, const struct mailbox *mailbox, uint32_t same)
{
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (!journal_message_ids(run->journal, mailbox->row.id, WHICH_DIRTY, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++)
        ok = past_row(run, ids[i], same);
    free(ids);
    return ok;
}

/* What is known to be removed stays so: what proved it may be gone by the next look, moved by golub itself. */
static bool
keep_proven(struct run *run, const struct mailbox *mailbox)
{
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (!mailbox->went || mailbox->unproven || mailbox->gone_below == 0)
        return true;
    if (!journal_message_ids(run->journal, mailbox->row.id, WHICH_DIRTY, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        if (!ok || message.uid == 0 || message.uid >= mailbox->gone_below ||
            (message.facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_OUT_OF_VIEW)) != FACT_GONE_THERE)
            continue;
        message.facts |= FACT_REMOVED;
        ok = journal_message_save(run->journal, &message, &run->err);
    }
    free(ids);
    return ok;
}

bool
missing_doubt_past(struct run *run)
{
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->row.id == 0 || mailbox->row.past || run_learned(mailbox, CAUTION_REPAIRED))
            continue;
        mailbox->row.past = missing_first_id(run);
        ok = keep_proven(run, mailbox) && journal_mailbox_save(run->journal, &mailbox->row, &run->err);
    }
    return ok;
}
