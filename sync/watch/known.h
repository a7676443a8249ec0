/*
 * What the last run left as known of both sides, in memory: the cursor of each mailbox and the times of each folder. What is told of changes is
 * compared with it: golub's own doing comes back as an event, and so does what a run has seen already.
 */
#ifndef SYNC_WATCH_KNOWN_H
#define SYNC_WATCH_KNOWN_H

#include "store/base/text.h"
#include "store/journal/journal.h"

struct known_numbers { /* of a mailbox on the server; 0: not told */
    uint32_t uidvalidity, uidnext, messages;
    uint64_t modseq;
};

struct known_told {      /* one thing that the server said */
    struct text mailbox; /* as in LIST; of length 0: not known which */
    bool has_messages;   /* 0 is a number, too */
    struct known_numbers numbers;
    bool
        changed; /* a message came, went or was flagged, or mailboxes were made or removed: there is nothing to compare */
};

struct known {
    struct known_mailbox *mailboxes; /* hash tables; a hash of 0 is a free slot */
    size_t mailbox_count, mailbox_size;
    struct known_folder *folders;
    size_t folder_count, folder_size;
    bool loaded;
};

/**
 * A run ended: these are its mailboxes. What was told before the run and is in none of them is not ours to look at.
 * @param moved  [out] a cursor is another one than before, or there are other mailboxes
 * @return false: out of memory; nothing is known then, and everything is news
 */
MUST_CHECK bool known_load(struct known *known, const struct journal_mailbox *list, size_t count, bool *moved);
/** Is it a reason to run? It is remembered as told: the same again is none once a run has ended. */
bool known_is_news(struct known *known, const struct known_told *told);
/** Does this folder stand as the last run left it? @param stamp  as it is now */
bool known_is_echo(const struct known *known, const char *folder, const char *stamp);
void known_free(struct known *known);

#endif
