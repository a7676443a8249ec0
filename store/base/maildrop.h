/*
 * A POP3 maildrop as the import sees it: one table of functions. store/pop implements it on a pipelined wire, the simulator
 * in memory. A maildrop is one session long: message numbers, and what was marked as deleted (RFC 1939, DELE), count from open to quit.
 *
 * Rules for every function here:
 * - a callback that returns false stops the batch; the function then returns false and leaves err alone: the callback has
 *   filled it in (it is the same struct error that the caller passed, by the context);
 * - true means: every item was reported. false means: the connection, or the caller's callback, broke; what was not
 *   reported is in doubt, and no message may be marked as deleted on this connection any more. A refusal of one message
 *   is an item's outcome and never makes the batch fail;
 * - sizes that the server claims are hints; only the terminator of a multi-line answer says where a message ends;
 * - bytes of a message are given as they are on the wire, dot-unstuffed, without the terminator; nothing else is changed:
 *   NUL, bare CR, bare LF and 8-bit stay. A message without a final line end can't be told from one with it (RFC 1939
 *   section 3: the terminator brings its own CR LF), so each ends in CR LF, except the empty one.
 */
#ifndef STORE_BASE_MAILDROP_H
#define STORE_BASE_MAILDROP_H

#include "store/base/error.h"

#define MAILDROP_UIDL_MAX                                                                                              \
    70 /* characters 0x21 to 0x7e (RFC 1939 section 7); so long is the name of what is none, too */

struct maildrop_info { /* for the import's decisions and for `golub check` */
    char server[512];  /* IMPLEMENTATION of CAPA, or the greeting's text; escaped */
    bool uidl, top;    /* as CAPA says; true where the server has no CAPA: found out when used */
    bool pipelining, resp_codes;
    int login_delay;          /* seconds that the server wants between logins (RFC 2449 6.5); 0: not said */
    int expire_days;          /* of EXPIRE; -1: NEVER or not said */
    const char *capabilities; /* lines of CAPA after login, one '\n' between; owned by the maildrop; "" none */
    bool secure;              /* TLS is up */
    bool
        lost_track; /* where an answer should begin there was something else: the one before it may not have ended there */
    uint64_t bytes_up, bytes_down;
};

enum maildrop_outcome {
    MAILDROP_DONE,
    MAILDROP_REFUSED, /* -ERR, for this message; `words` says what the server said */
};

struct maildrop_taker { /* of what is retrieved; a callback that returns false ends it, with err as its own business */
    void *context;
    /** Which is wanted next? *number 0: none now. It is over when that is said and every answer was taken. */
    bool (*next)(void *context, uint32_t *number);
    bool (*bytes)(void *context, uint32_t number, const void *bytes, size_t len);
    bool (*end)(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words);
};

struct maildrop_ops {
    /** Connect, STLS, log in. STAT, LIST and UIDL are best asked in this order: they may be sent ahead. @return false: as session_open says */
    bool (*open)(void *self, struct error *err);
    void (*info)(void *self, struct maildrop_info *out);
    /** STAT: how many messages, and how many bytes (a hint). */
    bool (*stat)(void *self, uint64_t *messages, uint64_t *bytes, struct error *err);
    /**
     * UIDL, streamed: one call a line, in the server's order (numbers need not ascend). *supported false (and true): -ERR, the
     * server has none; nothing was reported. A UIDL that RFC 1939 does not allow (longer, with blanks or other characters) names its
     * message all the same, in a form that no legal one has: its length, a blank, and a digest of its bytes. One that is empty is reported
     * with "", a line without a number as number 0 with "".
     */
    bool (*uidls)(void *self, bool (*item)(void *context, uint32_t number, const char *uidl), void *context,
                  bool *supported, struct error *err);
    /** LIST, streamed. A size that is none is reported as 0, not told; a line without a number is none. */
    bool (*sizes)(void *self, bool (*item)(void *context, uint32_t number, uint64_t size), void *context,
                  struct error *err);
    /**
     * TOP number 0 for each, pipelined where that is offered: bytes and end of `taker`, as with retrieve; its next is not asked. What comes
     * is the header block, and on some servers more. *supported false (and true): no TOP there, nothing was reported.
     */
    bool (*headers)(void *self, const uint32_t *numbers, size_t count, const struct maildrop_taker *taker,
                    bool *supported, struct error *err);
    /**
     * RETR for each that `next` names, pipelined where that is offered, so that `next` is asked well ahead of the answers. For each,
     * in this order: any number of `bytes`, then one `end`. Where the connection breaks inside a message there is no `end` for it.
     */
    bool (*retrieve)(void *self, const struct maildrop_taker *taker, struct error *err);
    /** DELE for each; one `item` each. Nothing is gone before quit. */
    bool (*remove)(void *self, const uint32_t *numbers, size_t count,
                   bool (*item)(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words),
                   void *context, struct error *err);
    /** QUIT: true only where the server answered +OK: what was marked as deleted is gone. The connection is closed either way. */
    bool (*quit)(void *self, struct error *err);
    /** Close without QUIT: the server forgets what was marked as deleted. Also after quit, and when never opened. */
    void (*close)(void *self);
};

struct maildrop {
    const struct maildrop_ops *ops;
    void *self;
};

#endif
