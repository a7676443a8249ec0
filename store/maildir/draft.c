/*
 * A message on its way into a folder: wire-form bytes go in, a file in tmp/ comes out.
 *
 * It is written with LF ends as long as that can be undone. On the first byte that can't, the file's line ends are put
 * back and the rest is stored as it comes. That happens in place, from the end of the file to its start: the written
 * part is always longer than the read part, so it never overtakes it, and one block of memory does for any size.
 *
 * The digests are those of the bytes that reading the file gives back. That is what was written, but for a message
 * with a bare LF, which no mail may hold and which is given back as CR LF.
 */
#include "store/maildir/ops.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>

#include "store/base/limits.h"

#define PIECES_BETWEEN 1024 /* some 20 MB, between two looks for a signal: what is in flight ends */

/* ---- memory: digests are dear to set up, blocks are large, and a whole batch of finished drafts needs neither ---- */

static struct local_draft *
take_spare(struct maildir *maildir)
{
    struct local_draft *draft = maildir->spare;

    if (draft != NULL)
        maildir->spare = draft->next;
    else
        draft = malloc(sizeof *draft);
    if (draft == NULL)
        return NULL;
    *draft = (struct local_draft){.fd = -1, .digest = maildir->spare_digest, .block = maildir->spare_block};
    maildir->spare_digest = NULL;
    maildir->spare_block = NULL;
    if (draft->digest == NULL && !maildir->settings.undigested)
        draft->digest = digest_new();
    if (draft->block == NULL)
        draft->block = malloc(IO_BLOCK);
    return draft;
}

/* What only a draft that is being written needs. */
static void
give_tools_back(struct maildir *maildir, struct local_draft *draft)
{
    if (maildir->spare_digest == NULL)
        maildir->spare_digest = draft->digest;
    else
        digest_free(draft->digest);
    if (maildir->spare_block == NULL)
        maildir->spare_block = draft->block;
    else
        free(draft->block);
    draft->digest = NULL;
    draft->block = NULL;
}

static void
give_back(struct maildir *maildir, struct local_draft *draft)
{
    give_tools_back(maildir, draft);
    draft->next = maildir->spare;
    maildir->spare = draft;
}

void
draft_free_spare(struct maildir *maildir)
{
    while (maildir->spare != NULL) {
        struct local_draft *draft = maildir->spare;

        maildir->spare = draft->next;
        free(draft);
    }
    digest_free(maildir->spare_digest);
    free(maildir->spare_block);
    maildir->spare_digest = NULL;
    maildir->spare_block = NULL;
}

/* ---- tmp/ ---- */

struct sweep {
    const struct maildir *maildir;
    int dir;
    bool young;
};

static bool
sweep_name(void *context, const char *name, unsigned char type)
{
    struct sweep *sweep = context;
    bool young;

    (void)type;
    if (maildir_is_leftover(sweep->maildir, sweep->dir, name, &young))
        (void)unlinkat(sweep->dir, name, 0); /* what can't be removed stays another day */
    sweep->young = sweep->young || young;
    return true;
}

/* What an interrupted run left in tmp/ is fetched again under a new name: remove it, once a run. */
static void
sweep_leftovers(const struct maildir *maildir, struct folder *folder, int tmp)
{
    struct sweep sweep = {maildir, tmp, false};
    bool stopped;

    if (folder->swept)
        return;
    /* Tidying up is no reason to fail: what could not be listed is looked at with the next draft. */
    folder->swept = list_directory(tmp, sweep_name, &sweep, &stopped);
    folder->young = sweep.young;
}

bool
draft_sweep(void *local, const char *path)
{
    struct maildir *maildir = local;
    struct error ignored;
    struct folder *folder = folder_get(maildir, path, &ignored);
    bool gone;
    int tmp = folder == NULL ? -1 : folder_sub(maildir, folder, SUB_TMP, &gone, &ignored);

    if (tmp < 0)
        return true;
    sweep_leftovers(maildir, folder, tmp);
    return folder->swept && !folder->young;
}

bool
draft_begin(void *local, const char *path, struct local_draft **out, struct error *err)
{
    struct maildir *maildir = local;
    struct folder *folder = folder_get(maildir, path, err);
    bool gone;
    int tmp = folder == NULL ? -1 : folder_tmp(maildir, folder, &gone, err);
    struct local_draft *draft;

    if (tmp < 0)
        return false;
    sweep_leftovers(maildir, folder, tmp);
    draft = take_spare(maildir);
    if (draft == NULL || draft->block == NULL ||
        (!maildir->settings.undigested && (draft->digest == NULL || !digest_reset(draft->digest, false)))) {
        error_sys(err, ENOMEM, "write a message to tmp/ of folder \"%s\"", path);
        goto failed;
    }
    draft->dev = folder->sub[SUB_TMP].dev;
    draft->sync_age = maildir->sync_age;
    draft->fd = maildir_make_temporary(maildir, tmp, draft->name, sizeof draft->name);
    if (draft->fd < 0 && folder_make_room(maildir))
        draft->fd = maildir_make_temporary(maildir, tmp, draft->name, sizeof draft->name);
    if (draft->fd < 0 && errno == ENOENT && (tmp = folder_sub(maildir, folder, SUB_TMP, &gone, err)) >= 0)
        draft->fd = maildir_make_temporary(maildir, tmp, draft->name, sizeof draft->name);
    if (draft->fd < 0) {
        error_sys(err, errno, "write a message to tmp/ of folder \"%s\"", path);
        goto failed;
    }
    draft->folder = folder;
    folder->drafts++;
    *out = draft;
    return true;
failed:
    if (draft != NULL)
        give_back(maildir, draft);
    return false;
}

void
draft_drop(void *local, struct local_draft *draft)
{
    struct maildir *maildir = local;
    struct error ignored;
    bool gone;
    int tmp;

    if (draft == NULL)
        return;
    tmp = draft->name[0] == '\0' ? -1 : folder_sub(maildir, draft->folder, SUB_TMP, &gone, &ignored);
    if (tmp >= 0)
        (void)unlinkat(tmp, draft->name, 0); /* if it stays, a later run sweeps it */
    (void)io_close(&draft->fd);              /* what is dropped need not reach the disk */
    draft->folder->drafts--;
    give_back(maildir, draft);
}

/* ---- bytes ---- */

static bool
flush_block(struct local_draft *draft, struct error *err)
{
    if (!io_write_at(draft->fd, draft->block, draft->fill, draft->size)) {
        error_sys(err, errno, "write %zu bytes of a message to tmp/ of folder \"%s\"", draft->fill,
                  draft->folder->path);
        return false;
    }
    draft->size += draft->fill;
    draft->fill = 0;
    return true;
}

static bool
restore_failed(const struct local_draft *draft, int number, struct error *err)
{
    error_sys(err, number, "put line ends back in tmp/ of folder \"%s\"", draft->folder->path);
    return false;
}

/* Back to front: LF becomes CR LF until as many were put back as had been taken out. */
static bool
restore_ends(const struct maildir *maildir, const struct local_draft *draft, struct error *err)
{
    const size_t piece = IO_BLOCK / 3;
    char *in = draft->block, *out = draft->block + piece;
    uint64_t from = draft->size, to = draft->size + draft->shrink.ends;
    unsigned pieces = 0;

    while (from > 0 && to > from) {
        struct lines_grow grow = {0}; /* no CR is in a shrunk file */
        size_t len = from < piece ? (size_t)from : piece, grown;

        if (++pieces % PIECES_BETWEEN == 0 && read_stopped(maildir, err))
            return false;
        from -= len;
        if (!io_read_at(draft->fd, in, len, from))
            return restore_failed(draft, errno, err);
        (void)lines_grow(&grow, in, len, out, 2 * piece, &grown); /* there is room for all of it */
        if (grown > to - from)
            return restore_failed(draft, EIO, err); /* not what we wrote: somebody changed it */
        to -= grown;
        if (!io_write_at(draft->fd, out, grown, to))
            return restore_failed(draft, errno, err);
    }
    return to == from || restore_failed(draft, EIO, err);
}

static bool
turn_raw(const struct maildir *maildir, struct local_draft *draft, struct error *err)
{
    if (!flush_block(draft, err) || !restore_ends(maildir, draft, err))
        return false;
    draft->size += draft->shrink.ends;
    draft->raw = true;
    draft->grow.cr = draft->shrink.cr;
    if (draft->shrink.cr)
        draft->block[draft->fill++] = '\r';
    return true;
}

/* Bytes that reading the file will give back. */
static bool
add_wire(struct local_draft *draft, const char *bytes, size_t len)
{
    draft->wire += len;
    return draft->digest == NULL || digest_add(draft->digest, bytes, len);
}

static bool
add_raw(struct local_draft *draft, const char *bytes, size_t len)
{
    char wire[4096];

    while (len > 0) {
        size_t grown, taken = lines_grow(&draft->grow, bytes, len, wire, sizeof wire, &grown);

        if (!add_wire(draft, wire, grown))
            return false;
        bytes += taken;
        len -= taken;
    }
    return true;
}

/* As much as fits into the block. @return bytes taken; 0 with *odd: the next one can't be shrunk */
static size_t
take_some(struct local_draft *draft, const char *bytes, size_t len, bool *odd, bool *digested)
{
    size_t room = IO_BLOCK - draft->fill, put;

    *odd = false;
    if (len > room)
        len = room;
    if (draft->raw) {
        memcpy(draft->block + draft->fill, bytes, len);
        draft->fill += len;
        *digested = add_raw(draft, bytes, len);
        return len;
    }
    room = lines_shrink(&draft->shrink, bytes, len, draft->block + draft->fill, &put);
    draft->fill += put;
    *odd = room < len;
    *digested = add_wire(draft, bytes, room);
    return room;
}

bool
draft_write(void *local, struct local_draft *draft, const void *bytes, size_t len, struct error *err)
{
    const char *next = bytes;

    assert(draft->block != NULL);
    while (len > 0) {
        bool odd, digested;
        size_t taken = take_some(draft, next, len, &odd, &digested);

        next += taken;
        len -= taken;
        if (!digested || draft->size + draft->fill > (uint64_t)LIMIT_MESSAGE) {
            error_sys(err, digested ? EFBIG : ENOMEM, "take in a message for folder \"%s\"", draft->folder->path);
            return false;
        }
        if (odd ? !turn_raw(local, draft, err) : draft->fill == IO_BLOCK && !flush_block(draft, err))
            return false;
    }
    return true;
}

bool
draft_finish(void *local, struct local_draft *draft, struct digests *digests, struct error *err)
{
    struct maildir *maildir = local;

    assert(draft->block != NULL);
    /* A CR as the very last byte is no line end: the message can't be written with LF ends. */
    if (!draft->raw && draft->shrink.cr && !turn_raw(maildir, draft, err))
        return false;
    if (!flush_block(draft, err))
        return false;
    *digests = (struct digests){.size = draft->wire};
    if (draft->digest != NULL && !digest_finish(draft->digest, digests)) {
        error_sys(err, ENOMEM, "compute digests of a message");
        return false;
    }
    give_tools_back(maildir, draft);
    return true;
}
