/*
 * See sent_again.h. A new UID is mbsync's copy of a file that is paired with another UID, if its header has a line of mbsync's (X-TUID), it is that file but for
 * such lines, body and all, and no message that the mailbox had before has the same header to the last byte: of that one it would be a copy
 * that somebody made, and is mail like any other.
 *
 * Headers are asked for only where mbsync was at work within a week, and where a file that has a UID of mbsync's has the right size.
 */
#include "sync/adopt/sent_again.h"

#include <inttypes.h>

#include "store/foreign/mbsync.h"
#include "sync/adopt/private.h"
#include "sync/adopt/tuid.h"
#include "sync/match/meeting.h"
#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/match/unread.h"
#include "sync/rows/readings.h"
#include "sync/rules/merge.h"

#define RECENT_S (7 * 24 * 3600) /* so long after a run of mbsync's its copies may be new */

struct known { /* a message that is there */
    int64_t id;
    uint64_t size;
    bool paired; /* with a file that mbsync has taken up */
    bool has_header;
    uint32_t uid;
    unsigned char header[DIGEST_SIZE];
};

struct fresh { /* a new one */
    int64_t id;
    uint64_t size;
    uint32_t uid;
    bool is_copy;     /* as far as is known */
    int64_t of;       /* the row of the file that it is a copy of */
    struct probe *at; /* its header, and then its body */
    struct kinship file;
};

struct again { /* one mailbox */
    struct run *run;
    uint32_t index;
    struct arena arena;
    struct known *known; /* by size */
    struct fresh *fresh;
    struct probe *probes;
    size_t known_count, fresh_count;
    struct journal_message *message;
};

static bool
name_key(const struct journal_message *message, char key[static 64])
{
    return text_print(key, 64, "sent again %" PRId64 " %" PRIu32, message->mailbox, message->uid);
}

/* ---- which of them may be? ---- */

static int
compare_known(const void *pa, const void *pb)
{
    const struct known *a = pa, *b = pb;

    return (a->size > b->size) - (a->size < b->size);
}

static size_t
first_of_size(const struct again *again, uint64_t size)
{
    size_t low = 0, high = again->known_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (again->known[middle].size < size)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
gather_known(struct again *again, bool map)
{
    const unsigned gone = FACT_GONE_HERE | FACT_GONE_THERE | FACT_UNPAIRED | FACT_ALTERED;
    struct run *run = again->run;
    const struct journal_message *message = again->message;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok =
        journal_message_ids(run->journal, run->mailboxes[again->index].row.id, WHICH_WITH_UID, &ids, &count, &run->err);

    again->known = ok ? arena_array(&again->arena, count, sizeof *again->known) : NULL;
    ok = ok && run_has(run, &again->arena);
    for (size_t i = 0; ok && i < count; i++) {
        struct known *known = &again->known[again->known_count];

        ok = run_load(run, ids[i], again->message);
        if (!ok || (message->base[0] == '\0' && message->facts == 0)) /* new itself */
            continue;
        *known = (struct known){.id = ids[i],
                                .size = message->size,
                                .uid = message->uid,
                                .has_header = message->has_header && (message->facts & FACT_BY_HEADER) == 0,
                                .paired = message->base[0] != '\0' && (message->facts & gone) == 0 &&
                                          (map || mbsync_uid_of_name(message->base) != 0)};
        memcpy(known->header, message->header, DIGEST_SIZE);
        again->known_count++;
    }
    free(ids);
    if (again->known_count > 1)
        qsort(again->known, again->known_count, sizeof *again->known, compare_known);
    return ok;
}

static const uint64_t differences[] = {0, MEETING_COPY_LINE};

static bool
has_size_of_one(const struct again *again, uint64_t size)
{
    for (size_t d = 0; d < sizeof differences / sizeof differences[0]; d++) {
        const uint64_t wanted = size - differences[d];

        for (size_t k = first_of_size(again, wanted); size >= differences[d] && k < again->known_count; k++) {
            if (again->known[k].size != wanted)
                break;
            if (again->known[k].paired)
                return true;
        }
    }
    return false;
}

static bool
gather_fresh(struct again *again, bool map)
{
    struct run *run = again->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok =
        journal_message_ids(run->journal, run->mailboxes[again->index].row.id, WHICH_FRESH, &ids, &count, &run->err);

    again->fresh = ok ? arena_array(&again->arena, count, sizeof *again->fresh) : NULL;
    ok = ok && run_has(run, &again->arena);
    for (size_t i = 0; ok && i < count; i++) {
        struct fresh *fresh = &again->fresh[again->fresh_count];

        if (id_set_has(&run->sent_again, ids[i]))
            continue;
        ok = run_load(run, ids[i], again->message);
        if (!ok || again->message->facts != 0 || again->message->refers_to != 0)
            continue;
        *fresh = (struct fresh){.id = ids[i], .size = again->message->size, .uid = again->message->uid};
        again->fresh_count++;
    }
    free(ids);
    if (!ok || again->fresh_count == 0)
        return ok;
    ok = gather_known(again, map);
    count = again->fresh_count;
    again->fresh_count = 0;
    for (size_t i = 0; ok && i < count; i++) {
        if (!has_size_of_one(again, again->fresh[i].size))
            continue;
        ok = id_set_add(&run->sent_again, again->fresh[i].id) || run_no_memory(run);
        again->fresh[again->fresh_count++] = again->fresh[i];
    }
    return ok;
}

/* ---- what they are ---- */

/* Headers, or bodies, of those that are still in question. */
static bool
ask(struct again *again, bool headers)
{
    struct run *run = again->run;
    struct probe *probes = arena_array(&again->arena, again->fresh_count, sizeof *probes);
    size_t count = 0;
    bool ok = run_has(run, &again->arena);

    for (size_t i = 0; ok && i < again->fresh_count; i++) {
        struct fresh *fresh = &again->fresh[i];

        if (!headers && !fresh->is_copy)
            continue;
        probes[count] =
            (struct probe){.mailbox = again->index, .uid = fresh->uid, .id = fresh->id, .size = fresh->size};
        probes[count].kinship = arena_array(&again->arena, 1, sizeof(struct kinship));
        probes[count].header = headers ? arena_array(&again->arena, 1, sizeof(struct buffer)) : NULL;
        ok = run_has(run, &again->arena);
        if (ok && headers)
            *probes[count].header = buffer_new(TUID_HEADER_MAX);
        fresh->at = &probes[count++];
    }
    return ok && (count == 0 || probe_remote(run, probes, count, headers));
}

/* Is it a file's, but for such lines, as far as its header, or all of it, tells? */
static bool
find_file(struct again *again, struct fresh *fresh)
{
    struct run *run = again->run;
    bool ok = true, got;

    for (size_t d = 0; ok && !fresh->is_copy && d < sizeof differences / sizeof differences[0]; d++) {
        const uint64_t wanted = fresh->size - differences[d];

        for (size_t k = first_of_size(again, wanted); ok && !fresh->is_copy && k < again->known_count; k++) {
            const struct known *known = &again->known[k];

            if (known->size != wanted)
                break;
            if (!known->paired)
                continue;
            ok = run_load(run, known->id, again->message) &&
                 read_kinship(run, &run->mailboxes[again->index], again->message, true, &fresh->file, &got);
            fresh->is_copy = ok && got && kin_same(&fresh->file.kin, &fresh->at->kinship->kin);
            fresh->of = known->id;
        }
    }
    return ok;
}

/* Had the mailbox a message of this very header before? Those of its size whose header is not known are asked for theirs. */
static bool
is_copy_of_known(struct again *again, struct fresh *fresh)
{
    struct run *run = again->run;

    for (size_t k = first_of_size(again, fresh->size); k < again->known_count; k++) {
        struct known *known = &again->known[k];
        struct probe probe = {.mailbox = again->index, .uid = known->uid, .id = known->id};

        if (known->size != fresh->size)
            break;
        if (!known->has_header) {
            if (!probe_remote(run, &probe, 1, true))
                return false;
            known->has_header = probe.got;
            memcpy(known->header, probe.digests.header, DIGEST_SIZE);
        }
        if (known->has_header && memcmp(known->header, fresh->at->digests.header, DIGEST_SIZE) == 0)
            fresh->is_copy = false;
    }
    return true;
}

static bool
judge_headers(struct again *again)
{
    unsigned char ignored[DIGEST_SIZE];
    bool ok = ask(again, true);

    for (size_t i = 0; ok && i < again->fresh_count; i++) {
        struct fresh *fresh = &again->fresh[i];
        const struct buffer *header = fresh->at->header;

        if (!fresh->at->got) /* nobody knows: the next pass, or the next run, asks again */
            ok = run_begin(again->run) &&
                 run_end(again->run, unread_hold(again->run, &again->run->mailboxes[again->index], fresh->id,
                                                 "it may be a copy that mbsync sent up, and could not be read"));
        else if (tuid_header_without((struct text){header->at, header->len}, ignored))
            ok = find_file(again, fresh) && (!fresh->is_copy || is_copy_of_known(again, fresh));
    }
    reading_begin(again->run);
    for (size_t i = 0; i < again->fresh_count; i++) {
        if (again->fresh[i].at != NULL && again->fresh[i].at->header != NULL)
            buffer_free(again->fresh[i].at->header);
    }
    return ok;
}

static bool
set_apart(struct again *again, const struct fresh *fresh)
{
    struct run *run = again->run;
    struct journal_message *message = again->message;
    const struct probe *probe = fresh->at;
    char key[64], uid[16];

    if (!run_load(run, fresh->of, message))
        return false;
    message->facts |= FACT_SENT_AGAIN;
    (void)text_print(uid, sizeof uid, "%" PRIu32, fresh->uid);
    if (!name_key(message, key) || !journal_set(run->journal, key, uid, &run->err) ||
        !journal_message_save(run->journal, message, &run->err) || !run_load(run, fresh->id, message))
        return false;
    message->facts |= FACT_APART | FACT_ADOPTED;
    message->has_header = message->has_wire = true;
    memcpy(message->header, probe->digests.header, DIGEST_SIZE);
    memcpy(message->wire, probe->digests.wire, DIGEST_SIZE);
    return journal_message_save(run->journal, message, &run->err) &&
           read_keep(run, message->id, probe->kinship, false) &&
           run_pending(run, &run->mailboxes[again->index], message->id, PENDING_POLICY, plan_verb_word(PLAN_DOWNLOAD),
                       "mbsync sent up once more what is there already: this copy stays on the server alone", NULL);
}

static bool
take_copies(struct again *again)
{
    struct run *run = again->run;
    char text[160];
    size_t count = 0;
    bool ok = ask(again, false) && run_begin(run);

    if (!ok)
        return false;
    for (size_t i = 0; ok && i < again->fresh_count; i++) {
        const struct fresh *fresh = &again->fresh[i];

        if (!fresh->is_copy || !fresh->at->got || fresh->at->cut || !fresh->file.has_body ||
            memcmp(fresh->file.body, fresh->at->kinship->body, DIGEST_SIZE) != 0)
            continue;
        count++;
        ok = set_apart(again, fresh);
    }
    if (!run_end(run, ok))
        return false;
    (void)text_print(text, sizeof text, "mbsync sent up once more what was there already: %zu %s on the server alone",
                     count, count == 1 ? "copy stays" : "copies stay");
    if (count != 0)
        report_mailbox(run->report, run->account->name, run->mailboxes[again->index].row.name, "sent-again", text);
    return true;
}

/* ---- later ---- */

/* *copy: the row of the copy, still there. */
static bool
find_copy(struct run *run, const struct journal_message *message, struct journal_message *copy, bool *found)
{
    char key[64], *text = NULL;
    uint32_t uid = 0;
    bool ok = name_key(message, key) && journal_get(run->journal, key, &text, &run->err);

    *found = false;
    if (ok && text != NULL && sscanf(text, "%" SCNu32, &uid) == 1)
        ok = journal_message_by_uid(run->journal, message->mailbox, uid, copy, found, &run->err);
    *found = *found && copy->base[0] == '\0' && copy->uid != 0 &&
             (copy->facts & (FACT_APART | FACT_ADOPTED | FACT_GONE_THERE)) == (FACT_APART | FACT_ADOPTED);
    free(text);
    return ok;
}

bool
sent_again_is_there(struct run *run, const struct journal_message *message, bool *is)
{
    struct journal_message *copy = calloc(1, sizeof *copy);
    bool ok = (copy != NULL || run_no_memory(run)) && find_copy(run, message, copy, is);

    free(copy);
    return ok;
}

/* The file's message from now on is its copy. */
static bool
take_over(struct run *run, struct journal_message *message, const struct journal_message *copy,
          const struct kinship *file)
{
    message->uid = copy->uid;
    message->size = copy->size;
    message->date = copy->date;
    message->flags.rseen = copy->flags.rseen;
    message->flags = merge_level(merge_unknown(message->flags), FLAG_ALL);
    merge_keywords(message->keywords, copy->keywords);
    message->facts &= ~(unsigned)(FACT_GONE_THERE | FACT_REMOVED | FACT_OUT_OF_VIEW | FACT_ECHO | FACT_ITS_BYTES |
                                  FACT_BY_HEADER | FACT_UNSHOWN | FACT_SENT_AGAIN);
    message->facts |= FACT_FOREIGN;
    message->has_header = copy->has_header;
    memcpy(message->header, copy->header, DIGEST_SIZE);
    return journal_foreign_save(run->journal, message->id, file->body, &run->err) &&
           journal_message_delete(run->journal, copy->id, &run->err) &&
           journal_message_save(run->journal, message, &run->err);
}

static bool
replace_gone(struct again *again, int64_t id)
{
    struct run *run = again->run;
    struct journal_message *message = again->message, *copy = message + 1;
    struct journal_kinship kept;
    struct kinship file;
    bool found = false, got = false;

    if (!journal_message_get(run->journal, id, message, &found, &run->err))
        return false;
    if (!found || message->base[0] == '\0' || message->uid == 0 || (message->facts & FACT_SENT_AGAIN) == 0 ||
        (message->facts & (FACT_GONE_THERE | FACT_GONE_HERE | FACT_UNPAIRED | FACT_MOVED | FACT_ALTERED)) !=
            FACT_GONE_THERE)
        return true;
    if (!find_copy(run, message, copy, &found))
        return false;
    if (!found)
        return true;
    if (!journal_kinship_get(run->journal, copy->id, &kept, &found, &run->err) ||
        !read_kinship(run, run_mailbox_by_id(run, message->mailbox), message, true, &file, &got))
        return false;
    if (!found || !got || !kept.has_body || !kin_same(&kept.kin, &file.kin) ||
        memcmp(kept.body, file.body, DIGEST_SIZE) != 0)
        return true;
    return run_begin(run) && run_end(run, take_over(run, message, copy, &file));
}

static bool
replace_all(struct again *again)
{
    struct run *run = again->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_message_ids(run->journal, 0, WHICH_GONE, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++)
        ok = replace_gone(again, ids[i]);
    free(ids);
    return ok;
}

static bool
note_mailbox(struct run *run, uint32_t index)
{
    struct mailbox *mailbox = &run->mailboxes[index];
    struct again again = {.run = run, .index = index};
    struct local_traces traces;
    uint64_t fresh;
    bool ok = true;

    if (mailbox->row.id == 0 || !mailbox->chosen || !mailbox_is_open(mailbox) || !mailbox->current)
        return true;
    if (!journal_message_count(run->journal, mailbox->row.id, WHICH_FRESH, &fresh, &run->err))
        return false;
    if (fresh == 0)
        return true;
    run->local.ops->traces(run->local.self, mailbox->row.folder, &traces);
    if (!traces_look(run, mailbox, false))
        return false;
    if (traces.changed == 0 ||
        (!traces_are_new(run, mailbox) && traces.changed / INT64_C(1000000000) < run->now - RECENT_S))
        return true;
    again.message = arena_array(&again.arena, 1, sizeof *again.message);
    ok = run_has(run, &again.arena) && gather_fresh(&again, traces.map);
    if (ok && again.fresh_count != 0)
        ok = judge_headers(&again) && take_copies(&again);
    for (size_t i = 0; !ok && i < again.fresh_count; i++) /* on another line they are asked for again */
        id_set_remove(&run->sent_again, again.fresh[i].id);
    arena_free(&again.arena);
    return ok;
}

bool
sent_again_note(struct run *run)
{
    struct again again = {.run = run};
    uint64_t fresh = 0;
    bool ok = traces_before(run);

    if (!ok || run->first || (run->traces.mbsync == 0 && run->traces_before.mbsync == 0))
        return ok;
    again.message = arena_array(&again.arena, 2, sizeof *again.message);
    ok = run_has(run, &again.arena) && replace_all(&again);
    arena_free(&again.arena);
    ok = ok && journal_message_count(run->journal, 0, WHICH_FRESH, &fresh, &run->err);
    for (uint32_t i = 0; ok && fresh != 0 && i < run->count; i++)
        ok = note_mailbox(run, i);
    return ok;
}
