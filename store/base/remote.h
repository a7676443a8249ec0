/*
 * A server's mailboxes as the sync engine sees them: one table of functions, each taking a whole batch (all mailboxes of
 * a phase) and reporting every item through a callback as its answer arrives. store/imap implements it on a pipelined
 * wire, the simulator in memory.
 *
 * Rules for every function here:
 * - mailbox names are the bytes of LIST (modified UTF-7 or UTF-8), opaque to the engine;
 * - a callback that returns false stops the batch as fast as the wire allows; the function then returns false and leaves
 *   err alone: the callback has filled it in (it is the same struct error that the caller passed, by the context);
 * - true means: every item was reported. false means: the connection, or the caller's callback, broke; items that were not
 *   reported are in doubt. A refusal of one mailbox or message is an item's outcome and never makes the batch fail;
 * - UIDs are checked (1 ... 2^32-1), numbers are checked, texts are bounded. Nothing is believed beyond that.
 */
#ifndef STORE_BASE_REMOTE_H
#define STORE_BASE_REMOTE_H

#include "store/base/digest.h"
#include "store/base/flags.h"
#include "store/base/quota.h"

enum remote_attribute {                      /* RFC 9051 7.3.1, RFC 6154 */
                        REMOTE_NOSELECT = 1, /* \Noselect or \NonExistent */
                        REMOTE_NOINFERIORS = 2,
                        REMOTE_SUBSCRIBED = 4,
                        REMOTE_ALL = 8,
                        REMOTE_ARCHIVE = 16,
                        REMOTE_DRAFTS = 32,
                        REMOTE_FLAGGED = 64,
                        REMOTE_JUNK = 128,
                        REMOTE_SENT = 256,
                        REMOTE_TRASH = 512,
                        REMOTE_IMPORTANT = 1024,
                        REMOTE_SHARED = 2048, /* below another users' or a shared namespace */
};

#define REMOTE_OBJECTID_MAX 65 /* bytes */

struct remote_listed { /* one mailbox of a survey */
    struct text name;  /* wire bytes */
    struct text utf8;  /* decoded; .at == NULL if the name is not valid modified UTF-7 */
    struct text
        other; /* its bytes in the other encoding, modified UTF-7 or UTF-8: an earlier session may have used that; .at == NULL: the same */
    char separator; /* 0: NIL, a flat name */
    unsigned attributes;
    bool has_status; /* all of the four below are known; false where the server gave none or an incomplete one */
    uint32_t messages, uidnext, uidvalidity;
    uint64_t modseq; /* HIGHESTMODSEQ; 0: absent, NOMODSEQ or not supported */
    bool has_size;   /* told where it was asked for (`golub check`), and the server knows it */
    uint64_t size;   /* bytes of all its messages */
    /*
     * Which mailbox it is, whatever it is called: 'M' and its MAILBOXID (RFC 8474), or 'G' and Dovecot's X-GUID; longer ones as a digest. "": not
     * told. What a server says here may be a lie, such as one for several mailboxes.
     */
    char objectid[REMOTE_OBJECTID_MAX + 1];
};

struct remote_known {     /* a mailbox as an earlier run knew it */
    struct text name;     /* wire bytes */
    bool utf8;            /* ... in UTF-8, else in modified UTF-7 */
    const char *objectid; /* which one it is, as in remote_listed; "": not known */
};

#define REMOTE_AVOIDED 800 /* bytes, NUL included */

struct remote_info {  /* what the connection can do, for the engine's decisions and for `golub check` */
    char server[256]; /* ID name and version, or the greeting's text */
    char prefix[256]; /* of the personal namespace, wire bytes, e.g. "INBOX." */
    char separator;   /* of the personal namespace; 0 unknown */
    bool condstore, qresync, uidplus, move, multiappend, literal_plus, list_status, list_extended, special_use, utf8,
        objectid, compress;
    bool labels;           /* X-GM-EXT-1: mailboxes are labels, and one message can stand in several of them */
    uint64_t append_limit; /* 0: not said */
    bool tells_quota;      /* it says that it tells how full INBOX is */
    bool has_quota;        /* the last survey asked for it, and was answered */
    struct quota quota;
    const char *capabilities; /* as the server listed them after login, one blank between; owned by the remote */
    uint64_t bytes_up, bytes_down;
    char unlisted
        [256]; /* a line of the last survey's list could not be read, what was wrong with it: a mailbox may be missing; "" if none */
    char avoided
        [REMOTE_AVOIDED]; /* what surveys ask for no more since it ended the line, for a later run's `avoid`; "" if nothing */
    bool lost;            /* the line broke, or what came can't be read: only `open` is of use */
    bool later;           /* ... because the server asks to come back later */
    const char *
        alerts; /* what the server wants the user to read, one a line, escaped, each once; "" if nothing; owned by the remote */
};

struct remote_select { /* one mailbox to be observed */
    struct text mailbox;
    uint32_t uidvalidity; /* last known; 0: never seen */
    uint32_t uidnext;     /* cursor; UIDs from here on are asked with size and date */
    uint64_t modseq;      /* cursor; 0: none */
    uint32_t
        check_uid; /* highest known UID: its size and date are asked again, it is told whatever UIDNEXT says; 0: none */
    uint32_t check_from;  /* those of what stands from here up to it are asked again, too; 0: of it alone */
    bool full;            /* no delta: every UID with flags, size and date */
    bool bare;            /* full, sizeless, and no date is asked for: the same is true of one that it can't find out */
    uint32_t first, last; /* 0: no; else size and date of these UIDs are asked for, and nothing else */
    bool
        sizeless; /* full, and no size is asked for: one that the server can't find out ends the line of many servers */
};

struct remote_selected {
    uint32_t uidvalidity, uidnext, exists;
    uint64_t modseq;       /* HIGHESTMODSEQ of the SELECT itself, taken before any delta was read; 0: none */
    unsigned permanent;    /* FLAG_* bits that can be stored; FLAG_ALL where the server did not say */
    bool keywords;         /* it keeps any: \* was among PERMANENTFLAGS */
    const char *permitted; /* where not any: those that it keeps, as in flags.h; NULL: none */
    bool delta;            /* what follows are changes only; false: what follows is every message */
    bool read_only;
    bool not_sticky;      /* [UIDNOTSTICKY]: its UIDs mean nothing beyond this session */
    const char *objectid; /* which mailbox it is, as the answer to SELECT says; "" or NULL: it does not */
};

struct remote_message {
    uint32_t uid;
    bool has_flags;
    unsigned flags;
    const char *keywords; /* as in flags.h, with has_flags */
    bool cut;             /* ... it has more than there is room for: what is not among them may be set all the same */
    bool has_meta;        /* size and date are known */
    uint64_t size;        /* RFC822.SIZE: a hint; 0: not told */
    int64_t date;         /* INTERNALDATE, seconds UTC; 0: not told, or no date */
    const unsigned char *header; /* digest of its header, where a change asked for it; NULL: not told */
    uint64_t gmail; /* X-GM-MSGID: the same in each mailbox in which Gmail shows the message; 0: not told */
};

/** Is the UID another message than one of this size and date? What was not told, now or then, says nothing. */
static inline bool
remote_is_other(const struct remote_message *now, uint64_t size, int64_t date)
{
    return (now->size != size && now->size != 0 && size != 0) || (now->date != date && now->date != 0 && date != 0);
}

/** `answer` of what is not even asked for where SELECT says [READ-ONLY]; denied. */
#define REMOTE_READ_ONLY "the mailbox is read-only"

struct remote_outcome { /* of one item or mailbox */
    bool ok;
    bool gone;       /* not ok, and the reason is that the mailbox or message does not exist (any more) */
    bool permanent;  /* not ok, and asking again without a change is useless: [TOOBIG], APPENDLIMIT, a bare LF ... */
    bool throttled;  /* not ok, and the server does no more of this kind in this mailbox now: a later run asks again */
    bool passing;    /* not ok, and the server has trouble now, with this message or all: [UNAVAILABLE], [SERVERBUG] */
    bool vague;      /* not ok, and no reason is given, or trouble: an APPEND may be carried out all the same, later */
    bool denied;     /* not ok, and it is a matter of rights: read-only, [NOPERM] */
    bool over_quota; /* [OVERQUOTA]; throttled as well */
    bool crowded;    /* not ok: what else carries \Deleted there would be expunged with it */
    bool changed;    /* verify said no, UIDVALIDITY differs ...: plan anew; with gone: the target does not exist */
    bool disturbed;  /* a listing, changed: only because messages were removed meanwhile; what was told was there */
    bool doubtful;   /* not ok, but the command may have been (partly) done: look before trying again */
    bool kept;       /* of a removal, not ok: the server says OK, and the message is still there */
    bool marked;     /* of a removal, not ok: our \Deleted may stand on the message */
    bool
        unmarked; /* of a move or copy with `undelete`: the source is without its \Deleted, which could not be set again */
    bool unkept;     /* of a keyword, not ok: PERMANENTFLAGS leave it out */
    bool left_below; /* of a DELETE: what came below the mailbox meanwhile has no name of its own back */
    /*
     * Of a copy, move or APPEND that is ok: UIDVALIDITY and UID that it has, where that is not the UIDVALIDITY asked for; 0: not told. Of a RENAME that is ok:
     * the UIDVALIDITY that the mailbox has then, likewise.
     */
    uint32_t came_to, came_as;
    /*
     * Of a change of flags that is ok: what has a MODSEQ above the first one, up to the second one, is this change and nothing else; 0 where that is
     * not known.
     */
    uint64_t ours_after, ours_to;
    uint32_t shown;   /* of a listing that is ok: the server shows only so many, the newest; 0: all */
    char answer[512]; /* the server's words, escaped; of a listing that is ok: what could not be read of it */
};

struct remote_observer {
    bool (*selected)(void *context, size_t index, const struct remote_selected *selected); /* may be NULL */
    bool (*vanished)(void *context, size_t index, uint32_t first,
                     uint32_t last); /* delta only; inclusive; may be NULL */
    bool (*message)(void *context, size_t index, const struct remote_message *message);
    /** Outcome ok: every tagged answer was OK. Whether all was listed that EXISTS counts is for the caller to count. */
    bool (*done)(void *context, size_t index, const struct remote_outcome *outcome);
};

struct remote_fetch { /* bodies or headers of one mailbox */
    struct text mailbox;
    uint32_t uidvalidity;
    const uint32_t *uids; /* ascending */
    size_t count;
    bool headers; /* BODY.PEEK[HEADER] instead of BODY.PEEK[] */
    bool sizes;   /* RFC822.SIZE, too: no listing told it */
};

struct remote_sink { /* one literal at a time: begin, any number of data, end */
    bool (*begin)(void *context, size_t index, uint64_t size);
    bool (*data)(void *context, size_t index, const void *bytes, size_t len);
    bool (*end)(void *context, size_t index, uint32_t uid);
    /** All answers for this request are in. UIDs that had no `end` were not delivered. */
    bool (*done)(void *context, size_t index, const struct remote_outcome *outcome);
    /** This message was asked for by itself and refused, before `done`, which says it of the first one. May be NULL. */
    bool (*refused)(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome);
    /** With `sizes`: what the server says of the message whose literal came, before its `end`, or nothing. May be NULL. */
    bool (*sized)(void *context, size_t index, uint64_t size);
};

struct remote_store { /* the same change of flags for several UIDs of one mailbox */
    struct text mailbox;
    uint32_t uidvalidity;
    const uint32_t *uids; /* ascending */
    size_t count;
    unsigned add, del;
};

struct
    remote_keyword { /* one keyword, to be set on messages of one mailbox or taken off them; of one mailbox one behind the other */
    struct text mailbox;
    uint32_t uidvalidity;
    const uint32_t *uids; /* ascending */
    size_t count;
    struct text word; /* keyword_is_legal */
    bool add;
};

struct remote_keyworder {
    /** Read again right before: is this still the message? It has flags, keywords, size and date. false: nothing is sent about it. */
    bool (*verify)(void *context, size_t index, size_t item, const struct remote_message *now);
    /** What the server shows afterwards of one that was verified and is still there. */
    bool (*shown)(void *context, size_t index, size_t item, const struct remote_message *now);
    /** All answers for this request are in. `unkept`: nothing was sent, the mailbox does not keep this keyword. */
    bool (*done)(void *context, size_t index, const struct remote_outcome *outcome);
};

struct remote_append { /* one message to be stored */
    struct text mailbox;
    uint32_t uidvalidity; /* an APPENDUID of another one is not believed */
    uint32_t uidnext;     /* an APPENDUID below is not believed */
    unsigned flags;
    const char *keywords; /* where the server refuses it for their sake it is stored without them */
    int64_t date;
    uint64_t size; /* wire bytes, exact */
    bool single;   /* in a command of its own: how far the server came says the answer to each */
    bool alone;    /* it was refused before: likewise, and its bytes wait until the server asks for them */
};

struct remote_appender {
    /**
     * Read up to `size` bytes of item's wire form, from the start on at the first call after `rewind`. *got 0: end. Also after its `done`: a
     * server may refuse a message before all of it has come, and what was announced still goes out.
     */
    bool (*read)(void *context, size_t index, void *to, size_t size, size_t *got);
    bool (*rewind)(void *context, size_t index);
    /** @param uid 0: the server did not say (no UIDPLUS), or what it said is not believed */
    bool (*done)(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome);
};

struct remote_change { /* messages to be removed, moved or copied out of one mailbox */
    struct text mailbox;
    uint32_t uidvalidity;
    const uint32_t *uids; /* ascending */
    size_t count;
    struct text target;          /* move, copy: the other mailbox */
    uint32_t target_uidvalidity; /* a COPYUID of another one is not believed */
    bool headers;                /* each message is verified with its header, too */
    bool undelete;               /* move, copy: without \Deleted, which a copy's source has again afterwards */
};

struct remote_changer {
    /** Re-read right before the change: is this still the message, unchanged? false keeps it as it is (outcome.changed). */
    bool (*verify)(void *context, size_t index, size_t item, const struct remote_message *now);
    /** @param uid move, copy: the new UID, 0 if not known or not believed */
    bool (*done)(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome);
};

struct remote_rename {    /* one mailbox, with all below it */
    struct text from;     /* wire bytes */
    struct text to;       /* as the names of `create` */
    char separator;       /* of `from` */
    uint32_t uidvalidity; /* what tells that it is that one: this (0: what RENAME answered, and both names), ... */
    const char *objectid; /* ... and what it is, as in remote_listed; "": not known */
    bool carried_out;     /* perhaps it was, without an answer: nothing is renamed, and only looked at */
};

struct remote_delete {             /* one mailbox, which must be empty; nothing below it goes */
    struct text name;              /* wire bytes */
    struct text aside;             /* wire bytes of a name that nobody else gives: it has that for a moment */
    char separator;                /* of `name` */
    uint32_t uidvalidity, uidnext; /* as it was seen last */
    const char *objectid;          /* what it is, as in remote_listed; "": not known */
    bool
        begun; /* perhaps it has the other name, or is gone, without an answer: that one is looked at, and a new one is not begun */
    bool undo; /* ... and gets its own name back; an empty one goes if another one has that */
};

struct remote_ops {
    /** Connect and log in; err as in stream.h, or ERROR_LOGIN. @param examine  never SELECT, only EXAMINE (dry run) */
    bool (*open)(void *remote, bool examine, struct error *err);
    void (*info)(void *remote, struct remote_info *out);
    /** Every mailbox with its status. An answer that is not complete is an error; whether one without INBOX is believed is the engine's. */
    bool (*survey)(void *remote, bool (*listed)(void *context, const struct remote_listed *mailbox), void *context,
                   struct error *err);
    bool (*observe)(void *remote, const struct remote_select *mailboxes, size_t count, const struct remote_observer *to,
                    void *context, struct error *err);
    bool (*fetch)(void *remote, const struct remote_fetch *wanted, size_t count, const struct remote_sink *to,
                  void *context, struct error *err);
    /** Change flags; echo comes as observer->message for each UID that still exists, then observer->done for the request. */
    bool (*store)(void *remote, const struct remote_store *changes, size_t count, const struct remote_observer *to,
                  void *context, struct error *err);
    /** Set keywords and take them off. Before anything is sent in a mailbox its messages are read again. */
    bool (*keyword)(void *remote, const struct remote_keyword *changes, size_t count, const struct remote_keyworder *to,
                    void *context, struct error *err);
    bool (*append)(void *remote, const struct remote_append *messages, size_t count, const struct remote_appender *from,
                   void *context, struct error *err);
    /** UID MOVE; only offered where info.move. */
    bool (*move)(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
                 void *context, struct error *err);
    bool (*copy)(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
                 void *context, struct error *err);
    /** \Deleted and expunge of exactly these UIDs. Without UIDPLUS only where no other message carries \Deleted. */
    bool (*remove)(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
                   void *context, struct error *err);
    /** CREATE and SUBSCRIBE; [ALREADYEXISTS] is fine. `name` are UTF-8 levels joined by the namespace's separator, without its prefix;
     *  the remote adds prefix and encoding. @param done index, outcome, and the wire name that was used */
    bool (*create)(void *remote, const struct text *names, size_t count,
                   bool (*done)(void *context, size_t index, struct text wire_name,
                                const struct remote_outcome *outcome),
                   void *context, struct error *err);
    /**
     * RENAME. Ok: it is there under its new name, and not under the old one, whatever was answered; what was subscribed under old names is under new
     * ones. doubtful: it is not under the old one either, or not as that one. @param done  with the wire name that was used
     */
    bool (*rename)(void *remote, const struct remote_rename *what,
                   bool (*done)(void *context, struct text wire_name, const struct remote_outcome *outcome),
                   void *context, struct error *err);
    /**
     * DELETE of a mailbox that is empty, under a name that no mail can come to; UNSUBSCRIBE.
     * @param outcome  [out] ok: it is gone; with an answer: with mail that came in the last moment. changed: it is not what was meant, or mail came
     *                 to it, or another mailbox below it, and it has its own name; doubtful: another one has that by now; passing: the
     *                 server does not say, or does not give it that. Else refused, and it is as it was. left_below: some that another client made
     *                 below it stand below the name that it had for a moment
     */
    bool (*delete)(void *remote, const struct remote_delete *what, struct remote_outcome *outcome, struct error *err);
    /**
     * So many bytes of mail are about to be moved one way, by one operation or several: is the line made ready for that? May cost a turn. May be
     * NULL: it is as it is.
     * @param first  [out] 0, or: of so many of them by an operation of their own it is seen how fast the line is; ask again after it
     */
    bool (*expect)(void *remote, uint64_t bytes, uint64_t *first, struct error *err);
    /** Before the first `open`: an earlier run's info.avoided, if any. May be NULL. */
    void (*avoid)(void *remote, const char *what);
    /** Before the first `open`: an earlier survey told objectids that begin with 'G'. May be NULL. */
    void (*expect_guid)(void *remote);
    /**
     * Before a survey: what is known. Where each mailbox is asked for its numbers alone, these are asked in the turn of the list; and where the list does
     * not say which one it is, what is known counts. They stay until that survey is over. May be NULL.
     */
    void (*know)(void *remote, const struct remote_known *known, size_t count);
    /** Say goodbye and close; errors here are of no interest. The remote may be opened again. */
    void (*close)(void *remote);
};

struct remote { /* what the engine holds */
    const struct remote_ops *ops;
    void *self;
};

#endif
