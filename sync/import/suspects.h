/*
 * Messages at which the line breaks when they are asked for. One of them must not keep all others on the server: the line is opened again
 * inside the run, a suspect is asked for behind everything else, in a session of its own, and where the line breaks at it once more it is
 * unreadable: written down, named by each run and by `status`, asked for once a day, always last.
 *
 * Answers of a maildrop come in the order of what was asked, so it is known at which message it broke: the first that was not answered.
 * Between the import and the maildrop stands a maildrop of this file's own, which knows what is in flight and refuses suspects by itself.
 * A session after a break is to everything else what the session of a next run is: all is listed and matched anew, nothing that was in
 * flight is taken for done.
 */
#ifndef SYNC_IMPORT_SUSPECTS_H
#define SYNC_IMPORT_SUSPECTS_H

#include "sync/base/reopen.h"
#include "sync/import/private.h"

#define SUSPECTS_MAX 200 /* more are forgotten, and found again */
#define SUSPECT_WORDS 256
#define SUSPECT_WHY 512 /* of a row */

struct suspect {
    char uidl[128];  /* of the listing; "": nothing is named there, and its number counts, in this run alone */
    uint64_t size;   /* of LIST: another one, and it is no suspect any more */
    int64_t asked;   /* counted time of the last break */
    unsigned breaks; /* 0: none any more */
    bool at_top;     /* TOP broke it, and not RETR: an answer to that clears it */
    uint32_t number; /* in this session, or the last one that listed it; 0: in none of this run */
    bool broke;      /* in this run */
    bool was_known;  /* to be unreadable, before this run */
    bool tried;      /* in a session of its own, in this run */
    char words[SUSPECT_WORDS];
};

struct suspect_line { /* a line of this session's listing that is a suspect's: several where a UIDL is repeated */
    uint32_t number;
    size_t suspect;
};

#define SUSPECT_NONE SIZE_MAX

struct suspects {
    struct import *import;
    struct maildrop maildrop; /* the server's */
    struct suspect list[SUSPECTS_MAX];
    size_t count;
    struct suspect_line lines[SUSPECTS_MAX];
    size_t line_count;
    size_t alone; /* which of the list may be read in this session, by itself; SUSPECT_NONE */
    bool turn;    /* what is fetched now is that one, and not the rest */
    bool opened;  /* a session was, in this run */
    bool listed;  /* this session has told its list */
    bool all_but; /* a session of this run came to its end with everything but the suspects */
    bool over;    /* the line broke, and nothing was left to be done */
    bool topping; /* what is in flight are TOPs */
    bool changed; /* against the journal */
    struct reopening reopening;
    uint64_t acts;                /* done in this run when it broke last */
    uint32_t flying[IMPORT_RING]; /* asked for and not answered: the first at asked_first % IMPORT_RING */
    size_t flying_first, flying_end;
    uint32_t refused; /* RETR of it, since question and answer were known to be in step; 0: none */
};

/** @return false: memory, or the journal */
MUST_CHECK bool suspects_open(struct import *import);
void suspects_close(struct import *import);
/**
 * A session is over, well or with import->err. @return another one is to begin: after a break, which is written down and waited for, or for a
 * suspect alone. false: *ok and import->err say how the run ends
 */
bool suspects_go_on(struct import *import, bool *ok);
/** At the end of the run: those that are on the server still are named, and written down. */
void suspects_name(struct import *import);

/** Question and answer are in step: what was refused broke nothing. */
void suspects_in_step(struct suspects *suspects);

/* ---- import/suspect_lines.c ---- */
/** A session begins: nothing of it is listed yet. */
void suspects_begin(struct suspects *suspects);
/** A line of the listing: is it a suspect's? @param uidl  NULL: it has none */
void suspects_listed(struct import *import, uint32_t number, const char *uidl, uint64_t size);
/** Whose line is this? SUSPECT_NONE */
size_t suspects_find(const struct suspects *suspects, uint32_t number);
/** It was read, or it is not what it was. */
void suspects_forget(struct suspects *suspects, size_t index);
/** For people, and for its row. */
void suspects_say_why(const struct suspect *suspect, char why[static SUSPECT_WHY]);
/** Is it not to be read in this session? why: for its row */
bool suspects_hold_back(const struct import *import, uint32_t number, char why[static SUSPECT_WHY]);
/** Nor its header? */
bool suspects_hold_top(const struct import *import, uint32_t number, char why[static SUSPECT_WHY]);
/** Is it not the turn of this message to be fetched: the rest first, or the suspect that this session may read? */
bool suspects_pass_over(const struct import *import, uint32_t number);
/** The first message that was asked for and not answered; 0: none */
uint32_t suspects_in_flight(const struct suspects *suspects);

/* ---- import/in_flight.c ---- */
/** The maildrop that the import talks to. */
struct maildrop suspects_maildrop(struct suspects *suspects);

#endif
