/*
 * Messages out of files, in wire form: what was stored with LF ends gets its CRs back while it streams by.
 * A file that changes while it is read is an error: messages are immutable, and half of one version with half of
 * another must never go to a server.
 */
#include "store/maildir/ops.h"

#include <errno.h>
#include <fcntl.h>

#include "store/base/limits.h"
#include "store/base/lines.h"

struct handle {
    int fd;
    struct stat opened;
    struct lines_grow grow;
    size_t at, len; /* what of the block is not passed on yet */
    bool end;
    char
        *block; /* IO_BLOCK bytes while the file is being read: a thousand may be open, one or two are read at a time */
    char spare[2]; /* a CR LF of which only the CR fitted */
    size_t spare_len;
};

static void
say_changed(struct error *err)
{
    error_set(err, ERROR_LOCAL, "read a message that another program changed meanwhile");
    error_hint(err, "Run golub again; mail programs should write a new file instead of changing one.");
}

/* A sparse file of some terabytes takes an hour to read and is no message: nobody begins with it. */
static bool
may_be_a_message(int fd, struct error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        error_sys(err, errno, "look at a message");
    else if (st.st_size > LIMIT_MESSAGE)
        error_sys(err, EFBIG, "read a message");
    else
        return true;
    return false;
}

bool
read_stopped(const struct maildir *maildir, struct error *err)
{
    if (maildir->settings.stopped == NULL || !maildir->settings.stopped(maildir->settings.stopped_context))
        return false;
    error_state(err, ERROR_INTERRUPTED, "stopped while a message was being read");
    return true;
}

struct local_print
read_print(const struct stat *st)
{
    return (struct local_print){
        .size = (uint64_t)st->st_size, .seconds = st->st_mtim.tv_sec, .nanoseconds = st->st_mtim.tv_nsec};
}

static struct local_which
which_of(const struct stat *st)
{
    return (struct local_which){
        .device = (uint64_t)st->st_dev, .inode = (uint64_t)st->st_ino, .changed = st->st_ctim.tv_sec};
}

bool
read_digests(struct maildir *maildir, int fd, bool canonical, struct digests *digests, struct error *err)
{
    char *block = malloc(3 * (size_t)IO_BLOCK), *wire;
    struct lines_grow grow = {0};
    uint64_t size = 0;
    bool done = false;
    ssize_t got;

    if (maildir->digest == NULL)
        maildir->digest = digest_new();
    if (block == NULL || maildir->digest == NULL || !digest_reset(maildir->digest, canonical)) {
        error_sys(err, ENOMEM, "compute digests of a message");
        goto out;
    }
    if (!may_be_a_message(fd, err))
        goto out;
    wire = block + IO_BLOCK;
    while ((got = io_read(fd, block, IO_BLOCK)) > 0) {
        size_t len;

        if (read_stopped(maildir, err))
            goto out;
        (void)lines_grow(&grow, block, (size_t)got, wire, 2 * (size_t)IO_BLOCK, &len); /* there is room for all of it */
        size += len;
        if (size > (uint64_t)LIMIT_MESSAGE || !digest_add(maildir->digest, wire, len)) {
            error_sys(err, size > (uint64_t)LIMIT_MESSAGE ? EFBIG : ENOMEM, "compute digests of a message");
            goto out;
        }
    }
    if (got < 0) {
        error_sys(err, errno, "read a message");
        goto out;
    }
    done = digest_finish(maildir->digest, digests);
    if (!done)
        error_sys(err, ENOMEM, "compute digests of a message");
out:
    free(block);
    return done;
}

bool
read_examine(void *local, const struct local_file *file, struct local_facts *facts, bool *missing, struct error *err)
{
    struct maildir *maildir = local;
    struct local_facts seen;
    struct stat before, after;
    struct timespec start;
    int fd = maildir_open_message(maildir, file, missing, &before, err);
    bool done;

    if (fd < 0)
        return *missing;
    clock_gettime(CLOCK_REALTIME, &start);
    done = read_digests(maildir, fd, true, &seen.digests, err); /* it may be sent, and is not read again for that */
    if (done && (fstat(fd, &after) != 0 || !io_unchanged(&before, &after))) {
        say_changed(err);
        done = false;
    }
    (void)io_close(&fd); /* only read */
    if (!done)
        return false;
    known_add(maildir, &before, start, &seen.digests);
    seen.date = before.st_mtim.tv_sec;
    seen.print = read_print(&before);
    seen.which = which_of(&before);
    *facts = seen;
    return true;
}

bool
read_reread(void *local, const struct local_file *file, struct local_facts *facts, bool *missing, bool *changed,
            struct error *err)
{
    struct maildir *maildir = local;
    struct stat before, after;
    int fd = maildir_open_message(maildir, file, missing, &before, err);
    bool done;

    *changed = false;
    if (fd < 0)
        return *missing;
    done = read_digests(maildir, fd, false, &facts->digests, err);
    if (done && (fstat(fd, &after) != 0 || !io_unchanged(&before, &after))) {
        say_changed(err);
        *changed = true;
        done = false;
    }
    (void)io_close(&fd); /* only read */
    facts->date = before.st_mtim.tv_sec;
    facts->print = read_print(&before);
    return done;
}

bool
read_look(void *local, const struct local_file *file, struct local_print *print, bool *missing, struct error *err)
{
    char name[LOCAL_BASE_MAX + LOCAL_INFO_MAX + 1];
    struct folder *folder;
    struct stat st;
    enum sub sub;
    int dir = folder_place(local, file, &folder, &sub, name, missing, err);

    if (dir < 0)
        return *missing;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        *missing = errno == ENOENT;
        if (!*missing)
            error_sys(err, errno, "look at message %s", name);
        return *missing;
    }
    if (S_ISREG(st.st_mode)) {
        *print = read_print(&st);
        return true;
    }
    error_set(err, ERROR_LOCAL, "look at message %s: not a regular file", name);
    return false;
}

bool
read_take(int fd, const struct stat *st, void **handle, const bool *missing, struct error *err)
{
    struct handle *opened = fd >= 0 ? malloc(sizeof *opened) : NULL;

    *handle = opened;
    if (fd < 0)
        return *missing;
    if (opened == NULL) {
        error_sys(err, ENOMEM, "read a message");
        (void)io_close(&fd);
        return false;
    }
    *opened = (struct handle){.fd = fd, .opened = *st};
    return true;
}

bool
read_open(void *local, const struct local_file *file, void **handle, bool *missing, struct error *err)
{
    struct stat st;

    *missing = false;
    return read_take(maildir_open_message(local, file, missing, &st, err), &st, handle, missing, err);
}

bool
read_facts(void *local, void *opaque, struct local_facts *facts, struct error *err)
{
    struct maildir *maildir = local;
    struct handle *handle = opaque;
    struct local_facts seen = {.date = handle->opened.st_mtim.tv_sec,
                               .print = read_print(&handle->opened),
                               .which = which_of(&handle->opened)};
    const struct digests *known = known_find(maildir, &handle->opened);
    struct stat after;

    if (known != NULL) { /* where it changes from here on, the end of its reading says so */
        seen.digests = *known;
        *facts = seen;
        return read_rewind(local, handle, err);
    }
    if (!read_rewind(local, handle, err) || !read_digests(maildir, handle->fd, true, &seen.digests, err))
        return false;
    if (fstat(handle->fd, &after) != 0 || !io_unchanged(&handle->opened, &after)) {
        say_changed(err);
        return false;
    }
    if (!read_rewind(local, handle, err))
        return false;
    *facts = seen;
    return true;
}

static bool
fill_block(struct handle *handle, struct error *err)
{
    struct stat now;
    ssize_t got;

    if (handle->block == NULL && (handle->block = malloc(IO_BLOCK)) == NULL) {
        error_sys(err, ENOMEM, "read a message");
        return false;
    }
    got = io_read(handle->fd, handle->block, IO_BLOCK);
    if (got < 0) {
        error_sys(err, errno, "read a message");
        return false;
    }
    handle->at = 0;
    handle->len = (size_t)got;
    handle->end = got == 0;
    if (!handle->end)
        return true;
    free(handle->block);
    handle->block = NULL;
    if (fstat(handle->fd, &now) != 0 || !io_unchanged(&handle->opened, &now)) {
        say_changed(err);
        return false;
    }
    return true;
}

/* The next line end where only one byte of room is left: its CR now, its LF with the next call. */
static size_t
pass_one(struct handle *handle, char *to)
{
    size_t len;

    handle->at += lines_grow(&handle->grow, handle->block + handle->at, 1, handle->spare, 2, &len);
    to[0] = handle->spare[0];
    handle->spare[0] = handle->spare[1];
    handle->spare_len = len - 1;
    return 1;
}

bool
read_some(void *local, void *opaque, void *to, size_t size, size_t *got, struct error *err)
{
    struct handle *handle = opaque;
    char *out = to;
    size_t put = 0, len;

    (void)local;
    if (size > 0 && handle->spare_len > 0) {
        out[put++] = handle->spare[0];
        handle->spare_len = 0;
    }
    while (put < size && !handle->end) {
        if (handle->at == handle->len) {
            if (!fill_block(handle, err))
                return false;
            continue;
        }
        handle->at += lines_grow(&handle->grow, handle->block + handle->at, handle->len - handle->at, out + put,
                                 size - put, &len);
        put += len;
        if (put + 1 == size && handle->at < handle->len)
            put += pass_one(handle, out + put);
    }
    *got = put;
    return true;
}

bool
read_rewind(void *local, void *opaque, struct error *err)
{
    struct handle *handle = opaque;

    (void)local;
    if (lseek(handle->fd, 0, SEEK_SET) < 0) {
        error_sys(err, errno, "read a message again");
        return false;
    }
    free(handle->block); /* one that is rewound may wait among thousands */
    handle->block = NULL;
    handle->grow = (struct lines_grow){0};
    handle->at = handle->len = handle->spare_len = 0;
    handle->end = false;
    return true;
}

void
read_close(void *local, void *opaque)
{
    struct handle *handle = opaque;

    (void)local;
    if (handle == NULL)
        return;
    (void)io_close(&handle->fd); /* only read */
    free(handle->block);
    free(handle);
}
