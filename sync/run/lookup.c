/* See lookup.h. A table is only a short cut: where there is no memory for it, and where it has no answer that can be sure, each mailbox is looked at. */
#include "sync/run/lookup.h"

#define NOWHERE UINT32_MAX

static struct text
key_of(const struct mailbox *mailbox, enum lookup_key key)
{
    const char *string = key == LOOKUP_NAME     ? mailbox->row.name
                         : key == LOOKUP_FOLDER ? mailbox->row.folder
                                                : mailbox->row.wire;

    switch (key) {
    case LOOKUP_ID:
        return (struct text){(const char *)&mailbox->row.id, sizeof mailbox->row.id};
    case LOOKUP_UIDVALIDITY:
        return (struct text){(const char *)&mailbox->known_uidvalidity, sizeof mailbox->known_uidvalidity};
    default:
        return string != NULL ? text_of(string) : (struct text){NULL, 0};
    }
}

static bool
has_key(const struct mailbox *mailbox, enum lookup_key key, struct text wanted)
{
    struct text has = key_of(mailbox, key);

    return has.at != NULL && has.len == wanted.len && memcmp(has.at, wanted.at, has.len) == 0;
}

static size_t
bucket_of(const struct lookup *lookup, struct text key)
{
    const uint64_t hash = text_hash(key);

    return (size_t)(hash ^ hash >> 32) & (lookup->size - 1);
}

/* Room for so many; what was covered is to be put in again. */
static bool
grow(struct lookup *lookup, size_t count)
{
    size_t size = lookup->size != 0 ? lookup->size : 64;

    if (count <= lookup->size && lookup->size != 0)
        return true;
    while (size < count)
        size *= 2;
    free(lookup->buckets);
    free(lookup->next);
    lookup->buckets = malloc(size * sizeof *lookup->buckets);
    lookup->next = malloc(size * sizeof *lookup->next);
    lookup->size = lookup->buckets != NULL && lookup->next != NULL ? size : 0;
    lookup->covered = 0;
    return lookup->size != 0;
}

/* All mailboxes there are now are in the table. @return false: there is no table */
static bool
cover(const struct run *run, struct lookup *lookup, enum lookup_key key)
{
    if (!grow(lookup, run->count))
        return false;
    if (lookup->covered == 0)
        memset(lookup->buckets, 0xff, lookup->size * sizeof *lookup->buckets);
    for (; lookup->covered < run->count; lookup->covered++) {
        struct text has = key_of(&run->mailboxes[lookup->covered], key);
        uint32_t *bucket;

        lookup->next[lookup->covered] = NOWHERE;
        if (has.at == NULL)
            continue;
        bucket = &lookup->buckets[bucket_of(lookup, has)];
        lookup->next[lookup->covered] = *bucket;
        *bucket = (uint32_t)lookup->covered;
    }
    return true;
}

static struct mailbox *
scan(struct run *run, enum lookup_key key, struct text wanted)
{
    for (size_t i = 0; i < run->count; i++) {
        if (has_key(&run->mailboxes[i], key, wanted))
            return &run->mailboxes[i];
    }
    return NULL;
}

/* @param lasting  a mailbox never gets another key than it had when it came into the array: what is not in the table is not there */
static struct mailbox *
find(struct run *run, enum lookup_key key, struct text wanted, bool lasting)
{
    struct lookup *lookup = &run->lookups[key];

    if (!cover(run, lookup, key))
        return scan(run, key, wanted);
    for (uint32_t at = lookup->buckets[bucket_of(lookup, wanted)]; at != NOWHERE; at = lookup->next[at]) {
        if (at < run->count && has_key(&run->mailboxes[at], key, wanted))
            return &run->mailboxes[at];
    }
    return lasting ? NULL : scan(run, key, wanted);
}

struct mailbox *
lookup_name(struct run *run, const char *name)
{
    return find(run, LOOKUP_NAME, text_of(name), true);
}

struct mailbox *
lookup_folder(struct run *run, const char *folder)
{
    return find(run, LOOKUP_FOLDER, text_of(folder), true);
}

struct mailbox *
lookup_wire(struct run *run, struct text wire)
{
    return find(run, LOOKUP_WIRE, wire, false);
}

struct mailbox *
lookup_listed(struct run *run, struct text wire)
{
    struct mailbox *mailbox = lookup_wire(run, wire);

    for (size_t i = 0; mailbox != NULL && !mailbox->listed && i < run->count; i++)
        if (run->mailboxes[i].listed && run->mailboxes[i].row.wire != NULL && text_is(wire, run->mailboxes[i].row.wire))
            return &run->mailboxes[i];
    return mailbox;
}

struct mailbox *
lookup_id(struct run *run, int64_t id)
{
    if (id == 0) /* of those that are not in the journal */
        return NULL;
    return find(run, LOOKUP_ID, (struct text){(const char *)&id, sizeof id}, false);
}

struct mailbox *
lookup_next_of(struct run *run, uint32_t uidvalidity, size_t *at)
{
    struct lookup *lookup = &run->lookups[LOOKUP_UIDVALIDITY];
    const struct text wanted = {(const char *)&uidvalidity, sizeof uidvalidity};
    const bool table = cover(run, lookup, LOOKUP_UIDVALIDITY);
    size_t next = *at;

    if (table)
        next = *at == 0 ? lookup->buckets[bucket_of(lookup, wanted)] : lookup->next[*at - 1];
    while (next < run->count) { /* NOWHERE is beyond */
        if (has_key(&run->mailboxes[next], LOOKUP_UIDVALIDITY, wanted)) {
            *at = next + 1;
            return &run->mailboxes[next];
        }
        next = table ? lookup->next[next] : next + 1;
    }
    return NULL;
}

bool
lookup_is_above(const struct run *run, const char *folder, const char *name)
{
    char path[LOCAL_FOLDER_MAX + 1];
    bool is = false;

    (void)text_print(path, sizeof path, "%s/%s", folder, name);
    for (size_t i = 0; !is && i < run->count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[i];
        const size_t length = strlen(path);

        is = mailbox->folder_here && strncmp(mailbox->row.folder, path, length) == 0 &&
             (mailbox->row.folder[length] == '\0' || mailbox->row.folder[length] == '/');
    }
    return is;
}

void
lookup_forget(struct run *run)
{
    for (int key = 0; key < LOOKUPS; key++)
        run->lookups[key].covered = 0;
}

void
lookup_free(struct run *run)
{
    for (int key = 0; key < LOOKUPS; key++) {
        free(run->lookups[key].buckets);
        free(run->lookups[key].next);
    }
}

bool
lookup_is_parent_only(const struct run *run, const char *name)
{
    const uint64_t hash = text_hash(text_of(name));

    for (size_t i = 0; i < run->parents_count; i++)
        if (run->parents[i] == hash)
            return true;
    return false;
}
