/* See state.h. */
#include "store/foreign/state.h"

#include <inttypes.h>
#include <stdarg.h>

void
foreign_state_free(struct foreign_state *state)
{
    if (state == NULL)
        return;
    free(state->rows);
    *state = (struct foreign_state){0};
}

bool
foreign_refuse(struct error *err, const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* cut where it is too long: people read it */
    va_end(arguments);
    error_set(err, ERROR_LOCAL, "read what another program left");
    error_answer(err, text_of(text));
    return false;
}

bool
foreign_state_add(struct foreign_state *state, const struct foreign_row *row, struct error *err)
{
    if (row->far == 0 && row->near == 0) /* on neither side: nothing is known of it */
        return true;
    if (!array_grow(&state->rows, &state->size, state->count + 1, sizeof *state->rows)) {
        error_set(err, ERROR_LOCAL, "get memory");
        return false;
    }
    state->rows[state->count++] = *row;
    if (row->far > state->max_far)
        state->max_far = row->far;
    if (row->near > state->max_near)
        state->max_near = row->near;
    return true;
}

static int
compare_uids(const void *pa, const void *pb)
{
    const uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

    return (a > b) - (a < b);
}

/* A UID that stands twice on one side says that the file was put together wrongly: none of it is believed. */
static bool
check_unique(const struct foreign_state *state, bool far, uint32_t *uids, struct error *err)
{
    size_t count = 0;

    for (size_t i = 0; i < state->count; i++) {
        const uint32_t uid = far ? state->rows[i].far : state->rows[i].near;

        if (uid != 0)
            uids[count++] = uid;
    }
    if (count > 1)
        qsort(uids, count, sizeof *uids, compare_uids);
    for (size_t i = 1; i < count; i++) {
        if (uids[i] == uids[i - 1])
            return foreign_refuse(err, "it names UID %" PRIu32 " %s twice", uids[i], far ? "there" : "here");
    }
    return true;
}

bool
foreign_state_finish(struct foreign_state *state, struct error *err)
{
    uint32_t *uids = calloc(state->count + 1, sizeof *uids);
    bool ok = uids != NULL;

    if (!ok)
        error_set(err, ERROR_LOCAL, "get memory");
    if (state->max_pulled > state->max_far)
        state->max_far = state->max_pulled;
    ok = ok && check_unique(state, true, uids, err) && check_unique(state, false, uids, err);
    free(uids);
    return ok;
}
