/* What a person does whom golub asks. */
#ifndef TESTS_SIM_SIM_PERSON_H
#define TESTS_SIM_SIM_PERSON_H

#include "tests/sim/sim_history.h"

/** What the last run of this client advised to do with folders. @return is any of it done? */
bool person_does(struct sim *sim, int client);

#endif
