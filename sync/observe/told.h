/*
 * Flags are told of before size and date say whose they are: a server that was set back, and has other mail under known UIDs, shows the flags of
 * that mail first. What the rows knew before stays at hand until the mailbox is listed, and is theirs again when a UID is another message.
 */
#ifndef SYNC_OBSERVE_TOLD_H
#define SYNC_OBSERVE_TOLD_H

#include "sync/run/run.h"

struct told_flags {
    struct told_row *list;
    size_t count, size;
};

/**
 * This row is about to take what the server shows under its UID.
 * @param first  it was brought there, and is seen for the first time: of what it lacks nothing is anybody's change
 */
MUST_CHECK bool told_note(struct run *run, struct told_flags *told, const struct journal_message *before,
                          const struct remote_message *seen, bool first);
/** It was shown of another message, or the listing broke off before that was known: all rows have the flags that they had. In its transaction. */
MUST_CHECK bool told_take_back(struct run *run, struct told_flags *told);
/** The mailbox was listed, so it was theirs: keywords that others set or took off are reported. Then told_free. */
void told_end(struct run *run, const struct mailbox *mailbox, struct told_flags *told);
/**
 * What others set and took off of a message that has a file is reported.
 * @param then   what was known before
 * @param first  it was brought there by this side, and is seen for the first time: what lacks nobody took off
 */
void told_keywords(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                   const char *then, bool first);
/** Nothing is noted after it. */
void told_free(struct told_flags *told);

/** Up to which MODSEQ its changes are known: what the last look told, and behind that what this run did itself and nobody else. */
uint64_t told_to(const struct mailbox *mailbox);

#endif
