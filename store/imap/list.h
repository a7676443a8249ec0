/*
 * Answers about mailboxes: LIST and LSUB (with extended data, RFC 5258), STATUS, NAMESPACE (RFC 2342), and ID (RFC
 * 2971). Names are kept as they came; a name may be a word, quoted or a literal.
 */
#ifndef STORE_IMAP_LIST_H
#define STORE_IMAP_LIST_H

#include "store/base/remote.h"
#include "store/imap/reader.h"

#define NAMESPACE_MAX 16         /* other users' and shared namespaces that are remembered */
#define NAMESPACE_PREFIX_MAX 256 /* bytes with NUL */

struct list_answer {     /* LIST, LSUB */
    unsigned attributes; /* enum remote_attribute */
    char separator;      /* 0: NIL */
    struct text name;    /* in the reader's token buffer: to be copied before anything else is read */
};

struct status_answer {
    bool has_messages, has_uidnext, has_uidvalidity, has_modseq, has_size;
    uint32_t messages, uidnext, uidvalidity;
    uint64_t modseq, size;                  /* bytes of all its messages */
    char objectid[REMOTE_OBJECTID_MAX + 1]; /* as in remote.h */
};

struct namespaces {
    bool known;
    char personal[NAMESPACE_PREFIX_MAX];
    char separator; /* of the personal one */
    size_t others;
    char other[NAMESPACE_MAX][NAMESPACE_PREFIX_MAX]; /* prefixes of other users' and shared mailboxes */
};

/**
 * Read what follows "* LIST " or "* LSUB ", up to the line end. The name is copied to *name: extended data may follow.
 * @param name  cleared first
 */
MUST_CHECK bool list_read(struct reader *reader, struct buffer *name, struct list_answer *out);
/** Read what follows "* STATUS ". */
MUST_CHECK bool list_read_status(struct reader *reader, struct buffer *name, struct status_answer *out);
/** Read what follows "* NAMESPACE ". */
MUST_CHECK bool list_read_namespaces(struct reader *reader, struct namespaces *out);
/** Read what follows "* ID ": name and version, as far as there; "" if not. */
MUST_CHECK bool list_read_id(struct reader *reader, char *out, size_t size);

#endif
