/* What OpenSSL says of a failure. Inside store/net only. */
#ifndef STORE_NET_OPENSSL_H
#define STORE_NET_OPENSSL_H

#include "store/base/error.h"

/** OpenSSL's own words for what it has just refused become the answer; the system's, where a system call is at the bottom of it. */
void openssl_answer(struct error *err);

#endif
