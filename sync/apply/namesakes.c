/*
 * Two files of one base name in one folder. Equal bytes: the one with fewer flags goes to the quarantine, with an intent
 * before, as every removal here. Other bytes: the second gets a name of its own, which follows from its bytes, so that a
 * run that was cut off between link and unlink is taken up by the next one under the same name.
 */
#include "sync/apply/namesakes.h"
#include "sync/rows/letters.h"
#include "sync/rows/quarantined.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"
#include "sync/run/situation.h"

#define RENAME_WAIT_S 20 /* since the file got its second name, until that is no rename under way */

/* The intent is durable before the file moves: one without a row in the index would stay in the quarantine for ever. */
static bool
write_intent(struct run *run, const struct journal_message *message, const struct local_file *namesake, uint64_t size,
             struct journal_op *op)
{
    char name[256];
    bool found, ok;

    if (!situation_mark(run) || !run_begin(run))
        return false;
    ok = journal_op_of(run->journal, message->id, op, &found, &run->err);
    if (ok && !(found && op->kind == OP_REMOVE_LOCAL &&
                op->target == message->id)) { /* else an earlier run's: the same name again */
        *op = (struct journal_op){.kind = OP_REMOVE_LOCAL,
                                  .mailbox = message->mailbox,
                                  .message = message->id,
                                  .target = message->id,
                                  .size = size,
                                  .since = run->now};
        quarantined_name_of(run, namesake, message->id, "twin", name);
        (void)text_print(op->name, sizeof op->name, "%s", name);
        ok = journal_op_add(run->journal, op, &run->err);
    }
    return run_end(run, ok && situation_mark_commit(run));
}

static bool
quarantine_namesake(struct run *run, struct mailbox *mailbox, struct journal_message *message,
                    const struct local_file *namesake, const struct local_facts *facts)
{
    struct journal_op op;
    struct local_removal removal = {.file = *namesake, .quarantine = op.name, .wire = facts->digests.wire};
    bool ok;

    if (!write_intent(run, message, namesake, facts->digests.size, &op) ||
        !run->local.ops->remove(run->local.self, &removal, 1, &run->err) || !run_begin(run))
        return false;
    ok = journal_op_delete(run->journal, op.id, &run->err);
    if (removal.ok)
        ok = ok && unfinished_index_namesake(run, mailbox, message, &op, namesake->info) &&
             journal_message_save(run->journal, message, &run->err) && letters_met(run, message);
    else if (removal.missing)
        mailbox->look_here = true;
    else
        run_problem(run, mailbox, &removal.err);
    return run_end(run, ok);
}

/* Link first, as every move: where its name is taken by the same bytes, an earlier run did that much. */
static bool
rename_namesake(struct run *run, struct mailbox *mailbox, const struct local_file *namesake,
                const struct local_facts *facts)
{
    struct journal_message *known = calloc(1, sizeof *known);
    char digest[32], base[LOCAL_BASE_MAX + 1];
    struct local_move move = {.from = *namesake, .to = {namesake->folder, base, namesake->info}};
    bool found = false, ok;

    digest_base32(facts->digests.wire, 10, digest);
    (void)text_print(base, sizeof base, "%.200s_%s", namesake->base, digest);
    ok = (known != NULL || run_no_memory(run)) && situation_mark(run) &&
         journal_message_by_base(run->journal, mailbox->row.id, base, known, &found, &run->err);
    if (found) /* its flags may have changed since */
        move.to.info = known->info;
    ok = ok && run->local.ops->link(run->local.self, &move, 1, &run->err);
    if (ok && (move.ok || move.taken))
        ok = run->local.ops->unlink_moved(run->local.self, &move, 1, &run->err);
    mailbox->look_here = ok && (move.ok || move.missing); /* what the names are now, the next listing says */
    free(known);
    return ok;
}

/*
 * Two names of one file: a mail reader renames it by link and unlink, and takes the other name away in a moment, so that none would be left.
 * Where both stand for long they are what a crash or a copy by links left.
 */
static bool
is_being_renamed(const struct run *run, const struct local_which *a, const struct local_which *b)
{
    return a->device == b->device && a->inode == b->inode && a->changed > run->now - RENAME_WAIT_S &&
           a->changed <= run_now(run) + RENAME_WAIT_S;
}

static bool
split(struct run *run, const struct namesake *namesake, struct journal_message *message)
{
    struct mailbox *mailbox;
    struct local_file a, b;
    struct local_facts facts_a, facts_b;
    struct error err = {0};
    bool missing_a = false, missing_b = false, found, keep_b;

    if (!journal_message_get(run->journal, namesake->id, message, &found, &run->err))
        return false;
    mailbox = found ? run_mailbox_by_id(run, message->mailbox) : NULL;
    if (mailbox == NULL || !mailbox_is_open(mailbox))
        return true;
    a = (struct local_file){mailbox->row.folder, message->base, namesake->first};
    b = (struct local_file){mailbox->row.folder, message->base, namesake->second};
    if (!run->local.ops->examine(run->local.self, &a, &facts_a, &missing_a, &err) ||
        !run->local.ops->examine(run->local.self, &b, &facts_b, &missing_b, &err)) {
        run_problem_of(run, mailbox, message->base, &err);
        return true;
    }
    if (missing_a || missing_b) { /* a rename while the folder was listed */
        mailbox->look_here = true;
        return true;
    }
    if (is_being_renamed(run, &facts_a.which, &facts_b.which))
        return true; /* the next run lists the folder again */
    if (memcmp(facts_a.digests.wire, facts_b.digests.wire, DIGEST_SIZE) != 0) {
        bool is_b = message->has_wire &&
                    memcmp(facts_b.digests.wire, message->wire, DIGEST_SIZE) == 0; /* the message keeps its name */

        return is_b ? rename_namesake(run, mailbox, &a, &facts_a) : rename_namesake(run, mailbox, &b, &facts_b);
    }
    keep_b =
        __builtin_popcount(merge_of_name(namesake->second, 0)) > __builtin_popcount(merge_of_name(namesake->first, 0));
    (void)text_print(message->info, sizeof message->info, "%s", keep_b ? namesake->second : namesake->first);
    message->flags.lseen =
        merge_of_name(message->info, message->flags.lseen) |
        letters_flags(mailbox, message->info, (message->flags.lseen & FLAG_FORWARDED) != 0 ? NULL : namesake->first);
    return quarantine_namesake(run, mailbox, message, keep_b ? &a : &b, &facts_a);
}

bool
namesakes_split(struct run *run, const struct namesakes *namesakes)
{
    struct journal_message *message;
    bool ok = true;

    if (run->dry || namesakes->count == 0)
        return true;
    message = calloc(1, sizeof *message);
    ok = message != NULL || run_no_memory(run);
    for (size_t i = 0; ok && i < namesakes->count; i++)
        ok = split(run, &namesakes->at[i], message);
    free(message);
    return ok;
}
