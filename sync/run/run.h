/*
 * What one run over one account knows while it is under way; shared by the phases, seen by nobody else.
 *
 * Everything that was seen is in the journal (see journal.h); what stands here is only what the present run needs beside it.
 * Convention: a phase returns false when the run must end, with run->err filled in. What concerns one mailbox or message only
 * is reported, recorded as pending, and the run goes on.
 */
#ifndef SYNC_RUN_RUN_H
#define SYNC_RUN_RUN_H

#include "store/base/arena.h"
#include "store/base/local.h"
#include "store/base/remote.h"
#include "store/journal/journal.h"
#include "sync/base/account.h"
#include "sync/base/age_journal.h"
#include "sync/report/report.h"
#include "sync/rules/mailbox.h"
#include "sync/rules/names.h"
#include "sync/rules/plan.h"

struct mailbox {
    struct journal_mailbox row;
    /* this run's survey */
    bool listed, has_status, folder_here;
    bool spelled;     /* what the list says about its name is not in the journal yet */
    bool moved_since; /* files of it that are missing moved since the journal's last run: moved_since.h */
    uint32_t messages, uidnext, uidvalidity;
    uint64_t modseq;
    uint32_t known_uidvalidity; /* the journal's when this run began */
    struct local_stamp stamp;
    struct journal_place place; /* what its folder is known by */
    bool copied;                /* it is not the folder that golub left: removals on the server are held */
    bool touched;               /* golub wrote into it: what it is known by is due */
    bool seen_whole, judged;    /* listed completely, and what was to be held is held, in this run */
    uint64_t removed;           /* so many messages that the guard counts have gone in this run */
    bool chosen;                /* by the patterns */
    bool asked;                 /* by the command line: operations are allowed in it */
    /* what is due */
    bool look_there, look_here;
    uint32_t overtaken; /* the highest UID that was gone when it was asked for, and was looked for once more */
    bool full;          /* no delta */
    bool stirred;       /* we changed it on the server: look again, so that echoes and cursors are written down */
    /* what went wrong */
    bool full_up; /* the server refused to move something into it: not asked again, and not said again, in this run */
    unsigned cautions; /* enum caution: what this run learned of it that forbids something */
    bool renumbered;   /* it is paired anew because its UIDVALIDITY is another one */
    bool perhaps_cut;  /* listed for the first time, and as many as a server may show at most: see view.h */
    bool proven;       /* its folder was listed whole: flushed.c */
    bool named;        /* its folder was listed in this run: a name that is another one now was given meanwhile */
    bool current;      /* what the journal says of its side on the server was so in this run */
    bool said;         /* that its messages wait, once a run */
};

struct todo { /* one message that wants something */
    int64_t id;
    uint32_t mailbox; /* index */
    uint32_t uid;
    uint64_t size; /* as the row had it when it was planned */
    struct plan_step step;
    bool fresh;        /* the other side never had it; else it had, and one side lost it */
    bool unpaired;     /* ... and that is no removal (missing.c) */
    bool again;        /* fresh, but it was on both sides before: nothing has moved there */
    int64_t partner;   /* move: the row that vanished (for the row that appeared); 0: none */
    int64_t elsewhere; /* of what vanished: the row that it moved to, where the old place can't follow now; 0: none */
    bool unshown;      /* ... and in an earlier attempt the server did not show one of them afterwards */
    bool echoed;       /* the server showed the flags that it was sent */
    bool unanswered;   /* fresh, and was sent once: it has perhaps arrived on the server, and moved on there */
    bool arrived;      /* ... and its mailbox has given a UID that can only be its own */
    bool waits;        /* its file is gone, and what was sent of it is unanswered: kept until that has settled */
    bool replaced;     /* the old version of a file that was saved again: no removal that anybody made */
    bool deleted; /* its file is here, and \\Deleted on both sides: `expunge` removes it, and it has moved nowhere */
    bool overwritten; /* such an old version, whatever became of the new one: what the server has is the only copy */
    bool dropped;     /* taken care of otherwise: paired, moved, held, pending ... */
    bool counted;     /* a removal that the guard counted and let pass */
    bool own_name;    /* its file's name is of the form that golub gives */
};

struct agenda {
    struct todo *todos;
    size_t count, size;
};

/* Why removals are held: a list each. */
enum hold_reason { HOLD_NOT, HOLD_GUARD, HOLD_COPIED, HOLD_REASONS };

struct released { /* a removal that was held when the run began, and that the user let go; message first: found by it */
    int64_t message;
    bool here, there; /* on which side it may be removed */
};

struct given_up { /* a body that did not come, or not whole */
    int64_t id;
    bool said;
};

struct run {
    const struct account *account;
    const struct sync_options *options;
    struct remote remote;
    struct local local;
    struct journal *journal;
    struct report *report;
    struct error err; /* why the run ends; also the one that every store call gets */
    struct report_counts counts;
    struct remote_info info;
    struct mailbox *mailboxes;
    size_t count, size;
    int64_t now;        /* seconds UTC at the start of the run */
    struct age_run age; /* time that counts */
    int64_t first_id;   /* the highest id of a row before anything was observed */
    bool dry, no_root,
        first; /* no_root: a dry run of an account that has no Maildir yet; first: the account was unknown to this journal */
    bool partial;         /* something was not done: exit 1 */
    bool held;            /* exit 3 */
    bool pair_all;        /* journal and Maildir are not of one run: pair everything first */
    bool paired;          /* and that is done */
    bool maildir_older;   /* the Maildir was restored: its names show the past */
    bool past_known;      /* ... and the journal knows what they showed, from a run that was cut off while it paired */
    unsigned cautions;    /* enum caution: all that this run learned of any mailbox, or of none */
    bool mark_written;    /* the mark of this run is in the root */
    bool mark_committed;  /* and its nonce is in the journal */
    bool went_back;       /* one mailbox of the server shows the past: the change numbers of none are believed */
    bool restored;        /* ... under the UIDVALIDITY that it had: certainly out of a backup */
    bool no_deltas;       /* and so all were listed whole */
    bool sizes_lie;       /* the server's RFC822.SIZE was seen to be wrong */
    bool replan;          /* rows were joined after they were planned */
    bool look_everywhere; /* mailboxes that were not asked for are looked at, too: something may have moved there */
    bool vanished;        /* something vanished on the server: a second look is due */
    uint64_t *listed;     /* the server's names as of the survey: a hash of each */
    size_t listed_count, listed_size;
    char hold_ids[HOLD_REASONS][16]; /* the lists of held removals that were reported */
    int64_t *additions;              /* held additions that the user's word is about, ascending */
    size_t additions_count;
    struct released *released; /* held removals that the user let go, by message */
    size_t released_count;
    struct local_mark mark;    /* as found, then as written */
    char state[33];            /* which state folder this is */
    bool copied;               /* root or mark is not what golub left: all folders are in doubt */
    bool mark_checked;         /* the mark was the one of the journal's last run */
    int mark_changes;          /* so many runs on end its birth was another one */
    bool touched;              /* some mailbox is */
    struct given_up *given_up; /* not asked for again in this run */
    size_t given_up_count, given_up_size;
    int64_t *put_off; /* files that the server did not take, ascending: not sent again in this run */
    size_t put_off_count, put_off_size;
    int64_t *unproven; /* files that may be a message which could not be read in this pass: not sent in it */
    size_t unproven_count, unproven_size;
    bool fell_behind; /* a mailbox or folder is away since the last run */
    bool overtaken;   /* a message that was listed is gone when it is asked for: another client works beside this run */
    int retaken;      /* looks that were taken once more for that */
    char boot[LOCAL_BOOT_MAX + 1]; /* of the system */
    int64_t *doubtful;             /* files that another boot did not flush, ascending */
    size_t doubtful_count;
    int64_t *undeleted; /* those of them whose old names showed \Deleted */
    size_t undeleted_count;
    uint64_t done, total; /* bodies, for the progress line */
};

/* ---- run.c: small things every phase needs ---- */
/** Seconds UTC now. */
int64_t run_now(const struct run *run);
/** A signal came: no new command. */
bool run_stopped(const struct run *run);
/** Report run->err or another error about one mailbox (NULL: the account), mark the run as partial. */
void run_problem(struct run *run, const struct mailbox *mailbox, const struct error *err);
/** The same about one file: the words name it. */
void run_problem_of(struct run *run, const struct mailbox *mailbox, const char *base, const struct error *err);
/** The same with words: what was tried, what was answered. */
void run_complain(struct run *run, const struct mailbox *mailbox, const char *what, const char *answer,
                  const char *hint);
/** Something was done in a mailbox, or would be in a dry run: counted and shown. `mailbox` and `dry` of it are filled in here. */
void run_did(struct run *run, const struct mailbox *mailbox, struct report_done done);
/** Write down why a message waits (message 0: the mailbox); writes nothing if that is known. Inside a transaction. */
MUST_CHECK bool run_pending(struct run *run, const struct mailbox *mailbox, int64_t message,
                            enum journal_pending_kind kind, const char *detail, const char *why, const char *hold);
struct mailbox *run_mailbox_by_id(struct run *run, int64_t id);
/** From here on the run does without what this forbids (rules/mailbox.c). @param mailbox  that it concerns; NULL: none of those it knows */
void run_learn(struct run *run, struct mailbox *mailbox, enum caution caution);
/** Was this learned of the mailbox? */
bool run_learned(const struct mailbox *mailbox, enum caution caution);
/** What the rules ask about it. */
struct mailbox_now run_mailbox_now(const struct mailbox *mailbox);
/** It is on the server, and what it holds there is not known as of this run. */
bool run_is_unseen(const struct mailbox *mailbox);
/** A mailbox of the account of which that is true; NULL: all were looked at, or did not move. */
const struct mailbox *run_unseen(const struct run *run);
/** A new element at the end; NULL: out of memory, err filled in. */
struct mailbox *run_mailbox_add(struct run *run);
/** It can be looked at in this run, asked for or not. */
bool mailbox_is_usable(const struct mailbox *mailbox);
/** golub wrote into its folder: its times are stored with what was written, by the next commit. */
void run_touch(struct run *run, struct mailbox *mailbox);
/** May this run do something in this mailbox? */
bool mailbox_is_open(const struct mailbox *mailbox);
MUST_CHECK bool run_begin(struct run *run);
MUST_CHECK bool run_commit(struct run *run);
/** What was begun is committed if all went well, taken back if not. @return ok and committed */
MUST_CHECK bool run_end(struct run *run, bool ok);
/**
 * The same after an operation on the server: what was answered until it broke is committed, too. Of two errors the operation's is kept.
 * @param answered  what it returned
 * @param why       run->err as it was then
 */
MUST_CHECK bool run_end_answered(struct run *run, bool ok, bool answered, const struct error *why);
/** Out of memory: err filled in, false. Here, so that whoever reads the code by machine sees that it is always false. */
static inline bool
run_no_memory(struct run *run)
{
    error_set(&run->err, ERROR_LOCAL, "get memory");
    error_hint(&run->err, "free some memory and run golub again; nothing is lost");
    return false;
}
/** All arrays of it came; else err is filled in. */
MUST_CHECK static inline bool
run_has(struct run *run, const struct arena *arena)
{
    return !arena->failed || run_no_memory(run);
}
/** Deterministic base name of a message's file; attempt > 0 where the name was taken by somebody else's file. */
void run_base_name(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                   int attempt, char base[static LOCAL_BASE_MAX + 1]);
/** The row's file. */
struct local_file run_file(const struct mailbox *mailbox, const struct journal_message *message);
struct quarantined {         /* a file that goes into the quarantine in this run */
    const char *name;        /* there */
    const char *base, *info; /* here, before */
    const char *why;
    uint32_t uid;
    uint64_t size;
};

/** Add it to the quarantine's index. Inside a transaction. */
MUST_CHECK bool run_quarantine(struct run *run, const struct mailbox *mailbox, const struct quarantined *file);
/** Load a row that is known to be there; false: the journal failed or the row is gone (err says so). */
MUST_CHECK bool run_load(struct run *run, int64_t id, struct journal_message *out);

/** Elements that an array for one batch of it needs. */
static inline size_t
agenda_room(const struct agenda *agenda, size_t batch)
{
    return agenda->count < batch ? agenda->count + 1 : batch;
}

#endif
