/* See naming.h. */
#include "store/imap/naming.h"

bool
naming_ask(struct imap *imap, int kind, size_t index, const char *before, struct text name, const char *behind,
           struct error *err)
{
    struct queue *queue = &imap->queue;

    queue_begin(queue, kind, index, 0, 0);
    queue_print(queue, "%s", before);
    queue_name(queue, name);
    queue_print(queue, "%s", behind);
    return queue_end(queue, err);
}

bool
naming_rename(struct imap *imap, struct text from, struct text to, struct error *err)
{
    struct queue *queue = &imap->queue;

    queue_begin(queue, COMMAND_RENAME, 0, 0, 0);
    queue_print(queue, "RENAME ");
    queue_name(queue, from);
    queue_print(queue, " ");
    queue_name(queue, to);
    return queue_end(queue, err);
}

bool
naming_leave(struct imap *imap, struct error *err)
{
    return (imap->can.bits & CAPABILITY_UNSELECT) != 0 ||
           naming_ask(imap, COMMAND_LEAVE, 0, "EXAMINE ", TEXT("INBOX"), "", err);
}

bool
naming_is_below(struct text name, struct text above, char separator)
{
    return separator != '\0' && name.len > above.len + 1 && memcmp(name.at, above.at, above.len) == 0 &&
           name.at[above.len] == separator && memchr(name.at, '\0', name.len) == NULL;
}
