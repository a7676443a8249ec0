/* See sent_bytes.h. */
#include "sync/match/sent_bytes.h"

#include "sync/match/read.h"

#define NEW_MOST 100 /* files that are new: of more of them nobody looks which one it is */

struct looking {
    struct run *run;
    const struct probe *probe;
    struct journal_message *file; /* at hand */
    struct kinship *kinship;
    bool is;
};

/* Is this row's file what the server has? */
static bool
compare(struct looking *looking, int64_t id)
{
    struct run *run = looking->run;
    const struct kinship *there = looking->probe->kinship;
    struct mailbox *mailbox;
    bool found = false, got = false;

    if (!journal_message_get(run->journal, id, looking->file, &found, &run->err))
        return false;
    mailbox = found ? run_mailbox_by_id(run, looking->file->mailbox) : NULL;
    if (mailbox == NULL)
        return true;
    if (!read_kinship(run, mailbox, looking->file, true, looking->kinship, &got))
        return false;
    looking->is = got && memcmp(there->body, looking->kinship->body, DIGEST_SIZE) == 0 &&
                  (kin_same(&there->kin, &looking->kinship->kin) ||
                   (there->has_alike && looking->kinship->has_alike &&
                    memcmp(there->alike, looking->kinship->alike, DIGEST_SIZE) == 0));
    return true;
}

static bool
look(struct looking *looking, const struct agenda *agenda, const struct journal_message *message)
{
    struct run *run = looking->run;
    int64_t *ids = NULL;
    size_t count = 0, fresh = 0;
    bool ok =
        compare(looking, message->id) && journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err);

    for (size_t i = 0; ok && !looking->is && i < count; i++)
        ok = compare(looking, ids[i]);
    free(ids);
    for (size_t i = 0; ok && !looking->is && i < agenda->count && fresh < NEW_MOST; i++) {
        if (agenda->todos[i].step.verb != PLAN_UPLOAD || !agenda->todos[i].fresh)
            continue;
        fresh++;
        ok = compare(looking, agenda->todos[i].id);
    }
    return ok;
}

bool
sent_bytes_take(struct run *run, const struct agenda *agenda, const struct journal_message *message,
                const struct probe *probe, bool *is)
{
    struct looking looking = {.run = run, .probe = probe};
    bool ok;

    *is = false;
    if ((message->facts & (FACT_ITS_BYTES | FACT_FETCHED)) != FACT_ITS_BYTES || !probe->kinship->has_body)
        return true;
    looking.file = calloc(1, sizeof *looking.file);
    looking.kinship = calloc(1, sizeof *looking.kinship);
    ok = ((looking.file != NULL && looking.kinship != NULL) || run_no_memory(run)) && look(&looking, agenda, message);
    if (ok && looking.is) {
        ok = run_begin(run) && run_load(run, message->id, looking.file);
        looking.file->facts = (looking.file->facts & ~(unsigned)FACT_ITS_BYTES) | FACT_FOREIGN;
        memcpy(looking.file->header, probe->digests.header, DIGEST_SIZE);
        ok = run_end(run, ok && journal_foreign_save(run->journal, message->id, probe->kinship->body, &run->err) &&
                              journal_message_save(run->journal, looking.file, &run->err));
        run->replan = *is = true;
    }
    free(looking.file);
    free(looking.kinship);
    return ok;
}
