/*
 * See shared_id.h. Of two files with one Message-ID that differ in a line and in their bodies, one may have the header of a UID whose body is the
 * other's. Of the files only digests are in their rows, so that headers are read here once more; memory is a few bytes a file.
 */
#include "sync/match/shared_id.h"

#include "sync/match/anew.h"
#include "sync/match/read.h"

#define KEPT 16 /* bytes of a digest; should they be equal by chance a body is read that need not be */

struct named {
    unsigned char id[KEPT],
        rest[KEPT];    /* of the Message-ID (zeros: none), and of a kin header but for Received lines */
    struct half *file; /* NULL: one that has its UID already */
};

static int
compare(const void *pa, const void *pb)
{
    const struct named *a = pa, *b = pb;
    const int order = memcmp(a->id, b->id, KEPT);

    return order != 0 ? order : memcmp(a->rest, b->rest, KEPT);
}

static bool
is_due(const struct meeting *meeting, size_t settled)
{
    bool due = false;

    for (size_t u = 0; meeting->files.count + settled > 1 && !due && u < meeting->uids.count; u++)
        due = meeting->uids.at[u].telling;
    return due;
}

/*
 * Where no run has paired anything, but another program's state just has, the header of what is left says which message it is only if none of those has
 * it, too. In any other mailbox bodies tell (anew.h).
 */
static bool
list_settled(const struct meeting *meeting, int64_t **ids, size_t *count)
{
    *ids = NULL;
    *count = 0;
    return meeting->files.count == 0 || !anew_is_settled_in_part(meeting) ||
           journal_message_ids(meeting->run->journal, meeting->mailbox->row.id, WHICH_WITH_UID, ids, count,
                               &meeting->run->err);
}

/* @param file  NULL: the row has its UID; where that rests on a header alone, too, it may be another one's */
static bool
read_id(struct meeting *meeting, int64_t id, struct half *file, struct named *named, size_t *count)
{
    struct run *run = meeting->run;
    struct journal_message *message = calloc(1, sizeof *message);
    struct kinship kinship;
    bool got = false, ok = (message != NULL || run_no_memory(run)) && run_load(run, id, message);

    if (ok && (file != NULL || (message->base[0] != '\0' && (message->facts & FACT_BY_HEADER) != 0)))
        ok = read_kinship(run, meeting->mailbox, message, false, &kinship, &got);
    free(message);
    if (!ok || !got)
        return ok;
    if (kinship.kin.has_id)
        memcpy(named[*count].id, kinship.kin.id, KEPT);
    memcpy(named[*count].rest, kinship.kin.rest, KEPT);
    named[(*count)++].file = file;
    return true;
}

static bool
read_ids(struct meeting *meeting, const int64_t *settled, size_t settled_count, struct named *named, size_t *count)
{
    const bool look_here = meeting->mailbox->look_here;
    bool ok = true;

    *count = 0;
    for (size_t f = 0; ok && f < meeting->files.count; f++) {
        struct half *file = &meeting->files.at[f];

        if (!file->paired) /* else its row is perhaps another one's: it had got a new name */
            ok = read_id(meeting, file->id, file, named, count);
    }
    for (size_t i = 0; ok && i < settled_count; i++)
        ok = read_id(meeting, settled[i], NULL, named, count);
    /* What is gone by now shares nothing; it is noticed where it is needed. */
    meeting->mailbox->look_here = look_here;
    return ok;
}

static void
note(const struct named *named, bool rest)
{
    if (named->file == NULL)
        return;
    named->file->shared_id = true;
    named->file->shared_rest = named->file->shared_rest || rest;
}

bool
shared_id_judge(struct meeting *meeting)
{
    struct named *named = NULL;
    int64_t *settled;
    size_t settled_count, count = 0;
    bool ok = list_settled(meeting, &settled, &settled_count);

    if (ok && is_due(meeting, settled_count)) {
        named = calloc(meeting->files.count + settled_count, sizeof *named);
        ok = (named != NULL || run_no_memory(meeting->run)) && read_ids(meeting, settled, settled_count, named, &count);
    }
    if (ok && count > 1)
        qsort(named, count, sizeof *named, compare);
    for (size_t i = 1; ok && i < count; i++) {
        const bool rest = memcmp(named[i - 1].rest, named[i].rest, KEPT) == 0;

        if (memcmp(named[i - 1].id, named[i].id, KEPT) != 0)
            continue;
        note(&named[i - 1], rest);
        note(&named[i], rest);
    }
    free(settled);
    free(named);
    return ok;
}
