/*
 * Rows of messages that were read or written a moment ago: a run asks for the same one again and again, in each of its
 * phases. One place for each remainder of an id, so nothing has to be looked for. What is here is what the table holds:
 * messages.c and mailboxes.c alone change that, and say it here; whatever is undone is forgotten as a whole.
 *
 * The phases of a run that removes 2,000 messages go through all of them one after the other: there is a place for each. Memory that no row
 * came to is not taken up.
 */
#include "store/journal/internal.h"

#include <stddef.h>

#define PLACES 2048
#define SIGNS 4096        /* UIDs and base names that lead to a place; what has none is looked for in the table */
#define BASE_SHORT 95     /* bytes: a row with a longer base name is not kept */
#define INFO_SHORT 31     /* ... where its file is */
#define KEYWORDS_SHORT 47 /* ... keywords */
#define REST offsetof(struct journal_message, size)
#define REST_SIZE (offsetof(struct journal_message, keywords) - REST)

struct recent_row {
    unsigned char rest[REST_SIZE]; /* of a struct journal_message, between its names and its keywords */
    int64_t id, mailbox;           /* id 0: none */
    uint32_t uid;
    bool is_as_saved;
    uint64_t age; /* of all rows, when it came: another one now, and it is forgotten */
    int64_t refers_to;
    char base[BASE_SHORT + 1], info[INFO_SHORT + 1], keywords[KEYWORDS_SHORT + 1];
};

struct recent {
    struct recent_row rows[PLACES];
    uint16_t signs[SIGNS];
    uint64_t age;
    bool refers; /* a row came that refers to another one */
};

static unsigned
sign_of(int64_t mailbox, uint32_t uid, const char *base)
{
    uint32_t sign = (uint32_t)mailbox * 31 + uid * 7;

    for (; *base != '\0'; base++)
        sign = sign * 33 + (unsigned char)*base;
    return sign % SIGNS;
}

static void
copy_out(const struct recent_row *row, struct journal_message *out)
{
    out->id = row->id;
    out->mailbox = row->mailbox;
    out->uid = row->uid;
    memcpy((unsigned char *)out + REST, row->rest, REST_SIZE);
    memcpy(out->base, row->base, sizeof row->base);
    memcpy(out->info, row->info, sizeof row->info);
    memcpy(out->keywords, row->keywords, sizeof row->keywords);
}

static struct recent_row *
place_of(const struct journal *journal, int64_t id)
{
    return journal->recent != NULL ? &journal->recent->rows[(uint64_t)id % PLACES] : NULL;
}

static bool
is_kept(const struct journal *journal, const struct recent_row *row)
{
    return row->id != 0 && row->age == journal->recent->age;
}

bool
recent_get(const struct journal *journal, int64_t id, struct journal_message *out, bool *is_as_saved)
{
    const struct recent_row *row = place_of(journal, id);

    if (row == NULL || row->id != id || !is_kept(journal, row))
        return false;
    copy_out(row, out);
    *is_as_saved = row->is_as_saved;
    return true;
}

bool
recent_find(const struct journal *journal, int64_t mailbox, uint32_t uid, const char *base, struct journal_message *out)
{
    const struct recent_row *row;

    if (journal->recent == NULL)
        return false;
    row = &journal->recent->rows[journal->recent->signs[sign_of(mailbox, uid, base)]];
    if (!is_kept(journal, row) || row->mailbox != mailbox ||
        (uid != 0 ? row->uid != uid : strcmp(row->base, base) != 0))
        return false;
    copy_out(row, out);
    return true;
}

static bool
keep(char *to, size_t most, const char *text)
{
    const size_t len = strlen(text);

    if (len <= most)
        memcpy(to, text, len + 1);
    return len <= most;
}

void
recent_put(struct journal *journal, const struct journal_message *message, bool is_as_saved)
{
    struct recent_row *row;

    if (journal->recent == NULL)
        journal->recent = calloc(1, sizeof *journal->recent); /* without it all is read from the table */
    row = place_of(journal, message->id);
    if (row == NULL)
        return;
    row->id = 0;
    if (!keep(row->base, BASE_SHORT, message->base) || !keep(row->info, INFO_SHORT, message->info) ||
        !keep(row->keywords, KEYWORDS_SHORT, message->keywords))
        return;
    memcpy(row->rest, (const unsigned char *)message + REST, REST_SIZE);
    row->id = message->id;
    row->mailbox = message->mailbox;
    row->uid = message->uid;
    row->refers_to = message->refers_to;
    row->age = journal->recent->age;
    row->is_as_saved = is_as_saved;
    journal->recent->refers = journal->recent->refers || message->refers_to != 0;
    if (message->uid != 0)
        journal->recent->signs[sign_of(message->mailbox, message->uid, "")] =
            (uint16_t)((uint64_t)message->id % PLACES);
    if (message->base[0] != '\0')
        journal->recent->signs[sign_of(message->mailbox, 0, message->base)] =
            (uint16_t)((uint64_t)message->id % PLACES);
}

void
recent_forget(struct journal *journal, int64_t id)
{
    struct recent_row *own = place_of(journal, id);

    if (own != NULL && own->id == id)
        own->id = 0;
    for (size_t i = 0; own != NULL && journal->recent->refers && i < PLACES; i++) {
        struct recent_row *row = &journal->recent->rows[i];
        if (row->id == id || row->refers_to == id)
            row->id = 0;
    }
}

void
recent_forget_all(struct journal *journal)
{
    if (journal->recent == NULL)
        return;
    journal->recent->age++;
    journal->recent->refers = false;
}
