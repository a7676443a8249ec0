/* See read.h. */
#include "sync/match/read.h"

#include "sync/match/probe.h"
#include "sync/rows/readings.h"
#include "sync/run/attempts.h"

#define FEW_FILES 1000 /* with more of them some file has about any size */

/* A body that is cut may be cut in its header: what was known of that stays. */
static void
take_kinship(struct half *uid, const struct probe *probe, bool headers)
{
    if (uid->kinship == NULL && (probe->digests.whole_header || (!headers && !probe->cut))) {
        uid->kinship = probe->kinship;
        return;
    }
    if (headers || uid->kinship == NULL)
        return;
    uid->kinship->has_body = true;
    uid->kinship->body_size = probe->kinship->body_size;
    memcpy(uid->kinship->body, probe->kinship->body, DIGEST_SIZE);
}

static bool
take_answer(struct run *run, struct half *uid, const struct probe *probe, bool headers)
{
    if (!probe->got) {
        uid->doubt = probe->doubt;
        uid->open_header = headers;
        return true;
    }
    /* Courier cuts the last byte of a header that no empty line ends: then only the body, as small, says what it is. */
    uid->open_header = (headers || !uid->has_header) && !probe->digests.whole_header;
    if (headers && uid->open_header)
        return true;
    uid->read = true;
    take_kinship(uid, probe, headers);
    uid->received = probe->received;
    uid->vague = !probe->received && probe->message_id[0] == '\0';
    if (!uid->has_header) /* a body that is cut short may be cut in its header */
        memcpy(uid->header, probe->digests.header, DIGEST_SIZE);
    uid->has_header = true;
    if (!probe_id_digest(run, probe->message_id, &uid->has_message_id, uid->message_id))
        return false;
    if (headers)
        return true;
    uid->got_body = true;
    uid->doubt = false;
    uid->cut = probe->cut;
    uid->body_size = probe->digests.size;
    memcpy(uid->wire, probe->digests.wire, DIGEST_SIZE);
    memcpy(uid->canonical, probe->digests.canonical, DIGEST_SIZE);
    uid->has_canonical = true;
    return true;
}

bool
read_uids(struct meeting *meeting, bool headers, bool is_wanted(const struct half *uid))
{
    struct run *run = meeting->run;
    struct probe *probes;
    size_t n = 0;
    bool ok;

    for (size_t u = 0; u < meeting->uids.count; u++)
        n += !meeting->uids.at[u].paired && is_wanted(&meeting->uids.at[u]);
    probes = calloc(n + 1, sizeof *probes);
    ok = probes != NULL || run_no_memory(run);
    n = 0;

    for (size_t u = 0; ok && u < meeting->uids.count; u++) {
        struct half *uid = &meeting->uids.at[u];

        if (uid->paired || !is_wanted(uid))
            continue;
        uid->late = attempts_comes_last(run, meeting->mailbox, ATTEMPT_HEADER, uid->uid);
        uid->given_up = reading_given_up(run, uid->id); /* not asked for again in this run */
        uid->doubt = uid->doubt || uid->given_up;
        if (uid->given_up)
            continue;
        probes[n++] = (struct probe){.mailbox = meeting->index,
                                     .uid = uid->uid,
                                     .id = (int64_t)u,
                                     .size = uid->size,
                                     .kinship = arena_array(&meeting->arena, 1, sizeof(struct kinship))};
    }
    ok = ok && run_has(run, &meeting->arena);
    /* A message that can't be read keeps back only files that it may be. */
    for (size_t i = 0; ok && headers && meeting->files.count <= FEW_FILES && i < n; i++) {
        const struct half *uid = &meeting->uids.at[probes[i].id];

        probes[i].unlikely = !uid->late && !meeting_fits(meeting, uid);
    }
    if (ok && n != 0)
        ok = probe_remote(run, probes, n, headers);
    for (size_t i = 0; ok && i < n; i++)
        ok = take_answer(run, &meeting->uids.at[probes[i].id], &probes[i], headers);
    free(probes);
    return ok;
}

/* NULL: it is gone, or can't be read. */
static void
open_file(struct run *run, struct mailbox *mailbox, const struct journal_message *message, void **handle)
{
    const struct local_file name = run_file(mailbox, message);
    struct error err = {0};
    bool missing = false;

    *handle = NULL;
    if (message->base[0] == '\0' || (message->facts & FACT_GONE_HERE) != 0)
        return;
    if (!run->local.ops->read_open(run->local.self, &name, handle, &missing, &err))
        *handle = NULL;
    if (missing)
        mailbox->look_here = true;
}

/* *whole: to the end of what is wanted. */
static bool
read_bytes(struct run *run, void *handle, struct kinship_reader *reader, bool body, bool *whole)
{
    char bytes[16384];
    size_t got = 0;
    struct error err = {0};

    *whole = false;
    do {
        if (!run->local.ops->read(run->local.self, handle, bytes, sizeof bytes, &got, &err))
            return true; /* what can't be read is compared with nothing */
        if (got != 0 && !kinship_add(reader, bytes, got))
            return run_no_memory(run);
    } while (got != 0 && (body || !kinship_is_past_header(reader)));
    *whole = true;
    return true;
}

bool
read_kinship(struct run *run, struct mailbox *mailbox, const struct journal_message *message, bool body,
             struct kinship *out, bool *got)
{
    struct kinship_reader *reader = kinship_new();
    void *handle = NULL;
    bool ok = reader != NULL || run_no_memory(run);

    *got = false;
    if (ok)
        open_file(run, mailbox, message, &handle);
    if (handle != NULL) {
        ok = (kinship_begin(reader, body) || run_no_memory(run)) && read_bytes(run, handle, reader, body, got);
        run->local.ops->read_close(run->local.self, handle);
    }
    if (ok && *got)
        ok = kinship_finish(reader, out) || run_no_memory(run);
    kinship_free(reader);
    return ok;
}

bool
read_file(struct meeting *meeting, struct half *file, bool body)
{
    struct run *run = meeting->run;
    struct kinship *const kinship = /* of its header alone it is not needed any more */
        file->kinship != NULL ? file->kinship : arena_array(&meeting->arena, 1, sizeof *kinship);
    struct journal_message *message = calloc(1, sizeof *message);
    bool got, ok = (message != NULL || run_no_memory(run)) && run_has(run, &meeting->arena) &&
                   run_load(run, file->id, message) &&
                   read_kinship(run, meeting->mailbox, message, body, kinship, &got);

    if (ok && got)
        file->kinship = kinship;
    free(message);
    return ok;
}

bool
read_keep(struct run *run, int64_t id, const struct kinship *from, bool cut)
{
    struct journal_kinship kinship = {.kin = from->kin,
                                      .has_alike = from->has_alike,
                                      .has_written = from->has_written,
                                      .has_body = from->has_body && !cut};

    memcpy(kinship.alike, from->alike, DIGEST_SIZE);
    memcpy(kinship.written, from->written, DIGEST_SIZE);
    memcpy(kinship.body, from->body, DIGEST_SIZE);
    return journal_kinship_save(run->journal, id, &kinship, &run->err);
}

bool
read_header(struct run *run, struct mailbox *mailbox, int64_t id, struct buffer *out)
{
    struct journal_message *message = calloc(1, sizeof *message);
    char bytes[4096];
    size_t got = 0;
    void *handle = NULL;
    struct error err = {0};
    bool ok = (message != NULL || run_no_memory(run)) && run_load(run, id, message);

    if (ok)
        open_file(run, mailbox, message, &handle);
    while (ok && handle != NULL && run->local.ops->read(run->local.self, handle, bytes, sizeof bytes, &got, &err) &&
           got != 0 && out->len + got < out->max)
        ok = buffer_add(out, bytes, got) || run_no_memory(run);
    if (handle != NULL)
        run->local.ops->read_close(run->local.self, handle);
    free(message);
    return ok;
}
