/*
 * The state journal of one account: a SQLite database in the account's state folder.
 *
 * It holds, for each mailbox, the cursors, and for each message two bases (what the server showed and what the file name
 * showed when both last agreed) beside what each side showed when it was last looked at. Where the two differ the row is
 * "dirty": a difference that was seen and is not carried out yet. So a cursor may advance in the transaction that writes
 * down what was seen, and nothing seen is ever lost or asked for twice.
 *
 * Order of calls: journal_open, then transactions (journal_begin, changes, journal_commit or journal_rollback), then
 * journal_close. Changes outside a transaction are a bug (assert). One struct journal belongs to one thread.
 * WAL, synchronous=FULL: a commit that returned true survives a power cut.
 */
#ifndef STORE_JOURNAL_JOURNAL_H
#define STORE_JOURNAL_JOURNAL_H

#include "store/base/kin.h"
#include "store/base/limits.h"
#include "store/base/local.h"
#include "store/base/mailbox_state.h"
#include "store/base/remote.h"

#define JOURNAL_SCHEMA 20 /* PRAGMA user_version; a newer one is refused */

struct journal;

struct journal_mailbox {
    int64_t id;          /* 0 before the insert */
    char *name;          /* UTF-8, levels joined by '/', as the user writes it; unique */
    char *wire;          /* bytes of LIST; NULL: not on the server */
    bool utf8;           /* ... which are UTF-8; false: modified UTF-7 */
    char *folder;        /* as in local.h; unique */
    char separator;      /* of the server's name, 0: none */
    unsigned attributes; /* enum remote_attribute */
    enum mailbox_state state;
    uint32_t uidvalidity, uidnext, messages; /* cursor: what the last committed observation showed; 0: none */
    uint64_t modseq;
    unsigned permanent;          /* FLAG_* that the server can store; FLAG_ALL if not known */
    char stamp[LOCAL_STAMP_MAX]; /* of the folder when it was last scanned; "" = scan */
    uint32_t view;               /* the server shows at most so many, the newest; 0: all, as far as we know */
    /* Bodies that came shorter than announced, and as short when they were read again: how many; the largest shortfall, in bytes and in thousandths */
    uint32_t short_count, short_share;
    uint64_t short_bytes;
    /* Where something may have left it that was not seen to leave: the highest row id of before. 0: what it shows is known */
    int64_t behind;
    uint32_t had;     /* rows that had a UID when UIDVALIDITY changed, until none of them is missing; 0: it did not */
    uint32_t missing; /* how many of them were missing when last looked at */
    int64_t missing_since; /* when that number was first seen, seconds UTC */
    /* The server went back in time, and this one was not listed since, so that what it lacks was not removed: the highest row id of before. 0: no */
    int64_t past;
    /* Its listings and EXISTS do not agree: so many runs on end saw the same difference, at most UNEVEN_KNOWN; 0: they agree */
    unsigned uneven;
    int64_t excess;  /* ... EXISTS minus the messages that have a UID here */
    uint32_t hidden; /* ... so many are counted and were not listed: what is in the mailbox may be more than we know */
    /* ... when it was last listed whole, seconds UTC. Where they agree: when it was first asked for its changes alone after that; 0: it was not */
    int64_t weighed;
    uint32_t
        unjudged; /* ... of those that are missing in its listings so many are gone, as far as can be told: they wait */
    char objectid[REMOTE_OBJECTID_MAX + 1]; /* as in remote.h: of the mailbox, whatever it is called; "": not known */
    char *goal; /* it was renamed there: the folder that it is to get, as in local.h. NULL: none */
    char
        *goal_there; /* its folder was renamed here: the name, as people call it, that it is to get there. NULL: none */
};

#define UNEVEN_KNOWN 3 /* from then on it is how this mailbox is */

struct journal_place { /* of a mailbox's folder; see sync/run/place.c */
    int64_t mailbox;
    char born[LOCAL_STAMP_MAX];       /* times of birth, "" if the file system does not tell */
    int changes;                      /* so many runs on end saw another one; at most 2 */
    int64_t cur_changed, new_changed; /* times of cur/ and new/ when their names were last seen or written */
    bool doubted;                     /* it is a copy, or a backup's: nobody has removed what is missing in it */
};

enum journal_fact {
    FACT_GONE_THERE = 1, /* uid was seen to be gone on the server */
    FACT_GONE_HERE = 2,  /* base was seen to be gone here */
    FACT_ALTERED = 4,    /* the file's bytes are not what they were */
    FACT_ALIAS = 8,      /* a second file of the UID of the row that `refers_to` names; with REPLACED it is to go */
    FACT_ECHO = 16, /* lbase was sent with APPEND, COPY or MOVE; the next sight of the UID sets rbase for those flags */
    FACT_MOVED =
        64, /* its file went to another folder, and there its copy is on the server, or on its way: what is left here is no deletion */
    FACT_UNSHOWN =
        128, /* a flag was sent and not shown afterwards: sent once more before it counts as one that can't be stored */
    FACT_REPLACED =
        0x40000, /* the old version of a file that was saved again: no base; it refers to the row of the new one, and goes once that is up */
    FACT_COPIED =
        0x20000, /* made by COPY: what the first sight of the UID shows of its source's flags is the base of both sides */
    FACT_OUT_OF_VIEW =
        0x80000, /* with GONE_THERE: only the server's view of the mailbox ends above it; nothing is done about it */
    FACT_REFUSED = 32, /* the server refused the message for good; asked again only when the file changes */
    /*
     * What is missing is no removal: UIDVALIDITY changed (with GONE_THERE, the UID is 0), or the folder or mailbox was away. With
     * both GONE facts the user removed the file, and that is to be carried out wherever the message is found again.
     */
    FACT_UNPAIRED = 0x2000,
    FACT_BY_HEADER =
        0x4000,          /* file and UID are one by their header alone: read before anything destructive rests on it */
    FACT_APART = 0x8000, /* the user said that this file is not to go to the server */
    FACT_AGAIN = 0x100000,  /* it comes again to where it was, here or there: nothing else has moved there */
    FACT_LACKED = 0x200000, /* its folder, a copy, lacked its file: nobody removed it */
    FACT_TAKEN =
        0x20000000, /* with LACKED: not of a copied folder; another program that keeps this tree may have taken it away */
    /* mbsync sent its file up once more, and that copy was set apart (APART, ADOPTED). Else it means nothing. */
    FACT_SENT_AGAIN = 0x40000000,
    FACT_VAGUE = 0x1000, /* its header has neither Received nor Message-ID: it alone proves nothing */
    FACT_PLACEHOLDER =
        0x800000, /* the file is mbsync's placeholder for a message that it left on the server: nobody's mail */
    /*
     * Another program's state alone says it. With GONE_HERE (there is no base, its file was never seen) or GONE_THERE: it was removed on that side since
     * that program's last run, which is held in any case. With APART: that program let it go, or never carried it.
     */
    FACT_ADOPTED = 0x2000000,
    FACT_FOREIGN =
        0x400000, /* file and UID are one message in other bytes: `wire` is of the file, `header` and `size` of what the server has */
    /*
     * `wire` and `header` are of what the server has under the UID: it sent or showed it, or took it and lists as many bytes (with ECHO, or without
     * a size: that is to be shown yet). It means nothing with BY_HEADER or FOREIGN, and ends with the UID.
     */
    FACT_ITS_BYTES = 0x4000000,
    /*
     * Its file was fetched, here or where the message was before it moved here, whatever its name is now: it is no copy that somebody made of
     * another file. It ends with the file, and where the file goes up as new mail.
     */
    FACT_FETCHED = 0x8000000,
    /*
     * With GONE_THERE: it was seen to be gone while a UID that was given later was what it had been. So somebody removed it, and no backup lost it,
     * whatever the server shows from then on.
     */
    FACT_REMOVED = 0x10000000,
};

/* What a file that was lacking leaves when it is here again, or is no longer missed: both go together. */
#define FACTS_OF_LACK ((unsigned)FACT_LACKED | FACT_TAKEN)

struct journal_message {
    int64_t id, mailbox;
    uint32_t uid;                  /* 0: none known */
    char base[LOCAL_BASE_MAX + 1]; /* "": none known */
    char info[LOCAL_INFO_MAX + 1]; /* where the file was when last seen, "" if there is none */
    uint64_t size;                 /* wire bytes; from the server a hint until the bytes were here */
    int64_t date;                  /* INTERNALDATE, or mtime for what is only here */
    bool has_wire, has_header;
    unsigned char wire[DIGEST_SIZE], header[DIGEST_SIZE];
    struct flag_sides flags;
    unsigned facts;
    int64_t
        refers_to; /* column `twin`. FACT_ALIAS: the row that has the uid; FACT_REPLACED: that of the new version, its own: that was up; FACT_MOVED: that of its copy, its own: that went into the Trash, 0: not known; else 0 */
    char keywords[KEYWORDS_MAX + 1]; /* as the server last showed them */
};

/** Neither side differs from its base and both are there: nothing to plan. The journal keeps an index of the others. */
bool journal_message_is_clean(const struct journal_message *message);

/**
 * Open or make the journal; make the folder (0700) if its parent exists. Runs migrations, quick_check after an unclean stop.
 * @return NULL: newer schema, corrupt, not a database, disk full ...: ERROR_LOCAL with a hint what to do; nothing was changed
 */
struct journal *journal_open(const char *path, struct error *err);
/** Did who wrote to it last not close it? As it was when it was opened; false for one in memory. */
bool journal_was_cut_off(const struct journal *journal);
/**
 * For a dry run, that has the run's lock: what is written stays in memory (overlay.h), where a killed run left a log all of it; an empty journal
 * where there is no file. The file is not changed, no -wal or -shm is left.
 */
struct journal *journal_open_copy(const char *path, struct error *err);
/**
 * Read-only, for status, also beside a run: all that is read is of one moment. NULL with *missing where there is no file.
 */
struct journal *journal_open_read(const char *path, bool *missing, struct error *err);
/** For tests: an empty journal in memory; image (from journal_image) may be NULL. */
struct journal *journal_open_memory(const void *image, size_t size, struct error *err);
/**
 * For tests: what an image holds is what this journal in memory holds, as if it had been opened with it; prepared statements stay.
 * False, too, where the image is of another schema: then open one.
 */
MUST_CHECK bool journal_become(struct journal *journal, const void *image, size_t size, struct error *err);
/** For tests: the committed contents; the caller frees *image with free(). */
MUST_CHECK bool journal_image(struct journal *journal, void **image, size_t *size, struct error *err);
/** For tests: called before each commit (return false: the commit fails, as in a crash) and again after it. NULL: none. */
void journal_on_commit(struct journal *journal, bool (*hook)(void *context, bool after), void *context);
/** NULL-safe. Rolls back an open transaction; a clean close is recorded. */
void journal_close(struct journal *journal);

MUST_CHECK bool journal_begin(struct journal *journal, struct error *err);
MUST_CHECK bool journal_commit(struct journal *journal, struct error *err);
void journal_rollback(struct journal *journal);
/** Number of rows changed since the journal was opened, for the idempotence tests. */
int64_t journal_changes(struct journal *journal);

/** A value of meta; *value NULL (and true) if the key is not there; the caller frees. Keys: account, server, user, root, layout, run, nonce ... */
MUST_CHECK bool journal_get(struct journal *journal, const char *key, char **value, struct error *err);
/**
 * All values of meta that are not empty and whose keys begin so, in the order of their keys. Nothing may be written meanwhile.
 *
 * @param beginning  of one byte at least
 * @param each       what is left of the key, and the value, both borrowed; false: enough, and false is returned; an error is the caller's
 */
MUST_CHECK bool journal_get_all(struct journal *journal, const char *beginning,
                                bool (*each)(void *context, struct text rest, struct text value), void *context,
                                struct error *err);
MUST_CHECK bool journal_set(struct journal *journal, const char *key, const char *value, struct error *err);

/** All mailboxes, by name; *list and its strings are freed with journal_mailboxes_free. */
MUST_CHECK bool journal_mailboxes(struct journal *journal, struct journal_mailbox **list, size_t *count,
                                  struct error *err);
void journal_mailboxes_free(struct journal_mailbox *list, size_t count);
/** Insert (id 0: set on success) or update all columns. */
MUST_CHECK bool journal_mailbox_save(struct journal *journal, struct journal_mailbox *mailbox, struct error *err);
/** It gets a name and a folder that no mailbox can have, so that another one, saved next, may have its own; its own save follows. */
MUST_CHECK bool journal_mailbox_unname(struct journal *journal, int64_t mailbox, struct error *err);
/** With all its messages, pending rows and intents. A copy or move into another mailbox stays, as one whose source is not known. */
MUST_CHECK bool journal_mailbox_delete(struct journal *journal, int64_t mailbox, struct error *err);

MUST_CHECK bool journal_place_get(struct journal *journal, int64_t mailbox, struct journal_place *out, bool *found,
                                  struct error *err);
/** Goes with its mailbox. */
MUST_CHECK bool journal_place_save(struct journal *journal, const struct journal_place *place, struct error *err);

/*
 * fsync = false: names that golub gave and that may not be on the disk, each with the boot it was given in (local.h); "" is the same as none.
 */
/** @param undeleted  ... and its old name showed \Deleted, which the new one does not */
MUST_CHECK bool journal_unflushed_add(struct journal *journal, int64_t message, const char *boot, bool undeleted,
                                      struct error *err);
/** Messages whose names were given in this boot (same), or in another one (not same), ascending; the caller frees. */
MUST_CHECK bool journal_unflushed_ids(struct journal *journal, const char *boot, bool same, int64_t **ids,
                                      size_t *count, struct error *err);
/** Of those of other boots the ones whose old names showed \Deleted, ascending; the caller frees. */
MUST_CHECK bool journal_unflushed_undeleted(struct journal *journal, const char *boot, int64_t **ids, size_t *count,
                                            struct error *err);
/** Those of this boot are on the disk. */
MUST_CHECK bool journal_unflushed_flushed(struct journal *journal, const char *boot, struct error *err);
/** Those of other boots in this mailbox were looked for. */
MUST_CHECK bool journal_unflushed_seen(struct journal *journal, int64_t mailbox, const char *boot, struct error *err);

/* Finders: *found false (and true) if there is no such row; *out is filled in only if found. */
MUST_CHECK bool journal_message_get(struct journal *journal, int64_t id, struct journal_message *out, bool *found,
                                    struct error *err);
MUST_CHECK bool journal_message_by_uid(struct journal *journal, int64_t mailbox, uint32_t uid,
                                       struct journal_message *out, bool *found, struct error *err);
MUST_CHECK bool journal_message_by_base(struct journal *journal, int64_t mailbox, const char *base,
                                        struct journal_message *out, bool *found, struct error *err);
/** Insert (id 0: set on success) or update all columns; the dirty index follows. */
MUST_CHECK bool journal_message_save(struct journal *journal, struct journal_message *message, struct error *err);
/**
 * With its pending row and its intents: those that journal_op_of finds for it. A copy or move that it was the source of stays, with
 * message 0: the command may still be under way, and its target must not be sent in another way meanwhile.
 */
MUST_CHECK bool journal_message_delete(struct journal *journal, int64_t id, struct error *err);

/*
 * All rows of a mailbox, one after the other: those without UID first, then by ascending UIDs. One walk at a time; nothing may be written
 * meanwhile, and journal_walk_end has to follow, also after a failure.
 */
MUST_CHECK bool journal_walk_begin(struct journal *journal, int64_t mailbox, struct error *err);
/** @param found  [out] false: there are no more */
MUST_CHECK bool journal_walk_next(struct journal *journal, struct journal_message *out, bool *found, struct error *err);
void journal_walk_end(struct journal *journal);

enum journal_which {
    WHICH_ALL,
    WHICH_DIRTY,
    WHICH_WITH_UID,    /* uid known and not gone there */
    WHICH_WITH_BASE,   /* base known and not gone here */
    WHICH_PRESENT,     /* one of these two: not gone on both sides, or on the only one that it was known on */
    WHICH_DELETED,     /* uid and base there, \Deleted in rseen and lseen */
    WHICH_OUT_OF_VIEW, /* FACT_OUT_OF_VIEW */
    WHICH_FOREIGN,     /* FACT_FOREIGN, and gone on neither side */
    WHICH_ALIAS,       /* files of another row's UID, not gone here */
    WHICH_DRAFT,       /* files that carry \Draft on a side, not gone here */
    /* of the dirty ones: */
    WHICH_UNREAD,     /* files that are here and were not digested yet */
    WHICH_FILE_ALONE, /* base known, no uid */
    WHICH_UID_ALONE,  /* uid known and not gone there, no base, not FACT_REPLACED */
    WHICH_UID_LEFT,   /* uid known and gone there, no base */
    WHICH_GONE,       /* uid and base known, and gone on a side */
    WHICH_FRESH,      /* new mail there (journal_fresh) */
    WHICH_BUT_FRESH,  /* ... and all but this */
    WHICH_NOWHERE, /* neither base nor uid: a removal that another program's state told, whose UID is not valid any more */
    WHICH_SETS,    /* so many */
};
/** Ids of one mailbox's (0: every mailbox's) messages, ordered by mailbox, then uid, then id; the caller frees *ids. */
MUST_CHECK bool journal_message_ids(struct journal *journal, int64_t mailbox, enum journal_which which, int64_t **ids,
                                    size_t *count, struct error *err);
/** Those of them that `keep` answers true to: memory grows with these alone. */
MUST_CHECK bool journal_message_ids_kept(struct journal *journal, int64_t mailbox, enum journal_which which,
                                         bool (*keep)(const void *context, int64_t id), const void *context,
                                         int64_t **ids, size_t *count, struct error *err);

/*
 * New mail there: a UID that nothing is known of but that it is there. There may be a million in a mailbox, so they are asked for in pieces, the
 * newest first.
 */
struct journal_fresh {
    int64_t id;
    uint32_t uid;
};
struct journal_fresh_sum {
    int64_t mailbox;
    uint64_t messages;
    uint64_t bytes;  /* as the server told them, and never more than INT64_MAX */
    uint64_t capped; /* where each counts as `cap` at most */
};
/** At most `most` of one mailbox whose UID is below `below`, the highest UID first; the caller frees *list. */
MUST_CHECK bool journal_fresh(struct journal *journal, int64_t mailbox, uint64_t below, size_t most,
                              struct journal_fresh **list, size_t *count, struct error *err);
/** How much of it there is in each mailbox that has any, ordered by mailbox; the caller frees *list. */
MUST_CHECK bool journal_fresh_sums(struct journal *journal, uint64_t cap, struct journal_fresh_sum **list,
                                   size_t *count, struct error *err);
struct journal_measure {
    int64_t id;
    uint64_t size;
    int64_t date;
};
/** Is there any new mail of which `is` answers true? Each is read once at most, and nothing is kept of it. */
MUST_CHECK bool journal_fresh_any(struct journal *journal,
                                  bool (*is)(const void *context, const struct journal_measure *measure),
                                  const void *context, bool *any, struct error *err);
/** One mailbox's rows with UID and file whose size and date are known; the caller frees *list. */
MUST_CHECK bool journal_measures(struct journal *journal, int64_t mailbox, struct journal_measure **list, size_t *count,
                                 struct error *err);
/** Ids of one mailbox's rows with first <= uid <= last that are not gone there, ordered by uid; the caller frees. */
MUST_CHECK bool journal_ids_by_uids(struct journal *journal, int64_t mailbox, uint32_t first, uint32_t last,
                                    int64_t **ids, size_t *count, struct error *err);
/** Ids of one mailbox's rows with a UID that is not gone there and this date (0: also those that no name can show), ordered by id. */
MUST_CHECK bool journal_ids_by_date(struct journal *journal, int64_t mailbox, int64_t date, int64_t **ids,
                                    size_t *count, struct error *err);
/** Ids of one mailbox's rows with first <= date <= last, whatever side they are on, ordered by id; the caller frees. */
MUST_CHECK bool journal_ids_by_dates(struct journal *journal, int64_t mailbox, int64_t first, int64_t last,
                                     int64_t **ids, size_t *count, struct error *err);
/** Ids of the aliases of this row, ordered by id; the caller frees. */
MUST_CHECK bool journal_ids_referring(struct journal *journal, int64_t row, int64_t **ids, size_t *count,
                                      struct error *err);
/** Ids of rows of the whole account with this wire digest (dirty or not), ordered by id. */
MUST_CHECK bool journal_ids_by_wire(struct journal *journal, const unsigned char wire[static DIGEST_SIZE],
                                    int64_t **ids, size_t *count, struct error *err);
/** Ids of dirty rows of the whole account with this size, ordered by id. */
MUST_CHECK bool journal_ids_dirty_by_size(struct journal *journal, uint64_t size, int64_t **ids, size_t *count,
                                          struct error *err);
struct journal_name { /* of a row that knows a file, be it gone; borrowed */
    int64_t id;
    struct text base, info;
    unsigned lseen, facts;
};
/**
 * All of one mailbox's rows that know a file, one after the other as they lie. Nothing may be written meanwhile.
 *
 * @param rows  so many rows the mailbox has, about
 * @param each  false: enough, and false is returned; an error is the caller's
 */
MUST_CHECK bool journal_names(struct journal *journal, int64_t mailbox, uint64_t rows,
                              bool (*each)(void *context, const struct journal_name *name), void *context,
                              struct error *err);
MUST_CHECK bool journal_message_count(struct journal *journal, int64_t mailbox, enum journal_which which,
                                      uint64_t *count, struct error *err);
/** The highest id that a row of the account ever had; each new row gets a higher one. 0: there was none. */
MUST_CHECK bool journal_highest_id(struct journal *journal, int64_t *id, struct error *err);
/** 0 if there is none. */
MUST_CHECK bool journal_highest_uid(struct journal *journal, int64_t mailbox, uint32_t *uid, struct error *err);
/** The lowest of the n highest; 0 if there is none. */
MUST_CHECK bool journal_nth_highest_uid(struct journal *journal, int64_t mailbox, unsigned n, uint32_t *uid,
                                        struct error *err);
/** How many UIDs from this one on are known there; not those that came and went before their files were here. */
MUST_CHECK bool journal_count_uids_from(struct journal *journal, int64_t mailbox, uint32_t uid, uint32_t *count,
                                        struct error *err);

enum journal_op_kind {
    OP_UPLOAD = 1,
    OP_COPY,
    OP_MOVE,
    OP_REMOVE_REMOTE,
    OP_REMOVE_LOCAL,
    OP_RENAME_HERE,
    OP_RENAME_THERE,
    OP_DELETE_HERE, /* a mailbox, on which side: sync/apply/going.h */
    OP_DELETE_THERE
};
struct journal_op { /* an intent, durable before its command */
    int64_t id;
    enum journal_op_kind kind;
    int64_t mailbox, message; /* 0: none */
    /*
     * Move, copy: the row that will hold the new UID. Remove local: that row stays, it has another file; or, where it is another row than
     * the message's: the one that is to have the second name of its file (sync/apply/linked.h).
     */
    int64_t target;
    uint32_t uidvalidity, uidnext;
    unsigned char canonical[DIGEST_SIZE];
    uint64_t size;
    int64_t date;
    /*
     * Of an upload: so many were accepted and not found; of a rename: which step (sync/apply/rename_here.h, rename_there.h); of a second name
     * (`target`): 0, it goes, or 1, the row `target` has it, and the first one goes (sync/apply/linked.h); of a remove remote: below, and OP_UNMARKS (sync/rows/unfinished.h).
     */
    int attempt;
    int64_t since; /* seconds UTC */
    /*
     * Remove local: the name in the quarantine. Remove remote, of a message that is first copied to the \Trash: that one's wire name; `uidnext` and
     * `date` are its UIDNEXT and UIDVALIDITY before that, `attempt` how many copies were answered OK, or 1 where one was refused (sync/apply/trash.c). Without a message (sync/rows/unfinished.h) the mailbox's wire name: of a remove remote `size` is
     * the UID, of an upload `canonical` the digest of the wire bytes. Rename there: the name for people that it is to get. Delete
     * there: the wire name that it has meanwhile.
     */
    char name[LIMIT_MAILBOX_NAME + 1];
    /*
     * 0: `since` is when it was answered, or its line ended; OP_UNDER_WAY: it is when the intent was written. A time in seconds UTC: a later run saw it
     * then first, and nobody knows more (sync/apply/recover.c).
     */
    int64_t seen;
};
#define OP_UNDER_WAY (-1)
MUST_CHECK bool journal_op_add(struct journal *journal, struct journal_op *op, struct error *err);
MUST_CHECK bool journal_op_save(struct journal *journal, const struct journal_op *op, struct error *err);
MUST_CHECK bool journal_op_delete(struct journal *journal, int64_t id, struct error *err);
/** The intent whose outcome this row waits for, if any: of a copy or move its target has one, its source has none. */
MUST_CHECK bool journal_op_of(struct journal *journal, int64_t message, struct journal_op *out, bool *found,
                              struct error *err);
/** The newest upload without a message, of these wire bytes to the mailbox of this wire name. */
MUST_CHECK bool journal_op_sent(struct journal *journal, const char *name, const unsigned char wire[static DIGEST_SIZE],
                                struct journal_op *out, bool *found, struct error *err);
/** All of them, by id; the caller frees *ops. */
MUST_CHECK bool journal_ops(struct journal *journal, struct journal_op **ops, size_t *count, struct error *err);

/* What a file was when its bytes were last known: of one that was sent, of a draft, of an altered one. Goes with its message. */
struct journal_print {
    int64_t message;
    struct local_print file;
    uint64_t wire; /* bytes of its wire form then */
    int64_t since; /* when the server had them, seconds UTC; 0: they were not sent, or that is long ago */
};
/** Insert or update; writes nothing if that is known. */
MUST_CHECK bool journal_print_set(struct journal *journal, const struct journal_print *print, struct error *err);
MUST_CHECK bool journal_print_clear(struct journal *journal, int64_t message, struct error *err);
MUST_CHECK bool journal_print_get(struct journal *journal, int64_t message, struct journal_print *out, bool *found,
                                  struct error *err);
/** Ids of the messages that have one, ascending; the caller frees. */
MUST_CHECK bool journal_print_ids(struct journal *journal, int64_t **ids, size_t *count, struct error *err);

enum journal_pending_kind {
    PENDING_POLICY = 1, /* the configuration keeps it back: counts as in sync */
    PENDING_HELD,       /* the guard holds a removal */
    PENDING_REFUSED,    /* the server refused it */
    PENDING_SETTLE,     /* an unanswered command may still be running */
    PENDING_ALTERED,
    PENDING_UNREADABLE,
    PENDING_FAILED,  /* anything else that went wrong, tried again next time */
    PENDING_MAILBOX, /* its mailbox is gone on one side, refused, read-only, or can't be made */
};
struct journal_pending {
    int64_t mailbox, message; /* message 0: about the mailbox */
    enum journal_pending_kind kind;
    char detail[64]; /* one word: upload, download, remove-here, remove-there, flags ... */
    char why[512];   /* for people; the other side's words */
    int64_t since;
    char hold[16]; /* PENDING_HELD: the newest list that it stands on; all of them: journal_holds_of */
    int64_t
        not_before; /* the server refused it, and not for good (sync/rows/refusals.h): when it may be asked again, seconds UTC; 0: it did not */
};
/** One row a message (or a mailbox, message 0): replaces what was there; `since` of an equal kind and detail stays. */
MUST_CHECK bool journal_pending_set(struct journal *journal, const struct journal_pending *pending, struct error *err);
MUST_CHECK bool journal_pending_clear(struct journal *journal, int64_t mailbox, int64_t message, struct error *err);
/** *found false: none. */
MUST_CHECK bool journal_pending_get(struct journal *journal, int64_t mailbox, int64_t message,
                                    struct journal_pending *out, bool *found, struct error *err);
/** Since when the one of this detail waits that waits longest, of those that wait since later than `after`; INT64_MAX: none does. */
MUST_CHECK bool journal_pending_oldest(struct journal *journal, const char *detail, int64_t after, int64_t *since,
                                       struct error *err);
/** All of them by mailbox and message; the caller frees. */
MUST_CHECK bool journal_pendings(struct journal *journal, struct journal_pending **list, size_t *count,
                                 struct error *err);

struct
    journal_shown { /* three fields of a held message as people read them; "": it has none, or nobody could read it */
    int64_t message;
    char from[160], date[80], subject[240];
};
/** Write them down; they go when the message is on no list any more. */
MUST_CHECK bool journal_shown_set(struct journal *journal, const struct journal_shown *shown, struct error *err);
/** *found false: nothing was written down. */
MUST_CHECK bool journal_shown_get(struct journal *journal, int64_t message, struct journal_shown *shown, bool *found,
                                  struct error *err);

enum journal_hold_kind { HOLD_REMOVALS = 1, HOLD_ADDITIONS };
/*
 * A message on a list of what is held, as people were shown it. It stays on each list that it was ever on, until what it waited with is over:
 * until its pending row is cleared or tells of another thing to do (`detail`), or the row itself is deleted. In the journal of a
 * POP account `message` is the id of a POP row, and it is over when the row's `hold` becomes "".
 */
struct journal_hold {
    int64_t message;
    char list[16]; /* the ID */
    enum journal_hold_kind kind;
    char reason[32]; /* why it is held, a word or two: "guard", "keep" ... */
    int64_t since;
};
/** Put a message on a list; on one that it stands on already it stays as it is. */
MUST_CHECK bool journal_hold_add(struct journal *journal, const struct journal_hold *hold, struct error *err);
/** Take a message off all lists, where neither its pending row nor its POP row says so. */
MUST_CHECK bool journal_hold_clear(struct journal *journal, int64_t message, struct error *err);
/** The lists of one message, oldest first; the caller frees. */
MUST_CHECK bool journal_holds_of(struct journal *journal, int64_t message, struct journal_hold **list, size_t *count,
                                 struct error *err);
/** Ids of the messages on a list (NULL: on any) of this kind, ascending, each once; the caller frees. */
MUST_CHECK bool journal_hold_ids(struct journal *journal, enum journal_hold_kind kind, const char *list, int64_t **ids,
                                 size_t *count, struct error *err);

/* ---- messages whose bytes differ on the two sides: kinships.c ---- */

struct journal_kinship { /* of a message that is on one side only: what its header says beside its digest */
    struct kin kin;
    bool has_alike;
    unsigned char alike[DIGEST_SIZE]; /* sync/match/kinship.h */
    bool has_written;
    unsigned char written[DIGEST_SIZE]; /* the same */
    bool has_body;
    unsigned char body[DIGEST_SIZE];
};
/** Insert or replace; goes with its message, and when that gets a file: then it is on both sides. */
MUST_CHECK bool journal_kinship_save(struct journal *journal, int64_t message, const struct journal_kinship *kinship,
                                     struct error *err);
MUST_CHECK bool journal_kinship_get(struct journal *journal, int64_t message, struct journal_kinship *out, bool *found,
                                    struct error *err);
/** Of a row with FACT_FOREIGN: the digest of its file's body in wire form, NULL: not known. Insert or replace; goes with its message. */
MUST_CHECK bool journal_foreign_save(struct journal *journal, int64_t message, const unsigned char *body,
                                     struct error *err);
/** @param found [out] whether a digest is known */
MUST_CHECK bool journal_foreign_get(struct journal *journal, int64_t message, unsigned char body[static DIGEST_SIZE],
                                    bool *found, struct error *err);

/* ---- Gmail's X-GM-MSGID, which is the same in each mailbox in which it shows a message: gmail.c ---- */

/** Write it down; what is known already is not written. */
MUST_CHECK bool journal_gmail_set(struct journal *journal, int64_t mailbox, uint32_t uid, uint64_t msgid,
                                  struct error *err);
/** @param msgid [out] 0: not known */
MUST_CHECK bool journal_gmail_get(struct journal *journal, int64_t mailbox, uint32_t uid, uint64_t *msgid,
                                  struct error *err);
/** Ids of the rows that have such a UID, by id; the caller frees. */
MUST_CHECK bool journal_gmail_ids(struct journal *journal, uint64_t msgid, int64_t **ids, size_t *count,
                                  struct error *err);
/** Its UIDs are not valid any more. */
MUST_CHECK bool journal_gmail_forget(struct journal *journal, int64_t mailbox, struct error *err);
/** Those of UIDs that no row has. */
MUST_CHECK bool journal_gmail_sweep(struct journal *journal, struct error *err);

/** Is a file of this base name a message's, in any mailbox, or one that is in the quarantine? */
MUST_CHECK bool journal_knows_base(struct journal *journal, const char *base, bool *known, struct error *err);
/** Is a file of this base name paired with a message that its server had before that time already? */
MUST_CHECK bool journal_had_base(struct journal *journal, const char *base, int64_t before, bool *had,
                                 struct error *err);

#endif
