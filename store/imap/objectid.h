/*
 * Which mailbox it is, whatever it is called: an item of STATUS that rides in the survey. MAILBOXID (RFC 8474) where the server offers OBJECTID;
 * else Dovecot's X-GUID, which no capability tells of: where the greeting or an earlier survey says that it is a Dovecot.
 */
#ifndef STORE_IMAP_OBJECTID_H
#define STORE_IMAP_OBJECTID_H

#include "store/imap/client.h"

/** What is asked for beside the numbers, with a blank before it; "": nothing, since the server has none, or refused it. */
const char *objectid_item(const struct imap *imap);
/** What is asked for beside UIDVALIDITY and nothing else: a server's word may be good there alone. As objectid_item. */
const char *objectid_item_alone(const struct imap *imap);
/** Nothing was asked for, and the answers of this connection say that it is a Dovecot: the survey may ask once more for that alone. */
bool objectid_is_missed(const struct imap *imap);
/** It was asked for beside the numbers, and refused, or the line ended there: it is not asked for again, over runs too. @return false: it was not asked for so */
bool objectid_refused(struct imap *imap);
/**
 * Read the value of such an item, as it stands behind its name. What is no such value is none.
 * @param kind  'M' or 'G'
 * @param to    [out] as in remote.h; "": none, or another one than `to` held before: of two that differ neither is believed
 */
MUST_CHECK bool objectid_read(struct reader *reader, char kind, char to[static REMOTE_OBJECTID_MAX + 1]);

#endif
