/*
 * Before the old version of a file that was saved again goes from the server, its bytes are in the quarantine: here they were overwritten, and
 * the server has the only copy. The index comes first: a row without a file says nothing wrong, a file without a row would stay for ever.
 */
#include "sync/run.h"

#include <inttypes.h>

struct keeping {
    struct run *run;
    struct todo **todos; /* by mailbox and UID, as in the agenda */
    bool *kept;
    struct remote_fetch *requests;
    size_t *first;
    size_t count, request_count;
    struct local_draft *draft;
    uint64_t bytes; /* of the literal under way */
    struct journal_message message;
};

static void
name_of(const struct mailbox *mailbox, uint32_t uid, char name[static 128])
{
    (void)text_print(name, 128, "%" PRIu32 ".%" PRIu32 ".%" PRId64 ".replaced", mailbox->row.uidvalidity, uid,
                     mailbox->row.id);
}

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    struct keeping *keeping = context;
    struct run *run = keeping->run;
    const struct mailbox *mailbox = &run->mailboxes[keeping->todos[keeping->first[index]]->mailbox];

    (void)size;
    keeping->bytes = 0;
    return run->local.ops->draft_begin(run->local.self, mailbox->row.folder, &keeping->draft, &run->err);
}

static bool
on_data(void *context, size_t index, const void *bytes, size_t len)
{
    struct keeping *keeping = context;

    (void)index;
    keeping->bytes += len;
    return keeping->run->local.ops->draft_write(keeping->run->local.self, keeping->draft, bytes, len,
                                                &keeping->run->err);
}

static size_t
find_todo(const struct keeping *keeping, size_t index, uint32_t uid)
{
    for (size_t i = 0; i < keeping->requests[index].count; i++) {
        if (keeping->requests[index].uids[i] == uid && !keeping->kept[keeping->first[index] + i])
            return keeping->first[index] + i;
    }
    return SIZE_MAX;
}

/* The bytes that were sent; or, of a server that rewrites what it is given, as many as it says that it has. */
static bool
on_end(void *context, size_t index, uint32_t uid)
{
    struct keeping *keeping = context;
    struct run *run = keeping->run;
    struct local_draft *draft = keeping->draft;
    size_t i = find_todo(keeping, index, uid);
    struct digests digests;
    char name[128];
    bool whole;

    keeping->draft = NULL;
    if (i == SIZE_MAX) {
        run->local.ops->draft_drop(run->local.self, draft);
        return true;
    }
    if (!run->local.ops->draft_finish(run->local.self, draft, &digests, &run->err) ||
        !run_load(run, keeping->todos[i]->id, &keeping->message)) {
        run->local.ops->draft_drop(run->local.self, draft);
        return false;
    }
    whole = memcmp(digests.wire, keeping->message.wire, DIGEST_SIZE) == 0 ||
            (keeping->bytes != 0 && keeping->bytes >= keeping->message.size);
    if (!whole) {
        run->local.ops->draft_drop(run->local.self, draft);
        return true;
    }
    name_of(&run->mailboxes[keeping->todos[i]->mailbox], uid, name);
    keeping->kept[i] = run->local.ops->keep(run->local.self, draft, name, keeping->message.date, &run->err);
    return keeping->kept[i];
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct keeping *keeping = context;
    struct mailbox *mailbox = &keeping->run->mailboxes[keeping->todos[keeping->first[index]]->mailbox];

    mailbox->stirred = true; /* what did not come may be gone: looked at again */
    if (!outcome->ok && !outcome->gone && !outcome->changed)
        run_complain(keeping->run, mailbox, "fetch what was replaced by a newer version", outcome->answer,
                     "it stays on the server; the next run tries again");
    return true;
}

/* One line in the index for each that is to come. */
static bool
write_index(struct keeping *keeping)
{
    struct run *run = keeping->run;
    struct journal_message twin;
    bool ok = run_begin(run), found = false;

    for (size_t i = 0; ok && i < keeping->count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[keeping->todos[i]->mailbox];
        struct journal_quarantined row = run_quarantined(run, keeping->todos[i]->uid, 0);

        if (keeping->kept[i])
            continue;
        ok = run_load(run, keeping->todos[i]->id, &keeping->message) &&
             journal_message_get(run->journal, keeping->message.twin, &twin, &found, &run->err);
        if (!ok)
            break;
        name_of(mailbox, row.uid, row.name);
        row.size = keeping->message.size;
        (void)text_print(row.mailbox, sizeof row.mailbox, "%s", mailbox->row.name);
        (void)text_print(row.base, sizeof row.base, "%s", found ? twin.base : "");
        (void)text_print(row.info, sizeof row.info, "%s", found ? twin.info : "");
        (void)text_print(row.why, sizeof row.why, "replaced by what was saved under its name");
        ok = journal_quarantine_add(run->journal, &row, &run->err);
    }
    if (ok)
        return run_commit(run);
    journal_rollback(run->journal);
    return false;
}

/* Those that are not kept yet, a request a mailbox. */
static void
gather(struct keeping *keeping, struct agenda *agenda, uint32_t *uids)
{
    struct run *run = keeping->run;

    for (size_t i = 0; i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];
        const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
        char name[128];

        if (!todo->replaced || todo->dropped || todo->partner != 0 || todo->step.kept_back || mailbox->stuck ||
            todo->step.verb != PLAN_REMOVE_THERE || !mailbox_is_open(mailbox))
            continue;
        name_of(mailbox, todo->uid, name);
        if (run->local.ops->in_quarantine(run->local.self, name))
            continue;
        uids[keeping->count] = todo->uid;
        if (keeping->count == 0 || keeping->todos[keeping->count - 1]->mailbox != todo->mailbox) {
            keeping->first[keeping->request_count] = keeping->count;
            keeping->requests[keeping->request_count++] = (struct remote_fetch){.mailbox = text_of(mailbox->row.wire),
                                                                                .uidvalidity = mailbox->row.uidvalidity,
                                                                                .uids = &uids[keeping->count]};
        }
        keeping->requests[keeping->request_count - 1].count++;
        keeping->todos[keeping->count++] = todo;
    }
}

static bool
fetch(struct keeping *keeping)
{
    static const struct remote_sink sink = {on_begin, on_data, on_end, on_done};
    struct run *run = keeping->run;
    bool ok =
        situation_mark(run) && write_index(keeping) &&
        run->remote.ops->fetch(run->remote.self, keeping->requests, keeping->request_count, &sink, keeping, &run->err);

    if (keeping->draft != NULL)
        run->local.ops->draft_drop(run->local.self, keeping->draft);
    for (size_t i = 0; ok && i < keeping->count; i++) {
        if (!keeping->kept[i]) /* it stays where it is in this run */
            keeping->todos[i]->dropped = run->partial = true;
    }
    return ok;
}

bool
apply_keep_there(struct run *run, struct agenda *agenda)
{
    struct keeping keeping = {.run = run};
    uint32_t *uids;
    size_t room = 0;
    bool ok = true;

    for (size_t i = 0; i < agenda->count; i++)
        room += agenda->todos[i].replaced;
    if (room == 0)
        return true;
    keeping.todos = calloc(room, sizeof *keeping.todos);
    keeping.kept = calloc(room, sizeof *keeping.kept);
    keeping.requests = calloc(room, sizeof *keeping.requests);
    keeping.first = calloc(room, sizeof *keeping.first);
    uids = calloc(room, sizeof *uids);
    if (keeping.todos == NULL || keeping.kept == NULL || keeping.requests == NULL || keeping.first == NULL ||
        uids == NULL) {
        ok = run_no_memory(run);
    } else {
        gather(&keeping, agenda, uids);
        ok = keeping.count == 0 || fetch(&keeping);
    }
    free(keeping.todos);
    free(keeping.kept);
    free(keeping.requests);
    free(keeping.first);
    free(uids);
    return ok;
}
