/* Whose answer is it? What is asked for behind a refusal. */
#ifndef SYNC_IMPORT_STEP_H
#define SYNC_IMPORT_STEP_H

#include "sync/import/private.h"
#include "sync/import/seen.h"

struct sample {      /* what came as which message */
    uint32_t number; /* 0: none yet */
    struct seen seen;
};

struct behind {    /* what is read in its order, and not held: behind a refusal */
    bool draining; /* nothing is asked for until all that is in flight came */
    bool doubt;    /* one at a time, until one came twice the same */
    size_t next;   /* the first behind the refusal */
    struct sample sample;
};

/** @param next  place of the one behind it */
void behind_refused(struct behind *behind, size_t next);
bool behind_may_ask(const struct behind *behind, size_t asked, size_t at);
/** One came. *certain: it is what it was asked for as; else it is asked for again. @return false: answers are out of step */
MUST_CHECK bool behind_came(struct import *import, struct behind *behind, uint32_t number, const struct seen *seen,
                            bool *certain);
/** Nothing is in flight: it goes on behind the refusal. */
void behind_go_on(struct behind *behind, size_t *asked, size_t *at);

#endif
