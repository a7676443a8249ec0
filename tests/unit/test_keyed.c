/* The hash with a key: the values that its authors give for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/base/keyed.h"

static void
the_hash_is_that_of_its_authors(void **state)
{
    const struct keyed keyed = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
    unsigned char bytes[16];

    (void)state;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    assert_true(keyed_hash(&keyed, bytes, 0) == UINT64_C(0x726fdb47dd0e0e31));
    assert_true(keyed_hash(&keyed, bytes, 1) == UINT64_C(0x74f839c593dc67fd));
    assert_true(keyed_hash(&keyed, bytes, 15) == UINT64_C(0xa129ca6149be45e5));
}

static void
another_key_makes_another_hash(void **state)
{
    const struct keyed one = {{1, 2}}, other = {{1, 3}};

    (void)state;
    assert_true(keyed_hash(&one, "name", 4) != keyed_hash(&other, "name", 4));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_that_of_its_authors),
        cmocka_unit_test(another_key_makes_another_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
