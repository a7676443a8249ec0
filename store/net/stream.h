/*
 * A stream of bytes to a server: a socket, TLS on it, or a tunnel command. Non-blocking below, with a time limit above.
 * Order of calls: stream_open, (stream_start_tls), any number of reads, writes and waits, (stream_compress) between them, stream_close.
 * Belongs to one thread. Knows no protocol.
 */
#ifndef STORE_NET_STREAM_H
#define STORE_NET_STREAM_H

#include "store/net/connection.h"

struct stream;

enum stream_result {
    STREAM_DONE,  /* *moved bytes were moved, at least one */
    STREAM_AGAIN, /* nothing can be moved right now: stream_wait */
    STREAM_END,   /* reads only: the other side closed, in order */
    STREAM_FAILED /* err says why; only stream_close is allowed now */
};

#define STREAM_WANT_READ 1u
#define STREAM_WANT_WRITE 2u

/**
 * Connect: every address of the host in turn (IPv6 and IPv4, the next one tried when one fails), or start the tunnel.
 * With scheme imaps or pop3s TLS is up, verified (host name, CA or SPKI pin), before this returns. Refuses plain text to a host
 * off the loopback unless allow_plaintext. A tunnel is a private channel: plain text is no question there.
 * @return NULL: err is ERROR_NETWORK, ERROR_INTERRUPTED, or ERROR_CONFIG (an unreadable PEM file, plain text to another
 *         machine, tls = none with imaps:// or pop3s://)
 */
struct stream *stream_open(const struct connection *to, struct error *err);
/** TLS on a plain stream (after STARTTLS). The caller has made sure that nothing from before TLS is left unread. */
MUST_CHECK bool stream_start_tls(struct stream *stream, struct error *err);
/**
 * Did TLS not come up where the ticket of an earlier connection was shown? It has no ticket any more: another stream, once this one is closed, may be
 * well (stream_open does so by itself).
 */
bool stream_lost_by_ticket(const struct stream *stream);
/**
 * Compress both ways from here on (RFC 4978), below what is read and written and above TLS: where the server said OK to that, and nothing else is
 * in flight. A server that does not keep to it is ERROR_NETWORK at a read.
 *
 * @param early  what was read already behind the server's OK, which is compressed; copied
 */
MUST_CHECK bool stream_compress(struct stream *stream, const void *early, size_t len, struct error *err);
/** Did it break because what came was not compressed as agreed? */
bool stream_is_damaged(const struct stream *stream);
/** True once TLS is up. */
bool stream_is_secure(const struct stream *stream);
/** True where nobody on the way can read or change the bytes: TLS, a tunnel's command, or this very machine. */
bool stream_is_private(const struct stream *stream);
/** "imap.example.org:993" or "the tunnel", for errors; lives as long as the stream. */
const char *stream_name(const struct stream *stream);
/** Why there was an unexpected STREAM_END, as ERROR_NETWORK: how a tunnel's command ended, or that the server closed. */
void stream_ended(const struct stream *stream, struct error *err);
/** Read what is there, at most size bytes, without waiting. */
MUST_CHECK enum stream_result stream_read(struct stream *stream, void *to, size_t size, size_t *moved,
                                          struct error *err);
/** Write what fits, without waiting. After STREAM_AGAIN the next write must begin with the same bytes and be no shorter. */
MUST_CHECK enum stream_result stream_write(struct stream *stream, const void *from, size_t len, size_t *moved,
                                           struct error *err);
/**
 * Wait until a read or a write (STREAM_WANT_*) may move bytes again, TLS's own needs included. Returns true at once where
 * decrypted bytes are waiting. The time limit is the connection's and starts anew at every call: no progress, not total time.
 * @return false: time is up, interrupted, or poll failed; err says so
 */
MUST_CHECK bool stream_wait(struct stream *stream, unsigned want, struct error *err);
/**
 * As stream_wait, with an end of its own.
 * @param until  a time of clock_ms
 */
MUST_CHECK bool stream_wait_until(struct stream *stream, unsigned want, int64_t until, struct error *err);
/** To be polled for reading by who waits for other things, too; -1: none. What stream_has_buffered says poll does not know. */
int stream_descriptor(const struct stream *stream);
/** A read would find bytes that were taken from the descriptor already. */
bool stream_has_buffered(const struct stream *stream);
/**
 * Wait for something to read, a few seconds at most and never the whole time limit.
 * @return STREAM_DONE: there may be, or the other side closed; STREAM_AGAIN: nothing came; STREAM_FAILED: err says why
 */
enum stream_result stream_wait_briefly(struct stream *stream, struct error *err);
/**
 * stream_wait for one step before login, where anybody on the way may speak: bytes that come in drops don't keep us for
 * ever. The whole step may take five time limits.
 * @param since  when it began, by clock_ms
 */
MUST_CHECK bool stream_wait_since(struct stream *stream, unsigned want, int64_t since, struct error *err);
/**
 * The same for the very first line, which comes by itself: after 15 seconds without it `said` is told, and err hints at it, that the port may
 * expect TLS.
 */
MUST_CHECK bool stream_wait_greeting(struct stream *stream, int64_t since, struct error *err);
/** Bytes moved so far, as the line carries them (before TLS; compressed where they are). */
void stream_counts(const struct stream *stream, uint64_t *up, uint64_t *down);
/** Forget what stream_rate goes by. */
void stream_rate_begin(struct stream *stream);
/** How fast bytes came since then, in bytes a second, once the beginning was over; 0: too few came to tell. Before anything is compressed. */
uint64_t stream_rate(const struct stream *stream);
/** Close without ceremony (TLS close notify is tried, not awaited); a tunnel's command is ended. NULL-safe. */
void stream_close(struct stream *stream);

#endif
