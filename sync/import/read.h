/* Bytes and TOPs, read for all phases of an import. */
#ifndef SYNC_IMPORT_READ_H
#define SYNC_IMPORT_READ_H

#include "sync/import/private.h"

struct seen;

struct bytes_reading;
/** @return NULL: out of memory */
struct bytes_reading *bytes_new(void);
/** NULL-safe. */
void bytes_free(struct bytes_reading *reading);
MUST_CHECK bool bytes_begin(struct bytes_reading *reading);
MUST_CHECK bool bytes_add(struct bytes_reading *reading, const void *bytes, size_t len);
bool bytes_has_header(const struct bytes_reading *reading);
/** More came than the row's message has, whatever lines were added to its header and however its lines end: it is another one. */
bool bytes_are_more(const struct bytes_reading *reading, const struct journal_pop *row);
/** bytes_begin must follow before the next message. */
MUST_CHECK bool bytes_end(struct bytes_reading *reading, struct seen *out);
/** A file's bytes in wire form: the header alone, or all. *missing: it is not there any more */
MUST_CHECK bool bytes_of_file(struct import *import, struct bytes_reading *reading, const struct local_file *file,
                              bool all, struct seen *seen, bool *missing);
/**
 * What is not wanted any more is read to its end, since others come behind it; but not for ever.
 *
 * @param bytes  of that message that were passed over
 * @return false: a signal came, or it does not end (ERROR_SERVER)
 */
MUST_CHECK bool import_pass_over(struct import *import, uint64_t bytes);
/** @param seen  NULL: refused, with these words */
typedef bool import_top_item(void *context, uint32_t number, const struct seen *seen, const char *words);
/** TOP for each. Where the server turns out to have none info.top becomes false, and nothing is reported. */
MUST_CHECK bool import_top(struct import *import, const uint32_t *numbers, size_t count, import_top_item *item,
                           void *context);
/**
 * The same; what TOP is refused for, or shows less of than its header, is read whole instead (at most LIMIT_BATCH numbers): RETR has it, too.
 */
MUST_CHECK bool import_headers(struct import *import, const uint32_t *numbers, size_t count, import_top_item *item,
                               void *context);
/** import_headers for all of these that the listing has. */
MUST_CHECK bool import_top_all(struct import *import, enum journal_listing_which which, import_top_item *item,
                               void *context);

#endif
