/* See drafts_gone.h. */
#include "sync/apply/drafts_gone.h"

#include "sync/apply/removals.h"
#include "sync/match/probe.h"
#include "sync/match/read.h"

struct gone {
    struct todo *todo;
    struct kinship kinship; /* of what the server has */
    bool got;
};

struct drafts {
    struct run *run;
    struct gone *gone; /* by mailbox and UID, as in the agenda */
    size_t count;
    struct journal_message message;
};

static bool
is_draft(const struct run *run, const struct todo *todo)
{
    return removal_is_due(run, todo, SIDE_THERE) && !todo->replaced && !todo->deleted &&
           (run->mailboxes[todo->mailbox].uses & REMOTE_DRAFTS) != 0;
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

/* This file is there: whose newer version is it? */
static void
compare(struct drafts *drafts, uint32_t mailbox, const struct kinship *kinship)
{
    const struct journal_message *message = &drafts->message;

    for (size_t i = 0; kinship->kin.has_id && i < drafts->count; i++) {
        struct gone *gone = &drafts->gone[i];

        if (!gone->got || gone->todo->mailbox != mailbox || gone->todo->id >= message->id ||
            memcmp(gone->kinship.kin.id, kinship->kin.id, sizeof kinship->kin.id) != 0)
            continue;
        gone->todo->replaced = true;
        gone->todo->dropped = message->uid == 0;
        drafts->run->partial = drafts->run->partial || gone->todo->dropped;
    }
}

/* Files of the mailbox that came after the oldest of those that are gone. */
static bool
read_newer(struct drafts *drafts, uint32_t index, int64_t oldest)
{
    struct run *run = drafts->run;
    struct mailbox *mailbox = &run->mailboxes[index];
    struct kinship *kinship = calloc(1, sizeof *kinship);
    int64_t *ids = NULL;
    size_t count = 0;
    bool got, ok = (kinship != NULL || run_no_memory(run)) &&
                   journal_message_ids(run->journal, mailbox->row.id, WHICH_WITH_BASE, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        if (ids[i] <= oldest)
            continue;
        ok = run_load(run, ids[i], &drafts->message) &&
             read_kinship(run, mailbox, &drafts->message, false, kinship, &got);
        if (ok && got)
            compare(drafts, index, kinship);
    }
    free(ids);
    free(kinship);
    return ok;
}

bool
drafts_gone_judge(struct run *run, struct agenda *agenda)
{
    struct drafts drafts = {.run = run};
    struct arena arena = {0};
    bool ok;

    for (size_t i = 0; i < agenda->count; i++)
        drafts.count += is_draft(run, &agenda->todos[i]);
    if (drafts.count == 0)
        return true;
    drafts.gone = arena_array(&arena, drafts.count, sizeof *drafts.gone);
    ok = run_has(run, &arena);
    for (size_t i = 0, n = 0; ok && i < agenda->count; i++)
        if (is_draft(run, &agenda->todos[i]))
            drafts.gone[n++].todo = &agenda->todos[i];
    ok = ok && read_gone(&drafts, &arena);
    for (size_t i = 0; ok && i < drafts.count; i++) {
        const uint32_t mailbox = drafts.gone[i].todo->mailbox;
        int64_t oldest = INT64_MAX;

        if (i > 0 && drafts.gone[i - 1].todo->mailbox == mailbox)
            continue;
        for (size_t k = i; k < drafts.count && drafts.gone[k].todo->mailbox == mailbox; k++)
            oldest = drafts.gone[k].todo->id < oldest ? drafts.gone[k].todo->id : oldest;
        ok = read_newer(&drafts, mailbox, oldest);
    }
    arena_free(&arena);
    return ok;
}
