/*
 * libetpan's view of a dialogue: a mailstream that is fed with lines that somebody has looked at and rewritten first,
 * one answer at a time, so that its parsers get only what they can't stumble over. What it writes goes into the
 * dialogue.
 */
#ifndef STORE_NET_FEED_H
#define STORE_NET_FEED_H

#include <libetpan/libetpan.h>

#include "store/net/dialogue.h"

struct feed {
    struct dialogue *dialogue; /* borrowed */
    /** Read on, and add what libetpan shall see to `ready` (nothing: called again). @return false: err is filled in */
    bool (*next)(void *context, struct buffer *ready, struct error *err);
    void *context;
    struct error err; /* why a call of libetpan failed below; ERROR_NONE: it did not fail here */

    /* Private to feed.c. */
    struct buffer ready;
    size_t ready_at; /* and read by libetpan */
    bool starved;    /* memory ran out between two calls of ours, in libetpan or in what it uses */
};

struct feed feed_new(struct dialogue *dialogue, bool (*next)(void *context, struct buffer *ready, struct error *err),
                     void *context);
void feed_free(struct feed *feed);
/** Before each call of libetpan; see feed_starved. */
void feed_watch(struct feed *feed);
/**
 * Memory ran out since feed_watch, in libetpan or in a library below it: they tell it as an exchange that failed, or go on with a proof that
 * is none. Asked only where the call failed, since whoever got no memory may have helped itself.
 */
bool feed_starved(struct feed *feed);
/** @param feed  at its final place in memory. @return NULL: out of memory; else the caller gives it to feed_close */
mailstream *feed_mailstream(struct feed *feed);
/**
 * Wipe what libetpan wrote (it may have been a password) and free the mailstream. Dialogue and stream stay. NULL-safe.
 */
void feed_close(mailstream *stream);
/** Something that libetpan was sent too much of lies in its buffer. */
bool feed_has_unread(const mailstream *stream);

#endif
