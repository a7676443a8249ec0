/* See marks.h. */
#include "sync/apply/marks.h"

bool
marks_is(const struct journal_op *op)
{
    return op->kind == OP_REMOVE_REMOTE && op->message == 0;
}

struct mark {
    int64_t id; /* of its intent */
    uint32_t mailbox, uidvalidity, uid;
    bool stands; /* the server shows it after all */
};

struct marks {
    struct run *run;
    struct mark *at; /* by mailbox, UIDVALIDITY and UID */
    size_t count;
    uint32_t *uids;
    struct remote_store *requests; /* of each mailbox and UIDVALIDITY */
    size_t *first;                 /* mark of each request */
};

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

static int
compare_marks(const void *pa, const void *pb)
{
    const struct mark *a = pa, *b = pb;

    if (a->mailbox != b->mailbox)
        return a->mailbox < b->mailbox ? -1 : 1;
    if (a->uidvalidity != b->uidvalidity)
        return a->uidvalidity < b->uidvalidity ? -1 : 1;
    return a->uid == b->uid ? 0 : a->uid < b->uid ? -1 : 1;
}

/* A mailbox that is gone took its marks along. */
static bool
gather(struct marks *marks, const struct journal_op *ops, size_t count)
{
    struct run *run = marks->run;

    for (size_t i = 0; i < count; i++) {
        const struct mailbox *mailbox = marks_is(&ops[i]) ? find_listed(run, ops[i].name) : NULL;

        if (mailbox != NULL)
            marks->at[marks->count++] = (struct mark){.id = ops[i].id,
                                                      .mailbox = (uint32_t)(mailbox - run->mailboxes),
                                                      .uidvalidity = ops[i].uidvalidity,
                                                      .uid = (uint32_t)ops[i].size};
        else if (marks_is(&ops[i]) && !journal_op_delete(run->journal, ops[i].id, &run->err))
            return false;
    }
    if (marks->count != 0)
        qsort(marks->at, marks->count, sizeof *marks->at, compare_marks);
    return true;
}

static size_t
build(struct marks *marks)
{
    size_t requests = 0;

    for (size_t i = 0; i < marks->count; i++) {
        const struct mark *mark = &marks->at[i], *before = i == 0 ? NULL : &marks->at[i - 1];

        marks->uids[i] = mark->uid;
        if (before == NULL || before->mailbox != mark->mailbox || before->uidvalidity != mark->uidvalidity) {
            marks->first[requests] = i;
            marks->requests[requests++] =
                (struct remote_store){.mailbox = text_of(marks->run->mailboxes[mark->mailbox].row.wire),
                                      .uidvalidity = mark->uidvalidity,
                                      .uids = &marks->uids[i],
                                      .del = FLAG_DELETED};
        }
        marks->requests[requests - 1].count++;
    }
    return requests;
}

/* An OK does not say that the mark is off. */
static void
note_standing(struct marks *marks, size_t index, const struct remote_message *seen)
{
    struct mark *at = &marks->at[marks->first[index]];

    for (size_t i = 0; i < marks->requests[index].count; i++)
        at[i].stands = at[i].stands || (at[i].uid == seen->uid && (seen->flags & FLAG_DELETED) != 0);
}

/* Where it is one of our mailboxes again: its row does not show what was never anybody's wish. */
static bool
on_echo(void *context, size_t index, const struct remote_message *seen)
{
    struct marks *marks = context;
    struct run *run = marks->run;
    struct mailbox *mailbox = &run->mailboxes[marks->at[marks->first[index]].mailbox];
    struct journal_message message;
    bool found;

    if (!seen->has_flags)
        return true;
    note_standing(marks, index, seen);
    if (mailbox->row.id == 0)
        return true;
    mailbox->stirred = true;
    if (!journal_message_by_uid(run->journal, mailbox->row.id, seen->uid, &message, &found, &run->err))
        return false;
    if (!found)
        return true;
    message.rseen = seen->flags;
    return journal_message_save(run->journal, &message, &run->err);
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct marks *marks = context;
    size_t first = marks->first[index];

    if (!outcome->ok && !outcome->gone && !outcome->changed && !outcome->permanent)
        return true; /* the next run tries again */
    for (size_t i = 0; i < marks->requests[index].count; i++)
        if (!marks->at[first + i].stands &&
            !journal_op_delete(marks->run->journal, marks->at[first + i].id, &marks->run->err))
            return false;
    return true;
}

bool
marks_take_back(struct run *run, const struct journal_op *ops, size_t count)
{
    static const struct remote_observer observer = {.message = on_echo, .done = on_done};
    struct marks marks = {.run = run,
                          .at = calloc(count + 1, sizeof *marks.at),
                          .uids = calloc(count + 1, sizeof *marks.uids),
                          .requests = calloc(count + 1, sizeof *marks.requests),
                          .first = calloc(count + 1, sizeof *marks.first)};
    bool ok =
        (marks.at != NULL && marks.uids != NULL && marks.requests != NULL && marks.first != NULL) || run_no_memory(run);

    ok = ok && gather(&marks, ops, count);
    if (ok && marks.count != 0 && !run->dry)
        ok = run->remote.ops->store(run->remote.self, marks.requests, build(&marks), &observer, &marks, &run->err);
    free(marks.at);
    free(marks.uids);
    free(marks.requests);
    free(marks.first);
    return ok;
}
