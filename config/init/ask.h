/*
 * Questions in the terminal: a line of why, a question with its default, a typed answer; choices are numbered lines. Nothing is drawn over.
 * Where nobody can be asked, an answer that is missing is an error that names its option.
 */
#ifndef CONFIG_INIT_ASK_H
#define CONFIG_INIT_ASK_H

#include <stdio.h>

#include "store/base/error.h"

#define ASK_MAX 1024        /* bytes of an answer, with NUL */
#define ASK_SECRET_MAX 4096 /* ... of a password; less than a pipe holds */

struct ask {
    FILE *out;     /* of the conversation */
    bool terminal; /* somebody is there to answer */
    bool defaults; /* --yes: a question that has a default is not asked */
};

struct question {
    const char *option;   /* which answers it beforehand: "--server" */
    const char *why;      /* a sentence */
    const char *text;     /* the question */
    const char *fallback; /* what an empty answer means; NULL: it must be answered */
};

/** Say something, a line. Not to standard output where that holds JSON alone. */
void ask_say(const struct ask *ask, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** @return false: ERROR_CONFIG, there is no answer, or ERROR_INTERRUPTED */
MUST_CHECK bool ask_line(const struct ask *ask, const struct question *question, char to[static ASK_MAX],
                         struct error *err);
/** One of numbered answers. @param choices  NULL at the end @param fallback  0 ... @param choice  [out] 0 ... */
MUST_CHECK bool ask_choice(const struct ask *ask, const struct question *question, const char *const *choices,
                           size_t fallback, size_t *choice, struct error *err);
/** Without echo; from standard input also where that is no terminal. The caller wipes it. */
MUST_CHECK bool ask_secret(const struct ask *ask, const char *prompt, char to[static ASK_SECRET_MAX],
                           struct error *err);

#endif
