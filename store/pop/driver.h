/*
 * The lines of a POP3 session's prologue: between the dialogue and whoever speaks (libetpan, or our own exchange in
 * auth.c). Every line of the server is looked at here first:
 *
 *     dialogue ─► line ─► status, code, words, challenge are noted ─► pop_driver_line ─► auth.c, session.c
 *                                                                  └─► skeleton ─► libetpan
 *
 * libetpan is given the skeleton of greeting, continuation and status ("-ERR x" for "-ERR [AUTH] ..."), a line at a
 * time, and nothing else: it writes into fixed arrays of 512 bytes, takes whatever is no "+OK" for a refusal and loses
 * the words.
 *
 * Belongs to one thread. Knows nothing of mechanisms.
 */
#ifndef STORE_POP_DRIVER_H
#define STORE_POP_DRIVER_H

#include "store/net/feed.h"
#include "store/pop/capability.h"

enum pop_status { POP_NONE, POP_OK, POP_ERR, POP_CONTINUE };

#define POP_LIBETPAN_MAX 500 /* bytes of a command that fit into libetpan's arrays */

struct pop_driver {
    struct dialogue talk;
    struct feed feed; /* its err: why a call of libetpan failed below */

    /* What the server said since pop_driver_begin. */
    enum pop_status status;  /* of the greeting or the last line */
    char code[32];           /* "IN-USE", "" none */
    struct buffer words;     /* text of the status, code included, secrets cut out */
    struct buffer challenge; /* what follows the last "+ " */
    unsigned proofs;         /* challenges that libetpan gets to see */

    char timestamp[128]; /* of the greeting, "<1896.697170952@dbc.mtview.ca.us>"; "" none that APOP could use */

    /* Private to driver.c. */
    bool greeted;
};

/** @param stream  borrowed. @return NULL: out of memory */
struct pop_driver *pop_driver_new(struct stream *stream, int wire_log);
/** A command is about to be sent: forget the last answer. @param shown  as in dialogue_begin */
void pop_driver_begin(struct pop_driver *driver, const char *shown);
/**
 * Read the server's next line, which must be a status or a challenge, into the fields above.
 * @return false: err is ERROR_NETWORK (closed), ERROR_SERVER (nonsense, too long) or ERROR_INTERRUPTED
 */
MUST_CHECK bool pop_driver_line(struct pop_driver *driver, struct error *err);
/** Ask for capabilities. No CAPA there: *can as pop_capabilities_new leaves it. @return as pop_driver_line */
MUST_CHECK bool pop_driver_capa(struct pop_driver *driver, struct pop_capabilities *can, const char *const *disable,
                                struct error *err);
/** NULL-safe. */
void pop_driver_free(struct pop_driver *driver);

#endif
