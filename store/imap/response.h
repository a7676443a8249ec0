/*
 * One answer of the server: tagged, untagged or a continuation, read whole. Small things are kept in struct response;
 * bodies and the ranges of VANISHED go to a sink while they are read. What is not known is skipped.
 */
#ifndef STORE_IMAP_RESPONSE_H
#define STORE_IMAP_RESPONSE_H

#include "store/imap/fetch_parser.h"
#include "store/imap/list.h"
#include "store/imap/quota.h"

enum response_kind {
    RESPONSE_TAGGED,
    RESPONSE_CONTINUATION,
    RESPONSE_STATE, /* untagged OK, NO, BAD, BYE, PREAUTH */
    RESPONSE_EXISTS,
    RESPONSE_EXPUNGE,
    RESPONSE_FETCH,
    RESPONSE_VANISHED,
    RESPONSE_FLAGS,
    RESPONSE_LIST,
    RESPONSE_LSUB,
    RESPONSE_STATUS,
    RESPONSE_CAPABILITY,
    RESPONSE_ENABLED,
    RESPONSE_NAMESPACE,
    RESPONSE_ID,
    RESPONSE_QUOTAROOT,
    RESPONSE_QUOTA,
    RESPONSE_UNREADABLE, /* untagged; `about` is what it would have been. Nothing else of it is known */
    RESPONSE_OTHER
};

enum response_state { STATE_OK, STATE_NO, STATE_BAD, STATE_BYE, STATE_PREAUTH };

enum response_code { /* RFC 9051 section 7.1 and the extensions that we use */
                     CODE_NONE,
                     CODE_OTHER,
                     CODE_UIDVALIDITY,
                     CODE_UIDNEXT,
                     CODE_HIGHESTMODSEQ,
                     CODE_NOMODSEQ,
                     CODE_PERMANENTFLAGS,
                     CODE_READ_ONLY,
                     CODE_READ_WRITE,
                     CODE_CLOSED,
                     CODE_APPENDUID,
                     CODE_COPYUID,
                     CODE_MODIFIED,
                     CODE_CAPABILITY,
                     CODE_TRYCREATE,
                     CODE_NONEXISTENT,
                     CODE_ALREADYEXISTS,
                     CODE_TOOBIG,
                     CODE_LIMIT,
                     CODE_CANNOT,
                     CODE_OVERQUOTA,
                     CODE_UNAVAILABLE,
                     CODE_INUSE,
                     CODE_SERVERBUG,
                     CODE_NOPERM,
                     CODE_ALERT,
                     CODE_MESSAGELIMIT,
                     CODE_EXPUNGEISSUED,
                     CODE_UIDNOTSTICKY,
                     CODE_NOTIFICATIONOVERFLOW,
                     CODE_MAILBOXID
};

#define UID_SET_MAX 1280 /* ranges of a set in a response code: more than we ever ask for at once */

struct uid_set {
    bool unusable; /* more ranges than fit, or a range that ran backwards */
    size_t count;
    struct {
        uint32_t first, last;
    } at[UID_SET_MAX];
};

struct response {
    enum response_kind kind;
    char tag[16];
    enum response_state state;
    enum response_code code;
    uint64_t number;         /* of EXISTS, EXPUNGE, FETCH; of the code UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ, APPENDUID,
                   COPYUID; of MESSAGELIMIT the lowest UID that was looked at, 0: not said */
    struct uid_set from, to; /* APPENDUID: to; COPYUID: both; MODIFIED: from */
    unsigned flags;          /* FLAGS and PERMANENTFLAGS */
    bool wildcard;           /* \* was among them */
    struct text said;        /* OK, NO, BAD, BYE: everything behind that word; lives until the next answer */
    struct fetched fetch;
    struct list_answer list; /* list.name points into `name` */
    struct status_answer
        status; /* of the mailbox in `name`; CODE_MAILBOXID: its objectid alone, of the one that is selected, or was made */
    struct buffer name;
    struct buffer words;      /* CAPABILITY, ENABLED: one blank between */
    enum response_kind about; /* of an unreadable one */
    struct error why;         /* of an unreadable one: what was expected, and its bytes */
    struct namespaces namespaces;
    char id[256];
    struct quota_roots quota_roots;
    struct quota_answer quota;
};

/** Buffers with their maxima; allocates nothing. */
void response_init(struct response *response);
void response_free(struct response *response);
/**
 * Read one answer. An untagged one that makes no sense is skipped where its end is certain (reader_recover), and told as
 * unreadable: it is about one mailbox or message, and so is the harm. What a response code says in a form of its own is
 * not known: CODE_OTHER; sets of UIDs that can't be read are unusable.
 * @return false: the connection failed or the answer makes no sense (reader->err says so), or the sink said no
 */
MUST_CHECK bool response_read(struct reader *reader, const struct fetch_sink *sink, struct response *out);
/** The n-th UID of a set, counted from 0 in the order it was written. @return 0: the set is shorter, or unusable */
uint32_t uid_set_nth(const struct uid_set *set, size_t n);
/** How many UIDs; 0 if unusable. */
uint64_t uid_set_size(const struct uid_set *set);
/** Is it in there? An unusable set holds everything. */
bool uid_set_has(const struct uid_set *set, uint32_t uid);

#endif
