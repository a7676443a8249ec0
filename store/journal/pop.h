/*
 * What the journal knows of a POP maildrop: one row for each message that golub has to do with, the listing of a session beside the rows,
 * and the folders whose names were compared with them.
 *
 * A row says which message it means by more than its UIDL: servers give a UIDL to another message, give a message another UIDL, show
 * a list that lacks some, and carry out no DELE that they answered. So a row outlives the list that lacks it: `absent` says since when.
 * What is REMOVING and absent was removed; what is REMOVING and listed was not, or QUIT was not answered. A UIDL may stand in several
 * rows: of messages that had it one after the other, or at once (RFC 1939 section 7 allows that for equal messages). Where the server
 * has no UIDL, `uidl` is "=" and the base32 header digest.
 *
 * Times here are counted ones, as of `quarantine-days` in the manual: they do not jump with the clock.
 */
#ifndef STORE_JOURNAL_POP_H
#define STORE_JOURNAL_POP_H

#include "store/journal/journal.h"

enum journal_pop_state {
    POP_FETCHING = 1, /* to be fetched, or being fetched: whether its file is here is not certain */
    POP_STORED,       /* durable here (or handed to the command); the file may have gone elsewhere since */
    POP_HAD,          /* recorded as had without being fetched: never removed from the server */
    POP_REMOVING,     /* DELE was sent or is about to be */
};

enum journal_pop_fact {
    POP_SHORT =
        1, /* far fewer bytes came than LIST said. FETCHING: read it once more; STORED: twice, and it is never removed */
    POP_CUT =
        2, /* behind its bytes came what is no answer: before it is removed it is read again, and an answer must follow */
    POP_MASS = 4, /* its file went missing together with too many others: its removal needs a word */
    POP_CONFIRM =
        8, /* before it is removed its body is read once more and must be the same, else it is another message */
    POP_FEWER =
        16, /* fewer bytes came than LIST said: before it is removed its body is read once more and must be the same */
    POP_RETURNED =
        32, /* it was removed, or a part of what was, and is on the server again under another UIDL after a list lacked it */
    POP_UNSURE =
        64, /* what is listed under its UIDL has another header, and nothing can tell whether it is its message */
    POP_AGAIN = 128, /* it was removed, and is listed again under the same UIDL: the server keeps it, or got it back */
    POP_DOUBT =
        256, /* FETCHING, HAD: begun for a message that may be another row's; it is compared with those before it is this one's */
    POP_NAMELESS =
        512, /* its header names it by neither Message-ID nor date of a Received line: it may be that of many messages */
    POP_LOST = 1024, /* FETCHING: it was here, and a power cut took it */
    POP_KEPT = 4096, /* the user said no to its removal: it stays until the `keep` that it was stored under is over */
    POP_UNFLUSHED = 2048, /* its file may not be on the disk yet: what is missing after a power cut was taken by that */
};

#define POP_RECEIVED_MAX 256 /* bytes: digests of Received lines, one behind the other */
#define POP_NO_WORD (-1)

struct journal_pop {
    int64_t id;     /* 0 before the insert */
    char uidl[128]; /* see above */
    enum journal_pop_state state;
    uint64_t size;   /* bytes that came; FETCHING: a hint, or what came of one that is too large */
    uint64_t listed; /* what LIST says of it; 0: not known */
    bool has_header, has_kin, has_id, has_body;
    unsigned char header[DIGEST_SIZE];     /* of the header block as the server sent it */
    unsigned char kin[DIGEST_SIZE];        /* of it without the lines that programs add */
    unsigned char message_id[DIGEST_SIZE]; /* has_id: it has one */
    unsigned char received[POP_RECEIVED_MAX];
    size_t received_size;
    unsigned char body[DIGEST_SIZE]; /* of the bytes behind the header, as the server sent them */
    char base[LOCAL_BASE_MAX + 1];   /* that its file has or is to have; "" with a command */
    const char *
        folder; /* to save: where its file is now; NULL: as the journal has it (new rows: nobody has looked). Never read from there */
    int64_t since;  /* when it was stored (POP_HAD: recorded); FETCHING: first seen */
    int64_t absent; /* since when complete lists lack it; 0: the last one has it */
    int64_t missed; /* since when its file is not found here; 0: it was here */
    int keep_days;  /* the `keep` in force when it was stored; -1 forever */
    int word;       /* the `keep` that the user released its removal under; POP_NO_WORD */
    unsigned facts;
    char hold[16]; /* ID of the held list that its removal stands on; "" none */
    char why[512]; /* why it is not here yet, or still there; the server's words; "" nothing wrong */
};
/** Insert (id 0: set on success) or update all columns. */
MUST_CHECK bool journal_pop_save(struct journal *journal, struct journal_pop *row, struct error *err);
MUST_CHECK bool journal_pop_delete(struct journal *journal, int64_t id, struct error *err);
MUST_CHECK bool journal_pop_get(struct journal *journal, int64_t id, struct journal_pop *out, bool *found,
                                struct error *err);
/** Ids of the rows of this UIDL, those that are not absent first, then by id; the caller frees. */
MUST_CHECK bool journal_pop_by_uidl(struct journal *journal, const char *uidl, int64_t **ids, size_t *count,
                                    struct error *err);
/**
 * A body that was read: rows of others are left out, those of which none is known are not. Pointers to digests: as it came, in wire form, and
 * without the folds of its parts' headers (NULL: it has none).
 */
struct journal_pop_body {
    const unsigned char *came, *wire, *parts;
};
/** journal_pop_by_uidl, of this body alone. */
MUST_CHECK bool journal_pop_by_uidl_and_body(struct journal *journal, const char *uidl, struct journal_pop_body body,
                                             int64_t **ids, size_t *count, struct error *err);
/** At most so many rows, those behind this id: thousands may have one header, and what is looked for is one of the first. */
struct journal_pop_page {
    int64_t after;
    size_t most;
};
/** Ids of absent rows with this header digest (or kin digest), by id; the caller frees. @param body  all of it NULL: any */
MUST_CHECK bool journal_pop_absent_by_header(struct journal *journal, const unsigned char header[static DIGEST_SIZE],
                                             struct journal_pop_body body, struct journal_pop_page page, int64_t **ids,
                                             size_t *count, struct error *err);
MUST_CHECK bool journal_pop_absent_by_kin(struct journal *journal, const unsigned char kin[static DIGEST_SIZE],
                                          struct journal_pop_body body, struct journal_pop_page page, int64_t **ids,
                                          size_t *count, struct error *err);
/** Has an absent row this Message-ID, and did LIST say this size (not 0) of it? */
MUST_CHECK bool journal_pop_has_absent_named(struct journal *journal,
                                             const unsigned char message_id[static DIGEST_SIZE], uint64_t size,
                                             bool *has, struct error *err);
/** Ids of STORED and REMOVING rows whose file is missed, absent ones too, by kin digest and id; the caller frees. Looks at every row. */
MUST_CHECK bool journal_pop_missed(struct journal *journal, int64_t **ids, size_t *count, struct error *err);
/** Ids of rows that are not absent in this state (0: any), by id; the caller frees. */
MUST_CHECK bool journal_pop_ids(struct journal *journal, int state, int64_t **ids, size_t *count, struct error *err);
/** How many rows that are not absent are in this state (0: any). */
MUST_CHECK bool journal_pop_count(struct journal *journal, int state, uint64_t *count, struct error *err);
/** How many rows there are, absent ones too. */
MUST_CHECK bool journal_pop_count_all(struct journal *journal, uint64_t *count, struct error *err);
/** Of how many STORED and REMOVING rows that are not absent LIST told a size, and of how many as many bytes came. */
MUST_CHECK bool journal_pop_count_exact(struct journal *journal, uint64_t *exact, uint64_t *sized, struct error *err);
/** How many STORED and REMOVING rows that are not absent are missed here. */
MUST_CHECK bool journal_pop_count_missed(struct journal *journal, uint64_t *count, struct error *err);
/** Ids of POP_STORED and POP_REMOVING rows that are not absent with since + days <= now (days >= 0), by id; the caller frees. */
MUST_CHECK bool journal_pop_due(struct journal *journal, int days, int64_t now, int64_t **ids, size_t *count,
                                struct error *err);
/** Ids of the rows whose removal stands on a held list, by id; the caller frees. */
MUST_CHECK bool journal_pop_held(struct journal *journal, int64_t **ids, size_t *count, struct error *err);
/** Ids of STORED rows that are POP_SHORT, POP_CUT or POP_FEWER and not absent, by id; the caller frees. */
MUST_CHECK bool journal_pop_parts(struct journal *journal, int64_t **ids, size_t *count, struct error *err);
/** Is there a row whose file has this base name? */
MUST_CHECK bool journal_pop_has_base(struct journal *journal, const char *base, bool *has, struct error *err);
/** The latest `since`; INT64_MIN: no rows. */
MUST_CHECK bool journal_pop_newest(struct journal *journal, int64_t *since, struct error *err);
/** Ids of STORED rows that are POP_UNFLUSHED, not absent, and whose file is not missed, by id; the caller frees. */
MUST_CHECK bool journal_pop_unflushed(struct journal *journal, int64_t **ids, size_t *count, struct error *err);
/** What is here is on the disk: no row is POP_UNFLUSHED any more. In a transaction. */
MUST_CHECK bool journal_pop_flushed(struct journal *journal, struct error *err);
/** Times that lie ahead of this one are set back to it. In a transaction. */
MUST_CHECK bool journal_pop_clamp(struct journal *journal, int64_t stamp, struct error *err);
/** What is to be fetched and has no file's name yet may be another row's message, or a file's that no row knows (POP_DOUBT). In a transaction. */
MUST_CHECK bool journal_pop_doubt_begun(struct journal *journal, struct error *err);
/**
 * The same where this list, which is not complete, lacks it, whether or not a file has its name: it may come under the name of another in this
 * session. In a transaction.
 */
MUST_CHECK bool journal_listing_doubt_lacked(struct journal *journal, struct error *err);
/** The same where a doubtful line of its name is left, since it can't be read: it may be another row's message under this name. In a transaction. */
MUST_CHECK bool journal_pop_doubt_left(struct journal *journal, struct error *err);
/**
 * Absent POP_HAD rows of which no header is known are forgotten: names are used again, and nothing but its name says which message such a row
 * means. In a transaction.
 */
MUST_CHECK bool journal_pop_forget_unread(struct journal *journal, struct error *err);
/** Every word given for a shorter `keep` than this one ends; KEEP -1: every word. In a transaction. */
MUST_CHECK bool journal_pop_end_words(struct journal *journal, int keep_days, struct error *err);

/*
 * What a session's UIDL and LIST showed, in temporary tables: files that SQLite makes in its temporary folder and unlinks at once,
 * never the journal. Needs no transaction; what is written here counts as no change of the journal.
 *
 * Order of calls: begin, add for each line, then questions. Which is new, known, doubtful is decided with the first question; an add
 * after it decides anew, and forgets what was wanted, paired and allowed to be removed.
 */
MUST_CHECK bool journal_listing_begin(struct journal *journal, struct error *err);
/** @param size  of LIST; 0: not told. @return false: also where a number was told twice (ERROR_SERVER), which this call, a later one or
 *  the first question finds */
MUST_CHECK bool journal_listing_add(struct journal *journal, uint32_t number, const char *uidl, uint64_t size,
                                    struct error *err);

struct journal_listed {
    uint32_t number;
    char uidl[128];
    uint64_t size; /* 0: not told */
    int64_t row;   /* the journal's row of that message, as it is now; 0: none */
    bool repeated; /* the UIDL stands more than once in the listing: it is never removed */
    bool proven;   /* its header was seen in this session to be that of its row */
};
enum journal_listing_which {
    LISTED_ALL,
    LISTED_NEW,   /* to be fetched */
    LISTED_DOUBT, /* its UIDL is repeated, or names a row of another size, or one that was absent; and what was probed */
    LISTED_UNREAD,  /* of these: no TOP was told yet */
    LISTED_KNOWN,   /* has its row, is neither new nor to be compared */
    LISTED_COMPARE, /* to be fetched and compared with rows before it is new */
    LISTED_CAME,    /* fetched in this session, and to be removed in it once it is proven to be what was asked for */
    LISTED_REMOVABLE,
};
/** One page: at most `size` entries with number > after (descending: < after, 0: from the end). The caller passes the last number on. */
MUST_CHECK bool journal_listing_page(struct journal *journal, enum journal_listing_which which, bool descending,
                                     uint32_t after, struct journal_listed *page, size_t size, size_t *count,
                                     struct error *err);
MUST_CHECK bool journal_listing_count(struct journal *journal, enum journal_listing_which which, uint64_t *count,
                                      struct error *err);
/** Known ones whose header nobody has seen, FETCHING ones left out: at most `size`. */
MUST_CHECK bool journal_listing_unread(struct journal *journal, struct journal_listed *page, size_t size, size_t *count,
                                       struct error *err);
/** How many rows that were not absent the listing lacks. */
MUST_CHECK bool journal_listing_gone(struct journal *journal, uint64_t *count, struct error *err);
/** How many lines in doubt have the header or the kin of one of these. */
MUST_CHECK bool journal_listing_count_gone_alike(struct journal *journal, uint64_t *count, struct error *err);
/** Ids of those of them that have this header or kin digest, by id; the caller frees. None once they were written down as absent. */
MUST_CHECK bool journal_listing_gone_like(struct journal *journal, const unsigned char header[static DIGEST_SIZE],
                                          const unsigned char kin[static DIGEST_SIZE], struct journal_pop_body body,
                                          int64_t **ids, size_t *count, struct error *err);
/**
 * Collect the rows of names whose lines are doubtful, and have no row yet or another one: such a row may be any other line's by now. Not those
 * of lines that stand twice, and not rows that were begun. After those that are known by their names were paired.
 */
MUST_CHECK bool journal_listing_loosen(struct journal *journal, struct error *err);
/** Ids of those rows that have this header or kin digest, by id; the caller frees. None before journal_listing_loosen. */
MUST_CHECK bool journal_listing_loose_like(struct journal *journal, const unsigned char header[static DIGEST_SIZE],
                                           const unsigned char kin[static DIGEST_SIZE], struct journal_pop_body body,
                                           int64_t **ids, size_t *count, struct error *err);
/** What is known and still POP_FETCHING is to be fetched: it moves from LISTED_KNOWN to LISTED_NEW. */
MUST_CHECK bool journal_listing_want_fetching(struct journal *journal, struct error *err);
/** This one is to be fetched; its row, if it has one of its UIDL, must be absent or FETCHING. */
MUST_CHECK bool journal_listing_want(struct journal *journal, uint32_t number, struct error *err);
/** This one is fetched and compared first. */
MUST_CHECK bool journal_listing_compare(struct journal *journal, uint32_t number, struct error *err);
/** This number is to be removed in this session, and not proven yet: LISTED_CAME. */
MUST_CHECK bool journal_listing_came(struct journal *journal, uint32_t number, struct error *err);
/** This number may be removed in this session: LISTED_REMOVABLE. */
MUST_CHECK bool journal_listing_allow_removal(struct journal *journal, uint32_t number, struct error *err);

/*
 * New ones become doubtful: all of them, or those alone whose size is that of an absent row, so that a TOP may show whether they are such
 * a row's message under another UIDL.
 */
MUST_CHECK bool journal_listing_probe(struct journal *journal, bool all, struct error *err);
/**
 * New ones that were not doubtful, have a UIDL that no row has and the size of an absent row are to be fetched and compared: that row may have
 * been absent only since others were. So are those of the size of a row whose name is another message's by now, which is not absent for that
 * where the list is not complete.
 */
MUST_CHECK bool journal_listing_compare_new(struct journal *journal, struct error *err);
/** Doubtful ones that were found to be new, and have the header of a row that is absent since `now`, are to be fetched and compared. */
MUST_CHECK bool journal_listing_compare_freed(struct journal *journal, int64_t now, struct error *err);
/**
 * Doubtful ones that were found to be new are to be compared as they are fetched, where a row of their header and size has another line by its
 * name alone: they may be that row's message, and that line another one's.
 */
MUST_CHECK bool journal_listing_compare_alike(struct journal *journal, struct error *err);
/**
 * A message of this header and body was read, and is none of the rows that are free. Lines that have a row of the same by their names alone
 * become doubtful, and are to be fetched and compared; so are those that have one by this header, unless they were read in this session or there
 * are more than `most`. None of them may be removed any more.
 *
 * @param message  its header and body
 * @param wire     the other digest of its body (struct seen)
 * @param any      [out] there are such
 */
MUST_CHECK bool journal_listing_doubt_equal(struct journal *journal, const struct journal_pop *message,
                                            const unsigned char wire[static DIGEST_SIZE], uint64_t most, bool *any,
                                            struct error *err);
/** A doubtful one was read to its end in this session: it is no more in doubt by its bytes. */
MUST_CHECK bool journal_listing_note_read(struct journal *journal, uint32_t line, struct error *err);
/** Before what is new is fetched: which rows have the size of one of them? For journal_listing_doubt_sized. */
MUST_CHECK bool journal_listing_note_sized(struct journal *journal, struct error *err);
/**
 * The same of the line of one that was fetched as new, of rows that have its size (message->listed, not 0), too: it is to be compared as well.
 * Where there are more than `most` nothing becomes doubtful. Those that are to be compared already count.
 *
 * @param since  absent rows count, too, of whatever size, that no list had any more by then; INT64_MAX - 1: all of them
 */
MUST_CHECK bool journal_listing_doubt_sized(struct journal *journal, uint32_t line, const struct journal_pop *message,
                                            const unsigned char wire[static DIGEST_SIZE], int64_t since, uint64_t most,
                                            bool *any, struct error *err);
/** Lines of a row that says POP_DOUBT become doubtful, too, unless it is too large to be read (0: none is). */
MUST_CHECK bool journal_listing_doubt_begun(struct journal *journal, uint64_t max_size, struct error *err);
/**
 * All lines become doubtful, but for those that have their row by TOP already: names that are used again are no names. None may be removed any
 * more: what was proven was proven of the row of a name.
 */
MUST_CHECK bool journal_listing_doubt_all(struct journal *journal, struct error *err);
/** The header of a doubtful one (row->has_header ...) as TOP showed it. Only header, kin, message_id, received and POP_NAMELESS are kept. */
MUST_CHECK bool journal_listing_top(struct journal *journal, uint32_t number, const struct journal_pop *header,
                                    struct error *err);
/** *found false: TOP was refused, or never asked. */
MUST_CHECK bool journal_listing_top_of(struct journal *journal, uint32_t number, struct journal_pop *header,
                                       bool *found, struct error *err);
/** How many doubtful ones that have no row yet have this kin digest? No more than `most` are counted. */
MUST_CHECK bool journal_listing_count_kin(struct journal *journal, const unsigned char kin[static DIGEST_SIZE],
                                          uint64_t most, uint64_t *count, struct error *err);
/** Has a doubtful one that has no row yet this kin digest, and another header? */
MUST_CHECK bool journal_listing_has_kin(struct journal *journal, const unsigned char header[static DIGEST_SIZE],
                                        const unsigned char kin[static DIGEST_SIZE], bool *has, struct error *err);
/** How many doubtful ones have this header and size, or where a UIDL is given this header and UIDL, and no row yet? No more than `most` are counted. */
MUST_CHECK bool journal_listing_alike(struct journal *journal, const char *uidl,
                                      const unsigned char header[static DIGEST_SIZE], uint64_t size, uint64_t most,
                                      uint64_t *count, struct error *err);
/**
 * Is a message there whose bytes could not be read yet, and that may be equal to one of this header and size: a line that was left, or one
 * with a row of its own (FETCHING, POP_DOUBT)?
 */
MUST_CHECK bool journal_listing_has_unread_twin(struct journal *journal, const unsigned char header[static DIGEST_SIZE],
                                                uint64_t size, bool *has, struct error *err);
/**
 * Is there another one that a row of this header and size may be: a line whose header is not known, or a message that was begun and that no
 * line was found for yet?
 */
MUST_CHECK bool journal_listing_may_be_anothers(struct journal *journal, const unsigned char header[static DIGEST_SIZE],
                                                uint64_t size, bool *may_be, struct error *err);
/** Is one that stands once the message of a row, by Message-ID and header, whose UIDL another line has, of which no TOP was asked? */
MUST_CHECK bool journal_listing_has_moved(struct journal *journal, bool *moved, struct error *err);
/** Is one in doubt no message, or not that one yet, of a row of its name? Then names may be used again. */
MUST_CHECK bool journal_listing_names_again(struct journal *journal, bool *again, struct error *err);
/** A doubtful one is this row's message. */
MUST_CHECK bool journal_listing_pair(struct journal *journal, uint32_t number, int64_t row, bool proven,
                                     struct error *err);
/** Does this UIDL stand in the listing, and no more than once? */
MUST_CHECK bool journal_listing_has_once(struct journal *journal, const char *uidl, bool *once, struct error *err);
/** Does a doubtful one have this row already? */
MUST_CHECK bool journal_listing_is_taken(struct journal *journal, int64_t row, bool *taken, struct error *err);
/** Is it to be compared, or was it left? */
MUST_CHECK bool journal_listing_is_put_off(struct journal *journal, uint32_t number, bool *put_off, struct error *err);
/** How many whose UIDL stands once, and that have no row of their own that says so (FETCHING, POP_DOUBT), are to be compared, or were left? */
MUST_CHECK bool journal_listing_count_open(struct journal *journal, uint64_t *count, struct error *err);
/** It stays as it is: nobody knows which row's message it is, so no row of its UIDL becomes absent. */
MUST_CHECK bool journal_listing_leave(struct journal *journal, uint32_t number, struct error *err);

/**
 * Write down, in a transaction, what a complete listing lacks: rows that it has no more become absent. Those that were FETCHING stay until
 * journal_listing_forget_begun.
 */
MUST_CHECK bool journal_listing_bury(struct journal *journal, int64_t now, struct error *err);
/**
 * Once it is decided which message is which: rows that were FETCHING and are not listed are forgotten. In the same transaction. What such a row
 * may have been (POP_DOUBT) is absent since a moment ago: the last list may have had it, and it did not go missing in this run.
 */
MUST_CHECK bool journal_listing_forget_begun(struct journal *journal, int64_t now, struct error *err);
/** The same for rows of doubtful UIDLs that no line was paired with, where none of their lines was left or waits to be compared. */
MUST_CHECK bool journal_listing_bury_rest(struct journal *journal, int64_t now, struct error *err);
/**
 * The same, but for those that are FETCHING: a line that is decided later may be the message of a row whose name another has now.
 *
 * @param left  rows of lines that were left or wait to be compared, too: where names moved on, such a row's message may be any other line
 */
MUST_CHECK bool journal_listing_bury_reused(struct journal *journal, bool left, int64_t now, struct error *err);
/**
 * Rows that were absent since before `before` and still are: forgotten, but for those that a listed message may be which nobody could read
 * or compare yet: one that was left, one that waits to be compared, one with a row of its own (POP_DOUBT), one of which perhaps a part came and
 * that has the size. In a transaction, after a complete listing.
 */
MUST_CHECK bool journal_pop_forget(struct journal *journal, int64_t before, uint64_t *forgotten, struct error *err);
/** Sizes of known rows that had none are written down; in a transaction. *any false: none had. */
MUST_CHECK bool journal_listing_has_sizes(struct journal *journal, bool *any, struct error *err);
MUST_CHECK bool journal_listing_learn_sizes(struct journal *journal, struct error *err);

/*
 * Which files are here: the names of those folders that moved since the last look, in a temporary table, against the rows' bases.
 * Order of calls: begin, then for each folder that moved or is gone journal_here_folder and its names, then the questions; the changes
 * in one transaction.
 */
struct journal_pop_folder {
    char name[LOCAL_FOLDER_MAX + 1];
    char stamp[LOCAL_STAMP_MAX]; /* when its names were last compared; "" look again */
    int64_t born;                /* birth time of the folder in nanoseconds; 0: not known */
};
MUST_CHECK bool journal_here_begin(struct journal *journal, struct error *err);
/** This folder's names follow: a row whose file was there and is nowhere among the names is missed. */
MUST_CHECK bool journal_here_folder(struct journal *journal, const char *folder, struct error *err);
MUST_CHECK bool journal_here_name(struct journal *journal, const char *folder, const char *base, const char *info,
                                  struct error *err);
/** Of STORED and REMOVING rows: how many files that were here when last looked at are missed now; how many come back or moved. */
MUST_CHECK bool journal_here_count(struct journal *journal, uint64_t *missed, uint64_t *other, struct error *err);
/** Of those of messages that are on the server still: how many files were here when last looked at, and how many of these are missed now? */
MUST_CHECK bool journal_here_count_there(struct journal *journal, uint64_t *here, uint64_t *missed, struct error *err);
/** Was this row's file here until now, and is it missed? After the last look, and before that is written down. */
MUST_CHECK bool journal_here_misses(struct journal *journal, int64_t id, bool *missed, struct error *err);
/** Those that are missed now and were not flushed are to be fetched again. In a transaction, before journal_here_apply. */
MUST_CHECK bool journal_here_fetch_missed(struct journal *journal, struct error *err);
/** Write it down: missed since `now`, with POP_MASS where `mass`; what is found again is missed no more. In a transaction. */
MUST_CHECK bool journal_here_apply(struct journal *journal, int64_t now, bool mass, struct error *err);
struct journal_here_file {
    int64_t id; /* in the order of the look */
    char folder[LOCAL_FOLDER_MAX + 1], base[LOCAL_BASE_MAX + 1], info[LOCAL_INFO_MAX + 1];
};
/** Files that were looked at and are no row's: at most `size` with id > after. */
MUST_CHECK bool journal_here_strangers(struct journal *journal, int64_t after, struct journal_here_file *page,
                                       size_t size, size_t *count, struct error *err);
/** The first file with this base name and id > after; *found: there is one. */
MUST_CHECK bool journal_here_named(struct journal *journal, const char *base, int64_t after,
                                   struct journal_here_file *file, bool *found, struct error *err);
/** Folders that hold files of rows, as far as is known, by name only, those of no saved stamp, too; the caller frees. */
MUST_CHECK bool journal_pop_row_folders(struct journal *journal, struct journal_pop_folder **list, size_t *count,
                                        struct error *err);
/** All folders with their stamps; the caller frees. */
MUST_CHECK bool journal_pop_folders(struct journal *journal, struct journal_pop_folder **list, size_t *count,
                                    struct error *err);
MUST_CHECK bool journal_pop_folder_save(struct journal *journal, const struct journal_pop_folder *folder,
                                        struct error *err);
MUST_CHECK bool journal_pop_folder_delete(struct journal *journal, const char *name, struct error *err);

#endif
