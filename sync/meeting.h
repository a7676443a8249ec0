/* What meets in one mailbox when it is paired: files without a UID, and UIDs without a file. */
#ifndef SYNC_MEETING_H
#define SYNC_MEETING_H

#include "sync/run.h"

struct half { /* a message that is on one side only */
    int64_t id;
    uint64_t size;
    int64_t date;
    uint32_t uid;
    bool has_header, wanted, paired;
    bool intent;      /* a file that was sent and not confirmed */
    bool alias;       /* a file of a UID that another file stands for: a UID of its own is its better half */
    bool open_header; /* what the server showed as header has no empty line at its end */
    bool same_header; /* with a file that is not paired */
    bool got_body;
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
/** All halves of the mailbox; UIDs only where there are files that they may be. */
MUST_CHECK bool meeting_gather(struct meeting *meeting);
/** Which UIDs may be one of the files, by size or by name? Those are `wanted`; *wanted: there are some. */
MUST_CHECK bool meeting_choose(struct meeting *meeting, bool *wanted);
/** May this UID be what became of a file whose APPEND, COPY or MOVE was not confirmed? */
bool meeting_has_intent(const struct halves *files, const struct half *uid);

#endif
