/*
 * One history: a server, one or two clients, actions of users, other clients, bad luck and golub, then quiet, then the
 * laws.
 */
#ifndef TESTS_SIM_SIM_HISTORY_H
#define TESTS_SIM_SIM_HISTORY_H

#include "store/journal/journal.h"
#include "sync/engine.h"
#include "tests/sim/sim_kinds.h"
#include "tests/sim/sim_maildir.h"
#include "tests/sim/sim_server.h"

#define SIM_ACTIONS_MAX 200

struct sim_sight { /* where one message is on one side, if it is there once and in one mailbox */
    int count;     /* in all mailboxes */
    int mailbox;
    unsigned flags, shown;
    uint32_t uid; /* on the server */
    bool in_new;
    bool cut; /* its name lost letters that golub knows */
};

struct sim_base { /* what server and Maildir both showed after a sync without any disturbance */
    bool valid;
    int mailbox;
    unsigned flags;
    unsigned new_flags; /* that the file's suffix showed in new/: they go with it */
    uint32_t uid;
};

struct sim_choice { /* what the user says for one run */
    const char *const *patterns;
    struct direction pull, push;
    bool confirm;
    const char *confirm_id;
    const char *const *only;      /* a run for these mailboxes alone; NULL: all */
    bool left_out[SIM_MAILBOXES]; /* by the patterns */
    int map;                      /* which `map` the user has written */
    bool plain;                   /* everything is allowed: what should be carried is carried */
};

#define SIM_LISTS 8
#define FORCED_NOT 0
#define FORCED_KEEP (-2)
#define FORCED_SILENCE (-3)
#define FORCED_PULL (-4)
#define FORCED_PUSH (-5)
#define FORCED_LIST (-6)

struct names_told {            /* what a watcher of this client knows */
    struct sim_tree now, then; /* the names when the last run began, and the one before it */
    bool well;                 /* that one ended well */
    struct sim_told told[SIM_TOLD];
    struct sync_named list[SIM_TOLD + 2 * SIM_FILES];
    size_t count;
};

struct client {
    struct maildir_sim maildir;
    struct names_told watched;
    struct journal *journal;
    /* what a backup holds: after the last run, and after the one before it */
    struct sim_tree last, older;
    uint64_t last_changed[SIM_MAILBOXES], older_changed[SIM_MAILBOXES]; /* times of the folders */
    bool has_last, has_older;
    void *last_image, *older_image;
    size_t last_size, older_size;
    bool index_lost; /* the journal is another one, or an older one, than when something was quarantined */
    bool confirm;    /* removals were held: the next run is told to go on */
    struct sim_choice choice;
    int forced; /* what a moment wants for the next run: above 0, this mailbox, counted from 1, alone; FORCED_KEEP: removals stay where they are; FORCED_SILENCE: no word; FORCED_PULL: --pull; FORCED_PUSH: --push; FORCED_LIST: a word for `list[0]` */
    bool restored;                       /* from a backup, or copied to another disk: once in a history */
    bool wrong_clock;                    /* in its last run */
    bool fitted;                         /* its mark and its journal, when the last run began */
    char nonce_then[33];                 /* of that mark; "": it was of an intent that was not ended */
    uint64_t modseq_then[SIM_MAILBOXES]; /* of its journal when the server went back */
    char list[SIM_LISTS][16];            /* IDs of what was held, the last ones */
    int lists;
    bool shown[SIM_CONTENTS][SIM_MAILBOXES];  /* its removal was once held and listed */
    bool let_go[SIM_CONTENTS][SIM_MAILBOXES]; /* ... and somebody let it go, and the server refused it */
    struct sim_base bases[SIM_CONTENTS];
    struct sim_sight there[SIM_CONTENTS], here[SIM_CONTENTS]; /* before the sync under way */
};

struct history {
    uint64_t seed;
    int actions;
    bool skip[SIM_ACTIONS_MAX]; /* left out by the shrinker */
    bool verbose;
    struct coverage *coverage;
    /* [out] */
    bool failed;
    char failure[400];
    uint64_t hash;
    int rounds; /* until nothing changed any more */
    int syncs;
};

struct sim { /* everything; too big for a stack */
    struct world world;
    struct server server, backup;
    bool has_backup;
    struct client clients[SIM_CLIENTS];
    enum layout layout;
    bool disasters;
    bool
        edits; /* files are changed in their place; then no disasters: a restored file can't be told from an edited one */
    bool refusals;               /* exit 2 is what this scenario wants to see */
    size_t descriptors;          /* few: small batches; 0: as many as it likes */
    size_t piece;                /* of new mail that is planned at once; 0: as much as it likes */
    bool configured;             /* what may go up and down is what the configuration says; else a word for one run */
    const char *const *only;     /* the runs are for these mailboxes alone; NULL: for all */
    const char *const *patterns; /* a fixed scenario's; NULL: drawn */
    bool rewound;                /* the server went back: flags with an old MODSEQ may differ where nothing tells */
    int syncs;
    /* what the kinds have done (sim_events.c) */
    bool away_there[SIM_MAILBOXES], away_here[SIM_CLIENTS][SIM_MAILBOXES];
    int64_t away_row[SIM_CLIENTS][SIM_MAILBOXES]; /* ... in its journal as it is now; 0: none */
    bool was_away_here[SIM_CLIENTS][SIM_MAILBOXES], was_away_there[SIM_CLIENTS][SIM_MAILBOXES]; /* in its last run */
    bool missed[SIM_CLIENTS][SIM_MAILBOXES];   /* its last whole run did not see that the mailbox is there */
    bool left_out[SIM_CLIENTS][SIM_MAILBOXES]; /* by the patterns of its last run */
    bool named[SIM_CLIENTS];                   /* mailboxes got other names there, and this one has not followed yet */
    bool quiet;
};

/* What sim_main.c runs: sim_history.c for a sync, sim_import_history.c for an import. */
extern const char *const history_program;
/** Run it from its first action to the last check. */
void history_run(struct history *history);
/** --kinds and --without. @return false: no such kind, or none at all in this program */
bool history_kinds(const char *list, bool without);
/** --profile. @return false: no such profile, or none at all in this program */
bool history_profile(const char *name);
/** The table at the end of many histories. @return false: something that should have been met was not met at all */
bool history_coverage(const struct coverage *coverage);
void coverage_head(void);
void coverage_print(const struct coverage *coverage, enum step_kind kind);

/* ---- actions (sim_action.c) ---- */
void action_fill(struct sim *sim);        /* the mail that is there before golub comes */
void action_outside(struct world *world); /* any user or other client does something */
void action_disaster(struct sim *sim);
/**
 * Before another journal takes its place: only this one knows which command it sent that may still be carried out, within the seconds that
 * nobody else waits for; and what waits to be removed, here because the server's list and its count do not agree, or there. It is new mail then.
 */
void action_lose_journal(struct sim *sim, int client);
/** One thing that a user or another client does with one message, told to the ledger. @return false: no room */
bool action_transfer_here(struct sim *sim, struct maildir_sim *maildir, struct sim_file *file, int to, bool move);
void action_remove_here(struct sim *sim, struct maildir_sim *maildir, struct sim_file *file);
void action_edit_here(struct sim *sim, struct maildir_sim *maildir, struct sim_file *file, int content);
bool action_transfer_there(struct sim *sim, int mailbox, const struct sim_message *chosen, int target, bool move);
void action_remove_there(struct sim *sim, int mailbox, const struct sim_message *message);

/* ---- golub keyword (sim_events_keywords.c) ---- */
/** The mailbox's row; 0: there is none. */
int64_t event_mailbox_id(struct journal *journal, int mailbox);
/** The user says so of this file. @return false: golub does not know it yet, or not as this one */
bool event_say_keyword(struct sim *sim, int client, const struct sim_file *file, unsigned key, bool set);

/* ---- golub runs (sim_run.c) ---- */
/** One sync of one client. @return its exit status; -1 after a crash */
int run_sync(struct sim *sim, int client);
void run_dry(struct sim *sim, int client);
/** Journal as of some image (NULL: new). */
void run_open_journal(struct sim *sim, int client, const void *image, size_t size);
/** Its commits are steps. */
void run_hook_journal(struct sim *sim, int client);
void run_close(struct sim *sim);

/* ---- what is written down before it is done (sim_intents.c) ---- */
/** A run begins: from now on each name that golub gives to a folder or a mailbox, and each that it takes away, is looked at. */
void intents_begin(struct sim *sim, int client);

/* ---- laws (sim_check.c) ---- */
void check_before(struct sim *sim, struct client *client);
/** @param clean  status 0, no crash, no line break, nobody else acted */
void check_after(struct sim *sim, struct client *client, bool clean);
/** The server goes back to its backup: what a change of it must be younger than to be told. */
void check_note_cursors(struct client *client);
/** Bases can't be told any more. */
void check_forget(struct client *client);
/** What golub says of a folder is so: one that is not there has no names that change. */
void check_said(struct world *world, const char *mailbox, const char *what);
void check_convergence(struct sim *sim);
void check_duplicates(struct sim *sim);
/** Does the journal of this client have a row with the file's base name? */
bool check_has_row(const struct client *client, const struct sim_file *file);
/** Has golub seen this file under the name that it has? */
bool check_letters_known(const struct client *client, const struct sim_file *file);
/** $Forwarded, if its letter stands in this name and says nothing: it waits for another name to go, or its line was put back, and nobody knows what whoever set it
 * meant; or if P waits for another name to come, since a letter said it that means something else here. Else 0. */
unsigned check_letter_waits(const struct client *client, const struct sim_file *file);
/** Did the name of this file lose letters since golub has seen it? */
bool check_letters_cut(const struct client *client, const struct sim_file *file);
/** What letters say is what golub knows of keywords. @param told  and of the server's, that is what the server shows */
void check_letters(struct sim *sim, const struct client *client, bool told);
/** No keyword of a message goes from the server unless somebody took it off. */
void check_keywords(struct sim *sim);

/* ---- the guard (sim_guard.c) ---- */
void guard_before(struct sim *sim, struct client *client);
void guard_after(struct sim *sim, struct client *client);
void guard_list(struct world *world, const char *id);
void guard_held(struct world *world, const char *mailbox, uint32_t uid, const char *base, bool addition);

/* ---- a server that shows only the newest messages (sim_view.c) ---- */
void view_looked_at(struct world *world, int mailbox);

/* ---- what the engine says (sim_report.c) ---- */
struct report *report_of(struct world *world);

#endif
