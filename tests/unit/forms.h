/*
 * A test that sweeps has two forms. Whole is what runs by default. With GOLUB_TEST_FORM=quick in the environment (ctest's entries
 * NAME_quick, label `quick`) it takes one step in so many: what a person runs after each change. What cannot be made smaller is left
 * out of it with cmocka_set_skip_filter; what waits for a clock stands in a program of its own, test_*_time.
 */
#ifndef TESTS_UNIT_FORMS_H
#define TESTS_UNIT_FORMS_H

#include <stdlib.h>
#include <string.h>

/* How far a sweep goes with each step. @param quick the stride of the quick form @return that, or 1 */
static inline int
stride(int quick)
{
    const char *form = getenv("GOLUB_TEST_FORM");

    return form != NULL && strcmp(form, "quick") == 0 ? quick : 1;
}

#endif
