/*
 * An IMAP server in memory, as a struct remote, and what other clients, its administrator and bad luck do to it.
 *
 * It keeps the promises of store/base/remote.h and no others: listings come in any order, another client may act
 * between any two commands, an answer may never arrive although the command was (or will be) done.
 */
#ifndef TESTS_SIM_SIM_SERVER_H
#define TESTS_SIM_SIM_SERVER_H

#include "store/base/remote.h"
#include "tests/sim/world.h"

#define SIM_MESSAGES 160 /* of one mailbox */
#define SIM_EXPUNGED 400 /* remembered for QRESYNC */
#define SIM_DELAYED 8

struct sim_message {
    uint32_t uid;
    int content, dress;
    unsigned flags, keys; /* keys: bits, names in sim_server.c */
    int64_t date;
    uint64_t modseq;
    unsigned serial;  /* of this instance: what others move or copy is another one */
    unsigned went;    /* golub made copies of it: WENT_... */
    uint32_t asked;   /* golub asked for a copy of it in the Trash when this was the next UID there; 0: it did not */
    unsigned copy_of; /* in the Trash: the instance that was removed elsewhere; 0: somebody put it there */
    int copier;       /* ... by the golub of this client */
    bool told;        /* ... which was told its UID, and was not killed since */
};

#define WENT_TO_TRASH 1u
#define WENT_ELSEWHERE 2u

struct sim_mailbox {
    bool exists;
    uint32_t id;             /* which mailbox it is, whatever its name */
    bool id_sent;            /* in this run */
    int was_at[SIM_CLIENTS]; /* ... under this name */
    unsigned id_told;        /* bits of clients that know it from a run that got to its end */
    uint32_t
        twin_of;  /* it was made with all that this one held, under the same UIDs: nobody can tell them apart; 0: no */
    bool cut;     /* there were more than the server shows */
    bool forgot;  /* all its flags, and since then none was given */
    int phantoms; /* EXISTS and STATUS count so many more than there are */
    uint32_t uidvalidity, uidnext;
    uint32_t appended; /* the last UID that came by APPEND */
    uint64_t modseq;
    unsigned permanent;
    bool keywords;
    struct sim_message messages[SIM_MESSAGES]; /* ascending by UID */
    size_t count;
    struct {
        uint32_t uid;
        uint64_t modseq;
    } expunged[SIM_EXPUNGED];
    size_t expunged_count;
};

struct sim_delayed { /* an APPEND, COPY or MOVE whose answer nobody waited for and that is still being carried out */
    int mailbox, content, dress;
    bool nowhere;        /* its source is gone already: the server has it, and shows it in neither mailbox */
    bool transfer, move; /* of this message, if it is still there */
    int from;
    uint32_t uid, uidvalidity;
    unsigned flags, keys;
    unsigned serial; /* of the message that is copied or moved; 0: an APPEND */
    int client;      /* who sent it */
    bool trash;      /* ... as what somebody removed */
    int64_t date, due;
};

#define SIM_FILING 8

struct sim_filing { /* what was sent is to be filed there */
    int content, dress;
    int64_t due;
};

struct server {
    struct world *world;
    /* what it can do */
    bool condstore, qresync, uidplus, move, list_status;
    char separator;
    const char *prefix;
    bool encodes; /* names have other bytes than in UTF-8 */
    bool literal; /* ... and those of Work are what Work/Old is called in UTF-8 */
    int trash;    /* one more than the mailbox that is its \Trash, into which what is removed here goes; 0: none is */
    bool
        guessed; /* the last one is called Trash, and nobody says what it is for; what is removed here is to go into the \Trash */
    int sent; /* one more than the mailbox that is its \Sent, in which it files what is sent; 0: it files nothing */
    struct sim_filing filing[SIM_FILING];
    size_t filing_count;
    /* how it behaves */
    bool status_mute; /* with status_gaps: no mailbox has its line */
    bool reorders, wrong_sizes, swallows_duplicates, status_gaps;
    int arrives;  /* one more than the message that comes right behind an APPEND, and whose UID its APPENDUID says */
    int part;     /* it stops a listing after so many, the oldest, and says no more than that; 0: it lists all */
    bool crosses; /* COPYUID names messages of one size and date in another order */
    int rewrites; /* the dress that it gives to what it is sent; DRESS_PLAIN: it leaves it as it is */
    bool deaf;    /* says OK to STORE and changes nothing */
    bool dawdles; /* what nobody waits for is mostly carried out late */
    bool silent;  /* SELECT says no UIDNEXT */
    bool lags, status_lags; /* UIDNEXT, that of STATUS, is still the highest UID after an APPEND */
    int refuses;            /* contents with number % 10 < refuses are refused for good */
    int declines;           /* ... and below this for now: it says so of each by itself */
    bool picky;             /* refuses what is sent with a flag that its mailbox does not store */
    bool declines_for_now;  /* ... and says so: the next run may ask again */
    unsigned long refusals; /* bodies that it did not give */
    int window;             /* of a mailbox it shows so many, the newest; 0: all */
    bool announces;         /* ... and says so: MESSAGELIMIT */
    int lies;               /* how RFC822.SIZE is wrong; 0: as wrong_sizes says */
    int quota;              /* messages it holds; 0: no limit */
    unsigned unreadable;    /* bits of mailboxes that it can't open now */
    unsigned protected;     /* ... in which nothing may be changed: they can be read, and copied from */
    unsigned clinging;      /* ... whose EXPUNGE is refused: what is to go gets \Deleted, and stays */
    unsigned long denials;  /* what was asked for there all the same */
    int disturbed;          /* somebody expunges something during so many looks at INBOX */
    int withheld;           /* one more than the content whose body it can't read now; 0: none */
    bool mute;              /* STATUS in a LIST ends the line */
    unsigned long muted;    /* ... so many times it did */
    char avoided[REMOTE_AVOIDED];
    int never_shown;  /* one more than the content that it lists, and passes over in each FETCH */
    int unlisted;     /* one more than the content that no listing names, although it is counted */
    bool untouchable; /* ... nor does a command that changes it find it */
    int unlisted_for; /* ... in so many sessions; in a third one it is taken for one that is never shown */
    int unchanged;    /* one more than the content whose changes no list of changes names */
    int undated;      /* one more than the content whose size and date it does not tell */
    int unsized; /* one more than the content whose size it can't find out: who asks for that is refused, or loses the line (rude) */
    int unmeasured; /* likewise: neither its size nor its date can be found out; content + 1, 0: none */
    int hollow; /* so many COPYs of what was removed it answers with OK, and a UID that was given before, and does nothing */
    int grudged;   /* one more than the content that it stores, or copies, although it refuses it */
    int pretended; /* one more than the content of which it says that it stored it, and under which UID: it did not */
    uint32_t pretended_uid; /* ... which is this one; 0: one that was not given yet */
    unsigned long pretences;
    struct sim_mailbox boxes[SIM_MAILBOXES];
    struct { /* the one that golub gave a temporary name (sim_rename.c) */
        struct sim_mailbox box;
        char name[64];
        int origin;             /* which it was before */
        struct sim_mailbox kid; /* what stood below it, and went along */
    } aside;
    struct sim_delayed delayed[SIM_DELAYED];
    size_t delayed_count;
    uint32_t next_uidvalidity, next_id;
    unsigned next_serial;
    bool identifies; /* it says which mailbox is which */
    bool renumbers;  /* with a new name a mailbox has another UIDVALIDITY, and other UIDs */
    unsigned fills;  /* percent: new mail comes to a mailbox between the last look at it and its RENAME before DELETE */
    int lists;       /* in this run */
    uint32_t listed[SIM_MAILBOXES]; /* which mailbox had this name in the last of them; 0: none */
    bool list_mute, list_gaps;      /* the list under way does so */
    unsigned mute_ids;              /* ... but so many percent of its lists say it of none, or not of all */
    struct {                        /* UIDs that a backup took back: another message may bear them by now */
        int mailbox, content;
        uint32_t uid;
    } taken_back[SIM_MESSAGES];
    size_t taken_back_count;
    uint64_t size_high; /* RFC822.SIZE is so much too high */
    struct {            /* a body that comes cut, or longer than it was announced; in so many FETCHes */
        int content, times;
        size_t len;
    } spoiled;
    unsigned long bodies; /* that were sent */
    unsigned garbled;     /* bits of mailboxes whose line of LIST can't be read */
    unsigned unmakeable;  /* bits of mailboxes whose CREATE ends the line */
    int choked;           /* one more than the content whose APPEND, COPY or MOVE ends the line */
    int immovable;        /* one more than the content whose MOVE ends the line, but not its COPY */
    int misnamed;         /* one more than the content whose APPENDUID names the UID behind its own */
    uint32_t shifted;     /* APPENDUID names the UID so many behind its own */
    bool rude;            /* whatever it can't open or read ends the line */
    bool no_headers;      /* with `withheld` and `rude`: its header alone, not its body */
    /* the one connection */
    bool connected, examine;
    int selected; /* by its command under way: its UIDVALIDITY stays; -1: none */
};

/** A server without mail; every knob is the caller's. INBOX exists. */
void server_init(struct server *server, struct world *world);
/** The table of functions, with itself. */
struct remote server_remote(struct server *server);

/** Name in UTF-8 with '/' between levels, as the user writes it. */
const char *server_mailbox_name(int mailbox);
/** ... is this one from now on: "Work/Old", or "Trash". */
void server_call(int mailbox, const char *name);
/** Whether the last one stands below the one before it: it does under its first name. */
bool server_nests(void);
/** Bytes of LIST. */
void server_wire_name(const struct server *server, int mailbox, char *to, size_t size);
void server_encoded_name(const struct server *server, int mailbox, bool encodes, char *to, size_t size);
/** The mailbox of these wire bytes (that exists), or -1. */
int server_find(const struct server *server, struct text wire);
/** ... that has this name or could get it, as `create` says it; -1: none. */
int server_find_plain(const struct server *server, struct text name);
struct sim_message *server_message(struct server *server, int mailbox, uint32_t uid);
/** As it says; @param lags  it does not count the last APPEND yet */
uint32_t server_uidnext(const struct sim_mailbox *box, bool lags);
/** How many of the oldest messages it does not show. */
size_t server_hidden(const struct server *server, int mailbox);
/** EXISTS, and MESSAGES of STATUS. */
uint32_t server_exists(const struct server *server, int mailbox);
/** It holds as many as its quota lets it. */
bool server_is_full(const struct server *server);
/** The UID that it tells of what it did not store; 0: it tells none. */
uint32_t server_pretend(struct server *server, int mailbox);
/** The highest UID that it gave there, whatever became of the message; 0: none was given. */
uint32_t server_given_last(const struct server *server, int mailbox);
/** It hides some of the mailbox, or did once. */
bool server_is_cut(const struct server *server, int mailbox);
int server_multiplicity(const struct server *server, int mailbox, int content);
int server_stands(const struct server *server, int content);                          /* ... in all of them */
uint64_t server_size(const struct server *server, const struct sim_message *message); /* RFC822.SIZE */
/** Its bytes. */
const struct content *server_bytes(const struct sim_message *message);
/** It has the message with lines rewritten that count. */
bool server_rewrote(const struct server *server, int content);
/** It has the message in this mailbox more than once, in different bytes. */
bool server_has_dresses(const struct server *server, int mailbox, int content);
/** Keywords of bits as flags.h wants them. */
void server_keywords(unsigned keys, char to[static KEYWORDS_MAX + 1]);

/* What happens in a mailbox, whoever does it. false: no room. It comes in the dress of new mail. */
bool server_add(struct server *server, int mailbox, int content, unsigned flags, unsigned keys, int64_t date,
                uint32_t *uid);
void server_set_flags(struct server *server, int mailbox, struct sim_message *message, unsigned flags, unsigned keys);
void server_expunge(struct server *server, int mailbox, uint32_t uid);
void server_create(struct server *server, int mailbox);
/** Another client removes it. Where a backup gave its UID to it, nobody can tell it from the message that had it before. */
void server_remove(struct server *server, int mailbox, uint32_t uid);
/** APPENDs that were still under way and are due by now (all: at once). */
void server_delayed(struct server *server, bool all);
/** What was sent and is due by now (all: at once) it files. */
void server_file(struct server *server, bool all);

/* Disasters. */
void server_reset_uidvalidity(struct server *server, int mailbox);
void server_forget_flags(struct server *server, int mailbox);
/** Become what `then` was. */
void server_restore(struct server *server, const struct server *then);

#endif
