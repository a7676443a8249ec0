/*
 * See at_hand.h. X-GM-MSGID and the size say which file it is; its bytes are those that came with it, or it is fetched: a mail reader may have changed
 * the file since. It is delivered like what is fetched.
 */
#include "sync/apply/at_hand.h"

/* Its X-GM-MSGID; 0: not known, or this is no such server. */
static bool
find_name(struct run *run, const struct todo *todo, uint64_t *name)
{
    *name = 0;
    return !run->info.labels || !todo->fresh || todo->size == 0 ||
           journal_gmail_get(run->journal, run->mailboxes[todo->mailbox].row.id, todo->uid, name, &run->err);
}

static bool
is_it(struct run *run, const struct todo *todo, const struct journal_message *row)
{
    const unsigned otherwise =
        FACT_GONE_HERE | FACT_ALTERED | FACT_ALIAS | FACT_FOREIGN | FACT_BY_HEADER | FACT_REPLACED;
    const struct mailbox *mailbox = run_mailbox_by_id(run, row->mailbox);

    return row->id != todo->id && row->base[0] != '\0' && row->has_wire && row->size == todo->size &&
           (row->facts & (otherwise | FACT_ITS_BYTES)) == FACT_ITS_BYTES && mailbox != NULL && mailbox->folder_here &&
           !run_learned(mailbox, CAUTION_UNREAD_FOLDER);
}

/* A file that is this message: as it came from the server, and of the size that is told of this one. */
static bool
find_source(struct run *run, const struct todo *todo, struct journal_message *source, bool *found)
{
    int64_t *ids = NULL;
    uint64_t name;
    size_t count = 0;
    bool ok =
        find_name(run, todo, &name) && (name == 0 || journal_gmail_ids(run->journal, name, &ids, &count, &run->err));

    *found = false;
    for (size_t i = 0; ok && !*found && i < count; i++) {
        ok = run_load(run, ids[i], source);
        *found = ok && is_it(run, todo, source);
    }
    free(ids);
    return ok;
}

static int
compare_names(const void *pa, const void *pb)
{
    const struct name *a = pa, *b = pb;

    if (a->msgid != b->msgid)
        return a->msgid < b->msgid ? -1 : 1;
    return a->at == b->at ? 0 : a->at < b->at ? -1 : 1;
}

/* As requests want them. */
static int
compare_places(const void *pa, const void *pb)
{
    const struct todo *a = *(struct todo *const *)pa, *b = *(struct todo *const *)pb;

    if (a->mailbox != b->mailbox)
        return a->mailbox < b->mailbox ? -1 : 1;
    return a->uid == b->uid ? 0 : a->uid < b->uid ? -1 : 1;
}

bool
at_hand_set_apart(struct downloading *down)
{
    size_t left = 0;

    down->later_count = 0;
    if (!down->run->info.labels)
        return true;
    for (size_t i = 0; i < down->asked_count; i++) {
        down->names[i].at = i;
        if (!find_name(down->run, down->asked[i], &down->names[i].msgid))
            return false;
    }
    qsort(down->names, down->asked_count, sizeof *down->names, compare_names);
    for (size_t i = 1; i < down->asked_count; i++) {
        if (down->names[i].msgid == 0 || down->names[i].msgid != down->names[i - 1].msgid)
            continue;
        down->later[down->later_count++] = down->asked[down->names[i].at];
        down->asked[down->names[i].at] = NULL;
    }
    for (size_t i = 0; i < down->asked_count; i++) {
        if (down->asked[i] != NULL)
            down->asked[left++] = down->asked[i];
    }
    down->asked_count = left;
    if (down->later_count > 1)
        qsort(down->later, down->later_count, sizeof *down->later, compare_places);
    return true;
}

static bool
copy_one(struct downloading *down, size_t wanted)
{
    struct run *run = down->run;
    unsigned char wire[DIGEST_SIZE];
    struct local_file file;
    struct error ignored = {0};
    void *handle = NULL;
    bool found, missing = false;

    if (!find_source(run, down->asked[wanted], down->other, &found))
        return false;
    if (!found)
        return true;
    memcpy(wire, down->other->wire, sizeof wire);
    file = run_file(run_mailbox_by_id(run, down->other->mailbox), down->other);
    if (!run->local.ops->read_open(run->local.self, &file, &handle, &missing, &ignored) || handle == NULL)
        return true;
    return downloading_copy(down, wanted, handle, wire, NULL);
}

bool
at_hand_take(struct downloading *down)
{
    bool ok = true;

    if (!down->run->info.labels)
        return true;
    ok = arrivals_flush(&down->arrivals);
    for (size_t i = 0; ok && i < down->asked_count && !run_stopped(down->run); i++)
        ok = copy_one(down, i);
    downloading_settle(down);
    return ok;
}
