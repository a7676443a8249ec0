/*
 * What one run over one account knows while it is under way. The phases share it; nobody else sees it.
 *
 * Everything that was seen is in the journal (see journal.h); here is only what this run needs beside that. Convention:
 * a phase returns false when the run must end, with run->err filled in. A failure that concerns only one mailbox or
 * message is reported and recorded as pending, and the run goes on.
 */
#ifndef SYNC_RUN_RUN_H
#define SYNC_RUN_RUN_H

#include "store/base/arena.h"
#include "store/base/local.h"
#include "store/base/remote.h"
#include "store/journal/journal.h"
#include "sync/base/account.h"
#include "sync/base/age_journal.h"
#include "sync/base/id_set.h"
#include "sync/base/reopen.h"
#include "sync/report/report.h"
#include "sync/rules/mailbox.h"
#include "sync/rules/names.h"
#include "sync/rules/names_map.h"
#include "sync/rules/plan.h"
#include "sync/rules/special.h"
#include "sync/run/traces.h"

enum work { /* what is asked of a server about one mailbox */
            WORK_FETCH = 1,
            WORK_APPEND = 2,
            WORK_STORE = 4,
            WORK_MOVE = 8, /* out of it, or a copy */
            WORK_REMOVE = 16,
};

enum going { GOING_NOT, GOING_HERE, GOING_THERE };

#define RUN_EXAMPLES 3
#define RUN_EXAMPLE 512

struct mailbox {
    struct journal_mailbox row;
    /* this run's survey */
    bool listed, has_status, folder_here;
    bool named_there; /* the list of this run has its name, whichever mailbox that is */
    bool waits;       /* ... or not, and its folder follows `map` once it is known where it is: mapped.h */
    bool by_name;     /* its line of the list may be one that could not be read */
    bool named_again; /* by the list at the end of the looks */
    bool at_rest;     /* its numbers in the last two lists of this run are the same, but for changes */
    bool spelled;     /* its name on the server, as LIST spells it, is not in the journal yet */
    uint32_t messages, uidnext, uidvalidity;
    uint64_t modseq;
    uint32_t told_uidvalidity;  /* as the list said that told which mailbox is which; 0: it did not */
    uint32_t known_uidvalidity; /* as the journal had it when this run began */
    struct local_stamp stamp;
    struct journal_place place; /* what tells this folder from a copy of it: place.c */
    bool copied;                /* it is not the folder that golub left: removals on the server are held */
    bool touched;               /* golub wrote into it: what it is known by is due */
    bool seen_whole, judged;    /* listed completely, and what was to be held is held, in this run */
    uint64_t removed;           /* so many messages that the guard counts have gone in this run */
    bool name_waits;            /* it has another name on the server, and can't have that here in this run */
    bool
        elsewhere; /* it has another name on the server, `perhaps`, that has no folder here; its own is another mailbox's there */
    bool stuck; /* its folder can't move to where it is to stand, or its mailbox not be renamed there, in this run */
    bool
        goal_taken; /* the name that its folder got is another mailbox's there, which has no folder and is no row for that */
    bool
        apart; /* its folder was renamed to what is no mailbox there and can't become this one: apply/renamed_apart.h */
    bool keeps_name;     /* what it stands below got another name there, and it did not: took_name.h; for that moment */
    bool wanted_there;   /* it is gone there, and a person says that mail is to be there: apply/made_again.h */
    bool nobody_removed; /* ... since nobody removed what was held in it */
    bool made_last;      /* it is made there when names are free that others give up last: apply/rename_last.h */
    bool stayed_there;   /* it has its old name there, and another UIDVALIDITY: renamed_mail.h */
    bool undecided;      /* whether it has another name on the server can't be told in this run: it is left alone */
    bool fits_one;       /* ... for something that is new there has numbers that fit */
    bool perhaps_renamed; /* ... for one that is new there may be it, and this is its name */
    bool unread_there;    /* ... for the server shows nothing of one that may be it, and its words are: */
    bool passing;         /* ... for another golub gave it a name for a moment, perhaps, which is: */
    char perhaps[160];
    enum going going;       /* it is gone on the other side, and is to go on this one: sync/apply/going.h */
    enum going going_waits; /* ... and waited for that before this run */
    bool going_proven;      /* ... this run asked the server for it by its name */
    bool going_had;         /* ... and its journal had mail of it when this run began */
    bool
        going_kept_back; /* ... the configuration did not let it go until now: what it held waits for the user's word */
    unsigned newly_allowed; /* what the configuration lets go now, and was not judged yet in this one: allowed.h */
    bool going_doubted;     /* ... with all others but INBOX, or its mail stands here: it waits for the user's word */
    bool going_sought;      /* ... whether it does was looked for in this run */
    char *
        had_name; /* it was called so here until this run; NULL: another run gave it the new name, or it has one name; the run's */
    char *had_wire;  /* ... and so on the server, as the list of this run said; NULL likewise; the run's */
    char *left_name; /* the one that it gave up there for a temporary one; NULL: none; the run's */
    char *second;    /* a folder of its name that is not the one it has; the run's */
    bool chosen;     /* by the patterns */
    unsigned uses;   /* what it is for, by the user's word or the server's: special_uses, without other attributes */
    unsigned turn;   /* one more than uses_turn; 0: not asked for yet */
    bool asked;      /* by the command line: operations are allowed in it */
    bool moved_out; /* its folder is gone here, and what stood in it stands elsewhere here: sync/agenda/gone_folder.h */
    /* what is due */
    bool look_there, look_here;
    /* What was seen to be gone there in this run, and has a UID below `gone_below`, was removed; not while `unproven`: the look at it is not complete */
    bool went, unproven;
    uint32_t gone_below;
    uint32_t overtaken; /* highest UID that was gone when it was fetched, and was listed anew for that */
    uint32_t other;     /* a UID whose body is another message's, whatever size and date say */
    bool made_anew;     /* its server says nothing by other bytes: given_again.h */
    int64_t unshown;    /* a message that was to be removed there, and was not shown when it was asked for: remove.c */
    bool full;          /* list all of it: changes since the cursor are not enough */
    uint64_t ours_after, ours_to; /* remote_outcome's, of this run's last change of flags; a look asks behind it */
    bool stirred; /* we changed it on the server: look again, so that echoes and cursors are written down */
    /* what went wrong */
    bool full_up;  /* the server refused to move something into it: not asked again, and not said again, in this run */
    unsigned over; /* enum work: the server does no more of it in this run */
    unsigned released;       /* enum work: of what it had refused, one message went well in this run */
    bool writable;           /* this run has looked at it, and the server did not say that it may only be read */
    unsigned probed;         /* enum work: ... or was refused again */
    bool enough;             /* the server takes no more uploads for now */
    unsigned complained;     /* enum work: that some of it was refused in this run was said */
    bool unanswered;         /* it was to be made on the server, and the line ended before the answer */
    bool no_copies;          /* a copy into it was refused in this run: what is new there is sent */
    bool lost;               /* the server said once in this run that there is no such mailbox to move something into */
    unsigned cautions;       /* enum caution: what this run learned of it that forbids something */
    bool renumbered;         /* it is paired anew because its UIDVALIDITY is another one */
    bool met;                /* the journal knows when both sides were read for the first time: anew.h */
    bool adrift;             /* paired anew in the third run on end, or a later one: its numbers mean nothing */
    bool perhaps_cut;        /* listed for the first time, and as many as a server may show at most: see view.h */
    bool proven;             /* its folder was listed whole: flushed.c */
    bool named;              /* its folder was listed in this run: a name that is another one now was given meanwhile */
    bool by_names;           /* what a watcher was told of its folder was used up in this run */
    bool current;            /* what the journal says of its side on the server was so in this run */
    bool given_back;         /* STATUS says that a UID which is known here was not given yet */
    bool said;               /* that its messages wait, once a run */
    bool said_rights;        /* that golub has no rights in its folder, once a run */
    bool said_sticky;        /* that its UIDs do not last, once a run */
    const char *said_repair; /* why it is paired anew, once a run; NULL: it was not said */
    bool weighed;            /* a listing of it that does not add up was counted in this run: uneven.h */
    bool unlisted;           /* ... and known messages were missing in it */
    struct id_set lacked;    /* ... these */
    size_t
        doubled; /* so many messages would go both up and down under one Message-ID: doubling.h; 0: no reason to wait */
    char (*examples)
        [RUN_EXAMPLE]; /* ... what people are shown of RUN_EXAMPLES of them, "" where there are fewer; the run's */
    bool late;         /* it is looked at when everything else is done: attempts.h */
    bool sizeless;     /* ... and its listing with sizes was refused, or ended the line, so that none is asked for */
    uint32_t
        unchecked; /* it was listed by UID and flags alone: from here on known messages are to be compared by size and date; 0: none */
    bool said_search;    /* that sizes and dates of it are asked for in the next run, once a run */
    bool names_asked;    /* it was listed in this run for what Gmail calls its messages: sync/apply/labels.h */
    bool keeps_keywords; /* any: it was selected in this run, and said so */
    char *permitted;     /* ... or that it keeps these alone, as in flags.h; NULL: it did not; the run's */
    unsigned
        keyword_doubts; /* so often in this run messages were not what they should be when keywords were to be sent: keywords.c */
    bool keywords_said;        /* that some were refused in this run */
    bool said_chosen;          /* that one gave way to another one that was set there, once a run */
    bool said_cut;             /* that a message has more than golub keeps, once a run */
    struct lettering *letters; /* what letters of its names mean: sync/rows/letters.h; NULL: not looked at, or */
    bool unlettered;           /* they were looked at, and its names show no keywords */
    struct traces_of traces;   /* of mbsync in its folder */
};

/** Does it keep this keyword, as it said in this run? */
static inline bool
mailbox_keeps(const struct mailbox *mailbox, struct text word)
{
    return mailbox->keeps_keywords || (mailbox->permitted != NULL && keywords_have(mailbox->permitted, word));
}
/** ... or not? Neither, where it was not selected. */
static inline bool
mailbox_drops(const struct mailbox *mailbox, struct text word)
{
    return mailbox->permitted != NULL && !keywords_have(mailbox->permitted, word);
}

struct todo { /* one message about which something is to be done */
    int64_t id;
    uint32_t mailbox; /* index */
    uint32_t uid;
    uint64_t size; /* as the row had it when it was planned */
    struct plan_step step;
    bool fresh;        /* the other side never had it; else it had, and one side lost it */
    bool unpaired;     /* one side lost it, and nobody removed it (missing.c) */
    bool again;        /* fresh, although it was on both sides before: it is no target of a move */
    int64_t partner;   /* move: the row that vanished (for the row that appeared); 0: none */
    int64_t elsewhere; /* it moved to that row, and its old place can't be removed in this run; 0: it did not */
    int64_t came_from; /* ... the other way: its file was that row's; 0: it was none's */
    int64_t
        moved_here; /* gone on both sides: the row of its file, which is new in another folder (both_gone.c); 0: none is */
    int64_t moved_there; /* ... and that of its UID, which is new in another mailbox; 0: none is, or not known yet */
    bool begun;          /* its removal there was begun before and not answered: our \Deleted may stand on it */
    bool unshown;        /* an earlier attempt to set its flags was not shown by the server (FACT_UNSHOWN) */
    bool echoed;         /* the server has shown the flags after the STORE */
    bool unanswered;     /* a new file that was sent without an answer: it may be on the server, perhaps moved on */
    bool arrived;        /* ... and the mailbox has given a UID that can only be that message's */
    bool waits;          /* its file is gone, and what was sent of it is unanswered: kept until that has settled */
    bool replaced;       /* the old version of a file that was saved again: nobody removed it */
    bool deleted; /* its file is here, and \Deleted on both sides: `expunge` removes it, and it has moved nowhere */
    bool
        overwritten; /* its file was overwritten by a new version, or has other bytes: those of the server are nowhere else */
    bool dropped;     /* nothing more is done about it in this pass: paired, moved, held, waiting ... */
    bool given;       /* ... and its flags go to another message of these bytes: the next pass removes it */
    bool gift;        /* flags of one that goes for it: carried, though the command line does not name its mailbox */
    bool trashed;     /* a removal there that moves it into the \Trash */
    bool in_trash;    /* ... where it has a copy already, which was proven */
    bool archived;    /* a removal there that takes off Gmail's label by a MOVE to \All */
    int64_t taken_by; /* a removal there of a label: the row whose move into the \Trash takes it along; 0: none does */
    bool counted;     /* a removal that the guard counted and let pass */
    bool copied;      /* an upload of which a dry run knows that it will be a copy on the server */
    bool own_name;    /* its file's name is of the form that golub gives */
    bool refused;     /* an upload that was refused before, and is asked for again */
    bool placeholder; /* mbsync's, and no message's file yet */
    bool moved_out;   /* its folder is gone here, or its mailbox there: it follows where it went, and else stays */
    bool sought;      /* a message that is new there: one of such a mailbox may be it */
};

struct agenda {
    struct todo *todos;
    size_t count, size;
    bool fresh_apart; /* without new mail there, which is planned while it is fetched: sync/agenda/fresh.h */
};

/* Why removals are held. Each reason has its own list. */
enum hold_reason {
    HOLD_NOT,
    HOLD_GUARD,
    HOLD_COPIED,
    HOLD_ADOPTED,
    HOLD_ALLOWED,
    HOLD_TAKEN,
    HOLD_STANDS,
    HOLD_REASONS
};

struct released { /* a removal that was held when the run began, and that the user released; found by `message` */
    int64_t message;
    bool here, there; /* on which side it may be removed */
};

struct refusal;  /* sync/rows/refusals.c */
struct altering; /* sync/apply/altered.c */

struct given_up { /* a message whose body did not come, or not whole */
    int64_t id;
    bool said;
    bool late; /* until everything else is done: attempts.h */
};

enum attempt {
    ATTEMPT_LOOK,
    ATTEMPT_HEADER,
    ATTEMPT_BODY,
    ATTEMPT_STORE,
    ATTEMPT_SEND, /* the row's id instead of the UID, which it has not yet */
    ATTEMPT_REMOVE,
    ATTEMPT_REFUSED,  /* a mailbox whose listing is refused: no suspect, but it is counted in how many runs on end */
    ATTEMPT_REPAIRED, /* ... that is paired anew: likewise */
    ATTEMPT_FOLDER,   /* ... whose folder here can't be read: likewise */
    ATTEMPT_DELIVER,  /* ... or can't be written to: likewise */
    ATTEMPT_BARE,     /* ... that is listed by UID and flags alone: attempts_bare.h */
    ATTEMPT_MEASURE,  /* a message whose size and date can't be read */
    ATTEMPT_UNREAD,   /* a mailbox of which the server gives no mail: no suspect, but counted likewise */
    ATTEMPT_FILE,     /* ... in whose folder a new file can't be read, or its name not be used: likewise */
    ATTEMPT_OPENED,   /* ... that SELECT calls another one than the list does: likewise */
    ATTEMPTS
};

struct suspect {   /* what was in flight when the line broke: attempts.h */
    uint32_t next; /* in its chain; one more than the index, 0: none */
    int64_t mailbox;
    uint32_t uid; /* 0: the mailbox itself */
    enum attempt what;
    uint32_t uidvalidity;
    bool unreadable;     /* the line broke when it was asked alone, in this run or in an earlier one */
    bool due;            /* ... in an earlier one, and it is asked in this one */
    bool told;           /* ... in this one, and that is not written down yet */
    bool exact;          /* nothing else was in flight, or the line broke once already when it was asked alone */
    bool counted;        /* this run is counted already */
    bool bare;           /* a mailbox: it ended the line without sizes, too */
    bool back;           /* a mailbox that is paired anew: in one of these runs it told that the server went back */
    int runs;            /* unreadable in so many on end */
    int64_t asked;       /* when it was asked last */
    bool of_line;        /* another one broke the line at the same place: short_line.h */
    uint64_t broke, own; /* bytes that had come when it broke the line alone, and of its answer; 0: not in this run */
    uint32_t uidnext, messages; /* of the mailbox, as the server's list had them then */
    uint64_t modseq;
};

struct attempts {
    struct remote server; /* run->remote watches it */
    struct suspect *at;
    size_t count, size;
    uint32_t *chains; /* by mailbox, what and UID; NULL: there are no suspects */
    bool last;        /* everything else is done: suspects are asked now */
    int64_t sending;  /* this suspect's message is sent alone; 0: none is */
    bool settled;     /* one was, since the line broke before */
    bool news;        /* to be written down */
    int searched;     /* so many lines broke in this run where sizes and dates were asked for: observe/measure.h */
    uint64_t began;   /* bytes that had come when a suspect was asked alone */
    char words[256];  /* how the line ended when a suspect was asked alone */
};

struct line { /* what became of it in this run: line.h */
    struct reopening reopening;
    uint64_t acts; /* how much was done when it broke last */
};

enum lookup_key { LOOKUP_NAME, LOOKUP_FOLDER, LOOKUP_WIRE, LOOKUP_ID, LOOKUP_UIDVALIDITY, LOOKUPS };

struct lookup { /* lookup.c: places in the array of mailboxes, by a hash of what names them */
    uint32_t *buckets, *next;
    size_t size, covered; /* covered: so many are in it */
};

struct run {
    const struct account *account;
    const struct sync_options *options;
    struct remote remote;
    struct local local;
    struct journal *journal;
    struct report *report;
    /* Folders of mailboxes that have other names on the server now get their new places (sync/apply/rename_here.h). NULL: this run changes nothing */
    bool (*move_folders)(struct run *run);
    /* The empty folder of a mailbox that is gone there makes way for one of them (sync/apply/clear_way.h); set where move_folders is */
    bool (*clear_way)(struct run *run, struct mailbox *mailbox, bool *gone);
    struct error err; /* why the run ends; every call of a store fills in this one */
    struct report_counts counts;
    struct remote_info info;
    struct mailbox *mailboxes;
    size_t count, size;
    struct special_table special;    /* of the server's list, where patterns ask for it */
    bool labels;                     /* remote_info's, once there is a list */
    bool newly_allowed[2];           /* by enum mailbox_side: removals that go there are held (allowed.h) */
    bool newly_allowed_mailboxes[2]; /* ... those of a mailbox that goes as a whole */
    struct names_map map;            /* `map`, as far as it is known which mailboxes it means */
    char *map_text;                  /* ... as the journal has it; NULL: it has none */
    char *map_pieces;                /* ... that in pieces, for `map_before` */
    char *map_next; /* one that was followed while something waited, and is not the journal's yet; NULL: none */
    char *map_next_pieces;
    struct names_mapped *map_before, *map_next_words;
    struct lookup lookups[LOOKUPS];
    int64_t now;    /* seconds UTC at the start of the run */
    int64_t looked; /* ... when the line was opened last: all that is taken for seen was seen after that */
    struct line line;
    struct attempts attempts;
    bool surveyed, made; /* the mailboxes are known; what one side lacked of mailboxes was made */
    bool begun;          /* what earlier runs left was looked at */
    bool renames_last;   /* mailboxes get their new names there when all else is done: apply/rename_last.h */
    struct id_set
        chosen; /* messages on which somebody set one of two keywords on the server that exclude each other: this run has seen it */
    struct age_run age; /* the time that the quarantine's days are counted in */
    int64_t first_id;   /* the highest id of a row when the run began */
    int64_t seen_id;    /* ... when the last run before it began that saw all mailboxes; 1: none */
    bool dry, no_root, first,
        met; /* no_root: a dry run of an account that has no Maildir yet; first: the account was unknown to this journal; met: and is not any more */
    bool partial;        /* something was not done: exit 1 */
    bool complained;     /* ... and said */
    bool agreed;         /* a letter came or went here as its keyword did there: apply_agreed */
    bool held;           /* exit 3 */
    bool said_mark;      /* that \Deleted is no flag at Gmail */
    bool said_trash;     /* that no mailbox is known to be the \Trash */
    bool untold;         /* a removal waits for a word whose message nothing but its UID names (agenda/shown.c) */
    bool pair_all;       /* journal and Maildir are not of one run: pair everything first */
    bool paired;         /* and that is done */
    bool maildir_older;  /* the Maildir was restored: its names show the past */
    bool past_known;     /* ... and the journal knows what they showed, from a run that was cut off while it paired */
    unsigned cautions;   /* enum caution: all that this run learned of any mailbox, or of none */
    bool mark_written;   /* the mark of this run is in the root */
    bool mark_committed; /* and its nonce is in the journal */
    bool went_back;      /* one mailbox of the server shows the past: the change numbers of none are believed */
    bool restored;       /* ... under the UIDVALIDITY that it had: certainly out of a backup */
    bool no_deltas;      /* and so all were listed whole */
    bool
        shifted; /* one shows perhaps another time: what is missing is not doubted for it, but no flags of others are believed unseen */
    bool listed_whole;    /* and so all were */
    bool sizes_lie;       /* the server's RFC822.SIZE was seen to be wrong */
    bool replan;          /* rows were joined after they were planned */
    bool look_everywhere; /* mailboxes that were not asked for are looked at, too: something may have moved there */
    bool seeks_elsewhere; /* the next list is to tell whether what seems to be gone has a name there that is left out */
    bool vanished;        /* something vanished on the server: a second look is due */
    uint64_t *listed;     /* the server's names as of the survey: a hash of each, ascending */
    size_t listed_count, listed_size;
    uint32_t *strangers; /* UIDVALIDITY of each of them that is no row's */
    size_t strangers_count, strangers_size;
    uint64_t *parents; /* ... and those that are no mailboxes, as people call them; in no order */
    size_t parents_count, parents_size;
    char hold_ids[HOLD_REASONS][16]; /* the lists of held removals that were reported */
    int64_t *additions;              /* rows of held additions that the user confirmed or rejected, ascending */
    size_t additions_count;
    struct released *released; /* held removals that the user released, by message */
    size_t released_count;
    struct local_mark mark;           /* the mark as it was found; after situation_mark as it was written */
    char state[33];                   /* the identity of this state folder (identity.h) */
    bool copied;                      /* root or mark are not the files that golub left: every folder may be a copy */
    bool mark_checked;                /* the mark that was found is that of the journal's last run */
    bool mark_awaited;                /* ... or that of one that announced it and died before its first commit */
    int mark_changes;                 /* in so many runs in a row its birth time was another one */
    bool touched;                     /* `touched` is set in some mailbox */
    char avoided[REMOTE_AVOIDED];     /* what the runs before found out that the survey is not to ask for: avoided.h */
    char avoided_now[REMOTE_AVOIDED]; /* as it stands in the journal now */
    bool avoided_open;         /* it is asked for all the same: it is a day old, or was learned in one run alone */
    struct id_set sent_again;  /* new ones that were asked whether they are another program's copies */
    struct id_set judged;      /* rows whose UID is not asked for again in this run: given_again.h */
    struct id_set doubted;     /* ... and those whose header was another one when they were to be copied */
    struct given_up *given_up; /* messages that are not asked for again in this run */
    size_t given_up_count, given_up_size;
    struct refusal *refusals; /* what the server refused, and not for good, by message */
    size_t refusals_count, refusals_size;
    int64_t *unproven; /* rows of files that may be a message which could not be read in this pass: not sent in it */
    size_t unproven_count, unproven_size;
    struct altering *altering; /* golub restore --altered: apply/altered.c; NULL: another command */
    bool fell_behind;          /* a mailbox or folder disappeared since the last run */
    bool overtaken;            /* a message that was listed was gone when it was fetched: another client is at work */
    int mail_broke; /* so often the line broke when mail was listed to tell which mailbox has another name: renamed_mail.h */
    int retaken;                   /* looks that were repeated because of `overtaken` */
    bool proven;                   /* all mailboxes were at rest behind the last look, and nothing was done since */
    uint64_t keywords_left;        /* that are still to be sent, as the last pass left them */
    int keyword_breaks;            /* so often the line broke while they were sent */
    char boot[LOCAL_BOOT_MAX + 1]; /* identity of the running system's boot */
    int64_t *doubtful;             /* messages whose files were named under another boot and not flushed, ascending */
    size_t doubtful_count;
    int64_t *undeleted; /* those of `doubtful` whose old names showed \Deleted */
    size_t undeleted_count;
    struct buffer unused;                     /* folders that stand here and can't be used, a NUL behind each */
    struct buffer odd;                        /* folders that no mailbox of golub's is called by, a NUL behind each */
    struct traces traces;                     /* of other programs, as far as this run saw them */
    struct traces traces_before, traces_told; /* what runs before it told; and with what this one did */
    bool traces_known;                        /* ... was read */
    struct shapes *shapes;                    /* of a tree that is met for the first time; NULL: it is not */
    uint64_t done, total;                     /* how many bodies, for the progress line */
    uint64_t total_bytes;                     /* ... of so many bytes, as far as sizes are known */
    uint64_t put_off;                         /* ... that come last, and are not in `total` yet */
};

/* ---- run.c: small things every phase needs ---- */
#define RIGHTS_HINT                                                                                                    \
    "Give it back its rights (chmod u+rwX, or chown), or leave it out with `mailboxes`; all else goes on."
/** Seconds UTC now. */
int64_t run_now(const struct run *run);
/** Was that less than so many seconds ago? Not where it is still to come: a clock was wrong, then or now. */
bool run_within(const struct run *run, int64_t since, int64_t seconds);
/** Did a signal ask to stop? Then no new command is sent. */
bool run_stopped(const struct run *run);
/** As people know it: what has a name on the server for a while is called as its folder here. */
const char *run_called(const struct mailbox *mailbox);
/** Report run->err or another error about one mailbox (NULL: the account), mark the run as partial. */
void run_problem(struct run *run, const struct mailbox *mailbox, const struct error *err);
/** The same about one file, which the error names. */
void run_problem_of(struct run *run, const struct mailbox *mailbox, const char *base, const struct error *err);
/** The same about a file or folder here that can't be changed: where golub has no rights to, it is said once a run, for all that waits for them. */
void run_problem_here(struct run *run, struct mailbox *mailbox, const struct error *err);
/** The same from words: what was tried, what was answered, what to do. */
void run_complain(struct run *run, const struct mailbox *mailbox, const char *what, const char *answer,
                  const char *hint);
/** Something was done in a mailbox, or would be in a dry run: counted and shown. `mailbox` and `dry` of it are filled in here. */
void run_did(struct run *run, const struct mailbox *mailbox, struct report_done done);
/** Why a file waits whose contents were changed under its name. */
#define RUN_WHY_ALTERED "the file's bytes are not those of the message any more: golub verify names what can be done"
/** Write down why a message waits (message 0: the mailbox); writes nothing if that is known, unless since a time that is still to come. Inside a transaction. */
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
/** A mailbox for which run_is_unseen is true, but for those that stay unreadable; NULL: there is none. */
const struct mailbox *run_unseen(const struct run *run);
/** From here on the run looks at the mailboxes, too, that the command line does not name, and at new mail where the folder is gone here: something may be there
 * that it needs to know. */
void run_look_everywhere(struct run *run);
/** All that a place of the array owns; it is empty then. */
void run_mailbox_free(struct mailbox *mailbox);
/** Those of which `goes` is true leave the array. All pointers into it are void then. */
void run_mailboxes_sift(struct run *run, bool (*goes)(const struct mailbox *mailbox));
/** A new mailbox at the end of the array; NULL: out of memory, err filled in. */
struct mailbox *run_mailbox_add(struct run *run);
/** Can it be looked at in this run, whether or not the command line names it? */
bool mailbox_is_usable(const struct mailbox *mailbox);
/** golub wrote into the mailbox's folder: the next commit stores the folder's times, too. */
void run_touch(struct run *run, struct mailbox *mailbox);
/** May this run do something in this mailbox? */
bool mailbox_is_open(const struct mailbox *mailbox);
/** May this run do what the todo says, in its mailbox? */
bool todo_is_open(const struct run *run, const struct todo *todo);
/** One body more has come or gone. @param arriving  bytes that came and are not counted as done yet */
void run_tell_progress(const struct run *run, const struct mailbox *mailbox, uint64_t arriving);
MUST_CHECK bool run_begin(struct run *run);
MUST_CHECK bool run_commit(struct run *run);
/** Commit if `ok`, else roll back. @return ok, and committed */
MUST_CHECK bool run_end(struct run *run, bool ok);
/**
 * run_end after an operation on the server: what was answered before it broke is committed, too. Of two errors that of
 * the operation is kept.
 * @param answered  what it returned
 * @param why       run->err as it was then
 */
MUST_CHECK bool run_end_answered(struct run *run, bool ok, bool answered, const struct error *why);
/** Out of memory: err filled in, false. Here, so that whoever reads the code by machine sees that it is always false. */
static inline bool
run_no_memory(struct run *run)
{
    error_set(&run->err, ERROR_LOCAL, "get memory");
    error_hint(&run->err, "Free some memory and run golub again; nothing is lost.");
    return false;
}
/** All arrays of it came; else err is filled in. */
MUST_CHECK static inline bool
run_has(struct run *run, const struct arena *arena)
{
    return !arena->failed || run_no_memory(run);
}
#define RUN_NAME_LETTERS 26 /* 128 bits in base32 */
/** What of the base name of a file says for which UID it was fetched, and what its mailbox was called then. */
void run_name_letters(const struct run *run, const char *mailbox, uint32_t uidvalidity, uint32_t uid,
                      char name[static RUN_NAME_LETTERS + 1]);
/** Deterministic base name of a message's file; attempt > 0 where the name was taken by somebody else's file. */
void run_base_name(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                   int attempt, char base[static LOCAL_BASE_MAX + 1]);
/** The row's file. */
struct local_file run_file(const struct mailbox *mailbox, const struct journal_message *message);
/** Load a row that is known to be there; false: the journal failed or the row is gone (err says so). */
MUST_CHECK bool run_load(struct run *run, int64_t id, struct journal_message *out);

/** Elements that an array for one batch of it needs. */
static inline size_t
agenda_room(const struct agenda *agenda, size_t batch)
{
    return agenda->count < batch ? agenda->count + 1 : batch;
}

#endif
