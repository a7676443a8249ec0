/* Commands about a mailbox by its name, as RENAME (rename.c) and DELETE (delete.c) need them: each is sent with the next run of the queue. */
#ifndef STORE_IMAP_NAMING_H
#define STORE_IMAP_NAMING_H

#include "store/imap/client.h"

/** These words, the name, and what comes behind it. @param index  which one is asked for, for the answers */
MUST_CHECK bool naming_ask(struct imap *imap, int kind, size_t index, const char *before, struct text name,
                           const char *behind, struct error *err);
/** RENAME. */
MUST_CHECK bool naming_rename(struct imap *imap, struct text from, struct text to, struct error *err);
/**
 * What is selected is selected no more: Courier renames nothing that is, or that stands above it, and knows no UNSELECT. Servers that know it rename what is
 * selected, and nothing is sent.
 */
MUST_CHECK bool naming_leave(struct imap *imap, struct error *err);
/** Does it stand below that one? @param separator  NUL: nothing stands below anything */
bool naming_is_below(struct text name, struct text above, char separator);

#endif
