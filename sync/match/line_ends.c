/* See line_ends.h. The bodies were read where headers are kin (related.c); nothing is asked for here. */
#include "sync/match/line_ends.h"

#include "sync/match/groups.h"
#include "sync/match/renamed.h"
#include "sync/rows/drafts.h"

#define PAIRS_MIN 3

static bool
may_be(const struct half *file, const struct half *uid)
{
    return file->kinship->has_body && uid->kinship->has_body && !uid->cut && !uid->doubt &&
           (!file->intent || file->renumbered) && kin_same(&file->kinship->kin, &uid->kinship->kin);
}

/* Is there another row here with the bytes of this half? Then its side has, or had, both forms of a message. */
static bool
is_there_twice(const struct meeting *meeting, const struct half *half, bool *twice)
{
    struct run *run = meeting->run;
    struct journal_message *other = calloc(1, sizeof *other);
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok =
        (other != NULL || run_no_memory(run)) && journal_ids_by_wire(run->journal, half->wire, &ids, &count, &run->err);

    for (size_t i = 0; ok && !*twice && i < count; i++) {
        ok = ids[i] == half->id || run_load(run, ids[i], other);
        *twice = ok && ids[i] != half->id && other->mailbox == meeting->mailbox->row.id;
    }
    free(other);
    free(ids);
    return ok;
}

static bool
count_group(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    struct half *file = files[0], *uid = uids[0];
    bool twice = false;
    int more = 0;

    if (file_count != 1 || uid_count != 1 || !may_be(file, uid))
        return true;
    kinship_count_ends(file->kinship, uid->kinship->body, &more);
    if (more == 0)
        return true;
    if (!is_there_twice(meeting, file, &twice) || (uid->got_body && !is_there_twice(meeting, uid, &twice)))
        return false;
    if (twice)
        return true;
    file->ended = uid->ended = true;
    meeting->longer_there += more > 0;
    meeting->longer_here += more < 0;
    return true;
}

static bool
join_group(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    (void)file_count;
    (void)uid_count;
    if (!files[0]->ended || !uids[0]->ended)
        return true;
    files[0]->kinship->has_body = false; /* what the server shows is not that */
    return renamed_join_related(meeting, files[0], uids[0], FACT_FOREIGN);
}

bool
line_ends_join(struct meeting *meeting)
{
    if (mailbox_drafts(meeting->mailbox) != DRAFTS_NONE) /* its next version may have one line end more */
        return true;
    if (!groups_walk(meeting, KEY_KIN, count_group))
        return false;
    return meeting->longer_there < PAIRS_MIN || meeting->longer_here != 0 || groups_walk(meeting, KEY_KIN, join_group);
}
