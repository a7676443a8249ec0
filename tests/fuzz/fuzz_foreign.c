/*
 * Files that other programs left: no bytes of them break memory, and what is believed keeps the promises of store/foreign/.
 *
 *     byte 0   0 mbsync's state  1 OfflineIMAP's  2 a list of UIDLs  3 names and validities
 */
#include <assert.h>

#include "store/foreign/mbsync.h"
#include "store/foreign/offlineimap.h"
#include "store/foreign/uidls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_state(struct foreign_state *state)
{
    for (size_t i = 0; i < state->count; i++) {
        assert(state->rows[i].far != 0 || state->rows[i].near != 0);
        assert(state->rows[i].far <= state->max_far && state->rows[i].near <= state->max_near);
        for (size_t k = 0; i < 50 && k < i; k++) {
            assert(state->rows[i].far == 0 || state->rows[i].far != state->rows[k].far);
            assert(state->rows[i].near == 0 || state->rows[i].near != state->rows[k].near);
        }
    }
    foreign_state_free(state);
}

static void
read_uidls(struct text bytes)
{
    for (int kind = UIDLS_UNKNOWN; kind <= UIDLS_FETCHMAIL; kind++) {
        struct uidls lists = {0};
        struct error err = {0};
        size_t count = 0;

        if (!uidls_read(bytes, (enum uidls_kind)kind, &lists, &err)) {
            assert(err.kind != ERROR_NONE);
            continue;
        }
        for (size_t i = 0; i < lists.owner_count; i++)
            count += lists.owners[i].count;
        assert(count == lists.count && lists.kind != UIDLS_UNKNOWN);
        for (size_t i = 0; i < lists.count; i++)
            assert(lists.entries[i].owner < lists.owner_count && lists.entries[i].uidl.len != 0 &&
                   lists.entries[i].uidl.at >= bytes.at &&
                   lists.entries[i].uidl.at + lists.entries[i].uidl.len <= bytes.at + bytes.len);
        uidls_free(&lists);
    }
}

static void
read_names(struct text bytes)
{
    char name[512], box[256], digest[OFFLINEIMAP_DIGEST + 1];
    struct error err = {0};
    uint32_t uid, validity = 1, max;

    assert(!mbsync_read_validity(bytes, &validity, &max, &err) || validity != 0);
    validity = 1;
    assert(!offlineimap_read_validity(bytes, &validity, &err) || validity != 0);
    if (!text_copy(bytes, name, sizeof name))
        return;
    (void)mbsync_uid_of_name(name);
    (void)mbsync_names_box(name, "INBOX");
    (void)mbsync_names_box(":far:a_:near:a", name);
    (void)uidls_getmail_is_of(name, "pop.example.org", "ana/b");
    (void)uidls_getmail_is_of("oldmail-h-110-u", name, "u");
    if (offlineimap_box(name, '.', box, sizeof box))
        assert(strchr(box, '/') == NULL);
    if (offlineimap_digest("INBOX", digest))
        (void)offlineimap_parse_name(name, digest, &uid);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct foreign_state state = {0};
    struct error err = {0};
    struct text bytes;
    char *copy;

    if (size == 0)
        return 0;
    copy = malloc(size); /* so that a tool sees where it ends */
    if (copy == NULL)
        return 0;
    memcpy(copy, data + 1, size - 1);
    bytes = (struct text){copy, size - 1};
    switch (data[0] & 3) {
    case 0:
        if (mbsync_read_state(bytes, &state, &err)) {
            assert(state.far_validity != 0 && state.near_validity != 0);
            check_state(&state);
        }
        break;
    case 1:
        if (offlineimap_read_state(bytes, &state, &err))
            check_state(&state);
        break;
    case 2:
        read_uidls(bytes);
        break;
    default:
        read_names(bytes);
    }
    free(copy);
    return 0;
}
