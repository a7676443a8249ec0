/* The downloads of one agenda: a draft for what comes, and what a whole one is (down.c, at_hand.c). */
#ifndef SYNC_APPLY_DOWNLOADING_H
#define SYNC_APPLY_DOWNLOADING_H

#include "sync/apply/arrivals.h"
#include "sync/apply/due.h"
#include "sync/apply/room.h"
#include "sync/rows/readings.h"

struct refused { /* asked[at] was refused by itself */
    size_t at;
    struct remote_outcome outcome;
};

struct name { /* of a message that stands under several labels */
    uint64_t msgid;
    size_t at; /* in asked */
};

struct downloading {
    struct run *run;
    struct arena arena;
    struct due due; /* in the order in which they are asked for */
    struct room room;
    struct arrivals arrivals;
    /* those that are asked for now: at most ROUND of them, or those of these that came short */
    struct todo **asked;
    size_t asked_count, at_once;   /* at_once: so many have room in the arrays */
    struct reading *readings;      /* one for each of asked */
    struct remote_fetch *requests; /* each is asked[first[i] ...] */
    size_t *first;
    uint32_t *uids;
    size_t request_count;
    bool again; /* the second time */
    struct refused *refused;
    size_t refused_count, refused_size;

    struct name *names;  /* of asked, at Gmail */
    struct todo **later; /* of asked: what comes once in this round already, under another label */
    size_t later_count;

    struct local_draft *draft; /* being written; NULL: what comes is thrown away */
    bool no_folder;            /* true: because there is none any more */
    bool no_room;              /* true: because more came than was announced, or than there is room for */
    uint64_t draft_bytes;
    uint64_t told;                 /* what the server says of its size with it, or READING_UNTOLD */
    struct journal_message *row;   /* of what has come */
    struct journal_message *other; /* a row that is looked at */
};

/** A draft in the mailbox's folder, down->draft. */
MUST_CHECK bool downloading_begin(struct downloading *down, const struct mailbox *mailbox);
/** The draft is whole: is it the message? */
MUST_CHECK bool downloading_finish(struct downloading *down, struct mailbox *mailbox, size_t wanted,
                                   struct arrival *arrival, bool *taken);
/**
 * Bytes that are here already become the draft, and are taken if these are their digests. What is not taken is fetched.
 *
 * @param handle  of read_open or quarantine_open; closed
 * @param header  what the server says of the header, where nothing else says that they are its bytes: the size must be that of the list as well;
 *                NULL: it is known that they are
 */
MUST_CHECK bool downloading_copy(struct downloading *down, size_t wanted, void *handle,
                                 const unsigned char wire[static DIGEST_SIZE], const unsigned char *header);
/** What was not taken is what is asked for now. */
void downloading_settle(struct downloading *down);
/** It is: it waits for its batch. */
MUST_CHECK bool downloading_take(struct downloading *down, struct mailbox *mailbox, size_t wanted);

#endif
