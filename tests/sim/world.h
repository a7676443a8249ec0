/*
 * What the simulated server, the simulated Maildirs and the histories share: one source of chance, one clock, the known
 * messages, the ledger of where each of them is, and the counter of steps at which the power fails or the line breaks.
 *
 * Everything a history does follows from its seed. The trace (one line for each thing that happened) is hashed, so that
 * two runs of one seed can be compared.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "store/base/digest.h"

#define SIM_KEYWORDS 12
#define SIM_KEYWORDS_USUAL 3 /* of them others use these; all where names are cut off behind so many bytes */
#define SIM_MAILBOXES 3
#define SIM_CLIENTS 2
#define SIM_REMOVED 400
#define SIM_KINDS 48        /* at most; sim_kinds.h */
#define SIM_MET 64          /* at most; sim_import.h */
#define SIM_CONTENTS 600    /* different messages in one history */
#define SIM_DRESSES 8       /* ways in which one message looks; content_dressed */
#define SIM_STEPS_MAX 20000 /* steps of one sync: more is an engine that does not end */

struct rng { /* splitmix64 */
    uint64_t state;
};
uint64_t rng_next(struct rng *rng);
/** 0 ... below-1; below > 0. */
unsigned rng_below(struct rng *rng, unsigned below);
bool rng_chance(struct rng *rng, unsigned percent);
/** A generator of its own for part `part` of a seed. */
struct rng rng_for(uint64_t seed, uint64_t part);

/*
 * A message that exists in this world: its bytes follow from its number alone, so digests are computed once a process.
 * Some share the header, the size, the canonical digest of their neighbour; some are big; some hold a NUL.
 */
struct content {
    char *bytes;
    size_t len, header_len;
    char *shown; /* what a file of it gives on the wire: an LF without CR has one there */
    size_t shown_len;
    struct digests digests;
    int64_t date;
};
const struct content *content_get(int id);
/**
 * The same message as another program, or a server, left it: with lines of theirs in its header. Who has it has it in one dress; the ledger and the
 * laws know of messages alone.
 */
enum dress {
    DRESS_PLAIN,  /* content_get */
    DRESS_MOVER,  /* mbsync carried it: a line at the end of the header */
    DRESS_READER, /* a mail reader saved it: lines at both ends */
    DRESS_SERVER, /* a server delivered it once more: lines at the top */
    DRESS_DATED /* added to one of those: it has a Date. Then DRESS_SERVER is a server that rewrites lines which count */
};
const struct content *content_dressed(int id, int dress);
/** Not of a maildrop, and beyond what histories reach: this one and the next have one size and one header, with a Message-ID. */
#define CONTENT_NAMED_ALIKE 386
/** Likewise: this one and the next have one size and one body, as a program that sends mail writes it; their headers name two messages. */
#define CONTENT_BOILERPLATE 388
/** Not of a maildrop: its header has no Message-ID, and another one may have it, too. */
bool content_is_nameless(int id);
/** ... or it has one that another one has, too. */
bool content_shares_name(int id);
/** A server rewrote lines of it that count: what is left in common says which message it is, but only of one. */
bool content_is_rewritten(int dress);
/** The message with exactly these bytes; -1: nobody wrote such a message. @param dress [out] NULL: it must not have any */
int content_find(const char *bytes, size_t len, int *dress);
/** From here on a maildrop has messages with an LF alone in their body, too, and large ones. */
#define CONTENT_OF_PROFILE 128
/** Before the first message: those of a maildrop, of more sizes and with headers that an import must tell apart. */
void content_of_maildrop(void);
/** The first `len` bytes of a message, as a message of its own; -1: no room for more of these. */
int content_cut(int id, size_t len);
/** Of a maildrop: has its header a Message-ID that is not empty, or a Received line with a date? */
bool content_names(int id);
/** It shares header and size, or the canonical digest, with the message before it. */
bool content_like_neighbour(int id);

enum step_kind { /* everything that leaves a trace outside of the process */
                 STEP_COMMIT,
                 STEP_APPEND,
                 STEP_STORE,
                 STEP_COPY,
                 STEP_MOVE,
                 STEP_DELETED, /* the STORE of \Deleted before an expunge */
                 STEP_EXPUNGE,
                 STEP_CREATE,
                 STEP_READ, /* a command that changes nothing */
                 STEP_DELIVER,
                 STEP_RENAME,
                 STEP_LINK,
                 STEP_UNLINK,
                 STEP_QUARANTINE,
                 STEP_MARK,
                 STEP_FOLDER,
                 STEP_KINDS, /* so many kinds has a sync; what only an import does follows */
                 STEP_LOGIN = STEP_KINDS,
                 STEP_STAT,
                 STEP_UIDL,
                 STEP_LIST,
                 STEP_TOP,
                 STEP_RETR,
                 STEP_DELE,
                 STEP_QUIT,
                 STEP_HANDOVER, /* the delivery command gets a message */
                 STEP_ALL
};
const char *step_name(enum step_kind kind);

enum fate { FATE_GO, FATE_BEFORE, FATE_AFTER }; /* stop before or after the step's effect */

struct coverage { /* summed over all histories */
    unsigned long done[STEP_ALL], crash_before[STEP_ALL], crash_after[STEP_ALL];
    unsigned long lost_before[STEP_ALL], lost_after[STEP_ALL];
    unsigned long kind_histories[SIM_KINDS], kind_events[SIM_KINDS]; /* by enum kind */
    unsigned long met[SIM_MET];                                      /* by histories of the import */
};

struct ledger { /* of one content */
    int live;   /* instances now: server, every Maildir, every quarantine */
    int newer;  /* what somebody made of it in its place; 0: nothing */
    unsigned key_set,
        key_off;      /* keywords that somebody said are to be set on it, or taken off it (golub keyword); bits */
    unsigned key_had; /* keywords that a server once showed on it */
    unsigned
        key_brought; /* ... before golub stored, copied or moved it, or tried to: what does not arrive with it is set */
    bool
        brought; /* golub stored, copied or moved it, or tried to: what is set on what it left there goes to what it brought */
    unsigned key_taken; /* ... that somebody but golub took off, or may have: then they may be missing */
    unsigned
        key_loose; /* ... that a name shows by letters of another folder: where its message is gone, nobody can tell any more */
    bool edit;               /* somebody's edit of a file in its place: nobody else has the same bytes */
    bool put[SIM_MAILBOXES]; /* users or other clients once put it there */
    bool out[SIM_MAILBOXES]; /* users or other clients once took it out of there, to another place or to nowhere */
    int most[SIM_MAILBOXES]; /* the largest multiplicity on one side that they made */
    /* what follows binds where world->strict */
    int outs[1 + SIM_CLIENTS]
            [SIM_MAILBOXES]; /* how many each side may take out, because they took them out elsewhere */
    int followed[1 + SIM_CLIENTS][SIM_MAILBOXES]; /* how many of them golub took out: on the server, at each client */
    /* How many of them another program took out on both sides at once, an equal one on each: since the last run, and between that and the one before it. */
    int carried[SIM_CLIENTS][SIM_MAILBOXES][2];
    int slid
        [SIM_CLIENTS]
        [SIM_MAILBOXES]; /* how many of `outs` only slid out of the server's view, for all that one client can tell */
    unsigned set[SIM_MAILBOXES];     /* flags that they ever gave it there */
    unsigned cleared[SIM_MAILBOXES]; /* ... and took off again */
    unsigned undone,
        contested; /* taken off while a run was at work, once, and more often: as if it could not be stored there */
    unsigned copied[SIM_MAILBOXES]; /* flags that a COPY of golub brought along: it has to carry them over */
    bool was_copied[SIM_MAILBOXES]; /* by golub */
    bool moved;                     /* users took it from one mailbox to another */
    bool shown[SIM_MAILBOXES];      /* golub listed its removal as held */
    bool refused[SIM_MAILBOXES];    /* the server refused to remove it, in this run */
    bool unsure
        [SIM_MAILBOXES]; /* golub sent it there without an answer, or it is out of view, and UIDs were given anew since */
    bool unanswered[SIM_MAILBOXES]; /* ... without an answer, before this run */
    bool strayed[SIM_MAILBOXES];    /* its mailbox got this name in the midst of a run, which may have sent it there */
    int total;                      /* the most of it on one side that they made, over all mailboxes */
    bool added[SIM_MAILBOXES];      /* golub listed its upload there as held: at the user's word it is sent once more */
    int removals[SIM_CLIENTS];      /* so often somebody removed a file of it there */
    int torn
        [SIM_CLIENTS]; /* ... or moved one in the middle of a run, which may have seen its new place alone: then that is a copy */
    int left; /* so often others removed it where it had moved, and it stood in its old place still: that one goes into the Trash */
    int asked; /* of so many of it golub asked for a copy in the Trash */
    int moves,
        halves; /* so often a file of it came to another folder, by somebody; golub took away what it had copied there */
    int64_t
        filed; /* when a mail reader saved it in \Sent, as the copy of what it sent, before the server filed it; 0: none did */
    bool sent;       /* ... at any time, or after that */
    int64_t sent_at; /* when that was */
    bool saved;      /* ... or wrote one anew with other lines, in its own mailbox, under another name */
    unsigned taken;  /* bits of the dresses in which they took files of it away */
    bool remade
        [SIM_MAILBOXES]; /* the server stored other bytes there than golub sent, and as many: once its file is gone nobody can tell */
    int spread; /* how often they took it to two places on two sides: each may stay */
    int more;   /* how often they put one more of it somewhere, apart from those */
};

#define SIM_SERVER (-1) /* as a side; clients are 0 ... */

struct server;
struct maildir_sim;
struct import_sim;

struct sim_advice { /* what a person is to do with folders */
    bool names;     /* they are to get other names */

    /* From 1: the folder of this mailbox stands at this one's name, and is to go back; 0: no. */
    int back[SIM_MAILBOXES];
    char into[SIM_MAILBOXES]
             [64]; /* what is only in that of this mailbox is to come into this one, and that is to go; "": no */
};

struct world {
    uint64_t seed;
    struct rng rng;
    int64_t now;       /* seconds UTC */
    int64_t clock_off; /* by how much the clock that golub sees is wrong */
    uint64_t tick;     /* granularity of mtime */
    /* messages */
    struct ledger ledger[SIM_CONTENTS];
    int next_content;
    /* who is at work */
    bool golub;          /* the engine runs: what happens now is its doing */
    bool wordy;          /* messages have many keywords, so that their letters are too long for some programs */
    unsigned long kinds; /* bits of enum kind: what else may happen in this history */
    int interfere;       /* percent: an outside action between two steps */
    int interfered;      /* such actions in this sync */
    bool inside;         /* an outside action is going on */
    bool walks;          /* others also act while folders are listed: one may be missed, or seen twice */
    bool strict;         /* the ledger counts, and knows flags: everything is done by functions that tell it */
    bool late;           /* an APPEND of golub that was still under way is carried out now */
    unsigned exchanged;  /* bits of mailboxes that got another's name in this run: what it sends there goes astray */
    bool renamed;        /* mailboxes got other names, and it was told which is which */
    bool expunges;       /* \Deleted is a removal: the configuration says so */
    bool strict_copies;  /* a copy has the flags that its file shows, and no others */
    bool copies;         /* golub's COPY is going on */
    int dress;  /* of new mail; where programs and servers write lines of their own, some of it is DRESS_DATED */
    int wanted; /* one more than the message that was flagged there in this run, after it was removed here */
    void (*outside)(struct world *world);
    void (*on_list)(struct world *world, const char *id); /* golub says what is held; may be NULL */
    void (*on_held)(struct world *world, const char *mailbox, uint32_t uid, const char *base, bool addition);
    void (*on_error)(struct world *world, const char *mailbox, const char *what); /* golub shows it; may be NULL */
    void (*on_look)(struct world *world, int mailbox); /* golub is about to list it; may be NULL */
    /* golub gives a folder another name, or removes it (NULL): sim_intents.c; may be NULL */
    void (*on_folder)(struct world *world, const char *from, const char *to);
    /* ... or a mailbox of the server, which has that one while it is deleted; may be NULL */
    void (*on_mailbox)(struct world *world, struct text from, struct text to, bool deletes);
    int client;            /* whose run it is */
    bool met[SIM_CLIENTS]; /* it had a run that nothing disturbed: what is moved from now on is known to be a move */
    /* steps */
    long steps;          /* all, reads too */
    long step, crash_at; /* changing ones; 0: no crash */
    enum step_kind aim;  /* or at the aim_left-th step of this kind; aim_left 0: no such aim */
    int aim_left;
    bool aim_lose; /* the aim is the line's, not the process's */
    bool crash_after;
    bool dying, crashed;       /* the step is chosen; the process is dead */
    long remote_step, lose_at; /* 0: the line holds */
    bool lose_after, lost;
    int breaks_again; /* percent: a line that was opened again breaks, too */
    bool down;        /* once the line broke, it can't be opened again in this run */
    int silence;      /* so many seconds pass before golub knows that a line broke: its `timeout` */
    unsigned held;    /* lists of removals that it was told wait, in this run */
    unsigned errors;  /* that people were shown */
    struct sim_advice advice[SIM_CLIENTS]; /* ... in the last run of each */
    unsigned complaints;                   /* that the run at hand showed, whatever they say */
    unsigned words;                        /* ... and other lines about what a run did not do */
    bool said_again;                       /* it was said that what was removed is listed again */
    int repairs;                           /* mailboxes that were said to be paired anew */
    bool wished;                           /* something was said to `golub keyword`, and no run has begun since */
    unsigned long changes;                 /* steps with an effect since it was last set to 0 */
    struct coverage *coverage;
    /* what was seen */
    bool verbose;
    uint64_t hash;
    /* removals of this run, for the guard's law */
    struct {
        int content, mailbox, side;
    } removed[SIM_REMOVED];
    size_t removed_count;
    bool failed;
    char failure[400];
    struct server *server;
    struct maildir_sim *maildirs[SIM_CLIENTS];
    int clients;
    unsigned away_here[SIM_CLIENTS]; /* bits of mailboxes whose folders are away now */
    unsigned unseen;                 /* bits of mailboxes that some run left out, or whose folder or mailbox was away */
    struct import_sim *import;       /* of an import's history; then no server */
};

/** So many keywords others use. */
static inline unsigned
world_keywords(const struct world *world)
{
    return world->wordy ? SIM_KEYWORDS : SIM_KEYWORDS_USUAL;
}

/** One line of the history; hashed, printed when verbose. */
void say(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A line for people only: may hold random names. */
void say_aside(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A law is broken. The first one counts; the engine is stopped as if it had crashed. */
void violation(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A message nobody has seen yet. @param local  one with a NUL is possible */
int world_new_content(struct world *world, bool local);
/**
 * An instance appears or disappears; a message that is nowhere any more and was not taken out of each mailbox it was
 * put in is a loss.
 */
void ledger_add(struct world *world, int content);
void ledger_drop(struct world *world, int content);
/** Users and other clients: a message is there because of them, or not there any more. */
void ledger_put(struct world *world, int content, int mailbox);
/** One more than stand there, which nobody takes for any of these. */
void ledger_put_another(struct world *world, int content, int mailbox);
/** What has this date is no copy of what was sent, for all that anybody can tell. */
bool ledger_is_old_mail(const struct world *world, int content, int64_t date);
/**
 * A command that puts it there is under way, and nobody sees it yet: where several clients have a file of it that is not on the server, each
 * may send its own in that moment, and neither can know of the other.
 */
void ledger_cross(struct world *world, int content, int mailbox);
/**
 * The server counts it there and lists it no more: a file of it that no run has seen in that folder can't be told from another one, and goes up.
 */
void ledger_hidden(struct world *world, int content, int mailbox);
void ledger_out(struct world *world, int content, int mailbox);
/** A file of it is removed; or came to another folder: moved, copied, put there anew. Beside ledger_out and ledger_put. */
void ledger_removed_here(struct world *world, int content, int client);
void ledger_came_here(struct world *world, int content, int client, bool moved);
/** Its folder has another name, after that of the server. */
void ledger_renamed_here(struct world *world, int content, int mailbox);
/** Others take something out of it while golub is at work, perhaps before that saw it: what was sent there without an answer was perhaps that. */
void ledger_went(struct world *world, int mailbox);
/** What was taken out elsewhere so far is nothing that this side may follow. */
void ledger_forget(struct world *world, int mailbox, int side);
/**
 * Its folder was away: what the server lost meanwhile is nothing that it may follow. What moved elsewhere there is a move, whose old place
 * follows also where the new one is removed before that; and what another client is still to carry there may follow.
 */
void ledger_forget_away(struct world *world, int mailbox, int client);
/** It slid out of the server's view when this client could not know of one: for all that it can tell, it was taken out there. */
void ledger_slid(struct world *world, int content, int mailbox, int client);
/** This client looks at the mailbox: what it sees again did not go, and nothing that follows may say so. */
void ledger_unslid(struct world *world, int mailbox, int client);
/** Before somebody moves or removes it on one side: does it stand as on all others? */
void ledger_touch(struct world *world, int content, int side);
/** ... not to take it elsewhere, but to put one more of it there. */
void ledger_touch_more(struct world *world, int content, int side);
/**
 * golub takes it out of this mailbox on one side: somebody else must have done so first, and as often.
 * @param flags  what this one showed before golub touched it: with `expunge` what users marked as \Deleted may go, each of them
 */
void ledger_follows(struct world *world, int content, int mailbox, int side, unsigned flags, const char *what);
/**
 * The journal is one run older: what another program carried is fetched again, since nothing counts as removed here then,
 * and the file whose UID it took goes in its place.
 */
void ledger_uncarry(struct world *world, int client);
/** The last backup of the journal is the older one now. */
void ledger_backs_up(struct world *world, int client);
/** What golub took out there stands there again: a crash or a backup undid it. */
void ledger_back(struct world *world, int content, int mailbox, int side);
/** golub removes it, and it is no move: for the guard's law. */
void ledger_removed(struct world *world, int content, int mailbox, int side);
/** Somebody marked it \Deleted somewhere, and the configuration says that what is marked goes (`expunge`), wherever it is by then. */
bool ledger_expunges(const struct world *world, int content);
/** Taken out of one place and put into another: whoever did it, it is a move; or may have been one. */
bool ledger_is_moved(const struct ledger *entry);
/** Somebody marked it \Deleted in this mailbox, or in one that it has moved from. */
bool ledger_was_marked(const struct world *world, int content, int mailbox);
/** golub is about to: is there anything left to follow? */
void ledger_may_follow(struct world *world, int content, int mailbox, int side, unsigned flags, const char *what);
/** Users and other clients moved it: flags go along. */
void ledger_carry(struct world *world, int content, int from, int to);
/** golub gives its file a second name elsewhere: out of a mailbox that is away that is a move as well, and the flags that it had go along until they are merged. */
void ledger_links(struct world *world, int content, int from, int to);
/** The first name goes of what got its second one when its mailbox was away, whether or not that is back. */
void ledger_ends_link(struct world *world, int content, int mailbox, int client);
/** A file of it is new here: for all that anybody can tell it is the one that another program took out on both sides since the last run, under another name. */
void ledger_stands_in(struct world *world, int content, int mailbox, int client);
/** golub brings it somewhere, or is about to: with these keywords, and perhaps with others that it had where it was. */
void ledger_brought(struct world *world, int content, unsigned keys);
/** Somebody but golub takes keywords off it, or removes it with them. */
void ledger_unkeyed(struct world *world, int content, unsigned keys);
/** golub takes it into the Trash because somebody removed it. */
void ledger_trashed(struct world *world, int content, int from, int trash);
/**
 * A file that shows \Deleted is moved there. Where that is another client's mark for its own removal, nobody can tell it from anybody else's:
 * with `expunge` it goes from there, too.
 */
void ledger_carry_mark(struct world *world, int content, int to, unsigned flags);
/** Flags of one instance change; fresh: it has just come. Whoever is at work gives them, or must have been given them. */
void ledger_flags(struct world *world, int content, int mailbox, unsigned before, unsigned after, bool fresh);
/** Flags went where nobody took them off: what golub makes of it is its doubt, not its fault. */
void ledger_forgive_flags(struct world *world, int content, int mailbox);
/**
 * The journal that knew of a removal on the server which was cut off is gone: whose \Deleted that message bears nobody can tell any more.
 * @param header  its digest, by which it is known where it has another UID by now; NULL: by its UID alone
 */
void ledger_own_mark(struct world *world, uint32_t uid, const unsigned char *header);
/** The server came out of a backup, and hides it behind another UIDVALIDITY: what it has elsewhere now seems to have moved there. */
void ledger_renumbered(struct world *world, int mailbox);
/** How often a message is in a mailbox on the side that has most of it; originals: as maildir_sim_multiplicity. */
int world_multiplicity(const struct world *world, int content, int mailbox, bool originals);
/** After a disaster (a side went back in time): what is nowhere in a mailbox now is nobody's fault. */
void ledger_forgive(struct world *world);

/** Before a step: does it happen? A local one can crash, a remote one can also lose its line. */
enum fate world_step(struct world *world, enum step_kind kind, bool remote);
/** After a step that did not go: the process is dead if that was a crash. */
void world_stop(struct world *world);
/** The line is open (again): it may break once more in this run. */
void world_break_again(struct world *world);
/** Between two steps: others may act. */
void world_between(struct world *world);

#endif
