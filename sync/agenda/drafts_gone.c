/*
 * See drafts_gone.h. Only a file that no run has sent yet is a newer version: two drafts of one Message-ID that stood beside each other are two drafts,
 * of which one may be deleted. So it is told while the file is new, also where nothing may be removed, or sent, for now. In another folder (it was saved
 * again and moved out, or sent) that costs a look at each new file, so it is told only in the run that misses the old one, and of the newest files. There
 * it is the newer version of one draft, and no copy of a message that was there before.
 */
#include "sync/agenda/drafts_gone.h"

#include "sync/agenda/candidates.h"
#include "sync/base/keyword_note.h"
#include "sync/base/trashing.h"
#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/rows/drafts.h"
#include "sync/rules/merge.h"
#include "sync/run/attempts.h"

#define ELSEWHERE_MAX 200 /* new files in other folders that are looked at */

struct gone {
    struct todo *todo;
    struct todo *newer;     /* NULL: none */
    bool first;             /* no run before this one missed it */
    struct kinship kinship; /* of what the server has */
    bool got;
};

struct versions {
    struct run *run;
    struct agenda *agenda;
    struct gone *gone;   /* by mailbox and UID, as in the agenda */
    struct todo **fresh; /* new files, the newest first */
    size_t count, fresh_count;
    struct journal_message message, newer;
};

static bool
is_gone(const struct run *run, const struct todo *todo)
{
    return mailbox_is_open(&run->mailboxes[todo->mailbox]) && candidates_is(todo, GONE_HERE) &&
           todo->step.verb == PLAN_REMOVE_THERE && !todo->replaced &&
           mailbox_drafts(&run->mailboxes[todo->mailbox]) == DRAFTS_SAID;
}

static bool
is_new(const struct run *run, const struct todo *todo)
{
    return mailbox_is_open(&run->mailboxes[todo->mailbox]) && candidates_is(todo, FRESH_HERE) && todo->uid == 0;
}

static bool
is_any_new(const struct versions *drafts, uint32_t mailbox)
{
    for (size_t i = 0; i < drafts->fresh_count; i++)
        if (drafts->fresh[i]->mailbox == mailbox)
            return true;
    return false;
}

/* *is: a draft is gone, and something is new that may be its newer version */
static bool
look_at(struct versions *drafts, struct gone *gone, bool *is)
{
    struct run *run = drafts->run;
    const struct mailbox *mailbox = &run->mailboxes[gone->todo->mailbox];
    struct journal_pending pending;
    bool known;

    if (!journal_pending_get(run->journal, mailbox->row.id, gone->todo->id, &pending, &known, &run->err))
        return false;
    gone->first = !known || pending.since >= run->now || strcmp(pending.detail, plan_verb_word(PLAN_REMOVE_THERE)) != 0;
    *is = gone->first || is_any_new(drafts, gone->todo->mailbox);
    return true;
}

static int
compare_newest(const void *pa, const void *pb)
{
    const struct todo *a = *(struct todo *const *)pa, *b = *(struct todo *const *)pb;

    return a->id == b->id ? 0 : a->id > b->id ? -1 : 1;
}

static bool
gather(struct versions *drafts, struct arena *arena)
{
    const struct agenda *agenda = drafts->agenda;
    bool ok = true, is;

    drafts->gone = arena_array(arena, agenda->count, sizeof *drafts->gone);
    drafts->fresh = arena_array(arena, agenda->count, sizeof(struct todo *));
    if (!run_has(drafts->run, arena))
        return false;
    for (size_t i = 0; i < agenda->count; i++)
        if (is_new(drafts->run, &agenda->todos[i]))
            drafts->fresh[drafts->fresh_count++] = &agenda->todos[i];
    if (drafts->fresh_count > 1)
        qsort(drafts->fresh, drafts->fresh_count, sizeof(struct todo *), compare_newest);
    for (size_t i = 0; ok && drafts->fresh_count != 0 && i < agenda->count; i++) {
        struct gone *gone = &drafts->gone[drafts->count];

        *gone = (struct gone){.todo = &agenda->todos[i]};
        if (!is_gone(drafts->run, gone->todo))
            continue;
        ok = look_at(drafts, gone, &is);
        drafts->count += ok && is;
    }
    return ok;
}

/* The line ended while its header was read, which comes last, or in another run: until then any of these files may be its newer version. */
static void
wait_for_header(struct versions *drafts, const struct gone *gone)
{
    gone->todo->dropped = true;
    for (size_t i = 0; i < drafts->fresh_count; i++)
        if (drafts->fresh[i]->mailbox == gone->todo->mailbox || (gone->first && i < ELSEWHERE_MAX))
            drafts->fresh[i]->dropped = true;
}

static bool
read_gone(struct versions *drafts, struct arena *arena)
{
    struct run *run = drafts->run;
    struct probe *probes = arena_array(arena, drafts->count, sizeof *probes);

    if (!run_has(run, arena))
        return false;
    for (size_t i = 0; i < drafts->count; i++)
        probes[i] = (struct probe){.mailbox = drafts->gone[i].todo->mailbox,
                                   .uid = drafts->gone[i].todo->uid,
                                   .id = drafts->gone[i].todo->id,
                                   .unlikely = true,
                                   .kinship = &drafts->gone[i].kinship};
    if (!probe_remote(run, probes, drafts->count, true))
        return false;
    for (size_t i = 0; i < drafts->count; i++) {
        struct gone *gone = &drafts->gone[i];

        gone->got = probes[i].got && gone->kinship.kin.has_id;
        if (!probes[i].got && attempts_is_open(run, &run->mailboxes[probes[i].mailbox], ATTEMPT_HEADER, probes[i].uid))
            wait_for_header(drafts, gone);
    }
    return true;
}

/* This file is new: may it be the newer version of that one? The ones in its own folder come first, and of several the last one. */
static bool
may_replace(const struct gone *gone, const struct todo *newer, bool among_newest)
{
    const bool beside = gone->todo->mailbox == newer->mailbox;

    if (!gone->got || !(beside || (gone->first && among_newest)))
        return false;
    return gone->newer == NULL || (beside && gone->newer->mailbox != newer->mailbox);
}

/* *is: another message has its bytes, or it is the newer version of a draft already */
static bool
is_spoken_for(struct run *run, const struct journal_message *fresh, bool *is)
{
    int64_t *ids = NULL;
    size_t count = 0;

    if (!journal_ids_referring(run->journal, fresh->id, &ids, &count, &run->err))
        return false;
    free(ids);
    *is = count != 0;
    if (*is || !fresh->has_wire)
        return true;
    if (!journal_ids_by_wire(run->journal, fresh->wire, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; i < count; i++)
        *is = *is || ids[i] != fresh->id;
    free(ids);
    return true;
}

/* The draft with the highest UID comes first. */
static bool
compare(struct versions *drafts, size_t fresh, struct kinship *kinship)
{
    struct run *run = drafts->run;
    struct todo *newer = drafts->fresh[fresh];
    bool got = false, taken = false, ok = true;

    for (size_t i = drafts->count; ok && i-- > 0;) {
        struct gone *gone = &drafts->gone[i];
        const bool beside = gone->todo->mailbox == newer->mailbox;

        if (!may_replace(gone, newer, fresh < ELSEWHERE_MAX) || (taken && !beside))
            continue;
        if (!got) /* its header is read once, and where somebody asks */
            ok = run_load(run, newer->id, &drafts->message) &&
                 read_kinship(run, &run->mailboxes[newer->mailbox], &drafts->message, false, kinship, &got);
        if (!ok || !got)
            break;
        if (!kinship->kin.has_id || memcmp(gone->kinship.kin.id, kinship->kin.id, sizeof kinship->kin.id) != 0)
            continue;
        if (!beside)
            ok = is_spoken_for(run, &drafts->message, &taken);
        if (taken && !beside)
            continue;
        gone->newer = newer;
        taken = taken || !beside;
    }
    return ok;
}

static bool
read_new(struct versions *drafts)
{
    struct kinship *kinship = calloc(1, sizeof *kinship);
    bool ok = kinship != NULL || run_no_memory(drafts->run);

    for (size_t i = 0; ok && i < drafts->fresh_count; i++)
        ok = compare(drafts, i, kinship);
    free(kinship);
    return ok;
}

/* As where it is saved again under its name: from now on its row waits for the new one's, and what was said of its keywords is said of that. */
static bool
replace(struct versions *drafts, const struct gone *gone)
{
    struct run *run = drafts->run;
    struct journal_message *old = &drafts->message, *newer = &drafts->newer;

    if (!run_load(run, gone->todo->id, old) || !run_load(run, gone->newer->id, newer) ||
        (newer->has_wire && !keyword_carry(run->journal, old, newer, &run->err)))
        return false;
    old->base[0] = old->info[0] = '\0';
    old->facts = (old->facts & (FACT_ECHO | FACT_COPIED)) | FACT_GONE_HERE | FACT_REPLACED;
    old->refers_to = gone->newer->id;
    old->flags = merge_unchanged(old->flags, false);
    gone->todo->dropped = run->replan = true;
    return journal_message_save(run->journal, old, &run->err);
}

bool
agenda_drafts_gone(struct run *run, struct agenda *agenda)
{
    struct versions drafts = {.run = run, .agenda = agenda};
    struct arena arena = {0};
    bool ok;

    if (!trashing_is_on(run->account, &run->info))
        return true;
    ok = gather(&drafts, &arena);
    if (ok && drafts.count != 0) {
        ok = read_gone(&drafts, &arena) && read_new(&drafts) && run_begin(run);
        for (size_t i = 0; ok && i < drafts.count; i++)
            ok = drafts.gone[i].newer == NULL || replace(&drafts, &drafts.gone[i]);
        ok = run_end(run, ok);
    }
    arena_free(&arena);
    return ok;
}
