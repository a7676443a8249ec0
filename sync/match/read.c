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

/* ---- UIDs, piece by piece ---- */

#define PIECE 8192 /* messages: a turn, and 4 MB */

struct reading_uids {
    struct meeting *meeting;
    bool headers;
    struct probe *probes;
    struct half **
        known; /* files, by their headers: what has one of these will most often be that file, and needs no kinship; NULL: nothing is spared */
};

static int
compare_headers(const void *pa, const void *pb)
{
    return memcmp((*(struct half *const *)pa)->header, (*(struct half *const *)pb)->header, DIGEST_SIZE);
}

static int
compare_with_header(const void *header, const void *half)
{
    return memcmp(header, (*(struct half *const *)half)->header, DIGEST_SIZE);
}

/* There are as many kinships as messages of a mailbox, and each is larger than all else that is known of one. */
static struct kinship *
room_for(void *context, const struct digests *digests)
{
    const struct reading_uids *reading = context;
    struct meeting *meeting = reading->meeting;

    if (reading->known != NULL && bsearch(digests->header, reading->known, meeting->files.count, sizeof(struct half *),
                                          compare_with_header) != NULL)
        return NULL;
    return arena_array(&meeting->arena, 1, sizeof(struct kinship));
}

static struct half **
list_known(struct meeting *meeting)
{
    struct half **known = calloc(meeting->files.count + 1, sizeof(struct half *));

    for (size_t f = 0; known != NULL && f < meeting->files.count; f++)
        known[f] = &meeting->files.at[f];
    if (known != NULL && meeting->files.count > 1)
        qsort(known, meeting->files.count, sizeof(struct half *), compare_headers);
    return known;
}

static bool
read_piece(struct reading_uids *reading, size_t count)
{
    struct meeting *meeting = reading->meeting;
    struct run *run = meeting->run;
    bool ok = count == 0 || probe_remote(run, reading->probes, count, reading->headers);

    ok = ok && run_has(run, &meeting->arena);
    for (size_t i = 0; ok && i < count; i++)
        ok = take_answer(run, &meeting->uids.at[reading->probes[i].id], &reading->probes[i], reading->headers);
    return ok;
}

static struct probe
probe_of(struct reading_uids *reading, size_t u)
{
    struct meeting *meeting = reading->meeting;
    struct half *uid = &meeting->uids.at[u];

    return (struct probe){.mailbox = meeting->index,
                          .uid = uid->uid,
                          .id = (int64_t)u,
                          .size = uid->size,
                          .room = room_for,
                          .room_context = reading,
                          /* A message that can't be read keeps back only files that it may be. */
                          .unlikely = reading->headers && meeting->files.count <= FEW_FILES && !uid->late &&
                                      !meeting_fits(meeting, uid)};
}

static bool
read_pieces(struct reading_uids *reading, bool is_wanted(const struct half *uid))
{
    struct meeting *meeting = reading->meeting;
    size_t n = 0;
    bool ok = true;

    for (size_t u = 0; ok && u < meeting->uids.count; u++) {
        struct half *uid = &meeting->uids.at[u];

        if (uid->paired || !is_wanted(uid))
            continue;
        uid->late = attempts_comes_last(meeting->run, meeting->mailbox, ATTEMPT_HEADER, uid->uid);
        uid->given_up = reading_given_up(meeting->run, uid->id); /* not asked for again in this run */
        uid->doubt = uid->doubt || uid->given_up;
        if (uid->given_up)
            continue;
        reading->probes[n++] = probe_of(reading, u);
        if (n == PIECE) {
            ok = read_piece(reading, n);
            n = 0;
        }
    }
    return ok && read_piece(reading, n);
}

static bool
read_some(struct meeting *meeting, bool headers, bool sparing, bool is_wanted(const struct half *uid))
{
    struct reading_uids reading = {.meeting = meeting, .headers = headers};
    size_t n = 0;
    bool ok;

    for (size_t u = 0; n < PIECE && u < meeting->uids.count; u++)
        n += !meeting->uids.at[u].paired && is_wanted(&meeting->uids.at[u]);
    reading.probes = calloc(n + 1, sizeof *reading.probes);
    reading.known = sparing ? list_known(meeting) : NULL;
    ok = (reading.probes != NULL && (reading.known != NULL || !sparing)) || run_no_memory(meeting->run);
    ok = ok && read_pieces(&reading, is_wanted);
    free(reading.known);
    free(reading.probes);
    return ok;
}

bool
read_uids(struct meeting *meeting, bool headers, bool is_wanted(const struct half *uid))
{
    return read_some(meeting, headers, false, is_wanted);
}

bool
read_new_headers(struct meeting *meeting, bool is_wanted(const struct half *uid))
{
    return read_some(meeting, true, true, is_wanted);
}

/* ---- files ---- */

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
        mailbox->look_here = mailbox->folder_here; /* what is not there tells no more by another look */
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
