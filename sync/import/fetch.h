/* Fetching new mail: what import/fetch.c (bytes into drafts, drafts into batches) and import/wanted.c (which messages, in which order) share. */
#ifndef SYNC_IMPORT_FETCH_H
#define SYNC_IMPORT_FETCH_H

#include "sync/import/batch.h"
#include "sync/import/seen.h"
#include "sync/import/step.h"
#include "sync/import/suspects.h"

struct fetching {
    struct import *import;
    struct arrival *ring; /* IMPORT_RING; message i is at i % IMPORT_RING */
    size_t delivered, flushed, at, asked, count;
    struct local_draft *draft; /* of the message at `at` */
    bool begun;                /* its first bytes came */
    uint64_t bytes, batch_bytes;
    int64_t batch_since, flushed_since;
    uint64_t *sizes; /* by LIST, of what was asked for */
    size_t size_count, size_room;
    struct bytes_reading *reading;
    const char *dropped;  /* why what comes is not written down; NULL: it is */
    uint64_t dropped_at;  /* after so many bytes */
    uint32_t after;       /* place in the listing */
    bool doubt;           /* something was refused since question and answer were known to be in step */
    struct sample sample; /* the smallest that came since */
    size_t held;          /* finished drafts since then */
    bool ended;           /* of the listing */
};

static inline struct arrival *
arrival_at(const struct fetching *fetching, size_t index)
{
    return &fetching->ring[index % IMPORT_RING];
}

/** What is left and may be equal to one of those that came gets a row. */
MUST_CHECK bool wanted_note_alike(struct fetching *fetching);
/** How many more rows may be made now. */
size_t wanted_room(const struct fetching *fetching);
/** For maildrop_ops.retrieve: the next one, whose row is committed; the context is the fetching. */
MUST_CHECK bool wanted_next(void *context, uint32_t *number);
/** What max-messages leaves for a later run is counted; what is larger than max-size is named. */
MUST_CHECK bool wanted_count_left(struct fetching *fetching);
/** Something was refused: what comes behind it is held. */
void step_doubt(struct fetching *fetching);
/** Enough is in flight, or came, to tell whether answers are in step: nothing more is asked for. */
bool step_is_enough(const struct fetching *fetching);
/** It came. @return false: it can't be held, and is asked for again */
bool step_holds(struct fetching *fetching, struct arrival *arrival, const struct seen *seen);
/** Nothing is in flight: are they? @return false: they are not, or the line broke; then nothing that was held may be kept */
MUST_CHECK bool step_settle(struct fetching *fetching);
/** The message that was asked for last came, whatever came of it. */
void throttle_passed(struct import *import);
/** It was refused: its row says so, and that may end the fetching. @return what to say of the others */
const char *throttle_refused(struct import *import, struct journal_pop *row, const char *words);
/** *over: it has its turn later or had it, since an earlier run saw it refused. */
MUST_CHECK bool throttle_pass_over(struct import *import, const struct journal_listed *listed, bool *over);
/** Were it perhaps damaged messages alone? Then one from further on is to be asked for, once: import->jumped. */
bool throttle_may_be_damage(const struct import *import);
/** A dry run: say what would be fetched. */
MUST_CHECK bool wanted_print(struct fetching *fetching);

#endif
