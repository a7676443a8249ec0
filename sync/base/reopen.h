/*
 * How often a line that broke is opened again in one run: so often and no oftener, since a server that ends each line is no better for being
 * asked without a pause. Numbers alone; who waits, and what is asked on the new line, is the engine's business.
 */
#ifndef SYNC_BASE_REOPEN_H
#define SYNC_BASE_REOPEN_H

#define REOPEN_ON_END 3 /* with nothing done between them */
#define REOPEN_RUN 20

struct reopening {
    unsigned all;    /* in this run */
    unsigned on_end; /* of these, since something was done or settled */
};

/** It broke. @return seconds to wait before it is opened again: 1, 2, 4; 0: it is not, in this run */
static inline unsigned
reopening_wait(struct reopening *reopening)
{
    if (reopening->all >= REOPEN_RUN || reopening->on_end >= REOPEN_ON_END)
        return 0;
    reopening->all++;
    return 1u << reopening->on_end++;
}

/** Mail came, or it is known now of one message that the line breaks at it: what broke before counts no more. */
static inline void
reopening_went_on(struct reopening *reopening)
{
    reopening->on_end = 0;
}

#endif
