/* Inside of `golub verify`: what its files share. */
#ifndef SYNC_INSPECT_VERIFY_PRIVATE_H
#define SYNC_INSPECT_VERIFY_PRIVATE_H

#include "sync/inspect/verify_names.h"
#include "sync/inspect/verify_row.h"
#include "sync/run/run.h"

struct finding {
    int64_t row;
    uint32_t uid; /* row 0: of a message that has none */
    enum verify_what what;
};

struct verifying {
    struct run run; /* dry: its stores change nothing */
    const struct verify_options *how;
    struct report_verified sum;
    /* of the mailbox that is under way; a listing that has to begin anew takes them back */
    struct finding *findings;
    size_t count, size;
};

/* ---- verify_found.c ---- */
/** Kept until the mailbox is through. @param row  0: there is none. @return false: out of memory, run.err filled in */
MUST_CHECK bool verify_find(struct verifying *verifying, int64_t row, uint32_t uid, enum verify_what what);
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

/* ---- verify_one_sided.c ---- */
/** A mailbox that can't be compared message by message. */
MUST_CHECK bool verify_one_sided(struct verifying *verifying, const struct mailbox *mailbox);

/* ---- verify_mailbox.c ---- */
/** Both sides of every mailbox that is asked for, names and listings alone. */
MUST_CHECK bool verify_mailboxes(struct verifying *verifying);
/* ---- verify_bytes.c ---- */
/** Is it of the part that is read? */
bool verify_is_of_part(const struct verifying *verifying, const unsigned char wire[static DIGEST_SIZE]);
/** Every file, as far as it is of the part. */
MUST_CHECK bool verify_files(struct verifying *verifying);
/** What is in the quarantine: that it is there, and with --bytes what it is. */
MUST_CHECK bool verify_quarantine(struct verifying *verifying);

/* ---- verify_bodies.c ---- */
/** Every body on the server, newest first, as far as it is of the part. */
MUST_CHECK bool verify_bodies(struct verifying *verifying);

/** Is something of it on both sides, so that it can be compared? */
bool verify_is_compared(const struct mailbox *mailbox);

#endif
