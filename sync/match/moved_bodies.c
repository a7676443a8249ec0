/* See moved_bodies.h. */
#include "sync/match/moved_bodies.h"

#include "sync/match/probe.h"
#include "sync/observe/beginning.h"
#include "sync/rows/drafts.h"
#include "sync/rows/readings.h"

/*
 * Is what came of a body a beginning of a file that it may be? Then it proves nothing: a server may send less than it has at every reading. In
 * \Drafts, where one version is a beginning of the next, only if it is shorter than announced.
 */
static bool
is_part(struct run *run, const struct pair_item *gone, size_t gone_count, const struct journal_message *fresh,
        const struct probe *probe, bool *part)
{
    struct pair_item like = {0};
    struct journal_message *old = calloc(1, sizeof *old);
    const struct pair_item *at;
    bool ok = old != NULL || run_no_memory(run), same = false;

    *part = false;
    memcpy(like.digest, fresh->header, DIGEST_SIZE);
    at = pair_find(gone, gone_count, &like);
    for (size_t left = pair_count(gone, gone_count, &like, false); ok && !same && left > 0; left--, at++) {
        const struct mailbox *mailbox = run_mailbox_by_id(run, at->mailbox);
        struct local_file file;

        ok = run_load(run, at->id, old);
        same = ok && old->has_wire && memcmp(old->wire, probe->digests.wire, DIGEST_SIZE) == 0;
        if (!ok || *part || (mailbox_drafts(mailbox) != DRAFTS_NONE && !probe->cut))
            continue;
        file = run_file(mailbox, old);
        *part = beginning_matches(
            run, &file, UINT64_MAX,
            &(struct beginning){.size = probe->digests.size, .wire = probe->digests.wire, .text = true});
    }
    *part = *part && !same;
    free(old);
    return ok;
}

bool
moved_bodies_read(struct run *run, struct probe *probes, size_t count, const struct pair_item *gone, size_t gone_count)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);

    if (ok && count > 1)
        qsort(probes, count, sizeof *probes, probe_order);
    ok = ok && probe_remote(run, probes, count, false) && run_begin(run);
    for (size_t i = 0; ok && i < count; i++) {
        struct mailbox *mailbox = &run->mailboxes[probes[i].mailbox];
        bool part = false;

        if (!probes[i].got && !probes[i].doubt) /* it is gone */
            continue;
        ok = run_load(run, probes[i].id, message) &&
             (!probes[i].got || is_part(run, gone, gone_count, message, &probes[i], &part));
        if (ok && (part || probes[i].doubt)) {
            mailbox->stirred = mailbox->stirred || probes[i].doubt; /* perhaps it is gone */
            ok = reading_missed(run, mailbox, message,
                                part ? "what the server sends is the beginning of a file here: whether they are one "
                                       "message is not known"
                                     : "the server does not send what it announced: whether it is here already is not "
                                       "known");
            continue;
        }
        message->has_wire = true;
        memcpy(message->wire, probes[i].digests.wire, DIGEST_SIZE);
        ok = ok && journal_message_save(run->journal, message, &run->err);
    }
    free(message);
    reading_begin(run);
    return run_end(run, ok);
}
