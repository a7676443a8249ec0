/* Inside of `golub restore`: what its steps share. */
#ifndef SYNC_RESTORE_PRIVATE_H
#define SYNC_RESTORE_PRIVATE_H

#include "sync/rules/names_map.h"
#include "store/journal/quarantine.h"
#include "sync/restore/restore.h"

struct restore_target { /* a folder that messages are put back into */
    char name[LIMIT_MAILBOX_NAME + 1];
    char folder[LOCAL_FOLDER_MAX + 1];
    int64_t mailbox; /* row of the journal; 0: it has none */
    bool left_out;   /* `mailboxes` does not choose it */
    enum mailbox_state state;
    struct error err; /* why nothing can be put into it; kind 0: it can */
};

struct restore_entry { /* a message of the quarantine */
    int64_t id;
    size_t target; /* place in the array */
    bool has_wire;
    unsigned char wire[DIGEST_SIZE];
    uint64_t size; /* of its file */
    bool there;    /* its folder holds these bytes already */
    bool
        altered; /* ... or held them: the server has the message in this mailbox, and its file was changed under its name */
};

struct restoring {
    const struct account *account;
    const struct sync_options *options;
    const struct restore_choice *choice;
    struct local local;
    struct journal *journal;
    struct report *report;
    struct error err; /* why all of it ends */
    struct journal_mailbox *mailboxes;
    size_t mailbox_count;
    struct names_map map;
    struct restore_entry *entries; /* by target, then by digest */
    size_t count, size;
    size_t kept; /* in the quarantine, meant or not */
    struct restore_target *targets;
    size_t target_count, target_size;
    struct journal_quarantined row;   /* of the entry at hand; its mailbox is called as it is today */
    char was[LIMIT_MAILBOX_NAME + 1]; /* ... and was called so when the file was put there */
    int64_t now;
    uint64_t put_back, back_already, failed, bytes;
    uint64_t staying; /* of those put back: the next sync sends none of them */
};

/** Out of memory: err filled in, false. */
bool restore_no_memory(struct restoring *restoring);
bool restore_stopped(const struct restoring *restoring);
/** One message, or mailbox, could not be done: said, and the rest goes on. @param mailbox  "": none */
void restore_problem(struct restoring *restoring, const char *mailbox, struct error *err);
/** The row with this ID as `row`. */
MUST_CHECK bool restore_get(struct restoring *restoring, int64_t id, bool *found);
/** The entry's row; one that is gone is an error. */
MUST_CHECK bool restore_load(struct restoring *restoring, const struct restore_entry *entry);
/** What the row at hand is, or what became of it. @param to  where it goes; NULL: it is listed */
void restore_say(struct restoring *restoring, const char *to, enum report_outcome outcome);

/** choose.c: fill in the entries. @return false: an ID, or the mailbox, is not known: ERROR_CONFIG */
MUST_CHECK bool restore_choose(struct restoring *restoring);
/** list.c */
MUST_CHECK bool restore_list(struct restoring *restoring);
/** targets.c: which folder each entry goes to, and is the tree that of the account? */
MUST_CHECK bool restore_aim(struct restoring *restoring);
/** there.c: which of the entries of one target its folder holds already. */
MUST_CHECK bool restore_look(struct restoring *restoring, struct restore_entry *entries, size_t count);
/** put_back.c: all of them. */
MUST_CHECK bool restore_put_back(struct restoring *restoring);

#endif
