/*
 * What is noted of a mailbox when `mailboxes` leaves it out, for its row goes then: by what it and its folder are told once it is let in again, whatever
 * became of their names. It is one value of the journal's meta, by the name that people call the mailbox by; where another mailbox that had that name is still noted
 * there, by that name, the byte 1, and a number.
 *
 *   BORN OBJECTID UIDVALIDITY UIDNEXT NAMES FOLDER      what is not known is "-"; NAMES are hashes, 16 hexadecimal digits each
 *   BORN                                                as earlier versions wrote it
 */
#ifndef SYNC_OBSERVE_LEFT_NOTES_H
#define SYNC_OBSERVE_LEFT_NOTES_H

#include "sync/run/run.h"

#define LEFT_NAMES                                                                                                     \
    16 /* of so many files the names are noted: those with the lowest hashes, which is as good as any choice */

struct left_note {
    char *key;  /* in the journal */
    char *name; /* as people called it */
    char *text; /* what these lie in; "": not known */
    const char *born;
    const char *objectid;          /* which mailbox it is, as the server said */
    const char *folder;            /* where it stood */
    uint32_t uidvalidity, uidnext; /* 0: not known */
    uint64_t names[LEFT_NAMES];    /* ascending */
    size_t names_count;
    size_t seen; /* so many of them are in the folder that was looked into last */
};

struct left_notes {
    struct left_note *at;
    size_t count, size;
};

/** It is left out from now on, and its row is about to go. Inside a transaction. */
MUST_CHECK bool left_notes_write(struct run *run, const struct mailbox *mailbox);
/** It is kept no more. Inside a transaction. */
MUST_CHECK bool left_notes_forget(struct run *run, const struct left_note *note);
/**
 * Is it noted of this mailbox, as far as the server says which mailbox it is, or else by its UIDVALIDITY? Another one may have got its name.
 *
 * @param objectid     "": not known
 * @param uidvalidity  0: not known
 */
bool left_notes_may_be(const struct left_note *note, const char *objectid, uint32_t uidvalidity);
/** All that there are, by their names. What can't be read is none. The caller frees them, also after a failure. */
MUST_CHECK bool left_notes_load(struct run *run, struct left_notes *notes);
void left_notes_free(struct left_notes *notes);
/** Those that `goes` is true of are forgotten. Inside a transaction. */
MUST_CHECK bool left_notes_sift(struct run *run, struct left_notes *notes,
                                bool (*goes)(struct run *run, const struct left_note *note));
/** NULL: nothing is noted of that name. */
struct left_note *left_notes_find(const struct left_notes *notes, const char *name);
/** `seen` of each: how many of its names this folder holds. What can't be listed holds none. */
void left_notes_look(struct run *run, struct left_notes *notes, const char *folder);
/** By that look: are two thirds of its names there? No names were noted: never. */
bool left_notes_are_in(const struct left_note *note);

#endif
