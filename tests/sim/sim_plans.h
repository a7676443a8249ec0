/*
 * How SQLite finds what the engine asks for, looked at where histories are run: by an index, or by a walk through all that there is.
 * A history is too small to show by its time what a mailbox of a million messages would.
 */
#ifndef TESTS_SIM_SIM_PLANS_H
#define TESTS_SIM_SIM_PLANS_H

#include "store/journal/journal.h"

/**
 * Explains each statement that the journal has prepared, once a process. Ends the program, with the statement and its plan, where one walks
 * through all messages without a reason that is named in sim_plans.c, or through one table for each row of another.
 */
void sim_plans_look(struct journal *journal);

#endif
