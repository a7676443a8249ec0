/* See same_body.h. */
#include "sync/match/same_body.h"

#include "sync/match/join.h"
#include "sync/match/read.h"
#include "sync/rows/drafts.h"

struct dated { /* UIDs that are left, by date */
    struct half **at;
    size_t count;
};

static int
compare_dates(const void *pa, const void *pb)
{
    const struct half *a = *(struct half *const *)pa, *b = *(struct half *const *)pb;

    if (a->date != b->date)
        return a->date < b->date ? -1 : 1;
    return a->uid == b->uid ? 0 : a->uid < b->uid ? -1 : 1;
}

static bool
sort_uids(struct meeting *meeting, struct dated *uids)
{
    uids->at = arena_array(&meeting->arena, meeting->uids.count, sizeof(struct half *));
    if (!run_has(meeting->run, &meeting->arena))
        return false;
    for (size_t u = 0; u < meeting->uids.count; u++) {
        struct half *uid = &meeting->uids.at[u];

        if (!uid->paired && uid->has_header && uid->date != 0)
            uids->at[uids->count++] = uid;
    }
    if (uids->count > 1)
        qsort(uids->at, uids->count, sizeof *uids->at, compare_dates);
    return true;
}

static size_t
find_first(const struct dated *uids, int64_t date)
{
    size_t low = 0;

    for (size_t high = uids->count; low < high;) {
        size_t middle = low + (high - low) / 2;

        if (uids->at[middle]->date < date)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t
date_of(const struct half *file)
{
    return file->intent ? file->intent_date : file->date;
}

/* Where no sizes are listed, it is that of the message once it is read. */
static bool
has_size(const struct half *file, const struct half *uid)
{
    const uint64_t size = uid->size != 0 ? uid->size : uid->body_size;

    return size == 0 || size == file->size;
}

/* All but the bodies says so. Equal headers over other bodies are two messages, and were compared. */
static bool
may_be(const struct meeting *meeting, const struct half *file, const struct half *uid)
{
    if (file->paired || uid->paired || uid->date != date_of(file))
        return false;
    if (!file->foreign && memcmp(uid->header, file->header, DIGEST_SIZE) == 0)
        return false;
    if (file->intent)
        return uid->uid >= file->intent_uidnext;
    return (file->unpaired || file->foreign) && !file->gone && has_size(file, uid) &&
           mailbox_drafts(meeting->mailbox) == DRAFTS_NONE;
}

/*
 * Date and size are those of what the server has, and the header is not: some show another one than their message has (a line more, in which they
 * keep a state of their own). Its bytes tell, where several fit, too. The date of a file that never had a UID is what its file has: the server's, if
 * golub fetched or sent it before the journal was lost.
 */
static bool
may_have_its_bytes(const struct half *file, const struct half *uid)
{
    return (file->dated || file->fresh) && !file->paired && !uid->paired && uid->date == file->date &&
           (uid->size == 0 || meeting_is_plausible(file->size, uid->size)) &&
           memcmp(uid->header, file->header, DIGEST_SIZE) != 0;
}

/*
 * Mails that a program sends may all have one body, and some have none. So the headers must name one message, too: by the Message-ID, or by date,
 * sender, subject and recipients as people read them.
 */
static bool
may_be_named_alike(const struct kinship *file, const struct kinship *uid)
{
    if (kin_same_id(&file->kin, &uid->kin))
        return true;
    return file->has_written && uid->has_written && memcmp(file->written, uid->written, DIGEST_SIZE) == 0 &&
           (!file->kin.has_id || !uid->kin.has_id || file->body_size >= SAME_BODY_MIN);
}

static bool
has_same_body(const struct half *file, const struct half *uid)
{
    return file->kinship != NULL && uid->kinship != NULL && file->kinship->has_body && uid->kinship->has_body &&
           memcmp(file->kinship->body, uid->kinship->body, DIGEST_SIZE) == 0 &&
           may_be_named_alike(file->kinship, uid->kinship);
}

static bool
wants_body(const struct half *uid)
{
    return !uid->paired && uid->kin && (uid->kinship == NULL || !uid->kinship->has_body);
}

/* *any: bodies are to be compared. */
static bool
mark(struct meeting *meeting, const struct dated *uids, bool *any)
{
    bool ok = true;

    for (size_t f = 0; ok && f < meeting->files.count; f++) {
        struct half *file = &meeting->files.at[f];
        bool wanted = false;

        if (file->paired || !(file->intent || file->dated || file->fresh || file->foreign))
            continue;
        for (size_t u = find_first(uids, date_of(file)); u < uids->count && uids->at[u]->date == date_of(file); u++) {
            const bool like = may_be(meeting, file, uids->at[u]);

            wanted = wanted || like;
            if (!like && !may_have_its_bytes(file, uids->at[u]))
                continue;
            *any = uids->at[u]->kin = true;
        }
        ok = !wanted || (file->kinship != NULL && file->kinship->has_body) || read_file(meeting, file, true);
    }
    return ok;
}

/* Of equal ones first those that show the same flags. */
static bool
join_bytes(struct meeting *meeting, const struct dated *uids, bool alike)
{
    bool ok = true;

    for (size_t f = 0; ok && f < meeting->files.count; f++) {
        struct half *file = &meeting->files.at[f];

        for (size_t u = find_first(uids, date_of(file));
             ok && !file->paired && u < uids->count && uids->at[u]->date == date_of(file); u++) {
            struct half *uid = uids->at[u];

            if (may_have_its_bytes(file, uid) && uid->got_body && (!alike || uid->flags == file->flags) &&
                memcmp(uid->wire, file->wire, DIGEST_SIZE) == 0)
                ok = join_halves(meeting, file, uid, 0);
        }
    }
    return ok;
}

bool
same_body_join(struct meeting *meeting)
{
    struct dated uids = {0};
    bool any = false, ok = sort_uids(meeting, &uids) && mark(meeting, &uids, &any);

    ok = ok && (!any || (read_uids(meeting, false, wants_body) && join_bytes(meeting, &uids, true) &&
                         join_bytes(meeting, &uids, false)));
    for (size_t f = 0; ok && any && f < meeting->files.count; f++) {
        struct half *file = &meeting->files.at[f];

        for (size_t u = find_first(&uids, date_of(file)); ok && u < uids.count && uids.at[u]->date == date_of(file);
             u++) {
            if (may_be(meeting, file, uids.at[u]) && has_same_body(file, uids.at[u]))
                ok = join_halves(meeting, file, uids.at[u], FACT_FOREIGN);
        }
    }
    return ok;
}
