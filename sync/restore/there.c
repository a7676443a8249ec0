/*
 * What a folder holds already. A file that a row of the journal names is told by that row, and read only if it seems to be one of those that are
 * looked for; one without a row (new mail, or what an earlier restore has put there) is read where its size allows that it is one.
 *
 * A mail reader renames files meanwhile. A message that was missed under its new name would be put back a second time, and go up: so a folder
 * whose names changed, or a file that is gone when it is to be read, is listed again, and where it does not come to rest nothing is put into it.
 */
#include "sync/restore/private.h"

#define LISTINGS_MAX 3 /* of one folder, while its names change */

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

struct looking {
    struct restoring *restoring;
    struct restore_entry *entries; /* of one target, by digest */
    size_t count;
    uint64_t smallest, largest;
    const struct restore_target *target;
    struct journal_message message;
    struct names names;
    bool unknown;     /* a file that may be one of them was not read */
    struct error why; /* ... since that failed; kind 0: it has another name by now */
};

static void
mark(const struct looking *looking, const unsigned char wire[static DIGEST_SIZE])
{
    for (size_t i = 0; i < looking->count; i++) {
        struct restore_entry *entry = &looking->entries[i];

        entry->there = entry->there || (entry->has_wire && memcmp(entry->wire, wire, DIGEST_SIZE) == 0);
    }
}

/* What was put back beside such a file would be a second message on the server. */
static void
mark_altered(const struct looking *looking, const struct journal_message *message, const struct local_facts *facts)
{
    if (!message->has_wire || message->uid == 0 || (message->facts & (FACT_GONE_THERE | FACT_ALIAS)) != 0 ||
        memcmp(message->wire, facts->digests.wire, DIGEST_SIZE) == 0)
        return;
    for (size_t i = 0; i < looking->count; i++) {
        struct restore_entry *entry = &looking->entries[i];

        entry->altered = entry->altered || (entry->has_wire && memcmp(entry->wire, message->wire, DIGEST_SIZE) == 0);
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

static void
leave_unknown(struct looking *looking, const struct error *err)
{
    looking->unknown = true;
    if (err->kind != ERROR_NONE)
        looking->why = *err;
}

static bool
look_at_file(struct looking *looking, const char *base, const char *info)
{
    struct restoring *restoring = looking->restoring;
    const struct local *local = &restoring->local;
    const struct local_file file = {looking->target->folder, base, info};
    struct error err = {0};
    struct local_print print;
    struct local_facts facts;
    bool found = false, missing = false;

    if (looking->target->mailbox != 0 && !journal_message_by_base(restoring->journal, looking->target->mailbox, base,
                                                                  &looking->message, &found, &restoring->err))
        return false;
    if (found && looking->message.has_wire && !is_wanted(looking, looking->message.wire))
        return true;
    if (!local->ops->look(local->self, &file, &print, &missing, &err) || missing)
        leave_unknown(looking, &err);
    else if (!size_fits(looking, print.size) && !(found && looking->message.has_wire))
        return true;
    else if (!local->ops->examine(local->self, &file, &facts, &missing, &err) || missing)
        leave_unknown(looking, &err);
    else {
        mark(looking, facts.digests.wire);
        if (found)
            mark_altered(looking, &looking->message, &facts);
    }
    return true;
}

static bool
look_at_all(struct looking *looking)
{
    const struct buffer *names = &looking->names.bytes;

    for (size_t at = 0; at < names->len && !restore_stopped(looking->restoring);) {
        const char *base = names->at + at, *info = base + strlen(base) + 1;

        if (!look_at_file(looking, base, info))
            return false;
        at += strlen(base) + strlen(info) + 2;
    }
    return true;
}

/* *settled: all that may be one of them was read. */
static bool
list_and_look(struct looking *looking, bool *settled)
{
    static const struct local_scanner scanner = {.file = on_file};
    struct restoring *restoring = looking->restoring;
    const struct local *local = &restoring->local;
    struct local_stamp stamp;
    bool stable = false, ok;

    looking->unknown = false;
    looking->why = (struct error){0};
    buffer_clear(&looking->names.bytes);
    ok = local->ops->scan(local->self, looking->target->folder, &scanner, &looking->names, &stamp, &stable,
                          &restoring->err);
    if (looking->names.full)
        return restore_no_memory(restoring);
    ok = ok && look_at_all(looking);
    *settled = stable && !looking->unknown;
    return ok;
}

static bool
say_unsettled(struct looking *looking)
{
    struct error *err = &looking->restoring->err;

    if (looking->why.kind != ERROR_NONE) {
        *err = looking->why;
        error_hint(err, "It may be what is to be put back: nothing was put into this folder.");
        return false;
    }
    error_set(err, ERROR_LOCAL, "find out what this folder holds already");
    error_answer(err, TEXT("other programs change its names faster than they can be read"));
    error_hint(err, "Nothing was put into it; give the command again when they rest.");
    return false;
}

bool
restore_look(struct restoring *restoring, struct restore_entry *entries, size_t count)
{
    struct looking looking = {.restoring = restoring,
                              .entries = entries,
                              .count = count,
                              .smallest = UINT64_MAX,
                              .target = &restoring->targets[entries[0].target],
                              .names = {.bytes = buffer_new(NAMES_BYTES_MAX)}};
    struct local_stamp stamp;
    bool missing = false, settled = false, ok = true;

    for (size_t i = 0; i < count; i++) {
        looking.smallest = entries[i].size < looking.smallest ? entries[i].size : looking.smallest;
        looking.largest = entries[i].size > looking.largest ? entries[i].size : looking.largest;
    }
    if (restoring->choice->dry) /* nobody made it */
        ok = restoring->local.ops->stamp(restoring->local.self, looking.target->folder, &stamp, &missing,
                                         &restoring->err);
    for (int i = 0; ok && !missing && !settled && i < LISTINGS_MAX && !restore_stopped(restoring); i++)
        ok = list_and_look(&looking, &settled);
    buffer_free(&looking.names.bytes);
    return ok && (missing || settled || restore_stopped(restoring) || say_unsettled(&looking));
}
