/* One row and one header: is it its message? */
#ifndef SYNC_IMPORT_VERDICT_H
#define SYNC_IMPORT_VERDICT_H

#include "sync/import/private.h"

struct seen;

enum verdict { /* about a message that is listed under a row's UIDL */
               VERDICT_SAME,
               VERDICT_ANOTHER,
               VERDICT_UNPROVEN, /* neither is certain: it is not removed and not fetched again */
};
/** @param size  of LIST */
enum verdict import_verdict(const struct journal_pop *row, const struct seen *seen, uint64_t size);
/** The row's message is listed like that now. @return false: the row says all of that already */
bool import_take_up(struct journal_pop *row, const struct journal_listed *listed, const struct seen *seen);
/** This is the header of the row's message, as the server has it. @return false: the row knew it */
bool import_learn_header(struct journal_pop *row, const struct seen *seen);
/** Of an unproven one: can its body tell? */
bool import_body_tells(const struct journal_pop *row, const struct seen *seen);
#define IMPORT_OTHER_BYTES "its bytes on the server are not those that came: it stays there"
/** Did nothing come behind its header? */
bool import_has_no_body(const struct journal_pop *row);
/** More came under its name than is here, and is not here yet: should the server cut it once more, that proves nothing (proof_is_doubted). */
void import_note_more(struct journal_pop *row, const struct seen *seen);
/** It stays unproven for good: not removed, not fetched again, said. The row is not saved. */
void import_note_unsure(struct import *import, struct journal_pop *row);
/** People are told of one message why nothing is done about it: row->why. */
void import_name_unsure(struct import *import, uint32_t number, const struct journal_pop *row);

#endif
