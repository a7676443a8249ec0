/*
 * Each step works on what the step before left over, as multisets:
 *   kin headers     one file fits one UID, and the header is one that names a message: their sizes must be explained by the lines that count
 *                   for nothing, else the bodies are read, as where several fit, where the header names nothing, and in \Drafts
 *   equal bodies    under kin headers
 *   line ends       kin headers over bodies that differ by line ends at their end, where three pairs say that the server adds them (line_ends.c)
 *   other headers   same Message-ID, unique on both sides or under the UID's own name, same instant, sender and subject. Kin headers over other bodies are two messages
 *   another name    the same without the Message-ID, over equal bodies (other_id.c)
 * Both keep their bytes (FACT_FOREIGN).
 */
#include "sync/match/related.h"

#include "sync/base/filing.h"
#include "sync/match/anew.h"
#include "sync/match/groups.h"
#include "sync/match/line_ends.h"
#include "sync/match/other_id.h"
#include "sync/match/read.h"
#include "sync/match/renamed.h"
#include "sync/observe/beginning.h"
#include "sync/rows/drafts.h"

static bool
is_kin(const struct half *file, const struct half *uid)
{
    return !file->paired && !uid->paired && kin_same(&file->kinship->kin, &uid->kinship->kin);
}

bool
related_may_be(const struct half *file, const struct half *uid)
{
    if (file->kinship == NULL || uid->kinship == NULL)
        return false;
    if (file->written_alike && uid->written_alike && !file->paired &&
        memcmp(file->kinship->written, uid->kinship->written, DIGEST_SIZE) == 0)
        return true;
    return uid->kin && is_kin(file, uid);
}

/* ---- what is compared ---- */

/* Of a header that an earlier run read only its digest is in the half. */
static bool
recall_kinship(struct meeting *meeting, struct half *uid)
{
    struct run *run = meeting->run;
    struct journal_kinship known;
    bool found;

    if (!journal_kinship_get(run->journal, uid->id, &known, &found, &run->err))
        return false;
    if (!found)
        return true;
    uid->kinship = arena_array(&meeting->arena, 1, sizeof *uid->kinship);
    if (!run_has(run, &meeting->arena))
        return false;
    *uid->kinship = (struct kinship){
        .kin = known.kin, .has_alike = known.has_alike, .has_written = known.has_written, .has_body = known.has_body};
    memcpy(uid->kinship->alike, known.alike, DIGEST_SIZE);
    memcpy(uid->kinship->written, known.written, DIGEST_SIZE);
    memcpy(uid->kinship->body, known.body, DIGEST_SIZE);
    return true;
}

static bool
is_left(const struct half *uid)
{
    return !uid->paired && (uid->kinship != NULL || (uid->has_header && !uid->open_header));
}

static bool
lacks_kinship(const struct half *uid)
{
    return is_left(uid) && uid->kinship == NULL;
}

static bool
gather(struct meeting *meeting, bool *any)
{
    bool file = false, uid = false, ok = true;

    for (size_t u = 0; ok && u < meeting->uids.count; u++) {
        uid = uid || is_left(&meeting->uids.at[u]);
        ok = !lacks_kinship(&meeting->uids.at[u]) || recall_kinship(meeting, &meeting->uids.at[u]);
    }
    for (size_t f = 0; ok && uid && f < meeting->files.count; f++) {
        struct half *half = &meeting->files.at[f];

        if (half->paired || half->alias || half->lacked)
            continue;
        ok = read_file(meeting, half, false);
        file = file || half->kinship != NULL;
    }
    *any = file && uid;
    return ok && (!*any || read_uids(meeting, true, lacks_kinship));
}

/* ---- kin ---- */

/* The only one that fits, or NULL; *none: no one does. */
static struct half *
find_only(const struct half *half, bool is_file, struct half **others, size_t count, bool *none)
{
    struct half *only = NULL;

    *none = true;
    for (size_t i = 0; i < count; i++) {
        if (!(is_file ? is_kin(half, others[i]) : is_kin(others[i], half)))
            continue;
        if (!*none)
            return NULL;
        *none = false;
        only = others[i];
    }
    return only;
}

/* The header names one message, and the sizes say that nothing but the lines that count for nothing differs. A body that is known says more. */
static bool
suffices(const struct meeting *meeting, const struct half *file, const struct half *uid)
{
    return file->kinship->kin.names && !file->shared_rest && !file->intent && !uid->kinship->has_body &&
           (file->dated || anew_suffices(meeting, file, uid)) && mailbox_drafts(meeting->mailbox) == DRAFTS_NONE &&
           kinship_explains(file->kinship, file->size, uid->kinship, uid->size);
}

static bool
join_kin_headers(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    for (size_t f = 0; f < file_count; f++) {
        bool none, none_back;
        struct half *uid = find_only(files[f], true, uids, uid_count, &none);
        const struct half *back = uid != NULL ? find_only(uid, false, files, file_count, &none_back) : NULL;

        if (none)
            continue;
        if (back != NULL && suffices(meeting, files[f], uid)) {
            /* Before anything destructive rests on the pair its bodies are compared: the file may be gone by then. */
            if (!read_file(meeting, files[f], true) ||
                !renamed_join_related(meeting, files[f], uid, FACT_FOREIGN | FACT_BY_HEADER))
                return false;
            continue;
        }
        files[f]->kin = true;
        for (size_t u = 0; u < uid_count; u++)
            uids[u]->kin = uids[u]->kin || is_kin(files[f], uids[u]);
    }
    return true;
}

static bool
wants_kin_body(const struct half *uid)
{
    return uid->kin && !uid->kinship->has_body;
}

/* Of equal ones first that which shows the same flags. */
static struct half *
find_same_body(const struct half *file, struct half **uids, size_t count)
{
    struct half *best = NULL;

    for (size_t u = 0; u < count; u++) {
        if (!uids[u]->kinship->has_body || !is_kin(file, uids[u]) ||
            memcmp(file->kinship->body, uids[u]->kinship->body, DIGEST_SIZE) != 0)
            continue;
        if (uids[u]->flags == file->flags)
            return uids[u];
        best = best != NULL ? best : uids[u];
    }
    return best;
}

/*
 * A body that came short twice is the message, whatever the server says of its size; but a beginning of the file's body may be all that a
 * server sends of it, at every reading.
 */
static bool
may_be_part(struct meeting *meeting, const struct half *file, const struct half *uid, bool *part)
{
    struct beginning beginning = {.size = uid->kinship->body_size, .wire = uid->kinship->body, .text = true};
    struct local_file name = {meeting->mailbox->row.folder, file->base, ""};
    struct journal_message message;

    *part = false;
    if (file->paired || !is_kin(file, uid))
        return true;
    *part = !file->kinship->has_body || !uid->kinship->has_body || file->size < file->kinship->body_size;
    if (*part)
        return true;
    beginning.from = file->size - file->kinship->body_size;
    if (!run_load(meeting->run, file->id, &message))
        return false;
    name.info = message.info;
    *part = beginning_matches(meeting->run, &name, file->size, &beginning);
    return true;
}

/* What came short may be any of those that are left. */
static bool
doubt_parts(struct meeting *meeting, struct half **files, size_t file_count, struct half *uid)
{
    bool ok = true;

    for (size_t f = 0; ok && uid->kin && uid->cut && !uid->paired && !uid->doubt && f < file_count; f++)
        ok = may_be_part(meeting, files[f], uid, &uid->doubt);
    return ok;
}

static bool
join_kin_bodies(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    for (size_t f = 0; f < file_count; f++) {
        struct half *uid = files[f]->kinship->has_body ? find_same_body(files[f], uids, uid_count) : NULL;

        if (uid != NULL && !renamed_join_related(meeting, files[f], uid, FACT_FOREIGN))
            return false;
    }
    for (size_t u = 0; u < uid_count; u++) {
        if (!doubt_parts(meeting, files, file_count, uids[u]))
            return false;
    }
    return true;
}

static bool
join_kin(struct meeting *meeting)
{
    bool ok = groups_walk(meeting, KEY_KIN, join_kin_headers), any = false;

    for (size_t f = 0; ok && f < meeting->files.count; f++) {
        struct half *file = &meeting->files.at[f];

        if (file->paired || !file->kin)
            continue;
        any = true;
        ok = read_file(meeting, file, true);
    }
    return ok &&
           (!any || (read_uids(meeting, false, wants_kin_body) && groups_walk(meeting, KEY_KIN, join_kin_bodies)));
}

/* ---- the same message in other words ---- */

/* Of a copy that the mail reader saved a moment ago, what the server filed itself is of the same hour. */
static bool
is_filed_apart(const struct meeting *meeting, const struct half *file, const struct half *uid)
{
    const int64_t apart = file->date > uid->date ? file->date - uid->date : uid->date - file->date;

    return apart > FILING_APART_S && file->fresh && (meeting->mailbox->uses & REMOTE_SENT) != 0 && meeting->met >= 0 &&
           file->id > meeting->met && filing_is_servers(meeting->run->account, &meeting->run->info);
}

/* One that stands alone, or, of several, the file that has the name which this UID's download gets; NULL: none. */
static struct half *
find_alike(const struct meeting *meeting, struct half **files, size_t count, const struct half *uid, bool alone)
{
    if (alone)
        return files[0];
    if (run_learned(meeting->mailbox, CAUTION_REPAIRED) && !meeting->mailbox->renumbered) /* as in identify.c */
        return NULL;
    for (size_t f = 0; f < count; f++)
        if (!files[f]->paired && !files[f]->intent && !files[f]->dated &&
            meeting_is_its_name(meeting, uid, files[f]->base))
            return files[f];
    return NULL;
}

static bool
is_alike(const struct meeting *meeting, const struct half *file, const struct half *uid)
{
    if (uid->doubt || !file->kinship->has_alike || !uid->kinship->has_alike)
        return false;
    /* What it became came after it was sent: same_body.c, rewritten.c. A MOVE and a COPY change nothing. */
    if (file->intent && file->has_canonical && !file->renumbered)
        return false;
    return memcmp(file->kinship->alike, uid->kinship->alike, DIGEST_SIZE) == 0 && !is_kin(file, uid) &&
           !is_filed_apart(meeting, file, uid) && memcmp(file->header, uid->header, DIGEST_SIZE) != 0;
}

static bool
join_alike(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    const bool alone = file_count == 1 && uid_count == 1;
    bool ok = true;

    for (size_t u = 0; ok && u < uid_count; u++) {
        struct half *file = find_alike(meeting, files, file_count, uids[u], alone);

        if (file == NULL || !is_alike(meeting, file, uids[u]))
            continue;
        ok = read_file(meeting, file, true);
        if (!ok)
            break;
        file->kinship->has_body = false; /* a server that rewrites headers may have rewritten that, too */
        ok = renamed_join_related(meeting, file, uids[u], FACT_FOREIGN);
    }
    return ok;
}

bool
related_join(struct meeting *meeting)
{
    bool any = false, ok = gather(meeting, &any);

    if (!ok || !any)
        return ok;
    return join_kin(meeting) && line_ends_join(meeting) &&
           (mailbox_drafts(meeting->mailbox) != DRAFTS_NONE || groups_walk(meeting, KEY_MESSAGE_ID, join_alike)) &&
           other_id_join(meeting);
}
