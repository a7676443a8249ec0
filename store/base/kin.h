/*
 * Is this header that header, but for lines that mail programs are known to add or to change on a copy? Delivery agents, mail readers
 * and mbox servers write lines of their own (Status, X-UID, Delivered-To ...); what is left when those are taken out makes two
 * headers kin. It says nothing about bodies.
 *
 * Order of calls: kin_new, then for each message any number of kin_add (the header block, split anywhere; what follows its empty line
 * is ignored) and one kin_finish.
 */
#ifndef STORE_BASE_KIN_H
#define STORE_BASE_KIN_H

#include "store/base/digest.h"

#define KIN_RECEIVED 24     /* lines that are compared; of more, the oldest, which stand last */
#define KIN_RECEIVED_SIZE 8 /* bytes of each one's digest */

struct kin {
    unsigned char
        rest[DIGEST_SIZE];         /* of all lines that are neither known to be added nor Received, in canonical form */
    bool has_id;                   /* one that says something: <> does not */
    unsigned char id[DIGEST_SIZE]; /* of the Message-ID without its blanks */
    bool names;   /* it has one, or a Received line with a date: else it may be the header of many messages */
    size_t count; /* of Received lines, top to bottom */
    unsigned char received[KIN_RECEIVED][KIN_RECEIVED_SIZE];
    uint32_t length[KIN_RECEIVED]; /* wire bytes of each; not compared */
    uint64_t added;                /* wire bytes of the lines that programs are known to add; not compared */
};

struct kin_reader;

/** @return NULL: out of memory */
struct kin_reader *kin_new(void);
/** Bytes of the header block, as on the wire or as in a file: line ends do not count. @return false: OpenSSL failed */
MUST_CHECK bool kin_add(struct kin_reader *reader, const void *bytes, size_t len);
/** What was added since the last finish; the reader is ready for the next message. */
MUST_CHECK bool kin_finish(struct kin_reader *reader, struct kin *out);
/** NULL-safe. */
void kin_free(struct kin_reader *reader);

/**
 * Equal rests, and equal Received lines from the topmost one that both have on. Without one in common only headers that both have none
 * are kin: in doubt they are not.
 */
bool kin_same(const struct kin *a, const struct kin *b);
/** Both have a Message-ID, and it is one. */
bool kin_same_id(const struct kin *a, const struct kin *b);
/** Wire bytes of those lines of `one` that count for nothing beside `other`, which is kin. */
uint64_t kin_added(const struct kin *one, const struct kin *other);
/** Is a line of this name, without its colon, known to be added by programs? Received is not: it counts by its place. */
bool kin_is_added(const char *name, size_t len);
/** Is it one of those that mail readers write into what they save or label? */
bool kin_is_saved(const char *name, size_t len);
/** Is it one of those that delivery agents write? */
bool kin_is_delivered(const char *name, size_t len);

#endif
