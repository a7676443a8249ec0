/*
 * A POP3 server as a struct maildrop (store/base/maildrop.h). Rests on RFC 1939, 2449 (CAPA), 2595 (STLS), 5034 (AUTH).
 */
#ifndef STORE_POP_POP_H
#define STORE_POP_POP_H

#include "store/base/maildrop.h"
#include "store/net/connection.h"

struct pop;

/** Does not connect; `to` is borrowed for the life of the pop. @return NULL: out of memory */
struct pop *pop_new(const struct connection *to);
/** The table of functions, with itself. */
struct maildrop pop_maildrop(struct pop *pop);
/** Closes without QUIT if open. NULL-safe. */
void pop_free(struct pop *pop);

#endif
