/*
 * Rows of messages that were read or written a moment ago: a run asks for the same one again and again, in each of its
 * phases. One place for each remainder of an id, so nothing has to be looked for. What is here is what the table holds:
 * messages.c and mailboxes.c alone change that, and say it here; whatever is undone is forgotten as a whole.
 */
#include "store/journal/internal.h"

#include <assert.h>
#include <stddef.h>

#define PLACES 64
#define SIGNS 256         /* UIDs and base names that lead to a place; what has none is looked for in the table */
#define KEYWORDS_SHORT 63 /* bytes: a row with more of them is not kept */
#define FIXED offsetof(struct journal_message, keywords)

static_assert(offsetof(struct journal_message, id) == 0 && FIXED < 1024, "all but keywords is copied as it stands");

struct recent_row {
    unsigned char fixed[FIXED]; /* a struct journal_message up to its keywords */
    char keywords[KEYWORDS_SHORT + 1];
    int64_t id; /* 0: none */
    int64_t refers_to;
    bool is_as_saved;
};

struct recent {
    struct recent_row rows[PLACES];
    unsigned char signs[SIGNS];
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
    memcpy(out, row->fixed, FIXED);
    memcpy(out->keywords, row->keywords, sizeof row->keywords);
}

static struct recent_row *
place_of(const struct journal *journal, int64_t id)
{
    return journal->recent != NULL ? &journal->recent->rows[(uint64_t)id % PLACES] : NULL;
}

bool
recent_get(const struct journal *journal, int64_t id, struct journal_message *out, bool *is_as_saved)
{
    const struct recent_row *row = place_of(journal, id);

    if (row == NULL || id == 0 || row->id != id)
        return false;
    copy_out(row, out);
    *is_as_saved = row->is_as_saved;
    return true;
}

bool
recent_find(const struct journal *journal, int64_t mailbox, uint32_t uid, const char *base, struct journal_message *out)
{
    const struct recent_row *row;
    int64_t its_mailbox;
    uint32_t its_uid;

    if (journal->recent == NULL)
        return false;
    row = &journal->recent->rows[journal->recent->signs[sign_of(mailbox, uid, base)]];
    memcpy(&its_mailbox, row->fixed + offsetof(struct journal_message, mailbox), sizeof its_mailbox);
    memcpy(&its_uid, row->fixed + offsetof(struct journal_message, uid), sizeof its_uid);
    if (row->id == 0 || its_mailbox != mailbox ||
        (uid != 0 ? its_uid != uid
                  : strcmp((const char *)row->fixed + offsetof(struct journal_message, base), base) != 0))
        return false;
    copy_out(row, out);
    return true;
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
    if (strlen(message->keywords) > KEYWORDS_SHORT)
        return;
    memcpy(row->fixed, message, FIXED);
    memcpy(row->keywords, message->keywords, strlen(message->keywords) + 1);
    row->id = message->id;
    row->refers_to = message->refers_to;
    row->is_as_saved = is_as_saved;
    if (message->uid != 0)
        journal->recent->signs[sign_of(message->mailbox, message->uid, "")] = (unsigned char)(message->id % PLACES);
    if (message->base[0] != '\0')
        journal->recent->signs[sign_of(message->mailbox, 0, message->base)] = (unsigned char)(message->id % PLACES);
}

void
recent_forget(struct journal *journal, int64_t id)
{
    for (size_t i = 0; journal->recent != NULL && i < PLACES; i++) {
        struct recent_row *row = &journal->recent->rows[i];
        if (row->id == id || row->refers_to == id)
            row->id = 0;
    }
}

void
recent_forget_all(struct journal *journal)
{
    for (size_t i = 0; journal->recent != NULL && i < PLACES; i++)
        journal->recent->rows[i].id = 0;
}
