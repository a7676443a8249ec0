/*
 * Names that may have come from another folder. A UID in a name is that of the folder where mbsync gave it; a mail reader that moves or copies a file
 * takes the name along, and where the folder has a row for such a UID whose own file was removed, it seems to be that one's. What gives it away: a
 * folder that lacks the file of a row with this UID, whose message there has the size of this file or is gone, too; or one that has a file of the very
 * name.
 */
#include "store/foreign/mbsync.h"
#include "sync/adopt/private.h"
#include "sync/match/join.h"

struct gathering {
    struct run *run;
    struct adopt_carried *to;
    uint32_t *nears; /* of the folder */
    size_t count, size;
    struct journal_message *message;
};

static int
compare_nears(const void *pa, const void *pb)
{
    const uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

    return (a > b) - (a < b);
}

static int
compare_missing(const void *pa, const void *pb)
{
    const struct adopt_missing *a = pa, *b = pb;

    return (a->near > b->near) - (a->near < b->near);
}

static int
compare_names(const void *pa, const void *pb)
{
    const uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

    return (a > b) - (a < b);
}

static bool
on_file(void *context, const char *base, const char *info)
{
    struct gathering *gathering = context;
    struct adopt_carried *to = gathering->to;
    const uint32_t near = mbsync_uid_of_name(base);

    (void)info;
    if (near == 0)
        return true;
    if (!array_grow(&gathering->nears, &gathering->size, gathering->count + 1, sizeof *gathering->nears) ||
        !array_grow(&to->names, &to->name_size, to->name_count + 1, sizeof *to->names))
        return run_no_memory(gathering->run);
    gathering->nears[gathering->count++] = near;
    to->names[to->name_count++] = text_hash(text_of(base)); /* two that are equal by chance cost a header */
    return true;
}

static bool
add_missing(struct gathering *gathering, int64_t mailbox, const struct foreign_row *row)
{
    struct adopt_carried *to = gathering->to;
    struct run *run = gathering->run;
    bool found = false;

    if (!array_grow(&to->missing, &to->missing_size, to->missing_count + 1, sizeof *to->missing))
        return run_no_memory(run);
    if (row->far != 0 &&
        !journal_message_by_uid(run->journal, mailbox, row->far, gathering->message, &found, &run->err))
        return false;
    to->missing[to->missing_count++] = (struct adopt_missing){row->near, found, found ? gathering->message->size : 0};
    return true;
}

/* Rows whose file is not in their folder any more, but those whose file mbsync took away itself. */
static bool
note_missing(struct gathering *gathering, const struct adopt_mailbox *from, int64_t mailbox)
{
    if (from->program != ADOPT_MBSYNC)
        return true;
    for (size_t i = 0; i < from->state.count; i++) {
        const struct foreign_row *row = &from->state.rows[i];

        if (row->near == 0 || row->marks != 0 ||
            (gathering->count != 0 &&
             bsearch(&row->near, gathering->nears, gathering->count, sizeof *gathering->nears, compare_nears) != NULL))
            continue;
        if (!add_missing(gathering, mailbox, row))
            return false;
    }
    return true;
}

static bool
gather(struct adopting *adopting, size_t i)
{
    static const struct local_scanner scanner = {.file = on_file};
    struct run *run = adopting->run;
    struct gathering gathering = {
        .run = run, .to = &adopting->carried, .message = arena_array(&adopting->arena, 1, sizeof *gathering.message)};
    struct local_stamp stamp;
    bool stable, ok; /* not stable: a name may be missed, and a header is compared that need not be */

    ok = run_has(run, &adopting->arena) && run->local.ops->scan(run->local.self, run->mailboxes[i].row.folder, &scanner,
                                                                &gathering, &stamp, &stable, &run->err);
    if (gathering.count > 1)
        qsort(gathering.nears, gathering.count, sizeof *gathering.nears, compare_nears);
    ok = ok && note_missing(&gathering, &adopting->mailboxes[i], run->mailboxes[i].row.id);
    free(gathering.nears);
    return ok;
}

/* Those that stand more than once, each once. */
static void
keep_repeated(struct adopt_carried *carried)
{
    size_t kept = 0;

    if (carried->name_count > 1)
        qsort(carried->names, carried->name_count, sizeof *carried->names, compare_names);
    for (size_t i = 1; i < carried->name_count; i++) {
        if (carried->names[i] == carried->names[i - 1] && (kept == 0 || carried->names[kept - 1] != carried->names[i]))
            carried->names[kept++] = carried->names[i];
    }
    carried->name_count = kept;
}

bool
adopt_find_carried(struct adopting *adopting)
{
    struct adopt_carried *carried = &adopting->carried;

    carried->missing_count = carried->name_count = 0; /* of an earlier line */
    for (size_t i = 0; i < adopting->count; i++) {
        const struct mailbox *mailbox = &adopting->run->mailboxes[i];

        if (mailbox->chosen && mailbox->folder_here && !gather(adopting, i))
            return false;
    }
    if (carried->missing_count > 1)
        qsort(carried->missing, carried->missing_count, sizeof *carried->missing, compare_missing);
    keep_repeated(carried);
    return true;
}

/* Of several that lack under one UID any may be it. */
static bool
is_missing_elsewhere(const struct adopt_carried *carried, uint32_t near, uint64_t size)
{
    const struct adopt_missing key = {.near = near}, *end = carried->missing + carried->missing_count, *at;

    at = carried->missing_count != 0
             ? bsearch(&key, carried->missing, carried->missing_count, sizeof key, compare_missing)
             : NULL;
    while (at != NULL && at > carried->missing && at[-1].near == near)
        at--;
    for (; at != NULL && at < end && at->near == near; at++) {
        const uint64_t differ = at->size > size ? at->size - size : size - at->size;

        if (!at->is_there || differ == 0 || differ == MEETING_COPY_LINE)
            return true;
    }
    return false;
}

bool
adopt_may_be_carried(const struct adopting *adopting, uint32_t near, const char *base, uint64_t size)
{
    const struct adopt_carried *carried = &adopting->carried;
    const uint64_t print = text_hash(text_of(base));

    return near != 0 && (is_missing_elsewhere(carried, near, size) ||
                         (carried->name_count != 0 &&
                          bsearch(&print, carried->names, carried->name_count, sizeof print, compare_names) != NULL));
}
