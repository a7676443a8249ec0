/*
 * A mailbox whose listing ended the line, or was refused, with sizes and without: a server that can't read one message can often tell neither its
 * size nor its date. What it tells of its index alone, UIDs and flags, goes on; size and date are asked for by observe/measure.h, until the messages
 * are found that stop it. Those are unreadable (ATTEMPT_MEASURE), and as long as there are some the mailbox is listed so (ATTEMPT_BARE).
 */
#ifndef SYNC_RUN_ATTEMPTS_BARE_H
#define SYNC_RUN_ATTEMPTS_BARE_H

#include "sync/run/run.h"

struct search {    /* kept from run to run */
    uint32_t low;  /* what is below was asked for */
    uint32_t high; /* not 0: one that can't be read is from `low` to here */
    bool blind;    /* ... and the server loses answers that it had given: it may be any of them */
    bool open;     /* there is more to be asked for */
};

/** Is it to be listed by UID and flags alone? */
bool attempts_bare(const struct run *run, const struct mailbox *mailbox);
/**
 * It could be opened, and what is asked of its messages is refused: one whose size the server can't find out suffices for that, or one whose date it
 * can't find out either.
 * @return it is to be asked for less. @param last  it is not asked again in this run
 */
bool attempts_ask_less(struct run *run, struct mailbox *mailbox, bool last);
/** It is not any more: even so it can't be listed, or there is no reason to. */
void attempts_end_bare(struct run *run, const struct mailbox *mailbox);
/** Where does the search stand? @return false: there is none */
bool attempts_search(const struct run *run, const struct mailbox *mailbox, struct search *to);
/** This one is new in the listing: if the search is past it, it begins here. */
void attempts_search_from(struct run *run, const struct mailbox *mailbox, uint32_t uid);
void attempts_search_set(struct run *run, const struct mailbox *mailbox, const struct search *search);
/** Its size and date can't be read: in that run, for run->attempts.words. */
void attempts_measure_failed(struct run *run, const struct mailbox *mailbox, uint32_t uid);
/** Its UIDs may be other messages: each of those that could not be read is asked for again, and may be any file. */
void attempts_unpaired(struct run *run, const struct mailbox *mailbox);
/** The first message from this UID on whose size and date can't be read; UINT32_MAX: there is none. */
uint32_t attempts_next_unmeasured(const struct run *run, const struct mailbox *mailbox, uint32_t from);
/** Can this file be the message? Not if it came after a run that knew the message. */
bool attempts_may_be(const struct run *run, const struct mailbox *mailbox, uint32_t uid, int64_t file);

/* ---- for attempts_remote.c ---- */
/** Its listing was asked for alone. @return false: it is settled like anything else */
bool attempts_settle_bare(struct run *run, const struct mailbox *mailbox, bool broke);

#endif
