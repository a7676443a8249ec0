/* What the tests of changes in a Maildir share. Included after cmocka.h. */
#ifndef TESTS_UNIT_MAILDIR_CHANGE_SCENE_H
#define TESTS_UNIT_MAILDIR_CHANGE_SCENE_H

#include <stdint.h>

#include "tests/unit/maildir_scratch.h"

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, scratch_free)

#endif
