/*
 * One history of an import: a maildrop, a Maildir (or a delivery command), users, other clients, bad luck and golub;
 * then quiet, then the laws. sim_import is sim_main.c with this in the place of sim_history.c.
 */
#ifndef TESTS_SIM_SIM_IMPORT_H
#define TESTS_SIM_SIM_IMPORT_H

#include "store/journal/pop.h"
#include "sync/base/age_journal.h"
#include "sync/import/import.h"
#include "tests/sim/sim_history.h"
#include "tests/sim/sim_maildrop.h"

enum met { /* what histories have to meet, so that a law means something */
           MET_RENUMBERED,
           MET_UIDL_REUSED,
           MET_UIDL_REPEATED,
           MET_NO_UIDL,
           MET_NO_UIDL_NO_TOP,
           MET_EQUAL_COPIES,
           MET_REMOVED_SAME_SESSION,
           MET_REMOVED_LATER,
           MET_QUIT_CARRIED_OUT_UNANSWERED,
           MET_QUIT_REFUSED,
           MET_REFUSED_RETR,
           MET_REFUSED_DELE,
           MET_HELD,
           MET_RELEASED,
           MET_WRONG_ID,
           MET_SKIPPED,
           MET_TOO_BIG,
           MET_STOPPED,
           MET_REOPENED,
           MET_NO_ROOM,
           MET_UNSURE_FILE_TOUCHED,
           MET_GONE_IN_SESSION,
           MET_TEMPFAIL,
           MET_ALL
};

enum trouble { /* kinds of it, each by a word of --kinds and --without */
               TROUBLE_WINDOW,
               TROUBLE_LACKS,
               TROUBLE_EQUAL,
               TROUBLE_RENUMBER,
               TROUBLE_SHIFT,
               TROUBLE_RESTORED,
               TROUBLE_TOP,
               TROUBLE_CUT,
               TROUBLE_IGNORE,
               TROUBLE_BACKUP,
               TROUBLE_FOLDER,
               TROUBLE_ROOT,
               TROUBLE_CLOCK,
               TROUBLE_LOST,
               TROUBLE_OLD,
               TROUBLE_HOST,
               TROUBLE_BESIDE,
               TROUBLE_COPIES,
               TROUBLE_POWER,
               TROUBLE_ONE_MAILBOX,
               /* of profiles alone */
               TROUBLE_DAMAGE,
               TROUBLE_ODD,
               TROUBLE_SIZES,
               TROUBLE_COMMAND,
               TROUBLE_ALL
};

enum profile_action {
    ACTION_USERS,
    ACTION_TROUBLE,
    ACTION_RUN,
    ACTION_DISTURBED,
    ACTION_ACCOUNT,
    ACTION_TIME,
    ACTION_SKIP, /* a run that records what is there as had */
    ACTION_SERVER,
    ACTIONS
};

struct import_sim;

struct profile { /* sim_import_profile.c */
    const char *name;
    bool always;                            /* some seeds are of it, also where nobody asks for it by name */
    unsigned long troubles;                 /* bits: what a history of it is about */
    unsigned weights[ACTIONS];              /* how often what happens */
    unsigned arrive, leave;                 /* percent of what users and others do; the rest happens here */
    int few;                                /* messages: so many at most */
    void (*server)(struct import_sim *sim); /* what this history's server and account are like */
    void (*policy)(struct import_sim *sim); /* ... and how the account is configured; NULL: anyhow */
};

struct tally {   /* of one content: how often ... */
    int born;    /* it came, under a UIDL of its own each time */
    int excused; /* it may be here once more: its file was touched, or the command ended, before the journal knew */
    int taken;   /* users took a file of it out of this world */
    int added;   /* users made a file of it */
    int cut;     /* a power cut took it, and it did not come again */
    int handed;  /* the delivery command took it */
    int since_commit; /* ... since the last commit */
    int group;        /* contents that nobody can tell apart under this server have one; itself otherwise */
};

#define SIM_LOOSE 200 /* files that somebody took away before they were flushed */

#define SIM_NAMES 600 /* names that golub gave to files */

#define SIM_SENT 300 /* files that the IMAP account of the tree sent up */

struct import_sim {
    struct world world;
    struct maildrop_sim drop;
    struct maildir_sim maildir;
    struct journal *journal;
    /* the account */
    struct import_policy policy;
    enum layout layout;
    bool guard;
    int deliver_to; /* mailbox */
    bool command;   /* a delivery command instead of the Maildir */
    /* the run */
    const struct profile *profile;
    int full;            /* messages of the maildrop: from here on nobody adds more */
    unsigned long theme; /* bits of enum trouble that this history is about; 0: of a bit of everything */
    unsigned copies;     /* in a thousand: arrivals that are equal to an earlier one; 0: nor are two alike */
    bool skip_existing, confirm, wrong_id;
    char confirm_id[16]; /* "" without */
    int stop_after;      /* calls of `stopped` until it says yes; 0: never */
    bool was_stopped;
    unsigned no_room;     /* percent of deliveries that fail */
    unsigned tempfail;    /* percent of commands that fail */
    int failures;         /* of both, in this run */
    struct buffer spool;  /* of the command */
    int64_t clock_ms;     /* the monotonic clock of this process */
    bool first;           /* no import of this journal came to its end before this run */
    int delivered_before; /* ... this run, in all */
    int status;           /* of the last run; -1 crashed */
    long runs;
    struct tally tally[SIM_CONTENTS];
    unsigned long *met; /* MET_ALL, then TROUBLE_ALL */
    /* troubles (sim_import_trouble.c) */
    int64_t clock_off;        /* of the run under way: how wrong the clock is */
    int wrong_clocks;         /* weeks that such runs may have aged things by */
    int64_t ahead;            /* by how much the clock was of the last run whose time counted */
    int64_t ahead_at;         /* ... and what it said */
    bool journal_lost, unmet; /* unmet: and no run came to its end since */
    bool blind;               /* ... but for one that recorded what is there: what was had it never compared */
    bool accident;            /* files went by nobody's wish: the next run says so */
    bool doubt;               /* something happened for which a name may mean another message */
    bool broke;               /* the line did, and a run ended with it: at a message, perhaps */
    bool reopened;            /* it broke in this run, and was opened again */
    int64_t unread_until;     /* ... a second time: a message may be left until then, which is said */
    bool shifted;             /* names moved on: without TOP, and without sizes, nobody could see it */
    bool away;                /* the root is not mounted */
    bool moved;               /* the server has another name in this run */
    const char *host;
    struct sim_tree *then; /* a backup */
    bool has_then;
    void *image; /* an older journal; malloc'ed */
    size_t image_size;
    const char *image_host; /* that the account named then */
    int64_t image_born;     /* of the deliver folder then */
    bool image_accident;
    bool circle;      /* what golub removed is on the server again: the account beside sent it up */
    bool one_mailbox; /* the IMAP account of the tree found the mail on its own server: it is the same mailbox */
    bool beside;      /* an IMAP account has the tree, too */
    char sent_base[SIM_SENT][LOCAL_BASE_MAX + 1];
    size_t sent;
    struct {
        char base[LOCAL_BASE_MAX + 1];
        int content;
    } loose[SIM_LOOSE]; /* a power cut may be what took them, as far as the journal knows */
    size_t loose_count;
    struct {
        char base[LOCAL_BASE_MAX + 1];
        int64_t gone; /* since when no file has it; 0: one has */
    } names[SIM_NAMES];
    size_t name_count;
    int64_t gone_at[SIM_CONTENTS]; /* since when a file of it is missing; 0: none is, or never was */
    bool was_here[SIM_CONTENTS];
    long came_in[SIM_CONTENTS];             /* session that delivered it last; 0: none */
    long moment, gone_moment[SIM_CONTENTS]; /* order of events: when its last file went */
    long look_moment;                       /* ... and when all folders were looked at last */
    long ask_moment;                        /* ... and a message was asked for */
    bool damaged[SIM_CONTENTS];             /* a file of it is not what came */
    int64_t run_began;
    long session_before; /* number of the last session before this run */
};

/* ---- actions (sim_import_action.c) ---- */
void import_outside(struct world *world);
/** How many times; golub is not at work. */
void import_users_act(struct import_sim *sim, unsigned times);

/* ---- troubles (sim_import_trouble.c, _there.c, _here.c) ---- */
bool trouble_is_on(enum trouble trouble);
/** Is a message there that is not to be removed, since its file is damaged or its header not what it was? */
bool trouble_any_odd(const struct import_sim *sim);
/** Is this what this history is about? */
bool trouble_is_theme(const struct import_sim *sim, enum trouble trouble);
/** What this history is about, if anything: before all else is chosen. */
void trouble_choose_theme(struct import_sim *sim);
const char *trouble_name(enum trouble trouble);
/** What this history's server and account are like. */
void trouble_choose(struct import_sim *sim);
/** One of them happens, if it can. */
void trouble_act(struct import_sim *sim);
/* @return it took something (sim_import_power.c) */
bool trouble_power_fails(struct import_sim *sim);
bool beside_sim_knows(const struct import_sim *sim, const char *base);

/* ---- profiles (sim_import_profile.c) ---- */
/** Before all else is chosen: which one follows from the seed, or --profile. */
void profile_choose(struct import_sim *sim);
/** A bit of everything? */
bool profile_is_all(const struct import_sim *sim);
/** What this history's server and account are like, after all was chosen. */
void profile_server(struct import_sim *sim);
/** How the account is configured, after that was chosen. */
void profile_policy(struct import_sim *sim);
enum profile_action profile_action(struct import_sim *sim);

/* ---- golub runs (sim_import_run.c) ---- */
/** @return exit status; -1 after a crash */
int import_sim_run(struct import_sim *sim);
void import_sim_dry(struct import_sim *sim);
/** Is a message there of which a part came once? */
bool import_sim_any_cut(const struct import_sim *sim);
void import_sim_journal(struct import_sim *sim, const void *image, size_t size);
struct handover import_sim_handover(struct import_sim *sim);

/* ---- laws (sim_import_tally.c, _rows.c, _session.c, _check.c) ---- */
void tally_init(struct import_sim *sim);
/** A message is there under a UIDL that golub can't know yet. */
void tally_born(struct import_sim *sim, struct drop_message *message);
/** Somebody else removed it. */
void tally_left(struct import_sim *sim, struct drop_message *message);
/** It is back on the server: nothing new. */
void tally_back(struct import_sim *sim, struct drop_message *message);
/** LIST says other sizes than before: what came already under a used again UIDL may be taken for the one that had it. */
void tally_sizes(struct import_sim *sim);
/** Would it come once more to a journal that does not know it? Nothing here tells that it was here. */
bool tally_comes_again(const struct import_sim *sim, const struct drop_message *message);
/** Does its row know more of it than name and size? */
bool tally_knows_header(const struct import_sim *sim, const struct drop_message *message);
/** Has the journal no row of it any more? */
bool tally_is_forgotten(const struct import_sim *sim, const struct drop_message *message);
/** What the journal forgot, and no file shows, may come once more. */
void tally_excuse_unfound(struct import_sim *sim);
/** Did no import of this journal come to its end? */
bool tally_first(const struct import_sim *sim);
/** Does the journal not know yet whether this file is here? */
bool tally_is_unsure(struct import_sim *sim, const struct sim_file *file);
/** Somebody takes this file away, or renames it: before the journal knows that it is on the disk that looks like a power cut. */
void tally_note_loose(struct import_sim *sim, const struct sim_file *file);
/** Did a lost journal not meet a message of it yet? Without its file nothing tells that it was here. */
bool tally_is_unmet(const struct import_sim *sim, int content);
/** Since when has no file this name? @return 0: one has it, or none ever had */
int64_t tally_name_gone(const struct import_sim *sim, const char *base);
/** The row of this file is that of no message on the server any more. */
void tally_forget_row(struct import_sim *sim, const struct sim_file *file);
/** Does it have a name that golub gives? */
bool tally_is_own(const struct sim_file *file);
/** The list that removals are held on. @return false: none, hold is "" */
bool tally_held(const struct import_sim *sim, char hold[static 16]);
/** Is one there that was on the server before, and that a run said was removed? */
bool tally_any_removed(const struct import_sim *sim);
/** Is one to be asked for once more in the next run, since far less of it came than LIST says? */
bool tally_asks_again(const struct import_sim *sim);
/** Is a message there of which far less comes than LIST says? */
bool tally_any_short(const struct import_sim *sim);
/** Is one left for a day, since the line broke at it, or answers came out of step behind it, twice? */
bool tally_any_suspect(const struct import_sim *sim);
/** How many are there that max-size leaves there? */
int tally_too_big(const struct import_sim *sim);
/** Never lost, never twice: at any moment. */
void check_counts(struct import_sim *sim);
void check_session(struct import_sim *sim); /* sets the maildrop's watchers */
/** Before a run: what is held, what it may release. */
void check_begin(struct import_sim *sim);
/** After a run. @param whole  nothing broke, nobody stopped it: it did all that it could */
void check_end(struct import_sim *sim, bool whole);
/** All is quiet: `keep` is obeyed, the journal knows no message that is gone. @param all_due  every message's days are over */
void check_quiet(struct import_sim *sim, bool all_due);

#endif
