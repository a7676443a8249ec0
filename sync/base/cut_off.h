/*
 * A run that was killed leaves the files that it was writing in tmp/. Whoever looks into that folder next, or delivers there, removes them; where
 * nothing happens in it they would stay. So the run after one that was cut off looks into the tmp/ of all folders; and because what is a second old
 * may be in use by another machine, the one after that does, too, until none was too young.
 */
#ifndef SYNC_BASE_CUT_OFF_H
#define SYNC_BASE_CUT_OFF_H

#include "store/base/local.h"
#include "store/journal/journal.h"

struct cut_off {
    struct journal *journal;
    bool due; /* the folders are to be looked at */
    bool was; /* the journal says so */
    bool young;
};

/** @return false: err */
MUST_CHECK bool cut_off_begin(struct cut_off *cut_off, struct journal *journal, struct error *err);
/** One folder of those. */
void cut_off_sweep(struct cut_off *cut_off, const struct local *local, const char *folder);
/** Write down whether the next run has to look as well. In no transaction. @return false: err */
MUST_CHECK bool cut_off_end(const struct cut_off *cut_off, struct error *err);

#endif
