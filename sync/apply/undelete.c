/* See undelete.h. */
#include "sync/apply/undelete.h"

bool
marks_is(const struct journal_op *op)
{
    return op->kind == OP_REMOVE_REMOTE && op->message == 0;
}

struct mark {
    int64_t id; /* of its intent */
    uint32_t mailbox, uidvalidity, uid;
    bool row;    /* its message has one */
    bool off;    /* the server shows the message without it */
    bool stands; /* ... or with it after all */
};

struct marks {
    struct run *run;
    struct mark *at; /* when they are taken back: those with a row, then by mailbox, UIDVALIDITY and UID */
    size_t count;
    uint32_t *uids;
    struct remote_store *requests; /* of each mailbox and UIDVALIDITY */
    size_t *first;                 /* mark of each request */
};

struct marks *
marks_new(struct run *run, size_t most)
{
    struct marks *marks = calloc(1, sizeof *marks);

    if (marks != NULL) {
        *marks = (struct marks){.run = run,
                                .at = calloc(most + 1, sizeof *marks->at),
                                .uids = calloc(most + 1, sizeof *marks->uids),
                                .requests = calloc(most + 1, sizeof *marks->requests),
                                .first = calloc(most + 1, sizeof *marks->first)};
        if (marks->at != NULL && marks->uids != NULL && marks->requests != NULL && marks->first != NULL)
            return marks;
    }
    marks_free(marks);
    (void)run_no_memory(run);
    return NULL;
}

void
marks_free(struct marks *marks)
{
    if (marks == NULL)
        return;
    free(marks->at);
    free(marks->uids);
    free(marks->requests);
    free(marks->first);
    free(marks);
}

void
marks_add(struct marks *marks, const struct journal_op *op, const struct mailbox *mailbox, uint32_t uid)
{
    marks->at[marks->count++] = (struct mark){.id = op->id,
                                              .mailbox = (uint32_t)(mailbox - marks->run->mailboxes),
                                              .uidvalidity = mailbox->row.uidvalidity,
                                              .uid = uid,
                                              .row = true};
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
marks_add_forgotten(struct marks *marks, const struct journal_op *op)
{
    struct run *run = marks->run;
    const struct mailbox *mailbox = find_listed(run, op->name);

    if (mailbox == NULL)
        return journal_op_delete(run->journal, op->id, &run->err);
    marks->at[marks->count++] = (struct mark){.id = op->id,
                                              .mailbox = (uint32_t)(mailbox - run->mailboxes),
                                              .uidvalidity = op->uidvalidity,
                                              .uid = (uint32_t)op->size};
    return true;
}

static bool
is_together(const struct mark *a, const struct mark *b)
{
    return a->row == b->row && a->mailbox == b->mailbox && a->uidvalidity == b->uidvalidity;
}

static int
compare_marks(const void *pa, const void *pb)
{
    const struct mark *a = pa, *b = pb;

    if (a->row != b->row)
        return a->row ? -1 : 1;
    if (a->mailbox != b->mailbox)
        return a->mailbox < b->mailbox ? -1 : 1;
    if (a->uidvalidity != b->uidvalidity)
        return a->uidvalidity < b->uidvalidity ? -1 : 1;
    return a->uid == b->uid ? 0 : a->uid < b->uid ? -1 : 1;
}

static size_t
build(struct marks *marks)
{
    size_t requests = 0;

    qsort(marks->at, marks->count, sizeof *marks->at, compare_marks);
    for (size_t i = 0; i < marks->count; i++) {
        const struct mark *mark = &marks->at[i];
        struct mailbox *mailbox = &marks->run->mailboxes[mark->mailbox];

        marks->uids[i] = mark->uid;
        if (i == 0 || !is_together(mark - 1, mark)) {
            marks->first[requests] = i;
            marks->requests[requests++] = (struct remote_store){.mailbox = text_of(mailbox->row.wire),
                                                                .uidvalidity = mark->uidvalidity,
                                                                .uids = &marks->uids[i],
                                                                .del = FLAG_DELETED};
            mailbox->stirred = mailbox->stirred || mark->row;
        }
        marks->requests[requests - 1].count++;
    }
    return requests;
}

/* An OK does not say that the mark is off. */
static void
note(struct marks *marks, size_t index, const struct remote_message *seen)
{
    struct mark *at = &marks->at[marks->first[index]];

    for (size_t i = 0; i < marks->requests[index].count; i++) {
        if (at[i].uid == seen->uid && (seen->flags & FLAG_DELETED) != 0)
            at[i].stands = true;
        else if (at[i].uid == seen->uid)
            at[i].off = true;
    }
}

/* Where it is one of our mailboxes, or is so again: its row does not show what was never anybody's wish. */
static bool
on_echo(void *context, size_t index, const struct remote_message *seen)
{
    struct marks *marks = context;
    struct run *run = marks->run;
    const struct mark *first = &marks->at[marks->first[index]];
    struct mailbox *mailbox = &run->mailboxes[first->mailbox];
    struct journal_message message;
    bool found;

    if (!seen->has_flags)
        return true;
    note(marks, index, seen);
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

/* With a row the mark must have been seen to be off. Without one it is enough that no answer shows it: nobody looks at the message again. */
static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct marks *marks = context;
    const bool over = outcome->ok || outcome->gone || outcome->changed || outcome->permanent;
    const struct mark *at = &marks->at[marks->first[index]];

    for (size_t i = 0; i < marks->requests[index].count; i++) {
        if ((at[i].row ? at[i].off : over && !at[i].stands) &&
            !journal_op_delete(marks->run->journal, at[i].id, &marks->run->err))
            return false;
    }
    return true;
}

bool
marks_take_back(struct marks *marks)
{
    static const struct remote_observer observer = {.message = on_echo, .done = on_done};
    struct run *run = marks->run;

    if (marks->count == 0 || run->dry)
        return true;
    return run->remote.ops->store(run->remote.self, marks->requests, build(marks), &observer, marks, &run->err);
}
