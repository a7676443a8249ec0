/* Which message is which: what import/match.c (all of them, in one run) and import/decide.c (one line, one row) share. */
#ifndef SYNC_IMPORT_MATCH_H
#define SYNC_IMPORT_MATCH_H

#include "sync/import/private.h"

/*
 * Lines of one header and size, and the rows that they may be, of which neither has the other yet. They are counted once: thousands may have one
 * header, and what pairs one of them with a row takes one of each away.
 */
struct match_group {
    bool known;
    unsigned char header[DIGEST_SIZE];
    uint64_t size;
    uint64_t lines;
    size_t rows;       /* not more than one above the lines */
    bool mixed;        /* two of the rows have other bodies */
    uint64_t resizing; /* as it was when they were counted */
};
#define MATCH_GROUPS 64 /* by the first byte of the header */

struct match {
    struct import *import;
    bool renumbered; /* no name that was known is listed: it is the names that changed, not the mail */
    bool again;      /* the last run did not find out of all of them */
    bool reused;     /* a name is proven to mean another message than before */
    /*
     * Names may have moved: under a new one stands the header of a row whose own name is listed, too, unless it is a copy; or what was known
     * by its name and size alone has another size.
     */
    bool doubted;
    bool resized; /* such a one, under its own name: that may be used again, and so may others */
    bool sized;   /* messages under new names have the sizes that they had */
    uint64_t revived, renamed, unproven;
    struct match_group groups[MATCH_GROUPS];
    uint64_t resizing; /* pairs by header whose row is one of lines of other sizes, too */
};

/* What is surer comes first, so that its row is taken before others look for one. */
enum decide_pass { DECIDE_BY_NAME, DECIDE_BY_HEADER, DECIDE_BY_KIN };

/**
 * Which row each doubtful line is, as far as this pass can tell: it is paired with it, to be fetched, to be compared, or left for another run.
 * In a transaction, when the TOPs of all are known.
 */
MUST_CHECK bool decide_lines(struct match *match, enum decide_pass pass);

#endif
