/*
 * Before the old version of a file that was saved again goes from the server, its bytes are in the quarantine: here they were overwritten, and
 * the server has the only copy. So are those of a message whose bytes there are not its file's. The index comes first: a row without a file says
 * nothing wrong, a file without a row would stay for ever. By what it was fetched for (`origin`) the next run knows what is kept already.
 */
#include "sync/apply/apply.h"
#include "store/journal/quarantine.h"
#include "sync/apply/room.h"
#include "sync/rows/quarantined.h"
#include "sync/rows/readings.h"
#include "sync/run/attempts.h"
#include "sync/run/situation.h"

#include <inttypes.h>

#define NAME_BYTES 16 /* of the digest */

enum fate { FATE_MISSING, FATE_OTHER, FATE_GONE, FATE_REFUSED, FATE_KEPT }; /* GONE: with its mailbox */

struct keeping {
    struct run *run;
    struct todo **todos; /* by mailbox and UID, as in the agenda */
    enum fate *fates;
    struct reading *readings;
    bool again; /* the second reading of what came short */
    uint32_t *uids;
    struct remote_fetch *requests;
    size_t *first;
    size_t count, request_count;
    struct local_draft *draft;
    uint64_t bytes; /* of the literal under way */
    char *header;   /* the first of them, QUARANTINED_HEADER_MAX at most */
    size_t header_len;
    struct journal_message message;
    struct journal_quarantined known;
};

/* It depends on the bytes, too: a server that went back gives the same UID to another message. */
static void
origin_of(const struct mailbox *mailbox, const struct journal_message *message, char origin[static 128])
{
    char bytes[2 * NAME_BYTES + 1];

    text_hex(message->wire, NAME_BYTES, bytes);
    (void)text_print(origin, 128, "%" PRIu32 ".%" PRIu32 ".%" PRId64 ".%s.%s", mailbox->row.uidvalidity, message->uid,
                     mailbox->row.id, bytes, (message->facts & FACT_REPLACED) != 0 ? "replaced" : "there");
}

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    struct keeping *keeping = context;
    struct run *run = keeping->run;
    const struct mailbox *mailbox = &run->mailboxes[keeping->todos[keeping->first[index]]->mailbox];

    (void)size;
    keeping->bytes = keeping->header_len = 0;
    return run->local.ops->draft_begin(run->local.self, mailbox->row.folder, &keeping->draft, &run->err);
}

static bool
on_data(void *context, size_t index, const void *bytes, size_t len)
{
    struct keeping *keeping = context;
    const size_t room = QUARANTINED_HEADER_MAX - keeping->header_len, taken = len < room ? len : room;

    (void)index;
    memcpy(keeping->header + keeping->header_len, bytes, taken);
    keeping->header_len += taken;
    keeping->bytes += len;
    return keeping->run->local.ops->draft_write(keeping->run->local.self, keeping->draft, bytes, len,
                                                &keeping->run->err);
}

static size_t
find_todo(const struct keeping *keeping, size_t index, uint32_t uid)
{
    for (size_t i = 0; i < keeping->requests[index].count; i++) {
        if (keeping->requests[index].uids[i] == uid && keeping->fates[keeping->first[index] + i] != FATE_KEPT)
            return keeping->first[index] + i;
    }
    return SIZE_MAX;
}

/* The bytes that were sent; or, of a server that rewrites what it is given, as many as it says that it has, or twice the same. */
static bool
is_whole(struct keeping *keeping, size_t i, const struct digests *digests)
{
    const struct journal_message *message = &keeping->message;
    const uint64_t size = message->size != 0 ? message->size : READING_UNTOLD;
    bool confirmed;

    if (memcmp(digests->wire, message->wire, DIGEST_SIZE) == 0)
        return true;
    return keeping->bytes != 0 &&
           reading_take(&keeping->readings[i], &keeping->run->mailboxes[keeping->todos[i]->mailbox], size,
                        keeping->bytes, digests, keeping->again, &confirmed);
}

/* Its line in the index, under the name that a run which was cut off has given it, if one has. */
static bool
write_index(struct keeping *keeping, const struct mailbox *mailbox, const struct digests *digests,
            char name[static 256])
{
    struct run *run = keeping->run;
    const struct journal_message *message = &keeping->message;
    const bool replaced = (message->facts & FACT_REPLACED) != 0;
    struct quarantined file =
        quarantined_file(message, name,
                         replaced                               ? "replaced by what was saved under its name"
                         : (message->facts & FACT_ADOPTED) != 0 ? "removed here before golub came"
                                                                : "removed here; on the server it had other bytes");
    struct journal_message *newer = calloc(1, sizeof *newer);
    char origin[128];
    bool found = false, known = false, ok = newer != NULL || run_no_memory(run);

    origin_of(mailbox, message, origin);
    ok = ok && journal_message_get(run->journal, message->refers_to, newer, &found, &run->err) &&
         journal_quarantine_of(run->journal, origin, &keeping->known, &known, &run->err);
    if (ok && known)
        (void)text_print(name, 256, "%s", keeping->known.name);
    else if (ok)
        quarantined_name(run, (struct text){keeping->header, keeping->header_len}, message->id,
                         replaced ? "replaced" : "there", name);
    if (replaced) {
        file.base = found ? newer->base : "";
        file.info = found ? newer->info : "";
    }
    file.origin = origin;
    file.size = digests->size;
    file.wire = digests->wire;
    file.flags = message->flags.rseen;
    ok = ok && run_begin(run) && run_end(run, quarantined_add(run, mailbox, &file));
    free(newer);
    return ok;
}

static bool
on_end(void *context, size_t index, uint32_t uid)
{
    struct keeping *keeping = context;
    struct run *run = keeping->run;
    struct local_draft *draft = keeping->draft;
    size_t i = find_todo(keeping, index, uid);
    struct digests digests;
    char name[256];

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
    if (!is_whole(keeping, i, &digests)) {
        run->local.ops->draft_drop(run->local.self, draft);
        keeping->fates[i] = FATE_OTHER;
        return true;
    }
    if (!write_index(keeping, &run->mailboxes[keeping->todos[i]->mailbox], &digests, name)) {
        run->local.ops->draft_drop(run->local.self, draft);
        return false;
    }
    if (!run->local.ops->keep(run->local.self, draft, name, keeping->message.date, &run->err))
        return false;
    keeping->fates[i] = FATE_KEPT;
    return true;
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct keeping *keeping = context;
    struct mailbox *mailbox = &keeping->run->mailboxes[keeping->todos[keeping->first[index]]->mailbox];

    mailbox->stirred = true; /* what did not come may be gone: looked at again */
    if (outcome->ok)
        return true;
    for (size_t i = 0; i < keeping->requests[index].count; i++) {
        enum fate *fate = &keeping->fates[keeping->first[index] + i];

        if (*fate != FATE_KEPT)
            *fate = outcome->gone || outcome->changed ? FATE_GONE : FATE_REFUSED;
    }
    if (!outcome->gone && !outcome->changed)
        run_complain(keeping->run, mailbox, "fetch what is to be removed there, for the quarantine", outcome->answer,
                     "It stays on the server; the next run tries again.");
    return true;
}

/* They come by mailbox: a request for each. */
static void
add(struct keeping *keeping, struct todo *todo)
{
    const struct mailbox *mailbox = &keeping->run->mailboxes[todo->mailbox];

    keeping->uids[keeping->count] = todo->uid;
    if (keeping->count == 0 || keeping->todos[keeping->count - 1]->mailbox != todo->mailbox) {
        keeping->first[keeping->request_count] = keeping->count;
        keeping->requests[keeping->request_count++] = (struct remote_fetch){.mailbox = text_of(mailbox->row.wire),
                                                                            .uidvalidity = mailbox->row.uidvalidity,
                                                                            .uids = &keeping->uids[keeping->count]};
    }
    keeping->requests[keeping->request_count - 1].count++;
    keeping->todos[keeping->count++] = todo;
}

static bool
is_kept(struct keeping *keeping, const struct mailbox *mailbox, bool *kept)
{
    struct run *run = keeping->run;
    char origin[128];

    origin_of(mailbox, &keeping->message, origin);
    if (!journal_quarantine_of(run->journal, origin, &keeping->known, kept, &run->err))
        return false;
    *kept = *kept && run->local.ops->in_quarantine(run->local.self, keeping->known.name);
    return true;
}

/* Those that are not kept yet. */
static bool
gather(struct keeping *keeping, struct agenda *agenda)
{
    struct run *run = keeping->run;

    for (size_t i = 0; i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];
        const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
        bool kept = false;

        if (!todo->overwritten || todo->dropped || todo->partner != 0 || todo->step.kept_back ||
            run_learned(mailbox, CAUTION_REMOVAL_REFUSED) || todo->step.verb != PLAN_REMOVE_THERE ||
            !mailbox_is_open(mailbox))
            continue;
        if (reading_given_up(run, todo->id) || attempts_waits(run, mailbox, ATTEMPT_BODY, todo->uid)) {
            todo->dropped = true;
            continue;
        }
        if (!run_load(run, todo->id, &keeping->message))
            return false;
        if (!is_kept(keeping, mailbox, &kept))
            return false;
        if (!kept)
            add(keeping, todo);
    }
    return true;
}

/* What did not come stays where it is in this run. Perhaps another client removed it: said at the end, if it is still there. */
static bool
leave_others(struct keeping *keeping)
{
    struct run *run = keeping->run;
    bool ok = run_begin(run);

    for (size_t i = 0; ok && i < keeping->count; i++) {
        struct todo *todo = keeping->todos[i];

        if (keeping->fates[i] == FATE_KEPT)
            continue;
        todo->dropped = true;
        if (keeping->fates[i] == FATE_GONE) /* it is looked at again in this run */
            continue;
        if (keeping->fates[i] == FATE_REFUSED)
            ok = reading_refused(run, todo->id);
        else
            ok = run_load(run, todo->id, &keeping->message) &&
                 reading_missed(run, &run->mailboxes[todo->mailbox], &keeping->message,
                                keeping->fates[i] == FATE_OTHER
                                    ? "it is to be removed there, and what the server sends of it is not the message"
                                    : "it is to be removed there, and the server says OK and sends no body");
    }
    return run_end(run, ok);
}

static bool
begin(struct keeping *keeping, struct arena *arena, size_t room)
{
    keeping->todos = arena_array(arena, room, sizeof *keeping->todos);
    keeping->fates = arena_array(arena, room, sizeof *keeping->fates);
    keeping->readings = arena_array(arena, room, sizeof *keeping->readings);
    keeping->requests = arena_array(arena, room, sizeof *keeping->requests);
    keeping->first = arena_array(arena, room, sizeof *keeping->first);
    keeping->uids = arena_array(arena, room, sizeof *keeping->uids);
    keeping->header = arena_array(arena, QUARANTINED_HEADER_MAX, 1);
    return run_has(keeping->run, arena);
}

static bool
fetch(struct keeping *keeping)
{
    static const struct remote_sink sink = {on_begin, on_data, on_end, on_done, NULL, NULL};
    struct run *run = keeping->run;
    bool ok =
        run->remote.ops->fetch(run->remote.self, keeping->requests, keeping->request_count, &sink, keeping, &run->err);

    if (keeping->draft != NULL)
        run->local.ops->draft_drop(run->local.self, keeping->draft);
    keeping->draft = NULL;
    return ok;
}

/* What came shorter than announced is asked for once more. */
static bool
fetch_again(struct keeping *keeping, struct arena *arena)
{
    struct keeping second = {.run = keeping->run, .again = true};

    if (!begin(&second, arena, keeping->count))
        return false;
    for (size_t i = 0; i < keeping->count; i++) {
        if (keeping->fates[i] != FATE_OTHER || !keeping->readings[i].read)
            continue;
        second.readings[second.count] = keeping->readings[i];
        add(&second, keeping->todos[i]);
        keeping->fates[i] = FATE_KEPT; /* or not, as the second one says */
    }
    return second.count == 0 || (fetch(&second) && leave_others(&second));
}

/* Where the disk is full nothing is fetched, and what was to be kept stays on the server: the next run tries again. */
static bool
has_room(struct keeping *keeping)
{
    struct run *run = keeping->run;
    const struct mailbox *mailbox = &run->mailboxes[keeping->todos[0]->mailbox];
    struct error why;

    if (room_check_kept(run, keeping->todos, keeping->count))
        return true;
    why = run->err;
    run->err = (struct error){0};
    run_problem(run, mailbox, &why);
    for (size_t i = 0; i < keeping->count; i++)
        keeping->todos[i]->dropped = true;
    return false;
}

bool
apply_keep_there(struct run *run, struct agenda *agenda)
{
    struct keeping keeping = {.run = run};
    struct arena arena = {0};
    size_t room = 0;
    bool ok;

    for (size_t i = 0; i < agenda->count; i++)
        room += agenda->todos[i].overwritten;
    if (room == 0)
        return true;
    reading_begin(run);
    ok = begin(&keeping, &arena, room) && gather(&keeping, agenda);
    if (ok && keeping.count != 0 && has_room(&keeping))
        ok = situation_mark(run) && fetch(&keeping) && fetch_again(&keeping, &arena) && leave_others(&keeping);
    arena_free(&arena);
    return ok;
}
