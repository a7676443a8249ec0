/* See other_id.h. */
#include "sync/match/other_id.h"

#include "sync/match/groups.h"
#include "sync/match/read.h"
#include "sync/match/renamed.h"
#include "sync/match/same_body.h"
#include "sync/rows/drafts.h"

static bool
may_be(const struct half *file, const struct half *uid)
{
    return (!file->intent || file->renumbered) && !uid->doubt &&
           !kin_same_id(&file->kinship->kin, &uid->kinship->kin) && memcmp(file->header, uid->header, DIGEST_SIZE) != 0;
}

static bool
mark(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    if (file_count != 1 || uid_count != 1 || !may_be(files[0], uids[0]))
        return true;
    files[0]->written_alike = uids[0]->written_alike = true;
    return files[0]->kinship->has_body || read_file(meeting, files[0], true);
}

static bool
wants_body(const struct half *uid)
{
    return uid->written_alike && !uid->kinship->has_body;
}

static bool
has_same_body(const struct half *file, const struct half *uid)
{
    return file->kinship->has_body && uid->kinship->has_body &&
           memcmp(file->kinship->body, uid->kinship->body, DIGEST_SIZE) == 0;
}

static bool
join(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    if (file_count != 1 || uid_count != 1 || !files[0]->written_alike || !uids[0]->written_alike ||
        !has_same_body(files[0], uids[0]) || files[0]->kinship->body_size < SAME_BODY_MIN)
        return true;
    return renamed_join_related(meeting, files[0], uids[0], FACT_FOREIGN);
}

bool
other_id_join(struct meeting *meeting)
{
    bool any = false;

    if (mailbox_drafts(meeting->mailbox) != DRAFTS_NONE)
        return true;
    if (!groups_walk(meeting, KEY_WRITTEN, mark))
        return false;
    for (size_t u = 0; !any && u < meeting->uids.count; u++)
        any = meeting->uids.at[u].written_alike;
    return !any || (read_uids(meeting, false, wants_body) && groups_walk(meeting, KEY_WRITTEN, join));
}

bool
other_id_differ(struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    return file_count == 1 && uid_count == 1 &&
           (memcmp(files[0]->header, uids[0]->header, DIGEST_SIZE) == 0 ||
            (files[0]->kinship->has_body && uids[0]->kinship->has_body && !has_same_body(files[0], uids[0])));
}
