/* See linked.h. */
#include "sync/apply/linked.h"

#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"

#define KEPT 1 /* op.attempt (store/journal/journal.h): its row is written, and the first name goes */

struct second_name {
    struct journal_message *from; /* the row whose file has a second name */
    struct local_file first, second;
    char base[LOCAL_BASE_MAX + 1], info[LOCAL_INFO_MAX + 1];
    char first_info[LOCAL_INFO_MAX + 1], second_info[LOCAL_INFO_MAX + 1]; /* that they have now */
};

struct finding {
    const char *base;
    char *info;
    bool found;
};

bool
linked_is(const struct journal_op *op)
{
    return op->kind == OP_REMOVE_LOCAL && op->target != 0;
}

static struct journal_op
intent_of(const struct run *run, const struct journal_message *from, const struct journal_message *to)
{
    struct journal_op op = {.kind = OP_REMOVE_LOCAL,
                            .mailbox = to->mailbox,
                            .message = from->id,
                            .target = to->id,
                            .size = from->size,
                            .since = run->now};

    (void)text_print(op.name, sizeof op.name, "%s/%s", to->base, to->info);
    return op;
}

bool
linked_announce(struct run *run, const struct journal_message *from, const struct journal_message *to, int64_t *intent)
{
    struct journal_op op = intent_of(run, from, to);
    const bool ok = journal_op_add(run->journal, &op, &run->err);

    *intent = op.id;
    return ok;
}

bool
linked_keep(struct run *run, const struct journal_message *from, const struct journal_message *to, int64_t intent)
{
    struct journal_op op = intent_of(run, from, to);

    op.id = intent;
    op.attempt = KEPT;
    return journal_op_save(run->journal, &op, &run->err);
}

/* Both names as the intent has them. */
static bool
read_intent(struct run *run, const struct journal_op *op, struct second_name *name, bool *usable)
{
    struct mailbox *to = run_mailbox_by_id(run, op->mailbox), *from;
    const char *info = strchr(op->name, '/');
    size_t length = info != NULL ? (size_t)(info - op->name) : 0;

    if (!journal_message_get(run->journal, op->message, name->from, usable, &run->err))
        return false;
    from = *usable ? run_mailbox_by_id(run, name->from->mailbox) : NULL;
    *usable = info != NULL && from != NULL && to != NULL && from->row.folder != NULL && to->row.folder != NULL &&
              name->from->base[0] != '\0' && length <= LOCAL_BASE_MAX;
    if (!*usable)
        return true;
    (void)text_print(name->base, sizeof name->base, "%.*s", (int)length, op->name);
    (void)text_print(name->info, sizeof name->info, "%s", info + 1);
    name->first = run_file(from, name->from);
    name->second = (struct local_file){to->row.folder, name->base, name->info};
    return true;
}

static bool
on_name(void *context, const char *base, const char *info)
{
    struct finding *finding = context;

    if (strcmp(base, finding->base) != 0)
        return true;
    (void)text_print(finding->info, LOCAL_INFO_MAX + 1, "%s", info);
    finding->found = true;
    return true;
}

/* A mail reader that opens a folder gives its names other flags. *sure: it was listed. @return whether there is one of this base */
static bool
find_now(struct run *run, struct local_file *file, char *info, bool *sure)
{
    static const struct local_scanner scanner = {.file = on_name};
    struct finding finding = {.base = file->base, .info = info};
    struct local_stamp stamp;
    struct error ignored = {0};
    bool stable, listed;

    listed = run->local.ops->scan(run->local.self, file->folder, &scanner, &finding, &stamp, &stable, &ignored);
    *sure = listed && (stable || finding.found);
    file->info = info;
    return *sure && finding.found;
}

/* What somebody set since on the name that goes was meant for the message. *done false: the other one has a third name by now */
static bool
hand_over_flags(struct run *run, struct second_name *name, bool first, bool *done)
{
    char *shown = first ? name->second_info : name->first_info, info[LOCAL_INFO_MAX + 1];
    const char *going = first ? name->first_info : name->second_info, *made = first ? name->from->info : name->info;
    const unsigned shows = merge_of_name(shown, 0);
    const unsigned flags = merge_of_second(shows, merge_of_name(going, 0), merge_of_name(made, 0));
    struct local_rename rename = {.file = first ? name->second : name->first, .to = info};

    *done = true;
    if (flags == shows)
        return true;
    local_info_with(shown, flags, info);
    if (!run->local.ops->rename(run->local.self, &rename, 1, &run->err))
        return false;
    *done = rename.ok;
    if (rename.ok)
        (void)text_print(shown, LOCAL_INFO_MAX + 1, "%s", info);
    return true;
}

static bool
unlink_one(struct run *run, const struct second_name *name, bool first, bool *done)
{
    struct local_move move = {.from = first ? name->first : name->second, .to = first ? name->second : name->first};

    if (!run->local.ops->unlink_moved(run->local.self, &move, 1, &run->err))
        return false;
    *done = move.ok;
    return true;
}

/*
 * The name that is to go, goes, if both are there. *gone: it went before, and the run was killed before its row did, too. *sure: both folders were listed,
 * where that was asked, and the flags of the one are on the other
 */
static bool
unlink_found(struct run *run, struct second_name *name, bool first, bool *gone, bool *sure)
{
    bool done = false;

    *sure = true;
    *gone = false;
    if (!unlink_one(run, name, first, &done))
        return false;
    if (!done && find_now(run, &name->second, name->second_info, sure)) {
        if (!find_now(run, &name->first, name->first_info, sure))
            *gone = first && *sure;
        else if (!hand_over_flags(run, name, first, sure) || (*sure && !unlink_one(run, name, first, &done)))
            return false;
    }
    *gone = *gone || (done && first);
    return true;
}

/* A row has the second name, and not by that move, which writes it down with the step that follows: a later run paired it. It is no leftover then. */
static bool
is_paired(struct run *run, const struct journal_op *op, const struct second_name *name, bool *paired)
{
    struct journal_message *row = op->attempt != KEPT ? calloc(1, sizeof *row) : NULL;
    bool ok = row != NULL || op->attempt == KEPT || run_no_memory(run);

    *paired = false;
    if (ok && row != NULL)
        ok = journal_message_by_base(run->journal, op->mailbox, name->base, row, paired, &run->err);
    free(row);
    return ok;
}

static bool
take_back(struct run *run, const struct journal_op *op, struct second_name *name)
{
    bool usable, paired = false, gone = false, sure = true;

    if (!read_intent(run, op, name, &usable) || (usable && !is_paired(run, op, name, &paired)) ||
        (usable && !paired && !unlink_found(run, name, op->attempt == KEPT, &gone, &sure)) ||
        (gone && !journal_message_delete(run->journal, op->message, &run->err)))
        return false;
    /* Where a folder can't be listed, or somebody gives names meanwhile, the next run tries again. */
    return !sure || journal_op_delete(run->journal, op->id, &run->err);
}

static bool
settle(struct run *run, const struct journal_op *op, struct second_name *name)
{
    bool found;

    if (op->target != op->message)
        return take_back(run, op, name);
    return journal_message_get(run->journal, op->message, name->from, &found, &run->err) &&
           (found ? unfinished_namesake(run, op, name->from) : journal_op_delete(run->journal, op->id, &run->err));
}

bool
linked_settle(struct run *run)
{
    struct second_name *name = calloc(1, sizeof *name);
    struct journal_op *ops = NULL;
    size_t count = 0, first = 0;
    bool ok = name != NULL || run_no_memory(run);

    if (ok)
        name->from = calloc(1, sizeof *name->from);
    ok = ok && (name->from != NULL || run_no_memory(run)) && journal_ops(run->journal, &ops, &count, &run->err);
    while (ok && first < count && !linked_is(&ops[first]))
        first++;
    if (ok && first < count && !run->dry && !run->no_root) {
        ok = run_begin(run);
        for (size_t i = first; ok && i < count; i++) {
            if (linked_is(&ops[i]))
                ok = settle(run, &ops[i], name);
        }
        ok = run_end(run, ok);
    }
    if (name != NULL)
        free(name->from);
    free(name);
    free(ops);
    return ok;
}
