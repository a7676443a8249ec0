/*
 * The prologue of a POP3 session: greeting, STLS, CAPA, login. libetpan speaks its control commands over our own stream
 * (see driver.h); CAPA and single-message SASL mechanisms we send ourselves. After pop_session_open the stream belongs
 * to the pipeline: libetpan never sees it again.
 */
#ifndef STORE_POP_SESSION_H
#define STORE_POP_SESSION_H

#include "store/net/stream.h"
#include "store/pop/capability.h"

struct pop_session {
    struct stream *stream;       /* logged in, nothing in flight; pop_session_close closes it */
    struct pop_capabilities can; /* as the server said before login: to be asked again */
    char greeting[512];          /* its text, escaped */
    unsigned char *unread;       /* bytes that came after the login's answer and were read already; to be read first */
    size_t unread_len;
};

/**
 * Connect and log in as the connection says, one try. STLS is required on pop3:// unless tls = none; nothing from
 * before TLS is accepted after it, capabilities are asked again. Through a tunnel STLS is used where it is offered and
 * the certificate can be checked (a host or a pin is named), not required. One refused login asks for the secret once
 * more; another one is tried on a connection of its own, then it gives up.
 * @param again_s [out] on failure: 0, or the mailbox is in use or this login came too soon: seconds after which it is
 *                worth another try
 * @return NULL: err is ERROR_NETWORK (no connection, TLS, no STLS, mailbox in use, a server that can't right now),
 *         ERROR_LOGIN (refused, with the server's words; password command failed; no common mechanism), ERROR_CONFIG (as
 *         stream_open, or no user), ERROR_SERVER (nonsense), ERROR_LOCAL (no memory) or ERROR_INTERRUPTED
 */
struct pop_session *pop_session_open(const struct connection *to, int *again_s, struct error *err);
/** Seconds to wait before another try, by the code of an -ERR; 0: none is of use. */
int pop_session_again(const char *code, int login_delay);
/** Close the stream and free. NULL-safe. */
void pop_session_close(struct pop_session *session);

#endif
