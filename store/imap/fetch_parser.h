/*
 * The FETCH answer: attributes in any order, unknown ones skipped, a body handed on as it streams by. One message may
 * come in several answers and the UID may come after the body: putting that together is the caller's work.
 */
#ifndef STORE_IMAP_FETCH_PARSER_H
#define STORE_IMAP_FETCH_PARSER_H

#include "store/base/flags.h"
#include "store/imap/reader.h"

#define FETCH_SECTION_MAX 64 /* bytes of a BODY[section]'s name that are kept; a longer one is none of ours */

struct fetched {  /* what one answer told about one message */
    uint32_t uid; /* 0: not told */
    bool has_flags, has_size, has_date, has_body;
    unsigned flags;
    bool flags_cut; /* more keywords than are kept */
    uint64_t size;
    int64_t date;    /* seconds UTC; 0 where the server's date is none */
    uint64_t modseq; /* 0: not told */
    uint64_t gmail;  /* X-GM-MSGID; 0: not told */
    char keywords[KEYWORDS_MAX + 1];
};

struct fetch_sink { /* where bodies and ranges of UIDs go while an answer is still being read; all may be NULL */
    /**
     * A body begins. @param uid  0 if not told yet  @param section  between the brackets: "" or "HEADER"
     * @param wanted [out] false: it is read and thrown away
     */
    bool (*body)(void *context, uint32_t uid, struct text section, uint64_t size, bool *wanted);
    bool (*data)(void *context, const void *bytes, size_t len);
    /** One range of a VANISHED answer. */
    bool (*vanished)(void *context, bool earlier, uint32_t first, uint32_t last);
    void *context;
};

/** Read "(attribute value ...)". out->uid is what is known of it before, 0: nothing. has_body: a body was handed to the sink and wanted. */
MUST_CHECK bool fetch_read(struct reader *reader, const struct fetch_sink *sink, struct fetched *out);
/**
 * Read "(\Seen keyword ...)".
 * @param wildcard  [out] \* was in it; may be NULL
 * @param cut       [out] keywords did not fit; may be NULL
 */
MUST_CHECK bool fetch_flags(struct reader *reader, unsigned *flags, char keywords[static KEYWORDS_MAX + 1],
                            bool *wildcard, bool *cut);
/** " 1-Feb-2020 03:04:05 +0100" to seconds UTC. @return false: no such date */
MUST_CHECK bool fetch_date(struct text text, int64_t *out);

#endif
