/* See renamed_there.h. */
#include "sync/observe/renamed_there.h"

#include "sync/run/attempts.h"
#include "sync/run/lookup.h"

/*
 * Does the list show `other` with the numbers that the journal has of it, so that it has its name still? Where the journal has the very same numbers of
 * `mailbox`, two that exchanged their names would show that, too: then HIGHESTMODSEQ must be the same as well, which grows by a rename on servers that
 * count renames as changes.
 */
static bool
is_unchanged(const struct mailbox *other, const struct mailbox *mailbox)
{
    const struct journal_mailbox *row = &other->row;
    const bool alike = mailbox->row.uidvalidity == row->uidvalidity && mailbox->row.uidnext == row->uidnext &&
                       mailbox->row.messages == row->messages;

    return other->listed && other->has_status && other->uidvalidity == row->uidvalidity &&
           other->uidnext == row->uidnext && other->messages == row->messages &&
           (!alike || (other->modseq != 0 && other->modseq == row->modseq));
}

bool
renamed_there_perhaps(struct run *run, const struct mailbox *mailbox, const struct remote_selected *selected)
{
    const struct mailbox *other;
    size_t at = 0;

    while ((other = lookup_next_of(run, selected->uidvalidity, &at)) != NULL) {
        if (other != mailbox && selected->uidnext >= other->row.uidnext && !is_unchanged(other, mailbox))
            return true;
    }
    return false;
}

bool
renamed_there_was(struct run *run, const struct mailbox *mailbox, uint32_t uidvalidity)
{
    const struct mailbox *other;
    size_t at = 0;

    while ((other = lookup_next_of(run, uidvalidity, &at)) != NULL) {
        if (other == mailbox)
            continue;
        if (!other->listed || other->row.uidvalidity != uidvalidity ||
            (other->has_status && other->uidvalidity != uidvalidity))
            return true;
    }
    return false;
}

/* @param told  the list of this run says so */
static const struct mailbox *
find_objectid(const struct run *run, const char *objectid, bool told)
{
    for (size_t i = 0; i < run->count; i++)
        if (strcmp(run->mailboxes[i].row.objectid, objectid) == 0 && (!told || run->mailboxes[i].told_uidvalidity != 0))
            return &run->mailboxes[i];
    return NULL;
}

/*
 * The answer to SELECT says that it is another known one, whatever its numbers. What the list of this run told of both counts against that. Where it did
 * not ask, since a line broke at that, the next one asks; and where it may not ask, or asked and was not told, what the journal has is of old.
 */
static bool
is_known_other(struct run *run, struct mailbox *mailbox, const char *objectid)
{
    const bool told = mailbox->told_uidvalidity != 0;

    if (objectid == NULL || objectid[0] == '\0' || mailbox->row.objectid[0] == '\0' ||
        (!told && run->info.avoided[0] == '\0'))
        return false;
    if (strcmp(mailbox->row.objectid, objectid) == 0) {
        attempts_opened(run, mailbox);
        return false;
    }
    if (find_objectid(run, objectid, told) == NULL)
        return false;
    mailbox->undecided |= !told;
    return !told || attempts_opened_another(run, mailbox, objectid);
}

/*
 * Which mailbox it is was told in the list of this run, and the list said its numbers: another one has got its name since. Where nobody tells which
 * is which, the list said its numbers, and what has its name now has those of another one that is known.
 */
static bool
is_other(struct run *run, const struct mailbox *mailbox, uint32_t uidvalidity)
{
    const struct journal_mailbox *row = &mailbox->row;
    const struct mailbox *known;
    bool other = false;

    if (row->uidvalidity == 0 || row->uidvalidity == uidvalidity)
        return false;
    if (row->objectid[0] != '\0' && mailbox->told_uidvalidity == row->uidvalidity)
        return true;
    if (!mailbox->has_status || mailbox->uidvalidity != row->uidvalidity)
        return false;
    for (size_t at = 0; !other && (known = lookup_next_of(run, uidvalidity, &at)) != NULL;)
        other = known != mailbox && known->row.id != 0;
    return other;
}

bool
renamed_there_since(struct run *run, struct mailbox *mailbox, const struct remote_selected *selected)
{
    return is_other(run, mailbox, selected->uidvalidity) || is_known_other(run, mailbox, selected->objectid);
}
