/*
 * One import run: what its files share. The rooms of it, in the order of a run:
 *
 *   import/situation.c   may this run touch anything? root, journal, the list that the user confirmed
 *   import/recover.c     messages that an earlier run was fetching: are they here?
 *   import/here.c        which files are here, and which went missing
 *   import/list.c        what is on the server: STAT, LIST, UIDL
 *   import/same.c        an account whose server changed its name: is it the same maildrop?
 *   import/beside.c      an IMAP account of this tree: is its mailbox this maildrop?
 *   import/meeting.c     files that no row knows of (journal lost, or older than the Maildir) beside what is listed
 *                        (import/loosely.c: a header that the program which brought it folded anew)
 *   import/match.c       which message is which row's; the journal says which are new (import/decide.c: one line; import/candidates.c: rows
 *                        that it may be; import/verdict.c: one row, one header; import/seen.c: what
 *                        a row knows of one)
 *   import/learn.c       headers of what was recorded as had
 *   import/loosen.c      a loosened `keep`
 *   import/keep.c        what `keep` says about messages that were stored earlier (import/held.c: what needs a word;
 *                        import/proof.c: is the message on the server the one that is here? import/intact.c: is the file
 *                        here what came?)
 *   import/fetch.c       the new ones: rows, bytes, delivery, rows (import/wanted.c: which, in which order; import/hand.c: into a
 *                        command instead; import/step.c: whose answer is it? import/batch.c: a batch made durable)
 *   import/compare.c     those that only their bytes tell apart (import/bytes.c: whose bytes are these? import/own.c: they can't
 *                        be read now)
 *   import/parts.c       messages of which only a part came: has the server more of them by now?
 *   import/came.c        of what is due at once: is it what was asked for?
 *   import/remove.c      DELE and QUIT (import/flush.c: what is flushed before it)
 *   import/suspects.c    a line that broke: at which message, and is there to be another session? (import/suspect_lines.c:
 *                        which lines are a suspect's; import/in_flight.c: the maildrop that knows what is in flight)
 *
 * import/read.c reads bytes and TOPs for all of them, import/run.c has the small things that every phase needs. With --skip-existing
 * import/skip.c takes the place of keep and fetch, with --adopt import/adopt.c that of all behind the listing.
 */
#ifndef SYNC_IMPORT_PRIVATE_H
#define SYNC_IMPORT_PRIVATE_H

#include <assert.h>

#include "store/base/limits.h"
#include "store/base/loose.h"
#include "store/base/parts.h"
#include "store/journal/pop.h"
#include "sync/base/age_journal.h"
#include "sync/base/id_set.h"
#include "sync/import/import.h"
#include "store/base/kin.h"

/* Messages between their row and their delivery: a batch goes to the disk, one arrives, one is in flight. A row each: a kilobyte and a half. */
#define IMPORT_RING (3 * LIMIT_BATCH)
#define IMPORT_DAY 86400
/* A row outlives the lists that lack it at least so long. */
#define IMPORT_ABSENT_DAYS 30
/* So many at the end of a list are read where names moved on and theirs are new, or all changed. */
#define IMPORT_NEWEST 16
/* ... and, up to so many bytes, whatever their names: a report is no larger. */
#define IMPORT_SMALL 65536
/* So many known ones of the bytes of a new one are read for it; more are copies. So are new ones, but for the first so many of a session. */
#define IMPORT_EQUAL 16
#define IMPORT_EQUAL_NEW 64
/* UIDL of a row that was made for a file whose message may be listed: no server's, and no header digest's. */
#define IMPORT_FILE_UIDL "=file"

enum import_identity { /* how messages of two sessions are known to be the same */
                       BY_UIDL,
                       BY_HEADER, /* no UIDL: digest of the header block, by TOP */
                       BY_BODY,   /* nor TOP: each is fetched in each run */
};

struct import_folders { /* below the root: as they were at the last look, and at this one */
    struct journal_pop_folder *known, *seen;
    size_t known_count, seen_count;
    bool moved; /* there is something to be written down */
};

#define REFUSAL_KINDS 6 /* what is tried with one message at a time */

struct refusals { /* of one kind: a server may refuse each of a hundred thousand */
    const char *what;
    uint64_t count;
    char words[128]; /* of the last one */
};

struct suspects;
struct adopted;

struct import { /* one session; what a run keeps of it is in import.c */
    const struct account *account;
    const struct sync_options *options;
    struct maildrop maildrop;
    struct local local; /* ops NULL: a command takes the mail */
    struct handover *handover;
    struct beside *beside; /* NULL: no other account's mail is in the tree */
    struct journal *journal;
    struct report *report;
    struct error err; /* of what ended the run */
    struct report_counts counts;
    struct maildrop_info info; /* top: false as soon as that is known */
    int64_t now;               /* at the beginning */
    struct age_run age;        /* counted time */
    bool dry;
    bool no_root;                      /* dry run of an account whose Maildir is not there yet */
    bool may_fetch, may_remove;        /* --push, --pull; may_remove false also where the situation forbids it */
    bool other_server;                 /* the configuration names another server or user than the journal */
    char server[65];                   /* digest of what it names */
    char folder[LOCAL_FOLDER_MAX + 1]; /* of deliver-to */
    enum import_identity identity;
    uint64_t messages; /* STAT */
    uint64_t *sizes;   /* of LIST, [number]; 0: not told */
    size_t sizes_count;
    bool sized;    /* one of them is not 0: LIST tells sizes */
    bool complete; /* the listing holds as many messages as STAT says */
    bool first;    /* no import of this journal has ever met what is listed */
    bool unmet;    /* nor has this one: a folder or a header could not be read */
    bool reused;   /* a UIDL of this list is another message's than before: none of them is believed */
    bool unseen;   /* ... and files may be here that were not looked at: nothing is certain to be new */
    struct import_folders folders;
    bool named;      /* every folder was listed in this run: journal_here_named knows all names */
    uint64_t steady; /* lines with the names and sizes of their rows, before any other is paired */
    /* Bit (number % IMPORT_NEWEST): one of the last lines has a name that no row has. Filled once names are used again. */
    uint32_t newest;
    bool wide;           /* files that no row knows of are looked for everywhere, whatever their age */
    bool widen;          /* so the next runs do, too */
    int64_t later;       /* by the clock: files that an import named since then the journal may not know of */
    bool later_known;    /* there were such files in an earlier run, and nothing was listed that they could be of */
    bool later_left;     /* and so it is in this one */
    bool unflushed;      /* mail was delivered that a power cut may still take */
    bool cut;            /* a power cut may have taken some of it: what is missing is fetched again */
    uint64_t again;      /* listed again after removal */
    uint64_t read_whole; /* messages whose TOP was refused, and not their RETR */
    uint64_t doubtful;   /* lines of the listing whose row a UIDL alone did not tell */
    bool
        compare_more; /* import_compare met a copy of a row that another line has: it and that line are to be compared, too */
    unsigned equal;                   /* new ones that had the bytes of known ones, and are to be compared with these */
    bool freed;                       /* import_bury_reused parted a row from what has its name now */
    bool partial;                     /* something was not done: exit 1 */
    const char *undone;               /* what, in few words, where no error says it; NULL */
    bool held;                        /* exit 3 */
    bool fetched;                     /* all that this session was to fetch was asked for */
    bool released;                    /* in this run: what a session of it holds after that waits for the next word */
    uint64_t done, total;             /* for the progress line: messages ... */
    uint64_t done_bytes, total_bytes; /* ... and their bytes, by LIST where it says how many */
    bool sizes_missing;               /* total_bytes lacks some */
    unsigned not_run;                 /* times in a row that the shell could not run the deliver-command */
    struct refusals refusals[REFUSAL_KINDS];
    bool throttled;          /* the server gives no more mail in this session */
    bool throttled_by_words; /* ... as it says itself */
    bool jumped; /* one from further on was asked for, to see whether only those that were refused are damaged */
    char single_words[128];  /* these say something about one message alone */
    char refused_words[128]; /* of the message before, where it was refused; "": it was not */
    uint32_t *refused;       /* numbers of what an earlier run saw refused: asked for last */
    size_t refused_count, refused_size, refused_at;
    bool refused_turn; /* it is asked for now */
    struct suspects *suspects;
    struct adopted *adopted; /* of --adopt; NULL: without it */
    struct id_set compared;  /* rows that import/compare.c stored in this session */
    uint32_t last_number;    /* of the message of last_row */
    int64_t last_row;        /* of the message that came last; 0: none since an answer that made sense */
};

/* ---- import/run.c: small things every phase needs ---- */
/** Messages of a batch: no more than may be open at once. */
size_t import_batch(const struct import *import);
int64_t import_now(const struct import *import);
/** The date of what happens in this run, in time that counts. */
int64_t import_stamp(const struct import *import);
bool import_stopped(const struct import *import);
/** ERROR_INTERRUPTED in import->err. @return false */
bool import_interrupted(struct import *import);
/** Out of memory: err filled in, false. Here, so that whoever reads the code by machine sees that it is always false. */
static inline bool
import_no_memory(struct import *import)
{
    error_set(&import->err, ERROR_LOCAL, "get memory");
    error_hint(&import->err, "Free some memory and run golub again; nothing is lost.");
    return false;
}
/** Something is not done in this run, for this reason, in few words: the error of a run that has none of its own says it. */
void import_left_undone(struct import *import, const char *why);
/** Report an error about one message or the account; the run is partial and goes on. */
void import_problem(struct import *import, const struct error *err);
/**
 * The same for one message of perhaps many: the first few of a kind are said one by one, the others as one line at the end.
 *
 * @param what  the kind, a literal: "fetch", "remove from the server"
 */
void import_problem_of(struct import *import, const char *what, const struct error *err);
/** The same for a message that the server did not give or remove; it counts as failed. */
void import_refused(struct import *import, const char *what, uint32_t number, const char *uidl, const char *words,
                    const char *hint);
/** Something was done, or would be in a dry run: counted and shown. `mailbox` and `dry` of it are filled in here. */
void import_did(struct import *import, struct report_done done);
/** One sentence about the account that people should read. */
void import_say(struct import *import, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** What LIST says of it; 0: not told. */
uint64_t import_listed_size(const struct import *import, uint32_t number);
/** Where mail goes, for people. */
const char *import_mailbox(const struct import *import);
/** So many of them are to come, and nothing else, beside what is done. */
MUST_CHECK bool import_expect(struct import *import, enum journal_listing_which which, uint64_t most);
/** How far it is. @param arriving  bytes of a message that is not done yet */
void import_tell_progress(const struct import *import, uint64_t arriving);
/** Load a row that is known to be there; false: the journal failed or the row is gone (err says so). */
MUST_CHECK bool import_load(struct import *import, int64_t id, struct journal_pop *out);
/** Commit, or roll back where `ok` is false. @return committed */
MUST_CHECK bool import_end(struct import *import, bool ok);
/** Save one row in a transaction of its own. */
MUST_CHECK bool import_save(struct import *import, struct journal_pop *row);
/** The same with another `why`, if it is another. */
MUST_CHECK bool import_remember_why(struct import *import, struct journal_pop *row, const char *why);
/** A row for a message that is to be fetched. */
void import_new_row(const struct import *import, const char *uidl, uint64_t listed, struct journal_pop *row);
/** The same for one that is listed. */
MUST_CHECK bool import_begin_row(struct import *import, const struct journal_listed *listed, struct journal_pop *row);
/** A base name that no other message has. */
MUST_CHECK bool import_choose_base(struct import *import, struct journal_pop *row);
/** What every row gets whose message is durable here, or was taken by the command. */
MUST_CHECK bool import_set_stored(struct import *import, struct journal_pop *row);
/** ERROR_CONFIG. @return false */
bool import_forbid(struct import *import, const char *what, const char *hint);

/* ---- import/seen.c ---- */
struct seen { /* of a message, by its bytes */
    unsigned char header[DIGEST_SIZE];
    struct kin kin;
    unsigned char loose[DIGEST_SIZE]; /* store/base/loose.h */
    /* not by TOP */
    unsigned char body[DIGEST_SIZE];
    unsigned char parts[DIGEST_SIZE]; /* of the body without the folds of its parts' headers: store/base/parts.h */
    bool has_parts;                   /* one has a header */
    unsigned char wire[DIGEST_SIZE];  /* of the body as its file gives it back: with a CR before each LF */
    uint64_t size;
    bool ended; /* its header has an empty line behind it */
};
/** Is it the row's body, whether that was digested as it came, from the file, or without the folds of its parts' headers? */
bool seen_same_body(const struct journal_pop *row, const struct seen *seen);
void seen_header_to_row(const struct seen *seen, struct journal_pop *row);
void seen_to_row(const struct seen *seen, struct journal_pop *row);
void seen_of_row(const struct journal_pop *row, struct seen *seen);

/* ---- import/step.c ---- */
struct sample {      /* what came as which message */
    uint32_t number; /* 0: none yet */
    struct seen seen;
};

struct behind {    /* what is read in its order, and not held: behind a refusal */
    bool draining; /* nothing is asked for until all that is in flight came */
    bool doubt;    /* one at a time, until one came twice the same */
    size_t next;   /* the first behind the refusal */
    struct sample sample;
};

/** @param next  place of the one behind it */
void behind_refused(struct behind *behind, size_t next);
bool behind_may_ask(const struct behind *behind, size_t asked, size_t at);
/** One came. *certain: it is what it was asked for as; else it is asked for again. @return false: answers are out of step */
MUST_CHECK bool behind_came(struct import *import, struct behind *behind, uint32_t number, const struct seen *seen,
                            bool *certain);
/** Nothing is in flight: it goes on behind the refusal. */
void behind_go_on(struct behind *behind, size_t *asked, size_t *at);

/* ---- import/read.c ---- */
struct bytes_reading;
/** @return NULL: out of memory */
struct bytes_reading *bytes_new(void);
/** NULL-safe. */
void bytes_free(struct bytes_reading *reading);
MUST_CHECK bool bytes_begin(struct bytes_reading *reading);
MUST_CHECK bool bytes_add(struct bytes_reading *reading, const void *bytes, size_t len);
bool bytes_has_header(const struct bytes_reading *reading);
/** More came than the row's message has, whatever lines were added to its header and however its lines end: it is another one. */
bool bytes_are_more(const struct bytes_reading *reading, const struct journal_pop *row);
/** bytes_begin must follow before the next message. */
MUST_CHECK bool bytes_end(struct bytes_reading *reading, struct seen *out);
/** A file's bytes in wire form: the header alone, or all. *missing: it is not there any more */
MUST_CHECK bool bytes_of_file(struct import *import, struct bytes_reading *reading, const struct local_file *file,
                              bool all, struct seen *seen, bool *missing);
/**
 * What is not wanted any more is read to its end, since others come behind it; but not for ever.
 *
 * @param bytes  of that message that were passed over
 * @return false: a signal came, or it does not end (ERROR_SERVER)
 */
MUST_CHECK bool import_pass_over(struct import *import, uint64_t bytes);
/** @param seen  NULL: refused, with these words */
typedef bool import_top_item(void *context, uint32_t number, const struct seen *seen, const char *words);
/** TOP for each. Where the server turns out to have none info.top becomes false, and nothing is reported. */
MUST_CHECK bool import_top(struct import *import, const uint32_t *numbers, size_t count, import_top_item *item,
                           void *context);
/**
 * The same; what TOP is refused for, or shows less of than its header, is read whole instead (at most LIMIT_BATCH numbers): RETR has it, too.
 */
MUST_CHECK bool import_headers(struct import *import, const uint32_t *numbers, size_t count, import_top_item *item,
                               void *context);
/** import_headers for all of these that the listing has. */
MUST_CHECK bool import_top_all(struct import *import, enum journal_listing_which which, import_top_item *item,
                               void *context);

/* ---- import/verdict.c ---- */
enum verdict { /* about a message that is listed under a row's UIDL */
               VERDICT_SAME,
               VERDICT_ANOTHER,
               VERDICT_UNPROVEN, /* neither is certain: it is not removed and not fetched again */
};
/** @param size  of LIST */
enum verdict import_verdict(const struct journal_pop *row, const struct seen *seen, uint64_t size);
/** The row's message is listed like that now. @return false: the row says all of that already */
bool import_take_up(struct journal_pop *row, const struct journal_listed *listed, const struct seen *seen);
/** This is the header of the row's message, as the server has it. @return false: the row knew it */
bool import_learn_header(struct journal_pop *row, const struct seen *seen);
/** Of an unproven one: can its body tell? */
bool import_body_tells(const struct journal_pop *row, const struct seen *seen);
#define IMPORT_OTHER_BYTES "its bytes on the server are not those that came: it stays there"
/** Did nothing come behind its header? */
bool import_has_no_body(const struct journal_pop *row);
/** More came under its name than is here, and is not here yet: should the server cut it once more, that proves nothing (proof_is_doubted). */
void import_note_more(struct journal_pop *row, const struct seen *seen);
/** It stays unproven for good: not removed, not fetched again, said. The row is not saved. */
void import_note_unsure(struct import *import, struct journal_pop *row);
/** People are told of one message why nothing is done about it: row->why. */
void import_name_unsure(struct import *import, uint32_t number, const struct journal_pop *row);

/* ---- import/candidates.c ---- */
struct candidates {
    struct journal_pop first; /* of those that fit */
    size_t count;
    size_t named; /* all of this name that are not absent */
    struct journal_pop unproven;
    bool any_unproven;
    bool another; /* a row whose header is known, and is none of this one's */
    bool left;    /* ... and that was listed under this name until now */
    bool resized; /* one of which nothing but the size is known, and that is another */
    bool mixed;   /* of other bodies: which of them it is makes a difference */
    bool begun;   /* one that was begun while it might have been another row's is none of these */
    bool own;     /* ... and it had this name and this header at the last look */
    bool loose;   /* absent ones: one of these is not, but nobody knows yet which message the line of its name is */
    bool fetched; /* of those of other UIDLs: one was fetched, and no size says that it is another */
};
enum candidates_place { /* where rows are looked for that a line may be, the surest first */
                        ROWS_OF_NAME,
                        ROWS_OF_HEADER, /* absent ones */
                        ROWS_OF_KIN,    /* absent ones */
                        ROWS_LACKED,    /* the list is not complete, and lacks them */
                        ROWS_LOOSE,     /* a line has their name of which nobody knows yet which message it is */
                        ROWS_PLACES,
};
/**
 * Ids of the next rows of one place; the caller frees.
 *
 * @param of_body  none that has another body than what was read
 * @param after    0: the first; set for the next call, CANDIDATES_END: these were the last
 */
MUST_CHECK bool candidates_from(struct import *import, enum candidates_place place, const char *uidl,
                                const struct seen *seen, bool of_body, int64_t *after, int64_t **ids, size_t *count);
#define CANDIDATES_END INT64_MAX
/** Rows of its UIDL that no other line has. */
MUST_CHECK bool candidates_named(struct import *import, const struct journal_listed *listed, const struct seen *seen,
                                 struct candidates *to);
/**
 * Rows of other UIDLs: absent ones, where the list is not complete those that it lacks, and those whose name a line has that is not decided
 * yet: they may have another name now.
 *
 * @param by_header  else by kin
 * @param same_size  only those of which LIST said what it says of this line
 * @param most       no more than so many are counted, and none beyond those of which two have other bodies: all may have one header; SIZE_MAX: all
 */
MUST_CHECK bool candidates_absent(struct import *import, const struct journal_listed *listed, const struct seen *seen,
                                  bool by_header, bool same_size, size_t most, struct candidates *to);

/**
 * Is the first of them so plainly the line's message that nothing of it is read?
 *
 * @param same_size   it has its size
 * @param renumbered  all names changed in this run
 */
MUST_CHECK bool candidates_plain(struct import *import, const struct candidates *rows,
                                 const struct journal_listed *listed, const struct seen *seen, bool same_size,
                                 bool renumbered, bool *plain);
/** Has the row of this name this very header and another size, while others have the sizes that they had? */
bool candidates_resized(const struct import *import, const struct journal_pop *row, const struct journal_listed *listed,
                        const struct seen *seen);
/** Which of the last lines have a name that no row has? Before rows get other names. */
MUST_CHECK bool candidates_note_newest(struct import *import);
/** May no line of another size, or with a line more in its header, be the message of this row as well? */
MUST_CHECK bool candidates_only_line(struct import *import, const struct journal_pop *row, const struct seen *seen,
                                     bool *only);

/**
 * What was recorded as had was never read: it is this one under its own name alone, and not of another size where names are used again, or this
 * one names nothing: others have it, or its header names none.
 */
bool candidates_may_be_had(const struct import *import, const struct journal_pop *row,
                           const struct journal_listed *listed, const struct seen *seen);
/**
 * The first row that was begun under this UIDL while it might have been another row's (POP_DOUBT), and by its header may be this message;
 * row->id 0: none.
 *
 * @param taken    it is none of these; NULL
 * @param certain  it is this message for certain; else it may be
 */
MUST_CHECK bool candidates_begun(struct import *import, const struct journal_listed *listed, const struct seen *seen,
                                 const struct id_set *taken, bool certain, struct journal_pop *row);

/* ---- import/bytes.c ---- */
/** Which row's message has these bytes, under the UIDL of its line or any other? row->id 0: none, of those that no line and none of `taken` has. */
MUST_CHECK bool bytes_find_row(struct import *import, const struct id_set *taken, const struct journal_listed *listed,
                               const struct seen *seen, struct journal_pop *row);
/** The row of its UIDL that has its body and nothing of its header: it may be either. row->id 0: none */
MUST_CHECK bool bytes_find_unsure(struct import *import, const struct id_set *taken,
                                  const struct journal_listed *listed, const struct seen *seen,
                                  struct journal_pop *row);

/* ---- the phases ---- */
bool import_confirmed(struct import *import);
bool import_situation(struct import *import);
bool import_recover(struct import *import);
bool import_here(struct import *import);
/** A file of a folder. @return false: no more */
typedef bool import_file_item(void *context, const char *base, const char *info);
/** The names in a folder; those that golub did not give and can't handle are passed over. */
MUST_CHECK bool import_scan(struct import *import, const char *folder, import_file_item *item, void *context,
                            struct local_stamp *stamp, bool *stable);
/** List the names of all folders once more, for journal_here_named; nothing is concluded from them. */
bool import_here_names(struct import *import);
/** Look once more which files are here, before the first DELE; import->may_remove is false where another tree or folder stands there now. */
bool import_look_again(struct import *import);
/** Write down, in the caller's transaction, how the folders looked: a run that follows need not list those that did not move. */
bool import_here_save(struct import *import);
/** A file is not where its folder's stamp says that it is: the next run lists every folder, and misses what is not there. */
void import_here_doubt(struct import *import);
void import_here_free(struct import *import);
bool import_list(struct import *import);
/** Where nothing has a name the listing holds numbers alone. */
bool import_list_numbers(struct import *import);
bool import_same_maildrop(struct import *import);
bool import_meet(struct import *import);
bool import_match(struct import *import);
/** Write down whether of some lines nobody knows yet which message they are: a run that follows looks at all that are new to it. */
bool import_note_open(struct import *import);
/** A UIDL was found to be used again after import_match: no name of this list is believed any more, all are decided anew. */
bool import_match_anew(struct import *import);
/** After import_compare: rows that lost their names only now may be what is new to this list. */
bool import_compare_new(struct import *import);
/** After import_keep: the same for rows that a proof parted from what has their names now. */
bool import_compare_freed(struct import *import);
/**
 * The message of that number is another one than the row's, which is absent from now on: it is fetched and compared with the others.
 *
 * @param seen  what came of it, or its header alone; NULL: less than is here
 */
bool import_bury_reused(struct import *import, struct journal_pop *row, uint32_t number, const struct seen *seen);
bool import_skip(struct import *import);
/* ---- import/adopt.c ---- */
/** The list that --adopt names, if there is one, before anything is touched. */
bool import_adopt_read(struct import *import);
/** What it names is recorded as had; the rest is counted and said. */
bool import_adopt(struct import *import);
/** The server has no UIDL. @return false */
bool import_adopt_refuse_nameless(struct import *import);
void import_adopt_free(struct import *import);
bool import_keep(struct import *import);
bool import_fetch(struct import *import);
bool import_compare(struct import *import);
/** Until none is left that this run can read: what turned out to be a copy of another line's message is compared with it. */
bool import_compare_rest(struct import *import);
/** All doubtful lines were looked at: rows of theirs that no line is are absent. */
bool import_bury_rest(struct import *import);
bool import_remove(struct import *import);
/** Time goes on, for what is kept. */
bool import_count_time(struct import *import);

/* ---- import/held.c ---- */
/** Does its removal need a word that nobody gave, since `keep` was longer when it was stored? */
bool held_by_keep(const struct import *import, const struct journal_pop *row);
/** ... since its file went missing together with too many others? */
bool held_by_number(const struct import *import, const struct journal_pop *row);
/** Did the user say no to its removal? */
bool held_was_rejected(const struct import *import, const struct journal_pop *row);
/** What the user rejected: before anything is listed. */
bool held_reject(struct import *import);
/** What the user released, before anything else is decided. */
bool held_release(struct import *import);
/** Put these on a list. */
bool held_hold(struct import *import, const int64_t *ids, size_t count);

/* ---- import/flush.c ---- */
/** Was there a power cut since mail was delivered without a flush? Before files are looked for. */
bool flush_begin(struct import *import);
/** They were: what the cut took is known, and will be fetched again. */
bool flush_looked(struct import *import);
/** Mail is about to be delivered. */
bool flush_note(struct import *import);
/** All of it is on the disk after this. */
bool flush_all(struct import *import);

struct arrival;
/* ---- import/beside.c ---- */
/** Did the IMAP account of this tree find the message of this name on its own server, before an import could have given the name? */
MUST_CHECK bool import_beside_had(struct import *import, const char *base, bool *had);
/** Does an IMAP account sync this tree? */
bool import_beside_imap(const struct import *import);
/** Has the import of another account a row for a file of this name? */
MUST_CHECK bool import_beside_imported(struct import *import, const char *base, bool *imported);
/** Is the file of this name, as an import gives them, one that the IMAP account found on its server, or another account imported? */
MUST_CHECK bool import_beside_explains(struct import *import, const char *base, bool *explained);

/** May it go from the server as far as the IMAP account of this tree is concerned? *allowed false: nothing may, from now on, and that was said */
MUST_CHECK bool beside_allows(struct import *import, const struct journal_pop *row, bool *allowed);
/** The same for all that is due and listed, by its name, before anything is read: what an earlier run was refused for is not read for again. */
bool import_beside(struct import *import);

/* ---- import/intact.c ---- */
/** Is what a later session would remove from the server still here as it came? What is not is named. */
bool import_is_intact(struct import *import, struct journal_pop *row, bool *intact);
/** Is its file here, by the names that were listed last, and not what came? */
MUST_CHECK bool import_is_damaged(struct import *import, const struct journal_pop *row, bool *damaged);

/* ---- import/proof.c ---- */
/** Is it so little that the answer must have been cut? Nothing told: no. */
bool is_far_short(uint64_t bytes, uint64_t listed);
/** Did so many bytes make the whole message? @return false: it is to be read once more; its row says so and why */
bool fetch_is_whole(struct import *import, struct arrival *arrival, uint64_t bytes);
/** Did it come with fewer bytes than LIST says, and other bytes since? Then two of three readings that are equal prove nothing. */
bool proof_is_doubted(const struct journal_pop *row);
/**
 * Without TOP: does nothing but the bytes that a number gave say that they are its message's, and the sizes that they are another's? They came in
 * another number than LIST says of it, and in the very one that it says of another, on a server whose sizes are right as often as not.
 */
MUST_CHECK bool proof_is_anothers(struct import *import, const struct journal_pop *row, uint32_t number,
                                  bool *anothers);
/** Did the server give bytes without end when it was read before its removal? Then it is not read again. */
bool proof_has_no_end(const struct journal_pop *row);
/** Did less come than LIST says, no body, and now more of a header that is not the very same: what came is the beginning of that? */
bool proof_is_beginning(const struct journal_pop *row, const struct seen *seen);
/** Is such a shortfall this server's way of counting? */
MUST_CHECK bool proof_is_usual(struct import *import, uint64_t size, uint64_t listed, bool *usual);
/** Its bytes came a second time: they are all there is, however many LIST says. */
MUST_CHECK bool proof_is_all(struct import *import, struct journal_pop *row);
/** Read the body again of messages whose header is right and does not prove the body (import/proof.c); what is the same may be removed. */
bool proof_bodies(struct import *import, const uint32_t *numbers, struct journal_pop *rows, size_t count);

/* ---- import/came.c ---- */
/** Of what this session fetched and is to remove: which of it was proven to be what was asked for? LISTED_CAME becomes LISTED_REMOVABLE. */
MUST_CHECK bool import_came(struct import *import);

/* ---- import/parts.c ---- */
/** Is a day over since parts were read? */
MUST_CHECK bool import_parts_are_due(struct import *import, bool *due);
/** What came in part is asked for again, once a day; what turns out to be more is new mail. */
MUST_CHECK bool import_parts(struct import *import);

/* ---- import/batch.c and import/fetch.c, for import/compare.c ---- */
struct arrival { /* one message that is being fetched */
    struct journal_pop row;
    uint32_t number;
    bool repeated;             /* its UIDL is: never removed */
    bool refused;              /* the server did not give it, or not all of it, or it is too large */
    bool again;                /* it came, and could not be held: see import/step.c */
    bool fresh;                /* its base was chosen in this run */
    bool known;                /* a session before this one made its row */
    struct local_draft *draft; /* finished, waits for its batch */
};

/** Folder and file system are ready for mail; nothing was asked of the server yet. */
bool fetch_prepare(struct import *import);
/** Make these durable and commit: data, names, directory, rows. Those without draft are refused ones. Drafts are consumed. */
bool fetch_deliver(struct import *import, struct arrival *arrivals, size_t count);
void fetch_drop(struct import *import, struct arrival *arrivals, size_t count);
/** It is to be removed in this session, if it is due at once and proven to be what was asked for (import/came.c). */
bool fetch_mark(struct import *import, const struct arrival *arrival);
/** After the commit that stored it: told, and fetch_mark. */
bool fetch_announce(struct import *import, const struct arrival *arrival);
#define WHY_LEFT 64 /* bytes of it */
/** Named in each run, counted as kept back. @param why  for its row */
void fetch_leave(struct import *import, const struct journal_listed *listed, uint64_t size, char why[static WHY_LEFT]);
/** Bytes of it, as far as they are known, where that is more than max-size; else 0. */
bool fetch_too_large(struct import *import, const struct journal_listed *listed, uint64_t *size);
/** May more than `now` bytes of a message be written, of which `before` were allowed? *why: for people, where not. false: nobody could tell */
bool fetch_may_go_on(struct import *import, uint64_t before, uint64_t now, const char **why);

/* ---- import/own.c ---- */
/**
 * A line that is to be compared with others can't be read now: it gets a row.
 *
 * @param size  what is known of it: LIST's, or more where more came
 */
MUST_CHECK bool import_put_off(struct import *import, const struct journal_listed *listed, uint64_t size,
                               const char *why);

/* ---- import/hand.c ---- */
/** A message was spooled: run the command, commit what came of it. false: the run is to end */
bool hand_over(struct import *import, struct arrival *arrival);

/* ---- import/loosen.c ---- */
/** @param due  ids of what is due under the `keep` of today, ascending */
MUST_CHECK bool import_loosen(struct import *import, const int64_t *due, size_t count);

/* ---- import/learn.c ---- */
/** Of rows that were recorded as had, some in each run that has something to fetch: where nothing is new nothing is asked. */
MUST_CHECK bool import_learn_headers(struct import *import);

#endif
