/* See room.h. */
#include "sync/apply/room.h"

#include <errno.h>
#include <inttypes.h>

#define MIB (1024.0 * 1024.0)
#define ROOM_BATCHES ROOM_MOST            /* batches: one is being written, one is being flushed */
#define ROOM_RESERVE (UINT64_C(64) << 20) /* reserve: left to others, and to the journal if it is on the same disk */
#define ROOM_LEAST (UINT64_C(1) << 20)    /* the least reserve, however little is to come */
#define ROOM_MESSAGE 4096                 /* a file takes whole blocks, and a name */
#define ROOM_LOOK (UINT64_C(1) << 20)     /* so much may come before the disk is looked at again */

#define ENOUGH (ROOM_BATCHES + 4 * ROOM_RESERVE) /* more than that asks for no more room */

struct need {
    uint64_t batches, reserve;
};

/* Bytes that are still to come, as far as it matters how many they are. */
uint64_t
room_count(struct todo *const *todos, size_t count)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < count && bytes < ENOUGH; i++)
        bytes += todos[i]->size < ROOM_MOST ? todos[i]->size : ROOM_MOST;
    return bytes;
}

/*
 * Room for two batches and a reserve, before a body is asked for. Where less is to come, less is enough: all of it, and a quarter of
 * that as a reserve. What others write meanwhile, or a server that counts sizes wrongly, still ends in an error of writing.
 */
static struct need
needed(uint64_t messages, uint64_t bytes)
{
    if (bytes < ENOUGH)
        bytes += (messages < ENOUGH / ROOM_MESSAGE ? messages : ENOUGH / ROOM_MESSAGE) * ROOM_MESSAGE;
    return (struct need){.batches = bytes < ROOM_BATCHES ? bytes : ROOM_BATCHES,
                         .reserve = bytes / 4 + ROOM_LEAST < ROOM_RESERVE ? bytes / 4 + ROOM_LEAST : ROOM_RESERVE};
}

/* Behind what can't be done. @return false */
static bool
say_none(struct run *run, struct need need, uint64_t space)
{
    const uint64_t all = need.batches + need.reserve;

    (void)text_print(
        run->err.answer, sizeof run->err.answer,
        "no space on its file system: %.1f MiB are free, and %.1f MiB are needed (%.1f for mail, the rest stays free)",
        (double)space / MIB, (double)all / MIB, (double)need.batches / MIB);
    run->err.number = ENOSPC; /* who watches looks again soon */
    error_hint(&run->err, "Free %.1f MiB more there and run golub again; nothing is lost.",
               (double)(all - space) / MIB + 0.05);
    return false;
}

bool
room_check(struct run *run, struct room *room, uint64_t messages, uint64_t bytes)
{
    const struct need need = needed(messages, bytes);
    uint64_t space;

    if (!run->local.ops->free_space(run->local.self, &space, &run->err))
        return false;
    room->reserve = need.reserve;
    if (space >= need.batches + need.reserve)
        return true;
    error_set(&run->err, ERROR_LOCAL, "fetch %" PRIu64 " new message%s into the Maildir %s", messages,
              messages == 1 ? "" : "s", run->account->maildir);
    return say_none(run, need, space);
}

/* It is fetched into the Maildir, and goes from there into the quarantine, which may be on another disk. */
bool
room_check_kept(struct run *run, struct todo *const *todos, size_t count)
{
    const struct need need = needed(count, room_count(todos, count));
    uint64_t fetched, kept;

    if (!run->local.ops->free_space(run->local.self, &fetched, &run->err) ||
        !run->local.ops->quarantine_space(run->local.self, &kept, &run->err))
        return false;
    if (fetched >= need.batches + need.reserve && kept >= need.batches + need.reserve)
        return true;
    error_set(&run->err, ERROR_LOCAL, "keep what is to be removed on the server, and is only there, by way of %s",
              fetched < kept ? run->account->maildir : run->account->state);
    return say_none(run, need, fetched < kept ? fetched : kept);
}

/* A server may send more than it announced: the disk is not filled with it. */
bool
room_look(struct run *run, struct room *room, uint64_t size, bool *none)
{
    uint64_t space;

    *none = false;
    if (__builtin_add_overflow(room->unchecked, size, &room->unchecked))
        room->unchecked = UINT64_MAX;
    if (room->unchecked < ROOM_LOOK)
        return true;
    room->unchecked = 0;
    if (!run->local.ops->free_space(run->local.self, &space, &run->err))
        return false;
    *none = space < room->reserve || space - room->reserve < size;
    return true;
}

bool
room_refuse(struct run *run, const struct room *room, uint64_t bytes)
{
    error_set(&run->err, ERROR_LOCAL, "fetch new messages into the Maildir %s", run->account->maildir);
    (void)text_print(run->err.answer, sizeof run->err.answer,
                     "no space on its file system for a message of %.1f MiB: %.1f MiB are to stay free",
                     (double)bytes / MIB, (double)room->reserve / MIB);
    run->err.number = ENOSPC;
    error_hint(&run->err, "Free some space there and run golub again; nothing is lost.");
    return false;
}
