/*
 * Journals in memory for many short histories. To open one with its tables and statements costs as much as some runs over it, so
 * those that are closed are kept and become the next ones that are opened.
 */
#ifndef TESTS_SIM_SIM_JOURNAL_H
#define TESTS_SIM_SIM_JOURNAL_H

#include "store/journal/journal.h"

/** SQLite for one thread, without its own bookkeeping of memory; before anything else of it is used. Plans are looked at from now on (sim_plans.h). */
void sim_journal_prepare(void);
/** An empty one (image NULL), or with the contents of an image of journal_image. */
struct journal *sim_journal_open(const void *image, size_t size, struct error *err);
/** Of any journal in memory; NULL is fine. */
void sim_journal_close(struct journal *journal);

#endif
