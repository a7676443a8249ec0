/*
 * Why a token was refused, as far as the server tells: in words, or in the JSON of XOAUTH2 and OAUTHBEARER (RFC 7628 section 3.2.3). Each cause that a
 * user can do something about gets a word for programs and a sentence that says what. Nothing is sent from here.
 */
#ifndef STORE_NET_REFUSAL_H
#define STORE_NET_REFUSAL_H

#include "store/base/error.h"

/* Values of error.code. */
#define REFUSAL_TOKEN "invalid_token"         /* old, or not for this user; a new one may help */
#define REFUSAL_GRANT "invalid_grant"         /* no new one can be had without the user */
#define REFUSAL_SCOPE "insufficient_scope"    /* it is for something else */
#define REFUSAL_NOT_CONNECTED "not_connected" /* the login was taken, the mailbox can't be opened */
#define REFUSAL_COMMAND "password_command"    /* there was nothing to send */

/**
 * Find the cause in what the server said.
 * @param host     of the server; may be NULL
 * @param words    behind NO, BAD or -ERR
 * @param details  the decoded challenge of a token mechanism; anything may be in it. May be NULL
 * @param err      [out] code and hint, where the cause is known; else untouched. A cause that has no sentence of its own sets the code alone
 * @return the hint was set
 */
bool refusal_explain(const char *host, struct text words, const struct buffer *details, struct error *err);
/** Exchange takes a login and then refuses all that follows. Is it that? Sets code and hint. */
bool refusal_not_connected(struct text words, struct error *err);

#endif
