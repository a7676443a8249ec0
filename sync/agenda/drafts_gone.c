/*
 * See drafts_gone.h. Only a file that no run has sent yet is a newer version: two drafts of one Message-ID that stood beside each other are two drafts,
 * of which one may be deleted. So it is told while the file is new, also where nothing may be removed, or sent, for now.
 */
#include "sync/agenda/drafts_gone.h"

#include "sync/agenda/candidates.h"
#include "sync/base/keyword_note.h"
#include "sync/base/trashing.h"
#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/rules/merge.h"

struct gone {
    struct todo *todo;
    struct todo *newer;     /* NULL: none */
    struct kinship kinship; /* of what the server has */
    bool got;
};

struct drafts {
    struct run *run;
    struct agenda *agenda;
    struct gone *gone; /* by mailbox and UID, as in the agenda */
    size_t count;
    struct journal_message message, newer;
};

static bool
is_draft(const struct run *run, const struct todo *todo)
{
    return (run->mailboxes[todo->mailbox].uses & REMOTE_DRAFTS) != 0 && mailbox_is_open(&run->mailboxes[todo->mailbox]);
}

static bool
is_gone(const struct run *run, const struct todo *todo)
{
    return is_draft(run, todo) && candidates_is(todo, GONE_HERE) && todo->step.verb == PLAN_REMOVE_THERE &&
           !todo->replaced;
}

static bool
is_new(const struct run *run, const struct todo *todo)
{
    return is_draft(run, todo) && candidates_is(todo, FRESH_HERE) && todo->uid == 0;
}

static bool
is_any_new(const struct drafts *drafts, uint32_t mailbox)
{
    for (size_t i = 0; i < drafts->agenda->count; i++) {
        const struct todo *todo = &drafts->agenda->todos[i];

        if (todo->mailbox == mailbox && is_new(drafts->run, todo))
            return true;
    }
    return false;
}

static bool
gather(struct drafts *drafts, struct arena *arena)
{
    const struct agenda *agenda = drafts->agenda;
    uint32_t last = UINT32_MAX;
    bool any = false;

    drafts->gone = arena_array(arena, agenda->count, sizeof *drafts->gone);
    if (!run_has(drafts->run, arena))
        return false;
    for (size_t i = 0; i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (!is_gone(drafts->run, todo))
            continue;
        any = todo->mailbox == last ? any : is_any_new(drafts, todo->mailbox);
        last = todo->mailbox;
        if (any)
            drafts->gone[drafts->count++] = (struct gone){.todo = todo};
    }
    return true;
}

static bool
read_gone(struct drafts *drafts, struct arena *arena)
{
    struct probe *probes = arena_array(arena, drafts->count, sizeof *probes);

    if (!run_has(drafts->run, arena))
        return false;
    for (size_t i = 0; i < drafts->count; i++)
        probes[i] = (struct probe){.mailbox = drafts->gone[i].todo->mailbox,
                                   .uid = drafts->gone[i].todo->uid,
                                   .id = drafts->gone[i].todo->id,
                                   .unlikely = true,
                                   .kinship = &drafts->gone[i].kinship};
    if (!probe_remote(drafts->run, probes, drafts->count, true))
        return false;
    for (size_t i = 0; i < drafts->count; i++)
        drafts->gone[i].got = probes[i].got && drafts->gone[i].kinship.kin.has_id;
    return true;
}

/* This file is new: whose newer version is it? Of several the last one is. */
static void
compare(struct drafts *drafts, struct todo *newer, const struct kinship *kinship)
{
    for (size_t i = 0; kinship->kin.has_id && i < drafts->count; i++) {
        struct gone *gone = &drafts->gone[i];

        if (gone->got && gone->todo->mailbox == newer->mailbox &&
            memcmp(gone->kinship.kin.id, kinship->kin.id, sizeof kinship->kin.id) == 0 &&
            (gone->newer == NULL || gone->newer->id < newer->id))
            gone->newer = newer;
    }
}

static bool
read_new(struct drafts *drafts)
{
    struct run *run = drafts->run;
    struct kinship *kinship = calloc(1, sizeof *kinship);
    bool got, ok = kinship != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < drafts->agenda->count; i++) {
        struct todo *todo = &drafts->agenda->todos[i];

        if (!is_new(run, todo))
            continue;
        ok = run_load(run, todo->id, &drafts->message) &&
             read_kinship(run, &run->mailboxes[todo->mailbox], &drafts->message, false, kinship, &got);
        if (ok && got)
            compare(drafts, todo, kinship);
    }
    free(kinship);
    return ok;
}

/* As where it is saved again under its name: from now on its row waits for the new one's, and what was said of its keywords is said of that. */
static bool
replace(struct drafts *drafts, const struct gone *gone)
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
    struct drafts drafts = {.run = run, .agenda = agenda};
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
