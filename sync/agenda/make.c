/* From dirty rows to a list of things to do. */
#include "sync/agenda/fresh.h"
#include "sync/rows/refusals.h"

/* Mail that carries \Deleted on both sides has a clean row; only `expunge` wants more. */
static bool
plan_deleted(struct run *run, struct agenda *agenda)
{
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (!run->account->policy.expunge)
        return true;
    if (!journal_message_ids(run->journal, 0, WHICH_DELETED, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        struct journal_message message;

        ok = run_load(run, ids[i], &message);
        if (ok && journal_message_is_clean(&message))
            ok = agenda_plan(run, agenda, ids[i]);
    }
    free(ids);
    return ok;
}

static bool
plan_refused(struct run *run, struct agenda *agenda)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run), found = false;
    int64_t id = 0;

    while (ok && refusal_next(run, WORK_FETCH, &id)) {
        ok = journal_message_get(run->journal, id, message, &found, &run->err);
        if (ok && found && fresh_is(message))
            ok = agenda_plan(run, agenda, id);
    }
    free(message);
    return ok;
}

/* Plan the rows of this set that are not in `planned` yet, and add them to it: what is planned may change other rows. */
static bool
plan_set(struct run *run, struct agenda *agenda, enum journal_which which, struct id_set *planned)
{
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (!journal_message_ids(run->journal, 0, which, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        if (!id_set_has(planned, ids[i]))
            ok = (id_set_add(planned, ids[i]) || run_no_memory(run)) && agenda_plan(run, agenda, ids[i]);
    }
    free(ids);
    return ok;
}

/* All but new mail there, which is left out where nothing else can have to do with it. */
bool
agenda_make(struct run *run, struct agenda *agenda)
{
    struct id_set planned = {0};
    bool apart = false, ok;

    *agenda = (struct agenda){0};
    run->counts.kept_by_policy = run->counts.altered = run->counts.refused = 0;
    ok = run_begin(run);
    ok = ok && plan_set(run, agenda, WHICH_BUT_FRESH, &planned) && plan_deleted(run, agenda) &&
         fresh_stands_apart(run, agenda, &apart) &&
         (apart ? plan_refused(run, agenda) : plan_set(run, agenda, WHICH_FRESH, &planned));
    ok = run_end(run, ok);
    id_set_free(&planned);
    agenda->fresh_apart = apart;
    if (ok)
        agenda_sort(agenda);
    return ok;
}
