/* What meets in one mailbox when it is paired: files without a UID, and UIDs without a file. */
#ifndef SYNC_MATCH_MEETING_H
#define SYNC_MATCH_MEETING_H

#include "sync/run/run.h"

struct half { /* a message that is on one side only */
    int64_t id;
    uint64_t size;
    int64_t date;
    unsigned flags; /* on the server: of a UID now, of a file when it had one, or as its name shows them */
    uint32_t uid;
    bool has_header, wanted, paired;
    bool intent;      /* a file that was sent and not confirmed */
    bool alias;       /* a file of a UID that another file stands for: a UID of its own is its better half */
    bool unpaired;    /* it had a UID, which means nothing any more */
    bool dated;       /* a file whose date is what the server said of it, not what its mtime says */
    int rank;         /* of several equal files the one of the lowest rank gets the UID */
    bool received;    /* the header has a Received line */
    bool vague;       /* it has neither that nor a Message-ID */
    bool telling;     /* such a header is that of one message alone */
    bool open_header; /* what the server showed as header has no empty line at its end */
    bool same_header; /* with a file that is not paired */
    bool got_body;
    bool doubt;    /* what was to be read did not come: which file it is, is not known */
    bool part;     /* ... or it is a beginning of one */
    bool cut;      /* it came shorter than announced, twice the same */
    bool given_up; /* ... and that was written down in this run */
    unsigned char header[DIGEST_SIZE], wire[DIGEST_SIZE], canonical[DIGEST_SIZE];
    uint64_t body_size;
    char base[LOCAL_BASE_MAX + 1]; /* of a file; for a UID the name its download would get */
    uint32_t intent_uidnext;
    int64_t intent_date;
    char message_id[256];
};

struct halves {
    struct half *at;
    size_t count, size;
};

struct meeting { /* one mailbox */
    struct run *run;
    uint32_t index;
    struct mailbox *mailbox;
    struct halves files, uids;
};

/** One more half; NULL: no memory, run->err says so. It moves with the next one that is added. */
struct half *meeting_add(struct run *run, struct halves *halves);
/**
 * A message moves to another mailbox. Where its bases differ nothing was agreed on: a change went to another message meanwhile (wanted.c), or
 * the old place could not store it.
 *
 * @param shown  flags that both sides can show in its new place
 */
void meeting_level_shown(struct journal_message *message, unsigned shown);
/** A row that has its UID now: what was begun for it ends, but a removal whose file is still gone. Inside a transaction; saves no row. */
MUST_CHECK bool meeting_take_intent(struct run *run, struct journal_message *message);
/** All halves of the mailbox; UIDs only where there are files that they may be. */
MUST_CHECK bool meeting_gather(struct meeting *meeting);
/**
 * Which headers say by themselves which message it is: those that were on the way (Received), or whose Message-ID no other UID here
 * has. Never in \Drafts: a draft that is saved again keeps its header.
 */
MUST_CHECK bool meeting_judge_headers(struct meeting *meeting);
/** Has a file about the size that the server claims for this UID? For what can't be read; nothing else goes by that. */
bool meeting_fits(const struct meeting *meeting, const struct half *uid);
/** Sizes of a message here and there may differ so much, whatever the server says. */
bool meeting_is_plausible(uint64_t a, uint64_t b);
/** May this UID be what became of a file whose APPEND, COPY or MOVE was not confirmed? */
bool meeting_has_intent(const struct halves *files, const struct half *uid);
/** After a mailbox was paired: flags that the server lost with the UIDs are no changes of anybody's. Inside a transaction. */
MUST_CHECK bool meeting_keep_flags(struct meeting *meeting);

#endif
