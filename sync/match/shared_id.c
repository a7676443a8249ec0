/*
 * See shared_id.h. Of two files with one Message-ID that differ in a line and in their bodies, one may have the header of a UID whose body is the
 * other's. Of the files only digests are in their rows, so that headers are read here once more; memory is a few bytes a file.
 */
#include "sync/match/shared_id.h"

#include "sync/match/read.h"

#define KEPT 16 /* bytes of a digest; should they be equal by chance a body is read that need not be */

struct named {
    unsigned char id[KEPT],
        rest[KEPT]; /* of the Message-ID (zeros: none), and of a kin header but for Received lines */
    struct half *file;
};

static int
compare(const void *pa, const void *pb)
{
    const struct named *a = pa, *b = pb;
    const int order = memcmp(a->id, b->id, KEPT);

    return order != 0 ? order : memcmp(a->rest, b->rest, KEPT);
}

static bool
is_due(const struct meeting *meeting)
{
    bool due = false;

    for (size_t u = 0; meeting->files.count > 1 && !due && u < meeting->uids.count; u++)
        due = meeting->uids.at[u].telling;
    return due;
}

static bool
read_ids(struct meeting *meeting, struct named *named, size_t *count)
{
    struct run *run = meeting->run;
    struct journal_message *message = calloc(1, sizeof *message);
    const bool look_here = meeting->mailbox->look_here;
    bool ok = message != NULL || run_no_memory(run);

    *count = 0;
    for (size_t f = 0; ok && f < meeting->files.count; f++) {
        struct half *file = &meeting->files.at[f];
        struct kinship kinship;
        bool got = false;

        if (file->paired) /* and its row perhaps another one's: it had got a new name */
            continue;
        ok = run_load(run, file->id, message) && read_kinship(run, meeting->mailbox, message, false, &kinship, &got);
        if (!ok || !got)
            continue;
        if (kinship.kin.has_id)
            memcpy(named[*count].id, kinship.kin.id, KEPT);
        memcpy(named[*count].rest, kinship.kin.rest, KEPT);
        named[(*count)++].file = file;
    }
    /* What is gone by now shares nothing; it is noticed where it is needed. */
    meeting->mailbox->look_here = look_here;
    free(message);
    return ok;
}

bool
shared_id_judge(struct meeting *meeting)
{
    struct named *named;
    size_t count;
    bool ok;

    if (!is_due(meeting))
        return true;
    named = calloc(meeting->files.count, sizeof *named);
    ok = (named != NULL || run_no_memory(meeting->run)) && read_ids(meeting, named, &count);
    if (ok && count > 1)
        qsort(named, count, sizeof *named, compare);
    for (size_t i = 1; ok && i < count; i++) {
        if (memcmp(named[i - 1].id, named[i].id, KEPT) != 0)
            continue;
        named[i - 1].file->shared_id = named[i].file->shared_id = true;
        if (memcmp(named[i - 1].rest, named[i].rest, KEPT) == 0)
            named[i - 1].file->shared_rest = named[i].file->shared_rest = true;
    }
    free(named);
    return ok;
}
