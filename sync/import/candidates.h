/* Rows that a line of the listing may be. */
#ifndef SYNC_IMPORT_CANDIDATES_H
#define SYNC_IMPORT_CANDIDATES_H

#include "sync/import/private.h"

struct seen;

struct candidates {
    struct journal_pop first; /* of those that fit */
    size_t count;
    size_t named; /* all of this name that are not absent */
    struct journal_pop unproven;
    bool any_unproven;
    bool another; /* a row whose header is known, and is none of this one's */
    bool left;    /* ... and that was listed under this name until now */
    bool resized; /* one of which nothing but the size is known, and that is another */
    bool mixed;   /* of other bodies: which of them it is makes a difference */
    bool begun;   /* one that was begun while it might have been another row's is none of these */
    bool own;     /* ... and it had this name and this header at the last look */
    bool loose;   /* absent ones: one of these is not, but nobody knows yet which message the line of its name is */
    bool fetched; /* of those of other UIDLs: one was fetched, and no size says that it is another */
};
enum candidates_place { /* where rows are looked for that a line may be, the surest first */
                        ROWS_OF_NAME,
                        ROWS_OF_HEADER, /* absent ones */
                        ROWS_OF_KIN,    /* absent ones */
                        ROWS_LACKED,    /* the list is not complete, and lacks them */
                        ROWS_LOOSE,     /* a line has their name of which nobody knows yet which message it is */
                        ROWS_PLACES,
};
/**
 * Ids of the next rows of one place; the caller frees.
 *
 * @param of_body  none that has another body than what was read
 * @param after    0: the first; set for the next call, CANDIDATES_END: these were the last
 */
MUST_CHECK bool candidates_from(struct import *import, enum candidates_place place, const char *uidl,
                                const struct seen *seen, bool of_body, int64_t *after, int64_t **ids, size_t *count);
#define CANDIDATES_END INT64_MAX
/** Rows of its UIDL that no other line has. */
MUST_CHECK bool candidates_named(struct import *import, const struct journal_listed *listed, const struct seen *seen,
                                 struct candidates *to);
/**
 * Rows of other UIDLs: absent ones, where the list is not complete those that it lacks, and those whose name a line has that is not decided
 * yet: they may have another name now.
 *
 * @param by_header  else by kin
 * @param same_size  only those of which LIST said what it says of this line
 * @param most       no more than so many are counted, and none beyond those of which two have other bodies: all may have one header; SIZE_MAX: all
 */
MUST_CHECK bool candidates_absent(struct import *import, const struct journal_listed *listed, const struct seen *seen,
                                  bool by_header, bool same_size, size_t most, struct candidates *to);

/**
 * Is the first of them so plainly the line's message that nothing of it is read?
 *
 * @param same_size   it has its size
 * @param renumbered  all names changed in this run
 */
MUST_CHECK bool candidates_plain(struct import *import, const struct candidates *rows,
                                 const struct journal_listed *listed, const struct seen *seen, bool same_size,
                                 bool renumbered, bool *plain);
/** Has the row of this name this very header and another size, while others have the sizes that they had? */
bool candidates_resized(const struct import *import, const struct journal_pop *row, const struct journal_listed *listed,
                        const struct seen *seen);
/** Which of the last lines have a name that no row has? Before rows get other names. */
MUST_CHECK bool candidates_note_newest(struct import *import);
/** May no line of another size, or with a line more in its header, be the message of this row as well? */
MUST_CHECK bool candidates_only_line(struct import *import, const struct journal_pop *row, const struct seen *seen,
                                     bool *only);

/**
 * What was recorded as had was never read: it is this one under its own name alone, and not of another size where names are used again, or this
 * one names nothing: others have it, or its header names none.
 */
bool candidates_may_be_had(const struct import *import, const struct journal_pop *row,
                           const struct journal_listed *listed, const struct seen *seen);
/**
 * The first row that was begun under this UIDL while it might have been another row's (POP_DOUBT), and by its header may be this message;
 * row->id 0: none.
 *
 * @param taken    it is none of these; NULL
 * @param certain  it is this message for certain; else it may be
 */
MUST_CHECK bool candidates_begun(struct import *import, const struct journal_listed *listed, const struct seen *seen,
                                 const struct id_set *taken, bool certain, struct journal_pop *row);

#endif
