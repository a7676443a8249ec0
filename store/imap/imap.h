/* An IMAP server as a struct remote (store/base/remote.h). */
#ifndef STORE_IMAP_IMAP_H
#define STORE_IMAP_IMAP_H

#include "store/base/remote.h"
#include "store/net/connection.h"

struct imap;

/** Does not connect; `to` is borrowed for the life of the imap. @return NULL: out of memory */
struct imap *imap_new(const struct connection *to);
/** The table of functions, with itself. */
struct remote imap_remote(struct imap *imap);
/** Closes if open. NULL-safe. */
void imap_free(struct imap *imap);

#endif
