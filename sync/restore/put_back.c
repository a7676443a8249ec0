/*
 * Messages of the quarantine become mail again, a batch at a time. Each is copied through a draft, whose digest must be that of its row: what was
 * damaged meanwhile stays where it is. The name is a new one, since the old one may stand for something else by now, on both sides.
 */
#include "sync/base/state.h"
#include "store/journal/quarantine.h"
#include "sync/restore/private.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/random.h>

#include "store/base/arena.h"
#include "store/base/descriptors.h"

#define BLOCK (64 * 1024)

struct copy { /* one message of a batch */
    struct restore_entry *entry;
    char base[LOCAL_BASE_MAX + 1];
    char letters[32];
    uint64_t size;
};

struct batch {
    struct restoring *restoring;
    struct arena arena;
    struct copy *copies;
    struct local_delivery *items;
    char *block;
    size_t most, count;
    uint64_t bytes;
    bool full; /* the disk */
};

static bool
name_copy(struct restoring *restoring, char base[static LOCAL_BASE_MAX + 1])
{
    unsigned char nonce[16];
    char name[32];

    if (getrandom(nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce) {
        error_sys(&restoring->err, errno, "get random bytes");
        return false;
    }
    digest_base32(nonce, sizeof nonce, name);
    (void)text_print(base, LOCAL_BASE_MAX + 1, "%010" PRId64 ".%s.golub", restoring->now, name);
    return true;
}

/* Letters of keywords mean what they meant in the folder that it stood in, and nothing elsewhere. */
static void
take_letters(const struct restoring *restoring, const struct restore_target *target, char letters[static 32])
{
    const struct journal_quarantined *row = &restoring->row;
    size_t len = 0;

    if (restoring->choice->to_dir == NULL && strcmp(target->name, row->mailbox) == 0 && row->info[0] == 'c')
        for (const char *at = row->info + 1; *at != '\0' && len < 31; at++)
            if (*at >= 'a' && *at <= 'z')
                letters[len++] = *at;
    letters[len] = '\0';
}

/* Where there are many, each of them is of interest only to those who ask for more, or for JSON. */
static void
say(struct restoring *restoring, const struct restore_target *target, enum report_outcome outcome)
{
    if (restoring->choice->id_count != 0 || report_tells_each(restoring->report))
        restore_say(restoring, target->name, outcome);
}

static void
fail(struct restoring *restoring, const struct restore_target *target, enum report_outcome outcome, struct error *err)
{
    if (err->kind != ERROR_INTERRUPTED)
        say(restoring, target, outcome);
    restore_problem(restoring, target->name, err);
}

static bool
is_damaged(const struct restore_entry *entry, const unsigned char wire[static DIGEST_SIZE])
{
    return entry->has_wire && memcmp(entry->wire, wire, DIGEST_SIZE) != 0;
}

/*
 * The row's file, open, if it is what the row says. It is read for that before any of it is written: one that grew meanwhile would fill the disk,
 * and keep back all that follows. @return false: *err says why, *outcome which of the sorts
 */
static bool
open_kept(struct restoring *restoring, const struct restore_entry *entry, void **handle, struct local_print *print,
          enum report_outcome *outcome, struct error *err)
{
    const struct local *local = &restoring->local;
    struct local_facts facts;
    bool missing = false;

    *outcome = OUTCOME_FAILED;
    if (entry->altered) {
        error_state(err, ERROR_LOCAL, "put back message %" PRIi64 ": the server has it, and its file here was changed",
                    entry->id);
        error_hint(err,
                   "`golub restore %s --altered FILE`, with the path of that file, brings the server's version back.",
                   restoring->account->name);
        return false;
    }
    if (!local->ops->quarantine_open(local->self, restoring->row.name, handle, print, &missing, err))
        return false;
    if (*handle == NULL) {
        error_state(err, ERROR_LOCAL, "put back message %" PRIi64 ": its file is not in the quarantine any more",
                    entry->id);
        if (state_lacks_quarantine(restoring->account))
            error_hint(err, STATE_NO_QUARANTINE, restoring->account->state);
        else
            error_hint(err, "Only a backup of %s/quarantine has it.", restoring->account->state);
        *outcome = OUTCOME_MISSING;
        return false;
    }
    if (!local->ops->read_facts(local->self, *handle, &facts, err))
        return false;
    if (!is_damaged(entry, facts.digests.wire))
        return true;
    error_state(err, ERROR_LOCAL, "put back message %" PRIi64 ": its file in the quarantine is damaged", entry->id);
    error_hint(err, "%s/quarantine/%s holds what is left of it; it stays there.", restoring->account->state,
               restoring->row.name);
    *outcome = OUTCOME_DAMAGED;
    return false;
}

/* Bytes of the quarantine's file into the draft. @return false: *err says why */
static bool
copy_bytes(struct batch *batch, void *handle, struct local_draft *draft, struct error *err)
{
    const struct local *local = &batch->restoring->local;
    size_t got;

    do {
        if (restore_stopped(batch->restoring)) {
            error_state(err, ERROR_INTERRUPTED, "stopped while a message was being put back");
            return false;
        }
        if (!local->ops->read(local->self, handle, batch->block, BLOCK, &got, err) ||
            (got != 0 && !local->ops->draft_write(local->self, draft, batch->block, got, err)))
            return false;
    } while (got != 0);
    return true;
}

/* The disk is full, as it would be with each that follows. */
static void
say_full(struct batch *batch, const struct restore_target *target, struct error *err)
{
    struct restoring *restoring = batch->restoring;

    batch->full = true;
    error_hint(err, "Make room and give the command again: what is back already does not come twice.");
    restoring->err = *err;
    (void)text_print(restoring->err.mailbox, sizeof restoring->err.mailbox, "%s", target->name);
}

/* A draft of the row's file. @return false: it is said, and the rest goes on */
static bool
make_draft(struct batch *batch, const struct restore_entry *entry, const struct restore_target *target,
           struct local_draft **draft, struct local_print *print)
{
    struct restoring *restoring = batch->restoring;
    const struct local *local = &restoring->local;
    enum report_outcome outcome;
    struct digests digests;
    struct error err = {0};
    void *handle = NULL;
    bool ok;

    *draft = NULL;
    ok = open_kept(restoring, entry, &handle, print, &outcome, &err) &&
         local->ops->draft_begin(local->self, target->folder, draft, &err) && copy_bytes(batch, handle, *draft, &err) &&
         local->ops->draft_finish(local->self, *draft, &digests, &err);
    local->ops->read_close(local->self, handle);
    if (ok && is_damaged(entry, digests.wire)) { /* changed since, within the time that its file system tells apart */
        error_state(&err, ERROR_LOCAL, "put back message %" PRIi64 ": its file in the quarantine changes", entry->id);
        outcome = OUTCOME_DAMAGED;
        ok = false;
    }
    if (ok)
        return true;
    local->ops->draft_drop(local->self, *draft);
    *draft = NULL;
    if (err.number == ENOSPC || err.number == EDQUOT)
        say_full(batch, target, &err);
    else
        fail(restoring, target, outcome, &err);
    return false;
}

/* Does the next sync leave it here? */
static bool
stays(const struct restoring *restoring, const struct restore_target *target)
{
    return target->left_out || target->state == MAILBOX_GONE_REMOTE || !restoring->account->policy.push.new_mail;
}

/* Without a draft: would it be put back? */
static bool
pretend(struct batch *batch, const struct restore_entry *entry, const struct restore_target *target)
{
    struct restoring *restoring = batch->restoring;
    const struct local *local = &restoring->local;
    enum report_outcome outcome;
    struct local_print print;
    struct error err = {0};
    void *handle = NULL;
    const bool ok = open_kept(restoring, entry, &handle, &print, &outcome, &err);

    local->ops->read_close(local->self, handle);
    if (!ok) {
        fail(restoring, target, outcome, &err);
        return false;
    }
    restoring->put_back++;
    restoring->staying += stays(restoring, target);
    restoring->bytes += restoring->row.size;
    say(restoring, target, OUTCOME_PUT_BACK);
    return true;
}

static bool
add(struct batch *batch, struct restore_entry *entry, const struct restore_target *target)
{
    struct restoring *restoring = batch->restoring;
    const struct journal_quarantined *row = &restoring->row;
    struct copy *copy = &batch->copies[batch->count];
    struct local_print print;
    struct local_draft *draft;
    unsigned shown, flags;

    if (!name_copy(restoring, copy->base))
        return false;
    if (!make_draft(batch, entry, target, &draft, &print))
        return !batch->full;
    /* \Deleted asks for its removal, and it was asked for the contrary. */
    flags = row->has_details ? row->flags : local_info_flags(row->info, &shown);
    take_letters(restoring, target, copy->letters);
    copy->entry = entry;
    copy->size = row->size;
    batch->items[batch->count++] = (struct local_delivery){.draft = draft,
                                                           .base = copy->base,
                                                           .flags = flags & ~(unsigned)FLAG_DELETED,
                                                           .date = row->has_details ? row->date : print.seconds,
                                                           .fresh = true,
                                                           .letters = copy->letters};
    batch->bytes += print.size;
    return true;
}

static void
drop_batch(struct batch *batch)
{
    const struct local *local = &batch->restoring->local;

    for (size_t i = 0; i < batch->count; i++)
        local->ops->draft_drop(local->self, batch->items[i].draft);
    batch->count = 0;
    batch->bytes = 0;
}

/* The journal is told of what stands in a folder of the account's; not of what went to a folder of the user's. */
static bool
record(struct batch *batch, const struct copy *copy, struct local_delivery *item)
{
    struct restoring *restoring = batch->restoring;
    const struct restore_target *target = &restoring->targets[copy->entry->target];

    if (!restore_load(restoring, copy->entry))
        return false;
    if (!item->ok) {
        fail(restoring, target, OUTCOME_FAILED, &item->err);
        return true;
    }
    copy->entry->there = true;
    restoring->put_back++;
    restoring->staying += stays(restoring, target);
    restoring->bytes += copy->size;
    say(restoring, target, OUTCOME_PUT_BACK);
    return restoring->choice->to_dir != NULL ||
           journal_quarantine_put_back(restoring->journal, copy->entry->id, restoring->now, &restoring->err);
}

/* Their names come first: a file of which the journal does not say what it is would have no keywords. One that never comes does no harm. */
static bool
note_names(struct batch *batch)
{
    struct restoring *restoring = batch->restoring;
    bool ok = true;

    if (restoring->choice->to_dir != NULL)
        return true;
    if (!journal_begin(restoring->journal, &restoring->err))
        return false;
    for (size_t i = 0; ok && i < batch->count; i++)
        ok = journal_quarantine_return(restoring->journal, batch->copies[i].entry->id, batch->copies[i].base,
                                       &restoring->err);
    if (ok)
        return journal_commit(restoring->journal, &restoring->err);
    journal_rollback(restoring->journal);
    return false;
}

static bool
deliver(struct batch *batch)
{
    struct restoring *restoring = batch->restoring;
    const size_t count = batch->count;
    bool ok;

    if (count == 0)
        return true;
    if (!note_names(batch))
        return false;
    batch->count = 0;
    batch->bytes = 0;
    if (!restoring->local.ops->deliver(restoring->local.self, batch->items, count, &restoring->err) ||
        !journal_begin(restoring->journal, &restoring->err))
        return false;
    ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = record(batch, &batch->copies[i], &batch->items[i]);
    if (ok)
        return journal_commit(restoring->journal, &restoring->err);
    journal_rollback(restoring->journal);
    return false;
}

static bool
note_back_already(struct restoring *restoring, const struct restore_entry *entry, const struct restore_target *target)
{
    restoring->back_already++;
    say(restoring, target, OUTCOME_BACK_ALREADY);
    if (restoring->choice->to_dir != NULL || restoring->choice->dry || restoring->row.put_back != 0)
        return true;
    if (!journal_begin(restoring->journal, &restoring->err))
        return false;
    if (journal_quarantine_put_back(restoring->journal, entry->id, restoring->now, &restoring->err))
        return journal_commit(restoring->journal, &restoring->err);
    journal_rollback(restoring->journal);
    return false;
}

/* Entries with equal bytes stand side by side: one file is enough for them. */
static bool
is_twin(const struct restore_entry *entry, const struct restore_entry *before)
{
    return entry->has_wire && before->has_wire && memcmp(entry->wire, before->wire, DIGEST_SIZE) == 0;
}

static bool
put_back_into(struct batch *batch, struct restore_entry *entries, size_t count)
{
    struct restoring *restoring = batch->restoring;
    const struct restore_target *target = &restoring->targets[entries[0].target];
    bool ok = true;

    for (size_t i = 0; ok && i < count && !restore_stopped(restoring); i++) {
        struct restore_entry *entry = &entries[i];
        const bool twin = i != 0 && is_twin(entry, entry - 1);

        if (twin && !entry->there && !entry[-1].there) /* whether that one came is known when it is delivered */
            ok = deliver(batch);
        entry->there = entry->there || (twin && entry[-1].there);
        if (!ok || !restore_load(restoring, entry))
            return false;
        if (entry->there)
            ok = note_back_already(restoring, entry, target);
        else if (restoring->choice->dry)
            entry->there = pretend(batch, entry, target);
        else
            ok = add(batch, entry, target);
        if (ok && (batch->count == batch->most || batch->bytes >= LIMIT_BATCH_BYTES))
            ok = deliver(batch);
    }
    return ok && deliver(batch);
}

/* One folder that can't be made or read stops itself only. */
static bool
begin_folder(struct restoring *restoring, struct restore_entry *entries, size_t count)
{
    const struct restore_target *target = &restoring->targets[entries[0].target];
    struct error err = {0};

    if (target->err.kind != ERROR_NONE)
        restoring->err = target->err;
    else if ((restoring->choice->dry ||
              restoring->local.ops->create(restoring->local.self, target->folder, &restoring->err)) &&
             restore_look(restoring, entries, count))
        return true;
    err = restoring->err;
    restoring->err = (struct error){0};
    restore_problem(restoring, target->name, &err);
    restoring->failed += count - 1;
    return false;
}

/* What a sync will make of it, where that is not to be expected. */
static void
say_target(struct restoring *restoring, const struct restore_target *target)
{
    const char *words =
        target->left_out                       ? "`mailboxes` leaves it out: what is put back into it does not go up"
        : target->state == MAILBOX_GONE_REMOTE ? "it is gone on the server: what is put back into it stays here"
        : target->state == MAILBOX_GONE_LOCAL
            ? "its folder was gone here and is made again: the next sync brings back all that the server has of it"
            : NULL;

    if (words != NULL && restoring->choice->to_dir == NULL)
        report_mailbox(restoring->report, restoring->account->name, target->name, "restore", words);
}

bool
restore_put_back(struct restoring *restoring)
{
    const size_t open = descriptors_messages(restoring->options->descriptors);
    struct batch batch = {.restoring = restoring, .most = open < LIMIT_BATCH ? open : LIMIT_BATCH};
    bool ok;

    batch.copies = arena_array(&batch.arena, batch.most, sizeof *batch.copies);
    batch.items = arena_array(&batch.arena, batch.most, sizeof *batch.items);
    batch.block = arena_array(&batch.arena, BLOCK, 1);
    ok = !batch.arena.failed || restore_no_memory(restoring);
    for (size_t i = 0, next; ok && i < restoring->count && !restore_stopped(restoring); i = next) {
        for (next = i; next < restoring->count && restoring->entries[next].target == restoring->entries[i].target;)
            next++;
        if (!begin_folder(restoring, &restoring->entries[i], next - i))
            continue;
        say_target(restoring, &restoring->targets[restoring->entries[i].target]);
        ok = put_back_into(&batch, &restoring->entries[i], next - i);
    }
    if (!ok)
        drop_batch(&batch);
    arena_free(&batch.arena);
    return ok;
}
