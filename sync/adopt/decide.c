/* See decide.h. */
#include "sync/adopt/decide.h"

static int
compare_files(const void *pa, const void *pb)
{
    const struct decide_file *a = pa, *b = pb;

    return (a->near > b->near) - (a->near < b->near);
}

static int
compare_uids(const void *pa, const void *pb)
{
    const struct decide_uid *a = pa, *b = pb;

    return (a->uid > b->uid) - (a->uid < b->uid);
}

static int
compare_far(const void *pa, const void *pb)
{
    const uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

    return (a > b) - (a < b);
}

/* *many: several files carry this UID, so that none of them is it for certain: a mail reader copied the name. */
static const struct decide_file *
find_file(const struct decide_input *input, uint32_t near, bool *many)
{
    const struct decide_file key = {.near = near}, *found;

    *many = false;
    found = near == 0 || input->file_count == 0
                ? NULL
                : bsearch(&key, input->files, input->file_count, sizeof key, compare_files);
    if (found == NULL)
        return NULL;
    *many = (found > input->files && found[-1].near == near) ||
            (found + 1 < input->files + input->file_count && found[1].near == near);
    return found;
}

static const struct decide_uid *
find_uid(const struct decide_input *input, uint32_t uid)
{
    const struct decide_uid key = {.uid = uid};

    return uid == 0 || input->uid_count == 0 ? NULL
                                             : bsearch(&key, input->uids, input->uid_count, sizeof key, compare_uids);
}

static bool
add(struct decided *decided, const struct decision *decision)
{
    if (!array_grow(&decided->at, &decided->size, decided->count + 1, sizeof *decided->at))
        return false;
    decided->at[decided->count++] = *decision;
    return true;
}

static bool
set_apart(struct decided *decided, const struct decide_file *file, const struct decide_uid *uid, enum decide_why why)
{
    struct decision decision = {.what = DECIDE_APART, .why = why};

    if (file != NULL) {
        decision.file = file->id;
        if (!add(decided, &decision))
            return false;
    }
    decision.file = 0;
    decision.uid = uid != NULL ? uid->id : 0;
    decision.far = uid != NULL ? uid->uid : 0;
    return uid == NULL || add(decided, &decision);
}

/* Is what lacks on one side no removal? A row that was let go and has both sides all the same is a pair like any other. */
static bool
is_apart(const struct foreign_row *row, bool both, enum decide_why *why)
{
    *why = (row->marks & FOREIGN_FAR_STANDS) != 0    ? DECIDE_FAR_STANDS
           : (row->marks & FOREIGN_NEAR_STANDS) != 0 ? DECIDE_NEAR_STANDS
           : (row->marks & FOREIGN_LET_GO) != 0      ? DECIDE_LET_GO
                                                     : DECIDE_SKIPPED;
    if ((row->marks & (FOREIGN_FAR_STANDS | FOREIGN_NEAR_STANDS | FOREIGN_SKIPPED)) != 0 || row->far == 0 ||
        row->near == 0)
        return true;
    return (row->marks & FOREIGN_LET_GO) != 0 && !both;
}

static bool
decide_row(const struct decide_input *input, const struct foreign_row *row, struct decided *decided)
{
    bool many, apart;
    const struct decide_file *file = find_file(input, row->near, &many);
    const struct decide_uid *uid = find_uid(input, row->far);
    struct decision decision = {.far = row->far, .flags = row->flags};
    enum decide_why why;

    if (many || (input->drafts && file != NULL && uid != NULL && row->marks == 0)) {
        decided->unproven++;
        return true;
    }
    apart = is_apart(row, file != NULL && uid != NULL, &why);
    /* Is nothing left that could tell whether it is this row's? */
    if (file != NULL && file->carried && (apart || uid == NULL)) {
        decided->unproven++;
        file = NULL;
    }
    if (apart)
        return set_apart(decided, file, uid, why);
    if (file == NULL && uid == NULL) /* gone on both sides */
        return true;
    decision.file = file != NULL ? file->id : 0;
    decision.uid = uid != NULL ? uid->id : 0;
    decision.what = file == NULL ? DECIDE_GONE_HERE : uid == NULL ? DECIDE_GONE_THERE : DECIDE_PAIR;
    if (decision.what == DECIDE_PAIR) {
        const uint64_t differ = file->size > uid->size ? file->size - uid->size : uid->size - file->size;

        decision.longer = file->size > uid->size ? (int64_t)differ : -(int64_t)differ;
        if ((differ != 0 && differ != input->added) || file->carried)
            decision.what = DECIDE_PROBE;
    }
    return add(decided, &decision);
}

static int
compare_rows(const void *pa, const void *pb)
{
    return compare_far(&((const struct foreign_row *)pa)->far, &((const struct foreign_row *)pb)->far);
}

/* UIDs that the program has seen and of which it knows nothing any more. */
static bool
decide_rest(const struct decide_input *input, struct decided *decided)
{
    const struct foreign_state *state = input->state;

    for (size_t i = 0; i < input->uid_count; i++) {
        const struct foreign_row key = {.far = input->uids[i].uid};

        if (key.far > state->max_pulled ||
            (state->count != 0 && bsearch(&key, state->rows, state->count, sizeof key, compare_rows) != NULL))
            continue;
        if (!set_apart(decided, NULL, &input->uids[i], DECIDE_LET_GO))
            return false;
    }
    return true;
}

bool
decide(struct decide_input *input, struct decided *decided)
{
    const struct foreign_state *state = input->state;

    *decided = (struct decided){0};
    if (input->file_count > 1)
        qsort(input->files, input->file_count, sizeof *input->files, compare_files);
    if (input->uid_count > 1)
        qsort(input->uids, input->uid_count, sizeof *input->uids, compare_uids);
    if (state->count > 1)
        qsort(state->rows, state->count, sizeof *state->rows, compare_rows);
    for (size_t i = 0; i < state->count; i++) {
        if (!decide_row(input, &state->rows[i], decided))
            return false;
    }
    return decide_rest(input, decided);
}

/* ---- what is missing later ---- */

static int
compare_near(const void *pa, const void *pb)
{
    return compare_far(&((const struct foreign_row *)pa)->near, &((const struct foreign_row *)pb)->near);
}

static struct foreign_row *
copy_rows(const struct foreign_state *state, struct arena *arena, int (*compare)(const void *, const void *))
{
    struct foreign_row *rows = arena_array(arena, state->count, sizeof *rows);

    if (arena->failed || state->count == 0)
        return rows;
    memcpy(rows, state->rows, state->count * sizeof *rows);
    qsort(rows, state->count, sizeof *rows, compare);
    return rows;
}

bool
decide_rows(const struct foreign_state *state, struct arena *arena, struct decide_rows *rows)
{
    *rows = (struct decide_rows){.state = state,
                                 .by_far = copy_rows(state, arena, compare_rows),
                                 .by_near = copy_rows(state, arena, compare_near),
                                 .lets_go = state->max_expired != 0 || state->max_expired_near != 0};
    for (size_t i = 0; i < state->count; i++)
        rows->lets_go = rows->lets_go || (state->rows[i].marks & FOREIGN_LET_GO) != 0;
    return !arena->failed;
}

static const struct foreign_row *
find_row(const struct decide_rows *rows, uint32_t far, uint32_t near)
{
    const struct foreign_row key = {.far = far, .near = near};

    if (rows->state->count == 0 || (far == 0 && near == 0))
        return NULL;
    return far != 0 ? bsearch(&key, rows->by_far, rows->state->count, sizeof key, compare_rows)
                    : bsearch(&key, rows->by_near, rows->state->count, sizeof key, compare_near);
}

enum decide_gone
decide_gone(const struct decide_rows *rows, uint32_t far, uint32_t near, bool again)
{
    const struct foreign_row *row = find_row(rows, 0, near);

    if (!rows->lets_go)
        return DECIDE_REMOVED;
    if (row == NULL) {
        row = find_row(rows, far, 0);
        if (near == 0 && (row == NULL || (row->marks & FOREIGN_LET_GO) == 0))
            return DECIDE_UNSURE;
    } else if ((row->marks & FOREIGN_LET_GO) == 0 && !again && row->far != far) {
        /* The name was given elsewhere, or this is the other one of two equal messages: was what it is paired with let go? */
        row = find_row(rows, far, 0);
        if (row != NULL && (row->marks & FOREIGN_LET_GO) != 0)
            return DECIDE_UNSURE;
    }
    if (row != NULL)
        return (row->marks & FOREIGN_LET_GO) != 0 ? DECIDE_TAKEN : DECIDE_REMOVED;
    return far <= rows->state->max_expired ? DECIDE_TAKEN : DECIDE_UNSURE;
}
