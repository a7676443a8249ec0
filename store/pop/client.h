/* What the operations of a POP3 maildrop share. Inside store/pop only. */
#ifndef STORE_POP_CLIENT_H
#define STORE_POP_CLIENT_H

#include "store/pop/pipeline.h"
#include "store/pop/pop.h"
#include "store/pop/session.h"

enum pop_question { QUESTION_CAPA, QUESTION_STAT, QUESTION_UIDL, QUESTION_LIST, QUESTIONS };

struct pop {
    const struct connection *to;
    struct connection own;       /* of `to`, with our patience */
    struct pop_session *session; /* NULL: not open */
    struct pipeline pipeline;
    struct pop_capabilities can;
    char greeting[512];
    bool secure;
    uint64_t up, down; /* of connections that are closed */
    bool in_session;
    int64_t stopped_at_ms; /* 0: no signal came */
    bool top_proven;       /* a TOP was answered +OK */
    bool lost_track;       /* of the last session, once it is closed */

    enum pop_question ahead[QUESTIONS]; /* sent, and not taken up yet, in this order */
    size_t ahead_count;
};

/** The answer to a question: its status, and its lines where it has them. */
struct pop_answer {
    enum pop_question question;
    /* [out] */
    bool ok;
    char words[512]; /* of the status, escaped */
    char code[32];   /* of an -ERR */
    /** A line of the body; NULL where there is none. A false breaks the connection; err is filled in by it */
    bool (*line)(void *context, struct text line, struct error *err);
    void *context;
};

/** Ask, or take up what was asked ahead. @return false: see pipeline_run */
MUST_CHECK bool pop_ask(struct pop *pop, struct pop_answer *answer, struct error *err);
/** Answers that nobody wanted after all are read and forgotten. */
MUST_CHECK bool pop_drain(struct pop *pop, struct error *err);
/** An -ERR to a question. @return false, with err */
bool pop_refused(const struct pop *pop, const struct pop_answer *answer, struct error *err);
/** Not open: ERROR_NETWORK. */
MUST_CHECK bool pop_is_open(const struct pop *pop, struct error *err);

/* lists.c */
bool pop_stat(void *self, uint64_t *messages, uint64_t *bytes, struct error *err);
bool pop_uidls(void *self, bool (*item)(void *context, uint32_t number, const char *uidl), void *context,
               bool *supported, struct error *err);
bool pop_sizes(void *self, bool (*item)(void *context, uint32_t number, uint64_t size), void *context,
               struct error *err);

/* messages.c */
bool pop_headers(void *self, const uint32_t *numbers, size_t count, const struct maildrop_taker *taker, bool *supported,
                 struct error *err);
bool pop_retrieve(void *self, const struct maildrop_taker *taker, struct error *err);
bool pop_remove(void *self, const uint32_t *numbers, size_t count,
                bool (*item)(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words),
                void *context, struct error *err);

#endif
