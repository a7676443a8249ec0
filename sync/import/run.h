/* Small things that every phase of an import needs. */
#ifndef SYNC_IMPORT_RUN_H
#define SYNC_IMPORT_RUN_H

#include "sync/import/private.h"

/** Messages of a batch: no more than may be open at once. */
size_t import_batch(const struct import *import);
int64_t import_now(const struct import *import);
/** The date of what happens in this run, in time that counts. */
int64_t import_stamp(const struct import *import);
bool import_stopped(const struct import *import);
/** ERROR_INTERRUPTED in import->err. @return false */
bool import_interrupted(struct import *import);
/** Out of memory: err filled in, false. Here, so that whoever reads the code by machine sees that it is always false. */
static inline bool
import_no_memory(struct import *import)
{
    error_set(&import->err, ERROR_LOCAL, "get memory");
    error_hint(&import->err, "Free some memory and run golub again; nothing is lost.");
    return false;
}
/** Something is not done in this run, for this reason, in few words: the error of a run that has none of its own says it. */
void import_left_undone(struct import *import, const char *why);
/** Report an error about one message or the account; the run is partial and goes on. */
void import_problem(struct import *import, const struct error *err);
/**
 * The same for one message of perhaps many: the first few of a kind are said one by one, the others as one line at the end.
 *
 * @param what  the kind, a literal: "fetch", "remove from the server"
 */
void import_problem_of(struct import *import, const char *what, const struct error *err);
/** The same for a message that the server did not give or remove; it counts as failed. */
void import_refused(struct import *import, const char *what, uint32_t number, const char *uidl, const char *words,
                    const char *hint);
/** Something was done, or would be in a dry run: counted and shown. `mailbox` and `dry` of it are filled in here. */
void import_did(struct import *import, struct report_done done);
/** One sentence about the account that people should read. */
void import_say(struct import *import, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** What LIST says of it; 0: not told. */
uint64_t import_listed_size(const struct import *import, uint32_t number);
/** Where mail goes, for people. */
const char *import_mailbox(const struct import *import);
/** So many of them are to come, and nothing else, beside what is done. */
MUST_CHECK bool import_expect(struct import *import, enum journal_listing_which which, uint64_t most);
/** How far it is. @param arriving  bytes of a message that is not done yet */
void import_tell_progress(const struct import *import, uint64_t arriving);
/** Load a row that is known to be there; false: the journal failed or the row is gone (err says so). */
MUST_CHECK bool import_load(struct import *import, int64_t id, struct journal_pop *out);
/** Commit, or roll back where `ok` is false. @return committed */
MUST_CHECK bool import_end(struct import *import, bool ok);
/** Save one row in a transaction of its own. */
MUST_CHECK bool import_save(struct import *import, struct journal_pop *row);
/** The same with another `why`, if it is another. */
MUST_CHECK bool import_remember_why(struct import *import, struct journal_pop *row, const char *why);
/** A row for a message that is to be fetched. */
void import_new_row(const struct import *import, const char *uidl, uint64_t listed, struct journal_pop *row);
/** The same for one that is listed. */
MUST_CHECK bool import_begin_row(struct import *import, const struct journal_listed *listed, struct journal_pop *row);
/** A base name that no other message has. */
MUST_CHECK bool import_choose_base(struct import *import, struct journal_pop *row);
/** What every row gets whose message is durable here, or was taken by the command. */
MUST_CHECK bool import_set_stored(struct import *import, struct journal_pop *row);
/** ERROR_CONFIG. @return false */
bool import_forbid(struct import *import, const char *what, const char *hint);

#endif
