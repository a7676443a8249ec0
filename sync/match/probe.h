/* Digest of a message on the server, for pairing. */
#ifndef SYNC_MATCH_PROBE_H
#define SYNC_MATCH_PROBE_H

#include "sync/run/run.h"

struct probe {        /* one UID whose header or body is wanted as digests */
    uint32_t mailbox; /* index */
    uint32_t uid;
    int64_t id;
    bool unlikely; /* where the server can't show it, it is taken to be none of those that it is compared with */
    uint64_t size; /* of a body: as announced */
    /* [out] */
    bool got;      /* not: it is gone, or what came is not to be believed */
    bool answered; /* something came for it */
    bool
        doubt; /* what came twice is not the message: shorter than announced and not twice the same, or nothing at all */
    bool cut;  /* of a body: got, but shorter than announced, twice the same */
    struct digests digests;
    char message_id[256]; /* "" if there is none or it is too long */
    bool received;        /* the header has a Received line */
};

/** Fetch headers (or bodies) of these UIDs and digest them; sorted by mailbox and uid by the caller. What came short or not at all is asked
 *  for once more (a turn, only then). */
bool probe_remote(struct run *run, struct probe *probes, size_t count, bool headers);
/** The Message-ID line's value in a header block, trimmed; "" if none. */
void probe_message_id(struct text header, char out[static 256]);

#endif
