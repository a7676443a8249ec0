/* Inside of `golub verify`: what its files share. */
#ifndef SYNC_INSPECT_VERIFY_PRIVATE_H
#define SYNC_INSPECT_VERIFY_PRIVATE_H

#include "sync/base/reopen.h"
#include "sync/inspect/verify_names.h"
#include "sync/inspect/verify_row.h"
#include "sync/run/run.h"

struct finding {
    int64_t row;
    uint32_t uid; /* row 0: of a message that has none */
    enum verify_what what;
};

#define VERIFY_TEXT 2048 /* bytes of what is said of one difference: two paths are in it at most */

struct verifying {
    struct run run; /* dry: its stores change nothing */
    const struct verify_options *how;
    struct report_verified sum;
    /* of the mailbox that is under way; a listing that has to begin anew takes them back */
    struct finding *findings;
    size_t count, size;
    /* of the mailbox, what waits: so many as the journal says, and so many of each kind because `pull` or `push` keeps them back */
    uint64_t explained, kept[VERIFY_WHATS];
    struct id_set read; /* rows whose files were read before it was their turn */
};

/* ---- verify_words.c ---- */
struct verify_words {
    enum report_class class;
    bool fault;
    bool
        kept; /* `pull` or `push` keeps back what a sync would do about it, so it is no fault: the words fit many, too */
    char text[VERIFY_TEXT];
};

/**
 * What is said of a difference.
 *
 * @param mailbox  NULL: of the quarantine
 * @param row      as its file is called now
 * @param why      said instead, or within the words; NULL: nothing else is known
 */
void verify_words(const struct run *run, const struct mailbox *mailbox, enum verify_what what,
                  const struct journal_message *row, const char *why, struct verify_words *words);
/** Is it one that a sync saw, so that the journal may say why it waits? */
bool verify_is_seen(enum verify_what what);

/* ---- verify_found.c ---- */
/** Kept until the mailbox is through. @param row  0: there is none. @return false: out of memory, run.err filled in */
MUST_CHECK bool verify_find(struct verifying *verifying, int64_t row, uint32_t uid, enum verify_what what);
/** ... several about one row */
MUST_CHECK bool verify_find_all(struct verifying *verifying, const struct journal_message *row,
                                const enum verify_what *what, size_t count);
/** What was found is said, and what the journal explains is told apart from it. */
MUST_CHECK bool verify_say_all(struct verifying *verifying, const struct mailbox *mailbox);
/** At once. @param why  NULL: the usual words */
void verify_say(struct verifying *verifying, const struct mailbox *mailbox, enum verify_what what,
                const struct journal_message *row, const char *why);
/** About `count` messages, or a whole mailbox. */
void verify_say_many(struct verifying *verifying, const struct mailbox *mailbox, enum report_class class, bool fault,
                     uint64_t count, const char *text);
/** What the journal says about the mailbox itself, why it waits. @param why [out] "" : nothing */
MUST_CHECK bool verify_why_mailbox(struct verifying *verifying, const struct mailbox *mailbox, char why[static 512]);

/* ---- verify_folder.c ---- */
enum verify_there { /* the server's side of a row, as far as the folder's side of it depends on that */
                    VERIFY_THERE_AS_KNOWN,
                    VERIFY_THERE_OTHERWISE, /* not as the row says, which is said by whoever listed */
                    VERIFY_THERE_NOT,       /* nothing of it is there, and nobody misses it */
};

struct verify_unmet { /* a row whose file the first listing did not show */
    int64_t row;
    uint32_t uid;
    bool here;    /* by the row */
    bool missing; /* where it is not seen at all, that is a difference */
    bool met;     /* in another listing */
    bool twice;   /* under two names */
    enum verify_there there;
};

struct verify_folder { /* {0} is empty */
    struct verifying *verifying;
    const struct mailbox *mailbox;
    bool readable;
    struct error err; /* not readable: why */
    bool stable;      /* it did not change while it was listed last */
    struct verify_names names;
    uint64_t odd; /* names that are no message's */
    struct verify_unmet *unmet;
    size_t count, size, expected; /* expected: how many of them are here by the row */
};

/** List the names; what is in `folder` from another one is forgotten. */
MUST_CHECK bool verify_folder_begin(struct verify_folder *folder, struct verifying *verifying,
                                    const struct mailbox *mailbox);
/** The next row, whatever of it is here. @param later [out] what the row says by itself is found by the folder, if it is still true then */
MUST_CHECK bool verify_folder_row(struct verify_folder *folder, const struct journal_message *row,
                                  enum verify_there there, bool *later);
/** All rows were there: list it again, if anything is not as they say. */
MUST_CHECK bool verify_folder_look_again(struct verify_folder *folder);
/** After that: is the file of this row certainly not here, although the row says so? */
bool verify_folder_lacks(struct verify_folder *folder, int64_t row);
/** The server does not have it: is its file gone as well? Then nobody misses it. */
bool verify_folder_forget(struct verify_folder *folder, int64_t row);
/** What is missing is found, and what could not be read is said. */
MUST_CHECK bool verify_folder_end(struct verify_folder *folder);
/** It is empty after it. */
void verify_folder_free(struct verify_folder *folder);

/* ---- verify_one_sided.c ---- */
/** A mailbox that can't be compared message by message. */
MUST_CHECK bool verify_one_sided(struct verifying *verifying, const struct mailbox *mailbox);

/* ---- verify_mailbox.c ---- */
/** Both sides of every mailbox that is asked for, names and listings alone. */
MUST_CHECK bool verify_mailboxes(struct verifying *verifying);
/* ---- verify_read.c ---- */
/** Is it of the part that is read? */
bool verify_is_of_part(const struct verifying *verifying, const unsigned char wire[static DIGEST_SIZE]);
/** Is this row's file to be read? One that never went up is what it is: whatever its bytes are by then is sent. */
bool verify_is_read(const struct verifying *verifying, const struct journal_message *row);
/**
 * @param read [out] false: it is `missing`, or could not be read: `err` says why, or has no kind if it changes all the time
 * @return false: the run is to stop, run.err says why
 */
MUST_CHECK bool verify_read_file(struct verifying *verifying, const struct local_file *file, struct local_facts *facts,
                                 bool *missing, bool *read, struct error *err);
/** It was read. @param there  the server has the message. @param what [out] where its bytes are not the message's. @return false: they are */
bool verify_is_other(struct verifying *verifying, const struct journal_message *row, const struct local_facts *facts,
                     bool there, enum verify_what *what);
/**
 * With --bytes, the file of a message that the server does not have: where its bytes are not the message's, that is all there is to say of it.
 * @param what  [in, out] what was found of it so far
 */
MUST_CHECK bool verify_read_alone(struct verifying *verifying, const struct mailbox *mailbox,
                                  const struct journal_message *row, enum verify_what *what);

/* ---- verify_bytes.c ---- */
/** Every file, as far as it is of the part; without --bytes those whose size can't be the message's. */
MUST_CHECK bool verify_files(struct verifying *verifying);
/** What is in the quarantine: that it is there, and with --bytes what it is. */
MUST_CHECK bool verify_quarantine(struct verifying *verifying);

/* ---- verify_bodies.c ---- */
/** Every body on the server, newest first, as far as it is of the part. */
MUST_CHECK bool verify_bodies(struct verifying *verifying);

/* ---- verify_line.c ---- */
/**
 * A request failed with run.err: if that is because the connection broke, wait and open it again.
 * @param came  something came since it broke last, or it is known at what it breaks
 * @return false: it did not break, or is not opened any more, or a signal came; run.err says what ends the run
 */
MUST_CHECK bool verify_line_open_again(struct verifying *verifying, struct reopening *reopening, bool came);

/** Is something of it on both sides, so that it can be compared? */
bool verify_is_compared(const struct mailbox *mailbox);

#endif
