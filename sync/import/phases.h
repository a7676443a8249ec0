/* The phases of an import session, in their order. */
#ifndef SYNC_IMPORT_PHASES_H
#define SYNC_IMPORT_PHASES_H

#include "sync/import/private.h"

struct seen;

/** Was the list that the user confirms or rejects one of this account's? Else it is an error. */
bool import_confirmed(struct import *import);
/** May this run touch anything? Root, layout, server and user against what the journal knows. */
bool import_situation(struct import *import);
/** Messages that an earlier run was fetching: are they here? */
bool import_recover(struct import *import);
/** Which files are here, and which went missing. */
bool import_here(struct import *import);
/** What is on the server: STAT, LIST, UIDL, into the journal's listing. */
bool import_list(struct import *import);
/** Where nothing has a name the listing holds numbers alone. */
bool import_list_numbers(struct import *import);
/** Where the server has another name than in the journal: is it the same maildrop? */
bool import_same_maildrop(struct import *import);
/** Files that no row knows of, beside what is listed. */
bool import_meet(struct import *import);
/** Which line of the listing is which row's message. */
bool import_match(struct import *import);
/** Write down whether of some lines nobody knows yet which message they are: a run that follows looks at all that are new to it. */
bool import_note_open(struct import *import);
/** A UIDL was found to be used again after import_match: no name of this list is believed any more, all are decided anew. */
bool import_match_anew(struct import *import);
/** After import_compare: rows that lost their names only now may be what is new to this list. */
bool import_compare_new(struct import *import);
/** After import_keep: the same for rows that a proof parted from what has their names now. */
bool import_compare_freed(struct import *import);
/**
 * The message of that number is another one than the row's, which is absent from now on: it is fetched and compared with the others.
 *
 * @param seen  what came of it, or its header alone; NULL: less than is here
 */
bool import_bury_reused(struct import *import, struct journal_pop *row, uint32_t number, const struct seen *seen);
/** --skip-existing: what is listed and not known is recorded as had. */
bool import_skip(struct import *import);
/** What `keep` says about messages that were stored earlier. */
bool import_keep(struct import *import);
/** The new ones come: rows, bytes, delivery, rows. */
bool import_fetch(struct import *import);
/** Those that only their bytes tell apart. */
bool import_compare(struct import *import);
/** Until none is left that this run can read: what turned out to be a copy of another line's message is compared with it. */
bool import_compare_rest(struct import *import);
/** All doubtful lines were looked at: rows of theirs that no line is are absent. */
bool import_bury_rest(struct import *import);
/** DELE for what may be removed, and QUIT. */
bool import_remove(struct import *import);
/** Of what this session fetched and is to remove: which of it was proven to be what was asked for? LISTED_CAME becomes LISTED_REMOVABLE. */
MUST_CHECK bool import_came(struct import *import);
/** Is a day over since parts were read? */
MUST_CHECK bool import_parts_are_due(struct import *import, bool *due);
/** What came in part is asked for again, once a day; what turns out to be more is new mail. */
MUST_CHECK bool import_parts(struct import *import);
/** @param due  ids of what is due under the `keep` of today, ascending */
MUST_CHECK bool import_loosen(struct import *import, const int64_t *due, size_t count);
/** Of rows that were recorded as had, some in each run that has something to fetch: where nothing is new nothing is asked. */
MUST_CHECK bool import_learn_headers(struct import *import);

#endif
