/*
 * The lines of a session's prologue: between the stream and whoever speaks (libetpan through its mailstream_low driver,
 * or our own exchange in auth.c). Every line of the server is looked at here first:
 *
 *     stream ─► line ─► limits; status, words, capabilities are noted ─► driver_line ─► auth.c
 *                                                                    └─► skeleton ─► libetpan
 *
 * libetpan is given the skeleton of greeting, continuation and tagged answer ("1 NO x" for "1 NO [ALERT] ..."), a line
 * at a time, and nothing else. Its parser recurses without a limit, crashes at a code without text and at a CAPABILITY
 * that is answered by OK alone, takes a status without text for nonsense, loses the words of a BYE, and gives up a session
 * at any answer it does not know: so it gets only what it can't stumble over, and the words are kept here. Since a line
 * is never followed by another in its own buffer, nothing needs to be fetched back from it at STARTTLS or at the end.
 *
 * Belongs to one thread. Knows nothing of mechanisms.
 */
#ifndef STORE_IMAP_DRIVER_H
#define STORE_IMAP_DRIVER_H

#include "store/net/feed.h"

enum driver_status { STATUS_NONE, STATUS_OK, STATUS_PREAUTH, STATUS_NO, STATUS_BAD };

enum driver_line_kind { LINE_GREETING, LINE_CONTINUE, LINE_TAGGED, LINE_OTHER };

struct driver {
    struct dialogue talk;
    struct feed feed; /* its err: why a call of libetpan failed below */

    /* What the server said since driver_begin. */
    enum driver_status status;  /* of the greeting or the tagged answer */
    char tag[16];               /* of the tagged answer */
    char code[32];              /* its code: "AUTHENTICATIONFAILED", "" none */
    struct buffer words;        /* its text, code included, secrets cut out; or the text of the greeting */
    struct buffer challenge;    /* what follows the last "+ " */
    unsigned proofs;            /* challenges that libetpan gets to see */
    struct buffer capabilities; /* the last list of all: atoms, one blank between; len 0: none */

    struct buffer *alerts; /* where what the user must be shown goes (alerts.h); may be NULL */

    /* Private to driver.c. */
    bool greeted;
    struct buffer bye; /* text of a BYE */
};

/** @param stream  borrowed. @return NULL: out of memory */
struct driver *driver_new(struct stream *stream, int wire_log);
/** A libetpan stream on the driver; feed_close leaves driver and stream alone. @return NULL: out of memory */
mailstream *driver_mailstream(struct driver *driver);
/**
 * A command is about to be sent: forget the last answer. The list of capabilities stays.
 * @param shown  NULL, or the command carries a secret: how the wire log shows it, "LOGIN <secret>"
 */
void driver_begin(struct driver *driver, const char *shown);
/** Write all of it. @return false: err is ERROR_NETWORK or ERROR_INTERRUPTED */
MUST_CHECK bool driver_send(struct driver *driver, struct text bytes, struct error *err);
/** One line, see dialogue_send_line. */
MUST_CHECK bool driver_send_line(struct driver *driver, const char *command, const char *rest, struct error *err);
/**
 * Read the server's next line into the fields above.
 * @return false: err is ERROR_NETWORK (closed, BYE), ERROR_SERVER (nonsense, too long) or ERROR_INTERRUPTED
 */
MUST_CHECK bool driver_line(struct driver *driver, enum driver_line_kind *kind, struct error *err);
/** Is `name` in a list of capabilities (any case), and not in `disable`? */
bool driver_offers(const char *capabilities, const char *const *disable, const char *name);
/** Bytes that were read and not looked at; borrowed until the next call. */
struct text driver_unread(const struct driver *driver);
/** NULL-safe. */
void driver_free(struct driver *driver);

#endif
