/* See moved_since.h. */
#include "sync/agenda/moved_since.h"

#include "sync/match/moved_bodies.h"
#include "sync/match/probe.h"
#include "sync/rows/flushed.h"
#include "sync/rows/own_name.h"
#include "sync/rows/readings.h"
#include "sync/run/situation.h"

/* ---- what the journal knows, and is older than ---- */

/* What would be fetched again, since its file is missing, and has these bytes; not in the mailbox of the file. NULL: nothing. @return false: failed */
static bool
find_missed(struct run *run, struct agenda *agenda, const struct journal_message *file, struct todo **missed)
{
    int64_t *ids;
    size_t count;

    *missed = NULL;
    if (!journal_ids_by_wire(run->journal, file->wire, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; i < count && *missed == NULL; i++) {
        if (ids[i] == file->id) /* the only one, nearly always */
            continue;
        for (size_t t = 0; t < agenda->count && *missed == NULL; t++) {
            struct todo *todo = &agenda->todos[t];
            const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

            if (todo->id == ids[i] && todo->step.verb == PLAN_DOWNLOAD && todo->fresh && todo->again &&
                !todo->dropped && mailbox->row.id != file->mailbox && mailbox_is_open(mailbox) && !mailbox->copied &&
                !flushed_is_doubtful(run, todo->id))
                *missed = todo;
        }
    }
    free(ids);
    return true;
}

/*
 * From here on its row has a file, which is gone: the next plan sees the move. Until that is done the message has moved for all that is known,
 * and was not removed: where its new place goes before that, it comes again.
 */
static bool
take_for_moved(struct run *run, struct todo *missed, const struct journal_message *file)
{
    struct journal_message *row = calloc(1, sizeof *row), *other = calloc(1, sizeof *other);
    bool taken = true;
    bool ok = (row != NULL && other != NULL) || run_no_memory(run);

    ok = ok && run_load(run, missed->id, row) &&
         journal_message_by_base(run->journal, row->mailbox, file->base, other, &taken, &run->err);
    if (ok && !taken) {
        memcpy(row->base, file->base, sizeof row->base);
        row->facts |= FACT_GONE_HERE | FACT_UNPAIRED | FACT_FETCHED;
        /*
         * The message is known on both sides from here on. So the mark is written first: a Maildir that is restored
         * later must be recognised as older.
         */
        ok = situation_mark(run) && run_begin(run) && journal_message_save(run->journal, row, &run->err) &&
             situation_mark_commit(run) && run_commit(run);
        missed->dropped = run->replan = true;
    }
    free(row);
    free(other);
    return ok;
}

static bool
is_new_here(const struct todo *todo)
{
    return todo->step.verb == PLAN_UPLOAD && todo->fresh && !todo->dropped && !todo->unanswered;
}

bool
moved_since(struct run *run, struct agenda *agenda)
{
    bool ok = true;

    if (!run->pair_all || run->maildir_older || run->dry)
        return true;
    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i], *missed;
        struct journal_message *file;

        if (!is_new_here(todo))
            continue;
        file = calloc(1, sizeof *file);
        ok = (file != NULL || run_no_memory(run)) && run_load(run, todo->id, file) &&
             (!file->has_wire || find_missed(run, agenda, file, &missed));
        if (ok && file->has_wire && missed != NULL) {
            ok = take_for_moved(run, missed, file);
            todo->dropped = missed->dropped;
        }
        free(file);
    }
    return ok;
}

/* ---- what was delivered and is in no row ---- */

struct stray { /* a file that is new here, under a name that golub gave; ordered by that */
    char base[LOCAL_BASE_MAX + 1];
    struct todo *file, *message; /* what it may be; NULL: nothing */
};

struct strays {
    struct stray *at;
    size_t count;
};

static int
compare_strays(const void *pa, const void *pb)
{
    return strcmp(((const struct stray *)pa)->base, ((const struct stray *)pb)->base);
}

static bool
gather_strays(struct run *run, struct agenda *agenda, struct strays *strays, struct journal_message *message)
{
    size_t size = 0;

    for (size_t i = 0; i < agenda->count; i++) {
        struct stray *stray;

        if (!is_new_here(&agenda->todos[i]) || !agenda->todos[i].own_name)
            continue;
        if (!run_load(run, agenda->todos[i].id, message))
            return false;
        if (!message->has_wire)
            continue;
        if (!array_grow(&strays->at, &size, strays->count + 1, sizeof *strays->at))
            return run_no_memory(run);
        stray = &strays->at[strays->count++];
        *stray = (struct stray){.file = &agenda->todos[i]};
        memcpy(stray->base, message->base, sizeof stray->base);
    }
    if (strays->count > 1)
        qsort(strays->at, strays->count, sizeof *strays->at, compare_strays);
    return true;
}

/*
 * Of a mailbox that the journal did not know before no run can have left a delivered file without a row: it was left out for a while, and a
 * file that was here from before that is a copy for all that is known. Unless the journal itself is older than that.
 */
static bool
is_to_be_fetched(const struct run *run, const struct todo *todo)
{
    const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

    if (mailbox->known_uidvalidity == 0 && !run->pair_all)
        return false;
    return todo->step.verb == PLAN_DOWNLOAD && todo->fresh && !todo->again && !todo->dropped && !todo->step.kept_back &&
           mailbox_is_open(mailbox) && !mailbox->copied;
}

/* Whose name is it? *probes: those of them whose bodies were not read yet. */
static bool
find_owners(struct run *run, struct agenda *agenda, struct strays *strays, struct journal_message *message,
            struct probe *probes, size_t *count)
{
    struct stray key;

    *count = 0;
    for (size_t i = 0; i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];
        struct stray *stray;

        if (!is_to_be_fetched(run, todo))
            continue;
        if (!run_load(run, todo->id, message))
            return false;
        run_base_name(run, &run->mailboxes[todo->mailbox], message, 0, key.base);
        stray = bsearch(&key, strays->at, strays->count, sizeof *strays->at, compare_strays);
        if (stray == NULL || stray->message != NULL || stray->file->mailbox == todo->mailbox)
            continue;
        stray->message = todo;
        if (!message->has_wire && !reading_given_up(run, todo->id))
            probes[(*count)++] =
                (struct probe){.mailbox = todo->mailbox, .uid = todo->uid, .id = todo->id, .size = message->size};
    }
    return true;
}

/*
 * A run that dies leaves no more than one batch without rows. Where there are more, somebody copied them here: another laptop gives the same
 * names, and a copy is no move.
 */
static bool
are_too_many(const struct strays *strays)
{
    size_t owned = 0;

    for (size_t i = 0; i < strays->count; i++)
        owned += strays->at[i].message != NULL;
    return owned > LIMIT_BATCH;
}

static bool
take_stray(struct run *run, const struct stray *stray, struct journal_message *message, struct journal_message *file)
{
    bool ok = run_load(run, stray->message->id, message) && run_load(run, stray->file->id, file);

    if (ok &&
        reading_given_up(run, stray->message->id)) { /* whether it is that message is not known: it waits with it */
        stray->file->dropped = true;
        return true;
    }
    if (!ok || !message->has_wire || memcmp(message->wire, file->wire, DIGEST_SIZE) != 0)
        return ok;
    ok = take_for_moved(run, stray->message, file);
    stray->file->dropped = stray->message->dropped;
    return ok;
}

bool
moved_before_commit(struct run *run, struct agenda *agenda)
{
    struct strays strays = {0};
    struct arena arena = {0};
    struct journal_message *message, *file;
    struct probe *probes;
    size_t count = 0;
    bool ok;

    if (run->first || run->maildir_older || run->dry)
        return true;
    message = arena_array(&arena, 1, sizeof *message);
    file = arena_array(&arena, 1, sizeof *file);
    ok = run_has(run, &arena) && gather_strays(run, agenda, &strays, message);
    probes = arena_array(&arena, strays.count, sizeof *probes);
    if (ok && strays.count != 0)
        ok = run_has(run, &arena) && find_owners(run, agenda, &strays, message, probes, &count);
    if (ok && are_too_many(&strays))
        strays.count = count = 0;
    ok = ok && (count == 0 || moved_bodies_read(run, probes, count, NULL, 0));
    for (size_t i = 0; ok && i < strays.count; i++)
        ok = strays.at[i].message == NULL || take_stray(run, &strays.at[i], message, file);
    arena_free(&arena);
    free(strays.at);
    return ok;
}
