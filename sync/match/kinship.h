/*
 * What says that two messages are one although their bytes differ: a copy that a mail program made with lines of its own (store/base/kin.h), or one
 * whose header a server rewrote. Read from a header alone, or from a whole message.
 */
#ifndef SYNC_MATCH_KINSHIP_H
#define SYNC_MATCH_KINSHIP_H

#include "store/base/kin.h"
#include "store/base/text.h"

#define KINSHIP_ENDS 8    /* numbers of line ends at the end of a body that are told apart, from 0 */
#define KINSHIP_PLAIN 4   /* ways to take lines out of a header */
#define KINSHIP_UNSAVED 2 /* ... this one takes out those that mail readers write (kin_is_saved) */
#define KINSHIP_ENDED_SIZE                                                                                             \
    12 /* bytes of a digest that are kept of each: there are as many kinships as messages of a mailbox */

struct kinship {
    struct kin kin;
    bool has_alike; /* it has a Message-ID, a From and a Date that says an instant */
    unsigned char alike
        [DIGEST_SIZE]; /* of Message-ID, the instant, From and Subject, as people read them (store/message/header.h) */
    bool has_written;  /* it has a From and a Date that says an instant */
    unsigned char written[DIGEST_SIZE]; /* of the instant, From, Subject, To and Cc, as people read them */
    bool is_saved;                      /* a mail reader wrote lines of its own into its header */
    bool has_body;                      /* the whole message was read */
    unsigned char body[DIGEST_SIZE];    /* of what follows the header, as added */
    uint64_t body_size;                 /* its bytes */
    size_t ends;                        /* line ends at its end; of more than are told apart all are KINSHIP_ENDS */
    unsigned char ended[KINSHIP_ENDS]
                       [KINSHIP_ENDED_SIZE];         /* how its digest begins if so many line ends were at its end */
    bool has_plain;                                  /* ... and its header was not too long for that */
    unsigned char plain[KINSHIP_PLAIN][DIGEST_SIZE]; /* of all of it without the lines that programs are known to add:
                                                        all of them, all but a delivery's, a mail reader's alone, and
                                                        those of a program that copies alone (kin.h) */
    unsigned char plain_header[KINSHIP_PLAIN][KINSHIP_ENDED_SIZE]; /* ... and how those of their header blocks begin */
};

struct kinship_reader; /* one message at a time streams by */

/** @return NULL: out of memory, or OpenSSL failed */
struct kinship_reader *kinship_new(void);
/** Start over with the next message. @param body  its body will come, too */
MUST_CHECK bool kinship_begin(struct kinship_reader *reader, bool body);
/** Bytes of the header block, or of the message, split anywhere. @return false: out of memory, or OpenSSL failed */
MUST_CHECK bool kinship_add(struct kinship_reader *reader, const void *bytes, size_t len);
/** Is the header over? What follows matters for the body alone. */
bool kinship_is_past_header(const struct kinship_reader *reader);
/** What was added since the begin. @return false: out of memory, or OpenSSL failed */
MUST_CHECK bool kinship_finish(struct kinship_reader *reader, struct kinship *out);
/** NULL-safe. */
void kinship_free(struct kinship_reader *reader);

/**
 * How many line ends more are at the end of a body than at the end of this one's, which was read?
 *
 * @param more [out] 0: none, or what differs is not that
 */
void kinship_count_ends(const struct kinship *kinship, const unsigned char body[static DIGEST_SIZE], int *more);
/** Are these the bytes of the message before a program wrote its lines into it? */
bool kinship_was(const struct kinship *kinship, const unsigned char wire[static DIGEST_SIZE]);
/** Has the message this header without such lines? */
bool kinship_had_header(const struct kinship *kinship, const unsigned char header[static DIGEST_SIZE]);
/**
 * Does the size of each say that the two, whose headers are kin, differ by nothing but the lines that count for nothing?
 *
 * @param one_size, other_size  bytes on the wire
 */
bool kinship_explains(const struct kinship *one, uint64_t one_size, const struct kinship *other, uint64_t other_size);

#endif
