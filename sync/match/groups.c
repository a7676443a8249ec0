/* See groups.h. */
#include "sync/match/groups.h"

static const unsigned char *
key_of(const struct half *half, enum key key)
{
    switch (key) {
    case KEY_HEADER:
        return half->header;
    case KEY_WIRE:
        return half->wire;
    case KEY_CANONICAL:
        return half->canonical;
    case KEY_KIN:
        return half->kinship->kin.rest;
    case KEY_WRITTEN:
        return half->kinship->written;
    case KEY_MESSAGE_ID:
        break;
    }
    return half->kinship->kin.id;
}

static int
compare_by(const void *pa, const void *pb, void *context)
{
    const struct half *a = *(struct half *const *)pa, *b = *(struct half *const *)pb;
    int digest = memcmp(key_of(a, *(enum key *)context), key_of(b, *(enum key *)context), DIGEST_SIZE);

    if (digest != 0)
        return digest;
    if (a->uid != b->uid)
        return a->uid < b->uid ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return a->id == b->id ? 0 : a->id < b->id ? -1 : 1;
}

static bool
may_take_part(const struct half *half, enum key key, bool is_file)
{
    if (half->paired)
        return false;
    if (key == KEY_KIN || key == KEY_MESSAGE_ID)
        return half->kinship != NULL && (key == KEY_KIN || (half->kinship->kin.has_id && !half->placeholder));
    if (key == KEY_WRITTEN)
        return half->kinship != NULL && half->kinship->has_written && !half->placeholder;
    if (key == KEY_CANONICAL)
        return half->has_canonical && (is_file ? half->intent : half->got_body);
    if (is_file)
        return true;
    return key == KEY_HEADER ? half->wanted && half->has_header : half->got_body;
}

static size_t
sort_by(struct halves *halves, enum key key, bool is_file, struct half **out)
{
    size_t n = 0;

    for (size_t i = 0; i < halves->count; i++) {
        if (may_take_part(&halves->at[i], key, is_file))
            out[n++] = &halves->at[i];
    }
    if (n > 1)
        qsort_r(out, n, sizeof *out, compare_by, &key);
    return n;
}

bool
groups_walk(struct meeting *meeting, enum key key, group_fn *group)
{
    struct half **files = calloc(meeting->files.count + 1, sizeof(struct half *));
    struct half **uids = calloc(meeting->uids.count + 1, sizeof(struct half *));
    bool ok = (files != NULL && uids != NULL) || run_no_memory(meeting->run);
    size_t nf = ok ? sort_by(&meeting->files, key, true, files) : 0,
           nu = ok ? sort_by(&meeting->uids, key, false, uids) : 0;

    for (size_t f = 0, u = 0; ok && f < nf && u < nu;) {
        int order = memcmp(key_of(files[f], key), key_of(uids[u], key), DIGEST_SIZE);
        size_t f_end = f, u_end = u;

        if (order != 0) {
            f += order < 0;
            u += order > 0;
            continue;
        }
        while (f_end < nf && memcmp(key_of(files[f_end], key), key_of(files[f], key), DIGEST_SIZE) == 0)
            f_end++;
        while (u_end < nu && memcmp(key_of(uids[u_end], key), key_of(uids[u], key), DIGEST_SIZE) == 0)
            u_end++;
        ok = group(meeting, files + f, f_end - f, uids + u, u_end - u);
        f = f_end;
        u = u_end;
    }
    free(files);
    free(uids);
    return ok;
}
