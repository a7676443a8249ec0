/* Digest of a message on the server, for pairing. */
#ifndef SYNC_MATCH_PROBE_H
#define SYNC_MATCH_PROBE_H

#include "sync/match/kinship.h"
#include "sync/run/run.h"

struct probe {        /* one UID whose header or body is wanted as digests */
    uint32_t mailbox; /* index */
    uint32_t uid;
    int64_t id;
    bool unlikely; /* if the server can't show it, it counts as equal to nothing that it is compared with */
    uint64_t size; /* of a body: as announced */
    struct buffer
        *header; /* to be appended with what is kept of its header where it is got, the caller's; NULL: not wanted */
    struct kinship
        *kinship; /* to be filled in as well where it is got, the caller's; NULL: not wanted, or asked for: */
    /** Where it is not NULL: room for the kinship of a message with these digests, or NULL: not wanted of this one. */
    struct kinship *(*room)(void *context, const struct digests *digests);
    void *room_context;
    /* [out] */
    bool got;      /* false: it is gone, or what came can't be believed */
    bool answered; /* something came for it */
    bool refused;  /* the server would not show it, which was said with its words */
    bool doubt;    /* two readings gave no message: shorter than announced and different, or nothing at all */
    bool cut;      /* the body came shorter than announced, twice with the same bytes */
    struct digests digests;
    char message_id[256]; /* "" if there is none or it is too long */
    bool received;        /* the header has a Received line */
};

/** For qsort: by mailbox and UID. */
int probe_order(const void *left, const void *right);
/** Fetch headers (or bodies) of these UIDs and digest them; in that order. What came short or not at all is asked
 *  for once more (a turn, only then). */
bool probe_remote(struct run *run, struct probe *probes, size_t count, bool headers);
/** The Message-ID line's value in a header block, trimmed; "" if none. */
void probe_message_id(struct text header, char out[static 256]);
/** The digest of what that gave, which is all that two of them are compared by. *has false: there is none, and the digest is zeros. */
MUST_CHECK bool probe_id_digest(struct run *run, const char *message_id, bool *has,
                                unsigned char out[static DIGEST_SIZE]);

#endif
