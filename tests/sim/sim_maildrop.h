/*
 * A POP3 maildrop in memory, as a struct maildrop, and what happens to it between two sessions and during one.
 *
 * A session of it is rig/drop_session.h's: numbers and marks hold for one, what arrives meanwhile is seen by the next one, sizes are hints,
 * and an answer may never arrive although the command was carried out. What this server does with UIDLs is the worst that servers were seen
 * to do.
 */
#ifndef TESTS_SIM_SIM_MAILDROP_H
#define TESTS_SIM_SIM_MAILDROP_H

#include "tests/rig/drop_session.h"
#include "tests/sim/world.h"

#define DROP_KEY 128

enum drop_uidls {
    UIDLS_UNIQUE,   /* as RFC 1939 wants them; drop_renumber may still change all of them */
    UIDLS_HASH,     /* of the bytes: equal messages share one */
    UIDLS_REUSED,   /* the lowest that is free: that of a message that is gone comes again */
    UIDLS_REPEATED, /* a few for all: different messages share one at the same time */
    UIDLS_NONE,     /* -ERR */
    UIDLS_KINDS
};

struct drop_message {
    int content;
    char uidl[DROP_KEY]; /* without UIDLs: "=" and the header digest, by which they are told apart */
    bool here;           /* in the maildrop */
    bool marked;         /* DELE in the session under way */
    long left;           /* session in which, or after which, it left */
    bool seen;           /* a session listed it */
    bool read_line;      /* the server wrote a line into its header: TOP has it, RETR has not */
    bool odd_line;       /* ... one that no program is known to add */
    int64_t left_at;     /* when */
    bool unlisted;       /* the last session did not show it */
    long header_refused; /* session that refused its TOP: it may be read whole for its header */
    long told_in;        /* session that told its UIDL last */
    /* the ledger's (sim_import_tally.c and the others) */
    bool owed;         /* is to be found here once, whatever happens, unless the user took it */
    bool hidden;       /* nobody can tell it from one that is gone */
    bool met;          /* at a first meeting a file here had its header and size, and is another message's */
    bool may_be_had;   /* was there in a run that recorded what is there as had */
    bool had;          /* ... and that run ended well, and no run had fetched it before */
    bool ever_had;     /* before a journal was lost */
    bool skipped;      /* a run that records what is there as had listed it under a name that tells nothing */
    bool gone_known;   /* a complete list without it was worked through */
    bool by_golub;     /* who removed it */
    bool stored;       /* its row said so after a run */
    int keep;          /* the `keep` of that run */
    bool has_keep;     /* it was stored once already, and recorded as had under another name since */
    int64_t stored_at; /* end of that run */
    bool held, released;
    int released_keep;
    bool forgotten;         /* a journal was lost since it came */
    bool unmet;             /* ... and no run has compared it with the files since */
    bool came_short;        /* of its last RETR: far less than LIST said */
    long fetched_in;        /* session of its last whole RETR; 0 none */
    int64_t fetched_at;     /* of its first one */
    int64_t row;            /* of the journal, as a run left it; 0 none */
    char read_as[DROP_KEY]; /* its UIDL at its last whole RETR; "" none */
    bool unread_since;      /* QUIT said that it was removed, and it was not read since */
    bool came_back;    /* ... and was read: a server that keeps what it says it removes, as far as anybody can know */
    bool ever_removed; /* QUIT said once that it was */
    bool was_absent;   /* its row was, before the run */
    bool returned;     /* the account beside sent it up again after golub had removed it */
    long marked_in;    /* session that accepted its DELE last */
    bool was_held;     /* its removal stood on a list before the run */
    bool was_cut;      /* less came than there is: what is here of it may be a part */
    size_t cut_len;    /* how much came the last time; cut_same: and the time before */
    bool cut_same;
    long cut_in;  /* session of that */
    int far_cuts; /* nothing came, or far less: 1 once; 2: that is what is here */
};

#define RECOUNT_ALL 1000
#define RECOUNT_NONE 2000

enum drop_window { WINDOW_ALL, WINDOW_NONE, WINDOW_SOME, WINDOW_NEWEST }; /* what a session shows */

struct maildrop_sim {
    struct world *world;
    /* what the server can do and how it behaves */
    enum drop_uidls uidls;
    bool long_uidls; /* of 70 characters */
    bool top, capa;  /* without CAPA nobody says that there is no TOP */
    bool pipelining;
    bool slow;              /* a second may pass between two answers */
    bool reorders;          /* UIDL and LIST in any order */
    bool wrong_sizes, lied; /* lied: they were wrong once */
    unsigned
        recounted; /* so much more LIST says of a third of them; of all: RECOUNT_ALL; RECOUNT_NONE: it tells none */
    bool lax;      /* does not lock: others remove messages under an open session */
    int refuses_retr, refuses_dele; /* contents with number % 10 below are refused for good */
    int refuses_top;
    unsigned flaky;          /* percent of RETR, TOP and DELE that are refused this time */
    unsigned quit_refused;   /* percent of QUITs with marks that end with -ERR */
    unsigned cuts;           /* percent of RETRs that give less than there is, or nothing, and say that it is all */
    unsigned ignores;        /* percent of DELEs that are answered, as QUIT is, and not carried out */
    enum drop_window window; /* of the next sessions: so many */
    int windows;
    bool lacks_lines; /* UIDL has fewer lines than STAT says; in the next session */
    bool equal;       /* all UIDLs are one; in the next session */
    struct drop_message messages[DROP_MESSAGES];
    size_t count, next_uidl;
    /* the session */
    struct drop_session line;
    bool lacks_now, equal_now;
    long session;     /* number of the current or last one */
    bool short_one;   /* of the message that is being sent, less comes than there is ... */
    size_t short_len; /* ... so much */
    /* counted since the caller set them to 0 */
    int retrieved, retr_refused, top_refused, dele_refused, tops, marks, removed, quits_refused, cut, ignored, lacked;
    int carried_out, unanswered; /* removals whose QUIT is not answered yet; and those of which golub never heard */
    int lacking;                 /* of this session, until its list came to its end */
    /* for the laws */
    void *context;
    void (*on_retrieve)(void *context, struct drop_message *message); /* about to be sent */
    void (*on_retrieved)(void *context, struct drop_message *message);
    void (*on_cut)(void *context, struct drop_message *message, size_t len);
    void (*on_dele)(void *context, struct drop_message *message);   /* is asked for */
    void (*on_remove)(void *context, struct drop_message *message); /* QUIT is carried out */
};

void maildrop_sim_init(struct maildrop_sim *drop, struct world *world);
struct maildrop maildrop_sim_ops(struct maildrop_sim *drop);
/** Size as LIST says it. */
uint64_t maildrop_sim_size(const struct maildrop_sim *drop, int content);
/** Is this UIDL there more than once in the list of this session? */
bool maildrop_sim_repeats(const struct maildrop_sim *drop, const struct drop_message *message);

/* What happens to it, whoever does it. */
/** @return NULL: no room */
struct drop_message *drop_arrive(struct maildrop_sim *drop, int content);
void drop_leave(struct maildrop_sim *drop, struct drop_message *message);
/** So much of what is there (percent) gets other UIDLs, as after a move to another server. */
void drop_renumber(struct maildrop_sim *drop, unsigned percent);
/** Names move on: each has that of the next one. */
void drop_shift(struct maildrop_sim *drop);
/** It is there again. @param renamed  under another UIDL. @return false: its UIDL is another one's now */
bool drop_restore(struct maildrop_sim *drop, struct drop_message *message, bool renamed);
size_t drop_here(const struct maildrop_sim *drop);

#endif
