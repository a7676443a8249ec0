/* See doubling.h. */
#include "sync/match/doubling.h"

#include "sync/match/anew.h"
#include "sync/match/differ.h"
#include "sync/match/groups.h"
#include "sync/match/other_id.h"
#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/rows/drafts.h"

#define DOUBLED_MIN 10
#define DOUBLED_SHARE 10 /* one in ten */
#define HEADER_SHOWN 16384

/* Of those whose body did not come nobody knows whether a file is one of them: they are not fetched in this run, nor is such a file sent. */
static size_t
leave_doubtful(struct half **uids, size_t count)
{
    size_t left = 0;

    for (size_t u = 0; u < count; u++) {
        if (!uids[u]->doubt)
            uids[left++] = uids[u];
    }
    return left;
}

static bool
count_group(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    const size_t sure = leave_doubtful(uids, uid_count), doubtful = uid_count - sure;
    const size_t others = file_count > doubtful ? file_count - doubtful : 0;
    const size_t pairs = others < sure ? others : sure;

    for (size_t i = 0; i < pairs && meeting->examples_count < RUN_EXAMPLES; i++) {
        meeting->examples[meeting->examples_count][0] = files[i];
        meeting->examples[meeting->examples_count++][1] = uids[i];
    }
    for (size_t i = 0; i < pairs; i++)
        files[i]->counted = uids[i]->counted = true;
    meeting->doubled += pairs;
    return true;
}

/* A server may have given them Message-IDs of its own: they say all but that in the same words. */
static bool
count_written(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids, size_t uid_count)
{
    size_t nf = 0, nu = 0;

    for (size_t f = 0; f < file_count; f++) {
        if (!files[f]->counted)
            files[nf++] = files[f];
    }
    for (size_t u = 0; u < uid_count; u++) {
        if (!uids[u]->counted)
            uids[nu++] = uids[u];
    }
    return nf == 0 || nu == 0 || other_id_differ(files, nf, uids, nu) || count_group(meeting, files, nf, uids, nu);
}

static bool
describe_one(struct meeting *meeting, struct half *file, const struct half *uid, char *out, size_t size)
{
    struct buffer here = buffer_new(HEADER_SHOWN + 1), there = buffer_new(HEADER_SHOWN + 1);
    struct probe probe = {
        .mailbox = meeting->index, .uid = uid->uid, .id = uid->id, .header = &there, .unlikely = true};
    bool ok =
        read_header(meeting->run, meeting->mailbox, file->id, &here) && probe_remote(meeting->run, &probe, 1, true);

    if (ok)
        differ_describe((struct text){here.at, here.len}, (struct text){there.at, there.len}, out, size);
    buffer_free(&here);
    buffer_free(&there);
    return ok;
}

static bool
describe(struct meeting *meeting)
{
    struct mailbox *mailbox = meeting->mailbox;
    bool ok;

    if (mailbox->examples == NULL)
        mailbox->examples = calloc(RUN_EXAMPLES, sizeof *mailbox->examples);
    ok = mailbox->examples != NULL || run_no_memory(meeting->run);
    for (size_t i = 0; ok && i < meeting->examples_count; i++)
        ok = describe_one(meeting, meeting->examples[i][0], meeting->examples[i][1], mailbox->examples[i],
                          sizeof mailbox->examples[i]);
    return ok;
}

bool
doubling_judge(struct meeting *meeting)
{
    struct run *run = meeting->run;
    uint64_t here, there, smaller;

    if (!journal_message_count(run->journal, meeting->mailbox->row.id, WHICH_WITH_BASE, &here, &run->err) ||
        !journal_message_count(run->journal, meeting->mailbox->row.id, WHICH_WITH_UID, &there, &run->err))
        return false;
    if (!meeting->unjudged && !meeting->anew)
        return true;
    if (!groups_walk(meeting, KEY_MESSAGE_ID, count_group) ||
        (mailbox_drafts(meeting->mailbox) == DRAFTS_NONE && !groups_walk(meeting, KEY_WRITTEN, count_written)))
        return false;
    if (!anew_note_unjudged(meeting))
        return false;
    smaller = here < there ? here : there;
    if (meeting->doubled <= DOUBLED_MIN || meeting->doubled * DOUBLED_SHARE <= smaller)
        return true;
    meeting->mailbox->doubled = meeting->doubled;
    return run->account->policy.one_way || describe(meeting); /* nobody is asked yet: doubled.c */
}
