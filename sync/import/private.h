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
    bool compare_said;                /* a dry run said what would be compared */
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

#endif
