/*
 * Files that go into the quarantine: how they are called there, so that a person finds one with `ls`, and their rows in its index, which say
 * what `golub restore` needs.
 */
#ifndef SYNC_ROWS_QUARANTINED_H
#define SYNC_ROWS_QUARANTINED_H

#include "sync/run/run.h"

#define QUARANTINED_HEADER_MAX 16384 /* bytes of a message in which its subject is looked for */

struct quarantined {         /* a file that goes into the quarantine in this run */
    const char *name;        /* in the quarantine */
    const char *base, *info; /* in the folder that it came from; "": it was in none */
    const char *why;
    const char *origin; /* as in the journal; NULL: nobody looks for it by that */
    uint32_t uid;
    uint64_t size;
    const unsigned char *wire; /* digest of its bytes; NULL: not known */
    unsigned flags;
    int64_t date;
    const char *keywords;
};

/**
 * A new name in the quarantine: the day, in local time, a few words of the subject, and letters that no other one has. At most 140 bytes,
 * which every file system takes.
 * @param message  the row that it is about
 * @param kind     what tells two files of one row apart: "removed", "twin" ...
 */
void quarantined_name(const struct run *run, struct text header, int64_t message, const char *kind,
                      char name[static 256]);
/** The same, with the header of this file; one that can't be read has no subject. */
void quarantined_name_of(struct run *run, const struct local_file *file, int64_t message, const char *kind,
                         char name[static 256]);
/** Why a file goes from here: the message was removed there, or another file stands for it now. */
const char *quarantined_why(const struct journal_message *message);
/** What a row's file is, as it was last seen. */
struct quarantined quarantined_file(const struct journal_message *message, const char *name, const char *why);
/** Add it to the quarantine's index. Inside a transaction. */
MUST_CHECK bool quarantined_add(struct run *run, const struct mailbox *mailbox, const struct quarantined *file);
/**
 * Its row came before the file, which did not come: the row goes, or it would stand for nothing until its days are over. One whose file is
 * there all the same, or can't be looked for, stays. Inside a transaction.
 */
MUST_CHECK bool quarantined_withdraw(struct run *run, const char *name);
/**
 * A file that no row knew: where `golub restore` put it back its message gets the keywords that it had, which its name can't show. Its UID is
 * gone, and it goes up with them.
 */
MUST_CHECK bool quarantined_recall(struct run *run, struct journal_message *message);

#endif
