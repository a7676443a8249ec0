/*
 * What a server ended the line at is not asked for on the next one, where mail can do without: extensions, the name of this client, how
 * full it is, compression, the list of subscriptions, the state of all mailboxes in one list or of one mailbox. NAMESPACE is asked in any case: without it new mailboxes would
 * get other names here.
 */
#ifndef STORE_IMAP_WARY_H
#define STORE_IMAP_WARY_H

#include "store/imap/client.h"

enum wary {
    WARY_LIST_STATUS = 1, /* LIST without STATUS */
    WARY_OPTIONS = 2,     /* LIST without any return options */
    WARY_LSUB = 4,
    WARY_ENABLE = 8,
    WARY_ID = 16,
    WARY_QUOTA = 32,
    WARY_COMPRESS = 64,
    WARY_OBJECTID = 128, /* what a mailbox is, whatever it is called; also where it was refused */
};

enum wary_list { /* what was sent behind the questions of a new line */
                 WARY_NO_LIST,
                 WARY_PLAIN_LIST,   /* and LSUB */
                 WARY_OPTIONED_LIST /* with return options */
};

/**
 * The line broke while answers to ENABLE, NAMESPACE, ID, and perhaps LIST and LSUB were waited for. A server that dies may lose what it had
 * answered, so the oldest of them and those behind it are suspected.
 * @param err  of the break: gets a hint where the line ended at NAMESPACE
 */
void wary_learn(struct imap *imap, enum wary_list list, struct error *err);
/**
 * The line broke while the STATUS of this mailbox, by its name on the wire, was in flight beside others: a server that dies may lose answers, so that
 * any of them may have ended it, or none. A few are remembered, the rest is let go.
 */
void wary_suspect_status(struct imap *imap, struct text name);
/** Is its STATUS asked for alone, so that it is known whether it ends the line? */
bool wary_is_suspect(const struct imap *imap, struct text name);
/** The line broke while the STATUS of this mailbox alone was in flight. */
void wary_learn_status(struct imap *imap, struct text name);
/** Is this mailbox looked at itself, and not asked for its STATUS? */
bool wary_of_status(const struct imap *imap, struct text name);
/** Of a name on the wire; INBOX in any case of its letters is one. */
uint32_t wary_hash(struct text name);

/** All that was learned, for a later run (info.avoided of remote.h). */
void wary_write(const struct imap *imap, char *to, size_t size);
/** What an earlier run wrote. What can't be read of it is let go. */
void wary_read(struct imap *imap, const char *text);

#endif
