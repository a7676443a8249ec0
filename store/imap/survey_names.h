/*
 * The mailboxes that the answers to one survey name, each once, with what was told of it. Names are as on the wire; INBOX is one name however it is
 * written (RFC 3501 section 5.1). For the survey, and for what a session was told of names (opened.h).
 */
#ifndef STORE_IMAP_SURVEY_NAMES_H
#define STORE_IMAP_SURVEY_NAMES_H

#include "store/imap/list.h"

struct survey_mailbox {
    size_t at, len; /* in bytes */
    char separator;
    unsigned attributes;
    bool listed;    /* false: known from LSUB or from an earlier run alone, it is no mailbox any more */
    unsigned lists; /* bits: which of them named it */
    bool asked;     /* for its STATUS alone */
    struct status_answer status;
};

struct survey_names {
    struct buffer bytes;
    struct survey_mailbox *at; /* in the order in which they were named first */
    size_t count, size;
    uint32_t *table; /* hash table of indexes into at */
    size_t table_size;
};

/** None yet. The caller frees it. */
struct survey_names survey_names_new(void);
void survey_names_free(struct survey_names *names);
/** None again; the memory is kept. Pointers to mailboxes are void. */
void survey_names_clear(struct survey_names *names);
/** As on the wire; good until the next one is added. */
struct text survey_names_text(const struct survey_names *names, const struct survey_mailbox *mailbox);
/** @return NULL: no answer named it */
struct survey_mailbox *survey_names_find(const struct survey_names *names, struct text name);
/** The one of that name, new if none was named so. It is good until the next one is added. @return NULL: too many, or out of memory */
struct survey_mailbox *survey_names_add(struct survey_names *names, struct text name, struct error *err);

#endif
