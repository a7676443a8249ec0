/*
 * What a folder holds already. A file that a row of the journal names is told by that row, and read only if it seems to be one of those that are
 * looked for; one without a row (new mail, or what an earlier restore has put there) is read where its size allows that it is one.
 */
#include "sync/restore/private.h"

struct names {           /* of one folder */
    struct buffer bytes; /* base, NUL, info, NUL */
    bool full;
};

#define NAMES_BYTES_MAX (SIZE_MAX / 4)

static bool
on_file(void *context, const char *base, const char *info)
{
    struct names *names = context;

    names->full = names->full || !buffer_add(&names->bytes, base, strlen(base) + 1) ||
                  !buffer_add(&names->bytes, info, strlen(info) + 1);
    return !names->full;
}

static bool
on_bad(void *context, const char *name, const char *why)
{
    (void)context;
    (void)name;
    (void)why;
    return true;
}

struct looking {
    struct restoring *restoring;
    struct restore_entry *entries; /* of one target, by digest */
    size_t count;
    uint64_t smallest, largest;
    const struct restore_target *target;
    struct journal_message message;
};

static void
mark(const struct looking *looking, const unsigned char wire[static DIGEST_SIZE])
{
    for (size_t i = 0; i < looking->count; i++) {
        struct restore_entry *entry = &looking->entries[i];

        entry->there = entry->there || (entry->has_wire && memcmp(entry->wire, wire, DIGEST_SIZE) == 0);
    }
}

static bool
is_wanted(const struct looking *looking, const unsigned char wire[static DIGEST_SIZE])
{
    size_t first = 0, last = looking->count;

    while (first < last) {
        const size_t middle = first + (last - first) / 2;
        const struct restore_entry *entry = &looking->entries[middle];
        const int order = memcmp(entry->wire, wire, DIGEST_SIZE);

        if (order == 0)
            return entry->has_wire && !entry->there;
        if (order < 0)
            first = middle + 1;
        else
            last = middle;
    }
    return false;
}

/* Line ends may be LF in the one file and CR LF in the other, which is at most twice as long then. */
static bool
size_fits(const struct looking *looking, uint64_t size)
{
    return size / 2 <= looking->largest && looking->smallest / 2 <= size;
}

/* A file that can't be read, or is gone by now, is none of them. */
static bool
look_at_file(struct looking *looking, const char *base, const char *info)
{
    struct restoring *restoring = looking->restoring;
    const struct local *local = &restoring->local;
    const struct local_file file = {looking->target->folder, base, info};
    struct error ignored = {0};
    struct local_print print;
    struct local_facts facts;
    bool found = false, missing = false;

    if (looking->target->mailbox != 0 && !journal_message_by_base(restoring->journal, looking->target->mailbox, base,
                                                                  &looking->message, &found, &restoring->err))
        return false;
    if (found && looking->message.has_wire && !is_wanted(looking, looking->message.wire))
        return true;
    if (!local->ops->look(local->self, &file, &print, &missing, &ignored) || missing || !size_fits(looking, print.size))
        return true;
    if (local->ops->examine(local->self, &file, &facts, &missing, &ignored) && !missing)
        mark(looking, facts.digests.wire);
    return true;
}

static bool
look_at_all(struct looking *looking, const struct names *names)
{
    for (size_t at = 0; at < names->bytes.len && !restore_stopped(looking->restoring);) {
        const char *base = names->bytes.at + at, *info = base + strlen(base) + 1;

        if (!look_at_file(looking, base, info))
            return false;
        at += strlen(base) + strlen(info) + 2;
    }
    return true;
}

bool
restore_look(struct restoring *restoring, struct restore_entry *entries, size_t count)
{
    static const struct local_scanner scanner = {on_file, on_bad};
    struct looking looking = {.restoring = restoring,
                              .entries = entries,
                              .count = count,
                              .smallest = UINT64_MAX,
                              .target = &restoring->targets[entries[0].target]};
    struct names names = {.bytes = buffer_new(NAMES_BYTES_MAX)};
    struct local_stamp stamp;
    bool missing = false, stable, ok;

    for (size_t i = 0; i < count; i++) {
        looking.smallest = entries[i].size < looking.smallest ? entries[i].size : looking.smallest;
        looking.largest = entries[i].size > looking.largest ? entries[i].size : looking.largest;
    }
    ok = restoring->local.ops->stamp(restoring->local.self, looking.target->folder, &stamp, &missing, &restoring->err);
    if (ok && !missing)
        ok = restoring->local.ops->scan(restoring->local.self, looking.target->folder, &scanner, &names, &stamp,
                                        &stable, &restoring->err) &&
             (!names.full || restore_no_memory(restoring)) && look_at_all(&looking, &names);
    buffer_free(&names.bytes);
    return ok;
}
