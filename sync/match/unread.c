/* See unread.h. */
#include "sync/match/unread.h"

#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/rows/readings.h"

static bool
take_header(struct run *run, struct unread *one, const struct probe *probe)
{
    struct journal_message *message;
    bool ok;

    one->doubt = probe->doubt;
    if (!probe->got || !probe->digests.whole_header)
        return true;
    one->got = true;
    one->kin = probe->kinship->kin;
    memcpy(one->header, probe->digests.header, DIGEST_SIZE);
    message = calloc(1, sizeof *message);
    ok = (message != NULL || run_no_memory(run)) && run_load(run, one->id, message);
    if (ok) {
        message->has_header = true;
        message->facts |= one->kin.names ? 0 : FACT_VAGUE;
        memcpy(message->header, one->header, DIGEST_SIZE);
        ok = journal_message_save(run->journal, message, &run->err) && read_keep(run, one->id, probe->kinship, false);
    }
    free(message);
    return ok;
}

bool
unread_ask(struct run *run, uint32_t mailbox, struct unread *at, size_t count)
{
    struct arena arena = {0};
    struct probe *probes = arena_array(&arena, count, sizeof *probes);
    size_t n = 0;
    bool ok = run_has(run, &arena);

    for (size_t i = 0; ok && i < count; i++) {
        at[i].got = false;
        at[i].doubt = reading_given_up(run, at[i].id); /* not asked for again in this run */
        if (!at[i].doubt)
            probes[n++] = (struct probe){.mailbox = mailbox,
                                         .uid = at[i].uid,
                                         .id = (int64_t)i,
                                         .size = at[i].size,
                                         .kinship = arena_array(&arena, 1, sizeof(struct kinship))};
    }
    ok = ok && run_has(run, &arena) && (n == 0 || probe_remote(run, probes, n, true));
    for (size_t i = 0; ok && i < n; i++)
        ok = take_header(run, &at[probes[i].id], &probes[i]);
    arena_free(&arena);
    return ok;
}

bool
unread_hold(struct run *run, const struct mailbox *mailbox, int64_t id, const char *why)
{
    struct journal_message *message;
    bool ok;

    if (reading_given_up(run, id))
        return true;
    message = calloc(1, sizeof *message);
    ok = (message != NULL || run_no_memory(run)) && run_load(run, id, message) &&
         reading_missed(run, mailbox, message, why);
    free(message);
    return ok;
}
