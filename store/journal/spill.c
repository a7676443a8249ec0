/* See spill.h. */
#include "store/journal/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/text.h"

/* @return -1: none is to be had */
static int
open_nameless(void)
{
    const char *folder = getenv("TMPDIR");
    char name[512];
    int fd;

    if (folder == NULL || folder[0] != '/')
        folder = "/tmp";
    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || !text_print(name, sizeof name, "%s/golub-XXXXXX", folder)) /* not every file system has such files */
        return fd;
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(name); /* private and empty: what can't be removed is the system's to clean */
    return fd;
}

static bool
write_file(int fd, const unsigned char *from, size_t len, uint64_t at)
{
    while (len > 0) {
        const ssize_t put = pwrite(fd, from, len, (off_t)at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        from += put;
        at += (uint64_t)put;
        len -= (size_t)put;
    }
    return true;
}

/* From memory to a file. Where that fails all of it stays where it is. */
static void
move_out(struct spill *spill)
{
    spill->fd = open_nameless();
    spill->filed = spill->fd >= 0 && write_file(spill->fd, spill->bytes, (size_t)spill->size, 0);
    spill->kept = !spill->filed;
    if (spill->filed) {
        free(spill->bytes);
        spill->bytes = NULL;
        spill->room = 0;
    } else if (spill->fd >= 0) {
        (void)close(spill->fd); /* nothing of it counts */
    }
}

static bool
make_room(struct spill *spill, uint64_t wanted)
{
    unsigned char *bytes;
    size_t room;

    if (wanted <= spill->room)
        return true;
    if (wanted > SIZE_MAX / 2)
        return false;
    room = (size_t)(wanted + wanted / 2);
    bytes = realloc(spill->bytes, room);
    if (bytes == NULL)
        return false;
    memset(bytes + spill->room, 0, room - spill->room);
    spill->bytes = bytes;
    spill->room = room;
    return true;
}

bool
spill_read(const struct spill *spill, void *to, size_t len, uint64_t at)
{
    const uint64_t there = at < spill->size ? spill->size - at : 0;
    const size_t wanted = there < len ? (size_t)there : len;
    size_t have = 0;

    if (!spill->filed) {
        if (wanted != 0)
            memcpy(to, spill->bytes + at, wanted);
        have = wanted;
    }
    while (have < wanted) {
        const ssize_t got = pread(spill->fd, (unsigned char *)to + have, wanted - have, (off_t)(at + have));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    memset((unsigned char *)to + have, 0, len - have);
    return true;
}

/* The file has no more room: back into memory. What it has of the piece that failed is written again. */
static bool
move_back(struct spill *spill)
{
    struct spill back = {.size = spill->size, .kept = true};

    if (spill->size != 0 &&
        (!make_room(&back, spill->size) || !spill_read(spill, back.bytes, (size_t)spill->size, 0))) {
        spill_free(&back);
        return false;
    }
    (void)close(spill->fd);
    *spill = back;
    return true;
}

bool
spill_write(struct spill *spill, const void *from, size_t len, uint64_t at)
{
    uint64_t end;

    if (__builtin_add_overflow(at, len, &end) || end > INT64_MAX)
        return false;
    if (!spill->filed && !spill->kept && end > SPILL_KEPT)
        move_out(spill);
    if (spill->filed && !write_file(spill->fd, from, len, at) && !move_back(spill))
        return false;
    if (!spill->filed) {
        if (!make_room(spill, end))
            return false;
        memcpy(spill->bytes + at, from, len);
    }
    spill->size = end > spill->size ? end : spill->size;
    return true;
}

void
spill_cut(struct spill *spill, uint64_t size)
{
    if (size >= spill->size)
        return;
    if (spill->filed)
        (void)!ftruncate(spill->fd, (off_t)size); /* what is behind the end is not read, and is written before it is */
    else
        memset(spill->bytes + size, 0, (size_t)(spill->size - size));
    spill->size = size;
}

void
spill_free(struct spill *spill)
{
    free(spill->bytes);
    if (spill->filed)
        (void)close(spill->fd); /* it goes with that */
    *spill = (struct spill){0};
}
