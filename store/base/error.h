/*
 * An error is a value that rises; the layer that knows a fact adds it. The store says what was tried and what was
 * answered, the engine adds mailbox and account, the report prints it, once. Nobody else prints.
 */
#ifndef STORE_BASE_ERROR_H
#define STORE_BASE_ERROR_H

#include "store/base/text.h"

enum error_kind {
    ERROR_NONE,
    ERROR_CONFIG,      /* usage or configuration, or a situation that the user must clear up first: exit 2 */
    ERROR_LOGIN,       /* login refused or the password command failed: exit 4 */
    ERROR_NETWORK,     /* no connection, TLS and STARTTLS included, or a connection that broke: exit 5 */
    ERROR_SERVER,      /* the server refused, lied or talked nonsense: exit 1 */
    ERROR_LOCAL,       /* file system or journal: exit 1 */
    ERROR_LOCKED,      /* another golub is at work on the account: exit 6 */
    ERROR_INTERRUPTED, /* a signal asked us to stop */
};

struct error { /* fixed size: to report "out of memory" must not need memory */
    enum error_kind kind;
    char account[64];  /* as in the configuration; "" until the engine adds it */
    char mailbox[256]; /* UTF-8, as the user writes it; "" if it is about the account */
    char what[256];    /* what was tried: "move message 1732.eV01 from tmp/ to cur/" */
    int number;        /* errno, where the system answered; else 0 */
    bool stated;       /* `what` is a sentence of its own: "the Maildir is kept by another state folder" */
    char answer[512];  /* what the other side said, control characters escaped */
    char hint[256];    /* what to do next; may be "" */
    bool not_password; /* of a login: it was refused, and not because of the user's name or the password */
    const char *code;  /* of a login: a word of store/net/refusal.h for programs, a constant; NULL: none fits */
};

/** A kind as a word of JSON: "config", "login" ...; ERROR_NONE is "". */
const char *error_kind_word(enum error_kind kind);
/** And back; a word that is none: ERROR_NONE. */
enum error_kind error_kind_of(const char *word);
/** Fill in kind and what; what follows becomes empty, account and mailbox stay. */
void error_set(struct error *err, enum error_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** error_set with a whole sentence that says what is wrong, where nothing was tried. */
void error_state(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** ERROR_LOCAL with the system's words for `number` (errno) as the answer. */
void error_sys(struct error *err, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** No descriptor was left: what holds some lets go of them, and it is tried again. */
bool error_no_descriptor(const struct error *err);
/** This user may not do that there: rights, or what was mounted to be read only. */
bool error_no_rights(const struct error *err);
/** The folder, or one above it, is not there. */
bool error_no_folder(const struct error *err);
/** The other side's words: control and 8-bit-invalid bytes escaped as \xNN, cut with "..." where too long. */
void error_answer(struct error *err, struct text said);
/** What the user can do. */
void error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/**
 * Length of the well-formed UTF-8 sequence at `at` (len ≥ 1) that a terminal may see; 0: there is none. It may see no control character (C0,
 * DEL, C1), no mark that turns the direction of what follows, and no separator of lines.
 */
size_t error_printable(const unsigned char *at, size_t len);
/** Copy printable text, all other bytes as \xNN, cut with "..."; always NUL-terminated. */
void error_escape(char *to, size_t size, struct text from);
/** The exit status for an error of this kind, where nothing was held. */
int error_status(enum error_kind kind);
/** One line for people: "account/mailbox: can't what: answer. hint" without the parts that are empty; no "can't" before a sentence. */
void error_line(const struct error *err, char *to, size_t size);

#endif
