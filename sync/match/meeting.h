/* What is paired with each other in one mailbox: files without a UID, and UIDs without a file. */
#ifndef SYNC_MATCH_MEETING_H
#define SYNC_MATCH_MEETING_H

#include "sync/match/kinship.h"
#include "sync/run/run.h"

struct half { /* a message that is on one side only; there may be as many as messages of a mailbox */
    int64_t id;
    uint64_t size;
    int64_t date;
    unsigned flags; /* as the server shows or showed them; of a file that never had a UID as its name does */
    uint32_t uid;
    bool has_header : 1, wanted : 1, paired : 1;
    bool intent : 1;     /* a file that was sent, copied or moved there and was not shown yet */
    bool accepted : 1;   /* ... but the server said that it took it */
    bool renumbered : 1; /* ... under a UIDVALIDITY that is not valid any more */
    bool alias : 1;     /* a file whose row is an alias: if an equal UID is found, it is paired with that one instead */
    bool gone : 1;      /* the file is gone, or has another name by now */
    bool lacked : 1;    /* it has a UID, which a list lacked that does not add up, or which is out of view */
    bool unpaired : 1;  /* it had a UID, which is not valid any more (FACT_UNPAIRED) */
    bool dated : 1;     /* a file whose `date` is the INTERNALDATE that the server told, not the mtime */
    int rank;           /* of several equal files the one of the lowest rank gets the UID */
    bool received : 1;  /* the header has a Received line */
    bool vague : 1;     /* the header has neither a Received line nor a Message-ID */
    bool telling : 1;   /* no other message has this header: it alone says which message it is */
    bool shared_id : 1; /* of a file: another one here has its Message-ID, or as it has none */
    bool shared_rest : 1;   /* ... and a kin header, but perhaps for lines of the way */
    bool open_header : 1;   /* what the server showed as header has no empty line at its end */
    bool same_header : 1;   /* a file that is not paired yet has the same header */
    bool read : 1;          /* some of it came in this run */
    bool apart : 1;         /* the user's word, or another program's: it stays on its side alone */
    bool adopted : 1;       /* ... that program's */
    bool placeholder : 1;   /* mbsync's: what it speaks of is another message */
    bool kin : 1;           /* ... or one that is kin, and only its body says whether they are one message */
    bool foreign : 1;       /* a file whose message has other bytes on the server: header and size are those */
    bool ended : 1;         /* ... or differs from one by line ends at the end */
    bool written_alike : 1; /* ... or says the same of itself under another Message-ID (other_id.h) */
    bool fresh : 1;         /* a file that nothing is known of but that it is here */
    bool counted : 1;       /* among those that would be doubled */
    bool got_body : 1;
    bool has_canonical : 1; /* not of a file that was copied or moved there, nor of a body that came earlier */
    bool doubt;             /* its header or body could not be read: it is not known which file it is */
    bool
        late : 1; /* its header is asked for at the end of this run: until then it may be any file, whatever its size */
    bool part : 1;     /* what came of its body is the beginning of a file: that proves nothing either */
    bool cut : 1;      /* its body came shorter than announced, twice with the same bytes */
    bool given_up : 1; /* it was given up in this run (readings.h) */
    unsigned char header[DIGEST_SIZE], wire[DIGEST_SIZE], canonical[DIGEST_SIZE];
    uint64_t body_size;
    const char *base; /* the file's; the meeting's */
    uint32_t intent_uidnext;
    int64_t intent_date;
    bool has_message_id;
    unsigned char message_id[DIGEST_SIZE]; /* its digest (probe.h) */
    struct kinship *kinship;               /* NULL: not known (yet); the meeting's */
};

struct lost { /* a row whose file is gone */
    int64_t id;
    uint64_t size;
    unsigned char header[DIGEST_SIZE]; /* of what the server has, as far as is known */
    unsigned char wire[DIGEST_SIZE];   /* of the file; zeros: not known */
    bool doubted;                      /* its folder is a copy, and lacked it */
    bool taken;                        /* it has its file again */
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
    bool anew;     /* nothing in this mailbox was settled before, or all of it must be settled anew: anew.h */
    bool whole;    /* ... the latter, or the account is new */
    bool settled;  /* some of it was settled before */
    int64_t met;   /* the highest row id when both sides were read for the first time; -1: no run has come so far */
    bool unjudged; /* not all of it could be judged when it was new */
    struct arena arena; /* names, kinships, and lost */
    struct lost *lost;  /* NULL: not looked for yet */
    size_t lost_count;
    size_t longer_there, longer_here; /* pairs that differ by line ends at the end: whose is longer */
    size_t doubled;                   /* so many would go both up and down under one Message-ID; some of them: */
    struct half *examples[RUN_EXAMPLES][2];
    size_t examples_count;
};

/** Add a half; NULL: out of memory, run->err says so. The pointer is valid until the next one is added. */
struct half *meeting_add(struct run *run, struct halves *halves);
/** What the row of a file says of this half; whether it is new, or was sent, stays as it is. */
MUST_CHECK bool meeting_know_file(struct meeting *meeting, struct half *half, const struct journal_message *message);
/**
 * A message moves to another mailbox. Where its bases differ nothing was agreed on: a change went to another message meanwhile (wanted.c), or
 * the old place could not store it.
 *
 * @param shown  flags that both sides can show in its new place
 */
void meeting_level_shown(struct journal_message *message, unsigned shown);
/**
 * A row that has found its UID: its intent is deleted, unless it is a removal whose file is still gone. Inside a
 * transaction; saves no row.
 */
MUST_CHECK bool meeting_take_intent(struct run *run, struct journal_message *message);
/** Is this the name that the download of this UID would get? */
bool meeting_is_its_name(const struct meeting *meeting, const struct half *uid, const char *base);
/**
 * Which headers say by themselves which message it is: those that were on the way (Received), or whose Message-ID no other UID here
 * has. Never in \Drafts: a draft that is saved again keeps its header.
 */
MUST_CHECK bool meeting_judge_headers(struct meeting *meeting);
/** *due false: all halves have met before, and those that are left wait for the user's word, or have it. @return false: run->err */
MUST_CHECK bool meeting_is_due(const struct meeting *meeting, bool *due);
/** Has a file about the size that the server claims for this UID? Asked only for a message that can't be read. */
bool meeting_fits(const struct meeting *meeting, const struct half *uid);
/** May these be sizes of one message, here and on a server that counts inexactly? */
bool meeting_is_plausible(uint64_t a, uint64_t b);
#define MEETING_COPY_LINE 22 /* bytes of mbsync's "X-TUID: ............\r\n", which it writes into each copy */
/** May this UID be what became of a file whose APPEND, COPY or MOVE was not confirmed? */
bool meeting_has_intent(const struct halves *files, const struct half *uid);
/** After a mailbox was paired: flags that the server lost with the UIDs are no changes of anybody's. Inside a transaction. */
MUST_CHECK bool meeting_keep_flags(struct meeting *meeting);

#endif
