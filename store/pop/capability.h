/* What a POP3 server says that it can do: the lines of CAPA (RFC 2449). */
#ifndef STORE_POP_CAPABILITY_H
#define STORE_POP_CAPABILITY_H

#include "store/base/error.h"

#define POP_CAPABILITIES_MAX (16 * 1024) /* bytes of all lines; what is beyond is not looked at */

struct pop_capabilities {
    struct buffer lines; /* one '\n' between; without what `disable` names */
    bool known;          /* false: -ERR, the server has no CAPA */
    bool stls, user, pipelining, resp_codes;
    bool uidl, top;   /* true also where nothing is known: found out when used */
    char sasl[512];   /* mechanisms, one blank between; "" none */
    bool sasl_named;  /* there is a line SASL, even an empty one */
    int login_delay;  /* seconds, 0: not said */
    int expire_days;  /* -1: NEVER or not said */
    char server[512]; /* IMPLEMENTATION, escaped */
};

/** Nothing is known yet. */
struct pop_capabilities pop_capabilities_new(void);
/** CAPA was answered +OK: its lines follow. */
void pop_capabilities_begin(struct pop_capabilities *can);
/** One line, without its end. @param disable  capabilities not to be used, NULL at the end; may be NULL */
void pop_capabilities_add(struct pop_capabilities *can, struct text line, const char *const *disable);
void pop_capabilities_free(struct pop_capabilities *can);

/** The part up to a blank; text loses it and the blanks behind it. */
struct text pop_take_word(struct text *text);
/** Is `name` among words with blanks between (any case)? */
bool pop_has_word(const char *words, const char *name);
/** Is `name` in a list like `disable` (any case)? */
bool pop_is_disabled(const char *const *disable, const char *name);
/** The code of a status text, "[IN-USE] words" (RFC 2449 section 8); "" none. */
void pop_code(struct text words, char code[static 32]);
/** A code that is about the server or the mailbox, not about the message or the credentials. */
bool pop_code_is_busy(const char *code);
/** Does it say what an -ERR is about, so that its words need not? "[ALERT]" does not. */
bool pop_code_is_known(const char *code);

#endif
