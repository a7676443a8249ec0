/* With which FETCHes a mailbox is observed: what its cursor, the server's extensions and what is known of the server's order say. */
#ifndef STORE_IMAP_OBSERVE_COMMAND_H
#define STORE_IMAP_OBSERVE_COMMAND_H

#include "store/imap/client.h"

#define OBSERVE_FETCHES 3 /* of a mailbox, at most */

enum observe_mode {
    OBSERVE_FULL,      /* every message with flags, size and date */
    OBSERVE_PLAIN,     /* every message with flags, new ones with size and date */
    OBSERVE_CONDSTORE, /* flags that changed, new ones (RFC 7162 section 3.1) */
    OBSERVE_QRESYNC,   /* the same, and what vanished (RFC 7162 section 3.2) */
    OBSERVE_SOME       /* size and date of some */
};

enum observe_mode observe_mode(const struct imap *imap, const struct remote_select *mailbox);
/** Does each answer name every message? */
bool observe_is_listing(const struct imap *imap, const struct remote_select *mailbox);
/** Does its n-th FETCH, counted from 0, ask again for known messages, to find out whether the server went back? */
bool observe_is_check(const struct imap *imap, const struct remote_select *mailbox, unsigned n);
/** Its n-th FETCH, counted from 0, into `to`. @param last  of the range, "*" or a number; @return false: it has fewer */
bool observe_command(const struct imap *imap, const struct remote_select *mailbox, unsigned n, const char *last,
                     char *to, size_t size);

#endif
