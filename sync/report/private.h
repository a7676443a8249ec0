/* Inside of report only: what both forms of output share. Everything here but report_lock is called with the lock held. */
#ifndef SYNC_REPORT_PRIVATE_H
#define SYNC_REPORT_PRIVATE_H

#include "sync/report/report.h"

#define REPORT_STATUSES 7    /* exit statuses, 0 ... 6 */
#define REPORT_LISTS 16      /* of what is held, of one run, that are compared with the last one's */
#define REPORT_UPDATE_MS 100 /* between two updates of the live line, or two progress events: at most 10 a second */

struct report_would { /* what a dry run would do in one mailbox */
    char *mailbox;
    struct report_counts counts;
    uint64_t removals_here, removals_there, additions; /* that it would hold */
};

struct report_account { /* what is remembered of one account's run */
    char name[64];
    bool dry, ended, import, interrupted;
    bool ran;   /* it was synchronised or imported: it has a summary */
    int status; /* once it has ended */
    int quarantine_days;
    bool quota_told;
    struct quota quota; /* of this run */
    int64_t shown_ms;   /* last progress event */
    /* errors of this run: a hash of each line that was said */
    struct report_heard *said;
    size_t said_count, said_size;
    struct report_heard *heard; /* ... of earlier runs */
    size_t heard_count;
    int64_t now; /* seconds, when they were told */
    /* of a watched account: what the run before has said, how it ended, and the state that was said last */
    bool watched;
    uint64_t *before;
    size_t before_count;
    int status_before;
    bool fresh;                                               /* this run has said what the one before had not */
    uint64_t lists_before[REPORT_LISTS], lists[REPORT_LISTS]; /* lists of what is held that were shown */
    size_t list_count_before, list_count;
    char watch_said[512];
    uint64_t acts, came; /* of the last run */
    struct error
        *first[REPORT_STATUSES]; /* the first one that leads to each exit status; [0]: the first of all. NULL: none */
    /* the stretch that speed and time left are measured over */
    bool measuring;
    int64_t start_ms;
    uint64_t start_done, start_bytes;
    struct report_amount last;
    int64_t begun_ms;        /* the run */
    struct changes *changes; /* NULL: not wanted */
    /* of a dry run, where not each message is told by itself */
    struct report_would *would;
    size_t would_count, would_size;
};

struct report {
    pthread_mutex_t lock;
    struct report_settings settings;
    FILE *out, *err;
    struct report_account **accounts;
    size_t account_count, account_size;
    bool live;             /* the live line is on the screen */
    bool said_unwritten;   /* standard output failed, and that was said */
    int64_t live_shown_ms; /* when it was last drawn */
};

struct report_summary;
struct report_place {              /* what an event is about */
    const char *account, *mailbox; /* NULL or "": none */
};

/* ---- report/accounts.c ---- */
void report_lock(struct report *report);
void report_unlock(struct report *report);
/** The memory of one account, made when it is first heard of. NULL: out of memory; the event is then shown without it. */
struct report_account *report_find(struct report *report, const char *name);
void report_forget_errors(struct report_account *account);

/* ---- report/changes.c: what came to this side, for the command that is run afterwards ---- */
void report_changes_add(struct report_account *account, const struct report_done *done);
void report_changes_free(struct changes *changes); /* NULL-safe */

/* ---- report/acts.c ---- */
struct act_words {
    const char *word;         /* in JSON */
    const char *done, *would; /* for people; `would` in a dry run */
    const char *event;        /* of a mailbox: what is shown of it where it was done */
};
const struct act_words *report_act_words(enum report_act act);
void report_count(struct report_counts *counts, const struct report_done *done);

/* ---- report/found.c: what verify finds ---- */
/** "missing-here" ... */
const char *report_class_word(enum report_class class);

/* ---- report/text.c: for people ---- */
void report_text_line(struct report *report, FILE *to, const struct report_place *place, const char *text);
void report_text_step(struct report *report, const char *command);
void report_text_error(struct report *report, const struct error *err);
void report_text_message(struct report *report, const char *account, const struct report_done *done);
void report_text_held(struct report *report, const char *account, const struct report_held *held);
/** "80 accounts: 79 in sync, 1 login refused (u7)"; nothing where one alone ran. */
void report_text_accounts(struct report *report);
void report_text_guard(struct report *report, const struct report_account *account, const struct report_list *list);
void report_text_live(struct report *report, const struct report_account *account, const char *mailbox, int64_t now_ms);
/** The same for a line of its own. */
void report_live_words(const struct report_account *account, const char *mailbox, int64_t now_ms, char *to,
                       size_t size);
/** Take the live line off the screen, before anything else is written. */
void report_text_clear(struct report *report);

/* ---- report/errors.c ---- */
/** A line on standard error that is no error: neither in JSON nor in report_said. Once in a run. */
void report_warning(struct report *report, const struct error *err);

/* ---- report/watch.c ---- */
/** A run of a watched account begins: what the last one said is kept, to be compared with. */
void report_watch_begin(struct report_account *account);
/** Did the run before say this line already? Then nobody has to read it again. */
bool report_watch_knows(const struct report_account *account, uint64_t hash);
/** Was the list of this ID shown by the run before? */
bool report_watch_knows_held(const struct report_account *account, const char *id);
/** The same, and it is remembered as one of this run's. */
bool report_watch_knows_list(struct report_account *account, const struct report_list *list);
/** Did this run do, fail in or learn anything that people should read? */
bool report_watch_counts(const struct report_account *account, const struct report_summary *summary);

/* ---- report/quota.c ---- */
/** @return false: there is none */
bool report_quota_warning(const struct quota *quota, char *to, size_t size);
/** A line on standard error, where one is due. */
void report_quota_alone(struct report *report, const char *account, const struct quota *quota);

/* ---- report/dry.c ---- */
/** The record of one mailbox; NULL: out of memory. */
struct report_would *report_would_of(struct report_account *account, const char *mailbox);
/** One more is counted that it would hold. @return false: there was no memory for it */
bool report_would_hold(struct report_account *account, const struct report_held *held);
void report_would_free(struct report_account *account);
void report_text_would(struct report *report, const struct report_account *account);

/* ---- report/summary.c: the one line at an account's end ---- */
struct report_summary {
    int status;
    const struct report_counts *counts;
    double seconds;
    bool interrupted, dry;
    bool policy; /* say also what the configuration keeps back */
    bool import; /* of a POP account: one way, no mailboxes to count */
    int quarantine_days;
    const struct quota *quota; /* NULL: the server did not say */
};
/** The summary without the account's name. */
void report_summary(const struct report_summary *summary, char *to, size_t size);

/* ---- report/json.c, report/json_found.c: one object a line ---- */
void report_json_kept(struct report *report, const char *account, const struct report_kept *kept);
void report_json_mailbox(struct report *report, const struct report_place *place, const char *what, const char *text);
void report_json_message(struct report *report, const char *account, const struct report_done *done);
void report_json_renamed(struct report *report, const char *account, const struct report_done *done, const char *text);
/** The same as a line of a file. @return false: no memory, or errno */
MUST_CHECK bool report_json_put_message(FILE *to, const char *account, const struct report_done *done);
void report_json_line(struct report *report, const char *account, const char *key, const char *text);
void report_json_pending(struct report *report, const char *account, const struct report_pending *pending,
                         const char *text);
void report_json_error(struct report *report, const struct error *err);
void report_json_held(struct report *report, const char *account, const struct report_held *held);
void report_json_guard(struct report *report, const char *account, const struct report_list *list);
void report_json_progress(struct report *report, const struct report_account *account, const char *mailbox);
void report_json_result(struct report *report, const char *account, const struct report_summary *summary);
void report_json_status(struct report *report, const char *account, int status);
void report_json_state(struct report *report, const char *account, const struct report_state *state);
void report_json_mailbox_rows(struct report *report, const char *account, const struct report_mailbox_row *rows,
                              size_t count);
void report_json_drop(struct report *report, const char *account, const struct report_drop *drop);
void report_json_quarantined(struct report *report, const char *account, const struct report_quarantined *quarantined);
void report_json_checked(struct report *report, const char *account, const struct report_checked *checked);
void report_json_facts(struct report *report, const char *account, const struct report_facts *facts);
void report_json_would(struct report *report, const struct report_account *account);
void report_json_found(struct report *report, const char *account, const struct report_found *found);
void report_json_verified(struct report *report, const char *account, int status,
                          const struct report_verified *verified);
void report_json_watch(struct report *report, const char *account, const struct report_watch *watch);
void report_json_exit(struct report *report, int status, int signal);

#endif
