/* See quarantined_bytes.h. */
#include "sync/apply/quarantined_bytes.h"

#include "store/journal/quarantine.h"
#include "sync/match/probe.h"
#include "sync/run/uses.h"

struct alike { /* a message that is asked for */
    size_t at; /* in asked */
    uint32_t uid;
    int64_t id; /* of the quarantine's row */
};

struct taking {
    struct downloading *down;
    struct alike *alike;
    struct probe *probes; /* of each of them */
    size_t count, size;
    struct journal_quarantined row; /* one at a time */
};

static bool
add(struct taking *taking, size_t at, int64_t id)
{
    if (!array_grow(&taking->alike, &taking->size, taking->count + 1, sizeof *taking->alike))
        return run_no_memory(taking->down->run);
    taking->alike[taking->count++] = (struct alike){at, taking->down->asked[at]->uid, id};
    return true;
}

/* Those of the Trash that have the size and the date of one in the quarantine. */
static bool
gather(struct taking *taking, const struct mailbox *trash)
{
    struct downloading *down = taking->down;
    struct run *run = down->run;
    bool ok = true;

    for (size_t i = 0; ok && i < down->asked_count; i++) {
        const struct todo *todo = down->asked[i];
        int64_t id = 0;

        if (&run->mailboxes[todo->mailbox] != trash || !todo->fresh || todo->size == 0)
            continue;
        ok = run_load(run, todo->id, down->other) &&
             journal_quarantine_alike(run->journal, todo->size, down->other->date, &id, &run->err) &&
             (id == 0 || add(taking, i, id));
    }
    return ok;
}

static int
compare_uids(const void *pa, const void *pb)
{
    const struct alike *a = pa, *b = pb;

    return a->uid == b->uid ? 0 : a->uid < b->uid ? -1 : 1;
}

static bool
read_headers(struct taking *taking)
{
    struct downloading *down = taking->down;

    qsort(taking->alike, taking->count, sizeof *taking->alike, compare_uids);
    taking->probes = calloc(taking->count, sizeof *taking->probes);
    if (taking->probes == NULL)
        return run_no_memory(down->run);
    for (size_t i = 0; i < taking->count; i++) {
        const struct todo *todo = down->asked[taking->alike[i].at];

        taking->probes[i] = (struct probe){.mailbox = todo->mailbox, .uid = todo->uid, .id = todo->id};
    }
    return probe_remote(down->run, taking->probes, taking->count, true);
}

static bool
take(struct taking *taking, size_t at)
{
    struct downloading *down = taking->down;
    struct run *run = down->run;
    const struct probe *probe = &taking->probes[at];
    struct error ignored = {0};
    struct local_print print;
    void *handle = NULL;
    bool found, missing;

    if (!probe->got || !probe->received || probe->message_id[0] == '\0') /* or it may be one message's of several */
        return true;
    if (!journal_quarantine_get(run->journal, taking->alike[at].id, &taking->row, &found, &run->err))
        return false;
    if (!found || !taking->row.has_wire ||
        !run->local.ops->quarantine_open(run->local.self, taking->row.name, &handle, &print, &missing, &ignored) ||
        handle == NULL)
        return true;
    return downloading_copy(down, taking->alike[at].at, handle, taking->row.wire, probe->digests.header);
}

bool
quarantined_bytes_take(struct downloading *down)
{
    struct run *run = down->run;
    struct journal_quarantine_sum sum;
    enum special_source source;
    const struct mailbox *trash = uses_find(run, REMOTE_TRASH, &source);
    struct taking *taking;
    bool ok;

    if (trash == NULL || down->asked_count == 0)
        return true;
    if (!journal_quarantine_sum(run->journal, &sum, &run->err))
        return false;
    taking = sum.count == 0 ? NULL : calloc(1, sizeof *taking);
    if (taking == NULL)
        return sum.count == 0 || run_no_memory(run);
    taking->down = down;
    ok = gather(taking, trash);
    if (ok && taking->count != 0) {
        ok = arrivals_flush(&down->arrivals) && read_headers(taking);
        for (size_t i = 0; ok && i < taking->count && !run_stopped(run); i++)
            ok = take(taking, i);
        downloading_settle(down);
    }
    free(taking->alike);
    free(taking->probes);
    free(taking);
    return ok;
}
