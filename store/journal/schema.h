/* Versions of the journal's tables, and the way from one to the next. */
#ifndef STORE_JOURNAL_SCHEMA_H
#define STORE_JOURNAL_SCHEMA_H

#include "store/journal/internal.h"

#define SCHEMA_APPLICATION 0x676f6c75 /* "golu": PRAGMA application_id, so that `file` and we know whose it is */

/** steps[n] leads from version n to n + 1; schema_steps has JOURNAL_SCHEMA of them. */
extern const char *const schema_steps[JOURNAL_SCHEMA];

/**
 * Whose database this is and of which version; changes nothing.
 * @param version [out] 0: an empty one
 * @return false: not golub's, or newer than `known`
 */
MUST_CHECK bool schema_version(struct journal *journal, int known, int *version, struct error *err);
/** From version `from` to `to`, in one transaction: all steps or none. */
MUST_CHECK bool schema_migrate(struct journal *journal, const char *const *steps, int from, int to, struct error *err);

#endif
