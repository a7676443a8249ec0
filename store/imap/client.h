/*
 * What the operations of the IMAP engine share: the connection's state, kinds of commands, and the mailbox that is
 * selected. Private to this room; imap.h is its door. One file an operation: survey.c, observe.c, fetch_bodies.c,
 * append.c, store_flags.c, store_keywords.c, change.c, create.c; and listen.c between runs.
 */
#ifndef STORE_IMAP_CLIENT_H
#define STORE_IMAP_CLIENT_H

#include "store/base/remote.h"
#include "store/imap/alerts.h"
#include "store/imap/capability.h"
#include "store/imap/imap.h"
#include "store/imap/listen.h"
#include "store/imap/opened.h"
#include "store/imap/queue.h"
#include "store/imap/session.h"
#include "store/imap/survey_names.h"

enum command_kind {
    COMMAND_COMPRESS = -7, /* of the connection, as these: */
    COMMAND_CAPABILITY,    /* of the connection: answered to imap.c whatever operation runs */
    COMMAND_ENABLE,
    COMMAND_NAMESPACE,
    COMMAND_ID,
    COMMAND_LOGOUT,
    COMMAND_LEAVE, /* UNSELECT, CLOSE or EXAMINE INBOX: whatever was selected is not any more */
    COMMAND_UNSELECT = 0,
    COMMAND_SELECT,
    COMMAND_LIST,
    COMMAND_LSUB,
    COMMAND_STATUS,
    COMMAND_QUOTA,
    COMMAND_FETCH,
    COMMAND_REREAD, /* FETCH right before a change */
    COMMAND_PROOF,  /* FETCH right after it */
    COMMAND_STORE,
    COMMAND_STORE_KEYWORD,
    COMMAND_LISTING, /* FETCH of all flags, to see what a plain EXPUNGE would take */
    COMMAND_EXPUNGE,
    COMMAND_MOVE,
    COMMAND_COPY,
    COMMAND_APPEND,
    COMMAND_CREATE,
    COMMAND_SUBSCRIBE,
    COMMAND_RENAME,
    COMMAND_DELETE,
    COMMAND_NOTIFY,
    COMMAND_IDLE,
    COMMAND_NOOP
};

struct listener { /* listen.c's */
    void (*told)(void *context, const struct listen_told *told);
    void *context;
    struct buffer mailbox;    /* that is examined */
    bool examined, read_only; /* ... successfully, and the server says that it can't be changed so */
    bool has_exists;
    uint32_t exists;   /* as told last */
    bool idle_refused; /* on this connection */
    bool notify_set;   /* ours is in force on this connection */
    bool overflowed;
    enum { NOTIFY_AS_OFFERED, NOTIFY_WITHOUT_FLAGS, NOTIFY_REFUSED } notify; /* over all connections */
};

struct compress {     /* compress.c's; of one connection */
    bool asked;       /* it is not asked again, whatever was answered */
    bool on;          /* the server said OK */
    uint64_t answers; /* queue.answers then */
    int64_t since;    /* of clock_ms: when the line was last looked at; 0: never */
    uint64_t up;      /* bytes sent until then */
};

#define WARY_SUSPECTS 32 /* mailboxes in flight; what is beyond is asked for as ever */

struct imap {
    const struct connection *to;
    struct connection patient; /* as `to`, but the interruption comes only after what is in flight had its time */
    int64_t stopped_at_ms;     /* monotonic; 0: no signal yet */
    bool in_session;           /* logged in: commands may be in flight */

    struct session *session;
    struct queue queue;
    bool keep;     /* the session, over close and open */
    bool unproven; /* it was taken again, and the server has said nothing since */
    struct listener listener;
    struct compress compress;
    bool examine;
    struct capabilities can;
    struct buffer capability_text;
    struct buffer alerts;  /* of all connections; see alerts.h */
    struct buffer enabled; /* as the server listed it */
    bool enable_answered;
    bool enable_ok; /* ENABLE was answered OK */
    struct namespaces namespaces;
    char id[256];
    char unlisted[256]; /* what was wrong with a line of LIST that could not be read; "" if none */
    bool selected;      /* on the server, by what was answered */
    bool select_sent;   /* by what was sent */
    bool stores;        /* the last APPEND that was answered stored its messages */
    bool disordered;    /* this server lists messages in no order: count them another way */
    bool
        one_at_a_time; /* it mixed up what it was asked at once: now and on later connections it is asked one thing at a time */
    bool sizes;       /* surveys ask how large mailboxes are, too */
    bool quota_due;   /* it is asked also where that costs a turn */
    bool quota_asked; /* by this connection's survey */
    bool has_quota;
    struct quota quota;
    bool plain_list;                  /* LIST with return options was refused */
    bool expects_guid;                /* an earlier survey told X-GUID */
    const struct remote_known *known; /* for the next survey */
    size_t known_count;
    /* What ended the line (wary.h), over all lines of this object and, by `avoid`, over those of earlier runs. */
    unsigned wary;     /* WARY_ bits */
    uint32_t *unasked; /* hashes of mailboxes whose STATUS is not asked for */
    size_t unasked_count, unasked_size;
    uint32_t suspects[WARY_SUSPECTS]; /* ... that was in flight when a line broke: the next survey asks each alone */
    size_t suspect_count;
    bool plain_select;            /* SELECT with parameters was refused */
    struct survey_names openings; /* opened.h: which mailbox has which name */
};

/** QRESYNC is enabled and to be used. */
bool client_qresync(const struct imap *imap);
bool client_condstore(const struct imap *imap);
/** So many messages may be in one command: `most`, or fewer where the server announces a MESSAGELIMIT. */
size_t client_at_once(const struct imap *imap, size_t most);
/** Names are UTF-8 on this connection. */
bool client_utf8(const struct imap *imap);
/** Wait for the answers to what open has sent, if that was not done yet. */
MUST_CHECK bool client_drain(struct imap *imap, struct error *err);
/** A refusal as an outcome: the server's words and what its response code says. */
void client_refused(const struct response *response, struct remote_outcome *out);
/** Do two answers say the same? Words that hold a digit (times, numbers of requests) are not compared. */
bool client_same_words(const char *one, const char *other);
/** An outcome of our own making. */
void client_outcome(struct remote_outcome *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The mailbox whose SELECT is being answered, or was. Commands of many mailboxes are in flight at once, and untagged
 * data do not say which mailbox they are about. The server carries out SELECTs in their order, so: while the oldest
 * unanswered command is one of mailbox A, data are A's. When it is the SELECT of B, they may still be A's, up to
 * [CLOSED] or the UIDVALIDITY of B; where UNSELECT is offered it stands between, and there is nothing to tell apart.
 */
struct selection {
    uint32_t number; /* of the SELECT; 0: none yet */
    size_t index;
    bool boundary; /* data are this mailbox's */
    bool answered, ok, read_only;
    bool permanent_said, has_exists, not_sticky;
    uint32_t uidvalidity, uidnext, exists; /* 0: not said */
    uint64_t modseq;
    unsigned permanent;
    bool wildcard;
    char objectid[REMOTE_OBJECTID_MAX + 1]; /* as in remote.h; "": not said */
};

/* The keywords that the mailbox keeps whose SELECT is being answered, or was: its PERMANENTFLAGS. All zero: it said nothing, and keeps any. */
struct permitted {
    bool said, any; /* any: \* was among them, or more than `words` has room for */
    char words[KEYWORDS_MAX + 1];
};
/** Remember what an answer, tagged or not, says of it. */
void permitted_take(struct permitted *permitted, const struct response *response);
bool permitted_has(const struct permitted *permitted, struct text word);

/** Queue SELECT (or EXAMINE). @param parameters  behind the name: "" or " (CONDSTORE)" ... */
MUST_CHECK bool select_send(struct imap *imap, size_t index, struct text mailbox, const char *parameters,
                            struct error *err);
/** Look at what is being answered now. @return true: a new mailbox begins; *selection starts over for it */
bool select_track(struct imap *imap, struct selection *selection);
/** Remember what an untagged answer says about the mailbox. */
void select_untagged(const struct imap *imap, struct selection *selection, const struct response *response);
/** The SELECT's own answer, or that of an UNSELECT. @return false: the server mixed things up (one_at_a_time); err is filled in */
MUST_CHECK bool select_answered(struct imap *imap, struct selection *selection, const struct command *command,
                                const struct response *response);
/**
 * May this command be answered already? Not before the SELECT that it needs: its data would have gone unnoticed.
 * @return false: err is filled in
 */
MUST_CHECK bool select_in_turn(struct imap *imap, const struct command *command);
/** Are untagged data of this moment about this mailbox? */
bool select_owns(const struct imap *imap, const struct selection *selection);
/** Selected, and the one we mean (opened.h)? If not, *out says why. @param uidvalidity  expected; 0: any */
bool select_good(const struct imap *imap, const struct selection *selection, struct text mailbox, uint32_t uidvalidity,
                 struct remote_outcome *out);

/* The operations of remote.h. */
bool imap_survey(struct imap *imap, bool (*listed)(void *context, const struct remote_listed *mailbox), void *context,
                 struct error *err);
bool imap_observe(struct imap *imap, const struct remote_select *mailboxes, size_t count,
                  const struct remote_observer *to, void *context, struct error *err);
bool imap_fetch(struct imap *imap, const struct remote_fetch *wanted, size_t count, const struct remote_sink *to,
                void *context, struct error *err);
bool imap_store(struct imap *imap, const struct remote_store *changes, size_t count, const struct remote_observer *to,
                void *context, struct error *err);
bool imap_keyword(struct imap *imap, const struct remote_keyword *changes, size_t count,
                  const struct remote_keyworder *to, void *context, struct error *err);
bool imap_append(struct imap *imap, const struct remote_append *messages, size_t count,
                 const struct remote_appender *from, void *context, struct error *err);
enum change_kind { CHANGE_MOVE, CHANGE_COPY, CHANGE_REMOVE };
bool imap_change(struct imap *imap, enum change_kind kind, const struct remote_change *changes, size_t count,
                 const struct remote_changer *to, void *context, struct error *err);
bool imap_create(struct imap *imap, const struct text *names, size_t count,
                 bool (*done)(void *context, size_t index, struct text wire_name, const struct remote_outcome *outcome),
                 void *context, struct error *err);
bool imap_delete(struct imap *imap, const struct remote_delete *what, struct remote_outcome *outcome,
                 struct error *err);
bool imap_rename(struct imap *imap, const struct remote_rename *what,
                 bool (*done)(void *context, struct text wire_name, const struct remote_outcome *outcome),
                 void *context, struct error *err);

#endif
