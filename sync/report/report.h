/*
 * All output of a run: people's text on standard output, errors on standard error, one live line on a terminal, or JSON
 * lines alone. One struct report serves all accounts' threads (it locks); the engine calls it and never prints itself.
 */
#ifndef SYNC_REPORT_REPORT_H
#define SYNC_REPORT_REPORT_H

#include "store/base/error.h"
#include "store/base/quota.h"

struct report;

struct report_settings {
    bool quiet, json;
    bool cron; /* with quiet: nothing either of what passes by itself, nor for a day what an earlier run said already */
    int verbose;
    bool terminal; /* standard output is one */
    bool
        plain; /* all the same there is no live line on it: as where it is none, a plain line now and then, in a run that takes long */
    FILE *out, *err;         /* NULL: standard output, standard error */
    int64_t (*now_ms)(void); /* for the live line; NULL: the monotonic clock */
};

enum report_act { /* what is done with one message or mailbox; acts.c has the words for it */
                  DID_DOWNLOAD,
                  DID_UPLOAD,
                  DID_FLAGS_HERE,
                  DID_FLAGS_THERE,
                  DID_KEYWORDS_HERE, /* others changed them there: no file shows it */
                  DID_KEYWORDS_THERE,
                  DID_MOVE_HERE,
                  DID_MOVE_THERE,
                  DID_COPY_THERE,
                  DID_REMOVE_HERE,
                  DID_REMOVE_THERE,
                  DID_REPLACE_THERE, /* the old version of a file that was saved again: no removal that anybody made */
                  DID_CREATE_HERE,
                  DID_CREATE_THERE,
                  DID_RENAME_HERE, /* a mailbox with all its mail; `left` is its old name */
                  DID_RENAME_THERE,
                  DID_DELETE_HERE, /* a mailbox that is gone on the other side, once it was empty */
                  DID_DELETE_THERE,
                  DID_PAIR, /* found to be the same on both sides, without a transfer */
                  REPORT_ACTS,
};

struct report_done { /* one act; in a dry run one that would be */
    enum report_act act;
    bool dry;
    const char *mailbox;
    uint32_t uid;          /* 0: not known */
    const char *file;      /* its base name; NULL: none */
    const char *detail;    /* NULL: none */
    const char *add, *del; /* keywords: what was set and what was taken off; NULL: none */
    const char *why;       /* the reason in words, for people alone; NULL: none */
    uint64_t bytes;        /* of the message that it brought here, or in a dry run would bring here or there */
    const char *left;      /* the mailbox that a message was moved from, for report_changes alone, or the old name of
                              one; NULL: none */
};

struct report_counts { /* one account's run */
    uint64_t mailboxes;
    uint64_t done[REPORT_ACTS];
    uint64_t held, pending, refused, altered, failed, kept_by_policy;
    uint64_t too_large; /* import: left on the server because of max-size */
    uint64_t had;       /* import: recorded as had, without a transfer */
    uint64_t let_go;    /* what left the quarantine because of quarantine-size */
    uint64_t to_come;   /* bodies that the run had planned and that a broken line, or a signal, kept from coming */
    uint64_t bytes_down, bytes_up; /* of messages */
};

struct report_held { /* one removal that the guard holds */
    const char *mailbox;
    uint32_t uid;     /* 0 if not known */
    const char *file; /* base, or "" */
    bool here;        /* the removal would happen here (else on the server) */
    bool addition;    /* no removal: it would be sent up */
    const char *id;
    const char *reason;                /* a word: as in the journal's lists */
    const char *from, *date, *subject; /* of the message; NULL or "": not known */
};

struct report_pending {  /* what waits, as the journal has it: of `status` */
    const char *mailbox; /* NULL: of a POP account */
    const char *work;    /* one word: upload, download, flags, remove-there ... */
    uint32_t uid;        /* 0: none, or not known */
    const char *uidl;    /* POP; else NULL */
    const char *file;    /* base, or NULL */
    const char *why;     /* for people; the other side's words */
    int64_t since;       /* seconds UTC */
};

struct report_list { /* a list of what is held */
    const char *id, *reason;
    const char *note;        /* why, for people, beside where; "" or NULL: the guard's usual reason */
    const char *where;       /* mailbox, "the whole account" ... */
    uint64_t count, of;      /* so many out of so many messages */
    bool additions;          /* no removals: uploads */
    bool both;               /* ... and downloads */
    const char *examples[3]; /* a line each: what they are */
    size_t example_count;
};

enum report_class { /* what is not equal, as `verify` calls it; classes.c has the words */
                    CLASS_MISSING_HERE,
                    CLASS_MISSING_THERE,
                    CLASS_EXTRA_HERE,
                    CLASS_EXTRA_THERE,
                    CLASS_FLAGS,
                    CLASS_KEYWORDS,
                    CLASS_SIZE,
                    CLASS_DATE,
                    CLASS_ALTERED,
                    CLASS_DAMAGED,
                    CLASS_DAMAGED_THERE,
                    CLASS_QUARANTINE_DAMAGED,
                    CLASS_BUSY,    /* it changes faster than it can be read, or can't be read at all */
                    CLASS_WAITING, /* the journal says why */
                    CLASS_FOREIGN, /* paired in other bytes */
                    CLASS_REWRITTEN, /* the server keeps it in other bytes than it was sent in, and it is the same message */
                    REPORT_CLASSES,
};

struct report_found { /* of verify: one difference, or `count` of them */
    enum report_class class;
    bool fault;          /* the two sides, or a side and the journal, are not equal */
    bool single;         /* one of many that `sum` lines count: shown with --verbose, and in JSON */
    bool sum;            /* so many of them: shown where the single ones are not */
    const char *mailbox; /* NULL or "": none */
    uint32_t uid;        /* 0: not known */
    const char *file;    /* base name, or name in the quarantine; NULL or "": none */
    uint64_t count;      /* 0: it is about one message */
    const char *text;    /* what is wrong, and what would mend it */
};

struct report_verified {             /* one account that was verified */
    uint64_t mailboxes, here, there; /* messages of the journal that were looked for on each side */
    uint64_t files, bytes;           /* that were read here */
    uint64_t bodies, bytes_there;    /* ... and on the server */
    uint64_t kept;                   /* in the quarantine */
    uint64_t found[REPORT_CLASSES];
    uint64_t faults;
    bool read, read_there; /* bytes were asked for */
    double seconds;
    bool interrupted;
};

/** @return NULL: out of memory */
struct report *report_new(const struct report_settings *settings);
void report_free(struct report *report); /* NULL-safe */

/** One account's run begins; `dry` says "would" everywhere. */
void report_begin(struct report *report, const char *account, bool dry);
/** How long what is removed here is kept, for the summary; 0 or never called: not said. */
void report_quarantine(struct report *report, const char *account, int days);
/**
 * The account is a POP one: its summary and its hints speak of an import. Holds for every later run of the account in this
 * report; call it before report_begin. In import counts kept_by_policy is what max-messages left for a later run, pending what
 * waits there for another reason.
 */
void report_import(struct report *report, const char *account);
struct report_amount {           /* of bodies; a total of 0 is not known yet */
    uint64_t done, total;        /* messages */
    uint64_t bytes, total_bytes; /* the time that is left is told by them, where they are known */
};
/** How far it is. Cheap: may be called for every message. */
void report_progress(struct report *report, const char *account, const char *mailbox,
                     const struct report_amount *amount);
/** Something about a mailbox that people should read: made, gone on one side, re-paired after UIDVALIDITY changed ... */
void report_mailbox(struct report *report, const char *account, const char *mailbox, const char *event,
                    const char *text);
/**
 * The record of what was done: counted for the summary, and shown: a mailbox that was made always, the rest with --verbose, in a dry run and
 * in JSON.
 */
void report_done(struct report *report, const char *account, struct report_counts *counts,
                 const struct report_done *done);
/** How much was done until now: as long as this is the same, nothing was. */
uint64_t report_acts(const struct report_counts *counts);
/**
 * What comes to this side in the account's runs is written down from now on, shown or not: mail, flags, moves, removals.
 * @param folder  where the file for it is made with the first change; it is locked while this report has it, and those that a golub left that
 *                was killed are removed then. Copied. NULL: no more is written down
 */
void report_changes(struct report *report, const char *account, const char *folder);
struct report_changed {
    bool any;
    char *mailboxes; /* one a line, each once, none that does not fit; control characters escaped */
    char *file;      /* with a line a message, as in JSON, 0600; NULL: it could not be written */
    FILE *locked;
};
/**
 * Take what was written down since the last call.
 * @param changed  [out] the caller's, for report_changed_drop, also on failure
 * @return false: err says why there is no file
 */
MUST_CHECK bool report_changes_take(struct report *report, const char *account, struct report_changed *changed,
                                    struct error *err);
/** The file is removed. */
void report_changed_drop(struct report_changed *changed);
/** Of report_done: show what was counted. */
void report_message(struct report *report, const char *account, const struct report_done *done);
/** Of report_done: a mailbox has another name. */
void report_renamed(struct report *report, const char *account, const struct report_done *done);
/** An error or a warning; shown on standard error, the same line once in an account's run. */
void report_error(struct report *report, const struct error *err);
/** Behind an error: a command that the user may give to set it right, on standard error as it stands. */
void report_step(struct report *report, const char *account, const char *command);
/** Was there an error in this account's run? */
bool report_has_error(struct report *report, const char *account);
struct report_heard { /* a line on standard error */
    uint64_t hash;
    int64_t since; /* when a run said it last where a person could read it; seconds since 1970-01-01 UTC */
};
/** What earlier runs of the account said. Copied. Before the run. */
void report_heard_before(struct report *report, const char *account, const struct report_heard *lines, size_t count,
                         int64_t now);
/** What this run said, for the next one. @return how many; at most `most` */
size_t report_heard_now(struct report *report, const char *account, struct report_heard *lines, size_t most);
struct report_said { /* of an account's last run */
    bool interrupted;
    char error[512];    /* in words, without the account; "": none */
    struct error cause; /* the same; kind ERROR_NONE: none */
    bool quota_told;    /* report_quota was called */
    struct quota quota;
    uint64_t acts; /* how much it did (report_acts) */
    uint64_t came; /* ... of that: what came to this side */
};
/** What led to the run's exit status: the first error of its kind, or where there is none the first of all. */
void report_said(struct report *report, const char *account, int status, struct report_said *said);
/**
 * What the server wants people to read, each line by itself; it is no error of golub's.
 * @param lines  as in struct remote_info; NULL: none
 * @param err    one that is shown, too: what its answer says already is not said twice
 */
void report_alerts(struct report *report, const char *account, const char *lines, const struct error *err);
/** What the server told of its room, for the summary: a warning where it is nearly full. Holds up to the account's next run. */
void report_quota(struct report *report, const char *account, const struct quota *quota);
/** The words of check and status, with the warning. @param when  behind the numbers @return false: nothing is known, *to is untouched */
bool report_quota_words(const struct quota *quota, const char *when, char *to, size_t size);
/**
 * From here on the account is watched: a run that did nothing and failed in nothing has no summary, and what the run before has said already is
 * not said again.
 */
void report_watched(struct report *report, const char *account);
struct report_watch { /* how an account is watched */
    enum report_watch_state { WATCH_RUNNING, WATCH_WATCHING, WATCH_OFFLINE, WATCH_PAUSED } state;
    const char *by;   /* what tells of changes on the server: "notify", "idle", "poll"; NULL: nothing now */
    const char *why;  /* offline, paused: the reason; NULL: none */
    int64_t retry_s;  /* in so many seconds it is tried again; 0: not told */
    const char *text; /* for people; NULL: nothing is said to them */
};
/** A line where it is not what was said last, or JSON's watch. */
void report_watch(struct report *report, const char *account, const struct report_watch *watch);
/** A line for --verbose only. */
void report_note(struct report *report, const char *account, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Why the run leaves something undone: a line for --verbose only, and for people alone. */
void report_reason(struct report *report, const char *account, const char *text);
/** A line of status about one thing that waits: `text` for people, and the fields in JSON as well. */
void report_pending(struct report *report, const char *account, const struct report_pending *pending, const char *text);
/** Is each message told by itself where there may be many (JSON, --verbose)? Then it is worth while to read who it is from. */
bool report_tells_each(const struct report *report);
void report_held(struct report *report, const char *account, const struct report_held *held);
/** Removals are held: one paragraph for people: how many of how many, where and why, the ID, the command that releases them. */
void report_guard(struct report *report, const char *account, const struct report_list *list);
/** The account's end: the summary line, or JSON's result. interrupted: says so. */
void report_result(struct report *report, const char *account, int status, const struct report_counts *counts,
                   double seconds, bool interrupted);
/** A difference. What is a fault is also said with --quiet. */
void report_found(struct report *report, const char *account, const struct report_found *found);
/** The end of `verify` for one account: the summary line, or JSON's result. */
void report_verified(struct report *report, const char *account, int status, const struct report_verified *verified);
/** An account's command ended that has no summary of its own (status, check): JSON's result, if there was none; nothing for people. */
void report_account_end(struct report *report, const char *account, int status);
/** Was all of the output taken? What is still here is written first; a failure is said on standard error, once. */
bool report_written(struct report *report);
/**
 * The whole program's end: JSON's last line with `exit`, and the number of the signal that ends it (0: none); for people, where several accounts
 * were synchronised, how many ended how.
 */
void report_exit(struct report *report, int status, int signal);
struct report_state {              /* of an account, for `golub status` */
    int64_t now, success, attempt; /* seconds since 1970-01-01 UTC; 0: never */
    int status;                    /* exit status of the last attempt */
    bool interrupted;
    const char *error;  /* what it said; "": nothing */
    struct error cause; /* the same; kind ERROR_NONE: nothing, or by an earlier version */
    const char *never;  /* in words, where there is no success: "never synced" */
    struct quota quota;
    int64_t quota_seen; /* when the server told it */
};
/** How an account's last runs ended: a line, or JSON's status. */
void report_state(struct report *report, const char *account, const struct report_state *state);
struct report_drop { /* a POP account's messages */
    uint64_t stored; /* here, and still on the server */
    uint64_t had, to_fetch;
    uint64_t removing; /* of `stored`: nobody answered whether they were removed */
    uint64_t missing;  /* of `stored`: their files are not here any more */
    uint64_t left;     /* by max-messages */
    uint64_t due;      /* of `stored`: the next run removes them from the server, as far as is known */
    uint64_t held;     /* removals that wait for a word */
    uint64_t waiting;  /* the others of which something is to be said */
};
/** In JSON; for people status has lines. */
void report_drop(struct report *report, const char *account, const struct report_drop *drop);
struct report_quarantined { /* what an account keeps in its quarantine */
    uint64_t messages, bytes;
    uint64_t missing; /* of these messages: their files are not there */
    int64_t since;    /* when the oldest one was put there, seconds since 1970-01-01 UTC */
    int days;         /* how long each is kept */
};
/** In JSON; for people status has a line. */
void report_quarantined(struct report *report, const char *account, const struct report_quarantined *quarantined);
struct report_mailbox_row {
    const char *mailbox;
    uint64_t here, there, waiting, held; /* messages */
    const char *words;                   /* what else is to be said of it; "": nothing */
};
/** An account's mailboxes as a table with totals, or a JSON line each. */
void report_mailbox_table(struct report *report, const char *account, const struct report_mailbox_row *rows,
                          size_t count);

struct report_kept { /* a message of the quarantine, for `golub restore` */
    int64_t id;      /* what people call it by */
    int64_t removed; /* when, seconds UTC */
    uint64_t run;    /* by which run; 0: not known */
    const char *mailbox, *why;
    const char *from, *subject; /* as people read them; "": none */
    const char *file;           /* its name in the quarantine */
    uint64_t size;              /* bytes */
    uint32_t uid;               /* 0: none */
    int64_t put_back;           /* when it was put back; 0: it was not */
    /* of one that is to be put back: */
    enum report_outcome {
        OUTCOME_NONE, /* it is listed */
        OUTCOME_PUT_BACK,
        OUTCOME_BACK_ALREADY,
        OUTCOME_DAMAGED,
        OUTCOME_MISSING,
        OUTCOME_FAILED,
    } outcome;
    const char *to; /* the mailbox, or folder, that it goes to */
    bool dry;
};
/** The head of a table; nothing in JSON. */
void report_kept_head(struct report *report, const char *account);
/** A line of that table, or what became of one; JSON's restore for both. */
void report_kept(struct report *report, const char *account, const struct report_kept *kept);
struct report_kept_sum {
    uint64_t count, bytes; /* of what was listed */
    uint64_t all;          /* messages in the quarantine, listed or not */
    int days;              /* how long each is kept */
    const char *state;     /* the folder that the quarantine is in */
};
/** The table's end: how many, how much, and how they are put back; nothing in JSON. */
void report_kept_end(struct report *report, const char *account, const struct report_kept_sum *sum);
struct report_restored { /* all of them */
    uint64_t put_back, back_already, failed, bytes;
    uint64_t staying; /* of those put back: the next sync sends none of them */
    bool dry, interrupted;
    const char *to_dir; /* the folder that they went to; NULL: the account's mailboxes */
};
/** The summary of a restore, for people. */
void report_restored(struct report *report, const char *account, const struct report_restored *restored);

struct report_checked {            /* a mailbox of the server, for `golub check` */
    const char *mailbox, *special; /* special: its special use, "" none */
    bool chosen, counted, sized;   /* counted, sized: the server says how many messages, how many bytes */
    uint64_t messages, bytes;
};
/** A line, or JSON's check. @param amount  the numbers in words, for people */
void report_checked(struct report *report, const char *account, const struct report_checked *checked,
                    const char *amount);

struct report_special {
    const char *use, *mailbox; /* "Sent", and the mailbox that is for it */
};
struct report_facts {           /* what `golub check` found out about an account; what is not told is left out */
    const char *server;         /* NULL: not told */
    const char *capabilities;   /* NULL: not told ... */
    char between;               /* ... and what stands between two of them */
    const struct quota *quota;  /* NULL: not told */
    bool flags_told, keywords;  /* what INBOX keeps */
    const char *const *missing; /* flags that it does not keep */
    size_t missing_count;
    bool special_told;
    const struct report_special *special; /* those of one use stand together */
    size_t special_count;
    const char *sent;                /* who files sent mail, "server" or "reader"; NULL: not told */
    const char *file_system, *flush; /* NULL: not told; flush: how mail is made durable, a word */
    uint64_t free;                   /* bytes */
};
/** As fields, in JSON; nothing for people, who read the lines. */
void report_facts(struct report *report, const char *account, const struct report_facts *facts);

/** "2026-08-01 09:30", local time. */
void report_date(int64_t when, char *to, size_t size);
#define REPORT_NUMBER_SIZE 32 /* with NUL */
/** "12,400" */
void report_number(uint64_t number, char to[static REPORT_NUMBER_SIZE]);
/** A plain line of a command's output (status, check); in JSON a "message" event with `text` under the given key. */
void report_line(struct report *report, const char *account, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Of init: an account has a block in this file now, or would have. JSON alone: people were told. */
void report_init(struct report *report, const char *account, const char *file, bool written);

#endif
