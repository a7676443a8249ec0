/* See wary.h. */
#include "store/imap/wary.h"

#include "store/imap/objectid.h"

#define UNASKED_MAX 64 /* mailboxes, of several lines */

uint32_t
wary_hash(struct text name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    if (text_is_nocase(name, "INBOX"))
        name = TEXT("INBOX");
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
    return hash;
}

/* Its own bit, and those of what was sent behind it. */
static unsigned
suspects(const struct imap *imap, int oldest)
{
    const unsigned known = imap->wary;
    const bool sent_enable = imap->can.bits & CAPABILITY_ENABLE && !(known & WARY_ENABLE);
    const bool sent_id = imap->can.bits & CAPABILITY_ID && !(known & WARY_ID);

    switch (oldest) {
    case COMMAND_ENABLE:
        return (sent_enable ? WARY_ENABLE : 0u) | (sent_id ? WARY_ID : 0u);
    case COMMAND_NAMESPACE:
    case COMMAND_ID:
        return sent_id ? WARY_ID : 0u;
    default:
        return 0;
    }
}

void
wary_learn(struct imap *imap, enum wary_list list, struct error *err)
{
    const struct command *oldest = queue_oldest(&imap->queue);

    if (oldest == NULL || imap->unproven) /* a line that died between two runs was ended by no question */
        return;
    if (oldest->kind == COMMAND_NAMESPACE)
        error_hint(err,
                   "If that happens each time: `disable = {\"NAMESPACE\"}` in this account leaves the question out.");
    imap->wary |= suspects(imap, oldest->kind);
    if (imap->quota_asked)
        imap->wary |= WARY_QUOTA;
    if (oldest->kind == COMMAND_QUOTA) /* the list before it was answered */
        return;
    if (list == WARY_PLAIN_LIST)
        imap->wary |= WARY_LSUB;
    else if (list == WARY_OPTIONED_LIST && imap->can.bits & CAPABILITY_LIST_STATUS &&
             !(imap->wary & WARY_LIST_STATUS) && objectid_refused(imap))
        return; /* the item that fewest servers know */
    else if (list == WARY_OPTIONED_LIST && imap->can.bits & CAPABILITY_LIST_STATUS && !(imap->wary & WARY_LIST_STATUS))
        imap->wary |= WARY_LIST_STATUS;
    else if (list == WARY_OPTIONED_LIST)
        imap->wary |= WARY_OPTIONS;
}

void
wary_suspect_status(struct imap *imap, struct text name)
{
    if (imap->suspect_count < WARY_SUSPECTS)
        imap->suspects[imap->suspect_count++] = wary_hash(name);
}

static bool
is_among(const uint32_t *hashes, size_t count, struct text name)
{
    const uint32_t hash = wary_hash(name);

    for (size_t i = 0; i < count; i++)
        if (hashes[i] == hash)
            return true;
    return false;
}

bool
wary_is_suspect(const struct imap *imap, struct text name)
{
    return is_among(imap->suspects, imap->suspect_count, name);
}

void
wary_learn_status(struct imap *imap, struct text name)
{
    if (imap->unasked_count < UNASKED_MAX &&
        array_grow(&imap->unasked, &imap->unasked_size, imap->unasked_count + 1, sizeof *imap->unasked))
        imap->unasked[imap->unasked_count++] = wary_hash(name);
}

bool
wary_of_status(const struct imap *imap, struct text name)
{
    return is_among(imap->unasked, imap->unasked_count, name);
}

void
wary_write(const struct imap *imap, char *to, size_t size)
{
    size_t len = 0;

    to[0] = '\0';
    if (imap->wary == 0 && imap->unasked_count == 0)
        return;
    (void)text_print(to, size, "%u", imap->wary);
    for (size_t i = 0; i < imap->unasked_count; i++) {
        len += strlen(to + len);
        (void)text_print(to + len, size - len, " %u", imap->unasked[i]);
    }
}

void
wary_read(struct imap *imap, const char *text)
{
    uint64_t number;

    imap->unasked_count = 0;
    for (bool first = true; *text != '\0'; first = false) {
        const size_t len = strcspn(text, " ");

        if (!text_number((struct text){text, len}, UINT32_MAX, &number))
            return;
        text += len + (text[len] == ' ');
        if (first)
            imap->wary = (unsigned)number;
        else if (imap->unasked_count < UNASKED_MAX &&
                 array_grow(&imap->unasked, &imap->unasked_size, imap->unasked_count + 1, sizeof *imap->unasked))
            imap->unasked[imap->unasked_count++] = (uint32_t)number;
    }
}
