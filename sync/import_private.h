/*
 * One import run: what its files share. The rooms of it, in the order of a run:
 *
 *   import_situation.c   may this run touch anything? root, journal, the list that the user confirmed
 *   import_recover.c     messages that an earlier run was fetching: are they here?
 *   import_list.c        what is on the server, and what the journal knows of it
 *   import_keep.c        what `keep` says about messages that were stored earlier: removed, held, proven
 *   import_fetch.c       the new ones: rows, bytes, delivery, rows (import_hand.c: into a command instead;
 *                        import_batch.c: a batch made durable)
 *   import_blind.c       the same for a server with neither UIDL nor TOP
 *   import_remove.c      DELE and QUIT
 */
#ifndef SYNC_IMPORT_PRIVATE_H
#define SYNC_IMPORT_PRIVATE_H

#include "store/base/limits.h"
#include "sync/import.h"

/* Messages between their row and their delivery: a batch goes to the disk, one arrives, one is in flight, one may be asked for. */
#define IMPORT_RING (4 * LIMIT_BATCH)

enum import_identity { /* how messages of two sessions are known to be the same */
                       BY_UIDL,
                       BY_HEADER, /* no UIDL: digest of the header block, by TOP */
                       BY_BODY,   /* nor TOP: each is fetched in each run */
};

#define REFUSAL_KINDS 5 /* what is tried with one message at a time */

struct refusals { /* of one kind: a server may refuse each of a hundred thousand */
    const char *what;
    uint64_t count;
    char words[128]; /* of the last one */
};

struct import {
    const struct account *account;
    const struct sync_options *options;
    struct maildrop maildrop;
    struct local local; /* ops NULL: a command takes the mail */
    struct handover *handover;
    struct journal *journal;
    struct report *report;
    struct error err; /* of what ended the run */
    struct report_counts counts;
    struct maildrop_info info;
    int64_t now; /* at the beginning */
    bool dry;
    bool no_root;                      /* dry run of an account whose Maildir is not there yet */
    bool may_fetch, may_remove;        /* --push, --pull */
    char folder[LOCAL_FOLDER_MAX + 1]; /* of deliver-to */
    enum import_identity identity;
    uint64_t messages;    /* STAT */
    bool complete;        /* the listing holds as many messages as STAT says */
    bool partial;         /* something was not done: exit 1 */
    bool held;            /* exit 3 */
    uint64_t done, total; /* for the progress line */
    unsigned not_run;     /* times in a row that the shell could not run the deliver-command */
    struct refusals refusals[REFUSAL_KINDS];
};

/* ---- import.c: small things every phase needs ---- */
int64_t import_now(const struct import *import);
bool import_stopped(const struct import *import);
/** ERROR_INTERRUPTED in import->err. @return false */
bool import_interrupted(struct import *import);
/** Out of memory: err filled in, false. */
bool import_no_memory(struct import *import);
/** Report an error about one message or the account; the run is partial and goes on. */
void import_problem(struct import *import, const struct error *err);
/**
 * The same for one message of perhaps many: the first few of a kind are said one by one, the others as one line at the end.
 *
 * @param what  the kind, a literal: "fetch", "remove from the server"
 */
void import_problem_of(struct import *import, const char *what, const struct error *err);
/** The same for a message that the server did not give or remove; it counts as failed. */
void import_refused(struct import *import, const char *what, uint32_t number, const char *uidl, const char *words,
                    const char *hint);
/** One sentence about the account that people should read. */
void import_say(struct import *import, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Where mail goes, for people. */
const char *import_mailbox(const struct import *import);
/** Load a row that is known to be there; false: the journal failed or the row is gone (err says so). */
MUST_CHECK bool import_load(struct import *import, int64_t id, struct journal_pop *out);
/** Commit, or roll back where `ok` is false. @return committed */
MUST_CHECK bool import_end(struct import *import, bool ok);
/** A row for a message that is to be fetched. */
void import_new_row(const struct import *import, const char *uidl, struct journal_pop *row);
/** A base name that no other message has. */
MUST_CHECK bool import_choose_base(struct import *import, struct journal_pop *row);
/** What every row gets whose message is durable here, or was taken by the command. */
void import_set_stored(const struct import *import, struct journal_pop *row);

/* ---- the phases ---- */
bool import_confirmed(struct import *import);
bool import_situation(struct import *import);
bool import_recover(struct import *import);
bool import_list(struct import *import);
bool import_skip(struct import *import);
bool import_keep(struct import *import);
bool import_fetch(struct import *import);
bool import_fetch_blind(struct import *import);
bool import_remove(struct import *import);

/* ---- import_batch.c and import_fetch.c, for import_blind.c ---- */
struct arrival { /* one message that is being fetched */
    struct journal_pop row;
    uint32_t number;
    bool repeated;             /* its UIDL is: never removed */
    bool refused;              /* the server did not give it */
    bool fresh;                /* its base was chosen in this run */
    struct local_draft *draft; /* finished, waits for its batch */
    struct digests digests;    /* of the draft */
};

/** The header block of a message while it streams by, as the server sends it. */
struct header_digest {
    struct digest *digest;
    bool done; /* its empty line came */
    enum { HEADER_LINE_START, HEADER_LINE_CR, HEADER_LINE_INSIDE } line;
};
MUST_CHECK bool header_begin(struct header_digest *header);
MUST_CHECK bool header_add(struct header_digest *header, const void *bytes, size_t len);
/** @return true: out is the digest. *found false: there was no empty line, and TOP may end the header in another way */
MUST_CHECK bool header_finish(struct header_digest *header, unsigned char out[static DIGEST_SIZE], bool *found);

/** Folder and file system are ready for mail; nothing was asked of the server yet. */
bool fetch_prepare(struct import *import);
/** Make these durable and commit: data, names, directory, rows. Those without draft are refused ones. Drafts are consumed. */
bool fetch_deliver(struct import *import, struct arrival *arrivals, size_t count);
void fetch_drop(struct import *import, struct arrival *arrivals, size_t count);
/** Figures, and what may be removed in this session without a proof: this session has fetched it. */
bool fetch_count(struct import *import, const struct arrival *arrival);
/** After the commit that stored it: the event, and fetch_count. */
bool fetch_announce(struct import *import, const struct arrival *arrival);
/** Named in each run, counted as kept back. */
void fetch_leave(struct import *import, const struct journal_listed *listed);
bool fetch_too_large(const struct import *import, const struct journal_listed *listed);

/* ---- import_hand.c ---- */
/** A message was spooled: run the command, commit what came of it. false: the run is to end */
bool hand_over(struct import *import, struct arrival *arrival);

#endif
