/* See known.h. Names are kept as hashes: two that meet in one slot of 64 bits cost a run that finds nothing, or wait for the next poll. */
#include "sync/watch/known.h"

#include <stdlib.h>
#include <string.h>

#define TOLD_MAX 1000000 /* names that were told and belong to no mailbox of ours: no server fills the memory */

struct known_mailbox {
    uint64_t hash;
    bool ours;   /* a run has it; else it was only told */
    bool passed; /* a run has ended since it was told */
    bool told;
    struct known_numbers cursor, last; /* what the run left; what was told last */
};

struct known_folder {
    uint64_t hash, stamp;
};

/* Never 0. */
static uint64_t
hash_of(struct text text)
{
    const uint64_t hash = text_hash(text);

    return hash != 0 ? hash : 1;
}

static uint64_t
hash_mailbox(struct text name)
{
    return text_is_nocase(name, "INBOX") ? hash_of(TEXT("INBOX")) : hash_of(name);
}

static struct known_mailbox *
find_mailbox(const struct known *known, uint64_t hash)
{
    size_t slot = (size_t)hash & (known->mailbox_size - 1);

    while (known->mailboxes[slot].hash != 0 && known->mailboxes[slot].hash != hash)
        slot = (slot + 1) & (known->mailbox_size - 1);
    return &known->mailboxes[slot];
}

static struct known_folder *
find_folder(const struct known *known, uint64_t hash)
{
    size_t slot = (size_t)hash & (known->folder_size - 1);

    while (known->folders[slot].hash != 0 && known->folders[slot].hash != hash)
        slot = (slot + 1) & (known->folder_size - 1);
    return &known->folders[slot];
}

static size_t
size_for(size_t count)
{
    size_t size = 64;

    while (size < count * 2)
        size *= 2;
    return size;
}

static bool
make_tables(struct known *known, size_t count)
{
    *known = (struct known){.mailbox_size = size_for(count), .folder_size = size_for(count)};
    known->mailboxes = calloc(known->mailbox_size, sizeof known->mailboxes[0]);
    known->folders = calloc(known->folder_size, sizeof known->folders[0]);
    return known->mailboxes != NULL && known->folders != NULL;
}

static bool
is_same(const struct known_numbers *a, const struct known_numbers *b)
{
    return a->uidvalidity == b->uidvalidity && a->uidnext == b->uidnext && a->messages == b->messages &&
           a->modseq == b->modseq;
}

static void
put(struct known *known, const struct journal_mailbox *row, const struct known *before, bool *moved)
{
    const uint64_t hash = hash_mailbox(text_of(row->wire));
    struct known_mailbox *mailbox = find_mailbox(known, hash);
    const struct known_mailbox *old = before->mailboxes != NULL ? find_mailbox(before, hash) : NULL;

    known->mailbox_count += mailbox->hash == 0;
    *mailbox = (struct known_mailbox){
        .hash = hash, .ours = true, .cursor = {row->uidvalidity, row->uidnext, row->messages, row->modseq}};
    if (old != NULL && old->hash == hash) {
        mailbox->told = mailbox->passed = old->told;
        mailbox->last = old->last;
        *moved = *moved || !old->ours || !is_same(&old->cursor, &mailbox->cursor);
    } else {
        *moved = true;
    }
}

/* What was told and is not ours stays known as such. */
static void
keep_strangers(struct known *known, const struct known *before)
{
    for (size_t i = 0; i < before->mailbox_size; i++) {
        const struct known_mailbox *old = &before->mailboxes[i];
        struct known_mailbox *mailbox;

        if (old->hash == 0 || (known->mailbox_count + 1) * 2 > known->mailbox_size)
            continue;
        mailbox = find_mailbox(known, old->hash);
        if (mailbox->hash != 0)
            continue;
        *mailbox = (struct known_mailbox){.hash = old->hash, .told = true, .passed = true, .last = old->last};
        known->mailbox_count++;
    }
}

bool
known_load(struct known *known, const struct journal_mailbox *list, size_t count, bool *moved)
{
    struct known before = *known;
    size_t ours = 0;

    *moved = !before.loaded;
    if (!make_tables(known, count + before.mailbox_count)) {
        known_free(known);
        known_free(&before);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const uint64_t hash = hash_of(text_of(list[i].folder));

        *find_folder(known, hash) = (struct known_folder){hash, hash_of(text_of(list[i].stamp))};
        if (list[i].wire == NULL)
            continue;
        put(known, &list[i], &before, moved);
        ours++;
    }
    for (size_t i = 0; i < before.mailbox_size; i++)
        if (before.mailboxes[i].hash != 0 && before.mailboxes[i].ours &&
            !find_mailbox(known, before.mailboxes[i].hash)->ours)
            *moved = true;
    if (before.mailbox_size > 0 && before.mailbox_count < ours + TOLD_MAX)
        keep_strangers(known, &before);
    known->loaded = true;
    known_free(&before);
    return true;
}

static bool
grow(struct known *known)
{
    struct known_mailbox *old = known->mailboxes;
    const size_t size = known->mailbox_size;

    known->mailboxes = calloc(size * 2, sizeof old[0]);
    if (known->mailboxes == NULL) {
        known->mailboxes = old;
        return false;
    }
    known->mailbox_size = size * 2;
    for (size_t i = 0; i < size; i++)
        if (old[i].hash != 0)
            *find_mailbox(known, old[i].hash) = old[i];
    free(old);
    return true;
}

/* What was told of it, beside what is known: numbers that were not told agree with everything. */
static bool
agrees(const struct known_told *told, const struct known_numbers *with)
{
    return (told->numbers.uidvalidity == 0 || told->numbers.uidvalidity == with->uidvalidity) &&
           (told->numbers.uidnext == 0 || told->numbers.uidnext == with->uidnext) &&
           (!told->has_messages || told->numbers.messages == with->messages) &&
           (told->numbers.modseq == 0 || told->numbers.modseq == with->modseq);
}

bool
known_is_news(struct known *known, const struct known_told *told)
{
    struct known_mailbox *mailbox;
    uint64_t hash;

    if (told->changed || told->mailbox.len == 0 || !known->loaded)
        return true;
    hash = hash_mailbox(told->mailbox);
    mailbox = find_mailbox(known, hash);
    if (mailbox->hash == 0) {
        if (known->mailbox_count > TOLD_MAX || ((known->mailbox_count + 1) * 2 > known->mailbox_size && !grow(known)))
            return true;
        mailbox = find_mailbox(known, hash);
        *mailbox = (struct known_mailbox){.hash = hash, .told = true, .last = told->numbers};
        known->mailbox_count++;
        return true;
    }
    if (!mailbox->ours) /* a run has ended since it was told first: the configuration does not choose it */
        return !mailbox->passed;
    if (agrees(told, &mailbox->cursor) || (mailbox->passed && agrees(told, &mailbox->last)))
        return false;
    mailbox->told = true;
    mailbox->passed = false;
    mailbox->last = told->numbers;
    return true;
}

bool
known_is_echo(const struct known *known, const char *folder, const char *stamp)
{
    const uint64_t hash = hash_of(text_of(folder));
    const struct known_folder *found = known->folders != NULL ? find_folder(known, hash) : NULL;

    return found != NULL && found->hash == hash && found->stamp == hash_of(text_of(stamp));
}

void
known_free(struct known *known)
{
    free(known->mailboxes);
    free(known->folders);
    *known = (struct known){0};
}
