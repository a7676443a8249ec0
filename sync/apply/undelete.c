/* See undelete.h. */
#include "sync/apply/undelete.h"

bool
undelete_is_forgotten(const struct journal_op *op)
{
    return op->kind == OP_REMOVE_REMOTE && op->message == 0;
}

struct deleted {
    int64_t id; /* of its intent */
    uint32_t mailbox, uidvalidity, uid;
    bool row;    /* its message has one */
    bool kept;   /* ... and the intent says more, which stays */
    bool off;    /* the server shows the message without it */
    bool stands; /* ... or with it after all */
};

struct undelete {
    struct run *run;
    struct arena arena;
    struct deleted *at; /* when they are taken off: those with a row, then by mailbox, UIDVALIDITY and UID */
    size_t count;
    uint32_t *uids;
    struct remote_store *requests; /* of each mailbox and UIDVALIDITY */
    size_t *first;                 /* index in `at` of the first message of each request */
};

struct undelete *
undelete_new(struct run *run, size_t most)
{
    struct arena arena = {0};
    struct undelete *undelete = arena_array(&arena, 1, sizeof *undelete);
    struct undelete made = {.run = run,
                            .at = arena_array(&arena, most, sizeof *made.at),
                            .uids = arena_array(&arena, most, sizeof *made.uids),
                            .requests = arena_array(&arena, most, sizeof *made.requests),
                            .first = arena_array(&arena, most, sizeof *made.first)};

    made.arena = arena;
    if (run_has(run, &arena)) {
        *undelete = made;
        return undelete;
    }
    arena_free(&arena);
    return NULL;
}

void
undelete_free(struct undelete *undelete)
{
    struct arena arena = undelete != NULL ? undelete->arena : (struct arena){0}; /* which holds *undelete itself */

    arena_free(&arena);
}

void
undelete_add(struct undelete *undelete, const struct journal_op *op, const struct mailbox *mailbox, uint32_t uid,
             bool kept)
{
    undelete->at[undelete->count++] = (struct deleted){.id = op->id,
                                                       .mailbox = (uint32_t)(mailbox - undelete->run->mailboxes),
                                                       .uidvalidity = mailbox->row.uidvalidity,
                                                       .uid = uid,
                                                       .row = true,
                                                       .kept = kept};
}

static struct mailbox *
find_listed(struct run *run, const char *wire)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->listed && mailbox->row.wire != NULL && strcmp(mailbox->row.wire, wire) == 0)
            return mailbox;
    }
    return NULL;
}

bool
undelete_add_forgotten(struct undelete *undelete, const struct journal_op *op)
{
    struct run *run = undelete->run;
    const struct mailbox *mailbox = find_listed(run, op->name);

    if (mailbox == NULL)
        return journal_op_delete(run->journal, op->id, &run->err);
    undelete->at[undelete->count++] = (struct deleted){.id = op->id,
                                                       .mailbox = (uint32_t)(mailbox - run->mailboxes),
                                                       .uidvalidity = op->uidvalidity,
                                                       .uid = (uint32_t)op->size};
    return true;
}

static bool
is_together(const struct deleted *a, const struct deleted *b)
{
    return a->row == b->row && a->mailbox == b->mailbox && a->uidvalidity == b->uidvalidity;
}

static int
compare_deleted(const void *pa, const void *pb)
{
    const struct deleted *a = pa, *b = pb;

    if (a->row != b->row)
        return a->row ? -1 : 1;
    if (a->mailbox != b->mailbox)
        return a->mailbox < b->mailbox ? -1 : 1;
    if (a->uidvalidity != b->uidvalidity)
        return a->uidvalidity < b->uidvalidity ? -1 : 1;
    return a->uid == b->uid ? 0 : a->uid < b->uid ? -1 : 1;
}

static size_t
build(struct undelete *undelete)
{
    size_t requests = 0;

    qsort(undelete->at, undelete->count, sizeof *undelete->at, compare_deleted);
    for (size_t i = 0; i < undelete->count; i++) {
        const struct deleted *deleted = &undelete->at[i];
        struct mailbox *mailbox = &undelete->run->mailboxes[deleted->mailbox];

        undelete->uids[i] = deleted->uid;
        if (i == 0 || !is_together(deleted - 1, deleted)) {
            undelete->first[requests] = i;
            undelete->requests[requests++] = (struct remote_store){.mailbox = text_of(mailbox->row.wire),
                                                                   .uidvalidity = deleted->uidvalidity,
                                                                   .uids = &undelete->uids[i],
                                                                   .del = FLAG_DELETED};
            mailbox->stirred = mailbox->stirred || deleted->row;
        }
        undelete->requests[requests - 1].count++;
    }
    return requests;
}

/* An OK does not say that \Deleted is off: the flags that are shown do. */
static void
note(struct undelete *undelete, size_t index, const struct remote_message *seen)
{
    struct deleted *at = &undelete->at[undelete->first[index]];

    for (size_t i = 0; i < undelete->requests[index].count; i++) {
        if (at[i].uid == seen->uid && (seen->flags & FLAG_DELETED) != 0)
            at[i].stands = true;
        else if (at[i].uid == seen->uid)
            at[i].off = true;
    }
}

/* Where the mailbox is one that is synced (or is so again), the row takes the flags as they are now: \Deleted was never a wish of the user. */
static bool
on_echo(void *context, size_t index, const struct remote_message *seen)
{
    struct undelete *undelete = context;
    struct run *run = undelete->run;
    const struct deleted *first = &undelete->at[undelete->first[index]];
    struct mailbox *mailbox = &run->mailboxes[first->mailbox];
    struct journal_message message;
    bool found;

    if (!seen->has_flags)
        return true;
    note(undelete, index, seen);
    if (mailbox->row.id == 0 || (first->row && (seen->flags & FLAG_DELETED) != 0))
        return true;
    mailbox->stirred = true;
    if (!journal_message_by_uid(run->journal, mailbox->row.id, seen->uid, &message, &found, &run->err))
        return false;
    if (!found)
        return true;
    message.flags.rseen = seen->flags;
    return journal_message_save(run->journal, &message, &run->err);
}

/* The intent of a message with a row ends once the server has shown it without \Deleted. Without a row nobody looks at the message again:
 * there it is enough that no answer shows the flag. */
static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct undelete *undelete = context;
    const bool over = outcome->ok || outcome->gone || outcome->changed || outcome->permanent;
    const struct deleted *at = &undelete->at[undelete->first[index]];

    for (size_t i = 0; i < undelete->requests[index].count; i++) {
        if (!at[i].kept && (at[i].row ? at[i].off : over && !at[i].stands) &&
            !journal_op_delete(undelete->run->journal, at[i].id, &undelete->run->err))
            return false;
    }
    return true;
}

bool
undelete_run(struct undelete *undelete)
{
    static const struct remote_observer observer = {.message = on_echo, .done = on_done};
    struct run *run = undelete->run;

    if (undelete->count == 0 || run->dry)
        return true;
    return run->remote.ops->store(run->remote.self, undelete->requests, build(undelete), &observer, undelete,
                                  &run->err);
}
